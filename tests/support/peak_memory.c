// peak_memory COMMAND [ARGUMENT...]: runs a command and samples its memory from outside, once a millisecond. Ends as
// the command does; the last line on stderr is "peak: private N file M", in bytes, the largest sums that were seen.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/resident.h"

int main(int argc, char** argv) {
  size_t private_bytes = 0, file_bytes = 0;
  if (argc < 2) {
    fprintf(stderr, "usage: peak_memory COMMAND [ARGUMENT...]\n");
    return 2;
  }
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  if (child < 0) {
    perror("peak_memory: fork");
    return 2;
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    resident now;
    resident_read(child, &now);
    if (resident_private(&now) > private_bytes) private_bytes = resident_private(&now);
    if (now.file_bytes > file_bytes) file_bytes = now.file_bytes;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  fprintf(stderr, "peak: private %zu file %zu\n", private_bytes, file_bytes);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
