// Replays a corpus: gives every file of the folders named on the command line to LLVMFuzzerTestOneInput, once. What
// stands in for libFuzzer's main in all presets but fuzz.
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes);

// False when the file cannot be read.
static bool replay_file(const char* path, size_t bytes) {
  FILE* file = fopen(path, "rb");
  // exactly as large as the file: a read past its end is a finding of AddressSanitizer
  uint8_t* data = malloc(bytes ? bytes : 1);
  const bool read = file && data && fread(data, 1, bytes, file) == bytes;
  if (read) LLVMFuzzerTestOneInput(data, bytes);
  free(data);
  if (file) fclose(file);
  return read;
}

// The number of files replayed, or -1.
static int replay_folder(const char* folder) {
  DIR* entries = opendir(folder);
  if (!entries) return -1;
  int count = 0;
  for (const struct dirent* entry = readdir(entries); entry && count >= 0; entry = readdir(entries)) {
    char path[4096];
    struct stat info;
    if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path)) continue;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) continue;
    count = replay_file(path, (size_t)info.st_size) ? count + 1 : -1;
  }
  closedir(entries);
  return count;
}

int main(int argc, char** argv) {
  int total = 0;
  for (int i = 1; i < argc; ++i) {
    const int count = replay_folder(argv[i]);
    if (count < 0) {
      fprintf(stderr, "%s: cannot be read\n", argv[i]);
      return EXIT_FAILURE;
    }
    total += count;
  }
  printf("%d inputs replayed\n", total);
  return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
