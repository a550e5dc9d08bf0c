/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/ident.h"

#define MRZ_SIZE 44 /* ICAO 9303-4: the second line of a passport */
#define CONTEXT 64  /* bytes before a number in which a word may announce it */
#define LIST_MIN 10 /* so many bare citizen numbers are a list */
#define CCCD_SIZE 12
#define CARD_MAX 19

const char *ident_name(enum ident_kind k)
{
    static const char *const names[IDENT_COUNT] = {"cccd", "passport_mrz", "card"};

    return (size_t)k < IDENT_COUNT ? names[k] : "";
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Codes of Decree 137/2015: those of the 63 provinces; merged ones keep what was issued. */
static bool is_province(unsigned code)
{
    static const uint8_t codes[] = {1,  2,  4,  6,  8,  10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25,
                                    26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48,
                                    49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75,
                                    77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96};

    for (size_t i = 0; i < GH_COUNT(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* Three digits of the province, one of century and sex, two of the year of birth. It has no check digit. */
static bool is_citizen(const uint8_t d[static CCCD_SIZE])
{
    unsigned province = (d[0] - '0') * 100u + (d[1] - '0') * 10u + (d[2] - '0'),
             year = (d[4] - '0') * 10u + (d[5] - '0');

    return is_province(province) && d[3] <= '3' && (d[3] <= '1' || year <= 40);
}

static bool announced(struct span s, size_t at)
{
    static const char *const words[] = {"CCCD",     "cccd",      "CMND",      "cmnd",      "căn cước",
                                        "Căn cước", "CĂN CƯỚC",  "định danh", "Định danh", "ĐỊNH DANH",
                                        "can cuoc", "dinh danh", "Citizen",   "citizen"};
    size_t from = at > CONTEXT ? at - CONTEXT : 0;
    struct span before = span_part(s, from, at - from);

    for (size_t i = 0; i < GH_COUNT(words); i++)
        if (span_find(before, span_str(words[i]), 0) >= 0)
            return true;
    return false;
}

/* Luhn's sum (ISO/IEC 7812-1). */
static bool luhn(const uint8_t *d, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned v = d[n - 1 - i] - '0';
        if (i & 1)
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        sum += v;
    }
    return sum % 10 == 0;
}

static unsigned prefix(const uint8_t *d, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (d[i] - '0');
    return v;
}

/* Issuers and the lengths that they use: Visa, Mastercard, American Express, JCB, UnionPay, NAPAS. */
static bool is_card(const uint8_t *d, size_t n)
{
    unsigned four = n >= 4 ? prefix(d, 4) : 0;
    bool length = (d[0] == '4' && (n == 13 || n == 16 || n == 19)) ||
                  (four >= 5100 && four <= 5599 && n == 16) || (four >= 2221 && four <= 2720 && n == 16) ||
                  ((four / 100 == 34 || four / 100 == 37) && n == 15) ||
                  (four >= 3528 && four <= 3589 && n == 16) || (four / 100 == 62 && n >= 16) ||
                  (four == 9704 && (n == 16 || n == 19));
    bool varied = false;

    for (size_t i = 5; i < n; i++)
        varied |= d[i] != d[4];
    return length && varied && luhn(d, n);
}

/* One number: digits, in groups when single blanks or dashes stand between; *ret_end behind it. */
static size_t take_number(struct span s, size_t at, uint8_t d[static CARD_MAX + 1], bool *ret_grouped,
                          size_t *ret_end)
{
    size_t n = 0;

    *ret_grouped = false;
    for (; at < s.n; at++) {
        if (is_digit(s.p[at])) {
            if (n > CARD_MAX)
                break;
            d[n++] = s.p[at];
        } else if ((s.p[at] == ' ' || s.p[at] == '-') && n && n < 16 && n % 4 == 0 && at + 1 < s.n &&
                   is_digit(s.p[at + 1])) {
            *ret_grouped = true;
        } else {
            break;
        }
    }
    while (at < s.n && is_digit(s.p[at])) {
        n = CARD_MAX + 1; /* longer than any */
        at++;
    }
    *ret_end = at;
    return n;
}

static void number(struct span s, size_t at, size_t *ret_end, struct ident_counts *c)
{
    uint8_t d[CARD_MAX + 1];
    bool grouped;
    size_t n = take_number(s, at, d, &grouped, ret_end);

    if (n == CCCD_SIZE && !grouped) {
        c->twelve++;
        if (is_citizen(d)) {
            bool said = announced(s, at);
            c->found[IDENT_CCCD] += said;
            c->bare += !said;
        }
    } else if (n >= 13 && n <= CARD_MAX && is_card(d, n)) {
        c->found[IDENT_CARD]++;
    }
}

static unsigned mrz_value(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10u : 0;
}

static bool mrz_check(struct span line, size_t from, size_t n, size_t digit)
{
    static const unsigned weights[] = {7, 3, 1};
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += mrz_value(line.p[from + i]) * weights[i % 3];
    return is_digit(line.p[digit]) && line.p[digit] - '0' == (int)(sum % 10);
}

/* Number, birth and expiry, each with its check digit, between characters that an MRZ may have. */
static bool is_passport(struct span line)
{
    for (size_t i = 0; i < MRZ_SIZE; i++)
        if (!is_digit(line.p[i]) && !(line.p[i] >= 'A' && line.p[i] <= 'Z') && line.p[i] != '<')
            return false;
    return mrz_check(line, 0, 9, 9) && mrz_check(line, 13, 6, 19) && mrz_check(line, 21, 6, 27) &&
           (line.p[20] == 'M' || line.p[20] == 'F' || line.p[20] == '<') && line.p[10] >= 'A';
}

static bool is_mrz(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || c == '<';
}

static bool is_word(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80 || c == '_';
}

void ident_scan(struct span s, struct ident_counts *c)
{
    for (size_t at = 0; at < s.n;) {
        size_t end = at;
        if (at && is_word(s.p[at - 1])) { /* only where a word begins */
            at++;
            continue;
        }
        while (end < s.n && end - at <= MRZ_SIZE && is_mrz(s.p[end]))
            end++;
        if (end - at == MRZ_SIZE && is_passport(span_part(s, at, MRZ_SIZE))) {
            c->found[IDENT_PASSPORT_MRZ]++;
            at = end;
        } else if (is_digit(s.p[at])) {
            number(s, at, &end, c);
            at = end > at ? end : at + 1;
        } else {
            at++;
        }
    }
}

void ident_settle(struct ident_counts *c)
{
    if (c->bare >= LIST_MIN && c->bare * 2 >= c->twelve)
        c->found[IDENT_CCCD] += c->bare;
    c->bare = 0;
}
