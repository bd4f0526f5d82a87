#!/usr/bin/env bash
# One line in ops/elementwise.def is a whole op: in a scratch copy of the tree this adds one, builds, and runs the new op
# everywhere the table expands to: the definition (shapes, gradient, types), the kernel of every instruction set that this
# machine has, the same on SIM, constant folding, the list of ops, and the table's own test.
#
# Unary is an op of TensorFlow's own tests: its interface is in ops.pbtxt, and nothing will ever want it in ctf. First the
# tree as it is must refuse it: what runs afterwards runs because of the line.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
op=Unary
line="UNARY($op, CTF_SIGNED, m_neg(x), g_neg(g, dy))"
jobs=$(nproc)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The tree's files as they are now, committed or not; without git all but the build trees.
copy_tree() {
  if [ -e .git ] && git ls-files -z --cached --others --exclude-standard >"$scratch/files" 2>/dev/null; then
    while IFS= read -r -d '' file; do if [ -f "$file" ]; then printf '%s\0' "$file"; fi; done <"$scratch/files" |
      tar cf - --null -T -
  else
    tar cf - --exclude ./build --exclude ./.git .
  fi | tar xf - -C "$1"
}

# A graph y = op(x), of a type, binary; with a third argument x is a constant.
make_graph() {  # file, type, content of a TensorProto
  local x='op: "Placeholder"'
  if [ -n "${3:-}" ]; then x="op: \"Const\" attr { key: \"value\" value { tensor { dtype: $2 $3 } } }"; fi
  protoc -Igraphdef/proto --encode=tensorflow.GraphDef tensorflow/core/framework/graph.proto >"$1" <<END
node { name: "x" $x attr { key: "dtype" value { type: $2 } } }
node { name: "y" op: "$op" input: "x" attr { key: "T" value { type: $2 } } }
versions { producer: 2000 }
END
}

# On one line, without the spaces that line up columns.
flat() { tr -s ' \n' ' ' <<<"$1" | sed 's/\[ /[/g; s/ \]/]/g'; }

expect() {  # exit status, text of its output, command...
  local status=0 output
  output=$("${@:3}" 2>&1) || status=$?
  if [ "$status" != "$1" ] || ! flat "$output" | grep -F -- "$2" >/dev/null; then
    printf 'wanted exit status %s and "%s" from: %s\ngot %s and:\n%s\n' "$1" "$2" "${*:3}" "$status" "$output"
    exit 1
  fi
}

make_graph "$scratch/float.pb" DT_FLOAT
make_graph "$scratch/int.pb" DT_INT8
make_graph "$scratch/constant.pb" DT_DOUBLE 'tensor_shape { dim { size: 2 } } double_val: 1.5 double_val: -2.5'
make_graph "$scratch/bool.pb" DT_BOOL

tree=$scratch/tree
mkdir "$tree"
copy_tree "$tree"
if grep -q "^[A-Z]*($op," "$tree/ops/elementwise.def"; then
  echo "elementwise_line: $op is in the table already"
  exit 1
fi
expect 22 "$op" "$CTF_BUILD_DIR/bin/ctfrun" "$scratch/float.pb" -i 'x=[1.5,-2]'

# After the first row of the table, so that what follows moves too.
awk -v line="$line" '{ print } !done && /^UNARY\(/ { print line; done = 1 }' ops/elementwise.def >"$tree/ops/elementwise.def"
changed=$(diff -rq --exclude build --exclude .git . "$tree" | grep -c '^Files' || true)
echo "one line in ops/elementwise.def, $changed file changed: $line"
[ "$changed" = 1 ]

build=$scratch/build
if command -v ninja >/dev/null; then export CMAKE_GENERATOR=Ninja; fi
cmake -S "$tree" -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCTF_CUDA=OFF >"$scratch/log"
if ! cmake --build "$build" -j "$jobs" --target ctfrun ops_elementwise >"$scratch/log" 2>&1; then
  tail -n 40 "$scratch/log"
  exit 1
fi

ctfrun=$build/bin/ctfrun
grep -rl --include='*.c' --include='*.cu' --include='*.h' '#include "ops/elementwise.def"' "$tree" | sed "s|^$tree/|expands it: |" | sort
expect 0 "| $op | elementwise | " "$ctfrun" show --ops
expect 0 '[-1.5 2.5]' "$ctfrun" "$scratch/constant.pb"  # folded
expect 0 '[-1.5 2.]' "$ctfrun" -d sim "$scratch/float.pb" -i 'x=[1.5,-2]'
for isa in base avx2 avx512; do  # what this machine lacks falls back to what it has
  expect 0 '[-1.5 2.]' env CTF_ISA=$isa "$ctfrun" "$scratch/float.pb" -i 'x=[1.5,-2]'
  expect 0 '[-7 0 -128]' env CTF_ISA=$isa "$ctfrun" "$scratch/int.pb" -i 'x=[7,0,-128]'
done
expect 22 "$op" "$ctfrun" "$scratch/bool.pb" -i x=true  # a type that the line does not name
expect 0 '100% tests passed' ctest --test-dir "$build" -R '^ops_elementwise$' --no-tests=error
echo "elementwise_line: ok, $op was listed, folded, run on SIM and with three instruction sets, and passed the table's test"
