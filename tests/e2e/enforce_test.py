#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an officer does with the enforcer and with the policy while the appliance runs: the panic switch, protected addresses, the time of a block, mail,
a right that is lost, a policy that is promoted, rolled back, and broken.

  enforce_test.py GATEHOUSE SHARE

Three network namespaces with a real nginx and a real SMTP server (aiosmtpd). Needs root; skipped where namespaces cannot be made."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from chain import Chain, Report, wait_for
from netns import CLIENTS, INSIDE, OUTSIDE, SERVER, fetch, main, start_nginx

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MARKED, CLEAN = "bao-cao-tinh-hinh.pdf", "thuc-don.docx"
CONF = "[capture]\ninterface = out\n[enforce]\nenabled = yes\ntable = gh_enforce_test\n%s"
RESET = ("ConnectionResetError", "RemoteDisconnected", "BrokenPipeError")
SILENT = ("TimeoutError", "timeout", "OSError")
report = Report()
check = report.check

MAIL = r"""
import json, smtplib, sys, time
from email.message import EmailMessage
server, source, path = sys.argv[1:4]
m = EmailMessage()
m["From"], m["To"], m["Subject"] = "an@bo.example", "em@ngoai.example", "gui"
m.set_content("xem tep")
m.add_attachment(open(path, "rb").read(), maintype="application", subtype="octet-stream", filename=path.rsplit("/", 1)[1])
out = {}
try:
    s = smtplib.SMTP(server, 25, timeout=4, source_address=(source, 0))
    s.send_message(m)
    out["sent"] = True
    time.sleep(2.0)
    out["noop"] = s.noop()[0]
except (OSError, smtplib.SMTPException) as e:
    out["error"] = type(e).__name__
print(json.dumps(out))
"""


