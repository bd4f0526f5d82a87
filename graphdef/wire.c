// The bounded scanner. Every message is walked twice: once to check it and to learn the size of the copy, once to write
// the copy. What protobuf-c 1.4 gets wrong never reaches it:
//   - it recurses without limit, so depth is bounded here, as in TensorFlow's parser groups included;
//   - it cuts counts at 32 bits, so it gets no message of 2 GiB or more;
//   - it refuses groups, fields of a wrong wire type and packed bools other than 0 and 1: dropped, dropped, normalised;
//   - it keeps only the last part of a message that comes in parts inside a oneof and loses unknown fields when it
//     merges: the parts are put together here, so that no singular message comes twice.
#include "graphdef/wire.h"

#include <limits.h>
#include <string.h>

#include "graphdef/message.h"

#define MAX_VARINT_BYTES 10
#define MAX_TAG_BYTES 5  // also of a length
#define MAX_FIELDS 256   // of one message's descriptor
#define GROUP_BEGIN 3
#define GROUP_END 4
#define LIFTED_NUMBER 19999  // minus a ctf_lifted: reserved by protobuf for implementations, no .proto file can use it
#define LIFTED_MIN_BYTES 65

typedef enum scan_mode {
  SCAN_CHECK,  // nothing but the check
  SCAN_COUNT,  // the check, and the size of the copy
  SCAN_COPY,
} scan_mode;

typedef struct scanner {
  scan_mode mode;
  const uint8_t* source;  // what offsets count from
  ctf_allocator* alloc;
  uint8_t* out;  // NULL until SCAN_COPY
  size_t out_bytes;
  ctf_wire_range* lifted;  // NULL until SCAN_COPY
  size_t num_lifted;
} scanner;

typedef struct level {  // one message of the source
  const ProtobufCMessageDescriptor* descriptor;
  const uint8_t* data;
  size_t bytes;
  int depth;  // 0: the outermost
} level;

typedef struct field {
  ctf_wire_field raw;
  size_t length_bytes;                    // of the length of a length-delimited field
  const ProtobufCFieldDescriptor* known;  // NULL: not in the descriptor, or not with this wire type
} field;

static ctf_status wire_error(const scanner* s, const uint8_t* at, const char* what) {
  return ctf_error(TF_INVALID_ARGUMENT, "byte %zu: %s", (size_t)(at - s->source), what);
}

// False when it does not end within max_bytes or before `end`. Of a tenth byte only the lowest bit counts.
static bool read_varint(const uint8_t** inout_at, const uint8_t* end, int max_bytes, uint64_t* out_value) {
  const uint8_t* at = *inout_at;
  uint64_t value = 0;
  for (int i = 0; i < max_bytes && at < end; ++i) {
    const uint8_t byte = *at++;
    value |= (uint64_t)(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *inout_at = at;
      *out_value = value;
      return true;
    }
  }
  return false;
}

// A tag has 32 bits: of a fifth byte the upper ones are lost, in TensorFlow as here.
static bool read_tag(const uint8_t** inout_at, const uint8_t* end, uint32_t* out_number, uint32_t* out_type) {
  uint64_t tag;
  if (!read_varint(inout_at, end, MAX_TAG_BYTES, &tag)) return false;
  *out_number = (uint32_t)tag >> 3;
  *out_type = (uint32_t)tag & 7;
  return *out_number != 0;
}

