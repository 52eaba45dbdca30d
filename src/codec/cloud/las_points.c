/*
 * Points of written LAS: coordinates as steps of the grid, attributes as fields and bits of records, a slab at a time.
 * What a field cannot hold is cut, rounded and counted; a class or a coordinate that it cannot hold is an error.
 */
#include "codec/cloud/las_write.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SLAB = 2048, SLABS = 8 }; /* a slab of records stays in the first cache; so many go to the file at once */

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
	int64_t moved = 0;
	/* A tenth of a per cent of a step (of a coarse one less: a metre is one) and what doubles of this size resolve are
	 * no change; nor is what a float of the source never had. */
	double slack = (scale > 0.01 ? 1e-5 : scale * 1e-3)
		+ (fabs(v[0]) + fabs(offset)) * (c->type == SECANT_N_F64 ? 0x1p-51 : 0x1p-25);
	for (int64_t i = 0; i < n; i++)
		steps[i] = (v[i] - offset) / scale + 0x1.8p52
			- 0x1.8p52; /* rounded to even; what is too large for that stays too large */
	for (int64_t i = 0; i < n; i++)
		moved += fabs(steps[i] * scale + offset - v[i]) > slack;
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
	p->moved[axis] += moved;
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

/* ---- what numbers mean ---- */

static const struct secant_cloud_span *
span_of(const secant_cloud_writer *w, const secant_cloud *first, int column, struct secant_cloud_span *own)
{
	if (w->survey.columns)
		return &w->survey.span[column];
	*own = (struct secant_cloud_span){ .integral = true };
	if (!secant_cloud_range(first, column, &own->lo, &own->hi))
		return own;
	for (int64_t i = 0; i < first->n && own->integral; i++) {
		double v = secant_cloud_get(first, column, i);
		own->integral = v == nearbyint(v);
	}
	return own;
}

static void
say(const secant_cloud_writer *w, const char *column, const struct secant_cloud_span *s, const char *what)
{
	secant_log(&w->opt.logger, SECANT_LOG_INFO, "%s: '%s' runs from %g to %g: %s", w->name, column, s->lo, s->hi, what);
}

/* Intensities are 16 bits in LAS. Shares of 1, as KITTI, PLY and PCD often have them, would round to nothing; Leica's
 * PTS runs from -2048 to 2047. */
static void
intensity_factor(const secant_cloud_writer *w, const secant_column *c, const struct secant_cloud_span *s, las_use *u)
{
	enum { AUTO, KEEP, UNIT, BYTE, SIGNED };
	int how = w->opt.intensity_range;
	if (how == AUTO && tensor_number_is_real(c->type)) {
		how = !s->integral && s->lo >= 0 && s->hi <= 1     ? UNIT
			: s->lo < 0 && s->lo >= -2048 && s->hi <= 2047 ? SIGNED
														   : KEEP;
		if (how == UNIT)
			say(w, c->name, s, "taken as shares of 1 and written times 65535 (--intensity-range keep leaves them)");
		if (how == SIGNED)
			say(w, c->name, s, "taken as -2048 to 2047 and written plus 2048 (--intensity-range keep leaves them)");
	}
	u->factor = how == UNIT ? 65535 : how == BYTE ? 257 : 1;
	u->shift = how == SIGNED ? 2048 : 0;
}

/* Scan angles are degrees in formats 0 to 5 and steps of 0.006 degrees in the others, where LAS's own name is the
 * steps' name; other programs write degrees. */
static void
angle_factor(const secant_cloud_writer *w, const las_field *f, const secant_column *c,
	const struct secant_cloud_span *s, las_use *u)
{
	bool steps = !strcmp(c->name, "scan_angle") && (!tensor_number_is_real(c->type) || s->integral),
		 wanted = f->type == SECANT_N_I16;
	u->factor = steps == wanted ? 1 : wanted ? 1 / 0.006 : 0.006;
	if (!steps && strcmp(c->name, "scan_angle_rank"))
		say(w, c->name, s, "taken as degrees");
	if (steps && tensor_number_is_real(c->type))
		say(w, c->name, s, "taken as steps of 0.006 degrees, LAS's own; call it scan_angle_rank where it is degrees");
}

