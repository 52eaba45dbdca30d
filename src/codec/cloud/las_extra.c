/*
 * Extra bytes of written LAS: attributes that the point format has no field for. What the source described (scale,
 * offset, no-data value, arrays of two or three) is written so again; other columns are numbers of their own.
 */
#include "codec/cloud/las_write.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const secant_number stored_types[] = { SECANT_N_U8, SECANT_N_I8, SECANT_N_U16, SECANT_N_I16, SECANT_N_U32,
	SECANT_N_I32, SECANT_N_U64, SECANT_N_I64, SECANT_N_F32, SECANT_N_F64 };

static double
le_double(const uint8_t *p)
{
	double v;
	uint64_t bits = base_le64(p);
	memcpy(&v, &bits, sizeof v);
	return v;
}

static bool
grow(las_writer *p, int count)
{
	las_element *e = base_realloc(p->element, (size_t)(p->elements + count), sizeof *e);
	if (e)
		p->element = e;
	las_dimension *d = base_realloc(p->dimension, (size_t)p->dimensions + 1, sizeof *d);
	if (d)
		p->dimension = d;
	return e && d;
}

static bool
add_dimension(las_writer *p, const las_element *e, int count, const uint8_t *kept)
{
	if (!grow(p, count))
		return false;
	memcpy(p->element + p->elements, e, (size_t)count * sizeof *e);
	p->dimension[p->dimensions++] = (las_dimension){ p->elements, count, kept };
	p->elements += count;
	return true;
}

/* The columns that a description made, when all are there and none has a place: their number, else 0. */
static int
find_elements(const secant_cloud *c, const uint8_t *d, const bool *placed, las_element out[255])
{
	int code = d[2], options = d[3], count = code == 0 ? options : code <= 10 ? 1 : code <= 20 ? 2 : 3;
	if (code > 30)
		return 0;
	char name[33] = "", element[48];
	memcpy(name, d + 4, 32);
	for (int k = 0; k < count; k++) {
		bool scaled = code && options & 0x18;
		secant_number type = stored_types[code == 0 ? 0 : (code - 1) % 10];
		snprintf(element, sizeof element, count > 1 ? "%s_%d" : "%s", name, k);
		int at = secant_cloud_find(c, element);
		if (at < 3 || placed[at] || c->column[at].type != (scaled ? SECANT_N_F64 : type))
			return 0;
		out[k] = (las_element){ .column = at, .type = type, .scale = 1, .scaled = scaled };
		if (scaled && options & 0x08)
			out[k].scale = le_double(d + 112 + 8 * k);
		if (scaled && options & 0x10)
			out[k].shift = le_double(d + 136 + 8 * k);
		if (!(fabs(out[k].scale) > 0) || !isfinite(out[k].scale) || !isfinite(out[k].shift))
			return 0;
	}
	return count;
}

/* The type of extra bytes for a column. */
static secant_number
own_type(const secant_cloud_writer *w, int column)
{
	return column == CLASS_EXTRA                         ? SECANT_N_U8
		: cloud_is_colour(w->layout.column[column].name) ? w->layout.column[column].type
														 : cloud_narrow(w, column);
}

static bool
place_kept(const secant_cloud *c, las_writer *p, bool *placed)
{
	las_element e[255];
	bool ok = true;
	for (int i = 0; i < c->records; i++) {
		const secant_cloud_record *k = &c->record[i];
		if (strcmp(k->user, "LASF_Spec") || k->id != 4)
			continue;
		for (uint64_t at = 0; ok && k->size >= LAS_EXTRA && at <= k->size - LAS_EXTRA; at += LAS_EXTRA) {
			int n = find_elements(c, k->data + at, placed, e);
			for (int j = 0; j < n; j++)
				placed[e[j].column] = true;
			ok = n == 0 || add_dimension(p, e, n, k->data + at);
		}
	}
	return ok;
}

