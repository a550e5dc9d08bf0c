/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/goods_command.h"
#include "console/goods_files.h"
#include "console/store/goods.h"
#include "console/store/people.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int usage(const char *what)
{
    fprintf(stderr,
            "gatehouse console goods: %s\n"
            "usage: gatehouse console goods add KIND DIR|FILE --name NAME --version V [--note TEXT]\n"
            "       gatehouse console goods list | status | assignments\n"
            "       gatehouse console goods assign KIND ID|none [--appliance NAME | --ring RING]\n"
            "       gatehouse console goods unassign KIND [--appliance NAME | --ring RING]\n"
            "       gatehouse console goods ring APPLIANCE RING|-\n"
            "       gatehouse console goods remove ID\n"
            "KIND is one of policy, rules, lists, fingerprints, settings, firmware, shadow\n",
            what);
    return 2;
}

static int failed(int rc)
{
    fprintf(stderr, "gatehouse console goods: %s\n", status_text(rc));
    return rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? 3 : 2;
}

static int finish(struct state *s, int rc)
{
    rc = store_end(s->store, rc);
    return rc ? failed(rc) : 0;
}

/* By its name, or its identity in hex. 0; ST_NOT_FOUND; ST_EXISTS: several are called so. */
static int find_appliance(struct db *d, const char *name, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT min(id), count(*) FROM appliance WHERE state = 0 AND (name = ?1 OR "
                      "lower(hex(identity)) = lower(?1))",
                      "s", name);
    int64_t n;

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = db_i64(s, 0);
    n = db_i64(s, 1);
    db_reset(s);
    return n == 1 ? 0 : n ? ST_EXISTS : ST_NOT_FOUND;
}

static int say_appliance(const char *name, int rc)
{
    if (rc == ST_NOT_FOUND || rc == ST_EXISTS)
        fprintf(stderr, "gatehouse console: %s appliance goes by the name or identity '%s'%s\n",
                rc == ST_EXISTS ? "more than one" : "no", name, rc == ST_EXISTS ? ": give its identity" : "");
    return rc == ST_NOT_FOUND || rc == ST_EXISTS ? 2 : failed(rc);
}

static int run_add(struct state *s, const struct goods_words *w)
{
    enum goods_kind kind = w->n == 3 ? goods_kind_of(span_str(w->words[1])) : GOODS_KINDS;
    struct goods_files files;
    const char *why = "";
    int64_t id = 0;
    struct db *d;
    int rc;

    if (kind == GOODS_KINDS || !w->name || !w->version)
        return usage("add needs a kind, a directory, --name and --version");
    rc = goods_files_read(&files, kind, w->words[2], &why);
    d = rc ? NULL : store_begin(s->store, &rc);
    if (d) {
        rc = goods_add(d, kind, w->name, w->version, w->note, files.v, files.n, "console", &id, &why);
        if (!rc)
            rc = audit_append(d, "console", NULL, "goods_added", w->name, w->version);
        if (rc == ST_EXISTS)
            why = "this name and version are there with other content: give it another version";
        rc = store_end(s->store, rc);
    }
    goods_files_free(&files);
    if (rc) {
        fprintf(stderr, "gatehouse console goods: %s: %s\n", w->words[2], *why ? why : status_text(rc));
        return rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? 3 : 2;
    }
    printf("%s %s@%s is number %" PRId64 "\nnext: gatehouse console goods assign %s %" PRId64
           " [--appliance NAME | --ring RING]\n",
           w->words[1], w->name, w->version, id, w->words[1], id);
    return 0;
}

static int target_of(struct db *d, const struct goods_words *w, struct goods_target *ret)
{
    int rc;

    *ret = (struct goods_target){.ring = w->ring};
    if (w->appliance && w->ring)
        return usage("either --appliance or --ring");
    if (w->ring && !goods_name_is_good(span_str(w->ring)))
        return usage("a ring's name has letters, digits, '.', '_', '-' and '@'");
    rc = w->appliance ? find_appliance(d, w->appliance, &ret->appliance) : 0;
    return rc ? say_appliance(w->appliance, rc) : 0;
}

