/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/owner.h"
#include "firmware/link/link.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int link_read_file(const char *path, struct writer *w)
{
    return file_read(path, 65536, w);
}

int link_write_file(const char *path, struct span bytes, unsigned mode, bool replace)
{
    if (!replace && access(path, F_OK) == 0)
        return ST_EXISTS;
    return file_replace(path, bytes, mode);
}

int link_console_load(const char *state_dir, struct link_console *ret)
{
    char path[CONF_TEXT + 32];
    struct link_console c = {0};
    struct arena *a = arena_new(1 << 20);
    struct writer w;
    struct json *j;
    int rc;

    snprintf(path, sizeof(path), "%s/console.json", state_dir);
    writer_init(&w, 131072);
    rc = a ? link_read_file(path, &w) : ST_NOMEM;
    if (!rc)
        rc = json_parse(a, writer_span(&w), 8, &j, NULL);
    if (!rc) {
        const char *url = json_cstr(json_get(j, "console_url"), ""),
                   *pin = json_cstr(json_get(j, "tls_pin_sha256"), "");
        if (!strncmp(pin, "sha256//", 8))
            pin += 8;
        if (strlen(url) >= sizeof(c.url) || strlen(pin) >= sizeof(c.pin) ||
            !base64_decode(span_str(json_cstr(json_get(j, "console_sign"), "")), c.key.sign, SEAL_PUBLIC) ||
            !base64_decode(span_str(json_cstr(json_get(j, "console_box"), "")), c.key.box, SEAL_PUBLIC))
            rc = ST_MALFORMED;
        else {
            snprintf(c.url, sizeof(c.url), "%s", url);
            snprintf(c.pin, sizeof(c.pin), "%s", pin);
            snprintf(c.pin_next, sizeof(c.pin_next), "%s", json_cstr(json_get(j, "tls_pin_next"), ""));
            *ret = c;
        }
    }
    writer_done(&w);
    arena_free(a);
    return rc;
}
