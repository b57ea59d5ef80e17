#!/usr/bin/env bash
# Restores a backup of redis-backup.sh: on trial into a scratch server, or in place. docs/backup.md tells how to use it.
# shellcheck source-path=SCRIPTDIR/..
service=redis
tool=redis-restore

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/backup.sh
. "$here/lib/backup.sh"
# shellcheck source=scripts/lib/backup/redis.sh
. "$here/lib/backup/redis.sh"
# shellcheck source=scripts/lib/backup/redis_aof.sh
. "$here/lib/backup/redis_aof.sh"

help='usage: scripts/redis-restore.sh --from DIR [OPTION...]                                  a trial: load, compare, end
       scripts/redis-restore.sh --from DIR --keep-running [--scratch-port PORT]        the same, and leave the server running
       scripts/redis-restore.sh --from DIR --in-place --data-dir DIR --redis HOST:PORT into the folder of a server that is stopped
       scripts/redis-restore.sh --from DIR --unpack DIR                                only take the files out

DIR is a backup, or a repository, of which the newest backup is taken. A damaged one is refused before anything is touched.'

# --- One RDB, in a scratch server

# prepare_dataset SHARD FOLDER: dump.rdb or the append-only file in FOLDER, loaded by a scratch server there and found as the manifest says.
prepare_dataset() {
  local dataset settings
  dataset=$(manifest_get '.datasets[] | select(.shard == $shard)' -c --arg shard "$1")
  need_memory "$(jq -r '.source.memory // 0' <<<"$dataset")"
  append_folder=$(jq -r '.append_only.folder // ""' <<<"$dataset")
  append_name=$(jq -r '.append_only.name // ""' <<<"$dataset")
  stage "$E_VERIFY" "$1: unpacking"
  databases=$(jq -r .databases <<<"$dataset")
  settings=$(settings_for "$databases")$extra_settings
  if [ -n "$append_folder" ]; then
    extract_append_only "$2"
    settings+=$'\n'$(append_only_settings "$append_folder" "$append_name")
  else
    extract "$(jq -r .file <<<"$dataset")" "$2/dump.rdb"
  fi
  stage "$E_VERIFY" "$1: loading"
  start_scratch "$2" "$settings"
  compare "$1" "$dataset"
}

extract_append_only() {
  local name
  while IFS= read -r name <&4; do extract "$name" "$1/$name"; done \
    4< <(manifest_get '.files[].name | select(startswith($folder))' --arg folder "$append_folder/")
}

