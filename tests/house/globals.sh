#!/usr/bin/env bash
# The library's mutable globals are those that the table of runtime/README.md lists, each with what guards it. Wants
# CTF_BUILD_DIR.
. "$(dirname "$0")/house.sh"

# Objects in sections that the process may write: tables of pointers, which the loader fills once, are not among them.
# Names that begin with two underscores are the compiler's and its sanitizers'; .0 is what it adds to locals.
mutable() {
  objdump -t "$1" | awk '
    $0 ~ / O \.(data|bss|tdata|tbss|lbss|ldata)(\.[A-Za-z_][A-Za-z0-9_.]*)?\t/ && $0 !~ / O \.data\.rel\.ro/ {
      name = $NF
      sub(/\.[0-9]+$/, "", name)
      if (name !~ /^__|^\.L/) print name
    }' | sort -u
}

# First and last cell of the rows whose first cell is a name in backquotes.
listed() {
  awk -F'|' '/^\| *`/ { name = $2; gsub(/[ `]/, "", name); guard = $(NF - 1); gsub(/ /, "", guard); print name, (guard == "" ? "" : "guarded") }' \
    runtime/README.md
}

library() { if [ -f lib.o ]; then echo lib.o; else echo "$CTF_BUILD_DIR/lib/libctf_internal.a"; fi; }

check() {
  local names
  names=$(mutable "$(library)") || return 1
  { sed 's/^/is /' <<<"$names"; listed | sed 's/^/row /'; } | awk '
    $1 == "is" && NF == 2 { is[$2] = 1 }
    $1 == "row" { row[$2] = 1; if (NF < 3) print $2 ": the row says nothing of its guard" }
    END {
      for (name in is) if (!(name in row)) print name ": mutable, and not in the table of runtime/README.md"
      for (name in row) if (!(name in is)) print name ": in the table of runtime/README.md, and not there"
    }' | sort
}

compile() { "${CC:-cc}" -fPIC -O1 -x c - -c -o lib.o; }
sound() {
  put runtime/README.md <<<$'| global | guard |\n| --- | --- |\n| `g_count` | atomic |\n| `seen` | `g_lock` |'
  compile <<<'static int g_count; static const char* const kTable[] = {"a", "b"}; extern int next(int i);
    int next(int i) { static int seen = 4; return ++g_count + ++seen + kTable[i][0]; }'
}
planted_unlisted() {
  put runtime/README.md <<<'| global | guard |'
  compile <<<'int g_count = 3;'
  echo 'g_count: mutable, and not'
}
planted_pointers() {  # a table whose rows can be written
  put runtime/README.md <<<'| global | guard |'
  compile <<<'const char* kNames[] = {"a", "b"};'
  echo 'kNames: mutable, and not'
}
planted_gone() {
  put runtime/README.md <<<'| `g_gone` | atomic |'
  compile <<<'int f(void); int f(void) { return 1; }'
  echo 'g_gone: in the table'
}
planted_unguarded() {
  put runtime/README.md <<<'| `g_count` | |'
  compile <<<'int g_count;'
  echo 'g_count: the row says nothing'
}

house_main
