/*
 * Writing PCD: binary unless asked otherwise; red, green, blue become the packed field rgb that PCL and Open3D know. A
 * compressed file is one block of whole columns, so its points are gathered in memory until the end; the other two
 * stream, their counts written last into room left for them.
 */
#include "codec/cloud/pcd.h"
#include "codec/cloud/decimal.h"
#include "codec/cloud/lzf.h"
#include "codec/cloud/text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SLAB = 4096, WIDTH = 15 };

typedef struct pcd_writer {
	int encoding; /* 1 ascii, 2 binary, 4 compressed */
	int colour[3]; /* red, green, blue of the layout; -1: none */
	int fields;
	int column[CLOUD_FIELDS]; /* of each field; -1: the packed colour */
	secant_number type[CLOUD_FIELDS];
	size_t record;
	uint64_t width_at, points_at;
	uint8_t *gathered;
	int64_t room;
} pcd_writer;

void
cloud_pcd_discard(void *state)
{
	pcd_writer *p = state;
	if (p)
		secant_free(p->gathered);
	secant_free(p);
}

static bool
is_one_of(const int *list, int n, int v)
{
	for (int i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

/* PCL and Open3D read coordinates of 4 bytes only. Doubles stay where rounding would move a point by more than 1e-5 of
 * the extent: far from the origin, as in maps. */
static secant_number
coordinate_type(const secant_cloud_writer *w)
{
	double extent = 0, far = 0;
	if (w->layout.column[0].type == SECANT_N_F32)
		return SECANT_N_F32;
	for (int k = 0; k < 3 && w->survey.columns; k++) {
		const struct secant_cloud_span *s = &w->survey.span[k];
		if (s->lo <= s->hi) {
			extent = fmax(extent, s->hi - s->lo);
			far = fmax(far, fmax(fabs(s->lo), fabs(s->hi)));
		}
	}
	return w->survey.columns && far * 0x1p-24 <= extent * 1e-5 ? SECANT_N_F32 : SECANT_N_F64;
}

static secant_status
choose_fields(secant_cloud_writer *w, pcd_writer *p, secant_err *err)
{
	for (int k = 0; k < 3; k++)
		p->colour[k] = secant_cloud_role(&w->layout, (secant_cloud_role_name)(SECANT_ROLE_RED + k));
	bool colours = p->colour[0] >= 0 && p->colour[1] >= 0 && p->colour[2] >= 0;
	if (w->layout.columns > CLOUD_FIELDS)
		return cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED, "%d columns, at most %d can be written",
			w->layout.columns, CLOUD_FIELDS);
	for (int i = 0; i < w->layout.columns; i++) {
		if (colours && is_one_of(p->colour, 3, i) && i != p->colour[0])
			continue;
		p->column[p->fields] = colours && i == p->colour[0] ? -1 : i;
		p->type[p->fields] = p->column[p->fields] < 0 ? SECANT_N_U32 : i < 3 ? coordinate_type(w) : cloud_narrow(w, i);
		p->record += secant_number_size(p->type[p->fields++]);
	}
	return SECANT_OK;
}

/* One header line: the key and a word for each field. */
static void
line(base_str *s, const secant_cloud_writer *w, const pcd_writer *p, const char *key)
{
	base_str_add(s, key);
	for (int i = 0; i < p->fields; i++) {
		const char *kind = secant_number_name(p->type[i]);
		char name[256];
		snprintf(name, sizeof name, "%s", p->column[i] < 0 ? "rgb" : w->layout.column[p->column[i]].name);
		for (char *c = name; *c; c++)
			*c = *c <= ' ' ? '_' : *c;
		if (!strcmp(key, "FIELDS"))
			base_str_addf(s, " %s", name);
		else if (!strcmp(key, "SIZE"))
			base_str_addf(s, " %zu", secant_number_size(p->type[i]));
		else if (!strcmp(key, "TYPE"))
			base_str_addf(s, " %c", p->column[i] < 0 && p->encoding != 1 ? 'F' : kind[0] - 'a' + 'A');
		else
			base_str_add(s, " 1");
	}
	base_str_add(s, "\n");
}

secant_status
cloud_pcd_create(secant_cloud_writer *w, secant_err *err)
{
	static const char *const words[] = { "binary", "ascii", "binary", "", "binary_compressed" };
	pcd_writer *p = w->state = secant_calloc(1, sizeof *p);
	if (!p)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	p->encoding = w->opt.encoding ? w->opt.encoding : 2;
	if (p->encoding == 3)
		return cloud_fail(
			w->name, err, SECANT_ERR_ARG, "--encoding: PCD is ascii, binary or compressed, not big-endian");
	secant_status s = choose_fields(w, p, err);
	if (s)
		return s;
	base_str t = { 0 };
	base_str_add(&t, "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\n");
	line(&t, w, p, "FIELDS");
	line(&t, w, p, "SIZE");
	line(&t, w, p, "TYPE");
	line(&t, w, p, "COUNT");
	long long n = w->survey.n >= 0 ? w->survey.n : 0;
	int width = w->survey.n >= 0 ? 1 : WIDTH;
	const secant_cloud_view *v = &w->layout.view;
	bool grid = v->height > 1 && v->width > 0 && n > 0 && v->width <= n && v->width * v->height == n;
	base_str_add(&t, "WIDTH ");
	p->width_at = t.n;
	base_str_addf(
		&t, "%*lld\nHEIGHT %lld\nVIEWPOINT", width, grid ? (long long)v->width : n, grid ? (long long)v->height : 1);
	for (int i = 0; i < 7; i++) {
		char number[DECIMAL_ROOM];
		char *end = decimal_print(number, v->known ? v->viewpoint[i] : i == 3);
		base_str_addf(&t, " %.*s", (int)(end - number), number);
	}
	base_str_add(&t, "\nPOINTS ");
	if (v->height > 1 && !grid)
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: %lld points are no longer the grid of %lld x %lld: HEIGHT is 1", w->name, n, (long long)v->width,
			(long long)v->height);
	p->points_at = t.n;
	base_str_addf(&t, "%*lld\nDATA %s\n", width, n, words[p->encoding]);
	s = t.failed ? secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name)
				 : base_writer_put(w->out, t.p, t.n, err);
	base_str_free(&t);
	return s;
}

