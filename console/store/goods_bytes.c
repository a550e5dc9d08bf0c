/* SPDX-License-Identifier: GPL-3.0-or-later
 * Goods as bytes: cut into chunks, each kept once, and put together again. */
#include "base/clock.h"
#include "base/pack.h"
#include "console/store/goods.h"

#include <stdlib.h>

#define READ_ARENA (32u << 20)

static int chunk_add(struct db *d, int64_t goods, const uint8_t id[static SEAL_HASH], struct span bytes)
{
    struct writer w;
    bool shorter;
    int rc;

    writer_init(&w, 2 * CDC_MAX);
    rc = pack_bytes(bytes, &w);
    shorter = !rc && w.n < bytes.n;
    if (rc != ST_NOMEM)
        rc = db_exec(
            d, "INSERT INTO goods_chunk(id, n, packed, bytes) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING",
            "biib", span_of(id, SEAL_HASH), (int64_t)bytes.n, (int64_t)shorter,
            shorter ? writer_span(&w) : bytes);
    if (!rc)
        rc = db_exec(d, "INSERT INTO goods_piece(goods, chunk) VALUES(?, ?) ON CONFLICT DO NOTHING", "ib",
                     goods, span_of(id, SEAL_HASH));
    writer_done(&w);
    return rc;
}

/* Where a file is cut; chunks NULL: only counted. */
static uint32_t cut(struct span bytes, struct goods_chunk *chunks)
{
    uint32_t count = 0;
    size_t n;

    for (size_t at = 0; at < bytes.n; at += n, count++) {
        struct span rest = span_part(bytes, at, CDC_MAX);
        n = cdc_cut(rest.p, rest.n);
        if (chunks) {
            chunks[count].n = (uint32_t)n;
            goods_chunk_id(span_part(rest, 0, n), chunks[count].id);
        }
    }
    return count;
}

static int by_path(const void *a, const void *b)
{
    const struct goods_input *const *x = a, *const *y = b;
    return strcmp((*x)->path, (*y)->path);
}

/* The manifest of what is to be added, written and read again: so nothing is added that an appliance would
 * refuse. */
static int describe(struct arena *a, struct goods *g, const struct goods_input **files, size_t n,
                    struct writer *manifest, const char **ret_why)
{
    uint64_t all = 0;
    struct goods got;

    *ret_why = "there are no files, or too many";
    if (!n || n > GOODS_FILES)
        return ST_MALFORMED;
    qsort(files, n, sizeof(const struct goods_input *), by_path);
    g->files = arena_array(a, n, sizeof(*g->files));
    for (size_t i = 0; i < n; i++) {
        *ret_why = "a file has a name that is not taken";
        if (!goods_path_is_good(span_str(files[i]->path)))
            return ST_MALFORMED;
        *ret_why = "it is too large";
        all += cut(files[i]->bytes, NULL);
        if (all > GOODS_CHUNKS)
            return ST_LIMIT;
    }
    g->chunks = arena_array(a, all ? (size_t)all : 1, sizeof(*g->chunks));
    if (!g->files || !g->chunks)
        return ST_NOMEM;
    g->n_files = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        struct goods_file *f = &g->files[i];
        memcpy(f->path, files[i]->path, strlen(files[i]->path) + 1);
        f->bytes = files[i]->bytes.n;
        f->chunk = g->n_chunks;
        f->chunks = cut(files[i]->bytes, g->chunks + g->n_chunks);
        g->n_chunks += f->chunks;
    }
    if (goods_write(g, manifest) != 0)
        return ST_LIMIT;
    return goods_read(writer_span(manifest), a, &got, ret_why);
}

static bool put_name(char *to, size_t cap, const char *from)
{
    if (strlen(from) >= cap)
        return false;
    memcpy(to, from, strlen(from) + 1);
    return true;
}

/* The same goods are there already: *ret_id. ST_EXISTS: their name and version, but other content. */
static int find_same(struct db *d, const struct goods *g, const uint8_t hash[static SEAL_HASH],
                     int64_t *ret_id)
{
    struct db_stmt *s;
    bool same;
    int rc = db_query(d, &s, "SELECT id, hash FROM goods WHERE kind = ? AND name = ? AND version = ?", "iss",
                      (int64_t)g->kind, g->name, g->version);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    same = span_eq(db_blob(s, 1), span_of(hash, SEAL_HASH));
    *ret_id = db_i64(s, 0);
    db_reset(s);
    return same ? 0 : ST_EXISTS;
}

