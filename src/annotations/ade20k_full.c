/*
 * Full ADE20K (Zhou et al., IJCV 2019): beside each picture NAME.jpg, anywhere below, NAME_seg.png with the class of a
 * pixel in red and green, R / 10 * 256 + G, and its instance in blue: the n-th of the values there are, in order. Names
 * come from NAME_atr.txt (2016),
 *
 *     instance # part level, 0 for objects # occluded # class # raw name # "attributes"
 *
 * or NAME.json (2021: annotation.object with name and name_ndx). Parts lie in NAME_parts_1.png, their parts in
 * NAME_parts_2.png, and so on, written alike; with --parts they are objects with an attribute part_level.
 */
#include "annotations/find.h"
#include "annotations/paint.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

static const char tail[] = "_seg.png";
enum { TAIL = sizeof tail - 1, DEPTH = 8, INSTANCES = 256, MOST_LEVELS = 9 };

/* "x/NAME" of "x/NAME_seg.png", fresh; NULL: another file. */
static char *
stem_of(const char *path)
{
	size_t n = strlen(path);
	return n > TAIL && !strcmp(path + n - TAIL, tail) ? base_strndup(path, n - TAIL) : NULL;
}

/* The picture of a stem, relative to root; fresh, NULL: there is none. */
static char *
picture_of(const char *root, const char *stem)
{
	char name[ANN_USUAL];
	bool is = false;
	for (int i = 0; !is && ann_usual_name(name, stem, strlen(stem), i); i++) {
		char *path = base_path_join(root, name);
		is = path && secant_is_file(path);
		secant_free(path);
	}
	return is ? base_strdup(name) : NULL;
}

static int
detect(const char *path, const char **why)
{
	base_names files = { 0 };
	int sure = 0;
	*why = "it has NAME_seg.png beside NAME.jpg";
	if (secant_is_dir(path) && !ann_walk(&files, path, "png", DEPTH, NULL))
		for (int i = 0; i < files.n && !sure; i++) {
			char *stem = stem_of(files.v[i]), *picture = stem ? picture_of(path, stem) : NULL;
			char *full = picture ? base_path_join(path, files.v[i]) : NULL;
			char *atr = full ? base_format("%s/%s_atr.txt", path, stem) : NULL;
			bool own = atr
				&& (secant_is_file(atr) || !strncmp(base_path_name(stem), "ADE_", 4)); /* others have masks so, too */
			secant_image_info info;
			sure = own && !secant_image_probe(full, &info, NULL) && info.channels >= 3 ? 97 : 0;
			secant_free(stem), secant_free(picture), secant_free(full), secant_free(atr);
		}
	base_names_free(&files);
	return sure;
}

/* --- names
 * ---------------------------------------------------------------------------------------------------------------- */

typedef struct names {
	ann_text instance[INSTANCES]; /* class of the n-th instance, 0 unknown */
	bool occluded[INSTANCES];
	json_t *objects; /* of NAME.json */
} names;

static void
parse_atr(ann_set *s, const char *data, size_t n, int level, names *to)
{
	ann_lines l = ann_lines_of(data, n);
	while (ann_next_line(&l)) {
		ann_field f[6];
		int64_t instance, part;
		int m = ann_fields(l.line, l.n, '#', f, 6);
		for (int i = 0; i < m && i < 6; i++)
			f[i] = ann_trim(f[i].p, f[i].end);
		if (m < 4 || !ann_integer(f[0].p, f[0].end, &instance) || !ann_integer(f[1].p, f[1].end, &part))
			continue;
		if (part != level || instance < 1 || instance >= INSTANCES)
			continue;
		to->instance[instance] = ann_intern(s, f[3].p, ann_len(f[3]));
		to->occluded[instance] = ann_is(f[2], "1");
	}
}

static secant_status
read_atr(ann_set *s, const char *path, int level, names *to, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	secant_status status = ann_load_text(s, path, &data, &n, err);
	if (data)
		parse_atr(s, data, n, level, to);
	secant_free(data);
	return status;
}

