/* Opening, looking at and writing data sets: the public face of the model. */
#include "base/registry.h"
#include "annotations/dataset.h"
#include "annotations/find.h"
#include "annotations/paint.h"
#include "annotations/settle.h"
#include "base/file.h"
#include "base/rng.h"
#include <secant/codec.h>
#include <stdio.h>
#include <stdlib.h>

static const secant_opt reading_rows[] = {
	SECANT_OPT(
		secant_dataset_reading, from, STR, "from", NULL, 1, 0, "format of the data set; found out when not given"),
	SECANT_OPT(secant_dataset_reading, images, STR, "images", NULL, 1, 0,
		"folder of the pictures, inside the data set, when not at the usual place"),
	SECANT_OPT(
		secant_dataset_reading, classes, STR, "class-names", NULL, 1, 0, "file of class names, one a line, in order"),
	SECANT_OPT(secant_dataset_reading, task, STR, "task", NULL, 1, 0,
		"coco: which annotation files: instances, panoptic, person_keypoints, ..."),
	SECANT_OPT_CHOICE(
		secant_dataset_reading, voc_origin, "voc-origin", "auto", SECANT_VOC_ORIGINS, "how VOC numbers count pixels"),
	SECANT_OPT(secant_dataset_reading, masks, BOOL, "decode-masks", "true", 1, 0, "make objects out of mask pictures"),
	SECANT_OPT(secant_dataset_reading, probe, BOOL, "probe", "true", 1, 0,
		"read picture headers where a size is not declared"),
	SECANT_OPT(secant_dataset_reading, scale_masks, BOOL, "scale-masks", "false", 1, 0,
		"scale masks of another size than their picture to it, by nearest"),
	SECANT_OPT_CHOICE(secant_dataset_reading, declared_size, "declared-size", "refuse", "refuse|scale|turn|ignore",
		"pictures of another size than their annotations say: scale objects with them, turn objects as EXIF turns the "
		"picture, or ignore what is said"),
	SECANT_OPT_CHOICE(secant_dataset_reading, run_order, "run-order", "auto", "auto|columns|rows",
		"rle-csv: whether pixels are counted down columns or along rows; auto: by evidence"),
	SECANT_OPT(secant_dataset_reading, parts, BOOL, "parts", "false", 1, 0,
		"ade20k-full: parts of objects are objects, too, with their level as an attribute"),
	SECANT_OPT_CHOICE(secant_dataset_reading, links, "links", "follow", "follow|refuse",
		"pictures to which links lead out of the data set: follow says so; refuse is for sets of strangers"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_reading_options = { "reading", sizeof(secant_dataset_reading), reading_rows };

static const secant_opt writing_rows[] = {
	SECANT_OPT(
		secant_dataset_writing, to, STR, "to", NULL, 1, 0, "format to write; the one that was read when not given"),
	SECANT_OPT(secant_dataset_writing, out, STR, "out", NULL, 1, 0, "folder to make; it must not exist"),
	SECANT_OPT_CHOICE(secant_dataset_writing, names, "names", "auto", "auto|keep|number",
		"names of pictures; auto: 000001, ... for nwpu, else kept"),
	SECANT_OPT_CHOICE(secant_dataset_writing, link, "link", "copy", "copy|hardlink|symlink|reflink",
		"how pictures get into the new folder"),
	SECANT_OPT(secant_dataset_writing, pictures, BOOL, "pictures", "true", 1, 0, "write the pictures too"),
	SECANT_OPT(secant_dataset_writing, dry_run, BOOL, "dry-run", "false", 1, 0, "only say what would be written"),
	SECANT_OPT_CHOICE(secant_dataset_writing, voc_origin, "to-origin", "auto", SECANT_VOC_ORIGINS,
		"how VOC numbers count pixels when written; auto: as --voc-origin, or as they were read, else as they are"),
	SECANT_OPT(secant_dataset_writing, folder, STR, "voc-folder", NULL, 1, 0,
		"voc: text of <folder>; the output folder's name when not given"),
	SECANT_OPT(secant_dataset_writing, recipe, BOOL, "recipe", "false", 1, 0,
		"voc: <folder> VOC2012 and <depth> 3, as the well-known NWPU script has them"),
	SECANT_OPT(secant_dataset_writing, train_ratio, REAL, "train-ratio", "-1", -1, 1,
		"share of list train, the rest is val; -1: 0.8 for nwpu, else the lists there are"),
	SECANT_OPT(secant_dataset_writing, seed, INT, "seed", "0", 0, 2147483647, "of the split"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_writing_options = { "writing", sizeof(secant_dataset_writing), writing_rows };

/* --- opening
 * ----------------------------------------------------------------------------------------------------------------
 */

bool
secant_dataset_format(int i, const char **name, const char **brief, bool *reads, bool *writes)
{
	int n = 0;
	while (ann_formats[n])
		n++;
	if (i < 0 || i >= n)
		return false;
	const ann_format *f = ann_formats[i];
	if (name)
		*name = f->name;
	if (brief)
		*brief = f->brief;
	if (reads)
		*reads = f->read != NULL;
	if (writes)
		*writes = f->write != NULL;
	return true;
}

/* What a format has a place for, and what is counted as lost where it has none. */
static const struct {
	unsigned bit;
	const char *keeps, *loses;
} holdings[] = {
	{ ANN_HOLDS_BOX, "boxes", NULL },
	{ ANN_HOLDS_FRACTIONS, "fractions of pixels", "fractions of pixels" },
	{ ANN_HOLDS_QUAD, "turned boxes", "the orientation of boxes" },
	{ ANN_HOLDS_POLYGON, "polygons", "polygons" },
	{ ANN_HOLDS_PARTS, "polygons of several parts", "further parts of polygons" },
	{ ANN_HOLDS_RLE, "masks of objects", "masks of objects" },
	{ ANN_HOLDS_MASK, "pictures of classes", NULL },
	{ ANN_HOLDS_LINES, "lines and points", "lines and points" },
	{ ANN_HOLDS_LABELS, "labels of whole pictures", "labels of whole pictures" },
	{ ANN_HOLDS_ATTRIBUTES, "attributes of objects", "attributes of objects" },
	{ ANN_HOLDS_IMAGE_ATTRIBUTES, "attributes of pictures", "attributes of pictures" },
	{ ANN_HOLDS_SET_ATTRIBUTES, "attributes of the set and of classes", "attributes of the set and of classes" },
	{ ANN_HOLDS_CROWD, "crowd marks", "crowd marks" },
	{ ANN_HOLDS_DIFFICULT, "difficult marks", "difficult marks" },
	{ ANN_HOLDS_AREA, "areas of their own", "areas that are not those of the shapes" },
	{ ANN_HOLDS_VOID, "regions not to be judged", "regions not to be judged" },
};

static void
put_places(base_str *t, const ann_format *f, bool kept)
{
	bool any = false;
	/* Attributes carry marks and areas; pixels of a class mask carry polygons. */
	unsigned carried = f->holds, some = f->attributes ? ANN_HOLDS_ATTRIBUTES : 0u;
	if (f->holds & ANN_HOLDS_ATTRIBUTES && !some)
		carried |= ANN_HOLDS_CROWD | ANN_HOLDS_DIFFICULT | ANN_HOLDS_AREA;
	for (size_t i = 0; i < sizeof holdings / sizeof *holdings; i++) {
		unsigned bit = holdings[i].bit;
		bool has = (kept ? f->holds : carried & ~some) & bit;
		const char *words = kept ? holdings[i].keeps : holdings[i].loses;
		if (has != kept || !words || (!kept && bit == ANN_HOLDS_FRACTIONS && f->holds & ANN_HOLDS_MASK))
			continue;
		base_str_addf(t, "%s%s%s", any ? ", " : "", bit & some && !kept ? "other " : "", words);
		for (const char *p = f->attributes; bit & some && kept && *p; p += strcspn(p, "|"), p += *p == '|')
			base_str_addf(t, "%s%.*s", p == f->attributes ? " (" : ", ", (int)strcspn(p, "|"), p);
		base_str_add(t, bit & some && kept ? ")" : "");
		any = true;
	}
	if (!kept && f->only_class)
		base_str_addf(t, "%snames of classes (all are `%s`)", any ? ", " : "", f->only_class);
	base_str_add(t, any ? ".\n" : "nothing.\n");
}

char *
secant_dataset_formats_page(void)
{
	base_str t = { 0 };
	base_str_add(&t,
		"# Data set formats\n\nThis page is printed by `secant doc --formats`. Formats are found out by what lies in a "
		"folder; `--from` and "
		"`--to` name them. What a format has no place for is counted by name in the report of a conversion; attributes "
		"whose key begins "
		"with the format's own prefix are written as it has them.\n\n| format | what it is | read | written "
		"|\n|---|---|---|---|\n");
	for (const ann_format *const *f = ann_formats; *f; f++)
		base_str_addf(&t, "| [`%s`](#%s) | %s | %s | %s |\n", (*f)->name, (*f)->name, (*f)->brief,
			(*f)->read ? "yes" : "no", (*f)->write ? "yes" : "no");
	for (const ann_format *const *f = ann_formats; *f; f++) {
		base_str_addf(&t, "\n## %s\n\n%s.\n\n- Read: ", (*f)->name, (*f)->brief);
		put_places(&t, *f, true);
		if ((*f)->write) {
			base_str_add(&t, "- Counted as lost when written: ");
			put_places(&t, *f, false);
		} else
			base_str_add(&t, "- Not written.\n");
		if ((*f)->prefix)
			base_str_addf(&t, "- Its own elements are attributes `%sNAME`.\n", (*f)->prefix);
	}
	return base_str_take(&t);
}

enum { CERTAIN = 100 }; /* what detect says when nothing else can be it */

const char *
secant_dataset_detect(const char *path, const char **why, secant_err *err)
{
	const ann_format *best = NULL, *second = NULL;
	int sure = 0, next = 0;
	const char *reason = "", *best_reason = "";
	if (!secant_is_dir(path) && !secant_is_file(path)) {
		(void)secant_fail(err, SECANT_ERR_IO, "%s: there is no such folder or file", path);
		return NULL;
	}
	for (const ann_format *const *f = ann_formats; *f && sure < CERTAIN; f++) {
		int k = (*f)->detect ? (*f)->detect(path, &reason) : 0;
		if (k > sure) {
			second = best;
			next = sure;
			best = *f;
			sure = k;
			best_reason = reason;
		} else if (k > next) {
			second = *f;
			next = k;
		}
	}
	const char *way = NULL, *foreign = best ? NULL : ann_foreign(path, &way);
	if (foreign) {
		(void)secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s, which is not read: %s", path, foreign, way);
		return NULL;
	}
	if (!best || sure == next) {
		(void)secant_fail(err, SECANT_ERR_FORMAT,
			best ? "%s: could be %s or %s: say which with --from"
				 : "%s: none of the known formats: say which with --from "
				   "(see `secant list datasets`)",
			path, best ? best->name : "", second ? second->name : "");
		return NULL;
	}
	if (why)
		*why = best_reason;
	return best->name;
}

static secant_entry
format_entry(int i)
{
	secant_entry e = { 0 };
	return secant_dataset_format(i, &e.name, &e.brief, NULL, NULL) ? e : (secant_entry){ 0 };
}
const base_kind base_kind_datasets = { "datasets", "Data set formats", format_entry };

/* VOC/ImageSets/Main/train.txt: the folder three above, and the list's name. */
static bool
is_list(const char *path, char **root, char **split)
{
	static const char *const places[] = { "/ImageSets/Main/", "/ImageSets/Segmentation/" };
	*root = *split = NULL;
	for (int i = 0; i < 2; i++) {
		const char *at = strstr(path, places[i]);
		if (!at || !base_ext_is(path, "txt") || strchr(at + strlen(places[i]), '/'))
			continue;
		*root = base_strndup(path, (size_t)(at - path));
		*split = base_path_stem(path);
		return *root && *split;
	}
	return false;
}

secant_status
ann_finish(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		double box[4];
		if (o->flags & ANN_BOX_DERIVED && ann_extent(s, o->shape, box))
			ann_corners(o, box[0], box[1], box[2], box[3]);
	}
	return ann_index(s, err);
}

secant_dataset *
ann_open(const char *path, const secant_dataset_reading *o, const secant_watch *watch, bool collect, secant_err *err)
{
	secant_dataset_reading defaults = { .masks = true, .probe = true };
	o = o ? o : &defaults;
	char *root = NULL, *split = NULL, near[100];
	bool list = secant_is_file(path) && is_list(path, &root, &split);
	const char *place = list ? root : path;
	const char *name = o->from ? o->from : secant_dataset_detect(place, NULL, err);
	const ann_format *f = name ? ann_find_format(name) : NULL;
	secant_dataset *d = f && f->read ? secant_calloc(1, sizeof *d) : NULL;
	if (name && !f) {
		(void)secant_fail(err, SECANT_ERR_ARG, "--from: there is no format '%s'%s", name,
			base_kind_near(&base_kind_datasets, name, near));
	} else if (name && !secant_is_dir(place) && !secant_is_file(place)) {
		(void)secant_fail(err, SECANT_ERR_IO, "%s: there is no such folder or file", place);
		secant_free(d);
		d = NULL;
	} else if (f && !d)
		(void)ann_nomem(err);
	if (d) {
		ann_set *s = &d->set;
		ann_init(s);
		s->collect = collect;
		size_t n = strlen(place);
		while (n > 1 && place[n - 1] == '/')
			n--;
		s->root = ann_intern(s, place, n);
		s->format = ann_intern(s, f->name, strlen(f->name));
		char *clean = base_strndup(place, n);
		secant_status status = clean ? f->read(s, clean, o, watch, err) : ann_nomem(err);
		secant_free(clean);
		if (!status)
			status = ann_settle(s, o, err);
		if (!status && !f->own_sizes)
			status = ann_read_manifest(s, ann_str(s, s->root), err);
		if (!status && !f->own_sizes)
			status = ann_probe_all(s, o, watch, err);
		if (!status)
			status = ann_sizes(s, o, watch, err);
		if (!status)
			status = ann_evidence(s, err);
		if (!status)
			status = ann_links(s, o, err);
		if (!status)
			status = ann_sound(s, err);
		if (!status)
			status = ann_finish(s, err);
		if (!status && list)
			status = secant_dataset_select(d, split, err);
		if (status) {
			secant_dataset_free(d);
			d = NULL;
		}
	}
	secant_free(root);
	secant_free(split);
	return d;
}

secant_dataset *
secant_dataset_open(const char *path, const secant_dataset_reading *options, const secant_watch *watch, secant_err *err)
{
	return ann_open(path, options, watch, false, err);
}

void
secant_dataset_free(secant_dataset *d)
{
	if (d)
		ann_free(&d->set);
	secant_free(d);
}

/* --- looking at it
 * --------------------------------------------------------------------------------------------------------------- */

const char *
secant_dataset_format_name(const secant_dataset *d)
{
	return ann_str(&d->set, d->set.format);
}
int
secant_dataset_count(const secant_dataset *d)
{
	return d->set.n_images;
}
int
secant_dataset_object_count(const secant_dataset *d)
{
	return d->set.n_objects;
}
int
secant_dataset_classes(const secant_dataset *d)
{
	return d->set.n_classes;
}
int
secant_dataset_splits(const secant_dataset *d)
{
	return d->set.n_splits;
}
int
secant_dataset_notes(const secant_dataset *d)
{
	return d->set.n_notes;
}

size_t
secant_dataset_bytes(const secant_dataset *d)
{
	const ann_set *s = &d->set;
	return s->text_capacity + s->interned.capacity * 12 + s->image_names.capacity * 12 + s->class_names.capacity * 12
		+ (size_t)s->images_capacity * sizeof *s->images + (size_t)s->objects_capacity * sizeof *s->objects
		+ (size_t)s->attributes_capacity * sizeof *s->attributes + s->shapes_capacity * sizeof *s->shapes
		+ (size_t)s->n_objects * sizeof *s->order + (size_t)s->n_images * sizeof *s->first;
}

const char *
secant_dataset_class_name(const secant_dataset *d, int i)
{
	return i >= 0 && i < d->set.n_classes ? ann_str(&d->set, d->set.classes[i].name) : "";
}

int64_t
secant_dataset_class_id(const secant_dataset *d, int i)
{
	return i >= 0 && i < d->set.n_classes && d->set.classes[i].id != ANN_NO_ID ? d->set.classes[i].id : i;
}

const char *
secant_dataset_split_name(const secant_dataset *d, int i)
{
	return i >= 0 && i < d->set.n_splits ? ann_str(&d->set, d->set.splits[i]) : "";
}

const char *
secant_dataset_note(const secant_dataset *d, int i)
{
	return i >= 0 && i < d->set.n_notes ? ann_str(&d->set, d->set.notes[i]) : "";
}

secant_status
secant_dataset_select(secant_dataset *d, const char *split, secant_err *err)
{
	ann_set *s = &d->set;
	uint64_t bits = 0;
	base_str known = { 0 };
	for (int i = 0; i < s->n_splits; i++) {
		const char *name = ann_str(s, s->splits[i]);
		bool both = !strcmp(split, "trainval") && (!strcmp(name, "train") || !strcmp(name, "val"));
		bits |= !strcmp(name, split) || both ? 1ull << i : 0;
		base_str_addf(&known, "%s%s", i ? ", " : "", name);
	}
	bool all = !s->n_splits && !strcmp(split, "trainval");
	secant_status status = SECANT_OK;
	if (!bits && !all)
		status = secant_fail(
			err, SECANT_ERR_ARG, "there is no list '%s'; there are: %s", split, known.p ? known.p : "none");
	base_str_free(&known);
	for (int i = 0; !status && i < s->n_images; i++)
		if (!all && !(s->images[i].splits & bits))
			s->images[i].flags |= ANN_GONE;
	return status ? status : ann_compact(s, err);
}

bool
secant_dataset_picture(const secant_dataset *d, int i, secant_dataset_item *p)
{
	const ann_set *s = &d->set;
	*p = (secant_dataset_item){ .name = "", .path = "" };
	if (i < 0 || i >= s->n_images)
		return false;
	const ann_image *im = &s->images[i];
	*p = (secant_dataset_item){
		ann_str(s, im->name),
		ann_str(s, im->path),
		im->width,
		im->height,
		im->depth,
		im->id == ANN_NO_ID ? i : im->id,
		(int)s->first[i],
		(int)(s->first[i + 1] - s->first[i]),
		im->splits,
	};
	return true;
}

bool
secant_dataset_object(const secant_dataset *d, int picture, int k, secant_annotation *to)
{
	const ann_set *s = &d->set;
	*to = (secant_annotation){ .class_name = "", .label = -1 };
	if (picture < 0 || picture >= s->n_images || k < 0 || (uint32_t)k >= s->first[picture + 1] - s->first[picture])
		return false;
	uint32_t at = s->order[s->first[picture] + (uint32_t)k];
	const ann_object *o = &s->objects[at];
	*to = (secant_annotation){
		{ ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) },
		ann_area(s, o),
		o->class,
		o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "",
		o->id == ANN_NO_ID ? (int64_t)at : o->id,
		(o->flags & (ANN_CROWD | ANN_DIFFICULT)) != 0,
		(o->flags & ANN_DIFFICULT) != 0,
		!(o->flags & ANN_NO_BOX),
		o->shape != 0,
	};
	return true;
}

int
secant_dataset_find(const secant_dataset *d, const char *name)
{
	int at = ann_find_image(&d->set, name, strlen(name));
	size_t n = strlen(name);
	for (int i = 0; at < 0 && i < d->set.n_images; i++) {
		const char *full = base_path_name(ann_str(&d->set, d->set.images[i].name));
		if (!strncmp(full, name, n) && (!full[n] || (full[n] == '.' && !strchr(full + n + 1, '.'))))
			at = i;
	}
	return at;
}

void
secant_annotated_sample_free(secant_annotated_sample *s)
{
	secant_image_free(&s->image);
	secant_free(s->boxes);
	secant_free(s->labels);
	secant_free(s->areas);
	secant_free(s->crowd);
	*s = (secant_annotated_sample){ 0 };
}

secant_status
secant_dataset_sample(const secant_dataset *d, int i, secant_annotated_sample *s, secant_err *err)
{
	secant_dataset_item p;
	secant_annotation o;
	*s = (secant_annotated_sample){ 0 };
	if (!secant_dataset_picture(d, i, &p))
		return secant_fail(err, SECANT_ERR_RANGE, "picture %d of a data set of %d", i, secant_dataset_count(d));
	if (!*p.path)
		return secant_fail(err, SECANT_ERR_IO, "%s: the picture was not found", p.name);
	size_t n = (size_t)p.objects;
	s->boxes = secant_calloc(n, sizeof *s->boxes);
	s->labels = secant_calloc(n, sizeof *s->labels);
	s->areas = secant_calloc(n, sizeof *s->areas);
	s->crowd = secant_calloc(n, sizeof *s->crowd);
	s->id = p.id;
	secant_image_read_options read = { .to_u8 = true };
	secant_status status = s->boxes && s->labels && s->areas && s->crowd
		? secant_image_read(&s->image, p.path, &read, err)
		: ann_nomem(err);
	for (int k = 0; !status && secant_dataset_object(d, i, k, &o); k++) {
		if (!o.has_box)
			continue;
		memcpy(s->boxes[s->n], o.box, sizeof o.box);
		s->labels[s->n] = o.label;
		s->areas[s->n] = o.area;
		s->crowd[s->n++] = o.crowd;
	}
	if (status)
		secant_annotated_sample_free(s);
	return status;
}

typedef struct painting {
	const ann_set *s;
	secant_image *mask;
	int first;
} painting;

static void
stamp_class(void *user, const ann_object *o, const uint8_t *layer, ann_rect r)
{
	const painting *p = user;
	bool is_void = ann_is_void(p->s, o), wide = p->mask->dtype == SECANT_U16;
	int value = is_void ? wide ? 65535 : 255 : o->class + p->first;
	uint8_t *narrow = p->mask->data;
	uint16_t *large = p->mask->data;
	for (int y = r.y0; y < r.y1; y++)
		for (size_t at = (size_t)y * (size_t)p->mask->width + (size_t)r.x0, end = at + (size_t)(r.x1 - r.x0); at < end;
			 at++)
			if (layer[at] && wide)
				large[at] = (uint16_t)value;
			else if (layer[at])
				narrow[at] = (uint8_t)value;
}

secant_status
secant_dataset_mask(
	const secant_dataset *d, int i, bool boxes, int background, int first, secant_image *mask, secant_err *err)
{
	const ann_set *s = &d->set;
	*mask = (secant_image){ 0 };
	if (i < 0 || i >= s->n_images)
		return secant_fail(err, SECANT_ERR_RANGE, "picture %d of a data set of %d", i, s->n_images);
	const ann_image *im = &s->images[i];
	secant_status status = ann_need_size(s, im, "a mask", err);
	if (!status)
		status = secant_image_new(
			mask, im->width, im->height, 1, s->n_classes + first > 255 ? SECANT_U16 : SECANT_U8, err);
	size_t pixels = (size_t)im->width * (size_t)im->height;
	for (size_t p = 0; !status && p < pixels; p++)
		if (mask->dtype == SECANT_U16)
			((uint16_t *)mask->data)[p] = (uint16_t)background;
		else
			((uint8_t *)mask->data)[p] = (uint8_t)background;
	painting to = { s, mask, first };
	if (!status)
		status = ann_paint_objects(s, i, boxes, ANN_LATER_ON_TOP, stamp_class, &to, err);
	if (status)
		secant_image_free(mask);
	return status;
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

typedef struct kept {
	ann_text *name;
	uint64_t *splits;
	ann_text split[ANN_SPLITS];
	int n_splits;
} kept;

static secant_status
number_names(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		char ext[16], name[40];
		snprintf(ext, sizeof ext, "%s", base_path_ext(ann_str(s, s->images[i].name)));
		int n = snprintf(
			name, sizeof name, "%06d%s%s", s->images[i].number ? s->images[i].number : i + 1, *ext ? "." : "", ext);
		s->images[i].name = ann_store(s, name, (size_t)n);
	}
	return ann_sound(s, err);
}

/* Folders "images" within the names of pictures go, where all names stay apart: a reader that puts "labels" for the
 * last of them would look in another place than ours. */
static secant_status
drop_images_folders(ann_set *s, secant_err *err)
{
	ann_set names;
	secant_status status = SECANT_OK;
	bool apart = true;
	ann_init(&names);
	for (int i = 0; !status && apart && i < s->n_images; i++) {
		base_str t = { 0 };
		for (const char *p = ann_str(s, s->images[i].name); *p;) {
			size_t n = strcspn(p, "/");
			bool folder = p[n] == '/';
			if (!folder || n != strlen("images") || strncmp(p, "images", n))
				base_str_addn(&t, p, n + folder);
			p += n + folder;
		}
		apart = t.p && ann_find_image(&names, t.p, t.n) < 0;
		if (!t.p || t.failed || (apart && ann_add_image(&names, t.p, t.n) < 0))
			status = ann_nomem(err);
		base_str_free(&t);
	}
	for (int i = 0; !status && apart && i < s->n_images; i++) {
		const char *name = ann_str(&names, names.images[i].name);
		if (strcmp(name, ann_str(s, s->images[i].name)))
			s->images[i].name = ann_store(s, name, strlen(name));
	}
	ann_free(&names);
	return status ? status : ann_sound(s, err);
}

typedef struct ordered {
	const char *name;
	int at;
} ordered;

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const ordered *)a)->name, ((const ordered *)b)->name);
}