static void
choose_factors(secant_cloud_writer *w, las_writer *p, const secant_cloud *first)
{
	bool said = false;
	for (int i = 0; i < p->fields; i++) {
		las_use *u = &p->use[i];
		const las_field *f = &p->field[i];
		struct secant_cloud_span own;
		u->factor = 1;
		if (u->column < 0)
			continue;
		const secant_column *c = &first->column[u->column];
		if (!strcmp(f->name, "intensity")) {
			intensity_factor(w, c, span_of(w, first, u->column, &own), u);
		} else if (!strncmp(f->name, "scan_angle", 10)) {
			angle_factor(w, f, c, span_of(w, first, u->column, &own), u);
		} else if (cloud_is_colour(f->name) && (c->type != SECANT_N_U16 || w->opt.colour_range)) {
			u->factor = cloud_colour_factor(w, first, 65535);
			if (!said && u->factor != 1 && c->type != SECANT_N_U8)
				say(w, c->name, span_of(w, first, u->column, &own),
					u->factor == 257 ? "colours are taken as 8 bits and written times 257 (--colour-range)"
									 : "colours are taken as shares of 1 and written times 65535 (--colour-range)");
			said = true;
		}
	}
	p->factors = true;
}

/* ---- fields ---- */

void
las_fit(las_loss *l, double *v, int64_t n, int64_t at, double lo, double hi, bool whole)
{
	for (int64_t k = 0; k < n; k++) {
		double r = whole ? tensor_round_even(v[k]) : v[k];
		if (!(r >= lo && r <= hi)) {
			if (isnan(v[k])) {
				l->strange++;
				r = 0;
			} else {
				if (!l->cut++) {
					l->first = at + k;
					l->value = v[k];
				}
				r = r < lo ? lo : hi;
			}
		} else {
			l->rounded += r != v[k];
		}
		v[k] = r;
	}
}

/* Bits of a byte of each record, gathered before they go there; none is larger than the mask. A shift of eight
 * bytes at once carries nothing over, as no value leaves its bits. */
static void
gather_bits(uint64_t *bits, const las_field *f, const uint8_t *v, int64_t n)
{
	uint64_t words[SLAB / 8] = { 0 };
	uint8_t *cut = (uint8_t *)words;
	memcpy(cut, v, (size_t)n);
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
	uint8_t *to, uint64_t *bits, secant_err *err)
{
	const las_field *f = &p->field[i];
	las_use *u = &p->use[i];
	double v[SLAB];
	uint8_t byte[SLAB];
	if (u->column < 0)
		return SECANT_OK;
	const secant_column *c = &chunk->column[u->column];
	bool same = u->factor == 1 && u->shift == 0 && !u->bit;
	to += f->offset;
	if (!f->mask && c->type == f->type && same) {
		size_t size = secant_number_size(f->type);
		if (!all_zero(tensor_column_at(c, first), size * (size_t)n))
			tensor_number_copy(to, (size_t)p->record, tensor_column_at(c, first), size, size, false, n);
		return SECANT_OK;
	}
	if (f->mask && !u->bit && c->type == SECANT_N_U8 && largest(tensor_column_at(c, first), n) <= f->mask) {
		gather_bits(bits, f, tensor_column_at(c, first), n);
		return SECANT_OK;
	}
	secant_cloud_doubles(chunk, u->column, first, n, v);
	for (int64_t k = 0; !same && k < n; k++)
		v[k] = !u->bit ? v[k] * u->factor + u->shift : v[k] >= 0 && v[k] < 256 ? (unsigned)v[k] >> (u->bit - 1) & 1 : 0;
	double least = 0, most = f->mask ? f->mask : 255;
	for (int64_t k = 0; u->column == p->label && k < n; k++)
		if (!(v[k] >= 0 && v[k] <= most) || v[k] != nearbyint(v[k]))
			return cloud_fail(w->name, err, SECANT_ERR_RANGE,
				"point %lld: class %g (column '%s'); point format %d holds whole numbers 0 to %g%s",
				(long long)(w->n + first + k), v[k], c->name, p->format, most,
				most >= 255 ? ""
					: las_geotiff(&w->layout)
					? " (formats 6 to 10, in LAS 1.4, hold 255, but no GeoTIFF coordinate system)"
					: " (formats 6 to 10, in LAS 1.4, hold 255)");
	if (!f->mask)
		tensor_number_limits(f->type, &least, &most);
	bool whole = f->mask || !tensor_number_is_real(f->type);
	/* What a factor makes of whole numbers is not counted as rounding. */
	int64_t rounded = u->loss.rounded;
	if (whole)
		las_fit(&u->loss, v, n, w->n + first, least, most, true);
	if (!same)
		u->loss.rounded = rounded;
	if (!f->mask) {
		tensor_number_store(to, f->type, (size_t)p->record, n, v);
		return SECANT_OK;
	}
	tensor_number_store(byte, SECANT_N_U8, 1, n, v);
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
		tensor_number_copy(to + at, (size_t)p->record, byte, 1, 1, false, n);
	memset(bits, 0, SLAB);
}

