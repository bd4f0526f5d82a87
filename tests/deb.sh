#!/usr/bin/env bash
# The .deb of a built tree in a bare Debian 12: it installs with what it says it needs, programs link against it as ctf and
# as tensorflow, a CMake project finds it, ctfrun answers; removed, it leaves nothing. Wants what tests/bookworm.sh wants and
# CTF_BUILD_DIR, a tree configured with -DCTF_INSTALL_LIBTENSORFLOW=ON.
#
# CTF_FRESH_DIR: where to work, else a new folder below ${TMPDIR:-/tmp}.
set -euo pipefail
work=${CTF_FRESH_DIR:-$(mktemp -d -t ctf-deb.XXXXXX)}
. "$(dirname "$0")/bookworm.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
want_root
mkdir -p "$work"

echo "== package"
log=$work/cpack.log
cpack -G DEB --config "$CTF_BUILD_DIR/CPackConfig.cmake" -B "$work/package" >"$log" 2>&1
deb=$(ls "$work"/package/*.deb)
dpkg-deb --info "$deb" | sed -n 's/^ \(Package\|Version\|Depends\|Installed-Size\)/\1/p'

echo "== debootstrap, $(mirror)"
log=$work/debootstrap.log
system=$work/system
make_base "$system" "$(mirror)" >"$log" 2>&1
bind /proc "$system/proc"
bind /dev "$system/dev"

# Paths and kinds of all that is there but what the system itself keeps of packages.
files() {
  in_system "$system" "find / -xdev \\( -path /proc -o -path /dev -o -path /srv -o -path /tmp -o -path /var \\) -prune -o -printf '%p %y\\n' |
    grep -v '^/etc/ld.so.cache \|__pycache__' | LC_ALL=C sort"
}

log=$work/tools.log
in_system "$system" "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
  gcc libc6-dev cmake make pkg-config" >"$log" 2>&1
files >"$work/before"

echo "== install"
mkdir -p "$system/srv/user"
cp "$deb" "$system/srv/ctf.deb"
cp "$root/examples/models/digits.pb" "$root/examples/models/seven.png" "$system/srv/user/"
cat >"$system/srv/user/program.c" <<'EOT'
#include <stdio.h>
#include <tensorflow/c/c_api.h>
int main(void) {
  TF_Graph* graph = TF_NewGraph();
  printf("%s %d\n", TF_Version(), graph != NULL);
  TF_DeleteGraph(graph);
  return 0;
}
EOT
cat >"$system/srv/user/CMakeLists.txt" <<'EOT'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(ctf 0.1 REQUIRED)
add_executable(by_cmake program.c)
target_link_libraries(by_cmake PRIVATE ctf::ctf)
EOT
log=$work/install.log
in_system "$system" "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /srv/ctf.deb" >"$log" 2>&1
in_system "$system" "dpkg -L ctf" >"$work/listed"
log=$work/use.log
expect() {  # what, wanted, command
  local got
  got=$(in_system "$system" "cd /srv/user && $3" 2>"$log")
  echo "$1: $got"
  [ "$got" = "$2" ]
}
expect "pkg-config ctf" "2.21.0 1" 'cc program.c -o by_ctf $(pkg-config --cflags --libs ctf) && ./by_ctf'
expect "pkg-config tensorflow" "2.21.0 1" 'cc program.c -o by_tensorflow $(pkg-config --cflags --libs tensorflow) && ./by_tensorflow'
expect "find_package" "2.21.0 1" 'cmake -S . -B build >/dev/null && cmake --build build >/dev/null && build/by_cmake'
expect "ctfrun" "[7]" 'ctfrun digits.pb -i image=@seven.png | sed -n 2p'

echo "== remove"
log=$work/remove.log
in_system "$system" "DEBIAN_FRONTEND=noninteractive apt-get purge -y --autoremove ctf" >"$log" 2>&1
files >"$work/after"
if ! diff "$work/before" "$work/after"; then
  echo "the package left this behind, or took this with it" >&2
  exit 1
fi
if in_system "$system" /srv/user/by_ctf >"$log" 2>&1; then
  echo "a program still finds the library" >&2
  exit 1
fi
unmount_all
echo "deb: $(wc -l <"$work/listed") paths came and went"
