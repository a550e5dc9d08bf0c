/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/invite_command.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "console/invite.h"

#include <stdio.h>

static int refuse(const char *why)
{
    fprintf(stderr, "gatehouse console invite: %s\n", why);
    return 2;
}

static int failed(int rc)
{
    fprintf(stderr, "gatehouse console invite: the database: %s\n", status_text(rc));
    return 3;
}

/* Number of the unit of that name; 0 none is wanted, -1 there is none. */
static int64_t unit_of(struct db *d, const char *name)
{
    return name ? db_number(d, -1, "SELECT id FROM unit WHERE lower(name) = lower(?)", "s", name) : 0;
}

static int put_file(const struct invite_wish *i, const struct invite_made *m, const char *path)
{
    struct writer w;
    int rc;

    writer_init(&w, INVITE_FILE_MAX);
    invite_file(i, m, i->url, &w);
    rc = file_replace(path, writer_span(&w), 0600);
    seal_wipe(w.p, w.n);
    writer_done(&w);
    if (rc)
        fprintf(stderr, "gatehouse console invite: %s: %s\n", path, status_text(rc));
    return rc;
}

static int make(struct state *s, const struct invite_words *w)
{
    char url[INVITATION_URL];
    struct invite_made m = {.code = ""};
    struct invite_wish i = {.name = w->name, .url = url, .by = "console"};
    uint64_t hours = INVITATION_HOURS;
    struct db *d;
    int rc;

    snprintf(url, sizeof(url), "%s", w->url ? w->url : w->own_url);
    if (*url && url[strlen(url) - 1] == '/')
        url[strlen(url) - 1] = 0;
    if (strncmp(url, "https://", 8) != 0 || (w->url && strlen(w->url) >= sizeof(url)))
        return refuse("--url must begin with https:// and be the console's address as the appliance sees it");
    if (w->hours && (!span_number(span_str(w->hours), INVITATION_HOURS_MAX, &hours) || !hours))
        return refuse("--hours is a number from 1 to 720");
    if (w->name && !enrol_name_is_good(span_str(w->name)))
        return refuse("--name is text of at most 100 bytes");
    i.hours = (int64_t)hours;
    invite_host(s->keys, &s->committee, s->pin, &i.host);
    d = store_begin(s->store, &rc);
    if (!d)
        return failed(rc);
    i.unit = unit_of(d, w->unit);
    if (i.unit < 0) {
        store_rollback(s->store);
        return refuse("there is no such unit (--unit)");
    }
    rc = invite_make(d, &i, NULL, &m);
    if (!rc && w->output)
        rc = put_file(&i, &m, w->output);
    rc = store_end(s->store, rc);
    if (rc == ST_LIMIT)
        return refuse("too many wait already: withdraw one first ('invite list')");
    if (rc)
        return failed(rc);
    printf("invitation %lld, for one appliance, within %llu hours:\n\n    %s\n\nOn the appliance:\n  gatehouse enrol --invitation CODE --console %s\n"
           "Then compare the six words: 'gatehouse console invite list' shows them, 'invite approve %lld WORDS' lets it in.\n",
           (long long)m.id, (unsigned long long)hours, m.code, i.url, (long long)m.id);
    if (w->output)
        printf("The same for a stick is in %s: it lets an appliance ask, so give it to nobody else.\n", w->output);
    seal_wipe(&m, sizeof(m));
    return 0;
}

static void print_one(const struct json *j)
{
    const char *unit = json_cstr(json_get(j, "unit"), ""), *phrase = json_cstr(json_get(j, "phrase"), "");

    printf("%-4lld %-9s until %s  %s%s%s\n", (long long)json_i64(json_get(j, "id"), 0), json_cstr(json_get(j, "state"), ""),
           json_cstr(json_get(j, "until"), ""), json_cstr(json_get(j, "name"), ""), *unit ? "  unit " : "", unit);
    if (*phrase)
        printf("     asked by %s from %s: %s\n", json_cstr(json_get(j, "asks_as"), ""), json_cstr(json_get(j, "address"), ""), phrase);
}

static int list(struct state *s)
{
    struct arena *a = arena_new(16u << 20);
    struct json *j = NULL;
    struct db *d = NULL;
    struct writer w;
    struct jw jw;
    int rc = a ? store_reader(s->store, &d) : ST_NOMEM;

    writer_init(&w, 4u << 20);
    jw_init(&jw, &w);
    jw_obj(&jw);
    if (!rc)
        rc = invitation_list(d, seal_keys_public(s->keys), &jw);
    jw_end_obj(&jw);
    if (!rc)
        rc = json_parse(a, writer_span(&w), 8, &j, NULL);
    if (!rc && !json_get(j, "items")->count)
        printf("There are no invitations. 'gatehouse console invite' makes one.\n");
    if (!rc)
        json_each(one, json_get(j, "items")) print_one(one);
    writer_done(&w);
    db_close(d);
    arena_free(a);
    return rc ? failed(rc) : 0;
}

/* approve ID WORDS, withdraw ID */
static int decide(struct state *s, const struct invite_words *w)
{
    bool yes = !strcmp(w->words[0], "approve");
    struct enrol_request q = {.name = ""};
    char phrase[128];
    uint64_t id;
    struct db *d;
    int rc;

    if (w->n != (yes ? 3u : 2u) || !span_number(span_str(w->words[1]), INT64_MAX, &id))
        return refuse("usage: invite approve NUMBER WORDS | invite withdraw NUMBER");
    d = store_begin(s->store, &rc);
    if (!d)
        return failed(rc);
    rc = yes ? invite_approve(d, (int64_t)id, seal_keys_public(s->keys), span_str(w->words[2]), "console", NULL, &q, phrase)
             : invite_withdraw(d, (int64_t)id, "console", NULL);
    if (rc == ST_NOT_FOUND || rc == ST_EXISTS || rc == ST_DENIED) {
        store_rollback(s->store);
        return refuse(rc == ST_NOT_FOUND ? "there is no such invitation"
                      : rc == ST_EXISTS  ? "it was used, withdrawn or is over, or no appliance waits with it ('invite list')"
                                         : "these are not the words that the appliance shows: another one may be asking with this code. "
                                           "Withdraw the invitation");
    }
    rc = store_end(s->store, rc);
    if (rc)
        return failed(rc);
    if (yes)
        printf("enrolled: %s\n", q.name);
    else
        printf("withdrawn\n");
    return 0;
}

int invite_command(struct state *s, const struct invite_words *w)
{
    static const char *const known[] = {"list", "approve", "withdraw"};

    if (!w->n)
        return make(s, w);
    if (!strcmp(w->words[0], "list") && w->n == 1)
        return list(s);
    if (!strcmp(w->words[0], "approve") || !strcmp(w->words[0], "withdraw"))
        return decide(s, w);
    fprintf(stderr, "gatehouse console invite: '%s' is none of list, approve, withdraw", w->words[0]);
    if (text_nearest(w->words[0], known, GH_COUNT(known)))
        fprintf(stderr, "; did you mean '%s'?", text_nearest(w->words[0], known, GH_COUNT(known)));
    fprintf(stderr, "\n");
    return 2;
}
