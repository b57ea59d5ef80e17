"""Distributed MinIO."""
from . import minio_buckets, questions
from .board import annotation, cluster_of, dashboard, failovers
from .minio_names import CLUSTER, DRIVE, DRIVE_NAME, GROUP, NODE, NODE_NAME, SCOPE, SELECT, SERVICE, by_drive, by_node, minio
from .numbers import PLAIN, ZERO_IS_BAD, above, below, number, steps
from .panels import ANSWERS, GOOD, SEES, column, coloured, graph, mapping, matrix, query, stat, table, timeline

STATES = mapping(v0=("ok", "green"), v1=("healing", "blue"), v2=("offline", "red"), v3=("faulty", "dark-red"),
                 v4=("unformatted", "orange"), v5=("other", "text"))
NOTHING_HEALS = "no drive is rebuilt"
READS = below(0, "red")  # ReplicaGroupReadsBlocked: < 0


def six():
    width = 4
    healing = SELECT.max(GROUP, minio("drives"), 'state="healing"')
    missing_links = f"sum by ({CLUSTER}) (1 - {SELECT.max(f'{NODE}, peer', minio('node_peer_connected'))})"
    longest = f"max by ({CLUSTER}) ({SELECT(minio('drive_healing_remaining_seconds'))})"
    return [[
        questions.can_write(SCOPE, width),
        questions.may_be_lost(SCOPE, width),
        [stat("What would be lost now?", "Drives (read) and nodes (read_nodes) that may still be lost before objects cannot be read. What "
              "was acknowledged is on a write quorum of drives. Below 0 for 45 s fires ReplicaGroupReadsBlocked.",
              SELECT.max(f"{GROUP}, operation", "replicawatch_failures_tolerated", 'operation=~"read|read_nodes"'), "none", READS,
              width, SCOPE.group_name + " {{operation}}"),
         stat("Objects short of a shard", "Of those that the canary wrote: others of the same time are short too. Any fires "
              "MinioObjectsUnderReplicated; docs/minio.md tells more.", SELECT.max(CLUSTER, minio("canary_objects_under_replicated")),
              "none", above(1), width, SCOPE.cluster_name, no_value="not looked at")],
        [stat("Does a drive need a full copy?", "Drives that are rebuilt, of each erasure set. Until they are done they count for no "
              "reads.", healing, "none", steps("green", (1, "blue")), width, SCOPE.group_name),
         stat("Time until it has it", "Of the drive that takes longest.", longest, "dtdurations", PLAIN, width, SCOPE.cluster_name,
              empty=NOTHING_HEALS, no_value="nothing heals")],
        [stat("Do all agree?", "Different answers of the nodes about the deployment's configuration. 1 is agreement; 2 or more for 5 min "
              "fires ReplicaViewsDiffer.", SELECT.max(f"{GROUP}, about", "replicawatch_views", 'about=~"primary|config"'), "none",
              above(2, "red"), width, SCOPE.group_name + " {{about}}"),
         stat("Missing links between nodes", "Connections that nodes say they have lost; each direction counts.", missing_links,
              "none", above(1), width, SCOPE.cluster_name)],
        [stat("Since a node started", "MinIO has no primary, so no failover: a restart of a node is what comes closest.",
              f"time() - {SELECT.max(CLUSTER, minio('node_start_time_seconds'))}", "dtdurations", PLAIN, width, SCOPE.cluster_name),
         stat("Age of what is known of drives", "Above the limit for 5 min fires MinioInventoryOld.",
              SELECT.min(CLUSTER, minio("inventory_age_seconds")), "s", above(number("minio_inventory_age_seconds")), width,
              SCOPE.cluster_name)],
    ]]


def node_rows():
    columns = [
        column(SELECT.max(NODE, "replicawatch_member_up"), "A"),
        column(by_node("node_ready"), "B"),
        column(by_node("node_sees_write_quorum"), "C"),
        column(by_node("node_may_be_stopped"), "D"),
        column(f"time() - {by_node('node_start_time_seconds')}", "E"),
        column(SELECT.max(f"{NODE}, version", minio("node_info")), "F"),
        column(SELECT.max(f"{NODE}, code", "replicawatch_member_error") + " == 1", "G", empty=questions.NO_ERROR),
    ]
    names = {"cluster": "Cluster", "member": "Node", "Value #A": "State", "Value #B": "Ready", "Value #C": "Sees write quorum",
             "Value #D": "May be stopped", "Value #E": "Running for", "version": "Version", "code": "Last error"}
    return [
        [table("Nodes", "What each node says, and what it says of itself: whether writes would go on without it (not while a drive heals).",
               columns, 16, 8, names, ["Cluster", "Node"],
               overrides=[coloured("State", ANSWERS), coloured("Ready", GOOD), coloured("Sees write quorum", GOOD),
                          coloured("May be stopped", GOOD), coloured("Running for", (), PLAIN, "dtdurations")]),
         questions.alerts("minio", 8)],
        [timeline("Nodes that answer", "Red for 30 s fires MinioNodeDown.", SELECT.max(NODE, "replicawatch_member_up"), ANSWERS, 8,
                  NODE_NAME),
         timeline("Nodes that are ready", "no for 5 min while the node answers fires MinioNodeNotReady.", by_node("node_ready"), GOOD, 8,
                  NODE_NAME),
         graph("Room for requests", "Of those that each node takes at once. Below the line for 5 min fires MinioRequestsNearLimit.",
               f"{by_node('node_requests_remaining')} / {by_node('node_requests_limit')}", "percentunit",
               below(number("minio_free_requests_ratio")), 8, NODE_NAME)],
    ]


