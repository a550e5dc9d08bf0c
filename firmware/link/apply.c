/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/apply.h"
#include "base/log.h"
#include "firmware/link/apply_kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA (32u << 20)
#define TRIAL_MS 60000 /* longest, then it has failed */
#define CALM_MS 3000   /* so long nothing may change for the worse */

struct kind {
    struct standing s;
    struct timespec seen; /* order file that was looked at */
    ino_t seen_inode;
    bool on_trial, taken_anew;
    uint64_t trial_ms, calm_ms;
    int64_t pid, restarts;
};
struct apply {
    struct apply_box box;
    struct seal_public console;
    uint8_t appliance[SEAL_ID];
    struct apply_hooks hooks;
    char down[GOODS_DIR_PATH];
    struct kind kinds[GOODS_KINDS];
};

static const char *standing_path(const struct apply *a, enum goods_kind k, char path[static GOODS_DIR_PATH])
{
    char name[64];

    snprintf(name, sizeof(name), "goods/%s.json", goods_kind_names[k]);
    return goods_dir_path(a->box.state_dir, name, path);
}

struct apply *apply_new(const struct conf *c, char *const *conf_args, const struct seal_public *console,
                        const uint8_t appliance[static SEAL_ID], const struct apply_hooks *hooks)
{
    struct apply *a = calloc(1, sizeof(*a));
    char path[GOODS_DIR_PATH];

    if (!a)
        return NULL;
    a->box = (struct apply_box){.conf = c, .conf_args = conf_args, .state_dir = c->node_state_dir};
    a->console = *console;
    memcpy(a->appliance, appliance, SEAL_ID);
    a->hooks = *hooks;
    goods_dir_path(c->node_state_dir, "down", a->down);
    (void)mkdir(goods_dir_path(c->node_state_dir, "goods", path), 0750);
    if (access(path, W_OK) != 0) {
        free(a);
        return NULL;
    }
    for (int k = 0; k < GOODS_KINDS; k++) {
        standing_load(standing_path(a, (enum goods_kind)k, path), &a->kinds[k].s);
        a->kinds[k].on_trial = !strcmp(a->kinds[k].s.state, "trying");
    }
    return a;
}

void apply_free(struct apply *a)
{
    free(a);
}

static void tell(struct apply *a, enum goods_kind k)
{
    struct writer w;
    struct jw j;

    if (!a->kinds[k].s.serial || a->kinds[k].on_trial)
        return;
    writer_init(&w, 4096);
    jw_init(&j, &w);
    standing_put(k, &a->kinds[k].s, &j);
    if (writer_ok(&w))
        a->hooks.told(a->hooks.arg, k, writer_span(&w));
    writer_done(&w);
}

void apply_tell(struct apply *a)
{
    for (int k = 0; k < GOODS_KINDS; k++)
        tell(a, (enum goods_kind)k);
}

static void save(struct apply *a, enum goods_kind k)
{
    char path[GOODS_DIR_PATH];
    int rc = standing_save(standing_path(a, k, path), k, &a->kinds[k].s);

    if (rc)
        log_error("%s cannot be written: %s", path, status_text(rc));
}

/* The order is dealt with: this became of it. */
static void settle(struct apply *a, enum goods_kind k, const char *state, const char *reason)
{
    struct kind *kind = &a->kinds[k];

    kind->s.state = state;
    kind->on_trial = false;
    snprintf(kind->s.reason, sizeof(kind->s.reason), "%s", reason);
    save(a, k);
    if (strcmp(state, "running") != 0)
        log_warn("%s %s@%s (order %llu) is %s%s%s", goods_kind_names[k],
                 *kind->s.ordered.name ? kind->s.ordered.name : "as made", kind->s.ordered.version,
                 (unsigned long long)kind->s.serial, state, *reason ? ": " : "", reason);
    else
        log_info("%s: %s@%s runs (order %llu)", goods_kind_names[k],
                 *kind->s.ordered.name ? kind->s.ordered.name : "as made", kind->s.ordered.version,
                 (unsigned long long)kind->s.serial);
    tell(a, k);
}

/* What was before is in force again. */
static void take_back(struct apply *a, enum goods_kind k, const char *reason)
{
    struct kind *kind = &a->kinds[k];
    bool anew = kinds_anew(&a->box, k, kind->s.before.serial);
    int rc = kinds_revoke(&a->box, k, kind->s.before.serial);

    if (rc)
        log_error("%s: the version before cannot be put in force again: %s", goods_kind_names[k],
                  status_text(rc));
    kind->s.running = kind->s.before;
    settle(a, k, "failed", reason);
    a->hooks.take(a->hooks.arg, k, anew);
}

static void begin_trial(struct apply *a, enum goods_kind k, uint64_t now_ms, const struct watch *before,
                        bool anew)
{
    struct kind *kind = &a->kinds[k];

    kind->s.state = "trying";
    kind->s.reason[0] = 0;
    kind->on_trial = true;
    kind->trial_ms = kind->calm_ms = now_ms;
    kind->pid = k == GOODS_LISTS || anew
                    ? 0
                    : before->pid; /* gh-lists reads its files again without being started again */
    kind->restarts = before->restarts;
    save(a, k);
    a->hooks.take(a->hooks.arg, k, anew);
}

