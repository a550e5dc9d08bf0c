/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/scrub.h"

#include <string.h>

#define KEY_LENGTH 20 /* a word this long with digits in it is a key, unless it is only digits */

const char *const scrub_marks[SCRUB_RULES] = {"<address>", "<name>", "<key>", "<path>", "<text>", "<secret>"};
const char *const scrub_sentences[SCRUB_RULES] = {
    "addresses of machines, cards, mailboxes and the web",
    "names with dots in them: of machines and of files",
    "long words with digits: keys, hashes, tokens",
    "paths that are not the product's own",
    "words that are not plain English letters",
    "what follows a word such as password, token, secret or key"};
const char *const scrub_sentences_vi[SCRUB_RULES] = {
    "địa chỉ máy, thẻ mạng, hộp thư và trang web",    "tên có dấu chấm: tên máy và tên tệp",
    "từ dài có chữ số: khóa, mã băm, mã truy cập",    "đường dẫn không phải của sản phẩm",
    "từ không phải chữ cái tiếng Anh (tên tài liệu)", "từ đứng sau password, token, secret, key"};

/* The product's own places, and endings that are its own files'. */
static const char *const own_paths[] = {"/etc/gatehouse",
                                        "/var/lib/gatehouse",
                                        "/usr/bin/",
                                        "/usr/lib",
                                        "/usr/share/gatehouse",
                                        "/run/gatehouse",
                                        "/proc/",
                                        "/sys/",
                                        "/dev/",
                                        "/boot/EFI"};
static const char *const own_files[] = {"journal.db",    "journal.lock",  "journal.head",  "status.json",
                                        "console.json",  "appliance.key", "appliance.pub", "gatehouse.conf",
                                        "console.conf",  "enforce.off",   "bundle.json",   "policy.lua",
                                        "log-level.json"};
static const char *const own_endings[] = {"service", "socket", "sock",  "slice",
                                          "target",  "timer",  "mount", "ghe"};
/* Keys of the configuration are our own words. */
static const char *const own_keys[] = {
#define CONF_STR(s, k, d, t) #s "." #k,
#define CONF_INT(s, k, d, lo, hi, t) #s "." #k,
#define CONF_SIZE(s, k, d, lo, hi, t) #s "." #k,
#define CONF_MS(s, k, d, lo, hi, t) #s "." #k,
#define CONF_BOOL(s, k, d, t) #s "." #k,
#define CONF_CHECK(s, k, d, f, t) #s "." #k,
#include "base/conf.def"
};
static const char *const secret_words[] = {"pass",   "secret",        "token",  "credential", "passphrase",
                                           "cookie", "authorization", "bearer", "private"};

static bool is_letter(uint8_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}
static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}
static bool is_hex(uint8_t c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}
static bool is_word(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c >= 0x80 || (c && strchr("._:/@%+=~-$#&?*!\\", c) != NULL);
}

static bool one_of(struct span s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(s, span_str(list[i])))
            return true;
    return false;
}

static size_t count(struct span s, bool (*is)(uint8_t c))
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += is(s.p[i]);
    return n;
}

static bool is_colon(uint8_t c)
{
    return c == ':';
}
static bool is_dot(uint8_t c)
{
    return c == '.';
}
static bool is_high(uint8_t c)
{
    return c >= 0x80;
}
static bool is_at(uint8_t c)
{
    return c == '@';
}

static bool holds(struct span s, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= s.n; i++) {
        size_t k = 0;
        while (k < n && (s.p[i + k] | 32) == part[k])
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* hh:mm:ss, with a fraction or a zone behind it. */
static bool is_time(struct span s)
{
    return s.n >= 8 && s.p[2] == ':' && s.p[5] == ':' && is_digit(s.p[0]) && is_digit(s.p[1]) &&
           is_digit(s.p[3]) && is_digit(s.p[4]) && is_digit(s.p[6]) && is_digit(s.p[7]) &&
           (s.n == 8 || !is_colon(s.p[8]));
}

/* 2026-11-24T12:33:26…: the letter and the dashes tell it from an address. */
static bool is_date(struct span s)
{
    return s.n >= 10 && s.p[4] == '-' && s.p[7] == '-' && is_digit(s.p[0]) && is_digit(s.p[3]) &&
           is_digit(s.p[9]) && (s.n == 10 || s.p[10] == 'T') && s.n <= 33;
}

static bool is_address(struct span s)
{
    size_t colons = count(s, is_colon), dots = count(s, is_dot), digits = count(s, is_digit),
           hex = count(s, is_hex);

    if (holds(s, "://"))
        return true;
    if (dots >= 3 && digits >= 4 && is_digit(s.p[0])) /* 10.1.2.3, with port or mask */
        return digits + dots + colons + count(s, is_letter) + 2 >= s.n;
    if (colons >= 2 && !is_time(s)) /* IPv6, MAC; a mask, a zone or a port may follow */
        return hex + colons + 24 >= s.n && hex >= 1;
    return false;
}

static bool is_own_path(struct span s)
{
    for (size_t i = 0; i < GH_COUNT(own_paths); i++)
        if (s.n >= strlen(own_paths[i]) && !memcmp(s.p, own_paths[i], strlen(own_paths[i])))
            return true;
    return false;
}

/* Something with letters on both sides of a dot that is not ours. */
static bool is_dotted_name(struct span s)
{
    size_t last = s.n, first = s.n;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '.')
            continue;
        first = first == s.n ? i : first;
        last = i;
    }
    if (last + 1 >= s.n || !first || !count(span_of(s.p, last), is_letter) || !is_letter(s.p[last + 1]))
        return false;
    if (one_of(s, own_files, GH_COUNT(own_files)) || one_of(s, own_keys, GH_COUNT(own_keys)))
        return false;
    return !one_of(span_of(s.p + last + 1, s.n - last - 1), own_endings, GH_COUNT(own_endings));
}

