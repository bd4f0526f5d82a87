#!/usr/bin/env bash
# expect_output.sh [--numbers] EXPECTED PROGRAM [ARGUMENT...]: the program in CTF_BUILD_DIR/bin succeeds, says nothing on
# stderr, and writes exactly the bytes of the file EXPECTED, which lies beside this script. With --numbers versions of
# three numbers, "1.4.1", are there as V.
set -u

numbers=no
if [ "$1" = --numbers ]; then
  numbers=yes
  shift
fi

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
if [ $numbers = yes ]; then sed -i -E 's/\b[0-9]+\.[0-9]+\.[0-9]+\b/V/' "$out/stdout"; fi
cmp "$expected" "$out/stdout" || { diff "$expected" "$out/stdout"; exit 1; }
