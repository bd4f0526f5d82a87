// What TensorFlow's C API has no function for: budgets, devices to choose, what a run would need, what this build has.
//
// These functions take TensorFlow's objects. Structs that the library fills in begin with struct_size, which the caller
// sets to the size it was compiled with: fields that a caller does not know are not written. A TF_Status argument may
// be NULL: the outcome is then dropped. Devices are named "cpu", "sim:0", "/device:CPU:0" or in full, in any case.
#ifndef CTF_CTF_H_
#define CTF_CTF_H_

#include "tensorflow/c/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

// The version of this library: "0.1.0". TF_Version gives that of the interface.
//
// Owns:    the text lives as long as the process.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
CTF_EXPORT const char* CTF_Version(void);

typedef struct CTF_LibraryInfo {
  size_t struct_size;   // sizeof(CTF_LibraryInfo)
  const char* name;     // "protobuf-c"
  const char* version;  // "1.4.1"; "none" where it could be used and is not there
} CTF_LibraryInfo;

// The number of libraries that this one uses, or could use.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
CTF_EXPORT size_t CTF_NumLibraries(void);

// One of them.
//
// Owns:    the texts live as long as the process.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such library, or info is NULL.
CTF_EXPORT void CTF_GetLibrary(size_t index, CTF_LibraryInfo* info, TF_Status* status);

// ---- the log

typedef enum CTF_LogLevel { CTF_LogInfo, CTF_LogWarning, CTF_LogError } CTF_LogLevel;
typedef void (*CTF_LogCallback)(int level, const char* line, void* arg);  // level: a CTF_LogLevel

// Sends the lines that would go to stderr, or to the listener of TF_RegisterLogListener, to a function, those of the
// level and above; NULL sends them there again. Lines have no line's end, and are cut at 1 KiB. Without a call warnings
// and errors are told.
//
// Owns:    the argument stays the caller's; it is not used any more when a later call has returned.
// Threads: any thread; the callback is called from any thread, by several at once. It may call the library, but not
//          this function.
// Waits:   for calls of the callback before.
// Errors:  none.
CTF_EXPORT void CTF_SetLogCallback(CTF_LogCallback callback, void* arg, CTF_LogLevel least);

// ---- memory

// Limits what may be charged to a device of the process ("cpu"). A limit below what is in use refuses everything until
// enough has been given back; SIZE_MAX is no limit; 0 is the limit that the process would have begun with.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the process has no such device; SIM devices belong to a session, see
//          CTF_SessionOptionsSetMemoryLimit.
CTF_EXPORT void CTF_SetBudget(const char* device, size_t bytes, TF_Status* status);

typedef struct CTF_MemoryInfo {
  size_t struct_size;      // sizeof(CTF_MemoryInfo)
  size_t limit_bytes;      // SIZE_MAX: none
  size_t used_bytes;       // charged now
  size_t peak_bytes;       // the most that was charged at one time
  size_t available_bytes;  // what could be charged now
} CTF_MemoryInfo;

// Tells how much is charged to a device: of the session, or of the process for NULL. With a session, its SIM devices
// can be asked for too.
//
// Owns:    the caller owns *info.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, there is no such device (those that there are are listed); INVALID_ARGUMENT, info is NULL.
CTF_EXPORT void CTF_GetMemoryInfo(TF_Session* session, const char* device, CTF_MemoryInfo* info, TF_Status* status);

// Gives back to the system what a session keeps on a device for its next runs: the blocks of its arenas that no run
// uses, weights that it has packed, and pages of the heap that hold nothing. The next run takes or makes them again. Blocks that nobody has used for ten
// seconds are given back by the session's next run without being asked. Returns the bytes that are no longer charged.
//
// Owns:    nothing.
// Threads: any thread, also while the session runs.
// Waits:   never.
// Errors:  0 with NOT_FOUND, there is no such device; INVALID_ARGUMENT, the session is NULL.
CTF_EXPORT size_t CTF_DeviceTrim(TF_Session* session, const char* device, TF_Status* status);

