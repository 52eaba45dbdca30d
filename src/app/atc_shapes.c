/* What atc's flags say of shapes. See atc_shapes.h. */
#include "app/atc_shapes.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Reads one whole number of at least `least`; false: there is none. */
static bool
number(const char **at, int64_t least, int64_t *v)
{
	char *end;
	while (isspace((unsigned char)**at))
		(*at)++;
	if (!isdigit((unsigned char)**at) && **at != '-')
		return false;
	*v = strtoll(*at, &end, 10);
	bool ok = end != *at && *v >= least && *v <= INT32_MAX;
	*at = end;
	while (isspace((unsigned char)**at))
		(*at)++;
	return ok;
}

/* "1,3,-1,224" or "1~8,3,..." up to ';' or the end. */
static secant_status
read_dims(app_atc_input *in, const char **at, const char *text, secant_err *err)
{
	for (;; (*at)++) {
		int64_t a, b;
		if (in->rank == SECANT_MAX_RANK)
			return secant_fail(
				err, SECANT_ERR_UNSUPPORTED, "input_shape: '%s' has more than %d dimensions", text, SECANT_MAX_RANK);
		if (!number(at, -1, &a) || a == 0)
			return secant_fail(err, SECANT_ERR_ARG,
				"input_shape: '%s': at '%.20s' a whole number above 0, or -1 for a dynamic one, is wanted", text, *at);
		b = a;
		if (**at == '~') {
			(*at)++;
			if (!number(at, -1, &b) || a < 0 || (b != -1 && b < a))
				return secant_fail(
					err, SECANT_ERR_ARG, "input_shape: '%s': a range is LEAST~MOST, MOST at least LEAST", text);
		}
		in->least[in->rank] = a;
		in->most[in->rank++] = b;
		if (**at != ',')
			return SECANT_OK;
	}
}

secant_status
app_atc_read_inputs(app_atc_input *in, int *n, const char *text, secant_err *err)
{
	*n = 0;
	for (const char *at = text ? text : ""; *at;) {
		while (isspace((unsigned char)*at))
			at++;
		if (!*at)
			break;
		const char *end = strchr(at, ';'), *colon = NULL;
		end = end ? end : at + strlen(at);
		for (const char *p = at; p < end; p++) /* names may hold colons: "input:0:1,3,8,8" */
			colon = *p == ':' ? p : colon;
		if (*n == APP_ATC_INPUTS)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "input_shape: more than %d inputs", APP_ATC_INPUTS);
		app_atc_input *one = &in[(*n)++];
		memset(one, 0, sizeof *one);
		size_t length = colon ? (size_t)(colon - at) : 0;
		while (length && isspace((unsigned char)at[length - 1]))
			length--;
		if (length >= sizeof one->name || (colon && !length))
			return secant_fail(err, SECANT_ERR_ARG, "input_shape: '%s': a name of %zu characters", text, length);
		memcpy(one->name, at, length);
		at = colon ? colon + 1 : at;
		if (read_dims(one, &at, text, err))
			return err ? err->code : SECANT_ERR_ARG;
		if (*at && *at != ';')
			return secant_fail(err, SECANT_ERR_ARG,
				"input_shape: '%s': at '%.20s' a comma or a semicolon is wanted (\"name:1,3,224,224;name2:1,8\")", text,
				at);
		at += *at == ';';
	}
	for (int i = 0; i < *n; i++)
		for (int k = 0; k < i || (*n > 1 && !in[i].name[0]); k++)
			if (!in[i].name[0] || !strcmp(in[i].name, in[k].name))
				return secant_fail(err, SECANT_ERR_ARG,
					in[i].name[0] ? "input_shape: '%s' stands twice" : "input_shape: '%s': several inputs want names",
					in[i].name[0] ? in[i].name : text);
	return SECANT_OK;
}

/* ---- sets ---- */

/* "1,2,4" as three sets of one number; "h,w;h,w" as sets of `width`. */
static secant_status
read_list(app_atc_sets *s, const char *flag, const char *text, bool singles, secant_err *err)
{
	for (const char *at = text; *at;) {
		int width = 0;
		if (s->n == APP_ATC_SETS)
			return secant_fail(err, SECANT_ERR_ARG, "%s: more than %d sets", flag, APP_ATC_SETS);
		for (;; at++) {
			if (width == SECANT_MAX_RANK * 2)
				return secant_fail(err, SECANT_ERR_ARG, "%s: '%s' has sets of more than %d numbers", flag, text, width);
			if (!number(&at, 1, &s->v[s->n][width++]))
				return secant_fail(
					err, SECANT_ERR_ARG, "%s: '%s': at '%.20s' a whole number above 0 is wanted", flag, text, at);
			if (singles || *at != ',')
				break;
		}
		if (s->width && s->width != width)
			return secant_fail(
				err, SECANT_ERR_ARG, "%s: '%s' has sets of %d and of %d numbers", flag, text, s->width, width);
		s->width = width;
		for (int i = 0; i < s->n; i++)
			if (!memcmp(s->v[i], s->v[s->n], (size_t)width * sizeof s->v[0][0]))
				return secant_fail(err, SECANT_ERR_ARG, "%s: '%s' says one set twice", flag, text);
		s->n++;
		if (*at && *at != (singles ? ',' : ';'))
			return secant_fail(err, SECANT_ERR_ARG, "%s: '%s': at '%.20s' a %s is wanted", flag, text, at,
				singles ? "comma" : "semicolon");
		at += *at != '\0';
	}
	return s->n ? SECANT_OK : secant_fail(err, SECANT_ERR_ARG, "%s: is empty", flag);
}

