/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/apply_kinds.h"
#include "base/file.h"
#include "base/settings.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define CHECK_MS 120000
#define ARGS_MAX 64

/* gatehouse WORD WORD… with the configuration of this appliance. */
static int command(const struct apply_box *b, char *const *words, char says[static CHILD_SAYS])
{
    char *argv[ARGS_MAX];
    size_t n = 0;
    int rc;

    argv[n++] = (char *)"gatehouse";
    for (; *words && n < ARGS_MAX / 2; words++)
        argv[n++] = *words;
    for (char *const *a = b->conf_args; *a && n < ARGS_MAX - 1; a++)
        argv[n++] = *a;
    argv[n] = NULL;
    rc = child_run(argv, CHECK_MS, says);
    if (rc >= 127 || (rc && !*says))
        snprintf(says, CHILD_SAYS, "gatehouse %s %s ended with status %d", argv[1], argv[2], rc);
    return rc == 0 ? 0 : ST_MALFORMED;
}

/* A key that the appliance's own configuration sets goes before what comes from afar. */
static int own_goes_before(const char *key, const char *value, char says[static CHILD_SAYS])
{
    if (!*value)
        return 0;
    snprintf(says, CHILD_SAYS, "%s is set in this appliance's configuration and goes before it", key);
    return ST_DENIED;
}

static int check_policy(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char *words[] = {(char *)"policy", (char *)"check", dir, NULL};
    int rc = own_goes_before("policy.dir", b->conf->policy_dir, says);

    return rc ? rc : command(b, words, says);
}

/* A shadow decides nothing: it need not be signed for this appliance. */
static int check_shadow(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char *words[] = {(char *)"policy", (char *)"check", dir, NULL};
    char active[GOODS_DIR_PATH], path[GOODS_DIR_PATH];
    int rc;

    snprintf(active, sizeof(active), "%.800s/active", unpack_kind(b->state_dir, GOODS_SHADOW, path));
    rc = strcmp(b->conf->policy_shadow, active)
             ? own_goes_before("policy.shadow", b->conf->policy_shadow, says)
             : 0;
    return rc ? rc : command(b, words, says);
}

static int check_rules(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char *words[] = {(char *)"rules", (char *)"check", dir, NULL};

    return command(b, words, says);
}

static int check_lists(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char *argv[] = {(char *)"gatehouse", (char *)"lists", (char *)"check", dir, NULL};
    char active[GOODS_DIR_PATH], path[GOODS_DIR_PATH];
    int rc;

    snprintf(active, sizeof(active), "%.800s/active", unpack_kind(b->state_dir, GOODS_LISTS, path));
    rc = strcmp(b->conf->lists_dir, active) ? own_goes_before("lists.dir", b->conf->lists_dir, says) : 0;
    if (rc)
        return rc;
    rc = child_run(argv, CHECK_MS, says);
    return rc ? ST_MALFORMED : 0;
}

static int check_fingerprints(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char index[GOODS_DIR_PATH], key[GOODS_DIR_PATH], active[GOODS_DIR_PATH], path[GOODS_DIR_PATH];
    char *words[] = {(char *)"register", (char *)"--list", (char *)"-o", index, (char *)"-k", key, NULL};
    int rc;

    snprintf(active, sizeof(active), "%.800s/active/registered.ghp",
             unpack_kind(b->state_dir, GOODS_FINGERPRINTS, path));
    rc = strcmp(b->conf->scan_registered, active)
             ? own_goes_before("scan.registered", b->conf->scan_registered, says)
             : 0;
    goods_dir_path(dir, "registered.ghp", index);
    goods_dir_path(dir, "registered.key", key);
    return rc ? rc : command(b, words, says);
}

static int check_settings(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char path[GOODS_DIR_PATH];
    struct conf c = *b->conf;
    struct writer w;
    int rc;

    writer_init(&w, SETTINGS_BYTES + 65536);
    rc = goods_dir_read(goods_dir_path(dir, SETTINGS_FILE, path), SETTINGS_BYTES, &w);
    if (rc)
        snprintf(says, CHILD_SAYS, SETTINGS_FILE ": %s", status_text(rc));
    else
        rc = settings_read(writer_span(&w), &c, NULL, NULL, says, CHILD_SAYS);
    writer_done(&w);
    return rc;
}

