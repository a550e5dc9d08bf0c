/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/enrol.h"
#include "base/arena.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "console/store/appliances.h"
#include "console/store/facts.h"
#include "console/store/regions.h"

#include <stdio.h>

#define KEY_TEXT BASE64_SIZE(SEAL_PUBLIC)

static bool read_key(const struct json *j, uint8_t out[static SEAL_PUBLIC])
{
    static const uint8_t zeros[SEAL_PUBLIC];
    return j && j->type == JSON_STRING && base64_decode(j->s, out, SEAL_PUBLIC) &&
           memcmp(out, zeros, SEAL_PUBLIC) != 0;
}

bool enrol_name_is_good(struct span name)
{
    size_t pos = 0;

    if (!name.n || name.n >= ENROL_NAME || !text_is_utf8(name))
        return false;
    while (pos < name.n)
        if (text_next(name, &pos) < ' ')
            return false;
    return true;
}

static bool read_succession(const struct json *j, struct enrol_request *r)
{
    const struct json *id = json_get(j, "follows"), *word = json_get(j, "word");

    r->follows = id->type == JSON_STRING && facts_hex(id->s, r->old_id, SEAL_ID) && word && word->type == JSON_STRING &&
                 base64_decode(word->s, r->word, SEAL_SIGNATURE);
    return r->follows;
}

static bool read_invited(const struct json *v, struct enrol_request *r)
{
    struct span t = v->type == JSON_STRING ? v->s : (struct span){NULL, 0};
    size_t n = t.n / 4 * 3;

    for (size_t i = t.n; i > 0 && n && t.n - i < 2 && t.p[i - 1] == '='; i--)
        n--;
    r->n_invited = n;
    return n && n <= sizeof(r->invited) && base64_decode(t, r->invited, n);
}

int enrol_read(struct span text, struct enrol_request *ret, const char **ret_why)
{
    struct arena *a = arena_new(1 << 20);
    struct enrol_request r = {.name = ""};
    const struct json *name;
    struct json *j = NULL;
    int rc = a ? json_parse(a, text, 8, &j, NULL) : ST_NOMEM;

    *ret_why = "it is no JSON";
    if (!rc && strcmp(json_cstr(json_get(j, "gatehouse"), ""), "enrol-request-v1") != 0) {
        *ret_why = "it is no enrolment request (\"gatehouse\":\"enrol-request-v1\")";
        rc = ST_MALFORMED;
    }
    name = json_get(j, "name");
    if (!rc && (!name || name->type != JSON_STRING || !enrol_name_is_good(name->s))) {
        *ret_why = "its name is missing, too long or not text";
        rc = ST_MALFORMED;
    }
    if (!rc && (!read_key(json_get(j, "sign"), r.keys.sign) || !read_key(json_get(j, "box"), r.keys.box))) {
        *ret_why = "its keys are missing or damaged";
        rc = ST_MALFORMED;
    }
    r.region = !strcmp(json_cstr(json_get(j, "kind"), ""), "region");
    if (!rc && json_get(j, "kind") && !r.region) {
        *ret_why = "its kind is another than \"region\"";
        rc = ST_MALFORMED;
    }
    if (!rc && json_get(j, "follows") && !read_succession(j, &r)) {
        *ret_why = "what it says of its keys before is damaged";
        rc = ST_MALFORMED;
    }
    if (!rc && json_get(j, "invitation") && !read_invited(json_get(j, "invitation"), &r)) {
        *ret_why = "its invitation is damaged";
        rc = ST_MALFORMED;
    }
    if (!rc) {
        memcpy(r.name, name->s.p, name->s.n);
        *ret = r;
    }
    arena_free(a);
    return rc;
}

int enrol_take(struct db *d, const struct enrol_request *r)
{
    int rc = r->follows ? appliance_succeed(d, r->old_id, r->word, &r->keys, r->name) : appliance_enrol(d, &r->keys, r->name);

    return !rc && r->region ? origin_enrol(d, &r->keys) : rc;
}

static void put_key(struct jw *j, const char *key, const uint8_t *bytes)
{
    char text[KEY_TEXT];
    jw_kcstr(j, key, base64_encode(bytes, SEAL_PUBLIC, text, sizeof(text)));
}

int enrol_write(const struct enrol_request *r, const struct enrol_answer *a, struct writer *out, char *phrase,
                size_t cap)
{
    uint8_t id[SEAL_ID];
    struct jw j;

    seal_id(&r->keys, id);
    seal_phrase(&r->keys, &a->console, phrase, cap);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-answer-v1");
    jw_kcstr(&j, "console_url", a->url);
    jw_kcstr(&j, "tls_pin_sha256", a->pin);
    put_key(&j, "console_sign", a->console.sign);
    put_key(&j, "console_box", a->console.box);
    put_key(&j, "committee_sign", a->committee.sign);
    put_key(&j, "committee_box", a->committee.box);
    jw_khex(&j, "appliance", id, sizeof(id));
    jw_kcstr(&j, "phrase", phrase);
    jw_end_obj(&j);
    writer_u8(out, '\n');
    return writer_ok(out) ? 0 : ST_LIMIT;
}
