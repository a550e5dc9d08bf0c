/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/fleet.h"
#include "console/api/letters.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/parent.h"
#include "base/text.h"
#include "console/api/once.h"
#include "console/invite.h"
#include "console/store/appliances.h"
#include "console/store/fleet.h"
#include "console/store/regions.h"

#include <stdio.h>

void api_fleet(struct worker *w, struct request *r)
{
    struct letters_state broker;
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = fleet_list(w->db, &r->who.sight, (int64_t)clock_wall_us(), &j);
    letters_state(w->app->letters, &broker);
    if (broker.wanted) {
        jw_key(&j, "broker");
        jw_obj(&j);
        letters_state_put(&broker, &j);
        jw_end_obj(&j);
    }
    reply_object_end(r, &j, rc);
}

void api_parent(struct worker *w, struct request *r)
{
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kcstr(&j, "region", parent_region(w->app->conf));
    rc = forward_put(w->db, &j);
    reply_object_end(r, &j, rc);
}

/* The appliance of the path, when the person may see it. */
static bool find(struct worker *w, struct request *r, char *name, size_t cap, char identity[static 33])
{
    int rc = sight_sees_appliance(w->db, &r->who.sight, r->id);

    rc = rc == 1 ? fleet_name(w->db, r->id, name, cap, identity) : rc == 0 ? ST_NOT_FOUND : rc;
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such appliance.");
    else if (rc)
        app_fail(r, rc);
    return !rc;
}

static bool degrees(struct request *r, const char *name, double most, bool *ret_there, double *ret)
{
    const struct json *v = json_get(r->json, name);

    *ret_there = v && v->type == JSON_NUMBER;
    if (*ret_there)
        *ret = v->d;
    if (!v || v->type == JSON_NULL || (*ret_there && *ret >= -most && *ret <= most))
        return true;
    reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' is a number of degrees from -%.0f to %.0f, or null.", name,
                      most, most);
    return false;
}

static bool read_site(struct request *r, struct fleet_site *s)
{
    static const char *const names[] = {"profile", "expect_s", "lat", "lon", "place"};
    struct span profile = {NULL, 0}, place = {NULL, 0};
    const struct json *expect = json_get(r->json, "expect_s");
    bool lat, lon;
    int number;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "profile", 16, true, &profile) ||
        !body_text(r, "place", FLEET_PLACE, false, &place) || !degrees(r, "lat", 90, &lat, &s->lat) ||
        !degrees(r, "lon", 180, &lon, &s->lon))
        return false;
    number = fleet_profile_number(profile);
    if (number < 0 || lat != lon) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          number < 0 ? "'profile' is office, post or ship." : "'lat' and 'lon' go together.");
        return false;
    }
    s->profile = (enum fleet_profile)number;
    s->expect_s = json_i64(expect, fleet_profile_expect[number]);
    if (s->expect_s < FLEET_EXPECT_MIN || s->expect_s > FLEET_EXPECT_MAX) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'expect_s' is a number of seconds from %d to %d.",
                          FLEET_EXPECT_MIN, FLEET_EXPECT_MAX);
        return false;
    }
    s->placed = lat;
    if (memchr(place.p ? (const void *)place.p : "", 0, place.n)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'place' has a NUL character.");
        return false;
    }
    snprintf(s->place, sizeof(s->place), "%.*s", (int)place.n, place.n ? (const char *)place.p : "");
    return true;
}

static void reply_done(struct request *r)
{
    struct jw j;

    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kbool(&j, "done", true);
    jw_end_obj(&j);
    reply_json_end(r);
}

void api_fleet_site(struct worker *w, struct request *r)
{
    struct fleet_site site = {.placed = false};
    char name[256], identity[33];
    struct db *d;
    int rc;

    if (!find(w, r, name, sizeof(name), identity) || !read_site(r, &site) || !once_begin(w, r, &d))
        return;
    rc = fleet_site_set(d, r->id, &site);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "appliance_placed", name,
                          fleet_profile_names[site.profile]);
    reply_done(r);
    (void)once_end(w, r, d, rc);
}

void api_fleet_retire(struct worker *w, struct request *r)
{
    static const char *const names[] = {"name"};
    char name[256], identity[33];
    struct span typed = {NULL, 0};
    struct db *d;
    int rc;

    if (!find(w, r, name, sizeof(name), identity) || !body_fields(r, names, 1) ||
        !body_text(r, "name", 255, true, &typed))
        return;
    if (!span_eq(typed, span_str(name))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'name' is not the name of this appliance.");
        return;
    }
    if (!once_begin(w, r, &d))
        return;
    rc = appliance_retire(d, identity);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "appliance_retired", name, NULL);
    reply_done(r);
    (void)once_end(w, r, d, rc);
}

