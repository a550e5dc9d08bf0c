/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 1000

const char *ask_word(const struct ask *a, const struct words *w)
{
    return a->vi ? w->vi : w->en;
}

void ask_say(const struct ask *a, const struct words *w)
{
    printf("%s\n", ask_word(a, w));
}

int ask_byte(struct ask *a)
{
    static unsigned char bytes[256];
    static size_t n, at;
    ssize_t got;

    if (at < n)
        return bytes[at++];
    fflush(stdout);
    while (!a->ended) {
        struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&wait, 1, a->until ? LOOK_MS : -1);
        if (ready == 0 && access(a->until, F_OK) == 0)
            a->over = a->ended = true;
        if (ready <= 0 && (ready == 0 || errno == EINTR))
            continue;
        got = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        n = (size_t)got;
        at = 1;
        return bytes[0];
    }
    return -1;
}

/* One line without its end and without control characters; a longer one is cut and asked again by its check.
 */
static bool read_line(struct ask *a, char line[static ASK_TEXT])
{
    size_t n = 0;
    int c;

    while ((c = ask_byte(a)) >= 0 && c != '\n')
        if (c >= 0x20 && c != 0x7f && n + 1 < ASK_TEXT)
            line[n++] = (char)c;
    while (n && line[n - 1] == ' ')
        n--;
    line[n] = 0;
    a->ended = a->ended || (c < 0 && !n);
    return !a->ended;
}

bool ask_text(struct ask *a, const struct words *question, const char *fallback, ask_check *check, void *arg,
              char answer[static ASK_TEXT])
{
    const struct words *wrong;

    while (!a->ended) {
        if (*fallback)
            printf("%s [%s]: ", ask_word(a, question), fallback);
        else
            printf("%s: ", ask_word(a, question));
        if (!read_line(a, answer))
            break;
        if (!*answer)
            snprintf(answer, ASK_TEXT, "%s", fallback);
        else if (!strcmp(answer, "-"))
            *answer = 0;
        wrong = check ? check(arg, answer) : NULL;
        if (!wrong)
            return true;
        printf("  %s\n", ask_word(a, wrong));
    }
    return false;
}

static const struct words *check_yes(void *arg, const char *answer)
{
    static const struct words w = {"answer y or n", "trả lời c (có) hoặc k (không)"};

    (void)arg;
    return strlen(answer) == 1 && strchr("yYnNcCkK", *answer) ? NULL : &w;
}

bool ask_yes(struct ask *a, const struct words *question, bool fallback)
{
    char answer[ASK_TEXT];

    return ask_text(a, question, fallback ? (a->vi ? "c" : "y") : (a->vi ? "k" : "n"), check_yes, NULL,
                    answer) &&
           strchr("yYcC", *answer) != NULL;
}
