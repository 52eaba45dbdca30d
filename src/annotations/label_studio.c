/*
 * Label Studio's JSON: a list of tasks with data.image and annotations, whose results have numbers in percent of
 * original_width and original_height. A box turns about its upper left corner, in degrees clockwise; an ellipse about
 * its middle. Cancelled annotations are left out; so are brush strokes and predictions, with a note. Uploads are called
 * HASH-NAME: the picture may be called NAME.
 */
#include "annotations/find.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"annotations\"", "\"result\"", "\"original_width\"", NULL };
	return ann_head_has(path, words);
}

static int
detect(const char *path, const char **why)
{
	*why = "it has Label Studio JSON";
	return ann_detect_trees(path, is_own, 95);
}

/* The picture of a task: what data.image ends in, without the hash of uploads where only that is there. */
static int
task_picture(ann_set *s, ann_finder *f, const json_t *task, const char *origin, secant_status *status, secant_err *err)
{
	json_t *data = json_object_get(task, "data"), *v;
	const char *text = ann_tree_text(data, "image"), *key;
	json_object_foreach (data, key, v) /* any other name the project gave it */
		if (!*text && json_is_string(v))
			text = json_string_value(v);
	const char *name = strrchr(text, '/') ? strrchr(text, '/') + 1 : text, *dash = strchr(name, '-');
	if (dash && dash - name == 8 && ann_find_image(&f->keys, name, strlen(name)) < 0
		&& ann_find_image(&f->keys, dash + 1, strlen(dash + 1)) >= 0)
		text = dash + 1;
	return ann_finder_picture(f, s, text, origin, status, err);
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

static secant_status
read_result(ann_set *s, int image, const json_t *r, int *brushes, const char *origin, secant_err *err)
{
	const char *type = ann_tree_text(r, "type");
	const json_t *v = json_object_get(r, "value"), *labels = json_object_get(v, type);
	double w = ann_tree_number(r, "original_width"), h = ann_tree_number(r, "original_height");
	secant_status status = SECANT_OK;
	size_t i;
	json_t *label;
	bool choices = !strcmp(type, "choices");
	if (!choices && strcmp(type, "rectanglelabels") && strcmp(type, "polygonlabels") && strcmp(type, "ellipselabels")
		&& strcmp(type, "keypointlabels")) {
		*brushes += !strncmp(type, "brush", 5);
		return SECANT_OK; /* a shape beside its labels, a text, a relation */
	}
	if (!choices && !(w > 0 && h > 0))
		return ann_bad(s, "parse-error", origin, 0, 0, err, "a %s without original_width and original_height", type);
	if (w > 0 && h > 0 && w < 1e9 && h < 1e9 && !s->images[image].width)
		s->images[image].width = (int32_t)w, s->images[image].height = (int32_t)h;
	json_array_foreach (labels, i, label) {
		int at = ann_named_object(s, image, json_is_string(label) ? json_string_value(label) : "");
		if (at < 0)
			return ann_nomem(err);
		if (choices)
			s->objects[at].flags = ANN_NO_BOX;
		else if (!geometry(s, at, type, v, w, h, origin, &status, err) && status)
			return status;
	}
	return status;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	size_t i, k, n;
	json_t *task, *annotation, *result;
	secant_status status = SECANT_OK;
	int brushes = 0, predictions = 0, cancelled = 0;
	json_array_foreach (top, i, task) {
		int image = f ? task_picture(s, f, task, origin, &status, err) : 0;
		if (status)
			return status;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		predictions += (int)json_array_size(json_object_get(task, "predictions"));
		json_array_foreach (json_object_get(task, "annotations"), k, annotation) {
			bool gone = json_is_true(json_object_get(annotation, "was_cancelled"));
			cancelled += gone;
			json_array_foreach (json_object_get(annotation, "result"), n, result)
				if (!gone && !status)
					status = read_result(s, image, result, &brushes, origin, err);
		}
		if (status)
			return status;
	}
	if (brushes)
		ann_note(s, "%s: %d brush strokes were left out: export them as PNG or COCO", origin, brushes);
	if (predictions + cancelled)
		ann_note(s, "%s: %d predictions and %d cancelled annotations were left out", origin, predictions, cancelled);
	return SECANT_OK;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_read_trees(s, path, o, is_own, read_tree, watch, err);
	return status ? status : ann_leave_unlisted(s, false, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return ann_parse_tree(s, d, n, o, read_tree, e);
}

const ann_format ann_format_label_studio = {
	.name = "label-studio",
	.brief = "Label Studio JSON: boxes, polygons, ellipses, points, choices",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_QUAD | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES
		| ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read,
	.parse = parse_one,
};
