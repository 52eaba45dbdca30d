/*
 * YOLO: one text file a picture, one object a line, numbers as shares of the picture's width and height, classes from
 * 0.
 *
 *     yolo       class cx cy w h
 *     yolo-seg   class x1 y1 x2 y2 ... (one ring, at least three points)
 *     yolo-obb   class x1 y1 x2 y2 x3 y3 x4 y4
 *
 * Layouts: images/[LIST/] with labels/[LIST/] and data.yaml (Ultralytics); obj.data, obj.names and obj_train_data
 * (Darknet); Images with Annotations and obj.names. Pixel numbers within a ten-millionth of a thousandth of a pixel are
 * taken as that thousandth, so that files with enough decimals give back what was written.
 */
#include "annotations/trace.h"
#include "annotations/format.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

typedef enum flavour { BOXES, RINGS, QUADS } flavour;

static double
snap(double v)
{
	double t = nearbyint(v * 1000) / 1000;
	return fabs(v - t) < 1e-7 ? t : v;
}

/* --- finding out
 * ----------------------------------------------------------------------------------------------------------------- */

static bool
label_folder(const char *relative)
{
	return strstr(relative, "labels/") || strstr(relative, "Annotations/") || strstr(relative, "obj_")
		|| strstr(relative, "annotations/");
}

/* Counts of fields in the first label files: what kind of lines are these? One that cannot be read counts as boxes,
 * whose reader says so. */
static void
look(const char *root, int count[3], bool *names)
{
	secant_names all = { 0 };
	secant_err ignored = { 0 };
	int files = 0;
	count[0] = count[1] = count[2] = 0;
	*names = false;
	if (secant_ann_walk(&all, root, "txt|names|yaml|yml|data", 4, &ignored)) {
		secant_names_free(&all);
		return;
	}
	for (int i = 0; i < all.n && files < 200; i++) {
		*names = *names || secant_ext_is(all.v[i], "names|yaml|yml") || !strcmp(all.v[i], "classes.txt");
		if (!secant_ext_is(all.v[i], "txt") || !label_folder(all.v[i]))
			continue;
		char *path = secant_path_join(root, all.v[i]), *data = NULL;
		size_t n;
		if (path && secant_file_read(&data, &n, path, 1 << 24, &ignored)) {
			files++;
			count[0]++;
		} else if (path) {
			ann_lines l = secant_ann_lines(data, n);
			ann_field f[10];
			double v;
			files++;
			for (int k = 0; k < 50 && secant_ann_next_line(&l); k++) {
				int m = secant_ann_fields(l.line, l.n, 0, f, 10);
				if (m >= 5 && secant_ann_real(f[0].p, f[0].end, &v) && v == floor(v)
					&& secant_ann_real(f[1].p, f[1].end, &v) && fabs(v) < 8 && secant_ann_real(f[4].p, f[4].end, &v))
					count[m == 5 ? 0 : m == 9 ? 2 : (m & 1) ? 1 : 0] += m == 5 || (m & 1);
			}
			secant_free(data);
		}
		secant_free(path);
	}
	secant_names_free(&all);
}

static int
sure(const char *path, flavour kind)
{
	int count[3];
	bool names;
	if (!secant_is_dir(path))
		return 0;
	look(path, count, &names);
	bool any = count[0] || count[1] || count[2];
	flavour is = count[1] ? RINGS : count[2] && !count[0] ? QUADS : BOXES;
	char *manifest = secant_path_join(path, "secant.json"), *data = NULL; /* what this library wrote says what it is */
	size_t n;
	if (manifest && secant_is_file(manifest) && !secant_file_read(&data, &n, manifest, (size_t)1 << 31, NULL)) {
		is = strstr(data, "\"format\": \"yolo-seg\"") ? RINGS : strstr(data, "\"format\": \"yolo-obb\"") ? QUADS : is;
		any = any || strstr(data, "\"format\": \"yolo");
		secant_free(data);
	}
	secant_free(manifest);
	return any && is == kind ? names ? 80 : 40 : 0;
}

