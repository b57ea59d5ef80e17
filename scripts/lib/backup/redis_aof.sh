# shellcheck shell=bash
# A backup of the append-only file of the node on this host, by --aof. Sourced by redis-backup.sh.

append_folder= # its name in the server's folder, and in the backup
append_name=
links= # links to its files, while it is copied

# Nobody but the node that --redis names has the files that are in this folder.
find_append_only() {
  info_of "${opt[redis]}" || fail "$E_RETRY" "${opt[redis]} does not answer: $(why)"
  [ "${info[aof_enabled]:-}" = 1 ] || fail "$E_PREFLIGHT" "${opt[redis]} has no append-only file"
  [ "$(server_name)" = valkey ] || at_least 7.0 "$(server_version)" ||
    fail "$E_PREFLIGHT" "${opt[redis]} is older than 7.0: its append-only file is rewritten in place, and cannot be copied while it runs"
  append_folder=$(setting "${opt[redis]}" appenddirname)
  append_name=$(setting "${opt[redis]}" appendfilename)
  [ "$(setting "${opt[redis]}" dir)" -ef "${opt[aof]}" ] || fail "$E_PREFLIGHT" "${opt[aof]} is not the folder of ${opt[redis]} (its setting dir)"
  shards=("redis"$'\t'"${opt[redis]}")
  # shellcheck disable=SC2034  # for the manifest and the state
  method=aof
}

setting() { ask_or_fail "$1" CONFIG GET "$2" | tail -n 1; }

# copy_append_only ADDRESS: links in the server's own folder for the moment in which no file of it may go, then a copy of those.
copy_append_only() {
  rewrite_percentage=$(setting "$1" auto-aof-rewrite-percentage)
  [ "$rewrite_percentage" != 0 ] || say "auto-aof-rewrite-percentage of $1 is 0: is that meant, or what a killed run left?"
  links=$(mktemp -d "${opt[aof]}/.$tool.XXXXXX") || fail "$E_DUMP" "cannot write in ${opt[aof]}: run it as the server's user"
  printf '%s\n' "$links" >>"$lock_file"
  undo end_copy "$1"
  ask_or_fail "$1" CONFIG SET auto-aof-rewrite-percentage 0 >/dev/null
  wait_for "$((deadline - SECONDS))" 'the rewrite of the append-only file' no_rewrite "$1"
  ln "${opt[aof]}/$append_folder"/* "$links"
  # Writes go on in the last file: the copy ends wherever it ends, and whoever loads it leaves out half a command.
  run cp -r --no-preserve=mode "$links" "$work/$append_folder"
  no_rewrite "$1" && cmp -s "$links/$append_name.manifest" "${opt[aof]}/$append_folder/$append_name.manifest" ||
    fail "$E_RETRY" 'the append-only file was rewritten by somebody meanwhile'
  end_copy "$1" || fail "$E_DUMP" "cannot set auto-aof-rewrite-percentage of $1 to $rewrite_percentage again: $(why)"
}

# end_copy ADDRESS: everything there is as it was.
end_copy() {
  [ -n "$links" ] || return 0
  rm -rf "$links"
  ask "$1" CONFIG SET auto-aof-rewrite-percentage "$rewrite_percentage" >/dev/null || return
  links=
}

no_rewrite() { info_of "$1" && [ "${info[aof_rewrite_in_progress]}${info[aof_rewrite_scheduled]}" = 00 ]; }

# append_only_settings FOLDER NAME: for a server that shall load it. A rewrite would change what it is to prove.
append_only_settings() { printf 'appendonly yes\nauto-aof-rewrite-percentage 0\nappenddirname "%s"\nappendfilename "%s"\n' "$1" "$2"; }

# verify_append_only DATABASES: sets `contents`. The server comes first, since it cuts off half a command.
verify_append_only() {
  local folder=$private/load
  contents='{"keys":{}}'
  if [ -z "${opt[no-scratch]}" ]; then
    mkdir -p "$folder"
    ln -sfn "$work/$append_folder" "$folder/$append_folder"
    start_scratch "$folder" "$(settings_for "$1")"$'\n'"$(append_only_settings "$append_folder" "$append_name")"
    contents_of "$scratch_socket"
    stop_scratch
    rm -r "$folder"
  fi
  run "${REDIS_CHECK_AOF:-redis-check-aof}" "$work/$append_folder/$append_name.manifest" >"$private/check" 2>&1 && return
  if grep -q "Can't handle RDB format version" "$private/check" && [ -z "${opt[no-scratch]}" ]; then
    say 'redis-check-aof is older than the file: only the scratch server checks it'
  else
    fail "$E_VERIFY" "redis-check-aof finds it damaged: $(tail -n 3 "$private/check" | tr '\n' ' ')"
  fi
}
