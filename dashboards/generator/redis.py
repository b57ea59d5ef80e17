"""Redis with Sentinel, as a Cluster, or plain."""
from . import questions
from .board import cluster_of, dashboard, failovers
from .numbers import HEADROOM, PLAIN, ZERO_IS_BAD, above, number
from .panels import (BAD, GOOD, Select, column, coloured, graph, mapping, query, stat, table, timeline)

SERVICE = 'service="redis"'
SELECT = Select(SERVICE)
SCOPE = questions.Scope(SELECT, lag=PLAIN)
CLUSTER, GROUP, MEMBER, NODE = SCOPE.cluster, SCOPE.group, SCOPE.group_member, SCOPE.member
NAME = SCOPE.member_name
LINK = mapping(v1=("connected", "green"), v0=("cut off", "red"))
DOWN = mapping(v1=("down", "red"), v0=("up", "green"))
OK = mapping(v1=("ok", "green"), v0=("failed", "orange"))
QUORUM = mapping(v1=("quorum", "green"), v0=("no quorum", "red"))
NO_FAILOVER = "no failover has been since the start"


def redis(name):
    return "replicawatch_redis_" + name


def by_member(name, more=""):
    return SELECT.max(MEMBER, redis(name), more)


def node(name, more=""):
    """Of the families that redis_exporter has too."""
    return SELECT.max(NODE, "redis_" + name, more)


def six():
    width = 4
    return [[questions.can_write(SCOPE, width), questions.may_be_lost(SCOPE, width), questions.would_be_lost(SCOPE, width),
             questions.full_copy_near(SCOPE, width), questions.agree(SCOPE, width),
             questions.last_failover(SCOPE, width, empty=NO_FAILOVER)]]


def member_rows():
    more = [
        column(by_member("link_up"), "E"),
        column(SELECT.min(MEMBER, "replicawatch_replication_lag_bytes"), "F"),
        column(by_member("replica_promotable"), "G"),
    ]
    names = {"Value #E": "Link", "Value #F": "Behind", "Value #G": "Promotable"}
    return [
        [questions.members(SCOPE, 16, more, names, [coloured("Link", LINK), coloured("Behind", (), PLAIN, "bytes"),
                                                    coloured("Promotable", GOOD)]),
         questions.alerts("redis", 8)],
        [questions.roles(SCOPE, 12),
         timeline("Link of each replica to its master", "cut off for 30 s while there is a master fires RedisReplicaDisconnected.",
                  by_member("link_up"), LINK, 12, NAME)],
        [timeline("Could be promoted", "By the rule of whoever would promote it. If none could for 5 min, RedisNoPromotableReplica "
                  "fires.", by_member("replica_promotable"), GOOD, 8, NAME),
         table("What bars the others", "Why a replica could not be promoted now.",
               [column(SELECT.max(f"{MEMBER}, reason", redis("replica_barred")) + " == 1", "A", empty="all replicas could be promoted")],
               8, 8, {"cluster": "Cluster", "group": "Group", "member": "Replica", "reason": "Reason"}, ["Cluster"], no_value="none"),
         timeline("Takes writes", "A replica that does loses them with its next full copy; yes for 10 min fires RedisReplicaWritable.",
                  by_member("replica_writable"), BAD, 8, NAME)],
    ]


def offset_rows():
    lag = SELECT.max(MEMBER, "replicawatch_replication_lag_bytes")
    return [
        [
            graph("Replication lag", "How long each replica has been behind, also while the link is cut.",
                  SELECT.max(MEMBER, "replicawatch_replication_lag_seconds"), "s", PLAIN, 8, NAME),
            graph("Offsets against the backlog", "How many bytes each replica is behind, and how many more it could be before it needs a "
                  "full copy: where headroom is 0.",
                  [query(lag, NAME + " behind", "A"),
                   query(SELECT.min(MEMBER, "replicawatch_resync_headroom_bytes"), NAME + " headroom", "B")], "bytes", PLAIN, 8, ""),
            graph("Backlog headroom", "The part of the backlog that is left to each replica. Below the line for 2 min fires "
                  "ReplicaResyncNear.", SELECT.min(MEMBER, "replicawatch_resync_headroom_ratio"), "percentunit", HEADROOM, 8, NAME),
        ],
        [
            timeline("The next sync would be full", "If the link broke now; yes for 5 min fires RedisNextSyncFull.",
                     by_member("next_sync", 'kind="full"'), BAD, 8, NAME),
            graph("Full and partial syncs", f"What each master has sent within the interval. {number('redis_full_syncs_in_30_minutes')} "
                  "full ones within 30 min fire RedisFullSyncLoop.",
                  [query(SELECT.increase(NODE, "redis_replica_resyncs_full"), NAME + " full", "A"),
                   query(SELECT.increase(NODE, "redis_replica_partial_resync_accepted"), NAME + " partial", "B"),
                   query(SELECT.increase(NODE, "redis_replica_partial_resync_denied"), NAME + " partial refused", "C")],
                  "short", PLAIN, 8, ""),
            timeline("Copies the master", "A full copy is under way to the replica.", by_member("sync_in_progress"), BAD, 8, NAME),
        ],
        [
            graph("Replication traffic", "What each node sends to its replicas.",
                  SELECT.rate(NODE, "redis_net_repl_output_bytes_total"), "Bps", PLAIN, 12, NAME),
            graph("Backlog", "Its size, and how much history it holds.",
                  [query(node("replication_backlog_bytes"), NAME + " size", "A"),
                   query(node("repl_backlog_history_bytes"), NAME + " history", "B")], "bytes", PLAIN, 12, ""),
        ],
    ]


