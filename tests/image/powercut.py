# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut, twenty times in one update: the machine is killed while it installs and while it tries what it installed; then it must start.

A machine is frozen just before the update begins, and every cut begins there. When to cut is told by what the machine did so far (bytes on its disk, lines
on its console), not by a clock: so the cuts are spread over the whole update on a busy machine, too. The disk is a qcow2 file: what the machine has written but not flushed may be
lost with the process, as in a disk's own memory. Instead of the boot loader, which case fallback has, this takes the kernel from the boot partition that
systemd-boot would take (newest first, without tries last) and starts it."""
import os
import re
import shutil
import subprocess
import time

from image import BOOT_SECONDS, Machine, check, copy_disk, make, partition, run, stick

CUTS_INSTALL, CUTS_TRIAL = 14, 6
READY, INSTALLED, PROVED = r"selftest: epoch (\d+)", "is in slot b", "release of epoch 2 proved good"


def region(disk, start, size, to):
    """A part of a disk, from a whole MiB on; of to the last MiB may be too long."""
    step = 1 << 20
    run("qemu-img", "dd", "-f", "qcow2", "-O", "raw", "bs=%d" % step, "skip=%d" % (start // step), "count=%d" % -(-(start + size) // step), "if=" + disk, "of=" + to)


def written(control):
    """How many bytes the machine has written to its disks."""
    return sum(d["stats"]["wr_bytes"] for d in control.ask("query-blockstats")["return"])


def watch(m, control, until, now):
    """Waits until now() says so, the text until is there, or the machine ended; a fraction of a second after it was so."""
    end = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < end and m.process.poll() is None:
        if now() or re.search(until, m.text()):
            return
        time.sleep(0.02)


class Cutter:
    def __init__(self, work, image, newer):
        self.work, self.image, self.newer = work, image, newer
        raw = copy_disk(work, image, "cut")
        self.parts = {p: partition(raw, p) for p in ("esp", "root-a", "root-b")}
        self.disk = os.path.join(work, "cut.qcow2")
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, self.disk)
        os.remove(raw)
        self.usb = stick(work, "cut.usb", newer + "/release")

    def machine(self, name, disk, kernel, extra=()):
        m = Machine(self.work, name, disk, kernel, extra=extra, form="qcow2")
        return m, m.control()

    def freeze(self):
        m, control = self.machine("cut-born", self.disk, self.image)
        check("powercut: it is born", m.wait("Finished gatehouse-bless|bless.service: Deactivated", "bless.service: Failed"), m.text())
        control.line("savevm ready")
        m.stop(kill=True)

    def update(self, name, bytes_written=None):
        """From the frozen moment: the stick is put in, and after so many bytes (None: never) the machine is killed. How many it had written when the release
        was installed."""
        m, control = self.machine(name, self.disk, self.image, ["-loadvm", "ready"])
        control.ask("human-monitor-command", **{"command-line": "drive_add 0 if=none,id=stick,file=%s,format=raw,snapshot=on" % self.usb})
        before = written(control)
        answer = control.ask("device_add", driver="virtio-blk-pci", drive="stick", id="usb0")
        assert "return" in answer, answer
        if bytes_written is None:
            check("powercut: undisturbed, it is installed", m.wait(INSTALLED), m.text())
            bytes_written = written(control) - before
            m.ended()
            return bytes_written
        watch(m, control, INSTALLED, lambda: written(control) - before >= bytes_written)
        m.stop(kill=True)
        return bytes_written

    def overlay(self, name, base):
        path = os.path.join(self.work, name + ".qcow2")
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path)
        return path

    def kernel(self, disk):
        """What systemd-boot would start: a directory with the parts of the kernel; and the names on the boot partition."""
        esp, out = os.path.join(self.work, "cut.esp"), os.path.join(self.work, "cut.kernel")
        region(disk, *self.parts["esp"], esp)
        names = [n.rsplit("/", 1)[1] for n in run("mdir", "-b", "-i", esp, "::EFI/Linux").split() if n.endswith(".efi")]
        listed = []
        for n in names:
            found = re.fullmatch(r"gatehouse_(\d+)(\+(\d+)(-\d+)?)?\.efi", n)
            if found:
                listed.append((found.group(3) != "0", int(found.group(1)), n))
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        run("mcopy", "-i", esp, "::EFI/Linux/" + max(listed)[2], out + "/uki")
        for part, to in (("linux", "kernel"), ("initrd", "initrd"), ("cmdline", "cmdline")):
            run("objcopy", "-O", "binary", "--only-section=." + part, out + "/uki", out + "/" + to)
        with open(out + "/cmdline", "rb+") as f:
            text = f.read().rstrip(b"\0")
            f.seek(0)
            f.truncate()
            f.write(text)
        os.remove(esp)
        return out, sorted(names)

    def whole(self, disk, epoch):
        """Is the image of that epoch in its slot, byte for byte?"""
        to, image = os.path.join(self.work, "cut.slot"), self.image if epoch == 1 else self.newer
        size = os.path.getsize(image + "/image")
        region(disk, self.parts["root-a" if epoch == 1 else "root-b"][0], size, to)
        same = subprocess.run(["cmp", "-s", "-n", str(size), to, image + "/image"]).returncode == 0
        os.remove(to)
        return same

    def trial(self, base, lines):
        """The first start of what was installed, killed after so many lines on its console: its disk. None: not killed; how many lines it had until it
        proved good."""
        kernel, _ = self.kernel(base)
        disk = self.overlay("cut-trial", base)
        m, control = self.machine("cut-trial", disk, kernel)
        if lines is None:
            check("powercut: undisturbed, it proves good", m.wait(PROVED), m.text())
            lines = m.text().count("\n")
            m.stop(kill=True)
            os.remove(disk)
            return lines
        watch(m, control, PROVED, lambda: m.text().count("\n") >= lines)
        m.stop(kill=True)
        return disk

    def starts(self, name, base, when):
        kernel, names = self.kernel(base)
        disk = self.overlay(name, base)
        m, _ = self.machine(name, disk, kernel)
        good = m.wait(READY, "RESCUE", "machine restart")
        epoch = int(re.search(READY, m.text()).group(1)) if good == READY else 0
        m.stop(kill=True)
        os.remove(disk)
        check("powercut: %s: epoch %s starts, its image is whole (%s)" % (when, epoch or "?", " ".join(names)), epoch and self.whole(base, epoch), m.text())
        return epoch


def case_powercut(work, image):
    cut = Cutter(work, image, make(work, "two", 2, GH_FLOOR="1"))
    cut.freeze()
    total = cut.update("cut-whole")
    done = os.path.join(work, "cut-done.qcow2")
    run("qemu-img", "convert", "-f", "qcow2", "-O", "qcow2", cut.disk, done)
    epochs = []
    for i in range(CUTS_INSTALL):
        share = (i + 0.5) / (CUTS_INSTALL - 1) # the last one comes when all is installed
        cut.update("cut-install", share * total)
        epochs.append(cut.starts("cut-check", cut.disk, "%d of 20, %d of %d KiB written" % (i + 1, min(1, share) * total // 1024, total // 1024)))
    lines = cut.trial(done, None)
    for i in range(CUTS_TRIAL):
        disk = cut.trial(done, lines * (i + 1) / CUTS_TRIAL)
        epochs.append(cut.starts("cut-check", disk, "%d of 20, after %d of %d lines of its first start" % (CUTS_INSTALL + i + 1, lines * (i + 1) // CUTS_TRIAL, lines)))
        os.remove(disk)
    check("powercut: both releases were among those that started", {1, 2} <= set(epochs), epochs)
    for path in (cut.disk, done, cut.usb):
        os.remove(path)
