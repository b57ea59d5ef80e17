"""Servers that can be cut off from each other while the test and the exporter still reach them all: each has a network namespace
of its own, made by the test and gone with it."""
import contextlib
import ctypes
import itertools
import os
import shutil
import subprocess

import pytest

CLONE_NEWNET = 0x40000000


def ip(*words, check=True):
    return subprocess.run(["ip", *map(str, words)], check=check, capture_output=True, text=True)


def enter(namespace_file):
    """Moves this thread, and what it starts from now on, into a network namespace."""
    descriptor = os.open(namespace_file, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(descriptor)


class Networks:
    """A bridge in a namespace of its own, where the test and the exporter are, and a namespace for each node. A test that may not
    have them is skipped, and says so."""

    def __init__(self, count):
        if os.geteuid() != 0 or shutil.which("ip") is None:
            pytest.skip("SKIPPED: network namespaces need root and iproute2: a partition was NOT tested")
        self.prefix = f"rw{os.getpid()}"
        self.hub = f"{self.prefix}-hub"
        self.names = [f"{self.prefix}-{i}" for i in range(count)]
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.made = []
        try:
            self._make(self.hub)
            ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
            ip("-n", self.hub, "addr", "add", f"{self.address(-1)}/24", "dev", "bridge")
            ip("-n", self.hub, "link", "set", "bridge", "up")
            for i, name in enumerate(self.names):
                self._make(name)
                ip("-n", self.hub, "link", "add", f"port{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
                ip("-n", self.hub, "link", "set", f"port{i}", "master", "bridge", "up")
                ip("-n", name, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
            enter(f"/run/netns/{self.hub}")
        except BaseException as error:
            self.purge()
            if isinstance(error, (OSError, subprocess.CalledProcessError)):
                pytest.skip(f"SKIPPED: no network namespaces here ({error}): a partition was NOT tested")
            raise

    def _make(self, name):
        ip("netns", "add", name)
        self.made.append(name)
        ip("-n", name, "link", "set", "lo", "up")

    def address(self, i):
        return f"10.231.77.{i + 2}"

    def cut_off(self, *nodes):
        """From all other nodes, not from the hub nor from each other."""
        for ours, other in self._across(nodes):
            ip("-n", self.names[ours], "route", "add", "blackhole", f"{self.address(other)}/32")

    def heal(self, *nodes):
        for ours, other in self._across(nodes):
            ip("-n", self.names[ours], "route", "del", "blackhole", f"{self.address(other)}/32", check=False)

    def _across(self, nodes):
        others = [other for other in range(len(self.names)) if other not in nodes]
        return [*itertools.product(nodes, others), *itertools.product(others, nodes)]

    def purge(self):
        with contextlib.suppress(OSError):
            ctypes.CDLL(None).setns(self.home, CLONE_NEWNET)
            os.close(self.home)
        for name in self.made:
            ip("netns", "del", name, check=False)
