/* SPDX-License-Identifier: GPL-3.0-or-later
 * The desk: whose letters are taken, how many, and what is found there again. */
#include "console/nats/desk.h"
#include "tests/check.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct broker_msg *letter(const char *subject, bool stored)
{
    struct broker_msg *m = calloc(1, sizeof(*m));

    CHECK(m != NULL);
    snprintf(m->subject, sizeof(m->subject), "%s", subject);
    m->delivered = stored;
    return m;
}

static void test_from(void)
{
    static const struct {
        const char *subject;
        bool good;
    } rows[] = {
        {"gatehouse.batch." ID, true}, {"a.b.c.ask." ID, true}, {"", false}, {ID, false}, {"." ID, true}, {"x" ID, false},
        {"gatehouse.batch.nobody", false}, {"gatehouse.batch." ID "0", false}, {"gatehouse.batch.0123456789ABCDEF0123456789abcdef", false},
        {"gatehouse.batch.0123456789abcdef0123456789abcde", false}, {"gatehouse.batch.0123456789abcdef.123456789abcdef", false},
    };
    char from[DESK_ID + 1];

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].subject);
        CHECK(desk_from(rows[i].subject, from) == rows[i].good);
        if (rows[i].good)
            CHECK_STR(from, ID);
    }
}

int main(void)
{
    static struct desk d;
    struct broker_msg *m = letter("x.batch." ID, true), *none = letter("x.batch.nobody", true);
    struct desk_letter *l;
    size_t asks = 0;

    test_from();
    check_row("a letter");
    CHECK((l = desk_put(&d, &m, 1000)) != NULL && !m && d.stored == 1 && d.asks == 0);
    CHECK(l && l->id == 1 && desk_find(&d, 1) == l && !desk_find(&d, 2) && !desk_find(&d, 0));
    CHECK(!desk_put(&d, &none, 1000) && none && d.stored == 1);
    broker_msg_free(none);
    check_row("questions are bounded, and leave room for the stream's");
    do {
        m = letter("x.ask." ID, false);
        asks++;
    } while (desk_put(&d, &m, 2000));
    broker_msg_free(m);
    CHECK_U64(asks, DESK_ASKS + 1);
    m = letter("x.batch." ID, true);
    CHECK((l = desk_put(&d, &m, 3000)) != NULL && d.stored == 2 && d.asks == DESK_ASKS);
    check_row("the old go first");
    CHECK(!desk_old(&d, 1000 + DESK_OLD_MS));
    CHECK((l = desk_old(&d, 1001 + DESK_OLD_MS)) != NULL && l->id == 1);
    desk_drop(&d, l);
    CHECK(!desk_find(&d, 1) && !desk_old(&d, 1001 + DESK_OLD_MS) && d.stored == 1);
    check_row("all of them");
    while ((l = desk_any(&d)) != NULL)
        desk_drop(&d, l);
    CHECK(d.stored == 0 && d.asks == 0);
    return check_end();
}
