/*
 * Formats whose annotations are pictures of classes. One table says where each keeps pictures, masks and instance maps, and how its
 * values are numbered; reading turns every class of a mask (every instance, where there is an instance map) into one object with a
 * run-length mask, writing paints objects in their order.
 *
 *     masks       images, masks: index or colour pictures; dataset_meta.json (label_map, segmentation_colors) where there is one
 *     voc-seg     JPEGImages, SegmentationClass (palette; 255 void), SegmentationObject, ImageSets/Segmentation
 *     cityscapes  leftImg8bit/LIST/CITY, gtFine/LIST/CITY: _labelIds, _instanceIds (class * 1000 + n)
 *     camvid      LIST, LISTannot, label_colors.txt
 *     ade20k      images/training, annotations/training (0 other, then 1 to 150), objectInfo150.txt
 *     mapillary   training/images, training/labels, config.json
 */
#include "data/annotations/rle.h"
#include "data/annotations/format.h"
#include "data/annotations/json_pull.h"
#include "base/file.h"
#include <secant/codec.h>
#include <secant/palette.h>
#include <stdio.h>

enum { VALUES = 65536, MOST_LISTS = 4 };

typedef struct layout {
	const char *name;
	struct { const char *list, *images, *masks, *instances; } place[8];   /* where to look; list "" none */
	const char *image_end, *mask_end, *instance_end;    /* what follows the common stem, before the extension for pictures */
	bool zero_is_background;                            /* 0 is no class of its own: class i has value i + 1 */
	bool lists_in_files;                                /* lists are text files in list_folder, not folders */
	const char *list_folder, *meta;
} layout;

static const layout layouts[] = {
	{ "masks", { { "", "images", "masks", NULL }, { "", "images", "labels", NULL }, { "train", "train/images", "train/masks", NULL },
		{ "val", "val/images", "val/masks", NULL }, { "train", "train/images", "train/labels", NULL }, { "val", "val/images", "val/labels", NULL } },
		"", "", "", true, true, "", "dataset_meta.json" },
	{ "voc-seg", { { "", "JPEGImages", "SegmentationClass", "SegmentationObject" } }, "", "", "", true, true, "ImageSets/Segmentation", "labelmap.txt" },
	{ "cityscapes", { { "train", "leftImg8bit/train", "gtFine/train", "gtFine/train" }, { "val", "leftImg8bit/val", "gtFine/val", "gtFine/val" },
		{ "test", "leftImg8bit/test", "gtFine/test", "gtFine/test" }, { "", "leftImg8bit/all", "gtFine/all", "gtFine/all" } }, "_leftImg8bit",
		"_gtFine_labelIds", "_gtFine_instanceIds", false, false, NULL, "label_colors.txt" },
	{ "camvid", { { "train", "train", "trainannot", NULL }, { "val", "val", "valannot", NULL }, { "test", "test", "testannot", NULL },
		{ "", "all", "allannot", NULL } }, "", "", "", false, false, NULL, "label_colors.txt" },
	{ "ade20k", { { "train", "images/training", "annotations/training", NULL }, { "val", "images/validation", "annotations/validation", NULL },
		{ "test", "images/testing", "annotations/testing", NULL }, { "", "images/all", "annotations/all", NULL } }, "", "", "", true, false, NULL, "objectInfo150.txt" },
	{ "mapillary", { { "train", "training/images", "training/labels", NULL }, { "val", "validation/images", "validation/labels", NULL },
		{ "test", "testing/images", "testing/labels", NULL }, { "train", "training/images", "training/v1.2/labels", "training/v1.2/instances" },
		{ "val", "validation/images", "validation/v1.2/labels", "validation/v1.2/instances" }, { "", "all/images", "all/labels", NULL } }, "", "", "",
		false, false, NULL, "config.json" },
};
enum { MASKS, VOC_SEG, CITYSCAPES, CAMVID, ADE20K, MAPILLARY };

static const struct { const char *name; int32_t colour; } city[] = { { "unlabeled", 0 }, { "ego vehicle", 0 }, { "rectification border", 0 },
	{ "out of roi", 0 }, { "static", 0 }, { "dynamic", 0x6f4a00 }, { "ground", 0x510051 }, { "road", 0x804080 }, { "sidewalk", 0xf423e8 },
	{ "parking", 0xfaaaa0 }, { "rail track", 0xe6968c }, { "building", 0x464646 }, { "wall", 0x66669c }, { "fence", 0xbe9999 },
	{ "guard rail", 0xb4a5b4 }, { "bridge", 0x966464 }, { "tunnel", 0x96785a }, { "pole", 0x999999 }, { "polegroup", 0x999999 },
	{ "traffic light", 0xfaaa1e }, { "traffic sign", 0xdcdc00 }, { "vegetation", 0x6b8e23 }, { "terrain", 0x98fb98 }, { "sky", 0x4682b4 },
	{ "person", 0xdc143c }, { "rider", 0xff0000 }, { "car", 0x00008e }, { "truck", 0x000046 }, { "bus", 0x003c64 }, { "caravan", 0x00005a },
	{ "trailer", 0x00006e }, { "train", 0x005064 }, { "motorcycle", 0x0000e6 }, { "bicycle", 0x770b20 } };
