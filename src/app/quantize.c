/*
 * `secant quantize`: a network with weights and activations of 8 bits, after training. Pictures go through the network,
 * what is seen of every tensor becomes its scale, and the file says it with pairs of QuantizeLinear and
 * DequantizeLinear (formats/onnx/quantize.h), which plans here run in bytes, and ONNX Runtime and OpenVINO too. Two
 * things are tried and kept where scores come closer: channels that are equalised, biases that are corrected (Nagel et
 * al. 2019). Where more is lost than the user allows (IoU with the labels; without labels the share of pixels that
 * change their class), layers are measured one by one, and those that harm most stay in real numbers.
 */
#include "app/quantize.h"
#include <secant/codec.h>
#include <secant/files.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app/onnx.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/white.h"
#include "data/labels.h"
#include "data/samples.h"
#include "prepare/normalize.h"

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("What is seen"),
	SECANT_OPT(secant_quantize, images, INT, "images", "32", 1, 100000,
		"pictures that go through the network, of those there are"),
	SECANT_OPT(secant_quantize, split, STR, "split", "train", 0, 0, "which of a data set: train, val, test"),
	SECANT_OPT(secant_quantize, size, SIZE, "size", NULL, 1, 1 << 16,
		"height and width that pictures are scaled to; the network's own where it has one"),
	SECANT_OPT_CHOICE(secant_quantize, method, "method", "minmax", "minmax|percentile|mse|entropy",
		"how far scales reach: all that was seen; all but 1 in 10,000; least squared error; least divergence"),
	SECANT_OPT_HEADING("What stays in real numbers"),
	SECANT_OPT(secant_quantize, keep_float, STR, "keep-float", NULL, 0, 0,
		"layers by their names, patterns with * between commas"),
	SECANT_OPT(secant_quantize, target_loss, REAL, "target-loss", "0.005", 0, 1,
		"IoU with the labels that may be lost (without labels: share of pixels that may change their class); the "
		"layers "
		"that harm most stay in real numbers until it is met"),
	SECANT_OPT(secant_quantize, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_quantize, data, &secant_data_options_table),
	SECANT_OPT_END,
};
const secant_opts secant_quantize_options = { "quantize", sizeof(secant_quantize), rows };

enum { TRIALS = 8 }; /* pictures that layers are measured with */

typedef struct quantizing {
	const secant_quantize *o;
	deploy_onnx_source source; /* how pictures go in, and which output counts */
	json_t *settings;
	format_onnx_model *m; /* what becomes the file */
	format_onnx_quantizing q;
	int equalised; /* pairs of layers */
	app_histogram *seen; /* of each quantity */
	format_onnx_tensor **picture; /* as the network takes them */
	int pictures;
	format_onnx_tensor **scores; /* of the first TRIALS, by the network as it was */
	data_picture *truth; /* labels of the first TRIALS; NULL: there are none */
	int channels, height, width, classes;
	float scale[PREPARE_NORMALIZE_CHANNELS], shift[PREPARE_NORMALIZE_CHANNELS];
	base_str said;
	const secant_logger *log;
} quantizing;

static void
end(quantizing *c)
{
	for (int i = 0; i < c->pictures; i++)
		format_onnx_tensor_drop(c->picture[i]);
	for (int i = 0; i < TRIALS && c->scores; i++)
		format_onnx_tensor_drop(c->scores[i]);
	for (int i = 0; i < TRIALS && c->truth; i++)
		data_picture_free(&c->truth[i]);
	secant_free(c->truth);
	secant_free(c->picture);
	secant_free(c->scores);
	secant_free(c->seen);
	json_decref(c->settings);
	format_onnx_close(c->source.m);
	format_onnx_close(c->m);
	base_str_free(&c->said);
}

/* ---- the network ---- */

