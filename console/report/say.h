/* SPDX-License-Identifier: GPL-3.0-or-later
 * say: the report's words (words.def) in the language of one report, and numbers, times and waits as people
 * write them there. Strings live in the arena. */
#ifndef GH_CONSOLE_SAY_H
#define GH_CONSOLE_SAY_H

#include "base/arena.h"
#include "base/json.h"

enum say_word {
#define W(name, en, vi) SAY_##name,
#include "console/report/words.def"
    SAY_WORDS
};
struct say {
    struct arena *arena;
    bool vi;
};
const char *say(const struct say *s, enum say_word w);
/* A sentence with up to five texts in the places of %s; "" when memory is short. */
const char *say_with(const struct say *s, enum say_word w, const char *const *texts);
#define SAY(s, w, ...) say_with(s, w, (const char *const[]){__VA_ARGS__, NULL})
const char *say_number(const struct say *s, int64_t n); /* 13.711 or 13,711 */
const char *say_bytes(const struct say *s, int64_t n);
const char *say_wait(const struct say *s, int64_t seconds); /* "12 minutes" */
/* Of an RFC 3339 text: 25/10/2026, or with the time of day; this machine's zone. "": none. */
const char *say_day(const struct say *s, struct span iso);
const char *say_time(const struct say *s, struct span iso);
const char *say_level(const struct say *s, struct span level);
const char *say_severity(const struct say *s, struct span severity);
const char *say_unread(const struct say *s, struct span reason);
const char *say_part(const struct say *s, struct span part);
/* A copy that ends with a NUL. */
const char *say_text(const struct say *s, struct span text);

#endif
