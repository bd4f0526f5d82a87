#!/usr/bin/env bash
# Every command of README and man page runs; the man page that is kept is the one that the table of options makes; the
# completions are valid in their shells.
. "$(dirname "$0")/ctfrun.sh"
PATH=$CTF_BUILD_DIR/bin:$PATH

# commands FILE: what stands in it as `ctfrun ...` or on lines of its own
commands() {
  grep -oE '`ctfrun [^`]*`' "$1" | tr -d '`'
  sed -nE 's/^ {4}(ctfrun .*)$/\1/p' "$1"
}
examples=$("$ctfrun" __man | sed -n '/^# EXAMPLES/,$p' | grep '^ctfrun ')
is "$(($(wc -l <<<"$examples") >= 8))" 1 'examples of the man page'
while IFS= read -r command; do
  case $command in
    *...*|*MODEL*|*x.pb*|'ctfrun model.pb'*|'ctfrun plan'|'ctfrun check') continue ;;  # a form, not a command
  esac
  eval "$command" >"$scratch/out" 2>"$scratch/err" </dev/null
  got=$? count=$((count + 1))
  [ $got = 0 ] || miss "$command"
done < <(printf '%s\n' "$examples"; commands README.md)

# ---- the man page
if command -v scdoc >/dev/null; then
  "$ctfrun" __man | SOURCE_DATE_EPOCH=0 scdoc | grep -v '^\.TH\|^\.\\" ' >"$scratch/made"
  grep -v '^\.TH\|^\.\\" ' docs/ctfrun.1 >"$scratch/kept"
  is "$(diff "$scratch/kept" "$scratch/made" | head -5)" '' 'docs/ctfrun.1: make it again with docs/make_man.sh'
else
  skip scdoc 'scdoc is not installed'
fi
if command -v mandoc >/dev/null; then
  is "$(mandoc -Tlint -W error docs/ctfrun.1 | head -5)" '' 'mandoc finds nothing'
else
  skip mandoc 'mandoc is not installed'
fi
# Each option and each exit code is in it, with or without scdoc.
options=$("$ctfrun" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
is "$(($(wc -l <<<"$options") > 50))" 1 'options of --help'
for option in $options; do
  count=$((count + 1))
  sed 's/\\-/-/g; s/\\&//g; s/\\f.//g' docs/ctfrun.1 | grep -qF -- "$option" && continue
  got=0
  : >"$scratch/out" >"$scratch/err"
  miss "$option is not in docs/ctfrun.1"
done

# ---- completions
"$ctfrun" __completion bash >"$scratch/bash"
bash -n "$scratch/bash"
is $? 0 'the completion of bash'
completed() {
  bash -c '. "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ctfrun; echo "${COMPREPLY[*]}"' - "$scratch/bash" "$@"
}
is "$(completed ctfrun --fl)" --flagfile 'an option completes'
is "$(completed ctfrun prof)" profile 'a verb completes'
is "$(completed ctfrun $models/mul.pb -o m)" mul 'a node completes'
for shell in zsh fish; do
  "$ctfrun" __completion $shell >"$scratch/$shell"
  is "$(($(wc -l <"$scratch/$shell") > 50))" 1 "the completion of $shell"
  if command -v $shell >/dev/null; then
    $shell -n "$scratch/$shell"
    is $? 0 "the syntax of $shell"
  else
    skip $shell "$shell is not installed"
  fi
done
finish
