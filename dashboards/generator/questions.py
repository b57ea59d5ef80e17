"""What the boards share: the six questions, the members, what the exporter itself has to say."""
from .numbers import AT_RISK, EXACTLY_ONE, HEADROOM, LAG, PLAIN, RECENT, ZERO_IS_BAD, above, number
from .panels import (ANSWERS, SUCCESS, YES_NO, alert_list, column, coloured, graph, instant, mapping, stat, table, timeline)

ROLES = mapping(
    v0=("does not answer", "red"),
    v1=("primary", "green"),
    v2=("replica", "blue"),
    v3=("arbiter", "purple"),
    v4=("sentinel", "light-purple"),
    v5=("node", "blue"),
    v6=("hidden or delayed", "light-blue"),
    v7=("starting or recovering", "orange"),
    v8=("down or removed", "dark-red"),
    v9=("role unknown", "text"),
)
HEALTHY_WRITES = "nothing blocks the writes of a healthy deployment"
NO_ERROR = "all members of a healthy deployment answer"


class Scope:
    """The labels by which a board tells groups and members apart, and how it names them."""

    def __init__(self, select, service_varies=False, lag=LAG):
        self.select = select
        self.lag = lag
        prefix, shown = ("service, ", "{{service}} ") if service_varies else ("", "")
        self.cluster = prefix + "cluster"
        self.group = prefix + "cluster, group"
        self.member = prefix + "cluster, member"
        self.group_member = prefix + "cluster, group, member"
        self.cluster_name = shown + "{{cluster}}"
        self.group_name = shown + "{{cluster}} {{group}}"
        self.member_name = "{{cluster}} {{member}}"


def can_write(scope, width):
    select, group = scope.select, scope.group
    blocked = instant(select.max(f"{group}, reason", "replicawatch_write_blocked") + " == 1", table=True, empty=HEALTHY_WRITES)
    names = {label: label.capitalize() for label in f"{group}, reason".split(", ")}
    return [
        stat("Can clients write?", "Whether a write with the deployment's default durability would be accepted now. "
             "NO for 45 s fires ReplicaGroupWritesBlocked.", select.max(group, "replicawatch_writable"), "none", ZERO_IS_BAD, width,
             scope.group_name, mappings=YES_NO),
        table("Why not?", "The reasons why a group refuses writes. Empty while nothing blocks them.", [blocked], width, 4,
              names, ["Cluster"], no_value="no reason to report"),
    ]


def may_be_lost(scope, width):
    select, group = scope.select, scope.group
    operations = 'operation=~"write|write_nodes"'
    return [
        stat("How many may still be lost?", "How many more members (MinIO: drives as write, nodes as write_nodes) may be lost before "
             "writes stop. 0 or less is red and, once a member is lost, fires ReplicaGroupNoFailureTolerated after 5 min.",
             select.max(f"{group}, operation", "replicawatch_failures_tolerated", operations), "none", ZERO_IS_BAD, width,
             scope.group_name + " {{operation}}"),
        stat("Members that are missing", "Members that should do their job and do not.",
             f"{select.max(group, 'replicawatch_members_expected')} - {select.max(group, 'replicawatch_members_healthy')}", "none",
             above(1), width, scope.group_name),
    ]


def would_be_lost(scope, width, data_at_risk_bytes=True, empty=None):
    select, group = scope.select, scope.group
    seconds = stat("What would be lost now?", "What only the primary has and would be lost if it died now and the best replica took "
                   "over, as time. Orange from the threshold of ReplicaDataAtRisk on.",
                   select.max(group, "replicawatch_data_at_risk_seconds"), "s", AT_RISK, width, scope.group_name)
    if data_at_risk_bytes:
        return [seconds, stat("The same in bytes", "What would be lost, where the service counts bytes.",
                              select.max(group, "replicawatch_data_at_risk_bytes"), "bytes", PLAIN, width, scope.group_name,
                              empty=empty)]
    return [seconds, stat("Worst lag", "How long the member of the group that is furthest behind has been so. Orange from the "
                          "threshold of MongoReplicationLagHigh on.", select.max(group, "replicawatch_replication_lag_seconds"), "s",
                          LAG, width, scope.group_name)]


def full_copy_near(scope, width):
    select, group = scope.select, scope.group
    return [
        stat("Is a member about to need a full copy?", "The least that is left of the oplog's or backlog's window before a member of "
             "the group needs a full copy; 100 % is a member that has everything. Orange where ReplicaResyncNear fires.",
             select.min(group, "replicawatch_resync_headroom_ratio"), "percentunit", HEADROOM, width, scope.group_name),
        stat("Time until then", "How long the member that is closest to a full copy could be away or stand still, as the oplog or "
             "backlog is written now.", select.min(group, "replicawatch_resync_headroom_seconds"), "s", PLAIN, width,
             scope.group_name),
    ]


