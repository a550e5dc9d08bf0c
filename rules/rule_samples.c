/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/rule_samples.h"
#include "base/text.h"
#include "rules/yara_files.h"

#include <limits.h>
#include <stdio.h>

#define SCAN_SECONDS 10

static bool is_header(struct span line)
{
    return span_starts(line, "== ");
}

/* The next blank-separated word of *rest. */
static struct span word(struct span *rest)
{
    struct span s = span_trim(*rest);
    size_t n = 0;

    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    *rest = span_part(s, n, s.n);
    return span_part(s, 0, n);
}

/* One line "== RULE positive|negative [escaped] [pad=N] [name=F] [also=A,B][: remark]". */
static const char *parse_header(struct span line, struct arena *a, struct rule_sample *ret, bool *ret_escaped,
                                uint64_t *ret_pad)
{
    ptrdiff_t colon = span_find_byte(line, ':', 0);
    struct span rest = span_part(line, 3, colon < 0 ? line.n : (size_t)colon - 3), w;

    *ret_escaped = false;
    *ret_pad = 0;
    ret->name = "";
    ret->rule = word(&rest);
    w = word(&rest);
    ret->positive = span_eq(w, span_str("positive"));
    if (!ret->rule.n || (!ret->positive && !span_eq(w, span_str("negative"))))
        return "a sample starts with '== RULE positive' or '== RULE negative'";
    while ((w = word(&rest)).n) {
        if (span_eq(w, span_str("escaped")))
            *ret_escaped = true;
        else if (span_starts(w, "name="))
            ret->name = arena_dup(a, w.p + 5, w.n - 5);
        else if (span_starts(w, "also="))
            ret->also = span_part(w, 5, w.n);
        else if (!span_starts(w, "pad=") || !span_number(span_part(w, 4, w.n), RULE_SAMPLE_FILE_MAX, ret_pad))
            return "only escaped, pad=N, name=FILE, also=RULE,... and ': remark' may follow";
    }
    return ret->name ? NULL : "not enough memory";
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* Escapes to bytes; line ends are left out. False at an escape that is none. */
static bool unescape(struct span in, struct writer *out)
{
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c == '\n' || c == '\r')
            continue;
        if (c != '\\') {
            writer_u8(out, c);
            continue;
        }
        c = ++i < in.n ? in.p[i] : 0;
        if (c == 'x' && i + 2 < in.n && hex_digit(in.p[i + 1]) >= 0 && hex_digit(in.p[i + 2]) >= 0) {
            writer_u8(out, (uint8_t)(hex_digit(in.p[i + 1]) << 4 | hex_digit(in.p[i + 2])));
            i += 2;
        } else if (c == 'n' || c == 'r' || c == 't' || c == '0' || c == '\\') {
            writer_u8(out, c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == '0' ? 0 : '\\');
        } else {
            return false;
        }
    }
    return writer_ok(out);
}

static int take_bytes(struct span body, bool escaped, uint64_t pad, struct arena *a, struct rule_sample *s)
{
    struct writer w;
    bool good = true;

    writer_init(&w, body.n + pad + 1);
    for (uint64_t i = 0; i < pad; i++)
        writer_u8(&w, 0);
    if (escaped)
        good = unescape(body, &w);
    else
        writer_put(&w, body);
    s->bytes = (struct span){(uint8_t *)arena_dup(a, w.p, w.n), w.n};
    writer_done(&w);
    return !good ? ST_USAGE : s->bytes.p ? 0 : ST_NOMEM;
}

static int fault(struct writer *err, const char *file, unsigned line, const char *sentence)
{
    writer_printf(err, "%s:%u: error: %s\n", file, line, sentence);
    return ST_USAGE;
}

int rule_samples_parse(const char *file, struct span text, struct arena *a, struct rule_samples *ret,
                       struct writer *err)
{
    struct reader r = reader_span(text);
    struct span line;
    size_t max = 0, start = 0;
    unsigned n_line = 0;
    uint64_t pad = 0;
    bool escaped = false;

    for (ptrdiff_t at = -1; (at = span_find(text, span_str("== "), (size_t)(at + 1))) >= 0;)
        max++;
    *ret = (struct rule_samples){.v = arena_array(a, max + 1, sizeof(*ret->v))};
    if (!ret->v)
        return ST_NOMEM;
    for (bool more = true; more; n_line++) {
        size_t at = r.pos;
        more = reader_line(&r, &line);
        if (!more) /* the last line may lack its end */
            line = span_part(text, at, text.n);
        if (ret->n && (is_header(line) || !more)) {
            struct rule_sample *s = &ret->v[ret->n - 1];
            size_t end = is_header(line) ? at : text.n;
            int rc;
            while (end > start && (text.p[end - 1] == '\n' || text.p[end - 1] == '\r'))
                end--;
            rc = take_bytes(span_part(text, start, end - start), escaped, pad, a, s);
            if (rc)
                return rc == ST_USAGE
                           ? fault(err, file, s->line, "an escape is none of \\xNN \\n \\r \\t \\0 \\\\")
                           : rc;
        }
        if (is_header(line)) {
            struct rule_sample *s = &ret->v[ret->n++];
            const char *what = parse_header(line, a, s, &escaped, &pad);
            s->line = n_line + 1;
            if (what)
                return fault(err, file, n_line + 1, what);
            start = r.pos;
        } else if (!ret->n && span_trim(line).n && line.p[0] != '#') {
            return fault(err, file, n_line + 1, "only comments may stand before the first sample");
        }
    }
    return 0;
}

/* ---- trying them ---- */

