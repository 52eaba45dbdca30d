/* Text of AIPP. See aipp.h. */
#include "formats/aipp.h"
#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"

/* ---- what there is ---- */

typedef enum kind { INT, WIDE, REAL, TRUTH, MODE, FORMAT, NEVER } kind;

typedef struct field {
	const char *name;
	kind kind;
	size_t at;
	double lo, hi;
} field;

#define AT(member) offsetof(format_aipp, member)
#define CHANNELS(name, kind, member, lo, hi) \
	{ name "0", kind, AT(member[0]), lo, hi }, { name "1", kind, AT(member[1]), lo, hi }, \
	{ \
		name "2", kind, AT(member[2]), lo, hi \
	}

static const field fields[] = {
	{ "aipp_mode", MODE, AT(dynamic), 0, 0 },
	{ "related_input_rank", WIDE, AT(related_input_rank), 0, 1e9 },
	{ "input_edge_idx", WIDE, AT(input_edge_idx), 0, 1e9 },
	{ "input_format", FORMAT, AT(format), 0, 0 },
	{ "src_image_size_w", INT, AT(src_w), 0, 4096 },
	{ "src_image_size_h", INT, AT(src_h), 0, 4096 },
	{ "max_src_image_size", WIDE, AT(max_src_image_size), 0, 4294967295.0 },
	{ "crop", TRUTH, AT(crop), 0, 0 },
	{ "load_start_pos_w", INT, AT(crop_left), 0, 4095 },
	{ "load_start_pos_h", INT, AT(crop_top), 0, 4095 },
	{ "crop_size_w", INT, AT(crop_w), 1, 4096 },
	{ "crop_size_h", INT, AT(crop_h), 1, 4096 },
	{ "resize", NEVER, 0, 0, 0 },
	{ "resize_output_w", NEVER, 0, 0, 0 },
	{ "resize_output_h", NEVER, 0, 0, 0 },
	{ "padding", TRUTH, AT(pad), 0, 0 },
	{ "left_padding_size", INT, AT(pad_left), 0, 32 },
	{ "right_padding_size", INT, AT(pad_right), 0, 32 },
	{ "top_padding_size", INT, AT(pad_top), 0, 32 },
	{ "bottom_padding_size", INT, AT(pad_bottom), 0, 32 },
	{ "padding_value", REAL, AT(pad_value), -65504, 65504 },
	{ "csc_switch", TRUTH, AT(convert), 0, 0 },
	{ "rbuv_swap_switch", TRUTH, AT(swap), 0, 0 },
	{ "ax_swap_switch", TRUTH, AT(swap_first), 0, 0 },
	{ "single_line_mode", TRUTH, AT(single_line), 0, 0 },
	{ "support_rotation", NEVER, 0, 0, 0 },
	{ "matrix_r0c0", INT, AT(matrix[0]), -32677, 32676 },
	{ "matrix_r0c1", INT, AT(matrix[1]), -32677, 32676 },
	{ "matrix_r0c2", INT, AT(matrix[2]), -32677, 32676 },
	{ "matrix_r1c0", INT, AT(matrix[3]), -32677, 32676 },
	{ "matrix_r1c1", INT, AT(matrix[4]), -32677, 32676 },
	{ "matrix_r1c2", INT, AT(matrix[5]), -32677, 32676 },
	{ "matrix_r2c0", INT, AT(matrix[6]), -32677, 32676 },
	{ "matrix_r2c1", INT, AT(matrix[7]), -32677, 32676 },
	{ "matrix_r2c2", INT, AT(matrix[8]), -32677, 32676 },
	CHANNELS("input_bias_", INT, input_bias, 0, 255),
	CHANNELS("output_bias_", INT, output_bias, 0, 255),
	CHANNELS("mean_chn_", INT, mean, 0, 255),
	{ "mean_chn_3", INT, AT(mean[3]), 0, 255 },
	CHANNELS("min_chn_", REAL, min, -65504, 65504),
	{ "min_chn_3", REAL, AT(min[3]), -65504, 65504 },
	CHANNELS("var_reci_chn_", REAL, factor, -65504, 65504),
	{ "var_reci_chn_3", REAL, AT(factor[3]), -65504, 65504 },
};
enum { FIELDS = sizeof fields / sizeof *fields, MODE_FIELD = 0, FORMAT_FIELD = 3 };

