/*
 * What a file or folder is, found by its contents: picture, cloud, model, tensors; run folder, data set, folder of
 * weights. One JSON object is made, and the text is that object with a line a member.
 */
#include <string.h>
#include <sys/stat.h>
#include <secant/annotations.h>
#include <math.h>
#include <stdlib.h>
#include <secant/cloud.h>
#include <secant/codec.h>
#include <secant/model.h>
#include "app/describe_set.h"
#include "app/onnx.h"
#include "annotations/find.h"
#include "codec/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/clouds/clouds.h"
#include "data/layouts.h"
#include "formats/model_file.h"
#include "tensor/columns.h"

static json_t *
picture(const char *path, const secant_image_info *info)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:s,s:i}", "path", path, "kind", "picture", "format", info->format,
		"width", info->width, "height", info->height, "channels", info->channels, "dtype",
		secant_dtype_name(info->dtype), "bits", info->bits);
	if (info->palette)
		json_object_set_new(j, "palette", json_true());
	if (info->orientation > 1)
		json_object_set_new(j, "exif_orientation", json_integer(info->orientation));
	codec_sidecar side; /* other formats are opened whole, for what lies beside them only */
	codec_sidecar_read(&side, path);
	bool look = codec_of(info)->windows || !codec_sidecar_is_empty(&side);
	codec_sidecar_free(&side);
	secant_raster *r = look ? secant_raster_open(path, NULL, NULL) : NULL;
	const secant_geo *geo = r ? secant_raster_about(r)->geo : NULL;
	double t[6], nodata;
	if (geo && secant_geo_epsg(geo))
		json_object_set_new(j, "epsg", json_integer(secant_geo_epsg(geo)));
	if (geo && secant_geo_transform(geo, t))
		json_object_set_new(j, "transform", json_pack("[f,f,f,f,f,f]", t[0], t[1], t[2], t[3], t[4], t[5]));
	if (geo && secant_geo_is_loose(geo))
		json_object_set_new(j, "placed_by", json_string(codec_geo_loose_by(geo)));
	if (geo && secant_geo_nodata(geo, &nodata)) /* JSON has no other numbers */
		json_object_set_new(j, "nodata",
			isfinite(nodata)    ? json_real(nodata)
				: isnan(nodata) ? json_string("nan")
				: nodata > 0    ? json_string("inf")
								: json_string("-inf"));
	double factor, shift;
	if (geo && codec_geo_scale(geo, secant_raster_about(r)->channels, &factor, &shift)) {
		json_object_set_new(j, "band_scale", json_real(factor));
		json_object_set_new(j, "band_shift", json_real(shift));
		json_object_set_new(j, "numbers", json_string("taken as they are stored, without scale and shift"));
	}
	if (geo && secant_geo_remark(geo))
		json_object_set_new(j, "remark", json_string(secant_geo_remark(geo)));
	secant_raster_close(r);
	return j;
}

/* What is asked of a scan first: where it lies, and how many points each class has. */
typedef struct census {
	int64_t points, of_class[2][256], other[2]; /* of labels and of predictions; other: no number of 0 to 255 */
	double lo[3], hi[3];
} census;

/* The columns that are counted; -1: there is none. What predict wrote into the class byte of LAS is no label. */
static void
classes_of(const secant_cloud *c, int column[2])
{
	column[0] = secant_cloud_role(c, SECANT_ROLE_LABEL);
	column[1] = tensor_cloud_predictions(c);
	if (column[0] == column[1])
		column[0] = -1;
}

static void
take_census(census *k, const secant_cloud *c)
{
	int column[2];
	classes_of(c, column);
	for (int axis = 0; axis < 3; axis++) {
		double lo, hi;
		if (!secant_cloud_range(c, axis, &lo, &hi))
			continue;
		k->lo[axis] = fmin(k->lo[axis], lo);
		k->hi[axis] = fmax(k->hi[axis], hi);
	}
	for (int w = 0; w < 2; w++)
		for (int64_t i = 0; i < c->n && column[w] >= 0; i++) {
			double v = secant_cloud_get(c, column[w], i);
			if (v >= 0 && v < 256 && v == floor(v))
				k->of_class[w][(int)v]++;
			else
				k->other[w]++;
		}
	k->points += c->n;
}

/* To twelve digits: 899.7 is no 899.7000000000001. */
static json_t *
three_numbers(const double v[3])
{
	json_t *j = json_array();
	for (int i = 0; i < 3; i++) {
		char text[40];
		(void)snprintf(text, sizeof text, "%.12g", v[i]);
		json_array_append_new(j, json_real(strtod(text, NULL)));
	}
	return j;
}

