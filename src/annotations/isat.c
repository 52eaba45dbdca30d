/*
 * ISAT (ISAT with Segment Anything): a JSON a picture, {"info": {"name", "width", "height", ...}, "objects":
 * [{"category", "group", "segmentation": [[x, y], ...], "area", "layer", "bbox": [x0, y0, x1, y1], "iscrowd"}]}.
 * Polygons of one group and category are one object. Higher layers lie on top: objects are taken in their order.
 */
#include "annotations/find.h"
#include "annotations/put.h"
#include "annotations/trace.h"
#include "base/file.h"
#include <stdlib.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"info\"", "\"objects\"", "\"category\"", "\"segmentation\"", NULL };
	static const char *const empty[] = { "\"info\"", "\"objects\"", "\"ISAT\"", NULL };
	return ann_head_has(path, words) || ann_head_has(path, empty);
}

typedef struct layered {
	double layer;
	size_t at;
} layered;

static int
by_layer(const void *a, const void *b)
{
	const layered *p = a, *q = b;
	return p->layer != q->layer ? p->layer > q->layer ? 1 : -1 : p->at > q->at ? 1 : -1;
}

/* Polygons of one category and group become the parts of the first. */
static secant_status
join_groups(ann_set *s, int first, const double *groups, secant_err *err)
{
	ann_object *part = secant_calloc((size_t)(s->n_objects - first) + 1, sizeof *part);
	secant_status status = part ? SECANT_OK : ann_nomem(err);
	int to = first;
	for (int i = first; !status && i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		int n = 0;
		double area = 0;
		for (int k = i; groups[i - first] > 0 && !(o->flags & ANN_GONE) && k < s->n_objects; k++) {
			ann_object *other = &s->objects[k];
			if (other->class != o->class || groups[k - first] != groups[i - first])
				continue;
			part[n++] = *other;
			area += other->area;
			other->flags |= k > i ? ANN_GONE : 0u;
		}
		if (n < 2)
			continue;
		uint32_t joined = ann_join_shapes(s, part, n);
		s->objects[i].shape = joined;
		s->objects[i].area = area;
		status = joined ? SECANT_OK : ann_nomem(err);
	}
	for (int i = first; i < s->n_objects; i++)
		if (!(s->objects[i].flags & ANN_GONE))
			s->objects[to++] = s->objects[i];
	s->n_objects = to;
	secant_free(part);
	return status;
}

