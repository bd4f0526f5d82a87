// Files on the way into graphs and behind the constants of plans.
#ifndef CTF_ENGINE_FILES_H_
#define CTF_ENGINE_FILES_H_

#include "engine/plan.h"
#include "runtime/mapped_file.h"

// Imports a GraphDef file by its path. Constants whose contents stand in the file are read-only buffers over its
// mapping; with `copy` each is copied once, charged, and the file is closed when this returns. As ctf_graph_import
// otherwise; what is wrong with the file itself comes with its path.
CTF_MUST_USE ctf_status ctf_graph_import_file(TF_Graph* graph, const char* path, bool copy,
                                              const ctf_import_options* options);

// Notes which files the constants of a plan that is being compiled lie in, before any pass reads them.
struct ctf_plan_graph;
CTF_MUST_USE ctf_status ctf_plan_list_files(ctf_plan* plan, const struct ctf_plan_graph* graph);

// DATA_LOSS when one of them is no longer what it was when it was mapped; names the file and a constant in it that is
// gone, or the first one.
CTF_MUST_USE ctf_status ctf_plan_check_files(const ctf_plan* plan);

#endif  // CTF_ENGINE_FILES_H_
