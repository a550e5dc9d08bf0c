/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whole requests of somebody who is signed in, through session, role, query, body and handler, down to a real
 * database: "METHOD target" in the first line, the body behind it. Every answer that is JSON must be JSON. */
#include "base/seal.h"
#include "console/api/upload.h"
#include "console/api/app.h"
#include "console/http/head.h"
#include "console/store/appliances.h"
#include "tests/store_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct app app;
static struct worker worker;
static struct conf conf;
static struct proc proc;
static char cookie[128], dir[] = "/tmp/gh-fuzz-api-XXXXXX";

static void clean(void)
{
    static const char *const files[] = {"pcap/1.part", "pcap/1.ghe"};
    char path[64];

    db_close(worker.db);
    store_close(app.store);
    seal_keys_free(app.keys);
    hub_free(app.hub);
    uploads_free(app.uploads);
    throttle_free(app.throttle);
    for (size_t i = 0; i < GH_COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        unlink(path);
    }
    store_files_remove(dir);
    snprintf(path, sizeof(path), "%s/pcap", dir);
    rmdir(path);
    rmdir(dir);
}

static void set_up(void)
{
    const struct seal_public keys = {{1}, {2}};
    char token[TOKEN_TEXT];
    int64_t user = 0;
    struct db *d;
    int rc;

    conf_defaults(&conf);
    gh_check(seal_init() == 0 && mkdtemp(dir) && store_open(dir, &app.store) == 0);
    snprintf(conf.console_state_dir, sizeof(conf.console_state_dir), "%s", dir);
    app.conf = &conf;
    app.keys = seal_keys_generate();
    app.committee = seal_keys_public(app.keys);
    app.url = "https://console:8443/";
    app.pin = "";
    proc.loop = loop_new();
    app.helpers = proc.loop ? helpers_new(&proc) : NULL;
    gh_check(app.helpers);
    app.hub = hub_new(4, 4);
    app.uploads = uploads_new();
    app.throttle = throttle_new(64, 1000);
    app.idle_us = app.max_us = UINT64_C(3600000000000);
    pthread_mutex_init(&app.gate_lock, NULL);
    d = store_begin(app.store, &rc);
    gh_check(d && user_add(d, "lan", "x", USER_ROLES_ALL, &user) == 0 &&
             session_add(d, user, "::1", token) == 0 && appliance_enrol(d, &keys, "a") == 0);
    for (int i = 0; i < 20; i++)
        gh_check(db_exec(d,
                         "INSERT INTO alert(seq, event, appliance, time, received, state, severity, level, "
                         "facts, search) "
                         "VALUES(?1, ?1, 1, 5, 5, ?1 % 3, 1, ?1 % 8, '\"rule\":null', 'cong dien')",
                         "i", (int64_t)i + 1) == 0);
    gh_check(db_exec(d, "UPDATE alert SET capture_file = '1-2.pcap' WHERE id = 3", "") == 0 &&
             db_exec(d,
                     "INSERT INTO pcap(appliance, file, state, bytes, sealed, sha256, told, token) "
                     "VALUES(1, '1-2.pcap', 1, 5, 10, zeroblob(32), 5, zeroblob(32))",
                     "") == 0);
    gh_check(db_exec(d, "PRAGMA defer_foreign_keys=ON", "") == 0 && store_commit(app.store) == 0);
    worker.app = &app;
    gh_check(store_reader(app.store, &worker.db) == 0);
    snprintf(cookie, sizeof(cookie), "%s=%s", COOKIE_NAME, token);
    atexit(clean);
}

static void judge(struct request *r)
{
    struct arena *a = arena_new(64u << 20);
    struct json *j;

    gh_check(r->reply.status >= 200 && r->reply.status < 600 && r->reply.status != 500);
    if (r->reply.content_type && strstr(r->reply.content_type, "json") && !r->reply.fixed.p)
        gh_check(json_parse(a, writer_span(&r->reply.body), 64, &j, NULL) != ST_MALFORMED);
    stream_close(r->reply.stream);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct reader rd = reader_of(data, size);
    struct span line, body;
    struct request *r;
    enum lane lane;
    uint64_t max;
    ptrdiff_t blank;

    if (!ready)
        set_up();
    ready = true;
    if (!reader_line(&rd, &line) || (blank = span_find_byte(line, ' ', 0)) < 0)
        return 0;
    body = reader_rest(&rd);
    r = request_new();
    head_line(&r->head, span_part(line, 0, (size_t)blank), span_part(line, (size_t)blank + 1, line.n),
              span_str("HTTP/1.1"));
    head_header(&r->head, span_str("Host"), span_str("127.0.0.1"));
    head_header(&r->head, span_str("Origin"), span_str("https://127.0.0.1"));
    head_header(&r->head, span_str("Cookie"), span_str(cookie));
    if (r->head.problem == PROBLEM_NONE && r->head.method == HTTP_POST)
        head_header(&r->head, span_str("Content-Type"),
                    span_str(span_starts(r->head.path, "/api/v1/fetch/") ? "application/vnd.gatehouse.part"
                                                                         : "application/json"));
    r->body.max = JSON_BODY_MAX;
    writer_put(&r->body, body);
    /* passwords cost a tenth of a second each; signing out would end the session of all that follow */
    if (r->head.problem == PROBLEM_NONE && writer_ok(&r->body) && app_route(&app, r, &lane, &max) &&
        r->route && lane != LANE_PASSWORD && r->head.method != HTTP_DELETE) {
        if (lane == LANE_DIRECT)
            app_direct(&app, r);
        else
            app_run(&worker, r);
        judge(r);
    }
    request_free(r);
    return 0;
}
