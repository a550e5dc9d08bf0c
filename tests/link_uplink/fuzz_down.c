/* SPDX-License-Identifier: GPL-3.0-or-later
 * Answers of a console to asks for goods: whatever comes, nothing lies on the disk but chunks under their own
 * hash, and every ask is sound. The first answer may be any; also settings from afar are read here. */
#include "base/base64.h"
#include "firmware/link/down.h"
#include "firmware/link/goods_dir.h"
#include "base/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[64];
static struct seal_keys *keys;

static void leave(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/down", dir);
    goods_dir_sweep(path);
    for (int k = 0; k < GOODS_KINDS; k++) {
        char file[GOODS_DIR_PATH];
        static const char *const what[] = {"order", "manifest", "part"};
        for (size_t i = 0; i < GH_COUNT(what); i++)
            (void)unlink(goods_dir_kind(path, (enum goods_kind)k, what[i], file));
    }
    goods_dir_sweep(path);
}

static void settings(struct span text)
{
    static struct conf c;
    char why[128] = "";

    conf_defaults(&c);
    if (settings_read(text, &c, NULL, NULL, why, sizeof(why)) != 0)
        gh_check(*why);
    gh_check(!*c.policy_trust && !c.enforce_enabled && !*c.node_user);
}

/* An order for a manifest that is the input itself, so that whatever it names is asked for. */
static struct span order_json(struct span manifest, struct writer *w)
{
    struct goods_order o = {.kind = GOODS_RULES, .serial = 1, .manifest_bytes = (uint32_t)manifest.n};
    char text[BASE64_SIZE(GOODS_ORDER_SIZE)];
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct writer b;

    goods_id(manifest, o.manifest);
    goods_order_sign(&o, keys);
    writer_fixed(&b, bytes, sizeof(bytes));
    goods_order_write(&o, &b);
    writer_clear(w);
    writer_printf(w, "{\"down\":[\"%s\"]}", base64_encode(bytes, sizeof(bytes), text, sizeof(text)));
    return writer_span(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct goods_ask ask;
    static const uint8_t id[SEAL_ID];
    struct goods_piece p = {.what = GOODS_ASK_MANIFEST};
    struct span in = span_of(data, n);
    struct json *j = NULL;
    struct writer w, body;
    struct arena *a;
    struct down *d;

    if (!keys) {
        snprintf(dir, sizeof(dir), "/tmp/gh-fuzz-down-XXXXXX");
        gh_check(seal_init() == 0 && mkdtemp(dir) && goods_dir_make(dir) == 0);
        keys = seal_keys_generate();
    }
    settings(in);
    if (!n || n > 65536)
        return 0;
    a = arena_new(1 << 20);
    d = down_new(dir, seal_keys_public(keys), id);
    writer_init(&w, 1 << 20);
    writer_init(&body, 1 << 20);
    gh_check(a && d && json_parse(a, order_json(in, &w), 4, &j, NULL) == 0);
    down_take(d, j);
    gh_check(down_busy(d) && down_next(d, &body) && goods_ask_read(writer_span(&body), &ask) == 0);
    writer_clear(&w);
    writer_str(&w, GOODS_ANSWER_MAGIC);
    p.bytes = in;
    goods_piece_write(&p, &w);
    (void)down_answered(d, 0, 200, writer_span(&w));
    for (int i = 0; i < 4 && down_next(d, &body); i++) {
        gh_check(goods_ask_read(writer_span(&body), &ask) == 0);
        (void)down_answered(d, 0, 200, in);
    }
    writer_done(&w);
    writer_done(&body);
    down_free(d);
    arena_free(a);
    leave();
    return 0;
}
