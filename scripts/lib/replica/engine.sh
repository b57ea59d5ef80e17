# shellcheck shell=bash
# A Docker Engine for scripts/test replica: the one that is there, or one of its own. Sourced; needs CACHE. engine_up exports DOCKER_HOST
# for docker and docker-compose where the engine is its own; engine_down ends that one, by the pid that it was started under.

ENGINE_PID=
ENGINE_FOLDER=

# Says which engine it is; 1 with the reason on stderr when none can be had.
engine_up() {
  if docker info >/dev/null 2>&1; then
    echo "engine: the one that is there, $(docker version --format '{{.Server.Version}}')"
    return 0
  fi
  if [ "$(id -u)" != 0 ]; then echo 'no Docker Engine answers, and only root may start one' >&2; return 1; fi
  command -v dockerd >/dev/null || { echo 'no Docker Engine answers; scripts/bootstrap replica installs one' >&2; return 1; }
  # Images and layers stay for the next run; one engine at a time can have them.
  mkdir -p "$CACHE/docker"
  exec 8>"$CACHE/docker.lock"
  flock -n 8 || { echo "another run uses $CACHE/docker" >&2; return 1; }
  ENGINE_FOLDER=$(mktemp -d)
  dockerd --data-root "$CACHE/docker" --exec-root "$ENGINE_FOLDER/exec" --pidfile "$ENGINE_FOLDER/pid" \
    -H "unix://$ENGINE_FOLDER/docker.sock" >"$ENGINE_FOLDER/log" 2>&1 8>&- &
  ENGINE_PID=$!
  export DOCKER_HOST=unix://$ENGINE_FOLDER/docker.sock
  local end=$((SECONDS + 60))
  until docker info >/dev/null 2>&1; do
    if ! kill -0 "$ENGINE_PID" 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then
      echo "dockerd does not start: $(tail -n 3 "$ENGINE_FOLDER/log")" >&2
      engine_down
      return 1
    fi
    sleep 0.2 # between two looks
  done
  echo "engine: one of its own, $(docker version --format '{{.Server.Version}}')"
}

engine_down() {
  [ -n "$ENGINE_PID" ] || return 0
  kill "$ENGINE_PID" 2>/dev/null || true
  wait "$ENGINE_PID" 2>/dev/null || true
  ENGINE_PID=
  # The engine leaves the network namespace of its containers mounted there.
  umount "$ENGINE_FOLDER"/exec/netns/* 2>/dev/null || true
  rm -rf "$ENGINE_FOLDER"
}
