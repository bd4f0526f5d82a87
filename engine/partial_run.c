#include "engine/partial_run.h"

#include <stdio.h>
#include <string.h>

#include "engine/session_impl.h"

typedef struct partial_feed {
  TF_Output tensor;
  TF_Tensor* value;  // counted; NULL: not fed yet
} partial_feed;

typedef struct partial_fetch {
  TF_Output tensor;
  bool is_taken;
} partial_fetch;

typedef struct partial_value {  // what a node that has run made, and a later part needs
  ctf_edge tensor;
  TF_Tensor* value;  // counted
} partial_value;

typedef enum node_state {
  NODE_OUTSIDE,  // nothing that is asked for needs it
  NODE_WAITS,
  NODE_READY,  // runs in this part
  NODE_DONE,
} node_state;

struct ctf_partial_run {
  ctf_partial_run* next;  // of the session's; guarded by its lock, as are the next two
  int num_users;
  bool is_over;
  char name[CTF_PARTIAL_NAME_BYTES];
  TF_Session* session;
  ctf_allocator* alloc;
  ctf_allocator* scratch;  // what stays
  pthread_mutex_t lock;    // of what follows: parts come one after the other
  size_t num_feeds;
  partial_feed* feeds;
  size_t num_fetches;
  partial_fetch* fetches;
  size_t num_nodes;  // of the graph when this was made
  const TF_Operation** nodes;
  uint8_t* states;  // [nodes]
  size_t num_values;
  size_t value_capacity;
  partial_value* values;
};

// ---- what is needed

static partial_feed* find_feed(const ctf_partial_run* p, uint32_t node, int32_t index) {
  for (size_t i = 0; i < p->num_feeds; ++i) {
    if (p->feeds[i].tensor.oper->id == node && p->feeds[i].tensor.index == index) return &p->feeds[i];
  }
  return NULL;
}

static partial_fetch* find_fetch(const ctf_partial_run* p, uint32_t node, int32_t index) {
  for (size_t i = 0; i < p->num_fetches; ++i) {
    if (p->fetches[i].tensor.oper->id == node && p->fetches[i].tensor.index == index) return &p->fetches[i];
  }
  return NULL;
}

static bool is_const(const ctf_partial_run* p, uint32_t node) { return strcmp(p->nodes[node]->op->name, "Const") == 0; }

// A fed placeholder is nothing to wait for: as in every run.
static bool control_counts(const ctf_partial_run* p, uint32_t node) {
  const char* op = p->nodes[node]->op->name;
  return (strcmp(op, "Placeholder") != 0 && strcmp(op, "PlaceholderV2") != 0) || find_feed(p, node, 0) == NULL;
}

typedef struct node_stack {
  uint32_t* nodes;
  size_t count;
} node_stack;

static void need(const ctf_partial_run* p, node_stack* stack, uint32_t node) {
  if (p->states[node] != NODE_OUTSIDE) return;
  p->states[node] = NODE_WAITS;
  stack->nodes[stack->count++] = node;
}

static ctf_status mark_needed(ctf_partial_run* p, const ctf_plan_request* request) {
  node_stack stack = {0};
  CTF_TRY(ctf_alloc_array(p->scratch, &stack.nodes, p->num_nodes));
  for (size_t i = 0; i < p->num_fetches; ++i) need(p, &stack, p->fetches[i].tensor.oper->id);
  for (size_t i = 0; i < request->num_targets; ++i) need(p, &stack, request->targets[i]->id);
  while (stack.count > 0) {
    const TF_Operation* node = p->nodes[stack.nodes[--stack.count]];
    for (int i = 0; i < node->num_inputs; ++i) {
      const ctf_edge from = node->inputs[i];
      if (find_feed(p, from.node, from.index) == NULL) need(p, &stack, from.node);
    }
    for (size_t i = 0; i < node->num_controls; ++i) {
      if (control_counts(p, node->controls[i])) need(p, &stack, node->controls[i]);
    }
  }
  return NULL;
}

// ---- making one

