// A plan: what a run with these feeds, fetches and targets executes, compiled once.
//
// graph -> (feeds, fetches, targets) -> pruned graph -> passes -> placed, with copies -> steps, segments, stages.
// Shapes and offsets depend on the feeds' shapes and are in engine/layout.h.
#ifndef CTF_ENGINE_PLAN_H_
#define CTF_ENGINE_PLAN_H_

#include "engine/mutate.h"
#include "engine/node_state.h"
#include "engine/plan_report.h"

#define CTF_NONE UINT32_MAX
#define CTF_MAX_DEVICES 16  // of a session
#define CTF_STREAMS_PER_DEVICE 2

// What compiling needs to know of a session. Immutable while the session lives.
typedef struct ctf_device_set {
  size_t num_devices;
  ctf_device* devices[CTF_MAX_DEVICES];  // [0] is the CPU
  size_t default_device;                 // for nodes that name none
  int num_cpus;                          // numbers that devices[0] answers to, all of which are the one CPU
  bool soft_placement;
  bool place_pruned;  // only what a run needs is placed; else a device that is not there is an error of the whole graph
  bool log_placement;  // each compiled plan says where its nodes are
} ctf_device_set;

typedef enum ctf_slot_kind {
  CTF_SLOT_FEED,
  CTF_SLOT_CONSTANT,
  CTF_SLOT_OUTPUT,     // of a step
  CTF_SLOT_WORKSPACE,  // of a step
} ctf_slot_kind;

// A place for a tensor. Slots of one run are an array of ctf_tensor, by number.
typedef struct ctf_slot {
  ctf_slot_kind kind;
  TF_DataType dtype;
  uint32_t device;
  uint32_t producer;   // the step, or the number of the feed or of the constant
  uint32_t output;     // which output of the step
  uint32_t root;       // whose bytes these are: the slot itself unless a view made it
  uint32_t stage;      // in which it is made; 0 for feeds and constants
  bool own;            // (roots only) the bytes are a TF_Tensor of the run, not the arena's: fetched, or strings
  bool sized_by_data;  // its shape is known only once the step has run
  bool evaluable;      // its value can be computed from shapes, constants and fed values, before its stage runs
  bool value_needed;   // a shape function or kernel reads its value on the host, or what that is computed from
} ctf_slot;

typedef enum ctf_step_kind {
  CTF_STEP_KERNEL,
  CTF_STEP_VIEW,  // nothing runs: output i is the bytes of input i under another shape
  CTF_STEP_COPY,  // between devices
} ctf_step_kind;

typedef struct ctf_fused ctf_fused;  // engine/fused.h

typedef struct ctf_step {
  ctf_step_kind kind;
  const TF_Operation* node;  // of a copy: the node whose output is copied
  const ctf_fused* fused;    // the step runs several nodes, of which `node` stands for all; NULL: one
  const ctf_kernel_def* kernel;
  uint32_t device;
  uint32_t stream;  // of the session's streams of that device; of a copy: of the device that is not the CPU
  uint32_t segment;
  int num_inputs;
  int num_outputs;
  uint32_t* in;         // slots
  uint32_t* out;        // slots
  uint32_t workspace;   // slot, or CTF_NONE
  void* state;          // the session's for this node; NULL unless the kernel keeps some
  size_t num_controls;  // steps that must have run, besides those that make the inputs
  uint32_t* controls;
} ctf_step;

// A run of steps on one stream. Whatever it needs from other streams it waits for before its first step.
typedef struct ctf_segment {
  uint32_t first_step_at;  // in plan->segment_steps
  uint32_t num_steps;
  uint32_t device;
  uint32_t stream;
  uint32_t stage;
  uint32_t num_preds;  // segments that must be complete (or, between streams, whose event is waited for)
  uint32_t* preds;
  uint32_t num_succs;
  uint32_t* succs;
} ctf_segment;

// Steps between two places where a shape is known only from data. Stages run one after the other.
typedef struct ctf_stage {
  uint32_t first_step;
  uint32_t end_step;
  uint32_t first_segment;
  uint32_t end_segment;
} ctf_stage;

typedef struct ctf_plan_fetch {
  uint32_t slot;
  bool takes_root;  // the fetched tensor is the memory of the slot's root; else a copy, reserved with all else
} ctf_plan_fetch;

typedef struct ctf_mapped_file ctf_mapped_file;  // runtime/mapped_file.h
typedef struct ctf_mapped_constant {             // of the request, also if folding took it away
  const TF_Operation* node;
  const ctf_mapped_file* file;
  size_t end;  // where in the file
} ctf_mapped_constant;

typedef struct ctf_layout ctf_layout;  // engine/layout.h

