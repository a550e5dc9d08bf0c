/* SPDX-License-Identifier: GPL-3.0-or-later
 * rtsp: messages of RTSP (RFC 2326, 7826; TCP) and SIP (RFC 3261; TCP and UDP), which look alike: a line,
 * fields, a body of Content-Length bytes. Either side may ask. Bodies (session descriptions, parameters,
 * instant messages of RFC 3428) become documents, named by the end of the URL that was asked for last. Media
 * that RTSP interleaves ("$", channel, length) are stepped over. No events but fileinfo.
 *
 * Ceilings: HTTP_HEAD_MAX of one head, RTSP_LINE_MAX of a line. Decode thread only. */
#ifndef GH_SENSOR_RTSP_H
#define GH_SENSOR_RTSP_H

#include "sensor/decode/proto.h"

#define RTSP_LINE_MAX 8192u
#define RTSP_NAME_MAX 256u

extern const struct proto rtsp_proto, sip_proto;

#endif