/* Colours of points first .. first + n as 0x00RRGGBB, `stride` bytes apart. */
static void
pack_colours(
	const pcd_writer *p, const secant_cloud *chunk, int64_t first, int64_t n, double factor, uint8_t *to, size_t stride)
{
	for (int64_t i = 0; i < n; i++, to += stride) {
		for (int k = 0; k < 3; k++) {
			double v = secant_cloud_get(chunk, p->colour[k], first + i) * factor + 0.5;
			to[2 - k] = (uint8_t)(v >= 255 ? 255 : v > 0 ? v : 0);
		}
		to[3] = 0;
	}
}

static void
make_records(const pcd_writer *p, const secant_cloud *chunk, int64_t first, int64_t n, double factor, uint8_t *to)
{
	for (int i = 0; i < p->fields; i++) {
		size_t size = secant_number_size(p->type[i]);
		const secant_column *c = p->column[i] < 0 ? NULL : &chunk->column[p->column[i]];
		if (c)
			tensor_number_convert(
				to, p->type[i], p->record, tensor_column_at(c, first), c->type, secant_number_size(c->type), false, n);
		else
			pack_colours(p, chunk, first, n, factor, to, p->record);
		to += size;
	}
}

/* Text: the chunk with its colours packed into one column goes through the common row writer. */
static secant_status
put_ascii(secant_cloud_writer *w, pcd_writer *p, const secant_cloud *chunk, double factor, secant_err *err)
{
	secant_cloud view = { .n = chunk->n, .capacity = chunk->n, .columns = p->fields };
	uint32_t *packed = NULL;
	view.column = secant_calloc((size_t)p->fields, sizeof *view.column);
	packed = secant_calloc((size_t)chunk->n, sizeof *packed);
	secant_status s = view.column && packed ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	for (int i = 0; !s && i < p->fields; i++) {
		static char rgb[] = "rgb";
		view.column[i] = p->column[i] < 0 ? (secant_column){ .name = rgb, .type = SECANT_N_U32, .data = packed }
										  : chunk->column[p->column[i]];
		if (p->column[i] < 0)
			pack_colours(p, chunk, 0, chunk->n, factor, (uint8_t *)packed, sizeof *packed);
	}
	if (!s)
		s = cloud_put_rows(w, &view, ' ', p->type, err);
	secant_free(view.column);
	secant_free(packed);
	return s;
}

