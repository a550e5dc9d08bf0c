/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/state.h"
#include "console/rotation.h"

#include "base/db_pg.h"
#include "base/file.h"
#include "base/owner.h"
#include "console/events/click.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534u
#define PEM_MAX 65536

static int fail(const char *path, const char *what, int exit_code)
{
    fprintf(stderr, "gh-console: %s: %s\n", path, what);
    return exit_code;
}

const char *state_path(const struct conf *c, const char *name, char path[static STATE_PATH])
{
    snprintf(path, STATE_PATH, "%s/%s", c->console_state_dir, name);
    return path;
}

int state_read(const char *path, struct writer *w)
{
    return file_read(path, w->max, w);
}

/* A key pair NAME.key and NAME.pub; the secret part through ret_keys (NULL: not wanted), the public one
 * through ret_public. */
static int open_keys(const struct conf *c, const char *name, bool make, struct seal_keys **ret_keys,
                     struct seal_public *ret_public, bool *made)
{
    char secret[STATE_PATH], public[STATE_PATH], file[64];
    struct seal_keys *k = NULL;
    int rc = 0;

    snprintf(file, sizeof(file), "%s.key", name);
    state_path(c, file, secret);
    snprintf(file, sizeof(file), "%s.pub", name);
    state_path(c, file, public);
    if (!ret_keys && access(public, F_OK) == 0) {
        rc = keyfile_load_public(public, ret_public, NULL, 0);
        return rc ? fail(public, status_text(rc), 2) : 0;
    }
    if (access(secret, F_OK) != 0 && !make)
        return fail(secret, "it is not there. 'gatehouse console init' makes it", 2);
    if (access(secret, F_OK) != 0) {
        k = seal_keys_generate();
        rc = k ? keyfile_save(secret, k) : ST_NOMEM;
        /* The console needs no secret of the committee: where root made it, it stays root's until it is carried away. */
        if (!rc && !ret_keys && geteuid() == 0 && lchown(secret, 0, 0) != 0)
            rc = status_from_errno(errno);
        *made = true;
    } else {
        rc = keyfile_load(secret, &k);
    }
    if (!rc && access(public, F_OK) != 0)
        rc = keyfile_save_public(public, seal_keys_public(k), c->console_name);
    if (!rc)
        *ret_public = *seal_keys_public(k);
    if (!rc && ret_keys)
        *ret_keys = k;
    else
        seal_keys_free(k);
    return rc ? fail(secret, status_text(rc), rc == ST_NOMEM || rc == ST_IO ? 3 : 2) : 0;
}

static int open_tls(const struct conf *c, bool make, struct state *s)
{
    char key[STATE_PATH], crt[STATE_PATH], hosts[1024];
    int rc;

    state_path(c, "tls.key", key);
    state_path(c, "tls.crt", crt);
    if (access(key, F_OK) != 0 && access(crt, F_OK) != 0 && make) {
        state_hosts(c, hosts, sizeof(hosts));
        rc = cert_make(c->console_name, hosts, &s->tls_key, &s->tls_crt);
        if (!rc)
            rc = file_replace(key, writer_span(&s->tls_key), 0600);
        if (!rc)
            rc = file_replace(crt, writer_span(&s->tls_crt), 0644);
        s->made = true;
    } else {
        rc = state_read(key, &s->tls_key);
        if (rc)
            return fail(key, status_text(rc), 2);
        rc = state_read(crt, &s->tls_crt);
    }
    if (!rc)
        rc = cert_pin(writer_span(&s->tls_crt), s->pin);
    if (rc)
        return fail(crt, status_text(rc), 2);
    rc = cert_check(writer_span(&s->tls_key), writer_span(&s->tls_crt));
    if (rc)
        return fail(key,
                    "this key does not belong to tls.crt beside it. Put the right pair there, or move both "
                    "away to have "
                    "new ones made",
                    2);
    writer_cstr(&s->tls_key); /* the server wants strings */
    writer_cstr(&s->tls_crt);
    return 0;
}

