# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of updates: how much of a release is new to a device, and what a power cut in the middle of one leaves."""
import os
import shutil
import struct

from image import BUILD, GATEHOUSE, check, make, run


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
        run("mksquashfs", work + "/root-old", out + "/image", "-b", "65536", "-noappend", "-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", "3",
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
    delta(older, image, "all security updates since the last point release", 15)
    delta(*openssl(work, older, image), "the security update of openssl", 12)
