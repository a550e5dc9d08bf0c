/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 2 and 3, message by message; each case at once, byte by byte, and in pieces of seven bytes. */
#include "sensor/decode/smb.h"
#include "tests/check.h"
#include "tests/sensor_smb/smb_talk.h"

#define DOC "Hồ sơ số 17: nội dung không phổ biến."
#define N (sizeof(DOC) - 1)
#define NAME "ho-so\\17.txt"

static const char *const closed_state = "\"state\":\"CLOSED\"", *const cut_state = "\"state\":\"TRUNCATED\"";

/* ---- documents ---- */

static void read_whole(struct talk *t)
{
    tree(t, "\\\\files\\ho-so", 1);
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, N);
    closed(t, 3);
}
static void read_in_parts(struct talk *t)
{
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, 9);
    read_all(t, 3, 9, &DOC[9], N - 9);
    closed(t, 3);
}
static void answers_out_of_order(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_read(t, 11, 3, 0, 10);
    ask_read(t, 12, 3, 10, 10);
    ask_read(t, 13, 3, 20, N - 20);
    talk_send(t, TO_SERVER);
    say_read(t, 13, &DOC[20], N - 20);
    talk_send(t, TO_CLIENT);
    say_read(t, 11, DOC, 10);
    talk_send(t, TO_CLIENT);
    say_read(t, 12, &DOC[10], 10);
    talk_send(t, TO_CLIENT);
    closed(t, 3);
}
static void overlapping_reads(struct talk *t)
{
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, 12);
    read_all(t, 3, 0, DOC, 20);
    read_all(t, 3, 25, &DOC[25], 5);
    read_all(t, 3, 15, &DOC[15], N - 15);
    read_all(t, 3, 0, DOC, N); /* whole already: not a second document */
    closed(t, 3);
}
static void pending_then_final(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_read(t, 11, 3, 0, N);
    talk_send(t, TO_SERVER);
    t->flags = ASYNC;
    t->status = 0x103;
    smb2(t, 8, ANSWER, 11, "\x09\0\0\0\0\0\0\0", 9);
    talk_send(t, TO_CLIENT);
    t->status = 0;
    say_read(t, 11, DOC, N);
    talk_send(t, TO_CLIENT);
    t->flags = 0;
    closed(t, 3);
}
static void related_read(struct talk *t)
{
    t->flags = RELATED;
    ask_create(t, 11, NAME);
    ask_read(t, 12, 0xFF, 0, 4096);
    ask_close(t, 13, 0xFF);
    talk_send(t, TO_SERVER);
    t->flags = 0;
    say_create(t, 11, 3, N);
    say_read(t, 12, DOC, N);
    say_close(t, 13);
    talk_send(t, TO_CLIENT);
}
static void related_write(struct talk *t)
{
    t->flags = RELATED;
    ask_create(t, 11, NAME);
    ask_write(t, 12, 0xFF, 0, DOC, N);
    ask_close(t, 13, 0xFF);
    talk_send(t, TO_SERVER);
}
static void written_out_of_order(struct talk *t)
{
    opened(t, NAME, 3, 0);
    ask_end(t, 9, 3, N);
    talk_send(t, TO_SERVER);
    written(t, 3, 20, &DOC[20], N - 20);
    written(t, 3, 10, &DOC[10], 10);
    written(t, 3, 0, DOC, 10);
    closed(t, 3);
}
static void unrelated_in_one_message(struct talk *t)
{
    opened(t, NAME, 3, 0);
    ask_write(t, 11, 3, 0, DOC, 8);
    ask_write(t, 12, 3, 8, &DOC[8], N - 8);
    ask_close(t, 13, 3);
    talk_send(t, TO_SERVER);
}
static void name_not_seen(struct talk *t)
{
    read_all(t, 9, 0, DOC, N);
    closed(t, 9);
}
static void end_of_file_ends(struct talk *t)
{
    ask_read(t, 11, 9, 0, 4096); /* fewer come than were wanted */
    talk_send(t, TO_SERVER);
    say_read(t, 11, DOC, N);
    talk_send(t, TO_CLIENT);
}
/* The server's packets are late: what the client asks is seen before its open is answered. */
static void client_ahead(struct talk *t)
{
    ask_create(t, 11, NAME);
    ask_read(t, 12, 3, 0, N);
    ask_close(t, 13, 3);
    talk_send(t, TO_SERVER);
    say_create(t, 11, 3, N);
    say_read(t, 12, DOC, N);
    say_close(t, 13);
    talk_send(t, TO_CLIENT);
}
static void writer_ahead(struct talk *t)
{
    ask_create(t, 11, NAME);
    ask_write(t, 12, 3, 0, DOC, N);
    ask_close(t, 13, 3);
    talk_send(t, TO_SERVER);
    say_create(t, 11, 3, 0);
    say_close(t, 13);
    talk_send(t, TO_CLIENT);
}
static void client_alone(struct talk *t)
{
    ask_create(t, 11, NAME);
    ask_write(t, 12, 3, 0, DOC, N);
    ask_close(t, 13, 3);
    talk_send(t, TO_SERVER);
}
static void never_closed(struct talk *t)
{
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, N);
}
static void breaks_off(struct talk *t)
{
    opened(t, NAME, 3, 2 * N);
    read_all(t, 3, 0, DOC, N);
}
static void less_than_planned(struct talk *t)
{
    opened(t, NAME, 3, 0);
    ask_end(t, 9, 3, 2 * N);
    talk_send(t, TO_SERVER);
    written(t, 3, 0, DOC, N);
    closed(t, 3);
}
static void id_used_again(struct talk *t)
{
    opened(t, "before", 3, 0);
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, N);
}
static void file_opened_in_vain(struct talk *t)
{
    ask_create(t, 11, NAME);
    talk_send(t, TO_SERVER);
    t->status = 0xC0000022;
    smb2(t, 5, ANSWER, 11, "\x09\0\0\0\0\0\0\0", 9);
    talk_send(t, TO_CLIENT);
    t->status = 0;
}
static void pipe_share(struct talk *t)
{
    tree(t, "\\\\files\\IPC$", 2);
    opened(t, "srvsvc", 3, 0);
    written(t, 3, 0, DOC, N);
    read_all(t, 3, 0, DOC, N);
    closed(t, 3);
}
static void pipe_by_content(struct talk *t)
{
    written(t, 3, 0, "\5\0\x0b\3\x10\0\0\0\x48\0\0\0\1\0\0\0", 16);
    read_all(t, 3, 0, DOC, N);
}
static void failed_read(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_read(t, 11, 3, 0, N);
    talk_send(t, TO_SERVER);
    t->status = 0xC0000022;
    say_read(t, 11, DOC, N);
    talk_send(t, TO_CLIENT);
    t->status = 0;
    closed(t, 3);
}

