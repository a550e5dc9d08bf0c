/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/watch.h"
#include "base/json.h"
#include "base/owner.h"
#include "firmware/link/goods_dir.h"

#include <stdio.h>

#define STATUS_MAX (256u << 10)

/* Whose process a kind is; NULL: of all. */
static const char *const users[GOODS_KINDS] = {"policy", "scan", "lists", "scan", "core", NULL, "policy"};

bool watch_read(const char *state_dir, enum goods_kind kind, struct watch *ret)
{
    char path[GOODS_DIR_PATH], key[64];
    struct arena *a = arena_new(4u << 20);
    struct json *j = NULL;
    struct writer w;
    bool good;

    *ret = (struct watch){.pid = 0};
    writer_init(&w, STATUS_MAX + 65536);
    good = a && goods_dir_read(goods_dir_path(state_dir, owner_status_name(state_dir), path), STATUS_MAX, &w) == 0 &&
           json_parse(a, writer_span(&w), 16, &j, NULL) == 0;
    if (good && users[kind]) {
        const struct json *facts;
        snprintf(key, sizeof(key), "processes.%s", users[kind]);
        ret->pid = json_i64(json_get(json_path(j, key), "pid"), 0);
        facts = json_get(json_path(j, key), "facts");
        ret->facts = facts != NULL;
        snprintf(ret->fault, sizeof(ret->fault), "%s",
                 json_cstr(json_get(facts, kind == GOODS_SHADOW ? "shadow_fault" : "fault"), ""));
    }
    if (good)
        json_each(p, json_get(j, "processes")) ret->restarts += json_i64(json_get(p, "restarts"), 0);
    writer_done(&w);
    arena_free(a);
    return good;
}
