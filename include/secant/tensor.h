/*
 * Tensors, pictures and clouds as plain data. Dense, row-major, rank 0 to 6. A tensor computes nothing.
 */
#ifndef SECANT_TENSOR_H
#define SECANT_TENSOR_H
#include <secant/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SECANT_MAX_RANK = 6 };

typedef enum secant_dtype {
	SECANT_F32,
	SECANT_F64,
	SECANT_BF16,
	SECANT_F16,
	SECANT_U8,
	SECANT_I8,
	SECANT_U16,
	SECANT_I16,
	SECANT_I32,
	SECANT_I64,
	SECANT_BOOL
} secant_dtype;

typedef struct secant_shape {
	int rank;
	int64_t dim[SECANT_MAX_RANK];
} secant_shape;

/* A dense array. `owner` is freed with the tensor when set; a tensor that borrows has owner NULL. */
typedef struct secant_tensor {
	secant_dtype dtype;
	secant_shape shape;
	void *data;
	void *owner;
} secant_tensor;

SECANT_API size_t secant_dtype_size(secant_dtype d);
SECANT_API const char *secant_dtype_name(secant_dtype d); /* "f32", ... */

/* A shape written down, its dimensions of any integer type: secant_shape_of(2, 3, 4). */
#ifdef __cplusplus
#define secant_shape_of(rank, ...) (secant_shape{ rank, { __VA_ARGS__ } })
#else
#define secant_shape_of(rank, ...) ((secant_shape){ rank, { __VA_ARGS__ } })
#endif
SECANT_API int64_t secant_shape_count(
	const secant_shape *s); /* product of the dimensions; 1 for rank 0; -1 if it overflows or one is negative */
SECANT_API bool secant_shape_equal(const secant_shape *a, const secant_shape *b);
/* "2x3x4", "scalar" for rank 0. Writes to `buffer`, cut to `size`; returns buffer. 96 bytes always suffice. */
SECANT_API const char *secant_shape_text(const secant_shape *s, char *buffer, size_t size);

/* A new tensor with zeroed, 64-byte-aligned memory. Fails on negative or overflowing shapes and on NOMEM; *t is zeroed
 * then. */
SECANT_API secant_status secant_tensor_new(
	secant_tensor *t, secant_dtype dtype, const secant_shape *shape, secant_err *err) SECANT_NODISCARD;
/* Frees what it owns and zeroes it. */
SECANT_API void secant_tensor_free(secant_tensor *t);
SECANT_API size_t secant_tensor_bytes(const secant_tensor *t);
/* Element i (row-major) as a double, whatever the dtype. Slow. */
SECANT_API double secant_tensor_get(const secant_tensor *t, int64_t i);
SECANT_API void secant_tensor_set(const secant_tensor *t, int64_t i, double v);
/* A tensor of another dtype with the same numbers (rounded to nearest even, integers saturated). */
SECANT_API secant_status secant_tensor_convert(
	secant_tensor *to, const secant_tensor *from, secant_dtype dtype, secant_err *err) SECANT_NODISCARD;

/* An array of the caller's with strides, as numpy has it: element (i, j, ...) stands i * stride[0] + j * stride[1] +
 * ... bytes behind `data`. */
typedef struct secant_array {
	secant_dtype dtype;
	secant_shape shape;
	int64_t stride[SECANT_MAX_RANK]; /* in bytes; may be 0 or negative */
	const void *data;
} secant_array;
/* The array as a tensor: dense ones are borrowed (owner NULL, no copy). Others are copied when `copy` says so, to
 * memory that secant_tensor_free frees, and else an error. */
SECANT_API secant_status secant_tensor_of(
	secant_tensor *t, const secant_array *a, bool copy, secant_err *err) SECANT_NODISCARD;

/* A set of named tensors, in order: a state_dict, the contents of a model file. Names are unique. */
typedef struct secant_named {
	char *name;
	secant_tensor tensor;
} secant_named;
typedef struct secant_tensors {
	secant_named *v;
	int n, capacity;
	void *map; /* what the tensors borrow from: a secant_bytes of base/file.h in secant_calloc's memory, freed with the
				  set */
	void *names; /* where each name stands (base/by_name.h) */
} secant_tensors;

/* After names of a set were changed in place, or members taken out: finds them anew. Refuses two of one name. */
SECANT_API secant_status secant_tensors_renamed(secant_tensors *set, secant_err *err) SECANT_NODISCARD;
/* Takes ownership of *t on success (then *t is zeroed); refuses a second tensor of the same name. */
SECANT_API secant_status secant_tensors_add(
	secant_tensors *set, const char *name, secant_tensor *t, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_tensor *secant_tensors_find(const secant_tensors *set, const char *name);
SECANT_API void secant_tensors_free(secant_tensors *set);

/* A picture: H x W x C, interleaved, rows contiguous. Channels in the order R, G, B, (A), or bands as in the file.
 * dtype is SECANT_U8, SECANT_U16, SECANT_I16, or SECANT_F32. */
typedef struct secant_image {
	int width, height, channels;
	secant_dtype dtype;
	void *data; /* owned; secant_image_free */
	uint8_t (*palette)[3]; /* owned; of an indexed picture that was read as indices; NULL otherwise */
	int palette_count;
	void *meta; /* owned by codecs: georeference, nodata (secant_geo in codec); NULL otherwise */
	void (*meta_free)(void *);
	uint8_t
		*voids; /* owned; why a pixel has no data (SECANT_VOID_... in codec.h), 0 where it has; NULL: nothing is known
				 */
} secant_image;

/* A picture in memory of the caller's, borrowed: rows stand `pitch` bytes apart, interleaved within a row. */
typedef struct secant_borrowed_image {
	int width, height, channels;
	secant_dtype dtype; /* as of an image */
	int64_t pitch; /* 0: rows are contiguous */
	const void *data;
} secant_borrowed_image;

/* How a picture is brought to another size. */
typedef enum secant_filter {
	SECANT_FILTER_NEAREST, /* source pixel floor((i + .5) * in / out) */
	SECANT_FILTER_BILINEAR, /* half-pixel centres, edge repeated: OpenCV's INTER_LINEAR */
	SECANT_FILTER_AREA, /* the mean over the pixel's footprint; enlarging: as nearest with soft seams */
	SECANT_FILTER_CUBIC /* half-pixel centres, a = -0.75, edge repeated: OpenCV's INTER_CUBIC */
} secant_filter;

/* Zeroed memory. Refuses sizes below 1, channels outside 1 to 4096 and pictures over 2^40 bytes. */
SECANT_API secant_status secant_image_new(
	secant_image *im, int width, int height, int channels, secant_dtype dtype, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_image_free(secant_image *im);

#ifdef __cplusplus
}
#endif
#endif
