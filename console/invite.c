/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/invite.h"
#include "base/clock.h"
#include "base/json.h"
#include "console/store/people.h"

#include <stdio.h>

#define HOUR_US 3600000000ll
#define OBJECT 160

void invite_host(const struct seal_keys *console, const struct seal_public *committee, const char *pin, struct invitation_host *ret)
{
    *ret = (struct invitation_host){.console = *seal_keys_public(console), .committee = *committee};
    snprintf(ret->pin, sizeof(ret->pin), "%s", pin);
}

/* In the audit an invitation goes by its number. */
static const char *object_of(int64_t id, const char *name, char buf[static OBJECT])
{
    snprintf(buf, OBJECT, "invitation %lld%s%s", (long long)id, name && *name ? " " : "", name && *name ? name : "");
    return buf;
}

int invite_make(struct db *d, const struct invite_wish *i, const char *address, struct invite_made *ret)
{
    struct invitation_row row = {.unit = i->unit};
    char object[OBJECT], detail[32];
    uint8_t hash[SEAL_HASH];
    struct invitation inv;
    int rc;

    snprintf(row.name, sizeof(row.name), "%s", i->name ? i->name : "");
    snprintf(row.url, sizeof(row.url), "%s", i->url ? i->url : "");
    invitation_make(&i->host, &inv);
    invitation_hash(inv.secret, hash);
    ret->until = (int64_t)clock_wall_us() + i->hours * HOUR_US;
    rc = invitation_add(d, &row, hash, i->by, ret->until, &ret->id);
    snprintf(detail, sizeof(detail), "%lld h", (long long)i->hours);
    if (!rc)
        rc = audit_append(d, i->by, address, "invitation_made", object_of(ret->id, i->name, object), detail);
    if (!rc)
        invitation_code(&inv, ret->code);
    seal_wipe(&inv, sizeof(inv));
    return rc;
}

void invite_file(const struct invite_wish *i, const struct invite_made *m, const char *url, struct writer *out)
{
    struct writer host;
    struct jw j;

    writer_init(&host, INVITE_FILE_MAX);
    invitation_host_write(&i->host, &host);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "invitation-v1");
    jw_kcstr(&j, "code", m->code);
    jw_kcstr(&j, "console_url", url);
    jw_ktime(&j, "until", m->until);
    jw_kraw(&j, "console", writer_span(&host));
    jw_end_obj(&j);
    writer_u8(out, '\n');
    writer_done(&host);
}

int invite_hear(struct db *d, const uint8_t hash[static SEAL_HASH], struct span request, struct invitation_row *row, struct enrol_request *q,
                enum invite_heard *ret)
{
    uint8_t id[SEAL_ID];
    const char *why;
    int rc = invitation_by_hash(d, hash, row);

    *ret = INVITE_STRANGER;
    if (rc)
        return rc == ST_NOT_FOUND ? 0 : rc;
    if (enrol_read(request, q, &why) != 0 || q->follows) {
        *ret = INVITE_MALFORMED;
        return 0;
    }
    seal_id(&q->keys, id);
    if (row->state != INVITATION_OPEN && memcmp(id, row->identity, SEAL_ID) != 0)
        *ret = INVITE_TAKEN;
    else if (row->state == INVITATION_APPROVED) /* also when its time is over meanwhile: it did come in */
        *ret = INVITE_LET_IN;
    else if (row->over || row->state == INVITATION_WITHDRAWN)
        *ret = INVITE_OVER;
    else
        *ret = row->state == INVITATION_OPEN ? INVITE_NEW : INVITE_WAITS;
    return 0;
}

static int into_unit(struct db *d, int64_t unit, const struct seal_public *keys)
{
    uint8_t id[SEAL_ID];

    seal_id(keys, id);
    return db_exec(d,
                   "INSERT INTO unit_appliance(unit, appliance) SELECT u.id, p.id FROM unit u, appliance p WHERE u.id = ? AND p.identity = ? "
                   "ON CONFLICT DO NOTHING",
                   "ib", unit, span_of(id, SEAL_ID));
}

/* Under the name and into the unit that the invitation is for; the invitation is used up. */
static int let_in(struct db *d, const struct invitation_row *row, struct enrol_request *q, const char *by, const char *address)
{
    char object[OBJECT];
    int rc;

    if (*row->name)
        snprintf(q->name, sizeof(q->name), "%s", row->name);
    rc = enrol_take(d, q);
    if (!rc && row->unit)
        rc = into_unit(d, row->unit, &q->keys);
    if (!rc)
        rc = invitation_end(d, row->id, INVITATION_APPROVED, by);
    return rc ? rc : audit_append(d, by, address, "invitation_used", object_of(row->id, q->name, object), NULL);
}

int invite_approve(struct db *d, int64_t id, const struct seal_public *console, struct span typed, const char *by, const char *address,
                   struct enrol_request *q, char phrase[static 128])
{
    struct invitation_row row = {.id = id};
    const char *why;
    int rc;

    writer_init(&row.request, ENROL_FILE_MAX);
    rc = invitation_by_id(d, id, &row);
    if (!rc && (row.state != INVITATION_JOINED || row.over))
        rc = ST_EXISTS;
    if (!rc)
        rc = enrol_read(writer_span(&row.request), q, &why);
    writer_done(&row.request);
    if (rc)
        return rc;
    seal_phrase(&q->keys, console, phrase, 128);
    if (!span_eq(span_trim(typed), span_str(phrase)))
        return ST_DENIED;
    rc = let_in(d, &row, q, by, address);
    return rc ? rc : audit_append(d, by, address, "appliance_enrolled", q->name, phrase);
}

int invite_enrol(struct db *d, const struct seal_keys *console, struct enrol_request *r, const char *by, const char *address)
{
    struct invitation_row row = {.id = 0};
    enum invite_heard heard = INVITE_STRANGER;
    struct enrol_request q;
    uint8_t hash[SEAL_HASH];
    struct writer text;
    int rc;

    if (!r->n_invited)
        return enrol_take(d, r);
    writer_init(&text, INVITATION_JOIN_MAX);
    writer_init(&row.request, ENROL_FILE_MAX);
    rc = invitation_open(span_of(r->invited, r->n_invited), console, hash, &text);
    if (!rc)
        rc = invite_hear(d, hash, writer_span(&text), &row, &q, &heard);
    else if (rc == ST_BAD_SIGNATURE || rc == ST_MALFORMED)
        rc = ST_DENIED;
    if (!rc && ((heard != INVITE_NEW && heard != INVITE_WAITS) || memcmp(&q.keys, &r->keys, sizeof(q.keys)) != 0))
        rc = ST_DENIED;
    if (!rc && heard == INVITE_NEW) {
        uint8_t id[SEAL_ID];
        seal_id(&r->keys, id);
        rc = invitation_join(d, row.id, id, writer_span(&text), address ? address : "-");
    }
    if (!rc)
        rc = let_in(d, &row, r, by, address);
    writer_done(&row.request);
    writer_done(&text);
    return rc;
}

int invite_withdraw(struct db *d, int64_t id, const char *by, const char *address)
{
    struct invitation_row row = {.id = id};
    char object[OBJECT];
    int rc;

    writer_init(&row.request, ENROL_FILE_MAX);
    rc = invitation_by_id(d, id, &row);
    writer_done(&row.request);
    if (!rc)
        rc = invitation_end(d, id, INVITATION_WITHDRAWN, by);
    return rc ? rc : audit_append(d, by, address, "invitation_withdrawn", object_of(id, row.name, object), NULL);
}
