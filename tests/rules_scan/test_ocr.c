/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pictures beside the way of all else: who waits for them, and what becomes of a document when their reading
 * fails. The worker that recognises pictures is stopped by signal while it must not get on, so that no row
 * asks how fast it is. */
#include "tests/check.h"
#include "tests/rules_image/bmp.h"
#include "tests/rules_scan/scan_client.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FULL "\"read\":\"full\""
#define WAIT_MS 120000
#define LIVE 4 /* flag of SCAN */

static struct writer picture, both; /* a page; a text and a page in a tar */

static void tar_member(struct writer *w, const char *name, struct span in)
{
    char head[512] = "";
    unsigned sum = 0;

    snprintf(head, 100, "%s", name);
    memcpy(head + 100, "0000644", 8);
    snprintf(head + 124, 12, "%011zo", in.n);
    memcpy(head + 136, "00000000000", 12);
    memset(head + 148, ' ', 8);
    head[156] = '0';
    memcpy(head + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof(head); i++)
        sum += (uint8_t)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    writer_bytes(w, head, sizeof(head));
    writer_put(w, in);
    while (w->n % 512)
        writer_u8(w, 0);
}

static void make_documents(void)
{
    writer_init(&picture, 8 << 20);
    writer_init(&both, 8 << 20);
    bmp(&picture, 400, 200, 400, false, true);
    tar_member(&both, "a.txt", span_str("the words of the text beside it\nTLP:RED\n"));
    tar_member(&both, "b.bmp", writer_span(&picture));
    for (int i = 0; i < 1024; i++)
        writer_u8(&both, 0);
    gh_check(writer_ok(&both) && writer_ok(&picture));
}

static void start(struct scan_client *c, const char *const *sets)
{
    int status;

    gh_check(scan_start(c, sets, &status));
}

