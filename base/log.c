/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char process_name[32] = "gatehouse";
static enum log_level least = LOG_LEVEL_INFO;
static const char *const level_words[] = {"error", "warn", "info", "debug"};

void log_open(const char *process, enum log_level level)
{
    snprintf(process_name, sizeof(process_name), "%s", process);
    least = level;
}

void log_set_level(enum log_level level)
{
    least = level;
}

bool log_parse_level(const char *s, enum log_level *ret)
{
    for (size_t i = 0; i < GH_COUNT(level_words); i++)
        if (!strcmp(s, level_words[i])) {
            *ret = (enum log_level)i;
            return true;
        }
    return false;
}

/* One write(2) per line, so that lines of several processes do not mix; control characters are made visible, so that a
 * hostile file name cannot forge a line. */
__attribute__((format(printf, 2, 0))) static void line(enum log_level level, const char *fmt, va_list ap)
{
    char buf[2048];
    int head, n;

    if (level > least)
        return;
    head = snprintf(buf, sizeof(buf), "%s: %s%s", process_name, level <= LOG_LEVEL_WARN ? level_words[level] : "",
                    level <= LOG_LEVEL_WARN ? ": " : "");
    n = vsnprintf(buf + head, sizeof(buf) - (size_t)head - 1, fmt, ap);
    n = n < 0 ? head : head + n;
    if (n > (int)sizeof(buf) - 2)
        n = (int)sizeof(buf) - 2;
    for (int i = head; i < n; i++)
        if ((unsigned char)buf[i] < 0x20 || buf[i] == 0x7f)
            buf[i] = '?';
    buf[n++] = '\n';
    if (write(STDERR_FILENO, buf, (size_t)n) < 0)
        return; /* nowhere left to complain */
}

#define LOG_BODY(level)                                                                                                   \
    va_list ap;                                                                                                           \
    va_start(ap, fmt);                                                                                                    \
    line(level, fmt, ap);                                                                                                 \
    va_end(ap)

void log_error(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_ERROR);
}

void log_warn(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_WARN);
}

void log_info(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_INFO);
}

void log_debug(const char *fmt, ...)
{
    LOG_BODY(LOG_LEVEL_DEBUG);
}
