#include "tests/conform/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/records.h"

size_t tally_passed(const tally* of) { return of->by_verdict[VERDICT_PASS]; }

size_t tally_skipped(const tally* of) { return of->by_verdict[VERDICT_SKIP]; }

size_t tally_failed(const tally* of) {
  size_t failed = 0;
  for (int i = 0; i < NUM_VERDICTS; ++i) {
    if (i != VERDICT_PASS && i != VERDICT_SKIP) failed += of->by_verdict[i];
  }
  return failed;
}

static void count(name_set* inout_names, tally** inout_tallies, const char* name, verdict verdict_of) {
  const size_t before = inout_names->count;
  const size_t number = name_set_add(inout_names, name);
  if (inout_names->count != before) {
    *inout_tallies = must_resize(*inout_tallies, inout_names->count * sizeof(**inout_tallies));
    (*inout_tallies)[number] = (tally){0};
  }
  ++(*inout_tallies)[number].by_verdict[verdict_of];
}

static void append_json_case(text_buffer* inout_text, const case_summary* of, verdict verdict_of, const char* why) {
  text_append(inout_text, "%s\n  {\"name\": ", inout_text->length != 0 ? "," : "");
  text_append_json(inout_text, of->name);
  text_append(inout_text, ", \"area\": ");
  text_append_json(inout_text, of->area);
  text_append(inout_text, ", \"verdict\": \"%s\", \"why\": ", verdict_name(verdict_of));
  text_append_json(inout_text, why);
  text_append(inout_text, "}");
}

void report_add(report* inout_report, const case_summary* of, verdict verdict_of, const char* why) {
  ++inout_report->total.by_verdict[verdict_of];
  peak_add(why, &inout_report->peaks);
  count(&inout_report->areas, &inout_report->area_tallies, of->area, verdict_of);
  for (size_t i = 0; i < of->num_ops; ++i) {
    count(&inout_report->ops, &inout_report->op_tallies, of->ops[i], verdict_of);
  }
  if (verdict_of == VERDICT_PASS) {
    name_set_add(&inout_report->passed_cases, of->name);
  } else if (verdict_of != VERDICT_SKIP) {
    name_set_add(&inout_report->failed_cases, of->name);
  }
  if (inout_report->json) append_json_case(&inout_report->json_cases, of, verdict_of, why);
  if (!inout_report->verbose && (verdict_of == VERDICT_PASS || verdict_of == VERDICT_SKIP)) return;
  printf("%s %s%s", verdict_name(verdict_of), of->name, *why != '\0' ? ": " : "");
  for (const char* at = why; *at != '\0'; ++at) putchar((unsigned char)*at < 0x20 ? ' ' : *at);  // a line a case
  putchar('\n');
}

static void print_table(const char* title, const name_set* of, const tally* tallies, FILE* out) {
  size_t* order = name_set_sorted(of);
  fprintf(out, "\n%-44s %8s %8s %8s\n", title, "passed", "failed", "skipped");
  for (size_t i = 0; i < of->count; ++i) {
    const tally* row = &tallies[order[i]];
    fprintf(out, "%-44s %8zu %8zu %8zu\n", of->list[order[i]], tally_passed(row), tally_failed(row),
            tally_skipped(row));
  }
  free(order);
}

void report_print_tables(const report* of, FILE* out) {
  print_table("area", &of->areas, of->area_tallies, out);
  print_table("op", &of->ops, of->op_tallies, out);
  fprintf(out, "\n");
}

void report_print_closing_line(const report* of, FILE* out) {
  if (of->peaks.exact + of->peaks.not_exact > 0) {
    fprintf(out, "%zu runs needed their planned peak to the byte, %zu have none that is exact\n", of->peaks.exact,
            of->peaks.not_exact);
  }
  fprintf(out, "%zu passed, %zu failed, %zu skipped\n", tally_passed(&of->total), tally_failed(&of->total),
          tally_skipped(&of->total));
}

static void append_json_table(text_buffer* inout_text, const char* title, const name_set* of, const tally* tallies) {
  size_t* order = name_set_sorted(of);
  text_append(inout_text, " \"%s\": {", title);
  for (size_t i = 0; i < of->count; ++i) {
    const tally* row = &tallies[order[i]];
    text_append(inout_text, "%s\n  ", i != 0 ? "," : "");
    text_append_json(inout_text, of->list[order[i]]);
    text_append(inout_text, ": {\"passed\": %zu, \"failed\": %zu, \"skipped\": %zu}", tally_passed(row),
                tally_failed(row), tally_skipped(row));
  }
  text_append(inout_text, "},\n");
  free(order);
}

static bool write_file(const char* path, const text_buffer* content, text_buffer* why) {
  FILE* file = fopen(path, "w");
  bool good = file != NULL && fwrite(content->data, 1, content->length, file) == content->length;
  if (file != NULL && fclose(file) != 0) good = false;
  if (!good) text_append(why, "%s: %s", path, strerror(errno));
  return good;
}

bool report_write_json(const report* of, const char* path, text_buffer* why) {
  text_buffer json = {0};
  text_append(&json, "{\"passed\": %zu, \"failed\": %zu, \"skipped\": %zu,\n", tally_passed(&of->total),
              tally_failed(&of->total), tally_skipped(&of->total));
  append_json_table(&json, "areas", &of->areas, of->area_tallies);
  append_json_table(&json, "ops", &of->ops, of->op_tallies);
  text_append(&json, " \"cases\": [%s]}\n", text_get(&of->json_cases));
  const bool good = write_file(path, &json, why);
  text_free(&json);
  return good;
}

