#!/usr/bin/env bash
# Every folder has a README.md of one paragraph or more. Folders of data (fixtures' and corpora's subfolders, .proto files
# below graphdef/proto/, hidden ones) go with the folder above them.
. "$(dirname "$0")/house.sh"

check() {
  house_files . | awk '
    { files[$0] = 1 }
    /\// {
      folder = $0
      while (sub(/\/[^\/]*$/, "", folder)) folders[folder] = 1
    }
    END {
      for (folder in folders) {
        if (folder ~ /^(\.|graphdef\/proto\/|tests\/fixtures\/|tests\/.*\/corpus)/) continue
        if (!((folder "/README.md") in files)) print folder ": has no README.md"
      }
    }'
  house_files '(^|/)README\.md$' | while IFS= read -r file; do
    if [ "$(wc -w <"$file")" -lt 12 ]; then echo "$file: says nothing"; fi
  done
}

kText='# runtime moves bytes and runs functions and knows neither graphs nor ops at all.'
sound() {
  put runtime/README.md <<<"$kText"
  put runtime/a.c </dev/null
  put .ci/run </dev/null
  put graphdef/README.md <<<"$kText"
  put graphdef/proto/README.md <<<"$kText"
  put graphdef/proto/a/b/c.proto </dev/null
}
planted_missing() {
  put runtime/a.c </dev/null
  echo 'runtime: has no README.md'
}
planted_missing_above() {
  put tools/ctfrun/README.md <<<"$kText"
  echo '^tools: has no README.md'
}
planted_empty() {
  put ops/README.md <<<'# ops'
  echo 'ops/README.md: says nothing'
}

house_main
