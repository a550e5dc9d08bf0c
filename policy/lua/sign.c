/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/sign.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "policy/lua/bundle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_DOMAIN "gatehouse-policy-file-v1"
#define SIGN_DOMAIN "gatehouse-policy-v1"
#define SIG_MOST (256u << 10)
#define USE_DEPTH 4

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);

    return n > m && !strcmp(s + n - m, tail);
}

/* What is read of a bundle, and its tests: nothing else can change what it decides. */
static int is_source(const struct dirent *e)
{
    return e->d_name[0] != '.' && (ends_with(e->d_name, ".lua") || !strcmp(e->d_name, "bundle.json"));
}

static int is_list(const struct dirent *e)
{
    return e->d_name[0] != '.' && ends_with(e->d_name, ".csv");
}

static int add_file(struct sign_files *fs, const char *name, const char *path, struct writer *err)
{
    struct sign_file *f = &fs->f[fs->n];
    struct span content;
    struct writer w;
    int rc;

    if (fs->n == SIGN_FILES_MAX || strlen(name) >= sizeof(f->name) || strlen(path) >= sizeof(f->path)) {
        writer_printf(err, "%s: more than %d files, or too long a name\n", path, SIGN_FILES_MAX);
        return ST_USAGE;
    }
    writer_init(&w, LIST_FILE_MAX + 131072);
    rc = file_read(path, LIST_FILE_MAX, &w);
    if (rc) {
        writer_printf(err, "%s: %s\n", path, status_text(rc));
    } else {
        snprintf(f->name, sizeof(f->name), "%s", name);
        snprintf(f->path, sizeof(f->path), "%s", path);
        content = writer_span(&w);
        seal_hash(FILE_DOMAIN, &content, 1, f->hash);
        fs->n++;
    }
    writer_done(&w);
    return rc ? ST_USAGE : 0;
}

static int add_matching(struct sign_files *fs, const char *dir, const char *prefix, const char *below,
                        int (*filter)(const struct dirent *e), struct writer *err)
{
    struct dirent **entries = NULL;
    char path[1024], name[512];
    int n, rc = 0;

    snprintf(path, sizeof(path), "%s%s", dir, below);
    n = scandir(path, &entries, filter, alphasort);
    for (int i = 0; i < n; i++) {
        char file[1300];
        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        snprintf(name, sizeof(name), "%s%s%s%s", prefix, *below ? below + 1 : "", *below ? "/" : "",
                 entries[i]->d_name);
        rc = rc ? rc : add_file(fs, name, file, err);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static bool has_part(const struct sign_files *fs, const char *prefix)
{
    for (size_t i = 0; i < fs->n; i++)
        if (span_starts(span_str(fs->f[i].name), prefix))
            return true;
    return false;
}

static int collect(struct sign_files *fs, const char *dir, const char *prefix, unsigned depth,
                   struct writer *err);

static int collect_used(struct sign_files *fs, const char *dir, const struct json *use, unsigned depth,
                        struct writer *err)
{
    json_each(e, use && use->type == JSON_ARRAY ? use : NULL)
    {
        const char *name = json_cstr(e, "");
        char prefix[96], found[BUNDLE_DIR];
        snprintf(prefix, sizeof(prefix), "used/%.64s/", name);
        if (has_part(fs, prefix))
            continue;
        if (depth == USE_DEPTH || bundle_find(dir, name, found, sizeof(found)) != 0) {
            writer_printf(err, "%s/bundle.json: use: there is no bundle '%s' beside this one or installed\n",
                          dir, name);
            return ST_USAGE;
        }
        if (collect(fs, found, prefix, depth + 1, err) != 0)
            return ST_USAGE;
    }
    return 0;
}

static int collect(struct sign_files *fs, const char *dir, const char *prefix, unsigned depth,
                   struct writer *err)
{
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    struct writer w;
    int rc = a ? add_matching(fs, dir, prefix, "", is_source, err) : ST_NOMEM;

    if (!rc)
        rc = add_matching(fs, dir, prefix, "/lists", is_list, err);
    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    if (!rc &&
        (bundle_read_file(dir, "bundle.json", &w) != 0 || json_parse(a, writer_span(&w), 8, &j, NULL) != 0)) {
        writer_printf(err, "%s/bundle.json: is missing, or no valid JSON\n", dir);
        rc = ST_USAGE;
    }
    if (!rc)
        rc = collect_used(fs, dir, json_get(j, "use"), depth, err);
    writer_done(&w);
    arena_free(a);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sign_file *)a)->name, ((const struct sign_file *)b)->name);
}

int sign_collect(const char *dir, struct sign_files *ret, struct writer *err)
{
    int rc;

    ret->n = 0;
    rc = collect(ret, dir, "", 0, err);
    if (!rc)
        qsort(ret->f, ret->n, sizeof(ret->f[0]), by_name);
    return rc;
}

