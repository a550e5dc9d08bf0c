/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/nets.h"
#include "firmware/setup/setup.h"
#include "firmware/setup/writer.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct words *check_name(void *arg, const char *v)
{
    static const struct words w = {"1 to 60 characters, no quotation mark",
                                   "1 đến 60 ký tự, không có dấu nháy kép"};

    (void)arg;
    return *v && strlen(v) <= 60 && !strchr(v, '"') && !strchr(v, '\\') ? NULL : &w;
}

static const struct words no_card = {"there is no such card", "không có thẻ mạng này"};

/* As the kernel takes names of cards, but for those that a shell or a path would trip over. */
static const struct words *check_interface_name(void *arg, const char *v)
{
    (void)arg;
    return *v && *v != '.' && strlen(v) < IF_NAMESIZE && strcmp(v, "lo") != 0 &&
                   strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") ==
                       strlen(v)
               ? NULL
               : &no_card;
}

static const struct words *check_interface(void *arg, const char *v)
{
    return !check_interface_name(arg, v) && if_nametoindex(v) ? NULL : &no_card;
}

static const struct words *check_inside(void *arg, const char *v)
{
    static const struct words w = {
        "networks such as 10.1.0.0/16 (10.1.0.5/16 is none), a blank between two",
        "các mạng dạng 10.1.0.0/16 (không phải 10.1.0.5/16), cách nhau bằng dấu cách"};

    (void)arg;
    return nets_check(span_str(v), NULL) == 0 ? NULL : &w;
}

/* "10.1.0.0/16"; without a length one address. */
static bool is_network(const char *word, bool host_only)
{
    char address[64], *slash, *end = NULL;
    uint8_t raw[16];
    long bits = 0;

    if (strlen(word) >= sizeof(address))
        return false;
    snprintf(address, sizeof(address), "%s", word);
    slash = strchr(address, '/');
    if (slash) {
        *slash = 0;
        bits = strtol(slash + 1, &end, 10);
    }
    if (slash && (host_only || !slash[1] || *end || bits < 0 || slash[1] == '-' || slash[1] == '+'))
        return false;
    if (inet_pton(AF_INET, address, raw) == 1)
        return bits <= 32;
    return inet_pton(AF_INET6, address, raw) == 1 && bits <= 128;
}

static const struct words *check_networks(void *arg, const char *v)
{
    static const struct words w = {"networks such as 10.1.0.0/24, a blank between two",
                                   "các mạng dạng 10.1.0.0/24, cách nhau bằng dấu cách"};
    char word[64];
    int used;

    (void)arg;
    for (; sscanf(v, " %63s%n", word, &used) == 1; v += used)
        if (!is_network(word, false))
            return &w;
    return NULL;
}

static const struct words *check_address(void *arg, const char *v)
{
    static const struct words w = {"dhcp, or ADDRESS/LENGTH GATEWAY such as 10.1.0.5/24 10.1.0.1",
                                   "dhcp, hoặc ĐỊA CHỈ/ĐỘ DÀI CỔNG RA, ví dụ 10.1.0.5/24 10.1.0.1"};
    char address[64], gateway[64] = "", rest[2];
    int n = sscanf(v, "%63s %63s %1s", address, gateway, rest);

    (void)arg;
    if (!strcmp(v, "dhcp") || !*v)
        return NULL;
    return (n == 1 || n == 2) && strchr(address, '/') && is_network(address, false) &&
                   (n == 1 || is_network(gateway, true))
               ? NULL
               : &w;
}

static const struct words *check_console(void *arg, const char *v)
{
    static const struct words w = {"https://address:port, as the subcommittee told it; empty: record only",
                                   "https://địa-chỉ:cổng do tiểu ban cung cấp; để trống: chỉ ghi lại"};

    (void)arg;
    return !*v || (!strncmp(v, "https://", 8) && strlen(v) > 8 && strlen(v) < 256 && !strpbrk(v, " \"\\#"))
               ? NULL
               : &w;
}

void setup_cards(char names[static ASK_TEXT], char *silent, size_t cap)
{
    DIR *d = opendir("/sys/class/net");
    struct ifaddrs *all = NULL;
    struct dirent *e;
    size_t n = 0;

    *names = *silent = 0;
    (void)getifaddrs(&all);
    while (d && (e = readdir(d)) != NULL) {
        bool has = false;
        if (e->d_name[0] == '.' || !strcmp(e->d_name, "lo") || n + strlen(e->d_name) + 3 > ASK_TEXT)
            continue;
        for (struct ifaddrs *i = all; i; i = i->ifa_next)
            has =
                has || (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && !strcmp(i->ifa_name, e->d_name));
        n += (size_t)snprintf(names + n, ASK_TEXT - n, "%s%s", n ? ", " : "", e->d_name);
        if (!has && !*silent)
            snprintf(silent, cap, "%s", e->d_name);
    }
    if (d)
        closedir(d);
    freeifaddrs(all);
}

