/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/formats.h"
#include "tests/rules_pdf/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extract x;

    recorder_init(&x);
    if (size > 4 && data[0] == 'P' && data[1] == 'K')
        x_odf(&x, span_of(data, size));
    else
        x_odf_flat(&x, span_of(data, size));
    recorder_done(&x);
    return 0;
}
