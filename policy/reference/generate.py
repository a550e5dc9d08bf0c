#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the editor's definitions, the reference pages and the JSON schema of the facts out of what the checker itself uses.

  generate.py GATEHOUSE            writes them anew
  generate.py GATEHOUSE --check    says which of them are not what would be written; 1 if any

The source is `gatehouse policy facts --json`: the table of base/event.def, what the engine derives, and the words of policy/lua/words.def. The tables of
rules and settings in each bundle's README.md are made of its policy.lua and settings.lua."""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = os.path.dirname(HERE)
MADE = "made by policy/reference/generate.py"
TYPES = {"text": "string", "number": "number", "yes/no": "boolean", "list": "string[]", "object": "table<string, any>"}
SCHEMA = {"text": "string", "number": "number", "yes/no": "boolean", "list": "array", "object": "object"}
TYPES_VI = {"text": "văn bản", "number": "số", "yes/no": "có/không", "list": "danh sách", "object": "nhóm"}


class Node:
    """One fact or group of facts; children of a list are those of its elements."""

    def __init__(self, name, path):
        self.name, self.path, self.type, self.en, self.vi, self.children = name, path, None, "", "", {}


def tree(facts):
    root = Node("", "")
    for f in facts:
        at = root
        for part in f["path"].replace("[]", "").split("."):
            at = at.children.setdefault(part, Node(part, (at.path + "." if at.path else "") + part))
        at.type, at.en, at.vi = f["type"], f["en"], f["vi"]
    document = root.children["gatehouse"].children["document"]
    document.children["members"].children = document.children # a member is a document like its container
    short = root.children.setdefault("document", Node("document", "document"))
    short.children, short.en, short.vi = document.children, "short for gatehouse.document", "viết tắt của gatehouse.document"
    return root


def class_name(n):
    return "gh." + re.sub(r"^gatehouse\.document(\.members)?", "document", n.path) if n.path else "gh.event"


def lua_type(n):
    if n.children:
        return class_name(n) + ("[]" if n.type == "list" else "")
    if n.path.endswith(("level", "_holds")) and n.type == "text":
        return "gh.level?"
    return TYPES[n.type] + ("" if n.type in ("list", "object") else "?")


def put_class(out, n, done):
    name = class_name(n)
    if name in done:
        return
    done.add(name)
    out.append("---@class %s" % name)
    for c in n.children.values():
        out.append("---@field %s %s %s" % ('["end"]' if c.name == "end" else c.name, lua_type(c), " / ".join(x for x in (c.en, c.vi) if x)))
    out.append("")
    for c in n.children.values():
        if c.children:
            put_class(out, c, done)


def quoted(names):
    return "|".join('"%s"' % n for n in names)


def definitions(source, root):
    out = ["-- SPDX-License-Identifier: GPL-3.0-or-later", "-- What a policy may name, for the Lua language server; " + MADE + ".",
           "-- Use: \"workspace.library\": [\"/usr/share/gatehouse/policy/reference\"] in .luarc.json beside the policy.", "---@meta", ""]
    out += ["---@alias gh.level %s" % quoted(l["name"] for l in source["levels"]), "---@alias gh.action %s" % quoted(source["actions"]),
            "---@alias gh.event_type %s" % quoted(source["events"]), "---@class gh.bilingual", "---@field vi string", "---@field en string", ""]
    put_class(out, root, set())
    for word in dict.fromkeys(k["word"] for k in source["keys"]):
        out.append("---@class gh.new_%s" % word)
        for k in source["keys"]:
            if k["word"] == word:
                optional = k["type"].endswith("?")
                out.append("---@field %s%s %s %s / %s" % (k["key"], "?" if optional else "", k["type"].rstrip("?"), k["en"], k["vi"]))
        out.append("")
    for w in source["words"]:
        if w["kind"] == "lua":
            continue
        out.append("---%s / %s" % (w["en"], w["vi"]))
        if w["kind"] == "table":
            out += ["---@type %s" % w["result"], "%s = {}" % w["name"], ""]
            continue
        names = []
        for p in filter(None, w["params"].split("; ")):
            name, kind = p.split(": ", 1)
            names.append(name)
            out.append("---@param %s %s" % (name, kind))
        if w["result"]:
            out.append("---@return %s" % w["result"])
        out += ["function %s(%s) end" % (w["name"], ", ".join(names)), ""]
    return "\n".join(out).rstrip() + "\n"


