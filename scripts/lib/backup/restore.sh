# shellcheck shell=bash
# What all restores do: choose a backup, and refuse one that is not whole before anything is touched. Sourced.

backup_folder=
work=

# restore_begin HELP ARGS...
restore_begin() {
  parse_options "$@"
  require_options from
  begin restore_end
  remove_dead_restores
  # Locked before it has its name: one without the lock is dead.
  exec 9>"$private/.running"
  flock 9
  mv "$private/.running" "$private/running"
  work=$(mktemp -d "${opt[work-dir]:-${TMPDIR:-/tmp}}/$tool.XXXXXX")
  printf '%s\n' "$work" >>"$private/running"
}

# What a restore left that was killed: plaintext, and up to the whole of it. A server that --keep-running left has no such file.
remove_dead_restores() {
  local file folder
  for file in "${TMPDIR:-/tmp}/$tool".??????/running; do
    [ -O "$file" ] && flock -n "$file" true || continue
    while IFS= read -r folder; do
      [[ $folder == */"$tool".?????? || $folder == */".$tool".?????? ]] && [ -d "$folder" ] || continue
      say "removing $folder, which a restore left that was killed"
      rm -rf "$folder"
    done <"$file"
    rm -rf "$(dirname "$file")"
  done
}

restore_end() {
  [ -z "$work" ] || rm -rf "$work"
  echo "$1"
}

damaged() { damages+=("$1"); }

# open_backup: the backup that --from names, its manifest in `manifest`; ends with 5 if it is damaged or of another kind.
open_backup() {
  local damages=()
  stage "$E_VERIFY" 'checking the backup'
  choose_backup
  manifest=$(jq -c . "$backup_folder/manifest.json" 2>/dev/null) || fail "$E_VERIFY" "$backup_folder has no manifest that can be read"
  # The names of files come from it: they must stay in their folders.
  manifest_get 'if .format == $format and .service == $service and (.files | length) > 0
      and ([.files[] | .name, .stored.path | test("^/|(^|/)[.][.](/|$)")] | any | not) then empty else error("") end' \
    --argjson format "$MANIFEST_FORMAT" --arg service "$service" 2>/dev/null ||
    fail "$E_VERIFY" "$backup_folder is no backup of $service in format $MANIFEST_FORMAT"
  (cd "$backup_folder" && sha256sum --strict --status -c manifest.json.sha256) 2>/dev/null || damaged 'the manifest does not have its checksum'
  check_files "$backup_folder" damaged
  [ ${#damages[@]} -eq 0 ] || fail "$E_VERIFY" "$backup_folder is damaged, nothing was touched: $(printf '%s; ' "${damages[@]}")"
  encryption=$(manifest_get '.encryption // ""')
  [ -z "$encryption" ] || require_tools "$encryption"
  [ "$encryption" != age ] || require_options identity
  cluster=$(manifest_get .cluster)
  backup=$(manifest_get .backup)
  [ "${opt[cluster]:-$cluster}" = "$cluster" ] && [ "${opt[name]:-$backup}" = "$backup" ] ||
    fail "$E_VERIFY" "$backup_folder is the backup $backup of $cluster"
}

choose_backup() {
  local names
  backup_folder=${opt[from]%/}
  if [ ! -e "$backup_folder/manifest.json" ] && [[ $backup_folder != *.partial ]]; then
    [ -d "$backup_folder" ] || fail "$E_PREFLIGHT" "there is no folder $backup_folder"
    repository=$backup_folder
    mapfile -t names < <(matching_backups)
    [ ${#names[@]} -gt 0 ] || fail "$E_VERIFY" "$repository is no backup, and holds none of $service that --cluster and --name allow"
    [ "$(printf '%s\n' "${names[@]%-*}" | sort -u | wc -l)" -eq 1 ] ||
      usage_error "$repository holds backups of more than one kind: choose by --cluster and --name"
    backup_folder=$repository/${names[-1]}
  fi
  [[ $backup_folder != *.partial ]] || fail "$E_VERIFY" "$backup_folder is not complete"
  say "backup: $backup_folder"
}

# matching_backups: the names of what the options allow, the oldest first. Manifests are not looked at: that the newest backup is
# damaged is for the operator to know, and not to be passed over.
matching_backups() {
  local in_cluster named folder
  in_cluster=$(file_name "${opt[cluster]}")
  named=$(file_name "${opt[name]}")
  for folder in "$repository/$service"-${in_cluster:-*}-${named:-*}-$TIME_PATTERN; do
    [ ! -d "$folder" ] || basename "$folder"
  done
}

# drill_succeeded: the opened backup was restored on trial and found right.
drill_succeeded() {
  local now
  now=$(date +%s)
  status_update "restore_drill_timestamp_seconds=$now" "restore_drill_duration_seconds=$SECONDS" \
    "restore_drill_data_age_seconds=$((now - $(manifest_get .started)))" ||
    fail "$E_DUMP" "cannot write the status file in ${opt[status-dir]}"
}
