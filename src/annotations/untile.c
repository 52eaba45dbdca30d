/*
 * Putting tiles together again, as tiles.json says. Pictures are written by rows, of windows of the tiles. The pieces
 * of an object are joined: pieces of one class in two tiles that agree where the tiles overlap (or touch across the
 * seam); a piece that no seam cuts is the object itself, otherwise the pieces are united.
 */
#include "annotations/dataset.h"
#include "annotations/json_pull.h"
#include "annotations/masks.h"
#include "annotations/rle.h"
#include "annotations/tile.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct tile {
	int image, x, y, w, h, fw, fh;
	char of[1024];
} tile;

static int
by_place(const void *a, const void *b)
{
	const tile *p = a, *q = b;
	int c = strcmp(p->of, q->of);
	return c ? c : p->y != q->y ? p->y - q->y : p->x - q->x;
}

/* The picture of a tile: by its name, or with what the format puts behind all of them (Cityscapes: _leftImg8bit). */
static int
tile_called(const ann_set *s, ann_field name)
{
	const mask_layout *l = ann_layout(s);
	int at = ann_find_image(s, name.p, ann_len(name));
	const char *dot = memrchr(name.p, '.', ann_len(name));
	if (at >= 0 || !l || !*l->image_end || !dot)
		return at;
	char *longer = base_format("%.*s%s%.*s", (int)(dot - name.p), name.p, l->image_end, (int)(name.end - dot), dot);
	at = longer ? ann_find_image(s, longer, strlen(longer)) : -1;
	secant_free(longer);
	return at;
}

static secant_status
read_tiles(const ann_set *s, tile **list, int *n, secant_err *err)
{
	char *path = base_path_join(ann_str(s, s->root), "tiles.json"), *data = NULL;
	size_t size = 0;
	int capacity = 0;
	json_pull j;
	ann_field key, text;
	secant_status status = path ? secant_file_read(&data, &size, path, (size_t)1 << 31, err) : ann_nomem(err);
	ann_pull_init(&j, data ? data : "", size, path ? path : "");
	for (ann_pull_object(&j); !status && ann_pull_key(&j, &key);) {
		if (!ann_is(key, "tiles")) {
			ann_pull_skip(&j, NULL);
			continue;
		}
		for (ann_pull_array(&j); ann_pull_element(&j);) {
			tile t = { .image = -1 };
			for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
				static const char *const names[] = { "x", "y", "width", "height", "full_width", "full_height" };
				int *const to[] = { &t.x, &t.y, &t.w, &t.h, &t.fw, &t.fh };
				int k = 0;
				int64_t v;
				while (k < 6 && !ann_is(key, names[k]))
					k++;
				if (k < 6 && ann_pull_integer(&j, &v)) {
					if (v < 0 || v > 1 << 30)
						ann_pull_fail(&j, "\"%s\": %lld", names[k], (long long)v);
					*to[k] = (int)v;
				} else if (ann_is(key, "tile") && ann_pull_string(&j, &text))
					t.image = tile_called(s, text);
				else if (ann_is(key, "of") && ann_pull_string(&j, &text))
					snprintf(t.of, sizeof t.of, "%.*s", (int)(ann_len(text) > 1000 ? 1000 : ann_len(text)), text.p);
				else if (k == 6 && !ann_is(key, "tile") && !ann_is(key, "of"))
					ann_pull_skip(&j, NULL);
			}
			if (!j.err.code && (t.w < 1 || t.h < 1 || t.x > t.fw - t.w || t.y > t.fh - t.h || !base_path_is_safe(t.of)))
				ann_pull_fail(
					&j, "a tile of %d x %d at %d, %d does not lie in %d x %d", t.w, t.h, t.x, t.y, t.fw, t.fh);
			if (j.err.code || t.image < 0)
				continue;
			if (base_grow((void **)list, &capacity, *n, sizeof **list))
				ann_pull_fail(&j, "no memory");
			else
				(*list)[(*n)++] = t;
		}
	}
	if (!status && j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	if (!status && !*n)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: names no tile of this data set", path);
	ann_pull_free(&j);
	secant_free(data), secant_free(path);
	if (!status)
		qsort(*list, (size_t)*n, sizeof **list, by_place);
	return status;
}

