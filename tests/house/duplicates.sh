#!/usr/bin/env bash
# No two functions in ops/ (kernels, shape functions, gradients, what they share, their tests) differ only in types, names,
# words and numbers, and none has a long part that differs from a part of another one only in these: what two of them
# need is written once. Bodies of functions and of macros are compared with every run of names and types taken for one.
. "$(dirname "$0")/house.sh"

LEAST_WHOLE=45  # tokens of a body
LEAST_PART=80   # of a part of one, from the beginning of a statement

check() {
  house_files '^(ops|tests/ops)/.*\.(c|h|cu)$' | xargs -r awk -v whole="$LEAST_WHOLE" -v part="$LEAST_PART" '
    # A line of C as tokens, appended to `body`: i for names, types and runs of them, 0 for numbers, s for strings.
    function take(line,    token) {
      while (line != "") {
        if (inside_comment) {
          if (!match(line, /\*\//)) return
          line = substr(line, RSTART + 2)
          inside_comment = 0
        } else if (match(line, /^[ \t\\]+/)) {
          line = substr(line, RLENGTH + 1)
        } else if (line ~ /^\/\//) {
          return
        } else if (line ~ /^\/\*/) {
          line = substr(line, 3)
          inside_comment = 1
        } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
          line = substr(line, RLENGTH + 1)
          add("s")
        } else if (match(line, /^[0-9][A-Za-z0-9_.]*/)) {
          line = substr(line, RLENGTH + 1)
          add("0")
        } else if (match(line, /^[A-Za-z_][A-Za-z0-9_]*/)) {
          token = substr(line, 1, RLENGTH)
          line = substr(line, RLENGTH + 1)
          add(token ~ /^(if|else|for|while|do|switch|case|default|break|continue|return|goto)$/ ? token : "i")
        } else {
          add(substr(line, 1, 1))
          line = substr(line, 2)
        }
      }
    }
    function add(token) {
      if (token == "i" && last == "i") return  # const float, ctf_status name
      body[++tokens] = last = token
    }
    function begin(name) {
      what = FILENAME ":" FNR ": " name
      last = ""
      tokens = 0
    }
    function compare(run) {
      if (!(run in seen)) {
        seen[run] = what
      } else if (seen[run] != what && !((what, seen[run]) in told)) {
        told[what, seen[run]] = 1
        print what " says what " seen[run] " says"
      }
    }
    function finish(    at, i, run) {
      for (i = 1; i <= tokens; ++i) run = run " " body[i]
      if (tokens >= whole) compare("whole" run)
      for (at = 1; at + part - 1 <= tokens; ++at) {
        if (at > 1 && body[at - 1] !~ /[;{}]/) continue
        run = ""
        for (i = at; i < at + part; ++i) run = run " " body[i]
        compare(run)
      }
      what = ""
    }
    FNR == 1 { what = head = ""; macro = inside_comment = 0 }
    macro { take($0); if ($0 !~ /\\$/) { finish(); macro = 0 }; next }
    what == "" && /^#define [A-Za-z_0-9]+\(.*\\$/ {
      split($2, word, "(")
      begin(word[1])
      macro = 1
      next
    }
    # A function as clang-format leaves it: see sizes.sh.
    what == "" && /^[A-Za-z_]/ { head = $0 }
    what == "" && /^[ \t]/ { head = head " " $0 }
    what == "" && /\{[ \t]*$/ && head ~ /\)[^=;]*\{[ \t]*$/ && head !~ /^(typedef|struct|union|enum|extern "C")/ \
        && head !~ /=[ \t]*\{[ \t]*$/ {
      name = head
      sub(/\(.*/, "", name)
      sub(/.*[ *]/, "", name)
      begin(name)
      next
    }
    what != "" && /^\}/ { finish(); head = ""; next }
    what != "" { take($0) }
    what == "" && /[;}][ \t]*$/ { head = "" }'
}

# A kernel of a type, with a loop and calls enough to be worth sharing.
kernel() {  # name, type, function, text
  cat <<END
static ctf_status $1(ctf_kernel_ctx* k) {
  const $2* x = ctf_in(k, 0);  // $4
  $2* y = ctf_out(k, 0);
  const int64_t count = ctf_in_count(k, 0);
  for (int64_t i = 0; i < count; ++i) {
    if (x[i] < 0) return ctf_error(TF_INVALID_ARGUMENT, "$4", i);
    y[i] = i == 0 ? x[i] : $3(x[i], y[i - 1]);
  }
  return NULL;
}
END
}
sound() {
  kernel cpu_a float m_add one | put ops/cpu/a.c
  kernel cpu_b double m_sub two | sed 's/++i/i += 2/; s/i == 0 ?/i == 0 || x[i] == 0 ?/' | put ops/cpu/b.c
  kernel cpu_a double m_sub two | put engine/a.c
}
planted_type() {
  kernel cpu_a float m_add one | put ops/cpu/a.c
  kernel cpu_b 'unsigned char' m_add two | put ops/cpu/b.c
  echo 'ops/cpu/b.c:1: cpu_b says what ops/cpu/a.c:1: cpu_a says'
}
planted_word() {
  {
    kernel a_shape float m_add one
    kernel b_shape float m_multiply_and_round 'another text'
  } | put ops/a.c
  echo 'ops/a.c:11: b_shape says what ops/a.c:1: a_shape says'
}
planted_part() {
  {
    kernel cpu_a float m_add one | sed '$d'
    echo '  for (int i = 0; i < 4; ++i) x[i] = y[i] + (1 << i) * count;'
    echo '  if (count > 5 && x[1] == y[2]) return ctf_error(TF_INTERNAL, "no");'
    echo '}'
  } >whole
  sed 's/^  return NULL;/  sum(x, count);/' whole | put ops/cpu/a.c
  sed '3i\  if (ctf_in(k, 7) == NULL) return NULL;' whole | sed 's/float/double/; s/"no"/"yes"/' | put ops/cpu/b.c
  echo 'ops/cpu/b.c:1: cpu_a says what ops/cpu/a.c:1: cpu_a says'
}
planted_macro() {
  {
    kernel 'of_##T' T m_add one | sed 's/$/ \\/; 1s/^/#define A(T) \\\n/'
    echo
    kernel 'from_##S' S m_sub two | sed 's/$/ \\/; 1s/^/#define B(S) \\\n/'
    echo
  } | put ops/cpu/a.h
  echo 'ops/cpu/a.h:[0-9]*: B says what ops/cpu/a.h:1: A says'
}

house_main