static int check_firmware(const struct apply_box *b, char *dir, char says[static CHILD_SAYS])
{
    char *argv[] = {
        (char *)"gatehouse", (char *)"firmware", (char *)"verify", (char *)"--manifest", dir, NULL};
    char *all[ARGS_MAX];
    size_t n = 0;

    if (access(b->conf->firmware_slot_a, F_OK) != 0 || access(b->conf->firmware_slot_b, F_OK) != 0) {
        snprintf(says, CHILD_SAYS,
                 "this machine was not installed from an image: it has no slots for a release");
        return ST_UNSUPPORTED;
    }
    for (char *const *a = argv; *a; a++)
        all[n++] = *a;
    for (char *const *a = b->conf_args; *a && n < ARGS_MAX - 1; a++)
        all[n++] = *a;
    all[n] = NULL;
    return child_run(all, CHECK_MS, says) ? ST_BAD_SIGNATURE : 0;
}

int kinds_check(const struct apply_box *b, enum goods_kind k, uint64_t serial, char says[static CHILD_SAYS])
{
    static int (*const checks[GOODS_KINDS])(const struct apply_box *b, char *dir,
                                            char says[static CHILD_SAYS]) = {
        check_policy,   check_rules,    check_lists, check_fingerprints,
        check_settings, check_firmware, check_shadow};
    char dir[GOODS_DIR_PATH];

    says[0] = 0;
    return checks[k](b, (char *)unpack_dir(b->state_dir, k, serial, dir), says);
}

bool kinds_anew(const struct apply_box *b, enum goods_kind k, uint64_t serial)
{
    /* the keeper names links in the configuration that it hands to the processes, as soon as they are there
     */
    return k == GOODS_SETTINGS ||
           (k != GOODS_POLICY && k != GOODS_FIRMWARE && !unpack_active(b->state_dir, k) != !serial);
}

/* The policy's own store keeps what was promoted, and what was before. */
static int activate_policy(const struct apply_box *b, uint64_t serial, char says[static CHILD_SAYS])
{
    char dir[GOODS_DIR_PATH], path[GOODS_DIR_PATH];
    char *words[] = {(char *)"policy", (char *)"promote", dir, NULL};

    if (serial) {
        unpack_dir(b->state_dir, GOODS_POLICY, serial, dir);
        return command(b, words, says);
    }
    if (unlink(goods_dir_path(b->state_dir, "policies/active", path)) != 0 && errno != ENOENT) {
        snprintf(says, CHILD_SAYS, "%.150s: %s", path, strerror(errno));
        return status_from_errno(errno);
    }
    return 0;
}

/* The installer's service waits for this file to change. */
static int order_installer(const struct apply_box *b, uint64_t serial)
{
    char path[GOODS_DIR_PATH], text[32];
    int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)serial);

    return file_replace(goods_dir_path(b->state_dir, SETTINGS_FIRMWARE, path), span_of(text, (size_t)n), 0640);
}

int kinds_activate(const struct apply_box *b, enum goods_kind k, uint64_t serial,
                   char says[static CHILD_SAYS])
{
    int rc = k == GOODS_POLICY ? activate_policy(b, serial, says) : 0;

    if (rc)
        return rc;
    rc = unpack_activate(b->state_dir, k, serial);
    if (!rc && k == GOODS_FIRMWARE && serial)
        rc = order_installer(b, serial);
    if (rc)
        snprintf(says, CHILD_SAYS, "it cannot be put in force: %s", status_text(rc));
    return rc;
}

int kinds_revoke(const struct apply_box *b, enum goods_kind k, uint64_t before)
{
    char *words[] = {(char *)"policy", (char *)"rollback", NULL};
    char says[CHILD_SAYS];

    if (k == GOODS_POLICY && (before ? command(b, words, says) : activate_policy(b, 0, says)) != 0)
        return ST_IO;
    return unpack_activate(b->state_dir, k, before);
}
