/* Result files: COCO's list of detections, and VOC's text file for each class. */
#include "annotations/judge.h"
#include "annotations/json_pull.h"
#include "base/file.h"
#include <stdio.h>

void
ann_results_free(ann_results *r)
{
	secant_free(r->v);
	ann_free(&r->shapes);
	*r = (ann_results){ 0 };
}

typedef struct ids {
	ann_table images, classes;
} ids;

static secant_status
number_ids(const ann_set *s, ids *t, secant_err *err)
{
	uint32_t before;
	for (int i = 0; i < s->n_images; i++) {
		uint64_t id = s->images[i].id == ANN_NO_ID ? (uint64_t)i + 1 : (uint64_t)s->images[i].id;
		if (ann_table_get(&t->images, id, &before))
			return secant_fail(err, SECANT_ERR_FORMAT,
				"two pictures have id %lld: evaluate one list at a time (its JSON file)", (long long)id);
		if (!ann_table_put(&t->images, id, (uint32_t)i))
			return ann_nomem(err);
	}
	for (int i = 0; i < s->n_classes; i++)
		if (!ann_table_put(
				&t->classes, s->classes[i].id == ANN_NO_ID ? (uint64_t)i + 1 : (uint64_t)s->classes[i].id, (uint32_t)i))
			return ann_nomem(err);
	return SECANT_OK;
}

static uint32_t
read_mask(ann_results *r, json_pull *j)
{
	ann_field key, counts = { 0 }, text;
	double size[2] = { -1, -1 }, v;
	ann_rle rle;
	base_str copy = { 0 };
	uint32_t shape = 0;
	if (ann_pull_peek(j) == 'a') {
		uint32_t at = 0;
		double *xy = NULL;
		int capacity = 0, parts = 0;
		const char *start = j->p;
		for (ann_pull_array(j); ann_pull_element(j); parts++)
			ann_pull_skip(j, NULL);
		if (j->err.code)
			return 0;
		const char *end = j->p;
		j->p = start;
		at = ann_polygon_begin(&r->shapes, parts);
		for (ann_pull_array(j); ann_pull_element(j);) {
			int n = 0;
			for (ann_pull_array(j); ann_pull_element(j) && ann_pull_number(j, &v);) {
				if (base_grow((void **)&xy, &capacity, n, sizeof *xy))
					ann_pull_fail(j, "no memory");
				else
					xy[n++] = v;
			}
			if (n & 1 || !ann_finite(xy, n))
				ann_pull_fail(j, "a polygon of %d numbers, or one that is not finite", n);
			ann_polygon_part(&r->shapes, xy, n / 2);
		}
		(void)end;
		secant_free(xy);
		return parts ? at : 0;
	}
	for (ann_pull_object(j); ann_pull_key(j, &key);) {
		int n = 0;
		if (ann_is(key, "size"))
			for (ann_pull_array(j); ann_pull_element(j) && ann_pull_number(j, &v); n++)
				size[n & 1] = v;
		else if (ann_is(key, "counts") && ann_pull_peek(j) == 's') {
			if (ann_pull_string(j, &text)) {
				copy.n = 0;
				base_str_addn(&copy, text.p, ann_len(text));
			}
		} else
			ann_pull_skip(j, ann_is(key, "counts") ? &counts : NULL);
	}
	secant_err one = { 0 };
	if (counts.p)
		ann_pull_fail(j, "masks of results are compressed run lengths (counts as text)");
	else if (!j->err.code
		&& (!(size[0] >= 0 && size[0] < 1 << 24 && size[1] >= 0 && size[1] < 1 << 24)
			|| size[0] * size[1] > UINT32_MAX))
		ann_pull_fail(j, "a mask of %g x %g pixels", size[0], size[1]);
	else if (!j->err.code
		&& ann_rle_decode(&rle, (uint32_t)size[0], (uint32_t)size[1], copy.p ? copy.p : "", copy.n, &one))
		ann_pull_fail(j, "%s", one.msg);
	else if (!j->err.code) {
		ann_rle_free(&rle);
		shape = ann_rle_text(&r->shapes, (int)size[0], (int)size[1], &copy);
	}
	base_str_free(&copy);
	return shape;
}

