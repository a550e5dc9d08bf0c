/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/upward/policy.h"
#include "base/event.h"
#include "base/text.h"
#include "console/state.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define PACK_MAX (8u << 20)
#define FILE_MOST (1u << 20)
#define LINES_MAX (40u << 20)
#define ANSWER_MAX (8u << 20)
#define ASK_MS 20000
#define DEPTH 8
#define ARENA (64u << 20)
#define BUNDLE "up" /* its name in the pack */

static void put_file(struct jw *j, const char *dir, const char *below, const char *name)
{
    char path[2 * CONF_TEXT], key[CONF_TEXT];
    struct writer w;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s%s", dir, below, name) >= sizeof(path) ||
        (size_t)snprintf(key, sizeof(key), BUNDLE "/%s%s", below, name) >= sizeof(key))
        return;
    writer_init(&w, FILE_MOST);
    if (state_read(path, &w) == 0 && text_is_utf8(writer_span(&w))) {
        jw_key_span(j, span_str(key));
        jw_str(j, writer_span(&w));
    }
    writer_done(&w);
}

static bool wanted(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && ((n > 4 && !strcmp(name + n - 4, ".lua")) || (n > 5 && !strcmp(name + n - 5, ".json")) ||
                              (n > 4 && !strcmp(name + n - 4, ".csv")) || (n > 4 && !strcmp(name + n - 4, ".txt")));
}

static void put_folder(struct jw *j, const char *dir, const char *below)
{
    char path[2 * CONF_TEXT];
    const struct dirent *e;
    DIR *d;

    snprintf(path, sizeof(path), "%s/%s", dir, below);
    d = opendir(path);
    while (d && (e = readdir(d)))
        if (wanted(e->d_name))
            put_file(j, dir, below, e->d_name);
    if (d)
        closedir(d);
}

void upward_policy_read(struct upward_policy *p, const struct conf *c, const char *installed)
{
    char manifest[2 * CONF_TEXT];
    struct jw j;

    *p = (struct upward_policy){.session = 0};
    snprintf(p->dir, sizeof(p->dir), "%s", *c->console_parent_policy ? c->console_parent_policy : installed);
    writer_init(&p->pack, PACK_MAX);
    snprintf(manifest, sizeof(manifest), "%s/bundle.json", p->dir);
    if (access(manifest, R_OK) != 0) {
        snprintf(p->trouble, sizeof(p->trouble), "%.200s is no policy that can be read (console.parent_policy)", p->dir);
        return;
    }
    jw_init(&j, &p->pack);
    jw_obj(&j);
    jw_kobj(&j, "files");
    put_folder(&j, p->dir, "");
    put_folder(&j, p->dir, "lists/");
    jw_end_obj(&j);
    jw_end_obj(&j);
    if (writer_ok(&p->pack))
        return;
    writer_clear(&p->pack);
    snprintf(p->trouble, sizeof(p->trouble), "%.200s is larger than %u MiB", p->dir, PACK_MAX >> 20);
}

void upward_policy_done(struct upward_policy *p)
{
    writer_done(&p->pack);
}

/* The answer's tree in the arena; NULL with the trouble noted. */
static const struct json *ask(struct upward_policy *p, struct helpers *h, struct arena *a, const char *question,
                              struct span pack)
{
    struct helpers_answer answer = {.fd = -1};
    int fd = msg_memfd("forward", pack);
    struct span mapped = {NULL, 0}, text;
    struct json *j = NULL;
    char *copy;
    int rc = fd < 0 ? fd : helpers_wait(h, ROLE_WORKBENCH, span_str(question), fd, ASK_MS, &answer);

    if (rc) {
        p->session = 0;
        snprintf(p->trouble, sizeof(p->trouble), "gh-workbench, which tries the policy: %s", status_text(rc));
        return NULL;
    }
    text = writer_span(&answer.json);
    if (answer.fd >= 0 && msg_map(answer.fd, ANSWER_MAX, &mapped) == 0)
        text = mapped;
    copy = arena_dup(a, text.p, text.n);
    if (!copy || json_parse(a, span_of(copy, text.n), DEPTH, &j, NULL) != 0)
        snprintf(p->trouble, sizeof(p->trouble), "gh-workbench answered with something that cannot be read");
    else if (answer.state != ASK_DONE)
        snprintf(p->trouble, sizeof(p->trouble), "%.300s", json_cstr(json_get(j, "error"), "gh-workbench could not answer"));
    if (mapped.p)
        msg_unmap(mapped);
    if (answer.fd >= 0)
        close(answer.fd);
    writer_done(&answer.json);
    if (answer.state == ASK_DONE && j)
        return j;
    p->session = 0;
    return NULL;
}

