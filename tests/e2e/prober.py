"""A real Prometheus for the multi-target pattern."""
import contextlib
import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

from deployment import free_port
from servers import program


@contextlib.contextmanager
def running_prometheus(folder, config):
    """A real Prometheus with this configuration, with its files in the folder. Gives a function that asks its API, as in: ask("query",
    query="up"); the data of the answer, None while it does not answer."""
    folder = pathlib.Path(folder)
    (folder / "prometheus.yml").write_text(config)
    listen = f"127.0.0.1:{free_port()}"
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(
            [program("PROMETHEUS"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={listen}"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(path, **query):
        try:
            with urllib.request.urlopen(f"http://{listen}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    try:
        yield ask
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def probing_prometheus(folder, job, discovery, relabellings=""):
    """A real Prometheus that finds its targets by the exporter's /discover and probes each. Gives a function that asks it for the
    series of an expression, None while it does not answer."""
    config = f"""
scrape_configs:
  - job_name: {job}
    scrape_interval: 1s
    metrics_path: /probe
    http_sd_configs: [{{url: "http://{discovery}/discover"}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "{discovery}"}}{relabellings}
"""
    own = pathlib.Path(folder, "probing-prometheus")
    own.mkdir()
    with running_prometheus(own, config) as ask:

        def series(expression):
            found = ask("query", query=expression)
            return None if found is None else [each["metric"] for each in found["result"]]

        yield series
