# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service manager does with the package's units, as far as the tests need it: sockets that start a process for each
connection, as the user and with the capabilities that its unit names. For roots in which no systemd runs."""
import configparser
import glob
import os
import pwd
import socket
import subprocess
import threading

# the process's number is the same after exec, and only it knows that number before
BIRTH = 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'


def unit(path):
    rows = {}
    for line in open(path):
        line = line.strip()
        if line and line[0] not in "#[":
            k, v = line.split("=", 1)
            rows.setdefault(k, []).append(v)
    return rows


def command(root, u):
    """argv that runs the unit's ExecStart inside root as the unit would, but for its file system and its system calls."""
    caps = ",".join(["-all"] + ["+" + c[4:].lower() for c in u.get("AmbientCapabilities", [""])[0].split()])
    bound = ",".join(["-all"] + ["+" + c[4:].lower() for c in u.get("CapabilityBoundingSet", [""])[0].split()])
    user = u.get("User", ["root"])[0]
    return ["chroot", root, "setpriv", "--reuid", user, "--regid", u.get("Group", [user])[0], "--init-groups", "--no-new-privs", "--inh-caps", caps,
            "--ambient-caps", caps, "--bounding-set", bound, "sh", "-c", BIRTH, "sh"] + u["ExecStart"][0].split()


class Starter:
    def __init__(self, root):
        self.root, self.log, self.children, self.listeners = root, open(root + "/units.log", "a+"), [], []
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        users, groups = (dict(line.split(":")[::2][:2] for line in open(root + f)) for f in ("/etc/passwd", "/etc/group"))
        for path in sorted(glob.glob(root + "/lib/systemd/system/gatehouse-*.socket")):
            s = unit(path)
            where = s["ListenSequentialPacket"][0]
            os.makedirs(root + os.path.dirname(where), exist_ok=True)
            if os.path.exists(root + where):
                os.unlink(root + where)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            listener.bind(root + where)
            os.chown(root + where, int(users[s["SocketUser"][0]]), int(groups[s["SocketGroup"][0]]))
            os.chmod(root + where, int(s["SocketMode"][0], 8))
            listener.listen(8)
            self.listeners.append(listener)
            threading.Thread(target=self.serve, args=(listener, unit(path[:-7] + "@.service")), daemon=True).start()

    def serve(self, listener, u):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            fd = connection.fileno()
            keep = os.dup(fd)
            p = subprocess.Popen(command(self.root, u), env=dict(self.env, **dict(x.split("=", 1) for x in u.get("Environment", []))), stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, close_fds=False,
                                 preexec_fn=lambda: (os.dup2(keep, 3), os.closerange(4, 4096)))
            connection.close()
            os.close(keep)
            self.children.append((os.path.basename(u["ExecStart"][0].split()[0]), u.get("User", ["root"])[0], p))

    def keeper(self):
        u = unit(self.root + "/lib/systemd/system/gatehouse.service")
        return subprocess.Popen(command(self.root, u), env=self.env, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def close(self):
        for s in self.listeners:
            s.close()
        left = []
        for name, _, p in self.children:
            try:
                p.wait(timeout=20)
            except subprocess.TimeoutExpired:
                left.append(name)
                p.kill()
                p.wait()
        return left
