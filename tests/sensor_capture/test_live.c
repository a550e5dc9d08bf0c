/* SPDX-License-Identifier: GPL-3.0-or-later
 * The live source: what it says when it cannot start (any user), and frames of the loopback interface (needs
 * CAP_NET_RAW, otherwise that part is skipped). */
#include "../check.h"
#include "base/clock.h"
#include "base/jail.h"
#include "sensor/capture/source.h"
#include "sensor/decode/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SENT 50

static int send_some(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), n = 0;

    for (int i = 0; fd >= 0 && i < SENT; i++)
        n += sendto(fd, "gatehouse", 9, 0, (struct sockaddr *)&to, sizeof(to)) == 9;
    if (fd >= 0)
        close(fd);
    return n;
}

static void test_refusals(void)
{
    char err[SOURCE_ERROR_SIZE] = "";
    struct source *s = NULL;
    struct live_options o = {.interface = "nosuch0", .buffer = 1 << 20, .snaplen = 262144};
    int rc;

    check_row("no such interface");
    rc = live_open(&o, &s, err);
    CHECK((rc == ST_NOT_FOUND && strstr(err, "no such interface") && strstr(err, "lo")) || rc == ST_DENIED);
    check_row("no name");
    o.interface = "";
    CHECK(live_open(&o, &s, err) == ST_USAGE && strstr(err, "capture.interface"));
    o.interface = "../lo";
    CHECK(live_open(&o, &s, err) == ST_USAGE);
    CHECK(!s);
}

/* What the sensor may do with its packet socket from inside its cage: read, count, and nothing else. */
static int caged(struct source *s)
{
    const int sockets[] = {source_fd(s), 0};
    struct jail_options opt = {.receive_only = sockets};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char err[256] = "";

    (void)to;
    if (jail_enter(JAIL_SENSOR, &opt, NULL, err, sizeof(err)) != 0) {
        fprintf(stderr, "%s\n", err);
        return 1;
    }
#ifndef GH_SANITIZE
    CHECK(sendto(source_fd(s), "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EPERM);
    CHECK(fcntl(source_fd(s), F_DUPFD, 0) < 0 && errno == EPERM);
#endif
    return 0;
}

static void test_loopback(struct source *s, bool cage)
{
    uint64_t end = clock_mono_ms() + 3000;
    struct source_stats st;
    struct frame f;
    int seen = 0;

    check_row(cage ? "loopback, caged" : "loopback");
    CHECK(send_some() == SENT);
    if (cage && caged(s)) {
        CHECK(!"cannot enter the cage");
        return;
    }
    while (seen < 2 * SENT && clock_mono_ms() < end) {
        struct pollfd p = {.fd = source_fd(s), .events = POLLIN};
        struct packet pk = {0};
        enum source_step step = source_next(s, &f);
        if (step == SOURCE_AGAIN) {
            poll(&p, 1, 100);
            continue;
        }
        CHECK(step == SOURCE_FRAME);
        if (step != SOURCE_FRAME)
            break;
        pk.wire_bytes = f.wire_bytes;
        if (packet_decode(&pk, f.link_type, f.bytes) == PACKET_OK && pk.proto == 17 && pk.dst_port == 9)
            seen += span_eq(pk.payload, span_str("gatehouse"));
        CHECK(f.ts_us > 1600000000000000ull);
        if (seen == SENT) /* some kernels show a loopback frame once, some twice */
            end = end < clock_mono_ms() + 200 ? end : clock_mono_ms() + 200;
    }
    CHECK(seen == SENT || seen == 2 * SENT);
    source_stats(s, &st);
    CHECK(st.frames >= (uint64_t)seen && st.kernel_received >= st.frames && st.kernel_drops == 0);
}

/* ---- a group of sockets ---- */

#define MEMBERS 2
#define SPEAKERS 12

/* Datagrams from 127.0.1.k to 127.0.2.k and back. */
static int send_among(unsigned speaker, bool back)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)(back ? 9 : 2000 + speaker))};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(back ? 2000 + speaker : 9))};
    uint32_t a = INADDR_LOOPBACK + 0xFF + speaker, b = INADDR_LOOPBACK + 0x1FF + speaker;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), n = 0;

    from.sin_addr.s_addr = htonl(back ? b : a);
    to.sin_addr.s_addr = htonl(back ? a : b);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0)
        for (int i = 0; i < SENT; i++)
            n += sendto(fd, "gatehouse", 9, 0, (struct sockaddr *)&to, sizeof(to)) == 9;
    if (fd >= 0)
        close(fd);
    return n;
}

