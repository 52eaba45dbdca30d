/*
 * Label pictures as planes of class indices. What a value means is the rule's business:
 *
 *   binary    1 from the threshold on, else 0; of a colour picture the largest of R, G, B counts
 *   index     the value is the class; an indexed picture gives its indices, a grey picture stored as R = G = B its
 *             grey
 *   palette   as index, but the picture must be an indexed one
 *   colours   the colour is looked up in the class file
 *   auto      binary for one class; else index, or colours where the picture has colours and the class file too
 *   bands     (multilabel, a picture of several bands) band c from the threshold on is bit c; what is ignored is so in
 *             all bands
 *
 * The ignore index, where there is one, becomes DATA_LABEL_IGNORE, and so does what a GeoTIFF of labels declares to
 * be no data, unless it is a class, and NaN. A value that is no class is an error with the value, the first place,
 * how many pixels there are of such, and the option that would fit. Values are never rounded, blended or cut.
 */
#include "data/labels.h"
#include "data/joined.h"
#include "base/mem.h"
#include "data/class_file.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <secant/codec.h>

enum { BAD = 0xfffe };
static const char *const mode_names[] = { "auto", "binary", "index", "palette", "colours", NULL };

/* ---- the rule ---- */

static secant_status
pick_mode(data_label_rule *rule, const char *text, secant_err *err)
{
	int m = 0;
	while (text && mode_names[m] && strcmp(text, mode_names[m]))
		m++;
	if (!mode_names[m]) {
		const char *near = secant_nearest(text, mode_names);
		return secant_fail(err, SECANT_ERR_ARG,
			"--labels: '%.60s' is not one of auto, binary, index, palette, colours%s%s%s", text,
			near ? " (nearest: " : "", near ? near : "", near ? ")" : "");
	}
	rule->by_channels = m == 0 && rule->classes > 1;
	rule->automatic = m == 0;
	rule->mode = m > 0 ? (data_label_mode)(m - 1) : rule->classes == 1 ? DATA_LABELS_BINARY : DATA_LABELS_INDEX;
	return SECANT_OK;
}

static secant_status
read_classes(data_label_rule *rule, const char *path, secant_err *err)
{
	data_class_list list = { 0 };
	secant_status s = data_class_list_read(&list, path, err);
	if (s)
		return s;
	rule->names = list.names;
	rule->name_count = list.n;
	rule->colours = list.colours;
	rule->line = list.line;
	rule->lines = list.lines;
	rule->ignores = list.lines > list.n;
	if (list.n != rule->classes && list.n != rule->values)
		return secant_fail(
			err, SECANT_ERR_ARG, "%s names %d classes, but there are %d (--classes)", path, list.n, rule->classes);
	return SECANT_OK;
}

void
data_label_rule_free(data_label_rule *rule)
{
	for (int i = 0; i < rule->name_count; i++)
		secant_free(rule->names[i]);
	secant_free(rule->names);
	secant_free(rule->colours);
	secant_free(rule->line);
	*rule = (data_label_rule){ 0 };
}

secant_status
data_label_rule_names(data_label_rule *rule, char *const *names, int n, secant_err *err)
{
	rule->names = secant_calloc((size_t)n, sizeof *rule->names);
	for (rule->name_count = 0; rule->names && rule->name_count < n; rule->name_count++)
		if (!(rule->names[rule->name_count] = base_strdup(names[rule->name_count])))
			break;
	return rule->names && rule->name_count == n ? SECANT_OK
												: secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d class names", n);
}

