/* SPDX-License-Identifier: GPL-3.0-or-later
 * The committee's key: k of n open, k - 1 do not; every changed byte is noticed; locked key files; and the vectors of
 * docs/evidence.md, which "test_base_committee --make DIR" wrote. */
#include "base/digest.h"
#include "base/keylock.h"
#include "base/opening.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 9
static struct seal_keys *member[MOST + 1], *secret;

/* Keys that anybody can make again: every byte of the secret is the number. */
static struct seal_keys *fixed(unsigned number)
{
    uint8_t *raw = seal_alloc(SEAL_SECRET);
    struct seal_keys *k;

    gh_check(raw);
    memset(raw, (int)number, SEAL_SECRET);
    k = seal_keys_import(raw);
    gh_check(k);
    seal_free(raw);
    return k;
}

static void committee_of(struct committee *c, unsigned k, unsigned n)
{
    *c = (struct committee){.generation = 1, .made_us = 1767225600000000, .quorum = k, .n = n};
    for (unsigned i = 0; i < n; i++) {
        snprintf(c->member[i].name, sizeof(c->member[i].name), "Member %u", i + 1);
        c->member[i].key = *seal_keys_public(member[i]);
    }
}

static int request_of(struct span file, struct opening_request *q, const struct seal_keys *keys, struct writer *w)
{
    *q = (struct opening_request){.kind = OPENING_DOCUMENT, .committee_bytes = file};
    memset(q->sha256, 0xab, sizeof(q->sha256));
    snprintf(q->by, sizeof(q->by), "Trần Văn A");
    snprintf(q->reason, sizeof(q->reason), "case 12");
    writer_init(w, OPENING_REQUEST_MAX);
    return opening_request_write(q, keys, w);
}

/* Does this set of members open? */
static int open_with(const struct opening_request *q, const struct seal_keys *keys, unsigned mask, int *bad)
{
    struct writer w[MOST];
    struct opening_share s[MOST];
    struct seal_keys *joined = NULL;
    unsigned used = 0;
    size_t n = 0;
    int rc;

    for (unsigned i = 0; i < MOST; i++) {
        if (!(mask & 1u << i))
            continue;
        writer_init(&w[n], OPENING_SHARE_MAX);
        CHECK(opening_share_write(q, member[i], 5, &w[n]) == 0);
        CHECK(opening_share_read(q, writer_span(&w[n]), &s[n]) == 0 && s[n].member == i);
        n++;
    }
    rc = opening_join(q, keys, s, n, &joined, &used, bad);
    if (!rc) {
        CHECK(!memcmp(seal_keys_public(joined), seal_keys_public(secret), sizeof(struct seal_public)));
        CHECK((used & ~mask) == 0 && (unsigned)__builtin_popcount(used) == q->committee.quorum);
    }
    seal_keys_free(joined);
    while (n)
        writer_done(&w[--n]);
    return rc;
}

static void test_quorums(void)
{
    static const struct {
        unsigned k, n, groups;
    } rows[] = {{1, 1, 1}, {1, 3, 3}, {2, 2, 1}, {2, 3, 3}, {3, 5, 10}, {5, 9, 126}, {9, 9, 1}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct seal_keys *keys = seal_keys_generate();
        struct opening_request q, again;
        struct committee c, back;
        struct writer file, w;
        int bad;
        char name[32];

        snprintf(name, sizeof(name), "%u of %u", rows[i].k, rows[i].n);
        check_row(name);
        CHECK_U64(committee_groups(rows[i].n, rows[i].k), rows[i].groups);
        committee_of(&c, rows[i].k, rows[i].n);
        writer_init(&file, COMMITTEE_FILE_MAX);
        CHECK(committee_write(&c, secret, &file) == 0);
        CHECK(committee_read(writer_span(&file), &back) == 0 && back.n == rows[i].n && back.quorum == rows[i].k);
        CHECK(request_of(writer_span(&file), &q, keys, &w) == 0);
        CHECK(opening_request_read(writer_span(&w), &again) == 0 && !memcmp(again.hash, q.hash, SEAL_HASH));
        for (unsigned mask = 1; mask < 1u << rows[i].n; mask += rows[i].n > 5 ? 37 : 1) {
            bool enough = (unsigned)__builtin_popcount(mask) >= rows[i].k;
            CHECK(open_with(&again, keys, mask, &bad) == (enough ? 0 : ST_USAGE));
        }
        writer_done(&w);
        writer_done(&file);
        seal_keys_free(keys);
    }
    check_row("limits");
    struct committee c;
    struct writer w;
    writer_init(&w, COMMITTEE_FILE_MAX);
    committee_of(&c, 4, 3);
    CHECK(committee_write(&c, secret, &w) == ST_USAGE);
    committee_of(&c, 0, 3);
    CHECK(committee_write(&c, secret, &w) == ST_USAGE);
    committee_of(&c, 2, 3);
    c.member[2] = c.member[0];
    CHECK(committee_write(&c, secret, &w) == ST_USAGE);
    committee_of(&c, 2, 3);
    snprintf(c.member[1].name, sizeof(c.member[1].name), "a\nb");
    CHECK(committee_write(&c, secret, &w) == ST_USAGE);
    writer_done(&w);
}

