/* SPDX-License-Identifier: GPL-3.0-or-later
 * hostile: policies of somebody who means harm, and what must be said of each: when it is loaded (at_load),
 * or with every decision. For the cage's own test and the workbench's. */
#ifndef GH_TESTS_POLICY_HOSTILE_H
#define GH_TESTS_POLICY_HOSTILE_H

#include "base/reader.h"

#define RULE(body)                                                                                           \
    "rule { id = 'x', title = 'x', reason = 'x', action = 'block', when = function(e)\n" body "\nend }\n"

static const struct hostile {
    const char *name;
    const char *policy;
    const char *message; /* part of what must be said */
    bool at_load;
} hostile[] = {
    {"endless loop", RULE("while true do end"), "policy.lua:2: stopped after", false},
    {"endless loop at load", "while true do end", "policy.lua:1: stopped after", true},
    {"endless goto", RULE("::a:: goto a"), "stopped after", false},
    {"endless recursion", RULE("local function f() return 1 + f() end return f()"),
     "stack overflow|more memory than|stopped after", false},
    {"endless tail call", RULE("local function f() return f() end return f()"), "stopped after", false},
    {"doubling string", RULE("local s = 'x' while true do s = s .. s end"), "more memory than|stopped after",
     false},
    {"growing table", RULE("local t = {} local i = 0 while true do i = i + 1 t[i] = {} end"),
     "more memory than|stopped after", false},
    {"huge concat",
     RULE("local t = {} for i = 1, 60000 do t[i] = "
          "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' "
          "end local s = table.concat(t) while true do s = table.concat({s, s}) end"),
     "more memory than|stopped after", false},
    {"unpack bomb", RULE("local t = {} for i = 1, 200000 do t[i] = i end return table.unpack(t)"),
     "too many results|memory|stopped", false},
    {"error with a table", RULE("error({})"), "no text", false},
    {"error with nothing", RULE("error()"), "no text", false},
    {"error of its own", RULE("error('boom')"), "policy.lua:2: boom", false},
    {"nil index", RULE("local x return x.y"), "policy.lua:2: attempt to index a nil value", false},
    {"call of nothing", RULE("return nosuch()"), "policy.lua:2: unknown name 'nosuch'", false},
    {"pcall is not there", RULE("pcall(error)"), "unknown name 'pcall'", false},
    {"xpcall is not there", RULE("xpcall(error, error)"), "unknown name 'xpcall'", false},
    {"io is not there", RULE("io.open('/etc/passwd')"), "unknown name 'io'", false},
    {"os is not there", RULE("return os.time()"), "unknown name 'os'", false},
    {"debug is not there", RULE("debug.getregistry()"), "unknown name 'debug'", false},
    {"require is not there", RULE("require('x')"), "unknown name 'require'", false},
    {"package is not there", RULE("return package.path"), "unknown name 'package'", false},
    {"load is not there", RULE("load('return 1')"), "unknown name 'load'", false},
    {"loadstring is not there", RULE("loadstring('x')"), "unknown name 'loadstring'", false},
    {"dofile is not there", RULE("dofile('/etc/passwd')"), "unknown name 'dofile'", false},
    {"loadfile is not there", RULE("loadfile('/etc/passwd')"), "unknown name 'loadfile'", false},
    {"collectgarbage is not there", RULE("collectgarbage('stop')"), "unknown name 'collectgarbage'", false},
    {"setmetatable is not there", RULE("setmetatable({}, {__gc = function() end})"),
     "unknown name 'setmetatable'", false},
    {"getmetatable is not there", RULE("getmetatable('').__index = nil"), "unknown name 'getmetatable'",
     false},
    {"rawset is not there", RULE("rawset(string, 'x', 1)"), "unknown name 'rawset'", false},
    {"rawget is not there", RULE("rawget(string, 'x')"), "unknown name 'rawget'", false},
    {"coroutine is not there", RULE("coroutine.wrap(function() end)()"), "unknown name 'coroutine'", false},
    {"utf8 is not there", RULE("return utf8.char(1)"), "unknown name 'utf8'", false},
    {"print is not there", RULE("print('x')"), "unknown name 'print'", false},
    {"_G is not there", RULE("_G.x = 1"), "unknown name '_G'", false},
    {"pairs has no fixed order", RULE("for k in pairs({}) do end"), "unknown name 'pairs'", false},
    {"next has no fixed order", RULE("next({})"), "unknown name 'next'", false},
    {"chance is not there", RULE("return math.random() > 0.5"), "attempt to call a nil value", false},
    {"string.rep is not there", RULE("return string.rep('x', 1e9)"), "attempt to call a nil value", false},
    {"rep by method", RULE("return ('x'):rep(1e9)"), "attempt to call a nil value", false},
    {"patterns are not there", RULE("return ('a'):find('.-.-.-b')"), "attempt to call a nil value", false},
    {"gsub is not there", RULE("return ('a'):gsub('a', 'b')"), "attempt to call a nil value", false},
    {"format is not there", RULE("return ('%99999d'):format(1)"), "attempt to call a nil value", false},
    {"string.dump is not there", RULE("return string.dump(function() end)"), "attempt to call a nil value",
     false},
    {"table.move is not there", RULE("table.move({}, 1, 1e15, 2)"), "attempt to call a nil value", false},
    {"new string method", RULE("string.evil = 1"), "may not change a table", false},
    {"new math function", RULE("math.floor = nil"), "may not change a table", false},
    {"a global", RULE("x = 1"), "may not change the global 'x'", false},
    {"a global through _ENV", RULE("_ENV.x = 1"), "may not change the global 'x'", false},
    {"another environment", RULE("local _ENV = {} x = 1 return y.z"), "attempt to index a nil value", false},
    {"memory in a local", "local n = 0\n" RULE("n = n + 1 return n > 3"), "changed the local 'n'", false},
    {"memory in a table", "local t = {n = 0}\n" RULE("t.n = t.n + 1"), "may not change a table", false},
    {"memory in a nested table", "local t = {a = {n = 0}}\n" RULE("t.a.n = 1"), "may not change a table",
     false},
    {"memory behind a function", "local n = 0 local function f() n = n + 1 end\n" RULE("f()"),
     "changed the local 'n'", false},
    {"memory in a global table", "t = {}\n" RULE("t.x = 1"), "may not change a table", false},
    {"insert into an outer list", "local t = {1}\n" RULE("table.insert(t, 2)"), "may not change a table",
     false},
    {"sort an outer list", "local t = {2, 1}\n" RULE("table.sort(t)"), "may not change a table", false},
    {"writing a fact", RULE("e.src_ip = 'x'"), "facts are read-only", false},
    {"writing a nested fact", RULE("e.document.level = 'none'"), "facts are read-only", false},
    {"misspelt fact", RULE("return e.document.levle == 'mat'"),
     "no such fact: document.levle; did you mean 'level'?", false},
    {"misspelt root fact", RULE("return e.src_pi"), "no such fact: src_pi; did you mean 'src_ip'?", false},
    {"field of a list", RULE("return e.document.markings.level"), "is a list", false},
    {"misspelt member of a list", RULE("return e.document.markings[1].levle"),
     "no such fact: document.markings[1].levle", false},
    {"level that is none", RULE("return at_least(e.document.level, 'geheim')"), "no level 'geheim'", false},
    {"kept event", "local kept = {}\n" RULE("kept[1] = e"), "may not change a table", false},
    {"endless sort order",
     RULE("local t = {} for i = 1, 5000 do t[i] = i end while true do table.sort(t, function(a, b) return a "
          "> b end) end"),
     "stopped after|invalid order", false},
    {"wrong sort order",
     RULE("local t = {} for i = 1, 500 do t[i] = i % 7 end table.sort(t, function(a, b) return true end)"),
     "invalid order|stopped", false},
    {"deep nesting of calls",
     RULE("local f = function(x) return x end for i = 1, 150 do local g = f f = function(x) return g(x) end "
          "end while true do f(1) end"),
     "stopped after", false},
    {"rule inside a rule", RULE("rule { id = 'y' }"), "not inside a rule", false},
    {"zone inside a rule", RULE("zone { name = 'y' }"), "not inside a rule", false},
    {"another environment for all", RULE("_ENV = { e = 1 } return true"), "changed the local '_ENV'", false},
    {"memory in a nested function",
     "local n = 0\n" RULE("local function f() local function g() n = n + 1 end g() end f() return n > 1"),
     "changed the local 'n'", false},
    {"setting a setting", RULE("settings.x = 1"), "may not change a table", false},
    {"no such setting", RULE("return settings.limit"), "no such setting: limit", false},
    {"no such list", RULE("return in_list('nowhere', 'x')"), "there is no list 'nowhere' (lists/nowhere.csv)",
     false},
    {"a list while loading", "local x = in_list('a', 'b')", "ask inside a rule's when", true},
    {"history while loading", "local x = times('a', '1m')", "ask inside a rule's when", true},
    {"no span of time", RULE("return times('a', 'soon') > 1"), "'soon' is no span of time", false},
    {"a span of years", RULE("return times('a', '400d') > 1"), "at most 31 days", false},
    {"a key that is a table", RULE("return times({}, '1m') > 1"), "a text or a number is expected", false},
    {"endless counting", RULE("local i = 0 while true do i = i + 1 distinct('k', i, '1d') end"),
     "stopped after", false},
    {"a setting inside a rule", RULE("setting { name = 'x', default = 1, title = 'x' }"), "not inside a rule",
     false},
    {"off inside a rule", RULE("off('x')"), "not inside a rule", false},
    {"a calendar inside a rule", RULE("calendar {}"), "not inside a rule", false},
    {"an event that is none",
     "rule { id = 'x', title = 'x', reason = 'x', action = 'log', on = 'flwo', when = function() end }",
     "there is no event 'flwo' to judge; did you mean 'flow'?", true},
    {"an alert is not judged",
     "rule { id = 'x', title = 'x', reason = 'x', action = 'log', on = 'alert', when = function() end }",
     "there is no event 'alert' to judge", true},
    {"bytecode", "\x1bLua", "attempt to load a binary chunk", true},
    {"syntax error", "rule { id = 'x' when }", "policy.lua:1:", true},
    {"no rule", "local x = 1", "there is no rule", true},
    {"rule without id", "rule { title = 'x' }", "'id' must be a text", true},
    {"misspelt key", "rule { idd = 'x' }", "unknown key 'idd'; did you mean 'id'?", true},
    {"no action", "rule { id = 'x', title = 'x', reason = 'x', action = 'explode', when = function() end }",
     "is not one of allow", true},
    {"reason with no fact",
     "rule { id = 'x', title = 'x', reason = '{document.levle}', action = 'log', when = function() end }",
     "there is no fact to show", true},
    {"reason with an open brace",
     "rule { id = 'x', title = 'x', reason = '{', action = 'log', when = function() end }", "'{' without '}'",
     true},
    {"same id twice", RULE("") RULE(""), "stands at line", true},
    {"no when", "rule { id = 'x', title = 'x', reason = 'x', action = 'log' }", "when = function(e)", true},
    {"severity",
     "rule { id = 'x', title = 'x', reason = 'x', action = 'log', severity = 9, when = function() end }",
     "severity is 1", true},
};

static inline bool says(const char *text, const char *wanted)
{
    struct span rest = span_str(wanted);

    while (rest.n) {
        ptrdiff_t bar = span_find_byte(rest, '|', 0);
        struct span one = span_part(rest, 0, bar < 0 ? rest.n : (size_t)bar);
        if (span_find(span_str(text), one, 0) >= 0)
            return true;
        rest = span_part(rest, bar < 0 ? rest.n : (size_t)bar + 1, rest.n);
    }
    return false;
}

static const char hostile_event[] = "{\"timestamp\":\"2026-11-24T01:02:03+0000\",\"src_ip\":\"10.0.0.1\","
                                    "\"gatehouse\":{\"document\":{\"level\":\"mat\","
                                    "\"markings\":[{\"text\":\"MẬT\",\"level\":\"mat\"}]}}}";

#endif
