// Runs programs of elementwise ops (ops/fused.h).
//
// Bound:  memory, each input and each output once.
// Method: the output is walked in tiles; all instructions run over a tile before the next one begins, so that what lies
//         between them stays in the nearest cache. An input that is broadcast stands still, moves or is spread out for
//         the tile. With results that differ in their last dimension, reductions and what is made of them, a tile is a
//         row. If the results turn out to have other shapes, the ops' own kernels run one after the other.
// Order:  that of the ops' own kernels; the bits are the same.
#include "ops/cpu/fused.h"

#include <stdatomic.h>
#include <string.h>

#include "ops/cpu/stream.h"
#include "ops/cpu/strided_copy.h"
#include "ops/cpu/widen.h"
#include "runtime/parallel.h"

enum {
  BUFFER_BYTES = 65536,  // of a thread's stack
  TILE_BYTES = 32768,    // of it, for tiles: as much as the smallest nearest cache
  MAX_TILE = 1024,       // elements
  MIN_TILE = 8,
  MIN_STREAM_TILE = 128,  // with a shorter one, writing past the caches is not worth its copies
  MIN_ROW = 512,          // elements: a shorter row is spread out with its neighbours
  GRAIN = 32768,          // elements times instructions of a piece
  MAX_INPUTS = CTF_FUSED_MAX_INSTRS * CTF_FUSED_MAX_OPERANDS,
  MAX_PLACES = MAX_INPUTS + 2 * CTF_FUSED_MAX_INSTRS,
};

typedef enum input_kind {
  INPUT_HEADS,    // nobody but the head reads it
  INPUT_MOVES,    // with the output
  INPUT_STAYS,    // one element
  INPUT_SPREADS,  // broadcast along some dimensions
} input_kind;

// An instruction, ready to run. Places: the inputs, the outputs, the registers.
typedef struct code {
  cpu_fused_loop loop;
  const void* attrs;
  uint16_t in[CTF_FUSED_MAX_OPERANDS];
  uint16_t out;
  bool narrow;  // goes through floats
  TF_DataType in_type, out_type;
  int64_t row;                             // by rows: elements that it runs over
  bool row_stays[CTF_FUSED_MAX_OPERANDS];  // and which operands are one element
} code;

typedef enum spread_method {
  SPREAD_CUT,      // tiles do not cross its rows: there it moves, or stays
  SPREAD_REPEATS,  // one short row: as many copies as a tile needs are made once
  SPREAD_OUT,      // for each tile
} spread_method;

typedef struct spread {
  uint32_t input;
  spread_method method;
  int64_t row;
  ctf_broadcast plan;
} spread;

// By rows: an input, `length` elements of which meet a row of the output.
typedef struct row_input {
  int64_t length;
  bool moves;          // from row to row
  bool spreads;        // over rows as the plan says
  ctf_broadcast plan;  // of rows
} row_input;

typedef enum method {
  BY_TILES,
  BY_ROWS,
  ONE_BY_ONE,
} method;

typedef struct prepared_program {
  const ctf_fused_program* program;
  method method;
  bool plain;                 // no input spreads
  int64_t total;              // elements, or rows
  int64_t tile, stream_tile;  // stream_tile 0: not enough room
  int64_t grain;
  size_t spread_bytes;                  // that a place for what spreads has more than a register
  size_t register_bytes, stream_bytes;  // of one register, with tiles of either length
  code* codes;
  bool* is_read;  // inputs: by another instruction than the head
  uint8_t* input_kinds;
  size_t* value_bytes;  // of an element of each input and output
  uint32_t num_spreads;
  spread* spreads;
  // By rows:
  row_input* row_inputs;
  int64_t* lengths;  // of results
  ctf_tensor head;   // the result of the head: shape and type
  // One by one:
  ctf_tensor* results;     // shapes and types
  size_t* result_offsets;  // in the workspace
  size_t workspace_bytes;
} prepared_program;

// ---- preparing

static bool reduces(const ctf_fused_instr* instr) {
  return instr->kernel->fuse != NULL && instr->kernel->fuse->reduces_rows;
}

static cpu_fused_loop find_loop(const ctf_fused_instr* instr) {
  const cpu_fusible* fusible = (const cpu_fusible*)instr->kernel->fuse;
  const TF_DataType type = instr->in_types[0];
  if (fusible->reduce != NULL) return (cpu_fused_loop){.reduce = fusible->reduce};
  if (fusible->unary != NULL) return (cpu_fused_loop){.unary = fusible->unary[type]};
  if (fusible->binary != NULL) return (cpu_fused_loop){.binary = fusible->binary[type]};
  return fusible->pick(instr->attrs, type, instr->out_type);
}