static ctf_status check_tensor(const ctf_partial_run* p, TF_Output tensor, const char* what) {
  if (tensor.oper->graph != p->session->graph) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s is not of the session's graph", what);
  }
  const TF_Operation* node = p->nodes[tensor.oper->id];
  if (tensor.index >= 0 && tensor.index < node->num_outputs) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "%s %s:%d: output index too large, must be < %d", what, node->name.data,
                   tensor.index, node->num_outputs);
}

static ctf_status take_names(ctf_partial_run* p, const ctf_plan_request* request) {
  CTF_TRY(ctf_alloc_array(p->scratch, &p->feeds, request->num_feeds));
  CTF_TRY(ctf_alloc_array(p->scratch, &p->fetches, request->num_fetches));
  for (size_t i = 0; i < request->num_feeds; ++i) {
    const TF_Output feed = request->feeds[i];
    CTF_TRY(check_tensor(p, feed, "FeedInputs"));
    if (find_feed(p, feed.oper->id, feed.index) != NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "Endpoint \"%s:%d\" fed more than once.", feed.oper->name.data, feed.index);
    }
    p->feeds[p->num_feeds++].tensor = feed;
  }
  for (size_t i = 0; i < request->num_fetches; ++i) {
    const TF_Output fetch = request->fetches[i];
    CTF_TRY(check_tensor(p, fetch, "FetchOutputs"));
    if (find_feed(p, fetch.oper->id, fetch.index) != NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "%s:%d is both fed and fetched.", fetch.oper->name.data, fetch.index);
    }
    if (find_fetch(p, fetch.oper->id, fetch.index) != NULL) continue;  // it is given once, under either name
    p->fetches[p->num_fetches++].tensor = fetch;
  }
  for (size_t i = 0; i < request->num_targets; ++i) {
    if (request->targets[i]->graph == p->session->graph) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "a target is not of the session's graph");
  }
  return NULL;
}

// The graph's lock is held.
static ctf_status see_nodes(ctf_partial_run* p) {
  TF_Graph* graph = p->session->graph;
  p->num_nodes = graph->num_nodes;
  CTF_TRY(ctf_alloc_array(p->scratch, &p->nodes, p->num_nodes));
  CTF_TRY(ctf_alloc_array(p->scratch, &p->states, p->num_nodes));
  for (size_t i = 0; i < p->num_nodes; ++i) p->nodes[i] = ctf_node_seen(graph->nodes[i], &p->session->view);
  return NULL;
}

static void free_partial(ctf_partial_run* p) {
  if (p == NULL) return;
  for (size_t i = 0; i < p->num_feeds; ++i) ctf_tensor_release(p->feeds[i].value);
  for (size_t i = 0; i < p->num_values; ++i) ctf_tensor_release(p->values[i].value);
  ctf_free(p->alloc, p->values);
  ctf_allocator_free(p->scratch);
  pthread_mutex_destroy(&p->lock);
  ctf_free(p->alloc, p);
}

static ctf_status make_partial(TF_Session* session, const ctf_plan_request* request, ctf_partial_run** out_partial) {
  ctf_status status = NULL;
  ctf_partial_run* p = NULL;
  CTF_TRY(ctf_alloc_new(session->alloc, &p));
  p->session = session;
  p->alloc = session->alloc;
  pthread_mutex_init(&p->lock, NULL);
  CTF_TRY_DONE(ctf_scratch_create(session->alloc, 4096, &p->scratch));
  CTF_TRY_DONE(ctf_graph_view_extend(session->graph, &session->view));
  pthread_mutex_lock(&session->graph->lock);
  status = see_nodes(p);
  pthread_mutex_unlock(&session->graph->lock);
  if (status != NULL) goto done;
  CTF_TRY_DONE(take_names(p, request));
  CTF_TRY_DONE(mark_needed(p, request));
  *out_partial = p;
  p = NULL;  // handed over

done:
  free_partial(p);
  return status;
}

