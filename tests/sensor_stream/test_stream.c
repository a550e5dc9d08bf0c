/* SPDX-License-Identifier: GPL-3.0-or-later
 * Streams: a table of segment scripts with what must come out, and the property that any order, repetition
 * and overlap that a receiver accepts gives the same bytes. */
#include "sensor/decode/stream.h"
#include "tests/check.h"

#define SECOND 1000000u

/* What the sink saw: bytes as they are, a gap of n as "<n>", the end as "$", a differing overlap as "!", one
 * outside as "?". */
struct seen {
    char text[4096];
    size_t n;
    char other[1024];
    size_t n_other;
    uint8_t *bytes; /* instead, for the property */
    size_t n_bytes, max_bytes;
    uint64_t gap_bytes;
    unsigned differs, ends;
};

static void put(struct seen *s, const char *p, size_t n)
{
    if (n < sizeof(s->text) - s->n) {
        memcpy(s->text + s->n, p, n);
        s->n += n;
        s->text[s->n] = 0;
    }
}

static void on_data(void *arg, enum direction dir, struct span bytes)
{
    struct seen *s = arg;
    (void)dir;
    if (!s->bytes) {
        put(s, (const char *)bytes.p, bytes.n);
    } else if (bytes.n <= s->max_bytes - s->n_bytes) {
        memcpy(s->bytes + s->n_bytes, bytes.p, bytes.n);
        s->n_bytes += bytes.n;
    } else {
        s->max_bytes = 0; /* more than was sent: the comparison fails */
    }
}

static void on_gap(void *arg, enum direction dir, uint64_t missing)
{
    struct seen *s = arg;
    char text[32];
    (void)dir;
    s->gap_bytes += missing;
    put(s, text, (size_t)snprintf(text, sizeof(text), "<%" PRIu64 ">", missing));
}

static void on_end(void *arg, enum direction dir)
{
    struct seen *s = arg;
    (void)dir;
    s->ends++;
    put(s, "$", 1);
}

static void on_oddity(void *arg, enum direction dir, enum stream_oddity what)
{
    struct seen *s = arg;
    (void)dir;
    s->differs += what == STREAM_OVERLAP_DIFFERS;
    put(s, what == STREAM_OVERLAP_DIFFERS ? "!" : "?", 1);
}

/* "[offset:bytes]", apart from what came through. */
static void on_other(void *arg, enum direction dir, uint64_t off, struct span bytes)
{
    struct seen *s = arg;
    size_t left = sizeof(s->other) - s->n_other;
    (void)dir;
    if (!s->bytes)
        s->n_other += (size_t)snprintf(s->other + s->n_other, left, "[%" PRIu64 ":%.*s]", off, (int)bytes.n,
                                       (const char *)bytes.p);
}

static const struct stream_sink sink = {on_data, on_gap, on_end, on_oddity, on_other};

