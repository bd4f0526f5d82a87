#!/usr/bin/env bash
# The library takes memory from the system in runtime/memory.c and nowhere else. Programs (tools, examples, tests, bench
# and those that run while building) are not the library.
. "$(dirname "$0")/house.sh"

kCalls='malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|memalign|valloc|strdup|strndup|asprintf|vasprintf|getline|getdelim|open_memstream|alloca'

check() {
  house_files '^(runtime|graphdef|ops|engine)/.*\.(c|h|cu|cuh|def)$' | { grep -vxE 'runtime/memory\.c|graphdef/op_table_gen\.c' || true; } |
    xargs -r awk -v calls="(^|[^A-Za-z0-9_.>])($kCalls)[ \t]*\\\\(" '
      {
        code = $0
        gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
        if (FNR == 1) comment = 0
        if (comment) { if (!sub(/^.*\*\//, "", code)) next; comment = 0 }
        gsub(/\/\*[^*]*\*\//, "", code)
        if (sub(/\/\*.*/, "", code)) comment = 1
        sub(/\/\/.*/, "", code)
        # "void free(" in a struct is a slot or a declaration of ours only after a star: (*free)( is none of these
        if (code ~ calls) print FILENAME ":" FNR ": memory comes from a ctf_allocator: " $0
      }'
}

sound() {
  put runtime/memory.c <<<'void* p = malloc(3);'
  put runtime/a.c <<<$'ctf_free(alloc, p);  // free(p) would be wrong\nconst char* t = "malloc(3)";\na->free(b);\nvoid (*free)(void*);\n/* free(a)\n free(b) */'
  put tools/a.c <<<'free(p);'
  put tests/a.c <<<'free(p);'
}
planted_malloc() {
  put engine/a.c <<<$'\n  int* p = malloc (4);'
  echo 'engine/a.c:2: '
}
planted_free() {
  put runtime/a.c <<<'free(p);'
  echo 'runtime/a.c:1: '
}
planted_hidden_one() {
  put ops/cpu/a.c <<<'  char* s = strdup(t);'
  echo 'ops/cpu/a.c:1: '
}
planted_after_comment() {
  put ops/a.h <<<'/* here */ if (x) free(p);'
  echo 'ops/a.h:1: '
}

house_main
