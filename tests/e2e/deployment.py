"""A real deployment of its own for one test module: the stack on free ports in a temporary folder, and an exporter.

Everything here waits for conditions; nothing waits for a fixed time.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("REPLICAWATCH_BIN", ROOT / "build" / "release" / "bin"))
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import ports  # noqa: E402
from ports import free_port  # noqa: E402,F401

ports.claim()


def wait_until(condition, seconds, what):
    """Calls `condition` until it gives something true, which is returned; fails with its last answer after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}; last: {answer!r}")
        time.sleep(0.2)  # between two looks at the condition


class Repeatedly:
    """Does things over and over beside a test, from entering to leaving: each a function and the pause before it in seconds, in a thread of
    its own."""

    def __init__(self, *deeds):
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._repeat, args=deed, daemon=True) for deed in deeds]

    def _repeat(self, deed, pause):
        while not self.ending.wait(pause):
            deed()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class Page:
    """A metrics page as a table of samples."""

    LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
    LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.text = text
        self.samples = []
        for line in text.splitlines():
            match = self.LINE.match(line)
            if match and not line.startswith("#"):
                labels = dict(self.LABEL.findall(match.group(2) or ""))
                self.samples.append((match.group(1), labels, float(match.group(3))))

    def all(self, name, **labels):
        whole = ("process_", "replicawatch_", "mongodb_")
        name = name if name.startswith(whole) else "replicawatch_" + name
        return [
            (have, value)
            for sample, have, value in self.samples
            if sample == name and all(have.get(key) == wanted for key, wanted in labels.items())
        ]

    def value(self, name, **labels):
        """The one sample's value, or None when there is none."""
        found = self.all(name, **labels)
        assert len(found) <= 1, f"{name} {labels}: {len(found)} samples"
        return found[0][1] if found else None

    def members_with_role(self, role):
        return sorted(labels["member"] for labels, value in self.all("member_role", role=role) if value == 1)

    def replicates(self, members):
        """All of a replicated deployment is there, has one primary and can lose a member."""
        return (
            self.value("writable") == 1
            and self.value("primaries") == 1
            and self.value("views", about="primary") == 1
            and self.value("members_healthy") == self.value("members_expected") == members
            and self.value("failures_tolerated", operation="write") == 1
        )

    def errors(self, member):
        return [labels["code"] for labels, _ in self.all("member_error", member=member)]


class Endpoint:
    """The web side of an exporter that runs at an address."""

    def __init__(self, address):
        self.address = address

    def get(self, path, headers=None, timeout=12):
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def scrape(self, timeout_header="10"):
        status, _, body = self.get("/metrics", {"X-Prometheus-Scrape-Timeout-Seconds": timeout_header})
        assert status == 200, (status, body)
        return Page(body.decode())

    def wait(self, condition, seconds, what):
        """Scrapes until the condition on the page holds; gives that page."""
        page = None

        def holds():
            nonlocal page
            page = self.scrape()
            return condition(page)

        try:
            wait_until(holds, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{page.text if page else ''}") from None
        return page


def probe(exporter, target, path="/probe", headers=None, **more):
    """Status and text of the exporter's answer about one node that it is pointed at."""
    query = urllib.parse.urlencode({"target": target, **more})
    status, _, body = exporter.get(f"{path}?{query}", headers)
    return status, body.decode()


class Exporter(Endpoint):
    """One process of an exporter, started with the arguments given, on a free port."""

    def __init__(self, service, arguments, folder, environment=None):
        super().__init__(f"127.0.0.1:{free_port()}")
        self.log_path = pathlib.Path(folder) / f"exporter-{service}-{self.address.rsplit(':', 1)[1]}.log"
        command = [str(BIN / f"replicawatch-{service}"), f"--web.listen-address={self.address}", *arguments]
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
            )
        wait_until(self.answers, 10, f"{service} exporter answers; its log: {self.log_path}")

    def answers(self):
        assert self.process.poll() is None, f"the exporter ended: {self.log()}"
        try:
            return self.get("/-/healthy", timeout=2)[0] == 200
        except OSError:
            return False

    def log(self):
        return self.log_path.read_text()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the exporter did not end within 5 s of TERM") from None
        assert self.process.returncode == 0, self.log()


class Stack:
    """scripts/stack with a state folder of its own."""

    def __init__(self, *services):
        self.folder = tempfile.mkdtemp(prefix="replicawatch-test-")
        self.exporters = []
        try:
            self.run("up", *services)
        except BaseException:
            self.purge()
            raise

    def run(self, *arguments, check=True):
        command = [str(ROOT / "scripts" / "stack"), "--state", self.folder, "--ports", "free", *arguments]
        environment = {**os.environ, "REPLICAWATCH_BIN": str(BIN)}
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
        if check:
            assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def status(self):
        return json.loads(self.run("status", "--json", check=False))

    def address(self, node):
        return self.status()["nodes"][node]["address"]

    def node_at(self, address):
        for name, node in self.status()["nodes"].items():
            if node["address"] == address:
                return name
        raise AssertionError(f"no node at {address}")

    def secret(self, name):
        return self.status()["secrets"][name]

    def watched(self, service):
        return Endpoint(self.address(f"exporter-{service}"))

    def exporter(self, service, arguments=None, environment=None):
        """Another exporter beside the watched one; without arguments started just like that one."""
        usual = self.status()["exporters"][service]
        if arguments is None:
            arguments, environment = usual["arguments"], usual["environment"]
        exporter = Exporter(service, arguments, self.folder, environment)
        self.exporters.append(exporter)
        return exporter

    def purge(self):
        for exporter in self.exporters:
            if exporter.process.poll() is None:
                exporter.process.kill()
                exporter.process.wait()
        self.run("down", "--purge", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Alerts:
    """The alerts of the stack's real Prometheus and Alertmanager."""

    def __init__(self, stack):
        status = stack.status()
        self.prometheus = status["prometheus"]
        self.alertmanager = status["alertmanager"]

    @staticmethod
    def _json(url):
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)

    def ask(self, path):
        """The data of an answer of Prometheus, as in: ask("rules")."""
        return self._json(f"{self.prometheus}/api/v1/{path}")["data"]

    def all_firing(self):
        return [alert for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"]

    def all_delivered(self):
        """Known to Alertmanager, muted by another alert or not."""
        return self._json(f"{self.alertmanager}/api/v2/alerts")

    def firing(self, name):
        return [alert for alert in self.all_firing() if alert["labels"]["alertname"] == name]

    def delivered(self, name):
        return [alert for alert in self.all_delivered() if alert["labels"]["alertname"] == name]

    def wait_firing(self, name, seconds=120):
        wait_until(lambda: self.firing(name), seconds, f"{name} fires in Prometheus")
        return wait_until(lambda: self.delivered(name), 30, f"{name} reaches Alertmanager")

    def wait_resolved(self, name, seconds=120):
        wait_until(lambda: not self.firing(name), seconds, f"{name} is resolved in Prometheus")
        wait_until(lambda: not self.delivered(name), seconds, f"{name} is resolved in Alertmanager")
