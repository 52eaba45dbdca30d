/*
 * PASCAL VOC detection: Annotations/STEM.xml, JPEGImages, ImageSets/Main/LIST.txt (Everingham and others: The PASCAL
 * Visual Object Classes Challenge 2012 development kit), and the same XML where other tools leave it: beside the
 * pictures (labelImg), in train, valid and test (Roboflow), in annotations and images; with polygons (<polygon><x1>)
 * and turned boxes: <robndbox> with cx, cy, w, h and an angle in radians clockwise (roLabelImg) or with four corners
 * (DIOR-R), <bndbox> with x0 to y3. The kit counts pixels from 1 and includes both borders; others
 * do not: see --voc-origin.
 *
 *     word               x0         x1        who
 *     0-exclusive        xmin       xmax      most converters, NWPU's recipe
 *     1-inclusive        xmin - 1   xmax      the development kit
 *     0-inclusive        xmin       xmax + 1
 *     1-all-minus-one    xmin - 1   xmax - 1
 *
 * auto: what secant.json says where this library wrote the folder; else 1-inclusive when the numbers show it (a
 * smallest number of 1 together with boxes that end exactly at the border), else 0-exclusive. Elements nobody knows are
 * kept as attributes "voc.NAME".
 */
#include "annotations/voc.h"
#include "annotations/attributes.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>

const double ann_voc_shift[][2] = { { 0, 0 }, { 0, 0 }, { -1, 0 }, { 0, 1 },
	{ -1, -1 } }; /* by index of SECANT_VOC_ORIGINS */
static const char *const origin_words[] = { "auto", "0-exclusive", "1-inclusive", "0-inclusive", "1-all-minus-one" };

/* --- reading
 * ----------------------------------------------------------------------------------------------------------------
 */

enum { SURE = 90, PERHAPS = 60 };

/* How sure the first XML files below a folder make; `damaged` counts those that cannot be read or are no XML. */
static int
look(const char *folder, int *damaged, int *n)
{
	base_names files = { 0 };
	secant_err ignored = { 0 };
	int sure = 0;
	if (ann_walk(&files, folder, "xml", 8, &ignored))
		(*damaged)++;
	*n = files.n;
	for (int i = 0; i < files.n && i < 20 && sure < 50; i++) {
		char *file = base_path_join(folder, files.v[i]), *data = NULL;
		size_t size;
		if (file && secant_file_read(&data, &size, file, 1 << 24, &ignored))
			(*damaged)++;
		else if (file) {
			bool labelme = strstr(data, "<imagesize>") || strstr(data, "<pt>") || strstr(data, "<sourceImage>"),
				 own = strstr(data, "<annotation>") || strstr(data, "<annotation ");
			*damaged += !strstr(data, "<annotation") || !strstr(data, "</annotation");
			sure = own && !labelme ? strstr(data, "bndbox>") || strstr(data, "<size>") ? SURE : 30 : 0;
			secant_free(data);
		}
		secant_free(file);
	}
	base_names_free(&files);
	return sure;
}

static int
detect(const char *path, const char **why)
{
	/* A folder or file that cannot be read, or that is no XML, may be VOC: then the reader says what is wrong with it,
	 * before the pictures alone are taken for a set of masks. */
	char *folder = base_path_join(path, "Annotations"), *sets = base_path_join(path, "ImageSets");
	int sure = 0, damaged = 0, n = 0;
	bool there = folder && secant_is_dir(folder);
	*why = "it has Annotations with VOC XML";
	if (there)
		sure = look(folder, &damaged, &n);
	if (sure < PERHAPS && damaged)
		sure = PERHAPS;
	else if (sets && secant_is_dir(sets) && (sure || (there && !n)))
		sure = sure ? SURE : 40;
	else if (!there && secant_is_dir(path) && (sure = look(path, &damaged, &n)))
		*why = "it has VOC XML beside its pictures";
	secant_free(folder);
	secant_free(sets);
	return sure;
}

