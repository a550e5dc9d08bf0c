/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_run.h"
#include "base/clock.h"
#include "base/json.h"
#include "rules/print_client.h"
#include "rules/print_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_ARENA (256u << 20)
#define ANSWER_DEPTH 64
#define TOLD_EVERY_MS 200

/* A document under way: answers come in any order and are taken in that of the list, so that the same
 * documents always make the same index. */
struct slot {
    bool answered;
    int rc; /* it could not even be sent */
    struct writer json;
};
struct work {
    struct print_run *run;
    struct print_list list;
    struct print_client client;
    struct slot slots[PRINT_CLIENT_WINDOW];
    size_t sent, taken;
    bool failed;
    uint64_t told_ms;
};
struct result {
    const char *word, *reason; /* "registered", "known", "failed"; why, or NULL */
    struct span same;          /* the document that has the same text */
    const char *level, *scheme;
    size_t prints;
};

static void tell_json(const struct print_file *f, const struct result *r)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 1 << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "file", f->path);
    jw_kcstr(&j, "document", f->id);
    jw_kcstr(&j, "result", r->word);
    jw_kcstr(&j, "reason", r->reason);
    if (r->same.n)
        jw_kstr(&j, "same_as", r->same);
    jw_kcstr(&j, "level", r->level);
    jw_ku64(&j, "fingerprints", r->prints);
    jw_end_obj(&j);
    puts(writer_cstr(&w));
    writer_done(&w);
}

static void tell(const struct work *w, const struct print_file *f, const struct result *r)
{
    if (!w->run->json && (r->reason || r->same.n) && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr); /* over the progress */
    if (w->run->json)
        tell_json(f, r);
    else if (r->same.n)
        fprintf(stderr, "gatehouse register: %s has the same text as %.*s\n", f->path, (int)r->same.n,
                (const char *)r->same.p);
    else if (r->reason)
        fprintf(stderr, "gatehouse register: %s: %s: %s\n", f->path,
                strcmp(r->word, "failed") != 0 ? "registered only as far as it could be read"
                                               : "not registered",
                r->reason);
}

/* The hexadecimal digits of put_prints (extract_json.c). -1: they are none. */
static ptrdiff_t decode_prints(struct span hex, struct arena *a, uint64_t **ret)
{
    const size_t digits = PRINT_BITS / 4;
    uint64_t *v = hex.n % digits ? NULL : arena_array(a, hex.n / digits + 1, sizeof(*v));

    if (!v)
        return -1;
    for (size_t i = 0; i < hex.n; i++) {
        uint8_t c = hex.p[i];
        uint64_t nibble = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                          : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
                                                 : 16;
        if (nibble == 16)
            return -1;
        v[i / digits] = v[i / digits] << 4 | nibble;
    }
    *ret = v;
    return (ptrdiff_t)(hex.n / digits);
}

static const char *reason_of(int rc)
{
    switch (rc) {
    case ST_USAGE:
        return "too little text to be known again";
    case ST_LIMIT:
        return "a limit was reached";
    default:
        return status_text(rc);
    }
}

static void copy_word(char out[static PRINT_LEVEL_SIZE], const char *s)
{
    snprintf(out, PRINT_LEVEL_SIZE, "%s", s);
}

static int add(struct work *w, const struct print_file *f, struct result *r, const uint64_t *v, size_t n)
{
    struct print_run *run = w->run;
    struct print_document d = {.name = span_str(f->id), .when = clock_wall_us() / 1000000};
    int rc;

    copy_word(d.level, r->level);
    copy_word(d.scheme, r->scheme);
    if (run->common)
        rc = n ? print_build_common(run->build, v, n) : ST_USAGE;
    else
        rc = print_build_add(run->build, &d, v, n, &r->same);
    if (!rc)
        run->changed = true;
    if (rc == ST_EXISTS)
        r->word = "known";
    else if (!rc)
        r->word = "registered";
    return rc == ST_EXISTS ? 0 : rc;
}

/* What gh-scan says of one document. 0; ST_USAGE: it is not registered; else we cannot go on. */
static int judge(struct work *w, const struct print_file *f, const struct writer *json, struct arena *a,
                 struct result *r)
{
    struct json *d = NULL;
    const struct json *prints;
    const char *read;
    uint64_t *v = NULL;
    ptrdiff_t n;
    int rc = json_parse(a, writer_span(json), ANSWER_DEPTH, &d, NULL);

    if (rc) {
        r->reason = status_text(rc);
        return ST_USAGE;
    }
    read = json_cstr(json_get(d, "read"), "none");
    if (strcmp(read, "full") != 0)
        r->reason = json_cstr(json_get(d, "unread_reason"), "unread");
    r->level = json_cstr(json_get(d, "level"), "none");
    r->scheme = json_cstr(json_get(d, "scheme"), "");
    if (w->run->level) {
        r->level = w->run->level;
        r->scheme = strstr(r->level, "mat") ? "vn" : "";
    }
    if (!strcmp(read, "none"))
        return ST_USAGE;
    prints = json_get(d, "fingerprints");
    n = prints && prints->type == JSON_STRING ? decode_prints(prints->s, a, &v) : -1;
    if (n < 0)
        return ST_MALFORMED;
    r->prints = (size_t)n;
    rc = add(w, f, r, v, (size_t)n);
    if (rc == ST_USAGE && !r->reason)
        r->reason = reason_of(rc);
    return rc;
}