static bool is_known(const char* name, const char* const* known, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(name, known[i]) == 0) return true;
  }
  return false;
}

bool report_failures_are(const report* of, const char* const* known, size_t count, text_buffer* why) {
  for (size_t i = 0; i < of->failed_cases.count; ++i) {
    const char* name = of->failed_cases.list[i];
    if (!is_known(name, known, count)) text_append(why, "%s fails, and no row says why\n", name);
  }
  for (size_t i = 0; i < count; ++i) {
    if (name_set_find(&of->passed_cases, known[i]) != NAME_SET_NONE) {
      text_append(why, "%s passes, and a row says why it does not\n", known[i]);
    }
  }
  return why->length == 0;
}

void report_free(report* of) {
  name_set_free(&of->passed_cases);
  name_set_free(&of->failed_cases);
  name_set_free(&of->areas);
  name_set_free(&of->ops);
  free(of->area_tallies);
  free(of->op_tallies);
  text_free(&of->json_cases);
}

// ---- baseline

typedef struct baseline {
  name_set ops;
  size_t* passed;  // by number, num_rows of them
  char** reasons;
  size_t num_rows;
  char* selection;
} baseline;

static void baseline_free(baseline* of) {
  for (size_t i = 0; i < of->num_rows; ++i) free(of->reasons[i]);
  free(of->reasons);
  free(of->passed);
  free(of->selection);
  name_set_free(&of->ops);
}

static const char kSelection[] = "# selection: ";

static bool baseline_read(const char* path, baseline* out_baseline, text_buffer* why) {
  uint8_t* data = NULL;
  size_t bytes = 0;
  if (!read_whole_file(path, &data, &bytes, why)) return false;
  baseline result = {0};
  char* lines = must_copy((const char*)data, bytes);
  free(data);
  char* rest = lines;
  bool good = true;
  for (char* line = strsep(&rest, "\n"); line != NULL && good; line = strsep(&rest, "\n")) {
    if (strncmp(line, kSelection, strlen(kSelection)) == 0 && result.selection == NULL) {
      result.selection = must_copy(line + strlen(kSelection), strlen(line) - strlen(kSelection));
    }
    if (*line == '\0' || *line == '#') continue;
    const char* op = next_column(&line);
    const char* passed = next_column(&line);
    const char* reason = next_column(&line);
    char* end;
    const size_t value_of = strtoul(passed, &end, 10);
    good = end != passed && *end == '\0' && name_set_add(&result.ops, op) == result.num_rows;
    if (!good) {
      text_append(why, "%s: the row of '%s' is no op, count and reason, or there are two\n", path, op);
      break;
    }
    const size_t row = result.num_rows++;
    result.passed = must_resize(result.passed, result.num_rows * sizeof(*result.passed));
    result.reasons = must_resize(result.reasons, result.num_rows * sizeof(*result.reasons));
    result.passed[row] = value_of;
    result.reasons[row] = must_copy(reason, strlen(reason));
  }
  free(lines);
  if (!good) {
    baseline_free(&result);
    return false;
  }
  *out_baseline = result;
  return true;
}

bool baseline_write(const report* of, const char* path, const char* selection, text_buffer* why) {
  baseline old = {0};
  text_buffer ignored = {0};
  baseline_read(path, &old, &ignored);  // there may be none yet; its reasons are kept where a row does not rise
  text_free(&ignored);
  text_buffer rows = {0};
  text_append(&rows,
              "# Cases that pass, by op: ctfconform --write-baseline. A lowered row needs its reason in column 3.\n");
  text_append(&rows, "%s%s\n", kSelection, selection);
  size_t* order = name_set_sorted(&of->ops);
  for (size_t i = 0; i < of->ops.count; ++i) {
    const char* op = of->ops.list[order[i]];
    const size_t passed = tally_passed(&of->op_tallies[order[i]]);
    const size_t row = name_set_find(&old.ops, op);
    if (passed == 0 && row == NAME_SET_NONE) continue;
    text_append(&rows, "%s\t%zu", op, passed);
    if (row != NAME_SET_NONE && *old.reasons[row] != '\0' && passed <= old.passed[row]) {
      text_append(&rows, "\t%s", old.reasons[row]);
    }
    text_append(&rows, "\n");
  }
  free(order);
  const bool good = write_file(path, &rows, why);
  text_free(&rows);
  baseline_free(&old);
  return good;
}

bool baseline_compare(const report* of, const char* path, const char* selection, text_buffer* why) {
  baseline rows = {0};
  if (!baseline_read(path, &rows, why)) return false;
  bool good = true;
  if (rows.selection == NULL || strcmp(rows.selection, selection) != 0) {
    text_append(why, "%s is of the selection '%s', this run is of '%s'\n", path,
                rows.selection != NULL ? rows.selection : "", selection);
    good = false;
  }
  for (size_t i = 0; good && i < rows.num_rows; ++i) {
    const size_t row = name_set_find(&of->ops, rows.ops.list[i]);
    const size_t passed = row != NAME_SET_NONE ? tally_passed(&of->op_tallies[row]) : 0;
    if (passed >= rows.passed[i]) continue;
    text_append(why, "%s passes %zu cases, the baseline has %zu\n", rows.ops.list[i], passed, rows.passed[i]);
  }
  good = good && why->length == 0;
  baseline_free(&rows);
  return good;
}
