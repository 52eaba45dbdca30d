/* An opened list of samples, and samples in memory, as the files of this room see them. */
#ifndef DATA_SAMPLES_H
#define DATA_SAMPLES_H
#include <stdatomic.h>
#include "prepare/normalize.h"
#include "codec/white.h"
#include "data/annotated.h"
#include "data/labels.h"
#include "data/loader.h"

enum {
	DATA_MOST_CHANNELS = PREPARE_NORMALIZE_CHANNELS,
	DATA_PICTURE_SLACK = 16
}; /* SLACK: bytes that may be read behind the pixels */

/* A decoded sample, before normalisation. Pixels are interleaved: uint8_t, or float where the file has more than 8
 * bits, in units in which 255 is white (codec/white.h says what that is in a file), as prepare/normalize.h does. */
typedef struct data_picture {
	int width, height, channels;
	bool real; /* float, else uint8_t */
	bool bounded; /* values lie in 0..255: integers; floats may leave it */
	void *pixels;
	uint16_t *labels; /* a plane of classes (data/labels.h); NULL: none */
	size_t pixel_room, label_room; /* bytes behind the pointers */
} data_picture;

size_t data_picture_pixel_bytes(const data_picture *p);
size_t data_picture_label_bytes(const data_picture *p);
/* Gives a picture of these sizes memory, keeping what is there if it suffices. Contents are undefined. */
secant_status data_picture_reserve(
	data_picture *p, int width, int height, int channels, bool real, bool labels, secant_err *err) SECANT_NODISCARD;
void data_picture_free(data_picture *p);

typedef struct data_list_entry {
	char *image, *label;
	int picture; /* in the annotated data set, where there is one */
	int x, y, width, height; /* the window; all of the picture where it has these sizes */
	int covered_top, covered_left; /* its first rows and columns, which windows before it hold, too */
	int picture_width, picture_height;
	secant_dtype dtype; /* of the picture in its file */
} data_list_entry;

struct data_samples {
	data_list_entry *v;
	const data_picture *_Atomic *cache; /* a decoded sample each, or NULL */
	int n, capacity;
	int in_channels, classes;
	data_target_kind kind;
	data_label_rule rule;
	uint8_t (*palette)[3]; /* of the classes, as the labels have it; NULL: none */
	bool loose; /* pictures and labels were paired by the words in their names (data/layouts.h) */
	bool voids; /* some picture or label declares a value for no data */
	data_annotated *annotated; /* labels come from here; NULL: from label pictures */
	int pad_label; /* what lies beside a picture in training: DATA_LABEL_IGNORE, or background where nothing is
					  ignored */
	float scale[DATA_MOST_CHANNELS], shift[DATA_MOST_CHANNELS];
	codec_whites whites; /* of each type that some picture has */
	char white_note[3][256]; /* what was taken for white in each type, where that is in doubt; "": nothing to say */
	char pages_note[700]; /* of a TIFF with more pages than are read; "": nothing to say */
	_Atomic size_t cache_room; /* bytes left */
};

/* Decodes sample i into *p (reserving memory), or gives the cached one: *out is what to read. Thread-safe with a *p per
 * thread. */
secant_status data_samples_decode(
	const data_samples *s, int i, data_picture *p, const data_picture **out, secant_err *err) SECANT_NODISCARD;
/* Decodes sample i into *p, a picture of floats in which NaN stands for no data. Nothing is cached. */
secant_status data_samples_decode_marked(
	const data_samples *s, int i, data_picture *p, secant_err *err) SECANT_NODISCARD;

/* Writes pixels as normalised numbers, `stride` floats a row. */
void data_samples_normalise(const data_samples *s, const data_picture *p, float *to, size_t stride);
/* Writes labels as the target, `stride` pixels a row. */
void data_samples_target(const data_samples *s, const data_picture *p, void *to, size_t stride);
/* Bytes of a target pixel; 0 for NONE. */
size_t data_samples_target_size(const data_samples *s);
#endif
