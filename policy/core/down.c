/* SPDX-License-Identifier: GPL-3.0-or-later
 * What gh-down says that became of the console's orders is recorded as it is: signed and in the chain, so
 * that the console shows the truth. It is looked through once, as all that others say. */
#include "base/clock.h"
#include "base/json.h"
#include "policy/core/core.h"

#include <unistd.h>

#define GOODS_DEPTH 4

static bool is_sound(struct span json)
{
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    bool good = a && json_parse(a, json, GOODS_DEPTH, &j, NULL) == 0 &&
                !strcmp(json_cstr(json_get(j, "what"), ""), "goods");

    arena_free(a);
    return good;
}

static void on_down(void *arg, const struct msg *m)
{
    struct core *c = arg;
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;

    if (m->fd >= 0)
        close(m->fd);
    if (m->type != MSG_GOODS || !is_sound(m->body))
        return;
    writer_init(&w, 8192);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "event_type", "audit");
    jw_kobj(&j, "gatehouse");
    jw_kraw(&j, "audit", m->body);
    jw_end_obj(&j);
    jw_end_obj(&j);
    record_own(c, EVENT_AUDIT, writer_span(&w));
    writer_done(&w);
}

static void on_down_closed(void *arg, int rc)
{
    struct core *c = arg;

    c->down = NULL;
    if (rc == ST_MALFORMED)
        core_distrust(c, ROLE_DOWN);
}

void record_down(struct core *c, int fd)
{
    proc_chan_remove(c->down);
    c->down = proc_chan_add(&c->proc, fd, ROLE_DOWN, on_down, on_down_closed, c);
}
