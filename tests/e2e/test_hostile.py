"""Clumsy and hostile clients: whatever they do, health answers, scrapes come through, and nothing of them stays behind.

How much the others are delayed is measured by scripts/bench (hostile); here no more is asserted than a loaded machine keeps."""
import base64
import contextlib
import socket
import threading

import pytest

from deployment import Page, wait_until
from hostile import Drip, Fuzzer, Regulars, connect, crowd, reset
from redis_place import Place
from web_place import HASH, PASSWORD, Certificates, Served

# Of any answer to a regular client meanwhile; half of what a scraper gives it.
PATIENCE = 5
MANY = 500  # more than there are threads, by far
GET = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def place():
    place = Place()
    server = place.server()
    server.start()
    place.watched = place.exporter(server)
    place.watched.wait(lambda page: page.value("up") == 1, 30, "it watches")
    # What each thread needs once is no growth.
    with crowd(place.watched, MANY, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
        place.watched.scrape()
    yield place
    place.purge()


@pytest.fixture
def exporter(place):
    """Afterwards it is as it was before: its descriptors, and but little more memory."""
    exporter = place.watched
    before = exporter.scrape()
    yield exporter
    assert exporter.process.poll() is None, exporter.log()
    exporter.wait(lambda page: page.value("process_open_fds") <= before.value("process_open_fds") + 2, 60, "its descriptors are free again")
    grown = exporter.scrape().value("process_resident_memory_bytes") - before.value("process_resident_memory_bytes")
    assert grown < 32 << 20
    assert "by a fault of the exporter" not in exporter.log()


@contextlib.contextmanager
def regulars_fare_well(exporter, least=20, allowed=None, **more):
    with Regulars(exporter, **more) as regulars:
        yield regulars
        asked = regulars.asked()
        wait_until(lambda: regulars.asked() >= asked + least, 60, f"the others get answers; {regulars.faults[:3]}")
    assert [fault for fault in regulars.faults if fault != allowed] == []
    assert max(max(seconds) for seconds in regulars.seconds.values()) < PATIENCE


@pytest.mark.parametrize("count", [64, MANY])
@pytest.mark.parametrize("first", [b"", GET, b"GET /metrics HT"], ids=["silent", "kept_alive", "half_a_request"])
def test_idle_clients(exporter, count, first):
    with regulars_fare_well(exporter), crowd(exporter, count, first):
        with regulars_fare_well(exporter):
            pass


def test_requests_byte_by_byte(exporter):
    with crowd(exporter, MANY, b"GET /metrics HTTP/1.1\r\nX-Slow: ") as clients, Drip(clients, b"x"), regulars_fare_well(exporter):
        pass


def test_clients_that_do_not_read(exporter):
    # Each asks for more than the buffers of its socket hold; until those are full all scrapes that are admitted may be theirs.
    busy = ("/metrics", 503)
    with crowd(exporter, 200, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100), regulars_fare_well(exporter, allowed=busy):
        pass


def said(exporter, request, timeout=20):
    """All that comes back until the other side hangs up, or the client does after an answer."""
    with connect(exporter, timeout) as client:
        with contextlib.suppress(OSError):
            client.sendall(request)
        answer = b""
        with contextlib.suppress(OSError):
            while part := client.recv(1 << 16):
                answer += part
        return answer


CLOSE = b"Connection: close\r\n\r\n"


def test_large_heads_are_refused(exporter):
    with regulars_fare_well(exporter):
        for head in (
            b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n" + CLOSE,
            b"GET / HTTP/1.1\r\nX: " + b"a" * (1 << 20) + b"\r\n" + CLOSE,
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000 + CLOSE,
            b"A" * (1 << 20),
        ):
            assert b" 200 " not in said(exporter, head)[:20]
        # What a proxy may well add.
        assert said(exporter, b"GET /-/healthy HTTP/1.1\r\nX: " + b"a" * 8000 + b"\r\n" + CLOSE).startswith(b"HTTP/1.1 200 ")


def test_bodies_are_not_read(exporter):
    with regulars_fare_well(exporter):
        small = said(exporter, b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789")
        assert small.startswith(b"HTTP/1.1 413 ")
        for head in (b"Content-Length: 10000000000", b"Transfer-Encoding: chunked"):
            with connect(exporter) as client:
                client.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
                sent = 0
                with contextlib.suppress(OSError):
                    while sent < 256 << 20:
                        sent += client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                assert sent < 256 << 20, "a body without end is read without end"


def test_old_and_pipelined_requests(exporter):
    old = said(exporter, b"GET /-/healthy HTTP/1.0\r\n\r\n")
    assert old.startswith(b"HTTP/1.1 200 ") and old.endswith(b"\r\n\r\nhealthy\n")
    many = said(exporter, GET * 99 + b"GET /-/ready HTTP/1.1\r\n" + CLOSE)
    assert many.count(b"HTTP/1.1 200 OK") == 100 and many.count(b"healthy\n") == 99 and many.endswith(b"ready\n")
    headless = said(exporter, b"HEAD /metrics HTTP/1.1\r\n" + CLOSE)
    assert headless.startswith(b"HTTP/1.1 200 ") and headless.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "request_line",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
     b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n", b"GET /%zz HTTP/1.1\r\n" + CLOSE,
     b"GET /metrics?a=%zz HTTP/1.1\r\n" + CLOSE, b"GET http://elsewhere.example/metrics HTTP/1.1\r\n" + CLOSE, b"CONNECT elsewhere.example:80 HTTP/1.1\r\n" + CLOSE],
)  # fmt: skip
def test_broken_requests_are_told_so_or_hung_up_on(exporter, request_line):
    with connect(exporter, 20) as client:
        client.sendall(request_line)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(1 << 16):
                answer += part
    assert b" 200 " not in answer[:20]


