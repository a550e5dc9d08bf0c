/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_msg_rtf.h"

#define DICTIONARY 4096u
#define MAGIC_PACKED 0x75465A4Cu /* "LZFu" */
#define MAGIC_PLAIN 0x414C454Du  /* "MELA" */
#define STEP 65536u              /* bytes of budget taken at a time */

/* The dictionary begins with the words that most documents use (2.2.2.1.1). */
static const char words[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    "\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

static void unpack(struct extract *x, struct reader *r, uint8_t *dict, struct writer *out)
{
    size_t at = sizeof(words) - 1, paid = 0;

    memcpy(dict, words, at);
    while (reader_left(r) && writer_ok(out)) {
        uint8_t control = reader_u8(r);
        for (unsigned bit = 0; bit < 8 && reader_left(r); bit++) {
            if (out->n + 18 > paid) {
                if (!extract_budget(x, STEP))
                    return;
                paid += STEP;
            }
            if (!(control >> bit & 1)) {
                uint8_t b = reader_u8(r);
                writer_u8(out, b);
                dict[at++ % DICTIONARY] = b;
                continue;
            }
            uint16_t token = reader_be16(r);
            size_t from = token >> 4, n = (token & 15) + 2;
            if (!reader_ok(r) || from == at % DICTIONARY)
                return; /* a reference to the place of writing ends the text */
            for (; n > 0; n--) {
                uint8_t b = dict[from++ % DICTIONARY];
                writer_u8(out, b);
                dict[at++ % DICTIONARY] = b;
            }
        }
    }
}

bool msg_rtf_unpack(struct extract *x, struct span in, struct writer *out)
{
    struct reader r = reader_span(in);
    uint8_t dict[DICTIONARY] = {0};
    uint32_t raw, magic;

    reader_skip(&r, 4);
    raw = reader_le32(&r);
    magic = reader_le32(&r);
    reader_skip(&r, 4);
    if (!reader_ok(&r) || (magic != MAGIC_PACKED && magic != MAGIC_PLAIN))
        return false;
    if (magic == MAGIC_PLAIN)
        writer_put(out, reader_take(&r, raw < reader_left(&r) ? raw : reader_left(&r)));
    else
        unpack(x, &r, dict, out);
    return out->n > 0;
}
