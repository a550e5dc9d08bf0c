/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 1: opens of all kinds, and their end ([MS-CIFS] 2.2.4.3, .5, .41, .64, 2.2.6.1, .8, .9). */
#include "sensor/decode/smb_name.h"
#include "sensor/decode/smb_v1.h"

#define OPTION_DIRECTORY 0x1u
#define OPTION_DELETE 0x1000u
#define TYPE_PIPES 2u /* file types 1 and 2 are pipes, 3 is a printer */

enum trans2 { TRANS2_OPEN2 = 0, TRANS2_QUERY_FILE = 7, TRANS2_SET_FILE = 8 };
/* information levels, of SMB and of Windows itself, that say or set the size of a file */
enum level {
    QUERY_STANDARD = 0x0102,
    QUERY_ALL = 0x0107,
    SET_END = 0x0104,
    PASS_STANDARD = 1005,
    PASS_ALL = 1018,
    PASS_END = 1020
};

/* ---- files ---- */

struct smb_file *smb1_new_file(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_file *f = smb_file_new(s, 1);

    smb_file_unref(s, h->chain.file);
    h->chain.file = f;
    if (f) {
        f->tree = c->tree;
        smb_file_share(f, smb_tree_find(s, 0, c->tree));
    }
    return f;
}

struct smb_file *smb1_list(struct smb *s, struct smb_file *f, uint16_t id)
{
    uint8_t wide[SMB_ID] = {(uint8_t)id, (uint8_t)(id >> 8)};

    return smb_file_list(s, f, 0, wide);
}

struct smb_file *smb1_file(struct smb *s, struct smb_half *h, const struct smb1_command_of *c, uint16_t id)
{
    uint8_t wide[SMB_ID] = {(uint8_t)id, (uint8_t)(id >> 8)};
    struct smb_file *f;

    if (h->chain.file)
        return h->chain.file;
    f = smb_file_find(s, 0, wide);
    if (f)
        return f;
    f = smb1_new_file(s, h, c);
    if (f)
        smb1_list(s, f, id);
    return f;
}

/* A request that opens the file with the name at the reader. NULL when memory is short. */
static struct smb_request *opens(struct smb *s, struct smb_half *h, const struct smb1_command_of *c,
                                 struct reader *name, bool directory)
{
    struct smb_file *f = smb1_new_file(s, h, c);
    struct smb_request *q = f ? smb1_request(s, h, c, true) : NULL;
    struct jw j;

    if (!q)
        return NULL;
    q->file = smb_file_ref(f);
    smb_name_read(name, c->unicode, &f->name);
    f->directory = directory;
    f->known = true;
    smb_facts(&j, &q->facts);
    jw_kstr(&j, directory ? "directory" : "filename",
            f->name.n ? writer_span(&f->name) : span_str("<share_root>"));
    smb_request_charge(s, q);
    return q;
}

/* The answer to it: the file's id and size. */
static void opened(struct smb *s, struct smb_request *q, uint16_t id, uint64_t size, unsigned type)
{
    struct jw j;

    q->file->have_size = true;
    q->file->size = size;
    q->file->pipe |= type && type <= TYPE_PIPES;
    smb_request_file(s, q, smb1_list(s, q->file, id));
    smb_facts(&j, &q->facts);
    jw_ku64(&j, "size", size);
    smb_event_fuid(&j, q->file);
    smb_request_charge(s, q);
}

/* ---- NT_CREATE_ANDX ---- */

void smb1_nt_create_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c), b = smb1_bytes(c);
    struct smb_request *q;
    struct jw j;

    reader_skip(&r, 35);
    uint32_t disposition = reader_le32(&r), options = reader_le32(&r);
    q = opens(s, h, c, &b, options & OPTION_DIRECTORY);
    if (!q)
        return;
    smb_facts(&j, &q->facts);
    jw_kcstr(&j, "disposition", smb_code_disposition(disposition));
    jw_kcstr(&j, "access", options & OPTION_DELETE ? "delete on close" : "normal");
    smb_request_charge(s, q);
}

void smb1_nt_create_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    static const char *const times[] = {"created", "accessed", "modified", "changed"};
    struct smb_request *q = smb1_find(s, c);
    struct reader r = smb1_words(c);
    uint64_t at[GH_COUNT(times)];
    struct jw j;

    reader_skip(&r, 5);
    uint16_t id = reader_le16(&r);
    reader_skip(&r, 4);
    for (size_t i = 0; i < GH_COUNT(times); i++)
        at[i] = reader_le64(&r);
    reader_skip(&r, 12);
    uint64_t size = reader_le64(&r);
    unsigned type = reader_le16(&r);
    if (q && q->file && c->good && reader_ok(&r)) {
        smb_facts(&j, &q->facts);
        for (size_t i = 0; i < GH_COUNT(times); i++)
            jw_ku64(&j, times[i], smb_code_unix_time(at[i]));
        opened(s, q, id, size, type);
    }
    smb1_answered(s, c, q);
}

