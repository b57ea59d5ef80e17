"""64 MinIO nodes with 16 drives each, simulated: real answers of a small deployment with other names in them."""
import asyncio
import copy
import json
import pathlib
import tempfile
import threading
import time

from deployment import Exporter, free_port
from redis_probes import cpu_seconds, resident_mb

NODES = 64
DRIVES = 16  # each; one erasure set takes as many, of as many nodes
SCRAPES = 100
RECORDED = pathlib.Path(__file__).resolve().parents[1] / "testdata" / "minio" / "2026-02-12" / "4x2-healthy"


def answers(ports):
    """The bodies by path."""
    storage = json.loads((RECORDED / "storageinfo.json").read_text())
    info = json.loads((RECORDED / "info.json").read_text())
    disks = []
    for index in range(NODES * DRIVES):
        disk = copy.deepcopy(storage["Disks"][0])
        path = f"/data/d{index // NODES + 1}"
        disk |= {"endpoint": f"http://127.0.0.1:{ports[index % NODES]}{path}", "path": path, "set_index": index // DRIVES,
                 "disk_index": index % DRIVES, "uuid": f"00000000-0000-0000-0000-{index:012}"}  # fmt: skip
        disks.append(disk)
    storage["Disks"] = disks
    storage["Backend"] |= {"StandardSCData": [12], "RRSCData": [15], "TotalSets": [len(disks) // DRIVES], "DrivesPerSet": [DRIVES]}
    servers = []
    for number, port in enumerate(ports):
        server = copy.deepcopy(info["servers"][0])
        server |= {"endpoint": f"127.0.0.1:{port}", "network": {f"127.0.0.1:{other}": "online" for other in ports},
                   "drives": disks[number::NODES]}  # fmt: skip
        servers.append(server)
    info["servers"] = servers
    return {"/minio/admin/v3/storageinfo": json.dumps(storage).encode(), "/minio/admin/v3/info": json.dumps(info).encode()}


class Fleet:
    """Answers on all ports, from a thread of its own."""

    def __init__(self):
        self.ports = [free_port() for _ in range(NODES)]
        self.bodies = answers(self.ports)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        for port in self.ports:
            asyncio.run_coroutine_threadsafe(asyncio.start_server(self.serve, "127.0.0.1", port), self.loop).result()

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode().partition("?")[0]
                body = self.bodies.get(path, b"")
                status = 200 if body or path.startswith("/minio/health/") else 403
                writer.write(f"HTTP/1.1 {status} X\r\nX-Amz-Request-Id: {time.time_ns():X}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def run():
    print(f"== minio, {NODES} nodes and {NODES * DRIVES} drives, simulated", flush=True)
    fleet = Fleet()
    key = {"MINIO_ACCESS_KEY": "bench", "MINIO_SECRET_KEY": "of-no-use"}
    folder = tempfile.TemporaryDirectory()
    exporter = Exporter("minio", [f"--minio.url=http://127.0.0.1:{fleet.ports[0]}"], folder.name, key)
    try:
        page = exporter.wait(lambda page: len(page.all("member_up")) == len(page.all("writable")) == NODES, 60, "all are seen")
        end = time.monotonic() + 15  # the first round of verdicts and inventories
        while time.monotonic() < end:
            exporter.scrape()
            time.sleep(0.5)
        before, seconds = cpu_seconds(exporter.process.pid), []
        for _ in range(SCRAPES):
            begin = time.monotonic()
            exporter.get("/metrics")
            seconds.append(time.monotonic() - begin)
        cpu = (cpu_seconds(exporter.process.pid) - before) / SCRAPES
        print(f"series                      {len(page.samples):8}")
        print(f"scrape, median              {sorted(seconds)[SCRAPES // 2] * 1e3:8.1f} ms   (the fake answers one request after the other)")
        print(f"CPU per scrape              {cpu * 1e3:8.2f} ms   (limit 100)")
        print(f"resident                    {resident_mb(exporter.process.pid):8.1f} MB   (limit 48)", flush=True)
    finally:
        exporter.process.terminate()
        exporter.process.wait()
        folder.cleanup()
