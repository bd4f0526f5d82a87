#!/usr/bin/env bash
# tests/api/drop_in.c, built with nothing but the public headers and libctf.so, prints tests/api/drop_in.txt, which is what
# it prints with TensorFlow. The arguments are the program and that text. Wants CTF_BUILD_DIR; CC is taken from the
# environment, CTF_SANITIZE says what the library was built with.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-std=c11 -Wall -Wextra -Wpedantic -Werror -I../../include)
if [ -n "${CTF_SANITIZE:-}" ]; then flags+=("-fsanitize=$CTF_SANITIZE"); fi
"${CC:-cc}" "${flags[@]}" "$1" -o "$out/drop_in" "-L$CTF_BUILD_DIR/lib" -lctf "-Wl,-rpath,$CTF_BUILD_DIR/lib"
"$out/drop_in" >"$out/got"
diff "$2" "$out/got"
echo "drop_in: $(wc -l <"$out/got") lines as with TensorFlow"
