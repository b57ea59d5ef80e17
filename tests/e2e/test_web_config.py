"""--web.config.file: the table of good and bad files, and real clients against what it sets up."""
import base64
import contextlib
import re
import socket
import subprocess

import pytest

from deployment import Page, Repeatedly, free_port, wait_until
from prober import running_prometheus
from web_place import DATA, HASH, PASSWORD, SEEDS, SERVICES, Certificates, curl, run, serve

TLS = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
USERS = f'basic_auth_users:\n  joe: "{HASH}"\n'
JOE = {"Authorization": "Basic " + base64.b64encode(f"joe:{PASSWORD}".encode()).decode()}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@contextlib.contextmanager
def served(certificates, configuration, *arguments):
    exporter = serve(certificates.folder, certificates.configuration(configuration), *arguments)
    try:
        yield exporter
    finally:
        exporter.stop()


def check(certificates, file, service=None):
    configuration = certificates.configuration(file.read_text(), file.name)
    arguments, environment = SEEDS[service or SERVICES[0]]("127.0.0.1:1")
    return run(service or SERVICES[0], *arguments, f"--web.config.file={configuration}", "--config.check", **environment)


@pytest.mark.parametrize("file", sorted(DATA.glob("good/*.yml")), ids=lambda file: file.stem)
def test_good_files(certificates, file):
    checked = check(certificates, file)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("file", sorted(DATA.glob("bad/*.yml")), ids=lambda file: file.stem)
def test_bad_files_and_what_is_said_of_them(certificates, file):
    place, message = re.fullmatch(r"# (\d+:\d+): (.+)", file.read_text().splitlines()[0]).groups()
    checked = check(certificates, file)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert len(checked.stderr.splitlines()) == 1
    assert f"{certificates.path(file.name)}:{place}: " in checked.stderr
    assert message in checked.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_half_configured_tls_serves_nothing(certificates, service):
    arguments, environment = SEEDS[service]("127.0.0.1:1")
    for name in ("tls_no_key", "tls_empty", "tls_no_file", "user_plain"):
        listen = f"127.0.0.1:{free_port()}"
        configuration = certificates.configuration((DATA / f"bad/{name}.yml").read_text())
        refused = run(service, *arguments, f"--web.config.file={configuration}", f"--web.listen-address={listen}", **environment)
        assert refused.returncode == 2, name
        assert "web.yml:" in refused.stderr and "listening" not in refused.stderr


