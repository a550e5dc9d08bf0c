/* SPDX-License-Identifier: GPL-3.0-or-later
 * fleet: where each appliance stands and how often it is expected to be heard. A ship or a post behind a thin
 * link is not ill because it is silent: only what is silent for much longer than is usual for it asks for a
 * person.
 *
 * Writing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_FLEET_H
#define GH_CONSOLE_FLEET_H

#include "console/store/rollup.h"
#include "console/store/sight.h"

#define FLEET_PLACE 100 /* bytes of a place's name */
#define FLEET_EXPECT_MIN 60
#define FLEET_EXPECT_MAX (400 * 86400)
#define FLEET_LATE 3 /* so many times the expected interval, and a person should ask */

/* As stored; append only. The interval that goes with each when nobody said another. */
enum fleet_profile { FLEET_OFFICE, FLEET_POST, FLEET_SHIP, FLEET_PROFILES };
extern const char *const fleet_profile_names[FLEET_PROFILES];
extern const int64_t fleet_profile_expect[FLEET_PROFILES]; /* seconds */

/* What follows from when it was last heard. */
enum fleet_health {
    FLEET_HEARD,   /* within what is expected */
    FLEET_AWAY,    /* not heard for longer, as is usual for a ship or a post */
    FLEET_OVERDUE, /* an office that should have been heard */
    FLEET_SILENT,  /* much longer than is usual for it */
    FLEET_NEVER,   /* enrolled, not heard yet */
    FLEET_RETIRED,
    FLEET_HEALTHS
};
extern const char *const fleet_health_names[FLEET_HEALTHS];

struct fleet_site {
    enum fleet_profile profile;
    int64_t expect_s;
    bool placed;
    double lat, lon; /* degrees, north and east */
    char place[FLEET_PLACE + 1];
};
/* -1: no such profile. */
int fleet_profile_number(struct span name);
enum fleet_health fleet_health(const struct fleet_site *s, bool retired, int64_t heard_us, int64_t now_us);
/* Says where an appliance (row) is and what is usual for it. */
int fleet_site_set(struct db *d, int64_t appliance, const struct fleet_site *s);
/* "items" of an open object: the appliances in sight. */
int fleet_list(struct db *d, const struct sight *who, int64_t now_us, struct jw *j);
/* Name and identity (hex) of an appliance by its row; ST_NOT_FOUND. */
int fleet_name(struct db *d, int64_t appliance, char *name, size_t cap, char identity[static 33]);

#endif