/* Names and the numbers that the schema gives them; formats that are not supported are told apart from nonsense. */
static const struct {
	const char *name, *number;
	int format;
} formats[] = {
	{ "YUV420SP_U8", "1", FORMAT_AIPP_YUV420SP },
	{ "XRGB8888_U8", "2", FORMAT_AIPP_XRGB8888 },
	{ "RGB888_U8", "5", FORMAT_AIPP_RGB888 },
	{ "YUV400_U8", "10", FORMAT_AIPP_YUV400 },
	{ "ARGB8888_U8", "", FORMAT_AIPP_NONE },
	{ "YUYV_U8", "", FORMAT_AIPP_NONE },
	{ "YUV422SP_U8", "", FORMAT_AIPP_NONE },
	{ "AYUV444_U8", "", FORMAT_AIPP_NONE },
	{ "NC1HWC0DI_FP16", "", FORMAT_AIPP_NONE },
	{ "NC1HWC0DI_S8", "", FORMAT_AIPP_NONE },
	{ "RAW10", "", FORMAT_AIPP_NONE },
	{ "RAW12", "", FORMAT_AIPP_NONE },
	{ "RAW16", "", FORMAT_AIPP_NONE },
	{ "RAW24", "", FORMAT_AIPP_NONE },
};
enum { FORMATS = sizeof formats / sizeof *formats };

const char *
format_aipp_name(int format)
{
	for (int i = 0; i < FORMATS && format != FORMAT_AIPP_NONE; i++)
		if (formats[i].format == format)
			return formats[i].name;
	return NULL;
}

/* ---- words ---- */

enum { WORD = 64 };

typedef struct reader {
	const char *at, *end;
	int line;
	char word[WORD];
	secant_err *err;
} reader;

static secant_status
bad(const reader *r, const char *what, const char *word)
{
	return secant_fail(r->err, SECANT_ERR_FORMAT, "line %d: %s%s%s%s", r->line, what, word ? " '" : "",
		word ? word : "", word ? "'" : "");
}

static void
skip(reader *r)
{
	while (r->at < r->end) {
		if (*r->at == '#')
			while (r->at < r->end && *r->at != '\n')
				r->at++;
		else if (isspace((unsigned char)*r->at) || *r->at == ',' || *r->at == ';')
			r->line += *r->at++ == '\n';
		else
			return;
	}
}

/* The next mark or word, into r->word; empty at the end. */
static secant_status
next(reader *r)
{
	size_t n = 0;
	skip(r);
	r->word[0] = '\0';
	if (r->at == r->end)
		return SECANT_OK;
	if (strchr("{}:", *r->at) && *r->at) {
		r->word[0] = *r->at++;
		r->word[1] = '\0';
		return SECANT_OK;
	}
	while (r->at < r->end && (isalnum((unsigned char)*r->at) || strchr("_.+-", *r->at)) && *r->at) {
		if (n + 1 == WORD)
			return bad(r, "a word of more than 63 letters", NULL);
		r->word[n++] = *r->at++;
	}
	r->word[n] = '\0';
	return n ? SECANT_OK : bad(r, "a letter that has no place here", NULL);
}

static bool
is(const reader *r, const char *word)
{
	return !strcmp(r->word, word);
}

/* ---- values ---- */

static secant_status
read_number(reader *r, const field *f, double *v)
{
	long long whole;
	char a[40], b[40];
	bool ok = f->kind == REAL ? base_real_parse(r->word, v) : base_int_parse(r->word, &whole);
	if (!ok)
		return secant_fail(r->err, SECANT_ERR_FORMAT, "line %d: %s is '%s', want a %snumber", r->line, f->name, r->word,
			f->kind == REAL ? "" : "whole ");
	if (f->kind != REAL)
		*v = (double)whole;
	if (*v >= f->lo && *v <= f->hi)
		return SECANT_OK;
	return secant_fail(r->err, SECANT_ERR_RANGE, "line %d: %s %s is outside %s to %s", r->line, f->name, r->word,
		base_real_text(f->lo, a), base_real_text(f->hi, b));
}

static secant_status
read_truth(reader *r, const field *f, bool *v)
{
	bool yes = is(r, "true") || is(r, "True") || is(r, "t") || is(r, "1");
	if (!yes && !is(r, "false") && !is(r, "False") && !is(r, "f") && !is(r, "0"))
		return secant_fail(
			r->err, SECANT_ERR_FORMAT, "line %d: %s is '%s', want true or false", r->line, f->name, r->word);
	*v = yes;
	return SECANT_OK;
}

