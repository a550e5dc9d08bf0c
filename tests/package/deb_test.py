#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package as cpack makes it.

  deb_test.py BUILD           what is in it, its modes, its scripts, its units' exposure (systemd-analyze), lintian where it is installed
  deb_test.py BUILD --root    also: installed, used, upgraded, removed and purged in a Debian root made by mmdebstrap (root and a mirror needed)"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD, ROOT = os.path.abspath(sys.argv[1]), "--root" in sys.argv[2:]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import starter  # noqa: E402

# The most exposure that systemd-analyze may find, for each unit of the package and of the image.
MOST_EXPOSURE = 1.5
USERS = ["gatehouse", "gh-sensor", "gh-core", "gh-scan", "gh-policy", "gh-lists", "gh-enforce", "gh-nft", "gh-uplink", "gh-down", "gh-update", "gh-setup", "gh-setup-page"]
# No ITP to close; no address of the authors is published; the scripts call systemctl as debhelper's do.
TAGS = "initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog,maintainer-script-calls-systemctl"
WANTED = ["usr/bin/gatehouse", "usr/libexec/gatehouse/gh-sensor", "usr/libexec/gatehouse/gh-console", "usr/share/gatehouse/rules/", "usr/share/gatehouse/policy/standard/bundle.json", "usr/share/gatehouse/policy/state-secrets/policy.lua",
          "usr/share/gatehouse/web/index.html", "usr/share/man/man1/gatehouse.1.gz", "usr/share/bash-completion/completions/gatehouse", "etc/gatehouse/gatehouse.conf",
          "lib/systemd/system/gatehouse.service", "lib/systemd/system/gatehouse-core.socket", "lib/systemd/system/gatehouse-core@.service", "usr/lib/sysusers.d/gatehouse.conf", "usr/share/doc/gatehouse/copyright"]
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
    image = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "firmware", "image", "files", "usr", "lib", "systemd", "system")
    for path in sorted(glob.glob(directory + "/*.service") + glob.glob(image + "/*.service")):
        unit, most = os.path.basename(path), MOST_EXPOSURE
        p = run("systemd-analyze", "security", "--offline=true", path)
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


def status_of(root, c, seconds, wanted):
    """The keeper's status as soon as wanted(status) is true, or the last one."""
    status, end = {}, time.monotonic() + seconds
    while time.monotonic() < end:
        p = in_root(root, "gatehouse", "status", "-c", c, "--json")
        try:
            status = json.loads(p.stdout)["status"]
        except (ValueError, KeyError):
            status = {}
        if status and wanted(status):
            break
        time.sleep(0.5)
    return status


def as_units(root, c):
    """The service as its units start it: each process its own user, none with a right but the sensor, and none of that either
    once it is locked in."""
    with open(root + c) as f:
        text = f.read()
    with open(root + c, "w") as f:
        f.write(text.replace("interface =", "interface = lo").replace("console =", "console = https://127.0.0.1:9\npoll = 100ms"))
    s = starter.Starter(root)
    keeper = s.keeper()
    names = ["sensor", "core", "scan", "policy"]
    status = status_of(root, c, 90, lambda x: x.get("users") and all("uid" in x["processes"][n] for n in names) and "recorded" in str(x["processes"]["core"]))
    log = open(root + "/units.log").read()
    if check("the service runs", keeper.poll() is None and status.get("mode") == "live" and "recorded" in str(status), log + str(status)):
        ids = {x.split(":")[0]: int(x.split(":")[2]) for x in open(root + "/etc/passwd")}
        processes(status, ids, names)
        core = status["processes"]["core"]["pid"]
        os.kill(core, signal.SIGKILL)
        again = status_of(root, c, 60, lambda x: x["processes"]["core"].get("pid") not in (0, core) and "uid" in x["processes"]["core"])
        check("a process that dies is started again", again["processes"]["core"]["restarts"] == 1, again)
        os.kill(status["processes"]["scan"]["pid"], signal.SIGSTOP)
        keeper.send_signal(signal.SIGTERM)
        check("the keeper ends although one is stuck", wait(keeper, 60) == 0, open(root + "/units.log").read())
        left = s.close()
        check("and nobody is left behind", not left, left)
    else:
        keeper.kill()
        s.close()
    p = in_root(root, "sh", "-c", "cd /var/lib/gatehouse && stat -c '%n %U %G %a' . *")
    rows = {x.split()[0]: x.split()[1:] for x in p.stdout.splitlines() if len(x.split()) == 4}
    for name, want in (("appliance.key", ["gh-core", "600"]), ("journal.db", ["gh-core", "640"]), ("keeper", ["gatehouse", "750"]), (".", ["gh-core", "751"])):
        check("%s belongs to who needs it" % name, rows.get(name) and [rows[name][0], rows[name][2]] == want, rows)
    p = in_root(root, "setpriv", "--reuid", "gh-uplink", "--regid", "gatehouse", "--init-groups", "test", "-r", "/var/lib/gatehouse/journal.db")
    check("the uplink can read the journal", p.returncode == 0)
    for who in ("gh-scan", "gh-policy", "gh-sensor", "gatehouse"):
        for name in ("journal.db", "appliance.key"):
            p = in_root(root, "setpriv", "--reuid", who, "--regid", who, "--init-groups", "test", "-r", "/var/lib/gatehouse/" + name)
            check("%s cannot read %s" % (who, name), p.returncode != 0)
    with open(root + c, "w") as f:
        f.write(text)