def view_rows():
    pair = f"{NODE}, peer"
    connected = SELECT.max(pair, minio("node_peer_connected"))
    return [[
        matrix("Who sees whom", "A line for each node: whether it has a connection to the one in the column. A node that does not answer "
               "has no line. Between nodes that are up, red for 3 min fires MinioNodesCutOff. Above 32 nodes only missing connections "
               "are listed.", connected, "member", "peer", SEES, 8),
        timeline("Who saw whom", "The same over time.", connected, SEES, 8, "{{member}} to {{peer}}"),
        graph("Round trip to the others", "As each node measures it, the slowest.", by_node("node_peer_ping_seconds"), "s", PLAIN, 4,
              NODE_NAME),
        graph("Connections made anew", "A link that comes and goes.", SELECT.increase(NODE, minio("node_peer_reconnects_total")),
              "short", PLAIN, 4, NODE_NAME),
    ]]


def quorum_rows():
    of_class = f"{GROUP}, class"

    def tolerated(operation):
        return SELECT.max(of_class, minio("failures_tolerated"), f'operation="{operation}"')

    columns = [column(SELECT.max(of_class, minio("write_quorum")), "A"), column(SELECT.max(of_class, minio("read_quorum")), "B")]
    columns += [column(tolerated(operation), ref) for operation, ref in
                (("write", "C"), ("write_nodes", "D"), ("read", "E"), ("read_nodes", "F"))]
    names = {"cluster": "Cluster", "group": "Erasure set", "class": "Class", "Value #A": "Write quorum", "Value #B": "Read quorum",
             "Value #C": "Write: drives", "Value #D": "Write: nodes", "Value #E": "Read: drives", "Value #F": "Read: nodes"}
    return [
        [table("Quorum margin of each erasure set", "The drives that writes and reads need, and how many drives or nodes may still be lost "
               "before they stop; negative: already lost, by so many. A set has as much as its weakest class that is in use.",
               columns, 16, 8, names, ["Cluster", "Erasure set", "Class"],
               overrides=[coloured(names[f"Value #{ref}"], (), thresholds) for ref, thresholds in
                          (("C", ZERO_IS_BAD), ("D", ZERO_IS_BAD), ("E", READS), ("F", READS))]),
         graph("Drives of each set", "That are ok, and all others by state.",
               SELECT.max(f"{GROUP}, state", minio("drives")), "none", PLAIN, 8, SCOPE.group_name + " {{state}}", step=True)],
        [graph("Margin of writes", "Drives and nodes that may still be lost, for both classes. Below the line the next one stops writes.",
               SELECT.max(f"{of_class}, operation", minio("failures_tolerated"), 'operation=~"write|write_nodes"'), "none", ZERO_IS_BAD,
               12, "{{cluster}} {{group}} {{class}} {{operation}}", step=True),
         graph("Members at work", "Nodes of each set whose drives are all there and whole, and those that should be so. Fewer for "
               "30 s fire MinioDegraded.",
               [query(SELECT.max(GROUP, "replicawatch_members_healthy"), SCOPE.group_name + " healthy", "A"),
                query(SELECT.max(GROUP, "replicawatch_members_expected"), SCOPE.group_name + " expected", "B")], "none", PLAIN, 12, "",
               step=True)],
    ]


def drive_state():
    """Each drive's state as the number of its mapping."""
    states = ("ok", "healing", "offline", "faulty", "unformatted", "other")
    series = [by_drive("drive_state", f'state="{state}"') for state in states]
    return " or ".join(f"{value} + 0 * ({one} == 1)" for value, one in enumerate(series))


