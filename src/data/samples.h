/* An opened list of samples, and samples in memory, as the files of this room see them. */
#ifndef SECANT_DATA_SAMPLES_H
#define SECANT_DATA_SAMPLES_H
#include <stdatomic.h>
#include "prepare/normalize.h"
#include "data/annotated.h"
#include "data/labels.h"
#include "data/loader.h"

enum {
	SECANT_MOST_CHANNELS = SECANT_NORMALIZE_CHANNELS,
	SECANT_PICTURE_SLACK = 16
}; /* SLACK: bytes that may be read behind the pixels */

/* A decoded sample, before normalisation. Pixels are interleaved: uint8_t, or float where the file has more than 8
 * bits, in units in which 255 is white: 16 bits are divided by 257, floats multiplied by 255, as prepare/normalize.h
 * does. */
typedef struct secant_picture {
	int width, height, channels;
	bool real; /* float, else uint8_t */
	bool bounded; /* values lie in 0..255: integers; floats may leave it */
	void *pixels;
	uint16_t *labels; /* a plane of classes (data/labels.h); NULL: none */
	size_t pixel_room, label_room; /* bytes behind the pointers */
} secant_picture;

size_t secant_picture_pixel_bytes(const secant_picture *p);
size_t secant_picture_label_bytes(const secant_picture *p);
/* Gives a picture of these sizes memory, keeping what is there if it suffices. Contents are undefined. */
secant_status secant_picture_reserve(
	secant_picture *p, int width, int height, int channels, bool real, bool labels, secant_err *err) SECANT_NODISCARD;
void secant_picture_free(secant_picture *p);

typedef struct secant_list_entry {
	char *image, *label;
	int picture; /* in the annotated data set, where there is one */
	int x, y, width, height; /* the window; all of the picture where it has these sizes */
	int picture_width, picture_height;
} secant_list_entry;

struct secant_samples {
	secant_list_entry *v;
	const secant_picture *_Atomic *cache; /* a decoded sample each, or NULL */
	int n, capacity;
	int in_channels, classes;
	secant_target_kind kind;
	secant_label_rule rule;
	bool loose; /* pictures and labels were paired by the words in their names (data/layouts.h) */
	bool voids; /* some picture or label declares a value for no data */
	secant_annotated *annotated; /* labels come from here; NULL: from label pictures */
	int pad_label; /* what lies beside a picture in training: SECANT_LABEL_IGNORE, or background where nothing is
					  ignored */
	float scale[SECANT_MOST_CHANNELS], shift[SECANT_MOST_CHANNELS];
	_Atomic size_t cache_room; /* bytes left */
};

/* Decodes sample i into *p (reserving memory), or gives the cached one: *out is what to read. Thread-safe with a *p per
 * thread. */
secant_status secant_samples_decode(
	const secant_samples *s, int i, secant_picture *p, const secant_picture **out, secant_err *err) SECANT_NODISCARD;
/* Decodes sample i into *p, a picture of floats in which NaN stands for no data. Nothing is cached. */
secant_status secant_samples_decode_marked(
	const secant_samples *s, int i, secant_picture *p, secant_err *err) SECANT_NODISCARD;

/* Writes pixels as normalised numbers, `stride` floats a row. */
void secant_samples_normalise(const secant_samples *s, const secant_picture *p, float *to, size_t stride);
/* Writes labels as the target, `stride` pixels a row. */
void secant_samples_target(const secant_samples *s, const secant_picture *p, void *to, size_t stride);
/* Bytes of a target pixel; 0 for NONE. */
size_t secant_samples_target_size(const secant_samples *s);
#endif
