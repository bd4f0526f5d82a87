#!/bin/sh
# docs/ctfrun.1 from the table of options: docs/make_man.sh build/dev/bin/ctfrun. Needs scdoc. The page is kept, so that
# installing it does not.
set -eu
"$1" __man | SOURCE_DATE_EPOCH=0 scdoc >"$(dirname "$0")/ctfrun.1"