/* ---- holes ---- */

static void part_not_read(struct talk *t)
{
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, 10);
    read_all(t, 3, 20, &DOC[20], N - 20);
    closed(t, 3);
}
static void appended(struct talk *t)
{
    opened(t, NAME, 3, 10);
    written(t, 3, 10, &DOC[10], 10);
    written(t, 3, UINT64_MAX, &DOC[20], N - 20);
    closed(t, 3);
}
/* Sends what was made without the bytes from from on, n of them. */
static void send_with_hole(struct talk *t, enum direction dir, size_t from, size_t n)
{
    uint32_t message = (uint32_t)t->w.n - 4;
    struct reader r;

    for (int i = 0; i < 4; i++)
        t->w.p[i] = (uint8_t)(message >> 8 * (3 - i));
    r = reader_span(writer_span(&t->w));
    struct span a = reader_take(&r, from);
    reader_skip(&r, n);
    struct span b = reader_rest(&r);
    fake_feed(t->h, dir, a.p, a.n, t->step);
    fake_gap(t->h, dir, n);
    if (b.n)
        fake_feed(t->h, dir, b.p, b.n, t->step);
    writer_clear(&t->w);
}
static void hole_in_data(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_read(t, 11, 3, 0, N);
    talk_send(t, TO_SERVER);
    say_read(t, 11, DOC, N);
    send_with_hole(t, TO_CLIENT, 4 + 64 + 16 + 10, 10);
    closed(t, 3);
}
static void hole_over_messages(struct talk *t)
{
    opened(t, "lost", 2, 9);
    ask_read(t, 11, 2, 0, N);
    talk_send(t, TO_SERVER);
    say_read(t, 11, DOC, N);
    send_with_hole(t, TO_CLIENT, 70, 500); /* to behind its end */
    opened(t, NAME, 3, N);
    read_all(t, 3, 0, DOC, N);
    closed(t, 3);
}
static void hole_of_a_message(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_read(t, 11, 3, 0, 1);
    talk_send(t, TO_SERVER);
    fake_gap(t->h, TO_CLIENT, 85);
    read_all(t, 3, 0, DOC, N);
}
static void hole_in_head(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_read(t, 11, 3, 0, N);
    talk_send(t, TO_SERVER);
    say_read(t, 11, DOC, N);
    send_with_hole(t, TO_CLIENT, 30, 10);
    read_all(t, 3, 0, DOC, N);
}
static void written_twice(struct talk *t)
{
    opened(t, NAME, 3, 0);
    written(t, 3, 0, DOC, N);
    written(t, 3, 0, "other", 5);
    closed(t, 3);
}
static void written_again(void)
{
    struct talk t;

    check_row("written again as a whole");
    talk_open(&t, 0);
    opened(&t, NAME, 3, 0);
    for (size_t i = 0; i < N; i++)
        written(&t, 3, i, "x", 1);
    written(&t, 3, 20, &DOC[20], N - 20);
    written(&t, 3, 0, DOC, 20);
    closed(&t, 3);
    CHECK_U64(t.h->n_doc, 2);
    CHECK(fake_doc_is(t.h, 1, NAME, DOC, N));
    CHECK(fake_has(t.h, EVENT_FILEINFO, 1, closed_state));
    talk_free(&t);

    check_row("its beginning written again");
    talk_open(&t, 0);
    written_twice(&t);
    CHECK(fake_doc_is(t.h, 0, NAME, DOC, N));
    CHECK(fake_has(t.h, EVENT_FILEINFO, 0, closed_state));
    CHECK(fake_doc_is(t.h, 1, NAME, "other", 5));
    CHECK(fake_has(t.h, EVENT_FILEINFO, 1, cut_state));
    talk_free(&t);
}

