/* SPDX-License-Identifier: GPL-3.0-or-later
 * rates: how many bytes a second a thin link may carry at which hour of the day, as people write it:
 * "8-18=4K 22-6=64K 12-13=0". Pure functions, any thread. */
#ifndef GH_BASE_RATES_H
#define GH_BASE_RATES_H

#include "base/writer.h"

#define RATES_LEAST 256u /* bytes a second: below, one exchange would never end */

struct rates {
    uint64_t hour[24]; /* bytes a second; 0: no limit */
};
/* Blank-separated "FROM-TO=SIZE": hours 0 to 24, TO excluded, past midnight when FROM > TO; a later one wins.
 * SIZE is bytes a second with K or M behind it, 0: no limit. Hours that none names get otherwise. False when
 * the text is none. */
bool rates_parse(struct span text, uint64_t otherwise, struct rates *ret);
/* For conf.def: 0, or ST_USAGE with a sentence in err. */
int rates_check(struct span value, struct writer *err);

#endif
