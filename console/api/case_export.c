/* SPDX-License-Identifier: GPL-3.0-or-later
 * A case as a file for a court: text only. case.json tells the case, events/N.json is each alert's record
 * byte for byte as the appliance signed it, SHA256SUMS has all of them. The hash of the whole goes into the
 * audit log, so that a file can be compared with what was handed out. */
#include "base/clock.h"
#include "base/digest.h"
#include "console/api/app.h"
#include "console/events/find.h"
#include "console/http/head.h"
#include "console/store/alerts.h"
#include "console/store/cases.h"
#include "console/zip.h"

#include <stdio.h>

#define EXPORT_ALERTS 1000
#define PART_MAX (15u << 20)
#define ARENA_MAX (256u << 20)

static const char read_me[] =
    "Gatehouse: hồ sơ vụ việc xuất ra làm chứng cứ\r\n"
    "Gatehouse: a case, exported as evidence\r\n\r\n"
    "case.json        vụ việc, dòng thời gian, công việc, cảnh báo / the case, its timeline, tasks and "
    "alerts\r\n"
    "events/N.json    bản ghi nguyên vẹn của cảnh báo N như thiết bị đã ký / the record of alert N as the "
    "appliance "
    "signed it\r\n"
    "SHA256SUMS       mã băm của mọi tệp; kiểm tra: sha256sum -c SHA256SUMS / hashes of all files\r\n\r\n"
    "Mã băm của cả tệp nén được ghi trong nhật ký kiểm toán của bảng điều khiển.\r\n"
    "The hash of the whole archive stands in the audit log of the console.\r\n";

struct export
{
    struct worker *w;
    struct request *r;
    struct arena *a;
    struct zip *zip; /* NULL: one JSON document, the records inside it */
    struct writer sums;
};

static void add(struct export *x, const char *name, struct span content)
{
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    digest_sha256(content.p, content.n, hash);
    digest_hex(hash, sizeof(hash), hex);
    writer_printf(&x->sums, "%s  %s\n", hex, name);
    zip_add(x->zip, name, content);
}

/* The record as stored, or what this person may see of it. */
static int record_of(struct export *x, int64_t alert, bool clear, struct span *ret)
{
    int64_t event = db_number(x->w->db, 0, "SELECT event FROM alert WHERE id = ?", "i", alert);
    struct event_row row;
    struct writer w;
    struct jw j;
    int rc = event_one(x->w->db, x->a, NULL, event, &row, ret, NULL);

    if (rc) {
        *ret = span_str("{}");
        return rc == ST_NOT_FOUND ? 0 : rc;
    }
    if (clear)
        return 0;
    writer_init(&w, PART_MAX);
    jw_init(&j, &w);
    rc = sight_put_event(x->a, *ret, &j);
    *ret = span_of(arena_dup(x->a, w.p, w.n), w.n);
    if (!writer_ok(&w) || !ret->p)
        rc = ST_NOMEM;
    writer_done(&w);
    return rc;
}

static int put_alert(struct export *x, int64_t alert, struct jw *j)
{
    struct arena_mark mark = arena_mark(x->a);
    uint8_t hash[SHA256_SIZE];
    char name[ZIP_NAME_MAX];
    struct span record;
    bool clear = false;
    int rc = sight_alert(x->w->db, &x->r->who.sight, alert, &clear);

    if (rc)
        return rc == ST_NOT_FOUND ? 0 : rc;
    rc = record_of(x, alert, clear, &record);
    if (rc)
        return rc;
    jw_obj(j);
    jw_ki64(j, "id", alert);
    jw_kbool(j, "withheld", !clear);
    digest_sha256(record.p, record.n, hash);
    if (x->zip) {
        snprintf(name, sizeof(name), "events/%lld.json", (long long)alert);
        jw_kcstr(j, "file", name);
        add(x, name, record);
    }
    jw_khex(j, "sha256", hash, sizeof(hash));
    jw_key(j, "row");
    rc = alert_row(x->w->db, &x->r->who.sight, alert, j);
    if (!rc)
        rc = alert_history(x->w->db, alert, clear, x->r->who.name, j);
    if (!x->zip)
        jw_kraw(j, "event", record);
    jw_end_obj(j);
    arena_rollback(x->a, mark);
    return rc;
}

