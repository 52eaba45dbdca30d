/*
 * Open Images (Kuznetsova et al., IJCV 2020): *-annotations-bbox.csv with the columns
 *
 *     ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside
 *
 * in any order, boxes as shares of their pictures, LabelName a machine's name like /m/01g317, which
 * *class-descriptions*.csv translates. Pictures are ID.jpg anywhere below. The files list millions of pictures, of
 * which few are there: rows of others are left out, and a note counts them. A box of a group is a crowd.
 *
 * Masks: *-annotations-object-segmentation.csv with MaskPath, ImageID, LabelName, BoxXMin, BoxXMax, BoxYMin, BoxYMax,
 * and a PNG of black and white for each object anywhere below, of the picture's size or a smaller one, which is scaled
 * to it by nearest. A mask joins the object of its class and box, where the boxes are there too.
 */
#include "annotations/csv.h"
#include "annotations/find.h"
#include "annotations/put.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

enum { ID, LABEL, CONFIDENCE, X0, X1, Y0, Y1, GROUP, EXTRA, N_COLUMNS = EXTRA + 4 };
static const char *const columns[N_COLUMNS] = { "ImageID", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax",
	"IsGroupOf", "IsOccluded", "IsTruncated", "IsDepiction", "IsInside" };
static const char *const keys[] = { "occluded", "truncated", "depiction", "inside" };

static const char *const mask_columns[N_COLUMNS] = { [ID] = "ImageID",
	[LABEL] = "LabelName",
	[CONFIDENCE] = "MaskPath",
	[X0] = "BoxXMin",
	[X1] = "BoxXMax",
	[Y0] = "BoxYMin",
	[Y1] = "BoxYMax" };
enum { MASK = CONFIDENCE }; /* no mask has a confidence: its place is the path's */

static bool
header(const ann_csv_row *r, const char *const *names, int at[N_COLUMNS])
{
	for (int k = 0; k < N_COLUMNS; k++) {
		at[k] = -1;
		for (int i = 0; i < r->n && names[k]; i++)
			if (ann_is(r->f[i], names[k]))
				at[k] = i;
		if (at[k] < 0 && k < GROUP && (k != CONFIDENCE || names == mask_columns))
			return false;
	}
	return true;
}

static bool
has_header(const char *path, const char *const *names)
{
	secant_bytes b;
	int at[N_COLUMNS];
	if (!secant_is_file(path) || base_file_map(&b, path, NULL))
		return false;
	ann_lines l = ann_lines_of((const char *)b.data, b.size < 4096 ? b.size : 4096);
	ann_csv_row row = { .n = 0 };
	bool bad = false, is = ann_csv_record(&l, ',', &row, &bad) && !bad && header(&row, names, at);
	base_str_free(&row.room);
	base_file_unmap(&b);
	return is;
}

static bool
is_boxes(const char *path)
{
	return has_header(path, columns);
}

static bool
is_masks(const char *path)
{
	return has_header(path, mask_columns);
}

static bool
is_either(const char *path)
{
	return is_boxes(path) || is_masks(path);
}

/* The names that people have for classes: pictures of `out` are the machine's names, their paths the people's. */
static secant_status
read_descriptions(ann_set *s, ann_set *out, secant_err *err)
{
	base_names files = { 0 };
	const char *root = ann_str(s, s->root);
	char *data = NULL;
	size_t n;
	secant_status status = ann_walk(&files, root, "csv", 3, err);
	for (int i = 0; !status && i < files.n; i++) {
		if (!strstr(base_path_name(files.v[i]), "class-descriptions"))
			continue;
		char *path = base_path_join(root, files.v[i]);
		status = path ? ann_load_text(s, path, &data, &n, err) : ann_nomem(err);
		ann_lines l = ann_lines_of(data ? data : "", status || !data ? 0 : n);
		ann_csv_row row = { .n = 0 };
		bool bad = false;
		while (!status && !bad && ann_csv_record(&l, ',', &row, &bad)) {
			if (bad || row.n < 2 || !ann_starts(row.f[0], "/"))
				continue;
			int at = ann_add_image(out, row.f[0].p, ann_len(row.f[0]));
			if (at < 0)
				status = ann_nomem(err);
			else
				out->images[at].path = ann_store(out, row.f[1].p, ann_len(row.f[1]));
		}
		base_str_free(&row.room);
		secant_free(data), secant_free(path);
		data = NULL;
	}
	base_names_free(&files);
	return status;
}

