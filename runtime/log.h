// Lines for people, on stderr or to a listener. Never allocates.
#ifndef CTF_RUNTIME_LOG_H_
#define CTF_RUNTIME_LOG_H_

#include "runtime/status.h"

typedef enum ctf_log_level {
  CTF_LOG_INFO,
  CTF_LOG_WARNING,
  CTF_LOG_ERROR,
  CTF_LOG_ASKED_FOR,  // whatever the level: somebody wants to see these lines
} ctf_log_level;

void ctf_log(ctf_log_level level, const char* format, ...) CTF_PRINTF(2, 3);  // cut at 1 KiB
void ctf_log_set_level(ctf_log_level least);                                  // default CTF_LOG_WARNING
// NULL restores stderr. The listener may be called from any thread.
void ctf_log_set_listener(void (*listener)(const char* line));
// The same with a level and an argument, before the listener is asked; NULL: none. Returns when no call of the callback
// before is under way: not from within one.
typedef void (*ctf_log_callback)(int level, const char* line, void* arg);  // a ctf_log_level
void ctf_log_set_callback(ctf_log_callback callback, void* arg);

#endif  // CTF_RUNTIME_LOG_H_
