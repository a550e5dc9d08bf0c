/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/seal.h"
#include "console/store/store.h"

#define FIELDS 6

/* Hash over the hash before, the number, and each field with its length in front, so that no two rows read
 * the same. */
static void row_hash(struct span before, int64_t id, const struct span field[static FIELDS],
                     uint8_t out[static SEAL_HASH])
{
    uint8_t frame[8 * (FIELDS + 1)];
    struct span parts[2 + FIELDS];
    struct writer w;

    writer_fixed(&w, frame, sizeof(frame));
    writer_le(&w, (uint64_t)id, 8);
    for (size_t i = 0; i < FIELDS; i++)
        writer_le(&w, field[i].n, 8);
    parts[0] = before;
    parts[1] = writer_span(&w);
    for (size_t i = 0; i < FIELDS; i++)
        parts[2 + i] = field[i];
    seal_hash("gatehouse-audit-v1", parts, 2 + FIELDS, out);
}

int audit_append(struct db *d, const char *actor, const char *address, const char *action, const char *object,
                 const char *detail)
{
    uint8_t before[SEAL_HASH] = {0}, hash[SEAL_HASH], time[8] = {0};
    struct span fields[FIELDS] = {span_of(time, sizeof(time)),      span_str(actor),
                                  span_str(address ? address : ""), span_str(action),
                                  span_str(object ? object : ""),   span_str(detail ? detail : "")};
    int64_t now = (int64_t)clock_wall_us(), id = 1;
    struct writer w;
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", "");

    if (!rc && (rc = db_step(s)) == 1) {
        id = db_i64(s, 0) + 1;
        if (db_blob(s, 1).n == SEAL_HASH)
            memcpy(before, db_blob(s, 1).p, SEAL_HASH);
        db_reset(s);
        rc = 0;
    }
    if (rc)
        return rc;
    writer_fixed(&w, time, sizeof(time));
    writer_le(&w, (uint64_t)now, 8);
    row_hash(span_of(before, sizeof(before)), id, fields, hash);
    return db_exec(
        d,
        "INSERT INTO audit(id, time, actor, address, action, object, detail, hash) VALUES(?,?,?,?,?,?,?,?)",
        "iitttttb", id, now, fields[1], fields[2], fields[3], fields[4], fields[5],
        span_of(hash, sizeof(hash)));
}

int audit_verify(struct db *d, int64_t *ret_bad_id, uint64_t *ret_count)
{
    uint8_t before[SEAL_HASH] = {0}, hash[SEAL_HASH], time[8] = {0};
    struct db_stmt *s;
    int64_t want = 1;
    int rc = db_query(
        d, &s, "SELECT id, time, actor, address, action, object, detail, hash FROM audit ORDER BY id", "");

    *ret_count = 0;
    while (!rc && (rc = db_step(s)) == 1) {
        struct span fields[FIELDS] = {span_of(time, sizeof(time)),
                                      db_text(s, 2),
                                      db_text(s, 3),
                                      db_text(s, 4),
                                      db_text(s, 5),
                                      db_text(s, 6)};
        struct writer w;
        writer_fixed(&w, time, sizeof(time));
        writer_le(&w, (uint64_t)db_i64(s, 1), 8);
        row_hash(span_of(before, sizeof(before)), db_i64(s, 0), fields, hash);
        if (db_i64(s, 0) != want || !span_eq(db_blob(s, 7), span_of(hash, sizeof(hash)))) {
            *ret_bad_id = db_i64(s, 0);
            db_reset(s);
            return ST_BAD_SIGNATURE;
        }
        memcpy(before, hash, sizeof(hash));
        want++;
        (*ret_count)++;
        rc = 0;
    }
    return rc;
}
