"""Faults against scripts/minio-backup.sh and scripts/minio-restore.sh on four real nodes."""
import base64
import hashlib
import pathlib
import signal
import sys
import time

from backup_script import Beside, CommandLines, Run, age_identity
from deployment import ROOT, Stack, free_port, wait_until

sys.path.insert(0, str(ROOT / "scripts" / "lib" / "backup"))

from minio_dump import kept, oldest_first, tags_of  # noqa: E402
from s3 import S3  # noqa: E402

ODD = [
    "a b+c", "line\nbreak", "tab\tand \x01", "ü€😀", "%41", "a&b<c>\"'", "back\\slash", "q?x=1#f", " led", "trailed ", "folder/",
    "/".join(["long" * 50] * 4), "~*'()!",
]  # fmt: skip
LARGE = bytes(range(256)) * 80000
LIFECYCLE = b"<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status><Filter><Prefix>x/</Prefix></Filter>" \
            b"<Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>"  # fmt: skip


class Deployment:
    def __init__(self):
        self.stack = Stack("minio")
        try:
            self.urls = [f"http://{self.stack.address(f'minio-{i}')}" for i in range(1, 5)]
            self.s3 = S3(self.urls, "minioadmin", self.secret("minio-root"))
            self.fill()
        except BaseException:
            self.stack.purge()
            raise

    def purge(self):
        self.stack.purge()

    def secret(self, name):
        return pathlib.Path(self.stack.secret(name)).read_text().strip()

    def put(self, bucket, key, body, **headers):
        self.s3.ask("PUT", bucket, key, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body)

    def fill(self):
        for number, key in enumerate(ODD):
            self.put("gogotex-backup", key, str(number).encode(), content_type="text/x-odd", x_amz_meta_owner="gr\xc3\xbc\xc3\x9f",
                     cache_control="max-age=7", x_amz_tagging="a=1%2B2%20%3D&b%20c=x")  # fmt: skip
        self.put("gogotex-backup", "large", LARGE)
        self.put("gogotex-backup", "empty", b"")
        self.s3.ask("PUT", "locked", headers={"x-amz-bucket-object-lock-enabled": "true"})
        self.put("locked", "kept", b"kept", x_amz_object_lock_mode="GOVERNANCE", x_amz_object_lock_retain_until_date="2999-01-01T00:00:00Z",
                 x_amz_object_lock_legal_hold="ON")  # fmt: skip
        for text in (b"one", b"two", None, b"four"):
            self.put("gogotex", "v", text) if text else self.s3.ask("DELETE", "gogotex", "v")
        # As lifecycle rules leave it: of all versions only the delete marker.
        self.put("gogotex", "expired", b"x")
        [version] = [version for version in self.s3.versions("gogotex") if version["key"] == "expired"]
        self.s3.ask("DELETE", "gogotex", "expired")
        self.s3.ask("DELETE", "gogotex", "expired", {"versionId": version["version"]})
        digest = base64.b64encode(hashlib.md5(LIFECYCLE).digest()).decode()
        self.s3.ask("PUT", "gogotex", query={"lifecycle": ""}, headers={"content-md5": digest}, body=LIFECYCLE)

    def look(self, bucket):
        """All that a bucket holds, the versions of each key in their order."""
        return [self.look_at(bucket, version) for version in oldest_first(self.s3.versions(bucket))]

    def look_at(self, bucket, version):
        if "marker" in version:
            return version["key"], "marker"
        query = {} if version["version"] == "null" else {"versionId": version["version"]}
        headers, body = self.s3.ask("GET", bucket, version["key"], query)
        return version["key"], body, kept(headers), tags_of(self.s3, bucket, version["key"], query)

    def backup(self, repository, *arguments, environment=None, urls=None):
        return Run("minio-backup.sh", [
            f"--minio={','.join(urls or self.urls)}", "--access-key=backup", f"--secret-key-file={self.stack.secret('minio-backup')}",
            *repository.options, *arguments], environment)  # fmt: skip

    def restore(self, repository, *arguments):
        return Run("minio-restore.sh", [
            f"--minio={self.urls[0]}", "--access-key=minioadmin", f"--secret-key-file={self.stack.secret('minio-root')}",
            f"--from={repository.folder}", *arguments])  # fmt: skip

    def heal(self):
        for name, node in self.stack.status()["nodes"].items():
            if node["state"] != "running":
                self.stack.run("start", name)
        self.stack.run("up", "minio")


class Writer(Beside):
    """Writes the same few keys over and over, in both buckets."""

    WITHIN = 30
    PAUSE = 0.1  # not as fast as it goes: what is written has to be read, restored and removed again

    def __init__(self, deployment):
        super().__init__()
        self.deployment = deployment

    def round(self):
        body = f"{self.rounds:06d}".encode() * (1000 + self.rounds % 7)
        for bucket in ("gogotex", "gogotex-backup"):
            self.deployment.put(bucket, f"busy-{self.rounds % 5}", body)


