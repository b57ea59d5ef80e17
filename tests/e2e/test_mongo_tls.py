"""replicawatch-mongo over TLS, by password and by X.509, on a real set that takes nothing else."""
import os
import pathlib
import tempfile

import pytest

from authority import Authority
from deployment import wait_until
from mongo_set import MongoSet

SUBJECT = "/O=exporters of a test/CN=replicawatch"
USER = "CN=replicawatch,O=exporters of a test"  # the same, as RFC 2253 has it


@pytest.fixture(scope="module")
def mongo():
    folder = tempfile.mkdtemp(prefix="replicawatch-mongo-")
    authority = Authority(folder)
    authority.issue("server", "IP:127.0.0.1,DNS:localhost")
    authority.issue("client", "DNS:client.example", SUBJECT)
    for name in ("server", "client"):
        pem = pathlib.Path(folder, f"{name}.pem")
        pem.write_text("".join(pathlib.Path(folder, f"{name}.{part}").read_text() for part in ("crt", "key")))
        pem.chmod(0o600)
    Authority(str(pathlib.Path(folder, "other").mkdir() or pathlib.Path(folder, "other")))
    mongo = MongoSet(
        [{}, {}, {}],
        folder=folder,
        arguments=["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", f"{folder}/server.pem", "--tlsCAFile", f"{folder}/ca.crt",
                   "--tlsAllowConnectionsWithoutCertificates", "--setParameter", "authenticationMechanisms=SCRAM-SHA-1,SCRAM-SHA-256,MONGODB-X509"],
        options=f"tls=true&tlsCAFile={folder}/ca.crt",
    )  # fmt: skip
    mongo.shell(
        f"db.getSiblingDB('$external').runCommand({{createUser: '{USER}', roles: [{{role: 'clusterMonitor', db: 'admin'}}], writeConcern: {{w: 3}}}});"
        "db.createUser({user: 'old', pwd: 'password-of-a-test', mechanisms: ['SCRAM-SHA-1'], roles: ['clusterMonitor']}, {w: 3});"
    )
    yield mongo
    mongo.purge()


def watch(mongo, uri, **environment):
    exporter = mongo.exporter(user=None, environment={"MONGODB_URI": uri, **environment})
    return exporter


def whole(page):
    return page.value("primaries") == 1 and page.value("members_healthy") == page.value("members_expected") == 3 and page.value("mongo_electable_members") == 3


def logins(mongo, mechanism):
    """Successful ones on the first member, by the server's count."""
    return int(mongo.shell(f"print(Number(db.serverStatus().security.authentication.mechanisms['{mechanism}'].authenticate.successful))", mongo.nodes[0]))


@pytest.mark.parametrize(
    "mechanism, user",
    [("SCRAM-SHA-256", "replicawatch"), ("SCRAM-SHA-1", "old")],
)
def test_a_password_over_tls(mongo, mechanism, user):
    before = logins(mongo, mechanism)
    uri = f"mongodb://{user}@{mongo.nodes[1].address}/?authSource=admin&{mongo.options}"
    exporter = watch(mongo, uri, MONGODB_PASSWORD="password-of-a-test")
    page = exporter.wait(whole, 60, "the set is watched")
    assert [page.errors(node.address) for node in mongo.nodes] == [[], [], []]
    assert page.value("mongo_rollback_id", member=mongo.nodes[0].address) is not None, "it is logged in"
    assert logins(mongo, mechanism) > before


def test_a_certificate_instead_of_a_password(mongo):
    """X.509: the certificate's subject is the user; one login per member, however often it is scraped."""
    before = logins(mongo, "MONGODB-X509")
    uri = (f"mongodb://{mongo.nodes[0].address}/?authMechanism=MONGODB-X509&authSource=$external&{mongo.options}"
           f"&tlsCertificateKeyFile={mongo.folder}/client.pem")  # fmt: skip
    exporter = watch(mongo, uri)
    page = exporter.wait(whole, 60, "the set is watched")
    assert page.value("mongo_oplog_limit_bytes", member=mongo.nodes[2].address) is not None
    for _ in range(10):
        exporter.scrape()
    assert logins(mongo, "MONGODB-X509") == before + 1


def test_a_certificate_of_another_authority(mongo):
    """The set's are not trusted then: nothing is sent to it, and it is said why."""
    uri = f"mongodb://replicawatch@{mongo.nodes[0].address}/?authSource=admin&tls=true&tlsCAFile={mongo.folder}/other/ca.crt"
    exporter = watch(mongo, uri, MONGODB_PASSWORD="password-of-a-test")
    wait_until(lambda: "certificate" in exporter.log(), 30, "the reason is in the log")
    page = exporter.scrape()
    assert page.value("up") == 0 and page.errors(mongo.nodes[0].address)[0] in ("connect", "protocol", "auth")
    assert "password-of-a-test" not in exporter.log()


def test_without_tls_nothing_is_watched(mongo):
    exporter = watch(mongo, f"mongodb://replicawatch@{mongo.nodes[0].address}/?authSource=admin", MONGODB_PASSWORD="password-of-a-test")
    exporter.wait(lambda page: page.value("up") == 0 and page.errors(mongo.nodes[0].address), 30, "it is not reached")
    assert os.path.exists(exporter.log_path)
