# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator types: each mistake gets a sentence and exit 2, each success can be seen."""
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import warnings

from harness import BUILD, Appliance, Client, Console, check, end, equal, flow, tls

console = Console()


def run(*words):
    p = subprocess.run([os.path.join(BUILD, "gh-console")] + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=60)
    return p.returncode, p.stdout, p.stderr


def test_mistakes():
    busy = socket.socket()
    busy.bind(("127.0.0.1", 0))
    busy.listen()
    state = os.path.join(console.dir, "other")
    S = ["--set", "console.state_dir=" + state]
    full = os.path.join(console.dir, "file")
    open(full, "w").close()
    for name, words, text in (
            ("port taken", S + ["--set", "console.listen=127.0.0.1:%d" % busy.getsockname()[1]], "another program listens there"),
            ("no port", S + ["--set", "console.listen=127.0.0.1"], "ADDRESS:PORT"),
            ("port too large", S + ["--set", "console.listen=127.0.0.1:70000"], "ADDRESS:PORT"),
            ("no such address", S + ["--set", "console.listen=192.0.2.1:8443"], "no such address"),
            ("unknown key", S + ["--set", "console.lisen=x"], "listen"),
            ("unknown option", S + ["--nonsense"], "nonsense"),
            ("unknown command", ["nonsense"], "unknown command"),
            ("state is a file", ["--set", "console.state_dir=" + full], full),
            ("state cannot be made", ["--set", "console.state_dir=/nowhere/at/all"], "/nowhere/at/all"),
            ("no such file", ["-c", "/nowhere.conf"], "/nowhere.conf"),
            ("approve what is not there", ["enrol-approve", "/nowhere.json", "-o", "/tmp/x"] + S, "/nowhere.json"),
            ("approve without -o", ["enrol-approve", full] + S, "-o FILE"),
            ("approve nonsense", ["enrol-approve", full, "-o", full + ".answer"] + S, "no JSON"),
            ("approve a directory into one file", ["enrol-approve", console.dir, "-o", full + ".answer"] + S, "beside the requests"),
            ("approve with plain http", ["enrol-approve", full, "-o", full + ".answer", "--url", "http://x"] + S, "https://"),
            ("link for nobody", ["link", "--user", "nobody"] + S, "nobody"),
            ("link with a strange role", ["link", "--role", "king"] + S, "policy_author, approver"),
            ("retire nobody", ["retire", "0" * 32] + S, "0000"),
            ("option without value", ["link", "--role"], "lacks its value"),
            ("one word too many", ["appliances", "x"], "word too many")):
        code, out, err = run(*words)
        equal(name, code, 2)
        check(name + ": says what", text in err and err.count("\n") <= 4, err)
    busy.close()


def test_init():
    state = os.path.join(console.dir, "init")
    code, out, err = run("init", "--set", "console.state_dir=" + state)
    equal("init", code, 0)
    for name, mode in (("console.key", 0o600), ("committee.key", 0o600), ("tls.key", 0o600), ("console.db", 0o600)):
        equal(name, os.stat(os.path.join(state, name)).st_mode & 0o777, mode)
    equal("directory", os.stat(state).st_mode & 0o777, 0o700)
    before = open(os.path.join(state, "tls.crt")).read()
    os.rename(os.path.join(state, "committee.key"), os.path.join(console.dir, "stick"))
    equal("init again", run("init", "--set", "console.state_dir=" + state)[0], 0)
    check("nothing is made anew, also no committee key", not os.path.exists(os.path.join(state, "committee.key")) and
          open(os.path.join(state, "tls.crt")).read() == before)
    os.chmod(os.path.join(state, "console.key"), 0o644)
    code, out, err = run("init", "--set", "console.state_dir=" + state)
    check("a key that others may read is refused", code == 2 and "console.key" in err, err)


def test_enrol():
    box = Appliance(console, "ha-noi-1")
    a = json.load(open(box.answer))
    equal("answer", (a["gatehouse"], a["console_url"], len(a["appliance"]), len(a["phrase"].split("-"))),
          ("enrol-answer-v1", console.url[:-1], 32, 6))
    s = tls().wrap_socket(socket.create_connection(("127.0.0.1", console.port)))
    der = s.getpeercert(binary_form=True)
    version = s.version()
    s.close()
    check("TLS 1.3 or 1.2", version in ("TLSv1.3", "TLSv1.2"), version)
    check("the pin is of the certificate's key", pin_of(der) in (None, a["tls_pin_sha256"]))
    with open(os.path.join(console.state, "committee.pub")) as f:
        raw = base64.b64decode(f.read().split("\n")[1])
    equal("committee keys", base64.b64decode(a["committee_sign"]) + base64.b64decode(a["committee_box"]), raw)
    code, out, err = console.command("appliances", "--json")
    equal("listed", [x["name"] for x in json.loads(out)["items"]], ["ha-noi-1"])
    box.send([flow(1, 1)])
    equal("once more enrolled, the chain goes on", console.command("enrol-approve", os.path.join(console.dir, "ha-noi-1.request"),
                                                                   "-o", box.answer, "--url", "https://console.example:8443")[0], 0)
    equal("url as given", json.load(open(box.answer))["console_url"], "https://console.example:8443")
    equal("next batch", box.send([flow(2, 1)]).json(), {"receipt": 2})
    check("as text", "ha-noi-1" in console.command("appliances")[1])
    for name, change in (("no name", {"name": ""}), ("control character", {"name": "a\nb"}), ("long name", {"name": "x" * 200}),
                         ("short key", {"sign": "AAAA"}), ("zero key", {"box": base64.b64encode(bytes(32)).decode()}),
                         ("other kind", {"gatehouse": "enrol-request-v2"})):
        request = json.load(open(os.path.join(console.dir, "ha-noi-1.request")))
        request.update(change)
        path = os.path.join(console.dir, "bad.request")
        json.dump(request, open(path, "w"))
        equal("request: " + name, console.command("enrol-approve", path, "-o", path + ".answer")[0], 2)