ctf_status ctf_partial_run_create(TF_Session* session, const ctf_plan_request* request,
                                  char out_name[CTF_PARTIAL_NAME_BYTES]) {
  ctf_partial_run* p = NULL;
  CTF_TRY(ctf_session_begin_run(session));
  const ctf_status status = make_partial(session, request, &p);
  if (status == NULL) {
    pthread_mutex_lock(&session->lock);
    snprintf(p->name, sizeof(p->name), "partial run %llu", (unsigned long long)++session->num_partials);
    memcpy(out_name, p->name, sizeof(p->name));
    p->next = session->partials;
    session->partials = p;
    pthread_mutex_unlock(&session->lock);
  }
  ctf_session_end_run(session);
  return status;
}

void ctf_partial_runs_free(TF_Session* session) {
  while (session->partials != NULL) {
    ctf_partial_run* p = session->partials;
    session->partials = p->next;
    free_partial(p);
  }
}

// ---- a part

typedef struct part {
  ctf_partial_run* p;
  ctf_allocator* scratch;
  const ctf_run_request* request;
  bool* is_fed;  // [feeds] with those of this part
  ctf_plan_request names;
  TF_Tensor** feed_values;
  TF_Tensor** results;  // [names.num_fetches]
} part;

static ctf_status check_names(part* w) {
  const ctf_partial_run* p = w->p;
  CTF_TRY(ctf_alloc_array(w->scratch, &w->is_fed, p->num_feeds));
  for (size_t i = 0; i < p->num_feeds; ++i) w->is_fed[i] = p->feeds[i].value != NULL;
  for (size_t i = 0; i < w->request->num_feeds; ++i) {
    const TF_Output feed = w->request->feeds[i];
    const partial_feed* known = feed.oper->graph == p->session->graph ? find_feed(p, feed.oper->id, feed.index) : NULL;
    if (known == NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "The feed %s:%d was not specified in partial_run_setup.",
                       feed.oper->name.data, feed.index);
    }
    if (w->is_fed[known - p->feeds]) {
      return ctf_error(TF_INVALID_ARGUMENT, "The feed %s:%d has already been fed.", feed.oper->name.data, feed.index);
    }
    w->is_fed[known - p->feeds] = true;
  }
  for (size_t i = 0; i < w->request->num_fetches; ++i) {
    const TF_Output fetch = w->request->fetches[i];
    const partial_fetch* known =
        fetch.oper->graph == p->session->graph ? find_fetch(p, fetch.oper->id, fetch.index) : NULL;
    if (known == NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "The fetch %s:%d was not specified in partial_run_setup.",
                       fetch.oper->name.data, fetch.index);
    }
    if (known->is_taken) {
      return ctf_error(TF_INVALID_ARGUMENT, "The fetch %s:%d has already been fetched.", fetch.oper->name.data,
                       fetch.index);
    }
  }
  return NULL;
}

// The node's inputs are there, or come from nodes that are ready. *out_missing: a feed that is not.
static bool can_run(const part* w, const TF_Operation* node, const partial_feed** out_missing) {
  const ctf_partial_run* p = w->p;
  bool can = true;
  for (int i = 0; i < node->num_inputs; ++i) {
    const ctf_edge from = node->inputs[i];
    const partial_feed* feed = find_feed(p, from.node, from.index);
    if (feed == NULL) {
      can = can && p->states[from.node] >= NODE_READY;
    } else if (!w->is_fed[feed - p->feeds]) {
      *out_missing = feed;
      return false;
    }
  }
  for (size_t i = 0; i < node->num_controls; ++i) {
    const uint32_t before = node->controls[i];
    if (control_counts(p, before)) can = can && p->states[before] >= NODE_READY;
  }
  return can;
}

// Nodes are in an order in which most come after what they need: one pass, and another one while that finds more.
static void find_ready(const part* w) {
  ctf_partial_run* p = w->p;
  const partial_feed* missing;
  for (bool found = true; found;) {
    found = false;
    for (uint32_t i = 0; i < p->num_nodes; ++i) {
      if (p->states[i] != NODE_WAITS || !can_run(w, p->nodes[i], &missing)) continue;
      p->states[i] = NODE_READY;
      found = true;
    }
  }
}

