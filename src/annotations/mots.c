/*
 * MOTS, tracks of masks (Voigtlaender and others: MOTS, CVPR 2019), of KITTI and of MOTChallenge, as text
 *
 *     instances_txt/SEQUENCE.txt or SEQUENCE/gt/gt.txt:   frame track class height width runs
 *
 * with run lengths as COCO's texts, or as pictures of 16 bits, instances/SEQUENCE/FRAME.png or
 * SUBSET/instances/NAME.png (Datumaro), whose values are class * 1000 + instance; a track's number is that value. Where
 * both are there, the texts are read. Class 1 is a car, 2 a pedestrian, 10 a region that is not to be judged, unless
 * labels.txt beside the truth names classes 1, 2, ... Pictures are FRAME, six digits, in a folder of the sequence's
 * name (image_02/0000, images, SEQUENCE/img1), or of the mask's name in images.
 */
#include "annotations/find.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

enum { IGNORED = 10, PER_CLASS = 1000, MOST_INSTANCES = 2000, COLUMNS = 6 };
static const char *const usual[] = { "car", "pedestrian" };

/* The first line has six fields, and the runs are as many pixels as it says. */
static bool
is_truth(const char *path)
{
	secant_bytes b;
	ann_field f[COLUMNS + 1];
	int64_t v[COLUMNS - 1];
	if (!base_ext_is(path, "txt") || base_file_map(&b, path, NULL))
		return false;
	ann_lines l = ann_lines_of((const char *)b.data, b.size);
	bool is = ann_next_line(&l) && ann_fields(l.line, l.n, 0, f, COLUMNS + 1) == COLUMNS;
	for (int i = 0; i < COLUMNS - 1 && is; i++)
		is = ann_integer(f[i].p, f[i].end, &v[i]) && v[i] >= 0;
	ann_rle r = { 0 };
	is = is && v[3] > 0 && v[4] > 0 && v[3] < 1 << 16 && v[4] < 1 << 16
		&& !ann_rle_decode(&r, (uint32_t)v[3], (uint32_t)v[4], f[5].p, ann_len(f[5]), NULL);
	ann_rle_free(&r);
	base_file_unmap(&b);
	return is;
}

/* The folder "instances" that a path lies in: its end; 0: in none. */
static size_t
within_instances(const char *path)
{
	static const char folder[] = "instances/";
	const char *at = strstr(path, folder);
	return at && (at == path || at[-1] == '/') ? (size_t)(at - path) + sizeof folder - 1 : 0;
}

/* Is the first picture in a folder "instances" one of 16 bits? */
static bool
has_masks(const char *root)
{
	base_names files = { 0 };
	bool is = false, looked = false;
	if (secant_is_dir(root) && !ann_walk(&files, root, "png", 8, NULL))
		for (int i = 0; i < files.n && !looked; i++) {
			secant_image_info info;
			char *file = within_instances(files.v[i]) ? base_path_join(root, files.v[i]) : NULL;
			looked = file != NULL;
			is = file && !secant_image_probe(file, &info, NULL) && info.channels == 1 && info.dtype == SECANT_U16;
			secant_free(file);
		}
	base_names_free(&files);
	return is;
}

/* Mapillary has instances of 16 bits, too, beside its labels: its reader is surer. */
/* The class of a number, -2: no memory, -1: it is not to be judged, or -3: none. */
static int
class_of(ann_set *s, const base_names *names, int64_t number)
{
	if (names->n ? number >= 1 && number <= names->n : number == 1 || number == 2) {
		const char *name = names->n ? names->v[number - 1] : usual[number - 1];
		int at = ann_class_named(s, name, strlen(name));
		return at >= 0 ? at : -2;
	}
	return number == IGNORED ? -1 : -3;
}

