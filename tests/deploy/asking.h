/*
 * What tests of predictions share: predictors by models and options, pictures of noise.
 */
#ifndef TESTS_DEPLOY_ASKING_H
#define TESTS_DEPLOY_ASKING_H
#include "scratch.h"
#include "tiny.h"
#include "base/rng.h"
#include "deploy/predictor.h"

/* Options written as "name=value|name=value"; f32 unless they say otherwise. */
static inline secant_predictor *
open_with(const char *const *models, int n, const char *options, secant_err *err)
{
	secant_predict o;
	char text[400], *rest = text;
	assert_int_equal(secant_opts_init(&secant_predict_options, &o, err), 0);
	assert_int_equal(secant_opts_set(&secant_predict_options, &o, "precision", "f32", err), 0);
	snprintf(text, sizeof text, "%s", options);
	for (char *word; (word = strsep(&rest, "|"));)
		if (*word) {
			char *value = strchr(word, '=');
			*value = '\0';
			if (secant_opts_set(&secant_predict_options, &o, word, value + 1, err))
				fail_msg("%s", err->msg);
		}
	secant_predictor *p = secant_predictor_open(models, n, &o, err);
	secant_opts_free(&secant_predict_options, &o);
	return p;
}

static inline secant_predictor *
open_one(const char *model, const char *options)
{
	secant_err err = { 0 };
	secant_predictor *p = open_with(&model, 1, options, &err);
	if (!p)
		fail_msg("%s", err.msg);
	return p;
}

static inline secant_image
noise(int height, int width, int channels, secant_dtype dtype)
{
	secant_image im;
	base_rng r = base_rng_make(7, BASE_FOR_TEST, (uint32_t)height, (uint32_t)width);
	assert_int_equal(secant_image_new(&im, width, height, channels, dtype, NULL), 0);
	for (int64_t i = 0, n = (int64_t)height * width * channels; i < n; i++)
		if (dtype == SECANT_U8)
			((uint8_t *)im.data)[i] = (uint8_t)base_rng_below(&r, 256);
		else if (dtype == SECANT_F32)
			((float *)im.data)[i] = (float)base_rng_uniform(&r);
		else
			((uint16_t *)im.data)[i] = (uint16_t)base_rng_below(&r, 65536);
	return im;
}
#endif
