/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse journal export and import: batches over a stick instead of a wire. What is exported is sealed to
 * the console and signed by the appliance, exactly as it would travel; what comes back is the console's
 * receipt, signed. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/db.h"
#include "base/file.h"
#include "base/json.h"
#include "base/receipt.h"
#include "policy/core/cmd_carry.h"
#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE 65536
#define SMALL_DEPTH 8
#define PATH_MOST (CONF_TEXT + 96)

static int refuse(const char *file, const char *why)
{
    fprintf(stderr, "gatehouse journal: %s: %s\n", file, why);
    return 2;
}

/* A small JSON file; *ret lives in the arena as long as w is untouched. */
static int read_json(const char *path, struct arena *a, struct writer *w, struct json **ret)
{
    int rc = file_read(path, w->max, w);

    return rc ? rc : json_parse(a, writer_span(w), SMALL_DEPTH, ret, NULL);
}

static int console_key(const char *state_dir, struct seal_public *ret)
{
    struct arena *a = arena_new(1 << 20);
    char path[PATH_MOST];
    struct json *j = NULL;
    struct writer w;
    int rc;

    gh_check(a);
    writer_init(&w, SMALL_FILE);
    snprintf(path, sizeof(path), "%s/console.json", state_dir);
    rc = read_json(path, a, &w, &j);
    if (!rc &&
        (!base64_decode(span_str(json_cstr(json_get(j, "console_sign"), "")), ret->sign, SEAL_PUBLIC) ||
         !base64_decode(span_str(json_cstr(json_get(j, "console_box"), "")), ret->box, SEAL_PUBLIC)))
        rc = ST_MALFORMED;
    if (rc)
        fprintf(
            stderr,
            "gatehouse journal: %s: %s. Batches are sealed to the console's key: 'gatehouse help enrol'\n",
            path, status_text(rc));
    writer_done(&w);
    arena_free(a);
    return rc;
}

/* Whole or not at all: sticks are pulled out. */
static int write_file(const char *path, struct span bytes)
{
    char temp[PATH_MOST + 8];
    int fd, rc = 0;

    snprintf(temp, sizeof(temp), "%s.new", path);
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return status_from_errno(errno);
    rc = file_write(fd, bytes);
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    if (!rc && rename(temp, path) != 0)
        rc = status_from_errno(errno);
    if (rc)
        (void)unlink(temp);
    return rc;
}

static int first_wanted(struct db *db, uint64_t since, uint64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(db, &s, "SELECT number FROM receipt", "");

    *ret = since ? since : 1;
    if (!rc && !since && (rc = db_step(s)) == 1) {
        *ret = (uint64_t)db_i64(s, 0) + 1;
        db_reset(s);
        rc = 0;
    }
    return rc;
}

static int export_batch(const char *dir, uint64_t number, struct span batch,
                        const struct seal_public *console)
{
    char path[PATH_MOST];
    struct writer sealed;
    int rc;

    writer_init(&sealed, ENVELOPE_PLAIN_MAX);
    snprintf(path, sizeof(path), "%.512s/batch-%012" PRIu64 ".ghb", dir, number);
    rc = envelope_seal(batch, console, &sealed);
    if (!rc)
        rc = write_file(path, writer_span(&sealed));
    writer_done(&sealed);
    if (rc)
        (void)refuse(path, status_text(rc));
    return rc;
}

int carry_export(const struct conf *c, uint64_t since, const char *dir)
{
    char path[PATH_MOST];
    struct seal_public console;
    struct db *db = NULL;
    struct db_stmt *s;
    uint64_t from, n = 0, last = 0;
    int rc;

    if (console_key(c->node_state_dir, &console) != 0)
        return 2;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return refuse(dir, strerror(errno));
    snprintf(path, sizeof(path), "%s/%s", c->node_state_dir, JOURNAL_FILE);
    rc = db_open(path, DB_READ, &db);
    if (!rc)
        rc = first_wanted(db, since, &from);
    if (!rc)
        rc = db_query(db, &s, "SELECT number,bytes FROM batch WHERE number>=? ORDER BY number", "i",
                      (int64_t)from);
    if (rc)
        (void)refuse(path, status_text(rc));
    while (!rc && (rc = db_step(s)) == 1) {
        last = (uint64_t)db_i64(s, 0);
        rc = export_batch(dir, last, db_blob(s, 1), &console);
        n += !rc;
    }
    db_close(db);
    if (!rc)
        printf("%" PRIu64 " batches written to %s%s\n", n, dir, n ? ", for 'gatehouse console import'" : "");
    return rc == ST_FULL || rc == ST_IO ? 3 : rc ? 2 : 0;
}