struct trial {
    struct rule_set *set;
    struct writer *err;
    struct rule_samples_report *report;
    bool *has[2]; /* by rule: a negative [0], a positive [1] sample */
};

static bool in_list(struct span list, const char *name)
{
    while (list.n) {
        ptrdiff_t comma = span_find_byte(list, ',', 0);
        if (span_eq(span_part(list, 0, comma < 0 ? list.n : (size_t)comma), span_str(name)))
            return true;
        list = comma < 0 ? (struct span){NULL, 0} : span_part(list, (size_t)comma + 1, list.n);
    }
    return false;
}

static const char *place_of(const struct rule_match *m, char *buf, size_t cap)
{
    if (!m->n_strings)
        return "by its condition alone";
    snprintf(buf, cap, "by %s at offset %llu of the %s", m->strings[0].id,
             (unsigned long long)m->strings[0].offset, m->text ? "folded text" : "bytes");
    return buf;
}

static void judge(struct trial *t, const char *file, const struct rule_sample *s, const struct rule_match *v,
                  size_t n)
{
    bool found = false;
    char place[128];

    for (size_t i = 0; i < n; i++) {
        bool mine = span_eq(s->rule, span_str(v[i].rule));
        found |= mine;
        if (s->positive || (!mine && in_list(s->also, v[i].rule)))
            continue;
        writer_printf(t->err, "%s:%u: error: rule %s matches this negative sample, %s\n", file, s->line,
                      v[i].rule, place_of(&v[i], place, sizeof(place)));
        t->report->faults++;
    }
    if (s->positive && !found) {
        writer_printf(t->err, "%s:%u: error: rule %.*s does not match its positive sample\n", file, s->line,
                      (int)s->rule.n, (const char *)s->rule.p);
        t->report->faults++;
    }
}

static int try_sample(struct trial *t, const char *file, const struct rule_sample *s, struct arena *a)
{
    const struct rule_vars vars = {.filename = s->name};
    struct rule_match *v = NULL;
    struct writer folded;
    size_t n = 0;
    bool truncated, known = span_eq(s->rule, span_str("none")) && !s->positive;
    int rc;

    for (size_t i = 0; i < rule_set_count(t->set); i++)
        if (span_eq(s->rule, span_str(rule_set_at(t->set, i)->name)))
            t->has[s->positive][i] = known = true;
    if (!known) {
        (void)fault(t->err, file, s->line, "the set has no rule of this name");
        t->report->faults++;
        return 0;
    }
    writer_init(&folded, 64 * (size_t)RULE_SAMPLE_FILE_MAX);
    if (text_is_utf8(s->bytes))
        rule_fold(s->bytes, &folded);
    rc = rule_set_scan(t->set, s->bytes, writer_span(&folded), &vars, SCAN_SECONDS, a, &v, &n, &truncated);
    writer_done(&folded);
    if (rc == ST_TIMEOUT) {
        (void)fault(t->err, file, s->line, "scanning this sample takes too long");
        t->report->faults++;
        rc = 0;
    } else if (!rc) {
        judge(t, file, s, v, n);
    }
    t->report->samples++;
    return rc;
}

static int try_file(struct trial *t, const char *dir, const char *source)
{
    char path[2 * PATH_MAX], name[PATH_MAX];
    const char *dot = strrchr(source, '.');
    struct arena *a = arena_new(64u << 20);
    struct rule_samples samples = {0};
    struct span text;
    int rc;

    snprintf(name, sizeof(name), "%.*s.samples", (int)(dot - source), source);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    rc = a ? rule_file_read(path, RULE_SAMPLE_FILE_MAX, a, &text) : ST_NOMEM;
    if (!rc)
        rc = rule_samples_parse(name, text, a, &samples, t->err);
    else if (rc != ST_NOMEM && rc != ST_NOT_FOUND)
        rc = fault(t->err, name, 1, status_text(rc));
    for (size_t i = 0; i < samples.n && !rc; i++) {
        struct arena_mark mark = arena_mark(a);
        rc = try_sample(t, name, &samples.v[i], a);
        arena_rollback(a, mark);
    }
    arena_free(a);
    t->report->faults += rc == ST_USAGE;
    return rc == ST_NOMEM ? rc : 0;
}

int rule_samples_run(struct rule_set *s, const char *dir, struct writer *err, struct rule_samples_report *ret)
{
    size_t n = rule_set_count(s);
    struct arena *a = arena_new(4u << 20);
    struct trial t = {.set = s, .err = err, .report = ret};
    int rc = 0;

    *ret = (struct rule_samples_report){0};
    t.has[0] = a ? arena_array(a, n + 1, sizeof(bool)) : NULL;
    t.has[1] = a ? arena_array(a, n + 1, sizeof(bool)) : NULL;
    if (!t.has[0] || !t.has[1])
        rc = ST_NOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        bool seen = false; /* rules of one file need not stand together: text rules come last */
        for (size_t k = 0; k < i && !seen; k++)
            seen = !strcmp(rule_set_at(s, k)->file, rule_set_at(s, i)->file);
        if (!seen)
            rc = try_file(&t, dir, rule_set_at(s, i)->file);
    }
    for (size_t i = 0; i < n && !rc; i++) {
        const struct rule_info *r = rule_set_at(s, i);
        if (r->is_private || (t.has[0][i] && t.has[1][i]))
            continue;
        writer_printf(err, "%s:%u: warning: rule %s has no %s sample\n", r->file, r->line, r->name,
                      t.has[1][i] ? "negative" : "positive");
        ret->without++;
    }
    arena_free(a);
    return rc;
}
