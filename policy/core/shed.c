/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/shed.h"
#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "policy/core/cases.h"
#include "policy/core/own_alert.h"

#define LOOK_MS 1000 /* between two looks at the room, while nothing is written */

static const char *const sentences[] = {
    [JOURNAL_ROOM_ALL] = "ok",
    [JOURNAL_ROOM_LOGS] = "nearly full: connections are no longer recorded",
    [JOURNAL_ROOM_DOCUMENTS] = "nearly full: only documents and alerts are recorded",
    [JOURNAL_ROOM_ALERTS] = "nearly full: only alerts are recorded",
};

const char *shed_sentence(const struct core *c)
{
    return sentences[journal_room(c->journal)];
}

/* A unit is what its most important record is; SHED_CLASSES: never dropped. */
static enum shed_class class_of(const struct record *r, size_t n)
{
    enum shed_class most = SHED_CONNECTIONS;

    for (size_t i = 0; i < n; i++) {
        enum shed_class own = SHED_LOGS;
        switch (r[i].type) {
        case EVENT_FLOW:
            own = SHED_CONNECTIONS;
            break;
        case EVENT_FILEINFO:
            own = SHED_DOCUMENTS;
            break;
        case EVENT_ALERT:
        case EVENT_AUDIT:
        case EVENT_STATS:
        case EVENT_DROP:
            own = SHED_CLASSES;
            break;
        default:
            break;
        }
        most = own > most ? own : most;
    }
    return most;
}

static void put(struct core *c, const struct own_alert *a, const struct own_fact *facts, size_t n)
{
    struct writer w;

    writer_init(&w, 16384);
    own_alert_put(&w, a, facts, n);
    record_own(c, EVENT_ALERT, writer_span(&w));
    writer_done(&w);
}

static void begin(struct core *c, const struct record *r)
{
    static const struct own_alert nearly = {
        "journal-nearly-full", "The journal is nearly full: what matters least is no longer recorded",
        "Nhật ký gần đầy: không ghi tiếp những sự kiện ít quan trọng nhất",
        "the console has not received what is in the journal, and journal.max comes near; connections go "
        "first, "
        "then log events, then documents without an alert. Mend the link to the console, or carry the "
        "journal "
        "there with 'gatehouse journal export'",
        "trung tâm chưa nhận các bản ghi trong nhật ký và sắp đạt journal.max; kết nối bị bỏ trước, rồi nhật "
        "ký giao "
        "thức, rồi tài liệu không có cảnh báo. Hãy khôi phục đường truyền, hoặc chuyển bằng 'gatehouse "
        "journal "
        "export'"};

    c->shed = (struct shed){.open = true,
                            .first_us = clock_wall_us(),
                            .run = r->run,
                            .first = r->n,
                            .looked_ms = clock_mono_ms()};
    log_warn("the journal is %s, until the console has received more of it", shed_sentence(c));
    put(c, &nearly, NULL, 0);
}

bool shed_unit(struct core *c, const struct record *r, size_t n)
{
    enum shed_class class = class_of(r, n);

    if (journal_full(c->journal) || (int)class >= (int)journal_room(c->journal) || class == SHED_CLASSES)
        return false;
    if (!c->shed.open)
        begin(c, r);
    if (r->run != c->shed.run) {
        c->shed.run = r->run;
        c->shed.first = r->n;
        c->shed.last = 0;
    }
    c->shed.first = r->n < c->shed.first ? r->n : c->shed.first;
    c->shed.last = r->n > c->shed.last ? r->n : c->shed.last;
    c->shed.last_us = clock_wall_us();
    c->shed.lost[class] += n;
    c->own.shed[class] += n;
    return true;
}

void shed_end(struct core *c)
{
    static const struct own_alert over = {"journal-hole", "Events were left out of the journal",
                                          "Có sự kiện không được ghi vào nhật ký",
                                          "the journal was nearly full; the facts tell from when to when, "
                                          "and how many of each class are missing",
                                          "nhật ký đã gần đầy; các dữ kiện cho biết từ lúc nào đến lúc nào "
                                          "và thiếu bao nhiêu sự kiện mỗi loại"};
    char from[CLOCK_ISO_SIZE], until[CLOCK_ISO_SIZE];
    const struct shed *s = &c->shed;

    if (!s->open)
        return;
    const struct own_fact facts[] = {
        {.path = "gatehouse.hole.from", .text = clock_iso(s->first_us, from)},
        {.path = "gatehouse.hole.until", .text = clock_iso(s->last_us, until)},
        {.path = "gatehouse.hole.connections", .number = s->lost[SHED_CONNECTIONS]},
        {.path = "gatehouse.hole.logs", .number = s->lost[SHED_LOGS]},
        {.path = "gatehouse.hole.documents", .number = s->lost[SHED_DOCUMENTS]},
        {.path = "gatehouse.hole.run", .number = s->run},
        {.path = "gatehouse.hole.first", .number = s->first},
        {.path = "gatehouse.hole.last", .number = s->last},
    };
    log_info(
        "left out of the journal while it was nearly full: %llu connections, %llu log events, %llu documents",
        (unsigned long long)s->lost[SHED_CONNECTIONS], (unsigned long long)s->lost[SHED_LOGS],
        (unsigned long long)s->lost[SHED_DOCUMENTS]);
    put(c, &over, facts, GH_COUNT(facts));
    c->shed.open = false;
}

void shed_tick(struct core *c, uint64_t now_ms)
{
    if (journal_room(c->journal) != JOURNAL_ROOM_ALL && now_ms >= c->shed.looked_ms + LOOK_MS) {
        c->shed.looked_ms = now_ms;
        (void)journal_measure(c->journal);
    }
    if (journal_room(c->journal) == JOURNAL_ROOM_ALL && !journal_full(c->journal))
        shed_end(c);
}
