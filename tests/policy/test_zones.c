/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/zones.h"
#include "tests/check.h"

static const struct {
    const char *net;
    unsigned zone; /* 1 or 2 */
    int rc;
} nets[] = {
    {"10.0.0.0/8", 1, 0},
    {"10.1.0.0/16", 1, 0},
    {"10.2.0.0/16", 2, ST_EXISTS},
    {"0.0.0.0/0", 2, ST_EXISTS},
    {"192.168.1.0/24", 2, 0},
    {"192.168.1.7", 2, 0},
    {"192.168.1.7", 1, ST_EXISTS},
    {"10.0.0.1/8", 1, ST_USAGE},
    {"10.0.0.0/33", 1, ST_USAGE},
    {"10.0.0/8", 1, ST_USAGE},
    {"", 1, ST_USAGE},
    {"/8", 1, ST_USAGE},
    {"2001:db8::/32", 2, 0},
    {"2001:db8::/129", 2, ST_USAGE},
    {"2001:db8:1::1/48", 2, ST_USAGE},
    {"fd00::/8", 1, 0},
    {"10.0.0.0/8x", 1, ST_USAGE},
    {"10.0.0.0/-1", 1, ST_USAGE},
    {"localhost", 1, ST_USAGE},
    {"::/0", 1, ST_EXISTS},
};
static const struct {
    const char *address;
    unsigned zone;
} finds[] = {
    {"10.255.0.1", 1},  {"11.0.0.1", 0},         {"192.168.1.255", 2},
    {"192.168.2.1", 0}, {"2001:db8:ffff::1", 2}, {"2001:db9::", 0},
    {"fd12::1", 1},     {"fe80::1", 0},          {"", 0},
    {"nonsense", 0},    {"::ffff:10.0.0.1", 1},
};

int main(void)
{
    static struct zones z;
    unsigned other = 0;

    zones_init(&z);
    CHECK(zones_add(&z, "office", "mat") == 1);
    CHECK(zones_add(&z, "archive", "tuyet_mat") == 2);
    CHECK(zones_add(&z, "office", "mat") == ST_EXISTS);
    CHECK(zones_add(&z, "unknown", "mat") == ST_EXISTS);
    CHECK(zones_add(&z, "", "mat") == ST_USAGE);
    CHECK(zones_add(&z, "x", "geheim") == ST_USAGE);
    for (size_t i = 0; i < GH_COUNT(nets); i++) {
        check_row(nets[i].net);
        CHECK(zones_add_net(&z, nets[i].zone, nets[i].net, &other) == nets[i].rc);
        if (nets[i].rc == ST_EXISTS)
            CHECK(other == 3 - nets[i].zone);
    }
    for (size_t i = 0; i < GH_COUNT(finds); i++) {
        check_row(finds[i].address);
        CHECK_U64(zones_find(&z, span_str(finds[i].address), NULL), finds[i].zone);
    }
    return check_end();
}
