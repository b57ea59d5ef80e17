#!/usr/bin/env bash
# Makes the buckets, policies and users that are declared in compose/minio. Run again, it makes only what is missing.
#
# Environment: MINIO_URL, MINIO_ROOT_USER, MINIO_ROOT_PASSWORD_FILE, MINIO_EXPORTER_USER, MINIO_EXPORTER_PASSWORD_FILE;
# MC names the client (mc), MINIO_DECLARED the folder of the declared state. Passwords come from files and reach mc by its
# environment and its standard input, so that they stand in no process list.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
declared=${MINIO_DECLARED:-$here/../compose/minio}
mc=${MC:-mc}

fail() {
  echo "minio-init: $*" >&2
  exit 1
}
for variable in MINIO_URL MINIO_ROOT_USER MINIO_ROOT_PASSWORD_FILE MINIO_EXPORTER_USER MINIO_EXPORTER_PASSWORD_FILE; do
  [ -n "${!variable:-}" ] || fail "$variable must be set"
done
command -v "$mc" >/dev/null || fail "$mc is not installed; set MC to the MinIO client"

config=$(mktemp -d)
trap 'rm -rf "$config"' EXIT
export MC_CONFIG_DIR=$config
scheme=${MINIO_URL%%://*}
host=${MINIO_URL#*://}
MC_HOST_rw="$scheme://$MINIO_ROOT_USER:$(<"$MINIO_ROOT_PASSWORD_FILE")@$host"
export MC_HOST_rw

make_buckets() {
  local bucket
  while read -r bucket; do
    case $bucket in '' | '#'*) continue ;; esac
    "$mc" mb --ignore-existing "rw/$bucket"
  done <"$declared/buckets.txt"
}

make_policies() {
  local file name
  for file in "$declared"/policies/*.json; do
    name=$(basename "$file" .json)
    "$mc" admin policy create rw "$name" "$file"
  done
}

make_exporter_user() {
  # Two lines on standard input: the access key and the secret key.
  printf '%s\n%s\n' "$MINIO_EXPORTER_USER" "$(<"$MINIO_EXPORTER_PASSWORD_FILE")" | "$mc" admin user add rw
  # Attaching a policy that is attached already is an error to mc.
  "$mc" admin user info rw "$MINIO_EXPORTER_USER" --json | grep -q '"policyName":"[^"]*replicawatch' ||
    "$mc" admin policy attach rw replicawatch --user "$MINIO_EXPORTER_USER"
}

make_buckets
make_policies
make_exporter_user
echo ready
