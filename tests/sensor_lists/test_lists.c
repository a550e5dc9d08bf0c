/* SPDX-License-Identifier: GPL-3.0-or-later
 * Generations of lists in the sensor: what may be added, that counters go on, that the last reference unmaps.
 */
#include "base/ioc_build.h"
#include "base/msg.h"
#include "sensor/decode/lists.h"
#include "tests/check.h"

#include <sys/mman.h>

static int list(const char *name, const char *value)
{
    struct ioc_build *b = ioc_build_new(1 << 20);
    int fd = memfd_create("list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct ioc_entry e;

    CHECK(ioc_entry_parse(span_str(value), IOC_IP, false, &e) == NULL);
    CHECK(ioc_build_add(b, &e) == 0 && ioc_build_write(b, name, 0, fd, NULL) == 0);
    ioc_build_free(b);
    CHECK(msg_memfd_seal(fd) == 0);
    return fd;
}

static bool holds(const struct lists *l, size_t i, const char *value)
{
    static struct ioc_query q;
    struct ioc_hit hit;

    return ioc_query_parse(&q, IOC_IP, span_str(value)) && lists_find(l, i, &q, 0, &hit);
}

static void check_json(const struct lists *l, size_t cap, const char *want)
{
    char text[600] = "{\"a\":1}";
    struct writer w;

    writer_fixed(&w, text, cap);
    w.n = strlen(text);
    lists_append(l, 8, &w);
    CHECK(writer_ok(&w));
    text[w.n] = 0;
    CHECK(strstr(text, want) != NULL);
    CHECK(text[0] == '{' && text[w.n - 1] == '}');
}

int main(void)
{
    struct lists *a = lists_new(1, 1000), *b;

    check_row("adding");
    CHECK(lists_add(a, list("one", "192.0.2.1")) == 0);
    CHECK(lists_add(a, list("two", "10.0.0.0/8")) == 0);
    CHECK(lists_add(a, list("two", "10.0.0.0/8")) == ST_MALFORMED);
    CHECK(lists_add(a, msg_memfd("x", span_str("no list"))) == ST_MALFORMED);
    CHECK(lists_add(a, memfd_create("unsealed", MFD_CLOEXEC)) == ST_MALFORMED);
    CHECK(lists_add_rules(a, LABEL_PROTOCOLS, msg_memfd("x", span_str("tcp:1@A\n"))) == 0);
    CHECK(lists_add_rules(a, LABEL_PROTOCOLS, msg_memfd("x", span_str("tcp:1@A\n"))) == ST_MALFORMED);
    CHECK(span_eq(lists_rules(a, LABEL_PROTOCOLS), span_str("tcp:1@A\n")) &&
          !lists_rules(a, LABEL_CATEGORIES).n);
    CHECK_U64(lists_count(a), 2);
    CHECK(lists_have(a, IOC_IP) && !lists_have(a, IOC_DOMAIN));
    CHECK(holds(a, 0, "192.0.2.1") && !holds(a, 0, "10.1.1.1") && holds(a, 1, "10.1.1.1"));
    check_row("ceiling");
    for (int i = 0, rc = 0; i < 8 && !rc; i++) {
        char name[8];
        snprintf(name, sizeof(name), "n%d", i);
        rc = lists_add(a, list(name, "192.0.2.1"));
        CHECK(rc == 0 || rc == ST_LIMIT);
        CHECK(i < 7 || rc == ST_LIMIT);
    }
    check_row("hits go on");
    lists_hit(a, 1);
    lists_hit(a, 1);
    b = lists_new(2, 1000);
    CHECK(lists_add(b, list("two", "192.0.2.9")) == 0);
    lists_carry(b, a);
    lists_hit(b, 0);
    check_json(b, 600, "\"hits\":3");
    check_json(b, 20, "{\"a\":1}");
    check_json(NULL, 600, "{\"a\":1}");
    check_row("references");
    CHECK(lists_ref(b) == b);
    lists_unref(b);
    CHECK(holds(b, 0, "192.0.2.9"));
    lists_unref(b);
    lists_unref(a);
    lists_unref(NULL);
    return check_end();
}