/* The picture of tiles t[0..n), band by band: tiles of one row of tiles are in memory at a time. */
static secant_status
join_picture(const ann_set *s, const tile *t, int n, const char *path, int *channels, secant_err *err)
{
	secant_raster_writer *w = NULL;
	secant_status status = SECANT_OK;
	uint8_t *band = NULL;
	size_t row = 0;
	int done = 0, high = 0;
	for (int k = 0; k < n && !status;) {
		int end = k, from = done;
		while (end < n && t[end].y == t[k].y)
			end++;
		int until = end < n ? t[end].y : t[0].fh; /* rows that no later tile touches */
		for (int i = k; i < end && !status; i++) {
			secant_image im = { 0 };
			secant_image_read_options as_stored = { .palette_as_indices = true };
			status = secant_image_read(&im, ann_str(s, s->images[t[i].image].path), &as_stored, err);
			if (!status && (im.width != t[i].w || im.height != t[i].h))
				status = secant_fail(err, SECANT_ERR_SHAPE, "%s: is %d x %d, tiles.json says %d x %d",
					ann_str(s, s->images[t[i].image].path), im.width, im.height, t[i].w, t[i].h);
			if (!status && !w) {
				secant_raster_spec spec = {
					.width = t[0].fw,
					.height = t[0].fh,
					.channels = im.channels,
					.dtype = im.dtype,
					.palette = (const uint8_t(*)[3])im.palette,
					.palette_count = im.palette_count,
					.geo = t[i].x == 0 && t[i].y == 0 ? secant_image_geo(&im) : NULL,
				};
				for (int q = 0; q < n; q++)
					high = t[q].h > high ? t[q].h : high;
				*channels = im.channels;
				row = (size_t)t[0].fw * (size_t)im.channels * secant_dtype_size(im.dtype);
				w = secant_raster_create(path, &spec, NULL, err);
				band = secant_calloc((size_t)high, row);
				status = w && band ? SECANT_OK : err && err->code ? err->code : ann_nomem(err);
			}
			size_t bytes = secant_image_row_bytes(&im), pixel = row / (size_t)t[0].fw;
			if (!status && bytes != (size_t)t[i].w * pixel)
				status = secant_fail(err, SECANT_ERR_SHAPE, "%s: has other channels than its neighbours",
					ann_str(s, s->images[t[i].image].path));
			for (int y = 0; !status && y < t[i].h; y++)
				if (t[i].y + y >= done && t[i].y + y - done < high)
					memcpy(band + (size_t)(t[i].y + y - done) * row + (size_t)t[i].x * pixel,
						(uint8_t *)im.data + (size_t)y * bytes, bytes);
			secant_image_free(&im);
		}
		int count = until - done;
		if (!status && (t[k].y > from + high || count > high || count < 0))
			status = secant_fail(
				err, SECANT_ERR_FORMAT, "tiles of '%s' leave rows %d to %d uncovered", t[0].of, done, until);
		if (!status)
			status = secant_raster_write_rows(w, band, count, err);
		if (!status) {
			memmove(band, band + (size_t)count * row, (size_t)(high - count) * row);
			memset(band + (size_t)(high - count) * row, 0, (size_t)count * row);
			done = until;
		}
		k = end;
	}
	if (status)
		secant_raster_abort(w);
	else
		status = secant_raster_finish(w, err);
	secant_free(band);
	return status;
}

typedef struct piece {
	uint32_t object;
	int tile;
	double box[4];
	bool cut;
	int owner;
} piece;

static int
find(piece *p, int i)
{
	while (p[i].owner != i)
		i = p[i].owner = p[p[i].owner].owner;
	return i;
}

/* Do two pieces belong together? Where their tiles overlap they must say the same; across a bare seam they must meet.
 */
