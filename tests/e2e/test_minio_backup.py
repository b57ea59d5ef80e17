"""scripts/minio-backup.sh and scripts/minio-restore.sh on four real nodes."""
import json
import os
import pathlib
import subprocess

from backup_script import Run, age_identity, files_under
from deployment import Stack

FILL = r"""
for text in first second; do printf %s "$text" | "$MC" pipe -q --attr 'kind=test' rw/gogotex/versioned >/dev/null; done
printf x | "$MC" pipe -q rw/gogotex/deleted >/dev/null && "$MC" rm -q rw/gogotex/deleted >/dev/null
: | "$MC" pipe -q rw/gogotex-backup/empty >/dev/null
printf y | "$MC" pipe -q --tags 'a=b&c=d' 'rw/gogotex-backup/odd/ü "quoted" $x;.txt' >/dev/null
head -c 20000000 /dev/urandom | "$MC" pipe -q rw/gogotex-backup/large >/dev/null
"$MC" anonymous set download rw/gogotex-backup >/dev/null
"""
LOOK = r"""
for bucket in "$@"; do
  "$MC" find "rw/$bucket" --json | jq -r .key | sort | while IFS= read -r key; do echo "${key#rw/$bucket/} $("$MC" cat "$key" | sha256sum)"; done
done
"""


class Deployment:
    def __init__(self):
        self.stack = Stack("minio")
        self.url = f"http://{self.stack.address('minio-1')}"
        self.mc("sh", FILL)

    def purge(self):
        self.stack.purge()

    def mc(self, shell, script, *arguments):
        password = pathlib.Path(self.stack.secret("minio-root")).read_text()
        environment = {**os.environ, "MC_CONFIG_DIR": f"{self.stack.folder}/mc",
                       "MC_HOST_rw": f"http://minioadmin:{password}@{self.url.removeprefix('http://')}"}
        done = subprocess.run([shell, "-euc", script, "-", *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def backup(self, repository, *arguments, secret="minio-backup"):
        return Run("minio-backup.sh", [f"--minio={self.url}", "--access-key=backup", f"--secret-key-file={self.stack.secret(secret)}",
                                       *repository.options, *arguments])

    def restore(self, repository, *arguments):
        return Run("minio-restore.sh", [f"--minio={self.url}", "--access-key=minioadmin", f"--secret-key-file={self.stack.secret('minio-root')}",
                                        f"--from={repository.folder}", f"--status-dir={repository.status_folder}", *arguments])

    def buckets(self):
        return [json.loads(text)["key"].strip("/") for text in self.mc("sh", '"$MC" ls --json rw').splitlines()]


def test_what_is_restored_is_what_was_there(deployment, repository):
    deployment.backup(repository).wait()
    manifest = repository.manifest()
    assert manifest["verified"] is True
    assert manifest["items"] == {"buckets": 2, "keys": 5, "versions": 6, "delete_markers": 1}
    assert repository.status("last_exit_code") == 0 and repository.status("last_items", kind="versions") == 6
    deployment.restore(repository).wait()
    assert deployment.mc("bash", LOOK, "restore-gogotex", "restore-gogotex-backup") == deployment.mc("bash", LOOK, "gogotex", "gogotex-backup") != ""
    versions = deployment.mc("sh", '"$MC" ls --versions --json rw/restore-gogotex/versioned')
    assert [json.loads(text)["size"] for text in versions.splitlines()] == [len("second"), len("first")]
    assert '"Kind":"test"' in deployment.mc("sh", '"$MC" stat --json rw/restore-gogotex/versioned').replace("X-Amz-Meta-", "").replace(" ", "")
    assert "download" in deployment.mc("sh", '"$MC" anonymous get rw/restore-gogotex-backup')
    deployment.restore(repository).wait(3)  # they are there now
    deployment.mc("sh", '"$MC" rb -q --force rw/restore-gogotex rw/restore-gogotex-backup')


def test_a_trial_leaves_nothing_behind(deployment, repository, tmp_path):
    key = tmp_path / "key"
    recipient = age_identity(key)
    deployment.backup(repository, f"--encrypt-to={recipient}").wait()
    assert not [path for path in repository.backups()[0].rglob("*") if path.is_file() and path.suffix not in (".age", ".json", ".sha256")]
    before = deployment.buckets()
    deployment.restore(repository, f"--identity={key}", "--drill").wait()
    assert deployment.buckets() == before
    assert repository.status("restore_drill_timestamp_seconds") is not None


def test_users_are_restored_with_their_rights(deployment, repository, tmp_path):
    deployment.backup(repository, "--iam=plain").wait()
    deployment.mc("sh", '"$MC" admin user remove rw gogotex-app && "$MC" admin policy remove rw gogotex-app')
    deployment.restore(repository, "--iam", "--bucket=gogotex").wait()
    assert '"policyName":"gogotex-app"' in deployment.mc("sh", '"$MC" admin user info rw gogotex-app --json')
    deployment.mc("sh", '"$MC" rb -q --force rw/restore-gogotex')


def test_a_damaged_backup_is_refused_before_anything_is_touched(deployment, repository):
    deployment.backup(repository).wait()
    before = deployment.buckets()
    stored = repository.backups()[0] / "buckets" / "gogotex-backup" / "objects.tar"
    whole = stored.read_bytes()
    for damaged in (whole[:-1], whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]):
        stored.write_bytes(damaged)
        files = files_under(repository.folder)
        deployment.restore(repository).wait(5)
        assert deployment.buckets() == before and files_under(repository.folder) == files


def test_in_place_nothing_that_is_there_is_written_over(deployment, repository):
    deployment.backup(repository).wait()
    before = deployment.mc("bash", LOOK, "gogotex", "gogotex-backup")
    assert "is not empty" in deployment.restore(repository, "--in-place").wait(3)
    assert deployment.mc("bash", LOOK, "gogotex", "gogotex-backup") == before


def test_a_wrong_key_makes_no_backup(deployment, repository):
    told = deployment.backup(repository, secret="minio-root").wait(4)
    assert pathlib.Path(deployment.stack.secret("minio-root")).read_text() not in told
    assert not repository.backups() and not repository.partials()
    assert repository.status("last_exit_code") == 4 and repository.status("last_success_timestamp_seconds") is None
