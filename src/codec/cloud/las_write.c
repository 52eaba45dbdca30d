/*
 * Writing LAS 1.2 and 1.4. The point format is the smallest that holds the attributes (1.2: 0 to 3; 1.4: 6 to 8, or as
 * asked); columns that the format has no place for become extra bytes under their names. Colours are 16 bits (8-bit
 * ones times 257). The label goes to the class byte; formats 0 to 5 have 5 bits for it, and a larger class is an error,
 * not a wrap. Returns that nobody gave are 1 of 1.
 *
 * The grid: a source's own scale and offset when it has them; else the offset is the middle of the extent, rounded to
 * the step, and the step the smallest power of ten that lets the extent fit into 31 bits, but not finer than doubles of
 * this size resolve. A coordinate loses half a step at most.
 */
#include "codec/cloud/las.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SLAB = 2048,
	SLABS = 8,
	CLASS_EXTRA = -2
}; /* a slab of records stays in the first cache; so many go to the file at once */

typedef struct las_writer {
	int minor, format, record, header;
	las_field field[LAS_FIELDS];
	int fields, column[LAS_FIELDS]; /* -1: nothing to write there */
	int *extra, extras; /* columns that become extra bytes; CLASS_EXTRA: the class once more */
	bool grid; /* scale and offset are settled */
	double scale[3], offset[3], lo[3], hi[3];
	int64_t by_return[16]; /* [15]: nowhere */
	int label, returns; /* columns; -1: none */
	uint32_t points_at;
} las_writer;

void
las_discard(void *state)
{
	las_writer *p = state;
	if (p)
		secant_free(p->extra);
	secant_free(p);
}

/* ---- choosing ---- */

/* The column for an attribute of LAS: by its own name, else by the role it plays. Scan angles have two names, of
 * degrees and of 0.006. */
static int
column_for(const secant_cloud *c, const char *name)
{
	int at = secant_cloud_find(c, name);
	if (at < 0 && !strncmp(name, "scan_angle", 10))
		return secant_cloud_find(c, name[10] ? "scan_angle" : "scan_angle_rank");
	if (at >= 0)
		return at;
	secant_cloud_role_name role = secant_role_of(name);
	return role > SECANT_ROLE_Z && role < SECANT_ROLE_COUNT ? secant_cloud_role(c, role) : -1;
}

static int
smallest_format(const secant_cloud *c, bool modern)
{
	bool time = column_for(c, "gps_time") >= 0, colour = column_for(c, "red") >= 0,
		 infrared = secant_cloud_find(c, "nir") >= 0;
	return modern ? (infrared ? 8 : colour ? 7 : 6) : time + 2 * colour;
}

static secant_status
choose_format(secant_cloud_writer *w, las_writer *p, secant_err *err)
{
	p->minor = w->opt.las_version == 1 ? 2 : 4;
	p->format = w->opt.las_format >= 0 ? w->opt.las_format : smallest_format(&w->layout, p->minor == 4);
	if (p->minor == 2 && p->format > 3)
		return cloud_fail(w->name, err, SECANT_ERR_ARG, "--las-format: LAS 1.2 has formats 0 to 3, not %d", p->format);
	p->header = p->minor == 4 ? 375 : 227;
	p->record = las_record_size(p->format);
	p->fields = las_fields(p->format, p->field);
	return SECANT_OK;
}

/* The type of extra bytes for a column. */
static secant_number
extra_type(const secant_cloud_writer *w, int column)
{
	return column == CLASS_EXTRA                         ? SECANT_N_U8
		: cloud_is_colour(w->layout.column[column].name) ? w->layout.column[column].type
														 : cloud_narrow(w, column);
}