static secant_status
open_network(quantizing *c, const char *path, secant_err *err)
{
	deploy_onnx_wishes w = { 0 };
	if (!(c->source.m = format_onnx_open(path, err)) || deploy_onnx_understand(&c->source, &w, &c->settings, NULL, err)
		|| !(c->m = format_onnx_open(path, err)))
		return err->code;
	const char *normalize = json_string_value(json_object_get(c->settings, "normalize"));
	const json_t *scaled = json_object_get(c->settings, "scaled");
	const json_t *network = json_object_get(c->settings, "network");
	c->channels = (int)json_integer_value(json_object_get(network, "in-channels"));
	c->classes = (int)json_integer_value(json_object_get(network, "classes"));
	c->height = (int)json_integer_value(json_array_get(scaled, 0));
	c->width = (int)json_integer_value(json_array_get(scaled, 1));
	if (c->o->size.n == 2 && c->height && (c->height != c->o->size.v[0] || c->width != c->o->size.v[1]))
		return secant_fail(err, SECANT_ERR_ARG, "--size %dx%d: the network takes %dx%d", c->o->size.v[0],
			c->o->size.v[1], c->height, c->width);
	if (c->o->size.n == 2)
		c->height = c->o->size.v[0], c->width = c->o->size.v[1];
	if (c->m->graph.in[0].type != FORMAT_ONNX_FLOAT)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"input '%s' is %s: quantise the network without preparation "
			"inside and in 32 bits",
			c->m->graph.in[0].name, format_onnx_type_name(c->m->graph.in[0].type));
	return prepare_normalize_parse(normalize, c->channels, c->scale, c->shift, err);
}

/* ---- pictures ---- */

/* The numbers of a picture in the order of the file's axes, colours too. */
static format_onnx_tensor *
arranged(const quantizing *c, const float *v, int h, int w, secant_err *err)
{
	int n = c->channels;
	int64_t first[4] = { 1, n, h, w }, rows_dim[4] = { 1, h, w, n };
	format_onnx_tensor *t = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 4, c->source.rows ? rows_dim : first, 0, err);
	for (int64_t i = 0; t && i < (int64_t)h * w; i++)
		for (int k = 0; k < n; k++) {
			int from = c->source.backwards ? n - 1 - k : k;
			((float *)t->data)[c->source.rows ? i * n + k : k * (int64_t)h * w + i] = v[i * n + from];
		}
	return t;
}

static secant_status
add_picture(quantizing *c, const char *path, secant_err *err)
{
	secant_image im = { 0 }, scaled = { 0 };
	secant_image_info info;
	secant_image_read_options how = { 0 };
	codec_whites whites;
	secant_status status = secant_image_probe(path, &info, err);
	if (!status)
		status = codec_whites_parse(&whites, json_string_value(json_object_get(c->settings, "white")), err);
	if (!status) {
		how.white = codec_white_of(&whites, info.dtype);
		status = secant_image_read(&im, path, &how, err);
	}
	int multiple = (int)json_integer_value(json_object_get(c->settings, "multiple"));
	if (status)
		return status;
	int h = c->height ? c->height : im.height / multiple * multiple,
		w = c->width ? c->width : im.width / multiple * multiple;
	h = h < multiple ? multiple : h;
	w = w < multiple ? multiple : w;
	bool same = h == im.height && w == im.width;
	float *v = secant_calloc((size_t)h * (size_t)w * (size_t)c->channels + 1, sizeof *v);
	if (!v)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a picture");
	if (!status && !same)
		status = secant_image_resize(&scaled, &im, w, h, SECANT_FILTER_BILINEAR, err);
	if (!status)
		status = prepare_normalize_image(same ? &im : &scaled, c->channels, c->scale, c->shift, v, err);
	if (!status && !(c->picture[c->pictures] = arranged(c, v, h, w, err)))
		status = SECANT_ERR_NOMEM;
	c->pictures += !status;
	secant_free(v);
	secant_image_free(&im);
	secant_image_free(&scaled);
	if (status)
		secant_err_prefix(err, "%s", path);
	return status;
}

/* The pictures of a folder, which need no labels here. */
static secant_status
list_folder(base_names *out, const char *folder, secant_err *err)
{
	base_names all = { 0 };
	secant_status status = base_dir_list(&all, folder, BASE_DIR_FILES, err);
	for (int i = 0; i < all.n && !status; i++) {
		char *path = secant_image_is_path(all.v[i]) ? base_path_join(folder, all.v[i]) : NULL;
		if (path && base_names_add(out, path))
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the names of pictures");
		secant_free(path);
	}
	base_names_free(&all);
	base_names_sort(out);
	return status;
}

