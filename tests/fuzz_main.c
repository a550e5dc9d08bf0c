/* SPDX-License-Identifier: GPL-3.0-or-later
 * Runs a fuzz target once over each file given, or each file in a directory given: for builds without libFuzzer. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *buf = malloc(1 << 24), *exact = NULL;
    size_t n = f && buf ? fread(buf, 1, 1 << 24, f) : 0;
    int rc = 0;

    if (f && buf)
        exact = malloc(n ? n : 1); /* exact size, so that ASan sees a read past the end */
    for (size_t i = 0; exact && i < n; i++)
        exact[i] = buf[i];
    if (exact)
        LLVMFuzzerTestOneInput(exact, n);
    else
        rc = 1;
    if (f)
        fclose(f);
    free(buf);
    free(exact);
    if (rc)
        fprintf(stderr, "cannot read %s\n", path);
    return rc;
}

int main(int argc, char **argv)
{
    int rc = 0, files = 0;

    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (stat(argv[i], &st) != 0 || !S_ISDIR(st.st_mode)) {
            rc |= run_file(argv[i]);
            files++;
            continue;
        }
        DIR *d = opendir(argv[i]);
        for (struct dirent *e; d && (e = readdir(d));) {
            char path[PATH_MAX];
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof(path), "%s/%s", argv[i], e->d_name);
            rc |= run_file(path);
            files++;
        }
        if (d)
            closedir(d);
    }
    printf("%d seeds\n", files);
    return files ? rc : 1;
}
