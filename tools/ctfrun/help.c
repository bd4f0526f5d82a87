#include "tools/ctfrun/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/option_table.h"

enum { WIDTH = 100 };

// "-i, --feed NAME=VALUE"
static void option_head(const option_row* row, char* out, size_t size) {
  size_t used = 0;
  if (row->letter != 0) used += (size_t)snprintf(out, size, "-%c", row->letter);
  if (row->letter != 0 && row->name != NULL) used += (size_t)snprintf(out + used, size - used, ", ");
  if (row->name != NULL) used += (size_t)snprintf(out + used, size - used, "--%s", row->name);
  if (row->argument == NULL) return;
  snprintf(out + used, size - used, row->argument[0] == '[' ? "%s" : " %s", row->argument);
}

static void option_sentence(const option_row* row, char* out, size_t size) {
  size_t used = (size_t)snprintf(out, size, "%s", row->sentence);
  const bool shown = row->initial != NULL && row->initial[0] != '-';
  if (shown && row->kind != KIND_WHEN) used += (size_t)snprintf(out + used, size - used, " (%s)", row->initial);
  if (row->kind == KIND_LATER) snprintf(out + used, size - used, " (not in this build: needs %s)", row->detail);
}

// Words of a paragraph on lines of at most WIDTH characters.
static void print_wrapped(const char* text, int indent, int column) {
  while (*text != '\0') {
    const size_t word = strcspn(text, " ");
    if (column + 1 + (int)word > WIDTH && column > indent) {
      printf("\n%*s", indent, "");
      column = indent;
    } else if (column > indent) {
      putchar(' ');
      ++column;
    }
    printf("%.*s", (int)word, text);
    column += (int)word;
    text += word + strspn(text + word, " ");
  }
  putchar('\n');
}

static void print_option(const option_row* row) {
  char head[96], sentence[512];
  option_head(row, head, sizeof(head));
  option_sentence(row, sentence, sizeof(sentence));
  printf("  %s%-*s", row->letter == 0 ? "    " : "", row->letter == 0 ? 30 : 34, head);
  const int column = row->letter == 0 ? 36 : 36;
  if (strlen(head) > (row->letter == 0 ? 29 : 33)) printf("\n%*s", column, "");
  print_wrapped(sentence, column, column);
}

static void print_verbs(void) {
  for (int i = 0; i < kNumVerbs; ++i) {
    const verb_row* row = &kVerbs[i];
    if (row->hidden) continue;
    printf("  %-8s %-18s %s", row->name, row->usage, row->sentence);
    if (row->later != NULL) printf(" (not in this build: needs %s)", row->later);
    putchar('\n');
  }
}

void help_short(void) {
  printf("usage: ctfrun [VERB] MODEL [options]     MODEL: a GraphDef file, or - for standard input\nverbs:");
  for (int i = 0; i < kNumVerbs; ++i) {
    if (!kVerbs[i].hidden) printf(" %s", kVerbs[i].name);
  }
  printf("     (run when none is given)\n\n");
  for (int i = 0; i < kNumOptions; ++i) {
    const option_row* row = &kOptions[i];
    if (!row->common) continue;
    char head[96];
    option_head(row, head, sizeof(head));
    printf("  %s%-*s %.140s\n", row->letter == 0 ? "    " : "", row->letter == 0 ? 22 : 26, head, row->sentence);
  }
  printf("\nAll options: ctfrun --help. One part: ctfrun help");
  for (int i = 0; i < kNumTopics; ++i) printf("%s %s", i > 0 ? "," : "", kTopics[i].name);
  printf(", exit.\n");
}

// Paragraphs; lines that begin with blanks stay as they are.
static void print_text(const char* text) {
  char paragraph[2048];
  while (*text != '\0') {
    const bool verbatim = *text == ' ';
    const char* end = strstr(text, verbatim ? "\n" : "\n\n");
    const size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
    snprintf(paragraph, sizeof(paragraph), "%.*s", (int)length, text);
    if (verbatim) {
      puts(paragraph);
    } else {
      print_wrapped(paragraph, 0, 0);
    }
    text += length;
    while (*text == '\n') ++text;
  }
}

static void print_exits(void) {
  puts("Exit codes");
  for (int i = 0; i < kNumExits; ++i) printf("  %3d  %s\n", kExits[i].code, kExits[i].meaning);
}

