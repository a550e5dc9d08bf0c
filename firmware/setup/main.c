/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-setup: gatehouse setup and gatehouse factory-reset, for the person in front of the machine. */
#include "firmware/setup/page.h"
#include "firmware/setup/setup.h"

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
    char self[PATH_MAX], path[PATH_MAX + 16], *argv[20] = {(char *)"gatehouse"}, *slash;
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int argc = 1, status = 0;
    pid_t pid;

    self[n > 0 ? n : 0] = 0;
    slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    snprintf(path, sizeof(path), "%s/gatehouse", self);
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
    char answer[ASK_TEXT], key[CONF_TEXT + 32];
    int rc;

    printf("Gatehouse %s\n", GH_VERSION);
    if (!ask_text(&s->ask, &language, "1", check_language, NULL, answer))
        return 2;
    s->ask.vi = *answer == '1';
    ask_say(&s->ask, &explain);
    if (!setup_questions(s)) {
        ask_say(&s->ask, &nothing);
        return 2;
    }
    rc = setup_write(s);
    if (rc) {
        fprintf(stderr, "gatehouse setup: %s: %s\n", s->path, status_text(rc));
        return 3;
    }
    snprintf(key, sizeof(key), "%s/appliance.key", s->conf.node_state_dir);
    if (access(key, F_OK) != 0 && setup_run(s, (char *[]){(char *)"keys", (char *)"generate", NULL}) != 0)
        return 3;
    setup_enrol(s);
    ask_say(&s->ask, &done);
    return 0;
}

/* From a terminal's own unit there is no shell to do it from. */
static int restart_service(void)
{
    fflush(stdout);
    execl("/usr/bin/systemctl", "systemctl", "--no-block", "restart", "gatehouse.service", (char *)NULL);
    fprintf(stderr, "gatehouse setup: /usr/bin/systemctl: %s\n", strerror(errno));
    return 3;
}

static int usage(const char *what)
{
    fprintf(stderr, "gatehouse %s: see 'gatehouse help %s'\n", what, what);
    return 2;
}

int main(int argc, char **argv)
{
    static struct setup s = {.path = CONF_PATH};
    const char *word = argc > 1 ? argv[1] : "setup", *confirm = NULL;
    bool reset = !strcmp(word, "factory-reset"), restart = false, page = false;
    const char *address = "";
    struct writer err;
    int rc;

    setlocale(LC_CTYPE, "C.UTF-8");
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "-c") && i + 1 < argc)
            s.path = argv[++i];
        else if (reset && !strcmp(argv[i], "--confirm") && i + 1 < argc)
            confirm = argv[++i];
        else if (!reset && !strcmp(argv[i], "--restart"))
            restart = true;
        else if (!reset && !strcmp(argv[i], "--page"))
            page = true;
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
    rc = page ? setup_page(&s, address) : guide(&s);
    return !rc && restart ? restart_service() : rc;
}