static secant_status
read_names(ann_set *s, const char *stem, int level, names *to, secant_err *err)
{
	char *atr = base_format("%s_atr.txt", stem), *json = base_format("%s.json", stem);
	secant_status status = atr && json ? SECANT_OK : ann_nomem(err);
	if (!status && secant_is_file(atr))
		status = read_atr(s, atr, level, to, err);
	else if (!status && secant_is_file(json)) {
		json_t *top = ann_tree(s, json, &status, err);
		to->objects = json_incref(json_object_get(json_object_get(top, "annotation"), "object"));
		json_decref(top);
	}
	secant_free(atr), secant_free(json);
	return status;
}

/* The class of an instance: by its own name, by the number's, else the number itself. */
static int
class_of(ann_set *s, const names *known, int number, int instance)
{
	char text[300];
	size_t i;
	json_t *object;
	snprintf(text, sizeof text, "%s", ann_str(s, known->instance[instance]));
	json_array_foreach (known->objects, i, object)
		if (!*text && ann_tree_number(object, "name_ndx") == number)
			snprintf(text, sizeof text, "%s", ann_tree_text(object, "name"));
	if (!*text)
		snprintf(text, sizeof text, "%d", number);
	int at = ann_find_class(s, text, strlen(text));
	return at >= 0 ? at : ann_add_class(s, text, strlen(text), number);
}

/* --- masks
 * ---------------------------------------------------------------------------------------------------------------- */

static secant_status
add_object(
	ann_set *s, int image, int class, bool occluded, int level, const uint8_t *layer, int w, int h, secant_err *err)
{
	ann_rle r = { 0 };
	base_str text = { 0 };
	secant_status status = class < 0 ? ann_nomem(err) : ann_rle_from_pixels(&r, layer, (uint32_t)h, (uint32_t)w, err);
	if (!status)
		ann_rle_encode(&text, r.runs, r.n);
	uint32_t shape = status ? 0 : ann_rle_text(s, h, w, &text), head = 0;
	if (occluded)
		ann_add_attribute(s, &head, "occluded", "true", 4);
	if (level > 0) {
		char number[12];
		int n = snprintf(number, sizeof number, "%d", level);
		ann_add_attribute(s, &head, "part_level", number, (size_t)n);
	}
	ann_object *o = shape ? ann_add_object(s, image, class) : NULL;
	if (o) {
		o->shape = shape;
		o->flags = ANN_BOX_DERIVED;
		o->attributes = head;
	} else if (!status)
		status = ann_nomem(err);
	base_str_free(&text);
	ann_rle_free(&r);
	return status;
}

/* Pixels as class << 8 | rank of blue. */
static void
codes(const secant_image *im, uint32_t *code, size_t n)
{
	bool there[256] = { false };
	int rank[256], next = 0;
	const uint8_t *p = im->data;
	for (size_t i = 0; i < n; i++)
		there[p[i * (size_t)im->channels + 2]] = true;
	there[0] = true; /* no instance, whether there is such a pixel or not */
	for (int v = 0; v < 256; v++)
		rank[v] = there[v] ? next++ : 0;
	for (size_t i = 0; i < n; i++, p += im->channels)
		code[i] = (uint32_t)((p[0] / 10 * 256 + p[1]) << 8 | rank[p[2]]);
}

static secant_status
read_mask(ann_set *s, int image, const char *path, int level, const names *known, secant_err *err)
{
	secant_image im = { 0 };
	secant_status status = secant_image_read(
		&im, path, &(secant_image_read_options){ .channels = 3, .to_u8 = true }, err);
	if (status)
		return status;
	size_t n = (size_t)im.width * (size_t)im.height;
	uint32_t *code = secant_calloc(n + 1, sizeof *code);
	uint8_t *layer = secant_calloc(n + 1, 1);
	if (!code || !layer)
		status = ann_nomem(err);
	else
		codes(&im, code, n);
	for (size_t i = 0; !status && i < n; i++) { /* in the order in which objects begin; done ones are set to 0 */
		uint32_t one = code[i];
		if (!(one >> 8))
			continue;
		memset(layer, 0, n);
		for (size_t k = i; k < n; k++)
			if (code[k] == one)
				layer[k] = 1, code[k] = 0;
		int instance = (int)(one & 255);
		status = add_object(s, image, class_of(s, known, (int)(one >> 8), instance), known->occluded[instance], level,
			layer, im.width, im.height, err);
	}
	secant_free(code), secant_free(layer);
	secant_image_free(&im);
	return status;
}