/* The request in the body, and its words. */
static bool read_request(struct worker *w, struct request *r, struct enrol_request *q, char *phrase,
                         size_t cap)
{
    const struct json *v = json_get(r->json, "request");
    const char *why = "it is missing";

    if (!v || v->type != JSON_OBJECT || enrol_read(v->raw, q, &why) != 0) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'request' is the file that 'gatehouse enrol request' wrote: %s.", why);
        return false;
    }
    seal_phrase(&q->keys, seal_keys_public(w->app->keys), phrase, cap);
    return true;
}

/* Is it known already? Then approving gives it the new name, and makes it active again. */
static int known_as(struct db *d, const struct enrol_request *q, char identity[static 33], char *name,
                    size_t cap)
{
    uint8_t id[SEAL_ID];
    int64_t row;
    int rc;

    seal_id(&q->keys, id);
    digest_hex(id, sizeof(id), identity);
    *name = 0;
    rc = appliance_find(d, span_str(identity), &row);
    if (!rc)
        rc = fleet_name(d, row, name, cap, identity);
    return rc == ST_NOT_FOUND ? 0 : rc;
}

void api_enrol_look(struct worker *w, struct request *r)
{
    static const char *const names[] = {"request"};
    char phrase[128], known[256], identity[33];
    struct enrol_request q;
    struct jw j;
    int rc;

    if (!body_fields(r, names, 1) || !read_request(w, r, &q, phrase, sizeof(phrase)))
        return;
    rc = known_as(w->db, &q, identity, known, sizeof(known));
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kcstr(&j, "name", q.name);
    jw_kcstr(&j, "id", identity);
    jw_kcstr(&j, "phrase", phrase);
    jw_ktext(&j, "known_as", span_str(known));
    jw_kcstr(&j, "url", w->app->url);
    reply_object_end(r, &j, rc);
}

bool fleet_url(struct worker *w, struct request *r, char url[static FLEET_URL])
{
    struct span v = {NULL, 0};
    size_t n;

    if (!body_text(r, "url", FLEET_URL - 2, false, &v))
        return false;
    snprintf(url, FLEET_URL, "%.*s", (int)(v.n ? v.n : strlen(w->app->url)),
             v.n ? (const char *)v.p : w->app->url);
    n = strlen(url);
    if (n && url[n - 1] == '/')
        url[--n] = 0;
    for (size_t i = 0; i < n; i++)
        if (url[i] <= ' ' || url[i] == '"' || url[i] == '\\' || url[i] >= 0x7f || url[i] == '@')
            n = 0;
    if (n > 8 && !strncmp(url, "https://", 8))
        return true;
    reply_problem_say(r, PROBLEM_BAD_FIELD,
                      "'url' begins with https:// and is the console's address as the appliance sees it.");
    return false;
}

void api_enrol_approve(struct worker *w, struct request *r)
{
    static const char *const names[] = {"request", "phrase", "url"};
    char phrase[128], url[FLEET_URL];
    struct enrol_request q;
    struct span typed = {NULL, 0};
    struct writer answer;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)) || !read_request(w, r, &q, phrase, sizeof(phrase)) ||
        !fleet_url(w, r, url) || !body_text(r, "phrase", sizeof(phrase) - 1, true, &typed))
        return;
    if (!span_eq(typed, span_str(phrase))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'phrase' is not that of this request: it may have been exchanged on its way.");
        return;
    }
    const struct enrol_answer a = {.url = url,
                                   .pin = w->app->pin,
                                   .console = *seal_keys_public(w->app->keys),
                                   .committee = *w->app->committee};
    writer_init(&answer, ENROL_FILE_MAX);
    rc = enrol_write(&q, &a, &answer, phrase, sizeof(phrase));
    if (rc)
        app_fail(r, rc);
    if (!rc && once_begin(w, r, &d)) {
        rc = invite_enrol(d, w->app->keys, &q, r->who.name, r->address);
        if (rc == ST_DENIED || (q.follows && (rc == ST_NOT_FOUND || rc == ST_BAD_SIGNATURE))) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "'request' %s.",
                              rc == ST_DENIED      ? "has an invitation that is none of this console's, is over or was used"
                              : rc == ST_NOT_FOUND ? "follows keys that no active appliance had"
                                                   : "was not signed with the keys before");
            (void)once_end(w, r, d, 0);
            writer_done(&answer);
            return;
        }
        if (!rc)
            rc = audit_append(d, r->who.name, r->address, q.follows ? "appliance_rekeyed" : q.region ? "region_enrolled" : "appliance_enrolled", q.name, phrase);
        reply_json(r, 200, &j);
        jw_obj(&j);
        jw_kcstr(&j, "name", q.name);
        jw_kcstr(&j, "phrase", phrase);
        jw_kraw(&j, "answer", span_trim(writer_span(&answer)));
        jw_end_obj(&j);
        reply_json_end(r);
        (void)once_end(w, r, d, rc);
    }
    writer_done(&answer);
}