/* `name` "000001" or "a.b": value of one element that nobody knows, as attribute voc.NAME. */
static void
keep(ann_set *s, xml_pull *x, ann_field tag, uint32_t *head)
{
	base_str json = { 0 };
	char key[128];
	snprintf(key, sizeof key, "voc.%.*s", (int)(ann_len(tag) > 100 ? 100 : ann_len(tag)), tag.p);
	ann_xml_json(x, &json);
	if (json.p && !json.failed && !x->err.code)
		ann_add_attribute(s, head, key, json.p, json.n);
	base_str_free(&json);
}

typedef struct reading {
	ann_object object;
	char class[300];
	unsigned seen; /* which of the four numbers of the box */
	bool named;
	double corner[8];
	unsigned corners; /* which of the eight */
	double turned[5];
	unsigned turns; /* which of cx, cy, w, h, angle */
	double *xy;
	int n_xy, capacity, *part, n_parts, parts_capacity; /* polygons */
} reading;

/* Numbers of an element's children by their names; others are passed over. Returns false where one stands twice. */
static bool
read_named(xml_pull *x, ann_field tag, const char *const *names, double *v, unsigned *seen)
{
	int i = 0;
	while (names[i] && !ann_is(tag, names[i]))
		i++;
	if (!names[i])
		return false;
	if (*seen >> i & 1)
		ann_xml_fail(x, "<%s> stands twice", names[i]);
	*seen |= 1u << i;
	(void)ann_xml_real(x, &v[i]);
	return true;
}

static const char *const box_names[] = { "xmin", "ymin", "xmax", "ymax", NULL };
static const char *const turned_names[] = { "cx", "cy", "w", "h", "angle", NULL };
static const char *const corner_names[][9] = { { "x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3", NULL },
	{ "x_left_top", "y_left_top", "x_right_top", "y_right_top", "x_right_bottom", "y_right_bottom", "x_left_bottom",
		"y_left_bottom", NULL } };

static void
read_box(xml_pull *x, reading *r)
{
	ann_field tag;
	while (ann_xml_child(x, &tag))
		if (!read_named(x, tag, box_names, r->object.box, &r->seen)
			&& !read_named(x, tag, turned_names, r->turned, &r->turns)
			&& !read_named(x, tag, corner_names[0], r->corner, &r->corners)
			&& !read_named(x, tag, corner_names[1], r->corner, &r->corners))
			ann_xml_skip(x);
}

/* <x1>1</x1><y1>2</y1><x2>...: one part, in the order of its numbers. */
static void
read_polygon(xml_pull *x, reading *r)
{
	ann_field tag;
	int from = r->n_xy;
	while (ann_xml_child(x, &tag)) {
		int64_t k;
		double v;
		bool point = (*tag.p == 'x' || *tag.p == 'y') && ann_integer(tag.p + 1, tag.end, &k) && k >= 0;
		if (!point) {
			ann_xml_skip(x);
			continue;
		}
		if ((*tag.p == 'y') != ((r->n_xy - from) & 1)) {
			ann_xml_fail(x, "<%.*s> where %s should stand", (int)ann_len(tag), tag.p, *tag.p == 'y' ? "an x" : "a y");
			return;
		}
		if (!ann_xml_real(x, &v))
			return;
		if (base_grow((void **)&r->xy, &r->capacity, r->n_xy, sizeof *r->xy)) {
			ann_xml_fail(x, "no memory");
			return;
		}
		r->xy[r->n_xy++] = v;
	}
	if ((r->n_xy - from) & 1)
		ann_xml_fail(x, "a polygon with x without y");
	else if (r->n_xy > from && base_grow((void **)&r->part, &r->parts_capacity, r->n_parts, sizeof *r->part))
		ann_xml_fail(x, "no memory");
	else if (r->n_xy > from)
		r->part[r->n_parts++] = (r->n_xy - from) / 2;
}

