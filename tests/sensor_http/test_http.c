/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each case at once, byte by byte, and in pieces of seven bytes. */
#include "sensor/decode/http.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"
#include "tests/sensor_http/http_case.h"

static size_t doc_size(const struct proto_host *h, const struct http_doc *d, size_t i)
{
    /* Zeros stand in documents with holes only: there the size is taken from the document. */
    return d->truncated && i < h->n_doc ? h->doc[i].d.size : strlen(d->text);
}

static void run(const struct http_case *c, size_t step)
{
    struct proto_host *h = fake_new(&http_proto, NULL);
    size_t n = 0;

    check_row(c->name);
    for (size_t i = 0; i < GH_COUNT(c->step) && c->step[i].text; i++) {
        const struct http_step *s = &c->step[i];
        if (s->who == 'g' || s->who == 'G')
            fake_gap(h, s->who == 'g' ? TO_CLIENT : TO_SERVER, s->n);
        else
            fake_say(h, s->who == 'c' ? TO_SERVER : TO_CLIENT, s->text, step);
    }
    fake_end(h, TO_SERVER);
    fake_end(h, TO_CLIENT);
    fake_close(h);
    for (; n < GH_COUNT(c->doc) && c->doc[n].text; n++) {
        CHECK(fake_doc_is(h, n, c->doc[n].name, c->doc[n].text, doc_size(h, &c->doc[n], n)));
        CHECK(fake_has(h, EVENT_FILEINFO, n,
                       c->doc[n].truncated ? "\"state\":\"TRUNCATED\"" : "\"state\":\"CLOSED\""));
        CHECK(fake_has(h, EVENT_FILEINFO, n, "\"http\":{"));
    }
    CHECK_U64(h->n_doc, n);
    if (c->event)
        CHECK(fake_has(h, EVENT_HTTP, 0, c->event));
    if (c->anomaly)
        CHECK(strstr(h->anomalies, c->anomaly) != NULL);
    else
        CHECK_STR(h->anomalies, "");
    fake_free(h);
}

int main(void)
{
    for (size_t i = 0; i < http_case_count; i++) {
        run(&http_cases[i], 0);
        if (!http_cases[i].whole) {
            run(&http_cases[i], 1);
            run(&http_cases[i], 7);
        }
    }
    return check_end();
}
