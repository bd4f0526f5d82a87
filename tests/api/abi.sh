#!/usr/bin/env bash
# The library's binary interface is the one described in libctf.abi, or has more functions: programs that were linked with
# it go on. Wants CTF_BUILD_DIR of a tree with debug information; without libabigail's tools it says so and is content,
# since tests/house/exports.sh compares the names at least.
#
#   tests/api/abi.sh [--renew]     writes the description anew, for a change that is meant
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$CTF_BUILD_DIR/lib/libctf.so
described=tests/api/libctf.abi
if ! command -v abidiff >/dev/null; then
  echo "abi: not compared, there is no abidiff (abigail-tools)"
  exit 0
fi
if [ "${1:-}" = --renew ]; then
  abidw --headers-dir include --drop-private-types --exported-interfaces-only --no-show-locs --no-corpus-path \
    --no-comp-dir-path "$library" >"$described"
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
code=0
abidiff --headers-dir1 include --headers-dir2 include --no-added-syms "$described" "$library" >"$out" || code=$?
if [ $code != 0 ]; then
  cat "$out"
  echo "abi: the interface has changed (abidiff: $code). If it is meant to: tests/api/abi.sh --renew"
  exit 1
fi
echo "abi: $(grep -c '<function-decl' "$described") functions as described"
