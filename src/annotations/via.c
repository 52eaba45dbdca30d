/*
 * VGG Image Annotator (Dutta, Gupta, Zisserman), versions 1 and 2: a project {"_via_img_metadata": {KEY: picture}} or
 * the pictures alone; a picture has filename, file_attributes and regions (a list, or in version 1 a map), a region
 * shape_attributes (rect, circle, ellipse with theta in radians, polygon, polyline, point) and region_attributes. The
 * class is the attribute called label, class, name, type, category or object, else the only one there is; a region
 * without any is of class "object". The CSV export holds the same JSON in its cells.
 *
 * Version 3 numbers everything: {"file": {FID: {"fname"}}, "view": {VID: {"fid_list"}}, "attribute": {AID: {"aname",
 * "options"}}, "metadata": {ID: {"vid", "z", "xy": [SHAPE, ...], "av": {AID: VALUE}}}}. It is turned into what version
 * 2 says. Version 2 is written.
 */
#include "annotations/attributes.h"
#include "annotations/csv.h"
#include "annotations/find.h"
#include "annotations/put.h"
#include "annotations/trace.h"
#include "base/file.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"shape_attributes\"", "\"regions\"", "\"filename\"", NULL };
	static const char *const empty[] = { "\"file_attributes\"", "\"regions\"", "\"filename\"", NULL };
	static const char *const third[] = { "\"fid_list\"", "\"metadata\"", "\"attribute\"", NULL };
	return ann_head_has(path, words) || ann_head_has(path, empty) || ann_head_has(path, third);
}

static bool
is_table(const char *path)
{
	static const char *const words[] = { "region_shape_attributes", "region_attributes", "filename", NULL };
	return ann_head_has(path, words);
}

/* Boxes that are checked, of a set of check boxes. */
static int
checked(const json_t *v)
{
	const char *key;
	json_t *set;
	int n = 0;
	json_object_foreach ((json_t *)(uintptr_t)v, key, set)
		n += json_is_true(set);
	return n;
}

/* The text of an attribute: itself, or of a set of check boxes the first that is set. */
static const char *
choice(const json_t *v)
{
	const char *key;
	json_t *set;
	if (json_is_string(v))
		return json_string_value(v);
	json_object_foreach ((json_t *)(uintptr_t)v, key, set)
		if (json_is_true(set))
			return key;
	return "";
}

static const char *
class_key(const json_t *attributes)
{
	static const char *const usual[] = { "label", "class", "name", "type", "category", "object", "Label", "Class",
		"Name", NULL };
	const char *key;
	json_t *v;
	for (int i = 0; usual[i]; i++)
		if (*choice(json_object_get(attributes, usual[i])))
			return usual[i];
	if (json_object_size(attributes) == 1)
		json_object_foreach ((json_t *)(uintptr_t)attributes, key, v)
			return *choice(v) ? key : NULL;
	return NULL;
}

/* all_points_x and all_points_y. */
static double *
split_points(const json_t *shape, int *n)
{
	const json_t *x = json_object_get(shape, "all_points_x"), *y = json_object_get(shape, "all_points_y");
	size_t count = json_array_size(x);
	double *xy = count && json_array_size(y) == count ? secant_calloc(2 * count, sizeof *xy) : NULL;
	for (size_t i = 0; xy && i < count; i++) {
		xy[2 * i] = ann_tree_number(json_array_get(x, i), NULL);
		xy[2 * i + 1] = ann_tree_number(json_array_get(y, i), NULL);
	}
	if (xy && !ann_finite(xy, (int)(2 * count))) {
		secant_free(xy);
		return NULL;
	}
	*n = (int)count;
	return xy;
}