secant_status
las_place_extras(secant_cloud_writer *w, las_writer *p, const bool *placed, secant_err *err)
{
	const secant_cloud *c = &w->layout;
	bool *done = secant_calloc((size_t)c->columns, sizeof *done), ok = done != NULL;
	if (ok)
		memcpy(done, placed, (size_t)c->columns * sizeof *done);
	if (ok && w->opt.classification_dimension && p->label >= 0 && secant_cloud_find(c, "Classification") < 0)
		ok = add_dimension(p, &(las_element){ .column = CLASS_EXTRA, .type = SECANT_N_U8, .scale = 1 }, 1, NULL);
	ok = ok && place_kept(c, p, done);
	for (int i = 3; ok && i < c->columns; i++)
		if (!done[i] || (w->opt.classification_dimension && !strcmp(c->column[i].name, "Classification")))
			ok = add_dimension(p, &(las_element){ .column = i, .type = own_type(w, i), .scale = 1 }, 1, NULL);
	secant_free(done);
	if (!ok)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	for (int k = 0; k < p->elements; k++)
		p->record += (int)secant_number_size(p->element[k].type);
	if (p->record > LAS_MAX_RECORD || p->dimensions * LAS_EXTRA > 65535)
		return cloud_fail(
			w->name, err, SECANT_ERR_UNSUPPORTED, "%d attributes are too many for a LAS record", p->dimensions);
	for (int k = 0; k < p->dimensions; k++) {
		const las_dimension *d = &p->dimension[k];
		const char *name = d->kept || p->element[d->first].column < 0 ? ""
																	  : c->column[p->element[d->first].column].name;
		if (strlen(name) > 32)
			secant_log(&w->opt.logger, SECANT_LOG_WARNING,
				"%s: the attribute '%s' is called '%.32s' there: LAS holds 32 letters", w->name, name, name);
	}
	return SECANT_OK;
}

secant_status
las_put_extra_record(secant_cloud_writer *w, const las_writer *p, secant_err *err)
{
	secant_status s = las_put_record_head(
		w, "LASF_Spec", 4, "extra bytes", (uint64_t)p->dimensions * LAS_EXTRA, false, err);
	for (int k = 0; !s && k < p->dimensions; k++) {
		const las_dimension *e = &p->dimension[k];
		int column = p->element[e->first].column;
		uint8_t d[LAS_EXTRA] = { 0 };
		if (e->kept) {
			memcpy(d, e->kept, LAS_EXTRA);
			if (d[2]) /* smallest and largest are of the source's points */
				d[3] &= (uint8_t)~6;
		} else {
			const char *name = column == CLASS_EXTRA ? "Classification" : w->layout.column[column].name;
			d[2] = (uint8_t)las_extra_type(p->element[e->first].type);
			memcpy(d + 4, name, strnlen(name, 32));
		}
		s = base_writer_put(w->out, d, sizeof d, err);
	}
	return s;
}

/* Numbers that change on their way: scaled ones, and reals that become whole. */
static void
put_changed(las_element *e, const secant_cloud *chunk, int column, int64_t first, int64_t n, int64_t at, uint8_t *to,
	size_t stride)
{
	enum { PART = 512 };
	double v[PART], lo, hi;
	bool whole = !tensor_number_is_real(e->type);
	tensor_number_limits(e->type, &lo, &hi);
	for (int64_t k = 0; k < n; k += PART) {
		int64_t m = n - k < PART ? n - k : PART;
		secant_cloud_doubles(chunk, column, first + k, m, v);
		for (int64_t i = 0; e->scaled && i < m; i++)
			v[i] = (v[i] - e->shift) / e->scale;
		if (whole && e->scaled)
			for (int64_t i = 0; i < m; i++)
				v[i] = fabs(v[i] - nearbyint(v[i])) < 1e-4 ? nearbyint(v[i]) : v[i];
		if (whole)
			las_fit(&e->loss, v, m, at + first + k, lo, hi, true);
		tensor_number_store(to + (size_t)k * stride, e->type, stride, m, v);
	}
}

void
las_put_extras(
	const secant_cloud_writer *w, las_writer *p, const secant_cloud *chunk, int64_t first, int64_t n, uint8_t *to)
{
	to += las_record_size(p->format);
	for (int k = 0; k < p->elements; k++) {
		las_element *e = &p->element[k];
		int column = e->column == CLASS_EXTRA ? p->label : e->column;
		const secant_column *c = &chunk->column[column];
		if (e->scaled || c->type != e->type)
			put_changed(e, chunk, column, first, n, w->n, to, (size_t)p->record);
		else
			tensor_number_copy(to, (size_t)p->record, tensor_column_at(c, first), secant_number_size(c->type),
				secant_number_size(c->type), false, n);
		to += secant_number_size(e->type);
	}
}
