// TF_OpDefinitionBuilder: ops that a program registers.
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/custom.h"
#include "engine/api/op_spec.h"
#include "tensorflow/c/ops.h"

struct TF_OpDefinitionBuilder {
  ctf_allocator* scratch;  // becomes the op's
  ctf_status failure;      // the first thing that went wrong; TF_RegisterOpDefinition reports it
  ctf_custom_op* op;
  size_t num_attrs;
  size_t attr_capacity;
  ctf_attr_info* attrs;  // arrays are from the process's allocator, since they grow; they become the op's
  size_t num_inputs;
  size_t input_capacity;
  ctf_arg_info* inputs;
  size_t num_outputs;
  size_t output_capacity;
  ctf_arg_info* outputs;
};

static ctf_status fill_builder(TF_OpDefinitionBuilder* builder, const char* op_name) {
  char* name;
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &builder->scratch));
  CTF_TRY(ctf_alloc_new(builder->scratch, &builder->op));
  if (op_name == NULL) op_name = "";
  CTF_TRY(ctf_alloc_string(builder->scratch, op_name, strlen(op_name), &name));
  builder->op->added.interface.name = name;
  return NULL;
}

TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* op_name) {
  TF_OpDefinitionBuilder* builder = ctf_alloc_try(ctf_allocator_process(), sizeof(*builder));
  if (builder == NULL) return NULL;
  const ctf_status status = fill_builder(builder, op_name);
  if (status == NULL) return builder;
  ctf_status_drop(status);  // NULL says it: there was no memory
  TF_DeleteOpDefinitionBuilder(builder);
  return NULL;
}

void TF_DeleteOpDefinitionBuilder(TF_OpDefinitionBuilder* builder) {
  if (builder == NULL) return;
  ctf_status_drop(builder->failure);  // nobody registers this op any more
  ctf_free(ctf_allocator_process(), builder->attrs);
  ctf_free(ctf_allocator_process(), builder->inputs);
  ctf_free(ctf_allocator_process(), builder->outputs);
  ctf_allocator_free(builder->scratch);
  ctf_free(ctf_allocator_process(), builder);
}

static void keep_failure(TF_OpDefinitionBuilder* builder, ctf_status status) {
  if (builder->failure == NULL) {
    builder->failure = status;
  } else {
    ctf_status_drop(status);  // the first one is reported
  }
}

static ctf_status add_attr(TF_OpDefinitionBuilder* builder, const char* text) {
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &builder->attrs, &builder->attr_capacity, builder->num_attrs + 1));
  ctf_attr_info* attr = &builder->attrs[builder->num_attrs];
  CTF_TRY(ctf_op_spec_attr(text, builder->scratch, attr));
  for (size_t i = 0; i < builder->num_attrs; ++i) {
    if (strcmp(builder->attrs[i].name, attr->name) == 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "the attribute '%s' is there twice", attr->name);
    }
  }
  ++builder->num_attrs;
  return NULL;
}

void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder* builder, const char* attr_spec) {
  if (builder != NULL) keep_failure(builder, add_attr(builder, attr_spec));
}

static ctf_status add_arg(const char* text, ctf_allocator* scratch, ctf_arg_info** args, size_t* num_args,
                          size_t* capacity) {
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), args, capacity, *num_args + 1));
  CTF_TRY(ctf_op_spec_arg(text, scratch, &(*args)[*num_args]));
  ++*num_args;
  return NULL;
}

void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder* builder, const char* input_spec) {
  if (builder == NULL) return;
  keep_failure(builder,
               add_arg(input_spec, builder->scratch, &builder->inputs, &builder->num_inputs, &builder->input_capacity));
}

void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder* builder, const char* output_spec) {
  if (builder == NULL) return;
  keep_failure(builder, add_arg(output_spec, builder->scratch, &builder->outputs, &builder->num_outputs,
                                &builder->output_capacity));
}

void TF_OpDefinitionBuilderSetIsCommutative(TF_OpDefinitionBuilder* builder, bool is_commutative) {
  if (builder != NULL) builder->op->added.interface.is_commutative = is_commutative;
}

void TF_OpDefinitionBuilderSetIsAggregate(TF_OpDefinitionBuilder* builder, bool is_aggregate) {
  if (builder != NULL) builder->op->added.interface.is_aggregate = is_aggregate;
}

