/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse evidence: list sealed documents, and open one with the committee's secret key, whole or joined
 * from shares. */
#include "base/conf.h"
#include "base/digest.h"
#include "base/seal.h"
#include "policy/core/commands.h"
#include "base/opening_files.h"
#include "policy/core/opening_cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_MOST (CONF_TEXT + 64)

static const char usage_text[] =
    "usage: gatehouse evidence list [-c FILE | DIR]\n"
    "       gatehouse evidence member NAME -o NAME.key [--password-file FILE]\n"
    "       gatehouse evidence request SEALED.ghe|SHA256|--renew --committee committee.shares --reason TEXT "
    "[--by NAME] -o REQUEST\n"
    "       gatehouse evidence share REQUEST -k MEMBER.key -o SHARE [--password-file FILE]\n"
    "       gatehouse evidence open SEALED.ghe -r REQUEST -o OUT SHARE...\n"
    "       gatehouse evidence open SEALED.ghe -k COMMITTEE.key -o OUT\n"
    "       gatehouse evidence record RECEIPT -r REQUEST [-c FILE]\n"
    "  list     what lies sealed in state_dir/evidence\n"
    "  member   make a member's own key, locked with a password, and the public half for the committee\n"
    "  request  ask the members of a divided key to open one document; made where it will be opened\n"
    "  share    a member says yes: contributes to that request, on a machine of his or her own\n"
    "  open     decrypt one document, with the shares of enough members, or with a key that was never "
    "divided;\n"
    "           never the appliance's\n"
    "  record   note an opening in this appliance's journal\n";