bool upward_policy_open(struct upward_policy *p, struct helpers *h)
{
    struct arena *a;
    const struct json *j, *fault;
    const char *otherwise;

    if (p->session || !p->pack.n)
        return p->session != 0;
    a = arena_new(ARENA);
    j = a ? ask(p, h, a, "{\"op\":\"open\",\"new\":\"" BUNDLE "\",\"old\":null}", writer_span(&p->pack)) : NULL;
    fault = json_get(j, "faults") ? json_get(j, "faults")->child : NULL;
    if (j && !json_i64(json_get(j, "session"), 0))
        snprintf(p->trouble, sizeof(p->trouble), "%.100s/%.60s:%lld: %.140s", p->dir, json_cstr(json_get(fault, "file"), ""),
                 (long long)json_i64(json_get(fault, "line"), 0), json_cstr(json_get(fault, "text"), "it cannot be loaded"));
    else if (j && !json_bool(json_get(j, "forwarding"), false))
        snprintf(p->trouble, sizeof(p->trouble), "%.200s/bundle.json: its purpose is not forwarding", p->dir);
    else if (j)
        p->session = json_i64(json_get(j, "session"), 0);
    if (p->session) {
        otherwise = json_cstr(json_get(j, "otherwise"), "");
        p->whole = !strcmp(otherwise, "forward");
        p->redacted = !strcmp(otherwise, "redact");
        p->types = 0;
        json_each(t, json_get(j, "judges"))
        {
            enum event_type type;
            if (t->type == JSON_STRING && event_type_parse(t->s, &type))
                p->types |= 1ull << type;
        }
        snprintf(p->name, sizeof(p->name), "%.63s@%.31s", json_cstr(json_get(j, "name"), ""), json_cstr(json_get(j, "version"), ""));
        p->trouble[0] = 0;
    }
    arena_free(a);
    return p->session != 0;
}

bool upward_judges(const struct upward_policy *p, uint8_t type)
{
    return type < EVENT_TYPE_COUNT && (p->types >> type & 1);
}

enum forward_kind upward_otherwise(const struct upward_policy *p)
{
    return p->whole ? FORWARD_GONE_UP : p->redacted ? FORWARD_GONE_UP_REDACTED : FORWARD_FILTERED;
}

static void put_line(struct writer *w, const struct upward_event *e)
{
    size_t at;

    writer_printf(w, "%lld ", (long long)e->row);
    at = w->n;
    writer_put(w, e->text);
    for (size_t i = at; writer_ok(w) && i < w->n; i++)
        if (w->p[i] == '\n' || w->p[i] == '\r') /* white space: inside of a text it would be escaped */
            w->p[i] = ' ';
    writer_u8(w, '\n');
}

/* The answers stand in the order of the lines. */
static size_t take(struct arena *a, const struct json *j, struct upward_event *v, size_t n)
{
    size_t i = 0;

    json_each(d, json_get(j, "decided"))
    {
        const char *action = json_cstr(json_get(d, "action"), "");
        const char *rule = json_cstr(json_get(d, "rule"), "");
        char *copy = arena_dup(a, rule, strlen(rule));
        if (i == n || !copy || json_i64(json_get(d, "event"), -1) != v[i].row)
            return 0;
        v[i].to = !strcmp(action, "forward")  ? FORWARD_GONE_UP
                  : !strcmp(action, "redact") ? FORWARD_GONE_UP_REDACTED
                                              : FORWARD_FILTERED;
        v[i++].rule = span_str(copy);
    }
    return i;
}

bool upward_decide(struct upward_policy *p, struct helpers *h, struct arena *a, struct upward_event *v, size_t n)
{
    char question[96];
    size_t done = 0;

    while (done < n) {
        struct writer lines;
        const struct json *j;
        size_t taken;
        writer_init(&lines, LINES_MAX);
        for (size_t i = done; i < n; i++)
            put_line(&lines, &v[i]);
        snprintf(question, sizeof(question), "{\"op\":\"forward\",\"session\":%lld}", (long long)p->session);
        j = writer_ok(&lines) ? ask(p, h, a, question, writer_span(&lines)) : NULL;
        writer_done(&lines);
        taken = j ? take(a, j, v + done, n - done) : 0;
        if (!taken) {
            if (j)
                snprintf(p->trouble, sizeof(p->trouble), "gh-workbench answered about other events than it was asked");
            p->session = 0;
            return false;
        }
        done += taken;
    }
    return true;
}
