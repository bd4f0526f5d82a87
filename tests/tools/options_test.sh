#!/usr/bin/env bash
# Where options come from: the command line, flag files, CTF_ variables; what they do to a run; what is known and refused.
. "$(dirname "$0")/ctfrun.sh"

# ---- flag files
printf '# a comment\n\n%s\n-i a=3\n  --feed b=4\n--print-max=5\n' $models/mul.pb >"$scratch/flags"
expect 0 'mul:0 = 12.0' --flagfile "$scratch/flags"
expect 0 'mul:0 = 12.0' "--flagfile=$scratch/flags" -n 2
printf -- '--flagfile %s/flags\n' "$scratch" >"$scratch/outer"
expect 0 'mul:0 = 12.0' --flagfile "$scratch/outer"
printf -- '--flagfile %s/endless\n' "$scratch" >"$scratch/endless"
run 2 --flagfile "$scratch/endless"
complains 'more than 8 deep'
printf -- '--json yes\n' >"$scratch/wrong"
run 2 --flagfile "$scratch/wrong"
complains 'takes no argument'
run 3 --flagfile "$scratch/none"
run 2 --flagfile
# What --print-flags writes does the same.
run 0 $models/mul.pb -i a=3 -i 'b=[1, 2]' -n 2 --stats=full --print-flags
cp "$scratch/out" "$scratch/printed"
is "$(cat "$scratch/printed")" "run
$models/mul.pb
--feed a=3
--feed b=[1, 2]
--steps 2
--stats=full" --print-flags
expect 0 $'mul:0 = float32 [2]\n[3. 6.]' --flagfile "$scratch/printed"

# ---- the environment: weaker than the command line
export CTF_FEED=$'a=3\nb=4'
expect 0 'mul:0 = 12.0' $models/mul.pb
expect 0 'mul:0 = 2.0' $models/mul.pb -i a=1 -i b=2  # the first one replaces them all
unset CTF_FEED
CTF_JSON=1 run 0 $models/mul.pb -i a=1 -i b=2
says '^\{"schema"'
CTF_JSON=0 expect 0 'mul:0 = 2.0' $models/mul.pb -i a=1 -i b=2
CTF_JSON=maybe run 2 $models/mul.pb -i a=1 -i b=2
complains 'the variable CTF_JSON=maybe cannot be read; it takes 1 or 0'
CTF_STEPS=none run 2 $models/mul.pb -i a=1 -i b=2
complains 'the variable CTF_STEPS=none cannot be read; it takes N|Ts'
CTF_FLAGFILE=$scratch/flags expect 0 'mul:0 = 12.0'
CTF_THREADS=0 CTF_SEED=7 expect 0 'mul:0 = 2.0' $models/mul.pb -i a=1 -i b=2  # the library's own variables
CTF_STATE=x run 2 $models/mul.pb -i a=1 -i b=2
complains '--state needs variables, which are not in this build'

# ---- known, and refused by name
for option in '--state d' '--restore p' '--save p' '--save-every 3' '--init auto' '--until-end' '--events d' '-S key' \
  '--tags serve' '--seed 3' --sandbox; do
  run 2 $models/mul.pb -i a=1 -i b=2 $option
  complains 'not in this build'
done
for verb in 'state d' 'hang 1'; do
  run 2 $verb
  complains 'not in this build'
done
for wrong in '--steps 0' '--steps x' '--jobs 0' '--timeout 3y' '--timeout -1' '--mem 0' '--mem 4X' '--mem 101%' '--rate x' \
  '--print-max -1' '--precision 18' '--mem-order least' '--color maybe' '--threads 1,,2' '--dim 3' \
  '--threads -1' '--format xml' '--stats=some' '--feed x' '--no-such' '-z' '--shape'; do
  run 2 $models/mul.pb -i a=1 -i b=2 $wrong
  is "$(head -c 8 "$scratch/err")" 'ctfrun: ' "$wrong"
done

# ---- what they do
expect 0 'mul:0 = 12.0' $models/mul.pb -i a=3 -i b=4 -n 20x --jobs 3 --warmup 2 --threads 1 --pin 0 --soft
expect 0 'mul:0 = 12.0' $models/mul.pb -i a=3 -i b=4 -n 50ms --rate 1000
expect 0 'mul:0 = 12.0' $models/mul.pb -i a=3 -i b=4 --mem-order time --passes -fold -m 80%
expect 0 'mul:0 = 12.0' $models/mul.pb -i a=3 -i b=4 --mem-order time --passes none -m cpu=64M
run 15 $models/mul.pb -i a=3 -i b=4 -m cpu=64M,gpu:0=1G
run 13 $models/mul.pb -i a=3 -i b=4 --passes fuse-everything
run 2 $models/mul.pb -i a=3 -i b=4 --pin 4000
for order in auto peak time; do
  run 0 plan $models/digits.pb --fill zeros --dim 0=1 --mem-order $order
  says '^exact'