/* Gives each column a place: a field, or extra bytes. */
static secant_status
place_columns(secant_cloud_writer *w, las_writer *p, secant_err *err)
{
	const secant_cloud *c = &w->layout;
	bool *placed = secant_calloc((size_t)c->columns, sizeof *placed);
	p->extra = secant_calloc((size_t)c->columns + 1, sizeof *p->extra);
	if (!placed || !p->extra) {
		secant_free(placed);
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	}
	for (int i = 0; i < p->fields; i++) {
		p->column[i] = column_for(c, p->field[i].name);
		if (p->column[i] >= 0)
			placed[p->column[i]] = true;
		p->label = !strcmp(p->field[i].name, "classification") ? p->column[i] : p->label;
		p->returns = !strcmp(p->field[i].name, "return_number") ? p->column[i] : p->returns;
	}
	if (w->opt.classification_dimension && p->label >= 0 && secant_cloud_find(c, "Classification") < 0)
		p->extra[p->extras++] = CLASS_EXTRA;
	for (int i = 3; i < c->columns; i++)
		if (!placed[i] || (!strcmp(c->column[i].name, "Classification") && w->opt.classification_dimension))
			p->extra[p->extras++] = i;
	secant_free(placed);
	for (int k = 0; k < p->extras; k++)
		p->record += (int)secant_number_size(extra_type(w, p->extra[k]));
	if (p->record > LAS_MAX_RECORD || p->extras * LAS_EXTRA > 65535)
		return cloud_fail(
			w->name, err, SECANT_ERR_UNSUPPORTED, "%d attributes are too many for a LAS record", p->extras);
	return SECANT_OK;
}

static double
power_of_ten_at_least(double v)
{
	double p = pow(10, ceil(log10(v) - 1e-9));
	return p >= v * (1 - 1e-9) ? p : p * 10;
}

static void
choose_axis(double lo, double hi, double asked, double *scale, double *offset)
{
	double extent = hi - lo, most = fmax(fabs(lo), fabs(hi));
	double step = asked > 0 ? asked : power_of_ten_at_least(fmax(fmax(extent / 2e9, most * 0x1p-50), 1e-12));
	*scale = step;
	*offset = nearbyint((lo / 2 + hi / 2) / step) * step;
	/* Offsets that are whole numbers read better and cost nothing where there is room for them. */
	double whole = nearbyint(*offset);
	if (fmax(fabs(lo - whole), fabs(hi - whole)) / step < 2e9)
		*offset = whole;
}

static secant_status
choose_grid(secant_cloud_writer *w, las_writer *p, const secant_cloud *first, secant_err *err)
{
	for (int k = 0; k < 3; k++) {
		double lo = 0, hi = 0;
		const struct secant_cloud_span *s = w->survey.columns ? &w->survey.span[k] : NULL;
		if (s && s->bad)
			return cloud_fail(w->name, err, SECANT_ERR_RANGE, "%lld %s no finite coordinate %c; LAS cannot hold that",
				(long long)s->bad, s->bad == 1 ? "point has" : "points have", 'x' + k);
		if (w->opt.las_scale <= 0 && w->layout.scale[k] > 0) {
			p->scale[k] = w->layout.scale[k];
			p->offset[k] = w->layout.offset[k];
			continue;
		}
		if (s && s->lo <= s->hi) {
			lo = s->lo;
			hi = s->hi;
		} else if (first) {
			(void)secant_cloud_range(first, k, &lo, &hi);
		}
		if (!(lo <= hi))
			lo = hi = 0;
		if (!isfinite(hi - lo))
			return cloud_fail(w->name, err, SECANT_ERR_RANGE, "%c runs from %g to %g; no grid of LAS reaches that far",
				'x' + k, lo, hi);
		choose_axis(lo, hi, w->opt.las_scale, &p->scale[k], &p->offset[k]);
	}
	p->grid = true;
	return SECANT_OK;
}

/* ---- header and records ---- */

static void
put_double(uint8_t *p, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	secant_put_le(p, bits, 8);
}

static int
record_count(const las_writer *p, const secant_cloud *c, bool extended)
{
	int n = !extended && p->extras > 0;
	for (int i = 0; i < c->records; i++)
		n += (c->record[i].extended && p->minor >= 4) == extended;
	return n;
}

/* Records of a LAS 1.4 source that stood behind the points go before them in 1.2, when they fit. */
static bool
stands_before(const las_writer *p, const secant_cloud_record *k)
{
	return !(k->extended && p->minor >= 4);
}

static bool
has_geotiff(const secant_cloud *c)
{
	for (int i = 0; i < c->records; i++)
		if (!strcmp(c->record[i].user, "LASF_Projection") && c->record[i].id == 34735)
			return true;
	return false;
}