static bool
geometry(ann_set *s, int at, const json_t *shape, const char *origin, secant_status *status, secant_err *err)
{
	const char *name = ann_tree_text(shape, "name");
	const double x = ann_tree_number(shape, "x"), y = ann_tree_number(shape, "y"), cx = ann_tree_number(shape, "cx"),
				 cy = ann_tree_number(shape, "cy");
	bool circle = !strcmp(name, "circle");
	int n = 0;
	if (!strcmp(name, "rect")) {
		const double box[4] = { x, y, ann_tree_number(shape, "width"), ann_tree_number(shape, "height") };
		return ann_set_box(s, at, box, origin, status, err);
	}
	if (circle || !strcmp(name, "ellipse")) {
		double rx = ann_tree_number(shape, circle ? "r" : "rx"), ry = ann_tree_number(shape, circle ? "r" : "ry"),
			   theta = ann_tree_number(shape, "theta");
		const double v[4] = { cx, cy, rx, ry };
		if (!ann_set_box(s, at, v, origin, status, err))
			return false;
		uint32_t polygon = ann_ellipse(s, cx, cy, rx, ry, isfinite(theta) ? theta * 180 / M_PI : 0);
		s->objects[at].shape = polygon;
		s->objects[at].flags = ANN_BOX_DERIVED;
		return true;
	}
	if (!strcmp(name, "point")) {
		double *xy = isfinite(cx) && isfinite(cy) ? secant_calloc(2, sizeof *xy) : NULL;
		if (xy)
			xy[0] = cx, xy[1] = cy;
		return ann_set_points(s, at, ANN_POINTS, xy, 1, origin, status, err);
	}
	bool line = !strcmp(name, "polyline");
	if (line || !strcmp(name, "polygon")) {
		double *xy = split_points(shape, &n);
		return ann_set_points(s, at, line ? ANN_LINE : ANN_POLYGONS, xy, n, origin, status, err);
	}
	s->n_objects--;
	*status = ann_bad(s, "parse-error", origin, 0, 0, err, "a region of shape '%s' is not read", name);
	return false;
}

/* What of the regions of a file is decided for the user. */
typedef struct decided {
	int several, nameless;
	char first[40]; /* attributes, none of which names a class */
} decided;

static void
say_decided(ann_set *s, const decided *d, const char *origin)
{
	if (d->several)
		ann_note(s, "%s: %d regions have several boxes checked: the first is the class, the others are attributes",
			origin, d->several);
	if (d->nameless)
		ann_note(s,
			"%s: %d regions are of class 'object': none of their attributes ('%s', ...) is called label, class, name, "
			"type, "
			"category or object",
			origin, d->nameless, d->first);
}

static secant_status
read_region(ann_set *s, int image, const json_t *region, decided *say, const char *origin, secant_err *err)
{
	json_t *attributes = json_object_get(region, "region_attributes"), *v;
	const char *key = class_key(attributes), *other;
	secant_status status = SECANT_OK;
	int at = ann_named_object(s, image, key ? choice(json_object_get(attributes, key)) : "object");
	if (at < 0)
		return ann_nomem(err);
	if (!geometry(s, at, json_object_get(region, "shape_attributes"), origin, &status, err))
		return status;
	uint32_t head = 0;
	const json_t *chosen = key ? json_object_get(attributes, key) : NULL;
	say->several += checked(chosen) > 1;
	if (!key && json_object_size(attributes) && !say->nameless++)
		snprintf(say->first, sizeof say->first, "%s", json_object_iter_key(json_object_iter(attributes)));
	json_object_foreach (attributes, other, v)
		if (chosen != v || checked(chosen) > 1)
			ann_tree_keep(s, &head, other, v);
	s->objects[at].attributes = head;
	ann_absorb(s, &s->objects[at]);
	return SECANT_OK;
}

/* --- version 3
 * ---------------------------------------------------------------------------------------------------------------- */

