/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/rotation.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "console/store/invitations.h"
#include "console/store/people.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_US 86400000000ull
#define KEY_FILE_MAX 4096

static int say(const char *what, int rc)
{
    fprintf(stderr, "gatehouse console keys: %s: %s. Call it again when that is mended\n", what, status_text(rc));
    return 3;
}

/* The word of its predecessor, told as long as the old secret is there. */
static int load_old(const struct conf *c, struct state *s)
{
    char path[STATE_PATH];
    struct succession word;
    struct writer w;
    int rc;

    if (access(state_path(c, "console.key.old", path), F_OK) != 0)
        return 0;
    rc = keyfile_load(path, &s->old);
    writer_init(&w, KEY_FILE_MAX);
    if (!rc)
        rc = file_read(state_path(c, "console.succession", path), KEY_FILE_MAX, &w);
    if (!rc)
        rc = succession_read(writer_span(&w), seal_keys_public(s->old), &word);
    if (!rc) {
        memcpy(s->succession, w.p, SUCCESSION_SIZE);
        s->until_us = word.until_us;
    }
    writer_done(&w);
    return rc;
}

static uint64_t identity_of_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (uint64_t)st.st_ino << 20 ^ (uint64_t)st.st_mtim.tv_sec << 30 ^ (uint64_t)st.st_mtim.tv_nsec : 0;
}

static uint64_t marks(const struct state *s)
{
    static const char *const names[] = {"console.key", "console.key.old", "tls.crt"};
    char path[STATE_PATH];
    uint64_t sum = 0;

    for (size_t i = 0; i < GH_COUNT(names); i++)
        sum = sum * 31 + identity_of_file(state_path(s->conf, names[i], path));
    return sum;
}

void rotation_mend(const struct conf *c)
{
    char next[STATE_PATH], now[STATE_PATH], other[STATE_PATH];

    if (access(state_path(c, "console.key.old", other), F_OK) == 0 && access(state_path(c, "console.key.next", next), F_OK) == 0 &&
        rename(next, state_path(c, "console.key", now)) == 0)
        (void)unlink(state_path(c, "console.pub", other)); /* it is made from the secret */
    if (access(state_path(c, "tls.key.next", other), F_OK) != 0 && access(state_path(c, "tls.crt.next", next), F_OK) == 0)
        (void)rename(next, state_path(c, "tls.crt", now));
}

int rotation_load(const struct conf *c, struct state *s)
{
    char path[STATE_PATH];
    struct writer w;
    int rc;

    s->conf = c;
    writer_init(&w, sizeof(s->former));
    rc = file_read(state_path(c, "console.former", path), sizeof(s->former), &w);
    if (!rc)
        memcpy(s->former, w.p, w.n - w.n % sizeof(s->former[0]));
    s->n_former = rc ? 0 : w.n / sizeof(s->former[0]);
    writer_done(&w);
    return load_old(c, s);
}

void rotation_mark(struct state *s)
{
    s->marks = marks(s);
}

bool rotation_changed(const struct state *s)
{
    return marks(s) != s->marks;
}

/* ---- what lies in the database, sealed to the console ---- */

/* One blob, sealed anew; what does not open was sealed anew already, by a call that was cut. */
static int reseal(const struct seal_keys *old, const struct seal_public *next, struct span sealed, struct writer *out)
{
    uint8_t *secret = seal_alloc(1024);
    struct writer plain;
    int rc = secret ? 0 : ST_NOMEM;

    writer_fixed(&plain, secret, 1024);
    if (!rc)
        rc = seal_box_open(old, sealed, &plain);
    if (!rc) {
        writer_clear(out);
        rc = seal_box(next, writer_span(&plain), out);
    }
    seal_free(secret);
    return rc == ST_BAD_SIGNATURE || rc == ST_TRUNCATED ? ST_NOT_FOUND : rc;
}

/* select: number and blob behind a number, one row; update: blob, number. */
static int reseal_rows(struct db *d, const struct seal_keys *old, const struct seal_public *next, const char *select, const char *update)
{
    struct writer out;
    int64_t at = 0;
    int rc = 0;

    writer_init(&out, 2048);
    while (!rc) {
        struct db_stmt *s;
        rc = db_query(d, &s, select, "i", at);
        if (rc || (rc = db_step(s)) != 1)
            break;
        at = db_i64(s, 0);
        rc = reseal(old, next, db_blob(s, 1), &out);
        db_reset(s);
        if (!rc)
            rc = db_exec(d, update, "bi", writer_span(&out), at);
        else if (rc == ST_NOT_FOUND)
            rc = 0;
    }
    writer_done(&out);
    return rc;
}

