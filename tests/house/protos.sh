#!/usr/bin/env bash
# graphdef/CMakeLists.txt lists every .proto file below graphdef/proto/.
. "$(dirname "$0")/house.sh"

check() {
  house_files '^graphdef/proto/.*\.proto$' | sed 's|^graphdef/proto/||' | while IFS= read -r file; do
    if ! grep -qx " *$file" graphdef/CMakeLists.txt; then echo "$file: not in graphdef/CMakeLists.txt"; fi
  done
}

sound() {
  put graphdef/CMakeLists.txt <<<$'set(X\n    a/b.proto\n)'
  put graphdef/proto/a/b.proto </dev/null
}
planted_unlisted() {
  put graphdef/CMakeLists.txt <<<$'set(X\n    a/b.proto\n)'
  put graphdef/proto/a/c.proto </dev/null
  echo 'a/c.proto: not in'
}

house_main
