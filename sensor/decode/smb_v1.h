/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_v1: what the parts of the SMB 1 parser share: one command of a message. Private to smb_v1*.c. */
#ifndef GH_SENSOR_SMB_V1_H
#define GH_SENSOR_SMB_V1_H

#include "sensor/decode/smb_code.h"
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_state.h"

#define SMB1_BATCH 16u /* AndX commands of one message */

/* One command of a message ([MS-CIFS] 2.2.3): its words and its bytes. Text and data stand at offsets of the
 * whole message. */
struct smb1_command_of {
    struct span message;
    uint8_t command;
    bool answer, unicode;
    bool last; /* no AndX command follows */
    struct smb_status status;
    bool good; /* success, or there is more than fits */
    uint16_t tree;
    uint64_t id; /* multiplex and process id */
    unsigned words;
    size_t at_words; /* offsets in the message */
    size_t at_bytes, n_bytes;
};
typedef void smb1_handler(struct smb *s, struct smb_half *h, const struct smb1_command_of *c);

struct reader smb1_words(const struct smb1_command_of *c);
/* A reader over the message that stands at the bytes. */
struct reader smb1_bytes(const struct smb1_command_of *c);
/* A request that waits for its answer; NULL when memory is short. */
struct smb_request *smb1_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c,
                                 bool told);
struct smb_request *smb1_find(struct smb *s, const struct smb1_command_of *c);
/* Tells it with the answer's status and forgets it. NULL is fine. */
void smb1_answered(struct smb *s, const struct smb1_command_of *c, struct smb_request *q);

/* smb_v1_session.c */
smb1_handler smb1_negotiate_request, smb1_negotiate_answer;
smb1_handler smb1_session_request, smb1_session_answer;
smb1_handler smb1_tree_request, smb1_tree_answer;
smb1_handler smb1_plain_request, smb1_plain_answer;
smb1_handler smb1_rename_request;
/* smb_v1_open.c */
smb1_handler smb1_nt_create_request, smb1_nt_create_answer;
smb1_handler smb1_open_andx_request, smb1_open_andx_answer;
smb1_handler smb1_open_request, smb1_open_answer;
smb1_handler smb1_trans2_request, smb1_trans2_answer;
smb1_handler smb1_close_request, smb1_close_answer;
/* smb_v1_data.c */
smb1_handler smb1_read_andx_request, smb1_read_andx_answer;
smb1_handler smb1_read_request, smb1_read_answer;
smb1_handler smb1_write_andx_request, smb1_write_request, smb1_write_and_close_request;

/* The file with that id, for the connection; a new one that nobody knows when there is none. chained: that of
 * an open in the same message goes first. No reference; NULL when memory is short. */
struct smb_file *smb1_file(struct smb *s, struct smb_half *h, const struct smb1_command_of *c, uint16_t id);
/* A new file in the share of the message, with a reference in h->chain. */
struct smb_file *smb1_new_file(struct smb *s, struct smb_half *h, const struct smb1_command_of *c);
/* Its id is known; as smb_file_list. */
struct smb_file *smb1_list(struct smb *s, struct smb_file *f, uint16_t id);

#endif
