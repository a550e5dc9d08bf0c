/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/event_source.h"
#include "base/clock.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES (256u << 20)
#define READ_BUFFER (1u << 20)

struct event_source {
    FILE *f;
    pid_t pid; /* of the reader of a journal; 0 */
    char *line, *buffer;
    size_t cap;
};

static bool is_journal(const char *path)
{
    char head[16] = "";
    struct stat st;
    FILE *f;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    f = S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
    if (f) {
        (void)!fread(head, 1, sizeof(head), f);
        fclose(f);
    }
    return !memcmp(head, "SQLite format 3", 15);
}

/* gatehouse journal cat --json [--since TIME] PATH, its output as a stream. */
static int open_journal(struct event_source *s, const char *path, uint64_t since_us)
{
    char exe[PATH_MAX], iso[CLOCK_ISO_SIZE] = "";
    char *argv[] = {(char *)"gatehouse", (char *)"journal", (char *)"cat", (char *)"--json",
                    (char *)path,        (char *)"--since", iso,           NULL};
    posix_spawn_file_actions_t fa;
    int pipe_fd[2], rc;

    (void)program_beside("gh-core", exe, sizeof(exe));
    if (since_us)
        clock_iso(since_us, iso);
    else
        argv[5] = NULL;
    if (pipe2(pipe_fd, O_CLOEXEC) != 0)
        return ST_IO;
    (void)fcntl(pipe_fd[0], F_SETPIPE_SZ, READ_BUFFER); /* only faster */
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, pipe_fd[1], STDOUT_FILENO);
    rc = posix_spawn(&s->pid, exe, &fa, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&fa);
    close(pipe_fd[1]);
    s->f = rc ? NULL : fdopen(pipe_fd[0], "r");
    if (s->f)
        return 0;
    close(pipe_fd[0]);
    return ST_IO;
}

struct event_source *event_source_open(const char *path, uint64_t since_us)
{
    struct event_source *s = calloc(1, sizeof(*s));
    int rc = s ? 0 : ST_NOMEM;

    if (!rc && !strcmp(path, "-"))
        s->f = stdin;
    else if (!rc && is_journal(path))
        rc = open_journal(s, path, since_us);
    else if (!rc && !(s->f = fopen(path, "re")))
        rc = status_from_errno(errno);
    if (rc) {
        fprintf(stderr, "gatehouse policy: %s cannot be read: %s\n", path, status_text(rc));
        free(s);
        return NULL;
    }
    if ((s->buffer = malloc(READ_BUFFER)))
        (void)setvbuf(s->f, s->buffer, _IOFBF, READ_BUFFER);
    return s;
}

int event_source_next(struct event_source *s, struct span *ret)
{
    ssize_t n = getline(&s->line, &s->cap, s->f);

    if (n < 0)
        return 0;
    if ((size_t)n > LINE_MAX_BYTES)
        return ST_LIMIT;
    *ret = span_trim(span_of(s->line, (size_t)n));
    return 1;
}

int event_source_close(struct event_source *s)
{
    int status = 0, rc = 0;

    if (!s)
        return 0;
    if (s->f && s->f != stdin)
        fclose(s->f);
    if (s->pid > 0 && waitpid(s->pid, &status, 0) == s->pid &&
        !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        rc = WIFEXITED(status) ? WEXITSTATUS(status) : 3;
    free(s->line);
    free(s->buffer);
    free(s);
    return rc;
}