static secant_status
take_row(ann_set *s, int image, const ann_field *f, const int *at, const ann_set *names, bool mask, uint32_t line,
	const char *origin, secant_err *err)
{
	double v[4];
	secant_status status = SECANT_OK;
	secant_err one = { 0 };
	for (int k = 0; k < 4; k++)
		if (!ann_real(f[at[X0 + k]].p, f[at[X0 + k]].end, &v[k]) || !(v[k] >= -.02 && v[k] <= 1.02))
			return ann_bad(
				s, "parse-error", origin, line, 0, err, "%s is no share of a picture, 0 to 1", columns[X0 + k]);
	if (s->images[image].width <= 0 && ann_probe(s, image, &one))
		return ann_unreadable(s, image, ann_str(s, s->images[image].path), &one, err);
	const double w = s->images[image].width, h = s->images[image].height,
				 box[4] = { ann_tidy(v[0] * w), ann_tidy(v[2] * h), ann_tidy((v[1] - v[0]) * w),
					 ann_tidy((v[3] - v[2]) * h) };
	char class[300];
	const ann_field label = f[at[LABEL]];
	int known = ann_find_image(names, label.p, ann_len(label));
	if (known >= 0 && names->images[known].path)
		snprintf(class, sizeof class, "%s", ann_str(names, names->images[known].path));
	else
		snprintf(class, sizeof class, "%.*s", (int)(ann_len(label) < 290 ? ann_len(label) : 290), label.p);
	int object = *class ? ann_named_object(s, image, class) : -2;
	if (object < 0)
		return object == -2 ? ann_bad(s, "parse-error", origin, line, 0, err, "a box without a class") : ann_nomem(err);
	s->objects[object].line = line;
	if (!ann_set_box(s, object, box, origin, &status, err))
		return status;
	uint32_t head = 0;
	if (!mask && at[CONFIDENCE] >= 0 && !ann_is(f[at[CONFIDENCE]], "1")
		&& ann_is_json_number(f[at[CONFIDENCE]].p, ann_len(f[at[CONFIDENCE]])))
		ann_add_attribute(s, &head, "score", f[at[CONFIDENCE]].p, ann_len(f[at[CONFIDENCE]]));
	for (int k = EXTRA; k < N_COLUMNS; k++)
		if (at[k] >= 0 && ann_is(f[at[k]], "1")) /* 0: no, -1: nobody knows */
			ann_add_attribute(s, &head, keys[k - EXTRA], "true", 4);
	s->objects[object].attributes = head;
	s->objects[object].flags |= at[GROUP] >= 0 && ann_is(f[at[GROUP]], "1") ? ANN_CROWD : 0u;
	return SECANT_OK;
}

/* The object before `last` that a mask's row is of, too: one of its picture, class and box, without a shape. */
static int
twin_of(const ann_set *s, int last)
{
	const ann_object *o = &s->objects[last];
	for (int i = last - 1; i >= 0; i--) {
		const ann_object *p = &s->objects[i];
		bool same = p->image == o->image && p->class == o->class && !p->shape && !(p->flags & ANN_NO_BOX);
		for (int k = 0; k < 4 && same; k++)
			same = fabs(p->box[k] - o->box[k]) < .5;
		if (same)
			return i;
	}
	return -1;
}

/* The pixels of a mask's file at the size of the picture, by nearest. */
static secant_status
mask_pixels(const ann_set *s, const char *path, const ann_image *im, uint8_t **pixels, secant_err *err)
{
	secant_image mask;
	secant_image_read_options grey = { .channels = 1, .to_u8 = true };
	secant_status status = secant_image_read(&mask, path, &grey, err);
	if (status)
		return status;
	*pixels = secant_calloc((size_t)im->width * (size_t)im->height + 1, 1);
	for (int y = 0; y < im->height && *pixels; y++)
		for (int x = 0; x < im->width; x++) {
			int64_t from_y = (int64_t)y * mask.height / im->height, from_x = (int64_t)x * mask.width / im->width;
			(*pixels)[(size_t)y * (size_t)im->width + (size_t)x] = ((uint8_t *)mask.data)[from_y * mask.width + from_x]
				>= 128;
		}
	secant_image_free(&mask);
	return *pixels ? SECANT_OK : ann_nomem(err);
}

