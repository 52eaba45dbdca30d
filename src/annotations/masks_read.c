/*
 * Mask pictures to annotations: every class of a mask (every instance, where there is an instance map) becomes one
 * object with a run-length mask; or, for whoever wants pixels, the mask becomes a plane of classes.
 */
#include "annotations/find.h"
#include "annotations/masks.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

/* --- one mask
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Class of a value, which the set need not have; ANN_NO_CLASS for what is no object, -2 void. */
static int
class_of(const ann_set *s, const mask_layout *l, int value, int top)
{
	int background = ann_mask_background(s);
	if (value == top || value == ANN_NO_VALUE)
		return -2;
	if (background >= 0 ? value == background : ann_mask_zero_is_background(s, l) && value == 0)
		return ANN_NO_CLASS;
	return background >= 0 || !ann_mask_zero_is_background(s, l) ? value : value - 1;
}

/* Open class lists grow up to the class; false: the list is closed and has no such class. */
static bool
have_class(ann_set *s, const mask_layout *l, int class)
{
	while (!(s->flags & 1) && s->n_classes <= class) {
		char name[16];
		int n = snprintf(name, sizeof name, "%d", s->n_classes + l->zero_is_background);
		if (ann_add_class(s, name, (size_t)n, ANN_NO_ID) < 0)
			return false;
	}
	return class < s->n_classes;
}

/* A mask of another size than its picture: scaled by nearest where that was asked for. */
static secant_status
fit_picture(ann_set *s, int image, const char *path, bool scale, ann_pixels *m, secant_err *err)
{
	secant_err own = { 0 };
	if (ann_probe(s, image, &own)) /* an unreadable picture is another's to report */
		return SECANT_OK;
	int w = s->images[image].real_width, h = s->images[image].real_height;
	if (!w || (w == m->w && h == m->h))
		return SECANT_OK;
	if (w == m->h && h == m->w)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"the mask is %d x %d, its picture %d x %d: it lies on its side; %s, so turn the mask", m->w, m->h, w, h,
			s->images[image].orientation > 4 ? "the picture's EXIF orientation turns it" : "one of them was turned");
	if (!scale)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"the mask is %d x %d, its picture %d x %d; --scale-masks would scale it by nearest", m->w, m->h, w, h);
	uint16_t *to = secant_calloc((size_t)w * (size_t)h, sizeof *to);
	if (!to)
		return ann_nomem(err);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			to[(size_t)y * (size_t)w + (size_t)x] =
				m->v[(size_t)((2 * (int64_t)y + 1) * m->h / (2 * (int64_t)h)) * (size_t)m->w
					+ (size_t)((2 * (int64_t)x + 1) * m->w / (2 * (int64_t)w))];
	ann_note(s, "%s: scaled from %d x %d to its picture's %d x %d", path, m->w, m->h, w, h);
	secant_free(m->v);
	m->v = to;
	m->w = w;
	m->h = h;
	return SECANT_OK;
}

/* 26001 is the first instance of class 26, 7 a region of class 7. */
static void
classes_of_ids(ann_pixels *m)
{
	size_t n = (size_t)m->w * (size_t)m->h;
	for (size_t i = 0; i < n; i++)
		m->v[i] = m->v[i] >= 1000 && m->v[i] != 65535 ? m->v[i] / 1000 : m->v[i];
}

