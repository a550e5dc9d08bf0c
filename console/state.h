/* SPDX-License-Identifier: GPL-3.0-or-later
 * state: what lives in console.state_dir, made on first use:
 *
 *   console.key console.pub      the console's identity: batches are sealed for it
 *   committee.key committee.pub  evidence is sealed for the committee; its key belongs on a stick, not here
 *   tls.key tls.crt              the web certificate
 *   console.db                   everything else
 *   url                          the address under which the console last listened
 *
 * Every failure is one sentence on stderr that names the file and what to do. Used before the process locks
 * itself in. */
#ifndef GH_CONSOLE_STATE_H
#define GH_CONSOLE_STATE_H

#include "base/conf.h"
#include "base/succession.h"
#include "console/cert.h"
#include "console/store/store.h"

struct clicks;

#define STATE_PATH (CONF_TEXT + 32)
#define STATE_URL 320

#define STATE_FORMER 64 /* changes of the console's keys in its life */

struct state {
    const struct conf *conf;
    struct store *store;
    struct seal_keys *keys;
    struct seal_public committee;
    struct seal_keys *old; /* the keys before, while they are still taken (rotation.h); else NULL */
    uint8_t succession[SUCCESSION_SIZE];
    uint64_t until_us;
    struct seal_public former[STATE_FORMER];
    size_t n_former;
    uint64_t marks; /* of the files as they were read */
    struct writer tls_key, tls_crt;
    char pin[CERT_PIN];
    bool made; /* something was made just now */
    bool moves; /* it is opened to be moved (move_command.h) */
    struct clicks *clicks; /* NULL: events are in the database */
};
/* Opens; makes what is missing when make. 0, or the exit code 2 (someone must act) or 3 (the machine). */
int state_open(const struct conf *c, bool make, struct state *s);
/* The same for who moves events to ClickHouse: those of before may still be in the database. */
int state_open_to_move(const struct conf *c, bool make, bool moves, struct state *s);
void state_close(struct state *s);
/* Gives the directory and all but the committee's key to the user that the process becomes (root only). */
int state_give(const struct conf *c);
/* dir/name into path. */
const char *state_path(const struct conf *c, const char *name, char path[static STATE_PATH]);
/* Names the console goes by: console.hosts, this machine's name, the listening address. */
void state_hosts(const struct conf *c, char *buf, size_t cap);
/* https://host:port/ as people type it; port 0: the configured one. */
void state_url(const struct conf *c, unsigned port, char url[static STATE_URL]);
/* Host and port of console.listen; false when it is none. */
bool state_listen(const struct conf *c, char *host, size_t cap, char port[static 8]);
int state_read(const char *path, struct writer *w); /* at most the writer's ceiling */

#endif