static const char *const voc_names[] = { "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
	"diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor" };
static const char *const camvid_names[] = { "Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol", "Fence", "Car", "Pedestrian",
	"Bicyclist", "Unlabelled" };

/* VOC's colour of class i: bits of i spread over the three bytes from the top. */
static int32_t
voc_colour(int i)
{
	int c[3] = { 0 };
	for (int k = 7; k >= 0 && i; k--, i >>= 3)
		for (int b = 0; b < 3; b++)
			c[b] |= (i >> b & 1) << k;
	return c[0] << 16 | c[1] << 8 | c[2];
}

/* --- the classes ----------------------------------------------------------------------------------------------------------------- */

static int
add(ann_set *s, const char *name, size_t n, int32_t colour)
{
	int at = secant_ann_add_class(s, name, n, ANN_NO_ID);
	if (at >= 0)
		s->classes[at].colour = colour;
	return at;
}

static secant_status
meta_json(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	json_pull j;
	ann_field key, text;
	double v;
	int row = 0;
	secant_pull_init(&j, data, n, origin);
	for (secant_pull_object(&j); secant_pull_key(&j, &key);) {
		if (ann_is(key, "label_map") && secant_pull_peek(&j) == 'o') {
			for (secant_pull_object(&j); secant_pull_key(&j, &key);) {
				int64_t id = 0;
				(void)secant_ann_integer(key.p, key.end, &id);
				if (secant_pull_string(&j, &text)) {
					int at = add(s, text.p, ann_len(text), -1);
					if (at < 0)
						break;
					s->classes[at].id = id;
				}
			}
		} else if (ann_is(key, "segmentation_colors") && secant_pull_peek(&j) == 'a') {
			for (secant_pull_array(&j); secant_pull_element(&j); row++) {
				int32_t c = 0;
				for (secant_pull_array(&j); secant_pull_element(&j) && secant_pull_number(&j, &v);)
					c = (int32_t)((uint32_t)c << 8 | (v >= 0 && v < 256 ? (uint32_t)v : 0)) & 0xffffff;
				if (row < s->n_classes)
					s->classes[row].colour = c;
			}
		} else if (ann_is(key, "background_label") && secant_pull_peek(&j) == 's') {
			int64_t id;
			if (secant_pull_string(&j, &text) && secant_ann_integer(text.p, text.end, &id))
				for (int i = 0; i < s->n_classes; i++)
					s->classes[i].is_background = s->classes[i].id == id;
		} else if (ann_is(key, "labels") && secant_pull_peek(&j) == 'a') {     /* mapillary */
			for (secant_pull_array(&j); secant_pull_element(&j);) {
				char name[300] = "";
				int32_t c = -1;
				for (secant_pull_object(&j); secant_pull_key(&j, &key);) {
					if (ann_is(key, "readable") || (ann_is(key, "name") && !*name)) {
						if (secant_pull_string(&j, &text))
							snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
					} else if (ann_is(key, "color") && secant_pull_peek(&j) == 'a') {
						c = 0;
						for (secant_pull_array(&j); secant_pull_element(&j) && secant_pull_number(&j, &v);)
							c = (int32_t)((uint32_t)c << 8 | (v >= 0 && v < 256 ? (uint32_t)v : 0)) & 0xffffff;
					} else
						secant_pull_skip(&j, NULL);
				}
				if (!j.err.code)
					(void)add(s, name, strlen(name), c);
			}
		} else
			secant_pull_skip(&j, NULL);
	}
	secant_status status = j.err.code ? secant_fail(err, j.err.code, "%s", j.err.msg) : SECANT_OK;
	secant_pull_free(&j);
	return status;
}