static secant_status
make_rule(data_label_rule *rule, const secant_data_options *o, data_target_kind kind, secant_err *err)
{
	secant_status s = pick_mode(rule, o->labels, err);
	if (!s && o->class_file)
		s = read_classes(rule, o->class_file, err);
	if (s)
		return s;
	if (rule->classes < 1 || rule->classes > DATA_LABEL_MOST_CLASSES)
		return secant_fail(
			err, SECANT_ERR_RANGE, "--classes: %d is outside 1 to %d", rule->classes, DATA_LABEL_MOST_CLASSES);
	if (kind == DATA_TARGET_BINARY && rule->classes != 1)
		return secant_fail(err, SECANT_ERR_ARG, "binary targets have one class, not %d", rule->classes);
	if (rule->mode == DATA_LABELS_BINARY && rule->classes > 2)
		return secant_fail(err, SECANT_ERR_ARG,
			"--labels binary: knows foreground and background, but there are %d classes; --labels index would fit",
			rule->classes);
	if (rule->mode == DATA_LABELS_BINARY && rule->ignores)
		return secant_fail(err, SECANT_ERR_ARG,
			"--labels binary: knows no values to ignore, but %s has some; two classes in it, background and object, "
			"and "
			"--labels index or colours would fit",
			o->class_file);
	if (rule->mode == DATA_LABELS_COLOURS && (!rule->colours || rule->name_count < rule->values))
		return secant_fail(
			err, SECANT_ERR_ARG, "--labels colours: needs --class-file with %d lines NAME R G B", rule->values);
	return SECANT_OK;
}

secant_status
data_label_rule_make(
	data_label_rule *rule, const secant_data_options *o, int classes, data_target_kind kind, secant_err *err)
{
	*rule = (data_label_rule){ .threshold = o->label_threshold,
		.ignore = o->ignore_index,
		.scale = o->scale_labels,
		.classes = classes,
		.values = classes == 1 ? 2 : classes };
	secant_status s = make_rule(rule, o, kind, err);
	if (s)
		data_label_rule_free(rule);
	return s;
}

/* ---- values ---- */

enum { NO_DATA = -1000000, USUAL_THRESHOLD = 128 };

/* The number at element i; a float that is no whole number gives -2, which no rule knows. */
static long
value_at(const secant_image *im, size_t i)
{
	if (im->dtype == SECANT_U8)
		return ((const uint8_t *)im->data)[i];
	if (im->dtype == SECANT_U16)
		return ((const uint16_t *)im->data)[i];
	if (im->dtype == SECANT_I16)
		return ((const int16_t *)im->data)[i];
	float v = ((const float *)im->data)[i];
	return v >= -32768 && v <= 65535 && v == (float)(long)v ? (long)v : -2;
}

/* The same, or NO_DATA, which NaN is whether the file says so or not: it can stand for nothing else. */
static long
label_at(const data_label_rule *rule, const secant_image *im, size_t i)
{
	long v = value_at(im, i);
	if (im->dtype != SECANT_F32)
		return rule->has_nodata && (double)v == rule->nodata ? NO_DATA : v;
	float x = ((const float *)im->data)[i];
	return isnan(x) || (rule->has_nodata && x == (float)rule->nodata) ? NO_DATA : v;
}

static long
largest(const data_label_rule *rule, const secant_image *im, size_t pixel)
{
	int c = im->channels, colours = c == 2 || c == 4 ? c - 1 : c; /* without alpha */
	long best = label_at(rule, im, pixel * (size_t)c);
	for (int k = 1; k < colours; k++) {
		long v = label_at(rule, im, pixel * (size_t)c + (size_t)k);
		best = v > best ? v : best;
	}
	return best;
}

static uint16_t
as_binary(const data_label_rule *rule, long v)
{
	return v == NO_DATA || (v >= 0 && v == rule->ignore) ? DATA_LABEL_IGNORE : v < 0 ? BAD : v >= rule->threshold;
}

static uint16_t
as_index(const data_label_rule *rule, long v)
{
	if (v == NO_DATA || (v >= 0 && v == rule->ignore))
		return DATA_LABEL_IGNORE;
	if (rule->ignores && v >= 0 && v < rule->lines) /* lines to be ignored have a value, but no class */
		return rule->line[v].class == DATA_CLASS_IGNORED ? DATA_LABEL_IGNORE : (uint16_t)rule->line[v].class;
	return v >= 0 && v < rule->values ? (uint16_t)v : BAD;
}

static uint16_t
as_colour(const data_label_rule *rule, const uint8_t *rgb)
{
	for (int i = 0; i < rule->lines; i++)
		if (!memcmp(rule->line[i].rgb, rgb, 3)) {
			int class = rule->line[i].class;
			return i == rule->ignore || class == DATA_CLASS_IGNORED ? DATA_LABEL_IGNORE
				: class < rule->values                              ? (uint16_t) class
																	: BAD;
		}
	return BAD;
}

/* ---- messages ---- */

