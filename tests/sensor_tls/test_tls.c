/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whole handshakes (seeds_tls: direction, 16-bit length, bytes; made with OpenSSL and a certificate of our
 * own) to events; the fingerprints are those that an independent dissector gives. Each also in pieces of
 * every size, cut, changed and one-sided. */
#include "../check.h"
#include "../sensor_dns/fake_host.h"
#include "sensor/decode/ja.h"
#include "sensor/decode/tls.h"
#include "sensor/decode/tls_cert.h"
#include "sensor/decode/tls_facts.h"

#define SEEDS "tests/sensor_tls/seeds_tls/"

#define EVENT "{\"event_type\":\"tls\",\"dir\":\"to_server\",\"tls\":{"
#define CERT                                                                                                 \
    "\"subject\":\"C=VN, ST=Hà Nội, O=Bộ Thử nghiệm, OU=Phòng 1, CN=may.example.vn, "              \
    "emailAddress=a@example.vn\","                                                                           \
    "\"issuerdn\":\"C=VN, ST=Hà Nội, O=Bộ Thử nghiệm, OU=Phòng 1, CN=may.example.vn, "             \
    "emailAddress=a@example.vn\","                                                                           \
    "\"subjectaltname\":[\"may.example.vn\"],"                                                               \
    "\"serial\":\"0A:1B:2C:3D:4E:5F:60:71:82:93\",\"fingerprint\":"                                          \
    "\"8d:af:64:58:61:5c:2c:9f:a4:c8:db:12:46:02:b6:fc:26:0f:94:b7\","
#define TIMES "\"notbefore\":\"2026-11-24T06:17:49\",\"notafter\":\"2126-10-31T06:17:49\","
#define SNI "\"sni\":\"may.example.vn\","
#define JA3_12                                                                                               \
    "\"ja3\":{\"hash\":\"104774240db569f8f87b1a28206b25e5\",\"string\":\"771,49196-49200-49195-49199-52393-" \
    "52392-49188-"                                                                                           \
    "49192-49187-49191-159-158-107-103-255,0-11-10-35-16-22-23-13,29-23-30-25-24,0-1-2\"},"
#define JA3S_12                                                                                              \
    "\"ja3s\":{\"hash\":\"e195432758194ce2d482396b82e0d48e\",\"string\":\"771,49196,65281-11-35-16-23\"}"
#define ALPN_12 "\"client_alpns\":[\"h2\",\"http/1.1\"],\"server_alpns\":[\"h2\"]}}\n"

