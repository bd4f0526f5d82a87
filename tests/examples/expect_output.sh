#!/usr/bin/env bash
# expect_output.sh EXPECTED PROGRAM [ARGUMENT...]: the program in CTF_BUILD_DIR/bin succeeds, says nothing on stderr, and
# writes exactly the bytes of the file EXPECTED, which lies beside this script.
set -u

expected=$(dirname "$0")/$1
program=$CTF_BUILD_DIR/bin/$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export TMPDIR=$out

"$program" "$@" >"$out/stdout" 2>"$out/stderr"
code=$?
if [ $code -ne 0 ] || [ -s "$out/stderr" ]; then
  echo "$program ended with $code and said:"
  cat "$out/stderr"
  exit 1
fi
cmp "$expected" "$out/stdout" || { diff "$expected" "$out/stdout"; exit 1; }
