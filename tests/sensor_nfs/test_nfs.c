/* SPDX-License-Identifier: GPL-3.0-or-later
 * NFS 2, 3 and 4 over datagrams and streams, cut into fragments and pieces; order, holes, ceilings; the
 * probe. */
#include "tests/check.h"
#include "tests/sensor_nfs/rpc.h"

/* ---- messages ---- */

static void v3_lookup(struct wire *w, const char *name, const char *handle)
{
    w->xid++;
    call(w, 3, 3, PLAIN);
    opaque(w, "root");
    opaque(w, name);
    send_it(w, TO_SERVER);
    reply(w, handle ? 0 : 2);
    if (handle)
        opaque(w, handle);
    u32(w, 0);
    u32(w, 0);
    send_it(w, TO_CLIENT);
}

static void v3_read_call(struct wire *w, const char *handle, uint64_t offset)
{
    w->xid++;
    call(w, 3, 6, PLAIN);
    opaque(w, handle);
    u64(w, offset);
    u32(w, 4096);
    send_it(w, TO_SERVER);
}

static void v3_read_reply(struct wire *w, uint64_t offset, size_t n, bool eof)
{
    reply(w, 0);
    u32(w, 1);
    zeros(w, 84);
    u32(w, (uint32_t)n);
    u32(w, eof);
    content(w, offset, n);
    send_it(w, TO_CLIENT);
}

static void v3_read(struct wire *w, const char *handle, uint64_t offset, size_t n, bool eof)
{
    v3_read_call(w, handle, offset);
    v3_read_reply(w, offset, n, eof);
}

static void v3_write(struct wire *w, const char *handle, uint64_t offset, size_t n, bool stable)
{
    w->xid++;
    call(w, 3, 7, PLAIN);
    opaque(w, handle);
    u64(w, offset);
    u32(w, (uint32_t)n);
    u32(w, stable ? 2 : 0);
    content(w, offset, n);
    send_it(w, TO_SERVER);
    reply(w, 0);
    u32(w, 1);
    zeros(w, 24);
    u32(w, 1);
    zeros(w, 84);
    u32(w, (uint32_t)n);
    u32(w, stable ? 2 : 0);
    u64(w, 0);
    send_it(w, TO_CLIENT);
}

static void v3_commit(struct wire *w, const char *handle)
{
    w->xid++;
    call(w, 3, 21, PLAIN);
    opaque(w, handle);
    u64(w, 0);
    u32(w, 0);
    send_it(w, TO_SERVER);
    reply(w, 0);
    u32(w, 0);
    u32(w, 0);
    u64(w, 0);
    send_it(w, TO_CLIENT);
}

/* Head of a compound with SEQUENCE and, when handle is not NULL, PUTFH before `more` operations. */
static void v4_call(struct wire *w, enum rpc_kind kind, const char *handle, uint32_t more)
{
    w->xid++;
    call(w, 4, 1, kind);
    opaque(w, "tag");
    u32(w, 1);
    u32(w, more + 1 + (handle != NULL));
    u32(w, 53);
    zeros(w, 32);
    if (handle) {
        u32(w, 22);
        opaque(w, handle);
    }
}

static void v4_reply(struct wire *w, bool handle, uint32_t more)
{
    reply(w, 0);
    opaque(w, "tag");
    u32(w, more + 1 + handle);
    u32(w, 53);
    u32(w, 0);
    zeros(w, 36);
    if (handle) {
        u32(w, 22);
        u32(w, 0);
    }
}

static void v4_open(struct wire *w, const char *name, const char *handle, uint32_t delegation)
{
    v4_call(w, PLAIN, "root", 3);
    u32(w, 18);
    zeros(w, 20);
    opaque(w, "owner");
    u32(w, 1); /* make */
    u32(w, 0);
    u32(w, 1);
    u32(w, 2);
    opaque(w, "attributes");
    u32(w, 0); /* by name */
    opaque(w, name);
    u32(w, 10);
    u32(w, 9);
    u32(w, 1);
    u32(w, 0);
    send_it(w, TO_SERVER);
    v4_reply(w, true, 3);
    u32(w, 18);
    u32(w, 0);
    zeros(w, 40);
    u32(w, 1);
    u32(w, 0);
    u32(w, delegation);
    if (delegation == 1)
        zeros(w, 20);
    if (delegation == 2)
        zeros(w, 32);
    if (delegation == 1 || delegation == 2) {
        zeros(w, 12);
        opaque(w, "who");
    }
    if (delegation == 3)
        u32(w, 0);
    u32(w, 10);
    u32(w, 0);
    opaque(w, handle);
    u32(w, 9);
    u32(w, 0);
    u32(w, 0);
    opaque(w, "x");
    send_it(w, TO_CLIENT);
}

