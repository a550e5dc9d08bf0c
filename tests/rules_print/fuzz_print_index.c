/* SPDX-License-Identifier: GPL-3.0-or-later
 * A hostile index: everything that a worker or 'gatehouse register' asks of it. The input is the file with
 * the key check of our key put in, as only a file that fits the key is read. */
#include "rules/print_match.h"
#include "tests/rules_print/office.h"

#include <stdlib.h>

#define CHECK_AT 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct print_index *x, const struct print *v, size_t n)
{
    struct arena *a = arena_new(1 << 20);
    struct print_cursor c = {0};
    struct print_similar *list;
    struct print_document d;
    uint64_t name;
    uint32_t doc;
    size_t found;
    bool more;

    gh_check(a);
    if (print_match(x, v, n, a, &list, &found, &more) == 0)
        for (size_t i = 0; i < found; i++)
            gh_check(list[i].document.name.n && list[i].containment <= 1 && list[i].share <= 1);
    for (uint32_t i = 0; i < 100 && i < print_index_documents(x); i++)
        (void)print_index_document(x, i, &d);
    for (size_t i = 0; i < 10000 && print_index_next(x, &c, &name, &doc); i++)
        gh_check(name >> PRINT_BITS == 0 && doc <= PRINT_COMMON);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct print_key *key;
    static struct print *probe;
    static size_t n;
    struct print_index *x;
    uint8_t *copy = malloc(size + 1);

    gh_check(copy);
    if (!key) {
        struct writer w;
        key = office_key(1);
        writer_init(&w, 1 << 20);
        office_prose(1, 3000, &w);
        probe = office_prints(key, writer_span(&w), &n);
        writer_done(&w);
    }
    memcpy(copy, data, size);
    for (size_t i = 0; i < 8 && CHECK_AT + i < size; i++)
        copy[CHECK_AT + i] = (uint8_t)(print_key_check(key) >> (8 * i));
    if (print_index_over(span_of(copy, size), key, &x) == 0) {
        ask(x, probe, n);
        print_index_close(x);
    }
    free(copy);
    return 0;
}
