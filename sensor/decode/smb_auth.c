/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smb_auth.h"
#include "sensor/decode/smb_name.h"

#include <stdio.h>

#define TEXT_BYTES 512u /* of one name on the wire */
#define FLAG_UNICODE 0x00000001u
#define FLAG_VERSION 0x02000000u

static const char signature[8] = "NTLMSSP"; /* with its NUL */

/* One field: its length and place stand at where in the message. */
static void put_field(struct jw *j, const char *key, struct span message, size_t where, bool unicode)
{
    struct reader r = reader_span(message);
    uint8_t text[3 * TEXT_BYTES];
    struct writer w;

    reader_seek(&r, where);
    size_t n = reader_le16(&r);
    reader_skip(&r, 2);
    size_t at = reader_le32(&r);
    struct span raw = span_part(message, reader_ok(&r) ? at : message.n, n < TEXT_BYTES ? n : TEXT_BYTES);
    writer_fixed(&w, text, sizeof(text));
    if (unicode)
        smb_name_utf16(raw, &w);
    else
        smb_name_oem(raw, &w);
    jw_kstr(j, key, writer_span(&w));
}

void smb_auth_members(struct span blob, struct jw *j)
{
    ptrdiff_t at = span_find(blob, span_of(signature, sizeof(signature)), 0);
    struct span message;
    struct reader r;

    if (at < 0)
        return;
    message = span_part(blob, (size_t)at, blob.n);
    r = reader_span(message);
    reader_skip(&r, sizeof(signature));
    if (reader_le32(&r) != 3)
        return;
    reader_seek(&r, 60);
    uint32_t flags = reader_le32(&r);
    bool unicode = !reader_ok(&r) || (flags & FLAG_UNICODE);
    jw_kobj(j, "ntlmssp");
    put_field(j, "domain", message, 28, unicode);
    put_field(j, "user", message, 36, unicode);
    put_field(j, "host", message, 44, unicode);
    if (reader_ok(&r) && (flags & FLAG_VERSION)) {
        char text[48];
        unsigned major = reader_u8(&r), minor = reader_u8(&r), build = reader_le16(&r);
        reader_skip(&r, 3);
        unsigned revision = reader_u8(&r);
        if (reader_ok(&r)) {
            snprintf(text, sizeof(text), "%u.%u build %u rev %u", major, minor, build, revision);
            jw_kplain(j, "version", text);
        }
    }
    jw_end_obj(j);
}
