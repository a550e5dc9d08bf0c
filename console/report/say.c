/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/report/say.h"
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static const struct {
    const char *en, *vi;
} words[SAY_WORDS] = {
#define W(name, en, vi) {en, vi},
#include "console/report/words.def"
};

const char *say(const struct say *s, enum say_word w)
{
    return s->vi ? words[w].vi : words[w].en;
}

const char *say_text(const struct say *s, struct span text)
{
    const char *copy = arena_dup(s->arena, text.p, text.n);
    return copy ? copy : "";
}

const char *say_with(const struct say *s, enum say_word w, const char *const *texts)
{
    struct span rest = span_str(say(s, w));
    struct writer out;
    const char *made;
    ptrdiff_t at;

    writer_init(&out, 8192);
    while ((at = span_find(rest, span_str("%s"), 0)) >= 0 && *texts) {
        writer_put(&out, span_part(rest, 0, (size_t)at));
        writer_str(&out, *texts++);
        rest = span_part(rest, (size_t)at + 2, rest.n);
    }
    writer_put(&out, rest);
    made = say_text(s, writer_span(&out));
    writer_done(&out);
    return made;
}

const char *say_number(const struct say *s, int64_t n)
{
    char digits[24], out[40];
    size_t k = 0, len = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)(n < 0 ? 0 : n));

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[k++] = s->vi ? '.' : ',';
        out[k++] = digits[i];
    }
    return say_text(s, span_of(out, k));
}

const char *say_bytes(const struct say *s, int64_t n)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    char out[40];
    double v = (double)n;
    size_t i = 0;

    while (v >= 1024 && i + 1 < GH_COUNT(units)) {
        v /= 1024;
        i++;
    }
    snprintf(out, sizeof(out), i ? "%.1f %s" : "%.0f %s", v, units[i]);
    for (char *c = out; s->vi && *c; c++)
        if (*c == '.')
            *c = ',';
    return say_text(s, span_str(out));
}

const char *say_wait(const struct say *s, int64_t seconds)
{
    static const struct {
        int64_t below, unit;
        enum say_word word;
    } rows[] = {{90, 1, SAY_SECONDS},
                {5400, 60, SAY_MINUTES},
                {172800, 3600, SAY_HOURS},
                {INT64_MAX, 86400, SAY_DAYS}};
    size_t i = 0;

    while (seconds >= rows[i].below)
        i++;
    return SAY(s, rows[i].word, say_number(s, (seconds + rows[i].unit / 2) / rows[i].unit));
}

static const char *formatted(const struct say *s, struct span iso, bool clock)
{
    char out[64];
    uint64_t us;
    struct tm tm;
    time_t t;

    if (!iso.n || !clock_parse_iso((const char *)iso.p, iso.n, &us))
        return "";
    t = (time_t)(us / 1000000);
    if (!localtime_r(&t, &tm) || !(clock ? strftime(out, sizeof(out), "%H:%M %d/%m/%Y", &tm)
                                         : strftime(out, sizeof(out), "%d/%m/%Y", &tm)))
        return "";
    return say_text(s, span_str(out));
}

const char *say_day(const struct say *s, struct span iso)
{
    return formatted(s, iso, false);
}

const char *say_time(const struct say *s, struct span iso)
{
    return formatted(s, iso, true);
}

const char *say_level(const struct say *s, struct span level)
{
    static const struct {
        const char *name, *shown;
    } rows[] = {
#define EVENT_LEVEL(name, rank, shown) {name, shown},
#include "base/event.def"
#undef EVENT_LEVEL
    };

    if (span_eq(level, span_str("none")) || !level.n)
        return say(s, SAY_NONE);
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (span_eq(level, span_str(rows[i].name)))
            return rows[i].shown;
    return say_text(s, level);
}

struct pair {
    const char *name;
    enum say_word word;
};

static const char *pick(const struct say *s, const struct pair *rows, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(name, span_str(rows[i].name)))
            return say(s, rows[i].word);
    return say_text(s, name);
}

const char *say_severity(const struct say *s, struct span severity)
{
    static const struct pair rows[] = {{"1", SAY_HIGH}, {"2", SAY_RAISED}, {"3", SAY_MEDIUM}, {"4", SAY_LOW}};
    return pick(s, rows, GH_COUNT(rows), severity);
}

const char *say_unread(const struct say *s, struct span reason)
{
    static const struct pair rows[] = {{"encrypted", SAY_U_ENCRYPTED}, {"too_large", SAY_U_TOO_LARGE},
                                       {"too_deep", SAY_U_TOO_DEEP},   {"timeout", SAY_U_TIMEOUT},
                                       {"corrupt", SAY_U_CORRUPT},     {"unsupported", SAY_U_UNSUPPORTED},
                                       {"crash", SAY_U_CRASH},         {"unknown", SAY_U_UNKNOWN}};
    return pick(s, rows, GH_COUNT(rows), reason);
}

const char *say_part(const struct say *s, struct span part)
{
    static const struct pair rows[] = {{"packets", SAY_P_PACKETS},
                                       {"segments", SAY_P_SEGMENTS},
                                       {"flows", SAY_P_FLOWS},
                                       {"documents", SAY_P_DOCUMENTS},
                                       {"events", SAY_P_EVENTS}};
    return pick(s, rows, GH_COUNT(rows), part);
}