static uint16_t place_of_value(const ctf_fused_program* program, uint32_t value) {
  if (value < program->num_inputs) return (uint16_t)value;
  const ctf_fused_instr* made = &program->instrs[value - program->num_inputs];
  const uint32_t outputs = program->num_inputs;
  if (program->has_head && made == program->instrs) return (uint16_t)outputs;
  if (made->output != CTF_FUSED_NO_OUTPUT) return (uint16_t)(outputs + made->output);
  return (uint16_t)(outputs + program->num_outputs + made->num_register);
}

static void make_code(const ctf_fused_program* program, uint32_t at, code* out_code) {
  const ctf_fused_instr* instr = &program->instrs[at];
  *out_code = (code){.loop = find_loop(instr),
                     .attrs = instr->attrs,
                     .out = place_of_value(program, program->num_inputs + at),
                     .in_type = instr->in_types[0],
                     .out_type = instr->out_type};
  out_code->narrow = cpu_is_narrow(out_code->in_type) || cpu_is_narrow(out_code->out_type);
  for (int i = 0; i < instr->num_inputs; ++i) out_code->in[i] = place_of_value(program, instr->in[i]);
}

// The longest tile with which so many registers, and what spreads, have room; 0: none.
static int64_t find_tile(size_t num_registers, size_t num_spreads, size_t element, size_t* out_register_bytes) {
  for (int64_t tile = MAX_TILE; tile >= MIN_TILE; tile /= 2) {
    *out_register_bytes = ctf_round_up((size_t)tile * element, CPU_LINE_BYTES);
    const size_t spread_bytes = *out_register_bytes + MIN_ROW * element;
    if (num_registers * *out_register_bytes <= TILE_BYTES && num_spreads * spread_bytes <= BUFFER_BYTES - TILE_BYTES) {
      return tile;
    }
  }
  return 0;
}

// False when an input cannot be walked along the output.
static bool place_inputs(prepared_program* p, const ctf_shape* inputs, ctf_shape output) {
  ctf_tensor out = {.rank = output.rank, .dims = output.dims};
  for (uint32_t i = 0; i < p->program->num_inputs; ++i) {
    int64_t count;
    if (!p->is_read[i]) continue;
    if (!ctf_shape_num_elements(inputs[i], &count)) return false;
    p->input_kinds[i] = count == p->total ? INPUT_MOVES : count == 1 ? INPUT_STAYS : INPUT_SPREADS;
    if (p->input_kinds[i] != INPUT_SPREADS) continue;
    const ctf_tensor in = {.rank = inputs[i].rank, .dims = inputs[i].dims};
    spread* s = &p->spreads[p->num_spreads++];
    s->input = i;
    if (!ctf_broadcast_plan(&in, &out, &s->plan)) return false;
    s->row = s->plan.dims[s->plan.rank - 1];
    const bool repeats = s->plan.rank == 2 && s->plan.x_strides[0] == 0 && s->plan.x_strides[1] == 1;
    s->method = s->row >= MIN_ROW ? SPREAD_CUT : repeats ? SPREAD_REPEATS : SPREAD_OUT;
  }
  p->plain = p->num_spreads == 0;
  return true;
}

static bool prepare_tiles(prepared_program* p, const ctf_shape* inputs, const ctf_shape* results) {
  const ctf_fused_program* program = p->program;
  size_t element = 4;
  if (!ctf_shape_num_elements(results[0], &p->total)) return false;
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    if (!ctf_shape_equal(results[i], results[0]) || reduces(&program->instrs[i])) return false;
  }
  if (!place_inputs(p, inputs, results[0])) return false;
  for (uint32_t i = 0; i < program->num_inputs; ++i) {
    if (p->input_kinds[i] == INPUT_SPREADS && p->value_bytes[i] > element) element = p->value_bytes[i];
  }
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const size_t bytes = ctf_dtype_get(program->instrs[i].out_type)->bytes;
    if (bytes > element) element = bytes;
  }
  p->method = BY_TILES;
  const size_t registers = program->num_registers;
  p->spread_bytes = MIN_ROW * element;
  p->tile = find_tile(registers, p->num_spreads, element, &p->register_bytes);
  p->stream_tile = find_tile(registers + program->num_outputs, p->num_spreads, element, &p->stream_bytes);
  if (p->stream_tile < MIN_STREAM_TILE) p->stream_tile = 0;
  p->grain = (int64_t)ctf_round_up(GRAIN / program->num_instrs + 1, MAX_TILE);
  return p->tile > 0;
}

