// Three list schedulers. None is best for every graph: whoever asks tries all and keeps what it measures to be least.
//
// The first two take, of the steps that are ready, the one after which the fewest bytes are alive. Forwards, a root is
// alive from its writer to its last reader; backwards, from its last reader to its writer: it is the same scheduler on
// the reversed graph. The third walks depth first from the steps that nobody waits for, operands by falling need less
// what stays of it: Sethi & Ullman 1970, doi:10.1145/321607.321620, exact for trees.
#include "engine/order.h"

#include <stdlib.h>

#include "engine/layout.h"
#include "engine/storage.h"

// ---- the graph

typedef struct edge_list {  // one edge after the other, filled twice: counts, then entries
  uint32_t* begin;
  uint32_t* entries;
  uint32_t* mark;  // [steps or slots] who was put in last, to put each in once
} edge_list;

static void add_pred(const ctf_order_graph* g, edge_list* list, uint32_t step, uint32_t pred, bool fill) {
  if (pred < g->first_step) return;  // of an earlier stage
  pred -= g->first_step;
  if (list->mark[pred] == step + 1) return;
  list->mark[pred] = step + 1;
  if (fill) {
    list->entries[list->begin[step]++] = pred;
  } else {
    ++list->begin[step + 1];
  }
}

static void list_preds(const ctf_order_graph* g, edge_list* list, bool fill) {
  uint32_t last_stateful = CTF_NONE;
  for (uint32_t i = 0; i < g->num_steps; ++i) {
    const ctf_step* step = &g->plan->steps[g->first_step + i];
    for (int j = 0; j < step->num_inputs; ++j) {
      const ctf_slot* slot = &g->plan->slots[step->in[j]];
      if (slot->kind == CTF_SLOT_OUTPUT) add_pred(g, list, i, slot->producer, fill);
    }
    for (size_t j = 0; j < step->num_controls; ++j) add_pred(g, list, i, step->controls[j], fill);
    if (step->kind == CTF_STEP_COPY || !step->node->op->is_stateful) continue;
    if (last_stateful != CTF_NONE) add_pred(g, list, i, last_stateful, fill);
    last_stateful = g->first_step + i;
  }
}

static void add_root(const ctf_order_graph* g, edge_list* list, uint32_t step, uint32_t slot, bool fill) {
  if (slot == CTF_NONE) return;
  const uint32_t root = g->plan->slots[slot].root;
  if (list->mark[root] == step + 1 || !ctf_storage_in_arena(g->plan, g->layout, root)) return;
  list->mark[root] = step + 1;
  if (fill) {
    list->entries[list->begin[step]++] = root;
  } else {
    ++list->begin[step + 1];
  }
}

static void list_roots(const ctf_order_graph* g, edge_list* list, bool fill) {
  for (uint32_t i = 0; i < g->num_steps; ++i) {
    const ctf_step* step = &g->plan->steps[g->first_step + i];
    if (!ctf_step_uses_bytes(g->plan, g->layout, g->first_step + i)) continue;
    for (int j = 0; j < step->num_inputs; ++j) add_root(g, list, i, step->in[j], fill);
    for (int j = 0; j < step->num_outputs; ++j) add_root(g, list, i, step->out[j], fill);
    add_root(g, list, i, step->workspace, fill);
  }
}

// Counts, sums, entries; afterwards begin[i] is where i's entries begin.
static ctf_status make_lists(const ctf_order_graph* g, void (*list_all)(const ctf_order_graph*, edge_list*, bool),
                             size_t num_marks, ctf_allocator* alloc, uint32_t** out_begin, uint32_t** out_entries) {
  edge_list list = {0};
  CTF_TRY(ctf_alloc_array(alloc, &list.begin, (size_t)g->num_steps + 2));
  CTF_TRY(ctf_alloc_array(alloc, &list.mark, num_marks));
  list_all(g, &list, false);
  for (uint32_t i = 0; i < g->num_steps; ++i) list.begin[i + 1] += list.begin[i];
  CTF_TRY(ctf_alloc_array(alloc, &list.entries, list.begin[g->num_steps]));
  for (size_t i = 0; i < num_marks; ++i) list.mark[i] = 0;
  list_all(g, &list, true);
  for (uint32_t i = g->num_steps; i > 0; --i) list.begin[i] = list.begin[i - 1];
  list.begin[0] = 0;
  *out_begin = list.begin;
  *out_entries = list.entries;
  return NULL;
}

