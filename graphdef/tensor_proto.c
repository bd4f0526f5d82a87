// Tensors from their messages. What is taken and what is refused follows TensorFlow 2.21, as its answers in
// tests/fixtures/const_encodings show: a list that is too long is cut, one that is too short repeats its last value,
// none at all means zeros, and content, if there is any, goes before lists and must have exactly the right size.
#include "graphdef/tensor_proto.h"

#include <string.h>

#include "graphdef/message.h"
#include "runtime/device.h"
#include "tensorflow/core/framework/tensor_shape.pb-c.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "contents are little endian and are not converted");

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
  const uint8_t* data;
  size_t count;
  size_t stride;  // an element's value begins every so many bytes, with its lowest byte
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
  if (ctf_wire_lifted(&proto->base, &d->wire, &range)) {
    const size_t offset = d->base + range.offset;
    return (content){d->source->data + offset, range.bytes, true, offset};
  }
  return (content){.data = proto->tensor_content.data, .bytes = proto->tensor_content.len};
}

static value_list find_list(const Tensorflow__TensorProto* p, TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
      return (value_list){(const uint8_t*)p->float_val, p->n_float_val, sizeof(float)};
    case TF_DOUBLE:
      return (value_list){(const uint8_t*)p->double_val, p->n_double_val, sizeof(double)};
    case TF_COMPLEX64:  // pairs; half a pair at the end does not count
      return (value_list){(const uint8_t*)p->scomplex_val, p->n_scomplex_val / 2, 2 * sizeof(float)};
    case TF_COMPLEX128:
      return (value_list){(const uint8_t*)p->dcomplex_val, p->n_dcomplex_val / 2, 2 * sizeof(double)};
    case TF_INT64:
      return (value_list){(const uint8_t*)p->int64_val, p->n_int64_val, sizeof(int64_t)};
    case TF_UINT64:
      return (value_list){(const uint8_t*)p->uint64_val, p->n_uint64_val, sizeof(uint64_t)};
    case TF_UINT32:
      return (value_list){(const uint8_t*)p->uint32_val, p->n_uint32_val, sizeof(uint32_t)};
    case TF_BOOL:
      return (value_list){(const uint8_t*)p->bool_val, p->n_bool_val, sizeof(protobuf_c_boolean)};
    case TF_HALF:
    case TF_BFLOAT16:  // their bits
      return (value_list){(const uint8_t*)p->half_val, p->n_half_val, sizeof(int32_t)};
    case TF_FLOAT8_E5M2:
    case TF_FLOAT8_E4M3FN:
    case TF_FLOAT8_E4M3FNUZ:
    case TF_FLOAT8_E4M3B11FNUZ:
    case TF_FLOAT8_E5M2FNUZ:
    case TF_FLOAT4_E2M1FN:
      return (value_list){p->float8_val.data, p->float8_val.len, 1};
    default:  // integers of up to 32 bits, quantized or not; what does not fit loses its upper bits
      return (value_list){(const uint8_t*)p->int_val, p->n_int_val, sizeof(int32_t)};
  }
}

// The low `element` bytes of each value.
static void copy_values(uint8_t* to, const value_list* list, size_t count, size_t element) {
  if (list->stride == element) {
    memcpy(to, list->data, count * element);
    return;
  }
  CTF_ASSERT(element <= list->stride);
  if (element == 1) {
    for (size_t i = 0; i < count; ++i) to[i] = list->data[i * list->stride];
  } else {
    for (size_t i = 0; i < count; ++i) memcpy(to + i * element, list->data + i * list->stride, element);
  }
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

static ctf_status numbers_from_list(const ctf_decoder* d, const Tensorflow__TensorProto* proto, const layout* l,
                                    TF_Tensor** out_tensor) {
  const value_list list = find_list(proto, l->dtype);
  TF_Tensor* tensor = NULL;
  CTF_TRY(ctf_tensor_create(l->dtype, l->shape, d->source->budget, "constant", &tensor));
  const ctf_tensor* view = &tensor->view;
  if (view->num_elements > 0) {
    const size_t element = ctf_dtype_get(l->dtype)->bytes, elements = (size_t)view->num_elements;
    const size_t count = list.count < elements ? list.count : elements;
    if (count == 0) {
      memset(view->data, 0, view->bytes);
    } else {
      copy_values(view->data, &list, count, element);
      repeat_last(view->data, count * element, view->bytes, element);
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

static ctf_status strings_from_message(const ctf_decoder* d, const Tensorflow__TensorProto* proto, const content* c,
                                       const layout* l, TF_Tensor** out_tensor) {
  ctf_status status = NULL;
  TF_Tensor* tensor = NULL;

  // before memory is taken: each length is a byte at least
  if (l->elements > 0 && c->bytes > 0 && (uint64_t)l->elements > c->bytes) {
    return cannot_parse("its content ends inside the lengths");
  }
  CTF_TRY_DONE(ctf_tensor_create(TF_STRING, l->shape, d->source->budget, "constant", &tensor));
  if (l->elements > 0 && c->bytes > 0) {
    CTF_TRY_DONE(fill_from_string_content(tensor, c));
  } else if (proto->n_string_val > 0) {
    const int64_t last = (int64_t)proto->n_string_val - 1;
    for (int64_t i = 0; i < l->elements; ++i) {
      const ProtobufCBinaryData* text = &proto->string_val[i < last ? i : last];
      CTF_TRY_DONE(ctf_tensor_set_string(tensor, i, (const char*)text->data, text->len));
    }
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
  CTF_TRY(ctf_error_note(ctf_shape_bytes(l.shape, l.dtype, &l.bytes), "Cannot parse tensor from proto"));
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
