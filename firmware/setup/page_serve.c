/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/jail.h"
#include "base/writer.h"
#include "firmware/setup/page.h"
#include "firmware/setup/writer.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX 12288
#define NETWORKS 16

struct network {
    uint32_t address, mask;
};
struct server {
    int writer;
    bool enrolled;
    struct network nets[NETWORKS];
    size_t n_nets;
    char value[WRITER_FIELDS][ASK_TEXT]; /* what each field says at first, by writer_fields */
    char cards[ASK_TEXT];
};
/* One form that is coming in. */
struct form {
    struct MHD_PostProcessor *pp;
    struct writer field[WRITER_FIELDS + 1];
    size_t bytes;
};

static const struct {
    const char *name, *label;
} inputs[] = {
    {"code", "Mã trên màn hình hoặc trong nhật ký của máy / Code on the machine's screen or in its log"},
    {"name", "Tên đơn vị / Name of this post"},
    {"interface", "Thẻ nối cổng sao chép / Card on the mirror port"},
    {"management", "Các mạng được phép truy cập, ví dụ 10.1.0.0/24 / Networks that may reach it"},
    {"inside",
     "Các mạng của đơn vị; tài liệu đi tới mạng khác là đã ra ngoài / Networks of this house; what goes "
     "to any other has left it"},
    {"address", "Địa chỉ: dhcp, hoặc ĐỊA CHỈ/ĐỘ DÀI CỔNG RA, để trống: giữ nguyên / Address: dhcp, or "
                "ADDRESS/LENGTH GATEWAY, empty: as it is"},
    {"console", "Bảng điều khiển https://địa-chỉ:cổng / Console https://address:port"}};

static void add_network(struct server *v, const char *text)
{
    char word[64], *slash;
    struct in_addr a;
    long bits = 32;

    snprintf(word, sizeof(word), "%s", text);
    slash = strchr(word, '/');
    if (slash) {
        *slash = 0;
        bits = strtol(slash + 1, NULL, 10);
    }
    if (v->n_nets < NETWORKS && bits >= 0 && bits <= 32 && inet_pton(AF_INET, word, &a) == 1) {
        uint32_t mask = bits ? UINT32_MAX << (32 - bits) : 0;
        v->nets[v->n_nets++] = (struct network){ntohl(a.s_addr) & mask, mask};
    }
}

static enum MHD_Result allow(void *arg, const struct sockaddr *from, socklen_t n)
{
    const struct server *v = arg;
    struct sockaddr_in a;

    if (n < sizeof(a) || from->sa_family != AF_INET)
        return MHD_NO;
    memcpy(&a, from, sizeof(a));
    for (size_t i = 0; i < v->n_nets; i++)
        if ((ntohl(a.sin_addr.s_addr) & v->nets[i].mask) == v->nets[i].address)
            return MHD_YES;
    return MHD_NO;
}

static void put_escaped(struct writer *w, const char *s)
{
    for (; *s; s++)
        if (strchr("&<>\"'", *s))
            writer_printf(w, "&#%d;", *s);
        else
            writer_u8(w, (uint8_t)*s);
}

