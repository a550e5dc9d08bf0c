/* SPDX-License-Identifier: GPL-3.0-or-later
 * A zip, or a section alone: what begins otherwise is put into one. */
#include "rules/formats.h"
#include "tests/rules_ooxml/zipper.h"
#include "tests/rules_pdf/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct extract x;
    struct zipper z;

    recorder_init(&x);
    zipper_init(&z);
    if (size < 2 || data[0] != 'P' || data[1] != 'K') {
        zipper_add(&z, "Contents/section0.xml", in);
        zipper_add(&z, "Contents/content.hpf", in);
        zipper_add(&z, "META-INF/manifest.xml", in);
        in = zipper_end(&z);
    }
    x_hwpx(&x, in);
    recorder_done(&x);
    zipper_done(&z);
    return 0;
}
