#!/usr/bin/env bash
# The random-graph check must see a fault that is planted: by a wrong answer (exit 3), or under the thread sanitizer by
# its report (exit 66).
set -u
"$CTF_BUILD_DIR/bin/tests/engine_sim_dag" "--plant=$1"
code=$?
if [ $code -eq 3 ] || [ $code -eq 66 ]; then
  echo "caught (exit $code)"
  exit 0
fi
echo "the planted fault '$1' was not caught (exit $code)"
exit 1
