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
# and left ends with it. Folders are mounted by BIND, lines of FROM:TO (read-only with :ro at the end).
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
    while IFS= read -r pair; do
      [ -n "$pair" ] || continue
      from=${pair%%:*} rest=${pair#*:}
      to=${rest%%:*}
      mkdir -p "$root$to"
      mount --bind "$from" "$root$to"
      case $rest in *:ro) mount -o remount,bind,ro "$root$to" ;; esac
    done <<<"$BIND"
    unset BIND
    # No exec: a program that finds itself to be process 1 takes itself for the init, as systemd-analyze does, and warns in the kernel log.
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" || exit $?
  ' in_root "$root" "$@"
}

# boot_root FOLDER: its systemd as process 1 of namespaces of its own, until it is powered off, at most 20 minutes. The network stays
# this machine's; its kernel's settings can't be changed from in there, nor its clock and modules.
boot_root() {
  local root=$1 hierarchy group
  hierarchy=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
  [ -n "$hierarchy" ] || { echo "a systemd needs cgroup2, which is not mounted here" >&2; return 1; }
  group=$hierarchy/replicawatch-root-$BASHPID
  mkdir "$group"
  # shellcheck disable=SC2064  # the folder is known now
  trap "end_group '$group'" EXIT
  trap 'exit 1' TERM INT HUP
  # shellcheck disable=SC2016  # for the shells inside
  bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' in_group "$group" timeout --kill-after=5 1200 \
    unshare --mount --pid --cgroup --ipc --uts --fork --kill-child --propagation private bash -c '
      set -e
      cd "$1"
      mount --bind . .
      cd "$1"
      mount -t proc proc proc
      mount --bind proc/sys proc/sys
      mount -o remount,bind,ro proc/sys
      mount -t sysfs -o ro sysfs sys
      mount -t cgroup2 cgroup2 sys/fs/cgroup
      for folder in run dev; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
      for device in null zero full random urandom tty; do
        touch "dev/$device"
        mount --bind "/dev/$device" "dev/$device"
      done
      ln -s /proc/self/fd dev/fd
      ln -s pts/ptmx dev/ptmx # without it systemd makes no private devices
      mkdir dev/pts dev/shm .machine
      pivot_root . .machine
      # Shared, as where systemd makes the mounts itself: else services do not see their credentials.
      exec chroot . sh -ec "
        umount -l /.machine
        rmdir /.machine
        mount --make-rshared /
        exec env -i container=replicawatch PATH=/usr/sbin:/usr/bin:/sbin:/bin \
          setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-syslog /lib/systemd/systemd --system"
    ' boot_root "$root" &
  # In the background: a shell that waits for a command hears no signal.
  wait $!
}

# end_group FOLDER: ends what is left of a control group, and removes it.
end_group() {
  local group=$1
  echo 1 >"$group/cgroup.kill" 2>/dev/null || true
  for _ in 1 2 3 4 5; do
    ! find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || break
    sleep 1
  done
}

# in_booted PID COMMAND...: runs it beside the systemd that is process PID of this machine.
in_booted() {
  local pid=$1
  shift
  # The number may be another process's by now, and what is run here would be run on this machine itself.
  [ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink /proc/self/ns/pid)" ] || { echo "process $pid is of no root" >&2; return 1; }
  nsenter --target "$pid" --mount --pid --cgroup --ipc --uts --root --wdns=/ env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
