"""Queries and panels as Grafana's JSON has them.

A query that has no answer on a healthy deployment says why (`empty`); tests/e2e/test_dashboards.py holds it to that. The
reason stays here: `EMPTY` is taken out before the JSON is written.
"""
import re

from .numbers import PLAIN

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
EMPTY = "empty"


class Select:
    """Selectors of a board: the common families by service and cluster, those of one service by cluster alone."""

    OWN = ("replicawatch_mongo_", "replicawatch_redis_", "replicawatch_minio_", "redis_", "group:")

    def __init__(self, service):
        self.service = service

    def __call__(self, metric, more=""):
        matchers = ([] if metric.startswith(self.OWN) else [self.service]) + ['cluster=~"$cluster"'] + ([more] if more else [])
        return f"{metric}{{{','.join(matchers)}}}"

    def max(self, labels, metric, more=""):
        return f"max by ({labels}) ({self(metric, more)})"

    def min(self, labels, metric, more=""):
        return f"min by ({labels}) ({self(metric, more)})"

    def rate(self, labels, metric, more="", function="rate"):
        """Of two exporters that watch the same members either has all of it."""
        return f"max by ({labels}) ({function}({self(metric, more)}[$__rate_interval]))"

    def increase(self, labels, metric, more=""):
        return self.rate(labels, metric, more, "increase")


def mapping(**texts):
    """mapping(v0=("down", "red")): the text and colour of each value."""
    options = {key[1:]: {"text": text, "color": color, "index": index}
               for index, (key, (text, color)) in enumerate(texts.items())}
    return [{"type": "value", "options": options}]


YES_NO = mapping(v1=("yes", "green"), v0=("NO", "red"))
ANSWERS = mapping(v1=("answers", "green"), v0=("does not answer", "red"))
SUCCESS = mapping(v1=("success", "green"), v0=("failed", "red"))
GOOD = mapping(v1=("yes", "green"), v0=("no", "orange"))
BAD = mapping(v1=("yes", "orange"), v0=("no", "green"))
SEES = mapping(v1=("sees", "green"), v0=("cut off", "red"))


def query(expr, legend="", ref="A", empty=None):
    made = {"datasource": DATASOURCE, "editorMode": "code", "expr": " ".join(expr.split()), "legendFormat": legend,
            "range": True, "refId": ref}
    if empty:
        made[EMPTY] = empty
    return made


def instant(expr, legend="", ref="A", table=False, empty=None):
    made = query(expr, legend, ref, empty)
    made.update({"instant": True, "range": False, "format": "table" if table else "time_series"})
    return made


def column(expr, ref, empty=None):
    return instant(expr, ref=ref, table=True, empty=empty)


def panel(kind, title, description, targets, unit, thresholds, options, width, height, mappings=(), custom=None,
          overrides=(), transformations=(), no_value="unknown", decimals=None):
    defaults = {"color": {"mode": "thresholds"}, "mappings": list(mappings), "noValue": no_value,
                "thresholds": thresholds, "unit": unit}
    if custom is not None:
        defaults["custom"] = custom
    if decimals is not None:
        defaults["decimals"] = decimals
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "fieldConfig": {"defaults": defaults, "overrides": list(overrides)}, "options": options,
            "targets": targets, "transformations": list(transformations), "gridPos": {"w": width, "h": height}}


def stat(title, description, expr, unit, thresholds, width, legend, height=4, empty=None, **more):
    options = {"colorMode": "background", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "textMode": "value_and_name"}
    return panel("stat", title, description, [instant(expr, legend, empty=empty)], unit, thresholds, options, width, height, **more)


