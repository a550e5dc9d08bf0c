/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_data.h"
#include "sensor/decode/carve.h"
#include "sensor/decode/expect.h"

#define FLOW_CHARGE (2u << 10)
#define CONTEXT_MAX (8u << 10)

struct ftp_data {
    struct proto_ctx *cx;
    struct expect_member member;
    struct transfer *document[2];
    struct writer name;
    uint32_t tx;
    enum ftp_transfer command;
    bool announced;
    bool final; /* all is known */
    bool cut;   /* the server gave the transfer up */

    bool none;     /* it is no data connection, or one whose bytes nobody wants */
    bool event;    /* its event was sent */
    bool spoke[2]; /* bytes came, or are missing */
    bool ended[2];
    bool over[2]; /* its document is closed */
};

const char *ftp_transfer_name(enum ftp_transfer t)
{
    static const char *const names[FTP_TRANSFER_COUNT] = {
        [FTP_TRANSFER_NONE] = "", [FTP_RETR] = "RETR", [FTP_STOR] = "STOR", [FTP_APPE] = "APPE",
        [FTP_STOU] = "STOU",      [FTP_LIST] = "LIST", [FTP_NLST] = "NLST", [FTP_MLSD] = "MLSD",
    };

    return names[t];
}

static bool listing(const struct ftp_data *s)
{
    return s->command >= FTP_LIST;
}

static void drop_documents(struct ftp_data *s)
{
    for (int d = 0; d < 2; d++) {
        carve_drop(s->document[d]);
        s->document[d] = NULL;
    }
}

static void write_members(const struct ftp_data *s, struct jw *j)
{
    jw_kobj(j, "ftp_data");
    if (s->name.n)
        jw_kstr(j, "filename", writer_span(&s->name));
    if (s->command)
        jw_kcstr(j, "command", ftp_transfer_name(s->command));
    jw_end_obj(j);
}

static void set_context(struct ftp_data *s, struct transfer *t)
{
    struct writer w;
    struct jw j;

    writer_init(&w, CONTEXT_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    write_members(s, &j);
    jw_end_obj(&j);
    if (writer_ok(&w))
        carve_context(t, span_part(writer_span(&w), 1, w.n - 2));
    writer_done(&w);
}

/* That direction is over, and what it was is known. */
static void finish(struct ftp_data *s, enum direction dir)
{
    struct transfer *t = s->document[dir];
    struct jw j;

    if (s->over[dir] || !s->spoke[dir])
        return;
    s->over[dir] = true;
    if (!s->event) {
        s->event = true;
        proto_event_begin(s->cx, EVENT_FTP_DATA, dir, s->tx, &j);
        write_members(s, &j);
        proto_event_end(s->cx, &j, 0);
    }
    s->document[dir] = NULL;
    if (listing(s)) {
        carve_drop(t);
        return;
    }
    carve_name(t, writer_span(&s->name));
    set_context(s, t);
    /* The end of the connection is the end of the file; where its beginning was not seen it is not whole. */
    carve_close(t, !s->cx->midstream && !s->cut);
}

static void told(void *state, const struct expect_note *note)
{
    struct ftp_data *s = state;

    s->announced = true;
    if (!note) {
        s->command = FTP_TRANSFER_NONE;
        writer_clear(&s->name);
        return;
    }
    s->final = note->final;
    s->cut = note->cut;
    s->command = note->command < FTP_TRANSFER_COUNT ? (enum ftp_transfer)note->command : FTP_TRANSFER_NONE;
    writer_clear(&s->name);
    writer_put(&s->name, note->name);
    for (int d = 0; d < 2; d++)
        if (s->ended[d] && s->final)
            finish(s, (enum direction)d);
}

/* Only connections that were announced or wait to be are data connections. */
static enum probe ftp_data_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    (void)cx;
    (void)dir;
    (void)first;
    return PROBE_NO;
}

static int ftp_data_open(void *state, struct proto_ctx *cx)
{
    struct ftp_data *s = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    s->tx = cx->tx_next++;
    writer_init(&s->name, EXPECT_NAME_MAX);
    s->member.state = s;
    s->member.told = told;
    expect_join(cx->expects, &s->member, cx);
    return 0;
}

/* The document of a direction that goes on; NULL when its bytes are not wanted. */
static struct transfer *document(struct ftp_data *s, enum direction dir)
{
    bool first = !s->spoke[dir];

    if (s->none || s->over[dir])
        return NULL;
    s->spoke[dir] = true;
    if (!s->announced && (s->spoke[!dir] || !s->member.joined)) { /* a conversation: no data connection */
        s->none = true;
        drop_documents(s);
        expect_leave(s->cx->expects, &s->member);
        return NULL;
    }
    if (listing(s))
        return NULL;
    if (first)
        s->document[dir] = carve_open(s->cx, dir, writer_span(&s->name), s->tx);
    return s->document[dir];
}

static void ftp_data_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    (void)cx;
    carve_data(document(state, dir), bytes);
}

static void ftp_data_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    (void)cx;
    carve_gap(document(state, dir), missing);
}

static void ftp_data_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct ftp_data *s = state;

    (void)cx;
    s->ended[dir] = true;
    if (s->final && !s->none)
        finish(s, dir);
}

static bool ftp_data_lingers(const void *state)
{
    const struct ftp_data *s = state;

    return s->member.joined && !s->final && !s->none && (s->spoke[0] || s->spoke[1]);
}

static void ftp_data_close(void *state, struct proto_ctx *cx)
{
    struct ftp_data *s = state;

    expect_leave(cx->expects, &s->member);
    if (!s->none && (s->announced || expect_is_blind(cx->expects, cx)))
        for (int d = 0; d < 2; d++)
            finish(s, (enum direction)d);
    if (!s->event)
        cx->app_proto = NULL;
    drop_documents(s);
    writer_done(&s->name);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto ftp_data_proto = {
    .name = "ftp-data",
    .state_size = sizeof(struct ftp_data),
    .probe = ftp_data_probe,
    .open = ftp_data_open,
    .feed = ftp_data_feed,
    .gap = ftp_data_gap,
    .end = ftp_data_end,
    .close = ftp_data_close,
    .lingers = ftp_data_lingers,
};
