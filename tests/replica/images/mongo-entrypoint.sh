#!/bin/bash
# As the official image does: a server gives up the rights of root, and with MONGO_INITDB_ROOT_USERNAME the first start makes that user.
set -e
case ${1:-} in -*) set -- mongod "$@" ;; esac
if [ "$1" = mongod ] && [ "$(id -u)" = 0 ]; then
  chown -R mongodb:mongodb /data/db /data/configdb
  exec setpriv --reuid mongodb --regid mongodb --clear-groups "${BASH_SOURCE[0]}" "$@"
fi
if [ "$1" = mongod ] && [ -n "${MONGO_INITDB_ROOT_USERNAME:-}" ]; then
  if [ ! -e /data/db/WiredTiger ]; then
    mongod --bind_ip 127.0.0.1 --port 27017 --fork --logpath /tmp/init.log --pidfilepath /tmp/init.pid >/dev/null
    mongosh --quiet --norc --eval '
      const password = fs.readFileSync(process.env.MONGO_INITDB_ROOT_PASSWORD_FILE, "utf8").trim();
      db.getSiblingDB("admin").createUser({user: process.env.MONGO_INITDB_ROOT_USERNAME, pwd: password, roles: ["root"]})'
    mongod --shutdown --dbpath /data/db >/dev/null
  fi
  set -- "$@" --auth
fi
exec "$@"
