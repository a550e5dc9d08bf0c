/* SPDX-License-Identifier: GPL-3.0-or-later
 * Evidence: what lies sealed where, who may open it, and the requests to do so. The console only keeps what
 * people carry: it checks every signature, and can open nothing. */
#include "console/api/evidence.h"
#include "base/digest.h"
#include "console/api/once.h"
#include "console/committee.h"
#include "console/store/evidence.h"

#include <stdio.h>

void api_evidence_list(struct worker *w, struct request *r)
{
    int64_t before, limit;
    struct jw j;

    if (!page_asked(r, &before, &limit))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, evidence_list(w->db, &r->who.sight, before, limit, &j));
}

/* The committee as its file says; false with the problem written. An undivided key: *ret_rc is ST_NOT_FOUND,
 * and true. */
static bool load(struct worker *w, struct request *r, struct writer *bytes, struct committee *c, int *ret_rc)
{
    *ret_rc = committee_load(w->app->conf, bytes, c);
    if (!*ret_rc || *ret_rc == ST_NOT_FOUND)
        return true;
    writer_done(bytes);
    app_fail(r, *ret_rc);
    return false;
}

void api_evidence_committee(struct worker *w, struct request *r)
{
    struct committee c = {.n = 0};
    uint8_t id[SEAL_ID];
    struct writer bytes;
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0) || !load(w, r, &bytes, &c, &rc))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kbool(&j, "divided", !rc);
    jw_karr(&j, "members");
    for (unsigned i = 0; i < c.n; i++)
        jw_cstr(&j, c.member[i].name);
    jw_end_arr(&j);
    if (!rc) {
        jw_ku64(&j, "quorum", c.quorum);
        jw_ku64(&j, "generation", c.generation);
        jw_ktime(&j, "made", (int64_t)c.made_us);
        seal_id(&c.key, id);
        jw_khex(&j, "key", id, sizeof(id));
    }
    writer_done(&bytes);
    reply_object_end(r, &j, 0);
}

/* Bytes as a file of that name; they move from w to the reply. */
static void reply_file(struct request *r, struct writer *w, const char *name)
{
    char text[128];

    writer_done(&r->reply.body);
    r->reply.body = *w;
    *w = (struct writer){.p = NULL};
    r->reply.status = 200;
    r->reply.content_type = EVIDENCE_TYPE;
    snprintf(text, sizeof(text), "attachment; filename=\"%s\"", name);
    reply_header(r, "Content-Disposition", arena_dup(r->arena, text, strlen(text)));
}

void api_evidence_committee_file(struct worker *w, struct request *r)
{
    struct committee c;
    struct writer bytes;
    int rc;

    if (!query_fields(r, NULL, 0) || !load(w, r, &bytes, &c, &rc))
        return;
    if (rc)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "The committee's key is whole: there is no file of shares.");
    else
        reply_file(r, &bytes, COMMITTEE_FILE);
    writer_done(&bytes);
}

void api_openings_list(struct worker *w, struct request *r)
{
    int64_t before, limit;
    struct jw j;

    if (!page_asked(r, &before, &limit))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, opening_list(w->db, before, limit, &j));
}

static void reply_opening(struct request *r, struct db *d, int64_t id, int status)
{
    struct jw j;

    reply_json(r, status, &j);
    jw_obj(&j);
    reply_object_end(r, &j, opening_put(d, id, &j));
}

void api_opening_get(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        reply_opening(r, w->db, r->id, 200);
}

void api_opening_file(struct worker *w, struct request *r)
{
    enum opening_state state;
    struct writer bytes;
    char name[64];
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    writer_init(&bytes, OPENING_REQUEST_MAX);
    rc = opening_bytes(w->db, r->id, &bytes, &state);
    snprintf(name, sizeof(name), "opening-%lld.request", (long long)r->id);
    if (rc)
        app_fail(r, rc);
    else
        reply_file(r, &bytes, name);
    writer_done(&bytes);
}

void api_opening_share_file(struct worker *w, struct request *r)
{
    struct writer bytes;
    char name[64];
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    writer_init(&bytes, OPENING_SHARE_MAX);
    rc = opening_share_bytes(w->db, r->id, &bytes);
    snprintf(name, sizeof(name), "share-%lld.share", (long long)r->id);
    if (rc)
        app_fail(r, rc);
    else
        reply_file(r, &bytes, name);
    writer_done(&bytes);
}

/* Ends a change; the answer is the opening as it is now. */
static void finish_change(struct worker *w, struct request *r, struct db *d, int rc, int64_t id, int status)
{
    if (!rc)
        reply_opening(r, d, id, status);
    (void)once_end(w, r, d, rc);
}

static const char *what_of(const struct opening_request *q, char buf[static 80])
{
    char hex[2 * 32 + 1];

    digest_hex(q->sha256, sizeof(q->sha256), hex);
    snprintf(buf, 80, "%s", q->kind == OPENING_RENEW ? "committee" : hex);
    return buf;
}

/* Is the request one for this committee as it is now? False with the problem written. */
static bool judge(struct worker *w, struct request *r, const struct opening_request *q)
{
    struct committee c;
    struct writer bytes;
    bool fits;
    int rc;

    if (!load(w, r, &bytes, &c, &rc))
        return false;
    fits =
        !rc && !memcmp(&c.key, &q->committee.key, sizeof(c.key)) && c.generation == q->committee.generation;
    writer_done(&bytes);
    if (rc)
        reply_problem_say(r, PROBLEM_NOT_FOUND,
                          "The committee's key is whole; nothing is opened by request here.");
    else if (!fits)
        reply_problem_say(r, PROBLEM_BAD_SIGNATURE,
                          "The request is for another committee, or for it as it was. Take the newest "
                          "committee.shares and ask again.");
    return !rc && fits;
}

