/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/compact.h"

void compact_json(struct jw *j, const struct json *v, bool without_text)
{
    bool skip_text = without_text && json_get(v, "read");

    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY) {
        jw_raw(j, v->raw); /* a scalar has no blanks outside its quotes and no line end inside them */
        return;
    }
    if (v->type == JSON_OBJECT)
        jw_obj(j);
    else
        jw_arr(j);
    json_each(m, v)
    {
        if (v->type == JSON_OBJECT) {
            if (skip_text && span_eq(m->key, span_str("text")))
                continue;
            jw_key_span(j, m->key);
        }
        compact_json(j, m, without_text);
    }
    if (v->type == JSON_OBJECT)
        jw_end_obj(j);
    else
        jw_end_arr(j);
}

bool compact_repeated(const struct json *object, const struct json *m)
{
    json_each(earlier, object)
    {
        if (earlier == m)
            return false;
        if (span_eq(earlier->key, m->key))
            return true;
    }
    return false;
}