static int
detect_boxes(const char *path, const char **why)
{
	*why = "it has labels of five numbers a line";
	return sure(path, BOXES);
}
static int
detect_rings(const char *path, const char **why)
{
	*why = "it has labels with rings of points";
	return sure(path, RINGS);
}
static int
detect_quads(const char *path, const char **why)
{
	*why = "it has labels of nine numbers a line";
	return sure(path, QUADS);
}

/* --- names
 * ----------------------------------------------------------------------------------------------------------------
 */

static ann_field
unquote(ann_field f)
{
	f = secant_ann_trim(f.p, f.end);
	if (ann_len(f) >= 2 && (*f.p == '"' || *f.p == '\'') && f.end[-1] == *f.p)
		f = (ann_field){ f.p + 1, f.end - 1 };
	return f;
}

/* The few forms of YAML that data.yaml uses: names as [a, b], as "- a" lines, as "0: a" lines, as {0: a, 1: b}. */
static secant_status
yaml_parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = secant_ann_lines(data, n);
	bool within = false;
	secant_str flow = { 0 };
	while (secant_ann_next_line(&l)) {
		ann_field line = { l.line, l.line + l.n };
		const char *hash = memchr(line.p, '#', l.n);
		if (hash && (hash == line.p || hash[-1] == ' '))
			line.end = hash;
		ann_field f = secant_ann_trim(line.p, line.end);
		if (!ann_len(f))
			continue;
		bool indented = l.n && (l.line[0] == ' ' || l.line[0] == '\t' || l.line[0] == '-');
		if (flow.n) { /* a list over several lines */
			secant_str_addn(&flow, f.p, ann_len(f));
			if (f.end[-1] == ']' || f.end[-1] == '}')
				break;
			continue;
		}
		const char *colon = memchr(f.p, ':', ann_len(f));
		if (!indented) {
			within = colon && (size_t)(colon - f.p) == 5 && !memcmp(f.p, "names", 5);
			ann_field value = within ? secant_ann_trim(colon + 1, f.end) : f;
			if (within && ann_len(value) && (*value.p == '[' || *value.p == '{')) {
				secant_str_addn(&flow, value.p, ann_len(value));
				if (value.end[-1] == ']' || value.end[-1] == '}')
					break;
			}
			continue;
		}
		if (!within)
			continue;
		ann_field name = unquote(*f.p == '-' ? (ann_field){ f.p + 1, f.end }
				: colon                      ? (ann_field){ colon + 1, f.end }
											 : f);
		if (secant_ann_add_class(s, name.p, ann_len(name), ANN_NO_ID) < 0)
			return secant_ann_nomem(err);
	}
	secant_status status = flow.failed ? secant_ann_nomem(err) : SECANT_OK;
	if (!status && flow.n > 2) {
		ann_field part[1000], body = { flow.p + 1, flow.p + flow.n - 1 };
		int parts = secant_ann_fields(body.p, ann_len(body), ',', part, 1000);
		if (parts > 1000)
			status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: more than 1000 names on one line", origin);
		for (int i = 0; !status && i < parts; i++) {
			const char *colon = *flow.p == '{' ? memchr(part[i].p, ':', ann_len(part[i])) : NULL;
			ann_field name = unquote(colon ? (ann_field){ colon + 1, part[i].end } : part[i]);
			if (ann_len(name) && secant_ann_add_class(s, name.p, ann_len(name), ANN_NO_ID) < 0)
				status = secant_ann_nomem(err);
		}
	}
	secant_str_free(&flow);
	return status;
}

static secant_status
read_classes(ann_set *s, const char *root, const secant_names *all, const secant_dataset_reading *o, secant_err *err)
{
	secant_status status = secant_ann_read_option_names(s, o, err);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; !status && !s->n_classes && i < all->n; i++) {
			bool yaml = secant_ext_is(all->v[i], "yaml|yml"),
				 plain = secant_ext_is(all->v[i], "names") || !strcmp(secant_path_name(all->v[i]), "classes.txt");
			if (pass ? !plain : !yaml)
				continue;
			char *path = secant_path_join(root, all->v[i]);
			status = !path ? secant_ann_nomem(err)
				: yaml     ? secant_ann_read_text(s, -1, path, yaml_parse, err)
						   : secant_ann_read_names(s, path, err);
			secant_free(path);
		}
	return status;
}

