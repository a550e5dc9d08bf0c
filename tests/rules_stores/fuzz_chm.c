/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/formats.h"
#include "tests/rules_extract/fuzz_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(x_chm, data, size);
}