# compare SHARD DATASET: what the scratch server holds with the manifest. Without a digest the backup was made without a scratch server.
compare() {
  local differences
  contents_of "$scratch_socket"
  differences=$(jq -rn --argjson found "$contents" --argjson wanted "$2" '
    if $wanted.digest then
      (if $found.keys != $wanted.keys then "keys \($found.keys) instead of \($wanted.keys)" else empty end),
      (if $found.digest != $wanted.digest then "another digest" else empty end)
    elif ([$found.keys[]] | add // 0) != ([$wanted.keys[]] | add // 0) then "\($found.keys) keys instead of \($wanted.keys)"
    else empty end')
  [ -z "$differences" ] || fail "$E_VERIFY" "$1: the data is not what was backed up: $(tr '\n' ' ' <<<"$differences")"
  say "$1: $(jq '[.keys[]] | add // 0' <<<"$contents") keys, as the manifest says"
}

# The shards that are wanted, a line each.
wanted_shards() {
  manifest_get '.datasets[].shard | select($only == "" or . == $only)' --arg only "${opt[shard]}"
}

one_shard() {
  local shards
  mapfile -t shards < <(wanted_shards)
  [ ${#shards[@]} -eq 1 ] || fail "$E_USAGE" "choose one by --shard: $(manifest_get '[.datasets[].shard] | join(" ")')"
  shard=${shards[0]}
}

# --- A trial

drill() {
  local shard shards
  mapfile -t shards < <(wanted_shards)
  [ ${#shards[@]} -gt 0 ] || one_shard
  for shard in "${shards[@]}"; do
    mkdir -p "$work/$shard"
    prepare_dataset "$shard" "$work/$shard"
    stop_scratch
    rm -rf "${work:?}/$shard"
  done
  # Of a part nobody knows how long the whole would take.
  [ -n "${opt[shard]}" ] || drill_succeeded
  say "done: restored on trial (${SECONDS} s)"
}

drill_and_stay() {
  one_shard
  scratch_stays=true
  scratch_password=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
  printf '%s\n' "$scratch_password" >"$work/password"
  [ -z "${opt[scratch-port]}" ] || extra_settings=$'\n'"port ${opt[scratch-port]}"$'\nbind 127.0.0.1'
  prepare_dataset "$shard" "$work"
  ask_or_fail "$scratch_socket" REPLICAOF NO ONE >/dev/null
  [ -n "${opt[shard]}" ] || drill_succeeded
  say "done: a server with the data runs as process $scratch_pid (${SECONDS} s)"
  say "REDISCLI_AUTH=\$(cat $work/password) redis-cli $([ -n "${opt[scratch-port]}" ] && echo "-p ${opt[scratch-port]}" || echo "-s $scratch_socket")"
  say "SHUTDOWN NOSAVE ends it; then remove $work"
  undo_list=()
  work=
}

# --- In place

in_place() {
  require_options data-dir redis
  one_shard
  data_dir=$(realpath "${opt[data-dir]}")
  [ -d "$data_dir" ] || fail "$E_PREFLIGHT" "there is no folder $data_dir"
  stage "$E_PREFLIGHT" 'is the server stopped?'
  read_settings
  refuse_a_running_server
  refuse_old_data
  staging=$(mktemp -d "$data_dir/.$tool.XXXXXX")
  printf '%s\n' "$staging" >>"$private/running"
  undo rm -rf "$staging"
  prepare_dataset "$shard" "$staging"
  if [ -n "$append_folder" ]; then
    # The files have the names that are in their manifest.
    [ "${opt[appendonly]}|${opt[appenddirname]}|${opt[appendfilename]}" = "yes|$append_folder|$append_name" ] ||
      usage_error 'the backup is an append-only file: it keeps its names, and is for a server with appendonly yes'
  elif [ "${opt[appendonly]}" = yes ]; then
    build_append_only
  fi
  stop_scratch
  stage "$E_DUMP" 'moving it into place'
  refuse_a_running_server
  exchange
  say "done: $data_dir holds the data of $(date -u -d "@$(manifest_get .started)" +%FT%TZ); start the server now (${SECONDS} s)"
  [ -z "$aside" ] || say "what was there before is in $aside"
}

# What the files are called, and whether there shall be an append-only file: as it was where the backup comes from, unless options say
# otherwise.
read_settings() {
  local name folder=
  [ "$shard" = redis ] || folder=$shard/
  extract "${folder}config.json" "$private/config.json"
  for name in dbfilename appenddirname appendfilename appendonly; do
    [ -n "${opt[$name]}" ] || opt[$name]=$(jq -r --arg name "$name" '.[$name] // ""' "$private/config.json")
    [[ ${opt[$name]} != */* ]] || fail "$E_USAGE" "--$name is the name of a file, not a path"
  done
}

# Only one that refuses the connection is stopped: one that hangs would write over it when it wakes up.
refuse_a_running_server() {
  local process command
  ! ask "${opt[redis]}" PING >/dev/null && grep -q 'Could not connect.*refused' "$private/why" ||
    fail "$E_PREFLIGHT" "the server ${opt[redis]} is not stopped: $(why)"
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd" 2>/dev/null)" = "$data_dir" ] || continue
    command=$(tr '\0' ' ' <"$process/cmdline") || continue
    [[ $command != *redis* && $command != *valkey* || $command == *"$tool"* ]] ||
      fail "$E_PREFLIGHT" "process ${process#/proc/} runs in $data_dir, end it first: $command"
  done
}

# The files of a server, old or new, in a folder.
data_files() {
  local name
  for name in "${opt[dbfilename]}" "${opt[appenddirname]}" "${opt[appendfilename]}"; do
    [ -z "$name" ] || [ ! -e "$1/$name" ] || printf '%s\n' "$name"
  done
}

refuse_old_data() {
  local old
  old=$(data_files "$data_dir" | tr '\n' ' ')
  [ -z "$old" ] || [ -n "${opt[move-aside]}" ] || fail "$E_PREFLIGHT" "$data_dir has data already: $old(--move-aside keeps it under another name)"
}

# A server with `appendonly yes` looks at the append-only file alone: without one it starts empty, whatever dump.rdb holds (6.2, 7.0). So
# the scratch server, which has loaded and counted the RDB, writes one, and another one loads that and counts again. The real server then
# has nothing to do but to start, with `appendonly yes` or `no`.
build_append_only() {
  local dataset
  stage "$E_VERIFY" "$shard: writing the append-only file"
  ask_or_fail "$scratch_socket" CONFIG SET appendonly yes >/dev/null
  while info_of "$scratch_socket" && [ "${info[aof_rewrite_in_progress]}${info[aof_rewrite_scheduled]}" != 00 ]; do
    [ "$SECONDS" -lt "$deadline" ] || fail "$E_RETRY" 'not within --timeout: the append-only file is written'
    sleep 0.1
  done
  [ "${info[aof_enabled]:-}${info[aof_last_bgrewrite_status]:-}" = 1ok ] || fail "$E_DUMP" 'the append-only file could not be written; is there space?'
  ask "$scratch_socket" SHUTDOWN NOSAVE || true
  wait "$scratch_pid" || true
  scratch_pid=
  stage "$E_VERIFY" "$shard: loading the append-only file"
  dataset=$(manifest_get '.datasets[] | select(.shard == $shard)' -c --arg shard "$shard")
  start_scratch "$staging" "$(settings_for "$databases")$extra_settings"$'\nappendonly yes'
  compare "$shard" "$dataset"
  say "written by version $program_version: the server must not be older"
}

# Old data out, new data in; what is in the way of it puts all back.
exchange() {
  local name
  if [ -z "$append_folder" ]; then mv "$staging/dump.rdb" "$staging/.rdb" && mv "$staging/.rdb" "$staging/${opt[dbfilename]}"; fi
  chown -R --reference="$data_dir" "$staging" 2>/dev/null || [ "$(id -u)" != 0 ] || fail "$E_DUMP" "cannot give the files to the owner of $data_dir"
  sync -f "$staging"
  mapfile -t old_names < <(data_files "$data_dir")
  mapfile -t new_names < <(data_files "$staging")
  undo put_back
  if [ ${#old_names[@]} -gt 0 ]; then
    aside=$data_dir/before-restore-$(date -u +%Y%m%dT%H%M%SZ)
    mkdir "$aside"
    for name in "${old_names[@]}"; do mv -T "$data_dir/$name" "$aside/$name"; done
  fi
  for name in "${new_names[@]}"; do mv -T "$staging/$name" "$data_dir/$name"; done
  sync -f "$data_dir"
  exchanged=true
}

put_back() {
  local name
  $exchanged && return
  say 'putting the old data back'
  for name in "${new_names[@]}"; do [ -e "$staging/$name" ] || mv -T "$data_dir/$name" "$staging/$name"; done
  for name in "${old_names[@]}"; do [ ! -e "$aside/$name" ] || mv -T "$aside/$name" "$data_dir/$name"; done
}

# --- Only the files

unpack() {
  local name target=${opt[unpack]}
  [ -z "$(ls -A "$target" 2>/dev/null)" ] || fail "$E_PREFLIGHT" "$target is not empty"
  stage "$E_DUMP" 'unpacking'
  while IFS= read -r name <&3; do extract "$name" "$target/$name"; done 3< <(manifest_get '.files[].name')
  say "done: $target (${SECONDS} s)"
}

restore_options
option keep-running '' '' 'leave the server of the trial running'
option scratch-port PORT '' 'let it listen on this port of 127.0.0.1 as well, with a password'
option scratch-config FILE '' 'more settings for it (loadmodule ...)'
option shard NAME '' 'of a Cluster, only this shard'
option in-place '' '' 'restore into --data-dir'
option data-dir DIR '' 'folder of the stopped server (its setting dir)'
option redis HOST:PORT '' 'where that server listens when it runs: it must not answer'
option move-aside '' '' 'move data that is there already into a folder before-restore-TIME beside it'
option appendonly YES-OR-NO '' 'whether to write an append-only file; as where the backup comes from'
option dbfilename NAME '' "the server's setting, if it is another one than where the backup comes from"
option appenddirname NAME '' 'the same'
option appendfilename NAME '' 'the same'
option unpack DIR '' 'only decrypt and copy the files into an empty folder'
connection_options

extra_settings=''
aside=''
exchanged=false
old_names=()
new_names=()
restore_begin "$help" "$@"
open_backup
if [ -n "${opt[unpack]}" ]; then
  unpack
  exit 0
fi
prepare_connection
find_server
if [ -n "${opt[in-place]}" ]; then
  in_place
elif [ -n "${opt[keep-running]}" ]; then
  drill_and_stay
else
  drill
fi
