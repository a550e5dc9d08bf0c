/* SPDX-License-Identifier: GPL-3.0-or-later
 * ledger: the account of everything that came in: in = out + what was lost, by named reason. Five rows, made
 * anew from the counters of those who count each time it is sent. A row that does not add up is our own fault
 * and shows as a loss named "unaccounted" instead of staying hidden. Plain data, no allocation, any thread.
 */
#ifndef GH_SENSOR_LEDGER_H
#define GH_SENSOR_LEDGER_H

#include "base/json.h"

enum ledger_row {
    LEDGER_PACKETS,
    LEDGER_SEGMENTS,
    LEDGER_FLOWS,
    LEDGER_DOCUMENTS,
    LEDGER_EVENTS,
    LEDGER_ROWS
};
#define LEDGER_REASONS 20

struct ledger {
    struct {
        uint64_t in, out;
        struct {
            const char *reason; /* static text */
            uint64_t n;
        } lost[LEDGER_REASONS];
        size_t n_lost;
    } rows[LEDGER_ROWS];
    uint64_t pushed_out; /* flows that ended early because memory or table was full: told, not lost */
};
const char *ledger_row_name(enum ledger_row row);
void ledger_init(struct ledger *l);
void ledger_set(struct ledger *l, enum ledger_row row, uint64_t in, uint64_t out);
void ledger_add(struct ledger *l, enum ledger_row row, uint64_t in, uint64_t out);
/* Adds to a loss; the same reason may come again. n == 0 adds nothing. */
void ledger_lost(struct ledger *l, enum ledger_row row, const char *reason, uint64_t n);
bool ledger_balanced(const struct ledger *l);
/* Makes every row add up, naming what does not; false when one did not. */
bool ledger_close(struct ledger *l);
/* {"packets":{"in":N,"out":N,"lost":{…}},…}; "flows" has "pushed_out" too, where there were some. */
void ledger_write(const struct ledger *l, struct jw *j);

#endif