static int reseal_database(struct db *d, const struct seal_keys *old, const struct seal_public *next)
{
    static const char *const rows[][2] = {
        {"SELECT id, totp FROM user WHERE id > ? AND totp IS NOT NULL ORDER BY id LIMIT 1", "UPDATE user SET totp = ? WHERE id = ?"},
        {"SELECT id, totp_new FROM user WHERE id > ? AND totp_new IS NOT NULL ORDER BY id LIMIT 1", "UPDATE user SET totp_new = ? WHERE id = ?"},
        {"SELECT output, sealed FROM output_secret WHERE output > ? ORDER BY output LIMIT 1", "UPDATE output_secret SET sealed = ? WHERE output = ?"},
    };
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(rows) && !rc; i++)
        rc = reseal_rows(d, old, next, rows[i][0], rows[i][1]);
    return rc;
}

static const char *id_text(const struct seal_public *p, char buf[static 2 * SEAL_ID + 1])
{
    uint8_t id[SEAL_ID];
    struct writer w;

    seal_id(p, id);
    writer_fixed(&w, buf, 2 * SEAL_ID + 1);
    writer_hex(&w, id, SEAL_ID);
    return writer_cstr(&w);
}

static int change_database(struct state *s, const struct seal_keys *next, uint64_t days)
{
    char object[2 * SEAL_ID + 1], detail[64];
    int rc;
    struct db *d = store_begin(s->store, &rc);

    if (!d)
        return rc;
    rc = reseal_database(d, s->keys, seal_keys_public(next));
    if (!rc)
        rc = invitation_withdraw_all(d, "console");
    snprintf(detail, sizeof(detail), "the old ones are taken for %llu days", (unsigned long long)days);
    if (!rc)
        rc = audit_append(d, "console", NULL, "console_keys_rotated", id_text(seal_keys_public(next), object), detail);
    return store_end(s->store, rc);
}

/* ---- beginning ---- */

static int next_keys(const struct conf *c, struct seal_keys **ret)
{
    char path[STATE_PATH];
    int rc = keyfile_load(state_path(c, "console.key.next", path), ret);

    if (rc != ST_NOT_FOUND)
        return rc;
    *ret = seal_keys_generate();
    return *ret ? keyfile_save(path, *ret) : ST_NOMEM;
}

/* The pin that is announced: of a new certificate, or today's. */
static int next_pin(struct state *s, bool tls, uint8_t out[static SUCCESSION_PIN])
{
    char path[STATE_PATH], hosts[1024], pin[CERT_PIN];
    struct writer key, crt;
    int rc = 0;

    snprintf(pin, sizeof(pin), "%s", s->pin);
    writer_init(&key, 65536);
    writer_init(&crt, 65536);
    if (tls && access(state_path(s->conf, "tls.crt.next", path), F_OK) == 0) {
        rc = file_read(path, 65536, &crt);
    } else if (tls) {
        state_hosts(s->conf, hosts, sizeof(hosts));
        rc = cert_make(s->conf->console_name, hosts, &key, &crt);
        if (!rc)
            rc = file_replace(state_path(s->conf, "tls.key.next", path), writer_span(&key), 0600);
        if (!rc)
            rc = file_replace(state_path(s->conf, "tls.crt.next", path), writer_span(&crt), 0644);
    }
    if (!rc && tls)
        rc = cert_pin(writer_span(&crt), pin);
    if (key.n)
        seal_wipe(key.p, key.n);
    writer_done(&key);
    writer_done(&crt);
    return rc ? rc : base64_decode(span_str(pin), out, SUCCESSION_PIN) ? 0 : ST_MALFORMED;
}

/* The old public half joins those before; a call that was cut adds it once. */
static int remember(struct state *s)
{
    char path[STATE_PATH];
    struct writer w;
    int rc;

    if (s->n_former && !memcmp(&s->former[s->n_former - 1], seal_keys_public(s->keys), sizeof(s->former[0])))
        return 0;
    if (s->n_former == STATE_FORMER)
        return ST_LIMIT;
    s->former[s->n_former++] = *seal_keys_public(s->keys);
    writer_init(&w, sizeof(s->former));
    writer_bytes(&w, s->former, s->n_former * sizeof(s->former[0]));
    rc = file_replace(state_path(s->conf, "console.former", path), writer_span(&w), 0644);
    writer_done(&w);
    return rc;
}

