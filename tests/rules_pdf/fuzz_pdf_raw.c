/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is read of a PDF without poppler; poppler has fuzzers of its own. */
#include "rules/x_pdf_raw.h"
#include "tests/rules_pdf/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extract x;
    bool javascript;
    unsigned external;

    recorder_init(&x);
    x_pdf_raw_labels(&x, span_of(data, size));
    x_pdf_raw_features(span_of(data, size), &javascript, &external);
    recorder_done(&x);
    return 0;
}
