"""MongoDB replica sets."""
from . import questions
from .board import annotation, cluster_of, dashboard, failovers
from .numbers import HEADROOM, LAG, PLAIN, above, below, number
from .panels import (BAD, GOOD, SEES, Select, column, coloured, graph, mapping, matrix, query, stat, table, timeline)

SERVICE = 'service="mongo"'
SELECT = Select(SERVICE)
SCOPE = questions.Scope(SELECT)
GROUP, MEMBER = SCOPE.group, SCOPE.group_member
NAME = SCOPE.member_name
STATES = mapping(
    v0=("STARTUP", "orange"), v1=("PRIMARY", "green"), v2=("SECONDARY", "blue"), v3=("RECOVERING", "orange"),
    v5=("STARTUP2", "orange"), v6=("UNKNOWN", "text"), v7=("ARBITER", "purple"), v8=("DOWN", "dark-red"),
    v9=("ROLLBACK", "red"), v10=("REMOVED", "dark-red"),
)
NO_SYNC = "no member makes an initial sync"


def mongo(name):
    return "replicawatch_mongo_" + name


def by_member(name, more=""):
    return SELECT.max(MEMBER, mongo(name), more)


def six():
    width = 4
    return [[questions.can_write(SCOPE, width), questions.may_be_lost(SCOPE, width),
             questions.would_be_lost(SCOPE, width, data_at_risk_bytes=False), questions.full_copy_near(SCOPE, width),
             questions.agree(SCOPE, width), questions.last_failover(SCOPE, width)]]


def member_rows():
    more = [
        column(SELECT.min(MEMBER, "replicawatch_resync_headroom_seconds"), "E"),
        column(SELECT.max(f"{MEMBER}, source", mongo("sync_source_info")), "F"),
        column(SELECT.max(f"{MEMBER}, version", mongo("version_info")), "G"),
    ]
    names = {"Value #E": "Headroom", "source": "Reads from", "version": "Version"}
    return [
        [questions.members(SCOPE, 16, more, names, [coloured("Headroom", (), PLAIN, "s")]), questions.alerts("mongo", 8)],
        [questions.roles(SCOPE, 12),
         timeline("State of each member", "What the member says of itself; of one that is silent, what the others say.",
                  by_member("member_state"), STATES, 12, NAME)],
    ]


def view_rows():
    pair = "cluster, group, observer, member"
    view = "{{observer}} of {{member}}"
    return [
        [
            matrix("Who sees whom", "A line for each observer: whether a heartbeat of the member in the column came back. A line of red "
                   "cells is a member that hears nobody, a column of them one that nobody hears, an empty cell was not told. Between "
                   "members that are up, red for 2 min fires MongoMembersCutOff.",
                   SELECT.max(pair, mongo("member_view_healthy")), "observer", "member", SEES, 8),
            timeline("Who saw whom", "The same over time.", SELECT.max(pair, mongo("member_view_healthy")), SEES, 8, view),
            timeline("Refused", "Whether the others accept the member's key file or certificate. yes for 2 min fires "
                     "MongoMemberNotTrusted.", by_member("member_view_unauthenticated"), mapping(v1=("refused", "orange"),
                                                                                                  v0=("trusted", "green")), 8, NAME),
        ],
        [
            graph("Age of the last heartbeat", "Since the observer last got an answer from the member. They ask every 2 s; after 10 s "
                  "they call an election.", SELECT.max(pair, mongo("member_view_heartbeat_age_seconds")), "s", PLAIN, 12, view),
            graph("Round trip between members", "As the observer's heartbeats measure it.",
                  SELECT.max(pair, mongo("member_view_ping_seconds")), "s", PLAIN, 12, view),
        ],
    ]


