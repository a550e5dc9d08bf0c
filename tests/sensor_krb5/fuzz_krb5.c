/* SPDX-License-Identifier: GPL-3.0-or-later
 * The conversation over UDP and over TCP; all of it as elements. */
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/asn1.h"
#include "sensor/decode/krb5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in = reader_of(data, size);
    struct span content;
    uint8_t tag;
    int64_t n;

    transcript_fuzz(&krb5_proto, true, data, size, 1);
    transcript_fuzz(&krb5_proto, false, data, size, 512 * 1024);
    while (asn1_next(&in, &tag, &content))
        asn1_number(content, &n);
    return 0;
}
