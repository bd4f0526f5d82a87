#!/usr/bin/env bash
# expect_refusal.sh [--code CODE] EXPECTED TEXT PROGRAM [ARGUMENT...]: the program in CTF_BUILD_DIR/bin ends with CODE, by
# default 18, says one line on stderr, which holds TEXT (an extended regular expression), and writes exactly the bytes of
# the file EXPECTED.
set -u

wanted=18
if [ "$1" = --code ]; then
  wanted=$2
  shift 2
fi

expected=$(dirname "$0")/$1
text=$2
program=$CTF_BUILD_DIR/bin/$3
shift 3
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export TMPDIR=$out

"$program" "$@" >"$out/stdout" 2>"$out/stderr"
code=$?
cat "$out/stderr"
if [ $code -ne $wanted ]; then
  echo "$program ended with $code, not with $wanted"
  exit 1
fi
[ "$(wc -l <"$out/stderr")" = 1 ] || { echo "one sentence was wanted"; exit 1; }
grep -qE -- "$text" "$out/stderr" || { echo "the sentence does not hold '$text'"; exit 1; }
cmp "$expected" "$out/stdout" || { diff "$expected" "$out/stdout"; exit 1; }
