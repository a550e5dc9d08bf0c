/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse keys rotate: the appliance gets new keys, and the old ones vouch for them, so that nobody need
 * compare words again. What the old keys signed is closed and put aside whole; a new journal begins. */
#include "base/base64.h"
#include "base/json.h"
#include "firmware/link/link.h"
#include "firmware/link/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUCCESSION_DOMAIN "gatehouse-succession-v1"
#define PATH_SIZE (CONF_TEXT + 128)

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "gatehouse keys rotate: %s: %s\n", what, why);
    return 2;
}

/* Nothing may be recorded meanwhile, and nothing be left that the console does not have: nobody could send it
 * later. */
static int check_journal(const struct conf *c)
{
    char path[PATH_SIZE];
    uint64_t first = 0, last = 0, receipt = 0;
    struct queue *q;
    int fd, rc;

    snprintf(path, sizeof(path), "%s/journal.lock", c->node_state_dir);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return refuse(c->node_state_dir, "the appliance runs: stop it first");
    }
    if (fd >= 0)
        close(fd);
    snprintf(path, sizeof(path), "%s/journal.db", c->node_state_dir);
    if (access(path, F_OK) != 0)
        return 0;
    q = queue_new(c->node_state_dir);
    rc = q ? queue_bounds(q, &first, &last, &receipt) : ST_NOMEM;
    queue_free(q);
    if (rc && rc != ST_NOT_FOUND)
        return refuse(path, status_text(rc));
    if (receipt < last)
        return refuse(path, "the console does not have all of it yet: let it be sent, or 'gatehouse journal "
                            "export' it and import the receipt");
    return 0;
}

static int write_request(const struct conf *c, const char *file, const struct seal_keys *old,
                         const struct seal_public *fresh)
{
    char sign[BASE64_SIZE(SEAL_PUBLIC)], box[BASE64_SIZE(SEAL_PUBLIC)], word[BASE64_SIZE(SEAL_SIGNATURE)];
    uint8_t both[2 * SEAL_PUBLIC], signature[SEAL_SIGNATURE], id[SEAL_ID];
    struct writer w;
    struct jw j;
    int rc;

    memcpy(both, fresh->sign, SEAL_PUBLIC);
    memcpy(both + SEAL_PUBLIC, fresh->box, SEAL_PUBLIC);
    seal_sign(old, SUCCESSION_DOMAIN, span_of(both, sizeof(both)), signature);
    seal_id(seal_keys_public(old), id);
    writer_init(&w, 8192);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-request-v1");
    jw_kcstr(&j, "name", c->node_name);
    jw_kcstr(&j, "sign", base64_encode(fresh->sign, SEAL_PUBLIC, sign, sizeof(sign)));
    jw_kcstr(&j, "box", base64_encode(fresh->box, SEAL_PUBLIC, box, sizeof(box)));
    jw_khex(&j, "follows", id, sizeof(id));
    jw_kcstr(&j, "word", base64_encode(signature, sizeof(signature), word, sizeof(word)));
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    rc = link_write_file(file, writer_span(&w), 0644, true);
    writer_done(&w);
    return rc;
}

/* Everything that the old keys stand for goes into a directory of its own; what is not there is passed over.
 */
static int put_aside(const struct conf *c, const uint8_t id[static SEAL_ID], char dir[static PATH_SIZE])
{
    static const char *const names[] = {"journal.db",   "journal.db-wal", "journal.db-shm",
                                        "journal.head", "appliance.pub",  "console.json"};
    char from[PATH_SIZE], to[PATH_SIZE + 64], hex[2 * SEAL_ID + 1];
    struct writer w;

    writer_fixed(&w, hex, sizeof(hex));
    writer_hex(&w, id, SEAL_ID);
    snprintf(dir, PATH_SIZE, "%s/before-%.16s", c->node_state_dir, writer_cstr(&w));
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return status_from_errno(errno);
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        snprintf(from, sizeof(from), "%s/%s", c->node_state_dir, names[i]);
        snprintf(to, sizeof(to), "%s/%s", dir, names[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            return status_from_errno(errno);
    }
    return 0;
}

/* The new secret waits as appliance.key.new until all is put aside: called again after a cut, this goes on.
 */
static int change(const struct conf *c, const char *file, const struct seal_keys *old)
{
    char secret[PATH_SIZE], fresh_path[PATH_SIZE], public[PATH_SIZE], dir[PATH_SIZE];
    struct seal_keys *fresh = NULL;
    uint8_t id[SEAL_ID];
    int rc;

    snprintf(secret, sizeof(secret), "%s/appliance.key", c->node_state_dir);
    snprintf(fresh_path, sizeof(fresh_path), "%s/appliance.key.next", c->node_state_dir);
    snprintf(public, sizeof(public), "%s/appliance.pub", c->node_state_dir);
    rc = keyfile_load(fresh_path, &fresh);
    if (rc == ST_NOT_FOUND) {
        fresh = seal_keys_generate();
        rc = fresh ? keyfile_save(fresh_path, fresh) : ST_NOMEM;
    }
    seal_id(seal_keys_public(old), id);
    if (!rc)
        rc = write_request(c, file, old, seal_keys_public(fresh));
    if (!rc)
        rc = put_aside(c, id, dir);
    if (!rc)
        rc = keyfile_save_public(public, seal_keys_public(fresh), c->node_name);
    if (!rc && rename(fresh_path, secret) != 0) /* the old secret is gone with this */
        rc = status_from_errno(errno);
    seal_keys_free(fresh);
    if (rc) {
        fprintf(stderr, "gatehouse keys rotate: %s: %s. Call it again when that is mended\n",
                c->node_state_dir, status_text(rc));
        return 3;
    }
    printf("new keys; what the old ones signed is in %s.\nTake %s to the console and run there:\n"
           "  gatehouse console enrol-approve %s -o ANSWER\nthe old keys vouch for the new ones; then here: "
           "gatehouse enrol accept ANSWER\n",
           dir, file, file);
    return 0;
}

int keys_rotate(const struct conf *c, const char *file)
{
    char secret[PATH_SIZE];
    struct seal_keys *old = NULL;
    int rc;

    snprintf(secret, sizeof(secret), "%s/appliance.key", c->node_state_dir);
    rc = keyfile_load(secret, &old);
    if (rc)
        return refuse(secret, status_text(rc));
    rc = check_journal(c);
    if (!rc)
        rc = change(c, file, old);
    seal_keys_free(old);
    return rc;
}