// The value of a field that is no group; NULL, or what is wrong with it.
static const char* read_value(const uint8_t** inout_at, const uint8_t* end, uint32_t type, field* out_field) {
  const uint8_t* at = *inout_at;
  const size_t left = (size_t)(end - at);
  uint64_t number;
  out_field->raw.value = at;
  switch (type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
      if (!read_varint(&at, end, MAX_VARINT_BYTES, &number)) return "a number does not end";
      break;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
      if (left < 8) return "the message ends inside an 8 byte value";
      at += 8;
      break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
      if (left < 4) return "the message ends inside a 4 byte value";
      at += 4;
      break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
      if (!read_varint(&at, end, MAX_TAG_BYTES, &number)) return "a length does not end";
      if (number > (uint64_t)(end - at)) return "a length is larger than what is left of its message";
      out_field->length_bytes = (size_t)(at - out_field->raw.value);
      out_field->raw.value = at;
      at += (size_t)number;
      break;
    default:
      return type == GROUP_END ? "a group ends that did not begin" : "a wire type that does not exist";
  }
  out_field->raw.value_bytes = (size_t)(at - out_field->raw.value);
  *inout_at = at;
  return NULL;
}

// Passes over a group whose begin has been read; `depth` is the message's that it stands in.
static ctf_status skip_group(const scanner* s, const uint8_t** inout_at, const uint8_t* end, uint32_t number,
                             int depth) {
  uint32_t open[CTF_WIRE_MAX_DEPTH];  // numbers of the groups that we are in
  int num_open = 0;
  const uint8_t* at = *inout_at;
  if (depth >= CTF_WIRE_MAX_DEPTH) return wire_error(s, at, "messages are nested deeper than 100 levels");
  open[num_open++] = number;
  while (num_open > 0) {
    const uint8_t* begin = at;
    uint32_t inner, type;
    field ignored;
    if (!read_tag(&at, end, &inner, &type)) return wire_error(s, begin, "no valid tag inside a group");
    if (type == GROUP_BEGIN) {
      if (depth + num_open >= CTF_WIRE_MAX_DEPTH) {
        return wire_error(s, begin, "messages are nested deeper than 100 levels");
      }
      open[num_open++] = inner;
    } else if (type == GROUP_END) {
      if (open[--num_open] != inner) return wire_error(s, begin, "a group ends that did not begin");
    } else {
      const char* what = read_value(&at, end, type, &ignored);
      if (what != NULL) return wire_error(s, begin, what);
    }
  }
  *inout_at = at;
  return NULL;
}

static bool is_packable(ProtobufCType type) {
  return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_MESSAGE;
}

static uint32_t wire_type_of(ProtobufCType type) {
  switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
      return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
      return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
      return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    default:
      return PROTOBUF_C_WIRE_TYPE_VARINT;
  }
}

static const ProtobufCFieldDescriptor* find_known(const ProtobufCMessageDescriptor* descriptor, uint32_t number,
                                                  uint32_t type) {
  const ProtobufCFieldDescriptor* known = protobuf_c_message_descriptor_get_field(descriptor, number);
  if (known == NULL || type == wire_type_of(known->type)) return known;
  const bool packed = type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && known->label == PROTOBUF_C_LABEL_REPEATED &&
                      is_packable(known->type);
  return packed ? known : NULL;
}

// The next field of a level; at its end *out_more is false. Groups come out as unknown fields.
static ctf_status next_field(const scanner* s, const level* l, const uint8_t** inout_at, field* out_field,
                             bool* out_more) {
  const uint8_t* const begin = *inout_at;
  const uint8_t* const end = l->data + l->bytes;
  *out_more = begin < end;
  if (!*out_more) return NULL;
  uint32_t type;
  *out_field = (field){.raw.begin = begin};
  if (!read_tag(inout_at, end, &out_field->raw.number, &type)) {
    return wire_error(s, begin, "no valid tag where a field should begin");
  }
  if (type == GROUP_BEGIN) {
    out_field->raw.value = *inout_at;
    return skip_group(s, inout_at, end, out_field->raw.number, l->depth);
  }
  const char* what = read_value(inout_at, end, type, out_field);
  if (what != NULL) return wire_error(s, begin, what);
  out_field->raw.wire_type = (ProtobufCWireType)type;
  out_field->known = find_known(l->descriptor, out_field->raw.number, type);
  return NULL;
}

