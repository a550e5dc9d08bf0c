/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/request.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *code;
    int status;
    const char *sentence;
} problems[] = {
    [PROBLEM_NONE] = {"none", 200, ""},
#define PROBLEM(name, code, status, sentence) [PROBLEM_##name] = {code, status, sentence},
#include "console/http/problem.def"
#undef PROBLEM
};
static const struct {
    int status;
    const char *title;
} titles[] = {{400, "Bad Request"},
              {401, "Unauthorized"},
              {403, "Forbidden"},
              {404, "Not Found"},
              {405, "Method Not Allowed"},
              {409, "Conflict"},
              {410, "Gone"},
              {411, "Length Required"},
              {413, "Content Too Large"},
              {415, "Unsupported Media Type"},
              {421, "Misdirected Request"},
              {422, "Unprocessable Content"},
              {429, "Too Many Requests"},
              {431, "Request Header Fields Too Large"},
              {500, "Internal Server Error"},
              {503, "Service Unavailable"},
              {505, "HTTP Version Not Supported"},
              {507, "Insufficient Storage"}};

struct request *request_new(void)
{
    struct request *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->arena = arena_new(REQUEST_ARENA);
    if (!r->arena) {
        free(r);
        return NULL;
    }
    r->fd = -1;
    writer_init(&r->body, 0);
    writer_init(&r->reply.body, REPLY_MAX);
    return r;
}

void request_free(struct request *r)
{
    if (!r)
        return;
    writer_done(&r->body);
    writer_done(&r->reply.body);
    arena_free(r->arena);
    free(r);
}

void request_set_address(struct request *r, const struct sockaddr *sa)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;

    if (sa && sa->sa_family == AF_INET6 && memcmp(&v6->sin6_addr, mapped, 12) != 0) {
        memcpy(r->address_key, &v6->sin6_addr, 8);
        inet_ntop(AF_INET6, &v6->sin6_addr, r->address, sizeof(r->address));
        r->local = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    } else if (sa) {
        memcpy(r->address_key, mapped, 12);
        memcpy(r->address_key + 12,
               sa->sa_family == AF_INET ? (const void *)&v4->sin_addr
                                        : (const void *)&v6->sin6_addr.s6_addr[12],
               4);
        inet_ntop(AF_INET, r->address_key + 12, r->address, sizeof(r->address));
        r->local = r->address_key[12] == 127;
    }
}

const char *problem_code(enum problem p)
{
    return (size_t)p < GH_COUNT(problems) ? problems[p].code : "internal";
}

int problem_status(enum problem p)
{
    return (size_t)p < GH_COUNT(problems) ? problems[p].status : 500;
}

const char *problem_text(enum problem p)
{
    return (size_t)p < GH_COUNT(problems) ? problems[p].sentence : "";
}

static void problem_write(struct request *r, enum problem p, const char *detail, const char *key,
                          uint64_t number, const char *text)
{
    const char *title = "Error";
    char type[96];
    struct jw j;

    for (size_t i = 0; i < GH_COUNT(titles); i++)
        if (titles[i].status == problem_status(p))
            title = titles[i].title;
    snprintf(type, sizeof(type), "urn:gatehouse:problem:%s", problem_code(p));
    r->reply.headers = 0; /* what was said before does not hold: no cookie, no cache */
    r->reply.cacheable = false;
    reply_json(r, problem_status(p), &j);
    r->reply.content_type = "application/problem+json";
    jw_obj(&j);
    jw_kcstr(&j, "type", type);
    jw_kcstr(&j, "title", title);
    jw_ku64(&j, "status", (uint64_t)problem_status(p));
    jw_kcstr(&j, "code", problem_code(p));
    jw_kcstr(&j, "detail", detail);
    if (key && text)
        jw_kcstr(&j, key, text);
    else if (key)
        jw_ku64(&j, key, number);
    jw_end_obj(&j);
}

void reply_problem(struct request *r, enum problem p)
{
    problem_write(r, p, problem_text(p), NULL, 0, NULL);
}

void reply_problem_say(struct request *r, enum problem p, const char *fmt, ...)
{
    char detail[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    problem_write(r, p, detail, NULL, 0, NULL);
}

void reply_problem_with(struct request *r, enum problem p, const char *key, uint64_t number, const char *text)
{
    problem_write(r, p, problem_text(p), key, number, text);
}

void reply_json(struct request *r, int status, struct jw *j)
{
    writer_clear(&r->reply.body);
    r->reply.fixed = (struct span){NULL, 0};
    r->reply.status = status;
    r->reply.content_type = "application/json";
    jw_init(j, &r->reply.body);
}

void reply_json_end(struct request *r)
{
    if (!writer_ok(&r->reply.body))
        reply_problem_say(r, PROBLEM_TOO_SLOW, "The answer is too large. Ask for fewer items.");
}

void reply_header(struct request *r, const char *name, const char *value)
{
    if (r->reply.headers < REPLY_HEADERS && value) {
        r->reply.header[r->reply.headers].name = name;
        r->reply.header[r->reply.headers++].value = value;
    }
}