secant_status
ann_mask_plane(const ann_set *s, int image, uint16_t **plane, int *w, int *h, secant_err *err)
{
	const char *path = ann_str(s, s->images[image].mask);
	const mask_layout *l = ann_layout(s);
	ann_pixels m;
	secant_status status = ann_mask_pixels(s, path, l, &m, err);
	if (!status)
		ann_mask_follow_colours(s, l, &m);
	if (!status && ann_cityscapes_instances(path))
		classes_of_ids(&m);
	size_t n = (size_t)m.w * (size_t)m.h;
	if (!status && m.bad)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: colour %d, %d, %d at (%zu, %zu) is that of no class", path,
			m.colour[0], m.colour[1], m.colour[2], (m.bad - 1) % (size_t)m.w, (m.bad - 1) / (size_t)m.w);
	for (size_t i = 0; !status && i < n; i++) {
		int class = class_of(s, l, m.v[i], m.top);
		if (class >= s->n_classes)
			status = secant_fail(err, SECANT_ERR_FORMAT, "%s: value %d at (%zu, %zu), but there are %d classes", path,
				m.v[i], i % (size_t)m.w, i / (size_t)m.w, s->n_classes);
		m.v[i] = class == -2 ? ANN_PLANE_VOID : class < 0 ? ANN_PLANE_NONE : (uint16_t) class;
	}
	if (status) {
		secant_free(m.v);
		return status;
	}
	*plane = m.v, *w = m.w, *h = m.h;
	return SECANT_OK;
}

/* What the masks of a set have to do with each other: the colour of each index, and the mask that had it first. A
 * program that chooses a palette anew for every picture gives one class several indices. */
typedef struct palettes {
	int32_t colour[256];
	int image[256];
	bool said; /* that colours decide */
} palettes;

static secant_status
compare_palettes(ann_set *s, palettes *p, int image, const ann_pixels *m, const char *mask, secant_err *err)
{
	for (int k = 0; k < 256; k++) {
		int32_t now = m->palette[k], before = p->colour[k];
		if (now < 0 || now == before)
			continue;
		p->colour[k] = now;
		if (before >= 0)
			return ann_bad(s, "mask-value", mask, 0, 0, err,
				"index %d has the colour (%d, %d, %d), in %s (%d, %d, %d): palettes differ, so indices may not be "
				"classes; "
				"write masks with one palette, or list the classes by number (--class-names)",
				k, now >> 16, now >> 8 & 255, now & 255, ann_str(s, s->images[p->image[k]].mask), before >> 16,
				before >> 8 & 255, before & 255);
		p->image[k] = image;
	}
	return SECANT_OK;
}