/* How many numbers of the inputs are dynamic: all, and those a batch or a size would stand for. */
static int
dynamic_ones(const app_atc_input *in, int n, int first, int last)
{
	int count = 0;
	for (int k = 0; k < n; k++)
		for (int d = 0; d < in[k].rank; d++)
			count += in[k].least[d] < 0 && d >= first && d <= last;
	return count;
}

static int
height_axis(const secant_atc *o)
{
	return o->input_format && !strcmp(o->input_format, "NHWC") ? 1 : 2;
}

static secant_status
check_sets(const app_atc_sets *s, const secant_atc *o, const app_atc_input *in, int n, secant_err *err)
{
	static const char *const flags[] = { "", "dynamic_batch_size", "dynamic_image_size", "dynamic_dims" };
	int all = dynamic_ones(in, n, 0, SECANT_MAX_RANK), h = height_axis(o);
	int batch = dynamic_ones(in, n, 0, 0), image = dynamic_ones(in, n, h, h + 1);
	if (!n)
		return secant_fail(
			err, SECANT_ERR_ARG, "%s wants input_shape, with -1 where numbers are dynamic", flags[s->kind]);
	if (s->kind == APP_ATC_BATCH && (!batch || all != batch))
		return secant_fail(err, SECANT_ERR_ARG,
			"dynamic_batch_size: input_shape '%s' must have -1 in its first places and nowhere else", o->input_shape);
	if (s->kind == APP_ATC_IMAGE && (s->width != 2 || image < 2 || all != image))
		return secant_fail(err, SECANT_ERR_ARG,
			s->width != 2
				? "dynamic_image_size: sets are HEIGHT,WIDTH"
				: "dynamic_image_size: input_shape '%s' must have -1 for height and width and nowhere else (axes "
				  "%d and %d; input_format says which)",
			o->input_shape, h, h + 1);
	if (s->kind == APP_ATC_DIMS && s->width != all)
		return secant_fail(err, SECANT_ERR_ARG, "dynamic_dims: sets of %d numbers, input_shape '%s' has %d times -1",
			s->width, o->input_shape, all);
	return SECANT_OK;
}

secant_status
app_atc_read_sets(app_atc_sets *s, const secant_atc *o, const app_atc_input *in, int n, secant_err *err)
{
	const char *const text[] = { NULL, o->dynamic_batch_size, o->dynamic_image_size, o->dynamic_dims };
	static const char *const flags[] = { "", "dynamic_batch_size", "dynamic_image_size", "dynamic_dims" };
	memset(s, 0, sizeof *s);
	for (int kind = APP_ATC_BATCH; kind <= APP_ATC_DIMS; kind++) {
		if (!text[kind])
			continue;
		if (s->n)
			return secant_fail(err, SECANT_ERR_ARG, "%s and %s exclude each other", flags[s->kind], flags[kind]);
		s->kind = kind;
		if (read_list(s, flags[kind], text[kind], kind == APP_ATC_BATCH, err))
			return err ? err->code : SECANT_ERR_ARG;
	}
	if (s->n)
		return check_sets(s, o, in, n, err);
	s->n = 1;
	return SECANT_OK;
}

secant_shape
app_atc_shape(const app_atc_sets *s, int i, const app_atc_input *in, int k)
{
	secant_shape shape = { .rank = in[k].rank };
	int taken = 0;
	for (int j = 0; j < k && s->kind == APP_ATC_DIMS; j++)
		for (int d = 0; d < in[j].rank; d++)
			taken += in[j].least[d] < 0;
	for (int d = 0; d < shape.rank; d++) {
		shape.dim[d] = in[k].least[d];
		if (shape.dim[d] < 0 && s->kind)
			shape.dim[d] = s->v[i][s->kind == APP_ATC_BATCH ? 0 : s->kind == APP_ATC_IMAGE ? taken++ % 2 : taken++];
	}
	return shape;
}
