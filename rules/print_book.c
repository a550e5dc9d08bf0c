/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_book.h"

#include <stdio.h>

const char *print_book_key_path(const struct conf *c, const char *path, char *buf, size_t cap)
{
    int n = *c->scan_registered_key ? snprintf(buf, cap, "%s", c->scan_registered_key)
                                    : snprintf(buf, cap, "%s.key", path);

    return n >= 0 && (size_t)n < cap ? buf : NULL;
}

int print_book_open(const struct conf *c, bool with_index, struct print_book *ret, const char **ret_which)
{
    static char path[CONF_TEXT + 8];
    struct print_book b = {0};
    int rc;

    *ret_which = print_book_key_path(c, c->scan_registered, path, sizeof(path)) ? path : "scan.registered";
    rc = *ret_which == path ? print_key_load(path, &b.key) : ST_LIMIT;
    if (!rc && with_index) {
        snprintf(path, sizeof(path), "%s", c->scan_registered);
        rc = print_index_open(path, b.key, &b.index);
    }
    if (rc)
        print_book_close(&b);
    else
        *ret = b;
    return rc;
}

void print_book_close(struct print_book *b)
{
    print_index_close(b->index);
    print_key_free(b->key);
    *b = (struct print_book){0};
}
