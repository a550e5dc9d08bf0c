/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    transcript_fuzz(&dhcp_proto, true, data, size, 1);
    return 0;
}
