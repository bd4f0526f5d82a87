#!/usr/bin/env bash
# The library's mutable globals are those that runtime/README.md names under "Mutable globals", each with what guards it.
# Wants CTF_BUILD_DIR.
. "$(dirname "$0")/house.sh"

# Objects in sections that the process may write: tables of pointers, which the loader fills once, are not among them.
# Names that begin with two underscores are the compiler's and its sanitizers'. Numbers at
# the end are left out: the compiler adds them to locals, generators to tables.
mutable() {
  objdump -t "$1" | awk '
    $0 ~ / O \.(data|bss|tdata|tbss|lbss|ldata)(\.[A-Za-z_][A-Za-z0-9_.]*)?\t/ && $0 !~ / O \.data\.rel\.ro/ {
      name = $NF
      sub(/\.?[0-9]+$/, "", name)
      if (name !~ /^__|^\.L/) print name
    }' | sort -u
}

# "row <name> <guarded or nothing>" for names in backquotes in the first cell of a row, "text <name>" for all others.
named() {
  awk '
    /^#/ { inside = /^## Mutable globals/ }
    !inside { next }
    {
      cells = split($0, cell, "|")
      guard = cell[cells - 1]
      gsub(/ /, "", guard)
      for (c = 1; c <= cells; ++c) {
        words = split(cell[c], word, "`")
        for (w = 2; w <= words; w += 2) print (cells > 2 && c == 2 ? "row " word[w] (guard == "" ? "" : " guarded") : "text " word[w])
      }
    }' runtime/README.md
}

library() { if [ -f lib.o ]; then echo lib.o; else echo "$CTF_BUILD_DIR/lib/libctf_internal.a"; fi; }

check() {
  local names
  names=$(mutable "$(library)") || return 1
  { sed 's/^/is /' <<<"$names"; named; } | awk '
    $1 == "is" && NF == 2 { is[$2] = 1 }
    $1 == "text" { known[$2] = 1 }
    $1 == "row" { known[$2] = row[$2] = 1; if (NF < 3) print $2 ": the row says nothing of its guard" }
    END {
      for (name in is) if (!(name in known)) print name ": mutable, and runtime/README.md does not say so"
      for (name in row) if (!(name in is)) print name ": in the table of runtime/README.md, and not there"
    }' | sort
}

compile() { "${CC:-cc}" -fPIC -O1 -x c - -c -o lib.o; }
sound() {
  put runtime/README.md <<<$'## Mutable globals\n| global | guard |\n| --- | --- |\n| `g_count`: of | atomic |\n| `seen` | `g_lock` |\n`g_lock` is one, too.'
  compile <<<'static int g_count; int g_lock; static const char* const kTable[] = {"a", "b"}; extern int next(int i);
    int next(int i) { static int seen = 4; return ++g_count + ++seen + kTable[i][0]; }'
}
planted_unlisted() {
  put runtime/README.md <<<$'## Mutable globals\n| global | guard |'
  compile <<<'int g_count = 3;'
  echo 'g_count: mutable, and runtime'
}
planted_pointers() {  # a table whose rows can be written
  put runtime/README.md <<<$'## Mutable globals\n| global | guard |'
  compile <<<'const char* kNames[] = {"a", "b"};'
  echo 'kNames: mutable, and runtime'
}
planted_gone() {
  put runtime/README.md <<<$'## Mutable globals\n| `g_gone` | atomic |'
  compile <<<'int f(void); int f(void) { return 1; }'
  echo 'g_gone: in the table'
}
planted_unguarded() {
  put runtime/README.md <<<$'## Mutable globals\n| `g_count` | |'
  compile <<<'int g_count;'
  echo 'g_count: the row says nothing'
}

house_main