/* One object for each pair of class and instance. */
static secant_status
decode_mask(ann_set *s, int image, const mask_layout *l, palettes *p, const char *mask, const char *instances,
	bool scale, secant_err *err)
{
	ann_pixels m, ids = { 0 };
	secant_err one = { 0 };
	if (ann_mask_pixels(s, mask, l, &m, &one)) {
		s->images[image].flags |= ANN_UNREADABLE_MASK;
		return ann_unreadable(s, -1, mask, &one, err);
	}
	secant_status status = SECANT_OK;
	ann_mask_follow_colours(s, l, &m);
	if (m.by_colour && !p->said) {
		p->said = true;
		ann_note(s, "%s: its palette has the colours of the class list at other numbers: the colours decide", mask);
	}
	if (ann_cityscapes_instances(mask))
		classes_of_ids(&m);
	if (fit_picture(s, image, mask, scale, &m, &one)) {
		secant_free(m.v);
		if (s->collect)
			return SECANT_OK; /* the check of pictures finds it too */
		return ann_bad(s, "mask-size", mask, 0, 0, err, "%s", one.msg);
	}
	if (m.bad)
		status = ann_bad(s, "mask-value", mask, (uint32_t)((m.bad - 1) / (size_t)m.w) + 1,
			(uint32_t)((m.bad - 1) % (size_t)m.w) + 1, err, "colour %d, %d, %d is that of no class", m.colour[0],
			m.colour[1], m.colour[2]);
	if (!status && m.indexed && !(s->flags & 1))
		status = compare_palettes(s, p, image, &m, mask, err);
	if (instances
		&& (ann_mask_pixels(s, instances, &ann_layouts[CITYSCAPES], &ids, &one) || ids.w != m.w || ids.h != m.h)) {
		secant_free(ids.v);
		ids.v = NULL;
	}
	const uint16_t *v = m.v, *id = ids.v;
	const int w = m.w, h = m.h, top = m.top;
	size_t n = (size_t)w * (size_t)h;
	uint8_t *layer = secant_calloc(n, 1);
	if (!status && !layer)
		status = ann_nomem(err);
	ann_table pairs = { 0 };
	uint64_t *order = NULL;
	int count = 0, capacity = 0;
	for (size_t i = 0; !status && i < n; i++) {
		uint64_t pair = (uint64_t)v[i] << 16 | (id && v[i] != top ? id[i] : 0);
		uint32_t seen;
		if (i && pair == ((uint64_t)v[i - 1] << 16 | (id && v[i - 1] != top ? id[i - 1] : 0)))
			continue;
		if (ann_table_get(&pairs, pair, &seen))
			continue;
		if (!ann_table_put(&pairs, pair, (uint32_t)i) || base_grow((void **)&order, &capacity, count, sizeof *order))
			status = ann_nomem(err);
		else
			order[count++] = pair;
		if (count > 20000)
			status = ann_bad(s, "mask-value", mask, 0, 0, err, "more than 20000 regions: this is no class mask"), i = n;
	}
	for (int k = 0; !status && k < count; k++) {
		int value = (int)(order[k] >> 16), class = class_of(s, l, value, top);
		uint32_t where = 0;
		if (class == ANN_NO_CLASS)
			continue;
		(void)ann_table_get(&pairs, order[k], &where);
		if (class >= 0 && !have_class(s, l, class)) {
			status = ann_bad(s, "mask-value", mask, where / (uint32_t)w + 1, where % (uint32_t)w + 1, err,
				"value %d, but there are %d classes", value, s->n_classes);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			layer[i] = v[i] == value && (!id || value == top || id[i] == (order[k] & 0xffff));
		uint32_t shape = ann_pixels_shape(s, layer, w, h, err);
		ann_object *o = ann_add_object(s, image, class == -2 ? ANN_NO_CLASS : class);
		if (!o)
			status = ann_nomem(err);
		else
			o->shape = shape,
			o->flags = ANN_BOX_DERIVED
				| (class != -2         ? 0u
						: value == top ? ANN_VOID
									   : ANN_VOID | ANN_NO_DATA);
	}
	if (!status && !s->images[image].width)
		s->images[image].width = w, s->images[image].height = h;
	ann_table_free(&pairs);
	secant_free(order), secant_free(layer), secant_free(m.v), secant_free(ids.v);
	return status;
}

/* --- folders
 * ----------------------------------------------------------------------------------------------------------------
 */

static bool
folder(const char *root, const char *below)
{
	char *p = base_path_join(root, below);
	bool there = p && secant_is_dir(p);
	secant_free(p);
	return there;
}

/* Are there texts of some format where masks should be, and not one picture? */
static bool
holds_texts(const char *root, const char *below)
{
	base_names pictures = { 0 }, texts = { 0 };
	char *path = base_path_join(root, below);
	bool is = path && !ann_walk(&texts, path, "txt|json|xml|csv", 8, NULL) && texts.n
		&& !ann_walk(&pictures, path, ANN_PICTURES, 8, NULL) && !pictures.n;
	base_names_free(&pictures), base_names_free(&texts);
	secant_free(path);
	return is;
}

int
ann_mask_detect(const char *path, int which)
{
	const mask_layout *l = &ann_layouts[which];
	for (int i = 0; i < 8 && l->place[i].images; i++)
		if (folder(path, l->place[i].images) && folder(path, l->place[i].masks)
			&& !(which == MASKS && holds_texts(path, l->place[i].masks)))
			return which == MASKS ? 30 : which == VOC_SEG ? folder(path, "Annotations") ? 50 : 80 : 70;
	return which == CITYSCAPES && folder(path, "leftImg8bit") && folder(path, "gtCoarse") ? 70 : 0;
}

/* The stem two files share: prefixes like image_ and gt_, and the layout's endings, are no part of it. */
char *
ann_mask_stem(const char *relative, const char *end)
{
	char *stem = ann_with_extension(relative, "");
	if (!stem)
		return NULL;
	stem[strlen(stem) - 1] = 0;
	size_t n = strlen(stem), e = strlen(end);
	if (e && n > e && !strcmp(stem + n - e, end))
		stem[n - e] = 0;
	return stem;
}

static const char *
without_prefix(const char *stem)
{
	static const char *const prefixes[] = { "image_", "img_", "gt_", "mask_", "label_", NULL };
	for (int i = 0; prefixes[i]; i++)
		if (!strncmp(stem, prefixes[i], strlen(prefixes[i])))
			return stem + strlen(prefixes[i]);
	return stem;
}

static secant_status
read_place(ann_set *s, const char *root, const mask_layout *l, int k, const secant_dataset_reading *o, palettes *p,
	const secant_watch *watch, secant_err *err)
{
	base_names pictures = { 0 }, masks = { 0 };
	char *images = base_path_join(root, l->place[k].images), *labels = base_path_join(root, l->place[k].masks);
	secant_status status = images && labels ? ann_walk(&pictures, images, ANN_PICTURES, 8, err) : ann_nomem(err);
	if (!status)
		status = ann_walk(&masks, labels, l->polygons ? "json" : "png|bmp|tif|tiff|webp|pgm|jpg|jpeg", 8, err);
	ann_set by_stem;
	ann_init(&by_stem);
	for (int i = 0; !status && i < masks.n; i++) {
		char *stem = ann_mask_stem(masks.v[i], l->mask_end);
		if (!stem)
			status = ann_nomem(err);
		else if (!*l->mask_end || strstr(masks.v[i], l->mask_end)) {
			const char *bare = without_prefix(stem);
			int at = ann_add_image(&by_stem, bare, strlen(bare));
			if (at < 0)
				status = ann_nomem(err);
			else
				by_stem.images[at].number = i;
		}
		secant_free(stem);
	}
	const char *list = l->place[k].list;
	int split = *list ? ann_split(s, list, strlen(list)) : -1;
	for (int i = 0; !status && i < pictures.n; i++) {
		char *stem = ann_mask_stem(pictures.v[i], l->image_end), *path = base_path_join(images, pictures.v[i]),
			 *mask = NULL, *ids = NULL;
		int at = path ? ann_add_image(s, pictures.v[i], strlen(pictures.v[i])) : -1;
		if (!stem || at < 0)
			status = ann_nomem(err);
		else {
			const char *bare = without_prefix(stem);
			int m = ann_find_image(&by_stem, bare, strlen(bare));
			s->images[at].path = ann_store(s, path, strlen(path));
			s->images[at].splits = split >= 0 ? 1ull << split : 0;
			if (m >= 0) {
				mask = base_path_join(labels, masks.v[by_stem.images[m].number]);
				by_stem.images[m].id = 1; /* a mask with a picture */
			}
			if (m >= 0 && !mask)
				status = ann_nomem(err);
			else if (mask && l->polygons) {
				s->images[at].source = ann_store(s, mask, strlen(mask));
				status = ann_cityscapes_polygons(s, at, mask, err);
			} else if (mask) {
				s->images[at].mask = s->images[at].source = ann_store(s, mask, strlen(mask));
				if (l->place[k].instances)
					ids = *l->instance_end
						? base_format("%s/%s/%s%s.png", root, l->place[k].instances, stem, l->instance_end)
						: base_format("%s/%s/%s.png", root, l->place[k].instances, stem);
				if (o->masks)
					status = decode_mask(
						s, at, l, p, mask, ids && secant_is_file(ids) ? ids : NULL, o->scale_masks, err);
			} else
				status = ann_find(s, "annotation-missing", -1, path, 0, 0, "a picture without a mask");
		}
		secant_free(stem), secant_free(path), secant_free(mask), secant_free(ids);
		if (!status && i % 64 == 63)
			status = ann_call_watch(watch, err);
	}
	for (int i = 0; !status && i < by_stem.n_images; i++)
		if (by_stem.images[i].id == ANN_NO_ID && l->fixed != VOC_CLASSES)
			status = ann_bad(
				s, "image-missing", masks.v[by_stem.images[i].number], 0, 0, err, "a mask without a picture");
	ann_free(&by_stem);
	base_names_free(&pictures), base_names_free(&masks);
	secant_free(images), secant_free(labels);
	return status;
}

/* Masks without a class list that hold 0 and 255 only are binary: 255 is the foreground, not void. */
static secant_status
binary(ann_set *s, secant_err *err)
{
	bool voids = false;
	for (int i = 0; i < s->n_objects; i++)
		voids = voids || (s->objects[i].flags & (ANN_VOID | ANN_NO_DATA)) == ANN_VOID;
	if (s->flags & 1 || s->n_classes || !voids)
		return SECANT_OK;
	int class = ann_class_named(s, "foreground", 10);
	if (class < 0)
		return ann_nomem(err);
	ann_note(s, "masks hold 0 and 255 only: 255 is class 'foreground'");
	for (int i = 0; i < s->n_objects; i++)
		if (!(s->objects[i].flags & ANN_NO_DATA)) {
			s->objects[i].class = class;
			s->objects[i].flags &= ~(uint32_t)ANN_VOID;
		}
	return SECANT_OK;
}

/* Values without a list of classes are numbers of classes; some sets of values can hardly be that. */
static secant_status
doubt_values(ann_set *s)
{
	enum { FEW = 8, SOFT = 32, WHITE = 240 };
	int used = 0, n = s->n_classes;
	bool *has = secant_calloc((size_t)n + 1, sizeof *has);
	if (!has)
		return SECANT_ERR_NOMEM;
	for (int i = 0; i < s->n_objects; i++)
		if (s->objects[i].class >= 0 && !has[s->objects[i].class]) {
			has[s->objects[i].class] = true;
			used++;
		}
	secant_free(has);
	if (s->flags & 1 || n <= FEW)
		return SECANT_OK;
	if (used >= SOFT && n >= WHITE && n < 256)
		ann_note(s,
			"the masks hold %d grey values up to %d, each taken for a class: if they are one object with soft edges, "
			"threshold them first (convert MASK.png -threshold 50%% NEW.png)",
			used, n);
	else if (used < n / 2)
		ann_note(s,
			"the masks hold %d value%s up to %d beside 0, taken for numbers of %d classes, %d of them without a pixel: "
			"spaced greys "
			"are classes only after they have been renumbered",
			used, used == 1 ? "" : "s", n, n, n - used);
	return SECANT_OK;
}

/* A folder of pictures none of which has a mask, and files beside that are no pictures. */
static secant_status
no_mask_at_all(const ann_set *s, const char *root, const mask_layout *l, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++)
		if (s->images[i].source)
			return SECANT_OK;
	for (int k = 0; k < 8 && l->place[k].images; k++) {
		static const char *const no_pictures[] = { "npy", "npz", "mat", "gif", "nii", "gz", "tga", "jp2" };
		char *labels = base_path_join(root, l->place[k].masks);
		secant_status status = SECANT_OK;
		for (size_t e = 0; labels && !status && e < sizeof no_pictures / sizeof *no_pictures; e++) {
			base_names found = { 0 };
			if (secant_is_dir(labels) && !ann_walk(&found, labels, no_pictures[e], 8, NULL) && found.n)
				status = secant_fail(err, SECANT_ERR_FORMAT,
					"%s: no picture has a mask here, but there are %d files like %s: masks are PNG, TIFF, BMP, WebP or "
					"PGM",
					labels, found.n, found.v[0]);
			base_names_free(&found);
		}
		secant_free(labels);
		if (status)
			return status;
	}
	return SECANT_OK;
}

