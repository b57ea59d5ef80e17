"""A small client of S3 on the standard library: what a backup asks, with every byte of a key and of its metadata kept.

mc would be a process for each object, and shows metadata in a form of its own.
"""
import datetime
import hashlib
import hmac
import http.client
import re
import ssl
import threading
import time
import urllib.parse
import xml.etree.ElementTree

REQUEST_SECONDS = 60
ATTEMPTS = 6
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
PASSING = (500, 502, 503, 504, 408, 429)


class Refused(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, what, status, code, text):
        super().__init__(f"{what}: {status} {code}{': ' if text else ''}{text}")
        self.status = status
        self.code = code


class Unreachable(Exception):
    pass


def quoted(text, safe=""):
    return urllib.parse.quote(text, safe=safe, errors="surrogateescape")


def local_name(element):
    return element.tag.rsplit("}", 1)[-1]


def texts(element):
    """The children of an element by their names without a namespace."""
    return {local_name(child): child.text or "" for child in element}


def parse(body):
    return xml.etree.ElementTree.fromstring(body)


class S3:
    """Any number of threads, each with a connection of its own. Of several addresses the next one serves when one does not."""

    def __init__(self, urls, access_key, secret_key, ca_file=None):
        self.urls = [urllib.parse.urlsplit(url) for url in urls]
        self.access_key = access_key
        self.secret_key = secret_key
        self.tls = ssl.create_default_context(cafile=ca_file or None) if any(url.scheme == "https" for url in self.urls) else None
        self.current = 0
        self.own = threading.local()

    def connection(self):
        have = getattr(self.own, "connection", None)
        if have and self.own.number == self.current:
            return have
        self.disconnect()
        url = self.urls[self.current]
        self.own.number = self.current
        if url.scheme == "https":
            self.own.connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=REQUEST_SECONDS, context=self.tls)
        else:
            self.own.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=REQUEST_SECONDS)
        return self.own.connection

    def disconnect(self):
        have = getattr(self.own, "connection", None)
        if have:
            have.close()
        self.own.connection = None

    def next_address(self):
        self.disconnect()
        if getattr(self.own, "number", self.current) == self.current:
            self.current = (self.current + 1) % len(self.urls)

    def signed(self, method, path, query, headers, sha256):
        """All headers of a request, with the signature (version 4)."""
        url = self.urls[self.own.number]
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {**headers, "host": url.netloc, "x-amz-date": now, "x-amz-content-sha256": sha256}
        lowered = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
        names = ";".join(name for name, _ in lowered)
        canonical = "\n".join([method, path, query, *(f"{name}:{value}" for name, value in lowered), "", names, sha256])
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        # A header is bytes that are written as Latin-1 here.
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode('latin-1')).hexdigest()}"
        key = f"AWS4{self.secret_key}".encode()
        for part in (*scope.split("/"), to_sign):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        )
        return headers

    def send(self, method, path, query, headers, body, sha256):
        """One attempt; gives the response, its body unread."""
        connection = self.connection()
        query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted(query.items()))
        headers = self.signed(method, path, query, headers, sha256)
        connection.request(method, path + (f"?{query}" if query else ""), body=body() if callable(body) else body, headers=headers)
        return connection.getresponse()

    def open(self, method, bucket="", key=None, query=None, headers=None, body=None, sha256=None, attempts=ATTEMPTS):
        """The response to a request, its body unread. A body is bytes, or a function that gives it anew, with its `sha256`."""
        path = "/" + quoted(bucket) + ("" if key is None else "/" + quoted(key, "/"))
        what = f"{method} {path}"
        sha256 = sha256 or hashlib.sha256(body or b"").hexdigest()
        for attempt in range(attempts):
            if attempt:
                time.sleep(min(0.25 * 2**attempt, 5))
            try:
                response = self.send(method, path, query or {}, headers or {}, body, sha256)
                if response.status < 300:
                    return response
                error = refusal(what, response)
                if response.status not in PASSING:
                    raise error
                self.next_address()
            except (OSError, http.client.HTTPException) as reason:
                if isinstance(reason, ssl.SSLCertVerificationError):
                    raise Unreachable(f"{self.urls[self.own.number].netloc}: {reason.verify_message}") from None
                error = Unreachable(f"{what}: {self.urls[self.own.number].netloc}: {reason or type(reason).__name__}")
                self.next_address()
        raise error

    def ask(self, method, bucket="", key=None, query=None, headers=None, body=None, sha256=None):
        """Headers and body of the answer. One that breaks off is asked for again."""
        for attempt in range(ATTEMPTS):
            response = self.open(method, bucket, key, query, headers, body, sha256)
            try:
                return response.headers, response.read()
            except (OSError, http.client.HTTPException) as reason:
                error = Unreachable(f"{method} {bucket}/{key or ''}: {reason or type(reason).__name__}")
                self.next_address()
                time.sleep(min(0.25 * 2**attempt, 5))
        raise error

    def buckets(self):
        root = parse(self.ask("GET")[1])
        return [texts(bucket)["Name"] for part in root if local_name(part) == "Buckets" for bucket in part]

    def setting(self, bucket, name, key=None, version=None):
        """A document of a bucket or of an object, or None where there is none."""
        try:
            return parse(self.ask("GET", bucket, key, {name: "", **({"versionId": version} if version else {})})[1])
        except Refused as refused:
            # A version without retention is a 400 (2026-02).
            absent = refused.status == 404 or refused.code == "NoSuchObjectLockConfiguration"
            if absent and refused.code not in ("NoSuchBucket", "NoSuchKey", "NoSuchVersion"):
                return None
            raise

    def versions(self, bucket, most=1000):
        """All versions and delete markers, by key, of each the newest first."""
        query = {"versions": "", "encoding-type": "url", "max-keys": str(most)}
        while True:
            page = parse(self.ask("GET", bucket, query=query)[1])
            for entry in page:
                if local_name(entry) in ("Version", "DeleteMarker"):
                    yield version_of(entry)
            about = texts(page)
            if about.get("IsTruncated") != "true":
                return
            query["key-marker"] = unquoted(about["NextKeyMarker"])
            query.pop("version-id-marker", None)
            if about.get("NextVersionIdMarker"):
                query["version-id-marker"] = about["NextVersionIdMarker"]


def unquoted(text):
    # It writes a space as + in a list (2026-02).
    return urllib.parse.unquote_plus(text, errors="surrogateescape")


def version_of(entry):
    about = texts(entry)
    version = {"key": unquoted(about["Key"]), "version": about.get("VersionId") or "null", "modified": about["LastModified"]}
    if local_name(entry) == "DeleteMarker":
        return {**version, "marker": True}
    return {**version, "size": int(about["Size"]), "etag": about["ETag"].strip('"')}


def refusal(what, response):
    body = response.read()
    code = re.search(rb"<Code>([^<]*)</Code>", body)
    text = re.search(rb"<Message>([^<]*)</Message>", body)
    # The answer to HEAD has no body, so MinIO says it in headers.
    code = code.group(1).decode(errors="replace") if code else response.headers.get("x-minio-error-code", response.reason)
    return Refused(what, response.status, code, text.group(1).decode(errors="replace") if text else "")
