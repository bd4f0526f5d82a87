// Wire format to text. The bounded scanner goes first: what it lets through is no deeper than 100 levels, so this
// recursion is not either; singular messages come once and unknown fields not at all.
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graphdef/message.h"
#include "graphdef/text.h"

#define ESCAPED_BYTES 4096  // of a string, at a time
#define MAX_FIELDS 256      // of one message's descriptor

typedef struct writer {
  ctf_allocator* alloc;
  locale_t locale;
  ctf_wire_message message;
  char* text;
  size_t length;
  size_t capacity;
  int depth;
  ctf_status failure;  // the first: nothing is put after it
  // Room that no level needs while it is within another one.
  char escaped[ESCAPED_BYTES + 4];
  size_t last[MAX_FIELDS];
} writer;

typedef struct entry {  // a field of one level
  const ProtobufCFieldDescriptor* field;
  ctf_wire_field wire;
  ctf_bytes key;  // of a map's entry
  size_t order;
} entry;

// ---- text

static void put(writer* w, const char* data, size_t length) {
  if (w->failure != NULL || length == 0) return;
  if (length > w->capacity - w->length) {
    size_t needed;
    if (!ctf_add_size(w->length, length, &needed)) {
      w->failure = ctf_error(TF_RESOURCE_EXHAUSTED, "the text is too long");
      return;
    }
    w->failure = ctf_grow_array(w->alloc, &w->text, &w->capacity, needed);
    if (w->failure != NULL) return;
  }
  memcpy(w->text + w->length, data, length);
  w->length += length;
}

static void put_text(writer* w, const char* text) { put(w, text, strlen(text)); }

static void put_indent(writer* w) {
  for (int i = 0; i < w->depth; ++i) put(w, "  ", 2);
}

static void put_format(writer* w, const char* format, ...) CTF_PRINTF(2, 3);
static void put_format(writer* w, const char* format, ...) {
  char text[64];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  put(w, text, (size_t)length);
}

static void put_escaped(writer* w, const uint8_t* data, size_t bytes) {
  char* const text = w->escaped;
  size_t n = 0;
  put(w, "\"", 1);
  for (size_t i = 0; i < bytes; ++i) {
    const uint8_t c = data[i];
    const char* const special = c != 0 ? strchr("\n\r\t\"'\\", c) : NULL;
    if (special != NULL) {
      text[n++] = '\\';
      text[n++] = "nrt\"'\\"[special - "\n\r\t\"'\\"];  // the same places in both
    } else if (c < ' ' || c > '~') {
      text[n++] = '\\';
      text[n++] = (char)('0' + (c >> 6));
      text[n++] = (char)('0' + (c >> 3 & 7));
      text[n++] = (char)('0' + (c & 7));
    } else {
      text[n++] = (char)c;
    }
    if (n < ESCAPED_BYTES) continue;
    put(w, text, n);
    n = 0;
  }
  put(w, text, n);
  put(w, "\"", 1);
}

// With as few digits as give the same number back.
static void put_real(writer* w, double value, bool is_float) {
  char text[40];
  if (isnan(value)) {
    put_text(w, "nan");
    return;
  }
  if (isinf(value)) {
    put_text(w, value > 0 ? "inf" : "-inf");
    return;
  }
  for (int digits = is_float ? 6 : 15; digits <= 17; ++digits) {
    snprintf(text, sizeof(text), "%.*g", digits, value);
    const double back = strtod_l(text, NULL, w->locale);
    if (is_float ? (float)back == (float)value : back == value) break;
  }
  put_text(w, text);
}

// ---- values

static uint64_t load(const uint8_t* at, size_t bytes) {
  uint64_t value = 0;
  memcpy(&value, at, bytes);
  return value;
}

static uint64_t load_varint(const uint8_t** inout_at) {
  uint64_t value = 0;
  int shift = 0;
  do {
    if (shift < 64) value |= (uint64_t)(**inout_at & 0x7f) << shift;
    shift += 7;
  } while (*(*inout_at)++ >= 0x80);
  return value;
}

static int64_t unzigzag(uint64_t value) { return (int64_t)(value >> 1 ^ (UINT64_C(0) - (value & 1))); }

