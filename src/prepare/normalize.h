/*
 * From pictures to the numbers a network wants: value = x * scale[c] + shift[c], x on the scale 0 to 255 (u16 is
 * divided by 257; float pictures are taken as they are, with 1/255 taken out of the scale). Used by training,
 * evaluation and deployment alike.
 */
#ifndef PREPARE_NORMALIZE_H
#define PREPARE_NORMALIZE_H
#include <secant/codec.h>

enum { PREPARE_NORMALIZE_CHANNELS = 16 };

/* scale and shift of `channels` (1 to 16) channels. `text`: NULL, "auto" or "imagenet" (mean .485 .456 .406, deviation
 * .229 .224 .225 of x/255, of other channel counts their mean), "unit" (x/255), "symmetric" (x/255 * 3.2 - 1.6), "none"
 * (x), or "MEAN,.../STD,..." of x/255, one number or one for each channel. */
secant_status prepare_normalize_parse(
	const char *text, int channels, float *scale, float *shift, secant_err *err) SECANT_NODISCARD;
/* Fills out[height * width * channels]. A picture with one channel is repeated to three, alpha (channel 4 of 4) is
 * dropped for three; any other difference of channels is an error naming both numbers. */
secant_status prepare_normalize_image(const secant_image *im, int channels, const float *scale, const float *shift,
	float *out, secant_err *err) SECANT_NODISCARD;

/*
 * Pixels without data: those that reading marked (secant_image.voids); of pictures from elsewhere, those whose bands
 * all have the declared value. Of floats also each band for itself, and NaN has no data in any case. Training and
 * prediction put the same neutral number there, the one that normalisation turns into 0 (integers: the nearest to it),
 * so that a network sees neither -9999 nor NaN, which would spread to every pixel near it.
 */
typedef struct prepare_voids {
	bool declared;
	double value;
	const secant_geo *geo; /* borrowed: bands may have values of their own */
	uint8_t heed; /* which of a picture's marks count (SECANT_VOID_...) */
} prepare_voids;
/* geo may be NULL. `channels`: what the network sees of a picture of `bands`; an alpha that it sees itself is data. */
prepare_voids prepare_voids_of(const secant_geo *geo, int bands, int channels);
/* The first pixel that has no data, or a band of which has none; -1 where there is none. */
int64_t prepare_voids_find(const prepare_voids *v, const secant_image *im);
/* Whether no band of a pixel has data. */
bool prepare_voids_at(const prepare_voids *v, const secant_image *im, int64_t pixel);
/* Puts the neutral number of `channels` channels (more bands: the last one's) where there is no data; scale NULL: NaN,
 * which floats alone hold. `where`, nullable, gets 1 for each pixel no band of which has data. */
void prepare_voids_fill(
	const prepare_voids *v, secant_image *im, int channels, const float *scale, const float *shift, uint8_t *where);
#endif
