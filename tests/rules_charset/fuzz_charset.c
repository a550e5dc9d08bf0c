/* SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses a declared name; whatever is detected decodes to valid UTF-8 within the promised
 * size. */
#include "base/text.h"
#include "rules/charset.h"
#include "rules/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        NULL,          "utf-8", "tcvn3",  "vni",    "viscii",      "viqr",    "cp1258",   "shift_jis",
        "gb18030",     "big5",  "euc-kr", "euc-jp", "iso-2022-jp", "utf-16",  "utf-16be", "utf-32",
        "iso-2022-kr", "hz",    "utf-7",  "ibm420", "koi8-r",      "us-ascii"};
    struct writer w, nfc;
    struct span in;
    const char *name;
    double confidence = -1;

    if (size == 0 || charset_warm_up() != 0)
        return 0;
    in = span_of(data + 1, size - 1);
    name = charset_detect(in, names[data[0] % GH_COUNT(names)], &confidence);
    gh_check(charset_known(name) && confidence >= 0 && confidence <= 1);
    for (size_t i = 0; i < 2; i++) {
        writer_init(&w, 4 * in.n + 16);
        charset_decode(in,
                       i                                  ? name
                       : names[data[0] % GH_COUNT(names)] ? names[data[0] % GH_COUNT(names)]
                                                          : "x",
                       &w);
        gh_check(writer_ok(&w) && text_is_utf8(writer_span(&w)));
        writer_init(&nfc, 16 * w.n + 64);
        unicode_nfc(writer_span(&w), &nfc);
        gh_check(writer_ok(&nfc) && text_is_utf8(writer_span(&nfc)));
        writer_clear(&nfc);
        charset_font(data[0] & 1 ? ".VnTimeH" : "VNI-Times", writer_span(&w), &nfc);
        gh_check(text_is_utf8(writer_span(&nfc)));
        writer_done(&nfc);
        writer_done(&w);
    }
    return 0;
}
