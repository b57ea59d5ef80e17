"""The exporters themselves: whoever watches has to be well."""
from . import questions
from .board import SERVICE, annotation, cluster_of, dashboard, variable
from .numbers import PLAIN, above, number
from .panels import ANSWERS, SUCCESS, Select, column, graph, table, timeline

SELECT = Select('service=~"$service"')
SCOPE = questions.Scope(SELECT, service_varies=True)
# The jobs are named replicawatch-SERVICE (alerts/README.md); what an exporter tells of itself carries no cluster.
JOB = 'job=~"replicawatch-$service.*",instance=~"$instance"'
TARGET = "job, instance"
NAME = "{{job}} {{instance}}"


def own(metric, labels=TARGET, more=""):
    return f"max by ({labels}) ({metric}{{{JOB}{more}}})"


def rate(metric, labels=TARGET, function="rate"):
    return f"max by ({labels}) ({function}({metric}{{{JOB}}}[$__rate_interval]))"


def scrape_rows():
    buckets = f"sum by (le, {TARGET}) (rate(replicawatch_http_request_duration_seconds_bucket{{{JOB}}}[$__rate_interval]))"
    return [
        [
            timeline("Exporters", "Whether Prometheus could scrape the exporter. Red for 1 min fires ReplicawatchExporterDown (all of a "
                     "service for 5 min: ReplicawatchServiceBlind), a gap of 5 min ReplicawatchExporterVanished.", own("up"), ANSWERS, 16,
                     NAME),
            questions.alerts("${service:regex}", 8),
        ],
        [
            graph("Scrape duration", "As Prometheus saw it. Above the line for 10 min fires ReplicawatchScrapeSlow; near the scrape "
                  "time-out, some member does not answer.", own("scrape_duration_seconds"), "s", above(number("scrape_seconds"), "yellow"),
                  8, NAME),
            graph("Time to answer, 95 %", "As the exporter saw it, without sending: of all requests, also those that are no scrapes.",
                  f"histogram_quantile(0.95, {buckets})", "s", PLAIN, 8, NAME),
            graph("Samples", "Of each scrape. A fall is a member or a collector less.", own("scrape_samples_scraped"), "short", PLAIN, 8,
                  NAME),
        ],
        [
            graph("Scrapes turned away", "A 503 is a scrape that is lost: more came at once than --web.max-requests admits. Any within ten "
                  "minutes fires ReplicawatchScrapesRejected.", rate("replicawatch_http_scrapes_rejected_total", function="increase"),
                  "short", above(1), 8, NAME),
            graph("Scrapes shared", "That joined a collection under way: several Prometheus servers, or one that asks again too soon.",
                  rate("replicawatch_http_scrapes_shared_total"), "cps", PLAIN, 8, NAME),
            graph("Requests", "By path and status.", rate("replicawatch_http_requests_total", f"{TARGET}, path, code"), "reqps", PLAIN, 8,
                  NAME + " {{path}} {{code}}"),
        ],
    ]


def collector_rows():
    member = SCOPE.member
    failing = f"{SELECT.max(f'{member}, collector', 'replicawatch_collector_success')} == 0"
    return [
        [
            timeline("Collectors", "Whether each group of metrics could be read from each member. Red for 10 min while the member is up "
                     "fires ReplicawatchCollectorFailing.",
                     SELECT.max(f"{member}, collector", "replicawatch_collector_success"), SUCCESS, 8,
                     SCOPE.member_name + " {{collector}}"),
            graph("Time to ask each member", "The slowest collector of each member; a member at the budget is paused or unreachable.",
                  SELECT.max(f"{member}, collector", "replicawatch_scrape_duration_seconds"), "s", PLAIN, 8,
                  SCOPE.member_name + " {{collector}}"),
            table("What fails", "Members that could not be asked, with the code, and collectors that got no answer.",
                  [column(SELECT.max(f"{member}, code", "replicawatch_member_error") + " == 1", "A", empty=questions.NO_ERROR),
                   column(failing, "B", empty="all collectors of a healthy deployment succeed")], 8, 8,
                  {"service": "Service", "cluster": "Cluster", "member": "Member", "code": "Error", "collector": "Collector"},
                  ["Cluster", "Member"], no_value="nothing"),
        ],
        [
            timeline("Clusters that are watched", "Whether any member answered. One of which no exporter tells any more for 10 min fires "
                     "ReplicawatchClusterVanished.", SELECT.max(SCOPE.cluster, "replicawatch_up"), ANSWERS, 12, SCOPE.cluster_name),
            graph("Clocks", "Of the members, against the exporter's. If all are off by the same, it is the exporter's that is wrong.",
                  f"min by ({member}) (abs({SELECT('replicawatch_clock_skew_seconds')}))", "s", above(number("clock_skew_seconds")), 12,
                  SCOPE.member_name),
        ],
    ]


def process_rows():
    return [
        [
            graph("CPU", "Of one core.", rate("process_cpu_seconds_total"), "percentunit", PLAIN, 6, NAME),
            graph("Memory", "Resident.", own("process_resident_memory_bytes"), "bytes", PLAIN, 6, NAME),
            graph("Open files", "Of those that it may have. Connections to members are among them.",
                  f"{own('process_open_fds')} / {own('process_max_fds')}", "percentunit", PLAIN, 6, NAME),
            graph("Threads", "A number that grows is members that hang.", own("process_threads"), "short", PLAIN, 6, NAME),
        ],
        [
            table("Versions", "What runs: exporters side by side should agree.",
                  [column(own("replicawatch_build_info", f"{TARGET}, version, revision"), "A")], 8, 8,
                  {"job": "Job", "instance": "Instance", "version": "Version", "revision": "Revision"}, ["Job", "Instance"]),
            graph("Running for", "A fall is a restart.", f"time() - {own('process_start_time_seconds')}", "dtdurations", PLAIN, 8, NAME),
            timeline("Configuration", "Whether the newest could be used: that of the clusters with its secrets, and that of the web side. "
                     "Red for 1 min fires ReplicawatchConfigNotUsed.", own("replicawatch_config_reload_success", f"{TARGET}, file"),
                     SUCCESS, 8, NAME + " {{file}}"),
        ],
    ]


def board():
    instance = variable("instance", "Instance", 'up{job=~"replicawatch-$service.*"}')
    starts = annotation("Starts of exporters", "light-blue", f"1000 * {own('process_start_time_seconds')}", "Start of {{instance}}",
                        "{{job}}", value_is_time=True)
    return dashboard(
        "replicawatch-exporters", "replicawatch / Exporters", "Whether those who watch are well: scrapes, collectors, what the exporters "
        "use of their hosts.", [SERVICE, cluster_of('service=~"$service"'), instance], [starts],
        [("Scrapes", scrape_rows()), ("Collectors", collector_rows()), ("Processes", process_rows())])
