/* SPDX-License-Identifier: GPL-3.0-or-later
 * The only file that knows libpcap. Immediate mode stays off, so that the kernel hands over whole blocks of
 * frames (TPACKET_V3); BLOCK_MS bounds how long a frame may wait in one.
 *
 * A group of sockets (packet(7), PACKET_FANOUT) is dealt to by a program of ours, by both addresses and
 * nothing else, as crew.h deals out the frames of a file: the kernel's own hash takes the ports too, which
 * would send the control and the data connection of FTP, or the fragments of a datagram, apart. So the kernel
 * need not reassemble (PACKET_FANOUT_FLAG_DEFRAG): our own defrag sees the fragments and their tricks. */
#include "sensor/capture/source_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_MS 50

struct live {
    struct source s;
    pcap_t *pcap;
    int fd;
    unsigned link_type;
    /* /sys/class/net/IF/statistics/…: opened before the jail, read again at each refresh; libpcap would open
     * it each time */
    int drop_files[2];
    uint64_t drops_before[2];
    uint64_t received, dropped; /* what libpcap's 32-bit counters have added up to */
    uint32_t last_received, last_dropped;
    uint64_t since_us; /* frames before are not ours alone */
    bool first;
};

static const char *const drop_names[] = {"rx_missed_errors", "rx_fifo_errors"};

static uint64_t read_number(int fd)
{
    char text[32];
    uint64_t v = 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof(text), 0);

    if (n > 0)
        span_number(span_trim(span_of(text, (size_t)n)), UINT64_MAX, &v);
    return v;
}

static void open_drop_files(struct live *l, const char *interface)
{
    for (size_t i = 0; i < GH_COUNT(drop_names); i++) {
        char path[128];
        snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", interface, drop_names[i]);
        l->drop_files[i] = open(path, O_RDONLY | O_CLOEXEC);
        l->drops_before[i] = read_number(l->drop_files[i]);
    }
}

static enum source_step live_next(struct source *s, struct frame *ret)
{
    struct live *l = (struct live *)s;
    struct pcap_pkthdr *h;
    const u_char *bytes;
    int got;

    do {
        got = pcap_next_ex(l->pcap, &h, &bytes);
        if (got == 1)
            ret->ts_us = (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec;
    } while (got == 1 && ret->ts_us < l->since_us);
    switch (got) {
    case 1:
        ret->bytes = span_of(bytes, h->caplen);
        ret->wire_bytes = h->len > h->caplen ? h->len : h->caplen;
        ret->link_type = l->link_type;
        ret->block = NULL;
        return SOURCE_FRAME;
    case 0:
        return SOURCE_AGAIN;
    default:
        return source_fail(s, "%.40s: capturing stopped: %.200s", s->name, pcap_geterr(l->pcap));
    }
}

static int live_fd(const struct source *s)
{
    return ((const struct live *)s)->fd;
}

static void live_refresh(struct source *s)
{
    struct live *l = (struct live *)s;
    struct pcap_stat st;
    uint64_t lost = 0;

    if (pcap_stats(l->pcap, &st) == 0) {
        l->received += (uint32_t)(st.ps_recv - l->last_received);
        l->dropped += (uint32_t)(st.ps_drop - l->last_dropped);
        l->last_received = st.ps_recv;
        l->last_dropped = st.ps_drop;
    }
    s->stats.kernel_received = l->received;
    s->stats.kernel_drops = l->dropped;
    for (size_t i = 0; i < GH_COUNT(drop_names) && l->first; i++) {
        uint64_t now = read_number(l->drop_files[i]);
        if (now > l->drops_before[i])
            lost += now - l->drops_before[i];
    }
    s->stats.interface_drops = lost;
}

static void live_close(struct source *s)
{
    struct live *l = (struct live *)s;

    if (l->pcap)
        pcap_close(l->pcap);
    for (size_t i = 0; i < GH_COUNT(drop_names); i++)
        if (l->drop_files[i] >= 0)
            close(l->drop_files[i]);
    free(s->name);
    free(l);
}

static const struct source_ops live_ops = {
    .next = live_next, .fd = live_fd, .refresh = live_refresh, .close = live_close};

/* "; there are: lo, eth0" */
static void list_interfaces(char *out, size_t cap)
{
    struct if_nameindex *all = if_nameindex();
    size_t n = 0;

    out[0] = 0;
    for (size_t i = 0; all && all[i].if_index && n < cap; i++) {
        int put = snprintf(out + n, cap - n, "%s%s", i ? ", " : "; there are: ", all[i].if_name);
        n += put > 0 ? (size_t)put : 0;
    }
    if (all)
        if_freenameindex(all);
}

/* What pcap_activate's refusal means to the one who started us. */
static int explain(const struct live *l, int code, char *err)
{
    const char *name = l->s.name;
    char there[160];

    switch (code) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        snprintf(
            err, SOURCE_ERROR_SIZE,
            "%.40s: the right to capture (CAP_NET_RAW) is missing: start gatehouse as root or by its service",
            name);
        return ST_DENIED;
    case PCAP_ERROR_NO_SUCH_DEVICE:
        list_interfaces(there, sizeof(there));
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: no such interface (capture.interface)%s", name, there);
        return ST_NOT_FOUND;
    case PCAP_ERROR_IFACE_NOT_UP:
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: the interface is down: ip link set %.40s up", name, name);
        return ST_IO;
    default:
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: cannot capture: %s: %.200s", name, pcap_statustostr(code),
                 pcap_geterr(l->pcap));
        return ST_IO;
    }
}