def graph(title, description, expr, unit, thresholds, width, legend, height=8, step=False, empty=None, log=False, **more):
    """expr: one expression, or a list of queries."""
    custom = {"drawStyle": "line", "fillOpacity": 5, "lineInterpolation": "stepAfter" if step else "linear", "lineWidth": 1,
              "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"}, "showPoints": "never",
              "spanNulls": False, "thresholdsStyle": {"mode": "off" if thresholds is PLAIN else "dashed"}}
    options = {"legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    targets = expr if isinstance(expr, list) else [query(expr, legend, empty=empty)]
    made = panel("timeseries", title, description, targets, unit, thresholds, options, width, height, custom=custom, **more)
    made["fieldConfig"]["defaults"]["color"] = {"mode": "palette-classic"}
    return made


def timeline(title, description, expr, mappings, width, legend, height=8, empty=None):
    """expr: one expression, or a list of queries."""
    options = {"alignValue": "left", "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
               "mergeValues": True, "rowHeight": 0.9, "showValue": "auto", "tooltip": {"mode": "single", "sort": "none"}}
    targets = expr if isinstance(expr, list) else [query(expr, legend, empty=empty)]
    return panel("state-timeline", title, description, targets, "none", PLAIN, options, width, height, mappings=mappings,
                 custom={"fillOpacity": 70, "lineWidth": 0, "spanNulls": False})


def table(title, description, targets, width, height, names, sort, overrides=(), no_value="unknown"):
    """names: label or "Value #REF" -> heading, in the order of the columns; all else is needed for the join only."""
    labels = {label for target in targets for listed in re.findall(r"\bby \(([^)]*)\)", target["expr"]) for label in listed.split(", ")}
    hidden = ["Time", "Value"] + [f"Value #{target['refId']}" for target in targets] + sorted(labels)
    return panel("table", title, description, targets, "none", PLAIN,
                 {"cellHeight": "sm", "footer": {"show": False}, "showHeader": True,
                  "sortBy": [{"desc": False, "displayName": name} for name in sort]},
                 width, height, custom={"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True},
                 overrides=overrides, no_value=no_value,
                 transformations=[{"id": "merge", "options": {}},
                                  {"id": "organize", "options": {
                                      "excludeByName": {name: True for name in hidden if name not in names},
                                      "indexByName": {name: i for i, name in enumerate(names)}, "renameByName": names}}])


def coloured(name, mappings=(), thresholds=None, unit=None):
    """The colours and the unit of a table's column."""
    properties = [{"id": "mappings", "value": list(mappings)}, {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
    if thresholds:
        properties.append({"id": "thresholds", "value": thresholds})
    if unit:
        properties.append({"id": "unit", "value": unit})
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}


def linked(name, title, url):
    """A table's column whose cells lead to another dashboard, which keeps data source and time."""
    keep = "${datasource:queryparam}&${__url_time_range}"
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": "links", "value": [{"title": title, "url": f"{url}&{keep}"}]}]}


def matrix(title, description, expr, rows, columns, mappings, width, height=8, empty=None):
    """A table of what each in `rows` (a label) says of each in `columns` (another)."""
    cells = {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}, "filterable": False}
    return panel("table", title, description, [column(expr, "A", empty)], "none", PLAIN,
                 {"cellHeight": "sm", "footer": {"show": False}, "showHeader": True,
                  "sortBy": [{"desc": False, "displayName": f"{rows}\\{columns}"}]}, width, height,
                 mappings=mappings, custom=cells, no_value="",
                 overrides=[{"matcher": {"id": "byName", "options": f"{rows}\\{columns}"}, "properties": [
                     {"id": "custom.cellOptions", "value": {"type": "auto"}}, {"id": "custom.align", "value": "left"}]}],
                 transformations=[{"id": "groupingToMatrix", "options": {"columnField": columns, "rowField": rows,
                                                                         "valueField": "Value", "emptyValue": "null"}}])


def alert_list(labels, width, height):
    """labels: those that an alert must have, as Grafana's matchers."""
    return {"type": "alertlist", "title": "Firing alerts",
            "description": "Alerts of the rules in alerts/ that fire or are about to. Empty is good. Grafana reads them from "
                           "Prometheus, whose data source must have \"Manage alerts via Alerting UI\" on.",
            "gridPos": {"w": width, "h": height},
            "options": {"alertInstanceLabelFilter": f"{{{labels}}}", "alertName": "", "dashboardAlerts": False,
                        "groupBy": [], "groupMode": "default", "maxItems": 20, "sortOrder": 3,
                        "stateFilter": {"error": True, "firing": True, "noData": False, "normal": False, "pending": True},
                        "viewMode": "list"}}