/* One step of a script. */
enum op { END, SEG, FIN, ACK, WAIT, FLUSH };
struct step {
    enum op op;
    int64_t at;       /* offset from the first byte; WAIT: milliseconds */
    const char *text; /* SEG, FIN */
};
struct row {
    const char *name;
    uint32_t first_seq;
    struct step steps[16];
    const char *want;
    uint64_t lost; /* segments */
};
static const struct row rows[] = {
    {"in order", 1000, {{SEG, 0, "abc"}, {SEG, 3, "def"}, {FIN, 6, ""}}, "abcdef$", 0},
    {"fin with data", 1000, {{SEG, 0, "abc"}, {FIN, 3, "de"}}, "abcde$", 0},
    {"out of order", 1000, {{SEG, 3, "def"}, {SEG, 6, "g"}, {SEG, 0, "abc"}, {FIN, 7, ""}}, "abcdefg$", 0},
    {"fin before data", 1000, {{FIN, 6, ""}, {SEG, 3, "def"}, {SEG, 0, "abc"}}, "abcdef$", 0},
    {"repeated", 1000, {{SEG, 0, "abc"}, {SEG, 0, "abc"}, {SEG, 3, "d"}}, "abcd", 0},
    {"repeated and longer", 1000, {{SEG, 0, "abc"}, {SEG, 0, "abcdef"}}, "abcdef", 0},
    {"repeated differently", 1000, {{SEG, 0, "abc"}, {SEG, 0, "abX"}}, "abc!", 0},
    {"overlap, first wins", 1000, {{SEG, 0, "abc"}, {SEG, 1, "XXd"}}, "abc!d", 0},
    {"overlap of waiting bytes, first wins",
     1000,
     {{SEG, 2, "cd"}, {SEG, 1, "bXY"}, {SEG, 0, "a"}},
     "!abcd",
     0},
    {"hole is filled by an overlapping segment", 1000, {{SEG, 2, "cd"}, {SEG, 0, "abcdef"}}, "abcdef", 0},
    {"filled by one that contradicts", 1000, {{SEG, 2, "cd"}, {SEG, 0, "abXXef"}}, "abcd!ef", 0},
    {"keep-alive with garbage", 1000, {{SEG, 0, "abc"}, {SEG, 2, "\1"}, {SEG, 3, "d"}}, "abcd", 0},
    {"one contradicting byte is a keep-alive only when it is alone",
     1000,
     {{SEG, 0, "abc"}, {SEG, 2, "\1d"}},
     "abc!d",
     0},
    {"sequence wraps",
     UINT32_MAX - 2,
     {{SEG, 0, "abc"}, {SEG, 6, "gh"}, {SEG, 3, "def"}, {FIN, 8, ""}},
     "abcdefgh$",
     0},
    {"acknowledged before it is seen",
     1000,
     {{ACK, 6, ""}, {SEG, 3, "def"}, {WAIT, 500, ""}, {SEG, 0, "abc"}},
     "abcdef",
     0},
    {"acknowledged and never seen",
     1000,
     {{SEG, 0, "ab"}, {SEG, 4, "ef"}, {ACK, 6, ""}, {WAIT, 2500, ""}, {ACK, 6, ""}, {SEG, 6, "g"}},
     "ab<2>efg",
     0},
    {"not acknowledged: waits on",
     1000,
     {{ACK, 0, ""},
      {SEG, 0, "ab"},
      {SEG, 4, "ef"},
      {WAIT, 60000, ""},
      {ACK, 2, ""},
      {SEG, 6, "g"},
      {SEG, 2, "cd"}},
     "abcdefg",
     0},
    {"one-way capture",
     1000,
     {{SEG, 0, "ab"}, {SEG, 4, "ef"}, {WAIT, 2500, ""}, {SEG, 6, "g"}},
     "ab<2>efg",
     0},
    {"flush tells the gap",
     1000,
     {{ACK, 0, ""}, {SEG, 0, "ab"}, {SEG, 4, "ef"}, {SEG, 8, "ij"}, {FLUSH, 0, ""}},
     "ab<2>ef<2>ij$",
     0},
    {"flush before the fin", 1000, {{FIN, 6, ""}, {SEG, 0, "ab"}, {FLUSH, 0, ""}}, "ab<4>$", 0},
    {"end was acknowledged but not captured",
     1000,
     {{SEG, 0, "ab"}, {ACK, 9, ""}, {FLUSH, 0, ""}},
     "ab<7>$",
     0},
    {"an unseen fin is no gap", 1000, {{SEG, 0, "ab"}, {ACK, 3, ""}, {FLUSH, 0, ""}}, "ab$", 0},
    {"after the end", 1000, {{FIN, 0, "ab"}, {SEG, 2, "cd"}}, "ab$", 1},
    {"behind the fin is cut", 1000, {{FIN, 2, ""}, {SEG, 0, "abcd"}}, "ab$", 0},
    {"before the start", 1000, {{SEG, -5, "abc"}, {SEG, 0, "d"}}, "d", 1},
    {"across the start", 1000, {{SEG, -2, "XXab"}}, "ab", 0},
    {"far outside the window",
     1000,
     {{ACK, 0, ""}, {SEG, 0, "a"}, {SEG, 1 << 28, "x"}, {SEG, 1, "b"}},
     "a?b",
     1},
    {"far, but acknowledged",
     1000,
     {{ACK, 0, ""},
      {SEG, 0, "a"},
      {ACK, 1 << 28, ""},
      {SEG, 1 << 28, "x"},
      {WAIT, 3000, ""},
      {ACK, 1 << 28, ""}},
     "a<268435455>x",
     0},
    {"a forged far fin does not end it",
     1000,
     {{ACK, 0, ""}, {FIN, 1 << 28, ""}, {SEG, 0, "ab"}, {FLUSH, 0, ""}},
     "ab$",
     0},
};

