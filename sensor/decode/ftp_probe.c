/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_probe.h"

#define VERB_MAX 12u
#define UNKNOWN_MAX 2u /* lines of a client that neither tell FTP nor anything else */

static bool letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

struct span ftp_command(struct span line, size_t *ret_verb)
{
    size_t n = 0;

    while (line.n && !letter(line.p[0]) && (line.p[0] >= 0xF0 || line.p[0] <= ' '))
        line = span_part(line, 1, line.n);
    while (n < line.n && letter(line.p[n]))
        n++;
    *ret_verb = n >= 3 && n <= VERB_MAX && (n == line.n || line.p[n] == ' ') ? n : 0;
    return line;
}

static bool one_of(struct span verb, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq_nocase(verb, list[i]))
            return true;
    return false;
}

/* Lines of a client. */
static enum probe probe_client(struct span first)
{
    static const char *const only_ftp[] = {"PORT", "PASV", "EPSV", "EPRT", "STOR", "APPE", "STOU", "CWD",
                                           "XCWD", "PWD",  "XPWD", "SYST", "TYPE", "FEAT", "MLSD", "MLST",
                                           "PBSZ", "PROT", "NLST", "SIZE", "MDTM", "CDUP", "SITE", "CLNT"};
    static const char *const shared[] = {"USER", "PASS", "AUTH", "ACCT", "NOOP",
                                         "HELP", "STAT", "OPTS", "QUIT", "HOST"};
    static const char *const tls[] = {"TLS", "TLS-C", "TLS-P", "SSL"};
    struct reader r = reader_span(first);
    struct span line;
    size_t n;

    for (size_t lines = 0; reader_line(&r, &line); lines++) {
        line = ftp_command(line, &n);
        struct span verb = span_part(line, 0, n), argument = span_trim(span_part(line, n, line.n));
        if (!n)
            return PROBE_NO;
        if (one_of(verb, only_ftp, GH_COUNT(only_ftp)) ||
            (span_eq_nocase(verb, "AUTH") && one_of(argument, tls, GH_COUNT(tls))))
            return PROBE_YES;
        if (!one_of(verb, shared, GH_COUNT(shared)) || lines >= UNKNOWN_MAX + 2)
            return PROBE_NO;
    }
    line = span_part(first, r.pos, first.n);
    if (line.n > 64 && !one_of(span_part(line, 0, 4), shared, GH_COUNT(shared)))
        return PROBE_NO;
    for (size_t i = 0; i < line.n && i < 4; i++)
        if (!letter(line.p[i]) && line.p[i] != ' ' && line.p[i] != '\r')
            return PROBE_NO;
    return PROBE_MORE;
}

static bool names_ftp(struct span line)
{
    for (size_t i = 0; i + 3 <= line.n; i++)
        if (span_starts_nocase(span_part(line, i, 3), "FTP"))
            return true;
    return false;
}

/* Lines of a server: the greeting, and what follows it when that does not tell. */
static enum probe probe_server(struct span first)
{
    struct reader r = reader_span(first);
    struct span line;
    bool greeted = false;

    if (!span_starts(first, "220"))
        return first.n < 3 && memcmp(first.p, "220", first.n) == 0 ? PROBE_MORE : PROBE_NO;
    while (reader_line(&r, &line)) {
        if (!greeted) {
            if (span_find(line, span_str("SMTP"), 0) >= 0 || span_find(line, span_str("LMTP"), 0) >= 0)
                return PROBE_NO;
            if (names_ftp(line))
                return PROBE_YES;
            greeted = span_starts(line, "220 ") || span_eq(line, span_str("220"));
            continue;
        }
        return span_starts(line, "331") || span_starts(line, "230") || span_starts(line, "234") ||
                       span_starts(line, "211") || span_starts(line, "215")
                   ? PROBE_YES
                   : PROBE_NO;
    }
    return PROBE_MORE;
}

enum probe ftp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    enum probe p = PROBE_NO;

    if (!first.n)
        return PROBE_MORE;
    if (dir == TO_SERVER || cx->midstream)
        p = probe_client(first);
    if (p != PROBE_YES && (dir == TO_CLIENT || cx->midstream)) {
        enum probe q = probe_server(first);
        if (q != PROBE_NO)
            p = q;
    }
    return p;
}
