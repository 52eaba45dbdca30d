/*
 * Numbers of any cloud type, strided, to and from doubles; and strided copies of one type. What readers and writers of
 * clouds move data with.
 */
#ifndef TENSOR_COLUMNS_H
#define TENSOR_COLUMNS_H
#include <secant/cloud.h>

/* `n` numbers `stride` bytes apart, at any alignment, little-endian or of the machine. */
void tensor_number_load(double *out, const void *from, secant_number type, size_t stride, int64_t n);
/* The other way: integers are rounded to nearest and saturated; NaN becomes 0 in them. */
void tensor_number_store(void *to, secant_number type, size_t stride, int64_t n, const double *v);
/* Copies `n` elements of 1, 2, 4 or 8 bytes between strides; `swap` turns their bytes around. */
void tensor_number_copy(
	void *to, size_t to_stride, const void *from, size_t from_stride, size_t size, bool swap, int64_t n);
/* From one type and stride to another: a copy when the types agree, else through doubles. */
void tensor_number_convert(void *to, secant_number to_type, size_t to_stride, const void *from, secant_number from_type,
	size_t from_stride, bool swap, int64_t n);
bool tensor_number_is_real(secant_number t);
/* Smallest and largest value of an integer type. */
void tensor_number_limits(secant_number t, double *lo, double *hi);

/* To the nearest whole number, halves to even: nearbyint without a call. Between 2^51 and 2^52 there are halves left,
 * far outside every integer type they are rounded for. */
static inline double
tensor_round_even(double v)
{
	return v > -0x1p51 && v < 0x1p51 ? (v + 0x1.8p52) - 0x1.8p52 : v;
}

enum { TENSOR_PLAIN_NAME = 64 };
/* A column's name as programs agree on it: lower case, without CloudCompare's "scalar_", a unit in brackets, blanks and
 * marks: "Return_Number", "ReturnNumber" and "return number" are one. Returns out. */
const char *tensor_name_plain(const char *name, char *out, size_t room);
/* The column of predictions, or -1. In LAS files they stand in the class byte, which a confidence beside it tells from
 * labels. */
int tensor_cloud_predictions(const secant_cloud *c);
/* Whether a plain name stands in "a|b|c". */
bool tensor_name_listed(const char *list, const char *plain);
/* The column (not x, y, z) whose plain name stands first in the list, or -1. */
int tensor_cloud_listed(const secant_cloud *c, const char *list);

/* Element p of a column. */
static inline void *
tensor_column_at(const secant_column *c, int64_t p)
{
	return (uint8_t *)c->data + (size_t)p * secant_number_size(c->type);
}
#endif
