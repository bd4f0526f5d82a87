#include "tools/ctfrun/value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"
#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/files.h"

typedef struct parser {
  const char* start;
  const char* at;
  const value_target* target;
  TF_DataType dtype;
  int rank;  // of the literal, found at the first number
  int64_t dims[VALUE_MAX_RANK];
  size_t count;       // elements so far
  TF_Tensor* tensor;  // NULL while counting
} parser;

static int bad_value(const parser* p, const char* why) {
  const size_t position = (size_t)(p->at - p->start), from = position > 60 ? position - 60 : 0;
  return fail(EXIT_USAGE, "%s \"%s\": %s at position %zu of '%s%.120s'", p->target->what, p->target->name, why,
              position, from > 0 ? "..." : "", p->start + from);
}

static int no_memory(const value_target* target) {
  return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED,
              "%s \"%s\": its tensor does not fit the memory budget; use -m to raise it or feed less", target->what,
              target->name);
}

static void skip_space(parser* p) {
  while (isspace((unsigned char)*p->at)) ++p->at;
}

// What may follow a whole number, so that it is none with a point, an exponent or an i.
static bool ends_number(char c) { return c == '\0' || strchr(".eEiIjJnNxX", c) == NULL; }

// ---- literals: walked twice, once to count and once to fill

static int put_number(parser* p, double real, double imaginary, bool is_int, long long integer) {
  if (p->tensor == NULL) {
    ++p->count;
    return 0;
  }
  void* data = TF_TensorData(p->tensor);
  const bool fits = is_int ? element_set_int(p->dtype, data, p->count, integer)
                           : element_set(p->dtype, data, p->count, real, imaginary);
  if (!fits) return bad_value(p, "the number does not fit the type");
  ++p->count;
  return 0;
}

static int put_whole(parser* p, unsigned long long whole) {
  if (p->tensor != NULL) ((uint64_t*)TF_TensorData(p->tensor))[p->count] = whole;
  ++p->count;
  return 0;
}

// Four hexadecimal digits; -1: there are none.
static long parse_hex4(const char* text) {
  long number = 0;
  for (int i = 0; i < 4; ++i) {
    const int c = tolower((unsigned char)text[i]);
    const char* digit = c != '\0' ? strchr("0123456789abcdef", c) : NULL;
    if (digit == NULL) return -1;
    number = number * 16 + (digit - "0123456789abcdef");
  }
  return number;
}

static size_t put_utf8(char* out, long code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  const size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; --i, code >>= 6) out[i] = (char)(0x80 | (code & 0x3f));
  out[0] = (char)((length == 2 ? 0xc0 : length == 3 ? 0xe0 : 0xf0) | code);
  return length;
}

// What stands behind a backslash, as JSON has it and \xHH besides. Its length in `out` (room for 4); 0: it is none.
static size_t parse_escape(const char** inout_at, char* out) {
  static const char kLetters[] = "\"\\/bfnrt0", kBytes[] = "\"\\/\b\f\n\r\t";
  const char* at = *inout_at + 1;
  const char* letter = *at != '\0' ? strchr(kLetters, *at) : NULL;
  if (letter != NULL) {
    out[0] = kBytes[letter - kLetters];  // the last of them is the NUL at the end
    *inout_at = at + 1;
    return 1;
  }
  if (*at == 'x' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
    const char digits[3] = {at[1], at[2], '\0'};
    out[0] = (char)strtol(digits, NULL, 16);
    *inout_at = at + 3;
    return 1;
  }
  long code = *at == 'u' ? parse_hex4(at + 1) : -1;
  if (code < 0) return 0;
  at += 5;
  if (code >= 0xd800 && code < 0xdc00 && at[0] == '\\' && at[1] == 'u') {
    const long low = parse_hex4(at + 2);
    if (low < 0xdc00 || low > 0xdfff) return 0;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  }
  *inout_at = at;
  return put_utf8(out, code);
}

static int parse_string(parser* p) {
  const char* begin = p->at + 1;
  const char* end = begin;
  while (*end != '"') {
    if (*end == '\0') return bad_value(p, "the text does not end");
    end += *end == '\\' && end[1] != '\0' ? 2 : 1;
  }
  char* text = malloc((size_t)(end - begin) + 4);  // an escape is no shorter than what it stands for
  if (text == NULL) return no_memory(p->target);
  size_t used = 0;
  for (p->at = begin; p->at < end;) {
    if (*p->at != '\\') {
      text[used++] = *p->at++;
      continue;
    }
    const size_t length = parse_escape(&p->at, text + used);
    if (length == 0) {
      free(text);
      return bad_value(p, "\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\xHH and \\uHHHH are the escapes");
    }
    used += length;
  }
  if (p->tensor != NULL) TF_TString_Copy((TF_TString*)TF_TensorData(p->tensor) + p->count, text, used);
  free(text);
  ++p->count;
  ++p->at;
  return 0;
}