/* Is the batch that the receipt names the one that stands here? A batch that was trimmed, and one that the
 * console itself does not know, cannot be compared. */
static int same_batch(struct db *db, const struct receipt *r)
{
    static const uint8_t unknown[SEAL_HASH] = {0};
    struct arena *a = arena_new(ENVELOPE_PLAIN_MAX + (16u << 20));
    uint8_t hash[SEAL_HASH], sig[SEAL_SIGNATURE];
    struct batch_header h;
    struct record *records;
    struct db_stmt *s;
    size_t n;
    int rc =
        a ? db_query(db, &s, "SELECT bytes FROM batch WHERE number=?", "i", (int64_t)r->number) : ST_NOMEM;

    if (!rc && (rc = db_step(s)) == 1) {
        rc = batch_unpack(db_blob(s, 0), a, &h, &records, &n, sig);
        db_reset(s);
        if (!rc && memcmp(r->hash, unknown, SEAL_HASH) != 0) {
            batch_hash(&h, hash);
            rc = seal_equal(hash, r->hash, SEAL_HASH) ? 0 : ST_EXISTS;
        }
    }
    arena_free(a);
    return rc;
}

/* Notes the receipt unless it is older than what is known. The journal may be in use: the database orders the
 * writers. ST_USAGE: it names a batch that this journal never wrote; ST_EXISTS: another batch of that number.
 */
static int note_receipt(const struct conf *c, const struct receipt *r, uint64_t *ret_last)
{
    char path[PATH_MOST];
    struct db *db = NULL;
    struct db_stmt *s;
    int rc;

    snprintf(path, sizeof(path), "%s/%s", c->node_state_dir, JOURNAL_FILE);
    rc = access(path, F_OK) == 0 ? db_open(path, DB_WRITE_FULL, &db) : ST_NOT_FOUND;
    if (!rc)
        rc = db_query(db, &s, "SELECT number FROM head", "");
    *ret_last = 0;
    if (!rc && (rc = db_step(s)) == 1) {
        *ret_last = (uint64_t)db_i64(s, 0);
        db_reset(s);
        rc = 0;
    }
    if (!rc && r->number > *ret_last)
        rc = ST_USAGE;
    if (!rc)
        rc = same_batch(db, r);
    if (!rc)
        rc =
            db_exec(db,
                    "INSERT INTO receipt VALUES(1,?,?) ON CONFLICT(one) DO UPDATE SET number=excluded.number,"
                    "wall_us=excluded.wall_us WHERE excluded.number>number",
                    "ii", (int64_t)r->number, (int64_t)clock_wall_us());
    db_close(db);
    return rc;
}

static const char *why_no_receipt(int rc)
{
    switch (rc) {
    case ST_MALFORMED:
        return "it is no receipt: 'gatehouse console import' writes one for each appliance";
    case ST_BAD_SIGNATURE:
        return "it was changed, or is not from this appliance's console";
    case ST_DENIED:
        return "it is for another appliance";
    case ST_USAGE:
        return "it names a batch that this journal never wrote: was the journal replaced?";
    case ST_EXISTS:
        return "the console has another batch of that number: was the journal replaced, or its key copied?";
    default:
        return status_text(rc);
    }
}

/* Is the receipt for this appliance? */
static int for_us(const struct conf *c, const struct receipt *r)
{
    char path[PATH_MOST];
    struct seal_public own;
    uint8_t id[SEAL_ID];
    int rc;

    snprintf(path, sizeof(path), "%s/appliance.pub", c->node_state_dir);
    rc = keyfile_load_public(path, &own, NULL, 0);
    if (rc)
        return rc;
    seal_id(&own, id);
    return memcmp(id, r->appliance, SEAL_ID) == 0 ? 0 : ST_DENIED;
}

int carry_import(const struct conf *c, const char *file)
{
    struct seal_public console;
    struct receipt r;
    struct writer w;
    uint64_t last = 0;
    int rc;

    if (console_key(c->node_state_dir, &console) != 0)
        return 2;
    writer_init(&w, SMALL_FILE);
    rc = file_read(file, w.max, &w);
    if (!rc)
        rc = receipt_read(writer_span(&w), &console, &r);
    if (!rc)
        rc = for_us(c, &r);
    if (!rc)
        rc = note_receipt(c, &r, &last);
    writer_done(&w);
    if (rc)
        return refuse(file, why_no_receipt(rc));
    printf("the console has everything up to batch %" PRIu64 " of %" PRIu64 "\n", r.number, last);
    return 0;
}