def no_backup(repository, code):
    assert not repository.backups() and not repository.partials() and repository.status("last_exit_code") == code
    assert repository.status("last_success_timestamp_seconds") is None


def test_each_key_version_and_header_survives(deployment, repository, tmp_path):
    secret = deployment.secret("minio-backup")
    key = tmp_path / "key"
    recipient = age_identity(key)
    with CommandLines(secret) as lines:
        told = deployment.backup(repository, f"--encrypt-to={recipient}", "--test-decrypt", f"--identity={key}").wait()
    assert not lines.found and lines.rounds > 5 and secret not in told
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    deployment.restore(repository, f"--identity={key}", "--bucket-prefix=r-").wait()
    wanted = {bucket: [seen for seen in deployment.look(bucket) if seen[0] != "expired"] for bucket in ("gogotex", "gogotex-backup", "locked")}
    for bucket, versions in wanted.items():
        assert deployment.look(f"r-{bucket}") == versions, bucket
    assert [seen[1] for seen in wanted["gogotex"]] == [b"one", b"two", "marker", b"four"]
    assert deployment.s3.setting("r-gogotex", "lifecycle") is not None
    # In place the versions come on top of those that are there.
    there = deployment.look("gogotex")
    deployment.restore(repository, f"--identity={key}", "--bucket=gogotex,gogotex-backup", "--in-place", "--overwrite").wait()
    assert deployment.look("gogotex") == there + wanted["gogotex"]


def test_under_writes_and_with_a_node_killed(deployment, repository):
    with Writer(deployment):
        deployment.backup(repository, "--keep=2").wait()
    deployment.restore(repository, "--drill").wait()
    buckets = {bucket["name"]: bucket for bucket in repository.manifest()["buckets"]}
    assert buckets["gogotex"]["new"] + buckets["gogotex-backup"]["new"] > 0

    # What is written while a node dies may hang for a minute: so without the writer.
    run = deployment.backup(repository, "--keep=2")
    wait_until(lambda: list(repository.folder.glob("*.partial/.work/buckets/*")), 60, "the dump is under way")
    deployment.stack.run("kill", "minio-1")  # the first of the addresses
    try:
        run.wait()
    finally:
        deployment.heal()
    deployment.restore(repository, "--drill").wait()


def test_without_a_read_quorum_nothing_is_begun(deployment, repository):
    for node in ("minio-2", "minio-3", "minio-4"):
        deployment.stack.run("kill", node)
    try:
        assert "read quorum" in deployment.backup(repository, urls=deployment.urls[:1]).wait(3)
        no_backup(repository, 3)
    finally:
        deployment.heal()


def test_an_object_that_cannot_be_read_is_no_backup(deployment, repository):
    deployment.put("gogotex-backup", "rotten", LARGE)
    parts = sorted(pathlib.Path(deployment.stack.folder).glob("data/minio-*/gogotex-backup/rotten/*/part.1"))
    # Two are needed to read it.
    for part in parts[1:]:
        part.write_bytes(b"\0" * part.stat().st_size)
    try:
        assert "rotten" in deployment.backup(repository).wait(4)
        no_backup(repository, 4)
    finally:
        deployment.s3.ask("DELETE", "gogotex-backup", "rotten")


def test_a_signal_leaves_nothing(deployment, repository, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    run = deployment.backup(repository, environment={"TMPDIR": str(temporary)})
    wait_until(lambda: list(repository.folder.glob("*.partial/.work/buckets/*")), 60, "the dump is under way")
    run.process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    run.wait(75)
    assert time.monotonic() - asked < 20 and not list(temporary.iterdir())
    no_backup(repository, 75)


def test_space_retention_and_what_the_exporter_says(deployment, repository):
    assert "are needed" in deployment.backup(repository, "--min-free=1000P").wait(3)
    no_backup(repository, 3)
    for _ in range(2):
        told = deployment.backup(repository, "--keep=1", "--bucket=gogotex").wait()
    assert len(repository.backups()) == 1 and "not encrypted" in told
    assert not (repository.backups()[0] / "iam.zip").exists() and repository.manifest()["iam"] == "no"
    exporter = deployment.stack.exporter("minio", [
        f"--minio.url=http://127.0.0.1:{free_port()}", f"--backup.status-dir={repository.status_folder}"])  # fmt: skip
    page = exporter.wait(lambda page: page.value("backup_last_exit_code", **repository.labels) == 0, 20, "it tells of the backup")
    assert page.value("backup_retained", **repository.labels) == 1
    assert page.value("backup_last_items", kind="buckets", **repository.labels) == 1
