#!/usr/bin/env bash
# The library installs into a folder, from where programs find it by pkg-config (as ctf and as tensorflow) and a CMake
# project by find_package; all of them run. Wants CTF_BUILD_DIR of a built tree; CC is taken from the environment,
# CTF_SANITIZE says what the library was built with.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-std=c11 -Wall -Wextra -Wpedantic -Werror)
if [ -n "${CTF_SANITIZE:-}" ]; then flags+=("-fsanitize=$CTF_SANITIZE"); fi

cat >"$out/program.c" <<'EOT'
#include <stdio.h>
#include <tensorflow/c/c_api.h>
int main(void) {
  TF_Graph* graph = TF_NewGraph();
  printf("%s %d\n", TF_Version(), graph != NULL);
  TF_DeleteGraph(graph);
  return 0;
}
EOT
expect() {  # program
  local got
  got=$("$1")
  if [ "$got" != "2.21.0 1" ]; then
    echo "$1 printed: $got"
    exit 1
  fi
}

cmake --install "$CTF_BUILD_DIR" --prefix "$out/root" >/dev/null
libdir=$(dirname "$(find "$out/root" -name libctf.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir
# shellcheck disable=SC2046
"${CC:-cc}" "${flags[@]}" "$out/program.c" -o "$out/by_ctf" $(pkg-config --cflags --libs ctf)
expect "$out/by_ctf"

if [ -f "$PKG_CONFIG_PATH/tensorflow.pc" ]; then
  test -e "$libdir/libtensorflow.so.2" && test -e "$libdir/libtensorflow_framework.so.2"
  # shellcheck disable=SC2046
  "${CC:-cc}" "${flags[@]}" "$out/program.c" -o "$out/by_tensorflow" $(pkg-config --cflags --libs tensorflow)
  expect "$out/by_tensorflow"
  # A program that was linked with TensorFlow, of which there need be nothing but the name.
  printf 'void %s(void) {}\n' TF_Version TF_NewGraph TF_DeleteGraph |
    "${CC:-cc}" -shared -fPIC -x c - -Wl,-soname,libtensorflow.so.2 -o "$out/libtensorflow.so"
  "${CC:-cc}" "${flags[@]}" "$out/program.c" -o "$out/foreign" -I"$out/root/include" -L"$out" -ltensorflow
  expect "$out/foreign"
  # Names without versions, as TensorFlow's have none.
  if readelf --dyn-syms -W "$libdir/libctf.so" | grep -E ' TF_[A-Za-z]+@'; then
    echo "the library's symbols have versions"
    exit 1
  fi
fi

mkdir "$out/project"
cat >"$out/project/CMakeLists.txt" <<'EOT'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(ctf 0.1 REQUIRED)
add_executable(user ../program.c)
target_link_libraries(user PRIVATE ctf::ctf)
EOT
cmake -S "$out/project" -B "$out/project/build" -DCMAKE_PREFIX_PATH="$out/root" -DCMAKE_C_COMPILER="${CC:-cc}" \
  ${CTF_SANITIZE:+-DCMAKE_C_FLAGS=-fsanitize=$CTF_SANITIZE} >/dev/null
cmake --build "$out/project/build" >/dev/null
expect "$out/project/build/user"
echo "install: ok"
