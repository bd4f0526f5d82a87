// Whether this build is sanitized, and what that changes for a runner of processes.
#ifndef CTF_TESTS_CONFORM_SANITIZERS_H_
#define CTF_TESTS_CONFORM_SANITIZERS_H_

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define SANITIZER_SLOWDOWN 5  // of time limits

// Exit codes of workers: LeakSanitizer's own, and ours.
#define WORKER_LEAKED 23
#define WORKER_USELESS 70  // not even a good run works: no case is to blame

#endif  // CTF_TESTS_CONFORM_SANITIZERS_H_
