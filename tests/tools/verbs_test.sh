#!/usr/bin/env bash
# The verbs beside run, show and plan: bench, check, graph, devices, doctor, help, and what shells ask.
. "$(dirname "$0")/ctfrun.sh"

# ---- bench: figures vary, their shape does not
run 0 bench $models/digits.pb --fill random --dim 0=1,2 --threads 1,2 -n 5 --format md
is "$(grep -c '^| digits.pb | cpu | [12] | 0=[12] | [0-9.]* | [0-9.]* | [0-9.]* | [0-9.]* ± [0-9.]* | [0-9.]* | [0-9.]* |$' "$scratch/out")" 4 'rows of bench'
run 0 bench $models/mul.pb -i a=1 -i b=2 -n 5 --warmup 1 --json
says '^\{"schema":"ctfrun/1","ok":true,"bench":\[\{"model":"examples/models/mul.pb","device":"cpu","threads":0,"dims":"","steps":5,"us":\{"p50":[0-9.]+,.*\}\]\}$'
run 0 bench $models/mul.pb -i a=1 -i b=2 -n 20ms --jobs 2
says '^mul.pb +cpu +auto '
run 2 bench $models/digits.pb -n 5
complains 'needs 1 input that was not given'
run 2 bench $models/digits.pb --fill random --dim 0=1,x
complains '--dim 0=1,x cannot be read'

# ---- check
expect 0 $'ok   class:0\nok   probabilities:0\n2 of 2 tensors agree with a run without passes' check $models/digits.pb -i image=@$models/seven.png
run 0 check $models/digits.pb $models/digits.pb --fill random --dim 0=3
says '^2 of 2 tensors agree with examples/models/digits.pb$'
run 1 check $models/mul.pb -i a=3 -i b=4 --expect mul=13
says '^FAIL mul:0 differs in 1 of 1 elements; max error 1 at \[\]: 12, expected 13$'
says '^0 of 1 tensors agree with what was expected$'
expect 1 '{"schema":"ctfrun/1","tensors":[{"tensor":"mul:0","ok":false,"why":"mul:0 differs in 1 of 1 elements; max error 1 at []: 12, expected 13"}],"ok":false}' \
  check $models/mul.pb -i a=3 -i b=4 --expect mul=13 --json
{
  node a Placeholder -- 'dtype type DT_FLOAT'
  node b Placeholder -- 'dtype type DT_FLOAT'
  node mul Add a b -- 'T type DT_FLOAT'
} >"$scratch/add.pbtxt"
run 1 check $models/mul.pb "$scratch/add.pbtxt" -i a=3 -i b=4
says 'max error 5 at \[\]: 12, expected 7'
run 0 check $models/mul.pb "$scratch/add.pbtxt" -i a=2 -i b=2 -q
run 3 check $models/mul.pb "$scratch/none.pb" -i a=2 -i b=2

# Recorded runs: TensorFlow's answers to all held-out digits.
cp tests/fixtures/digits_{images,classes,probabilities}.npy "$scratch"
recorded() {  # ROWS
  printf '{"rtol":1e-4,"cases":[{"rows":[["input","image:0","uint8","","digits_images.npy"],%s]}]}' "$1" >"$scratch/case.json"
}
recorded '["output","class:0","int64","","digits_classes.npy"],["output","probabilities:0","float32","","digits_probabilities.npy"]'
expect 0 "ok   class:0
ok   probabilities:0
2 of 2 tensors agree with tf:$scratch" check $models/digits.pb --against "tf:$scratch"
recorded '["output","class:0","int64","","digits_probabilities.npy"]'
run 2 check $models/digits.pb --against "$scratch"
recorded '["output","probabilities:0","float32","","digits_probabilities.npy"],["output","conv1/relu:0","float32","","digits_probabilities.npy"]'
run 1 check $models/digits.pb --against "$scratch" --json
says '^\{"schema":"ctfrun/1","tensors":\[\{"tensor":"probabilities:0","ok":true\},\{"tensor":"conv1/relu:0","ok":false,"why":".* was expected"\}\],"ok":false\}$'
recorded '["output","probabilities:0"]'
run 3 check $models/digits.pb --against "$scratch"
complains 'run 1 of'
run 3 check $models/digits.pb --against "$scratch/none"

# ---- graph: every form gives the same answers; the drawings name every node
for form in pb txt pbtxt; do
  run 0 graph $models/digits.pb -o "$scratch/digits.$form"
  expect 0 $'class:0 = int64 [1]\n[7]' "$scratch/digits.$form" -i image=@$models/seven.png -o class
