/*
 * SuperAnnotate, vector projects: NAME.jpg.json beside NAME.jpg or anywhere,
 *
 *     {"metadata": {"name": "a.jpg", "width": 100, "height": 80}, "tags": [],
 *      "instances": [{"type": "bbox", "className": "car", "points": {"x1", "x2", "y1", "y2"}, "attributes": [...]}]}
 *
 * Types: bbox, rbbox, polygon (with `exclude`, which makes a mask of it), polyline, point, ellipse, tag (a label of the
 * picture); templates and cuboids are left out. Pixel projects have their masks in pictures, and are refused.
 */
#include "annotations/find.h"
#include "base/file.h"

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"instances\"", "\"metadata\"", "\"name\"", NULL };
	return ann_head_has(path, words);
}

/* {"groupName": "colour", "name": "red"} is colour=red. */
static void
keep_attributes(ann_set *s, uint32_t *head, const json_t *list)
{
	size_t i;
	json_t *one;
	json_array_foreach (list, i, one)
		ann_tree_keep(s, head, ann_tree_text(one, "groupName"), json_object_get(one, "name"));
}

typedef struct instance {
	const json_t *j, *points;
	const char *origin;
	int image, at;
} instance;

static bool
set_named(ann_set *s, const instance *n, const char *const *keys, ann_kind kind, secant_status *status, secant_err *err)
{
	int count = 0;
	while (keys[count])
		count++;
	double *xy = secant_calloc((size_t)count, sizeof *xy);
	for (int k = 0; xy && k < count; k++)
		xy[k] = ann_tree_number(n->points ? n->points : n->j, keys[k]);
	if (xy && !ann_finite(xy, count)) {
		secant_free(xy);
		xy = NULL;
	}
	return ann_set_points(s, n->at, kind, xy, count / 2, n->origin, status, err);
}

static bool
box(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	double x0 = ann_tree_number(n->points, "x1"), y0 = ann_tree_number(n->points, "y1"),
		   x1 = ann_tree_number(n->points, "x2"), y1 = ann_tree_number(n->points, "y2");
	if (!ann_set_box(s, n->at, (const double[]){ x0, y0, x1 - x0, y1 - y0 }, n->origin, status, err))
		return false;
	ann_corners(&s->objects[n->at], fmin(x0, x1), fmin(y0, y1), fmax(x0, x1), fmax(y0, y1));
	return true;
}

static bool
turned(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	static const char *const keys[] = { "x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4", NULL };
	return set_named(s, n, keys, ANN_QUAD, status, err);
}

static bool
point(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	static const char *const keys[] = { "x", "y", NULL };
	return set_named(s, n, keys, ANN_POINTS, status, err);
}

static bool
polyline(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	int count = 0;
	double *xy = ann_tree_points(n->points, 1, 1, &count);
	return ann_set_points(s, n->at, ANN_LINE, xy, count, n->origin, status, err);
}

static bool
polygon(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	const json_t *holes = json_object_get(n->j, "exclude");
	int count = 0;
	double *xy = ann_tree_points(n->points, 1, 1, &count);
	if (!ann_set_points(s, n->at, ANN_POLYGONS, xy, count, n->origin, status, err))
		return false;
	uint32_t mask = json_array_size(holes) ? ann_tree_holes(s, n->image, s->objects[n->at].shape, holes, err) : 0;
	if (mask)
		s->objects[n->at].shape = mask;
	else if (json_array_size(holes)) {
		s->n_objects--;
		*status = ann_bad(s, "parse-error", n->origin, 0, 0, err, "a polygon with holes that cannot be drawn");
		return false;
	}
	return true;
}

static bool
ellipse(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	static const char *const keys[] = { "cx", "cy", "rx", "ry", "angle" };
	double v[5];
	for (int k = 0; k < 5; k++)
		v[k] = ann_tree_number(n->j, keys[k]);
	v[4] = isfinite(v[4]) ? v[4] : 0;
	uint32_t shape = ann_finite(v, 5) ? ann_ellipse(s, v[0], v[1], v[2], v[3], v[4]) : 0;
	if (!shape) {
		s->n_objects--;
		*status = ann_bad(s, "value-not-finite", n->origin, 0, 0, err, "an ellipse without cx, cy, rx, ry");
		return false;
	}
	s->objects[n->at].shape = shape;
	s->objects[n->at].flags = ANN_BOX_DERIVED;
	return true;
}

