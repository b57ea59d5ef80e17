# shellcheck shell=bash
# Talking to Redis servers, and scratch servers of our own. Sourced by redis-backup.sh and redis-restore.sh.

redis_cli=${REDIS_CLI:-redis-cli}
declare -A info=()

connection_options() {
  option user NAME '' 'user of the data nodes (ACL); without it the password is that of the default user'
  option password-file FILE '' 'file with the password; REDISCLI_AUTH in the environment serves as well'
  option tls '' '' 'connect with TLS'
  option ca-file FILE '' 'authorities for TLS'
  option cert-file FILE '' 'client certificate for TLS'
  option key-file FILE '' 'its key'
}

# The password reaches redis-cli by its environment: arguments are for everybody to read.
prepare_connection() {
  require_tools "$redis_cli"
  # Before 7.0 it ends with 0 when a command failed.
  [[ $("$redis_cli" --help 2>&1) == *$'\n  -e '* ]] || fail "$E_PREFLIGHT" "$redis_cli is older than 7.0"
  local password=${REDISCLI_AUTH:-}
  [ -z "${opt[password-file]}" ] || password=$(secret_of "${opt[password-file]}")
  export -n REDISCLI_AUTH
  data_password=$password
  connection=(-e)
  [ -z "${opt[tls]}" ] || connection+=(--tls)
  [ -z "${opt[ca-file]}" ] || connection+=(--cacert "${opt[ca-file]}")
  [ -z "${opt[cert-file]}" ] || connection+=(--cert "${opt[cert-file]}")
  [ -z "${opt[key-file]}" ] || connection+=(--key "${opt[key-file]}")
}

