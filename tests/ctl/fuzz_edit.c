/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whatever the file was: a key that was set is what is read, where the file could be read at all. */
#include "base/conf.h"
#include "firmware/setup/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conf before, after;
    struct writer w, err;

    writer_init(&w, 16u << 20);
    writer_init(&err, 16u << 20);
    conf_defaults(&before);
    conf_defaults(&after);
    if (size < 65536 && !memchr(data, 0, size) && edit_set(span_of(data, size), "node", "name", "post 1", &w) == 0 &&
        conf_parse(&before, "x", span_of(data, size), &err) == 0) {
        gh_check(conf_parse(&after, "x", writer_span(&w), &err) == 0);
        gh_check(!strcmp(after.node_name, "post 1"));
        memcpy(before.node_name, after.node_name, sizeof(before.node_name));
        gh_check(!strcmp(before.capture_interface, after.capture_interface) && before.scan_workers == after.scan_workers);
    }
    writer_done(&w);
    writer_done(&err);
    return 0;
}