static void balance(const struct streams *all, uint64_t segments, uint64_t lost)
{
    const struct stream_counts *c = &all->counts;
    uint64_t all_lost =
        c->lost_memory + c->lost_outside + c->lost_after_end + c->lost_before_start + c->lost_checksum;

    CHECK_U64(c->in, segments);
    CHECK_U64(c->in, c->delivered + c->held + all_lost);
    CHECK_U64(all_lost, lost);
}

static void run_row(const struct row *r)
{
    struct budget budget = {.max = 64u << 20};
    struct streams all;
    struct stream s;
    struct seen seen = {.n = 0};
    uint64_t now = 5 * SECOND, segments = 0;

    streams_init(&all, &sink, &budget, 4u << 20);
    stream_init(&s, TO_SERVER, r->first_seq);
    for (const struct step *st = r->steps; st->op != END; st++) {
        uint32_t seq = r->first_seq + (uint32_t)st->at;
        struct stream_segment seg = {.seq = seq, .fin = st->op == FIN, .now_us = now};
        if (st->op == SEG || st->op == FIN) {
            seg.payload = span_str(st->text);
            segments += seg.payload.n != 0;
            stream_segment(&all, &s, &seen, &seg);
        } else if (st->op == ACK) {
            stream_acked(&all, &s, &seen, seq, now);
        } else if (st->op == WAIT) {
            now += (uint64_t)st->at * 1000;
        } else {
            stream_flush(&all, &s, &seen);
        }
    }
    CHECK_STR(seen.text, r->want);
    stream_done(&all, &s);
    balance(&all, segments, r->lost);
    CHECK_U64(all.counts.held, 0);
    CHECK_U64(budget.used, 0);
    streams_done(&all);
}

static uint64_t rng_state;
static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return below ? (uint32_t)(rng_state >> 32) % below : 0;
}

/* ---- policies ---- */

/* Segments that wait because the byte at 0 comes last; who wins under each policy, in the order of enum
 * target_policy, and which copies are told as the other ones. */
static const struct {
    const char *name;
    struct step steps[10];
    const char *want[TARGET_POLICY_COUNT];
    const char *other[TARGET_POLICY_COUNT];
} policies[] = {
    /* The pattern of Shankar and Paxson, with what Novak (2005) and Novak and Sturges (2007) print for it. */
    {"the classical pattern",
     {{SEG, 1, "111"},
      {SEG, 5, "22"},
      {SEG, 7, "333"},
      {SEG, 2, "4444"},
      {SEG, 7, "555"},
      {SEG, 10, "666"},
      {SEG, 0, "0"}},
     {"0111422333666", "0144442555666", "0111442333666", "0111442333666", "0111422333666"},
     {"[2:44][5:4][7:555]", "[2:11][5:2][7:333]", "[2:44][5:2][7:555]", "[2:44][5:2][7:555]",
      "[2:44][5:4][7:555]"}},
    {"begin together, newer is longer",
     {{SEG, 1, "aa"}, {SEG, 1, "bbb"}, {SEG, 0, "0"}},
     {"0aab", "0bbb", "0aab", "0bbb", "0aab"},
     {"[1:bb]", "[1:aa]", "[1:bb]", "[1:aa]", "[1:bb]"}},
    {"begin together, newer is shorter",
     {{SEG, 1, "aaa"}, {SEG, 1, "bb"}, {SEG, 0, "0"}},
     {"0aaa", "0bba", "0aaa", "0aaa", "0aaa"},
     {"[1:bb]", "[1:aa]", "[1:bb]", "[1:bb]", "[1:bb]"}},
    {"newer is around",
     {{SEG, 2, "a"}, {SEG, 1, "bbb"}, {SEG, 0, "0"}},
     {"0bab", "0bbb", "0bbb", "0bbb", "0bab"},
     {"[2:b]", "[2:a]", "[2:a]", "[2:a]", "[2:b]"}},
    {"newer is inside",
     {{SEG, 1, "aaa"}, {SEG, 2, "b"}, {SEG, 0, "0"}},
     {"0aaa", "0aba", "0aaa", "0aaa", "0aaa"},
     {"[2:b]", "[2:a]", "[2:b]", "[2:b]", "[2:b]"}},
    {"newer is around two, and begins with one",
     {{SEG, 1, "aa"}, {SEG, 4, "c"}, {SEG, 1, "bbbbb"}, {SEG, 0, "0"}},
     {"0aabcb", "0bbbbb", "0aabbb", "0bbbbb", "0aabcb"},
     {"[1:bb][4:b]", "[1:aa][4:c]", "[1:bb][4:c]", "[1:aa][4:c]", "[1:bb][4:b]"}},
    {"in order at last, over what waits",
     {{SEG, 2, "aa"}, {SEG, 5, "c"}, {SEG, 0, "0bbbbbb"}},
     {"0baabcb", "0bbbbbb", "0bbbbbb", "0bbbbbb", "0baabcb"},
     {"[2:bb][5:b]", "[2:aa][5:c]", "[2:aa][5:c]", "[2:aa][5:c]", "[2:bb][5:b]"}},
    {"in order, and waiting bytes go on behind it",
     {{SEG, 2, "aaaa"}, {SEG, 0, "0bb"}, {SEG, 6, "c"}},
     {"0baaaac", "0bbaaac", "0bbaaac", "0bbaaac", "0baaaac"},
     {"[2:b]", "[2:a]", "[2:a]", "[2:a]", "[2:b]"}},
    {"passed on is passed on",
     {{SEG, 0, "abc"}, {SEG, 1, "XYd"}},
     {"abcd", "abcd", "abcd", "abcd", "abcd"},
     {"[1:XY]", "[1:XY]", "[1:XY]", "[1:XY]", "[1:XY]"}},
    {"the same bytes contradict nobody",
     {{SEG, 2, "cd"}, {SEG, 1, "bcde"}, {SEG, 0, "abcdef"}},
     {"abcdef", "abcdef", "abcdef", "abcdef", "abcdef"},
     {"", "", "", "", ""}},
};

