// Text to wire format: one pass over the text, levels on a stack of bounded depth, bytes to a buffer that grows. Line
// and column are counted when an error needs them.
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "graphdef/message.h"
#include "graphdef/text.h"

#define MAX_NAME_BYTES 256  // of a field or an enumerator
#define MAX_NUMBER_BYTES 512
#define MAX_FIELDS 256  // of one message's descriptor
#define TAB 8

typedef struct level {
  const ProtobufCMessageDescriptor* descriptor;
  const ProtobufCFieldDescriptor* field;  // of the level above
  size_t begin;                           // of its content in the wire bytes, behind one byte for the length
  char close;                             // what ends it; 0: the end of the text
  bool in_list;                           // "[" stands before it, or before one of those before it
  uint64_t seen[MAX_FIELDS / 64];         // singular fields that were given
} level;

typedef struct reader {
  const char* text;
  const char* at;
  const char* end;
  ctf_allocator* alloc;
  locale_t locale;
  uint8_t* wire;
  size_t bytes;
  size_t capacity;
  int depth;
  level levels[CTF_WIRE_MAX_DEPTH + 1];
} reader;

// ---- errors

typedef struct position {
  size_t line, column;
} position;

static position find_position(const reader* r, const char* at) {
  position p = {1, 1};
  for (const char* c = r->text; c < at; ++c) {
    if (*c == '\n') {
      ++p.line;
      p.column = 1;
    } else if (*c == '\t') {
      p.column += TAB - (p.column - 1) % TAB;
    } else {
      ++p.column;
    }
  }
  return p;
}

static ctf_status text_error(const reader* r, const char* at, const char* format, ...) CTF_PRINTF(3, 4);
static ctf_status text_error(const reader* r, const char* at, const char* format, ...) {
  char what[512];
  const position p = find_position(r, at);
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof(what), format, args);
  va_end(args);
  return ctf_error(TF_INVALID_ARGUMENT, "%zu:%zu: %s", p.line, p.column, what);
}

// ---- wire bytes

static ctf_status put_bytes(reader* r, const void* data, size_t bytes) {
  if (bytes > r->capacity - r->bytes) {
    size_t needed;
    if (!ctf_add_size(r->bytes, bytes, &needed)) return ctf_error(TF_RESOURCE_EXHAUSTED, "the text is too long");
    CTF_TRY(ctf_grow_array(r->alloc, &r->wire, &r->capacity, needed));
  }
  if (bytes > 0) memcpy(r->wire + r->bytes, data, bytes);
  r->bytes += bytes;
  return NULL;
}

