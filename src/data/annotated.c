/*
 * From an annotated data set to label planes. Which objects count is the data set's business; which value they get is
 * decided once, in data_annotated_classes; how they overlap, by --on-top. Masks that are pictures already (VOC
 * segmentation, Cityscapes, ...) are not turned into objects first: their file is read when the sample is.
 */
#include "data/annotated.h"
#include "data/labels.h"
#include "base/mem.h"
#include "annotations/dataset.h"
#include "annotations/find.h"
#include "annotations/format.h"
#include "annotations/masks.h"
#include "annotations/paint.h"
#include <stdio.h>

struct data_annotated {
	secant_dataset *d;
	uint16_t *value; /* of each class of the set: in the plane, or its bit */
	uint16_t background; /* DATA_LABEL_IGNORE: a pixel without object has no class */
	bool bits, boxes;
	ann_on_top on_top;
};

void
data_annotated_free(data_annotated *a)
{
	if (!a)
		return;
	secant_dataset_free(a->d);
	secant_free(a->value);
	secant_free(a);
}

data_annotated *
data_annotated_open(const char *path, const secant_data_options *o, bool *none, secant_err *err)
{
	secant_err detecting = { 0 };
	const char *format = o->from ? o->from : secant_dataset_detect(path, NULL, &detecting);
	*none = !format || (!o->from && ann_find_format(format)->plain); /* folders of pictures and masks need no format */
	if (*none)
		return NULL;
	data_annotated *a = secant_calloc(1, sizeof *a);
	if (!a) {
		(void)ann_nomem(err);
		return NULL;
	}
	/* Coordinates are compared with pictures before anything is learnt; masks are, as they are opened. */
	secant_dataset_reading reading = { .from = (char *)(uintptr_t)format,
		.task = o->task,
		.declared_size = o->declared_size,
		.probe = !(ann_find_format(format) && ann_find_format(format)->holds & ANN_HOLDS_MASK) };
	a->boxes = o->objects == 1;
	a->on_top = (ann_on_top)o->on_top;
	a->d = secant_dataset_open(path, &reading, NULL, err);
	if (!a->d) {
		data_annotated_free(a);
		return NULL;
	}
	return a;
}

const char *
data_annotated_foreign(const char *path, const char **way)
{
	return ann_foreign(path, way);
}

/* ---- lists ---- */

/* The list that is meant by a name: that one, a usual other word for it, or the only one that starts with it (val2017).
 * -1: none, -2: several. */
static int
find_list(const ann_set *s, const char *split)
{
	static const char *const other[][2] = { { "val", "valid" }, { "val", "validation" }, { "train", "training" },
		{ "test", "testing" } };
	int found = -1;
	for (int i = 0; i < s->n_splits; i++)
		if (!strcmp(ann_str(s, s->splits[i]), split))
			return i;
	for (int i = 0; i < s->n_splits; i++) {
		const char *name = ann_str(s, s->splits[i]);
		size_t n = strlen(split);
		bool fits = !strncmp(name, split, n) && name[n] >= '0' && name[n] <= '9';
		for (size_t k = 0; k < sizeof other / sizeof *other; k++)
			fits = fits || (!strcmp(split, other[k][0]) && !strcmp(name, other[k][1]));
		if (fits)
			found = found == -1 ? i : -2;
	}
	return found;
}

static bool
in_list(const ann_image *im, int list)
{
	return list < 0 || im->splits >> list & 1;
}

bool
data_annotated_has(const data_annotated *a, const char *split)
{
	const ann_set *s = &a->d->set;
	int list = find_list(s, split);
	bool any = false;
	for (int i = 0; list >= 0 && i < s->n_images && !any; i++)
		any = in_list(&s->images[i], list);
	return any;
}

static secant_status
no_list(const ann_set *s, const char *split, bool several, secant_err *err)
{
	base_str names = { 0 };
	for (int i = 0; i < s->n_splits; i++)
		base_str_addf(&names, "%s%s", i ? ", " : "", ann_str(s, s->splits[i]));
	secant_status status = secant_fail(err, SECANT_ERR_ARG,
		several ? "%s: several lists could be '%s': %s" : "%s has no list '%s', only %s", ann_str(s, s->root), split,
		names.p ? names.p : "none");
	base_str_free(&names);
	return status;
}

static secant_status
add_picture(const ann_set *s, int i, bool want_labels, data_pairs *out, secant_err *err)
{
	const ann_image *im = &s->images[i];
	if (!im->path)
		return secant_fail(err, SECANT_ERR_IO, "%s: the picture '%s' was not found",
			ann_str(s, im->source ? im->source : s->root), ann_str(s, im->name));
	if (want_labels && !im->mask && !im->source && ann_layout(s))
		return secant_fail(err, SECANT_ERR_FORMAT, "%s has no mask", ann_str(s, im->path));
	const char *label = ann_str(s, im->mask ? im->mask : im->source ? im->source : s->root);
	secant_status status = data_pairs_add(
		out, base_strdup(ann_str(s, im->path)), want_labels ? base_strdup(label) : NULL, want_labels, err);
	if (!status)
		out->v[out->n - 1].picture = i;
	return status;
}