def agree(scope, width):
    select, group = scope.select, scope.group
    return [
        stat("Do all agree?", "Different answers of the members about who is primary and which configuration holds. 1 is "
             "agreement; 2 or more for 5 min fires ReplicaViewsDiffer.",
             select.max(f"{group}, about", "replicawatch_views", 'about=~"primary|config"'), "none", above(2, "red"), width,
             scope.group_name + " {{about}}"),
        stat("Primaries", "Members that act as primary at once. 0 for 45 s fires ReplicaGroupNoPrimary, 2 or more for 1 min "
             "ReplicaGroupMultiplePrimaries. MinIO has none to count.", select.max(group, "replicawatch_primaries"), "none",
             EXACTLY_ONE, width, scope.group_name),
    ]


def last_failover(scope, width, empty=None):
    select, group = scope.select, scope.group
    return [
        stat("Since the last failover", "Time since the last change of primary, where the servers tell.",
             f"time() - {select.max(group, 'replicawatch_last_failover_timestamp_seconds')}", "dtdurations", RECENT, width,
             scope.group_name, empty=empty, no_value="none known"),
        stat("It took", "How long the group was without a primary then, where the servers tell.",
             select.max(group, "replicawatch_last_failover_duration_seconds"), "s", PLAIN, width, scope.group_name, empty=empty,
             no_value="none known"),
    ]


def role_expr(scope):
    """Each member's role as the number of its mapping; 0 where it does not answer, 9 where it does but has no role."""
    numbers = [(1, "primary|master"), (2, "secondary|replica"), (3, "arbiter"), (4, "sentinel"), (5, "node"),
               (6, "hidden|delayed"), (7, "startup|recovering|rollback"), (8, "down|removed")]
    alternatives = []
    for role, names in numbers:
        series = scope.select("replicawatch_member_role", f'role=~"{names}"')
        alternatives.append(f"{role} * max by ({scope.group_member}) ({series} == 1)")
    up = scope.select.max(scope.member, "replicawatch_member_up")
    return f"({' or '.join(alternatives)}) * on ({scope.member}) group_left () {up} or on ({scope.member}) 9 * {up}"


def roles(scope, width, height=8):
    return timeline("Role of each member", "Who was primary when, and who did not answer. Gaps: no exporter looked. A member that does "
                    "not answer for 1 min fires ReplicaMemberDown (30 s: MinioNodeDown, RedisReplicaDisconnected).",
                    role_expr(scope), ROLES, width, scope.member_name, height=height)


def alerts(service, width, height=8):
    return alert_list(f'service=~"{service}"', width, height)


def members(scope, width, more=(), names=(), overrides=(), height=8):
    """more: further columns, named from "E" on; names: their headings."""
    select = scope.select
    targets = [
        column(select.max(f"{scope.group_member}, role", "replicawatch_member_role") + " == 1", "A"),
        column(select.max(scope.member, "replicawatch_member_up"), "B"),
        column(select.max(scope.member, "replicawatch_replication_lag_seconds"), "C"),
        column(select.max(f"{scope.member}, code", "replicawatch_member_error") + " == 1", "D", empty=NO_ERROR),
    ]
    headings = {label: label.capitalize() for label in f"{scope.group_member}, role".split(", ")}
    headings |= {"Value #B": "State", "Value #C": "Lag", "code": "Last error"} | dict(names)
    return table("Members", "Every member the deployment knows of, its role (the last known one if it does not answer), whether it "
                 "answers, how far it is behind, and why it could not be asked.", targets + list(more), width, height, headings,
                 ["Cluster", "Member"], overrides=[coloured("State", ANSWERS), coloured("Lag", (), scope.lag, "s")] + list(overrides))


def watching(scope, clocks=True):
    """A row: how well the exporter itself can see this service."""
    select = scope.select
    band = [
        graph("Time to ask each member", "The slowest collector of each member; a member at the budget is paused or unreachable.",
              select.max(scope.member, "replicawatch_scrape_duration_seconds"), "s", PLAIN, 8, scope.member_name),
        timeline("Collectors", "Whether each group of metrics could be read from each member. Red for 10 min while the member is up "
                 "fires ReplicawatchCollectorFailing.",
                 select.max(f"{scope.member}, collector", "replicawatch_collector_success"), SUCCESS, 8,
                 scope.member_name + " {{collector}}"),
    ]
    if clocks:
        band.append(graph("Clocks", "How far each member's clock is from the exporter's, the smallest of what the exporters see. "
                          "Above the line for 5 min fires ReplicaClockSkew.",
                          f"min by ({scope.member}) (abs({select('replicawatch_clock_skew_seconds')}))", "s",
                          above(number("clock_skew_seconds")), 8, scope.member_name))
    return "How well we see", [band]
