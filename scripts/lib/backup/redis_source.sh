# shellcheck shell=bash
# Which nodes of a Redis deployment a backup is taken from. Sourced by redis-backup.sh.

shards=()  # NAME TAB ADDRESS of the node that is dumped, one for each shard; without Cluster there is one, named `redis`
reasons=() # why each of the others is not suitable

# find_sources: asks the first of --redis that answers, and fills `shards`.
find_sources() {
  local seeds seed mode
  IFS=, read -r -a seeds <<<"${opt[redis]}"
  for seed in "${seeds[@]}"; do
    mode=$(mode_of "$seed")
    case $mode in
      '') say "$seed does not answer: $(why)" ;;
      sentinel) find_by_sentinel "$seed"; return ;;
      cluster) find_in_cluster "$seed"; return ;;
      *) find_beside "$seed"; return ;;
    esac
  done
  fail "$E_RETRY" "none of ${opt[redis]} answers"
}

# Prints standalone, sentinel or cluster, or nothing while the node does not answer. Of a Sentinel neither the login nor the answers
# are those of a data node, so both logins are tried.
mode_of() {
  local login
  if info_of "$1"; then server_mode; return; fi
  login=$(<"$private/why")
  if refused && [ -n "$sentinel_password" ] && as_sentinel info_of "$1"; then server_mode; return; fi
  echo "$login" >"$private/why"
  ! refused || fail "$E_DUMP" "$1 refuses the login: $(why)"
}

as_sentinel() {
  local data_password=$sentinel_password
  local -A opt=([user]=${opt[sentinel-user]})
  "$@"
}

find_by_sentinel() {
  local name=${opt[master-name]} master names
  if [ -z "$name" ]; then
    names=$(as_sentinel ask_or_fail "$1" SENTINEL MASTERS | awk 'getline value > 0 && $0 == "name" {print value}')
    [ "$(wc -l <<<"$names")" = 1 ] && [ -n "$names" ] || usage_error "$1 watches several masters: choose by --master-name: $(tr '\n' ' ' <<<"$names")"
    name=$names
  fi
  master=$(as_sentinel ask_or_fail "$1" SENTINEL GET-MASTER-ADDR-BY-NAME "$name" | paste -sd:)
  [ -n "$master" ] || usage_error "the Sentinel $1 knows no master $name"
  info_of "$master" || fail "$E_RETRY" "the master $master of $name does not answer: $(why)"
  find_beside "$master"
}

# find_beside ADDRESS: of a master and its replicas, that the node at ADDRESS belongs to.
find_beside() {
  local master=$1 candidates=() line
  info_of "$1" || fail "$E_RETRY" "$1 does not answer: $(why)"
  if [ "${info[role]}" = slave ]; then
    candidates=("$1")
    master=${info[master_host]}:${info[master_port]}
    # Its siblings serve as well, as far as its master can tell us of them.
    info_of "$master" || info=()
  fi
  while IFS= read -r line; do
    [ "$line" = "${candidates[0]:-}" ] || candidates+=("$line")
  done < <(replicas_in_info)
  choose redis "$master" "${candidates[@]}"
}

# The addresses of the replicas that are on line, those of them first that have got most.
replicas_in_info() {
  local name
  for name in "${!info[@]}"; do
    [[ $name =~ ^slave[0-9]+$ && ${info[$name]} == *state=online* ]] || continue
    sed 's/^ip=\([^,]*\),port=\([^,]*\),.*offset=\([^,]*\),.*/\3 \1:\2/' <<<"${info[$name]}"
  done | sort -rn | cut -d' ' -f2
}

# find_in_cluster ADDRESS: a node of each shard. A shard has the number of its first slot for a name, which a failover does not change.
find_in_cluster() {
  local line id address flags master slot
  local -A master_of=() name_of=() replicas=()
  cluster_nodes=$(ask_or_fail "$1" CLUSTER NODES)
  [[ $(ask_or_fail "$1" CLUSTER INFO) == *cluster_state:ok* ]] || fail "$E_PREFLIGHT" "the Cluster is not whole: $1 says so in CLUSTER INFO"
  while read -r id address flags master _ _ _ _ slot _; do
    address=${address%%@*}
    case $flags in
      *fail* | *noaddr* | *handshake*) continue ;;
      *slave*) replicas[$master]+=" $address" ;;
      *) [[ ! $slot =~ ^[0-9] ]] || { master_of[$id]=$address; name_of[$id]=shard-${slot%%-*}; } ;;
    esac
  done <<<"$cluster_nodes"
  for id in "${!master_of[@]}"; do
    # shellcheck disable=SC2086  # a list of addresses
    choose "${name_of[$id]}" "${master_of[$id]}" ${replicas[$id]:-}
  done
}

# choose SHARD MASTER REPLICA...: the first replica that may be dumped, or with --allow-master the master.
choose() {
  local shard=$1 master=$2 address
  shift 2
  reasons=()
  for address in "$@"; do
    if suitable "$address" "$master"; then
      shards+=("$shard"$'\t'"$address")
      say "$shard: $address, a replica of $master"
      return
    fi
    reasons+=("$address $reason")
  done
  [ -n "${opt[allow-master]}" ] ||
    fail "$E_PREFLIGHT" "$shard: no replica of $master can be dumped${reasons:+: $(printf '%s; ' "${reasons[@]}")} (--allow-master takes the master)"
  info_of "$master" && [ "${info[role]}" = master ] && [ "${info[loading]}" = 0 ] || fail "$E_PREFLIGHT" "$shard: the master $master does not answer either"
  say "$shard: $master, the master, as no replica can be dumped"
  shards+=("$shard"$'\t'"$master")
}

# suitable REPLICA MASTER: otherwise `reason` says why not.
suitable() {
  local limit=${opt[max-lag]} offset end
  if ! info_of "$1"; then
    reason="does not answer: $(why)"
    ! refused || fail "$E_DUMP" "$1 refuses the login: $(why)"
    return 1
  fi
  reason="is ${info[role]:-unknown}"
  [ "${info[role]}" = slave ] || return 1
  reason='is loading or copying its data'
  [ "${info[loading]}" = 0 ] && [ "${info[master_sync_in_progress]}" = 0 ] || return 1
  reason='has lost its link to the master'
  [ "${info[master_link_status]}" = up ] || return 1
  reason="has heard nothing from the master for ${info[master_last_io_seconds_ago]} s"
  [ "${info[master_last_io_seconds_ago]}" -le "$limit" ] || return 1
  # How far it is behind in seconds no answer tells: what the master has now must have got there within the limit.
  if ! info_of "$2"; then
    say "the master $2 does not answer, so that the lag of $1 is known by its link only: $(why)"
    return 0
  fi
  offset=${info[master_repl_offset]}
  end=$((SECONDS + limit))
  reason="is more than $limit s behind"
  while info_of "$1"; do
    [ "${info[slave_repl_offset]:-0}" -lt "$offset" ] || return 0
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
  return 1
}
