/*
 * Cutting large pictures into tiles with their annotations, and putting them together again. Pictures are read by
 * windows and written by rows, so that neither direction holds a whole one; the last tile of a row or column is moved
 * back inside. tiles.json says where each tile belongs. Putting together joins the pieces of an object: pieces of one
 * class in two tiles that agree where the tiles overlap (or touch across the seam); a piece that no seam cuts is the
 * object itself, otherwise the pieces are united.
 */
#include "annotations/dataset.h"
#include "annotations/json_pull.h"
#include "annotations/masks.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>
#include <stdlib.h>

static const secant_opt rows[] = {
	SECANT_OPT(secant_dataset_tiling, size, SIZE, "size", "512", 8, 65536, "of a tile, HxW"),
	SECANT_OPT(secant_dataset_tiling, overlap, INT, "overlap", "0", 0, 65535, "of neighbours, pixels"),
	SECANT_OPT(secant_dataset_tiling, keep, REAL, "keep", "0.1", 0, 1,
		"an object with less than this share of its area in a tile is not in it"),
	SECANT_OPT(secant_dataset_tiling, empty, BOOL, "empty", "true", 1, 0, "write tiles without objects too"),
	SECANT_OPT(secant_dataset_tiling, extension, STR, "extension", NULL, 1, 0,
		"of tiles: png, tif, jpg; tif for TIFF and png otherwise when not given"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_tiling_options = { "tiling", sizeof(secant_dataset_tiling), rows };

/* --- cutting
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Keeps what lies on the wanted side of one border (Sutherland and Hodgman). axis 0 x, 1 y; sign 1: above the limit. */
static int
cut_side(const double *in, int n, double *out, int axis, double limit, int sign)
{
	int m = 0;
	for (int i = 0; i < n; i++) {
		const double *a = in + 2 * i, *b = in + 2 * ((i + 1) % n);
		bool a_in = sign * (a[axis] - limit) >= 0, b_in = sign * (b[axis] - limit) >= 0;
		if (a_in) {
			out[2 * m] = a[0];
			out[2 * m++ + 1] = a[1];
		}
		if (a_in != b_in) {
			double t = (limit - a[axis]) / (b[axis] - a[axis]);
			out[2 * m + axis] = limit;
			out[2 * m++ + !axis] = a[!axis] + t * (b[!axis] - a[!axis]);
		}
	}
	return m;
}

static uint32_t
cut_polygon(ann_set *to, const ann_set *s, uint32_t shape, double x, double y, double w, double h)
{
	int parts, n, kept = 0;
	const double *xy, *p = ann_parts(s, shape, &parts);
	ann_kind kind = ann_shape_kind(s, shape);
	uint32_t at = ann_polygon_begin(to, parts);
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		double *a = secant_calloc(4 * (size_t)n + 64, 2 * sizeof *a),
			   *b = secant_calloc(4 * (size_t)n + 64, 2 * sizeof *b);
		int m = 0;
		if (a && b) {
			m = cut_side(xy, n, a, 0, x, 1);
			m = cut_side(a, m, b, 0, x + w, -1);
			m = cut_side(b, m, a, 1, y, 1);
			m = cut_side(a, m, b, 1, y + h, -1);
		}
		for (int k = 0; k < m; k++)
			b[2 * k] = ann_tidy(b[2 * k] - x), b[2 * k + 1] = ann_tidy(b[2 * k + 1] - y);
		if (m >= 3) {
			ann_polygon_part(to, b, m);
			kept++;
		}
		secant_free(a), secant_free(b);
	}
	if (!at || !kept || to->memory.code)
		return 0;
	to->shapes[at + 1] = kept;
	to->shapes[at] = kind == ANN_QUAD && kept == 1 && to->shapes[at + 2] == 4 ? ANN_QUAD : ANN_POLYGONS;
	return at;
}

static uint32_t
cut_mask(ann_set *to, const ann_set *s, uint32_t shape, int x, int y, int w, int h, double *share, secant_err *err)
{
	ann_rle r, cut;
	uint32_t fh = (uint32_t)s->shapes[shape + 1], fw = (uint32_t)s->shapes[shape + 2], at = 0;
	uint8_t *pixels = secant_calloc((size_t)w * (size_t)h, 1);
	*share = 0;
	if (!pixels || ann_rle_shape(&r, s, shape, fh, fw, err)) {
		secant_free(pixels);
		return 0;
	}
	uint64_t inside = 0, pos = 0;
	for (size_t i = 0; i < r.n; pos += r.runs[i++])
		for (uint64_t t = pos; i & 1 && t < pos + r.runs[i]; t++) {
			int64_t px = (int64_t)(t / fh) - x, py = (int64_t)(t % fh) - y;
			if (px >= 0 && py >= 0 && px < w && py < h) {
				pixels[py * w + px] = 1;
				inside++;
			}
		}
	uint64_t all = ann_rle_area(&r);
	*share = all ? (double)inside / (double)all : 0;
	if (inside && !ann_rle_from_pixels(&cut, pixels, (uint32_t)h, (uint32_t)w, err)) {
		base_str t = { 0 };
		ann_rle_encode(&t, cut.runs, cut.n);
		at = ann_store_rle(to, h, w, t.p ? t.p : "", t.n, s->shapes[shape + 4] != 0);
		base_str_free(&t);
		ann_rle_free(&cut);
	}
	ann_rle_free(&r);
	secant_free(pixels);
	return at;
}

/* Objects of picture i that lie in a tile, into the new set. Returns how many; *dropped counts those below `keep`. */
static int
cut_objects(ann_set *to, int tile, const ann_set *s, int i, int x, int y, int w, int h, double keep, int *dropped,
	secant_err *err)
{
	int n = 0;
	bool whole_picture = ann_is_semantic(s);
	for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		double x0 = fmax(ann_x0(o), x), y0 = fmax(ann_y0(o), y), x1 = fmin(ann_x1(o), x + w),
			   y1 = fmin(ann_y1(o), y + h);
		double share = (x1 - x0) * (y1 - y0) / (ann_w(o) * ann_h(o));
		bool label = o->flags & ANN_NO_BOX,
			 whole = x0 == ann_x0(o) && y0 == ann_y0(o) && x1 == ann_x1(o) && y1 == ann_y1(o);
		if (!label && !(x1 > x0 && y1 > y0))
			continue;
		ann_kind kind = ann_shape_kind(s, o->shape);
		uint32_t shape = kind == ANN_RLE               ? cut_mask(to, s, o->shape, x, y, w, h, &share, err)
			: kind == ANN_POLYGONS || kind == ANN_QUAD ? cut_polygon(to, s, o->shape, x, y, w, h)
													   : 0;
		if (!label && ((!whole_picture && share < keep) || (kind && kind <= ANN_QUAD && !shape))) {
			*dropped += share > 0;
			continue;
		}
		ann_object *c = ann_add_object(to, tile, o->class);
		if (!c)
			return -1;
		c->flags = o->flags & (ANN_CROWD | ANN_DIFFICULT | ANN_NO_BOX | ANN_VOID);
		if (whole && o->flags & ANN_XYWH) {
			c->box[0] = ann_tidy(o->box[0] - x), c->box[1] = ann_tidy(o->box[1] - y), c->box[2] = o->box[2],
			c->box[3] = o->box[3];
			c->flags |= ANN_XYWH;
		} else if (!label)
			ann_corners(c, ann_tidy(x0 - x), ann_tidy(y0 - y), ann_tidy(x1 - x), ann_tidy(y1 - y));
		c->area = whole ? o->area : NAN;
		c->shape = shape;
		if (kind == ANN_RLE)
			c->flags |= ANN_BOX_DERIVED;
		uint32_t attributes = ann_copy_attributes(to, s, o->attributes);
		to->objects[to->n_objects - 1].attributes = attributes;
		n++;
	}
	return n;
}

