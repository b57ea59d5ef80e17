# shellcheck shell=bash
# Progress, failures, the lock and the cache of scripts/bootstrap. Sourced; needs CACHE, and PROGRAM, with which its lines begin.

say() { printf '%s: %s\n' "$PROGRAM" "$*"; }

die() {
  printf '%s: error: %s\n' "$PROGRAM" "$*" >&2
  exit 1
}

usage_error() {
  printf '%s: %s\n' "$PROGRAM" "$*" >&2
  usage >&2
  exit 2
}

# Debian's number (12, 13), or empty on another system.
debian_release() {
  # shellcheck source=/dev/null
  (. /etc/os-release && [ "$ID" = debian ] && printf '%s' "${VERSION_ID:-}")
}

require_debian() {
  DEBIAN=$(debian_release) || DEBIAN=
  case $DEBIAN in
    12 | 13) ;;
    *) die "this system is not Debian 12 or 13 (see /etc/os-release); scripts/lib/bootstrap/parts.sh lists what to install by hand" ;;
  esac
}

# One run at a time: two would build the same thing twice and collide in apt.
lock_cache() {
  mkdir -p "$CACHE" || die "cannot make the folder $CACHE (set REPLICAWATCH_CACHE to another)"
  exec 9>"$CACHE/.lock"
  if ! flock -n 9; then
    say "waiting for another bootstrap that uses $CACHE"
    flock 9
  fi
  # What an interrupted run left half done; nobody else can be in it while we hold the lock.
  rm -rf "$CACHE"/.partial.*
}

# step TEXT COMMAND...: runs COMMAND quietly, prints one line with the seconds it took; on failure its output and the end.
step() {
  local text=$1 log code started=$SECONDS
  shift
  mkdir -p "$CACHE/log"
  log=$CACHE/log/$(printf '%s' "$text" | tr -cs 'A-Za-z0-9.\n' '-' | cut -c1-60).log
  printf '%s: %s ... ' "$PROGRAM" "$text"
  # A subshell of its own, outside of any condition, or `set -e` would be off inside COMMAND.
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  code=$?
  set -e
  if [ "$code" -ne 0 ]; then
    printf 'FAILED after %d s\n' $((SECONDS - started))
    tail -n 40 "$log" | sed 's/^/  | /' >&2
    die "\"$text\" failed with exit code $code; the whole output is in $log"
  fi
  printf '%d s\n' $((SECONDS - started))
}

# cached KEY TEXT BUILD: makes the folder CACHE/KEY by `BUILD FOLDER`, once. BUILD fills a temporary folder that gets its
# name only when it is complete, so an interrupted run leaves nothing that looks done.
cached() {
  local key=$1 text=$2 build=$3 partial
  [ ! -d "$CACHE/$key" ] || return 0
  partial=$(mktemp -d "$CACHE/.partial.XXXXXX")
  chmod 755 "$partial"
  step "$text" "$build" "$partial"
  mv -T "$partial" "$CACHE/$key"
}

# recipe FUNCTION...: a short number of what these functions say, for cache keys: a changed recipe builds anew.
recipe() { declare -f "$@" | sha256sum | cut -c1-8; }

# Runs a command in a fresh temporary folder that is removed afterwards: in_temporary_folder FUNCTION ARGS...
in_temporary_folder() {
  local folder code=0
  folder=$(mktemp -d)
  chmod 755 "$folder" # apt reads and writes below it as the user _apt
  set +e
  (set -e; cd "$folder"; "$@")
  code=$?
  set -e
  rm -rf "$folder"
  return "$code"
}