/* CVAT and Datumaro call what is in no list default: such a set is not divided. */
static bool
is_undivided(const ann_set *s)
{
	return !s->n_splits || (s->n_splits == 1 && !strcmp(ann_str(s, s->splits[0]), "default"));
}

secant_status
data_annotated_pairs(const data_annotated *a, const char *split, bool want_labels, const data_division *how,
	data_pairs *out, secant_err *err)
{
	const ann_set *s = &a->d->set;
	bool undivided = is_undivided(s), all = !strcmp(split, "all") || undivided;
	int list = all ? -1 : find_list(s, split);
	secant_status status = !all && list < 0 ? no_list(s, split, list == -2, err) : SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++)
		if (in_list(&s->images[i], list))
			status = add_picture(s, i, want_labels, out, err);
	if (!status && !out->n)
		status = secant_fail(err, SECANT_ERR_FORMAT, list >= 0 ? "%s: its list '%s' is empty" : "%s holds no pictures",
			ann_str(s, s->root), split);
	if (!status)
		status = data_pairs_divide(out, ann_str(s, s->root), undivided ? split : "all", how, err);
	if (status)
		data_pairs_free(out);
	return status;
}

/* ---- classes ---- */

/* Classes that get a value: all but those that are not to be judged (KITTI's DontCare). */
static int
count_classes(const ann_set *s)
{
	int n = 0;
	for (int i = 0; i < s->n_classes; i++)
		n += !s->classes[i].is_void;
	return n;
}

static secant_status
not_wanted(const ann_set *s, int class, const data_label_rule *rule, secant_err *err)
{
	base_str names = { 0 };
	for (int k = 0; k < rule->name_count; k++)
		base_str_addf(&names, "%s%s", k ? ", " : "", rule->names[k]);
	secant_status status = secant_fail(err, SECANT_ERR_ARG,
		"%s: class '%s' is none of %.300s (rename, join or drop classes with secant data remap)", ann_str(s, s->root),
		ann_str(s, s->classes[class].name), names.p ? names.p : "");
	base_str_free(&names);
	return status;
}

/* The order of a class file or a model, by name: every class must be there. */
static secant_status
values_by_name(data_annotated *a, const data_label_rule *rule, secant_err *err)
{
	const ann_set *s = &a->d->set;
	int background = -1;
	for (int k = 0; k < rule->name_count; k++)
		if (!strcmp(rule->names[k], "background"))
			background = k;
	for (int i = 0; i < s->n_classes; i++) {
		int at = -1;
		if (s->classes[i].is_void)
			continue;
		for (int k = 0; k < rule->name_count; k++)
			if (!strcmp(rule->names[k], ann_str(s, s->classes[i].name)))
				at = k;
		if (at < 0 && s->classes[i].is_background)
			at = background;
		if (at < 0)
			return not_wanted(s, i, rule, err);
		a->value[i] = (uint16_t)at;
		background = s->classes[i].is_background ? at : background;
	}
	a->background = background >= 0 ? (uint16_t)background : DATA_LABEL_IGNORE;
	return SECANT_OK;
}

static secant_status
wrong_count(const data_annotated *a, int classes, data_target_kind kind, int own, secant_err *err)
{
	const ann_set *s = &a->d->set;
	int n = count_classes(s);
	if (kind == DATA_TARGET_MULTILABEL)
		return secant_fail(err, SECANT_ERR_ARG, "%s has %d classes, --classes is %d: --classes %d would fit",
			ann_str(s, s->root), n, classes, n);
	if (own >= 0)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s has %d classes ('%s' among them), --classes is %d: --classes %d would fit, or 1 for objects against "
			"background",
			ann_str(s, s->root), n, ann_str(s, s->classes[own].name), classes, n);
	return secant_fail(err, SECANT_ERR_ARG,
		"%s has %d classes of objects, --classes is %d: --classes %d would fit (0 is background), or 1 for objects "
		"against background",
		ann_str(s, s->root), n, classes, n + 1);
}

