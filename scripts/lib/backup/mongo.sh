# shellcheck shell=bash
# Talking to MongoDB servers and their tools, and a scratch server of our own. Sourced by mongo-backup.sh and mongo-restore.sh.

mongosh=${MONGOSH:-mongosh}
mongodump=${MONGODUMP:-mongodump}
mongorestore=${MONGORESTORE:-mongorestore}
questions=$backup_library/mongo_questions.js

connection_options() {
  option user NAME '' 'user; without one nobody logs in'
  option password-file FILE '' 'file with its password'
  option auth-db NAME admin 'the database that the user belongs to'
  option tls '' '' 'connect with TLS'
  option ca-file FILE '' 'authorities for TLS'
  option cert-file FILE '' 'client certificate for TLS and its key, in one file'
}

prepare_connection() {
  local address addresses
  require_options mongo
  require_tools "$mongosh" "$@"
  [ -z "${opt[user]}" ] || require_options password-file
  IFS=, read -r -a addresses <<<"${opt[mongo]}"
  for address in "${addresses[@]}"; do
    [[ $address =~ ^[A-Za-z0-9._-]+:[0-9]+$|^\[[0-9A-Fa-f:.]+\]:[0-9]+$ ]] || usage_error "--mongo: $address is not HOST:PORT"
  done
  # mongodump and mongorestore take a password from a file only as YAML, which JSON is.
  [ -z "${opt[user]}" ] || tools_file "$private/login.yml" "${opt[password-file]}"
}

# tools_file FILE PASSWORD-FILE
tools_file() {
  secret_of "$2" >/dev/null
  jq -Rs '{password: sub("\n+$"; "")}' <"$2" >"$1"
}

# question TASK ADDRESSES [JSON]: sets `answer`, and leaves it in $private/answer as well, which may be too long for arguments.
# ADDRESSES is `scratch` for the scratch server.
question() {
  local login code text
  login=$(login_for "$2")
  REPLICAWATCH_QUESTION=$(jq -cn --arg task "$1" --argjson login "$login" --argjson more "${3:-"{}"}" '{task: $task} + $login + $more') \
    HOME=$private run "$mongosh" --nodb --quiet --norc "$questions" >"$private/told" 2>"$private/why" </dev/null ||
    { code=$?; [ "$code" -eq 124 ] && return "$code"; }
  if ! jq -c .answer "$private/told" >"$private/answer" 2>/dev/null || [ ! -s "$private/answer" ]; then
    fail "$failure_code" "$mongosh gives no answer: $(tail -n 3 "$private/why" "$private/told" | tr '\n' ' ')"
  fi
  if jq -e .failure "$private/told" >/dev/null; then
    code=$(jq '.failure[0]' "$private/told")
    text=$(jq -r '.failure[1]' "$private/told")
    fail "$((code == 0 ? failure_code : code))" "$text"
  fi
  answer=$(<"$private/answer")
}

# login_for ADDRESSES: what a question needs to connect.
login_for() {
  local options=
  if [ "$1" = scratch ]; then
    jq -cn --arg address "$scratch_address" --arg file "$private/scratch.key" \
      '{addresses: [$address], user: "__system", authDb: "local", passwordFile: $file, options: ""}'
    return
  fi
  [ -z "${opt[tls]}" ] || options='&tls=true'
  [ -z "${opt[ca-file]}" ] || options+="&tlsCAFile=$(jq -rn --arg text "${opt[ca-file]}" '$text | @uri')"
  [ -z "${opt[cert-file]}" ] || options+="&tlsCertificateKeyFile=$(jq -rn --arg text "${opt[cert-file]}" '$text | @uri')"
  jq -cn --arg addresses "$1" --arg user "${opt[user]}" --arg db "${opt[auth-db]}" --arg file "${opt[password-file]}" --arg options "$options" \
    '{addresses: ($addresses | split(",")), user: $user, authDb: $db, passwordFile: $file, options: $options}'
}

# tool_options ADDRESS: sets `tool_options` for mongodump and mongorestore.
tool_options() {
  tool_options=(--host "$1")
  if [ "$1" = "$scratch_address" ]; then
    tool_options+=(--config "$private/scratch.yml" --username __system --authenticationDatabase local)
    return
  fi
  [ -z "${opt[user]}" ] || tool_options+=(--config "$private/login.yml" --username "${opt[user]}" --authenticationDatabase "${opt[auth-db]}")
  [ -z "${opt[tls]}" ] || tool_options+=(--ssl)
  [ -z "${opt[ca-file]}" ] || tool_options+=(--sslCAFile "${opt[ca-file]}")
  [ -z "${opt[cert-file]}" ] || tool_options+=(--sslPEMKeyFile "${opt[cert-file]}")
}