static void
read_detection(ann_results *r, json_pull *j, const ids *t, const char *path)
{
	ann_field key;
	ann_detection d = { .class = -1 };
	int64_t image = INT64_MIN, class = INT64_MIN;
	bool box = false, score = false;
	uint32_t at;
	double v;
	const char *start = j->p;
	for (ann_pull_object(j); ann_pull_key(j, &key);) {
		if (ann_is(key, "image_id"))
			(void)ann_pull_integer(j, &image);
		else if (ann_is(key, "category_id"))
			(void)ann_pull_integer(j, &class);
		else if (ann_is(key, "score"))
			score = ann_pull_number(j, &d.score);
		else if (ann_is(key, "bbox") && ann_pull_peek(j) == 'a') {
			int n = 0;
			for (ann_pull_array(j); ann_pull_element(j) && ann_pull_number(j, &v); n++)
				if (n < 4)
					d.box[n] = v;
			box = n == 4;
		} else if (ann_is(key, "segmentation"))
			d.shape = read_mask(r, j);
		else
			ann_pull_skip(j, NULL);
	}
	if (j->err.code)
		return;
	const char *end = j->p;
	j->p = start;
	if (!score || image == INT64_MIN || class == INT64_MIN || (!box && !d.shape))
		ann_pull_fail(j, "a detection needs image_id, category_id, score, and bbox or segmentation");
	else if (!ann_table_get(&t->images, (uint64_t)image, &at))
		ann_pull_fail(j, "the detection names picture %lld, which is not in the data set", (long long)image);
	else if (!isfinite(d.score) || !ann_finite(d.box, 4))
		ann_pull_fail(j, "score or box are not finite");
	if (j->err.code)
		return;
	j->p = end;
	d.image = (int32_t)at;
	if (ann_table_get(&t->classes, (uint64_t) class, &at))
		d.class = (int32_t)at; /* detections of other classes are not judged, as in pycocotools, but said */
	else if (!r->strange++)
		r->first_strange = class;
	if (!r->n)
		r->boxes = box;
	if (r->boxes && !box) {
		ann_pull_fail(j, "the first detection has a box, this one has none");
		return;
	}
	if (base_grow((void **)&r->v, &r->capacity, r->n, sizeof *r->v))
		ann_pull_fail(j, "no memory");
	else
		r->v[r->n++] = d;
}

/* Area and box of each detection, and its rectangle as polygon where it has no mask. */
static secant_status
complete(ann_results *r, const ann_set *s, secant_err *err)
{
	for (int i = 0; i < r->n; i++) {
		ann_detection *d = &r->v[i];
		ann_rle rle;
		if (r->boxes) {
			d->area = d->box[2] * d->box[3];
			continue;
		}
		const ann_image *im = &s->images[d->image];
		bool own = ann_shape_kind(&r->shapes, d->shape) == ANN_RLE;
		uint32_t h = own ? (uint32_t)r->shapes.shapes[d->shape + 1] : (uint32_t)im->height,
				 w = own ? (uint32_t)r->shapes.shapes[d->shape + 2] : (uint32_t)im->width;
		if ((int64_t)h != im->height || (int64_t)w != im->width)
			return secant_fail(err, SECANT_ERR_FORMAT,
				"the mask of detection %d is of %u x %u pixels (height x width), its picture '%s' of %d x %d", i + 1, h,
				w, ann_str(s, im->name), im->height, im->width);
		if (ann_rle_shape(&rle, &r->shapes, d->shape, h, w, err))
			return err ? err->code : SECANT_ERR_FORMAT;
		d->area = (double)ann_rle_area(&rle);
		ann_rle_box(&rle, d->box);
		ann_rle_free(&rle);
	}
	return ann_sound(&r->shapes, err);
}