static bool
together(const piece *a, const piece *b, const tile *ta, const tile *tb)
{
	double x0 = fmax(ta->x, tb->x), y0 = fmax(ta->y, tb->y), x1 = fmin(ta->x + ta->w, tb->x + tb->w),
		   y1 = fmin(ta->y + ta->h, tb->y + tb->h);
	if (x1 < x0 || y1 < y0)
		return false;
	if (x1 > x0 && y1 > y0) {
		double g[2][4];
		for (int k = 0; k < 2; k++) {
			const double *v = k ? b->box : a->box;
			g[k][0] = fmax(v[0], x0), g[k][1] = fmax(v[1], y0), g[k][2] = fmin(v[2], x1), g[k][3] = fmin(v[3], y1);
			if (g[k][2] <= g[k][0] || g[k][3] <= g[k][1])
				return false;
		}
		for (int k = 0; k < 4; k++)
			if (fabs(g[0][k] - g[1][k]) > 1)
				return false;
		return true;
	}
	if (!a->cut || !b->cut)
		return false;
	bool upright = x1 == x0; /* a seam without overlap: the spans along it agree */
	int lo = upright ? 1 : 0, hi = upright ? 3 : 2;
	double seam = upright ? x0 : y0;
	bool reach_a = fabs(a->box[upright ? 0 : 1] - seam) < 1e-6 || fabs(a->box[upright ? 2 : 3] - seam) < 1e-6;
	bool reach_b = fabs(b->box[upright ? 0 : 1] - seam) < 1e-6 || fabs(b->box[upright ? 2 : 3] - seam) < 1e-6;
	return reach_a && reach_b && fabs(a->box[lo] - b->box[lo]) <= 1 && fabs(a->box[hi] - b->box[hi]) <= 1;
}

static uint32_t
moved_shape(ann_set *to, const ann_set *s, uint32_t shape, const tile *t, secant_err *err)
{
	uint32_t at = 0;
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		ann_rle r, full = { 0 };
		uint8_t *pixels = secant_calloc((size_t)t->fw * (size_t)t->fh, 1),
				*small = secant_calloc((size_t)t->w * (size_t)t->h, 1);
		if (pixels && small && !ann_rle_shape(&r, s, shape, (uint32_t)t->h, (uint32_t)t->w, err)) {
			ann_rle_paint(&r, small, 1);
			for (int y = 0; y < t->h; y++)
				memcpy(pixels + (size_t)(y + t->y) * (size_t)t->fw + (size_t)t->x, small + (size_t)y * (size_t)t->w,
					(size_t)t->w);
			if (!ann_rle_from_pixels(&full, pixels, (uint32_t)t->fh, (uint32_t)t->fw, err)) {
				base_str text = { 0 };
				ann_rle_encode(&text, full.runs, full.n);
				at = ann_rle_text(to, t->fh, t->fw, &text);
				base_str_free(&text);
			}
			ann_rle_free(&full);
			ann_rle_free(&r);
		}
		secant_free(pixels), secant_free(small);
		return at;
	}
	at = ann_copy_shape(to, s, shape);
	int parts, n;
	const double *xy, *p = ann_parts(to, at, &parts);
	for (int i = 0; at && i < parts; i++) {
		p = ann_part(p, &xy, &n);
		double *v = to->shapes + (xy - to->shapes);
		for (int k = 0; k < n; k++)
			v[2 * k] = ann_tidy(v[2 * k] + t->x), v[2 * k + 1] = ann_tidy(v[2 * k + 1] + t->y);
	}
	return at;
}