// ---- graphs from files

typedef struct CTF_ImportFileOptions {
  size_t struct_size;                              // sizeof(CTF_ImportFileOptions)
  const TF_ImportGraphDefOptions* import_options;  // NULL: none
  TF_Bool copy;  // read constants into memory that is charged, instead of using them where they are in the file
} CTF_ImportFileOptions;

// Imports a GraphDef from a file, binary or in protobuf's text format: which, its bytes say. A binary file stays mapped
// while the graph, or a tensor of it, lives: constants whose bytes stand in the file are used there, without a copy and
// charged to nobody, since the system can drop and read them again. Files may be larger than 2 GiB. With options->copy
// every constant is copied once, charged, and the file is closed.
//
// A file that is cut short or written to while it is mapped ends nothing: runs that use it are refused with DATA_LOSS,
// and all others go on. For this the library handles SIGBUS in its own mappings and passes every other on to whoever
// handled it before. A model is replaced safely by renaming a new file over it.
//
// Owns:    the path and the options are not kept.
// Threads: any thread.
// Waits:   for other calls on the graph, and for the file.
// Errors:  NOT_FOUND, there is no such file, or a folder; PERMISSION_DENIED; INVALID_ARGUMENT, a pipe, socket or
//          device, not a GraphDef, or one that is not valid; RESOURCE_EXHAUSTED, over the budget: the node is
//          named; DATA_LOSS, the file changed meanwhile. On error the graph is as it was. options may be NULL.
CTF_EXPORT void CTF_GraphImportFile(TF_Graph* graph, const char* path, const CTF_ImportFileOptions* options,
                                    TF_Status* status);

// ---- graphs as text

// Writes a serialised GraphDef in protobuf's text format: the same graph always as the same text, fields by number and
// attributes by name.
//
// Owns:    text, which must be empty, gets bytes that go with libc's free (TF_DeleteBuffer); a NUL does not end them.
// Threads: any thread; one at a time per buffer.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the bytes are no GraphDef, or text is not empty; RESOURCE_EXHAUSTED, no memory for it.
CTF_EXPORT void CTF_GraphDefToText(const TF_Buffer* graph_def, TF_Buffer* text, TF_Status* status);

// Reads a GraphDef in protobuf's text format and serialises it, for TF_GraphImportGraphDef.
//
// Owns:    graph_def, which must be empty, gets bytes that go with libc's free (TF_DeleteBuffer).
// Threads: any thread; one at a time per buffer.
// Waits:   never.
// Errors:  INVALID_ARGUMENT "Invalid GraphDef: 3:14: ...", what is wrong at which line and column, or graph_def is not
//          empty; RESOURCE_EXHAUSTED, no memory for it.
CTF_EXPORT void CTF_GraphDefFromText(const char* text, size_t length, TF_Buffer* graph_def, TF_Status* status);

// ---- session options

// Chooses the device of operations that ask for none: "" is the CPU.
//
// Owns:    the text is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  RESOURCE_EXHAUSTED, no memory for the copy. TF_NewSession reports a device that the session does not have.
CTF_EXPORT void CTF_SessionOptionsSetDevice(TF_SessionOptions* options, const char* device, TF_Status* status);

// Gives the session simulated devices: CPU threads with memory of their own that work as asynchronous streams, each
// piece of work delayed by up to max_delay_us. The same seed gives the same delays.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, num_devices is negative or above 15.
CTF_EXPORT void CTF_SessionOptionsSetSim(TF_SessionOptions* options, int num_devices, uint64_t seed,
                                         uint32_t max_delay_us, TF_Status* status);

// Chooses the passes over the graph: "all", "none", or names after + or -, separated by commas.
//
// Owns:    the text is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  RESOURCE_EXHAUSTED, no memory for the copy. TF_NewSession reports a name that no pass has.
CTF_EXPORT void CTF_SessionOptionsSetPasses(TF_SessionOptions* options, const char* passes, TF_Status* status);

