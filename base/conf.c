/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/conf.h"
#include "base/broker.h"
#include "base/nets.h"
#include "base/outlet.h"
#include "base/rates.h"
#include "base/target.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONF_FILE_MAX 65536

enum key_type { KEY_STR, KEY_INT, KEY_SIZE, KEY_MS, KEY_BOOL };
struct key {
    const char *section, *name, *sentence;
    enum key_type type;
    size_t offset;
    const char *text; /* default of KEY_STR */
    uint64_t number, min, max;
    int (*check)(struct span value, struct writer *err); /* KEY_STR: 0, or a sentence says why not; NULL: anything */
};

#define CONF_STR(s, k, d, t) {#s, #k, t, KEY_STR, offsetof(struct conf, s##_##k), d, 0, 0, 0, NULL},
#define CONF_INT(s, k, d, lo, hi, t) {#s, #k, t, KEY_INT, offsetof(struct conf, s##_##k), NULL, d, lo, hi, NULL},
#define CONF_SIZE(s, k, d, lo, hi, t) {#s, #k, t, KEY_SIZE, offsetof(struct conf, s##_##k), NULL, d, lo, hi, NULL},
#define CONF_MS(s, k, d, lo, hi, t) {#s, #k, t, KEY_MS, offsetof(struct conf, s##_##k), NULL, d, lo, hi, NULL},
#define CONF_BOOL(s, k, d, t) {#s, #k, t, KEY_BOOL, offsetof(struct conf, s##_##k), NULL, d, 0, 1, NULL},
#define CONF_CHECK(s, k, d, f, t) {#s, #k, t, KEY_STR, offsetof(struct conf, s##_##k), d, 0, 0, 0, f},
static const struct key keys[] = {
#include "base/conf.def"
};

struct unit {
    const char *suffix;
    uint64_t factor;
};
static const struct unit size_units[] = {{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1ull << 40}, {"", 1}};
static const struct unit ms_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

static uint64_t *number_of(struct conf *c, const struct key *k)
{
    return (uint64_t *)((char *)c + k->offset);
}

void conf_defaults(struct conf *c)
{
    memset(c, 0, sizeof(*c));
    for (size_t i = 0; i < GH_COUNT(keys); i++) {
        const struct key *k = &keys[i];
        if (k->type == KEY_STR)
            snprintf((char *)c + k->offset, CONF_TEXT, "%s", k->text);
        else if (k->type == KEY_BOOL)
            *((bool *)((char *)c + k->offset)) = k->number != 0;
        else
            *number_of(c, k) = k->number;
    }
}

static bool parse_bool(struct span v, bool *ret)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};

    for (size_t i = 0; i < GH_COUNT(yes); i++) {
        if (span_eq_nocase(v, yes[i]) || span_eq_nocase(v, no[i])) {
            *ret = span_eq_nocase(v, yes[i]);
            return true;
        }
    }
    return false;
}

/* Digits and a unit; false when it is neither or too large. */
static bool parse_units(struct span v, const struct unit *units, size_t n, uint64_t *ret)
{
    size_t digits = 0;
    uint64_t number;

    while (digits < v.n && v.p[digits] >= '0' && v.p[digits] <= '9')
        digits++;
    if (!span_number(span_part(v, 0, digits), UINT64_MAX / 2, &number))
        return false;
    struct span suffix = span_part(v, digits, v.n);
    for (size_t i = 0; i < n; i++)
        if (span_eq_nocase(suffix, units[i].suffix))
            return !__builtin_mul_overflow(number, units[i].factor, ret);
    return false;
}

/* A number in the largest unit that divides it, as people write it. */
static void print_units(struct writer *w, uint64_t v, const struct unit *units, size_t n)
{
    const struct unit *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (v % units[i].factor == 0 && v && (!best || units[i].factor > best->factor))
            best = &units[i];
    writer_dec(w, best ? v / best->factor : v);
    writer_str(w, best ? best->suffix : units == ms_units ? "ms" : "");
}

static void print_number(struct writer *w, const struct key *k, uint64_t v)
{
    if (k->type == KEY_SIZE)
        print_units(w, v, size_units, GH_COUNT(size_units));
    else if (k->type == KEY_MS)
        print_units(w, v, ms_units, GH_COUNT(ms_units));
    else
        writer_dec(w, v);
}

