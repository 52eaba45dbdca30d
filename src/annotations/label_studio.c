/*
 * Label Studio's JSON, whole and short (JSON-MIN), and its CSV: a list of tasks with data.image and annotations, whose
 * results have numbers in percent of original_width and original_height. A box turns about its upper left corner, in
 * degrees clockwise; an ellipse about its middle. Brush strokes are run lengths (label_studio_rle.c). Cancelled
 * annotations and predictions are left out, with a note. Uploads are called HASH-NAME: the picture may be called NAME;
 * files of a local storage are ...?d=PATH.
 */
#include "annotations/csv.h"
#include "annotations/find.h"
#include "annotations/label_studio.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include "annotations/trace.h"
#include "base/file.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"annotations\"", "\"result\"", "\"original_width\"", NULL };
	static const char *const boxes[] = { "\"rectanglelabels\"", "\"original_width\"", NULL };
	static const char *const polygons[] = { "\"polygonlabels\"", "\"original_width\"", NULL };
	static const char *const strokes[] = { "\"brushlabels\"", "\"original_width\"", NULL };
	return ann_head_has(path, words) || ann_head_has(path, boxes) || ann_head_has(path, polygons)
		|| ann_head_has(path, strokes);
}

/* The CSV export: a column a control, whose cells are JSON. */
static bool
is_table(const char *path)
{
	static const char *const words[] = { "annotator", "annotation_id", "lead_time", NULL };
	return ann_head_has(path, words);
}

/* The picture of a task: what data.image (or, in the short export, the task itself) ends in, without the hash of
 * uploads where only that is there. */
static int
task_picture(ann_set *s, ann_finder *f, const json_t *task, const char *origin, secant_status *status, secant_err *err)
{
	json_t *data = json_object_get(task, "data") ? json_object_get(task, "data") : (json_t *)(uintptr_t)task, *v;
	const char *text = ann_tree_text(data, "image"), *key;
	char clean[1024];
	json_object_foreach (data, key, v) /* any other name the project gave it */
		if (!*text && json_is_string(v))
			text = json_string_value(v);
	text = strstr(text, "?d=") ? strstr(text, "?d=") + 3 : text;
	snprintf(clean, sizeof clean, "%.1000s", text);
	if (ann_finder_end(f, clean) == -1) /* of an address; but a picture may be called "what?.png" */
		clean[strcspn(clean, "?")] = '\0';
	text = clean;
	const char *name = strrchr(text, '/') ? strrchr(text, '/') + 1 : text, *dash = strchr(name, '-');
	if (dash && dash - name == 8 && ann_find_image(&f->keys, name, strlen(name)) < 0
		&& ann_find_image(&f->keys, dash + 1, strlen(dash + 1)) >= 0)
		text = dash + 1;
	return ann_finder_picture(f, s, text, origin, status, err);
}

/* What the value of a result of type "labels" is: labels and shapes may be controls of their own. */
static const char *
shape_of(const json_t *v)
{
	return json_object_get(v, "points") ? "polygonlabels"
		: json_object_get(v, "rle")     ? "brushlabels"
		: json_object_get(v, "radiusX") ? "ellipselabels"
		: json_object_get(v, "width")   ? "rectanglelabels"
										: "";
}

