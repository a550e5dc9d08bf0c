/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/audit_list.h"
#include "base/text.h"
#include "console/store/page.h"

void audit_filter_init(struct audit_filter *f)
{
    *f = (struct audit_filter){.from = INT64_MIN, .to = INT64_MAX, .before = INT64_MAX};
}

static int query(struct db *d, struct db_stmt **ret, const struct audit_filter *f, int64_t limit)
{
    return db_query(
        d, ret,
        "SELECT id, time, actor, address, action, object, detail, hash FROM audit WHERE id < ?1 AND time "
        ">= ?2 AND time < ?3 AND (?4 = '' OR actor = ?4 COLLATE NOCASE) AND (?5 = '' OR action = ?5) AND "
        "(?6 = '' OR substr(object, 1, length(?6)) = ?6) ORDER BY id DESC LIMIT ?7",
        "iiittti", f->before, f->from, f->to, f->actor, f->action, f->object, limit);
}

static void put_entry(struct db_stmt *s, struct jw *j)
{
    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_ktime(j, "time", db_i64(s, 1));
    jw_kstr(j, "actor", db_text(s, 2));
    jw_ktext(j, "address", db_text(s, 3));
    jw_kstr(j, "action", db_text(s, 4));
    jw_ktext(j, "object", db_text(s, 5));
    jw_ktext(j, "detail", db_text(s, 6));
    jw_khex(j, "hash", db_blob(s, 7).p, db_blob(s, 7).n);
    jw_end_obj(j);
}

int audit_find(struct db *d, const struct audit_filter *f, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    int rc = query(d, &s, f, limit + 1);

    if (!rc)
        rc = page_put(s, limit, put_entry, j);
    return rc;
}

/* Written as a blank: what would end the line, or turn the direction of what follows. */
static bool is_blank(uint32_t cp)
{
    return cp < 0x20 || cp == 0x7f || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* A spreadsheet would run what begins so, also behind blanks, and in wide letters. */
static bool begins_formula(uint32_t cp)
{
    return is_blank(cp) || (cp < 0x80 && strchr("=+-@ |%", (int)cp)) || cp == 0xff1d || cp == 0xff0b ||
           cp == 0xff0d || cp == 0xff20;
}

void csv_cell(struct writer *w, struct span text, bool last)
{
    size_t pos = 0, first = 0;

    writer_u8(w, '"');
    if (text.n && begins_formula(text_next(text, &first)))
        writer_u8(w, '\'');
    while (pos < text.n) {
        uint32_t cp = text_next(text, &pos);
        if (cp == '"')
            writer_u8(w, '"');
        text_put(w, is_blank(cp) ? ' ' : cp);
    }
    writer_u8(w, '"');
    writer_str(w, last ? "\r\n" : ",");
}

int audit_csv(struct db *d, const struct audit_filter *f, struct writer *w, int64_t *ret_next)
{
    static const char *const head[] = {"id",     "time",   "actor",  "address",
                                       "action", "object", "detail", "hash"};
    char time[TIME_TEXT], number[24];
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    int rc = query(d, &s, f, AUDIT_CSV_MAX + 1);

    writer_str(w, "\xef\xbb\xbf"); /* so that spreadsheets read it as UTF-8 */
    for (size_t i = 0; i < GH_COUNT(head); i++)
        csv_cell(w, span_str(head[i]), i + 1 == GH_COUNT(head));
    *ret_next = 0;
    while (!rc && (rc = db_step(s)) == 1) {
        struct writer hex;
        char hash[65];
        rc = 0;
        if (++n > AUDIT_CSV_MAX) {
            *ret_next = last;
            db_reset(s);
            break;
        }
        last = db_i64(s, 0);
        writer_fixed(&hex, number, sizeof(number));
        writer_printf(&hex, "%lld", (long long)last);
        csv_cell(w, writer_span(&hex), false);
        csv_cell(w, span_str(time_text((uint64_t)db_i64(s, 1), time)), false);
        for (int c = 2; c < 7; c++)
            csv_cell(w, db_text(s, c), false);
        writer_fixed(&hex, hash, sizeof(hash));
        writer_hex(&hex, db_blob(s, 7).p, db_blob(s, 7).n);
        csv_cell(w, writer_span(&hex), true);
    }
    return rc;
}
