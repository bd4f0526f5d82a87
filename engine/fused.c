#include "engine/fused.h"

#include <stdio.h>

static void fill_instr(const ctf_fused_member* member, ctf_fused_instr* instr) {
  const TF_Operation* op = member->op;
  *instr = (ctf_fused_instr){.kernel = member->kernel,
                             .attrs = op->decoded_attrs,
                             .node = op->name.data,
                             .op = op->op->name,
                             .num_inputs = op->num_inputs,
                             .out_type = op->output_types[0],
                             .output = CTF_FUSED_NO_OUTPUT};
  for (int i = 0; i < op->num_inputs; ++i) {
    instr->in[i] = member->inputs[i];
    instr->in_types[i] = op->input_types[i];
  }
}

// The last instruction's result is output 0.
static void number_outputs(const ctf_fused_member* members, ctf_fused* fused) {
  ctf_fused_program* program = &fused->program;
  const uint32_t last = program->num_instrs - 1;
  program->num_outputs = 1;
  program->instrs[last].output = 0;
  fused->output_members[0] = last;
  for (uint32_t i = 0; i < last; ++i) {
    if (!members[i].is_output) continue;
    fused->output_members[program->num_outputs] = i;
    program->instrs[i].output = program->num_outputs++;
  }
}

// Linear scan over straight-line code: Poletto and Sarkar, "Linear Scan Register Allocation", TOPLAS 21(5), 1999. A
// result never lies where one of its operands does.
static void assign_registers(ctf_fused_program* program) {
  uint32_t last_use[CTF_FUSED_MAX_INSTRS] = {0};
  uint32_t free_registers[CTF_FUSED_MAX_INSTRS];
  uint32_t num_free = 0;
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    for (int j = 0; j < instr->num_inputs; ++j) {
      if (instr->in[j] >= program->num_inputs) last_use[instr->in[j] - program->num_inputs] = i;
    }
  }
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    ctf_fused_instr* instr = &program->instrs[i];
    if (instr->output == CTF_FUSED_NO_OUTPUT) {
      instr->num_register = num_free > 0 ? free_registers[--num_free] : program->num_registers++;
    }
    for (int j = 0; j < instr->num_inputs; ++j) {
      if (instr->in[j] < program->num_inputs) continue;
      const uint32_t made = instr->in[j] - program->num_inputs;
      if (last_use[made] != i || program->instrs[made].output != CTF_FUSED_NO_OUTPUT) continue;
      last_use[made] = UINT32_MAX;  // freed once, though it may be both operands
      free_registers[num_free++] = program->instrs[made].num_register;
    }
  }
}

// Which inputs some member reads the value of.
static uint64_t value_inputs(const ctf_fused* fused) {
  uint64_t inputs = 0;
  for (uint32_t i = 0; i < fused->program.num_instrs; ++i) {
    const ctf_fused_instr* instr = &fused->program.instrs[i];
    for (int j = 0; j < instr->num_inputs; ++j) {
      if (!ctf_op_reads_value(fused->members[i]->def, j, instr->num_inputs)) continue;
      inputs |= CTF_INPUT(instr->in[j] < 63 ? instr->in[j] : 63);
    }
  }
  return inputs;
}

// "BiasAdd+Relu"; of many ops, the first and the last and how many.
static ctf_status name_ops(const ctf_fused_program* program, ctf_allocator* alloc, char** out_name) {
  enum { LISTED = 4 };
  char text[256];
  const uint32_t count = program->num_instrs;
  size_t used = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (count > LISTED && i == LISTED - 1) i = count - 1;
    const char* before = i == 0 ? "" : count > LISTED && i == count - 1 ? "+...+" : "+";
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.40s", before, program->instrs[i].op);
  }
  if (count > LISTED) used += (size_t)snprintf(text + used, sizeof(text) - used, " (%u ops)", count);
  return ctf_alloc_string(alloc, text, used, out_name);
}

static ctf_status make_operation(const ctf_fused_member* last, ctf_fused* fused, ctf_allocator* alloc,
                                 const TF_Operation** out_operation) {
  TF_Operation* op;
  ctf_op_interface* interface;
  ctf_op_def* definition;
  char* name;
  CTF_TRY(ctf_alloc_new(alloc, &op));
  CTF_TRY(ctf_alloc_new(alloc, &interface));
  CTF_TRY(ctf_alloc_new(alloc, &definition));
  CTF_TRY(name_ops(&fused->program, alloc, &name));
  *interface = (ctf_op_interface){.name = name};
  *definition = (ctf_op_def){.name = name, .value_inputs = value_inputs(fused)};
  op->graph = last->op->graph;
  op->id = last->op->id;
  op->name = last->op->name;
  op->device = last->op->device;
  op->op = interface;
  op->def = definition;
  op->decoded_attrs = &fused->program;
  op->num_outputs = (int)fused->program.num_outputs;
  CTF_TRY(ctf_alloc_array(alloc, &op->output_types, fused->program.num_outputs));
  for (uint32_t i = 0; i < fused->program.num_outputs; ++i) {
    op->output_types[i] = fused->program.instrs[fused->output_members[i]].out_type;
  }
  *out_operation = op;
  return NULL;
}

ctf_status ctf_fused_make(const ctf_fused_member* members, uint32_t num_members, bool has_head, uint32_t num_inputs,
                          ctf_allocator* alloc, const ctf_fused** out_fused, const TF_Operation** out_operation) {
  ctf_fused* fused;
  CTF_ASSERT(num_members > 0 && num_members <= CTF_FUSED_MAX_INSTRS);
  CTF_TRY(ctf_alloc_new(alloc, &fused));
  CTF_TRY(ctf_alloc_array(alloc, &fused->program.instrs, num_members));
  CTF_TRY(ctf_alloc_array(alloc, &fused->members, num_members));
  CTF_TRY(ctf_alloc_array(alloc, &fused->output_members, num_members));
  fused->program.num_inputs = num_inputs;
  fused->program.num_instrs = num_members;
  fused->program.has_head = has_head;
  fused->runner = members[num_members - 1].kernel->fuse->runner;
  for (uint32_t i = 0; i < num_members; ++i) {
    fused->members[i] = members[i].op;
    fill_instr(&members[i], &fused->program.instrs[i]);
  }
  number_outputs(members, fused);
  assign_registers(&fused->program);
  *out_fused = fused;
  return make_operation(&members[num_members - 1], fused, alloc, out_operation);
}