def buffer_rows():
    limit = SELECT.min(MEMBER, redis("replica_buffer_limit_bytes"))
    return [[
        graph("Held back for each replica", "What the master could not send yet.", by_member("replica_buffer_bytes"), "bytes", PLAIN, 8,
              NAME),
        graph("Of the limit", "At 100 % of client-output-buffer-limit the master cuts the replica off. Above the line for 1 min fires "
              "RedisReplicaBufferNearLimit.", f"{by_member('replica_buffer_bytes')} / {limit}", "percentunit",
              above(number("redis_replica_buffer_ratio")), 8, NAME),
        graph("Room before the limit", "Below 0 the soft limit has been passed and its seconds run.",
              SELECT.min(MEMBER, redis("replica_buffer_headroom_bytes")), "bytes", PLAIN, 8, NAME),
    ]]


def sentinel_rows():
    return [
        [
            timeline("Quorum of each Sentinel", "Whether it could begin a failover and get it authorised. None for 1 min fires "
                     "RedisSentinelQuorumLost.", by_member("sentinel_quorum", 'state="ok"'), QUORUM, 8, NAME),
            timeline("What the Sentinels think of the master", "Down for itself (subjective), and for enough of them (objective).",
                     SELECT.max(f"{MEMBER}, state", redis("sentinel_master_down")), DOWN, 8, NAME + " {{state}}"),
            table("Who is master, says each Sentinel", "Where the addresses of one name differ, they have not heard of a failover, or "
                  "are cut off from each other.",
                  [column(SELECT.max(f"{NODE}, master_name, master_address, master_status", "redis_sentinel_master_status"), "A"),
                   column(SELECT.max(f"{NODE}, master_name, master_address", "redis_sentinel_master_ok_slaves"), "B")],
                  8, 8, {"cluster": "Cluster", "member": "Sentinel", "master_name": "Name", "master_address": "Master",
                         "master_status": "Status", "Value #B": "Good replicas"}, ["Cluster", "Name", "Sentinel"]),
        ],
        [
            graph("Sentinels", "Known to each other, and usable. Fewer usable ones for 5 min fire RedisSentinelsMissing.",
                  [query(SELECT.max(GROUP, redis("sentinels_known")), SCOPE.group_name + " known", "A"),
                   query(SELECT.max(GROUP, redis("sentinels_usable")), SCOPE.group_name + " usable", "B")], "none", PLAIN, 8, "",
                  step=True),
            timeline("TILT", "A Sentinel whose clock jumped does nothing; yes for 5 min fires RedisSentinelTilt.",
                     by_member("sentinel_tilt"), BAD, 8, NAME),
            timeline("Failover under way", "yes for 5 min fires RedisFailoverStuck.",
                     SELECT.max(GROUP, redis("failover_in_progress")), BAD, 8, SCOPE.group_name),
        ],
    ]


def failover_rows():
    return [[
        graph("Term", "The configuration epoch of the name or the shard: a step is a failover. Three within 15 min fire "
              "ReplicaFailoversFrequent.", SELECT.max(GROUP, "replicawatch_term"), "none", PLAIN, 8, SCOPE.group_name, step=True),
        graph("Failovers seen", "By the exporter, within the interval.", SELECT.increase(GROUP, redis("failovers_total")), "short",
              PLAIN, 4, SCOPE.group_name),
        stat("Lost with the last failover", "At least so much of what the old master had acknowledged; what the stream carries of "
             "itself is below the line. More within 30 min fires RedisFailoverLostWrites.",
             SELECT.max(GROUP, redis("last_failover_lost_bytes")), "bytes", above(number("redis_failover_lost_bytes") + 1, "red"), 4,
             SCOPE.group_name, height=8, empty=NO_FAILOVER, no_value="no failover"),
        timeline("A restart would wipe it", "The master keeps nothing on disk: restarted it is empty, and so are its replicas then. yes "
                 "for 15 min fires RedisRestartWouldWipe.", SELECT.max(GROUP, redis("restart_would_wipe")), BAD, 8, SCOPE.group_name),
    ]]


def cluster_stat(title, description, name, thresholds, how="max"):
    return stat(title, description, f"{how} by ({CLUSTER}) ({SELECT(redis('cluster_' + name))})", "none", thresholds, 4,
                SCOPE.cluster_name, height=6, no_value="no Cluster")


