/* SPDX-License-Identifier: GPL-3.0-or-later
 * What goes down to appliances: they hand in the order that they were given and get what it names, piece by
 * piece. What proves the asker is the order: the console's own signature, which only the answer to this
 * appliance's newest batch or hello carried. Also the lists of it all for people. */
#include "base/goods.h"
#include "console/api/app.h"
#include "console/store/goods.h"

#include <stdlib.h>

#define GOODS_TYPE "application/vnd.gatehouse.goods"
#define PIECE_HEAD 64 /* more than the head of any piece */

/* Is it this console's order, and still to be obeyed? False with the problem written, or *ret_rc. */
static bool admit(struct worker *w, struct request *r, const struct goods_order *o, int64_t *ret_appliance,
                  int *ret_rc)
{
    struct db_stmt *s;
    bool there;

    *ret_rc = 0;
    if (goods_order_verify(o, seal_keys_public(w->app->keys)) != 0 &&
        (!w->app->old || goods_order_verify(o, seal_keys_public(w->app->old)) != 0)) {
        reply_problem_say(r, PROBLEM_BAD_SIGNATURE, "This is no order of this console.");
        return false;
    }
    *ret_rc = db_query(w->db, &s,
                       "SELECT w.appliance FROM goods_want w JOIN appliance a ON a.id = w.appliance WHERE "
                       "a.identity = ? AND "
                       "a.state = ? AND w.kind = ? AND w.serial = ?",
                       "biii", span_of(o->appliance, SEAL_ID), (int64_t)APPLIANCE_ACTIVE, (int64_t)o->kind,
                       (int64_t)o->serial);
    if (!*ret_rc)
        *ret_rc = db_step(s);
    there = *ret_rc == 1;
    if (there) {
        *ret_appliance = db_i64(s, 0);
        db_reset(s);
        *ret_rc = 0;
    }
    if (!there && !*ret_rc)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "This order does not hold any more.");
    return there;
}

static int put_manifest(struct db *d, const struct goods_ask *ask, struct writer *out, int64_t *ret_bytes)
{
    struct goods_piece p = {.what = GOODS_ASK_MANIFEST, .offset = ask->offset};
    struct writer manifest;
    int rc;

    writer_init(&manifest, GOODS_MANIFEST_MAX);
    rc = goods_manifest(d, ask->order.manifest, &manifest);
    p.bytes = span_part(writer_span(&manifest), ask->offset, ask->most - PIECE_HEAD);
    if (!rc && !p.bytes.n)
        rc = ST_NOT_FOUND;
    if (!rc)
        goods_piece_write(&p, out);
    writer_done(&manifest);
    *ret_bytes = 0;
    return rc;
}

/* As many of the chunks as the answer may have bytes, in the order in which they are asked for; one at least.
 */
static int put_chunks(struct db *d, const struct goods_ask *ask, struct writer *out, int64_t *ret_bytes)
{
    struct goods_piece p;
    struct writer bytes;
    int rc = 0;

    *ret_bytes = 0;
    writer_init(&bytes, 2 * CDC_MAX);
    for (uint32_t i = 0; i < ask->n && !rc; i++) {
        rc = goods_chunk_of(d, ask->order.manifest, ask->ids[i], &bytes, &p);
        if (rc == ST_NOT_FOUND) {
            p = (struct goods_piece){.what = GOODS_ASK_CHUNK, .gone = true};
            memcpy(p.id, ask->ids[i], SEAL_HASH);
            rc = 0;
        }
        if (out->n + p.bytes.n + PIECE_HEAD > ask->most)
            break;
        if (!rc)
            goods_piece_write(&p, out);
        *ret_bytes += p.n;
    }
    writer_done(&bytes);
    return rc;
}

static int note_fetching(struct worker *w, const struct goods_order *o, int64_t appliance, int64_t bytes)
{
    int rc = 0;
    struct db *d = store_begin(w->app->store, &rc);

    if (!d)
        return rc;
    rc = goods_fetching(d, appliance, o->kind, o->serial, bytes);
    return store_end(w->app->store, rc);
}

void api_goods_ask(struct worker *w, struct request *r)
{
    struct goods_ask *ask = arena_alloc(r->arena, sizeof(*ask));
    int64_t appliance = 0, bytes = 0;
    struct writer *out = &r->reply.body;
    int rc;

    if (!ask) {
        app_fail(r, ST_NOMEM);
        return;
    }
    if (goods_ask_read(writer_span(&r->body), ask) != 0) {
        reply_problem(r, PROBLEM_BAD_ENVELOPE);
        return;
    }
    if (!admit(w, r, &ask->order, &appliance, &rc)) {
        if (rc)
            app_fail(r, rc);
        return;
    }
    writer_done(out);
    writer_init(out, GOODS_ASK_MOST + 16);
    writer_str(out, GOODS_ANSWER_MAGIC);
    rc = ask->what == GOODS_ASK_MANIFEST ? put_manifest(w->db, ask, out, &bytes)
                                         : put_chunks(w->db, ask, out, &bytes);
    if (!rc)
        rc = note_fetching(w, &ask->order, appliance, bytes);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "These goods were removed.");
    else if (rc)
        app_fail(r, rc);
    if (rc)
        return;
    r->reply.status = 200;
    r->reply.content_type = GOODS_TYPE;
}

/* ---- people ---- */

static void reply_list(struct request *r, struct jw *j, int rc)
{
    reply_object_end(r, j, rc);
}

/* The kind that the query names, GOODS_KINDS without one; false with the problem written. */
static bool kind_asked(struct request *r, enum goods_kind *ret)
{
    static const char *const names[] = {"kind"};

    *ret = GOODS_KINDS;
    if (!query_fields(r, names, 1))
        return false;
    for (size_t i = 0; i < r->query.n; i++) {
        *ret = goods_kind_of(r->query.v[i].value);
        if (*ret == GOODS_KINDS) {
            reply_problem_say(
                r, PROBLEM_BAD_QUERY,
                "kind is one of policy, rules, lists, fingerprints, settings, firmware, shadow.");
            return false;
        }
    }
    return true;
}

void api_goods_list(struct worker *w, struct request *r)
{
    enum goods_kind kind;
    struct jw j;

    if (!kind_asked(r, &kind))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_list(r, &j, goods_list(w->db, kind, &j));
}

void api_goods_states(struct worker *w, struct request *r)
{
    enum goods_kind kind;
    struct jw j;

    if (!kind_asked(r, &kind))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_list(r, &j, goods_states(w->db, 0, kind, &j));
}

void api_goods_assignments(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_list(r, &j, goods_assignments(w->db, &j));
}