/* labelmap.txt "name:r,g,b::", label_colors.txt "r g b name", objectInfo150.txt "index ratio train val name": by their shape. */
static secant_status
meta_lines(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = secant_ann_lines(data, n);
	while (secant_ann_next_line(&l)) {
		ann_field f = secant_ann_trim(l.line, l.line + l.n), part[5];
		int64_t c[3] = { -1, -1, -1 };
		if (!ann_len(f) || *f.p == '#' || ann_starts(f, "Idx"))
			continue;
		ann_field name = f;
		if (memchr(f.p, ':', ann_len(f))) {
			ann_field rgb[3];
			int parts = secant_ann_fields(f.p, ann_len(f), ':', part, 5);
			name = part[0];
			if (parts > 1 && secant_ann_fields(part[1].p, ann_len(part[1]), ',', rgb, 3) == 3)
				for (int i = 0; i < 3; i++)
					(void)secant_ann_integer(rgb[i].p, rgb[i].end, &c[i]);
		} else if (strstr(origin, "objectInfo")) {
			const char *tab = f.end;
			while (tab > f.p && tab[-1] != '\t')
				tab--;
			name = (ann_field){ tab, f.end };
		} else if (secant_ann_fields(f.p, ann_len(f), 0, part, 4) >= 4 && secant_ann_integer(part[0].p, part[0].end, &c[0])
			&& secant_ann_integer(part[1].p, part[1].end, &c[1]) && secant_ann_integer(part[2].p, part[2].end, &c[2]))
			name = (ann_field){ part[3].p, f.end };
		bool colour = !((c[0] | c[1] | c[2]) & ~255LL);
		if (add(s, name.p, ann_len(name), colour ? (int32_t)(c[0] << 16 | c[1] << 8 | c[2]) : -1) < 0)
			return secant_ann_nomem(err);
	}
	return SECANT_OK;
}

static bool
is_background(const char *name)
{
	return !strcmp(name, "background") || !strcmp(name, "Background");
}

static secant_status
read_classes(ann_set *s, const char *root, const layout *l, const secant_dataset_reading *o, secant_err *err)
{
	char *meta = secant_path_join(root, l->meta);
	secant_status status = secant_ann_read_option_names(s, o, err);
	if (!status && !s->n_classes && meta && secant_is_file(meta))
		status = secant_ann_read_text(s, -1, meta, secant_ext_is(meta, "json") ? meta_json : meta_lines, err);
	bool given = s->n_classes > 0;
	for (int i = 0; !status && !given && l == &layouts[VOC_SEG] && i < 21; i++)
		(void)add(s, voc_names[i], strlen(voc_names[i]), voc_colour(i));
	for (int i = 0; !status && !given && l == &layouts[CITYSCAPES] && i < 34; i++)
		(void)add(s, city[i].name, strlen(city[i].name), city[i].colour);
	for (int i = 0; !status && !given && l == &layouts[CAMVID] && i < 12; i++)
		(void)add(s, camvid_names[i], strlen(camvid_names[i]), -1);
	for (int i = 0; i < s->n_classes && (l->zero_is_background || given); i++)
		s->classes[i].is_background = s->classes[i].is_background || is_background(ann_str(s, s->classes[i].name));
	s->flags |= s->n_classes > 0;
	secant_free(meta);
	return status;
}

static int
background_class(const ann_set *s)
{
	for (int i = 0; i < s->n_classes; i++)
		if (s->classes[i].is_background)
			return i;
	return -1;
}

/* --- reading masks --------------------------------------------------------------------------------------------------------------- */

/* Class of a value: >= 0, ANN_NO_CLASS for what is no object, -2 void, -3 unknown. Open class lists grow. */
static int
class_of(ann_set *s, const layout *l, int value, int top)
{
	int background = background_class(s);
	if (value == top)
		return -2;
	if (background >= 0 ? value == background : l->zero_is_background && value == 0)
		return ANN_NO_CLASS;
	int at = background >= 0 || !l->zero_is_background ? value : value - 1;
	if (s->flags & 1)
		return at < s->n_classes ? at : -3;
	while (s->n_classes <= at) {
		char name[16];
		int n = snprintf(name, sizeof name, "%d", s->n_classes + l->zero_is_background);
		if (add(s, name, (size_t)n, -1) < 0)
			return -3;
	}
	return at;
}

static uint32_t
store_rle(ann_set *s, const uint8_t *pixels, int w, int h, secant_err *err)
{
	ann_rle r;
	secant_str t = { 0 };
	if (secant_ann_rle_from_pixels(&r, pixels, (uint32_t)h, (uint32_t)w, err))
		return 0;
	secant_ann_rle_encode(&t, r.runs, r.n);
	uint32_t shape = secant_ann_rle(s, h, w, t.p ? t.p : "", t.n, false);
	secant_str_free(&t);
	secant_ann_rle_free(&r);
	return shape;
}