def lag_rows():
    return [
        [
            graph("Replication lag", "How long each member has been behind; a configured delay is subtracted. MongoReplicationLagHigh "
                  "fires above the line after 30 s. No line means not known, not 0.",
                  SELECT.max(MEMBER, "replicawatch_replication_lag_seconds"), "s", LAG, 8, NAME),
            graph("Lag against the oplog's window", "How far back each oplog reaches, and how far behind the members are: where the two "
                  "meet, a member needs a full copy.",
                  [query(by_member("oplog_window_seconds"), NAME + " oplog", "A"),
                   query(SELECT.max(MEMBER, "replicawatch_replication_lag_seconds"), NAME + " lag", "B")], "s", PLAIN, 8, "", log=True),
            graph("Resync headroom", "The part of the window that is left to each member. Below the line for 2 min fires "
                  "ReplicaResyncNear.", SELECT.min(MEMBER, "replicawatch_resync_headroom_ratio"), "percentunit", HEADROOM, 8, NAME),
        ],
        [
            graph("Oplog window", "How far back each oplog reaches. With a full oplog, below the line for 15 min on the primary fires "
                  "MongoOplogWindowShort.", by_member("oplog_window_seconds"), "s",
                  below(number("mongo_oplog_window_seconds")), 6, NAME),
            graph("How full the oplogs are", "Of their size; an oplog that is not full yet has a short window by nature.",
                  f"{by_member('oplog_size_bytes')} / {by_member('oplog_limit_bytes')}", "percentunit", PLAIN, 6, NAME),
            graph("Oplog written", "What each secondary fetches: the pace at which the window moves.",
                  SELECT.rate(MEMBER, mongo("fetched_bytes_total")), "Bps", PLAIN, 6, NAME),
            graph("Majority commit lag", "How late writes with w:majority are confirmed. Above the line for 2 min fires "
                  "MongoMajorityCommitLagHigh.", SELECT.max(GROUP, mongo("majority_commit_lag_seconds")), "s",
                  above(number("mongo_majority_commit_lag_seconds")), 6, SCOPE.group_name),
        ],
    ]


def apply_rows():
    return [
        [
            graph("Waits to be applied", "Operations that were fetched and not applied yet.", by_member("apply_buffer_operations"),
                  "short", PLAIN, 8, NAME),
            graph("Apply buffer", "How full the buffer of fetched operations is; a full one stops fetching.",
                  f"{by_member('apply_buffer_bytes')} / {by_member('apply_buffer_limit_bytes')}", "percentunit", PLAIN, 8, NAME),
            graph("Applied", "Operations that each member takes over.", SELECT.rate(MEMBER, mongo("applied_operations_total")), "ops",
                  PLAIN, 8, NAME),
        ],
        [
            graph("Time spent applying", "1 is a member that does nothing else: it can't catch up.",
                  SELECT.rate(MEMBER, mongo("applying_seconds_total")), "percentunit", PLAIN, 8, NAME),
            graph("Changes of sync source", "How often each member chose another one to read from.",
                  SELECT.increase(MEMBER, mongo("sync_source_changes_total")), "short", PLAIN, 8, NAME),
            timeline("Has a sync source", "no for 5 min while there is a primary fires MongoNoSyncSource.",
                     by_member("has_sync_source"), GOOD, 8, NAME),
        ],
    ]


def copy_rows():
    copied = f"{by_member('initial_sync_copied_bytes')} / ({by_member('initial_sync_size_bytes')} > 0)"
    return [
        [
            graph("Initial sync", "The part of the data that has been copied. Nothing new for 15 min fires MongoInitialSyncStalled.",
                  copied, "percentunit", PLAIN, 8, NAME, empty=NO_SYNC),
            stat("Initial sync: time left", "As the member estimates it.", by_member("initial_sync_remaining_seconds"), "dtdurations",
                 PLAIN, 4, NAME, height=8, empty=NO_SYNC, no_value="none runs"),
            stat("Initial sync: failed attempts", "Of the one that runs. 1 or more fires MongoInitialSyncFails.",
                 by_member("initial_sync_failed_attempts"), "none", above(1), 4, NAME, height=8, empty=NO_SYNC, no_value="none runs"),
            timeline("Too stale", "Whether the member is further behind than any oplog reaches; yes for 1 min fires MongoMemberTooStale.",
                     by_member("too_stale"), BAD, 8, NAME),
        ],
        [
            graph("Rollback id", "A step is a rollback, which undid writes that the member had acknowledged, or a start after a crash; the "
                  "last change of state tells which. MongoRollback fires at once.", by_member("rollback_id"), "none", PLAIN, 8, NAME,
                  step=True),
            table("Last change of state", "Of each member since its start: stepUp, stepDown or rollback.",
                  [column(SELECT.max(f"{MEMBER}, transition", mongo("last_transition_info")), "A")], 8, 8,
                  {"cluster": "Cluster", "member": "Member", "transition": "Change"}, ["Cluster", "Member"], no_value="none yet"),
            graph("Initial syncs", "Completed, and attempts that failed.",
                  [query(SELECT.increase(MEMBER, mongo("initial_syncs_total")), NAME + " completed", "A"),
                   query(SELECT.increase(MEMBER, mongo("initial_sync_failed_attempts_total")), NAME + " failed", "B")],
                  "short", PLAIN, 8, ""),
        ],
    ]


