/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_v2: what the two halves of the SMB 2 parser share: the head of a unit. Private to smb_v2*.c. */
#ifndef GH_SENSOR_SMB_V2_H
#define GH_SENSOR_SMB_V2_H

#include "sensor/decode/smb_state.h"

/* [MS-SMB2] 2.2.1 */
struct smb2_head {
    uint32_t status;
    uint16_t command;
    bool answer, async, related;
    uint64_t id;
    uint64_t session;
    uint32_t tree; /* 0 when async: it is not said then */
};
/* The unit, over which offsets of the protocol count, and its body. */
typedef void smb2_handler(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit);

/* A request that waits for its answer, with session and tree. NULL when memory is short. */
struct smb_request *smb2_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, bool told);
/* Tells it with the answer's status and forgets it. */
void smb2_answered(struct smb *s, const struct smb2_head *hd, struct smb_request *q);

/* smb_v2_session.c: negotiation, sessions, shares */
smb2_handler smb2_negotiate_request, smb2_negotiate_answer;
smb2_handler smb2_session_request, smb2_session_answer;
smb2_handler smb2_tree_request, smb2_tree_answer;
smb2_handler smb2_plain_request, smb2_plain_answer;
/* smb_v2_file.c: opens and their data */
smb2_handler smb2_create_request, smb2_create_answer;
smb2_handler smb2_close_request, smb2_close_answer;
smb2_handler smb2_read_request, smb2_read_answer;
smb2_handler smb2_write_request;
smb2_handler smb2_query_request, smb2_query_answer;
smb2_handler smb2_set_request, smb2_set_answer;

#endif
