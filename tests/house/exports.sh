#!/usr/bin/env bash
# libctf.so exports exactly the functions that the headers of include/ declare. Wants CTF_BUILD_DIR.
. "$(dirname "$0")/house.sh"

# Names of the functions that the headers below include/ mark as exported.
declared() {
  house_files '^include/.*\.h$' | xargs -r cat | awk '
    /^[ \t]*(\/\/|#)/ { next }
    { sub(/\/\/.*/, "") }
    /^(TF_CAPI_EXPORT|CTF_EXPORT)/ { open = 1; text = "" }
    open { text = text " " $0 }
    open && /;/ {
      open = 0
      if (match(text, /[A-Za-z_][A-Za-z0-9_]*[ ]*\(/)) {
        name = substr(text, RSTART, RLENGTH)
        sub(/[ ]*\(/, "", name)
        print name
      }
    }' | sort -u
}

exported() { nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u; }

# The shared object of the tree at hand: a planted one, or that of the build.
library() { if [ -f lib.so ]; then echo lib.so; else echo "$CTF_BUILD_DIR/lib/libctf.so"; fi; }

check() {
  local symbols
  symbols=$(exported "$(library)") || return 1
  {
    declared | sed 's/^/declared /'
    sed 's/^/exported /' <<<"$symbols"
  } | awk '
    NF == 2 { known[$2] = known[$2] " " $1 }
    END {
      for (name in known) {
        if (known[name] == " declared") print name ": declared in include/, not exported"
        if (known[name] == " exported") print name ": exported, not declared in include/"
      }
    }' | sort
}

kMark='#define TF_CAPI_EXPORT __attribute__((visibility("default")))'
build() { "${CC:-cc}" -shared -fPIC -fvisibility=hidden -Iinclude -include include/a.h -x c - -o lib.so; }
sound() {
  put include/a.h <<<"$kMark
TF_CAPI_EXPORT const char* TF_One(void (*listener)(const char*),
                                  int b);
// TF_CAPI_EXPORT void TF_Two(void);"
  build <<<'const char* TF_One(void (*l)(const char*), int b) { l(""); return b ? "" : 0; } int inner(void) { return 1; }'
}
planted_extra() {
  put include/a.h <<<"$kMark"
  build <<<'TF_CAPI_EXPORT int ctf_inner(void) { return 1; }'
  echo 'ctf_inner: exported, not declared'
}
planted_missing() {
  put include/a.h <<<"$kMark
TF_CAPI_EXPORT int TF_One(void);"
  build <<<'int x;'
  echo 'TF_One: declared in include/, not exported'
}

house_main
