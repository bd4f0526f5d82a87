// Pictures, through libpng's simplified interface: 8 bits a channel, no colour management.
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/formats.h"

typedef struct image_options {
  unsigned width, height;  // 0: those of the file
  double scale, bias;
  bool channels_first, changed;  // changed: scale or bias was given
} image_options;

// "1/127.5" or a number.
static bool parse_ratio(const char* text, size_t length, double* out) {
  char copy[64], *end;
  if (length >= sizeof(copy)) return false;
  memcpy(copy, text, length);
  copy[length] = '\0';
  *out = strtod(copy, &end);
  if (end == copy) return false;
  if (*end == '/') {
    const char* below = end + 1;
    *out /= strtod(below, &end);
    if (end == below) return false;
  }
  return *end == '\0' && isfinite(*out);
}

static bool parse_one(const char* text, size_t length, image_options* out) {
  char used;
  char copy[64];
  if (length >= sizeof(copy)) return false;
  memcpy(copy, text, length);
  copy[length] = '\0';
  if (strcmp(copy, "layout=NHWC") == 0 || strcmp(copy, "layout=NCHW") == 0) {
    out->channels_first = copy[8] == 'C';
    return true;
  }
  if (strncmp(copy, "size=", 5) == 0) {
    return sscanf(copy + 5, "%5ux%5u%c", &out->width, &out->height, &used) == 2 && out->width > 0 && out->height > 0;
  }
  out->changed = true;
  if (strncmp(copy, "scale=", 6) == 0) return parse_ratio(text + 6, length - 6, &out->scale);
  if (strncmp(copy, "bias=", 5) == 0) return parse_ratio(text + 5, length - 5, &out->bias);
  return false;
}

static int parse_options(const char* path, const char* text, image_options* out) {
  *out = (image_options){.scale = 1};
  while (text != NULL && *text != '\0') {
    const size_t length = strcspn(text, "&");
    if (!parse_one(text, length, out)) {
      return fail(EXIT_USAGE,
                  "%s: '%.*s' is no option of a picture; there are size=224x224, scale=1/127.5, bias=-1, layout=NCHW",
                  path, (int)length, text);
    }
    text += length + (text[length] == '&');
  }
  return 0;
}

typedef struct pixels {
  unsigned width, height, channels;
  unsigned char* values;  // rows of pixels of channels
} pixels;

// Between the four nearest pixels, centres half a pixel in from the edges, as most resizing has it.
static double sample(const pixels* p, double y, double x, unsigned channel) {
  const double last_y = p->height - 1, last_x = p->width - 1;
  y = y < 0 ? 0 : y > last_y ? last_y : y;
  x = x < 0 ? 0 : x > last_x ? last_x : x;
  const unsigned y0 = (unsigned)y, x0 = (unsigned)x;
  const unsigned y1 = y0 + 1 < p->height ? y0 + 1 : y0, x1 = x0 + 1 < p->width ? x0 + 1 : x0;
  const double fy = y - y0, fx = x - x0;
  const unsigned char* v = p->values + channel;
  const size_t n = p->channels, row = (size_t)p->width * n;
  const double above = v[y0 * row + x0 * n] * (1 - fx) + v[y0 * row + x1 * n] * fx;
  const double below = v[y1 * row + x0 * n] * (1 - fx) + v[y1 * row + x1 * n] * fx;
  return above * (1 - fy) + below * fy;
}

static int fill_tensor(const value_target* target, const pixels* p, const image_options* o, TF_Tensor* tensor) {
  const element_kind kind = dtype_kind(target->dtype);
  const unsigned width = o->width > 0 ? o->width : p->width, height = o->height > 0 ? o->height : p->height;
  const bool resized = width != p->width || height != p->height;
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      for (unsigned c = 0; c < p->channels; ++c) {
        double value = resized ? sample(p, ((double)y + 0.5) * p->height / height - 0.5,
                                        ((double)x + 0.5) * p->width / width - 0.5, c)
                               : p->values[(y * width + x) * p->channels + c];
        value = value * o->scale + o->bias;
        if (kind == ELEMENT_INT || kind == ELEMENT_UINT) value = nearbyint(value);
        const size_t index =
            o->channels_first ? (c * (size_t)height + y) * width + x : (y * width + x) * p->channels + c;
        if (!element_set(target->dtype, TF_TensorData(tensor), index, value, 0)) {
          return fail(EXIT_USAGE, "%s \"%s\": a pixel of value %g does not fit %s", target->what, target->name, value,
                      dtype_name(target->dtype));
        }
      }
    }
  }
  return 0;
}

// The number of channels the graph wants; -1: it does not say.
static int wanted_channels(const value_target* target, const image_options* o) {
  const int axis = target->rank - (o->channels_first ? 3 : 1);
  return target->rank > 0 && axis >= 0 ? (int)target->dims[axis] : -1;
}

// The picture's own dimensions behind as many of size 1 as the target has more; else any that hold as many elements.
static bool fit_picture(const value_target* target, const pixels* size, bool channels_first, int64_t* dims,
                        int* out_rank) {
  const int64_t own[3] = {channels_first ? size->channels : size->height, channels_first ? size->height : size->width,
                          channels_first ? size->width : size->channels};
  const int rank = target->rank >= 0 ? target->rank : 3;
  bool fits = rank >= 3;
  for (int i = 0; fits && i < rank; ++i) {
    dims[i] = i < rank - 3 ? 1 : own[i - (rank - 3)];
    fits = target->rank < 0 || target->dims[i] < 0 || target->dims[i] == dims[i];
  }
  *out_rank = rank;
  return fits || value_fit_shape(target, (size_t)size->width * size->height * size->channels, dims);
}