static const struct {
    const char *name, *want;
} rows[] = {
    {"tls12", EVENT CERT SNI "\"version\":\"TLS 1.2\"," TIMES JA3_12 JA3S_12
                             ",\"ja4\":\"t12d1508h2_d68b136fe8d9_e7e480e5a997\"," ALPN_12},
    {"tls12_resumed",
     EVENT "\"session_resumed\":true," SNI "\"version\":\"TLS "
           "1.2\",\"ja3\":{\"hash\":\"5976f1e477cd6e42ea87626b5a4d8c1b\",\"string\":\"771,49196-49200-49195-"
           "49199-52393-52392-49188-49192-49187-49191-159-158-107-103-255,0-11-10-35-16-22-23-13-21,29-23-30-"
           "25-24,0-1-2\"},"
           "\"ja3s\":{\"hash\":\"93d1391af13d019030090b7f26bac378\",\"string\":\"771,49196,65281-16-23\"},"
           "\"ja4\":\"t12d1509h2_d68b136fe8d9_8932e62835fd\"," ALPN_12},
    {"tls12_client_only",
     EVENT SNI "\"version\":\"UNDETERMINED\"," JA3_12 "\"ja4\":\"t12d1508h2_d68b136fe8d9_e7e480e5a997\","
               "\"client_alpns\":[\"h2\",\"http/1.1\"]}}\n"},
    {"tls12_server_only",
     EVENT CERT "\"version\":\"TLS 1.2\"," TIMES JA3S_12 ",\"server_alpns\":[\"h2\"]}}\n"},
    {"tls13", EVENT SNI
     "\"version\":\"TLS "
     "1.3\",\"ja3\":{\"hash\":\"9dffdb8b608a430b774a2ff7d36c1a0c\",\"string\":\"771,4866-4867-4865-255,"
     "0-11-10-35-16-22-23-13-43-45-51,29-23-30-25-24-256-257-258-259-260,0-1-2\"},\"ja3s\":{\"hash\":"
     "\"15af977ce25de452b96affa2addb1036\",\"string\":\"771,4866,43-51\"},\"ja4\":\"t13d0411h2_16476d049b0b_"
     "78f1d400d464\","
     "\"client_alpns\":[\"h2\"]}}\n"},
    {"tls13_resumed", EVENT
     "\"session_resumed\":true," SNI "\"version\":\"TLS "
     "1.3\",\"ja3\":{\"hash\":\"4b9b935a03e383133ee8e868cd8757d9\",\"string\":\"771,4866-4867-4865-255,"
     "0-11-10-35-16-22-23-13-43-45-51-41,29-23-30-25-24-256-257-258-259-260,0-1-2\"},\"ja3s\":{\"hash\":"
     "\"2253c82f03b621c5144709b393fde2c9\",\"string\":\"771,4866,43-51-41\"},\"ja4\":\"t13d0412h2_"
     "16476d049b0b_6775ac8fe30b\","
     "\"client_alpns\":[\"h2\"]}}\n"},
    {"tls13_retry",
     EVENT "\"version\":\"TLS "
           "1.3\",\"ja3\":{\"hash\":\"c1e58b5fa361cf5bfc0635a61bd8573c\",\"string\":\"771,4866-4867-4865-255,"
           "11-10-35-22-23-13-43-45-51,29-23-30-25-24-256-257-258-259-260,0-1-2\"},\"ja3s\":{\"hash\":"
           "\"15af977ce25de452b96affa2addb1036\",\"string\":\"771,4866,43-51\"},\"ja4\":\"t13i040900_"
           "16476d049b0b_78f1d400d464\"}}\n"},
    {"sslv2_hello", EVENT "\"version\":\"UNDETERMINED\"}}\n"},
};

static struct proto_host host;
static struct proto_ctx cx;
static _Alignas(16) uint8_t state[4096];

static void begin(void)
{
    fake_start(&host, &cx, false, 40000, 443);
    memset(state, 0, sizeof(state));
    CHECK(sizeof(state) >= proto_tls.state_size && proto_tls.open(state, &cx) == 0);
}

static const char *finish(void)
{
    proto_tls.end(state, &cx, TO_SERVER);
    proto_tls.end(state, &cx, TO_CLIENT);
    proto_tls.close(state, &cx);
    return fake_said(&host);
}

static struct span load(const char *name)
{
    static uint8_t bytes[1 << 16];
    char path[256];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), SEEDS "%s", name);
    f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    return span_of(bytes, n);
}

/* Speaks a transcript in pieces, each in a block of its own size. swapped: the flow has the roles the wrong
 * way round. */
static void speak(struct span transcript, size_t piece, bool swapped)
{
    struct reader in = reader_span(transcript);

    while (reader_left(&in)) {
        bool to_client = reader_u8(&in) & 1;
        struct span s = reader_take(&in, reader_be16(&in));
        for (size_t at = 0; at < s.n; at += piece) {
            struct span part = span_part(s, at, piece);
            uint8_t *p = malloc(part.n);
            memcpy(p, part.p, part.n);
            proto_tls.feed(state, &cx, to_client != swapped ? TO_CLIENT : TO_SERVER, span_of(p, part.n));
            free(p);
        }
    }
}

static void test_rows(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct span t = load(rows[i].name);
        static const size_t pieces[] = {65536, 1, 2, 3, 5, 6, 7, 64, 517, 1400};
        check_row(rows[i].name);
        for (size_t k = 0; k < GH_COUNT(pieces); k++) {
            begin();
            speak(t, pieces[k], false);
            if (pieces[k] >= 11 ||
                i != 7) /* an SSL 2.0 hello is known by its first eleven bytes, which come together */
                CHECK_STR(finish(), rows[i].want);
            else
                finish();
            fake_done(&host);
        }
        begin();
        speak(t, 65536, true);
        if (i != 3) { /* without the client, its direction is the one opposite to the server's */
            const char *said = finish();
            CHECK(strstr(said, "\"dir\":\"to_client\"") && strstr(said, "\"version\":"));
        } else {
            CHECK(strstr(finish(), "\"dir\":\"to_client\""));
        }
        fake_done(&host);
    }
}