static int set_filter(struct live *l, const char *filter, char *err)
{
    struct bpf_program program;
    int rc = 0;

    if (!filter || !*filter)
        return 0;
    if (pcap_compile(l->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        snprintf(err, SOURCE_ERROR_SIZE, "capture.filter '%.80s': %.200s", filter, pcap_geterr(l->pcap));
        return ST_USAGE;
    }
    if (pcap_setfilter(l->pcap, &program) != 0) {
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: the filter cannot be set: %.200s", l->s.name,
                 pcap_geterr(l->pcap));
        rc = ST_IO;
    }
    pcap_freecode(&program);
    return rc;
}

/* ---- groups ---- */

#define PROGRAM_MAX 128

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short n;
};

static void put(struct program *p, unsigned code, unsigned no, uint32_t k)
{
    gh_check(p->n < PROGRAM_MAX);
    p->code[p->n++] = (struct sock_filter){(uint16_t)code, 0, (uint8_t)no, k};
}

/* 3 * words + 5 instructions: a frame of that EtherType goes by the sum of so many words of its network
 * header from at on, stirred; the sum is the same in both directions. */
static void put_deal(struct program *p, uint32_t type, uint32_t at, unsigned words)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 3 * words + 4, type);
    put(p, BPF_LDX | BPF_IMM, 0, 0); /* BPF_W, too, is 0 */
    for (uint32_t i = 0; i < words; i++) {
        put(p, BPF_LD | BPF_W | BPF_ABS, 0, (uint32_t)SKF_NET_OFF + at + 4 * i);
        put(p, BPF_ALU | BPF_ADD | BPF_X, 0, 0);
        put(p, BPF_MISC | BPF_TAX, 0, 0);
    }
    put(p, BPF_ALU | BPF_MUL | BPF_K, 0, 0x9E3779B1);
    put(p, BPF_ALU | BPF_RSH | BPF_K, 0, 16);
    put(p, BPF_RET | BPF_A, 0, 0);
}

static void put_deals(struct program *p, uint32_t tag)
{
    put_deal(p, 0x0800, tag + 12, 2);
    put_deal(p, 0x86DD, tag + 8, 8);
}
#define DEALS (3 * 2 + 5 + 3 * 8 + 5)

