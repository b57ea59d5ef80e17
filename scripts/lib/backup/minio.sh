# shellcheck shell=bash
# Talking to MinIO: objects by minio_tool.py, settings of buckets and IAM by mc. Sourced by minio-backup.sh and minio-restore.sh.

mc=${MC:-mc}
minio_tool=()

connection_options() {
  option minio 'URL[,...]' '' 'the deployment, as http://HOST:9000; the next one is asked when one does not answer'
  option access-key NAME '' 'access key'
  option secret-key-file FILE '' 'file with the secret key'
  option ca-file FILE '' 'authorities for TLS'
}

# Needs the folder $private: mc takes the key from a file there, as in MC_HOST_* it could contain no @.
prepare_connection() {
  require_options minio access-key secret-key-file
  require_tools "$mc" python3
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || fail "$E_PREFLIGHT" 'python3 is older than 3.9'
  secret_of "${opt[secret-key-file]}" >"$private/secret"
  minio_tool=(python3 -B "$backup_library/minio_tool.py" --minio "${opt[minio]}" --access-key "${opt[access-key]}"
    --secret-key-file "$private/secret" --ca-file "${opt[ca-file]}")
  export MC_CONFIG_DIR=$private/mc
  mkdir -p "$MC_CONFIG_DIR/certs/CAs"
  [ -z "${opt[ca-file]}" ] || cp "${opt[ca-file]}" "$MC_CONFIG_DIR/certs/CAs/ca.crt"
  jq -n --arg urls "${opt[minio]}" --arg key "${opt[access-key]}" --rawfile secret "$private/secret" '{version: "10", aliases:
    ($urls | split(",") | to_entries | map({"rw\(.key)": {url: .value, accessKey: $key, secretKey: $secret, api: "S3v4", path: "auto"}})
      | add)}' >"$MC_CONFIG_DIR/config.json"
}

why() { tail -n 3 "$private/why" | tr '\n' ' '; }

# objects COMMAND ARGUMENTS...: of minio_tool.py; its answer is left in $private/answer. Ends the script when there is none.
objects() {
  local code=0
  run "${minio_tool[@]}" "$@" >"$private/answer" 2>"$private/why" || code=$?
  [ "$code" -eq 0 ] || objects_failed "$code" "$1"
}

objects_failed() {
  case $1 in
    75) fail "$E_RETRY" "$(why)" ;;
    124) fail "$E_RETRY" "not done within --timeout: $2" ;;
    *) fail "$E_DUMP" "$(why)" ;;
  esac
}

# mc_admin WORDS... TARGET...: `mc admin cluster WORDS` with RW in the place of the alias, by the first address that serves it. Run in
# the folder it is called in, since exports land there.
mc_admin() {
  local i count
  count=$(awk -F, '{print NF}' <<<"${opt[minio]}")
  for ((i = 0; i < count; i++)); do
    run "$mc" --json admin cluster "${@/#RW/rw$i}" >"$private/answer" 2>"$private/why" && return
    cat "$private/answer" >>"$private/why"
  done
  return 1
}

# chosen <NAMES: those of --bucket, or all.
chosen() { if [ -n "${opt[bucket]}" ]; then tr ',' '\n' <<<"${opt[bucket]}"; else cat; fi; }
