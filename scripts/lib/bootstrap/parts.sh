# shellcheck shell=bash
# What each part of scripts/bootstrap consists of: Debian packages, things to build, variables to export. Sourced.

part_table() {
  cat <<'TEXT'
build-redis  compile replicawatch-redis
build-mongo  compile replicawatch-mongo
build-minio  compile replicawatch-minio
redis        Redis and Sentinel of the test stack
mongo        mongod and mongosh of the test stack
minio        MinIO and mc of the test stack
monitoring   Prometheus and Alertmanager of the test stack
lint         formatters, linters, promtool of Prometheus 3
test         what the tests need besides the above: more versions of Redis, Valkey
replica      Docker Engine and Compose, and what their images are made from
bench        what the benchmarks need
fuzz         what scripts/fuzz needs
coverage     what scripts/coverage needs
package      what scripts/package and the test of packages need
TEXT
}

list_parts() { part_table; }
part_names() { part_table | cut -d' ' -f1; }
is_part() { part_names | grep -qxF -- "$1"; }

# Debian 12's default, clang 14, can't compile its own <ranges>.
fuzz_clang() { if [ "$DEBIAN" -ge 13 ]; then echo 19; else echo 16; fi; }

# A client alone is no engine.
docker_serves() { command -v dockerd >/dev/null || docker info >/dev/null 2>&1; }

packages_of() {
  local build='g++ cmake ninja-build pkg-config patch xz-utils debian-archive-keyring git ca-certificates zlib1g-dev libssl-dev libcrypt-dev libfmt-dev libcli11-dev
    libyaml-cpp-dev libexpected-dev nlohmann-json3-dev doctest-dev prometheus-cpp-dev'
  case $1 in
    build-redis) echo "$build"; ! system_hiredis_serves || echo libhiredis-dev ;;
    build-mongo) echo "$build"; if system_mongoc_serves; then echo libmongoc-dev libbson-dev; else echo libicu-dev; fi ;;
    build-minio) echo "$build libsimdjson-dev libpugixml-dev" ;;
    redis) echo redis-tools python3 ;;
    # mongod links libcurl and libssl, whose packages have other names on Debian 13: curl and openssl bring the right ones.
    mongo) echo python3 curl openssl ca-certificates; python3 -m pip --version >/dev/null 2>&1 || echo python3-pip ;;
    minio) echo python3 ca-certificates ;;
    monitoring) echo prometheus prometheus-alertmanager python3 ;;
    lint)
      if [ "$DEBIAN" -ge 13 ]; then echo clang-format clang-tidy; else echo clang-format-16 clang-tidy-16; fi
      echo shellcheck yamllint python3-yaml jq ca-certificates ;;
    test)
      echo python3 python3-pytest python3-jsonschema python3-yaml curl openssl prometheus-redis-exporter debian-archive-keyring iproute2 age gnupg jq systemd
      # A browser for the page at /, and letters for it.
      echo chromium fonts-dejavu-core
      python3 -m pip --version >/dev/null 2>&1 || echo python3-pip ;;
    # The engine is Debian's own; one that is there already serves as well.
    replica) docker_serves || echo docker.io; echo debootstrap jq curl python3 ca-certificates debian-archive-keyring ;;
    bench) echo valgrind strace ;;
    coverage) echo gcovr ;;
    package) echo dpkg-dev file gzip python3 lintian man-db debootstrap systemd curl debian-archive-keyring ;;
    fuzz) echo "clang-$(fuzz_clang) libclang-rt-$(fuzz_clang)-dev" ;;
  esac | tr -s ' \n' '\n' | sed '/^$/d'
}

build_part() {
  case $1 in
    build-redis) build_civetweb; build_hiredis ;;
    build-mongo) build_civetweb; build_mongoc ;;
    build-minio) build_civetweb; build_curl ;;
    redis) build_redis ;;
    mongo) build_mongod; build_mongosh; build_mongo_tools ;;
    minio) build_minio ;;
    lint) build_promtool3 ;;
    test) build_other_redis ;;
    replica) build_compose ;;
  esac
}

# Where everything is. Paths are printed whether or not their part has been installed yet: who needs one runs its part first.
print_environment() {
  require_debian
  local hiredis='' mongoc='' node=''
  system_hiredis_serves || hiredis=$CACHE/$(hiredis_key)
  system_mongoc_serves || mongoc=$CACHE/$(mongoc_key)
  if system_node_serves; then node=$(command -v node); else node=$CACHE/$(node_key)/bin/node; fi
  {
    echo "RW_CIVETWEB_ROOT=$CACHE/$(civetweb_key)"
    echo "RW_HIREDIS_ROOT=$hiredis"
    echo "RW_MONGOC_ROOT=$mongoc"
    echo "RW_CURL_ROOT=$CACHE/$(curl_key)"
    echo "REDIS_SERVER=$CACHE/$REDIS_KEY/bin/redis-server"
    echo "REDIS_SERVER_62=$CACHE/$(redis_62_key)/bin/redis-server"
    echo "REDIS_SERVER_8=$CACHE/$(trixie_servers_key)/bin/redis-server"
    echo "VALKEY_SERVER=$CACHE/$(trixie_servers_key)/bin/valkey-server"
    echo "REDIS_CLI=/usr/bin/redis-cli"
    echo "MONGOD=$CACHE/$(mongod_key)/bin/mongod"
    echo "MONGOSH=$CACHE/$(mongosh_key)/bin/mongosh"
    echo "MONGODUMP=$CACHE/$(mongo_tools_key)/bin/mongodump"
    echo "MONGORESTORE=$CACHE/$(mongo_tools_key)/bin/mongorestore"
    echo "DOCKER_COMPOSE=$CACHE/$(compose_key)/bin/docker-compose"
    echo "RW_NODE=$node"
    echo "MINIO=$CACHE/$(go_program_key minio "$MINIO_MODULE")/bin/minio"
    echo "MC=$CACHE/$(go_program_key mc "$MC_MODULE")/bin/mc"
    echo "PROMETHEUS=/usr/bin/prometheus"
    echo "ALERTMANAGER=/usr/bin/prometheus-alertmanager"
    echo "PROMTOOL=/usr/bin/promtool"
    echo "FUZZ_CXX=/usr/bin/clang++-$(fuzz_clang)"
    echo "PROMTOOL3=$CACHE/$(go_program_key promtool "$PROMTOOL3_MODULE")/bin/promtool"
  } | while IFS='=' read -r name value; do printf 'export %s=%q\n' "$name" "$value"; done
}
