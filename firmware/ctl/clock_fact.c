/* SPDX-License-Identifier: GPL-3.0-or-later
 * And gatehouse clock: as root, before the keeper starts, sets a clock that is behind to the latest time that
 * is known to have been: when the program was built, or the last hour that was seen here; with --to, to what a
 * person said. */
#include "firmware/ctl/clock_fact.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

#define CLOCK_FILE "clock.json"
#define LOOK_MS 60000
#define SAVE_US 3600000000ull
#define SLACK_US 600000000ull
#define TO_MOST 4102444800u /* 2100 */

static uint64_t built_us(void)
{
    struct stat st;

    return stat("/proc/self/exe", &st) == 0 && st.st_mtim.tv_sec > 0 ? (uint64_t)st.st_mtim.tv_sec * 1000000
                                                                     : 0;
}

static uint64_t load_seen(const struct conf *c)
{
    struct arena *a = arena_new(1 << 20);
    char path[STATE_PATH];
    struct json *j = NULL;
    uint64_t us = 0;
    const char *text;

    state_beside_status(c->node_state_dir, CLOCK_FILE, path);
    if (a && state_read_json(a, path, &j) == 0) {
        text = json_cstr(json_get(j, "seen"), "");
        if (!clock_parse_iso(text, strlen(text), &us))
            us = 0;
    }
    arena_free(a);
    return us;
}

static void save_seen(struct clock_fact *f, uint64_t now)
{
    char path[STATE_PATH], iso[CLOCK_ISO_SIZE], text[96];
    int n = snprintf(text, sizeof(text), "{\"seen\":\"%s\"}\n", clock_iso(now, iso));

    f->saved_us = now;
    state_beside_status(f->conf->node_state_dir, CLOCK_FILE, path);
    (void)file_replace(path, span_of(text, (size_t)n), 0600); /* the next hour tries again */
}

static const char *judge(const struct clock_fact *f, uint64_t now)
{
    struct timex t = {.modes = 0};

    if (now < built_us())
        return "before_build";
    if (now + SLACK_US < f->seen_us)
        return "went_back";
    return adjtimex(&t) != TIME_ERROR && !(t.status & STA_UNSYNC) ? "synchronised" : "running";
}

static void look(struct clock_fact *f)
{
    uint64_t now = clock_wall_us();
    const char *quality = judge(f, now);
    char fact[128];
    int n;

    f->looked_ms = clock_mono_ms();
    if (now > f->seen_us)
        f->seen_us = now;
    if (now > f->saved_us + SAVE_US && now >= f->seen_us)
        save_seen(f, now);
    if (f->quality && !strcmp(f->quality, quality))
        return;
    f->quality = quality;
    if (quality[0] == 'b' || quality[0] == 'w')
        log_warn("the clock of this machine is wrong (%s): records bear a wrong time until it is set "
                 "('gatehouse setup'); nothing else depends on it",
                 quality);
    n = snprintf(fact, sizeof(fact), "{\"what\":\"clock\",\"quality\":\"%s\"}", quality);
    keeper_fact(f->keeper, span_of(fact, (size_t)n));
}

void clock_fact_start(struct clock_fact *f, struct keeper *keeper, const struct conf *conf)
{
    *f = (struct clock_fact){.keeper = keeper, .conf = conf};
    f->seen_us = f->saved_us = load_seen(conf);
    look(f);
}

void clock_fact_tick(struct clock_fact *f)
{
    if (clock_mono_ms() - f->looked_ms > LOOK_MS)
        look(f);
}

void clock_fact_status(const struct clock_fact *f, struct jw *j)
{
    if (f->quality)
        jw_kcstr(j, "clock", f->quality);
}

/* What a person said. */
static int set_to(const char *seconds)
{
    uint64_t n = 0;
    struct timespec t = {0};

    if (!span_number(span_str(seconds), TO_MOST, &n) || n * 1000000 < built_us())
        return ctl_usage("clock", "--to '%s' is no time in seconds since 1970 that is later than this program", seconds);
    t.tv_sec = (time_t)n;
    if (clock_settime(CLOCK_REALTIME, &t) != 0)
        return ctl_usage("clock", "it cannot be set: %s", strerror(errno));
    return 0;
}

int command_clock(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "--to"};
    const char *to = NULL;
    uint64_t now = clock_wall_us(), floor;
    char iso[CLOCK_ISO_SIZE];
    struct ctl_options o;
    struct timespec t;

    ctl_options_init(&o);
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--to") && i + 1 < argc)
            to = argv[++i];
        else if (!ctl_option(&o, argc, argv, &i))
            return ctl_unknown("clock", argv[i], known, GH_COUNT(known));
    if (o.failed)
        return 2;
    if (to)
        return set_to(to);
    floor = load_seen(&o.conf);
    if (floor < built_us())
        floor = built_us();
    if (now >= floor) {
        printf("%s: not behind what is known here\n", clock_iso(now, iso));
        return 0;
    }
    t = (struct timespec){(time_t)(floor / 1000000), 0};
    if (clock_settime(CLOCK_REALTIME, &t) != 0)
        return ctl_usage("clock", "it is behind %s and cannot be set: %s", clock_iso(floor, iso),
                         strerror(errno));
    printf("the clock was behind and is set to %s, the latest time known here; set it right with 'gatehouse "
           "setup'\n",
           clock_iso(floor, iso));
    return 0;
}
