#include "tools/ctfrun/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"
#include "tools/ctfrun/dtypes.h"

// The place of a number among all of its type, so that neighbours are 1 apart and -0 is 0.
static double rank_of(TF_DataType dtype, double value) {
  const int digits = dtype == TF_DOUBLE || dtype == TF_COMPLEX128 ? 53
                     : dtype == TF_HALF                           ? 11
                     : dtype == TF_BFLOAT16                       ? 8
                                                                  : 24;
  const int least = dtype == TF_DOUBLE || dtype == TF_COMPLEX128 ? -1021 : dtype == TF_HALF ? -13 : -125;
  int exponent;
  const double fraction = frexp(fabs(value), &exponent);  // [0.5, 1)
  double place;
  if (exponent < least) {  // subnormal: all steps are equally long
    place = ldexp(fabs(value), digits - least);
  } else {
    place = ldexp(fraction - 0.5, digits) + ldexp(1.0, digits - 1) * (exponent - least + 1);
  }
  return value < 0 ? -place : place;
}

static bool parts_differ(TF_DataType dtype, double got, double want, const options* o, double* out_error) {
  *out_error = fabs(got - want);
  if (isnan(got) && isnan(want)) return false;
  if (isnan(got) || isnan(want) || ((isinf(got) || isinf(want)) && got != want)) {
    *out_error = INFINITY;
    return true;
  }
  if (got == want) {
    *out_error = 0;
    return false;
  }
  const element_kind kind = dtype_kind(dtype);
  if (o->ulp >= 0 && (kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX)) {
    return fabs(rank_of(dtype, got) - rank_of(dtype, want)) > (double)o->ulp;
  }
  return *out_error > o->atol + o->rtol * fabs(want);
}

static bool strings_differ(const TF_Tensor* got, const TF_Tensor* want, size_t index) {
  const TF_TString* a = (const TF_TString*)TF_TensorData(got) + index;
  const TF_TString* b = (const TF_TString*)TF_TensorData(want) + index;
  return TF_TString_GetSize(a) != TF_TString_GetSize(b) ||
         memcmp(TF_TString_GetDataPointer(a), TF_TString_GetDataPointer(b), TF_TString_GetSize(a)) != 0;
}

void tensors_compare(const TF_Tensor* got, const TF_Tensor* want, const options* o, difference* out) {
  const TF_DataType dtype = TF_TensorType(got);
  const element_kind kind = dtype_kind(dtype);
  const size_t count = (size_t)TF_TensorElementCount(got);
  *out = (difference){0};
  for (size_t i = 0; i < count; ++i) {
    if (kind == ELEMENT_STRING) {
      if (strings_differ(got, want, i) && out->count++ == 0) out->at = i;
      continue;
    }
    double a[2], b[2], error, other;
    a[0] = element_get(dtype, TF_TensorData(got), i, &a[1]);
    b[0] = element_get(dtype, TF_TensorData(want), i, &b[1]);
    bool differs = parts_differ(dtype, a[0], b[0], o, &error);
    if (kind == ELEMENT_INT || kind == ELEMENT_UINT ||
        kind == ELEMENT_BOOL) {  // exactly; doubles do not tell all apart
      const long long left = element_get_int(dtype, TF_TensorData(got), i);
      const long long right = element_get_int(dtype, TF_TensorData(want), i);
      differs = left != right;
    }
    if (kind == ELEMENT_COMPLEX) {
      differs = parts_differ(dtype, a[1], b[1], o, &other) || differs;
      if (other > error) error = other;
    }
    if (!differs) continue;
    if (out->count++ == 0 || error > out->largest) {
      out->at = i;
      out->got = a[0];
      out->want = b[0];
      out->largest = error;
    }
  }
}

void tensor_place(const TF_Tensor* tensor, size_t index, char* out, size_t size) {
  char text[1024] = "]";
  for (int axis = TF_NumDims(tensor) - 1; axis >= 0; --axis) {
    char longer[1024];
    const size_t dim = (size_t)TF_Dim(tensor, axis);
    snprintf(longer, sizeof(longer), "%s%zu%.900s", axis > 0 ? "," : "", dim > 0 ? index % dim : 0, text);
    memcpy(text, longer, sizeof(text));
    if (dim > 0) index /= dim;
  }
  snprintf(out, size, "[%s", text);
}

