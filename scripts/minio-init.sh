#!/usr/bin/env bash
# Makes the buckets, policies and users that are declared in compose/minio. Run again, it makes what is missing, leaves the rest as it
# is, and says aloud what is there but differs from what is declared.
#
# Environment: MINIO_URL, MINIO_ROOT_USER, MINIO_ROOT_PASSWORD_FILE, MINIO_SECRETS (the folder of the users' secret keys); MC names the
# client (mc), MINIO_DECLARED the folder of the declared state, MINIO_TIMEOUT_SECONDS (60) how long a cluster may take to accept writes.
# Passwords come from files and reach mc by its environment and its standard input, so that they stand in no process list.
#
# Of programs only bash, coreutils and mc: the image of mc has no others.
#
# Exit code 0 when all that is declared is there, 1 when something could not be made. A line that begins with `drift:` is no failure:
# whether the server or the declaration is right, a person decides.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
declared=${MINIO_DECLARED:-$here/../compose/minio}
mc=${MC:-mc}

fail() {
  echo "minio-init: $*" >&2
  exit 1
}
for variable in MINIO_URL MINIO_ROOT_USER MINIO_ROOT_PASSWORD_FILE MINIO_SECRETS; do
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

# lines FILE: without comments and empty lines.
lines() {
  local line
  while IFS= read -r line; do
    line=${line%%#*}
    [[ $line =~ ^[[:space:]]*$ ]] || printf '%s\n' "$line"
  done <"$1"
}
# first_match REGEX TEXT: what the first group of the expression matched, or nothing.
first_match() { [[ ! $2 =~ $1 ]] || printf '%s' "${BASH_REMATCH[1]}"; }
drift() { echo "drift: $*"; }

# Right after the start a node answers before enough of the others do; `mc ready` waits for that, without an end.
wait_for_writes() {
  local limit=${MINIO_TIMEOUT_SECONDS:-60}
  timeout "$limit" "$mc" ready rw >/dev/null || fail "$MINIO_URL accepts no writes after $limit s"
}

make_bucket() {
  local bucket=$1 versioned=${2:-}
  if ! "$mc" stat "rw/$bucket" >/dev/null 2>&1; then
    "$mc" mb "rw/$bucket"
    [ -z "$versioned" ] || "$mc" version enable "rw/$bucket"
  elif [ -n "$versioned" ] && [ -z "$(first_match '"versioning":\{"status":"(Enabled)"' "$("$mc" version info "rw/$bucket" --json)")" ]; then
    drift "bucket $bucket is not versioned"
  fi
}

# A policy as the server has it, a statement a line. It keeps actions and resources as sets and writes them in any order.
policy_as_stored() {
  local part
  first_match '"Policy":(\{.*\}),"CreateDate' "$("$mc" admin policy info rw "$1" --json)" | tr '{}' '\n' |
    while IFS= read -r part || [ -n "$part" ]; do printf '%s' "$part" | tr '[],' '\n' | sort | tr '\n' ' ' && echo; done
}

make_policy() {
  local file=$1 name=$2 probe
  if ! "$mc" admin policy info rw "$name" >/dev/null 2>&1; then
    "$mc" admin policy create rw "$name" "$file"
    return
  fi
  probe=$name--declared
  "$mc" admin policy create rw "$probe" "$file" >/dev/null
  [ "$(policy_as_stored "$name")" = "$(policy_as_stored "$probe")" ] || drift "policy $name is not as in $(basename "$file")"
  "$mc" admin policy remove rw "$probe" >/dev/null
}

make_user() {
  local user=$1 policy=$2 secret=$MINIO_SECRETS/$3 attached
  [ -r "$secret" ] || fail "the secret key of $user is to be in $secret"
  if ! "$mc" admin user info rw "$user" >/dev/null 2>&1; then
    # Two lines on standard input: the access key and the secret key.
    printf '%s\n%s\n' "$user" "$(<"$secret")" | "$mc" admin user add rw
  fi
  attached=$(first_match '"policyName":"([^"]*)"' "$("$mc" admin user info rw "$user" --json)")
  case ,$attached, in
    ,,) "$mc" admin policy attach rw "$policy" --user "$user" ;;
    ",$policy,") ;;
    *) drift "user $user has the policies $attached, not $policy" ;;
  esac
}

wait_for_writes
while read -r bucket versioned; do make_bucket "$bucket" "$versioned" </dev/null; done < <(lines "$declared/buckets.txt")
for file in "$declared"/policies/*.json; do make_policy "$file" "$(basename "$file" .json)"; done
while read -r user policy secret; do make_user "$user" "$policy" "$secret" </dev/null; done < <(lines "$declared/users.txt")
echo ready