static void v4_write(struct wire *w, const char *handle, uint64_t offset, size_t n)
{
    v4_call(w, PLAIN, handle, 1);
    u32(w, 38);
    zeros(w, 16);
    u64(w, offset);
    u32(w, 0);
    content(w, offset, n);
    send_it(w, TO_SERVER);
    v4_reply(w, true, 1);
    u32(w, 38);
    u32(w, 0);
    u32(w, (uint32_t)n);
    u32(w, 0);
    u64(w, 0);
    send_it(w, TO_CLIENT);
}

static void v4_read(struct wire *w, enum rpc_kind kind, const char *handle, uint64_t offset, size_t n,
                    bool eof, bool plus)
{
    v4_call(w, kind, handle, 1);
    u32(w, plus ? 68 : 25);
    zeros(w, 16);
    u64(w, offset);
    u32(w, 4096);
    send_it(w, TO_SERVER);
    v4_reply(w, true, 1);
    if (kind == INTEGRITY) { /* its wrapping goes in front of the results */
        struct writer plain = w->m;
        writer_init(&w->m, 1 << 20);
        writer_bytes(&w->m, plain.p, 24);
        u32(w, 1000);
        u32(w, 9);
        writer_bytes(&w->m, plain.p + 24, plain.n - 24);
        writer_done(&plain);
    }
    u32(w, plus ? 68 : 25);
    u32(w, 0);
    u32(w, eof);
    if (plus) {
        u32(w, 1);
        u32(w, 0);
        u64(w, offset);
    }
    content(w, offset, n);
    send_it(w, TO_CLIENT);
}

static void v4_close(struct wire *w, const char *handle)
{
    v4_call(w, PLAIN, handle, 1);
    u32(w, 4);
    zeros(w, 20);
    send_it(w, TO_SERVER);
    v4_reply(w, true, 1);
    u32(w, 4);
    u32(w, 0);
    zeros(w, 16);
    send_it(w, TO_CLIENT);
}

/* ---- sessions ---- */

static void read_in_order(struct wire *w)
{
    v3_lookup(w, "a.doc", "h1");
    v3_read(w, "h1", 0, 100, false);
    v3_read(w, "h1", 100, 33, true);
}

static void read_out_of_order(struct wire *w)
{
    v3_lookup(w, "a.doc", "h1");
    v3_read(w, "h1", 100, 33, true);
    v3_read(w, "h1", 0, 50, false);
    v3_read(w, "h1", 50, 50, false);
}

static void read_twice(struct wire *w)
{
    v3_lookup(w, "a.doc", "h1");
    v3_read(w, "h1", 0, 10, true);
    v3_read(w, "h1", 0, 10, true);
}

static void read_with_hole(struct wire *w)
{
    v3_lookup(w, "a.doc", "h1");
    v3_read(w, "h1", 0, 10, false);
    v3_read(w, "h1", 20, 10, true);
}

static void read_not_to_its_end(struct wire *w)
{
    v3_read(w, "h1", 0, 10, false);
}

static void replies_swapped(struct wire *w)
{
    v3_lookup(w, "a.doc", "h1");
    v3_read_call(w, "h1", 0);
    v3_read_call(w, "h1", 10);
    v3_read_reply(w, 10, 5, true);
    w->xid--;
    v3_read_reply(w, 0, 10, false);
}

/* The two directions of a stream are not seen in the order in which they were sent. */
static void replies_before_calls(struct wire *w)
{
    v3_lookup(w, "a.doc", "h1");
    w->xid++;
    v3_read_reply(w, 0, 10, false);
    w->xid++;
    v3_read_reply(w, 10, 5, true);
    w->xid -= 2;
    v3_read_call(w, "h1", 0);
    v3_read_call(w, "h1", 10);
}

static void write_and_commit(struct wire *w)
{
    v3_lookup(w, "b.doc", "h2");
    v3_write(w, "h2", 0, 10, false);
    v3_write(w, "h2", 20, 10, false);
    v3_write(w, "h2", 10, 10, false);
    v3_commit(w, "h2");
    w->h->cx.now_us += 6000000;
    v3_lookup(w, "none", NULL);
}

static void write_stable(struct wire *w)
{
    v3_write(w, "h2", 0, 10, true);
}

static void write_uncommitted(struct wire *w)
{
    v3_write(w, "h2", 0, 10, false);
}

static void write_over(struct wire *w)
{
    v3_lookup(w, "b.doc", "h2");
    v3_write(w, "h2", 0, 6, true);
    v3_write(w, "h2", 0, 17, true);
}