def test_enrol_many():
    """A directory of requests, one of which is damaged: the others are enrolled, and what was answered is not asked again."""
    many = os.path.join(console.dir, "many")
    for name, text in (("a", open(os.path.join(console.dir, "ha-noi-1.request")).read()), ("b", "{\"gatehouse\":"), ("c", None)):
        os.makedirs(os.path.join(many, name))
        if text:
            open(os.path.join(many, name, "request.json"), "w").write(text)
    answered = lambda: [n for n in ("a", "b", "c") if os.path.exists(os.path.join(many, n, "console.json"))]
    code, out, err = console.command("enrol-approve", many, "--url", "https://console.example:8443")
    check("the damaged one is named", code == 2 and "b/request.json" in err and err.count("\n") == 1, (code, err))
    check("the other one is enrolled, its phrase is shown", "1 enrolled" in out and re.search(r"^ha-noi-1  (\w+-){5}\w+$", out, re.M), out)
    equal("its answer lies beside it", (answered(), json.load(open(os.path.join(many, "a", "console.json")))["console_url"]),
          (["a"], "https://console.example:8443"))
    shutil.copy(os.path.join(many, "a", "request.json"), os.path.join(many, "b"))
    code, out, err = console.command("enrol-approve", many)
    check("the second call takes what is left", code == 0 and "1 enrolled" in out and answered() == ["a", "b"], (code, out, err))
    code, out, err = console.command("enrol-approve", many)
    check("the third has nothing to do", code == 0 and "0 enrolled" in out, (code, out, err))


def pin_of(der):
    """SHA-256 of the SubjectPublicKeyInfo by openssl, when that is installed."""
    try:
        pem = ssl.DER_cert_to_PEM_cert(der).encode()
        key = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=pem, stdout=subprocess.PIPE, check=True).stdout
        spki = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, stdout=subprocess.PIPE, check=True).stdout
        return base64.b64encode(hashlib.sha256(spki).digest()).decode()
    except (OSError, subprocess.CalledProcessError):
        return None


def test_tls():
    warnings.simplefilter("ignore", DeprecationWarning)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = tls()
        try:
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.wrap_socket(socket.create_connection(("127.0.0.1", console.port), timeout=5))
            check("old TLS is refused", False, str(version))
        except (ssl.SSLError, OSError, ValueError):
            check("old TLS is refused", True)


def test_start_again():
    invite = console.invite
    console.stop()
    console.start()
    check("a new start without an administrator makes a new link", console.invite and console.invite != invite)
    equal("the old one is over", Client(console).post("/api/v1/invite/check", {"token": invite}).status, 410)
    console.administrator()
    console.stop()
    console.start()
    equal("then no more", console.invite, None)


def test_audit():
    equal("whole", console.command("audit")[0], 0)
    console.stop()
    path = os.path.join(console.state, "console.db")
    d = sqlite3.connect(path)
    try:
        d.execute("DELETE FROM audit WHERE id = 2")
        check("append-only", False)
    except sqlite3.DatabaseError:
        check("append-only", True)
    d.execute("DROP TRIGGER audit_is")
    d.execute("UPDATE audit SET actor = 'somebody' WHERE id = 2")
    d.commit()
    d.close()
    code, out, err = console.command("audit")
    check("a change is found", code == 1 and "entry 2" in out, out)
    console.start()


def children(pid, name=""):
    out = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], stdout=subprocess.PIPE, text=True).stdout
    return [int(x.split()[0]) for x in out.splitlines() if x.split()[1].startswith(name)]


def test_keeper():
    """gatehouse console: starts gh-console, restarts it when it dies, ends with it when asked, gives up on a taken port."""
    gatehouse = os.path.join(BUILD, "gatehouse")
    if not os.path.exists(gatehouse):
        print("gatehouse is not built: its keeping of the console is not tested", file=sys.stderr)
        return
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    settings = ["--set", "console.state_dir=" + os.path.join(console.dir, "kept"), "--set", "console.listen=127.0.0.1:%d" % port]
    p = subprocess.Popen([gatehouse, "console"] + settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal("says where it is", p.stdout.readline(), "Gatehouse console: https://127.0.0.1:%d/\n" % port)
    check("and how to begin", "#invite=" in p.stdout.readline() + p.stdout.readline())
    taken = subprocess.run([gatehouse, "console"] + settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    check("a second one: exit 2 and why", taken.returncode == 2 and "another program listens there" in taken.stderr, taken.stderr)
    child = children(p.pid, "gh-console")
    equal("one console", len(child), 1)
    os.kill(child[0], signal.SIGKILL)
    equal("killed, it comes back", p.stdout.readline(), "Gatehouse console: https://127.0.0.1:%d/\n" % port)
    child = children(p.pid)
    p.send_signal(signal.SIGINT)
    equal("Ctrl-C", p.wait(20), 0)
    check("no process stays", not any(os.path.exists("/proc/%d" % c) for c in child))


test_mistakes()
test_init()
test_keeper()
test_enrol()
test_enrol_many()
test_tls()
test_start_again()
test_audit()
console.close()
end()