static void put_files(struct jw *j, const struct sign_files *fs)
{
    jw_kobj(j, "files");
    for (size_t i = 0; i < fs->n; i++) {
        jw_key_span(j, span_str(fs->f[i].name));
        jw_hex(j, fs->f[i].hash, SEAL_HASH);
    }
    jw_end_obj(j);
}

static void copy_text(char *to, size_t cap, const char *from)
{
    struct writer w;

    writer_fixed(&w, to, cap - 1);
    writer_put(&w, span_part(span_str(from), 0, cap - 1));
    to[w.n] = 0;
}

/* Both lines of bundle.sig into memory; the object parsed. */
static int read_signature(const char *dir, struct writer *w, struct arena *a, struct span *ret_text,
                          struct json **ret)
{
    struct reader r;
    int rc;

    rc = bundle_read_file(dir, SIGN_FILE, w);
    if (rc)
        return rc;
    r = reader_span(writer_span(w));
    return w->n <= SIG_MOST && reader_line(&r, ret_text) && json_parse(a, *ret_text, 4, ret, NULL) == 0 &&
                   !strcmp(json_cstr(json_get(*ret, "gatehouse"), ""), "policy-v1")
               ? 0
               : ST_MALFORMED;
}

static void take_note(const struct json *j, struct sign_note *n)
{
    memset(n, 0, sizeof(*n));
    copy_text(n->name, sizeof(n->name), json_cstr(json_get(j, "name"), ""));
    copy_text(n->version, sizeof(n->version), json_cstr(json_get(j, "version"), ""));
    copy_text(n->author, sizeof(n->author), json_cstr(json_get(j, "author"), ""));
    copy_text(n->note, sizeof(n->note), json_cstr(json_get(j, "note"), ""));
    copy_text(n->when, sizeof(n->when), json_cstr(json_get(j, "signed"), ""));
    n->number = (uint64_t)json_i64(json_get(j, "number"), 0);
    n->floor = (uint64_t)json_i64(json_get(j, "floor"), 0);
}

static uint64_t present_number(const char *dir)
{
    struct arena *a = arena_new(4u << 20);
    struct json *j = NULL;
    struct span text;
    struct writer w;
    uint64_t n = 0;

    writer_init(&w, SIG_MOST + 8192);
    if (a && read_signature(dir, &w, a, &text, &j) == 0)
        n = (uint64_t)json_i64(json_get(j, "number"), 0);
    writer_done(&w);
    arena_free(a);
    return n;
}

static int write_signature(const char *dir, struct span text, const uint8_t sig[static SEAL_SIGNATURE])
{
    char path[1024], temp[1100], base[BASE64_SIZE(SEAL_SIGNATURE)];
    FILE *f;
    bool good;

    snprintf(path, sizeof(path), "%.900s/" SIGN_FILE, dir);
    snprintf(temp, sizeof(temp), "%s.new", path);
    f = fopen(temp, "we");
    if (!f)
        return ST_IO;
    base64_encode(sig, SEAL_SIGNATURE, base, sizeof(base));
    good = fwrite(text.p, 1, text.n, f) == text.n && fprintf(f, "\n%s\n", base) > 0;
    good &= fflush(f) == 0 && fsync(fileno(f)) == 0;
    good &= fclose(f) == 0;
    if (good && rename(temp, path) == 0)
        return 0;
    (void)unlink(temp);
    return ST_IO;
}

/* name, version, author of the bundle as it lies there. */
static int manifest(const char *dir, struct sign_note *n)
{
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    struct writer w;
    int rc = a ? 0 : ST_NOMEM;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    if (!rc)
        rc = bundle_read_file(dir, "bundle.json", &w);
    if (!rc)
        rc = json_parse(a, writer_span(&w), 8, &j, NULL);
    if (!rc)
        take_note(j, n);
    writer_done(&w);
    arena_free(a);
    return rc;
}

int sign_make(const char *dir, const struct seal_keys *keys, uint64_t number, uint64_t floor,
              const char *note, struct sign_note *ret, struct writer *err)
{
    static struct sign_files files; /* large; one thread */
    char iso[CLOCK_ISO_SIZE], base[BASE64_SIZE(SEAL_PUBLIC)];
    uint8_t sig[SEAL_SIGNATURE];
    struct writer w;
    struct jw j;
    int rc = sign_collect(dir, &files, err);

    if (!rc)
        rc = manifest(dir, ret);
    if (rc)
        return rc;
    ret->number = number ? number : present_number(dir) + 1;
    ret->floor = floor;
    if (note)
        copy_text(ret->note, sizeof(ret->note), note);
    memcpy(ret->key, seal_keys_public(keys)->sign, SEAL_PUBLIC);
    writer_init(&w, SIG_MOST);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "policy-v1");
    jw_kcstr(&j, "name", ret->name);
    jw_kcstr(&j, "version", ret->version);
    jw_ku64(&j, "number", ret->number);
    jw_ku64(&j, "floor", ret->floor);
    jw_kcstr(&j, "author", ret->author);
    jw_kcstr(&j, "note", ret->note);
    jw_kcstr(&j, "signed", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "key", base64_encode(ret->key, SEAL_PUBLIC, base, sizeof(base)));
    put_files(&j, &files);
    jw_end_obj(&j);
    seal_sign(keys, SIGN_DOMAIN, writer_span(&w), sig);
    rc = writer_ok(&w) ? write_signature(dir, writer_span(&w), sig) : ST_LIMIT;
    if (rc)
        writer_printf(err, "%s/" SIGN_FILE ": %s\n", dir, status_text(rc));
    writer_done(&w);
    return rc;
}

