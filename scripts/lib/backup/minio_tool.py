"""What minio-backup.sh and minio-restore.sh ask of a deployment, or of their files: see COMMANDS. Answers are JSON, or lines."""
import argparse
import http.client
import json
import sys
import zipfile

import minio_dump
import minio_put
from s3 import S3, Refused, Unreachable, parse, texts

# Exit codes beside 0: refused for good, nobody answers (the scripts' 75).
REFUSED, UNREACHABLE = 4, 75


def client(options):
    with open(options.secret_key_file, encoding="utf-8") as file:
        secret = file.read().rstrip("\r\n")
    return S3(options.minio.split(","), options.access_key, secret, options.ca_file)


def about_bucket(s3, bucket):
    """Versioning and lock of a bucket; of a bucket with lock also whether the key may see what it protects."""
    versioning = texts(parse(s3.ask("GET", bucket, query={"versioning": ""})[1])).get("Status", "")
    lock = s3.setting(bucket, "object-lock") is not None
    if lock:
        # Without the right to see them they are left out of what is said of an object, without a word (2026-02).
        for version in s3.versions(bucket, 1):
            if "marker" not in version:
                for name in ("retention", "legal-hold", "tagging"):
                    s3.setting(bucket, name, version["key"], version["version"])
                break
    return {"name": bucket, "versioning": versioning, "lock": lock}


def healthy(s3):
    """One of the addresses sees a read quorum; else what the last one said."""
    for _ in s3.urls:
        s3.connection()
        try:
            s3.own.connection.request("GET", "/minio/health/cluster/read")
            response = s3.own.connection.getresponse()
            response.read()
            if response.status == 200:
                return None
            answer = f"{s3.urls[s3.current].netloc} sees no read quorum: {response.status} {response.reason}"
        except (OSError, http.client.HTTPException) as reason:
            answer = f"{s3.urls[s3.current].netloc} does not answer: {reason or type(reason).__name__}"
        s3.next_address()
    return answer


def trim_settings(exported, path, targets=""):
    """The settings of a bucket without its replication targets, which have secret keys in clear; with them if `targets`."""
    with zipfile.ZipFile(exported) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if targets or not name.endswith("/bucket-targets.json"):
                target.writestr(name, source.read(name))


def as_json(answer):
    print(json.dumps(answer))


def lines(answers):
    for answer in answers:
        print(answer)


def dump(s3, bucket, versioned, listed, index, result):
    answer = minio_dump.dump_bucket(s3, bucket, versioned == "versioned", listed, index, sys.stdout.buffer)
    with open(result, "w", encoding="ascii") as file:
        json.dump(answer, file)


def health(s3):
    answer = healthy(s3)
    if answer:
        raise Unreachable(answer)


COMMANDS = {
    "health": health,
    "buckets": lambda s3: lines(s3.buckets()),
    "about": lambda s3, bucket: as_json(about_bucket(s3, bucket)),
    "list": lambda s3, bucket, path: as_json(minio_dump.list_bucket(s3, bucket, path)),
    "dump": dump,
    "check": lambda s3, index, stored: lines(minio_dump.differences(index, stored)),
    "trim-settings": lambda s3, exported, path, targets: trim_settings(exported, path, targets),
    "state": lambda s3, bucket: as_json(minio_put.state_of(s3, bucket)),
    "make": lambda s3, bucket, lock: minio_put.make_bucket(s3, bucket, lock == "true"),
    "enable-versions": minio_put.enable_versions,
    "put": lambda s3, bucket, index, stored, trial: as_json(minio_put.put_bucket(s3, bucket, index, stored, trial == "true")),
    "compare": lambda s3, bucket, index, how, trial: lines(
        minio_put.Compare(s3, bucket, index, how == "full", trial == "true").everything()
    ),
    "remove": minio_put.remove_bucket,
    "settings": lambda s3, exported, path, bucket, step: as_json(minio_put.settings_for(exported, path, bucket, step)),
}


def main():
    parser = argparse.ArgumentParser()
    for name in ("minio", "access-key", "secret-key-file", "ca-file"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    try:
        COMMANDS[options.command](client(options), *options.arguments)
    except (Refused, minio_dump.Unreadable) as reason:
        print(reason, file=sys.stderr)
        sys.exit(REFUSED)
    except (Unreachable, BrokenPipeError) as reason:
        print(reason, file=sys.stderr)
        sys.exit(UNREACHABLE)


main()
