#!/bin/sh
# Starts a mongod of compose.yaml as the image's user `mongodb`.
#
# Environment: MONGO_SET, the set that it is to be in; without it a single node, whose user `admin` the image's entry point makes.
set -eu

if [ -z "${MONGO_SET:-}" ]; then
  export MONGO_INITDB_ROOT_USERNAME=admin MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/mongo-admin
  exec docker-entrypoint.sh mongod --bind_ip_all
fi
# mongod takes no key file that others may read, and a secret is mounted with the rights that the file has on the host.
install -m 400 -o mongodb -g mongodb /run/secrets/mongo-key /run/mongo/key
chown mongodb:mongodb /run/mongo
exec docker-entrypoint.sh mongod --config /compose/mongo/mongod.conf --replSet "$MONGO_SET" --keyFile /run/mongo/key --bind_ip_all
