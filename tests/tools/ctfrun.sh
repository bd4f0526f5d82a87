# Shared by the tests of ctfrun: each sources it, holds the command against what it should do, and ends with `finish`.
set -u
ctfrun=$(realpath "$CTF_BUILD_DIR/bin/ctfrun")
models=examples/models
arrays=tests/fixtures/arrays
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
count=0
skipped=
while read -r variable; do unset "$variable"; done < <(compgen -e CTF_ | grep -vE '^CTF_(BUILD_DIR|GENERATED_DIR|SHARED|TEST_LIBRARY|ISA|SIM_DEVICES|MEMORY_BUDGET)$')

miss() {  # what is wrong
  failed=$((failed + 1))
  echo "FAIL: $1"
  echo "  exit $got; stdout:"
  head -c 2000 "$scratch/out" | sed 's/^/  | /'
  echo "  stderr:"
  head -c 2000 "$scratch/err" | sed 's/^/  | /'
}

# run CODE ARGUMENT...: the command's exit status; what it says is looked at by `says` and `complains`
run() {
  local code=$1
  shift
  last="ctfrun $*"
  "$ctfrun" "$@" >"$scratch/out" 2>"$scratch/err"
  got=$?
  count=$((count + 1))
  [ "$got" = "$code" ] || miss "$last; want exit $code"
}

# expect CODE STDOUT ARGUMENT...: and all that it prints
expect() {
  local want=$2
  run "$1" "${@:3}"
  [ "$(cat "$scratch/out")" = "$want" ] || miss "$last; want '$want'"
}

says() {  # a regular expression that a line of the last stdout matches
  count=$((count + 1))
  grep -qE -- "$1" "$scratch/out" || miss "$last; stdout does not say '$1'"
}

complains() {  # a text that the last stderr holds
  count=$((count + 1))
  grep -qF -- "$1" "$scratch/err" || miss "$last; stderr does not say '$1'"
}

is() {  # got want what
  count=$((count + 1))
  if [ "$1" != "$2" ]; then
    failed=$((failed + 1))
    printf 'FAIL: %s\n  got  %s\n  want %s\n' "$3" "$1" "$2"
  fi
}

skip() {  # what, why
  echo "SKIP: $1: $2"
  skipped="$skipped $1"
}

finish() {
  echo "$((count - failed)) passed, $failed failed${skipped:+, skipped:$skipped}"
  [ "$failed" -eq 0 ]
  exit
}

# A node of a graph in text: node NAME OP [INPUT...] [-- ATTRIBUTE...]; attributes as 'T type DT_FLOAT', 'n i 3'
node() {
  local name=$1 op=$2
  shift 2
  printf 'node {\n  name: "%s"\n  op: "%s"\n' "$name" "$op"
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    printf '  input: "%s"\n' "$1"
    shift
  done
  if [ $# -gt 0 ]; then shift; fi
  for attribute in "$@"; do
    set -- $attribute
    printf '  attr { key: "%s" value { %s: %s } }\n' "$1" "$2" "${*:3}"
  done
  printf '}\n'
}