/* [SHAPE, numbers...] as shape_attributes of version 2; fresh, NULL: none of them. */
static json_t *
third_shape(const json_t *xy)
{
	static const char *const names[] = { NULL, "point", "rect", "circle", "ellipse", "polyline", "polyline", "polygon",
		"rect" };
	static const char *const keys[][5] = { { NULL }, { "cx", "cy", NULL }, { "x", "y", "width", "height", NULL },
		{ "cx", "cy", "r", NULL }, { "cx", "cy", "rx", "ry", NULL } };
	int kind = (int)json_integer_value(json_array_get(xy, 0)), n = (int)json_array_size(xy) - 1;
	if (kind < 1 || kind > 8)
		return NULL;
	json_t *shape = json_object(), *x = json_array(), *y = json_array();
	json_object_set_new(shape, "name", json_string(names[kind]));
	for (int k = 0; kind <= 4 && keys[kind][k]; k++)
		json_object_set(shape, keys[kind][k], json_array_get(xy, (size_t)k + 1));
	double box[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	for (int i = 0; kind > 4 && i + 1 < n; i += 2) {
		json_t *px = json_array_get(xy, (size_t)i + 1), *py = json_array_get(xy, (size_t)i + 2);
		json_array_append(x, px);
		json_array_append(y, py);
		box[0] = fmin(box[0], json_number_value(px)), box[1] = fmin(box[1], json_number_value(py));
		box[2] = fmax(box[2], json_number_value(px)), box[3] = fmax(box[3], json_number_value(py));
	}
	for (int k = 0; kind == 8 && n >= 2 && k < 4; k++) /* a box by its four extreme points */
		json_object_set_new(shape, keys[2][k], json_real(k < 2 ? box[k] : box[k] - box[k - 2]));
	if (kind > 4 && kind < 8) {
		json_object_set(shape, "all_points_x", x);
		json_object_set(shape, "all_points_y", y);
	}
	json_decref(x), json_decref(y);
	return shape;
}

/* The attributes by their names, options by theirs: fresh. */
static json_t *
third_attributes(const json_t *top, const json_t *values)
{
	json_t *named = json_object(), *value;
	const char *id;
	json_object_foreach ((json_t *)(uintptr_t)values, id, value) {
		const json_t *attribute = json_object_get(json_object_get(top, "attribute"), id);
		const char *name = ann_tree_text(attribute, "aname"), *text = json_string_value(value);
		json_t *option = json_object_get(json_object_get(attribute, "options"), text ? text : "");
		json_object_set(named, *name ? name : id, option ? option : value);
	}
	return named;
}

static secant_status
read_third(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	json_t *files = json_object_get(top, "file"), *views = json_object_get(top, "view"), *entry;
	const char *id;
	secant_status status = SECANT_OK;
	int others = 0;
	decided say = { .several = 0 };
	json_object_foreach (files, id, entry) {
		int image = f ? ann_finder_picture(f, s, ann_tree_text(entry, "fname"), origin, &status, err) : 0;
		ann_text source = ann_intern(s, origin, strlen(origin));
		if (image >= 0)
			s->images[image].source = source;
		if (status)
			return status;
	}
	json_object_foreach (json_object_get(top, "metadata"), id, entry) {
		const json_t *view = json_object_get(views, ann_tree_text(entry, "vid"));
		const json_t *fid = json_array_get(json_object_get(view, "fid_list"), 0);
		const char *key = json_string_value(fid);
		char number[32] = "";
		if (json_is_integer(fid))
			snprintf(number, sizeof number, "%lld", (long long)json_integer_value(fid));
		const json_t *file = json_object_get(files, key ? key : number);
		json_t *shape = file && !json_array_size(json_object_get(entry, "z"))
			? third_shape(json_object_get(entry, "xy"))
			: NULL;
		others += !shape;
		if (!shape)
			continue;
		json_t *region = json_object();
		json_object_set_new(region, "shape_attributes", shape);
		json_object_set_new(region, "region_attributes", third_attributes(top, json_object_get(entry, "av")));
		int image = f ? ann_finder_picture(f, s, ann_tree_text(file, "fname"), origin, &status, err) : 0;
		if (image >= 0)
			status = read_region(s, image, region, &say, origin, err);
		json_decref(region);
		if (status)
			return status;
	}
	say_decided(s, &say, origin);
	if (others)
		ann_note(s, "%s: %d entries are of whole files, of times or of other shapes: left out", origin, others);
	return status;
}

/* --- files
 * ---------------------------------------------------------------------------------------------------------------- */

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	if (json_object_get(top, "view") && json_object_get(top, "file"))
		return read_third(s, f, top, origin, err);
	json_t *pictures = json_object_get(top, "_via_img_metadata"), *entry, *region;
	const char *key, *inner;
	secant_status status = SECANT_OK;
	decided say = { .several = 0 };
	size_t i;
	pictures = pictures ? pictures : (json_t *)(uintptr_t)top;
	json_object_foreach (pictures, key, entry) {
		const char *name = ann_tree_text(entry, "filename");
		if (!*name)
			continue;
		int image = f ? ann_finder_picture(f, s, name, origin, &status, err) : 0;
		json_t *regions = json_object_get(entry, "regions");
		if (status)
			return status;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		uint32_t head = 0;
		json_object_foreach (json_object_get(entry, "file_attributes"), inner, region)
			ann_tree_keep(s, &head, inner, region);
		s->images[image].attributes = head;
		json_array_foreach (regions, i, region)
			if (!status)
				status = read_region(s, image, region, &say, origin, err);
		json_object_foreach (regions, inner, region)
			if (!status)
				status = read_region(s, image, region, &say, origin, err);
		if (status)
			return status;
	}
	say_decided(s, &say, origin);
	return SECANT_OK;
}

