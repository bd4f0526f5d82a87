#!/usr/bin/env bash
# with_corpora.sh <ctfconform> <argument>...: runs it with @SHARED@ in the arguments replaced by the corpora's folder, and
# with * in them expanded. Ends with 77, which ctest calls skipped, where there are no corpora.
set -euo pipefail

shared=${CTF_SHARED:-../shared}
if [ ! -d "$shared/conformance" ]; then
  echo "skipped: no corpora in $shared (CTF_SHARED)"
  exit 77
fi
export CTF_SHARED=$shared
program=$1
shift
arguments=()
for argument in "$@"; do
  argument=${argument//@SHARED@/$shared}
  if [[ $argument == *\** ]]; then
    mapfile -t found < <(compgen -G "$argument")
    arguments+=("${found[@]}")
  else
    arguments+=("$argument")
  fi
done
exec "$program" "${arguments[@]}"
