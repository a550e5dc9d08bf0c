/* SPDX-License-Identifier: GPL-3.0-or-later
 * smtp_dots: the text behind DATA (RFC 5321 section 4.5.2): doubled dots made single, the lone dot found.
 * Used by smtp.c; POP3 sends its mails in the same way. Value type, decode thread only. */
#ifndef GH_SENSOR_SMTP_DOTS_H
#define GH_SENSOR_SMTP_DOTS_H

#include "sensor/decode/mime.h"

struct smtp_dots {
    bool lf_only; /* this peer ends its lines with LF alone */
    enum direction dir;
    const char *oddity; /* name of the anomaly: a lone dot between line ends of two kinds */
    bool line_start;
    bool bare;    /* the line end before this line was LF alone */
    bool cr;      /* the last byte was CR */
    unsigned dot; /* at a line's start: 1 behind a dot, 2 behind a dot and CR */
};

void smtp_dots_start(struct smtp_dots *d, bool lf_only, enum direction dir, const char *oddity);
/* Passes text to m (NULL: it is lost) and takes it off *in. True: the lone dot came, *in is what stands
 * behind it. */
bool smtp_dots_feed(struct smtp_dots *d, struct proto_ctx *cx, struct mime *m, struct span *in);
/* Bytes are missing: the next one is in the middle of a line. */
void smtp_dots_gap(struct smtp_dots *d);

#endif
