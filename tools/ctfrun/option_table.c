#include "tools/ctfrun/option_table.h"

#include <string.h>

#define AT(field) offsetof(options, field)
#define LATER(name, letter, argument, topic, sentence, needs) \
  { name, letter, argument, KIND_LATER, 0, sentence, NULL, needs, topic, false, false }

// Sentences are written so that they read alone; "(x)" at the end of one is made from `initial`.
// clang-format off
const option_row kOptions[] = {
    {"feed", 'i', "NAME=VALUE", KIND_PAIR, AT(feeds), "feed a tensor: a=3, x=[[1,2]], x=@image.png, x=f32[2,3]:zeros",
     .topic = "inputs", .common = true},
    {"fill", 0, "GENERATOR", KIND_TEXT, AT(fill), "make inputs that were not fed: random[:SEED], normal[:SEED], zeros, ones, range",
     .topic = "inputs", .common = true},
    {"shape", 0, "NAME=1,224,224,3", KIND_PAIR, AT(shapes), "the shape of an input that is made", .topic = "inputs", .common = true},
    {"dim", 0, "N=8", KIND_PAIR, AT(dims), "the size of dimension N of inputs where the graph leaves it open; bench: sizes with commas",
     .topic = "inputs", .common = true},
    LATER("signature", 'S', "KEY", "inputs", "the signature of a SavedModel", "SavedModels"),
    LATER("tags", 0, "A,B", "inputs", "the MetaGraph of a SavedModel", "SavedModels"),
    // CTF_SEED is the library's own: of the delays that simulated devices make.
    {"seed", 0, "N", KIND_LATER, 0, "the graph-level seed of ops that have none", .detail = "a graph-level seed in the library",
     .topic = "inputs", .no_environment = true},
    {"copy", 0, NULL, KIND_FLAG, AT(copy), "read the model into charged memory instead of mapping it", .topic = "inputs"},
    {"load", 0, "LIB.so", KIND_LIST, AT(libraries), "load a library of ops and kernels first", .topic = "inputs", .common = true},

    {"fetch", 'o', "NAME[=DEST]", KIND_NAMED, AT(fetches), "print a tensor or write it: =@f.npy, =+f.npy, =@f.npz, =@f.json, =@f.png, =@f.raw; = drops it; '*' matches names",
     .topic = "outputs", .common = true},
    {"target", 't', "NODE", KIND_LIST, AT(targets), "run a node, fetch nothing", .topic = "outputs", .common = true},
    {"until", 0, "NODE", KIND_TEXT, AT(until), "run what NODE needs and no more; patterns of -o match there alone", .topic = "outputs"},
    {"save-all", 0, "DIR", KIND_TEXT, AT(save_all), "write every tensor of the run into a folder", .topic = "outputs"},
    {"print-max", 0, "N", KIND_LONG, AT(print_max), "elements of a tensor that is printed whole", .initial = "1000", .detail = "0", .topic = "outputs"},
    {"precision", 0, "P", KIND_LONG, AT(precision), "digits after the point, 17 at most", .initial = "8", .detail = "0", .topic = "outputs"},
    {"json", 0, NULL, KIND_FLAG, AT(json), "results, memory, times and errors as one JSON document on stdout", .topic = "outputs", .common = true},
    {"jsonl", 0, NULL, KIND_FLAG, AT(jsonl), "the same, a line for each step", .topic = "outputs"},
    {"quiet", 'q', NULL, KIND_FLAG, AT(quiet), "no results on stdout, no notes on stderr", .topic = "outputs"},
    {"verbose", 'v', NULL, KIND_MORE, AT(verbosity), "say what is done; -vv: the library's own log, too", .topic = "outputs"},
    {"log", 0, "FILE", KIND_TEXT, AT(log), "append what goes to stderr to a file, too", .topic = "outputs"},
    {"color", 0, "WHEN", KIND_WHEN, AT(color), "errors in colour: auto, always, never; NO_COLOR is honoured", .initial = "auto", .topic = "outputs"},
    {"progress", 0, "WHEN", KIND_WHEN, AT(progress), "a line on a terminal that says how far a run is: auto, always, never", .initial = "auto", .topic = "outputs"},

    {"steps", 'n', "N|Ts", KIND_STEPS, AT(steps), "run so often (20 or 20x) or so long (10s); the last results are printed", .initial = "1", .topic = "runs", .common = true},
    {"warmup", 0, "N|Ts", KIND_STEPS, AT(warmup), "runs before that, which do not count (0; bench: 3)", .topic = "runs"},
    {"jobs", 0, "N", KIND_LONG, AT(jobs), "runs under way at the same time", .initial = "1", .detail = "1", .topic = "runs"},
    {"rate", 0, "R", KIND_REAL, AT(rate), "begin R runs a second instead of each when the last has ended", .topic = "runs"},
    LATER("until-end", 0, NULL, "runs", "run until the data ends", "datasets"),
    {"timeout", 0, "DURATION", KIND_DURATION, AT(timeout_ms), "deadline of each step: 500ms, 2s, 1m", .topic = "runs", .common = true},
    {"timeout-total", 0, "DURATION", KIND_DURATION, AT(total_timeout_ms), "deadline of all steps together", .topic = "runs"},
    {"stall", 0, "DURATION", KIND_DURATION, AT(stall_ms), "say so on stderr when no step has ended for so long (30s on a terminal)", .topic = "runs"},
    {"stall-exit", 0, NULL, KIND_FLAG, AT(stall_exit), "and end the command with 14", .topic = "runs"},
    {"device", 'd', "DEVICE", KIND_LIST, AT(devices), "where nodes run that name no device: cpu, sim:0", .topic = "runs", .common = true},
    {"soft", 0, NULL, KIND_FLAG, AT(soft), "nodes whose device is not there run on the CPU", .topic = "runs"},
    {"threads", 0, "N", KIND_SWEEP, AT(threads), "threads that a kernel may use (as many as the cgroup has CPUs); 0 says the same; bench: numbers with commas", .detail = "0", .topic = "runs", .common = true},
    {"pin", 0, "CPUS", KIND_TEXT, AT(pin), "the CPUs that may be used: 0,2-3, or none", .topic = "runs"},
    {"passes", 0, "LIST", KIND_TEXT, AT(passes), "graph passes: all, none, or names after + or -: -fold,-order", .topic = "runs"},
    {"dry-run", 0, NULL, KIND_FLAG, AT(dry_run), "as plan: everything up to admission, nothing runs", .topic = "runs"},
    {"isolate", 0, NULL, KIND_FLAG, AT(isolate), "run in a child process that cannot take more than the budget; a fault there is a report here", .topic = "runs"},
    LATER("sandbox", 0, NULL, "runs", "graphs read and write under the model's folder alone", "a gate for files in the library"),

    {"mem", 'm', "SPEC", KIND_MEMORY, AT(memory), "memory budget: 512M, 4G, 80%, none, cpu=4G (what the machine can spare)", .topic = "memory", .common = true},
    {"mem-order", 0, "ORDER", KIND_CHOICE, AT(memory_order), "order of the steps: peak (the least memory), time (the file's), auto", .initial = "auto", .detail = "auto time peak", .topic = "memory"},

    LATER("state", 0, "DIR", "state", "variables that outlive the process", "variables"),
    LATER("restore", 0, "PREFIX", "state", "read a checkpoint first", "variables"),
    LATER("save", 0, "PREFIX", "state", "write a checkpoint at the end", "variables"),
    LATER("save-every", 0, "N", "state", "and after every N steps", "variables"),
    LATER("init", 0, "NODE|auto|none", "state", "the node that initialises variables", "variables"),

    {"expect", 0, "NAME=VALUE", KIND_PAIR, AT(expected), "compare a tensor; exit status 1 when it differs", .topic = "checks", .common = true},
    {"against", 0, "tf:DIR", KIND_TEXT, AT(against),
     "check: the recorded runs of a folder, case.json and the .npy files that it names", .topic = "checks"},
    {"rtol", 0, "X", KIND_REAL, AT(rtol), "difference allowed, as a part of the expected value", .initial = "1e-5", .topic = "checks"},
    {"atol", 0, "X", KIND_REAL, AT(atol), "difference allowed on top of that", .initial = "1e-8", .topic = "checks"},
    {"ulp", 0, "N", KIND_LONG, AT(ulp), "allowed instead: N steps between neighbouring numbers of the type", .initial = "-1", .detail = "-1", .topic = "checks"},
    {"check-numerics", 0, NULL, KIND_FLAG, AT(check_numerics), "name the first node that makes a NaN or an infinity, with its inputs; exit status 1", .topic = "checks"},
    {"print", 0, "NODE[:summary|:values]", KIND_LIST, AT(prints), "print a tensor to stderr in every step", .topic = "checks"},

    {"trace", 0, "F.json[.gz]", KIND_TEXT, AT(trace), "write what ran when, for a trace viewer and for ctfrun profile", .topic = "reports", .common = true},
    {"report", 0, "F.html", KIND_TEXT, AT(report), "write memory, lanes and the largest ops as a page", .topic = "reports", .common = true},
    {"stats", 0, "[=full]", KIND_TEXT, AT(stats), "memory, times and ops after the result; full: every op", .topic = "reports", .common = true},
    LATER("events", 0, "DIR", "reports", "summaries for TensorBoard", "summaries"),
    {"format", 0, "FORMAT", KIND_CHOICE, AT(format), "of bench: text, md, json", .initial = "text", .detail = "text md json", .topic = "reports"},
    {"explain", 0, NULL, KIND_FLAG, AT(explain), "plan: the steps with their segments, streams, offsets", .topic = "reports", .common = true},
    {"ops", 0, NULL, KIND_FLAG, AT(show_ops), "show: the ops that this build has", .topic = "reports", .common = true},

    {"flagfile", 0, "FILE", KIND_FLAGFILE, 0, "read options from a file, one a line", .topic = "general"},
    {"print-flags", 0, NULL, KIND_FLAG, AT(print_flags), "write this command line as such a file and end", .topic = "general", .no_environment = true},
    {NULL, 'h', NULL, KIND_FLAG, AT(help), "the common options", .topic = "general", .common = true, .no_environment = true},
    {"help", 0, NULL, KIND_FLAG, AT(help_all), "everything; help TOPIC: a part of it", .topic = "general", .common = true, .no_environment = true},
    {"version", 0, NULL, KIND_FLAG, AT(version), "the version", .topic = "general", .common = true, .no_environment = true},
};
const int kNumOptions = sizeof(kOptions) / sizeof(kOptions[0]);

