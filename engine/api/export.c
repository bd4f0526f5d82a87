#include "engine/api/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ctf_bytes text_bytes(const char* text) { return (ctf_bytes){text, strlen(text)}; }

// "node", "node:2" or "^node".
static ctf_status input_text(const char* before, const TF_Operation* from, int index, ctf_allocator* alloc,
                             ctf_bytes* out_text) {
  char tail[16] = "";
  char* text;
  if (index > 0) snprintf(tail, sizeof(tail), ":%d", index);
  const size_t length = strlen(before) + from->name.length + strlen(tail);
  CTF_TRY(ctf_alloc_array(alloc, &text, length + 1));
  memcpy(text, before, strlen(before));
  memcpy(text + strlen(before), from->name.data, from->name.length);
  memcpy(text + strlen(before) + from->name.length, tail, strlen(tail) + 1);
  *out_text = (ctf_bytes){text, length};
  return NULL;
}

static int compare_texts(const void* a, const void* b) {
  return strcmp(((const ctf_bytes*)a)->data, ((const ctf_bytes*)b)->data);
}

static bool attr_is_set(const ctf_attr_value* value) { return value->kind != CTF_ATTR_NONE || value->is_list; }

ctf_status ctf_api_node_attrs(const TF_Operation* node, ctf_allocator* alloc, const ctf_named_attr** out_attrs,
                              size_t* out_count) {
  ctf_named_attr* attrs;
  size_t count = 0;
  CTF_TRY(ctf_alloc_array(alloc, &attrs, (size_t)node->op->num_attrs + node->num_extra_attrs));
  for (int i = 0; i < node->op->num_attrs; ++i) {
    if (!attr_is_set(&node->attrs[i])) continue;
    attrs[count++] = (ctf_named_attr){text_bytes(node->op->attrs[i].name), node->attrs[i]};
  }
  for (size_t i = 0; i < node->num_extra_attrs; ++i) attrs[count++] = node->extra_attrs[i];
  *out_attrs = attrs;
  *out_count = count;
  return NULL;
}

ctf_status ctf_api_node_def(const TF_Operation* node, ctf_allocator* alloc, ctf_node_def* out_def) {
  ctf_bytes* inputs;
  const ctf_named_attr* attrs;
  size_t num_inputs = 0, num_attrs;
  TF_Operation* const* nodes = node->graph->nodes;

  CTF_TRY(ctf_alloc_array(alloc, &inputs, (size_t)node->num_inputs + node->num_controls));
  for (int i = 0; i < node->num_inputs; ++i) {
    const ctf_edge edge = node->inputs[i];
    CTF_TRY(input_text("", nodes[edge.node], edge.index, alloc, &inputs[num_inputs++]));
  }
  for (size_t i = 0; i < node->num_controls; ++i) {
    CTF_TRY(input_text("^", nodes[node->controls[i]], 0, alloc, &inputs[num_inputs++]));
  }
  // Control inputs are a set; TensorFlow writes them by name.
  if (node->num_controls > 1) qsort(inputs + node->num_inputs, node->num_controls, sizeof(*inputs), compare_texts);
  CTF_TRY(ctf_api_node_attrs(node, alloc, &attrs, &num_attrs));
  *out_def = (ctf_node_def){.name = node->name,
                            .op = text_bytes(node->op->name),
                            .device = node->device,
                            .num_inputs = num_inputs,
                            .inputs = inputs,
                            .num_attrs = num_attrs,
                            .attrs = attrs,
                            .experimental = node->experimental};
  return NULL;
}
