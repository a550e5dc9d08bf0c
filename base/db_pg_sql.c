/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/db_pg_sql.h"

#include <strings.h>

#define PARAMETERS 32
#define NEST 64

const char pg_sql_prelude[] =
    "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    "CREATE FUNCTION max(bigint, bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT greatest($1, $2)';"
    "CREATE FUNCTION min(bigint, bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT least($1, $2)';"
    "CREATE FUNCTION max(bigint, bigint, bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT "
    "greatest($1, $2, $3)';"
    "CREATE FUNCTION iif(bigint, anycompatible, anycompatible) RETURNS anycompatible IMMUTABLE LANGUAGE sql "
    "AS "
    "'SELECT CASE WHEN $1 <> 0 THEN $2 ELSE $3 END';"
    "CREATE FUNCTION iif(boolean, anycompatible, anycompatible) RETURNS anycompatible IMMUTABLE LANGUAGE sql "
    "AS "
    "'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';"
    "CREATE FUNCTION hex(bytea) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper(encode($1, ''hex''))';"
    "CREATE FUNCTION instr(text, text) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT strpos($1, $2)';"
    "CREATE FUNCTION strftime(text, text) RETURNS text STABLE LANGUAGE sql AS "
    "'SELECT extract(epoch FROM now())::bigint::text';"
    /* a NUL in a string of the wire is no text there */
    "CREATE FUNCTION json_extract(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS "
    "'SELECT jsonb_path_query_first(replace($1, ''\\u0000'', ''\\ufffd'')::jsonb, $2::jsonpath) #>> ''{}''';"
    "CREATE FUNCTION json_valid(text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS "
    "'BEGIN PERFORM replace($1, ''\\u0000'', ''\\ufffd'')::jsonb; RETURN true; EXCEPTION WHEN others THEN "
    "RETURN false; END';"
    /* used for lists of row numbers alone */
    "CREATE FUNCTION json_each(text) RETURNS TABLE(value bigint) IMMUTABLE LANGUAGE sql AS "
    "'SELECT jsonb_array_elements_text($1::jsonb)::bigint';"
    "CREATE FUNCTION json_list_add(text, bigint) RETURNS text IMMUTABLE LANGUAGE sql AS "
    "'SELECT $1 || CASE WHEN $1 = ''['' THEN '''' ELSE '','' END || coalesce($2::text, ''null'')';"
    "CREATE FUNCTION json_list_end(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1 || '']''';"
    "CREATE AGGREGATE json_group_array(bigint) (SFUNC = json_list_add, STYPE = text, INITCOND = '[', "
    "FINALFUNC = "
    "json_list_end);"
    "CREATE FUNCTION bool_add(bigint, boolean) RETURNS bigint IMMUTABLE LANGUAGE sql AS "
    "'SELECT $1 + CASE WHEN $2 THEN 1 ELSE 0 END';"
    "CREATE AGGREGATE sum(boolean) (SFUNC = bool_add, STYPE = bigint, INITCOND = '0');"
    "CREATE FUNCTION shift_left(bigint, bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS "
    "'SELECT $1 OPERATOR(pg_catalog.<<) $2::integer';"
    "CREATE FUNCTION shift_right(bigint, bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS "
    "'SELECT $1 OPERATOR(pg_catalog.>>) $2::integer';"
    "CREATE OPERATOR << (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = shift_left);"
    "CREATE OPERATOR >> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = shift_right);"
    "CREATE OPERATOR + (LEFTARG = bigint, RIGHTARG = boolean, FUNCTION = bool_add);"
    "CREATE FUNCTION bool_is(boolean, bigint) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1::integer "
    "= $2';"
    "CREATE OPERATOR = (LEFTARG = boolean, RIGHTARG = bigint, FUNCTION = bool_is);"
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE integrity_constraint_violation USING MESSAGE = TG_ARGV[0]; END';";

enum token_kind { T_END, T_SPACE, T_WORD, T_STRING, T_BLOB, T_PARAMETER, T_OTHER };
struct token {
    enum token_kind kind;
    struct span text;
};
struct lexer {
    struct span sql;
    size_t pos;
    bool bad;
    /* an INSERT's table, and whether we are behind its DO UPDATE SET, where PostgreSQL wants the table named
     */
    struct span table;
    bool ignore; /* OR IGNORE: said at the end */
    bool update, after_dot, after_as, target;
    unsigned depth;
    /* parentheses that hold a SELECT to read from, by depth: they need a name */
    bool after_from, from[NEST];
    unsigned nest, named;
};

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct token take(struct lexer *x, enum token_kind kind, size_t end)
{
    struct token t = {kind, span_part(x->sql, x->pos, end - x->pos)};
    x->pos = end;
    return t;
}

/* 'it''s', "a name" */
static size_t quoted_end(struct lexer *x, size_t at)
{
    uint8_t q = x->sql.p[at++];

    while (at < x->sql.n) {
        if (x->sql.p[at] != q) {
            at++;
        } else if (at + 1 < x->sql.n && x->sql.p[at + 1] == q) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    x->bad = true;
    return at;
}

static struct token next(struct lexer *x)
{
    const uint8_t *p = x->sql.p;
    size_t at = x->pos, n = x->sql.n;

    if (at >= n)
        return (struct token){T_END, {NULL, 0}};
    if (p[at] == ' ' || p[at] == '\n' || p[at] == '\t') {
        while (at < n && (p[at] == ' ' || p[at] == '\n' || p[at] == '\t'))
            at++;
        return take(x, T_SPACE, at);
    }
    if ((p[at] == 'x' || p[at] == 'X') && at + 1 < n && p[at + 1] == '\'')
        return take(x, T_BLOB, quoted_end(x, at + 1));
    if (p[at] == '\'')
        return take(x, T_STRING, quoted_end(x, at));
    if (p[at] == '"')
        return take(x, T_OTHER, quoted_end(x, at));
    if (p[at] == '?') {
        for (at++; at < n && p[at] >= '0' && p[at] <= '9';)
            at++;
        return take(x, T_PARAMETER, at);
    }
    if (is_word(p[at])) {
        while (at < n && is_word(p[at]))
            at++;
        return take(x, T_WORD, at);
    }
    return take(x, T_OTHER, at + 1);
}

static struct token next_solid(struct lexer *x)
{
    struct token t = next(x);

    while (t.kind == T_SPACE)
        t = next(x);
    return t;
}

static bool word_is(struct token t, const char *word)
{
    return t.kind == T_WORD && t.text.n == strlen(word) &&
           !strncasecmp((const char *)t.text.p, word, t.text.n);
}

/* Do these words follow? Then they are taken. */
static bool take_words(struct lexer *x, const char *first, const char *second)
{
    struct lexer ahead = *x;

    if (!word_is(next_solid(&ahead), first) || (second && !word_is(next_solid(&ahead), second)))
        return false;
    *x = ahead;
    return true;
}

static bool follows_truth(struct lexer x)
{
    static const char *const words[] = {"NULL", "TRUE", "FALSE", "DISTINCT", "UNKNOWN"};
    struct token t = next_solid(&x);

    for (size_t i = 0; i < GH_COUNT(words); i++)
        if (word_is(t, words[i]))
            return true;
    return false;
}

/* On the right of DO UPDATE SET: is this word a column of the table? */
static bool is_bare_column(struct lexer x, struct token t)
{
    static const char *const words[] = {"AND",  "OR",    "NOT",    "IS",      "NULL",   "DISTINCT",
                                        "FROM", "CASE",  "WHEN",   "THEN",    "ELSE",   "END",
                                        "TRUE", "FALSE", "ISNULL", "IN",      "WHERE",  "NOTNULL",
                                        "AS",   "LIKE",  "CAST",   "BETWEEN", "COLLATE"};
    struct token after = next_solid(&x);

    if (x.after_dot || x.after_as || span_eq(after.text, span_str(".")) ||
        span_eq(after.text, span_str("(")) || (t.text.p[0] >= '0' && t.text.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < GH_COUNT(words); i++)
        if (word_is(t, words[i]))
            return false;
    return true;
}

static void put_word(struct lexer *x, struct token t, struct writer *out)
{
    static const char *const other[][2] = {
        {"INTEGER", "BIGINT"}, {"BLOB", "BYTEA"},    {"REAL", "DOUBLE PRECISION"}, {"IFNULL", "coalesce"},
        {"LIKE", "ILIKE"},     {"user", "\"user\""}, {"AUTOINCREMENT", ""},
    };
    struct lexer ahead = *x;

    if (word_is(t, "INTEGER") && take_words(x, "PRIMARY", "KEY")) {
        writer_str(out, "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
        return;
    }
    if ((word_is(t, "WITHOUT") && take_words(x, "ROWID", NULL)) ||
        (word_is(t, "NOT") && take_words(x, "INDEXED", NULL)))
        return;
    if (word_is(t, "INDEXED") && take_words(x, "BY", NULL)) {
        (void)next_solid(x);
        return;
    }
    if (word_is(t, "CROSS") && take_words(x, "JOIN", NULL)) {
        writer_str(out, "JOIN");
        return;
    }
    if (word_is(t, "IS")) {
        bool negative = take_words(&ahead, "NOT", NULL);
        if (!follows_truth(ahead)) {
            *x = ahead;
            writer_str(out, negative ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM");
            return;
        }
    }
    if (word_is(t, "INSERT") && take_words(&ahead, "OR", "IGNORE")) {
        x->ignore = true;
        x->pos = ahead.pos;
    }
    ahead = *x;
    if (word_is(t, "INSERT") && take_words(&ahead, "INTO", NULL)) {
        struct lexer look = ahead;
        x->table = next_solid(&look).text;
    }
    ahead = *x;
    if (word_is(t, "DO") && take_words(&ahead, "UPDATE", "SET")) {
        *x = ahead;
        x->update = x->target = true;
        x->depth = 0;
        writer_str(out, "DO UPDATE SET");
        return;
    }
    if (x->update && word_is(t, "SELECT"))
        x->update = false; /* names its tables itself */
    if (x->update && !x->target && is_bare_column(*x, t)) {
        writer_put(out, x->table);
        writer_u8(out, '.');
    }
    x->after_as = word_is(t, "AS") || word_is(t, "COLLATE");
    for (size_t i = 0; i < GH_COUNT(other); i++)
        if (word_is(t, other[i][0])) {
            writer_str(out, other[i][1]);
            return;
        }
    writer_put(out, t.text);
}

/* A SELECT that is read from has a name in PostgreSQL before 16. */
static void note_nest(struct lexer *x, struct token t, struct writer *out)
{
    static const char *const behind[] = {"ORDER", "WHERE", "GROUP", "LIMIT", "ON",
                                         "JOIN",  "CROSS", "LEFT",  "UNION", "HAVING"};
    struct lexer look = *x;
    struct token after = next_solid(&look);
    bool name = after.kind == T_WORD;

    if (span_eq(t.text, span_str("("))) {
        if (x->nest < NEST)
            x->from[x->nest] = x->after_from;
        x->nest++;
        return;
    }
    if (!span_eq(t.text, span_str(")")) || !x->nest)
        return;
    x->nest--;
    for (size_t i = 0; i < GH_COUNT(behind); i++)
        name = name && !word_is(after, behind[i]);
    if (x->nest < NEST && x->from[x->nest] && !name)
        writer_printf(out, " from_%u", ++x->named);
}

/* Between SET or a comma and = stands a name that is written to. */
static void note_other(struct lexer *x, struct token t)
{
    if (span_eq(t.text, span_str("(")))
        x->depth++;
    else if (span_eq(t.text, span_str(")")) && x->depth)
        x->depth--;
    else if (span_eq(t.text, span_str(",")) && !x->depth)
        x->target = true;
    else if (span_eq(t.text, span_str("=")))
        x->target = false;
}

static void end_statement(struct lexer *x, struct writer *out)
{
    if (x->ignore)
        writer_str(out, " ON CONFLICT DO NOTHING");
    x->ignore = x->update = false;
    x->nest = x->named = 0;
}

/* Up to the end, or to a semicolon outside of everything, which is taken. */
static int put_statement(struct lexer *x, struct writer *out)
{
    uint64_t last = 0, number;

    for (;;) {
        struct token t = next(x);
        switch (t.kind) {
        case T_END:
            end_statement(x, out);
            return x->bad || !writer_ok(out) ? ST_MALFORMED : 0;
        case T_WORD:
            put_word(x, t, out);
            break;
        case T_BLOB:
            writer_str(out, "'\\x");
            writer_put(out, span_part(t.text, 2, t.text.n));
            writer_str(out, "::bytea");
            break;
        case T_PARAMETER:
            if (t.text.n == 1)
                number = last + 1;
            else if (!span_number(span_part(t.text, 1, t.text.n), PARAMETERS, &number) || !number)
                return ST_MALFORMED;
            last = number > last ? number : last;
            writer_printf(out, "$%llu", (unsigned long long)number);
            break;
        default:
            if (span_eq(t.text, span_str(";"))) {
                end_statement(x, out);
                return x->bad ? ST_MALFORMED : 0;
            }
            note_other(x, t);
            writer_put(out, t.text);
            note_nest(x, t, out);
        }
        if (t.kind != T_SPACE) {
            x->after_dot = span_eq(t.text, span_str("."));
            x->after_from = word_is(t, "FROM") || word_is(t, "JOIN");
        }
    }
}

int pg_sql_statement(struct span sql, struct writer *out)
{
    struct lexer x = {.sql = sql};
    return put_statement(&x, out);
}

/* Words up to one of the two, which is taken: *ret. ST_MALFORMED: neither comes. */
static int put_until(struct lexer *x, const char *one, const char *other, struct writer *out,
                     struct token *ret)
{
    while (!word_is(*ret = next(x), one) && !word_is(*ret, other)) {
        if (ret->kind == T_END)
            return ST_MALFORMED;
        if (ret->kind == T_WORD)
            put_word(x, *ret, out);
        else
            writer_put(out, ret->text);
    }
    return 0;
}

/* name BEFORE DELETE ON table [WHEN (…)] BEGIN SELECT RAISE(ABORT, 'why'); END */
static int put_trigger(struct lexer *x, struct writer *out)
{
    struct token t;
    int rc;

    writer_str(out, "CREATE TRIGGER ");
    rc = put_until(x, "BEGIN", "WHEN", out, &t);
    if (rc)
        return rc;
    writer_str(out, "FOR EACH ROW ");
    if (word_is(t, "WHEN")) {
        writer_str(out, "WHEN (");
        rc = put_until(x, "BEGIN", "BEGIN", out, &t);
        if (rc)
            return rc;
        writer_str(out, ") ");
    }
    do {
        t = next(x);
        if (t.kind == T_END)
            return ST_MALFORMED;
    } while (t.kind != T_STRING);
    writer_str(out, "EXECUTE FUNCTION refuse(");
    writer_put(out, t.text);
    writer_str(out, ")");
    do {
        t = next(x);
        if (t.kind == T_END)
            return ST_MALFORMED;
    } while (!word_is(t, "END"));
    (void)next_solid(x); /* ; */
    return 0;
}

static int put_full_text(struct lexer *x, struct writer *out)
{
    struct token name = next_solid(x), t;

    writer_printf(out, "CREATE TABLE %.*s(rowid BIGINT PRIMARY KEY, v TSVECTOR NOT NULL); ", (int)name.text.n,
                  (const char *)name.text.p);
    writer_printf(out, "CREATE INDEX %.*s_v ON %.*s USING gin(v) WITH (fastupdate = off)", (int)name.text.n,
                  (const char *)name.text.p, (int)name.text.n, (const char *)name.text.p);
    do {
        t = next(x);
        if (t.kind == T_END)
            return x->bad ? ST_MALFORMED : 0;
    } while (!span_eq(t.text, span_str(";")));
    return 0;
}

/* INSERT INTO t(t) VALUES('delete-all') empties a full-text table. */
static bool is_delete_all(struct lexer x)
{
    struct token t;

    if (!take_words(&x, "INSERT", "INTO"))
        return false;
    while ((t = next(&x)).kind != T_END && !span_eq(t.text, span_str(";")))
        if (span_eq(t.text, span_str("'delete-all'")))
            return true;
    return false;
}

static int put_delete_all(struct lexer *x, struct writer *out)
{
    struct token t;

    (void)take_words(x, "INSERT", "INTO");
    writer_str(out, "DELETE FROM ");
    writer_put(out, next_solid(x).text);
    while ((t = next(x)).kind != T_END && !span_eq(t.text, span_str(";")))
        continue;
    return x->bad ? ST_MALFORMED : 0;
}

int pg_sql_script(struct span sql, struct writer *out)
{
    struct lexer x = {.sql = sql};
    int rc = 0;

    while (!rc) {
        struct lexer ahead = x;
        if (next_solid(&ahead).kind == T_END)
            return writer_ok(out) ? 0 : ST_FULL;
        if (is_delete_all(x)) {
            rc = put_delete_all(&x, out);
        } else if (take_words(&x, "CREATE", "TRIGGER")) {
            rc = put_trigger(&x, out);
        } else if (take_words(&x, "CREATE", "VIRTUAL") && take_words(&x, "TABLE", NULL)) {
            rc = put_full_text(&x, out);
        } else {
            rc = put_statement(&x, out);
        }
        writer_str(out, ";\n");
    }
    return rc;
}