static bool
geometry(ann_set *s, int at, const char *type, const json_t *v, double w, double h, const char *origin,
	secant_status *status, secant_err *err)
{
	const double x = ann_tree_number(v, "x") * w / 100, y = ann_tree_number(v, "y") * h / 100;
	double turn = ann_tree_number(v, "rotation");
	int n = 0;
	turn = isfinite(turn) ? turn : 0;
	if (!strncmp(type, "rectangle", 9)) {
		double bw = ann_tree_number(v, "width") * w / 100, bh = ann_tree_number(v, "height") * h / 100;
		const double box[4] = { ann_tidy(x), ann_tidy(y), ann_tidy(bw), ann_tidy(bh) };
		if (!ann_set_box(s, at, box, origin, status, err) || turn == 0)
			return !*status;
		double c = cos(turn * M_PI / 180), d = sin(turn * M_PI / 180);
		const double xy[8] = { x, y, x + c * bw, y + d * bw, x + c * bw - d * bh, y + d * bw + c * bh, x - d * bh,
			y + c * bh };
		uint32_t quad = ann_points(s, ANN_QUAD, xy, 4);
		s->objects[at].shape = quad;
		s->objects[at].flags = ANN_BOX_DERIVED;
		return true;
	}
	if (!strncmp(type, "ellipse", 7)) {
		double rx = ann_tree_number(v, "radiusX") * w / 100, ry = ann_tree_number(v, "radiusY") * h / 100;
		const double box[4] = { x, y, rx, ry };
		if (!ann_set_box(s, at, box, origin, status, err))
			return false;
		uint32_t shape = ann_ellipse(s, x, y, rx, ry, turn);
		s->objects[at].shape = shape;
		s->objects[at].flags = ANN_BOX_DERIVED;
		return true;
	}
	if (!strncmp(type, "keypoint", 8)) {
		double *xy = isfinite(x) && isfinite(y) ? secant_calloc(2, sizeof *xy) : NULL;
		if (xy)
			xy[0] = ann_tidy(x), xy[1] = ann_tidy(y);
		return ann_set_points(s, at, ANN_POINTS, xy, 1, origin, status, err);
	}
	double *xy = ann_tree_points(json_object_get(v, "points"), w / 100, h / 100, &n);
	return ann_set_points(s, at, ANN_POLYGONS, xy, n, origin, status, err);
}

/* A stroke of the brush; false: it cannot be read. */
static bool
brush(ann_set *s, int at, const json_t *v, double w, double h, secant_err *err)
{
	const json_t *list = json_object_get(v, "rle");
	size_t n = json_array_size(list), pixels = (size_t)w * (size_t)h;
	uint8_t *bytes = secant_calloc(n + 1, 1), *plane = pixels < 1u << 30 ? secant_calloc(pixels + 1, 1) : NULL;
	ann_rle r = { 0 };
	base_str text = { 0 };
	for (size_t i = 0; bytes && i < n; i++)
		bytes[i] = (uint8_t)json_integer_value(json_array_get(list, i));
	bool good = bytes && plane && ann_label_studio_decode(bytes, n, plane, pixels)
		&& !ann_rle_from_pixels(&r, plane, (uint32_t)h, (uint32_t)w, err);
	if (good) {
		ann_rle_encode(&text, r.runs, r.n);
		uint32_t shape = ann_rle_text(s, (int)h, (int)w, &text);
		s->objects[at].shape = shape;
		s->objects[at].flags = ANN_BOX_DERIVED;
	}
	ann_rle_free(&r);
	base_str_free(&text);
	secant_free(bytes), secant_free(plane);
	return good;
}

/* Is a result a shape whose labels are another result of the same id? */
static bool
labelled_elsewhere(const json_t *results, const json_t *r)
{
	const char *id = ann_tree_text(r, "id"), *type;
	size_t i;
	json_t *other;
	json_array_foreach ((json_t *)(uintptr_t)results, i, other) {
		type = ann_tree_text(other, "type");
		if (other != r && *id && !strcmp(ann_tree_text(other, "id"), id) && strstr(type, "labels"))
			return true;
	}
	return false;
}

