/* SPDX-License-Identifier: GPL-3.0-or-later
 * Firmware is written by the installer ('gatehouse firmware take', user gh-update, started by a path unit), not
 * by gh-down. What became of it is seen from outside: the installer's word, the running kernel's epoch, and the
 * list of releases that failed here. */
#include "base/json.h"
#include "base/settings.h"
#include "firmware/link/apply_kinds.h"
#include "firmware/update/floor.h"
#include "firmware/update/update.h"

#include <stdio.h>

#define EPOCH_AT 16 /* in a release's manifest, behind magic, format, product and hardware */
#define RESULT_MAX 4096

static uint64_t epoch_of(const struct apply_box *b, uint64_t serial)
{
    char dir[GOODS_DIR_PATH], path[GOODS_DIR_PATH];
    uint64_t epoch = 0;
    struct reader r;
    struct writer w;

    writer_init(&w, MANIFEST_MAX + 65536);
    if (goods_dir_read(
            goods_dir_path(unpack_dir(b->state_dir, GOODS_FIRMWARE, serial, dir), "manifest", path),
            MANIFEST_MAX, &w) == 0) {
        r = reader_span(writer_span(&w));
        reader_skip(&r, EPOCH_AT);
        epoch = reader_le64(&r);
    }
    writer_done(&w);
    return epoch;
}

/* The installer's word on this serial: {"serial","done","reason"}. False when it said nothing yet. */
static bool installer_says(const struct apply_box *b, uint64_t serial, bool *ret_done, char *reason,
                           size_t cap)
{
    char path[GOODS_DIR_PATH];
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    struct writer w;
    bool said;

    writer_init(&w, RESULT_MAX + 65536);
    said = a &&
           goods_dir_read(goods_dir_path(b->state_dir, SETTINGS_FIRMWARE_RESULT, path), RESULT_MAX, &w) == 0 &&
           json_parse(a, writer_span(&w), 4, &j, NULL) == 0 &&
           json_i64(json_get(j, "serial"), 0) == (int64_t)serial && !json_get(j, "tries"); /* still at work */
    if (said) {
        *ret_done = json_bool(json_get(j, "done"), false);
        snprintf(reason, cap, "%s", json_cstr(json_get(j, "reason"), ""));
    }
    writer_done(&w);
    arena_free(a);
    return said;
}

static bool change(struct standing *s, const char *state, const char *reason)
{
    if (!strcmp(s->state, state) && !strcmp(s->reason, reason))
        return false;
    s->state = state;
    snprintf(s->reason, sizeof(s->reason), "%s", reason);
    return true;
}

bool kinds_firmware(const struct apply_box *b, struct standing *s)
{
    struct failed_release failed[FAILED_MAX];
    char reason[STANDING_REASON];
    struct running running = {0};
    uint64_t epoch;
    bool done = false;
    int n;

    if (strcmp(s->state, "waiting") != 0 || !(epoch = epoch_of(b, s->serial)))
        return false;
    if (running_read_quietly(b->conf, &running) == 0 && running.epoch == epoch) {
        s->running = s->ordered;
        s->running.serial = s->serial;
        return change(s, "running", "");
    }
    n = failed_load(b->conf->firmware_state, failed);
    for (int i = 0; i < n; i++)
        if (failed[i].epoch == epoch)
            return change(s, "failed", failed[i].reason);
    if (!installer_says(b, s->serial, &done, reason, sizeof(reason)))
        return false;
    return done ? change(s, "waiting", "it is installed and starts with the next restart")
                : change(s, "refused", reason);
}