/* A row of the CSV: its cells are the JSON of a region. */
static secant_status
read_cells(ann_set *s, ann_finder *f, const ann_csv_row *r, const int at[3], decided *say, const char *origin,
	uint32_t line, secant_err *err)
{
	secant_status status = SECANT_OK;
	char name[512];
	snprintf(name, sizeof name, "%.*s", (int)ann_len(r->f[at[0]]), r->f[at[0]].p);
	int image = f ? ann_finder_picture(f, s, name, origin, &status, err) : 0;
	if (image < 0 || status)
		return status;
	ann_text source = ann_intern(s, origin, strlen(origin));
	s->images[image].source = source;
	json_t *shape = base_json_parse(r->f[at[1]].p, ann_len(r->f[at[1]]), origin, NULL),
		   *attributes = base_json_parse(r->f[at[2]].p, ann_len(r->f[at[2]]), origin, NULL), *region = json_object();
	if (!shape || !attributes)
		status = ann_bad(s, "parse-error", origin, line, 0, err, "the cells of a region are JSON, but not here");
	else if (json_object_size(shape)) { /* a picture without regions has {} */
		json_object_set(region, "shape_attributes", shape);
		json_object_set(region, "region_attributes", attributes);
		status = read_region(s, image, region, say, origin, err);
	}
	json_decref(shape), json_decref(attributes), json_decref(region);
	return status;
}

static secant_status
read_table(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	static const char *const columns[] = { "filename", "region_shape_attributes", "region_attributes" };
	ann_lines l = ann_lines_of(data, n);
	ann_csv_row r = { .n = 0 };
	int at[3] = { -1, -1, -1 };
	bool bad = false;
	decided say = { .several = 0 };
	secant_status status = SECANT_OK;
	if (ann_csv_record(&l, ',', &r, &bad) && !bad)
		for (int i = 0; i < r.n; i++)
			for (int k = 0; k < 3; k++)
				at[k] = ann_is(r.f[i], columns[k]) ? i : at[k];
	if (at[0] < 0 || at[1] < 0 || at[2] < 0)
		status = ann_bad(s, "parse-error", origin, 1, 0, err,
			"the columns filename, region_shape_attributes, region_attributes are needed");
	else
		while (!status && ann_csv_record(&l, ',', &r, &bad))
			if (bad || r.n <= at[0] || r.n <= at[1] || r.n <= at[2]) {
				status = ann_bad(s, "parse-error", origin, l.number, 0, err, "a row that ends before its region");
				break;
			} else
				status = read_cells(s, f, &r, at, &say, origin, l.number, err);
	say_decided(s, &say, origin);
	base_str_free(&r.room);
	return status;
}

