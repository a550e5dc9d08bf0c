/* SPDX-License-Identifier: GPL-3.0-or-later
 * log: one line per fact on stderr, for a tired human. Only process code (the main.c files and what they own) logs;
 * libraries return codes. Never log document content, keys, passwords or tokens. Thread-safe (one write per line). */
#ifndef GH_BASE_LOG_H
#define GH_BASE_LOG_H

#include "base/status.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Name printed before each line ("gh-sensor"), and how much is said. */
void log_open(const char *process, enum log_level level);
void log_set_level(enum log_level level);
/* "error|warn|info|debug" to a level; false when it is none of them. */
bool log_parse_level(const char *s, enum log_level *ret);
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
