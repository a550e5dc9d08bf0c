/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/lists/text.h"

#include <stdlib.h>

#define SHOWN 120 /* bytes of a faulty line */

struct text {
    struct text_options opt;
    struct text_counts counts;
    struct text_table table; /* n == 0: no columns were named */
    struct ioc_build *into;
    text_fault_fn *fault;
    void *arg;
    uint64_t until;
    char name[IOC_NAME_MAX + 1];
    int rc;
    bool skipping; /* the rest of a line that is too long */
    size_t n;
    uint8_t line[TEXT_LINE_MAX];
    uint8_t fields[TEXT_LINE_MAX]; /* of a line of a table, without quotes */
};

struct text *text_new(const struct text_options *opt, struct ioc_build *into, text_fault_fn *fault, void *arg)
{
    struct text *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->opt = *opt;
    t->into = into;
    t->fault = fault;
    t->arg = arg;
    return t;
}

void text_free(struct text *t)
{
    free(t);
}

const struct text_counts *text_counts(const struct text *t)
{
    return &t->counts;
}

const char *text_name(const struct text *t)
{
    return t->name;
}

static void fault(struct text *t, struct span value, const char *reason)
{
    t->counts.faults++;
    t->fault(t->arg, t->counts.lines, span_part(value, 0, SHOWN), reason);
}

static void take(struct text *t, const struct text_value *v)
{
    struct ioc_entry e;
    const char *why;

    switch (text_value(v, &e, &why)) {
    case TEXT_OTHER:
        t->counts.other++;
        break;
    case TEXT_FAULT:
        fault(t, v->text, why);
        break;
    default:
        t->rc = ioc_build_add(t->into, &e);
        t->counts.entries += t->rc == 0;
        break;
    }
}

static struct text_value plain_value(const struct text *t, struct span s)
{
    return (struct text_value){.text = s,
                               .kind_given = t->opt.kind_given,
                               .kind = t->opt.kind,
                               .subdomains = t->opt.subdomains,
                               .url_hosts = t->opt.url_hosts,
                               .until = t->until};
}

/* ---- settings ---- */

static bool yes(struct span v, bool *ret)
{
    if (span_eq(v, span_str("yes")) || span_eq(v, span_str("no"))) {
        *ret = v.n == 3;
        return true;
    }
    return false;
}

/* "#! kind ja3" */
static void setting(struct text *t, struct span s)
{
    size_t n = 0;
    struct span key, value;
    struct reader r;

    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t' && s.p[n] != '=')
        n++;
    key = span_part(s, 0, n);
    value = span_trim(span_part(s, n + (n < s.n && s.p[n] == '='), s.n));
    if (span_eq(key, span_str("kind"))) {
        if (ioc_kind_parse(value, &t->opt.kind))
            t->opt.kind_given = true;
        else
            fault(t, value, "a kind is sha256, ip, domain, ja3, ja3s or ja4");
    } else if (span_eq(key, span_str("subdomains"))) {
        if (!yes(value, &t->opt.subdomains))
            fault(t, value, "subdomains is yes or no");
    } else if (span_eq(key, span_str("url-hosts"))) {
        if (!yes(value, &t->opt.url_hosts))
            fault(t, value, "url-hosts is yes or no");
    } else if (span_eq(key, span_str("until"))) {
        if (!text_until(value, &t->until))
            fault(t, value, "until is a day like 2027-01-31");
    } else if (span_eq(key, span_str("name"))) {
        if (ioc_name_ok(value)) {
            r = reader_span(value);
            memset(t->name, 0, sizeof(t->name));
            reader_copy(&r, t->name, value.n);
        } else {
            fault(t, value, "a list's name is letters, digits, '.', '_' and '-', at most 63 of them");
        }
    } else {
        fault(t, key, "settings are kind, subdomains, url-hosts, until and name");
    }
}

/* ---- lines ---- */

/* The next word; false at the end or where a comment begins. */
static bool word(struct span *rest, struct span *ret)
{
    size_t n = 0;

    *rest = span_trim(*rest);
    if (!rest->n || rest->p[0] == '#' || rest->p[0] == ';')
        return false;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    *ret = span_part(*rest, 0, n);
    *rest = span_part(*rest, n, rest->n);
    return true;
}

/* Addresses under which hosts files put names that nobody should reach, and the names that every such file
 * has. */
static bool is_sink(struct span w)
{
    static const char *const sinks[] = {"0.0.0.0", "127.0.0.1", "::", "::1"};

    for (size_t i = 0; i < GH_COUNT(sinks); i++)
        if (span_eq(w, span_str(sinks[i])))
            return true;
    return false;
}

static bool is_own_name(struct span w)
{
    static const char *const names[] = {"localhost", "localhost.localdomain", "local", "broadcasthost",
                                        "0.0.0.0"};

    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (span_eq_nocase(w, names[i]))
            return true;
    return span_starts_nocase(w, "ip6-");
}

