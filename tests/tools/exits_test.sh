#!/usr/bin/env bash
# Every exit status that this build can reach, signals, deadlines, stalls and --isolate. CTF_TEST_LIBRARY has an op that
# ends as it is told.
. "$(dirname "$0")/ctfrun.sh"

# ending CODE [MS] [NODES]: a graph of that op, one node behind the other
ending() {
  local previous=x
  node x Placeholder -- 'dtype type DT_FLOAT' 'shape shape { }'
  for ((i = 1; i <= ${3:-1}; ++i)); do
    node "end$i" CtfTestEnd $previous -- "code i $1" "ms i ${2:-0}"
    previous=end$i
  done
}
with_op() { run "$1" "$scratch/end.pbtxt" -i x=5 --load "$CTF_TEST_LIBRARY" "${@:2}"; }

ending 0 >"$scratch/end.pbtxt"
with_op 0
says '^end1:0 = 5.0$'
run 15 "$scratch/end.pbtxt" -i x=5
complains 'Op type not registered'
for code in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
  ending $code >"$scratch/end.pbtxt"
  with_op $((10 + code))
  complains 'as it was told'
  is "$(cat "$scratch/out")" '' "stdout of code $code"
done
with_op 26 --json
says '^\{"schema":"ctfrun/1","ok":false,"error":\{"code":"UNAUTHENTICATED","exit":26,"message":".*as it was told.*"\}\}$'

run 15 $models/mul.pb -i a=1 -i b=1 --load "$scratch/no.so"
complains '--load'
run 1 $models/mul.pb -i a=1 -i b=1 --expect mul=2
complains 'mul:0 differs in 1 of 1 elements; max error 1 at []: 1, expected 2'
run 3 $models/mul.pb -i a=1 -i b=1 -o "mul=@$scratch/no/such/folder.npy"
run 3 $models/mul.pb -i a=1 -i b=1 --log "$scratch/no/such/log"
{
  node x Placeholder -- 'dtype type DT_HALF' 'shape shape { }'
  node y Cholesky x -- 'T type DT_HALF'
} >"$scratch/missing.pbtxt"
run 22 "$scratch/missing.pbtxt" -i x=1
run 3 <(node c NoOp)
complains 'is a pipe'

# Deadlines: ten nodes of 100 ms each.
ending 0 100 10 >"$scratch/end.pbtxt"
with_op 14 --timeout 150ms
with_op 14 --timeout-total 150ms -n 5
complains '--timeout-total'
with_op 14 --stall 150ms --stall-exit
complains 'no step has ended for 0.15 s (--stall-exit)'
with_op 0 --stall 300ms -n 1
complains 'step 1 of 1 has been running for'

# Signals: the first cancels and ends with 128 + its number, SIGUSR1 asks how far it is.
interrupted() {  # SIGNAL CODE
  : >"$scratch/err"  # of the last run: it would end the wait
  "$ctfrun" -v "$scratch/end.pbtxt" -i x=5 --load "$CTF_TEST_LIBRARY" -n 100 >"$scratch/out" 2>"$scratch/err" &
  local child=$!
  for ((i = 0; i < 100; ++i)); do
    grep -q 'bytes read' "$scratch/err" && kill -USR1 $child
    grep -q 'step 1 of 100 has been running' "$scratch/err" && break
    sleep 0.1
  done
  kill "-$1" $child
  wait $child
  got=$? last="ctfrun, sent SIG$1"
  is "$got" "$2" "exit status after SIG$1"
}
# A shell without job control starts what runs in the background with SIGINT ignored, and a sigmask takes it all the same.
interrupted INT 130
complains 'stopped by Ctrl-C after 0 steps'
ending 0 20 10 >"$scratch/end.pbtxt"
"$ctfrun" "$scratch/end.pbtxt" -i x=5 --load "$CTF_TEST_LIBRARY" -n 1000 --jsonl >"$scratch/out" 2>"$scratch/err" &
child=$!
for ((i = 0; i < 100; ++i)); do
  grep -q '"step":1,' "$scratch/out" && break
  sleep 0.1
done
kill -INT $child
wait $child
got=$? last='ctfrun, interrupted after some steps'
is "$got" 130 "$last"
complains 'ms each (median)'
says '"error":\{"code":"SIGNAL","exit":130,'
ending 0 100 10 >"$scratch/end.pbtxt"
interrupted TERM 143
complains 'stopped by a signal'

# --isolate: results come through; a fault is a report; the budget is a limit.
ending 0 >"$scratch/end.pbtxt"
with_op 0 --isolate
says '^end1:0 = 5.0$'
ending 9 >"$scratch/end.pbtxt"
with_op 19 --isolate
ending -1 >"$scratch/end.pbtxt"
with_op 139 --isolate
complains 'the run was ended by signal 11'
with_op 139 --isolate --json
says '"error":\{"code":"SIGNAL","exit":139,'
expect 18 '' $models/mul.pb -i 'a=f32[1000000]:ones' -i b=1 -m 6M --isolate

# What a program can read of a refusal: --json has the plan's figures.
run 18 $models/mul.pb -i 'a=f32[1000000]:ones' -i b=1 -m 6M --json
says '"node":"mul","op":"Mul","device":"/job:localhost/replica:0/task:0/device:CPU:0","need":8[0-9]{6},"budget":6291456,"live":\[\{"tensor":"a:0","bytes":4000000,"dtype":"float32","shape":\[1000000\]\}.*"hints":\["-m 8M","a smaller shape"\]\}\}$'
run 18 plan $models/mul.pb -i 'a=f32[1000000]:ones' -i b=1 -m 6M --json
says '"fits":false,.*"need":8[0-9]{6},"budget":6291456,'
run 0 $models/mul.pb -i 'a=f32[1000000]:ones' -i b=1 -m 8M -q
ending 9 >"$scratch/end.pbtxt"
with_op 19 --json
says '"node":"end1","op":"CtfTestEnd"'

# Memory that a library takes behind the budget's back: the child cannot have it.
taking() {
  node x Placeholder -- 'dtype type DT_FLOAT' 'shape shape { }'
  node end1 CtfTestEnd x -- 'mib i 2000'
}
taking >"$scratch/end.pbtxt"
with_op 0 -m 64M
with_op 18 -m 64M --isolate
complains 'no memory for 2000 MiB'

# Results that cannot be written.
if [ -w /dev/full ]; then
  "$ctfrun" $models/mul.pb -i a=1 -i b=2 >/dev/full 2>"$scratch/err"
  got=$? last='ctfrun >/dev/full'
  is "$got" 3 "$last"
  complains 'standard output cannot be written'
fi

# A file that is named like a verb.
cp $models/mul.pb "$scratch/show"
(cd "$scratch" && expect 0 'mul:0 = 12.0' ./show -i a=3 -i b=4; [ "$failed" = 0 ])
is $? 0 'a model named ./show'

# A whole folder of reasons for 2.
run 2
complains 'no model'
run 2 $models/mul.pb one more
run 2 $models/mul.pb -i a=1 -i b=1 -o mul=@x.jpg
complains 'is no destination'
run 2 $models/mul.pb -i a=1 -i b=1 --threads 1,2
complains 'only bench takes several numbers'
run 2 $models/digits.pb --fill zeros --dim 0=1,2
complains '--dim 0=1,2 cannot be read'
run 2 $models/mul.pb -i a=1 -i b=1 --pin x
run 2 help nothing-of-the-kind
finish
