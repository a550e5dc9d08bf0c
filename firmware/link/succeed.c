/* SPDX-License-Identifier: GPL-3.0-or-later
 * What enrolment left (console.json) follows when the console's keys or its certificate change, on the console's own word. */
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/succession.h"
#include "firmware/link/link.h"

#include <stdio.h>

#define CONSOLE_MAX 65536
#define DEPTH 8

struct change {
    const struct seal_public *next; /* NULL: the keys stay */
    const struct seal_public *own;
    const char *pin, *pin_next; /* "" : none */
};

/* console.json once more: what changes is written anew, what else it says stays. */
static void put(struct jw *j, const struct json *was, const struct change *c)
{
    static const char *const stay[] = {"gatehouse", "console_url", "committee_sign", "committee_box", "appliance"};
    char sign[BASE64_SIZE(SEAL_PUBLIC)], box[BASE64_SIZE(SEAL_PUBLIC)], phrase[256];

    jw_obj(j);
    for (size_t i = 0; i < GH_COUNT(stay); i++)
        if (json_get(was, stay[i]))
            jw_kraw(j, stay[i], json_get(was, stay[i])->raw);
    jw_kcstr(j, "tls_pin_sha256", c->pin);
    if (*c->pin_next)
        jw_kcstr(j, "tls_pin_next", c->pin_next);
    seal_phrase(c->own, c->next, phrase, sizeof(phrase));
    jw_kcstr(j, "console_sign", base64_encode(c->next->sign, SEAL_PUBLIC, sign, sizeof(sign)));
    jw_kcstr(j, "console_box", base64_encode(c->next->box, SEAL_PUBLIC, box, sizeof(box)));
    jw_kcstr(j, "phrase", phrase);
    jw_end_obj(j);
}

static int rewrite(const char *state_dir, const struct change *c)
{
    char path[CONF_TEXT + 32];
    struct arena *a = arena_new(1 << 20);
    struct json *was = NULL;
    struct writer in, out;
    struct jw j;
    int rc;

    snprintf(path, sizeof(path), "%s/console.json", state_dir);
    writer_init(&in, 2 * CONSOLE_MAX);
    writer_init(&out, CONSOLE_MAX);
    rc = a ? link_read_file(path, &in) : ST_NOMEM;
    if (!rc)
        rc = json_parse(a, writer_span(&in), DEPTH, &was, NULL);
    if (!rc) {
        jw_init(&j, &out);
        put(&j, was, c);
        writer_u8(&out, '\n');
        rc = writer_ok(&out) ? file_replace(path, writer_span(&out), 0640) : ST_LIMIT;
    }
    writer_done(&in);
    writer_done(&out);
    arena_free(a);
    return rc;
}

static int load_own(const char *state_dir, struct seal_public *ret)
{
    char path[CONF_TEXT + 32];

    snprintf(path, sizeof(path), "%s/appliance.pub", state_dir);
    return keyfile_load_public(path, ret, NULL, 0);
}

int link_succeed(const char *state_dir, struct span word)
{
    char pin[BASE64_SIZE(SUCCESSION_PIN)];
    struct link_console now;
    struct succession s;
    struct seal_public own;
    int rc = link_console_load(state_dir, &now);

    if (!rc)
        rc = load_own(state_dir, &own);
    if (!rc)
        rc = succession_read(word, &now.key, &s);
    if (rc)
        return rc;
    base64_encode(s.pin, sizeof(s.pin), pin, sizeof(pin));
    const struct change c = {&s.next, &own, now.pin, strcmp(pin, now.pin) ? pin : ""};
    return rewrite(state_dir, &c);
}

int link_new_certificate(const char *state_dir)
{
    struct link_console now;
    struct seal_public own;
    int rc = link_console_load(state_dir, &now);

    if (!rc && !*now.pin_next)
        return 0;
    if (!rc)
        rc = load_own(state_dir, &own);
    if (rc)
        return rc;
    const struct change c = {&now.key, &own, now.pin_next, ""};
    return rewrite(state_dir, &c);
}
