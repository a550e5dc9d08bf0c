/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/options.h"

#include <stdio.h>

int options_wrong(const char *usage, const char *what, const char *word)
{
    fprintf(stderr, "gatehouse console: %s%s\nusage: gatehouse console %s\n", what, word, usage);
    return 2;
}

static const struct option_row *find(const struct option_row *rows, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].name, word))
            return &rows[i];
    return NULL;
}

static int configure(struct conf *conf, bool file, const char *value)
{
    struct writer err;
    int rc;

    writer_init(&err, 65536);
    rc = file ? conf_load(conf, value, &err) : conf_set(conf, value, &err);
    if (rc)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    return rc ? 2 : 0;
}

int options_read(const char *usage, const struct option_row *rows, size_t n, int argc, char **argv,
                 struct conf *conf, const char **words, size_t max, size_t *ret_words)
{
    size_t have = 0;

    conf_defaults(conf);
    for (int i = 1; i < argc; i++) {
        const struct option_row *row = find(rows, n, argv[i]);
        bool file = !strcmp(argv[i], "-c"), set = !strcmp(argv[i], "--set");
        if ((file || set || (row && row->value)) && i + 1 == argc)
            return options_wrong(usage, "the value is missing of ", argv[i]);
        if (file || set) {
            i++;
            if (configure(conf, file, argv[i]) != 0)
                return 2;
        } else if (row && row->value) {
            *row->value = argv[++i];
        } else if (row) {
            *row->on = true;
        } else if (argv[i][0] == '-' || have == max) {
            return options_wrong(usage, "not understood: ", argv[i]);
        } else {
            words[have++] = argv[i];
        }
    }
    *ret_words = have;
    return 0;
}
