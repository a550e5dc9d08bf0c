/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/cage.h"
#include "policy/lua/lint.h"
#include "tests/check.h"

static const struct {
    const char *source;
    const char *want; /* "" for a clean source */
} rows[] = {
    {"rule { id = 'a', when = function(e) return e.document.level == 'mat' end }", ""},
    {"rule { when = function(e) return e.document.levle end }",
     "p:1:45: there is no such fact: 'levle'; did you mean 'level'?\n"},
    {"rule { when = function(e)\n  return e.src_pi\nend }",
     "p:2:12: there is no such fact: 'src_pi'; did you mean 'src_ip'?\n"},
    {"rule { when = function(e) return atleast(e.document.level, 'mat') end }",
     "p:1:34: unknown name 'atleast'; did you mean 'at_least'?\n"},
    {"rule { when = function(e) return e.gatehouse.document.features.macros end }", ""},
    {"rule { when = function(e) return e.http.hostname end }", ""},
    {"rule { when = function(e) return e.http.host end }", "p:1:41: there is no such fact: 'host'\n"},
    {"local n = 1 local function f(a, b) return a + b + n end\nrule { when = function(e) return f(1, 2) > 2 "
     "end }",
     ""},
    {"local function f() return m end", "p:1:27: unknown name 'm'\n"},
    {"do local x = 1 end return x", "p:1:27: unknown name 'x'\n"},
    {"if true then local y = 1 elseif false then return y end", "p:1:51: unknown name 'y'\n"},
    {"if true then local y = 1 else return y end", "p:1:38: unknown name 'y'\n"},
    {"for i = 1, 3 do local k = i end return i", "p:1:40: unknown name 'i'\n"},
    {"for m in each({}) do if m.level == 'x' then return m end end", ""},
    {"for a, b in ipairs({}) do return a, b end return b", "p:1:50: unknown name 'b'\n"},
    {"while true do local w = 1 end return w", "p:1:38: unknown name 'w'\n"},
    {"repeat local r = 1 until r == 1", ""},
    {"repeat local r = 1 until r == 1 return r", ""},
    {"limit = 5 rule { when = function(e) return limit > 4 end }", ""},
    {"function helper(x) return x end return helper(1)", ""},
    {"local t = { key = 1, [2] = 3; other = 4 } return t.key, t.nothing", ""},
    {"local t = { key = nokey }", "p:1:19: unknown name 'nokey'\n"},
    {"local s = \"unknown_in_string\" -- unknown_in_comment\n--[[ more\nunknown ]] return s", ""},
    {"local s = [==[ text ]] e.nothing ]==] return s", ""},
    {"local s = 'it\\'s' return s:sub(1)", ""},
    {"goto done ::done::", ""},
    {"local x <const> = 5 return x", ""},
    {"return function(...) return select('#', ...) end", ""},
    {"local e = {} return e.anything", "p:1:23: there is no such fact: 'anything'\n"},
    {"return 0x1F + 1e-5 + .5 + nan", "p:1:27: unknown name 'nan'\n"},
    {"local v = \"unfinished", ""}, /* Lua itself tells it better */
    {"\xff\xfe\x00", ""},
};

int main(void)
{
    struct lint_names names = {.globals = NULL};

    names.globals = cage_names(&names.n_globals);

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct writer w;
        check_row(rows[i].source);
        writer_init(&w, 65536);
        (void)lint_source("p", span_str(rows[i].source), &names, &w);
        CHECK_STR(writer_cstr(&w), rows[i].want);
        writer_done(&w);
    }
    return check_end();
}
