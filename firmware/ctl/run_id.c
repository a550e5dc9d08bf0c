/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/run_id.h"
#include "base/digest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

uint64_t run_id(char *const *files, size_t n)
{
    struct digest *d = digest_new_sha256();
    uint8_t *buf = malloc(1 << 20), hash[SHA256_SIZE];
    uint64_t id = 0;

    gh_check(d && buf);
    for (size_t i = 0; i < n; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        ssize_t got;
        while (fd >= 0 && (got = read(fd, buf, 1 << 20)) > 0)
            digest_update(d, buf, (size_t)got);
        if (fd >= 0)
            close(fd);
    }
    digest_final(d, hash);
    for (unsigned i = 0; i < 8; i++)
        id = id << 8 | hash[i];
    id >>= 12;
    digest_free(d);
    free(buf);
    return id ? id : 1;
}
