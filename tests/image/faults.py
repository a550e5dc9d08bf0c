# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases in which something breaks: a damaged image that is the only one, a machine that hangs."""
import os

from image import Machine, block_of, check, copy_disk, esp_of, flip, partition, read_of_esp, run, stick

NEEDED = r"/libsystemd-core-\d+\.so" # what is damaged must be something that every start reads


def damaged_starts(work, image, disk, name):
    """Three starts of a machine whose image is damaged where every start reads it; the machine of the third."""
    flip(disk, partition(disk, "root-a")[0] + block_of(image, NEEDED) + 100)
    for i in (1, 2):
        m = Machine(work, "%s-%d" % (name, i), disk, image)
        check("%s: start %d ends by dm-verity" % (name, i), m.wait(r"data block \d+ is corrupted", "selftest:") == r"data block \d+ is corrupted", m.text())
        m.ended()
    return Machine(work, name + "-3", disk, image)


def case_rescue(work, image):
    """The only good image is damaged: the third start is the rescue, which tells, waits, and repairs it from a stick."""
    disk = copy_disk(work, image, "rescue")
    m = Machine(work, "rescue-0", disk, image)
    check("it is born", m.wait("does its work here"), m.text())
    m.stop()
    m = damaged_starts(work, image, disk, "rescue")
    check("the third start is the rescue", m.wait("GATEHOUSE RESCUE", "machine restart", "selftest:") == "GATEHOUSE RESCUE", m.text())
    check("it says what and what to do", m.wait("1 of its \\d+ blocks") and m.wait("plug in a USB stick") and m.wait("Can lam: cam USB"), m.text())
    m.stop()
    check("gh/fail.log says it", "1 of " in read_of_esp(disk, "gh/fail.log") and "are damaged" in read_of_esp(disk, "gh/fail.log"), read_of_esp(disk, "gh/fail.log"))
    usb = stick(work, "rescue.usb", image + "/release")
    m = Machine(work, "rescue-4", disk, image, extra=["-drive", "file=%s,if=virtio,format=raw" % usb])
    check("it is repaired from a stick", m.wait("was repaired in slot a", "could not be used") == "was repaired in slot a", m.text())
    m.ended()
    m = Machine(work, "rescue-5", disk, image)
    check("and starts", m.wait("does its work here", "machine restart", "RESCUE") == "does its work here" and "new key" not in m.text(), m.text())
    m.stop()
    disk = copy_disk(work, image, "takeover")
    run("mcopy", "-o", "-i", esp_of(disk), image + "/uki", "::EFI/Linux/gatehouse_7.efi")
    m = damaged_starts(work, image, disk, "takeover")
    check("where there is another good release, it takes over", m.wait("the other release takes over", "RESCUE", "selftest:") == "the other release takes over", m.text())
    m.ended()
    names = run("mdir", "-b", "-i", esp_of(disk), "::EFI/Linux")
    check("the damaged one's kernel comes last", "gatehouse_1+0.efi" in names and "gatehouse_7.efi" in names, names)
    os.remove(disk)


def case_watchdog(work, image):
    """The first process stands still: the watchdog starts the machine again."""
    line = (open(image + "/cmdline").read() + ' systemd.watchdog_sec=10 systemd.crash_reboot=no systemd.run_success_action=none'
            ' systemd.run="/usr/bin/systemctl kill --signal=ABRT init.scope"')
    disk = copy_disk(work, image, "watchdog")
    m = Machine(work, "watchdog", disk, image, line)
    check("a watchdog is held", m.wait("[Ww]atchdog running with a timeout of|Using hardware watchdog"), m.text())
    check("it restarts a machine whose first process stands still", m.wait("softdog: Initiating system reboot|Initiating system reboot") and m.ended(), m.text())
    m.stop()


def case_reset(work, image):
    """A stick with the appliance's name in 'factory-reset': another name erases nothing, the right one everything, once."""
    disk, name = copy_disk(work, image, "reset"), os.path.join(work, "factory-reset")
    usb = stick(work, "reset.usb")
    for number, text in ((1, "elsewhere"), (2, "gatehouse")):
        with open(name, "w") as f:
            f.write(text + "\r\n")
        run("mcopy", "-o", "-i", usb, name, "::factory-reset")
        m = Machine(work, "reset-%d" % number, disk, image, extra=["-drive", "file=%s,if=virtio,format=raw" % usb])
        if number == 1:
            check("another appliance's name erases nothing", m.wait("nothing is erased") and m.wait("does its work here"), m.text())
            m.stop()
        else:
            check("its own name destroys the data's key, and it restarts", m.wait("the key of the data is destroyed") and m.ended(), m.text())
            check("there it was the same appliance", "new key" not in m.text())
    m = Machine(work, "reset-3", disk, image, extra=["-drive", "file=%s,if=virtio,format=raw" % usb])
    check("it starts as new, and the stick erases nothing again", m.wait("does its work here") and "a new key for the data partition" in m.text() and
          "destroyed" not in m.text(), m.text())
    m.stop()