static int run_assign(struct state *s, const struct goods_words *w)
{
    bool away = !strcmp(w->words[0], "unassign");
    enum goods_kind kind = w->n > 1 ? goods_kind_of(span_str(w->words[1])) : GOODS_KINDS;
    struct goods_target t;
    uint64_t id = 0;
    char detail[200];
    struct db *d;
    int rc, code;

    if (kind == GOODS_KINDS || w->n != (away ? 2 : 3) ||
        (!away && strcmp(w->words[2], "none") != 0 &&
         (!span_number(span_str(w->words[2]), INT64_MAX, &id) || !id)))
        return usage(away ? "unassign needs a kind"
                          : "assign needs a kind and a number of 'goods list', or none");
    d = store_begin(s->store, &rc);
    if (!d)
        return failed(rc);
    code = target_of(d, w, &t);
    if (code) {
        store_rollback(s->store);
        return code;
    }
    snprintf(detail, sizeof(detail), "%s %s for %s", w->words[1], away ? "taken away" : w->words[2],
             w->appliance ? w->appliance
             : w->ring    ? w->ring
                          : "all");
    rc = away ? goods_unassign(d, &t, kind) : goods_assign(d, &t, kind, (int64_t)id, "console");
    if (!rc)
        rc = audit_append(d, "console", NULL, "goods_assigned", w->words[1], detail);
    if (rc == ST_NOT_FOUND) {
        store_rollback(s->store);
        fprintf(stderr, away ? "gatehouse console goods: there is no such assignment\n"
                             : "gatehouse console goods: there are no goods of that kind with this number\n");
        return 2;
    }
    return finish(s, rc);
}

static int run_ring(struct state *s, const struct goods_words *w)
{
    const char *ring = w->n == 3 ? w->words[2] : "";
    int64_t appliance = 0;
    struct db *d;
    int rc;

    if (!strcmp(ring, "-"))
        ring = "";
    if (w->n != 3 || (*ring && !goods_name_is_good(span_str(ring))))
        return usage("ring needs an appliance and a ring's name");
    d = store_begin(s->store, &rc);
    if (!d)
        return failed(rc);
    rc = find_appliance(d, w->words[1], &appliance);
    if (rc) {
        store_rollback(s->store);
        return say_appliance(w->words[1], rc);
    }
    rc = goods_ring_set(d, appliance, ring);
    if (!rc)
        rc = audit_append(d, "console", NULL, "appliance_ring", w->words[1], ring);
    return finish(s, rc);
}

static int run_remove(struct state *s, const struct goods_words *w)
{
    uint64_t id = 0;
    struct db *d;
    int rc;

    if (w->n != 2 || !span_number(span_str(w->words[1]), INT64_MAX, &id))
        return usage("remove needs a number of 'goods list'");
    d = store_begin(s->store, &rc);
    if (!d)
        return failed(rc);
    rc = goods_remove(d, (int64_t)id);
    if (!rc)
        rc = audit_append(d, "console", NULL, "goods_removed", w->words[1], NULL);
    if (rc == ST_EXISTS)
        fprintf(stderr,
                "gatehouse console goods: somebody shall have them: 'gatehouse console goods assignments'\n");
    if (rc == ST_EXISTS || rc == ST_NOT_FOUND) {
        store_rollback(s->store);
        return rc == ST_EXISTS ? 2 : failed(rc);
    }
    return finish(s, rc);
}

