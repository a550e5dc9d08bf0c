#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package as cpack makes it.

  deb_test.py BUILD           what is in it, its modes, its scripts, its units' exposure (systemd-analyze), lintian where it is installed
  deb_test.py BUILD --root    also: installed, used, upgraded, removed and purged in a Debian root made by mmdebstrap (root and a mirror needed)"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

BUILD, ROOT = os.path.abspath(sys.argv[1]), "--root" in sys.argv[2:]
# The most exposure that systemd-analyze may find. The appliance holds a packet socket and the way to its console in one unit.
EXPOSURE = {"gatehouse.service": 1.6, "gatehouse-console.service": 1.5}
# No ITP to close; no address of the authors is published; the scripts call systemctl as debhelper's do.
TAGS = "initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog,maintainer-script-calls-systemctl"
WANTED = ["usr/bin/gatehouse", "usr/libexec/gatehouse/gh-sensor", "usr/libexec/gatehouse/gh-console", "usr/share/gatehouse/rules/", "usr/share/gatehouse/policy/standard/bundle.json", "usr/share/gatehouse/policy/state-secrets/policy.lua",
          "usr/share/gatehouse/web/index.html", "usr/share/man/man1/gatehouse.1.gz", "usr/share/bash-completion/completions/gatehouse", "etc/gatehouse/gatehouse.conf",
          "lib/systemd/system/gatehouse.service", "usr/lib/sysusers.d/gatehouse.conf", "usr/share/doc/gatehouse/copyright"]
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL %s %s" % (name, detail))
    return good


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=more.pop("timeout", 300), **more)


def make(version=None, into="."):
    args = ["cpack", "-G", "DEB", "--config", BUILD + "/CPackConfig.cmake", "-B", into]
    if version:
        args += ["-R", version, "-D", "CPACK_PACKAGE_VERSION=" + version]
    p = run(*args, cwd=into)
    found = glob.glob(into + "/*_%s_*.deb" % version if version else into + "/*.deb")
    return found[0] if check("cpack makes the package", p.returncode == 0 and found, p.stdout[-2000:]) else None


def contents(deb):
    rows = [x.split(None, 5) for x in run("dpkg-deb", "-c", deb).stdout.splitlines()]
    names = {r[5].split(" -> ")[0].lstrip("./"): r for r in rows}
    for w in WANTED:
        check("%s is in it" % w, any(n.startswith(w) for n in names))
    for n, r in names.items():
        check("%s is root's" % n, r[1] == "root/root", r)
        check("%s has no set-id bit and is writable by root alone" % n, "s" not in r[0].lower() and (r[0][0] == "l" or r[0][5] != "w" and r[0][8] != "w"), r[0])
    control = run("dpkg-deb", "-f", deb).stdout
    for package in ("libc6", "libsodium23", "libndpi", "libyara", "libsqlite3-0", "liblua5.4-0"):
        check("it depends on %s" % package, package in control, control)
    with tempfile.TemporaryDirectory() as d:
        run("dpkg-deb", "-e", deb, d)
        check("its configuration files are conffiles", "/etc/gatehouse/gatehouse.conf" in open(d + "/conffiles").read())
        for script in ("postinst", "prerm", "postrm"):
            check("%s can be run" % script, os.access(d + "/" + script, os.X_OK) and run("sh", "-n", d + "/" + script).returncode == 0)
        run("dpkg-deb", "-x", deb, d + "/x")
        units(d + "/x/lib/systemd/system")
        p = run(d + "/x/usr/bin/gatehouse", "--version")
        check("the program answers", p.returncode == 0, p.stdout)


def units(directory):
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is not here: the units' exposure was not looked at", file=sys.stderr)
        return
    for unit, most in EXPOSURE.items():
        p = run("systemd-analyze", "security", "--offline=true", directory + "/" + unit)
        m = re.search(r"exposure level for \S+: ([0-9.]+)", p.stdout)
        if check("%s is understood" % unit, m and "Unknown" not in p.stdout, p.stdout[-300:]):
            print("%s: exposure %s (at most %g)" % (unit, m.group(1), most), file=sys.stderr)
            check("%s is locked in" % unit, float(m.group(1)) <= most, m.group(1))


def lint(deb):
    if not shutil.which("lintian"):
        print("lintian is not here: left out", file=sys.stderr)
        return
    p = run("lintian", "--fail-on", "error,warning", "--suppress-tags", TAGS, deb)
    check("lintian finds neither error nor warning", p.returncode == 0, p.stdout)


def in_root(root, *args):
    return run("chroot", root, *args, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}, timeout=900)


