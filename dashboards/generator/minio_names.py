"""How the boards of MinIO ask for its families."""
from .panels import Select
from .questions import Scope

SERVICE = 'service="minio"'
SELECT = Select(SERVICE)
SCOPE = Scope(SELECT)
CLUSTER, GROUP, NODE = SCOPE.cluster, SCOPE.group, SCOPE.member
DRIVE = f"{NODE}, drive"
NODE_NAME = SCOPE.member_name
DRIVE_NAME = "{{cluster}} {{member}} {{drive}}"


def minio(name):
    return "replicawatch_minio_" + name


def by_node(name, more=""):
    return SELECT.max(NODE, minio(name), more)


def by_drive(name, more=""):
    return SELECT.max(DRIVE, minio(name), more)