version_of() { "$1" --version 2>&1 | sed -nE '1s/^(.* version:? v?|db version v)//p'; }

last_words() { grep -vE 'index: |restoring |reading metadata' "$1" | tail -n 3 | cut -c -300 | tr '\n' ' '; }

# restored ADDRESS OPTION...: runs mongorestore, and fails unless all documents arrived. It ends with 0 when documents could not be
# inserted, unless --stopOnError, and counts them in its last line (100.x).
restored() {
  local code=0 log=$private/restore.log tool_options
  tool_options "$1"
  run "$mongorestore" "${tool_options[@]}" --stopOnError "${@:2}" >"$log" 2>&1 || code=$?
  [ "$code" -ne 124 ] || fail "$E_RETRY" 'the restore was not done within --timeout'
  [ "$code" -eq 0 ] || fail "$failure_code" "mongorestore failed: $(last_words "$log")"
  grep -q ' 0 document(s) failed to restore' "$log" || fail "$failure_code" "not all documents were restored: $(last_words "$log")"
}

# end_process PID: of what runs beside, for `undo`.
end_process() { ! kill "$1" 2>/dev/null || wait "$1" || true; }

# --- The scratch server

scratch_address=none

find_scratch_program() {
  mongod=${MONGOD:-mongod}
  require_tools "$mongod" "$mongorestore"
  mongod_version=$(version_of "$mongod")
}

# A newer server's data may not fit an older one.
check_scratch_serves() {
  at_least "$(cut -d. -f1-2 <<<"$1")" "$mongod_version" ||
    fail "$E_PREFLIGHT" "the source is MongoDB $1, the server for the trial $mongod_version: set MONGOD to a newer one"
}

# start_scratch FOLDER: a server with an empty folder. mongorestore cannot use a socket (100.x takes its path for a host), so it listens
# on loopback, and lets in only the internal user, whose password is the key of this run: other users of this host stay outside.
start_scratch() {
  local port attempt
  mkdir -p "$1/db"
  head -c 48 /dev/urandom | base64 -w 0 >"$private/scratch.key"
  tools_file "$private/scratch.yml" "$private/scratch.key"
  undo stop_scratch
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    scratch_address=127.0.0.1:$port
    # What expires stays, so that what it holds is what was in the archive, whenever that is.
    setpriv --pdeathsig KILL "$mongod" --dbpath "$1/db" --bind_ip 127.0.0.1 --port "$port" --nounixsocket --keyFile "$private/scratch.key" \
      --wiredTigerCacheSizeGB "${opt[scratch-cache]}" --setParameter enableLocalhostAuthBypass=false --setParameter ttlMonitorEnabled=false \
      --setParameter diagnosticDataCollectionEnabled=false >"$private/scratch.log" 2>&1 </dev/null 7>&- 9>&- &
    scratch_pid=$!
    ! scratch_serves || return 0
    grep -q 'Address already in use' "$private/scratch.log" || break
    say "port $port is in use, attempt $attempt"
  done
  fail "$E_VERIFY" "the scratch server does not start: $(jq -r 'select(.s == "E" or .s == "F") | .msg' "$private/scratch.log" | tail -n 3 | tr '\n' ' ')"
}

scratch_serves() {
  until grep -qs '"msg":"Waiting for connections"' "$private/scratch.log"; do
    if ! kill -0 "$scratch_pid" 2>/dev/null; then return 1; fi
    [ "$SECONDS" -lt "$deadline" ] || fail "$E_RETRY" 'not within --timeout: the scratch server starts'
    sleep 0.1
  done
}

# --- Comparing

# differences WANTED FOUND [DATABASE [NEW-NAME]]: leaves what differs between two inventories (files) in $private/differences, a line
# each; of one database only, which has another name in FOUND. Where WANTED says what moved while it was taken, only what stood still is
# compared; `null` there says that nobody knows.
differences() {
  jq -rn --slurpfile wanted "$1" --slurpfile found "$2" --arg db "${3:-}" --arg new_name "${4:-}" -f "$backup_library/mongo_differences.jq" \
    >"$private/differences"
}
