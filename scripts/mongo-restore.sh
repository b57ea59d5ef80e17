#!/usr/bin/env bash
# Restores a backup of mongo-backup.sh: on trial into a scratch server, one database under another name, or in place. docs/backup.md
# tells how to use it.
# shellcheck source-path=SCRIPTDIR/..
service=mongo
tool=mongo-restore

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/backup.sh
. "$here/lib/backup.sh"
# shellcheck source=scripts/lib/backup/mongo.sh
. "$here/lib/backup/mongo.sh"

help='usage: scripts/mongo-restore.sh --from DIR [OPTION...]                                        a trial: restore, compare, end
       scripts/mongo-restore.sh --from DIR --db NAME --target-db NAME --mongo HOST:PORT     one database, under another name
       scripts/mongo-restore.sh --from DIR --in-place --mongo HOST:PORT[,HOST:PORT...]      all of it, through the primary

DIR is a backup, or a repository, of which the newest backup is taken. A damaged one is refused before anything is touched.'

check_usage() {
  [ -z "${opt[in-place]}" ] || [ -z "${opt[target-db]}" ] || usage_error '--in-place and --target-db exclude each other'
  [ -z "${opt[target-db]}${opt[db]}" ] || require_options db target-db mongo
  [[ ${opt[target-db]} != *[/\\.\ \"\$]* && ${#opt[target-db]} -le 63 ]] || usage_error "${opt[target-db]} is no name of a database"
  [[ ! ${opt[target-db]} =~ ^(admin|config|local)$ ]] || usage_error "${opt[target-db]} is a database of the server's own"
  [ -n "${opt[in-place]}" ] || [ -z "${opt[drop]}${opt[with-users]}" ] || usage_error '--drop and --with-users belong to --in-place'
  # The archive's own oplog ends where its last collection was read: up to a time before that the collections are of several moments.
  [ -z "${opt[oplog-limit]}" ] || [ -n "${opt[oplog-file]}" ] || usage_error '--oplog-limit needs an oplog that goes on after the backup: --oplog-file'
  [[ ${opt[oplog-limit]} =~ ^([0-9]+(:[0-9]+)?)?$ ]] || usage_error "--oplog-limit ${opt[oplog-limit]} is not SECONDS or SECONDS:ORDINAL"
}

unpack() {
  stage "$E_VERIFY" 'unpacking'
  extract dump.archive "$work/dump.archive"
  extract contents.json "$work/contents.json"
  archive=(--archive="$work/dump.archive")
  [ "$(manifest_get .gzip)" != true ] || archive+=(--gzip)
  [ "$(manifest_get '.oplog != null')" != true ] || archive+=(--oplogReplay)
}

# --- In a scratch server

# What is restored anywhere is restored here first: nothing is touched before the backup has proven itself once more. The target gets it
# from here, so that it needs no right to apply an oplog, which is the right to do everything; mongorestore can neither rename what is in
# an oplog nor leave the users out while it replays one (100.x).
restore_in_scratch() {
  find_scratch_program
  check_scratch_serves "$(manifest_get .source.version)"
  unpack
  start_scratch "$work/scratch"
  [ -z "${opt[oplog-file]}" ] || check_oplog_file
  stage "$E_VERIFY" 'restoring into a scratch server'
  restored "$scratch_address" "${archive[@]}"
  stage "$E_VERIFY" 'comparing'
  question contents scratch
  mv "$private/answer" "$private/restored"
  compare "$work/contents.json" "$private/restored"
  [ -z "${opt[oplog-file]}" ] || replay
}

# compare WANTED FOUND [DATABASE [NEW-NAME]]
compare() {
  differences "$@"
  [ ! -s "$private/differences" ] ||
    fail "$E_VERIFY" "the data is not what was backed up: $(wc -l <"$private/differences") differences: $(head -n 5 "$private/differences" | tr '\n' ';')"
  say "$(jq '[.namespaces[].count // 0] | add // 0' "$2") documents, as they should be"
}

# Without a gap to the backup, and as far as the wanted time.
check_oplog_file() {
  local from limit=${opt[oplog-limit]} database=replicawatch_oplog
  [ "$(manifest_get '.oplog != null')" = true ] || fail "$E_PREFLIGHT" 'the backup is of a server without an oplog: no other oplog goes on from there'
  stage "$E_PREFLIGHT" 'reading the oplog'
  restored "$scratch_address" --db "$database" --collection oplog "${opt[oplog-file]}"
  question oplogFile scratch "{\"database\": \"$database\"}"
  from=$(manifest_get '.oplog.start["$timestamp"]' -c)
  jq -e --argjson from "$from" '.first != null and (.first["$timestamp"] | [.t, .i]) <= ($from | [.t, .i])' <<<"$answer" >/dev/null ||
    fail "$E_PREFLIGHT" "${opt[oplog-file]} does not reach back to where the backup was begun, $(jq -r '"\(.t):\(.i)"' <<<"$from")"
  [ -z "$limit" ] || jq -e --argjson limit "${limit%:*}" --argjson backup "$(manifest_get '.oplog.end["$timestamp"].t')" \
    '.last["$timestamp"].t >= $limit and $limit > $backup' <<<"$answer" >/dev/null ||
    fail "$E_PREFLIGHT" "--oplog-limit $limit is not between the end of the backup, $(manifest_get '.oplog.end["$timestamp"].t'), and that of ${opt[oplog-file]}"
  question drop scratch "{\"databases\": [\"$database\"]}"
}

# It begins again with what the backup has, which an oplog allows.
replay() {
  local empty=$work/empty options=(--oplogReplay --oplogFile "${opt[oplog-file]}")
  mkdir "$empty"
  [ -z "${opt[oplog-limit]}" ] || options+=(--oplogLimit "${opt[oplog-limit]}")
  stage "$E_DUMP" "replaying ${opt[oplog-file]}"
  restored "$scratch_address" "${options[@]}" "$empty"
  question contents scratch
  mv "$private/answer" "$private/restored"
}

drill() {
  restore_in_scratch
  stop_scratch
  drill_succeeded
  say "done: restored on trial (${SECONDS} s)"
}

# --- From there into a target

find_target() {
  stage "$E_PREFLIGHT" 'the target'
  prepare_connection "$mongorestore" "$mongodump"
  question target "${opt[mongo]}"
  target=$answer
  address=$(jq -r .address <<<"$target")
  at_least "$(manifest_get .source.version | cut -d. -f1-2)" "$(jq -r .version <<<"$target")" ||
    fail "$E_PREFLIGHT" "the backup is of MongoDB $(manifest_get .source.version), the target is older: $(jq -r .version <<<"$target")"
  to_target=(--archive)
  # A set that has the restored data on its primary only may lose it with that.
  [ "$(jq -r .set <<<"$target")" = null ] || to_target+=('--writeConcern={w: "majority"}')
}

# transfer [--db NAME]: dumps the scratch server, and restores that at the target, with the options in to_target.
transfer() {
  mkfifo "$private/archive"
  local tool_options dumper
  tool_options "$scratch_address"
  (within exec "$mongodump" "${tool_options[@]}" --archive "$@") >"$private/archive" 2>"$private/dump.log" 7>&- 9>&- &
  dumper=$!
  undo end_process "$dumper"
  restored "$address" "${to_target[@]}" <"$private/archive"
  wait "$dumper" || fail "$E_DUMP" "mongodump of the scratch server failed: $(last_words "$private/dump.log")"
  stop_scratch
}

# compare_target DATABASES [DATABASE NEW-NAME]: with what the scratch server had. Of users the target may have more, and what has expired
# since the backup it removes at once.
compare_target() {
  stage "$E_VERIFY" 'comparing'
  question contents "$address" "$(jq -cn --argjson databases "$1" '{databases: $databases, withoutLogins: true}')"
  jq -c '.expires = true' "$private/answer" >"$private/found"
  compare "$private/restored" "$private/found" "${@:2}"
}

databases_restored() { jq -c '[.namespaces[].ns | split(".")[0]] | unique' "$private/restored"; }

one_database() {
  local names=("${opt[db]}" "${opt[target-db]}")
  find_target
  jq -e --arg name "${names[1]}" '.databases | index($name) | not' <<<"$target" >/dev/null ||
    fail "$E_PREFLIGHT" "$address has a database ${names[1]} already"
  restore_in_scratch
  databases_restored | jq -e --arg name "${names[0]}" 'index($name)' >/dev/null ||
    fail "$E_PREFLIGHT" "the backup has no database ${names[0]}, but $(databases_restored)"
  stage "$E_DUMP" "${names[0]} becomes ${names[1]} at $address"
  to_target+=(--nsInclude "$(literal "${names[0]}").*" --nsFrom "$(literal "${names[0]}").*" --nsTo "$(literal "${names[1]}").*")
  transfer --db "${names[0]}"
  compare_target "$(jq -cn --arg name "${names[1]}" '[$name]')" "${names[@]}"
  say "done: ${names[1]} at $address (${SECONDS} s)"
}

# In the patterns of mongorestore a * is any text.
literal() { sed 's/[\\*]/\\&/g' <<<"$1"; }

in_place() {
  local there
  find_target
  there=$(jq -r '.databases | join(" ")' <<<"$target")
  [ -z "$there" ] || [ -n "${opt[drop]}" ] || fail "$E_PREFLIGHT" "$address has data already (--drop removes the databases that the backup has): $there"
  restore_in_scratch
  stage "$E_DUMP" "restoring into $address"
  if [ -n "$there" ]; then
    say "dropping what the backup has of: $there"
    question drop "$address" "$(jq -cn --argjson databases "$(databases_restored)" '{databases: $databases}')"
  fi
  [ -n "${opt[with-users]}" ] || to_target+=(--nsExclude 'admin.system.*')
  transfer
  compare_target "$(databases_restored)"
  say "done: $address has the data of $(date -u -d "@$(manifest_get .started)" +%FT%TZ)${opt[oplog-file]:+ and the oplog after it} (${SECONDS} s)"
}

restore_options
option mongo 'HOST:PORT[,...]' '' 'the target: members of a set, or a server'
connection_options
option db NAME '' 'restore only this database, as --target-db'
option target-db NAME '' 'the name that it gets, which must be free'
option in-place '' '' 'restore all databases under their own names; without --drop the target must have none'
option drop '' '' 'drop the databases that the backup has first'
option with-users '' '' 'restore users and roles as well; they replace those of the same name'
option oplog-file FILE '' 'replay this oplog (BSON, from the start of the backup on) afterwards'
option oplog-limit 'SECONDS[:N]' '' 'replay only what is older than this time (seconds since 1970)'
option scratch-cache GIGABYTES 0.5 'cache of the server of the trial'

restore_begin "$help" "$@"
check_usage
open_backup
if [ -n "${opt[in-place]}" ]; then
  in_place
elif [ -n "${opt[target-db]}" ]; then
  one_database
else
  drill
fi