/* A mask file as one value a pixel: indices, or the classes of its colours. */
static secant_status
values(ann_set *s, const char *path, const layout *l, uint16_t **out, int *w, int *h, int *top, secant_err *err)
{
	secant_image im;
	secant_image_read_options read = { .palette_as_indices = true };
	secant_status status = secant_image_read(&im, path, &read, err);
	if (status)
		return status;
	size_t n = (size_t)im.width * (size_t)im.height;
	uint16_t *v = secant_calloc(n, sizeof *v);
	*w = im.width, *h = im.height;
	*top = im.dtype == SECANT_U16 ? 65535 : 255;
	if (!v)
		status = secant_ann_nomem(err);
	else if (im.channels == 1 && (im.dtype == SECANT_U8 || im.dtype == SECANT_U16))
		for (size_t i = 0; i < n; i++)
			v[i] = im.dtype == SECANT_U8 ? ((uint8_t *)im.data)[i] : ((uint16_t *)im.data)[i];
	else if (im.channels >= 3 && im.dtype == SECANT_U8) {
		ann_table colours = { 0 };
		int background = background_class(s);
		for (int i = 0; i < s->n_classes; i++)
			if (s->classes[i].colour >= 0)
				(void)secant_ann_table_put(&colours, (uint64_t)s->classes[i].colour, (uint32_t)(background >= 0 || !l->zero_is_background ? i : i + 1));
		for (size_t i = 0; i < n && !status; i++) {
			const uint8_t *c = (const uint8_t *)im.data + i * (size_t)im.channels;
			uint32_t value, rgb = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
			if (secant_ann_table_get(&colours, rgb, &value))
				v[i] = (uint16_t)value;
			else if (c[0] == c[1] && c[1] == c[2] && !colours.n)
				v[i] = c[0];
			else if (rgb == 0xe0e0c0 || rgb == 0xffffff)
				v[i] = (uint16_t)*top;
			else if (rgb)
				status = secant_ann_bad(s, "mask-value", path, (uint32_t)(i / (size_t)im.width) + 1, (uint32_t)(i % (size_t)im.width) + 1, err,
					"colour %d, %d, %d is that of no class", c[0], c[1], c[2]), i = s->collect ? n : i;
		}
		secant_ann_table_free(&colours);
	} else
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: a mask of %d channels", path, im.channels);
	secant_image_free(&im);
	if (status)
		secant_free(v);
	else
		*out = v;
	return status;
}

