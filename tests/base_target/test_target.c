/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who wins an overlap, by policy; lists of networks and what is wrong with them; the two configuration keys.
 */
#include "base/target.h"
#include "base/conf.h"
#include "tests/check.h"

#include <arpa/inet.h>

/* One row for each way in which two pieces can overlap, after the tables of Novak (2005) and Novak and
 * Sturges (2007). N: the newer one wins; '-': the older one. In the order of enum target_policy. */
static const struct {
    const char *name;
    int begins, ends; /* the older piece against the newer one */
    const char *tcp, *ip;
} overlaps[] = {
    {"newer is inside", -1, 1, "-N---", "-N---"},
    {"newer begins inside, ends together", -1, 0, "-N---", "-N---"},
    {"newer begins inside, ends behind", -1, -1, "-N---", "-N---"},
    {"begin together, newer is shorter", 0, 1, "-N---", "-N-N-"},
    {"the same bytes", 0, 0, "-N---", "-N-N-"},
    {"begin together, newer is longer", 0, -1, "-N-N-", "-N-N-"},
    {"newer begins before, ends inside", 1, 1, "-NNN-", "-NNN-"},
    {"newer begins before, ends together", 1, 0, "-NNN-", "-NNN-"},
    {"newer is around", 1, -1, "-NNN-", "-NNNN"},
};

static void test_overlaps(void)
{
    for (size_t i = 0; i < GH_COUNT(overlaps); i++) {
        char tcp[TARGET_POLICY_COUNT + 1] = "", ip[TARGET_POLICY_COUNT + 1] = "";
        check_row(overlaps[i].name);
        for (int p = 0; p < TARGET_POLICY_COUNT; p++) {
            enum target_policy policy = (enum target_policy)p;
            tcp[p] = target_newer_wins(policy, TARGET_TCP, overlaps[i].begins, overlaps[i].ends) ? 'N' : '-';
            ip[p] = target_newer_wins(policy, TARGET_IP, overlaps[i].begins, overlaps[i].ends) ? 'N' : '-';
        }
        CHECK_STR(tcp, overlaps[i].tcp);
        CHECK_STR(ip, overlaps[i].ip);
    }
}

static const struct {
    const char *list, *fault; /* NULL: none */
} lists[] = {
    {"", NULL},
    {"10.0.0.0/8=windows", NULL},
    {" 10.0.0.0/8=windows, 192.0.2.7=BSD\t2001:db8::/32=linux ::1=last ", NULL},
    {"10.0.0.0/9=first 10.128.0.0/9=last", NULL},
    {"0.0.0.0/0=linux ::/0=linux", NULL},
    {"10.0.0.0/8", "'10.0.0.0/8': write it as network=policy"},
    {"10.0.0/8=bsd", "'10.0.0/8' is no address"},
    {"=bsd", "'' is no address"},
    {"10.0.0.0/33=bsd", "'10.0.0.0/33' has a prefix that is not 0 to 32"},
    {"10.0.0.0/=bsd", "'10.0.0.0/' has a prefix that is not 0 to 32"},
    {"10.0.0.0/-1=bsd", "'10.0.0.0/-1' has a prefix that is not 0 to 32"},
    {"2001:db8::/129=bsd", "'2001:db8::/129' has a prefix that is not 0 to 128"},
    {"10.0.0.1/8=bsd", "'10.0.0.1/8' has bits behind its prefix: is another network meant?"},
    {"10.64.0.0/9=bsd", "'10.64.0.0/9' has bits behind its prefix: is another network meant?"},
    {"2001:db8:1::/32=bsd", "'2001:db8:1::/32' has bits behind its prefix: is another network meant?"},
    {"10.0.0.0/8=windwos", "'10.0.0.0/8=windwos': 'windwos' is no policy, did you mean 'windows'?; there are "
                           "first, last, bsd, linux "
                           "and windows"},
    {"10.0.0.0/8=x", "'10.0.0.0/8=x': 'x' is no policy; there are first, last, bsd, linux and windows"},
    {"10.0.0.0/8=bsd 10.1.0.0/16=linux", "'10.1.0.0/16=linux' overlaps network 1 of the list"},
    {"10.1.0.0/16=linux 10.0.0.0/8=bsd", "'10.0.0.0/8=bsd' overlaps network 1 of the list"},
    {"::1=bsd 10.1.2.3=linux 10.1.2.3=linux", "'10.1.2.3=linux' overlaps network 2 of the list"},
    {"2001:db8::/33=bsd 2001:db8::/32=bsd", "'2001:db8::/32=bsd' overlaps network 1 of the list"},
};

