/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcaps: the packets of alerts: what each appliance's signed records say of them, who wished for which, and
 * how far it came. They stay on the appliance until somebody asks.
 *
 *     kept ──pcap_want──▶ wanted ──parts──▶ here ──room──▶ kept
 *                            └──▶ gone (the appliance has it no longer), refused (its bytes are not those it
 * signed for)
 *
 * Writing functions run in the caller's transaction. Each change is told with the alerts that name the file.
 */
#ifndef GH_CONSOLE_PCAPS_H
#define GH_CONSOLE_PCAPS_H

#include "base/event.h"
#include "base/fetch.h"
#include "console/store/store.h"

#define PCAP_SHA256 32
#define PCAP_SEALED_MAX                                                                                      \
    (EVENT_PCAP_MAX + EVENT_PCAP_MAX / 1024 + 4096) /* each 64 KiB becomes 17 bytes longer */

struct pcap {
    int64_t id, appliance;
    enum pcap_state state;
    int64_t bytes, sealed, have; /* of the file, sealed, and of that received */
    uint8_t sha256[PCAP_SHA256];
    uint8_t token[FETCH_TOKEN]; /* while WANTED */
    char file[FETCH_NAME], appliance_name[128];
};

/* A record of an appliance about a file: audit, what = pcap_stored or pcap_lost. Others are none of ours. A
 * newer record makes what was fetched out of date. next_seq: the next change number of alerts, moved on. */
int pcap_told(struct db *d, int64_t appliance, const struct json *event, int64_t *next_seq);
/* The file that an alert names. ST_NOT_FOUND: no such alert, or it names none, or nothing was told of it yet
 * (*ret_named: it names one). */
int pcap_of_alert(struct db *d, int64_t alert, struct pcap *ret, bool *ret_named);
int pcap_by_id(struct db *d, int64_t id, struct pcap *ret); /* ST_NOT_FOUND */
/* "pcap" of an open object: null when the alert names none. */
int pcap_put(struct db *d, int64_t alert, struct jw *j);
/* A person wishes for it: KEPT and REFUSED become WANTED, others stay as they are. */
int pcap_want(struct db *d, const struct pcap *p, const char *user);
/* "fetch" of an open object, when the appliance has wishes to fulfil: the oldest FETCH_WISHES. */
int pcap_wishes(struct db *d, int64_t appliance, struct jw *j);
/* So much of a wanted file has come. */
int pcap_have(struct db *d, const struct pcap *p, int64_t have);
/* Its wish is over. why: for GONE, or NULL. */
int pcap_settle(struct db *d, const struct pcap *p, enum pcap_state state, const char *why);
/* The one that has been HERE longest. ST_NOT_FOUND; *ret_bytes: sealed bytes of all that are. */
int pcap_oldest(struct db *d, struct pcap *ret, int64_t *ret_bytes);

#endif
