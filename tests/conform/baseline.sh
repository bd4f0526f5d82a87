#!/usr/bin/env bash
# Passes per op may only grow: tests/conform/baseline.tsv (written by `ctfconform --write-baseline`) has at least the passes
# of the parent commit's, or, in the third column of a lowered row, a reason that was not there before. With changes to it
# that are not committed yet, the parent is the last commit. CTF_BASELINE_PARENT names another.
set -euo pipefail
cd "$(dirname "$0")/../.."
baseline=tests/conform/baseline.tsv

parent=HEAD~1
if ! git diff --quiet HEAD -- "$baseline" 2>/dev/null; then parent=HEAD; fi
parent=${CTF_BASELINE_PARENT:-$parent}
before=$(mktemp)
trap 'rm -f "$before"' EXIT
if ! git show "$parent:$baseline" >"$before" 2>/dev/null; then
  echo "baseline: $parent has none to compare with"
  exit 0
fi

sum() { awk -F'\t' '!/^#/ { total += $2; if ($2 > 0) ++ops } END { printf "%d passes over %d ops\n", total, ops }'; }
lowered=$(awk -F'\t' '
  FNR == 1 { ++file }
  /^#/ || NF < 2 { next }
  file == 1 { before[$1] = $2; old_reason[$1] = $3; next }
  { now[$1] = $2; if ($3 != "" && $3 != old_reason[$1]) excused[$1] = 1 }
  END {
    for (op in before)
      if (now[op] + 0 < before[op] + 0 && !(op in excused)) print "  " op ": " before[op] " before, " now[op] + 0 " now"
  }' "$before" "$baseline" | sort)
if [ -n "$lowered" ]; then
  echo "baseline: lowered since $parent, without a new reason in the third column:"
  echo "$lowered"
  exit 1
fi
echo "baseline: $parent $(sum <"$before"); now $(sum <"$baseline")"