/* What the values of a picture look like, for the advice. */
typedef struct survey {
	size_t bad, first;
	long most, least;
	bool only_black_white;
} survey;

static survey
survey_values(const secant_image *im, const uint16_t *plane)
{
	survey r = { .most = -32768, .least = 65535, .only_black_white = true };
	size_t n = (size_t)im->width * (size_t)im->height;
	for (size_t i = n; i-- > 0;) {
		long v = value_at(im, i * (size_t)im->channels);
		r.most = v > r.most ? v : r.most;
		r.least = v < r.least ? v : r.least;
		r.only_black_white &= v == 0 || v == 255;
		if (plane[i] == BAD) {
			r.bad++;
			r.first = i;
		}
	}
	return r;
}

static secant_status
no_class(const data_label_rule *rule, const secant_image *im, const char *path, const uint16_t *plane, secant_err *err)
{
	survey r = survey_values(im, plane);
	long v = value_at(im, r.first * (size_t)im->channels);
	char advice[140] = "";
	if (r.only_black_white && rule->values == 2 && !im->palette)
		(void)snprintf(advice, sizeof advice, "--labels binary would fit");
	else if (v == 255 && rule->ignore != 255)
		(void)snprintf(advice, sizeof advice, "--ignore-index 255 would leave it out");
	else if (v >= 0 && r.least >= 0)
		(void)snprintf(advice, sizeof advice, "--classes %ld would fit", r.most + 1);
	else if (v < 0 && (v != -2 || im->dtype == SECANT_I16))
		(void)snprintf(advice, sizeof advice,
			"labels are whole numbers from 0; what the file declares to be no data (gdal_edit -a_nodata %ld) is left "
			"out",
			v);
	else
		(void)snprintf(advice, sizeof advice, "labels are whole numbers from 0 to 65535");
	char text[32];
	if (v == -2 && im->dtype == SECANT_F32)
		(void)snprintf(text, sizeof text, "%g", (double)((const float *)im->data)[r.first * (size_t)im->channels]);
	else
		(void)snprintf(text, sizeof text, "%ld", v);
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: label value %s at (%zu, %zu) is outside the classes 0 to %d, %zu pixel%s; %s", path, text,
		r.first % (size_t)im->width, r.first / (size_t)im->width, rule->values - 1, r.bad, r.bad == 1 ? " is" : "s are",
		advice);
}

static secant_status
no_colour(const data_label_rule *rule, const secant_image *im, const char *path, const uint16_t *plane, secant_err *err)
{
	survey r = survey_values(im, plane);
	size_t c = (size_t)im->channels, i = r.first * c;
	long v[3] = { value_at(im, i), value_at(im, i + (c > 2)), value_at(im, i + (c > 2 ? 2 : 0)) };
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: label colour (%ld, %ld, %ld) at (%zu, %zu) is none of the %d in the class file, %zu pixel%s; a line 'NAME "
		"%ld %ld %ld' in --class-file would fit",
		path, v[0], v[1], v[2], r.first % (size_t)im->width, r.first / (size_t)im->width, rule->lines, r.bad,
		r.bad == 1 ? " is" : "s are", v[0], v[1], v[2]);
}

/* ---- planes ---- */

/* Binary labels that are 0 and 1 would all be background under the usual threshold, and of 0, 1 and 255 it would take
 * what most tools leave out for the object: that is a mistake, not a picture. `first` of the `ones` pixels is 1. */
static secant_status
check_binary(const data_label_rule *rule, const secant_image *im, const char *path, size_t n, size_t ones, size_t first,
	secant_err *err)
{
	bool white = false;
	for (size_t i = 0; i < n; i++) {
		long v = largest(rule, im, i);
		if (v != 0 && v != 1 && v != 255 && v != rule->ignore && v != NO_DATA)
			return SECANT_OK;
		white |= v == 255 && v != rule->ignore;
	}
	size_t x = first % (size_t)im->width, y = first / (size_t)im->width;
	if (!white)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: label values are 0 and 1 alone: value 1 at (%zu, %zu), %zu pixel%s below --label-threshold %d; "
			"--labels index would fit",
			path, x, y, ones, ones == 1 ? " is" : "s are", rule->threshold);
	return rule->threshold != USUAL_THRESHOLD
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_FORMAT,
			"%s: label values are 0, 1 and 255 alone: value 1 at (%zu, %zu), %zu pixel%s; if 255 is to be left out, "
			"--labels index --ignore-index 255 would fit, if it is an object, --label-threshold 1 "
			"(2: it alone)",
			path, x, y, ones, ones == 1 ? " is" : "s are");
}

