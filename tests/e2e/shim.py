#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad line between two interfaces, in user space: shim.py LEFT RIGHT LOSS REORDER SEED. Frames that come in at one interface go out at the other;
the share LOSS of them is dropped, the share REORDER held back until a few later ones have passed. Runs until killed and then prints what it did."""
import random
import select
import signal
import socket
import sys
import time

ETH_P_ALL, PACKET_OUTGOING = 3, 4
SO_RCVBUFFORCE = 33
HELD_FRAMES, HELD_SECONDS = 3, 0.02 # a held frame goes after so many others, or after so long when nothing follows


class Side:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.socket.bind((name, 0))
        self.held = [] # [frame, others to wait for, latest time]


class Shim:
    def __init__(self, left, right, loss, reorder, seed):
        self.sides = (Side(left), Side(right))
        self.loss, self.reorder, self.chance = loss, reorder, random.Random(seed)
        self.passed = self.lost = self.late = 0
        self.stop = False

    def send(self, side, frame):
        try:
            side.socket.send(frame)
            self.passed += 1
        except OSError: # the interface is going away
            self.lost += 1

    def release(self, side, others):
        now, keep = time.monotonic(), []
        for h in side.held:
            h[1] -= others
            if h[1] <= 0 or now >= h[2]:
                self.send(side, h[0])
            else:
                keep.append(h)
        side.held = keep

    def pass_on(self, source, target):
        for _ in range(64):
            try:
                frame, address = source.socket.recvfrom(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if address[2] == PACKET_OUTGOING:
                continue
            dice = self.chance.random()
            if dice < self.loss:
                self.lost += 1
            elif dice < self.loss + self.reorder:
                self.late += 1
                target.held.append([frame, HELD_FRAMES, time.monotonic() + HELD_SECONDS])
            else:
                self.send(target, frame)
                self.release(target, 1)

    def run(self):
        a, b = self.sides
        while not self.stop:
            waiting = a.held or b.held
            ready, _, _ = select.select([a.socket, b.socket], [], [], HELD_SECONDS if waiting else 0.5)
            if a.socket in ready:
                self.pass_on(a, b)
            if b.socket in ready:
                self.pass_on(b, a)
            self.release(a, 0)
            self.release(b, 0)
        print("passed %d, lost %d, out of order %d" % (self.passed, self.lost, self.late), flush=True)


if __name__ == "__main__":
    shim = Shim(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))

    def on_term(*_):
        shim.stop = True
    signal.signal(signal.SIGTERM, on_term)
    print("ready", flush=True)
    shim.run()
