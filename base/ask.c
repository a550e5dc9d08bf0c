/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ask.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

int ask_read(struct span body, uint64_t *ret_id, struct span *ret_json)
{
    struct reader r = reader_span(body);

    *ret_id = reader_le64(&r);
    *ret_json = reader_rest(&r);
    return reader_ok(&r) ? 0 : ST_MALFORMED;
}

int answer_read(struct span body, uint64_t *ret_id, enum ask_state *ret_state, struct span *ret_json)
{
    struct reader r = reader_span(body);
    uint64_t state;

    *ret_id = reader_le64(&r);
    state = reader_u8(&r);
    *ret_json = reader_rest(&r);
    if (!reader_ok(&r) || state >= ASK_STATES)
        return ST_MALFORMED;
    *ret_state = (enum ask_state)state;
    return 0;
}

int forget_read(struct span body, uint64_t *ret_id)
{
    struct span rest;
    int rc = ask_read(body, ret_id, &rest);

    return !rc && rest.n ? ST_MALFORMED : rc;
}

static int post(struct proc_chan *pc, enum msg_type type, uint64_t id, int state, struct span json, int fd)
{
    struct writer w;
    int rc = ST_FULL;

    writer_init(&w, MSG_MAX);
    writer_le(&w, id, 8);
    if (state >= 0)
        writer_u8(&w, (uint8_t)state);
    writer_put(&w, json);
    if (writer_ok(&w))
        rc = proc_chan_post(pc, type, writer_span(&w), fd);
    writer_done(&w);
    return rc;
}

int ask_post(struct proc_chan *pc, uint64_t id, struct span json, int fd)
{
    return json.n > ASK_JSON_MAX ? ST_FULL : post(pc, MSG_ASK, id, -1, json, fd);
}

int forget_post(struct proc_chan *pc, uint64_t id)
{
    return post(pc, MSG_FORGET, id, -1, (struct span){NULL, 0}, -1);
}

int answer_post(struct proc_chan *pc, uint64_t id, enum ask_state state, struct span json, int fd)
{
    return json.n > ASK_JSON_MAX ? ST_FULL : post(pc, MSG_ANSWER, id, (int)state, json, fd);
}

int answer_post_error(struct proc_chan *pc, uint64_t id, const char *fmt, ...)
{
    char text[1024];
    struct writer w;
    struct jw j;
    va_list args;
    int rc;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    writer_init(&w, ASK_JSON_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "error", text);
    jw_end_obj(&j);
    rc = answer_post(pc, id, ASK_FAILED, writer_span(&w), -1);
    writer_done(&w);
    return rc;
}
