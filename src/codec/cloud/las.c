/*
 * Reading LAS 1.0 to 1.4 (and 1.5, whose formats are 1.4's), point formats 0 to 10 with extra bytes: header,
 * variable-length records before and behind the points, records. Every attribute of the format becomes a column, extra
 * bytes under their own names (with their scale, if they have one). LAZ differs only in how records are stored (laz.c).
 * Coordinates are integer times scale plus offset, in double.
 */
#include "codec/cloud/las.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SLAB = 1024, MAX_RECORDS = 100000 };

/* ---- header ---- */

static double
le_double(const uint8_t *p)
{
	double v;
	uint64_t bits = base_le64(p);
	memcpy(&v, &bits, sizeof v);
	return v;
}

static secant_status
read_header(secant_cloud_reader *r, las_header *h, secant_err *err)
{
	static const size_t sizes[] = { 227, 227, 227, 235, 375, 375 };
	const uint8_t *d = r->data;
	if (r->size < 227 || memcmp(d, "LASF", 4))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			r->size < 227 ? "ends at byte %zu, in the header of 227 bytes" : "does not begin with LASF (%zu bytes)",
			r->size);
	h->major = d[24];
	h->minor = d[25];
	if (h->major != 1 || h->minor > 5)
		return cloud_fail(
			r->name, err, SECANT_ERR_UNSUPPORTED, "is LAS %d.%d; versions 1.0 to 1.4 are read", h->major, h->minor);
	size_t size = base_le16(d + 94);
	if (size < sizes[h->minor] || r->size < size)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"the header of LAS 1.%d has %zu bytes, expected %zu in a file of %zu", h->minor, size, sizes[h->minor],
			r->size);
	h->points_at = base_le32(d + 96);
	h->vlrs = base_le32(d + 100);
	h->format = d[104] & 0x3f;
	h->compressed = d[104] & 0xc0;
	h->record = base_le16(d + 105);
	h->points = base_le32(d + 107);
	for (int k = 0; k < 3; k++) {
		h->scale[k] = le_double(d + 131 + 8 * k);
		h->offset[k] = le_double(d + 155 + 8 * k);
		if (!isfinite(h->scale[k]) || !isfinite(h->offset[k]) || h->scale[k] == 0)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "scale %g, offset %g of axis %c are no grid",
				h->scale[k], h->offset[k], 'x' + k);
	}
	if (h->minor >= 4) {
		uint64_t points = base_le64(d + 247);
		h->points = points ? points : h->points;
		h->evlr_at = base_le64(d + 235);
		h->evlrs = base_le32(d + 243);
	}
	if (!las_record_size(h->format))
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "point format %d; 0 to 10 are read", h->format);
	if (h->record < las_record_size(h->format))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "records of %d bytes, format %d needs %d", h->record,
			h->format, las_record_size(h->format));
	if (h->points_at < size || h->points_at > r->size)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the points begin at byte %llu, outside %zu to %zu",
			(unsigned long long)h->points_at, size, r->size);
	return SECANT_OK;
}

static void
take_name(char *out, const uint8_t *p, size_t n)
{
	memcpy(out, p, n);
	out[n] = '\0';
}

/* What the writer passes on. */
static void
keep_header(secant_cloud *c, const uint8_t *d, const las_header *h)
{
	secant_cloud_las *k = &c->las;
	*k = (secant_cloud_las){
		.known = true,
		.minor = h->minor,
		.format = h->format,
		.made_returns = base_le16(d + 6) & 8,
		.source = base_le16(d + 4),
		.day = base_le16(d + 90),
		.year = base_le16(d + 92),
	};
	memcpy(k->guid, d + 8, sizeof k->guid);
	take_name(k->system, d + 26, 32);
}

/* ---- variable-length records ---- */