static secant_status
add_polygon(ann_set *s, int image, const json_t *object, int first, double *groups, const char *origin, secant_err *err)
{
	secant_status status = SECANT_OK;
	int n = 0, class = ann_class_named(s, ann_tree_text(object, "category"), strlen(ann_tree_text(object, "category")));
	double group = ann_tree_number(object, "group");
	if (class < 0)
		return ann_nomem(err);
	double *xy = ann_tree_points(json_object_get(object, "segmentation"), 1, 1, &n);
	if (!ann_add_object(s, image, class)) {
		secant_free(xy);
		return ann_nomem(err);
	}
	int at = s->n_objects - 1;
	groups[at - first] = group;
	if (!ann_set_points(s, at, ANN_POLYGONS, xy, n, origin, &status, err))
		return status;
	const json_t *crowd = json_object_get(object, "iscrowd"), *note = json_object_get(object, "note");
	uint32_t head = 0;
	ann_tree_keep(s, &head, "note", note);
	s->objects[at].area = ann_tree_number(object, "area");
	s->objects[at].attributes = head;
	s->objects[at].flags |= json_is_true(crowd) || (json_is_integer(crowd) && json_integer_value(crowd)) ? ANN_CROWD
																										 : 0u;
	return SECANT_OK;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	const json_t *info = json_object_get(top, "info"), *objects = json_object_get(top, "objects");
	secant_status status = SECANT_OK;
	int image = f ? ann_finder_beside(f, s, ann_tree_text(info, "name"), origin, &status, err) : 0,
		first = s->n_objects;
	size_t n = json_array_size(objects);
	layered *order = secant_calloc(n + 1, sizeof *order);
	double *groups = secant_calloc(n + 1, sizeof *groups);
	if (!order || !groups)
		status = ann_nomem(err);
	if (image >= 0 && !status) {
		ann_text source = ann_intern(s, origin, strlen(origin));
		s->images[image].source = source;
		ann_tree_size(s, image, ann_tree_number(info, "width"), ann_tree_number(info, "height"));
	}
	for (size_t i = 0; !status && i < n; i++) {
		double layer = ann_tree_number(json_array_get(objects, i), "layer");
		order[i] = (layered){ isfinite(layer) ? layer : 0, i };
	}
	if (order)
		qsort(order, n, sizeof *order, by_layer);
	for (size_t i = 0; !status && image >= 0 && i < n; i++)
		status = add_polygon(s, image, json_array_get(objects, order[i].at), first, groups, origin, err);
	if (!status && image >= 0)
		status = join_groups(s, first, groups, err);
	secant_free(order), secant_free(groups);
	return status;
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

static void
put_polygon(base_str *t, const ann_set *s, const ann_object *o, const double *xy, int n, int group, int layer)
{
	const char *note = o->attributes ? ann_get(s, o->attributes, "note") : NULL;
	double box[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY }, area = 0;
	for (int i = 0; i < n; i++) {
		int k = i + 1 < n ? i + 1 : 0;
		box[0] = fmin(box[0], xy[2 * i]), box[1] = fmin(box[1], xy[2 * i + 1]);
		box[2] = fmax(box[2], xy[2 * i]), box[3] = fmax(box[3], xy[2 * i + 1]);
		area += xy[2 * i] * xy[2 * k + 1] - xy[2 * k] * xy[2 * i + 1];
	}
	ann_put_text(t, "    {\"category\": ", ann_class_of(s, o));
	base_str_addf(t, ", \"group\": %d, \"segmentation\": [", group);
	ann_put_points(t, xy, n, false);
	ann_put_real(t, "], \"area\": ", ann_tidy(fabs(area) / 2));
	base_str_addf(t, ", \"layer\": %d.0, \"bbox\": [", layer);
	ann_put_points(t, box, 2, true);
	base_str_addf(t, "], \"iscrowd\": %s, \"note\": %s}", o->flags & ANN_CROWD ? "true" : "false",
		note && *note == '"' ? note : "\"\"");
}

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, int group, int *layer, secant_err *err)
{
	int parts = 0, n;
	if (ann_shape_kind(s, o->shape) == ANN_POLYGONS) {
		const double *xy, *p = ann_parts(s, o->shape, &parts);
		for (int i = 0; i < parts; i++) {
			p = ann_part(p, &xy, &n);
			base_str_add(t, *layer ? ",\n" : "\n");
			put_polygon(t, s, o, xy, n, group, ++*layer);
		}
		return SECANT_OK;
	}
	ann_ring ring = { 0 };
	secant_status status = ann_one_ring(s, o, &ring, err);
	if (!status && ring.n) {
		base_str_add(t, *layer ? ",\n" : "\n");
		put_polygon(t, s, o, ring.xy, ring.n, group, ++*layer);
	}
	secant_free(ring.xy);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *name = ann_str(s, im->name);
		int group = 0, layer = 0;
		ann_put_text(&t, "{\"info\": {\"description\": \"ISAT\", \"folder\": \"\", \"name\": ", base_path_name(name));
		base_str_addf(&t, ", \"width\": %d, \"height\": %d, \"depth\": %d, \"note\": \"\"},\n  \"objects\": [",
			im->width, im->height, im->depth > 0 ? im->depth : 3);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
			if (ann_is_thing(s, &s->objects[s->order[k]]))
				status = put_object(&t, s, &s->objects[s->order[k]], ++group, &layer, err);
		base_str_add(&t, layer ? "\n  ]}\n" : "]}\n");
		if (!status)
			status = ann_put_pair(s, out, im, "", "json", &t, "", err);
		ann_out_lose(out, im->splits != 0, "membership of a picture in a list");
	}
	base_str_free(&t);
	return status;
}

static const ann_files files = {
	.extension = "json",
	.because = "it has ISAT JSON",
	.sure = 93,
	.is = is_own,
	.tree = read_tree,
	.unlisted = true,
};

const ann_format ann_format_isat = {
	.name = "isat",
	.brief = "ISAT JSON: a file of polygons beside each picture",
	.holds = ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_CROWD | ANN_HOLDS_AREA | ANN_HOLDS_FRACTIONS,
	.files = &files,
	.write = write,
};
