# shellcheck shell=bash
# The status file that an exporter with --backup.status-dir publishes. Sourced.

# status_update ASSIGNMENT...: changes the file of $service, $cluster and $backup; all else in it stays as the last run left it.
# NAME=VALUE sets replicawatch_backup_NAME, where NAME may have more labels (last_items{kind="keys"}); NAME{}= drops all of the family.
status_update() {
  [ -n "${opt[status-dir]}" ] || return 0
  local file
  # It holds no secret, and the exporter is another user: so too its files.
  (umask 022; mkdir -p "${opt[status-dir]}") || return
  file=${opt[status-dir]}/$(file_name "$service-$cluster-$backup").prom
  # The run that is refused by the lock writes here as well.
  (flock 8 && status_rewrite "$file" "$@") 8>"${opt[status-dir]}/.lock"
}

status_rewrite() {
  local file=$1 line name assignment labels
  local -A values=()
  shift
  labels="service=\"$(label_value "$service")\",cluster=\"$(label_value "$cluster")\",backup=\"$(label_value "$backup")\""
  if [ -r "$file" ]; then
    while IFS= read -r line; do
      name=${line#replicawatch_backup_}
      name=${name% *}
      case $line in
        replicawatch_backup_*"{$labels} "*) values[${name%%'{'*}]=${line##* } ;;
        replicawatch_backup_*"{$labels,"*) values[${name/"$labels,"/}]=${line##* } ;;
      esac
    done <"$file"
  fi
  for assignment in "$@"; do
    name=${assignment%=*}
    if [[ $name == *'{}' ]]; then
      for line in "${!values[@]}"; do [[ $line != "${name%'{}'}{"* ]] || unset 'values[$line]'; done
    else
      values[$name]=${assignment##*=}
    fi
  done
  status_page "$labels" >"$file.new" || return
  chmod 644 "$file.new" && sync "$file.new" && mv -f "$file.new" "$file"
}

# status_page LABELS: `values` of status_rewrite as a page of metrics.
status_page() {
  local labels=$1 name family last=
  while IFS= read -r name; do
    [ -n "$name" ] || continue
    family=replicawatch_backup_${name%%'{'*}
    [ "$family" = "$last" ] || printf '# TYPE %s gauge\n' "$family"
    last=$family
    case $name in
      *'{'*) printf '%s{%s,%s %s\n' "$family" "$labels" "${name#*'{'}" "${values[$name]}" ;;
      *) printf '%s{%s} %s\n' "$family" "$labels" "${values[$name]}" ;;
    esac
  done < <(printf '%s\n' "${!values[@]}" | sort)
}

label_value() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

# file_name TEXT: TEXT as a file's name, whatever a deployment is called.
file_name() { printf '%s' "${1//[^A-Za-z0-9._-]/_}"; }