static int put_case(struct export *x, struct jw *j)
{
    struct db *d = x->w->db;
    int64_t *ids, now = (int64_t)clock_wall_us();
    size_t n = 0;
    int rc = case_alert_ids(d, x->a, x->r->id, EXPORT_ALERTS + 1, &ids, &n);

    jw_obj(j);
    jw_kcstr(j, "gatehouse", "case-export-v1");
    jw_kcstr(j, "console", x->w->app->conf->console_name);
    jw_ktime(j, "exported", now);
    jw_kcstr(j, "by", x->r->who.name);
    jw_kbool(j, "complete", n <= EXPORT_ALERTS);
    jw_kobj(j, "case");
    if (!rc)
        rc = case_row(d, x->r->id, &x->r->who.sight, j);
    jw_end_obj(j);
    if (!rc)
        rc = case_put_tasks(d, x->r->id, j);
    if (!rc)
        rc = case_put_timeline(d, x->r->id, &x->r->who.sight, x->r->who.name, j);
    jw_karr(j, "alerts");
    for (size_t i = 0; i < n && i < EXPORT_ALERTS && !rc; i++)
        rc = put_alert(x, ids[i], j);
    jw_end_arr(j);
    jw_end_obj(j);
    return rc;
}

static int audit(struct export *x, struct span whole)
{
    uint8_t hash[SHA256_SIZE];
    char object[32], detail[2 * SHA256_SIZE + 16] = "sha256 ";
    int rc;
    struct db *d = store_begin(x->w->app->store, &rc);

    if (!d)
        return rc;
    digest_sha256(whole.p, whole.n, hash);
    digest_hex(hash, sizeof(hash), detail + strlen(detail));
    snprintf(object, sizeof(object), "case %lld", (long long)x->r->id);
    rc = audit_append(d, x->r->who.name, x->r->address, "case_exported", object, detail);
    return store_end(x->w->app->store, rc);
}

/* Into the reply's body: the JSON document, or the archive around it. */
static int make(struct export *x, struct writer *document)
{
    struct jw j;
    int rc;

    jw_init(&j, document);
    rc = put_case(x, &j);
    if (!rc && !writer_ok(document))
        rc = ST_LIMIT;
    if (rc || !x->zip)
        return rc;
    add(x, "case.json", writer_span(document));
    add(x, "README.txt", span_str(read_me));
    if (!writer_ok(&x->sums))
        return ST_LIMIT;
    zip_add(x->zip, "SHA256SUMS", writer_span(&x->sums));
    return 0;
}

void api_case_export(struct worker *w, struct request *r)
{
    static const char *const names[] = {"format"};
    const struct span *format = query_get(&r->query, "format");
    bool zip = !format || span_eq(*format, span_str("zip"));
    struct export x = {.w = w, .r = r};
    struct writer document;
    struct zip z;
    int rc;

    if (!query_fields(r, names, 1))
        return;
    if (!zip && !span_eq(*format, span_str("json"))) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'format' is zip or json.");
        return;
    }
    rc = case_seen(w->db, r->id, &r->who.sight, r->who.name);
    x.a = rc ? NULL : arena_new(ARENA_MAX);
    if (rc || !x.a) {
        app_fail(r, rc ? rc : ST_NOMEM);
        return;
    }
    writer_init(&document, PART_MAX);
    writer_init(&x.sums, 1 << 20);
    if (zip) {
        x.zip = &z;
        zip_begin(&z, &r->reply.body, clock_wall_us());
    }
    rc = make(&x, &document);
    if (zip && !zip_end(&z) && !rc)
        rc = ST_LIMIT;
    if (!zip && !rc)
        writer_put(&r->reply.body, writer_span(&document));
    writer_done(&document);
    writer_done(&x.sums);
    arena_free(x.a);
    if (!rc)
        rc = writer_ok(&r->reply.body) ? audit(&x, writer_span(&r->reply.body)) : ST_LIMIT;
    if (rc == ST_LIMIT) {
        reply_problem_say(r, PROBLEM_TOO_LARGE,
                          "The case is too large for one file: take alerts into cases of their own.");
        return;
    }
    if (rc) {
        app_fail(r, rc);
        return;
    }
    r->reply.status = 200;
    r->reply.content_type = zip ? "application/zip" : "application/json";
    reply_header(r, "Content-Disposition",
                 arena_printf(r->arena, "attachment; filename=\"case-%lld.%s\"", (long long)r->id,
                              zip ? "zip" : "json"));
}