static int run_lists(struct state *s, const struct goods_words *w)
{
    struct arena *a = arena_new(64u << 20);
    struct json *all = NULL;
    struct db *d = NULL;
    struct writer out;
    struct jw j;
    int rc = a ? store_reader(s->store, &d) : ST_NOMEM;
    bool list = !strcmp(w->words[0], "list"), status = !strcmp(w->words[0], "status");

    writer_init(&out, 16u << 20);
    jw_init(&j, &out);
    jw_obj(&j);
    if (!rc)
        rc = list     ? goods_list(d, GOODS_KINDS, &j)
             : status ? goods_states(d, 0, GOODS_KINDS, &j)
                      : goods_assignments(d, &j);
    jw_end_obj(&j);
    if (!rc)
        rc = json_parse(a, writer_span(&out), 8, &all, NULL);
    json_each(one, json_get(all, "items"))
    {
        const struct json *wanted = json_get(one, "wanted"), *running = json_get(one, "running");
        if (list)
            printf("%-5lld %-13s %s@%s, %lld bytes in %lld files, by %s %s\n",
                   (long long)json_i64(json_get(one, "id"), 0), json_cstr(json_get(one, "kind"), ""),
                   json_cstr(json_get(one, "name"), ""), json_cstr(json_get(one, "version"), ""),
                   (long long)json_i64(json_get(one, "bytes"), 0),
                   (long long)json_i64(json_get(one, "files"), 0), json_cstr(json_get(one, "added_by"), ""),
                   json_cstr(json_get(one, "added"), ""));
        else if (status)
            printf("%-24s %-13s %-9s wanted %s@%s, in force %s@%s%s%s\n",
                   json_cstr(json_get(one, "appliance_name"), ""), json_cstr(json_get(one, "kind"), ""),
                   json_cstr(json_get(one, "state"), ""), json_cstr(json_get(wanted, "name"), "as made"),
                   json_cstr(json_get(wanted, "version"), ""),
                   json_cstr(json_get(running, "name"), "as made"),
                   json_cstr(json_get(running, "version"), ""),
                   json_get(one, "reason")->type == JSON_STRING ? ": " : "",
                   json_cstr(json_get(one, "reason"), ""));
        else
            printf("%-13s %s %s%s: %lld %s@%s, by %s %s\n", json_cstr(json_get(one, "kind"), ""),
                   json_cstr(json_get(one, "target"), ""), json_cstr(json_get(one, "ring"), ""),
                   json_cstr(json_get(one, "appliance_name"), ""),
                   (long long)json_i64(json_get(one, "goods"), 0),
                   json_cstr(json_get(one, "name"), "as made"), json_cstr(json_get(one, "version"), ""),
                   json_cstr(json_get(one, "assigned_by"), ""), json_cstr(json_get(one, "assigned"), ""));
    }
    writer_done(&out);
    db_close(d);
    arena_free(a);
    return rc ? failed(rc) : 0;
}

int goods_command(struct state *s, const struct goods_words *w)
{
    static const struct {
        const char *name;
        int (*run)(struct state *s, const struct goods_words *w);
    } words[] = {{"add", run_add},      {"assign", run_assign},    {"unassign", run_assign},
                 {"ring", run_ring},    {"remove", run_remove},    {"list", run_lists},
                 {"status", run_lists}, {"assignments", run_lists}};

    for (size_t i = 0; w->n && i < GH_COUNT(words); i++)
        if (!strcmp(words[i].name, w->words[0]))
            return words[i].run(s, w);
    return usage("what shall be done?");
}

int goods_export(struct state *s, const struct goods_words *w)
{
    int64_t appliance = 0;
    size_t n = 0;
    struct db *d = NULL;
    int rc;

    if (w->n != 1 || !w->appliance) {
        fprintf(stderr, "usage: gatehouse console export-down DIR --appliance NAME\n");
        return 2;
    }
    rc = store_reader(s->store, &d);
    if (!rc)
        rc = find_appliance(d, w->appliance, &appliance);
    if (rc) {
        db_close(d);
        return say_appliance(w->appliance, rc);
    }
    rc = goods_files_export(d, s->keys, appliance, w->words[0], &n);
    db_close(d);
    if (rc) {
        fprintf(stderr, "gatehouse console export-down: %s: %s\n", w->words[0], status_text(rc));
        return rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? 3 : 2;
    }
    if (n)
        printf("%zu orders are in %s. At the appliance: gatehouse down import DIR\n", n, w->words[0]);
    else
        printf("Nothing is ordered for %s.\n", w->appliance);
    return 0;
}
