/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-setup: gatehouse setup and gatehouse factory-reset, for the person in front of the machine. */
#include "firmware/setup/page.h"
#include "base/program.h"
#include "firmware/setup/setup.h"
#include "firmware/setup/writer.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONF_PATH "/etc/gatehouse/gatehouse.conf"

int setup_run(const struct setup *s, char *const *words)
{
    char path[PATH_MAX], *argv[20] = {(char *)"gatehouse"};
    int argc = 1, status = 0;
    pid_t pid;

    if (!program_beside("gatehouse", path, sizeof(path)))
        return 3;
    for (; *words && argc < 14; words++)
        argv[argc++] = *words;
    argv[argc++] = (char *)"-c";
    argv[argc++] = (char *)s->path;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        execv(path, argv);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        return 3;
    return WEXITSTATUS(status);
}

int setup_systemctl(const char *verb, const char *unit)
{
    static const char path[] = "/usr/bin/systemctl";
    bool wait = !strcmp(verb, "start");
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        execl(path, "systemctl", wait ? "--quiet" : "--no-block", verb, unit, (char *)NULL);
        _exit(127);
    }
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    fprintf(stderr, "gatehouse setup: 'systemctl %s %s' failed\n", verb, unit);
    return 3;
}

/* What was answered is written, by us or by who may. request gets what the console's officer needs, when
 * somebody else made it. */
static int keep(struct setup *s, char *request)
{
    char key[CONF_TEXT + 32];
    int rc;

    if (s->writer >= 0) {
        if (writer_apply(s, request))
            return 0;
        fprintf(stderr, "gatehouse setup: %s\n", request);
        return 3;
    }
    rc = setup_write(s);
    if (rc) {
        fprintf(stderr, "gatehouse setup: %s: %s\n", s->path, status_text(rc));
        return 3;
    }
    snprintf(key, sizeof(key), "%s/appliance.key", s->conf.node_state_dir);
    return access(key, F_OK) == 0 || setup_run(s, (char *[]){(char *)"keys", (char *)"generate", NULL}) == 0
               ? 0
               : 3;
}

static const struct words *check_language(void *arg, const char *v)
{
    static const struct words w = {"1 or 2", "1 hoặc 2"};

    (void)arg;
    return strlen(v) == 1 && strchr("12", *v) ? NULL : &w;
}

static int guide(struct setup *s)
{
    static const struct words
        language = {"1 Tiếng Việt, 2 English", "1 Tiếng Việt, 2 English"},
        nothing = {"Nothing was changed.", "Không có gì thay đổi."},
        explain = {"Empty takes what stands in brackets, - empties it.",
                   "Để trống là nhận giá trị trong ngoặc; gõ - để xóa."},
        done = {"Done. To start it, or start it anew: systemctl enable --now gatehouse; systemctl restart "
                "gatehouse",
                "Xong. Để chạy hoặc chạy lại: systemctl enable --now gatehouse; systemctl restart gatehouse"};
    static const struct words over = {"This post was enrolled meanwhile: nothing more is asked.",
                                      "Máy đã được ghi danh bằng cách khác: không hỏi nữa."};
    static char request[WRITER_FRAME];
    char answer[ASK_TEXT], joined[CONF_TEXT + 32];
    bool remote = s->writer >= 0;
    int rc;

    snprintf(joined, sizeof(joined), "%s/console.json", s->conf.node_state_dir);
    if (remote)
        s->ask.until = joined; /* a stick that is plugged in meanwhile does all this, too */
    printf("Gatehouse %s\n", GH_VERSION);
    if (!ask_text(&s->ask, &language, "1", check_language, NULL, answer) && !s->ask.over)
        return 2;
    s->ask.vi = *answer == '1';
    ask_say(&s->ask, &explain);
    if (!setup_questions(s)) {
        ask_say(&s->ask, s->ask.over ? &over : &nothing);
        return s->ask.over ? 0 : 2;
    }
    rc = keep(s, request);
    if (rc)
        return rc;
    setup_enrol(s, remote ? request : NULL);
    if (s->ask.over)
        ask_say(&s->ask, &over);
    else if (!remote)
        ask_say(&s->ask, &done);
    return remote || !s->restart ? 0 : setup_systemctl("restart", "gatehouse.service");
}

static int usage(const char *what)
{
    fprintf(stderr, "gatehouse %s: see 'gatehouse help %s'\n", what, what);
    return 2;
}

int main(int argc, char **argv)
{
    static struct setup s = {.path = CONF_PATH, .writer = -1};
    const char *word = argc > 1 ? argv[1] : "setup", *confirm = NULL, *through = NULL;
    bool reset = !strcmp(word, "factory-reset"), page = false, write = false;
    const char *address = "";
    struct writer err;

    setlocale(LC_CTYPE, "C.UTF-8");
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "-c") && i + 1 < argc)
            s.path = argv[++i];
        else if (reset && !strcmp(argv[i], "--confirm") && i + 1 < argc)
            confirm = argv[++i];
        else if (!reset && !strcmp(argv[i], "--restart"))
            s.restart = true;
        else if (!reset && !strcmp(argv[i], "--page"))
            page = true;
        else if (!reset && !strcmp(argv[i], "--write"))
            write = true;
        else if (!reset && !strcmp(argv[i], "--through") && i + 1 < argc)
            through = argv[++i];
        else if (page && !strcmp(argv[i], "--address") && i + 1 < argc)
            address = argv[++i];
        else
            return usage(word);
    }
    writer_init(&err, 65536);
    conf_defaults(&s.conf);
    if ((access(s.path, F_OK) == 0 || reset) && conf_load(&s.conf, s.path, &err) != 0) {
        fprintf(stderr, "%s", writer_cstr(&err));
        return 2;
    }
    writer_done(&err);
    if (reset)
        return setup_reset(&s.conf, s.path, confirm);
    if (write)
        return writer_unit(&s);
    if (through && (s.writer = writer_connect(through)) < 0) {
        fprintf(stderr, "gatehouse setup: %s: %s (systemctl start gatehouse-setup-write.socket)\n", through,
                strerror(errno));
        return 3;
    }
    return page ? setup_page(&s, address) : guide(&s);
}
