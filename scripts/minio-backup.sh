#!/usr/bin/env bash
# Backs up a MinIO deployment: all versions of its objects, the settings of its buckets, its users and policies. docs/backup.md tells
# how to use it.
# shellcheck source-path=SCRIPTDIR/..
service=minio
tool=minio-backup
method=objects

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/backup.sh
. "$here/lib/backup.sh"
# shellcheck source=scripts/lib/backup/minio.sh
. "$here/lib/backup/minio.sh"

buckets='[]' # one entry for each
iam=no

help='usage: scripts/minio-backup.sh --minio URL --access-key NAME --secret-key-file FILE --to DIR --cluster NAME [OPTION...]

Backs up MinIO: all versions and delete markers of all objects with their metadata and tags, the settings of the buckets, and, if
encrypted, users and policies. S3 knows no snapshot: what is written meanwhile is in it or not, object by object.'

backup_preflight() {
  local names name
  [[ ${opt[iam]} =~ ^(auto|no|plain)$ ]] || usage_error '--iam is auto, no or plain'
  prepare_connection
  run "${minio_tool[@]}" health 2>"$private/why" || fail "$E_PREFLIGHT" "$(why)"
  objects buckets
  chosen <"$private/answer" >"$private/names"
  mapfile -t names <"$private/names"
  [ ${#names[@]} -gt 0 ] || fail "$E_PREFLIGHT" "${opt[access-key]} may see no bucket"
  for name in "${names[@]}"; do
    [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || usage_error "--bucket: $name is no name of a bucket"
    objects about "$name"
    buckets=$(jq -c --slurpfile about "$private/answer" '. + $about' <<<"$buckets")
  done
}

backup_dump() {
  local i count
  count=$(jq length <<<"$buckets")
  list_buckets
  for ((i = 0; i < count; i++)); do dump_bucket "$i"; done
  rm -rf "$work/.lists"
  export_iam
}

list_buckets() {
  local name bytes=0
  mkdir "$work/.lists"
  while IFS= read -r name <&3; do
    objects list "$name" "$work/.lists/$name"
    # What an object has beside its bytes: a header in the stream, and a line of the index.
    bytes=$((bytes + $(jq '.bytes + 2048 * .versions' "$private/answer")))
  done 3< <(jq -r '.[].name' <<<"$buckets")
  need_space "$bytes"
}

# dump_bucket NUMBER
dump_bucket() {
  local name folder versioned
  name=$(jq -r ".[$1].name" <<<"$buckets")
  versioned=$(jq -r ".[$1].versioning | if . == \"\" then \"plain\" else \"versioned\" end" <<<"$buckets")
  folder=$work/buckets/$name
  mkdir -p "$folder"
  rm -f "$private/code"
  store "buckets/$name/objects.tar" < <(stream_bucket "$name" "$versioned" "$folder/index.ndjson")
  wait_for 30 "the end of the dump of $name" test -s "$private/code"
  [ "$(<"$private/code")" -eq 0 ] || objects_failed "$(<"$private/code")" "the dump of $name"
  export_settings "$name" "$folder/settings.zip"
  buckets=$(jq -c --slurpfile result "$private/result" ".[$1] += \$result[0]" <<<"$buckets")
  say "$name: $(jq -r '"\(.keys) keys, \(.versions) versions, \(.delete_markers) delete markers, \(.bytes) bytes; meanwhile \(.changed) changed, \(.new) new, \(.gone) gone"' \
    "$private/result") (${SECONDS} s)"
}

# stream_bucket NAME VERSIONED INDEX: leaves its exit code in a file, since nobody asks a process that feeds another one.
stream_bucket() {
  local code=0
  within "${minio_tool[@]}" dump "$1" "$2" "$work/.lists/$1" "$3" "$private/result" 2>"$private/why" || code=$?
  # Where the script has ended by now, there is no folder either.
  { echo "$code" >"$private/code"; } 2>/dev/null || true
}

# export_settings BUCKET FILE
export_settings() {
  export_by_mc "the settings of $1" bucket export "RW/$1"
  objects trim-settings "$private/export.zip" "$2" "${encryption:+keep}"
}

# export_by_mc TEXT WORDS...: into $private/export.zip. mc writes into the folder it runs in, under a name of its own that contains the
# name of the alias, and with a bucket the alias is a folder (2025-03).
export_by_mc() {
  local folder=$private/export files
  rm -rf "$folder"
  mkdir "$folder"
  cd "$folder"
  mc_admin "${@:2}" || fail "$E_DUMP" "cannot export $1: $(why)"
  cd "$OLDPWD"
  mapfile -t files < <(find "$folder" -type f -name '*.zip')
  [ ${#files[@]} -eq 1 ] || fail "$E_DUMP" "the export of $1 is no single file: $(why)"
  mv "${files[0]}" "$private/export.zip"
}

# The export has the secret keys of all users in clear.
export_iam() {
  if [ "${opt[iam]}" = no ]; then return; fi
  if [ -z "$encryption" ] && [ "${opt[iam]}" != plain ]; then
    say 'warning: users and policies are not in the backup, as it is not encrypted (--iam=plain takes them nevertheless, with their secret keys)'
    manifest_set .warnings '["IAM was left out: the backup is not encrypted"]'
    return
  fi
  export_by_mc 'users and policies' iam export RW
  store iam.zip <"$private/export.zip"
  rm "$private/export.zip"
  iam=yes
}

backup_verify() {
  local name
  while IFS= read -r name <&3; do verify_bucket "$name"; done 3< <(jq -r '.[].name' <<<"$buckets")
  manifest_set .buckets "$buckets"
  manifest_set .iam "$(jq -n --arg iam "$iam" '$iam')"
  manifest_set .items "$(jq '{buckets: length, keys: ([.[].keys] | add), versions: ([.[].versions] | add),
    delete_markers: ([.[].delete_markers] | add)}' <<<"$buckets")"
}

# verify_bucket NAME: what is encrypted has been compared as it went into the encryption; --test-decrypt reads it all again.
verify_bucket() {
  local wanted found line
  wanted=$(jq -r --arg name "$1" '.[] | select(.name == $name) | .stream | "\(.bytes) \(.sha256)"' <<<"$buckets")
  found=$(manifest_get '.files[] | select(.name == $name) | "\(.bytes) \(.sha256)"' --arg name "buckets/$1/objects.tar")
  [ "$wanted" = "$found" ] || mismatch "what was stored of $1 is not what was read"
  [ -z "$encryption" ] || return 0
  objects check "$work/buckets/$1/index.ndjson" "$partial/buckets/$1/objects.tar"
  cp "$private/answer" "$private/differences"
  while IFS= read -r line; do mismatch "$1: $line"; done <"$private/differences"
}

common_options
option bucket 'NAME[,...]' '' 'only these buckets; else all that the key may see'
option iam WHETHER auto 'users and policies with their secret keys: auto (if encrypted), plain (also if not), no'
connection_options
backup_main "$help" "$@"