def s_client(exporter, certificates, *arguments):
    """What openssl's client says of the connection."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", exporter.address, "-CAfile", certificates.path("ca.crt"), "-verify_return_error", *arguments],
        input="GET /-/healthy HTTP/1.0\r\n\r\n", capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    return done.stdout


def test_openssl_curl_and_python_over_tls(certificates):
    with served(certificates, TLS) as exporter:
        url = f"https://{exporter.address}/-/healthy"
        assert curl("--cacert", certificates.path("ca.crt"), url) == (200, "healthy\n")
        assert curl("--cacert", certificates.path("ca.crt"), "--http2", url) == (200, "healthy\n")
        assert "certificate" in curl(url)[0]
        assert exporter.get_tls("/-/healthy", certificates.tls()) == (200, "healthy\n")
        for version in ("TLSv1.2", "TLSv1.3"):
            said = s_client(exporter, certificates, "-" + version.lower().replace("v", "").replace(".", "_"))
            assert f"New, {version}, Cipher is" in said and "Verify return code: 0 (ok)" in said
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
        # Plain HTTP on this port is answered by nothing that looks like an answer.
        assert isinstance(curl(f"http://{exporter.address}/-/healthy")[0], str)


def test_versions_ciphers_and_curves_are_those_that_were_chosen(certificates):
    with served(certificates, TLS + "  min_version: TLS13\n  cipher_suites: [TLS_AES_256_GCM_SHA384]\n") as exporter:
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-tls1_2")
        assert "New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384" in s_client(exporter, certificates)
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-ciphersuites", "TLS_AES_128_GCM_SHA256")
    chosen = "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
    with served(certificates, TLS + chosen + "  curve_preferences: [CurveP384]\n") as exporter:
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-tls1_3")
        own_order = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
        said = s_client(exporter, certificates, "-cipher", own_order)
        assert "Cipher is ECDHE-RSA-AES256-GCM-SHA384" in said and "secp384r1" in said
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-cipher", "ECDHE-RSA-CHACHA20-POLY1305")
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-groups", "P-256")
    with served(certificates, TLS + chosen + "  prefer_server_cipher_suites: false\n") as exporter:
        assert "Cipher is ECDHE-RSA-AES128-GCM-SHA256" in s_client(exporter, certificates, "-cipher", own_order)


def admitted(exporter, certificates, client):
    pair = ["--cert", certificates.path(f"{client}.crt"), "--key", certificates.path(f"{client}.key")] if client else []
    return curl("--cacert", certificates.path("ca.crt"), *pair, f"https://{exporter.address}/-/healthy")[0] == 200


# Who is let in: nobody's certificate, one of the authority, a stranger's.
POLICIES = {
    "NoClientCert": (True, True, True),
    "RequestClientCert": (True, True, True),
    "RequireAnyClientCert": (False, True, True),
    "RequireClientCert": (False, True, True),
    "VerifyClientCertIfGiven": (True, True, False),
    "RequireAndVerifyClientCert": (False, True, False),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_for_client_certificates(certificates, policy):
    authority = "  client_ca_file: ca.crt\n" if "Verify" in policy else ""
    with served(certificates, f"{TLS}  client_auth_type: {policy}\n{authority}") as exporter:
        assert tuple(admitted(exporter, certificates, client) for client in (None, "client", "stranger/client")) == POLICIES[policy]


@pytest.mark.parametrize("name", ["prometheus.example", "10.0.0.1", '"fd00:0:0::1"', "ops@example.org", '"spiffe://example/prometheus"'])
def test_names_of_client_certificates(certificates, name):
    verify = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    with served(certificates, f"{TLS}{verify}  client_allowed_sans: [nobody.example, {name}]\n") as exporter:
        assert admitted(exporter, certificates, "client")
        assert not admitted(exporter, certificates, "other")
        assert not admitted(exporter, certificates, "stranger/client")


def test_users_have_all_paths_and_others_none(certificates):
    with served(certificates, USERS) as exporter:
        url = f"http://{exporter.address}"
        for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/discover", "/none"):
            status, headers, _ = exporter.get(path)
            assert (status, headers["WWW-Authenticate"].split()[0]) == (401, "Basic"), path
            assert exporter.get(path, JOE)[0] != 401, path
        for _ in range(2):  # by bcrypt, and from what is remembered of it
            assert curl("-u", f"joe:{PASSWORD}", f"{url}/-/healthy") == (200, "healthy\n")
            assert curl("-u", "joe:wrong", f"{url}/-/healthy")[0] == 401
            assert curl("-u", f"ann:{PASSWORD}", f"{url}/-/healthy")[0] == 401
            assert curl("-u", f"joe:{PASSWORD}x", f"{url}/-/healthy")[0] == 401
        for header in ("Basic", "Basic ====", "Bearer x", "Basic " + "A" * 4000):
            assert curl("-H", f"Authorization: {header}", f"{url}/-/healthy")[0] == 401
    assert PASSWORD not in exporter.log() and HASH not in exporter.log()


def test_headers_and_the_rate_limit(certificates):
    configuration = "http_server_config: {http2: true, headers: {X-Frame-Options: deny, X-Content-Type-Options: nosniff}}\n"
    with served(certificates, configuration + "rate_limit: {interval: 1h, burst: 3}\n") as exporter:
        for _ in range(3):
            assert exporter.get("/-/healthy")[0] == 200
        with socket.create_connection(tuple(exporter.address.split(":")), timeout=5) as client:
            client.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
            answer = client.makefile().read()
        assert answer.startswith("HTTP/1.1 429 Too Many Requests\n")
        assert answer.count("X-Content-Type-Options: nosniff") == 1 and "X-Frame-Options: deny" in answer
    assert "http2 is ignored" in exporter.log()


class Scrapers(Repeatedly):
    """Threads that scrape all the time, each over a new connection, and remember what went wrong."""

    def __init__(self, scrape):
        super().__init__(*[(self.work, 0)] * 3)
        self.scrape, self.faults, self.count = scrape, [], 0

    def work(self):
        try:
            status = self.scrape()[0]
            if status != 200:
                self.faults.append(status)
        except Exception as error:  # noqa: BLE001  each is a dropped scrape
            self.faults.append(error)
        self.count += 1


def serial(exporter, certificates):
    host, port = exporter.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain, certificates.tls().wrap_socket(plain, server_hostname=host) as tls:
        return tls.getpeercert()["serialNumber"]


def test_new_certificates_are_served_without_a_dropped_scrape(tmp_path):
    certificates = Certificates(tmp_path)
    certificates.authority.issue("renewed", "DNS:localhost,IP:127.0.0.1")
    trusted = certificates.tls()
    with served(certificates, TLS) as exporter, Scrapers(lambda: exporter.get_tls("/metrics", trusted)) as scrapers:

        def reading(name):
            return Page(exporter.get_tls("/metrics", trusted)[1]).value(f"replicawatch_config_{name}", file="web")

        before, read_before = serial(exporter, certificates), reading("last_reload_success_timestamp_seconds")
        # Between the two files they do not belong together; the last good pair stays.
        certificates.replace("server.crt", "renewed.crt")
        assert serial(exporter, certificates) == before
        assert reading("reload_success") == 0
        certificates.replace("server.key", "renewed.key")
        assert serial(exporter, certificates) != before
        assert reading("reload_success") == 1
        assert reading("last_reload_success_timestamp_seconds") > read_before
        renewed = serial(exporter, certificates)
        certificates.configuration("tls_server_config: {cert_file: server.crt, key_file: [\n")
        for _ in range(3):
            assert serial(exporter, certificates) == renewed
            assert reading("reload_success") == 0
        certificates.configuration("rate_limit: {interval: 1ms, burst: 1000}\n")
        assert serial(exporter, certificates) == renewed, "TLS was switched off under way"
        assert reading("reload_success") == 0
        certificates.configuration(TLS + "  max_version: TLS12\n")
        assert "Cipher is (NONE)" in s_client(exporter, certificates, "-tls1_3")
        assert reading("reload_success") == 1
        counted = scrapers.count
        wait_until(lambda: scrapers.count > counted + 10, 30, "scrapes go on")
    assert scrapers.faults == []
    log = exporter.log()
    assert log.count("the last good one stays in use") == 3
    assert "web.yml:2:" in log and "the key does not belong to the certificate" in log and "can't be switched on or off" in log
    assert "PRIVATE KEY" not in log


def test_users_come_and_go_without_a_restart(certificates):
    with served(certificates, USERS) as exporter:
        assert exporter.get("/-/healthy", JOE)[0] == 200
        certificates.configuration(USERS.replace("joe", "ann"))
        assert exporter.get("/-/healthy", JOE)[0] == 401
        certificates.configuration(USERS)
        assert exporter.get("/-/healthy", JOE)[0] == 200


PROMETHEUS = """
scrape_configs:
  - job_name: certificate
    scrape_interval: 1s
    scheme: https
    tls_config: {{ca_file: {folder}/ca.crt, cert_file: {folder}/client.crt, key_file: {folder}/client.key}}
    basic_auth: {{username: joe, password: {password}}}
    static_configs: [{{targets: ["{address}"]}}]
  - job_name: stranger
    scrape_interval: 1s
    scheme: https
    tls_config: {{ca_file: {folder}/ca.crt, cert_file: {folder}/stranger/client.crt, key_file: {folder}/stranger/client.key}}
    basic_auth: {{username: joe, password: {password}}}
    static_configs: [{{targets: ["{address}"]}}]
  - job_name: nobody
    scrape_interval: 1s
    scheme: https
    tls_config: {{ca_file: {folder}/ca.crt, cert_file: {folder}/client.crt, key_file: {folder}/client.key}}
    static_configs: [{{targets: ["{address}"]}}]
"""


def test_prometheus_scrapes_with_a_client_certificate_and_a_password(certificates, tmp_path):
    verify = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  client_allowed_sans: [prometheus.example]\n"
    with served(certificates, TLS + verify + USERS) as exporter:
        text = PROMETHEUS.format(folder=certificates.folder, password=PASSWORD, address=exporter.address)
        with running_prometheus(tmp_path, text) as ask:

            def targets():
                answer = ask("targets")
                found = answer["activeTargets"] if answer else []
                health = {target["labels"]["job"]: target for target in found if target["health"] != "unknown"}
                return health if len(health) == 3 else None

            found = wait_until(targets, 60, "Prometheus has tried all three")
    assert {job: target["health"] for job, target in found.items()} == {"certificate": "up", "stranger": "down", "nobody": "down"}
    assert "401" in found["nobody"]["lastError"]
