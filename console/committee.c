/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/committee.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opening_files.h"
#include "console/options.h"
#include "console/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "committee [-c FILE] [show [--json]]\n"
    "       gatehouse console committee divide --quorum K MEMBER.pub... WITH\n"
    "       gatehouse console committee add MEMBER.pub... [--quorum K] WITH\n"
    "       gatehouse console committee remove NAME... [--quorum K] WITH\n"
    "       gatehouse console committee quorum K WITH\n"
    "  WITH is -k committee.key (the whole key), or -r REQUEST --share SHARE,SHARE,...\n"
    "  (a request of 'gatehouse evidence request --renew' with the shares of a quorum)";

struct asked {
    struct conf conf;
    const char *word, *quorum, *key, *request, *shares;
    bool json, keep;
    const char **names; /* what follows the word */
    size_t n;
};

int committee_load(const struct conf *c, struct writer *bytes, struct committee *ret)
{
    char path[STATE_PATH];
    int rc;

    writer_init(bytes, COMMITTEE_FILE_MAX + 4096);
    rc = state_read(state_path(c, COMMITTEE_FILE, path), bytes);
    return rc ? rc : committee_read(writer_span(bytes), ret);
}

static int say(const char *path, const char *what, int exit_code)
{
    fprintf(stderr, "gatehouse console: %s: %s\n", path, what);
    return exit_code;
}

/* ---- show ---- */

static void print_json(const struct committee *c, bool divided)
{
    uint8_t id[SEAL_ID];
    char text[32];
    struct writer w;
    struct jw j;

    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kbool(&j, "divided", divided);
    seal_id(&c->key, id);
    jw_khex(&j, "key", id, sizeof(id));
    if (divided) {
        jw_ku64(&j, "quorum", c->quorum);
        jw_ku64(&j, "generation", c->generation);
        jw_kcstr(&j, "made", time_text(c->made_us, text));
    }
    jw_karr(&j, "members");
    for (unsigned i = 0; i < c->n; i++)
        jw_cstr(&j, c->member[i].name);
    jw_end_arr(&j);
    jw_end_obj(&j);
    printf("%s\n", writer_cstr(&w));
    writer_done(&w);
}

static int show(const struct asked *a, const struct state *s)
{
    struct committee c = {.key = s->committee};
    char text[32], path[STATE_PATH];
    struct writer w;
    int rc = committee_load(s->conf, &w, &c);

    writer_done(&w);
    if (rc && rc != ST_NOT_FOUND)
        return say(state_path(s->conf, COMMITTEE_FILE, path), status_text(rc), 2);
    if (a->json) {
        print_json(&c, !rc);
        return 0;
    }
    if (rc) {
        printf("The committee's key is whole: whoever has committee.key opens evidence alone.\n"
               "'gatehouse console committee divide' divides it among members.\n");
        return 0;
    }
    printf("%u of %u members open evidence together; division %u, made %s\n", c.quorum, c.n, c.generation,
           time_text(c.made_us, text));
    for (unsigned i = 0; i < c.n; i++)
        printf("  %s\n", c.member[i].name);
    if (access(state_path(s->conf, "committee.key", path), F_OK) == 0)
        printf("%s still lies here: with it one person opens evidence alone.\n", path);
    return 0;
}

/* ---- a new division ---- */

static bool read_quorum(const char *text, unsigned *ret)
{
    uint64_t n;

    if (!span_number(span_str(text), COMMITTEE_MEMBERS, &n) || !n)
        return false;
    *ret = (unsigned)n;
    return true;
}

static int add_member(struct committee *c, const char *path)
{
    struct committee_member *m = &c->member[c->n];
    int rc;

    if (c->n == COMMITTEE_MEMBERS)
        return say(path, "a committee has at most 9 members", 2);
    rc = keyfile_load_public(path, &m->key, m->name, sizeof(m->name));
    if (rc)
        return say(path, rc == ST_MALFORMED ? "it is no public key of a member (NAME.pub)" : status_text(rc),
                   2);
    if (!committee_name_is_good(span_str(m->name)))
        return say(path, "the name in it is none for a member", 2);
    for (unsigned i = 0; i < c->n; i++)
        if (!strcmp(c->member[i].name, m->name) || !memcmp(&c->member[i].key, &m->key, sizeof(m->key)))
            return say(path, "a member of that name or with that key is there already", 2);
    c->n++;
    return 0;
}

