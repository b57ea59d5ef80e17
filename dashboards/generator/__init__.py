"""The dashboards, as dashboards/generate writes them."""
from . import backup, exporters, minio, mongo, overview, redis


def boards():
    """{name of the file: dashboard, with what is said of its empty queries}"""
    return {f"{module.__name__.rsplit('.', 1)[1]}.json": module.board() for module in (overview, mongo, redis, minio, backup, exporters)}


def without_reasons(part):
    """The dashboard as Grafana gets it."""
    if isinstance(part, dict):
        return {key: without_reasons(value) for key, value in part.items() if key != "empty"}
    return [without_reasons(item) for item in part] if isinstance(part, list) else part