const verb_row kVerbs[] = {
    {"run", "MODEL [options]", "run a model (what happens when no verb is given)"},
    {"show", "MODEL", "what is in a model and how to run it; --ops: the ops of this build"},
    {"plan", "MODEL [options]", "what a run would need, without running"},
    {"bench", "MODEL [options]", "how long a run takes, for --threads and --dim with several values each"},
    {"check", "MODEL [OTHER]", "compare with another model, --expect, recorded runs (--against), or a run without passes"},
    {"profile", "TRACE", "read what --trace wrote and say where the time went"},
    {"graph", "MODEL -o FILE", "convert or draw: .pb, .txt, .dot, .svg"},
    {"devices", "", "the devices of this machine"},
    {"doctor", "", "what this machine has and lacks, with what to do; exit status 1 when something is wrong"},
    {"state", "DIR|PREFIX", "what a state folder or a checkpoint holds", .later = "variables"},
    {"hang", "PID", "who waits for what in a living process", .later = "the library's report of who waits for what"},
    {"help", "[TOPIC]", "everything, or a part of it"},
    {"__complete", "MODEL", "names of tensors, for shells", .hidden = true},
    {"__completion", "bash|zsh|fish", "the completion of a shell", .hidden = true},
    {"__man", "", "the man page in scdoc's language", .hidden = true},
};
const int kNumVerbs = sizeof(kVerbs) / sizeof(kVerbs[0]);

