#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a release by the commands that people type: commands_test.py GATEHOUSE. Slots and boot partition are files in a directory."""
import contextlib
import fcntl
import hashlib
import http.server
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading

GATEHOUSE = sys.argv[1]
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL %s %s" % (name, detail))


def run(*args, want=0):
    p = subprocess.run([GATEHOUSE, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    check(" ".join(args[:2]) + ": exit %d" % want, p.returncode == want, "%d %s" % (p.returncode, p.stdout))
    return p.stdout


def main(d):
    path = lambda n: os.path.join(d, n)
    conf = path("conf")

    def running(epoch):
        with open(path("cmdline"), "w") as f:
            f.write("ro quiet gh.epoch=%d gh.roothash=%s gh.floor=0\n" % (epoch, hashlib.sha256(b"%d" % epoch).hexdigest()))

    def release(epoch, *more):
        noise = random.Random(1)
        image = bytearray(noise.randbytes(2 << 20))
        image[500000:500003] = b"%03d" % epoch
        kernel = bytearray(noise.randbytes(300000))
        kernel[10:13] = b"%03d" % epoch
        for name, data in (("image", image), ("kernel", kernel)):
            with open(path(name), "wb") as f:
                f.write(data)
        run("firmware", "build", "-o", path("r%d" % epoch), "--image", path("image"), "--uki", path("kernel"), "--root-hash", hashlib.sha256(b"%d" % epoch).hexdigest(),
            "--blocks", "500", "--epoch", str(epoch), "--version", "1.%d" % epoch, *more)
        return path("r%d" % epoch)

    def sign(r, *who):
        for k in who:
            run("firmware", "sign", r, "--key", path(k + "/appliance.key"))

    with open(conf, "w") as f:
        f.write("[node]\nname = t\nstate_dir = %s\n[firmware]\nslot_a = %s\nslot_b = %s\nesp = %s\nstate = %s\nkeys = %s\nroot = %s\ncmdline = %s\n" %
                tuple(path(n) for n in ("device", "a", "b", "esp", "state", "release.keys", "root/appliance.pub", "cmdline")))
    os.mkdir(path("esp"))
    for who in ("device", "root", "an", "binh", "chi"):
        run("keys", "generate", "--set", "node.state_dir=" + path(who))
    publics = [path(w + "/appliance.pub") for w in ("an", "binh", "chi")]
    run("firmware", "keys", "-o", path("release.keys"), "--root", path("root/appliance.key"), "--number", "1", "--threshold", "2", *publics)
    run("firmware", "keys", "-o", path("wrong"), "--root", path("root/appliance.key"), "--number", "1", "--threshold", "2", publics[0], publics[0], want=2)
    # the machine as it left the workshop: release 1 in slot a, its kernel alone
    for s in "ab":
        with open(path(s), "wb") as f:
            f.truncate(4 << 20)
    running(9) # what says that epoch 9 runs finds it nowhere: nothing is written
    r1 = release(1)
    sign(r1, "an", "binh")
    out = run("firmware", "install", r1, "-c", conf, want=2)
    check("a machine that does not know what it runs writes nothing", "in no slot" in out, out)
    with open(path("a"), "r+b") as f:
        f.write(open(path("image"), "rb").read())
        f.seek(-4096, 2)
        f.write(label(1, 2 << 20))
    shutil.copy(path("kernel"), path("esp/gatehouse_1.efi"))
    running(1)

    r2 = release(2, "--floor", "2", "--note", "vá lỗi")
    out = run("firmware", "verify", r2, "-c", conf, want=2)
    check("an unsigned release is not to be trusted", "manifest.sig" in out, out)
    sign(r2, "an")
    out = run("firmware", "verify", r2, "-c", conf, want=2)
    check("one signature is not enough", "1 good signature, 2 are needed" in out, out)
    run("firmware", "sign", r2, "--key", path("an/appliance.key"), want=2)
    sign(r2, "chi")
    run("firmware", "verify", r2, "-c", conf)
    out = run("firmware", "install", r2, "-c", conf)
    new = int(out.split(" bytes were new")[0].split()[-1])
    check("three bytes cost at most 8 %% of this small image (%d bytes)" % new, new < (2 << 20) * 8 // 100, out)
    check("its kernel is on trial", os.path.exists(path("esp/gatehouse_2+3.efi")), os.listdir(path("esp")))
    check("what ran still has its kernel", os.path.exists(path("esp/gatehouse_1.efi")))
    running(2)
    os.rename(path("esp/gatehouse_2+3.efi"), path("esp/gatehouse_2+2-1.efi")) # what systemd-boot does when it tries one
    run("firmware", "bless", "-c", conf)
    check("it proved good: no counter", sorted(os.listdir(path("esp"))) == ["gatehouse_1.efi", "gatehouse_2.efi"], os.listdir(path("esp")))
    status = json.loads(run("firmware", "status", "--json", "-c", conf))
    check("the floor rose", status["floor"] == 1 and status["epoch"] == 2, status)
    out = run("firmware", "install", r1, "-c", conf, want=2)
    check("an older release is refused", "floor is 1" in out, out)
    out = run("firmware", "rollback", "-c", conf, want=2)
    check("nor is it gone back to", "below the floor" in out, out)

    r3 = release(3)
    sign(r3, "binh", "chi")
    run("firmware", "install", r3, "-c", conf)
    os.rename(path("esp/gatehouse_3+3.efi"), path("esp/gatehouse_3+0-3.efi")) # it never came up; 2 runs again
    run("firmware", "bless", "-c", conf)
    status = json.loads(run("firmware", "status", "--json", "-c", conf))
    check("the failure is remembered with its reason", [f["epoch"] for f in status["failed"]] == [3] and status["failed"][0]["reason"], status)
    out = run("firmware", "install", r3, "-c", conf, want=2)
    check("it is not tried again by itself", "failed here" in out, out)
    run("firmware", "install", r3, "--again", "-c", conf)
    running(3)
    # somebody else is at work: the self-test's last step waits for that
    held = os.open(path("state"), os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    bless = subprocess.Popen([GATEHOUSE, "firmware", "bless", "-c", conf], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check("who comes second says that it waits", "waiting for it" in bless.stderr.readline())
    os.close(held)
    check("and goes on when the first one is done", bless.wait() == 0, bless.stdout.read())
    bless.stdout.close()
    bless.stderr.close()
    out = run("firmware", "rollback", "-c", conf)
    check("by hand it is taken back", os.path.exists(path("esp/gatehouse_3+0.efi")) and "epoch 2 starts" in out, out)
    text = run("firmware", "status", "-c", conf)
    check("status for people", "taken back by hand" in text and "running:  epoch 3" in text, text)

    # from a neighbour's address, over a line that breaks; and as the console hands it down
    r4 = release(4)
    sign(r4, "an", "chi")
    with neighbour(r4) as (address, asked):
        out = run("firmware", "install", address, "-c", conf)
        here = len(os.listdir(os.path.join(r4, "chunks")))
        got = {a for a in asked if "/chunks/" in a}
        check("only chunks that are not here are fetched", 0 < len(got) < here / 4, (len(got), here))
        check("again after each failure", any(asked[a] > 1 for a in asked), asked)
    check("its kernel is on trial", os.path.exists(path("esp/gatehouse_4+3.efi")), os.listdir(path("esp")))
    out = run("firmware", "install", address, "-c", conf, want=2)
    check("an address where nobody is", "the other side is gone" in out, out)
    r5 = release(5)
    sign(r5, "an", "chi")
    os.makedirs(path("device/goods/firmware"))
    shutil.copytree(r5, path("device/goods/firmware/7"))
    with open(path("device/goods/firmware.order"), "w") as f:
        f.write("7\n")
    run("firmware", "take", "-c", conf)
    result = json.load(open(path("device/update/firmware.result")))
    check("what the console ordered is taken, once", result["done"] and result["serial"] == 7, result)
    check("once", "dealt with" in run("firmware", "take", "-c", conf))
    for tries, want in ((1, 0), (3, 2)): # killed on its way: begun anew, but not for ever
        with open(path("device/update/firmware.result"), "w") as f:
            json.dump({"serial": 7, "done": False, "reason": "x", "tries": tries}, f)
        run("firmware", "take", "-c", conf, want=want)
        result = json.load(open(path("device/update/firmware.result")))
        check("an installer that was killed on its way: %d" % tries, ("as often" in result["reason"]) == (tries == 3) and "tries" not in result, result)
    shutil.copytree(r1, path("device/goods/firmware/8"))
    with open(path("device/goods/firmware.order"), "w") as f:
        f.write("8\n")
    run("firmware", "take", "-c", conf, want=2)
    result = json.load(open(path("device/update/firmware.result")))
    check("what is refused is told with its reason", not result["done"] and "floor" in result["reason"], result)
    run("firmware", "take", "-c", conf)
    run("firmware", "have", "-o", path("have"), "-c", conf)
    ids = open(path("have"), "rb").read()
    slots = {ids[i:i + 32].hex() for i in range(0, len(ids), 32)}
    check("what the slots hold is known", set(os.listdir(os.path.join(r5, "chunks"))) <= slots)
    out = run("firmware", "selftest", "-c", conf, want=3)
    check("the self-test does the main job, and knows that this is no image", re.search(r"crosses is alerted +good", out) and re.search(r"cannot be written +FAILED", out), out)
    kept = json.load(open(path("state/selftest.json")))
    check("its result is kept with the first reason", kept["epoch"] == 3 and not kept["good"] and "cannot be written" in kept["reason"], kept)
    check("and shown", "self-test failed" in run("firmware", "status", "-c", conf))
    key = path("data.key")
    with open(key, "wb") as f:
        f.write(b"K" * 64)
    os.link(key, path("copy")) # what the disk has, after the name is gone
    out = run("firmware", "reset", "--confirm", "u", "-c", conf, "--set", "firmware.data_key=" + key, want=2)
    check("a reset of another appliance erases nothing", "called 't'" in out and open(key, "rb").read() == b"K" * 64, out)
    run("firmware", "reset", "-c", conf, "--set", "firmware.data_key=" + key, want=2)
    run("firmware", "reset", "--confirm", "t", "-c", conf, "--set", "firmware.data_key=" + key)
    left = open(path("copy"), "rb").read()
    check("a reset overwrites the key and takes it away", not os.path.exists(key) and len(left) == 64 and b"KKKK" not in left, left)
    run("firmware", "reset", "--confirm", "t", "-c", conf, "--set", "firmware.data_key=" + key, want=2)

    chunk = os.path.join(r2, "chunks", sorted(os.listdir(os.path.join(r2, "chunks")))[0])
    with open(chunk, "r+b") as f:
        f.write(b"?")
    out = run("firmware", "verify", r2, "-c", conf, want=2)
    check("a changed chunk is found and named", "chunk" in out, out)
    out = run("firmware", "instal", want=2)
    check("a mistyped command is helped", "did you mean 'install'" in out, out)
    out = run("firmware", "install", r2, "--agin", want=2)
    check("a mistyped option is helped", "did you mean '--again'" in out, out)


@contextlib.contextmanager
def neighbour(directory):
    """Serves a directory; the first answer for each path breaks off. Yields its address, and how often what was asked for."""
    asked = {}

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=directory)

        def do_GET(self):
            asked[self.path] = asked.get(self.path, 0) + 1
            if asked[self.path] == 1 and len(asked) % 2:
                self.send_error(503)
            else:
                super().do_GET()

        def log_message(self, *args):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d/" % server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()


def label(epoch, n):
    """As the workshop writes it: docs/formats.md, slot label."""
    body = b"GHSLOT01" + epoch.to_bytes(8, "little") + n.to_bytes(8, "little") + hashlib.sha256(b"%d" % epoch).digest()
    return (body + hashlib.blake2b(b"gatehouse-slot-v1\0" + body, digest_size=32).digest()).ljust(4096, b"\0")


work = tempfile.mkdtemp(prefix="gh-update-")
try:
    main(work)
finally:
    shutil.rmtree(work, ignore_errors=True)
print("%d passed, %d failed" % (passed, failed))
sys.exit(1 if failed or not passed else 0)
