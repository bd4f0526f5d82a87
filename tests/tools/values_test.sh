#!/usr/bin/env bash
# The values that ctfrun reads and the files that it reads and writes. A graph of one Identity of each type gives back what
# it was fed; the layouts are numpy's.
. "$(dirname "$0")/ctfrun.sh"

identity() {  # NAME TYPE [SHAPE]
  node x Placeholder -- "dtype type $2" "shape shape { ${3:-unknown_rank: true} }" >"$scratch/$1.pbtxt"
  node y Identity x -- "T type $2" >>"$scratch/$1.pbtxt"
}
for type in FLOAT DOUBLE HALF BFLOAT16 INT8 INT32 INT64 UINT8 UINT64 BOOL STRING COMPLEX64; do
  identity ${type,,} DT_$type
done
identity image DT_FLOAT 'dim { size: 1 } dim { size: -1 } dim { size: -1 } dim { size: 1 }'
identity image8 DT_UINT8 'dim { size: -1 } dim { size: -1 } dim { size: 1 }'
identity three DT_FLOAT 'dim { size: 3 }'

# gives TYPE VALUE WANT; refuses TYPE VALUE TEXT
gives() { expect 0 "y:0 = $3" "$scratch/$1.pbtxt" -i "x=$2"; }
refuses() {
  run 2 "$scratch/$1.pbtxt" -i "x=$2"
  complains "$3"
}

# ---- literals
gives float 3.5 3.5
gives float -1e3 -1000.0
gives float inf inf
gives float nan nan
gives float '"nan"' nan
gives double 0.1 0.1
gives half 1.5 1.5
gives bfloat16 1.5 1.5
gives int8 -128 -128
gives int64 9223372036854775807 9223372036854775807
gives int64 -9223372036854775808 -9223372036854775808
gives uint64 18446744073709551615 18446744073709551615
gives bool true True
gives bool '[true,false,1,0]' $'bool [4]\n[ True False  True False]'
gives complex64 1+2i '1.+2.j'
gives complex64 -2i '0.-2.j'
gives complex64 '[1,2i]' $'complex64 [2]\n[1.+0.j 0.+2.j]'
gives int32 '[[1,2],[3,4]]' $'int32 [2,2]\n[[1 2]\n [3 4]]'
gives int32 ' [ 1 , 2 ] ' $'int32 [2]\n[1 2]'
gives int32 '[]' $'int32 [0]\n[]'
gives int32 '[[],[]]' $'int32 [2,0]\n[]'
gives int32 'i32[2,2]:[1,2,3,4]' $'int32 [2,2]\n[[1 2]\n [3 4]]'
gives int32 '[4]:zeros' $'int32 [4]\n[0 0 0 0]'
gives int32 'DT_INT32[3]:range' $'int32 [3]\n[0 1 2]'
gives int32 'int32[2]:ones' $'int32 [2]\n[1 1]'
gives string '"text"' "b'text'"
gives string '["a","b\"c"]' $'string [2]\n[b\'a\' b\'b"c\']'
gives string '"\u00e9\n\x00\ud83d\ude00"' "b'\\xc3\\xa9\\x0a\\x00\\xf0\\x9f\\x98\\x80'"
gives float 'f32[3]:random(seed=1,lo=5,hi=5)' $'float32 [3]\n[5. 5. 5.]'
refuses float '' 'a number, "text", true, false or [ is needed'
refuses float '"text"' 'a text where numbers are needed'
refuses float '"inf' 'the text does not end'
refuses float '[1,2' 'a comma or ] is needed'
refuses float '[1,[2]]' 'not equally deep'
refuses float '[[1],[2,3]]' 'not equally long'
refuses float '1 2' 'nothing more is expected'
refuses float '0x10' 'numbers are decimal'
refuses float '1+2' '1+2i is how a complex number looks'
refuses float '1+2i' 'does not fit the type'
refuses int8 128 'does not fit the type'
refuses int8 1.5 'does not fit the type'
refuses int64 9223372036854775808 'does not fit the type'
refuses uint64 18446744073709551616 'does not fit the type'
refuses uint8 -1 'does not fit the type'
refuses bool 2 'does not fit the type'
refuses string 3 'a text in double quotes is needed'
refuses string '"\q"' 'are the escapes'
refuses string '"open' 'the text does not end'
refuses int32 '[3]:[1,2]' 'another number of elements'
refuses int32 f32:1 'the value says float32, the graph needs int32'
refuses int32 random 'a generator needs a shape'
refuses float 'f32[2]:random(sead=1)' 'is needed at position'
refuses float 'f32[2]:random(seed=18446744073709551616)' 'is needed at position'
refuses float 'f32[2]:random(seed=-1)' 'is needed at position'
refuses float "$(printf '[%.0s' {1..40})1" 'too deep'
refuses float @x.tfrecord 'needs datasets, which are not in this build'
refuses float @x.jpg 'needs image codecs'
refuses float @x.unknown 'has no ending that can be read'

