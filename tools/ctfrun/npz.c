// .npz: a zip archive of .npy files, stored or deflated (APPNOTE.TXT of PKWARE, 4.3 and 4.4).
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/formats.h"

enum { LOCAL = 30, CENTRAL = 46, END = 22, METHOD_STORED = 0, METHOD_DEFLATED = 8, MAX_NAME = 1024 };

static uint64_t read_number(const unsigned char* at, int bytes) {
  uint64_t number = 0;
  for (int i = bytes - 1; i >= 0; --i) number = number << 8 | at[i];
  return number;
}

typedef struct zip_entry {
  const unsigned char* name;
  size_t name_length;
  unsigned method;
  uint64_t packed, size, offset;
  uint32_t crc;
} zip_entry;

// Sizes that do not fit 32 bits stand in an extra field of their own, in this order, those that are all ones alone.
static bool read_zip64(const unsigned char* extra, size_t length, zip_entry* entry) {
  uint64_t* const fields[] = {&entry->size, &entry->packed, &entry->offset};
  while (length >= 4) {
    const size_t size = read_number(extra + 2, 2);
    if (size > length - 4) return false;
    if (read_number(extra, 2) == 1) {
      size_t at = 4;
      for (int i = 0; i < 3; ++i) {
        if (*fields[i] != UINT32_MAX) continue;
        if (at + 8 > size + 4) return false;
        *fields[i] = read_number(extra + at, 8);
        at += 8;
      }
      return true;
    }
    extra += size + 4;
    length -= size + 4;
  }
  return true;
}

// The entry at an offset of the central directory; its length, or 0 when there is none.
static size_t read_entry(const unsigned char* bytes, size_t size, size_t at, zip_entry* out) {
  if (at + CENTRAL > size || memcmp(bytes + at, "PK\1\2", 4) != 0) return 0;
  const unsigned char* head = bytes + at;
  const size_t name = read_number(head + 28, 2), extra = read_number(head + 30, 2), comment = read_number(head + 32, 2);
  const size_t length = CENTRAL + name + extra + comment;
  if (length > size - at) return 0;
  *out = (zip_entry){.name = head + CENTRAL,
                     .name_length = name,
                     .method = (unsigned)read_number(head + 10, 2),
                     .crc = (uint32_t)read_number(head + 16, 4),
                     .packed = read_number(head + 20, 4),
                     .size = read_number(head + 24, 4),
                     .offset = read_number(head + 42, 4)};
  return read_zip64(head + CENTRAL + name, extra, out) ? length : 0;
}

// The first entry of the directory. Archives of 4 GiB and more have a second, larger end record before the first.
static bool find_directory(const unsigned char* bytes, size_t size, size_t* out_at, uint64_t* out_count) {
  if (size < END) return false;
  for (size_t at = size - END; size - at < END + 65536; --at) {
    if (memcmp(bytes + at, "PK\5\6", 4) == 0) {
      *out_count = read_number(bytes + at + 10, 2);
      uint64_t start = read_number(bytes + at + 16, 4);
      if (start == UINT32_MAX && at >= 20 && memcmp(bytes + at - 20, "PK\6\7", 4) == 0) {
        const uint64_t second = read_number(bytes + at - 12, 8);
        if (second > size || size - second < 56 || memcmp(bytes + second, "PK\6\6", 4) != 0) return false;
        *out_count = read_number(bytes + second + 32, 8);
        start = read_number(bytes + second + 48, 8);
      }
      *out_at = (size_t)start;
      return start <= size;
    }
    if (at == 0) return false;
  }
  return false;
}

