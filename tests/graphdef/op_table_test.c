// The generated table against what TensorFlow 2.21 says of its ops.
#include "graphdef/op_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const ctf_op_interface* op_named(const char* name) { return ctf_op_interface_find(name, strlen(name)); }

static const ctf_attr_info* attr_named(const char* op, const char* attr) {
  const int i = ctf_op_interface_attr(op_named(op), attr, strlen(attr));
  if (i < 0) fail_msg("%s has no attribute %s", op, attr);
  return &op_named(op)->attrs[i];
}

static void lookups(void** state) {
  (void)state;
  assert_int_equal(ctf_op_interface_count(), 1908);
  for (size_t i = 0; i < ctf_op_interface_count(); ++i) {  // every op is found, by its name alone
    const ctf_op_interface* op = ctf_op_interface_at(i);
    assert_ptr_equal(op_named(op->name), op);
    if (i > 0) assert_true(strcmp(ctf_op_interface_at(i - 1)->name, op->name) < 0);
  }
  assert_null(op_named(""));
  assert_null(op_named("matmul"));
  assert_null(op_named("MatMul "));
  assert_null(op_named("zzz"));
  assert_null(ctf_op_interface_find("MatMul\0", 7));
  assert_string_equal(ctf_op_interface_find("MatMulX", 6)->name, "MatMul");
  assert_int_equal(ctf_op_interface_attr(op_named("MatMul"), "T", 1), 2);
  assert_int_equal(ctf_op_interface_attr(op_named("MatMul"), "TT", 2), -1);
}

// clang-format off
static const struct { const char* op; const char* text; } kTexts[] = {
    {"NoOp", "Op<name=NoOp; signature= -> >"},
    {"Placeholder", "Op<name=Placeholder; signature= -> output:dtype; attr=dtype:type; attr=shape:shape,default=<unknown>>"},
    {"Cast", "Op<name=Cast; signature=x:SrcT -> y:DstT; attr=SrcT:type; attr=DstT:type; attr=Truncate:bool,default=false>"},
    {"Pack", "Op<name=Pack; signature=values:N*T -> output:T; attr=N:int,min=1; attr=T:type; attr=axis:int,default=0>"},
    {"IdentityN", "Op<name=IdentityN; signature=input: -> output:; attr=T:list(type),min=1>"},
    {"RefSelect", "Op<name=RefSelect; signature=index:int32, inputs:Ref(N*T) -> output:Ref(T); attr=T:type; attr=N:int,min=1>"},
    {"Assign", "Op<name=Assign; signature=ref:Ref(T), value:T -> output_ref:Ref(T); attr=T:type; "
     "attr=validate_shape:bool,default=true; attr=use_locking:bool,default=true; allows_uninitialized_input=true>"},
    {"VariableV2", "Op<name=VariableV2; signature= -> ref:Ref(dtype); attr=shape:shape; attr=dtype:type; "
     "attr=container:string,default=\"\"; attr=shared_name:string,default=\"\"; is_stateful=true>"},
    {"Conv2D", "Op<name=Conv2D; signature=input:T, filter:T -> output:T; attr=T:type,allowed=[DT_HALF, DT_BFLOAT16, "
     "DT_FLOAT, DT_DOUBLE, DT_INT32]; attr=strides:list(int); attr=use_cudnn_on_gpu:bool,default=true; "
     "attr=padding:string,allowed=[\"SAME\", \"VALID\", \"EXPLICIT\"]; attr=explicit_paddings:list(int),default=[]; "
     "attr=data_format:string,default=\"NHWC\",allowed=[\"NHWC\", \"NCHW\"]; "
     "attr=dilations:list(int),default=[1, 1, 1, 1]>"},
    {"Sum", "Op<name=Sum; signature=input:T, reduction_indices:Tidx -> output:T; attr=keep_dims:bool,default=false; "
     "attr=T:type,allowed=[DT_FLOAT, DT_DOUBLE, DT_INT32, DT_UINT8, DT_INT16, DT_INT8, DT_COMPLEX64, DT_INT64, DT_QINT8, "
     "DT_QUINT8, DT_QINT32, DT_BFLOAT16, DT_QINT16, DT_QUINT16, DT_UINT16, DT_COMPLEX128, DT_HALF, DT_UINT32, DT_UINT64]; "
     "attr=Tidx:type,default=DT_INT32,allowed=[DT_INT32, DT_INT64]>"},
    {"ImageSummary", "Op<name=ImageSummary; signature=tag:string, tensor:T -> summary:string; attr=max_images:int,default=3,min=1; "
     "attr=T:type,default=DT_FLOAT,allowed=[DT_UINT8, DT_FLOAT, DT_HALF, DT_DOUBLE]; "
     "attr=bad_color:tensor,default=Tensor<type: uint8 shape: [4] values: 255 0 0...>>"},
    {"StatelessSampleDistortedBoundingBox", "Op<name=StatelessSampleDistortedBoundingBox; signature=image_size:T, "
     "bounding_boxes:float, min_object_covered:float, seed:Tseed -> begin:T, size:T, bboxes:float; attr=T:type,"
     "allowed=[DT_UINT8, DT_INT8, DT_INT16, DT_INT32, DT_INT64]; attr=Tseed:type,allowed=[DT_INT32, DT_INT64]; "
     "attr=aspect_ratio_range:list(float),default=[0.75, 1.33]; attr=area_range:list(float),default=[0.05, 1]; "
     "attr=max_attempts:int,default=100; attr=use_image_if_no_bounding_boxes:bool,default=false>"},
    {"TPUExecute", "Op<name=TPUExecute; signature=args:, key:string -> results:; attr=Targs:list(type),min=0; "
     "attr=Tresults:list(type),min=0; is_stateful=true; is_distributed_communication=true>"},
    {"AccumulateNV2", "Op<name=AccumulateNV2; signature=inputs:N*T -> sum:T; attr=N:int,min=1; attr=T:type,"
     "allowed=[DT_FLOAT, DT_DOUBLE, DT_INT32, DT_UINT8, DT_INT16, DT_INT8, DT_COMPLEX64, DT_INT64, DT_QINT8, DT_QUINT8, "
     "DT_QINT32, DT_BFLOAT16, DT_QINT16, DT_QUINT16, DT_UINT16, DT_COMPLEX128, DT_HALF, DT_UINT32, DT_UINT64]; "
     "attr=shape:shape; is_commutative=true; is_aggregate=true>"},
};
// clang-format on