// Among the nodes that still wait, one that waits for a feed is what the fetch needs, or close to it.
static ctf_status check_fetches(const part* w) {
  const ctf_partial_run* p = w->p;
  const partial_feed* missing = NULL;
  for (size_t i = 0; i < w->request->num_fetches; ++i) {
    const uint32_t fetch = w->request->fetches[i].oper->id;
    if (p->states[fetch] != NODE_WAITS) continue;
    for (uint32_t n = fetch + 1; n-- > 0 && missing == NULL;) {
      if (p->states[n] == NODE_WAITS) (void)can_run(w, p->nodes[n], &missing);
    }
    const TF_Output named = missing != NULL ? missing->tensor : w->request->fetches[i];
    return ctf_error(TF_INVALID_ARGUMENT, "Fetch %s:%d can't be computed from the feeds that have been fed so far.",
                     named.oper->name.data, named.index);
  }
  return NULL;
}

static void forget_ready(const ctf_partial_run* p) {
  for (size_t i = 0; i < p->num_nodes; ++i) {
    if (p->states[i] == NODE_READY) p->states[i] = NODE_WAITS;
  }
}

// ---- what a part runs

static partial_value* find_value(const ctf_partial_run* p, ctf_edge tensor) {
  for (size_t i = 0; i < p->num_values; ++i) {
    if (p->values[i].tensor.node == tensor.node && p->values[i].tensor.index == tensor.index) return &p->values[i];
  }
  return NULL;
}

static bool lists(const TF_Output* tensors, size_t count, TF_Output tensor) {
  for (size_t i = 0; i < count; ++i) {
    if (tensors[i].oper == tensor.oper && tensors[i].index == tensor.index) return true;
  }
  return false;
}

// Those that ready nodes read and others have made, or the program has fed.
static ctf_status list_feeds(part* w, TF_Operation* const* handles) {
  const ctf_partial_run* p = w->p;
  TF_Output* feeds;
  CTF_TRY(ctf_alloc_array(w->scratch, &feeds, p->num_feeds + p->num_values));
  CTF_TRY(ctf_alloc_array(w->scratch, &w->feed_values, p->num_feeds + p->num_values));
  w->names.feeds = feeds;
  for (size_t i = 0; i < p->num_feeds; ++i) {
    if (!w->is_fed[i]) continue;
    TF_Tensor* value = p->feeds[i].value;
    for (size_t j = 0; value == NULL && j < w->request->num_feeds; ++j) {
      if (lists(&w->request->feeds[j], 1, p->feeds[i].tensor)) value = w->request->feed_values[j];
    }
    w->feed_values[w->names.num_feeds] = value;
    feeds[w->names.num_feeds++] = p->feeds[i].tensor;
  }
  for (size_t i = 0; i < p->num_values; ++i) {
    w->feed_values[w->names.num_feeds] = p->values[i].value;
    feeds[w->names.num_feeds++] = (TF_Output){handles[p->values[i].tensor.node], p->values[i].tensor.index};
  }
  return NULL;
}

// What ready nodes make and later parts read, or the program fetches, now or later. Constants can be had at any time.
static ctf_status list_fetches(part* w, TF_Operation* const* handles) {
  const ctf_partial_run* p = w->p;
  TF_Output* fetches;
  size_t most = p->num_fetches, count = 0;
  for (size_t n = 0; n < p->num_nodes; ++n) {
    if (p->states[n] == NODE_WAITS) most += (size_t)p->nodes[n]->num_inputs;
  }
  CTF_TRY(ctf_alloc_array(w->scratch, &fetches, most));
  for (size_t n = 0; n < p->num_nodes; ++n) {
    const TF_Operation* node = p->nodes[n];
    for (int i = 0; p->states[n] == NODE_WAITS && i < node->num_inputs; ++i) {
      const ctf_edge from = node->inputs[i];
      const TF_Output tensor = {handles[from.node], from.index};
      if (p->states[from.node] != NODE_READY || is_const(p, from.node)) continue;
      if (find_feed(p, from.node, from.index) == NULL && !lists(fetches, count, tensor)) fetches[count++] = tensor;
    }
  }
  for (size_t i = 0; i < p->num_fetches; ++i) {
    const TF_Output tensor = p->fetches[i].tensor;
    if (p->fetches[i].is_taken || p->states[tensor.oper->id] != NODE_READY) continue;
    if (!lists(fetches, count, tensor)) fetches[count++] = tensor;
  }
  w->names.fetches = fetches;
  w->names.num_fetches = count;
  return ctf_alloc_array(w->scratch, &w->results, count);
}

