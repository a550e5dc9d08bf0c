/* SPDX-License-Identifier: GPL-3.0-or-later
 * The appliance's id in a subject, which any client of the broker may write. */
#include "console/nats/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char subject[BROKER_SUBJECT], from[DESK_ID + 1];

    if (n >= sizeof(subject))
        return 0;
    memcpy(subject, data, n);
    subject[n] = 0;
    if (desk_from(subject, from))
        gh_check(strlen(from) == DESK_ID && strspn(from, "0123456789abcdef") == DESK_ID && strlen(subject) > DESK_ID);
    return 0;
}