secant_status
ann_results_json(ann_results *r, const ann_set *s, const char *path, secant_err *err)
{
	secant_bytes b;
	ids t = { { 0 }, { 0 } };
	json_pull j;
	*r = (ann_results){ 0 };
	ann_init(&r->shapes);
	secant_status status = base_file_map(&b, path, err);
	if (status)
		return status;
	status = number_ids(s, &t, err);
	ann_pull_init(&j, (const char *)b.data, b.size, path);
	if (!status)
		for (ann_pull_array(&j); ann_pull_element(&j);)
			read_detection(r, &j, &t, path);
	ann_pull_end(&j);
	if (!status && j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	ann_pull_free(&j);
	base_file_unmap(&b);
	ann_table_free(&t.images), ann_table_free(&t.classes);
	return status ? status : complete(r, s, err);
}

static secant_status
voc_file(ann_results *r, const ann_set *s, const ann_set *stems, int class, const char *path, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	secant_status status = secant_file_read(&data, &n, path, (size_t)1 << 31, err);
	ann_lines l = ann_lines_of(data ? data : "", n);
	while (!status && ann_next_line(&l)) {
		ann_field f[6];
		double v[5];
		int m = ann_fields(l.line, l.n, 0, f, 6);
		if (!m)
			continue;
		bool good = m == 6;
		for (int i = 0; i < 5 && good; i++)
			good = ann_real(f[i + 1].p, f[i + 1].end, &v[i]);
		int at = good ? ann_find_image(stems, f[0].p, ann_len(f[0])) : -1;
		if (!good || !ann_finite(v, 5))
			status = secant_fail(
				err, SECANT_ERR_FORMAT, "%s:%u: 'picture score xmin ymin xmax ymax' is needed", path, l.number);
		else if (at < 0)
			status = secant_fail(err, SECANT_ERR_FORMAT, "%s:%u: there is no picture '%.*s' in the data set", path,
				l.number, (int)ann_len(f[0]), f[0].p);
		else if (base_grow((void **)&r->v, &r->capacity, r->n, sizeof *r->v))
			status = ann_nomem(err);
		else
			r->v[r->n++] = (ann_detection){ .box = { v[1], v[2], v[3] - v[1], v[4] - v[2] },
				.score = v[0],
				.image = at,
				.class = class };
	}
	secant_free(data);
	return status;
}

secant_status
ann_results_voc(ann_results *r, const ann_set *s, const char *folder, secant_err *err)
{
	base_names files = { 0 };
	ann_set stems;
	*r = (ann_results){ .boxes = true };
	ann_init(&r->shapes);
	ann_init(&stems);
	secant_status status = ann_walk(&files, folder, "txt", 0, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		char *stem = ann_with_extension(ann_str(s, s->images[i].name), "");
		if (!stem || ann_add_image(&stems, stem, strlen(stem) - 1) < 0)
			status = ann_nomem(err);
		secant_free(stem);
	}
	int read = 0;
	for (int i = 0; !status && i < files.n; i++)
		for (int c = 0; !status && c < s->n_classes; c++) {
			const char *name = ann_str(s, s->classes[c].name);
			size_t n = strlen(files.v[i]) - 4, k = strlen(name);
			if (n < k || strncmp(files.v[i] + n - k, name, k) || (n > k && files.v[i][n - k - 1] != '_'))
				continue;
			char *path = base_path_join(folder, files.v[i]);
			status = path ? voc_file(r, s, &stems, c, path, err) : ann_nomem(err);
			secant_free(path);
			read++;
		}
	if (!status && !read)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: no result files that end in _CLASS.txt", folder);
	base_names_free(&files);
	ann_free(&stems);
	return status ? status : complete(r, s, err);
}
