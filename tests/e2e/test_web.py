"""The web side and the command line, which all exporters share. No server is needed: a seed that leads nowhere will do."""
import gzip
import http.client
import socket
import subprocess
import tempfile

import pytest

from deployment import Exporter, free_port
from servers import program
from web_place import SEEDS, SERVICES, run

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


@pytest.fixture(scope="module", params=SERVICES)
def exporter(request):
    arguments, environment = SEEDS[request.param](f"127.0.0.1:{free_port()}")
    with tempfile.TemporaryDirectory() as folder:
        exporter = Exporter(request.param, arguments, folder, environment)
        exporter.service = request.param
        yield exporter
        exporter.stop()


def request(exporter, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection(exporter.address, timeout=12)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def test_paths_are_exact(exporter):
    assert request(exporter, "GET", "/-/healthy")[0] == 200
    assert request(exporter, "GET", "/-/ready")[0] == 200
    assert request(exporter, "GET", "/metrics")[0] == 200
    for path in ("/metrics/", "/metricsfoo", "/-/healthy/x", "//metrics", "/../etc/passwd", "/%2e%2e/etc/passwd"):
        assert request(exporter, "GET", path)[0] == 404, path


def test_methods_and_bodies(exporter):
    status, headers, _ = request(exporter, "POST", "/metrics")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert request(exporter, "DELETE", "/")[0] == 405
    status, headers, body = request(exporter, "HEAD", "/metrics")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000
    assert request(exporter, "GET", "/metrics", body=b"x" * 10)[0] == 413


def test_the_format_follows_the_accept_header(exporter):
    _, headers, body = request(exporter, "GET", "/metrics")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# EOF" not in body
    _, headers, body = request(exporter, "GET", "/metrics", {"Accept": OPENMETRICS})
    assert headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert body.endswith(b"# EOF\n")
    assert b"# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n" in body


def test_gzip_when_it_is_asked_for(exporter):
    _, headers, body = request(exporter, "GET", "/metrics", {"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert b"replicawatch_up" in gzip.decompress(body)
    _, headers, body = request(exporter, "GET", "/metrics", {"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in headers
    assert b"replicawatch_up" in body


def test_promtool_finds_no_fault_in_the_page(exporter):
    page = request(exporter, "GET", "/metrics")[2]
    checked = subprocess.run([program("PROMTOOL"), "check", "metrics"], input=page, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_collectors_and_clusters_are_chosen_by_the_query(exporter):
    def families(query):
        status, _, body = request(exporter, "GET", f"/metrics?{query}")
        return status, {line.split()[2] for line in body.decode().splitlines() if line.startswith("# TYPE")}

    assert families("collect[]=deployment")[0] == 200
    assert "replicawatch_member_up" in families("exclude[]=deployment")[1]
    for bad in ("collect[]=nothing", "exclude[]=nothing", "collect[]=deployment&exclude[]=deployment", "cluster=nothing"):
        assert families(bad)[0] == 400, bad
    assert request(exporter, "GET", "/metrics?x=%zz")[0] == 400


def test_an_unreachable_deployment_is_data(exporter):
    page = exporter.scrape()
    assert page.value("up") == 0
    assert [labels["code"] for labels, _ in page.all("member_error")] == ["connect"]
    assert page.value("build_info") == 1
    assert page.value("process_resident_memory_bytes") > 0


def test_the_landing_page_loads_nothing_from_elsewhere(exporter):
    status, headers, body = request(exporter, "GET", "/")
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert b"://" not in body.replace(b"http://www.w3.org", b"")
    assert f"replicawatch-{exporter.service}".encode() in body


def test_clients_that_send_nonsense_or_leave(exporter):
    host, port = exporter.address.split(":")
    for nonsense in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000, b""):
        with socket.create_connection((host, int(port)), timeout=5) as client:
            try:
                client.sendall(nonsense)
            except OSError:
                pass  # it may hang up on nonsense
    assert request(exporter, "GET", "/-/healthy")[0] == 200


@pytest.mark.parametrize("service", SERVICES)
def test_the_command_line(service):
    assert run(service, "--version").stdout.startswith(f"replicawatch-{service} ")
    assert "--web.listen-address" in run(service, "--help").stdout
    catalogue = run(service, "--metrics.list").stdout.splitlines()
    assert all(len(line.split("\t")) == 6 for line in catalogue)
    assert "replicawatch_writable" in {line.split("\t")[0] for line in catalogue}
    for bad in (
        ["--no-such-flag"],
        ["--scrape.timeout=10"],
        ["--log.level=loud"],
        ["--web.telemetry-path=metrics"],
        ["--web.max-requests=0"],
    ):
        refused = run(service, *bad)
        assert refused.returncode == 2, bad
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        assert bad[0].split("=")[0].lstrip("-") in refused.stderr
    assert run(service, REPLICAWATCH_SCRAPE_TIMEOUT="never").returncode == 2


@pytest.mark.parametrize("service", SERVICES)
def test_a_taken_port_is_named(service):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = f"127.0.0.1:{holder.getsockname()[1]}"
        arguments, environment = SEEDS[service]("127.0.0.1:1")
        refused = run(service, *arguments, f"--web.listen-address={taken}", **environment)
    assert refused.returncode == 1
    assert taken in refused.stderr


PASSWORDS = {
    "redis": "seeds: [SEED], password_env: SECRET_OF_A_TEST",
    "mongo": "seeds: [SEED], user: watch, password_env: SECRET_OF_A_TEST",
    "minio": "seeds: [SEED], access_key: watch, secret_key_env: SECRET_OF_A_TEST",
}


@pytest.mark.parametrize("service", SERVICES)
def test_config_check_says_what_is_wrong_and_asks_nobody(service, tmp_path):
    file = tmp_path / "config.yml"
    secret = {"SECRET_OF_A_TEST": "the-secret-itself"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seed = "127.0.0.1:%d" % listener.getsockname()[1]
        file.write_text("clusters:\n  - {name: one, " + PASSWORDS[service].replace("SEED", f'"{seed}"') + "}\n")
        good = run(service, f"--config.file={file}", "--config.check", **secret)
        assert (good.returncode, good.stderr) == (0, "")
        assert good.stdout == f"replicawatch-{service}: the settings are good, clusters to watch: 1\n"
        without = run(service, f"--config.file={file}", "--config.check")
        assert (without.returncode, without.stdout) == (1, "")
        assert "config.yml:2:" in without.stderr and "the environment has no variable of this name" in without.stderr
        file.write_text("clusters:\n  - {name: one, sed: [a]}\n")
        bad = run(service, f"--config.file={file}", "--config.check", **secret)
        assert bad.returncode == 1 and bad.stderr.count("\n") == 1
        assert "config.yml:2:" in bad.stderr and '"sed" is not known here' in bad.stderr
        assert "the-secret-itself" not in good.stdout + without.stderr + bad.stderr
        listener.settimeout(0.3)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert run(service, f"--config.file={tmp_path}/none.yml", "--config.check").returncode == 1
