"""One MongoDB node by /probe under the names of mongodb_exporter, beside the raw commands that it takes."""
import os
import subprocess

from deployment import BIN
from mongo_set import PASSWORD, MongoSet
from redis_probes import cpu_seconds, resident_mb

COMMANDS = ['{"getDiagnosticData": 1}', '{"buildInfo": 1}', '{"replSetGetStatus": 1}', '{"replSetGetConfig": 1}']


def run():
    print("== mongo, one node by /probe", flush=True)
    mongo = MongoSet([{}, {}, {}])
    try:
        exporter = mongo.exporter()
        exporter.wait(lambda page: page.replicates(3), 60, "the set is watched")
        address = mongo.nodes[0].address
        url = f"http://{exporter.address}/probe?target={address}"
        body = exporter.get(f"/probe?target={address}")[2].decode()
        series = sum(1 for line in body.splitlines() if line and not line.startswith("#"))
        pid = exporter.process.pid
        before = cpu_seconds(pid)
        seconds = float(subprocess.run([BIN / "http_latency", url], check=True, capture_output=True).stdout)
        cpu = (cpu_seconds(pid) - before) / 550
        secret = os.path.join(mongo.folder, "password")
        with open(secret, "w") as file:
            file.write(PASSWORD)
        raw = float(subprocess.run([BIN / "floor_mongo", address, secret, *COMMANDS], check=True, capture_output=True).stdout)
        print(f"series                      {series:8}")
        print(f"probe, median               {seconds * 1e3:8.3f} ms   (for 3,000 series {seconds * 3e6 / series:.2f}, limit 8)")
        print(f"CPU per probe               {cpu * 1e3:8.3f} ms   (for 3,000 series {cpu * 3e6 / series:.2f}, limit 4.5)")
        print(f"raw commands                {raw * 1e3:8.3f} ms")
        print(f"probe / raw commands        {seconds / raw:8.2f}")
        print(f"resident                    {resident_mb(pid):8.1f} MB   (limit 18)", flush=True)
    finally:
        mongo.purge()
