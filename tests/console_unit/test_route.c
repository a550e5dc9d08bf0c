/* SPDX-License-Identifier: GPL-3.0-or-later
 * The table of routes: what it finds, what it does not, and that no row is out of reach. */
#include "console/api/app.h"
#include "tests/check.h"

static const struct {
    const char *name;
    enum http_method method;
    const char *path;
    const char *want; /* the row's path; NULL: none */
    int64_t id;
    bool other; /* another method would fit */
} rows[] = {
    {"list", HTTP_GET, "/api/v1/alerts", "/api/v1/alerts", 0, false},
    {"HEAD is GET", HTTP_HEAD, "/api/v1/alerts", "/api/v1/alerts", 0, false},
    {"one", HTTP_GET, "/api/v1/alerts/41", "/api/v1/alerts/{id}", 41, false},
    {"largest", HTTP_GET, "/api/v1/alerts/9223372036854775807", "/api/v1/alerts/{id}", INT64_MAX, false},
    {"too large", HTTP_GET, "/api/v1/alerts/9223372036854775808", NULL, 0, false},
    {"step", HTTP_POST, "/api/v1/alerts/41/actions", "/api/v1/alerts/{id}/actions", 41, false},
    {"many", HTTP_POST, "/api/v1/alerts/actions", "/api/v1/alerts/actions", 0, false},
    {"other method", HTTP_DELETE, "/api/v1/alerts", NULL, 0, true},
    {"GET on a POST", HTTP_GET, "/api/v1/intake", NULL, 0, true},
    {"slash behind", HTTP_GET, "/api/v1/alerts/", NULL, 0, false},
    {"two slashes", HTTP_GET, "/api/v1//alerts", NULL, 0, false},
    {"no number", HTTP_GET, "/api/v1/alerts/4x", NULL, 0, false},
    {"empty number", HTTP_POST, "/api/v1/alerts//actions", NULL, 0, false},
    {"negative", HTTP_GET, "/api/v1/alerts/-1", NULL, 0, false},
    {"longer", HTTP_GET, "/api/v1/alerts/1/2", NULL, 0, false},
    {"shorter", HTTP_GET, "/api/v1", NULL, 0, false},
    {"empty", HTTP_GET, "", NULL, 0, false},
    {"escape", HTTP_GET, "/api/v1/%61lerts", NULL, 0, false},
    {"letter case", HTTP_GET, "/API/v1/alerts", NULL, 0, false},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        int64_t id = 0;
        bool other;
        const struct route *r =
            route_find(routes, route_count, rows[i].method, span_str(rows[i].path), &id, &other);
        check_row(rows[i].name);
        CHECK((r != NULL) == (rows[i].want != NULL));
        CHECK(!r || !rows[i].want || !strcmp(r->path, rows[i].want));
        CHECK(!r || id == rows[i].id);
        CHECK(other == rows[i].other);
    }
    for (size_t i = 0; i < route_count; i++) {
        int64_t id;
        bool other;
        check_row(routes[i].path);
        /* a row that stands behind one that takes its path would never be reached */
        if (!strstr(routes[i].path, "{id}"))
            CHECK(route_find(routes, route_count, routes[i].method, span_str(routes[i].path), &id, &other) ==
                  &routes[i]);
        CHECK((routes[i].method == HTTP_POST) == (routes[i].content_type != NULL));
        CHECK(routes[i].lane != LANE_DIRECT || routes[i].right == RIGHT_NONE);
    }
    return check_end();
}