/* Strangers, other requests, shares of others under one's name. */
static void test_wrong(void)
{
    struct seal_keys *keys = seal_keys_generate(), *others = seal_keys_generate(), *joined = NULL;
    struct opening_request q, q2;
    struct opening_share s[3];
    struct committee c;
    struct writer file, w, w2, share, share2;
    unsigned used;
    int bad;

    check_row("wrong");
    committee_of(&c, 2, 3);
    writer_init(&file, COMMITTEE_FILE_MAX);
    CHECK(committee_write(&c, secret, &file) == 0);
    CHECK(request_of(writer_span(&file), &q, keys, &w) == 0 && opening_request_read(writer_span(&w), &q) == 0);
    CHECK(request_of(writer_span(&file), &q2, keys, &w2) == 0 && opening_request_read(writer_span(&w2), &q2) == 0);
    writer_init(&share, OPENING_SHARE_MAX);
    writer_init(&share2, OPENING_SHARE_MAX);
    CHECK(opening_share_write(&q, member[5], 1, &share) == ST_DENIED);
    CHECK(opening_share_write(&q, member[0], 1, &share) == 0 && opening_share_write(&q, member[1], 1, &share2) == 0);
    CHECK(opening_share_read(&q2, writer_span(&share), &s[0]) == ST_NOT_FOUND);
    CHECK(opening_share_read(&q, writer_span(&share), &s[0]) == 0 && opening_share_read(&q, writer_span(&share2), &s[1]) == 0);
    s[2] = s[0];
    CHECK(opening_join(&q, keys, s, 1, &joined, &used, &bad) == ST_USAGE);
    CHECK(opening_join(&q, keys, (struct opening_share[]){s[0], s[2]}, 2, &joined, &used, &bad) == ST_USAGE); /* one person twice */
    CHECK(opening_join(&q, others, s, 2, &joined, &used, &bad) == ST_BAD_SIGNATURE && bad == 0); /* carried to another machine */
    s[1].member = 2; /* what a member signed under another's name cannot be read; joined all the same it is no key */
    CHECK(opening_join(&q, keys, s, 2, &joined, &used, &bad) == ST_BAD_SIGNATURE);
    for (size_t i = 0; i < share.n; i++) {
        share.p[i] ^= 1;
        CHECK(opening_share_read(&q, writer_span(&share), &s[0]) < 0);
        share.p[i] ^= 1;
        CHECK(opening_share_read(&q, span_part(writer_span(&share), 0, i), &s[0]) < 0);
    }
    for (size_t i = 0; i < w.n; i++) {
        struct opening_request r;
        w.p[i] ^= 1;
        CHECK(opening_request_read(writer_span(&w), &r) < 0);
        w.p[i] ^= 1;
        CHECK(opening_request_read(span_part(writer_span(&w), 0, i), &r) < 0);
    }
    for (size_t i = 0; i < file.n; i++) {
        file.p[i] ^= 1;
        CHECK(committee_read(writer_span(&file), &c) < 0);
        file.p[i] ^= 1;
    }
    for (struct writer *each[] = {&file, &w, &w2, &share, &share2}, **p = each; p < each + 5; p++)
        writer_done(*p);
    seal_keys_free(keys);
    seal_keys_free(others);
}

static void test_lock(void)
{
    char dir[] = "/tmp/gh-committee-XXXXXX", path[64], name[KEYLOCK_NAME];
    struct seal_keys *back = NULL;

    check_row("locked key file");
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/a.key", dir);
    CHECK(keylock_save(path, member[0], "a\nb", span_str("ngựa đúng pin ghim")) == ST_USAGE);
    CHECK(keylock_save(path, member[0], "Nguyễn Thị B", span_str("ngựa đúng pin ghim")) == 0);
    CHECK(keylock_save(path, member[0], "again", span_str("x")) == ST_EXISTS);
    CHECK(keylock_is(path) && !keylock_is("/dev/null"));
    CHECK(keylock_load(path, span_str("ngựa đúng pin ghim "), &back, name) == ST_BAD_SIGNATURE && !back);
    CHECK(keylock_load(path, span_str("ngựa đúng pin ghim"), &back, name) == 0);
    CHECK_STR(name, "Nguyễn Thị B");
    CHECK(back && !memcmp(seal_keys_public(back), seal_keys_public(member[0]), sizeof(struct seal_public)));
    seal_keys_free(back);
    chmod(path, 0640);
    CHECK(keylock_load(path, span_str("ngựa đúng pin ghim"), &back, name) == ST_DENIED);
    unlink(path);
    rmdir(dir);
}