static void
add_census(json_t *j, const secant_cloud *c, const census *k)
{
	static const char *const words[2] = { "classes", "predicted" };
	char text[256], name[64];
	int column[2];
	classes_of(c, column);
	if (secant_cloud_system(c, text, sizeof text))
		json_object_set_new(j, "coordinate_system", json_string(text));
	if (c->scale[0] > 0)
		json_object_set_new(j, "step", three_numbers(c->scale));
	if (k->lo[0] <= k->hi[0] && k->lo[1] <= k->hi[1] && k->lo[2] <= k->hi[2]) {
		json_object_set_new(j, "least", three_numbers(k->lo));
		json_object_set_new(j, "largest", three_numbers(k->hi));
	}
	for (int w = 0; w < 2; w++) {
		json_t *classes = column[w] >= 0 && !k->other[w] ? json_object() : NULL;
		for (int i = 0; i < 256 && classes; i++) {
			if (!k->of_class[w][i])
				continue;
			bool named = secant_cloud_class_name(c, i, name, sizeof name, NULL);
			(void)snprintf(text, sizeof text, named ? "%d %s" : "%d", i, name);
			json_object_set_new(classes, text, json_integer(k->of_class[w][i]));
		}
		if (classes)
			json_object_set_new(j, words[w], classes);
	}
}

/* Some points are read too: any text might pass for the start of a cloud. */
static json_t *
cloud(const char *path, secant_cloud_reader *r, secant_err *err)
{
	enum { SOME = 1000, CHUNK = 65536, MOST = 200000000 };
	const secant_cloud *c = secant_cloud_layout(r);
	secant_cloud points = { 0 };
	census all = { .lo = { INFINITY, INFINITY, INFINITY }, .hi = { -INFINITY, -INFINITY, -INFINITY } };
	secant_status status = secant_cloud_next(r, &points, SOME, err);
	if (!status && !points.n && secant_cloud_total(r) < 0)
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: neither a picture nor a model, and a cloud without points at best", path);
	while (!status && points.n && all.points < MOST) {
		take_census(&all, &points);
		status = secant_cloud_next(r, &points, CHUNK, err);
	}
	secant_cloud_free(&points);
	if (status)
		return NULL;
	json_t *columns = json_object();
	for (int i = 0; i < c->columns; i++)
		json_object_set_new(columns, c->column[i].name, json_string(secant_number_name(c->column[i].type)));
	json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "path", path, "kind", "cloud", "format", secant_cloud_format_name(r),
		"details", secant_cloud_details(r));
	if (secant_cloud_total(r) >= 0)
		json_object_set_new(j, "points", json_integer(secant_cloud_total(r)));
	json_object_set_new(j, "columns", columns);
	add_census(j, c, &all);
	return j;
}

static json_t *
tensors(const char *path, const secant_tensors *set)
{
	json_t *j = json_pack("{s:s,s:s,s:i}", "path", path, "kind", "tensors", "count", set->n), *list = json_object();
	int64_t numbers = 0;
	for (int i = 0; i < set->n; i++) {
		char shape[96], text[120];
		const secant_tensor *t = &set->v[i].tensor;
		numbers += secant_shape_count(&t->shape);
		(void)snprintf(
			text, sizeof text, "%s %s", secant_dtype_name(t->dtype), secant_shape_text(&t->shape, shape, sizeof shape));
		json_object_set_new(list, set->v[i].name, json_string(text));
	}
	json_object_set_new(j, "numbers", json_integer(numbers));
	json_object_set_new(j, "tensors", list);
	return j;
}

static json_t *
model(const char *path, const format_model_file *m)
{
	json_t *j = json_pack("{s:s,s:s}", "path", path, "kind", "model");
	const char *key;
	json_t *value;
	int64_t parameters = 0, others = 0, nodes = 0;
	size_t i;
	for (int k = 0; k < m->tensors.n; k++) {
		const char *name = m->tensors.v[k].name;
		bool statistic = strstr(name, "running_") || strstr(name, "num_batches_tracked");
		if (!strncmp(m->tensors.v[k].name, "packed:", 7)) /* the same weights once more */
			continue;
		*(statistic ? &others : &parameters) += secant_shape_count(&m->tensors.v[k].tensor.shape);
	}
	json_array_foreach (json_object_get(m->graph, "values"), i, value)
		nodes += json_object_get(value, "op") != NULL;
	json_object_set_new(j, "parameters", json_integer(parameters));
	json_object_set_new(j, "statistics", json_integer(others));
	json_object_set_new(j, "nodes", json_integer(nodes));
	json_object_foreach (m->settings, key, value)
		json_object_set(j, key, value);
	return j;
}

