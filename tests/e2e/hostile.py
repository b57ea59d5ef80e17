"""Clients that nobody wants, and who looks at how the others fare meanwhile."""
import contextlib
import http.client
import itertools
import random
import socket
import struct
import time

from deployment import Repeatedly


def address_of(exporter):
    host, port = exporter.address.rsplit(":", 1)
    return host, int(port)


def connect(exporter, timeout=10):
    return socket.create_connection(address_of(exporter), timeout=timeout)


@contextlib.contextmanager
def crowd(exporter, count, first=b""):
    """So many connections, which have said `first` and nothing since."""
    clients = []
    try:
        for _ in range(count):
            clients.append(connect(exporter))
            with contextlib.suppress(OSError):  # it may be closed in favour of later ones
                clients[-1].sendall(first)
        yield clients
    finally:
        for client in clients:
            client.close()


class Drip(Repeatedly):
    """Sends the crowd's next byte now and then, without end."""

    def __init__(self, clients, text, pause=0.05):
        super().__init__((self.send, pause))
        self.clients, self.bytes = list(clients), itertools.cycle(text)

    def send(self):
        byte = bytes([next(self.bytes)])
        for client in list(self.clients):
            try:
                client.sendall(byte)
            except OSError:
                self.clients.remove(client)


class Regulars(Repeatedly):
    """A checker of health and a scraper, each over a new connection each time, as they do all day. What they saw is kept."""

    def __init__(self, exporter, context=None, headers=None):
        super().__init__((lambda: self.ask("/-/healthy"), 0.02), (lambda: self.ask("/metrics"), 0.1))
        self.exporter, self.context, self.headers = exporter, context, headers or {}
        self.seconds = {"/-/healthy": [], "/metrics": []}
        self.faults = []

    def once(self, path):
        host, port = address_of(self.exporter)
        if self.context:
            connection = http.client.HTTPSConnection(host, port, timeout=15, context=self.context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=15)
        try:
            connection.request("GET", path, headers=self.headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def ask(self, path):
        begin = time.monotonic()
        try:
            status = self.once(path)
            if status != 200:
                self.faults.append((path, status))
        except (OSError, http.client.HTTPException) as error:
            self.faults.append((path, repr(error)))
        self.seconds[path].append(time.monotonic() - begin)

    def asked(self):
        return min(len(seconds) for seconds in self.seconds.values())


def reset(client):
    """Leaves without a word."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class Fuzzer:
    """Requests that are nearly right, from a seed."""

    METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "PRI", "G ET", ""]
    PATHS = ["/", "/metrics", "/probe", "/scrape", "/discover", "/-/healthy", "/-/ready", "/-/reload", "/config", "*", "//", "/../../etc/passwd", "/%00",
             "http://a/metrics", "http://[::1", "/metrics/" * 50, ""]
    VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "http/1.1", "HTTP/1.1 ", ""]
    QUERIES = ["collect[]=node", "collect%5B%5D=deployment", "exclude[]=x", "target=127.0.0.1:1", "target=a@b:1", "module=x", "cluster=%ff", "=", "&&&&", "%",
               "%zz", "debug=true", "x=" + "y" * 3000, "target=" + "[" * 200]
    HEADERS = ["Host: x", "Host:", "Accept: */*;q=2", "Accept: application/openmetrics-text;version=1.0.0", "Accept-Encoding: gzip;q=0", "Accept-Encoding: ,,,",
               "X-Prometheus-Scrape-Timeout-Seconds: nan", "X-Prometheus-Scrape-Timeout-Seconds: -1", "X-Prometheus-Scrape-Timeout-Seconds: 1e999",
               "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 5", "Transfer-Encoding: chunked", "Transfer-Encoding: x",
               "Connection: close", "Connection: upgrade\r\nUpgrade: websocket", "Upgrade: h2c", "Expect: 100-continue", "Authorization: Basic ====",
               "Authorization: Digest x", "Range: bytes=0-", " folded", ":", "\x00: \x00", "A" * 2000 + ": b"]
    ENDS = ["\r\n\r\n", "\n\n", "\r\n", "", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", "\r\n\r\n5\r\nabc"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def request(self):
        pick = self.random.choice
        query = "?" + "&".join(pick(self.QUERIES) for _ in range(self.random.randrange(4))) if self.random.random() < 0.5 else ""
        head = f"{pick(self.METHODS)} {pick(self.PATHS)}{query} {pick(self.VERSIONS)}"
        lines = [head, *(pick(self.HEADERS) for _ in range(self.random.randrange(6)))]
        text = bytearray(("\r\n".join(lines) + pick(self.ENDS)).encode("latin-1"))
        for _ in range(self.random.randrange(3)):
            if text and self.random.random() < 0.5:
                text[self.random.randrange(len(text))] = self.random.randrange(256)
        return bytes(text)
