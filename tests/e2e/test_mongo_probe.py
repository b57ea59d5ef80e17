"""/probe, /scrape and /discover of replicawatch-mongo on real servers."""
import concurrent.futures
import json
import os
import socket
import subprocess

import pytest

from deployment import Page, free_port, probe, wait_until
from servers import program, run_mongosh

SERVICE = "mongo"
pytestmark = pytest.mark.usefixtures("repaired")


def healthy(page):
    return page.replicates(members=3)


@pytest.mark.parametrize("path", ["/probe", "/scrape"])
@pytest.mark.parametrize("node", ["mongo-1", "mongo-2", "mongo-3"])
def test_a_member_by_itself(stack, watched, node, path):
    status, text = probe(watched, "mongodb://" + stack.address(node), path)
    assert status == 200
    page = Page(text)
    assert [value for name, _, value in page.samples if name == "mongodb_up"] == [1]
    assert not any("member" in labels or "cluster" in labels for _, labels, _ in page.samples)


def test_what_may_not_be_asked_gets_nothing(stack, watched):
    """A server that is no member sees no connection at all."""
    member = stack.address("mongo-1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stranger = "127.0.0.1:%d" % listener.getsockname()[1]
        assert probe(watched, stranger)[0] == 403
        assert probe(watched, stranger, module="default")[0] == 400
        assert probe(watched, f"user:secret@{stranger}")[0] == 400
        for target in (
            f"http://{stranger}", f"{member},{stranger}", f"{stranger},{member}", f"mongodb+srv://{stranger}",
            f"{member}/?tls=true", f"{stranger}/{member}", "file:///etc/passwd", "/tmp/mongodb.sock", "%2Ftmp%2Fmongodb.sock", " ",
        ):  # fmt: skip
            assert probe(watched, target)[0] == 403, target
        listener.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listener.accept()
    # Another name for a member is not the member's name, and might lead anywhere.
    assert probe(watched, member.replace("127.0.0.1", "localhost"))[0] == 403
    for query in ("", "?target=", "?target=a:1&target=b:1", "?module=x"):
        assert watched.get("/probe" + query)[0] == 400, query


class Standalone:
    """A mongod that belongs to no set and asks for no login."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{free_port()}"
        data = os.path.join(folder, "standalone")
        os.makedirs(data, exist_ok=True)
        port = self.address.split(":")[1]
        self.process = subprocess.Popen(
            [program("MONGOD"), "--dbpath", data, "--port", port, "--bind_ip", "127.0.0.1", "--logpath", data + "/log"],
            stdout=subprocess.DEVNULL,
        )

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def standalone(stack):
    server = Standalone(stack.folder)
    yield server
    server.stop()


def test_modules(stack, standalone):
    file = os.path.join(stack.folder, "mongo.yml")
    closed = f"127.0.0.1:{free_port()}"
    with open(file, "w") as out:
        json.dump({
            "clusters": [{
                "name": "ours", "seeds": [stack.address("mongo-2")], "options": "authSource=admin", "user": "replicawatch",
                "password_file": stack.secret("mongo-exporter"), "collectors": {"dbstats": True},
            }],
            "modules": {
                "default": {"allow": [standalone.address, closed]},
                "set": {
                    "allow": ["127.0.0.1:*"], "options": "authSource=admin", "user": "replicawatch",
                    "password_env": "PASSWORD_OF_A_TEST",
                },
            },
        }, out)  # fmt: skip
    with open(stack.secret("mongo-exporter")) as secret:
        environment = {"PASSWORD_OF_A_TEST": secret.read().strip()}
    exporter = stack.exporter("mongo", [f"--config.file={file}"], environment)
    exporter.wait(lambda page: page.value("up", cluster="ours") == 1, 30, "the cluster of the file is watched")

    def up(target, **more):
        status, text = probe(exporter, target, **more)
        assert status == 200
        return Page(text).value("mongodb_up")

    wait_until(lambda: up(standalone.address) == 1, 30, "the standalone server answers")
    assert up(closed) == 0
    assert up(stack.address("mongo-1"), module="set") == 1
    assert up(stack.address("mongo-1")) == 1
    # A member is asked what its cluster's collectors want, another target what the flags say.
    assert "\nmongodb_dbstats_" in probe(exporter, stack.address("mongo-1"))[1]
    assert "\nmongodb_dbstats_" not in probe(exporter, stack.address("mongo-1"), module="set")[1]
    # The module allows it, with a login that this server has not.
    assert "auth" in probe(exporter, standalone.address, module="set", debug="true")[1]
    standalone.stop()
    assert up(standalone.address) == 0
    exporter.stop()
    assert environment["PASSWORD_OF_A_TEST"] not in exporter.log()


def test_a_paused_member_keeps_nobody(stack, watched):
    stack.run("pause", "mongo-3")
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": "3"}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(probe, watched, stack.address(f"mongo-{i}"), headers=headers) for i in (3, 1, 2, 3)]
        pages = [Page(answer.result(timeout=10)[1]) for answer in answers]
    assert [page.value("mongodb_up") for page in pages] == [0, 1, 1, 0]
    assert "timeout" in probe(watched, stack.address("mongo-3"), headers=headers, debug="true")[1]


def connections(stack):
    """Of the exporter's, by member: the server's numbers for them."""
    output = run_mongosh(
        stack,
        """
        const found = {};
        for (const address of %s) {
          const member = new Mongo(`mongodb://admin:${password}@${address}/?authSource=admin&directConnection=true`);
          const all = member.getDB('admin').aggregate(
            [{$currentOp: {allUsers: true, idleConnections: true}}, {$match: {appName: 'replicawatch'}}]).toArray();
          found[address] = all.map(each => each.connectionId).sort();
        }
        print(JSON.stringify(found));
        """
        % json.dumps([stack.address(f"mongo-{i}") for i in (1, 2, 3)]),
    )
    return json.loads(output.strip().splitlines()[-1])


def test_one_connection_and_one_login(stack, watched):
    """A login belongs to a connection: as long as these are the same, there was none."""
    wait_until(lambda: all(len(ids) == 1 for ids in connections(stack).values()), 30, "one connection to each member")
    before = connections(stack)
    for _ in range(20):
        watched.scrape()
        for i in (1, 2, 3):
            probe(watched, stack.address(f"mongo-{i}"))
    assert connections(stack) == before


def test_discovery(stack, watched):
    status, _, body = watched.get("/discover")
    assert status == 200
    groups = {entry["targets"][0]: entry["labels"] for entry in json.loads(body)}
    assert set(groups) == {stack.address(f"mongo-{i}") for i in (1, 2, 3)}
    assert sorted(labels["__meta_replicawatch_role"] for labels in groups.values()) == ["primary", "secondary", "secondary"]