// Passes that are done with each layout.
enum {
  CTF_LAYOUT_ORDER = 1 << 0,     // a host stage's steps may run in another order than the file's
  CTF_LAYOUT_IN_PLACE = 1 << 1,  // outputs may take over the bytes of inputs
  CTF_LAYOUT_PACK = 1 << 2,      // constant weights are packed once
};

#define CTF_MAX_LAYOUTS 16  // of a plan, least recently used first out

// Immutable after compile, but for the cache of layouts and of packed weights (guarded by lock). Counted: the session's
// cache and each run.
typedef struct ctf_plan {
  atomic_int refs;
  TF_Graph* graph;         // counted
  ctf_budget* budget;      // the session's: constants that passes or alignment make
  ctf_allocator* alloc;    // the plan's own structures are the process's, as those of graphs and layouts
  ctf_allocator* scratch;  // everything below
  const ctf_device_set* devices;

  uint32_t layout_passes;  // CTF_LAYOUT_*
  bool has_fused;          // some step runs several nodes

  size_t num_slots;
  ctf_slot* slots;
  size_t num_steps;
  ctf_step* steps;  // in topological order
  uint32_t* segment_steps;
  size_t num_segments;
  ctf_segment* segments;  // in topological order
  size_t num_stages;
  ctf_stage* stages;
  uint8_t* reaches;  // [from * num_segments + to]: `to` starts after `from` is complete. NULL with one segment
  uint32_t*
      use_begin;  // [slots + 1] where a root's steps begin in use_steps: all that read or write it or a view of it
  uint32_t* use_steps;  // ascending

  size_t num_feeds;
  uint32_t* feed_slots;  // CTF_NONE: fed but not needed
  TF_Output* feeds;
  size_t num_fetches;
  ctf_plan_fetch* fetches;
  size_t num_constants;
  TF_Tensor** constants;  // on the host, counted
  const TF_Operation** constant_nodes;
  ctf_block* constant_blocks;  // on the slot's device, where it is not the CPU
  uint32_t* constant_slots;
  size_t constant_bytes[CTF_MAX_DEVICES];  // held between runs (not counting those that the graph holds)

  size_t num_files;
  const ctf_mapped_file** files;  // that constants lie in, kept by the graph: engine/files.h
  size_t num_mapped;
  ctf_mapped_constant* mapped;

  pthread_mutex_t lock;
  TF_Tensor** packed;     // [steps] weights as the last layout that had to make them wants them; NULL: none
  uint64_t* packed_keys;  // [steps]
  size_t num_layouts;
  ctf_layout* layouts[CTF_MAX_LAYOUTS];  // most recently used first
} ctf_plan;

typedef struct ctf_plan_request {
  size_t num_feeds;
  const TF_Output* feeds;
  size_t num_fetches;
  const TF_Output* fetches;
  size_t num_targets;
  const TF_Operation* const* targets;
  size_t num_done;                  // nodes that have run: nothing waits for them, and what they made is fed
  const TF_Operation* const* done;  // not kept by copies: requests that are remembered have none
} ctf_plan_request;

// Faults that a test plants to see that the checks see them. All zero in use.
typedef struct ctf_plan_faults {
  bool drop_waits;   // segments do not wait for other streams
  bool early_reuse;  // the arena thinks that a tensor dies with its writer
} ctf_plan_faults;

typedef struct ctf_plan_options {
  const ctf_device_set* devices;
  const ctf_graph_view* view;  // guarded by the graph's lock; NULL: nodes are seen as they are now
  ctf_node_states* states;     // outlive the plan
  const char* passes;          // NULL: those of CTF_PASSES
  ctf_plan_faults faults;
} ctf_plan_options;

// The graph's lock must not be held. UNIMPLEMENTED names all ops without a kernel, with a node each; INVALID_ARGUMENT:
// a placeholder that is not fed, a device that is not there.
CTF_MUST_USE ctf_status ctf_plan_compile(TF_Graph* graph, const ctf_plan_request* request,
                                         const ctf_plan_options* options, ctf_budget* budget, ctf_plan** out_plan);
ctf_plan* ctf_plan_retain(ctf_plan* plan);
void ctf_plan_release(ctf_plan* plan);  // accepts NULL

// Whose tensor lies in a slot, on whatever device: a node of the graph, and which of its outputs.
const TF_Operation* ctf_slot_node(const ctf_plan* plan, const ctf_slot* slot, uint32_t* out_output);

// Step `a` is complete before step `b` starts, however the run goes. Not for a == b.
bool ctf_plan_before(const ctf_plan* plan, uint32_t step_a, uint32_t step_b);

// engine/schedule.c: streams, stages and segments for the steps of a plan that is being compiled.
CTF_MUST_USE ctf_status ctf_plan_schedule(ctf_plan* plan, ctf_allocator* local, const ctf_plan_faults* faults);

#endif  // CTF_ENGINE_PLAN_H_
