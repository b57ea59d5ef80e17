# shellcheck shell=bash
# Unit tests, corpora and suites with real servers under sanitizers, for scripts/test. Sourced.

# With one server for each service, good and bad states, all pages: in a minute more code than any other one runs.
SANITIZED_SUITES=(test_secrets.py)

# Builds one preset, out of the tree, so that the next run pays only for what has changed; the tests under it.
sanitize() { # asan|tsan
  local build=$CACHE/build-$1 reports tests=()
  cmake --preset "$1" -B "$build" -DREPLICAWATCH_EXPORTERS='mongo;redis;minio' -DREPLICAWATCH_TESTS=ON >/dev/null
  mapfile -t tests < <(ctest --test-dir "$build" -N -R '^(unit|fuzz)_' | sed -n 's/^ *Test *#[0-9]*: //p')
  # Without the programs of the benchmarks.
  cmake --build "$build" --target replicawatch-mongo replicawatch-redis replicawatch-minio "${tests[@]}"
  ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" -R '^(unit|fuzz)_'
  # What a sanitizer finds in an exporter goes into files: a suite that kills it would not see its exit code.
  reports=$(mktemp -d)
  local options="log_path=$reports/report:second_deadlock_stack=1"
  (cd tests/e2e && ASAN_OPTIONS=$options TSAN_OPTIONS=$options UBSAN_OPTIONS=$options:print_stacktrace=1 \
    REPLICAWATCH_BIN=$build/bin PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -q -p no:cacheprovider "${SANITIZED_SUITES[@]}")
  if compgen -G "$reports/*" >/dev/null; then
    cat "$reports"/*
    echo "$1: findings in an exporter, above" >&2
    return 1
  fi
  rmdir "$reports"
}

sanitizers() { # [asan|tsan]...
  scripts/bootstrap
  eval "$(scripts/bootstrap --env)"
  CACHE=${REPLICAWATCH_CACHE:-$HOME/.cache/replicawatch}
  [ $# -gt 0 ] || set -- asan tsan
  local preset
  for preset in "$@"; do
    echo "== $preset =="
    sanitize "$preset"
  done
}