/* ---- what cannot be read ---- */

static void encrypted(struct talk *t)
{
    for (int i = 0; i < 3; i++) {
        writer_be(&t->w, 0, 4);
        writer_be(&t->w, 0xFD534D42, 4);
        for (int k = 0; k < 40; k++)
            writer_u8(&t->w, 0x11);
        writer_le(&t->w, 4711, 8);
        writer_str(&t->w, "SMB something that nobody can read");
        talk_send(t, i & 1 ? TO_CLIENT : TO_SERVER);
    }
}
static void compressed(struct talk *t)
{
    writer_be(&t->w, 0, 4);
    writer_be(&t->w, 0xFC534D42, 4);
    for (int k = 0; k < 40; k++)
        writer_u8(&t->w, 0x11);
    talk_send(t, TO_CLIENT);
    never_closed(t);
}
static void no_smb(struct talk *t)
{
    fake_say(t->h, TO_SERVER, "\x42 not a session packet at all", t->step);
    never_closed(t);
}
static void lying_length(struct talk *t)
{
    opened(t, NAME, 3, N);
    ask_write(t, 11, 3, 0, DOC, N);
    t->w.p[t->unit + 64 + 4] = 0xFF; /* more than the message has */
    talk_send(t, TO_SERVER);
    closed(t, 3);
}
static void lying_chain(struct talk *t)
{
    ask_read(t, 11, 3, 0, 5);
    t->w.p[t->unit + 20] = 9;
    talk_send(t, TO_SERVER);
    never_closed(t);
}
static void unknown_head(struct talk *t)
{
    ask_read(t, 11, 3, 0, 5);
    t->w.p[t->unit + 4] = 0;
    talk_send(t, TO_SERVER);
    never_closed(t);
}
static void unasked(struct talk *t)
{
    say_read(t, 11, DOC, N);
    talk_send(t, TO_CLIENT);
}

