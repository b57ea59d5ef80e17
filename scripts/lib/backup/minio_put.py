"""Objects of a backup into buckets: written again, compared, removed after a trial. minio-restore.sh runs it."""
import concurrent.futures
import datetime
import hashlib
import http.client
import itertools
import json
import os
import time
import xml.sax.saxutils
import zipfile

from minio_dump import CHUNK, CONNECTIONS, kept, lines_of, oldest_first, tags_of
from s3 import Refused, Unreachable, parse, quoted, texts

# What was uploaded in parts has its ETag again with parts of the same size; so large a part is held in memory.
LARGEST_PART = 64 << 20
# The largest single PUT that S3 knows; of MinIO's own more would do.
LARGEST_PUT = 5 << 30
LOCK = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")
VERSIONING = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>{}</Status></VersioningConfiguration>'


def each(function, items):
    """Calls the function for all items, a few at a time and not far ahead; the first failure ends it. Gives the answers."""
    items = iter(items)
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        running = {pool.submit(function, item) for item in itertools.islice(items, 4 * CONNECTIONS)}
        try:
            while running:
                done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    yield future.result()
                running |= {pool.submit(function, item) for item in itertools.islice(items, len(done))}
        finally:
            for future in running:
                future.cancel()


def by_key(lines):
    return (list(group) for _, group in itertools.groupby((line for line in lines if "key" in line), lambda line: line["key"]))


def restorable(index):
    """The versions of each key that can be written again. A delete marker with nothing before it can't: of a key that is not there
    the server makes none (2026-02), and lifecycle rules leave many of that kind."""
    for versions in by_key(lines_of(index)):
        versions = list(itertools.dropwhile(lambda version: "marker" in version, versions))
        if versions:
            yield versions


def part_of(stored, at, size):
    """A stretch of the stream, to be read as often as it is sent."""

    class Part:
        def __init__(self):
            self.left = size
            self.file = open(stored, "rb")
            self.file.seek(at)

        def read(self, wanted=-1):
            data = self.file.read(min(self.left, wanted if wanted >= 0 else self.left))
            self.left -= len(data)
            return data

    return Part