static int
positions(int length, int tile, int overlap, int k)
{
	int stride = tile - overlap, at = k * stride;
	return length <= tile ? (k ? -1 : 0) : at + tile < length ? at : at + tile - length < stride ? length - tile : -1;
}

typedef struct cutter {
	ann_set *s;
	secant_dataset *to;
	const secant_dataset_tiling *o;
	const char *folder;
	base_str list;
	int dropped, pictures;
} cutter;

static secant_status
write_tile(cutter *c, secant_raster *r, int i, int x, int y, int w, int h, const char *path, secant_err *err)
{
	secant_image im = { 0 };
	const secant_raster_info *about = secant_raster_about(r);
	secant_status status = secant_raster_read_window(r, x, y, w, h, &im, err);
	if (!status && about->geo && base_ext_is(path, "tif|tiff")) {
		secant_geo *geo = secant_geo_window(about->geo, x, y, err);
		status = geo ? secant_image_set_geo(&im, geo, err) : ann_nomem(err);
		secant_geo_free(geo);
	}
	if (!status)
		status = secant_image_write(&im, path, NULL, err);
	secant_image_free(&im);
	return status;
}

static secant_status
cut_picture(cutter *c, int i, secant_err *err)
{
	ann_set *s = c->s, *to = &c->to->set;
	const char *name = ann_str(s, s->images[i].name), *path = ann_str(s, s->images[i].path);
	const char *tile_ext = c->o->extension ? c->o->extension : base_ext_is(path, "tif|tiff") ? "tif" : "png";
	if (!*path)
		return secant_fail(err, SECANT_ERR_IO, "%s: the picture was not found, and cannot be cut", name);
	secant_image_read_options as_stored = { .palette_as_indices = base_ext_is(path, "png")
			&& s->images[i].real_depth == 1 };
	secant_raster *r = secant_raster_open(path, &as_stored, err);
	if (!r)
		return err ? err->code : SECANT_ERR_IO;
	const secant_raster_info *about = secant_raster_about(r);
	int fw = about->width, fh = about->height, th = c->o->size.v[0] < fh ? c->o->size.v[0] : fh,
		tw = c->o->size.v[1] < fw ? c->o->size.v[1] : fw;
	int oy = c->o->overlap < c->o->size.v[0] ? c->o->overlap : c->o->size.v[0] - 1,
		ox = c->o->overlap < c->o->size.v[1] ? c->o->overlap : c->o->size.v[1] - 1;
	secant_status status = SECANT_OK;
	char *stem = ann_with_extension(name, "");
	for (int ky = 0, y; !status && stem && (y = positions(fh, c->o->size.v[0], oy, ky)) >= 0; ky++)
		for (int kx = 0, x; !status && (x = positions(fw, c->o->size.v[1], ox, kx)) >= 0; kx++) {
			char tile[1200];
			snprintf(tile, sizeof tile, "%.*s_%d_%d.%s", (int)strlen(stem) - 1, stem, y, x, tile_ext);
			char *file = base_path_join(c->folder, tile), *dir = file ? base_path_dir(file) : NULL;
			int at = dir ? ann_add_image(to, tile, strlen(tile)) : -1;
			int n = at < 0 ? -1 : cut_objects(to, at, s, i, x, y, tw, th, c->o->keep, &c->dropped, err);
			if (n < 0)
				status = ann_nomem(err);
			else if (!n && !c->o->empty)
				to->images[at].flags |= ANN_GONE;
			else if (!(status = secant_make_dirs(dir, err)))
				status = write_tile(c, r, i, x, y, tw, th, file, err);
			if (!status) {
				ann_image *im = &to->images[at];
				im->path = ann_store(to, file, strlen(file));
				im->width = tw, im->height = th, im->depth = about->channels, im->splits = s->images[i].splits;
				if (!(im->flags & ANN_GONE)) {
					base_str_add(&c->list, c->list.n ? ",\n    {\"tile\": " : "\n    {\"tile\": ");
					ann_json_string(&c->list, tile, strlen(tile));
					base_str_add(&c->list, ", \"of\": ");
					ann_json_string(&c->list, name, strlen(name));
					base_str_addf(&c->list,
						", \"x\": %d, \"y\": %d, \"width\": %d, \"height\": %d, \"full_width\": %d, \"full_height\": "
						"%d}",
						x, y, tw, th, fw, fh);
				}
			}
			secant_free(file), secant_free(dir);
		}
	secant_free(stem);
	secant_raster_close(r);
	return status;
}