static secant_status
put_header(secant_cloud_writer *w, las_writer *p, uint64_t evlr_at, secant_err *err)
{
	uint8_t h[375] = "LASF";
	time_t now = time(NULL);
	struct tm day;
	bool legacy = p->format < 6 && (uint64_t)w->n <= UINT32_MAX;
	/* Formats 6 to 10 want WKT; a source with GeoTIFF keys alone keeps them, and their meaning. */
	bool wkt = w->layout.wkt || (p->format >= 6 && !has_geotiff(&w->layout));
	secant_put_le(h + 6, (uint64_t)(w->layout.gps_standard | wkt << 4), 2);
	h[24] = 1;
	h[25] = (uint8_t)p->minor;
	memcpy(h + 26, "OTHER", 5);
	snprintf((char *)h + 58, 32, "secant %s", secant_version());
	if (gmtime_r(&now, &day)) {
		secant_put_le(h + 90, (uint64_t)day.tm_yday + 1, 2);
		secant_put_le(h + 92, (uint64_t)day.tm_year + 1900, 2);
	}
	secant_put_le(h + 94, (uint64_t)p->header, 2);
	secant_put_le(h + 96, p->points_at, 4);
	secant_put_le(h + 100, (uint64_t)record_count(p, &w->layout, false), 4);
	h[104] = (uint8_t)p->format;
	secant_put_le(h + 105, (uint64_t)p->record, 2);
	secant_put_le(h + 107, legacy ? (uint64_t)w->n : 0, 4);
	for (int i = 0; i < 5 && legacy; i++)
		secant_put_le(h + 111 + 4 * i, (uint64_t)p->by_return[i], 4);
	for (int k = 0; k < 3; k++) {
		put_double(h + 131 + 8 * k, p->scale[k]);
		put_double(h + 155 + 8 * k, p->offset[k]);
		put_double(h + 179 + 16 * k, w->n ? p->hi[k] : 0);
		put_double(h + 187 + 16 * k, w->n ? p->lo[k] : 0);
	}
	int extended = record_count(p, &w->layout, true);
	secant_put_le(h + 235, extended ? evlr_at : 0, 8);
	secant_put_le(h + 243, (uint64_t)extended, 4);
	secant_put_le(h + 247, (uint64_t)w->n, 8);
	for (int i = 0; i < 15; i++)
		secant_put_le(h + 255 + 8 * i, (uint64_t)p->by_return[i], 8);
	return secant_writer_put(w->out, h, (size_t)p->header, err);
}

static secant_status
put_record_head(secant_cloud_writer *w, const char *user, uint16_t id, const char *description, uint64_t size,
	bool extended, secant_err *err)
{
	uint8_t h[LAS_EVLR] = { 0 };
	memcpy(h + 2, user, strnlen(user, 16));
	secant_put_le(h + 18, id, 2);
	secant_put_le(h + 20, size, extended ? 8 : 2);
	memcpy(h + (extended ? 28 : 22), description, strnlen(description, 32));
	return secant_writer_put(w->out, h, extended ? LAS_EVLR : LAS_VLR, err);
}

static secant_status
put_extra_record(secant_cloud_writer *w, const las_writer *p, secant_err *err)
{
	secant_status s = put_record_head(w, "LASF_Spec", 4, "extra bytes", (uint64_t)p->extras * LAS_EXTRA, false, err);
	for (int k = 0; !s && k < p->extras; k++) {
		uint8_t d[LAS_EXTRA] = { 0 };
		bool again = p->extra[k] == CLASS_EXTRA;
		const char *name = again ? "Classification" : w->layout.column[p->extra[k]].name;
		d[2] = (uint8_t)las_extra_type(extra_type(w, p->extra[k]));
		memcpy(d + 4, name, strnlen(name, 32));
		s = secant_writer_put(w->out, d, sizeof d, err);
	}
	return s;
}

