"""A dashboard around its panels: variables, links, annotations, layout."""
from .panels import DATASOURCE


def place(rows):
    """Numbers the panels and lays them out: a row is a title and a list of bands, a band a list of columns, a column a
    panel or a list of panels on top of each other."""
    placed, y = [], 0
    for title, bands in rows:
        placed.append({"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"w": 24, "h": 1, "x": 0, "y": y}})
        y += 1
        for band in bands:
            x, bottom = 0, y
            for column in band:
                top = y
                stack = column if isinstance(column, list) else [column]
                for item in stack:
                    item["gridPos"].update(x=x, y=top)
                    top += item["gridPos"]["h"]
                    placed.append(item)
                x += stack[0]["gridPos"]["w"]
                bottom = max(bottom, top)
            y = bottom
    for number, item in enumerate(placed, 1):
        item["id"] = number
    return placed


def variable(name, label, metric, of=None):
    """The values of the label `of` (default: `name`) of a metric."""
    expr = f"label_values({metric}, {of or name})"
    return {"type": "query", "name": name, "label": label, "datasource": DATASOURCE, "definition": expr,
            "query": {"query": expr, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
            "multi": True, "includeAll": True, "allValue": ".+", "refresh": 2, "regex": "", "sort": 1, "hide": 0, "options": [],
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]}}


SERVICE = variable("service", "Service", "replicawatch_up")


def cluster_of(service):
    """service: the matcher of the board."""
    return variable("cluster", "Cluster", f"replicawatch_up{{{service}}}")


def annotation(name, color, expr, title, text, empty=None, value_is_time=False):
    """value_is_time: the expression gives the moment itself, in milliseconds."""
    return {"name": name, "enable": True, "hide": False, "iconColor": color, "datasource": DATASOURCE,
            "expr": " ".join(expr.split()), "titleFormat": title, "textFormat": text, "tagKeys": "service,cluster,group,member",
            "step": "15s", "useValueForTime": value_is_time, "empty": empty}


def failovers(select, group, none_yet=None):
    """What every board marks: terms, failovers, changes of role. `group`: the labels of a group; `none_yet`: why a deployment
    that has just been made tells of no failover."""
    term = select("replicawatch_term")
    name = "{{service}} {{cluster}} {{group}}"
    roles = select("replicawatch_member_role", 'role=~"primary|master"')
    alerts = select("ALERTS", 'alertstate="firing",severity="critical"')
    return [
        annotation("Elections", "purple", f"max by ({group}) ({term}) > min by ({group}) (min_over_time({term}[$__rate_interval]))",
                   "New term: " + name, "A primary was elected, or an election was tried.",
                   empty="nobody is elected meanwhile"),
        annotation("Failovers", "red", f"1000 * max by ({group}) ({select('replicawatch_last_failover_timestamp_seconds')})",
                   "Failover: " + name, "The primary changed, as the servers tell it.", none_yet, value_is_time=True),
        annotation("Changes of role", "blue", f"max by ({group}, member, role) (changes({roles}[$__rate_interval])) > 0",
                   "{{member}} became or ceased to be {{role}}", name, empty="no role changes meanwhile"),
        annotation("Critical alerts", "dark-red", f"max by (alertname, {group}) ({alerts})", "{{alertname}}", name,
                   empty="nothing critical fires on a healthy deployment"),
    ]


def dashboard(uid, title, description, variables, annotations, rows):
    return {
        "id": None, "uid": uid, "title": title, "description": description, "tags": ["replicawatch"], "schemaVersion": 38,
        "version": 1, "editable": False, "graphTooltip": 1, "liveNow": False, "refresh": "30s", "style": "dark",
        "time": {"from": "now-1h", "to": "now"}, "timepicker": {}, "timezone": "browser", "weekStart": "", "fiscalYearStartMonth": 0,
        "links": [{"type": "dashboards", "title": "replicawatch", "tags": ["replicawatch"], "asDropdown": True, "icon": "external link",
                   "includeVars": True, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}],
        "templating": {"list": [
            {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "regex": "", "hide": 0,
             "refresh": 1, "multi": False, "includeAll": False, "options": [], "current": {}}] + variables},
        "annotations": {"list": [
            {"name": "Annotations & Alerts", "type": "dashboard", "builtIn": 1, "enable": True, "hide": True,
             "iconColor": "rgba(0, 211, 255, 1)", "datasource": {"type": "grafana", "uid": "-- Grafana --"}}] + annotations},
        "panels": place(rows),
    }