/* Names were given, and none of them is the background: are masks those of training, where 0 is the first class? They
 * are where no value is the number of names (255 and 65535 stand for void), and all masks are of values. */
static secant_status
decide_zero(ann_set *s, const char *root, const mask_layout *l, const secant_watch *watch, secant_err *err)
{
	int most = 0;
	bool plain = true, any = false;
	secant_status status = SECANT_OK;
	for (int k = 0; !status && plain && k < 8 && l->place[k].images; k++) {
		base_names masks = { 0 };
		if (!folder(root, l->place[k].images) || !folder(root, l->place[k].masks))
			continue;
		char *labels = base_path_join(root, l->place[k].masks);
		status = labels ? ann_walk(&masks, labels, "png|bmp|tif|tiff|webp|pgm|jpg|jpeg", 8, err) : ann_nomem(err);
		for (int i = 0; !status && plain && i < masks.n; i++) {
			char *path = base_path_join(labels, masks.v[i]);
			ann_pixels m = { 0 };
			secant_err ignored = { 0 }; /* reading says it */
			if (path && !ann_mask_pixels(s, path, l, &m, &ignored)) {
				plain = m.plain;
				any = true;
				for (size_t p = 0, n = (size_t)m.w * (size_t)m.h; p < n; p++)
					most = m.v[p] > most && m.v[p] != m.top ? m.v[p] : most;
				secant_free(m.v);
			}
			secant_free(path);
			if (i % 64 == 63)
				status = ann_call_watch(watch, err);
		}
		base_names_free(&masks);
		secant_free(labels);
	}
	if (!status && any && plain && most < s->n_classes) {
		s->flags |= ANN_ZERO_IS_CLASS;
		ann_note(s,
			"no value of the masks is beyond %d: 0 is taken for class '%s', as in training (a first name 'background' "
			"says otherwise)",
			s->n_classes - 1, ann_str(s, s->classes[0].name));
	}
	return status;
}

