# shellcheck shell=bash
# The course of a backup. Sourced.

partial=      # the folder that becomes the backup
work=         # plaintext that is not in the backup yet
started=
verified=true # by backup_verify
mismatches=0
verification=() # assignments for status_update
attempted=false
committed=false

# mismatch TEXT: the backup differs from its source.
mismatch() {
  say "differs: $1"
  mismatches=$((mismatches + 1))
}

# backup_main HELP ARGS...
backup_main() {
  parse_options "$@"
  require_options to cluster
  repository=${opt[to]}
  cluster=${opt[cluster]}
  backup=${opt[name]}
  begin backup_end
  started=$(date +%s)
  attempted=true
  stage "$E_PREFLIGHT" "backup $backup of $cluster: preflight"
  prepare_encryption
  lock_repository
  status_update "expected_interval_seconds=${opt[interval]}" "last_attempt_timestamp_seconds=$started"
  check_space
  backup_preflight
  status_update 'info{}=' "info{method=\"$method\",encrypted=\"${encryption:-no}\"}=1"
  make_partial
  stage "$E_DUMP" 'dump'
  backup_dump
  stage "$E_VERIFY" 'verification'
  backup_verify
  end_verification
  stage "$E_DUMP" "storing${encryption:+, encrypted with $encryption}"
  store_work
  seal
  stage "$E_RETENTION" 'retention'
  remove_if_verified
  say "done: $repository/$backup_name (${SECONDS} s)"
}

make_partial() {
  # A run of less than a second before this one has the name already.
  wait_for 5 'a name of its own' name_is_free
  partial=$repository/$backup_name.partial
  mkdir "$partial"
  if [ -n "${opt[work-dir]}" ]; then
    work=$(mktemp -d "${opt[work-dir]}/$tool.XXXXXX")
    printf '%s\n' "$work" >>"$lock_file"
  else
    work=$partial/.work
    mkdir "$work"
  fi
  manifest=$(jq -cn --argjson format "$MANIFEST_FORMAT" --arg tool "$tool" --arg service "$service" --arg cluster "$cluster" \
    --arg backup "$backup" --arg method "$method" --arg encryption "$encryption" --argjson started "$started" \
    '{format: $format, tool: $tool, service: $service, cluster: $cluster, backup: $backup, method: $method,
      encryption: (if $encryption == "" then null else $encryption end), started: $started, items: {}, files: []}')
}

name_is_free() {
  backup_name=$(prefix_of)-$(date -u +%Y%m%dT%H%M%SZ)
  [ ! -e "$repository/$backup_name" ]
}

# Records the verification, and ends the run if it found anything.
end_verification() {
  if [ "$mismatches" -gt 0 ] || [ "$verified" = true ]; then
    verification=("last_verify_timestamp_seconds=$(date +%s)" "last_verify_mismatches=$mismatches")
  fi
  [ "$mismatches" -eq 0 ] || fail "$E_VERIFY" "$mismatches differences"
}

store_work() {
  local file
  while IFS= read -r -d '' file; do store_file "$file" "$work/$file"; done < <(cd "$work" && find . -type f -printf '%P\0' | sort -z)
  rm -rf "$work"
}

# Writes the manifest, reads all files once more, and gives the backup its name.
seal() {
  manifest_set .finished "$(date +%s)"
  manifest_set .verified "$verified"
  jq . <<<"$manifest" >"$partial/manifest.json"
  (cd "$partial" && sha256sum manifest.json >manifest.json.sha256)
  sync -f "$partial"
  stage "$E_VERIFY" 'reading it all once more'
  check_files "$partial" mismatch
  [ -z "${opt[test-decrypt]}" ] || check_plaintext "$partial" mismatch
  end_verification
  mv -T "$partial" "$repository/$backup_name"
  sync "$repository"
  committed=true
}

remove_if_verified() {
  if [ "$verified" = true ]; then
    remove_old || fail "$E_RETENTION" 'the backup is good, but not all old ones could be removed'
  else
    say 'not verified, so that no older backup is removed'
  fi
}

# backup_end CODE: at the end of each run, however it came.
backup_end() {
  local code=$1 assignments=()
  [ -z "$work" ] || rm -rf "$work"
  [ -z "$partial" ] || rm -rf "$partial"
  if $attempted; then
    mapfile -t assignments < <(status_of_repository; ! $committed || status_of_success)
    if ! status_update "last_attempt_timestamp_seconds=$started" "last_duration_seconds=$(($(date +%s) - started))" \
      "last_exit_code=$code" "${verification[@]}" "${assignments[@]}"; then
      say "error: cannot write the status file in ${opt[status-dir]}"
      [ "$code" -ne 0 ] || code=$E_DUMP
    fi
  fi
  echo "$code"
}

status_of_success() {
  printf '%s\n' "last_success_timestamp_seconds=$(manifest_get .finished)" "last_size_bytes=$(size_of "$backup_name")" 'last_items{}='
  manifest_get '.items | to_entries[] | "last_items{kind=\"\(.key)\"}=\(.value)"'
}
