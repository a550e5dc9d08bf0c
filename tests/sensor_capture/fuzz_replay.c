/* SPDX-License-Identifier: GPL-3.0-or-later
 * The input as a capture file; it must end, and no frame may be longer than is promised. */
#include "sensor/capture/source.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", 0);
    volatile uint8_t sum = 0;
    struct source *s;
    struct frame f;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        return 0;
    s = replay_open(fd, "fuzz");
    while (s && source_next(s, &f) == SOURCE_FRAME) {
        gh_check(f.bytes.n <= SOURCE_FRAME_MAX && f.bytes.n <= size && f.wire_bytes >= f.bytes.n);
        for (size_t i = 0; i < f.bytes.n; i++)
            sum = (uint8_t)(sum + f.bytes.p[i]);
    }
    source_free(s);
    return 0;
}