static void descriptions(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kTexts) / sizeof(*kTexts); ++i) {
    char text[2048], cut[20];
    const size_t length = strlen(kTexts[i].text);
    assert_int_equal(ctf_op_interface_describe(op_named(kTexts[i].op), text, sizeof(text)), length);
    assert_string_equal(text, kTexts[i].text);
    memset(cut, 'x', sizeof(cut));
    assert_int_equal(ctf_op_interface_describe(op_named(kTexts[i].op), cut, sizeof(cut) - 1), length);
    assert_memory_equal(cut, kTexts[i].text, 18);
    assert_int_equal(cut[18], '\0');
    assert_int_equal(cut[19], 'x');
    assert_int_equal(ctf_op_interface_describe(op_named(kTexts[i].op), NULL, 0), length);
  }
}

static void arguments(void** state) {
  (void)state;
  const ctf_op_interface* op = op_named("Conv2D");
  assert_int_equal(op->num_inputs, 2);
  assert_int_equal(op->num_outputs, 1);
  assert_string_equal(op->inputs[1].name, "filter");
  assert_string_equal(op->inputs[1].type_attr, "T");
  assert_int_equal(op->inputs[1].type, 0);
  assert_null(op->inputs[1].number_attr);
  assert_null(op->inputs[1].type_list_attr);
  assert_string_equal(op_named("Concat")->inputs[1].number_attr, "N");
  assert_int_equal(op_named("Concat")->inputs[0].type, TF_INT32);
  assert_string_equal(op_named("IdentityN")->outputs[0].type_list_attr, "T");
  assert_true(op_named("Assign")->inputs[0].is_ref);
  assert_false(op_named("Assign")->inputs[1].is_ref);
  assert_int_equal(op_named("AdjustContrast")->deprecated_since, 2);
  assert_string_equal(op_named("AdjustContrast")->deprecation, "");  // ops.pbtxt has no explanations
  assert_int_equal(op_named("MatMul")->deprecated_since, 0);
  assert_null(op_named("MatMul")->deprecation);
  assert_true(op_named("RandomUniform")->is_stateful);
  assert_false(op_named("MatMul")->is_stateful);
}

static void attributes(void** state) {
  (void)state;
  const ctf_attr_info* t = attr_named("Conv2D", "T");
  assert_int_equal(t->kind, CTF_ATTR_TYPE);
  assert_null(t->default_value);
  assert_true(t->allowed_types == (CTF_REAL_FLOATING | CTF_TYPE(TF_INT32)));
  assert_true(attr_named("Cast", "SrcT")->allowed_types == CTF_ANY_TYPE);
  assert_int_equal(attr_named("Cast", "SrcT")->num_allowed_types, 0);
  const ctf_attr_info* padding = attr_named("Conv2D", "padding");
  assert_int_equal(padding->num_allowed_strings, 3);
  assert_string_equal(padding->allowed_strings[2], "EXPLICIT");
  const ctf_attr_info* ksize = attr_named("MaxPool", "ksize");
  assert_true(ksize->is_list && ksize->has_minimum);
  assert_int_equal(ksize->minimum, 4);
}