static ctf_status reverse_preds(ctf_order_graph* g, ctf_allocator* alloc) {
  const uint32_t count = g->pred_begin[g->num_steps];
  CTF_TRY(ctf_alloc_array(alloc, &g->succ_begin, (size_t)g->num_steps + 2));
  CTF_TRY(ctf_alloc_array(alloc, &g->succs, count));
  uint32_t* next = g->succ_begin + 1;  // filling moves each begin to its end, which is the next one's begin
  for (uint32_t i = 0; i < count; ++i) ++next[g->preds[i] + 1];
  for (uint32_t i = 1; i <= g->num_steps; ++i) next[i] += next[i - 1];
  for (uint32_t i = 0; i < g->num_steps; ++i) {
    for (uint32_t j = g->pred_begin[i]; j < g->pred_begin[i + 1]; ++j) g->succs[next[g->preds[j]]++] = i;
  }
  return NULL;
}

ctf_status ctf_order_graph_make(const ctf_plan* plan, const ctf_layout* layout, ctf_allocator* alloc,
                                ctf_order_graph* out_graph) {
  const ctf_stage* stage = &plan->stages[layout->stage];
  ctf_order_graph* g = out_graph;
  *g = (ctf_order_graph){.plan = plan,
                         .layout = layout,
                         .first_step = stage->first_step,
                         .num_steps = stage->end_step - stage->first_step};
  CTF_TRY(make_lists(g, list_preds, g->num_steps, alloc, &g->pred_begin, &g->preds));
  CTF_TRY(make_lists(g, list_roots, plan->num_slots, alloc, &g->root_begin, &g->roots));
  return reverse_preds(g, alloc);
}

// ---- the step that frees most

typedef struct ready_entry {
  int64_t change;  // of the bytes alive, when the step runs
  uint32_t step;
} ready_entry;

typedef struct scheduler {
  const ctf_order_graph* g;
  bool backwards;
  uint32_t* waits;               // [steps] how many it waits for; CTF_NONE: it has been put in the order
  uint32_t* remaining;           // [slots] of a root: the steps with it that are not in the order yet
  bool* alive;                   // [slots] of a root
  uint32_t *user_begin, *users;  // [slots + 1] the steps with a root
  ready_entry* heap;             // entries may be out of date: a better one of the same step is in it, too
  size_t heap_count;
  size_t heap_capacity;
  ctf_allocator* scratch;
} scheduler;

static bool comes_first(const scheduler* s, ready_entry a, ready_entry b) {
  if (a.change != b.change) return a.change < b.change;
  return s->backwards ? a.step > b.step : a.step < b.step;
}

static ctf_status heap_push(scheduler* s, ready_entry entry) {
  CTF_TRY(ctf_grow_array(s->scratch, &s->heap, &s->heap_capacity, s->heap_count + 1));
  size_t at = s->heap_count++;
  for (; at > 0 && comes_first(s, entry, s->heap[(at - 1) / 2]); at = (at - 1) / 2) s->heap[at] = s->heap[(at - 1) / 2];
  s->heap[at] = entry;
  return NULL;
}

static ready_entry heap_pop(scheduler* s) {
  const ready_entry top = s->heap[0], last = s->heap[--s->heap_count];
  size_t at = 0;
  for (size_t child = 1; child < s->heap_count; child = 2 * at + 1) {
    if (child + 1 < s->heap_count && comes_first(s, s->heap[child + 1], s->heap[child])) ++child;
    if (!comes_first(s, s->heap[child], last)) break;
    s->heap[at] = s->heap[child];
    at = child;
  }
  s->heap[at] = last;
  return top;
}

