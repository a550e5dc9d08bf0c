/* SPDX-License-Identifier: GPL-3.0-or-later
 * Lines of the site's protocols and categories: what is one, what is none, and what would harm nDPI. */
#include "sensor/decode/label_rules.h"
#include "tests/check.h"

static const struct {
    enum label_file file;
    const char *line;
    bool good;
} rows[] = {
    {LABEL_PROTOCOLS, "", true},
    {LABEL_PROTOCOLS, "  # a comment", true},
    {LABEL_PROTOCOLS, "tcp:81,tcp:8181@HTTP", true},
    {LABEL_PROTOCOLS, "udp:5061-5062@SIP\r", true},
    {LABEL_PROTOCOLS, "host:\"disneyplus.com\",host:\"cdn.registerdisney.go.com\"@DisneyPlus", true},
    {LABEL_PROTOCOLS, "host:\"*.lvlt.dash.us.aiv-cdn.net.c.footprint.net\"@AmazonVideo", true},
    {LABEL_PROTOCOLS, "host:plain.example@Plain", true},
    {LABEL_PROTOCOLS, "ip:213.75.170.11/32:443@CustomProtocol", true},
    {LABEL_PROTOCOLS, "ip:8.248.73.247:443,ip:54.80.47.130@AmazonPrime", true},
    {LABEL_PROTOCOLS, "ip_risk_mask:192.168.1.0/24=0", true},
    {LABEL_PROTOCOLS, "host_risk_mask:\".home\"=18446744073709551615", true},
    {LABEL_PROTOCOLS, "trusted_issuer_dn:\"CN=8138, O=Code42, OU=TEST\"", true},
    {LABEL_PROTOCOLS, "tcp:65535@HTTP", false}, /* would never end */
    {LABEL_PROTOCOLS, "tcp:1-65535@HTTP", false},
    {LABEL_PROTOCOLS, "tcp:0@HTTP", false},
    {LABEL_PROTOCOLS, "tcp:9-8@HTTP", false},
    {LABEL_PROTOCOLS, "tcp:-@HTTP", false},
    {LABEL_PROTOCOLS, "tcp:80@", false},
    {LABEL_PROTOCOLS, "tcp:80", false},
    {LABEL_PROTOCOLS, "@HTTP", false},
    {LABEL_PROTOCOLS, "tcp:80,@HTTP", false},
    {LABEL_PROTOCOLS, "sctp:80@HTTP", false},
    {LABEL_PROTOCOLS, "tcp:80@two words", false},
    {LABEL_PROTOCOLS, "tcp:80@an_extraordinarily_long_name_for_one", false},
    {LABEL_PROTOCOLS, "host:\"\"@X", false}, /* nDPI writes before it */
    {LABEL_PROTOCOLS, "host:@X", false},
    {LABEL_PROTOCOLS, "host:\"@X", false},
    {LABEL_PROTOCOLS, "host:\"a b\"@X", false},
    {LABEL_PROTOCOLS, "ip:2001:db8::1@X", false}, /* nDPI takes what is on its stack */
    {LABEL_PROTOCOLS, "ip:1.2.3@X", false},
    {LABEL_PROTOCOLS, "ip:1.2.3.4/33@X", false},
    {LABEL_PROTOCOLS, "ip:1.2.3.4:0@X", false},
    {LABEL_PROTOCOLS, "ip_risk_mask:1.2.3.4", false},
    {LABEL_PROTOCOLS, "ip_risk_mask:x=0", false},
    {LABEL_PROTOCOLS, "host_risk_mask:\"\"=0", false},
    {LABEL_PROTOCOLS, "trusted_issuer_dn:\"\"", false},
    {LABEL_PROTOCOLS, "anything:1=1", false},
    {LABEL_CATEGORIES, "internetbadguys.com\t100", true},
    {LABEL_CATEGORIES, "144.139.247.220\t100", true},
    {LABEL_CATEGORIES, "144.139.247.0/24\t105", true},
    {LABEL_CATEGORIES, "a.example\t0", false},
    {LABEL_CATEGORIES, "a.example\t106", false},
    {LABEL_CATEGORIES, "a.example 100", false},
    {LABEL_CATEGORIES, "a.example\tMalware", false},
    {LABEL_CATEGORIES, "\t100", false},
    {LABEL_CATEGORIES, "a b\t100", false},
    {LABEL_CATEGORIES, "2001:db8::1\t100", false},
    {LABEL_CATEGORIES, "144.139.247.0/33\t100", false},
};

static uint64_t last_line;

static void on_fault(void *arg, uint64_t line, const char *reason)
{
    (void)arg;
    CHECK(*reason);
    last_line = line;
}

static void whole_files(void)
{
    struct writer w;

    check_row("the line is named");
    CHECK_U64(label_rules_check(LABEL_PROTOCOLS, span_str("tcp:1@A\n\ntcp:1\ntcp:2@B"), on_fault, NULL), 1);
    CHECK_U64(last_line, 3);
    check_row("too many names");
    writer_init(&w, 1 << 20);
    for (int i = 0; i < 201; i++)
        writer_printf(&w, "tcp:1@Name%d\ntcp:2@NAME%d\n", i, i);
    CHECK_U64(label_rules_check(LABEL_PROTOCOLS, writer_span(&w), on_fault, NULL), 2);
    CHECK_U64(last_line, 402);
    check_row("too long");
    writer_done(&w);
    writer_init(&w, LABEL_RULES_MAX + 1);
    (void)writer_reserve(&w, LABEL_RULES_MAX + 1);
    memset(w.p, '\n', LABEL_RULES_MAX + 1);
    CHECK_U64(label_rules_check(LABEL_PROTOCOLS, span_of(w.p, LABEL_RULES_MAX), on_fault, NULL), 0);
    CHECK_U64(label_rules_check(LABEL_PROTOCOLS, span_of(w.p, LABEL_RULES_MAX + 1), on_fault, NULL), 1);
    writer_done(&w);
}

int main(void)
{
    struct label_rule r;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].line);
        CHECK((label_rule_read(rows[i].file, span_str(rows[i].line), &r) == NULL) == rows[i].good);
    }
    whole_files();
    return check_end();
}