void TF_OpDefinitionBuilderSetIsStateful(TF_OpDefinitionBuilder* builder, bool is_stateful) {
  if (builder != NULL) builder->op->added.interface.is_stateful = is_stateful;
}

void TF_OpDefinitionBuilderSetAllowsUninitializedInput(TF_OpDefinitionBuilder* builder,
                                                       bool allows_uninitialized_input) {
  if (builder != NULL) builder->op->added.interface.allows_uninitialized_input = allows_uninitialized_input;
}

void TF_OpDefinitionBuilderDeprecated(TF_OpDefinitionBuilder* builder, int version, const char* explanation) {
  char* text;
  if (builder == NULL) return;
  if (explanation == NULL) explanation = "";
  const ctf_status status = ctf_alloc_string(builder->scratch, explanation, strlen(explanation), &text);
  if (status == NULL) {
    builder->op->added.interface.deprecated_since = version;
    builder->op->added.interface.deprecation = text;
  }
  keep_failure(builder, status);
}

void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder* builder,
                                                     void (*shape_inference_func)(TF_ShapeInferenceContext* ctx,
                                                                                  TF_Status* status)) {
  if (builder != NULL) builder->op->shape_function = shape_inference_func;
}

// Attributes lie in the node's struct one after the other, so that shape functions find them by their number.
static ctf_status declare_attrs(TF_OpDefinitionBuilder* builder, ctf_attrs_decl* out_decl) {
  ctf_attr_field* fields;
  size_t offset = 0;
  CTF_TRY(ctf_alloc_array(builder->scratch, &fields, builder->num_attrs));
  for (size_t i = 0; i < builder->num_attrs; ++i) {
    const size_t bytes = ctf_attr_member_bytes(&builder->attrs[i]);
    fields[i] = (ctf_attr_field){builder->attrs[i].name, offset, bytes};
    offset += ctf_round_up(bytes, _Alignof(max_align_t));
  }
  *out_decl = (ctf_attrs_decl){offset, fields, builder->num_attrs};
  return NULL;
}

static bool name_valid(const char* name) {
  if (name[0] < 'A' || name[0] > 'Z') return false;
  return ctf_node_name_valid((ctf_bytes){name, strlen(name)}) && strpbrk(name, "./\\-") == NULL;
}

static ctf_status register_op(TF_OpDefinitionBuilder* builder) {
  ctf_custom_op* op = builder->op;
  ctf_op_interface* interface = &op->added.interface;
  if (!name_valid(interface->name)) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "'%s' is no name for an op: it begins with a capital letter, then come "
                     "letters, digits and underscores",
                     interface->name);
  }
  if (builder->failure != NULL) {
    const ctf_status failure = builder->failure;
    builder->failure = NULL;  // handed over
    return ctf_error_note(failure, "op '%s'", interface->name);
  }
  CTF_TRY(ctf_op_spec_finish(builder->inputs, builder->num_inputs, builder->attrs, builder->num_attrs));
  CTF_TRY(ctf_op_spec_finish(builder->outputs, builder->num_outputs, builder->attrs, builder->num_attrs));
  op->definition.def = (ctf_op_def){.name = interface->name,
                                    .shape = op->shape_function != NULL ? ctf_custom_op_shape : NULL,
                                    .flags = CTF_OP_HOST | CTF_OP_SIZE_FROM_DATA,
                                    .value_inputs = 0};
  CTF_TRY(declare_attrs(builder, &op->definition.def.attrs));
  interface->num_attrs = (int)builder->num_attrs;
  interface->attrs = builder->attrs;
  interface->num_inputs = (int)builder->num_inputs;
  interface->inputs = builder->inputs;
  interface->num_outputs = (int)builder->num_outputs;
  interface->outputs = builder->outputs;
  if (!ctf_op_interface_add(&op->added)) {
    return ctf_error(TF_ALREADY_EXISTS, "Op with name %s is registered already", interface->name);
  }
  ctf_op_def_add(&op->definition);
  builder->scratch = NULL;  // the op has them from now on
  builder->attrs = NULL;
  builder->inputs = builder->outputs = NULL;
  return NULL;
}

void TF_RegisterOpDefinition(TF_OpDefinitionBuilder* builder, TF_Status* status) {
  ctf_api_report(builder != NULL ? register_op(builder) : ctf_error(TF_INVALID_ARGUMENT, "the builder is NULL"),
                 status);
  TF_DeleteOpDefinitionBuilder(builder);
}