// Limits what the session may have charged on each device; SIZE_MAX is no limit but the device's own.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the options are NULL.
CTF_EXPORT void CTF_SessionOptionsSetMemoryLimit(TF_SessionOptions* options, size_t bytes, TF_Status* status);

// Lets a run wait for memory that other runs of the session hold, instead of being refused at once (0, the default). It
// waits before its first step, at most so long and at most until its own deadline; what would not fit alone is refused
// once no other run is under way.
//
// Owns:    nothing.
// Threads: one thread at a time for each options object.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, options is NULL, or the time is negative.
CTF_EXPORT void CTF_SessionOptionsSetAdmissionWait(TF_SessionOptions* options, int64_t milliseconds, TF_Status* status);

// ---- runs prepared once

// A request that is checked and compiled once: what is fed, fetched and run besides. Any thread may run it.
typedef struct ctf_callable CTF_Callable;

// Prepares runs with these feeds, fetches and targets.
//
// Owns:    the caller owns the result (CTF_DeleteCallable); the session must outlive it. The arrays are copied.
// Threads: any thread, also while the session runs.
// Waits:   only for the same request being compiled by another thread.
// Errors:  NULL with: INVALID_ARGUMENT, a feed, fetch or target does not exist; UNIMPLEMENTED, ops without a kernel
// (all
//          are listed); RESOURCE_EXHAUSTED, no memory for it; CANCELLED, the session is closed.
CTF_EXPORT CTF_Callable* CTF_SessionMakeCallable(TF_Session* session, const TF_Output* feeds, int num_feeds,
                                                 const TF_Output* fetches, int num_fetches,
                                                 const TF_Operation* const* targets, int num_targets,
                                                 TF_Status* status);

// Runs what was prepared: feed_values in the order of its feeds, fetch_values in that of its fetches.
//
// Owns:    the caller keeps the feeds and owns the fetched tensors (TF_DeleteTensor); on failure all of them are NULL.
// Threads: any thread; runs do not wait for each other.
// Waits:   until everything that was asked for is there; closing the session ends it early.
// Errors:  as TF_SessionRun; INVALID_ARGUMENT, the callable is NULL, or there are feeds or fetches and no array of
// them.
CTF_EXPORT void CTF_CallableRun(const CTF_Callable* callable, TF_Tensor* const* feed_values, TF_Tensor** fetch_values,
                                TF_Status* status);

// Deletes a callable; NULL is accepted.
//
// Owns:    takes the callable from the caller.
// Threads: any thread, once no other runs it and while its session lives.
// Waits:   never.
// Errors:  none.
CTF_EXPORT void CTF_DeleteCallable(CTF_Callable* callable);

// ---- runs

// Ends runs from outside of them. Any thread; it may be fired before, while and after they run.
typedef struct CTF_Cancellation CTF_Cancellation;

// Makes a cancellation that has not been fired.
//
// Owns:    the caller owns the result (CTF_DeleteCancellation).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with RESOURCE_EXHAUSTED, no memory for it.
CTF_EXPORT CTF_Cancellation* CTF_NewCancellation(TF_Status* status);

// Ends every run that has been given the cancellation, and those that will be: CANCELLED with the reason (NULL: a text
// of the library's). Only the first call counts; NULL is accepted.
//
// Owns:    the reason is copied.
// Threads: any thread.
// Waits:   never for the runs.
// Errors:  none.
CTF_EXPORT void CTF_Cancel(CTF_Cancellation* cancellation, const char* reason);

// Deletes a cancellation; NULL is accepted. Runs that have it go on.
//
// Owns:    takes the cancellation from the caller.
// Threads: any thread, once no other uses it to cancel.
// Waits:   never.
// Errors:  none.
CTF_EXPORT void CTF_DeleteCancellation(CTF_Cancellation* cancellation);

// What a run did and when, step by step. One run at a time records into it; what it held before is forgotten then. Read
// by any thread when no run is under way.
typedef struct ctf_trace CTF_Trace;