static secant_status
put_records(secant_cloud_writer *w, const las_writer *p, bool before, secant_err *err)
{
	secant_status s = before && p->extras ? put_extra_record(w, p, err) : SECANT_OK;
	for (int i = 0; !s && i < w->layout.records; i++) {
		const secant_cloud_record *k = &w->layout.record[i];
		if (stands_before(p, k) != before)
			continue;
		s = put_record_head(w, k->user, k->id, k->description, k->size, !before, err);
		if (!s)
			s = secant_writer_put(w->out, k->data, (size_t)k->size, err);
	}
	return s;
}

secant_status
las_create(secant_cloud_writer *w, secant_err *err)
{
	las_writer *p = w->state = secant_calloc(1, sizeof *p);
	if (!p)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	p->label = p->returns = -1;
	for (int k = 0; k < 3; k++) {
		p->lo[k] = INFINITY;
		p->hi[k] = -INFINITY;
	}
	secant_status s = choose_format(w, p, err);
	if (!s)
		s = place_columns(w, p, err);
	uint64_t at = (uint64_t)p->header + (p->extras ? LAS_VLR + (uint64_t)p->extras * LAS_EXTRA : 0);
	for (int i = 0; !s && i < w->layout.records; i++) {
		const secant_cloud_record *k = &w->layout.record[i];
		if (!stands_before(p, k))
			continue;
		if (k->size > 65535)
			s = cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED,
				"the record %s/%u has %llu bytes, LAS 1.2 holds 65535; write 1.4", k->user, k->id,
				(unsigned long long)k->size);
		at += LAS_VLR + k->size;
	}
	if (!s && at > UINT32_MAX)
		s = cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED, "the records before the points have %llu bytes",
			(unsigned long long)at);
	p->points_at = (uint32_t)at;
	if (!s)
		s = put_header(w, p, 0, err);
	return s ? s : put_records(w, p, true, err);
}

/* ---- points ---- */

/* Coordinates as steps of the grid. Plain loops over a slab each: the compiler makes vectors of them, and one test at
 * the end finds what does not fit. */
static secant_status
steps_of(secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, int axis, int64_t first, int64_t n,
	int32_t *raw, secant_err *err)
{
	double own[SLAB], steps[SLAB], scale = p->scale[axis], offset = p->offset[axis];
	double strange = 0; /* a flag as wide as a number, for vectors */
	int32_t lo = INT32_MAX, hi = INT32_MIN;
	const secant_column *c = &chunk->column[axis];
	const double *v = c->type == SECANT_N_F64 ? (const double *)c->data + first : own;
	if (v == own)
		secant_cloud_doubles(chunk, axis, first, n, own);
	for (int64_t i = 0; i < n; i++)
		steps[i] = (v[i] - offset) / scale + 0x1.8p52
			- 0x1.8p52; /* rounded to even; what is too large for that stays too large */
	for (int64_t i = 0; i < n; i++)
		strange = fabs(steps[i]) <= 2147483647.0 ? strange : 1;
	for (int64_t i = 0; i < n && strange > 0; i++)
		if (!(fabs(steps[i]) <= 2147483647.0))
			return cloud_fail(w->name, err, SECANT_ERR_RANGE,
				isfinite(v[i]) ? "point %lld: %c = %.17g is outside the grid of step %g around %.17g"
							   : "point %lld: %c = %g is no coordinate",
				(long long)(w->n + first + i), 'x' + axis, v[i], scale, offset);
	for (int64_t i = 0; i < n; i++)
		raw[i] = (int32_t)steps[i];
	for (int64_t i = 0; i < n; i++) {
		lo = raw[i] < lo ? raw[i] : lo;
		hi = raw[i] > hi ? raw[i] : hi;
	}
	p->lo[axis] = lo < p->lo[axis] ? lo : p->lo[axis];
	p->hi[axis] = hi > p->hi[axis] ? hi : p->hi[axis];
	return SECANT_OK;
}

static inline void
put_step(uint8_t *to, int32_t v)
{
	memcpy(to, &v, sizeof v);
}

