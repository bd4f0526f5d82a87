#!/bin/sh
# Installs what cmake/debian-packages.txt lists and this machine lacks. Needs no network and no rights when all is there.
set -eu

list=$(dirname "$0")/debian-packages.txt
packages=$(sed -e 's/#.*//' "$list" | awk 'NF { print $1 }')

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "make deps: this is not Debian; install what matches:" $packages
  exit 0
fi
missing=
for package in $packages; do
  if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
    missing="$missing $package"
  fi
done
if [ -z "$missing" ]; then
  echo "make deps: all packages are installed"
  exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "make deps: run as root, or install sudo; missing:$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
echo "make deps: installing$missing"
install() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}
if ! install; then  # package lists that are absent or old
  $as_root apt-get update
  install
fi