# ---- arrays that numpy has written
whole=$'float32 [2,3]\n[[0. 1. 2.]\n [3. 4. 5.]]'
gives float @$arrays/rows.npy "$whole"
gives float @$arrays/stored.npz:a "$whole"
gives float @$arrays/deflated.npz:a "$whole"
gives float @$arrays/stored.npz:b 2.0
gives double @$arrays/doubles.npy $'float64 [2,3]\n[[0. 1. 2.]\n [3. 4. 5.]]'
gives string @$arrays/texts.npy $'string [2]\n[b\'a\' b\'bcd\']'
refuses float @$arrays/doubles.npy 'holds float64, the graph needs float32'
refuses float @$arrays/stored.npz 'has 2 arrays; say which'
refuses float @$arrays/stored.npz:c 'has no array "c"; there are: a b'
run 3 "$scratch/float.pbtxt" -i x=@$arrays/fortran.npy
run 3 "$scratch/float.pbtxt" -i x=@$arrays/none.npy
last='npy from standard input'
got=$("$ctfrun" "$scratch/float.pbtxt" -i x=@- <$arrays/rows.npy)
is "$got" "y:0 = $whole" "$last"
# Damaged: each byte of the archive's structures changed or cut ends in a value or in a sentence, never in a signal.
bytes=$(wc -c <$arrays/deflated.npz)
for ((i = 0; i < bytes; i += 7)); do
  head -c $i $arrays/deflated.npz >"$scratch/cut.npz"
  { head -c $i $arrays/deflated.npz; printf '\377'; tail -c +$((i + 2)) $arrays/deflated.npz; } >"$scratch/changed.npz"
  for file in cut changed; do
    "$ctfrun" "$scratch/float.pbtxt" -i "x=@$scratch/$file.npz:a" -q 2>"$scratch/err"
    got=$? count=$((count + 1))
    case $got in 0 | 2 | 3) ;; *) miss "deflated.npz $file at byte $i" ;; esac
  done
done

# ---- text
printf '1,2\n# a comment\n\n3, 4\r\n' >"$scratch/a.csv"
gives float "@$scratch/a.csv" $'float32 [2,2]\n[[1. 2.]\n [3. 4.]]'
printf '1\n2\n3\n' >"$scratch/column.csv"
gives three "@$scratch/column.csv" $'float32 [3]\n[1. 2. 3.]'
printf 'a,"b,""c"""\nd,e\\f\n' >"$scratch/text.csv"
gives string "@$scratch/text.csv" $'string [2,2]\n[[b\'a\' b\'b,"c"\']\n [b\'d\' b\'e\\\\f\']]'
printf '1,2\n3\n' >"$scratch/bad.csv"
refuses float "@$scratch/bad.csv" 'not equally long'
printf ' [[1,2],[3,4]]\n' >"$scratch/a.json"
gives float "@$scratch/a.json" $'float32 [2,2]\n[[1. 2.]\n [3. 4.]]'
printf '{"shape":[4],"other":{"a":"]}"},"data":[[1,2],[3,4]]}' >"$scratch/b.json"
gives float "@$scratch/b.json" $'float32 [4]\n[1. 2. 3. 4.]'
printf '{"data":[1' >"$scratch/c.json"
run 3 "$scratch/float.pbtxt" -i "x=@$scratch/c.json"
complains 'has no "data" that ends'