/* The three begin the record: one pass over records, which are written for the first time here. */
static secant_status
put_coordinates(secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, int64_t first, int64_t n, uint8_t *to,
	secant_err *err)
{
	int32_t raw[3][SLAB];
	secant_status s = SECANT_OK;
	for (int axis = 0; !s && axis < 3; axis++)
		s = steps_of(w, p, chunk, axis, first, n, raw[axis], err);
	for (int64_t i = 0; !s && i < n; i++, to += p->record) {
		put_step(to, raw[0][i]);
		put_step(to + 4, raw[1][i]);
		put_step(to + 8, raw[2][i]);
	}
	return s;
}

/* What a column's values are multiplied by to become the field's. */
static double
factor_for(const las_field *f, const secant_column *c, double colour)
{
	if (cloud_is_colour(f->name))
		return c->type == SECANT_N_U16 ? 1 : colour;
	if (strncmp(f->name, "scan_angle", 10) || !strcmp(f->name, c->name))
		return 1;
	return f->type == SECANT_N_I16 ? 1 / 0.006 : 0.006;
}

/* Bits of a byte of each record, gathered before they go there: larger values are cut to the largest. A shift of eight
 * bytes at once carries nothing over, as no value leaves its bits. */
static void
gather_bits(uint64_t *bits, const las_field *f, const uint8_t *v, int64_t n)
{
	uint64_t words[SLAB / 8] = { 0 };
	uint8_t *cut = (uint8_t *)words;
	for (int64_t k = 0; k < n; k++)
		cut[k] = v[k] > f->mask ? f->mask : v[k];
	for (int64_t k = 0; k < (n + 7) / 8; k++)
		bits[k] |= words[k] << f->shift;
}

static bool
all_zero(const uint8_t *p, size_t bytes)
{
	uint8_t any = 0;
	for (size_t i = 0; i < bytes; i++)
		any |= p[i];
	return !any;
}

static uint8_t
largest(const uint8_t *v, int64_t n)
{
	uint8_t most = 0;
	for (int64_t k = 0; k < n; k++)
		most = v[k] > most ? v[k] : most;
	return most;
}

/* One attribute of the format: into the records, or into `bits` of the byte that it shares with others. */
static secant_status
put_field(secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, int i, int64_t first, int64_t n,
	double factor, uint8_t *to, uint64_t *bits, secant_err *err)
{
	const las_field *f = &p->field[i];
	double v[SLAB];
	uint8_t byte[SLAB];
	if (p->column[i] < 0)
		return SECANT_OK;
	const secant_column *c = &chunk->column[p->column[i]];
	bool is_class = p->column[i] == p->label;
	to += f->offset;
	if (!f->mask && c->type == f->type && factor == 1) {
		size_t size = secant_number_size(f->type);
		if (!all_zero(secant_column_at(c, first), size * (size_t)n))
			secant_number_copy(to, (size_t)p->record, secant_column_at(c, first), size, size, false, n);
		return SECANT_OK;
	}
	if (f->mask && c->type == SECANT_N_U8 && (!is_class || largest(secant_column_at(c, first), n) <= f->mask)) {
		gather_bits(bits, f, secant_column_at(c, first), n);
		return SECANT_OK;
	}
	secant_cloud_doubles(chunk, p->column[i], first, n, v);
	for (int64_t k = 0; factor != 1 && k < n; k++)
		v[k] *= factor;
	double most = f->mask ? f->mask : 255;
	for (int64_t k = 0; is_class && k < n; k++)
		if (!(v[k] >= 0 && v[k] <= most) || v[k] != nearbyint(v[k]))
			return cloud_fail(w->name, err, SECANT_ERR_RANGE,
				"point %lld: class %g; point format %d holds whole numbers 0 to %g%s", (long long)(w->n + first + k),
				v[k], p->format, most, most < 255 ? " (formats 6 to 10, in LAS 1.4, hold 255)" : "");
	if (!f->mask) {
		secant_number_store(to, f->type, (size_t)p->record, n, v);
		return SECANT_OK;
	}
	secant_number_store(byte, SECANT_N_U8, 1, n, v);
	gather_bits(bits, f, byte, n);
	return SECANT_OK;
}

/* The gathered bits go to byte `at` of the records. In the byte of returns, those that nobody gave are 1 of 1; points
 * are counted by return. */
