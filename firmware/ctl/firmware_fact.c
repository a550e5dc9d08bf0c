/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/firmware_fact.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/settings.h"
#include "firmware/ctl/state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAILED_BYTES 16384
#define FAILED_SHOWN 4
#define LOOK_MS 60000

/* A file that is no JSON object says nothing. */
static void put_file(struct arena *a, const char *key, const char *path, struct jw *j)
{
    struct json *v = NULL;

    if (state_read_json(a, path, &v) == 0 && v->type == JSON_OBJECT)
        jw_kraw(j, key, v->raw);
}

/* Lines "EPOCH reason", the newest last (firmware/update/floor.h). */
static void put_failed(const char *dir, struct jw *j)
{
    char path[CONF_TEXT + 32];
    struct writer w;
    struct reader r;
    struct span line;
    size_t lines = 0;

    snprintf(path, sizeof(path), "%s/failed", dir);
    writer_init(&w, 2 * FAILED_BYTES);
    if (file_read(path, FAILED_BYTES, &w) != 0) {
        writer_done(&w);
        return;
    }
    for (size_t i = 0; i < w.n; i++)
        lines += w.p[i] == '\n';
    r = reader_span(writer_span(&w));
    jw_karr(j, "failed");
    for (size_t i = 0; reader_line(&r, &line); i++) {
        ptrdiff_t blank = span_find_byte(line, ' ', 0);
        uint64_t epoch = 0;
        if (i + FAILED_SHOWN < lines || blank <= 0 ||
            !span_number(span_part(line, 0, (size_t)blank), INT64_MAX, &epoch))
            continue;
        jw_obj(j);
        jw_ku64(j, "epoch", epoch);
        jw_kstr(j, "reason", span_part(line, (size_t)blank + 1, line.n));
        jw_end_obj(j);
    }
    jw_end_arr(j);
    writer_done(&w);
}

/* The members; false: this is no firmware installation. */
static bool put_all(const struct conf *c, struct jw *j)
{
    char path[CONF_TEXT + 64];
    struct arena *a;

    if (access(c->firmware_state, X_OK) != 0 || !(a = arena_new(1u << 20)))
        return false;
    snprintf(path, sizeof(path), "%s/scrub.json", c->firmware_state);
    put_file(a, "scrub", path, j);
    snprintf(path, sizeof(path), "%s/selftest.json", c->firmware_state);
    put_file(a, "selftest", path, j);
    snprintf(path, sizeof(path), "%s/" SETTINGS_FIRMWARE_RESULT, c->node_state_dir);
    put_file(a, "update", path, j);
    put_failed(c->firmware_state, j);
    arena_free(a);
    return true;
}

void firmware_fact_status(const struct conf *c, struct jw *j)
{
    if (access(c->firmware_state, X_OK) != 0)
        return;
    jw_kobj(j, "firmware");
    (void)put_all(c, j);
    jw_end_obj(j);
}

void firmware_fact_tick(struct firmware_fact *f, struct keeper *keeper, const struct conf *c)
{
    struct writer w;
    struct jw j;

    if (f->looked_ms && clock_mono_ms() - f->looked_ms < LOOK_MS)
        return;
    f->looked_ms = clock_mono_ms();
    writer_init(&w, FIRMWARE_FACT_TEXT);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "what", "firmware");
    if (put_all(c, &j)) {
        jw_end_obj(&j);
        if (writer_ok(&w) && w.n < sizeof(f->told) && strcmp(f->told, writer_cstr(&w)) != 0) {
            snprintf(f->told, sizeof(f->told), "%s", writer_cstr(&w));
            keeper_fact(keeper, writer_span(&w));
        }
    }
    writer_done(&w);
}

void firmware_fact_print(const struct json *f)
{
    const struct json *scrub = json_get(f, "scrub"), *test = json_get(f, "selftest"),
                      *update = json_get(f, "update");
    long long bad = json_i64(json_get(scrub, "bad"), 0), blocks = json_i64(json_get(scrub, "blocks"), 0);

    if (scrub && bad)
        printf("image: %lld of %lld blocks are DAMAGED (%s): a stick with the release repairs them, then the "
               "disk is "
               "to be looked at\n",
               bad, blocks, json_cstr(json_get(scrub, "at"), "?"));
    else if (scrub)
        printf("image: all %lld blocks are as they were signed (%s)\n", blocks,
               json_cstr(json_get(scrub, "at"), "?"));
    if (test)
        printf("self-test of epoch %lld: %s (%s)\n", (long long)json_i64(json_get(test, "epoch"), 0),
               json_bool(json_get(test, "good"), false) ? "good"
                                                        : json_cstr(json_get(test, "reason"), "failed"),
               json_cstr(json_get(test, "at"), "?"));
    if (update && !json_bool(json_get(update, "done"), false))
        printf("update: order %lld was not installed: %s\n",
               (long long)json_i64(json_get(update, "serial"), 0),
               json_cstr(json_get(update, "reason"), "?"));
    json_each(one, json_get(f, "failed"))
        printf("release of epoch %lld failed here: %s\n", (long long)json_i64(json_get(one, "epoch"), 0),
               json_cstr(json_get(one, "reason"), "?"));
}