/* An indexed picture of one class. Its colours decide as those of others do, but for dark ones: where black is index 0
 * and one other index is used, that is the object, whatever its colour. Of several other indices some of which are
 * below the threshold nobody knows which are meant. */
static secant_status
decode_indexed(
	const data_label_rule *rule, const secant_image *im, const char *path, uint16_t *plane, size_t n, secant_err *err)
{
	size_t used[256] = { 0 }, others = 0, dark = 0, first = 0;
	const uint8_t *v = im->data;
	int most[256] = { 0 };
	for (size_t i = 0; i < n; i++)
		used[v[i]]++;
	for (int k = 0; k < im->palette_count && k < 256; k++)
		for (int c = 0; c < 3; c++)
			most[k] = im->palette[k][c] > most[k] ? im->palette[k][c] : most[k];
	for (int k = 1; k < 256; k++) {
		bool below = used[k] && most[k] && most[k] < rule->threshold && k != rule->ignore;
		others += used[k] && k != rule->ignore;
		dark += below;
		first = below && !first ? (size_t)k : first;
	}
	bool one = !most[0] && others == 1 && dark == 1;
	if (dark && !one && rule->automatic)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: an indexed label of one class uses %zu indices beside 0, and index %zu, colour (%d, %d, %d), %zu "
			"pixels, is "
			"darker than --label-threshold %d; --labels palette --classes %d would make each index a class, --labels "
			"binary "
			"--label-threshold 1 all of them one",
			path, others, first, im->palette[first][0], im->palette[first][1], im->palette[first][2], used[first],
			rule->threshold, im->palette_count);
	for (size_t i = 0; i < n; i++)
		plane[i] = rule->ignore >= 0 && v[i] == rule->ignore && v[i] ? DATA_LABEL_IGNORE
			: one && rule->automatic                                 ? v[i] != 0
																	 : as_binary(rule, most[v[i]]);
	return SECANT_OK;
}

static secant_status
decode_binary(const data_label_rule *rule, const secant_image *im, const char *path, bool lossy, uint16_t *plane,
	size_t n, secant_err *err)
{
	size_t ones = 0, first = 0, bad = 0;
	if (im->palette && im->channels == 1 && im->dtype == SECANT_U8)
		return decode_indexed(rule, im, path, plane, n, err);
	for (size_t i = n; i-- > 0;) {
		long v = largest(rule, im, i);
		plane[i] = as_binary(rule, v);
		bad += plane[i] == BAD;
		if (v == 1 && plane[i] == 0) {
			ones++;
			first = i;
		}
	}
	if (bad)
		return no_class(rule, im, path, plane, err);
	return ones && !lossy ? check_binary(rule, im, path, n, ones, first, err) : SECANT_OK;
}

static bool
is_grey(const secant_image *im, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i * (size_t)im->channels;
		if (value_at(im, at) != value_at(im, at + 1) || value_at(im, at) != value_at(im, at + 2))
			return false;
	}
	return true;
}

/* An indexed label whose index has the colour of another class than its number: which of both is meant? */
static secant_status
check_palette(const data_label_rule *rule, const secant_image *im, const char *path, size_t n, secant_err *err)
{
	bool used[256] = { false };
	for (size_t i = 0; i < n; i++)
		used[((const uint8_t *)im->data)[i]] = true;
	for (int k = 0; k < im->palette_count && k < rule->lines && k < 256; k++)
		for (int j = 0; used[k] && k != rule->ignore && j < rule->lines; j++)
			if (memcmp(rule->line[k].rgb, im->palette[k], 3) && !memcmp(rule->line[j].rgb, im->palette[k], 3))
				return secant_fail(err, SECANT_ERR_FORMAT,
					"%s: index %d has the colour (%d, %d, %d), which is that of line %d in the class file, not of line "
					"%d; --labels colours goes by the colours, --labels palette by the numbers",
					path, k, im->palette[k][0], im->palette[k][1], im->palette[k][2], j + 1, k + 1);
	return SECANT_OK;
}

