/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/setup.h"
#include "firmware/setup/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX 8192

static const struct words
    paste = {"Paste the answer here, then an empty line (an empty line alone: later)",
             "Dán nội dung trả lời vào đây, kết thúc bằng một dòng trống (chỉ một dòng trống: để sau)"},
    compare = {"Read the six words to the subcommittee by telephone: both must see the same.",
               "Đọc sáu từ này cho tiểu ban qua điện thoại: hai bên phải thấy giống nhau."};

static const struct words *check_way(void *arg, const char *v)
{
    static const struct words w = {"1, 2, 3 or 4", "1, 2, 3 hoặc 4"};

    (void)arg;
    return strlen(v) == 1 && strchr("1234", *v) ? NULL : &w;
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

/* The answer as text, up to an empty line; its length, 0: later. */
static size_t take_pasted(struct setup *s, char text[static ANSWER_MAX + 1])
{
    int c, before = '\n';
    size_t n = 0;

    while (n < ANSWER_MAX && (c = ask_byte(&s->ask)) >= 0 && !(c == '\n' && before == '\n')) {
        if (c == '\r' || !c)
            continue;
        before = c;
        text[n++] = (char)c;
    }
    text[n] = 0;
    return n;
}

/* Into a file that only we read. */
static bool keep_pasted(const char *text, char path[static 64])
{
    size_t n = strlen(text);
    int fd;

    snprintf(path, 64, "/tmp/gatehouse-answer.XXXXXX");
    fd = mkstemp(path);
    if (fd < 0)
        return false;
    if (write(fd, text, n) != (ssize_t)n) {
        close(fd);
        (void)unlink(path);
        return false;
    }
    close(fd);
    return true;
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

/* Whoever asks may write nothing: the answer goes where the request came from. */
static void enrol_through(struct setup *s, const char *request)
{
    static const struct words stick = {
        "Send this to the subcommittee. A stick labelled GHSETUP with their answer.json that is plugged in "
        "at a start does it, too.",
        "Gửi nội dung này cho tiểu ban. Cắm USB tên GHSETUP có tệp answer.json của tiểu ban khi khởi động "
        "cũng được."};
    static char text[ANSWER_MAX + 1], says[WRITER_FRAME];

    printf("\n%s\n\n%s\n", ask_word(&s->ask, &stick), request);
    for (;;) {
        ask_say(&s->ask, &paste);
        if (!take_pasted(s, text))
            return;
        if (writer_enrol(s->writer, text, says))
            break;
        printf("%s\n", says);
    }
    printf("%s\n%s\n", says, ask_word(&s->ask, &compare));
}

/* A secret does not go into a command line, which anybody on the machine may read. */
static void enrol_invited(struct setup *s)
{
    static const struct words ask = {"The invitation's code, eight groups of five (empty: later)",
                                     "Mã mời, tám nhóm năm ký tự (để trống: để sau)"},
                              wait = {"Now the subcommittee must say yes; Ctrl-C: later, 'gatehouse enrol --invitation CODE'.",
                                      "Giờ cần tiểu ban đồng ý; Ctrl-C: để sau, 'gatehouse enrol --invitation MÃ'."};
    char code[ASK_TEXT] = "", path[] = "/tmp/gatehouse-invitation.XXXXXX";
    int fd, rc = 2;

    while (rc == 2 && ask_text(&s->ask, &ask, "", NULL, NULL, code) && *code) { /* what was misheard is asked for again */
        memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
        fd = mkstemp(path);
        if (fd < 0)
            return;
        if (write(fd, code, strlen(code)) == (ssize_t)strlen(code)) {
            ask_say(&s->ask, &wait);
            rc = setup_run(s, (char *[]){(char *)"enrol", (char *)"--invitation", path, NULL});
        }
        close(fd);
        (void)unlink(path);
        explicit_bzero(code, sizeof(code));
    }
}

void setup_enrol(struct setup *s, const char *request)
{
    static const struct words
        how = {"Enrolment with the console: 1 by a stick, 2 as text on this screen, 3 later, 4 by the code of an invitation",
               "Ghi danh với bảng điều khiển: 1 bằng USB, 2 bằng chữ trên màn hình này, 3 để sau, 4 bằng mã mời"},
        file = {"File of the answer (empty: later)", "Tệp trả lời (để trống: để sau)"};
    static char text[ANSWER_MAX + 1];
    char way[ASK_TEXT], answer[ASK_TEXT] = "";
    bool stick;

    if (!*s->console)
        return;
    if (request) {
        enrol_through(s, request);
        return;
    }
    if (!ask_text(&s->ask, &how, "1", check_way, NULL, way) || *way == '3')
        return;
    if (*way == '4') {
        enrol_invited(s);
        return;
    }
    stick = *way == '1';
    send_request(s, stick);
    if (stick) {
        if (!ask_text(&s->ask, &file, "", check_file, NULL, answer) || !*answer)
            return;
    } else {
        ask_say(&s->ask, &paste);
        if (!take_pasted(s, text) || !keep_pasted(text, answer))
            return;
    }
    if (setup_run(s, (char *[]){(char *)"enrol", (char *)"accept", answer, NULL}) == 0)
        ask_say(&s->ask, &compare);
    if (!stick)
        (void)unlink(answer);
}
