/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/report_command.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/program.h"
#include "console/store/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int refuse(const char *what)
{
    fprintf(stderr, "gatehouse console report: %s\n", what);
    return 2;
}

/* gh-report lies beside this program. */
static bool drawer(char path[static PATH_MAX])
{
    return program_beside("gh-report", path, PATH_MAX) && access(path, X_OK) == 0;
}

/* Draws with the figures as standard input and the file as standard output. */
static int draw(struct span data, int out)
{
    char path[PATH_MAX], *argv[] = {path, (char *)"--make", NULL}, *env[] = {NULL, NULL}, zone[256];
    const char *tz = getenv("TZ");
    posix_spawn_file_actions_t actions;
    int in, status = 0, rc;
    pid_t child;

    if (!drawer(path))
        return refuse("gh-report is not beside gh-console: the package gatehouse-console has it");
    if (tz && (size_t)snprintf(zone, sizeof(zone), "TZ=%s", tz) < sizeof(zone))
        env[0] = zone;
    in = msg_memfd("figures", data);
    if (in < 0 || lseek(in, 0, SEEK_SET) != 0)
        return refuse(in < 0 ? status_text(in) : strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    rc = posix_spawn(&child, path, &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    close(in);
    if (rc)
        return refuse(strerror(rc));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static int write_all(int fd, struct span bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return status_from_errno(errno);
        bytes = span_part(bytes, (size_t)n, bytes.n);
    }
    return 0;
}

static int write_csv(struct span data, const char *lang, int fd)
{
    struct writer csv;
    int rc;

    writer_init(&csv, 4 * REPORT_JSON_MAX);
    rc = report_csv(data, lang, &csv);
    if (!rc)
        rc = write_all(fd, writer_span(&csv));
    writer_done(&csv);
    return rc ? refuse(status_text(rc)) : 0;
}

/* The file is whole or not there. */
static int write_file(const struct report_command *c, const char *lang, struct span data)
{
    size_t n = strlen(c->output);
    char temp[PATH_MAX];
    int fd, rc;

    if ((size_t)snprintf(temp, sizeof(temp), "%s.part", c->output) >= sizeof(temp))
        return refuse("the name of the file is too long");
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        fprintf(stderr, "gatehouse console report: %s: %s\n", c->output, strerror(errno));
        return 2;
    }
    rc = n > 4 && !strcmp(c->output + n - 4, ".csv") ? write_csv(data, lang, fd) : draw(data, fd);
    if (close(fd) != 0 || (!rc && rename(temp, c->output) != 0))
        rc = rc ? rc : refuse(strerror(errno));
    if (rc)
        (void)unlink(temp);
    return rc;
}

int report_command(struct state *s, const struct report_command *c)
{
    struct report_order o = {.lang = c->lang ? c->lang : "vi", .by = "console"};
    int64_t now = (int64_t)(clock_wall_us() / 1000000);
    struct writer data;
    struct db *d;
    int rc;

    if (!c->output || !c->month == !c->week)
        return refuse("say --month 2026-10 or --week 2026-11-23, and where it goes with -o FILE");
    if (strcmp(o.lang, "vi") != 0 && strcmp(o.lang, "en") != 0)
        return refuse("--lang is vi or en");
    if (!report_period(span_str(c->month ? c->month : c->week), &o) ||
        (c->month != NULL) != (o.kind == REPORT_MONTH))
        return refuse("a month is given as 2026-10, a week by one of its days, as 2026-11-23");
    if (o.from >= now)
        return refuse("this period has not begun yet");
    rc = store_reader(s->store, &d);
    if (rc)
        return refuse(status_text(rc));
    writer_init(&data, REPORT_JSON_MAX);
    rc = report_data(d, &o, &sight_everything, s->conf->console_name, now, &data);
    db_close(d);
    rc = rc ? refuse(status_text(rc)) : write_file(c, o.lang, writer_span(&data));
    writer_done(&data);
    if (!rc)
        printf("%s\n", c->output);
    return rc;
}