static const struct row {
    const char *name;
    void (*say)(struct talk *t);
    const char *doc; /* name of the only document, or NULL */
    const char *const *state;
    const char *anomaly;
    bool hole; /* the document has one: its bytes are not compared */
} rows[] = {
    {"read whole", read_whole, NAME, &closed_state, NULL, false},
    {"read in parts", read_in_parts, NAME, &closed_state, NULL, false},
    {"answers out of order", answers_out_of_order, NAME, &closed_state, NULL, false},
    {"overlapping reads", overlapping_reads, NAME, &closed_state, NULL, false},
    {"pending, then final", pending_then_final, NAME, &closed_state, NULL, false},
    {"related: create, read, close", related_read, NAME, &closed_state, NULL, false},
    {"related: create, write, close", related_write, NAME, &closed_state, NULL, false},
    {"written out of order", written_out_of_order, NAME, &closed_state, NULL, false},
    {"unrelated in one message", unrelated_in_one_message, NAME, &closed_state, NULL, false},
    {"name not seen", name_not_seen, "", &closed_state, NULL, false},
    {"end of file ends", end_of_file_ends, "", &closed_state, NULL, false},
    {"client ahead", client_ahead, NAME, &closed_state, NULL, false},
    {"writing client ahead", writer_ahead, NAME, &closed_state, NULL, false},
    {"client alone", client_alone, "", &closed_state, NULL, false},
    {"never closed", never_closed, NAME, &closed_state, NULL, false},
    {"breaks off", breaks_off, NAME, &cut_state, NULL, false},
    {"less than planned", less_than_planned, NAME, &cut_state, NULL, false},
    {"id used again", id_used_again, NAME, &closed_state, NULL, false},
    {"opened in vain", file_opened_in_vain, NULL, NULL, NULL, false},
    {"pipe by share", pipe_share, NULL, NULL, NULL, false},
    {"pipe by content", pipe_by_content, NULL, NULL, NULL, false},
    {"failed read", failed_read, NULL, NULL, NULL, false},
    {"part not read", part_not_read, NAME, &cut_state, NULL, true},
    {"appended", appended, NAME, &cut_state, NULL, true},
    {"hole in data", hole_in_data, NAME, &cut_state, "smb.gap ", true},
    {"hole over messages", hole_over_messages, NAME, &closed_state, "smb.gap ", false},
    {"hole of a message", hole_of_a_message, NAME, &closed_state, "smb.gap ", false},
    {"hole in a head", hole_in_head, NAME, &closed_state, "smb.gap ", false},
    {"encrypted", encrypted, NULL, NULL, "smb.encrypted ", false},
    {"compressed", compressed, NAME, &closed_state, "smb.compressed ", false},
    {"no SMB", no_smb, NAME, &closed_state, "smb.malformed_nbss ", false},
    {"lying length", lying_length, NAME, &closed_state, "smb.malformed_data ", false},
    {"lying chain", lying_chain, NAME, &closed_state, "smb.malformed_data ", false},
    {"unknown head", unknown_head, NAME, &closed_state, "smb.malformed_data ", false},
    {"unasked", unasked, NULL, NULL, "smb.answer_without_request ", false},
};

static void run(const struct row *row, size_t step)
{
    struct talk t;

    check_row(row->name);
    talk_open(&t, step);
    row->say(&t);
    talk_close(&t);
    CHECK_U64(t.h->n_doc, row->doc != NULL);
    CHECK_STR(t.h->anomalies, row->anomaly ? row->anomaly : "");
    if (row->doc) {
        CHECK(fake_has(t.h, EVENT_FILEINFO, 0, *row->state));
        CHECK(fake_has(t.h, EVENT_FILEINFO, 0, row->hole ? "\"gaps\":true" : "\"gaps\":false"));
        CHECK(fake_has(t.h, EVENT_FILEINFO, 0, "\"smb\":{"));
        if (!row->hole)
            CHECK(fake_doc_is(t.h, 0, row->doc, DOC, N));
        else if (t.h->n_doc)
            CHECK_U64(t.h->doc[0].d.size, N);
    }
    talk_free(&t);
}