static enum MHD_Result send_page(struct MHD_Connection *c, unsigned status, struct writer *w)
{
    static const char *const headers[][2] = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Content-Security-Policy",
         "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}};
    struct MHD_Response *r = MHD_create_response_from_buffer(w->n, w->p, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result rc = r ? MHD_YES : MHD_NO;

    for (size_t i = 0; r && i < GH_COUNT(headers); i++)
        rc = rc && MHD_add_response_header(r, headers[i][0], headers[i][1]);
    if (r)
        rc = rc && MHD_queue_response(c, status, r);
    if (r)
        MHD_destroy_response(r);
    return rc;
}

static void put_head(struct writer *w)
{
    writer_str(w, "<!doctype html><meta charset=utf-8><meta name=viewport "
                  "content=\"width=device-width\"><title>Gatehouse</title><h1>Gatehouse</h1>\n");
}

static void put_answer_form(struct writer *w)
{
    writer_str(w, "<h2>2</h2><form method=post action=/enrol><p><label>Mã / Code<br><input name=code "
                  "required maxlength=16></label>"
                  "<p><label>Trả lời của tiểu ban (answer.json) / The subcommittee's answer<br><textarea "
                  "name=answer rows=8 cols=80 required></textarea></label>"
                  "<p><button>Ghi danh / Enrol</button></form>\n");
}

static void put_form(const struct server *v, struct writer *w)
{
    put_head(w);
    writer_str(w, "<h2>1</h2><form method=post action=/apply>\n");
    for (size_t i = 0; i < GH_COUNT(inputs); i++) {
        writer_printf(w, "<p><label>%s", inputs[i].label);
        if (!strcmp(inputs[i].name, "interface") && *v->cards) {
            writer_str(w, " (");
            put_escaped(w, v->cards);
            writer_u8(w, ')');
        }
        writer_printf(w, "<br><input name=%s size=60 maxlength=300 value=\"", inputs[i].name);
        put_escaped(w, v->value[i]);
        writer_str(w, "\"></label>\n");
    }
    writer_str(w, "<p><button>Ghi lại / Write</button></form>\n");
    put_answer_form(w);
}

/* The form to who may write, and what came of it. */
static enum MHD_Result finish(struct server *v, struct MHD_Connection *c, struct form *f, bool apply)
{
    static char says[WRITER_FRAME];
    const char *field[WRITER_FIELDS + 1] = {NULL};
    struct writer page;
    enum MHD_Result rc;
    bool done;
    size_t n = 0;

    writer_init(&page, 4 * WRITER_FRAME);
    for (size_t i = 0; i <= WRITER_FIELDS; i++)
        if (apply ? i < WRITER_FIELDS : i == 0 || i == WRITER_FIELDS)
            field[n++] = writer_cstr(&f->field[i]);
    done = writer_ask(v->writer, apply ? 'A' : 'E', field, says);
    v->enrolled = v->enrolled || (done && !apply);
    put_head(&page);
    if (!done) {
        writer_str(&page, "<p><b>Chưa được / not done</b>: ");
    } else if (apply) {
        writer_str(
            &page,
            "<p>Đã ghi. Gửi yêu cầu này cho tiểu ban / Written. Send this request to the subcommittee:");
    } else {
        writer_str(&page, "<p>Đọc sáu từ này cho tiểu ban qua điện thoại: hai bên phải thấy giống nhau / "
                          "Read the six words to the subcommittee by telephone:");
    }
    writer_str(&page, "<pre>");
    put_escaped(&page, says);
    writer_str(&page, "</pre>");
    if (done && apply)
        put_answer_form(&page);
    else if (!done)
        writer_str(&page, "<p><a href=/>&larr;</a>");
    rc = send_page(c, done ? MHD_HTTP_OK : MHD_HTTP_FORBIDDEN, &page);
    writer_done(&page);
    return rc;
}

static enum MHD_Result on_field(void *arg, enum MHD_ValueKind kind, const char *key, const char *filename,
                                const char *type, const char *encoding, const char *data, uint64_t off,
                                size_t size)
{
    struct form *f = arg;

    (void)kind;
    (void)filename;
    (void)type;
    (void)encoding;
    (void)off;
    for (size_t i = 0; i <= WRITER_FIELDS; i++)
        if (!strcmp(key, writer_fields[i]))
            for (size_t k = 0; k < size; k++)
                if (data[k]) /* a NUL ends a field */
                    writer_u8(&f->field[i], (uint8_t)data[k]);
    return MHD_YES;
}

/* By its address, as a page elsewhere cannot make a browser say: a name that leads here may be somebody's
 * trick. */
static bool host_is_address(struct MHD_Connection *c)
{
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");

    return host && *host && strspn(host, "0123456789.:") == strlen(host);
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status)
{
    struct writer w;
    enum MHD_Result rc;

    writer_init(&w, 1024);
    writer_printf(&w, "%u\n", status);
    rc = send_page(c, status, &w);
    writer_done(&w);
    return rc;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *data, size_t *n, void **state)
{
    struct server *v = arg;
    struct form *f = *state;
    bool post = !strcmp(method, "POST"), apply = !strcmp(url, "/apply");

    (void)version;
    if (!post) {
        struct writer w;
        enum MHD_Result rc;
        if (strcmp(method, "GET") != 0 || strcmp(url, "/") != 0 || !host_is_address(c))
            return refuse(c, strcmp(method, "GET") != 0 ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND);
        writer_init(&w, 65536);
        put_form(v, &w);
        rc = send_page(c, MHD_HTTP_OK, &w);
        writer_done(&w);
        return rc;
    }
    if (!f) {
        f = calloc(1, sizeof(*f));
        if (!f)
            return MHD_NO;
        for (size_t i = 0; i <= WRITER_FIELDS; i++)
            writer_init(&f->field[i], i == WRITER_FIELDS ? BODY_MAX : ASK_TEXT - 1);
        f->pp = MHD_create_post_processor(c, 1024, on_field, f);
        *state = f;
        return MHD_YES;
    }
    if (*n) {
        f->bytes += *n;
        if (f->pp && f->bytes <= BODY_MAX)
            (void)MHD_post_process(f->pp, data, *n); /* what is no form gives no fields */
        *n = 0;
        return MHD_YES;
    }
    if (f->bytes > BODY_MAX)
        return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE);
    if (!f->pp || !host_is_address(c) || (!apply && strcmp(url, "/enrol") != 0))
        return refuse(c, MHD_HTTP_BAD_REQUEST);
    return finish(v, c, f, apply);
}

