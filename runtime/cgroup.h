// The control groups that limit this process, of version 1 and 2.
#ifndef CTF_RUNTIME_CGROUP_H_
#define CTF_RUNTIME_CGROUP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTF_CGROUP_PATH_BYTES 4096

// Called for each group on the way from the process's own to the top that is visible, with its folder.
typedef void (*ctf_cgroup_visit)(void* arg, const char* folder);

// Walks the groups of a controller of version 1 ("memory", "cpu"), or those of version 2 when `controller` is NULL.
// What is read lies below `root` ("" outside tests). Does nothing where there are none.
void ctf_cgroup_walk(const char* root, const char* controller, ctf_cgroup_visit visit, void* arg);

// CPUs that the quotas of all groups allow, rounded up; 0 when there is no quota.
int ctf_cgroup_cpus(const char* root);

// Reads folder/name, a file of one number. False when it is not there or is none ("max").
bool ctf_cgroup_read_number(const char* folder, const char* name, uint64_t* out_number);

// Calls `line` for every line of a text file, without its end, cut at CTF_CGROUP_PATH_BYTES. False when it is not
// there. Nothing is allocated.
bool ctf_read_lines(const char* path, void (*line)(void* arg, char* text), void* arg);

#endif  // CTF_RUNTIME_CGROUP_H_