/* --- labels
 * ----------------------------------------------------------------------------------------------------------------
 */

static secant_status
take_class(ann_set *s, double number, const char *origin, uint32_t line, int *class, secant_err *err)
{
	*class = -1;
	if (!(number >= 0 && number < 100000) || number != floor(number))
		return secant_ann_bad(
			s, "class-undefined", origin, line, 0, err, "class %g is not a whole number from 0", number);
	if (number >= s->n_classes && s->flags & 1)
		return secant_ann_bad(
			s, "class-undefined", origin, line, 0, err, "class %g, but there are %d names", number, s->n_classes);
	while (s->n_classes <= (int)number) {
		char name[16];
		int k = snprintf(name, sizeof name, "%d", s->n_classes);
		if (secant_ann_add_class(s, name, (size_t)k, ANN_NO_ID) < 0)
			return secant_ann_nomem(err);
	}
	*class = (int)number;
	return SECANT_OK;
}

static secant_status
parse_line(
	ann_set *s, int image, flavour kind, const double *v, int n, const char *origin, uint32_t line, secant_err *err)
{
	const double w = s->images[image].width, h = s->images[image].height;
	int class;
	if (kind == BOXES ? n != 5 && n != 6 : kind == QUADS ? n != 9 : n < 5)
		return secant_ann_bad(s, "parse-error", origin, line, 0, err,
			kind == BOXES       ? "%d numbers; class, cx, cy, w, h are needed"
				: kind == QUADS ? "%d numbers; class and four points are needed"
								: "%d numbers; class and at least three points are needed",
			n);
	if (!secant_ann_finite(v, n))
		return secant_ann_bad(s, "value-not-finite", origin, line, 0, err, "a number is not finite");
	if (kind == RINGS && !(n & 1))
		return secant_ann_bad(s, "polygon-odd", origin, line, 0, err, "%d coordinates: x without y", n - 1);
	secant_status status = take_class(s, v[0], origin, line, &class, err);
	if (status || class < 0)
		return status;
	uint32_t shape = 0;
	if (n > 6) {
		double *xy = secant_calloc((size_t)n, sizeof *xy);
		for (int i = 1; xy && i < n; i++)
			xy[i - 1] = snap(v[i] * (i & 1 ? w : h));
		shape = xy ? secant_ann_points(s, kind == QUADS ? ANN_QUAD : ANN_POLYGONS, xy, (n - 1) / 2) : 0;
		secant_free(xy);
	}
	ann_object *o = secant_ann_add_object(s, image, class);
	if (!o)
		return secant_ann_nomem(err);
	o->line = line;
	o->shape = shape;
	if (shape) {
		o->flags = ANN_BOX_DERIVED;
		return SECANT_OK;
	}
	const double box[4] = { snap((v[1] - v[3] / 2) * w), snap((v[2] - v[4] / 2) * h), snap(v[3] * w), snap(v[4] * h) };
	memcpy(o->box, box, sizeof box);
	o->flags = ANN_XYWH;
	if (n == 6) {
		secant_str score = { 0 };
		secant_ann_put_number(&score, v[5]);
		if (score.p)
			secant_ann_attribute(s, &o->attributes, "score", score.p, score.n);
		secant_str_free(&score);
	}
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, int image, flavour kind, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = secant_ann_lines(data, n);
	double *v = NULL;
	int capacity = 0;
	secant_status status = SECANT_OK;
	while (!status && secant_ann_next_line(&l)) {
		const char *p = l.line, *end = l.line + l.n;
		int count = 0;
		for (;;) {
			while (p < end && (*p == ' ' || *p == '\t'))
				p++;
			if (p >= end)
				break;
			if (secant_grow((void **)&v, &capacity, count, sizeof *v)) {
				status = secant_ann_nomem(err);
				break;
			}
			const char *q = secant_ann_number(p, end, &v[count++]);
			if (!q || (q < end && *q != ' ' && *q != '\t')) {
				status = secant_ann_bad(
					s, "parse-error", origin, l.number, (uint32_t)(p - l.line) + 1, err, "a number is needed here");
				count = 0;
				break;
			}
			p = q;
		}
		if (!status && count)
			status = parse_line(s, image,
				kind == BOXES && count > 6        ? RINGS
					: kind == RINGS && count == 5 ? BOXES
												  : kind,
				v, count, origin, l.number, err);
	}
	secant_free(v);
	return status;
}