static secant_status
read_format(reader *r, int *v)
{
	for (int i = 0; i < FORMATS; i++)
		if (is(r, formats[i].name) || (*formats[i].number && is(r, formats[i].number))) {
			*v = formats[i].format;
			return *v ? SECANT_OK
					  : secant_fail(r->err, SECANT_ERR_UNSUPPORTED,
						  "line %d: input_format %s is not supported, YUV420SP_U8, XRGB8888_U8, RGB888_U8 and "
						  "YUV400_U8 are",
						  r->line, formats[i].name);
		}
	return bad(r, "no input_format is called", r->word);
}

/* Switches of what there is not may be off. */
static secant_status
read_never(reader *r, const field *f)
{
	if (is(r, "false") || is(r, "0") || is(r, "f") || is(r, "False"))
		return SECANT_OK;
	return secant_fail(
		r->err, SECANT_ERR_UNSUPPORTED, "line %d: %s is reserved and not supported: leave it out", r->line, f->name);
}

static secant_status
read_value(reader *r, const field *f, format_aipp *a)
{
	void *to = (char *)a + f->at;
	double v = 0;
	if (!r->word[0] || strchr("{}:", r->word[0]))
		return bad(r, "no value behind", f->name);
	if (f->kind == TRUTH)
		return read_truth(r, f, to);
	if (f->kind == FORMAT)
		return read_format(r, to);
	if (f->kind == NEVER)
		return read_never(r, f);
	if (f->kind == MODE) {
		*(int *)to = is(r, "dynamic") || is(r, "1") ? 1 : 0;
		bool known = *(int *)to || is(r, "static") || is(r, "2");
		return known ? SECANT_OK : bad(r, "aipp_mode is static or dynamic, not", r->word);
	}
	secant_status status = read_number(r, f, &v);
	if (status)
		return status;
	if (f->kind == REAL)
		*(double *)to = v;
	else if (f->kind == WIDE)
		*(int64_t *)to = (int64_t)v;
	else
		*(int *)to = (int)v;
	return SECANT_OK;
}

/* ---- blocks ---- */

static secant_status
unknown(const reader *r)
{
	const char *names[FIELDS + 1] = { 0 };
	for (int i = 0; i < FIELDS; i++)
		names[i] = fields[i].name;
	const char *near = secant_nearest(r->word, names);
	return secant_fail(r->err, SECANT_ERR_FORMAT, "line %d: aipp_op has no field '%s'%s%s%s", r->line, r->word,
		near ? " (nearest: " : "", near ? near : "", near ? ")" : "");
}

/* What fields mean together; `line` is where the block ends. */
static secant_status
check(const reader *r, const format_aipp *a, const bool *given)
{
	bool yuv = a->format == FORMAT_AIPP_YUV420SP;
	if (!given[MODE_FIELD])
		return bad(r, "the block says no aipp_mode", NULL);
	if (!a->dynamic && !given[FORMAT_FIELD])
		return bad(r, "the block says no input_format", NULL);
	if (a->dynamic && !a->max_src_image_size)
		return bad(r, "dynamic AIPP wants max_src_image_size", NULL);
	if (a->swap_first && a->format != FORMAT_AIPP_XRGB8888 && !a->dynamic)
		return bad(r, "ax_swap_switch is for XRGB8888_U8 alone", NULL);
	if (yuv && (a->src_w % 2 || a->src_h % 2))
		return bad(r, "sizes of YUV420SP_U8 are even", NULL);
	if (yuv && a->crop && (a->crop_left % 2 || a->crop_top % 2 || a->crop_w % 2 || a->crop_h % 2))
		return bad(r, "windows of YUV420SP_U8 have even places and sizes", NULL);
	if (a->crop
		&& ((a->src_w && a->crop_left + (a->crop_w ? a->crop_w : 1) > a->src_w)
			|| (a->src_h && a->crop_top + (a->crop_h ? a->crop_h : 1) > a->src_h)))
		return secant_fail(r->err, SECANT_ERR_RANGE, "line %d: a window of %dx%d at (%d, %d) leaves a picture of %dx%d",
			r->line, a->crop_w, a->crop_h, a->crop_left, a->crop_top, a->src_w, a->src_h);
	int width = a->crop && a->crop_w ? a->crop_w : a->src_w;
	if (a->pad && width + a->pad_left + a->pad_right > 1080)
		return secant_fail(r->err, SECANT_ERR_RANGE, "line %d: padded to a width of %d, more than 1080", r->line,
			width + a->pad_left + a->pad_right);
	return SECANT_OK;
}

