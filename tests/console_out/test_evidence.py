# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence: members make keys, the key is divided, a document is asked for, agreed to, opened and recorded; each step refused when it is not in order."""
import os
import subprocess

from harness import BUILD, Appliance, Client, Console, check, end, equal
from schema import faults

console = Console("console.login_rate=1000")
admin = console.administrator()
viewer, auditor, approver = console.user("viewer", "viewer"), console.user("auditor", "auditor"), console.user("approver", "approver")
KIND = "application/vnd.gatehouse.evidence"
SHA = "ab" * 32


def path(name):
    return os.path.join(console.dir, name)


def evidence(*words):
    p = subprocess.run([os.path.join(BUILD, "gh-core"), "evidence"] + [str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return p.returncode, p.stdout + p.stderr


def send(who, where, file):
    return who.post("/api/v1/evidence/" + where, open(path(file), "rb").read(), kind=KIND)


def member(name):
    equal("key of " + name, evidence("member", name, "-o", path(name + ".key"), "--password-file", path("password"))[0], 0)


def ask(name, *more):
    return evidence("request", "--committee", path("committee.shares"), "--by", "lan", "-o", path(name), *more)


def share(request, name):
    return evidence("share", path(request), "-k", path(name + ".key"), "-o", path(request + "." + name), "--password-file", path("password"))[0]


with open(path("password"), "w") as f:
    f.write("bốn từ không liên quan\n")
for m in ("an", "binh", "chi"):
    member(m)


def test_undivided():
    equal("whole", admin.get("/api/v1/evidence/committee").json(), {"divided": False, "members": []})
    equal("no file", admin.get("/api/v1/evidence/committee/file").status, 404)
    code, out, err = console.command("committee")
    check("the command says so", code == 0 and "whole" in out, out + err)


def test_divide():
    pubs = [path(m + ".pub") for m in ("an", "binh", "chi")]
    key = os.path.join(console.state, "committee.key")
    for words, what in ((["divide", "--quorum", "4"] + pubs + ["-k", key], "too many"), (["divide", "--quorum", "2"] + pubs, "no key"),
                        (["divide", "--quorum", "x"] + pubs + ["-k", key], "no number"), (["add", pubs[0], "-k", key], "never divided"),
                        (["divide", "--quorum", "2", pubs[0], pubs[0], "-k", key], "twice"),
                        (["divide", "--quorum", "2"] + pubs + ["-k", path("an.key")], "another key"), (["king"], "a word")):
        equal(what, console.command("committee", *words)[0], 2)
    check("the key is still there", os.path.exists(key))
    code, out, err = console.command("committee", "divide", "--quorum", "2", *pubs, "-k", key)
    check("divided", code == 0 and "2 of 3" in out, out + err)
    check("the whole key is gone", not os.path.exists(key))
    about = admin.get("/api/v1/evidence/committee").json()
    equal("the page knows", (about["divided"], about["quorum"], about["members"]), (True, 2, ["an", "binh", "chi"]))
    a = admin.get("/api/v1/evidence/committee/file")
    equal("the file", (a.status, a.headers["Content-Disposition"]), (200, 'attachment; filename="committee.shares"'))
    open(path("committee.shares"), "wb").write(a.body)
    equal("a viewer sees nothing of it", viewer.get("/api/v1/evidence/committee").status, 403)


def test_opening(api):
    box = Appliance(console)
    box.send([("audit", 1, 0, {"gatehouse": {"audit": {"what": "evidence_sealed", "sha256": SHA, "size": 77, "file": "mật.docx"}}}),
              ("audit", 2, 0, {"gatehouse": {"audit": {"what": "evidence_sealed", "sha256": "zz", "size": -5}}})])
    a = admin.get("/api/v1/evidence").json()
    equal("what is sealed", [(i["sha256"], i["size"], i["opening"]) for i in a["items"]], [(SHA, 77, None)])
    check("no name of a file", "docx" not in str(a))
    equal("as described", faults(api, api["paths"]["/evidence"]["get"]["responses"]["200"]["content"]["application/json"]["schema"], a), [])
    equal("asked", ask("q", SHA, "--reason", "vụ 12")[0], 0)
    equal("an auditor hands nothing in", send(auditor, "openings", "q").status, 403)
    a = send(admin, "openings", "q")
    equal("handed in", (a.status, a.json()["state"], a.json()["reason"], a.json()["quorum"]), (201, "waiting", "vụ 12", 2))
    n = a.json()["id"]
    equal("once", send(admin, "openings", "q").status, 409)
    equal("no request", send(admin, "openings", "committee.shares").status, 400)
    one = "/evidence/openings/%d" % n
    equal("the same bytes come out", approver.get("/api/v1%s/file" % one).body, open(path("q"), "rb").read())
    for m in ("an", "chi"):
        equal("share of " + m, share("q", m), 0)
    for m in ("an", "chi"):
        a = send(approver, "openings/%d/shares" % n, "q." + m)
        equal("handed in by " + m, a.status, 201)
    equal("once each", send(approver, "openings/%d/shares" % n, "q.an").status, 409)
    equal("a request is no share", send(admin, "openings/%d/shares" % n, "q").status, 400)
    equal("not of another", send(admin, "openings/%d/shares" % (n + 1), "q.an").status, 404)
    a = auditor.get("/api/v1" + one).json()
    equal("an auditor sees who agreed", [s["member"] for s in a["shares"]], ["an", "chi"])
    equal("as described", faults(api, api["components"]["schemas"]["Opening"], a), [])
    got = admin.get("/api/v1/evidence/shares/%d" % a["shares"][0]["id"])
    equal("a share comes out", got.body, open(path("q.an"), "rb").read())
    equal("not for an auditor", auditor.get("/api/v1/evidence/shares/%d" % a["shares"][0]["id"]).status, 403)
    return n


def test_renew(n):
    """The division changes with the shares of a quorum, and ends requests of the one before."""
    equal("asked", ask("r", "--renew", "--reason", "chi leaves")[0], 0)
    equal("handed in", send(admin, "openings", "r").status, 201)
    renew = admin.get("/api/v1/evidence/openings").json()["items"][0]
    equal("kind", (renew["kind"], renew["sha256"]), ("renew", None))
    for m in ("an", "binh"):
        equal("share of " + m, share("r", m), 0)
    member("dung")
    equal("too few", console.command("committee", "remove", "chi", "-r", path("r"), "--share", path("r.an"))[0], 2)
    code, out, err = console.command("committee", "add", path("dung.pub"), "-r", path("r"), "--share", path("r.an") + "," + path("r.binh"))
    check("a member more", code == 0 and "2 of 4" in out, out + err)
    equal("once", console.command("committee", "remove", "chi", "-r", path("r"), "--share", path("r.an") + "," + path("r.binh"))[0], 2)
    equal("the receipt", send(admin, "openings/%d/receipt" % renew["id"], "r.receipt").json()["state"], "opened")
    equal("asked with the old file", ask("old", SHA, "--reason", "x")[0], 0)
    equal("is refused", send(admin, "openings", "old").status, 403)
    a = admin.post("/api/v1/evidence/openings/%d/withdraw" % n, {})
    equal("taken back", (a.status, a.json()["state"]), (200, "withdrawn"))
    equal("that ends it", admin.post("/api/v1/evidence/openings/%d/withdraw" % n, {}).status, 409)
    actions = [i["action"] for i in admin.get("/api/v1/audit").json()["items"]]
    for action in ("evidence_requested", "evidence_approved", "committee_divided", "committee_renewed", "evidence_withdrawn"):
        check("audit: " + action, action in actions, actions)
    code, out, err = console.command("audit")
    check("the audit is whole", code == 0, out + err)


api = Client(console).get("/api/v1/openapi.json").json()
test_undivided()
test_divide()
test_renew(test_opening(api))
console.close()
end()
