// TF_ApiDefMap: how ops present themselves, and texts that change that.
#include <stdlib.h>
#include <string.h>

#include "engine/api/api.h"
#include "graphdef/text.h"
#include "tensorflow/core/framework/api_def.pb-c.h"
#include "tensorflow/core/framework/op_def.pb-c.h"

typedef Tensorflow__ApiDef api_def;
typedef Tensorflow__ApiDef__Arg api_arg;
typedef Tensorflow__ApiDef__Attr api_attr;

typedef struct api_op {
  const char* name;
  api_def* def;
  bool has_docs;  // names in its texts are those that arguments and attributes were given
} api_op;

// One thread at a time.
struct TF_ApiDefMap {
  ctf_allocator* scratch;  // all messages, and what was merged into them
  size_t count;
  api_op* ops;  // by name
  bool is_read;
};

static char* text_of(const char* text) { return (char*)text; }  // protobuf-c's texts are not const

// ---- from the ops' definitions

static ctf_status make_args(ctf_allocator* scratch, Tensorflow__OpDef__ArgDef* const* from, size_t count,
                            api_arg*** out_args) {
  api_arg *args, **list;
  CTF_TRY(ctf_alloc_array(scratch, &args, count));
  CTF_TRY(ctf_alloc_array(scratch, &list, count));
  for (size_t i = 0; i < count; ++i) {
    tensorflow__api_def__arg__init(&args[i]);
    args[i].name = args[i].rename_to = from[i]->name;
    args[i].description = from[i]->description;
    list[i] = &args[i];
  }
  *out_args = list;
  return NULL;
}

static ctf_status make_attrs(ctf_allocator* scratch, const Tensorflow__OpDef* op, api_def* def) {
  api_attr* attrs;
  def->n_attr = op->n_attr;
  CTF_TRY(ctf_alloc_array(scratch, &attrs, op->n_attr));
  CTF_TRY(ctf_alloc_array(scratch, &def->attr, op->n_attr));
  for (size_t i = 0; i < op->n_attr; ++i) {
    tensorflow__api_def__attr__init(&attrs[i]);
    attrs[i].name = attrs[i].rename_to = op->attr[i]->name;
    attrs[i].default_value = op->attr[i]->default_value;
    attrs[i].description = op->attr[i]->description;
    def->attr[i] = &attrs[i];
  }
  return NULL;
}

static ctf_status make_def(ctf_allocator* scratch, const Tensorflow__OpDef* op, api_def** out_def) {
  api_def* def;
  Tensorflow__ApiDef__Endpoint* endpoint;
  CTF_TRY(ctf_alloc_new(scratch, &def));
  CTF_TRY(ctf_alloc_new(scratch, &endpoint));
  tensorflow__api_def__init(def);
  tensorflow__api_def__endpoint__init(endpoint);
  endpoint->name = def->graph_op_name = op->name;
  def->visibility = TENSORFLOW__API_DEF__VISIBILITY__VISIBLE;
  def->summary = op->summary;
  def->description = op->description;
  def->n_endpoint = 1;
  CTF_TRY(ctf_alloc_new(scratch, &def->endpoint));
  def->endpoint[0] = endpoint;
  def->n_in_arg = def->n_arg_order = op->n_input_arg;
  def->n_out_arg = op->n_output_arg;
  CTF_TRY(make_args(scratch, op->input_arg, op->n_input_arg, &def->in_arg));
  CTF_TRY(make_args(scratch, op->output_arg, op->n_output_arg, &def->out_arg));
  CTF_TRY(ctf_alloc_array(scratch, &def->arg_order, op->n_input_arg));
  for (size_t i = 0; i < op->n_input_arg; ++i) def->arg_order[i] = op->input_arg[i]->name;
  CTF_TRY(make_attrs(scratch, op, def));
  *out_def = def;
  return NULL;
}

static int compare_ops(const void* left, const void* right) {
  return strcmp(((const api_op*)left)->name, ((const api_op*)right)->name);
}