/* `results`: those of the annotation; `turned` counts objects of a view that was not upright. */
static secant_status
read_result(
	ann_set *s, int image, const json_t *r, const json_t *results, int *turned, const char *origin, secant_err *err)
{
	const char *type = ann_tree_text(r, "type");
	const json_t *v = json_object_get(r, "value"), *labels = json_object_get(v, type);
	type = !strcmp(type, "labels") ? shape_of(v) : type;
	double w = ann_tree_number(r, "original_width"), h = ann_tree_number(r, "original_height");
	secant_status status = SECANT_OK;
	size_t i;
	json_t *label;
	bool choices = !strcmp(type, "choices");
	if (!choices && strcmp(type, "rectanglelabels") && strcmp(type, "polygonlabels") && strcmp(type, "ellipselabels")
		&& strcmp(type, "keypointlabels") && strcmp(type, "brushlabels")) {
		if (!labelled_elsewhere(results, r))
			ann_leave(s, ann_tree_text(r, "type"));
		return SECANT_OK;
	}
	double view = ann_tree_number(r, "image_rotation");
	*turned += isfinite(view) && view != 0;
	if (!choices && !(w > 0 && h > 0))
		return ann_bad(s, "parse-error", origin, 0, 0, err, "a %s without original_width and original_height", type);
	if (w > 0 && h > 0 && w < 1e9 && h < 1e9 && !s->images[image].width)
		s->images[image].width = (int32_t)w, s->images[image].height = (int32_t)h;
	if (!json_array_size(labels))
		ann_leave(s, "unlabelled region");
	json_array_foreach (labels, i, label) {
		int at = ann_named_object(s, image, json_is_string(label) ? json_string_value(label) : "");
		if (at < 0)
			return ann_nomem(err);
		if (choices)
			s->objects[at].flags = ANN_NO_BOX;
		else if (*type == 'b') {
			if (brush(s, at, v, w, h, err))
				continue;
			s->n_objects--;
			status = ann_bad(s, "rle-sum", origin, 0, 0, err, "a brush stroke of '%s' cannot be read as %g x %g pixels",
				ann_str(s, s->images[image].name), w, h);
			if (status)
				return status;
		} else if (!geometry(s, at, type, v, w, h, origin, &status, err) && status)
			return status;
	}
	return status;
}

/* JSON-MIN: values lie by the names of their controls in the task, {"image": ..., "label": [{"x": ...,
 * "rectanglelabels":
 * [...], "original_width": ...}]}. */
static secant_status
read_short(ann_set *s, int image, const json_t *task, int *turned, const char *origin, secant_err *err)
{
	static const char *const kinds[] = { "rectanglelabels", "polygonlabels", "ellipselabels", "keypointlabels",
		"brushlabels", "labels" };
	secant_status status = SECANT_OK;
	const char *name;
	json_t *list, *value;
	size_t i, k;
	json_object_foreach ((json_t *)(uintptr_t)task, name, list)
		json_array_foreach (list, i, value)
			for (k = 0; !status && k < sizeof kinds / sizeof *kinds; k++) {
				if (!json_object_get(value, kinds[k]))
					continue;
				json_t *whole = json_object();
				json_object_set_new(whole, "type", json_string(kinds[k]));
				json_object_set(whole, "value", value);
				json_object_set(whole, "original_width", json_object_get(value, "original_width"));
				json_object_set(whole, "original_height", json_object_get(value, "original_height"));
				status = read_result(s, image, whole, NULL, turned, origin, err);
				json_decref(whole);
			}
	return status;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	size_t i, k, n;
	json_t *task, *annotation, *result;
	secant_status status = SECANT_OK;
	int predictions = 0, cancelled = 0, several = 0, turned = 0;
	json_array_foreach (top, i, task) {
		int image = f ? task_picture(s, f, task, origin, &status, err) : 0;
		if (status)
			return status;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		predictions += (int)json_array_size(json_object_get(task, "predictions"));
		int taken = 0;
		const json_t *annotations = json_object_get(task, "annotations");
		annotations = annotations ? annotations : json_object_get(task, "completions"); /* before version 1 */
		if (!annotations) /* the short export */
			status = read_short(s, image, task, &turned, origin, err);
		json_array_foreach (annotations, k, annotation) {
			bool gone = json_is_true(json_object_get(annotation, "was_cancelled"));
			cancelled += gone;
			several += taken++ > 0 && !gone;
			json_array_foreach (json_object_get(annotation, "result"), n, result)
				if (!gone && !status)
					status = read_result(s, image, result, json_object_get(annotation, "result"), &turned, origin, err);
		}
		if (status)
			return status;
	}
	if (turned)
		ann_note(s,
			"%s: %d objects were drawn in a view that was turned (image_rotation): their places may be of that "
			"view; look at them before training",
			origin, turned);
	if (several)
		ann_note(s, "%s: %d annotations are of pictures that another one is of, too: the objects of all are taken",
			origin, several);
	if (predictions + cancelled)
		ann_note(s, "%s: %d predictions and %d cancelled annotations were left out", origin, predictions, cancelled);
	return SECANT_OK;
}

/* A row of the CSV as a task of the short export: its lists, and the cell that is a picture's name. Other cells are
 * counted by their column, but for those that say who did it when. */