static int remove_member(struct committee *c, const char *name)
{
    for (unsigned i = 0; i < c->n; i++)
        if (!strcmp(c->member[i].name, name)) {
            memmove(&c->member[i], &c->member[i + 1], (size_t)(c->n - i - 1) * sizeof(c->member[0]));
            c->n--;
            return 0;
        }
    return say(name, "the committee has no member of that name", 2);
}

/* What the words make of the committee that was. */
static int change(const struct asked *a, struct committee *c)
{
    int rc = 0;

    if (!strcmp(a->word, "divide"))
        c->n = 0;
    if (!strcmp(a->word, "quorum")) {
        if (a->n != 1 || !read_quorum(a->names[0], &c->quorum))
            return options_wrong(usage, "quorum needs one number of 1 to 9", "");
    } else if (!a->n) {
        return options_wrong(usage, "whom? ", a->word);
    }
    for (size_t i = 0; i < a->n && !rc && strcmp(a->word, "quorum") != 0; i++)
        rc = !strcmp(a->word, "remove") ? remove_member(c, a->names[i]) : add_member(c, a->names[i]);
    if (!rc && a->quorum && !read_quorum(a->quorum, &c->quorum))
        return options_wrong(usage, "--quorum is a number of 1 to 9, not ", a->quorum);
    if (!rc && (!c->quorum || c->quorum > c->n)) {
        fprintf(stderr, "gatehouse console: %u of %u members cannot be; say --quorum\n", c->quorum, c->n);
        return 2;
    }
    return rc;
}

/* The whole key for a moment: from its file, or joined. *request: what it was joined for. */
static int whole_key(const struct asked *a, const struct state *s, struct writer *bytes,
                     struct opening_request *q, struct seal_keys **ret, unsigned *members)
{
    char *shares[COMMITTEE_MEMBERS + 1], *copy, *rest = NULL;
    size_t n = 0;
    int rc;

    if ((!a->key) == (!a->request))
        return options_wrong(usage, "the committee's key is needed to divide it: -k, or -r with --share", "");
    if (a->key) {
        rc = keyfile_load(a->key, ret);
        return rc ? say(a->key, rc == ST_DENIED ? "others may read it; chmod 600" : status_text(rc), 2) : 0;
    }
    rc = opening_request_load(a->request, bytes, q);
    if (rc)
        return rc;
    if (q->kind != OPENING_RENEW)
        return say(a->request, "it asks for a document. 'gatehouse evidence request --renew' asks for this",
                   2);
    if (memcmp(&q->committee.key, &s->committee, sizeof(s->committee)) != 0)
        return say(a->request, "it is of another committee", 2);
    copy = strdup(a->shares ? a->shares : "");
    for (char *one = copy ? strtok_r(copy, ",", &rest) : NULL; one && n < GH_COUNT(shares);
         one = strtok_r(NULL, ",", &rest))
        shares[n++] = one;
    rc = copy ? opening_keys(a->request, q, shares, n, ret, members) : 3;
    free(copy);
    return rc;
}

static int record(const struct asked *a, struct state *s, const struct committee *c,
                  const struct opening_request *q, unsigned members)
{
    char detail[1500], names[700], by[700] = "with the whole key";
    struct db *d;
    int rc;

    if (a->request)
        opening_names(&q->committee, members, by, sizeof(by));
    opening_names(c, (1u << c->n) - 1, names, sizeof(names));
    snprintf(detail, sizeof(detail), "%u of %u: %s; by %s", c->quorum, c->n, names, by);
    d = store_begin(s->store, &rc);
    if (!d)
        return rc;
    rc = audit_append(d, "console", NULL, "committee_divided", a->word, detail);
    return store_end(s->store, rc);
}

