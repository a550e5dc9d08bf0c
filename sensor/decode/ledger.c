/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ledger.h"

#include <string.h>

static const char *const names[LEDGER_ROWS] = {"packets", "segments", "flows", "documents", "events"};

const char *ledger_row_name(enum ledger_row row)
{
    return (size_t)row < LEDGER_ROWS ? names[row] : "";
}

void ledger_init(struct ledger *l)
{
    memset(l, 0, sizeof(*l));
}

void ledger_set(struct ledger *l, enum ledger_row row, uint64_t in, uint64_t out)
{
    l->rows[row].in = in;
    l->rows[row].out = out;
}

void ledger_add(struct ledger *l, enum ledger_row row, uint64_t in, uint64_t out)
{
    l->rows[row].in += in;
    l->rows[row].out += out;
}

void ledger_lost(struct ledger *l, enum ledger_row row, const char *reason, uint64_t n)
{
    if (!n)
        return;
    for (size_t i = 0; i < l->rows[row].n_lost; i++)
        if (!strcmp(l->rows[row].lost[i].reason, reason)) {
            l->rows[row].lost[i].n += n;
            return;
        }
    gh_check(l->rows[row].n_lost < LEDGER_REASONS);
    l->rows[row].lost[l->rows[row].n_lost].reason = reason;
    l->rows[row].lost[l->rows[row].n_lost++].n = n;
}

static uint64_t accounted(const struct ledger *l, size_t row)
{
    uint64_t sum = l->rows[row].out;

    for (size_t i = 0; i < l->rows[row].n_lost; i++)
        sum += l->rows[row].lost[i].n;
    return sum;
}

bool ledger_balanced(const struct ledger *l)
{
    for (size_t r = 0; r < LEDGER_ROWS; r++)
        if (l->rows[r].in != accounted(l, r))
            return false;
    return true;
}

bool ledger_close(struct ledger *l)
{
    bool good = true;

    for (size_t r = 0; r < LEDGER_ROWS; r++) {
        uint64_t sum = accounted(l, r);
        if (l->rows[r].in == sum)
            continue;
        good = false;
        if (l->rows[r].in > sum)
            ledger_lost(l, (enum ledger_row)r, "unaccounted", l->rows[r].in - sum);
        else
            l->rows[r].in = sum; /* more came out than went in: the entrance missed some */
    }
    return good;
}

void ledger_write(const struct ledger *l, struct jw *j)
{
    jw_obj(j);
    for (size_t r = 0; r < LEDGER_ROWS; r++) {
        jw_kobj(j, names[r]);
        jw_ku64(j, "in", l->rows[r].in);
        jw_ku64(j, "out", l->rows[r].out);
        jw_kobj(j, "lost");
        for (size_t i = 0; i < l->rows[r].n_lost; i++)
            jw_ku64(j, l->rows[r].lost[i].reason, l->rows[r].lost[i].n);
        jw_end_obj(j);
        if (r == LEDGER_FLOWS && l->pushed_out)
            jw_ku64(j, "pushed_out", l->pushed_out);
        jw_end_obj(j);
    }
    jw_end_obj(j);
}