/* One object for each pair of class and instance. */
static secant_status
decode_mask(ann_set *s, int image, const layout *l, const char *mask, const char *instances, secant_err *err)
{
	uint16_t *v = NULL, *id = NULL;
	int w, h, iw, ih, top, ignored;
	secant_err one = { 0 };
	if (values(s, mask, l, &v, &w, &h, &top, &one))
		return secant_ann_bad(s, "image-unreadable", mask, 0, 0, err, "%s", one.msg);
	if (instances && (values(s, instances, &layouts[CITYSCAPES], &id, &iw, &ih, &ignored, &one) || iw != w || ih != h)) {
		secant_free(id);
		id = NULL;
	}
	size_t n = (size_t)w * (size_t)h;
	uint8_t *layer = secant_calloc(n, 1), *present = secant_calloc(VALUES, 1);
	secant_status status = layer && present ? SECANT_OK : secant_ann_nomem(err);
	ann_table pairs = { 0 };
	uint64_t *order = NULL;
	int count = 0, capacity = 0;
	for (size_t i = 0; !status && i < n; i++) {
		uint64_t pair = (uint64_t)v[i] << 16 | (id && v[i] != top ? id[i] : 0);
		uint32_t seen;
		if (i && pair == ((uint64_t)v[i - 1] << 16 | (id && v[i - 1] != top ? id[i - 1] : 0)))
			continue;
		if (secant_ann_table_get(&pairs, pair, &seen))
			continue;
		if (!secant_ann_table_put(&pairs, pair, (uint32_t)i) || secant_grow((void **)&order, &capacity, count, sizeof *order))
			status = secant_ann_nomem(err);
		else
			order[count++] = pair;
		if (count > 20000)
			status = secant_ann_bad(s, "mask-value", mask, 0, 0, err, "more than 20000 regions: this is no class mask"), i = n;
	}
	for (int k = 0; !status && k < count; k++) {
		int value = (int)(order[k] >> 16), class = class_of(s, l, value, top);
		uint32_t where = 0;
		if (class == ANN_NO_CLASS)
			continue;
		(void)secant_ann_table_get(&pairs, order[k], &where);
		if (class == -3) {
			status = secant_ann_bad(s, "mask-value", mask, where / (uint32_t)w + 1, where % (uint32_t)w + 1, err, "value %d, but there are %d classes",
				value, s->n_classes);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			layer[i] = v[i] == value && (!id || value == top || id[i] == (order[k] & 0xffff));
		uint32_t shape = store_rle(s, layer, w, h, err);
		ann_object *o = secant_ann_add_object(s, image, class == -2 ? ANN_NO_CLASS : class);
		if (!o)
			status = secant_ann_nomem(err);
		else
			o->shape = shape, o->flags = ANN_BOX_DERIVED | (class == -2 ? ANN_VOID : 0u);
	}
	if (!status && !s->images[image].width)
		s->images[image].width = w, s->images[image].height = h;
	secant_ann_table_free(&pairs);
	secant_free(order), secant_free(layer), secant_free(present), secant_free(v), secant_free(id);
	return status;
}

/* --- folders --------------------------------------------------------------------------------------------------------------------- */

static bool
folder(const char *root, const char *below)
{
	char *p = secant_path_join(root, below);
	bool there = p && secant_is_dir(p);
	secant_free(p);
	return there;
}

static int
detect_layout(const char *path, int which)
{
	const layout *l = &layouts[which];
	for (int i = 0; i < 8 && l->place[i].images; i++)
		if (folder(path, l->place[i].images) && folder(path, l->place[i].masks))
			return which == MASKS ? 30 : which == VOC_SEG ? folder(path, "Annotations") ? 50 : 80 : 70;
	return 0;
}

/* The stem two files share: prefixes like image_ and gt_, and the layout's endings, are no part of it. */
static char *
shared_stem(const char *relative, const char *end)
{
	char *stem = secant_ann_with_extension(relative, "");
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
read_place(ann_set *s, const char *root, const layout *l, int k, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_names pictures = { 0 }, masks = { 0 };
	char *images = secant_path_join(root, l->place[k].images), *labels = secant_path_join(root, l->place[k].masks);
	secant_status status = images && labels ? secant_ann_walk(&pictures, images, ANN_PICTURES, 6, err) : secant_ann_nomem(err);
	if (!status)
		status = secant_ann_walk(&masks, labels, "png|bmp|tif|tiff|webp|pgm|jpg|jpeg", 6, err);
	ann_set by_stem;
	secant_ann_init(&by_stem);
	for (int i = 0; !status && i < masks.n; i++) {
		char *stem = shared_stem(masks.v[i], l->mask_end);
		size_t whole = stem ? strlen(stem) : 0;
		if (!stem)
			status = secant_ann_nomem(err);
		else if (!*l->mask_end || strstr(masks.v[i], l->mask_end)) {
			const char *bare = without_prefix(stem);
			int at = secant_ann_add_image(&by_stem, bare, strlen(bare));
			if (at >= 0)
				by_stem.images[at].number = i;
			(void)whole;
		}
		secant_free(stem);
	}
	const char *list = l->place[k].list;
	int split = *list ? secant_ann_split(s, list, strlen(list)) : -1;
	for (int i = 0; !status && i < pictures.n; i++) {
		char *stem = shared_stem(pictures.v[i], l->image_end), *path = secant_path_join(images, pictures.v[i]), *mask = NULL, *ids = NULL;
		int at = path ? secant_ann_add_image(s, pictures.v[i], strlen(pictures.v[i])) : -1;
		if (!stem || at < 0)
			status = secant_ann_nomem(err);
		else {
			const char *bare = without_prefix(stem);
			int m = secant_ann_find_image(&by_stem, bare, strlen(bare));
			s->images[at].path = secant_ann_store(s, path, strlen(path));
			s->images[at].splits = split >= 0 ? 1ull << split : 0;
			mask = m >= 0 ? secant_path_join(labels, masks.v[by_stem.images[m].number]) : NULL;
			by_stem.images[m >= 0 ? m : 0].id = m >= 0 ? 1 : ANN_NO_ID;
			if (mask) {
				s->images[at].mask = s->images[at].source = secant_ann_store(s, mask, strlen(mask));
				if (l->place[k].instances)
					ids = *l->instance_end ? secant_format("%s/%s/%s%s.png", root, l->place[k].instances, stem, l->instance_end)
						: secant_format("%s/%s/%s.png", root, l->place[k].instances, stem);
				if (o->masks)
					status = decode_mask(s, at, l, mask, ids && secant_is_file(ids) ? ids : NULL, err);
			} else
				status = secant_ann_find(s, "annotation-missing", -1, path, 0, 0, "a picture without a mask");
		}
		secant_free(stem), secant_free(path), secant_free(mask), secant_free(ids);
		if (!status && i % 64 == 63)
			status = secant_ann_watch(watch, err);
	}
	for (int i = 0; !status && i < by_stem.n_images; i++)
		if (by_stem.images[i].id == ANN_NO_ID && l != &layouts[VOC_SEG])
			status = secant_ann_bad(s, "image-missing", masks.v[by_stem.images[i].number], 0, 0, err, "a mask without a picture");
	secant_ann_free(&by_stem);
	secant_names_free(&pictures), secant_names_free(&masks);
	secant_free(images), secant_free(labels);
	return status;
}

/* Masks without a class list that hold 0 and 255 only are binary: 255 is the foreground, not void. */
static secant_status
binary(ann_set *s, secant_err *err)
{
	bool voids = false;
	for (int i = 0; i < s->n_objects; i++)
		voids = voids || s->objects[i].flags & ANN_VOID;
	if (s->flags & 1 || s->n_classes || !voids)
		return SECANT_OK;
	int class = secant_ann_class(s, "foreground", 10);
	if (class < 0)
		return secant_ann_nomem(err);
	secant_ann_note(s, "masks hold 0 and 255 only: 255 is class 'foreground'");
	for (int i = 0; i < s->n_objects; i++) {
		s->objects[i].class = class;
		s->objects[i].flags &= ~(uint32_t)ANN_VOID;
	}
	return SECANT_OK;
}

static secant_status
read_layout(ann_set *s, const char *root, int which, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	const layout *l = &layouts[which];
	secant_status status = read_classes(s, root, l, o, err);
	bool any = false;
	for (int k = 0; !status && k < 8 && l->place[k].images; k++)
		if (folder(root, l->place[k].images) && folder(root, l->place[k].masks)) {
			status = read_place(s, root, l, k, o, watch, err);
			any = true;
		}
	if (!status && !any)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: no folders %s and %s", root, l->place[0].images, l->place[0].masks);
	secant_names lists = { 0 };
	char *where = l->lists_in_files ? secant_path_join(root, l->list_folder) : NULL;
	if (!status && where && secant_is_dir(where))
		status = secant_ann_walk(&lists, where, "txt", 0, err);
	for (int i = 0; !status && i < lists.n; i++) {
		char *path = secant_path_join(where, lists.v[i]), *stem = secant_path_stem(lists.v[i]);
		bool list = which == VOC_SEG || (stem && (!strcmp(stem, "train") || !strcmp(stem, "val") || !strcmp(stem, "test")));
		if (path && stem && list)
			status = secant_ann_read_list(s, path, stem, false, NULL, err);
		secant_free(path), secant_free(stem);
	}
	secant_names_free(&lists);
	secant_free(where);
	return status ? status : which == MASKS ? binary(s, err) : SECANT_OK;
}

/* --- writing --------------------------------------------------------------------------------------------------------------------- */

static int32_t
colour_of(const ann_set *s, int class, bool voc, int value)
{
	uint8_t c[3];
	if (class >= 0 && s->classes[class].colour >= 0)
		return s->classes[class].colour;
	if (voc)
		return voc_colour(value);
	secant_palette(class, c);
	return c[0] << 16 | c[1] << 8 | c[2];
}

/* Value of class i in masks of this layout, and of the background. Cityscapes' own ids where all names are its own. */
static bool
city_names(const ann_set *s)
{
	for (int i = 0; i < s->n_classes; i++) {
		bool known = false;
		for (int k = 0; k < 34 && !known; k++)
			known = !strcmp(city[k].name, ann_str(s, s->classes[i].name));
		if (!known)
			return false;
	}
	return s->n_classes > 0;
}

static void
number(const ann_set *s, const layout *l, int *value, int *background)
{
	int own = background_class(s);
	bool city_own = l == &layouts[CITYSCAPES] && city_names(s), shift = own < 0;
	*background = city_own ? 0 : own < 0 ? 0 : own;
	for (int i = 0; i < s->n_classes; i++) {
		value[i] = shift ? i + 1 : i;
		for (int k = 0; city_own && k < 34; k++)
			if (!strcmp(city[k].name, ann_str(s, s->classes[i].name)))
				value[i] = k;
	}
}

static secant_status
paint(const ann_set *s, int i, const int *value, int background, bool instances, int per_class, secant_image *im, secant_err *err)
{
	const ann_image *p = &s->images[i];
	int most = 0, seen = 0;
	for (int k = 0; k < s->n_classes; k++)
		most = value[k] > most ? value[k] : most;
	bool wide = instances ? per_class || s->first[i + 1] - s->first[i] > 254 : most > 254;
	secant_status status = secant_ann_need_size(s, p, "a mask", err);
	if (!status)
		status = secant_image_new(im, p->width, p->height, 1, wide ? SECANT_U16 : SECANT_U8, err);
	size_t n = (size_t)p->width * (size_t)p->height;
	uint8_t *layer = status ? NULL : secant_calloc(n, 1);
	int *count = status ? NULL : secant_calloc((size_t)s->n_classes + 1, sizeof *count);
	if (!status && (!layer || !count))
		status = secant_ann_nomem(err);
	for (size_t k = 0; !status && k < n; k++)
		if (wide)
			((uint16_t *)im->data)[k] = (uint16_t)(instances ? 0 : background);
		else
			((uint8_t *)im->data)[k] = (uint8_t)(instances ? 0 : background);
	for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		bool is_void = o->flags & ANN_VOID;
		if (o->flags & ANN_NO_BOX || (o->class < 0 && !is_void))
			continue;
		int v = is_void ? wide ? 65535 : 255 : !instances ? value[o->class] : per_class ? value[o->class] * per_class + count[o->class]++ : ++seen;
		memset(layer, 0, n);
		status = secant_ann_paint(s, o, false, p, layer, err);
		for (size_t at = 0; !status && at < n; at++)
			if (layer[at] && wide)
				((uint16_t *)im->data)[at] = (uint16_t)v;
			else if (layer[at])
				((uint8_t *)im->data)[at] = (uint8_t)v;
	}
	secant_free(layer), secant_free(count);
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
		int32_t c = class >= 0 ? colour_of(s, class, voc, i) : voc ? voc_colour(i) : i == background ? 0 : 0xe0e0c0;
		im->palette[i][0] = (uint8_t)(c >> 16), im->palette[i][1] = (uint8_t)(c >> 8), im->palette[i][2] = (uint8_t)c;
	}
	return SECANT_OK;
}