/* The samples of a data set, with labels where it has some; NULL and err. */
static data_samples *
open_samples(quantizing *c, const char *data, secant_err *err)
{
	secant_err none = { 0 };
	data_samples_request r = { .path = data,
		.split = c->o->split,
		.options = &c->o->data,
		.in_channels = c->channels,
		.classes = c->classes,
		.kind = c->classes > 1 ? DATA_TARGET_INDEX : DATA_TARGET_BINARY };
	data_samples *s = data_samples_open(&r, &none);
	bool labelled = s != NULL;
	r.kind = DATA_TARGET_NONE;
	if (!s && !(s = data_samples_open(&r, err)))
		return NULL;
	if (!labelled)
		base_str_addf(&c->said, "without labels: %s\n", none.msg);
	else if (!(c->truth = secant_calloc(TRIALS, sizeof *c->truth))) {
		data_samples_free(s);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for labels");
		return NULL;
	}
	return s;
}

/* The labels of sample `at` for picture i. Those that cannot be read leave all without. */
static secant_status
add_truth(quantizing *c, const data_samples *s, int at, int i, secant_err *err)
{
	data_picture p = { 0 };
	const data_picture *got = NULL;
	secant_err why = { 0 };
	if (!c->truth || i >= TRIALS)
		return SECANT_OK;
	data_picture *t = &c->truth[i];
	secant_status status = SECANT_OK;
	if (data_samples_decode(s, at, &p, &got, &why) || !got->labels) {
		base_str_addf(&c->said, "without labels: %s\n", why.msg);
		for (int k = 0; k < TRIALS; k++)
			data_picture_free(&c->truth[k]);
		secant_free(c->truth);
		c->truth = NULL;
	} else if (!(status = data_picture_reserve(t, got->width, got->height, 1, false, true, err)))
		memcpy(t->labels, got->labels, data_picture_label_bytes(got));
	data_picture_free(&p);
	return status;
}