static void
read_member(ann_set *s, xml_pull *x, ann_field tag, reading *r)
{
	ann_field text;
	if (ann_is(tag, "name")) {
		if (ann_xml_next_text(x, &text)) {
			r->named = true;
			snprintf(r->class, sizeof r->class, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		}
	} else if (ann_is(tag, "bndbox") || ann_is(tag, "robndbox") || ann_is(tag, "rotated_bndbox"))
		read_box(x, r);
	else if (ann_is(tag, "polygon"))
		read_polygon(x, r);
	else if (ann_is(tag, "type") && r->turns + r->corners == 0 && ann_xml_next_text(x, &text)) {
		/* "bndbox" or "robndbox": what follows says it */
		if (!ann_is(text, "bndbox") && !ann_is(text, "robndbox"))
			ann_attribute_text(s, &r->object.attributes, "voc.type", text.p, ann_len(text));
	} else if (ann_is(tag, "difficult")) {
		if (ann_xml_next_text(x, &text) && (ann_is(text, "1") || ann_is(text, "true")))
			r->object.flags |= ANN_DIFFICULT;
	} else if (ann_is(tag, "attributes"))
		(void)ann_attributes_read(s, x, &r->object.attributes);
	else if (ann_is(tag, "pose")) {
		if (ann_xml_next_text(x, &text) && !ann_is(text, "unspecified") && ann_len(text))
			ann_attribute_text(s, &r->object.attributes, "voc.pose", text.p, ann_len(text));
	} else if (ann_is(tag, "truncated") || ann_is(tag, "occluded")) {
		const char *key = ann_is(tag, "truncated") ? "truncated" : "occluded";
		if (ann_xml_next_text(x, &text) && !ann_is(text, "0") && ann_len(text))
			ann_attribute_text(s, &r->object.attributes, key, text.p, ann_len(text));
		if (r->object.attributes) { /* numbers as numbers */
			ann_attribute *a = &s->attributes[s->n_attributes - 1];
			double v;
			base_str plain = { 0 };
			ann_json_plain(&plain, ann_str(s, a->value));
			if (plain.p && ann_number(plain.p, plain.p + plain.n, &v) == plain.p + plain.n)
				a->value = ann_intern(s, plain.p, plain.n);
			base_str_free(&plain);
		}
	} else
		keep(s, x, tag, &r->object.attributes);
}

static uint32_t
shape_of(ann_set *s, const reading *r)
{
	if (r->turns == 31)
		return ann_turned(s, r->turned[0] - r->turned[2] / 2, r->turned[1] - r->turned[3] / 2,
			r->turned[0] + r->turned[2] / 2, r->turned[1] + r->turned[3] / 2, r->turned[4] * 180 / M_PI);
	if (r->corners == 255)
		return ann_points(s, ANN_QUAD, r->corner, 4);
	if (!r->n_parts)
		return 0;
	uint32_t shape = ann_polygon_begin(s, r->n_parts);
	const double *xy = r->xy;
	for (int i = 0; i < r->n_parts; xy += 2 * r->part[i++])
		ann_polygon_part(s, xy, r->part[i]);
	return shape;
}

static secant_status
add_object(ann_set *s, int image, const reading *r, const char *origin, uint32_t line, secant_err *err)
{
	if (!r->named || !*r->class)
		return ann_bad(s, "parse-error", origin, line, 0, err, "an object without <name>");
	if ((r->seen && r->seen != 15) || (r->turns && r->turns != 31) || (r->corners && r->corners != 255))
		return ann_bad(s, "parse-error", origin, line, 0, err, "a %s without all of %s",
			r->turns || r->corners ? "turned box" : "<bndbox>",
			r->turns         ? "cx, cy, w, h, angle"
				: r->corners ? "its four corners"
							 : "xmin, ymin, xmax, ymax");
	if (!ann_finite(r->object.box, 4) || !ann_finite(r->turned, 5) || !ann_finite(r->corner, 8)
		|| !ann_finite(r->xy, r->n_xy))
		return ann_bad(s, "value-not-finite", origin, line, 0, err, "a coordinate of '%s' is not finite", r->class);
	int class = ann_class_named(s, r->class, strlen(r->class));
	uint32_t shape = shape_of(s, r);
	ann_object *o = class >= 0 ? ann_add_object(s, image, class) : NULL;
	if (!o)
		return ann_nomem(err);
	memcpy(o->box, r->object.box, sizeof o->box);
	bool turned = r->turns || r->corners; /* a turned box has its extent for a box */
	o->flags = r->object.flags | (shape && (turned || !r->seen) ? ANN_BOX_DERIVED : r->seen ? 0u : ANN_NO_BOX);
	o->shape = shape;
	o->attributes = r->object.attributes;
	o->line = line;
	ann_absorb(s, o);
	return SECANT_OK;
}

static secant_status
read_object(ann_set *s, xml_pull *x, int image, secant_err *err)
{
	reading r = { .object = { .area = NAN } };
	ann_field tag;
	uint32_t line = ann_xml_line(x);
	while (ann_xml_child(x, &tag))
		read_member(s, x, tag, &r);
	secant_status status = SECANT_OK;
	if (!x->err.code)
		status = add_object(s, image, &r, x->origin, line, err);
	secant_free(r.xy), secant_free(r.part);
	return status;
}

static void
read_size(ann_set *s, xml_pull *x, int image)
{
	ann_field tag;
	double v;
	while (ann_xml_child(x, &tag)) {
		int32_t *to = ann_is(tag, "width") ? &s->images[image].width
			: ann_is(tag, "height")        ? &s->images[image].height
			: ann_is(tag, "depth")         ? &s->images[image].depth
										   : NULL;
		if (!to)
			ann_xml_skip(x);
		else if (ann_xml_real(x, &v)) {
			if (!(v >= 0 && v < 1e9))
				ann_xml_fail(x, "a size of %g", v);
			else
				*to = (int32_t)v;
		}
	}
}

/* Pictures are found by the name of the XML file; a <filename> that leads elsewhere is only worth a word. */
static secant_status
judge_filename(ann_set *s, xml_pull *x, const char *origin)
{
	ann_field text;
	char name[300];
	uint32_t line = ann_xml_line(x);
	if (!ann_xml_next_text(x, &text) || !ann_len(text))
		return SECANT_OK;
	snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	return base_path_is_safe(name)
		? SECANT_OK
		: ann_find(s, "path-portable", -1, origin, line, 0, "<filename> is '%s', which leads elsewhere", name);
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	secant_status status = SECANT_OK;
	ann_xml_init(&x, data, n, origin);
	if (ann_xml_root(&x, &tag) && !ann_is(tag, "annotation"))
		ann_xml_fail(
			&x, "the first element is <%.*s>, not <annotation>", (int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p);
	while (!status && ann_xml_child(&x, &tag)) {
		if (ann_is(tag, "object"))
			status = read_object(s, &x, image, err);
		else if (ann_is(tag, "size"))
			read_size(s, &x, image);
		else if (ann_is(tag, "filename"))
			status = judge_filename(s, &x, origin);
		else if (ann_is(tag, "folder"))
			ann_xml_skip(&x);
		else if (ann_is(tag, "attributes"))
			(void)ann_attributes_read(s, &x, &s->images[image].attributes);
		else
			keep(s, &x, tag, &s->images[image].attributes);
	}
	if (!status)
		ann_xml_end(&x);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	ann_xml_free(&x);
	return status;
}

/* What <filename> says, with slashes and unescaped; "" none. */
static void
filename_of(const char *data, char name[512])
{
	const char *from = strstr(data, "<filename>"), *to = from ? strstr(from, "</filename>") : NULL;
	size_t n = 0;
	*name = 0;
	if (!to || to - from > 500)
		return;
	for (const char *p = from + 10; p < to; p++) {
		bool amp = !strncmp(p, "&amp;", 5);
		name[n++] = *p == '\\' ? '/' : *p;
		p += amp ? 4 : 0;
	}
	name[n] = 0;
	ann_field f = ann_trim(name, name + n);
	memmove(name, f.p, ann_len(f) + 1);
	name[f.end - f.p] = 0;
}

/* Where XML and pictures lie. Flat: beside each other or in folders of their own anywhere. */
typedef struct layout {
	const char *annotations, *pictures; /* folders below root; annotations NULL: flat */
} layout;

static bool
is_folder(const char *root, const char *name)
{
	char *path = base_path_join(root, name);
	bool is = path && secant_is_dir(path);
	secant_free(path);
	return is;
}

/* Has the folder XML in it, at any depth? */
static bool
has_xml(const char *root, const char *name)
{
	base_names files = { 0 };
	char *path = base_path_join(root, name);
	bool any = path && !ann_walk(&files, path, "xml", 8, NULL) && files.n;
	base_names_free(&files);
	secant_free(path);
	return any;
}

static layout
find_layout(const char *root, const char *images)
{
	static const char *const annotations[] = { "Annotations", "annotations", "Annotation", "xmls", "xml", "labels",
		NULL },
							 *const pictures[] = { "JPEGImages", "images", "Images", "JPEGImage", "imgs", "img", NULL };
	layout l = { NULL, images };
	if (is_folder(root, "Annotations") && is_folder(root, "JPEGImages"))
		l.annotations = "Annotations"; /* the kit's, though it were empty */
	for (int i = 0; annotations[i] && !l.annotations; i++)
		if (is_folder(root, annotations[i]) && has_xml(root, annotations[i]))
			l.annotations = annotations[i];
	for (int i = 0; l.annotations && pictures[i] && !l.pictures; i++)
		if (is_folder(root, pictures[i]))
			l.pictures = pictures[i];
	return l;
}

/* Pictures by their place without extension, so that each XML finds its own whatever its extension; in a flat layout
 * folders of pictures and of XML stand for each other. */
static const char *
without_folder(const char *place, char out[1024])
{
	static const char *const folders[] = { "JPEGImages", "images", "Images", "Annotations", "annotations", "xmls",
		"xml", "labels", "imgs", "img", NULL };
	size_t n = 0;
	for (const char *p = place; *p;) {
		size_t k = strcspn(p, "/");
		bool skip = false;
		for (int i = 0; p[k] && folders[i]; i++)
			skip = skip || (strlen(folders[i]) == k && !memcmp(p, folders[i], k));
		if (!skip && n + k + 2 < 1024) {
			memcpy(out + n, p, k);
			n += k;
			if (p[k])
				out[n++] = '/';
		}
		p += k + (p[k] != 0);
	}
	out[n] = 0;
	return out;
}

static secant_status
add_key(ann_set *pictures, const char *key, size_t n, int image, secant_err *err)
{
	if (ann_find_image(pictures, key, n) >= 0)
		return SECANT_OK;
	int at = ann_add_image(pictures, key, n);
	if (at < 0)
		return ann_nomem(err);
	pictures->images[at].number = image;
	return SECANT_OK;
}

static secant_status
stems(ann_set *s, ann_set *by_stem, ann_set *by_name, bool flat, secant_err *err)
{
	char room[1024];
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name), *key = flat ? without_folder(name, room) : name,
				   *dot = strrchr(key, '.'), *base = base_path_name(name);
		status = add_key(by_stem, key, dot ? (size_t)(dot - key) : strlen(key), i, err);
		if (!status)
			status = add_key(by_name, base, strlen(base), i, err);
	}
	return status;
}

