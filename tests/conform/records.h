// TFRecord files, gzipped or not.
#ifndef CTF_TESTS_CONFORM_RECORDS_H_
#define CTF_TESTS_CONFORM_RECORDS_H_

#include <stdbool.h>

#include "tests/conform/case.h"
#include "tests/conform/text.h"

// Records point into `data`.
typedef struct record_file {
  uint8_t* data;
  size_t bytes;
  conform_bytes* records;
  size_t num_records;
} record_file;

// Reads a file whole and checks both checksums of every record. False with the reason in `why`.
bool record_file_read(const char* path, record_file* out_file, text_buffer* why);
void record_file_free(record_file* file);

bool read_whole_file(const char* path, uint8_t** out_data, size_t* out_bytes,
                     text_buffer* why);  // unzips what is gzipped

#endif  // CTF_TESTS_CONFORM_RECORDS_H_