/* Sets one key from its text; on a fault one sentence (without place) goes to err. */
static int key_set(struct conf *c, const struct key *k, struct span v, struct writer *err)
{
    static const char *const expect[] = {"", "a number", "a size such as 64K, 32M or 2G",
                                         "a duration such as 500ms, 5s, 10m or 2h", "yes or no"};
    uint64_t number = 0;
    bool good = true;

    if (k->type == KEY_STR) {
        char *to = (char *)c + k->offset;
        if (v.n >= CONF_TEXT || span_find_byte(v, 0, 0) >= 0) {
            writer_printf(err, "%s.%s: the value is longer than %d bytes or holds a NUL", k->section, k->name,
                          CONF_TEXT - 1);
            return ST_USAGE;
        }
        if (k->check) {
            char why[256];
            struct writer w;
            writer_fixed(&w, why, sizeof(why) - 1);
            if (k->check(v, &w) != 0) {
                writer_printf(err, "%s.%s: %.*s", k->section, k->name, (int)w.n, why);
                return ST_USAGE;
            }
        }
        memcpy(to, v.p, v.n);
        to[v.n] = 0;
        return 0;
    }
    if (k->type == KEY_BOOL)
        good = parse_bool(v, (bool *)((char *)c + k->offset));
    else if (k->type == KEY_INT)
        good = span_number(v, UINT64_MAX / 2, &number);
    else if (k->type == KEY_SIZE)
        good = parse_units(v, size_units, GH_COUNT(size_units), &number);
    else
        good = parse_units(v, ms_units, GH_COUNT(ms_units), &number);
    if (!good) {
        writer_printf(err, "%s.%s: '%.*s' is not %s", k->section, k->name, (int)(v.n > 60 ? 60 : v.n), (const char *)v.p,
                      expect[k->type]);
        return ST_USAGE;
    }
    if (k->type == KEY_BOOL)
        return 0;
    if (number < k->min || number > k->max) {
        writer_printf(err, "%s.%s: '%.*s' is outside ", k->section, k->name, (int)(v.n > 60 ? 60 : v.n),
                      (const char *)v.p);
        print_number(err, k, k->min);
        writer_str(err, " to ");
        print_number(err, k, k->max);
        return ST_USAGE;
    }
    *number_of(c, k) = number;
    return 0;
}

static const struct key *key_find(struct span section, struct span name)
{
    for (size_t i = 0; i < GH_COUNT(keys); i++)
        if (span_eq(section, span_str(keys[i].section)) && span_eq(name, span_str(keys[i].name)))
            return &keys[i];
    return NULL;
}