/* Keeps a record that should be written again: not how this file is compressed. */
static secant_status
keep_record(secant_cloud_reader *r, las_state *t, const uint8_t *head, const uint8_t *data, uint64_t size,
	bool extended, secant_err *err)
{
	secant_cloud_record k = { .id = base_le16(head + 18), .size = size, .extended = extended };
	take_name(k.user, head + 2, 16);
	take_name(k.description, head + (extended ? 28 : 22), 32);
	if (!strcmp(k.user, "laszip encoded") && k.id == 22204) {
		t->laz_vlr = data;
		t->laz_vlr_size = (size_t)size;
		return SECANT_OK;
	}
	secant_cloud *c = &r->layout;
	secant_cloud_record *grown = base_realloc(c->record, (size_t)c->records + 1, sizeof *grown);
	k.data = secant_calloc((size_t)size, 1);
	if (grown)
		c->record = grown;
	if (!grown || !k.data) {
		secant_free(k.data);
		return secant_fail(
			err, SECANT_ERR_NOMEM, "%s: no memory for a record of %llu bytes", r->name, (unsigned long long)size);
	}
	if (size)
		memcpy(k.data, data, (size_t)size);
	c->record[c->records++] = k;
	return SECANT_OK;
}

/* Walks the records from `at` to `limit` and gives them to keep_record; *extra receives the description of extra bytes.
 * A count that is too large, as damaged writers leave it, ends where the records end. */
static secant_status
read_records(secant_cloud_reader *r, las_state *t, uint64_t at, uint64_t limit, uint32_t count, bool extended,
	const uint8_t **extra, size_t *extra_size, secant_err *err)
{
	size_t head = extended ? LAS_EVLR : LAS_VLR;
	for (uint32_t i = 0; i < count && i < MAX_RECORDS; i++) {
		if (at > limit || limit - at < head)
			return SECANT_OK;
		const uint8_t *p = r->data + at;
		uint64_t size = extended ? base_le64(p + 20) : base_le16(p + 20);
		if (size > limit - at - head)
			return extended
				? cloud_fail(r->name, err, SECANT_ERR_FORMAT, "record %u at byte %llu has %llu bytes, %llu are left", i,
					(unsigned long long)at, (unsigned long long)size, (unsigned long long)(limit - at - head))
				: SECANT_OK;
		if (!memcmp(p + 2, "LASF_Spec", 10) && base_le16(p + 18) == 4) {
			*extra = p + head;
			*extra_size = (size_t)size;
		}
		secant_status s = keep_record(r, t, p, p + head, size, extended, err);
		if (s)
			return s;
		at += head + size;
	}
	return SECANT_OK;
}

/* ---- extra bytes ---- */

static secant_status
add_extra(secant_cloud_reader *r, las_state *t, const char *name, las_extra e, secant_err *err)
{
	las_extra *grown = base_realloc(t->extra, (size_t)t->extras + 1, sizeof *grown);
	if (!grown)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	t->extra = grown;
	t->extra[t->extras] = e;
	return cloud_declare(r, name, e.scaled ? SECANT_N_F64 : e.stored, &t->extra[t->extras++].column, err);
}

/* One description of 192 bytes: a column, or two or three of an array. Moves *offset behind its bytes. */
static secant_status
read_extra(secant_cloud_reader *r, las_state *t, const uint8_t *d, int *offset, secant_err *err)
{
	static const secant_number types[] = {
		SECANT_N_U8,
		SECANT_N_U8,
		SECANT_N_I8,
		SECANT_N_U16,
		SECANT_N_I16,
		SECANT_N_U32,
		SECANT_N_I32,
		SECANT_N_U64,
		SECANT_N_I64,
		SECANT_N_F32,
		SECANT_N_F64,
	};
	int code = d[2], options = d[3], count = code == 0 ? options : code <= 10 ? 1 : code <= 20 ? 2 : 3;
	if (code > 30)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "extra bytes of type %d; 0 to 30 are read", code);
	secant_number type = types[code == 0 ? 0 : (code - 1) % 10 + 1];
	char name[33], element[48];
	take_name(name, d + 4, 32);
	for (int k = 0; k < count; k++) {
		las_extra e = { .stored = type, .offset = *offset, .scaled = code && options & 0x18, .scale = 1 };
		if (code && options & 0x08)
			e.scale = le_double(d + 112 + 8 * k);
		if (code && options & 0x10)
			e.shift = le_double(d + 136 + 8 * k);
		*offset += (int)secant_number_size(type);
		if (*offset > t->head.record)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "extra bytes '%s' end at byte %d of records of %d", name,
				*offset, t->head.record);
		snprintf(element, sizeof element, count > 1 ? "%s_%d" : "%s", name, k);
		secant_status s = add_extra(r, t, element, e, err);
		if (s)
			return s;
	}
	return SECANT_OK;
}

