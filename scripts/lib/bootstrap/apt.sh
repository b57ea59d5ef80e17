# shellcheck shell=bash
# Debian packages, source packages and unpacked packages for scripts/bootstrap. Sourced.

# Prints those of the packages named that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed" | sort -u)
}

update_package_lists() {
  # Within the hour the lists are fresh enough; without lists (a fresh image) or after a failed install they are not.
  if [ -z "$(find "$CACHE/.apt-updated" -mmin -60 2>/dev/null)" ] || ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
    apt-get -q update
    touch "$CACHE/.apt-updated"
  fi
}

# A package's own service must not start (a Redis on port 6379 would be in the stack's way): policy-rc.d is Debian's way to say so.
apt_install() {
  local policy=/usr/sbin/policy-rc.d
  update_package_lists
  if [ ! -e "$policy" ]; then
    # shellcheck disable=SC2064  # the path is known now
    trap "rm -f '$policy'" EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  # Another apt may hold dpkg's lock for a while (unattended upgrades).
  if ! DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"; then
    rm -f "$CACHE/.apt-updated"
    return 1
  fi
  keep_services_off "$@"
}

# Nor shall it start at the next boot: policy-rc.d only speaks for now. Called for packages that were not there before.
keep_services_off() {
  local package
  for package in "$@"; do
    case $package in prometheus | prometheus-alertmanager) update-rc.d "$package" disable ;; esac
  done
}

install_packages() {
  local missing=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "these packages are missing, and only root may install them: apt-get install ${missing[*]}"
  step "Debian packages (${#missing[@]})" apt_install "${missing[@]}"
}

# Prints `SUITE ADDRESS` of this release's archives (bookworm, bookworm-security ...) as apt is set up to reach them.
debian_archives() {
  local codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
  apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)' |
    awk -v own="$codename" '$1 == "Packages" && $3 == "main" && ($2 == own || index($2, own "-") == 1) {print $2, $4}' | sort -u
}

# private_apt deb|deb-src [RELEASE]: makes the array `private_options` for an apt that knows the archives of this release, or of another
# one, and nothing else: its lists and its state are in ./apt, so that the system's own set of sources stays. It checks the archive's
# signature and with it the sums of the files.
private_apt() {
  local kind=$1 release=${2:-} private=$PWD/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg archives
  archives=$(debian_archives)
  [ -n "$archives" ] || { echo "apt knows no archive of this Debian release"; return 1; }
  # The first is the release itself, and its mirror has the other releases too.
  [ -z "$release" ] || archives=$(head -n 1 <<<"$archives" | sed "s/^[^ ]*/$release/")
  mkdir -p "$private/lists/partial" "$private/archives/partial"
  sed "s|^\([^ ]*\) \(.*\)|$kind [signed-by=$keyring] \2 \1 main|" <<<"$archives" >"$private/sources.list"
  private_options=(-q -o "Dir::Etc::sourcelist=$private/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$private/lists" -o "Dir::Cache=$private" -o "Dir::Cache::archives=$private/archives" -o Acquire::Retries=3)
  apt-get "${private_options[@]}" update
}

# binary_packages RELEASE NAME...: unpacks the packages of a release, and all that they need, into ./root.
binary_packages() {
  local release=$1 package private_options=()
  shift
  private_apt deb "$release"
  : >apt/status # as if nothing were installed
  apt-get "${private_options[@]}" -o "Dir::State::status=$PWD/apt/status" -y --no-install-recommends --download-only install "$@"
  for package in apt/archives/*.deb; do dpkg-deb -x "$package" root; done
}

# source_package NAME [RELEASE]: unpacks the newest source package NAME, of this release or of another one, into ./NAME.
source_package() {
  local name=$1 release=${2:-} kind patch private_options=()
  private_apt deb-src "$release"
  # Without the .dsc, which only says again what the signed index says: a mirror was seen that misses one.
  for kind in tar diff; do apt-get "${private_options[@]}" source --download-only "--$kind-only" "$name"; done
  mkdir "$name"
  tar -xf "$name"_*.orig.tar.* -C "$name" --strip-components=1
  tar -xf "$name"_*.debian.tar.* -C "$name"
  while read -r patch _; do
    case $patch in '' | '#'*) continue ;; esac
    patch -d "$name" -p1 <"$name/debian/patches/$patch"
  done < <(cat "$name/debian/patches/series" 2>/dev/null)
}
