"""No secret leaves an exporter: recognisable ones are planted wherever one can be given, and all that comes out is looked through.

Each exporter runs on its real server, with right and wrong passwords, with the server away, with broken settings, in both log
formats at the level debug. A secret given by a flag is beyond this: the command line is for everybody to read, and no flag takes one.
"""
import base64
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse

import pytest

from authority import Authority
from deployment import BIN, ROOT, Exporter, free_port, probe, wait_until
from minio_place import ROOT_PASSWORD, ROOT_USER, MinioPlace
from mongo_set import PASSWORD, MongoSet
from redis_place import Place

# Characters that have to be escaped somewhere: a leak may be an escaped one.
MARK = "Pl4nted"
RIGHT = f"{MARK}-right%+7"
WRONG = f"{MARK}-wrong%+7"
FORMATS = itertools.cycle(("logfmt", "json"))


def forms(secret):
    """As it would look in a URI, in JSON, in Basic and in hexadecimal."""
    raw = secret.encode()
    return [secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(raw).decode().rstrip("=")[:-1], raw.hex()]


def leaks(text, *secrets):
    """The lines of the text that hold one of the secrets or whatever bears the mark."""
    wanted = [form.lower() for secret in secrets for form in forms(secret)] + [MARK.lower()]
    return [line for line in text.splitlines() if any(form in line.lower() for form in wanted)]


def logging():
    """The whole log, in each format by turns."""
    return {"REPLICAWATCH_LOG_LEVEL": "debug", "REPLICAWATCH_LOG_FORMAT": next(FORMATS)}


def pages(exporter, target):
    """All that it answers, good and bad requests alike."""
    login = urllib.parse.quote(f"user:{WRONG}@{target}", safe="")
    paths = [
        "/", "/metrics", "/metrics?collect[]=no-such", f"/metrics?cluster={MARK[:3]}", "/discover", "/-/healthy", "/-/ready", "/-/reload", "/config",
        f"/probe?target={target}", f"/probe?target={target}&debug=true", f"/probe?target={target}&module=m&debug=true",
        f"/probe?target={login}", f"/probe?target={login}&debug=true", f"/probe?target=http://{login}&module=m", "/probe?target=%zz", "/no-such",
    ]  # fmt: skip
    answers = []
    for path in paths:
        headers = {"Accept": "application/openmetrics-text", "Authorization": f"Bearer {WRONG}"}
        status, head, body = exporter.get(path, headers, timeout=20)
        answers.append(f"{path.partition('?')[0]} {status} {head} {body.decode()}")
    return "\n".join(answers)


def is_quiet(exporter):
    """Five scrapes add nothing to the log, not even at the level debug."""
    before = exporter.log()
    for _ in range(5):
        exporter.scrape()
    return exporter.log() == before


def output(exporter, target, settled):
    """What it has answered and logged by the time that `settled` holds for its page; its log is whole lines of its format, and none per scrape."""
    exporter.wait(settled, 30, "the exporter has got as far as this test wants it")
    wait_until(lambda: is_quiet(exporter), 30, f"no line per scrape: {exporter.log()}")
    text = pages(exporter, target)
    exporter.stop()
    log = exporter.log()
    if '{"time"' in log:
        assert all(json.loads(line)["level"] for line in log.splitlines()), log
    return text + "\n" + log


def check_process(exporter):
    """What others may read of the process."""
    folder = pathlib.Path(f"/proc/{exporter.process.pid}")
    assert leaks(folder.joinpath("cmdline").read_text(), ROOT_PASSWORD, PASSWORD) == []
    assert re.search(r"^Max core file size +0 +0 ", folder.joinpath("limits").read_text(), re.M)


