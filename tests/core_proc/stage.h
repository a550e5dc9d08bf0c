/* SPDX-License-Identifier: GPL-3.0-or-later
 * stage: a gh-core with its journal in a directory of its own, its peers played by the test, and a look into
 * what it recorded. What goes wrong here ends the test at once. */
#ifndef GH_TESTS_STAGE_H
#define GH_TESTS_STAGE_H

#include "base/envelope.h"
#include "tests/core_proc/fake.h"

#define RUN 5u
#define FULL                                                                                                 \
    "{\"mime\":\"text/"                                                                                      \
    "plain\",\"kind\":\"text\",\"level\":\"mat\",\"level_source\":\"marking\",\"read\":\"full\"}"
#define VERDICT(action)                                                                                      \
    "[{\"action\":\"" action "\",\"policy\":\"p@1\",\"rule\":\"r\",\"reason\":\"because\",\"severity\":1,"   \
    "\"facts\":[],\"shadow\":false}]"
#define LOG VERDICT("log")
#define BLOCK VERDICT("block")

struct stage {
    struct fake f;
    struct msg_chan *sensor, *scan, *policy, *enforce;
};
extern char stage_dir[];
extern struct seal_keys *stage_appliance, *stage_committee;

void stage_setup(void);
void stage_teardown(void);
/* Forgets the journal; the key stays. enrolled: there is a committee's key. */
void stage_fresh(bool enrolled);
/* Starts gh-core and three peers. extra: a "--set" value, or "--live" (then with enforcement and
 * scan.queue=2), or NULL. */
void stage_begin(struct stage *s, const char *extra);
void stage_stop(struct stage *s); /* as the keeper stops it; must end well */
void stage_close_peers(struct stage *s);
/* Waits for a note to the keeper that holds the words. */
bool stage_noted(struct stage *s, const char *words);
/* Events of the replay 1..events, each tenth from the third on with a document, and the final ledger. */
void stage_send_replay(struct msg_chan *sensor, uint64_t events);
/* Reads and judges so many documents. */
void stage_serve(struct stage *s, int documents, const char *decision);
/* Records of that run (0: of all); no (n, k) may be there twice. The last alert's text goes to last unless
 * NULL. */
uint64_t stage_records(uint64_t run, uint64_t *ret_alerts, char *last, size_t cap);
/* How many records of that type hold the words. */
uint64_t stage_records_of(enum event_type type, const char *words);
/* The journal verifies. */
void stage_check_whole(void);

#endif
