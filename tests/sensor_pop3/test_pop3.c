/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each session as it happens, in small pieces, and with one side seen before the other: the same documents in
 * each; the probe. */
#include "sensor/decode/pop3.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"

/* c, s: client and server say text; G, g: n bytes of client and server are missing. */
struct step {
    char who;
    const char *text;
    size_t n;
};
struct row {
    const char *name;
    struct step step[16];
    struct {
        const char *name, *text; /* text NULL: the table ends */
        bool truncated;
    } doc[4];
    const char *has[4]; /* in some pop3 event */
    const char * not ;  /* in none */
    const char *anomaly;
    bool only_in_order; /* a hole, or TLS: the order matters */
};

#define LOGIN                                                                                                \
    {'s', "+OK POP3 ready\r\n", 0}, {'c', "USER anna\r\n", 0}, {'s', "+OK\r\n", 0},                          \
        {'c', "PASS hunter2\r\n", 0},                                                                        \
    {                                                                                                        \
        's', "+OK 2 messages\r\n", 0                                                                         \
    }
#define MAIL "Subject: hi\r\nFrom: A <a@x>\r\n\r\ntext\r\n"

static const struct row rows[] = {
    {"RETR",
     {LOGIN,
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK 40 octets\r\n" MAIL ".\r\n", 0},
      {'c', "QUIT\r\n", 0},
      {'s', "+OK bye\r\n", 0}},
     {{"", "text\r\n", false}},
     {"\"pop3\":{},\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"A <a@x>\",\"subject\":\"hi\"",
      "\"request\":{\"command\":\"RETR\",\"args\":[\"1\"]},\"response\":{\"success\":true,\"status\":\"OK\","
      "\"header\":\"40 octets\"}",
      "\"request\":{\"command\":\"PASS\"},\"response\":{\"success\":true",
      "\"request\":{\"command\":\"USER\",\"args\":[\"anna\"]}"},
     "hunter2",
     NULL,
     false},
    {"dots",
     {LOGIN, {'c', "RETR 1\r\n", 0}, {'s', "+OK\r\n\r\n..\r\n..x\r\n.\r\n", 0}},
     {{"", ".\r\n.x\r\n", false}},
     {0},
     NULL,
     NULL,
     false},
    {"TOP and a listing",
     {LOGIN,
      {'c', "LIST\r\n", 0},
      {'s', "+OK\r\n1 40\r\n2 50\r\n.\r\n", 0},
      {'c', "UIDL\r\n", 0},
      {'s', "+OK\r\n1 a\r\n.\r\n", 0},
      {'c', "LIST 1\r\n", 0},
      {'s', "+OK 1 40\r\n", 0},
      {'c', "TOP 1 0\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "text\r\n", false}},
     {"\"command\":\"TOP\",\"args\":[\"1\",\"0\"]"},
     NULL,
     NULL,
     false},
    {"empty listing",
     {LOGIN,
      {'c', "LIST\r\n", 0},
      {'s', "+OK\r\n.\r\n", 0},
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "text\r\n", false}},
     {0},
     NULL,
     NULL,
     false},
    {"pipelined",
     {LOGIN,
      {'c', "RETR 1\r\nRETR 2\r\nDELE 1\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n+OK\r\nSubject: 2\r\n\r\nb\r\n.\r\n+OK gone\r\n", 0}},
     {{"", "text\r\n", false}, {"", "b\r\n", false}},
     {"\"command\":\"DELE\",\"args\":[\"1\"]},\"response\":{\"success\":true,\"status\":\"OK\",\"header\":"
      "\"gone\"}"},
     NULL,
     NULL,
     false},
    {"refused",
     {LOGIN,
      {'c', "RETR 9\r\n", 0},
      {'s', "-ERR no such\r\n", 0},
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "text\r\n", false}},
     {"\"success\":false,\"status\":\"ERR\",\"header\":\"no such\""},
     NULL,
     NULL,
     false},
    {"server only",
     {{'s',
       "+OK POP3 ready\r\n+OK\r\n+OK 1\r\n+OK 1 40\r\n+OK\r\n1 40\r\n.\r\n+OK\r\n" MAIL ".\r\n+OK bye\r\n",
       0}},
     {{"", "text\r\n", false}},
     {0},
     NULL,
     NULL,
     false},
    {"AUTH",
     {{'s', "+OK x\r\n", 0},
      {'c', "AUTH PLAIN\r\n", 0},
      {'s', "+ \r\n", 0},
      {'c', "c2VjcmV0\r\n", 0},
      {'s', "+OK in\r\n", 0},
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "text\r\n", false}},
     {"\"command\":\"AUTH\"},\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"in\"}"},
     "c2VjcmV0",
     NULL,
     false},
    {"APOP",
     {{'s', "+OK <1@x>\r\n", 0},
      {'c', "APOP anna c4c9334bac560ecc979e58001b3e22fb\r\n", 0},
      {'s', "+OK\r\n", 0}},
     {{0}},
     {"\"command\":\"APOP\"}"},
     "c4c933",
     NULL,
     false},
    {"STLS",
     {{'s', "+OK x\r\n", 0},
      {'c', "STLS\r\n", 0},
      {'s', "+OK go\r\n", 0},
      {'c', "\x16\x03\x01RETR 1\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{0}},
     {"\"command\":\"STLS\""},
     "RETR",
     "pop3.stls ",
     true},
    {"STLS refused",
     {{'s', "+OK x\r\n", 0},
      {'c', "STLS\r\n", 0},
      {'s', "-ERR no\r\n", 0},
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "text\r\n", false}},
     {0},
     NULL,
     NULL,
     false},
    {"attachment",
     {LOGIN,
      {'c', "RETR 1\r\n", 0},
      {'s',
       "+OK\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; "
       "filename=a.doc\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--b--\r\n.\r\n",
       0}},
     {{"a.doc", "Hello", false}},
     {"\"attachment\":[\"a.doc\"]"},
     NULL,
     NULL,
     false},
    {"no end",
     {LOGIN, {'c', "RETR 1\r\n", 0}, {'s', "+OK\r\n" MAIL, 0}},
     {{"", "text\r\n", true}},
     {"BODY_STARTED"},
     NULL,
     NULL,
     false},
    {"hole in a mail",
     {LOGIN,
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK\r\n\r\nab", 0},
      {'g', "", 3},
      {'s', "cd\r\n.\r\n", 0},
      {'c', "RETR 2\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "ab\0\0\0cd\r\n", true}, {"", "text\r\n", false}},
     {0},
     NULL,
     NULL,
     true},
    {"hole over the end",
     {LOGIN,
      {'c', "RETR 1\r\n", 0},
      {'s', "+OK\r\n\r\nab", 0},
      {'g', "", 30},
      {'c', "RETR 2\r\n", 0},
      {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "ab", true}, {"", "text\r\n", false}},
     {0},
     NULL,
     NULL,
     true},
    {"hole in the commands",
     {LOGIN, {'c', "RE", 0}, {'G', "", 3}, {'c', "1\r\n", 0}, {'s', "+OK\r\n" MAIL ".\r\n", 0}},
     {{"", "text\r\n", false}},
     {0},
     NULL,
     NULL,
     true},
    {"LF only",
     {{'s', "+OK POP3\n", 0}, {'c', "RETR 1\n", 0}, {'s', "+OK\n\ntext\n.\n", 0}},
     {{"", "text\n", false}},
     {0},
     NULL,
     "pop3.bare_lf_at_end ",
     false},
};

static void play(struct proto_host *h, const struct row *r, size_t step, char only)
{
    for (size_t i = 0; i < GH_COUNT(r->step) && r->step[i].text; i++) {
        const struct step *s = &r->step[i];
        enum direction dir = s->who == 'c' || s->who == 'G' ? TO_SERVER : TO_CLIENT;
        if (only && s->who != only)
            continue;
        if (s->who == 'g' || s->who == 'G')
            fake_gap(h, dir, s->n);
        else
            fake_say(h, dir, s->text, step);
    }
}

static bool said(const struct proto_host *h, const char *text)
{
    for (size_t i = 0; i < fake_events(h, EVENT_POP3); i++)
        if (strstr(fake_event(h, EVENT_POP3, i)->json, text))
            return true;
    return false;
}

/* first: who is seen first, all of it; 0: as it happens. */
static void run(const struct row *r, size_t step, char first)
{
    struct proto_host *h = fake_new(&pop3_proto, NULL);
    size_t n = 0;

    check_row(r->name);
    play(h, r, step, first);
    if (first)
        play(h, r, step, first == 'c' ? 's' : 'c');
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    for (; n < GH_COUNT(r->doc) && r->doc[n].text; n++) {
        size_t size = r->doc[n].truncated && n < h->n_doc ? h->doc[n].d.size : strlen(r->doc[n].text);
        CHECK(fake_doc_is(h, n, r->doc[n].name, r->doc[n].text, size));
        CHECK(fake_has(h, EVENT_FILEINFO, n, r->doc[n].truncated ? "TRUNCATED" : "CLOSED"));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"pop3\":{},\"email\":{"));
    }
    CHECK_U64(h->n_doc, n);
    for (size_t i = 0; i < GH_COUNT(r->has) && r->has[i]; i++) {
        if (!said(h, r->has[i]))
            fprintf(stderr, "missing: %s\n", r->has[i]);
        CHECK(said(h, r->has[i]));
    }
    CHECK(!r->not || !said(h, r->not ));
    CHECK_STR(h->anomalies, r->anomaly ? r->anomaly : "");
    fake_free(h);
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum direction dir;
        enum probe want;
    } probes[] = {
        {"+OK ready\r\n", TO_CLIENT, PROBE_YES},
        {"+OK\r\n", TO_CLIENT, PROBE_MORE},
        {"+OK\r\n+OK\r\n", TO_CLIENT, PROBE_MORE},
        {"+OK\r\n:1\r\n", TO_CLIENT, PROBE_NO},
        {"+O", TO_CLIENT, PROBE_MORE},
        {"* OK\r\n", TO_CLIENT, PROBE_NO},
        {"USER a\r\n", TO_SERVER, PROBE_MORE},
        {"USER a\r\nPASS b\r\nUIDL\r\n", TO_SERVER, PROBE_YES},
        {"CAPA\r\n", TO_SERVER, PROBE_YES},
        {"GET / HTTP/1.1\r\n", TO_SERVER, PROBE_NO},
        {"*3\r\n$3\r\nSET\r\n", TO_SERVER, PROBE_NO},
        {"USER a\r\nPWD\r\n", TO_SERVER, PROBE_NO},
    };
    struct proto_ctx cx = {0};

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        check_row(probes[i].text);
        CHECK(pop3_proto.probe(&cx, probes[i].dir, span_str(probes[i].text)) == probes[i].want);
    }
}

static void test_ceilings(void)
{
    struct proto_host *h = fake_new(&pop3_proto, NULL);

    check_row("commands without replies, replies without commands, endless lines");
    for (int i = 0; i < 3000; i++)
        fake_say(h, TO_SERVER, "RETR 123456789\r\n", 0);
    for (int i = 0; i < 6000; i++)
        fake_say(h, TO_CLIENT, "-ERR 123456789\r\n", 0);
    for (int i = 0; i < 3000; i++) {
        fake_say(h, TO_SERVER, "XXXXXXXXXXXXXXXXXXXXXXXX", 0);
        fake_say(h, TO_CLIENT, "+OKXXXXXXXXXXXXXXXXXXXXX", 0);
    }
    CHECK(fake_events(h, EVENT_POP3) > 0);
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        run(&rows[i], 0, 0);
        run(&rows[i], 1, 0);
        run(&rows[i], 7, 0);
        if (!rows[i].only_in_order) {
            run(&rows[i], 0, 's');
            run(&rows[i], 0, 'c');
        }
    }
    test_probe();
    test_ceilings();
    return check_end();
}
