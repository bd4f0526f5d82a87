#include "engine/api/op_spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct spec {
  const char* text;  // the whole
  const char* at;
  ctf_allocator* alloc;
} spec;

static ctf_status wrong(const spec* s, const char* what) {
  return ctf_error(TF_INVALID_ARGUMENT, "Trouble parsing \"%s\": %s at character %zu", s->text, what,
                   (size_t)(s->at - s->text));
}

static void skip_spaces(spec* s) {
  while (isspace((unsigned char)*s->at)) ++s->at;
}

static bool accept(spec* s, const char* token) {
  skip_spaces(s);
  const size_t length = strlen(token);
  if (strncmp(s->at, token, length) != 0) return false;
  s->at += length;
  return true;
}

static bool is_word_char(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '/'; }

static ctf_bytes accept_word(spec* s) {
  skip_spaces(s);
  const char* begin = s->at;
  while (is_word_char(*s->at)) ++s->at;
  return (ctf_bytes){begin, (size_t)(s->at - begin)};
}

static ctf_status at_end(spec* s) {
  skip_spaces(s);
  return *s->at == '\0' ? NULL : wrong(s, "there is more than a definition");
}

static ctf_status read_name(spec* s, const char** out_name) {
  const ctf_bytes word = accept_word(s);
  char* name;
  if (word.length == 0 || !isalpha((unsigned char)word.data[0]) || !accept(s, ":")) {
    return wrong(s, "a name and a colon are wanted");
  }
  CTF_TRY(ctf_alloc_string(s->alloc, word.data, word.length, &name));
  *out_name = name;
  return NULL;
}

// ---- attributes

static const struct {
  const char* name;
  ctf_attr_kind kind;
} kKinds[] = {
    {"string", CTF_ATTR_STRING}, {"int", CTF_ATTR_INT},     {"float", CTF_ATTR_FLOAT},   {"bool", CTF_ATTR_BOOL},
    {"type", CTF_ATTR_TYPE},     {"shape", CTF_ATTR_SHAPE}, {"tensor", CTF_ATTR_TENSOR}, {"func", CTF_ATTR_FUNC},
};

// clang-format off
static const struct {
  const char* name;
  size_t count;
  uint8_t types[24];  // in the order that messages show
} kTypeSets[] = {
    {"numbertype", 17, {TF_FLOAT, TF_DOUBLE, TF_INT32, TF_UINT8, TF_INT16, TF_INT8, TF_COMPLEX64, TF_INT64, TF_QINT8,
                        TF_QUINT8, TF_QINT32, TF_BFLOAT16, TF_UINT16, TF_COMPLEX128, TF_HALF, TF_UINT32, TF_UINT64}},
    {"numerictype", 17, {TF_FLOAT, TF_DOUBLE, TF_INT32, TF_UINT8, TF_INT16, TF_INT8, TF_COMPLEX64, TF_INT64, TF_QINT8,
                         TF_QUINT8, TF_QINT32, TF_BFLOAT16, TF_UINT16, TF_COMPLEX128, TF_HALF, TF_UINT32, TF_UINT64}},
    {"realnumbertype", 12, {TF_FLOAT, TF_DOUBLE, TF_INT32, TF_UINT8, TF_INT16, TF_INT8, TF_INT64, TF_BFLOAT16,
                            TF_UINT16, TF_HALF, TF_UINT32, TF_UINT64}},
    {"realnumerictype", 12, {TF_FLOAT, TF_DOUBLE, TF_INT32, TF_UINT8, TF_INT16, TF_INT8, TF_INT64, TF_BFLOAT16,
                             TF_UINT16, TF_HALF, TF_UINT32, TF_UINT64}},
    {"quantizedtype", 5, {TF_QINT8, TF_QUINT8, TF_QINT16, TF_QUINT16, TF_QINT32}},
};
// clang-format on

#define MAX_ALLOWED 64

typedef struct allowed_list {  // while it is read
  size_t num_types;
  uint8_t types[MAX_ALLOWED];
  size_t num_strings;
  const char* strings[MAX_ALLOWED];
} allowed_list;

