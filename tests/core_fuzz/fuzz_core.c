/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the core reads from processes that handled hostile bytes, and from a database that somebody may have
 * changed. The first byte chooses the parser; whatever comes out must be one line of valid JSON. */
#include "base/envelope.h"
#include "base/event.h"
#include "base/json.h"
#include "policy/core/docs.h"
#include "policy/core/findings.h"
#include "policy/core/ledger.h"
#include "base/ranges.h"
#include "policy/core/splice.h"
#include "policy/core/verdict.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Nothing on the way may have made two lines or no JSON of it. */
static void must_be_line(struct writer *w)
{
    struct arena *a = arena_new(64u << 20);
    struct json *j;

    gh_check(writer_ok(w));
    gh_check(json_parse(a, writer_span(w), 64, &j, NULL) == 0);
    gh_check(span_find_byte(writer_span(w), '\n', 0) < 0);
    arena_free(a);
}

static void try_findings(struct span in)
{
    static const uint8_t hash[32] = {1};
    struct findings *f = NULL;
    struct writer w;

    if (findings_read(in, &f) != 0)
        return;
    writer_init(&w, FINDINGS_MAX);
    findings_document(&w, f, in, hash, in.n, in.n % 2 ? "corrupt" : NULL);
    writer_u8(&w, '}');
    must_be_line(&w);
    writer_done(&w);
    free(f);
}

static void try_verdict(struct span in)
{
    static const char record[] =
        "{\"timestamp\":\"t\",\"event_type\":\"fileinfo\",\"fileinfo\":{\"stored\":false}}";
    struct verdict v;
    struct writer w;

    verdict_init(&v);
    writer_init(&w, 16u << 20);
    if (verdict_read(in, &v) == 0) {
        gh_check(verdict_alert(&w, span_str(record), true, &v, span_str("{}")) == 0);
        must_be_line(&w);
    }
    verdict_done(&v);
    writer_done(&w);
}

/* A fileinfo record: only what the sensor may send is a line afterwards, but nothing may be read past its
 * end. */
static void try_record(struct span in)
{
    struct verdict v;
    struct writer w;

    if (in.n < 2 || in.p[0] != '{' || in.p[in.n - 1] != '}')
        return;
    verdict_init(&v);
    verdict_fault(&v, ACTION_BLOCK, "r", "r");
    writer_init(&w, 16u << 20);
    (void)splice_closed(in);
    (void)splice_flow_id(in);
    (void)splice_timestamp(in);
    splice_fileinfo(&w, in, true, span_str("\"a\":1"));
    splice_alerted(&w, in);
    doc_free(doc_unkept(in));
    writer_clear(&w);
    if (verdict_alert(&w, in, false, &v, span_str("{}")) == 0)
        gh_check(writer_ok(&w));
    verdict_done(&v);
    writer_done(&w);
}

static void try_ledger(struct span in)
{
    struct ledger_own own = {.received = 7, .added = 1, .written = 6, .journal_full = 2, .scan_queue = 1};
    struct writer w;

    writer_init(&w, 16u << 20);
    if (in.n && span_find_byte(in, '\n', 0) < 0 && ledger_event(&w, in, &own, span_str("t")) == 0)
        must_be_line(&w);
    writer_done(&w);
}

static void try_bytes(struct span in)
{
    struct arena *a = arena_new(64u << 20);
    struct ranges r = {0};
    struct batch_header h;
    struct record *records;
    struct docs *docs = docs_new();
    struct event_document d;
    uint8_t sig[SEAL_SIGNATURE];
    size_t n;

    (void)ranges_get(&r, in);
    ranges_done(&r);
    (void)batch_unpack(in, a, &h, &records, &n, sig);
    (void)event_document_get(in, &d);
    docs_free(docs);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static void (*const parsers[])(struct span) = {try_findings, try_verdict, try_record, try_ledger,
                                                   try_bytes};
    struct span in = span_of(p, n);

    if (n)
        parsers[(uint8_t)(p[0] - '0') % GH_COUNT(parsers)](span_part(in, 1, n));
    return 0;
}
