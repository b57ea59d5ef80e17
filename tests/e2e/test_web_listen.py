"""Where an exporter listens: several addresses, both families, what systemd passes, and what it says of those that can't be had."""
import ctypes
import errno
import http.client
import os
import platform
import signal
import socket
import struct
import subprocess

import pytest

from deployment import BIN, Endpoint, Exporter, Repeatedly, free_port, wait_until
from web_place import SEEDS, SERVICES, Certificates, run, serve

SERVICE = SERVICES[0]


def health(address):
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)
    try:
        connection.request("GET", "/-/healthy")
        return connection.getresponse().status
    finally:
        connection.close()


def test_several_addresses_of_both_families(tmp_path):
    four, six, both, name = (free_port() for _ in range(4))
    addresses = [f"127.0.0.1:{four}", f"[::1]:{six}", f":{both}", f"localhost:{name}"]
    exporter = serve(tmp_path, None, *(f"--web.listen-address={address}" for address in addresses))
    try:
        for address in (exporter.address, addresses[0], addresses[1], f"127.0.0.1:{both}", f"[::1]:{both}", addresses[3]):
            assert health(address) == 200, address
        for address in (f"[::1]:{four}", f"127.0.0.1:{six}"):
            with pytest.raises(ConnectionRefusedError):
                health(address)
        for address in addresses[:3]:
            assert f"listening address={address} " in exporter.log()
    finally:
        exporter.stop()


def test_a_taken_port_among_others_is_named_and_nothing_is_served():
    arguments, environment = SEEDS[SERVICE]("127.0.0.1:1")
    with socket.socket(socket.AF_INET6) as holder:
        holder.bind(("::1", 0))
        holder.listen()
        taken = f"[::1]:{holder.getsockname()[1]}"
        listen = [f"--web.listen-address={address}" for address in (f"127.0.0.1:{free_port()}", taken)]
        refused = run(SERVICE, *arguments, *listen, **environment)
    assert refused.returncode == 1
    assert f"can't listen on {taken}: Address already in use" in refused.stderr
    assert "msg=listening" not in refused.stderr


@pytest.mark.parametrize("address", ["9121", "::1:9121", "127.0.0.1:http", "127.0.0.1:70000", "no-such-name.invalid:9121", "203.0.113.1:9121"])
def test_an_address_that_is_none(address):
    arguments, environment = SEEDS[SERVICE]("127.0.0.1:1")
    refused = run(SERVICE, *arguments, f"--web.listen-address={address}", **environment)
    assert refused.returncode == 1
    assert f"can't listen on {address}: " in refused.stderr