/* The picture of an XML file: that of its own stem, else the one that <filename> names. */
static int
picture_of(const ann_set *by_stem, const ann_set *by_name, const char *file, bool flat, const char *data)
{
	char room[1024], name[512];
	const char *key = flat ? without_folder(file, room) : file;
	int at = ann_find_image(by_stem, key, strlen(key) - 4);
	if (at >= 0)
		return by_stem->images[at].number;
	filename_of(data, name);
	const char *base = base_path_name(name), *dot = strrchr(base, '.');
	at = *base ? ann_find_image(by_name, base, strlen(base)) : -1;
	if (at >= 0)
		return by_name->images[at].number;
	at = *base ? ann_find_image(by_stem, base, dot ? (size_t)(dot - base) : strlen(base)) : -1;
	return at >= 0 ? by_stem->images[at].number : -1;
}

/* The XML of picture `at`; -1: its picture is not there, and has the name that the XML says. */
static secant_status
read_one(
	ann_set *s, int at, const char *path, const char *file, const char *data, size_t n, bool pictures, secant_err *err)
{
	secant_status status = SECANT_OK;
	if (at < 0) {
		char said[512];
		filename_of(data, said);
		const char *ext = base_path_ext(said);
		char *name = base_format("%.*s.%s", (int)strlen(file) - 4, file, *ext && strlen(ext) < 12 ? ext : "jpg");
		at = name ? ann_add_image(s, name, strlen(name)) : -1;
		status = at < 0 ? ann_nomem(err)
			: pictures  ? ann_find(s, "image-missing", -1, path, 0, 0, "there is no picture '%s'", *said ? said : name)
						: SECANT_OK;
		secant_free(name);
	} else if (s->images[at].source)
		ann_note(s, "%s: a second file for picture %s; its objects were added", path, ann_str(s, s->images[at].name));
	return status ? status : ann_parse_text(s, at, path, data, n, parse, err);
}

