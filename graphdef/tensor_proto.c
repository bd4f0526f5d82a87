// Tensors from their messages. What is taken and what is refused follows TensorFlow 2.21, as its answers in
// tests/fixtures/const_encodings show: a list that is too long is cut, one that is too short repeats its last value,
// none at all means zeros, and content, if there is any, goes before lists and must have exactly the right size.
#include "graphdef/tensor_proto.h"

#include <string.h>

#include "graphdef/message.h"
#include "runtime/device.h"
#include "tensorflow/core/framework/tensor_shape.pb-c.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "contents are little endian and are not converted");

#define STRING_LIST 8  // the number of string_val
#define MAX_REPEATED_BYTES ((size_t)1 << 40)

typedef struct content {  // tensor_content, wherever it stands
  const uint8_t* data;
  size_t bytes;
  bool in_source;
  size_t offset;  // in the source
} content;

typedef struct layout {
  TF_DataType dtype;
  ctf_shape shape;
  int64_t elements;
  size_t bytes;
} layout;

typedef struct value_list {  // the typed list that belongs to a dtype
  uint32_t number;           // of the field
  ProtobufCWireType type;    // of an entry; LENGTH_PREFIXED: bytes that are the elements themselves
} value_list;

static ctf_status cannot_parse(const char* why) {
  return ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: %s", why);
}

static ctf_status read_dims(const Tensorflow__TensorShapeProto* proto, int64_t* dims, int64_t* out_elements) {
  const size_t rank = proto == NULL ? 0 : proto->n_dim;
  int64_t elements = 1;
  if (rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: its shape has %zu dimensions, more than %d",
                     rank, CTF_MAX_RANK);
  }
  for (size_t i = 0; i < rank; ++i) {
    dims[i] = proto->dim[i]->size;
    if (dims[i] < 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: dimension %zu of its shape is %lld", i,
                       (long long)dims[i]);
    }
    if (__builtin_mul_overflow(elements, dims[i], &elements)) {
      const ctf_shape shape = {(int32_t)rank, dims};
      for (size_t k = i + 1; k < rank; ++k) dims[k] = proto->dim[k]->size;
      return ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: shape %s has more than 2**63 - 1 elements",
                       ctf_shape_print(shape).text);
    }
  }
  *out_elements = elements;
  return NULL;
}

static ctf_status check_dtype(int64_t number, bool has_content) {
  if (!ctf_dtype_valid(number)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: data type %lld is not a tensor's",
                     (long long)number);
  }
  if (number == TF_RESOURCE || number == TF_VARIANT) {
    if (has_content) return cannot_parse("resources and variants have no content");
    return ctf_error(TF_UNIMPLEMENTED, "a constant of type %s cannot be read yet: only numbers and strings can",
                     ctf_dtype_get((TF_DataType)number)->tf_name);
  }
  return NULL;
}

static content find_content(const ctf_decoder* d, const Tensorflow__TensorProto* proto) {
  ctf_wire_range range;
  if (!ctf_wire_lifted(&proto->base, &d->wire, CTF_LIFTED_CONTENT, &range)) {
    return (content){.data = proto->tensor_content.data, .bytes = proto->tensor_content.len};
  }
  const ctf_source* source = d->source;
  const uintptr_t at = (uintptr_t)range.data, begin = (uintptr_t)source->data;
  // Outside are the parts of a message that were put together.
  const bool in_source = at >= begin && at - begin < source->bytes;
  return (content){range.data, range.bytes, in_source, in_source ? at - begin : 0};
}

