"""All services and clusters at once."""
from . import questions
from .board import SERVICE, cluster_of, dashboard, failovers
from .numbers import AT_RISK, EXACTLY_ONE, HEADROOM, LAG, PLAIN, RECENT, ZERO_IS_BAD, above
from .panels import ANSWERS, YES_NO, Select, column, coloured, graph, linked, query, stat, table, timeline

SELECT = Select('service=~"$service"')
SCOPE = questions.Scope(SELECT, service_varies=True)
GROUP, MEMBER, GROUP_MEMBER = SCOPE.group, SCOPE.member, SCOPE.group_member


def six():
    width = 4
    return [[questions.can_write(SCOPE, width), questions.may_be_lost(SCOPE, width), questions.would_be_lost(SCOPE, width),
             questions.full_copy_near(SCOPE, width), questions.agree(SCOPE, width), questions.last_failover(SCOPE, width)]]


def deployments():
    failed = SELECT("replicawatch_failures_tolerated", 'operation="write"')
    targets = [
        column(SELECT.max(GROUP, "replicawatch_writable"), "A"),
        column(f"max by ({GROUP}) ({failed})", "B"),
        column(SELECT.max(GROUP, "replicawatch_data_at_risk_seconds"), "C"),
        column(SELECT.min(GROUP, "replicawatch_resync_headroom_ratio"), "D"),
        column(SELECT.max(GROUP, "replicawatch_replication_lag_seconds"), "E"),
        column(f"time() - {SELECT.max(GROUP, 'replicawatch_last_failover_timestamp_seconds')}", "F"),
    ]
    names = {"service": "Service", "cluster": "Cluster", "group": "Group", "Value #A": "Writable", "Value #B": "May be lost",
             "Value #C": "At risk", "Value #D": "Headroom", "Value #E": "Worst lag", "Value #F": "Since the last failover"}
    return table(
        "Deployments", "A line for each group of each cluster. The service leads to its own dashboard.", targets, 16, 10, names,
        ["Service", "Cluster", "Group"],
        overrides=[linked("Service", "Its dashboard", "/d/replicawatch-${__data.fields.Service}?var-cluster=${__data.fields.Cluster}"),
                   linked("Cluster", "Only this cluster",
                          "/d/replicawatch-overview?var-service=${__data.fields.Service}&var-cluster=${__data.fields.Cluster}"),
                   coloured("Writable", YES_NO), coloured("May be lost", (), ZERO_IS_BAD), coloured("At risk", (), AT_RISK, "s"),
                   coloured("Headroom", (), HEADROOM, "percentunit"), coloured("Worst lag", (), LAG, "s"),
                   coloured("Since the last failover", (), RECENT, "dtdurations")])


def member_rows():
    return [
        [deployments(), questions.alerts("${service:regex}", 8, 10)],
        [questions.members(SCOPE, 12, height=10), questions.roles(SCOPE, 12, height=10)],
        [
            timeline("Groups that accept writes", "Red for 45 s fires ReplicaGroupWritesBlocked. Gaps: not known.",
                     SELECT.max(GROUP, "replicawatch_writable"), YES_NO, 12, SCOPE.group_name),
            graph("Members at work", "Members that do their job, and those that should. A MinIO set with less than all of its members at "
                  "work fires MinioDegraded after 30 s.",
                  [query(SELECT.max(GROUP, "replicawatch_members_healthy"), SCOPE.group_name + " healthy", "A"),
                   query(SELECT.max(GROUP, "replicawatch_members_expected"), SCOPE.group_name + " expected", "B")],
                  "none", PLAIN, 12, "", step=True),
        ],
    ]


def lag_rows():
    return [
        [
            graph("Replication lag", "How long each member has been behind. MongoReplicationLagHigh fires above the line after 30 s. "
                  "No line means not known, not 0.", SELECT.max(GROUP_MEMBER, "replicawatch_replication_lag_seconds"), "s", LAG, 12,
                  SCOPE.member_name),
            graph("Replication lag, bytes", "How much each member has still to receive, where the service counts bytes.",
                  SELECT.max(GROUP_MEMBER, "replicawatch_replication_lag_bytes"), "bytes", PLAIN, 12, SCOPE.member_name),
        ],
        [
            graph("Data at risk", "What would be lost if the primary died at that moment and the best replica took over. Above the line "
                  "for 2 min fires ReplicaDataAtRisk.", SELECT.max(GROUP, "replicawatch_data_at_risk_seconds"), "s", AT_RISK, 8,
                  SCOPE.group_name),
            graph("Resync headroom of each member", "What is left of the oplog's or backlog's window; at 0 the member needs a full copy. "
                  "Below the line for 2 min fires ReplicaResyncNear.",
                  SELECT.min(GROUP_MEMBER, "replicawatch_resync_headroom_ratio"), "percentunit", HEADROOM, 8, SCOPE.member_name),
            graph("Failures tolerated over time", "Losses that the group could still take; below the line the last spare is gone.",
                  SELECT.max(f"{GROUP}, operation", "replicawatch_failures_tolerated", 'operation=~"write|write_nodes"'), "none",
                  ZERO_IS_BAD, 8,
                  SCOPE.group_name + " {{operation}}", step=True),
        ],
    ]


def failover_rows():
    term = SELECT("replicawatch_term")
    return [[
        graph("Primaries over time", "1 is right, 0 none, 2 a split brain; above the upper line and below the lower one it is wrong.",
              SELECT.max(GROUP, "replicawatch_primaries"), "none", EXACTLY_ONE, 8, SCOPE.group_name, step=True),
        graph("Term", "The group's own number of its elections: MongoDB's term, Sentinel's and the Cluster's configuration epoch. Three "
              "steps within 15 min fire ReplicaFailoversFrequent.", SELECT.max(GROUP, "replicawatch_term"), "none", PLAIN, 8,
              SCOPE.group_name, step=True),
        stat("Elections in this time range", "By how much the group's term or epoch rose. One planned failover is 1, sometimes 2; "
             "more means that the group is restless.",
             f"max by ({GROUP}) (max_over_time({term}[$__range]) - min_over_time({term}[$__range]))", "none", PLAIN, 4,
             SCOPE.group_name, height=8),
        stat("Versions", "Different versions that the members of a group run. 2 or more for 6 h fire ReplicaVersionsDiffer.",
             SELECT.max(GROUP, "replicawatch_views", 'about="version"'), "none", above(2, "yellow"), 4,
             SCOPE.group_name, height=8),
    ]]


def seen_rows():
    return [[
        timeline("Clusters that answer", "Whether any member of the cluster answered. Red for 30 s fires ReplicaClusterUnreachable.",
                 SELECT.max(SCOPE.cluster, "replicawatch_up"), ANSWERS, 12, SCOPE.cluster_name),
        timeline("Members that answer", "Whether at least one exporter got an answer.",
                 SELECT.max(MEMBER, "replicawatch_member_up"), ANSWERS, 12, SCOPE.member_name),
    ]] + questions.watching(SCOPE)[1]


def board():
    return dashboard(
        "replicawatch-overview", "replicawatch / Overview",
        "Can clients write, how many more failures are tolerated, what is at risk, who needs a resync, do all agree, when was the last "
        "failover: MongoDB replica sets, Redis with Sentinel or as a Cluster, and distributed MinIO.",
        [SERVICE, cluster_of('service=~"$service"')], failovers(SELECT, GROUP),
        [("The six questions", six()), ("Deployments and members", member_rows()), ("Lag, risk and margin", lag_rows()),
         ("Failovers", failover_rows()), ("How well we see", seen_rows())])
