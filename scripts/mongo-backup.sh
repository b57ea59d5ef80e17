#!/usr/bin/env bash
# Backs a MongoDB replica set up: an archive of a secondary with its oplog, restored once on trial. docs/backup.md tells how to use it.
# shellcheck source-path=SCRIPTDIR/..
service=mongo
tool=mongo-backup
method=mongodump

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/backup.sh
. "$here/lib/backup.sh"
# shellcheck source=scripts/lib/backup/mongo.sh
. "$here/lib/backup/mongo.sh"

readonly DEFAULT_WINDOW=600 # seconds that the oplog must reach back while no run tells how long a dump takes

help='usage: scripts/mongo-backup.sh --mongo HOST:PORT[,HOST:PORT...] --to DIR --cluster NAME [OPTION...]

Backs up a replica set through a secondary that it finds, with the oplog of the time that the dump takes: the backup is of one
moment. It is restored by a server of its own and compared before it becomes one. A server that is in no set is dumped as it is.'

backup_preflight() {
  local details
  prepare_connection "$mongodump"
  if [ -z "${opt[no-scratch]}" ]; then find_scratch_program; fi
  details=$(jq -cn --arg member "${opt[member]}" --argjson lag "${opt[max-lag]}" --argjson window "$(needed_window)" \
    --argjson primary "${opt[allow-primary]:-false}" --argjson hidden "${opt[hidden]:-false}" \
    '{member: $member, maxLag: $lag, minWindow: $window, allowPrimary: $primary, hidden: $hidden}')
  question source "${opt[mongo]}" "$details"
  source=$answer
  member=$(jq -r .member <<<"$source")
  say "$member, $(jq -r '"\(.state)\(if .set then " of \(.set), \(.lag) s behind, oplog of \(.window) s" else "" end)"' <<<"$source")"
  [ -n "${opt[no-scratch]}" ] || check_scratch_serves "$(jq -r .version <<<"$source")"
  need_space "$(needed_bytes)"
}