static value_list find_list(TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
      return (value_list){5, PROTOBUF_C_WIRE_TYPE_32BIT};
    case TF_DOUBLE:
      return (value_list){6, PROTOBUF_C_WIRE_TYPE_64BIT};
    case TF_COMPLEX64:  // pairs
      return (value_list){9, PROTOBUF_C_WIRE_TYPE_32BIT};
    case TF_COMPLEX128:
      return (value_list){12, PROTOBUF_C_WIRE_TYPE_64BIT};
    case TF_INT64:
      return (value_list){10, PROTOBUF_C_WIRE_TYPE_VARINT};
    case TF_UINT64:
      return (value_list){17, PROTOBUF_C_WIRE_TYPE_VARINT};
    case TF_UINT32:
      return (value_list){16, PROTOBUF_C_WIRE_TYPE_VARINT};
    case TF_BOOL:
      return (value_list){11, PROTOBUF_C_WIRE_TYPE_VARINT};
    case TF_HALF:
    case TF_BFLOAT16:  // their bits
      return (value_list){13, PROTOBUF_C_WIRE_TYPE_VARINT};
    case TF_FLOAT8_E5M2:
    case TF_FLOAT8_E4M3FN:
    case TF_FLOAT8_E4M3FNUZ:
    case TF_FLOAT8_E4M3B11FNUZ:
    case TF_FLOAT8_E5M2FNUZ:
    case TF_FLOAT4_E2M1FN:
      return (value_list){18, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED};
    default:  // integers of up to 32 bits, quantized or not; what does not fit loses its upper bits
      return (value_list){7, PROTOBUF_C_WIRE_TYPE_VARINT};
  }
}

typedef struct filling {  // of a tensor, from entries of its list
  uint8_t* to;
  size_t bytes;    // so many there are
  size_t filled;   // so many have been set
  size_t element;  // bytes of one
  bool is_bool;
} filling;

static void fill_bytes(filling* f, const uint8_t* data, size_t bytes) {
  const size_t left = f->bytes - f->filled, count = bytes < left ? bytes : left;
  if (count > 0) memcpy(f->to + f->filled, data, count);
  f->filled += count;
}

// Of a number its low bytes.
static void fill_number(filling* f, uint64_t number) {
  if (f->is_bool) number = number != 0;
  fill_bytes(f, (const uint8_t*)&number, f->element);
}

// Sets elements from a list, packed or not, straight from where it stands; the list may be longer than the tensor.
// Gives the bytes of the whole elements that were set.
static size_t fill_from_list(filling* f, const value_list* list, ctf_wire_range tensor) {
  const uint8_t *at = tensor.data, *const end = tensor.data + tensor.bytes;
  ctf_wire_field field;
  while (ctf_wire_next(&at, end, &field)) {
    if (field.number != list->number) continue;
    const bool packed = field.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    if (!packed && field.wire_type != list->type) continue;  // set aside, as every field of the wrong wire type
    if (list->type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) f->filled = 0;  // no list: the last one counts
    if (list->type != PROTOBUF_C_WIRE_TYPE_VARINT) {
      fill_bytes(f, field.value, field.value_bytes);
      continue;
    }
    const uint8_t *value = field.value, *const value_end = field.value + field.value_bytes;
    uint64_t number;
    while (value < value_end && f->filled < f->bytes && ctf_wire_read_varint(&value, value_end, &number)) {
      fill_number(f, number);
    }
  }
  return f->filled - f->filled % f->element;  // half a pair at the end does not count
}

// Fills [from, bytes) with the element that ends at `from`, in pieces that double.
static void repeat_last(uint8_t* data, size_t from, size_t bytes, size_t element) {
  uint8_t* const pattern = data + from - element;
  const size_t total = bytes - from + element;
  for (size_t done = element; done < total;) {
    const size_t more = done < total - done ? done : total - done;
    memcpy(pattern + done, pattern, more);
    done += more;
  }
}

// TensorFlow cannot parse what it cannot allocate, and a list that repeats its last value is short for any shape: past
// this the shape is taken for damage, not for a wish. What is smaller is for the budget to judge.
static ctf_status check_repeats(const layout* l) {
  if (l->bytes <= MAX_REPEATED_BYTES) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: a few values cannot stand for %s%s, %zu bytes",
                   ctf_dtype_get(l->dtype)->tf_name, ctf_shape_print(l->shape).text, l->bytes);
}

