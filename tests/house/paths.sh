#!/usr/bin/env bash
# No path of the machine that a file was written on, in any file of the tree. Scratch files take ${TMPDIR:-/tmp}.
. "$(dirname "$0")/house.sh"

# Put together here, so that this file is not found.
kRoots="/wo""rk/|/ro""ot/|/ho""me/[a-z]|/Us""ers/[A-Za-z]|/op""t/[a-z]|/tm""p/[A-Za-z0-9_]"

check() {
  house_files . | xargs -r -d '\n' grep -naE -- "(^|[^A-Za-z0-9_.\$}*/-])($kRoots)" /dev/null | tr -cd '[:print:]\n' | cut -c1-200 || true
}

sound() {
  put a.sh <<<'scratch=${TMPDIR:-/tmp}/x'
  put b.md <<<'frame''work/x and build/tm''p/x, https://host/home''page/ and /usr/local/cuda'
}
planted_path() {
  put docs/a.md <<<"see /wo""rk/main/x"
  echo 'docs/a.md:1:'
}
planted_scratch() {
  put tests/a.c <<<"open(\"/tm""p/x\")"
  echo 'tests/a.c:1:'
}
planted_home() {
  put a.py <<<"#!/ho""me/me/bin/python"
  echo 'a.py:1:'
}
planted_binary() {
  put a.bin < <(printf '\0\1 /wo''rk/x\0')
  echo 'a.bin'
}

house_main
