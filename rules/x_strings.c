/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_strings: the last resort for documents whose format nobody here reads (OneNote, WordPerfect, Access,
 * drawings): runs of letters in them, in ASCII or UTF-8 and in UTF-16. That may find a marking; it is never
 * called reading. */
#include "rules/formats.h"

#include "base/text.h"
#include "rules/unicode.h"

#define RUN_MIN 4 /* letters that are a run */
#define INPUT_MAX (32u << 20)
#define CLOCK_EVERY 65536

static bool is_text(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= ' ' && cp < 0x7f;
    /* Latin with Vietnamese, Greek, Cyrillic, punctuation: elsewhere any two bytes are a letter */
    return cp != TEXT_REPLACEMENT &&
           ((cp >= 0xa0 && cp < 0x530) || (cp >= 0x1e00 && cp <= 0x1eff) || (cp >= 0x2010 && cp <= 0x2026)) &&
           !unicode_is_control(cp);
}

static void put_run(struct extract *x, struct writer *run, unsigned letters)
{
    run->bad = false; /* what was longer than its ceiling is cut there */
    if (letters >= RUN_MIN) {
        extract_text(x, PLACE_BODY, 0, writer_span(run), NULL);
        extract_line(x, PLACE_BODY, 0);
    }
    writer_clear(run);
}

static bool expired(struct extract *x, size_t *steps)
{
    if (++*steps % CLOCK_EVERY || !extract_expired(x))
        return false;
    extract_unread(x, UNREAD_TIMEOUT);
    return true;
}

static void narrow(struct extract *x, struct span in, struct writer *run)
{
    unsigned letters = 0;
    size_t steps = 0;

    for (size_t pos = 0; pos < in.n && !expired(x, &steps);) {
        uint32_t cp = text_next(in, &pos);
        if (is_text(cp)) {
            text_put(run, cp);
            letters += unicode_is_letter(cp);
        } else {
            put_run(x, run, letters);
            letters = 0;
        }
    }
    put_run(x, run, letters);
}

/* Two bytes a letter, at any offset: behind a run the search goes on, after a miss one byte further. */
static void wide(struct extract *x, struct span in, struct writer *run)
{
    unsigned letters = 0;
    size_t steps = 0;

    for (size_t pos = 0; pos + 1 < in.n && !expired(x, &steps);) {
        uint32_t cp = (uint32_t)in.p[pos] | (uint32_t)in.p[pos + 1] << 8;
        if (is_text(cp)) {
            text_put(run, cp);
            letters += unicode_is_letter(cp);
            pos += 2;
        } else {
            put_run(x, run, letters);
            letters = 0;
            pos++;
        }
    }
    put_run(x, run, letters);
}

void x_strings(struct extract *x, struct span in)
{
    struct writer run;
    struct span part = span_part(in, 0, INPUT_MAX);

    writer_init(&run, 1u << 20);
    narrow(x, part, &run);
    wide(x, part, &run);
    writer_done(&run);
    extract_unread(x, UNREAD_UNSUPPORTED);
}
