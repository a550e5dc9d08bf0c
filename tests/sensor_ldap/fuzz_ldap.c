/* SPDX-License-Identifier: GPL-3.0-or-later
 * The conversation over UDP and over TCP. */
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/ldap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    transcript_fuzz(&ldap_proto, true, data, size, 17 * 16384);
    transcript_fuzz(&ldap_proto, false, data, size, 1024 * 1024);
    return 0;
}
