/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/lists.h"
#include "base/text.h"
#include "policy/lua/bundle.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUE_MAX 1024
#define FAULTS_SHOWN 20

enum column { COL_VALUE, COL_UNTIL, COL_OWNER, COL_NOTE, COL_COUNT };
static const char *const columns[COL_COUNT] = {"value", "until", "owner", "note"};

struct load {
    struct list *list;
    const char *path;
    struct writer *err;
    unsigned line;
    int place[COL_COUNT]; /* of each column in a row, -1: not there */
    unsigned faults;
};

static void fault(struct load *ld, const char *what, struct span value)
{
    if (++ld->faults <= FAULTS_SHOWN)
        writer_printf(ld->err, "%s:%u: %s%s%.*s%s\n", ld->path, ld->line, what, value.n ? " '" : "",
                      (int)(value.n > 80 ? 80 : value.n), value.n ? (const char *)value.p : "",
                      value.n ? "'" : "");
}

/* Cuts the next field out of *line, in place (a doubled quote becomes one; RFC 4180). */
static struct span next_field(struct span *line, bool *ret_more)
{
    uint8_t *p = (uint8_t *)line->p;
    size_t n = 0, i;
    struct span field;

    if (!line->n || p[0] != '"') {
        ptrdiff_t comma = span_find_byte(*line, ',', 0);
        field = span_part(*line, 0, comma < 0 ? line->n : (size_t)comma);
        *ret_more = comma >= 0;
        *line = comma < 0 ? span_part(*line, line->n, 0) : span_part(*line, (size_t)comma + 1, line->n);
        return span_trim(field);
    }
    for (i = 1; i < line->n && (p[i] != '"' || (i + 1 < line->n && p[i + 1] == '"')); i++) {
        i += p[i] == '"';
        p[n++] = p[i];
    }
    field = span_of(p, n);
    while (i < line->n && p[i] != ',')
        i++;
    *ret_more = i < line->n;
    *line = span_part(*line, i + 1, line->n);
    return span_trim(field);
}

static bool head_line(struct load *ld, struct span line)
{
    bool more = true;

    for (int i = 0; i < COL_COUNT; i++)
        ld->place[i] = -1;
    for (int at = 0; more; at++) {
        struct span f = next_field(&line, &more);
        int found = -1;
        for (int i = 0; i < COL_COUNT; i++)
            if (span_eq_nocase(f, columns[i]))
                found = i;
        if (found < 0) {
            fault(ld, "the first line names the columns value,until,owner,note; there is no column", f);
            return false;
        }
        ld->place[found] = at;
    }
    if (ld->place[COL_VALUE] < 0)
        fault(ld, "there is no column 'value'", (struct span){NULL, 0});
    return ld->place[COL_VALUE] >= 0;
}

static bool is_exceptions(const struct list *l)
{
    return span_starts(span_str(l->name), "except");
}

static void lower(struct span s)
{
    uint8_t *p = (uint8_t *)s.p;

    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] += 32;
}

static void add_row(struct load *ld, const struct span *cell)
{
    struct list *l = ld->list;
    struct list_row *r = &l->rows[l->n_rows];
    char text[VALUE_MAX];
    struct zone_net net;

    if (l->n_rows == l->room)
        return;
    lower(cell[COL_VALUE]);
    *r = (struct list_row){.value = (const char *)cell[COL_VALUE].p,
                           .len = cell[COL_VALUE].n,
                           .owner = (const char *)cell[COL_OWNER].p,
                           .owner_len = cell[COL_OWNER].n,
                           .line = ld->line};
    if (cell[COL_UNTIL].n) /* a date, of that length */
        memcpy(r->until, cell[COL_UNTIL].p, sizeof(r->until) - 1);
    l->n_rows++;
    snprintf(text, sizeof(text), "%.*s", (int)r->len, r->value);
    if (strchr(text, '/') && strspn(text, "0123456789./:abcdef") == r->len && zone_net_parse(text, &net) != 0)
        fault(ld, "this is not a network (10.1.0.0/16, 2001:db8::/32; no bits behind the prefix):",
              cell[COL_VALUE]);
}