/* The new secret takes its place at once; the old one is never without a name until it is destroyed. */
static int exchange(struct state *s, const struct seal_keys *next)
{
    char now[STATE_PATH], old[STATE_PATH], fresh[STATE_PATH], public[STATE_PATH];

    state_path(s->conf, "console.key", now);
    state_path(s->conf, "console.key.next", fresh);
    if (link(now, state_path(s->conf, "console.key.old", old)) != 0)
        return status_from_errno(errno);
    if (rename(fresh, now) != 0)
        return status_from_errno(errno);
    (void)unlink(state_path(s->conf, "console.pub", public));
    return keyfile_save_public(public, seal_keys_public(next), s->conf->console_name);
}

int rotation_begin(struct state *s, uint64_t days, bool tls)
{
    struct succession word = {.made_us = clock_wall_us()};
    uint8_t bytes[SUCCESSION_SIZE];
    struct seal_keys *next = NULL;
    char path[STATE_PATH], iso[CLOCK_ISO_SIZE], id[2 * SEAL_ID + 1];
    int rc;

    if (s->old) {
        fprintf(stderr, "gatehouse console keys rotate: the last change is not over: until %s appliances may use the keys before. 'keys finish --now' "
                        "ends that at once\n",
                clock_iso(s->until_us, iso));
        return 2;
    }
    rc = next_keys(s->conf, &next);
    word.until_us = word.made_us + days * DAY_US;
    if (!rc)
        rc = next_pin(s, tls, word.pin);
    if (!rc) {
        word.next = *seal_keys_public(next);
        succession_write(&word, s->keys, bytes);
        rc = remember(s);
    }
    if (!rc)
        rc = file_replace(state_path(s->conf, "console.succession", path), span_of(bytes, sizeof(bytes)), 0644);
    if (!rc)
        rc = change_database(s, next, days);
    if (!rc)
        rc = exchange(s, next);
    if (!rc)
        printf("new keys: %s\nA console that runs takes them within seconds. Appliances learn them when they report, vouched for by the old ones. Until %s\n"
               "both are taken; then the old secret is destroyed%s. One that was away longer is invited anew ('console invite',\n"
               "there 'gatehouse enrol --invitation CODE --again'): nothing that it recorded is lost.\n"
               "Nodes beside this one need the state directory's new files now. Make a backup: the one before opens nothing that comes from now on.\n",
               id_text(seal_keys_public(next), id), clock_iso(word.until_us, iso), tls ? " and the new certificate is shown" : "");
    seal_keys_free(next);
    return rc ? say(s->conf->console_state_dir, rc) : 0;
}

/* ---- the end ---- */

/* Fetched packets are sealed to the console, too. */
static int reseal_file(int dir, const char *name, const struct state *s)
{
    int in = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), plain = memfd_create("reseal", MFD_CLOEXEC);
    int out = openat(dir, "reseal.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    uint64_t bytes;
    int rc = in < 0 || plain < 0 || out < 0 ? ST_IO : seal_file_open(in, plain, s->old, &bytes);

    if (!rc && (lseek(plain, 0, SEEK_SET) != 0 || (rc = seal_file(plain, out, seal_keys_public(s->keys), &bytes)) != 0 || fsync(out) != 0 ||
                renameat(dir, "reseal.new", dir, name) != 0))
        rc = rc ? rc : ST_IO;
    if (rc)
        (void)unlinkat(dir, "reseal.new", 0);
    if (in >= 0)
        close(in);
    if (plain >= 0)
        close(plain);
    if (out >= 0)
        close(out);
    return rc == ST_BAD_SIGNATURE ? 0 : rc; /* it was sealed to the new ones */
}

static int reseal_packets(const struct state *s)
{
    char path[STATE_PATH];
    struct dirent *e;
    DIR *dir = opendir(state_path(s->conf, "pcap", path));
    int rc = 0;

    while (dir && !rc && (e = readdir(dir)) != NULL) {
        size_t n = strlen(e->d_name);
        if (n > 4 && !strcmp(e->d_name + n - 4, ".ghe"))
            rc = reseal_file(dirfd(dir), e->d_name, s);
    }
    if (dir)
        closedir(dir);
    return rc;
}