static secant_status
copy_heads(ann_set *to, const ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		int at = ann_add_class(to, name, strlen(name), s->classes[i].id);
		if (at < 0)
			return ann_nomem(err);
		ann_text kept = to->classes[at].name;
		to->classes[at] = s->classes[i];
		to->classes[at].name = kept;
		to->classes[at].attributes = ann_copy_attributes(to, s, s->classes[i].attributes);
	}
	for (int i = 0; i < s->n_splits; i++)
		(void)ann_split(to, ann_str(s, s->splits[i]), strlen(ann_str(s, s->splits[i])));
	to->voc_origin = s->voc_origin;
	to->format = ann_intern(to, ann_str(s, s->format), strlen(ann_str(s, s->format)));
	to->root = ann_intern(to, ann_str(s, s->root), strlen(ann_str(s, s->root)));
	return ann_sound(to, err);
}

/* A folder for pictures on the way, beside the output (hard links need one file system). */
static char *
scratch(const secant_dataset_writing *w, secant_err *err)
{
	size_t n = w->out ? strlen(w->out) : 0;
	while (n > 1 && w->out[n - 1] == '/')
		n--;
	char *path = n ? base_format("%.*s.tiles-XXXXXX", (int)n, w->out) : NULL,
		 *parent = path ? base_path_dir(path) : NULL;
	if (!n)
		(void)secant_fail(err, SECANT_ERR_ARG, "--out is missing: the folder to make");
	else if (secant_is_dir(w->out) || secant_is_file(w->out))
		(void)secant_fail(err, SECANT_ERR_IO, "%s: exists already; choose another --out, or remove it first", w->out);
	else if (!parent || secant_make_dirs(parent, err) || !mkdtemp(path))
		(void)secant_fail(err, SECANT_ERR_IO, "%s: cannot make a folder beside it", w->out);
	else {
		secant_free(parent);
		return path;
	}
	secant_free(parent), secant_free(path);
	return NULL;
}