/* The classes in their own order, behind the background where the set has none of its own. */
static secant_status
values_in_order(data_annotated *a, const data_label_rule *rule, data_target_kind kind, secant_err *err)
{
	const ann_set *s = &a->d->set;
	int own = ann_mask_background(s), n = count_classes(s), first = 0;
	if (kind == DATA_TARGET_BINARY) {
		for (int i = 0; i < s->n_classes; i++)
			a->value[i] = i != own;
		return SECANT_OK;
	}
	if (kind == DATA_TARGET_INDEX && own < 0 && rule->classes == n + 1)
		first = 1;
	else if (rule->classes != n)
		return wrong_count(a, rule->classes, kind, own, err);
	for (int i = 0, v = first; i < s->n_classes; i++)
		a->value[i] = s->classes[i].is_void ? DATA_LABEL_IGNORE : (uint16_t)v++;
	a->background = a->bits || first ? 0 : own >= 0 ? (uint16_t)own : DATA_LABEL_IGNORE;
	return SECANT_OK;
}

int
data_annotated_count(const data_annotated *a)
{
	const ann_set *s = &a->d->set;
	int own = ann_mask_background(s), n = count_classes(s);
	bool covers = own < 0 && ann_layout(s) && !ann_layout(s)->zero_is_background;
	int objects = n - (own >= 0);
	return objects <= 1 ? objects : covers || own >= 0 ? n : n + 1;
}

/* Names of the values, for tables and the model. */
static secant_status
take_names(const data_annotated *a, data_label_rule *rule, data_target_kind kind, secant_err *err)
{
	const ann_set *s = &a->d->set;
	bool binary = kind == DATA_TARGET_BINARY;
	int n = binary ? 2 : rule->classes;
	rule->names = secant_calloc((size_t)n, sizeof *rule->names);
	if (!rule->names)
		return ann_nomem(err);
	for (rule->name_count = 0; rule->name_count < n; rule->name_count++) {
		const char *name = rule->name_count ? "object" : "background";
		int only = -1; /* the one class of that value; several are joined to one object */
		for (int i = 0; i < s->n_classes; i++)
			if (a->value[i] == rule->name_count)
				only = only == -1 || !binary ? i : -2;
		name = only >= 0 ? ann_str(s, s->classes[only].name) : name;
		if (!(rule->names[rule->name_count] = base_strdup(name)))
			return ann_nomem(err);
	}
	return SECANT_OK;
}

/* Masks without a class list: as many classes as there shall be, named by their values. */
static secant_status
name_by_value(ann_set *s, int classes, secant_err *err)
{
	int first = ann_layout(s)->zero_is_background && classes > 1;
	for (int v = first; v < classes; v++) {
		char name[16];
		int n = snprintf(name, sizeof name, "%d", v);
		if (ann_add_class(s, name, (size_t)n, ANN_NO_ID) < 0)
			return ann_nomem(err);
	}
	return SECANT_OK;
}

const char *
data_annotated_note(const data_annotated *a, int i)
{
	return i < secant_dataset_notes(a->d) ? secant_dataset_note(a->d, i) : NULL;
}

bool
data_annotated_voids(const data_annotated *a)
{
	const ann_set *s = &a->d->set;
	bool any = a->background == DATA_LABEL_IGNORE;
	for (int i = 0; i < s->n_classes && !any; i++)
		any = s->classes[i].is_void;
	for (int i = 0; i < s->n_objects && !any; i++)
		any = s->objects[i].flags & ANN_VOID;
	for (int i = 0; i < s->n_images && !any; i++)
		any = s->images[i].mask; /* which may hold any */
	return any;
}

secant_status
data_annotated_classes(
	data_annotated *a, data_label_rule *rule, const secant_data_options *o, data_target_kind kind, secant_err *err)
{
	ann_set *s = &a->d->set;
	if (o->labels && strcmp(o->labels, "auto"))
		return secant_fail(err, SECANT_ERR_ARG,
			"--labels %s: says how label pictures are read, but the labels of %s come from %s annotations", o->labels,
			ann_str(s, s->root), ann_str(s, s->format));
	if (!s->n_classes && ann_layout(s) && name_by_value(s, rule->classes, err))
		return err ? err->code : SECANT_ERR_NOMEM;
	if (!count_classes(s))
		return secant_fail(err, SECANT_ERR_FORMAT, "%s has no classes", ann_str(s, s->root));
	rule->bands = a->bits = kind == DATA_TARGET_MULTILABEL;
	if (a->bits && rule->classes > DATA_LABEL_MOST_BANDS)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "multilabel annotations can have at most %d classes, not %d",
			DATA_LABEL_MOST_BANDS, rule->classes);
	if (!(a->value = secant_calloc((size_t)s->n_classes, sizeof *a->value)))
		return ann_nomem(err);
	bool by_name = rule->names && kind != DATA_TARGET_BINARY;
	secant_status status = by_name ? values_by_name(a, rule, err) : values_in_order(a, rule, kind, err);
	if (a->bits)
		a->background = 0;
	return status || rule->names ? status : take_names(a, rule, kind, err);
}

