/* Tensors as messages: MxpiTensorPackageList, read where it lies and written once. */
#ifndef STREAM_TENSORS_H
#define STREAM_TENSORS_H
#include "stream/picture.h"

/* MxpiTensor.tensorDataType. */
enum {
	STREAM_T_F32 = 0,
	STREAM_T_F16 = 1,
	STREAM_T_I8 = 2,
	STREAM_T_I32 = 3,
	STREAM_T_U8 = 4,
	STREAM_T_I16 = 6,
	STREAM_T_U16 = 7,
	STREAM_T_U32 = 8,
	STREAM_T_I64 = 9,
	STREAM_T_U64 = 10,
	STREAM_T_F64 = 11,
	STREAM_T_BOOL = 12,
	STREAM_RANK = 8
};
size_t stream_type_size(int type); /* 0: there is none */
const char *stream_type_name(int type); /* "FLOAT32" */

typedef struct stream_tensor {
	int type, rank;
	int64_t dim[STREAM_RANK];
	const uint8_t *data; /* anywhere: not aligned */
	size_t size;
	stream_picture picture; /* where it was one; its width is 0 otherwise */
} stream_tensor;

/* Takes the next package off a list: the tensors of it as a wire. 1, 0 at the end, -1. `from`, nullable, receives the
 * first header's key ("" without). */
int stream_package_next(format_wire *list, format_wire *package, char *from, size_t size);
/* Takes the next tensor off a package. A tensor whose bytes do not fit its shape is -1, with `why`. */
int stream_tensor_next(format_wire *package, stream_tensor *t, char *why, size_t size);
/* "FLOAT32 1x3x96x96 (110592 bytes)" */
const char *stream_tensor_text(const stream_tensor *t, char *text, size_t size);

/* A package that is made: its parents, and tensors whose data is copied. */
typedef struct stream_package {
	const char *const *parents;
	int n_parents, member, n;
	stream_tensor *v;
} stream_package;
stream_blob *stream_packages_new(const stream_package *v, int n); /* NULL: no memory, or more than 2 GiB */
#endif
