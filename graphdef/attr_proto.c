// Attribute values from their messages.
#include <string.h>

#include "graphdef/message.h"
#include "runtime/string_map.h"
#include "tensorflow/core/framework/tensor_shape.pb-c.h"

#define FEW_ENTRIES 16  // so many are compared with each other, more go through a map

static ctf_status read_shape(const ctf_decoder* d, const Tensorflow__TensorShapeProto* proto, ctf_shape* out_shape) {
  int64_t* dims = NULL;
  if (proto->unknown_rank) {
    if (proto->n_dim > 0) return ctf_error(TF_INVALID_ARGUMENT, "An unknown shape must not have any dimensions set.");
    *out_shape = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  if (proto->n_dim > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape has more than %d dimensions: %zu", CTF_MAX_RANK, proto->n_dim);
  }
  if (proto->n_dim > 0) CTF_TRY(ctf_alloc_array(d->alloc, &dims, proto->n_dim));
  for (size_t i = 0; i < proto->n_dim; ++i) {
    dims[i] = proto->dim[i]->size;
    if (dims[i] < -1) {
      return ctf_error(TF_INVALID_ARGUMENT,
                       "Shape has dimension %lld; values below -1 (where -1 means unknown) are not allowed",
                       (long long)dims[i]);
    }
  }
  *out_shape = (ctf_shape){(int32_t)proto->n_dim, dims};
  return NULL;
}

// Marks those entries after which the same key comes again.
static ctf_status find_replaced(const ctf_decoder* d, const ctf_attr_entry* entries, size_t num_entries,
                                bool* replaced) {
  ctf_status status = NULL;
  ctf_string_map* map = NULL;
  if (num_entries <= FEW_ENTRIES) {
    for (size_t i = 0; i < num_entries; ++i) {
      for (size_t k = i + 1; !replaced[i] && k < num_entries; ++k) {
        replaced[i] = strcmp(entries[i].key, entries[k].key) == 0;
      }
    }
    return NULL;
  }
  CTF_TRY_DONE(ctf_string_map_create(d->scratch, &map));
  for (size_t i = num_entries; i-- > 0;) {
    const size_t length = strlen(entries[i].key);
    uint64_t ignored;
    replaced[i] = ctf_string_map_get(map, entries[i].key, length, &ignored);
    if (!replaced[i]) CTF_TRY_DONE(ctf_string_map_put(map, entries[i].key, length, i));
  }

done:
  ctf_string_map_free(map);
  return status;
}

ctf_status ctf_attrs_from_entries(const ctf_decoder* decoder, const ctf_attr_entry* entries, size_t num_entries,
                                  const ctf_named_attr** out_attrs, size_t* out_num_attrs) {
  ctf_named_attr* attrs;
  bool* replaced;
  CTF_TRY(ctf_alloc_array(decoder->scratch, &replaced, num_entries));
  CTF_TRY(find_replaced(decoder, entries, num_entries, replaced));
  CTF_TRY(ctf_alloc_array(decoder->alloc, &attrs, num_entries));
  *out_attrs = attrs;
  *out_num_attrs = 0;
  for (size_t i = 0; i < num_entries; ++i) {
    if (replaced[i]) continue;
    ctf_named_attr* attr = &attrs[*out_num_attrs];
    CTF_TRY(ctf_bytes_copy(decoder->alloc, entries[i].key, strlen(entries[i].key), &attr->name));
    ++*out_num_attrs;
    if (entries[i].value != NULL) {
      CTF_TRY(ctf_error_note(ctf_attr_from_message(decoder, entries[i].value, &attr->value), "attribute '%s'",
                             attr->name.data));
    }
  }
  return NULL;
}

static ctf_status read_func(const ctf_decoder* d, const Tensorflow__NameAttrList* proto,
                            const ctf_func_value** out_func) {
  ctf_func_value* func;
  ctf_attr_entry* entries;
  CTF_TRY(ctf_alloc_new(d->alloc, &func));
  *out_func = func;
  CTF_TRY(ctf_bytes_copy(d->alloc, proto->name, strlen(proto->name), &func->name));
  CTF_TRY(ctf_alloc_array(d->scratch, &entries, proto->n_attr));
  for (size_t i = 0; i < proto->n_attr; ++i) {
    entries[i] = (ctf_attr_entry){proto->attr[i]->key, proto->attr[i]->value};
  }
  return ctf_attrs_from_entries(d, entries, proto->n_attr, &func->attrs, &func->num_attrs);
}

static ctf_status read_strings(const ctf_decoder* d, const Tensorflow__AttrValue__ListValue* list,
                               ctf_attr_value* out) {
  ctf_bytes* strings;
  CTF_TRY(ctf_alloc_array(d->alloc, &strings, list->n_s));
  for (size_t i = 0; i < list->n_s; ++i) {
    CTF_TRY(ctf_bytes_copy(d->alloc, list->s[i].data, list->s[i].len, &strings[i]));
  }
  out->strings = strings;
  return NULL;
}

static ctf_status read_numbers(const ctf_decoder* d, const Tensorflow__AttrValue__ListValue* list,
                               ctf_attr_value* out) {
  if (out->kind == CTF_ATTR_INT) {
    int64_t* ints;
    CTF_TRY(ctf_alloc_array(d->alloc, &ints, list->n_i));
    memcpy(ints, list->i, list->n_i * sizeof(*ints));
    out->ints = ints;
  } else if (out->kind == CTF_ATTR_FLOAT) {
    float* floats;
    CTF_TRY(ctf_alloc_array(d->alloc, &floats, list->n_f));
    memcpy(floats, list->f, list->n_f * sizeof(*floats));
    out->floats = floats;
  } else if (out->kind == CTF_ATTR_BOOL) {
    bool* bools;
    CTF_TRY(ctf_alloc_array(d->alloc, &bools, list->n_b));
    for (size_t i = 0; i < list->n_b; ++i) bools[i] = list->b[i] != 0;
    out->bools = bools;
  } else {
    TF_DataType* types;
    CTF_TRY(ctf_alloc_array(d->alloc, &types, list->n_type));
    for (size_t i = 0; i < list->n_type; ++i) types[i] = (TF_DataType)list->type[i];
    out->types = types;
  }
  return NULL;
}

static ctf_status read_shapes(const ctf_decoder* d, const Tensorflow__AttrValue__ListValue* list, ctf_attr_value* out) {
  ctf_shape* shapes;
  CTF_TRY(ctf_alloc_array(d->alloc, &shapes, list->n_shape));
  for (size_t i = 0; i < list->n_shape; ++i) CTF_TRY(read_shape(d, list->shape[i], &shapes[i]));
  out->shapes = shapes;
  return NULL;
}

static ctf_status read_tensors(const ctf_decoder* d, const Tensorflow__AttrValue__ListValue* list,
                               ctf_attr_value* out) {
  TF_Tensor** tensors;
  CTF_TRY(ctf_alloc_array(d->alloc, &tensors, list->n_tensor));
  out->tensors = tensors;
  for (out->count = 0; out->count < list->n_tensor; ++out->count) {
    CTF_TRY(ctf_tensor_from_message(d, list->tensor[out->count], &tensors[out->count]));
  }
  return NULL;
}

static ctf_status read_funcs(const ctf_decoder* d, const Tensorflow__AttrValue__ListValue* list, ctf_attr_value* out) {
  const ctf_func_value** funcs;
  CTF_TRY(ctf_alloc_array(d->alloc, &funcs, list->n_func));
  out->funcs = funcs;
  for (size_t i = 0; i < list->n_func; ++i) {
    out->count = i + 1;
    CTF_TRY(read_func(d, list->func[i], &funcs[i]));
  }
  return NULL;
}

static ctf_status read_list(const ctf_decoder* d, const Tensorflow__AttrValue__ListValue* list, ctf_attr_value* out) {
  static ctf_status (*const kReaders[])(const ctf_decoder*, const Tensorflow__AttrValue__ListValue*,
                                        ctf_attr_value*) = {
      [CTF_ATTR_STRING] = read_strings, [CTF_ATTR_INT] = read_numbers,  [CTF_ATTR_FLOAT] = read_numbers,
      [CTF_ATTR_BOOL] = read_numbers,   [CTF_ATTR_TYPE] = read_numbers, [CTF_ATTR_SHAPE] = read_shapes,
      [CTF_ATTR_TENSOR] = read_tensors, [CTF_ATTR_FUNC] = read_funcs,
  };
  const size_t counts[] = {
      [CTF_ATTR_STRING] = list->n_s,      [CTF_ATTR_INT] = list->n_i,     [CTF_ATTR_FLOAT] = list->n_f,
      [CTF_ATTR_BOOL] = list->n_b,        [CTF_ATTR_TYPE] = list->n_type, [CTF_ATTR_SHAPE] = list->n_shape,
      [CTF_ATTR_TENSOR] = list->n_tensor, [CTF_ATTR_FUNC] = list->n_func,
  };
  ctf_attr_kind kind = CTF_ATTR_NONE;
  for (ctf_attr_kind k = CTF_ATTR_STRING; k <= CTF_ATTR_FUNC; ++k) {
    if (counts[k] == 0) continue;
    if (kind != CTF_ATTR_NONE) {
      return ctf_error(TF_INVALID_ARGUMENT, "AttrValue had values with type 'list(%s)' and 'list(%s)' at once",
                       ctf_attr_kind_name(kind), ctf_attr_kind_name(k));
    }
    kind = k;
  }
  out->is_list = true;
  out->kind = kind;
  if (kind == CTF_ATTR_NONE) return NULL;
  CTF_TRY(kReaders[kind](d, list, out));
  out->count = counts[kind];
  return NULL;
}

ctf_status ctf_attr_from_message(const ctf_decoder* decoder, const Tensorflow__AttrValue* proto,
                                 ctf_attr_value* out_value) {
  ctf_attr_value* const out = out_value;
  *out = (ctf_attr_value){0};
  switch (proto->value_case) {
    case TENSORFLOW__ATTR_VALUE__VALUE_S:
      out->kind = CTF_ATTR_STRING;
      return ctf_bytes_copy(decoder->alloc, proto->s.data, proto->s.len, &out->s);
    case TENSORFLOW__ATTR_VALUE__VALUE_I:
      *out = (ctf_attr_value){.kind = CTF_ATTR_INT, .i = proto->i};
      return NULL;
    case TENSORFLOW__ATTR_VALUE__VALUE_F:
      *out = (ctf_attr_value){.kind = CTF_ATTR_FLOAT, .f = proto->f};
      return NULL;
    case TENSORFLOW__ATTR_VALUE__VALUE_B:
      *out = (ctf_attr_value){.kind = CTF_ATTR_BOOL, .b = proto->b != 0};
      return NULL;
    case TENSORFLOW__ATTR_VALUE__VALUE_TYPE:
      *out = (ctf_attr_value){.kind = CTF_ATTR_TYPE, .type = (TF_DataType)proto->type};
      return NULL;
    case TENSORFLOW__ATTR_VALUE__VALUE_SHAPE:
      out->kind = CTF_ATTR_SHAPE;
      return read_shape(decoder, proto->shape, &out->shape);
    case TENSORFLOW__ATTR_VALUE__VALUE_TENSOR:
      out->kind = CTF_ATTR_TENSOR;
      return ctf_tensor_from_message(decoder, proto->tensor, &out->tensor);
    case TENSORFLOW__ATTR_VALUE__VALUE_LIST:
      return read_list(decoder, proto->list, out);
    case TENSORFLOW__ATTR_VALUE__VALUE_FUNC:
      out->kind = CTF_ATTR_FUNC;
      return read_func(decoder, proto->func, &out->func);
    case TENSORFLOW__ATTR_VALUE__VALUE_PLACEHOLDER:
      out->kind = CTF_ATTR_PLACEHOLDER;
      return ctf_bytes_copy(decoder->alloc, proto->placeholder, strlen(proto->placeholder), &out->s);
    default:
      return NULL;  // nothing set
  }
}

ctf_status ctf_attr_value_read(const ctf_source* source, ctf_allocator* alloc, ctf_attr_value* out_value) {
  ctf_status status = NULL;
  ctf_decoder decoder = {0};
  ctf_attr_value value = {0};
  ProtobufCMessage* message;

  CTF_TRY_DONE(ctf_decoder_init(source, alloc, &decoder));
  CTF_TRY_DONE(
      ctf_error_note(ctf_decoder_unpack(&decoder, &tensorflow__attr_value__descriptor, 0, source->bytes, &message),
                     "Invalid AttrValue"));
  CTF_TRY_DONE(ctf_attr_from_message(&decoder, (const Tensorflow__AttrValue*)message, &value));
  *out_value = value;
  value = (ctf_attr_value){0};  // handed over

done:
  ctf_attr_value_release(&value);
  ctf_decoder_deinit(&decoder);
  return status;
}