// ---- preparing rows

static int64_t last_dim(ctf_shape shape) { return shape.rank > 0 ? shape.dims[shape.rank - 1] : 1; }
static ctf_shape leading(ctf_shape shape) { return (ctf_shape){shape.rank > 0 ? shape.rank - 1 : 0, shape.dims}; }

static bool place_row_input(prepared_program* p, ctf_shape input, ctf_shape rows, row_input* out) {
  int64_t count;
  out->length = last_dim(input);
  if (!ctf_shape_num_elements(leading(input), &count)) return false;
  out->moves = count == p->total;
  out->spreads = !out->moves && count != 1;
  if (!out->spreads) return true;
  const ctf_shape lead = leading(input);
  const ctf_tensor from = {.rank = lead.rank, .dims = lead.dims}, to = {.rank = rows.rank, .dims = rows.dims};
  return ctf_broadcast_plan(&from, &to, &out->plan);
}

static int64_t length_of(const prepared_program* p, uint32_t value) {
  return value < p->program->num_inputs ? p->row_inputs[value].length : p->lengths[value - p->program->num_inputs];
}

// What an instruction reads of a row is as long as what it makes of it, or one element; a reduction reads all.
static bool set_rows(prepared_program* p) {
  for (uint32_t i = p->program->has_head; i < p->program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &p->program->instrs[i];
    const bool whole_row = reduces(instr);
    p->codes[i].row = whole_row ? length_of(p, instr->in[0]) : p->lengths[i];
    if (whole_row && (p->lengths[i] != 1 || p->codes[i].row == 0)) return false;
    for (int j = 0; !whole_row && j < instr->num_inputs; ++j) {
      const int64_t length = length_of(p, instr->in[j]);
      if (length != p->lengths[i] && length != 1) return false;
      p->codes[i].row_stays[j] = length == 1;
    }
  }
  return true;
}

static bool prepare_rows(prepared_program* p, const ctf_shape* inputs, const ctf_shape* results) {
  const ctf_fused_program* program = p->program;
  const ctf_shape rows = leading(results[0]);
  size_t widest = 0;
  int64_t work = 1;
  if (results[0].rank < 1 || !ctf_shape_num_elements(rows, &p->total)) return false;
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    if (results[i].rank != results[0].rank || !ctf_shape_equal(leading(results[i]), rows)) return false;
    p->lengths[i] = last_dim(results[i]);
    work += p->lengths[i];
    const size_t bytes = (size_t)p->lengths[i] * ctf_dtype_get(program->instrs[i].out_type)->bytes;
    if (p->lengths[i] > CTF_FUSED_MAX_ROW) return false;
    if (bytes > widest) widest = bytes;
  }
  for (uint32_t i = 0; i < program->num_inputs; ++i) {
    if (p->is_read[i] && !place_row_input(p, inputs[i], rows, &p->row_inputs[i])) return false;
  }
  p->register_bytes = p->stream_bytes = ctf_round_up(widest, CPU_LINE_BYTES);
  if (program->num_registers * p->register_bytes > BUFFER_BYTES) return false;
  p->stream_tile = (program->num_registers + program->num_outputs) * p->register_bytes <= BUFFER_BYTES;
  p->grain = 1 + GRAIN / work;
  p->method = BY_ROWS;
  return set_rows(p);
}

static ctf_status set_result(const ctf_fused_program* program, uint32_t at, const ctf_shape* results,
                             ctf_tensor* out_result) {
  const ctf_shape shape = results[at];
  const TF_DataType dtype = program->instrs[at].out_type;
  *out_result = (ctf_tensor){.dtype = dtype, .rank = shape.rank, .dims = shape.dims};
  CTF_TRY(ctf_shape_bytes(shape, dtype, &out_result->bytes));
  if (!ctf_shape_num_elements(shape, &out_result->num_elements)) out_result->num_elements = 0;  // refused above
  return NULL;
}