// The entry's bytes. What is unpacked lies in a tensor, so that it is charged; the caller deletes it.
static bool unpack(const unsigned char* bytes, size_t size, const zip_entry* entry, const char** out_bytes,
                   TF_Tensor** out_owned) {
  *out_owned = NULL;
  if (entry->offset > size || size - entry->offset < LOCAL) return false;
  const unsigned char* local = bytes + entry->offset;
  if (memcmp(local, "PK\3\4", 4) != 0) return false;
  const size_t data = entry->offset + LOCAL + read_number(local + 26, 2) + read_number(local + 28, 2);
  if (data > size || entry->packed > size - data) return false;
  if (entry->method == METHOD_STORED) {
    *out_bytes = (const char*)bytes + data;
    return entry->packed == entry->size;
  }
  // Deflate never shrinks more than 1032 times: a larger claim is a lie that would cost memory.
  if (entry->method != METHOD_DEFLATED || entry->size / 1032 > entry->packed + 1) return false;
  if (entry->packed > UINT32_MAX || entry->size >= UINT32_MAX) return false;
  const int64_t room = (int64_t)entry->size + 1;  // a byte more, so that what goes on is seen
  *out_owned = TF_AllocateTensor(TF_UINT8, &room, 1, (size_t)room);
  if (*out_owned == NULL) return false;
  char* text = TF_TensorData(*out_owned);
  z_stream stream = {.next_in = (Bytef*)(uintptr_t)(bytes + data),
                     .avail_in = (uInt)entry->packed,
                     .next_out = (Bytef*)text,
                     .avail_out = (uInt)room};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  const int ended = inflate(&stream, Z_FINISH);
  const bool whole = ended == Z_STREAM_END && stream.total_out == entry->size &&
                     crc32(0, (const Bytef*)text, (uInt)entry->size) == entry->crc;
  inflateEnd(&stream);
  *out_bytes = text;
  return whole;
}

int npz_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  const unsigned char* bytes = (const unsigned char*)source->bytes;
  size_t at = 0, used = 0, length;
  uint64_t count = 0;
  char names[1024] = "";
  const char* key = source->options;
  if (!find_directory(bytes, source->size, &at, &count)) {
    return fail(EXIT_FILE, "%s is no .npz file that can be read", source->path);
  }
  if (key == NULL && count > 1) {
    return fail(EXIT_USAGE, "%s \"%s\": %s has %llu arrays; say which as %s:KEY", target->what, target->name,
                source->path, (unsigned long long)count, source->path);
  }
  for (uint64_t i = 0; i < count; ++i, at += length) {
    zip_entry entry;
    length = read_entry(bytes, source->size, at, &entry);
    if (length == 0) return fail(EXIT_FILE, "%s is damaged; its directory ends too early", source->path);
    const size_t stem = entry.name_length > 4 ? entry.name_length - 4 : 0;
    if (key != NULL && (strlen(key) != stem || memcmp(key, entry.name, stem) != 0)) {
      if (used < sizeof(names) - 1) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, " %.*s", (int)stem, (const char*)entry.name);
      }
      continue;
    }
    file_source inner = {.path = source->path, .size = entry.size};
    TF_Tensor* owned;
    int code;
    if (!unpack(bytes, source->size, &entry, &inner.bytes, &owned)) {
      code = fail(EXIT_FILE,
                  "%s is damaged, too large for the budget or packed in another way than numpy does; its array %.*s "
                  "cannot be read",
                  source->path, (int)stem, (const char*)entry.name);
    } else {
      code = npy_load(&inner, target, out_tensor);
    }
    TF_DeleteTensor(owned);
    return code;
  }
  return fail(EXIT_USAGE, "%s \"%s\": %s has no array \"%s\"; there are:%s", target->what, target->name, source->path,
              key != NULL ? key : "", names);
}

// ---- writing: stored, with the sizes in 32 bits

typedef struct zip_writer {
  FILE* file;
  uint64_t offset;
  char* directory;
  size_t used, capacity;
  int count;
} zip_writer;

static void put_number(unsigned char* at, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) at[i] = (unsigned char)(number >> (8 * i));
}

static bool put_bytes(zip_writer* zip, const void* bytes, size_t size) {
  zip->offset += size;
  return size == 0 || fwrite(bytes, size, 1, zip->file) == 1;
}

