/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse down: what the console ordered this appliance to have: what became of it, and how it comes in by
 * a stick. */
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/link/goods_dir.h"
#include "firmware/link/link.h"
#include "firmware/link/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA (32u << 20)

static int usage(void)
{
    fprintf(stderr, "usage: gatehouse down import DIR [-c FILE]\n"
                    "       gatehouse down status [--json] [-c FILE]\n"
                    "  import   take in what 'gatehouse console export-down' wrote for this appliance\n"
                    "  status   what was ordered of each kind, and what became of it\n");
    return 2;
}

/* ---- import ---- */

struct import {
    const char *from;
    char down[GOODS_DIR_PATH];
    struct seal_public console;
    uint8_t id[SEAL_ID], *chunk;
    uint64_t fresh; /* bytes that were not here */
};

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "gatehouse down import: %s: %s\n", what, why);
    return 2;
}

static int take_chunks(struct import *im, const struct goods *g)
{
    int rc = 0;

    for (uint32_t i = 0; i < g->n_chunks && !rc; i++) {
        if (goods_dir_chunk_here(im->down, &g->chunks[i]))
            continue;
        rc = goods_dir_chunk_read(im->from, &g->chunks[i], im->chunk);
        if (!rc)
            rc = goods_dir_chunk_write(im->down, g->chunks[i].id, span_of(im->chunk, g->chunks[i].n));
        im->fresh += g->chunks[i].n;
    }
    return rc;
}

/* The manifest first under another name, so that nobody sweeps its chunks away; the order last. */
static int take_goods(struct import *im, const struct goods_order *o, struct arena *a)
{
    char path[GOODS_DIR_PATH], part[GOODS_DIR_PATH];
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct writer manifest, w;
    struct goods g;
    int rc = 0;

    writer_init(&manifest, GOODS_MANIFEST_MAX + 65536);
    goods_dir_kind(im->down, o->kind, "part", part);
    if (o->manifest_bytes) {
        rc = goods_dir_manifest(goods_dir_kind(im->from, o->kind, "manifest", path), o, a, &manifest, &g);
        if (!rc)
            rc = file_replace(part, writer_span(&manifest), 0640);
        if (!rc)
            rc = take_chunks(im, &g);
        if (!rc && rename(part, goods_dir_kind(im->down, o->kind, "manifest", path)) != 0)
            rc = ST_IO;
    }
    writer_fixed(&w, bytes, sizeof(bytes));
    goods_order_write(o, &w);
    if (!rc)
        rc = file_replace(goods_dir_kind(im->down, o->kind, "order", path), writer_span(&w), 0640);
    writer_done(&manifest);
    return rc;
}

/* One kind of the stick: 1 taken, 0 not there or known, or an exit code as negative number. */
static int take_kind(struct import *im, enum goods_kind k)
{
    struct arena *a = arena_new(ARENA);
    struct goods_order o, here;
    int rc = a ? goods_dir_order(im->from, k, &im->console, im->id, &o) : ST_NOMEM;
    const char *name = goods_kind_names[k];

    if (rc == ST_NOT_FOUND) {
        arena_free(a);
        return 0;
    }
    if (rc) {
        arena_free(a);
        return -refuse(name, rc == ST_DENIED          ? "it is for another appliance"
                             : rc == ST_BAD_SIGNATURE ? "it is not from this appliance's console"
                                                      : status_text(rc));
    }
    if (goods_dir_order(im->down, k, &im->console, im->id, &here) == 0 && here.serial >= o.serial) {
        printf("%s: order %llu is here already%s\n", name, (unsigned long long)o.serial,
               here.serial > o.serial ? ", and a later one" : "");
        arena_free(a);
        return 0;
    }
    rc = take_goods(im, &o, a);
    arena_free(a);
    if (rc)
        return -refuse(name, rc == ST_BAD_SIGNATURE ? "a file on the stick is damaged" : status_text(rc));
    printf("%s: order %llu taken in\n", name, (unsigned long long)o.serial);
    return 1;
}

static int import(const struct conf *c, const char *from)
{
    struct import im = {.from = from, .chunk = malloc(CDC_MAX)};
    struct link_console console;
    struct seal_public own;
    char path[GOODS_DIR_PATH];
    int taken = 0, rc = 0;

    snprintf(path, sizeof(path), "%s/appliance.pub", c->node_state_dir);
    if (!im.chunk || link_console_load(c->node_state_dir, &console) != 0 ||
        keyfile_load_public(path, &own, NULL, 0) != 0) {
        free(im.chunk);
        return refuse(c->node_state_dir, "this appliance is not enrolled: 'gatehouse help enrol'");
    }
    im.console = console.key;
    seal_id(&own, im.id);
    rc = goods_dir_make(c->node_state_dir);
    if (rc) {
        free(im.chunk);
        return refuse(c->node_state_dir, status_text(rc));
    }
    goods_dir_path(c->node_state_dir, "down", im.down);
    for (int k = 0; k < GOODS_KINDS; k++) {
        int one = take_kind(&im, (enum goods_kind)k);
        taken += one > 0;
        rc = one < 0 && -one > rc ? -one : rc;
    }
    free(im.chunk);
    if (!taken && !rc)
        printf("%s holds no order that is new for this appliance\n", from);
    else if (taken)
        printf("%llu bytes were new. The appliance takes it when it runs; 'gatehouse down status' tells\n",
               (unsigned long long)im.fresh);
    return rc;
}

/* ---- status ---- */

static int status(const struct conf *c, bool json)
{
    char path[GOODS_DIR_PATH], name[64];
    struct standing s;
    struct writer w;
    struct jw j;
    bool any = false;

    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_arr(&j);
    for (int k = 0; k < GOODS_KINDS; k++) {
        snprintf(name, sizeof(name), "goods/%s.json", goods_kind_names[k]);
        standing_load(goods_dir_path(c->node_state_dir, name, path), &s);
        if (!s.serial)
            continue;
        any = true;
        if (json) {
            standing_put((enum goods_kind)k, &s, &j);
            continue;
        }
        printf("%-13s order %-6llu %s%s%s %s%s%s\n", goods_kind_names[k], (unsigned long long)s.serial,
               *s.ordered.name ? s.ordered.name : "as the device was made", *s.ordered.name ? "@" : "",
               s.ordered.version, s.state, *s.reason ? ": " : "", s.reason);
        if (strcmp(s.state, "running") != 0)
            printf("%-13s in force     %s%s%s\n", "",
                   *s.running.name ? s.running.name : "what the device was made with",
                   *s.running.name ? "@" : "", s.running.version);
    }
    jw_end_arr(&j);
    if (json)
        printf("%s\n", writer_cstr(&w));
    else if (!any)
        printf("nothing was ordered\n");
    writer_done(&w);
    return 0;
}

int down_command(const struct conf *c, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[0], "import"))
        return import(c, argv[1]);
    if ((argc == 1 || (argc == 2 && !strcmp(argv[1], "--json"))) && !strcmp(argv[0], "status"))
        return status(c, argc == 2);
    return usage();
}
