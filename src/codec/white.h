/*
 * Which number is white. Bytes end at 255; of 16 bits, of whole numbers of 32 and 64 bits and of floats the type alone
 * does not tell: 12 bits lie in 16, reflectances count to 10,000, floats end at 1 or at 255. A number is given
 * (--white), kept with a model for each type that it was trained on, or found out from what pictures hold. Reading then
 * brings white to 1 (secant_image_read_options.white), before anything else sees a number.
 */
#ifndef CODEC_WHITE_H
#define CODEC_WHITE_H
#include <secant/codec.h>

enum { CODEC_WHITE_WHY = 256, CODEC_WHITE_TEXT = 128 }; /* room for what is said */

/* By type; 0: nobody said. */
typedef struct codec_whites {
	double u16, i16, f32;
} codec_whites;

/* "auto" or NULL: nothing; "4095": of all types; "u16=4095,f32=1": of each. Bytes are never meant. */
secant_status codec_whites_parse(codec_whites *w, const char *text, secant_err *err) SECANT_NODISCARD;
/* The same back, "auto" where nothing is said; `text` has 128 bytes. */
const char *codec_whites_text(const codec_whites *w, char *text);
/* Of a type; 0: nothing is said of it, or it is u8. */
double codec_white_of(const codec_whites *w, secant_dtype dtype);
void codec_white_set(codec_whites *w, secant_dtype dtype, double white);

/* What numbers pictures of one type hold. Zeroed at first. */
typedef struct codec_range {
	secant_dtype dtype;
	int bits; /* of a sample as it is stored, the most of all files */
	int64_t n, fractions; /* numbers seen; of them no whole ones */
	double low, high; /* of all of them */
	int64_t octave[512]; /* positive numbers by eighths of octaves, from 2^-32 on */
	double top[512]; /* the greatest of each */
} codec_range;
/* Adds what a file holds, of up to 16 windows spread over it; pixels without data are left out. */
secant_status codec_range_look(codec_range *r, const char *path, secant_err *err) SECANT_NODISCARD;
/* The same of an open raster that was opened as it is; `bits` as of its header. */
secant_status codec_range_raster(codec_range *r, secant_raster *raster, int bits, secant_err *err) SECANT_NODISCARD;
void codec_range_picture(codec_range *r, const secant_image *im, int bits); /* and of one in memory */

/* What is white by the evidence. `why`, of 256 bytes, gets what was taken and from what, "" where nothing is in doubt.
 */
double codec_white_guess(const codec_range *r, char *why);
/* Whether numbers contradict a white that was given: `why` gets how, and the option; "" where they do not. */
void codec_white_doubt(const codec_range *r, double white, char *why);
#endif