static int open_dir(const struct conf *c, bool make)
{
    struct stat st;

    if (make && mkdir(c->console_state_dir, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr,
                "gh-console: %s cannot be made: %s. Set console.state_dir to a directory you may write\n",
                c->console_state_dir, strerror(errno));
        return 2;
    }
    if (stat(c->console_state_dir, &st) != 0)
        return fail(c->console_state_dir, "it is not there. 'gatehouse console init' makes it", 2);
    if (!S_ISDIR(st.st_mode))
        return fail(c->console_state_dir, "it is no directory (console.state_dir)", 2);
    if (access(c->console_state_dir, R_OK | W_OK | X_OK) != 0)
        return fail(c->console_state_dir,
                    "you may not write there. Run as its owner, or set console.state_dir", 2);
    return 0;
}

#define READERS 24 /* workers, the tick, what retries; a command */

static int open_database(const struct conf *c, struct state *s)
{
    char err[512] = "";
    int rc;

    if (!db_pg_is_url(c->console_database))
        return fail("console.database", "it is no address like postgresql://user@host/name", 2);
    rc = store_open_pg(c->console_database, READERS, &s->store, err, sizeof(err));
    if (!rc)
        return 0;
    return fail("console.database", *err ? err : status_text(rc), rc == ST_CLOSED || rc == ST_NOMEM ? 3 : 2);
}

#define LINKS 24 /* a connection to ClickHouse beside each of these, and some to spare */

/* Before anything secret is in this process's memory: the one that is forked keeps nothing of it. */
static int start_clicks(const struct conf *c, struct state *s)
{
    const struct click_address a = {.url = c->console_events,
                                    .user = c->console_events_user,
                                    .password = c->console_events_password,
                                    .ca = c->console_events_ca,
                                    .run_as = c->node_user};
    char err[512] = "";
    int rc = *c->console_events ? clicks_start(&a, LINKS, &s->clicks, err, sizeof(err)) : 0;

    return rc ? fail("console.events", *err ? err : status_text(rc), rc == ST_USAGE ? 2 : 3) : 0;
}

static int set_far(const struct conf *c, struct state *s)
{
    int rc;

    if (!s->clicks)
        return store_had_far(s->store) ? fail("console.events", "it is empty, but the events of this console are in ClickHouse: say where", 2) : 0;
    rc = store_set_far(s->store, s->clicks, (int64_t)c->console_events_waiting, s->moves);
    if (rc == ST_USAGE)
        return fail("console.events", "events of before are still in the database. 'gatehouse console migrate' moves them", 2);
    return rc ? fail("console.events", status_text(rc), 3) : 0;
}

int state_open(const struct conf *c, bool make, struct state *s)
{
    return state_open_to_move(c, make, false, s);
}

int state_open_to_move(const struct conf *c, bool make, bool moves, struct state *s)
{
    struct seal_public own;
    char before[STATE_PATH];
    int rc = seal_init();

    *s = (struct state){.conf = c, .moves = moves};
    writer_init(&s->tls_key, PEM_MAX);
    writer_init(&s->tls_crt, PEM_MAX);
    if (rc)
        return fail("libsodium", "it cannot be initialised", 3);
    rc = open_dir(c, make);
    if (!rc)
        rc = start_clicks(c, s);
    if (!rc)
        rotation_mend(c);
    if (!rc)
        rc = open_keys(c, "console", make, &s->keys, &own, &s->made);
    if (!rc && rotation_load(c, s) != 0)
        rc = fail(state_path(c, "console.key.old", before), "it, or console.succession beside it, cannot be read", 2);
    if (!rc)
        rc = open_keys(c, "committee", make, NULL, &s->committee, &s->made);
    if (!rc)
        rc = open_tls(c, make, s);
    if (!rc)
        rotation_mark(s);
    if (!rc) {
        char path[STATE_PATH];
        mode_t old = umask(077);
        int code = 0;
        if (*c->console_database)
            rc = open_database(c, s);
        else
            code = store_open(c->console_state_dir, &s->store);
        umask(old);
        if (code)
            rc = fail(state_path(c, "console.db", path),
                      code == ST_USAGE ? "it was made by a newer version of this program" : status_text(code),
                      2);
    }
    if (!rc)
        rc = set_far(c, s);
    if (rc)
        state_close(s);
    return rc;
}