static secant_status
read_extras(secant_cloud_reader *r, las_state *t, const uint8_t *extra, size_t size, secant_err *err)
{
	int offset = las_record_size(t->head.format);
	for (size_t i = 0; i + LAS_EXTRA <= size; i += LAS_EXTRA) {
		secant_status s = read_extra(r, t, extra + i, &offset, err);
		if (s)
			return s;
	}
	/* Bytes that nobody describes, a column each; many are no attributes but something else's data. */
	for (int k = 0, rest = t->head.record - offset; k < rest && rest <= 64; k++) {
		char name[24];
		snprintf(name, sizeof name, "extra_byte_%d", k);
		secant_status s = add_extra(r, t, name, (las_extra){ .stored = SECANT_N_U8, .offset = offset + k }, err);
		if (s)
			return s;
	}
	return SECANT_OK;
}

/* ---- points ---- */

static secant_status
declare(secant_cloud_reader *r, las_state *t, secant_err *err)
{
	secant_status s = cloud_begin(r, SECANT_N_F64, err);
	t->fields = las_fields(t->head.format, t->field);
	for (int i = 0; !s && i < t->fields; i++)
		s = cloud_declare(r, t->field[i].name, t->field[i].type, &t->column[i], err);
	memcpy(r->layout.scale, t->head.scale, sizeof t->head.scale);
	memcpy(r->layout.offset, t->head.offset, sizeof t->head.offset);
	r->layout.wkt = base_le16(r->data + 6) & 16;
	r->layout.gps_standard = base_le16(r->data + 6) & 1;
	keep_header(&r->layout, r->data, &t->head);
	return s;
}

/* Packets of waveforms may lie in the file, behind its points. */
static bool
has_waveforms(const las_header *h)
{
	return h->format == 4 || h->format == 5 || h->format == 9 || h->format == 10;
}

secant_status
las_open(secant_cloud_reader *r, secant_err *err)
{
	las_state *t = r->state = secant_calloc(1, sizeof *t);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	las_header *h = &t->head;
	const uint8_t *extra = NULL;
	size_t extra_size = 0;
	secant_status s = read_header(r, h, err);
	if (!s)
		s = declare(r, t, err);
	if (!s)
		s = read_records(r, t, base_le16(r->data + 94), h->points_at, h->vlrs, false, &extra, &extra_size, err);
	if (!s && h->evlrs)
		s = read_records(r, t, h->evlr_at, r->size, h->evlrs, true, &extra, &extra_size, err);
	if (!s)
		s = read_extras(r, t, extra, extra_size, err);
	if (s)
		return s;
	r->at = (size_t)h->points_at;
	if (h->points > (uint64_t)INT64_MAX)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "announces %llu points", (unsigned long long)h->points);
	r->total = (int64_t)h->points;
	snprintf(r->details, sizeof r->details, "%s %d.%d, point format %d", h->compressed ? "LAZ" : "LAS", h->major,
		h->minor, h->format);
	if (h->compressed)
		return laz_begin(r, t, err);
	if (!cloud_holds(r, h->points, (uint64_t)h->record))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "announces %llu points of %d bytes, but holds %zu",
			(unsigned long long)h->points, h->record, (r->size - r->at) / (size_t)h->record);
	uint64_t end = h->evlrs && h->evlr_at > r->at ? h->evlr_at : r->size; /* EVLRs and waveforms lie behind points */
	uint64_t room = end > r->at && !has_waveforms(h) ? (end - r->at) / (uint64_t)h->record : 0;
	if (room > h->points)
		secant_log(&r->opt.logger, SECANT_LOG_WARNING,
			"%s: the header counts %llu points, and there is room for %llu: those it does not count were not read",
			r->name, (unsigned long long)h->points, (unsigned long long)room);
	return SECANT_OK;
}