static void put_enum(writer* w, const ProtobufCFieldDescriptor* field, int32_t value) {
  const ProtobufCEnumValue* const known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);
  if (known != NULL) {
    put_text(w, known->name);
  } else {
    put_format(w, "%" PRId32, value);
  }
}

// One number of the field's type; moves behind it.
static void put_number(writer* w, const ProtobufCFieldDescriptor* field, const uint8_t** inout_at) {
  uint64_t v;
  double real;
  float narrow;
  switch (field->type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
      v = load(*inout_at, 4);
      *inout_at += 4;
      break;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
      v = load(*inout_at, 8);
      *inout_at += 8;
      break;
    default:
      v = load_varint(inout_at);
  }
  switch (field->type) {
    case PROTOBUF_C_TYPE_FLOAT:
      memcpy(&narrow, &v, sizeof(narrow));
      put_real(w, (double)narrow, true);
      break;
    case PROTOBUF_C_TYPE_DOUBLE:
      memcpy(&real, &v, sizeof(real));
      put_real(w, real, false);
      break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SFIXED32:
      put_format(w, "%" PRId32, (int32_t)v);
      break;
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SINT64:
      put_format(w, "%" PRId64, unzigzag(v));
      break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      put_format(w, "%" PRId64, (int64_t)v);
      break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      put_format(w, "%" PRIu32, (uint32_t)v);
      break;
    case PROTOBUF_C_TYPE_BOOL:
      put_text(w, v != 0 ? "true" : "false");
      break;
    case PROTOBUF_C_TYPE_ENUM:
      put_enum(w, field, (int32_t)v);
      break;
    default:
      put_format(w, "%" PRIu64, v);
  }
}

static bool is_block(const ProtobufCFieldDescriptor* field) {
  return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES ||
         field->type == PROTOBUF_C_TYPE_MESSAGE;
}

// A singular field that holds what it would without being there. In a oneof being there says something.
static bool is_default(const entry* e) {
  if (e->field->label == PROTOBUF_C_LABEL_REPEATED || e->field->type == PROTOBUF_C_TYPE_MESSAGE) return false;
  if (e->field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) return false;
  if (is_block(e->field)) return e->wire.value_bytes == 0;
  if (e->wire.wire_type == PROTOBUF_C_WIRE_TYPE_VARINT) {
    const uint8_t* at = e->wire.value;
    return load_varint(&at) == 0;
  }
  return load(e->wire.value, e->wire.value_bytes) == 0;
}

static void put_level(writer* w, const ProtobufCMessageDescriptor* descriptor, const uint8_t* data, size_t bytes);

static void put_name(writer* w, const ProtobufCFieldDescriptor* field) {
  put_indent(w);
  put_text(w, field->name);
}

static void put_entry(writer* w, const entry* e) {
  const ProtobufCFieldDescriptor* const field = e->field;
  if (is_default(e)) return;
  if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
    put_name(w, field);
    put_text(w, " {\n");
    ++w->depth;
    put_level(w, field->descriptor, e->wire.value, e->wire.value_bytes);
    --w->depth;
    put_indent(w);
    put_text(w, "}\n");
    return;
  }
  const uint8_t* at = e->wire.value;
  const uint8_t* const end = at + e->wire.value_bytes;
  const bool packed = !is_block(field) && e->wire.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
  while (w->failure == NULL && (!packed || at < end)) {
    put_name(w, field);
    put_text(w, ": ");
    if (is_block(field)) {
      put_escaped(w, at, e->wire.value_bytes);
    } else {
      put_number(w, field, &at);
    }
    put_text(w, "\n");
    if (!packed) break;
  }
}

// ---- levels

// protoc makes a map from repeated messages whose type is called after the field and has a key and a value.
static bool is_map(const ProtobufCFieldDescriptor* field) {
  if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label != PROTOBUF_C_LABEL_REPEATED) return false;
  const ProtobufCMessageDescriptor* const d = field->descriptor;
  const size_t length = strlen(d->short_name);
  return d->n_fields == 2 && strcmp(d->fields[0].name, "key") == 0 && strcmp(d->fields[1].name, "value") == 0 &&
         length > 5 && strcmp(d->short_name + length - 5, "Entry") == 0;
}

