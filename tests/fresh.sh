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
. "$(dirname "$0")/bookworm.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
cuda=${CTF_FRESH_CUDA:-/usr/local/cuda}
work=${CTF_FRESH_DIR:-$(mktemp -d -t ctf-fresh.XXXXXX)}

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
  in_system "$system" "cd /srv/ctf && $first" >"$log" 2>&1
  grep -e '^-- CUDA' "$log"
  sed -n '/^build\/release\/bin\/ctfrun/,$p' "$log"
  echo "+ $second"
  log=$work/$name-check.log
  in_system "$system" "cd /srv/ctf && $second" >"$log" 2>&1
  sed -n '/tests passed,/,$p' "$log"
  unmount_all
}

want_root
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
