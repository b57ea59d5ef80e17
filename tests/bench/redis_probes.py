"""Single Redis nodes by /probe, beside the raw command and Debian's prometheus-redis-exporter on the same servers."""
import contextlib
import pathlib
import shutil
import socket
import subprocess
import tempfile

from deployment import BIN, free_port, wait_until
from servers import program

SERVERS = 20
ADDRESSES_EACH = 10  # 127.0.0.1 to .10 lead to the same server: 200 targets
AT_ONCE = 16
USED_COMMANDS = [
    "SET a 1", "GET a", "LPUSH l 1", "LRANGE l 0 1", "SADD s 1", "ZADD z 1 a", "HSET h a 1", "INCR n", "EXPIRE n 1000",
    "TTL n", "EXISTS a", "DEL q", "TYPE a", "PING", "CLIENT LIST", "XADD x * a 1", "NONSENSE x",
    "ACL SETUSER default -latency",  # the other one does not ask for histograms: the same series from both
]  # fmt: skip


def cpu_seconds(pid):
    """To the nanosecond: of all threads that still run."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Process:
    """A program that runs as long as the measurement."""

    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._listens, 20, f"{command[0]} to listen")

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def resident_mb(self):
        return resident_mb(self.process.pid)

    def stop(self):
        self.process.kill()
        self.process.wait()


def ask(port, commands):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        stream = connection.makefile("rwb")
        for command in [*commands, "PING"]:
            stream.write(command.encode() + b"\r\n")
        stream.flush()
        while stream.readline() != b"+PONG\r\n":
            pass


def start_server(folder):
    port = free_port()
    home = pathlib.Path(folder, str(port))
    home.mkdir()
    server = Process(
        [program("REDIS_SERVER"), "--port", port, "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", home],
        port,
    )
    ask(port, [command for command in USED_COMMANDS if command != "PING"])
    return server


def measure(exporter, urls, requests):
    """Seconds for a round of all URLs, and CPU seconds of the exporter for one request."""
    before = exporter.cpu_seconds()
    command = [BIN / "http_latency", f"--at-once={AT_ONCE}", *urls]
    seconds = float(subprocess.run(command, check=True, capture_output=True).stdout)
    return seconds, (exporter.cpu_seconds() - before) / requests


def compare(what, ours, other, limits):
    (seconds, cpu), (other_seconds, other_cpu) = ours, other
    print(f"{what:28}{seconds * 1e3:8.3f} ms, CPU {cpu * 1e3:.3f} ms a probe")
    print(f"  prometheus-redis-exporter {other_seconds * 1e3:8.3f} ms, CPU {other_cpu * 1e3:.3f} ms")
    print(f"  the other / ours          {other_seconds / seconds:8.1f}      (limit {limits[0]}), CPU {other_cpu / cpu:.1f} (limit {limits[1]})")


def run():
    print("== redis, single nodes by /probe", flush=True)
    folder = tempfile.mkdtemp()
    started = []

    def start(command, port):
        started.append(Process(command, port))
        return started[-1]

    try:
        for _ in range(SERVERS):
            started.append(start_server(folder))
        ports = [server.port for server in started]
        targets = [f"127.0.0.{host}:{port}" for port in ports for host in range(1, ADDRESSES_EACH + 1)]
        config = pathlib.Path(folder, "config.yml")
        config.write_text('modules:\n  default:\n    allow: ["127.0.0.0/8:*"]\n')
        port = free_port()
        listen = f"--web.listen-address=127.0.0.1:{port}"
        ours = start([BIN / "replicawatch-redis", f"--config.file={config}", listen], port)
        port = free_port()
        other = start(["prometheus-redis-exporter", f"--web.listen-address=127.0.0.1:{port}", "--redis.addr="], port)

        def urls(exporter, path, of):
            return [f"http://127.0.0.1:{exporter.port}/{path}?target={target}" for target in of]

        # A server without passwords takes any: the file is only to have one.
        raw = float(
            subprocess.run([BIN / "floor_redis", targets[0], config, "INFO ALL"], check=True, capture_output=True).stdout
        )
        one = measure(ours, urls(ours, "probe", targets[:1]), 550)
        compare("one node, median", one, measure(other, urls(other, "scrape", targets[:1]), 550), (8, 15))
        print(f"INFO ALL raw                {raw * 1e3:8.3f} ms")
        print(f"one node / INFO ALL raw     {one[0] / raw:8.2f}      (limit 4)")
        all_ours = measure(ours, urls(ours, "probe", targets), 22 * len(targets))
        all_other = measure(other, urls(other, "scrape", targets), 22 * len(targets))
        compare(f"{len(targets)} nodes, {AT_ONCE} at once", all_ours, all_other, (6, 6))
        print(f"resident                    {ours.resident_mb():8.1f} MB   (limit 20; the other {other.resident_mb():.1f})", flush=True)
    finally:
        for process in started:
            process.stop()
        shutil.rmtree(folder)