def page(source, root):
    out = ["<!-- %s; do not edit -->" % MADE]
    for vi in (False, True):
        say = (lambda en, v: v) if vi else (lambda en, v: en)
        out += ["# " + say("Facts and words", "Sự kiện và từ vựng"), ""]
        out += [say("What a rule may ask of an event `e`. A fact that an event does not have is `nil`; lists are gone through with `any`, `all`, `count` and `each`. "
                    "`gatehouse policy facts` prints the same.",
                    "Những gì một luật có thể hỏi về sự kiện `e`. Thông tin mà sự kiện không có là `nil`; danh sách được duyệt bằng `any`, `all`, `count` và `each`. "
                    "`gatehouse policy facts` in ra cùng nội dung."), ""]
        out += ["## " + say("Words", "Từ vựng"), "", "| %s | %s |" % (say("word", "từ"), say("meaning", "ý nghĩa")), "|---|---|"]
        for w in source["words"]:
            names = ", ".join(p.split(": ", 1)[0] for p in filter(None, w["params"].split("; ")))
            call = w["name"] if w["kind"] in ("table", "lua") else "%s(%s)" % (w["name"], names) if w["kind"] == "word" else "%s { … }" % w["name"]
            out.append("| `%s` | %s |" % (call, say(w["en"], w["vi"])))
        for word in dict.fromkeys(k["word"] for k in source["keys"]):
            out += ["", "### %s { … }" % word, "", "| %s | %s |" % (say("key", "khóa"), say("meaning", "ý nghĩa")), "|---|---|"]
            out += ["| `%s`%s | %s |" % (k["key"], say(" (may be missing)", " (có thể thiếu)") if k["type"].endswith("?") else "", say(k["en"], k["vi"]))
                    for k in source["keys"] if k["word"] == word]
        out += ["", "## " + say("Levels", "Độ mật"), "",
                say("Compared by rank, whatever the scheme: ", "So sánh theo bậc, bất kể hệ thống: ") +
                ", ".join("`%s` %d" % (l["name"], l["rank"]) for l in source["levels"]) + ".", ""]
        out += ["## " + say("Events", "Loại sự kiện"), "", say("A rule says which of them it judges by `on`; without it, `fileinfo`: ",
                                                               "Luật nêu loại sự kiện mà nó xét bằng `on`; nếu không nêu thì là `fileinfo`: ") +
                ", ".join("`%s`" % e for e in source["events"]) + ".", ""]
        groups = {}
        for f in source["facts"]:
            path = f["path"]
            key = "gatehouse.document" if path.startswith("gatehouse.document") else path.split(".")[0] if "." in path else "e"
            groups.setdefault(key, []).append(f)
        for key, facts in groups.items():
            title = {"e": say("of the event itself", "của chính sự kiện"), "gatehouse.document": "document"}.get(key, key)
            out += ["## " + title, "", "| %s | %s | %s |" % (say("fact", "thông tin"), say("type", "kiểu"), say("meaning", "ý nghĩa")), "|---|---|---|"]
            for f in facts:
                path = f["path"].replace("gatehouse.document", "document", 1)
                out.append("| `e.%s` | %s | %s |" % (path, say(f["type"], TYPES_VI[f["type"]]), say(f["en"], f["vi"])))
            out.append("")
    return "\n".join(out).rstrip() + "\n"


def schema_of(n, inside):
    if n.children and "$ref" in inside.get(n.path, {}):
        return inside[n.path]
    s = {}
    if n.en:
        s["description"], s["description_vi"] = n.en, n.vi
    kids = {c.name: schema_of(c, inside) for c in n.children.values()} if n.children else None
    if n.type == "list":
        s["type"] = "array"
        if kids:
            s["items"] = {"type": "object", "properties": kids}
    elif kids is not None:
        s["type"], s["properties"] = "object", kids
    else:
        s["type"] = SCHEMA[n.type]
    return s


