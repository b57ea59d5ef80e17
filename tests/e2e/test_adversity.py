"""Everything that can be wrong when an exporter starts or while it runs: it keeps running, says what is wrong in
member_error and once in its log, and recovers by itself.

REPLICAWATCH_SERVICE says of which exporter.
"""
import contextlib
import http.server
import os
import socketserver
import threading

import pytest

from deployment import Stack, free_port
from redis_client import RedisClient
from servers import run_mc, run_mongosh

SERVICE = os.environ["REPLICAWATCH_SERVICE"]
FIRST = {"redis": "redis-1", "mongo": "mongo-1", "minio": "minio-1"}[SERVICE]
MEMBERS = {"redis": 6, "mongo": 3, "minio": 4}[SERVICE]
PASSWORD_FLAG = {
    "redis": "--redis.password-file=",
    "mongo": "--mongodb.password-file=",
    "minio": "--minio.secret-key-file=",
}[SERVICE]


@pytest.fixture(scope="module")
def stack():
    stack = Stack(SERVICE)
    yield stack
    stack.purge()


def launch(stack, seed=None, password_file=None):
    """The exporter as the stack would start it, but for the seed's address or the password."""
    usual = stack.status()["exporters"][SERVICE]
    first = stack.address(FIRST)
    change = (lambda text: text.replace(first, seed)) if seed else (lambda text: text)
    arguments = [change(argument) for argument in usual["arguments"]]
    if password_file:
        arguments = [a for a in arguments if not a.startswith(PASSWORD_FLAG)] + [f"{PASSWORD_FLAG}{password_file}"]
    environment = {name: change(value) for name, value in usual["environment"].items()}
    return stack.exporter(SERVICE, arguments, environment)


def complete(page):
    return page.value("up") == 1 and sum(value for _, value in page.all("member_up")) == MEMBERS


def wait_complete(exporter):
    return exporter.wait(complete, 60, f"all {MEMBERS} members answer")


def lines_about(exporter, member, message="member down"):
    return [line for line in exporter.log().splitlines() if message in line and f"member={member}" in line]


def test_started_before_the_servers(stack):
    stack.run("down", SERVICE)
    first = stack.address(FIRST)
    exporter = launch(stack)
    page = exporter.wait(lambda p: p.errors(first) == ["connect"], 15, "the seed is named as down")
    assert page.value("up") == 0
    assert page.value("member_up", member=first) == 0
    for name in ("writable", "primaries", "term"):
        assert not page.all(name), f"{name} is not known and must be left out"
    for _ in range(5):
        exporter.scrape()
    assert len(lines_about(exporter, first)) == 1
    stack.run("up", SERVICE)
    wait_complete(exporter)
    exporter.stop()


def test_servers_restarted_under_it(stack):
    exporter = launch(stack)
    wait_complete(exporter)
    stack.run("down", SERVICE)
    exporter.wait(lambda p: p.value("up") == 0, 30, "all members are seen to be down")
    for _ in range(5):
        exporter.scrape()
    stack.run("up", SERVICE)
    page = wait_complete(exporter)
    assert not page.all("member_error")
    exporter.stop()


def test_wrong_port(stack):
    nobody = f"127.0.0.1:{free_port()}"
    exporter = launch(stack, seed=nobody)
    exporter.wait(lambda p: p.errors(nobody) == ["connect"], 15, "the refused connection is named")
    exporter.stop()


def test_name_that_does_not_resolve(stack):
    seed = "no-such-host.invalid:1234"
    exporter = launch(stack, seed=seed)
    exporter.wait(lambda p: p.errors(seed) == ["connect"], 30, "the failed look-up is named")
    assert exporter.get("/-/healthy")[0] == 200
    assert "no-such-host.invalid" in lines_about(exporter, seed)[0]
    exporter.stop()


class _Greeter(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"SSH-2.0-somebody else\r\n")


class _QuietHttp(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def server_of_another_protocol():
    """To Redis an HTTP server is a stranger, to the others one that greets like SSH.

    An HTTP server would let a MongoDB client wait for ever, since no line ends in what that sends: that is a time-out.
    """
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _QuietHttp if SERVICE == "redis" else _Greeter)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_port_that_speaks_another_protocol(stack):
    with server_of_another_protocol() as stranger:
        exporter = launch(stack, seed=stranger)
        exporter.wait(lambda p: p.errors(stranger) == ["protocol"], 15, "the strange protocol is named")
        exporter.stop()


