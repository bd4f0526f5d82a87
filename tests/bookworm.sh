# Bare Debian 12 systems made by debootstrap: what tests/fresh.sh and tests/deb.sh share. Sourced; `work` is the folder where
# the systems are, which goes when the script succeeds. Wants root, debootstrap and a way to a Debian mirror.
#
# CTF_FRESH_MIRROR: the mirror, else the first of this machine's sources.

mounted=()
unmount_all() {
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; --i)); do
    umount "${mounted[i]}" 2>/dev/null || umount -l "${mounted[i]}" || true
  done
  mounted=()
}
log=  # of what runs now; its end is shown if that fails
finish() {
  local status=$?
  unmount_all
  # Nothing is removed through a mount that is still there: toolkit and /dev are this machine's own.
  if grep -q " $work/" /proc/mounts; then
    echo "$(basename "$0"): still mounted below $work, left as it is" >&2
  elif [ "$status" = 0 ]; then
    rm -rf --one-file-system "$work"
  else
    if [ -f "$log" ]; then tail -n 40 "$log" >&2; fi
    echo "$(basename "$0"): failed (exit status $status); the systems are left in $work" >&2
  fi
}
trap finish EXIT
trap 'exit 130' INT TERM

bind() {  # folder here, folder there, options
  mkdir -p "$2"
  mount --bind "$1" "$2"
  mounted+=("$2")
  if [ -n "${3:-}" ]; then mount -o "remount,bind,$3" "$2"; fi
}

# The first mirror of Debian among apt's sources, in either of their formats.
mirror() {
  local found=${CTF_FRESH_MIRROR:-}
  if [ -z "$found" ]; then
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
      awk '{ sub(/#.*/, ""); for (i = 1; i <= NF; ++i) if ($i ~ /^(https?|file):.*debian\/?$/) { print $i; exit } }') || true
  fi
  echo "${found:-http://deb.debian.org/debian}"
}

# The proxy that apt uses here, for debootstrap, which does not read apt's configuration.
proxy() { apt-config dump 2>/dev/null | sed -n 's/^Acquire::http::Proxy "\(.*\)";$/\1/p' | head -n 1; }

make_base() {
  local base=$1 url=$2 http_proxy_of_apt
  http_proxy_of_apt=$(proxy)
  if [ -n "$http_proxy_of_apt" ]; then export http_proxy=${http_proxy:-$http_proxy_of_apt}; fi
  # ca-certificates: the mirror may be https; git: "only apt and git are there"
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$base" "$url"

  # apt there asks whom apt here asks.
  rm -rf "$base/etc/apt/sources.list" "$base/etc/apt/sources.list.d"
  mkdir -p "$base/etc/apt/sources.list.d"
  if [ -n "${CTF_FRESH_MIRROR:-}" ]; then
    echo "deb $url bookworm main" >"$base/etc/apt/sources.list"
  else
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
      if [ -f "$file" ] && grep -q 'debian.*bookworm\|^Suites:.*bookworm' "$file"; then cp -L "$file" "$base$file"; fi
    done
    if ! grep -rqs . "$base/etc/apt/sources.list" "$base/etc/apt/sources.list.d"; then
      echo "deb $url bookworm main" >"$base/etc/apt/sources.list"
    fi
  fi
  local folder
  for folder in apt.conf.d auth.conf.d keyrings trusted.gpg.d; do
    if [ -d "/etc/apt/$folder" ]; then cp -rLn "/etc/apt/$folder/." "$base/etc/apt/$folder/" 2>/dev/null || true; fi
  done
  if [ -f /etc/apt/apt.conf ]; then cp -L /etc/apt/apt.conf "$base/etc/apt/apt.conf"; fi
  if [ -d /usr/share/keyrings ]; then cp -rLn /usr/share/keyrings/. "$base/usr/share/keyrings/"; fi
  cp -rL /etc/ssl/certs/. "$base/etc/ssl/certs/" 2>/dev/null || true
  if [ -d /usr/local/share/ca-certificates ]; then
    mkdir -p "$base/usr/local/share/ca-certificates"
    cp -rL /usr/local/share/ca-certificates/. "$base/usr/local/share/ca-certificates/"
  fi
  cp -L /etc/resolv.conf /etc/hosts "$base/etc/"
}

# Nothing of this shell's environment goes in but the proxies.
in_system() {
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    ${SSL_CERT_FILE:+SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt} \
    chroot "$1" sh -c "$2"
}

want_root() {
  if [ "$(id -u)" = 0 ]; then return; fi
  echo "$(basename "$0"): debootstrap and chroot want root" >&2
  exit 2
}
