/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-enforce: the only process that acts on the network, by sockets that it opened while it had the right,
 * and by its nftables helper (nft.h; `gh-enforce --nft` as a unit). It parses nothing foreign: fixed requests
 * come from the core, and each is answered with what really happened. */
#include "base/jail.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "policy/enforce/guard.h"
#include "policy/enforce/nft.h"
#include "policy/enforce/reset.h"
#include "policy/enforce/switch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WANT_RESET 1u
#define WANT_BLOCK 2u
#define SENTENCE 512
#define NFT_SOCKET "GATEHOUSE_NFT" /* names the nftables helper's socket, set by the unit */

struct enforcer {
    struct proc proc;
    struct guard *guard;
    struct nft *nft;
    struct reset *reset;
    struct proc_chan *core;
    bool said; /* the lack of a right was logged: once is enough */
    uint64_t resets, blocked, refused, failed;
    char last[SENTENCE]; /* why something was not done */
};

/* For `gatehouse enforce status`. */
static void note(struct enforcer *e)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kbool(&j, "on", guard_is_on(e->guard));
    jw_ku64(&j, "resets", e->resets);
    jw_ku64(&j, "blocked", e->blocked);
    jw_ku64(&j, "refused", e->refused);
    jw_ku64(&j, "failed", e->failed);
    jw_kcstr(&j, "last", *e->last ? e->last : NULL);
    jw_end_obj(&j);
    proc_note(&e->proc, writer_span(&w));
    writer_done(&w);
}

static void on_enforce(struct proc *p, bool on)
{
    struct enforcer *e = p->arg;
    char err[256];

    guard_switch(e->guard, on);
    log_warn("enforcement is switched %s", on ? "on" : "off");
    if (!on && nft_flush(e->nft, err, sizeof(err)) != 0) {
        log_error("what is blocked could not be let go: %s. It ends by itself (enforce.block_time)", err);
        snprintf(e->last, sizeof(e->last), "not let go: %s", err);
    }
    note(e);
}

static void complain(struct enforcer *e, const char *sentence)
{
    if (e->said)
        return;
    e->said = true;
    log_warn("a block verdict could not be enforced: %s. Verdicts say 'enforced: false' while this lasts",
             sentence);
}

/* What of wanted was done; sentence says what was not and why. */
static uint8_t act(struct enforcer *e, const struct event_target *t, unsigned wanted,
                   char sentence[static SENTENCE])
{
    const char *refused = guard_refuses(e->guard, t);
    char reset_err[160] = "", nft_err[256] = "";
    uint8_t done = 0;

    sentence[0] = 0;
    if (refused) {
        snprintf(sentence, SENTENCE, "%s", refused);
        e->refused++;
        return 0;
    }
    if (wanted & WANT_RESET && reset_send(e->reset, t, reset_err, sizeof(reset_err)) == 0)
        done |= WANT_RESET;
    if (wanted & WANT_BLOCK && nft_block(e->nft, t, nft_err, sizeof(nft_err)) == 0)
        done |= WANT_BLOCK;
    snprintf(sentence, SENTENCE, "%s%s%s", reset_err, *reset_err && *nft_err ? "; " : "", nft_err);
    e->resets += (done & WANT_RESET) != 0;
    e->blocked += (done & WANT_BLOCK) != 0;
    e->failed += *sentence != 0;
    if (*sentence)
        complain(e, sentence);
    return done;
}

static void on_message(void *arg, const struct msg *m)
{
    struct enforcer *e = arg;
    struct reader r = reader_span(m->body);
    uint64_t id = reader_le64(&r);
    struct event_target t;
    char sentence[SENTENCE];
    struct writer w;
    unsigned wanted;

    if (m->fd >= 0)
        close(m->fd);
    if (m->type != MSG_ENFORCE || event_target_get(&r, &t) != 0)
        return;
    wanted = reader_u8(&r);
    if (!reader_ok(&r))
        return;
    writer_init(&w, 4096);
    writer_le(&w, id, 8);
    writer_u8(&w, act(e, &t, wanted, sentence));
    writer_str(&w, sentence);
    if (proc_chan_post(e->core, MSG_ENFORCED, writer_span(&w), -1) != 0)
        log_warn("the core did not hear what was enforced");
    writer_done(&w);
    if (*sentence)
        memcpy(e->last, sentence, sizeof(e->last));
    note(e);
}

static void on_closed(void *arg, int rc)
{
    struct enforcer *e = arg;

    (void)rc;
    e->core = NULL;
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct enforcer *e = p->arg;

    (void)proc_chan_take(p, ROLE_CORE, role, fd, &e->core, on_message, on_closed, e);
}

int main(int argc, char **argv)
{
    static struct enforcer e;
    struct jail_options jail = {.files = 64, .keep_user = false};
    char err[512];
    int rc;

    if (argc > 1 && !strcmp(argv[1], "enforce"))
        return switch_command(argc - 1, argv + 1);
    if (argc == 2 && !strcmp(argv[1], "--nft")) /* gatehouse-nft@.service: descriptor 3 is the enforcer */
        return nft_serve(3);
    proc_start(&e.proc, ROLE_ENFORCE, "gh-enforce", argc, argv);
    e.proc.arg = &e;
    e.proc.on_peer = on_peer;
    e.proc.on_enforce = on_enforce;
    if (!nft_table_name(e.proc.conf.enforce_table)) {
        log_error("enforce.table: '%s' must be letters, digits and '_', at most 31",
                  e.proc.conf.enforce_table);
        return 2;
    }
    rc = guard_new(e.proc.conf.enforce_protect, e.proc.conf.enforce_rate, &e.guard, err, sizeof(err));
    if (rc) {
        log_error("enforce.protect: '%s' is not a network", err);
        return 2;
    }
    log_info("%u addresses that this machine depends on are never blocked",
             guard_protect_system(e.guard, e.proc.conf.uplink_console, e.proc.conf.uplink_nats));
    if (switch_is_off(e.proc.conf.node_state_dir)) {
        guard_switch(e.guard, false);
        log_warn("enforcement is switched off (gatehouse enforce on)");
    }
    e.nft = nft_new(e.proc.conf.enforce_table, e.proc.conf.enforce_block_time, getenv(NFT_SOCKET));
    e.reset = reset_new(e.proc.conf.capture_interface);
    gh_check(e.nft && e.reset);
    jail.user = e.proc.conf.node_user;
    jail.memory = 256u << 20;
    if (jail_enter(JAIL_ENFORCE, &jail, NULL, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        return 3;
    }
    proc_ready(&e.proc);
    note(&e);
    loop_run(e.proc.loop);
    reset_free(e.reset);
    nft_free(e.nft);
    guard_free(e.guard);
    return 0;
}
