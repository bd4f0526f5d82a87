#!/usr/bin/env bash
# tests/api/drop_in.c with TensorFlow's own library prints tests/api/drop_in.txt. For machines where TensorFlow is
# installed: PYTHON (default python3) is the interpreter that can import it.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
folder=$("${PYTHON:-python3}" -c 'import importlib.util as u; print(u.find_spec("tensorflow").submodule_search_locations[0])')
for library in cc framework; do ln -s "$folder/libtensorflow_$library.so.2" "$out/"; done
"${CC:-cc}" -std=c11 -I../../include drop_in.c -o "$out/drop_in" "-L$out" -l:libtensorflow_cc.so.2 \
  -l:libtensorflow_framework.so.2 "-Wl,-rpath,$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$out/drop_in" >"$out/got"
diff drop_in.txt "$out/got"
echo "TensorFlow: the same $(wc -l <"$out/got") lines"