static ctf_status fill_map(TF_ApiDefMap* map, const TF_Buffer* op_list) {
  ProtobufCMessage* message;
  CTF_TRY(ctf_api_read_message(&tensorflow__op_list__descriptor, op_list->data, op_list->length, "OpList", map->scratch,
                               &message));
  const Tensorflow__OpList* list = (const Tensorflow__OpList*)message;
  CTF_TRY(ctf_alloc_array(map->scratch, &map->ops, list->n_op));
  for (size_t i = 0; i < list->n_op; ++i) {
    CTF_TRY(make_def(map->scratch, list->op[i], &map->ops[i].def));
    map->ops[i].name = map->ops[i].def->graph_op_name;
    ++map->count;
  }
  if (map->count > 1) qsort(map->ops, map->count, sizeof(*map->ops), compare_ops);
  return NULL;
}

static ctf_status new_map(const TF_Buffer* op_list, TF_ApiDefMap** out_map) {
  ctf_status status = NULL;
  TF_ApiDefMap* map = NULL;
  if (op_list == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the list of ops is NULL");
  CTF_TRY_DONE(ctf_alloc_new(ctf_allocator_process(), &map));
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &map->scratch));
  CTF_TRY_DONE(fill_map(map, op_list));
  *out_map = map;
  map = NULL;  // handed over

done:
  TF_DeleteApiDefMap(map);
  return status;
}

TF_ApiDefMap* TF_NewApiDefMap(TF_Buffer* op_list_buffer, TF_Status* status) {
  TF_ApiDefMap* map = NULL;
  ctf_api_report(new_map(op_list_buffer, &map), status);
  return map;
}

void TF_DeleteApiDefMap(TF_ApiDefMap* apimap) {
  if (apimap == NULL) return;
  ctf_allocator_free(apimap->scratch);
  ctf_free(ctf_allocator_process(), apimap);
}

static api_op* find_op(const TF_ApiDefMap* map, const char* name) {
  const api_op wanted = {.name = name};
  return map->count > 0 ? bsearch(&wanted, map->ops, map->count, sizeof(*map->ops), compare_ops) : NULL;
}

// ---- merging

static bool is_given(const char* text) { return text[0] != '\0'; }

static void merge_text(char** base, char* text) {
  if (is_given(text)) *base = text;
}

static ctf_status merge_args(api_arg* const* base, size_t num_base, api_arg* const* args, size_t count,
                             const char* op) {
  for (size_t i = 0; i < count; ++i) {
    size_t at = 0;
    while (at < num_base && strcmp(base[at]->name, args[i]->name) != 0) ++at;
    if (at == num_base) {
      return ctf_error(TF_FAILED_PRECONDITION, "Argument %s not defined in base api for %s", args[i]->name, op);
    }
    merge_text(&base[at]->rename_to, args[i]->rename_to);
    merge_text(&base[at]->description, args[i]->description);
  }
  return NULL;
}

static ctf_status merge_attrs(const api_def* base, const api_def* given) {
  for (size_t i = 0; i < given->n_attr; ++i) {
    const api_attr* attr = given->attr[i];
    size_t at = 0;
    while (at < base->n_attr && strcmp(base->attr[at]->name, attr->name) != 0) ++at;
    if (at == base->n_attr) {
      return ctf_error(TF_FAILED_PRECONDITION, "Attribute %s not defined in base api for %s", attr->name,
                       base->graph_op_name);
    }
    merge_text(&base->attr[at]->rename_to, attr->rename_to);
    merge_text(&base->attr[at]->description, attr->description);
    if (attr->default_value != NULL) base->attr[at]->default_value = attr->default_value;
  }
  return NULL;
}

// "x, y", cut at the size of the text.
typedef struct name_list {
  char text[256];
} name_list;

static name_list list_names(char* const* names, size_t count) {
  name_list list = {""};
  for (size_t i = 0, used = 0; i < count; ++i) {
    const size_t length = strlen(names[i]) + (i > 0 ? 2 : 0);
    if (used + length >= sizeof(list.text)) break;
    if (i > 0) memcpy(list.text + used, ", ", 2);
    memcpy(list.text + used + (i > 0 ? 2 : 0), names[i], strlen(names[i]) + 1);
    used += length;
  }
  return list;
}

