/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/classify_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WALK_DEPTH 64

static void push(struct classify_list *l, char *path)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->v = realloc(l->v, l->cap * sizeof(*l->v));
        gh_check(l->v);
    }
    l->v[l->n++] = path;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void walk(struct classify_list *l, const char *dir, unsigned depth)
{
    struct dirent **entries;
    int n = depth < WALK_DEPTH ? scandir(dir, &entries, not_dots, by_name) : -1;

    if (n < 0) {
        fprintf(stderr, "gatehouse classify: %s is not walked: %s\n", dir,
                depth < WALK_DEPTH ? strerror(errno) : "directories nest too deep");
        return;
    }
    for (int i = 0; i < n; i++) {
        char *path;
        struct stat st;
        gh_check(asprintf(&path, "%s/%s", dir, entries[i]->d_name) >= 0);
        free(entries[i]);
        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            push(l, path);
            continue;
        }
        if (S_ISDIR(st.st_mode))
            walk(l, path, depth + 1);
        else
            fprintf(stderr, "gatehouse classify: %s is no regular file and is skipped\n", path);
        free(path);
    }
    free(entries);
}

void classify_list_add(struct classify_list *l, const char *path)
{
    struct stat st;
    size_t n = strlen(path);
    char *copy;

    if (stat(path, &st) != 0) {
        fprintf(stderr, "gatehouse classify: %s: %s\n", path, strerror(errno));
        l->missing = true;
        return;
    }
    copy = strdup(path);
    gh_check(copy);
    if (!S_ISDIR(st.st_mode)) {
        push(l, copy);
        return;
    }
    while (n > 1 && copy[n - 1] == '/')
        copy[--n] = 0;
    walk(l, copy, 0);
    free(copy);
}

void classify_list_done(struct classify_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (struct classify_list){0};
}