static const ann_files tables = {
	.extension = "csv",
	.because = "it has VIA CSV",
	.sure = 95,
	.is = is_table,
	.text = read_table,
};
static const ann_files files = {
	.extension = "json",
	.because = "it has VIA JSON",
	.sure = 95,
	.is = is_own,
	.tree = read_tree,
	.otherwise = &tables,
};

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

static void
put_ring(base_str *t, const char *name, const double *xy, int n)
{
	base_str_addf(t, "{\"name\": \"%s\"", name);
	for (int axis = 0; axis < 2; axis++) {
		base_str_addf(t, ", \"all_points_%c\": [", axis ? 'y' : 'x');
		for (int i = 0; i < n; i++)
			ann_put_real(t, i ? ", " : "", xy[2 * i + axis]);
		base_str_add(t, "]");
	}
	base_str_add(t, "}");
}

static secant_status
put_region(base_str *t, const ann_set *s, const ann_object *o, secant_err *err)
{
	ann_kind kind = ann_shape_kind(s, o->shape);
	secant_status status = SECANT_OK;
	int parts, n = 0;
	base_str_add(t, "{\"shape_attributes\": ");
	if (kind == ANN_LINE || kind == ANN_POINTS) {
		const double *xy = NULL;
		(void)ann_part(ann_parts(s, o->shape, &parts), &xy, &n);
		if (kind == ANN_POINTS && n == 1) {
			ann_put_real(t, "{\"name\": \"point\", \"cx\": ", xy[0]);
			ann_put_real(t, ", \"cy\": ", xy[1]);
			base_str_add(t, "}");
		} else
			put_ring(t, "polyline", xy, n);
	} else if (kind) {
		ann_ring ring = { 0 };
		status = ann_one_ring(s, o, &ring, err);
		put_ring(t, "polygon", ring.xy, ring.n);
		secant_free(ring.xy);
	} else {
		const double v[4] = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) };
		static const char *const keys[] = {
			"{\"name\": \"rect\", \"x\": ", ", \"y\": ", ", \"width\": ", ", \"height\": "
		};
		for (int k = 0; k < 4; k++)
			ann_put_real(t, keys[k], v[k]);
		base_str_add(t, "}");
	}
	ann_put_text(t, ", \"region_attributes\": {\"label\": ", ann_class_of(s, o));
	ann_put_object_pairs(t, s, o, ", ", false);
	base_str_add(t, "}}");
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	ann_lose_point_sets(s, out);
	base_str_add(&t, "{");
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		secant_bytes b = { 0 };
		bool there = s->images[i].path && !base_file_map(&b, ann_str(s, s->images[i].path), NULL);
		char *key = base_format("%s%lld", name, there ? (long long)b.size : -1LL), size[40];
		snprintf(size, sizeof size, ", \"size\": %lld", there ? (long long)b.size : -1LL);
		if (there)
			base_file_unmap(&b);
		ann_put_text(&t, i ? ",\n" : "\n", key ? key : name);
		ann_put_text(&t, ": {\"filename\": ", name);
		base_str_addf(&t, "%s, \"regions\": [", size);
		secant_free(key);
		bool first = true;
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (!ann_is_thing(s, o))
				continue;
			base_str_add(&t, first ? "" : ",\n\t");
			first = false;
			status = put_region(&t, s, o, err);
		}
		base_str_add(&t, "], \"file_attributes\": {");
		ann_put_pairs(&t, s, s->images[i].attributes, "", false);
		base_str_add(&t, "}}");
		if (!status)
			status = ann_out_picture(out, s, &s->images[i], name, err);
		ann_out_lose(out, s->images[i].splits != 0, "membership of a picture in a list");
	}
	base_str_add(&t, "\n}\n");
	if (!status)
		status = ann_out_str(out, "via_region_data.json", &t, err);
	base_str_free(&t);
	return status;
}

const ann_format ann_format_via = {
	.name = "via",
	.brief = "VGG Image Annotator: projects and exports, JSON and CSV",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_LINES | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_FRACTIONS,
	.files = &files,
	.write = write,
};
