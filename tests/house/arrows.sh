#!/usr/bin/env bash
# Who may include whom: runtime <- graphdef <- ops <- engine <- engine/api; tools/ and examples/ use the public headers.
# Paths start at the root, headers do not include each other in a circle, and x_impl.h stays in its folder.
. "$(dirname "$0")/house.sh"

check() {
  house_files . | awk '
    function top(path) { sub(/\/.*/, "", path); return path }
    function rank(path) {
      if (path ~ /^include\//) return 0
      if (path ~ /^runtime\//) return 1
      if (path ~ /^graphdef\//) return 2
      if (path ~ /^ops\//) return 3
      if (path ~ /^engine\/api\//) return 5
      if (path ~ /^engine\//) return 4
      if (path ~ /^(tools|examples)\//) return 6
      if (path ~ /^(tests|bench)\//) return 7
      return -1
    }
    # The file in the tree (or "generated") that a quoted path means; "" for none.
    function resolve(name, stem, file) {
      if (name in files) return name
      if (("include/" name) in files) return "include/" name
      if (name ~ /\.pb-c\.h$/) {
        stem = substr(name, 1, length(name) - 7) ".proto"
        if (("graphdef/proto/" stem) in files) return "graphdef/proto/" stem
        for (file in files) if (substr(file, length(file) - length(stem)) == "/" stem) return file
      }
      return ""
    }
    function refuse(text) { print here ": " text }
    function judge(source, name, target) {
      target = resolve(name)
      if (target == "") { refuse("\"" name "\" is no path from the root"); return }
      if (target ~ /\.h$/ && source ~ /\.h$/) edges[source] = edges[source] " " target
      if (rank(source) == 6) {
        if (target !~ /^include\// && top(target) != top(source))
          refuse("\"" name "\": tools and examples see the public headers and their own")
      } else if (rank(target) > rank(source)) {
        refuse("\"" name "\" is against the arrow")
      }
      if (target ~ /_impl\.h$/ && top(target) != top(source) && rank(source) != 7)
        refuse("\"" name "\" is for those who implement it, in " top(target) "/")
    }
    function visit(header, trail, next_ones, i, n) {
      state[header] = 1
      n = split(edges[header], next_ones, " ")
      for (i = 1; i <= n; ++i) {
        if (state[next_ones[i]] == 1) print header ": includes in a circle:" trail " " header " " next_ones[i]
        else if (state[next_ones[i]] == 0) visit(next_ones[i], trail " " header)
      }
      state[header] = 2
    }
    { files[$0] = 1 }
    END {
      for (file in files) {
        if (file !~ /\.(c|h|cc|cu|cuh|def|inc)$/ || rank(file) < 0) continue
        for (number = 1; (getline line < file) > 0; ++number) {
          if (line !~ /^[ \t]*#[ \t]*include/) continue
          here = file ":" number
          if (match(line, /"[^"]*"/)) {
            judge(file, substr(line, RSTART + 1, RLENGTH - 2))
          } else if (match(line, /<[^>]*>/)) {
            name = substr(line, RSTART + 1, RLENGTH - 2)
            if (resolve(name) != "") refuse("<" name "> is ours: use quotes")
          }
        }
        close(file)
      }
      for (file in edges) if (state[file] == 0) visit(file, "")
    }' | sort
}

sound() {
  put runtime/status.h <<<'#include <stdio.h>'
  put runtime/device_impl.h <<<'#include "runtime/status.h"'
  put include/ctf/ctf.h <<<'#include "ctf/types.h"'
  put include/ctf/types.h </dev/null
  put graphdef/proto/a/b.proto </dev/null
  put graphdef/wire.h <<<$'#include "runtime/status.h"\n#include "ctf/ctf.h"'
  put graphdef/wire.c <<<'#include "a/b.pb-c.h"'
  put engine/plan.h <<<'#include "graphdef/wire.h"'
  put engine/api/api.c <<<'#include "engine/plan.h"'
  put tools/one/one.h </dev/null
  put tools/one/one.c <<<$'#include "ctf/ctf.h"\n#include "tools/one/one.h"'
  put tests/engine/a_test.c <<<$'#include "engine/plan.h"\n#include "runtime/device_impl.h"'
}
planted_upward() {
  put ops/op.h </dev/null
  put runtime/a.c <<<'  #  include "ops/op.h"'
  echo 'runtime/a.c:1: "ops/op.h" is against the arrow'
}
planted_engine_to_api() {
  put engine/api/api.h </dev/null
  put engine/plan.c <<<'#include "engine/api/api.h"'
  echo 'engine/plan.c:1: .* against the arrow'
}
planted_generated_in_runtime() {
  put graphdef/proto/a/b.proto </dev/null
  put runtime/a.c <<<'#include "a/b.pb-c.h"'
  echo 'runtime/a.c:1: .* against the arrow'
}
planted_tool_that_looks_inside() {
  put runtime/status.h </dev/null
  put tools/one/one.c <<<'#include "runtime/status.h"'
  echo 'tools/one/one.c:1: .* public headers'
}
planted_public_that_looks_inside() {
  put runtime/status.h </dev/null
  put include/ctf/ctf.h <<<'#include "runtime/status.h"'
  echo 'include/ctf/ctf.h:1: .* against the arrow'
}
planted_tests_in_engine() {
  put tests/help.h </dev/null
  put engine/plan.c <<<'#include "tests/help.h"'
  echo 'engine/plan.c:1: .* against the arrow'
}
planted_relative() {
  put runtime/status.h </dev/null
  put runtime/a.c <<<$'\n#include "status.h"'
  echo 'runtime/a.c:2: .* no path from the root'
}
planted_brackets() {
  put runtime/status.h </dev/null
  put runtime/a.c <<<'#include <runtime/status.h>'
  echo 'runtime/a.c:1: .* use quotes'
}
planted_impl_elsewhere() {
  put runtime/device_impl.h </dev/null
  put engine/plan.c <<<'#include "runtime/device_impl.h"'
  echo 'engine/plan.c:1: .* those who implement it'
}
planted_circle() {
  put runtime/a.h <<<'#include "runtime/b.h"'
  put runtime/b.h <<<'#include "runtime/c.h"'
  put runtime/c.h <<<'#include "runtime/a.h"'
  echo 'in a circle: .*runtime/a.h'
}

house_main
