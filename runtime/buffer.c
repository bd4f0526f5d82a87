// Counted memory: of a device, of a client, or a part of another buffer.
#include "runtime/buffer.h"

#include "runtime/device.h"

typedef struct device_buffer {
  ctf_buffer base;
  ctf_device* device;  // counted, as is the budget
  ctf_budget* budget;
  ctf_block block;
} device_buffer;
_Static_assert(offsetof(device_buffer, base) == 0, "destroy casts ctf_buffer* to device_buffer*");

typedef struct wrapped_buffer {
  ctf_buffer base;
  void (*deallocator)(void* data, size_t len, void* arg);
  void* deallocator_arg;
} wrapped_buffer;
_Static_assert(offsetof(wrapped_buffer, base) == 0, "destroy casts ctf_buffer* to wrapped_buffer*");

static void buffer_init(ctf_buffer* buffer, void* data, size_t bytes, void (*destroy)(ctf_buffer*), void* owner) {
  atomic_init(&buffer->refs, 1);
  buffer->data = data;
  buffer->bytes = bytes;
  buffer->destroy = destroy;
  buffer->owner = owner;
}

static void device_buffer_destroy(ctf_buffer* base) {
  device_buffer* buffer = (device_buffer*)base;
  ctf_device_unreserve(buffer->device, buffer->budget, &buffer->block);
  ctf_budget_release(buffer->budget);
  ctf_device_release(buffer->device);
  ctf_free(ctf_allocator_process(), buffer);
}

static void wrapped_buffer_destroy(ctf_buffer* base) {
  wrapped_buffer* buffer = (wrapped_buffer*)base;
  if (buffer->deallocator != NULL) buffer->deallocator(base->data, base->bytes, buffer->deallocator_arg);
  ctf_free(ctf_allocator_process(), buffer);
}

static void slice_destroy(ctf_buffer* slice) {
  ctf_buffer_release(slice->owner);
  ctf_free(ctf_allocator_process(), slice);
}

ctf_status ctf_buffer_create(ctf_device* device, ctf_budget* budget, size_t bytes, const char* what,
                             ctf_buffer** out_buffer) {
  if (budget == NULL) budget = ctf_device_budget(device);
  device_buffer* buffer = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &buffer));
  ctf_status status = ctf_device_reserve(device, budget, bytes, what, &buffer->block);
  if (status != NULL) {
    ctf_free(ctf_allocator_process(), buffer);
    return status;
  }
  buffer->device = ctf_device_retain(device);
  buffer->budget = ctf_budget_retain(budget);
  buffer_init(&buffer->base, buffer->block.data, bytes, device_buffer_destroy, device);
  *out_buffer = &buffer->base;
  return NULL;
}

ctf_status ctf_buffer_wrap(void* data, size_t bytes, void (*deallocator)(void* data, size_t len, void* arg),
                           void* deallocator_arg, ctf_buffer** out_buffer) {
  wrapped_buffer* buffer = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &buffer));
  buffer_init(&buffer->base, data, bytes, wrapped_buffer_destroy, NULL);
  buffer->deallocator = deallocator;
  buffer->deallocator_arg = deallocator_arg;
  *out_buffer = &buffer->base;
  return NULL;
}

ctf_status ctf_buffer_slice(ctf_buffer* whole, size_t offset, size_t bytes, ctf_buffer** out_buffer) {
  CTF_ASSERT(offset <= whole->bytes && bytes <= whole->bytes - offset);
  ctf_buffer* slice = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &slice));
  // The start of an empty buffer may be NULL, to which nothing is added.
  void* data = offset == 0 ? whole->data : (unsigned char*)whole->data + offset;
  buffer_init(slice, data, bytes, slice_destroy, ctf_buffer_retain(whole));
  *out_buffer = slice;
  return NULL;
}

ctf_buffer* ctf_buffer_retain(ctf_buffer* buffer) {
  atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
  return buffer;
}

void ctf_buffer_release(ctf_buffer* buffer) {
  if (buffer == NULL) return;
  // acq_rel: all use of the bytes by others comes before they are given back.
  if (atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) == 1) buffer->destroy(buffer);
}

// acquire: whoever let go of it before has finished reading, so that its bytes may be overwritten.
bool ctf_buffer_sole(const ctf_buffer* buffer) {
  while (atomic_load_explicit(&buffer->refs, memory_order_acquire) == 1) {
    if (buffer->destroy != slice_destroy) return true;
    buffer = buffer->owner;  // of a slice, the whole may be seen by others
  }
  return false;
}

const ctf_buffer* ctf_buffer_whole(const ctf_buffer* buffer) {
  while (buffer->destroy == slice_destroy) buffer = buffer->owner;
  return buffer;
}

bool ctf_buffer_is_wrapped(const ctf_buffer* buffer) {
  return ctf_buffer_whole(buffer)->destroy != device_buffer_destroy;
}