/* As many as are wanted, from all over the list: a folder of pictures as predict takes it, or a data set. */
static secant_status
read_pictures(quantizing *c, const char *data, secant_err *err)
{
	base_names plain = { 0 };
	if (secant_is_dir(data) && list_folder(&plain, data, err))
		return base_names_free(&plain), err->code;
	data_samples *s = plain.n ? NULL : open_samples(c, data, err);
	if (!s && !plain.n)
		return err->code;
	int all = s ? data_samples_count(s) : plain.n, n = all < c->o->images ? all : c->o->images;
	secant_status status = SECANT_OK;
	if (!(c->picture = secant_calloc((size_t)n + 1, sizeof *c->picture)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for pictures");
	for (int i = 0; i < n && !status; i++) {
		int at = (int)((int64_t)i * all / n);
		status = add_picture(c, s ? data_samples_image_path(s, at) : plain.v[at], err);
		if (!status && s)
			status = add_truth(c, s, at, i, err);
	}
	data_samples_free(s);
	base_names_free(&plain);
	return status;
}

/* ---- what is seen ---- */

/* The network with every quantity as an output, beside the one that counts. */
static format_onnx_model
tapped(quantizing *c, format_onnx_info *out, int *taps)
{
	format_onnx_model m = *c->m;
	int n = 0;
	out[n++] = (format_onnx_info){
		.name = deploy_onnx_output_name(&c->source), .type = FORMAT_ONNX_FLOAT, .rank = -1, .kind = "tensor"
	};
	for (int t = 0; t < c->q.n_tensor; t++)
		if (!c->q.tensor[t].given && strcmp(c->q.tensor[t].name, out[0].name)) {
			taps[n] = t;
			out[n++] = (format_onnx_info){
				.name = c->q.tensor[t].name, .type = FORMAT_ONNX_FLOAT, .rank = -1, .kind = "tensor"
			};
		}
	m.graph.out = out;
	m.graph.n_out = n;
	return m;
}

typedef enum looking { RANGES, COUNTS, MEANS } looking;

/* The channels of a picture: how large their numbers are, or their means, in reals and as bytes would store them. */
static secant_status
look_at_channels(quantizing *c, int t, const format_onnx_tensor *v, looking how, secant_err *err)
{
	format_onnx_quantity *q = &c->q.tensor[t];
	if (v->rank != 4 || v->dim[1] < 1 || (q->channels && q->channels != v->dim[1]))
		return SECANT_OK;
	if (!format_onnx_quantizing_channels(&c->q, t, v->dim[1]))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for channels");
	int64_t inner = v->dim[2] * v->dim[3], all = v->dim[0] * v->dim[1];
	int pictures = c->pictures < TRIALS ? c->pictures : TRIALS;
	double scale, zero, share = 1 / (double)(inner > 0 ? inner * v->dim[0] * pictures : 1);
	if (how == MEANS)
		format_onnx_quantizing_scale(&c->q, t, &scale, &zero);
	for (int64_t i = 0; i < all; i++) {
		const float *x = (const float *)v->data + i * inner;
		int64_t k = i % v->dim[1];
		double sum = 0, stored = 0;
		if (how == RANGES)
			for (int64_t j = 0; j < inner; j++)
				q->most[k] = fabs((double)x[j]) > q->most[k] ? fabs((double)x[j]) : q->most[k];
		else
			for (int64_t j = 0; j < inner; j++) {
				double r = nearbyint((double)x[j] / scale) + zero;
				sum += (double)x[j];
				stored += ((r < 0 ? 0 : r > 255 ? 255 : r) - zero) * scale;
			}
		q->mean[k] += sum * share;
		q->stored[k] += stored * share;
	}
	return SECANT_OK;
}

/* One tensor of one picture. */
static secant_status
look_at(quantizing *c, int t, const format_onnx_tensor *v, looking how, secant_err *err)
{
	format_onnx_quantity *q = &c->q.tensor[t];
	int64_t n = format_onnx_count(v);
	if (v->type != FORMAT_ONNX_FLOAT)
		return SECANT_OK;
	if (how == COUNTS) {
		app_histogram_add(&c->seen[t], v->data, n);
		return SECANT_OK;
	}
	if (how == RANGES) {
		q->rank = v->rank ? v->rank : 1;
		memcpy(q->dim, v->dim, sizeof v->dim);
		for (int64_t i = 0; i < n; i++) {
			double x = ((const float *)v->data)[i];
			q->low = x < q->low ? x : q->low;
			q->high = x > q->high ? x : q->high;
		}
	}
	return look_at_channels(c, t, v, how, err);
}

static secant_status
see(quantizing *c, looking how, secant_err *err)
{
	size_t room = (size_t)c->q.n_tensor + 2;
	format_onnx_info *info = secant_calloc(room, sizeof *info);
	format_onnx_tensor **out = secant_calloc(room, sizeof *out);
	int *taps = secant_calloc(room, sizeof *taps);
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = c->o->threads };
	deploy_onnx_plans *p = NULL;
	secant_status status = info && out && taps ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	format_onnx_model m = { 0 };
	if (!status) {
		m = tapped(c, info, taps);
		if (!(p = deploy_onnx_plans_new(&m, &o, err)))
			status = err->code;
	}
	int pictures = how == MEANS && c->pictures > TRIALS ? TRIALS : c->pictures;
	for (int i = 0; i < pictures && !status; i++) {
		status = deploy_onnx_plans_run(p, &c->picture[i], 1, out, err);
		for (int t = 0; t < c->q.n_tensor && !status; t++)
			if (c->q.tensor[t].given)
				status = look_at(c, t, c->picture[i], how, err);
		for (int k = 0; k < m.graph.n_out; k++) {
			if (!status && k)
				status = look_at(c, taps[k], out[k], how, err);
			if (!status && !k && i < TRIALS && !c->scores[i])
				c->scores[i] = format_onnx_tensor_hold(out[k]);
			format_onnx_tensor_drop(out[k]);
			out[k] = NULL;
		}
	}
	deploy_onnx_plans_free(p);
	secant_free(info);
	secant_free(out);
	secant_free(taps);
	return status;
}

static secant_status
find_ranges(quantizing *c, secant_err *err)
{
	if (!c->scores && !(c->scores = secant_calloc(TRIALS, sizeof *c->scores)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for what is seen");
	secant_status status = see(c, RANGES, err);
	if (!status && c->o->method != APP_RANGE_MINMAX) {
		if (!(c->seen = secant_calloc((size_t)c->q.n_tensor + 1, sizeof *c->seen)))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for what is seen");
		for (int t = 0; t < c->q.n_tensor; t++) {
			c->seen[t].low = c->q.tensor[t].low;
			c->seen[t].high = c->q.tensor[t].high;
		}
		status = see(c, COUNTS, err);
		for (int t = 0; t < c->q.n_tensor && !status; t++)
			if (c->q.tensor[t].rank)
				app_histogram_range(
					&c->seen[t], (app_range_method)c->o->method, &c->q.tensor[t].low, &c->q.tensor[t].high);
		secant_free(c->seen);
		c->seen = NULL;
	}
	return status ? status : see(c, MEANS, err);
}

/* ---- what it costs ---- */

/* Numbers of one channel of one picture. */
static int64_t
inner_of(const format_onnx_tensor *t)
{
	int64_t n = 1;
	for (int i = 2; i < t->rank; i++)
		n *= t->dim[i];
	return n;
}

/* The class of pixel i; of one class, whether it is there. */
static int
class_of(const quantizing *c, const format_onnx_tensor *t, int64_t i)
{
	const float *v = t->data;
	int64_t inner = c->source.rows_out ? 1 : inner_of(t), k = c->source.rows_out ? t->dim[t->rank - 1] : t->dim[1];
	if (t->rank == 3)
		k = 1;
	if (k == 1) {
		const char *act = json_string_value(json_object_get(json_object_get(c->settings, "network"), "activation"));
		return (double)v[i] > (act && !strcmp(act, "sigmoid") ? 0.5 : 0);
	}
	int64_t base = c->source.rows_out ? i * k : i / inner * k * inner + i % inner,
			step = c->source.rows_out ? 1 : inner;
	int best = 0;
	for (int64_t j = 1; j < k; j++)
		if (v[base + j * step] > v[base + best * step])
			best = (int)j;
	return best;
}

/* The share of pixels whose class changes, the mean square of what changes in scores as a share of theirs, and where
 * there are labels the IoU that is lost. */
typedef struct cost {
	double changed, squares, iou, lost; /* iou: of the network as it was */
} cost;

/* Sums that costs are made of; pixels of each class: both said it, either did, by the network (0) and by bytes (1). */
typedef struct tally {
	double scores, differences;
	int64_t pixels, changed, *both[2], *either[2];
} tally;

/* The class that labels say of pixel (y, x) of height x width scores; -1: none. */
static int
truth_at(const data_picture *t, int64_t y, int64_t x, int64_t height, int64_t width)
{
	uint16_t v = t->labels[(y * t->height / height) * t->width + x * t->width / width];
	return v == DATA_LABEL_IGNORE ? -1 : v;
}

static void
add_cost(const quantizing *c, int picture, const format_onnx_tensor *is, int classes, tally *to)
{
	const format_onnx_tensor *was = c->scores[picture];
	int64_t n = format_onnx_count(was),
			each = was->rank == 3 ? 1
		: c->source.rows_out      ? was->dim[was->rank - 1]
								  : was->dim[1];
	int64_t pixels = n / (each > 0 ? each : 1);
	int first = was->rank - 2 - (was->rank == 4 && c->source.rows_out);
	int64_t height = first > 0 ? was->dim[first] : 1, width = first > 0 ? was->dim[first + 1] : 1;
	for (int64_t i = 0; i < n; i++) {
		double a = ((const float *)was->data)[i], d = (double)((const float *)is->data)[i] - a;
		to->scores += a * a;
		to->differences += d * d;
	}
	for (int64_t i = 0; i < pixels; i++) {
		int said[2] = { class_of(c, was, i), class_of(c, is, i) };
		int label = c->truth && pixels == height * width
			? truth_at(&c->truth[picture], i / width, i % width, height, width)
			: -1;
		to->changed += said[0] != said[1];
		for (int k = 0; k < 2 && label >= 0 && label < classes && said[k] < classes; k++) {
			to->both[k][label] += said[k] == label;
			to->either[k][label]++;
			to->either[k][said[k]] += said[k] != label;
		}
	}
	to->pixels += pixels;
}

/* Mean IoU of the classes that labels or the network have; of one class, of what is there. */
static double
iou_of(const tally *t, int k, int classes, bool single)
{
	double sum = 0;
	int n = 0;
	for (int i = single; i < classes; i++)
		if (t->either[0][i]) {
			sum += t->either[k][i] ? (double)t->both[k][i] / (double)t->either[k][i] : 1;
			n++;
		}
	return n ? sum / n : 0;
}

/* A file of what is quantised by now, on the first pictures. */
static secant_status
try_file(quantizing *c, int pictures, int classes, tally *sums, secant_err *err)
{
	base_str bytes = { 0 };
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = c->o->threads };
	format_onnx_model *m = NULL;
	deploy_onnx_plans *p = NULL;
	format_onnx_info one = {
		.name = deploy_onnx_output_name(&c->source), .type = FORMAT_ONNX_FLOAT, .rank = -1, .kind = "tensor"
	};
	secant_status status = format_onnx_quantizing_write(&c->q, &bytes, err);
	if (!status && (m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, err))) {
		m->graph.out[0] = one;
		m->graph.n_out = 1;
		p = deploy_onnx_plans_new(m, &o, err);
	}
	status = status ? status : p ? SECANT_OK : err->code;
	for (int i = 0; i < pictures && i < c->pictures && i < TRIALS && !status; i++) {
		format_onnx_tensor *out = NULL;
		if (!(status = deploy_onnx_plans_run(p, &c->picture[i], 1, &out, err)))
			add_cost(c, i, out, classes, sums);
		format_onnx_tensor_drop(out);
	}
	deploy_onnx_plans_free(p);
	format_onnx_close(m);
	base_str_free(&bytes);
	return status;
}

static secant_status
measure(quantizing *c, int pictures, cost *to, secant_err *err)
{
	bool single = c->classes < 2;
	int classes = single ? 2 : c->classes;
	int64_t *counts = secant_calloc(4 * (size_t)classes, sizeof *counts);
	if (!counts)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for counts");
	tally t = { .both = { counts, counts + classes }, .either = { counts + 2 * classes, counts + 3 * classes } };
	secant_status status = try_file(c, pictures, classes, &t, err);
	double was = iou_of(&t, 0, classes, single);
	*to = (cost){ t.pixels ? (double)t.changed / (double)t.pixels : 0, t.scores > 0 ? t.differences / t.scores : 0, was,
		was - iou_of(&t, 1, classes, single) };
	secant_free(counts);
	return status;
}

/* Do the labels say what the network was taught? Of others it loses nothing, whatever bytes do to it. */
static bool
are_its_labels(const quantizing *c, const cost *k)
{
	return c->truth && k->iou > 0.2;
}

/* What the user bounds. */
static double
loss_of(const quantizing *c, const cost *k)
{
	return are_its_labels(c, k) ? k->lost : k->changed;
}

/* ---- what stays ---- */

static bool
is_named(const char *list, const char *name)
{
	char word[200];
	for (const char *p = list; p && *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");
		(void)snprintf(word, sizeof word, "%.*s", (int)n, p);
		if (!fnmatch(word, name, 0))
			return true;
		p += n;
	}
	return false;
}

static secant_status
keep_named(quantizing *c, secant_err *err)
{
	int n = 0;
	for (int i = 0; i < c->q.n_product; i++)
		n += c->q.product[i].kept = is_named(c->o->keep_float, c->q.product[i].name);
	if (c->o->keep_float && !n)
		return secant_fail(err, SECANT_ERR_ARG,
			"--keep-float %s: no layer is called so; the first is '%s', the last '%s'", c->o->keep_float,
			c->q.product[0].name, c->q.product[c->q.n_product - 1].name);
	return n < c->q.n_product
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_ARG, "--keep-float %s keeps all %d layers", c->o->keep_float, n);
}

