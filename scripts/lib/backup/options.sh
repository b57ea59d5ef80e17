# shellcheck shell=bash
# Options of the backup scripts: each is declared once, and has its line of --help and its environment twin from that. Sourced.

declare -A opt=() option_word=() option_help=()
option_names=()

# option NAME WORD DEFAULT HELP: declares --NAME, whose value is ${opt[NAME]}. WORD stands for the value in --help; a switch has none
# and its value is `true` or empty. The environment twin of --min-free is REPLICAWATCH_BACKUP_MIN_FREE.
option() {
  local twin
  twin=$(twin_of "$1")
  option_names+=("$1")
  option_word[$1]=$2
  option_help[$1]=$4
  opt[$1]=${!twin:-$3}
}

twin_of() {
  local name=REPLICAWATCH_BACKUP_${1^^}
  printf '%s' "${name//-/_}"
}

common_options() {
  option to DIR '' 'repository: the folder that the backups are kept in'
  option cluster NAME '' "the deployment's name, as the exporter has it (label cluster)"
  option name NAME daily "the backup's own name (label backup)"
  option keep N 7 'verified backups that are kept; older ones go when a newer one is verified'
  option interval DURATION 1d 'time from one run to the next, for the alerts'
  option status-dir DIR '' "where the state of the last run is left for the exporter's --backup.status-dir"
  option encrypt-to RECIPIENT '' 'encrypt to an age recipient (age1..., ssh-...) or to a key of gpg'
  option encrypt-to-file FILE '' 'encrypt to the recipients in a file of age, or to the public key of gpg in it'
  option identity FILE '' 'age identity for a test of the encrypted files; gpg takes the key from its keyring'
  option test-decrypt '' '' 'decrypt all files once, and compare them'
  option work-dir DIR '' 'where plaintext is while the backup is made, instead of the repository'
  option min-free SIZE 0 'least space that must be free in the repository (as 10G), beside 1.5 times the last size'
  option timeout DURATION 6h 'end the run when it takes longer'
}

restore_options() {
  option from DIR '' 'a backup, or a repository: then the newest of --cluster and --name in it'
  option cluster NAME '' "the deployment's name, to choose in a repository"
  option name NAME '' "the backup's name, to choose in a repository"
  option identity FILE '' 'age identity to decrypt with; gpg takes the key from its keyring'
  option work-dir DIR '' "where files are unpacked, instead of \$TMPDIR"
  option status-dir DIR '' "where the state is left for the exporter's --backup.status-dir"
  option timeout DURATION 6h 'end the run when it takes longer'
}

usage_error() { fail "$E_USAGE" "$* (see --help)"; }

# print_help TEXT: TEXT, then the options as they were declared.
print_help() {
  local name shown
  printf '%s\n\n' "$1"
  for name in "${option_names[@]}"; do
    shown="--$name${option_word[$name]:+ ${option_word[$name]}}"
    printf '  %-26s %s%s\n' "$shown" "${option_help[$name]}" "${option_default[$name]:+ (${option_default[$name]})}"
  done
  printf '\nEach option has an environment twin: --encrypt-to is %s.\n' "$(twin_of encrypt-to)"
  printf 'Exit codes: 0 done, 2 locked, 3 not begun, 4 failed, 5 differs or damaged, 7 retention, 64 usage, 75 try again.\n'
}

# parse_options HELP ARGS...
parse_options() {
  local help=$1 name
  local -A option_default=()
  shift
  for name in "${option_names[@]}"; do option_default[$name]=${opt[$name]}; done
  while [ $# -gt 0 ]; do
    name=${1%%=*}
    case $1 in
      --help | -h) print_help "$help"; exit 0 ;;
      --*) name=${name#--} ;;
      *) usage_error "unexpected argument $1" ;;
    esac
    [ -n "${option_help[$name]:-}" ] || usage_error "unknown option --$name"
    if [ -z "${option_word[$name]}" ]; then
      [[ $1 != *=* ]] || usage_error "--$name takes no value"
      opt[$name]=true
    elif [[ $1 == *=* ]]; then
      opt[$name]=${1#*=}
    else
      [ $# -ge 2 ] || usage_error "--$name needs a value"
      opt[$name]=$2
      shift
    fi
    shift
  done
  check_values
}

# Wrong values are told of before anything is begun, by the name of the option.
check_values() {
  local name value
  for name in "${option_names[@]}"; do
    value=${opt[$name]}
    [[ $value != *[[:cntrl:]]* ]] || usage_error "--$name contains a control character"
    [ -n "$value" ] || continue
    case ${option_word[$name]} in
      '') [ "$value" = true ] || usage_error "$(twin_of "$name") is neither true nor empty" ;;
      DURATION) opt[$name]=$(seconds_of "$value") || usage_error "--$name $value is no duration like 1h30m" ;;
      SIZE) opt[$name]=$(numfmt --from=iec "$value" 2>/dev/null) || usage_error "--$name $value is no size like 10G" ;;
      N) [[ $value =~ ^[1-9][0-9]{0,8}$ ]] || usage_error "--$name $value is no number from 1 on" ;;
      DIR) opt[$name]=$(realpath -m -- "$value") ;;
      FILE) [ -r "$value" ] || usage_error "--$name: cannot read $value" ;;
    esac
  done
}

require_options() {
  local name
  for name in "$@"; do [ -n "${opt[$name]}" ] || usage_error "--$name is needed"; done
}

# seconds_of DURATION: a duration as Prometheus writes it, in seconds; less than one counts as one.
seconds_of() {
  local seconds
  [[ $1 =~ ^(([0-9]{1,4})y)?(([0-9]{1,5})w)?(([0-9]{1,6})d)?(([0-9]{1,8})h)?(([0-9]{1,9})m)?(([0-9]{1,9})s)?(([0-9]{1,9})ms)?$ && -n $1 ]] ||
    return 1
  seconds=$((10#0${BASH_REMATCH[2]:-} * 31536000 + 10#0${BASH_REMATCH[4]:-} * 604800 + 10#0${BASH_REMATCH[6]:-} * 86400 +
    10#0${BASH_REMATCH[8]:-} * 3600 + 10#0${BASH_REMATCH[10]:-} * 60 + 10#0${BASH_REMATCH[12]:-} + 10#0${BASH_REMATCH[14]:-} / 1000))
  [ "$seconds" -gt 0 ] || seconds=1
  printf '%d' "$seconds"
}

# secret_of FILE: the secret in a file, without the newline that editors leave at its end.
secret_of() {
  local text
  text=$(<"$1") || fail "$E_PREFLIGHT" "cannot read $1"
  [ -n "$text" ] || fail "$E_PREFLIGHT" "$1 is empty"
  printf '%s' "$text"
}