static bool add_type_set(ctf_bytes word, allowed_list* list) {
  for (size_t i = 0; i < sizeof(kTypeSets) / sizeof(*kTypeSets); ++i) {
    if (!ctf_bytes_equal(word, kTypeSets[i].name) || list->num_types + kTypeSets[i].count > MAX_ALLOWED) continue;
    memcpy(list->types + list->num_types, kTypeSets[i].types, kTypeSets[i].count);
    list->num_types += kTypeSets[i].count;
    return true;
  }
  return false;
}

static bool parse_type(ctf_bytes word, TF_DataType* out_type) {
  return ctf_dtype_parse(word.data, word.length, out_type);
}

static ctf_status read_quoted(spec* s, char** out_text, size_t* out_length) {
  skip_spaces(s);
  const char quote = *s->at;
  if (quote != '\'' && quote != '"') return wrong(s, "a text in quotes is wanted");
  const char* begin = ++s->at;
  while (*s->at != '\0' && *s->at != quote) s->at += *s->at == '\\' && s->at[1] != '\0' ? 2 : 1;
  if (*s->at != quote) return wrong(s, "the text has no end");
  CTF_TRY(ctf_alloc_string(s->alloc, begin, (size_t)(s->at++ - begin), out_text));
  char* to = *out_text;
  for (const char* from = *out_text; *from != '\0'; ++from) {
    if (*from == '\\') ++from;
    *to++ = *from == 'n' && from[-1] == '\\' ? '\n' : *from;
  }
  *to = '\0';
  *out_length = (size_t)(to - *out_text);
  return NULL;
}

// What stands between braces: types, sets of them, or texts.
static ctf_status read_allowed(spec* s, allowed_list* list) {
  do {
    skip_spaces(s);
    if (list->num_types >= MAX_ALLOWED || list->num_strings >= MAX_ALLOWED) return wrong(s, "the list is too long");
    if (*s->at == '\'' || *s->at == '"') {
      char* text;
      size_t length;
      CTF_TRY(read_quoted(s, &text, &length));
      list->strings[list->num_strings++] = text;
      continue;
    }
    TF_DataType type;
    const ctf_bytes word = accept_word(s);
    if (parse_type(word, &type)) {
      list->types[list->num_types++] = (uint8_t)type;
    } else if (!add_type_set(word, list)) {
      return wrong(s, "a type or a text is wanted");
    }
  } while (accept(s, ","));
  if (!accept(s, "}")) return wrong(s, "'}' is wanted");
  return list->num_types > 0 && list->num_strings > 0 ? wrong(s, "types and texts are mixed") : NULL;
}

static ctf_status keep_allowed(spec* s, const allowed_list* list, ctf_attr_info* attr) {
  attr->allowed_types = CTF_ANY_TYPE;
  attr->num_allowed_types = list->num_types;
  attr->num_allowed_strings = list->num_strings;
  if (list->num_types > 0) {
    uint8_t* types;
    CTF_TRY(ctf_alloc_array(s->alloc, &types, list->num_types));
    memcpy(types, list->types, list->num_types);
    attr->allowed_type_order = types;
    attr->allowed_types = 0;
    for (size_t i = 0; i < list->num_types; ++i) attr->allowed_types |= CTF_TYPE(types[i]);
  }
  if (list->num_strings > 0) {
    const char** strings;
    CTF_TRY(ctf_alloc_array(s->alloc, &strings, list->num_strings));
    memcpy(strings, list->strings, list->num_strings * sizeof(*strings));
    attr->allowed_strings = strings;
  }
  return NULL;
}

static ctf_status read_kind(spec* s, ctf_attr_info* attr) {
  allowed_list list = {0};
  attr->is_list = accept(s, "list(");
  if (accept(s, "{")) {
    CTF_TRY(read_allowed(s, &list));
    attr->kind = list.num_strings > 0 ? CTF_ATTR_STRING : CTF_ATTR_TYPE;
  } else {
    const ctf_bytes word = accept_word(s);
    for (size_t i = 0; i < sizeof(kKinds) / sizeof(*kKinds); ++i) {
      if (ctf_bytes_equal(word, kKinds[i].name)) attr->kind = kKinds[i].kind;
    }
    if (attr->kind == CTF_ATTR_NONE && add_type_set(word, &list)) attr->kind = CTF_ATTR_TYPE;
    if (attr->kind == CTF_ATTR_NONE) return wrong(s, "a kind of attribute is wanted");
  }
  if (attr->is_list && !accept(s, ")")) return wrong(s, "')' is wanted");
  return keep_allowed(s, &list, attr);
}

