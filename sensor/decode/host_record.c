/* SPDX-License-Identifier: GPL-3.0-or-later
 * The flight recorder's place in a host: every frame whose flow is known goes in, questions about a flow are
 * answered through the outbox. */
#include "sensor/decode/host_impl.h"

#include <unistd.h>

static void on_answer(void *arg, const struct recorder_answer *a)
{
    static const enum event_pcap_state states[] = {[RECORDER_GONE] = EVENT_PCAP_GONE,
                                                   [RECORDER_SO_FAR] = EVENT_PCAP_SO_FAR,
                                                   [RECORDER_WHOLE] = EVENT_PCAP_WHOLE};
    struct proto_host *h = arg;
    struct event_pcap p = {a->request, states[a->state], a->complete, a->frames};
    int fd = a->pcap.n ? msg_memfd("pcap", a->pcap) : -1;

    gh_check(!h->event_open);
    if (a->pcap.n && fd < 0) /* no descriptor, no memory: as if it were overwritten */
        p = (struct event_pcap){.request = a->request,
                                .state = p.state == EVENT_PCAP_WHOLE ? EVENT_PCAP_GONE : p.state};
    outbox_pcap(&h->box, &p, a->pcap.n, fd);
}

int record_init(struct proto_host *h, const struct conf *conf, unsigned share)
{
    const struct recorder_options opt = {conf->sensor_recorder / share, conf->sensor_recorder_flow,
                                         h->live ? conf->sensor_recorder_after * 1000 : 0};

    if (!conf->sensor_recorder)
        return 0;
    h->recorder = recorder_new(&opt, on_answer, h);
    return h->recorder ? 0 : ST_NOMEM;
}

static struct frame frame_of(const struct job *j)
{
    return (struct frame){
        .bytes = j->p.frame, .wire_bytes = j->p.frame_wire, .ts_us = j->p.ts_us, .link_type = j->p.link_type};
}

void record_packet(struct proto_host *h, const struct flow *f, const struct job *j)
{
    const struct frame frame = frame_of(j);

    recorder_add(h->recorder, f->id, f->packets[0] + f->packets[1] == 1, j->part, j->part ? j->frames - 1 : 0,
                 &frame);
}

void record_part(struct proto_host *h, const struct job *j)
{
    const struct frame frame = frame_of(j);

    if (h->recorder)
        recorder_add_part(h->recorder, j->part, &frame);
}

bool host_pcap(struct proto_host *h, uint64_t id, uint64_t request)
{
    bool alive;

    if (!h->recorder)
        return false;
    alive = flow_table_by_id(h->flows, id) != NULL;
    if (!alive && !recorder_knows(h->recorder, id))
        return false;
    recorder_query(h->recorder, id, request, alive, h->record_now_us);
    return true;
}

void host_recorder_add(const struct proto_host *h, struct recorder_counts *sum)
{
    struct recorder_counts c;

    if (!h->recorder)
        return;
    recorder_counts(h->recorder, &c);
    sum->kept += c.kept;
    sum->bytes += c.bytes;
    sum->overwritten += c.overwritten;
    sum->large += c.large;
    sum->cut += c.cut;
    sum->asked += c.asked;
    sum->gone += c.gone;
    sum->busy += c.busy;
    sum->stopped += c.stopped;
    sum->recording += c.recording;
}
