#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files fetched and stored with smbclient from a real smbd on loopback, in every version of the protocol, are carved with the
hash that they have at both ends; what is encrypted is said to be so: samba_test.py GATEHOUSE"""
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

GATEHOUSE = sys.argv[1]
PORT = 44550 + os.getpid() % 400
VERSIONS = {"NT1": "NT LANMAN 1.0", "SMB2_02": "2.02", "SMB2_10": "2.10", "SMB3_00": "3.00", "SMB3_11": "3.11"}
CONF = """[global]
workgroup = HQ
server role = standalone server
smb ports = {port}
interfaces = lo
bind interfaces only = yes
private dir = {d}/private
lock directory = {d}/lock
state directory = {d}/state
cache directory = {d}/cache
pid directory = {d}/pid
ncalrpc dir = {d}/ncalrpc
log file = {d}/log
server min protocol = NT1
client min protocol = NT1
disable netbios = yes
load printers = no
[ho-so]
path = {d}/share
read only = no
force user = root
"""
failed = 0


def check(what, ok, more=""):
    global failed
    failed += not ok
    if not ok:
        print("FAILED: %s %s" % (what, more))


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def wait_for(what, ready):
    for _ in range(100):
        if ready():
            return
        time.sleep(0.1)
    skip(what + " does not come up")


def answers():
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", PORT)) == 0


def client(d, version, commands, *more):
    p = subprocess.run(["smbclient", "//127.0.0.1/ho-so", "-p", str(PORT), "-s", d + "/smb.conf", "-U", "root%pw1", "-m", version, *more,
                        "-c", commands], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    check("smbclient " + version, p.returncode == 0, p.stdout.decode(errors="replace"))


def talk(d):
    files = {"lớn.bin": 3000000, "nhỏ.bin": 777}
    for name, n in files.items():
        with open(os.path.join(d, "share", name), "wb") as f:
            f.write(os.urandom(n))
    for v in VERSIONS:
        with open("%s/put-%s" % (d, v), "wb") as f:
            f.write(os.urandom(1234567))
        client(d, v, "".join("get %s %s/out/%s-%s; " % (n, d, v, n) for n in files) + "put %s/put-%s put-%s" % (d, v, v))
    client(d, "SMB3_11", "get nhỏ.bin %s/out/closed" % d, "--client-protection=encrypt")
    return files


def judge(d, files):
    p = subprocess.run([GATEHOUSE, "inspect", "--no-scan", d + "/cap.pcap"], stdout=subprocess.PIPE, timeout=120)
    rows = [json.loads(x) for x in p.stdout.decode().splitlines()]
    got = {}
    for r in rows:
        if r["event_type"] == "fileinfo":
            f = r["fileinfo"]
            got[(r["smb"]["dialect"], f["filename"].lstrip("\\"), r["direction"])] = (f["state"], f.get("sha256"))
    for v, dialect in VERSIONS.items():
        for name in files:
            was = got.pop((dialect, name, "to_client"), None)
            check("get %s by %s" % (name, v), was == ("CLOSED", sha256("%s/out/%s-%s" % (d, v, name))), was)
        was = got.pop((dialect, "put-" + v, "to_server"), None)
        check("put by " + v, was == ("CLOSED", sha256("%s/share/put-%s" % (d, v))), was)
    check("nothing else", not got, got)
    check("who it is", sum(r.get("smb", {}).get("ntlmssp", {}).get("user") == "root" for r in rows) >= len(VERSIONS))
    check("the share", any(r.get("smb", {}).get("share", "").endswith("ho-so") for r in rows))
    closed = [r for r in rows if r["event_type"] == "smb" and r.get("gatehouse", {}).get("smb", {}).get("encrypted")]
    check("what is encrypted is said, once", len(closed) == 1, closed)
    check("no packet is lost", rows[-1]["gatehouse"]["ledger"]["packets"]["in"] == rows[-1]["gatehouse"]["ledger"]["packets"]["out"])


def main():
    for tool in ("smbd", "smbclient", "smbpasswd", "tcpdump"):
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            skip("no " + tool)
    if os.geteuid() != 0:
        skip("smbd needs root")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.environ["LC_ALL"] = "C.UTF-8"
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)
        for sub in ("share", "private", "lock", "state", "cache", "pid", "ncalrpc", "out"):
            os.mkdir(os.path.join(d, sub))
        with open(d + "/smb.conf", "w") as f:
            f.write(CONF.format(d=d, port=PORT))
        subprocess.run(["smbpasswd", "-c", d + "/smb.conf", "-s", "-a", "root"], input=b"pw1\npw1\n", check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(["smbd", "-F", "--no-process-group", "-s", d + "/smb.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        dump = None
        try:
            wait_for("smbd", answers)
            dump = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-B", "16384", "-Z", "root", "-w", d + "/cap.pcap", "tcp", "port", str(PORT)],
                                    stderr=subprocess.PIPE)
            wait_for("tcpdump", lambda: os.path.exists(d + "/cap.pcap") and os.path.getsize(d + "/cap.pcap") >= 24)
            time.sleep(0.5)
            files = talk(d)
            time.sleep(1.5) # what the kernel still holds for tcpdump
        finally:
            if dump:
                dump.terminate()
                said = dump.communicate()[1].decode()
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()
        judge(d, files)
        if failed and "\n0 packets dropped by kernel" not in said: # then it says nothing about the parser
            skip("tcpdump did not see all: " + said)
    print("%d failed" % failed)
    sys.exit(failed != 0)


main()
