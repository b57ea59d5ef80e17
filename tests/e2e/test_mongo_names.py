"""What dashboards and rules of others ask of a node is on the page of a real set."""
import re
import subprocess

import pytest

from deployment import BIN

SERVICE = "mongo"
pytestmark = pytest.mark.usefixtures("repaired")


def healthy(page):
    return page.replicates(members=3)


# PMM's replica set dashboard, grafana's mongodb-mixin, the awesome rules and Google's dashboard: names that any release of
# mongodb_exporter has for a replica set. Not among them is what a server of 6.0 has no field for
# (metrics_record_moves_total, metrics_repl_preload_*, memory of the type mapped), nor what only a mongos has.
ASKED_FOR = """
mongodb_up mongodb_mongod_replset_my_state mongodb_op_counters_total mongodb_mongod_op_counters_repl_total
mongodb_mongod_metrics_document_total mongodb_mongod_metrics_query_executor_total mongodb_mongod_global_lock_current_queue
mongodb_connections mongodb_ss_connections mongodb_mongod_op_latencies_ops_total mongodb_mongod_op_latencies_latency_total
mongodb_mongod_metrics_cursor_open mongodb_members_state mongodb_rs_members_state
mongodb_mongod_wiredtiger_cache_bytes mongodb_mongod_wiredtiger_cache_bytes_total mongodb_mongod_wiredtiger_cache_max_bytes
mongodb_mongod_wiredtiger_cache_pages mongodb_mongod_wiredtiger_cache_evicted_total
mongodb_mongod_wiredtiger_concurrent_transactions_out_tickets mongodb_mongod_wiredtiger_concurrent_transactions_available_tickets
mongodb_mongod_wiredtiger_concurrent_transactions_total_tickets mongodb_mongod_wiredtiger_transactions_total
mongodb_mongod_wiredtiger_transactions_checkpoint_milliseconds mongodb_mongod_wiredtiger_log_bytes_total
mongodb_mongod_wiredtiger_log_operations_total mongodb_mongod_wiredtiger_log_records_total
mongodb_mongod_wiredtiger_session_open_cursors_total mongodb_mongod_wiredtiger_session_open_sessions_total
mongodb_mongod_wiredtiger_blockmanager_bytes_total mongodb_mongod_wiredtiger_blockmanager_blocks_total
mongodb_mongod_replset_oplog_head_timestamp mongodb_mongod_replset_oplog_tail_timestamp
mongodb_mongod_replset_member_replication_lag mongodb_mongod_replset_member_election_date
mongodb_mongod_replset_member_ping_ms mongodb_mongod_replset_member_last_heartbeat mongodb_mongod_replset_my_name
mongodb_mongod_replset_number_of_members mongodb_mongod_replset_member_health mongodb_mongod_replset_member_optime_date
mongodb_ss_flowControl_isLaggedCount mongodb_ss_flowControl_isLaggedTimeMicros
mongodb_oplog_stats_wt_cache_bytes_written_from_cache mongodb_ss_metrics_repl_buffer_count
mongodb_ss_metrics_repl_apply_batches_num mongodb_rs_members_configVersion mongodb_version_info mongodb_instance_uptime_seconds
mongodb_mongod_instance_uptime_seconds mongodb_rs_members_health mongodb_rs_members_optimeDate
mongodb_ss_metrics_cursor_open mongodb_ss_metrics_cursor_timedOut mongodb_ss_opcounters mongodb_ss_globalLock_currentQueue
mongodb_ss_opLatencies_ops mongodb_ss_opLatencies_latency mongodb_ss_wt_concurrentTransactions_out mongodb_ss_asserts
mongodb_memory mongodb_network_bytes_total mongodb_rs_cfg_members_votes
mongodb_rs_cfg_settings_electionTimeoutMillis mongodb_ss_locks_acquireCount mongodb_sys_cpu_user_ms mongodb_mongod_storage_engine
mongodb_mongod_metrics_repl_buffer_max_size_bytes mongodb_mongod_metrics_repl_network_readers_created_total
mongodb_mongod_metrics_repl_apply_ops_total mongodb_ss_mem_resident mongodb_start mongodb_fcv_feature_compatibility_version
mongodb_mongod_asserts_total mongodb_asserts_total mongodb_mongod_connections mongodb_mongod_op_counters_total
mongodb_op_counters_repl_total mongodb_extra_info_page_faults_total mongodb_mongod_extra_info_page_faults_total
mongodb_mongod_metrics_cursor_timed_out_total mongodb_mongod_metrics_get_last_error_wtime_num_total
mongodb_mongod_metrics_get_last_error_wtimeouts_total mongodb_mongod_metrics_get_last_error_wtime_total_milliseconds
mongodb_mongod_metrics_ttl_deleted_documents_total mongodb_mongod_metrics_repl_network_getmores_total_milliseconds
mongodb_mongod_metrics_repl_apply_batches_total_milliseconds mongodb_mongod_metrics_repl_buffer_count mongodb_rs_members_pingMs
mongodb_instance_local_time
""".split()


