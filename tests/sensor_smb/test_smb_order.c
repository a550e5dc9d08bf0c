/* SPDX-License-Identifier: GPL-3.0-or-later
 * A document cut into reads or writes that overlap and come in any order is the same document; and what is
 * held for that has a ceiling. */
#include "sensor/decode/smb_file.h"
#include "tests/check.h"
#include "tests/sensor_smb/smb_talk.h"

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

struct piece {
    uint32_t at, n;
};

static size_t cut(struct piece *p, size_t max, uint32_t size)
{
    uint32_t at = 0, most = 1 + any(size / 8 + 1);
    size_t n = 0;

    while (at < size && n < max) {
        uint32_t back = any(4) ? 0 : any(at + 1) % 300;
        uint32_t len = n + 1 == max ? size - at : 1 + any(most);
        if (len > size - at)
            len = size - at;
        p[n++] = (struct piece){at - back, len + back};
        at += len;
    }
    for (size_t i = n; i > 1; i--) {
        size_t k = any((uint32_t)i);
        struct piece one = p[i - 1];
        p[i - 1] = p[k];
        p[k] = one;
    }
    return n;
}

static void property(bool write)
{
    static uint8_t doc[300000];
    struct piece p[200];
    struct talk t;
    uint32_t size = 1 + any(any(3) ? 5000 : sizeof(doc));
    size_t n = cut(p, GH_COUNT(p), size);

    for (size_t i = 0; i < size; i++)
        doc[i] = (uint8_t)any(256);
    talk_open(&t, any(2) ? 0 : 1 + any(3000));
    opened(&t, "doc", 3, write ? 0 : size);
    for (size_t i = 0; i < n && !write; i++)
        ask_read(&t, i, 3, p[i].at, p[i].n);
    if (!write)
        talk_send(&t, TO_SERVER);
    for (size_t i = 0; i < n; i++) {
        if (write) {
            written(&t, 3, p[i].at, doc + p[i].at, p[i].n);
        } else {
            say_read(&t, i, doc + p[i].at, p[i].n);
            talk_send(&t, TO_CLIENT);
        }
    }
    closed(&t, 3);
    CHECK(fake_doc_is(t.h, 0, "doc", doc, size));
    CHECK(fake_has(t.h, EVENT_FILEINFO, 0, "\"state\":\"CLOSED\""));
    CHECK(t.h->n_doc == 1 || (write && t.h->n_doc == 2)); /* what overlaps was written twice */
    talk_free(&t);
}

/* The first megabyte never comes. */
static void ceiling(uint32_t piece)
{
    uint8_t *data = calloc(1, piece);
    struct talk t;
    size_t held = 0;

    gh_check(data);
    talk_open(&t, 0);
    opened(&t, "doc", 3, 0);
    for (uint64_t at = 1 << 20; at < (1 << 20) + 2 * (uint64_t)SMB_HELD_MAX; at += piece) {
        written(&t, 3, at, data, piece);
        held = t.h->charged > held ? t.h->charged : held;
    }
    CHECK(strstr(t.h->anomalies, "smb.reorder_limit") != NULL);
    CHECK(held < SMB_HELD_MAX + (1 << 20));
    closed(&t, 3);
    CHECK(fake_has(t.h, EVENT_FILEINFO, 0, "\"gaps\":true"));
    CHECK(fake_has(t.h, EVENT_FILEINFO, 0, "\"size\":33554432"));
    talk_free(&t);
    free(data);
}

/* Single bytes far apart, from behind: each would be a block. */
static void scattered(void)
{
    struct talk t;

    talk_open(&t, 0);
    opened(&t, "doc", 3, 0);
    for (uint64_t at = 100000; at > 0; at -= 10)
        written(&t, 3, at, "x", 1);
    CHECK(t.h->charged < 4 << 20);
    closed(&t, 3);
    CHECK_U64(fake_events(t.h, EVENT_FILEINFO), 2); /* what came after the hole was given up is another one */
    CHECK(strstr(t.h->anomalies, "smb.reorder_limit") != NULL);
    talk_free(&t);
}

int main(void)
{
    check_row("any order");
    for (int i = 0; i < 300; i++)
        property(i & 1);
    check_row("ceiling");
    ceiling(1 << 20);
    ceiling(4096);
    check_row("scattered");
    scattered();
    return check_end();
}
