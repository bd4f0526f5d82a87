#!/usr/bin/env bash
# ctfrun from outside: what it prints, byte for byte, and how it exits. The layouts of arrays are numpy's own, recorded.
set -u
ctfrun=$CTF_BUILD_DIR/bin/ctfrun
models=examples/models
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
count=0

# expect CODE STDOUT ARGUMENT...
expect() {
  local code=$1 want=$2
  shift 2
  "$ctfrun" "$@" >"$scratch/out" 2>"$scratch/err"
  local got=$?
  count=$((count + 1))
  if [ "$got" != "$code" ] || [ "$(cat "$scratch/out")" != "$want" ]; then
    echo "FAIL: ctfrun $*"
    echo "  exit $got, want $code; stdout:"
    sed 's/^/  | /' "$scratch/out"
    echo "  want:"
    sed 's/^/  | /' <<<"$want"
    sed 's/^/  stderr: /' "$scratch/err"
    failed=$((failed + 1))
  fi
}

# complains TEXT: the last command's stderr holds it
complains() {
  count=$((count + 1))
  grep -qF -- "$1" "$scratch/err" && return
  echo "FAIL: stderr does not say '$1':"
  sed 's/^/  | /' "$scratch/err"
  failed=$((failed + 1))
}

# layout LITERAL WANT: a float array through mul.pb, times 1
layout() { expect 0 "mul:0 = float32 $1"$'\n'"$3" $models/mul.pb -i "a=$2" -i b=1; }

expect 0 'mul:0 = 12.0' $models/mul.pb -i a=3 -i b=4
expect 0 'mul:0 = 12.0' run $models/mul.pb --feed a=3 --feed b:0=f32:4
expect 0 'mul:0 = 12.0' $models/mul.pb -i a=3 -i b=4 -n 5 --passes none -d sim:0
expect 0 '' $models/mul.pb -i a=3 -i b=4 -q
expect 0 '' $models/mul.pb -i a=3 -i b=4 -o mul=
layout '[3]' '[1,2.5,3]' '[1.  2.5 3. ]'
layout '[2]' '[1e-5,1]' '[1.e-05 1.e+00]'
layout '[2,2]' '[[1,2],[3,4]]' $'[[1. 2.]\n [3. 4.]]'
layout '[2]' '[0.1,123456.7]' '[1.000000e-01 1.234567e+05]'
layout '[3]' '[nan,1,inf]' '[nan  1. inf]'
layout '[2]' '[-inf,2]' '[-inf   2.]'
layout '[0]' '[]' '[]'
layout '[2]' '[0.333333333,2]' '[0.33333334 2.        ]'
layout '[2,2]' '[[1.5,22.25],[-3,1000]]' $'[[   1.5    22.25]\n [  -3.   1000.  ]]'
layout '[1]' '[0.0001]' '[0.0001]'
layout '[1]' '[0.00009]' '[9.e-05]'
layout '[2,2,1]' '[[[1],[2]],[[3],[4]]]' $'[[[1.]\n  [2.]]\n\n [[3.]\n  [4.]]]'
layout '[2000]' 'f32[2000]:range' '[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]'
layout '[12]' '[1.1,2.2,3.3,4.4,5.5,6.6,7.7,8.8,9.9,10.10001,11.11,12.5]' \
  $'[ 1.1      2.2      3.3      4.4      5.5      6.6      7.7      8.8\n  9.9     10.10001 11.11    12.5    ]'

expect 0 $'class:0 = int64 [1]\n[7]' $models/digits.pb -i image=@$models/seven.png -o class
"$ctfrun" $models/mul.pb -i 'a=[[1,2],[3,4]]' -i b=2 -o "mul=@$scratch/m.npy" || failed=$((failed + 1))
layout '[2,2]' "@$scratch/m.npy" $'[[2. 4.]\n [6. 8.]]'
printf '\0\0\200\77\0\0\0\100' >"$scratch/two.raw"  # 1 and 2 as little-endian floats
layout '[2]' "f32[2]:@$scratch/two.raw" '[1. 2.]'