/* ---- events ---- */

static void facts(void)
{
    static const uint8_t negotiate[] = {36, 0, 2, 0, 1, 0, 0, 0,  0,  0,  0,    0,  1,  2,
                                        3,  4, 5, 6, 7, 8, 9, 10, 11, 12, 13,   14, 15, 16,
                                        0,  0, 0, 0, 0, 0, 0, 0,  2,  2,  0x11, 3};
    static const uint8_t negotiated[64] = {65, 0, 1, 0, 0x11, 3, 0, 0, 0xAA};
    static const char ntlm[] =
        "NTLMSSP\0\3\0\0\0\x18\0\x18\0\x58\0\0\0\x18\0\x18\0\x58\0\0\0"
        "\4\0\4\0\x48\0\0\0\6\0\6\0\x4c\0\0\0\4\0\4\0\x52\0\0\0\0\0\0\0\0\0\0\0\1\2\0\2"
        "\x0a\0\x63\x45\0\0\0\x0f"
        "H\0Q\0a\0n\0\x68\x01P\0C\0SECRETSECRETSECRETSECRET";
    uint8_t setup[24 + sizeof(ntlm) - 1] = {25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0, sizeof(ntlm) - 1, 0};
    struct talk t;

    check_row("facts");
    memcpy(setup + 24, ntlm, sizeof(ntlm) - 1);
    talk_open(&t, 0);
    smb2(&t, 0, 0, 0, negotiate, sizeof(negotiate));
    talk_send(&t, TO_SERVER);
    smb2(&t, 0, ANSWER, 0, negotiated, sizeof(negotiated));
    talk_send(&t, TO_CLIENT);
    smb2(&t, 1, 0, 1, setup, sizeof(setup));
    talk_send(&t, TO_SERVER);
    t.status = 0xC000006D;
    smb2(&t, 1, ANSWER, 1, "\x09\0\0\0\x48\0\0\0", 8);
    talk_send(&t, TO_CLIENT);
    t.status = 0;
    read_whole(&t);
    talk_close(&t);
    CHECK(fake_has(t.h, EVENT_SMB, 0,
                   "\"command\":\"SMB2_COMMAND_NEGOTIATE_PROTOCOL\",\"status\":\"STATUS_SUCCESS\""));
    CHECK(fake_has(t.h, EVENT_SMB, 0, "\"dialect\":\"3.11\""));
    CHECK(fake_has(t.h, EVENT_SMB, 0, "\"client_dialects\":[\"2.02\",\"3.11\"]"));
    CHECK(fake_has(t.h, EVENT_SMB, 1, "\"status\":\"STATUS_LOGON_FAILURE\",\"status_code\":\"0xc000006d\""));
    CHECK(fake_has(t.h, EVENT_SMB, 1,
                   "\"ntlmssp\":{\"domain\":\"HQ\",\"user\":\"anŨ\",\"host\":\"PC\","
                   "\"version\":\"10.0 build 17763 rev 15\"}"));
    CHECK(fake_has(t.h, EVENT_SMB, 2, "\"share\":\"\\\\\\\\files\\\\ho-so\",\"share_type\":\"FILE\""));
    CHECK(fake_has(t.h, EVENT_SMB, 3, "\"filename\":\"ho-so\\\\17.txt\",\"disposition\":\"FILE_OPEN_IF\""));
    CHECK(fake_has(t.h, EVENT_SMB, 3, "\"fuid\":\"03030303-0303-0303-0303-030303030303\""));
    CHECK(fake_has(t.h, EVENT_SMB, 4, "\"command\":\"SMB2_COMMAND_READ\""));
    for (size_t i = 0; i < t.h->n_event; i++)
        CHECK(!strstr(t.h->event[i].json, "SECRET"));
    talk_free(&t);
}

/* ---- ceilings ---- */