static void write_sent_again(struct wire *w)
{
    v3_write(w, "h2", 0, 10, true);
    w->xid++;
    for (int i = 0; i < 2; i++) { /* no reply: the client tries again */
        call(w, 3, 7, PLAIN);
        opaque(w, "h2");
        u64(w, 10);
        u32(w, 4);
        u32(w, 2);
        content(w, 10, 4);
        send_it(w, TO_SERVER);
    }
}

static void append_far_behind(struct wire *w)
{
    v3_write(w, "h2", 1u << 30, 10, true);
}

static void made_by_create(struct wire *w)
{
    w->xid++;
    call(w, 3, 8, PLAIN);
    opaque(w, "root");
    opaque(w, "new.txt");
    zeros(w, 28);
    send_it(w, TO_SERVER);
    reply(w, 0);
    u32(w, 1);
    opaque(w, "h3");
    u32(w, 0);
    zeros(w, 8);
    send_it(w, TO_CLIENT);
    v3_write(w, "h3", 0, 3, true);
}

static void named_by_readdirplus(struct wire *w)
{
    w->xid++;
    call(w, 3, 17, PLAIN);
    opaque(w, "root");
    zeros(w, 24);
    send_it(w, TO_SERVER);
    reply(w, 0);
    u32(w, 0);
    u64(w, 0);
    for (int i = 0; i < 2; i++) {
        u32(w, 1);
        u64(w, 1);
        opaque(w, i ? "listed.txt" : ".");
        u64(w, 1);
        u32(w, 1);
        zeros(w, 84);
        u32(w, 1);
        opaque(w, i ? "h4" : "root");
    }
    u32(w, 0);
    u32(w, 1);
    send_it(w, TO_CLIENT);
    v3_read(w, "h4", 0, 4, true);
}

static void version_2(struct wire *w)
{
    static const char handle[] = "0123456789abcdef0123456789abcdef";

    w->xid++;
    call(w, 2, 4, PLAIN);
    zeros(w, 32);
    opaque(w, "old.txt");
    send_it(w, TO_SERVER);
    reply(w, 0);
    writer_str(&w->m, handle);
    zeros(w, 68);
    send_it(w, TO_CLIENT);
    w->xid++;
    call(w, 2, 6, PLAIN);
    writer_str(&w->m, handle);
    u32(w, 0);
    u32(w, 100);
    u32(w, 100);
    send_it(w, TO_SERVER);
    reply(w, 0);
    zeros(w, 20);
    u32(w, 11); /* size */
    zeros(w, 44);
    content(w, 0, 11);
    send_it(w, TO_CLIENT);
    w->xid++;
    call(w, 2, 8, PLAIN);
    writer_str(&w->m, handle);
    zeros(w, 12);
    content(w, 0, 7);
    send_it(w, TO_SERVER);
    reply(w, 0);
    zeros(w, 68);
    send_it(w, TO_CLIENT);
}

static void version_4_write(struct wire *w)
{
    v4_open(w, "c.doc", "f1", 0);
    v4_write(w, "f1", 0, 10);
    v4_write(w, "f1", 10, 5);
    v4_close(w, "f1");
}

static void version_4_delegations(struct wire *w)
{
    for (uint32_t d = 1; d <= 3; d++) {
        v4_open(w, "c.doc", d == 1 ? "f1" : d == 2 ? "f2" : "f3", d);
        v4_write(w, d == 1 ? "f1" : d == 2 ? "f2" : "f3", 0, d);
        v4_close(w, d == 1 ? "f1" : d == 2 ? "f2" : "f3");
    }
}

static void version_4_read(struct wire *w)
{
    v4_open(w, "c.doc", "f1", 0);
    v4_read(w, PLAIN, "f1", 0, 10, false, false);
    v4_read(w, PLAIN, "f1", 10, 4, true, true);
}

static void version_4_integrity(struct wire *w)
{
    v4_read(w, INTEGRITY, "f1", 0, 10, true, false);
}

static void version_4_privacy(struct wire *w)
{
    v4_read(w, PRIVACY, "f1", 0, 10, true, false);
}

static void unknown_operation(struct wire *w)
{
    v4_call(w, PLAIN, "f1", 2);
    u32(w, 200);
    u32(w, 38);
    zeros(w, 100);
    send_it(w, TO_SERVER);
    v4_write(w, "f1", 0, 5);
    v4_close(w, "f1");
}