secant_status
las_put_points(secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, secant_err *err)
{
	secant_status s = SECANT_OK;
	uint8_t *buffer = cloud_scratch(w, (size_t)p->record * SLAB * SLABS, err);
	if (!buffer)
		return SECANT_ERR_NOMEM;
	if (!p->factors)
		choose_factors(w, p, chunk);
	uint64_t bits[SLAB / 8] = { 0 };
	size_t used = 0;
	for (int64_t first = 0; !s && first < chunk->n; first += SLAB) {
		int64_t n = chunk->n - first < SLAB ? chunk->n - first : SLAB;
		uint8_t *to = buffer + used;
		memset(to, 0, (size_t)p->record * (size_t)n);
		s = put_coordinates(w, p, chunk, first, n, to, err);
		for (int i = 0; !s && i < p->fields; i++) {
			s = put_field(w, p, chunk, i, first, n, to, bits, err);
			if (p->field[i].mask && (i + 1 == p->fields || p->field[i + 1].offset != p->field[i].offset))
				put_bits(p, bits, p->field[i].offset, to, n);
		}
		if (!s)
			las_put_extras(w, p, chunk, first, n, to);
		used += (size_t)p->record * (size_t)n;
		if (!s && (used == (size_t)p->record * SLAB * SLABS || first + n == chunk->n)) {
			s = p->laz ? laz_put(w, p, buffer, used / (size_t)p->record, err)
					   : base_writer_put(w->out, buffer, used, err);
			used = 0;
		}
	}
	return s;
}

/* ---- what was lost ---- */

static void
say_loss(const secant_cloud_writer *w, const char *name, const las_loss *l, double lo, double hi)
{
	const secant_logger *to = &w->opt.logger;
	long long n = w->n;
	if (l->cut)
		secant_log(to, SECANT_LOG_WARNING,
			"%s: %s: %lld of %lld values lay outside %.15g to %.15g and were cut (point %lld: %.15g)", w->name, name,
			(long long)l->cut, n, lo, hi, (long long)l->first, l->value);
	if (l->rounded)
		secant_log(to, SECANT_LOG_WARNING, "%s: %s: %lld of %lld values were rounded to whole numbers", w->name, name,
			(long long)l->rounded, n);
	if (l->strange)
		secant_log(to, SECANT_LOG_WARNING, "%s: %s: %lld of %lld values were no numbers and became 0", w->name, name,
			(long long)l->strange, n);
}

void
las_say_losses(const secant_cloud_writer *w, const las_writer *p)
{
	double lo, hi;
	for (int k = 0; k < 3; k++)
		if (p->moved[k])
			secant_log(&w->opt.logger, SECANT_LOG_WARNING,
				"%s: %c: %lld of %lld coordinates were rounded to the grid's step of %g (--las-scale)", w->name,
				'x' + k, (long long)p->moved[k], (long long)w->n, p->scale[k]);
	for (int i = 0; i < p->fields; i++) {
		const las_field *f = &p->field[i];
		tensor_number_limits(f->type, &lo, &hi);
		say_loss(w, f->name, &p->use[i].loss, f->mask ? 0 : lo, f->mask ? f->mask : hi);
	}
	for (int i = 0; i < p->elements; i++) {
		const las_element *e = &p->element[i];
		tensor_number_limits(e->type, &lo, &hi);
		say_loss(w, e->column < 0 ? "Classification" : w->layout.column[e->column].name, &e->loss, lo, hi);
	}
}