static secant_status
write_meta(const ann_set *s, ann_out *out, int which, secant_err *err)
{
	secant_str t = { 0 }, colours = { 0 };
	const layout *l = &layouts[which];
	int own = background_class(s), row = 0;
	bool first = true;
	if (which == MASKS)
		secant_str_add(&t, "{\n  \"label_map\": {");
	else if (which == MAPILLARY)
		secant_str_add(&t, "{\n  \"labels\": [");
	else if (which == ADE20K)
		secant_str_add(&t, "Idx\tRatio\tTrain\tVal\tName\n");
	else if (which == VOC_SEG)
		secant_str_add(&t, "# label:color_rgb:parts:actions\n");
	for (int i = own < 0 ? -1 : 0; i < s->n_classes; i++) {
		const char *name = i < 0 ? "background" : ann_str(s, s->classes[i].name);
		int32_t c = i < 0 ? 0 : colour_of(s, i, which == VOC_SEG, own < 0 ? i + 1 : i);
		int value = own < 0 ? i + 1 : i, rgb[3] = { c >> 16 & 255, c >> 8 & 255, c & 255 };
		if (which == ADE20K && i < 0)
			continue;
		switch (which) {
		case MASKS:
			secant_str_addf(&t, "%s\n    \"%d\": ", first ? "" : ",", value);
			secant_ann_json_string(&t, name, strlen(name));
			secant_str_addf(&colours, "%s\n    [%d, %d, %d]", first ? "" : ",", rgb[0], rgb[1], rgb[2]);
			break;
		case MAPILLARY:
			secant_str_addf(&t, "%s\n    {\"color\": [%d, %d, %d], \"readable\": ", first ? "" : ",", rgb[0], rgb[1], rgb[2]);
			secant_ann_json_string(&t, name, strlen(name));
			secant_str_add(&t, "}");
			break;
		case ADE20K: secant_str_addf(&t, "%d\t0\t0\t0\t%s\n", ++row, name); break;
		case VOC_SEG: secant_str_addf(&t, "%s:%d,%d,%d::\n", name, rgb[0], rgb[1], rgb[2]); break;
		default: secant_str_addf(&t, "%d %d %d %s\n", rgb[0], rgb[1], rgb[2], name);
		}
		first = false;
	}
	if (which == MASKS)
		secant_str_addf(&t, "\n  },\n  \"segmentation_colors\": [%s\n  ],\n  \"background_label\": \"%d\"\n}\n", colours.p ? colours.p : "", own < 0 ? 0 : own);
	else if (which == MAPILLARY)
		secant_str_add(&t, "\n  ]\n}\n");
	bool city_own = which == CITYSCAPES && city_names(s);
	secant_status status = city_own ? SECANT_OK : secant_ann_out_str(out, l->meta, &t, err);
	secant_str_free(&t), secant_str_free(&colours);
	return status;
}