static bool is_key(struct span s)
{
    size_t digits = count(s, is_digit), letters = count(s, is_letter);

    return s.n >= KEY_LENGTH && digits >= 2 && letters >= 2 && !is_date(s) && !holds(s, "gatehouse");
}

/* SCRUB_RULES: it may stay. s has no punctuation at its end. */
static enum scrub_rule rule_of(struct span s)
{
    if (count(s, is_high))
        return SCRUB_TEXT;
    if (is_date(s) || is_time(s))
        return SCRUB_RULES;
    if (is_address(s))
        return SCRUB_ADDRESS;
    if (count(s, is_at)) /* the instances of our units have one too */
        return holds(s, "gatehouse-") || holds(s, "standard") ? SCRUB_RULES : SCRUB_ADDRESS;
    if (s.p[0] == '/' || holds(s, "/"))
        return is_own_path(s) && !is_dotted_name(s)       ? SCRUB_RULES
               : is_own_path(s) && s.n < 80 && !is_key(s) ? SCRUB_RULES
                                                          : SCRUB_PATH;
    if (is_key(s))
        return SCRUB_KEY;
    if (is_dotted_name(s))
        return SCRUB_NAME;
    return SCRUB_RULES;
}

static bool announces_secret(struct span s)
{
    if (span_eq(s, span_str("key")) || span_eq(s, span_str("Key")))
        return true;
    for (size_t i = 0; i < GH_COUNT(secret_words); i++)
        if (holds(s, secret_words[i]))
            return true;
    return false;
}

static void put(struct writer *out, enum scrub_rule r, struct span s, uint64_t *counts)
{
    if (r == SCRUB_RULES) {
        writer_put(out, s);
        return;
    }
    counts[r]++;
    writer_str(out, scrub_marks[r]);
}

/* "name=value" in one word: the name stays, the value is looked at by itself. */
static void put_word(struct writer *out, struct span s, bool secret, bool *ret_next, uint64_t *counts)
{
    const uint8_t *equal = memchr(s.p, '=', s.n);
    size_t tail = 0;

    while (tail < s.n && strchr(".:!?=", s.p[s.n - 1 - tail])) /* the sentence's, not the word's */
        tail++;
    *ret_next = s.n == tail ? secret : announces_secret(s); /* a colon between the two changes nothing */
    if (secret && s.n > tail) {
        put(out, SCRUB_SECRET, s, counts);
        *ret_next = false;
    } else if (equal && equal > s.p && (size_t)(equal - s.p) + 1 < s.n &&
               !holds(span_of(s.p, (size_t)(equal - s.p)), "/")) {
        struct span name = span_of(s.p, (size_t)(equal - s.p)), value = span_of(equal + 1, s.n - name.n - 1);
        put(out, rule_of(name), name, counts);
        writer_u8(out, '=');
        put(out, announces_secret(name) ? SCRUB_SECRET : rule_of(value), value, counts);
        *ret_next = false;
    } else if (s.n > tail) {
        put(out, rule_of(span_of(s.p, s.n - tail)), span_of(s.p, s.n - tail), counts);
        writer_put(out, span_of(s.p + s.n - tail, tail));
    } else {
        writer_put(out, s);
    }
}

void scrub(struct span text, struct writer *out, uint64_t counts[static SCRUB_RULES])
{
    bool secret = false;
    size_t i = 0;

    while (i < text.n) {
        size_t from = i;
        while (i < text.n && is_word(text.p[i]))
            i++;
        if (i > from) {
            put_word(out, span_of(text.p + from, i - from), secret, &secret, counts);
            continue;
        }
        if (text.p[i] == '\n')
            secret = false;
        writer_u8(out, text.p[i] == '\n' || (text.p[i] >= 0x20 && text.p[i] < 0x7f) ? text.p[i] : '?');
        i++;
    }
}
