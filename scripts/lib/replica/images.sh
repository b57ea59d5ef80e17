# shellcheck shell=bash
# The images that compose/compose.yaml asks for. Sourced after bootstrap/common.sh and
# bootstrap/apt.sh; needs the variables of scripts/bootstrap --env and an engine.
# REPLICAWATCH_IMAGES=local makes them without asking a registry, =pull only takes them from there.

# The name that compose.yaml gives a variable's image, as in image_of MONGO_IMAGE.
image_of() {
  local default
  default=$(sed -n "s/.*\${$1:-\([^}]*\)}.*/\1/p" compose/compose.yaml | head -n 1)
  printf '%s' "${!1:-$default}"
}

have_image() { docker image inspect "$1" >/dev/null 2>&1; }
pull_image() { [ "${REPLICAWATCH_IMAGES:-}" != local ] && timeout "${2:-60}" docker pull -q "$1" >/dev/null 2>&1; }

# The legacy builder, as Debian's engine comes without the newer one. The host's network: it reaches the mirror as apt does.
docker_build() { DOCKER_BUILDKIT=0 docker build --quiet --network=host "$@"; }

base_image() {
  local name=debian:trixie-slim folder code=0
  # Where apt gets this release from is where the next one is.
  have_image "$name" || pull_image "$name" || {
    folder=$(mktemp -d)
    debootstrap --variant=minbase trixie "$folder/root" "$(debian_archives | head -n 1 | cut -d' ' -f2)" && tar -C "$folder/root" --exclude="./var/cache/apt/*" --exclude="./var/lib/apt/lists/*" -c . | docker import - "$name" || code=$?
    rm -rf "$folder"
    return "$code"
  }
}

# A folder with the servers' programs, linked: what the images are made from.
image_context() {
  local folder=$1
  cp tests/replica/images/* "$folder/"
  mkdir "$folder/programs"
  cp "$MONGOD" "$MONGODUMP" "$MONGORESTORE" "$(dirname "$MONGODUMP")/bsondump" "$MINIO" "$MC" "$folder/programs/"
  cp -L "$(readlink -f "$RW_NODE")" "$folder/programs/node"
  cp -r "$(dirname "$(dirname "$MONGOSH")")" "$folder/programs/mongosh"
}

server_images() {
  local pair variable target name folder code=0 missing=()
  for pair in MONGO_IMAGE=mongo REDIS_IMAGE=redis MINIO_IMAGE=minio MC_IMAGE=mc PROMETHEUS_IMAGE=prometheus ALERTMANAGER_IMAGE=alertmanager; do
    variable=${pair%=*}
    name=$(image_of "$variable")
    have_image "$name" || pull_image "$name" 300 || missing+=("$pair")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "${REPLICAWATCH_IMAGES:-}" != pull ] || { echo "no registry has the images of ${missing[*]%=*}" >&2; return 1; }
  folder=$(mktemp -d)
  image_context "$folder" || code=$?
  for pair in "${missing[@]}"; do
    [ "$code" = 0 ] || break
    target=${pair#*=}
    docker_build --target "$target" -t "$(image_of "${pair%=*}")" "$folder" || code=$?
  done
  rm -rf "$folder"
  return "$code"
}

exporter_images() {
  local name revision
  revision=$(git rev-parse --short=12 HEAD 2>/dev/null || true)
  for name in redis mongo minio; do
    docker_build -f packaging/docker/Dockerfile --target "$name" --build-arg REVISION="$revision" -t "replicawatch-$name" .
  done
}

backup_images() {
  local name
  for name in redis mongo minio; do
    docker_build -f packaging/docker/backup.Dockerfile --target "$name" --build-arg MONGO_IMAGE="$(image_of MONGO_IMAGE)" \
      --build-arg REDIS_IMAGE="$(image_of REDIS_IMAGE)" --build-arg MC_IMAGE="$(image_of MC_IMAGE)" -t "replicawatch-$name-backup" .
  done
}

# All of them.
make_images() {
  step 'base image' base_image
  step 'images of the servers' server_images
  step 'images of the exporters' exporter_images
  step 'images for backups' backup_images
  docker images --format '{{.Repository}} {{.Size}}' | sed -n 's/^replicawatch-/images: replicawatch-/p' | sort
}
