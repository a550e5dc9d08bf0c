/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/db_pg_wire.h"

#include <stdio.h>

#define TEXT_MAX (256u << 20)

static void put_text(struct wire *w, size_t i, struct span v, bool any)
{
    if (!any && !(v.n && memchr(v.p, 0, v.n))) {
        w->value[i] = v.n ? (const char *)v.p : "";
        w->length[i] = (int)v.n;
        w->format[i] = 1;
        return;
    }
    w->at[i] = w->text.n + 1;
    for (size_t k = 0; k < v.n; k++) {
        if (v.p[k])
            writer_u8(&w->text, v.p[k]);
        else
            writer_str(&w->text, "\xef\xbf\xbd");
    }
    w->length[i] = (int)(w->text.n + 1 - w->at[i]);
    w->format[i] = any ? 0 : 1;
    writer_u8(&w->text, 0);
}

int wire_put(struct wire *w, const struct db_value *values, size_t n, bool any)
{
    memset(w, 0, sizeof(*w));
    writer_init(&w->text, TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct db_value *v = &values[i];
        switch (v->letter) {
        case 'i':
            for (int k = 0; k < 8; k++)
                w->number[i][k] = (uint8_t)((uint64_t)v->i >> (56 - 8 * k));
            w->value[i] = (const char *)w->number[i];
            w->length[i] = 8;
            w->format[i] = 1;
            break;
        case 'd':
            snprintf(w->real[i], sizeof(w->real[i]), "%.17g", v->d);
            w->value[i] = w->real[i];
            break;
        case 'b':
            w->value[i] = v->v.n ? (const char *)v->v.p : "";
            w->length[i] = (int)v->v.n;
            w->format[i] = 1;
            break;
        case 't':
            put_text(w, i, v->v, any);
            break;
        default:
            break; /* NULL */
        }
    }
    for (size_t i = 0; i < n; i++)
        if (w->at[i])
            w->value[i] = (const char *)w->text.p + w->at[i] - 1;
    return writer_ok(&w->text) ? 0 : ST_NOMEM;
}

void wire_done(struct wire *w)
{
    writer_done(&w->text);
}