// Where results lie between the ops' own kernels: each register as large as the largest result in it.
static ctf_status prepare_one_by_one(prepared_program* p, const ctf_shape* results, ctf_allocator* alloc) {
  const ctf_fused_program* program = p->program;
  size_t* bytes;  // of each register, then where it begins
  p->method = ONE_BY_ONE;
  CTF_TRY(ctf_alloc_array(alloc, &p->results, program->num_instrs));
  CTF_TRY(ctf_alloc_array(alloc, &p->result_offsets, program->num_instrs));
  CTF_TRY(ctf_alloc_array(alloc, &bytes, (size_t)program->num_registers + 1));
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    ctf_tensor* result = &p->results[i];
    CTF_TRY(set_result(program, i, results, result));
    if (instr->output == CTF_FUSED_NO_OUTPUT && result->bytes > bytes[instr->num_register]) {
      bytes[instr->num_register] = result->bytes;
    }
  }
  size_t end = ctf_round_up(sizeof(ctf_tensor) * (program->num_inputs + program->num_instrs), CTF_TENSOR_ALIGNMENT);
  for (uint32_t i = 0; i < program->num_registers; ++i) {
    const size_t begin = end;
    if (bytes[i] > CTF_NO_LIMIT / 2 || !ctf_add_size(end, ctf_round_up(bytes[i], CTF_TENSOR_ALIGNMENT), &end)) {
      return ctf_error(TF_RESOURCE_EXHAUSTED, "the results between the instructions of a fused step are too large");
    }
    bytes[i] = begin;
  }
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    if (instr->output == CTF_FUSED_NO_OUTPUT) p->result_offsets[i] = bytes[instr->num_register];
  }
  p->workspace_bytes = end;
  return NULL;
}

// The head's result is the whole of output 0.
static bool head_fits(const prepared_program* p, const ctf_shape* results) {
  return !p->program->has_head || ctf_shape_equal(results[0], results[p->program->num_instrs - 1]);
}

static ctf_status prepare(const ctf_fused_program* program, const ctf_shape* inputs, const TF_DataType* input_types,
                          const ctf_shape* results, ctf_allocator* alloc, const void** out_prepared) {
  prepared_program* p;
  CTF_TRY(ctf_alloc_new(alloc, &p));
  *out_prepared = p;
  p->program = program;
  CTF_TRY(ctf_alloc_array(alloc, &p->codes, program->num_instrs));
  CTF_TRY(ctf_alloc_array(alloc, &p->is_read, program->num_inputs));
  CTF_TRY(ctf_alloc_array(alloc, &p->input_kinds, program->num_inputs));
  CTF_TRY(ctf_alloc_array(alloc, &p->value_bytes, (size_t)program->num_inputs + program->num_outputs));
  CTF_TRY(ctf_alloc_array(alloc, &p->spreads, program->num_inputs));
  for (uint32_t i = 0; i < program->num_inputs; ++i) p->value_bytes[i] = ctf_dtype_get(input_types[i])->bytes;
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    if (i > 0 || !program->has_head) make_code(program, i, &p->codes[i]);
    for (int j = 0; (i > 0 || !program->has_head) && j < instr->num_inputs; ++j) {
      if (instr->in[j] < program->num_inputs) p->is_read[instr->in[j]] = true;
    }
    if (instr->output == CTF_FUSED_NO_OUTPUT) continue;
    p->value_bytes[program->num_inputs + instr->output] = ctf_dtype_get(instr->out_type)->bytes;
  }
  if (program->has_head) {
    CTF_TRY(set_result(program, 0, results, &p->head));
  }
  if (head_fits(p, results) && prepare_tiles(p, inputs, results)) return NULL;
  CTF_TRY(ctf_alloc_array(alloc, &p->row_inputs, program->num_inputs));
  CTF_TRY(ctf_alloc_array(alloc, &p->lengths, program->num_instrs));
  if (head_fits(p, results) && prepare_rows(p, inputs, results)) return NULL;
  return prepare_one_by_one(p, results, alloc);
}

// ---- tiles

typedef struct fused_job {
  const prepared_program* p;
  const ctf_kernel_ctx* k;
  bool streams;
  atomic_uint first_fault;  // the instruction, plus 1; 0: none
  atomic_uint faults;       // of that instruction or a later one
} fused_job;

// Where element `at` of the output finds its element of the input.
static int64_t source_of(const ctf_broadcast* plan, int64_t at) {
  int64_t source = 0;
  for (int i = plan->rank - 1; i >= 0; --i) {
    source += at % plan->dims[i] * plan->x_strides[i];
    at /= plan->dims[i];
  }
  return source;
}

