#!/bin/sh
# Starts a Redis node or Sentinel of compose.yaml: writes its configuration at the first start, with the passwords of the secrets,
# and leaves it alone later, since a failover and Sentinel write into it what must outlive a restart.
#
# Environment: REDIS_ROLE, one of single, master, replica, sentinel. Nodes name each other by host name, which a container keeps when
# its address changes; a Sentinel wants to be told so.
set -eu
umask 077

name=$(hostname)
shared=/compose/redis
cd /data

secret() { cat "/run/secrets/$1"; }
sha256() { printf '%s' "$(secret "$1")" | sha256sum | cut -d' ' -f1; }
rule() { tail -n 1 "$shared/$1.acl"; }

write_users() {
  cat >users.acl <<TEXT
user default on #$(sha256 redis-default) ~* &* +@all
user replicawatch on #$(sha256 redis-exporter) $(rule exporter)
user backup on #$(sha256 redis-backup) $(rule backup)
TEXT
}

write_node() {
  cat <<TEXT
include $shared/redis.conf
dir /data
aclfile /data/users.acl
masterauth $(secret redis-default)
replica-announce-ip $name
replica-announce-port 6379
TEXT
  case $REDIS_ROLE in
    single) echo 'min-replicas-to-write 0' ;; # alone there is no replica that could be asked for
    replica) echo 'replicaof redis-1 6379' ;;
  esac
}

write_sentinel() {
  cat <<TEXT
port 26379
dir /data
requirepass $(secret sentinel-default)
user replicawatch on #$(sha256 sentinel-exporter) $(rule exporter-sentinel)
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $name
sentinel announce-port 26379
sentinel monitor gogotex redis-1 6379 2
sentinel auth-pass gogotex $(secret redis-default)
TEXT
  sed 's/MASTER_NAME/gogotex/' "$shared/sentinel.conf"
}

case $REDIS_ROLE in
  sentinel) config=sentinel.conf write=write_sentinel ;;
  single | master | replica) config=redis.conf write=write_node ;;
  *) echo "start.sh: REDIS_ROLE is $REDIS_ROLE" >&2; exit 1 ;;
esac
[ -e "$config" ] || { $write >"$config.partial" && mv "$config.partial" "$config"; }
# Passwords and rights are as declared after each start.
[ "$REDIS_ROLE" = sentinel ] || write_users

# The image's own entry point leaves the rights of root when the first word is a server's name; another one's may lack it.
start=redis-server
if [ "$REDIS_ROLE" = sentinel ]; then set -- "/data/$config" --sentinel; else set -- "/data/$config"; fi
if command -v docker-entrypoint.sh >/dev/null; then exec docker-entrypoint.sh $start "$@"; fi
exec $start "$@"