static void
unpack_bits(uint8_t *to, const uint8_t *raw, int record, const las_field *f, int64_t n)
{
	const uint8_t *p = raw + f->offset;
	for (int64_t i = 0; i < n; i++, p += record)
		to[i] = (uint8_t)(*p >> f->shift & f->mask);
}

static void
unpack_axis(const secant_column *c, int64_t at, const uint8_t *p, int record, double scale, double offset, int64_t n)
{
	double *wide = (double *)c->data + at;
	float *narrow = (float *)c->data + at;
	bool is_wide = c->type == SECANT_N_F64;
	for (int64_t i = 0; i < n; i++, p += record) {
		int32_t raw;
		memcpy(&raw, p, sizeof raw);
		double v = raw * scale + offset;
		if (is_wide)
			wide[i] = v;
		else
			narrow[i] = (float)v;
	}
}

static void
unpack_extra(const las_extra *e, const secant_column *c, int64_t at, const uint8_t *raw, int record, int64_t n)
{
	size_t size = secant_number_size(c->type);
	tensor_number_convert(tensor_column_at(c, at), c->type, size, raw + e->offset, e->stored, (size_t)record, false, n);
	if (e->scaled)
		for (int64_t i = 0; i < n; i++)
			((double *)c->data)[at + i] = ((double *)c->data)[at + i] * e->scale + e->shift;
}

void
las_unpack(const las_state *t, const uint8_t *raw, secant_cloud *out, int64_t at, int64_t count)
{
	int record = t->head.record;
	for (int64_t k = 0; k < count; k += SLAB, raw += (size_t)SLAB * (size_t)record, at += SLAB) {
		int64_t n = count - k < SLAB ? count - k : SLAB;
		for (int axis = 0; axis < 3; axis++)
			unpack_axis(&out->column[axis], at, raw + 4 * axis, record, t->head.scale[axis], t->head.offset[axis], n);
		for (int i = 0; i < t->fields; i++) {
			const las_field *f = &t->field[i];
			if (t->column[i] < 0)
				continue;
			uint8_t *to = tensor_column_at(&out->column[t->column[i]], at);
			if (f->mask)
				unpack_bits(to, raw, record, f, n);
			else
				tensor_number_copy(to, secant_number_size(f->type), raw + f->offset, (size_t)record,
					secant_number_size(f->type), false, n);
		}
		for (int i = 0; i < t->extras; i++)
			if (t->extra[i].column >= 0)
				unpack_extra(&t->extra[i], &out->column[t->extra[i].column], at, raw, record, n);
	}
}

secant_status
las_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	las_state *t = r->state;
	int64_t left = r->total - r->done;
	max = max < left ? max : left;
	if (max == 0)
		return SECANT_OK;
	if (t->laz)
		return laz_next(r, t, out, max, err);
	las_unpack(t, r->data + r->at, out, out->n, max);
	r->at += (size_t)max * (size_t)t->head.record;
	out->n += max;
	return SECANT_OK;
}

void
las_close(void *state)
{
	las_state *t = state;
	if (!t)
		return;
	laz_end(t->laz);
	secant_free(t->extra);
	secant_free(t);
}

static bool
las_sniff(const uint8_t *d, size_t n)
{
	return n >= 105 && !memcmp(d, "LASF", 4) && !(d[104] & 0xc0);
}

const cloud_format cloud_las = {
	.name = "las",
	.brief = "ASPRS LAS 1.0 to 1.4, point formats 0 to 10",
	.extensions = "las",
	.sniff = las_sniff,
	.open = las_open,
	.next = las_next,
	.close = las_close,
	.finite = true,
	.create = las_create,
	.put = las_put,
	.finish = las_finish,
	.discard = las_discard,
	.wants_survey = true,
};
