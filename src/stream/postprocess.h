/* What post-processors share: configuration, labels, and masks. */
#ifndef STREAM_POSTPROCESS_H
#define STREAM_POSTPROCESS_H
#include "stream/tensors.h"

typedef struct stream_post {
	char **key, **value; /* of the configuration */
	int n, n_capacity;
	char **label;
	int n_labels, labels_capacity;
	int classes, model_type, post_type, resize_type; /* CLASS_NUM, MODEL_TYPE, POST_TYPE, RESIZE_TYPE */
} stream_post;

/* Reads configuration and labels; 0, or a code with `why`. After it, and after a failure, stream_post_close. */
int stream_post_open(stream_worker *w, stream_post *s, const char *factory, char *why, size_t size);
void stream_post_close(stream_post *s);
const char *stream_post_value(const stream_post *s, const char *key); /* NULL: it is not there */

/* A mask of that size from a part of the network's. */
typedef struct stream_mask_place {
	int height, width, used_height, used_width;
} stream_mask_place;
/* Adds an MxpiImageMask to a list: the first largest score, or (INT32) the classes as they are; nearest pixel. False:
 * no memory. */
bool stream_put_mask(base_str *list, const stream_post *s, const stream_tensor *t, bool rows,
	const stream_mask_place *at, const char *key, int member);
#endif
