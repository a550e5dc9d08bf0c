/* SPDX-License-Identifier: GPL-3.0-or-later
 * What came with the program becomes approved versions of the author "Gatehouse": at the first start, and
 * again whenever an upgrade brought other texts. What people wrote under such a name is left alone. */
#include "base/log.h"
#include "console/store/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHIP_ARENA (16u << 20)
#define SHIPPER "Gatehouse"

struct shipping {
    struct arena *arena;
    struct source_files files;
};

static int read_file(struct arena *a, int dir, const char *name, struct span *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = 0;
    struct stat st;
    uint8_t *p;
    ssize_t n;

    if (fd < 0)
        return status_from_errno(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)SOURCE_BYTES_MAX)
        rc = ST_LIMIT;
    p = rc ? NULL : arena_alloc(a, (size_t)st.st_size + 1);
    n = p ? read(fd, p, (size_t)st.st_size) : -1;
    if (!rc && (!p || n != (ssize_t)st.st_size))
        rc = p ? ST_IO : ST_NOMEM;
    close(fd);
    if (!rc)
        *ret = span_of(p, (size_t)n);
    return rc;
}

/* Files of one folder into one JSON object; names that a version of that kind may not have are left out when
 * it is read. */
static int read_folder(struct shipping *s, enum source_kind kind, const char *path, const char *below)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *d = dir < 0 ? NULL : fdopendir(dir);
    const struct dirent *e;

    if (!d) {
        if (dir >= 0)
            close(dir);
        return *below ? 0 : ST_NOT_FOUND;
    }
    while (!rc && (e = readdir(d))) {
        const char *name = arena_printf(s->arena, "%s%s", below, e->d_name);
        struct span text = {NULL, 0};
        struct stat st;
        if (!name || !source_path_is_good(span_str(name), kind) ||
            fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        rc = read_file(s->arena, dir, e->d_name, &text);
        if (!rc)
            rc = source_files_put(&s->files, span_str(name), text);
    }
    closedir(d);
    return rc;
}

/* What is stored under the name already? */
static bool is_known(struct db *d, enum source_kind kind, const char *name, struct span hash,
                     bool *ret_foreign)
{
    struct db_stmt *s;
    bool known = false;

    *ret_foreign = false;
    if (db_query(
            d, &s,
            "SELECT v.hash = ?1, s.shipped FROM source s LEFT JOIN source_version v ON v.source = s.id AND "
            "v.author = '" SHIPPER "' AND v.hash = ?1 WHERE s.kind = ?2 AND s.name = ?3 LIMIT 1",
            "bis", hash, (int64_t)kind, name) == 0 &&
        db_step(s) == 1) {
        known = db_i64(s, 0) != 0;
        *ret_foreign = !db_i64(s, 1);
        db_reset(s);
    }
    return known;
}

static int record(struct db *d, struct shipping *s, enum source_kind kind, const char *name, struct span text)
{
    struct source_version v;
    const char *why = "";
    char label[64];
    int64_t source, id;
    int rc = source_find(d, kind, name, &source);

    if (rc == ST_NOT_FOUND)
        rc = source_add(d, kind, name, SHIPPER, true, &source);
    if (!rc)
        rc = source_draft(d, source, 0, SHIPPER, text, "", &id);
    if (!rc)
        rc = source_version(d, s->arena, id, &v);
    source_label(s->arena, &s->files, label, sizeof(label));
    if (!rc)
        rc = source_approve(d, s->arena, &v, label, SHIPPER, "", &why);
    if (!rc)
        rc = audit_append(d, "console", NULL, "source_shipped", name, label);
    if (rc && *why)
        log_warn("%s: %s", name, why);
    return rc;
}

/* One source of the folder's files. */
static int ship(struct db *d, struct shipping *s, enum source_kind kind, const char *name, const char *path)
{
    uint8_t hash[SEAL_HASH];
    char lists[1200], why[160];
    struct json *j = NULL;
    struct writer w;
    struct span text;
    bool foreign;
    int rc;

    s->files = (struct source_files){.n = 0};
    snprintf(lists, sizeof(lists), "%.1000s/lists", path);
    rc = read_folder(s, kind, path, "");
    if (!rc && kind == SOURCE_POLICY)
        rc = read_folder(s, kind, lists, "lists/");
    writer_init(&w, 4 * SOURCE_BYTES_MAX);
    source_files_write(&s->files, &w);
    text = writer_span(&w);
    if (!rc)
        rc = writer_ok(&w) ? json_parse(s->arena, text, 4, &j, NULL) : ST_LIMIT;
    if (!rc)
        rc = source_files_read(j, kind, &s->files, why, sizeof(why));
    if (!rc) {
        source_hash(text, hash);
        if (!is_known(d, kind, name, span_of(hash, SEAL_HASH), &foreign) && !foreign)
            rc = record(d, s, kind, name, text);
    }
    writer_done(&w);
    return rc;
}

/* Those that use no other first: an approved version holds what it uses. */
static int ship_policies(struct db *d, struct shipping *s, const char *dir, bool users)
{
    struct dirent **e = NULL;
    char path[1024];
    int n = scandir(dir, &e, NULL, alphasort), rc = 0;

    for (int i = 0; i < n; i++) {
        struct span text;
        int at = -1;
        snprintf(path, sizeof(path), "%.700s/%.255s", dir, e[i]->d_name);
        if (!rc && source_name_is_good(span_str(e[i]->d_name)))
            at = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (at >= 0 && read_file(s->arena, at, "bundle.json", &text) == 0 &&
            (span_find(text, span_str("\"use\""), 0) >= 0) == users)
            rc = ship(d, s, SOURCE_POLICY, e[i]->d_name, path);
        if (at >= 0)
            close(at);
        free(e[i]);
    }
    free(e);
    return rc;
}

int sources_ship(struct store *store, const char *policy_dir, const char *rules_dir)
{
    static struct shipping s; /* large, before there are threads */
    struct db *d;
    int rc = 0;

    s.arena = arena_new(SHIP_ARENA);
    d = s.arena ? store_begin(store, &rc) : NULL;
    if (!d) {
        arena_free(s.arena);
        return rc ? rc : ST_NOMEM;
    }
    rc = ship_policies(d, &s, policy_dir, false);
    if (!rc)
        rc = ship_policies(d, &s, policy_dir, true);
    if (!rc && access(rules_dir, R_OK) == 0)
        rc = ship(d, &s, SOURCE_RULES, "standard", rules_dir);
    rc = store_end(store, rc);
    arena_free(s.arena);
    return rc;
}
