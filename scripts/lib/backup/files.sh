# shellcheck shell=bash
# The files of a backup: manifest, checksums, encryption. Sourced.

manifest='{}'
encryption= # age, gpg or nothing
encrypt_command=(cat)

# manifest_set PATH JSON, as in: manifest_set .source.replid '"ab"'
manifest_set() { manifest=$(jq -c --argjson value "$2" "$1 = \$value" <<<"$manifest"); }

# manifest_get FILTER [OPTION OF JQ...]: prints what the filter gives, text without quotes.
manifest_get() { jq -r "${@:2}" "$1" <<<"$manifest"; }

json_text() { jq -cn --arg text "$1" '$text'; }

# checksum FILE: sets `sum`. Not printed, since a signal would have to wait for a $(...).
checksum() {
  run sha256sum <"$1" >"$private/sum"
  read -r sum _ <"$private/sum"
}

# Chooses how files are encrypted, by the options.
prepare_encryption() {
  local to=${opt[encrypt-to]} file=${opt[encrypt-to-file]}
  [ -z "$to" ] || [ -z "$file" ] || usage_error '--encrypt-to and --encrypt-to-file exclude each other'
  if [ -z "$to$file" ]; then
    [ -z "${opt[test-decrypt]}" ] || usage_error '--test-decrypt needs --encrypt-to or --encrypt-to-file'
    return 0
  fi
  # The key was named by the operator, so that gpg's web of trust has no say in it.
  local gpg=(gpg --batch --quiet --no-tty --trust-model always --no-auto-key-locate --encrypt)
  case $to$file in
    age1* | ssh-*) encryption=age encrypt_command=(age --encrypt --recipient "$to") ;;
    "$to") encryption=gpg encrypt_command=("${gpg[@]}" --recipient "$to") ;;
    *)
      if grep -qs 'BEGIN PGP PUBLIC KEY' "$file"; then
        encryption=gpg encrypt_command=("${gpg[@]}" --recipient-file "$file")
      else
        encryption=age encrypt_command=(age --encrypt --recipients-file "$file")
      fi ;;
  esac
  require_tools "$encryption"
  # A key that is wrong or has expired is told of now, not after the dump.
  "${encrypt_command[@]}" </dev/null >/dev/null || fail "$E_PREFLIGHT" "cannot encrypt to $to$file"
}

# decrypt TOOL <CIPHERTEXT
decrypt() {
  case $1 in
    '') cat ;;
    age)
      [ -n "${opt[identity]}" ] || usage_error 'it is encrypted with age: --identity is needed'
      within age --decrypt --identity "${opt[identity]}" ;;
    gpg) within gpg --batch --quiet --no-tty --decrypt ;;
    *) fail "$E_VERIFY" "the backup is encrypted with $1, which this version does not know" ;;
  esac
}

# store NAME <PLAINTEXT: streams a file into the backup, encrypted if so asked; no plaintext gets to a disk.
store() {
  local path=$1${encryption:+.$encryption} bytes sha256
  mkdir -p "$(dirname "$partial/$path")"
  run store_stream "$partial/$path"
  read -r bytes sha256 <"$private/plain"
  record_file "$1" "$path" "$bytes" "$sha256"
}

# The checksum of the plaintext is taken on the way: two fifos, since a shell does not wait for what reads in >(...).
store_stream() {
  local summing counting
  rm -f "$private"/fifo.*
  mkfifo "$private/fifo.sum" "$private/fifo.count"
  sha256sum <"$private/fifo.sum" >"$private/sum" &
  summing=$!
  wc -c <"$private/fifo.count" >"$private/count" &
  counting=$!
  tee "$private/fifo.sum" "$private/fifo.count" | within "${encrypt_command[@]}" >"$1" || return
  wait "$summing" && wait "$counting" || return
  echo "$(<"$private/count") $(cut -d' ' -f1 "$private/sum")" >"$private/plain"
}

# store_file NAME FILE: takes a plaintext file into the backup; FILE is gone afterwards.
store_file() {
  if [ -n "$encryption" ] || [ -n "${opt[work-dir]}" ]; then
    store "$1" <"$2"
    rm -f "$2"
  else
    mkdir -p "$(dirname "$partial/$1")"
    mv "$2" "$partial/$1"
    checksum "$partial/$1"
    record_file "$1" "$1" "$(stat -c %s "$partial/$1")" "$sum"
  fi
}

# record_file NAME STORED-PATH PLAIN-BYTES PLAIN-SHA256
record_file() {
  local sum=$4
  [ "$2" = "$1" ] || checksum "$partial/$2"
  manifest=$(jq -c --arg name "$1" --arg path "$2" --argjson bytes "$3" --arg sha256 "$4" \
    --argjson stored_bytes "$(stat -c %s "$partial/$2")" --arg stored_sha256 "$sum" \
    '.files += [{name: $name, bytes: $bytes, sha256: $sha256, stored: {path: $path, bytes: $stored_bytes, sha256: $stored_sha256}}]' <<<"$manifest")
}

# check_files FOLDER COMMAND: compares each stored file with the manifest, and calls COMMAND TEXT for what differs.
check_files() {
  local path bytes sha256 found sum
  while IFS=$'\t' read -r path bytes sha256 <&3; do
    found=$(stat -c %s "$1/$path" 2>/dev/null) || { "$2" "$path is missing"; continue; }
    if [ "$found" != "$bytes" ]; then
      "$2" "$path has $found bytes instead of $bytes"
    elif checksum "$1/$path" && [ "$sum" != "$sha256" ]; then
      "$2" "$path does not have the checksum of the manifest"
    fi
  done 3< <(manifest_get '.files[].stored | [.path, .bytes, .sha256] | @tsv')
}

# check_plaintext FOLDER COMMAND: the same of what the files hold when they are decrypted.
check_plaintext() {
  local path sha256 sum
  while IFS=$'\t' read -r path sha256 <&3; do
    if ! run decrypt_sum "$encryption" <"$1/$path"; then
      "$2" "$path cannot be decrypted"
    elif read -r sum _ <"$private/sum" && [ "$sum" != "$sha256" ]; then
      "$2" "$path does not hold what was encrypted"
    fi
  done 3< <(manifest_get '.files[] | [.stored.path, .sha256] | @tsv')
}

decrypt_sum() { decrypt "$1" | sha256sum >"$private/sum"; }

# extract NAME TARGET: a file of the opened backup as plaintext, checked.
extract() {
  local path sha256 sum
  path=$(manifest_get '.files[] | select(.name == $name) | .stored.path' --arg name "$1")
  sha256=$(manifest_get '.files[] | select(.name == $name) | .sha256' --arg name "$1")
  [ -n "$path" ] || fail "$E_VERIFY" "the backup has no file $1"
  mkdir -p "$(dirname "$2")"
  run decrypt "$encryption" <"$backup_folder/$path" >"$2" || fail "$E_VERIFY" "cannot decrypt $path"
  checksum "$2"
  [ "$sum" = "$sha256" ] || fail "$E_VERIFY" "$1 does not have the checksum of the manifest"
}