void api_opening_add(struct worker *w, struct request *r)
{
    struct opening_request q;
    char what[80], detail[OPENING_BY + OPENING_REASON + 8];
    struct db *d;
    int64_t id = 0;
    int rc = opening_request_read(writer_span(&r->body), &q);

    if (rc) {
        reply_problem_say(
            r, rc == ST_BAD_SIGNATURE ? PROBLEM_BAD_SIGNATURE : PROBLEM_BAD_FIELD,
            "This is no request of 'gatehouse evidence request', or it was changed on the way.");
        return;
    }
    if (!judge(w, r, &q) || !once_begin(w, r, &d))
        return;
    rc = opening_add(d, &q, writer_span(&r->body), r->who.name, &id);
    snprintf(detail, sizeof(detail), "%s: %s", q.by, q.reason);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "evidence_requested", what_of(&q, what), detail);
    if (rc == ST_EXISTS || rc == ST_FULL) {
        reply_problem_say(r, PROBLEM_WRONG_STATE,
                          rc == ST_EXISTS ? "This request is here already."
                                          : "Too many requests are under way; withdraw some first.");
        (void)once_end(w, r, d, 0);
        return;
    }
    finish_change(w, r, d, rc, id, 201);
}

/* The request in the path, still waiting, in a transaction; NULL with the problem written. Its bytes stay in
 * w. */
static struct db *begin_waiting(struct worker *w, struct request *r, struct writer *bytes,
                                struct opening_request *q)
{
    enum opening_state state = OPENING_WAITING;
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return NULL;
    writer_init(bytes, OPENING_REQUEST_MAX);
    rc = opening_bytes(d, r->id, bytes, &state);
    if (!rc && state == OPENING_WAITING)
        rc = opening_request_read(writer_span(bytes), q);
    if (!rc && state == OPENING_WAITING)
        return d;
    writer_done(bytes);
    if (!rc)
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, opening_state_names[state]);
    (void)once_end(w, r, d, rc);
    return NULL;
}

static void refuse(struct worker *w, struct request *r, struct db *d, int rc, const char *what)
{
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "The %s belongs to another request.", what);
    else
        reply_problem_say(r, rc == ST_BAD_SIGNATURE ? PROBLEM_BAD_SIGNATURE : PROBLEM_BAD_FIELD,
                          "This is no %s, or it was changed.", what);
    (void)once_end(w, r, d, 0);
}

void api_opening_share(struct worker *w, struct request *r)
{
    struct opening_request q;
    struct opening_share s;
    struct writer bytes;
    char what[80];
    struct db *d = begin_waiting(w, r, &bytes, &q);
    int rc;

    if (!d)
        return;
    rc = opening_share_read(&q, writer_span(&r->body), &s);
    if (rc) {
        refuse(w, r, d, rc, "share");
    } else {
        const char *name = q.committee.member[s.member].name;
        rc = opening_share_add(d, r->id, s.member, name, writer_span(&r->body), r->who.name);
        if (!rc)
            rc = audit_append(d, r->who.name, r->address, "evidence_approved", what_of(&q, what), name);
        if (rc == ST_EXISTS) {
            reply_problem_say(r, PROBLEM_WRONG_STATE, "The share of this member is here already.");
            (void)once_end(w, r, d, 0);
        } else {
            finish_change(w, r, d, rc, r->id, 201);
        }
    }
    writer_done(&bytes);
}

void api_opening_receipt(struct worker *w, struct request *r)
{
    char what[80], names[COMMITTEE_MEMBERS * (COMMITTEE_NAME + 2)] = "";
    struct opening_request q;
    struct opening_receipt p;
    struct writer bytes;
    struct db *d = begin_waiting(w, r, &bytes, &q);
    size_t n = 0;
    int rc;

    if (!d)
        return;
    rc = opening_receipt_read(&q, writer_span(&r->body), &p);
    if (rc) {
        refuse(w, r, d, rc, "receipt");
    } else {
        for (unsigned i = 0; i < q.committee.n && n < sizeof(names); i++)
            if (p.members & 1u << i)
                n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
                                      q.committee.member[i].name);
        rc = opening_end_state(d, r->id, OPENING_OPENED, p.opened_us, p.members);
        if (!rc)
            rc = audit_append(d, r->who.name, r->address,
                              q.kind == OPENING_RENEW ? "committee_renewed" : "evidence_opened",
                              what_of(&q, what), names);
        finish_change(w, r, d, rc, r->id, 200);
    }
    writer_done(&bytes);
}

void api_opening_withdraw(struct worker *w, struct request *r)
{
    struct opening_request q;
    struct writer bytes;
    char what[80];
    struct db *d;
    int rc;

    if (!body_fields(r, NULL, 0) || !(d = begin_waiting(w, r, &bytes, &q)))
        return;
    rc = opening_end_state(d, r->id, OPENING_WITHDRAWN, 0, 0);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "evidence_withdrawn", what_of(&q, what), q.by);
    writer_done(&bytes);
    finish_change(w, r, d, rc, r->id, 200);
}
