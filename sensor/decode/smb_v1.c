/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 1: the head of a message, its chain of AndX commands, and who reads them. */
#include "sensor/decode/smb_v1.h"

#define FLAG_ANSWER 0x80u
#define FLAG2_NT_STATUS 0x4000u
#define FLAG2_UNICODE 0x8000u
#define AT_WORDS SMB1_HEAD

static const struct row {
    uint8_t command;
    bool andx;
    bool data;             /* may carry much data: passed on without being collected */
    smb1_handler *read[2]; /* request, answer */
} rows[] = {
    {SMB1_NEGOTIATE, false, false, {smb1_negotiate_request, smb1_negotiate_answer}},
    {SMB1_SESSION_SETUP_ANDX, true, false, {smb1_session_request, smb1_session_answer}},
    {SMB1_LOGOFF_ANDX, true, false, {smb1_plain_request, smb1_plain_answer}},
    {SMB1_TREE_CONNECT_ANDX, true, false, {smb1_tree_request, smb1_tree_answer}},
    {SMB1_TREE_DISCONNECT, false, false, {smb1_plain_request, smb1_plain_answer}},
    {SMB1_NT_CREATE_ANDX, true, false, {smb1_nt_create_request, smb1_nt_create_answer}},
    {SMB1_OPEN_ANDX, true, false, {smb1_open_andx_request, smb1_open_andx_answer}},
    {SMB1_OPEN, false, false, {smb1_open_request, smb1_open_answer}},
    {SMB1_CREATE, false, false, {smb1_open_request, smb1_open_answer}},
    {SMB1_CREATE_NEW, false, false, {smb1_open_request, smb1_open_answer}},
    {SMB1_TRANS2, false, false, {smb1_trans2_request, smb1_trans2_answer}},
    {SMB1_CLOSE, false, false, {smb1_close_request, smb1_close_answer}},
    {SMB1_READ_ANDX, true, true, {smb1_read_andx_request, smb1_read_andx_answer}},
    {SMB1_WRITE_ANDX, true, true, {smb1_write_andx_request, NULL}},
    {SMB1_READ, false, false, {smb1_read_request, smb1_read_answer}},
    {SMB1_WRITE, false, false, {smb1_write_request, NULL}},
    {SMB1_WRITE_AND_UNLOCK, false, false, {smb1_write_request, NULL}},
    {SMB1_WRITE_AND_CLOSE, false, false, {smb1_write_and_close_request, NULL}},
    {SMB1_RENAME, false, false, {smb1_rename_request, smb1_plain_answer}},
    {SMB1_LOCKING_ANDX, true, false, {NULL, NULL}},
};

static const struct row *find_row(uint8_t command)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (rows[i].command == command)
            return &rows[i];
    return NULL;
}

/* The command at its words; false when it is not all there. */
static bool read_command(struct smb1_command_of *c, uint8_t command, size_t at)
{
    struct reader r = reader_span(c->message);

    reader_seek(&r, at);
    c->command = command;
    c->words = reader_u8(&r);
    c->at_words = at + 1;
    reader_skip(&r, 2 * (size_t)c->words);
    c->n_bytes = reader_le16(&r);
    c->at_bytes = r.pos;
    c->last = true;
    return reader_ok(&r);
}

size_t smb1_want(struct span head, uint64_t unit)
{
    struct reader r = reader_span(head);
    size_t most = unit < SMB_WHOLE_MAX ? (size_t)unit : SMB_WHOLE_MAX;

    reader_seek(&r, 4);
    const struct row *row = find_row(reader_u8(&r));
    reader_seek(&r, 9);
    bool answer = reader_u8(&r) & FLAG_ANSWER;
    reader_seek(&r, AT_WORDS - 1);
    size_t fixed = AT_WORDS + 2 * (size_t)reader_u8(&r) + 2;
    if (!row)
        return SMB1_HEAD;
    if (!row->data || fixed > most)
        return most;
    if (head.n < fixed)
        return fixed;
    bool data = answer == (row->command == SMB1_READ_ANDX);
    if (data && reader_u8(&r) != SMB1_NONE)
        return most; /* what follows the data must be seen, too */
    return data && SMB_LOOK < most - fixed ? fixed + SMB_LOOK : data ? most : fixed;
}

static struct smb1_command_of read_head(struct span message)
{
    struct smb1_command_of c = {.message = message};
    struct reader r = reader_span(message);

    reader_seek(&r, 4);
    c.command = reader_u8(&r);
    uint32_t status = reader_le32(&r);
    c.answer = reader_u8(&r) & FLAG_ANSWER;
    uint16_t flags2 = reader_le16(&r);
    c.unicode = flags2 & FLAG2_UNICODE;
    c.status = (struct smb_status){.known = true, .dos = !(flags2 & FLAG2_NT_STATUS), .code = status};
    c.good = !status || status == SMB_BUFFER_OVERFLOW;
    reader_skip(&r, 12);
    c.tree = reader_le16(&r);
    c.id = (uint64_t)reader_le16(&r) << 16;
    reader_skip(&r, 2);
    c.id |= reader_le16(&r);
    return c;
}

void smb1_unit(struct smb *s, struct smb_half *h, struct span head, uint64_t unit)
{
    struct smb1_command_of c = read_head(head);
    size_t at = AT_WORDS - 1;
    uint8_t command = c.command;

    for (unsigned i = 0; i < SMB1_BATCH; i++) {
        const struct row *row = find_row(command);
        struct reader r;
        if (!row)
            return;
        if (!read_command(&c, command, at)) {
            if (head.n == unit) /* otherwise a hole is why */
                proto_anomaly(s->cx, h->dir, "smb.malformed_data");
            return;
        }
        r = smb1_words(&c);
        uint8_t next = reader_u8(&r);
        reader_skip(&r, 1);
        size_t next_at = reader_le16(&r);
        c.last = !row->andx || !reader_ok(&r) || next == SMB1_NONE || next_at <= at || next_at >= head.n;
        if (row->read[c.answer])
            row->read[c.answer](s, h, &c);
        if (c.last)
            return;
        command = next;
        at = next_at;
    }
}

struct reader smb1_words(const struct smb1_command_of *c)
{
    return reader_span(span_part(c->message, c->at_words, 2 * (size_t)c->words));
}

struct reader smb1_bytes(const struct smb1_command_of *c)
{
    struct reader r = reader_span(span_part(c->message, 0, c->at_bytes + c->n_bytes));

    reader_seek(&r, c->at_bytes);
    return r;
}

struct smb_request *smb1_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c,
                                 bool told)
{
    struct smb_request *q = smb_request_new(s, h->dir, 1, c->command, c->id, told);

    if (q)
        q->tree = c->tree;
    return q;
}

struct smb_request *smb1_find(struct smb *s, const struct smb1_command_of *c)
{
    return smb_request_find(s, 1, c->command, c->id);
}

void smb1_answered(struct smb *s, const struct smb1_command_of *c, struct smb_request *q)
{
    if (!q)
        return;
    smb_event_request(s, q, c->status);
    smb_request_free(s, q);
}