/* Overwritten, for what that is worth, and removed. */
static void remove_key(const char *path)
{
    static const char nothing[1024];
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 || write(fd, nothing, sizeof(nothing)) < 0 || fsync(fd) != 0)
        fprintf(stderr, "gatehouse console: %s cannot be overwritten before it is removed\n", path);
    if (fd >= 0)
        close(fd);
    (void)unlink(path);
    printf("%s is removed. Destroy every other copy of it: it opens evidence alone.\n", path);
}

static int divide(const struct asked *a, struct state *s)
{
    struct committee c = {.generation = 0};
    struct opening_request q = {.kind = OPENING_RENEW};
    struct seal_keys *keys = NULL;
    struct writer was, out, request;
    char path[STATE_PATH];
    unsigned members = 0;
    int rc = committee_load(s->conf, &was, &c), code;

    writer_init(&out, COMMITTEE_FILE_MAX);
    writer_init(&request, 0);
    state_path(s->conf, COMMITTEE_FILE, path);
    if (rc == ST_NOT_FOUND && strcmp(a->word, "divide") != 0)
        rc = say(path, "the key was never divided; begin with 'committee divide'", 2);
    else
        rc = rc && rc != ST_NOT_FOUND ? say(path, status_text(rc), 2) : 0;
    if (!rc)
        rc = change(a, &c);
    if (!rc)
        rc = whole_key(a, s, &request, &q, &keys, &members);
    if (!rc && memcmp(seal_keys_public(keys), &s->committee, sizeof(s->committee)) != 0)
        rc = say(a->key ? a->key : a->request,
                 "this is not the key that the appliances seal for (committee.pub)", 2);
    if (!rc) {
        c.generation++;
        c.made_us = clock_wall_us();
        code = committee_write(&c, keys, &out);
        if (!code)
            code = record(a, s, &c, &q, members); /* first: what is not written down does not happen */
        if (!code)
            code = file_replace(path, writer_span(&out), 0644);
        rc = code ? say(path, status_text(code), code == ST_USAGE ? 2 : 3) : 0;
    }
    seal_keys_free(keys);
    if (!rc && a->request)
        rc = opening_end(a->request, &q, members, 0);
    if (!rc) {
        printf("%s: %u of %u members open evidence together (%u groups). Appliances need not be told.\n",
               path, c.quorum, c.n, committee_groups(c.n, c.quorum));
        if (c.quorum == 1)
            printf("One member alone is enough now; is that meant?\n");
        if (a->key && !a->keep)
            remove_key(a->key);
    }
    writer_done(&request);
    writer_done(&out);
    writer_done(&was);
    return rc;
}

int committee_command(int argc, char **argv)
{
    struct asked a = {.word = "show"};
    const struct option_row rows[] = {{"--quorum", &a.quorum, NULL}, {"-k", &a.key, NULL},
                                      {"-r", &a.request, NULL},      {"--share", &a.shares, NULL},
                                      {"--json", NULL, &a.json},     {"--keep-key", NULL, &a.keep}};
    const char **words = calloc((size_t)argc, sizeof(*words));
    struct state s;
    size_t n = 0;
    int rc =
        words ? options_read(usage, rows, GH_COUNT(rows), argc, argv, &a.conf, words, (size_t)argc, &n) : 3;

    if (!rc && n) {
        a.word = words[0];
        a.names = words + 1;
        a.n = n - 1;
    }
    if (!rc && strcmp(a.word, "show") != 0 && strcmp(a.word, "divide") != 0 && strcmp(a.word, "add") != 0 &&
        strcmp(a.word, "remove") != 0 && strcmp(a.word, "quorum") != 0)
        rc = options_wrong(usage, "unknown word ", a.word);
    if (!rc)
        rc = state_open(&a.conf, false, &s);
    if (!rc) {
        rc = strcmp(a.word, "show") ? divide(&a, &s) : show(&a, &s);
        if (!rc && *a.conf.node_user && state_give(&a.conf) != 0)
            rc = 3;
        state_close(&s);
    }
    free(words);
    return rc;
}