static void run_policy(size_t row, enum target_policy policy, uint32_t first_seq)
{
    struct budget budget = {.max = 64u << 20};
    struct streams all;
    struct stream s;
    struct seen seen = {.n = 0};
    char plain[sizeof(seen.text)];
    size_t n = 0;

    streams_init(&all, &sink, &budget, 4u << 20);
    stream_init(&s, TO_SERVER, first_seq);
    stream_policy(&s, policy);
    stream_acked(&all, &s, &seen, first_seq, 0);
    for (const struct step *st = policies[row].steps; st->op != END; st++) {
        struct stream_segment seg = {.seq = first_seq + (uint32_t)st->at, .payload = span_str(st->text)};
        stream_segment(&all, &s, &seen, &seg);
    }
    for (size_t i = 0; i < seen.n; i++)
        if (seen.text[i] != '!')
            plain[n++] = seen.text[i];
    plain[n] = 0;
    CHECK_STR(plain, policies[row].want[policy]);
    CHECK_STR(seen.other, policies[row].other[policy]);
    CHECK((seen.differs != 0) == (seen.n_other != 0));
    stream_done(&all, &s);
    CHECK_U64(budget.used, 0);
    streams_done(&all);
}

/* What a receiver does, as 4.4BSD wrote it down: a sorted list of pieces that do not overlap, a newer one is
 * cut by the one that begins before it, or with it, and cuts those that begin behind it. Linux puts a longer
 * one in place of one that begins with it. */
struct model {
    struct {
        uint32_t begin, end;
    } piece[400];
    size_t n;
    uint8_t bytes[24000];
    bool have[24000];
};

static void model_put(struct model *m, enum target_policy policy, uint32_t begin, uint32_t end, uint8_t c)
{
    size_t at = 0, gone = 0;

    if (policy == TARGET_FIRST || policy == TARGET_WINDOWS || policy == TARGET_LAST) {
        for (uint32_t i = begin; i < end; i++) {
            if (!m->have[i] || policy == TARGET_LAST)
                m->bytes[i] = c;
            m->have[i] = true;
        }
        return;
    }
    while (at < m->n && m->piece[at].begin <= begin)
        at++;
    if (at && policy == TARGET_LINUX && m->piece[at - 1].begin == begin && m->piece[at - 1].end < end)
        m->piece[--at].begin = begin + 1; /* to be cut away */
    if (at && m->piece[at - 1].end > begin)
        begin = m->piece[at - 1].end;
    if (begin >= end)
        return;
    while (at + gone < m->n && m->piece[at + gone].end <= end)
        gone++;
    if (at + gone < m->n && m->piece[at + gone].begin < end)
        m->piece[at + gone].begin = end;
    memmove(&m->piece[at + 1], &m->piece[at + gone], (m->n - at - gone) * sizeof(m->piece[0]));
    m->n += 1 - gone;
    m->piece[at].begin = begin;
    m->piece[at].end = end;
    memset(m->bytes + begin, c, end - begin);
    memset(m->have + begin, true, end - begin);
}