static secant_status
decode_index(
	const data_label_rule *rule, const secant_image *im, const char *path, uint16_t *plane, size_t n, secant_err *err)
{
	if (rule->mode == DATA_LABELS_PALETTE && !im->palette)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: --labels palette needs an indexed picture, this one has %d channel%s; --labels %s would fit", path,
			im->channels, im->channels == 1 ? "" : "s", im->channels > 2 ? "colours" : "index");
	if (im->channels > 2 && !is_grey(im, n))
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: a colour picture with %d channels is no class index; --labels colours%s would fit", path, im->channels,
			rule->colours ? "" : " with --class-file");
	if (rule->automatic && rule->colours && im->palette && im->dtype == SECANT_U8) {
		secant_status s = check_palette(rule, im, path, n, err);
		if (s)
			return s;
	}
	uint16_t table[256];
	for (int v = 0; v < 256; v++)
		table[v] = as_index(rule, rule->has_nodata && v == rule->nodata ? NO_DATA : v);
	size_t bad = 0, c = (size_t)im->channels;
	const uint8_t *bytes = im->dtype == SECANT_U8 ? im->data : NULL;
	for (size_t i = 0; i < n; i++) {
		plane[i] = bytes ? table[bytes[i * c]] : as_index(rule, label_at(rule, im, i * c));
		bad += plane[i] == BAD;
	}
	return bad ? no_class(rule, im, path, plane, err) : SECANT_OK;
}

static secant_status
decode_colours(
	const data_label_rule *rule, const secant_image *im, const char *path, uint16_t *plane, size_t n, secant_err *err)
{
	if (im->dtype != SECANT_U8)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: --labels colours needs 8 bit colours, this picture has another type; --labels index would fit", path);
	const uint8_t *p = im->data;
	size_t bad = 0, c = (size_t)im->channels;
	for (size_t i = 0; i < n; i++, p += c) {
		uint8_t rgb[3] = { p[0], p[c > 2 ? 1 : 0], p[c > 2 ? 2 : 0] };
		bool same = i > 0 && !memcmp(p, p - c, c);
		plane[i] = same ? plane[i - 1] : as_colour(rule, rgb);
		bad += plane[i] == BAD;
	}
	return bad ? no_colour(rule, im, path, plane, err) : SECANT_OK;
}

/* The same mistake for a band a class: nothing from the threshold on, and nothing but 0 and 1. */
static secant_status
check_bands(const data_label_rule *rule, const secant_image *im, const char *path, size_t n, secant_err *err)
{
	size_t ones = 0;
	for (size_t i = 0; i < n * (size_t)im->channels; i++) {
		long v = value_at(im, i);
		if (v != 0 && v != 1)
			return SECANT_OK;
		ones += v == 1;
	}
	return ones == 0 || rule->threshold <= 1 ? SECANT_OK
											 : secant_fail(err, SECANT_ERR_FORMAT,
												 "%s: label values are 0 and 1 alone, %zu of 1, all below "
												 "--label-threshold %d; --label-threshold 1 would fit",
												 path, ones, rule->threshold);
}

static secant_status
decode_bands(
	const data_label_rule *rule, const secant_image *im, const char *path, uint16_t *plane, size_t n, secant_err *err)
{
	if (im->channels != rule->classes)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: %d bands for %d classes", path, im->channels, rule->classes);
	unsigned any = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned bits = 0;
		int left = 0;
		for (int c = 0; c < im->channels; c++) {
			long v = label_at(rule, im, i * (size_t)im->channels + (size_t)c);
			left += v == NO_DATA || (v >= 0 && v == rule->ignore);
			bits |= (unsigned)(v >= rule->threshold) << c;
		}
		if (left && left < im->channels)
			return secant_fail(err, SECANT_ERR_FORMAT,
				"%s: pixel (%d, %d) is to be left out by %d of its %d bands: a pixel is left out for all classes or "
				"for "
				"none",
				path, (int)(i % (size_t)im->width), (int)(i / (size_t)im->width), left, im->channels);
		plane[i] = left ? DATA_LABEL_IGNORE : (uint16_t)bits;
		any |= left ? 1 : bits;
	}
	return any ? SECANT_OK : check_bands(rule, im, path, n, err);
}