/* Over the bytes first: a file system that writes in place forgets them. */
static int destroy(const char *path)
{
    static const uint8_t zeros[KEY_FILE_MAX];
    struct stat st;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : status_from_errno(errno);
    if (fstat(fd, &st) != 0 || st.st_nlink != 1 || st.st_size > KEY_FILE_MAX || pwrite(fd, zeros, (size_t)st.st_size, 0) != st.st_size || fsync(fd) != 0)
        rc = ST_IO;
    close(fd);
    if (!rc && unlink(path) != 0)
        rc = status_from_errno(errno);
    return rc;
}

static int change_certificate(const struct state *s)
{
    char key[STATE_PATH], crt[STATE_PATH], to[STATE_PATH];

    if (access(state_path(s->conf, "tls.key.next", key), F_OK) != 0)
        return 0;
    if (rename(key, state_path(s->conf, "tls.key", to)) != 0 || rename(state_path(s->conf, "tls.crt.next", crt), state_path(s->conf, "tls.crt", to)) != 0)
        return status_from_errno(errno);
    return 0;
}

int rotation_finish(struct state *s, const char *by)
{
    char path[STATE_PATH], id[2 * SEAL_ID + 1];
    struct db *d;
    int rc;

    if (!s->old)
        return 0;
    rc = reseal_packets(s);
    d = rc ? NULL : store_begin(s->store, &rc);
    if (d) {
        rc = audit_append(d, by, NULL, "console_keys_ended", id_text(seal_keys_public(s->old), id), "the secret is destroyed");
        rc = store_end(s->store, rc);
    }
    if (!rc)
        rc = change_certificate(s);
    if (!rc)
        rc = destroy(state_path(s->conf, "console.key.old", path));
    if (!rc)
        (void)unlink(state_path(s->conf, "console.succession", path));
    return rc ? say(s->conf->console_state_dir, rc) : 0;
}

/* ---- the command ---- */

static int show(const struct state *s)
{
    char id[2 * SEAL_ID + 1], iso[CLOCK_ISO_SIZE], path[STATE_PATH];

    printf("keys:       %s\nTLS pin:    sha256//%s\n", id_text(seal_keys_public(s->keys), id), s->pin);
    if (s->old)
        printf("before:     %s, taken until %s%s\n", id_text(seal_keys_public(s->old), id), clock_iso(s->until_us, iso),
               access(state_path(s->conf, "tls.key.next", path), F_OK) == 0 ? "; then the certificate changes, too" : "");
    for (size_t i = 0; i < s->n_former; i++)
        printf("former:     %s\n", id_text(&s->former[i], id));
    return 0;
}

static int finish(struct state *s, const struct rotation_words *w)
{
    char iso[CLOCK_ISO_SIZE];

    if (!s->old) {
        printf("there is nothing to end: the keys before are gone\n");
        return 0;
    }
    if (!w->now && clock_wall_us() < s->until_us) {
        fprintf(stderr,
                "gatehouse console keys finish: until %s appliances may still come with the keys before. Who did not by now must be invited anew; "
                "'keys finish --now' does it all the same\n",
                clock_iso(s->until_us, iso));
        return 2;
    }
    return rotation_finish(s, "console");
}

int rotation_command(struct state *s, const struct rotation_words *w)
{
    uint64_t days = ROTATION_DAYS;

    if (w->days && (!span_number(span_str(w->days), ROTATION_DAYS_MAX, &days) || !days)) {
        fprintf(stderr, "gatehouse console keys: --days is a number from 1 to %d\n", ROTATION_DAYS_MAX);
        return 2;
    }
    if (w->n == 1 && !strcmp(w->words[0], "show"))
        return show(s);
    if (w->n == 1 && !strcmp(w->words[0], "rotate") && !w->now)
        return rotation_begin(s, days, w->tls);
    if (w->n == 1 && !strcmp(w->words[0], "finish") && !w->days && !w->tls)
        return finish(s, w);
    fprintf(stderr, "usage: gatehouse console keys show | rotate [--days N] [--tls] | finish [--now] [-c FILE]\n");
    return 2;
}
