"""--config.file: tables of good and bad files, what is said of them, and the JSON schema that editors get."""
import json
import os
import pathlib
import re

import jsonschema
import pytest
import yaml

from deployment import BIN, ROOT
from web_place import DATA as WEB_DATA
from web_place import SEEDS, SERVICES, Certificates, run

DATA = ROOT / "tests/testdata/config"
GOOD = [(service, file) for service in SERVICES for file in sorted((DATA / service / "good").glob("*.yml"))]
BAD = [(service, file) for service in SERVICES for file in sorted((DATA / service / "bad").glob("*.yml"))]
DOCUMENTS = {
    "policy.json": '{"Version": "2012-10-17", "Statement": []}',
    "lifecycle.xml": "<LifecycleConfiguration/>",
    "encryption.xml": "<ServerSideEncryptionConfiguration/>",
    "replication.xml": "<ReplicationConfiguration/>",
    "notifications.xml": "<NotificationConfiguration/>",
    "script.lua": "return 1",
    "secret": "hush-hush-hush",
}


class TextsOnly(yaml.SafeLoader):
    """YAML 1.2, as yaml-cpp and editors have it: no yes, no, on, off."""


TextsOnly.yaml_implicit_resolvers = {
    letter: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
TextsOnly.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("configuration")
    Certificates(folder)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    return folder


def placed(folder, file):
    """A copy of the file that names files of this folder."""
    copy = folder / file.name
    copy.write_text(file.read_text().replace("FOLDER", str(folder)))
    return copy


def check(service, file):
    _, environment = SEEDS[service]("127.0.0.1:1")
    environment.pop("MONGODB_URI", None)
    return run(service, f"--config.file={file}", "--config.check", SECRET_OF_A_TEST="hush-hush-hush", **environment)


def schema_of(service, flag="--config.schema"):
    printed = run(service, flag)
    assert (printed.returncode, printed.stderr) == (0, "")
    schema = json.loads(printed.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return schema


def faults(schema, file):
    document = yaml.load(file.read_text(), TextsOnly)
    return [f"{list(fault.absolute_path)}: {fault.message}" for fault in jsonschema.Draft7Validator(schema).iter_errors(document)]


def identity(case):
    return case.stem if isinstance(case, pathlib.Path) else case


@pytest.mark.parametrize("service, file", GOOD, ids=identity)
def test_good_files(service, file, folder):
    file = placed(folder, file)
    checked = check(service, file)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert not faults(schema_of(service), file)


@pytest.mark.parametrize("service, file", BAD, ids=identity)
def test_bad_files_what_is_said_of_them_and_that_editors_know(service, file, folder):
    """The first line is what is said. A file whose keys and types are right has `semantic` there: no schema can know."""
    first = file.read_text().replace("FOLDER", str(folder)).splitlines()[0]
    semantic, place, message = re.fullmatch(r"# (semantic )?(\d+:\d+): (.*)", first).groups()
    copy = placed(folder, file)
    checked = check(service, copy)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert len(checked.stderr.splitlines()) == 1
    assert f"{copy}:{place}: {message}" in checked.stderr
    assert "hush" not in checked.stderr
    if file.stem == "broken_yaml":
        with pytest.raises(yaml.YAMLError):
            faults(schema_of(service), copy)
    else:
        assert bool(faults(schema_of(service), copy)) == (not semantic)


@pytest.mark.parametrize("service", SERVICES)
def test_the_good_files_have_every_key(service, folder):
    def known(schema, path):
        for one in schema.get("anyOf", [schema]):
            for name, value in one.get("properties", {}).items():
                yield path + (name,)
                yield from known(value, path + (name,))
            if isinstance(one.get("additionalProperties"), dict):
                yield from known(one["additionalProperties"], path + ("*",))
            if isinstance(one.get("items"), dict):
                yield from known(one["items"], path)

    def used(value, paths):
        """The paths of the keys below, as the schema has them: its free names are all *."""
        if isinstance(value, list):
            return set().union(*(used(one, paths) for one in value)) if value else set()
        if not isinstance(value, dict):
            return set()
        found = set()
        for name, below in value.items():
            for path in paths:
                for step in (name, "*"):
                    found |= {path + (step,)} | used(below, {path + (step,)})
        return found

    everything = set(known(schema_of(service), ()))
    assert len(everything) > 20
    tried = used(yaml.load((DATA / service / "good/all.yml").read_text(), TextsOnly), {()})
    assert not everything - tried


@pytest.mark.parametrize("file", sorted(WEB_DATA.glob("good/*.yml")), ids=lambda file: file.stem)
def test_the_schema_of_the_web_side_takes_what_is_good(file):
    assert not faults(schema_of(SERVICES[0], "--web.config.schema"), file)


def test_the_schema_of_the_web_side_knows_what_is_wrong():
    schema = schema_of(SERVICES[0], "--web.config.schema")
    words = ("is not known here", "is wanted here", "is none of", "this is no bcrypt hash")
    seen = 0
    for file in WEB_DATA.glob("bad/*.yml"):
        if any(word in file.read_text().splitlines()[0] for word in words):
            seen += 1
            assert faults(schema, file), file.stem
    assert seen > 10


@pytest.mark.parametrize("service", SERVICES)
def test_all_binaries_have_the_same_web_schema(service):
    assert schema_of(service, "--web.config.schema") == schema_of(SERVICES[0], "--web.config.schema")


def test_the_schema_needs_no_settings():
    """Nor may it hold any: it is printed by whoever writes a file."""
    for service in SERVICES:
        printed = run(service, "--config.schema", REDIS_PASSWORD="hush", MONGODB_PASSWORD="hush", MINIO_SECRET_KEY="hush")
        assert printed.returncode == 0 and "hush" not in printed.stdout
        assert os.access(BIN / f"replicawatch-{service}", os.X_OK)