static void test_broken(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct span t = load(rows[i].name);
        uint8_t *copy = malloc(t.n);
        check_row(rows[i].name);
        memcpy(copy, t.p, t.n);
        for (size_t n = 0; n < t.n; n += 3) {
            begin();
            speak(span_part(t, 0, n), 65536, false);
            finish();
            fake_done(&host);
            copy[n] ^= 0xFF;
            begin();
            speak(span_of(copy, t.n), 65536, false);
            finish();
            fake_done(&host);
            copy[n] ^= 0xFF;
        }
        free(copy);
    }
}

static struct writer w;

static void record(uint8_t type, uint8_t message, uint32_t claimed, size_t n)
{
    writer_u8(&w, type);
    writer_be(&w, 0x0303, 2);
    writer_be(&w, n + 4, 2);
    writer_u8(&w, message);
    writer_be(&w, claimed, 3);
    for (size_t i = 0; i < n; i++)
        writer_u8(&w, 0);
}

static void test_limits(void)
{
    struct span hello;
    struct reader in = reader_span(load("tls12"));

    reader_u8(&in);
    hello = reader_take(&in, reader_be16(&in));

    check_row("a message of 16 MiB is stepped over");
    writer_clear(&w);
    record(22, 99, 0xFFFFFF, 16000);
    for (int i = 0; i < 1046; i++) {
        writer_u8(&w, 22);
        writer_be(&w, 0x0303, 2);
        writer_be(&w, 16384, 2);
        for (int k = 0; k < 16384; k++)
            writer_u8(&w, 0);
    }
    begin();
    host.limit = 200000;
    proto_tls.feed(state, &cx, TO_SERVER, writer_span(&w));
    CHECK(host.charged < 70000);
    CHECK_STR(finish(), "! tls.handshake_too_long\n");
    fake_done(&host);

    check_row("no memory for facts");
    begin();
    host.limit = 4000;
    proto_tls.feed(state, &cx, TO_SERVER, hello);
    CHECK_STR(finish(), "");
    fake_done(&host);

    check_row("no memory for a message");
    begin();
    host.limit = 30;
    proto_tls.feed(state, &cx, TO_SERVER, hello);
    CHECK_STR(finish(), "! tls.memory\n");
    fake_done(&host);

    check_row("no TLS after all");
    begin();
    proto_tls.feed(state, &cx, TO_SERVER, hello);
    proto_tls.feed(state, &cx, TO_CLIENT, span_str("HTTP/1.0 400 Bad Request\r\n\r\n"));
    CHECK(strstr(finish(), "! tls.invalid_record\n"));
    fake_done(&host);

    check_row("gap before the end of the hello");
    begin();
    proto_tls.feed(state, &cx, TO_SERVER, span_part(hello, 0, 50));
    proto_tls.gap(state, &cx, TO_SERVER, 10);
    proto_tls.feed(state, &cx, TO_SERVER, span_part(hello, 60, SIZE_MAX));
    CHECK_STR(finish(), "! tls.gap\n");
    fake_done(&host);

    check_row("an extension past the end: the host name is shown");
    {
        uint8_t copy[512];
        const char *said;
        memcpy(copy, hello.p, hello.n);
        copy[hello.n - 1] = 1; /* the last extension's content is what it is; shorten the message instead */
        copy[3] = (uint8_t)((hello.n - 5 - 6) >> 8);
        copy[4] = (uint8_t)(hello.n - 5 - 6);
        copy[8] = (uint8_t)(copy[8] - 6);
        begin();
        proto_tls.feed(state, &cx, TO_SERVER, span_of(copy, hello.n - 6));
        said = finish();
        CHECK(strstr(said, "! tls.invalid_client_hello\n") && strstr(said, "\"sni\":\"may.example.vn\"") &&
              !strstr(said, "ja3"));
        fake_done(&host);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t n;
        enum probe want;
    } probes[] = {
        {"client hello", "\x16\3\1\0\x50\1\0\0\x4c\3\3", 11, PROBE_YES},
        {"server hello", "\x16\3\3\0\x50\2\0\0\x4c\3\3", 11, PROBE_YES},
        {"one byte", "\x16", 1, PROBE_MORE},
        {"five bytes", "\x16\3\1\0\x50", 5, PROBE_MORE},
        {"no byte", "", 0, PROBE_MORE},
        {"version 4", "\x16\4\1\0\x50\1", 6, PROBE_NO},
        {"application data", "\x17\3\3\0\x50\1", 6, PROBE_NO},
        {"finished", "\x16\3\1\0\x50\x14", 6, PROBE_NO},
        {"record too long", "\x16\3\1\xff\xff\1", 6, PROBE_NO},
        {"text", "GET / HTTP/1.1", 14, PROBE_NO},
        {"SSL 2.0 hello", "\x80\x2e\1\3\1\0\x15\0\0\0\x10", 11, PROBE_YES},
        {"SSL 2.0 hello, lengths do not fit", "\x80\x2f\1\3\1\0\x15\0\0\0\x10", 11, PROBE_NO},
    };

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        check_row(probes[i].name);
        begin();
        CHECK(proto_tls.probe(&cx, TO_SERVER, span_of(probes[i].bytes, probes[i].n)) == probes[i].want);
        finish();
        fake_done(&host);
    }
}

