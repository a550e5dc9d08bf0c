/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX 8192

static const struct words *check_way(void *arg, const char *v)
{
    static const struct words w = {"1, 2 or 3", "1, 2 hoặc 3"};

    (void)arg;
    return strlen(v) == 1 && strchr("123", *v) ? NULL : &w;
}

static const struct words *check_dir(void *arg, const char *v)
{
    static const struct words w = {"it is no directory that can be written", "không phải thư mục ghi được"};

    (void)arg;
    return *v && strlen(v) < 400 && access(v, W_OK | X_OK) == 0 ? NULL : &w;
}

static const struct words *check_file(void *arg, const char *v)
{
    static const struct words w = {"there is no such file; empty: later",
                                   "không có tệp này; để trống: để sau"};

    (void)arg;
    return !*v || access(v, R_OK) == 0 ? NULL : &w;
}

/* The answer as text, up to an empty line, into a file that only root reads. */
static int take_pasted(char path[static 64])
{
    int c, before = '\n', fd;
    size_t n = 0;

    snprintf(path, 64, "/tmp/gatehouse-answer.XXXXXX");
    fd = mkstemp(path);
    if (fd < 0)
        return status_from_errno(errno);
    while ((c = getchar()) != EOF && n < ANSWER_MAX && !(c == '\n' && before == '\n')) {
        uint8_t byte = (uint8_t)c;
        if (c == '\r')
            continue;
        before = c;
        n++;
        if (write(fd, &byte, 1) != 1)
            break;
    }
    close(fd);
    if (!n) /* later */
        (void)unlink(path);
    return n ? 0 : ST_NOT_FOUND;
}

static void show(const char *path)
{
    FILE *f = fopen(path, "re");
    char line[2048];

    while (f && fgets(line, sizeof(line), f))
        printf("%s", line);
    printf("\n");
    if (f)
        fclose(f);
}

static void send_request(struct setup *s, bool stick)
{
    static const struct words where = {"Directory of the stick", "Thư mục của USB"},
                              sent = {"Send it to the subcommittee: ", "Gửi cho tiểu ban: "};
    char dir[ASK_TEXT] = "/tmp", path[ASK_TEXT + 32];

    if (stick && !ask_text(&s->ask, &where, "", check_dir, NULL, dir))
        return;
    snprintf(path, sizeof(path), "%s/request.json", dir);
    (void)unlink(path);
    if (setup_run(s, (char *[]){(char *)"enrol", (char *)"request", (char *)"-o", path, NULL}) != 0)
        return;
    printf("\n%s%s\n\n", ask_word(&s->ask, &sent), stick ? path : "");
    if (!stick) {
        show(path);
        (void)unlink(path);
    }
}

void setup_enrol(struct setup *s)
{
    static const struct words
        how = {"Enrolment with the console: 1 by a stick, 2 as text on this screen, 3 later",
               "Ghi danh với bảng điều khiển: 1 bằng USB, 2 bằng chữ trên màn hình này, 3 để sau"},
        file = {"File of the answer (empty: later)", "Tệp trả lời (để trống: để sau)"},
        paste = {"Paste the answer here, then an empty line (an empty line alone: later)",
                 "Dán nội dung trả lời vào đây, kết thúc bằng một dòng trống"},
        compare = {"Read the six words to the subcommittee by telephone: both must see the same.",
                   "Đọc sáu từ này cho tiểu ban qua điện thoại: hai bên phải thấy giống nhau."};
    char way[ASK_TEXT], answer[ASK_TEXT] = "";
    bool stick;

    if (!*s->console || !ask_text(&s->ask, &how, "1", check_way, NULL, way) || *way == '3')
        return;
    stick = *way == '1';
    send_request(s, stick);
    if (stick) {
        if (!ask_text(&s->ask, &file, "", check_file, NULL, answer) || !*answer)
            return;
    } else {
        ask_say(&s->ask, &paste);
        if (take_pasted(answer) != 0)
            return;
    }
    if (setup_run(s, (char *[]){(char *)"enrol", (char *)"accept", answer, NULL}) == 0)
        ask_say(&s->ask, &compare);
    if (!stick)
        (void)unlink(answer);
}
