/*
 * From pictures to the numbers a network wants: value = x * scale[c] + shift[c], x on the scale 0 to 255 (u16 is divided by 257; float
 * pictures are taken as they are, with 1/255 taken out of the scale). Used by training, evaluation and deployment alike.
 */
#ifndef SECANT_CODEC_NORMALIZE_H
#define SECANT_CODEC_NORMALIZE_H
#include <secant/tensor.h>

enum { SECANT_NORMALIZE_CHANNELS = 16 };

/* scale and shift of `channels` (1 to 16) channels. `text`: NULL or "imagenet" (mean .485 .456 .406, deviation .229 .224 .225 of x/255, of
 * other channel counts their mean), "unit" (x/255), "symmetric" (x/255 * 3.2 - 1.6), "none" (x), or "MEAN,.../STD,..." of x/255, one
 * number or one for each channel. */
secant_status secant_normalize_parse(const char *text, int channels, float *scale, float *shift, secant_err *err) SECANT_NODISCARD;
/* Fills out[height * width * channels]. A picture with one channel is repeated to three, alpha (channel 4 of 4) is dropped for three;
 * any other difference of channels is an error naming both numbers. */
secant_status secant_normalize_image(const secant_image *im, int channels, const float *scale, const float *shift, float *out, secant_err *err) SECANT_NODISCARD;
#endif
