#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firmware image in QEMU, without hardware virtualisation.

  image_test.py BUILD [--keep DIR] [--cache DIR] [--lanes N] [CASE...]     cases: good data tree hash rescue watchdog reset fallback update network job sandbox secureboot reproducible lock delta powercut; smoke is the short form of two (default: all)

The image is made once (in DIR, or a temporary directory); then as many cases run at once as there are processors. Needs root, mmdebstrap, qemu-system-x86_64 and ovmf; skipped otherwise. A boot takes 30 s
alone and minutes on a busy machine: time-outs are generous, and nothing here measures time."""
import hashlib
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import time

args = sys.argv[2:]
options = {"--keep": None, "--cache": None, "--lanes": None}
while args and args[0] in options and len(args) > 1:
    options[args[0]], args = args[1], args[2:]
KEEP = options["--keep"] and os.path.abspath(options["--keep"])
if options["--cache"]:
    os.environ["GH_CACHE"] = os.path.abspath(options["--cache"])
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
from chain import Chain, free_port # noqa: E402 the path comes first
from image import (BOOT_SECONDS, BUILD, GATEHOUSE, OVMF, Machine, block_of, check, copy_disk, count, esp_of, flip, keys, make, partition, run, second_slot, # noqa: E402
                   stick)
from lanes import run_lanes, width_of_machine # noqa: E402
from faults import NEEDED, case_rescue, case_reset, case_watchdog # noqa: E402
from powercut import case_powercut # noqa: E402
from updates import case_delta, case_network # noqa: E402


def case_good(work, image):
    check("the root is under 96 MiB", os.path.getsize(image + "/image") < 96 << 20)
    disk = copy_disk(work, image, "good")
    m = Machine(work, "good-1", disk, image)
    done = m.wait("proved good|does its work here[\\s\\S]*Finished gatehouse-bless", "gatehouse-bless.service: Failed", "machine restart")
    text = m.text()
    check("it boots to the end of its self-test", done and "Failed" not in done, text)
    check("the root is verified", "verified" in text and "device-mapper: verity: sha256" in text, text)
    check("the data partition is made, encrypted, at the first start", "a new key for the data partition" in text and "EXT4-fs (dm-1): mounted" in text, text)
    for line in ("the image cannot be written", "there is no shell", "the document rules compile", "a marked document is read and known", "the whole image is as it was signed"):
        check("self-test: " + line, re.search(re.escape(line) + r" +good", text), text)
    check("the packet filter is in force, and no kernel module is loaded any more", m.wait("Finished gatehouse-lockdown", "gatehouse-lockdown.service: Failed") and
          all("Finished gatehouse-%s.service" % u in m.text() for u in ("owners", "host", "lockdown")), m.text())
    time.sleep(10)
    used = m.memory()
    print("idle: %s MiB of memory are in use" % used)
    check("idle, it needs less than 256 MiB of memory", used and used < 256, used)
    check("no unit failed", "Failed to start" not in text and "Failed to mount" not in text, [x for x in text.split("\n") if "Failed to" in x])
    m.stop()
    m = Machine(work, "good-2", disk, image)
    check("it boots again with the same data", m.wait("does its work here", "machine restart") == "does its work here" and "new key" not in m.text(), m.text())
    m.stop()


def case_smoke(work, image):
    """The short form for ./check --image: one good start, one damaged image."""
    disk = copy_disk(work, image, "smoke")
    m = Machine(work, "smoke", disk, image)
    check("it boots to the end of its self-test", m.wait("does its work here", "machine restart", "selftest: .* FAILED") == "does its work here", m.text())
    m.stop()
    case_data(work, image)


def broken(work, image, name, at, sign):
    disk = copy_disk(work, image, name)
    flip(disk, partition(disk, "root-a")[0] + at)
    m = Machine(work, name, disk, image)
    done = m.wait(sign, "does its work here")
    check("%s: dm-verity restarts the machine" % name, done == sign and m.wait("machine restart|Restarting system|reboot:"), m.text())
    check("%s: the self-test never passed" % name, "does its work here" not in m.text())
    m.stop()


def case_data(work, image):
    broken(work, image, "data", block_of(image, NEEDED) + 100, "data block \\d+ is corrupted")


def case_tree(work, image):
    blocks = int(re.search(r"gh.blocks=(\d+)", open(image + "/cmdline").read()).group(1))
    broken(work, image, "tree", blocks * 4096 + 40, "metadata block \\d+ is corrupted")


def case_hash(work, image):
    disk, line = copy_disk(work, image, "hash"), open(image + "/cmdline").read()
    old = re.search(r"gh.roothash=(\w+)", line).group(1)
    m = Machine(work, "hash", disk, image, line.replace(old, old[:-1] + ("0" if old[-1] != "0" else "1")))
    check("another root hash finds no image", m.wait("no slot holds the image", "does its work here") == "no slot holds the image", m.text())
    m.stop()


def case_fallback(work, image):
    """A newer release that is broken is tried twice; then the old one runs again and remembers why."""
    newer, disk = make(work, "two", 2, GH_FLOOR="1"), copy_disk(work, image, "fallback")
    second_slot(disk, newer, 2, block_of(newer, NEEDED) + 100)
    m = Machine(work, "fallback", disk)
    check("the old release comes back", m.wait(r"selftest: epoch 1\b", r"selftest: epoch 2\b", seconds=3 * BOOT_SECONDS) == r"selftest: epoch 1\b", m.text())
    check("the new one was tried twice", len(re.findall(r"data block \d+ is corrupted", m.text())) >= 2, m.text())
    m.wait("epoch 2 failed here", "gatehouse-bless.service: Failed")
    m.stop()
    names = run("mdir", "-b", "-i", esp_of(disk), "::EFI/Linux")
    check("its kernel is out of tries", "gatehouse_2+0-2.efi" in names and "gatehouse_1.efi" in names, names)
    check("the failure is remembered", "epoch 2 failed here" in m.text(), m.text()[-3000:])


def case_update(work, image):
    """The whole way inside the machine: a release on a stick, installed, started on trial, kept; an older one is refused."""
    newer, disk = make(work, "two", 2, GH_FLOOR="1"), copy_disk(work, image, "update")
    usb = stick(work, "update.usb", newer + "/release")
    m = Machine(work, "update", disk, extra=["-drive", "file=%s,if=virtio,format=raw" % usb])
    check("it is installed into the other slot", m.wait(r"epoch 2\) is in slot b", "firmware install: .*") == r"epoch 2\) is in slot b", m.text())
    check("it starts, and is kept after its self-test", m.wait("release of epoch 2 proved good", "gatehouse-bless.service: Failed", seconds=2 * BOOT_SECONDS) ==
          "release of epoch 2 proved good", m.text())
    check("what runs already is not installed again", m.wait("runs already"), m.text())
    time.sleep(5)
    m.stop()
    names = run("mdir", "-b", "-i", esp_of(disk), "::EFI/Linux")
    check("both kernels are there without counters", "gatehouse_2.efi" in names and "gatehouse_1.efi" in names, names)
    fetched = re.search(r"slot b: (\d+) bytes were new, (\d+) were here", m.text())
    if fetched:
        print("delta of another version and epoch of the same programs: %.1f %% of the image" % (100 * int(fetched.group(1)) / (int(fetched.group(1)) + int(fetched.group(2)))))
    m = Machine(work, "older", disk, extra=["-drive", "file=%s,if=virtio,format=raw" % stick(work, "older.usb", image + "/release")])
    check("an older release is refused", m.wait("older than this device may go back", r"epoch 1\) is in slot", seconds=2 * BOOT_SECONDS) ==
          "older than this device may go back", m.text())
    m.stop()


def case_secureboot(work, image):
    """A signed kernel starts; one with a changed command line, or without a signature, does not."""
    key, cert = os.path.join(work, "sb.key"), "/usr/share/ovmf/PkKek-1-snakeoil.pem"
    run("openssl", "rsa", "-in", "/usr/share/ovmf/PkKek-1-snakeoil.key", "-passin", "pass:snakeoil", "-out", key)
    signed, loader = os.path.join(work, "signed.efi"), os.path.join(work, "loader.efi")
    run("sbsign", "--key", key, "--cert", cert, "--output", signed, image + "/uki")
    run("sbsign", "--key", key, "--cert", cert, "--output", loader, image + "/loader")
    data = open(signed, "rb").read()
    at = data.index(b"gh.roothash=") + 12
    with open(os.path.join(work, "tampered.efi"), "wb") as f:
        f.write(data[:at] + (b"0" if data[at:at + 1] != b"0" else b"1") + data[at + 1:])
    for name, kernel, good in (("signed", signed, True), ("tampered", os.path.join(work, "tampered.efi"), False), ("unsigned", image + "/uki", False)):
        disk = copy_disk(work, image, name)
        run("mcopy", "-o", "-i", esp_of(disk), loader, "::EFI/BOOT/BOOTX64.EFI")
        run("mcopy", "-o", "-i", esp_of(disk), kernel, "::EFI/Linux/gatehouse_1.efi")
        store = os.path.join(work, name + ".vars")
        shutil.copy("/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd", store)
        m = Machine(work, name, disk, extra=["-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"],
                    firmware=["-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "-drive", "if=pflash,format=raw,file=" + store])
        done = m.wait("selftest: epoch 1", "Access Denied", "Security Violation")
        check("%s: %s" % (name, "starts" if good else "is refused by the firmware"), done and (done == "selftest: epoch 1") == good, m.text())
        m.stop()


def case_reproducible(work, image):
    again = os.path.join(work, "again")
    shutil.rmtree(again, ignore_errors=True)
    make(work, "again", 1, GH_CACHE="")
    for f in ("packages.lock", "image", "initrd", "uki", "sbom.spdx", "release/manifest"):
        a, b = (hashlib.sha256(open(os.path.join(d, f), "rb").read()).hexdigest() for d in (image, again))
        check("%s comes out the same twice" % f, a == b)


def case_lock(work, image):
    """A package that is not the one of the list stops the build: the fetched root that is kept for the next build is changed, and so is what its packages are."""
    stored = re.search(r"(?:from|as) (\S+\.tar\.zst)", open(image + "/build.log").read()).group(1)
    cache, plain = os.path.join(work, "lock-cache"), os.path.join(work, "lock-root")
    shutil.rmtree(cache, ignore_errors=True)
    for d in (cache, plain):
        os.makedirs(d, exist_ok=True)
    run("tar", "-C", plain, "--zstd", "-xf", stored)
    lines = open(plain + "/packages").read().split("\n")
    at = next(i for i, x in enumerate(lines) if x.startswith("libc6 "))
    lines[at] = lines[at][:-1] + ("0" if lines[at][-1] != "0" else "1")
    with open(plain + "/packages", "w") as f:
        f.write("\n".join(lines))
    run("tar", "-C", plain, "-I", "zstd -1", "-cf", os.path.join(cache, os.path.basename(stored)), ".")
    try:
        make(work, "other", 3, GH_LOCK=work + "/packages.lock", GH_CACHE=cache)
        check("another hash of a package is refused", False)
    except AssertionError as e:
        check("another hash of a package is refused", "these are not the packages" in str(e) and "--renew-lock" in str(e), str(e))
    for d in (cache, plain, os.path.join(work, "other")):
        shutil.rmtree(d, ignore_errors=True)


def frames(path):
    """The packets of a little-endian pcap file."""
    data = open(path, "rb").read()
    at = 24
    while at + 16 <= len(data):
        n = int.from_bytes(data[at + 8:at + 12], "little")
        yield data[at + 16:at + 16 + n]
        at += 16 + n


def case_job(work, image):
    """What the box is for: born, enrolled by a stick, it watches a wire; the alert about a marked document arrives at a console outside. On its way into
    its sandbox each process tries what it must not be able to do (base/jail_probe.h), and does its work all the same."""
    chain = Chain(GATEHOUSE)
    disk, wire = copy_disk(work, image, "job"), free_port()
    extra = ["-netdev", "dgram,id=wire,local.type=inet,local.host=127.0.0.1,local.port=%d,remote.type=inet,remote.host=127.0.0.1,remote.port=9" % wire,
             "-device", "virtio-net-pci,netdev=wire,addr=0x10"]
    conf = os.path.join(work, "gatehouse.conf")
    with open(conf, "w") as f:
        f.write("[node]\nname = embassy\nuser = gh-*\nstate_dir = /var/lib/gatehouse\n[capture]\ninterface = ens16\nbuffer = 8M\n"
                "[sensor]\nmemory = 64M\n[scan]\nworkers = 1\ntimeout = 120s\n[uplink]\nconsole = https://10.0.2.2:%d\n" % chain.port)
    try:
        chain.write("console.conf", "[console]\nlisten = 127.0.0.1:%d\nstate_dir = %s/console\nhosts = 10.0.2.2\n" % (chain.port, chain.dir))
        chain.command("console", "init", "-c", chain.path("console.conf"))
        usb = stick(work, "job.usb", files=[conf])
        usb_args = ["-drive", "file=%s,if=virtio,format=raw" % usb]
        m = Machine(work, "job-1", disk, image, extra=extra + usb_args)
        check("the request is on the stick", m.wait("request.json is on the stick", "firmware setup:"), m.text())
        time.sleep(10) # until it is written
        m.wait("does its work here")
        m.stop()
        run("mcopy", "-n", "-i", usb, "::request.json", chain.path("request.json"))
        out = chain.command("console", "enrol-approve", chain.path("request.json"), "-o", chain.path("answer.json"), "--url", "https://10.0.2.2:%d" % chain.port, "-c",
                            chain.path("console.conf"))
        run("mcopy", "-i", usb, chain.path("answer.json"), "::answer.json")
        chain.start_console()
        api = chain.sign_in()
        m = Machine(work, "job-2", disk, image, open(image + "/cmdline").read() + " systemd.setenv=GATEHOUSE_JAIL_PROBE=1", extra=extra + usb_args)
        check("it joins the console", m.wait("setup: .*"), m.text())
        check("it watches", m.wait("embassy: watching"), m.text())
        m.wait("does its work here")
        time.sleep(5)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for frame in frames(BUILD + "/share/capture/morning.pcap"):
            s.sendto(frame, ("127.0.0.1", wire))
            time.sleep(0.002)
        end, alerts = time.monotonic() + 300, []
        while time.monotonic() < end and not alerts:
            alerts = [a for a in api.get("/alerts")["items"] if a["file"] and a["file"].get("name")]
            time.sleep(1)
        check("the alert is on the console outside", alerts, m.text()[-3000:])
        for name in ("sensor", "core", "scan", "worker", "policy", "uplink"):
            found = re.findall(r"jail %s: (\d+) trials, (\d+) wrong, Landlock ABI (\d+), user (\S+)" % name, m.text())
            check("sandbox: %s: nothing succeeds that must not" % name, found and all(int(n) > 20 and wrong == "0" for n, wrong, _, _ in found),
                  found or [x for x in m.text().split("\n") if "must be" in x])
            if found:
                print("sandbox: %s: %s trials, Landlock ABI %s, user %s" % (name, found[0][0], found[0][2], found[0][3]))
        used = m.memory()
        print("at work: %s MiB of memory are in use" % used)
        check("at work, it needs less than 512 MiB of memory", used and used < 512, used)
        if alerts:
            print("alert: %s" % json.dumps(alerts[0], ensure_ascii=False)[:400])
        m.stop()
    finally:
        chain.remove()


CASES = {"good": case_good, "data": case_data, "tree": case_tree, "hash": case_hash, "rescue": case_rescue, "watchdog": case_watchdog, "reset": case_reset, "fallback": case_fallback, "update": case_update, "network": case_network, "job": case_job,
         "secureboot": case_secureboot, "reproducible": case_reproducible, "lock": case_lock, "delta": case_delta, "powercut": case_powercut, "sandbox": case_job, "smoke": case_smoke}
ALIASES = ("sandbox", "smoke") # parts of other cases, which are not made twice


def skipped():
    """Why nothing can be tried here, or nothing."""
    if os.geteuid() != 0:
        return "making the image needs root"
    missing = [t for t in ("mmdebstrap", "qemu-system-x86_64", "qemu-img", "mksquashfs", "veritysetup", "mcopy", "sfdisk", "sbsign") if not shutil.which(t)]
    missing += [] if os.path.exists(OVMF) else [OVMF]
    return missing and "no %s (Debian: mmdebstrap qemu-system-x86 qemu-utils ovmf squashfs-tools cryptsetup-bin mtools fdisk systemd-boot-efi kmod sbsigntool)" % " ".join(missing)


def one(name, work, image):
    try:
        CASES[name](work, image)
    except Exception as e:
        check(name + ": it ran to its end", False, "%s: %s" % (type(e).__name__, e))


def main():
    unknown = [c for c in args if c not in CASES]
    if unknown:
        sys.exit("image_test.py: no case %s; there are %s" % (" ".join(unknown), " ".join(CASES)))
    why = skipped()
    if why:
        print("skipped: " + why, file=sys.stderr)
        sys.exit(77)
    work = KEEP or tempfile.mkdtemp(prefix="gh-image-test-", dir="/var/tmp")
    os.makedirs(work, exist_ok=True)
    names, began, cpu = args or [c for c in CASES if c not in ALIASES], time.monotonic(), sum(os.times()[:4])
    try:
        keys(work)
        image = make(work, "one", 1)
        if len(names) == 1:
            one(names[0], work, image)
            good, failed = count[True], count[False]
        else:
            print("the image is made: %.0f s, %.0f s of CPU" % (time.monotonic() - began, sum(os.times()[:4]) - cpu), flush=True)
            good, failed = run_lanes([sys.executable, os.path.abspath(__file__), BUILD, "--keep", work], names, int(options["--lanes"] or width_of_machine()), work)
    finally:
        if not KEEP:
            shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed in %.0f s" % (good, failed, time.monotonic() - began))
    sys.exit(1 if failed or not good else 0)


main()