/* Biases corrected or not, whatever changes scores less. */
static secant_status
choose_biases(quantizing *c, double *squares, secant_err *err)
{
	cost with = { 0 }, without = { 0 };
	secant_status status = measure(c, TRIALS, &without, err);
	c->q.corrects = true;
	if (!status)
		status = measure(c, TRIALS, &with, err);
	c->q.corrects = with.squares < without.squares;
	*squares = c->q.corrects ? with.squares : without.squares;
	return status;
}

/* The same network with equalised channels, in *to; there is none (equalised 0) where no two layers allow it. */
static secant_status
begin_equalised(const quantizing *c, const char *path, quantizing *to, secant_err *err)
{
	to->m = format_onnx_open(path, err);
	to->equalised = 0;
	if (!to->m || format_onnx_quantizing_begin(&to->q, to->m, err))
		return err->code;
	for (int t = 0; t < to->q.n_tensor; t++) {
		int64_t n = c->q.tensor[t].channels;
		if (n && !format_onnx_quantizing_channels(&to->q, t, n))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for channels");
		if (n)
			memcpy(to->q.tensor[t].most, c->q.tensor[t].most, (size_t)n * sizeof(double));
	}
	to->equalised = format_onnx_quantizing_equalise(&to->q, err);
	return to->equalised < 0 ? err->code : SECANT_OK;
}

