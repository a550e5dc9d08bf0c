/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ssh.h"
#include "transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    transcript_fuzz(&ssh_proto, false, data, size, 2 * SSH_PACKET_MAX);
    return 0;
}
