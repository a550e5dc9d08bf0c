/* SPDX-License-Identifier: GPL-3.0-or-later
 * fake_host: the process behind a parser's context, for tests of one parser: events become lines of text,
 * anomalies lines that start with "! ", memory is counted. */
#ifndef GH_TESTS_FAKE_HOST_H
#define GH_TESTS_FAKE_HOST_H

#include "sensor/decode/proto.h"

struct proto_host {
    struct writer lines;
    size_t charged, limit;
    bool open;
};

/* An empty host and a context of a TCP or UDP flow. */
void fake_start(struct proto_host *h, struct proto_ctx *cx, bool udp, uint16_t client_port,
                uint16_t server_port);
/* Everything said since, as a string; checks that no event is open and that all memory was given back. */
const char *fake_said(struct proto_host *h);
void fake_done(struct proto_host *h);

#endif
