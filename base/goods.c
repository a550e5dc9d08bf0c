/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/goods.h"
#include "base/text.h"

#include <stdlib.h>

#define MAGIC "GHGOODS1"
#define MAGIC_SIZE 8
#define CHUNK_SIZE (4 + SEAL_HASH)
#define FILE_LEAST (2 + 1 + 8 + 4)

const char *const goods_kind_names[GOODS_KINDS] = {"policy",   "rules",    "lists", "fingerprints",
                                                   "settings", "firmware", "shadow"};

enum goods_kind goods_kind_of(struct span name)
{
    int k = 0;

    while (k < GOODS_KINDS && !span_eq(name, span_str(goods_kind_names[k])))
        k++;
    return (enum goods_kind)k;
}

void goods_chunk_id(struct span bytes, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-chunk-v1", &bytes, 1, out);
}

void goods_id(struct span manifest, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-goods-v1", &manifest, 1, out);
}

bool goods_name_is_good(struct span s)
{
    struct reader r = reader_span(s);

    if (!s.n || s.n >= GOODS_NAME || reader_peek(&r, 0) == '.')
        return false;
    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '.' && c != '_' &&
            c != '-' && c != '@')
            return false;
    }
    return true;
}

static bool is_text(struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c < ' ' || c == 0x7f)
            return false;
    }
    return text_is_utf8(s);
}

bool goods_path_is_good(struct span s)
{
    if (!s.n || s.n >= GOODS_PATH || !is_text(s))
        return false;
    for (size_t at = 0; at <= s.n;) {
        ptrdiff_t slash = span_find_byte(s, '/', at);
        struct span part = span_part(s, at, (slash < 0 ? s.n : (size_t)slash) - at);
        if (!part.n || span_starts(part, "."))
            return false;
        at += part.n + 1;
    }
    return true;
}

static void put_text(struct writer *w, const char *s, unsigned length_bytes)
{
    writer_le(w, strlen(s), length_bytes);
    writer_str(w, s);
}

int goods_write(const struct goods *g, struct writer *out)
{
    writer_str(out, MAGIC);
    writer_u8(out, (uint8_t)g->kind);
    put_text(out, g->name, 1);
    put_text(out, g->version, 1);
    put_text(out, g->note, 2);
    writer_le(out, g->n_files, 4);
    writer_le(out, g->n_chunks, 4);
    for (uint32_t i = 0; i < g->n_files; i++) {
        put_text(out, g->files[i].path, 2);
        writer_le(out, g->files[i].bytes, 8);
        writer_le(out, g->files[i].chunks, 4);
    }
    for (uint32_t i = 0; i < g->n_chunks; i++) {
        writer_le(out, g->chunks[i].n, 4);
        writer_bytes(out, g->chunks[i].id, SEAL_HASH);
    }
    return writer_ok(out) ? 0 : ST_LIMIT;
}

static struct span take_text(struct reader *r, unsigned length_bytes, char *to, size_t cap)
{
    struct span s = reader_take(r, (size_t)reader_le(r, length_bytes));

    if (s.n >= cap) {
        r->bad = true;
        return (struct span){NULL, 0};
    }
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return s;
}

static int by_path(const void *key, const void *file)
{
    const struct span *want = key;
    const struct goods_file *f = file;
    size_t n = strlen(f->path);
    int c = memcmp(want->p, f->path, want->n < n ? want->n : n);

    return c ? c : want->n < n ? -1 : want->n > n;
}

/* Paths ascend, so none comes twice; and none of those before is a directory of this one. */
static bool follows(const struct goods_file *files, uint32_t i)
{
    struct span path = span_str(files[i].path);
    ptrdiff_t slash = -1;

    if (i && strcmp(files[i - 1].path, files[i].path) >= 0)
        return false;
    while ((slash = span_find_byte(path, '/', (size_t)(slash + 1))) >= 0) {
        struct span above = span_part(path, 0, (size_t)slash);
        if (bsearch(&above, files, i, sizeof(*files), by_path))
            return false;
    }
    return true;
}

static const char *read_files(struct reader *r, struct goods *g)
{
    uint64_t chunks = 0;

    for (uint32_t i = 0; i < g->n_files; i++) {
        struct goods_file *f = &g->files[i];
        struct span path = take_text(r, 2, f->path, sizeof(f->path));
        f->bytes = reader_le64(r);
        f->chunk = (uint32_t)chunks;
        f->chunks = reader_le32(r);
        chunks += f->chunks;
        if (!reader_ok(r) || chunks > g->n_chunks)
            return "a file's entry is damaged";
        if (!goods_path_is_good(path))
            return "a file has a name that is not taken";
        if (!follows(g->files, i))
            return "files are not in order";
        if (f->bytes > GOODS_BYTES - g->bytes)
            return "it is too large";
        g->bytes += f->bytes;
    }
    return chunks == g->n_chunks ? NULL : "the number of chunks does not fit";
}

static const char *read_chunks(struct reader *r, struct goods *g)
{
    for (uint32_t i = 0; i < g->n_chunks; i++) {
        g->chunks[i].n = reader_le32(r);
        reader_copy(r, g->chunks[i].id, SEAL_HASH);
        if (!g->chunks[i].n || g->chunks[i].n > CDC_MAX)
            return "a chunk has no length, or too much";
    }
    if (!reader_ok(r) || reader_left(r))
        return "its length is wrong";
    for (uint32_t i = 0; i < g->n_files; i++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; k < g->files[i].chunks; k++)
            sum += g->chunks[g->files[i].chunk + k].n;
        if (sum != g->files[i].bytes)
            return "the chunks of a file do not add up";
    }
    return NULL;
}

static const char *read_head(struct reader *r, struct goods *g)
{
    struct span note, name, version;
    unsigned kind;

    if (!span_eq(reader_take(r, MAGIC_SIZE), span_str(MAGIC)))
        return "it is no manifest of goods";
    kind = reader_u8(r);
    name = take_text(r, 1, g->name, sizeof(g->name));
    version = take_text(r, 1, g->version, sizeof(g->version));
    note = take_text(r, 2, g->note, sizeof(g->note));
    g->n_files = reader_le32(r);
    g->n_chunks = reader_le32(r);
    if (!reader_ok(r) || g->n_files > reader_left(r) / FILE_LEAST ||
        g->n_chunks > reader_left(r) / CHUNK_SIZE)
        return "it ends too early";
    if (kind >= GOODS_KINDS || !goods_name_is_good(name) || !goods_name_is_good(version) || !is_text(note))
        return "its name, version or note is not taken";
    if (!g->n_files || g->n_files > GOODS_FILES || g->n_chunks > GOODS_CHUNKS)
        return "it has no files, or too many";
    g->kind = (enum goods_kind)kind;
    return NULL;
}

int goods_read(struct span manifest, struct arena *a, struct goods *ret, const char **ret_why)
{
    struct reader r = reader_span(manifest);
    struct goods g = {.n_files = 0};
    const char *why = manifest.n > GOODS_MANIFEST_MAX ? "it is too large" : read_head(&r, &g);

    if (!why) {
        g.files = arena_array(a, g.n_files, sizeof(*g.files));
        g.chunks = arena_array(a, g.n_chunks ? g.n_chunks : 1, sizeof(*g.chunks));
        if (!g.files || !g.chunks)
            return ST_NOMEM;
        why = read_files(&r, &g);
    }
    if (!why)
        why = read_chunks(&r, &g);
    *ret_why = why;
    if (why)
        return ST_MALFORMED;
    *ret = g;
    return 0;
}
