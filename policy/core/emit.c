/* SPDX-License-Identifier: GPL-3.0-or-later
 * emit: where finished events leave the core. */
#include "base/clock.h"
#include "base/log.h"
#include "policy/core/core.h"
#include "policy/core/outdir.h"

void emit_line(struct core *c, struct span json)
{
    lines_put(&c->lines, json);
    c->own.written++;
    if (c->lines.rc)
        core_end(c, 3);
}

bool emit_store(struct core *c, const struct doc *d)
{
    int rc = outdir_store(c->outdir_fd, d->sha256, d->fd, d->size);

    if (rc && !c->rc) { /* the first one is said; the exit code tells the rest */
        log_error("a document cannot be stored: %s", status_text(rc));
        core_end(c, 3);
    }
    return rc == 0;
}

void emit_finish(struct core *c)
{
    char iso[CLOCK_ISO_SIZE];
    struct span when = *c->timestamp ? span_str(c->timestamp) : span_str(clock_iso(clock_wall_us(), iso));

    if (c->finished)
        return;
    c->finished = true;
    writer_clear(&c->scratch);
    if (ledger_event(&c->scratch, writer_span(&c->final), &c->own, when) != 0)
        core_broken(c, "its ledger is no JSON", ST_MALFORMED);
    lines_put(&c->lines, writer_span(&c->scratch));
    core_end(c, lines_flush(&c->lines) ? 3 : c->sensor_final ? c->blocked : 3);
}
