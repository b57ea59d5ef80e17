# shellcheck shell=bash
# A repository: a folder with a folder for each backup, SERVICE-CLUSTER-NAME-TIME. Sourced.
#
# Only what has this name and a manifest of the same service, cluster and backup belongs to it; all else is somebody else's.

readonly MANIFEST_FORMAT=1
readonly TIME_PATTERN='[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z'

prefix_of() { file_name "$service-$cluster-$backup"; }

# One run at a time for each backup. The lock goes with the processes of the run, however they end: leftovers of a run are
# such only once none of them writes any more. The file says who holds it, and which folders elsewhere it has.
lock_repository() {
  lock_file=$repository/.$(prefix_of).lock
  mkdir -p "$repository" && exec 9>>"$lock_file" || fail "$E_PREFLIGHT" "cannot write in $repository"
  flock -n 9 || fail "$E_LOCK" "another run holds the lock $lock_file: $(head -n 1 "$lock_file")"
  remove_leftovers
  printf 'pid %s on %s since %s\n%s\n' "$$" "$(uname -n)" "$(date -u +%FT%TZ)" "$private" >"$lock_file"
}

# What a run left that was killed.
remove_leftovers() {
  local folder
  while IFS= read -r folder; do
    [[ $folder != */"$tool".?????? && $folder != */".$tool".?????? || ! -O $folder ]] || rm -rf "$folder"
  done <"$lock_file"
  for folder in "$repository/$(prefix_of)"-$TIME_PATTERN.{partial,deleting}; do
    [ -d "$folder" ] || continue
    say "removing $folder, which a run left that was killed"
    rm -rf "$folder"
  done
}

# own_backups: the names of all complete backups of this service, cluster and backup, the oldest first; `verified` only those that
# were verified.
own_backups() {
  local folder only=${1:+true}
  for folder in "$repository/$(prefix_of)"-$TIME_PATTERN; do
    [ -f "$folder/manifest.json" ] || continue
    jq -e --arg service "$service" --arg cluster "$cluster" --arg backup "$backup" --argjson verified "${only:-false}" \
      '.service == $service and .cluster == $cluster and .backup == $backup and (.verified or ($verified | not))' \
      "$folder/manifest.json" >/dev/null 2>&1 || continue
    basename "$folder"
  done
}

free_bytes() { df --output=avail -B1 "$repository" | tail -n 1 | tr -d ' '; }

size_of() { jq '[.files[].stored.bytes] | add // 0' "$repository/$1/manifest.json"; }

# need_space BYTES
need_space() {
  local free
  free=$(free_bytes)
  [ "$free" -ge "$1" ] || fail "$E_PREFLIGHT" "$(numfmt --to=iec "$free") are free in $repository, $(numfmt --to=iec "$1") are needed"
}

check_space() {
  local names
  need_space "${opt[min-free]}"
  mapfile -t names < <(own_backups)
  [ ${#names[@]} -eq 0 ] || need_space $(($(size_of "${names[-1]}") * 3 / 2))
}

# Seconds since 1970 of the time in a backup's name.
time_of() {
  local time=${1: -16}
  date -u -d "${time:0:8} ${time:9:2}:${time:11:2}:${time:13:2}" +%s
}

# remove_old: keeps the newest --keep of the verified backups. A backup in which somebody put a file of theirs stays.
remove_old() {
  local names name folder known there failed=0
  mapfile -t names < <(own_backups verified)
  for name in "${names[@]:0:$((${#names[@]} > opt[keep] ? ${#names[@]} - opt[keep] : 0))}"; do
    folder=$repository/$name
    known=$({ jq -r '.files[].stored.path' "$folder/manifest.json"; printf 'manifest.json\nmanifest.json.sha256\n'; } | sort)
    there=$(cd "$folder" && find . ! -type d -printf '%P\n' | sort)
    if [ -n "$(comm -13 <(echo "$known") <(echo "$there"))" ]; then
      say "error: $folder holds files that are not of the backup: $(comm -13 <(echo "$known") <(echo "$there") | head -n 3 | tr '\n' ' ')"
      failed=1
    # Under another name first: what is half removed is no backup.
    elif mv -T "$folder" "$folder.deleting" && rm -rf "$folder.deleting"; then
      say "removed $name"
    else
      failed=1
    fi
  done
  return "$failed"
}

# status_of_repository: assignments for status_update, a line each.
status_of_repository() {
  local names
  [ -d "$repository" ] || return 0
  mapfile -t names < <(own_backups)
  printf '%s\n' "retained=${#names[@]}" "repository_free_bytes=$(free_bytes)"
  [ ${#names[@]} -eq 0 ] ||
    printf '%s\n' "oldest_retained_timestamp_seconds=$(time_of "${names[0]}")" "newest_retained_timestamp_seconds=$(time_of "${names[-1]}")"
}
