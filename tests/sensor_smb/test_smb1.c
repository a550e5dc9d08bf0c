/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 1, message by message; each case at once, byte by byte, and in pieces of seven bytes. */
#include "sensor/decode/smb.h"
#include "tests/check.h"
#include "tests/sensor_smb/smb_talk.h"

#define DOC "Hồ sơ số 17: nội dung không phổ biến."
#define N (sizeof(DOC) - 1)
#define W(s) s, sizeof(s) - 1

static void le(uint8_t *p, uint64_t v, int n)
{
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void share(struct talk *t, const char *service, size_t n)
{
    smb1(t, TO_SERVER, 0x75, 1, W("\xff\0\0\0\0\0\1\0"),
         W("\0"
           "\\\0\\\0f\0\\\0h\0\0\0?????\0"));
    smb1(t, TO_CLIENT, 0x75, 1, W("\xff\0\0\0\0\0"), service, n);
}

static void nt_opened(struct talk *t, uint16_t id, uint16_t fid, uint64_t size)
{
    uint8_t w[68] = {0xFF};

    if (t->oem)
        smb1(t, TO_SERVER, 0xA2, id, w, 48, W("\\b\xe0n.txt\0"));
    else
        smb1(t, TO_SERVER, 0xA2, id, w, 48, W("\0\\\0b\0\xa3\x1en\0\0\0"));
    le(w + 5, fid, 2);
    le(w + 55, size, 8);
    smb1(t, TO_CLIENT, 0xA2, id, w, sizeof(w), W(""));
}

static void nt_closed(struct talk *t, uint16_t fid)
{
    uint8_t w[6] = {0};

    le(w, fid, 2);
    smb1(t, TO_SERVER, 0x04, 50, w, 6, W(""));
    smb1(t, TO_CLIENT, 0x04, 50, W(""), W(""));
}

static void read_andx(struct talk *t, uint16_t id, uint16_t fid, uint32_t at, size_t n)
{
    uint8_t w[24] = {0xFF};

    le(w + 4, fid, 2);
    le(w + 6, at, 4);
    le(w + 10, n, 2);
    smb1(t, TO_SERVER, 0x2E, id, w, 24, W(""));
    memset(w, 0, sizeof(w));
    w[0] = 0xFF;
    le(w + 10, n, 2);
    le(w + 12, 33 + 24 + 2, 2);
    smb1(t, TO_CLIENT, 0x2E, id, w, 24, &DOC[at], n);
}

static void write_andx(struct talk *t, uint16_t fid, uint32_t at, size_t n)
{
    uint8_t w[28] = {0xFF};

    le(w + 4, fid, 2);
    le(w + 6, at, 4);
    le(w + 20, n, 2);
    le(w + 22, 33 + 28 + 2, 2);
    smb1(t, TO_SERVER, 0x2F, 9, w, 28, &DOC[at], n);
}

static void reads(struct talk *t)
{
    share(t, W("A:\0NTFS"));
    nt_opened(t, 2, 0x4001, N);
    read_andx(t, 3, 0x4001, 0, 10);
    read_andx(t, 4, 0x4001, 10, N - 10);
    nt_closed(t, 0x4001);
}
static void writes(struct talk *t)
{
    nt_opened(t, 2, 0x4001, 0);
    write_andx(t, 0x4001, 10, N - 10);
    write_andx(t, 0x4001, 0, 10);
    nt_closed(t, 0x4001);
}
static void oem_name(struct talk *t)
{
    t->oem = true;
    writes(t);
}
static void pipe_share(struct talk *t)
{
    share(t, W("IPC\0"));
    nt_opened(t, 2, 0x4001, N);
    read_andx(t, 3, 0x4001, 0, N);
}
static void pipe_type(struct talk *t)
{
    uint8_t w[68] = {0xFF};

    smb1(t, TO_SERVER, 0xA2, 7, w, 48, W("\0\\\0p\0\0\0"));
    le(w + 5, 5, 2);
    le(w + 63, 2, 2);
    smb1(t, TO_CLIENT, 0xA2, 7, w, sizeof(w), W(""));
    write_andx(t, 5, 0, N);
    nt_closed(t, 5);
}
/* Write and close in one message, the second behind the first one's data. */
static void chained(struct talk *t)
{
    uint8_t w[28] = {0x04}, b[N + 9] = {0};

    nt_opened(t, 2, 0x4001, 0);
    le(w + 2, 33 + 28 + 2 + N, 2);
    le(w + 4, 0x4001, 2);
    le(w + 20, N, 2);
    le(w + 22, 33 + 28 + 2, 2);
    memcpy(b, DOC, N);
    b[N] = 3;
    le(b + N + 1, 0x4001, 2);
    smb1(t, TO_SERVER, 0x2F, 9, w, 28, b, sizeof(b));
}
/* The commands of OS/2 and before. */
static void core_commands(struct talk *t)
{
    uint8_t w[14] = {7}, b[N + 3] = {1};

    t->oem = true;
    smb1(t, TO_SERVER, 0x03, 2, W("\0\0\0\0\0\0"), W("\4\\b\xe0n.txt\0"));
    smb1(t, TO_CLIENT, 0x03, 2, w, 2, W(""));
    le(w + 2, N, 2);
    memcpy(b + 3, DOC, N);
    smb1(t, TO_SERVER, 0x0B, 3, w, 10, b, sizeof(b));
    nt_closed(t, 7);
}
static void write_and_close(struct talk *t)
{
    uint8_t w[12] = {7}, b[N + 1] = {0};

    le(w + 2, N, 2);
    memcpy(b + 1, DOC, N);
    smb1(t, TO_SERVER, 0x2C, 3, w, 12, b, sizeof(b));
}
static void trans2_open(struct talk *t)
{
    uint8_t w[30] = {0}, b[28 + 10] = {0}, a[20] = {0}, p[30] = {9, 0};

    le(w + 18, 28 + 10, 2);
    le(w + 20, 33 + 30 + 2, 2);
    memcpy(b + 28, "\\b\xe0n.txt\0", 9);
    t->oem = true;
    smb1(t, TO_SERVER, 0x32, 2, w, 30, b, sizeof(b));
    le(a + 6, 30, 2);
    le(a + 8, 33 + 20 + 2, 2);
    le(p + 8, N, 4);
    smb1(t, TO_CLIENT, 0x32, 2, a, 20, p, sizeof(p));
    read_andx(t, 3, 9, 0, N);
}

static const struct row {
    const char *name;
    void (*say)(struct talk *t);
    const char *doc;
} rows[] = {
    {"reads", reads, "\\bản"},
    {"writes", writes, "\\bản"},
    {"name in 8 bits", oem_name, "\\bàn.txt"},
    {"pipe by share", pipe_share, NULL},
    {"pipe by type", pipe_type, NULL},
    {"write and close chained", chained, "\\bản"},
    {"core commands", core_commands, "\\bàn.txt"},
    {"write and close", write_and_close, ""},
    {"TRANS2 open", trans2_open, "\\bàn.txt"},
};

static void run(const struct row *row, size_t step)
{
    struct talk t;

    check_row(row->name);
    talk_open(&t, step);
    row->say(&t);
    talk_close(&t);
    CHECK_U64(t.h->n_doc, row->doc != NULL);
    CHECK_STR(t.h->anomalies, "");
    if (row->doc) {
        CHECK(fake_doc_is(t.h, 0, row->doc, DOC, N));
        CHECK(fake_has(t.h, EVENT_FILEINFO, 0, "\"state\":\"CLOSED\""));
        CHECK(fake_has(t.h, EVENT_FILEINFO, 0, "\"command\":\"SMB1_COMMAND_"));
    }
    talk_free(&t);
}

static void facts(void)
{
    struct talk t;

    check_row("facts");
    talk_open(&t, 0);
    smb1(&t, TO_SERVER, 0x72, 1, W(""), W("\2PC NETWORK PROGRAM 1.0\0\2NT LM 0.12\0"));
    smb1(&t, TO_CLIENT, 0x72, 1, W("\1\0"), W(""));
    t.oem = true;
    smb1(&t, TO_SERVER, 0x73, 2, W("\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0"),
         W("HASHan\0HQ\0Win\0LM\0"));
    t.status = 0xC0000022;
    smb1(&t, TO_CLIENT, 0x73, 2, W("\xff\0\0\0\0\0"), W("Unix\0Samba\0HQ\0"));
    talk_close(&t);
    CHECK(fake_has(t.h, EVENT_SMB, 0, "\"client_dialects\":[\"PC NETWORK PROGRAM 1.0\",\"NT LM 0.12\"]"));
    CHECK(fake_has(t.h, EVENT_SMB, 0,
                   "\"dialect\":\"NT LM 0.12\",\"command\":\"SMB1_COMMAND_NEGOTIATE_PROTOCOL\""));
    CHECK(fake_has(t.h, EVENT_SMB, 1, "\"ntlmssp\":{\"domain\":\"HQ\",\"user\":\"an\""));
    CHECK(fake_has(t.h, EVENT_SMB, 1, "\"status\":\"STATUS_ACCESS_DENIED\""));
    CHECK(fake_has(t.h, EVENT_SMB, 1, "\"response\":{\"native_os\":\"Unix\",\"native_lm\":\"Samba\"}"));
    CHECK(!strstr(t.h->event[1].json, "HASH"));
    talk_free(&t);
}

int main(void)
{
    static const size_t steps[] = {0, 1, 7};

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        for (size_t k = 0; k < GH_COUNT(steps); k++)
            run(&rows[i], steps[k]);
    facts();
    return check_end();
}