def test_clients_that_leave_in_the_middle(exporter):
    def leave():
        for index in range(300):
            client = connect(exporter)
            request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
            client.sendall(request[: index % len(request)] if index % 2 else request * 3)
            if index % 6 == 0:
                client.recv(10)
            reset(client) if index % 5 else client.close()

    with regulars_fare_well(exporter):
        leavers = [threading.Thread(target=leave) for _ in range(4)]
        for leaver in leavers:
            leaver.start()
        for leaver in leavers:
            leaver.join()


@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_random_requests(exporter, seed):
    def attack(own_seed, count):
        fuzzer = Fuzzer(own_seed)
        for _ in range(count):
            with contextlib.suppress(OSError):
                with connect(exporter, 5) as client:
                    client.sendall(fuzzer.request())
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(1 << 16):
                        pass

    with regulars_fare_well(exporter):
        attackers = [threading.Thread(target=attack, args=(seed * 10 + number, 625)) for number in range(4)]
        for attacker in attackers:
            attacker.start()
        for attacker in attackers:
            attacker.join()


@pytest.fixture(scope="module")
def guarded(place, tmp_path_factory):
    """TLS and a user."""
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    dear = HASH.replace("$04$", "$11$")  # nobody's password, and a quarter of a second to find out
    file = certificates.configuration(
        f'tls_server_config: {{cert_file: server.crt, key_file: server.key}}\nbasic_auth_users: {{joe: "{HASH}", ann: "{dear}"}}\n'
    )
    exporter = Served("redis", [f"--redis.addr={place.servers[0].address}", f"--web.config.file={file}"], place.folder)
    place.exporters.append(exporter)
    exporter.certificates = certificates
    return exporter


def login(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def fds(exporter):
    page = Page(exporter.get_tls("/metrics", exporter.certificates.tls(), login("joe", PASSWORD))[1])
    return page.value("process_open_fds")


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 70_000],
                         ids=["silent", "half_a_hello", "plain_http", "nonsense"])  # fmt: skip
def test_handshakes_that_do_not_end(guarded, first):
    before = fds(guarded)
    well = {"context": guarded.certificates.tls(), "headers": login("joe", PASSWORD)}
    with crowd(guarded, MANY, first), regulars_fare_well(guarded, least=10, **well):
        pass
    wait_until(lambda: fds(guarded) <= before + 2, 60, "its descriptors are free again")
    assert guarded.process.poll() is None


def test_guesses_of_passwords_delay_nobody_who_is_known(guarded):
    context = guarded.certificates.tls()
    ending = threading.Event()
    statuses = set()

    def guess(number):
        attempt = 0
        guesser = Regulars(guarded, context=context)
        while not ending.is_set():
            attempt += 1
            guesser.headers = login(("ann", "joe", "nobody")[attempt % 3], f"{number} {attempt}")
            with contextlib.suppress(OSError):
                statuses.add(guesser.once("/-/healthy"))

    guessers = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    with regulars_fare_well(guarded, context=context, headers=login("joe", PASSWORD)):
        for guesser in guessers:
            guesser.start()
        try:
            wait_until(lambda: statuses == {401, 503}, 60, "guesses are refused, or told to come again")
        finally:
            ending.set()
            for guesser in guessers:
                guesser.join()