/* The rule with what the picture says of its own pixels without data: a value that a class has is that class (0 is the
 * background, whatever a tool that draws it transparent says). */
static data_label_rule
with_nodata(const data_label_rule *rule, const secant_image *im)
{
	data_label_rule own = *rule;
	bool thresholded = rule->mode == DATA_LABELS_BINARY || rule->bands;
	double most = !thresholded ? rule->values - 1 : im->dtype == SECANT_U8 ? 255 : 65535;
	own.has_nodata = secant_geo_nodata(secant_image_geo(im), &own.nodata)
		&& !(own.nodata >= 0 && own.nodata <= most && own.nodata == floor(own.nodata));
	return own;
}

/* How many values the first channel has. */
static int
values_of(const secant_image *im, size_t n)
{
	bool seen[65536] = { false };
	int values = 0;
	for (size_t i = 0; i < n; i++) {
		long v = value_at(im, i * (size_t)im->channels) & 65535;
		values += !seen[v];
		seen[v] = true;
	}
	return values;
}

/* A drawing on transparent ground, whose colours are all one: the shape stands in its alpha, which is no label. */
static secant_status
check_alpha(const secant_image *im, const char *path, size_t n, secant_err *err)
{
	size_t c = (size_t)im->channels, clear = 0, opaque = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k + 1 < c; k++)
			if (value_at(im, i * c + k) != value_at(im, k))
				return SECANT_OK;
		bool none = value_at(im, i * c + c - 1) == 0;
		clear += none, opaque += !none;
	}
	return !clear || !opaque
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_FORMAT,
			"%s: all pixels of the label have one colour, and its alpha has a shape, %zu pixels of %zu: alpha is not "
			"read as a label; write it as one (convert LABEL.png -alpha extract MASK.png)",
			path, opaque, n);
}

/* Bands that are neither grey nor colours, with or without alpha, are a band a class, which another mode reads. */
static secant_status
check_channels(const secant_image *im, const secant_image_info *info, const char *path, size_t n, secant_err *err)
{
	if (im->channels > 4 || (im->channels == 2 && !info->alpha))
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: a label of %d bands: labels have one, of the numbers of classes; --mode multilabel reads a band a "
			"class",
			path, im->channels);
	return info->alpha && im->channels % 2 == 0 ? check_alpha(im, path, n, err) : SECANT_OK;
}

static secant_status
decode_plane(const data_label_rule *rule, const secant_image *im, const char *path, const secant_image_info *info,
	uint16_t *plane, secant_err *err)
{
	size_t n = (size_t)im->width * (size_t)im->height;
	bool lossy = info->lossy;
	if (rule->bands)
		return decode_bands(rule, im, path, plane, n, err);
	secant_status s = check_channels(im, info, path, n, err);
	if (s)
		return s;
	if (rule->mode == DATA_LABELS_BINARY)
		return decode_binary(rule, im, path, lossy, plane, n, err);
	if (lossy && values_of(im, n) > 2)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: the label is a JPEG or another lossy picture with %d values: compression changed them, and no class "
			"number or "
			"colour can be trusted; write labels as PNG (of one class, --labels binary takes what is bright)",
			path, values_of(im, n));
	if (rule->mode == DATA_LABELS_COLOURS
		|| (rule->by_channels && im->channels > 2 && rule->colours && rule->name_count >= rule->values))
		return decode_colours(rule, im, path, plane, n, err);
	s = decode_index(rule, im, path, plane, n, err);
	return s || !rule->palettes || !rule->automatic || !im->palette
		? s
		: data_palettes_agree(rule->palettes, im, path, err);
}

secant_status
data_labels_decode(const data_label_rule *rule, const secant_image *im, const char *path, const secant_image_info *info,
	uint16_t *plane, secant_err *err)
{
	data_label_rule own = secant_image_geo(im) ? with_nodata(rule, im) : *rule;
	return decode_plane(&own, im, path, info, plane, err);
}