typedef struct CTF_RunRequest {
  size_t struct_size;  // sizeof(CTF_RunRequest)
  const TF_Output* feeds;
  TF_Tensor* const* feed_values;
  int num_feeds;
  const TF_Output* fetches;
  int num_fetches;
  const TF_Operation* const* targets;
  int num_targets;
  int64_t timeout_ms;              // from now; 0: that of the session, if it has one
  CTF_Cancellation* cancellation;  // NULL: only the session ends the run
  CTF_Trace* trace;                // what the run does is recorded here; it outlives the run. NULL: nothing is recorded
} CTF_RunRequest;

// TF_SessionRun with a deadline and a cancellation.
//
// Owns:    as TF_SessionRun; the request is not kept.
// Threads: any thread; runs of one session do not wait for each other.
// Waits:   until the run has ended; ended early by TF_CloseSession, the timeout and the cancellation.
// Errors:  all of values are NULL, with those of TF_SessionRun; INVALID_ARGUMENT, the request is NULL.
CTF_EXPORT void CTF_SessionRun(TF_Session* session, const CTF_RunRequest* request, TF_Tensor** values,
                               TF_Status* status);

typedef struct CTF_AsyncRun CTF_AsyncRun;  // any thread

// Is called once when the run is over, on a thread of the run's: CTF_AsyncRunWait does not wait any more then.
typedef void (*CTF_RunDone)(CTF_AsyncRun* run, void* arg);

// Begins a run on a thread of its own. What the request points to is copied, and the tensors are kept until the run is
// over. done may be NULL.
//
// Owns:    the caller owns the result (CTF_DeleteAsyncRun). The session outlives the run.
// Threads: any thread.
// Waits:   never.
// Errors:  NULL, and done is not called, with: INVALID_ARGUMENT, session or request is NULL, or the request does not
// say
//          what to do; CANCELLED, the session is closed; RESOURCE_EXHAUSTED, no memory or no thread. All else is the
//          run's: see CTF_AsyncRunWait.
CTF_EXPORT CTF_AsyncRun* CTF_SessionRunAsync(TF_Session* session, const CTF_RunRequest* request, CTF_RunDone done,
                                             void* arg, TF_Status* status);

// A descriptor that can be read (an eventfd) once the run is over, for poll and its like.
//
// Owns:    the run owns the descriptor.
// Threads: any thread.
// Waits:   never.
// Errors:  -1 for NULL.
CTF_EXPORT int CTF_AsyncRunEventFd(const CTF_AsyncRun* run);

// Ends a run early: CANCELLED. NULL is accepted.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
CTF_EXPORT void CTF_AsyncRunCancel(CTF_AsyncRun* run);

// Waits until the run is over and gives what was fetched, as many tensors as the request had fetches. Tensors are given
// once: a second call gives NULLs.
//
// Owns:    the caller owns each of values (TF_DeleteTensor); values may be NULL, the run then keeps them.
// Threads: any thread.
// Waits:   until the run has ended.
// Errors:  all of values are NULL, with those of TF_SessionRun; INVALID_ARGUMENT, the run is NULL.
CTF_EXPORT void CTF_AsyncRunWait(CTF_AsyncRun* run, TF_Tensor** values, TF_Status* status);

// Cancels the run if it is not over, and deletes it; NULL is accepted. Not from its own `done`.
//
// Owns:    takes the run from the caller.
// Threads: any thread, once no other uses it.
// Waits:   until the run has ended and `done` has returned.
// Errors:  none.
CTF_EXPORT void CTF_DeleteAsyncRun(CTF_AsyncRun* run);

// ---- what a run did

// Makes an empty trace, for a CTF_RunRequest. A run that failed leaves the steps that ran until then.
//
// Owns:    the caller owns the result (CTF_DeleteTrace).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with RESOURCE_EXHAUSTED, no memory for it.
CTF_EXPORT CTF_Trace* CTF_NewTrace(TF_Status* status);

