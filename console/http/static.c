/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/static.h"
#include "base/digest.h"
#include "console/http/head.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 512
#define BYTES_MAX (32u << 20)
#define DEPTH_MAX 4
#define PATH_SIZE 512

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};
enum form { PLAIN, GZIP, BROTLI, FORMS };
static const char *const endings[FORMS] = {"", ".gz", ".br"};
static const char *const codings[FORMS] = {NULL, "gzip", "br"};

struct file {
    char *path; /* "/assets/a.js" */
    const char *type;
    struct span form[FORMS];
    char etag[FORMS][24];
    bool immutable; /* its name holds a hash of its content */
};
struct site {
    struct file file[FILES_MAX];
    size_t n, bytes;
};

static const char missing_page[] =
    "<!doctype html><meta charset=utf-8><title>Gatehouse</title><h1>Gatehouse</h1>"
    "<p>The web page was not built with this program (see README: nodejs and npm are needed for it), or "
    "console.static_dir "
    "names another directory. The API under <a href=/api/v1/openapi.json>/api/v1</a> works.</p>"
    "<p lang=vi>Trang web chưa được dựng cùng chương trình này. API vẫn hoạt động.</p>\n";

static bool ends_with(const char *s, const char *ending)
{
    size_t n = strlen(s), m = strlen(ending);
    return n > m && !strcmp(s + n - m, ending);
}

static const char *type_of(const char *path)
{
    for (size_t i = 0; i < GH_COUNT(types); i++)
        if (ends_with(path, types[i].ending))
            return types[i].type;
    return NULL;
}

/* Vite names its outputs name-HASH.ext below /assets/. */
static bool is_hashed(const char *path)
{
    const char *dash = strrchr(path, '-');
    return !strncmp(path, "/assets/", 8) && dash && strlen(dash) >= 10;
}

static struct file *file_of(struct site *s, const char *path)
{
    struct file *f;

    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->file[i].path, path))
            return &s->file[i];
    if (s->n == FILES_MAX)
        return NULL;
    f = &s->file[s->n];
    f->path = strdup(path);
    if (!f->path)
        return NULL;
    f->type = type_of(path);
    f->immutable = is_hashed(path);
    s->n++;
    return f;
}

static int read_whole(int fd, size_t n, struct span *ret)
{
    uint8_t *p = malloc(n + 1);
    size_t have = 0;

    if (!p)
        return ST_NOMEM;
    while (have < n) {
        ssize_t k = read(fd, p + have, n - have);
        if (k <= 0)
            break;
        have += (size_t)k;
    }
    if (have != n) {
        free(p);
        return ST_IO;
    }
    *ret = span_of(p, n);
    return 0;
}

static int add(struct site *s, int fd, const char *path, size_t size)
{
    char plain[PATH_SIZE];
    uint8_t hash[SHA256_SIZE];
    enum form form = ends_with(path, ".br") ? BROTLI : ends_with(path, ".gz") ? GZIP : PLAIN;
    struct file *f;
    int rc;

    snprintf(plain, sizeof(plain), "%.*s", (int)(strlen(path) - strlen(endings[form])), path);
    if (!type_of(plain))
        return 0;
    if (size > BYTES_MAX - s->bytes)
        return ST_LIMIT;
    f = file_of(s, plain);
    if (!f)
        return ST_LIMIT;
    rc = read_whole(fd, size, &f->form[form]);
    if (rc)
        return rc;
    s->bytes += size;
    digest_sha256(f->form[form].p, size, hash);
    f->etag[form][0] = '"';
    digest_hex(hash, 8, f->etag[form] + 1);
    snprintf(f->etag[form] + 17, 4, "\"");
    return 0;
}

static int walk(struct site *s, int dir_fd, const char *prefix, unsigned depth, char *err, size_t cap)
{
    DIR *d = fdopendir(dir_fd);
    struct dirent *e;
    int rc = 0;

    if (!d) {
        close(dir_fd);
        return ST_NOMEM;
    }
    while (!rc && (e = readdir(d))) {
        char path[PATH_SIZE];
        struct stat st;
        int fd;
        if (e->d_name[0] == '.' ||
            (size_t)snprintf(path, sizeof(path), "%s/%s", prefix, e->d_name) >= sizeof(path))
            continue;
        fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
            continue;
        if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
            rc = walk(s, fd, path, depth + 1, err, cap);
            continue;
        }
        if (S_ISREG(st.st_mode))
            rc = add(s, fd, path, (size_t)st.st_size);
        if (rc)
            snprintf(err, cap, "%s: %s", path, status_text(rc));
        close(fd);
    }
    closedir(d);
    return rc;
}

int site_load(const char *dir, struct site **ret, char *err, size_t cap)
{
    struct site *s = calloc(1, sizeof(*s));
    int fd, rc = 0;

    if (!s)
        return ST_NOMEM;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        rc = walk(s, fd, "", 0, err, cap);
    if (rc)
        site_free(s);
    else
        *ret = s;
    return rc;
}

void site_free(struct site *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        for (int f = 0; f < FORMS; f++)
            free((void *)s->file[i].form[f].p);
        free(s->file[i].path);
    }
    free(s);
}

size_t site_count(const struct site *s)
{
    return s->n;
}

static const struct file *find(const struct site *s, struct span path)
{
    if (span_eq(path, span_str("/")))
        path = span_str("/index.html");
    for (size_t i = 0; i < s->n; i++)
        if (span_eq(path, span_str(s->file[i].path)) && s->file[i].form[PLAIN].p)
            return &s->file[i];
    return NULL;
}

/* "br" as a member of a list like "gzip, deflate, br;q=0.5"; a weight of 0 means no. */
static bool accepts(struct span list, const char *coding)
{
    while (list.n) {
        ptrdiff_t end = span_find_byte(list, ',', 0), semi;
        struct span one = span_trim(span_part(list, 0, end < 0 ? list.n : (size_t)end)), weight;
        list = end < 0 ? (struct span){NULL, 0} : span_part(list, (size_t)end + 1, list.n);
        semi = span_find_byte(one, ';', 0);
        weight = semi < 0 ? (struct span){NULL, 0} : span_trim(span_part(one, (size_t)semi + 1, one.n));
        if (span_eq_nocase(span_trim(semi < 0 ? one : span_part(one, 0, (size_t)semi)), coding))
            return !span_starts_nocase(weight, "q=0") || span_starts_nocase(weight, "q=0.");
    }
    return false;
}

void site_reply(const struct site *s, struct request *r)
{
    const struct file *f = find(s, r->head.path);
    enum form form = PLAIN;

    if (!f && span_eq(r->head.path, span_str("/"))) {
        r->reply.status = 200;
        r->reply.content_type = types[0].type;
        r->reply.fixed = span_str(missing_page);
        return;
    }
    if (!f) {
        reply_problem(r, PROBLEM_NOT_FOUND);
        return;
    }
    for (enum form i = BROTLI; i > PLAIN && form == PLAIN; i--)
        if (f->form[i].p && accepts(r->head.accept_encoding, codings[i]))
            form = i;
    r->reply.cacheable = true;
    reply_header(r, "ETag", f->etag[form]);
    reply_header(r, "Vary", "Accept-Encoding");
    reply_header(r, "Cache-Control", f->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (r->head.if_none_match.n && span_find(r->head.if_none_match, span_str(f->etag[form]), 0) >= 0) {
        r->reply.status = 304;
        return;
    }
    r->reply.status = 200;
    r->reply.content_type = f->type;
    r->reply.fixed = f->form[form];
    reply_header(r, "Content-Encoding", codings[form]);
}
