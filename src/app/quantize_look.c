/* What `secant quantize` sees of a network on pictures: the ranges of its tensors, sizes and means of channels. */
#include <secant/codec.h>
#include <secant/files.h>
#include <math.h>
#include <string.h>
#include "app/onnx.h"
#include "app/quantize.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/white.h"

/* ---- the network ---- */

secant_status
app_quantizing_open(app_quantizing *c, const char *path, secant_err *err)
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
arranged(const app_quantizing *c, const float *v, int h, int w, secant_err *err)
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
add_picture(app_quantizing *c, const char *path, secant_err *err)
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
open_samples(app_quantizing *c, const char *data, secant_err *err)
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
	else if (!(c->truth = secant_calloc(APP_TRIALS, sizeof *c->truth))) {
		data_samples_free(s);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for labels");
		return NULL;
	}
	return s;
}

/* The labels of sample `at` for picture i. Those that cannot be read leave all without. */
static secant_status
add_truth(app_quantizing *c, const data_samples *s, int at, int i, secant_err *err)
{
	data_picture p = { 0 };
	const data_picture *got = NULL;
	secant_err why = { 0 };
	if (!c->truth || i >= APP_TRIALS)
		return SECANT_OK;
	data_picture *t = &c->truth[i];
	secant_status status = SECANT_OK;
	if (data_samples_decode(s, at, &p, &got, &why) || !got->labels) {
		base_str_addf(&c->said, "without labels: %s\n", why.msg);
		for (int k = 0; k < APP_TRIALS; k++)
			data_picture_free(&c->truth[k]);
		secant_free(c->truth);
		c->truth = NULL;
	} else if (!(status = data_picture_reserve(t, got->width, got->height, 1, false, true, err)))
		memcpy(t->labels, got->labels, data_picture_label_bytes(got));
	data_picture_free(&p);
	return status;
}

/* As many as are wanted, from all over the list: a folder of pictures as predict takes it, or a data set. */
secant_status
app_quantizing_read(app_quantizing *c, const char *data, secant_err *err)
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
tapped(app_quantizing *c, format_onnx_info *out, int *taps)
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
look_at_channels(app_quantizing *c, int t, const format_onnx_tensor *v, looking how, secant_err *err)
{
	format_onnx_quantity *q = &c->q.tensor[t];
	if (v->rank != 4 || v->dim[1] < 1 || (q->channels && q->channels != v->dim[1]))
		return SECANT_OK;
	if (!format_onnx_quantizing_channels(&c->q, t, v->dim[1]))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for channels");
	int64_t inner = v->dim[2] * v->dim[3], all = v->dim[0] * v->dim[1];
	int pictures = c->pictures < APP_TRIALS ? c->pictures : APP_TRIALS;
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
look_at(app_quantizing *c, int t, const format_onnx_tensor *v, looking how, secant_err *err)
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
see(app_quantizing *c, looking how, secant_err *err)
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
	int pictures = how == MEANS && c->pictures > APP_TRIALS ? APP_TRIALS : c->pictures;
	for (int i = 0; i < pictures && !status; i++) {
		status = deploy_onnx_plans_run(p, &c->picture[i], 1, out, err);
		for (int t = 0; t < c->q.n_tensor && !status; t++)
			if (c->q.tensor[t].given)
				status = look_at(c, t, c->picture[i], how, err);
		for (int k = 0; k < m.graph.n_out; k++) {
			if (!status && k)
				status = look_at(c, taps[k], out[k], how, err);
			if (!status && !k && i < APP_TRIALS && !c->scores[i])
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

secant_status
app_quantizing_look(app_quantizing *c, secant_err *err)
{
	if (!c->scores && !(c->scores = secant_calloc(APP_TRIALS, sizeof *c->scores)))
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
