# shellcheck shell=bash
# Clean Debian roots: made once by debootstrap, unpacked for each use, entered with namespaces of their own. Sourced; needs CACHE, and root.

codename_of() {
  case $1 in
    12) echo bookworm ;;
    13) echo trixie ;;
    *) echo "there are no packages for Debian $1, only for 12 and 13" >&2; return 1 ;;
  esac
}

# Where apt gets this release from is where the other one is.
debian_mirror() { debian_archives | awk '$1 !~ /-/ {print $2; exit}'; }
security_mirror() { debian_archives | awk '$1 ~ /-security$/ {print $2; exit}'; }

# root_tar RELEASE: prints the path of its tar, after making it where it is missing.
root_tar() {
  local release=$1 codename tar=$CACHE/root-debian$1.tar folder
  if [ ! -e "$tar" ]; then
    codename=$(codename_of "$release")
    folder=$(mktemp -d)
    echo "packages: a clean root of Debian $release, by debootstrap" >&2
    debootstrap --variant=minbase --include=ca-certificates "$codename" "$folder/root" "$(debian_mirror)" >"$folder/log" 2>&1 ||
      { tail -n 20 "$folder/log" >&2; rm -rf "$folder"; return 1; }
    tar -C "$folder/root" --exclude='./var/cache/apt/archives/*.deb' -cf "$tar.part" .
    mv "$tar.part" "$tar"
    rm -rf "$folder"
  fi
  echo "$tar"
}

# make_root RELEASE FOLDER: a root with apt set up as on this machine; no service is started in it.
make_root() {
  local release=$1 root=$2 tar codename
  tar=$(root_tar "$release")
  codename=$(codename_of "$release")
  mkdir -p "$root"
  tar -C "$root" -xf "$tar"
  {
    echo "deb $(debian_mirror) $codename main"
    [ -z "$(security_mirror)" ] || echo "deb $(security_mirror) $codename-security main"
  } >"$root/etc/apt/sources.list"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
}

# in_root FOLDER COMMAND...: runs it there, with processes and mounts of its own and this machine's network. What it has started
# and left ends with it. Folders are mounted by BIND="FROM:TO ..." (read-only with :ro at the end).
in_root() {
  local root=$1
  shift
  # shellcheck disable=SC2016  # for the shell inside
  BIND=${BIND:-} unshare --mount --pid --fork --kill-child --propagation private bash -c '
    set -e
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    for pair in $BIND; do
      from=${pair%%:*} rest=${pair#*:}
      to=${rest%%:*}
      mkdir -p "$root$to"
      mount --bind "$from" "$root$to"
      case $rest in *:ro) mount -o remount,bind,ro "$root$to" ;; esac
    done
    unset BIND
    # No exec: a program that finds itself to be process 1 takes itself for the init, as systemd-analyze does, and warns in the kernel log.
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" || exit $?
  ' in_root "$root" "$@"
}