static json_t *
describe_file(const char *path, secant_err *err)
{
	secant_image_info info;
	secant_cloud_reader *r;
	secant_tensors set = { 0 };
	format_model_file file;
	secant_err own = { 0 };
	json_t *j = NULL;
	secant_status status = secant_image_probe(path, &info, &own);
	if (!status)
		return picture(path, &info);
	if (status == SECANT_ERR_NOMEM) { /* it may be a picture */
		secant_fail(err, status, "%s", own.msg);
		return NULL;
	}
	own = (secant_err){ 0 };
	if (secant_cloud_is_readable(path) && !base_ext_is(path, "npy") && (r = secant_cloud_open(path, NULL, NULL))) {
		j = cloud(path, r, err);
		secant_cloud_close(r);
		return j;
	}
	if (secant_cloud_is_readable(path) && !base_ext_is(path, "npy|bin")
		&& secant_is_file(path)) { /* what is wrong with it is for its reader to say */
		secant_cloud_close(secant_cloud_open(path, NULL, err));
		return NULL;
	}
	if (deploy_is_onnx(path))
		return app_onnx_describe(path, err);
	status = format_model_file_read(&file, path, &own);
	if (!status) {
		j = model(path, &file);
		format_model_file_free(&file);
		return j;
	}
	secant_err why = own;
	char *meta = NULL;
	own = (secant_err){ 0 };
	bool read = !secant_tensors_read(&set, &meta, path, &own);
	secant_err foreign = { 0 };
	if (!read && own.code == SECANT_ERR_FORMAT) /* a cloud of a kind that is not read is known by its name */
		secant_cloud_close(secant_cloud_open(path, NULL, &foreign));
	secant_err pictured = { 0 };
	secant_image_info about;
	bool seen = read || own.code != SECANT_ERR_FORMAT || !secant_image_probe(path, &about, &pictured);
	if (foreign.code == SECANT_ERR_UNSUPPORTED && strstr(foreign.msg, "which is not read"))
		secant_fail(err, foreign.code, "%s", foreign.msg);
	else if (!seen && (secant_image_is_path(path) || strstr(pictured.msg, ": is ")))
		secant_fail(err, SECANT_ERR_FORMAT, "%s", pictured.msg);
	else if (!read)
		secant_fail(err, own.code == SECANT_ERR_IO || own.code == SECANT_ERR_NOMEM ? own.code : SECANT_ERR_FORMAT,
			"%s%s", own.msg, secant_image_is_path(path) ? "" : "; neither is it a picture or a cloud");
	else if (status == SECANT_ERR_NOMEM
		|| (meta && strstr(meta, "\"secant\""))) /* a model, and what is wrong with it */
		secant_fail(err, why.code, "%s", why.msg);
	else
		j = tensors(path, &set);
	secant_tensors_free(&set);
	secant_free(meta);
	return j;
}

/* ---- folders ---- */