done
run 0 graph $models/mul.pb -o -
says '^  op: "Mul"$'
run 0 graph $models/digits.pb -o "$scratch/digits.dot"
for name in conv1/relu class/dimension; do
  is "$(grep -c "^\"$name\" \[label=" "$scratch/digits.dot")" 1 "$name in the drawing"
done
is "$(grep -c '^subgraph "cluster_conv1"' "$scratch/digits.dot")" 1 'clusters by scope'
is "$(grep -c '^"conv1/conv" -> "conv1/biased" \[label="float32 \[?,8,8,16\]"\];$' "$scratch/digits.dot")" 1 'an edge with its shape'
is "$(tr -cd '{' <"$scratch/digits.dot" | wc -c)" "$(tr -cd '}' <"$scratch/digits.dot" | wc -c)" 'as many clusters are closed as opened'
if command -v dot >/dev/null; then
  run 0 graph $models/digits.pb -o "$scratch/digits.svg"
  is "$(grep -c '<svg ' "$scratch/digits.svg")" 1 'an svg'
else
  skip svg 'graphviz (dot) is not installed'
fi
PATH= run 3 graph $models/mul.pb -o "$scratch/no.svg"
complains 'needs dot'
run 2 graph $models/mul.pb
run 2 graph $models/mul.pb -o "$scratch/mul.jpg"
complains 'has no ending that a graph can be written with'
run 3 graph $models/mul.pb -o "$scratch/no/mul.pb"

# ---- show
run 0 show $models/digits.pb
says '^examples/models/digits.pb: GraphDef \(binary\), 30 nodes, '
says '^weights  11 constants, 54840 bytes$'
says "^flops    0\.1836 million for one item"
says '^run      ctfrun examples/models/digits.pb -i image=@image.png'
run 0 show $models/digits.pb --dim 0=8
says '^peak     cpu:0 0\.[0-9]+ MiB, exact$'
run 0 show "$scratch/digits.pbtxt"
says 'GraphDef \(text\)'
run 0 show $models/mul.pb --json
says '^\{"schema":"ctfrun/1","model":"examples/models/mul.pb","ok":true,"format":"GraphDef","encoding":"binary","producer":[0-9]+,"nodes":3,'
says '"inputs":\[\{"name":"a:0","dtype":"float32","shape":null\},\{"name":"b:0","dtype":"float32","shape":null\}\],"outputs":\[\{"name":"mul:0",'
says '"ops":\{"Placeholder":2,"Mul":1\},"missing":\[\],"run":"ctfrun examples/models/mul.pb -i a=VALUE -i b=VALUE"\}$'
last='a text model from standard input'
is "$("$ctfrun" - -i a=3 -i b=4 <"$scratch/add.pbtxt")" 'mul:0 = 7.0' "$last"
is "$("$ctfrun" - -i a=3 -i b=4 <$models/mul.pb)" 'mul:0 = 12.0' 'a binary model from standard input'

# ---- devices, doctor
run 0 devices
says '^CPU   /job:localhost/replica:0/task:0/device:CPU:0 '
run 0 devices -d sim:1 --json
says '"name":"/job:localhost/replica:0/task:0/device:SIM:1","type":"SIM"'
run 0 doctor
is "$(grep -cvE '^(ok  |warn|FAIL) ' "$scratch/out")" 0 'each line has a verdict'
says '^ok    run        a small graph gives what it should'
run 1 doctor -m 1M
says '^FAIL  budget .*; free memory'
run 0 doctor --json
says '^\{"schema":"ctfrun/1","checks":\[\{"verdict":"ok","topic":"isa".*\],"ok":true\}$'
if (ulimit -v 8000000 && "$ctfrun" --version >"$scratch/out" 2>&1); then
  "$BASH" -c 'ulimit -v 8000000; "$1" doctor' - "$ctfrun" >"$scratch/out" 2>"$scratch/err"
  got=$? last='doctor with little address space'
  says '^warn  addresses  '
else
  skip addresses 'this build does not start with 8 GB of addresses (a sanitizer)'
fi

# ---- help
run 0 --help
says '^      --trace F.json\[\.gz\] '
says '^   18  over the memory budget, refused$'
for topic in inputs values outputs runs memory state checks reports general exit bench feed; do run 0 help $topic; done
run 0 --version
says '^ctf [0-9.]+ \(TensorFlow C API 2'
expect 0 $'a\nb\nmul' __complete $models/mul.pb
run 2 __completion tcsh
finish
