/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/wishes.h"
#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES_MAX 3 /* times that the console may want another place of one file before we give it up */

struct wish {
    uint64_t id, offset, total;
    uint8_t token[FETCH_TOKEN];
    char file[FETCH_NAME];
    unsigned places;
};
struct wishes {
    char dir[CONF_TEXT + 32];
    struct wish list[FETCH_WISHES];
    size_t n, part;
    int fd; /* the first wish's file, -1: not open */
    uint64_t sent;
};

struct wishes *wishes_new(const char *state_dir)
{
    struct wishes *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    snprintf(w->dir, sizeof(w->dir), "%.512s/pcap", state_dir);
    w->part = WISHES_PART_FIRST;
    w->fd = -1;
    return w;
}

static void close_file(struct wishes *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

void wishes_free(struct wishes *w)
{
    if (!w)
        return;
    close_file(w);
    free(w);
}

size_t wishes_count(const struct wishes *w)
{
    return w->n;
}

uint64_t wishes_sent(const struct wishes *w)
{
    return w->sent;
}

static bool read_token(struct span hex, uint8_t out[static FETCH_TOKEN])
{
    struct reader r = reader_span(hex);
    struct writer w;

    writer_fixed(&w, out, FETCH_TOKEN);
    while (reader_left(&r) >= 2 && writer_ok(&w)) {
        unsigned v = 0;
        for (int i = 0; i < 2; i++) {
            uint8_t c = reader_u8(&r);
            bool digit = c >= '0' && c <= '9';
            if (!digit && (c < 'a' || c > 'f'))
                return false;
            v = v << 4 | (unsigned)(digit ? c - '0' : c - 'a' + 10);
        }
        writer_u8(&w, (uint8_t)v);
    }
    return writer_ok(&w) && w.n == FETCH_TOKEN && !reader_left(&r);
}

/* One wish as the console writes it; false for anything else. */
static bool read_wish(const struct json *j, struct wish *ret)
{
    const struct json *file = json_get(j, "file"), *token = json_get(j, "token");
    int64_t id = json_i64(json_get(j, "id"), 0), have = json_i64(json_get(j, "have"), -1);
    struct wish w = {.id = (uint64_t)id, .offset = (uint64_t)have};

    if (id <= 0 || have < 0 || !file || file->type != JSON_STRING || !fetch_name_is_good(file->s) || !token ||
        token->type != JSON_STRING || !read_token(token->s, w.token))
        return false;
    snprintf(w.file, sizeof(w.file), "%.*s", (int)file->s.n, (const char *)file->s.p);
    *ret = w;
    return true;
}

static bool same(const struct wish *a, const struct wish *b)
{
    return a->id == b->id && memcmp(a->token, b->token, FETCH_TOKEN) == 0;
}

/* Puts the wish that is being fulfilled in front, as it stands here: that is known better than the console
 * knows it. */
static bool keep_first(struct wishes *w, const struct wish *first)
{
    for (size_t i = 0; i < w->n; i++) {
        if (!same(&w->list[i], first))
            continue;
        w->list[i] = w->list[0];
        w->list[0] = *first;
        return true;
    }
    return false;
}

void wishes_take(struct wishes *w, const struct json *answer)
{
    const struct json *list = json_get(answer, "fetch");
    const struct wish first = w->list[0];
    bool had = w->n > 0;

    if (!list || list->type != JSON_ARRAY)
        return;
    w->n = 0;
    json_each(j, list)
    {
        if (w->n < FETCH_WISHES && read_wish(j, &w->list[w->n]))
            w->n++;
    }
    if (!had || !keep_first(w, &first))
        close_file(w);
}

/* The first wish is over. */
static void next_wish(struct wishes *w)
{
    close_file(w);
    memmove(w->list, w->list + 1, (FETCH_WISHES - 1) * sizeof(w->list[0]));
    w->n--;
}

static void open_file(struct wishes *w, struct wish *first)
{
    char path[sizeof(w->dir) + FETCH_NAME + 8];
    struct stat st;

    snprintf(path, sizeof(path), "%s/%s.ghe", w->dir, first->file);
    w->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (w->fd >= 0 && (fstat(w->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0))
        close_file(w);
    first->total = w->fd >= 0 ? (uint64_t)st.st_size : 0;
}

/* The bytes of the piece, put where the writer has room for them; 0 when they cannot be had. */
static size_t read_part(const struct wishes *w, const struct wish *first, uint8_t *to)
{
    size_t want = first->total - first->offset < w->part ? (size_t)(first->total - first->offset) : w->part,
           have = 0;

    while (have < want) {
        ssize_t n = pread(w->fd, to + have, want - have, (off_t)(first->offset + have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        have += (size_t)n;
    }
    return have;
}

bool wishes_next(struct wishes *w, struct writer *body, char path[static WISHES_PATH])
{
    static uint8_t bytes[FETCH_PART_MAX];
    struct wish *first = &w->list[0];
    struct fetch_part p = {.state = FETCH_MISSING};

    if (!w->n)
        return false;
    if (w->fd < 0)
        open_file(w, first);
    if (w->fd >= 0 && first->offset < first->total)
        p.bytes = span_of(bytes, read_part(w, first, bytes));
    if (p.bytes.n) {
        p.state = FETCH_BYTES;
        p.offset = first->offset;
        p.total = first->total;
    }
    memcpy(p.token, first->token, FETCH_TOKEN);
    writer_clear(body);
    fetch_part_write(&p, body);
    snprintf(path, WISHES_PATH, "/api/v1/fetch/%llu", (unsigned long long)first->id);
    return writer_ok(body);
}

bool wishes_answered(struct wishes *w, int rc, long status, uint64_t have, uint64_t expect)
{
    struct wish *first = &w->list[0];

    if (!w->n)
        return true;
    if (rc || status >= 500) {
        w->part = w->part / 2 > WISHES_PART_MIN ? w->part / 2 : WISHES_PART_MIN;
        return false;
    }
    if (status == 200 && have < first->total && have > first->offset) {
        first->offset = have;
        w->part = w->part * 2 < FETCH_PART_MAX ? w->part * 2 : FETCH_PART_MAX;
    } else if (status == 409 && expect < first->total && first->places++ < PLACES_MAX) {
        first->offset = expect;
    } else { /* all of it is there, it is not here, or the console does not want it any more */
        w->sent += status == 200 && first->total && have == first->total;
        next_wish(w);
    }
    return true;
}