static secant_status
add_mask(ann_set *s, int image, const base_names *names, int64_t class, int64_t track, uint32_t shape,
	const char *origin, uint32_t line, secant_err *err)
{
	int at = class_of(s, names, class);
	if (at == -3)
		return ann_bad(s, "class-undefined", origin, line, 0, err,
			"class %lld is not 1 (car), 2 (pedestrian) or 10 (not to be judged), nor named by labels.txt",
			(long long)class);
	ann_object *o = at == -2 || !shape ? NULL : ann_add_object(s, image, at < 0 ? ANN_NO_CLASS : at);
	if (!o)
		return ann_nomem(err);
	char text[32];
	int n = snprintf(text, sizeof text, "%lld", (long long)track);
	o->shape = shape;
	o->line = line;
	o->flags = ANN_BOX_DERIVED | (at < 0 ? ANN_VOID : 0u);
	if (at >= 0)
		ann_add_attribute(s, &o->attributes, "track_id", text, (size_t)n);
	return SECANT_OK;
}

/* labels.txt in the folder of the truth, or in one above it. */
static secant_status
read_labels(ann_set *s, base_names *names, const char *origin, secant_err *err)
{
	char *dir = base_path_dir(origin), *above = dir ? base_path_dir(dir) : NULL;
	char *files[] = { dir ? base_path_join(dir, "labels.txt") : NULL,
		above ? base_path_join(above, "labels.txt") : NULL };
	secant_status status = SECANT_OK;
	for (int i = 0; i < 2 && !status && !names->n; i++) {
		char *data = NULL;
		size_t n = 0;
		if (!files[i] || !secant_is_file(files[i]) || (status = secant_file_read(&data, &n, files[i], 1 << 20, err)))
			continue;
		ann_lines l = ann_lines_of(data, n);
		while (!status && ann_next_line(&l)) {
			ann_field f = ann_trim(l.line, l.line + l.n);
			char *name = ann_len(f) ? base_strndup(f.p, ann_len(f)) : NULL;
			if (name && (base_names_add(names, name) || ann_class_listed(s, name, strlen(name)) < 0))
				status = ann_nomem(err);
			secant_free(name);
		}
		secant_free(data);
	}
	secant_free(files[0]), secant_free(files[1]);
	secant_free(dir), secant_free(above);
	return status;
}

/* The picture FRAME of a sequence; one that is not there joins the set, with the size that the truth has for it. */
static int
frame_of(ann_set *s, ann_finder *f, const char *sequence, int64_t frame, const char *origin, secant_status *status,
	secant_err *err)
{
	static const char *const forms[] = { "%.200s/%06lld", "%.200s/img1/%06lld", "%.200s/images/%06lld", "%.0s%06lld" };
	char name[300];
	int at = -1;
	for (size_t i = 0; at < 0 && i < sizeof forms / sizeof *forms; i++) {
		(void)snprintf(name, sizeof name, forms[i], sequence, (long long)frame);
		at = ann_finder_stem(f, name);
	}
	if (at >= 0)
		return at;
	(void)snprintf(name, sizeof name, "%.200s/%06lld.jpg", sequence, (long long)frame);
	at = ann_find_image(s, name, strlen(name));
	if (at >= 0)
		return at;
	at = ann_add_image(s, name, strlen(name));
	*status = at < 0 ? ann_nomem(err)
					 : ann_find(s, "image-missing", -1, origin, 0, 0, "there is no picture '%s'", name);
	return at;
}

