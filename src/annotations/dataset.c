/* Opening and looking at data sets: the public face of the model. */
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

/* --- opening
 * ----------------------------------------------------------------------------------------------------------------
 */

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
	secant_dataset *d = f ? secant_calloc(1, sizeof *d) : NULL;
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
		secant_status status = clean ? ann_read_format(s, f, clean, o, watch, err) : ann_nomem(err);
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