def refused(service, arguments=(), environment=None, status=(1, 2)):
    """All that it says of settings that it does not take."""
    command = [str(BIN / f"replicawatch-{service}"), "--config.check", "--log.level=debug", *arguments]
    run = subprocess.run(command, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert run.returncode in status, (arguments, environment, run.stdout, run.stderr)
    return run.stdout + run.stderr


def check_file(service, folder, text, environment=None):
    """What --config.check says of a configuration file that is wrong."""
    path = pathlib.Path(folder, "broken.yml")
    path.write_text(text)
    return refused(service, [f"--config.file={path}"], environment, status=(1,))


def broken_files(password_keys, seeds):
    """Configuration files with a secret where none belongs, or with a secret in a line that can't be read."""
    head = f"clusters:\n  - name: c\n    seeds: [{seeds}]\n"
    for key in password_keys:
        yield f"{head}    {key}: {WRONG}\n"  # the secret itself for the name of a variable
    yield f"{head}    password: {WRONG}\n"
    yield f"{head}    password: [{WRONG}\n"
    yield f"{head}    password: '{WRONG}\n"
    yield f"{head}    password: \"\\q{WRONG}\"\n"
    yield f"{head}    name: {{password: {WRONG}}}\n"
    yield f"{head}    {password_keys[0]}: [{WRONG}]\n"
    yield f"clusters:\n  - seeds: [\"{seeds}?password={WRONG}\"]\n"
    yield f"clusters:\n  - seeds: [\"user:{WRONG}\"]\n"
    yield f"clusters:\n  - seeds: [\"ftp://user:{WRONG}@{seeds}\"]\n"


@pytest.fixture(scope="module")
def redis():
    """A node with users, and one that has given AUTH another name: it repeats the words of a command that it does not know."""
    place = Place()
    try:
        node = place.server(f"requirepass {RIGHT}", f"user watcher on >{RIGHT} ~* &* +@all", f"user reader on >{RIGHT} +ping +info")
        pathlib.Path(place.folder, "password").write_text(RIGHT)
        node.client.password = RIGHT
        node.start()
        deaf = place.server('rename-command AUTH ""', 'rename-command HELLO ""')
        deaf.start()
        yield place, node, deaf
    finally:
        place.purge()


def test_redis(redis, tmp_path):
    place, node, deaf = redis
    flags = [f"--collector.{name}" for name in ("heartbeat", "latency", "clients", "modules", "config", "rdb")] + ["--redis.check-keys=*"]
    host, port = node.address.rsplit(":", 1)
    secret_file = tmp_path / "secret"
    secret_file.write_text(RIGHT)
    uris_file = tmp_path / "uris"
    uris_file.write_text(json.dumps({f"redis://{node.address}": RIGHT}))
    escaped = urllib.parse.quote(RIGHT, safe="")
    away = f"127.0.0.1:{free_port()}"
    config = tmp_path / "config.yml"
    config.write_text(f"modules:\n  m:\n    allow: ['{node.address}', '{deaf.address}']\n    password_env: MODULE_PASSWORD\n")

    def run(server, settled, variables, *arguments):
        given = {"REDIS_ADDR": f"redis://{server}", "MODULE_PASSWORD": WRONG, **logging(), **variables}
        exporter = Exporter("redis", [f"--config.file={config}", *flags, *arguments], place.folder, given)
        place.exporters.append(exporter)
        check_process(exporter)
        text = output(exporter, server, settled)
        assert leaks(text, RIGHT, WRONG) == []
        return text

    def up(page):
        return page.value("up") == 1

    def down(page):
        return page.value("up") == 0

    def failed(page):
        return page.value("up") == 0 and page.all("member_error")

    run(node.address, up, {"REDIS_PASSWORD": RIGHT})
    run(node.address, up, {}, "--redis.user=watcher", f"--redis.password-file={secret_file}")
    run(node.address, up, {}, f"--redis.password-file={uris_file}")
    run(node.address, lambda page: page.all("member_error") or up(page), {"REDIS_ADDR": f"redis://reader:{RIGHT}@{host}:{port}"})
    run(node.address, failed, {"REDIS_ADDR": f"redis://watcher:{WRONG}@{host}:{port}"})
    run(node.address, failed, {"REDIS_PASSWORD": WRONG, "REDIS_SENTINEL_PASSWORD": WRONG})
    run(node.address, failed, {"REDIS_PASSWORD": escaped})
    run(deaf.address, lambda page: True, {"REDIS_PASSWORD": WRONG, "REDIS_USER": "watcher"})
    run(away, down, {"REDIS_PASSWORD": RIGHT})


def test_redis_settings(redis, tmp_path):
    _, node, _ = redis
    for address in (f"redis://user:{WRONG}", f"redis://{node.address}?password={WRONG}", f"http://user:{WRONG}@{node.address}", f":{WRONG}@:x",
                    f"redis://user:{WRONG}@[::1", f"redis//user:{WRONG}:x", f"rediss://{WRONG}:6379:x"):  # fmt: skip
        assert leaks(refused("redis", environment={"REDIS_ADDR": address}, status=(0, 1, 2))) == [], address
    for text in (f'{{"redis://user:{WRONG}@{node.address}": 1', f'{{"redis://other:1": "{WRONG}"}}', f'{{"redis://{node.address}": ["{WRONG}"]}}'):
        (tmp_path / "uris").write_text(text)
        run = refused("redis", [f"--redis.password-file={tmp_path / 'uris'}"], {"REDIS_ADDR": f"user:{WRONG}"})
        assert leaks(run) == [], text
    for text in broken_files(("password_env", "sentinel_password_env"), node.address):
        assert leaks(check_file("redis", tmp_path, text)) == [], text
    assert leaks(refused("redis", [f"--redis.password={WRONG}"])) == [], "of a flag that is unknown its name is enough"
    assert leaks(refused("redis", [WRONG])) == []


@pytest.fixture(scope="module")
def mongo():
    made = MongoSet([{}])
    yield made
    made.purge()


def test_mongo(mongo, tmp_path):
    node = mongo.nodes[0].address
    environment = {"MODULE_PASSWORD": WRONG}
    flags = [f"--collector.{name}" for name in ("node", "dbstats", "currentop", "profile", "top")]
    authority = Authority(tmp_path)
    authority.issue("client", "IP:127.0.0.1")
    key = pathlib.Path(authority.path("client.key")).read_text()
    both = tmp_path / "both.pem"
    both.write_text(key + pathlib.Path(authority.path("client.crt")).read_text())
    key_lines = [line for line in key.splitlines() if not line.startswith("-")]
    config = tmp_path / "config.yml"
    config.write_text(f"modules:\n  m:\n    allow: ['{node}']\n    user: replicawatch\n    password_env: MODULE_PASSWORD\n")
    away = f"127.0.0.1:{free_port()}"
    secret_file = tmp_path / "secret"
    secret_file.write_text(PASSWORD)

    def run(uri, settled, *arguments, **variables):
        exporter = Exporter("mongo", [f"--config.file={config}", *flags, *arguments], mongo.folder, {"MONGODB_URI": uri, **environment, **logging(), **variables})
        mongo.exporters.append(exporter)
        check_process(exporter)
        text = output(exporter, node, settled)
        mongo.exporters.remove(exporter)
        assert leaks(text, PASSWORD, RIGHT, WRONG, *key_lines) == []

    def up(page):
        return page.value("up") == 1

    def down(page):
        return page.value("up") == 0

    def auth(page):
        return [labels for labels, _ in page.all("member_error") if labels["code"] == "auth"]

    run(f"mongodb://replicawatch:{PASSWORD}@{node}/?authSource=admin", up)
    run(f"mongodb://replicawatch@{node}/?authSource=admin", up, f"--mongodb.password-file={secret_file}")
    run(f"mongodb://replicawatch:{urllib.parse.quote(WRONG, safe='')}@{node}/?authSource=admin", auth)
    run(f"mongodb://replicawatch@{node}/?authSource=admin", auth, MONGODB_PASSWORD=WRONG)
    run(f"mongodb://{node}/?tls=true&tlsCertificateKeyFile={both}&tlsCertificateKeyFilePassword={MARK}", down)
    run(f"mongodb://replicawatch:{PASSWORD}@{away}/?authSource=admin", down)


def test_mongo_settings(tmp_path):
    node = "127.0.0.1:27017"
    escaped = urllib.parse.quote(WRONG, safe="")
    # `%+` is no escape, so that the URI is refused; without a user's name it is refused as well.
    for uri in (f"mongodb://user:{WRONG}@{node}", f"mongodb://user:{MARK}", f"mongodb://user:{escaped}@", f"mongodb://:{escaped}@{node}/?authMechanism=NONE",
                f"mongodb://user:{MARK}:x", f"http://user:{escaped}@{node}", f"mongodb+srv://user:{escaped}@a,b", f"mongodb+srv://user:{MARK}"):  # fmt: skip
        assert leaks(refused("mongo", environment={"MONGODB_URI": uri})) == [], uri
    for options in (f"tlsCertificateKeyFilePassword={WRONG}", f"authMechanism={MARK}", f"authMechanismProperties=A:{WRONG}", f"tls={MARK}"):
        text = f"clusters:\n  - name: c\n    seeds: ['{node}']\n    options: '{options}&w=%zz'\n"
        assert leaks(check_file("mongo", tmp_path, text)) == [], text
    for text in broken_files(("password_env",), node):
        assert leaks(check_file("mongo", tmp_path, text)) == [], text


@pytest.fixture(scope="module")
def minio():
    made = MinioPlace(nodes=1, drives=1)
    yield made
    made.purge()


def test_minio(minio, tmp_path):
    node = minio.nodes[0]
    config = tmp_path / "config.yml"
    config.write_text(
        f"modules:\n  m:\n    allow: ['{node.address}']\n    access_key: {ROOT_USER}\n    secret_key_env: MODULE_SECRET\n"
    )
    secret_file = tmp_path / "secret"
    secret_file.write_text(ROOT_PASSWORD)
    away = f"127.0.0.1:{free_port()}"
    environment = {"MODULE_SECRET": WRONG, "MINIO_ACCESS_KEY": ROOT_USER}

    def run(server, settled, *arguments, **variables):
        given = [f"--minio.url=http://{server}", f"--config.file={config}", "--collector.native", "--minio.canary.bucket=canary", *arguments]
        exporter = Exporter("minio", given, minio.folder, {**environment, **logging(), **variables})
        minio.exporters.append(exporter)
        check_process(exporter)
        text = output(exporter, server, settled)
        assert leaks(text, ROOT_PASSWORD, RIGHT, WRONG) == []
        # The token for the metrics of MinIO is a secret as well.
        assert "eyJ" not in text and "AWS4-HMAC" not in text

    def up(page):
        return page.value("up") == 1

    run(node.address, up, f"--minio.secret-key-file={secret_file}")
    run(node.address, up, MINIO_SECRET_KEY=ROOT_PASSWORD)
    run(node.address, lambda page: page.all("collector_success") or page.all("member_error"), MINIO_SECRET_KEY=WRONG)
    run(away, lambda page: page.value("up") == 0, MINIO_SECRET_KEY=ROOT_PASSWORD)


def test_minio_settings(tmp_path):
    node = "127.0.0.1:9000"
    for url in (f"http://user:{WRONG}@{node}", f"http://user:{WRONG}", f"ftp://user:{WRONG}@{node}", f"http://{node}/?key={WRONG}", f"{MARK}:x"):
        assert leaks(refused("minio", [], {"MINIO_URL": url, "MINIO_SECRET_KEY": WRONG, "MINIO_ACCESS_KEY": "a"})) == [], url
    assert leaks(refused("minio", [f"--minio.url=http://{node}"], {"MINIO_SECRET_KEY": WRONG})) == []
    for text in broken_files(("secret_key_env", "access_key_env"), node):
        assert leaks(check_file("minio", tmp_path, text, {"MINIO_SECRET_KEY": WRONG})) == [], text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of somebody else")
def test_memory_and_environment_are_closed(tmp_path):
    """What the kernel says of a process that may not be dumped: its files belong to root, not to the user that it runs as."""
    tmp_path.chmod(0o755)
    nobody = 65534
    folder = pathlib.Path("/tmp", f"replicawatch-secrets-{os.getpid()}")
    folder.mkdir(mode=0o755)
    try:
        binary = shutil.copy(BIN / "replicawatch-redis", folder)
        process = subprocess.Popen(
            [binary, f"--web.listen-address=127.0.0.1:{free_port()}", f"--redis.addr=127.0.0.1:{free_port()}"],
            user=nobody, group=nobody, extra_groups=[], env={"REDIS_PASSWORD": RIGHT}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert "listening" in process.stderr.readline()
            files = pathlib.Path(f"/proc/{process.pid}")
            assert re.search(rf"^Uid:\t{nobody}\t", files.joinpath("status").read_text(), re.M)
            assert files.joinpath("environ").stat().st_uid == 0
            assert files.joinpath("mem").stat().st_uid == 0
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
    finally:
        shutil.rmtree(folder)


def test_no_page_of_the_docs_shows_a_secret_in_a_flag():
    """Nor does it show one in a URI on a command line."""
    secret_flag = re.compile(r"--[a-z.-]*(password|secret-key|secret)(?!-file)[= ][^\s`|]+|--(redis\.addr|mongodb\.uri|minio\.url)=['\"]?[a-z+]+://[^\s/@:]*:[^\s@]+@")
    found = []
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("compose/*"), *ROOT.glob("packaging/**/*")]:
        if path.is_file() and path.suffix not in (".png", ".jpg"):
            found += [f"{path.name}: {match.group()}" for match in secret_flag.finditer(path.read_text()) if "replicawatch-" in match.string]
    assert found == []


def test_the_tools_of_this_file_find_what_they_look_for():
    for form in forms(RIGHT):
        assert leaks(f"a\nb {form} c", RIGHT) == [f"b {form} c"]