static void unknown_key(struct span section, struct span name, struct writer *err)
{
    const char *names[GH_COUNT(keys)];
    char full[GH_COUNT(keys)][64], word[64];
    const char *near;

    for (size_t i = 0; i < GH_COUNT(keys); i++) {
        snprintf(full[i], sizeof(full[i]), "%s.%s", keys[i].section, keys[i].name);
        names[i] = full[i];
    }
    snprintf(word, sizeof(word), "%.*s.%.*s", (int)(section.n > 30 ? 30 : section.n), (const char *)section.p,
             (int)(name.n > 30 ? 30 : name.n), (const char *)name.p);
    near = text_nearest(word, names, GH_COUNT(keys));
    for (size_t i = 0; !near && i < GH_COUNT(keys); i++) /* right name in the wrong section */
        if (span_eq(name, span_str(keys[i].name)))
            near = names[i];
    writer_printf(err, "unknown key '%s'%s%s%s", word, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool section_known(struct span s)
{
    for (size_t i = 0; i < GH_COUNT(keys); i++)
        if (span_eq(s, span_str(keys[i].section)))
            return true;
    return false;
}

static void unknown_section(struct span s, struct writer *err)
{
    const char *names[GH_COUNT(keys)];
    char word[64];
    const char *near;

    for (size_t i = 0; i < GH_COUNT(keys); i++)
        names[i] = keys[i].section;
    snprintf(word, sizeof(word), "%.*s", (int)(s.n > 60 ? 60 : s.n), (const char *)s.p);
    near = text_nearest(word, names, GH_COUNT(keys));
    writer_printf(err, "unknown section [%s]%s%s%s", word, near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "");
}

/* Cuts a comment and quotes off a value. */
static bool value_of(struct span v, struct span *ret)
{
    v = span_trim(v);
    if (v.n && v.p[0] == '"') {
        ptrdiff_t end = span_find_byte(v, '"', 1);
        if (end < 0)
            return false;
        struct span rest = span_trim(span_part(v, (size_t)end + 1, v.n));
        *ret = span_part(v, 1, (size_t)end - 1);
        return rest.n == 0 || rest.p[0] == '#';
    }
    ptrdiff_t hash = span_find(v, span_str(" #"), 0);
    *ret = hash < 0 ? v : span_trim(span_part(v, 0, (size_t)hash));
    return true;
}

static int parse_line(struct conf *c, struct span line, struct span *section, struct writer *err)
{
    struct span value;
    ptrdiff_t eq;

    if (!line.n || line.p[0] == '#')
        return 0;
    if (line.p[0] == '[') {
        *section = span_trim(span_part(line, 1, line.n - 2));
        if (line.p[line.n - 1] != ']') {
            writer_str(err, "a section needs its closing ']'");
            return ST_USAGE;
        }
        if (!section_known(*section)) {
            unknown_section(*section, err);
            return ST_USAGE;
        }
        return 0;
    }
    eq = span_find_byte(line, '=', 0);
    if (eq < 0 || !value_of(span_part(line, (size_t)eq + 1, line.n), &value)) {
        writer_str(err, eq < 0 ? "a line must be 'key = value', '[section]' or a '# comment'" : "the value's quotes do not close");
        return ST_USAGE;
    }
    struct span name = span_trim(span_part(line, 0, (size_t)eq));
    const struct key *k = key_find(*section, name);
    if (!k) {
        unknown_key(*section, name, err);
        return ST_USAGE;
    }
    return key_set(c, k, value, err);
}

int conf_parse(struct conf *c, const char *name, struct span text, struct writer *err)
{
    struct reader r = reader_span(text);
    struct span section = {0}, line;
    unsigned number = 0;
    int rc = 0;

    while (reader_left(&r)) {
        char buf[1024];
        struct writer one;
        size_t n;

        if (!reader_line(&r, &line))
            line = reader_rest(&r);
        number++;
        writer_fixed(&one, buf, sizeof(buf) - 1);
        if (parse_line(c, span_trim(line), &section, &one) == 0)
            continue;
        n = one.n;
        writer_printf(err, "%s:%u: %.*s\n", name, number, (int)n, buf);
        rc = ST_USAGE;
    }
    return rc;
}

int conf_load(struct conf *c, const char *path, struct writer *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
    char *buf = malloc(CONF_FILE_MAX + 1);
    size_t n = 0;
    ssize_t got = -1;

    if (fd < 0 || !buf) {
        writer_printf(err, "%s: cannot be opened: %s\n", path, strerror(errno));
        rc = ST_IO;
        goto out;
    }
    while (n <= CONF_FILE_MAX && (got = read(fd, buf + n, CONF_FILE_MAX + 1 - n)) > 0)
        n += (size_t)got;
    if (got < 0 || n > CONF_FILE_MAX) {
        writer_printf(err, "%s: %s\n", path, got < 0 ? strerror(errno) : "longer than 64 KiB: this is no configuration");
        rc = ST_USAGE;
        goto out;
    }
    rc = conf_parse(c, path, span_of(buf, n), err);
out:
    free(buf);
    if (fd >= 0)
        close(fd);
    return rc;
}

int conf_set(struct conf *c, const char *assignment, struct writer *err)
{
    struct span s = span_str(assignment), section;
    ptrdiff_t eq = span_find_byte(s, '=', 0), dot = span_find_byte(s, '.', 0);
    const struct key *k;
    int rc;

    if (eq < 0 || dot < 0 || dot > eq) {
        writer_printf(err, "--set %s: write it as section.key=value\n", assignment);
        return ST_USAGE;
    }
    section = span_part(s, 0, (size_t)dot);
    k = key_find(section, span_part(s, (size_t)dot + 1, (size_t)(eq - dot - 1)));
    writer_str(err, "--set: ");
    size_t before = err->n;
    if (!k) {
        unknown_key(section, span_part(s, (size_t)dot + 1, (size_t)(eq - dot - 1)), err);
        rc = ST_USAGE;
    } else {
        rc = key_set(c, k, span_part(s, (size_t)eq + 1, s.n), err);
    }
    if (rc)
        writer_str(err, "\n");
    else
        err->n = before - strlen("--set: ");
    return rc;
}

void conf_print(const struct conf *c, struct writer *out)
{
    const char *section = "";

    for (size_t i = 0; i < GH_COUNT(keys); i++) {
        const struct key *k = &keys[i];
        if (strcmp(section, k->section) != 0) {
            writer_printf(out, "%s[%s]\n", *section ? "\n" : "", k->section);
            section = k->section;
        }
        writer_printf(out, "# %s\n%s = ", k->sentence, k->name);
        if (k->type == KEY_STR)
            writer_printf(out, "\"%s\"", (const char *)c + k->offset);
        else if (k->type == KEY_BOOL)
            writer_str(out, *(const bool *)((const char *)c + k->offset) ? "yes" : "no");
        else
            print_number(out, k, *number_of((struct conf *)c, k));
        writer_str(out, "\n");
    }
}
