// make_model FILE content|list|splat DIM...: writes a GraphDef with a float constant "constant" of this shape, and the
// nodes "sum" (of all of it), "first" (its first row along axis 0) and "small" (2 * 3). The constant's values are
// random in [0, 1), as its content or as a list; a splat is 0.5 throughout. Prints the sum of the values.
//
// By hand and not by TensorFlow, so that a test can have a file of any size at once.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 8, PART = 1 << 16 };

typedef struct bytes {
  unsigned char data[4096];
  size_t count;
} bytes;

static void put_varint(bytes* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out->data[out->count++] = (unsigned char)(value | 0x80);
  out->data[out->count++] = (unsigned char)value;
}

static void put_block(bytes* out, int number, const void* data, size_t count) {
  put_varint(out, (uint64_t)number << 3 | 2);
  put_varint(out, count);
  memcpy(out->data + out->count, data, count);
  out->count += count;
}

static void put_text(bytes* out, int number, const char* text) { put_block(out, number, text, strlen(text)); }

static void put_type(bytes* out, int number, int type) {
  put_varint(out, (uint64_t)number << 3);
  put_varint(out, (uint64_t)type);
}

// An entry of a node's attributes; `value` is the content of the AttrValue.
static void put_attr(bytes* node, const char* name, const bytes* value) {
  bytes entry = {0};
  put_text(&entry, 1, name);
  put_block(&entry, 2, value->data, value->count);
  put_block(node, 5, entry.data, entry.count);
}

static void put_type_attr(bytes* node, const char* name, int type) {
  bytes value = {0};
  put_type(&value, 6, type);
  put_attr(node, name, &value);
}

static bytes begin_node(const char* name, const char* op, const char* const* inputs, int num_inputs) {
  bytes node = {0};
  put_text(&node, 1, name);
  put_text(&node, 2, op);
  for (int i = 0; i < num_inputs; ++i) put_text(&node, 3, inputs[i]);
  return node;
}

static void put_shape(bytes* tensor, const int64_t* dims, int rank) {
  bytes shape = {0};
  for (int i = 0; i < rank; ++i) {
    bytes dim = {0};
    put_type(&dim, 1, 0);
    dim.count -= 1;
    put_varint(&dim, (uint64_t)dims[i]);
    put_block(&shape, 2, dim.data, dim.count);
  }
  put_block(tensor, 2, shape.data, shape.count);
}

static void put_small_constant(bytes* graph, const char* name, int type, const int64_t* dims, int rank,
                               const void* content, size_t size) {
  bytes node = begin_node(name, "Const", NULL, 0), tensor = {0}, value = {0};
  put_type(&tensor, 1, type);
  put_shape(&tensor, dims, rank);
  put_block(&tensor, 4, content, size);
  put_block(&value, 8, tensor.data, tensor.count);
  put_attr(&node, "value", &value);
  put_type_attr(&node, "dtype", type);
  put_block(graph, 1, node.data, node.count);
}

static float next_value(uint64_t* state) {  // xorshift64*: Vigna 2016, arXiv:1402.6246
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return (float)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 40) / (float)(1 << 24);
}

