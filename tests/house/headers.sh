#!/usr/bin/env bash
# Every header compiles alone as C11, with our warnings; those of include/ also as C++17 and with include/ as the only folder.
# Wants CTF_GENERATED_DIR (of a built tree); CC and CXX are taken from the environment.
. "$(dirname "$0")/house.sh"

kWarnings=(-Wall -Wextra -Wshadow -Wvla -Wno-missing-field-initializers -Werror)

try() {  # header, compiler and arguments
  local header=$1 output
  shift
  if ! output=$(printf '#include "%s"\nint nothing_else;\n' "$header" | "$@" -fsyntax-only "${kWarnings[@]}" - 2>&1); then
    printf '%s: not alone, with %s:\n%s\n' "$header" "$1" "$output"
  fi
}

check() {
  local header
  house_files '\.h$' | while IFS= read -r header; do
    case $header in
      */cuda/* | */cuda_emu/*) ;;  # C++, compiled by their own tests
      include/*)
        try "${header#include/}" "${CC:-cc}" -x c -std=c11 -pedantic -Wstrict-prototypes -Iinclude
        try "${header#include/}" "${CXX:-c++}" -x c++ -std=c++17 -pedantic -Iinclude
        ;;
      *) try "$header" "${CC:-cc}" -x c -std=c11 -D_GNU_SOURCE -DCTF_ISA=base -I. -Iinclude -I"${CTF_GENERATED_DIR:-.}" ;;
    esac
  done
}

sound() {
  put runtime/a.h <<<$'#include <stddef.h>\nsize_t a(void);'
  put include/b.h <<<$'#include <stddef.h>\nsize_t b(void);'
}
planted_missing_include() {
  put runtime/a.h <<<'size_t a(void);'
  echo 'runtime/a.h: not alone'
}
planted_cpp() {
  put include/b.h <<<'int b(int template);'
  echo 'b.h: not alone, with .*\+\+'
}
planted_public_needs_root() {
  put runtime/a.h </dev/null
  put include/b.h <<<'#include "runtime/a.h"'
  echo 'b.h: not alone'
}

house_main