# JSON: the measured peak varies, the rest does not.
"$ctfrun" $models/mul.pb -i a=3 -i b=4 --json | sed 's/"budget":[0-9a-z]*/"budget":B/; s/"measured_peak":[0-9]*/"measured_peak":P/; s/"versions":.*/V/' \
  >"$scratch/json"
count=$((count + 1))
want='{"schema":"ctfrun/1","model":"examples/models/mul.pb","ok":true,"outputs":{"mul:0":{"dtype":"float32","shape":[],"data":12.0}},"memory":{"cpu:0":{"budget":B,"measured_peak":P}},V'
if [ "$(cat "$scratch/json")" != "$want" ]; then
  echo "FAIL: --json prints"
  cat "$scratch/json"
  failed=$((failed + 1))
fi

expect 2 '' $models/mul.pb
complains 'needs 2 inputs that were not given'
complains 'try: ctfrun examples/models/mul.pb -i a=VALUE'
expect 2 '' $models/mul.pb --no-such-option
expect 2 '' $models/mul.pb -i a=3 -i b=four
complains 'feed "b"'
expect 2 '' $models/mul.pb -i 'a=[1,[2]]' -i b=1
complains 'not equally deep'
expect 2 '' $models/mul.pb -i a=i32:3 -i b=1
complains 'the value says int32, the graph needs float32'
expect 3 '' no/such/model.pb
complains 'no/such/model.pb cannot be read'
expect 3 '' examples
complains 'examples is a directory'
expect 3 '' /dev/null
complains '/dev/null is a device'
mkfifo "$scratch/pipe"
expect 3 '' "$scratch/pipe"
complains 'is a pipe'
expect 0 'mul:0 = 12.0' $models/mul.pb --copy -i a=3 -i b=4
expect 13 '' $models/mul.pb -i 'a=[1,2]' -i 'b=[1,2,3]'
complains 'Dimensions must be equal, but are 2 and 3'
expect 13 '' $models/mul.pb -i a=1 -i b=1 -d gpu:7
expect 13 '' $models/digits.pb -i image=u8[1,8,9,1]:zeros
complains 'dimension 2 must be 8'
expect 13 '' README.md -i a=1
complains 'Invalid GraphDef'
expect 15 '' $models/mul.pb -i c=1
complains 'has no node of this name'
expect 18 '' $models/mul.pb -i 'a=f32[1000000]:ones' -i b=1 -m 6M
complains "node 'mul' (Mul): with its result f32[1000000] the run on"
expect 18 '{"schema":"ctfrun/1","ok":false,"error":{"code":"RESOURCE_EXHAUSTED","exit":18,"message":"feed \"a\": its tensor does not fit the memory budget; use -m to raise it or feed less"}}' \
  $models/mul.pb -i 'a=f32[1000000]:ones' -i b=1 -m 2M --json

"$ctfrun" plan $models/digits.pb --fill zeros --dim 0=3 --explain >"$scratch/plan" || failed=$((failed + 1))
count=$((count + 1))
if ! grep -q '^examples/models/digits.pb: fits: cpu:0 needs ' "$scratch/plan" ||
  ! grep -q '^at step 5 of 14 (Conv2D "conv2/conv"):$' "$scratch/plan" || ! grep -q '^exact: ' "$scratch/plan" ||
  ! grep -q 'Softmax "probabilities"' "$scratch/plan"; then
  echo "FAIL: plan prints"
  cat "$scratch/plan"
  failed=$((failed + 1))
fi
"$ctfrun" show $models/digits.pb >"$scratch/show" || failed=$((failed + 1))
count=$((count + 1))
if ! grep -q '^input    image:0   uint8 \[?,8,8,1\]$' "$scratch/show" || ! grep -q '^output   probabilities:0   float32' "$scratch/show" ||
  grep -q '^missing' "$scratch/show"; then
  echo "FAIL: show prints"
  cat "$scratch/show"
  failed=$((failed + 1))
fi
lines=$("$ctfrun" -h | wc -l)
count=$((count + 1))
if [ "$lines" -gt 40 ]; then
  echo "FAIL: -h prints $lines lines; 40 are the limit"
  failed=$((failed + 1))
fi

echo "$((count - failed)) passed, $failed failed"
[ $failed -eq 0 ]
