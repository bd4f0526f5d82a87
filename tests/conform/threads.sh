#!/usr/bin/env bash
# threads.sh <ctfconform> <argument>...: the same cases pass with 1, 2 and 7 threads, and without passes, and between the
# thread counts what they give is equal to the bit.
set -euo pipefail
folder=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A line a case: what became of it, its name, and the digest if it passed. Failures alone are no reason to stop.
cases() { "$folder/with_corpora.sh" "$@" --bits --allow-failures | grep -E '^(PASS|FAIL|SKIP|CRASH) ' | LC_ALL=C sort; }

status=0
"$folder/with_corpora.sh" "$1" --help >/dev/null || status=$?
if [ "$status" = 77 ]; then exit 77; fi
cases "$@" --threads 1 >"$scratch/1"
for threads in 2 7; do
  cases "$@" --threads "$threads" >"$scratch/$threads"
  if ! diff "$scratch/1" "$scratch/$threads" >"$scratch/differ"; then
    echo "threads: 1 (<) and $threads (>) give different bits:"
    head -n 40 "$scratch/differ"
    exit 1
  fi
done
passed() { sed -n 's/^PASS \(.*\): [0-9a-f]*$/\1/p' "$1"; }
CTF_PASSES=none cases "$@" >"$scratch/none"
if ! diff <(passed "$scratch/1") <(passed "$scratch/none") >"$scratch/differ"; then
  echo "threads: with passes (<) and without (>) other cases pass:"
  head -n 40 "$scratch/differ"
  exit 1
fi
count=$(passed "$scratch/1" | wc -l)
if [ "$count" = 0 ]; then
  echo "threads: no case passes"
  exit 1
fi
echo "threads: $count cases pass with 1, 2 and 7 threads, with the same bits, and without passes"