def as_unit(root, c):
    """What the unit starts: the service's user, with CAP_NET_RAW and no other right."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    p = subprocess.Popen(["chroot", root, "setpriv", "--reuid", "gatehouse", "--regid", "gatehouse", "--clear-groups", "--no-new-privs", "--inh-caps", "-all,+net_raw",
                          "--ambient-caps", "-all,+net_raw", "--bounding-set", "-all,+net_raw", "gatehouse", "run", "-c", c, "-i", "lo"],
                         env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    status, end = None, time.monotonic() + 60
    while time.monotonic() < end and p.poll() is None:
        status = in_root(root, "gatehouse", "status", "-c", c, "--json")
        if status.returncode == 0 and '"live"' in status.stdout and '"recorded' in status.stdout:
            break
        time.sleep(0.5)
    running = p.poll() is None
    p.terminate()
    log = p.communicate(timeout=60)[0]
    check("the appliance runs as its user with CAP_NET_RAW alone", running and status and status.returncode == 0 and '"live"' in status.stdout, log + str(status))
    check("and ends when it is told to", p.returncode == 0, log)


def life(deb):
    """Installation, first use, upgrade that keeps what was set, removal, purge."""
    for tool in ("mmdebstrap", "chroot"):
        if not shutil.which(tool):
            print("skipped: no " + tool, file=sys.stderr)
            sys.exit(77)
    work = tempfile.mkdtemp(prefix="gh-deb-", dir="/var/tmp")
    root, c = work + "/root", "/etc/gatehouse/gatehouse.conf"
    try:
        depends = [x.split()[0] for x in run("dpkg-deb", "-f", deb, "Depends").stdout.replace("\n", " ").split(", ")]
        p = run("mmdebstrap", "--variant=minbase", "--include=" + ",".join(depends), "bookworm", root, timeout=1500)
        if not check("a Debian root", p.returncode == 0, p.stdout[-1500:]):
            return
        check("its /proc", run("mount", "-t", "proc", "proc", root + "/proc").returncode == 0)
        newer = make("0.1.1", work)
        for name, path in (("old.deb", deb), ("new.deb", newer)):
            shutil.copy(path, root + "/" + name)
        p = in_root(root, "dpkg", "-i", "/old.deb")
        check("it installs", p.returncode == 0 and "gatehouse keys generate" in p.stdout, p.stdout)
        for who in ("gatehouse", "gatehouse-console"):
            p = in_root(root, "stat", "-c", "%U %a", "/var/lib/" + who)
            check("the directory of %s" % who, p.stdout.split() == [who, "700"], p.stdout)
        p = in_root(root, "gatehouse", "keys", "generate", "-c", c)
        check("keys are made", p.returncode == 0, p.stdout)
        p = in_root(root, "stat", "-c", "%U %a", "/var/lib/gatehouse/appliance.key")
        check("the service can read its key, nobody else", p.stdout.split() == ["gatehouse", "600"], p.stdout)
        p = in_root(root, "gatehouse", "console", "init", "-c", "/etc/gatehouse/console.conf")
        check("the console is made", p.returncode == 0, p.stdout)
        p = in_root(root, "sh", "-c", "cd /var/lib/gatehouse-console && stat -c '%n %U' *")
        owners = dict(x.split() for x in p.stdout.splitlines() if len(x.split()) == 2)
        check("the console's files are its user's, the committee's key root's",
              owners.get("committee.key") == "root" and owners.get("console.db") == "gatehouse-console" and owners.get("console.key") == "gatehouse-console", owners)
        with open(root + "/mail.txt", "w") as f:
            f.write("TỐI MẬT\n\nBáo cáo\n")
        p = in_root(root, "gatehouse", "classify", "/mail.txt")
        check("a document is classified with the installed rules and policy", p.returncode == 0 and '"toi_mat"' in p.stdout, p.stdout)
        as_unit(root, c)
        with open(root + c, "a") as f:
            f.write("# set by the officer\n")
        p = in_root(root, "dpkg", "-i", "/new.deb")
        check("it upgrades", p.returncode == 0, p.stdout)
        check("the configuration is kept", "set by the officer" in open(root + c).read())
        check("the key is kept", os.path.exists(root + "/var/lib/gatehouse/appliance.key"))
        p = in_root(root, "dpkg", "-r", "gatehouse")
        check("it is removed, the configuration stays", p.returncode == 0 and os.path.exists(root + c) and not os.path.exists(root + "/usr/bin/gatehouse"), p.stdout)
        p = in_root(root, "dpkg", "-P", "gatehouse")
        check("it is purged, the keys are kept and told", p.returncode == 0 and "keeps its keys" in p.stdout and not os.path.exists(root + c) and
              os.path.exists(root + "/var/lib/gatehouse/appliance.key") and not os.path.exists(root + "/var/lib/gatehouse-console/console.db"), p.stdout)
    finally:
        run("umount", "-l", root + "/proc")
        shutil.rmtree(work, ignore_errors=True)


for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
    if not shutil.which(tool):
        print("skipped: no " + tool, file=sys.stderr)
        sys.exit(77)
if not os.path.exists(BUILD + "/web/index.html"):
    print("skipped: the console's page is not built here", file=sys.stderr)
    sys.exit(77)
with tempfile.TemporaryDirectory(prefix="gh-deb-", dir="/var/tmp") as out:
    package = make(into=out)
    if package:
        contents(package)
        lint(package)
        if ROOT:
            life(package)
print("%d passed, %d failed" % (passed, failed))
sys.exit(1 if failed or not passed else 0)
