/* SPDX-License-Identifier: GPL-3.0-or-later
 * take, have: firmware that the console handed down. gh-down lays the release and an order into its own
 * directory (link/apply_kinds.c); the installer's user may read both, writes what became of the order into a
 * directory of its own, and knows by that which orders it has dealt with. 'have' says which chunks the slots
 * hold, so that gh-uplink does not fetch them. */
#include "base/file.h"
#include "base/json.h"
#include "base/settings.h"
#include "firmware/link/goods_dir.h"
#include "firmware/update/esp.h"
#include "firmware/update/install.h"
#include "firmware/update/slot.h"
#include "firmware/update/update.h"
#include "firmware/update/words.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HAVE_MAX (8u << 20)
#define TRIES 3
#define TAKEN UINT64_MAX

/* "tries" as long as nothing has come of it: whoever is killed on the way begins anew, not for ever. */
static int tell(const struct conf *c, uint64_t serial, int rc, const char *why, uint64_t tries)
{
    char path[GOODS_DIR_PATH];
    struct writer w;
    struct jw j;

    writer_init(&w, 2048);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "serial", serial);
    jw_kbool(&j, "done", rc == 0 && !tries);
    jw_kcstr(&j, "reason", why);
    if (tries)
        jw_ku64(&j, "tries", tries);
    jw_end_obj(&j);
    (void)mkdir(goods_dir_path(c->node_state_dir, SETTINGS_FIRMWARE_DIR, path),
                0750); /* 'owners' has made it */
    if (file_replace(goods_dir_path(c->node_state_dir, SETTINGS_FIRMWARE_RESULT, path), writer_span(&w),
                     0640) != 0) {
        fprintf(stderr, "gatehouse firmware take: %s cannot be written\n", path);
        rc = rc ? rc : 3;
    }
    writer_done(&w);
    return rc;
}

/* How often this order was begun; 0: not yet, TAKEN: it is dealt with. */
static uint64_t begun(const struct conf *c, uint64_t serial)
{
    char path[GOODS_DIR_PATH];
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    struct writer w;
    uint64_t n = 0;

    writer_init(&w, 2 * 65536);
    if (a &&
        goods_dir_read(goods_dir_path(c->node_state_dir, SETTINGS_FIRMWARE_RESULT, path), 4096, &w) == 0 &&
        json_parse(a, writer_span(&w), 4, &j, NULL) == 0 &&
        (uint64_t)json_i64(json_get(j, "serial"), 0) == serial)
        n = json_get(j, "tries") ? (uint64_t)json_i64(json_get(j, "tries"), 1) : TAKEN;
    writer_done(&w);
    arena_free(a);
    return n;
}

int update_take(const struct conf *c, int argc, char **argv)
{
    char path[GOODS_DIR_PATH], dir[GOODS_DIR_PATH], name[64], why[256] = "";
    struct writer w;
    uint64_t serial = 0, tries;
    int rc;

    (void)argv;
    if (argc) {
        fprintf(stderr, "usage: gatehouse firmware take\n");
        return 2;
    }
    writer_init(&w, 2 * 65536);
    rc = goods_dir_read(goods_dir_path(c->node_state_dir, SETTINGS_FIRMWARE, path), 32, &w);
    if (rc == ST_NOT_FOUND) {
        printf("the console ordered no firmware\n");
        writer_done(&w);
        return 0;
    }
    if (rc || !span_number(span_trim(writer_span(&w)), INT64_MAX, &serial) || !serial) {
        fprintf(stderr, "gatehouse firmware take: %s: %s\n", path, status_text(rc ? rc : ST_MALFORMED));
        writer_done(&w);
        return 2;
    }
    writer_done(&w);
    tries = begun(c, serial);
    if (tries == TAKEN) {
        printf("order %llu was dealt with\n", (unsigned long long)serial);
        return 0;
    }
    if (tries >= TRIES)
        return tell(c, serial, 2, "the installer was stopped on its way as often as it was started", 0);
    rc = tell(c, serial, 0, "the installer is at work, or was interrupted", tries + 1);
    if (rc)
        return rc;
    snprintf(name, sizeof(name), "goods/firmware/%llu", (unsigned long long)serial);
    rc = update_install_from(c, goods_dir_path(c->node_state_dir, name, dir), false, false, why);
    return tell(c, serial, rc, why, 0);
}

/* Adds what a file holds; one that cannot be read holds nothing. */
static void look_at(struct chunk_index *x, int fd, uint64_t bytes)
{
    if (fd >= 0 && bytes)
        (void)chunk_index_add(x, fd, bytes);
}

int update_have(const struct conf *c, int argc, char **argv)
{
    const char *out = NULL;
    const struct word words[] = {{"-o", .text = &out, .needed = true}};
    const char *const slots[] = {c->firmware_slot_a, c->firmware_slot_b};
    struct chunk_index *x = chunk_index_new();
    struct esp_kernel kernels[ESP_KERNELS];
    int fds[ESP_KERNELS], n, rc;
    struct slot s[2] = {{.fd = -1}, {.fd = -1}};
    struct writer w;

    if (words_parse("have", words, GH_COUNT(words), argc, argv, NULL, 0) < 0 || !x)
        return 2;
    for (size_t i = 0; i < GH_COUNT(slots); i++)
        if (slot_open(&s[i], slots[i], false) == 0 && s[i].labelled)
            look_at(x, s[i].fd, s[i].image_bytes);
    n = esp_list(c->firmware_esp, kernels);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        off_t bytes;
        fds[i] =
            (size_t)snprintf(path, sizeof(path), "%s/%s", c->firmware_esp, kernels[i].name) < sizeof(path)
                ? open(path, O_RDONLY | O_CLOEXEC)
                : -1;
        bytes = fds[i] >= 0 ? lseek(fds[i], 0, SEEK_END) : 0;
        look_at(x, fds[i], bytes > 0 ? (uint64_t)bytes : 0);
    }
    writer_init(&w, HAVE_MAX);
    chunk_index_ids(x, &w);
    rc = writer_ok(&w) ? file_replace(out, writer_span(&w), 0640) : ST_LIMIT;
    if (rc)
        fprintf(stderr, "gatehouse firmware have: %s: %s\n", out, status_text(rc));
    else
        printf("%s: %zu chunks are here\n", out, w.n / SEAL_HASH);
    writer_done(&w);
    for (int i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (size_t i = 0; i < GH_COUNT(s); i++)
        slot_close(&s[i]);
    chunk_index_free(x);
    return rc ? 3 : 0;
}
