#!/usr/bin/env bash
# Functions have at most 100 lines, files at most 1200. Tables and data are not functions; what the build generates is not
# in the tree.
. "$(dirname "$0")/house.sh"

check() {
  house_files '\.(c|h|cu|cuh|def|py|sh|cmake)$|(^|/)(CMakeLists.txt|Makefile)$|^\.ci/' | xargs -r awk '
    function finish() { if (lines > 1200) print file ": " lines " lines, 1200 are the limit" }
    FNR == 1 { finish(); file = FILENAME; start = 0; head = "" }
    { lines = FNR }
    FILENAME !~ /\.(c|h|cu|cuh)$/ { next }
    # A function is what clang-format leaves of one: a line in column 0, a parenthesis before the brace that ends a line,
    # and a closing brace in column 0.
    start == 0 && /^[A-Za-z_]/ { head = $0; first = FNR }
    start == 0 && /^[ \t]/ { head = head " " $0 }
    start == 0 && /\{[ \t]*$/ && head ~ /\)[^=;]*\{[ \t]*$/ && head !~ /^(typedef|struct|union|enum|extern "C")/ \
        && head !~ /=[ \t]*\{[ \t]*$/ { start = first; name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
    start == 0 && /[;}][ \t]*$/ { head = "" }
    start > 0 && /^\}/ {
      if (FNR - start + 1 > 100) print file ":" start ": " name " has " FNR - start + 1 " lines, 100 are the limit"
      start = 0
      head = ""
    }
    END { finish() }'
}

function_of() {  # lines
  echo 'static int long_one(int a,'
  echo '                    int b) {'
  for ((i = 0; i < $1 - 3; ++i)); do echo '  a += b;'; done
  echo '}'
}
sound() {
  put a.c < <(
    function_of 100
    echo 'static const int kTable[] = {'
    for ((i = 0; i < 500; ++i)); do echo '    (1),'; done
    echo '};'
    function_of 99
  )
  put b.h < <(for ((i = 0; i < 1200; ++i)); do echo '// text'; done)
  put ops.pbtxt < <(for ((i = 0; i < 2000; ++i)); do echo 'op {}'; done)
}
planted_function() {
  put a.c < <(
    echo 'int short_one(void) { return 1; }'
    function_of 101
  )
  echo 'a.c:2: long_one has 101 lines'
}
planted_file() {
  put ops/a.c < <(for ((i = 0; i < 1201; ++i)); do echo '// text'; done)
  echo 'ops/a.c: 1201 lines'
}

house_main