/* Any segments that contradict each other, across pages, come out as the model has it. */
static void policy_model(unsigned round)
{
    static struct model m;
    static uint8_t sent[8000], got[24000];
    enum target_policy policy = (enum target_policy)(round % TARGET_POLICY_COUNT);
    struct budget budget = {.max = 64u << 20};
    struct streams all;
    struct stream s;
    struct seen seen = {.bytes = got, .max_bytes = sizeof(got)};
    uint32_t size, first_seq, last;

    rng_state = 0xD1B54A32D192ED03ull * (round + 1);
    memset(&m, 0, sizeof(m));
    size = rng(2) ? 40 : 15000;
    first_seq = rng(2) ? rng(UINT32_MAX) : UINT32_MAX - rng(size);
    streams_init(&all, &sink, &budget, 4u << 20);
    stream_init(&s, TO_CLIENT, first_seq);
    stream_policy(&s, policy);
    stream_acked(&all, &s, &seen, first_seq, 0);
    for (unsigned i = 0; i < 60; i++) {
        uint32_t begin = 1 + rng(size), n = 1 + rng(rng(4) ? size / 8 : size / 2);
        uint8_t c = (uint8_t)('!' + i);
        struct stream_segment seg = {.seq = first_seq + begin, .payload = span_of(sent, n)};
        memset(sent, c, n);
        model_put(&m, policy, begin, begin + n, c);
        stream_segment(&all, &s, &seen, &seg);
    }
    model_put(&m, policy, 0, 1, 'A');
    stream_segment(&all, &s, &seen, &(struct stream_segment){.seq = first_seq, .payload = span_of("A", 1)});
    for (last = 0; last < sizeof(m.have) && m.have[last]; last++)
        continue;
    CHECK_U64(seen.n_bytes, last);
    if (seen.n_bytes != last || memcmp(got, m.bytes, last) != 0) {
        CHECK(!"as the model has it");
        fprintf(stderr, "round %u, policy %s\n", round, target_policy_name(policy));
    }
    stream_done(&all, &s);
    CHECK_U64(budget.used, 0);
    streams_done(&all);
}

/* ---- property ---- */

struct piece {
    uint32_t off, n;
};

/* Pieces that cover everything, some overlapping and some twice, in an order that is shuffled within a
 * window. */
static size_t cut(struct piece *pieces, size_t max, uint32_t total)
{
    size_t n = 0;

    for (uint32_t at = 0; at < total && n + 2 < max;) {
        uint32_t back = rng(4) ? 0 : rng(at < 3000 ? at + 1 : 3000), len = 1 + rng(rng(3) ? 1460 : 9000);
        pieces[n].off = at - back;
        pieces[n].n = len + back > total - pieces[n].off ? total - pieces[n].off : len + back;
        at = pieces[n].off + pieces[n].n > at ? pieces[n].off + pieces[n].n : at;
        n++;
        if (!rng(8)) {
            pieces[n] = pieces[n - 1];
            n++;
        }
    }
    for (size_t i = 0; i + 1 < n; i++) {
        size_t window = n - i < 40 ? n - i : 40, j = i + rng((uint32_t)window);
        struct piece keep = pieces[i];
        pieces[i] = pieces[j];
        pieces[j] = keep;
    }
    return n;
}

