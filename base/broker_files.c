/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/broker_files.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (256u << 10)

static int load(const char *path, const char *what, struct writer *out, char *err, size_t cap)
{
    int rc;

    writer_init(out, FILE_MAX + 8192);
    if (!path || !*path)
        return 0;
    rc = file_read(path, FILE_MAX, out);
    if (!rc && (span_find_byte(writer_span(out), 0, 0) >= 0 || !out->n))
        rc = ST_MALFORMED;
    if (rc)
        snprintf(err, cap, "%s (%s): %s", path, what, status_text(rc));
    else
        (void)writer_cstr(out);
    return rc;
}

static void wipe(struct writer *w)
{
    if (w->p)
        explicit_bzero(w->p, w->cap);
    writer_done(w);
}

bool broker_files_credentials(const struct broker_files *f)
{
    return span_find(writer_span(&f->user), span_str("BEGIN NATS USER JWT"), 0) >= 0;
}

static int check_files(const struct broker_files *f, const struct broker_options *opt, char *err, size_t cap)
{
    struct span user = writer_span(&f->user);

    if (f->tls != (f->ca.n > 0)) {
        snprintf(err, cap, f->tls ? "tls:// needs the certificate of the authority that vouches for the broker"
                                  : "a certificate authority, but the servers are not tls://");
        return ST_USAGE;
    }
    if ((f->cert.n > 0) != (f->key.n > 0) || (f->cert.n && !f->tls)) {
        snprintf(err, cap, "a client certificate and its key go together, and need tls://");
        return ST_USAGE;
    }
    if (user.n && !broker_files_credentials(f) && span_find_byte(span_trim(user), ':', 0) <= 0) {
        snprintf(err, cap, "%s: neither 'name:password' nor credentials of a NATS user", opt->user);
        return ST_USAGE;
    }
    return 0;
}

int broker_files_read(const struct broker_options *opt, struct broker_files *ret, char *err, size_t cap)
{
    struct broker_list list;
    struct writer w;
    int n, rc;

    *ret = (struct broker_files){.n = 0};
    snprintf(err, cap, "no server is named");
    writer_fixed(&w, err, cap);
    n = broker_list_parse(span_str(opt->servers), &list, &w);
    if (n < 0)
        (void)writer_cstr(&w);
    if (n <= 0)
        return ST_USAGE;
    ret->n = n;
    ret->tls = list.tls;
    for (int i = 0; i < n; i++)
        snprintf(ret->servers[i], sizeof(ret->servers[i]), "%.*s", (int)list.server[i].n, (const char *)list.server[i].p);
    rc = load(opt->ca, "authority", &ret->ca, err, cap);
    if (!rc)
        rc = load(opt->cert, "certificate", &ret->cert, err, cap);
    if (!rc)
        rc = load(opt->key, "key", &ret->key, err, cap);
    if (!rc)
        rc = load(opt->user, "user", &ret->user, err, cap);
    return rc ? rc : check_files(ret, opt, err, cap);
}

void broker_files_done(struct broker_files *f)
{
    wipe(&f->ca);
    wipe(&f->cert);
    wipe(&f->key);
    wipe(&f->user);
}

char *broker_files_part(const struct broker_files *f, const char *begin)
{
    struct span s = writer_span(&f->user);
    ptrdiff_t at = span_find(s, span_str(begin), 0), from, to;

    from = at < 0 ? -1 : span_find_byte(s, '\n', (size_t)at);
    to = from < 0 ? -1 : span_find(s, span_str("---"), (size_t)from);
    if (to < 0)
        return NULL;
    s = span_trim(span_part(s, (size_t)from, (size_t)(to - from)));
    return s.n ? strndup((const char *)s.p, s.n) : NULL;
}
