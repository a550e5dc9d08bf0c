/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse evidence member|request|share|open, as officers call them: two of three open one document, once. */
#include "base/digest.h"
#include "base/opening_files.h"
#include "policy/core/commands.h"
#include "tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/gh-opening-test-XXXXXX";
static const char plain[] = "TỐI MẬT: what was sent";
static char sealed[128]; /* its name, in the directory */

static const char *in_dir(const char *name)
{
    static char path[8][256];
    static unsigned turn;
    char *p = path[turn++ % 8];

    snprintf(p, sizeof(path[0]), "%s/%.200s", dir, name);
    return p;
}

/* Words up to NULL; "@x" stands for x in the directory, "@" alone for the sealed file. */
static int run(const char *const *words)
{
    char argv_text[24][256], *argv[24];
    int n = 0;

    snprintf(argv_text[n], 256, "evidence");
    argv[n] = argv_text[n];
    n++;
    for (; *words; words++, n++) {
        snprintf(argv_text[n], 256, "%s", !strcmp(*words, "@") ? in_dir(sealed) : **words == '@' ? in_dir(*words + 1) : *words);
        argv[n] = argv_text[n];
    }
    return evidence_command(n, argv);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void put(const char *name, const char *text)
{
    CHECK(opening_file_write(in_dir(name), span_str(text), 0600) == 0);
}

static void put_sealed(const struct seal_keys *committee)
{
    uint8_t hash[SHA256_SIZE];
    uint64_t n = 0;
    int in, out;

    digest_sha256(plain, sizeof(plain), hash);
    digest_hex(hash, sizeof(hash), sealed);
    strncat(sealed, ".ghe", sizeof(sealed) - strlen(sealed) - 1);
    CHECK(opening_file_write(in_dir("in"), span_of(plain, sizeof(plain)), 0600) == 0);
    in = open(in_dir("in"), O_RDONLY | O_CLOEXEC);
    out = open(in_dir(sealed), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(in >= 0 && out >= 0 && seal_file(in, out, seal_keys_public(committee), &n) == 0 && n == sizeof(plain));
    close(in);
    close(out);
}

static void put_committee(const struct seal_keys *secret)
{
    struct committee c = {.generation = 1, .made_us = 1, .quorum = 2, .n = 3};
    struct writer w;

    writer_init(&w, COMMITTEE_FILE_MAX);
    for (unsigned i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof(name), "m%u.pub", i + 1);
        CHECK(keyfile_load_public(in_dir(name), &c.member[i].key, c.member[i].name, COMMITTEE_NAME) == 0);
    }
    CHECK(committee_write(&c, secret, &w) == 0 && opening_file_write(in_dir("committee.shares"), writer_span(&w), 0644) == 0);
    writer_done(&w);
}

static void test_words(void)
{
    check_row("words");
    CHECK(RUN("member", "Lan", "-o", "@m1.key", "--password-file", "@short") == 2);
    CHECK(RUN("member", "a\tb", "-o", "@m1.key", "--password-file", "@password") == 2);
    CHECK(RUN("member", "Lan", "--password-file", "@password") == 2);
    CHECK(RUN("request", "@", "--committee", "@committee.shares", "-o", "@q") == 2);
    CHECK(RUN("request", "nothing", "--committee", "@committee.shares", "--reason", "x", "-o", "@q") == 2);
    CHECK(RUN("request", "@", "--committee", "@m1.key", "--reason", "x", "-o", "@q") == 2);
    CHECK(RUN("request", "@", "--committee", "@committee.shares", "--reason", "a\nb", "-o", "@q") == 2);
    CHECK(RUN("share", "@q") == 2);
    CHECK(RUN("open", "@", "-k", "@m1.key", "-r", "@q", "-o", "@out") == 2);
    CHECK(RUN("record", "@q") == 2);
    CHECK(access(in_dir("q"), F_OK) != 0 && access(in_dir("q.key"), F_OK) != 0);
}

static void test_opening(void)
{
    struct stat st;
    char out[64] = "";
    int fd;

    check_row("opening");
    CHECK(RUN("request", "@", "--committee", "@committee.shares", "--reason", "case 12", "--by", "Trần A", "-o", "@q") == 0);
    CHECK(stat(in_dir("q.key"), &st) == 0 && (st.st_mode & 077) == 0);
    CHECK(RUN("share", "@q", "-k", "@m1.key", "-o", "@s1", "--password-file", "@wrong") == 2);
    CHECK(RUN("share", "@q", "-k", "@m1.key", "-o", "@s1", "--password-file", "@password") == 0);
    CHECK(RUN("share", "@q", "-k", "@stranger.key", "-o", "@s9", "--password-file", "@password") == 2);
    CHECK(RUN("open", "@", "-r", "@q", "-o", "@out", "@s1") == 2);
    CHECK(RUN("open", "@", "-r", "@q", "-o", "@out", "@s1", "@s1") == 2);
    CHECK(RUN("share", "@q", "-k", "@m3.key", "-o", "@s3", "--password-file", "@password") == 0);
    CHECK(RUN("open", "@other.ghe", "-r", "@q", "-o", "@out", "@s1", "@s3") == 2);
    CHECK(access(in_dir("out"), F_OK) != 0);
    CHECK(RUN("open", "@", "-r", "@q", "-o", "@out", "@s1", "@s3") == 0);
    fd = open(in_dir("out"), O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && read(fd, out, sizeof(out)) == (ssize_t)sizeof(plain) && !strcmp(out, plain));
    close(fd);
    check_row("once");
    CHECK(access(in_dir("q.key"), F_OK) != 0 && access(in_dir("q.receipt"), F_OK) == 0);
    CHECK(RUN("open", "@", "-r", "@q", "-o", "@again", "@s1", "@s3") == 2);
    check_row("renewal opens no document");
    CHECK(RUN("request", "--renew", "--committee", "@committee.shares", "--reason", "new member", "--by", "A", "-o", "@r") == 0);
    CHECK(RUN("share", "@r", "-k", "@m1.key", "-o", "@r1", "--password-file", "@password") == 0);
    CHECK(RUN("share", "@r", "-k", "@m2.key", "-o", "@r2", "--password-file", "@password") == 0);
    CHECK(RUN("open", "@", "-r", "@r", "-o", "@out2", "@r1", "@r2") == 2);
    check_row("record needs this appliance's committee");
    CHECK(RUN("record", "@q.receipt", "-r", "@r", "--set", "node.state_dir=/nonexistent") == 2);
    CHECK(RUN("record", "@q.receipt", "-r", "@q", "--set", "node.state_dir=/nonexistent") == 2);
}

static void clean(void)
{
    const struct dirent *e;
    DIR *d = opendir(dir);

    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    CHECK(rmdir(dir) == 0);
}

int main(void)
{
    static const char *const members[] = {"m1", "m2", "m3", "stranger"};
    struct seal_keys *secret;
    char key[32];

    gh_check(mkdtemp(dir) && seal_init() == 0);
    put("password", "bốn từ không liên quan\n");
    put("short", "abc\n");
    put("wrong", "another password\n");
    for (size_t i = 0; i < GH_COUNT(members); i++) {
        snprintf(key, sizeof(key), "@%s.key", members[i]);
        CHECK(RUN("member", members[i], "-o", key, "--password-file", "@password") == 0);
        CHECK(RUN("member", members[i], "-o", key, "--password-file", "@password") == 2); /* not overwritten */
    }
    secret = seal_keys_generate();
    gh_check(secret);
    put_committee(secret);
    put_sealed(secret);
    seal_keys_free(secret);
    test_words();
    test_opening();
    clean();
    return check_end();
}
