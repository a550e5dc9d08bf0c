/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 1: negotiation, sessions and shares ([MS-CIFS] 2.2.4.52 to 2.2.4.55, [MS-SMB] 2.2.4.5 to 2.2.4.7). */
#include "sensor/decode/smb_auth.h"
#include "sensor/decode/smb_name.h"
#include "sensor/decode/smb_v1.h"

#define DIALECTS_MAX 32
#define FORMAT_DIALECT 2

/* The dialect at index of the list of a negotiation; empty when there is none. */
static struct span dialect_at(struct span list, unsigned index)
{
    struct reader r = reader_span(list);

    for (unsigned i = 0; reader_left(&r); i++) {
        struct span rest = span_part(list, r.pos, list.n);
        ptrdiff_t nul = span_find_byte(rest, 0, 0);
        size_t n = nul < 0 ? rest.n : (size_t)nul;
        struct span one = span_part(rest, 1, n ? n - 1 : 0); /* behind its format byte */
        if (i == index)
            return one;
        reader_skip(&r, n + (nul >= 0));
    }
    return (struct span){0};
}

void smb1_negotiate_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_request(s, h, c, true);
    struct reader r = smb1_bytes(c);
    struct span list = span_part(reader_rest(&r), 0, SMB_NAME_MAX);
    struct jw j;

    if (!q)
        return;
    writer_put(&q->name, list);
    s->negotiate1 = c->id;
    smb_facts(&j, &q->facts);
    jw_karr(&j, "client_dialects");
    for (unsigned i = 0; i < DIALECTS_MAX; i++) {
        struct span one = dialect_at(list, i);
        if (!one.n)
            break;
        jw_str(&j, one);
    }
    jw_end_karr(&j, "client_dialects");
    smb_request_charge(s, q);
}

void smb1_negotiate_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);
    struct reader r = smb1_words(c);
    unsigned index = reader_le16(&r);
    struct writer w;

    if (q && reader_ok(&r) && c->good) {
        struct span one = dialect_at(writer_span(&q->name), index);
        writer_fixed(&w, s->dialect1, sizeof(s->dialect1) - 1);
        smb_name_oem(span_part(one, 0, sizeof(s->dialect1) / 2), &w);
        s->dialect1[w.n] = 0;
    }
    smb1_answered(s, c, q);
}

static void put_host(struct jw *j, const char *key, struct reader *r, bool unicode)
{
    struct writer w;

    writer_init(&w, SMB_NAME_MAX);
    jw_kobj(j, key);
    smb_name_read(r, unicode, &w);
    jw_kstr(j, "native_os", writer_span(&w));
    writer_clear(&w);
    smb_name_read(r, unicode, &w);
    jw_kstr(j, "native_lm", writer_span(&w));
    jw_end_obj(j);
    writer_done(&w);
}

/* A log-on without NTLMSSP names account and domain itself. */
static void put_account(struct jw *j, struct reader *r, bool unicode)
{
    struct writer account, domain;

    writer_init(&account, SMB_NAME_MAX);
    writer_init(&domain, SMB_NAME_MAX);
    smb_name_read(r, unicode, &account);
    smb_name_read(r, unicode, &domain);
    jw_kobj(j, "ntlmssp");
    jw_kstr(j, "domain", writer_span(&domain));
    jw_kstr(j, "user", writer_span(&account));
    jw_kcstr(j, "host", "");
    jw_end_obj(j);
    writer_done(&account);
    writer_done(&domain);
}

void smb1_session_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_request(s, h, c, true);
    struct reader r = smb1_words(c), b = smb1_bytes(c);
    struct jw j;

    if (!q)
        return;
    reader_skip(&r, 14);
    size_t first = reader_le16(&r), second = reader_le16(&r);
    smb_facts(&j, &q->facts);
    if (c->words == 12) { /* extended security */
        smb_auth_members(reader_take(&b, first), &j);
        put_host(&j, "request", &b, c->unicode);
    } else if (c->words == 13) {
        reader_skip(&b, first);
        reader_skip(&b, second);
        put_account(&j, &b, c->unicode);
        put_host(&j, "request", &b, c->unicode);
    }
    smb_request_charge(s, q);
}

void smb1_session_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);
    struct reader r = smb1_words(c), b = smb1_bytes(c);
    struct jw j;

    if (q && (c->words == 3 || c->words == 4)) {
        reader_skip(&r, 6);
        if (c->words == 4)
            reader_skip(&b, reader_le16(&r));
        smb_facts(&j, &q->facts);
        put_host(&j, "response", &b, c->unicode);
        smb_request_charge(s, q);
    }
    smb1_answered(s, c, q);
}

void smb1_tree_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_request(s, h, c, true);
    struct reader r = smb1_words(c), b = smb1_bytes(c);
    struct writer service;
    struct jw j;

    if (!q)
        return;
    reader_skip(&r, 6);
    reader_skip(&b, reader_le16(&r));
    smb_name_read(&b, c->unicode, &q->name);
    writer_init(&service, 64);
    smb_name_read(&b, false, &service);
    smb_facts(&j, &q->facts);
    jw_kobj(&j, "service"); /* closed with the answer's word for it, or where it is told without one */
    jw_kstr(&j, "request", writer_span(&service));
    jw_end_obj(&j);
    writer_done(&service);
    smb_request_charge(s, q);
}

void smb1_tree_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);
    struct reader b = smb1_bytes(c);
    struct writer service;
    struct jw j;

    if (!q)
        return;
    writer_init(&service, 64);
    smb_name_read(&b, false, &service);
    bool pipe = span_eq_nocase(writer_span(&service), "IPC");
    smb_facts(&j, &q->facts);
    jw_kstr(&j, pipe ? "named_pipe" : "share", writer_span(&q->name));
    writer_done(&service);
    smb_request_charge(s, q);
    if (c->good) {
        q->tree = c->tree;
        smb_tree_add(s, 0, c->tree, writer_span(&q->name), pipe);
    }
    smb1_answered(s, c, q);
}

void smb1_plain_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    smb1_request(s, h, c, true);
}

void smb1_plain_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    if (c->command == SMB1_TREE_DISCONNECT && c->good)
        smb_tree_remove(s, 0, c->tree);
    smb1_answered(s, c, smb1_find(s, c));
}

void smb1_rename_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_request(s, h, c, true);
    struct reader b = smb1_bytes(c);
    struct writer from;
    struct jw j;

    if (!q)
        return;
    writer_init(&from, SMB_NAME_MAX);
    reader_skip(&b, 1);
    smb_name_read(&b, c->unicode, &from);
    reader_skip(&b, 1);
    smb_name_read(&b, c->unicode, &q->name);
    smb_facts(&j, &q->facts);
    jw_kobj(&j, "rename");
    jw_kstr(&j, "from", writer_span(&from));
    jw_kstr(&j, "to", writer_span(&q->name));
    jw_end_obj(&j);
    writer_done(&from);
    smb_request_charge(s, q);
}