/* The network as it is, or with equalised channels. */
static secant_status
find_best(quantizing *c, const char *path, secant_err *err)
{
	double squares = 0, even = 0;
	secant_status status = format_onnx_quantizing_begin(&c->q, c->m, err);
	if (status || (status = keep_named(c, err)) || (status = find_ranges(c, err))
		|| (status = choose_biases(c, &squares, err)))
		return status;
	quantizing other = *c;
	if (!(status = begin_equalised(c, path, &other, err)) && other.equalised && !(status = keep_named(&other, err))
		&& !(status = find_ranges(&other, err)))
		status = choose_biases(&other, &even, err);
	bool better = !status && other.equalised && even < squares;
	format_onnx_close(better ? c->m : other.m);
	if (better) {
		c->m = other.m;
		c->q = other.q;
		c->equalised = other.equalised;
	}
	return status;
}

/* The harm of each layer alone. */
static secant_status
measure_layers(quantizing *c, secant_err *err)
{
	enum { PICTURES = 3 };
	int n = c->q.n_product;
	bool *kept = secant_calloc((size_t)n + 1, sizeof *kept);
	secant_status status = kept ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; i < n && kept; i++)
		kept[i] = c->q.product[i].kept;
	for (int i = 0; i < n && !status; i++) {
		cost one = { 0 };
		for (int k = 0; k < n; k++)
			c->q.product[k].kept = k != i;
		if (!kept[i] && !(status = measure(c, PICTURES, &one, err)))
			c->q.product[i].harm = one.squares;
	}
	for (int i = 0; i < n && kept; i++)
		c->q.product[i].kept = kept[i];
	secant_free(kept);
	return status;
}