static size_t encode_varint(uint64_t value, uint8_t out[10]) {
  size_t n = 0;
  while (value >= 0x80) {
    out[n++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  out[n++] = (uint8_t)value;
  return n;
}

static ctf_status put_varint(reader* r, uint64_t value) {
  uint8_t text[10];
  return put_bytes(r, text, encode_varint(value, text));
}

static ctf_status put_tag(reader* r, const ProtobufCFieldDescriptor* field, ProtobufCWireType type) {
  return put_varint(r, (uint64_t)field->id << 3 | (uint64_t)type);
}

// One byte is left for the length; longer contents move.
static ctf_status begin_block(reader* r, const ProtobufCFieldDescriptor* field, size_t* out_begin) {
  CTF_TRY(put_tag(r, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED));
  CTF_TRY(put_bytes(r, "", 1));
  *out_begin = r->bytes;
  return NULL;
}

static ctf_status end_block(reader* r, size_t begin) {
  static const uint8_t kRoom[10];
  uint8_t length[10];
  const size_t content = r->bytes - begin, width = encode_varint(content, length);
  if (width > 1) {
    CTF_TRY(put_bytes(r, kRoom, width - 1));
    memmove(r->wire + begin + width - 1, r->wire + begin, content);
  }
  memcpy(r->wire + begin - 1, length, width);
  return NULL;
}

// ---- tokens

static void skip_space(reader* r) {
  while (r->at < r->end) {
    if (*r->at == '#') {
      const char* const line_end = memchr(r->at, '\n', (size_t)(r->end - r->at));
      r->at = line_end != NULL ? line_end : r->end;
    } else if (*r->at == ' ' || (*r->at >= '\t' && *r->at <= '\r')) {
      ++r->at;
    } else {
      return;
    }
  }
}

static char peek(reader* r) {
  skip_space(r);
  return r->at < r->end ? *r->at : '\0';
}

static bool take(reader* r, char c) {
  if (peek(r) != c || r->at == r->end) return false;
  ++r->at;
  return true;
}

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static ctf_status unexpected(const reader* r, const char* wanted) {
  if (r->at == r->end) return text_error(r, r->at, "Expected %s, got: end of the text", wanted);
  if ((unsigned char)*r->at < ' ' || (unsigned char)*r->at > '~') {
    return text_error(r, r->at, "Expected %s, got: byte 0x%02x", wanted, (unsigned char)*r->at);
  }
  const char* end = r->at + 1;
  while (is_name_char(*r->at) && end < r->end && end - r->at < 64 && is_name_char(*end)) ++end;
  return text_error(r, r->at, "Expected %s, got: %.*s", wanted, (int)(end - r->at), r->at);
}

// A name of letters, digits and underscores that begins with none of the digits.
static ctf_status take_name(reader* r, const char* wanted, char name[MAX_NAME_BYTES]) {
  skip_space(r);
  const char* end = r->at;
  while (end < r->end && is_name_char(*end)) ++end;
  const size_t length = (size_t)(end - r->at);
  if (length == 0 || (*r->at >= '0' && *r->at <= '9')) return unexpected(r, wanted);
  if (length >= MAX_NAME_BYTES) return text_error(r, r->at, "A name of %zu characters", length);
  memcpy(name, r->at, length);
  name[length] = '\0';
  r->at = end;
  return NULL;
}

// ---- numbers

static ctf_status take_integer(reader* r, uint64_t most, uint64_t* out_value) {
  const char* const begin = r->at;
  uint64_t value = 0;
  unsigned base = 10;
  bool fits = true;
  if (r->at < r->end && *r->at == '0') {
    base = 8;
    ++r->at;
    if (r->at < r->end && (*r->at == 'x' || *r->at == 'X')) {
      base = 16;
      ++r->at;
    }
  }
  const char* const digits = r->at;
  for (; r->at < r->end && is_name_char(*r->at); ++r->at) {
    const char c = (char)tolower((unsigned char)*r->at);
    const unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                  : 16;
    if (digit >= base) return text_error(r, r->at, "Expected integer, got: %.*s", (int)(r->at + 1 - begin), begin);
    fits = fits && value <= (UINT64_MAX - digit) / base;
    value = value * base + digit;
  }
  if (r->at == digits && base != 8) return unexpected(r, "integer");
  if (r->at < r->end && *r->at == '.') return text_error(r, begin, "Expected integer, got a number with a fraction");
  if (!fits || value > most) {
    return text_error(r, begin, "Integer out of range (%.*s)", (int)(r->at - begin < 64 ? r->at - begin : 64), begin);
  }
  *out_value = value;
  return NULL;
}

static ctf_status take_signed(reader* r, uint64_t most, uint64_t* out_value) {
  const bool negative = take(r, '-');
  skip_space(r);
  CTF_TRY(take_integer(r, most + negative, out_value));
  if (negative) *out_value = UINT64_C(0) - *out_value;
  return NULL;
}

static ctf_status take_real(reader* r, double* out_value) {
  char text[MAX_NUMBER_BYTES];
  const bool negative = take(r, '-');
  const char c = peek(r);
  double value;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
    char name[MAX_NAME_BYTES];
    const char* const begin = r->at;
    CTF_TRY(take_name(r, "double", name));
    if (strcasecmp(name, "nan") == 0) {
      value = NAN;
    } else if (strcasecmp(name, "inf") == 0 || strcasecmp(name, "infinity") == 0) {
      value = INFINITY;
    } else {
      return text_error(r, begin, "Expected double, got: %s", name);
    }
    *out_value = negative ? -value : value;
    return NULL;
  }
  size_t length = 0;
  const char* const begin = r->at;
  for (; r->at < r->end && length + 1 < sizeof(text); ++r->at) {
    const bool sign = (*r->at == '-' || *r->at == '+') && length > 0 && tolower((unsigned char)text[length - 1]) == 'e';
    if (!sign && *r->at != '.' && *r->at != 'e' && *r->at != 'E' && !(*r->at >= '0' && *r->at <= '9')) break;
    text[length++] = *r->at;
  }
  text[length] = '\0';
  char* end;
  value = strtod_l(text, &end, r->locale);
  if (length == 0 || *end != '\0') {
    r->at = begin;
    return unexpected(r, "double");
  }
  if (r->at < r->end && (*r->at == 'f' || *r->at == 'F')) ++r->at;
  if (r->at < r->end && (is_name_char(*r->at) || *r->at == '.')) return unexpected(r, "the end of a number");
  *out_value = negative ? -value : value;
  return NULL;
}

// ---- strings

static ctf_status put_code_point(reader* r, const char* at, uint32_t c) {
  uint8_t utf8[4];
  size_t n = 0;
  if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return text_error(r, at, "Not a Unicode character: U+%X", c);
  if (c < 0x80) {
    utf8[n++] = (uint8_t)c;
  } else if (c < 0x800) {
    utf8[n++] = (uint8_t)(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    utf8[n++] = (uint8_t)(0xe0 | c >> 12);
    utf8[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
  } else {
    utf8[n++] = (uint8_t)(0xf0 | c >> 18);
    utf8[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    utf8[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
  }
  if (c >= 0x80) utf8[n++] = (uint8_t)(0x80 | (c & 0x3f));
  return put_bytes(r, utf8, n);
}

// At most so many digits of that base; false when there is none.
static bool take_digits(reader* r, unsigned base, int most, uint32_t* out_value) {
  uint32_t value = 0;
  int count = 0;
  for (; count < most && r->at < r->end && isxdigit((unsigned char)*r->at); ++count, ++r->at) {
    const char c = (char)tolower((unsigned char)*r->at);
    const unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
    if (digit >= base) break;
    value = value * base + digit;
  }
  *out_value = value;
  return count > 0;
}

static ctf_status take_unicode(reader* r, const char* at, int digits) {
  uint32_t c, low;
  const char* const begin = r->at;
  if (!take_digits(r, 16, digits, &c) || r->at - begin != digits) {
    return text_error(r, at, "Expected %d hexadecimal digits after \\%c", digits, begin[-1]);
  }
  // A pair of surrogates is one character.
  if (c >= 0xd800 && c <= 0xdbff && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
    const char* const first = r->at;
    r->at += 2;
    if (take_digits(r, 16, 4, &low) && r->at - first == 6 && low >= 0xdc00 && low <= 0xdfff) {
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else {
      r->at = first;
    }
  }
  return put_code_point(r, at, c);
}

static ctf_status take_escape(reader* r) {
  static const char kFrom[] = "abfnrtv\\?'\"", kTo[] = "\a\b\f\n\r\t\v\\?'\"";
  const char* const at = r->at++;  // the backslash
  uint32_t value;
  if (r->at == r->end) return text_error(r, at, "Unterminated string");
  const char c = *r->at;
  const char* const simple = c != '\0' ? strchr(kFrom, c) : NULL;
  if (simple != NULL) {
    ++r->at;
    return put_bytes(r, &kTo[simple - kFrom], 1);
  }
  if (take_digits(r, 8, 3, &value)) {
    if (value > 0xff) return text_error(r, at, "Octal escape is more than one byte");
    return put_bytes(r, &(uint8_t){(uint8_t)value}, 1);
  }
  ++r->at;
  if (c == 'x' || c == 'X') {
    if (!take_digits(r, 16, 2, &value)) return text_error(r, at, "Expected hexadecimal digits after \\x");
    return put_bytes(r, &(uint8_t){(uint8_t)value}, 1);
  }
  if (c == 'u') return take_unicode(r, at, 4);
  if (c == 'U') return take_unicode(r, at, 8);
  return text_error(r, at, "Invalid escape sequence in string literal");
}

// One or several literals, one after the other: their contents together.
static ctf_status take_string(reader* r) {
  char quote = peek(r);
  if (quote != '"' && quote != '\'') return unexpected(r, "string");
  while (quote == '"' || quote == '\'') {
    const char* const begin = r->at++;
    for (;;) {
      const char* plain = r->at;
      while (plain < r->end && *plain != quote && *plain != '\\' && *plain != '\n') ++plain;
      CTF_TRY(put_bytes(r, r->at, (size_t)(plain - r->at)));
      r->at = plain;
      if (r->at == r->end) return text_error(r, begin, "Unterminated string");
      if (*r->at == '\n') return text_error(r, r->at, "String literals cannot cross line boundaries");
      if (*r->at == quote) break;
      CTF_TRY(take_escape(r));
    }
    ++r->at;
    quote = peek(r);
  }
  return NULL;
}

// ---- values

static ctf_status take_bool(reader* r, uint64_t* out_value) {
  char name[MAX_NAME_BYTES];
  const char c = peek(r);
  if (c >= '0' && c <= '9') return take_integer(r, 1, out_value);
  const char* const begin = r->at;
  CTF_TRY(take_name(r, "true or false", name));
  const bool is_true = strcmp(name, "true") == 0 || strcmp(name, "True") == 0 || strcmp(name, "t") == 0;
  if (!is_true && strcmp(name, "false") != 0 && strcmp(name, "False") != 0 && strcmp(name, "f") != 0) {
    return text_error(r, begin, "Invalid value for boolean: %s", name);
  }
  *out_value = is_true;
  return NULL;
}

static ctf_status take_enum(reader* r, const ProtobufCFieldDescriptor* field, uint64_t* out_value) {
  char name[MAX_NAME_BYTES];
  const char c = peek(r);
  if (c == '-' || (c >= '0' && c <= '9')) return take_signed(r, INT32_MAX, out_value);
  const char* const begin = r->at;
  CTF_TRY(take_name(r, "an enumeration value", name));
  const ProtobufCEnumValue* const value = protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, name);
  if (value == NULL)
    return text_error(r, begin, "Unknown enumeration value of \"%s\" for field \"%s\".", name, field->name);
  *out_value = (uint64_t)(int64_t)value->value;
  return NULL;
}

static ctf_status put_fixed(reader* r, const ProtobufCFieldDescriptor* field, uint64_t value, size_t bytes) {
  CTF_TRY(put_tag(r, field, bytes == 8 ? PROTOBUF_C_WIRE_TYPE_64BIT : PROTOBUF_C_WIRE_TYPE_32BIT));
  return put_bytes(r, &value, bytes);  // little endian, as this machine is
}

static ctf_status put_number(reader* r, const ProtobufCFieldDescriptor* field, uint64_t value) {
  CTF_TRY(put_tag(r, field, PROTOBUF_C_WIRE_TYPE_VARINT));
  return put_varint(r, value);
}

static uint64_t zigzag(uint64_t value) { return value << 1 ^ (uint64_t)((int64_t)value >> 63); }

static ctf_status take_float(reader* r, const ProtobufCFieldDescriptor* field) {
  double value;
  uint64_t bits = 0;
  CTF_TRY(take_real(r, &value));
  if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
    memcpy(&bits, &value, sizeof(value));
    return put_fixed(r, field, bits, 8);
  }
  // Above the largest float but nearer to it than to the next one rounds down, as the conversion does.
  const float narrow = (float)value;
  memcpy(&bits, &narrow, sizeof(narrow));
  return put_fixed(r, field, bits, 4);
}

static ctf_status take_scalar(reader* r, const ProtobufCFieldDescriptor* field) {
  uint64_t value;
  size_t begin;
  skip_space(r);
  switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_INT64:
      CTF_TRY(take_signed(r, field->type == PROTOBUF_C_TYPE_INT32 ? INT32_MAX : INT64_MAX, &value));
      return put_number(r, field, value);
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SINT64:
      CTF_TRY(take_signed(r, field->type == PROTOBUF_C_TYPE_SINT32 ? INT32_MAX : INT64_MAX, &value));
      return put_number(r, field, zigzag(value));
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
      CTF_TRY(take_signed(r, field->type == PROTOBUF_C_TYPE_SFIXED32 ? INT32_MAX : INT64_MAX, &value));
      return put_fixed(r, field, value, field->type == PROTOBUF_C_TYPE_SFIXED32 ? 4 : 8);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
      CTF_TRY(take_integer(r, field->type == PROTOBUF_C_TYPE_UINT32 ? UINT32_MAX : UINT64_MAX, &value));
      return put_number(r, field, value);
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FIXED64:
      CTF_TRY(take_integer(r, field->type == PROTOBUF_C_TYPE_FIXED32 ? UINT32_MAX : UINT64_MAX, &value));
      return put_fixed(r, field, value, field->type == PROTOBUF_C_TYPE_FIXED32 ? 4 : 8);
    case PROTOBUF_C_TYPE_BOOL:
      CTF_TRY(take_bool(r, &value));
      return put_number(r, field, value);
    case PROTOBUF_C_TYPE_ENUM:
      CTF_TRY(take_enum(r, field, &value));
      return put_number(r, field, value);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
      return take_float(r, field);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
      CTF_TRY(begin_block(r, field, &begin));
      CTF_TRY(take_string(r));
      return end_block(r, begin);
    default:
      return unexpected(r, "a scalar");
  }
}

// ---- fields

static ctf_status note_seen(const reader* r, level* l, const ProtobufCFieldDescriptor* field, const char* at) {
  const size_t index = (size_t)(field - l->descriptor->fields);
  if (field->label == PROTOBUF_C_LABEL_REPEATED) return NULL;
  CTF_ASSERT(index < MAX_FIELDS);
  if ((l->seen[index / 64] >> (index % 64)) & 1) {
    return text_error(r, at, "Non-repeated field \"%s\" is specified multiple times.", field->name);
  }
  for (size_t i = 0; (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && i < l->descriptor->n_fields; ++i) {
    const ProtobufCFieldDescriptor* const other = &l->descriptor->fields[i];
    if (!(other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || other->quantifier_offset != field->quantifier_offset) continue;
    if (!((l->seen[i / 64] >> (i % 64)) & 1)) continue;
    return text_error(r, at, "Field \"%s\" is specified along with field \"%s\", another member of its oneof.",
                      field->name, other->name);
  }
  l->seen[index / 64] |= UINT64_C(1) << (index % 64);
  return NULL;
}

static ctf_status open_level(reader* r, const ProtobufCFieldDescriptor* field, bool in_list) {
  const char open = peek(r);
  if (open != '{' && open != '<') return unexpected(r, "\"{\"");
  if (r->depth == CTF_WIRE_MAX_DEPTH) return text_error(r, r->at, "messages are nested deeper than 100 levels");
  ++r->at;
  level* const child = &r->levels[++r->depth];
  *child =
      (level){.descriptor = field->descriptor, .field = field, .close = open == '{' ? '}' : '>', .in_list = in_list};
  return begin_block(r, field, &child->begin);
}

// What may stand between fields.
static void skip_separator(reader* r) {
  const char c = peek(r);
  if (c == ',' || c == ';') ++r->at;
}

static ctf_status take_scalar_list(reader* r, const ProtobufCFieldDescriptor* field) {
  if (take(r, ']')) return NULL;
  for (;;) {
    CTF_TRY(take_scalar(r, field));
    if (take(r, ']')) return NULL;
    if (!take(r, ',')) return unexpected(r, "\",\" or \"]\"");
  }
}

// A field's name and, unless it is a message, its value. Of a message the opening bracket is taken.
static ctf_status take_field(reader* r) {
  char name[MAX_NAME_BYTES];
  level* const l = &r->levels[r->depth];
  if (peek(r) == '[') return text_error(r, r->at, "Extensions and expanded Any messages are not read here");
  const char* const begin = r->at;
  CTF_TRY(take_name(r, "identifier", name));
  const ProtobufCFieldDescriptor* const field = protobuf_c_message_descriptor_get_field_by_name(l->descriptor, name);
  if (field == NULL) {
    return text_error(r, begin, "Message type \"%s\" has no field named \"%s\".", l->descriptor->name, name);
  }
  CTF_TRY(note_seen(r, l, field, begin));
  const bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
  if (!take(r, ':') && !is_message) return unexpected(r, "\":\"");
  if (field->label == PROTOBUF_C_LABEL_REPEATED && take(r, '[')) {
    if (!is_message) {
      CTF_TRY(take_scalar_list(r, field));
    } else if (!take(r, ']')) {
      return open_level(r, field, true);
    }
  } else if (is_message) {
    return open_level(r, field, false);
  } else {
    CTF_TRY(take_scalar(r, field));
  }
  skip_separator(r);
  return NULL;
}

static ctf_status close_level(reader* r) {
  const level l = r->levels[r->depth--];
  CTF_TRY(end_block(r, l.begin));
  if (l.in_list && !take(r, ']')) {
    if (!take(r, ',')) return unexpected(r, "\",\" or \"]\"");
    return open_level(r, l.field, true);
  }
  skip_separator(r);
  return NULL;
}

static ctf_status read_levels(reader* r) {
  for (;;) {
    const char c = peek(r);
    const level* const l = &r->levels[r->depth];
    if (r->at == r->end) {
      if (r->depth == 0) return NULL;
      return text_error(r, r->at, "Expected \"%c\", got: end of the text", l->close);
    }
    if (l->close != '\0' && c == l->close) {
      ++r->at;
      CTF_TRY(close_level(r));
    } else {
      CTF_TRY(take_field(r));
    }
  }
}

ctf_status ctf_text_read(const ProtobufCMessageDescriptor* descriptor, const char* text, size_t length,
                         ctf_allocator* alloc, ctf_bytes* out_wire) {
  ctf_status status = NULL;
  reader* r = NULL;

  CTF_TRY_DONE(ctf_alloc_new(alloc, &r));  // its levels are too large for the stack of a small thread
  *r = (reader){.text = text, .at = text, .end = text + length, .alloc = alloc};
  r->levels[0].descriptor = descriptor;
  r->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);  // a constant of the C library: nothing is made or freed
  CTF_TRY_DONE(read_levels(r));
  if (r->wire == NULL) CTF_TRY_DONE(ctf_alloc_array(alloc, &r->wire, 1));
  *out_wire = (ctf_bytes){(const char*)r->wire, r->bytes};
  r->wire = NULL;  // handed over

done:
  if (r != NULL) ctf_free(alloc, r->wire);
  ctf_free(alloc, r);
  return status;
}

bool ctf_text_detect(const void* data, size_t bytes) {
  enum { LOOKED_AT = 4096 };
  const unsigned char* const at = data;
  bool any = false;
  for (size_t i = 0; i < bytes && i < LOOKED_AT; ++i) {
    const bool space = at[i] == ' ' || at[i] == '\t' || at[i] == '\n' || at[i] == '\r';
    if (!space && (at[i] < ' ' || at[i] == 0x7f)) return false;
    any |= !space;
  }
  return any;
}
