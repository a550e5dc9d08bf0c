/* SPDX-License-Identifier: GPL-3.0-or-later
 * schema: the names of facts as a tree, made once from base/event.def and the derived facts below. Read-only
 * afterwards. */
#ifndef GH_POLICY_SCHEMA_H
#define GH_POLICY_SCHEMA_H

#include "base/event.h"

/* What the engine itself adds to an event: DERIVED(path, TYPE, en, vi). */
#define SCHEMA_DERIVED(X)                                                                                    \
    X("zone.src", FIELD_STR, "zone of the sender", "vùng của bên gửi")                                       \
    X("zone.dest", FIELD_STR, "zone of the receiver", "vùng của bên nhận")                                   \
    X("zone.src_holds", FIELD_STR, "highest level the sender's zone may hold",                               \
      "độ mật cao nhất vùng gửi được giữ")                                                                   \
    X("zone.dest_holds", FIELD_STR, "highest level the receiver's zone may hold",                            \
      "độ mật cao nhất vùng nhận được giữ")                                                                  \
    X("leaving", FIELD_BOOL, "it goes from a known zone into another one",                                   \
      "đi từ một vùng đã biết sang vùng khác")                                                               \
    X("dest_may_hold", FIELD_BOOL, "the receiver's zone may hold the document's level",                      \
      "vùng nhận được giữ độ mật này")                                                                       \
    X("time.date", FIELD_STR, "local date, 2026-11-24", "ngày địa phương")                                   \
    X("time.hour", FIELD_NUM, "local hour, 0 to 23", "giờ địa phương, 0 đến 23")                             \
    X("time.minute", FIELD_NUM, "minute, 0 to 59", "phút, 0 đến 59")                                         \
    X("time.weekday", FIELD_NUM, "1 Monday to 7 Sunday", "thứ: 1 thứ Hai đến 7 Chủ nhật")                    \
    X("time.working", FIELD_BOOL, "within working hours (calendar)", "trong giờ làm việc (theo lịch)")

struct schema_node {
    const char *name;
    size_t len; /* of the name */
    enum event_field_type type;
    const char *en, *vi;              /* NULL for a mere group */
    struct schema_node *child, *next; /* of an object, or of a list's elements */
    const struct schema_node *same;   /* takes its children from there (document, members[]) */
};
/* The root; NULL when memory is short. Thread-safe after the first call. */
const struct schema_node *schema_root(void);
/* Events that a policy may judge: those that the sensor makes of the traffic. */
bool schema_judged(enum event_type t);
/* The nearest name of such a type, or NULL. */
const char *schema_nearest_type(const char *name);
/* Child of that name, or NULL. */
const struct schema_node *schema_child(const struct schema_node *n, struct span name);
/* Nearest child name for a suggestion, or NULL. */
const char *schema_nearest(const struct schema_node *n, const char *name);

#endif