def drive_rows():
    errors = SELECT.increase(f"{DRIVE}, kind", minio("drive_errors_total"))
    inodes = f"{by_drive('drive_free_inodes')} / ({by_drive('drive_free_inodes')} + {by_drive('drive_used_inodes')})"
    free = f"{by_drive('drive_free_bytes')} / {by_drive('drive_total_bytes')}"
    return [[
        timeline("State of each drive", "Of a node that is away: offline. Neither ok nor healing for 5 min while its node is up fires "
                 "MinioDriveNotOk.", drive_state(), STATES, 8, DRIVE_NAME),
        graph("Calls that failed", "The drive was not there, or took too long. Any within 15 min fires MinioDriveErrors.", errors, "short",
              above(1), 8, DRIVE_NAME + " {{kind}}"),
        graph("Calls that wait", "For each drive; a queue that does not empty is a drive that hangs.", by_drive("drive_waiting_calls"),
              "short", PLAIN, 8, DRIVE_NAME),
    ], [
        graph("Free space of each drive", "Drives that share a device share its space.", free, "percentunit", PLAIN, 12, DRIVE_NAME),
        graph("Free inodes", "Writes fail when they are gone. Below the line for 15 min fires MinioInodesLow.", inodes, "percentunit",
              below(number("minio_free_inodes_ratio")), 12, DRIVE_NAME),
    ]]


def space_rows():
    tightest = steps("red", (number("minio_free_critical_ratio"), "orange"), (number("minio_free_ratio"), "green"))
    return [[
        stat("Fullest drive of each set", "It bounds what the set can take. Orange for 15 min is MinioSpaceLow, red for 5 min "
             "MinioSpaceNearlyGone.", SELECT.min(GROUP, minio("tightest_drive_free_ratio")), "percentunit", tightest, 4,
             SCOPE.group_name, height=8),
        stat("Full in", "At the pace of the last day. Less than the limit for an hour fires MinioSpaceRunsOut. Nothing while space "
             "does not shrink, and until six hours have been seen.",
             SELECT.min(GROUP, "group:replicawatch_minio_usable_free_bytes:runway_seconds"), "dtdurations",
             below(number("minio_runway_seconds")), 4, SCOPE.group_name, height=8, empty="six hours have to be seen first",
             no_value="not foreseen"),
        graph("Room for data", "What each set can store, and how much of it is free.",
              [query(SELECT.max(GROUP, minio("usable_free_bytes")), SCOPE.group_name + " free", "A"),
               query(SELECT.max(GROUP, minio("usable_bytes")), SCOPE.group_name + " of", "B")], "bytes", PLAIN, 8, ""),
        table("Which drive it is", "The fullest one of each set.",
              [column(SELECT.max(f"{GROUP}, member, drive", minio("tightest_drive_info")), "A")], 8, 8,
              {"cluster": "Cluster", "group": "Erasure set", "member": "Node", "drive": "Drive"}, ["Cluster", "Erasure set"]),
    ]]


def healing_rows():
    done = f"{by_drive('drive_healing_done_bytes')} / ({by_drive('drive_healing_expected_bytes')} > 0)"
    failed = by_drive("drive_healing_failed_objects")
    stopped = f"time() - {by_drive('drive_healing_last_movement_timestamp_seconds')}"
    return [[
        graph("Rebuilt", "The part of each drive's data that is back.", done, "percentunit", PLAIN, 8, DRIVE_NAME, empty=NOTHING_HEALS),
        stat("Time left", "At the pace of the last minutes.", by_drive("drive_healing_remaining_seconds"), "dtdurations", PLAIN, 4,
             DRIVE_NAME, height=8, empty=NOTHING_HEALS, no_value="nothing heals"),
        stat("Stalled", "1 for 15 min fires MinioHealingStalled.", by_drive("drive_healing_stalled"), "none", above(1), 4, DRIVE_NAME,
             height=8, empty=NOTHING_HEALS, no_value="nothing heals"),
        stat("Objects that could not be rebuilt", "Any for 15 min fires MinioHealingFails.", failed, "none", above(1), 4, DRIVE_NAME,
             height=8, empty=NOTHING_HEALS, no_value="nothing heals"),
        stat("Since the last movement", "Of each drive that is rebuilt.", stopped, "dtdurations", PLAIN, 4, DRIVE_NAME, height=8,
             empty=NOTHING_HEALS, no_value="nothing heals"),
    ]]


def board():
    starts = annotation("Starts of nodes", "light-blue", f"1000 * {by_node('node_start_time_seconds')}", "Start of {{member}}",
                        "The node's server was started.", value_is_time=True)
    marks = [mark for mark in failovers(SELECT, GROUP) if mark["name"] == "Critical alerts"] + [starts]
    return dashboard(
        "replicawatch-minio", "replicawatch / MinIO", "Distributed MinIO: quorum margin of each erasure set, nodes and who sees whom, "
        "drives, space and how long it lasts, rebuilding, buckets, the canary's writes.",
        [cluster_of(SERVICE)], marks,
        [("The six questions", six()), ("Nodes", node_rows()), ("Who sees whom", view_rows()), ("Erasure sets", quorum_rows()),
         ("Drives", drive_rows()), ("Space", space_rows()), ("Rebuilding", healing_rows()),
         ("Canary", minio_buckets.canary_rows()), ("Buckets", minio_buckets.bucket_rows()),
         ("Replication of buckets", minio_buckets.replication_rows()),
         ("What lies outside", minio_buckets.outside_rows()), questions.watching(SCOPE)])