static ctf_status list_nodes(part* w, TF_Operation* const* handles) {
  const ctf_partial_run* p = w->p;
  const TF_Operation **targets, **done;
  CTF_TRY(ctf_alloc_array(w->scratch, &targets, p->num_nodes));
  CTF_TRY(ctf_alloc_array(w->scratch, &done, p->num_nodes));
  w->names.targets = targets;
  w->names.done = done;
  for (size_t n = 0; n < p->num_nodes; ++n) {
    if (is_const(p, (uint32_t)n)) continue;
    if (p->states[n] == NODE_READY) targets[w->names.num_targets++] = handles[n];
    if (p->states[n] == NODE_DONE) done[w->names.num_done++] = handles[n];
  }
  return NULL;
}

static ctf_status describe_part(part* w) {
  const ctf_partial_run* p = w->p;
  TF_Operation** handles;
  CTF_TRY(ctf_alloc_array(w->scratch, &handles, p->num_nodes));
  pthread_mutex_lock(&p->session->graph->lock);
  memcpy(handles, p->session->graph->nodes, p->num_nodes * sizeof(*handles));
  pthread_mutex_unlock(&p->session->graph->lock);
  CTF_TRY(list_feeds(w, handles));
  CTF_TRY(list_fetches(w, handles));
  return list_nodes(w, handles);
}

// ---- afterwards

static void keep_feeds(part* w) {
  for (size_t i = 0; i < w->request->num_feeds; ++i) {
    const TF_Output feed = w->request->feeds[i];
    find_feed(w->p, feed.oper->id, feed.index)->value = ctf_tensor_retain(w->request->feed_values[i]);
  }
}

static ctf_status keep_results(part* w) {
  ctf_partial_run* p = w->p;
  CTF_TRY(ctf_grow_array(p->alloc, &p->values, &p->value_capacity, p->num_values + w->names.num_fetches));
  for (size_t i = 0; i < w->names.num_fetches; ++i) {
    const TF_Output tensor = w->names.fetches[i];
    p->values[p->num_values++] = (partial_value){{tensor.oper->id, tensor.index}, w->results[i]};
    w->results[i] = NULL;
  }
  for (size_t n = 0; n < p->num_nodes; ++n) {
    if (p->states[n] == NODE_READY) p->states[n] = NODE_DONE;
  }
  return NULL;
}

static bool is_read_later(const ctf_partial_run* p, ctf_edge tensor) {
  for (size_t n = 0; n < p->num_nodes; ++n) {
    if (p->states[n] != NODE_WAITS) continue;
    for (int i = 0; i < p->nodes[n]->num_inputs; ++i) {
      if (p->nodes[n]->inputs[i].node == tensor.node && p->nodes[n]->inputs[i].index == tensor.index) return true;
    }
  }
  return false;
}

// Copies: a program may write into what it has fetched, and later parts read what is kept.
static ctf_status hand_out(part* w, TF_Tensor** out_values) {
  ctf_partial_run* p = w->p;
  for (size_t i = 0; i < w->request->num_fetches; ++i) {
    const TF_Output tensor = w->request->fetches[i];
    const partial_value* kept = find_value(p, (ctf_edge){tensor.oper->id, tensor.index});
    CTF_TRY(ctf_tensor_clone(&kept->value->view, p->session->budgets[0], &out_values[i]));
  }
  for (size_t i = 0; i < w->request->num_fetches; ++i) {
    const TF_Output tensor = w->request->fetches[i];
    find_fetch(p, tensor.oper->id, tensor.index)->is_taken = true;
  }
  for (size_t i = p->num_values; i-- > 0;) {
    const ctf_edge tensor = p->values[i].tensor;
    const partial_fetch* fetch = find_fetch(p, tensor.node, tensor.index);
    if ((fetch != NULL && !fetch->is_taken) || is_read_later(p, tensor)) continue;
    ctf_tensor_release(p->values[i].value);
    p->values[i] = p->values[--p->num_values];
  }
  return NULL;
}

