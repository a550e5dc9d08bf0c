/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/lists_link.h"
#include "base/log.h"
#include "base/msg.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct lists_link {
    struct loop *loop;
    const struct conf *conf;
    lists_link_fn *fn;
    lists_link_fault_fn *fault;
    void *arg;
    struct msg_chan *chan; /* NULL while there is none */
    struct loop_io *io;
    struct lists *now, *coming;
    uint32_t generation; /* our own count: gh-lists may begin anew */
    bool bad;            /* a part of what is coming could not be taken */
};

struct lists_link *lists_link_new(struct loop *loop, const struct conf *conf, lists_link_fn *fn,
                                  lists_link_fault_fn *fault, void *arg)
{
    struct lists_link *k = calloc(1, sizeof(*k));

    if (k)
        *k = (struct lists_link){.loop = loop, .conf = conf, .fn = fn, .fault = fault, .arg = arg};
    return k;
}

bool lists_link_waits(const struct lists_link *k)
{
    const struct conf *c = k->conf;

    return !k->now && (*c->lists_dir || *c->sensor_ndpi_protocols || *c->sensor_ndpi_categories);
}

const struct lists *lists_link_lists(const struct lists_link *k)
{
    return k->now;
}

static void drop(struct lists_link *k)
{
    loop_io_remove(k->io);
    msg_chan_free(k->chan);
    lists_unref(k->coming);
    k->chan = NULL;
    k->io = NULL;
    k->coming = NULL;
    k->bad = false;
}

static struct lists *begin(struct lists_link *k)
{
    if (!k->coming)
        k->coming = lists_new(++k->generation, k->conf->lists_memory);
    return k->coming;
}

/* gh-lists has read every byte of it: if it cannot be taken, memory is short or gh-lists is not to be
 * believed. */
static void take(struct lists_link *k, const struct msg *m)
{
    unsigned what = m->body.n ? m->body.p[0] : UINT8_MAX;
    int rc = ST_MALFORMED;

    if (what > LABEL_FILES || !begin(k))
        close(m->fd);
    else if (what == 0)
        rc = lists_add(k->coming, m->fd);
    else
        rc = lists_add_rules(k->coming, (enum label_file)(what - 1), m->fd);
    if (!rc)
        return;
    k->bad = true;
    log_error("a list cannot be taken: %s", status_text(rc));
}

/* That is all of it. */
static void whole(struct lists_link *k)
{
    struct lists *l = begin(k);

    k->coming = NULL;
    if (!l || k->bad) {
        log_error("the new lists are not used: those of before go on");
        lists_unref(l);
        k->bad = false;
        return;
    }
    if (k->now)
        lists_carry(l, k->now);
    lists_unref(k->now);
    k->now = l;
    k->fn(k->arg, l);
}

static void on_message(void *arg, uint32_t events)
{
    struct lists_link *k = arg;
    struct msg m;
    int rc;

    (void)events;
    while ((rc = msg_receive(k->chan, &m, false)) == 0) {
        if (m.type == MSG_LIST)
            take(k, &m);
        else if (m.type == MSG_LISTS)
            whole(k);
        else if (m.type == MSG_LIST_FAULT)
            k->fault(k->arg, m.body);
    }
    if (rc != ST_AGAIN)
        drop(k);
}

void lists_link_peer(struct lists_link *k, int fd)
{
    if (k->chan)
        drop(k);
    k->chan = msg_chan_new(fd, ROLE_SENSOR, ROLE_LISTS);
    gh_check(k->chan);
    k->io = loop_io_add(k->loop, fd, EPOLLIN, on_message, k);
    gh_check(k->io);
}