static secant_status
read_block(reader *r, format_aipp *a)
{
	bool given[FIELDS] = { false };
	*a = (format_aipp){ .factor = { 1, 1, 1, 1 } };
	for (;;) {
		int i = 0;
		secant_status status = next(r);
		if (status)
			return status;
		if (is(r, "}"))
			return check(r, a, given);
		if (!r->word[0])
			return bad(r, "the block has no end: } is missing", NULL);
		while (i < FIELDS && strcmp(fields[i].name, r->word) != 0)
			i++;
		if (i == FIELDS)
			return unknown(r);
		if (given[i])
			return bad(r, "a block says once what it says, not twice", r->word);
		given[i] = true;
		if ((status = next(r)))
			return status;
		if (!is(r, ":"))
			return bad(r, "no : behind", fields[i].name);
		if ((status = next(r)) || (status = read_value(r, &fields[i], a)))
			return status;
	}
}

secant_status
format_aipp_parse(format_aipp *blocks, int *n, const char *text, size_t size, secant_err *err)
{
	secant_err own = { 0 };
	reader r = { text + base_text_mark(text, size), text + size, 1, "", &own };
	secant_status status = SECANT_OK;
	*n = 0;
	while (!status && !(status = next(&r)) && r.word[0]) {
		if (!is(&r, "aipp_op"))
			status = bad(&r, "want aipp_op, not", r.word);
		else if (*n == FORMAT_AIPP_BLOCKS)
			status = bad(&r, "more than 16 blocks", NULL);
		else if (!(status = next(&r)) && is(&r, ":")) /* a message may have one */
			status = next(&r);
		if (!status && !is(&r, "{"))
			status = bad(&r, "no { behind aipp_op", NULL);
		if (!status && !(status = read_block(&r, &blocks[*n])))
			++*n;
	}
	if (!status && !*n)
		status = secant_fail(&own, SECANT_ERR_FORMAT, "there is no aipp_op { ... }");
	return status ? secant_fail(err, own.code, "AIPP: %s", own.msg) : SECANT_OK;
}