static bool take_word(parser* p, const char* word) {
  const size_t length = strlen(word);
  if (strncasecmp(p->at, word, length) != 0 || isalnum((unsigned char)p->at[length])) return false;
  p->at += length;
  return true;
}

static int parse_scalar(parser* p) {
  if (p->dtype == TF_STRING) return *p->at == '"' ? parse_string(p) : bad_value(p, "a text in double quotes is needed");
  if (*p->at == '"') {  // JSON has no other way to say "nan" and "inf"
    const size_t length = strcspn(p->at + 1, "\"");
    char word[8];
    snprintf(word, sizeof(word), "%.*s", (int)(length < 7 ? length : 7), p->at + 1);
    if (p->at[1 + length] != '"') return bad_value(p, "the text does not end");
    if (strcmp(word, "nan") != 0 && strcmp(word, "inf") != 0 && strcmp(word, "-inf") != 0) {
      return bad_value(p, "a text where numbers are needed");
    }
    p->at += length + 2;
    return put_number(p, strtod(word, NULL), 0, false, 0);
  }
  if (take_word(p, "true")) return put_number(p, 1, 0, true, 1);
  if (take_word(p, "false")) return put_number(p, 0, 0, true, 0);
  char* end;
  if (p->dtype == TF_UINT64 && isdigit((unsigned char)*p->at)) {  // more than strtoll reads
    errno = 0;
    const unsigned long long whole = strtoull(p->at, &end, 10);
    if (errno == 0 && ends_number(*end)) {
      p->at = end;
      return put_whole(p, whole);
    }
  }
  errno = 0;
  const long long integer = strtoll(p->at, &end, 10);
  if (errno != 0 && ends_number(*end) && dtype_kind(p->dtype) != ELEMENT_FLOAT &&
      dtype_kind(p->dtype) != ELEMENT_COMPLEX) {
    return bad_value(p, "the number does not fit the type");
  }
  const bool is_int = errno == 0 && end != p->at && ends_number(*end);
  if (is_int && *end != '+' && *end != '-') {
    p->at = end;
    return put_number(p, (double)integer, 0, true, integer);
  }
  if (p->at[0] == '0' && (p->at[1] == 'x' || p->at[1] == 'X')) return bad_value(p, "numbers are decimal");
  double real = strtod(p->at, &end), imaginary = 0;
  if (end == p->at) return bad_value(p, "a number, \"text\", true, false or [ is needed");
  if (*end == 'i' || *end == 'j') {
    imaginary = real;
    real = 0;
    ++end;
  } else if (*end == '+' || *end == '-') {
    char* second;
    imaginary = strtod(end, &second);
    if (second == end || (*second != 'i' && *second != 'j')) return bad_value(p, "1+2i is how a complex number looks");
    end = second + 1;
  }
  p->at = end;
  return put_number(p, real, imaginary, false, 0);
}

static int parse_array(parser* p, int depth) {
  skip_space(p);
  if (*p->at != '[') {
    if (p->rank < 0) p->rank = depth;
    if (p->rank != depth) return bad_value(p, "the lists are not equally deep");
    return parse_scalar(p);
  }
  if (depth == VALUE_MAX_RANK) return bad_value(p, "the lists are too deep");
  ++p->at;
  int64_t length = 0;
  skip_space(p);
  if (*p->at == ']' && p->rank < 0) p->rank = depth + 1;
  while (*p->at != ']') {
    const int code = parse_array(p, depth + 1);
    if (code != 0) return code;
    ++length;
    skip_space(p);
    if (*p->at == ',') {
      ++p->at;
      skip_space(p);
    } else if (*p->at != ']') {
      return bad_value(p, "a comma or ] is needed");
    }
  }
  ++p->at;
  if (p->dims[depth] >= 0 && p->dims[depth] != length) return bad_value(p, "the lists are not equally long");
  p->dims[depth] = length;
  return 0;
}