static void spread_out(const ctf_broadcast* plan, const char* from, size_t bytes, int64_t begin, int64_t count,
                       char* to) {
  const int64_t row = plan->dims[plan->rank - 1];
  const bool moves = plan->x_strides[plan->rank - 1] != 0;
  int64_t number = begin / row, column = begin % row;
  for (int64_t n; count > 0; count -= n, ++number, column = 0) {
    n = row - column < count ? row - column : count;
    const int64_t first = plan->rank == 2 ? number * plan->x_strides[0] : source_of(plan, number * row);
    const char* source = from + (size_t)(first + (moves ? column : 0)) * bytes;
    if (moves) {
      memcpy(to, source, (size_t)n * bytes);
    } else {
      CTF_ISA_NAME(ctf_copy_repeat)(to, source, n, bytes);
    }
    to += (size_t)n * bytes;
  }
}

static inline void run_code(const code* c, char* const* places, bool x_stays, bool y_stays, bool z_stays, int64_t count,
                            unsigned* faults) {
  const void* x = places[c->in[0]];
  char* to = places[c->out];
  if (c->loop.unary != NULL) {
    if (c->narrow) {
      cpu_unary_row(c->loop.unary, c->attrs, c->in_type, x, c->out_type, to, count, faults);
    } else {
      c->loop.unary(x, to, count, c->attrs, faults);
    }
  } else if (c->loop.binary != NULL) {
    const void* y = places[c->in[1]];
    const cpu_steps steps = x_stays ? CPU_LEFT_STAYS : y_stays ? CPU_RIGHT_STAYS : CPU_BOTH;
    if (c->narrow) {
      cpu_binary_row(c->loop.binary, c->attrs, c->in_type, x, y, c->out_type, to, count, steps, faults);
    } else {
      c->loop.binary(x, y, to, count, steps, c->attrs, faults);
    }
  } else if (c->loop.reduce != NULL) {
    c->loop.reduce(c->in_type, x, count, to);
  } else {
    const int64_t strides[] = {!x_stays, !y_stays, !z_stays};
    c->loop.select((const ctf_any_u8*)x, places[c->in[1]], places[c->in[2]], to, count, strides);
  }
}

// The first instruction that fails is the one that is reported.
static void note_fault(fused_job* job, uint32_t instr, unsigned faults) {
  unsigned seen = atomic_load_explicit(&job->first_fault, memory_order_relaxed);
  while (seen == 0 || seen > instr + 1) {
    if (!atomic_compare_exchange_weak_explicit(&job->first_fault, &seen, instr + 1, memory_order_relaxed,
                                               memory_order_relaxed)) {
      continue;
    }
    atomic_store_explicit(&job->faults, faults, memory_order_relaxed);
    return;
  }
}

// How far the tile that begins at `at` can go, and where each spread input is in it.
static int64_t place_spreads(const fused_job* job, int64_t at, int64_t count, char** buffers, char** places,
                             bool* stays) {
  const prepared_program* p = job->p;
  for (uint32_t i = 0; i < p->num_spreads; ++i) {
    const spread* s = &p->spreads[i];
    if (s->method == SPREAD_CUT && s->row - at % s->row < count) count = s->row - at % s->row;
  }
  for (uint32_t i = 0; i < p->num_spreads; ++i) {
    const spread* s = &p->spreads[i];
    const size_t bytes = p->value_bytes[s->input];
    char* from = (char*)(uintptr_t)ctf_in(job->k, (int)s->input);
    if (s->method == SPREAD_CUT) {
      places[s->input] = from + (size_t)source_of(&s->plan, at) * bytes;
      stays[s->input] = s->plan.x_strides[s->plan.rank - 1] == 0;
    } else if (s->method == SPREAD_REPEATS) {
      places[s->input] = buffers[i] + (size_t)(at % s->row) * bytes;
    } else {
      spread_out(&s->plan, from, bytes, at, count, buffers[i]);
      places[s->input] = buffers[i];
    }
  }
  return count;
}

// Rows that are repeated, from their beginning on, for a tile that begins anywhere in one.
static void repeat_rows(const fused_job* job, int64_t tile, char** buffers) {
  const prepared_program* p = job->p;
  for (uint32_t i = 0; i < p->num_spreads; ++i) {
    const spread* s = &p->spreads[i];
    if (s->method != SPREAD_REPEATS) continue;
    spread_out(&s->plan, ctf_in(job->k, (int)s->input), p->value_bytes[s->input], 0, tile + s->row, buffers[i]);
  }
}