static int64_t change_of(const scheduler* s, uint32_t step) {
  int64_t change = 0;
  for (uint32_t i = s->g->root_begin[step]; i < s->g->root_begin[step + 1]; ++i) {
    const uint32_t root = s->g->roots[i];
    const int64_t bytes = (int64_t)(s->g->layout->slots[root].bytes / 16);  // sums of a million stay in 63 bits
    if (!s->alive[root]) change += bytes;
    if (s->remaining[root] == 1) change -= bytes;
  }
  return change;
}

static ctf_status list_users(scheduler* s) {
  const ctf_order_graph* g = s->g;
  const size_t num_slots = g->plan->num_slots;
  CTF_TRY(ctf_alloc_array(s->scratch, &s->user_begin, num_slots + 2));
  CTF_TRY(ctf_alloc_array(s->scratch, &s->users, g->root_begin[g->num_steps]));
  uint32_t* next = s->user_begin + 1;
  for (uint32_t i = 0; i < g->root_begin[g->num_steps]; ++i) {
    ++next[g->roots[i] + 1];
    ++s->remaining[g->roots[i]];
  }
  for (size_t i = 1; i <= num_slots; ++i) next[i] += next[i - 1];
  for (uint32_t step = 0; step < g->num_steps; ++step) {
    for (uint32_t i = g->root_begin[step]; i < g->root_begin[step + 1]; ++i) s->users[next[g->roots[i]]++] = step;
  }
  return NULL;
}

// The step is next: what it touches is alive, and whoever is now the last to need something frees more than before.
static ctf_status put_in_order(scheduler* s, uint32_t step) {
  const ctf_order_graph* g = s->g;
  s->waits[step] = CTF_NONE;
  for (uint32_t i = g->root_begin[step]; i < g->root_begin[step + 1]; ++i) {
    const uint32_t root = g->roots[i];
    const bool born = !s->alive[root];
    s->alive[root] = true;
    const uint32_t left = --s->remaining[root];
    if (left != 1 && !(born && left > 0)) continue;
    for (uint32_t j = s->user_begin[root]; j < s->user_begin[root + 1]; ++j) {
      const uint32_t user = s->users[j];
      if (s->waits[user] == 0) CTF_TRY(heap_push(s, (ready_entry){change_of(s, user), user}));
    }
  }
  const uint32_t* begin = s->backwards ? g->pred_begin : g->succ_begin;
  const uint32_t* next = s->backwards ? g->preds : g->succs;
  for (uint32_t i = begin[step]; i < begin[step + 1]; ++i) {
    if (--s->waits[next[i]] == 0) CTF_TRY(heap_push(s, (ready_entry){change_of(s, next[i]), next[i]}));
  }
  return NULL;
}

static ctf_status order_by_change(const ctf_order_graph* g, bool backwards, ctf_allocator* scratch,
                                  uint32_t* out_order) {
  scheduler s = {.g = g, .backwards = backwards, .scratch = scratch};
  const uint32_t* begin = backwards ? g->succ_begin : g->pred_begin;
  CTF_TRY(ctf_alloc_array(scratch, &s.waits, g->num_steps));
  CTF_TRY(ctf_alloc_array(scratch, &s.remaining, g->plan->num_slots));
  CTF_TRY(ctf_alloc_array(scratch, &s.alive, g->plan->num_slots));
  CTF_TRY(list_users(&s));
  for (uint32_t i = 0; i < g->num_steps; ++i) s.waits[i] = begin[i + 1] - begin[i];
  for (uint32_t i = 0; i < g->num_steps; ++i) {
    if (s.waits[i] == 0) CTF_TRY(heap_push(&s, (ready_entry){change_of(&s, i), i}));
  }
  for (uint32_t count = 0; s.heap_count > 0;) {
    const ready_entry top = heap_pop(&s);
    if (s.waits[top.step] != 0) continue;  // it is in the order
    out_order[backwards ? g->num_steps - 1 - count : count] = g->first_step + top.step;
    ++count;
    CTF_TRY(put_in_order(&s, top.step));
  }
  return NULL;
}

// ---- each result right before it is needed

typedef struct operand {
  uint64_t need;  // bytes alive while it is made
  uint64_t kept;  // of them afterwards
  uint32_t step;
} operand;