static secant_status
parse_boxes(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, image, BOXES, d, n, o, e);
}
static secant_status
parse_rings(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, image, RINGS, d, n, o, e);
}
static secant_status
parse_quads(ann_set *s, int image, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, image, QUADS, d, n, o, e);
}
static const ann_parse parsers[] = { parse_boxes, parse_rings, parse_quads };

/* "images/train/a/b.jpg": the list, and what follows it. */
static const char *const lists[] = { "train", "val", "valid", "test", "obj_train_data", "obj_valid_data",
	"obj_test_data", NULL };
static const char *const list_names[] = { "train", "val", "val", "test", "train", "val", "test" };

static const char *
after_images(const char *relative, int *list)
{
	static const char *const parts[] = { "images/", "Images/", "JPEGImages/", NULL };
	const char *p = relative;
	*list = -1;
	for (int again = 0; again < 2; again++) {
		for (int i = 0; parts[i]; i++)
			if (!strncmp(p, parts[i], strlen(parts[i])))
				p += strlen(parts[i]);
		for (int i = 0; lists[i]; i++) {
			size_t n = strlen(lists[i]);
			if (*list < 0 && !strncmp(p, lists[i], n) && p[n] == '/') {
				*list = i;
				p += n + 1;
			}
		}
	}
	return p;
}

/* The label file of a picture: images -> labels or Annotations, or beside it. Fresh memory, NULL when there is none. */
static char *
label_of(const char *root, const char *relative)
{
	static const char *const from[] = { "images/", "Images/", "images/", "" },
							 *const to[] = { "labels/", "Annotations/", "annotations/", "" };
	char *text = secant_ann_with_extension(relative, "txt");
	for (int i = 0; text && i < 4; i++) {
		const char *at = *from[i] ? strstr(text, from[i]) : text;
		if (!at || (at > text && at[-1] != '/'))
			continue;
		char *path = secant_format("%s/%.*s%s%s", root, (int)(at - text), text, to[i], at + strlen(from[i]));
		if (path && secant_is_file(path)) {
			secant_free(text);
			return path;
		}
		secant_free(path);
	}
	secant_free(text);
	return NULL;
}

static secant_status
add_pictures(ann_set *s, const char *root, const secant_names *all, secant_err *err)
{
	ann_table seen = { 0 };
	bool unique = true;
	for (int i = 0; i < all->n; i++) { /* are names unique without the folder of their list? */
		int list;
		uint32_t before;
		if (!secant_ext_is(all->v[i], ANN_PICTURES))
			continue;
		const char *p = after_images(all->v[i], &list);
		uint64_t key = 5381;
		for (; *p; p++)
			key = key * 0x100000001b3u + (uint8_t)*p;
		unique = unique && !secant_ann_table_get(&seen, key, &before);
		if (!secant_ann_table_put(&seen, key, 1)) {
			secant_ann_table_free(&seen);
			return secant_ann_nomem(err);
		}
	}
	secant_ann_table_free(&seen);
	for (int i = 0; i < all->n; i++) {
		int list, none;
		if (!secant_ext_is(all->v[i], ANN_PICTURES))
			continue;
		const char *name = after_images(all->v[i], &list);
		const char *full = strncasecmp(all->v[i], "images/", 7) ? all->v[i] : all->v[i] + 7;
		name = unique ? name : full;
		(void)none;
		char *path = secant_path_join(root, all->v[i]);
		int at = path ? secant_ann_add_image(s, name, strlen(name)) : -1;
		if (at < 0) {
			secant_free(path);
			return secant_ann_nomem(err);
		}
		s->images[at].path = secant_ann_store(s, path, strlen(path));
		s->images[at].line = (uint32_t)i; /* its place in `all`, until labels are read */
		int split = list >= 0 ? secant_ann_split(s, list_names[list], strlen(list_names[list])) : -1;
		if (split >= 0)
			s->images[at].splits = 1ull << split;
		secant_free(path);
	}
	return SECANT_OK;
}