void state_close(struct state *s)
{
    store_close(s->store);
    clicks_stop(s->clicks);
    s->clicks = NULL;
    seal_keys_free(s->keys);
    seal_keys_free(s->old);
    if (s->tls_key.p)
        seal_wipe(s->tls_key.p, s->tls_key.cap);
    writer_done(&s->tls_key);
    writer_done(&s->tls_crt);
    s->store = NULL;
    s->keys = s->old = NULL;
}

int state_give(const struct conf *c)
{
    uid_t uid = NOBODY;
    gid_t gid = NOBODY;
    const struct passwd *pw;
    struct dirent *e;
    int rc = 0;
    DIR *d;

    if (geteuid() != 0)
        return 0;
    if (*c->node_user) {
        pw = getpwnam(c->node_user);
        if (!pw)
            return fail(c->node_user, "there is no such user (node.user)", 2);
        uid = pw->pw_uid;
        gid = pw->pw_gid;
    }
    d = opendir(c->console_state_dir);
    if (!d || fchown(dirfd(d), uid, gid) != 0) {
        if (d)
            closedir(d);
        return fail(c->console_state_dir, strerror(errno), 2);
    }
    while ((e = readdir(d)) != NULL) {
        struct stat st;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            (S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && !strcmp(e->d_name, "pcap"))) &&
            strcmp(e->d_name, "committee.key") != 0 &&
            fchownat(dirfd(d), e->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
            rc = fail(e->d_name, strerror(errno), 2);
    }
    closedir(d);
    return rc;
}

bool state_listen(const struct conf *c, char *host, size_t cap, char port[static 8])
{
    struct span all = span_str(c->console_listen), name;
    ptrdiff_t colon = -1;
    uint64_t number;

    for (ptrdiff_t i = span_find_byte(all, ':', 0); i >= 0; i = span_find_byte(all, ':', (size_t)i + 1))
        colon = i;
    if (colon < 0 || !span_number(span_part(all, (size_t)colon + 1, all.n), 65535, &number))
        return false;
    name = span_part(all, 0, (size_t)colon);
    if (span_starts(name, "[") && span_find_byte(name, ']', 0) == (ptrdiff_t)name.n - 1)
        name = span_part(name, 1, name.n - 2);
    else if (span_find_byte(name, ':', 0) >= 0)
        return false;
    if (!name.n || name.n >= cap)
        return false;
    memcpy(host, name.p, name.n);
    host[name.n] = 0;
    snprintf(port, 8, "%u", (unsigned)number & 0xffffu);
    return true;
}

void state_hosts(const struct conf *c, char *buf, size_t cap)
{
    char machine[256] = "", host[256] = "", port[8];

    if (gethostname(machine, sizeof(machine) - 1) != 0)
        machine[0] = 0;
    if (!state_listen(c, host, sizeof(host), port) || !strcmp(host, "0.0.0.0") || !strcmp(host, "::"))
        host[0] = 0;
    snprintf(buf, cap, "localhost 127.0.0.1 ::1 %s %s %s", machine, host, c->console_hosts);
}

void state_url(const struct conf *c, unsigned port_in_use, char url[static STATE_URL])
{
    char host[256], port[8];

    if (!state_listen(c, host, sizeof(host), port)) {
        snprintf(url, STATE_URL, "https://localhost/");
        return;
    }
    if ((!strcmp(host, "0.0.0.0") || !strcmp(host, "::")) && gethostname(host, sizeof(host) - 1) != 0)
        snprintf(host, sizeof(host), "localhost");
    if (port_in_use)
        snprintf(port, sizeof(port), "%u", port_in_use & 0xffffu);
    snprintf(url, STATE_URL, strchr(host, ':') ? "https://[%s]:%s/" : "https://%s:%s/", host, port);
}