// What local and central headers share, from the version needed on.
static void put_common(unsigned char* at, uint32_t crc, uint64_t size, size_t name) {
  memset(at, 0, 26);
  at[0] = 20;
  at[8] = 0x21;  // 1980-01-01 and no time: the same tensors make the same file
  put_number(at + 10, crc, 4);
  put_number(at + 14, size, 4);
  put_number(at + 18, size, 4);
  put_number(at + 22, name, 2);
}

static bool remember(zip_writer* zip, const char* name, uint32_t crc, uint64_t size, uint64_t offset) {
  const size_t length = strlen(name);
  if (zip->used + CENTRAL + length > zip->capacity) {
    const size_t capacity = 2 * (zip->capacity + CENTRAL + length);
    char* larger = realloc(zip->directory, capacity);
    if (larger == NULL) return false;
    zip->directory = larger;
    zip->capacity = capacity;
  }
  unsigned char* head = (unsigned char*)zip->directory + zip->used;
  memset(head, 0, CENTRAL);
  memcpy(head, "PK\1\2\24", 5);
  put_common(head + 6, crc, size, length);
  put_number(head + 42, offset, 4);
  memcpy(head + CENTRAL, name, length);
  zip->used += CENTRAL + length;
  ++zip->count;
  return true;
}

static int add_array(zip_writer* zip, const char* path, const file_output* output) {
  char name[MAX_NAME];
  size_t header_size;
  const TF_Tensor* tensor = output->tensor;
  const size_t bytes = TF_TensorByteSize(tensor);
  void* header = npy_header(tensor, &header_size);
  if (header == NULL) {
    return fail(EXIT_USAGE, "fetch \"%s\": a %s tensor cannot be written to %s", output->name,
                dtype_name(TF_TensorType(tensor)), path);
  }
  const uint64_t size = header_size + bytes, offset = zip->offset;
  int code = 0;
  if (offset + size >= UINT32_MAX) {
    code = fail(EXIT_USAGE, "fetch \"%s\": %s would be larger than 4 GiB; write .npy files", output->name, path);
  } else {
    uint32_t crc = (uint32_t)crc32(0, header, (uInt)header_size);
    if (bytes > 0) crc = (uint32_t)crc32(crc, TF_TensorData(tensor), (uInt)bytes);
    snprintf(name, sizeof(name), "%.1000s.npy", output->name);
    unsigned char local[LOCAL] = {'P', 'K', 3, 4};
    put_common(local + 4, crc, size, strlen(name));
    const bool ok = put_bytes(zip, local, sizeof(local)) && put_bytes(zip, name, strlen(name)) &&
                    put_bytes(zip, header, header_size) && put_bytes(zip, TF_TensorData(tensor), bytes) &&
                    remember(zip, name, crc, size, offset);
    if (!ok) code = fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  }
  free(header);
  return code;
}

int npz_save(const char* path, file_output* outputs, int count) {
  zip_writer zip = {.file = fopen(path, "wb")};
  const size_t length = strlen(path);
  if (zip.file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  int code = 0;
  for (int i = 0; i < count && code == 0; ++i) {
    const char* other = outputs[i].destination + 1;
    if (strncmp(other, path, length) != 0 || (other[length] != '\0' && other[length] != ':')) continue;
    file_output named = outputs[i];
    if (other[length] == ':') named.name = other + length + 1;
    outputs[i].done = true;
    code = add_array(&zip, path, &named);
  }
  unsigned char end[END] = {'P', 'K', 5, 6};
  put_number(end + 8, (uint64_t)zip.count, 2);
  put_number(end + 10, (uint64_t)zip.count, 2);
  put_number(end + 12, zip.used, 4);
  put_number(end + 16, zip.offset, 4);
  bool ok = put_bytes(&zip, zip.directory, zip.used) && put_bytes(&zip, end, sizeof(end));
  ok = fclose(zip.file) == 0 && ok;
  free(zip.directory);
  if (code == 0 && !ok) code = fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  return code;
}
