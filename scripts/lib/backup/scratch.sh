# shellcheck shell=bash
# What the servers of a script's own, on which a backup is tried, have in common; each service starts its own kind. Sourced.

scratch_pid=

at_least() { printf '%s\n' "$1" "$2" | sort -CV; } # at_least WANTED VERSION

# For `undo`. What it holds is a copy, so that it need not end well.
stop_scratch() {
  [ -n "$scratch_pid" ] || return 0
  kill -KILL "$scratch_pid" 2>/dev/null || true
  wait "$scratch_pid" 2>/dev/null || true
  scratch_pid=
}
