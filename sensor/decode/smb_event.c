/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_code.h"

#include <stdio.h>

#define EVENT_MAX (32u << 10)

/* One more event, when there may be one. */
static bool may_tell(struct smb *s, enum direction dir)
{
    if (s->events < SMB_EVENTS_MAX) {
        s->events++;
        return true;
    }
    proto_anomaly(s->cx, dir, "smb.too_many_events");
    return false;
}

static void put_dialect(struct smb *s, struct jw *j)
{
    char text[8];

    if (s->dialect)
        jw_kplain(j, "dialect", smb_code_dialect(s->dialect, text));
    else
        jw_kstr(j, "dialect", s->dialect1[0] ? span_str(s->dialect1) : span_str("unknown"));
}

static void put_command(struct jw *j, unsigned version, uint16_t command)
{
    const char *name = smb_code_command(version, command);
    char text[8];

    snprintf(text, sizeof(text), "%u", command);
    jw_kplain(j, "command", name ? name : text);
}

static void put_status(struct jw *j, struct smb_status st)
{
    const char *name = st.dos ? NULL : smb_code_status(st.code);
    char text[24];

    if (!st.known)
        return;
    if (st.dos && st.code)
        snprintf(text, sizeof(text), "UNKNOWN_%02x_%04x", st.code & 0xFF, st.code >> 16);
    else if (st.dos)
        snprintf(text, sizeof(text), "STATUS_SUCCESS");
    else
        snprintf(text, sizeof(text), "%u", st.code);
    jw_kplain(j, "status", name ? name : text);
    snprintf(text, sizeof(text), st.dos ? "0x%04x" : "0x%x", st.dos ? st.code >> 16 : st.code);
    jw_kplain(j, "status_code", text);
}

void smb_event_request(struct smb *s, const struct smb_request *q, struct smb_status status)
{
    struct jw j;

    if (!q->told || !may_tell(s, q->dir))
        return;
    proto_event_begin(s->cx, EVENT_SMB, q->dir, q->tx, &j);
    jw_kobj(&j, "smb");
    jw_ku64(&j, "id", (uint64_t)q->tx + 1);
    put_dialect(s, &j);
    put_command(&j, q->version, q->command);
    put_status(&j, status);
    jw_ku64(&j, "session_id", q->session);
    jw_ku64(&j, "tree_id", q->tree);
    if (q->facts.n && writer_ok(&q->facts))
        jw_raw(&j, writer_span(&q->facts));
    jw_end_obj(&j);
    proto_event_end(s->cx, &j, 0);
}

void smb_facts(struct jw *j, struct writer *facts)
{
    jw_init(j, facts);
    j->more = facts->n != 0; /* level 0: the comma before the next one */
}

void smb_event_guid(struct jw *j, const char *key, const uint8_t id[SMB_ID])
{
    static const uint8_t order[SMB_ID] = {3, 2, 1, 0, 5, 4, 7, 6, 9, 8, 11, 10, 15, 14, 13, 12};
    struct writer w;
    uint8_t text[40];

    writer_fixed(&w, text, sizeof(text));
    for (size_t i = 0; i < SMB_ID; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            writer_u8(&w, '-');
        writer_hex(&w, &id[order[i]], 1);
    }
    jw_key(j, key);
    jw_plain(j, writer_span(&w));
}

void smb_event_fuid(struct jw *j, const struct smb_file *f)
{
    char text[8];

    if (f->version != 1) {
        smb_event_guid(j, "fuid", f->id);
        return;
    }
    snprintf(text, sizeof(text), "%02x%02x", f->id[1], f->id[0]);
    jw_kplain(j, "fuid", text);
}

static void put_file(struct smb *s, const struct smb_file *f, enum smb_way way, struct jw *j)
{
    uint16_t command = f->version == 1   ? way == SMB_READ ? SMB1_READ_ANDX : SMB1_WRITE_ANDX
                       : way == SMB_READ ? SMB2_READ
                                         : SMB2_WRITE;

    jw_kobj(j, "smb");
    jw_ku64(j, "id", (uint64_t)f->track[way].tx + 1);
    put_dialect(s, j);
    put_command(j, f->version, command);
    jw_ku64(j, "session_id", f->session);
    jw_ku64(j, "tree_id", f->tree);
    jw_kstr(j, "filename", f->name.n ? writer_span(&f->name) : span_str("<unknown>"));
    jw_kstr(j, "share", writer_span(&f->share));
    if (f->have_size)
        jw_ku64(j, "size", f->size);
    smb_event_fuid(j, f);
    jw_end_obj(j);
}

void smb_event_file_members(struct smb *s, const struct smb_file *f, enum smb_way way, struct writer *out)
{
    struct writer w;
    struct jw j;

    writer_init(&w, EVENT_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    put_file(s, f, way, &j);
    jw_end_obj(&j);
    if (writer_ok(&w))
        writer_put(out, span_part(writer_span(&w), 1, w.n - 2));
    writer_done(&w);
}

void smb_event_file(struct smb *s, const struct smb_file *f, enum smb_way way)
{
    struct jw j;

    if (!may_tell(s, f->track[way].dir))
        return;
    proto_event_begin(s->cx, EVENT_SMB, f->track[way].dir, f->track[way].tx, &j);
    put_file(s, f, way, &j);
    proto_event_end(s->cx, &j, 0);
}

void smb_event_unread(struct smb *s, enum direction dir, uint64_t session, const char *how)
{
    struct jw j;
    uint32_t tx = s->cx->tx_next++;

    if (!may_tell(s, dir))
        return;
    proto_event_begin(s->cx, EVENT_SMB, dir, tx, &j);
    jw_kobj(&j, "smb");
    jw_ku64(&j, "id", (uint64_t)tx + 1);
    put_dialect(s, &j);
    jw_ku64(&j, "session_id", session);
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "smb");
    jw_kbool(&j, how, true);
    jw_end_obj(&j);
    jw_end_obj(&j);
    proto_event_end(s->cx, &j, 0);
}