/* ---- the older ones ---- */

void smb1_open_andx_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader b = smb1_bytes(c);

    opens(s, h, c, &b, false);
}

void smb1_open_andx_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);
    struct reader r = smb1_words(c);

    reader_skip(&r, 4);
    uint16_t id = reader_le16(&r);
    reader_skip(&r, 6);
    uint32_t size = reader_le32(&r);
    reader_skip(&r, 2);
    unsigned type = reader_le16(&r);
    if (q && q->file && c->good && reader_ok(&r))
        opened(s, q, id, size, type);
    smb1_answered(s, c, q);
}

void smb1_open_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader b = smb1_bytes(c);

    reader_skip(&b, 1); /* its format byte */
    opens(s, h, c, &b, false);
}

void smb1_open_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);
    struct reader r = smb1_words(c);
    uint32_t size = 0;

    uint16_t id = reader_le16(&r);
    if (c->command == SMB1_OPEN) {
        reader_skip(&r, 6);
        size = reader_le32(&r);
    }
    if (q && q->file && c->good && reader_ok(&r))
        opened(s, q, id, size, 0);
    smb1_answered(s, c, q);
}

/* ---- TRANS2 ---- */

/* Parameters (first) or data of a transaction, whose lengths and offsets stand in the words at that place. */
static struct span trans2_part(const struct smb1_command_of *c, size_t at)
{
    struct reader r = smb1_words(c);

    reader_seek(&r, at);
    size_t n = reader_le16(&r), where = reader_le16(&r);
    return reader_ok(&r) ? span_part(c->message, where, n) : (struct span){0};
}

static bool sizes_level(unsigned level)
{
    return level == QUERY_STANDARD || level == QUERY_ALL || level == PASS_STANDARD || level == PASS_ALL;
}

void smb1_trans2_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);
    struct span part = trans2_part(c, 18);
    struct reader parameters = reader_span(part);
    struct smb_request *q = NULL;

    reader_skip(&r, 28);
    unsigned what = reader_le16(&r);
    if (!reader_ok(&r))
        return;
    if (what == TRANS2_OPEN2) {
        reader_seek(&r, 20);
        struct reader name = reader_span(span_part(c->message, 0, (size_t)reader_le16(&r) + part.n));
        reader_seek(&name, name.n - part.n + (part.n < 28 ? part.n : 28));
        q = opens(s, h, c, &name, false);
    } else if (what == TRANS2_QUERY_FILE || what == TRANS2_SET_FILE) {
        unsigned id = reader_le16(&parameters), level = reader_le16(&parameters);
        struct smb_file *f = reader_ok(&parameters) ? smb1_file(s, h, c, (uint16_t)id) : NULL;
        if (f && what == TRANS2_QUERY_FILE && sizes_level(level)) {
            q = smb1_request(s, h, c, false);
            if (q)
                q->file = smb_file_ref(f);
            what = level;
        } else if (f && what == TRANS2_SET_FILE && (level == SET_END || level == PASS_END)) {
            struct reader data = reader_span(trans2_part(c, 22));
            f->planned = reader_le64(&data);
            f->have_planned = reader_ok(&data);
        }
    }
    if (q)
        q->what = (uint16_t)what;
}

void smb1_trans2_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);

    if (q && q->file && c->good && q->what == TRANS2_OPEN2) {
        struct reader r = reader_span(trans2_part(c, 6));
        uint16_t id = reader_le16(&r);
        reader_skip(&r, 6);
        uint32_t size = reader_le32(&r);
        if (reader_ok(&r))
            opened(s, q, id, size, 0);
    } else if (q && q->file && c->good) {
        struct reader r = reader_span(trans2_part(c, 12));
        reader_skip(&r, q->what == QUERY_STANDARD || q->what == PASS_STANDARD ? 8 : 48);
        uint64_t size = reader_le64(&r);
        if (reader_ok(&r)) {
            q->file->have_size = true;
            q->file->size = size;
        }
    }
    smb1_answered(s, c, q);
}

/* ---- CLOSE ---- */

void smb1_close_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);
    uint16_t id = reader_le16(&r);
    struct smb_file *f = reader_ok(&r) ? smb1_file(s, h, c, id) : NULL;
    struct smb_request *q = f ? smb1_request(s, h, c, false) : NULL;

    if (!q)
        return;
    q->file = smb_file_ref(f);
    smb_file_closing(s, f,
                     smb_request_waits(s, 1, SMB1_NT_CREATE_ANDX) || smb_request_waits(s, 1, SMB1_OPEN_ANDX));
}

void smb1_close_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct smb_request *q = smb1_find(s, c);

    if (q && q->file)
        smb_file_close(s, q->file, true);
    smb1_answered(s, c, q);
}