static secant_status
read_annotations(ann_set *s, const char *root, const layout *l, const secant_watch *watch, secant_err *err)
{
	base_names files = { 0 };
	ann_set by_stem, by_name;
	bool flat = !l->annotations;
	char *folder = flat ? base_strdup(root) : base_path_join(root, l->annotations);
	ann_init(&by_stem), ann_init(&by_name);
	secant_status status = folder ? ann_walk(&files, folder, "xml", 8, err) : ann_nomem(err);
	if (!status)
		status = stems(s, &by_stem, &by_name, flat, err);
	int pictures = s->n_images;
	for (int i = 0; !status && i < files.n; i++) {
		char *path = base_path_join(folder, files.v[i]), *data = NULL;
		size_t n = 0;
		status = path ? ann_load_text(s, path, &data, &n, err) : ann_nomem(err);
		bool other = flat && data && !strstr(data, "<annotation>")
			&& !strstr(data, "<annotation "); /* some other XML */
		if (!status && data && !other)
			status = read_one(s, picture_of(&by_stem, &by_name, files.v[i], flat, data), path, files.v[i], data, n,
				pictures > 0, err);
		secant_free(data);
		secant_free(path);
		if (!status && i % 512 == 511)
			status = ann_call_watch(watch, err);
	}
	for (int i = 0; !status && i < pictures; i++)
		if (!s->images[i].source)
			status = ann_find(s, "annotation-missing", -1, ann_str(s, s->images[i].path), 0, 0,
				"a picture without an XML file: no objects");
	if (!pictures && s->n_images)
		ann_note(s, "%s holds no pictures", l->pictures ? l->pictures : "JPEGImages");
	ann_free(&by_stem), ann_free(&by_name);
	base_names_free(&files);
	secant_free(folder);
	return status;
}

