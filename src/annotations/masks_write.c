/* Objects to mask pictures: classes in one, instances in another where the layout has them; objects lie over each other
 * in their order. */
#include "annotations/masks.h"
#include "annotations/paint.h"
#include "base/file.h"
#include <stdio.h>

typedef struct painting {
	const ann_set *s;
	secant_image *im;
	const int *value;
	int *count, seen, per_class, lost;
	bool instances, city; /* city: classes are those of Cityscapes */
	bool *drawn; /* classes that have had pixels */
} painting;

/* Instance n of a class, as class * per_class + n: Cityscapes counts from 0 and has the bare class for what is no
 * instance, KITTI counts from 1 and has 0 for that. */
enum { CITY_STEP = 1000, KITTI_STEP = 256 };
enum { CITY_FIRST_THING = 24 }; /* classes of Cityscapes before "person" have regions, no instances: the bare class */
static int
instance_of(painting *p, int class)
{
	if (p->city && p->value[class] < CITY_FIRST_THING)
		return p->value[class];
	const int step = p->per_class, kitti = step == KITTI_STEP, n = p->count[class]++ + kitti,
			  v = p->value[class] * step + n;
	if (n < step && v < 65535)
		return v;
	p->lost++;
	return !kitti ? p->value[class] : v - n < 65535 ? v - n : 0;
}

static void
stamp(void *user, const ann_object *o, const uint8_t *layer, ann_rect r)
{
	painting *p = user;
	bool wide = p->im->dtype == SECANT_U16, is_void = ann_is_void(p->s, o);
	int v = is_void     ? wide ? 65535 : 255
		: !p->instances ? p->value[o->class]
		: p->per_class  ? instance_of(p, o->class)
						: ++p->seen;
	bool any = false;
	for (int y = r.y0; y < r.y1; y++)
		for (size_t at = (size_t)y * (size_t)p->im->width + (size_t)r.x0, end = at + (size_t)(r.x1 - r.x0); at < end;
			 at++) {
			any = any || layer[at];
			if (layer[at] && wide)
				((uint16_t *)p->im->data)[at] = (uint16_t)v;
			else if (layer[at])
				((uint8_t *)p->im->data)[at] = (uint8_t)v;
		}
	if (any && !is_void)
		p->drawn[o->class] = true;
}

/* Classes that were drawn and of which no pixel is left. */
static int
count_covered(const painting *p, const secant_image *im)
{
	int n = 0;
	for (int k = 0; k < p->s->n_classes; k++) {
		bool left = !p->drawn[k];
		for (size_t at = 0, end = (size_t)im->width * (size_t)im->height; at < end && !left; at++)
			left = (im->dtype == SECANT_U16 ? ((uint16_t *)im->data)[at] : ((uint8_t *)im->data)[at]) == p->value[k];
		n += !left;
	}
	return n;
}

/* Numbers of instances run through the picture, or through each class (per_class). *lost counts those that have none,
 * *covered classes that others have covered wholly. */
static secant_status
paint(const ann_set *s, int i, const int *value, int background, bool instances, int per_class, secant_image *im,
	int *lost, int *covered, secant_err *err)
{
	const ann_image *p = &s->images[i];
	int most = 0;
	for (int k = 0; k < s->n_classes; k++)
		most = value[k] > most ? value[k] : most;
	bool wide = instances ? per_class || s->first[i + 1] - s->first[i] > 254 : most > 254;
	secant_status status = ann_need_size(s, p, "a mask", err);
	if (!status)
		status = secant_image_new(im, p->width, p->height, 1, wide ? SECANT_U16 : SECANT_U8, err);
	painting to = { .s = s,
		.im = im,
		.value = value,
		.count = status ? NULL : secant_calloc((size_t)s->n_classes + 1, sizeof *to.count),
		.per_class = per_class,
		.instances = instances,
		.drawn = status ? NULL : secant_calloc((size_t)s->n_classes + 1, sizeof *to.drawn),
		.city = per_class == CITY_STEP && ann_city_names(s) };
	if (!status && !(to.count && to.drawn))
		status = ann_nomem(err);
	for (size_t k = 0; !status && k < (size_t)p->width * (size_t)p->height; k++)
		if (wide)
			((uint16_t *)im->data)[k] = (uint16_t)(instances ? 0 : background);
		else
			((uint8_t *)im->data)[k] = (uint8_t)(instances ? 0 : background);
	if (!status)
		status = ann_paint_objects(s, i, false, ANN_LATER_ON_TOP, stamp, &to, err);
	*lost += to.lost;
	*covered += !status && !instances ? count_covered(&to, im) : 0;
	secant_free(to.count), secant_free(to.drawn);
	if (status)
		secant_image_free(im);
	return status;
}

static secant_status
put_palette(const ann_set *s, secant_image *im, const int *value, bool voc, int background)
{
	if (im->dtype != SECANT_U8)
		return SECANT_OK;
	im->palette = secant_calloc(256, sizeof *im->palette);
	if (!im->palette)
		return SECANT_ERR_NOMEM;
	im->palette_count = 256;
	for (int i = 0; i < 256; i++) {
		int class = -1;
		for (int k = 0; k < s->n_classes; k++)
			class = value[k] == i ? k : class;
		int32_t c = class >= 0 || voc ? ann_mask_colour(s, class, voc, i) : i == background ? 0 : 0xe0e0c0;
		im->palette[i][0] = (uint8_t)(c >> 16), im->palette[i][1] = (uint8_t)(c >> 8), im->palette[i][2] = (uint8_t)c;
	}
	return SECANT_OK;
}