static void run_tile(fused_job* job, char* const* places, const bool* stays, int64_t count) {
  const prepared_program* p = job->p;
  const uint32_t num_instrs = p->program->num_instrs;
  unsigned faults = 0;
  for (uint32_t i = p->program->has_head; i < num_instrs; ++i) {
    const code* c = &p->codes[i];
    run_code(c, places, stays[c->in[0]], stays[c->in[1]], stays[c->in[2]], count, &faults);
    if (faults == 0) continue;
    note_fault(job, i, faults);
    return;  // what follows would be of no use
  }
}

static void prefetch_next(const fused_job* job, int64_t at) {
  const prepared_program* p = job->p;
  for (uint32_t i = 0; i < p->program->num_inputs; ++i) {
    if (p->input_kinds[i] != INPUT_MOVES) continue;
    cpu_prefetch((const char*)ctf_in(job->k, (int)i) + (size_t)at * p->value_bytes[i],
                 (size_t)p->stream_tile * p->value_bytes[i]);
  }
}

static void run_tiles(void* arg, int64_t begin, int64_t end) {
  fused_job* job = arg;
  const prepared_program* p = job->p;
  const ctf_fused_program* program = p->program;
  const uint32_t num_inputs = program->num_inputs, num_outputs = program->num_outputs;
  const int64_t tile = job->streams ? p->stream_tile : p->tile;
  const size_t register_bytes = job->streams ? p->stream_bytes : p->register_bytes;
  _Alignas(CPU_LINE_BYTES) char buffer[BUFFER_BYTES];
  char* next = buffer;
  char* places[MAX_PLACES];
  char* spreads[MAX_INPUTS];
  bool stays[MAX_PLACES];

  memset(stays, 0, num_inputs + num_outputs + program->num_registers);
  for (uint32_t i = 0; i < program->num_registers; ++i, next += register_bytes) {
    places[num_inputs + num_outputs + i] = next;
  }
  for (uint32_t i = 0; i < p->num_spreads; ++i, next += register_bytes + p->spread_bytes) spreads[i] = next;
  for (uint32_t i = 0; job->streams && i < num_outputs; ++i, next += register_bytes) places[num_inputs + i] = next;
  for (uint32_t i = 0; i < num_inputs; ++i) {
    stays[i] = p->input_kinds[i] == INPUT_STAYS;
    places[i] = (char*)(uintptr_t)ctf_in(job->k, (int)i);  // never written through
    if (p->input_kinds[i] == INPUT_MOVES) places[i] += (size_t)begin * p->value_bytes[i];
  }
  for (uint32_t i = 0; !job->streams && i < num_outputs; ++i) {
    places[num_inputs + i] = (char*)ctf_out(job->k, (int)i) + (size_t)begin * p->value_bytes[num_inputs + i];
  }
  if (!p->plain) repeat_rows(job, end - begin < tile ? end - begin : tile, spreads);
  for (int64_t at = begin, count; at < end; at += count) {
    count = end - at < tile ? end - at : tile;
    if (!p->plain) count = place_spreads(job, at, count, spreads, places, stays);
    if (job->streams) prefetch_next(job, at + count);
    run_tile(job, places, stays, count);
    for (uint32_t i = 0; i < num_outputs; ++i) {
      const size_t bytes = p->value_bytes[num_inputs + i];
      if (job->streams) {
        cpu_stream((char*)ctf_out(job->k, (int)i) + (size_t)at * bytes, places[num_inputs + i], (size_t)count * bytes);
      } else {
        places[num_inputs + i] += (size_t)count * bytes;
      }
    }
    for (uint32_t i = 0; i < num_inputs; ++i) {
      if (p->input_kinds[i] == INPUT_MOVES) places[i] += (size_t)count * p->value_bytes[i];
    }
  }
  if (job->streams) cpu_stream_end();
}

// ---- rows

static char* place_in_row(const fused_job* job, uint32_t input, int64_t row) {
  const row_input* in = &job->p->row_inputs[input];
  const int64_t at = in->moves ? row : in->spreads ? source_of(&in->plan, row) : 0;
  return (char*)(uintptr_t)ctf_in(job->k, (int)input) + (size_t)(at * in->length) * job->p->value_bytes[input];
}

static void run_row(fused_job* job, char* const* places) {
  const prepared_program* p = job->p;
  unsigned faults = 0;
  for (uint32_t i = p->program->has_head; i < p->program->num_instrs; ++i) {
    const code* c = &p->codes[i];
    if (c->row == 0) continue;
    run_code(c, places, c->row_stays[0], c->row_stays[1], c->row_stays[2], c->row, &faults);
    if (faults == 0) continue;
    note_fault(job, i, faults);
    return;
  }
}

