# shellcheck shell=bash
# Stages, failures, long-running commands and the end of a script. Sourced.

undo_list=()
failure_code=$E_PREFLIGHT # of what fails without saying so: that of the stage
running=                  # the process group of what `run` waits for
deadline=0
private=

say() { printf '%s: %s\n' "$tool" "$*" >&7; }

# stage CODE TEXT
stage() {
  failure_code=$1
  say "$2 (${SECONDS} s)"
}

# fail CODE TEXT: also from a subshell, whose exit code alone might be that of any program. The first
# failure gives the code.
fail() {
  say "error: $2"
  [ -z "$private" ] || [ -e "$private/failed" ] || printf '%s' "$1" >"$private/failed"
  exit "$1"
}

# undo COMMAND...: is done at the end of the script, the last one first; a failure there makes a failure of the whole.
undo() { undo_list+=("$(printf '%q ' "$@")"); }

# require_tools COMMAND...
require_tools() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || fail "$E_PREFLIGHT" "$command is not installed"
  done
}

# begin AT_END: from here on AT_END CODE is called at the end of the script, and gives the exit code that it shall have. It finds a
# private folder in $private, which then goes away.
begin() {
  at_end=$1
  private=$(mktemp -d "${TMPDIR:-/tmp}/$tool.XXXXXX")
  deadline=$((SECONDS + opt[timeout]))
  trap finish EXIT
  trap 'interrupted TERM' TERM
  trap 'interrupted INT' INT
  trap 'interrupted HUP' HUP
  require_tools jq flock setpriv timeout numfmt
}

interrupted() { fail "$E_RETRY" "interrupted by $1"; }

finish() {
  local code=$? i
  # What has been begun here is brought to its end, also when the signal comes a second time.
  trap - EXIT
  trap '' TERM INT HUP
  set +e
  end_running
  if [ -e "$private/failed" ]; then
    code=$(<"$private/failed")
  elif [ "$code" -eq 124 ]; then
    say "error: not done within --timeout"
    code=$E_RETRY
  elif [ "$code" -ne 0 ]; then
    say "error: failed with exit code $code"
    code=$failure_code
  fi
  for ((i = ${#undo_list[@]} - 1; i >= 0; i--)); do
    eval "${undo_list[i]}" && continue
    say "error: could not undo: ${undo_list[i]}"
    [ "$code" -ne 0 ] || code=$failure_code
  done
  code=$("$at_end" "$code") || code=$failure_code
  rm -rf "$private"
  exit "$code"
}

# run COMMAND...: runs a program or a function and waits for it, in such a way that a signal to the script ends it at once. Its
# processes are a group of their own, so that all of a pipeline is ended. A program dies with the script even if that is killed.
run() {
  local code=0
  set -m
  if [ "$(type -t "$1")" = file ]; then
    (within exec "$@") <&0 &
  else
    ("$@") <&0 &
  fi
  running=$!
  set +m
  wait "$running" || code=$?
  running=
  return "$code"
}

end_running() {
  [ -n "$running" ] || return 0
  kill -TERM -- "-$running" 2>/dev/null
  wait "$running" 2>/dev/null
}

# within [exec] PROGRAM...: runs it, or becomes it, for no longer than what is left of --timeout; exit code 124 if that was too short.
within() {
  local how=
  if [ "$1" = exec ]; then how=exec; shift; fi
  $how setpriv --pdeathsig TERM timeout --kill-after=10 "$((deadline > SECONDS ? deadline - SECONDS : 1))" "$@"
}

# wait_for SECONDS TEXT COMMAND...: until the command succeeds, looking five times a second; else fails for now with TEXT.
wait_for() {
  local end=$((SECONDS + $1)) text=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "$E_RETRY" "not within the time: $text"
    sleep 0.2
  done
}