/* train/a.jpg, valid/images/b.jpg: the list is the folder, and the name what follows, where that stays unique. */
static secant_status
lists_of_folders(ann_set *s, secant_err *err)
{
	static const char *const folders[][2] = { { "train", "train" }, { "valid", "val" }, { "val", "val" },
		{ "validation", "val" }, { "test", "test" } };
	ann_set names;
	bool unique = true;
	char room[1024];
	ann_init(&names);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < s->n_images; i++) {
			const char *name = without_folder(ann_str(s, s->images[i].name), room);
			for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
				size_t n = strlen(folders[k][0]);
				if (strncmp(name, folders[k][0], n) || name[n] != '/')
					continue;
				name += n + 1;
				int split = pass ? ann_split(s, folders[k][1], strlen(folders[k][1])) : -1;
				if (split >= 0)
					s->images[i].splits |= 1ull << split;
				break;
			}
			if (pass && unique)
				s->images[i].name = ann_store(s, name, strlen(name));
			else if (!pass) {
				unique = unique && ann_find_image(&names, name, strlen(name)) < 0;
				(void)ann_add_image(&names, name, strlen(name));
			}
		}
	secant_status status = ann_sound(&names, err);
	ann_free(&names);
	return status ? status : ann_compact(s, err); /* names anew */
}

/* ImageSets/Main/LIST.txt; CLASS_LIST.txt follow from the objects and are not lists of their own. trainval is train and
 * val together. */