static int insert(struct db *d, const struct goods *g, const struct goods_input *const *files,
                  struct span manifest, const char *who, int64_t *ret_id)
{
    uint8_t hash[SEAL_HASH];
    int64_t bytes = 0;
    int rc;

    goods_id(manifest, hash);
    rc = find_same(d, g, hash, ret_id);
    if (rc != ST_NOT_FOUND)
        return rc;
    for (uint32_t i = 0; i < g->n_files; i++)
        bytes += (int64_t)g->files[i].bytes;
    rc = db_exec(
        d,
        "INSERT INTO goods(kind, name, version, note, hash, manifest, bytes, files, chunks, added, added_by) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "isssbbiiiis", (int64_t)g->kind, g->name, g->version, g->note, span_of(hash, SEAL_HASH), manifest,
        bytes, (int64_t)g->n_files, (int64_t)g->n_chunks, (int64_t)clock_wall_us(), who);
    *ret_id = db_last_id(d);
    for (uint32_t i = 0; i < g->n_files && !rc; i++) {
        size_t at = 0;
        for (uint32_t k = g->files[i].chunk; k < g->files[i].chunk + g->files[i].chunks && !rc; k++) {
            rc = chunk_add(d, *ret_id, g->chunks[k].id, span_part(files[i]->bytes, at, g->chunks[k].n));
            at += g->chunks[k].n;
        }
    }
    return rc;
}

int goods_add(struct db *d, enum goods_kind kind, const char *name, const char *version, const char *note,
              const struct goods_input *files, size_t n, const char *who, int64_t *ret_id,
              const char **ret_why)
{
    struct arena *a = arena_new(READ_ARENA);
    struct goods g = {.kind = kind};
    const struct goods_input **sorted = calloc(n + 1, sizeof(sorted[0])); /* NOLINT(bugprone-sizeof-expression): pointers */
    struct writer manifest;
    int rc = a && sorted ? 0 : ST_NOMEM;

    *ret_why = "its name, version or note is not taken";
    writer_init(&manifest, GOODS_MANIFEST_MAX);
    for (size_t i = 0; sorted && i < n; i++)
        sorted[i] = &files[i];
    if (!rc && (!put_name(g.name, sizeof(g.name), name) || !put_name(g.version, sizeof(g.version), version) ||
                !put_name(g.note, sizeof(g.note), note ? note : "")))
        rc = ST_MALFORMED;
    if (!rc)
        rc = describe(a, &g, sorted, n, &manifest, ret_why);
    if (!rc)
        rc = insert(d, &g, sorted, writer_span(&manifest), who, ret_id);
    writer_done(&manifest);
    free(sorted);
    arena_free(a);
    return rc;
}

int goods_remove(struct db *d, int64_t id)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT 1 FROM goods_assign WHERE goods = ?1 UNION ALL SELECT 1 FROM goods_want WHERE goods = ?1",
        "i", id);

    if (!rc)
        rc = db_step(s);
    if (rc == 1) {
        db_reset(s);
        return ST_EXISTS;
    }
    if (!rc)
        rc = db_exec(d,
                     "DELETE FROM goods_chunk WHERE id IN (SELECT chunk FROM goods_piece p WHERE goods = ?1 "
                     "AND NOT EXISTS("
                     "SELECT 1 FROM goods_piece o WHERE o.chunk = p.chunk AND o.goods <> ?1))",
                     "i", id);
    if (!rc)
        rc = db_exec(d, "DELETE FROM goods_piece WHERE goods = ?", "i", id);
    if (!rc)
        rc = db_exec(d, "DELETE FROM goods WHERE id = ?", "i", id);
    return rc ? rc : db_changes(d) ? 0 : ST_NOT_FOUND;
}

int goods_manifest(struct db *d, const uint8_t id[static SEAL_HASH], struct writer *out)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT manifest FROM goods WHERE hash = ?", "b", span_of(id, SEAL_HASH));

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    writer_put(out, db_blob(s, 0));
    db_reset(s);
    return writer_ok(out) ? 0 : ST_LIMIT;
}