/* The masks of parts of a picture, level after level: those of parts lie on those of objects. */
static secant_status
read_parts(ann_set *s, int image, const char *stem, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int level = 1; !status && level <= MOST_LEVELS; level++) {
		names known = { .objects = NULL };
		char *mask = base_format("%s_parts_%d.png", stem, level);
		bool there = mask && secant_is_file(mask);
		if (!mask)
			status = ann_nomem(err);
		else if (there && !(status = read_names(s, stem, level, &known, err)))
			status = read_mask(s, image, mask, level, &known, err);
		json_decref(known.objects);
		secant_free(mask);
		if (!there)
			break;
	}
	return status;
}

static secant_status
read_one(ann_set *s, const char *root, const char *relative, const char *stem, bool parts, secant_err *err)
{
	names known = { .objects = NULL };
	char *picture = picture_of(root, stem), *name = picture ? picture : base_format("%s.jpg", stem);
	char *mask = base_path_join(root, relative), *full = base_path_join(root, stem), *path = base_path_join(root, name);
	int image = name && mask && full && path ? ann_add_image(s, name, strlen(name)) : -1;
	secant_status status = image < 0 ? ann_nomem(err) : SECANT_OK;
	const char *list = strstr(relative, "training/") ? "train" : strstr(relative, "validation/") ? "val" : NULL;
	if (!status) {
		ann_text source = ann_store(s, mask, strlen(mask)), place = picture ? ann_store(s, path, strlen(path)) : 0;
		s->images[image].source = source;
		s->images[image].path = place;
		int split = list ? ann_split(s, list, strlen(list)) : -1;
		s->images[image].splits = split >= 0 ? 1ull << split : 0;
		status = read_names(s, full, 0, &known, err);
	}
	if (!status)
		status = read_mask(s, image, mask, 0, &known, err);
	if (!status && parts)
		status = read_parts(s, image, full, err);
	json_decref(known.objects);
	secant_free(name), secant_free(mask), secant_free(full), secant_free(path);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	base_names files = { 0 };
	secant_status status = ann_read_option_names(s, o, err);
	int fixed = s->n_classes, parts = 0;
	if (!status)
		status = ann_walk(&files, path, "png", DEPTH, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *stem = stem_of(files.v[i]);
		parts += strstr(base_path_name(files.v[i]), "_parts_") != NULL;
		if (stem)
			status = read_one(s, path, files.v[i], stem, o->parts, err);
		secant_free(stem);
		if (!status && i % 16 == 15)
			status = ann_call_watch(watch, err);
	}
	if (parts && !o->parts)
		ann_note(s, "%d masks of parts (NAME_parts_1.png, ...) are not read (--parts reads them)", parts);
	base_names_free(&files);
	return status ? status : ann_sort_classes(s, fixed, err);
}