static void receive(struct source *s, unsigned seen[SPEAKERS])
{
    uint64_t end = clock_mono_ms() + 600;
    struct frame f;

    for (;;) {
        struct pollfd p = {.fd = source_fd(s), .events = POLLIN};
        struct packet pk = {0};
        enum source_step step = source_next(s, &f);
        if (step != SOURCE_FRAME) {
            if (clock_mono_ms() > end)
                return;
            poll(&p, 1, 50);
            continue;
        }
        if (packet_decode(&pk, f.link_type, f.bytes) == PACKET_OK && pk.proto == 17 &&
            span_eq(pk.payload, span_str("gatehouse")) && pk.src[3] < SPEAKERS)
            seen[pk.src[3]]++;
    }
}

/* Every frame is had by one socket of the group, both directions of a pair of hosts by the same one. */
static void test_group(void)
{
    struct live_options o = {.interface = "lo",
                             .filter = "udp port 9",
                             .buffer = 4 << 20,
                             .snaplen = 262144,
                             .group = (uint16_t)(getpid() | 1)};
    unsigned seen[MEMBERS][SPEAKERS] = {{0}}, busy[MEMBERS] = {0};
    struct source *s[MEMBERS] = {NULL};
    char err[SOURCE_ERROR_SIZE] = "";

    check_row("a group");
    for (int i = 0; i < MEMBERS; i++) {
        o.first = i == 0;
        CHECK(live_open(&o, &s[i], err) == 0);
        if (!s[i]) {
            fprintf(stderr, "%s\n", err);
            return;
        }
        CHECK(send_among(0, false) == SENT); /* before the group is whole: nobody's */
    }
    for (int i = 0; i < MEMBERS; i++)
        live_begin(s[i]);
    for (unsigned k = 1; k < SPEAKERS; k++)
        CHECK(send_among(k, false) == SENT && send_among(k, true) == SENT);
    for (int i = 0; i < MEMBERS; i++)
        receive(s[i], seen[i]);
    CHECK(!seen[0][0] && !seen[1][0]);
    for (unsigned k = 1; k < SPEAKERS; k++) {
        unsigned all = seen[0][k] + seen[1][k];
        CHECK(all == 2 * SENT || all == 4 * SENT); /* some kernels show a loopback frame twice */
        CHECK(!seen[0][k] || !seen[1][k]);
        busy[0] += seen[0][k] != 0;
        busy[1] += seen[1][k] != 0;
    }
    CHECK(busy[0] && busy[1]);
    for (int i = 0; i < MEMBERS; i++)
        source_free(s[i]);
}

int main(void)
{
    char err[SOURCE_ERROR_SIZE] = "";
    struct source *s = NULL;
    struct live_options o = {.interface = "lo", .filter = "udp port 9", .buffer = 4 << 20, .snaplen = 262144};
    int rc;

    test_refusals();
    rc = live_open(&o, &s, err);
    if (rc == ST_DENIED) {
        CHECK(strstr(err, "CAP_NET_RAW") != NULL);
        fprintf(stderr, "loopback part skipped: %s\n", err);
        return check_end() ? EXIT_FAILURE : CHECK_SKIP;
    }
    if (rc) {
        fprintf(stderr, "skipped: %s\n", err);
        return CHECK_SKIP;
    }
    test_loopback(s, false);
    source_free(s);
    test_group();
    s = NULL;
    check_row("bad filter");
    o.filter = "port nine hundred";
    CHECK(live_open(&o, &s, err) == ST_USAGE && strstr(err, "capture.filter"));
    o.filter = "udp port 9";
    CHECK(live_open(&o, &s, err) == 0);
    if (s) /* last: there is no way out of the cage */
        test_loopback(s, true);
    source_free(s);
    return check_end();
}