static int
most_harmful(const quantizing *c)
{
	int best = -1;
	for (int i = 0; i < c->q.n_product; i++)
		if (!c->q.product[i].kept && (best < 0 || c->q.product[i].harm > c->q.product[best].harm))
			best = i;
	return best;
}

/* Layers stay in real numbers, those that harm most first, until the share of changed pixels is within the target. */
static secant_status
meet_target(quantizing *c, cost *now, secant_err *err)
{
	secant_status status = measure(c, TRIALS, now, err);
	int n = c->q.n_product, most = n / 2, each = n / 24 + 1, kept = 0;
	if (status || loss_of(c, now) <= c->o->target_loss)
		return status;
	cost first = *now;
	status = measure_layers(c, err);
	while (!status && loss_of(c, now) > c->o->target_loss && kept < most) {
		for (int k = 0; k < each; k++, kept++) {
			int i = most_harmful(c);
			if (i < 0)
				break;
			c->q.product[i].kept = true;
			base_str_addf(&c->said, "'%s' stays in real numbers: alone it changes scores by %.2g%%\n",
				c->q.product[i].name, 100 * sqrt(c->q.product[i].harm));
		}
		status = measure(c, TRIALS, now, err);
	}
	if (!status && loss_of(c, now) > c->o->target_loss)
		base_str_addf(&c->said,
			"the target of %.2g%% is not met with half of the layers in real numbers: other --method, more --images\n",
			100 * c->o->target_loss);
	base_str_addf(&c->said, "all layers in bytes change %.2f%% of the pixels\n", 100 * first.changed);
	return status;
}

