# SPDX-License-Identifier: GPL-3.0-or-later
"""Goods of a chain's console: made known, assigned, and what became of the order."""
import json
import os
import shutil

from chain import wait_for

POLICIES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "policy")


class Goods:
    def __init__(self, chain, api):
        self.chain, self.api = chain, api

    def console(self, *args):
        return self.chain.command("console", args[0], "-c", self.chain.path("console.conf"), *args[1:])

    def add(self, kind, path, name, version):
        """Its number."""
        return self.console("goods", "add", kind, path, "--name", name, "--version", version).split(" is number ")[1].split()[0]

    def assign(self, kind, number, *more):
        self.console("goods", "assign", kind, number, *more)

    def state(self, kind):
        items = self.api.get("/goods/states?kind=" + kind)["items"]
        return items[0] if items else {}

    def settled(self, kind, serial, *states):
        """The console's row of the order as soon as it is dealt with (or is in one of these states)."""
        def look():
            s = self.state(kind)
            return s if s.get("serial") == serial and s["state"] in (states or ("running", "refused", "failed")) else None
        return wait_for("%s order %d is settled" % (kind, serial), 120, look)

    def policy(self, version, source="standard"):
        """A copy of a bundle with a version of its own."""
        d = self.chain.path("bundle-" + version)
        shutil.copytree(os.path.join(POLICIES, source), d)
        with open(os.path.join(d, "bundle.json")) as f:
            b = json.load(f)
        b["version"] = version
        with open(os.path.join(d, "bundle.json"), "w") as f:
            json.dump(b, f)
        return d
