/*
 * Post-processing: what libraries of MindX SDK do with the tensors of a model, by the names of their files, and
 * libraries of others by a plain C interface (secant/postprocess.h). The elements that run them differ in the message
 * that comes out.
 *
 * To add one: a file of this folder that ends in a `const stream_library stream_library_NAME`, and a line in
 * libraries.inc.
 */
#ifndef STREAM_POST_POST_H
#define STREAM_POST_POST_H
#include "stream/tensors.h"

/* Configuration (KEY=VALUE) and labels of an element. */
typedef struct stream_post {
	char **key, **value;
	int n, n_capacity;
	char **label;
	int n_labels, labels_capacity;
	const struct stream_library *library;
	void *state; /* of the library */
	bool failed; /* a number was asked for that is none; `why` says which */
	char why[300];
} stream_post;

const char *stream_post_value(const stream_post *s, const char *key); /* NULL: it is not there */
/* A number of the configuration, or def; what is none or out of range is remembered as failed. */
int stream_post_int(stream_post *s, const char *key, int def, int least, int most);
float stream_post_real(stream_post *s, const char *key, float def, float least, float most);
bool stream_post_flag(stream_post *s, const char *key, bool def); /* true, false, 1, 0 */
/* A list of exactly n numbers into v; false (and failed) where it is there and is none. Left alone where it is not. */
bool stream_post_reals(stream_post *s, const char *key, float *v, int n);
const char *stream_post_label(const stream_post *s, int64_t class_id); /* "" where there is none */
void stream_post_refuse(stream_post *s, const char *fmt, ...) SECANT_PRINTF(2, 3);

/* What the tensors of one package were made from: the picture the network saw, and where it came from. */
typedef struct stream_post_from {
	const char *key; /* of the tensors */
	int member; /* which package */
	bool known; /* the picture is */
	int width, height; /* before it was scaled */
	int net_width, net_height; /* after */
	int left, top, pasted_width, pasted_height; /* where in it the picture lies; the rest is padding */
	int resize_type;
	float scaling;
	bool boxed; /* it was cut out of a picture */
	float box[4]; /* x0, y0, x1, y1 there */
} stream_post_from;

typedef struct stream_library {
	const char *names; /* of files without lib and .so, "a|b"; case does not matter */
	const char *message; /* the list that comes out */
	size_t state;
	bool empty_is_nothing; /* where nothing was found, no list is added, as the original has it */
	/* Reads the configuration; false: refused (stream_post_refuse). */
	bool (*open)(stream_post *s);
	/* The tensors of one package: adds items to the list. 0, or a code with `why`. */
	int (*run)(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list,
		char *why, size_t size);
	void (*close)(stream_post *s); /* nullable */
} stream_library;

const stream_library *stream_library_at(int i); /* NULL after the last */
const stream_library *stream_library_for(const char *path); /* by the name of the file; NULL: none */
extern const stream_library stream_library_external; /* the C interface */
int stream_external_open(stream_post *s, const char *path, const char *message, char *why, size_t size);

/* The element's class of Python (post/python.c): 0, or a code with `why`. */
int stream_python_open(stream_worker *w, stream_post *s, const char *message, char *why, size_t size);
/* The SDK's own classes of Python are its libraries under another name, which `file` receives. */
bool stream_python_built_in(stream_worker *w, char *file, size_t size);
extern const char stream_python_program[];

/* ---- for elements ---- */

/* Reads configuration and labels and opens the library; 0, or a code with `why`. `message`: the list that must come
 * out; NULL: any. After it, and after a failure, stream_post_close. */
int stream_post_open(stream_worker *w, stream_post *s, const char *message, char *why, size_t size);
void stream_post_close(stream_post *s);
/* Configuration alone: a file of KEY=VALUE ("": none), then a JSON object ("": none), which wins. 0, or a code. */
int stream_post_settings(stream_post *s, const char *path, const char *content, char *why, size_t size);
/* All packages of a list: the result in *out (NULL where there is nothing), 0 or a code. */
int stream_post_packages(stream_worker *w, const stream_post *s, stream_frame *f, const char *key,
	const stream_blob *packages, stream_blob **out, char *why, size_t size);
/* Whole elements: their state is a stream_post. */
void stream_post_run(stream_worker *w, stream_frame *const *in);
void stream_post_end(stream_worker *w);
#endif
