/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/words.h"
#include "base/text.h"

#include <stdio.h>

static int complain(const char *command, const char *what, const char *word)
{
    fprintf(stderr, "gatehouse firmware %s: %s%s\n", command, word, what);
    return -1;
}

static int unknown(const char *command, const struct word *w, size_t n, const char *word)
{
    const char *names[16], *near;
    char more[96] = "";

    for (size_t i = 0; i < n && i < GH_COUNT(names); i++)
        names[i] = w[i].name;
    near = text_nearest(word, names, n < GH_COUNT(names) ? n : GH_COUNT(names));
    snprintf(more, sizeof(more), " is no option of it%s%s%s", near ? "; did you mean '" : "",
             near ? near : "", near ? "'?" : "");
    return complain(command, more, word);
}

int words_parse(const char *command, const struct word *w, size_t n, int argc, char **argv, const char **rest,
                int max)
{
    bool seen[16] = {false};
    int count = 0;

    gh_check(n <= GH_COUNT(seen));
    for (int i = 0; i < argc; i++) {
        size_t k = 0;
        while (k < n && strcmp(argv[i], w[k].name) != 0)
            k++;
        if (k == n && argv[i][0] == '-')
            return unknown(command, w, n, argv[i]);
        if (k == n) {
            if (count == max)
                return complain(command, " is one word too many", argv[i]);
            rest[count++] = argv[i];
            continue;
        }
        seen[k] = true;
        if (w[k].flag) {
            *w[k].flag = true;
            continue;
        }
        if (++i == argc)
            return complain(command, " lacks its value", w[k].name);
        if (w[k].text)
            *w[k].text = argv[i];
        else if (!span_number(span_str(argv[i]), UINT64_MAX / 2, w[k].number))
            return complain(command, ": that is no number", argv[i]);
    }
    for (size_t k = 0; k < n; k++)
        if (w[k].needed && !seen[k])
            return complain(command, " is needed", w[k].name);
    return count;
}