static ctf_status numbers_from_list(const ctf_decoder* d, const Tensorflow__TensorProto* proto, const layout* l,
                                    TF_Tensor** out_tensor) {
  const value_list list = find_list(l->dtype);
  TF_Tensor* tensor = NULL;
  ctf_wire_range lists;
  CTF_TRY(check_repeats(l));
  CTF_TRY(ctf_tensor_create(l->dtype, l->shape, d->source->budget, "constant", &tensor));
  const ctf_tensor* view = &tensor->view;
  if (view->num_elements > 0) {
    const size_t element = ctf_dtype_get(l->dtype)->bytes;
    filling f = {.to = view->data, .bytes = view->bytes, .element = element, .is_bool = l->dtype == TF_BOOL};
    const bool has_lists = ctf_wire_lifted(&proto->base, &d->wire, CTF_LIFTED_LISTS, &lists);
    const size_t filled = has_lists ? fill_from_list(&f, &list, lists) : 0;
    if (filled == 0) {
      memset(view->data, 0, view->bytes);
    } else {
      repeat_last(view->data, filled, view->bytes, element);
    }
  }
  *out_tensor = tensor;
  return NULL;
}

static ctf_status numbers_from_content(const ctf_decoder* d, const content* c, const layout* l,
                                       TF_Tensor** out_tensor) {
  ctf_status status = NULL;
  ctf_buffer* slice = NULL;
  const ctf_source* source = d->source;

  if (c->bytes != l->bytes) {
    status = ctf_error(TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: %s%s has %zu bytes, its content %zu",
                       ctf_dtype_get(l->dtype)->tf_name, ctf_shape_print(l->shape).text, l->bytes, c->bytes);
    goto done;
  }
  for (size_t i = 0; l->dtype == TF_BOOL && i < l->bytes; ++i) {
    if (c->data[i] > 1) {
      status = cannot_parse("its content has a bool that is neither 0 nor 1");
      goto done;
    }
  }
  if (c->in_source && source->mapping != NULL) {
    const size_t begin = (size_t)(source->data - (const uint8_t*)source->mapping->data);
    CTF_TRY_DONE(ctf_buffer_slice(source->mapping, begin + c->offset, l->bytes, &slice));
    CTF_TRY_DONE(ctf_tensor_wrap(l->dtype, l->shape, slice, out_tensor));
    slice = NULL;  // handed over
  } else {
    TF_Tensor* tensor = NULL;
    CTF_TRY_DONE(ctf_tensor_create(l->dtype, l->shape, source->budget, "constant", &tensor));
    memcpy(tensor->view.data, c->data, l->bytes);
    *out_tensor = tensor;
  }

done:
  ctf_buffer_release(slice);
  return status;
}

// All lengths, then all texts, and nothing behind them.
static ctf_status fill_from_string_content(TF_Tensor* tensor, const content* c) {
  const uint8_t *length_at = c->data, *const end = c->data + c->bytes;
  for (int64_t i = 0; i < tensor->view.num_elements; ++i) {
    uint32_t ignored;
    if (!ctf_wire_read_varint32(&length_at, end, &ignored)) return cannot_parse("its content ends inside the lengths");
  }
  const uint8_t* text = length_at;
  length_at = c->data;
  for (int64_t i = 0; i < tensor->view.num_elements; ++i) {
    uint32_t length;
    if (!ctf_wire_read_varint32(&length_at, end, &length) || length > (size_t)(end - text)) {
      return cannot_parse("its content ends inside a string");
    }
    CTF_TRY(ctf_tensor_set_string(tensor, i, (const char*)text, length));
    text += length;
  }
  return text == end ? NULL : cannot_parse("its content goes on after the last string");
}

// One after the other; the last one again for what is left.
static ctf_status fill_from_string_list(TF_Tensor* tensor, ctf_wire_range lists) {
  const uint8_t *at = lists.data, *const end = lists.data + lists.bytes;
  ctf_wire_field field, last = {0};
  int64_t filled = 0;
  while (filled < tensor->view.num_elements && ctf_wire_next(&at, end, &field)) {
    if (field.number != STRING_LIST || field.wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) continue;
    CTF_TRY(ctf_tensor_set_string(tensor, filled++, (const char*)field.value, field.value_bytes));
    last = field;
  }
  for (; last.value != NULL && filled < tensor->view.num_elements; ++filled) {
    CTF_TRY(ctf_tensor_set_string(tensor, filled, (const char*)last.value, last.value_bytes));
  }
  return NULL;
}