/* SEQUENCE of instances_txt/SEQUENCE.txt and of SEQUENCE/gt/gt.txt; fresh memory. */
static char *
sequence_of(const char *origin)
{
	char *dir = base_path_dir(origin), *above = dir && !strcmp(base_path_name(dir), "gt") ? base_path_dir(dir) : NULL,
		 *name = above ? base_strdup(base_path_name(above)) : base_path_stem(origin);
	secant_free(dir), secant_free(above);
	return name;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	base_names names = { 0 };
	char *sequence = sequence_of(origin);
	secant_status status = sequence ? SECANT_OK : ann_nomem(err);
	if (!status && f)
		status = read_labels(s, &names, origin, err);
	while (!status && ann_next_line(&l)) {
		ann_field field[COLUMNS + 1];
		int64_t v[COLUMNS - 1];
		int m = ann_fields(l.line, l.n, 0, field, COLUMNS + 1);
		bool good = m == COLUMNS;
		if (!m)
			continue;
		for (int i = 0; i < COLUMNS - 1 && good; i++)
			good = ann_integer(field[i].p, field[i].end, &v[i]) && v[i] >= 0 && v[i] < 1 << 30;
		ann_rle r = { 0 };
		secant_err one = { 0 };
		if (!good || v[3] < 1 || v[4] < 1 || v[3] > UINT16_MAX || v[4] > UINT16_MAX) {
			status = ann_bad(
				s, "parse-error", origin, l.number, 0, err, "a row is frame, track, class, height, width, run lengths");
			continue;
		}
		if (ann_rle_decode(&r, (uint32_t)v[3], (uint32_t)v[4], field[5].p, ann_len(field[5]), &one)) {
			status = ann_bad(s, "rle-sum", origin, l.number, 0, err, "%s", one.msg);
			continue;
		}
		ann_rle_free(&r);
		int image = f ? frame_of(s, f, sequence, v[0], origin, &status, err) : 0;
		if (status)
			break;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		ann_tree_size(s, image, (double)v[4], (double)v[3]);
		uint32_t shape = ann_store_rle(s, (int)v[3], (int)v[4], field[5].p, ann_len(field[5]), false);
		status = add_mask(s, image, &names, v[2], v[1], shape, origin, l.number, err);
	}
	base_names_free(&names);
	secant_free(sequence);
	return status;
}

/* --- pictures of instances
 * ---------------------------------------------------------------------------------------------------------------- */

/* The last two parts of a path, without the extension, in fresh memory: "0000/000003" of
 * "image_02/0000/000003.png". */
static char *
end_of(const char *path)
{
	char *end = ann_with_extension(path, "");
	int slashes = 0;
	size_t n = end ? strlen(end) : 0;
	for (size_t i = n; i && slashes < 2; i--)
		if (end[i - 1] == '/' && ++slashes == 2)
			memmove(end, end + i, n - i + 1);
	if (end && *end)
		end[strlen(end) - 1] = '\0'; /* the dot */
	return end;
}

/* Pictures that are no masks by the ends of their paths; number -1: several. */
static secant_status
index_ends(ann_set *ends, const ann_set *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		char *end = within_instances(name) ? NULL : end_of(name);
		int at = end ? ann_find_image(ends, end, strlen(end)) : -1;
		bool first = at < 0;
		if (end && first && (at = ann_add_image(ends, end, strlen(end))) < 0)
			status = ann_nomem(err);
		else if (end)
			ends->images[at].number = first ? i : -1;
		secant_free(end);
	}
	return status;
}

/* The picture of ROOT/A/instances/B/NAME.png: A/images/B/NAME, or B/NAME anywhere (image_02/0000/000000.png). */
static int
picture_of(const ann_set *s, const ann_set *ends, const char *below)
{
	size_t from = within_instances(below), n = strlen(below) - strlen(".png");
	char *beside = base_format(
			 "%.*simages/%.*s", (int)(from - strlen("instances/")), below, (int)(n - from), below + from),
		 *end = end_of(below + from);
	int at = beside ? ann_find_stem(s, beside, strlen(beside)) : -1;
	if (at < 0 && end && (at = ann_find_image(ends, end, strlen(end))) >= 0)
		at = ends->images[at].number;
	secant_free(beside), secant_free(end);
	return at;
}

static secant_status
add_value(ann_set *s, int image, const base_names *names, const secant_image *im, uint16_t value, uint8_t *layer,
	const char *origin, secant_err *err)
{
	const uint16_t *v = im->data;
	size_t pixels = (size_t)im->width * (size_t)im->height;
	base_str text = { 0 };
	ann_rle r = { 0 };
	for (size_t p = 0; p < pixels; p++)
		layer[p] = v[p] == value;
	secant_status status = ann_rle_from_pixels(&r, layer, (uint32_t)im->height, (uint32_t)im->width, err);
	if (!status) {
		ann_rle_encode(&text, r.runs, r.n);
		status = add_mask(
			s, image, names, value / PER_CLASS, value, ann_rle_text(s, im->height, im->width, &text), origin, 0, err);
	}
	ann_rle_free(&r);
	base_str_free(&text);
	return status;
}