static void
put_bits(las_writer *p, uint64_t *bits, int at, uint8_t *to, int64_t n)
{
	uint8_t *byte = (uint8_t *)bits, low = p->format < 6 ? 7 : 15, one = p->format < 6 ? 1 | 1 << 3 : 1 | 1 << 4;
	for (int64_t k = 0; at == 14 && k < n; k++) {
		byte[k] = (uint8_t)(byte[k] | (p->returns < 0 ? one : 0));
		int r = byte[k] & low;
		p->by_return[(r + 15) % 16] += r > 0;
	}
	if (!all_zero(byte, (size_t)n))
		secant_number_copy(to + at, (size_t)p->record, byte, 1, 1, false, n);
	memset(bits, 0, SLAB);
}

static void
put_extras(
	const secant_cloud_writer *w, const las_writer *p, const secant_cloud *chunk, int64_t first, int64_t n, uint8_t *to)
{
	to += las_record_size(p->format);
	for (int k = 0; k < p->extras; k++) {
		bool again = p->extra[k] == CLASS_EXTRA;
		const secant_column *c = &chunk->column[again ? p->label : p->extra[k]];
		secant_number type = extra_type(w, p->extra[k]);
		secant_number_convert(
			to, type, (size_t)p->record, secant_column_at(c, first), c->type, secant_number_size(c->type), false, n);
		to += secant_number_size(type);
	}
}

secant_status
las_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	las_writer *p = w->state;
	secant_status s = p->grid ? SECANT_OK : choose_grid(w, p, chunk, err);
	uint8_t *buffer = s ? NULL : cloud_scratch(w, (size_t)p->record * SLAB * SLABS, err);
	if (!buffer)
		return s ? s : SECANT_ERR_NOMEM;
	int red = column_for(chunk, "red");
	double colour = las_has(p->format, 'c') && red >= 0 && chunk->column[red].type != SECANT_N_U16
		? cloud_colour_factor(w, chunk, 65535)
		: 1;
	double factor[LAS_FIELDS];
	for (int i = 0; i < p->fields; i++)
		factor[i] = p->column[i] < 0 ? 1 : factor_for(&p->field[i], &chunk->column[p->column[i]], colour);
	uint64_t bits[SLAB / 8] = { 0 };
	size_t used = 0;
	for (int64_t first = 0; !s && first < chunk->n; first += SLAB) {
		int64_t n = chunk->n - first < SLAB ? chunk->n - first : SLAB;
		uint8_t *to = buffer + used;
		memset(to, 0, (size_t)p->record * (size_t)n);
		s = put_coordinates(w, p, chunk, first, n, to, err);
		for (int i = 0; !s && i < p->fields; i++) {
			s = put_field(w, p, chunk, i, first, n, factor[i], to, bits, err);
			if (p->field[i].mask && (i + 1 == p->fields || p->field[i + 1].offset != p->field[i].offset))
				put_bits(p, bits, p->field[i].offset, to, n);
		}
		put_extras(w, p, chunk, first, n, to);
		used += (size_t)p->record * (size_t)n;
		if (!s && (used == (size_t)p->record * SLAB * SLABS || first + n == chunk->n)) {
			s = secant_writer_put(w->out, buffer, used, err);
			used = 0;
		}
	}
	return s;
}

secant_status
las_finish(secant_cloud_writer *w, secant_err *err)
{
	las_writer *p = w->state;
	uint64_t end = p->points_at + (uint64_t)w->n * (uint64_t)p->record;
	secant_status s = p->grid ? SECANT_OK : choose_grid(w, p, NULL, err);
	for (int k = 0; k < 3; k++) {
		p->lo[k] = p->lo[k] * p->scale[k] + p->offset[k];
		p->hi[k] = p->hi[k] * p->scale[k] + p->offset[k];
	}
	if (!s && p->minor < 4 && (uint64_t)w->n > UINT32_MAX)
		s = cloud_fail(
			w->name, err, SECANT_ERR_UNSUPPORTED, "%lld points; LAS 1.2 holds %u", (long long)w->n, UINT32_MAX);
	if (!s)
		s = put_records(w, p, false, err);
	if (!s)
		s = secant_writer_seek(w->out, 0, err);
	return s ? s : put_header(w, p, end, err);
}