static secant_status
write_and_clean(secant_dataset *d, const secant_dataset_writing *writing, const char *folder, secant_status status,
	const secant_watch *watch, char **report, secant_err *err)
{
	secant_dataset_writing w = *writing;
	w.link = 1; /* hard links: the scratch folder goes away */
	w.names = 1;
	w.train_ratio = w.train_ratio < 0 ? -1 : w.train_ratio;
	if (ann_find_format(ann_str(&d->set, d->set.format))->numbers_images && !w.to)
		w.to = (char *)(uintptr_t) "voc"; /* tiles have no numbers of their own */
	if (!status)
		status = secant_dataset_write(d, &w, watch, report, err);
	secant_err ignored = { 0 };
	if (base_remove_tree(folder, &ignored) && !status)
		status = secant_fail(err, ignored.code, "%s", ignored.msg);
	return status;
}

secant_status
secant_dataset_tile(secant_dataset *d, const secant_dataset_tiling *tiling, const secant_dataset_writing *writing,
	const secant_watch *watch, char **report, secant_err *err)
{
	secant_dataset to = { .set = { 0 } };
	if (tiling->overlap >= tiling->size.v[0] || tiling->overlap >= tiling->size.v[1])
		return secant_fail(err, SECANT_ERR_ARG, "--overlap: %d pixels of tiles of %dx%d: less than a side is needed",
			tiling->overlap, tiling->size.v[0], tiling->size.v[1]);
	char *folder = scratch(writing, err);
	cutter c = { .s = &d->set, .to = &to, .o = tiling, .folder = folder };
	if (!folder)
		return err && err->code ? err->code : SECANT_ERR_IO;
	ann_init(&to.set);
	secant_status status = copy_heads(&to.set, &d->set, err);
	for (int i = 0; !status && i < d->set.n_images; i++) {
		status = cut_picture(&c, i, err);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	if (!status && c.dropped)
		ann_note(&to.set, "%d pieces of objects with less than %g of their area in a tile are not in it", c.dropped,
			tiling->keep);
	to.set.extra_name = base_strdup("tiles.json");
	to.set.extra = base_format(
		"{\n  \"overlap\": %d,\n  \"tiles\": [%s\n  ]\n}\n", tiling->overlap, c.list.p ? c.list.p : "");
	if (!status && (!to.set.extra || !to.set.extra_name || c.list.failed))
		status = ann_nomem(err);
	if (!status)
		status = ann_compact(&to.set, err);
	if (!status)
		status = ann_finish(&to.set, err);
	status = write_and_clean(&to, writing, folder, status, watch, report, err);
	base_str_free(&c.list);
	ann_free(&to.set);
	secant_free(folder);
	return status;
}

/* --- putting together
 * ------------------------------------------------------------------------------------------------------------ */

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
					t.image = ann_find_image(s, text.p, ann_len(text));
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

secant_status
secant_dataset_untile(const char *path, const secant_dataset_reading *reading, const secant_dataset_writing *writing,
	const secant_watch *watch, char **report, secant_err *err)
{
	secant_dataset *d = secant_dataset_open(path, reading, watch, err), to = { .set = { 0 } };
	tile *list = NULL;
	int n = 0;
	if (!d)
		return err && err->code ? err->code : SECANT_ERR_IO;
	char *folder = scratch(writing, err);
	ann_init(&to.set);
	secant_status status = folder ? copy_heads(&to.set, &d->set, err) : err && err->code ? err->code : SECANT_ERR_IO;
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
		}
		secant_free(name), secant_free(file), secant_free(dir);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	if (!status)
		status = ann_finish(&to.set, err);
	if (folder)
		status = write_and_clean(&to, writing, folder, status, watch, report, err);
	secant_free(list), secant_free(folder);
	ann_free(&to.set);
	secant_dataset_free(d);
	return status;
}
