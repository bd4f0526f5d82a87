#!/usr/bin/env bash
# large_constant.sh DIM...: a constant of random floats of this shape, as content and as a list, through ctfrun and through
# the C API. What a parent process sees at most: as content 32 MiB of private memory, as a list 1.05 times the tensor and
# 16 MiB for the process itself (all of the 1.05 is the tensor's where it is a gigabyte). Copies are charged, and refused by
# the constant's name where they do not fit. Wants CTF_BUILD_DIR.
set -u
bin=$CTF_BUILD_DIR/bin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

tensor=4
for dim in "$@"; do tensor=$((tensor * dim)); done
process=$((16 << 20))
if [ "$tensor" -ge $((1 << 30)) ]; then process=0; fi

fail() {
  echo "FAIL: $*"
  failed=1
}

# measure NAME MOST COMMAND...: ends with 0, prints the sum of the values, and takes at most so many private bytes.
measure() {
  local name=$1 most=$2 private file
  shift 2
  "$bin/tests/peak_memory" "$@" >"$scratch/out" 2>"$scratch/err" || fail "$name: $(cat "$scratch/err")"
  read -r _ _ private _ file <<<"$(grep '^peak: ' "$scratch/err")"
  printf '%-18s tensor %d bytes: at most %d private (%d allowed), %d of files\n' "$name" "$tensor" "$private" "$most" "$file"
  grep '^Rss' "$scratch/out"
  [ "$private" -le "$most" ] || fail "$name: $private private bytes"
  awk -v got="$(grep -oE '[0-9.e+]+$' <<<"$(head -1 "$scratch/out")")" -v want="$(cat "$scratch/sum")" \
    'BEGIN { exit !(got > 0 && (got - want) ^ 2 < (want * 1e-5) ^ 2) }' || fail "$name: $(head -1 "$scratch/out"), wanted $(cat "$scratch/sum")"
}

for form in content list; do
  "$bin/tests/make_model" "$scratch/$form.pb" $form "$@" >"$scratch/sum"
  most=$((32 << 20))
  if [ $form = list ]; then most=$((tensor + tensor / 20 + process)); fi
  measure "$form, ctfrun" $most "$bin/ctfrun" "$scratch/$form.pb" -o sum
  measure "$form, C API" $most "$bin/tests/run_model" "$scratch/$form.pb" sum
  if [ $form = content ]; then
    measure "content, --copy" $((tensor + tensor / 20 + process)) "$bin/ctfrun" "$scratch/$form.pb" -o sum --copy
    "$bin/tests/peak_memory" "$bin/ctfrun" "$scratch/content.pb" -o sum --copy -m $((tensor / 2)) >"$scratch/out" 2>"$scratch/err"
    code=$?
    cat "$scratch/err"
    [ $code = 18 ] || fail "--copy with half of the memory: exit $code"
    [ ! -s "$scratch/out" ] || fail "--copy with half of the memory: $(cat "$scratch/out")"
    grep -qF "node 'constant' (Const)" "$scratch/err" || fail "the refusal does not name the constant"
    read -r _ _ private _ <<<"$(grep '^peak: ' "$scratch/err")"
    [ "$private" -le $((32 << 20)) ] || fail "refused, and took $private bytes"
    # mapped, the same memory is enough
    measure "content, half" $((32 << 20)) "$bin/ctfrun" "$scratch/content.pb" -o sum -m $((tensor / 2))
  fi
  rm "$scratch/$form.pb"
done
exit $failed