static secant_status
write_lists(const ann_set *s, ann_out *out, const layout *l, secant_err *err)
{
	secant_str t = { 0 };
	secant_status status = SECANT_OK;
	for (int k = 0; !status && k < s->n_splits; k++) {
		for (int i = 0; i < s->n_images; i++)
			if (s->images[i].splits >> k & 1) {
				char *stem = secant_ann_with_extension(ann_str(s, s->images[i].name), "");
				if (stem)
					secant_str_addf(&t, "%.*s\n", (int)strlen(stem) - 1, stem);
				secant_free(stem);
			}
		char *name = secant_format("%s%s%s.txt", l->list_folder, *l->list_folder ? "/" : "", ann_str(s, s->splits[k]));
		status = name ? secant_ann_out_str(out, name, &t, err) : secant_ann_nomem(err);
		secant_free(name);
	}
	secant_str_free(&t);
	return status;
}

/* Folders of the picture's list; other lists than the layout's three go to where pictures without list go. */
static int
place_of(const layout *l, const char *split)
{
	int none = 0;
	for (int k = 0; k < 8 && l->place[k].images; k++) {
		if (!strcmp(l->place[k].list, split))
			return k;
		none = *l->place[k].list ? none : k;
	}
	return none;
}

static secant_status
write_layout(ann_set *s, ann_out *out, int which, secant_err *err)
{
	const layout *l = &layouts[which];
	int *value = secant_calloc((size_t)s->n_classes + 1, sizeof *value), background = 0, more = 0, other = 0;
	secant_status status = value ? write_meta(s, out, which, err) : secant_ann_nomem(err);
	if (!status)
		number(s, l, value, &background);
	if (!status && l->lists_in_files)
		status = write_lists(s, out, l, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = l->lists_in_files ? "" : secant_ann_one_split(s, im, &more), *ext = secant_path_ext(ann_str(s, im->name));
		int k = place_of(l, split);
		other += strcmp(l->place[k].list, split) != 0;
		char *stem = shared_stem(ann_str(s, im->name), l->image_end);
		const char *city_folder = which == CITYSCAPES && stem && !strchr(stem, '/') ? "all/" : "";
		for (int pass = 0; !status && pass < 2; pass++) {
			const char *folder_name = pass ? l->place[k].instances : l->place[k].masks;
			secant_image mask = { 0 };
			if (!folder_name)
				continue;
			char *path = stem ? secant_format("%s/%s%s%s.png", folder_name, city_folder, stem, pass ? l->instance_end : l->mask_end) : NULL;
			status = path ? paint(s, i, value, background, pass, pass && which == CITYSCAPES ? 1000 : 0, &mask, err) : secant_ann_nomem(err);
			if (!status && put_palette(s, &mask, value, which == VOC_SEG || pass, background))
				status = secant_ann_nomem(err);
			if (!status && which == CITYSCAPES) {
				secant_free(mask.palette);
				mask.palette = NULL, mask.palette_count = 0;
			}
			if (!status)
				status = secant_ann_out_mask(out, &mask, path, err);
			secant_image_free(&mask);
			secant_free(path);
		}
		char *picture = stem ? secant_format("%s/%s%s%s.%s", l->place[k].images, city_folder, stem, l->image_end, *ext ? ext : "png") : NULL;
		if (!status)
			status = picture ? secant_ann_out_picture(out, s, im, picture, err) : secant_ann_nomem(err);
		secant_free(picture), secant_free(stem);
		if (!status && i % 64 == 63)
			status = secant_ann_watch(out->watch, err);
	}
	int64_t boxes = 0;
	for (int i = 0; i < s->n_objects; i++)
		boxes += !s->objects[i].shape && !(s->objects[i].flags & ANN_NO_BOX);
	secant_ann_out_lose(out, boxes, "box (drawn as a filled rectangle)");
	secant_ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	secant_ann_out_lose(out, other, "list of a picture that the format has no folder for");
	if (!l->place[0].instances)
		secant_ann_out_lose(out, s->n_objects, "object as a thing of its own (pixels of one class flow together)");
	secant_free(value);
	return status;
}