// Deletes a trace; NULL is accepted.
//
// Owns:    takes the trace from the caller, with everything that was read from it.
// Threads: any thread, once no other uses it and no run records into it.
// Waits:   never.
// Errors:  none.
CTF_EXPORT void CTF_DeleteTrace(CTF_Trace* trace);

typedef struct CTF_TracedRun {
  size_t struct_size;     // sizeof(CTF_TracedRun)
  int64_t start_unix_ns;  // when the run began, since 1970; all other times count from there
  int64_t admitted_ns;    // when its memory was there and its first step could begin
  int64_t end_ns;         // when its last step was over
  size_t num_steps;       // CTF_TraceGetStep
  size_t num_tensors;     // CTF_TraceGetTensor
} CTF_TracedRun;

// One step of the run. A stream does one thing at a time; the host, "/device:CPU:0", has one.
typedef struct CTF_TracedStep {
  size_t struct_size;  // sizeof(CTF_TracedStep)
  const char* kind;   // "kernel"; "copy", between devices; "wait", of a stream or the host for what the step then needs
  const char* name;   // of the node
  const char* op;     // of the node; of a copy MEMCPYHtoD or MEMCPYDtoH
  const char* label;  // "name = Op(a, b:1, ^c)"
  const char* device;
  int stream;
  int64_t scheduled_ns;  // it was put on its stream; on the host, it could have begun
  int64_t start_ns;
  int64_t end_ns;
  size_t first_tensor;  // what it made is num_tensors of the trace's tensors from here on
  size_t num_tensors;
} CTF_TracedStep;

// Bytes that a step of the run made. Feeds, constants and copies of them are not among them: see CTF_PlanReportLive.
typedef struct CTF_TracedTensor {
  size_t struct_size;  // sizeof(CTF_TracedTensor)
  const char* name;    // "node:0"
  const char* role;    // "output", "workspace", "fetch"
  const char* device;
  size_t step;  // that made it
  TF_DataType dtype;
  int num_dims;
  const int64_t* dims;
  size_t bytes;
  size_t held_bytes;  // what was taken for it: of an arena, rounded up; 0: it is a part of another tensor
  size_t offset;      // in the arena of its device; SIZE_MAX: it has memory of its own
  int64_t start_ns;   // of the step that made it
  int64_t end_ns;     // of the last step that used its bytes, of the run, or start of the step that took them over
} CTF_TracedTensor;

// The run as a whole; zeros when no run has been recorded.
//
// Owns:    the caller owns *run.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, trace or run is NULL; FAILED_PRECONDITION, the run is under way.
CTF_EXPORT void CTF_TraceGetRun(const CTF_Trace* trace, CTF_TracedRun* run, TF_Status* status);

// One step, in the order in which they began. Steps that had nothing to do, such as a Reshape, are not among them.
//
// Owns:    the trace owns what *step points to, until the next run records into it.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such step, or an argument is NULL; FAILED_PRECONDITION, the run is under way.
CTF_EXPORT void CTF_TraceGetStep(const CTF_Trace* trace, size_t index, CTF_TracedStep* step, TF_Status* status);

// One tensor that the run made: what memory held at a time is the sum over those with start_ns <= time < end_ns.
//
// Owns:    the trace owns what *tensor points to, until the next run records into it.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such tensor, or an argument is NULL; FAILED_PRECONDITION, the run is under
//          way.
CTF_EXPORT void CTF_TraceGetTensor(const CTF_Trace* trace, size_t index, CTF_TracedTensor* tensor, TF_Status* status);

// Writes the trace as TensorFlow's RunMetadata, with step_stats, as a traced TF_SessionRun does.
//
// Owns:    run_metadata, which must be empty, gets bytes that go with it (TF_DeleteBuffer).
// Threads: any thread; one at a time per buffer.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, an argument is NULL or the buffer is not empty; FAILED_PRECONDITION, the run is under way;
//          RESOURCE_EXHAUSTED, no memory for it.
CTF_EXPORT void CTF_TraceToRunMetadata(const CTF_Trace* trace, TF_Buffer* run_metadata, TF_Status* status);

