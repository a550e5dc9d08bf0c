/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/formats.h"
#include "tests/rules_pdf/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extract x;

    recorder_init(&x);
    x_rtf(&x, span_of(data, size));
    recorder_done(&x);
    return 0;
}