static void hosts_line(struct text *t, struct span rest)
{
    struct span w;

    while (!t->rc && word(&rest, &w)) {
        struct text_value v = plain_value(t, w);
        if (is_own_name(w))
            continue;
        v.kind_given = true;
        v.kind = IOC_DOMAIN;
        take(t, &v);
    }
}

static void plain_line(struct text *t, struct span line)
{
    struct span rest = line, first, second;
    struct text_value v;

    if (!word(&rest, &first))
        return;
    v = plain_value(t, first);
    if (!word(&rest, &second)) {
        take(t, &v);
    } else if (is_sink(first)) {
        hosts_line(t, span_part(line, first.n, line.n));
    } else if (first.n == 64 &&
               (!t->opt.kind_given || t->opt.kind == IOC_SHA256)) { /* sha256sum: a name follows */
        v.kind_given = true;
        v.kind = IOC_SHA256;
        take(t, &v);
    } else {
        fault(t, line, "there is more than one value on the line");
    }
}

/* A line of a table, by its columns. */
static void table_line(struct text *t)
{
    struct text_value values[TEXT_COLUMNS];
    bool url[TEXT_COLUMNS] = {false}, typed = false, type_url = false, type_known = true;
    enum ioc_kind type = IOC_SHA256;
    uint64_t until = t->until;
    struct reader line = reader_of(t->line, t->n);
    struct writer fields;
    struct span field;
    size_t n = 0;

    writer_fixed(&fields, t->fields, sizeof(t->fields));
    for (size_t c = 0; c < t->table.n && text_field(&line, &fields, &field); c++) {
        switch (t->table.columns[c].what) {
        case COLUMN_VALUE:
            values[n] = plain_value(t, field);
            if (t->table.columns[c].kind_given) {
                values[n].kind_given = true;
                values[n].kind = t->table.columns[c].kind;
            }
            url[n] = t->table.columns[c].url;
            n += field.n > 0;
            break;
        case COLUMN_TYPE:
            typed = field.n > 0;
            type_known = text_type(field, &type, &type_url);
            break;
        case COLUMN_UNTIL:
            if (!text_until(field, &until))
                fault(t, field, "until is a day like 2027-01-31, or seconds since 1970");
            break;
        default:
            break;
        }
    }
    for (size_t i = 0; i < n && !t->rc; i++) {
        bool by_type = typed && !values[i].kind_given;
        values[i].until = until;
        if (by_type && type_known && !type_url) {
            values[i].kind_given = true;
            values[i].kind = type;
        }
        url[i] = url[i] || (by_type && type_url);
        if ((by_type && !type_known) || (url[i] && !values[i].url_hosts))
            t->counts.other++;
        else
            take(t, &values[i]);
    }
}

static void comment(struct text *t, struct span s)
{
    if (span_starts(s, "!"))
        setting(t, span_trim(span_part(s, 1, s.n)));
    else
        (void)text_table_head(s, &t->table);
}

static void line_done(struct text *t)
{
    struct span line = span_trim(span_of(t->line, t->n));

    t->counts.lines++;
    if (t->counts.lines == 1 && span_starts(line, "\xef\xbb\xbf"))
        line = span_trim(span_part(line, 3, line.n));
    if (t->skipping)
        fault(t, line, "the line is too long");
    else if (!line.n || line.p[0] == ';' || line.p[0] == '!' || span_starts(line, "//"))
        ;
    else if (line.p[0] == '#')
        comment(t, span_trim(span_part(line, 1, line.n)));
    else if (!t->table.n && !t->counts.entries && text_table_head(line, &t->table))
        ;
    else if (memchr(line.p, 0, line.n))
        fault(t, span_str(""), "this is no text");
    else if (t->table.n && span_find_byte(line, ',', 0) >= 0)
        table_line(t);
    else
        plain_line(t, line);
    t->n = 0;
    t->skipping = false;
}

int text_feed(struct text *t, struct span bytes)
{
    while (bytes.n && !t->rc) {
        ptrdiff_t end = span_find_byte(bytes, '\n', 0);
        struct span part = span_part(bytes, 0, end < 0 ? bytes.n : (size_t)end);
        struct reader r = reader_span(part);
        size_t room = sizeof(t->line) - t->n, n = part.n < room ? part.n : room;
        reader_copy(&r, t->line + t->n, n);
        t->n += n;
        t->skipping |= n < part.n;
        if (end < 0)
            break;
        line_done(t);
        bytes = span_part(bytes, (size_t)end + 1, bytes.n);
    }
    return t->rc;
}

int text_end(struct text *t)
{
    if (!t->rc && (t->n || t->skipping))
        line_done(t);
    return t->rc;
}