/* Shapes of pieces united: masks by pixels, polygons as parts of one. */
static uint32_t
united(ann_set *to, uint32_t a, uint32_t b, secant_err *err)
{
	if (!a || !b)
		return a ? a : b;
	if (ann_shape_kind(to, a) == ANN_RLE && ann_shape_kind(to, b) == ANN_RLE) {
		ann_rle p, q, u;
		uint32_t h = (uint32_t)to->shapes[a + 1], w = (uint32_t)to->shapes[a + 2];
		if (ann_rle_shape(&p, to, a, h, w, err))
			return a;
		if (!ann_rle_shape(&q, to, b, h, w, err)) {
			if (!ann_rle_union(&u, &p, &q, err)) {
				base_str text = { 0 };
				ann_rle_encode(&text, u.runs, u.n);
				a = ann_rle_text(to, (int)h, (int)w, &text);
				base_str_free(&text);
				ann_rle_free(&u);
			}
			ann_rle_free(&q);
		}
		ann_rle_free(&p);
		return a;
	}
	int parts[2], n;
	const double *xy, *p;
	(void)ann_parts(to, a, &parts[0]), (void)ann_parts(to, b, &parts[1]);
	size_t room = 0;
	for (int k = 0; k < 2; k++)
		for (int i = 0, m = (p = ann_parts(to, k ? b : a, &parts[k]), parts[k]); i < m; i++)
			p = ann_part(p, &xy, &n), room += 2 * (size_t)n;
	double *copy = secant_calloc(room + 1, sizeof *copy);
	int *length = secant_calloc((size_t)(parts[0] + parts[1]) + 1, sizeof *length), total = 0;
	size_t at = 0;
	for (int k = 0; copy && length && k < 2; k++) {
		p = ann_parts(to, k ? b : a, &parts[k]);
		for (int i = 0; i < parts[k]; i++) {
			p = ann_part(p, &xy, &n);
			memcpy(copy + at, xy, 2 * (size_t)n * sizeof *copy);
			at += 2 * (size_t)n;
			length[total++] = n;
		}
	}
	uint32_t shape = copy && length ? ann_polygon_begin(to, total) : 0;
	at = 0;
	for (int i = 0; shape && i < total; at += 2 * (size_t)length[i++])
		ann_polygon_part(to, copy + at, length[i]);
	secant_free(copy), secant_free(length);
	return shape ? shape : a;
}

static secant_status
join_objects(ann_set *to, int image, const ann_set *s, const tile *t, int n, secant_err *err)
{
	piece *p = NULL;
	int count = 0, capacity = 0;
	secant_status status = SECANT_OK;
	for (int i = 0; i < n && !status; i++)
		for (uint32_t k = s->first[t[i].image]; k < s->first[t[i].image + 1] && !status; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (base_grow((void **)&p, &capacity, count, sizeof *p)) {
				status = ann_nomem(err);
				break;
			}
			double x0 = ann_x0(o), y0 = ann_y0(o), x1 = ann_x1(o), y1 = ann_y1(o);
			p[count] = (piece){
				s->order[k],
				i,
				{ x0 + t[i].x, y0 + t[i].y, x1 + t[i].x, y1 + t[i].y },
				(x0 <= 0 && t[i].x > 0) || (y0 <= 0 && t[i].y > 0) || (x1 >= t[i].w && t[i].x + t[i].w < t[i].fw)
					|| (y1 >= t[i].h && t[i].y + t[i].h < t[i].fh),
				count,
			};
			count++;
		}
	for (int a = 0; a < count && !status; a++)
		for (int b = a + 1; b < count; b++) {
			const ann_object *oa = &s->objects[p[a].object], *ob = &s->objects[p[b].object];
			if (p[a].tile != p[b].tile && oa->class == ob->class && !((oa->flags | ob->flags) & ANN_NO_BOX)
				&& together(&p[a], &p[b], &t[p[a].tile], &t[p[b].tile]))
				p[find(p, b)].owner = find(p, a);
		}
	for (int a = 0; a < count && !status; a++) {
		if (find(p, a) != a)
			continue;
		int whole = -1;
		double box[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY };
		for (int b = 0; b < count; b++)
			if (find(p, b) == a) {
				whole = whole < 0 && !p[b].cut ? b : whole;
				box[0] = fmin(box[0], p[b].box[0]), box[1] = fmin(box[1], p[b].box[1]),
				box[2] = fmax(box[2], p[b].box[2]), box[3] = fmax(box[3], p[b].box[3]);
			}
		if (ann_shape_kind(s, s->objects[p[a].object].shape) == ANN_RLE)
			whole = -1; /* pixels add up: parts of a mask may lie in tiles that no seam of this piece touches */
		const piece *first = &p[whole >= 0 ? whole : a];
		const ann_object *o = &s->objects[first->object];
		uint32_t shape = o->shape ? moved_shape(to, s, o->shape, &t[first->tile], err) : 0;
		for (int b = 0; b < count && whole < 0 && shape; b++)
			if (find(p, b) == a && b != a && s->objects[p[b].object].shape)
				shape = united(to, shape, moved_shape(to, s, s->objects[p[b].object].shape, &t[p[b].tile], err), err);
		ann_object *c = ann_add_object(to, image, o->class);
		if (!c) {
			status = ann_nomem(err);
			break;
		}
		c->flags = o->flags & (ANN_CROWD | ANN_DIFFICULT | ANN_NO_BOX | ANN_VOID);
		const double *v = whole >= 0 ? first->box : box;
		ann_corners(c, ann_tidy(v[0]), ann_tidy(v[1]), ann_tidy(v[2]), ann_tidy(v[3]));
		c->shape = shape;
		c->area = whole >= 0 ? o->area : NAN;
		uint32_t attributes = ann_copy_attributes(to, s, o->attributes);
		to->objects[to->n_objects - 1].attributes = attributes;
	}
	secant_free(p);
	return status;
}