/* Label files without a picture: their numbers are shares of a size that nobody knows. */
static secant_status
orphans(ann_set *s, const char *root, const secant_names *all, ann_table *used, secant_err *err)
{
	for (int i = 0; i < all->n; i++) {
		uint32_t dummy;
		if (!secant_ext_is(all->v[i], "txt") || !label_folder(all->v[i])
			|| !strcmp(secant_path_name(all->v[i]), "classes.txt"))
			continue;
		char *path = secant_path_join(root, all->v[i]);
		secant_status status = SECANT_OK;
		uint64_t key = 5381;
		for (const char *p = path; p && *p; p++)
			key = key * 0x100000001b3u + (uint8_t)*p;
		if (path && !secant_ann_table_get(used, key, &dummy))
			status = secant_ann_bad(s, "image-missing", path, 0, 0, err,
				"there is no picture for these labels, and without its size they have no place");
		secant_free(path);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read(ann_set *s, const char *root, flavour kind, const secant_dataset_reading *o, const secant_watch *watch,
	secant_err *err)
{
	secant_names all = { 0 };
	ann_table used = { 0 };
	secant_status status = secant_ann_walk(&all, root, ANN_PICTURES "|txt|names|yaml|yml|data", 8, err);
	if (!status)
		status = read_classes(s, root, &all, o, err);
	s->flags |= s->n_classes > 0;
	if (!status)
		status = add_pictures(s, root, &all, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		char *label = label_of(root, all.v[s->images[i].line]);
		s->images[i].line = 0;
		uint64_t key = 5381;
		for (const char *p = label; p && *p; p++)
			key = key * 0x100000001b3u + (uint8_t)*p;
		if (!label)
			status = secant_ann_find(s, "annotation-missing", -1, ann_str(s, s->images[i].path), 0, 0,
				"a picture without a label file: background");
		else if (!secant_ann_table_put(&used, key, 1))
			status = secant_ann_nomem(err);
		else {
			secant_err one = { 0 };
			if (secant_ann_probe(s, i, &one))
				status = secant_ann_bad(s, "image-unreadable", ann_str(s, s->images[i].path), 0, 0, err, "%s", one.msg);
			if (!status && s->images[i].width > 0)
				status = secant_ann_read_text(s, i, label, parsers[kind], err);
		}
		secant_free(label);
		if (!status && i % 512 == 511)
			status = secant_ann_watch(watch, err);
	}
	if (!status)
		status = orphans(s, root, &all, &used, err);
	secant_ann_table_free(&used);
	secant_names_free(&all);
	return status;
}

static secant_status
read_boxes(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, BOXES, o, w, e);
}
static secant_status
read_rings(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, RINGS, o, w, e);
}
static secant_status
read_quads(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e)
{
	return read(s, p, QUADS, o, w, e);
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
put_share(secant_str *t, double v, double of)
{
	secant_str_addn(t, " ", 1);
	secant_ann_put_decimals(t, v / of, 6, 12);
}

static secant_status
put_object(secant_str *t, const ann_set *s, const ann_object *o, flavour kind, double w, double h, ann_ring *ring,
	secant_err *err)
{
	double corner[8];
	const double *xy = corner;
	int n = 4;
	secant_status status = SECANT_OK;
	secant_str_addf(t, "%d", o->class);
	if (kind == BOXES) {
		put_share(t, ann_x0(o) + ann_w(o) / 2, w);
		put_share(t, ann_y0(o) + ann_h(o) / 2, h);
		put_share(t, ann_w(o), w);
		put_share(t, ann_h(o), h);
	} else {
		if (kind == QUADS)
			status = secant_ann_corners(s, o, corner, err);
		else {
			status = secant_ann_one_ring(s, o, ring, err);
			xy = ring->xy;
			n = ring->n;
		}
		for (int i = 0; !status && i < 2 * n; i++)
			put_share(t, xy[i], i & 1 ? h : w);
	}
	secant_str_addn(t, "\n", 1);
	return status;
}

static secant_status
write_yaml(const ann_set *s, ann_out *out, secant_err *err)
{
	secant_str t = { 0 };
	bool train = false, val = false;
	for (int i = 0; i < s->n_splits; i++) {
		const char *name = ann_str(s, s->splits[i]);
		train = train || !strcmp(name, "train");
		val = val || !strcmp(name, "val");
		secant_str_addf(&t, "%s: images/%s\n", name, name);
	}
	const char *only = s->n_splits ? ann_str(s, s->splits[0]) : "";
	if (!train)
		secant_str_addf(&t, "train: images%s%s\n", *only ? "/" : "", only);
	if (!val)
		secant_str_addf(&t, "val: images%s%s\n", *only ? "/" : "", only);
	secant_str_addf(&t, "nc: %d\nnames:\n", s->n_classes);
	for (int i = 0; i < s->n_classes; i++) {
		secant_str_addf(&t, "  %d: ", i);
		const char *name = ann_str(s, s->classes[i].name);
		bool bare = *name && !strpbrk(name, ":#{}[],&*!|>'\"%@`-") && !strchr(" 0123456789.~", *name);
		if (bare)
			secant_str_add(&t, name);
		else
			secant_ann_json_string(&t, name, strlen(name));
		secant_str_add(&t, "\n");
	}
	secant_status status = secant_ann_out_str(out, "data.yaml", &t, err);
	secant_str_free(&t);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, flavour kind, secant_err *err)
{
	secant_str t = { 0 };
	ann_ring ring = { 0 };
	int more = 0;
	secant_status status = write_yaml(s, out, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = secant_ann_one_split(s, im, &more), *name = ann_str(s, im->name);
		bool any = s->first[i] < s->first[i + 1];
		if (any)
			status = secant_ann_need_size(s, im, "YOLO, whose numbers are shares of it,", err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->class >= 0 && !(o->flags & (ANN_NO_BOX | ANN_VOID)))
				status = put_object(&t, s, o, kind, im->width, im->height, &ring, err);
		}
		char *text = secant_ann_with_extension(name, "txt");
		char *label = text ? secant_format("labels/%s%s%s", split, *split ? "/" : "", text) : NULL;
		char *picture = secant_format("images/%s%s%s", split, *split ? "/" : "", name);
		if (!status)
			status = label && picture ? secant_ann_out_str(out, label, &t, err) : secant_ann_nomem(err);
		if (!status)
			status = secant_ann_out_picture(out, s, im, picture, err);
		secant_free(text), secant_free(label), secant_free(picture);
		if (!status && i % 512 == 511)
			status = secant_ann_watch(out->watch, err);
	}
	if (more)
		secant_ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	secant_str_free(&t);
	secant_free(ring.xy);
	return status;
}

