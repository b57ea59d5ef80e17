"""What minio-backup.sh and minio-restore.sh ask of a deployment: see main() for the commands. Answers are JSON on standard output."""
import argparse
import http.client
import json
import sys
import zipfile

import minio_dump
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


def run(options, s3):
    command, arguments = options.command, options.arguments
    if command == "health":
        answer = healthy(s3)
        if answer:
            raise Unreachable(answer)
    elif command == "buckets":
        for bucket in s3.buckets():
            print(bucket)
    elif command == "about":
        print(json.dumps(about_bucket(s3, *arguments)))
    elif command == "list":
        print(json.dumps(minio_dump.list_bucket(s3, *arguments)))
    elif command == "dump":
        bucket, versioned, listed, index, result = arguments
        answer = minio_dump.dump_bucket(s3, bucket, versioned == "versioned", listed, index, sys.stdout.buffer)
        with open(result, "w", encoding="ascii") as file:
            json.dump(answer, file)
    elif command == "trim-settings":
        trim_settings(*arguments)
    elif command == "check":
        for difference in minio_dump.differences(*arguments):
            print(difference)


def main():
    parser = argparse.ArgumentParser()
    for name in ("minio", "access-key", "secret-key-file", "ca-file"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("command")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    try:
        run(options, client(options) if options.secret_key_file else None)
    except Refused as reason:
        print(reason, file=sys.stderr)
        sys.exit(REFUSED)
    except (Unreachable, BrokenPipeError) as reason:
        print(reason, file=sys.stderr)
        sys.exit(UNREACHABLE)


main()
