/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a console may set from afar, and what not. */
#include "base/settings.h"
#include "tests/check.h"

static void count(void *arg, const char *assignment)
{
    *(int *)arg += assignment != NULL;
}

int main(void)
{
    static const struct {
        const char *text;
        int rc, n;
    } rows[] = {
        {"", 0, 0},
        {"# nothing\n\n", 0, 0},
        {"[node]\nlog_level = debug\n", 0, 1},
        {"[uplink]\nrate_hours = \"8-18=4K 22-6=64K\"\nhello=2s", 0, 2},
        {"[scan]\nocr = no\n[policy]\nhistory = 500\n", 0, 2},
        {"log_level = debug\n", ST_DENIED, 0},
        {"[node]\nstate_dir = /\n", ST_DENIED, 0},
        {"[node]\nuser = root\n", ST_DENIED, 0},
        {"[policy]\ntrust =\n", ST_DENIED, 0},
        {"[enforce]\nenabled = yes\n", ST_DENIED, 0},
        {"[uplink]\nconsole = https://elsewhere\n", ST_DENIED, 0},
        {"[uplink]\nproxy = http://elsewhere:1\n", ST_DENIED, 0},
        {"[scan]\nrules = /etc\n", ST_DENIED, 0},
        {"[uplink]\nhello = soon\n", ST_USAGE, 0},
        {"[uplink]\nhello\n", ST_USAGE, 0},
        {"[uplink]\nhello = 2s\n[enforce]\nenabled = yes\n", ST_DENIED, 1},
    };
    static struct conf c;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        char why[200] = "";
        int n = 0;
        check_row(rows[i].text);
        conf_defaults(&c);
        CHECK_U64(settings_read(span_str(rows[i].text), &c, count, &n, why, sizeof(why)), rows[i].rc);
        CHECK(n == rows[i].n && !*why == !rows[i].rc);
    }
    CHECK(settings_may("uplink.rate") && !settings_may("uplink") && !settings_may(""));
    return check_end();
}