static int usage(const char *what, const char *word)
{
    fprintf(stderr, "gatehouse evidence: %s%s\n%s", what, word, usage_text);
    return 2;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_sealed(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && !strcmp(d->d_name + n - 4, ".ghe");
}

static int list(int argc, char **argv)
{
    struct conf conf;
    struct writer err;
    char dir[PATH_MOST], path[PATH_MOST + 300], when[32];
    struct dirent **names = NULL;
    uint64_t bytes = 0;
    int n, rc = 0;

    conf_defaults(&conf);
    writer_init(&err, 65536);
    snprintf(dir, sizeof(dir), "%s", "");
    for (int i = 0; i < argc && !rc; i++) {
        if (!strcmp(argv[i], "-c") && i + 1 < argc)
            rc = conf_load(&conf, argv[++i], &err);
        else if (!strcmp(argv[i], "--set") && i + 1 < argc)
            rc = conf_set(&conf, argv[++i], &err);
        else if (argv[i][0] == '-')
            return usage("unknown option, or its value is missing: ", argv[i]);
        else
            snprintf(dir, sizeof(dir), "%.560s", argv[i]);
    }
    if (rc)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    if (rc)
        return 2;
    if (!*dir)
        snprintf(dir, sizeof(dir), "%s/evidence", conf.node_state_dir);
    n = scandir(dir, &names, is_sealed, by_name);
    if (n < 0) {
        fprintf(stderr, "gatehouse evidence: %s: %s\n", dir, strerror(errno));
        return 2;
    }
    for (int i = 0; i < n; i++) {
        struct stat st = {0};
        struct tm tm;
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
        if (stat(path, &st) == 0 && gmtime_r(&st.st_mtime, &tm)) {
            strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
            printf("%s  %10" PRIu64 "  %s\n", when, (uint64_t)st.st_size, names[i]->d_name);
            bytes += (uint64_t)st.st_size;
        }
        free(names[i]);
    }
    free(names);
    (void)fflush(stdout); /* the sum comes behind what it sums up, also when both go to one place */
    fprintf(stderr, "%d sealed documents, %" PRIu64 " bytes\n", n, bytes);
    return 0;
}

/* Is what came out the document that the name promises? A file of another name is not held to it. */
static bool fits_name(int fd, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    uint8_t buf[65536], hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct digest *d = digest_new_sha256();
    ssize_t n;

    gh_check(d);
    while ((n = read(fd, buf, sizeof(buf))) > 0)
        digest_update(d, buf, (size_t)n);
    digest_final(d, hash);
    digest_free(d);
    digest_hex(hash, sizeof(hash), hex);
    return strlen(name) != sizeof(hex) - 1 + 4 || !strncmp(name, hex, sizeof(hex) - 1);
}

static int open_sealed(const char *sealed, const struct seal_keys *keys, const char *out, uint64_t *ret_bytes)
{
    char temp[PATH_MOST];
    uint64_t bytes = 0;
    int in = open(sealed, O_RDONLY | O_CLOEXEC), to, rc;

    if (in < 0) {
        fprintf(stderr, "gatehouse evidence: %s: %s\n", sealed, strerror(errno));
        return 2;
    }
    if (access(out, F_OK) == 0 || (size_t)snprintf(temp, sizeof(temp), "%s.new", out) >= sizeof(temp)) {
        fprintf(stderr, "gatehouse evidence: %s is there already and is not overwritten\n", out);
        close(in);
        return 2;
    }
    to = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rc = to < 0 ? status_from_errno(errno) : seal_file_open(in, to, keys, &bytes);
    if (!rc && (lseek(to, 0, SEEK_SET) != 0 || !fits_name(to, sealed)))
        rc = ST_BAD_SIGNATURE;
    if (!rc && (fsync(to) != 0 || rename(temp, out) != 0))
        rc = status_from_errno(errno);
    if (to >= 0)
        close(to);
    close(in);
    if (rc) {
        (void)unlink(temp);
        fprintf(stderr, "gatehouse evidence: %s: %s%s\n", sealed, status_text(rc),
                rc == ST_BAD_SIGNATURE ? ". It was sealed to another key, or changed since" : "");
        return rc == ST_FULL || rc == ST_IO ? 3 : 2;
    }
    printf("%s: %" PRIu64 " bytes\n", out, bytes);
    *ret_bytes = bytes;
    return 0;
}

/* The file must be the one that was asked for: its name says which it is, and what comes out is held to its
 * name. */
static bool is_asked_for(const char *sealed, const struct opening_request *q)
{
    const char *slash = strrchr(sealed, '/'), *name = slash ? slash + 1 : sealed;
    char hex[2 * SHA256_SIZE + 1];

    digest_hex(q->sha256, sizeof(q->sha256), hex);
    return q->kind == OPENING_DOCUMENT && !strncmp(name, hex, sizeof(hex) - 1) &&
           !strcmp(name + sizeof(hex) - 1, ".ghe");
}

static int open_shared(const char *sealed, const char *request, const char *out, char *const *shares,
                       size_t n)
{
    char names[1024], path[OPENING_PATH];
    struct seal_keys *keys = NULL;
    struct opening_request q;
    uint64_t bytes = 0;
    unsigned members = 0;
    struct writer w;
    int rc = opening_request_load(request, &w, &q);

    if (!rc && !is_asked_for(sealed, &q)) {
        fprintf(stderr, "gatehouse evidence: %s is not the document that %s asks for\n", sealed, request);
        rc = 2;
    }
    if (!rc)
        rc = opening_keys(request, &q, shares, n, &keys, &members);
    if (!rc)
        rc = open_sealed(sealed, keys, out, &bytes);
    seal_keys_free(keys);
    if (!rc)
        rc = opening_end(request, &q, members, bytes);
    if (!rc)
        printf("opened with the shares of %s\nreceipt: %s\n         Give it to the console, and to the "
               "appliance: 'gatehouse evidence record'.\n",
               opening_names(&q.committee, members, names, sizeof(names)),
               opening_beside(request, ".receipt", path));
    writer_done(&w);
    return rc;
}

static int open_whole(const char *sealed, const char *key, const char *out)
{
    struct seal_keys *keys = NULL;
    uint64_t bytes;
    int rc = keyfile_load(key, &keys);

    if (rc) {
        fprintf(stderr, "gatehouse evidence: %s: %s%s\n", key, status_text(rc),
                rc == ST_DENIED ? ": others may read it; chmod 600" : "");
        return 2;
    }
    rc = open_sealed(sealed, keys, out, &bytes);
    seal_keys_free(keys);
    return rc;
}

static int open_command(int argc, char **argv)
{
    const char *sealed = NULL, *key = NULL, *out = NULL, *request = NULL;
    char *shares[COMMITTEE_MEMBERS + 1];
    size_t n = 0;

    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "-k") && i + 1 < argc)
            key = argv[++i];
        else if (!strcmp(argv[i], "-o") && i + 1 < argc)
            out = argv[++i];
        else if (!strcmp(argv[i], "-r") && i + 1 < argc)
            request = argv[++i];
        else if (argv[i][0] == '-' || (sealed && n == GH_COUNT(shares)))
            return usage("not understood: ", argv[i]);
        else if (!sealed)
            sealed = argv[i];
        else
            shares[n++] = argv[i];
    }
    if (!sealed || !out || (!key) == (!request) || (key && n))
        return usage("open needs the sealed file, -o, and either -r with shares or -k", "");
    if (seal_init() != 0)
        return 3;
    return key ? open_whole(sealed, key, out) : open_shared(sealed, request, out, shares, n);
}

int evidence_command(int argc, char **argv)
{
    if (argc < 2)
        return usage("what shall be done?", "");
    if (!strcmp(argv[1], "list"))
        return list(argc - 2, argv + 2);
    if (!strcmp(argv[1], "open"))
        return open_command(argc - 2, argv + 2);
    if (!strcmp(argv[1], "member"))
        return opening_member_command(argc - 1, argv + 1);
    if (!strcmp(argv[1], "request"))
        return opening_request_command(argc - 1, argv + 1);
    if (!strcmp(argv[1], "share"))
        return opening_share_command(argc - 1, argv + 1);
    if (!strcmp(argv[1], "record"))
        return opening_record_command(argc - 1, argv + 1);
    return usage("unknown word ", argv[1]);
}