static int
count_files(const char *folder, const char *name, bool (*is)(const char *path))
{
	base_names names = { 0 };
	int n = 0;
	char *path = base_path_join(folder, name);
	if (path && secant_is_dir(path) && !base_dir_list(&names, path, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n; i++)
			n += is(names.v[i]);
	base_names_free(&names);
	secant_free(path);
	return n;
}

static bool
holds(const char *folder, const char *name)
{
	char *path = base_path_join(folder, name);
	bool there = path && (secant_is_file(path) || secant_is_dir(path));
	secant_free(path);
	return there;
}

/* The last line of log.jsonl, and the options a run was made with. */
static json_t *
run_folder(const char *path, secant_err *err)
{
	char *config = base_path_join(path, "config.json"), *log = base_path_join(path, "log.jsonl"), *text = NULL;
	size_t size = 0;
	json_t *options = config ? base_json_read(config, err) : NULL, *j = NULL;
	if (options) {
		j = json_pack("{s:s,s:s}", "path", path, "kind", "run");
		if (log && secant_is_file(log) && !secant_file_read(&text, &size, log, 1u << 28, NULL)) {
			while (size && text[size - 1] == '\n')
				text[--size] = '\0';
			const char *last = strrchr(text, '\n');
			json_t *line = base_json_parse(last ? last + 1 : text, strlen(last ? last + 1 : text), "log.jsonl", NULL);
			if (line)
				json_object_set_new(j, "last_epoch", line);
		}
		static const char *const names[] = { "best.safetensors", "last.safetensors", "state.safetensors" };
		json_t *files = json_array();
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (holds(path, names[i]))
				json_array_append_new(files, json_string(names[i]));
		json_object_set_new(j, "files", files);
		json_object_set_new(j, "options", options);
	}
	secant_free(text);
	secant_free(config);
	secant_free(log);
	return j;
}

/* Pictures and labels that are paired by their names (layouts.c): how many pairs each split has. */
static json_t *
paired_folder(const char *path)
{
	static const char *const splits[] = { "train", "val", "test", "all" };
	const data_division undivided = { 0 };
	json_t *counts = json_object();
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		data_pairs pairs = { 0 };
		bool all = !strcmp(splits[i], "all"), found = false;
		if ((all ? !json_object_size(counts) : data_layout_has(path, splits[i]))
			&& !data_layout_find(&pairs, path, splits[i], true, &undivided, &found, NULL) && found)
			json_object_set_new(counts, splits[i], json_pack("{s:i,s:i}", "images", pairs.n, "labels", pairs.n));
		data_pairs_free(&pairs);
	}
	if (json_object_size(counts))
		return json_pack("{s:s,s:s,s:s,s:o}", "path", path, "kind", "data set", "layout",
			"pictures and labels, paired by their names", "splits", counts);
	json_decref(counts);
	return NULL;
}

static json_t *
data_folder(const char *path)
{
	static const char *const splits[] = { "", "train", "val", "test" };
	json_t *found = json_object();
	bool bare = false;
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		char *folder = *splits[i] ? base_path_join(path, splits[i]) : base_strdup(path);
		int images = folder ? count_files(folder, "images", secant_image_is_path) : 0;
		int labels = folder
			? count_files(folder, "labels", secant_image_is_path) + count_files(folder, "masks", secant_image_is_path)
			: 0;
		bare = bare || (images && !labels);
		if (images)
			json_object_set_new(
				found, *splits[i] ? splits[i] : "all", json_pack("{s:i,s:i}", "images", images, "labels", labels));
		secant_free(folder);
	}
	json_t *paired = bare || !json_object_size(found) ? paired_folder(path) : NULL;
	if (!paired && json_object_size(found))
		return json_pack("{s:s,s:s,s:o}", "path", path, "kind", "data set", "splits", found);
	json_decref(found);
	return paired;
}

/* A data set of clouds: its layout, and of each split how many clouds there are. Nothing but lists is read. */
static json_t *
cloud_set(const char *path)
{
	static const char *const splits[] = { "train", "val", "test" };
	const data_cloudset *set = data_cloudset_of(path, NULL, NULL);
	secant_cloud_options o;
	secant_data_options data;
	if (!set || secant_opts_init(&secant_cloud_options_table, &o, NULL))
		return NULL;
	json_t *found = json_object(), *categories = NULL, *problems = json_array();
	int classes = 0;
	for (size_t i = 0; i < 3 && !secant_opts_init(&secant_data_options_table, &data, NULL); i++) {
		data_clouds_request r = { .path = path, .split = splits[i], .options = &o, .data = &data, .bare = true };
		data_cloud_list l = { 0 };
		secant_err own = { 0 };
		bool there = set->has(path, &o, splits[i]);
		if (there && set->find(&l, &r, &own))
			json_array_append_new(problems, json_string(own.msg));
		else if (there && l.n) {
			json_object_set_new(found, splits[i], json_integer(l.n));
			classes = l.classes;
			json_decref(categories);
			categories = json_array();
			for (int k = 0; k < l.categories; k++)
				json_array_append_new(categories, json_string(l.category[k]));
		}
		data_cloud_list_free(&l);
		secant_opts_free(&secant_data_options_table, &data);
	}
	secant_opts_free(&secant_cloud_options_table, &o);
	json_t *j = NULL;
	if (json_object_size(found)) {
		j = json_pack(
			"{s:s,s:s,s:s,s:O}", "path", path, "kind", "data set of clouds", "layout", set->name, "clouds", found);
		if (categories && json_array_size(categories))
			json_object_set(j, "categories", categories);
		if (classes)
			json_object_set_new(j, "classes_of_points", json_integer(classes));
		if (json_array_size(problems))
			json_object_set(j, "problems", problems);
	}
	json_decref(problems);
	json_decref(found);
	json_decref(categories);
	return j;
}