/* Gives the number of a frame's socket, modulo how many there are. The kernel has taken off one VLAN tag; a
 * second one is looked behind. All that is no IP goes to one socket. */
static void put_program(struct program *p)
{
    put(p, BPF_LD | BPF_H | BPF_ABS, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
    put_deals(p, 0);
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0x8100);
    p->code[p->n - 1].jt = 1;
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 1 + DEALS, 0x88A8);
    put(p, BPF_LD | BPF_H | BPF_ABS, 0, (uint32_t)SKF_NET_OFF + 2);
    put_deals(p, 4);
    put(p, BPF_RET | BPF_K, 0, 0);
}

static int join_group(struct live *l, uint16_t group, char *err)
{
    struct program p = {.n = 0};
    struct sock_fprog f = {.filter = p.code};
    int how = group | PACKET_FANOUT_CBPF << 16, fd = pcap_fileno(l->pcap);

    put_program(&p);
    f.len = p.n;
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &how, sizeof(how)) == 0 &&
        setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &f, sizeof(f)) == 0)
        return 0;
    snprintf(err, SOURCE_ERROR_SIZE, "%.40s: the kernel does not share it out among threads: %.200s",
             l->s.name, strerror(errno));
    return ST_IO;
}

void live_begin(struct source *s)
{
    struct live *l = (struct live *)s;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    l->since_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    s->ops->refresh(s);
    l->received = l->dropped = 0;
    for (size_t i = 0; i < GH_COUNT(drop_names); i++)
        l->drops_before[i] = read_number(l->drop_files[i]);
}

static int activate(struct live *l, const struct live_options *opt, char *err)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    size_t buffer = opt->buffer < INT_MAX ? opt->buffer : INT_MAX;
    size_t snaplen = opt->snaplen && opt->snaplen < SOURCE_FRAME_MAX ? opt->snaplen : SOURCE_FRAME_MAX;
    int rc;

    l->pcap = pcap_create(opt->interface, why);
    if (!l->pcap) {
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: %.240s", opt->interface, why);
        return ST_IO;
    }
    pcap_set_snaplen(l->pcap, (int)snaplen);
    pcap_set_buffer_size(l->pcap, (int)buffer);
    pcap_set_promisc(l->pcap, opt->promiscuous);
    pcap_set_timeout(l->pcap, BLOCK_MS);
    rc = pcap_activate(l->pcap);
    if (rc < 0) /* above 0: a warning, e.g. promiscuous mode is not for this kind of interface */
        return explain(l, rc, err);
    if (pcap_setnonblock(l->pcap, 1, why) != 0) {
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: %.240s", opt->interface, why);
        return ST_IO;
    }
    l->fd = pcap_get_selectable_fd(l->pcap);
    l->link_type = (unsigned)pcap_datalink(l->pcap);
    rc = set_filter(l, opt->filter, err);
    return rc || !opt->group ? rc : join_group(l, opt->group, err);
}

int live_open(const struct live_options *opt, struct source **ret, char err[static SOURCE_ERROR_SIZE])
{
    struct live *l;
    int rc;

    if (!*opt->interface || strchr(opt->interface, '/')) {
        snprintf(err, SOURCE_ERROR_SIZE, "capture.interface '%.40s' names no interface", opt->interface);
        return ST_USAGE;
    }
    l = calloc(1, sizeof(*l));
    if (!l) {
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: %s", opt->interface, status_text(ST_NOMEM));
        return ST_NOMEM;
    }
    l->s.ops = &live_ops;
    l->first = !opt->group || opt->first;
    open_drop_files(l, opt->interface);
    l->s.name = strdup(opt->interface);
    if (!l->s.name) {
        snprintf(err, SOURCE_ERROR_SIZE, "%.40s: %s", opt->interface, status_text(ST_NOMEM));
        rc = ST_NOMEM;
    } else {
        rc = activate(l, opt, err);
    }
    if (rc) {
        live_close(&l->s);
        return rc;
    }
    *ret = &l->s;
    return 0;
}