class Live(Chain):
    """An appliance with a console, watching."""

    def __init__(self, extra=""):
        super().__init__(GATEHOUSE, conf=CONF % extra)
        self.enrol()
        self.start_console()
        self.api = self.sign_in()
        self.up()

    def up(self):
        self.start_appliance()
        wait_for("the enforcer says whether it is on", 20, lambda: "on" in self.facts("enforce") and self.pid_of("sensor") and self.pid_of("policy"))
        time.sleep(1.0)

    def down(self):
        self.appliance.send_signal(signal.SIGTERM)
        self.appliance.wait(20)
        self.appliance = None

    def facts(self, role):
        return self.status().get("processes", {}).get(role, {}).get("facts", {})

    def run(self, *args):
        p = subprocess.run([GATEHOUSE, *args, "-c", self.path("appliance.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return p.returncode, p.stdout

    def verdicts(self, n):
        """The n newest verdicts that said block, once there are so many, oldest first."""
        def ready():
            items = [self.api.get("/alerts/%d" % a["id"])["verdict"] for a in self.api.get("/alerts")["items"]]
            return [v for v in items if v["action"] == "block"]
        wait_for("%d verdicts" % n, 15, lambda: len(ready()) >= n)
        return ready()


def records(chain):
    p = subprocess.run([GATEHOUSE, "journal", "cat", "--json", "-c", chain.path("appliance.conf")], stdout=subprocess.PIPE, text=True, timeout=60)
    return [json.loads(x) for x in p.stdout.splitlines()]


def nft_shows(text):
    return text in subprocess.run(["nft", "list", "table", "inet", "gh_enforce_test"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def panic():
    chain = Live()
    nginx = start_nginx(chain.dir, SHARE)
    try:
        marked = fetch(CLIENTS[0], MARKED, 1.5)
        check("a marked document's connection is reset", marked.get("error") in RESET, marked)
        check("the pair is blocked for enforce.block_time", nft_shows("%s . %s timeout 10m" % (CLIENTS[0], SERVER)))
        rc, out = chain.run("enforce", "off", "thử công tắc")
        check("enforce off: confirmed by the enforcer", rc == 0 and "let go what was blocked" in out, out)
        check("the pair may talk again", fetch(CLIENTS[0], CLEAN, 0).get("status") == 200)
        marked = fetch(CLIENTS[1], MARKED, 1.0)
        check("nothing is reset any more", marked.get("second") == 200, marked)
        told = [v for v in chain.verdicts(1) if "switched off" in (v.get("enforced_reason") or "")]
        check("the verdict says that it was not enforced and why", told and told[0]["enforced"] is False, told)
        rc, out = chain.run("enforce", "status")
        check("status: off, by whom and why", rc == 0 and out.startswith("off since ") and "thử công tắc" in out and "is off" in out, out)
        chain.down()
        chain.up()
        marked = fetch(CLIENTS[1], MARKED, 1.0)
        check("it holds over a restart", marked.get("second") == 200 and chain.facts("enforce").get("on") is False, marked)
        rc, out = chain.run("enforce", "on")
        check("enforce on: confirmed", rc == 0 and "acts again" in out, out)
        marked = fetch(CLIENTS[2], MARKED, 1.5)
        check("and it acts again", marked.get("error") in RESET, marked)
        what = [r["gatehouse"]["audit"]["what"] for r in records(chain) if r["event_type"] == "audit"]
        check("both are in the journal", "enforcement_off" in what and "enforcement_on" in what, what)
        rc, out = chain.run("policy", "replay", "--journal", chain.path("appliance"))
        check("the journal can be judged again", rc == 0 and " judged" in out and "\n0 would change" in out, out)
        chain.down()
        check("the table goes when the appliance stops", not nft_shows("pairs4"))
    except AssertionError as e:
        check("panic", False, "%s\n%s" % (e, chain.logs()))
    finally:
        nginx.terminate()
        nginx.wait()
        chain.remove()


def mail():
    """A mail from inside to a server outside: its connection is reset, the pair blocked; one to a protected server is only told. Blocks end."""
    chain = Live("block_time = 15s\nprotect = 127.0.0.0/8 %s/32\n" % CLIENTS[1])
    server = subprocess.Popen(["ip", "netns", "exec", OUTSIDE, "/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", "0.0.0.0:25", "-c", "aiosmtpd.handlers.Sink"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def send(to, name):
        p = subprocess.run(["ip", "netns", "exec", INSIDE, sys.executable, "-c", MAIL, to, SERVER, SHARE + "/capture/documents/" + name],
                           stdout=subprocess.PIPE, text=True, timeout=60)
        return json.loads(p.stdout)
    try:
        wait_for("the SMTP server answers", 20, lambda: send(CLIENTS[2], CLEAN).get("noop") == 250)
        marked = send(CLIENTS[0], MARKED)
        check("a marked attachment: the connection is reset", "noop" not in marked and "error" in marked, marked)
        check("the pair is blocked", "error" in send(CLIENTS[0], CLEAN))
        check("and free again when its time is over", wait_for("the end of the block", 40, lambda: send(CLIENTS[0], CLEAN).get("noop") == 250))
        marked = send(CLIENTS[1], MARKED)
        check("a protected server is never cut off", marked.get("noop") == 250, marked)
        told = wait_for("its verdict", 10, lambda: [v for v in chain.verdicts(1) if "protected list" in (v.get("enforced_reason") or "")])
        check("and the verdict says so", told[0]["enforced"] is False, told)
        check("refusals are counted", chain.facts("enforce").get("refused", 0) >= 1, chain.facts("enforce"))
    except AssertionError as e:
        check("mail", False, "%s\n%s" % (e, chain.logs()))
    finally:
        server.terminate()
        server.wait()
        chain.remove()


def lost_right():
    """nft's table is taken away and the right with it: told in the verdict and in the status; the appliance goes on."""
    chain = Live()
    nginx = start_nginx(chain.dir, SHARE)
    try:
        enforcer = chain.pid_of("enforce")
        helper = [p for p in chain.children(enforcer)]
        check("the enforcer has a helper for nft", len(helper) == 1, helper)
        os.kill(helper[0], signal.SIGKILL)
        marked = fetch(CLIENTS[0], MARKED, 1.5)
        check("without nft the reset still works", marked.get("error") in RESET, marked)
        told = [v for v in chain.verdicts(1) if "helper" in (v.get("enforced_reason") or "")]
        check("the verdict says what was not done", bool(told), told)
        check("so does the status", "helper" in chain.facts("enforce").get("last", ""), chain.facts("enforce"))
        os.kill(enforcer, signal.SIGKILL)
        wait_for("another enforcer", 20, lambda: chain.pid_of("enforce") not in (0, enforcer) and chain.facts("enforce").get("on"))
        time.sleep(1.0)
        marked = fetch(CLIENTS[1], MARKED, 1.5)
        check("a new enforcer has its rights again", marked.get("error") in RESET and nft_shows(CLIENTS[1]), marked)
    except AssertionError as e:
        check("lost right", False, "%s\n%s" % (e, chain.logs()))
    finally:
        nginx.terminate()
        nginx.wait()
        chain.remove()


def versions():
    """Promote, roll back and break the policy of an appliance that runs."""
    chain = Live()
    try:
        for name, version in (("site", "1"), ("next", "2")):
            os.mkdir(chain.path(name))
            chain.write(name + "/bundle.json", json.dumps({"name": "site", "version": version, "utc_offset": "+07:00"}))
            chain.write(name + "/policy.lua", 'rule { id = "r", title = "t", reason = "r", action = "log", when = function(e) return true end }\n')
        chain.command("policy", "keygen", chain.path("key"))
        with open(chain.path("appliance.conf"), "a") as f:
            f.write("[policy]\ntrust = %s.pub\n" % chain.path("key"))
        chain.down()
        chain.up()
        rc, out = chain.run("policy", "promote", chain.path("site"))
        check("unsigned is refused", rc == 2 and "not signed" in out, out)
        for name, want in (("site", "site@1"), ("next", "site@2")):
            chain.command("policy", "sign", chain.path(name), "--key", chain.path("key"), "--number", want[-1])
            rc, out = chain.run("policy", "promote", chain.path(name))
            check("promote %s" % want, rc == 0 and "takes it now" in out, out)
            check("%s judges" % want, wait_for(want, 20, lambda: chain.facts("policy").get("policy") == want))
        rc, out = chain.run("policy", "rollback")
        check("rollback", rc == 0 and wait_for("site@1", 20, lambda: chain.facts("policy").get("policy") == "site@1"), out)
        with open(chain.path("appliance/policies/site@1/policy.lua"), "a") as f:
            f.write("-- changed on the appliance\n")
        chain.appliance.send_signal(signal.SIGHUP)
        check("a changed one is refused and the last good one kept",
              wait_for("the fault", 20, lambda: chain.facts("policy").get("policy") == "site@1" and "cannot be used" in chain.facts("policy").get("fault", "")))
        rc, out = chain.run("policy", "status")
        check("status tells", "REFUSED" in out and "FAULT" in out, out)
        shutil.rmtree(chain.path("appliance/policies/good"))
        chain.appliance.send_signal(signal.SIGHUP)
        check("then the one before", wait_for("site@2", 20, lambda: chain.facts("policy").get("policy") == "site@2"))
        check("all the time the appliance ran", chain.appliance.poll() is None)
    except AssertionError as e:
        check("versions", False, "%s\n%s" % (e, chain.logs()))
    finally:
        chain.remove()


if len(sys.argv) == 4: # inside the gate's namespace
    panic()
    mail()
    lost_right()
    versions()
    report.end()
if subprocess.run(["/usr/bin/python3", "-c", "import aiosmtpd"], stderr=subprocess.DEVNULL).returncode:
    print("skipped: needs aiosmtpd (Debian package python3-aiosmtpd)", file=sys.stderr)
    sys.exit(77)
main(__file__, GATEHOUSE, SHARE, ("nginx", "nft"), 550)