static ctf_status strings_from_message(const ctf_decoder* d, const Tensorflow__TensorProto* proto, const content* c,
                                       const layout* l, TF_Tensor** out_tensor) {
  ctf_status status = NULL;
  TF_Tensor* tensor = NULL;
  ctf_wire_range lists;

  // before memory is taken: each length is a byte at least
  if (l->elements > 0 && c->bytes > 0 && (uint64_t)l->elements > c->bytes) {
    return cannot_parse("its content ends inside the lengths");
  }
  CTF_TRY(check_repeats(l));
  CTF_TRY_DONE(ctf_tensor_create(TF_STRING, l->shape, d->source->budget, "constant", &tensor));
  if (l->elements > 0 && c->bytes > 0) {
    CTF_TRY_DONE(fill_from_string_content(tensor, c));
  } else if (ctf_wire_lifted(&proto->base, &d->wire, CTF_LIFTED_LISTS, &lists)) {
    CTF_TRY_DONE(fill_from_string_list(tensor, lists));
  }
  *out_tensor = tensor;
  tensor = NULL;

done:
  ctf_tensor_release(tensor);
  return status;
}

ctf_status ctf_tensor_from_message(const ctf_decoder* decoder, const Tensorflow__TensorProto* proto,
                                   TF_Tensor** out_tensor) {
  const content c = find_content(decoder, proto);
  const int64_t number = (int32_t)proto->dtype;  // the enum may hold any number, negative ones too
  int64_t dims[CTF_MAX_RANK];
  int64_t elements = 0;
  CTF_TRY(check_dtype(number, c.bytes > 0));
  CTF_TRY(read_dims(proto->tensor_shape, dims, &elements));
  layout l = {.dtype = (TF_DataType)number, .elements = elements};
  l.shape = (ctf_shape){proto->tensor_shape == NULL ? 0 : (int32_t)proto->tensor_shape->n_dim, dims};
  ctf_status uncountable = ctf_shape_bytes(l.shape, l.dtype, &l.bytes);
  if (uncountable != NULL) {
    const ctf_status status = cannot_parse(ctf_status_message(uncountable));
    ctf_status_drop(uncountable);  // its message is part of the one that replaces it
    return status;
  }
  if (l.dtype == TF_STRING) return strings_from_message(decoder, proto, &c, &l, out_tensor);
  if (elements > 0 && c.bytes > 0) return numbers_from_content(decoder, &c, &l, out_tensor);
  return numbers_from_list(decoder, proto, &l, out_tensor);
}

ctf_status ctf_tensor_proto_read(const ctf_source* source, TF_Tensor** out_tensor) {
  ctf_status status = NULL;
  ctf_decoder decoder = {0};
  ProtobufCMessage* message;

  CTF_TRY_DONE(ctf_decoder_init(source, NULL, &decoder));
  CTF_TRY_DONE(
      ctf_error_note(ctf_decoder_unpack(&decoder, &tensorflow__tensor_proto__descriptor, 0, source->bytes, &message),
                     "Invalid TensorProto"));
  CTF_TRY_DONE(ctf_tensor_from_message(&decoder, (const Tensorflow__TensorProto*)message, out_tensor));

done:
  ctf_decoder_deinit(&decoder);
  return status;
}

static void put_strings(ctf_wire_writer* w, const ctf_tensor* tensor) {
  for (int64_t i = tensor->num_elements; i-- > 0;) {
    const char* text;
    size_t length;
    ctf_tensor_get_string(tensor, i, &text, &length);
    ctf_put_block(w, 8, text, length);
  }
}

// The fields of a TensorProto: dtype, shape, then string_val or tensor_content.
static void put_fields(ctf_wire_writer* w, const void* what) {
  const ctf_tensor* tensor = what;
  if (tensor->dtype == TF_STRING) {
    put_strings(w, tensor);
  } else if (tensor->bytes > 0) {
    ctf_put_block(w, 4, tensor->data, tensor->bytes);
  }
  ctf_put_shape(w, 2, ctf_tensor_shape(tensor));
  ctf_put_number(w, 1, (uint64_t)tensor->dtype);
}

void ctf_put_tensor(ctf_wire_writer* w, uint32_t number, const ctf_tensor* tensor) {
  const size_t end = w->bytes;
  put_fields(w, tensor);
  ctf_put_front(w, number, end);
}

ctf_status ctf_tensor_proto_write(const ctf_tensor* tensor, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  CTF_TRY(check_dtype((int64_t)tensor->dtype, false));
  return ctf_wire_write(put_fields, tensor, alloc, out_bytes);
}