static void on_done(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
    struct form *f = *state;

    (void)arg;
    (void)c;
    (void)why;
    if (!f)
        return;
    if (f->pp)
        MHD_destroy_post_processor(f->pp);
    for (size_t i = 0; i <= WRITER_FIELDS; i++)
        writer_done(&f->field[i]);
    free(f);
    *state = NULL;
}

/* What the questions at a keyboard would have in brackets. */
static void look_around(struct server *v, const struct conf *c)
{
    char silent[ASK_TEXT];

    setup_cards(v->cards, silent, sizeof(silent));
    snprintf(v->value[1], ASK_TEXT, "%s", c->node_name);
    snprintf(v->value[2], ASK_TEXT, "%s", *c->capture_interface ? c->capture_interface : silent);
    if (*c->node_management)
        snprintf(v->value[3], ASK_TEXT, "%s", c->node_management);
    else
        setup_local_networks(v->value[2], v->value[3]);
    snprintf(v->value[4], ASK_TEXT, "%s", *c->policy_inside ? c->policy_inside : SETUP_INSIDE);
    snprintf(v->value[6], ASK_TEXT, "%s", c->uplink_console);
}

/* Who writes has gone: the post is enrolled, or codes were guessed. */
static bool is_gone(const struct server *v)
{
    char byte;

    return recv(v->writer, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

_Noreturn void page_serve(int listener, int writer, const struct conf *c)
{
    static struct server v;
    const struct jail_options jail = {.memory = 64u << 20, .files = 64};
    const char *networks = c->node_management;
    struct MHD_Daemon *d;
    char word[64], err[256];
    int used;

    v.writer = writer;
    look_around(&v, c);
    add_network(&v, "127.0.0.0/8");
    add_network(&v, "169.254.0.0/16");
    if (!*networks) /* nobody said who may: who stands where we stand */
        networks = v.value[3];
    for (; sscanf(networks, " %63s%n", word, &used) == 1; networks += used)
        add_network(&v, word);
    d = MHD_start_daemon(MHD_USE_EPOLL, 0, allow, &v, on_request, &v, MHD_OPTION_LISTEN_SOCKET, listener,
                         MHD_OPTION_CONNECTION_LIMIT, 16u, MHD_OPTION_PER_IP_CONNECTION_LIMIT, 8u,
                         MHD_OPTION_CONNECTION_TIMEOUT, 15u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)32768, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_END);
    if (!d) {
        fprintf(stderr, "gatehouse setup: the page cannot be served\n");
        _exit(3);
    }
    if (jail_enter(JAIL_CONSOLE, &jail, NULL, err, sizeof(err)) != 0) {
        fprintf(stderr, "gatehouse setup: %s\n", err);
        _exit(3);
    }
    while (MHD_run_wait(d, 1000) == MHD_YES && !is_gone(&v)) {
    }
    _exit(v.enrolled ? 0 : 3);
}
