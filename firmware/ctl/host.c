/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse host: what the machine around the appliance is set to, made of the appliance's own configuration
 * so that the two cannot disagree: a packet filter that drops what was not asked for, in and out, and the
 * log's quota. print shows both, apply hands the one to nft and the other to journald (as root). A machine
 * that does more than this is not for it. */
#include "base/broker.h"
#include "base/writer.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE "gatehouse_host"
#define JOURNALD_DIR "/run/systemd/journald.conf.d"

/* "10.1.0.0/16", "fe80::/10", "10.1.2.3": AF_INET, AF_INET6 or 0. */
static int network_family(const char *text)
{
    char address[64], *slash, *end;
    struct in6_addr a6;
    struct in_addr a4;
    long bits = -1;

    if (strlen(text) >= sizeof(address))
        return 0;
    snprintf(address, sizeof(address), "%s", text);
    slash = strchr(address, '/');
    if (slash) {
        *slash = 0;
        bits = strtol(slash + 1, &end, 10);
        if (!slash[1] || *end || slash[1] == '-' || bits < 0 || bits > 128)
            return 0;
    }
    if (inet_pton(AF_INET, address, &a4) == 1)
        return bits <= 32 ? AF_INET : 0;
    return inet_pton(AF_INET6, address, &a6) == 1 ? AF_INET6 : 0;
}

/* The next word of a list, cut to what word holds; false at its end. */
static bool next_word(const char **list, char word[static 64])
{
    size_t n;

    *list += strspn(*list, " \t,");
    n = strcspn(*list, " \t,");
    snprintf(word, 64, "%.*s", (int)(n < 64 ? n : 63), *list);
    *list += n;
    return n > 0;
}

int host_networks_check(const char *list, char *bad, size_t cap)
{
    char word[64];

    while (next_word(&list, word))
        if (!network_family(word)) {
            snprintf(bad, cap, "%s", word);
            return ST_USAGE;
        }
    return 0;
}

/* "{ a, b }" of the networks of one family; false when there is none. */
static bool put_networks(struct writer *w, const char *list, int family)
{
    bool any = false;
    char word[64];

    while (next_word(&list, word))
        if (network_family(word) == family) {
            writer_printf(w, "%s%s", any ? ", " : "{ ", word);
            any = true;
        }
    if (any)
        writer_str(w, " }");
    return any;
}

/* Host and port of https://host:port, [v6] without brackets; the port is the scheme's when none is named. */
static bool split_url(const char *url, char host[static CONF_TEXT], unsigned *port)
{
    const char *at = strstr(url, "://"), *end, *colon;
    bool plain = !strncmp(url, "http:", 5), nats = !strncmp(url, "nats:", 5) || !strncmp(url, "tls:", 4);

    if (!at)
        return false;
    at += 3;
    end = at + strcspn(at, "/");
    colon = memrchr(at, ':', (size_t)(end - at));
    if (*at == '[') {
        const char *close = memchr(at, ']', (size_t)(end - at));
        if (!close)
            return false;
        colon = close[1] == ':' ? close + 1 : NULL;
        snprintf(host, CONF_TEXT, "%.*s", (int)(close - at - 1), at + 1);
    } else {
        snprintf(host, CONF_TEXT, "%.*s", (int)((colon ? colon : end) - at), at);
    }
    *port = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : nats ? 4222 : plain ? 80 : 443;
    return *host && *port && *port < 65536;
}

static bool user_id(const char *name, unsigned *ret)
{
    const struct passwd *pw = getpwnam(name);

    if (pw)
        *ret = (unsigned)pw->pw_uid;
    return pw != NULL;
}

/* The uplink's way: to an address, or by a name, which has to be asked for first. */
static void put_way(struct writer *w, unsigned uid, const char *url)
{
    char host[CONF_TEXT];
    unsigned port;
    int family;

    if (!*url || !split_url(url, host, &port))
        return;
    family = network_family(host);
    if (family)
        writer_printf(w, "        meta skuid %u %s daddr %s tcp dport %u accept\n", uid,
                      family == AF_INET ? "ip" : "ip6", host, port);
    else
        writer_printf(w,
                      "        meta skuid %u tcp dport %u accept\n"
                      "        meta skuid %u meta l4proto { tcp, udp } th dport 53 accept\n",
                      uid, port, uid);
}

/* To the broker, when there is one between this machine and its console. */
static void put_broker(struct writer *w, unsigned uid, const char *servers)
{
    struct broker_list list;
    int n = broker_list_parse(span_str(servers), &list, NULL);

    for (int i = 0; i < n; i++) {
        char url[CONF_TEXT];
        snprintf(url, sizeof(url), "%.*s", (int)list.server[i].n, (const char *)list.server[i].p);
        put_way(w, uid, url);
    }
}

static void put_output(struct writer *w, const struct conf *c)
{
    unsigned uid;

    writer_str(w, "    chain output {\n        type filter hook output priority filter; policy drop;\n       "
                  " oifname \"lo\" accept\n");
    if (c->enforce_enabled && user_id("gh-enforce", &uid))
        writer_printf(w, "        meta skuid %u accept\n", uid);
    if (*c->capture_interface)
        writer_printf(w, "        oifname \"%s\" counter drop\n", c->capture_interface);
    writer_str(w,
               "        ct state established,related accept\n"
               "        udp sport 68 udp dport 67 accept\n"
               "        udp sport 546 udp dport 547 accept\n"
               "        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept\n"
               "        icmpv6 type mld2-listener-report accept\n");
    if (user_id("gh-uplink", &uid) && *c->uplink_nats) {
        put_broker(w, uid, c->uplink_nats);
    } else if (user_id("gh-uplink", &uid)) {
        put_way(w, uid, *c->uplink_proxy ? c->uplink_proxy : c->uplink_console);
    }
    if (user_id("systemd-timesync", &uid))
        writer_printf(w, "        meta skuid %u udp dport 123 accept\n", uid);
    writer_str(w, "        counter comment \"kept in\"\n    }\n");
}

