"""All versions of a bucket's objects as one stream in the form of tar, with an index. minio-backup.sh runs it."""
import collections
import concurrent.futures
import hashlib
import http.client
import json
import tarfile

from s3 import ATTEMPTS, Refused, texts

CONNECTIONS = 4
# So many bytes of an object are fetched ahead of their turn; what is larger is read when its turn comes.
AHEAD_BYTES = 4 << 20
AHEAD = 4 * CONNECTIONS
CHUNK = 1 << 18
# What an object has beside its bytes and x-amz-meta-*.
KEPT = (
    "content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires",
    "x-amz-website-redirect-location", "x-amz-storage-class", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
)  # fmt: skip


class Gone(Exception):
    """The version is not there any more, or says that it is not."""


class Unreadable(Exception):
    """An object that the server cannot give, though it answers: to try again later would not help."""


class Changed(Exception):
    """The object became another one while it was read."""


def identity(version):
    """A version in a list, as a digest: a list of millions has to be kept."""
    text = json.dumps([version["key"], version["version"], version["modified"], version.get("etag")])
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def kept(headers):
    return {
        name.lower(): value for name, value in headers.items()
        if name.lower() in KEPT or name.lower().startswith("x-amz-meta-")
    }  # fmt: skip


def tags_of(s3, bucket, key, query):
    root = s3.setting(bucket, "tagging", key, query.get("versionId"))
    return [[pair["Key"], pair["Value"]] for group in (root if root is not None else []) for pair in map(texts, group)]


def part_size(s3, bucket, key, query, etag):
    """The size of the first part of an object that was uploaded in parts: of parts of that size it has its ETag again."""
    if "-" not in etag:
        return None
    headers, _ = s3.ask("HEAD", bucket, key, {**query, "partNumber": "1"})
    return int(headers["Content-Length"])


class Dump:
    def __init__(self, s3, bucket, versioned, output):
        self.s3 = s3
        self.bucket = bucket
        self.versioned = versioned
        self.output = output
        self.sum = hashlib.sha256()
        self.at = 0
        self.members = 0
        self.counts = collections.Counter()
        self.gone = []

    def write(self, data):
        self.output.write(data)
        self.sum.update(data)
        self.at += len(data)

    def begin_member(self, size):
        self.members += 1
        # Keys are no names of files: they hold whatever bytes their owner likes.
        info = tarfile.TarInfo(f"{self.members:012d}")
        info.size, info.mode = size, 0o600
        self.write(info.tobuf(tarfile.GNU_FORMAT))
        return self.at

    def end_member(self):
        self.write(b"\0" * (-self.at % 512))

    def query(self, version):
        return {"versionId": version["version"]} if self.versioned else {}

    def asked(self, method, version, headers=None):
        try:
            return self.s3.open(method, self.bucket, version["key"], self.query(version), headers)
        except Refused as refused:
            if refused.status == 404 and refused.code != "NoSuchBucket":
                raise Gone from None
            if refused.status == 412:
                raise Changed from None
            raise

    def describe(self, version, headers):
        query = self.query(version)
        etag = headers["ETag"].strip('"')
        entry = {**version, "size": int(headers["Content-Length"]), "etag": etag, "headers": kept(headers)}
        if int(headers.get("x-amz-tagging-count", 0)):
            entry["tags"] = tags_of(self.s3, self.bucket, version["key"], query)
        size = part_size(self.s3, self.bucket, version["key"], query, etag)
        if size:
            entry["part_size"] = size
        # Of a digest of the server's own making nothing is to be expected: that of other keys than its own, that of parts.
        entry["md5"] = "-" not in etag and "aws:kms" != headers.get("x-amz-server-side-encryption")
        return entry

    def fetch(self, version):
        """A small object with all that belongs to it; None for one that turned out to be large."""
        for _ in range(ATTEMPTS):
            response = self.asked("GET", version)
            if int(response.headers["Content-Length"]) > AHEAD_BYTES:
                self.s3.disconnect()
                return None
            try:
                data = response.read()
            except (OSError, http.client.HTTPException) as reason:
                self.s3.next_address()
                error = self.unreadable(version, reason)
                continue
            return self.describe(version, response.headers), data
        raise error

    def unreadable(self, version, reason):
        return Unreadable(f"{self.bucket}/{version['key']!r} cannot be read: {reason or type(reason).__name__}")

    def take(self, version, fetched):
        """Writes one version; gives its lines of the index: one about it, or about bytes in the stream that became no object."""
        if fetched:
            return [self.store(fetched[0], [fetched[1]])]
        lines = []
        for _ in range(ATTEMPTS):
            response = self.asked("HEAD", version)
            response.read()
            entry = self.describe(version, response.headers)
            begun = self.members
            try:
                return [*lines, self.store(entry, self.pieces(version, entry))]
            except (Changed, Gone) as reason:
                if self.members > begun:
                    # What is announced in the stream has to come: the rest as zeros.
                    self.write_zeros(entry["at"] + entry["size"] - self.at)
                    lines.append({"void": self.members})
                if isinstance(reason, Gone):
                    self.gone.append(version)
                    return lines
        raise self.unreadable(version, "it is written over again and again")

    def write_zeros(self, count):
        while count > 0:
            self.write(b"\0" * min(count, CHUNK))
            count -= CHUNK
        self.end_member()

    def pieces(self, version, entry):
        """The bytes of a large object; where an answer breaks off, the next one goes on."""
        done = failures = 0
        while done < entry["size"]:
            response = self.asked("GET", version, {"Range": f"bytes={done}-", "If-Match": f'"{entry["etag"]}"'})
            try:
                while data := response.read(CHUNK):
                    done += len(data)
                    yield data
                if done < entry["size"]:
                    raise http.client.IncompleteRead(b"")
            except (OSError, http.client.HTTPException) as reason:
                self.s3.next_address()
                failures += 1
                if failures == ATTEMPTS:
                    raise self.unreadable(version, reason) from None

    def store(self, entry, pieces):
        entry["n"], entry["at"] = self.members + 1, self.begin_member(entry["size"])
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        for data in pieces:
            sha256.update(data)
            md5.update(data)
            self.write(data)
        if self.at - entry["at"] != entry["size"]:
            raise self.unreadable(entry, f"{self.at - entry['at']} bytes instead of {entry['size']}")
        self.end_member()
        if entry.pop("md5") and md5.hexdigest() != entry["etag"]:
            raise self.unreadable(entry, "it does not have the checksum of its ETag")
        entry["sha256"] = sha256.hexdigest()
        return entry

    def ahead(self, versions):
        """Each version with the future of its fetching, begun a few objects ahead."""
        window = collections.deque()
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            try:
                for version in versions:
                    small = "marker" not in version and version["size"] <= AHEAD_BYTES
                    window.append((version, pool.submit(self.fetch, version) if small else None))
                    if len(window) > AHEAD:
                        yield window.popleft()
                yield from window
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def everything(self, versions):
        """The lines of the index, while the stream is written."""
        for version, future in self.ahead(versions):
            if "marker" in version:
                self.counts["delete_markers"] += 1
                yield version
                continue
            try:
                lines = self.take(version, future and future.result())
            except Gone:
                self.gone.append(version)
                continue
            for line in lines:
                if "void" not in line:
                    self.counts["versions"] += 1
                    self.counts["bytes"] += line["size"]
                    self.counts["changed"] += line["etag"] != version["etag"]
                yield line
        self.write(b"\0" * 1024)
        self.output.flush()

    def compare_with_now(self, before):
        """What was written meanwhile. What is listed still, and yet could not be found, is damaged."""
        missing = {identity(version) for version in self.gone}
        seen = 0
        for version in self.s3.versions(self.bucket):
            digest = identity(version)
            if digest in missing:
                raise self.unreadable(version, "it is listed, and not found")
            if digest in before:
                seen += 1
            else:
                self.counts["new"] += 1
        self.counts["gone"] = len(before) - seen


