#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine's packet filter as 'gatehouse host' makes it, loaded into a network of its own: host_test.py GATEHOUSE"""
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

GATEHOUSE = os.path.abspath(sys.argv[1])
UPLINK = 64242
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL %s %s" % (name, detail))


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, **more)


def host(word, *sets):
    args = [x for s in sets for x in ("--set", s)]
    return run(GATEHOUSE, "host", word, *args)


def inside():
    """In a network namespace: two ends of a cable, this machine and another. And with a user gh-uplink, whom only the package makes."""
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("".join(x for x in open("/etc/passwd") if not x.startswith("gh-uplink:")) + "gh-uplink:x:%d:%d::/:/bin/false\n" % (UPLINK, UPLINK))
        f.flush()
        os.chmod(f.name, 0o644)
        if run("mount", "--bind", f.name, "/etc/passwd").returncode:
            sys.exit(77)
    for c in ("ip link set lo up", "ip link add mgmt type veth peer name far", "ip addr add 10.9.0.1/24 dev mgmt",
              "ip link set mgmt up"):
        subprocess.run(["sh", "-c", c], check=False)
    far = subprocess.Popen(["unshare", "-n", "sleep", "100"])
    try:
        for c in ("ip link set far netns %d" % far.pid, "nsenter -t %d -n ip addr add 10.9.0.2/24 dev far" % far.pid, "nsenter -t %d -n ip link set far up" % far.pid,
                  "nsenter -t %d -n ip link set lo up" % far.pid):
            p = run("sh", "-c", c)
            if p.returncode:
                print("no cable could be made: %s: %s" % (c, p.stdout), file=sys.stderr)
                sys.exit(77)
        p = host("apply", "node.management=10.9.0.0/28", "uplink.console=https://10.9.0.2:8443", "capture.interface=tap0")
        check("nft takes the rules", p.returncode == 0, p.stdout)
        check("and takes them again", host("apply", "node.management=10.9.0.0/28", "uplink.console=https://10.9.0.2:8443").returncode == 0)
        listed = run("nft", "list", "table", "inet", "gatehouse_host").stdout
        check("everything is dropped that is not named", listed.count("policy drop") == 3, listed)
        code = ("import socket,sys\ns=socket.socket()\ns.settimeout(2)\ntry:\n s.connect((sys.argv[1],int(sys.argv[2])))\n print('open')\n"
                "except ConnectionRefusedError:\n print('open')\nexcept OSError as e:\n print('shut',e)\n")
        there = ["nsenter", "-t", str(far.pid), "-n"]
        for name, argv, want in (("management reaches its port", there + [sys.executable, "-c", code, "10.9.0.1", "8443"], "open"),
                                 ("and no other", there + [sys.executable, "-c", code, "10.9.0.1", "111"], "shut"),
                                 ("nobody speaks out of turn", [sys.executable, "-c", code, "10.9.0.2", "8443"], "shut"),
                                 ("a machine talks to itself", [sys.executable, "-c", code, "127.0.0.1", "111"], "open")):
            got = run(*argv).stdout
            check(name, got.startswith(want), got)
        run("nsenter", "-t", str(far.pid), "-n", "ip", "addr", "add", "10.9.0.200/24", "dev", "far")
        code2 = code.replace("s.settimeout(2)", "s.settimeout(2);s.bind(('10.9.0.200',0))")
        got = run(*there, sys.executable, "-c", code2, "10.9.0.1", "8443").stdout
        check("who is not of the management network is kept out", got.startswith("shut"), got)
        for name, port, want in (("the uplink's user reaches the console", "8443", "open"), ("and no other port of it", "443", "shut")):
            got = run(sys.executable, "-c", "import os,socket\nos.setuid(%d)\n" % UPLINK + code, "10.9.0.2", port).stdout
            check(name, got.startswith(want), got)
    finally:
        far.kill()
        far.wait()


if len(sys.argv) > 2:
    inside()
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)
with tempfile.TemporaryDirectory() as d:
    text = host("print", "node.management=10.1.0.0/16 fe80::/10", "uplink.console=https://console.example:8443", "capture.interface=eth1", "node.log_max=64M").stdout
    check("both families", "ip saddr { 10.1.0.0/16 } tcp dport" in text and "ip6 saddr { fe80::/10 } tcp dport" in text, text)
    check("the watched card answers nothing", 'iifname "eth1" drop' in text and 'oifname "eth1" counter drop' in text, text)
    check("the log has its quota", "SystemMaxUse=67108864" in text, text)
    text = host("print", "uplink.console=https://console.example:8443", "uplink.nats=tls://10.7.0.1 tls://[fd00::7]:4333 tls://nats.example:4444").stdout
    if any(u.pw_name == "gh-uplink" for u in pwd.getpwall()): # where the package's users are
        check("over a broker: out to its servers, not to the console", "ip daddr 10.7.0.1 tcp dport 4222" in text and "ip6 daddr fd00::7 tcp dport 4333" in text and
              "tcp dport 4444 accept" in text and "8443 accept" not in text.split("chain output")[1], text)
    for bad in ("node.management=10.1.0.0/33", "node.management=any", "node.management=10.1.0.0/16;drop", 'capture.interface=e"; accept', "capture.interface=aaaaaaaaaaaaaaaaa"):
        p = host("print", bad)
        check("%s is refused" % bad, p.returncode == 2 and "gatehouse host: " in p.stdout, p.stdout)
    p = host("prin")
    check("a typing error is told", p.returncode == 2 and "did you mean 'print'" in p.stdout, p.stdout)
if os.geteuid() != 0 or not all(shutil.which(x) for x in ("nft", "ip", "unshare", "nsenter")):
    print("root, nft, ip and unshare are needed to load it: left out", file=sys.stderr)
else:
    p = run("unshare", "-n", "-m", sys.executable, __file__, GATEHOUSE, "inside")
    if p.returncode == 77:
        print(p.stdout, file=sys.stderr)
    else:
        check("loaded into a network of its own", p.returncode == 0, p.stdout)
print("%d passed, %d failed" % (passed, failed))
sys.exit(1 if failed or not passed else 0)
