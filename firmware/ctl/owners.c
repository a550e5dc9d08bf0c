/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse owners: gives what lies in the state directory to the users of the processes that need it. Run as
 * root before the keeper by its unit and by the package, so that a state directory of a release that had one
 * user, or one that was restored from a copy, works. The directory may belong to a process that was taken
 * over: nothing is reached by a link, and only what belongs to one of our users, or to root, changes hands.
 */
#include "firmware/ctl/ctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEPEST 8
#define MOST_FILES 1000000u

enum what { THE_FILE, THE_DIR, A_TREE, NEW_DIR, GONE };
static const struct row {
    const char *name; /* below the state directory, "" itself */
    enum what what;
    const char *user, *group;
    mode_t dir, file;
} rows[] = {
    {"", THE_DIR, "gh-core", "gatehouse", 0751, 0}, /* also who is not of the group goes through it, to what it may read */
    {"keeper", NEW_DIR, "gatehouse", "gatehouse", 0750, 0640},
    {"uplink", NEW_DIR, "gh-uplink", "gatehouse", 0750, 0640},
    {"scan", NEW_DIR, "gh-scan", "gh-scan", 0750, 0640},
    {"appliance.key", THE_FILE, "gh-core", "gh-core", 0, 0600},
    {"appliance.pub", THE_FILE, "gh-core", "gatehouse", 0, 0644},
    {"console.json", THE_FILE, "gh-core", "gatehouse", 0, 0640},
    {"enforce.off", THE_FILE, "gh-core", "gatehouse", 0, 0644},
    {"journal.db", THE_FILE, "gh-core", "gh-core", 0, 0640},
    {"journal.db-wal", THE_FILE, "gh-core", "gh-core", 0, 0640},
    {"journal.db-shm", THE_FILE, "gh-core", "gh-core", 0, 0640},
    {"journal.lock", THE_FILE, "gh-core", "gh-core", 0, 0600},
    {"journal.head", THE_FILE, "gh-core", "gh-core", 0, 0600},
    {"evidence", A_TREE, "gh-core", "gh-core", 0700, 0600},
    {"pcap", A_TREE, "gh-core", "gh-core", 0750, 0640},
    {"policies", A_TREE, "gh-down", "gatehouse", 0750, 0644},
    {"down", NEW_DIR, "gh-uplink", "gatehouse", 0750, 0640},
    {"goods", NEW_DIR, "gh-down", "gh-goods", 0750, 0640},
    {"update", NEW_DIR, "gh-update", "gh-goods", 0750, 0640},
    {"status.json", GONE, NULL, NULL, 0, 0},
};
static const char *const ours[] = {"gatehouse",  "gh-sensor", "gh-core",  "gh-scan",  "gh-policy",
                                   "gh-enforce", "gh-uplink", "gh-down", "gh-lists", "gh-update"};

struct giver {
    uid_t from[GH_COUNT(ours) + 1];
    size_t n_from;
    unsigned files, given;
    int rc;
};

static bool is_ours(const struct giver *g, uid_t uid)
{
    for (size_t i = 0; i < g->n_from; i++)
        if (g->from[i] == uid)
            return true;
    return false;
}

static void complain(struct giver *g, const char *name)
{
    fprintf(stderr, "gatehouse owners: %s: %s\n", *name ? name : "the state directory", strerror(errno));
    g->rc = 3;
}

static void give_tree(struct giver *g, int dir, const struct row *r, uid_t uid, gid_t gid, unsigned depth);

/* One thing in the directory at, without following a link; what is no file, directory or link is left alone.
 */