static int walk_literal(parser* p) {
  p->at = p->start;
  p->rank = -1;
  p->count = 0;
  for (int i = 0; i < VALUE_MAX_RANK; ++i) p->dims[i] = -1;
  const int code = parse_array(p, 0);
  if (code != 0) return code;
  skip_space(p);
  return *p->at == '\0' ? 0 : bad_value(p, "nothing more is expected");
}

static bool count_of(const int64_t* dims, int rank, size_t* out_count) {
  *out_count = 1;
  for (int i = 0; i < rank; ++i) {
    if (__builtin_mul_overflow(*out_count, (size_t)dims[i], out_count)) return false;
  }
  return true;
}

int value_literal(const char* text, const value_target* target, const int64_t* dims, int rank, TF_Tensor** out_tensor) {
  parser p = {.start = text, .at = text, .target = target, .dtype = target->dtype};
  size_t count;
  if (dtype_kind(p.dtype) == ELEMENT_OTHER) return bad_value(&p, "tensors of this type cannot be written");
  int code = walk_literal(&p);
  if (code != 0) return code;
  const int64_t* shape = rank >= 0 ? dims : p.dims;
  const int shape_rank = rank >= 0 ? rank : p.rank;
  if (rank >= 0 && (!count_of(dims, rank, &count) || count != p.count))
    return bad_value(&p, "the shape needs another number of elements");
  p.tensor = TF_AllocateTensor(p.dtype, shape, shape_rank, p.count * dtype_bytes(p.dtype));
  if (p.tensor == NULL) return no_memory(target);
  code = walk_literal(&p);
  if (code != 0) {
    TF_DeleteTensor(p.tensor);
    return code;
  }
  *out_tensor = p.tensor;
  return 0;
}

// ---- generators

