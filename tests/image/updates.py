# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of updates: how much of a release is new to a device, and what a power cut in the middle of one leaves."""
import http.server
import os
import shutil
import struct
import threading

from image import BUILD, GATEHOUSE, Machine, check, copy_disk, esp_of, make, run


def chunks(release):
    """The chunks of a release, {id: bytes} of its image and of its kernel (docs/formats.md: they are the end of the manifest)."""
    data = open(release + "/manifest", "rb").read()
    for n in range(1, len(data) // 36):
        at = len(data) - 36 * n
        images, kernels = struct.unpack("<II", data[at - 8:at])
        if images + kernels == n:
            every = [data[at + 36 * i:at + 36 * i + 36] for i in range(n)]
            return [{c[4:]: int.from_bytes(c[:4], "little") for c in part} for part in (every[:images], every[images:])]
    raise AssertionError("no chunks in " + release)


def delta(old, new, what, limit):
    """Prints and checks what a device that runs old must fetch of new: of the image, and of the kernel beside it."""
    a, b = chunks(old + "/release"), chunks(new + "/release")
    here = {**a[0], **a[1]}
    fetched = [sum(n for c, n in part.items() if c not in here) for part in b]
    whole = [sum(part.values()) for part in b]
    print("%s: image %d of %d bytes (%.2f %%), kernel %d of %d; %.1f minutes at 64 kbit/s" % (
        what, fetched[0], whole[0], 100 * fetched[0] / whole[0], fetched[1], whole[1], sum(fetched) * 8 / 64000 / 60), flush=True)
    check("%s: at most %d %% of the image is new" % (what, limit), fetched[0] * 100 <= limit * whole[0])
    return fetched


def openssl(work, older, newer):
    """Two images that differ in one security update: the older one, and that with libssl and libcrypto of the newer one."""
    made = []
    for name, image in (("old", older), ("new", newer)):
        run("unsquashfs", "-q", "-n", "-f", "-d", "%s/root-%s" % (work, name), image + "/image")
    for name in ("before", "after"):
        if name == "after":
            for lib in ("libssl.so.3", "libcrypto.so.3", "ossl-modules/legacy.so"):
                run("cp", "-p", *("%s/root-%s/usr/lib/x86_64-linux-gnu/%s" % (work, n, lib) for n in ("new", "old")))
        out = os.path.join(work, name)
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        run("mksquashfs", work + "/root-old", out + "/image", "-b", "65536", "-no-fragments", "-noappend", "-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", "3",
            "-no-exports", "-xattrs", env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"})
        run("truncate", "-s", "%4096", out + "/image")
        run(GATEHOUSE, "firmware", "build", "-o", out + "/release", "--image", out + "/image", "--uki", older + "/uki", "--root-hash", "0" * 64, "--blocks",
            str(os.path.getsize(out + "/image") // 4096), "--epoch", "1", "--version", "1")
        made.append(out)
    for name in ("old", "new"):
        shutil.rmtree("%s/root-%s" % (work, name))
    return made


def case_delta(work, image):
    """Three bytes of one program; and what Debian's security team changed since the last point release."""
    deb = os.path.join(work, "deb")
    shutil.rmtree(deb, ignore_errors=True)
    run("cpack", "-G", "DEB", "--config", BUILD + "/CPackConfig.cmake", "-B", deb, cwd=work)
    package = os.path.join(deb, next(f for f in os.listdir(deb) if f.endswith(".deb")))
    run("dpkg-deb", "-R", package, deb + "/x")
    program = deb + "/x/usr/libexec/gatehouse/gh-update"
    data = open(program, "rb").read()
    at = data.index(b"usage: gatehouse firmware")
    with open(program, "r+b") as f:
        f.seek(at)
        f.write(b"USA")
    run("dpkg-deb", "-b", "--root-owner-group", deb + "/x", deb + "/changed.deb")
    fetched = delta(image, make(work, "changed", 2, GH_DEB=deb + "/changed.deb"), "three bytes", 2)
    check("three bytes: of the kernel only what names the image is new", fetched[1] < 300000, fetched)
    older = make(work, "older", 1, GH_SECURITY="-", GH_LOCK="any", GH_CACHE="")
    now, then = (set(open(d + "/packages.lock").read().split("\n")) for d in (image, older))
    print("security: %d of %d packages are newer" % (len(now - then), len(now)))
    delta(older, image, "all security updates since the last point release", 12)
    delta(*openssl(work, older, image), "the security update of openssl", 12)


class Neighbour:
    """Serves a release by HTTP and notes what is asked; closes its door after so many chunks until it is opened again."""

    def __init__(self, release):
        self.asked, self.left, outer = [], None, self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *a):
                super().__init__(*a, directory=release)

            def do_GET(self):
                if self.path.startswith("/chunks/"):
                    if outer.left == 0:
                        self.close_connection = True
                        return
                    if outer.left:
                        outer.left -= 1
                    outer.asked.append(self.path)
                super().do_GET()

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = "http://10.0.2.2:%d" % self.server.server_address[1]


def case_network(work, image):
    """A release over the network, on a line that is cut in the middle: the second time only the rest is fetched; then it proves good."""
    newer, disk = make(work, "two", 2, GH_FLOOR="1"), copy_disk(work, image, "network")
    here, there = ({k: v for part in chunks(d + "/release") for k, v in part.items()} for d in (image, newer))
    missing = {c: n for c, n in there.items() if c not in here}
    check("there is enough to fetch for a line to be cut in the middle", len(missing) > 1, missing)
    neighbour = Neighbour(newer + "/release")
    # the appliance's filter lets nobody out but the uplink; who installs from a neighbour by hand has no such filter
    line = open(image + "/cmdline").read() + (' systemd.mask=gatehouse-host.service systemd.unit=multi-user.target systemd.wants=kernel-command-line.service systemd.run_success_action=poweroff '
                                              'systemd.run="/usr/bin/systemctl start gatehouse-keys.service" systemd.run="/usr/bin/gatehouse firmware install %s"' % neighbour.address)
    neighbour.left = len(missing) // 2
    m = Machine(work, "network-1", disk, image, line)
    check("the line is cut: that is told, and nothing is put on trial", m.wait(r"firmware install: .*") and "is in slot b" not in m.text(), m.text())
    m.ended()
    first, neighbour.left = set(neighbour.asked), None
    check("no kernel is on trial", "gatehouse_2" not in run("mdir", "-b", "-i", esp_of(disk), "::EFI/Linux"))
    m = Machine(work, "network-2", disk, image, line)
    check("the second time it is installed", m.wait(r"is in slot b", "firmware install: .*") == "is in slot b", m.text())
    m.ended()
    second = neighbour.asked[len(first):]
    check("what came over before is not fetched again", first and second and not first & set(second), (len(first), len(second)))
    fetched = sum(there[bytes.fromhex(p.rsplit("/", 1)[1])] for p in neighbour.asked)
    print("network: %d bytes were missing, %d came over the line (%d chunks before the cut, %d behind it)" % (sum(missing.values()), fetched, len(first), len(second)))
    check("at most a tenth more than was missing came over the line", fetched <= 1.1 * sum(missing.values()))
    m = Machine(work, "network-3", disk, newer)
    check("it starts and proves good", m.wait("release of epoch 2 proved good", "bless.service: Failed") == "release of epoch 2 proved good", m.text())
    m.stop()
    neighbour.server.shutdown()