static void ceilings(void)
{
    struct talk t;

    check_row("requests that are never answered");
    talk_open(&t, 0);
    opened(&t, NAME, 3, N);
    for (uint64_t i = 0; i < 3000; i++) {
        ask_read(&t, 5000 + i, 3, i, 1);
        talk_send(&t, TO_SERVER);
    }
    CHECK(strstr(t.h->anomalies, "smb.too_many_requests_open") != NULL);
    CHECK(t.h->charged < 1 << 20);
    talk_free(&t);

    check_row("files that are never closed");
    talk_open(&t, 0);
    for (uint64_t i = 0; i < 3000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "f%d", (int)i);
        ask_create(&t, i, name);
        talk_send(&t, TO_SERVER);
        say_create(&t, i, 0, 0);
        t.w.p[t.unit + 64 + 64] = (uint8_t)i; /* its id */
        t.w.p[t.unit + 64 + 65] = (uint8_t)(i >> 8);
        talk_send(&t, TO_CLIENT);
    }
    CHECK(strstr(t.h->anomalies, "smb.too_many_files_open") != NULL);
    CHECK(t.h->charged < 8 << 20);
    talk_free(&t);

    check_row("no memory");
    talk_open(&t, 0);
    t.h->charge_max = 1000;
    read_whole(&t);
    CHECK(strstr(t.h->anomalies, "smb.memory") != NULL);
    talk_free(&t);
}

static void probes(void)
{
    static const struct {
        const char *name;
        const char *first;
        size_t n;
        enum direction dir;
        bool midstream;
        enum probe want;
    } probe_rows[] = {
        {"nothing", "", 0, TO_SERVER, false, PROBE_MORE},
        {"SMB 2", "\0\0\0\x88\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0\0", 21, TO_SERVER, false, PROBE_YES},
        {"SMB 1", "\0\0\0\x88\xffSMB\x72\0\0\0\0", 13, TO_SERVER, false, PROBE_YES},
        {"SMB 2 that lies", "\0\0\xff\xf7\xfeSMB\0\0\0\0", 12, TO_SERVER, false, PROBE_YES},
        {"encrypted, midstream", "\0\0\0\x88\xfdSMB\1\1\1\1\1\1\1\1\1\1\1\1\1", 21, TO_SERVER, true,
         PROBE_YES},
        {"a piece", "\0\0\0\x88\xfeS", 6, TO_SERVER, false, PROBE_MORE},
        {"one byte", "\0", 1, TO_SERVER, false, PROBE_MORE},
        {"other four bytes", "\0\0\0\x88\x01", 5, TO_SERVER, false, PROBE_NO},
        {"other name", "\0\0\0\x88\xfeSMX\x40\0", 10, TO_SERVER, false, PROBE_NO},
        {"DNS", "\0\x1c\x12\x34\1\0\0\1\0\0\0\0", 12, TO_SERVER, false, PROBE_NO},
        {"text", "GET / HTTP/1.1\r\n", 16, TO_SERVER, false, PROBE_NO},
        {"session request", "\x81\0\0\4abcd\0\0\0\x88\xffSMB\x72\0\0\0", 20, TO_SERVER, false, PROBE_YES},
        {"session answer", "\x82\0\0\0", 4, TO_CLIENT, false, PROBE_MORE},
        {"midstream", "data\0\0\0\x88\xfeSMB\x40\0\0\0", 16, TO_CLIENT, true, PROBE_YES},
        {"not midstream", "data\0\0\0\x88\xfeSMB\x40\0\0\0", 16, TO_CLIENT, false, PROBE_NO},
        {"wrong way", "\0\0\0\x88\xffSMB\x72\0\0\0\0\x80", 14, TO_SERVER, true, PROBE_NO},
    };

    for (size_t i = 0; i < GH_COUNT(probe_rows); i++) {
        struct proto_ctx cx = {.midstream = probe_rows[i].midstream};
        check_row(probe_rows[i].name);
        CHECK_U64(smb_proto.probe(&cx, probe_rows[i].dir, span_of(probe_rows[i].first, probe_rows[i].n)),
                  probe_rows[i].want);
    }
}

int main(void)
{
    static const size_t steps[] = {0, 1, 7};

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        for (size_t k = 0; k < GH_COUNT(steps); k++)
            run(&rows[i], steps[k]);
    written_again();
    facts();
    ceilings();
    probes();
    return check_end();
}