secant_status
data_annotated_size(const data_annotated *a, const data_pair *pair, int width, int height, secant_err *err)
{
	ann_image *im = &a->d->set.images[pair->picture];
	if (im->width <= 0 || im->height <= 0)
		im->width = width, im->height = height;
	if (im->width != width || im->height != height)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"%s: says the picture is %dx%d, %s is %dx%d (height x width): objects would lie elsewhere. --declared-size "
			"scale, "
			"turn or ignore says what happened; secant data check %s tells more",
			pair->label, im->height, im->width, pair->image, height, width, ann_str(&a->d->set, a->d->set.root));
	return SECANT_OK;
}

/* ---- planes ---- */

typedef struct window {
	const data_annotated *a;
	uint16_t *plane;
	int x, y, w, h;
	bool voids;
} window;

static void
stamp(void *user, const ann_object *o, const uint8_t *layer, ann_rect r)
{
	const window *to = user;
	const ann_set *s = &to->a->d->set;
	bool is_void = ann_is_void(s, o);
	if (is_void != to->voids && to->a->bits)
		return;
	uint16_t value = is_void ? DATA_LABEL_IGNORE : to->a->value[o->class];
	int y0 = r.y0 > to->y ? r.y0 : to->y, y1 = r.y1 < to->y + to->h ? r.y1 : to->y + to->h;
	int x0 = r.x0 > to->x ? r.x0 : to->x, x1 = r.x1 < to->x + to->w ? r.x1 : to->x + to->w;
	for (int y = y0; y < y1; y++) {
		const uint8_t *from = layer + (size_t)y * (size_t)s->images[o->image].width;
		uint16_t *row = to->plane + (size_t)(y - to->y) * (size_t)to->w;
		for (int x = x0; x < x1; x++)
			if (from[x])
				row[x - to->x] = !to->a->bits ? value
					: is_void                 ? DATA_LABEL_IGNORE
											  : (uint16_t)(row[x - to->x] | 1 << value);
	}
}

static secant_status
from_mask(const data_annotated *a, int picture, bool scale, const window *to, secant_err *err)
{
	const ann_set *s = &a->d->set;
	const ann_image *im = &s->images[picture];
	uint16_t *classes = NULL;
	int w, h;
	secant_status status = ann_mask_plane(s, picture, &classes, &w, &h, err);
	if (!status)
		status = data_labels_fit(scale, ann_str(s, im->mask), w, h, "", im->width, im->height, err);
	for (int y = 0; !status && y < to->h; y++)
		for (int x = 0; x < to->w; x++) {
			uint16_t c = classes[(size_t)data_labels_nearest(y + to->y, im->height, h) * (size_t)w
				+ (size_t)data_labels_nearest(x + to->x, im->width, w)];
			uint16_t v = c == ANN_PLANE_VOID ? DATA_LABEL_IGNORE
				: c == ANN_PLANE_NONE        ? a->background
				: a->bits                    ? (uint16_t)(1 << a->value[c])
											 : a->value[c];
			to->plane[(size_t)y * (size_t)to->w + (size_t)x] = v;
		}
	secant_free(classes);
	return status;
}

/* Pixels that have no class are ignored where an ignore index says so; otherwise that is a mistake in the options or
 * the data. */
static secant_status
check_ignored(
	const ann_set *s, const data_label_rule *rule, int picture, const uint16_t *plane, size_t n, secant_err *err)
{
	size_t ignored = 0;
	for (size_t i = 0; rule->ignore < 0 && i < n; i++)
		ignored += plane[i] == DATA_LABEL_IGNORE;
	if (!ignored)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: %zu pixels are void or belong to no object; --ignore-index 255 would leave them out",
		ann_str(s, s->images[picture].name), ignored);
}

secant_status
data_annotated_plane(const data_annotated *a, const data_label_rule *rule, int picture, int x, int y, int width,
	int height, uint16_t *plane, secant_err *err)
{
	const ann_set *s = &a->d->set;
	window to = { a, plane, x, y, width, height, false };
	size_t n = (size_t)width * (size_t)height;
	secant_status status = SECANT_OK;
	for (size_t i = 0; i < n; i++)
		plane[i] = a->background;
	if (s->images[picture].mask)
		status = from_mask(a, picture, rule->scale, &to, err);
	else
		status = ann_paint_objects(s, picture, a->boxes, a->on_top, stamp, &to, err);
	to.voids = true;
	if (!status && a->bits && !s->images[picture].mask)
		status = ann_paint_objects(
			s, picture, a->boxes, a->on_top, stamp, &to, err); /* void pixels stay void whatever lies there */
	return status ? status : check_ignored(s, rule, picture, plane, n, err);
}
