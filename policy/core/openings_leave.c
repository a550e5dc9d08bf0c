/* SPDX-License-Identifier: GPL-3.0-or-later
 * The command's part of openings.h, apart from the process that records. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/owner.h"
#include "policy/core/evidence.h"
#include "policy/core/openings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The audit member of the record. */
static void write_audit(const struct opening_request *q, const struct opening_receipt *p, struct writer *out)
{
    char iso[CLOCK_ISO_SIZE];
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "what", q->kind == OPENING_RENEW ? "committee_renewed" : "evidence_opened");
    if (q->kind == OPENING_DOCUMENT) {
        jw_khex(&j, "sha256", q->sha256, sizeof(q->sha256));
        jw_ku64(&j, "size", p->bytes);
    }
    jw_khex(&j, "request", q->id, sizeof(q->id));
    jw_kcstr(&j, "by", q->by);
    jw_kcstr(&j, "reason", q->reason);
    jw_karr(&j, "members");
    for (unsigned i = 0; i < q->committee.n; i++)
        if (p->members & 1u << i)
            jw_cstr(&j, q->committee.member[i].name);
    jw_end_arr(&j);
    jw_kcstr(&j, "opened", clock_iso(p->opened_us, iso));
    jw_end_obj(&j);
}

int openings_leave(const struct conf *c, const struct opening_request *q, const struct opening_receipt *p)
{
    char path[CONF_TEXT + 96], id[2 * OPENING_ID + 1];
    struct seal_public own;
    struct writer w;
    int rc = evidence_key(c->node_state_dir, "committee", &own);

    if (rc || memcmp(&own, &q->committee.key, sizeof(own)) != 0) {
        fprintf(stderr, "gatehouse evidence: %s: %s\n", c->node_state_dir,
                rc ? "there is no appliance that is enrolled with a console"
                   : "this appliance seals for another committee");
        return 2;
    }
    digest_hex(q->id, OPENING_ID, id);
    snprintf(path, sizeof(path), "%s/evidence/%s" OPENINGS_SUFFIX, c->node_state_dir, id);
    writer_init(&w, OPENINGS_NOTE_MAX);
    write_audit(q, p, &w);
    rc = writer_ok(&w) ? file_replace(path, writer_span(&w), 0600) : ST_LIMIT;
    writer_done(&w);
    if (rc)
        fprintf(stderr, "gatehouse evidence: %s: %s\n", path, status_text(rc));
    return rc ? 3 : 0;
}
