/* SPDX-License-Identifier: GPL-3.0-or-later
 * The examples of RFC 7541 appendix C, what a listener misses, and hostile blocks. */
#include "sensor/decode/hpack.h"
#include "sensor/decode/hpack_huffman.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"

static void collect(void *arg, struct span name, struct span value)
{
    struct writer *w = arg;

    if (!name.n)
        writer_str(w, "?");
    writer_put(w, name);
    writer_str(w, "=");
    writer_put(w, value);
    writer_str(w, "\n");
}

static void unhex(const char *hex, struct writer *w)
{
    for (; hex[0]; hex += 2) {
        char *end;
        while (*hex == ' ')
            hex++;
        const char digits[3] = {hex[0], hex[0] ? hex[1] : 0, 0};
        writer_u8(w, (uint8_t)strtoul(digits, &end, 16));
        CHECK(end == digits + 2);
    }
}

static void check_block(struct hpack *h, const char *hex, enum hpack_result result, const char *fields)
{
    struct writer block, got;

    writer_init(&block, 1 << 20);
    writer_init(&got, 1 << 20);
    unhex(hex, &block);
    CHECK_U64(hpack_block(h, writer_span(&block), collect, &got), result);
    CHECK_STR(writer_cstr(&got), fields);
    writer_done(&block);
    writer_done(&got);
}

/* Sequences of blocks over one table; hex NULL ends one, "" means that a block was missed. */
static const struct {
    const char *name;
    bool midstream;
    struct {
        const char *hex;
        enum hpack_result result;
        const char *fields;
    } block[5];
} rows[] = {
    {"C.2 literals",
     false,
     {{"400a637573746f6d2d6b65790d637573746f6d2d686561646572", HPACK_OK, "custom-key=custom-header\n"},
      {"040c2f73616d706c652f70617468", HPACK_OK, ":path=/sample/path\n"},
      {"100870617373776f726406736563726574", HPACK_OK, "password=secret\n"},
      {"82be", HPACK_OK, ":method=GET\ncustom-key=custom-header\n"}}},
    {"C.4 requests with Huffman codes",
     false,
     {{"828684418cf1e3c2e5f23a6ba0ab90f4ff", HPACK_OK,
       ":method=GET\n:scheme=http\n:path=/\n:authority=www.example.com\n"},
      {"828684be5886a8eb10649cbf", HPACK_OK,
       ":method=GET\n:scheme=http\n:path=/\n:authority=www.example.com\ncache-control=no-cache\n"},
      {"828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", HPACK_OK,
       ":method=GET\n:scheme=https\n:path=/"
       "index.html\n:authority=www.example.com\ncustom-key=custom-value\n"}}},
    {"an entry too large for the table empties it",
     false,
     {{"400161 0142", HPACK_OK, "a=B\n"},
      {"3f09 be 400161 09 414141414141414141", HPACK_OK, "a=B\na=AAAAAAAAA\n"},
      {"82be", HPACK_MALFORMED, ":method=GET\n"}}},
    {"joined late, the table heals",
     true,
     {{"82 c0 400161 0142", HPACK_UNKNOWN, ":method=GET\n?=\na=B\n"},
      {"be 7f00 0143", HPACK_UNKNOWN, "a=B\n?=C\n"},
      {"bf be 400162 0144", HPACK_UNKNOWN, "a=B\n?=C\nb=D\n"},
      {"be c0", HPACK_OK, "b=D\na=B\n"}}},
    {"a block was missed",
     false,
     {{"400161 0142", HPACK_OK, "a=B\n"},
      {"", HPACK_OK, ""},
      {"be 400163 0144", HPACK_UNKNOWN, "?=\nc=D\n"},
      {"be 82", HPACK_OK, "c=D\n:method=GET\n"}}},
    {"index 0", false, {{"80", HPACK_MALFORMED, ""}}},
    {"index past the end", false, {{"82be", HPACK_MALFORMED, ":method=GET\n"}}},
    {"a number that never ends", false, {{"ffffffffffffffffff01", HPACK_MALFORMED, ""}}},
    {"a number cut short", false, {{"ff80", HPACK_MALFORMED, ""}}},
    {"a string longer than the block", false, {{"0005616263", HPACK_MALFORMED, ""}}},
    {"no value", false, {{"000161", HPACK_MALFORMED, ""}}},
    {"Huffman: end symbol inside", false, {{"000161 84ffffffff", HPACK_MALFORMED, ""}}},
    {"Huffman: a byte of padding", false, {{"000161 821fff", HPACK_MALFORMED, ""}}},
    {"Huffman: padding of zeros", false, {{"000161 8118", HPACK_MALFORMED, ""}}},
    {"Huffman: good padding", false, {{"000161 811f", HPACK_OK, "a=a\n"}}},
    {"after a bad block fields are unknown",
     false,
     {{"400161 0142", HPACK_OK, "a=B\n"},
      {"80", HPACK_MALFORMED, ""},
      {"be82", HPACK_UNKNOWN, "?=\n:method=GET\n"}}},
};