def schema(source, root):
    document = root.children["gatehouse"].children["document"]
    members = document.children["members"]
    ref = {"$ref": "#/$defs/document"}
    listed = {"description": members.en, "description_vi": members.vi, "type": "array", "items": ref}
    kids = {c.name: listed if c is members else schema_of(c, {}) for c in document.children.values()}
    inside = {document.path: ref, "document": ref}
    top = {c.name: schema_of(c, inside) for c in root.children.values()}
    top["event_type"]["enum"] = source["events"]
    for name in ("src_holds", "dest_holds"):
        top["zone"]["properties"][name]["enum"] = [l["name"] for l in source["levels"]]
    kids["level"]["enum"] = [l["name"] for l in source["levels"]]
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Facts of an event as a policy sees them; " + MADE, "type": "object",
             "properties": top, "$defs": {"document": {"type": "object", "properties": kids}}}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def lua_calls(path, word):
    """The tables of word { … } in a Lua file, as text."""
    source = re.sub(r"(?m)^\s*--.*$", "", open(path, encoding="utf-8").read()) if os.path.exists(path) else ""
    for m in re.finditer(r"(?m)^%s \{" % word, source):
        depth = 0
        for t in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}]', source[m.end() - 1:]):
            depth += {"{": 1, "}": -1}.get(t.group(), 0)
            if not depth:
                yield source[m.end():m.end() - 1 + t.start()]
                break


def field(table, name, lang=None):
    m = re.search(r'\b%s = (\{[^{}]*\}|"[^"]*"|[^,\s}]+)' % name, table)
    text = m.group(1) if m else ""
    if lang and text.startswith("{"):
        text = re.search(r'%s = ("[^"]*")' % lang, text).group(1)
    return text.strip('"') if not text.startswith("{") else text.strip("{ }").replace('"', "")


def bundle_table(bundle, lang):
    vi = lang == "vi"
    say = (lambda en, v: v) if vi else (lambda en, v: en)
    out = ["| %s | %s | %s |" % (say("rule", "luật"), say("verdict", "kết luận"), say("when", "khi nào")), "|---|---|---|"]
    for r in lua_calls(os.path.join(bundle, "policy.lua"), "rule"):
        events = field(r, "on")
        out.append("| `%s` | %s | %s%s |" % (field(r, "id"), field(r, "action"), field(r, "title", lang), " (%s)" % events if events else ""))
    settings = list(lua_calls(os.path.join(bundle, "settings.lua"), "setting"))
    if settings:
        out += ["", "| %s | %s | %s |" % (say("setting", "thiết lập"), say("default", "mặc định"), say("meaning", "ý nghĩa")), "|---|---|---|"]
        out += ["| `%s` | %s | %s |" % (field(s, "name"), field(s, "default"), field(s, "title", lang)) for s in settings]
    return "\n".join(out)


def readme(bundle):
    text = open(os.path.join(bundle, "README.md"), encoding="utf-8").read()
    for lang in ("en", "vi"):
        text = re.sub(r"(<!-- rules %s -->\n).*?(<!-- end -->)" % lang, lambda m: m.group(1) + bundle_table(bundle, lang) + "\n" + m.group(2), text, flags=re.S)
    return text


def main(argv):
    if len(argv) < 2:
        sys.exit(__doc__)
    source = json.loads(subprocess.run([argv[1], "policy", "facts", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    root = tree(source["facts"])
    made = {os.path.join(HERE, "gatehouse.d.lua"): definitions(source, root), os.path.join(HERE, "facts.md"): page(source, root),
            os.path.join(HERE, "facts.schema.json"): schema(source, root)}
    for name in sorted(os.listdir(POLICY)):
        if os.path.exists(os.path.join(POLICY, name, "README.md")) and os.path.exists(os.path.join(POLICY, name, "bundle.json")):
            made[os.path.join(POLICY, name, "README.md")] = readme(os.path.join(POLICY, name))
    stale = 0
    for path, text in made.items():
        is_now = open(path, encoding="utf-8").read() if os.path.exists(path) else None
        if "--check" in argv and is_now != text:
            print("FAIL %s is out of date: ninja -C build policy-reference" % os.path.relpath(path, POLICY))
            stale += 1
        elif "--check" not in argv and is_now != text:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    if "--check" in argv:
        print("%d passed, %d failed" % (len(made) - stale, stale))
    return stale != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