static bool is_complete(const ctf_partial_run* p) {
  for (size_t i = 0; i < p->num_feeds; ++i) {
    if (p->feeds[i].value == NULL) return false;
  }
  for (size_t i = 0; i < p->num_fetches; ++i) {
    if (!p->fetches[i].is_taken) return false;
  }
  return true;
}

// *out_ends: nothing can follow.
static ctf_status run_part(part* w, TF_Tensor** out_values, bool* out_ends) {
  ctf_partial_run* p = w->p;
  *out_ends = false;
  CTF_TRY(check_names(w));
  find_ready(w);
  ctf_status status = check_fetches(w);
  if (status == NULL) status = describe_part(w);
  if (status != NULL) {
    forget_ready(p);
    return status;
  }
  *out_ends = true;
  if (w->names.num_fetches + w->names.num_targets > 0) {
    CTF_TRY(ctf_session_run_part(p->session, &w->names, w->feed_values, w->results));
  }
  keep_feeds(w);
  CTF_TRY(keep_results(w));
  CTF_TRY(hand_out(w, out_values));
  *out_ends = is_complete(p);
  return NULL;
}

static ctf_status run_part_of(ctf_partial_run* p, const ctf_run_request* request, TF_Tensor** out_values,
                              bool* out_ends) {
  part w = {.p = p, .request = request};
  CTF_TRY(ctf_scratch_create(p->alloc, 4096, &w.scratch));
  const ctf_status status = run_part(&w, out_values, out_ends);
  for (size_t i = 0; w.results != NULL && i < w.names.num_fetches; ++i) ctf_tensor_release(w.results[i]);
  for (size_t i = 0; status != NULL && i < request->num_fetches; ++i) {
    ctf_tensor_release(out_values[i]);
    out_values[i] = NULL;
  }
  ctf_allocator_free(w.scratch);
  return status;
}

static ctf_partial_run* use(TF_Session* session, const char* name) {
  pthread_mutex_lock(&session->lock);
  ctf_partial_run* p = session->partials;
  while (p != NULL && strcmp(p->name, name) != 0) p = p->next;
  if (p != NULL) ++p->num_users;
  pthread_mutex_unlock(&session->lock);
  return p;
}

// The last user of one that is over frees it.
static void leave(ctf_partial_run* p, bool ends) {
  TF_Session* session = p->session;
  pthread_mutex_lock(&session->lock);
  if (ends && !p->is_over) {
    ctf_partial_run** at = &session->partials;
    while (*at != p) at = &(*at)->next;
    *at = p->next;
    p->is_over = true;
  }
  const bool frees = --p->num_users == 0 && p->is_over;
  pthread_mutex_unlock(&session->lock);
  if (frees) free_partial(p);
}

static ctf_status no_such_run(void) {
  return ctf_error(TF_INVALID_ARGUMENT, "Must run 'setup' before performing partial runs!");
}

ctf_status ctf_partial_run_part(TF_Session* session, const char* name, const ctf_run_request* request,
                                TF_Tensor** out_values) {
  bool ends = false;
  CTF_TRY(ctf_session_begin_run(session));
  ctf_partial_run* p = use(session, name);
  ctf_status status = p == NULL ? no_such_run() : NULL;
  if (p != NULL) {
    pthread_mutex_lock(&p->lock);
    // Another part may have been the last one while this one waited.
    status = p->is_over ? no_such_run() : run_part_of(p, request, out_values, &ends);
    pthread_mutex_unlock(&p->lock);
    leave(p, ends);
  }
  ctf_session_end_run(session);
  return status;
}
