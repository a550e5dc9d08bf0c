/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a file of protocols, and of categories: what is found good must be taken by nDPI itself,
 * without harm. */
#include "sensor/decode/label.h"
#include "sensor/decode/label_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct span none = {NULL, 0};
    struct span text = span_of(data, size);
    struct budget budget = {.max = 1u << 20};
    bool protocols = !label_rules_check(LABEL_PROTOCOLS, text, NULL, NULL);
    bool categories = !label_rules_check(LABEL_CATEGORIES, text, NULL, NULL);
    struct labels *l;

    if (!size || size > 4096 || (!protocols && !categories))
        return 0;
    l = labels_new(&budget);
    gh_check(l);
    if (protocols)
        (void)labels_load(l, text, none);
    if (categories)
        (void)labels_load(l, none, text);
    labels_free(l);
    return 0;
}