static ctf_status read_int(spec* s, int64_t* out_value) {
  char* end;
  skip_spaces(s);
  *out_value = strtoll(s->at, &end, 10);
  if (end == s->at) return wrong(s, "an integer is wanted");
  s->at = end;
  return NULL;
}

// "{ dim { size: 2 } dim { size: -1 } }" or "{ unknown_rank: true }".
static ctf_status read_shape(spec* s, ctf_shape* out_shape) {
  int64_t dims[CTF_MAX_RANK];
  int32_t rank = 0;
  if (!accept(s, "{")) return wrong(s, "'{' is wanted");
  *out_shape = CTF_SHAPE_UNKNOWN;
  if (accept(s, "unknown_rank:")) {
    if (!accept(s, "true")) return wrong(s, "'true' is wanted");
    return accept(s, "}") ? NULL : wrong(s, "'}' is wanted");
  }
  while (accept(s, "dim")) {
    accept(s, ":");
    if (rank == CTF_MAX_RANK || !accept(s, "{") || !accept(s, "size:")) return wrong(s, "a dimension is wanted");
    CTF_TRY(read_int(s, &dims[rank++]));
    if (!accept(s, "}")) return wrong(s, "'}' is wanted");
  }
  if (!accept(s, "}")) return wrong(s, "'}' is wanted");
  int64_t* copy;
  CTF_TRY(ctf_alloc_array(s->alloc, &copy, (size_t)rank));
  memcpy(copy, dims, (size_t)rank * sizeof(*dims));
  *out_shape = (ctf_shape){rank, copy};
  return NULL;
}

// One value of the kind, into the member that a single value has.
static ctf_status read_value(spec* s, ctf_attr_kind kind, ctf_attr_value* out_value) {
  char* text;
  out_value->kind = kind;
  if (kind == CTF_ATTR_STRING) {
    CTF_TRY(read_quoted(s, &text, &out_value->s.length));
    out_value->s.data = text;
    return NULL;
  }
  if (kind == CTF_ATTR_INT) return read_int(s, &out_value->i);
  if (kind == CTF_ATTR_SHAPE) return read_shape(s, &out_value->shape);
  if (kind == CTF_ATTR_FLOAT) {
    char* end;
    skip_spaces(s);
    out_value->f = strtof(s->at, &end);
    if (end == s->at) return wrong(s, "a number is wanted");
    s->at = end;
    return NULL;
  }
  const ctf_bytes word = accept_word(s);
  if (kind == CTF_ATTR_BOOL) {
    out_value->b = ctf_bytes_equal(word, "true");
    return out_value->b || ctf_bytes_equal(word, "false") ? NULL : wrong(s, "true or false is wanted");
  }
  if (kind == CTF_ATTR_TYPE) return parse_type(word, &out_value->type) ? NULL : wrong(s, "a type is wanted");
  return wrong(s, "a default of this kind cannot be given as text");
}

// Where a value of each kind stands in a ctf_attr_value, and what an array of them is made of.
typedef struct value_place {
  size_t offset;
  size_t bytes;
} value_place;
#define PLACE(member) \
  { offsetof(ctf_attr_value, member), sizeof(((ctf_attr_value*)NULL)->member) }
static const value_place kPlaces[] = {
    [CTF_ATTR_STRING] = PLACE(s), [CTF_ATTR_INT] = PLACE(i),     [CTF_ATTR_FLOAT] = PLACE(f),
    [CTF_ATTR_BOOL] = PLACE(b),   [CTF_ATTR_TYPE] = PLACE(type), [CTF_ATTR_SHAPE] = PLACE(shape),
};

static ctf_status keep_list(spec* s, const ctf_attr_value* elements, size_t count, ctf_attr_value* list) {
  void* values;
  const value_place place = kPlaces[list->kind];  // no others have been read
  CTF_TRY(ctf_alloc_array_bytes(s->alloc, count, place.bytes, &values));
  for (size_t i = 0; i < count; ++i) {
    memcpy((char*)values + i * place.bytes, (const char*)&elements[i] + place.offset, place.bytes);
  }
  list->count = count;
  list->strings = values;  // of whatever kind: all lists are in this place
  return NULL;
}

