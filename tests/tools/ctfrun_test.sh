#!/usr/bin/env bash
# ctfrun from outside: what it prints, byte for byte, and how it exits. The layouts of arrays are numpy's own, recorded.
. "$(dirname "$0")/ctfrun.sh"

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

# JSON: sizes and times vary, the rest does not.
run 0 $models/mul.pb -i a=3 -i b=4 -n 2 --json
is "$(sed -E 's/"(budget|planned_peak|measured_peak|load|plan)":[0-9.a-z]+/"\1":N/g; s/\[[0-9.]+,[0-9.]+\]/[N,N]/; s/"versions":.*/V/' "$scratch/out")" \
  '{"schema":"ctfrun/1","model":"examples/models/mul.pb","ok":true,"outputs":{"mul:0":{"dtype":"float32","shape":[],"data":12.0}},"steps":2,"memory":{"cpu:0":{"budget":N,"planned_peak":N,"measured_peak":N,"exact":true}},"time_us":{"load":N,"plan":N,"steps":[N,N]},V' --json
run 0 $models/mul.pb -i a=3 -i b=4 -n 2 --jsonl
is "$(sed -E 's/"time_us":[0-9.]+/"time_us":N/; 3s/.*/last/' "$scratch/out")" \
  '{"schema":"ctfrun/1","step":1,"ok":true,"outputs":{"mul:0":{"dtype":"float32","shape":[],"data":12.0}},"time_us":N}
{"schema":"ctfrun/1","step":2,"ok":true,"outputs":{"mul:0":{"dtype":"float32","shape":[],"data":12.0}},"time_us":N}
last' --jsonl

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

run 0 plan $models/digits.pb --fill zeros --dim 0=3 --explain
says '^examples/models/digits.pb: fits: cpu:0 needs '
says '^at step [0-9]+ of [0-9]+ \(MaxPool "conv1/pool"\):$'
says '^step [0-9]+ .* Conv2D\+BiasAdd\+Relu "conv2/relu"$'
says '^exact: '
says 'Softmax "probabilities"'
run 0 $models/digits.pb --fill zeros --dim 0=3 --dry-run
says '^examples/models/digits.pb: fits: cpu:0 needs '
run 0 show $models/digits.pb
says '^input    image:0   uint8 \[\?,8,8,1\]$'
says '^output   probabilities:0   float32'
is "$(grep -c '^missing' "$scratch/out")" 0 "missing ops"
run 0 -h
is "$(($(wc -l <"$scratch/out") <= 40))" 1 "-h prints 40 lines at most"
finish
