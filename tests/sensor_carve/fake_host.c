/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_carve/fake_host.h"
#include "base/msg.h"
#include "tests/check.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void emit(void *arg, const struct event_document *d, int fd)
{
    struct proto_host *h = arg;
    struct stat st;

    gh_check(fstat(fd, &st) == 0 && (uint64_t)st.st_size == d->size);
    if (h->n_doc < FAKE_DOCS) {
        struct fake_doc *doc = &h->doc[h->n_doc++];
        doc->d = *d;
        gh_check(d->name.n < sizeof(doc->name));
        if (d->name.n)
            memcpy(doc->name, d->name.p, d->name.n);
        doc->bytes = malloc(d->size ? d->size : 1);
        gh_check(doc->bytes && pread(fd, doc->bytes, d->size, 0) == (ssize_t)d->size);
    }
    close(fd);
}

struct proto_host *fake_new(const struct proto *proto, const struct carve_options *opt)
{
    static const struct carve_options all = {
        .keep = true, .document_max = 64 << 20, .memory_max = 512 << 20, .decoded_max = 100000000};
    struct proto_host *h = calloc(1, sizeof(*h));

    gh_check(h);
    h->charge_max = 64 << 20;
    h->cx = (struct proto_ctx){.host = h,
                               .carver = carver_new(opt ? opt : &all, emit, h),
                               .flow_id = 7,
                               .client_port = 1025,
                               .server_port = 80,
                               .app_proto = proto ? proto->name : "test"};
    writer_init(&h->w, 1 << 20);
    h->proto = proto;
    if (proto) {
        h->state = calloc(1, proto->state_size);
        gh_check(h->state && proto->open(h->state, &h->cx) == 0);
    }
    return h;
}

void fake_close(struct proto_host *h)
{
    if (!h->state)
        return;
    h->proto->close(h->state, &h->cx);
    free(h->state);
    h->state = NULL;
    gh_check(h->charged == 0);
}

void fake_free(struct proto_host *h)
{
    fake_close(h);
    const struct carve_counts *c = carver_counts(h->cx.carver);
    gh_check(c->open == 0);
    gh_check(c->opened == c->closed + c->truncated_limit + c->truncated_gap + c->truncated_end +
                              c->lost_memory + c->not_documents);
    carver_free(h->cx.carver);
    for (size_t i = 0; i < h->n_event; i++)
        free(h->event[i].json);
    for (size_t i = 0; i < h->n_doc; i++)
        free(h->doc[i].bytes);
    writer_done(&h->w);
    free(h);
}

void fake_feed(struct proto_host *h, enum direction dir, const void *p, size_t n, size_t step)
{
    struct reader r = reader_of(p, n);

    while (reader_left(&r)) {
        size_t part = step && step < reader_left(&r) ? step : reader_left(&r);
        uint8_t *exact = malloc(part);
        gh_check(exact);
        reader_copy(&r, exact, part);
        h->cx.pcap_cnt++;
        h->proto->feed(h->state, &h->cx, dir, span_of(exact, part));
        free(exact);
    }
}

void fake_say(struct proto_host *h, enum direction dir, const char *text, size_t step)
{
    fake_feed(h, dir, text, strlen(text), step);
}

void fake_gap(struct proto_host *h, enum direction dir, uint64_t missing)
{
    h->proto->gap(h->state, &h->cx, dir, missing);
}

void fake_end(struct proto_host *h, enum direction dir)
{
    h->proto->end(h->state, &h->cx, dir);
}

const struct fake_event *fake_event(const struct proto_host *h, enum event_type type, size_t n)
{
    for (size_t i = 0; i < h->n_event; i++)
        if (h->event[i].type == type && n-- == 0)
            return &h->event[i];
    return NULL;
}

size_t fake_events(const struct proto_host *h, enum event_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < h->n_event; i++)
        n += h->event[i].type == type;
    return n;
}

bool fake_has(const struct proto_host *h, enum event_type type, size_t n, const char *text)
{
    const struct fake_event *e = fake_event(h, type, n);
    bool has = e && strstr(e->json, text);

    if (!has)
        fprintf(stderr, "event %zu is %s\n   not with %s\n", n, e ? e->json : "not there", text);
    return has;
}

bool fake_doc_is(const struct proto_host *h, size_t n, const char *name, const void *p, size_t len)
{
    if (n >= h->n_doc)
        return false;
    const struct fake_doc *d = &h->doc[n];
    bool same = d->d.size == len && memcmp(d->bytes, p, len) == 0 && strcmp(d->name, name) == 0;
    if (!same)
        fprintf(stderr, "document %zu is \"%s\", %llu bytes: %.*s\n", n, d->name,
                (unsigned long long)d->d.size, (int)(d->d.size < 400 ? d->d.size : 400),
                (const char *)d->bytes);
    return same;
}

void proto_event_begin(struct proto_ctx *cx, enum event_type type, enum direction dir, int64_t tx,
                       struct jw *ret)
{
    struct proto_host *h = cx->host;

    gh_check(!h->event_open);
    h->event_open = true;
    h->type = type;
    h->dir = dir;
    writer_clear(&h->w);
    jw_init(ret, &h->w);
    jw_obj(ret);
    jw_kcstr(ret, "event_type", event_type_name(type));
    if (tx >= 0)
        jw_ki64(ret, "tx_id", tx);
}

void proto_event_end(struct proto_ctx *cx, struct jw *j, uint64_t document)
{
    struct proto_host *h = cx->host;
    struct arena *a = arena_new(16 << 20);
    struct json *tree;

    gh_check(h->event_open);
    h->event_open = false;
    jw_end_obj(j);
    gh_check(writer_ok(&h->w) && j->depth == 0);
    gh_check(json_parse(a, writer_span(&h->w), 64, &tree, NULL) == 0); /* every event is good JSON */
    arena_free(a);
    if (h->n_event < FAKE_EVENTS) {
        char *copy = malloc(h->w.n + 1);
        gh_check(copy);
        memcpy(copy, h->w.p, h->w.n);
        copy[h->w.n] = 0;
        h->event[h->n_event++] = (struct fake_event){h->type, h->dir, document, copy};
    }
}

void proto_anomaly(struct proto_ctx *cx, enum direction dir, const char *name)
{
    struct proto_host *h = cx->host;
    size_t at = strlen(h->anomalies), n = strlen(name);

    gh_check(!h->event_open);
    if (at + n + 2 < sizeof(h->anomalies) && !strstr(h->anomalies, name))
        snprintf(h->anomalies + at, sizeof(h->anomalies) - at, "%s ", name);
}

bool proto_charge(struct proto_ctx *cx, size_t bytes)
{
    struct proto_host *h = cx->host;

    if (bytes > h->charge_max - h->charged)
        return false;
    h->charged += bytes;
    return true;
}

void proto_release(struct proto_ctx *cx, size_t bytes)
{
    gh_check(cx->host->charged >= bytes);
    cx->host->charged -= bytes;
}