done
run 0 $models/mul.pb -i a=1 -i b=2 -v --log "$scratch/log"
complains 'bytes read in'
is "$(grep -c 'bytes read in' "$scratch/log")" 1 'the log has the notes'
run 15 $models/mul.pb -i q=1 --log "$scratch/log"
is "$(grep -c 'has no node of this name.*\[15\]$' "$scratch/log")" 1 'the log has the failure'
run 15 $models/mul.pb -i q=1 --color always
is "$(grep -c $'^\033\[31mctfrun:' "$scratch/err")" 1 '--color always'
NO_COLOR=1 run 15 $models/mul.pb -i q=1
is "$(grep -c '^ctfrun:' "$scratch/err")" 1 NO_COLOR
run 0 $models/mul.pb -i a=1 -i b=2 -n 700ms --progress always
complains 's/step'
expect 0 $'mul:0 = float32 [7]\n[0. 1. 2. ... 4. 5. 6.]' $models/mul.pb -i 'a=f32[7]:range' -i b=1 --print-max 6
expect 0 'mul:0 = 0.33' $models/mul.pb -i a=0.333333 -i b=1 --precision 2

# ---- which tensors
expect 0 $'class:0 = int64 [1]\n[7]' $models/digits.pb -i image=@$models/seven.png -o 'cl*s'
run 0 $models/digits.pb -i image=@$models/seven.png -o 'conv?/relu' -o 'conv1/*:0=' --until conv2/relu
says '^conv1/relu:0'
says '^conv2/relu:0'
run 15 $models/digits.pb -i image=@$models/seven.png -o 'hidden*' --until conv2/relu
complains 'no tensor of examples/models/digits.pb matches'
run 0 $models/digits.pb -i image=@$models/seven.png --until conv1/pool
says '^conv1/pool:0 = float32 \[1,4,4,16\]$'
run 0 $models/digits.pb -i image=@$models/seven.png --save-all "$scratch/all" -q
is "$("$ctfrun" $models/mul.pb -i "a=@$scratch/all/probabilities:0.npy" -i b=1 --expect "mul=@$scratch/all/probabilities:0.npy" -v 2>&1 >"$scratch/out" | tail -n 1)" \
  'ctfrun: mul:0 is as expected' 'a tensor of --save-all'
is "$(find "$scratch/all" -name 'conv1%2F*.npy' | wc -l)" 6 'names with slashes'

# ---- checks
run 0 $models/mul.pb -i 'a=[1,2]' -i b=2 --expect 'mul=[2,4]'
run 0 $models/mul.pb -i 'a=[1,2]' -i b=2 --expect 'mul=[2,4.00001]'
run 1 $models/mul.pb -i 'a=[1,2]' -i b=2 --expect 'mul=[2,4.00001]' --rtol 1e-7
complains 'mul:0 differs in 1 of 2 elements; max error'
run 0 $models/mul.pb -i 'a=[1,2]' -i b=2 --expect 'mul=[2.5,4]' --atol 0.6
run 0 $models/mul.pb -i a=1 -i b=1 --expect mul=1.00000012 --ulp 1
run 1 $models/mul.pb -i a=1 -i b=1 --expect mul=1.00000024 --ulp 1
run 0 $models/mul.pb -i a=nan -i b=1 --expect mul=nan
run 1 $models/mul.pb -i a=inf -i b=1 --expect mul=1e30
run 1 $models/digits.pb -i image=@$models/seven.png --expect 'class=[8]' --rtol 1
complains 'class:0 differs in 1 of 1 elements; max error 1 at [0]: 7, expected 8'
run 1 $models/mul.pb -i 'a=[1,2]' -i b=2 --expect 'mul=[[2,4]]'
complains 'mul:0 is float32 [2]; float32 [1,2] was expected'
run 1 $models/mul.pb -i a=inf -i b=0 --check-numerics
complains 'mul:0 (Mul) is the first that is not finite, at [] in step 1'
complains 'input 0  a:0  float32 []  inf 1'
run 0 $models/digits.pb --fill random --dim 0=2 --check-numerics -q
run 0 $models/digits.pb -i image=@$models/seven.png --print conv1/relu --print class:values -o class= -n 2
complains 'step 2  conv1/relu:0  float32 [1,8,8,16]  min 0  max'
complains 'step 2  class:0 = int64 [1]'
finish