static void property(unsigned round)
{
    static uint8_t sent[200000], got[sizeof(sent)];
    static struct piece pieces[4000];
    struct budget budget = {.max = 64u << 20};
    struct streams all;
    struct stream s;
    struct seen seen = {.bytes = got, .max_bytes = sizeof(got)};
    uint32_t total, first_seq;
    size_t n;

    rng_state = 0x9E3779B97F4A7C15ull * (round + 1);
    total = 1 + rng(sizeof(sent));
    first_seq = rng(3) ? rng(UINT32_MAX) : UINT32_MAX - rng(total);
    for (uint32_t i = 0; i < total; i++)
        sent[i] = (uint8_t)rng(256);
    n = cut(pieces, GH_COUNT(pieces), total);
    streams_init(&all, &sink, &budget, 4u << 20);
    stream_init(&s, TO_CLIENT, first_seq);
    for (size_t i = 0; i < n; i++) {
        struct stream_segment seg = {.seq = first_seq + pieces[i].off,
                                     .payload = span_of(sent + pieces[i].off, pieces[i].n),
                                     .fin = pieces[i].off + pieces[i].n == total,
                                     .now_us = i};
        stream_segment(&all, &s, &seen, &seg);
        if (!rng(4)) /* the receiver is honest: it acknowledges what it has */
            stream_acked(&all, &s, &seen, first_seq + (uint32_t)s.next, i);
    }
    CHECK_U64(seen.n_bytes, total);
    CHECK(seen.n_bytes == total && memcmp(got, sent, total) == 0);
    CHECK_U64(seen.ends, 1);
    CHECK_U64(seen.differs, 0);
    CHECK_U64(seen.gap_bytes, 0);
    stream_done(&all, &s);
    balance(&all, n, all.counts.lost_after_end); /* copies after the end are no loss of bytes */
    CHECK_U64(budget.used, 0);
    streams_done(&all);
}

/* ---- ceilings ---- */

/* One byte in every page of a huge window: the waiting room fills, nothing grows past its ceiling. */
static void ceiling(bool peer)
{
    struct budget budget = {.max = 64u << 20};
    struct streams all;
    struct stream s;
    struct seen seen = {.n = 0};
    uint64_t n = 0;

    streams_init(&all, &sink, &budget, 1u << 20);
    stream_init(&s, TO_SERVER, 0);
    if (peer)
        stream_acked(&all, &s, &seen, 0, 0);
    for (uint32_t off = 4096; off < 8u << 20; off += 4096, n++) {
        struct stream_segment seg = {.seq = off, .payload = span_of("x", 1), .now_us = 0};
        stream_segment(&all, &s, &seen, &seg);
        CHECK(budget.used <= (1u << 20) + 32768);
    }
    CHECK(peer ? all.counts.lost_memory > 0 : all.counts.gaps > 0);
    stream_flush(&all, &s, &seen);
    stream_done(&all, &s);
    balance(&all, n, all.counts.lost_memory);
    CHECK_U64(budget.used, 0);
    streams_done(&all);
}

/* Reverse order, byte by byte: every byte arrives, in time that is linear. */
static void backwards(void)
{
    enum { N = 200000 };
    static uint8_t got[N];
    struct budget budget = {.max = 64u << 20};
    struct streams all;
    struct stream s;
    struct seen seen = {.bytes = got, .max_bytes = N};

    streams_init(&all, &sink, &budget, 4u << 20);
    stream_init(&s, TO_SERVER, 7);
    stream_acked(&all, &s, &seen, 7, 0);
    for (uint32_t i = N; i-- > 0;) {
        uint8_t c = (uint8_t)i;
        struct stream_segment seg = {.seq = 7 + i, .payload = span_of(&c, 1), .now_us = 0};
        stream_segment(&all, &s, &seen, &seg);
    }
    CHECK_U64(seen.n_bytes, N);
    for (uint32_t i = 0; i < N; i++)
        if (got[i] != (uint8_t)i) {
            CHECK(got[i] == (uint8_t)i);
            break;
        }
    stream_done(&all, &s);
    streams_done(&all);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        run_row(&rows[i]);
    }
    for (size_t i = 0; i < GH_COUNT(policies); i++)
        for (int p = 0; p < TARGET_POLICY_COUNT; p++) {
            check_row(policies[i].name);
            run_policy(i, (enum target_policy)p, 1000);
            run_policy(i, (enum target_policy)p, UINT32_MAX - 2);
        }
    check_row("policies against a model");
    for (unsigned i = 0; i < 3000; i++)
        policy_model(i);
    check_row("any order gives the same bytes");
    for (unsigned i = 0; i < 300; i++)
        property(i);
    check_row("ceiling, receiver seen");
    ceiling(true);
    check_row("ceiling, one-way");
    ceiling(false);
    check_row("backwards");
    backwards();
    return check_end();
}