static void load(const char *dir, const char *name, struct writer *w)
{
    char path[512];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    writer_init(w, OPENING_REQUEST_MAX);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    n = fd < 0 ? 0 : read(fd, writer_reserve(w, OPENING_REQUEST_MAX), OPENING_REQUEST_MAX);
    writer_advance(w, n > 0 ? (size_t)n : 0);
    close(fd);
}

static void store(const char *dir, const char *name, struct span bytes)
{
    char path[512];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    gh_check(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    close(fd);
}

/* Secret 0x2a…, members 1, 2, 3, request's key 0x40…: see docs/evidence.md. */
static void make_vectors(const char *dir)
{
    struct seal_keys *keys = fixed(0x40);
    struct opening_receipt p = {.opened_us = 1767225600000000, .bytes = 77, .members = 5};
    struct opening_request q;
    struct committee c;
    struct writer w, file;

    committee_of(&c, 2, 3);
    writer_init(&file, COMMITTEE_FILE_MAX);
    gh_check(committee_write(&c, secret, &file) == 0);
    store(dir, "committee.shares", writer_span(&file));
    gh_check(request_of(writer_span(&file), &q, keys, &w) == 0);
    store(dir, "request", writer_span(&w));
    gh_check(opening_request_read(writer_span(&w), &q) == 0);
    for (unsigned i = 0; i < 3; i += 2) {
        struct writer s;
        writer_init(&s, OPENING_SHARE_MAX);
        gh_check(opening_share_write(&q, member[i], 1767225600000000, &s) == 0);
        store(dir, i ? "share.3" : "share.1", writer_span(&s));
        writer_done(&s);
    }
    memcpy(p.request, q.id, sizeof(p.request));
    memcpy(p.request_hash, q.hash, sizeof(p.request_hash));
    memcpy(p.sha256, q.sha256, sizeof(p.sha256));
    writer_clear(&file);
    gh_check(opening_receipt_write(&p, keys, &file) == 0);
    store(dir, "receipt", writer_span(&file));
    writer_done(&file);
    writer_done(&w);
    seal_keys_free(keys);
}

static void test_vectors(void)
{
    struct seal_keys *keys = fixed(0x40), *joined = NULL;
    struct writer request, one, three, receipt, file;
    struct opening_request q;
    struct opening_share s[2];
    struct opening_receipt p;
    struct committee c;
    uint8_t *raw = seal_alloc(SEAL_SECRET);
    unsigned used = 0;
    int bad;

    check_row("vectors");
    load(VECTORS, "committee.shares", &file);
    load(VECTORS, "request", &request);
    load(VECTORS, "share.1", &one);
    load(VECTORS, "share.3", &three);
    load(VECTORS, "receipt", &receipt);
    CHECK(committee_read(writer_span(&file), &c) == 0 && c.quorum == 2 && c.n == 3 && c.generation == 1);
    CHECK(opening_request_read(writer_span(&request), &q) == 0);
    CHECK_STR(q.by, "Trần Văn A");
    CHECK_STR(q.committee.member[2].name, "Member 3");
    CHECK(opening_share_read(&q, writer_span(&one), &s[0]) == 0 && opening_share_read(&q, writer_span(&three), &s[1]) == 0);
    CHECK(opening_join(&q, keys, s, 2, &joined, &used, &bad) == 0 && used == 5);
    if (joined) {
        seal_keys_export(joined, raw);
        for (size_t i = 0; i < SEAL_SECRET; i++)
            CHECK_U64(raw[i], 0x2a);
    }
    CHECK(opening_receipt_read(&q, writer_span(&receipt), &p) == 0 && p.members == 5 && p.bytes == 77);
    for (size_t i = 0; i < receipt.n; i++) {
        receipt.p[i] ^= 1;
        CHECK(opening_receipt_read(&q, writer_span(&receipt), &p) < 0);
        receipt.p[i] ^= 1;
    }
    for (struct writer *each[] = {&request, &one, &three, &receipt, &file}, **w = each; w < each + 5; w++)
        writer_done(*w);
    seal_free(raw);
    seal_keys_free(joined);
    seal_keys_free(keys);
}

int main(int argc, char **argv)
{
    gh_check(seal_init() == 0);
    for (unsigned i = 0; i < MOST; i++)
        member[i] = fixed(i + 1);
    secret = fixed(0x2a);
    if (argc == 3 && !strcmp(argv[1], "--make")) {
        make_vectors(argv[2]);
        return 0;
    }
    test_quorums();
    test_wrong();
    test_lock();
    test_vectors();
    for (unsigned i = 0; i < MOST; i++)
        seal_keys_free(member[i]);
    seal_keys_free(secret);
    return check_end();
}