/* One NAME_atr.txt or, where it begins so, NAME.json: the classes that it names. */
static secant_status
parse(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	names known = { .objects = NULL };
	ann_field f = ann_trim(data, data + n);
	if (ann_len(f) && *f.p == '{') {
		json_t *top = base_json_parse(data, n, origin, err);
		if (!top)
			return err && err->code ? err->code : SECANT_ERR_FORMAT;
		known.objects = json_incref(json_object_get(json_object_get(top, "annotation"), "object"));
		json_decref(top);
	} else
		parse_atr(s, data, n, 0, &known);
	for (int i = 1; i < INSTANCES; i++)
		(void)class_of(s, &known, i, i);
	json_decref(known.objects);
	return ann_sound(s, err);
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

typedef struct painting {
	const ann_set *s;
	secant_image *mask;
	const ann_object *object[INSTANCES]; /* by its blue, from 1 */
	int instances, lost;
} painting;

static void
stamp(void *user, const ann_object *o, const uint8_t *layer, ann_rect r)
{
	painting *p = user;
	int number = o->class + 1;
	if (ann_is_void(p->s, o))
		return;
	if (p->instances == INSTANCES - 1) {
		p->lost++;
		return;
	}
	p->object[++p->instances] = o;
	for (int y = r.y0; y < r.y1; y++)
		for (int x = r.x0; x < r.x1; x++) {
			size_t at = (size_t)y * (size_t)p->mask->width + (size_t)x;
			uint8_t *c = (uint8_t *)p->mask->data + 3 * at;
			if (layer[at])
				c[0] = (uint8_t)(number / 256 * 10), c[1] = (uint8_t)number, c[2] = (uint8_t)p->instances;
		}
}

/* The lines of NAME_atr.txt. An instance is its rank among the blues there are, so one that others cover altogether
 * must not count: all behind it would change their names. How many these are. */
static int
name_instances(const painting *p, base_str *atr)
{
	bool seen[INSTANCES] = { false };
	const uint8_t *c = p->mask->data;
	int rank = 0;
	for (size_t i = 0, n = (size_t)p->mask->width * (size_t)p->mask->height; i < n; i++)
		seen[c[3 * i + 2]] = true;
	for (int k = 1; k <= p->instances; k++) {
		const ann_object *o = p->object[k];
		const char *occluded = o->attributes ? ann_get(p->s, o->attributes, "occluded") : NULL,
				   *class = o->class < 0 ? "" : ann_written(p->s, o->class);
		if (seen[k])
			base_str_addf(
				atr, "%03d # 0 # %d # %s # %s # \"\"\n", ++rank, occluded && !strcmp(occluded, "true"), class, class);
	}
	return p->instances - rank;
}

static secant_status
write_picture(ann_set *s, int i, ann_out *out, secant_err *err)
{
	const ann_image *im = &s->images[i];
	const char *list = im->splits ? ann_str(s, s->splits[__builtin_ctzll(im->splits)]) : "";
	const char *folder = !strcmp(list, "val") ? "images/validation"
		: !strcmp(list, "train")              ? "images/training"
											  : "images/all";
	secant_image mask = { 0 };
	base_str atr = { 0 };
	painting p = { .s = s, .mask = &mask };
	char *stem = ann_with_extension(ann_str(s, im->name), "x"), *seg = NULL, *text = NULL;
	if (stem) {
		stem[strlen(stem) - 2] = 0;
		seg = base_format("%s/%s%s", folder, stem, tail);
		text = base_format("%s/%s_atr.txt", folder, stem);
	}
	secant_status status = seg && text ? ann_need_size(s, im, "a mask", err) : ann_nomem(err);
	if (!status)
		status = secant_image_new(&mask, im->width, im->height, 3, SECANT_U8, err);
	if (!status)
		status = ann_paint_objects(s, i, false, ANN_LATER_ON_TOP, stamp, &p, err);
	if (!status)
		status = ann_out_mask(out, &mask, seg, err);
	if (!status)
		ann_out_lose(out, name_instances(&p, &atr), "object that others cover altogether");
	if (!status)
		status = ann_out_str(out, text, &atr, err);
	if (!status)
		status = ann_out_beneath(out, s, i, folder, err);
	ann_out_lose(out, p.lost, "object beyond 255 in a picture");
	ann_out_lose(out, im->splits && strcmp(list, "val") && strcmp(list, "train"), "membership of a picture in a list");
	secant_image_free(&mask);
	base_str_free(&atr);
	secant_free(stem), secant_free(seg), secant_free(text);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	secant_status status = s->n_classes < 26 * 256
		? ann_name_classes(s, out, "#", '-', err)
		: secant_fail(err, SECANT_ERR_UNSUPPORTED, "more than %d classes", 26 * 256 - 1);
	for (int i = 0; !status && i < s->n_images; i++)
		status = write_picture(s, i, out, err);
	return status;
}

const ann_format ann_format_ade20k_full = {
	.name = "ade20k-full",
	.brief = "Full ADE20K: NAME_seg.png of classes and instances beside NAME.jpg",
	.holds = ANN_HOLDS_MASK | ANN_HOLDS_RLE | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_QUAD
		| ANN_HOLDS_ATTRIBUTES,
	.attributes = "occluded",
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse,
};
