#!/usr/bin/env bash
# Restores a backup of minio-backup.sh: into buckets of other names, on trial, or in place. docs/backup.md tells how to use it.
# shellcheck source-path=SCRIPTDIR/..
service=minio
tool=minio-restore

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/backup.sh
. "$here/lib/backup.sh"
# shellcheck source=scripts/lib/backup/minio.sh
. "$here/lib/backup/minio.sh"

help='usage: scripts/minio-restore.sh --from DIR --minio URL ...              into new buckets, called restore-NAME
       scripts/minio-restore.sh --from DIR --minio URL ... --drill      a trial: restore, compare, remove again
       scripts/minio-restore.sh --from DIR --minio URL ... --in-place   into buckets of the same names

DIR is a backup, or a repository, of which the newest backup is taken. A damaged one is refused before anything is touched. Objects get
new version ids and times. It deletes nothing but what a trial has made.'

# target_of BUCKET: what it shall be called.
target_of() {
  if [ -n "${opt[drill]}" ]; then
    printf '%s%s' "$trial_prefix" "$(manifest_get '.buckets | map(.name) | index($name)' --arg name "$1")"
  elif [ -n "${opt[in-place]}" ]; then
    printf '%s' "$1"
  else
    printf '%s%s' "${opt[bucket-prefix]}" "$1"
  fi
}

about() { manifest_get ".buckets[] | select(.name == \$name) | $2" --arg name "$1"; }

wanted_buckets() {
  local name
  # Through a file: what writes into a pipe that nobody reads, as with --bucket, ends with an error.
  manifest_get '.buckets[].name' >"$private/answer"
  chosen <"$private/answer" >"$private/names"
  mapfile -t names <"$private/names"
  for name in "${names[@]}"; do [ -n "$(about "$name" .name)" ] || usage_error "--bucket: the backup has no bucket $name"; done
}

# All that may be in the way is looked for before the first bucket is made.
preflight() {
  local name target bytes
  stage "$E_PREFLIGHT" 'preflight'
  prepare_connection
  run "${minio_tool[@]}" health 2>"$private/why" || fail "$E_PREFLIGHT" "$(why)"
  for name in "${names[@]}"; do
    target=$(target_of "$name")
    [[ $target =~ ^[A-Za-z0-9][A-Za-z0-9._-]{2,62}$ ]] || usage_error "$target is no name for a bucket: --bucket-prefix"
    objects state "$target"
    exists[$name]=$(jq .exists "$private/answer")
    refuse_bucket "$name" "$target"
    [ -z "$encryption" ] || need_room_for "$name"
  done
}

# refuse_bucket NAME TARGET: if it stands in the way, by $private/answer.
refuse_bucket() {
  [ "${exists[$1]}" = true ] || return 0
  [ -n "${opt[in-place]}" ] || fail "$E_PREFLIGHT" "there is a bucket $2 already"
  [ -n "${opt[overwrite]}" ] || jq -e .empty "$private/answer" >/dev/null ||
    fail "$E_PREFLIGHT" "the bucket $2 is not empty (--overwrite writes over what has the same key, and leaves the rest)"
  [ "$(about "$1" .lock)" = false ] || jq -e .lock "$private/answer" >/dev/null ||
    fail "$E_PREFLIGHT" "the bucket $2 has no object lock, and gets one only when it is made"
}

# What is encrypted is unpacked, one bucket at a time.
need_room_for() {
  local free bytes
  bytes=$(about "$1" .stream.bytes)
  free=$(df --output=avail -B1 "$work" | tail -n 1)
  [ "$free" -ge "$bytes" ] ||
    fail "$E_PREFLIGHT" "$(numfmt --to=iec "$free") are free in $work, $(numfmt --to=iec "$bytes") are needed (--work-dir)"
}

# file_of NAME: sets `file`, the path of a plaintext file of the backup.
file_of() {
  file=$backup_folder/$1
  if [ -n "$encryption" ]; then
    file=$work/$1
    [ -e "$file" ] || extract "$1" "$file"
  fi
}

# make_target NAME TARGET
make_target() {
  stage "$E_DUMP" "$1 -> $2"
  if [ "${exists[$1]}" = false ]; then
    objects make "$2" "$(about "$1" .lock)"
    [ -z "${opt[drill]}" ] || undo remove_target "$2"
  fi
  [ -z "$(about "$1" .versioning)" ] || objects enable-versions "$2"
  import_settings "$1" "$2" before
}