/* Do the tiles of a picture, row by row, leave a place of it out? */
static bool
has_holes(const tile *t, int n)
{
	bool holes = false;
	int bottom = 0;
	for (int k = 0, end; k < n; k = end) {
		int right = 0;
		holes |= t[k].y > bottom;
		for (end = k; end < n && t[end].y == t[k].y; end++) {
			holes |= t[end].x > right;
			right = t[end].x + t[end].w > right ? t[end].x + t[end].w : right;
		}
		holes |= right < t[k].fw;
		bottom = t[k].y + t[k].h > bottom ? t[k].y + t[k].h : bottom;
	}
	return holes || bottom < t[0].fh;
}

secant_status
secant_dataset_untile(const char *path, const secant_dataset_reading *reading, const secant_dataset_writing *writing,
	const secant_watch *watch, char **report, secant_err *err)
{
	secant_dataset *d = secant_dataset_open(path, reading, watch, err), to = { .set = { 0 } };
	tile *list = NULL;
	int n = 0, holes = 0;
	const char *first = "";
	if (!d)
		return err && err->code ? err->code : SECANT_ERR_IO;
	char *folder = ann_tiles_scratch(writing, err);
	ann_init(&to.set);
	secant_status status = folder ? ann_tiles_heads(&to.set, &d->set, err)
		: err && err->code        ? err->code
								  : SECANT_ERR_IO;
	if (!status)
		status = read_tiles(&d->set, &list, &n, err);
	for (int k = 0, end; !status && k < n; k = end) {
		for (end = k;
			 end < n && !strcmp(list[end].of, list[k].of) && list[end].fw == list[k].fw && list[end].fh == list[k].fh;)
			end++;
		const char *ext = base_path_ext(ann_str(&d->set, d->set.images[list[k].image].path));
		bool same = base_ext_is(list[k].of, ext) || !base_ext_is(list[k].of, "png|tif|tiff");
		char *name = same ? ann_with_extension(list[k].of, ext) : base_strdup(list[k].of),
			 *file = name ? base_path_join(folder, name) : NULL;
		char *dir = file ? base_path_dir(file) : NULL;
		int at = dir ? ann_add_image(&to.set, name, strlen(name)) : -1, channels = 0;
		status = at < 0 ? ann_nomem(err) : secant_make_dirs(dir, err);
		if (!status)
			status = join_picture(&d->set, list + k, end - k, file, &channels, err);
		if (!status) {
			ann_image *im = &to.set.images[at];
			im->path = ann_store(&to.set, file, strlen(file));
			im->width = list[k].fw, im->height = list[k].fh, im->depth = channels,
			im->splits = d->set.images[list[k].image].splits;
			status = join_objects(&to.set, at, &d->set, list + k, end - k, err);
			if (has_holes(list + k, end - k) && !holes++)
				first = list[k].of;
		}
		secant_free(name), secant_free(file), secant_free(dir);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	for (int i = 0; i < d->set.n_notes; i++)
		ann_note(&to.set, "%s", ann_str(&d->set, d->set.notes[i]));
	if (holes)
		ann_note(&to.set,
			"of %d picture%s not all tiles are there, the first is '%s': what they held is black, without objects",
			holes, holes > 1 ? "s" : "", first);
	if (!status)
		status = ann_finish(&to.set, err);
	if (folder)
		status = ann_tiles_write(&to, writing, folder, status, watch, report, err);
	secant_free(list), secant_free(folder);
	ann_free(&to.set);
	secant_dataset_free(d);
	return status;
}
