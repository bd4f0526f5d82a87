// A record of the corpora: what the parent needs to choose and report it, and what the worker needs to run it.
#ifndef CTF_TESTS_CONFORM_CASE_H_
#define CTF_TESTS_CONFORM_CASE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.pb-c.h"
#include "tests/conform/name_set.h"

typedef struct conform_bytes {
  const uint8_t* data;
  size_t bytes;
} conform_bytes;

// What is read without unpacking.
typedef struct case_summary {
  char* name;
  char* area;
  char** ops;  // of the graph and its function library, without the names of its functions
  size_t num_ops;
  bool calls_by_name;  // a node has a function of the library as its op
} case_summary;

bool case_summary_read(conform_bytes record, case_summary* out_summary);
// The same of a graph alone: its ops are those of its nodes. Name and area are empty.
void graph_summary_read(conform_bytes graph, case_summary* out_summary);
void case_summary_free(case_summary* summary);
// The first op that has no kernel, or NULL. A call by name is a PartitionedCall.
const char* case_summary_unsupported(const case_summary* of, const name_set* with_kernel);

// The graph stays as it is: the message is unpacked without it.
typedef struct conform_case {
  Conformance__Case* message;
  conform_bytes graph;  // in the record
} conform_case;

bool case_read(conform_bytes record, conform_case* out_case);
void case_free(conform_case* of);

#endif  // CTF_TESTS_CONFORM_CASE_H_