void host_rules(const struct conf *c, struct writer *w)
{
    static const int families[] = {AF_INET, AF_INET6};
    const char *management = *c->node_management ? c->node_management : "169.254.0.0/16 fe80::/10";

    /* made, emptied and made anew in one transaction: there is no moment without it */
    writer_str(w, "# made by 'gatehouse host' of the appliance's configuration\ntable inet " TABLE
                  "\ndelete table inet " TABLE "\ntable inet " TABLE " {\n"
                  "    chain input {\n        type filter hook input priority filter; policy drop;\n        "
                  "iifname \"lo\" accept\n");
    if (*c->capture_interface)
        writer_printf(w, "        iifname \"%s\" drop\n", c->capture_interface);
    writer_str(w, "        ct state established,related accept\n"
                  "        ct state invalid drop\n"
                  "        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept\n"
                  "        udp sport 67 udp dport 68 accept\n"
                  "        udp sport 547 udp dport 546 accept\n");
    for (size_t i = 0; i < GH_COUNT(families); i++) {
        struct writer list;
        writer_init(&list, 8192);
        if (put_networks(&list, management, families[i])) {
            const char *ip = families[i] == AF_INET ? "ip" : "ip6";
            writer_printf(w, "        %s saddr %s tcp dport { 22, 8443, 8480 } accept\n", ip,
                          writer_cstr(&list));
            writer_printf(w, "        %s saddr %s meta l4proto { icmp, icmpv6 } limit rate 5/second accept\n",
                          ip, writer_cstr(&list));
        }
        writer_done(&list);
    }
    writer_str(w, "        counter comment \"kept out\"\n    }\n    chain forward {\n        type filter "
                  "hook forward priority filter; policy drop;\n    }\n");
    put_output(w, c);
    writer_str(w, "}\n");
}

void host_journald(const struct conf *c, struct writer *w)
{
    writer_printf(w,
                  "# made by 'gatehouse host' of "
                  "node.log_max\n[Journal]\nSystemMaxUse=%llu\nRuntimeMaxUse=%llu\nForwardToSyslog=no\n",
                  (unsigned long long)c->node_log_max, (unsigned long long)(c->node_log_max / 4));
}

static int feed_nft(struct span rules)
{
    static char *const argv[] = {(char *)"nft", (char *)"-f", (char *)"-", NULL};
    int fds[2], status = -1;
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return 3;
    pid = fork();
    if (pid == 0) {
        if (dup2(fds[0], 0) < 0)
            _exit(127);
        execv("/usr/sbin/nft", argv);
        fprintf(stderr, "gatehouse host: /usr/sbin/nft: %s (Debian: nftables)\n", strerror(errno));
        _exit(127);
    }
    close(fds[0]);
    if (pid > 0 && write(fds[1], rules.p, rules.n) != (ssize_t)rules.n) /* shorter than a pipe is */
        status = -1;
    close(fds[1]);
    if (pid > 0)
        (void)waitpid(pid, &status, 0);
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    fprintf(stderr, "gatehouse host: nft refuses the filter; the one before holds\n");
    return 3;
}

static int write_journald(struct span text)
{
    int fd;

    if (mkdir(JOURNALD_DIR, 0755) != 0 && errno != EEXIST)
        return errno == ENOENT ? 0 : 3; /* no systemd here, no log of its */
    fd = open(JOURNALD_DIR "/60-gatehouse.conf", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n) {
        fprintf(stderr, "gatehouse host: " JOURNALD_DIR "/60-gatehouse.conf: %s\n", strerror(errno));
        if (fd >= 0)
            close(fd);
        return 3;
    }
    return close(fd) == 0 ? 0 : 3;
}

int command_host(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "print", "apply"};
    struct writer rules, journald;
    const char *word = NULL;
    struct ctl_options o;
    char bad[64];
    int rc = 0;

    ctl_options_init(&o);
    for (int i = 1; i < argc; i++) {
        if (ctl_option(&o, argc, argv, &i))
            continue;
        if (word || (strcmp(argv[i], "print") != 0 && strcmp(argv[i], "apply") != 0))
            return ctl_unknown("host", argv[i], known, GH_COUNT(known));
        word = argv[i];
    }
    if (o.failed)
        return 2;
    if (!word)
        return ctl_usage("host", "print, or apply?");
    if (host_networks_check(o.conf.node_management, bad, sizeof(bad)) != 0)
        return ctl_usage("host", "node.management: '%s' is no network such as 10.1.0.0/16", bad);
    if (strcspn(o.conf.capture_interface, "\"\\ \t\n") != strlen(o.conf.capture_interface) ||
        strlen(o.conf.capture_interface) > 15)
        return ctl_usage("host", "capture.interface: '%s' is no name of an interface",
                         o.conf.capture_interface);
    writer_init(&rules, 32768);
    writer_init(&journald, 4096);
    host_rules(&o.conf, &rules);
    host_journald(&o.conf, &journald);
    if (!strcmp(word, "print"))
        printf("%s\n%s", writer_cstr(&rules), writer_cstr(&journald));
    else
        rc = feed_nft(writer_span(&rules)) | write_journald(writer_span(&journald));
    writer_done(&rules);
    writer_done(&journald);
    return rc;
}