# client ADDRESS: sets `client`, the command line of redis-cli up to the command. An address with a / is a socket of a scratch server.
client() {
  local host=${1%:*}
  host=${host#[}
  if [[ $1 == /* ]]; then
    client=("$redis_cli" -e -s "$1")
  else
    client=("$redis_cli" "${connection[@]}" -h "${host%]}" -p "${1##*:}")
    [ -z "${opt[user]:-}" ] || client+=(--user "${opt[user]}")
  fi
}

# ask ADDRESS WORDS...: the raw answer; 1 if there was none within 10 s or it is an error, with the reason in $private/why.
ask() {
  local client password=$data_password
  client "$1"
  [[ $1 != /* ]] || password=$scratch_password
  shift
  with_password "$password" timeout 10 "${client[@]}" "$@" 2>"$private/why" </dev/null && return
  [ $? -ne 124 ] || echo 'no answer within 10 s' >"$private/why"
  return 1
}

# with_password PASSWORD COMMAND...: an empty one would be sent as such.
with_password() {
  if [ -n "$1" ]; then REDISCLI_AUTH=$1 "${@:2}"; else "${@:2}"; fi
}

why() { tr '\n' ' ' <"$private/why"; }

# A login or a right that is missing is no passing fault.
refused() { grep -qE 'WRONGPASS|NOAUTH|NOPERM|invalid username-password' "$private/why"; }

# ask_or_fail ADDRESS WORDS...
ask_or_fail() {
  ask "$@" && return
  refused && fail "$E_DUMP" "$1 refuses ${*:2}: $(why)"
  fail "$E_RETRY" "$1 does not answer ${*:2}: $(why)"
}

# info_of ADDRESS: INFO as the array `info`; 1 if there is no answer.
info_of() {
  local text line
  text=$(ask "$1" INFO) || return 1
  info=()
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ $line != *:* ]] || info[${line%%:*}]=${line#*:}
  done <<<"$text"
}

server_name() { printf '%s' "${info[server_name]:-redis}"; }
server_version() { printf '%s' "${info[valkey_version]:-${info[redis_version]:-}}"; }
server_mode() { printf '%s' "${info[redis_mode]:-${info[server_mode]:-}}"; }

# --- Scratch servers

scratch=          # the folder of the one that runs
scratch_socket=
scratch_password=
scratch_stays=false

# Sets `server_program`. Debian's redis-tools has the server under the name of redis-check-rdb; both are one program that looks at the
# name it is called by.
find_server() {
  local program
  program=$(command -v "${REDIS_SERVER:-redis-server}") || program=$(command -v valkey-server) || program=$(command -v redis-check-rdb) ||
    fail "$E_PREFLIGHT" 'no redis-server is installed (--no-scratch does without)'
  mkdir -p "$private/bin"
  server_program=$program
  if [ "$(basename "$program")" = redis-check-rdb ]; then
    server_program=$private/bin/redis-server
    ln -sf "$program" "$server_program"
  fi
  program_version=$("$server_program" --version | sed -n 's/.* v=\([0-9.]*\).*/\1/p')
  [ -n "$program_version" ] || fail "$E_PREFLIGHT" "$server_program does not tell its version"
}

# need_memory BYTES: what the source uses, to load it here. A scratch server that is too large would not end alone: the
# system might end the neighbour that it is to protect.
need_memory() {
  local available
  available=$(awk '/^MemAvailable:/ {printf "%d", $2 * 1024}' /proc/meminfo)
  [ "$available" -ge "$1" ] || fail "$E_PREFLIGHT" "$(numfmt --to=iec "$1") of memory are needed to load the data, $(numfmt --to=iec "$available") are available: use a host with more (a backup also goes by --no-scratch, and a restore by --unpack)"
}

# start_scratch FOLDER SETTINGS: a server with the files of FOLDER, which nobody else can reach: no port, a socket in a private folder.
# As the replica of a master that there is not it expires nothing, so that what it holds is what the file holds, whenever it is loaded.
start_scratch() {
  local start=(setpriv --pdeathsig KILL)
  scratch=$1
  scratch_socket=$private/redis.sock
  # It outlives the script, and the signals to it.
  if $scratch_stays; then
    start=(setsid)
    scratch_socket=$scratch/redis.sock
  fi
  {
    printf 'port 0\nunixsocket "%s"\nunixsocketperm 700\ndir "%s"\nsave ""\nlogfile "%s/log"\n' "$scratch_socket" "$scratch" "$scratch"
    printf 'replicaof 127.0.0.1 0\ndaemonize no\nmaxmemory 0\n'
    # Before 7.0 DEBUG is allowed to everybody.
    ! at_least 7.0 "$program_version" || printf 'enable-debug-command local\n'
    [ -z "$scratch_password" ] || printf 'requirepass "%s"\n' "$scratch_password"
    printf '%s\n' "$2"
  } >"$scratch/redis.conf"
  # It has no business with the lock, and must not keep our reader waiting.
  "${start[@]}" "$server_program" "$scratch/redis.conf" >>"$scratch/log" 2>&1 </dev/null 7>&- 9>&- &
  scratch_pid=$!
  undo stop_scratch
  wait_until_loaded
}

wait_until_loaded() {
  until [ "$(ask "$scratch_socket" PING || true)" = PONG ]; do
    kill -0 "$scratch_pid" 2>/dev/null ||
      fail "$E_VERIFY" "a scratch server of version $program_version cannot load it: $(tail -n 4 "$scratch/log" | tr '\n' ' ')"
    [ "$SECONDS" -lt "$deadline" ] || fail "$E_RETRY" 'not within --timeout: the scratch server loads'
    sleep 0.1
  done
}

# contents_of ADDRESS: sets `contents`, the keys of each database and the digest of all, as JSON.
contents_of() {
  local client digest keys
  client "$1"
  with_password "$scratch_password" run "${client[@]}" DEBUG DIGEST >"$private/digest"
  digest=$(<"$private/digest")
  [[ $digest =~ ^[0-9a-f]{40}$ ]] || fail "$E_VERIFY" "the scratch server gives no digest: $digest"
  info_of "$1" || fail "$E_VERIFY" "the scratch server does not answer: $(why)"
  keys=$(for name in "${!info[@]}"; do
    [[ ! $name =~ ^db([0-9]+)$ || ! ${info[$name]} =~ ^keys=([0-9]+), ]] || echo "${name#db} $(sed 's/^keys=\([0-9]*\).*/\1/' <<<"${info[$name]}")"
  done | jq -cnR '[inputs | split(" ") | {(.[0]): (.[1] | tonumber)}] | add // {}')
  contents=$(jq -cnS --argjson keys "$keys" --arg digest "$digest" '{keys: $keys, digest: $digest}')
}

# settings_for DATABASES: of a scratch server. One with fewer databases than the file would refuse it.
settings_for() {
  printf 'databases %s\n' "$1"
  [ -z "${opt[scratch-config]}" ] || cat "${opt[scratch-config]}"
}

# load_in_scratch FILE DATABASES: loads an RDB once and sets `contents`.
load_in_scratch() {
  local folder=$private/load
  mkdir -p "$folder"
  ln -sf "$1" "$folder/dump.rdb"
  start_scratch "$folder" "$(settings_for "$2")"
  contents_of "$scratch_socket"
  stop_scratch
  rm -r "$folder"
}
