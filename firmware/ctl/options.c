/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/keeper.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void ctl_options_init(struct ctl_options *o)
{
    memset(o, 0, sizeof(*o));
    conf_defaults(&o->conf);
}

const char *ctl_value(int argc, char **argv, int *i)
{
    if (*i + 1 >= argc) {
        fprintf(stderr, "gatehouse: option %s lacks its value\n", argv[*i]);
        return NULL;
    }
    return argv[++*i];
}

bool ctl_option(struct ctl_options *o, int argc, char **argv, int *i)
{
    bool file = !strcmp(argv[*i], "-c");
    char *name = argv[*i];
    const char *v;
    struct writer err;
    int rc;

    if (!file && strcmp(argv[*i], "--set") != 0)
        return false;
    v = ctl_value(argc, argv, i);
    if (!v || o->n_conf_args + 3 > GH_COUNT(o->conf_args)) {
        o->failed = true;
        return true;
    }
    writer_init(&err, 65536);
    rc = file ? conf_load(&o->conf, v, &err) : conf_set(&o->conf, v, &err);
    if (rc) {
        fprintf(stderr, "%s", writer_cstr(&err));
        o->failed = true;
    }
    writer_done(&err);
    o->conf_args[o->n_conf_args++] = name;
    o->conf_args[o->n_conf_args++] = (char *)v;
    return true;
}

void ctl_overlay(struct ctl_options *o)
{
    settings_overlay(&o->conf, o->conf_args, o->n_conf_args);
}

int ctl_usage(const char *command, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "gatehouse %s: ", command);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n'gatehouse help %s' shows how it is used\n", command);
    return 2;
}

int ctl_unknown(const char *command, const char *word, const char *const *known, size_t n)
{
    const char *near = text_nearest(word, known, n);

    return ctl_usage(command, "unknown option '%s'%s%s%s", word, near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

int ctl_exec(const char *exe, int argc, char **argv)
{
    char path[PATH_MAX + 64];

    (void)argc;
    snprintf(path, sizeof(path), "%s/%s", keeper_bin_dir(), exe);
    execv(path, argv);
    fprintf(stderr, "gatehouse: %s cannot be started: %s. Is the installation complete?\n", path, strerror(errno));
    return 3;
}
