/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/ask.h"

#include <stdio.h>
#include <string.h>

const char *ask_word(const struct ask *a, const struct words *w)
{
    return a->vi ? w->vi : w->en;
}

void ask_say(const struct ask *a, const struct words *w)
{
    printf("%s\n", ask_word(a, w));
}

/* One line without its end and without control characters; a longer one is cut and asked again by its check.
 */
static bool read_line(struct ask *a, char line[static ASK_TEXT])
{
    size_t n = 0;
    int c;

    fflush(stdout);
    while ((c = getchar()) != EOF && c != '\n')
        if (c >= 0x20 && c != 0x7f && n + 1 < ASK_TEXT)
            line[n++] = (char)c;
    while (n && line[n - 1] == ' ')
        n--;
    line[n] = 0;
    a->ended = c == EOF && !n;
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