static secant_status
read_lists(ann_set *s, const char *root, secant_err *err)
{
	char *folder = base_path_join(root, "ImageSets/Main");
	base_names files = { 0 };
	secant_status status = SECANT_OK;
	int derived = 0;
	if (folder && secant_is_dir(folder))
		status = ann_walk(&files, folder, "txt", 0, err);
	for (int i = 0; !status && i < files.n; i++) {
		size_t n = strlen(files.v[i]) - 4;
		bool of_class = false;
		const char *under = memrchr(files.v[i], '_', n);
		if (under) {
			size_t list = n - (size_t)(under + 1 - files.v[i]);
			for (int k = 0; k < files.n && !of_class; k++)
				of_class = strlen(files.v[k]) == list + 4 && !strncmp(files.v[k], under + 1, list);
		}
		if (of_class) {
			derived++;
			continue;
		}
		char *name = base_strndup(files.v[i], n), *path = base_path_join(folder, files.v[i]);
		status = name && path ? ann_read_list(s, path, name, false, NULL, err) : ann_nomem(err);
		secant_free(name);
		secant_free(path);
	}
	if (derived)
		ann_note(s, "%d lists CLASS_LIST.txt follow from the objects and were not read", derived);
	base_names_free(&files);
	secant_free(folder);
	return status;
}

/* Drops the list trainval when it only repeats others, or is the only one. */
static void
drop_trainval(ann_set *s)
{
	int at = -1;
	for (int i = 0; i < s->n_splits; i++)
		if (!strcmp(ann_str(s, s->splits[i]), "trainval"))
			at = i;
	if (at < 0)
		return;
	uint64_t bit = 1ull << at, others = 0;
	for (int i = 0; i < s->n_splits; i++)
		if (!strcmp(ann_str(s, s->splits[i]), "train") || !strcmp(ann_str(s, s->splits[i]), "val"))
			others |= 1ull << i;
	bool repeats = true;
	for (int i = 0; i < s->n_images && repeats; i++)
		repeats = others ? !(s->images[i].splits & bit) == !(s->images[i].splits & others)
						 : (s->images[i].splits & bit) != 0;
	if (!repeats)
		return;
	for (int i = 0; i < s->n_images; i++) {
		uint64_t low = s->images[i].splits & (bit - 1), high = at == 63 ? 0 : s->images[i].splits >> (at + 1) << at;
		s->images[i].splits = low | high;
	}
	memmove(&s->splits[at], &s->splits[at + 1], (size_t)(s->n_splits - at - 1) * sizeof *s->splits);
	s->n_splits--;
}

static secant_status
labelmap_parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	while (ann_next_line(&l)) {
		ann_field f = ann_trim(l.line, l.line + l.n), part[4], rgb[3];
		if (!ann_len(f) || *f.p == '#')
			continue;
		int parts = ann_fields(f.p, ann_len(f), ':', part, 4), at = ann_class_named(s, part[0].p, ann_len(part[0]));
		if (at < 0)
			return ann_nomem(err);
		int64_t c[3];
		if (parts > 1 && ann_fields(part[1].p, ann_len(part[1]), ',', rgb, 3) == 3
			&& ann_integer(rgb[0].p, rgb[0].end, &c[0]) && ann_integer(rgb[1].p, rgb[1].end, &c[1])
			&& ann_integer(rgb[2].p, rgb[2].end, &c[2]) && !((c[0] | c[1] | c[2]) & ~255LL))
			s->classes[at].colour = (int32_t)(c[0] << 16 | c[1] << 8 | c[2]);
	}
	return SECANT_OK;
}

