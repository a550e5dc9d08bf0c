/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a list of text, in one piece and in many: both must find the same. */
#include "sensor/lists/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fault(void *arg, uint64_t line, struct span value, const char *reason)
{
    struct reader r = reader_span(value);

    (void)arg;
    gh_check(line && reason);
    while (reader_left(&r))
        (void)reader_u8(&r);
}

static struct text_counts run(struct span bytes, size_t piece, const struct text_options *opt)
{
    struct ioc_build *b = ioc_build_new(1 << 20);
    struct text *t = text_new(opt, b, on_fault, NULL);
    struct text_counts c;

    gh_check(b && t);
    for (size_t at = 0; at < bytes.n; at += piece)
        if (text_feed(t, span_part(bytes, at, piece)) != 0)
            break;
    (void)text_end(t);
    c = *text_counts(t);
    gh_check(c.entries == ioc_build_added(b));
    text_free(t);
    ioc_build_free(b);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct text_options opts[] = {
        {0}, {.url_hosts = true, .subdomains = true}, {.kind_given = true, .kind = IOC_IP}};

    for (size_t i = 0; i < GH_COUNT(opts); i++) {
        struct text_counts a = run(span_of(data, size), size + 1, &opts[i]),
                           b = run(span_of(data, size), 3, &opts[i]);
        gh_check(a.lines == b.lines && a.entries == b.entries && a.other == b.other && a.faults == b.faults);
    }
    return 0;
}
