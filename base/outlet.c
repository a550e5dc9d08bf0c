/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outlet.h"
#include "base/event.h"
#include "base/text.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
    const char *prefix;
    enum outlet_kind kind;
} sockets[] = {{"unix:", OUTLET_STREAM}, {"unix-dgram:", OUTLET_DGRAM}};

int outlet_parse(const char *text, struct outlet *ret)
{
    struct outlet o = {.kind = *text ? OUTLET_FILE : OUTLET_NONE, .path = text};
    size_t n;

    if (!strcmp(text, "-"))
        o = (struct outlet){.kind = OUTLET_STDOUT, .path = ""};
    for (size_t i = 0; i < GH_COUNT(sockets); i++)
        if (span_starts(span_str(text), sockets[i].prefix))
            o = (struct outlet){.kind = sockets[i].kind, .path = text + strlen(sockets[i].prefix)};
    n = strlen(o.path);
    if (o.kind >= OUTLET_FILE && (!n || o.path[n - 1] == '/'))
        return ST_USAGE;
    if (o.kind > OUTLET_FILE && n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return ST_USAGE;
    *ret = o;
    return 0;
}

int outlet_connect(const struct outlet *o)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(o->path);
    int fd, rc;

    if (o->kind <= OUTLET_FILE || n >= sizeof(to.sun_path))
        return ST_USAGE;
    memcpy(to.sun_path, o->path, n);
    fd = socket(AF_UNIX, (o->kind == OUTLET_STREAM ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
                0);
    if (fd < 0)
        return status_from_errno(errno);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    rc = errno == ECONNREFUSED || errno == ENOENT || errno == EAGAIN ? ST_CLOSED : status_from_errno(errno);
    close(fd);
    return rc;
}

/* The next word of list, cut off it; empty at the end. */
static struct span next_word(struct span *list)
{
    struct span word;
    size_t n = 0;

    *list = span_trim(*list);
    while (n < list->n && !strchr(" \t\r\n,", list->p[n]))
        n++;
    word = span_part(*list, 0, n);
    *list = span_part(*list, n < list->n ? n + 1 : n, list->n);
    return word;
}

bool outlet_types(struct span list, uint64_t *ret, struct span *ret_wrong)
{
    struct span word, left = list;
    uint64_t types = 0;
    enum event_type t;

    _Static_assert(EVENT_TYPE_COUNT <= 64, "a bit for each type");
    while ((word = next_word(&left)).n) {
        if (!event_type_parse(word, &t)) {
            *ret_wrong = word;
            return false;
        }
        types |= 1ull << t;
    }
    *ret = types ? types : UINT64_MAX;
    return true;
}

int outlet_check(struct span value, struct writer *err)
{
    char text[512];
    struct outlet o;

    if (value.n < sizeof(text)) {
        if (value.n)
            memcpy(text, value.p, value.n);
        text[value.n] = 0;
        if (outlet_parse(text, &o) == 0)
            return 0;
    }
    writer_str(err, "it is a file's path, unix:PATH or unix-dgram:PATH of a socket (at most 107 bytes), or - "
                    "for standard output");
    return ST_USAGE;
}

int outlet_check_types(struct span value, struct writer *err)
{
    struct span wrong;
    uint64_t types;

    if (outlet_types(value, &types, &wrong))
        return 0;
    writer_str(err, "there is no event type '");
    writer_put(err, wrong);
    writer_str(err, "'");
    return ST_USAGE;
}