def oldest_first(versions):
    """A list as the server gives it has the newest of each key first; they are to be written again in the order of their age."""
    of_key = []
    for version in versions:
        if of_key and of_key[-1]["key"] != version["key"]:
            yield from reversed(of_key)
            of_key = []
        of_key.append(version)
    yield from reversed(of_key)


def lines_of(path):
    with open(path, encoding="ascii") as file:
        yield from map(json.loads, file)


def list_bucket(s3, bucket, path):
    """The list of a bucket's versions into a file; gives what they add up to."""
    total = collections.Counter(bytes=0, versions=0)
    with open(path, "w", encoding="ascii") as file:
        for version in oldest_first(s3.versions(bucket)):
            file.write(json.dumps(version) + "\n")
            total["versions"] += 1
            total["bytes"] += version.get("size", 0)
    return total


def dump_bucket(s3, bucket, versioned, listed, index, output):
    dump = Dump(s3, bucket, versioned, output)
    keys = 0
    last = None
    with open(index, "w", encoding="ascii") as file:
        for line in dump.everything(lines_of(listed)):
            file.write(json.dumps(line) + "\n")
            keys += line.get("key", last) != last
            last = line.get("key", last)
    dump.compare_with_now({identity(version) for version in lines_of(listed)})
    counts = {name: dump.counts[name] for name in ("versions", "delete_markers", "bytes", "changed", "new", "gone")}
    return {"keys": keys, **counts, "stream": {"bytes": dump.at, "sha256": dump.sum.hexdigest()}}


def differences(index, stored):
    """What a stream and its index do not agree about. The stream is read as any tar would."""
    with open(stored, "rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for line in lines_of(index):
            number = line.get("void", line.get("n"))
            if number is None:
                continue
            member = tar.next()
            if member is None or member.name != f"{number:012d}":
                yield f"member {number} is missing"
                return
            if "void" in line:
                continue
            sha256 = hashlib.sha256()
            data = tar.extractfile(member)
            while piece := data.read(CHUNK):
                sha256.update(piece)
            if (member.size, member.offset_data, sha256.hexdigest()) != (line["size"], line["at"], line["sha256"]):
                yield f"{line['key']!r} {line['version']} is not as it was read"
        if tar.next() is not None:
            yield "there is more in it than the index has"
