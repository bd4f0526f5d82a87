// The rows of ctfbench: graphs that are built through the API, or read from files, with what they are fed.
#ifndef CTF_BENCH_ROWS_H_
#define CTF_BENCH_ROWS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/library.h"

enum { BENCH_MAX_FEEDS = 3, BENCH_MAX_DIMS = 4 };

typedef struct bench_feed {
  TF_DataType type;  // float, or int32 for what indexes a table
  int rank;
  int64_t dims[BENCH_MAX_DIMS];
  int64_t modulus;  // of integers
} bench_feed;

// A graph with placeholders p0, p1, ... and a result.
typedef struct bench_graph {
  const bench_library* library;
  TF_Graph* graph;
  TF_Output feeds[BENCH_MAX_FEEDS];
  int num_feeds;
  TF_Output fetch;
} bench_graph;

typedef struct bench_row {
  const char* name;
  void (*build)(bench_graph* graph, const struct bench_row* row);  // NULL: read from `file`
  const char* file;                                                // in the folder of --graphs
  const char* unit;                                                // of the time printed: ns, us or ms
  double per;                                                      // things that a run does: nodes of a chain
  double flops, bytes;                                             // of a run, at least; 0: neither is its limit
  bool in_one_pass;  // its bytes are read and written: the limit is the triad's, else that of reading
  int num_feeds;
  bench_feed feeds[BENCH_MAX_FEEDS];
} bench_row;

extern const bench_row bench_rows[];
extern const size_t bench_num_rows;

// Ends the program with a sentence when the library refuses the graph. False when there is no such file.
bool bench_graph_make(const bench_library* library, const bench_row* row, const char* folder, bench_graph* out_graph);

#endif  // CTF_BENCH_ROWS_H_