/* The mask of the row just taken, which has made the last object. */
static secant_status
take_mask(
	ann_set *s, const ann_finder *f, int image, ann_field name, uint32_t line, const char *origin, secant_err *err)
{
	char file[300];
	(void)snprintf(file, sizeof file, "%.*s", (int)(ann_len(name) < 290 ? ann_len(name) : 290), name.p);
	int at = f ? ann_finder_end(f, file) : -1, twin = twin_of(s, s->n_objects - 1);
	if (at < 0) {
		s->n_objects--;
		return f ? ann_bad(s, "image-missing", origin, line, 0, err, "there is no mask '%s'", file) : SECANT_OK;
	}
	secant_err one = { 0 };
	uint8_t *pixels = NULL;
	ann_rle r = { 0 };
	base_str text = { 0 };
	const ann_image *im = &s->images[image];
	s->images[at].flags |= ANN_GONE; /* it is no picture of the set */
	secant_status status = mask_pixels(s, ann_str(s, s->images[at].path), im, &pixels, &one);
	if (status) {
		s->n_objects--;
		status = ann_unreadable(s, -1, ann_str(s, s->images[at].path), &one, err);
	} else if (!(status = ann_rle_from_pixels(&r, pixels, (uint32_t)im->height, (uint32_t)im->width, err))) {
		ann_rle_encode(&text, r.runs, r.n);
		uint32_t shape = ann_rle_text(s, im->height, im->width, &text);
		s->n_objects -= twin >= 0;
		s->objects[twin >= 0 ? twin : s->n_objects - 1].shape = shape;
	}
	ann_rle_free(&r);
	base_str_free(&text);
	secant_free(pixels);
	return status;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	static const char *const lists[][2] = { { "train", "train" }, { "oidv6-train", "train" }, { "validation", "val" },
		{ "test", "test" } };
	ann_lines l = ann_lines_of(data, n);
	ann_set names;
	ann_csv_row row = { .n = 0 };
	bool bad = false;
	int at[N_COLUMNS], split = -1, absent = 0, taken = 0, last = 0;
	bool masks = false;
	if (!ann_csv_record(&l, ',', &row, &bad) || bad
		|| !(header(&row, columns, at) || (masks = header(&row, mask_columns, at)))) {
		base_str_free(&row.room);
		return ann_bad(
			s, "parse-error", origin, 1, 0, err, "the columns ImageID, LabelName, XMin, XMax, YMin, YMax are needed");
	}
	for (int k = 0; k < N_COLUMNS; k++)
		last = at[k] > last ? at[k] : last;
	ann_init(&names);
	secant_status status = f ? read_descriptions(s, &names, err) : SECANT_OK;
	for (size_t i = 0; i < sizeof lists / sizeof *lists && f; i++)
		if (!strncmp(base_path_name(origin), lists[i][0], strlen(lists[i][0])))
			split = ann_split(s, lists[i][1], strlen(lists[i][1]));
	while (!status && !bad && ann_csv_record(&l, ',', &row, &bad)) {
		const ann_field *v = row.f;
		char id[300];
		if (!bad && row.n == 1 && !ann_len(v[0]))
			continue;
		if (bad || row.n <= last) {
			status = bad
				? ann_bad(s, "parse-error", origin, l.number, 0, err, "a quote without its end")
				: ann_bad(s, "parse-error", origin, l.number, 0, err, "%d columns; the first row has more", row.n);
			continue;
		}
		snprintf(id, sizeof id, "%.*s", (int)(ann_len(v[at[ID]]) < 290 ? ann_len(v[at[ID]]) : 290), v[at[ID]].p);
		int image = f ? ann_finder_stem(f, id) : 0;
		absent += image < 0;
		taken += image >= 0;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		s->images[image].splits |= split >= 0 ? 1ull << split : 0;
		int before = s->n_objects;
		status = take_row(s, image, v, at, &names, masks, l.number, origin, err);
		if (!status && masks && s->n_objects > before)
			status = take_mask(s, f, image, v[at[MASK]], l.number, origin, err);
	}
	if (!status && absent && !taken)
		status = ann_bad(s, "image-missing", origin, 0, 0, err,
			"none of its pictures (ID.jpg) is there, and shares of a picture have no place without its size");
	else if (!status && absent)
		ann_note(s, "%s: %d rows are of pictures that are not there: left out", origin, absent);
	if (!status && f && !names.n_images)
		ann_note(s, "%s: no class-descriptions CSV: classes keep their machine's names", origin);
	ann_free(&names);
	base_str_free(&row.room);
	return status;
}

static const ann_files files = {
	.extension = "csv",
	.because = "it has Open Images' CSV of boxes or masks",
	.sure = 96,
	.is = is_either,
	.text = parse,
	.unlisted = true,
};

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	/* in the order of their names, so that masks find the boxes which they join */
	secant_status status = ann_read_files(s, path, o, &files, watch, err);
	return status ? status : ann_compact(s, err);
}