/* The oldest document is answered. 0, or a code with which we cannot go on. */
static int take(struct work *w)
{
    const struct print_file *f = &w->list.v[w->taken];
    struct slot *s = &w->slots[w->taken % PRINT_CLIENT_WINDOW];
    struct result r = {.word = "failed", .same = {NULL, 0}};
    struct arena *a = arena_new(ANSWER_ARENA);
    int rc = !a ? ST_NOMEM : s->rc ? ST_USAGE : judge(w, f, &s->json, a, &r);

    if (s->rc)
        r.reason = s->rc == ST_LIMIT ? "larger than scan.document_max" : status_text(s->rc);
    if (!rc || rc == ST_USAGE)
        tell(w, f, &r);
    if (rc == ST_USAGE) {
        w->failed = true;
        rc = 0;
    }
    arena_free(a);
    writer_done(&s->json);
    w->taken++;
    return rc;
}

static void progress(struct work *w)
{
    uint64_t now = clock_mono_ms();

    if (!isatty(STDERR_FILENO) || (w->run->json && isatty(STDOUT_FILENO)) ||
        (now - w->told_ms < TOLD_EVERY_MS && w->taken < w->list.n))
        return;
    w->told_ms = now;
    fprintf(stderr, "\r%zu of %zu documents%s", w->taken, w->list.n, w->taken == w->list.n ? "\n" : "");
}

static int send_one(struct work *w)
{
    struct slot *s = &w->slots[w->sent % PRINT_CLIENT_WINDOW];
    int rc;

    *s = (struct slot){0};
    writer_init(&s->json, 512u << 20);
    rc = print_client_send(&w->client, w->sent, w->list.v[w->sent].path, w->run->conf.scan_document_max);
    if (rc == ST_CLOSED || rc == ST_NOMEM)
        return rc;
    s->rc = rc;
    s->answered = rc != 0;
    w->sent++;
    return 0;
}

static int receive_one(struct work *w)
{
    struct writer json;
    uint64_t id;
    struct slot *s;
    int rc;

    writer_init(&json, 512u << 20);
    rc = print_client_receive(&w->client, &id, &json);
    s = !rc && id >= w->taken && id < w->sent ? &w->slots[id % PRINT_CLIENT_WINDOW] : NULL;
    if (!rc && (!s || s->answered))
        rc = ST_MALFORMED;
    if (rc) {
        writer_done(&json);
        return rc;
    }
    s->json = json;
    s->answered = true;
    return 0;
}

static int read_all(struct work *w)
{
    int rc = 0;

    while (w->taken < w->list.n && !rc) {
        if (w->sent < w->list.n && w->sent - w->taken < PRINT_CLIENT_WINDOW)
            rc = send_one(w);
        else if (!w->slots[w->taken % PRINT_CLIENT_WINDOW].answered)
            rc = receive_one(w);
        else
            rc = take(w);
        progress(w);
    }
    if (rc)
        fprintf(stderr, "gatehouse register: cannot go on after %zu of %zu documents: %s\n", w->taken,
                w->list.n, status_text(rc));
    while (w->taken < w->sent)
        writer_done(&w->slots[w->taken++ % PRINT_CLIENT_WINDOW].json);
    return rc ? 3 : 0;
}

/* The files that were named. 0, 2 or 3. */
static int find_files(struct work *w)
{
    struct writer err;
    size_t clash;
    int rc = 0;

    writer_init(&err, 16u << 20);
    for (int i = 0; i < w->run->n_words && !rc; i++)
        rc = print_list_add(&w->list, w->run->words[i], &err) ? 3 : 0;
    if (err.n)
        fwrite(err.p, 1, err.n, stderr);
    writer_done(&err);
    if (!rc && !print_list_sort(&w->list, &clash)) {
        const struct print_file *a = &w->list.v[clash - 1], *b = &w->list.v[clash];
        fprintf(stderr, "gatehouse register: %s and %s would both be registered as %s\n", a->path, b->path,
                a->id);
        rc = 2;
    }
    return rc;
}

int print_run(struct print_run *r)
{
    static struct work w;
    int rc;

    w = (struct work){.run = r};
    rc = find_files(&w);
    if (!rc && w.list.n)
        rc = print_client_start(&w.client, r->args, r->n_args);
    if (!rc && w.list.n) {
        rc = read_all(&w);
        print_client_stop(&w.client);
    }
    if (!rc && (w.failed || w.list.missing))
        rc = 2;
    print_list_done(&w.list);
    return rc;
}
