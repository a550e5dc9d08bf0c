# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of a running console: made, locked, verified, damaged, restored; what appliances send again; the checks find what is not whole."""
import os
import shutil
import sqlite3
import subprocess
import threading
import time

from harness import BUILD, Appliance, Client, Console, alert, check, end, equal

console = Console()
admin = console.administrator()
box = Appliance(console)
state = console.state


def file(name):
    return os.path.join(console.dir, name)


def flip(name, to, at):
    data = bytearray(open(file(name), "rb").read())
    data[at] ^= 1
    open(file(to), "wb").write(data)


def count(where):
    db = sqlite3.connect(os.path.join(where, "console.db"))
    try:
        return db.execute("SELECT count(*) FROM event").fetchone()[0]
    finally:
        db.close()


with open(file("password"), "w") as f:
    f.write("bốn từ không liên quan\n")
with open(file("other"), "w") as f:
    f.write("another password\n")
subprocess.run([os.path.join(BUILD, "gh-core"), "evidence", "member", "recovery", "-o", file("recovery.key"), "--password-file", file("password")],
               check=True, stdout=subprocess.DEVNULL)
box.send([alert(i + 1) for i in range(50)])

# while batches arrive
sent, stop = [0], threading.Event()


def feed():
    while not stop.is_set():
        box.send([alert(1000 + sent[0])])
        sent[0] += 1


feeder = threading.Thread(target=feed)
feeder.start()
for name, words in (("plain", []), ("locked", ["--password-file", file("password")]), ("sealed", ["--key", file("recovery.pub")])):
    code, out, err = console.command("backup", "-o", file(name), *words)
    check("backup %s" % name, code == 0 and (name != "plain" or "not locked" in out), out + err)
    equal("mode of " + name, os.stat(file(name)).st_mode & 0o777, 0o600)
stop.set()
feeder.join()
check("batches went on arriving", sent[0] > 0)
equal("not overwritten", console.command("backup", "-o", file("plain"))[0], 2)
check("nothing is left over", not [f for f in os.listdir(state) if f.startswith("backup")], os.listdir(state))
secret = open(os.path.join(state, "console.key"), "rb").read().split(b"\n")[1]
for name in ("locked", "sealed"):
    check("no key in the clear in " + name, secret not in open(file(name), "rb").read())

# verified without touching anything
for name, words in (("plain", []), ("locked", ["--password-file", file("password")]), ("sealed", ["--key", file("recovery.key"), "--password-file", file("password")])):
    code, out, err = console.command("restore", file(name), "--verify", *words)
    check("verify %s" % name, code == 0 and "every hash is right" in out and "BAD" not in out and "words:" in out, out + err)
equal("wrong password", console.command("restore", file("locked"), "--verify", "--password-file", file("other"))[0], 2)
equal("no key", console.command("restore", file("sealed"), "--verify")[0], 2)
equal("another key", console.command("restore", file("sealed"), "--verify", "--key", os.path.join(state, "console.key"))[0], 2)
equal("no backup", console.command("restore", file("password"), "--verify")[0], 2)
for name in ("plain", "locked", "sealed"):
    size = os.path.getsize(file(name))
    words = {"plain": [], "locked": ["--password-file", file("password")], "sealed": ["--key", file("recovery.key"), "--password-file", file("password")]}[name]
    for at in (3, 8, size // 2, size - 1):
        flip(name, "bad", at)
        code, out, err = console.command("restore", file("bad"), "--verify", *words)
        check("%s: a changed byte at %d" % (name, at), code in (1, 2) and "restored" not in out, (code, out, err))
    open(file("bad"), "wb").write(open(file(name), "rb").read()[:size - 10])
    equal("%s: cut off" % name, console.command("restore", file("bad"), "--verify", *words)[0], 2)
    open(file("bad"), "ab").write(b"x" * 30)
    equal("%s: something behind it" % name, console.command("restore", file("bad"), "--verify", *words)[0], 2)
check("nothing is left over", not [f for f in os.listdir(console.dir) if ".restore-" in f], os.listdir(console.dir))

# restored
code, out, err = console.command("restore", file("plain"))
check("not over a console that is there", code == 2 and "--force" in err, out + err)
before = count(state)
console.stop()
code, out, err = console.command("restore", file("plain"), "--force")
check("restored", code == 0 and "sends again by itself" in out, out + err)
away = [f for f in os.listdir(console.dir) if ".before-" in f]
equal("what was there is put aside", (len(away), count(os.path.join(console.dir, away[0]))), (1, before))
there = count(state)
check("as it was then", 50 <= there <= before, (there, before))
equal("mode of the key", os.stat(os.path.join(state, "console.key")).st_mode & 0o777, 0o600)
console.start()
equal("people sign in as before", Client(console).post("/api/v1/session", {"name": "lan", "password": __import__("harness").PASSWORD}).status, 200)
a = box.send([alert(5000)])
check("an appliance that is ahead is told what is wanted", a.status == 200 or (a.status == 409 and a.json()["expect"] <= box.number), a.body)

# checks
code, out, err = console.command("check", "--full")
check("everything is whole", code == 0 and "everything is whole" in out, out + err)
console.stop()
db = sqlite3.connect(os.path.join(state, "console.db"))
db.execute("DROP TRIGGER audit_is")
db.execute("UPDATE audit SET detail = 'nothing happened' WHERE id = 2")
db.execute("DELETE FROM batch WHERE number = 1")
db.commit()
db.close()
code, out, err = console.command("check")
check("a changed audit entry and a missing batch", code == 1 and "entry 2" in out and "batches of ha-noi-1" in out, out + err)
path = os.path.join(state, "console.db")
with open(path, "r+b") as f:
    f.seek(os.path.getsize(path) // 4096 // 2 * 4096)
    f.write(b"\xff" * 4096 * 3)
code, out, err = console.command("check")
check("damaged pages", code in (1, 2), (code, out, err))
equal("no console", subprocess.run([os.path.join(BUILD, "gh-console"), "check", "--set", "console.state_dir=" + file("nothing")], stderr=subprocess.DEVNULL).returncode, 2)
shutil.rmtree(os.path.join(console.dir, away[0]))

# nightly: soon after the start when the last one is missing, sealed to the recovery key, the oldest go
os.environ["TZ"] = "XXX%d" % (time.gmtime().tm_hour - 12) # noon there
nights = file("nights")
os.mkdir(nights)
os.chmod(nights, 0o777) # of the user that the console becomes
for day in range(1, 4):
    open(os.path.join(nights, "gatehouse-2020010%d.backup" % day), "w").close()
open(os.path.join(nights, "gatehouse-20200101.backup.txt"), "w").close()
second = Console("console.backup_dir=" + nights, "console.backup_keep=2", "console.backup_key=" + file("recovery.pub"))
until = time.monotonic() + 60
while len(os.listdir(nights)) != 3 and time.monotonic() < until:
    time.sleep(0.2)
made = sorted(os.listdir(nights))
check("two stay, one of them is new", len(made) == 3 and "gatehouse-20200103.backup" in made and made[-1].startswith("gatehouse-20") and "2020" not in made[-1][10:14], made)
code, out, err = second.command("restore", os.path.join(nights, made[-1]), "--verify", "--key", file("recovery.key"), "--password-file", file("password"))
check("it is good", code == 0, out + err)
second.close()
end()