static void
put_row(base_str *t, const ann_set *s, const ann_object *o, const char *id)
{
	const ann_image *im = &s->images[o->image];
	const double v[4] = { ann_x0(o) / im->width, ann_x1(o) / im->width, ann_y0(o) / im->height,
		ann_y1(o) / im->height };
	const char *score = o->attributes ? ann_get(s, o->attributes, "score") : NULL;
	ann_csv_cell(t, id, strlen(id));
	base_str_addf(t, ",secant,/x/%d,%s", o->class + 1, score ? score : "1");
	for (int k = 0; k < 4; k++)
		ann_put_real(t, ",", v[k]);
	static const int order[] = { 0, 1, -1, 2, 3 }; /* the group stands in the middle */
	for (int k = 0; k < 5; k++) {
		const char *value = order[k] >= 0 && o->attributes ? ann_get(s, o->attributes, keys[order[k]]) : NULL;
		bool is = order[k] < 0 ? o->flags & ANN_CROWD : value && (!strcmp(value, "true") || !strcmp(value, "1"));
		base_str_add(t, is ? ",1" : ",0");
	}
	base_str_add(t, "\n");
}

/* What Open Images calls a list. */
static const char *
list_name(const char *list)
{
	return !strcmp(list, "val") ? "validation" : list;
}

static secant_status
write_list(ann_set *s, ann_out *out, int list, secant_err *err)
{
	base_str t = { 0 };
	const char *name = list < 0 ? "" : ann_str(s, s->splits[list]);
	char *file = base_format("annotations/%s%sannotations-bbox.csv", list_name(name), *name ? "-" : "");
	secant_status status = file ? SECANT_OK : ann_nomem(err);
	base_str_add(&t,
		"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,"
		"IsInside\n");
	for (int i = 0; !status && i < s->n_images; i++) {
		if (!ann_in_list(s, i, list))
			continue;
		char *id = ann_with_extension(ann_str(s, s->images[i].name), "");
		if (id && *id)
			id[strlen(id) - 1] = 0; /* the dot */
		status = id ? ann_need_size(s, &s->images[i], "shares of pictures", err) : ann_nomem(err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
			if (ann_is_thing(s, &s->objects[s->order[k]]))
				put_row(&t, s, &s->objects[s->order[k]], id);
		ann_out_lose(
			out, list >= 0 && s->first[i] == s->first[i + 1], "membership of a picture without boxes in a list");
		secant_free(id);
	}
	if (!status)
		status = ann_out_str(out, file, &t, err);
	base_str_free(&t);
	secant_free(file);
	return status;
}

/* ImageID is a name without its extension, so two pictures of one stem would share their boxes. */
static secant_status
check_ids(const ann_set *s, secant_err *err)
{
	ann_set ids;
	secant_status status = SECANT_OK;
	ann_init(&ids);
	for (int i = 0; !status && i < s->n_images; i++) {
		char *id = ann_with_extension(ann_str(s, s->images[i].name), "");
		if (id && ann_find_image(&ids, id, strlen(id)) >= 0)
			status = secant_fail(err, SECANT_ERR_ARG,
				"two pictures would both have the ImageID '%.*s': use --names number, or rename one",
				(int)strlen(id) - 1, id);
		else if (!id || ann_add_image(&ids, id, strlen(id)) < 0)
			status = ann_nomem(err);
		secant_free(id);
	}
	ann_free(&ids);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = check_ids(s, err);
	if (!status)
		status = ann_write_lists(s, out, write_list, err);
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		base_str_addf(&t, "/x/%d,", i + 1);
		ann_csv_cell(&t, name, strlen(name));
		base_str_add(&t, "\n");
	}
	if (!status)
		status = ann_out_str(out, "annotations/class-descriptions-boxable.csv", &t, err);
	for (int i = 0; !status && i < s->n_images; i++) { /* readers look for a picture in the folder of its list */
		const char *list = s->images[i].splits ? ann_str(s, s->splits[__builtin_ctzll(s->images[i].splits)]) : "";
		char *folder = base_format("images%s%s", *list ? "/" : "", list_name(list));
		status = folder ? ann_out_beneath(out, s, i, folder, err) : ann_nomem(err);
		secant_free(folder);
	}
	base_str_free(&t);
	return status;
}

const ann_format ann_format_open_images = {
	.name = "open-images",
	.brief = "Open Images: CSV of boxes and class descriptions, and for reading masks",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_CROWD,
	.attributes = "score|occluded|truncated|depiction|inside",
	.files = &files,
	.read = read,
	.write = write,
};
