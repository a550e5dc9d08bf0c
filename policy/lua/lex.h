/* SPDX-License-Identifier: GPL-3.0-or-later
 * lex: Lua 5.4's tokens with their place (reference manual, section 3.1), for checks that say line and
 * column. Pure; the source must outlive the tokens. What Lua itself would refuse ends as LEX_ERROR: Lua's own
 * message is better. */
#ifndef GH_POLICY_LEX_H
#define GH_POLICY_LEX_H

#include "base/reader.h"

enum lex_kind { LEX_END, LEX_NAME, LEX_KEYWORD, LEX_STRING, LEX_NUMBER, LEX_SIGN, LEX_ERROR };
struct lex_token {
    enum lex_kind kind;
    struct span text;
    unsigned line, column; /* from 1, column in bytes */
};
struct lex {
    struct reader r;
    unsigned line;
    size_t line_start;
};
void lex_open(struct lex *l, struct span source);
struct lex_token lex_next(struct lex *l);
bool lex_is(const struct lex_token *t, const char *text);

#endif