static void give(struct giver *g, int at, const char *name, const struct row *r, uid_t uid, gid_t gid,
                 unsigned depth)
{
    int fd = openat(at, *name ? name : ".", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    bool dir;

    if (fd < 0 && errno == ELOOP) { /* a link of the policy store: its owner alone counts */
        if ((r->what == A_TREE || r->what == NEW_DIR) && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_ours(g, st.st_uid))
            if (fchownat(at, name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
                complain(g, name);
        return;
    }
    if (fd < 0) {
        if (errno != ENOENT)
            complain(g, name);
        return;
    }
    if (fstat(fd, &st) == 0 && (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)) &&
        is_ours(g, st.st_uid)) {
        dir = S_ISDIR(st.st_mode);
        if (st.st_uid != uid || st.st_gid != gid) {
            g->given++;
            if (fchown(fd, uid, gid) != 0)
                complain(g, name);
        }
        if ((st.st_mode & 07777) != (dir ? r->dir : r->file) && fchmod(fd, dir ? r->dir : r->file) != 0)
            complain(g, name);
        if (dir && (r->what == A_TREE || r->what == NEW_DIR))
            give_tree(g, fd, r, uid, gid, depth + 1);
    } else {
        fprintf(stderr,
                "gatehouse owners: %s is left alone: it is no plain file or directory, or somebody else's\n",
                name);
    }
    close(fd);
}

static void give_tree(struct giver *g, int dir, const struct row *r, uid_t uid, gid_t gid, unsigned depth)
{
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 3);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *e;

    if (!d) {
        complain(g, r->name);
        if (copy >= 0)
            close(copy);
        return;
    }
    while (depth <= DEEPEST && (e = readdir(d)) != NULL && g->files++ < MOST_FILES)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            give(g, dir, e->d_name, r, uid, gid, depth);
    closedir(d);
}

static int give_row(struct giver *g, int state, const struct row *r)
{
    const struct passwd *pw;
    const struct group *gr;
    uid_t uid;

    if (r->what == GONE)
        return unlinkat(state, r->name, 0) == 0 || errno == ENOENT ? 0 : (complain(g, r->name), 3);
    pw = getpwnam(r->user);
    if (!pw) {
        fprintf(
            stderr,
            "gatehouse owners: there is no user %s; the package makes it (systemd-sysusers gatehouse.conf)\n",
            r->user);
        return 2;
    }
    uid = pw->pw_uid;
    gr = getgrnam(r->group);
    if (!gr) {
        fprintf(stderr,
                "gatehouse owners: there is no group %s; the package makes it (systemd-sysusers "
                "gatehouse.conf)\n",
                r->group);
        return 2;
    }
    if (r->what == NEW_DIR && mkdirat(state, r->name, 0700) != 0 && errno != EEXIST)
        complain(g, r->name);
    give(g, state, r->name, r, uid, gr->gr_gid, 0);
    return 0;
}

int command_owners(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set"};
    struct giver g = {.from = {0}, .n_from = 1}; /* root's too: a command that an officer ran */
    struct ctl_options o;
    int state, rc = 0;

    ctl_options_init(&o);
    for (int i = 1; i < argc; i++)
        if (!ctl_option(&o, argc, argv, &i))
            return ctl_unknown("owners", argv[i], known, GH_COUNT(known));
    if (o.failed)
        return 2;
    if (geteuid() != 0)
        return ctl_usage("owners", "only root can give files to other users");
    for (size_t i = 0; i < GH_COUNT(ours); i++) {
        const struct passwd *pw = getpwnam(ours[i]);
        if (pw)
            g.from[g.n_from++] = pw->pw_uid;
    }
    if (mkdir(o.conf.node_state_dir, 0750) != 0 && errno != EEXIST)
        return ctl_usage("owners", "%s: %s", o.conf.node_state_dir, strerror(errno));
    state = open(o.conf.node_state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (state < 0)
        return ctl_usage("owners", "%s: %s", o.conf.node_state_dir, strerror(errno));
    for (size_t i = 0; i < GH_COUNT(rows) && rc != 2; i++)
        rc = give_row(&g, state, &rows[i]);
    close(state);
    if (g.given)
        printf("%u files and directories of %s now belong to who needs them\n", g.given,
               o.conf.node_state_dir);
    return rc == 2 ? 2 : g.rc;
}
