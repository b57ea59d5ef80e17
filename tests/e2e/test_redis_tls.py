"""replicawatch-redis over TLS and over a Unix socket, on a real master and replica that take nothing else."""
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

from authority import Authority
from deployment import BIN, Exporter, free_port, wait_until
from servers import program


class Servers:
    """A master and a replica with TLS alone, client certificates required; the master has a Unix socket as well."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        self.authority = Authority(self.folder)
        self.authority.issue("server", "IP:127.0.0.1,DNS:redis.example")
        self.authority.issue("client", "DNS:client.example")
        self.ports = [free_port(), free_port()]
        self.processes = []
        self.exporters = []
        for index, port in enumerate(self.ports):
            data = os.path.join(self.folder, str(port))
            os.mkdir(data)
            config = [
                "port 0", f"tls-port {port}", "bind 127.0.0.1", f"dir {data}", "save ''", "tls-replication yes",
                f"tls-cert-file {self.path('server.crt')}", f"tls-key-file {self.path('server.key')}",
                f"tls-ca-cert-file {self.path('ca.crt')}", "tls-auth-clients yes", "repl-diskless-sync-delay 0",
            ]
            config += [f"unixsocket {self.socket}"] if index == 0 else [f"replicaof 127.0.0.1 {self.ports[0]}"]
            with open(f"{data}/redis.conf", "w") as file:
                file.write("\n".join(config) + "\n")
            with open(f"{data}/log", "w") as log:
                self.processes.append(subprocess.Popen([program("REDIS_SERVER"), f"{data}/redis.conf"],
                                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def path(self, name):
        return self.authority.path(name)

    @property
    def socket(self):
        return os.path.join(self.folder, "redis.sock")

    def exporter(self, address, *arguments):
        exporter = Exporter("redis", [f"--redis.addr={address}", *arguments], self.folder)
        self.exporters.append(exporter)
        return exporter

    @property
    def files(self):
        return [f"--redis.tls.ca-file={self.path('ca.crt')}", f"--redis.tls.cert-file={self.path('client.crt')}",
                f"--redis.tls.key-file={self.path('client.key')}"]

    def purge(self):
        for process in self.processes + [exporter.process for exporter in self.exporters]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        subprocess.run(["rm", "-rf", self.folder], check=True)


@pytest.fixture(scope="module")
def servers():
    servers = Servers()
    yield servers
    servers.purge()


def healthy(page):
    return page.value("writable") == 1 and page.value("members_healthy") == 2 and page.value("primaries") == 1


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def secured(servers):
    exporter = servers.exporter(f"rediss://127.0.0.1:{servers.ports[1]}", *servers.files)
    exporter.wait(healthy, 20, "both are seen over TLS")
    return exporter


def test_both_nodes_over_tls(servers, secured):
    page = secured.scrape()
    assert sorted(labels["member"] for labels, _ in page.all("member_up")) == sorted(f"127.0.0.1:{p}" for p in servers.ports)
    assert page.value("replication_lag_bytes", member=f"127.0.0.1:{servers.ports[1]}") == 0
    # INFO ALL is larger than a TLS record's read: nothing of it is left behind.
    assert len([1 for name, _, _ in page.samples if name == "redis_commands_total"]) > 5


def test_a_paused_node_costs_no_cpu(servers, secured):
    """A handshake that nobody answers is waited for, not polled for without end."""
    servers.processes[0].send_signal(signal.SIGSTOP)
    try:
        fresh = servers.exporter(f"rediss://127.0.0.1:{servers.ports[0]}", *servers.files)
        before, start = cpu_seconds(fresh.process), time.monotonic()
        fresh.wait(lambda page: page.errors(f"127.0.0.1:{servers.ports[0]}") == ["timeout"], 15, "a time-out")
        # A busy loop would take all of it; what is asked for is a small part.
        assert cpu_seconds(fresh.process) - before < (time.monotonic() - start) / 4
    finally:
        servers.processes[0].send_signal(signal.SIGCONT)
    fresh.wait(healthy, 30, "it goes on by itself")
    fresh.stop()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["ca"], "its certificate is refused: self-signed certificate in certificate chain"),
        (["name"], "its certificate is refused: hostname mismatch"),
        (["none"], "certificate"),
    ],
)
def test_a_certificate_that_does_not_fit(servers, arguments, words):
    files = servers.files
    if arguments == ["ca"]:
        files = files[1:]
    if arguments == ["name"]:
        files = [*files, "--redis.tls.server-name=other.example"]
    if arguments == ["none"]:
        files = files[:1]
    member = f"127.0.0.1:{servers.ports[0]}"
    exporter = servers.exporter(f"rediss://{member}", *files)
    exporter.wait(lambda page: page.errors(member) == ["connect"], 15, "the connection fails")
    wait_until(lambda: words in exporter.log(), 5, f"the log says {words}; it says {exporter.log()}")
    exporter.stop()


def test_the_name_that_the_certificate_has(servers):
    exporter = servers.exporter(f"rediss://127.0.0.1:{servers.ports[0]}", *servers.files, "--redis.tls.server-name=redis.example")
    exporter.wait(healthy, 20, "both are seen")
    exporter.stop()


def test_a_server_without_tls_and_one_that_wants_it(servers):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"-ERR this is no TLS\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        member = "127.0.0.1:%d" % listener.getsockname()[1]
        exporter = servers.exporter(f"rediss://{member}", *servers.files)
        exporter.wait(lambda page: page.errors(member) == ["connect"], 15, "it is told apart")
        exporter.stop()
        thread.join(5)
    member = f"127.0.0.1:{servers.ports[0]}"
    plain = servers.exporter(f"redis://{member}")
    plain.wait(lambda page: page.errors(member) in (["protocol"], ["connect"]), 15, "TLS is missing")
    plain.stop()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--redis.addr=rediss://h", "--redis.tls.ca-file=/does/not/exist"], "no CA certificate can be read from /does/not/exist"),
        (["--redis.addr=rediss://h", "--redis.tls.cert-file=CLIENT"], "a client certificate and its key go together"),
        (["--redis.addr=rediss://h", "--redis.tls.cert-file=CLIENT", "--redis.tls.key-file=SERVERKEY"], "no key that fits"),
        (["--redis.addr=redis://h", "--redis.tls.ca-file=CA"], "TLS is used with rediss://"),
    ],
)
def test_bad_settings_are_refused(servers, arguments, words):
    names = {"CLIENT": "client.crt", "SERVERKEY": "server.key", "CA": "ca.crt"}
    for name, file in names.items():
        arguments = [a.replace("=" + name, "=" + servers.path(file)) if a.endswith("=" + name) else a for a in arguments]
    done = subprocess.run([BIN / "replicawatch-redis", *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_unix_socket(servers):
    exporter = servers.exporter(f"unix://{servers.socket}")
    page = exporter.wait(lambda page: page.value("up") == 1, 15, "the master is asked")
    assert page.value("member_up", member=f"unix://{servers.socket}") == 1
    assert page.value("writable") == 1
    exporter.stop()