/* A word of policy.trust: a key file, or the base64 of a signing key or of a public pair. */
static bool is_key(struct span word, const uint8_t key[static SEAL_PUBLIC])
{
    struct seal_public pair;
    uint8_t both[2 * SEAL_PUBLIC];
    char path[1024], name[64];

    if (base64_decode(word, both, SEAL_PUBLIC) || base64_decode(word, both, sizeof(both)))
        return seal_equal(both, key, SEAL_PUBLIC);
    snprintf(path, sizeof(path), "%.*s", (int)word.n, (const char *)word.p);
    return keyfile_load_public(path, &pair, name, sizeof(name)) == 0 &&
           seal_equal(pair.sign, key, SEAL_PUBLIC);
}

static bool is_trusted(const char *trust, const uint8_t key[static SEAL_PUBLIC])
{
    struct span rest = span_trim(span_str(trust));

    if (!rest.n)
        return true;
    while (rest.n) {
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        struct span word = span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank);
        if (is_key(word, key))
            return true;
        rest = span_trim(span_part(rest, word.n, rest.n));
    }
    return false;
}

/* The files are exactly those that were signed. */
static int same_files(const char *dir, const struct json *signed_files, struct writer *err)
{
    static struct sign_files files;
    int rc = sign_collect(dir, &files, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < files.n; i++) {
        const char *said = NULL;
        char hex[2 * SEAL_HASH + 1];
        struct writer w;
        writer_fixed(&w, hex, sizeof(hex));
        writer_hex(&w, files.f[i].hash, SEAL_HASH);
        json_each(m, signed_files) if (span_eq(m->key, span_str(files.f[i].name))) said = json_cstr(m, "");
        if (!said || strlen(said) != 2 * SEAL_HASH || memcmp(said, hex, 2 * SEAL_HASH) != 0) {
            writer_printf(err, "%s: %s\n", files.f[i].path,
                          said ? "is not as it was signed" : "was not there when the bundle was signed");
            return ST_BAD_SIGNATURE;
        }
    }
    if (!signed_files || signed_files->count != files.n) {
        writer_printf(err, "%s: a file that was signed is missing\n", dir);
        return ST_BAD_SIGNATURE;
    }
    return 0;
}

/* The signature is that of the key named, over the first line. */
static int check_signature(struct span all, struct span text, const uint8_t key[static SEAL_PUBLIC])
{
    struct span rest = span_trim(span_part(all, text.n, all.n));
    uint8_t sig[SEAL_SIGNATURE];

    return base64_decode(rest, sig, sizeof(sig)) ? seal_verify(key, SIGN_DOMAIN, text, sig) : ST_MALFORMED;
}

int sign_check(const char *dir, const char *trust, struct sign_note *ret, struct writer *err)
{
    struct arena *a = arena_new(4u << 20);
    struct json *j = NULL;
    struct span text = {NULL, 0};
    struct writer w;
    int rc = a ? 0 : ST_NOMEM;

    memset(ret, 0, sizeof(*ret));
    writer_init(&w, SIG_MOST + 8192);
    if (!rc)
        rc = read_signature(dir, &w, a, &text, &j);
    if (rc == ST_NOT_FOUND)
        writer_printf(err, "%s: is not signed ('gatehouse policy sign')\n", dir);
    if (!rc) {
        take_note(j, ret);
        rc = base64_decode(span_str(json_cstr(json_get(j, "key"), "")), ret->key, SEAL_PUBLIC) ? 0
                                                                                               : ST_MALFORMED;
    }
    if (!rc)
        rc = check_signature(writer_span(&w), text, ret->key);
    if (rc && rc != ST_NOT_FOUND)
        writer_printf(err, "%s/" SIGN_FILE ": %s\n", dir, status_text(rc));
    if (!rc && !is_trusted(trust, ret->key)) {
        writer_printf(err, "%s: is signed with a key that policy.trust does not name\n", dir);
        rc = ST_DENIED;
    }
    if (!rc)
        rc = same_files(dir, json_get(j, "files"), err);
    writer_done(&w);
    arena_free(a);
    return rc;
}
