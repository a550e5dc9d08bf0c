/* SPDX-License-Identifier: GPL-3.0-or-later
 * What `gatehouse status` shows: who runs as whom, and what each says of itself. */
#include "base/clock.h"
#include "base/json.h"
#include "base/owner.h"
#include "firmware/ctl/firmware_fact.h"
#include "firmware/ctl/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void put_disk(struct jw *j, struct run *r)
{
    struct arena *a = arena_new(1 << 20);
    struct json *core = NULL;

    if (a && r->notes[ROLE_CORE].n)
        (void)json_parse(a, writer_span(&r->notes[ROLE_CORE]), 16, &core, NULL);
    disk_status(&r->disk, core, j);
    arena_free(a);
}

/* Does one user hold several of them, so that one that is taken over reaches the others' files? */
static void put_users(struct jw *j, const struct run *r, const enum role *shown, size_t n)
{
    long uids[ROLE_COUNT];
    size_t known = 0;
    bool shared = false;

    for (size_t i = 0; i < n; i++) {
        long uid = keeper_uid(r->keeper, shown[i]);
        for (size_t k = 0; uid >= 0 && k < known; k++)
            shared = shared || uids[k] == uid;
        if (uid >= 0)
            uids[known++] = uid;
    }
    if (known)
        jw_kcstr(j, "users", shared ? "one" : "separate");
}

void run_write_status(void *arg)
{
    static const enum role shown[] = {ROLE_SENSOR,  ROLE_CORE,   ROLE_SCAN, ROLE_POLICY,
                                      ROLE_ENFORCE, ROLE_UPLINK, ROLE_DOWN, ROLE_LISTS};
    struct run *r = arg;
    char path[CONF_TEXT + 32], temp[CONF_TEXT + 40], iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;
    int fd;

    if (!r->owner) /* perhaps a second appliance was started by mistake: the first one's status stays */
        return;
    writer_init(&w, 131072);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "name", r->opt.conf.node_name);
    jw_kcstr(&j, "version", GH_VERSION);
    jw_ku64(&j, "pid", (uint64_t)getpid());
    jw_kcstr(&j, "written", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "started", clock_iso(r->started_us, iso));
    jw_kcstr(&j, "mode", r->n_replay ? "replay" : "live");
    jw_kbool(&j, "replay_recorded", r->n_replay && r->recorded);
    jw_kobj(&j, "processes");
    for (size_t i = 0; i < GH_COUNT(shown); i++) {
        jw_kobj(&j, role_name(shown[i]));
        jw_ku64(&j, "pid", (uint64_t)keeper_pid(r->keeper, shown[i]));
        jw_ku64(&j, "restarts", keeper_restarts(r->keeper, shown[i]));
        if (keeper_uid(r->keeper, shown[i]) >= 0)
            jw_ku64(&j, "uid", (uint64_t)keeper_uid(r->keeper, shown[i]));
        if (r->notes[shown[i]].n)
            jw_kraw(&j, "facts", writer_span(&r->notes[shown[i]]));
        jw_end_obj(&j);
    }
    jw_end_obj(&j);
    put_users(&j, r, shown, GH_COUNT(shown));
    loglevel_status(&r->log_level, &j);
    put_disk(&j, r);
    clock_fact_status(&r->clock, &j);
    firmware_fact_status(&r->opt.conf, &j);
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    snprintf(path, sizeof(path), "%s/%s", r->opt.conf.node_state_dir,
             owner_status_name(r->opt.conf.node_state_dir));
    snprintf(temp, sizeof(temp), "%.*s.new", (int)sizeof(temp) - 5, path);
    /* Made anew each time: the directory belongs to gh-core, which must not lead root's pen elsewhere by a
     * link. */
    (void)unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd >= 0) {
        bool good = writer_ok(&w) && write(fd, w.p, w.n) == (ssize_t)w.n;
        close(fd);
        if (good)
            (void)rename(temp, path); /* on a full disk the old one stays and its age tells */
    }
    writer_done(&w);
}