static json_t *
describe_folder(const char *path, secant_err *err)
{
	if (holds(path, "config.json")
		&& (holds(path, "log.jsonl") || holds(path, "best.safetensors") || holds(path, "last.safetensors")
			|| holds(path, "state.safetensors")))
		return run_folder(path, err);
	/* Pictures and masks in two folders are counted by folder; any other format says more. */
	const char *format = secant_dataset_detect(path, NULL, NULL);
	json_t *j = format && !ann_find_format(format)->plain ? app_describe_set(path) : NULL;
	if (!j)
		j = data_folder(path);
	if (!j)
		j = cloud_set(path);
	if (!j && format)
		j = app_describe_set(path);
	if (j)
		return j;
	int pictures = count_files(path, ".", secant_image_is_path),
		clouds = count_files(path, ".", secant_cloud_is_readable);
	if (holds(path, "model.safetensors"))
		return json_pack("{s:s,s:s,s:s}", "path", path, "kind", "folder of weights", "weights", "model.safetensors");
	const char *way = NULL, *foreign = ann_foreign(path, &way), *set = data_clouds_foreign(path);
	if (pictures || clouds) {
		j = json_pack("{s:s,s:s,s:i,s:i}", "path", path, "kind", "folder", "pictures", pictures, "clouds", clouds);
		char *text = set || !foreign ? base_strdup(set ? set : "") : base_format("%s: %s", foreign, way);
		if (text && *text)
			json_object_set_new(j, "not_read", json_string(text));
		secant_free(text);
		return j;
	}
	if (set)
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s", path, set);
	else if (foreign)
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s, which is not read: %s", path, foreign, way);
	else
		secant_fail(
			err, SECANT_ERR_FORMAT, "%s: the folder is no run, no data set, and holds no pictures or clouds", path);
	return NULL;
}

/* ---- text ---- */

/* Names come from files: a line that was added since `from` stays one line, and drives no terminal. C1 controls of
 * UTF-8 (c2 80 to c2 9f) are controls too. */
static void
clean_since(base_str *s, size_t from)
{
	for (size_t i = from; s->p && i + 1 < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];
		if (c < 0x20 || c == 0x7f)
			s->p[i] = '?';
		else if (c == 0xc2 && (unsigned char)s->p[i + 1] >= 0x80 && (unsigned char)s->p[i + 1] < 0xa0)
			s->p[i] = s->p[i + 1] = '?';
	}
}

static void
add_member(base_str *s, const char *key, const json_t *v, int depth)
{
	const char *inner;
	json_t *member;
	size_t from = s->n;
	if (json_is_object(v) && json_object_size(v)) {
		base_str_addf(s, "%*s%s:\n", depth * 2, "", key);
		clean_since(s, from);
		json_object_foreach ((json_t *)(uintptr_t)v, inner, member)
			add_member(s, inner, member, depth + 1);
		return;
	}
	char *text = json_is_string(v)              ? base_strdup(json_string_value(v))
		: json_is_integer(v) || json_is_real(v) ? base_format("%.10g", json_number_value(v))
												: base_json_text(v, 0);
	int width = 24 - depth * 2 > 0 ? 24 - depth * 2 : 0;
	if (!json_is_null(v))
		base_str_addf(s, "%*s%-*s %s\n", depth * 2, "", width, key, text ? text : json_is_true(v) ? "true" : "false");
	clean_since(s, from);
	secant_free(text);
}

char *
secant_describe(const char *path, bool json, secant_err *err)
{
	secant_err own = { 0 };
	struct stat st;
	json_t *j = NULL;
	if (stat(path, &st) && !codec_page_is(path))
		secant_fail(&own, SECANT_ERR_IO, "%s: no such file or folder", path);
	else
		j = secant_is_dir(path) ? describe_folder(path, &own) : describe_file(path, &own);
	char *text = NULL;
	base_str s = { 0 };
	const char *key;
	json_t *value;
	if (j && json)
		text = base_json_text(j, 2);
	else if (j) {
		base_str_addf(&s, "%s: %s\n", path, json_string_value(json_object_get(j, "kind")));
		clean_since(&s, 0);
		json_object_foreach (j, key, value)
			if (strcmp(key, "path") && strcmp(key, "kind"))
				add_member(&s, key, value, 1);
		text = base_str_take(&s);
	}
	json_decref(j);
	if (!text)
		secant_fail(
			err, own.code ? own.code : SECANT_ERR_NOMEM, "%s", own.code ? own.msg : "no memory for a description");
	return text;
}