static secant_status
write_lists(const ann_set *s, ann_out *out, const mask_layout *l, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	for (int k = 0; !status && k < s->n_splits; k++) {
		for (int i = 0; i < s->n_images; i++)
			if (s->images[i].splits >> k & 1) {
				char *stem = ann_with_extension(ann_str(s, s->images[i].name), "");
				if (stem)
					base_str_addf(&t, "%.*s\n", (int)strlen(stem) - 1, stem);
				secant_free(stem);
			}
		char *name = base_format("%s%s%s.txt", l->list_folder, *l->list_folder ? "/" : "", ann_str(s, s->splits[k]));
		status = name ? ann_out_str(out, name, &t, err) : ann_nomem(err);
		secant_free(name);
	}
	base_str_free(&t);
	return status;
}

/* Folders of the picture's list; other lists than the layout's three go to where pictures without list go. */
static int
place_of(const mask_layout *l, const char *split)
{
	int none = 0;
	for (int k = 0; k < 8 && l->place[k].images; k++) {
		if (!strcmp(l->place[k].list, split))
			return k;
		none = *l->place[k].list ? none : k;
	}
	return none;
}

secant_status
ann_mask_write(ann_set *s, ann_out *out, int which, secant_err *err)
{
	const mask_layout *l = &ann_layouts[which];
	int *value = secant_calloc((size_t)s->n_classes + 1, sizeof *value), background = 0, more = 0, other = 0, alone = 0,
		covered = 0;
	int step = which == CITYSCAPES ? CITY_STEP : which == KITTI_SEG ? KITTI_STEP : 0;
	secant_status status = value ? ann_mask_write_classes(s, out, which, err) : ann_nomem(err);
	if (!status)
		ann_mask_values(s, l, value, &background);
	if (!status && l->lists_in_files)
		status = write_lists(s, out, l, err);
	base_str lines[8] = { { 0 } }; /* CamVid, as SegNet has it: a list of pictures and masks for each folder */
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = l->lists_in_files ? "" : ann_one_split(s, im, &more),
				   *ext = base_path_ext(ann_str(s, im->name));
		int k = place_of(l, split);
		other += strcmp(l->place[k].list, split) != 0;
		char *stem = ann_mask_stem(ann_str(s, im->name), l->image_end);
		const char *city_folder = which == CITYSCAPES && stem && !strchr(stem, '/') ? "all/" : "";
		for (int pass = 0; !status && pass < 2; pass++) {
			const char *folder_name = pass ? l->place[k].instances : l->place[k].masks;
			secant_image mask = { 0 };
			if (!folder_name)
				continue;
			char *path = stem
				? base_format("%s/%s%s%s.png", folder_name, city_folder, stem, pass ? l->instance_end : l->mask_end)
				: NULL;
			status = path ? paint(s, i, value, background, pass, pass ? step : 0, &mask, &alone, &covered, err)
						  : ann_nomem(err);
			if (!status && put_palette(s, &mask, value, which == VOC_SEG || pass, background))
				status = ann_nomem(err);
			if (!status && which == CITYSCAPES) {
				secant_free(mask.palette);
				mask.palette = NULL, mask.palette_count = 0;
			}
			if (!status)
				status = ann_out_mask(out, &mask, path, err);
			secant_image_free(&mask);
			secant_free(path);
		}
		char *picture = stem
			? base_format("%s/%s%s%s.%s", l->place[k].images, city_folder, stem, l->image_end, *ext ? ext : "png")
			: NULL;
		if (!status)
			status = picture ? ann_out_picture(out, s, im, picture, err) : ann_nomem(err);
		if (which == CAMVID && picture) {
			const char *quote = strchr(stem, ' ') ? "\"" : "";
			base_str_addf(
				&lines[k], "%s/%s%s %s%s/%s.png%s\n", quote, picture, quote, quote, l->place[k].masks, stem, quote);
		}
		secant_free(picture), secant_free(stem);
		if (!status && i % 64 == 63)
			status = ann_call_watch(out->watch, err);
	}
	for (int k = 0; k < 8; k++) {
		char name[20];
		(void)snprintf(name, sizeof name, "%s.txt", l->place[k].images ? l->place[k].images : "");
		if (!status && lines[k].n)
			status = ann_out_str(out, name, &lines[k], err);
		base_str_free(&lines[k]);
	}
	int64_t boxes = 0, ground = 0;
	int own = ann_mask_background(s);
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		boxes += !o->shape && !(o->flags & ANN_NO_BOX);
		ground += own >= 0 && o->class == own && !(o->flags & (ANN_NO_BOX | ANN_VOID));
	}
	ann_out_lose(out, ground, "object of the class of the background (its pixels are those of no object)");
	ann_out_lose(out, boxes, "box (drawn as a filled rectangle)");
	ann_out_lose(out, alone, "object beyond those of its class that instance maps have numbers for");
	ann_out_lose(out, covered, "class of a picture that objects which follow cover wholly");
	ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	ann_out_lose(out, other, "list of a picture that the format has no folder for");
	if (!l->place[0].instances)
		ann_out_lose(out, s->n_objects, "object as a thing of its own (pixels of one class flow together)");
	secant_free(value);
	return status;
}
