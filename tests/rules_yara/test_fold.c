/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/text.h"
#include "rules/yara.h"
#include "tests/check.h"

static const struct {
    const char *name, *in, *want;
} rows[] = {
    {"empty", "", ""},
    {"ASCII", "Top  Secret\r\n\tX", "top secret x"},
    {"one blank stays", " a ", " a "},
    {"capitals", "TUYỆT MẬT", "tuyệt mật"},
    {"half capitals, as old fonts leave them", "TUYệT MậT", "tuyệt mật"},
    {"decomposed", "TUYE\xCC\xA3\xCC\x82T MA\xCC\xA3\xCC\x82T", "tuyệt mật"},
    {"composite (tổ hợp)", "TUY\xC3\x8A\xCC\xA3T M\xC3\x82\xCC\xA3T", "tuyệt mật"},
    {"no-break space", "TỐI\xC2\xA0MẬT", "tối mật"},
    {"zero width space and soft hyphen", "T\xE2\x80\x8BỐ\xC2\xADI MẬT", "tối mật"},
    {"full width", "\xEF\xBC\xB4\xEF\xBC\xAF\xEF\xBC\xB0", "top"},
    {"ideographic space", "\xE6\x9C\xBA\xE5\xAF\x86\xE3\x80\x80\xE2\x98\x85",
     "\xE6\x9C\xBA\xE5\xAF\x86 \xE2\x98\x85"},
    {"line separators",
     "a\xE2\x80\xA8\xE2\x80\xA9\xC2\x85"
     "b",
     "a b"},
    {"sharp s",
     "STRA\xC3\x9F"
     "E",
     "strasse"},
    {"đ stays đ", "ĐẠI SỨ", "đại sứ"},
    {"combining mark behind ASCII at the end", "e\xCC\x81", "\xC3\xA9"},
    {"invalid bytes",
     "a\xFF"
     "b\x80",
     "a\xEF\xBF\xBD"
     "b\xEF\xBF\xBD"},
};

static void check_fold(const char *name, struct span in, struct span want)
{
    struct writer w;

    check_row(name);
    writer_init(&w, 64 << 20);
    rule_fold(in, &w);
    CHECK(writer_ok(&w));
    CHECK(span_eq(writer_span(&w), want));
    if (!span_eq(writer_span(&w), want))
        fprintf(stderr, "got \"%.80s\"\n", writer_cstr(&w));
    writer_done(&w);
}

/* Text of every length around the pieces that folding works in: cutting must not show. */
static void check_lengths(void)
{
    static const char unit[] = "Bộ Ngoại giao  e\xCC\x81 ";
    static const char folded[] = "bộ ngoại giao \xC3\xA9 ";
    struct writer in, want;

    for (size_t pad = 0; pad < 40; pad++) {
        writer_init(&in, 1 << 20);
        writer_init(&want, 1 << 20);
        for (size_t i = 0; i < pad; i++) {
            writer_u8(&in, 'X');
            writer_u8(&want, 'x');
        }
        for (int i = 0; i < 6000; i++) {
            writer_str(&in, unit);
            writer_str(&want, folded);
        }
        check_fold("across pieces", writer_span(&in), writer_span(&want));
        writer_done(&in);
        writer_done(&want);
    }
}

/* Hostile text: nothing but continuation bytes, or marks without a base, must not take long. */
static void check_time(void)
{
    static uint8_t bytes[4 << 20];
    static const struct {
        const char *name;
        uint8_t a, b;
    } fills[] = {{"continuation bytes", 0x80, 0x80},
                 {"combining marks", 0xCC, 0x81},
                 {"one ASCII, one other", 'a', 0xC3},
                 {"blanks", ' ', '\n'}};

    for (size_t f = 0; f < GH_COUNT(fills); f++) {
        uint64_t start = clock_mono_ms();
        struct writer w;
        check_row(fills[f].name);
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = i % 2 ? fills[f].b : fills[f].a;
        writer_init(&w, 64 << 20);
        rule_fold(span_of(bytes, sizeof(bytes)), &w);
        CHECK(writer_ok(&w) && text_is_utf8(writer_span(&w)));
        CHECK(clock_mono_ms() - start < 8000);
        writer_done(&w);
    }
}

static void check_ceiling(void)
{
    struct writer w;

    check_row("a full writer says so");
    writer_init(&w, 8);
    rule_fold(span_str("a text that is longer than eight bytes"), &w);
    CHECK(!writer_ok(&w));
    writer_done(&w);
}

int main(void)
{
    if (rule_fold_warm_up() != 0) {
        fprintf(stderr, "ICU lacks its data\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_fold(rows[i].name, span_str(rows[i].in), span_str(rows[i].want));
    check_lengths();
    check_time();
    check_ceiling();
    return check_end();
}
