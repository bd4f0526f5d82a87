#!/usr/bin/env bash
# The wrappers of include/ctf/ compile without a warning, as C11 and as C++17, and do what they say. The arguments are the
# two programs. Wants CTF_BUILD_DIR; CC and CXX are taken from the environment, CTF_SANITIZE says what the library was
# built with.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-Wall -Wextra -Wpedantic -Werror -Iinclude)
if [ -n "${CTF_SANITIZE:-}" ]; then flags+=("-fsanitize=$CTF_SANITIZE"); fi
link=("-L$CTF_BUILD_DIR/lib" -lctf "-Wl,-rpath,$CTF_BUILD_DIR/lib")

expect() {  # name, what it prints
  local got
  got=$("$out/$1")
  if [ "$got" != "$2" ]; then
    printf '%s: wanted\n%s\ngot\n%s\n' "$1" "$2" "$got"
    exit 1
  fi
}

"${CC:-cc}" -std=c11 "${flags[@]}" "tests/api/$1" -o "$out/scoped" "${link[@]}"
"${CXX:-c++}" -std=c++17 "${flags[@]}" "tests/api/$2" -o "$out/wrapper" "${link[@]}"
expect scoped $'0 nothing\n1 nothing\n2 nothing\n3 a tensor\nas before'
expect wrapper $'2 4 1 7\n4'