static secant_status
write_boxes(ann_set *s, ann_out *o, secant_err *e)
{
	return write(s, o, BOXES, e);
}
static secant_status
write_rings(ann_set *s, ann_out *o, secant_err *e)
{
	return write(s, o, RINGS, e);
}
static secant_status
write_quads(ann_set *s, ann_out *o, secant_err *e)
{
	return write(s, o, QUADS, e);
}
static secant_status
one_box(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, BOXES, d, n, o, e);
}
static secant_status
one_ring(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, RINGS, d, n, o, e);
}
static secant_status
one_quad(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, QUADS, d, n, o, e);
}

const ann_format secant_ann_format_yolo = {
	.name = "yolo",
	.brief = "YOLO detection: class cx cy w h",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS,
	.detect = detect_boxes,
	.read = read_boxes,
	.write = write_boxes,
	.parse = one_box,
};
const ann_format secant_ann_format_yolo_seg = {
	.name = "yolo-seg",
	.brief = "YOLO segmentation: class and a ring of points",
	.holds = ANN_HOLDS_POLYGON | ANN_HOLDS_FRACTIONS,
	.detect = detect_rings,
	.read = read_rings,
	.write = write_rings,
	.parse = one_ring,
};
const ann_format secant_ann_format_yolo_obb = {
	.name = "yolo-obb",
	.brief = "YOLO oriented boxes: class and four corners",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_FRACTIONS,
	.detect = detect_quads,
	.read = read_quads,
	.write = write_quads,
	.parse = one_quad,
};