def slot_rows():
    unserved = f"{SELECT.max(CLUSTER, redis('cluster_slots_uncovered'))} + {SELECT.max(CLUSTER, redis('cluster_slots_fail'))}"
    open_slots = f"sum by ({CLUSTER}) ({SELECT.max(f'{CLUSTER}, state', redis('cluster_open_slots'))})"
    return [
        [
            stat("Slots that nobody serves", "They have no master, or one that the majority finds failed: their keys are lost to clients. "
                 "Any for 30 s fires RedisClusterSlotsUncovered.", unserved, "none", above(1, "red"), 4, SCOPE.cluster_name, height=6,
                 no_value="no Cluster"),
            cluster_stat("Slots that may fail", "Of masters that another node does not reach. Any for 1 min fires "
                         "RedisClusterSlotsFailing.",
                         "slots_pfail", above(1)),
            cluster_stat("Shards without replica", "The loss of their master stops their writes. Any for 10 min fires "
                         "RedisClusterShardWithoutReplica.", "shards_without_replica", above(1), "min"),
            cluster_stat("Masters to spare", "That may still be lost before no majority is left to elect anybody.", "spare_masters",
                         ZERO_IS_BAD),
            cluster_stat("Maps of the slots", "1 is agreement. 2 or more for 2 min fires RedisClusterMapsDiffer.", "slot_maps", above(2)),
            stat("Slots on their way", "Between two masters. Any for an hour fires RedisClusterSlotsOpen.", open_slots, "none", above(1), 4,
                 SCOPE.cluster_name, height=6, no_value="no Cluster"),
        ],
        [graph("Slots over time", "Those that fail, may fail, or have no master.",
               [query(SELECT.max(CLUSTER, redis("cluster_slots_uncovered")), SCOPE.cluster_name + " without a master", "A"),
                query(SELECT.max(CLUSTER, redis("cluster_slots_fail")), SCOPE.cluster_name + " failed", "B"),
                query(SELECT.max(CLUSTER, redis("cluster_slots_pfail")), SCOPE.cluster_name + " may fail", "C")],
               "none", PLAIN, 24, "", height=6, step=True)],
    ]


def memory_rows():
    ratio = f"{node('memory_used_bytes')} / ({node('memory_max_bytes')} > 0)"
    return [
        [
            graph("Memory, of maxmemory", "With noeviction writes stop at 100 %, with any other policy keys are thrown away. Above the "
                  "line for 5 min fires RedisMemoryNearMax. No line without maxmemory.", ratio, "percentunit",
                  above(number("redis_memory_ratio")), 8, NAME),
            graph("Memory used", "By the data and all around it, and what the system gave.",
                  [query(node("memory_used_bytes"), NAME + " used", "A"),
                   query(node("memory_used_rss_bytes"), NAME + " resident", "B")], "bytes", PLAIN, 8, ""),
            graph("Keys thrown away", "For want of memory, and those whose time had come.",
                  [query(SELECT.rate(NODE, "redis_evicted_keys_total"), NAME + " evicted", "A"),
                   query(SELECT.rate(NODE, "redis_expired_keys_total"), NAME + " expired", "B")], "cps", PLAIN, 8, ""),
        ],
        [
            graph("Commands", "That each node carries out.", SELECT.rate(NODE, "redis_commands_processed_total"), "ops", PLAIN, 8, NAME),
            graph("Clients", "Connected to each node.", node("connected_clients"), "short", PLAIN, 8, NAME),
            graph("Connections turned away", "As maxclients is reached. Any within ten minutes fires RedisConnectionsRejected.",
                  SELECT.increase(NODE, "redis_rejected_connections_total"), "short", above(1), 8, NAME),
        ],
    ]


def persistence_rows():
    def status(name):
        return SELECT.max(NODE, "redis_" + name)

    return [[
        timeline("Dumps and append-only files", "Whether the last one went well. failed for 2 min fires RedisPersistenceFailed.",
                 [query(status("rdb_last_bgsave_status"), NAME + " dump", "A"),
                  query(status("aof_last_bgrewrite_status"), NAME + " AOF rewrite", "B"),
                  query(status("aof_last_write_status"), NAME + " AOF write", "C")], OK, 12, ""),
        graph("Changes since the last dump", "Lost by a crash, if there is no append-only file.", node("rdb_changes_since_last_save"),
              "short", PLAIN, 6, NAME),
        graph("Time since the last dump", "The server counts from its start when it has made none yet.",
              f"time() - {node('rdb_last_save_timestamp_seconds')}", "s", PLAIN, 6, NAME),
    ]]


def board():
    return dashboard(
        "replicawatch-redis", "replicawatch / Redis", "Redis with Sentinel, as a Cluster or plain: who is master and who says so, offsets "
        "against the backlog, buffers, quorum, slots, memory, persistence.",
        [cluster_of(SERVICE)], failovers(SELECT, GROUP, NO_FAILOVER),
        [("The six questions", six()), ("Members", member_rows()), ("Offsets against the backlog", offset_rows()),
         ("Buffers of the replicas", buffer_rows()), ("Sentinels", sentinel_rows()), ("Failovers", failover_rows()),
         ("Slots of a Cluster", slot_rows()), ("Memory and load", memory_rows()), ("Persistence", persistence_rows()),
         questions.watching(SCOPE)])
