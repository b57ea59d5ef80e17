"""What /probe can't be talked into: addresses in other words, names that lead elsewhere, other schemes, ports and sockets.

Listeners stand at all the places that a target below might lead to; none of them may see a connection, least of all one with the
module's password."""
import contextlib
import json
import os
import socket
import urllib.parse

import pytest

from deployment import Exporter, free_port
from redis_place import Place
from web_place import SERVICES

pytestmark = pytest.mark.skipif("redis" not in SERVICES, reason="needs replicawatch-redis")
SECRET = "the-secret-of-the-module"


@pytest.fixture(scope="module")
def place():
    place = Place()
    place.trap = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    place.port = place.trap.getsockname()[1]
    place.path = os.path.join(place.folder, "trap.sock")
    place.unix = socket.socket(socket.AF_UNIX)
    place.unix.bind(place.path)
    place.unix.listen()
    configuration = os.path.join(place.folder, "probe.yml")
    with open(configuration, "w") as file:
        json.dump({
            "clusters": [{"name": "none", "seeds": [f"127.0.0.1:{free_port()}"]}],
            "modules": {
                "networks": {"allow": [f"10.0.0.0/8:{place.port}", "[fd00::]/8:*", "192.0.2.0/24:*"], "password_env": "SECRET_OF_A_TEST"},
                "names": {"allow": [f"redis-*.example:{place.port}", f"exact.example:{place.port}"], "password_env": "SECRET_OF_A_TEST"},
                # Addresses of this machine, but not this port, nor by name.
                "ports": {"allow": [f"127.0.0.0/8:{place.port + 1}-{place.port + 2}", f"[::1]:{place.port + 1}"], "password_env": "SECRET_OF_A_TEST"},
                "here": {"allow": ["127.0.0.0/8:*"], "password_env": "SECRET_OF_A_TEST"},
            },
        }, file)  # fmt: skip
    place.exporter = Exporter("redis", [f"--config.file={configuration}"], place.folder, {"SECRET_OF_A_TEST": SECRET})
    place.exporters.append(place.exporter)
    yield place
    place.trap.close()
    place.unix.close()
    place.purge()


def sprung(trap):
    """Whether somebody has come."""
    trap.settimeout(0.05)
    with contextlib.suppress(TimeoutError):
        trap.accept()[0].close()
        return True
    return False


def ask(place, query):
    status, _, body = place.exporter.get(f"/probe?{query}")
    assert SECRET not in body.decode()
    return status


# PORT is that of the trap, PATH the other one's.
FORBIDDEN = {
    "networks": [
        "127.0.0.1:PORT", "127.1:PORT", "2130706433:PORT", "0x7f000001:PORT", "0177.0.0.1:PORT", "0:PORT", "0.0.0.0:PORT", "localhost:PORT",
        "[::1]:PORT", "[::]:PORT", "[::ffff:127.0.0.1]:PORT", "[0:0:0:0:0:ffff:7f00:1]:PORT", "::1:PORT", "[::1%lo]:PORT", "10.0.0.1.:PORT",
        "10.0.0.1:PORT:127.0.0.1:PORT", "10.0.0.1%00:PORT", "10.0.0.1\n127.0.0.1:PORT", "10.0.0.1 127.0.0.1:PORT", "10.0.0.1,127.0.0.1:PORT",
        "10.0.0.1#127.0.0.1:PORT", "10.0.0.1/../127.0.0.1:PORT", "10.0.0.1?127.0.0.1:PORT", "10.0.0.1\\127.0.0.1:PORT", "10.0.0.1",
        "[10.0.0.1]:PORT:PORT", "[fd00::1]@127.0.0.1:PORT", "redis://10.0.0.1@127.0.0.1:PORT", "redis://127.0.0.1:PORT", "rediss://127.0.0.1:PORT",
        "unix://PATH", "redis+unix://PATH", "PATH", "file://PATH", "http://127.0.0.1:PORT/", "gopher://127.0.0.1:PORT/_INFO", "//127.0.0.1:PORT", ":PORT",
    ],
    "names": [
        "localhost:PORT", "redis-.evil.example:PORT", "redis-1.evil.example:PORT", "redis-1.example.evil:PORT", "redis-1.example.:PORT", "xredis-1.example:PORT",
        "redis-1@localhost.example:PORT", "redis-1.example:PORT@localhost:PORT", "redis-*.example:6379", "exact.example:6379", "exact.example:PORT1",
        "exact.example", "exact.example:+PORT", "exact.example: PORT", "exact.example:PORT ", "127.0.0.1:PORT#.example:PORT",
    ],
    "ports": ["127.0.0.1:PORT", "127.0.0.1:0", "127.0.0.1:-1", "127.0.0.1:99999", "127.0.0.1:4294967296", "[::1]:PORT", "localhost:NEXT", "ip6-localhost:NEXT"],
    "here": ["localhost:PORT", "[::1]:PORT", "[::ffff:127.0.0.1]:PORTx", "127.1:PORT", "2130706433:PORT", "unix://PATH"],
}  # fmt: skip


@pytest.mark.parametrize("module,target", [(module, target) for module, targets in FORBIDDEN.items() for target in targets])
def test_a_target_that_no_module_allows(place, module, target):
    written = target.replace("PORT1", f"{place.port}1").replace("NEXT", str(place.port + 1)).replace("PORT", str(place.port)).replace("PATH", place.path)
    for more in ("", "&debug=true"):
        query = "target=" + urllib.parse.quote(written, safe="") + "&module=" + module + more
        assert ask(place, query) == (400 if "@" in written else 403), written
    assert not sprung(place.trap) and not sprung(place.unix)


def test_a_question_asked_twice_or_in_other_words(place):
    allowed, trap = f"10.0.0.1:{place.port}", f"127.0.0.1:{place.port}"
    for query in (
        f"target={allowed}&target={trap}&module=networks", f"target={trap}&target={allowed}&module=networks", f"target={trap}&module=networks&module=here",
        "module=here", f"target={trap}&module=", f"target={trap}&module=none", f"target={trap}&module=here%00", f"target={trap}%00&module=here",
        f"Target={trap}&module=here", f"target={trap}&module=networks&password=x&user=y&auth=z",
    ):  # fmt: skip
        assert ask(place, query) in (400, 403), query
    assert not sprung(place.trap)


def test_the_trap_would_have_shown_it(place):
    """Where the module does allow it the connection comes, and it may have the password: that is what modules are for."""
    place.exporter.get(f"/probe?target=127.0.0.1:{place.port}&module=here", {"X-Prometheus-Scrape-Timeout-Seconds": "1"})
    assert sprung(place.trap)
    assert SECRET not in place.exporter.log()