int png_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  image_options how;
  int code = parse_options(source->path, source->options, &how);
  if (code != 0) return code;
  const element_kind kind = dtype_kind(target->dtype);
  if (kind == ELEMENT_STRING || kind == ELEMENT_OTHER) {
    return fail(EXIT_USAGE, "%s \"%s\": a picture cannot be %s", target->what, target->name, dtype_name(target->dtype));
  }
  if (!png_image_begin_read_from_memory(&image, source->bytes, source->size)) {
    return fail(EXIT_FILE, "%s is no PNG image; %s", source->path, image.message);
  }
  const int wanted = wanted_channels(target, &how);
  const bool colour = wanted == 3 || wanted == 4 || (wanted != 1 && (image.format & PNG_FORMAT_FLAG_COLOR) != 0);
  pixels p = {image.width, image.height, wanted == 4 ? 4 : colour ? 3 : 1, NULL};
  image.format = p.channels == 4 ? PNG_FORMAT_RGBA : p.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  const size_t in_file = (size_t)image.width * image.height * p.channels;  // libpng bounds both to 31 bits
  const pixels size = {how.width > 0 ? how.width : image.width, how.height > 0 ? how.height : image.height, p.channels,
                       NULL};
  const size_t count = (size_t)size.height * size.width * p.channels;
  int64_t dims[VALUE_MAX_RANK];
  int rank;
  if (!fit_picture(target, &size, how.channels_first, dims, &rank)) {
    code = fail(EXIT_USAGE,
                "%s \"%s\": %s has %u x %u pixels of %u channels, which do not fit the shape needed; see ctfrun help "
                "values (size=WxH)",
                target->what, target->name, source->path, size.width, size.height, p.channels);
  }
  if (code == 0) {
    code = make_tensor(source->path, target->dtype, dims, rank, count * TF_DataTypeSize(target->dtype), out_tensor);
  }
  TF_Tensor* room = NULL;  // a tensor, so that the pixels are charged: a small file may claim many
  const int64_t room_bytes = (int64_t)in_file;
  if (code == 0) code = make_tensor(source->path, TF_UINT8, &room_bytes, 1, in_file, &room);
  if (code == 0) p.values = TF_TensorData(room);
  if (code == 0 && !png_image_finish_read(&image, NULL, p.values, 0, NULL)) {
    code = fail(EXIT_FILE, "%s is damaged; %s", source->path, image.message);
  }
  if (code == 0) code = fill_tensor(target, &p, &how, *out_tensor);
  TF_DeleteTensor(room);
  png_image_free(&image);
  return code;
}

// [height,width], [height,width,channels], and more dimensions of size 1 before them.
static bool find_size(const TF_Tensor* tensor, pixels* out) {
  const int rank = TF_NumDims(tensor);
  const int64_t last = rank > 0 ? TF_Dim(tensor, rank - 1) : 0;
  const bool channels = rank > 2 && (last == 1 || last == 3 || last == 4);
  const int height = rank - (channels ? 3 : 2);
  if (height < 0) return false;
  for (int i = 0; i < height; ++i) {
    if (TF_Dim(tensor, i) != 1) return false;
  }
  if (TF_Dim(tensor, height) > INT32_MAX || TF_Dim(tensor, height + 1) > INT32_MAX) return false;
  *out = (pixels){(unsigned)TF_Dim(tensor, height + 1), (unsigned)TF_Dim(tensor, height), channels ? (unsigned)last : 1,
                  NULL};
  return out->width > 0 && out->height > 0;
}

int png_save(const char* path, const char* options_text, const TF_Tensor* tensor) {
  image_options how;
  pixels p;
  int code = parse_options(path, options_text, &how);
  if (code != 0) return code;
  const TF_DataType dtype = TF_TensorType(tensor);
  if (!find_size(tensor, &p) || (dtype != TF_UINT8 && !how.changed)) {
    return fail(EXIT_USAGE,
                "%s: a picture is uint8 [height,width] or [height,width,1|3|4]; other types need a scale, as in "
                "f.png?scale=255",
                path);
  }
  const size_t count = (size_t)p.width * p.height * p.channels;
  p.values = malloc(count);
  if (p.values == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s does not fit into memory", path);
  for (size_t i = 0; i < count; ++i) {
    double imaginary;
    const double value = element_get(dtype, TF_TensorData(tensor), i, &imaginary) * how.scale + how.bias;
    p.values[i] = (unsigned char)(!(value > 0) ? 0 : value > 255 ? 255 : nearbyint(value));
  }
  png_image image = {.version = PNG_IMAGE_VERSION, .width = p.width, .height = p.height};
  image.format = p.channels == 4 ? PNG_FORMAT_RGBA : p.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  if (!png_image_write_to_file(&image, path, 0, p.values, 0, NULL)) {
    code = fail(EXIT_FILE, "%s cannot be written; %s", path, image.message);
  }
  free(p.values);
  png_image_free(&image);
  return code;
}