void setup_local_networks(const char *watched, char out[static ASK_TEXT])
{
    struct ifaddrs *all = NULL;
    size_t n = 0;

    *out = 0;
    (void)getifaddrs(&all);
    for (struct ifaddrs *i = all; i; i = i->ifa_next) {
        struct in_addr a, m;
        char text[INET_ADDRSTRLEN];
        unsigned bits = 0;
        if (!i->ifa_addr || !i->ifa_netmask || i->ifa_addr->sa_family != AF_INET ||
            i->ifa_flags & IFF_LOOPBACK || !strcmp(i->ifa_name, watched))
            continue;
        a = ((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
        m = ((const struct sockaddr_in *)(const void *)i->ifa_netmask)->sin_addr;
        a.s_addr &= m.s_addr;
        for (uint32_t v = ntohl(m.s_addr); v; v <<= 1)
            bits++;
        if (inet_ntop(AF_INET, &a, text, sizeof(text)) && n + 24 < ASK_TEXT)
            n += (size_t)snprintf(out + n, ASK_TEXT - n, "%s%s/%u", n ? " " : "", text, bits);
    }
    freeifaddrs(all);
}

static const struct words *check_time(void *arg, const char *v)
{
    static const struct words w = {"year-month-day hour:minute, such as 2026-11-24 14:30",
                                   "năm-tháng-ngày giờ:phút, ví dụ 2026-11-24 14:30"};
    uint64_t *us = arg;
    char iso[ASK_TEXT + 16];

    snprintf(iso, sizeof(iso), "%.10sT%s:00+07:00", v, strlen(v) > 11 ? v + 11 : "");
    return strlen(v) == 16 && v[10] == ' ' && clock_parse_iso(iso, strlen(iso), us) ? NULL : &w;
}

/* No network here may know the time, and every record bears it. */
static void ask_time(struct setup *s)
{
    static const struct words right = {"Is this the time in Viet Nam?", "Đây có đúng giờ Việt Nam không?"},
                              now = {"The time in Viet Nam (year-month-day hour:minute)",
                                     "Giờ Việt Nam (năm-tháng-ngày giờ:phút)"},
                              refused = {"The clock cannot be set here", "Không đặt được đồng hồ ở đây"};
    time_t here = (time_t)(clock_wall_us() / 1000000) + 7 * 3600;
    char text[ASK_TEXT];
    struct timespec t;
    struct tm tm;
    uint64_t us = 0;

    gmtime_r(&here, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
    printf("\n%s\n", text);
    if (ask_yes(&s->ask, &right, true) || s->ask.ended || !ask_text(&s->ask, &now, "", check_time, &us, text))
        return;
    t = (struct timespec){(time_t)(us / 1000000), 0};
    if (s->writer >= 0 ? !writer_set_clock(s->writer, us / 1000000) : clock_settime(CLOCK_REALTIME, &t) != 0)
        ask_say(&s->ask, &refused);
}

bool setup_questions(struct setup *s)
{
    static const struct words
        name = {"Name of this post, as the console shows it", "Tên đơn vị, hiện trên bảng điều khiển"},
        cards = {"Network cards: ", "Thẻ mạng: "},
        interface = {"Card on the mirror port (it needs no address)",
                     "Thẻ nối cổng sao chép (không cần địa chỉ)"},
        management = {"Networks that may reach this machine", "Các mạng được phép truy cập máy này"},
        inside = {"Networks of this house; what goes to any other has left it",
                  "Các mạng của đơn vị; tài liệu đi tới mạng khác là đã ra ngoài"},
        address = {"Address of the management card: dhcp, or ADDRESS/LENGTH GATEWAY; empty: as it is",
                   "Địa chỉ thẻ quản trị: dhcp, hoặc ĐỊA CHỈ/ĐỘ DÀI CỔNG RA; để trống: giữ nguyên"},
        console = {"The subcommittee's console, https://address:port (empty: record only)",
                   "Bảng điều khiển của tiểu ban, https://địa-chỉ:cổng (để trống: chỉ ghi lại)"},
        write = {"Write this?", "Ghi lại?"};
    char names[ASK_TEXT], silent[IF_NAMESIZE], nets[ASK_TEXT];
    const struct conf *c = &s->conf;

    if (!ask_text(&s->ask, &name, c->node_name, check_name, NULL, s->name))
        return false;
    setup_cards(names, silent, sizeof(silent));
    printf("%s%s\n", ask_word(&s->ask, &cards), names);
    if (!ask_text(&s->ask, &interface, *c->capture_interface ? c->capture_interface : silent, check_interface,
                  NULL, s->interface))
        return false;
    setup_local_networks(s->interface, nets);
    if (!ask_text(&s->ask, &management, *c->node_management ? c->node_management : nets, check_networks, NULL,
                  s->management) ||
        !ask_text(&s->ask, &inside, *c->policy_inside ? c->policy_inside : SETUP_INSIDE, check_inside, NULL,
                  s->inside) ||
        !ask_text(&s->ask, &address, "", check_address, NULL, s->address) ||
        !ask_text(&s->ask, &console, c->uplink_console, check_console, NULL, s->console))
        return false;
    ask_time(s);
    printf("\n  name        %s\n  interface   %s\n  management  %s\n  inside      %s\n  address     %s\n"
           "  console     %s\n\n",
           s->name, s->interface, s->management, *s->inside ? s->inside : "-", *s->address ? s->address : "-",
           *s->console ? s->console : "-");
    return ask_yes(&s->ask, &write, true);
}

const struct words *setup_check(const char *field, const char *answer, bool elsewhere)
{
    static const struct words unknown = {"no such question", "không có câu hỏi này"};
    static const struct {
        const char *name;
        ask_check *check;
    } checks[] = {{"name", check_name},     {"interface", check_interface}, {"management", check_networks},
                  {"inside", check_inside}, {"address", check_address},     {"console", check_console}};

    for (const char *p = answer; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return &unknown;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (!strcmp(checks[i].name, field))
            return elsewhere && checks[i].check == check_interface ? check_interface_name(NULL, answer)
                                                                   : checks[i].check(NULL, answer);
    return &unknown;
}