def set_exporter_password(stack, password):
    if SERVICE == "redis":
        for node in ("redis-1", "redis-2", "redis-3"):
            client = RedisClient(stack.address(node), stack.secret("redis-default"))
            assert client.ask("ACL", "SETUSER", "replicawatch", "resetpass", f">{password}") == "OK"
    elif SERVICE == "mongo":
        run_mongosh(stack, f"db.updateUser('replicawatch', {{pwd: '{password}'}}, {{w: 3}});")
    else:
        run_mc(stack, "minio-2", "admin", "user", "add", "rw", stdin=f"replicawatch\n{password}\n")


def set_exporter_rights(stack, granted):
    if SERVICE == "redis":
        for node in ("redis-1", "redis-2", "redis-3"):
            client = RedisClient(stack.address(node), stack.secret("redis-default"))
            assert client.ask("ACL", "SETUSER", "replicawatch", "+info" if granted else "-info") == "OK"
    elif SERVICE == "mongo":
        roles = "[{role: 'clusterMonitor', db: 'admin'}]" if granted else "[]"
        run_mongosh(stack, f"db.updateUser('replicawatch', {{roles: {roles}}}, {{w: 3}});")
    else:
        verb = "attach" if granted else "detach"
        run_mc(stack, "minio-2", "admin", "policy", verb, "rw", "replicawatch", "--user", "replicawatch")


def test_wrong_password_until_the_server_takes_it(stack, tmp_path):
    with open(stack.secret(f"{SERVICE}-exporter")) as file:
        right = file.read().strip()
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password\n")
    first = stack.address(FIRST)
    exporter = launch(stack, password_file=wrong)
    exporter.wait(lambda p: p.errors(first) == ["auth"], 30, "the refused login is named")
    for _ in range(5):
        exporter.scrape()
    assert "not-the-password" not in exporter.log()
    assert len([line for line in exporter.log().splitlines() if f"member={first}" in line and "code=auth" in line]) == 1
    set_exporter_password(stack, "not-the-password")
    try:
        exporter.wait(lambda p: complete(p) and not p.all("member_error"), 60, "the exporter logs in by itself")
    finally:
        set_exporter_password(stack, right)
    exporter.stop()


def test_missing_privilege_until_it_is_granted(stack):
    first = stack.address(FIRST)
    exporter = launch(stack)
    wait_complete(exporter)
    set_exporter_rights(stack, granted=False)
    try:
        exporter.wait(lambda p: p.errors(first) == ["permission"], 90, "the missing privilege is named")
    finally:
        set_exporter_rights(stack, granted=True)
    exporter.wait(lambda p: complete(p) and not p.all("member_error"), 90, "the exporter goes on by itself")
    exporter.stop()


def test_secrets_show_nowhere(stack):
    exporter = launch(stack)
    wait_complete(exporter)
    pid = exporter.process.pid
    with open(f"/proc/{pid}/cmdline") as file:
        outputs = [file.read(), exporter.log()]
    outputs += [exporter.get(path)[2].decode() for path in ("/", "/metrics", "/-/ready")]
    for path in stack.status()["secrets"].values():
        with open(path) as file:
            secret = file.read().strip()
        assert not any(secret in output for output in outputs), path
    with open(f"/proc/{pid}/limits") as file:
        assert [line.split()[4] for line in file if line.startswith("Max core file size")] == ["0"]
    exporter.stop()


def test_it_ends_within_seconds_while_a_member_hangs(stack):
    exporter = launch(stack)
    wait_complete(exporter)
    stack.run("pause", FIRST)

    def scrape():
        # Whether this one is still answered depends on how far it has come; that the process ends does not.
        with contextlib.suppress(OSError):
            exporter.get("/metrics")

    try:
        waiting = threading.Thread(target=scrape)
        waiting.start()
        exporter.stop()
        waiting.join()
    finally:
        stack.run("resume", FIRST)