static void run_rows(void* arg, int64_t begin, int64_t end) {
  fused_job* job = arg;
  const prepared_program* p = job->p;
  const ctf_fused_program* program = p->program;
  const uint32_t num_inputs = program->num_inputs, num_outputs = program->num_outputs;
  _Alignas(CPU_LINE_BYTES) char buffer[BUFFER_BYTES];
  char* next = buffer;
  char* places[MAX_PLACES];
  size_t row_bytes[CTF_FUSED_MAX_INSTRS];  // of outputs

  for (uint32_t i = 0; i < program->num_registers; ++i, next += p->register_bytes) {
    places[num_inputs + num_outputs + i] = next;
  }
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const uint32_t output = program->instrs[i].output;
    if (output != CTF_FUSED_NO_OUTPUT) row_bytes[output] = (size_t)p->lengths[i] * p->value_bytes[num_inputs + output];
  }
  for (uint32_t i = 0; i < num_outputs; ++i) {
    places[num_inputs + i] = job->streams ? next : (char*)ctf_out(job->k, (int)i) + (size_t)begin * row_bytes[i];
    if (job->streams) next += p->register_bytes;
  }
  for (int64_t row = begin; row < end; ++row) {
    for (uint32_t i = 0; i < num_inputs; ++i) {
      if (p->is_read[i]) places[i] = place_in_row(job, i, row);
    }
    run_row(job, places);
    for (uint32_t i = 0; i < num_outputs; ++i) {
      if (job->streams) {
        cpu_stream((char*)ctf_out(job->k, (int)i) + (size_t)row * row_bytes[i], places[num_inputs + i], row_bytes[i]);
      } else {
        places[num_inputs + i] += row_bytes[i];
      }
    }
  }
  if (job->streams) cpu_stream_end();
}

// Large outputs of which none lies in the bytes of an input.
static bool can_stream(const prepared_program* p, const ctf_kernel_ctx* k) {
  if (p->stream_tile == 0 || p->program->has_head) return false;
  for (int i = 0; i < k->num_outputs; ++i) {
    if (ctf_out_tensor(k, i)->bytes < CPU_STREAM_BYTES) return false;
  }
  for (int i = 0; i < k->num_inputs; ++i) {
    if (ctf_in(k, i) == ctf_out(k, 0)) return false;
  }
  return true;
}

static ctf_status fault_status(const ctf_fused_instr* instr, unsigned faults) {
  return ctf_error_note(cpu_faults_status(faults), "node '%s' (%s)", instr->node, instr->op);
}

// ---- the head

typedef struct head_call {
  ctf_kernel_ctx k;
  ctf_tensor slots[CTF_FUSED_MAX_OPERANDS + 1];
  uint32_t numbers[CTF_FUSED_MAX_OPERANDS + 1];
} head_call;

// A call of the head's kernel; its result lies at `data`.
static void head_call_make(const prepared_program* p, const ctf_kernel_ctx* k, void* data, head_call* out_call) {
  const ctf_fused_instr* head = &p->program->instrs[0];
  const int num_inputs = head->num_inputs;
  for (int i = 0; i <= num_inputs; ++i) {
    out_call->slots[i] = i < num_inputs ? *ctf_in_tensor(k, (int)head->in[i]) : p->head;
    out_call->numbers[i] = (uint32_t)i;
  }
  out_call->slots[num_inputs].data = data;
  out_call->k = (ctf_kernel_ctx){.slots = out_call->slots,
                                 .in = out_call->numbers,
                                 .out = out_call->numbers + num_inputs,
                                 .num_inputs = num_inputs,
                                 .num_outputs = 1,
                                 .attrs = head->attrs,
                                 .stream = k->stream,
                                 .packed = k->packed,
                                 .cancel = k->cancel,
                                 .budget = k->budget};
}

static ctf_packed plan_pack(const ctf_kernel_ctx* k) {
  const prepared_program* p = k->prepared;
  const ctf_fused_instr* head = &p->program->instrs[0];
  head_call call;
  if (head->kernel->packing == NULL) return (ctf_packed){0};
  head_call_make(p, k, NULL, &call);
  ctf_packed packed = head->kernel->packing->plan(&call.k);
  packed.input = (int)head->in[packed.input];
  return packed;
}

