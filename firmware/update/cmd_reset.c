/* SPDX-License-Identifier: GPL-3.0-or-later
 * reset: back to how the appliance left the workshop, but for its releases: the key of the data partition is
 * destroyed, so configuration, journal, evidence and the appliance's own keys cannot be read any more by
 * anybody. */
#include "base/seal.h"
#include "firmware/update/esp.h"
#include "firmware/update/slot.h"
#include "firmware/update/update.h"
#include "firmware/update/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define KEY_BYTES 64 /* of firmware/init/gh-init.c */

/* Overwritten first, in its place: an unlinked file's bytes would lie there for long. */
static int destroy(const char *path)
{
    uint8_t noise[KEY_BYTES];
    char dir[CONF_TEXT];
    char *slash;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return status_from_errno(errno);
    if (getrandom(noise, sizeof(noise), 0) != (ssize_t)sizeof(noise))
        memset(noise, 0, sizeof(noise));
    rc = file_write_at(fd, noise, sizeof(noise), 0);
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    if (!rc && unlink(path) != 0)
        rc = status_from_errno(errno);
    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    return rc ? rc : esp_sync(slash && slash > dir ? dir : "/");
}

int update_reset(const struct conf *c, int argc, char **argv)
{
    const char *name;
    const struct word words[] = {{"--confirm", .text = &name, .needed = true}};
    int rc;

    if (words_parse("reset", words, GH_COUNT(words), argc, argv, NULL, 0) < 0)
        return 2;
    if (strcmp(name, c->node_name) != 0) {
        fprintf(stderr,
                "gatehouse firmware reset: this appliance is called '%s', not '%s': nothing is erased\n",
                c->node_name, name);
        return 2;
    }
    rc = destroy(c->firmware_data_key);
    if (rc) {
        fprintf(stderr, "gatehouse firmware reset: %s: %s\n", c->firmware_data_key, status_text(rc));
        return rc == ST_NOT_FOUND ? 2 : 3;
    }
    printf("reset: the key of the data is destroyed: configuration, journal, evidence and this appliance's "
           "keys are gone.\n"
           "After its next start it is as new; its console must be told that it is retired.\n");
    return 0;
}