static json_t *
row_task(const ann_csv_row *head, const ann_csv_row *row, ann_set *s)
{
	static const char known[] = "|id|annotator|annotation_id|created_at|updated_at|lead_time|agreement|";
	json_t *task = json_object();
	for (int i = 0; i < row->n && i < head->n; i++) {
		char *key = base_strndup(head->f[i].p, ann_len(head->f[i])),
			 *text = base_strndup(row->f[i].p, ann_len(row->f[i]));
		char *mark = key ? base_format("|%s|", key) : NULL;
		json_t *list = text && *text == '[' ? base_json_parse(text, strlen(text), "", NULL) : NULL;
		char *end = text ? strchr(text, '?') : NULL;
		if (end && strncmp(end, "?d=", 3))
			*end = 0;
		if (list && json_is_array(list))
			json_object_set(task, key, list);
		else if (text && base_ext_is(text, ANN_PICTURES))
			json_object_set_new(task, "image", json_string(text));
		else if (text && *text && mark && !strstr(known, mark))
			ann_leave(s, key);
		json_decref(list);
		secant_free(key), secant_free(text), secant_free(mark);
	}
	return task;
}

static secant_status
read_table(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	ann_csv_row head = { .n = 0 }, row = { .n = 0 };
	bool bad = false;
	secant_status status = SECANT_OK;
	json_t *tasks = json_array();
	if (ann_csv_record(&l, ',', &head, &bad))
		while (!bad && ann_csv_record(&l, ',', &row, &bad))
			if (!bad)
				json_array_append_new(tasks, row_task(&head, &row, s));
	if (bad)
		status = ann_bad(s, "parse-error", origin, l.number, 0, err, "a row whose quotes do not end");
	if (!status)
		status = read_tree(s, f, tasks, origin, err);
	json_decref(tasks);
	base_str_free(&head.room), base_str_free(&row.room);
	return status;
}

static const ann_files tables = {
	.extension = "csv",
	.because = "it has Label Studio CSV",
	.sure = 95,
	.is = is_table,
	.text = read_table,
};
static const ann_files files = {
	.extension = "json",
	.because = "it has Label Studio JSON",
	.sure = 95,
	.is = is_own,
	.tree = read_tree,
	.otherwise = &tables,
};

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

/* What is common to all results, up to the opening of "value". */
static void
begin(base_str *t, const ann_image *im, int id, const char *type, bool *any)
{
	base_str_addf(t,
		"%s{\"id\": \"r%d\", \"type\": \"%s\", \"from_name\": \"%s\", \"to_name\": \"image\", \"original_width\": %d, "
		"\"original_height\": %d, \"image_rotation\": 0, \"value\": {",
		*any ? ",\n\t" : "", id, type, type, im->width, im->height);
	*any = true;
}

static void
end(base_str *t, const ann_set *s, const ann_object *o, const char *type)
{
	base_str_addf(t, "\"%s\": [", type);
	ann_put_text(t, "", ann_class_of(s, o));
	base_str_add(t, "]}}");
}

/* In percent of the picture; a box that is turned has its place where its upper left corner has come to lie. */
static void
put_rectangle(base_str *t, const ann_image *im, const double box[5])
{
	double w = box[2] - box[0], h = box[3] - box[1], cx = (box[0] + box[2]) / 2, cy = (box[1] + box[3]) / 2,
		   c = cos(box[4] * M_PI / 180), d = sin(box[4] * M_PI / 180);
	bool turned = box[4] != 0;
	double x = turned ? cx - c * w / 2 + d * h / 2 : box[0], y = turned ? cy - d * w / 2 - c * h / 2 : box[1];
	ann_put_real(t, "\"x\": ", x * 100 / im->width);
	ann_put_real(t, ", \"y\": ", y * 100 / im->height);
	ann_put_real(t, ", \"width\": ", w * 100 / im->width);
	ann_put_real(t, ", \"height\": ", h * 100 / im->height);
	ann_put_real(t, ", \"rotation\": ", box[4]);
	base_str_add(t, ", ");
}

