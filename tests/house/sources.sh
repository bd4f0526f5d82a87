#!/usr/bin/env bash
# Every C source is named in a CMakeLists.txt or in cmake/: nothing lies in the tree that no build compiles. Families are named by stem.
. "$(dirname "$0")/house.sh"

# Whether a list names the path: a word of its own, not in a comment.
names() {  # list, path
  [ -f "$1" ] && sed 's/#.*//' "$1" | tr ' ()\t' '\n\n\n\n' | grep -xF -- "$2" >/dev/null
}

listed() {  # file
  local folder=$1 list
  case $1 in
    ops/*.c | ops/cpu/*.c | ops/cuda/*.cu)
      if grep -q "^ctf_op_family($(basename "${1%.*}")[ )]" ops/CMakeLists.txt; then return 0; fi
      ;;
  esac
  while [ "$folder" != "${folder%/*}" ]; do
    folder=${folder%/*}
    if names "$folder/CMakeLists.txt" "${1#"$folder/"}"; then return 0; fi
  done
  for list in cmake/*.cmake; do
    if names "$list" "\${PROJECT_SOURCE_DIR}/$1"; then return 0; fi
  done
  return 1
}

check() {
  house_files '\.(c|cu)$' | while IFS= read -r file; do
    if ! listed "$file"; then echo "$file: in no CMakeLists.txt"; fi
  done
}

sound() {
  put ops/CMakeLists.txt <<<$'ctf_op_family(reduce CPU)\nctf_ops_sources(\n  registry.c\n)'
  put ops/reduce.c </dev/null
  put ops/cpu/reduce.c </dev/null
  put ops/registry.c </dev/null
  put tests/CMakeLists.txt <<<'ctf_test(api_a LABELS unit SOURCES api/a_test.c)'
  put tests/api/a_test.c </dev/null
  put cmake/x.cmake <<<'target_sources(x PRIVATE ${PROJECT_SOURCE_DIR}/tests/main.c)'
  put tests/main.c </dev/null
}
planted_namesake() {
  put engine/CMakeLists.txt <<<'ctf_object_library(e SOURCES graph.c)'
  put engine/graph.c </dev/null
  put engine/api/graph.c </dev/null
  echo 'engine/api/graph.c: in no'
}
planted_forgotten() {
  put ops/CMakeLists.txt <<<$'ctf_op_family(reduce CPU)\n# ctf_ops_sources(registry.c)'
  put ops/registry.c </dev/null
  echo 'ops/registry.c: in no'
}

house_main
