/* SPDX-License-Identifier: GPL-3.0-or-later
 * The file reader: every variant of both formats, from a file and from a pipe; each cut at every byte; and
 * files that lie. */
#include "../check.h"
#include "base/writer.h"
#include "sensor/capture/source.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file under construction. */
struct build {
    struct writer w;
    bool big;
};

static void u16(struct build *b, uint16_t v)
{
    b->big ? writer_be(&b->w, v, 2) : writer_le(&b->w, v, 2);
}

static void u32(struct build *b, uint32_t v)
{
    b->big ? writer_be(&b->w, v, 4) : writer_le(&b->w, v, 4);
}

static void fill(struct build *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        writer_u8(&b->w, (uint8_t)(i * 3 + n));
}

static void pcap_head(struct build *b, uint32_t magic, uint16_t minor, uint32_t link)
{
    u32(b, magic);
    u16(b, 2);
    u16(b, minor);
    u32(b, 0);
    u32(b, 0);
    u32(b, 65535);
    u32(b, link);
}

static void pcap_record(struct build *b, uint32_t s, uint32_t frac, uint32_t captured, uint32_t wire,
                        bool patched)
{
    u32(b, s);
    u32(b, frac);
    u32(b, captured);
    u32(b, wire);
    if (patched)
        fill(b, 8);
    fill(b, captured < wire ? captured : wire);
}

static void block(struct build *b, uint32_t type, const struct build *body, uint32_t lie)
{
    size_t n = body->w.n, pad = -n & 3;

    u32(b, type);
    u32(b, (uint32_t)(12 + n + pad));
    writer_put(&b->w, writer_span(&body->w));
    for (size_t i = 0; i < pad; i++)
        writer_u8(&b->w, 0);
    u32(b, (uint32_t)(12 + n + pad) + lie);
}

static void section(struct build *b)
{
    struct build body = {.big = b->big};

    writer_init(&body.w, 1 << 20);
    u32(&body, 0x1A2B3C4D);
    u16(&body, 1);
    u16(&body, 0);
    u32(&body, 0xFFFFFFFF);
    u32(&body, 0xFFFFFFFF);
    block(b, 0x0A0D0D0A, &body, 0);
    writer_done(&body.w);
}

static void interface(struct build *b, uint16_t link, uint32_t snaplen, int resolution, int64_t offset)
{
    struct build body = {.big = b->big};

    writer_init(&body.w, 1 << 20);
    u16(&body, link);
    u16(&body, 0);
    u32(&body, snaplen);
    u16(&body, 2); /* name */
    u16(&body, 3);
    writer_bytes(&body.w, "eth\0", 4);
    if (resolution >= 0) {
        u16(&body, 9);
        u16(&body, 1);
        writer_u8(&body.w, (uint8_t)resolution);
        writer_bytes(&body.w, "\0\0\0", 3);
    }
    if (offset) {
        u16(&body, 14);
        u16(&body, 8);
        u32(&body, b->big ? (uint32_t)((uint64_t)offset >> 32) : (uint32_t)offset);
        u32(&body, b->big ? (uint32_t)offset : (uint32_t)((uint64_t)offset >> 32));
    }
    u32(&body, 0);
    block(b, 1, &body, 0);
    writer_done(&body.w);
}

/* type 6 enhanced, 2 obsolete, 3 simple */
static void packet(struct build *b, uint32_t type, uint32_t ifc, uint64_t t, uint32_t captured, uint32_t wire,
                   size_t bytes, uint32_t lie)
{
    struct build body = {.big = b->big};

    writer_init(&body.w, 1 << 20);
    if (type == 6)
        u32(&body, ifc);
    else if (type == 2)
        u16(&body, (uint16_t)ifc), u16(&body, 0xFFFF);
    if (type != 3) {
        u32(&body, (uint32_t)(t >> 32));
        u32(&body, (uint32_t)t);
        u32(&body, captured);
    }
    u32(&body, wire);
    fill(&body, bytes);
    block(b, type, &body, lie);
    writer_done(&body.w);
}

