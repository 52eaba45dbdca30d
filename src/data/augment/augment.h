/*
 * Augmentation: a pipeline of steps, each applied with its probability to a decoded sample, before normalisation.
 *
 * TO ADD A STEP: copy a small one (gamma.c), and add AUGMENT(name) to augments.inc. Its options start with `double p`;
 * its numbers are drawn from f->rng and from nothing else. A step that moves pixels goes through data/place.h, so that
 * picture and labels stay together. Pixel values are 0..255, in bytes or in floats (data/samples.h); from the fourth on
 * channels are not colours.
 */
#ifndef SECANT_DATA_AUGMENT_AUGMENT_H
#define SECANT_DATA_AUGMENT_AUGMENT_H
#include <secant/info.h>
#include "base/rng.h"
#include "data/place.h"

typedef struct secant_frame secant_frame;

/* What a step works on. */
struct secant_frame {
	secant_picture a, b; /* two of the same kind; a step reads *now and may write *spare and swap them */
	secant_picture *now, *spare;
	secant_rng rng;
	/* What is still to be made, by one pass over the pixels (secant_frame_settle): turns, a warp, turns after it. */
	int turn_before, turn;
	bool warps;
	secant_affine warp;
	secant_outside outside; /* of the warp; its fill lies in warp_fill */
	float warp_fill[SECANT_MOST_CHANNELS];
	float fill[SECANT_MOST_CHANNELS]; /* the value that becomes 0 by normalisation */
	uint16_t pad_label;
	/* Another sample of the data set, of f->now's size, in *guest; NULL: there is none. Chosen by f->mix. */
	secant_status (*partner)(void *user, secant_frame *f, secant_picture *guest, secant_err *err);
	void *user;
	secant_picture guest;
	secant_rng mix;
	float *scratch; /* secant_frame_scratch */
	size_t scratch_room;
};

typedef struct secant_window {
	double x, y, width, height;
} secant_window;

typedef struct secant_augment {
	const char *name, *brief;
	const secant_opts *options;
	bool pointwise; /* what it does to a pixel does not depend on where that lies */
	bool moves; /* only notes in the frame where pixels go */
	bool mixes; /* needs f->partner */
	secant_status (*check)(const void *options, secant_err *err); /* nullable: limits */
	/* Nullable: nothing to do but `window`. */
	secant_status (*apply)(const void *options, secant_frame *f, secant_err *err);
	/* Nullable: the window of a height x width picture that is scaled to the sample, instead of a crop at random. */
	secant_window (*window)(const void *options, secant_rng *rng, int height, int width, int to_height, int to_width);
} secant_augment;

/* ---- for steps ---- */

/* Makes the turns and the warp that are due, in the spare picture. */
void secant_frame_settle(secant_frame *f);
/* Notes a warp; what was noted before it and does not go together with it is made first. */
void secant_frame_warp(secant_frame *f, const secant_affine *m, const secant_outside *outside);
/* A spare picture of now's kind is ready; after writing it, swap. */
void secant_frame_swap(secant_frame *f);
/* n floats, kept for the next call; NULL and err on NOMEM. */
float *secant_frame_scratch(secant_frame *f, size_t n, secant_err *err);
/* What a constant border is made of: `value` for every channel, or the frame's fill where there is none (n = 0). */
secant_status secant_frame_outside(const secant_frame *f, int border, const secant_reals *value,
	float fill[SECANT_MOST_CHANNELS], secant_outside *out, secant_err *err);

/* A pair of limits as an option: "lower,upper", or one number v for -v,v (around 0) or 1 - v,1 + v (around 1). */
typedef struct secant_limits {
	double lo, hi;
} secant_limits;
secant_limits secant_limits_of(const secant_reals *r, double around);
/* An error for anything but one or two numbers, and for lower above upper: "NAME: OPTION 30,-30: ...". `least`, `most`:
 * what both must lie within. */
secant_status secant_limits_check(const char *name, const char *option, const secant_reals *r, double around,
	double least, double most, secant_err *err);
double secant_limits_draw(const secant_reals *r, double around, secant_rng *rng);
int secant_limits_draw_whole(const secant_reals *r, double around, secant_rng *rng); /* both ends included */

/* Replaces every value of the first `channels` channels by table[value] (256 entries); floats by interpolation, linear
 * beyond both ends where the picture is not bounded. */
void secant_picture_map(secant_picture *p, int channels, const float table[256]);

/* ---- for the loader ---- */

/* Gives the frame room for samples of this size; keeps what it has if that suffices. */
secant_status secant_frame_reserve(
	secant_frame *f, int width, int height, int channels, bool real, bool labels, secant_err *err) SECANT_NODISCARD;
void secant_frame_free(secant_frame *f);
/* Applies the pipeline (NULL: nothing). Afterwards f->now is the sample. */
secant_status secant_augmentation_apply(
	const secant_augmentation *a, secant_frame *f, secant_err *err) SECANT_NODISCARD;
/* The window that a step of the pipeline asks for; false when none does (then `rng` may have been used). */
bool secant_augmentation_window(const secant_augmentation *a, secant_rng *rng, int height, int width, int to_height,
	int to_width, secant_window *w);
const secant_augment *secant_augment_find(const char *name);
/* A pipeline as JSON text with every setting; caller frees with secant_free. NULL on NOMEM. */
char *secant_augmentation_to_json(const secant_augmentation *a);
#endif
