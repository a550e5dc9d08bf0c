/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse keys: identities are born on the device and their secrets never leave it. */
#include "base/base64.h"
#include "firmware/link/link.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void paths(const struct conf *c, char *secret, char *public, size_t cap)
{
    snprintf(secret, cap, "%s/appliance.key", c->node_state_dir);
    snprintf(public, cap, "%s/appliance.pub", c->node_state_dir);
}

static void print_public(const char *name, const struct seal_public *pub)
{
    uint8_t id[SEAL_ID];
    char sign[BASE64_SIZE(SEAL_PUBLIC)], box[BASE64_SIZE(SEAL_PUBLIC)];

    seal_id(pub, id);
    printf("name:       %s\nidentity:   ", name);
    for (size_t i = 0; i < sizeof(id); i++)
        printf("%02x", id[i]);
    printf("\nsigns with: %s\nopens with: %s\n", base64_encode(pub->sign, SEAL_PUBLIC, sign, sizeof(sign)),
           base64_encode(pub->box, SEAL_PUBLIC, box, sizeof(box)));
}

static int generate(const struct conf *c, const char *secret, const char *public)
{
    struct seal_keys *k;
    int rc;

    if (mkdir(c->node_state_dir, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr,
                "gatehouse keys: %s cannot be made: %s. Set node.state_dir to a directory you may write\n",
                c->node_state_dir, strerror(errno));
        return 2;
    }
    if (access(secret, F_OK) == 0) {
        fprintf(
            stderr,
            "gatehouse keys: %s is there already and is never overwritten: the journal is signed with it.\n"
            "'gatehouse keys show' prints its public part\n",
            secret);
        return 2;
    }
    k = seal_keys_generate();
    rc = k ? keyfile_save(secret, k) : ST_NOMEM;
    if (!rc && access(public, F_OK) != 0)
        rc = keyfile_save_public(public, seal_keys_public(k), c->node_name);
    if (rc)
        fprintf(stderr, "gatehouse keys: %s: %s\n", secret, status_text(rc));
    else
        print_public(c->node_name, seal_keys_public(k));
    seal_keys_free(k);
    return rc ? 3 : 0;
}

int keys_make(const struct conf *c)
{
    char secret[CONF_TEXT + 32], public[CONF_TEXT + 32];

    paths(c, secret, public, sizeof(secret));
    return generate(c, secret, public);
}

int keys_command(const struct conf *c, int argc, char **argv)
{
    char secret[CONF_TEXT + 32], public[CONF_TEXT + 32], name[128];
    struct seal_public pub;
    int rc;

    paths(c, secret, public, sizeof(secret));
    if (argc == 1 && !strcmp(argv[0], "generate"))
        return generate(c, secret, public);
    if (argc == 3 && !strcmp(argv[0], "rotate") && !strcmp(argv[1], "-o"))
        return keys_rotate(c, argv[2]);
    if (argc != 1 || strcmp(argv[0], "show") != 0) {
        fprintf(stderr, "usage: gatehouse keys generate|show [-c FILE]\n"
                        "       gatehouse keys rotate -o FILE [-c FILE]\n"
                        "  generate   make this appliance's keys in node.state_dir (once)\n"
                        "  show       print their public part\n"
                        "  rotate     make new keys, and a request in FILE that the old ones sign, for 'console enrol-approve'\n");
        return 2;
    }
    rc = keyfile_load_public(public, &pub, name, sizeof(name));
    if (rc) {
        fprintf(stderr, "gatehouse keys: %s: %s. 'gatehouse keys generate' makes them\n", public,
                status_text(rc));
        return 2;
    }
    print_public(name, &pub);
    return 0;
}
