#!/usr/bin/env bash
# Backs a Redis deployment up: an RDB of a replica, verified in a scratch server. docs/backup.md tells how to use it.
# shellcheck source-path=SCRIPTDIR/..
service=redis
tool=redis-backup
method=rdb

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/backup.sh
. "$here/lib/backup.sh"
# shellcheck source=scripts/lib/backup/redis.sh
. "$here/lib/backup/redis.sh"
# shellcheck source=scripts/lib/backup/redis_source.sh
. "$here/lib/backup/redis_source.sh"
# shellcheck source=scripts/lib/backup/redis_aof.sh
. "$here/lib/backup/redis_aof.sh"

# What decides how the data is loaded again; none of it is secret.
readonly SETTINGS='databases dir dbfilename save appendonly appendfilename appenddirname appendfsync aof-use-rdb-preamble
  auto-aof-rewrite-percentage rdbcompression rdbchecksum maxmemory maxmemory-policy min-replicas-to-write min-replicas-max-lag
  repl-backlog-size notify-keyspace-events lazyfree-lazy-expire'

datasets='[]'   # one for each shard
cluster_nodes=

help='usage: scripts/redis-backup.sh --redis HOST:PORT --to DIR --cluster NAME [OPTION...]

Backs up Redis or Valkey through a replica that it finds: point it at any data node, Sentinel or node of a Cluster (of which
each shard is dumped). The backup is loaded by a server of its own and counted before it becomes one.'

backup_preflight() {
  prepare_connection
  sentinel_password=$data_password
  [ -z "${opt[sentinel-password-file]}" ] || sentinel_password=$(secret_of "${opt[sentinel-password-file]}")
  [ -n "${opt[no-scratch]}" ] || find_server
  require_tools redis-check-rdb redis-check-aof
  if [ -n "${opt[aof]}" ]; then find_append_only; else find_sources; fi
  mapfile -t shards < <(printf '%s\n' "${shards[@]}" | sort -V)
}

backup_dump() {
  local line keys
  for line in "${shards[@]}"; do dump_node "${line%%$'\t'*}" "${line#*$'\t'}"; done
  [ -z "$cluster_nodes" ] || printf '%s\n' "$cluster_nodes" >"$work/nodes.txt"
}

# dump_node SHARD ADDRESS
dump_node() {
  local shard=$1 address=$2 folder=$work file source
  [ "$shard" = redis ] || folder=$work/$shard
  mkdir -p "$folder"
  info_of "$address" || fail "$E_RETRY" "$address does not answer: $(why)"
  check_scratch_serves
  [ -n "${opt[no-scratch]}" ] || need_memory "${info[used_memory]}"
  source=$(source_of_info "$address")
  settings_of "$address" >"$folder/config.json"
  ask_or_fail "$address" ACL LIST >"$folder/users.acl"
  if [ -n "${opt[aof]}" ]; then
    copy_append_only "$address"
    file=$work/$append_folder/$append_name.manifest
  else
    file=$folder/dump.rdb
    dump_rdb "$address" "$file"
  fi
  say "$shard: $(numfmt --to=iec "$(du -sb "$folder" | cut -f1)") of $address (${SECONDS} s)"
  datasets=$(jq -c --arg shard "$shard" --arg file "${file#"$work/"}" --argjson source "$source" --slurpfile settings "$folder/config.json" \
    '. += [{shard: $shard, file: $file, source: $source, databases: ($settings[0].databases // "16" | tonumber)}]' <<<"$datasets")
}

# dump_rdb ADDRESS FILE
dump_rdb() {
  local client
  client "$1"
  # It does not truncate the file that it writes, and leaves the end mark in what it writes to a pipe (seen in 7.0.15 and 7.2):
  # so a new file in a new folder.
  with_password "$data_password" run "${client[@]}" --rdb "$2" 2>"$private/why" || dump_failed "$1"
  sync "$2"
}

dump_failed() {
  local code=$?
  [ "$code" -ne 124 ] || fail "$E_RETRY" "the dump of $1 was not done within --timeout"
  fail "$E_DUMP" "the dump of $1 failed: $(tail -n 3 "$private/why" | tr '\n' ' ')"
}

# The formats grow with the versions: an older server cannot load what a newer one wrote.
check_scratch_serves() {
  [ -n "${opt[no-scratch]}" ] || [ "$(server_name)" = valkey ] || at_least "$(server_version | cut -d. -f1-2)" "$program_version" ||
    fail "$E_PREFLIGHT" "the source is $(server_name) $(server_version), the server for the verification $program_version: set REDIS_SERVER to a newer one, or use --no-scratch"
}

