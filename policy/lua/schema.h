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
    X("transfer.user", FIELD_STR, "account, where the protocol shows it",                                    \
      "tài khoản, nếu giao thức cho thấy")                                                                   \
    X("transfer.from", FIELD_STR, "sender's mail address, bare and in small letters",                        \
      "địa chỉ thư người gửi, chữ thường")                                                                   \
    X("transfer.to", FIELD_ARR, "recipients' mail addresses, from envelope and header",                      \
      "địa chỉ thư người nhận, từ phong bì và tiêu đề thư")                                                  \
    X("transfer.subject", FIELD_STR, "subject of the mail", "tiêu đề thư")                                   \
    X("transfer.url", FIELD_STR, "URL with its host", "URL đầy đủ")                                          \
    X("transfer.host", FIELD_STR, "name of the server that was asked for", "tên máy chủ được yêu cầu")       \
    X("transfer.share", FIELD_STR, "network share", "thư mục chia sẻ")                                       \
    X("transfer.path", FIELD_STR, "path of the file on the server", "đường dẫn tệp trên máy chủ")            \
    X("transfer.upload", FIELD_BOOL, "from the client to the server", "từ máy khách lên máy chủ")            \
    X("time.working", FIELD_BOOL, "within working hours (calendar)", "trong giờ làm việc (theo lịch)")

struct schema_node {
    const char *name;
    enum event_field_type type;
    bool derived;                     /* made by the engine, not by the event */
    const char *en, *vi;              /* NULL for a mere group */
    struct schema_node *child, *next; /* of an object, or of a list's elements */
    const struct schema_node *same;   /* takes its children from there (document, members[]) */
    uint64_t types;                   /* bit by EVENT_TYPE: the events that have it */
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
