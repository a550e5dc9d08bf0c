# SPDX-License-Identifier: GPL-3.0-or-later
"""A thin and bad line between two network namespaces: thinline.py RATE DELAY LOSS QUEUE

Two TUN devices, and between them a modem: packets one after the other at RATE bytes a second, a queue of QUEUE bytes before it that drops what does not
fit, DELAY seconds each way, and LOSS of them gone. Both ends are the kernel's own TCP, so bursts, queues, losses and repetitions are real; netem would do
the same, but is not in every kernel. Needs root and /dev/net/tun."""
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

POST, CENTRE = "gh-post", "gh-centre"
ADDRESS = {POST: "10.30.0.1", CENTRE: "10.30.0.2"}
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454ca, 1, 0x1000, 0x40000000


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def remove():
    for n in (POST, CENTRE):
        subprocess.run(["ip", "netns", "del", n], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def device(space):
    """A TUN device in that namespace, which this process enters."""
    fd = os.open("/var/run/netns/" + space, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22s", b"line", IFF_TUN | IFF_NO_PI, b""))
    return tun


class Way:
    """One direction."""

    def __init__(self, source, to):
        self.source, self.to, self.free, self.bytes, self.packets, self.lost, self.dropped = source, to, 0.0, 0, 0, 0, 0
        self.deepest = 0.0


def run(rate, delay, loss, queue):
    post, centre = device(POST), device(CENTRE)
    ways, late, serial, dice, ended = [Way(post, centre), Way(centre, post)], [], 0, random.Random(7), []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    while not ended:
        now = time.monotonic()
        while late and late[0][0] <= now:
            _, _, to, packet = heapq.heappop(late)
            os.write(to, packet)
        wait = min(0.2, late[0][0] - time.monotonic()) if late else 0.2
        ready = select.select([post, centre], [], [], max(0, wait))[0]
        for w in (w for w in ways if w.source in ready):
            packet, now = os.read(w.source, 65536), time.monotonic()
            waits = max(0.0, w.free - now)
            w.deepest = max(w.deepest, waits)
            if waits * rate + len(packet) > queue:
                w.dropped += 1
                continue
            w.free = max(w.free, now) + len(packet) / rate
            w.bytes, w.packets, serial = w.bytes + len(packet), w.packets + 1, serial + 1
            if dice.random() < loss:
                w.lost += 1
            else:
                heapq.heappush(late, (w.free + delay, serial, w.to, packet))
    print(json.dumps({name: {"bytes": w.bytes, "packets": w.packets, "lost": w.lost, "dropped": w.dropped, "deepest_queue_s": round(w.deepest, 2)}
                      for name, w in zip(("up", "down"), ways)}))


def start(rate, delay, loss, queue):
    """The namespaces, and the process that is the line. CalledProcessError, OSError: not possible here."""
    remove()
    for n in (POST, CENTRE):
        ip("netns", "add", n)
        ip("-n", n, "link", "set", "lo", "up")
    line = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(rate), str(delay), str(loss), str(queue)], stdout=subprocess.PIPE, text=True)
    for n, other in ((POST, CENTRE), (CENTRE, POST)):
        end = time.monotonic() + 20
        while subprocess.run(["ip", "-n", n, "link", "set", "line", "up"], stderr=subprocess.DEVNULL).returncode != 0:
            if line.poll() is not None or time.monotonic() > end:
                raise OSError("no TUN device can be made")
            time.sleep(0.05)
        ip("-n", n, "addr", "add", ADDRESS[n], "peer", ADDRESS[other], "dev", "line")
        for control in ("cubic", "reno"): # what most systems have; one that fills queues, whatever this machine's default
            if subprocess.run(["ip", "netns", "exec", n, "sysctl", "-qw", "net.ipv4.tcp_congestion_control=" + control], stderr=subprocess.DEVNULL).returncode == 0:
                break
    return line


if __name__ == "__main__":
    run(*(float(a) for a in sys.argv[1:5]))
