/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ssh_kex.h"

#define KEXINIT 20
#define COOKIE 16

bool ssh_ident_read(struct span line, struct ssh_ident *ret)
{
    ptrdiff_t dash, blank;

    if (!span_starts(line, "SSH-"))
        return false;
    dash = span_find_byte(line, '-', 4);
    if (dash <= 4)
        return false;
    ret->proto = span_part(line, 4, (size_t)dash - 4);
    ret->software = span_part(line, (size_t)dash + 1, SIZE_MAX);
    blank = span_find_byte(ret->software, ' ', 0);
    if (blank >= 0)
        ret->software = span_part(ret->software, 0, (size_t)blank);
    return true;
}

bool ssh_hassh(struct span payload, bool client, struct writer *ret)
{
    /* Order of the lists in the message; those that HASSH takes, of the one direction or the other. */
    enum { KEX, HOST_KEY, CIPHER_OUT, CIPHER_IN, MAC_OUT, MAC_IN, COMP_OUT, COMP_IN, N_LISTS };
    static const uint8_t wanted[2][4] = {{KEX, CIPHER_IN, MAC_IN, COMP_IN},
                                         {KEX, CIPHER_OUT, MAC_OUT, COMP_OUT}};
    struct reader in = reader_span(payload);
    struct span list[N_LISTS];

    if (reader_u8(&in) != KEXINIT)
        return false;
    reader_skip(&in, COOKIE);
    for (size_t i = 0; i < N_LISTS; i++)
        list[i] = reader_take(&in, reader_be32(&in));
    if (!reader_ok(&in))
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (i)
            writer_u8(ret, ';');
        writer_put(ret, list[wanted[client][i]]);
    }
    return writer_ok(ret);
}
