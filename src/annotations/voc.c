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
#include "annotations/find.h"
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
							 *const pictures[] = { "JPEGImages", "images", "Images", "JPEGImage", "imgs", "img", "Data",
								 NULL };
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
		"xml", "labels", "imgs", "img", "Data", NULL };
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
	return status ? status : ann_parse_text(s, at, path, data, n, ann_voc_parse, err);
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

/* CLASS_LIST where LIST itself is not there: a class of the set, and a word for a list. */
static bool
is_class_list(const ann_set *s, const char *class, size_t n, const char *list, size_t k)
{
	static const char *const words[] = { "train", "val", "trainval", "test" };
	bool word = false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		word = word || (strlen(words[i]) == k && !strncmp(list, words[i], k));
	return word && ann_find_class(s, class, n) >= 0;
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
			of_class = of_class || is_class_list(s, files.v[i], (size_t)(under - files.v[i]), under + 1, list);
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
		ann_field f = ann_trim(l.line, l.line + l.n), name;
		int32_t colour;
		if (!ann_len(f) || base_is_comment(f.p, ann_len(f)))
			continue;
		ann_labelmap_row(f, &name, &colour);
		int at = ann_class_named(s, name.p, ann_len(name));
		if (at < 0)
			return ann_nomem(err);
		s->classes[at].colour = colour >= 0 ? colour : s->classes[at].colour;
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
		status = ann_leave_unlisted(s, true, err);
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
	return ann_voc_parse(s, 0, data, n, origin, err);
}

const ann_format ann_format_voc = {
	.name = "voc",
	.brief = "PASCAL VOC XML: boxes and polygons, turned boxes for reading",
	.prefix = "voc.",
	.cvat_turns = true,
	.own_sizes = true,
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_DIFFICULT | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_FRACTIONS | ANN_HOLDS_LABELS | ANN_HOLDS_CROWD | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS
		| ANN_HOLDS_BOTH,
	.detect = detect,
	.read = read,
	.write = ann_voc_write,
	.parse = parse_one,
};