static const struct row {
    const char *name;
    void (*play)(struct wire *w);
    struct {
        size_t size; /* 0: the table ends */
        const char *name, *state;
    } doc[4];
    const char *has, *anomaly;
    bool stream_only;
} rows[] = {
    {"read",
     read_in_order,
     {{133, "a.doc", "CLOSED"}},
     "\"rpc\":{\"auth_type\":\"UNIX\",\"creds\":{\"machine_name\":\"pc7\",\"uid\":1000,\"gid\":100}},"
     "\"nfs\":{\"version\":3,\"procedure\":\"READ\",\"filename\":\"a.doc\",\"file_tx\":true,\"read\":{"
     "\"chunks\":2}}",
     "",
     false},
    {"read out of order", read_out_of_order, {{133, "a.doc", "CLOSED"}}, NULL, "", false},
    {"read twice", read_twice, {{10, "a.doc", "CLOSED"}, {10, "a.doc", "CLOSED"}}, NULL, "", false},
    {"a hole", read_with_hole, {{30, "a.doc", "\"gaps\":true,\"state\":\"TRUNCATED"}}, NULL, "", false},
    {"not read to its end", read_not_to_its_end, {{10, "", "TRUNCATED"}}, NULL, "", false},
    {"replies swapped", replies_swapped, {{15, "a.doc", "CLOSED"}}, NULL, "", false},
    {"replies before their calls", replies_before_calls, {{15, "a.doc", "CLOSED"}}, NULL, "", true},
    {"write and commit", write_and_commit, {{30, "b.doc", "CLOSED"}}, "\"write\":{\"chunks\":3}", "", false},
    {"write, stable", write_stable, {{10, "", "CLOSED"}}, NULL, "", false},
    {"write, never committed", write_uncommitted, {{10, "", "TRUNCATED"}}, NULL, "", false},
    {"written over", write_over, {{6, "b.doc", "CLOSED"}, {17, "b.doc", "CLOSED"}}, NULL, "", false},
    {"write sent again", write_sent_again, {{14, "", "TRUNCATED"}}, NULL, "", false},
    {"append far behind", append_far_behind, {{(1u << 20) + 10, "", "\"gaps\":true"}}, NULL, "", false},
    {"create",
     made_by_create,
     {{3, "new.txt", "CLOSED"}},
     "\"nfs\":{\"version\":3,\"procedure\":\"CREATE\",\"filename\":\"new.txt\",\"status\":\"OK\"}",
     "",
     false},
    {"READDIRPLUS", named_by_readdirplus, {{4, "listed.txt", "CLOSED"}}, NULL, "", false},
    {"version 2",
     version_2,
     {{11, "old.txt", "CLOSED"}, {7, "old.txt", "CLOSED"}},
     "\"version\":2",
     "",
     false},
    {"version 4 write",
     version_4_write,
     {{15, "c.doc", "CLOSED"}},
     "\"procedure\":\"OPEN\",\"filename\":\"c.doc\"",
     "",
     false},
    {"version 4 delegations",
     version_4_delegations,
     {{1, "c.doc", "CLOSED"}, {2, "c.doc", "CLOSED"}, {3, "c.doc", "CLOSED"}},
     NULL,
     "",
     false},
    {"version 4 read", version_4_read, {{14, "c.doc", "CLOSED"}}, NULL, "", false},
    {"version 4 integrity", version_4_integrity, {{10, "", "CLOSED"}}, "\"auth_type\":\"GSS\"", "", false},
    {"version 4 privacy", version_4_privacy, {{0}}, NULL, "nfs.encrypted ", false},
    {"unknown operation", unknown_operation, {{5, "", "CLOSED"}}, NULL, "", false},
};

static bool said(const struct proto_host *h, const char *text)
{
    for (size_t i = 0; i < fake_events(h, EVENT_NFS); i++)
        if (strstr(fake_event(h, EVENT_NFS, i)->json, text))
            return true;
    return false;
}

/* A document is what content() made, from its start. */
static bool content_is(const struct fake_doc *d)
{
    for (uint64_t i = 0; i < d->d.size; i++)
        if (d->bytes[i] != (uint8_t)(i * 7))
            return false;
    return true;
}

static void run(const struct row *r, bool udp, size_t step, size_t fragment)
{
    struct wire w;
    size_t n = 0;

    check_row(r->name);
    wire_open(&w, udp, step, fragment);
    r->play(&w);
    fake_close(w.h);
    for (; n < GH_COUNT(r->doc) && r->doc[n].size && n < w.h->n_doc; n++) {
        CHECK_U64(w.h->doc[n].d.size, r->doc[n].size);
        CHECK_STR(w.h->doc[n].name, r->doc[n].name);
        CHECK(fake_has(w.h, EVENT_FILEINFO, n, r->doc[n].state));
        CHECK(fake_has(w.h, EVENT_FILEINFO, n, "\"file_tx\":true"));
        CHECK(strstr(r->doc[n].state, "gaps") || content_is(&w.h->doc[n]));
    }
    CHECK(n == GH_COUNT(r->doc) || !r->doc[n].size);
    CHECK_U64(w.h->n_doc, n);
    CHECK(!r->has || said(w.h, r->has));
    CHECK_STR(w.h->anomalies, r->anomaly);
    wire_close(&w);
}