static secant_status
read_mask(ann_set *s, int image, const char *path, secant_err *err)
{
	secant_image im = { 0 };
	secant_err one = { 0 };
	base_names names = { 0 };
	secant_status status = read_labels(s, &names, path, err);
	if (!status && secant_image_read(&im, path, NULL, &one))
		status = ann_unreadable(s, -1, path, &one, err);
	size_t pixels = (size_t)im.width * (size_t)im.height;
	uint8_t *layer = secant_calloc(pixels + 1, 1), *seen = secant_calloc(UINT16_MAX + 1, 1);
	if (!status && (!layer || !seen))
		status = ann_nomem(err);
	bool good = im.data && im.dtype == SECANT_U16 && im.channels == 1;
	int n = 0;
	for (size_t p = 0; !status && good && p < pixels; p++)
		n += !seen[((uint16_t *)im.data)[p]]++, seen[((uint16_t *)im.data)[p]] = 1;
	if (!status && n > MOST_INSTANCES)
		status = ann_bad(s, "parse-error", path, 0, 0, err, "%d values: more than the instances of a picture", n),
		good = false;
	for (int v = 1; !status && good && v <= UINT16_MAX; v++)
		if (seen[v])
			status = add_value(s, image, &names, &im, (uint16_t)v, layer, path, err);
	if (!status && image >= 0)
		ann_tree_size(s, image, im.width, im.height);
	secant_image_free(&im);
	secant_free(layer), secant_free(seen);
	base_names_free(&names);
	return status;
}

/* Masks are no pictures of the set. */
static secant_status
leave_masks(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++)
		if (within_instances(ann_str(s, s->images[i].name)))
			s->images[i].flags |= ANN_GONE;
	return ann_compact(s, err);
}

static secant_status
read_masks(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	ann_finder f = { .keys = { 0 } };
	base_names files = { 0 };
	ann_set ends;
	ann_init(&ends);
	secant_status status = ann_finder_open(&f, s, o, err);
	if (!status)
		status = index_ends(&ends, s, err);
	if (!status)
		status = ann_walk(&files, path, "png", 8, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *file = base_path_join(path, files.v[i]);
		int image = within_instances(files.v[i]) ? picture_of(s, &ends, files.v[i]) : -1;
		if (!file)
			status = ann_nomem(err);
		else if (within_instances(files.v[i]) && image < 0)
			status = ann_bad(s, "image-missing", file, 0, 0, err, "there is no picture for this mask");
		else if (image >= 0) {
			s->images[image].source = ann_intern(s, file, strlen(file));
			status = read_mask(s, image, file, err);
		}
		secant_free(file);
		if (!status && i % 64 == 63)
			status = ann_call_watch(watch, err);
	}
	base_names_free(&files);
	ann_finder_close(&f);
	ann_free(&ends);
	return status;
}

static const ann_files files = {
	.extension = "txt",
	.because = "it has MOTS' texts of run lengths",
	.sure = 97,
	.is = is_truth,
	.text = parse,
	.unlisted = true,
};

static int
detect(const char *path, const char **why)
{
	*why = files.because;
	if (ann_has_files(path, &files))
		return files.sure;
	*why = "it has instances of 16 bits, as MOTS has them";
	return has_masks(path) ? 60 : 0;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_has_files(path, &files) ? ann_read_files(s, path, o, &files, watch, err)
													   : read_masks(s, path, o, watch, err);
	return status ? status : leave_masks(s, err);
}

const ann_format ann_format_mots = {
	.name = "mots",
	.brief = "MOTS: tracks of masks, run lengths in text or instances of 16 bits",
	.holds = ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "track_id",
	.files = &files,
	.detect = detect,
	.read = read,
};