static secant_status
nwpu_classes(ann_set *s, const char *path, secant_err *err)
{
	char *data = NULL;
	size_t n;
	secant_status status = secant_file_read(&data, &n, path, 1 << 24, err);
	if (status)
		return status;
	json_pull j;
	ann_field key;
	int64_t id;
	ann_pull_init(&j, data, n, path);
	for (ann_pull_object(&j); ann_pull_key(&j, &key);)
		if (ann_pull_integer(&j, &id) && ann_find_class(s, key.p, ann_len(key)) < 0
			&& ann_add_class(s, key.p, ann_len(key), id) < 0)
			break;
	if (j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	ann_pull_free(&j);
	secant_free(data);
	return status;
}

static secant_status
read_classes(ann_set *s, const char *root, const secant_dataset_reading *o, secant_err *err)
{
	secant_status status = ann_read_option_names(s, o, err);
	char *json = base_path_join(root, "nwpu_classes.json"), *map = base_path_join(root, "labelmap.txt");
	if (!status && !s->n_classes && json && secant_is_file(json))
		status = nwpu_classes(s, json, err);
	if (!status && !s->n_classes && map && secant_is_file(map))
		status = ann_read_text(s, -1, map, labelmap_parse, err);
	secant_free(json);
	secant_free(map);
	return status;
}

/* Applies the reading of the numbers. */
static secant_status
set_origin(ann_set *s, int wanted, secant_err *err)
{
	int origin = wanted ? wanted : s->voc_origin > 0 ? s->voc_origin : 0;
	double least = INFINITY;
	int64_t at_border = 0, zeros = 0;
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		const ann_image *im = &s->images[o->image];
		if (o->flags & ANN_NO_BOX)
			continue;
		least = fmin(least, fmin(o->box[0], o->box[1]));
		zeros += o->box[0] == 0 || o->box[1] == 0;
		at_border += im->width > 0 && (o->box[2] == im->width || o->box[3] == im->height);
	}
	bool from_one = least == 1 && at_border > 0;
	if (!origin) {
		origin = from_one ? 2 : 1;
		if (from_one)
			ann_note(s,
				"boxes are read as 1-inclusive: no number is below 1, and %lld boxes end exactly at the picture's "
				"border; "
				"--voc-origin 0-exclusive takes them as they stand",
				(long long)at_border);
	}
	if (origin != 1 && zeros && (origin == 2 || origin == 4))
		(void)ann_find(s, "box-origin", -1, ann_str(s, s->root), 0, 0, "%lld boxes have a 0, which %s does not know",
			(long long)zeros, origin_words[origin]);
	else if (origin == 1 && from_one)
		(void)ann_find(s, "box-origin", -1, ann_str(s, s->root), 0, 0,
			"no number is below 1 and %lld boxes end exactly at the border: these look 1-inclusive, and are read as "
			"0-exclusive",
			(long long)at_border);
	s->voc_origin = origin;
	for (int i = 0; i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		if (o->flags & ANN_NO_BOX)
			continue;
		for (int k = 0; k < 4; k++)
			if (ann_voc_shift[origin][k / 2] != 0)
				o->box[k] = ann_tidy(o->box[k] + ann_voc_shift[origin][k / 2]);
		int parts, n;
		const double *xy, *p = ann_parts(s, o->shape, &parts);
		for (; ann_voc_shift[origin][0] != 0 && parts; parts--) { /* polygons count pixels as their box does */
			p = ann_part(p, &xy, &n);
			for (double *v = s->shapes + (xy - s->shapes), *end = v + 2 * n; v < end; v++)
				*v = ann_tidy(*v + ann_voc_shift[origin][0]);
		}
	}
	return ann_sound(s, err);
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = read_classes(s, path, o, err);
	int fixed = s->n_classes;
	layout l = find_layout(path, o->images);
	s->voc_origin = 0;
	if (!status && (l.pictures || !l.annotations))
		status = ann_add_pictures(s, l.pictures ? l.pictures : "", -1, true, err);
	if (!status)
		status = read_annotations(s, path, &l, watch, err);
	if (!status && !l.annotations)
		status = lists_of_folders(s, err);
	if (!status)
		status = ann_sort_classes(s, fixed, err);
	if (!status)
		status = read_lists(s, path, err);
	if (!status)
		drop_trainval(s);
	if (!status)
		status = ann_read_manifest(s, path, err);
	if (!status)
		status = ann_probe_all(s, o, watch, err);
	return status ? status : set_origin(s, o->voc_origin, err);
}

static secant_status
parse_one(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	return parse(s, 0, data, n, origin, err);
}

const ann_format ann_format_voc = {
	.name = "voc",
	.brief = "PASCAL VOC XML: boxes and polygons, turned boxes for reading",
	.prefix = "voc.",
	.own_sizes = true,
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_DIFFICULT | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_FRACTIONS | ANN_HOLDS_LABELS | ANN_HOLDS_CROWD | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS
		| ANN_HOLDS_BOTH,
	.detect = detect,
	.read = read,
	.write = ann_voc_write,
	.parse = parse_one,
};