static void finish(struct scan_client *c)
{
    int status = scan_stop(c);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void send(struct scan_client *c, uint64_t id, uint8_t flags, struct span bytes)
{
    int fd = msg_memfd("document", bytes);
    struct writer w;

    gh_check(fd >= 0);
    writer_init(&w, 64);
    writer_le(&w, id, 8);
    writer_u8(&w, flags | 1);
    writer_le(&w, 0, 2);
    scan_send_raw(c, writer_span(&w), fd);
    writer_done(&w);
}

static bool says(const struct scan_answer *a, const char *text)
{
    bool found = strstr(a->json, text) != NULL;

    if (!found)
        fprintf(stderr, "not in the answer: %s\n  %.2000s\n", text, a->json);
    return found;
}

static void expect(struct scan_client *c, uint64_t id, const char *one, const char *two)
{
    struct scan_answer a;
    bool got = scan_receive(c, &a, WAIT_MS);

    CHECK(got);
    if (!got)
        return;
    CHECK_U64(a.id, id);
    CHECK(says(&a, one));
    CHECK(!two || says(&a, two));
    if (!strcmp(one, FULL)) /* so are its members */
        CHECK(!strstr(a.json, "\"unread_reason\":\""));
    free(a.json);
}

/* The worker that recognises pictures and is not the process old. */
static pid_t await_ocr(struct scan_client *c, pid_t old)
{
    pid_t all[8];

    for (int i = 0; i < 6000; i++) {
        size_t n = scan_workers(c, all, GH_COUNT(all));
        (void)msg_flush(c->core);
        for (size_t k = 0; k < n; k++) {
            char path[64], name[32] = "";
            FILE *f;
            snprintf(path, sizeof(path), "/proc/%d/comm", (int)all[k]);
            f = fopen(path, "r");
            if (f && !fgets(name, sizeof(name), f))
                name[0] = 0;
            if (f)
                fclose(f);
            if (all[k] != old && !strcmp(name, "gh-scan-ocr\n"))
                return all[k];
        }
        usleep(10000);
    }
    gh_check(!"no worker came for the pictures");
    return 0;
}

/* A worker for pictures that is stopped while it has nothing to do: what it is given stays with it. */
static pid_t stop_ocr(struct scan_client *c)
{
    struct scan_answer a;
    pid_t pid;

    send(c, 999, 0, writer_span(&picture));
    gh_check(scan_receive(c, &a, WAIT_MS) && a.id == 999);
    free(a.json);
    pid = await_ocr(c, 0);
    kill(pid, SIGSTOP);
    return pid;
}

/* Sends both documents and the signal to the worker that has just begun with them, again and again until it
 * came in time. */
static void disturb(struct scan_client *c, int signo, const char *want)
{
    struct scan_answer a = {0};
    bool in_time = false;
    pid_t pid = 0;

    for (uint64_t id = 1; id <= 50 && !in_time; id++) {
        free(a.json);
        send(c, id, 0, writer_span(&both));
        pid = await_ocr(c, pid);
        kill(pid, signo);
        gh_check(scan_receive(c, &a, WAIT_MS) && a.id == id);
        in_time = strstr(a.json, want) != NULL;
        if (!in_time) {
            kill(pid, SIGCONT);
            kill(pid, SIGKILL);
        }
    }
    CHECK(says(&a, want));
    CHECK(says(&a, "\"read\":\"partial\""));
    CHECK(says(&a, "the words of the text beside it"));
    CHECK(says(&a, "\"rule\":\"tlp_label\""));
    free(a.json);
}

static bool have_model(void)
{
    static const char *const sets[] = {NULL};
    struct scan_client c;
    struct scan_answer a;
    bool have;

    start(&c, sets);
    send(&c, 1, 0, writer_span(&picture));
    gh_check(scan_receive(&c, &a, WAIT_MS));
    have = strstr(a.json, "\"unread_reason\":\"unsupported\"") == NULL;
    if (have) {
        check_row("a picture is read in the end");
        CHECK(says(&a, FULL));
    }
    free(a.json);
    finish(&c);
    return have;
}

static void test_others_pass(void)
{
    static const char *const sets[] = {"scan.workers=1", "scan.ocr_workers=1", NULL};
    enum { PICTURES = 20 };
    bool seen[PICTURES] = {false};
    struct scan_client c;
    pid_t pid;

    check_row("twenty pictures wait, a text does not");
    start(&c, sets);
    pid = stop_ocr(&c);
    for (uint64_t i = 0; i < PICTURES; i++)
        send(&c, i, i % 2 ? LIVE : 0, writer_span(&picture));
    send(&c, 77, 0, span_str("just words\n"));
    send(&c, 78, LIVE, span_str("more words\n"));
    expect(&c, 77, FULL, "just words");
    expect(&c, 78, FULL, "more words");
    kill(pid, SIGCONT);
    for (int i = 0; i < PICTURES; i++) {
        struct scan_answer a;
        bool got = scan_receive(&c, &a, WAIT_MS);
        CHECK(got && a.id < PICTURES && !seen[a.id % PICTURES]);
        if (!got)
            break;
        seen[a.id % PICTURES] = true;
        CHECK(says(&a, FULL));
        free(a.json);
    }
    scan_notes(&c, 1500);
    CHECK(strstr(c.note, "\"ocr\":{\"documents\":21,"));
    finish(&c);
}

static void test_killed(void)
{
    static const char *const sets[] = {"scan.workers=1", NULL};
    struct scan_client c;
    pid_t pid;

    check_row("its worker killed over it: the text stays");
    start(&c, sets);
    disturb(&c, SIGKILL, "\"unread_reason\":\"crash\"");
    finish(&c);

    check_row("killed over a later one: another tries once more");
    start(&c, sets);
    pid = stop_ocr(&c);
    send(&c, 3, 0, writer_span(&both));
    send(&c, 4, 0, span_str("words\n"));
    expect(&c, 4, FULL, NULL); /* so the worker has the other */
    kill(pid, SIGKILL);
    expect(&c, 3, FULL, "the words of the text beside it");
    finish(&c);
}

static void test_late(void)
{
    static const char *const sets[] = {"scan.workers=1", "scan.ocr_timeout=2s", NULL};
    struct scan_client c;

    check_row("too late: the text stays, and what was found in it");
    start(&c, sets);
    disturb(&c, SIGSTOP, "\"unread_reason\":\"timeout\"");
    finish(&c);
}

static void test_full(void)
{
    static const char *const sets[] = {"scan.workers=1", "scan.ocr_queue=1", NULL};
    struct scan_client c;
    pid_t pid;

    check_row("the queue is full: live, pictures stay unread");
    start(&c, sets);
    pid = stop_ocr(&c);
    send(&c, 1, 0, writer_span(&picture));
    send(&c, 2, LIVE, writer_span(&both));
    send(&c, 3, LIVE, writer_span(&both));
    expect(&c, 3, "\"read\":\"partial\",\"unread_reason\":\"timeout\"", "the words of the text beside it");
    send(&c, 4, LIVE, span_str("words\n"));
    expect(&c, 4, FULL, NULL);
    check_row("the queue is full: offline, they wait");
    send(&c, 5, 0, writer_span(&both));
    send(&c, 6, 0, writer_span(&both));
    kill(pid, SIGCONT);
    expect(&c, 1, FULL, NULL);
    expect(&c, 2, FULL, NULL);
    expect(&c, 5, FULL, NULL);
    expect(&c, 6, FULL, NULL);
    finish(&c);
}

static void test_stop(void)
{
    static const char *const sets[] = {"scan.workers=1", NULL};
    struct scan_client c;
    int status;
    pid_t pid;

    check_row("stop finishes pictures, too");
    start(&c, sets);
    pid = stop_ocr(&c);
    send(&c, 1, 0, writer_span(&picture));
    send(&c, 2, 0, writer_span(&picture));
    send(&c, 3, 0, span_str("words\n"));
    expect(&c, 3, FULL, NULL); /* so the second is in the queue */
    scan_send_stop(&c);
    kill(pid, SIGCONT);
    expect(&c, 1, FULL, NULL);
    expect(&c, 2, FULL, NULL);
    status = scan_wait(&c, 30000);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_off(void)
{
    static const char *const sets[] = {"scan.ocr=no", NULL};
    struct scan_client c;

    check_row("switched off");
    start(&c, sets);
    send(&c, 1, 0, writer_span(&both));
    expect(&c, 1, "\"unread_reason\":\"unsupported\"", "the words of the text beside it");
    scan_notes(&c, 1500);
    CHECK(*c.note && !strstr(c.note, "\"ocr\""));
    finish(&c);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    make_documents();
    test_off();
    if (!have_model()) {
        printf("no language model for tesseract: pictures are not read here\n");
        return check_end() ? 1 : 77;
    }
    test_others_pass();
    test_killed();
    test_late();
    test_full();
    test_stop();
    writer_done(&picture);
    writer_done(&both);
    return check_end();
}
