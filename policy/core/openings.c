/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/openings.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NOTE_DEPTH 4
#define AT_ONCE 32

/* The note as it lies there, when it is one JSON object. */
static int read_note(int dir, const char *name, struct writer *w)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int rc;

    if (fd < 0)
        return status_from_errno(errno);
    rc = file_read_fd(fd, w->max, w);
    close(fd);
    return rc ? rc : json_scan(writer_span(w), NOTE_DEPTH, NULL, NULL);
}

static bool record_note_file(struct core *c, int dir, const char *name)
{
    char iso[CLOCK_ISO_SIZE];
    struct writer note, event;
    struct jw j;
    int rc;

    writer_init(&note, OPENINGS_NOTE_MAX);
    writer_init(&event, 2 * OPENINGS_NOTE_MAX);
    rc = read_note(dir, name, &note);
    if (rc) {
        log_warn("%s in the evidence directory is no note of an opening: %s", name, status_text(rc));
        (void)unlinkat(dir, name, 0);
    } else {
        jw_init(&j, &event);
        jw_obj(&j);
        jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
        jw_kcstr(&j, "event_type", "audit");
        jw_kobj(&j, "gatehouse");
        jw_kraw(&j, "audit", writer_span(&note));
        jw_end_obj(&j);
        jw_end_obj(&j);
        record_own(c, EVENT_AUDIT, writer_span(&event));
        rc = journal_flush(c->journal);
        if (!rc)
            (void)unlinkat(dir, name, 0);
    }
    writer_done(&event);
    writer_done(&note);
    return rc == 0;
}

void openings_tick(struct core *c, uint64_t now_ms)
{
    char path[CONF_TEXT + 32];
    const struct dirent *e;
    unsigned done = 0;
    DIR *d;

    if (now_ms < c->openings_ms || journal_full(c->journal))
        return;
    c->openings_ms = now_ms + OPENINGS_EVERY_MS;
    snprintf(path, sizeof(path), "%s/evidence", c->proc.conf.node_state_dir);
    d = opendir(path);
    while (d && done < AT_ONCE && (e = readdir(d))) {
        size_t n = strlen(e->d_name);
        if (n == 2 * OPENING_ID + sizeof(OPENINGS_SUFFIX) - 1 &&
            !strcmp(e->d_name + 2 * OPENING_ID, OPENINGS_SUFFIX))
            done += record_note_file(c, dirfd(d), e->d_name);
    }
    if (d)
        closedir(d);
}
