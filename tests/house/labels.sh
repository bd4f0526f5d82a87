#!/usr/bin/env bash
# Every exported function of include/ has the labels Owns, Threads, Waits and Errors, in this order, in the comment that
# ends in the line above it.
. "$(dirname "$0")/house.sh"

check() {
  house_files '^include/.*\.h$' | xargs -r awk '
    FNR == 1 { seen = "" }
    /^[ \t]*\/\// {
      if (match($0, /^\/\/ (Owns|Threads|Waits|Errors): +[^ ]/)) {
        label = $2
        sub(/:.*/, "", label)
        seen = seen " " label
      }
      next
    }
    /^(TF_CAPI_EXPORT|CTF_EXPORT)/ {
      if (seen != " Owns Threads Waits Errors") {
        print FILENAME ":" FNR ": wants the labels Owns, Threads, Waits, Errors, has" (seen == "" ? " none" : seen) ": " $0
      }
    }
    /^[ \t]+(TF_CAPI_EXPORT|CTF_EXPORT)|[^ \t].*(TF_CAPI_EXPORT|CTF_EXPORT)/ {
      if ($0 !~ /^[ \t]*#/ && $0 !~ /^(TF_CAPI_EXPORT|CTF_EXPORT)/) print FILENAME ":" FNR ": the export mark begins the line"
    }
    { seen = "" }'
}

kGood=$'// Does it.\n//\n// Owns:    nothing.\n// Threads: any thread.\n// Waits:   never.\n// Errors:  none.\n'
sound() {
  put include/ctf/ctf.h <<<"#define CTF_EXPORT x
${kGood}CTF_EXPORT void CTF_One(void);

// Longer.
//
// Owns:    nothing.
//          At all.
// Threads: any.
// Waits:   never.
// Errors:  none.
CTF_EXPORT const char* CTF_Two(int a,
                               int b);"
}
planted_none() {
  put include/ctf/ctf.h <<<'CTF_EXPORT void CTF_One(void);'
  echo 'ctf.h:1: .* has none'
}
planted_missing() {
  put include/a.h < <(grep -v Waits <<<"${kGood}TF_CAPI_EXPORT void TF_One(void);")
  echo 'a.h:6: .* has Owns Threads Errors'
}
planted_order() {
  put include/a.h <<<$'// Threads: any.\n// Owns:    nothing.\n// Waits:   never.\n// Errors:  none.\nCTF_EXPORT void CTF_One(void);'
  echo 'a.h:5: '
}
planted_empty_label() {
  put include/a.h <<<$'// Owns:    nothing.\n// Threads:\n// Waits:   never.\n// Errors:  none.\nCTF_EXPORT void CTF_One(void);'
  echo 'a.h:5: '
}
planted_second_without() {  # one comment serves one function
  put include/a.h <<<"${kGood}CTF_EXPORT void CTF_One(void);
CTF_EXPORT void CTF_Two(void);"
  echo 'a.h:8: .* has none'
}
planted_mark_inside() {
  put include/a.h <<<"${kGood}extern CTF_EXPORT void CTF_One(void);"
  echo 'a.h:7: the export mark begins the line'
}

house_main