// splitmix64: Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195.
static double next_uniform(uint64_t* state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

typedef struct generator {
  enum { ZEROS, ONES, RANGE, RANDOM, NORMAL } kind;
  uint64_t seed;
  double low, high;
} generator;

// A seed is a whole number of 64 bits.
static bool parse_seed(const char* text, uint64_t* out_seed, char** out_end) {
  errno = 0;
  *out_seed = strtoull(text, out_end, 10);
  return isdigit((unsigned char)*text) && errno == 0;
}

// "random", "random:7", "random(seed=7,lo=-1,hi=1)"
static bool parse_generator(const char* text, generator* out) {
  static const char* const kNames[] = {"zeros", "ones", "range", "random", "normal"};
  *out = (generator){.seed = 1, .low = 0, .high = 1};
  int kind = 0;
  while (kind < 5 && strncmp(text, kNames[kind], strlen(kNames[kind])) != 0) ++kind;
  if (kind == 5) return false;
  out->kind = kind;
  const char* at = text + strlen(kNames[kind]);
  if (*at == '\0') return true;
  char* end;
  if (*at == ':') {
    return parse_seed(at + 1, &out->seed, &end) && *end == '\0';
  }
  if (*at++ != '(') return false;
  while (*at != ')') {
    const char* value = strchr(at, '=');
    if (value == NULL) return false;
    const double number = strtod(value + 1, &end);
    if (end == value + 1) return false;
    if (strncmp(at, "seed=", 5) == 0) {
      if (!parse_seed(value + 1, &out->seed, &end)) return false;
    } else if (strncmp(at, "lo=", 3) == 0) {
      out->low = number;
    } else if (strncmp(at, "hi=", 3) == 0) {
      out->high = number;
    } else {
      return false;
    }
    at = *end == ',' ? end + 1 : end;
    if (*end != ',' && *end != ')') return false;
  }
  return at[1] == '\0';
}

static double generate(const generator* g, uint64_t* state, size_t index, element_kind kind) {
  switch (g->kind) {
    case ZEROS:
      return 0;
    case ONES:
      return 1;
    case RANGE:
      return (double)index;
    case RANDOM: {
      const double value = g->low + (g->high - g->low) * next_uniform(state);
      return kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX ? value : floor(value + 0.5);
    }
    default: {
      // Box and Muller 1958, doi:10.1214/aoms/1177706645.
      const double radius = sqrt(-2 * log(1 - next_uniform(state)));
      const double value = radius * cos(6.283185307179586 * next_uniform(state));
      return kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX ? value : floor(value + 0.5);
    }
  }
}

int value_generate(const char* text, const value_target* target, const int64_t* dims, int rank,
                   TF_Tensor** out_tensor) {
  generator g;
  if (!parse_generator(text, &g)) {
    return fail(EXIT_USAGE,
                "%s \"%s\": '%s' is no generator; there are zeros, ones, range, random[:SEED], normal[:SEED]",
                target->what, target->name, text);
  }
  const element_kind kind = dtype_kind(target->dtype);
  const size_t element = dtype_bytes(target->dtype);
  size_t bytes = element;
  for (int i = 0; i < rank; ++i) {
    if (dims[i] < 0) {
      return fail(EXIT_USAGE, "%s \"%s\": dimension %d is not known; give --shape %s=... or --dim %d=N", target->what,
                  target->name, i, target->name, i);
    }
    if (__builtin_mul_overflow(bytes, (size_t)dims[i], &bytes)) return no_memory(target);
  }
  if (kind == ELEMENT_OTHER || (kind == ELEMENT_STRING && g.kind != ZEROS)) {
    return fail(EXIT_USAGE, "%s \"%s\": %s tensors cannot be generated", target->what, target->name,
                dtype_name(target->dtype));
  }
  TF_Tensor* tensor = TF_AllocateTensor(target->dtype, dims, rank, bytes);
  if (tensor == NULL) return no_memory(target);
  uint64_t state = g.seed;
  for (size_t i = 0; kind != ELEMENT_STRING && i < bytes / element; ++i) {
    if (!element_set(target->dtype, TF_TensorData(tensor), i, generate(&g, &state, i, kind), 0)) {
      TF_DeleteTensor(tensor);
      return fail(EXIT_USAGE, "%s \"%s\": the generated value %zu does not fit %s", target->what, target->name, i,
                  dtype_name(target->dtype));
    }
  }
  *out_tensor = tensor;
  return 0;
}

bool value_fit_shape(const value_target* target, size_t count, int64_t* out_dims) {
  size_t known = 1;
  int unknown = -1;
  if (target->rank < 0) return false;
  for (int i = 0; i < target->rank; ++i) {
    out_dims[i] = target->dims[i];
    if (out_dims[i] >= 0) {
      if (__builtin_mul_overflow(known, (size_t)out_dims[i], &known)) return false;
    } else if (unknown >= 0) {
      return false;
    } else {
      unknown = i;
    }
  }
  if (unknown < 0) return known == count;
  if (known == 0 || count % known != 0) return false;
  out_dims[unknown] = (int64_t)(count / known);
  return true;
}

// ---- VALUE

// "[2,3]:" before a source; false when the brackets are a literal's own.
static bool parse_shape(const char** inout_text, int64_t* dims, int* out_rank) {
  const char* at = *inout_text;
  int rank = 0;
  if (*at++ != '[') return false;
  while (*at != ']') {
    char* end;
    if (rank == VALUE_MAX_RANK) return false;
    dims[rank] = strtoll(at, &end, 10);
    if (end == at || dims[rank++] < 0 || (*end != ',' && *end != ']')) return false;
    at = *end == ',' ? end + 1 : end;
  }
  if (at[1] != ':' && at[1] != '@' && !isalpha((unsigned char)at[1])) return false;
  *inout_text = at + 1;
  *out_rank = rank;
  return true;
}

int value_parse(const char* text, const value_target* target, TF_Tensor** out_tensor) {
  value_target wanted = *target;
  int64_t dims[VALUE_MAX_RANK];
  int rank = -1;
  size_t word = 0;
  while (isalnum((unsigned char)text[word]) || text[word] == '_') ++word;
  TF_DataType dtype;
  if (word > 0 && (text[word] == '[' || text[word] == ':') && dtype_parse(text, word, &dtype)) {
    if (dtype != target->dtype) {
      return fail(EXIT_USAGE, "%s \"%s\": the value says %s, the graph needs %s", target->what, target->name,
                  dtype_name(dtype), dtype_name(target->dtype));
    }
    text += word;
  }
  if (parse_shape(&text, dims, &rank)) {
    wanted.rank = rank;
    memcpy(wanted.dims, dims, sizeof(dims));
  }
  if (*text == ':') ++text;
  if (*text == '@') return file_load_tensor(text + 1, &wanted, out_tensor);
  generator g;
  if (isalpha((unsigned char)*text) && parse_generator(text, &g)) {
    if (wanted.rank < 0)
      return fail(EXIT_USAGE, "%s \"%s\": a generator needs a shape: [2,3]:%s", target->what, target->name, text);
    return value_generate(text, &wanted, wanted.dims, wanted.rank, out_tensor);
  }
  return value_literal(text, &wanted, dims, rank, out_tensor);
}