/* Can the processes live with it? */
static void look_at_trial(struct apply *a, enum goods_kind k, uint64_t now_ms)
{
    struct kind *kind = &a->kinds[k];
    struct watch w;
    bool late;

    if (!kind->trial_ms) { /* begun by a gh-down before this one */
        kind->trial_ms = kind->calm_ms = now_ms;
        kind->restarts = watch_read(a->box.state_dir, k, &w) ? w.restarts : 0;
    }
    late = now_ms - kind->trial_ms > TRIAL_MS;
    if (!watch_read(a->box.state_dir, k, &w) || !w.pid || w.pid == kind->pid || !w.facts) {
        kind->calm_ms = now_ms;
        if (late)
            take_back(a, k, "the process that uses it did not start with it in time");
        return;
    }
    if (*w.fault) {
        take_back(a, k, w.fault);
        return;
    }
    if (w.restarts > kind->restarts + 2) {
        take_back(a, k, "processes died again and again with it");
        return;
    }
    if (w.restarts > kind->restarts && now_ms - kind->calm_ms < CALM_MS)
        return;
    if (now_ms - kind->calm_ms < CALM_MS)
        return;
    kind->s.running = kind->s.ordered;
    kind->s.running.serial = kind->s.serial;
    settle(a, k, "running", "");
    unpack_sweep(a->box.state_dir, k, kind->s.running.serial, kind->s.before.serial);
}

static void name_it(struct standing *s, const struct goods_order *o, const struct goods *g)
{
    s->serial = o->serial;
    memset(&s->ordered, 0, sizeof(s->ordered));
    memcpy(s->ordered.manifest, o->manifest, SEAL_HASH);
    if (!g)
        return;
    memcpy(s->ordered.name, g->name, sizeof(s->ordered.name));
    memcpy(s->ordered.version, g->version, sizeof(s->ordered.version));
}

/* The kind's own way to be looked at and put in force; what is wrong with it is known to nobody else. */
static void put_in_force(struct apply *a, enum goods_kind k, uint64_t now_ms)
{
    struct kind *kind = &a->kinds[k];
    char says[CHILD_SAYS];
    struct watch before;
    bool anew, made = !*kind->s.ordered.name;
    int rc;

    (void)watch_read(a->box.state_dir, k, &before);
    rc = made ? 0 : kinds_check(&a->box, k, kind->s.serial, says);
    if (rc) {
        settle(a, k, "refused", says);
        return;
    }
    anew = kinds_anew(&a->box, k, made ? 0 : kind->s.serial);
    kind->s.before = kind->s.running;
    rc = kinds_activate(&a->box, k, made ? 0 : kind->s.serial, says);
    if (rc) {
        settle(a, k, "refused", says);
        return;
    }
    if (k == GOODS_FIRMWARE)
        settle(a, k, "waiting", "it is handed to the installer");
    else
        begin_trial(a, k, now_ms, &before, anew);
}

static void obey(struct apply *a, const struct goods_order *o, uint64_t now_ms)
{
    struct kind *kind = &a->kinds[o->kind];
    struct arena *arena = arena_new(ARENA);
    char path[GOODS_DIR_PATH], why[CHILD_SAYS] = "";
    struct writer manifest;
    struct goods g;
    int rc = arena ? 0 : ST_NOMEM;

    writer_init(&manifest, GOODS_MANIFEST_MAX + 65536);
    if (!rc && o->manifest_bytes)
        rc = goods_dir_manifest(goods_dir_kind(a->down, o->kind, "manifest", path), o, arena, &manifest, &g);
    if (!rc) {
        name_it(&kind->s, o, o->manifest_bytes ? &g : NULL);
        rc = o->manifest_bytes ? unpack_goods(a->box.state_dir, &g, o->serial, why, sizeof(why)) : 0;
    } else {
        name_it(&kind->s, o, NULL);
        snprintf(why, sizeof(why), "its manifest: %s", status_text(rc));
    }
    if (rc)
        settle(a, o->kind, rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? "failed" : "refused", why);
    else
        put_in_force(a, o->kind, now_ms);
    writer_done(&manifest);
    arena_free(arena);
}

/* Is there an order file that was not looked at yet? */
static bool is_new(struct apply *a, enum goods_kind k)
{
    struct kind *kind = &a->kinds[k];
    char path[GOODS_DIR_PATH];
    struct stat st;

    if (lstat(goods_dir_kind(a->down, k, "order", path), &st) != 0 ||
        (st.st_ino == kind->seen_inode && st.st_mtim.tv_sec == kind->seen.tv_sec &&
         st.st_mtim.tv_nsec == kind->seen.tv_nsec))
        return false;
    kind->seen = st.st_mtim;
    kind->seen_inode = st.st_ino;
    return true;
}

static void look(struct apply *a, enum goods_kind k, uint64_t now_ms)
{
    struct kind *kind = &a->kinds[k];
    struct goods_order o;
    int rc;

    if (kind->on_trial) {
        look_at_trial(a, k, now_ms);
        return;
    }
    if (k == GOODS_FIRMWARE && kinds_firmware(&a->box, &kind->s)) {
        save(a, k);
        tell(a, k);
    }
    if (!is_new(a, k))
        return;
    rc = goods_dir_order(a->down, k, &a->console, a->appliance, &o);
    if (rc)
        log_warn("an order for %s is none of this console's for this appliance: %s", goods_kind_names[k],
                 status_text(rc));
    else if (o.serial > kind->s.serial)
        obey(a, &o, now_ms);
    else if (o.serial < kind->s.serial)
        log_warn("order %llu for %s is older than order %llu, which was obeyed: refused",
                 (unsigned long long)o.serial, goods_kind_names[k], (unsigned long long)kind->s.serial);
}

void apply_look(struct apply *a, uint64_t now_ms)
{
    for (int k = 0; k < GOODS_KINDS; k++)
        look(a, (enum goods_kind)k, now_ms);
}