static void extension(uint16_t type, const char *data, size_t n)
{
    writer_be(&w, type, 2);
    writer_be(&w, n, 2);
    writer_bytes(&w, data, n);
}

/* The worked example of the JA4 description, GREASE added. */
static void test_ja4(void)
{
    static const uint16_t ciphers[] = {0x0A0A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030,
                                       0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035};
    static const uint16_t bare[] = {0x0005, 0x000A, 0x000B, 0x0012, 0x0015, 0x0017, 0x001B,
                                    0x0023, 0x002D, 0x0033, 0x4469, 0xFF01, 0x1A1A};
    struct tls_hello h;
    char ja4[JA4_SIZE];
    size_t at;

    check_row("ja4");
    writer_clear(&w);
    writer_be(&w, 0x0303, 2);
    for (int i = 0; i < 32; i++)
        writer_u8(&w, 1);
    writer_u8(&w, 0);
    writer_be(&w, sizeof(ciphers), 2);
    for (size_t i = 0; i < GH_COUNT(ciphers); i++)
        writer_be(&w, ciphers[i], 2);
    writer_be(&w, 0x0100, 2);
    at = w.n;
    writer_be(&w, 0, 2);
    extension(0, "\0\4\0\0\1a", 6);
    extension(16, "\0\x0c\2h2\x08http/1.1", 14);
    extension(13, "\0\x10\4\3\x08\4\4\1\5\3\x08\5\5\1\x08\6\6\1", 18);
    extension(43, "\6\x2a\x2a\3\4\3\3", 7);
    for (size_t i = 0; i < GH_COUNT(bare); i++)
        extension(bare[i], "", 0);
    w.p[at] = (uint8_t)((w.n - at - 2) >> 8);
    w.p[at + 1] = (uint8_t)(w.n - at - 2);
    CHECK(tls_hello_client(writer_span(&w), &h));
    CHECK(ja4_client(&h, ja4));
    CHECK_STR(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    h.extensions = h.ciphers = h.signatures = h.alpn = (struct span){NULL, 0};
    h.has_sni = false;
    h.best_version = 0x0301;
    CHECK(ja4_client(&h, ja4));
    CHECK_STR(ja4, "t10i000000_000000000000_000000000000");
    h.alpn = span_of("\1\xab", 2);
    CHECK(ja4_client(&h, ja4));
    CHECK_STR(ja4, "t10i0000ab_000000000000_000000000000");
    writer_clear(&w);
    for (int i = 0; i < 600; i++)
        writer_be(&w, (uint64_t)i, 2);
    h.ciphers = writer_span(&w);
    CHECK(!ja4_client(&h, ja4));
    CHECK_STR(ja4, "");
}

/* Certificates whose parts are not what they should be. */
static void test_certificates(void)
{
    static const struct {
        const char *name, *der;
        size_t n;
        bool whole;
        const char *subject, *serial, *not_before;
    } certs[] = {
        {"empty", "", 0, false, "", "", ""},
        {"indefinite length", "\x30\x80\x30\x80", 4, false, "", "", ""},
        {"length of five bytes", "\x30\x85\1\1\1\1\1", 7, false, "", "", ""},
        {"length past the end", "\x30\x84\xff\xff\xff\xff", 6, false, "", "", ""},
        {"smallest",
         "\x30\x49\x30\x47"
         "\2\2\0\xff" /* serial */
         "\x30\0"     /* algorithm */
         "\x30\0"     /* issuer */
         "\x30\x1c\x17\x0b"
         "5001010000Z"
         "\x18\x0d"
         "20260101Z0000"                                     /* validity: no seconds; then nonsense */
         "\x30\x1f"                                          /* subject */
         "\x31\x0d\x30\x0b\6\3\x55\4\3\x1e\4\1\x10\0a"       /* BMPString */
         "\x31\x0e\x30\x0c\6\5\x2b\6\1\x83\x37\x14\3\xe9 b", /* unknown OID, T61 */
         75, true, "CN=Đa, 1.3.6.1.439=é b", "00:FF", "1950-01-01T00:00:00"},
    };

    for (size_t i = 0; i < GH_COUNT(certs); i++) {
        struct tls_cert c;
        uint8_t *p = malloc(certs[i].n + 1);
        memcpy(p, certs[i].der, certs[i].n);
        check_row(certs[i].name);
        CHECK(tls_cert_read(span_of(p, certs[i].n), &c) == certs[i].whole);
        CHECK(span_eq(span_of(c.subject.text, c.subject.n), span_str(certs[i].subject)));
        CHECK_STR(c.serial, certs[i].serial);
        CHECK_STR(c.not_before, certs[i].not_before);
        CHECK_STR(c.not_after, "");
        CHECK_U64(strlen(c.fingerprint), 59);
        free(p);
    }
}

/* Names of a certificate that is built around one attribute value. */
static void cert_with(const char *value, size_t n, unsigned times, struct tls_cert *ret)
{
    size_t at, tbs, all;

    writer_clear(&w);
    writer_be(&w, 0x3084,
              2); /* lengths of four bytes everywhere: DER would be shorter, readers must not mind */
    all = w.n;
    writer_be(&w, 0, 4);
    writer_be(&w, 0x3084, 2);
    tbs = w.n;
    writer_be(&w, 0, 4);
    writer_bytes(&w,
                 "\2\1\1\x30\0\x30\0\x30\x1e\x17\x0d"
                 "260101000000Z\x17\x0d"
                 "270101000000Z\x30\x84",
                 41);
    at = w.n;
    writer_be(&w, 0, 4);
    for (unsigned i = 0; i < times; i++) {
        writer_be(&w, 0x3184, 2);
        writer_be(&w, n + 17, 4);
        writer_be(&w, 0x3084, 2);
        writer_be(&w, n + 11, 4);
        writer_bytes(&w, "\6\3\x55\4\3\x0c\x84", 7);
        writer_be(&w, n, 4);
        writer_bytes(&w, value, n);
    }
    for (int i = 0; i < 4; i++) {
        w.p[at + (size_t)i] = (uint8_t)((w.n - at - 4) >> (24 - 8 * i));
        w.p[tbs + (size_t)i] = (uint8_t)((w.n - tbs - 4) >> (24 - 8 * i));
        w.p[all + (size_t)i] = (uint8_t)((w.n - all - 4) >> (24 - 8 * i));
    }
    CHECK(tls_cert_read(writer_span(&w), ret));
}

static void test_names(void)
{
    static char big[4000];
    struct tls_cert c;

    check_row("NUL inside a name");
    cert_with("good.vn\0.evil.example", 21, 1, &c);
    CHECK(span_eq(span_of(c.subject.text, c.subject.n), span_of("CN=good.vn\0.evil.example", 24)));
    check_row("a name that does not fit");
    cert_with("0123456789", 10, 300, &c);
    CHECK(c.subject.n < TLS_NAME_SIZE &&
          memcmp(c.subject.text + c.subject.n - 18, "CN=0123456789, …", 18) == 0);
    memset(big, 'a', sizeof(big));
    cert_with(big, sizeof(big), 1, &c);
    CHECK(span_eq(span_of(c.subject.text, c.subject.n), span_str(", …")));
    check_row("invalid UTF-8 is repaired where it is written");
    cert_with("\xff\xfe", 2, 1, &c);
    CHECK_U64(c.subject.n, 5);
}

/* Alternative names: of every kind, more than fit, and an extension that ends too early. */
static void test_alt_names(void)
{
#define CERT_START                                                                                           \
    "\2\1\1\x30\0\x30\0\x30\x1e\x17\x0d"                                                                     \
    "260101000000Z\x17\x0d"                                                                                  \
    "270101000000Z\x30\0\x30\0"
#define CERT_N 43
    static const struct {
        const char *name, *names;
        size_t n;
        const char *want; /* with a blank behind each */
    } alts[] = {
        {"kinds",
         "\x82\4a.vn\x81\3m@b\x86\3u:"
         "c\x87\4\x0a\0\0\1\x87\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x88\2xx\xa0\0",
         47, "a.vn m@b u:c 10.0.0.1 2001:db8::1 "},
        {"addresses of wrong length", "\x87\3\1\2\3\x82\1a", 8, "a "},
        {"ends too early", "\x82\1a\x82\7b", 6, "a "},
        {"none", "", 0, ""},
    };
    struct tls_cert c;

    for (size_t i = 0; i < GH_COUNT(alts); i++) {
        uint8_t n = (uint8_t)alts[i].n;
        uint8_t extensions[] = {0xA3, (uint8_t)(n + 20),
                                0x30, (uint8_t)(n + 18),
                                0x30, 2,
                                5,    0,
                                0x30, (uint8_t)(n + 12),
                                6,    3,
                                0x55, 0x1D,
                                0x11, 1,
                                1,    0xFF,
                                4,    (uint8_t)(n + 2),
                                0x30, n};
        struct writer text;
        struct reader in;
        check_row(alts[i].name);
        writer_clear(&w);
        writer_bytes(&w, "\x30\x82\0\0\x30\x82\0\0", 8);
        writer_bytes(&w, CERT_START, CERT_N);
        writer_bytes(&w, extensions, sizeof(extensions));
        writer_bytes(&w, alts[i].names, alts[i].n);
        w.p[3] = (uint8_t)(w.n - 4);
        w.p[7] = (uint8_t)(w.n - 8);
        CHECK(tls_cert_read(writer_span(&w), &c));
        writer_init(&text, 4096);
        in = reader_span(span_of(c.alt, c.alt_n));
        while (reader_left(&in)) {
            writer_put(&text, reader_take(&in, reader_be16(&in)));
            writer_u8(&text, ' ');
        }
        CHECK(reader_ok(&in));
        CHECK_STR(writer_cstr(&text), alts[i].want);
        writer_done(&text);
    }
}

/* Dates for which the published schema has no form stand elsewhere. */
static void test_far_times(void)
{
    static struct tls_facts f = {.certificate = true, .version = 0x0303};

    check_row("a certificate for ever");
    begin();
    memcpy(f.cert.not_before, "2026-01-01T00:00:00", 20);
    memcpy(f.cert.not_after, "9999-12-31T23:59:59", 20);
    tls_facts_event(&f, &cx, TO_SERVER);
    CHECK_STR(finish(), EVENT "\"version\":\"TLS 1.2\",\"notbefore\":\"2026-01-01T00:00:00\"},"
                              "\"gatehouse\":{\"tls\":{\"notafter\":\"9999-12-31T23:59:59\"}}}\n");
    fake_done(&host);
}

int main(void)
{
    writer_init(&w, 64 << 20);
    test_alt_names();
    test_far_times();
    test_rows();
    test_broken();
    test_limits();
    test_probe();
    test_ja4();
    test_certificates();
    test_names();
    writer_done(&w);
    return check_end();
}