@pytest.fixture(scope="module")
def nodes(stack):
    usual = stack.status()["exporters"]["mongo"]
    return stack.exporter("mongo", [*usual["arguments"], "--collector.node"], usual["environment"])


def test_every_name_is_there(stack, nodes):
    page = nodes.wait(lambda page: page.replicates(members=3), 60, "the set is watched")
    here = {(name, labels.get("member")) for name, labels, _ in page.samples}
    members = [stack.address(f"mongo-{i}") for i in (1, 2, 3)]
    only_primary = {"mongodb_ss_flowControl_isLaggedCount"}
    missing = [
        (name, member) for name in ASKED_FOR for member in members if (name, member) not in here and name not in only_primary
    ]
    assert missing == []


def test_a_node_tells_the_same_by_itself(stack, nodes):
    nodes.wait(lambda page: page.replicates(members=3), 60, "the set is watched")
    address = stack.address("mongo-2")
    status, _, body = nodes.get(f"/probe?target={address}")
    assert status == 200
    alone = set(re.findall(r"^(mongodb_\w+)", body.decode(), re.M))
    whole = {name for name, labels, _ in nodes.scrape().samples if name.startswith("mongodb_") and labels["member"] == address}
    assert len(alone) > 2000 and alone == whole


def test_values_agree_with_the_servers(stack, nodes):
    page = nodes.wait(lambda page: page.replicates(members=3), 60, "the set is watched")
    [primary] = page.members_with_role("primary")
    states = {
        labels["member_idx"]: (value, labels["member_state"])
        for labels, value in page.all("mongodb_rs_members_state", member=primary)
    }
    assert states[primary] == (1, "PRIMARY") and len(states) == 3
    [(labels, head)] = page.all("mongodb_mongod_replset_oplog_head_timestamp", member=primary)
    [(_, tail)] = page.all("mongodb_mongod_replset_oplog_tail_timestamp", member=primary)
    assert head >= tail > 1.7e9
    assert labels["rs_nm"] == "rs0" and labels["cl_role"] == "mongod" and len(labels["cl_id"]) == 24
    lags = page.all("mongodb_mongod_replset_member_replication_lag", member=primary)
    assert len(lags) == 2 and all(value >= 0 for _, value in lags)


def test_the_catalogue_has_what_no_table_can_list(nodes):
    page = nodes.wait(lambda page: page.replicates(members=3), 60, "the set is watched")
    listed = subprocess.run([BIN / "replicawatch-mongo", "--metrics.list"], check=True, capture_output=True, text=True).stdout
    lines = [line.split("\t") for line in listed.splitlines()]
    names = {name for name, _, _ in page.samples if name.startswith("mongodb_")}
    beginnings = [line[0].rstrip("*") for line in lines if line[0].endswith("*")]
    of_node = [each for each in beginnings if each not in ("mongodb_dbstats_", "mongodb_collstats_", "mongodb_top_")]
    assert len(of_node) == 7 and all(any(name.startswith(each) for name in names) for each in of_node)
    # The rest are numbers of replSetGetStatus itself.
    rest = names - {line[0] for line in lines}
    assert len([name for name in rest if not name.startswith(tuple(beginnings))]) < 60


def test_a_page_without_it_asks_for_nothing_more(watched):
    assert not [name for name, _, _ in watched.scrape().samples if name.startswith("mongodb_")]