# ---- there and back: what one run writes, the next reads
back() {  # TYPE VALUE FILE
  run 0 "$scratch/$1.pbtxt" -i "x=$2"
  local want
  want=$(cat "$scratch/out")
  expect 0 '' "$scratch/$1.pbtxt" -i "x=$2" -o "y=@$scratch/$3"
  expect 0 "$want" "$scratch/$1.pbtxt" -i "x=${4:-}@$scratch/$3"
}
back float '[[1,nan],[-inf,4]]' back.npy
back float '[[1,nan],[-inf,4]]' back.json
back float '[[1,nan],[-inf,4]]' back.npz
back float '[[1,2],[3,4]]' back.raw 'f32[2,2]:'
back complex64 '[1+2i,3]' back.npy
back uint64 '[18446744073709551615]' back.npy
back string '["a\u0001","\\","é"]' back.json
back bool '[true,false]' back.npz
run 2 "$scratch/string.pbtxt" -i 'x="a"' -o "y=@$scratch/a.npy"
complains 'a string tensor cannot be written'
run 0 "$scratch/float.pbtxt" -i 'x=[1,2]' -o "y=@$scratch/two.npz" -o "y:0=@$scratch/two.npz:other" -q
gives float "@$scratch/two.npz:other" $'float32 [2]\n[1. 2.]'
gives float "@$scratch/two.npz:y" $'float32 [2]\n[1. 2.]'
for ((i = 0; i < 3; ++i)); do run 0 "$scratch/float.pbtxt" -i "x=$i" -o "y=+$scratch/grown.npy" -n 2; done
gives float "@$scratch/grown.npy" $'float32 [6]\n[0. 0. 1. 1. 2. 2.]'
run 3 "$scratch/double.pbtxt" -i x=1 -o "y=+$scratch/grown.npy"
complains 'cannot be appended to'

# ---- pictures
gives image8 @$models/seven.png "$("$ctfrun" "$scratch/image8.pbtxt" -i x=@$models/seven.png | sed 's/^y:0 = //')"
run 0 "$scratch/image8.pbtxt" -i x=@$models/seven.png -o "y=@$scratch/again.png"
is "$("$ctfrun" "$scratch/image8.pbtxt" -i "x=@$scratch/again.png")" "$("$ctfrun" "$scratch/image8.pbtxt" -i x=@$models/seven.png)" \
  'a picture, written and read'
run 0 "$scratch/image8.pbtxt" -i 'x=u8[2,2,1]:[0,100,200,40]' -o "y=@$scratch/small.png"
gives image8 "@$scratch/small.png" $'uint8 [2,2,1]\n[[[  0]\n  [100]]\n\n [[200]\n  [ 40]]]'
gives image "@$scratch/small.png?scale=1/100&bias=-1" $'float32 [1,2,2,1]\n[[[[-1. ]\n   [ 0. ]]\n\n  [[ 1. ]\n   [-0.6]]]]'
gives image "@$scratch/small.png?size=4x2" \
  $'float32 [1,2,4,1]\n[[[[  0.]\n   [ 25.]\n   [ 75.]\n   [100.]]\n\n  [[200.]\n   [160.]\n   [ 80.]\n   [ 40.]]]]'
refuses image8 "@$scratch/small.png?size=4" 'is no option of a picture'
refuses image8 "@$scratch/small.png?scale=2" 'a pixel of value 400 does not fit uint8'
refuses three "@$scratch/small.png" 'do not fit the shape needed'
run 3 "$scratch/image8.pbtxt" -i "x=@$scratch/none.png"
finish
