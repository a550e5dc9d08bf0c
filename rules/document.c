/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/document.h"

#include "rules/charset.h"
#include "rules/extract_state.h"
#include "rules/kind.h"

int document_warm_up(void)
{
    int rc = charset_warm_up();

    if (!rc)
        rc = mark_warm_up();
    for (size_t i = 0; i < formats_count && !rc; i++) {
        bool done = !formats[i].warm_up;
        for (size_t k = 0; k < i && !done; k++)
            done = formats[k].warm_up == formats[i].warm_up;
        if (!done)
            formats[i].warm_up();
    }
    return rc;
}

int document_unread(struct span in, struct span name, enum unread why, struct writer *out)
{
    struct document_job job = {.in = in, .name = name};
    struct exam exam = {.job = &job};
    struct extract x;
    struct kind k = kind_magic(in);
    int rc;

    extract_init(&x, &exam, NULL, in, name);
    extract_type(&x, k.kind, k.mime);
    extract_unread_all(&x, why);
    rc = extract_json(&x, out);
    extract_done(&x);
    return rc;
}

int document_examine(const struct document_job *job, struct writer *out)
{
    const struct conf *c = job->conf;
    struct exam exam = {.job = job,
                        .unpack_left = c->scan_unpack_max,
                        .text_left = c->scan_text_max,
                        .members_left = c->scan_members_max};
    struct extract x;
    int rc = ST_NOMEM;

    if (job->in.n > c->scan_document_max)
        return document_unread(job->in, job->name, UNREAD_TOO_LARGE, out);
    exam.arena = arena_new((size_t)c->scan_worker_memory / 2);
    if (exam.arena) {
        extract_init(&x, &exam, NULL, job->in, job->name);
        extract_run(&x);
        rc = extract_json(&x, out);
        extract_done(&x);
    }
    arena_free(exam.arena);
    return rc ? document_unread(job->in, job->name, UNREAD_TOO_LARGE, out) : 0;
}
