# shellcheck shell=bash
# Unit tests, corpora and suites with real servers under sanitizers, for scripts/test. Sourced.

# With a server for each service, good and bad states, all pages; reloads under scrapes; ends and starts under scrapes.
SANITIZED_SUITES=(test_secrets.py test_reload.py test_web_listen.py)

# Builds one preset, out of the tree, so that the next run pays only for what has changed; the tests under it.
sanitize() { # asan|tsan
  local build=$CACHE/build-$1 reports tests=() ours='^(unit|fuzz)_'
  # A parser by itself has no threads.
  [ "$1" != tsan ] || ours='^unit_'
  # What was built of another checkout is of no use to this one.
  grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$build/CMakeCache.txt" || rm -rf "$build"
  cmake --preset "$1" -B "$build" -DREPLICAWATCH_EXPORTERS='mongo;redis;minio' -DREPLICAWATCH_TESTS=ON >/dev/null
  mapfile -t tests < <(ctest --test-dir "$build" -N -R "$ours" | sed -n 's/^ *Test *#[0-9]*: //p')
  # Without the programs of the benchmarks.
  cmake --build "$build" --target replicawatch-mongo replicawatch-redis replicawatch-minio "${tests[@]}"
  ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" -R "$ours"
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