static secant_status
gather(secant_cloud_writer *w, pcd_writer *p, const secant_cloud *chunk, double factor, secant_err *err)
{
	int64_t n = w->n + chunk->n;
	if ((uint64_t)n > UINT32_MAX / p->record)
		return cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED,
			"a compressed PCD holds 4 GiB, %lld points need more; write it binary", (long long)n);
	if (n > p->room) {
		int64_t room = n > p->room * 2 ? n : p->room * 2;
		uint8_t *more = base_realloc(p->gathered, (size_t)room, p->record);
		if (!more)
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %lld points", w->name, (long long)room);
		p->gathered = more;
		p->room = room;
	}
	make_records(p, chunk, 0, chunk->n, factor, p->gathered + (size_t)w->n * p->record);
	return SECANT_OK;
}

/* Counts coordinates that floats move off their place: by half a step of the source's grid, or where it has none, by a
 * millionth of the extent. */
static void
count_moved(secant_cloud_writer *w, const secant_cloud *chunk)
{
	for (int axis = 0; axis < 3; axis++) {
		const struct secant_cloud_span *s = &w->survey.span[axis];
		double step = w->layout.scale[axis], most = step > 0 ? step * .4999 : (s->hi - s->lo) * 1e-6, v[256];
		for (int64_t first = 0; first < chunk->n; first += 256) {
			int64_t n = chunk->n - first < 256 ? chunk->n - first : 256;
			secant_cloud_doubles(chunk, axis, first, n, v);
			for (int64_t i = 0; i < n; i++) {
				double by = fabs(v[i] - (double)(float)v[i]);
				w->moved += by > most;
				w->moved_by = by > most ? fmax(by, w->moved_by) : w->moved_by;
			}
		}
	}
}

secant_status
cloud_pcd_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	pcd_writer *p = w->state;
	double factor = p->colour[0] >= 0 ? cloud_colour_factor(w, chunk, 255) : 1;
	if (w->survey.columns && p->type[0] == SECANT_N_F32 && w->layout.column[0].type == SECANT_N_F64)
		count_moved(w, chunk);
	if (p->encoding == 1)
		return put_ascii(w, p, chunk, factor, err);
	if (p->encoding == 4)
		return gather(w, p, chunk, factor, err);
	uint8_t *buffer = cloud_scratch(w, p->record * SLAB, err);
	if (!buffer)
		return SECANT_ERR_NOMEM;
	for (int64_t first = 0; first < chunk->n; first += SLAB) {
		int64_t n = chunk->n - first < SLAB ? chunk->n - first : SLAB;
		make_records(p, chunk, first, n, factor, buffer);
		secant_status s = base_writer_put(w->out, buffer, p->record * (size_t)n, err);
		if (s)
			return s;
	}
	return SECANT_OK;
}

/* Turns the gathered records into columns, packs them and writes the block. */
static secant_status
put_block(secant_cloud_writer *w, pcd_writer *p, secant_err *err)
{
	size_t size = (size_t)w->n * p->record, offset = 0;
	uint8_t *columns = secant_calloc(size, 1), *packed = secant_calloc(cloud_lzf_room(size) + 8, 1), *to = columns;
	secant_status s = columns && packed
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", w->name, size);
	for (int i = 0; !s && i < p->fields && w->n; i++) {
		size_t bytes = secant_number_size(p->type[i]);
		tensor_number_copy(to, bytes, p->gathered + offset, p->record, bytes, false, w->n);
		to += bytes * (size_t)w->n;
		offset += bytes;
	}
	if (!s) {
		size_t n = cloud_lzf_pack(packed + 8, columns, size);
		base_put_le(packed, n, 4);
		base_put_le(packed + 4, size, 4);
		s = n > UINT32_MAX
			? cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED, "a compressed PCD holds 4 GiB; write it binary")
			: base_writer_put(w->out, packed, n + 8, err);
	}
	secant_free(columns);
	secant_free(packed);
	return s;
}

secant_status
cloud_pcd_finish(secant_cloud_writer *w, secant_err *err)
{
	pcd_writer *p = w->state;
	secant_status s = p->encoding == 4 ? put_block(w, p, err) : SECANT_OK;
	if (s || w->survey.n == w->n)
		return s;
	if (w->survey.n >= 0)
		return cloud_fail(w->name, err, SECANT_ERR_ARG, "%lld points were announced, %lld written",
			(long long)w->survey.n, (long long)w->n);
	const uint64_t places[] = { p->width_at, p->points_at };
	for (int i = 0; !s && i < 2; i++) {
		s = base_writer_seek(w->out, places[i], err);
		if (!s)
			s = base_writer_printf(w->out, err, "%*lld", WIDTH, (long long)w->n);
	}
	return s;
}