static ctf_status read_default(spec* s, ctf_attr_info* attr) {
  ctf_attr_value* value;
  CTF_TRY(ctf_alloc_new(s->alloc, &value));
  attr->default_value = value;
  if (!attr->is_list) return read_value(s, attr->kind, value);
  ctf_attr_value elements[MAX_ALLOWED];
  size_t count = 0;
  value->kind = attr->kind;
  value->is_list = true;
  if (!accept(s, "[")) return wrong(s, "'[' is wanted");
  if (!accept(s, "]")) {
    do {
      if (count == MAX_ALLOWED) return wrong(s, "the list is too long");
      CTF_TRY(read_value(s, attr->kind, &elements[count++]));
    } while (accept(s, ","));
    if (!accept(s, "]")) return wrong(s, "']' is wanted");
  }
  return keep_list(s, elements, count, value);
}

ctf_status ctf_op_spec_attr(const char* text, ctf_allocator* alloc, ctf_attr_info* out_attr) {
  spec s = {text, text, alloc};
  if (text == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the text of an attribute is NULL");
  *out_attr = (ctf_attr_info){0};
  CTF_TRY(read_name(&s, &out_attr->name));
  CTF_TRY(read_kind(&s, out_attr));
  if (accept(&s, ">=")) {
    if (out_attr->kind != CTF_ATTR_INT && !out_attr->is_list) return wrong(&s, "only an int or a list has a minimum");
    out_attr->has_minimum = true;
    CTF_TRY(read_int(&s, &out_attr->minimum));
  }
  if (accept(&s, "=")) CTF_TRY(read_default(&s, out_attr));
  return at_end(&s);
}

// ---- arguments

ctf_status ctf_op_spec_arg(const char* text, ctf_allocator* alloc, ctf_arg_info* out_arg) {
  spec s = {text, text, alloc};
  char* name;
  if (text == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the text of an argument is NULL");
  *out_arg = (ctf_arg_info){0};
  CTF_TRY(read_name(&s, &out_arg->name));
  out_arg->is_ref = accept(&s, "Ref(");
  ctf_bytes word = accept_word(&s);
  if (accept(&s, "*")) {
    CTF_TRY(ctf_alloc_string(alloc, word.data, word.length, &name));
    out_arg->number_attr = name;
    word = accept_word(&s);
  }
  if (word.length == 0) return wrong(&s, "a type or an attribute is wanted");
  if (!parse_type(word, &out_arg->type)) {
    CTF_TRY(ctf_alloc_string(alloc, word.data, word.length, &name));
    out_arg->type_attr = name;
  }
  if (out_arg->is_ref && !accept(&s, ")")) return wrong(&s, "')' is wanted");
  return at_end(&s);
}

static ctf_attr_info* find_attr(ctf_attr_info* attrs, size_t num_attrs, const char* name) {
  for (size_t i = 0; i < num_attrs; ++i) {
    if (strcmp(attrs[i].name, name) == 0) return &attrs[i];
  }
  return NULL;
}

static void need_one(ctf_attr_info* attr) {
  if (attr->has_minimum) return;
  attr->has_minimum = true;
  attr->minimum = 1;
}

ctf_status ctf_op_spec_finish(ctf_arg_info* args, size_t num_args, ctf_attr_info* attrs, size_t num_attrs) {
  for (size_t i = 0; i < num_args; ++i) {
    ctf_arg_info* arg = &args[i];
    if (arg->number_attr != NULL) {
      ctf_attr_info* number = find_attr(attrs, num_attrs, arg->number_attr);
      if (number == NULL || number->kind != CTF_ATTR_INT || number->is_list) {
        return ctf_error(TF_INVALID_ARGUMENT, "argument '%s': '%s' is no int attribute of the op", arg->name,
                         arg->number_attr);
      }
      need_one(number);
    }
    if (arg->type_attr == NULL) continue;
    ctf_attr_info* type = find_attr(attrs, num_attrs, arg->type_attr);
    if (type == NULL || type->kind != CTF_ATTR_TYPE || (type->is_list && arg->number_attr != NULL)) {
      return ctf_error(TF_INVALID_ARGUMENT, "argument '%s': '%s' is no type and no type attribute of the op", arg->name,
                       arg->type_attr);
    }
    if (!type->is_list) continue;
    arg->type_list_attr = arg->type_attr;
    arg->type_attr = NULL;
    need_one(type);
  }
  return NULL;
}
