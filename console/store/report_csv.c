/* SPDX-License-Identifier: GPL-3.0-or-later
 * A report's figures as CSV: one table of (section, name, further names, number), so that a spreadsheet can
 * filter it. Texts are cells of audit_list.h: no formulas, one line each. */
#include "console/store/audit_list.h"
#include "console/store/reports.h"

#define DEPTH 16
#define DATA_ARENA (64u << 20)

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static void row(struct writer *w, const char *section, struct span a, struct span b, struct span c, int64_t n)
{
    csv_cell(w, span_str(section), false);
    csv_cell(w, a, false);
    csv_cell(w, b, false);
    csv_cell(w, c, false);
    writer_printf(w, "%lld\r\n", (long long)n);
}

static const struct span none = {NULL, 0};

static void numbers(struct writer *w, const char *section, const struct json *object)
{
    json_each(one, object)
    {
        if (one->type == JSON_NUMBER && one->integer)
            row(w, section, one->key, none, none, one->i);
    }
}

/* Rows of objects: up to three names, and n. */
static void list(struct writer *w, const char *section, const struct json *array,
                 const char *const key[static 3])
{
    json_each(one, array)
        row(w, section, text_of(json_get(one, key[0])), key[1] ? text_of(json_get(one, key[1])) : none,
            key[2] ? text_of(json_get(one, key[2])) : none, json_i64(json_get(one, "n"), 0));
}

static void groups(struct writer *w, const char *section, const struct json *array)
{
    json_each(one, array)
    {
        json_each(member, one)
        {
            if (member->type == JSON_NUMBER && member->integer)
                row(w, section, text_of(json_get(one, "name")), member->key, none, member->i);
        }
    }
}

static void series(struct writer *w, const struct json *array)
{
    static const char *const names[] = {"events", "alerts", "documents", "marked", "unread"};

    json_each(step, array)
    {
        const struct json *n = step->child;
        char at[TIME_TEXT];
        int64_t s = json_i64(n, 0);
        if (s <= 0 || s > INT64_C(1) << 40)
            continue;
        time_text((uint64_t)s * 1000000, at);
        for (size_t i = 0; i < GH_COUNT(names) && (n = n->next) != NULL; i++)
            row(w, "series", span_str(at), span_str(names[i]), none, json_i64(n, 0));
    }
}

int report_csv(struct span data, const char *lang, struct writer *out)
{
    static const struct {
        const char *section, *path, *key[3];
    } lists[] = {
        {"alerts by level", "alert_levels", {"level", NULL, NULL}},
        {"alerts by severity", "severities", {"severity", NULL, NULL}},
        {"alerts by rule", "rules", {"rule", NULL, NULL}},
        {"alerts by zones and level", "zones", {"zone", "dest_zone", "level"}},
        {"documents by level", "levels", {"level", NULL, NULL}},
        {"documents not read", "unread", {"reason", NULL, NULL}},
        {"connections by protocol", "protocols", {"name", NULL, NULL}},
        {"ledger in", "ledger.seen", {"part", NULL, NULL}},
        {"ledger lost", "ledger.lost", {"part", "reason", NULL}},
    };
    struct arena *a = arena_new(DATA_ARENA);
    struct json *j = NULL;
    int rc = a ? json_parse(a, data, DEPTH, &j, NULL) : ST_NOMEM;
    bool vi = !strcmp(lang, "vi");

    if (!rc) {
        writer_str(out, "\xef\xbb\xbf"); /* without it spreadsheets take UTF-8 for something else */
        writer_str(out, vi ? "\"mục\",\"tên\",\"tên 2\",\"tên 3\",\"số\"\r\n"
                           : "\"section\",\"name\",\"name 2\",\"name 3\",\"number\"\r\n");
        row(out, "from", text_of(json_get(j, "from")), none, none, 0);
        row(out, "to", text_of(json_get(j, "to")), none, none, 0);
        numbers(out, "totals", json_get(j, "totals"));
        numbers(out, "totals before", json_get(j, "before"));
        numbers(out, "handling", json_get(j, "handling"));
        for (size_t i = 0; i < GH_COUNT(lists); i++)
            list(out, lists[i].section, json_path(j, lists[i].path), lists[i].key);
        groups(out, "units", json_get(j, "units"));
        groups(out, "appliances", json_get(j, "appliances"));
        series(out, json_get(j, "series"));
        row(out, "audit", text_of(json_path(j, "audit.head")), text_of(json_path(j, "audit.signature")),
            text_of(json_path(j, "audit.signed")), json_i64(json_path(j, "audit.id"), 0));
    }
    arena_free(a);
    return rc ? rc : writer_ok(out) ? 0 : ST_LIMIT;
}
