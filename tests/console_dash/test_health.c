/* SPDX-License-Identifier: GPL-3.0-or-later
 * How an appliance's silence is judged. */
#include "console/store/fleet.h"
#include "tests/check.h"

#define MINUTE INT64_C(60000000)
#define NOW INT64_C(1790000000000000)

static const struct {
    const char *name;
    enum fleet_profile profile;
    int64_t expect_s, heard;
    bool retired;
    enum fleet_health want;
} rows[] = {
    {"just now", FLEET_OFFICE, 300, NOW, false, FLEET_HEARD},
    {"a clock ahead", FLEET_OFFICE, 300, NOW + MINUTE, false, FLEET_HEARD},
    {"at the limit", FLEET_OFFICE, 300, NOW - 5 * MINUTE, false, FLEET_HEARD},
    {"an office that should have been heard", FLEET_OFFICE, 300, NOW - 6 * MINUTE, false, FLEET_OVERDUE},
    {"an office silent for long", FLEET_OFFICE, 300, NOW - 16 * MINUTE, false, FLEET_SILENT},
    {"a ship within its week", FLEET_SHIP, 7 * 86400, NOW - 5 * 1440 * MINUTE, false, FLEET_HEARD},
    {"a ship out of reach", FLEET_SHIP, 7 * 86400, NOW - 12 * 1440 * MINUTE, false, FLEET_AWAY},
    {"a ship silent for a month", FLEET_SHIP, 7 * 86400, NOW - 30 * 1440 * MINUTE, false, FLEET_SILENT},
    {"a post out of reach", FLEET_POST, 86400, NOW - 1500 * MINUTE, false, FLEET_AWAY},
    {"never", FLEET_SHIP, 7 * 86400, 0, false, FLEET_NEVER},
    {"retired", FLEET_OFFICE, 300, NOW, true, FLEET_RETIRED},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct fleet_site s = {.profile = rows[i].profile, .expect_s = rows[i].expect_s};
        check_row(rows[i].name);
        CHECK_STR(fleet_health_names[fleet_health(&s, rows[i].retired, rows[i].heard, NOW)], fleet_health_names[rows[i].want]);
    }
    return check_end();
}