# Twice what the last dump took, which has been compared as well: the more so.
needed_window() {
  local names
  mapfile -t names < <(own_backups)
  if [ -n "${opt[min-window]}" ]; then
    echo "${opt[min-window]}"
  elif [ ${#names[@]} -gt 0 ]; then
    jq '2 * (.finished - .started) + 1' "$repository/${names[-1]}/manifest.json"
  else
    echo "$DEFAULT_WINDOW"
  fi
}

# The archive is as large as the documents, and the scratch server has them a second time, with its journal.
needed_bytes() {
  local scratch=true
  [ -z "${opt[no-scratch]}${opt[work-dir]}" ] || scratch=false
  jq --argjson scratch "$scratch" '.bytes + if $scratch then .storageBytes + 300000000 else 0 end | floor' <<<"$source"
}

backup_dump() {
  local tool_options options=(--archive) details
  tool_options "$member"
  if jq -e .set <<<"$source" >/dev/null; then
    options+=(--oplog)
  else
    say "$member is in no replica set: without an oplog, what is written during the dump may be in it in part"
  fi
  [ -z "${opt[gzip]}" ] || options+=(--gzip)
  [ -n "${opt[no-scratch]}" ] || options[0]=--archive=$work/dump.archive
  dump "${tool_options[@]}" "${options[@]}"
  details=$(jq -c '{start}' <<<"$source")
  question after "$member" "$details"
  mv "$private/answer" "$work/contents.json"
  manifest_set .source "$(jq -c 'del(.bytes, .storageBytes, .start)' <<<"$source")"
  manifest_set .tools "$(jq -cn --arg mongodump "$(version_of "$mongodump")" '{mongodump: $mongodump}')"
  manifest_set .gzip "${opt[gzip]:-false}"
  manifest_set .oplog "$(jq -c --argjson source "$source" 'if .end then {start: $source.start, end: .end} else null end' "$work/contents.json")"
}

# dump OPTION...: without a scratch server no plaintext gets to a disk.
dump() {
  local code=0 dumper
  if [ -z "${opt[no-scratch]}" ]; then
    run "$mongodump" "$@" 2>"$private/dump.log" || dump_failed "$?"
    sync "$work/dump.archive"
  else
    mkfifo "$private/archive"
    (within exec "$mongodump" "$@") >"$private/archive" 2>"$private/dump.log" 7>&- 9>&- &
    dumper=$!
    undo end_process "$dumper"
    store dump.archive <"$private/archive"
    wait "$dumper" || dump_failed "$?"
  fi
}

dump_failed() {
  [ "$1" -ne 124 ] || fail "$E_RETRY" "the dump of $member was not done within --timeout"
  fail "$E_DUMP" "mongodump of $member failed: $(last_words "$private/dump.log")"
}

backup_verify() {
  if [ -n "${opt[no-scratch]}" ]; then
    verified=false
    take_contents
    return
  fi
  local options=(--archive="$work/dump.archive")
  [ -z "${opt[gzip]}" ] || options+=(--gzip)
  ! jq -e .set <<<"$source" >/dev/null || options+=(--oplogReplay)
  start_scratch "$work/scratch"
  restored "$scratch_address" "${options[@]}"
  question contents scratch
  compare_with_source
  mv "$private/answer" "$work/contents.json"
  stop_scratch
  rm -rf "$work/scratch"
  take_contents
}

# Both have what was written since the dump was begun: only what stood still can be compared.
compare_with_source() {
  cp "$private/answer" "$private/found"
  count_again
  differences "$work/contents.json" "$private/found"
  report_differences
  [ -z "${opt[compare-hashes]}" ] || compare_hashes
  cp "$private/found" "$private/answer"
}

# After a crash a server's own counts may be wrong: where they differ the documents are counted one by one.
count_again() {
  local details
  differences "$work/contents.json" "$private/found"
  details=$(sed -n 's/ has [0-9]* documents instead of [0-9]*$//p' "$private/differences" |
    jq -cnR --argjson source "$source" '{start: $source.start, namespaces: [inputs]}')
  [ "$(jq '.namespaces | length' <<<"$details")" -gt 0 ] || return 0
  question recount "$member" "$details"
  jq -c --slurpfile again "$private/answer" '.moved = $again[0].moved
    | .namespaces[] |= if $again[0].counts[.ns] then .count = $again[0].counts[.ns] else . end' "$work/contents.json" >"$private/counted"
  mv "$private/counted" "$work/contents.json"
}

report_differences() {
  local line
  while IFS= read -r line; do mismatch "$line"; done <"$private/differences"
}

compare_hashes() {
  question sourceHashes "$member" "$(jq -c '{start}' <<<"$source")"
  if ! jq -e '.moved == []' "$private/answer" >/dev/null; then
    say 'the source was written to, so that its hashes tell nothing'
    return
  fi
  jq -c --slurpfile found "$private/found" '{namespaces: $found[0].namespaces, moved, hashes}' "$private/answer" >"$private/hashes"
  differences "$private/hashes" "$private/found"
  report_differences
}

# The manifest has the sums; the list itself is a file, as it may be longer than an argument may be.
take_contents() {
  manifest_set .items "$(jq -c '{documents: ([.namespaces[].count // 0] | add // 0), collections: ([.namespaces[] | select(.type != "view")] | length),
    indexes: ([.namespaces[].indexes // [] | length] | add // 0), users, roles}' "$work/contents.json")"
  say "$(manifest_get '.items | to_entries | map("\(.value) \(.key)") | join(", ")')${opt[no-scratch]:+, not restored on trial}"
}

common_options
option mongo 'HOST:PORT[,...]' '' 'members of the set; the first that answers tells of the others'
connection_options
option member HOST:PORT '' 'dump this member, as the set calls it; also a hidden or delayed one'
option hidden '' '' 'hidden members may be taken as well'
option allow-primary '' '' 'take the primary when no secondary can be taken'
option max-lag DURATION 1m 'a member that is further behind is not taken'
option min-window DURATION '' 'how far the oplog must reach back at least, instead of twice the time of the last run (first run: 10m)'
option gzip '' '' 'compress the archive'
option compare-hashes '' '' 'compare dbHash with the source if it was not written to; it holds up its writes meanwhile'
option no-scratch '' '' 'no restore on trial: the backup does not count as verified'
option scratch-cache GIGABYTES 0.5 'cache of the server of the trial'
backup_main "$help" "$@"