static size_t count_name(char* const* names, size_t count, const char* name) {
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) found += strcmp(names[i], name) == 0;
  return found;
}

static ctf_status merge_order(api_def* base, const api_def* given) {
  if (given->n_arg_order == 0) return NULL;
  if (given->n_arg_order != base->n_arg_order) {
    return ctf_error(TF_FAILED_PRECONDITION, "Invalid number of arguments %zu for %s. Expected: %zu",
                     given->n_arg_order, base->graph_op_name, base->n_arg_order);
  }
  for (size_t i = 0; i < base->n_arg_order; ++i) {
    const char* name = base->arg_order[i];
    if (count_name(given->arg_order, given->n_arg_order, name) ==
        count_name(base->arg_order, base->n_arg_order, name)) {
      continue;
    }
    return ctf_error(TF_FAILED_PRECONDITION,
                     "Invalid arg_order: %s for %s. All elements in arg_order override must match base arg_order: %s",
                     list_names(given->arg_order, given->n_arg_order).text, base->graph_op_name,
                     list_names(base->arg_order, base->n_arg_order).text);
  }
  base->arg_order = given->arg_order;
  return NULL;
}

// `first`, a line's end, `second`; one of them alone where the other is empty.
static ctf_status join_lines(ctf_allocator* scratch, const char* first, const char* second, char** out_text) {
  char* text;
  *out_text = text_of(is_given(first) ? first : second);
  if (!is_given(first) || !is_given(second)) return NULL;
  const size_t length = strlen(first);
  CTF_TRY(ctf_alloc_array(scratch, &text, length + strlen(second) + 2));
  memcpy(text, first, length);
  text[length] = '\n';
  memcpy(text + length + 1, second, strlen(second) + 1);
  *out_text = text;
  return NULL;
}

// As TensorFlow merges them; `given` is the map's from now on.
static ctf_status merge(ctf_allocator* scratch, api_def* base, const api_def* given) {
  if (given->visibility != TENSORFLOW__API_DEF__VISIBILITY__DEFAULT_VISIBILITY) base->visibility = given->visibility;
  if (given->n_endpoint > 0) {
    base->n_endpoint = given->n_endpoint;
    base->endpoint = given->endpoint;
  }
  CTF_TRY(merge_args(base->in_arg, base->n_in_arg, given->in_arg, given->n_in_arg, base->graph_op_name));
  CTF_TRY(merge_args(base->out_arg, base->n_out_arg, given->out_arg, given->n_out_arg, base->graph_op_name));
  CTF_TRY(merge_order(base, given));
  CTF_TRY(merge_attrs(base, given));
  merge_text(&base->summary, given->summary);
  merge_text(&base->description, given->description);
  CTF_TRY(join_lines(scratch, given->description_prefix, base->description, &base->description));
  return join_lines(scratch, base->description, given->description_suffix, &base->description);
}

