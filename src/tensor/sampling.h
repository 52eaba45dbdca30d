/*
 * How pictures are brought to another size: which pixels each new one is made of, and rows of sums in float, which
 * holds every u8, u16 and i16 exactly. The one place that does it: pictures read from files and pictures within graphs
 * come out the same to the bit.
 */
#ifndef TENSOR_SAMPLING_H
#define TENSOR_SAMPLING_H
#include <secant/tensor.h>

/* Output element i is the sum of weight[i * most + k] * input element start[i] + k, for k below count[i]. */
typedef struct tensor_taps {
	int *start, *count;
	float *weight;
	int most;
} tensor_taps;

/* From `in` pixels to `out`, both at least 1. NOMEM alone. tensor_taps_free. */
secant_status tensor_taps_make(tensor_taps *t, int in, int out, secant_filter filter, secant_err *err) SECANT_NODISCARD;
void tensor_taps_free(tensor_taps *t);

/* n numbers of a picture's dtype (u8, u16, i16, f32) as floats and back: halves go up, cut to what the type holds. */
void tensor_row_load(secant_dtype d, float *to, const void *from, size_t n);
void tensor_row_store(secant_dtype d, void *to, const float *from, size_t n);

/* A dense picture, and how wide it is to be. */
typedef struct tensor_sampled {
	const void *from;
	secant_dtype dtype;
	int channels, from_width, to_width;
} tensor_sampled;
/* Row y of the new picture into `to`. `work` has room for (2 * from_width + to_width) * channels floats. */
void tensor_sample_row(
	const tensor_sampled *p, const tensor_taps *tx, const tensor_taps *ty, int y, float *work, void *to);
#endif
