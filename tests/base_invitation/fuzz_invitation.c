/* SPDX-License-Identifier: GPL-3.0-or-later
 * Codes, descriptions of consoles and sealed requests: what is read is written the same again. The first byte chooses. */
#include "base/invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct seal_keys *keys;
    struct span in = span_of(data + 1, n - 1);
    char code[INVITATION_CODE], other[INVITATION_CODE];
    struct invitation_host h, again;
    uint8_t hash[SEAL_HASH];
    struct invitation i, j;
    struct writer w;
    unsigned group;

    if (!n)
        return 0;
    if (!keys) {
        gh_check(seal_init() == 0);
        keys = seal_keys_generate();
        gh_check(keys);
    }
    writer_init(&w, INVITATION_JOIN_MAX);
    if (data[0] % 3 == 0) {
        if (invitation_read(in, &i, &group) == 0) {
            invitation_code(&i, code);
            gh_check(invitation_read(span_str(code), &j, &group) == 0 && !memcmp(&i, &j, sizeof(i)));
            gh_check(!strcmp(invitation_code(&j, other), code));
        } else {
            gh_check(group <= INVITATION_GROUPS);
        }
    } else if (data[0] % 3 == 1) {
        if (invitation_host_read(in, &h) == 0) {
            invitation_host_write(&h, &w);
            gh_check(invitation_host_read(writer_span(&w), &again) == 0 && !memcmp(&h.console, &again.console, sizeof(h.console)) &&
                     !strcmp(h.pin, again.pin));
        }
    } else {
        gh_check(invitation_open(in, keys, hash, &w) != 0); /* nobody else knows these keys */
    }
    writer_done(&w);
    return 0;
}
