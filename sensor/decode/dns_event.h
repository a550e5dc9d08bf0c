/* SPDX-License-Identifier: GPL-3.0-or-later
 * dns_event: one DNS message to EVE `dns` events, within the ceilings that dns.h names. Only for dns.c. */
#ifndef GH_SENSOR_DNS_EVENT_H
#define GH_SENSOR_DNS_EVENT_H

#include "sensor/decode/proto.h"

/* The whole message, without a TCP length prefix. Malformed parts are anomalies. */
void dns_event_message(struct proto_ctx *cx, enum direction dir, struct span message);

#endif