class Put:
    def __init__(self, s3, bucket, stored, trial):
        self.s3 = s3
        self.bucket = bucket
        self.stored = stored
        self.trial = trial

    def headers_of(self, entry):
        headers = dict(entry["headers"])
        until = headers.get("x-amz-object-lock-retain-until-date")
        # A retention that has ended is refused; one that holds would keep a trial's bucket for good.
        ended = until and datetime.datetime.fromisoformat(until.replace("Z", "+00:00")) <= datetime.datetime.now(datetime.timezone.utc)
        for name in LOCK if self.trial else LOCK[:2] if ended else ():
            headers.pop(name, None)
        if headers.get("x-amz-object-lock-legal-hold") == "OFF":
            del headers["x-amz-object-lock-legal-hold"]
        if entry.get("tags"):
            headers["x-amz-tagging"] = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in entry["tags"])
        return headers

    def key(self, versions):
        """All versions of a key, in their order."""
        for entry in versions:
            if "marker" in entry:
                self.s3.ask("DELETE", self.bucket, entry["key"])
            elif entry.get("part_size", LARGEST_PUT) <= LARGEST_PART or entry["size"] > LARGEST_PUT:
                self.parts(entry, entry.get("part_size", LARGEST_PART))
            else:
                self.whole(entry)
        return len(versions)

    def whole(self, entry):
        # The server compares the sha256 with what it gets.
        headers = {**self.headers_of(entry), "Content-Length": str(entry["size"])}
        body = part_of(self.stored, entry["at"], entry["size"])
        self.s3.ask("PUT", self.bucket, entry["key"], headers=headers, body=body, sha256=entry["sha256"])

    def parts(self, entry, size):
        # 10000 parts are the most.
        size = min(max(size, -(-entry["size"] // 10000)), entry["size"])
        answer = parse(self.s3.ask("POST", self.bucket, entry["key"], {"uploads": ""}, self.headers_of(entry))[1])
        upload = texts(answer)["UploadId"]
        etags = []
        try:
            with open(self.stored, "rb") as file:
                file.seek(entry["at"])
                for number in range(1, -(-entry["size"] // size) + 1):
                    data = file.read(min(size, entry["size"] - (number - 1) * size))
                    query = {"partNumber": str(number), "uploadId": upload}
                    etags.append(self.s3.ask("PUT", self.bucket, entry["key"], query, body=data)[0]["ETag"])
            listed = "".join(f"<Part><PartNumber>{i}</PartNumber><ETag>{tag}</ETag></Part>" for i, tag in enumerate(etags, 1))
            body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            answer = self.s3.ask("POST", self.bucket, entry["key"], {"uploadId": upload}, body=body)[1]
            if b"CompleteMultipartUploadResult" not in answer:
                raise Unreachable(f"{self.bucket}/{entry['key']!r}: its parts were not put together")
        except BaseException:
            self.s3.ask("DELETE", self.bucket, entry["key"], {"uploadId": upload})
            raise


def state_of(s3, bucket):
    """Of a bucket to be restored into: is it there, has it a lock, is anything in it."""
    try:
        empty = next(s3.versions(bucket, 1), None) is None
    except Refused as refused:
        if refused.code == "NoSuchBucket":
            return {"exists": False, "lock": False, "empty": True}
        raise
    return {"exists": True, "lock": s3.setting(bucket, "object-lock") is not None, "empty": empty}


def make_bucket(s3, bucket, lock):
    try:
        s3.ask("PUT", bucket, headers={"x-amz-bucket-object-lock-enabled": "true"} if lock else {})
    except Refused as refused:
        # It was not there a moment ago: the answer that it is made was lost, and the request sent once more.
        if refused.code != "BucketAlreadyOwnedByYou" or not state_of(s3, bucket)["empty"]:
            raise


def enable_versions(s3, bucket):
    s3.ask("PUT", bucket, query={"versioning": ""}, body=VERSIONING.format("Enabled").encode())


def put_bucket(s3, bucket, index, stored, trial):
    put = Put(s3, bucket, stored, trial)
    return {"versions": sum(each(put.key, restorable(index)))}


class Compare:
    def __init__(self, s3, bucket, index, full, trial):
        self.s3 = s3
        self.bucket = bucket
        self.index = index
        self.full = full
        self.put = Put(s3, bucket, None, trial)

    def key(self, pair):
        """What differs in the versions of a key: the newest ones are those that were written."""
        wanted, found = pair
        name = f"{wanted[0]['key']!r}"
        if len(found) < len(wanted):
            return [f"{name} has {len(found)} versions instead of {len(wanted)}"]
        differences = []
        for number, (entry, there) in enumerate(zip(wanted, found[-len(wanted):]), 1):
            if entry.get("marker") != there.get("marker") or entry.get("size") != there.get("size"):
                differences.append(f"{name}, version {number}, is another one")
            elif "marker" not in entry and (self.full or entry["etag"] != there["etag"]):
                differences += [f"{name}, version {number}: {what}" for what in self.contents(entry, there)]
        return differences

    def contents(self, entry, there):
        for _ in range(3):
            query = {} if there["version"] == "null" else {"versionId": there["version"]}
            response = self.s3.open("GET", self.bucket, entry["key"], query)
            sha256, length = hashlib.sha256(), 0
            try:
                while piece := response.read(CHUNK):
                    sha256.update(piece)
                    length += len(piece)
            except (OSError, http.client.HTTPException):
                self.s3.next_address()
                continue
            # One that breaks off between two pieces ends without an error.
            if length == entry["size"]:
                break
        if sha256.hexdigest() != entry["sha256"]:
            yield "other bytes"
        wanted = self.put.headers_of(entry)
        wanted.pop("x-amz-tagging", None)
        have = kept(response.headers)
        for name in sorted(set(wanted) - {"x-amz-storage-class"}):
            if have.get(name) != wanted[name]:
                yield f"{name} is {have.get(name)!r} instead of {wanted[name]!r}"
        if entry.get("tags") and sorted(tags_of(self.s3, self.bucket, entry["key"], query)) != sorted(entry["tags"]):
            yield "other tags"

    def everything(self):
        found = iter(by_key(oldest_first(self.s3.versions(self.bucket))))
        yield from itertools.chain.from_iterable(each(self.key, self.pairs(found)))

    def pairs(self, found):
        """Both sides are in the server's order of keys, but other keys may be there as well."""
        waiting = {}
        for wanted in restorable(self.index):
            key = wanted[0]["key"]
            while key not in waiting:
                have = next(found, None)
                if have is None:
                    break
                waiting[have[0]["key"]] = have
            yield wanted, waiting.pop(key, [])


def remove_bucket(s3, bucket):
    """Of a trial: with all that was restored into it."""
    def remove(version):
        s3.ask("DELETE", bucket, version["key"], {} if version["version"] == "null" else {"versionId": version["version"]})

    for _ in each(remove, s3.versions(bucket)):
        pass
    s3.ask("DELETE", bucket)


# Where in the order of a restore a document of an export is taken; the rest (bucket-targets.json, replication.xml) is not.
STEPS = {
    "before": ("bucket-encryption.xml",),
    "after": ("policy.json", "quota.json", "tagging.xml", "cors.xml", "versioning.xml"),
    "last": ("object-lock.xml", "lifecycle.xml", "notification.xml"),
    "trial": ("quota.json", "tagging.xml"),
}


def renamed(policy, old, new):
    """A policy whose resources are those of another bucket."""
    prefix = f"arn:aws:s3:::{old}"

    def change(value):
        if isinstance(value, list):
            return [change(one) for one in value]
        if isinstance(value, str) and value.startswith(prefix) and value[len(prefix):][:1] in ("", "/", "*"):
            return f"arn:aws:s3:::{new}{value[len(prefix):]}"
        return value

    document = json.loads(policy)
    statements = document.get("Statement") or []
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Resource", "NotResource"):
            if name in statement:
                statement[name] = change(statement[name])
    return json.dumps(document)


def settings_for(exported, path, bucket, step):
    """An export of settings that has those of one step only, for a bucket of that name; gives their names."""
    taken = []
    with zipfile.ZipFile(exported) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            old, _, document = name.partition("/")
            if document in STEPS[step]:
                data = source.read(name)
                target.writestr(f"{bucket}/{document}", renamed(data, old, bucket) if document == "policy.json" else data)
                taken.append(document)
    return {"documents": taken}
