// The functions of a file among those of the graph: each name once, and the same name only for the same function.
#include <string.h>

#include "engine/import_impl.h"
#include "graphdef/text.h"
#include "graphdef/wire.h"
#include "tensorflow/core/framework/function.pb-c.h"

enum { LIBRARY_FUNCTION = 1, LIBRARY_GRADIENT = 2 };  // fields of FunctionDefLibrary
enum { FUNCTION_SIGNATURE = 1, SIGNATURE_NAME = 1 };
enum { GRADIENT_FUNCTION = 1, GRADIENT_OF = 2 };

typedef struct piece {  // a field of a library, as it stands there
  const uint8_t* begin;
  size_t bytes;
  const uint8_t* value;
  size_t value_bytes;
  uint32_t number;
  ctf_bytes name;  // of the function, or of the one that the gradient is of
} piece;

// The last text in a field of that number; of a singular field that comes again the last counts.
static ctf_bytes find_text(const uint8_t* data, size_t bytes, uint32_t number) {
  ctf_bytes text = {"", 0};
  const uint8_t* at = data;
  ctf_wire_field f;
  while (ctf_wire_next(&at, data + bytes, &f)) {
    if (f.number == number && f.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
      text = (ctf_bytes){(const char*)f.value, f.value_bytes};
    }
  }
  return text;
}

static bool next_piece(const uint8_t** inout_at, const uint8_t* end, piece* out_piece) {
  ctf_wire_field f;
  while (ctf_wire_next(inout_at, end, &f)) {
    if (f.wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) continue;
    *out_piece = (piece){f.begin, (size_t)(*inout_at - f.begin), f.value, f.value_bytes, f.number, {"", 0}};
    if (f.number == LIBRARY_FUNCTION) {
      const ctf_bytes signature = find_text(f.value, f.value_bytes, FUNCTION_SIGNATURE);
      out_piece->name = find_text((const uint8_t*)signature.data, signature.length, SIGNATURE_NAME);
    } else if (f.number == LIBRARY_GRADIENT) {
      out_piece->name = find_text(f.value, f.value_bytes, GRADIENT_FUNCTION);
    }
    return true;
  }
  return false;
}

static ctf_status refuse_double(ctf_allocator* alloc, const piece* old, const piece* added, bool* out_skip) {
  const int shown = (int)(added->name.length < 1024 ? added->name.length : 1024);
  if (added->number == LIBRARY_FUNCTION) {
    const ctf_bytes a = {(const char*)old->value, old->value_bytes};
    const ctf_bytes b = {(const char*)added->value, added->value_bytes};
    bool same;
    CTF_TRY(ctf_message_equal(&tensorflow__function_def__descriptor, a, b, alloc, &same));
    if (!same) {
      return ctf_error(TF_INVALID_ARGUMENT,
                       "Cannot add function '%.*s' because a different function with the same name already exists.",
                       shown, added->name.data);
    }
  } else {
    const ctf_bytes a = find_text(old->value, old->value_bytes, GRADIENT_OF);
    const ctf_bytes b = find_text(added->value, added->value_bytes, GRADIENT_OF);
    if (a.length != b.length || memcmp(a.data, b.data, a.length) != 0) {
      return ctf_error(TF_INVALID_ARGUMENT,
                       "Cannot assign gradient function '%.*s' to '%.*s' because it already has gradient function "
                       "'%.*s'",
                       (int)(b.length < 1024 ? b.length : 1024), b.data, shown, added->name.data,
                       (int)(a.length < 1024 ? a.length : 1024), a.data);
    }
  }
  *out_skip = true;
  return NULL;
}

typedef struct merger {
  ctf_allocator* alloc;
  ctf_string_map* seen[3];  // by field number: name -> where its piece begins in `whole`
  uint8_t* whole;
  size_t bytes;
} merger;

// Copies the pieces of a library behind what is there.
static ctf_status take_library(merger* m, ctf_bytes library) {
  const uint8_t* at = (const uint8_t*)library.data;
  const uint8_t* const end = at + library.length;
  piece p, old;
  while (next_piece(&at, end, &p)) {
    bool skip = false;
    if (p.number == LIBRARY_FUNCTION || p.number == LIBRARY_GRADIENT) {
      ctf_string_map* const seen = m->seen[p.number];
      uint64_t place;
      if (p.number == LIBRARY_FUNCTION && ctf_op_interface_find(p.name.data, p.name.length) != NULL) {
        return ctf_error(TF_INVALID_ARGUMENT,
                         "Cannot add function '%.*s' because an op with the same name already exists.",
                         (int)p.name.length, p.name.data);
      }
      if (ctf_string_map_get(seen, p.name.data, p.name.length, &place)) {
        const uint8_t* from = m->whole + place;
        if (next_piece(&from, m->whole + m->bytes, &old)) CTF_TRY(refuse_double(m->alloc, &old, &p, &skip));
      } else {
        CTF_TRY(ctf_string_map_put(seen, p.name.data, p.name.length, m->bytes));
      }
    }
    if (skip) continue;
    memcpy(m->whole + m->bytes, p.begin, p.bytes);
    m->bytes += p.bytes;
  }
  return NULL;
}

ctf_status ctf_import_merge_library(importer* in) {
  ctf_status status = NULL;
  ctf_allocator* const alloc = in->graph->alloc;
  merger m = {.alloc = alloc};
  const ctf_bytes old = in->graph->library, added = in->def->library;
  if (added.length == 0) return NULL;

  CTF_TRY_DONE(ctf_string_map_create(alloc, &m.seen[LIBRARY_FUNCTION]));
  CTF_TRY_DONE(ctf_string_map_create(alloc, &m.seen[LIBRARY_GRADIENT]));
  CTF_TRY_DONE(ctf_alloc_array(alloc, &m.whole, old.length + added.length));
  CTF_TRY_DONE(take_library(&m, old));
  CTF_TRY_DONE(take_library(&m, added));
  in->library = (ctf_bytes){(const char*)m.whole, m.bytes};
  m.whole = NULL;  // handed over

done:
  ctf_string_map_free(m.seen[LIBRARY_FUNCTION]);
  ctf_string_map_free(m.seen[LIBRARY_GRADIENT]);
  ctf_free(alloc, m.whole);
  return status;
}
