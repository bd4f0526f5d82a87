#!/usr/bin/env bash
# Proves the README's first commands where nothing is: in two bare Debian 12 systems made by debootstrap, one that shows the
# folder of the CUDA toolkit (if this machine has it) and one that does not. Each gets a clean clone of HEAD and runs the
# README's blocks as they stand. Wants root, debootstrap, git and a way to a Debian mirror; prints how the commands close.
#
#   tests/fresh.sh [seen|hidden]...     (both)
#
# CTF_FRESH_MIRROR: the mirror, else the first of this machine's sources. CTF_FRESH_DIR: where to work, else a new folder
# below ${TMPDIR:-/tmp}. CTF_FRESH_CUDA: the toolkit's folder.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cuda=${CTF_FRESH_CUDA:-/usr/local/cuda}
work=${CTF_FRESH_DIR:-}
if [ -z "$work" ]; then work=$(mktemp -d -t ctf-fresh.XXXXXX); fi

log=  # of what runs now; its end is shown if that fails
mounted=()
unmount_all() {
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; --i)); do
    umount "${mounted[i]}" 2>/dev/null || umount -l "${mounted[i]}" || true
  done
  mounted=()
}
finish() {
  local status=$?
  unmount_all
  # Nothing is removed through a mount that is still there: toolkit and /dev are this machine's own.
  if grep -q " $work/" /proc/mounts; then
    echo "fresh: still mounted below $work, left as it is" >&2
  elif [ "$status" = 0 ]; then
    rm -rf --one-file-system "$work"
  else
    if [ -f "$log" ]; then tail -n 40 "$log" >&2; fi
    echo "fresh: failed (exit status $status); the systems are left in $work" >&2
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

# Block number $1 of the README: runs of lines that are indented by four spaces.
readme_block() {
  awk -v want="$1" '
    /^    / { if (!inside) ++block; inside = 1; if (block == want) print substr($0, 5); next }
    { inside = 0 }' "$root/README.md"
}

try_system() {  # name, base
  local name=$1 system=$work/$1 first second
  echo "== $name: a bare Debian 12$(if [ "$name" = seen ]; then echo ", with $cuda"; fi)"
  cp -a "$2" "$system"
  bind /proc "$system/proc"
  bind /dev "$system/dev"
  bind /sys "$system/sys" ro
  if [ "$name" = seen ]; then
    if [ -d "$cuda" ]; then
      # Links of the toolkit's folder lead to its neighbours (/usr/local/cuda -> cuda-13.0), so the real folder goes in.
      bind "$(readlink -f "$cuda")" "$system/usr/local/cuda" ro
    else
      echo "fresh: this machine has no $cuda; 'seen' is as bare as 'hidden'"
    fi
  fi
  git clone -q --no-hardlinks "$root" "$system/srv/ctf"
  first=$(readme_block 1)
  second=$(readme_block 2)
  echo "+ $first"
  log=$work/$name-demo.log
  in_system "$system" "$first" >"$log" 2>&1
  grep -e '^-- CUDA' "$log"
  sed -n '/^build\/release\/bin\/ctfrun/,$p' "$log"
  echo "+ $second"
  log=$work/$name-check.log
  in_system "$system" "$second" >"$log" 2>&1
  sed -n '/tests passed,/,$p' "$log"
  unmount_all
}

# Nothing of this shell's environment goes in but the proxies.
in_system() {
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    ${SSL_CERT_FILE:+SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt} \
    chroot "$1" sh -c "cd /srv/ctf && $2"
}

if [ "$(id -u)" != 0 ]; then
  echo "fresh: debootstrap and chroot want root" >&2
  exit 2
fi
systems=("$@")
if [ $# = 0 ]; then systems=(seen hidden); fi
for name in "${systems[@]}"; do
  if [ "$name" != seen ] && [ "$name" != hidden ]; then
    echo "usage: tests/fresh.sh [seen|hidden]..." >&2
    exit 2
  fi
done
mkdir -p "$work"
echo "== debootstrap, $(mirror)"
log=$work/debootstrap.log
make_base "$work/base" "$(mirror)" >"$log" 2>&1
for name in "${systems[@]}"; do try_system "$name" "$work/base"; done
echo "== fresh: ${#systems[@]} bare systems, both commands in each"