// ---- what a run would need

typedef struct CTF_FeedShape {  // what would be fed
  TF_Output feed;
  const int64_t* dims;
  int num_dims;
  const TF_Tensor* value;  // NULL: not known. With a value, dims and num_dims are not read.
} CTF_FeedShape;

typedef struct ctf_plan_report CTF_PlanReport;  // immutable; any thread

// Reports what a run with these feeds, fetches and targets would need. Nothing runs and no tensor memory is allocated.
//
// Owns:    the caller owns the result (CTF_DeletePlanReport); it outlives the session.
// Threads: any thread, also while the session runs.
// Waits:   only for the same plan being compiled by another thread.
// Errors:  NULL with: INVALID_ARGUMENT, a feed, fetch or target does not exist or a shape does not fit; UNIMPLEMENTED,
// ops
//          without a kernel (all are listed); RESOURCE_EXHAUSTED, no memory for the plan itself; CANCELLED, closed.
//          A plan over budget is a result, not an error: see CTF_PlanReportFits.
CTF_EXPORT CTF_PlanReport* CTF_SessionPlan(TF_Session* session, const CTF_FeedShape* feeds, int num_feeds,
                                           const TF_Output* fetches, int num_fetches,
                                           const TF_Operation* const* targets, int num_targets, TF_Status* status);

// Deletes a report; NULL is accepted.
//
// Owns:    takes the report from the caller, with everything that was read from it.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
CTF_EXPORT void CTF_DeletePlanReport(CTF_PlanReport* report);

// Whether the run would have been admitted when the report was made.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
CTF_EXPORT TF_Bool CTF_PlanReportFits(const CTF_PlanReport* report);

// Whether every size is known before the run.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
CTF_EXPORT TF_Bool CTF_PlanReportExact(const CTF_PlanReport* report);

// Why the report is not exact, as a sentence that names the node. "" when it is exact.
//
// Owns:    the report owns the text.
// Threads: any thread.
// Waits:   never.
// Errors:  "" for NULL.
CTF_EXPORT const char* CTF_PlanReportNotExact(const CTF_PlanReport* report);

// peak_bytes = held_bytes + feed_bytes + arena_bytes + fetch_bytes.
typedef struct CTF_PlanDevice {
  size_t struct_size;  // sizeof(CTF_PlanDevice)
  const char* name;
  size_t budget_bytes;     // SIZE_MAX: none
  size_t available_bytes;  // of the budget, when the report was made; idle memory of the session is among it
  size_t peak_bytes;       // of the device while the run is under way: the least budget that admits it
  size_t arena_bytes;      // tensors that only the run sees
  size_t constant_bytes;   // of held_bytes: constants of the plan
  size_t num_live;         // tensors alive at the peak: CTF_PlanReportLive
  int peak_step;           // the step that makes the peak; -1: none
  size_t held_bytes;       // charged already: constants, variables, feeds that are there
  size_t feed_bytes;       // of feeds that were given as shapes
  size_t fetch_bytes;      // fetched tensors
  size_t mapped_bytes;     // constants that lie in a file or in the caller's memory: not charged
  size_t live_bytes;  // of the arena: the largest sum of tensors alive at a step, each rounded up as the arena does
  size_t file_live_bytes;  // the same if the steps ran in the file's order
} CTF_PlanDevice;

typedef struct CTF_PlanTensor {
  size_t struct_size;  // sizeof(CTF_PlanTensor)
  const char* name;    // "node:0"
  const char* op;      // type of the node
  TF_DataType dtype;
  int num_dims;  // -1: not known before the run
  const int64_t* dims;
  size_t bytes;
  size_t offset;     // in the arena of its device
  const char* role;  // "output", "workspace", "feed", "fetch", "constant", "mapped constant"
} CTF_PlanTensor;

