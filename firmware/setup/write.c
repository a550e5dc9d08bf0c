/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/edit.h"
#include "base/file.h"
#include "firmware/setup/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_MAX 65536

static int read_all(const char *path, struct writer *w)
{
    int rc = file_read(path, CONF_MAX, w);

    return rc == ST_NOT_FOUND ? 0 : rc;
}

static int replace(const char *path, struct span bytes)
{
    char temp[CONF_TEXT + 64];
    int fd, rc = 0;

    if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp))
        return ST_LIMIT;
    (void)unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return status_from_errno(errno);
    /* every process reads it, whatever the umask here is */
    if (write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n || fchmod(fd, 0644) != 0 || fsync(fd) != 0)
        rc = ST_IO;
    if (close(fd) != 0 || (!rc && rename(temp, path) != 0))
        rc = ST_IO;
    return rc;
}

static int write_conf(const struct setup *s)
{
    const struct {
        const char *section, *key, *value;
    } rows[] = {{"node", "name", s->name},
                {"node", "management", s->management},
                {"policy", "inside", s->inside},
                {"capture", "interface", s->interface},
                {"uplink", "console", s->console}};
    struct writer text[2], err;
    size_t now = 0;
    struct conf check;
    int rc;

    writer_init(&text[0], 2 * CONF_MAX);
    writer_init(&text[1], 2 * CONF_MAX);
    writer_init(&err, CONF_MAX);
    rc = read_all(s->path, &text[0]);
    for (size_t i = 0; i < GH_COUNT(rows) && !rc; i++) {
        writer_clear(&text[!now]);
        rc = edit_set(writer_span(&text[now]), rows[i].section, rows[i].key, rows[i].value, &text[!now]);
        now = !now;
    }
    conf_defaults(&check);
    if (!rc && conf_parse(&check, s->path, writer_span(&text[now]), &err) != 0) {
        fprintf(stderr, "%s", writer_cstr(&err));
        rc = ST_USAGE;
    }
    if (!rc)
        rc = replace(s->path, writer_span(&text[now]));
    writer_done(&text[0]);
    writer_done(&text[1]);
    writer_done(&err);
    return rc;
}

/* For systemd-networkd, beside the configuration, as that is what outlives a release; /etc/systemd/network
 * leads there. */
static int write_network(const struct setup *s)
{
    char path[CONF_TEXT + 32], address[64] = "", gateway[64] = "";
    const char *slash = strrchr(s->path, '/');
    struct writer w;
    int rc;

    if (!*s->address)
        return 0;
    snprintf(path, sizeof(path), "%.*smanagement.network", slash ? (int)(slash - s->path) + 1 : 0, s->path);
    writer_init(&w, 4096);
    writer_printf(&w, "# made by 'gatehouse setup'\n[Match]\nType=ether\nName=!%s\n\n[Network]\n",
                  s->interface);
    if (!strcmp(s->address, "dhcp")) {
        writer_str(&w, "DHCP=yes\n");
    } else {
        (void)sscanf(s->address, "%63s %63s", address, gateway);
        writer_printf(&w, "Address=%s\n", address);
        if (*gateway)
            writer_printf(&w, "Gateway=%s\n", gateway);
    }
    rc = replace(path, writer_span(&w));
    writer_done(&w);
    return rc;
}

int setup_write(const struct setup *s)
{
    int rc = write_conf(s);

    return rc ? rc : write_network(s);
}