// The lengths of the messages around so many bytes, from the inside out, each with the tag before it.
static void write_large_constant(FILE* file, const char* form, const int64_t* dims, int rank, uint64_t count) {
  const int type = 1;  // DT_FLOAT
  const int splat = strcmp(form, "splat") == 0;
  const uint64_t payload = splat ? 4 : 4 * count;
  bytes node = begin_node("constant", "Const", NULL, 0), tensor = {0};
  put_type_attr(&node, "dtype", type);
  put_type(&tensor, 1, type);
  put_shape(&tensor, dims, rank);
  put_varint(&tensor, (strcmp(form, "content") == 0 ? 4u : 5u) << 3 | 2);
  put_varint(&tensor, payload);
  bytes value = {0}, entry = {0}, whole = {0};  // heads: what stands before the payload
  put_varint(&value, 8 << 3 | 2);
  put_varint(&value, tensor.count + payload);
  put_text(&entry, 1, "value");
  put_varint(&entry, 2 << 3 | 2);
  put_varint(&entry, value.count + tensor.count + payload);
  put_varint(&node, 5 << 3 | 2);
  put_varint(&node, entry.count + value.count + tensor.count + payload);
  put_varint(&whole, 1 << 3 | 2);
  put_varint(&whole, node.count + entry.count + value.count + tensor.count + payload);
  const bytes* const heads[] = {&whole, &node, &entry, &value, &tensor};
  for (int i = 0; i < 5; ++i) fwrite(heads[i]->data, 1, heads[i]->count, file);

  static float part[PART];
  double sum = splat ? 0.5 * (double)count : 0;
  uint64_t state = 42;
  const uint64_t written = splat ? 1 : count;
  for (uint64_t done = 0; done < written;) {
    const uint64_t more = written - done < PART ? written - done : PART;
    for (uint64_t i = 0; i < more; ++i) {
      part[i] = splat ? 0.5f : next_value(&state);
      if (!splat) sum += (double)part[i];
    }
    fwrite(part, sizeof(float), more, file);
    done += more;
  }
  printf("%.9g\n", sum);
}

static void write_other_nodes(FILE* file, int rank) {
  bytes graph = {0};
  const int32_t axes[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, zero = 0;
  const float two = 2, three = 3;
  const int64_t num_axes = rank;
  put_small_constant(&graph, "axes", 3, &num_axes, 1, axes, sizeof(*axes) * (size_t)rank);
  put_small_constant(&graph, "zero", 3, NULL, 0, &zero, sizeof(zero));
  put_small_constant(&graph, "two", 1, NULL, 0, &two, sizeof(two));
  put_small_constant(&graph, "three", 1, NULL, 0, &three, sizeof(three));
  bytes sum = begin_node("sum", "Sum", (const char* const[]){"constant", "axes"}, 2);
  put_type_attr(&sum, "T", 1);
  put_type_attr(&sum, "Tidx", 3);
  put_block(&graph, 1, sum.data, sum.count);
  bytes first = begin_node("first", "GatherV2", (const char* const[]){"constant", "zero", "zero"}, 3);
  put_type_attr(&first, "Tparams", 1);
  put_type_attr(&first, "Tindices", 3);
  put_type_attr(&first, "Taxis", 3);
  put_block(&graph, 1, first.data, first.count);
  bytes small = begin_node("small", "Mul", (const char* const[]){"two", "three"}, 2);
  put_type_attr(&small, "T", 1);
  put_block(&graph, 1, small.data, small.count);
  bytes versions = {0};
  put_type(&versions, 1, 0);
  versions.count -= 1;
  put_varint(&versions, 1395);
  put_block(&graph, 4, versions.data, versions.count);
  fwrite(graph.data, 1, graph.count, file);
}

int main(int argc, char** argv) {
  int64_t dims[MAX_RANK];
  uint64_t count = 1;
  const int rank = argc - 3;
  const char* form = argc > 2 ? argv[2] : "";
  if (rank < 1 || rank > MAX_RANK ||
      (strcmp(form, "content") != 0 && strcmp(form, "list") != 0 && strcmp(form, "splat") != 0)) {
    fprintf(stderr, "usage: make_model FILE content|list|splat DIM...\n");
    return 2;
  }
  for (int i = 0; i < rank; ++i) {
    dims[i] = strtoll(argv[3 + i], NULL, 10);
    count *= (uint64_t)dims[i];
  }
  FILE* file = fopen(argv[1], "wb");
  if (file == NULL) {
    perror(argv[1]);
    return 1;
  }
  write_large_constant(file, form, dims, rank, count);
  write_other_nodes(file, rank);
  if (fclose(file) != 0) {
    perror(argv[1]);
    return 1;
  }
  return 0;
}
