/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_event: the smb event, by Suricata's names. At most SMB_EVENTS_MAX of a connection; then one anomaly.
 * Decode thread only. */
#ifndef GH_SENSOR_SMB_EVENT_H
#define GH_SENSOR_SMB_EVENT_H

#include "sensor/decode/smb_state.h"

/* Status of an answer. */
struct smb_status {
    bool known;
    bool dos; /* an error class and code of SMB 1 instead of an NT status */
    uint32_t code;
};

/* One request and its answer; facts of the request stand in it. */
void smb_event_request(struct smb *s, const struct smb_request *q, struct smb_status status);
/* "smb":{…} of one way of a file, without braces around it. */
void smb_event_file_members(struct smb *s, const struct smb_file *f, enum smb_way way, struct writer *out);
/* The event of one way of a file. */
void smb_event_file(struct smb *s, const struct smb_file *f, enum smb_way way);
/* Something that is there but cannot be read: "encrypted" or "compressed", once a connection. */
void smb_event_unread(struct smb *s, enum direction dir, uint64_t session, const char *how);
/* More members for a text of them: behind what q->facts and the like hold already. */
void smb_facts(struct jw *j, struct writer *facts);
/* 16 bytes as a GUID. */
void smb_event_guid(struct jw *j, const char *key, const uint8_t id[SMB_ID]);
/* "fuid" member. */
void smb_event_fuid(struct jw *j, const struct smb_file *f);

#endif