source_of_info() {
  jq -cn --arg address "$1" --arg server "$(server_name)" --arg version "$(server_version)" --arg mode "$(server_mode)" \
    --argjson memory "${info[used_memory]}" --arg role "${info[role]}" --arg run_id "${info[run_id]}" --arg master "${info[master_host]:-}:${info[master_port]:-}" \
    '{address: $address, server: $server, version: $version, mode: $mode, role: $role, run_id: $run_id, memory: $memory}
      + if $master == ":" then {} else {master: $master} end'
}

# settings_of ADDRESS: one by one, since CONFIG GET takes several only from 7.0 on; what a version does not know is left out.
settings_of() {
  local name
  for name in $SETTINGS; do ask_or_fail "$1" CONFIG GET "$name"; done |
    jq -nR '[inputs] | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add // {}'
}

backup_verify() {
  local i total
  for ((i = 0; i < ${#shards[@]}; i++)); do verify_dataset "$i"; done
  manifest_set .datasets "$datasets"
  manifest_set .items "$(jq '{keys: ([.[].keys[]] | add // 0), shards: length}' <<<"$datasets")"
  [ -z "${opt[no-scratch]}" ] || verified=false
  total=$(manifest_get .items.keys)
  say "$total keys${opt[no-scratch]:+, checked without a scratch server}"
}

# verify_dataset INDEX
verify_dataset() {
  local file counted position
  file=$work/$(jq -r ".[$1].file" <<<"$datasets")
  if [ -n "${opt[aof]}" ]; then
    verify_append_only "$(jq -r ".[$1].databases" <<<"$datasets")"
    datasets=$(jq -c --argjson contents "$contents" --arg folder "$append_folder" --arg name "$append_name" \
      ".[$1] += \$contents + {append_only: {folder: \$folder, name: \$name}}" <<<"$datasets")
    return
  fi
  check_rdb "$file"
  counted=$(sed -n 's/^\[info\] \([0-9]*\) keys read$/\1/p' "$private/check")
  position=$(jq -cnR '[inputs | capture("AUX FIELD (?<name>repl-id|repl-offset|ctime|redis-ver|valkey-ver) = .(?<value>.*).$") | {(.name): .value}] | add // {}' \
    <"$private/check")
  contents=$(jq -cn --arg keys "${counted:-0}" '{keys: {"all": ($keys | tonumber)}}')
  if [ -z "${opt[no-scratch]}" ]; then
    load_in_scratch "$file" "$(jq -r ".[$1].databases" <<<"$datasets")"
    [ -z "$counted" ] || [ "$(jq '[.keys[]] | add // 0' <<<"$contents")" = "$counted" ] ||
      mismatch "${file#"$work/"} holds $counted keys, and a server that loaded it has $contents"
  fi
  datasets=$(jq -c --argjson contents "$contents" --argjson position "$position" ".[$1] += \$contents + {position: \$position}" <<<"$datasets")
}

# check_rdb FILE: its answer is left in $private/check. A tool that is older than the file says nothing about it.
check_rdb() {
  run "${REDIS_CHECK_RDB:-redis-check-rdb}" "$1" >"$private/check" && return
  if grep -q "Can't handle RDB format version" "$private/check"; then
    [ -z "${opt[no-scratch]}" ] || fail "$E_VERIFY" 'redis-check-rdb is older than the file, and with --no-scratch nothing else checks it: set REDIS_CHECK_RDB to a newer one'
    say 'redis-check-rdb is older than the file: only the scratch server checks it'
    : >"$private/check"
  else
    fail "$E_VERIFY" "redis-check-rdb finds $(basename "$1") damaged: $(tail -n 3 "$private/check" | tr '\n' ' ')"
  fi
}

common_options
option redis 'HOST:PORT[,...]' '' 'any data node, Sentinel or Cluster node; the first that answers is asked'
connection_options
option master-name NAME '' 'which master, where a Sentinel watches several'
option sentinel-user NAME '' 'user of the Sentinels'
option sentinel-password-file FILE '' 'file with the password of the Sentinels, if it is another one'
option max-lag DURATION 1m 'a replica that is further behind is not taken'
option aof DIR '' 'back the append-only file up instead, of the node --redis on this host whose setting dir is DIR'
option allow-master '' '' 'take the master when no replica can be taken'
option no-scratch '' '' 'verify without a server of its own: the backup does not count as verified'
option scratch-config FILE '' 'more settings for the server of the verification (loadmodule ...)'
backup_main "$help" "$@"