static void test_lists(void)
{
    for (size_t i = 0; i < GH_COUNT(lists); i++) {
        char text[256] = "";
        struct writer err;
        struct targets t = {.standard = TARGET_BSD};
        check_row(lists[i].list);
        writer_fixed(&err, text, sizeof(text) - 1);
        CHECK((targets_parse(&t, span_str(lists[i].list), &err) == 0) == !lists[i].fault);
        text[err.n] = 0;
        CHECK_STR(text, lists[i].fault ? lists[i].fault : "");
    }
}

static void test_too_many(void)
{
    struct targets t = {.n = 0};
    char text[128] = "", one[32];
    struct writer err;

    check_row("too many");
    writer_fixed(&err, text, sizeof(text) - 1);
    for (unsigned i = 0; i < TARGETS_MAX; i++) {
        snprintf(one, sizeof(one), "10.0.%u.0/24=last", i);
        CHECK(targets_parse(&t, span_str(one), &err) == 0);
    }
    CHECK(targets_parse(&t, span_str("10.1.0.0/24=last"), &err) == ST_USAGE);
    CHECK_STR(text, "more than 64 networks");
}

static void test_find(void)
{
    static const struct {
        const char *addr;
        enum target_policy want;
    } rows[] = {
        {"10.1.2.3", TARGET_WINDOWS},  {"10.255.255.255", TARGET_WINDOWS}, {"11.0.0.0", TARGET_FIRST},
        {"192.0.2.7", TARGET_LAST},    {"192.0.2.6", TARGET_FIRST},        {"172.16.63.1", TARGET_BSD},
        {"172.16.64.1", TARGET_FIRST}, {"2001:db8::1", TARGET_LINUX},      {"2001:db9::1", TARGET_FIRST},
        {"a01:203::", TARGET_FIRST}, /* begins with the bytes of 10.1.2.3 */
    };
    struct targets t = {.standard = TARGET_FIRST};
    struct writer err;

    check_row("find");
    writer_init(&err, 256);
    CHECK(targets_parse(&t,
                        span_str("10.0.0.0/8=windows 192.0.2.7=last 172.16.0.0/18=bsd 2001:db8::/32=linux"),
                        &err) == 0);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        bool ipv6 = strchr(rows[i].addr, ':') != NULL;
        uint8_t addr[16] = {0};
        check_row(rows[i].addr);
        CHECK(inet_pton(ipv6 ? AF_INET6 : AF_INET, rows[i].addr, addr) == 1);
        CHECK_STR(target_policy_name(targets_find(&t, addr, ipv6)), target_policy_name(rows[i].want));
    }
    writer_done(&err);
}

static void test_conf(void)
{
    static const struct {
        const char *set, *fault;
    } rows[] = {
        {"sensor.tcp_policy=linux", ""},
        {"sensor.tcp_policy=Windows", ""},
        {"sensor.tcp_policy=lniux",
         "--set: sensor.tcp_policy: 'lniux' is no policy, did you mean 'linux'?; there are "
         "first, last, bsd, linux and windows\n"},
        {"sensor.tcp_policy=",
         "--set: sensor.tcp_policy: '' is no policy; there are first, last, bsd, linux and windows\n"},
        {"sensor.targets=10.0.0.0/8=linux 10.2.0.0/16=bsd",
         "--set: sensor.targets: '10.2.0.0/16=bsd' overlaps network 1 of the list\n"},
        {"sensor.targets=10.0.0.0/8=linux", ""},
    };
    struct conf c;

    check_row("configuration");
    conf_defaults(&c);
    CHECK_STR(c.sensor_tcp_policy, "bsd");
    CHECK_STR(c.sensor_targets, "");
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct writer err;
        check_row(rows[i].set);
        writer_init(&err, 1024);
        CHECK((conf_set(&c, rows[i].set, &err) == 0) == !*rows[i].fault);
        writer_u8(&err, 0);
        CHECK_STR((const char *)err.p, rows[i].fault);
        writer_done(&err);
    }
    CHECK_STR(c.sensor_tcp_policy, "Windows");
    CHECK_STR(c.sensor_targets, "10.0.0.0/8=linux");
}

int main(void)
{
    test_overlaps();
    test_lists();
    test_too_many();
    test_find();
    test_conf();
    return check_end();
}
