"""How long health and a scrape take while others behave badly, on a real Redis. The clients share the cores with the exporter."""
import contextlib
import time

from deployment import Repeatedly
from hostile import Drip, Fuzzer, Regulars, connect, crowd, reset
from redis_place import Place

SECONDS = 10
GET = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"


def all_the_time(work):
    def once():
        with contextlib.suppress(OSError):
            work()

    return Repeatedly(*[(once, 0)] * 2)


def leave(exporter):
    client = connect(exporter)
    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    reset(client)


def fuzz(exporter, fuzzer):
    with connect(exporter, 5) as client:
        client.sendall(fuzzer.request())
        client.shutdown(1)
        while client.recv(1 << 16):
            pass


@contextlib.contextmanager
def slow_clients(exporter, count):
    with crowd(exporter, count, b"GET /metrics HTTP/1.1\r\nX-Slow: ") as clients, Drip(clients, b"x"):
        yield


def scenes(exporter):
    fuzzer = Fuzzer(1)
    return {
        "nobody else": contextlib.nullcontext(),
        "64 silent": crowd(exporter, 64),
        "1,000 silent": crowd(exporter, 1000),
        "1,000 kept alive": crowd(exporter, 1000, GET),
        "200 byte by byte": slow_clients(exporter, 200),
        "200 that do not read": crowd(exporter, 200, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100),
        "some that leave at once": all_the_time(lambda: leave(exporter)),
        "random requests": all_the_time(lambda: fuzz(exporter, fuzzer)),
    }


def run():
    print(f"== hostile clients, {SECONDS} s each: median / 99 % / longest in ms (limits: health 100, scrape 50 more than alone)")
    print(f"{'':26}{'health':>24}{'scrape':>26}{'resident':>12}")
    place = Place()
    try:
        server = place.server()
        server.start()
        exporter = place.exporter(server)
        exporter.wait(lambda page: page.value("up") == 1, 30, "it watches")
        for name, scene in scenes(exporter).items():
            with scene, Regulars(exporter) as regulars:
                time.sleep(SECONDS)
            cells = []
            for seconds in regulars.seconds.values():
                ordered = [value * 1e3 for value in sorted(seconds)]
                cells.append(f"{ordered[len(ordered) // 2]:8.1f} {ordered[len(ordered) * 99 // 100]:7.1f} {ordered[-1]:7.1f}")
            resident = exporter.scrape().value("process_resident_memory_bytes") / (1 << 20)
            faults = f"  FAILED {len(regulars.faults)}: {regulars.faults[0]}" if regulars.faults else ""
            print(f"{name:26}{cells[0]}  {cells[1]} {resident:8.1f} MB{faults}", flush=True)
    finally:
        place.purge()