def forbid_ipv6():
    """As on a kernel without IPv6: a filter of system calls answers socket(AF_INET6) with EAFNOSUPPORT."""
    number = {"x86_64": 41, "aarch64": 198}[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
    steps = [(load, 0, 0, 0), (equal, 0, 3, number), (load, 0, 0, 16), (equal, 0, 1, socket.AF_INET6), (give, 0, 0, refuse), (give, 0, 0, allow)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = struct.pack("HxxxxxxP", len(steps), ctypes.cast(ctypes.create_string_buffer(code), ctypes.c_void_p).value)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.create_string_buffer(program)) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def test_without_ipv6_a_port_alone_is_ipv4(tmp_path):
    port = free_port()
    arguments, environment = SEEDS[SERVICE]("127.0.0.1:1")
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(
            [BIN / f"replicawatch-{SERVICE}", *arguments, f"--web.listen-address=:{port}"],
            env={**os.environ, **environment}, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=forbid_ipv6,
        )  # fmt: skip
    try:
        wait_until(lambda: "msg=listening" in (tmp_path / "log").read_text() or process.poll(), 20, "it listens")
        assert health(f"127.0.0.1:{port}") == 200, (tmp_path / "log").read_text()
        with pytest.raises(ConnectionRefusedError):
            health(f"[::1]:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("tls", [False, True])
def test_sockets_that_systemd_passes(service, tls, tmp_path):
    arguments, environment = SEEDS[service]("127.0.0.1:1")
    certificates = None
    if tls:
        certificates = Certificates(tmp_path)
        file = certificates.configuration("tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
        arguments = [*arguments, f"--web.config.file={file}"]
    four, six = f"127.0.0.1:{free_port()}", f"[::1]:{free_port()}"
    variables = [f"--setenv={name}={value}" for name, value in environment.items()]
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(
            ["systemd-socket-activate", f"--listen={four}", f"--listen={six}", *variables, BIN / f"replicawatch-{service}",
             "--web.systemd-socket", *arguments],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    scheme, trust = ("https", ["--cacert", certificates.path("ca.crt")]) if tls else ("http", [])
    try:
        # The first connection starts it, and waits in the socket until it is there.
        for address in (four, six, four):
            asked = wait_until(
                lambda: subprocess.run(["curl", "-sS", "-m", "20", *trust, f"{scheme}://{address}/-/healthy"], capture_output=True, text=True).stdout,
                20, f"{address} answers; {(tmp_path / 'log').read_text()}",
            )  # fmt: skip
            assert asked == "healthy\n"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    said = (tmp_path / "log").read_text()
    assert f"listening address={four} " in said and f"listening address={six} " in said


def test_behind_a_passed_socket_no_scrape_is_lost_while_it_is_started_again(tmp_path):
    """This process holds the socket, as systemd does, and passes it to one exporter after the other."""
    arguments, environment = SEEDS[SERVICE]("127.0.0.1:1")
    holder = socket.create_server(("127.0.0.1", 0), backlog=200)
    address = f"127.0.0.1:{holder.getsockname()[1]}"
    answers = []

    def scrape():
        try:
            status, _, body = Endpoint(address).get("/metrics", timeout=30)
            answers.append(status if b"\nreplicawatch_up{" in body else body)
        except OSError as error:
            answers.append(error)

    kept = http.client.HTTPConnection(address, timeout=30)

    def scrape_over_one_connection():
        """As Prometheus does it: a connection that has served may have ended meanwhile, a new one may not."""
        for fresh in (False, True):
            try:
                if fresh:
                    kept.close()
                kept.request("GET", "/metrics")
                answer = kept.getresponse()
                answers.append(answer.status if b"\nreplicawatch_up{" in answer.read() else "an empty page")
                return
            except (OSError, http.client.HTTPException) as error:
                if fresh:
                    answers.append(error)

    def start(log):
        # LISTEN_PID is the process's own number, which only the shell knows before it becomes the exporter.
        command = [BIN / f"replicawatch-{SERVICE}", "--web.systemd-socket", *arguments]
        return subprocess.Popen(
            ["bash", "-c", f'exec 3<&{holder.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "bash", *command],
            pass_fds=[holder.fileno()], env={**os.environ, **environment}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    with open(tmp_path / "log", "w") as log, Repeatedly(*[(scrape, 0)] * 8, (scrape_over_one_connection, 0)):
        for _ in range(10):
            process = start(log)
            count = len(answers)
            wait_until(lambda: len(answers) > count + 40, 20, "it is scraped")
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        process = start(log)
        count = len(answers)
        wait_until(lambda: len(answers) > count + 40, 20, "it is scraped")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    lost = [answer for answer in answers if answer != 200]
    assert not lost, f"{len(lost)} of {len(answers)}: {lost[0]!r}"


def test_a_scrape_that_waits_for_a_member_is_told_of_the_end(tmp_path):
    """Prometheus would take a page without deployments for the whole truth, and forget them."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        arguments, environment = SEEDS[SERVICE](f"127.0.0.1:{silent.getsockname()[1]}")
        exporter = Exporter(SERVICE, [*arguments, "--scrape.timeout=30s"], tmp_path, environment)
        client = http.client.HTTPConnection(exporter.address, timeout=30)
        client.request("GET", "/metrics", headers={"X-Prometheus-Scrape-Timeout-Seconds": "30"})
        port = client.sock.getsockname()[1]
        listed = ["ss", "-Htnp", "state", "established", f"sport = :{exporter.address.rpartition(':')[2]} and dport = :{port}"]

        def has_come():
            """The exporter has accepted it and read the request."""
            line = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
            return line and line[0] == "0" and f"pid={exporter.process.pid}," in line[-1]

        wait_until(has_come, 10, "the request has come")
        exporter.process.send_signal(signal.SIGTERM)
        answer = client.getresponse()
        text = answer.read().decode()
        assert exporter.process.wait(5) == 0
    assert (answer.status, text) == (503, "503 the exporter ends\n"), text[:2000]


@pytest.mark.parametrize("passed", [{}, {"LISTEN_FDS": "1"}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}])
def test_no_socket_from_systemd(passed):
    arguments, environment = SEEDS[SERVICE]("127.0.0.1:1")
    refused = run(SERVICE, *arguments, "--web.systemd-socket", **environment, **passed)
    assert refused.returncode == 1
    assert "systemd has passed no socket" in refused.stderr


def test_a_socket_of_another_kind_from_systemd(tmp_path):
    arguments, _ = SEEDS[SERVICE]("127.0.0.1:1")
    path = tmp_path / "unix.sock"
    process = subprocess.Popen(
        ["systemd-socket-activate", f"--listen={path}", BIN / f"replicawatch-{SERVICE}", "--web.systemd-socket", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    wait_until(path.exists, 10, "the socket is there")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "the socket with number 3 does not listen on TCP" in said