/* For the fuzzer: the class lists, by what the text looks like. */
static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return n && *d == '{' ? meta_json(s, -1, d, n, o, e) : meta_lines(s, -1, d, n, o, e);
}

#define HOLDS (ANN_HOLDS_MASK | ANN_HOLDS_RLE | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_VOID | ANN_HOLDS_QUAD)
#define LAYOUT(id, which, title, words, reason) \
	static int detect_##id(const char *p, const char **why) { *why = reason; return detect_layout(p, which); } \
	static secant_status read_##id(ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e) \
	{ return read_layout(s, p, which, o, w, e); } \
	static secant_status write_##id(ann_set *s, ann_out *o, secant_err *e) { return write_layout(s, o, which, e); } \
	const ann_format secant_ann_format_##id = { .name = title, .brief = words, .holds = HOLDS, .detect = detect_##id, .read = read_##id, \
		.write = write_##id, .parse = parse_one };
LAYOUT(masks, MASKS, "masks", "pictures and class masks in two folders", "it has images and masks")
LAYOUT(voc_seg, VOC_SEG, "voc-seg", "PASCAL VOC segmentation: palette masks", "it has SegmentationClass")
LAYOUT(cityscapes, CITYSCAPES, "cityscapes", "Cityscapes: leftImg8bit and gtFine", "it has leftImg8bit and gtFine")
LAYOUT(camvid, CAMVID, "camvid", "CamVid: train and trainannot, ...", "it has train and trainannot")
LAYOUT(ade20k, ADE20K, "ade20k", "ADE20K: images/training and annotations/training", "it has annotations/training")
LAYOUT(mapillary, MAPILLARY, "mapillary", "Mapillary Vistas and its like: training/images and training/labels", "it has training/labels")
