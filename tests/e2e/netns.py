# SPDX-License-Identifier: GPL-3.0-or-later
"""Three network namespaces, the appliance's as a router between a server inside and clients outside."""
import json
import os
import shutil
import subprocess
import sys

INSIDE, GATE, OUTSIDE = "gh-inside", "gh-gate", "gh-outside"
SERVER, CLIENTS = "10.20.0.10", ("203.0.113.9", "203.0.113.10", "203.0.113.11")


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def network():
    remove_network()
    for n in (INSIDE, GATE, OUTSIDE):
        ip("netns", "add", n)
        ip("-n", n, "link", "set", "lo", "up")
    for name, there, addresses, gate in (("in", INSIDE, (SERVER + "/24",), "10.20.0.1/24"), ("out", OUTSIDE, tuple(c + "/24" for c in CLIENTS), "203.0.113.1/24")):
        ip("-n", GATE, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", there)
        for a in addresses:
            ip("-n", there, "addr", "add", a, "dev", "eth0")
        ip("-n", there, "link", "set", "eth0", "up")
        ip("-n", GATE, "addr", "add", gate, "dev", name)
        ip("-n", GATE, "link", "set", name, "up")
        ip("-n", there, "route", "add", "default", "via", gate.split("/")[0])
    subprocess.run(["ip", "netns", "exec", GATE, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)


def remove_network():
    for n in (INSIDE, GATE, OUTSIDE):
        subprocess.run(["ip", "netns", "del", n], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_nginx(directory, share):
    conf = os.path.join(directory, "nginx.conf")
    with open(conf, "w") as f:
        f.write("daemon off;\nworker_processes 1;\npid %s/nginx.pid;\nerror_log %s/nginx.log;\nevents {}\nhttp {\n access_log off;\n keepalive_timeout 60;\n"
                " server { listen %s:80; root %s/capture/documents; }\n}\n" % (directory, directory, SERVER, share))
    p = subprocess.Popen(["ip", "netns", "exec", INSIDE, "nginx", "-c", conf, "-e", directory + "/nginx.log"], stderr=subprocess.DEVNULL)
    return p


FETCH = r"""
import http.client, json, sys, time
server, source, name, wait = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
c = http.client.HTTPConnection(server, 80, timeout=4, source_address=(source, 0))
out = {}
try:
    c.request("GET", "/" + name)
    r = c.getresponse()
    out["status"], out["bytes"], out["done"] = r.status, len(r.read()), time.time()
    time.sleep(wait)
    c.request("GET", "/bien-ban.odt")
    out["second"] = c.getresponse().status
except OSError as e:
    out["error"] = type(e).__name__
except http.client.HTTPException as e:
    out["error"] = type(e).__name__
print(json.dumps(out))
"""


def fetch(source, name, wait):
    """One keep-alive connection: fetches name, waits, and asks for something else on the same connection."""
    p = subprocess.run(["ip", "netns", "exec", OUTSIDE, sys.executable, "-c", FETCH, SERVER, source, name, str(wait)], stdout=subprocess.PIPE, text=True, timeout=60)
    return json.loads(p.stdout)


def main(script, gatehouse, share, needs, seconds):
    """Runs script again inside the gate's namespace, as its fourth argument says; exits."""
    if os.geteuid() != 0 or not all(shutil.which(n) for n in ("ip",) + needs):
        print("skipped: needs root, and ip, %s" % ", ".join(needs), file=sys.stderr)
        sys.exit(77)
    try:
        network()
    except subprocess.CalledProcessError as e:
        print("skipped: network namespaces cannot be made here: %s" % e.stderr.decode(), file=sys.stderr)
        remove_network()
        sys.exit(77)
    try:
        rc = subprocess.run(["ip", "netns", "exec", GATE, sys.executable, os.path.abspath(script), gatehouse, share, "inner"], timeout=seconds).returncode
    finally:
        remove_network()
    sys.exit(rc)