static secant_status
split_train_val(ann_set *s, double ratio, int seed, secant_err *err)
{
	ordered *list = secant_calloc((size_t)s->n_images + 1, sizeof *list);
	int *shuffled = secant_calloc((size_t)s->n_images + 1, sizeof *shuffled);
	if (!list || !shuffled) {
		secant_free(list), secant_free(shuffled);
		return ann_nomem(err);
	}
	for (int i = 0; i < s->n_images; i++) {
		list[i] = (ordered){ ann_str(s, s->images[i].name), i };
		shuffled[i] = i;
	}
	qsort(list, (size_t)s->n_images, sizeof *list, by_name);
	base_rng r = base_rng_make((uint64_t)seed, BASE_FOR_SPLIT, 0, 0);
	base_rng_shuffle(&r, shuffled, s->n_images);
	int n_train = (int)nearbyint(s->n_images * ratio);
	s->n_splits = 0;
	(void)ann_split(s, "train", 5);
	(void)ann_split(s, "val", 3);
	for (int i = 0; i < s->n_images; i++)
		s->images[list[shuffled[i]].at].splits = i < n_train ? 1 : 2;
	secant_free(list);
	secant_free(shuffled);
	return ann_sound(s, err);
}

static void
restore(ann_set *s, kept *k)
{
	for (int i = 0; k->name && k->splits && i < s->n_images; i++) {
		s->images[i].name = k->name[i];
		s->images[i].splits = k->splits[i];
	}
	memcpy(s->splits, k->split, sizeof k->split);
	s->n_splits = k->n_splits;
	secant_free(k->name);
	secant_free(k->splits);
}

