-- SPDX-License-Identifier: GPL-3.0-or-later
-- The floor for bench/policy.py: the same rules over a fresh table of the event, in Lua as it comes, without a cage,
-- without knowing what was read, with counters that never forget. Loaded by bench/policy_loop.c, which hands over the bundles.

local rules = {}

local levels = { none = 0, restricted = 1, confidential = 2, mat = 2, secret = 3, toi_mat = 3, top_secret = 4, tuyet_mat = 4 }
local function at_least(level, want) return (levels[level] or 0) >= levels[want] end
local function any(list, f)
  if not list then return false end
  for i = 1, #list do if f(list[i]) then return true end end
  return false
end
local function count(list, f)
  local n = 0
  for i = 1, #list do if f(list[i]) then n = n + 1 end end
  return n
end
local function after_last(text, mark)
  if not text then return nil end
  local at = string.find(string.reverse(text), mark, 1, true)
  return at and string.sub(text, -at + 1) or text
end

local function bundle(dir)
  local settings, lists, seen = {}, {}, {}
  local words = {
    any = any, count = count, at_least = at_least, after_last = after_last, ipairs = ipairs, string = string, table = table, math = math,
    settings = settings,
    each = function(list) local i = 0; return function() i = i + 1; return list[i] end end,
    all = function(list, f) return not any(list, function(x) return not f(x) end) end,
    contains = function(text, part) return text and string.find(text, part, 1, true) ~= nil end,
    starts_with = function(text, part) return text and string.sub(text, 1, #part) == part end,
    ends_with = function(text, part) return text and string.sub(text, -#part) == part end,
    lower = function(text) return string.lower(text or "") end,
    domain_of = function(address) return address and string.lower((string.gsub(after_last(address, "@"), ">", ""))) end,
    extension_of = function(name) return name and string.find(name, ".", 1, true) and string.lower(after_last(name, ".")) or "" end,
    setting = function(s) settings[s.name] = s.default end,
    in_list = function(name, value) return value ~= nil and lists[name][value] == true end,
    times = function(key) seen[key] = (seen[key] or 0) + 1; return seen[key] end,
    distinct = function(key, value)
      local of = seen[key] or { n = 0 }
      seen[key] = of
      if not of[value] then of[value] = true; of.n = of.n + 1 end
      return of.n
    end,
    rule = function(r)
      local on = {}
      for _, kind in ipairs(r.on or { "fileinfo" }) do on[kind] = true end
      rules[#rules + 1] = { id = r.id, on = on, when = r.when, action = r.action }
    end,
  }
  for line in io.popen("ls " .. dir .. "/lists 2>/dev/null"):lines() do
    local list = {}
    for row in io.lines(dir .. "/lists/" .. line) do list[string.match(row, "^[^,]*")] = true end
    lists[string.match(line, "^(.*)%.csv$")] = list
  end
  for _, file in ipairs { "settings.lua", "policy.lua" } do
    local f = loadfile(dir .. "/" .. file, "t", words)
    if f then f() end
  end
end

-- What an event does not have is empty, as rules expect it. The tables are shared: nothing writes into them.
local none = {}
local absent_document = { __index = { features = none, matches = none, members = none, labels = none, markings = none, identifiers = none, similar = none } }
local absent_gatehouse = { __index = { smb = none, ioc = none, document = setmetatable({}, absent_document) } }
local absent = { __index = { smtp = none, email = none, fileinfo = none, http = none, ndpi = none, tls = none, quic = none, flow = none, time = none,
  gatehouse = setmetatable({}, absent_gatehouse), document = setmetatable({}, absent_document) } }

local strict = { allow = 0, log = 1, alert = 2, quarantine = 3, block = 4 }
local function decide(e)
  setmetatable(e, absent)
  if e.gatehouse.document then
    setmetatable(e.gatehouse, absent_gatehouse)
    e.document = setmetatable(e.gatehouse.document, absent_document)
  end
  local best, by = "log", "otherwise"
  for i = 1, #rules do
    local r = rules[i]
    if r.on[e.event_type] and r.when(e) and strict[r.action] > strict[best] then best, by = r.action, r.id end
  end
  return best, by
end

return { bundle = bundle, decide = decide }