static void put_bytes(scanner* s, const uint8_t* data, size_t bytes) {
  if (s->out != NULL && bytes != 0) memcpy(s->out + s->out_bytes, data, bytes);
  s->out_bytes += bytes;
}

// At least `width` bytes; protobuf allows a number to be longer than it must.
static size_t put_varint(scanner* s, uint64_t value, size_t width) {
  uint8_t text[MAX_VARINT_BYTES];
  size_t n = 0;
  while (value >= 0x80 || n + 1 < width) {
    text[n++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  text[n++] = (uint8_t)value;
  put_bytes(s, text, n);
  return n;
}

static void put_tag(scanner* s, uint32_t number, ProtobufCWireType type) {
  put_varint(s, (uint64_t)number << 3 | (uint32_t)type, 1);
}

static size_t varint_bytes(uint64_t value) {
  size_t n = 1;
  while (value >>= 7) ++n;
  return n;
}

// Writes the length in front of what was put after `begin`, where `width` bytes were left for it. What stands for a
// lifted list may be longer than the list was, and then so may the length: what was put makes room.
static void patch_length(scanner* s, size_t begin, size_t width) {
  const size_t bytes = s->out_bytes - begin - width, need = varint_bytes(bytes);
  const size_t more = need > width ? need - width : 0;
  if (more > 0 && s->out != NULL) memmove(s->out + begin + need, s->out + begin + width, bytes);
  s->out_bytes = begin;
  put_varint(s, bytes, width);
  s->out_bytes += bytes;
}

// NULL for valid UTF-8 without NUL, otherwise what is wrong.
static const char* check_text(const uint8_t* text, size_t bytes) {
  size_t i = 0;
  while (i < bytes) {
    const uint8_t first = text[i++];
    if (first == 0) return "text with a NUL byte inside; ctf keeps text terminated";
    if (first < 0x80) continue;
    // How many bytes follow, and what the first of these may be: that range excludes overlong forms, surrogates and
    // what is above U+10FFFF.
    size_t more;
    uint8_t least = 0x80, most = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
      more = 1;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      if (first == 0xe0) least = 0xa0;
      if (first == 0xed) most = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      if (first == 0xf0) least = 0x90;
      if (first == 0xf4) most = 0x8f;
    } else {
      return "text that is not valid UTF-8";
    }
    if (bytes - i < more || text[i] < least || text[i] > most) return "text that is not valid UTF-8";
    for (size_t k = 1; k < more; ++k) {
      if ((text[i + k] & 0xc0) != 0x80) return "text that is not valid UTF-8";
    }
    i += more;
  }
  return NULL;
}

static bool is_value_list(const ProtobufCFieldDescriptor* known) {  // of a TensorProto: float_val, string_val, ...
  const size_t length = strlen(known->name);
  return known->type != PROTOBUF_C_TYPE_MESSAGE && length > 4 && strcmp(known->name + length - 4, "_val") == 0;
}

static bool is_content(const ProtobufCFieldDescriptor* known) {
  return known->type == PROTOBUF_C_TYPE_BYTES && known->label != PROTOBUF_C_LABEL_REPEATED &&
         strcmp(known->name, CTF_WIRE_CONTENT_FIELD) == 0;
}

// Fields of which the copy holds one: messages, whose parts are merged, and contents, of which the last one counts.
static bool comes_once(const ProtobufCFieldDescriptor* known) {
  return known->label != PROTOBUF_C_LABEL_REPEATED && (known->type == PROTOBUF_C_TYPE_MESSAGE || is_content(known));
}

static size_t index_of(const level* l, const ProtobufCFieldDescriptor* known) {
  return (size_t)(known - l->descriptor->fields);
}

// For a level in which a field comes again that should come once: where each such field comes last, by the field's
// index. NULL for all other levels, which is nearly every one.
static ctf_status find_repeats(const scanner* s, const level* l, const uint8_t*** out_last) {
  ctf_status status = NULL;
  const uint8_t** last = NULL;
  uint64_t seen[MAX_FIELDS / 64] = {0};
  bool again = false, more;
  const uint8_t* at = l->data;
  field f;

  CTF_ASSERT(l->descriptor->n_fields <= MAX_FIELDS);
  while (!again) {
    CTF_TRY_DONE(next_field(s, l, &at, &f, &more));
    if (!more) break;
    if (f.known == NULL || !comes_once(f.known)) continue;
    const size_t index = index_of(l, f.known);
    again = (seen[index / 64] >> (index % 64)) & 1;
    seen[index / 64] |= UINT64_C(1) << (index % 64);
  }
  if (again) {
    CTF_TRY_DONE(ctf_alloc_array(s->alloc, &last, l->descriptor->n_fields));
    at = l->data;
    for (;;) {
      CTF_TRY_DONE(next_field(s, l, &at, &f, &more));
      if (!more) break;
      if (f.known != NULL && comes_once(f.known)) last[index_of(l, f.known)] = f.raw.begin;
    }
  }
  *out_last = last;
  last = NULL;

done:
  ctf_free(s->alloc, last);
  return status;
}

static bool is_rival(const ProtobufCFieldDescriptor* a, const ProtobufCFieldDescriptor* b) {  // of the same oneof
  return a != b && (a->flags & b->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && a->quantifier_offset == b->quantifier_offset;
}

typedef struct run {     // the parts of a singular message that belong together
  const uint8_t* begin;  // of the first one's tag
  size_t bytes;          // of their values
  size_t parts;
} run;

// The run that ends with `last`. Another member of the same oneof throws away what came before it.
static ctf_status find_run(const scanner* s, const level* l, const field* last, run* out_run) {
  const uint8_t* at = l->data;
  run r = {0};
  do {
    field f;
    bool more;
    CTF_TRY(next_field(s, l, &at, &f, &more));
    CTF_ASSERT(more);
    if (f.known == NULL) continue;
    if (is_rival(f.known, last->known)) r = (run){0};
    if (f.known != last->known) continue;
    if (r.parts++ == 0) r.begin = f.raw.begin;
    r.bytes += f.raw.value_bytes;
  } while (at <= last->raw.begin);
  *out_run = r;
  return NULL;
}

static ctf_status copy_run(const scanner* s, const level* l, const field* last, const run* r, uint8_t* out) {
  const uint8_t* at = r->begin;
  size_t done = 0;
  while (at <= last->raw.begin) {
    field f;
    bool more;
    CTF_TRY(next_field(s, l, &at, &f, &more));
    CTF_ASSERT(more);
    if (f.known != last->known || f.raw.value_bytes == 0) continue;
    CTF_ASSERT(f.raw.value_bytes <= r->bytes - done);
    memcpy(out + done, f.raw.value, f.raw.value_bytes);
    done += f.raw.value_bytes;
  }
  return NULL;
}

static ctf_status scan_level(scanner* s, const level* l);  // the one recursion here: levels within levels

// A message as a field of another one: `width` bytes for the length, then the copy.
static ctf_status scan_child(scanner* s, const level* child, uint32_t number, size_t width) {
  if (child->depth > CTF_WIRE_MAX_DEPTH) {
    return wire_error(s, child->data, "messages are nested deeper than 100 levels");
  }
  if (s->mode == SCAN_CHECK) return scan_level(s, child);
  put_tag(s, number, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
  const size_t begin = s->out_bytes;
  s->out_bytes += width;
  CTF_TRY(scan_level(s, child));
  patch_length(s, begin, width);
  return NULL;
}

// The last part of a message that came in several: puts them together. Every part has been checked by itself.
static ctf_status scan_parts(scanner* s, const level* l, const field* last) {
  ctf_status status = NULL;
  uint8_t* whole = NULL;
  run r;
  level child = {last->known->descriptor, last->raw.value, last->raw.value_bytes, l->depth + 1};

  CTF_TRY_DONE(find_run(s, l, last, &r));
  if (r.parts > 1) {  // else a rival threw the others away
    CTF_TRY_DONE(ctf_alloc_array(s->alloc, &whole, r.bytes));
    CTF_TRY_DONE(copy_run(s, l, last, &r, whole));
    child.data = whole;
    child.bytes = r.bytes;
  }
  const size_t num_lifted = s->num_lifted;
  CTF_TRY_DONE(scan_child(s, &child, last->raw.number, r.parts > 1 ? varint_bytes(r.bytes) : last->length_bytes));
  if (s->mode == SCAN_COPY && s->num_lifted > num_lifted) whole = NULL;  // what was lifted points into it

done:
  ctf_free(s->alloc, whole);
  return status;
}

static ctf_status scan_submessage(scanner* s, const level* l, const field* f, const uint8_t** last) {
  const level child = {f->known->descriptor, f->raw.value, f->raw.value_bytes, l->depth + 1};
  if (last == NULL || !comes_once(f->known)) return scan_child(s, &child, f->raw.number, f->length_bytes);
  if (s->mode == SCAN_COUNT) {  // a part must be valid by itself, not only together with the next
    s->mode = SCAN_CHECK;
    ctf_status status = scan_child(s, &child, f->raw.number, f->length_bytes);
    s->mode = SCAN_COUNT;
    CTF_TRY(status);
  }
  return last[index_of(l, f->known)] == f->raw.begin ? scan_parts(s, l, f) : NULL;
}

static void put_field(scanner* s, const field* f) {
  put_tag(s, f->raw.number, f->raw.wire_type);
  if (f->raw.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) put_varint(s, f->raw.value_bytes, f->length_bytes);
  put_bytes(s, f->raw.value, f->raw.value_bytes);
}

// Puts the field as it is, but bools as 0 and 1; with `put` false it is checked alone.
static ctf_status scan_packed(scanner* s, const field* f, bool put) {
  const uint8_t* at = f->raw.value;
  const uint8_t* const end = at + f->raw.value_bytes;
  const uint32_t type = wire_type_of(f->known->type);
  if (type == PROTOBUF_C_WIRE_TYPE_VARINT) {
    const bool bools = f->known->type == PROTOBUF_C_TYPE_BOOL && put;
    size_t begin = 0;
    if (bools) {
      put_tag(s, f->raw.number, f->raw.wire_type);
      begin = s->out_bytes;
      s->out_bytes += f->length_bytes;
    }
    while (at < end) {
      uint64_t value;
      if (!read_varint(&at, end, MAX_VARINT_BYTES, &value)) return wire_error(s, at, "a number in a list does not end");
      if (bools) put_bytes(s, &(uint8_t){value != 0}, 1);
    }
    if (bools) {
      patch_length(s, begin, f->length_bytes);
      return NULL;
    }
  } else if (f->raw.value_bytes % (type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4) != 0) {
    return wire_error(s, at, "a list ends inside a number");
  }
  if (put) put_field(s, f);
  return NULL;
}

static void put_lifted(scanner* s, ctf_lifted what, const uint8_t* data, size_t bytes) {
  if (s->lifted != NULL) s->lifted[s->num_lifted] = (ctf_wire_range){data, bytes};
  put_tag(s, LIFTED_NUMBER - (uint32_t)what, PROTOBUF_C_WIRE_TYPE_VARINT);
  put_varint(s, s->num_lifted++, 1);
}

static void scan_content(scanner* s, const level* l, const field* f, const uint8_t** last) {
  if (last != NULL && last[index_of(l, f->known)] != f->raw.begin) return;
  if (f->raw.value_bytes < LIFTED_MIN_BYTES) {
    put_field(s, f);
  } else {
    put_lifted(s, CTF_LIFTED_CONTENT, f->raw.value, f->raw.value_bytes);
  }
}

// Recursive, at most CTF_WIRE_MAX_DEPTH levels.
static ctf_status scan_level(scanner* s, const level* l) {
  ctf_status status = NULL;
  const uint8_t** last = NULL;
  const uint8_t* at = l->data;
  const bool is_tensor = strcmp(l->descriptor->name, "tensorflow.TensorProto") == 0;
  bool has_lists = false;

  if (s->mode != SCAN_CHECK) CTF_TRY_DONE(find_repeats(s, l, &last));
  for (;;) {
    field f;
    bool more;
    CTF_TRY_DONE(next_field(s, l, &at, &f, &more));
    if (!more) break;
    if (f.known == NULL) continue;
    if (f.known->type == PROTOBUF_C_TYPE_MESSAGE) {
      CTF_TRY_DONE(scan_submessage(s, l, &f, last));
      continue;
    }
    if (f.known->type == PROTOBUF_C_TYPE_STRING && s->mode != SCAN_COPY) {
      const char* what = check_text(f.raw.value, f.raw.value_bytes);
      if (what != NULL) {
        status = ctf_error(TF_INVALID_ARGUMENT, "byte %zu: %s.%s is %s", (size_t)(f.raw.begin - s->source),
                           l->descriptor->short_name, f.known->name, what);
        goto done;
      }
    }
    const bool is_list = is_tensor && is_value_list(f.known);
    has_lists |= is_list;
    if (is_packable(f.known->type) && f.raw.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
      CTF_TRY_DONE(scan_packed(s, &f, s->mode != SCAN_CHECK && !is_list));
    } else if (s->mode == SCAN_CHECK || is_list) {
      continue;
    } else if (is_content(f.known)) {
      scan_content(s, l, &f, last);
    } else {
      put_field(s, &f);
    }
  }
  if (has_lists && s->mode != SCAN_CHECK) put_lifted(s, CTF_LIFTED_LISTS, l->data, l->bytes);

done:
  if (last != NULL) ctf_free(s->alloc, last);  // a check has no allocator
  return status;
}

ctf_status ctf_wire_check(const ProtobufCMessageDescriptor* descriptor, const uint8_t* data, size_t bytes) {
  scanner s = {.mode = SCAN_CHECK, .source = data};
  return scan_level(&s, &(level){descriptor, data, bytes, 0});
}

ctf_status ctf_wire_scan(const ProtobufCMessageDescriptor* descriptor, const uint8_t* data, size_t bytes,
                         ctf_allocator* alloc, ctf_wire_message* out_message) {
  ctf_status status = NULL;
  scanner s = {.mode = SCAN_COUNT, .source = data, .alloc = alloc};
  const level whole = {descriptor, data, bytes, 0};

  CTF_TRY_DONE(scan_level(&s, &whole));
  const size_t out_bytes = s.out_bytes, num_lifted = s.num_lifted;
  CTF_TRY_DONE(ctf_alloc_array(alloc, &s.out, out_bytes));
  CTF_TRY_DONE(ctf_alloc_array(alloc, &s.lifted, num_lifted));
  s.mode = SCAN_COPY;
  s.out_bytes = s.num_lifted = 0;
  CTF_TRY_DONE(scan_level(&s, &whole));
  CTF_ASSERT(s.out_bytes == out_bytes && s.num_lifted == num_lifted);
  *out_message = (ctf_wire_message){s.out, s.out_bytes, s.num_lifted, s.lifted};
  return NULL;

done:
  ctf_free(alloc, s.out);
  ctf_free(alloc, s.lifted);
  return status;
}

typedef struct unpacking {
  ctf_allocator* alloc;
  ctf_status status;  // why memory could not be had: protobuf-c itself only says that it failed
} unpacking;

static void* unpack_alloc(void* arg, size_t bytes) {
  unpacking* u = arg;
  void* block = NULL;
  if (u->status == NULL) u->status = ctf_alloc_bytes(u->alloc, bytes, &block);
  return block;
}

static void unpack_free(void* arg, void* block) { ctf_free(((unpacking*)arg)->alloc, block); }

ctf_status ctf_wire_unpack(const ProtobufCMessageDescriptor* descriptor, const ctf_wire_message* message,
                           ctf_allocator* alloc, ProtobufCMessage** out_message) {
  unpacking u = {.alloc = alloc};
  ProtobufCAllocator allocator = {unpack_alloc, unpack_free, &u};
  if (message->bytes > INT_MAX) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s has %zu bytes beside its large tensors; 2 GiB is the most",
                     descriptor->short_name, message->bytes);
  }
  ProtobufCMessage* unpacked = protobuf_c_message_unpack(descriptor, &allocator, message->bytes, message->data);
  CTF_TRY(u.status);
  if (unpacked == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s cannot be decoded: a required field is missing", descriptor->short_name);
  }
  *out_message = unpacked;
  return NULL;
}

bool ctf_wire_next(const uint8_t** inout_at, const uint8_t* end, ctf_wire_field* out_field) {
  const scanner s = {.source = *inout_at};
  while (*inout_at < end) {
    const uint8_t* const begin = *inout_at;
    uint32_t number, type;
    field f = {.raw.begin = begin};
    if (!read_tag(inout_at, end, &number, &type)) break;
    if (type == GROUP_BEGIN) {
      ctf_status status = skip_group(&s, inout_at, end, number, 0);
      if (status == NULL) continue;
      ctf_status_drop(status);  // the message was not checked: our own mistake
      break;
    }
    if (read_value(inout_at, end, type, &f) != NULL) break;
    f.raw.number = number;
    f.raw.wire_type = (ProtobufCWireType)type;
    *out_field = f.raw;
    return true;
  }
  CTF_ASSERT(*inout_at == end);
  return false;
}

bool ctf_wire_read_varint32(const uint8_t** inout_at, const uint8_t* end, uint32_t* out_value) {
  uint64_t value;
  if (!read_varint(inout_at, end, MAX_TAG_BYTES, &value)) return false;
  *out_value = (uint32_t)value;
  return true;
}

bool ctf_wire_read_varint(const uint8_t** inout_at, const uint8_t* end, uint64_t* out_value) {
  return read_varint(inout_at, end, MAX_VARINT_BYTES, out_value);
}

bool ctf_wire_lifted(const ProtobufCMessage* message, const ctf_wire_message* of, ctf_lifted what,
                     ctf_wire_range* out_range) {
  for (unsigned i = 0; i < message->n_unknown_fields; ++i) {
    const ProtobufCMessageUnknownField* unknown = &message->unknown_fields[i];
    const uint8_t* at = unknown->data;
    uint64_t index;
    if (unknown->tag != LIFTED_NUMBER - (uint32_t)what) continue;
    if (!read_varint(&at, at + unknown->len, MAX_VARINT_BYTES, &index) || index >= of->num_lifted) return false;
    *out_range = of->lifted[index];
    return true;
  }
  return false;
}

bool ctf_wire_field_lifted(const ctf_wire_field* lifted, const ctf_wire_message* of, ctf_lifted* out_what,
                           ctf_wire_range* out_range) {
  const uint8_t* at = lifted->value;
  uint64_t index;
  if (lifted->number > LIFTED_NUMBER || lifted->number < LIFTED_NUMBER - CTF_LIFTED_LISTS) return false;
  if (!read_varint(&at, at + lifted->value_bytes, MAX_VARINT_BYTES, &index) || index >= of->num_lifted) return false;
  *out_what = (ctf_lifted)(LIFTED_NUMBER - lifted->number);
  *out_range = of->lifted[index];
  return true;
}

const ProtobufCFieldDescriptor* ctf_wire_find_list(const ProtobufCMessageDescriptor* tensor, const ctf_wire_field* of) {
  const ProtobufCFieldDescriptor* const known = find_known(tensor, of->number, of->wire_type);
  return known != NULL && is_value_list(known) ? known : NULL;
}