secant_status
ann_mask_read(ann_set *s, const char *root, int which, const secant_dataset_reading *o, const secant_watch *watch,
	secant_err *err)
{
	mask_layout own = ann_layouts[which];
	const mask_layout *l = &own;
	if (which == CITYSCAPES)
		ann_cityscapes_layout(s, root, &own);
	secant_status status = which == MAPILLARY ? ann_mapillary_layout(s, root, o->task, &own, err) : SECANT_OK;
	if (!status)
		status = ann_mask_classes(s, root, l, o, err);
	if (!status && o->classes && *o->classes && l->zero_is_background && ann_mask_background(s) < 0)
		status = decide_zero(s, root, l, watch, err);
	bool any = false;
	palettes p = { .image = { 0 } };
	memset(p.colour, -1, sizeof p.colour);
	for (int k = 0; !status && k < 8 && l->place[k].images; k++)
		if (folder(root, l->place[k].images) && folder(root, l->place[k].masks)) {
			status = read_place(s, root, l, k, o, &p, watch, err);
			any = true;
		}
	if (!status && !any)
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: no folders %s and %s", root, l->place[0].images, l->place[0].masks);
	base_names lists = { 0 };
	char *where = l->lists_in_files ? base_path_join(root, l->list_folder) : NULL;
	if (!status && where && secant_is_dir(where))
		status = ann_walk(&lists, where, "txt", 0, err);
	for (int i = 0; !status && i < lists.n; i++) {
		char *path = base_path_join(where, lists.v[i]), *stem = base_path_stem(lists.v[i]);
		bool list = which == VOC_SEG
			|| (stem && (!strcmp(stem, "train") || !strcmp(stem, "val") || !strcmp(stem, "test")));
		if (path && stem && list)
			status = ann_read_list(s, path, stem, false, NULL, err);
		secant_free(path), secant_free(stem);
	}
	base_names_free(&lists);
	secant_free(where);
	if (!status && which == MASKS)
		status = binary(s, err);
	if (!status && which == MASKS)
		status = doubt_values(s);
	return status || s->collect ? status : no_mask_at_all(s, root, l, err);
}
