"""A set that is named by mongodb+srv://, with a name service of the test's own, in network and mount namespaces of its own."""
import ctypes
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

import pytest

from deployment import wait_until
from mongo_set import MongoSet

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
A, TXT, SRV = 1, 16, 33
HOST = "shop.example.test"


def name_bytes(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


class NameService(threading.Thread):
    """Answers A, SRV and TXT questions from a dictionary of (name, type): [data]."""

    def __init__(self):
        super().__init__(daemon=True)
        self.records = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.start()

    def run(self):
        while True:
            question, sender = self.socket.recvfrom(4096)
            end = question.index(b"\0", 12) + 5
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            [kind] = struct.unpack(">H", question[end - 4:end - 2])
            answers = self.records.get((".".join(labels).lower(), kind), [])
            body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data for data in answers)
            known = any(name == ".".join(labels).lower() for name, _ in self.records)
            flags = 0x8580 if known else 0x8583
            self.socket.sendto(question[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0) + question[12:end] + body, sender)

    def point(self, ports, options="authSource=admin&replicaSet=rs0", domain="example.test"):
        self.records = {(f"_mongodb._tcp.{HOST}", SRV): [], (HOST, TXT): [bytes([len(options)]) + options.encode()] if options else []}
        for i, port in enumerate(ports):
            target = f"mongo-{i}.{domain}"
            self.records[(f"_mongodb._tcp.{HOST}", SRV)].append(struct.pack(">HHH", 0, 0, port) + name_bytes(target))
            self.records[(target, A)] = [socket.inet_aton("127.0.0.1")]


@pytest.fixture(scope="module")
def names():
    """From here on this process and what it starts have a loopback and a resolver's configuration of their own."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("SKIPPED: namespaces need root and iproute2: mongodb+srv:// was NOT tested")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        pytest.skip(f"SKIPPED: no namespaces here ({os.strerror(ctypes.get_errno())}): mongodb+srv:// was NOT tested")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    folder = tempfile.mkdtemp(prefix="replicawatch-test-")
    own = pathlib.Path(folder, "resolv.conf")
    own.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", own, "/etc/resolv.conf"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    yield NameService()
    subprocess.run(["umount", "/etc/resolv.conf"], check=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def mongo(names):
    mongo = MongoSet([{}, {}, {}])
    yield mongo
    mongo.purge()


def watch(mongo, options="tls=false"):
    return mongo.exporter(
        user=None, environment={"MONGODB_URI": f"mongodb+srv://replicawatch@{HOST}/?{options}", "MONGODB_PASSWORD": "password-of-a-test"}
    )


def test_the_members_come_from_the_name_service(mongo, names):
    """Records that come later than the exporter are found by itself; authSource is that of the TXT record."""
    names.records = {}
    exporter = watch(mongo)
    wait_until(lambda: "can't be looked up" in exporter.log(), 30, "the missing name is said")
    assert exporter.scrape().value("up") == 0
    names.point([node.port for node in mongo.nodes[1:]])
    page = exporter.wait(lambda page: page.replicates(members=3), 60, "the set is watched")
    assert sorted(labels["member"] for labels, _ in page.all("member_up")) == sorted(node.address for node in mongo.nodes)
    assert all(page.errors(node.address) == [] for node in mongo.nodes), "the login went to the right database"
    assert exporter.log().count("can't be looked up") == 1


def test_records_that_lead_elsewhere(mongo, names):
    """A target of another domain gets no login."""
    names.point([mongo.nodes[0].port], domain="elsewhere.test")
    exporter = watch(mongo)
    wait_until(lambda: "leads to another domain" in exporter.log(), 30, "it is said")
    assert exporter.scrape().value("up") == 0


def test_tls_unless_something_else_is_said(mongo, names):
    """As with all drivers; this set has none, so that it is not reached, and no password goes out in the clear."""
    names.point([node.port for node in mongo.nodes])
    exporter = watch(mongo, options="")
    exporter.wait(lambda page: page.all("member_error") and page.value("up") == 0, 30, "the members are tried with TLS")


def test_options_that_a_record_may_not_have(mongo, names):
    names.point([mongo.nodes[0].port], options="authSource=admin&tls=false")
    exporter = watch(mongo)
    wait_until(lambda: "another option" in exporter.log(), 30, "it is said")
