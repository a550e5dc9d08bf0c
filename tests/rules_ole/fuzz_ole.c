/* SPDX-License-Identifier: GPL-3.0-or-later
 * First byte: 6 a section of a Hangul document, 7 a story of Works; 0 to 3 a stream of a document (Word,
 * Excel, PowerPoint, properties), so that the fuzzer gets past the container; else the bytes are a whole
 * compound file. */
#include "rules/formats.h"
#include "tests/rules_ole/cfb_make.h"
#include "tests/rules_pdf/recorder.h"

#define STREAM_MAX 30000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"WordDocument", "Workbook", "PowerPoint Document",
                                        "\5SummaryInformation"};
    struct cfb_make m;
    struct extract x;

    if (size < 1)
        return 0;
    recorder_init(&x);
    if (data[0] < GH_COUNT(names)) {
        struct span bytes = span_part(span_of(data, size), 1, STREAM_MAX);
        cfb_make_init(&m);
        cfb_make_stream(&m, 0, names[data[0]], bytes);
        if (data[0] == 0) /* the table may be the same bytes */
            cfb_make_stream(&m, 0, "0Table", span_part(bytes, 0, 3000));
        x_ole(&x, cfb_make_end(&m));
        cfb_make_done(&m);
    } else if (data[0] == 6 || data[0] == 7) {
        struct span bytes = span_part(span_of(data, size), 1, STREAM_MAX);
        cfb_make_init(&m);
        if (data[0] == 6) {
            cfb_make_stream(&m, 0, "FileHeader", span_part(bytes, 0, 64));
            cfb_make_stream(&m, 0, "DocInfo", span_str("x"));
            cfb_make_stream(&m, cfb_make_storage(&m, 0, "BodyText"), "Section0", bytes);
        } else {
            cfb_make_stream(&m, 0, "MatOST", span_str("x"));
            cfb_make_stream(&m, 0, "CONTENTS", bytes);
        }
        x_ole(&x, cfb_make_end(&m));
        cfb_make_done(&m);
    } else if (data[0] == 4) {
        x_emf(&x, span_of(data + 1, size - 1));
    } else if (data[0] == 5) {
        x_biff(&x, span_of(data + 1, size - 1));
    } else {
        x_ole(&x, span_of(data, size));
    }
    recorder_done(&x);
    return 0;
}