static int as_file(struct span s)
{
    int fd = memfd_create("capture", 0);

    if (fd < 0 || write(fd, s.p, s.n) != (ssize_t)s.n || lseek(fd, 0, SEEK_SET) != 0) {
        perror("memfd");
        exit(1);
    }
    return fd;
}

struct pump {
    struct span s;
    int fd;
};

static void *pump(void *arg)
{
    struct pump *p = arg;

    for (size_t at = 0; at < p->s.n;) { /* in odd pieces, so that every boundary falls somewhere */
        struct span part = span_part(p->s, at, 1 + at % 977);
        ssize_t n = write(p->fd, part.p, part.n);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    close(p->fd);
    return NULL;
}

struct result {
    unsigned frames;
    uint64_t bytes, wire, last_us, first_us;
    unsigned link; /* of the last */
    enum source_step step;
    char fault[SOURCE_ERROR_SIZE];
    struct source_stats stats;
};

static struct result drain(struct source *s)
{
    struct result r = {0};
    struct frame f;

    while ((r.step = source_next(s, &f)) == SOURCE_FRAME) {
        uint64_t sum = 0;
        for (size_t i = 0; i < f.bytes.n; i++) /* touch all of it */
            sum += f.bytes.p[i];
        CHECK(f.wire_bytes >= f.bytes.n && sum <= 255 * f.bytes.n);
        if (f.bytes.n)
            CHECK(f.bytes.p[0] == (uint8_t)f.bytes.n);
        if (!r.frames++)
            r.first_us = f.ts_us;
        r.bytes += f.bytes.n;
        r.wire += f.wire_bytes;
        r.last_us = f.ts_us;
        r.link = f.link_type;
    }
    CHECK(source_next(s, &f) == r.step); /* the end and a fault stay */
    snprintf(r.fault, sizeof(r.fault), "%s", source_fault(s));
    CHECK((r.step == SOURCE_FAULT) == (r.fault[0] != 0));
    CHECK(source_fd(s) == -1);
    source_stats(s, &r.stats);
    CHECK_U64(r.stats.frames, r.frames);
    CHECK_U64(r.stats.bytes, r.bytes);
    source_free(s);
    return r;
}

static struct result read_file(struct span s)
{
    return drain(replay_open(as_file(s), "dir/test.pcap"));
}

static struct result read_pipe_as(struct span s, bool nonblocking)
{
    int fds[2];
    pthread_t t;
    struct pump p = {.s = s};
    struct result r;

    if (pipe2(fds, nonblocking ? O_NONBLOCK : 0) != 0 || fcntl(fds[1], F_SETFL, 0) != 0)
        exit(1);
    p.fd = fds[1];
    pthread_create(&t, NULL, pump, &p);
    r = drain(replay_open(fds[0], "-"));
    pthread_join(t, NULL);
    return r;
}

static struct result read_pipe(struct span s)
{
    return read_pipe_as(s, false);
}

static struct build start(bool big)
{
    struct build b = {.big = big};
    writer_init(&b.w, 8 << 20);
    return b;
}

static void test_pcap(void)
{
    static const struct {
        const char *name;
        uint32_t magic;
        bool big, patched;
        uint16_t minor;
        uint64_t first_us;
    } rows[] = {
        {"little, us", 0xA1B2C3D4, false, false, 4, 1000000 * 5ull + 999999},
        {"big, us", 0xA1B2C3D4, true, false, 4, 1000000 * 5ull + 999999},
        {"little, ns", 0xA1B23C4D, false, false, 4, 1000000 * 5ull + 999},
        {"big, ns", 0xA1B23C4D, true, false, 4, 1000000 * 5ull + 999},
        {"little, patched kernel", 0xA1B2CD34, false, true, 4, 1000000 * 5ull + 999999},
        {"big, patched kernel", 0xA1B2CD34, true, true, 4, 1000000 * 5ull + 999999},
        {"version 2.3, lengths swapped", 0xA1B2C3D4, false, false, 3, 1000000 * 5ull + 999999},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct build b = start(rows[i].big);
        struct result r;
        check_row(rows[i].name);
        pcap_head(&b, rows[i].magic, rows[i].minor, 113 | 0xF0000000);
        pcap_record(&b, 5, 999999, 60, 60, rows[i].patched);
        pcap_record(&b, 6, 1, 0, 0, rows[i].patched);
        if (rows[i].minor == 3)
            pcap_record(&b, 7, 2000, 1500, 96, false);
        else
            pcap_record(&b, 7, 2000, 96, 1500, rows[i].patched);
        for (int pipe = 0; pipe < 2; pipe++) {
            r = pipe ? read_pipe(writer_span(&b.w)) : read_file(writer_span(&b.w));
            CHECK(r.step == SOURCE_END);
            CHECK_U64(r.frames, 3);
            CHECK_U64(r.bytes, 156);
            CHECK_U64(r.wire, 1560);
            CHECK_U64(r.first_us, rows[i].first_us);
            CHECK_U64(r.link, 113);
        }
        writer_done(&b.w);
    }
}

/* Two sections in two byte orders, with everything that may stand in between. */
static struct build pcapng(bool big)
{
    struct build b = start(big), junk = {.big = big};

    writer_init(&junk.w, 1 << 20);
    fill(&junk, 70001);
    section(&b);
    block(&b, 5, &junk, 0); /* statistics, before any interface */
    interface(&b, 1, 0, -1, 0);
    interface(&b, 101, 40, 9, 0);
    packet(&b, 6, 0, 7000001, 60, 60, 60, 0);
    packet(&b, 6, 1, 8000002000ull, 30, 99, 30, 0);
    packet(&b, 2, 0, 9000003, 33, 33, 33, 0);
    block(&b, 0x0BAD, &junk, 0); /* nobody's */
    packet(&b, 3, 0, 0, 21, 21, 21, 0);
    b.big = junk.big = !big;
    section(&b);
    interface(&b, 276, 50, 0x80 | 10, -3);
    packet(&b, 6, 0, 1024 * 5, 10, 10, 10, 0);
    packet(&b, 3, 0, 0, 0, 80, 50, 0); /* cut to the interface's 50 bytes */
    writer_done(&junk.w);
    return b;
}

static void test_pcapng(void)
{
    for (int big = 0; big < 2; big++) {
        struct build b = pcapng(big);
        check_row(big ? "big first" : "little first");
        for (int pipe = 0; pipe < 2; pipe++) {
            struct result r = pipe ? read_pipe(writer_span(&b.w)) : read_file(writer_span(&b.w));
            CHECK_STR(r.fault, "");
            CHECK_U64(r.frames, 6);
            CHECK_U64(r.bytes, 60 + 30 + 33 + 21 + 10 + 50);
            CHECK_U64(r.wire, 60 + 99 + 33 + 21 + 10 + 80);
            CHECK_U64(r.first_us, 7000001);
            CHECK_U64(r.last_us, 2000000); /* the simple block takes the time before: 5 s less 3 */
            CHECK_U64(r.link, 276);
            CHECK_U64(r.stats.skipped_blocks, 2);
        }
        writer_done(&b.w);
    }
}

static void test_times(void)
{
    static const struct {
        const char *name;
        int resolution;
        int64_t offset;
        uint64_t t, us;
    } rows[] = {
        {"default", -1, 0, 1700000000123456, 1700000000123456},
        {"seconds", 0, 0, 1700000000, 1700000000000000},
        {"nanoseconds", 9, 0, 1700000000123456789, 1700000000123456},
        {"2^-20", 0x94, 0, 1048576ull * 7 + 524288, 7500000},
        {"2^-63", 0xBF, 0, 1ull << 63, 1000000},
        {"10^-19", 19, 0, 10000000000000000000ull, 1000000},
        {"10^-20 cannot be", 20, 0, 5, 0},
        {"offset", 6, 1700000000, 5, 1700000000000005},
        {"before 1970", 6, -10, 5, 0},
        {"past all time", 0, INT64_MAX, UINT64_MAX, INT64_MAX},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct build b = start(i % 2);
        struct result r;
        check_row(rows[i].name);
        section(&b);
        interface(&b, 1, 0, rows[i].resolution, rows[i].offset);
        packet(&b, 6, 0, rows[i].t, 4, 4, 4, 0);
        r = read_file(writer_span(&b.w));
        CHECK_U64(r.frames, 1);
        CHECK_U64(r.last_us, rows[i].us);
        writer_done(&b.w);
    }
}

/* Whatever the place of the cut: the frames before it come, then a fault that names file and offset, or the
 * clean end. */
static void cut_everywhere(const char *name, struct span whole, size_t step)
{
    unsigned before = 0, ends = 0;

    check_row(name);
    for (size_t n = 0; n <= whole.n; n += n < 600 ? 1 : step) {
        struct result r = read_file(span_part(whole, 0, n));
        CHECK(r.frames >= before && r.frames <= 6);
        before = r.frames;
        ends += r.step == SOURCE_END;
        if (r.step == SOURCE_FAULT)
            CHECK(strstr(r.fault, "dir/test.pcap: at byte "));
    }
    CHECK(ends >= 1 && ends <= 16);
    CHECK(read_file(whole).step == SOURCE_END);
}

static void test_cut(void)
{
    struct build b = start(false);

    pcap_head(&b, 0xA1B2C3D4, 4, 1);
    for (int i = 0; i < 4; i++)
        pcap_record(&b, 1, 1, 40, 40, false);
    cut_everywhere("pcap cut", writer_span(&b.w), 1);
    writer_done(&b.w);
    b = pcapng(false);
    cut_everywhere("pcapng cut", writer_span(&b.w), 211);
    writer_done(&b.w);
}

/* Frames of the greatest length, and blocks longer than any buffer. */
static void test_large(void)
{
    struct build b = start(false), junk = {0};
    struct result r;

    check_row("large");
    pcap_head(&b, 0xA1B2C3D4, 4, 1);
    for (int i = 0; i < 5; i++)
        pcap_record(&b, 1, 1, SOURCE_FRAME_MAX, SOURCE_FRAME_MAX, false);
    r = read_pipe(writer_span(&b.w));
    CHECK(r.step == SOURCE_END && r.frames == 5 && r.bytes == 5ull * SOURCE_FRAME_MAX);
    r = read_pipe_as(writer_span(&b.w), true);
    CHECK(r.step == SOURCE_END && r.frames == 5);
    writer_clear(&b.w);
    writer_init(&junk.w, 4 << 20);
    fill(&junk, 3 << 20);
    section(&b);
    interface(&b, 1, 0, -1, 0);
    packet(&b, 6, 0, 1, SOURCE_FRAME_MAX, SOURCE_FRAME_MAX, SOURCE_FRAME_MAX, 0);
    block(&b, 10, &junk, 0);
    packet(&b, 6, 0, 1, 5, 5, 900101, 0); /* 5 bytes, then options without end */
    packet(&b, 6, 0, 1, 5, 5, 5, 0);
    r = read_pipe(writer_span(&b.w));
    CHECK_STR(r.fault, "");
    CHECK(r.frames == 3);
    writer_done(&junk.w);
    writer_done(&b.w);
}

static void pcap_lie(struct build *b)
{
    pcap_record(b, 1, 1, SOURCE_FRAME_MAX + 1, 4, false);
}
static void ng_captured(struct build *b)
{
    packet(b, 6, 0, 1, 400, 400, 40, 0);
}
static void ng_captured_max(struct build *b)
{
    packet(b, 6, 0, 1, 0xFFFFFFFF, 0xFFFFFFFF, 40, 0);
}
static void ng_interface(struct build *b)
{
    packet(b, 6, 1, 1, 4, 4, 4, 0);
}
static void ng_trailer(struct build *b)
{
    packet(b, 6, 0, 1, 4, 4, 4, 4);
    packet(b, 6, 0, 1, 4, 4, 4, 0);
}
static void ng_short_block(struct build *b)
{
    u32(b, 6);
    u32(b, 8);
}
static void ng_odd_block(struct build *b)
{
    u32(b, 6);
    u32(b, 45);
    fill(b, 100);
}
static void ng_no_room(struct build *b)
{
    u32(b, 6);
    u32(b, 16);
    u32(b, 0);
    u32(b, 16);
}
static void ng_version(struct build *b)
{
    u32(b, 0x0A0D0D0A);
    u32(b, 28);
    u32(b, 0x1A2B3C4D);
    u32(b, 2);
    fill(b, 12);
}
static void ng_no_mark(struct build *b)
{
    u32(b, 0x0A0D0D0A);
    u32(b, 28);
    fill(b, 20);
}
static void ng_many_interfaces(struct build *b)
{
    for (int i = 0; i < 5000; i++)
        interface(b, 1, 0, -1, 0);
}

static void test_lies(void)
{
    static const struct {
        const char *name;
        bool ng;
        void (*lie)(struct build *b);
        unsigned frames;
        const char *says;
    } rows[] = {
        {"frame too long", false, pcap_lie, 1, "more than any frame has"},
        {"captured past the block", true, ng_captured, 1, "too short for its type"},
        {"captured past everything", true, ng_captured_max, 1, "more than any frame has"},
        {"unknown interface", true, ng_interface, 1, "only 1 are described"},
        {"lengths differ", true, ng_trailer, 2, "lengths differ"},
        {"block of 8", true, ng_short_block, 1, "a block of 8 bytes"},
        {"block of 45", true, ng_odd_block, 1, "a block of 45 bytes"},
        {"no room for a head", true, ng_no_room, 1, "too short for its type"},
        {"version 2", true, ng_version, 1, "not known"},
        {"no byte-order mark", true, ng_no_mark, 1, "byte-order mark"},
        {"too many interfaces", true, ng_many_interfaces, 1, "more than 4096 interfaces"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct build b = start(false);
        struct result r;
        check_row(rows[i].name);
        if (rows[i].ng) {
            section(&b);
            interface(&b, 1, 0, -1, 0);
            packet(&b, 6, 0, 1, 4, 4, 4, 0);
        } else {
            pcap_head(&b, 0xA1B2C3D4, 4, 1);
            pcap_record(&b, 1, 1, 4, 4, false);
        }
        rows[i].lie(&b);
        r = read_file(writer_span(&b.w));
        CHECK(r.step == SOURCE_FAULT);
        CHECK_U64(r.frames, rows[i].frames);
        if (!strstr(r.fault, rows[i].says))
            CHECK_STR(r.fault, rows[i].says);
        writer_done(&b.w);
    }
}

static void test_other_files(void)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {"empty", "", 0, "the file is empty"},
        {"three bytes", "abc", 3, "too short for a capture file"},
        {"text", "hello, this is no capture file", 30, "neither pcap nor pcapng"},
        {"gzip", "\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 25, "unpack it first"},
        {"header cut", "\xd4\xc3\xb2\xa1\2\0\4\0", 8, "the file ends inside the file header"},
        {"version 3", "\xd4\xc3\xb2\xa1\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 24, "pcap version 3.0"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct result r = read_file(span_of(rows[i].bytes, rows[i].n));
        check_row(rows[i].name);
        CHECK(r.step == SOURCE_FAULT && r.frames == 0);
        if (!strstr(r.fault, rows[i].says))
            CHECK_STR(r.fault, rows[i].says);
    }
}

static void test_unreadable(void)
{
    char name[600];
    struct result r = drain(replay_open(open("/", O_RDONLY), "a directory"));

    check_row("unreadable");
    CHECK(r.step == SOURCE_FAULT && strstr(r.fault, "cannot be read: Is a directory"));
    memset(name, 'x', sizeof(name));
    memcpy(name + sizeof(name) - 6, "/y.pc", 6);
    r = drain(replay_open(open("/dev/null", O_RDONLY), name));
    CHECK(strstr(r.fault, "/y.pc: at byte 0: the file is empty"));
}

int main(void)
{
    test_pcap();
    test_pcapng();
    test_times();
    test_cut();
    test_large();
    test_lies();
    test_other_files();
    test_unreadable();
    return check_end();
}
