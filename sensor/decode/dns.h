/* SPDX-License-Identifier: GPL-3.0-or-later
 * dns: DNS over UDP and TCP (RFC 1035, 7766). One EVE `dns` event for each question of a query and one for
 * each answer, in Suricata's version-2 form; both show the client as source, as Suricata does. mDNS, LLMNR
 * and NetBIOS names share the format but are other protocols and are left alone.
 *
 * Ceilings: 32 questions and 128 answers shown of a message, 16 KiB for each list of records in one event,
 * one message of 64 KiB kept for each direction of a TCP connection. What is over them is an anomaly, not
 * silence. */
#ifndef GH_SENSOR_DNS_H
#define GH_SENSOR_DNS_H

#include "sensor/decode/proto.h"

extern const struct proto proto_dns;

#endif
