/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/floor.h"
#include "firmware/update/update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CMDLINE_MAX 4096

/* Hex digits to bytes; how many, or 0 when s is anything else or too long. */
static size_t hex(struct span s, uint8_t *out, size_t max)
{
    if (s.n % 2 || s.n / 2 > max)
        return 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
        if (v == 16)
            return 0;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | v);
    }
    return s.n / 2;
}

bool update_hex32(struct span s, uint8_t out[static 32])
{
    return s.n == 64 && hex(s, out, 32) == 32;
}

int running_read_quietly(const struct conf *c, struct running *ret)
{
    char text[CMDLINE_MAX];
    int fd = open(c->firmware_cmdline, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
    struct span left = span_of(text, n > 0 ? (size_t)n : 0);
    bool root = false;

    *ret = (struct running){0};
    if (fd >= 0)
        close(fd);
    while (left.n) {
        ptrdiff_t blank = span_find_byte(left, ' ', 0);
        struct span word = span_trim(span_part(left, 0, blank < 0 ? left.n : (size_t)blank));
        left = span_part(left, blank < 0 ? left.n : (size_t)blank + 1, left.n);
        if (span_starts(word, "gh.epoch="))
            (void)span_number(span_part(word, 9, word.n), UINT64_MAX / 2, &ret->epoch);
        else if (span_starts(word, "gh.floor="))
            (void)span_number(span_part(word, 9, word.n), UINT64_MAX / 2, &ret->floor);
        else if (span_starts(word, "gh.roothash="))
            root = update_hex32(span_part(word, 12, word.n), ret->root_hash);
        else if (span_starts(word, "gh.blocks="))
            (void)span_number(span_part(word, 10, word.n), UINT32_MAX, &ret->tree.data_blocks);
        else if (span_starts(word, "gh.salt="))
            ret->tree.salt_n = hex(span_part(word, 8, word.n), ret->tree.salt, sizeof(ret->tree.salt));
    }
    memcpy(ret->tree.root_hash, ret->root_hash, sizeof(ret->root_hash));
    return ret->epoch && root ? 0 : ST_NOT_FOUND;
}

int running_read(const struct conf *c, struct running *ret)
{
    if (running_read_quietly(c, ret) == 0)
        return 0;
    fprintf(stderr,
            "gatehouse firmware: %s names no release: this machine runs Gatehouse as a package, not as "
            "firmware\n",
            c->firmware_cmdline);
    return 2;
}

int keyset_trusted(const struct conf *c, struct keyset *ret)
{
    const char *const dirs[] = {NULL, c->firmware_state};
    struct seal_public root;
    struct keyset k;
    struct writer w;
    bool any = false;
    int rc = keyfile_load_public(c->firmware_root, &root, NULL, 0);

    if (rc) {
        fprintf(stderr, "gatehouse firmware: %s (the root key of releases): %s\n", c->firmware_root,
                status_text(rc));
        return 2;
    }
    writer_init(&w, 65536);
    for (size_t i = 0; i < GH_COUNT(dirs); i++) {
        writer_clear(&w);
        rc = dirs[i] ? floor_file_read(dirs[i], "release.keys", KEYSET_MAX, &w)
                     : floor_file_read(NULL, c->firmware_keys, KEYSET_MAX, &w);
        if (rc == ST_NOT_FOUND)
            continue;
        if (!rc)
            rc = keyset_decode(writer_span(&w), root.sign, &k);
        if (rc)
            fprintf(stderr, "gatehouse firmware: release keys %s: %s\n", dirs[i] ? dirs[i] : c->firmware_keys,
                    status_text(rc));
        else if (!any || k.version > ret->version) {
            *ret = k;
            any = true;
        }
    }
    writer_done(&w);
    if (!any)
        fprintf(stderr,
                "gatehouse firmware: there are no release keys (%s) that the root key signed: no release can "
                "be trusted\n",
                c->firmware_keys);
    return any ? 0 : 2;
}