secant_status
format_aipp_read(format_aipp *blocks, int *n, const char *path, secant_err *err)
{
	enum { MOST = 1 << 20 };
	secant_err own = { 0 };
	size_t size;
	char *text = NULL;
	secant_status status = secant_file_read(&text, &size, path, MOST, &own);
	*n = 0;
	if (!status && (status = format_aipp_parse(blocks, n, text, size, &own)))
		secant_err_prefix(&own, "%s", path);
	secant_free(text);
	return status ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

/* ---- parameters at run time ---- */

enum { OF_ALL = 64, OF_ONE = 96 };

size_t
format_aipp_parameters_size(int64_t batch)
{
	return OF_ALL + OF_ONE * (size_t)batch;
}

static int
word(const uint8_t *p)
{
	return (int16_t)(p[0] | p[1] << 8);
}

static int
whole_of(const uint8_t *p)
{
	return (int)(int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

/* A number of 16 bits: sign, exponent, fraction. */
static double
half_of(const uint8_t *p)
{
	int bits = p[0] | p[1] << 8, exponent = bits >> 10 & 31;
	double fraction = bits & 1023, v = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
	v = exponent < 31 ? v : fraction > 0 ? NAN : INFINITY;
	return bits >> 15 ? -v : v;
}

/* The fields by their places, and the ranges of the text. */
static const struct {
	const char *name;
	int at; /* from the beginning of the part of all, or of the first picture */
	enum { BYTE, WORD16, WORD32, HALF } size;
	bool of_one;
} parameters[] = {
#define P(name, at, size) \
	{ \
		name, at, size, false \
	}
#define Q(name, at, size) \
	{ \
		name, at, size, true \
	}
	P("csc_switch", 1, BYTE),
	P("rbuv_swap_switch", 2, BYTE),
	P("ax_swap_switch", 3, BYTE),
	P("src_image_size_w", 8, WORD32),
	P("src_image_size_h", 12, WORD32),
	P("matrix_r0c0", 16, WORD16),
	P("matrix_r0c1", 18, WORD16),
	P("matrix_r0c2", 20, WORD16),
	P("matrix_r1c0", 22, WORD16),
	P("matrix_r1c1", 24, WORD16),
	P("matrix_r1c2", 26, WORD16),
	P("matrix_r2c0", 28, WORD16),
	P("matrix_r2c1", 30, WORD16),
	P("matrix_r2c2", 32, WORD16),
	P("output_bias_0", 40, BYTE),
	P("output_bias_1", 41, BYTE),
	P("output_bias_2", 42, BYTE),
	P("input_bias_0", 43, BYTE),
	P("input_bias_1", 44, BYTE),
	P("input_bias_2", 45, BYTE),
	Q("crop", 0, BYTE),
	Q("resize", 1, BYTE),
	Q("padding", 2, BYTE),
	Q("support_rotation", 3, BYTE),
	Q("load_start_pos_w", 8, WORD32),
	Q("load_start_pos_h", 12, WORD32),
	Q("crop_size_w", 16, WORD32),
	Q("crop_size_h", 20, WORD32),
	Q("top_padding_size", 40, WORD32),
	Q("bottom_padding_size", 44, WORD32),
	Q("left_padding_size", 48, WORD32),
	Q("right_padding_size", 52, WORD32),
	Q("mean_chn_0", 56, WORD16),
	Q("mean_chn_1", 58, WORD16),
	Q("mean_chn_2", 60, WORD16),
	Q("mean_chn_3", 62, WORD16),
	Q("min_chn_0", 64, HALF),
	Q("min_chn_1", 66, HALF),
	Q("min_chn_2", 68, HALF),
	Q("min_chn_3", 70, HALF),
	Q("var_reci_chn_0", 72, HALF),
	Q("var_reci_chn_1", 74, HALF),
	Q("var_reci_chn_2", 76, HALF),
	Q("var_reci_chn_3", 78, HALF),
#undef P
#undef Q
};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

/* As the lines of a static block, which has one reader and one set of rules. Zeros of what is switched off are left
 * out. */
static secant_status
say_parameters(base_str *text, const uint8_t *p, secant_err *err)
{
	const uint8_t *one = p + OF_ALL;
	char number[40];
	base_str_add(text, "aipp_op { aipp_mode: static\n");
	base_str_addf(text, "input_format: %d\n", p[0]);
	for (int i = 0; i < PARAMETERS; i++) {
		const uint8_t *at = (parameters[i].of_one ? one : p) + parameters[i].at;
		double v = parameters[i].size == BYTE ? *at
			: parameters[i].size == WORD16    ? word(at)
			: parameters[i].size == WORD32    ? whole_of(at)
											  : half_of(at);
		if (!isfinite(v))
			return secant_fail(err, SECANT_ERR_FORMAT, "%s is no number", parameters[i].name);
		if (v != 0 || parameters[i].size == HALF)
			base_str_addf(text, "%s: %s\n", parameters[i].name, base_real_text(v, number));
	}
	base_str_add(text, "}");
	return SECANT_OK;
}

secant_status
format_aipp_of_parameters(format_aipp *a, const void *bytes, size_t size, int64_t batch, secant_err *err)
{
	enum { MOST_BATCH = 127 };
	format_aipp block[FORMAT_AIPP_BLOCKS];
	const uint8_t *p = bytes, *one = p + OF_ALL;
	secant_err own = { 0 };
	base_str text = { 0 };
	int n = 0;
	if (batch < 1 || batch > MOST_BATCH || size != format_aipp_parameters_size(batch))
		return secant_fail(err, SECANT_ERR_SHAPE,
			"dynamic AIPP: %zu bytes of parameters; %d and %d for each of %lld pictures are wanted", size, (int)OF_ALL,
			(int)OF_ONE, (long long)batch);
	if (p[4] < 1 || p[4] > batch)
		return secant_fail(err, SECANT_ERR_RANGE, "dynamic AIPP: parameters for %d pictures in a batch of %lld", p[4],
			(long long)batch);
	for (int i = 1; i < p[4]; i++)
		if (memcmp(one, one + i * OF_ONE, OF_ONE) != 0)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED,
				"dynamic AIPP: parameters of picture %d are others than those of picture 0: send them one by one", i);
	if (one[2] > 1)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "dynamic AIPP: paddingSwitch %d: a border of zeros (1) is made", one[2]);
	secant_status s = say_parameters(&text, p, &own);
	if (!s && text.failed)
		s = secant_fail(&own, SECANT_ERR_NOMEM, "no memory");
	if (!s)
		s = format_aipp_parse(block, &n, text.p, text.n, &own);
	if (!s)
		*a = block[0];
	base_str_free(&text);
	return s ? secant_fail(err, own.code, "dynamic %s", own.msg) : SECANT_OK;
}