def election_rows():
    reasons = f"{MEMBER}, reason"
    return [[
        graph("Elections called", "By each member, with the reason: electionTimeout is a primary that was not heard.",
              SELECT.increase(reasons, mongo("elections_called_total")), "short", PLAIN, 8, NAME + " {{reason}}"),
        graph("Step-downs and catch-ups", "Primaries that gave way to a higher term, and new ones that first caught up, or ran out of "
              "time doing so.",
              [query(SELECT.increase(MEMBER, mongo("step_downs_by_higher_term_total")), NAME + " stepped down", "A"),
               query(SELECT.increase(MEMBER, mongo("catch_ups_total")), NAME + " caught up", "B"),
               query(SELECT.increase(MEMBER, mongo("catch_ups_timed_out_total")), NAME + " ran out of time", "C")], "short", PLAIN, 8, ""),
        stat("Who else could be primary?", "Members that could be elected, the primary among them. 1 or less in a set of three or more for "
             "15 min fires MongoNobodyElseElectable.", SELECT.max(GROUP, mongo("electable_members")), "none", below(2), 4,
             SCOPE.group_name, height=8),
        table("Last election", "Why the present primary was elected.",
              [column(SELECT.max(f"{GROUP}, reason", mongo("last_election_info")), "A")], 4, 8,
              {"cluster": "Cluster", "reason": "Reason"}, ["Cluster"]),
    ]]


def write_rows():
    return [
        [
            timeline("Flow control", "Whether the primary slows writers down since the majority lags; yes for 5 min fires "
                     "MongoFlowControlEngaged.", by_member("flow_control_lagged"), BAD, 6, NAME),
            graph("Held back by flow control", "Time that writers waited for a ticket, in seconds per second.",
                  SELECT.rate(MEMBER, mongo("flow_control_wait_seconds_total")), "percentunit", PLAIN, 6, NAME),
            graph("Waiting for write concern", "Time that writes waited for other members, in seconds per second.",
                  SELECT.rate(MEMBER, mongo("write_concern_wait_seconds_total")), "none", PLAIN, 6, NAME),
            graph("Write concern timed out", "Writes that are on the primary, and perhaps nowhere else. Any within ten minutes fires "
                  "MongoWriteConcernTimeouts.", SELECT.increase(MEMBER, mongo("write_concern_timeouts_total")), "short", above(1), 6, NAME),
        ],
        [
            timeline("Locked by fsync", "yes for an hour fires MongoFsyncLockForgotten.", by_member("fsync_locked"), BAD, 12, NAME),
            timeline("User writes blocked", "By setUserWriteBlockMode; yes for 15 min fires MongoUserWritesBlocked.",
                     by_member("user_writes_blocked"), BAD, 12, NAME),
        ],
    ]


def configuration_rows():
    mistakes = f"{GROUP}, mistake"
    return [[
        table("Mistakes in the configuration", "docs/mongo.md says what each means. One that is there for an hour fires "
              "MongoConfigurationMistake.",
              [column(SELECT.max(mistakes, mongo("config_mistake")) + " == 1", "A", empty="the configuration has no mistake")], 12, 8,
              {"cluster": "Cluster", "group": "Group", "mistake": "Mistake"}, ["Cluster"], no_value="none"),
        table("Feature compatibility", "Of each member; between two for half an hour fires MongoFeatureCompatibilityStuck.",
              [column(SELECT.max(f"{MEMBER}, version", mongo("feature_compatibility_info")), "A"),
               column(by_member("feature_compatibility_transition"), "B")], 12, 8,
              {"cluster": "Cluster", "member": "Member", "version": "Version", "Value #B": "Between two"}, ["Cluster", "Member"],
              overrides=[coloured("Between two", BAD)]),
    ]]


def board():
    identity = SELECT(mongo("rollback_id"))
    rolled_back = SELECT(mongo("last_transition_info"), 'transition="rollback"')
    rollback = (f"max by ({MEMBER}) ({identity}) > min by ({MEMBER}) (min_over_time({identity}[$__rate_interval])) "
                f"and on ({MEMBER}) max by ({MEMBER}) ({rolled_back})")
    marks = failovers(SELECT, GROUP) + [
        annotation("Rollbacks", "dark-orange", rollback, "Rollback of {{member}}", "Writes that it had acknowledged are undone.",
                   empty="nothing is rolled back"),
    ]
    return dashboard(
        "replicawatch-mongo", "replicawatch / MongoDB", "MongoDB replica sets: who is primary, who sees whom, lag against the oplog's "
        "window, the oplog's way to each member, initial syncs, elections, flow control.",
        [cluster_of(SERVICE)], marks,
        [("The six questions", six()), ("Members", member_rows()), ("Who sees whom", view_rows()),
         ("Lag against the oplog's window", lag_rows()), ("The oplog's way", apply_rows()),
         ("Full copies and rollbacks", copy_rows()), ("Elections", election_rows()), ("Writes", write_rows()),
         ("Configuration", configuration_rows()), questions.watching(SCOPE)])