static int hungriest_first(const void* left, const void* right) {
  const operand *a = left, *b = right;
  const uint64_t x = a->need - a->kept, y = b->need - b->kept;
  if (x != y) return x > y ? -1 : 1;
  return a->step < b->step ? -1 : a->step > b->step;
}

static uint64_t made_bytes(const ctf_order_graph* g, uint32_t step) {
  uint64_t bytes = 0;
  for (uint32_t i = g->root_begin[step]; i < g->root_begin[step + 1]; ++i) {
    const uint32_t root = g->roots[i];
    const bool made = g->plan->slots[root].producer == g->first_step + step;
    if (made && g->plan->slots[root].kind == CTF_SLOT_OUTPUT) bytes += g->layout->slots[root].bytes / 16;
  }
  return bytes;
}

// Sorts each step's predecessors for the walk. Numbers are in topological order.
static ctf_status sort_operands(const ctf_order_graph* g, ctf_allocator* scratch, uint32_t** out_preds) {
  uint64_t *need, *kept;
  operand* operands;
  uint32_t widest = 0;
  for (uint32_t i = 0; i < g->num_steps; ++i) {
    const uint32_t width = g->pred_begin[i + 1] - g->pred_begin[i];
    if (width > widest) widest = width;
  }
  CTF_TRY(ctf_alloc_array(scratch, &need, g->num_steps));
  CTF_TRY(ctf_alloc_array(scratch, &kept, g->num_steps));
  CTF_TRY(ctf_alloc_array(scratch, &operands, widest));
  CTF_TRY(ctf_alloc_array(scratch, out_preds, g->pred_begin[g->num_steps]));
  for (uint32_t step = 0; step < g->num_steps; ++step) {
    const uint32_t begin = g->pred_begin[step], count = g->pred_begin[step + 1] - begin;
    uint64_t held = 0, most = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t pred = g->preds[begin + i];
      operands[i] = (operand){need[pred], kept[pred], pred};
    }
    if (count > 1) qsort(operands, count, sizeof(*operands), hungriest_first);
    for (uint32_t i = 0; i < count; ++i) {
      (*out_preds)[begin + i] = operands[i].step;
      if (held + operands[i].need > most) most = held + operands[i].need;
      held += operands[i].kept;
    }
    kept[step] = made_bytes(g, step);
    need[step] = held + kept[step] > most ? held + kept[step] : most;
  }
  return NULL;
}

static ctf_status order_by_depth(const ctf_order_graph* g, ctf_allocator* scratch, uint32_t* out_order) {
  uint32_t *preds, *stack, *next;
  bool* done;
  uint32_t count = 0;
  CTF_TRY(sort_operands(g, scratch, &preds));
  CTF_TRY(ctf_alloc_array(scratch, &stack, g->num_steps));
  CTF_TRY(ctf_alloc_array(scratch, &next, g->num_steps));  // the operand to visit next
  CTF_TRY(ctf_alloc_array(scratch, &done, g->num_steps));
  for (uint32_t i = 0; i < g->num_steps; ++i) next[i] = g->pred_begin[i];
  for (uint32_t sink = 0; sink < g->num_steps; ++sink) {
    if (g->succ_begin[sink + 1] > g->succ_begin[sink]) continue;
    uint32_t depth = 0;
    stack[depth++] = sink;
    while (depth > 0) {
      const uint32_t step = stack[depth - 1];
      while (next[step] < g->pred_begin[step + 1] && done[preds[next[step]]]) ++next[step];
      if (next[step] < g->pred_begin[step + 1]) {
        stack[depth++] = preds[next[step]];
        continue;
      }
      done[step] = true;
      out_order[count++] = g->first_step + step;
      --depth;
    }
  }
  return NULL;
}

ctf_status ctf_order_make(const ctf_order_graph* graph, ctf_order_kind kind, ctf_allocator* scratch,
                          uint32_t* out_order) {
  if (kind == CTF_ORDER_DEPTH) return order_by_depth(graph, scratch, out_order);
  return order_by_change(graph, kind == CTF_ORDER_BACKWARDS, scratch, out_order);
}
