/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/keyfile_text.h"
#include "base/owner.h"
#include "base/seal_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two lines: what it is, then base64. The public form has its name as third line. */
#define SECRET_HEAD "gatehouse-secret-key-v1"
#define PUBLIC_HEAD "gatehouse-public-key-v1"
#define SECRET_SIZE (64 + 32)
#define PUBLIC_SIZE (2 * SEAL_PUBLIC)
#define FILE_MAX KEYFILE_TEXT_MAX

int keyfile_text_new(const char *path, const char *text, size_t n, unsigned mode)
{
    char temp[4096];
    int fd, rc = 0;

    if (access(path, F_OK) == 0)
        return ST_EXISTS;
    if ((size_t)snprintf(temp, sizeof(temp), "%s.new", path) >= sizeof(temp))
        return ST_LIMIT;
    (void)unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return status_from_errno(errno);
    if (write(fd, text, n) != (ssize_t)n || fsync(fd) != 0)
        rc = ST_IO;
    if (!rc)
        rc = owner_follow(fd, path);
    close(fd);
    if (!rc && link(temp, path) != 0) /* link, unlike rename, never replaces a key */
        rc = status_from_errno(errno);
    (void)unlink(temp);
    return rc;
}

int keyfile_text_read(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return status_from_errno(errno);
    n = read(fd, buf, cap - 1);
    close(fd);
    if (n < 0)
        return status_from_errno(errno);
    buf[n] = 0;
    return 0;
}

/* The bytes of line 2 behind the expected line 1. */
static int decode(const char *text, const char *head, uint8_t *out, size_t n, const char **ret_rest)
{
    size_t len = strlen(head), got;
    const char *end;

    if (strncmp(text, head, len) != 0 || text[len] != '\n')
        return ST_MALFORMED;
    text += len + 1;
    end = strchr(text, '\n');
    if (!end || sodium_base642bin(out, n, text, (size_t)(end - text), NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != n)
        return ST_MALFORMED;
    if (ret_rest)
        *ret_rest = end + 1;
    return 0;
}

int keyfile_save(const char *path, const struct seal_keys *k)
{
    char *text = sodium_malloc(FILE_MAX);
    uint8_t *raw = sodium_malloc(SECRET_SIZE);
    int rc = ST_NOMEM;
    size_t n;

    if (text && raw) {
        memcpy(raw, k->sign, 64);
        memcpy(raw + 64, k->box, 32);
        n = (size_t)snprintf(text, FILE_MAX, "%s\n", SECRET_HEAD);
        sodium_bin2base64(text + n, FILE_MAX - n, raw, SECRET_SIZE, sodium_base64_VARIANT_ORIGINAL);
        n = strlen(text);
        text[n++] = '\n';
        rc = keyfile_text_new(path, text, n, 0600);
    }
    sodium_free(raw);
    sodium_free(text);
    return rc;
}

int keyfile_load(const char *path, struct seal_keys **ret)
{
    char *text = sodium_malloc(FILE_MAX);
    uint8_t *raw = sodium_malloc(SECRET_SIZE);
    struct seal_keys *k = seal_keys_alloc();
    struct stat st;
    int rc = text && raw && k ? 0 : ST_NOMEM;

    if (!rc && stat(path, &st) == 0 && (st.st_mode & 077))
        rc = ST_DENIED; /* a key that others may read is no secret any more */
    if (!rc)
        rc = keyfile_text_read(path, text, FILE_MAX);
    if (!rc)
        rc = decode(text, SECRET_HEAD, raw, SECRET_SIZE, NULL);
    if (!rc) {
        memcpy(k->sign, raw, 64);
        memcpy(k->box, raw + 64, 32);
        if (crypto_sign_ed25519_sk_to_pk(k->pub.sign, k->sign) != 0 || crypto_scalarmult_base(k->pub.box, k->box) != 0)
            rc = ST_MALFORMED;
    }
    sodium_free(raw);
    sodium_free(text);
    if (rc)
        seal_keys_free(k);
    else
        *ret = k;
    return rc;
}

int keyfile_save_public(const char *path, const struct seal_public *pub, const char *name)
{
    char text[FILE_MAX];
    uint8_t raw[PUBLIC_SIZE];
    size_t n;

    memcpy(raw, pub->sign, SEAL_PUBLIC);
    memcpy(raw + SEAL_PUBLIC, pub->box, SEAL_PUBLIC);
    n = (size_t)snprintf(text, sizeof(text), "%s\n", PUBLIC_HEAD);
    sodium_bin2base64(text + n, sizeof(text) - n, raw, sizeof(raw), sodium_base64_VARIANT_ORIGINAL);
    n = strlen(text);
    n += (size_t)snprintf(text + n, sizeof(text) - n, "\n%.200s\n", name);
    return keyfile_text_new(path, text, n, 0644);
}

int keyfile_load_public(const char *path, struct seal_public *ret, char *name, size_t name_cap)
{
    char text[FILE_MAX];
    uint8_t raw[PUBLIC_SIZE];
    const char *rest = "";
    int rc = keyfile_text_read(path, text, sizeof(text));

    if (!rc)
        rc = decode(text, PUBLIC_HEAD, raw, sizeof(raw), &rest);
    if (rc)
        return rc;
    memcpy(ret->sign, raw, SEAL_PUBLIC);
    memcpy(ret->box, raw + SEAL_PUBLIC, SEAL_PUBLIC);
    if (name)
        snprintf(name, name_cap, "%.*s", (int)strcspn(rest, "\n"), rest);
    return 0;
}

int keyfile_save_secret(const char *path, const char *head, const uint8_t key[static SEAL_KEY])
{
    char *text = sodium_init() < 0 ? NULL : sodium_malloc(FILE_MAX);
    int rc = text ? 0 : ST_NOMEM;
    size_t n;

    if (!rc) {
        n = (size_t)snprintf(text, FILE_MAX, "%.200s\n", head);
        sodium_bin2base64(text + n, FILE_MAX - n, key, SEAL_KEY, sodium_base64_VARIANT_ORIGINAL);
        n = strlen(text);
        text[n++] = '\n';
        rc = keyfile_text_new(path, text, n, 0600);
    }
    sodium_free(text);
    return rc;
}

/* What the console sent is read by another user of the appliance than took it in: by the group, in a directory
 * into which nobody but that group gets. */
static bool shared_on_purpose(const char *path, const struct stat *st)
{
    char dir[4096];
    struct stat ds;
    const char *slash = strrchr(path, '/');
    int n = snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");

    return (st->st_mode & 077) == 040 && n > 0 && (size_t)n < sizeof(dir) && stat(dir, &ds) == 0 &&
           (ds.st_mode & 077) == 050 && ds.st_gid == st->st_gid && ds.st_uid == st->st_uid;
}

int keyfile_load_secret(const char *path, const char *head, uint8_t key[static SEAL_KEY])
{
    char *text = sodium_init() < 0 ? NULL : sodium_malloc(FILE_MAX);
    struct stat st;
    int rc = text ? 0 : ST_NOMEM;

    if (!rc && stat(path, &st) == 0 && (st.st_mode & 077) && !shared_on_purpose(path, &st))
        rc = ST_DENIED;
    if (!rc)
        rc = keyfile_text_read(path, text, FILE_MAX);
    if (!rc)
        rc = decode(text, head, key, SEAL_KEY, NULL);
    sodium_free(text);
    return rc;
}
