/*
 * Cutting large pictures into tiles with their annotations. Pictures are read by windows and written by rows, so that
 * no whole one is held; the last tile of a row or column is moved back inside. tiles.json says where each tile belongs
 * (untile.c).
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
#include <strings.h>

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
	/* where pictures of classes are the labels, every pixel has its class: nothing is too little */
	const ann_format *format = ann_find_format(ann_str(s, s->format));
	bool whole_picture = format && format->holds & ANN_HOLDS_MASK;
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
	int dropped, pictures, voids; /* voids: tiles that lost which pixels have no data */
} cutter;

/* Whether pixels of a tile have no data and its file will not say so: a value stays in a TIFF, a wholly transparent
 * pixel in what has its alpha; a mask stays nowhere. */
static bool
loses_voids(const secant_image *im, bool value_stays)
{
	unsigned kept = (value_stays ? SECANT_VOID_VALUE : 0u)
		| (im->channels == 2 || im->channels == 4 ? (unsigned)SECANT_VOID_ALPHA : 0u);
	for (int64_t i = 0; im->voids && i < (int64_t)im->width * im->height; i++)
		if (im->voids[i] && !(im->voids[i] & kept))
			return true;
	return false;
}

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
	c->voids += !status && loses_voids(&im, about->geo && base_ext_is(path, "tif|tiff"));
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
	bool tiffs = base_ext_is(path, "tif|tiff") && !strncasecmp(tile_ext, "tif", 3);
	secant_image_info info = { 0 };
	/* a value for no data is an index of the palette: as a colour it would be another's, too */
	bool indices = base_ext_is(path, "png") ? s->images[i].real_depth == 1
											: tiffs && !secant_image_probe(path, &info, NULL) && info.palette;
	secant_image_read_options as_stored = { .palette_as_indices = indices };
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
				im->depth = info.palette ? info.channels : about->channels;
				im->path = ann_store(to, file, strlen(file));
				im->width = tw, im->height = th, im->splits = s->images[i].splits;
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

secant_status
ann_tiles_heads(ann_set *to, const ann_set *s, secant_err *err)
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
char *
ann_tiles_scratch(const secant_dataset_writing *w, secant_err *err)
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

secant_status
ann_tiles_write(secant_dataset *d, const secant_dataset_writing *writing, const char *folder, secant_status status,
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
	char *folder = ann_tiles_scratch(writing, err);
	cutter c = { .s = &d->set, .to = &to, .o = tiling, .folder = folder };
	if (!folder)
		return err && err->code ? err->code : SECANT_ERR_IO;
	ann_init(&to.set);
	secant_status status = ann_tiles_heads(&to.set, &d->set, err);
	for (int i = 0; !status && i < d->set.n_images; i++) {
		status = cut_picture(&c, i, err);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	if (!status && c.voids)
		ann_note(&to.set,
			"%d tiles hold pixels that have no data by a mask, or a value, of their picture, and do not say so: tiles "
			"keep "
			"values in TIFF, and no masks",
			c.voids);
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
	status = ann_tiles_write(&to, writing, folder, status, watch, report, err);
	base_str_free(&c.list);
	ann_free(&to.set);
	secant_free(folder);
	return status;
}