/* Do colours tell n classes apart, and are they more than the greys of their numbers? */
static bool
palette_tells(const uint8_t (*palette)[3], int n)
{
	bool coloured = false;
	for (int k = 0; k < n; k++) {
		coloured |= palette[k][0] != palette[k][1] || palette[k][1] != palette[k][2];
		for (int j = 0; j < k; j++)
			if (!memcmp(palette[j], palette[k], 3))
				return false;
	}
	return coloured;
}

uint8_t (*data_labels_palette(const data_label_rule *rule, const char *path))[3]
{
	bool indices = (rule->mode == DATA_LABELS_INDEX || rule->mode == DATA_LABELS_PALETTE) && !rule->bands;
	secant_image im = { 0 };
	secant_image_read_options how = data_labels_reading(rule);
	secant_err ignored = { 0 };
	uint8_t(*out)[3] = NULL;
	if (!indices || rule->classes < 2 || data_joined_is(path) || secant_image_read(&im, path, &how, &ignored))
		return NULL; /* whoever reads the label says what is wrong with it */
	if (im.palette && im.palette_count >= rule->classes && palette_tells((const uint8_t(*)[3])im.palette, rule->classes)
		&& (out = secant_calloc((size_t)rule->classes, sizeof *out)))
		memcpy(out, im.palette, (size_t)rule->classes * sizeof *out);
	secant_image_free(&im);
	return out;
}

secant_image_read_options
data_labels_reading(const data_label_rule *rule)
{
	bool indices = rule->mode == DATA_LABELS_INDEX || rule->mode == DATA_LABELS_PALETTE;
	return (secant_image_read_options){
		.palette_as_indices = (indices || rule->mode == DATA_LABELS_BINARY) && !rule->bands,
		.as_stored = indices && !rule->bands,
	};
}

secant_status
data_labels_fit(bool scale, const char *label, int width, int height, const char *picture, int picture_width,
	int picture_height, secant_err *err)
{
	int64_t across = (int64_t)width * picture_height, down = (int64_t)height * picture_width;
	if (width == picture_width && height == picture_height)
		return SECANT_OK;
	bool like = llabs(across - down) * 20 <= (across > down ? across : down);
	bool aside = width == picture_height && height == picture_width; /* no scaling puts this right */
	const char *advice = aside ? "it lies on its side: if EXIF turns the picture, turn the label with it"
		: !scale               ? "--scale-labels scales them by nearest"
		: !like                ? "their sides are in another proportion, so that --scale-labels would distort it"
							   : NULL;
	return !advice
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_SHAPE, "%s: label is %dx%d, its picture%s%s%s %dx%d (height x width); %s", label,
			height, width, *picture ? " " : "", picture, *picture ? " is" : "", picture_height, picture_width, advice);
}

static secant_status
decode_scaled(const data_label_rule *rule, const secant_image *im, const char *path, const secant_image_info *info,
	int width, int height, uint16_t *plane, secant_err *err)
{
	uint16_t *own = secant_calloc((size_t)im->width * (size_t)im->height + 1, sizeof *own);
	secant_status s = own ? data_labels_decode(rule, im, path, info, own, err)
						  : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for its labels", path);
	for (int y = 0; y < height && !s; y++)
		for (int x = 0; x < width; x++)
			plane[(size_t)y * (size_t)width + (size_t)x] =
				own[(size_t)data_labels_nearest(y, height, im->height) * (size_t)im->width
					+ (size_t)data_labels_nearest(x, width, im->width)];
	secant_free(own);
	return s;
}

secant_status
data_labels_read(const data_label_rule *rule, const char *path, int width, int height, uint16_t *plane, secant_err *err)
{
	secant_image im = { 0 };
	secant_image_info info;
	secant_image_read_options how = data_labels_reading(rule);
	if (data_joined_is(path))
		return data_joined_read(rule, path, width, height, plane, err);
	secant_status s = secant_image_probe(path, &info, err);
	if (!s)
		s = secant_image_read(&im, path, &how, err);
	if (s)
		return s;
	s = data_labels_fit(rule->scale, path, im.width, im.height, "", width, height, err);
	if (!s && (im.width != width || im.height != height))
		s = decode_scaled(rule, &im, path, &info, width, height, plane, err);
	else if (!s)
		s = data_labels_decode(rule, &im, path, &info, plane, err);
	secant_image_free(&im);
	return s;
}