static secant_status
put_brush(base_str *t, const ann_set *s, const ann_object *o, const ann_image *im, secant_err *err)
{
	size_t pixels = (size_t)im->width * (size_t)im->height;
	uint8_t *plane = secant_calloc(pixels + 1, 1);
	secant_status status = plane ? ann_fill(s, o->shape, (uint32_t)im->height, (uint32_t)im->width, plane, 1, err)
								 : ann_nomem(err);
	base_str_add(t, "\"format\": \"rle\", \"rle\": [");
	if (!status)
		ann_label_studio_encode(t, plane, pixels);
	base_str_add(t, "], ");
	secant_free(plane);
	return status;
}

static secant_status
put_polygon(base_str *t, const ann_set *s, const ann_object *o, const ann_image *im, secant_err *err)
{
	ann_ring ring = { 0 };
	secant_status status = ann_one_ring(s, o, &ring, err);
	base_str_add(t, "\"points\": [");
	for (int i = 0; i < ring.n; i++) {
		ann_put_real(t, i ? ", [" : "[", ring.xy[2 * i] * 100 / im->width);
		ann_put_real(t, ", ", ring.xy[2 * i + 1] * 100 / im->height);
		base_str_add(t, "]");
	}
	base_str_add(t, "], ");
	secant_free(ring.xy);
	return status;
}

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, int *id, bool *any, ann_out *out, secant_err *err)
{
	const ann_image *im = &s->images[o->image];
	ann_kind kind = ann_shape_kind(s, o->shape);
	double box[5] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o), 0 };
	const double *xy;
	int parts, n;
	secant_status status = SECANT_OK;
	const char *type = o->flags & ANN_NO_BOX && !o->shape                                ? "choices"
		: kind == ANN_RLE                                                                ? "brushlabels"
		: kind == ANN_POLYGONS || (kind == ANN_QUAD && !ann_rectangle(s, o->shape, box)) ? "polygonlabels"
																						 : "rectanglelabels";
	if (kind == ANN_POINTS) {
		(void)ann_part(ann_parts(s, o->shape, &parts), &xy, &n);
		for (int i = 0; i < n; i++) {
			begin(t, im, ++*id, "keypointlabels", any);
			ann_put_real(t, "\"x\": ", xy[2 * i] * 100 / im->width);
			ann_put_real(t, ", \"y\": ", xy[2 * i + 1] * 100 / im->height);
			base_str_add(t, ", \"width\": 0.5, ");
			end(t, s, o, "keypointlabels");
		}
		ann_out_lose(out, n > 1, "that several points are one object (each is its own)");
		return SECANT_OK;
	}
	ann_out_lose(out, kind == ANN_LINE, "line (its box is written)");
	begin(t, im, ++*id, type, any);
	if (*type == 'b')
		status = put_brush(t, s, o, im, err);
	else if (*type == 'p')
		status = put_polygon(t, s, o, im, err);
	else if (*type == 'r')
		put_rectangle(t, im, box);
	end(t, s, o, type);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	int id = 0;
	base_str_add(&t, "[");
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		char *url = base_format("/data/local-files/?d=images/%s", ann_str(s, im->name));
		bool any = false;
		base_str_addf(&t, "%s{\"id\": %d", i ? ",\n" : "\n", i + 1);
		ann_put_text(&t, ", \"data\": {\"image\": ", url ? url : "");
		base_str_addf(&t, "}, \"annotations\": [{\"id\": %d, \"was_cancelled\": false, \"result\": [", i + 1);
		status = url ? ann_need_size(s, im, "percents of pictures", err) : ann_nomem(err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->class >= 0 && !(o->flags & ANN_VOID))
				status = put_object(&t, s, o, &id, &any, out, err);
		}
		base_str_add(&t, "]}]}");
		if (!status)
			status = ann_out_beneath(out, s, i, "images", err);
		ann_out_lose(out, im->splits != 0, "membership of a picture in a list");
		secant_free(url);
	}
	base_str_add(&t, "\n]\n");
	if (!status)
		status = ann_out_str(out, "label-studio.json", &t, err);
	base_str_free(&t);
	return status;
}

const ann_format ann_format_label_studio = {
	.name = "label-studio",
	.brief = "Label Studio JSON: boxes, polygons, brush strokes, ellipses, points, choices",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_QUAD | ANN_HOLDS_LINES | ANN_HOLDS_LABELS
		| ANN_HOLDS_FRACTIONS,
	.files = &files,
	.write = write,
};