secant_status
secant_dataset_write(
	secant_dataset *d, const secant_dataset_writing *options, const secant_watch *watch, char **report, secant_err *err)
{
	ann_set *s = &d->set;
	secant_dataset_writing w = *options;
	const char *to = w.to ? w.to : ann_str(s, s->format);
	const ann_format *f = ann_find_format(to);
	if (report)
		*report = NULL;
	char near[100];
	if (!f || !f->write)
		return secant_fail(err, SECANT_ERR_ARG,
			f ? "--to: format '%s' is only read%s" : "--to: there is no format '%s'%s", to,
			f ? "" : base_kind_near(&base_kind_datasets, to, near));
	kept k = { secant_calloc((size_t)s->n_images + 1, sizeof *k.name),
		secant_calloc((size_t)s->n_images + 1, sizeof *k.splits), { 0 }, s->n_splits };
	memcpy(k.split, s->splits, sizeof k.split);
	int origin = s->voc_origin;
	const ann_format *from = ann_find_format(ann_str(s, s->format));
	bool numbered = from && from->numbers_images && from != f, number = w.names == 2 || (w.names == 0 && numbered);
	secant_status status = k.name && k.splits ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		k.name[i] = s->images[i].name;
		k.splits[i] = s->images[i].splits;
	}
	if (!status && number)
		status = number_names(s, err);
	else if (!status && f->swaps_images)
		status = drop_images_folders(s, err);
	if (w.train_ratio < 0 && numbered && !s->n_splits)
		w.train_ratio = 0.8;
	if (!status && w.train_ratio >= 0)
		status = split_train_val(s, w.train_ratio, w.seed, err);
	ann_out out = { .fd = -1 };
	if (!status) {
		status = ann_out_open(&out, &w, watch, err);
		if (!status)
			ann_lose_common(s, &out, f);
		if (!status)
			status = f->write(s, &out, err);
		if (!status && s->extra)
			status = ann_out_file(&out, s->extra_name, s->extra, strlen(s->extra), err);
		if (!status)
			status = ann_write_manifest(
				s, &out, f->name, f->own_sizes ? s->voc_origin : 0, number ? k.name : NULL, err);
		secant_status closed = ann_out_close(&out, s, !status, report, err);
		status = status ? status : closed;
	}
	s->voc_origin = origin;
	restore(s, &k);
	return status;
}
