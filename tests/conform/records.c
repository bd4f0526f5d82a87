#include "tests/conform/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// CRC-32C (Castagnoli), reflected polynomial; TFRecord stores it rotated and with a constant added.
static uint32_t crc32c(const uint8_t* data, size_t bytes) {
  static uint32_t table[256];
  if (table[1] == 0) {
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78u : 0);
      table[i] = value;
    }
  }
  uint32_t crc = ~0u;
  for (size_t i = 0; i < bytes; ++i) crc = (crc >> 8) ^ table[(crc ^ data[i]) & 0xff];
  return ~crc;
}

static bool checksum_matches(const uint8_t* data, size_t bytes, const uint8_t* stored) {
  const uint32_t crc = crc32c(data, bytes);
  const uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
  uint32_t want;
  memcpy(&want, stored, sizeof(want));
  return masked == want;
}

bool read_whole_file(const char* path, uint8_t** out_data, size_t* out_bytes, text_buffer* why) {
  errno = 0;
  gzFile file = gzopen(path, "rb");
  if (file == NULL) {
    text_append(why, "%s: %s", path, strerror(errno != 0 ? errno : ENOMEM));
    return false;
  }
  gzbuffer(file, 1 << 18);
  uint8_t* data = NULL;
  size_t bytes = 0;
  size_t capacity = 0;
  int got = 0;
  do {
    bytes += (size_t)got;
    if (capacity - bytes < (1 << 20)) {
      capacity = capacity * 2 + (1 << 21);
      data = must_resize(data, capacity);
    }
    got = gzread(file, data + bytes, 1 << 20);
  } while (got > 0);
  int error = Z_OK;
  const char* message = gzerror(file, &error);
  const bool good = got == 0 && (error == Z_OK || error == Z_STREAM_END);
  if (!good) {
    text_append(why, "%s: %s", path, error == Z_ERRNO ? strerror(errno) : message);
    free(data);
  } else {
    *out_data = data;
    *out_bytes = bytes;
  }
  gzclose(file);
  return good;
}

bool record_file_read(const char* path, record_file* out_file, text_buffer* why) {
  record_file file = {0};
  if (!read_whole_file(path, &file.data, &file.bytes, why)) return false;
  size_t capacity = 0;
  for (size_t at = 0; at < file.bytes;) {
    const uint8_t* record = file.data + at;
    uint64_t length = 0;
    const size_t rest = file.bytes - at;
    if (rest >= 16) memcpy(&length, record, sizeof(length));
    if (rest < 16 || length > rest - 16 || !checksum_matches(record, 8, record + 8) ||
        !checksum_matches(record + 12, (size_t)length, record + 12 + length)) {
      text_append(why, "%s: record %zu at byte %zu is damaged", path, file.num_records, at);
      record_file_free(&file);
      return false;
    }
    if (file.num_records == capacity) {
      capacity = capacity * 2 + 64;
      file.records = must_resize(file.records, capacity * sizeof(*file.records));
    }
    file.records[file.num_records++] = (conform_bytes){.data = record + 12, .bytes = (size_t)length};
    at += 16 + (size_t)length;
  }
  *out_file = file;
  return true;
}

void record_file_free(record_file* file) {
  free(file->records);
  free(file->data);
  *file = (record_file){0};
}
