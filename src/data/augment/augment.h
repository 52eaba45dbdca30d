/*
 * Augmentation: a pipeline of steps, each applied with its probability to a decoded sample, before normalisation.
 *
 * TO ADD A STEP: copy a small one (gamma.c), and add AUGMENT(name) to augments.inc. Its options start with `double p`;
 * its numbers are drawn from f->rng and from nothing else. A step that moves pixels goes through data/place.h, so that
 * picture and labels stay together. Pixel values are 0..255, in bytes or in floats (data/samples.h); from the fourth on
 * channels are not colours.
 */
#ifndef DATA_AUGMENT_AUGMENT_H
#define DATA_AUGMENT_AUGMENT_H
#include <secant/info.h>
#include "base/rng.h"
#include "data/place.h"

typedef struct data_frame data_frame;

/* What a step works on. */
struct data_frame {
	data_picture a, b; /* two of the same kind; a step reads *now and may write *spare and swap them */
	data_picture *now, *spare;
	base_rng rng;
	/* What is still to be made, by one pass over the pixels (data_frame_settle): turns, a warp, turns after it. */
	int turn_before, turn;
	bool warps;
	data_affine warp;
	data_outside outside; /* of the warp; its fill lies in warp_fill */
	float warp_fill[DATA_MOST_CHANNELS];
	float fill[DATA_MOST_CHANNELS]; /* the value that becomes 0 by normalisation */
	uint16_t pad_label;
	/* Another sample of the data set, of f->now's size, in *guest; NULL: there is none. Chosen by f->mix. */
	secant_status (*partner)(void *user, data_frame *f, data_picture *guest, secant_err *err);
	void *user;
	data_picture guest;
	base_rng mix;
	float *scratch; /* data_frame_scratch */
	size_t scratch_room;
};

typedef struct data_window {
	double x, y, width, height;
} data_window;

typedef struct data_augment {
	const char *name, *brief;
	const secant_opts *options;
	bool pointwise; /* what it does to a pixel does not depend on where that lies */
	bool moves; /* only notes in the frame where pixels go */
	bool mixes; /* needs f->partner */
	secant_status (*check)(const void *options, secant_err *err); /* nullable: limits */
	/* Nullable: nothing to do but `window`. */
	secant_status (*apply)(const void *options, data_frame *f, secant_err *err);
	/* Nullable: the window of a height x width picture that is scaled to the sample, instead of a crop at random. */
	data_window (*window)(const void *options, base_rng *rng, int height, int width, int to_height, int to_width);
} data_augment;

/* ---- for steps ---- */

/* Makes the turns and the warp that are due, in the spare picture. */
void data_frame_settle(data_frame *f);
/* Notes a warp; what was noted before it and does not go together with it is made first. */
void data_frame_warp(data_frame *f, const data_affine *m, const data_outside *outside);
/* A spare picture of now's kind is ready; after writing it, swap. */
void data_frame_swap(data_frame *f);
/* n floats, kept for the next call; NULL and err on NOMEM. */
float *data_frame_scratch(data_frame *f, size_t n, secant_err *err);
/* What a constant border is made of: `value` for every channel, or the frame's fill where there is none (n = 0). */
secant_status data_frame_outside(const data_frame *f, int border, const secant_reals *value,
	float fill[DATA_MOST_CHANNELS], data_outside *out, secant_err *err);

/* A pair of limits as an option: "lower,upper", or one number v for -v,v (around 0) or 1 - v,1 + v (around 1). */
typedef struct data_limits {
	double lo, hi;
} data_limits;
data_limits data_limits_of(const secant_reals *r, double around);
/* An error for anything but one or two numbers, and for lower above upper: "NAME: OPTION 30,-30: ...". `least`, `most`:
 * what both must lie within. */
secant_status data_limits_check(const char *name, const char *option, const secant_reals *r, double around,
	double least, double most, secant_err *err);
double data_limits_draw(const secant_reals *r, double around, base_rng *rng);
int data_limits_draw_whole(const secant_reals *r, double around, base_rng *rng); /* both ends included */

/* Replaces every value of the first `channels` channels by table[value] (256 entries); floats by interpolation, linear
 * beyond both ends where the picture is not bounded. */
void data_picture_map(data_picture *p, int channels, const float table[256]);

/* ---- for the loader ---- */

/* Gives the frame room for samples of this size; keeps what it has if that suffices. */
secant_status data_frame_reserve(
	data_frame *f, int width, int height, int channels, bool real, bool labels, secant_err *err) SECANT_NODISCARD;
void data_frame_free(data_frame *f);
/* Applies the pipeline (NULL: nothing). Afterwards f->now is the sample. */
secant_status data_augmentation_apply(const data_augmentation *a, data_frame *f, secant_err *err) SECANT_NODISCARD;
/* The window that a step of the pipeline asks for; false when none does (then `rng` may have been used). */
bool data_augmentation_window(
	const data_augmentation *a, base_rng *rng, int height, int width, int to_height, int to_width, data_window *w);
const data_augment *data_augment_find(const char *name);
/* A pipeline as JSON text with every setting; caller frees with secant_free. NULL on NOMEM. */
char *data_augmentation_to_json(const data_augmentation *a);
#endif