static void test_gaps(void)
{
    struct wire w;

    for (int where = 0; where < 2; where++) {
        wire_open(&w, false, 0, 0);
        check_row(where ? "a hole of whole records" : "a hole inside a record");
        v3_lookup(&w, "a.doc", "h1");
        v3_read(&w, "h1", 0, 10, false);
        v3_read_call(&w, "h1", 10);
        if (where) {
            fake_gap(w.h, TO_CLIENT, 168);
        } else {
            static const uint8_t mark[4] = {0x80, 0, 0, 100};
            fake_feed(w.h, TO_CLIENT, mark, 4, 0);
            fake_gap(w.h, TO_CLIENT, 40);
            fake_feed(w.h, TO_CLIENT, w.m.p, 60, 0);
        }
        v3_read(&w, "h1", 20, 5, true);
        fake_close(w.h);
        CHECK_U64(w.h->n_doc, 1);
        CHECK_U64(w.h->doc[0].d.size, 25);
        CHECK(fake_has(w.h, EVENT_FILEINFO, 0, "\"gaps\":true"));
        wire_close(&w);
    }
}

static void test_ceilings(void)
{
    struct wire w;
    char handle[16];

    check_row("calls without replies, many files, pieces that wait");
    wire_open(&w, true, 0, 0);
    for (uint32_t i = 0; i < 2000; i++) {
        snprintf(handle, sizeof(handle), "h%u", i);
        v3_read_call(&w, handle, 0);
        v3_lookup(&w, handle, handle);
    }
    for (uint64_t i = 1; i < 400; i++)
        v3_read(&w, "h1", i * 2000, 1000, false);
    fake_close(w.h);
    CHECK_U64(w.h->n_doc, 1);
    CHECK(strstr(w.h->anomalies, "nfs.calls_forgotten") && strstr(w.h->anomalies, "nfs.reorder_limit"));
    CHECK(fake_has(w.h, EVENT_FILEINFO, 0, "\"gaps\":true"));
    wire_close(&w);
    check_row("a record that is too long");
    wire_open(&w, false, 0, 0);
    fake_feed(w.h, TO_SERVER, "\xff\xff\xff\xff", 4, 0);
    CHECK_STR(w.h->anomalies, "nfs.record_too_long ");
    wire_close(&w);
}

static void test_probe(void)
{
    struct wire w;
    struct proto_ctx cx = {0};
    struct writer m;

    check_row("probe");
    wire_open(&w, true, 0, 0);
    writer_init(&m, 1 << 16);
    call(&w, 3, 1, PLAIN);
    writer_be(&m, 0x80000000u | w.m.n, 4);
    writer_put(&m, writer_span(&w.m));
    CHECK(nfs_proto.probe(&cx, TO_SERVER, writer_span(&m)) == PROBE_YES);
    CHECK(nfs_proto.probe(&cx, TO_SERVER, span_of(m.p, 10)) == PROBE_MORE);
    CHECK(nfs_proto.probe(&cx, TO_SERVER, span_of(m.p, 0)) == PROBE_MORE);
    CHECK(nfs_proto.probe(&cx, TO_CLIENT, writer_span(&m)) == PROBE_NO);
    CHECK(nfs_proto.probe(&cx, TO_SERVER, span_str("GET / HTTP/1.1\r\n\r\n  ")) == PROBE_NO);
    cx.udp = true;
    CHECK(nfs_proto.probe(&cx, TO_SERVER, writer_span(&w.m)) == PROBE_YES);
    CHECK(nfs_proto.probe(&cx, TO_CLIENT, writer_span(&w.m)) == PROBE_NO);
    w.m.p[19] = 5; /* another version */
    CHECK(nfs_proto.probe(&cx, TO_SERVER, writer_span(&w.m)) == PROBE_NO);
    writer_done(&m);
    wire_close(&w);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        if (!rows[i].stream_only)
            run(&rows[i], true, 0, 0);
        run(&rows[i], false, 0, 0);
        run(&rows[i], false, 1, 0);
        run(&rows[i], false, 7, 16);
    }
    test_gaps();
    test_ceilings();
    test_probe();
    return check_end();
}
