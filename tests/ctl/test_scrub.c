/* SPDX-License-Identifier: GPL-3.0-or-later
 * What must not leave the post, and what must stay readable. */
#include "firmware/ctl/scrub.h"
#include "tests/check.h"

static const struct {
    const char *in, *out;
} rows[] = {
    {"gh-core: the run is recorded: 12 events, batch 3\n", "gh-core: the run is recorded: 12 events, batch 3\n"},
    {"2026-11-24T12:33:26+0000 gh-scan[49]: rules 37", "2026-11-24T12:33:26+0000 gh-scan[49]: rules 37"},
    {"at 12:33:26 it ended with status 3.", "at 12:33:26 it ended with status 3."},
    {"peer 10.1.2.3 said no", "peer <address> said no"},
    {"10.1.2.3:8443,192.168.0.0/16", "<address>,<address>"},
    {"to fe80::1%eth0 and 2001:db8::/32", "to <address> and <address>"},
    {"card 52:54:00:12:34:56", "card <address>"},
    {"https://console.bo.gov.vn:8443/x: no route", "<address>: no route"},
    {"mail lan@bo.gov.vn.", "mail <address>."},
    {"console.bo.gov.vn does not answer", "<name> does not answer"},
    {"ke-hoach.docx could not be read", "<name> could not be read"},
    {"uplink.console and journal.db stay", "uplink.console and journal.db stay"},
    {"gatehouse-core@0-44-997.service: Deactivated", "gatehouse-core@0-44-997.service: Deactivated"},
    {"/etc/gatehouse/gatehouse.conf:12: bad", "/etc/gatehouse/gatehouse.conf:12: bad"},
    {"/home/lan/mat/ke-hoach.pdf: gone", "<path>: gone"},
    {"/srv/share", "<path>"},
    {"name \"Kế hoạch tác chiến\" here", "name \"<text> <text> <text> <text>\" here"},
    {"key JCW+noGUP6UhWA4EC/nRFFWrxqE0wfoc4XbRxQQEKa4=", "key <secret>"},
    {"it is JCW+noGUP6UhWA4ECnRFFWrxqE0wfoc4XbRxQQEKa4=", "it is <key>="},
    {"sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "sha <key>"},
    {"password=hunter2 next", "password=<secret> next"},
    {"Password: hunter2\nnext", "Password: <secret>\nnext"},
    {"password:\nnext", "password:\nnext"},
    {"{\"token\":\"abc\",\"n\":12}", "{\"token\":\"<secret>\",\"n\":12}"},
    {"Authorization: Bearer", "Authorization: <secret>"},
    {"{\"packets\":120,\"lost\":{\"ring\":3}}", "{\"packets\":120,\"lost\":{\"ring\":3}}"},
    {"\x01\x1b[31m", "??[31m"},
    {"", ""},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint64_t counts[SCRUB_RULES] = {0};
        struct writer w;
        check_row(rows[i].in);
        writer_init(&w, 65536);
        scrub(span_str(rows[i].in), &w, counts);
        CHECK_STR(writer_cstr(&w), rows[i].out);
        writer_done(&w);
    }
    return check_end();
}