static void print_topic(const topic_row* topic) {
  puts(topic->title);
  for (int i = 0; i < kNumOptions; ++i) {
    if (strcmp(kOptions[i].topic, topic->name) == 0) print_option(&kOptions[i]);
  }
  print_text(topic->text);
}

void help_all(void) {
  printf("usage: ctfrun [VERB] MODEL [options]\n\n");
  print_verbs();
  for (int i = 0; i < kNumTopics; ++i) {
    putchar('\n');
    print_topic(&kTopics[i]);
  }
  putchar('\n');
  print_exits();
}

int help_topic(const char* name) {
  if (strcmp(name, "exit") == 0) {
    print_exits();
    return EXIT_DONE;
  }
  for (int i = 0; i < kNumTopics; ++i) {
    if (strcmp(kTopics[i].name, name) != 0) continue;
    print_topic(&kTopics[i]);
    return EXIT_DONE;
  }
  const verb_row* verb = verb_find(name);
  if (verb != NULL && !verb->hidden) {
    printf("usage: ctfrun %s %s\n%s\n", verb->name, verb->usage, verb->sentence);
    return EXIT_DONE;
  }
  const char* option = name + strspn(name, "-");
  for (int i = 0; i < kNumOptions; ++i) {
    if (kOptions[i].name == NULL || strcmp(kOptions[i].name, option) != 0) continue;
    print_option(&kOptions[i]);
    return EXIT_DONE;
  }
  return fail(EXIT_USAGE,
              "there is no help on '%s'; there are the verbs, the options, exit and: inputs, values, outputs, "
              "runs, memory, state, checks, reports, general",
              name);
}

// ---- the man page

// scdoc takes _ and * for marks and needs tabs for lists.
static void scd(const char* text) {
  for (; *text != '\0'; ++text) {
    if (strchr("_*\\[]#`~|<>", *text) != NULL) putchar('\\');
    putchar(*text);
  }
}

static void scd_text(const char* text) {
  while (*text != '\0') {
    const bool verbatim = *text == ' ';
    const char* end = strstr(text, "\n\n");
    const size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
    if (verbatim) {
      printf("```\n%.*s\n```\n\n", (int)length, text);
    } else {
      char paragraph[2048];
      snprintf(paragraph, sizeof(paragraph), "%.*s", (int)length, text);
      scd(paragraph);
      printf("\n\n");
    }
    text += length;
    while (*text == '\n') ++text;
  }
}

static void scd_options(const char* topic) {
  char text[512];
  for (int i = 0; i < kNumOptions; ++i) {
    const option_row* row = &kOptions[i];
    if (strcmp(row->topic, topic) != 0) continue;
    option_head(row, text, sizeof(text));
    putchar('*');
    scd(text);
    printf("*\n\t");
    option_sentence(row, text, sizeof(text));
    scd(text);
    printf(".\n\n");
  }
}

static void scd_verbs(void) {
  printf("# VERBS\n\n");
  for (int i = 0; i < kNumVerbs; ++i) {
    const verb_row* row = &kVerbs[i];
    if (row->hidden) continue;
    printf("*%s* ", row->name);
    scd(row->usage);
    printf("\n\t");
    scd(row->sentence);
    if (row->later != NULL) printf(" (not in this build: needs %s)", row->later);
    printf(".\n\n");
  }
}

void help_man(void) {
  printf(
      "ctfrun(1)\n\n# NAME\n\nctfrun - runs, plans and measures TensorFlow graphs\n\n# SYNOPSIS\n\n"
      "*ctfrun* [VERB] MODEL [options]\n\n# DESCRIPTION\n\n");
  scd("Runs a trained TensorFlow graph from the command line, without TensorFlow. It plans a run before it starts it "
      "and "
      "refuses what does not fit the memory budget.");
  printf("\n\n");
  scd_verbs();
  printf("# OPTIONS\n\n");
  for (int i = 0; i < kNumTopics; ++i) {
    printf("## %s\n\n", kTopics[i].title);
    scd_options(kTopics[i].name);
    scd_text(kTopics[i].text);
  }
  printf("# EXIT STATUS\n\n");
  for (int i = 0; i < kNumExits; ++i) {
    printf("*%d*\n\t", kExits[i].code);
    scd(kExits[i].meaning);
    printf(".\n\n");
  }
  printf("# EXAMPLES\n\n");
  for (int i = 0; i < kNumExamples; ++i) {
    scd(kExamples[i].sentence);
    printf("\n\n```\n%s\n```\n\n", kExamples[i].command);
  }
}