static void sequences(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host *host = fake_new(NULL, NULL);
        check_row(rows[i].name);
        host->cx.midstream = rows[i].midstream;
        struct hpack *h = hpack_new(&host->cx);
        for (size_t k = 0; k < GH_COUNT(rows[i].block) && rows[i].block[k].hex; k++)
            if (*rows[i].block[k].hex)
                check_block(h, rows[i].block[k].hex, rows[i].block[k].result, rows[i].block[k].fields);
            else
                hpack_lost(h);
        hpack_free(h);
        CHECK_U64(host->charged, 0);
        fake_free(host);
    }
}

static void ignore(void *arg, struct span name, struct span value)
{
    size_t *n = arg;

    *n += 1;
}

/* A literal that is entered: name and value of n bytes of that letter. */
static void put_entry(struct writer *w, char letter, size_t n)
{
    writer_str(w, "\x40\1");
    writer_u8(w, (uint8_t)letter);
    writer_u8(w, 127);
    writer_u8(w, (uint8_t)((n - 127) % 128 | 128));
    writer_u8(w, (uint8_t)((n - 127) / 128));
    for (size_t i = 0; i < n; i++)
        writer_u8(w, (uint8_t)letter);
}

/* However many entries come, the table stays within its ceiling; names by reference do not multiply. */
static void ceilings(void)
{
    struct proto_host *host = fake_new(NULL, NULL);
    struct hpack *h = hpack_new(&host->cx);
    struct writer w;
    size_t n = 0;

    check_row("ceilings");
    writer_init(&w, 4 << 20);
    writer_str(&w, "\x3f\xe1\xff\x3f"); /* a table of a megabyte */
    for (int i = 0; i < 2000; i++)
        put_entry(&w, 'a', 1000);
    CHECK_U64(hpack_block(h, writer_span(&w), ignore, &n), HPACK_OK);
    CHECK_U64(n, 2000);
    CHECK_U64(host->charged, HPACK_TABLE_MAX);
    n = 0; /* what the encoder has, and we had no room for, is unknown */
    CHECK_U64(hpack_block(h, span_of("\xff\x80\x08\xbe", 4), ignore, &n), HPACK_UNKNOWN);
    CHECK_U64(n, 2);

    writer_clear(&w); /* a long name, entered again and again by its number */
    writer_str(&w, "\x40\x7f\x81\x7d");
    for (int i = 0; i < 127 + 16001; i++)
        writer_u8(&w, 'n');
    writer_str(&w, "\1v");
    for (int i = 0; i < 100000; i++)
        writer_bytes(&w, "\x7e\1v", 3);
    CHECK_U64(hpack_block(h, writer_span(&w), ignore, &n), HPACK_MALFORMED);
    writer_done(&w);
    hpack_free(h);
    fake_free(host);
}

/* Every byte, coded by its place in the code, comes back: the table has no hole and no double. */
static void huffman(void)
{
    bool seen[256] = {false};
    struct writer out;

    check_row("Huffman code");
    for (uint32_t code = 0; code < 1u << 20; code++) { /* all first symbols of up to 20 bits */
        uint8_t bytes[4] = {(uint8_t)(code >> 12), (uint8_t)(code >> 4), (uint8_t)(code << 4 | 15), 0xff};
        uint8_t room[8];
        writer_fixed(&out, room, sizeof(room));
        hpack_huffman(span_of(bytes, sizeof(bytes)), &out);
        if (out.n)
            seen[room[0]] = true;
    }
    for (int c = 32; c < 127; c++)
        CHECK(seen[c]);
}

int main(void)
{
    sequences();
    ceilings();
    huffman();
    return check_end();
}
