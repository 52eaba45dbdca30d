/*
 * Post-processing of your own in streams: a shared library whose path an element mxpi_*postprocessor has as
 * postProcessLibPath. It exports the one function below, in C (from C++: extern "C").
 *
 * An element opens the library once, asks for its table, and calls it for each package of tensors, one thread at a
 * time. What the library gives are items of the element's list as bytes of protocol buffers: MxpiObject for
 * mxpi_objectpostprocessor, MxpiClass, MxpiImageMask, MxpiPose, MxpiTextObject, MxpiTextsInfo; they go out as they are.
 */
#ifndef SECANT_POSTPROCESS_H
#define SECANT_POSTPROCESS_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define SECANT_POST_VERSION 1

/* Types as MxpiTensor.tensorDataType numbers them: 0 FLOAT32, 1 FLOAT16, 2 INT8, 3 INT32, 4 UINT8, 9 INT64, ... */
typedef struct secant_post_tensor {
	int type, rank;
	int64_t dim[8];
	const void *data; /* anywhere: not aligned; valid during the call */
	size_t size;
} secant_post_tensor;

/* What the tensors were made from. */
typedef struct secant_post_picture {
	const char *key; /* of the tensors: dataSource for headers */
	int member; /* which package: memberId */
	int known; /* 0: nothing below is known */
	int width, height; /* of the picture before it was scaled */
	int net_width, net_height; /* after */
	int resize_type; /* MxpiVisionInfo.resizeType */
	float scaling; /* keepAspectRatioScaling */
	int boxed; /* 1: it was cut out of another at `box`, x0 y0 x1 y1 */
	float box[4];
} secant_post_picture;

/* Takes one item; 0, or not where there is no memory. */
typedef int (*secant_post_emit)(void *to, const void *item, size_t size);

typedef struct secant_post_table {
	int version; /* SECANT_POST_VERSION */
	/* `keys` and `values`: the configuration; `labels`: the class names. What comes back is handed to run and close;
	 * NULL: refused, `why` says why. */
	void *(*open)(const char *const *keys, const char *const *values, int n, const char *const *labels, int n_labels,
		char *why, size_t size);
	/* 0, or not with `why`. */
	int (*run)(void *self, const secant_post_tensor *tensors, int n, const secant_post_picture *from,
		secant_post_emit emit, void *to, char *why, size_t size);
	void (*close)(void *self);
} secant_post_table;

/* What the library exports: a table that lives as long as the library, NULL where it cannot do `version`. */
const secant_post_table *secant_post_process(int version);

#ifdef __cplusplus
}
#endif
#endif