// ---- completions

static void complete_bash(void) {
  printf(
      "# bash completion of ctfrun; made by ctfrun __completion bash\n_ctfrun() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} model='' i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do [ -f \"${COMP_WORDS[i]}\" ] && model=${COMP_WORDS[i]}; done\n"
      "  case $last in\n  -i | --feed | -o | --fetch | -t | --target | --until | --print | --expect)\n"
      "    [ -n \"$model\" ] && COMPREPLY=($(compgen -W \"$(ctfrun __complete \"$model\" 2>/dev/null)\" -- "
      "\"$word\"))\n"
      "    return ;;\n  esac\n  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"");
  for (int i = 0; i < kNumOptions; ++i) {
    if (kOptions[i].kind != KIND_LATER && kOptions[i].name != NULL) printf("--%s ", kOptions[i].name);
  }
  printf(
      "\" -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "    [ \"$COMP_CWORD\" = 1 ] && COMPREPLY+=($(compgen -W \"");
  for (int i = 0; i < kNumVerbs; ++i) {
    if (!kVerbs[i].hidden && kVerbs[i].later == NULL) printf("%s ", kVerbs[i].name);
  }
  printf("\" -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F _ctfrun ctfrun\n");
}

// Inside single quotes of a shell, and of what zsh and fish make of brackets and colons.
static void put_quoted(const char* text, const char* escaped) {
  for (; *text != '\0'; ++text) {
    if (*text == '\'') {
      printf("'\\''");
      continue;
    }
    if (strchr(escaped, *text) != NULL) putchar('\\');
    putchar(*text);
  }
}

static void complete_zsh(void) {
  printf("#compdef ctfrun\n# made by ctfrun __completion zsh\n_arguments -s \\\n");
  for (int i = 0; i < kNumOptions; ++i) {
    const option_row* row = &kOptions[i];
    if (row->kind == KIND_LATER || row->name == NULL) continue;
    printf("  '*--%s%s[", row->name, row->argument == NULL ? "" : row->argument[0] == '[' ? "=-" : "=");
    put_quoted(row->sentence, "[]:\\");
    printf("]%s' \\\n", row->argument == NULL ? "" : row->argument[0] == '[' ? "::value:" : ":value:_files");
  }
  printf("  '1: :{_alternative \"verbs:verb:(");
  for (int i = 0; i < kNumVerbs; ++i) {
    if (!kVerbs[i].hidden && kVerbs[i].later == NULL) printf("%s ", kVerbs[i].name);
  }
  printf(")\" \"files:model:_files\"}' '*:model:_files'\n");
}

static void complete_fish(void) {
  printf("# fish completion of ctfrun; made by ctfrun __completion fish\n");
  for (int i = 0; i < kNumVerbs; ++i) {
    if (kVerbs[i].hidden || kVerbs[i].later != NULL) continue;
    printf("complete -c ctfrun -n __fish_use_subcommand -a %s -d '", kVerbs[i].name);
    put_quoted(kVerbs[i].sentence, "\\");
    printf("'\n");
  }
  for (int i = 0; i < kNumOptions; ++i) {
    const option_row* row = &kOptions[i];
    if (row->kind == KIND_LATER || row->name == NULL) continue;
    printf("complete -c ctfrun -l %s", row->name);
    if (row->letter != 0) printf(" -s %c", row->letter);
    if (row->argument != NULL && row->argument[0] != '[') printf(" -r");
    printf(" -d '");
    put_quoted(row->sentence, "\\");
    printf("'\n");
  }
}

int help_completion(const char* shell) {
  if (shell != NULL && strcmp(shell, "bash") == 0) {
    complete_bash();
  } else if (shell != NULL && strcmp(shell, "zsh") == 0) {
    complete_zsh();
  } else if (shell != NULL && strcmp(shell, "fish") == 0) {
    complete_fish();
  } else {
    return fail(EXIT_USAGE, "there are completions for bash, zsh and fish");
  }
  return EXIT_DONE;
}
