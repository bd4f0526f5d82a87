#!/usr/bin/env bash
# A million runs of one session: what is printed, and the process holds no more after the last one than after 1,000. Below
# sanitizers (CTF_SANITIZE), whose own memory grows, only what is printed.
set -u
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$CTF_BUILD_DIR/bin/run_loop" >"$out/stdout" 2>"$out/stderr" || { cat "$out/stderr"; exit 1; }
if [ "$(cat "$out/stdout")" != '1000000 runs, result [1. 2. 3. 4. 5.]' ]; then
  cat "$out/stdout"
  exit 1
fi
read -r early late < <(sed -nE 's/.*: ([0-9]+) KiB after 1000 runs, ([0-9]+) KiB after 1000000$/\1 \2/p' "$out/stderr")
if [ -z "${late:-}" ]; then
  echo "run_loop does not say what it holds:"
  cat "$out/stderr"
  exit 1
fi
if [ -z "${CTF_SANITIZE:-}" ] && [ "$late" -gt "$early" ]; then
  echo "$early KiB after 1000 runs, $late KiB after 1000000"
  exit 1
fi