int goods_chunk_of(struct db *d, const uint8_t manifest[static SEAL_HASH],
                   const uint8_t chunk[static SEAL_HASH], struct writer *out, struct goods_piece *ret)
{
    struct goods_piece p = {.what = GOODS_ASK_CHUNK};
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT c.n, c.packed, c.bytes FROM goods g JOIN goods_piece p ON p.goods = g.id JOIN "
                      "goods_chunk c ON "
                      "c.id = p.chunk WHERE g.hash = ? AND p.chunk = ?",
                      "bb", span_of(manifest, SEAL_HASH), span_of(chunk, SEAL_HASH));

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    p.n = (uint32_t)db_i64(s, 0);
    p.packed = db_i64(s, 1) != 0;
    memcpy(p.id, chunk, SEAL_HASH);
    writer_clear(out);
    writer_put(out, db_blob(s, 2));
    db_reset(s);
    p.bytes = writer_span(out);
    *ret = p;
    return writer_ok(out) ? 0 : ST_LIMIT;
}

static int put_file(struct db *d, const struct goods *g, const uint8_t hash[static SEAL_HASH],
                    const struct goods_file *f, struct writer *out)
{
    uint8_t *bytes = malloc(CDC_MAX);
    struct goods_piece p;
    struct writer piece;
    int rc = bytes ? 0 : ST_NOMEM;

    writer_init(&piece, 2 * CDC_MAX);
    for (uint32_t i = f->chunk; !rc && i < f->chunk + f->chunks; i++) {
        rc = goods_chunk_of(d, hash, g->chunks[i].id, &piece, &p);
        if (!rc)
            rc = goods_piece_open(&p, bytes);
        if (!rc)
            writer_bytes(out, bytes, p.n);
    }
    writer_done(&piece);
    free(bytes);
    return rc ? rc : writer_ok(out) ? 0 : ST_LIMIT;
}

int goods_file(struct db *d, int64_t id, const char *path, struct writer *out)
{
    struct arena *a = arena_new(READ_ARENA);
    uint8_t hash[SEAL_HASH];
    const char *why;
    struct writer manifest;
    struct db_stmt *s;
    struct goods g;
    int rc = a ? db_query(d, &s, "SELECT manifest FROM goods WHERE id = ?", "i", id) : ST_NOMEM;

    writer_init(&manifest, GOODS_MANIFEST_MAX);
    if (!rc && (rc = db_step(s)) == 1) {
        writer_put(&manifest, db_blob(s, 0));
        db_reset(s);
        goods_id(writer_span(&manifest), hash);
        rc = goods_read(writer_span(&manifest), a, &g, &why);
    } else if (!rc) {
        rc = ST_NOT_FOUND;
    }
    if (!rc) {
        uint32_t i = 0;
        while (i < g.n_files && strcmp(g.files[i].path, path) != 0)
            i++;
        rc = i < g.n_files ? put_file(d, &g, hash, &g.files[i], out) : ST_NOT_FOUND;
    }
    writer_done(&manifest);
    arena_free(a);
    return rc;
}

/* The description of a stored policy; the arena's. */
static int policy_of(struct db *d, struct arena *a, int64_t id, struct goods *ret)
{
    struct db_stmt *s;
    const char *why;
    int rc = db_query(d, &s, "SELECT manifest FROM goods WHERE id = ? AND kind = ?", "ii", id,
                      (int64_t)GOODS_POLICY);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    rc = goods_read(db_blob(s, 0), a, ret, &why);
    db_reset(s);
    return rc ? rc : ret->bytes > GOODS_SHADOW_BYTES ? ST_LIMIT : 0;
}

int goods_as_shadow(struct db *d, int64_t policy, const char *who, int64_t *ret_id, const char **ret_why)
{
    struct arena *a = arena_new(READ_ARENA + 2 * GOODS_SHADOW_BYTES);
    struct goods_input *files = NULL;
    struct writer w;
    struct goods g;
    int rc = a ? policy_of(d, a, policy, &g) : ST_NOMEM;

    *ret_why = "";
    writer_init(&w, GOODS_SHADOW_BYTES);
    if (!rc && !(files = arena_array(a, g.n_files + 1, sizeof(*files))))
        rc = ST_NOMEM;
    for (uint32_t i = 0; !rc && i < g.n_files; i++) {
        const char *text;
        writer_clear(&w);
        rc = goods_file(d, policy, g.files[i].path, &w);
        text = rc ? NULL : arena_dup(a, w.p, w.n);
        if (!rc && !text)
            rc = ST_NOMEM;
        files[i] = (struct goods_input){g.files[i].path, span_of(text, w.n)};
    }
    if (!rc)
        rc = goods_add(d, GOODS_SHADOW, g.name, g.version, g.note, files, g.n_files, who, ret_id, ret_why);
    writer_done(&w);
    arena_free(a);
    return rc;
}
