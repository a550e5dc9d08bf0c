/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/settings.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const allowed[] = {
    "node.log_level",
    "journal.batch_records",
    "journal.batch_delay", "journal.quiet_delay",
    "journal.flows",
    "evidence.pcap_max",
    "uplink.poll",
    "uplink.hello",
    "uplink.rate",
    "uplink.rate_hours",
    "uplink.timeout",
    "sensor.tcp_timeout",
    "sensor.udp_timeout",
    "sensor.recorder_flow",
    "sensor.recorder_after",
    "scan.timeout",
    "scan.worker_documents",
    "scan.ocr",
    "scan.ocr_timeout",
    "policy.timeout",
    "policy.steps",
    "policy.history",
};

bool settings_may(const char *key)
{
    for (size_t i = 0; i < GH_COUNT(allowed); i++)
        if (!strcmp(allowed[i], key))
            return true;
    return false;
}

/* One line that sets something. */
static int set(struct span section, struct span line, struct conf *c, settings_fn *fn, void *arg, char *why,
               size_t cap)
{
    ptrdiff_t eq = span_find_byte(line, '=', 0);
    struct span key = eq > 0 ? span_trim(span_part(line, 0, (size_t)eq)) : line,
                value = eq > 0 ? span_trim(span_part(line, (size_t)eq + 1, line.n)) : line;
    char name[64], text[SETTINGS_LINE];
    struct writer err;
    int rc;

    if (eq <= 0 || (size_t)snprintf(name, sizeof(name), "%.*s.%.*s", (int)section.n, (const char *)section.p,
                                    (int)key.n, (const char *)key.p) >= sizeof(name)) {
        snprintf(why, cap, "a line is no 'key = value'");
        return ST_USAGE;
    }
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = span_part(value, 1, value.n - 2);
    if (!settings_may(name)) {
        snprintf(why, cap, "%s is not for a console to set", name);
        return ST_DENIED;
    }
    if ((size_t)snprintf(text, sizeof(text), "%s=%.*s", name, (int)value.n, (const char *)value.p) >=
        sizeof(text)) {
        snprintf(why, cap, "the value of %s is too long", name);
        return ST_LIMIT;
    }
    writer_init(&err, 65536);
    rc = conf_set(c, text, &err);
    if (rc)
        snprintf(why, cap, "%.*s", (int)strcspn(writer_cstr(&err), "\n"), writer_cstr(&err));
    else if (fn)
        fn(arg, text);
    writer_done(&err);
    return rc;
}

int settings_read(struct span text, struct conf *c, settings_fn *fn, void *arg, char *why, size_t cap)
{
    struct span section = {NULL, 0};
    size_t n = 0;
    int rc = 0;

    if (text.n > SETTINGS_BYTES || span_find_byte(text, 0, 0) >= 0) {
        snprintf(why, cap, "it is too long, or no text");
        return ST_LIMIT;
    }
    for (size_t at = 0; at < text.n && !rc;) {
        ptrdiff_t end = span_find_byte(text, '\n', at);
        struct span line = span_part(text, at, (end < 0 ? text.n : (size_t)end) - at);
        at += line.n + 1;
        line = span_trim(line);
        if (!line.n || span_starts(line, "#"))
            continue;
        if (span_starts(line, "[") && line.p[line.n - 1] == ']')
            section = span_trim(span_part(line, 1, line.n - 2));
        else if (++n > SETTINGS_MAX)
            rc = ST_LIMIT;
        else
            rc = set(section, line, c, fn, arg, why, cap);
    }
    if (n > SETTINGS_MAX)
        snprintf(why, cap, "it sets too much");
    return rc;
}

/* ---- overlay ---- */

static bool read_settings(const char *state_dir, struct writer *w)
{
    char path[CONF_TEXT + 64];
    struct stat st;
    ssize_t n = -1;
    uint8_t *to;
    int fd;

    snprintf(path, sizeof(path), "%s/" SETTINGS_ACTIVE, state_dir);
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (to = writer_reserve(w, SETTINGS_BYTES)) != NULL)
        n = read(fd, to, SETTINGS_BYTES);
    close(fd);
    if (n > 0)
        writer_advance(w, (size_t)n);
    return n > 0;
}

/* All of them or none. */
static void lay_settings(struct conf *c, const char *state_dir)
{
    struct conf scratch = *c;
    char why[256] = "";
    struct writer w;

    writer_init(&w, 2 * SETTINGS_BYTES);
    if (read_settings(state_dir, &w) &&
        settings_read(writer_span(&w), &scratch, NULL, NULL, why, sizeof(why)) == 0)
        *c = scratch;
    else if (*why)
        log_warn("the console's settings are left out: %s", why);
    writer_done(&w);
}

/* state_dir/WHAT where that is, behind prefix; the key stays as it is where it does not fit. */
static void lay_path(char key[static CONF_TEXT], const char *state_dir, const char *prefix, const char *what)
{
    char path[CONF_TEXT + 64], text[2 * CONF_TEXT + 128];

    snprintf(path, sizeof(path), "%s/%s", state_dir, what);
    if (access(path, F_OK) != 0)
        return;
    if (snprintf(text, sizeof(text), "%s%s", prefix, path) < CONF_TEXT)
        snprintf(key, CONF_TEXT, "%.*s", CONF_TEXT - 1, text);
}

/* Those of args whose name it is, once more. */
static void lay_args(struct conf *c, char *const *args, size_t n, const char *name)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        struct writer err;
        if (strcmp(args[i], name) != 0)
            continue;
        writer_init(&err, 65536);
        (void)(name[1] == 'c' ? conf_load(c, args[i + 1], &err)
                              : conf_set(c, args[i + 1], &err)); /* they were taken before */
        writer_done(&err);
    }
}

void settings_overlay(struct conf *c, char *const *args, size_t n)
{
    char state_dir[CONF_TEXT], prefix[CONF_TEXT + 2], path[CONF_TEXT + 64];

    snprintf(state_dir, sizeof(state_dir), "%s", c->node_state_dir);
    snprintf(path, sizeof(path), "%s/goods", state_dir);
    if (access(path, X_OK) != 0)
        return;
    conf_defaults(c);
    lay_args(c, args, n, "-c");
    lay_settings(c, state_dir);
    snprintf(prefix, sizeof(prefix), "%s:", c->scan_rules);
    lay_path(c->scan_rules, state_dir, prefix, SETTINGS_RULES);
    if (!*c->lists_dir)
        lay_path(c->lists_dir, state_dir, "", SETTINGS_LISTS);
    if (!*c->policy_shadow)
        lay_path(c->policy_shadow, state_dir, "", SETTINGS_SHADOW);
    if (!*c->scan_registered) {
        lay_path(c->scan_registered, state_dir, "", SETTINGS_PRINTS);
        if (*c->scan_registered && !*c->scan_registered_key)
            lay_path(c->scan_registered_key, state_dir, "", SETTINGS_PRINTS_KEY);
    }
    lay_args(c, args, n, "--set");
}
