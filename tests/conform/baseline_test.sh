#!/usr/bin/env bash
# baseline.sh notices what is lowered, and takes a reason only if it is a new one.
set -euo pipefail
if ! command -v git >/dev/null; then
  echo "baseline_test: skipped, there is no git"
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/tests/conform"
cp tests/conform/baseline.sh "$scratch/tests/conform/"
cd "$scratch"

expect() {  # exit status, a line of the output
  local status=0 output
  output=$(tests/conform/baseline.sh 2>&1) || status=$?
  if [ "$status" != "$1" ] || ! grep -qF -- "$2" <<<"$output"; then
    printf 'line %s: wanted %s and "%s", got %s:\n%s\n' "${BASH_LINENO[0]}" "$1" "$2" "$status" "$output"
    exit 1
  fi
}
rows() { printf '# op\tpasses\treason\n%b' "$1" >tests/conform/baseline.tsv; }
commit() { git add -A && git -c user.name=test -c user.email=test@localhost commit -qm "$1"; }

git init -q .
rows 'Add\t3\nMul\t5\n'
expect 0 'has none to compare with'
commit first
rows 'Add\t2\nMul\t6\n'
expect 1 'Add: 3 before, 2 now'  # not yet committed
commit second
expect 1 'Add: 3 before, 2 now'
rows 'Mul\t6\n'
expect 1 'Add: 2 before, 0 now'  # a row that is gone
rows 'Add\t2\ta case was wrong\nMul\t6\n'
expect 0 'now 8 passes over 2 ops'
commit third
rows 'Add\t1\ta case was wrong\nMul\t6\n'
commit fourth
expect 1 'Add: 2 before, 1 now'  # the old reason is no reason
rows 'Add\t1\tanother case was wrong\nMul\t6\n'
git add -A && git -c user.name=test -c user.email=test@localhost commit -q --amend -m fourth
expect 0 'now 7 passes over 2 ops'
echo "baseline_test: ok"
