// Convolutions of images with groups of channels, compared with sums in double over each window.
#ifndef CTF_TESTS_SUPPORT_CONV_IMAGES_H_
#define CTF_TESTS_SUPPORT_CONV_IMAGES_H_

#include "runtime/dtype.h"

typedef struct conv_image {
  int64_t n, h, w, c;         // image
  int64_t fh, fw, groups, k;  // filter: [fh, fw, c / groups, k]
  int64_t strides[2], dilations[2], paddings[4];
  bool channels_first;
} conv_image;

// Runs the op (Conv2D, or DepthwiseConv2dNative, whose groups are the channels) on every instruction set, over images
// and filters that start at odd bytes.
void conv_images_check(const char* op, const conv_image* images, size_t count, TF_DataType dtype);

#endif  // CTF_TESTS_SUPPORT_CONV_IMAGES_H_