static void shape_text(const TF_Tensor* tensor, char* out, size_t size) {
  size_t used = (size_t)snprintf(out, size, "%s [", dtype_name(TF_TensorType(tensor)));
  for (int i = 0; i < TF_NumDims(tensor) && used + 24 < size; ++i) {
    used += (size_t)snprintf(out + used, size - used, "%s%lld", i > 0 ? "," : "", (long long)TF_Dim(tensor, i));
  }
  snprintf(out + used, size - used, "]");
}

bool tensors_agree(const char* name, const TF_Tensor* got, const TF_Tensor* want, const options* o, char* out_why,
                   size_t size) {
  bool same = TF_TensorType(got) == TF_TensorType(want) && TF_NumDims(got) == TF_NumDims(want);
  for (int i = 0; same && i < TF_NumDims(got); ++i) same = TF_Dim(got, i) == TF_Dim(want, i);
  char left[512], right[512];
  if (!same) {
    shape_text(got, left, sizeof(left));
    shape_text(want, right, sizeof(right));
    snprintf(out_why, size, "%s is %s; %s was expected", name, left, right);
    return false;
  }
  difference d;
  if (dtype_kind(TF_TensorType(got)) == ELEMENT_OTHER) {
    snprintf(out_why, size, "%s is %s, which cannot be compared", name, dtype_name(TF_TensorType(got)));
    return false;
  }
  tensors_compare(got, want, o, &d);
  if (d.count == 0) return true;
  tensor_place(got, d.at, left, sizeof(left));
  const long long elements = (long long)TF_TensorElementCount(got);
  if (dtype_kind(TF_TensorType(got)) == ELEMENT_STRING) {
    snprintf(out_why, size, "%s differs in %zu of %lld texts, first at %s", name, d.count, elements, left);
  } else {
    snprintf(out_why, size, "%s differs in %zu of %lld elements; max error %.9g at %s: %.9g, expected %.9g", name,
             d.count, elements, d.largest, left, d.got, d.want);
  }
  return false;
}

bool tensor_first_not_finite(const TF_Tensor* tensor, size_t* out_index) {
  const TF_DataType dtype = TF_TensorType(tensor);
  const element_kind kind = dtype_kind(dtype);
  if (kind != ELEMENT_FLOAT && kind != ELEMENT_COMPLEX) return false;
  for (size_t i = 0; i < (size_t)TF_TensorElementCount(tensor); ++i) {
    double imaginary;
    if (!isfinite(element_get(dtype, TF_TensorData(tensor), i, &imaginary)) || !isfinite(imaginary)) {
      *out_index = i;
      return true;
    }
  }
  return false;
}

void tensor_summary(const TF_Tensor* tensor, char* out, size_t size) {
  const TF_DataType dtype = TF_TensorType(tensor);
  const element_kind kind = dtype_kind(dtype);
  const size_t count = (size_t)TF_TensorElementCount(tensor);
  shape_text(tensor, out, size);
  if (kind == ELEMENT_STRING || kind == ELEMENT_OTHER || count == 0) return;
  double least = INFINITY, most = -INFINITY, sum = 0;
  size_t nans = 0, infinities = 0;
  for (size_t i = 0; i < count; ++i) {
    double imaginary;
    const double value = element_get(dtype, TF_TensorData(tensor), i, &imaginary);
    if (!isfinite(value)) {
      nans += isnan(value);
      infinities += isinf(value);
      continue;
    }
    if (value < least) least = value;
    if (value > most) most = value;
    sum += value;
  }
  const size_t finite = count - nans - infinities;
  size_t used = strlen(out);
  if (finite > 0) {
    used +=
        (size_t)snprintf(out + used, size - used, "  min %.6g  max %.6g  mean %.6g", least, most, sum / (double)finite);
  }
  if (nans > 0) used += (size_t)snprintf(out + used, size - used, "  nan %zu", nans);
  if (infinities > 0) snprintf(out + used, size - used, "  inf %zu", infinities);
}
