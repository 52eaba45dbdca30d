/*
 * Segmenting a picture from a program of one's own, through the public headers and libsecant-deploy alone:
 *
 *     cc embed.c $(pkg-config --cflags --libs secant-deploy) -o embed
 *     ./embed model.safetensors picture.png mask.png
 */
#include <secant/codec.h>
#include <secant/predict.h>
#include <stdio.h>
#include <string.h>

static int
segment(const char *model, const char *picture, const char *result, secant_err *err)
{
	secant_image image, mask;
	secant_predictor *p = secant_predictor_open(&model, 1, NULL, err); /* once; then any number of pictures */
	int ok;
	memset(&image, 0, sizeof image); /* freeing what was never filled is fine then */
	memset(&mask, 0, sizeof mask);
	ok = p && secant_image_read(&image, picture, NULL, err) == SECANT_OK
		&& secant_predictor_mask(p, &image, &mask, err) == SECANT_OK
		&& secant_image_write(&mask, result, NULL, err) == SECANT_OK;
	if (ok && secant_predictor_classes(p) == 1) {
		long count = 0, i, pixels = (long)mask.width * mask.height;
		for (i = 0; i < pixels; i++)
			count += ((const unsigned char *)mask.data)[i] != 0;
		printf("%d x %d pixels, %.1f %% foreground\n", mask.width, mask.height, 100.0 * (double)count / (double)pixels);
	}
	secant_image_free(&mask);
	secant_image_free(&image);
	secant_predictor_close(p);
	return ok;
}

int
main(int argc, char **argv)
{
	secant_err err = { SECANT_OK, "" }; /* holds the first error of all that follows */
	if (argc != 4) {
		fprintf(stderr, "usage: embed MODEL PICTURE MASK\n");
		return 2;
	}
	if (segment(argv[1], argv[2], argv[3], &err))
		return 0;
	fprintf(stderr, "embed: %s\n", err.msg);
	return 1;
}