const exit_row kExits[] = {
    {0, "done"},
    {1, "it ran, and the answer is no: --expect or check found a difference, --check-numerics a NaN, doctor a fault"},
    {2, "command line, missing or wrong feed"},
    {3, "a file cannot be read or written"},
    {11, "cancelled"},
    {12, "unknown"},
    {13, "invalid argument: graph, shape, type, device"},
    {14, "deadline exceeded, or a stall with --stall-exit"},
    {15, "not found: node, device, library"},
    {16, "already exists"},
    {17, "permission denied"},
    {18, "over the memory budget, refused"},
    {19, "failed precondition"},
    {20, "aborted"},
    {21, "out of range"},
    {22, "no kernel for an op or its type; all of them are listed"},
    {23, "internal error"},
    {24, "unavailable: a device is lost"},
    {25, "data loss: a file was damaged or changed while it was in use"},
    {26, "unauthenticated"},
    {128, "plus N: ended by signal N (130: Ctrl-C); with --isolate, the child's"},
};
const int kNumExits = sizeof(kExits) / sizeof(kExits[0]);

const topic_row kTopics[] = {
    {"inputs", "Model and inputs",
     "MODEL is a GraphDef file, binary or text (its bytes say which, not its name), or - for standard input. An input "
     "that is neither fed nor made by --fill is an error. A first word that is no verb is a model; ./show is a file "
     "that is named like a verb."},
    {"values", "Values",
     "  VALUE     := [TYPE] [SHAPE] [:] SOURCE             f32[1,224,224,3]:@img.raw\n"
     "  SOURCE    := literal | @PATH | generator\n"
     "  literal   := 3.5  [1,2,3]  [[1,2],[3,4]]  \"text\"  true  nan  1+2i\n"
     "  PATH      := f.npy | f.npz:key | f.json | f.csv | f.png | f.raw | - (npy from standard input)\n"
     "  generator := zeros | ones | range | random(seed=1,lo=0,hi=1) | normal(seed=1)\n\n"
     "Types are written as numpy (float32), TensorFlow (DT_FLOAT) or short (f32). Type and shape may be left out when "
     "the graph says them. Texts escape as in JSON. A picture takes options: "
     "@cat.png?size=224x224&scale=1/127.5&bias=-1&layout=NCHW: its pixels times scale plus bias; size interpolates "
     "between the centres of pixels."},
    {"outputs", "Outputs",
     "Results go to standard output in numpy's layout, all else to standard error. Without -o and -t, all outputs are "
     "fetched that nothing reads. DEST of -o NAME=DEST is - (text), @f.npy (write), +f.npy (append along the first "
     "axis), @f.npz (several fetches may name the same file), @f.json, @f.png, @f.raw, or nothing: compute and drop. "
     "NAME is a node, node:k, or a pattern with * ? [ ]."},
    {"runs", "Runs",
     "The first Ctrl-C cancels the run under way, says what has been done and ends with 130; the second ends at once. "
     "SIGQUIT and SIGUSR1 say how far the run is."},
    {"memory", "Memory",
     "What a run needs is known before it starts, and refused if it is over the budget (exit status 18). Constants "
     "that are read where they stand in the model's file are not charged. With several devices: "
     "--mem cpu=4G,sim:0=1G."},
    {"state", "State", "Variables are not in this build; these options are refused."},
    {"checks", "Checks",
     "Integers and texts agree or differ; other numbers differ when |got - want| > atol + rtol * |want|, or with --ulp when more than N numbers of the type lie "
     "between them. Two NaNs agree. The message has the largest error and its index.\n\n"
     "case.json of --against has \"cases\", a list of runs in order, each with \"rows\" of [\"input\" or \"output\", tensor, "
     "type, shape, file], and, if need be, \"targets\" and \"times\"; \"rtol\" stands beside \"cases\" (1e-4 when it does "
     "not, with 1e-6 on top)."},
    {"reports", "Reports", "A trace opens in ui.perfetto.dev and chrome://tracing. A report is one file and needs no network."},
    {"general", "General",
     "Every long option --foo-bar can be set as the variable CTF_FOO_BAR (1 or 0 for those without an argument; "
     "several values on lines of their own); what stands on the command line wins. In a flag file each line is an "
     "option as on the command line, with its value after a blank or =, or a word; # begins a comment."},
};
const int kNumTopics = sizeof(kTopics) / sizeof(kTopics[0]);

