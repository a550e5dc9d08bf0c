/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-lists: reads the lists of indicators and the rules for nDPI that the configuration names, so that no
 * text is parsed where packets are, and hands them to the sensor as sealed memfds. Also the command
 * `gatehouse lists`.
 *
 *     gh-lists [common options] [--strict]
 *
 * --strict: a file that cannot be used at the start is a fault of configuration (exit 2); without, the others
 * are used and the fault is told. Jail: the directories of those files, to read; no network. */
#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "sensor/lists/command.h"
#include "sensor/lists/serve.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define HEAD_ROOM (64ull << 20)

struct service {
    struct proc proc;
    struct serve *serve;
    struct msg_chan *sensor; /* NULL while there is none */
    struct loop_io *io;
};

static void note(struct service *s)
{
    struct writer w;

    writer_init(&w, 4096);
    serve_facts(s->serve, &w);
    if (writer_ok(&w))
        proc_note(&s->proc, writer_span(&w));
    writer_done(&w);
}

static void sensor_drop(struct service *s)
{
    loop_io_remove(s->io);
    msg_chan_free(s->sensor);
    s->sensor = NULL;
    s->io = NULL;
}

/* A sensor says nothing to us: what comes is its end. */
static void on_sensor(void *arg, uint32_t events)
{
    struct service *s = arg;
    struct msg m;
    int rc = msg_receive(s->sensor, &m, false);

    (void)events;
    if (rc == 0 && m.fd >= 0)
        close(m.fd);
    if (rc != ST_AGAIN)
        sensor_drop(s);
}

static void hand_over(struct service *s)
{
    if (s->sensor && serve_send(s->serve, s->sensor) != 0)
        sensor_drop(s);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct service *s = p->arg;

    if (role != ROLE_SENSOR) {
        close(fd);
        return;
    }
    if (s->sensor)
        sensor_drop(s);
    s->sensor = msg_chan_new(fd, ROLE_LISTS, ROLE_SENSOR);
    gh_check(s->sensor);
    s->io = loop_io_add(p->loop, fd, EPOLLIN, on_sensor, s);
    gh_check(s->io);
    hand_over(s);
}

static void on_reload(struct proc *p)
{
    struct service *s = p->arg;
    size_t refused = serve_load(s->serve);

    log_info("lists are read again%s", refused ? "; see the messages above" : "");
    hand_over(s);
    note(s);
}

/* The directory of a file, or the directory itself. */
static const char *directory(const char *path, bool is_file, char out[static CONF_TEXT])
{
    const char *slash = strrchr(path, '/');
    size_t n = !is_file || !slash ? strlen(path) : slash == path ? 1 : (size_t)(slash - path);

    if (is_file && !slash)
        return ".";
    memcpy(out, path, n);
    out[n] = 0;
    return out;
}

/* Lists that the console sent lie in the state directory, whose owner alone may read it; what is in force there is a link,
 * which will lead elsewhere one day. */
static bool from_console(const struct conf *c)
{
    struct span state = span_str(c->node_state_dir), dir = span_str(c->lists_dir);

    return state.n && dir.n > state.n && span_eq(span_part(dir, 0, state.n), state) && dir.p[state.n] == '/';
}

static int lock_in(const struct conf *c)
{
    char dirs[3][CONF_TEXT], err[256];
    const char *ro[4] = {NULL};
    size_t n = 0;
    struct jail_options opt = {.user = c->node_user,
                               .keep_user = from_console(c) && !*c->node_user,
                               .ro = ro,
                               .memory = 3 * c->lists_memory + HEAD_ROOM,
                               .input = 2 * c->lists_memory};

    if (*c->lists_dir)
        ro[n++] = directory(c->lists_dir, from_console(c), dirs[0]);
    if (*c->sensor_ndpi_protocols)
        ro[n++] = directory(c->sensor_ndpi_protocols, true, dirs[1]);
    if (*c->sensor_ndpi_categories)
        ro[n++] = directory(c->sensor_ndpi_categories, true, dirs[2]);
    if (jail_enter(JAIL_CORE, &opt, NULL, err, sizeof(err)) == 0)
        return 0;
    log_error("%s", err);
    return 3;
}

int main(int argc, char **argv)
{
    static struct service s;
    bool strict;
    size_t refused;

    if (argc > 1 && !strcmp(argv[1], "lists"))
        return lists_command(argc - 1, argv + 1);
    proc_start(&s.proc, ROLE_LISTS, "gh-lists", argc, argv);
    strict = s.proc.argc == 1 && !strcmp(s.proc.argv[0], "--strict");
    if (s.proc.argc > strict) {
        log_error("unknown option '%s'", s.proc.argv[strict]);
        return 2;
    }
    s.proc.arg = &s;
    s.proc.on_peer = on_peer;
    s.proc.on_reload = on_reload;
    s.serve = serve_new(&s.proc.conf);
    gh_check(s.serve);
    if (lock_in(&s.proc.conf) != 0)
        return 3;
    refused = serve_load(s.serve);
    if (refused && strict)
        return 2;
    note(&s);
    proc_ready(&s.proc);
    loop_run(s.proc.loop);
    sensor_drop(&s);
    serve_free(s.serve);
    return 0;
}