remove_target() {
  say "removing $1"
  "${minio_tool[@]}" remove "$1" >&7 2>&7
}

# restore_bucket NAME: the objects, compared with the index.
restore_bucket() {
  local target index stored line differ=0
  target=$(target_of "$1")
  make_target "$1" "$target"
  file_of "buckets/$1/index.ndjson"
  index=$file
  file_of "buckets/$1/objects.tar"
  stored=$file
  objects put "$target" "$index" "$stored" "${opt[drill]:-false}"
  [ -z "$encryption" ] || rm "$stored"
  stage "$E_VERIFY" "$target: comparing"
  objects compare "$target" "$index" "${opt[verify]}" "${opt[drill]:-false}"
  while IFS= read -r line; do
    differ=$((differ + 1))
    [ "$differ" -gt 20 ] || say "differs: $target: $line"
  done <"$private/answer"
  [ "$differ" -eq 0 ] || fail "$E_VERIFY" "$target is not what was backed up: $differ differences"
  say "$target: $(about "$1" '"\(.keys) keys, \(.versions) versions, \(.delete_markers) delete markers"'), as the manifest says"
}

# import_settings NAME TARGET STEP: mc ends with 0 also when a document was refused, and says so in its answer alone (2025-03).
import_settings() {
  local refused
  file_of "buckets/$1/settings.zip"
  objects settings "$file" "$private/import.zip" "$2" "$3"
  jq -e '.documents | length > 0' "$private/answer" >/dev/null || return 0
  mc_admin bucket import RW "$private/import.zip" || fail "$E_DUMP" "cannot import settings of $2: $(why)"
  refused=$(jq -r '.[] | to_entries[] | select(.value | type == "object") | select(.value.error) | "\(.key): \(.value.error)"' "$private/answer")
  [ -z "$refused" ] || fail "$E_DUMP" "the objects of $2 are there, but not all of its settings: $(tr '\n' ' ' <<<"$refused")"
}

import_settings_of_all() {
  local name
  for name in "${names[@]}"; do import_settings "$name" "$(target_of "$name")" "$1"; done
}

import_iam() {
  local refused
  stage "$E_DUMP" 'users and policies'
  extract iam.zip "$work/iam.zip"
  mc_admin iam import RW "$work/iam.zip" || fail "$E_DUMP" "cannot import users and policies: $(why)"
  refused=$(jq -c '.failed // {} | select(. != {})' "$private/answer")
  [ -z "$refused" ] || fail "$E_DUMP" "not all users and policies are restored: $refused"
}

check_options() {
  [[ ${opt[verify]} =~ ^(full|etag)$ ]] || usage_error '--verify is full or etag'
  [ -z "${opt[drill]}" ] || [ -z "${opt[in-place]}${opt[iam]}" ] || usage_error '--drill goes with neither --in-place nor --iam'
  [ -z "${opt[overwrite]}" ] || [ -n "${opt[in-place]}" ] || usage_error '--overwrite is for --in-place'
  [ -z "${opt[iam]}" ] || [ "$(manifest_get .iam)" = yes ] || fail "$E_PREFLIGHT" 'the backup has no users and policies'
}

restore_options
option bucket 'NAME[,...]' '' 'only these buckets of the backup'
option bucket-prefix TEXT restore- 'what the names of the new buckets begin with'
option drill '' '' 'a trial in buckets drill-..., that are removed at its end'
option in-place '' '' 'into buckets of the same names'
option overwrite '' '' 'also into such as are not empty'
option iam '' '' 'users and policies as well; of the same names they are written over'
option verify HOW full 'full reads all objects back; etag only those whose ETag is another one than before'
connection_options

declare -A exists=()
restore_begin "$help" "$@"
open_backup
check_options
trial_prefix=drill-$(printf '%08x%04x' "$(date +%s)" "$RANDOM")-
wanted_buckets
preflight
for name in "${names[@]}"; do restore_bucket "$name"; done
stage "$E_DUMP" 'settings'
if [ -n "${opt[drill]}" ]; then
  # Neither a policy, a lock nor a notification: a trial shall open, keep and tell nothing.
  import_settings_of_all trial
  [ -n "${opt[bucket]}" ] || drill_succeeded
  say "done: restored on trial (${SECONDS} s)"
  exit 0
fi
import_settings_of_all after
[ -z "${opt[iam]}" ] || import_iam
# These act on what is there: rules remove objects, and tell others of it.
import_settings_of_all last
say "done, but for replication, which is to be set up again (${SECONDS} s)"
