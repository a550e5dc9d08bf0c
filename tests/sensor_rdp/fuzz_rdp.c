/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/rdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    transcript_fuzz(&rdp_proto, false, data, size, 1024 * 1024);
    return 0;
}