typedef struct CTF_PlanStep {
  size_t struct_size;  // sizeof(CTF_PlanStep)
  const char* name;    // of the node
  const char* op;
  const char* device;
  int segment;
  int stream;
  size_t num_outputs;  // CTF_PlanReportStepOutput
  size_t num_waits;
  const int* waits;  // the segments that this step's segment waits for, in its first step
} CTF_PlanStep;

// The number of devices that the plan uses.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
CTF_EXPORT size_t CTF_PlanReportNumDevices(const CTF_PlanReport* report);

// What the run needs on one device.
//
// Owns:    the report owns what *device points to.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such device, or device is NULL.
CTF_EXPORT void CTF_PlanReportDevice(const CTF_PlanReport* report, size_t index, CTF_PlanDevice* device,
                                     TF_Status* status);

// One of the tensors that are alive at a device's peak, the largest first.
//
// Owns:    the report owns what *tensor points to.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such device or tensor, or tensor is NULL.
CTF_EXPORT void CTF_PlanReportLive(const CTF_PlanReport* report, size_t device, size_t index, CTF_PlanTensor* tensor,
                                   TF_Status* status);

// The number of steps.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
CTF_EXPORT size_t CTF_PlanReportNumSteps(const CTF_PlanReport* report);

// One step, in the order in which they begin.
//
// Owns:    the report owns what *step points to.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such step, or step is NULL.
CTF_EXPORT void CTF_PlanReportStep(const CTF_PlanReport* report, size_t index, CTF_PlanStep* step, TF_Status* status);

// One of the tensors that a step makes.
//
// Owns:    the report owns what *tensor points to.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such step or tensor, or tensor is NULL.
CTF_EXPORT void CTF_PlanReportStepOutput(const CTF_PlanReport* report, size_t step, size_t index,
                                         CTF_PlanTensor* tensor, TF_Status* status);

// ---- ops

typedef struct CTF_OpList CTF_OpList;  // immutable; any thread

typedef struct CTF_OpInfo {
  size_t struct_size;  // sizeof(CTF_OpInfo)
  const char* name;
  const char* family;  // where the op is defined: ops/<family>.c; "" when it is not
  uint64_t cpu_types;  // bit t: the CPU has a kernel for element type t (a TF_DataType) of the op's first type
                       // attribute; all bits when the op has none or runs nothing; 0: no kernel
  uint64_t sim_types;
  TF_Bool has_gradient;
  size_t num_nodes;          // nodes of this op in the graph; 0 in CTF_AllOps
  const char* example_node;  // one of them; "" in CTF_AllOps
} CTF_OpInfo;

// The ops that this build defines, by name.
//
// Owns:    the caller owns the result (CTF_DeleteOpList).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with RESOURCE_EXHAUSTED, no memory for it.
CTF_EXPORT CTF_OpList* CTF_AllOps(TF_Status* status);

// The ops of a graph that the device cannot run for at least one node, by name; num_nodes counts those nodes.
//
// Owns:    the caller owns the result (CTF_DeleteOpList); it outlives the graph.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  NULL with: INVALID_ARGUMENT, the graph is NULL; NOT_FOUND, no device is of this kind; RESOURCE_EXHAUSTED, no
//          memory for it.
CTF_EXPORT CTF_OpList* CTF_GraphOpsWithoutKernel(TF_Graph* graph, const char* device, TF_Status* status);

// The number of ops in a list.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
CTF_EXPORT size_t CTF_OpListCount(const CTF_OpList* list);

// One op of a list.
//
// Owns:    the list owns what *info points to.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such entry, or info is NULL.
CTF_EXPORT void CTF_OpListGet(const CTF_OpList* list, size_t index, CTF_OpInfo* info, TF_Status* status);

// Deletes a list; NULL is accepted.
//
// Owns:    takes the list from the caller, with everything that was read from it.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
CTF_EXPORT void CTF_DeleteOpList(CTF_OpList* list);

#ifdef __cplusplus
}
#endif

#endif  // CTF_CTF_H_