static int compare_bytes(ctf_bytes a, ctf_bytes b) {
  const size_t least = a.length < b.length ? a.length : b.length;
  const int order = least > 0 ? memcmp(a.data, b.data, least) : 0;
  return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

// A key that is a number has its bytes in the wire's order: one order for all, which is what counts.
static int compare_entries(const void* left, const void* right) {
  const entry *a = left, *b = right;
  if (a->field != b->field) return a->field->id < b->field->id ? -1 : 1;
  const int order = compare_bytes(a->key, b->key);
  if (order != 0) return order;
  return a->order < b->order ? -1 : a->order > b->order;
}

static ctf_bytes key_of(const ctf_wire_field* f) {
  ctf_bytes key = {"", 0};
  const uint8_t* at = f->value;
  ctf_wire_field inner;
  while (ctf_wire_next(&at, f->value + f->value_bytes, &inner)) {
    if (inner.number == 1) key = (ctf_bytes){(const char*)inner.value, inner.value_bytes};
  }
  return key;
}

// Goes over the fields of a level, with what was lifted out of it.
typedef struct cursor {
  const ProtobufCMessageDescriptor* descriptor;
  const uint8_t* at;
  const uint8_t* end;
  const uint8_t* list_at;  // of the TensorProto whose lists were lifted
  const uint8_t* list_end;
} cursor;

static bool next_in_lists(cursor* c, entry* out_entry) {
  ctf_wire_field f;
  while (c->list_at < c->list_end && ctf_wire_next(&c->list_at, c->list_end, &f)) {
    const ProtobufCFieldDescriptor* const field = ctf_wire_find_list(c->descriptor, &f);
    if (field == NULL) continue;
    *out_entry = (entry){.field = field, .wire = f};
    return true;
  }
  return false;
}

// The next field that the descriptor knows.
static bool next_entry(const writer* w, cursor* c, entry* out_entry) {
  ctf_wire_field f;
  if (next_in_lists(c, out_entry)) return true;
  while (ctf_wire_next(&c->at, c->end, &f)) {
    ctf_lifted what;
    ctf_wire_range range;
    const ProtobufCFieldDescriptor* field = protobuf_c_message_descriptor_get_field(c->descriptor, f.number);
    if (ctf_wire_field_lifted(&f, &w->message, &what, &range)) {
      if (what == CTF_LIFTED_LISTS) {
        c->list_at = range.data;
        c->list_end = range.data + range.bytes;
        if (next_in_lists(c, out_entry)) return true;
        continue;
      }
      field = protobuf_c_message_descriptor_get_field_by_name(c->descriptor, CTF_WIRE_CONTENT_FIELD);
      f.value = range.data;
      f.value_bytes = range.bytes;
    }
    if (field == NULL) continue;
    *out_entry = (entry){.field = field, .wire = f};
    return true;
  }
  return false;
}

// Whether the fields stand as they are to be written: by number, singular ones once, maps without a second entry.
static bool in_order(const writer* w, cursor c, size_t* out_count) {
  const ProtobufCFieldDescriptor* last = NULL;
  bool ordered = true;
  size_t count = 0;
  entry e;
  while (next_entry(w, &c, &e)) {
    ++count;
    if (last != NULL && e.field->id < last->id) ordered = false;
    if (last == e.field && (e.field->label != PROTOBUF_C_LABEL_REPEATED || is_map(e.field))) ordered = false;
    if (e.field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
      ordered = ordered && count == 1;  // one of them may throw out another
    last = e.field;
  }
  *out_count = count;
  return ordered;
}

static bool same_oneof(const ProtobufCFieldDescriptor* a, const ProtobufCFieldDescriptor* b) {
  return (a->flags & b->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && a->quantifier_offset == b->quantifier_offset;
}

// Of a singular field that comes again, of members of one oneof, and of a map's equal keys the last one counts.
static bool is_replaced(const writer* w, const ProtobufCMessageDescriptor* descriptor, const entry* e,
                        const entry* next) {
  if (is_map(e->field)) return next != NULL && next->field == e->field && compare_bytes(next->key, e->key) == 0;
  if (e->field->label == PROTOBUF_C_LABEL_REPEATED) return false;
  if (w->last[e->field - descriptor->fields] > e->order + 1) return true;
  for (unsigned i = 0; (e->field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && i < descriptor->n_fields; ++i) {
    if (same_oneof(&descriptor->fields[i], e->field) && w->last[i] > e->order + 1) return true;
  }
  return false;
}

static size_t drop_replaced(writer* w, const ProtobufCMessageDescriptor* descriptor, entry* entries, size_t count) {
  size_t kept = 0;
  CTF_ASSERT(descriptor->n_fields <= MAX_FIELDS);
  memset(w->last, 0, descriptor->n_fields * sizeof(w->last[0]));
  for (size_t i = 0; i < count; ++i) {
    size_t* const last = &w->last[entries[i].field - descriptor->fields];
    if (entries[i].order + 1 > *last) *last = entries[i].order + 1;
  }
  for (size_t i = 0; i < count; ++i) {
    if (is_replaced(w, descriptor, &entries[i], i + 1 < count ? &entries[i + 1] : NULL)) continue;
    entries[kept++] = entries[i];
  }
  return kept;
}

static void put_sorted(writer* w, cursor c, size_t count) {
  entry* entries = NULL;
  size_t i = 0;
  w->failure = ctf_alloc_array(w->alloc, &entries, count);
  if (w->failure != NULL) return;
  while (i < count && next_entry(w, &c, &entries[i])) {
    if (is_map(entries[i].field)) entries[i].key = key_of(&entries[i].wire);
    entries[i].order = i;
    ++i;
  }
  if (count > 1) qsort(entries, count, sizeof(*entries), compare_entries);
  count = drop_replaced(w, c.descriptor, entries, count);
  for (i = 0; i < count; ++i) put_entry(w, &entries[i]);
  ctf_free(w->alloc, entries);
}

static void put_level(writer* w, const ProtobufCMessageDescriptor* descriptor, const uint8_t* data, size_t bytes) {
  size_t count;
  cursor c = {.descriptor = descriptor, .at = data, .end = data + bytes};
  entry e;
  if (w->failure != NULL) return;
  if (!in_order(w, c, &count)) {
    put_sorted(w, c, count);
    return;
  }
  while (next_entry(w, &c, &e)) put_entry(w, &e);
}

ctf_status ctf_text_write(const ProtobufCMessageDescriptor* descriptor, const void* wire, size_t bytes,
                          ctf_allocator* alloc, ctf_bytes* out_text) {
  enum { SCRATCH_BYTES = 4096 };
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  writer w = {.alloc = alloc};
  // Numbers are printed with a point whatever the program's locale is. "C" is a constant of the C library.
  w.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  const locale_t old_locale = uselocale(w.locale);

  CTF_TRY_DONE(ctf_scratch_create(alloc, SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(ctf_wire_scan(descriptor, wire, bytes, scratch, &w.message));
  put_level(&w, descriptor, w.message.data, w.message.bytes);
  put(&w, "", 1);  // the NUL
  CTF_TRY_DONE(w.failure);
  *out_text = (ctf_bytes){w.text, w.length - 1};
  w.text = NULL;  // handed over

done:
  uselocale(old_locale);
  ctf_free(alloc, w.text);
  ctf_allocator_free(scratch);
  return status;
}

ctf_status ctf_message_equal(const ProtobufCMessageDescriptor* descriptor, ctf_bytes a, ctf_bytes b,
                             ctf_allocator* alloc, bool* out_equal) {
  ctf_status status = NULL;
  ctf_bytes a_text = {0}, b_text = {0};
  *out_equal = a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
  if (*out_equal) return NULL;

  CTF_TRY_DONE(ctf_text_write(descriptor, a.data, a.length, alloc, &a_text));
  CTF_TRY_DONE(ctf_text_write(descriptor, b.data, b.length, alloc, &b_text));
  *out_equal = a_text.length == b_text.length && memcmp(a_text.data, b_text.data, a_text.length) == 0;

done:
  ctf_free(alloc, (void*)a_text.data);
  ctf_free(alloc, (void*)b_text.data);
  return status;
}