const example_row kExamples[] = {
    {"ctfrun examples/models/mul.pb -i a=3 -i b=4", "Multiplies two numbers."},
    {"ctfrun examples/models/digits.pb -i image=@examples/models/seven.png -o class", "Reads a picture of a digit."},
    {"ctfrun plan examples/models/digits.pb --fill zeros --dim 0=8", "Says what eight pictures at once need."},
    {"ctfrun examples/models/digits.pb --fill random:1 --dim 0=8 --stats", "Runs on made-up pictures, with memory and times."},
    {"ctfrun examples/models/mul.pb -i 'a=[1,2]' -i b=2 --expect 'mul=[2,4]'", "Compares; the exit status says whether it agrees."},
    {"ctfrun bench examples/models/digits.pb --fill random --dim 0=1,8 --threads 1,2 -n 20 --format md",
     "Measures two batch sizes with one and two threads."},
    {"ctfrun graph examples/models/mul.pb -o -", "Prints the graph in protobuf's text format."},
    {"ctfrun doctor", "Looks at the machine."},
};
const int kNumExamples = sizeof(kExamples) / sizeof(kExamples[0]);
// clang-format on

const verb_row* verb_find(const char* name) {
  for (int i = 0; i < kNumVerbs; ++i) {
    if (strcmp(kVerbs[i].name, name) == 0) return &kVerbs[i];
  }
  return NULL;
}
