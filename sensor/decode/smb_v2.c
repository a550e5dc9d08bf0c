/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 2 and 3: the head of a unit, and who reads it. */
#include "sensor/decode/smb_v2.h"
#include "sensor/decode/smb_code.h"
#include "sensor/decode/smb_event.h"

#define FLAG_ANSWER 0x1u
#define FLAG_ASYNC 0x2u
#define FLAG_RELATED 0x4u

/* Bytes of the body that must be there, and what reads them. What is not listed is passed over. */
static const struct row {
    uint16_t need[2];
    smb2_handler *read[2]; /* request, answer */
} rows[SMB2_COMMANDS] = {
    [SMB2_NEGOTIATE] = {{2048, 64}, {smb2_negotiate_request, smb2_negotiate_answer}},
    [SMB2_SESSION_SETUP] = {{32768, 8}, {smb2_session_request, smb2_session_answer}},
    [SMB2_LOGOFF] = {{4, 4}, {smb2_plain_request, smb2_plain_answer}},
    [SMB2_TREE_CONNECT] = {{4096, 16}, {smb2_tree_request, smb2_tree_answer}},
    [SMB2_TREE_DISCONNECT] = {{4, 4}, {smb2_plain_request, smb2_plain_answer}},
    [SMB2_CREATE] = {{4096, 88}, {smb2_create_request, smb2_create_answer}},
    [SMB2_CLOSE] = {{24, 60}, {smb2_close_request, smb2_close_answer}},
    [SMB2_READ] = {{48, 16 + SMB_LOOK}, {smb2_read_request, smb2_read_answer}},
    [SMB2_WRITE] = {{48 + SMB_LOOK, 0}, {smb2_write_request, NULL}},
    [SMB2_QUERY_INFO] = {{40, 128}, {smb2_query_request, smb2_query_answer}},
    [SMB2_SET_INFO] = {{4096, 2}, {smb2_set_request, smb2_set_answer}},
};

static struct smb2_head read_head(struct span unit)
{
    struct reader r = reader_span(unit);
    struct smb2_head hd = {0};
    uint32_t flags;

    reader_seek(&r, 8);
    hd.status = reader_le32(&r);
    hd.command = reader_le16(&r);
    reader_skip(&r, 2);
    flags = reader_le32(&r);
    reader_skip(&r, 4);
    hd.id = reader_le64(&r);
    hd.answer = flags & FLAG_ANSWER;
    hd.async = flags & FLAG_ASYNC;
    hd.related = flags & FLAG_RELATED;
    reader_skip(&r, 4);
    hd.tree = reader_le32(&r);
    if (hd.async)
        hd.tree = 0;
    hd.session = reader_le64(&r);
    return hd;
}

size_t smb2_want(struct span head, uint64_t unit)
{
    struct smb2_head hd = read_head(head);
    size_t want = SMB2_HEAD;

    if (hd.command < SMB2_COMMANDS)
        want += rows[hd.command].need[hd.answer];
    return want < unit ? want : (size_t)unit;
}

void smb2_unit(struct smb *s, struct smb_half *h, struct span head, uint64_t unit)
{
    struct smb2_head hd = read_head(head);
    smb2_handler *read = hd.command < SMB2_COMMANDS ? rows[hd.command].read[hd.answer] : NULL;

    if (hd.command >= SMB2_COMMANDS)
        proto_anomaly(s->cx, h->dir, "smb.malformed_data");
    if (!hd.answer && hd.related) {
        hd.session = h->chain.session;
        hd.tree = h->chain.tree;
    } else if (!hd.answer) {
        smb_file_unref(s, h->chain.file);
        h->chain = (struct smb_chain){hd.session, hd.tree, NULL};
    }
    /* An answer that only says that the answer will come. */
    if (hd.answer && hd.status == SMB_PENDING)
        return;
    if (read)
        read(s, h, &hd, head);
}

struct smb_request *smb2_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, bool told)
{
    struct smb_request *q = smb_request_new(s, h->dir, 2, hd->command, hd->id, told);

    if (q) {
        q->session = hd->session;
        q->tree = hd->tree;
    }
    return q;
}

void smb2_answered(struct smb *s, const struct smb2_head *hd, struct smb_request *q)
{
    if (!q)
        return;
    smb_event_request(s, q, (struct smb_status){.known = true, .code = hd->status});
    smb_request_free(s, q);
}