static ctf_status put(TF_ApiDefMap* map, const char* text, size_t length) {
  ctf_bytes wire = {0};
  ProtobufCMessage* message;
  if (map == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the map is NULL");
  if (map->is_read) {
    return ctf_error(TF_FAILED_PRECONDITION, "TF_ApiDefMapPut cannot be called after TF_ApiDefMapGet has been called.");
  }
  if (text == NULL && length > 0) return ctf_error(TF_INVALID_ARGUMENT, "the text is NULL and has a length");
  CTF_TRY(ctf_text_read(&tensorflow__api_defs__descriptor, text != NULL ? text : "", length, map->scratch, &wire));
  CTF_TRY(ctf_api_read_message(&tensorflow__api_defs__descriptor, wire.data, wire.length, "ApiDefs", map->scratch,
                               &message));
  const Tensorflow__ApiDefs* defs = (const Tensorflow__ApiDefs*)message;
  for (size_t i = 0; i < defs->n_op; ++i) {
    const api_op* op = find_op(map, defs->op[i]->graph_op_name);
    if (op != NULL) CTF_TRY(merge(map->scratch, op->def, defs->op[i]));  // others are of another build's ops
  }
  return NULL;
}

void TF_ApiDefMapPut(TF_ApiDefMap* api_def_map, const char* text, size_t text_len, TF_Status* status) {
  ctf_api_report(put(api_def_map, text, text_len), status);
}

// ---- names in texts

// Replaces `from` in backquotes by `to` in backquotes.
static ctf_status rename_in(ctf_allocator* scratch, const char* from, const char* to, char** inout_text) {
  const size_t from_length = strlen(from), to_length = strlen(to);
  size_t count = 0;
  const char* at;
  for (at = *inout_text; (at = strchr(at, '`')) != NULL; ++at) {
    count += strncmp(at + 1, from, from_length) == 0 && at[1 + from_length] == '`';
  }
  if (count == 0) return NULL;
  char *text, *end;
  CTF_TRY(ctf_alloc_array(scratch, &text, strlen(*inout_text) + count * to_length + 1));
  end = text;
  for (at = *inout_text; *at != '\0';) {
    if (at[0] == '`' && strncmp(at + 1, from, from_length) == 0 && at[1 + from_length] == '`') {
      *end++ = '`';
      memcpy(end, to, to_length);
      end += to_length;
      *end++ = '`';
      at += from_length + 2;
    } else {
      *end++ = *at++;
    }
  }
  *inout_text = text;
  return NULL;
}

static ctf_status rename_in_docs(ctf_allocator* scratch, api_def* def, const char* from, const char* to) {
  if (strcmp(from, to) == 0) return NULL;
  for (size_t i = 0; i < def->n_in_arg; ++i) CTF_TRY(rename_in(scratch, from, to, &def->in_arg[i]->description));
  for (size_t i = 0; i < def->n_out_arg; ++i) CTF_TRY(rename_in(scratch, from, to, &def->out_arg[i]->description));
  for (size_t i = 0; i < def->n_attr; ++i) CTF_TRY(rename_in(scratch, from, to, &def->attr[i]->description));
  CTF_TRY(rename_in(scratch, from, to, &def->summary));
  return rename_in(scratch, from, to, &def->description);
}

static ctf_status finish_docs(ctf_allocator* scratch, api_op* op) {
  api_def* def = op->def;
  if (op->has_docs) return NULL;
  op->has_docs = true;
  CTF_TRY(rename_in_docs(scratch, def, def->graph_op_name, def->endpoint[0]->name));
  for (size_t i = 0; i < def->n_in_arg; ++i) {
    CTF_TRY(rename_in_docs(scratch, def, def->in_arg[i]->name, def->in_arg[i]->rename_to));
  }
  for (size_t i = 0; i < def->n_out_arg; ++i) {
    CTF_TRY(rename_in_docs(scratch, def, def->out_arg[i]->name, def->out_arg[i]->rename_to));
  }
  for (size_t i = 0; i < def->n_attr; ++i) {
    CTF_TRY(rename_in_docs(scratch, def, def->attr[i]->name, def->attr[i]->rename_to));
  }
  return NULL;
}

static ctf_status get(TF_ApiDefMap* map, const char* name, size_t name_length, TF_Buffer** out_buffer) {
  char* wanted;
  void* bytes;
  if (map == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the map is NULL");
  if (name == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the name is NULL");
  map->is_read = true;
  CTF_TRY(ctf_alloc_string(map->scratch, name, name_length, &wanted));
  api_op* op = find_op(map, wanted);
  if (op == NULL) return NULL;  // as in TensorFlow: no buffer says it
  CTF_TRY(finish_docs(map->scratch, op));
  CTF_TRY(ctf_alloc_bytes(map->scratch, protobuf_c_message_get_packed_size(&op->def->base), &bytes));
  const size_t length = protobuf_c_message_pack(&op->def->base, bytes);
  *out_buffer = TF_NewBufferFromString(bytes, length);
  return *out_buffer != NULL ? NULL : ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for a buffer");
}

TF_Buffer* TF_ApiDefMapGet(TF_ApiDefMap* api_def_map, const char* name, size_t name_len, TF_Status* status) {
  TF_Buffer* buffer = NULL;
  ctf_api_report(get(api_def_map, name, name_len, &buffer), status);
  return buffer;
}