/* ---- the file ---- */

static secant_status
write_file(quantizing *c, const char *out, secant_err *err)
{
	base_str bytes = { 0 };
	secant_status status = format_onnx_quantizing_write(&c->q, &bytes, err);
	if (!status && !base_ext_is(out, "onnx")) {
		char *temporary = base_format("%s.%d.onnx", out, (int)getpid());
		secant_import o;
		base_str said = { 0 };
		status = temporary ? secant_opts_init(&secant_import_options, &o, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		if (!status) {
			if (!(status = secant_file_write(temporary, bytes.p, bytes.n, err)))
				status = app_onnx_import(temporary, &o, out, &said, err);
			(void)unlink(temporary);
			secant_opts_free(&secant_import_options, &o);
		}
		base_str_free(&said);
		secant_free(temporary);
	} else if (!status)
		status = secant_file_write(out, bytes.p, bytes.n, err);
	base_str_free(&bytes);
	return status;
}

/* A model file becomes ONNX first. */
static secant_status
as_onnx(const char *model, const secant_quantize *o, char **temporary, secant_err *err)
{
	secant_export e;
	secant_status status = secant_opts_init(&secant_export_options, &e, err);
	if (status)
		return status;
	*temporary = base_format("%s/secant-quantize-%d.onnx", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	e.dynamic = true;
	if (o->size.n == 2)
		e.size = o->size;
	status = *temporary ? secant_model_export_onnx(model, *temporary, &e, err)
						: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_opts_free(&secant_export_options, &e);
	return status;
}

static void
say(quantizing *c, const cost *now)
{
	int kept = 0;
	for (int i = 0; i < c->q.n_product; i++)
		kept += c->q.product[i].kept;
	base_str_addf(&c->said, "%d of %d layers in bytes, %d norms folded, scales from %d pictures\n",
		c->q.n_product - kept, c->q.n_product, c->q.folded, c->pictures);
	if (c->m->opset < 13)
		base_str_addf(&c->said,
			"operator set %lld has no scales for each output of a layer: weights have one; export at 13 or newer for "
			"more\n",
			(long long)c->m->opset);
	if (c->equalised || c->q.corrects)
		base_str_addf(&c->said, "%d pairs of layers equalised, biases %s\n", c->equalised,
			c->q.corrects ? "corrected" : "as they were");
	base_str_addf(&c->said, "%.2f%% of the pixels change their class, scores by %.2g%%\n", 100 * now->changed,
		100 * sqrt(now->squares));
	if (are_its_labels(c, now))
		base_str_addf(&c->said, "IoU with the labels of %d pictures falls by %.4f\n",
			c->pictures < TRIALS ? c->pictures : TRIALS, now->lost);
	else if (c->truth)
		base_str_addf(&c->said,
			"its IoU with the labels is %.2f: they are taken for those of another network, and changed pixels count\n",
			now->iou);
}

secant_status
secant_model_quantize(const char *model, const char *data, const char *out, const secant_quantize *o,
	const secant_logger *log, char **said, secant_err *err)
{
	secant_err own = { 0 };
	quantizing c = { .o = o, .log = log };
	char *temporary = NULL;
	cost now = { 0 };
	if (!deploy_is_onnx(model))
		(void)!as_onnx(model, o, &temporary, &own);
	if (!own.code && !open_network(&c, temporary ? temporary : model, &own) && !read_pictures(&c, data, &own)
		&& !find_best(&c, temporary ? temporary : model, &own) && !meet_target(&c, &now, &own)
		&& !write_file(&c, out, &own)) {
		say(&c, &now);
		if (said)
			*said = base_str_take(&c.said);
	}
	if (temporary)
		(void)unlink(temporary);
	secant_free(temporary);
	end(&c);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