static void data_line(struct load *ld, struct span line)
{
    struct span cell[COL_COUNT] = {{NULL, 0}};
    bool more = true;

    for (int at = 0; more; at++) {
        struct span f = next_field(&line, &more);
        bool known = false;
        for (int i = 0; i < COL_COUNT; i++)
            if (ld->place[i] == at) {
                cell[i] = f;
                known = true;
            }
        if (!known && f.n) {
            fault(ld, "more fields than the first line names (a text with a comma needs quotes):", f);
            return;
        }
    }
    if (!cell[COL_VALUE].n || cell[COL_VALUE].n >= VALUE_MAX)
        fault(ld, "the value is missing, or longer than 1023 bytes", (struct span){NULL, 0});
    else if (cell[COL_UNTIL].n && !calendar_date(cell[COL_UNTIL]))
        fault(ld, "until is not a date of the form 2026-12-31:", cell[COL_UNTIL]);
    else if (is_exceptions(ld->list) && (!cell[COL_UNTIL].n || !cell[COL_OWNER].n))
        fault(ld, "an exception needs an owner and a last day (until):", cell[COL_VALUE]);
    else
        add_row(ld, cell);
}

static int by_value(const void *a, const void *b)
{
    const struct list_row *x = a, *y = b;
    size_t n = x->len < y->len ? x->len : y->len;
    int c = memcmp(x->value, y->value, n);

    return c ? c : x->len < y->len ? -1 : x->len > y->len ? 1 : x->line < y->line ? -1 : x->line > y->line;
}

static int parse(struct load *ld)
{
    struct list *l = ld->list;
    struct reader r;
    struct span text, line;
    bool head = false;
    size_t lines = 1;

    writer_u8(&l->text, '\n'); /* the last line may lack its end */
    text = writer_span(&l->text);
    if (span_starts(text, "\xEF\xBB\xBF"))
        text = span_part(text, 3, text.n);
    if (!text_is_utf8(text)) {
        fault(ld, "the file is not UTF-8", (struct span){NULL, 0});
        return ST_USAGE;
    }
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    l->room = lines < LIST_ROWS_MAX ? lines : LIST_ROWS_MAX;
    l->rows = calloc(l->room, sizeof(*l->rows));
    l->nets = calloc(l->room, sizeof(*l->nets));
    if (!l->rows || !l->nets)
        return ST_NOMEM;
    r = reader_span(text);
    while (reader_line(&r, &line)) {
        ld->line++;
        line = span_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        if (head)
            data_line(ld, line);
        else if (!head_line(ld, line))
            return ST_USAGE;
        head = true;
    }
    if (lines > LIST_ROWS_MAX)
        fault(ld, "more lines than a list may have (200000)", (struct span){NULL, 0});
    return ld->faults ? ST_USAGE : 0;
}

/* For searching; those that are networks are also gone through one by one. */
static void sort_rows(struct list *l)
{
    qsort(l->rows, l->n_rows, sizeof(*l->rows), by_value);
    for (size_t i = 0; i < l->n_rows; i++) {
        char text[VALUE_MAX];
        snprintf(text, sizeof(text), "%.*s", (int)l->rows[i].len, l->rows[i].value);
        if (strchr(text, '/') && zone_net_parse(text, &l->nets[l->n_nets].net) == 0)
            l->nets[l->n_nets++].row = &l->rows[i];
    }
}

static int load_one(struct lists *ls, unsigned part, const char *dir, const char *file, struct writer *err)
{
    struct list *l = &ls->list[ls->n];
    char path[1024], name[300];
    struct load ld = {.path = path, .err = err};
    int rc;

    if (ls->n == LISTS_MAX || strlen(file) - 4 >= LIST_NAME ||
        (size_t)snprintf(path, sizeof(path), "%s/lists/%s", dir, file) >= sizeof(path)) {
        writer_printf(err, "%s/lists/%s: more than %d lists, or too long a name\n", dir, file, LISTS_MAX);
        return ST_USAGE;
    }
    memset(l, 0, sizeof(*l));
    ld.list = l;
    snprintf(l->name, sizeof(l->name), "%.*s", (int)(strlen(file) - 4), file);
    l->part = part;
    writer_init(&l->text, LIST_FILE_MAX + 131072);
    ls->n++;
    snprintf(name, sizeof(name), "lists/%.255s", file);
    rc = bundle_read_most(dir, name, LIST_FILE_MAX, &l->text);
    if (rc)
        writer_printf(err, "%s: %s\n", path, status_text(rc));
    if (rc || parse(&ld) != 0)
        return ST_USAGE;
    sort_rows(l);
    return 0;
}