static void pack(const ctf_kernel_ctx* k, void* to) {
  const prepared_program* p = k->prepared;
  head_call call;
  head_call_make(p, k, NULL, &call);
  p->program->instrs[0].kernel->packing->pack(&call.k, to);
}
static const ctf_packing kPacking = {plan_pack, pack};

static ctf_status run_head(const prepared_program* p, const ctf_kernel_ctx* k, void* data, char* workspace,
                           const ctf_epilogue* epilogue) {
  const ctf_fused_instr* head = &p->program->instrs[0];
  head_call call;
  head_call_make(p, k, data, &call);
  call.k.epilogue = epilogue;
  call.k.workspace = workspace;
  if (head->kernel->workspace != NULL) call.k.workspace_bytes = head->kernel->workspace(&call.k);
  return ctf_error_note(head->kernel->run(&call.k), "node '%s' (%s)", head->node, head->op);
}

// ---- one by one

static ctf_status run_one_by_one(const prepared_program* p, ctf_kernel_ctx* k) {
  const ctf_fused_program* program = p->program;
  ctf_tensor* slots = k->workspace;
  for (uint32_t i = 0; i < program->num_inputs; ++i) slots[i] = *ctf_in_tensor(k, (int)i);
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    const uint32_t result = program->num_inputs + i;
    slots[result] = p->results[i];
    slots[result].data = instr->output != CTF_FUSED_NO_OUTPUT ? ctf_out(k, (int)instr->output)
                                                              : (char*)k->workspace + p->result_offsets[i];
    if (i == 0 && program->has_head) {
      CTF_TRY(run_head(p, k, slots[result].data, (char*)k->workspace + p->workspace_bytes, NULL));
      continue;
    }
    ctf_kernel_ctx own = {.slots = slots,
                          .in = instr->in,
                          .out = &result,
                          .num_inputs = instr->num_inputs,
                          .num_outputs = 1,
                          .attrs = instr->attrs,
                          .stream = k->stream,
                          .cancel = k->cancel,
                          .budget = k->budget};
    CTF_TRY(ctf_error_note(instr->kernel->run(&own), "node '%s' (%s)", instr->node, instr->op));
  }
  return NULL;
}

// The head's lies behind our own.
static size_t workspace(const ctf_kernel_ctx* k) {
  const prepared_program* p = k->prepared;
  head_call call;
  if (!p->program->has_head || p->program->instrs[0].kernel->workspace == NULL) return p->workspace_bytes;
  head_call_make(p, k, NULL, &call);
  size_t bytes;
  return ctf_add_size(p->workspace_bytes, p->program->instrs[0].kernel->workspace(&call.k), &bytes) ? bytes
                                                                                                    : CTF_NO_LIMIT;
}

static ctf_status run_program(const prepared_program* p, ctf_kernel_ctx* k, fused_job* job) {
  void (*const run_piece)(void* arg, int64_t begin, int64_t end) = p->method == BY_ROWS ? run_rows : run_tiles;
  const ctf_epilogue epilogue = {run_piece, job};
  if (p->program->has_head) {
    CTF_TRY(run_head(p, k, ctf_out(k, 0), k->workspace, p->method == BY_TILES ? &epilogue : NULL));
    if (p->method == BY_TILES) return NULL;
  }
  if (p->total > p->grain) return ctf_parallel_for(k->cancel, p->total, p->grain, run_piece, job);
  run_piece(job, 0, p->total);
  return NULL;
}

static ctf_status run(ctf_kernel_ctx* k) {
  const prepared_program* p = k->prepared;
  if (p->method == ONE_BY_ONE) return run_one_by_one(p, k);
  if (p->total == 0 && !p->program->has_head) return NULL;  // a head may have something to say all the same
  fused_job job = {.p = p, .k = k, .streams = can_stream(p, k)};
  CTF_TRY(run_program(p, k, &job));
  const unsigned first = atomic_load_explicit(&job.first_fault, memory_order_relaxed);
  if (first == 0) return NULL;
  return fault_status(&p->program->instrs[first - 1], atomic_load_explicit(&job.faults, memory_order_relaxed));
}

#define ROW(...) \
  { .op = "Fused", .types = CTF_ANY_TYPE, .run = run, .workspace = workspace, __VA_ARGS__ }
const ctf_fused_runner cpu_fused_runner = {.kernel = ROW(.flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE),
                                           .kernel_with_head = ROW(.packing = &kPacking, .flags = CTF_ANY_ALIGNMENT),
                                           .prepare = prepare};
