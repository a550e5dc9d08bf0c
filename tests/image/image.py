# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases of image_test.py share: images made, disks copied and spoiled, machines started in QEMU."""
import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
GATEHOUSE = BUILD + "/gatehouse"
MAKER = os.path.join(HERE, "..", "..", "firmware", "image", "build")
OVMF, OVMF_VARS = "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"
BOOT_SECONDS = 900
count = {True: 0, False: 0}


def check(name, good, detail=""):
    count[bool(good)] += 1
    print("%s %s %s" % ("good" if good else "FAIL", name, "" if good else str(detail)[-1500:]), flush=True)
    return good


def run(*argv, want=0, **more):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if p.returncode != want:
        raise AssertionError("%s: exit %d\n%s" % (" ".join(argv[:4]), p.returncode, p.stdout[-2000:]))
    return p.stdout


class Control:
    """QEMU's monitor."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer or "error" in answer:
                return answer

    def line(self, text):
        answer = self.ask("human-monitor-command", **{"command-line": text})
        if answer.get("return"):
            raise AssertionError("%s: %s" % (text, answer["return"]))


class Machine:
    """One boot: a disk, perhaps a second one, and the text of its serial line."""

    def __init__(self, work, name, disk, direct=None, cmdline=None, extra=(), firmware=None, form="raw"):
        self.log, self.qmp = os.path.join(work, name + ".log"), os.path.join(work, name + ".qmp")
        if os.path.exists(self.qmp):
            os.remove(self.qmp)
        argv = ["qemu-system-x86_64", "-accel", "tcg", "-m", "768", "-smp", "1", "-nographic", "-no-reboot" if direct else "-nodefaults", "-drive",
                "file=%s,if=virtio,format=%s" % (disk, form), "-nic", "user,model=virtio-net-pci", "-device", "virtio-balloon-pci,id=memory,addr=0x1e", "-qmp",
                "unix:%s,server=on,wait=off" % self.qmp, *extra]
        if not direct:
            argv += ["-serial", "stdio", "-vga", "none"]
        if direct:
            line = cmdline or open(direct + "/cmdline").read()
            line = line.replace(" quiet", "").replace("console=tty0 ", "") + " systemd.journald.forward_to_console=1"
            argv += ["-kernel", direct + "/kernel", "-initrd", direct + "/initrd", "-append", line]
        else:
            argv += firmware or ["-drive", "if=pflash,format=raw,readonly=on,file=" + OVMF, "-drive", "if=pflash,format=raw,file=" + fresh_vars(work, name)]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)

    def control(self):
        return Control(self.qmp)

    def memory(self):
        """MiB that the system and its programs hold: what it has, less what is free or could be at once. The guest itself says so."""
        control, end = self.control(), time.monotonic() + 120
        control.ask("qom-set", path="/machine/peripheral/memory", property="guest-stats-polling-interval", value=1)
        while time.monotonic() < end:
            stats = control.ask("qom-get", path="/machine/peripheral/memory", property="guest-stats").get("return", {}).get("stats", {})
            if 0 < stats.get("stat-available-memory", 0) < 1 << 40:
                return (stats["stat-total-memory"] - stats["stat-available-memory"]) >> 20
            time.sleep(1)
        return None

    def text(self):
        with open(self.log, "rb") as f:
            return f.read().decode(errors="replace")

    def wait(self, *words, seconds=BOOT_SECONDS):
        """Waits until one of the words is there (which is returned), the machine ends, or the time is over (None)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text()
            for w in words:
                if re.search(w, text):
                    return w
            if self.process.poll() is not None:
                return next((w for w in words if re.search(w, self.text())), None)
            time.sleep(0.5)
        return None

    def ended(self, seconds=BOOT_SECONDS):
        """Waits until the machine switches itself off or restarts (which ends it where the kernel was given directly)."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop(kill=True)
            return False
        return True

    def stop(self, kill=False):
        if self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
        self.process.wait()


def fresh_vars(work, name):
    path = os.path.join(work, name + ".vars")
    shutil.copy(OVMF_VARS, path)
    return path


def make(work, name, epoch, **environment):
    """An image of that epoch, made from the packages of the first one that was made (which takes what Debian has), signed. Cases that run at the same time
    make it once."""
    out = os.path.join(work, name)
    os.makedirs(out, exist_ok=True)
    with open(out + ".lock", "w") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        if not os.path.exists(out + "/made"):
            make_now(work, out, epoch, environment)
            with open(out + "/made", "w"):
                pass
    return out


def make_now(work, out, epoch, environment):
    lock = work + "/packages.lock"
    first = not os.path.exists(lock)
    for f in ("release.keys", "release-root.pub"):
        shutil.copy(os.path.join(work, "keys", f), out)
    env = {"GH_BUILD": BUILD, "GH_LEVEL": "3", "GH_CACHE": os.environ.get("GH_CACHE", work + "/cache"), **environment}
    # where a fetched root is kept from one day to the next, the list that is kept in the sources names it; else Debian's newest
    locks = [lock] if not first else ["", "any"] if os.environ.get("GH_CACHE") else ["any"]
    for k in locks if "GH_LOCK" not in environment else [environment["GH_LOCK"]]:
        p = subprocess.run([MAKER, out, str(epoch), "0.1.%d" % epoch], env={**os.environ, **env, "GH_LOCK": k}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode == 0:
            break
    with open(out + "/build.log", "w") as f:
        f.write(p.stdout)
    if p.returncode:
        raise AssertionError("the image cannot be made:\n" + p.stdout[-3000:])
    print(p.stdout[-400:], flush=True)
    if first:
        shutil.copy(out + "/packages.lock", lock)
    for k in ("an", "binh"):
        run(GATEHOUSE, "firmware", "sign", out + "/release", "--key", "%s/keys/%s/appliance.key" % (work, k))


def keys(work):
    d = os.path.join(work, "keys")
    if os.path.exists(d + "/release.keys"):
        return
    os.makedirs(d, exist_ok=True)
    for who in ("root", "an", "binh", "chi"):
        run(GATEHOUSE, "keys", "generate", "--set", "node.state_dir=%s/%s" % (d, who))
    run(GATEHOUSE, "firmware", "keys", "-o", d + "/release.keys", "--root", d + "/root/appliance.key", "--number", "1", "--threshold", "2",
        *["%s/%s/appliance.pub" % (d, w) for w in ("an", "binh", "chi")])
    shutil.copy(d + "/root/appliance.pub", d + "/release-root.pub")


def copy_disk(work, image, name):
    path = os.path.join(work, name + ".img")
    run("cp", "--sparse=always", image + "/disk.img", path)
    return path


def partition(disk, name):
    for p in json.loads(run("sfdisk", "-J", disk))["partitiontable"]["partitions"]:
        if p["name"] == name:
            return p["start"] * 512, p["size"] * 512
    raise AssertionError("no partition " + name)


def flip(disk, at):
    with open(disk, "r+b") as f:
        f.seek(at)
        b = f.read(1)
        f.seek(at)
        f.write(bytes([b[0] ^ 0x40]))


def esp_of(disk):
    return "%s@@%d" % (disk, partition(disk, "esp")[0])


def second_slot(disk, image, epoch, spoil):
    """Puts the release of image into slot b, its kernel on trial, as an installer would; spoiled."""
    start, size = partition(disk, "root-b")
    data = open(image + "/image", "rb").read()
    line = open(image + "/cmdline").read()
    root, blocks = bytes.fromhex(re.search(r"gh.roothash=(\w+)", line).group(1)), int(re.search(r"gh.blocks=(\d+)", line).group(1))
    body = b"GHSLOT01" + epoch.to_bytes(8, "little") + (4096 * blocks).to_bytes(8, "little") + root
    with open(disk, "r+b") as f:
        f.seek(start)
        f.write(data)
        f.seek(start + size - 4096)
        f.write((body + hashlib.blake2b(b"gatehouse-slot-v1\0" + body, digest_size=32).digest()).ljust(4096, b"\0"))
    if spoil:
        flip(disk, start + spoil)
    run("mcopy", "-o", "-i", esp_of(disk), image + "/uki", "::EFI/Linux/gatehouse_%d+2.efi" % epoch)


def stick(work, name, release=None, files=()):
    """A FAT stick labelled GHSETUP."""
    path = os.path.join(work, name)
    if os.path.exists(path):
        os.remove(path)
    run("truncate", "-s", "300M", path)
    run("mkfs.vfat", "-F", "32", "-s", "1", "-n", "GHSETUP", path)
    for f in files:
        run("mcopy", "-i", path, f, "::")
    if release:
        run("mcopy", "-s", "-i", path, release, "::release")
    return path


def block_of(image, name):
    """The place in the image where the contents of a file begin that is longer than a squashfs block; name is a pattern of its path."""
    path = re.search("squashfs-root/(.*%s)\n" % name, run("unsquashfs", "-l", image + "/image")).group(1)
    want = subprocess.run(["unsquashfs", "-cat", image + "/image", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout[:65536]
    data = open(image + "/image", "rb").read()
    at = data.find(b"\x28\xb5\x2f\xfd")
    while at >= 0:
        p = subprocess.run(["zstd", "-q", "-dc"], input=data[at:at + 65700], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if len(want) == 65536 and p.stdout[:65536] == want:
            return at
        at = data.find(b"\x28\xb5\x2f\xfd", at + 4)
    raise AssertionError("%s is not in the image" % path)


def read_of_esp(disk, name):
    """A file of the boot partition as text, or nothing."""
    p = subprocess.run(["mtype", "-i", esp_of(disk), "::" + name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return p.stdout
