#!/usr/bin/env bash
# Every C source is named in a CMakeLists.txt or in cmake/: nothing lies in the tree that no build compiles. Families are named by stem.
. "$(dirname "$0")/house.sh"

# The paths that the lists name: their words, as paths below the list's folder or below ${PROJECT_SOURCE_DIR}.
listed() {
  house_files '(^|/)CMakeLists\.txt$|^cmake/.*\.cmake$' | xargs -r awk '
    FNR == 1 { folder = FILENAME; if (!sub(/\/[^\/]*$/, "/", folder)) folder = "" }
    {
      sub(/#.*/, "")
      gsub(/[()]/, " ")
      if ($1 == "ctf_op_family") {
        print folder $2 ".c"
        for (i = 3; i <= NF; ++i) print folder ($i == "CPU" ? "cpu/" $2 ".c" : "cuda/" $2 ".cu")
      }
      for (i = 1; i <= NF; ++i) {
        path = $i
        if (!sub(/^\${PROJECT_SOURCE_DIR}\//, "", path)) path = folder path
        while (sub(/[^\/]+\/\.\.\//, "", path)) {}
        if (path ~ /\.(c|cu)$/) print path
      }
    }'
}

check() {
  { listed | sed 's/^/listed /'; house_files '\.(c|cu)$' | sed 's/^/there /'; } | awk '
    $1 == "listed" { listed[$2] = 1 }
    $1 == "there" && !($2 in listed) { print $2 ": in no CMakeLists.txt" }'
}

sound() {
  put ops/CMakeLists.txt <<<$'ctf_op_family(reduce CPU)\nctf_ops_sources(\n  registry.c\n)'
  put ops/reduce.c </dev/null
  put ops/cpu/reduce.c </dev/null
  put ops/registry.c </dev/null
  put tests/CMakeLists.txt <<<'ctf_test(api_a LABELS unit SOURCES api/a_test.c engine/../support/b.c)'
  put tests/api/a_test.c </dev/null
  put tests/support/b.c </dev/null
  put cmake/x.cmake <<<'target_sources(x PRIVATE ${PROJECT_SOURCE_DIR}/tests/main.c)'
  put tests/main.c </dev/null
}
planted_namesake() {
  put engine/CMakeLists.txt <<<'ctf_object_library(e SOURCES graph.c)'
  put engine/graph.c </dev/null
  put engine/api/graph.c </dev/null
  echo 'engine/api/graph.c: in no'
}
planted_other_device() {
  put ops/CMakeLists.txt <<<'ctf_op_family(reduce CPU)'
  put ops/cuda/reduce.cu </dev/null
  echo 'ops/cuda/reduce.cu: in no'
}
planted_forgotten() {
  put ops/CMakeLists.txt <<<$'ctf_op_family(reduce CPU)\n# ctf_ops_sources(registry.c)'
  put ops/registry.c </dev/null
  echo 'ops/registry.c: in no'
}

house_main
