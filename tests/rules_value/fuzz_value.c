/* SPDX-License-Identifier: GPL-3.0-or-later
 * First byte odd: an index; even: text against a small list. */
#include "rules/value_build.h"
#include "rules/yara.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[SEAL_KEY];
    static uint8_t index[VALUE_HEADER + (1u << VALUE_FIRST_BITS) / 8 + 4096];
    struct value_index *v = NULL;
    uint32_t counts[VALUE_LISTS_MAX];
    struct value_text t;
    struct writer w;

    if (!size || seal_init() != 0 || rule_fold_warm_up() != 0)
        return 0;
    /* the fuzzer's bytes are the head, and the table of first words says yes to everything */
    memset(index, 0xFF, sizeof(index));
    memcpy(index, data, size < VALUE_HEADER ? size : VALUE_HEADER);
    if (data[0] & 1)
        memcpy(index, VALUE_MAGIC, 8);
    writer_init(&w, 64);
    writer_le(&w, value_check(key), 8);
    memcpy(index + 8, w.p, 8);
    writer_done(&w);
    if (value_index_over(span_of(index, sizeof(index)), key, &v) == 0) {
        writer_init(&w, 1 << 20);
        rule_fold(span_of(data, size), &w);
        value_begin(&t, v);
        value_feed(&t, writer_span(&w));
        value_end(&t, counts);
        value_done(&t);
        writer_done(&w);
        for (size_t i = 0; i < value_index_lists(v); i++)
            gh_check(value_index_list(v, i).name[VALUE_NAME_MAX - 1] == 0);
    }
    value_index_close(v);
    return 0;
}
