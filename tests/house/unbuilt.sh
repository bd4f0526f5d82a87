#!/usr/bin/env bash
# Of a part of the work that is done, no function stands in the table of those that are not built. When a part is done,
# its number goes into kDone.
. "$(dirname "$0")/house.sh"

kDone=" 1 2 3 4 5 "

check() {
  local table=engine/api/unbuilt.def
  if [ ! -f "$table" ]; then
    echo "$table: is not there"
    return
  fi
  awk -v done="$kDone" -v table="$table" '
    !/^ROW\(/ { if ($0 !~ /^(\/\/.*)?$/) print table ":" FNR ": is no row and no comment"; next }
    {
      part = $0
      sub(/^ROW\(/, "", part)
      sub(/,.*/, "", part)
      name = $0
      sub(/^ROW\([0-9]+, [^,]*, /, "", name)
      sub(/,.*/, "", name)
      if (index(done, " " part " ")) print table ":" FNR ": " name ": part " part " is done, and this is not built"
      if (name in seen) print table ":" FNR ": " name ": is there twice"
      seen[name] = 1
    }' "$table"
}

sound() { put engine/api/unbuilt.def <<<$'// Text.\n\nROW(99, void, TF_A, (int* a), NULL, )'; }
planted_done() {
  put engine/api/unbuilt.def <<<'ROW(1, TF_X*, TF_A, (int* a), NULL, NULL)'
  echo 'unbuilt.def:1: TF_A: part 1 is done'
}
planted_twice() {
  put engine/api/unbuilt.def <<<$'ROW(99, void, TF_A, (void), NULL, )\nROW(98, int, TF_A, (void), NULL, 0)'
  echo 'unbuilt.def:2: TF_A: is there twice'
}
planted_other() {
  put engine/api/unbuilt.def <<<'ROWS(99, void, TF_A, (void), NULL, )'
  echo 'unbuilt.def:1: is no row'
}
planted_gone() { echo 'unbuilt.def: is not there'; }

house_main