static bool
tag(ann_set *s, const instance *n, secant_status *status, secant_err *err)
{
	s->objects[n->at].flags = ANN_NO_BOX;
	return true;
}

static const struct {
	const char *type;
	bool (*set)(ann_set *s, const instance *n, secant_status *status, secant_err *err);
} shapes[] = {
	{ "bbox", box },
	{ "rbbox", turned },
	{ "polygon", polygon },
	{ "polyline", polyline },
	{ "point", point },
	{ "ellipse", ellipse },
	{ "tag", tag },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static secant_status
take_one(ann_set *s, int image, const json_t *j, const char *origin, secant_err *err)
{
	const char *type = ann_tree_text(j, "type"), *class = ann_tree_text(j, "className");
	secant_status status = SECANT_OK;
	int k = 0;
	if (json_object_get(j, "parts"))
		return ann_bad(s, "parse-error", origin, 0, 0, err,
			"a pixel project of SuperAnnotate, whose masks are in NAME___save.png: its Python package superannotate "
			"writes COCO of it (export_annotation)");
	while (k < SHAPES && strcmp(type, shapes[k].type))
		k++;
	if (k == SHAPES) {
		ann_leave(s, *type ? type : "instance without a type");
		return SECANT_OK;
	}
	if (!*class)
		return ann_bad(s, "parse-error", origin, 0, 0, err, "an instance without className: export the project anew");
	int at = ann_named_object(s, image, class);
	if (at < 0)
		return ann_nomem(err);
	const instance n = { j, json_object_get(j, "points"), origin, image, at };
	if (!shapes[k].set(s, &n, &status, err))
		return status;
	uint32_t head = 0;
	keep_attributes(s, &head, json_object_get(j, "attributes"));
	ann_tree_keep(s, &head, "track_id", json_object_get(j, "trackingId"));
	if (ann_tree_number(j, "groupId") > 0)
		ann_tree_keep(s, &head, "group_id", json_object_get(j, "groupId"));
	s->objects[at].attributes = head;
	return SECANT_OK;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	const json_t *meta = json_object_get(top, "metadata"), *one;
	secant_status status = SECANT_OK;
	char *stem = base_path_stem(origin); /* a.jpg of a.jpg.json */
	const char *name = *ann_tree_text(meta, "name") ? ann_tree_text(meta, "name") : stem ? stem : "";
	size_t i;
	int image = f ? ann_finder_beside(f, s, name, origin, &status, err) : 0;
	secant_free(stem);
	if (image < 0)
		return status;
	ann_text source = ann_intern(s, origin, strlen(origin));
	s->images[image].source = source;
	ann_tree_size(s, image, ann_tree_number(meta, "width"), ann_tree_number(meta, "height"));
	uint32_t head = 0;
	ann_tree_keep(s, &head, "tags", json_object_get(top, "tags"));
	s->images[image].attributes = head;
	json_array_foreach (json_object_get(top, "instances"), i, one)
		if (!status)
			status = take_one(s, image, one, origin, err);
	return status;
}

static const ann_files files = {
	.extension = "json",
	.because = "it has SuperAnnotate's JSON",
	.sure = 93,
	.is = is_own,
	.tree = read_tree,
	.unlisted = true,
};

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = o->classes ? SECANT_OK
									  : ann_tree_classes(s, path, "classes/classes.json", NULL, "name", err);
	return status ? status : ann_read_files(s, path, o, &files, watch, err);
}

const ann_format ann_format_superannotate = {
	.name = "superannotate",
	.brief = "SuperAnnotate JSON of vector projects: boxes, polygons, lines, points, ellipses",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_POLYGON | ANN_HOLDS_FRACTIONS | ANN_HOLDS_RLE | ANN_HOLDS_LINES
		| ANN_HOLDS_LABELS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_IMAGE_ATTRIBUTES,
	.files = &files,
	.read = read,
};