def asked(root, c):
    """A new post's questions: who asks is a user without rights, who writes is another process."""
    with open(root + c) as f:
        text = f.read()
    s = starter.Starter(root)
    card = next(x for x in sorted(os.listdir("/sys/class/net")) if x != "lo")
    asks = ["chroot", root, "setpriv", "--reuid", "gh-setup", "--regid", "gh-setup", "--init-groups", "--no-new-privs", "--bounding-set", "-all",
            "gatehouse", "setup", "-c", c, "--through", "/run/gatehouse-start/setup.sock"]
    p = run(*asks, input="2\nPost 5\n%s\n10.1.0.0/24\n10.1.0.0/16\ndhcp\nhttps://127.0.0.1:9\n\n\n\n" % card, env=s.env)
    now = open(root + c).read()
    check("who asks at a screen writes by another process", p.returncode == 0 and "name = Post 5" in now and "inside = 10.1.0.0/16" in now and "enrol-request-v1" in p.stdout, p.stdout + now)
    p = in_root(root, "stat", "-c", "%U %a", c, "/etc/gatehouse/management.network", "/var/lib/gatehouse/appliance.key")
    check("and what is written has its owners", p.stdout.split("\n")[:3] == ["root 644", "root 644", "gh-core 600"], p.stdout)
    p = run(*[x.replace("gh-setup", "gh-setup-page") for x in asks], input="2\nPost 6\n\n\n\n\n\n\n\n\n", env=s.env)
    check("who asks by a page lacks the code, which is in the log", p.returncode == 3 and "wrong code" in p.stdout and "Post 6" not in open(root + c).read() and
          re.search(r"code: \d{8}", open(root + "/units.log").read()), p.stdout)
    p = run(*[x.replace("gh-setup", "gh-scan") for x in asks], input="2\n", env=s.env)
    check("nobody else reaches who writes", p.returncode == 3 and "denied" in p.stdout.lower(), p.stdout)
    s.close()
    os.unlink(root + "/etc/gatehouse/management.network")
    with open(root + c, "w") as f:
        f.write(text)


def processes(status, ids, names):
    for n in names:
        p = status["processes"][n]
        check("gh-%s runs as itself" % n, p["uid"] == ids["gh-" + n], p)
        try:
            rows = dict(x.split(":\t", 1) for x in open("/proc/%d/status" % p["pid"]).read().splitlines() if ":\t" in x)
        except OSError as e:
            check("gh-%s is there" % n, False, e)
            continue
        check("gh-%s has no capability, no way to one, and a filter" % n, int(rows["CapPrm"], 16) == 0 and int(rows["CapAmb"], 16) == 0 and
              rows["NoNewPrivs"] == "1" and rows["Seccomp"] == "2" and set(rows["Uid"].split()) == {str(p["uid"])}, rows)
    check("the status says that users are separate", status["users"] == "separate", status)


def wait(p, seconds):
    try:
        return p.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        p.kill()
        return None


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
        for name, want in (("gatehouse", ["gh-core", "gatehouse", "751"]), ("gatehouse-console", ["gatehouse-console", "gatehouse-console", "700"]),
                           ("gatehouse/keeper", ["gatehouse", "gatehouse", "750"])):
            p = in_root(root, "stat", "-c", "%U %G %a", "/var/lib/" + name)
            check("the directory %s" % name, p.stdout.split() == want, p.stdout)
        p = in_root(root, "gatehouse", "keys", "generate", "-c", c)
        check("keys are made", p.returncode == 0, p.stdout)
        p = in_root(root, "stat", "-c", "%U %a", "/var/lib/gatehouse/appliance.key")
        check("the core can read its key, nobody else", p.stdout.split() == ["gh-core", "600"], p.stdout)
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
        asked(root, c)
        as_units(root, c)
        # as 0.1 left it: one user had everything
        in_root(root, "sh", "-c", "chown -R gatehouse:gatehouse /var/lib/gatehouse; chmod -R go= /var/lib/gatehouse; echo {} > /var/lib/gatehouse/status.json; rm -rf /var/lib/gatehouse/keeper; ln -s /etc/shadow /var/lib/gatehouse/evidence/trap")
        with open(root + c, "a") as f:
            f.write("# set by the officer\n")
        p = in_root(root, "dpkg", "-i", "/new.deb")
        check("it upgrades", p.returncode == 0, p.stdout)
        p = in_root(root, "sh", "-c", "cd /var/lib/gatehouse && stat -c '%n %U %a' . appliance.key journal.db evidence keeper; stat -Lc '%U' /etc/shadow; ls")
        check("a state directory of one user is handed over", ". gh-core 751\nappliance.key gh-core 600\njournal.db gh-core 640\nevidence gh-core 700\nkeeper gatehouse 750\nroot\n" in p.stdout and
              "status.json" not in p.stdout, p.stdout)
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