struct load_all {
    struct lists *lists;
    unsigned part;
    const char *dir;
    struct writer *err;
    bool faulty;
};

static int take_list(void *arg, const char *name)
{
    struct load_all *a = arg;

    a->faulty |= load_one(a->lists, a->part, a->dir, name, a->err) != 0;
    return 0;
}

int lists_load(struct lists *l, unsigned part, const char *dir, struct writer *err)
{
    struct load_all a = {l, part, dir, err, false};
    int rc = bundle_each(dir, "/lists", ".csv", take_list, &a);

    return rc ? rc : a.faulty ? ST_USAGE : 0;
}

void lists_done(struct lists *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->list[i].rows);
        free(l->list[i].nets);
        writer_done(&l->list[i].text);
    }
    l->n = 0;
}

const struct list *lists_find(const struct lists *l, unsigned part, struct span name)
{
    const struct list *own = NULL;

    for (size_t i = 0; i < l->n; i++) {
        if (!span_eq(span_str(l->list[i].name), name))
            continue;
        if (l->list[i].part == 0)
            return &l->list[i];
        if (l->list[i].part == part)
            own = &l->list[i];
    }
    return own;
}

const char *lists_nearest(const struct lists *l, unsigned part, const char *name)
{
    const char *names[LISTS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        if (l->list[i].part == 0 || l->list[i].part == part)
            names[n++] = l->list[i].name;
    return text_nearest(name, names, n);
}

static bool holds(const struct list_row *r, const char *date)
{
    return !*r->until || (*date && strcmp(date, r->until) <= 0);
}

/* One of the rows with exactly that value that still holds. */
static const struct list_row *exact(const struct list *l, struct span value, const char *date)
{
    struct list_row key = {.value = (const char *)value.p, .len = value.n};
    size_t lo = 0, hi = l->n_rows;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (by_value(&l->rows[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < l->n_rows && span_eq(span_of(l->rows[lo].value, l->rows[lo].len), value); lo++)
        if (holds(&l->rows[lo], date))
            return &l->rows[lo];
    return NULL;
}

/* ".gov.vn" for "gov.vn" itself and for "mail.gov.vn". */
static const struct list_row *domain(const struct list *l, struct span host, const char *date)
{
    char dotted[VALUE_MAX + 2];
    const struct list_row *r;
    struct span rest;

    snprintf(dotted, sizeof(dotted), ".%.*s", (int)host.n, (const char *)host.p);
    rest = span_str(dotted);
    while (rest.n > 1) {
        ptrdiff_t dot;
        if ((r = exact(l, rest, date)))
            return r;
        dot = span_find_byte(rest, '.', 1);
        rest = dot < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)dot, rest.n);
    }
    return NULL;
}

/* "Name <a@b>" to "a@b". */
static struct span bare_address(struct span v)
{
    ptrdiff_t open = span_find_byte(v, '<', 0), close = open < 0 ? -1 : span_find_byte(v, '>', (size_t)open);

    return close > open ? span_part(v, (size_t)open + 1, (size_t)(close - open) - 1) : v;
}

const struct list_row *list_match(const struct list *l, struct span value, const char *date)
{
    struct span v = bare_address(span_trim(value));
    const struct list_row *r;
    char text[VALUE_MAX];
    uint8_t address[16];
    ptrdiff_t at;

    if (!v.n || v.n >= sizeof(text))
        return NULL;
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    v = span_of(text, v.n);
    lower(v);
    if ((r = exact(l, v, date)))
        return r;
    at = span_find_byte(v, '@', 0);
    if (at >= 0 && (r = exact(l, span_part(v, (size_t)at, v.n), date)))
        return r; /* "@partner.vn" */
    if ((r = domain(l, at < 0 ? v : span_part(v, (size_t)at + 1, v.n), date)))
        return r;
    if (l->n_nets && zone_address(v, address))
        for (size_t i = 0; i < l->n_nets; i++)
            if (zone_net_holds(&l->nets[i].net, address) && holds(l->nets[i].row, date))
                return l->nets[i].row;
    return NULL;
}