static void defaults(void** state) {
  (void)state;
  const ctf_attr_value* v = attr_named("Conv2D", "dilations")->default_value;
  assert_true(v->is_list && v->kind == CTF_ATTR_INT && v->count == 4 && v->ints[3] == 1);
  v = attr_named("Conv2D", "explicit_paddings")->default_value;
  assert_true(v->is_list && v->kind == CTF_ATTR_INT && v->count == 0);
  v = attr_named("Conv2D", "data_format")->default_value;
  assert_true(!v->is_list && ctf_bytes_equal(v->s, "NHWC"));
  v = attr_named("Placeholder", "shape")->default_value;
  assert_true(v->kind == CTF_ATTR_SHAPE && v->shape.rank == -1);
  v = attr_named("Sum", "Tidx")->default_value;
  assert_true(v->kind == CTF_ATTR_TYPE && v->type == TF_INT32);
  v = attr_named("StatelessSampleDistortedBoundingBox", "aspect_ratio_range")->default_value;
  assert_true(v->kind == CTF_ATTR_FLOAT && v->count == 2 && v->floats[0] == 0.75f && v->floats[1] == 1.33f);
  v = attr_named("DebugNumericSummary", "lower_bound")->default_value;
  assert_true(v->f < 0 && v->f * 2 == v->f);  // -infinity
  v = attr_named("DefaultAttrs", "shape_list_val")->default_value;
  assert_true(v->count == 2 && v->shapes[0].rank == 0 && v->shapes[1].rank == 1 && v->shapes[1].dims[0] == 1);
  v = attr_named("DefaultAttrs", "string_list_val")->default_value;
  assert_true(v->count == 2 && ctf_bytes_equal(v->strings[0], "abc") && ctf_bytes_equal(v->strings[1], ""));
  v = attr_named("DefaultAttrs", "bool_list_val")->default_value;
  assert_true(v->count == 2 && v->bools[0] && !v->bools[1]);
  v = attr_named("DefaultAttrs", "type_list_val")->default_value;
  assert_true(v->count == 2 && v->types[0] == TF_INT32 && v->types[1] == TF_FLOAT);
}

// Tensors of the table may be retained and released like any other.
static void default_tensors(void** state) {
  (void)state;
  const ctf_attr_value* v = attr_named("ImageSummary", "bad_color")->default_value;
  const uint8_t kWants[] = {255, 0, 0, 255};
  assert_int_equal(v->tensor->view.dtype, TF_UINT8);
  assert_int_equal(v->tensor->view.rank, 1);
  assert_int_equal(v->tensor->view.dims[0], 4);
  assert_int_equal(v->tensor->view.bytes, 4);
  assert_memory_equal(v->tensor->view.data, kWants, 4);
  ctf_tensor_release(ctf_tensor_retain(v->tensor));
  ctf_buffer* part;
  assert_null(ctf_buffer_slice(v->tensor->buffer, 1, 2, &part));
  ctf_buffer_release(part);
  assert_memory_equal(v->tensor->view.data, kWants, 4);
  v = attr_named("DefaultAttrs", "tensor_list_val")->default_value;
  assert_int_equal(v->count, 1);
  assert_int_equal(v->tensors[0]->view.rank, 0);
  assert_int_equal(*(const int32_t*)v->tensors[0]->view.data, 1);
}

// The same set twice: as bits and in order.
static void allowed_types_agree(void** state) {
  (void)state;
  size_t num_restricted = 0;
  for (size_t i = 0; i < ctf_op_interface_count(); ++i) {
    const ctf_op_interface* op = ctf_op_interface_at(i);
    for (int k = 0; k < op->num_attrs; ++k) {
      const ctf_attr_info* attr = &op->attrs[k];
      if (attr->num_allowed_types == 0) {
        assert_true(attr->allowed_types == CTF_ANY_TYPE);
        continue;
      }
      ctf_type_set set = 0;
      for (size_t j = 0; j < attr->num_allowed_types; ++j) set |= CTF_TYPE(attr->allowed_type_order[j]);
      assert_true(set == attr->allowed_types);
      ++num_restricted;
    }
  }
  assert_int_equal(num_restricted, 1361);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lookups),
      cmocka_unit_test(descriptions),
      cmocka_unit_test(arguments),
      cmocka_unit_test(attributes),
      cmocka_unit_test(defaults),
      cmocka_unit_test(default_tensors),
      cmocka_unit_test(allowed_types_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
