/*
 * LAZ files: the record "laszip encoded" that says how points are compressed, the chunk table, and chunks, several of
 * which are decoded at a time when there are threads. Compressors 2 (formats 0 to 5, item version 2) and 3 (formats 6
 * to 10, versions 3 and 4); the unchunked compressor 1 and item version 1 of old files are refused by name.
 */
#include "codec/cloud/laz.h"
#include <stdio.h>
#include <string.h>

enum { BATCH = 64, SLAB = 512, POINTS_PER_BYTE = 4096 };

typedef struct place {
	uint64_t at, size;
	int64_t points;
} place;

struct laz_reader {
	laz_layout layout;
	place *chunk;
	int64_t chunks, next; /* next: the chunk to begin with */
	laz_chunk part; /* a chunk that was not finished */
	bool open;
	int64_t left; /* points of it still to come */
};

static void
chunk_end(laz_chunk *c)
{
	laz_models_end(&c->models);
	secant_free(c->record);
	*c = (laz_chunk){ 0 };
}

void
laz_end(laz_reader *z)
{
	if (!z)
		return;
	chunk_end(&z->part);
	secant_free(z->chunk);
	secant_free(z);
}

/* ---- the record ---- */

static const struct {
	laz_kind kind;
	const char *name;
	int size, versions[2];
	bool layered;
} kinds[] = {
	{ LAZ_BYTE, "BYTE", 0, { 2, 2 }, false },
	{ LAZ_POINT10, "POINT10", 20, { 2, 2 }, false },
	{ LAZ_GPSTIME11, "GPSTIME11", 8, { 2, 2 }, false },
	{ LAZ_RGB12, "RGB12", 6, { 2, 2 }, false },
	{ LAZ_WAVEPACKET13, "WAVEPACKET13", 29, { 1, 2 }, false },
	{ LAZ_POINT14, "POINT14", 30, { 3, 4 }, true },
	{ LAZ_RGB14, "RGB14", 6, { 3, 4 }, true },
	{ LAZ_RGBNIR14, "RGBNIR14", 8, { 3, 4 }, true },
	{ LAZ_WAVEPACKET14, "WAVEPACKET14", 29, { 3, 4 }, true },
	{ LAZ_BYTE14, "BYTE14", 0, { 3, 4 }, true },
};

static secant_status
read_item(secant_cloud_reader *r, laz_layout *l, const uint8_t *d, secant_err *err)
{
	unsigned kind = base_le16(d);
	laz_item *item = &l->item[l->items];
	*item = (laz_item){ .size = base_le16(d + 2), .version = base_le16(d + 4), .offset = l->record };
	size_t i = 0;
	while (i < sizeof kinds / sizeof *kinds && (unsigned)kinds[i].kind != kind)
		i++;
	if (i == sizeof kinds / sizeof *kinds || kinds[i].layered != l->layered)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "LAZ item type %u is not read", kind);
	item->kind = kinds[i].kind;
	if (item->version < kinds[i].versions[0] || item->version > kinds[i].versions[1])
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "LAZ item %s is of version %d; version %d%s is read",
			kinds[i].name, item->version, kinds[i].versions[0],
			kinds[i].versions[1] > kinds[i].versions[0] ? " or 4" : "");
	if (item->size != kinds[i].size && (kinds[i].size || item->size == 0))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "LAZ item %s has %d bytes, expected %d", kinds[i].name,
			item->size, kinds[i].size);
	for (int k = 0; k < l->items; k++)
		if (l->item[k].kind == item->kind)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "LAZ item %s appears twice", kinds[i].name);
	bool point = item->kind == LAZ_POINT10 || item->kind == LAZ_POINT14;
	if (point != (l->items == 0))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "LAZ item %s stands in place %d", kinds[i].name, l->items);
	l->record += item->size;
	l->items++;
	return SECANT_OK;
}

static secant_status
read_record(secant_cloud_reader *r, las_state *t, laz_reader *z, uint32_t *chunk_size, secant_err *err)
{
	const uint8_t *d = t->laz_vlr;
	if (!d || t->laz_vlr_size < 34)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "is compressed, but has no record 'laszip encoded'");
	unsigned compressor = base_le16(d), coder = base_le16(d + 2), items = base_le16(d + 32);
	*chunk_size = base_le32(d + 12);
	if (compressor == 1)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
			"LAZ compressor 1 (one stream without chunks, LASzip before 2.0) is not read");
	if ((compressor != 2 && compressor != 3) || coder != 0)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
			"LAZ compressor %u, coder %u; compressors 2 and 3 with coder 0 are read", compressor, coder);
	if (items < 1 || items > LAZ_ITEMS || t->laz_vlr_size < 34 + 6 * (size_t)items)
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "LAZ announces %u items in a record of %zu bytes", items, t->laz_vlr_size);
	z->layout.layered = compressor == 3;
	for (unsigned i = 0; i < items; i++) {
		secant_status s = read_item(r, &z->layout, d + 34 + 6 * i, err);
		if (s)
			return s;
	}
	if (z->layout.record != t->head.record)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "LAZ items make records of %d bytes, the header says %d",
			z->layout.record, t->head.record);
	return SECANT_OK;
}

/* ---- the chunk table ---- */

static secant_status
table_error(secant_cloud_reader *r, secant_err *err, const char *what, uint64_t a, uint64_t b)
{
	char text[120];
	snprintf(text, sizeof text, what, (unsigned long long)a, (unsigned long long)b);
	return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the LAZ chunk table %s", text);
}

static secant_status
decode_table(secant_cloud_reader *r, laz_reader *z, uint64_t table, uint32_t chunk_size, secant_err *err)
{
	laz_models m;
	laz_decoder d;
	laz_integer sizes;
	int64_t points = 0;
	uint64_t at = r->at;
	int32_t previous_points = 0, previous_size = 0;
	secant_status s = laz_models_begin(&m, err);
	laz_integer_begin(&sizes, 32);
	laz_decoder_begin(&d, r->data + table + 8, r->size - table - 8);
	for (int64_t i = 0; !s && i < z->chunks; i++) {
		place *c = &z->chunk[i];
		if (chunk_size == UINT32_MAX)
			c->points = (uint32_t)(previous_points = laz_integer_decode(&d, &m, &sizes, previous_points, 0));
		else
			c->points = chunk_size;
		c->size = (uint32_t)(previous_size = laz_integer_decode(&d, &m, &sizes, previous_size, 1));
		c->at = at;
		if (c->size > table - at)
			s = table_error(r, err, "gives chunk %llu a size of %llu bytes", (uint64_t)i, c->size);
		at += c->size;
		points += c->points;
	}
	if (!s && d.over)
		s = table_error(r, err, "ends at byte %llu, %llu too early", r->size, d.over);
	if (!s && points < r->total)
		s = table_error(r, err, "has %llu points, the header announces %llu", (uint64_t)points, (uint64_t)r->total);
	if (!s && m.failed)
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	laz_models_end(&m);
	return s;
}

static secant_status
read_table(secant_cloud_reader *r, laz_reader *z, uint32_t chunk_size, secant_err *err)
{
	if (!cloud_holds(r, 8, 1))
		return table_error(r, err, "has no position: the file ends at byte %llu of %llu", r->size, r->at + 8);
	uint64_t table = base_le64(r->data + r->at);
	if (table == UINT64_MAX)
		table = base_le64(r->data + r->size - 8);
	r->at += 8;
	if (r->size < 8 || table < r->at || table > r->size - 8)
		return table_error(r, err, "is at byte %llu of %llu: was the file written to the end?", table, r->size);
	if (base_le32(r->data + table))
		return table_error(r, err, "is of version %llu, expected %llu", base_le32(r->data + table), 0);
	z->chunks = base_le32(r->data + table + 4);
	if ((uint64_t)z->chunks > (table - r->at) / 4 + 1)
		return table_error(r, err, "announces %llu chunks in %llu bytes", (uint64_t)z->chunks, table - r->at);
	z->chunk = secant_calloc((size_t)z->chunks, sizeof *z->chunk);
	if (!z->chunk)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	return decode_table(r, z, table, chunk_size, err);
}

secant_status
laz_begin(secant_cloud_reader *r, las_state *t, secant_err *err)
{
	uint32_t chunk_size = 0;
	laz_reader *z = t->laz = secant_calloc(1, sizeof *z);
	if (!z)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	if ((uint64_t)r->total / POINTS_PER_BYTE > r->size)
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "announces %lld points in %zu bytes", (long long)r->total, r->size);
	secant_status s = read_record(r, t, z, &chunk_size, err);
	return s || r->total == 0 ? s : read_table(r, z, chunk_size, err);
}

/* ---- chunks ---- */

static secant_status
chunk_begin(laz_chunk *c, const laz_reader *z, const uint8_t *p, size_t size, secant_err *err)
{
	*c = (laz_chunk){ .layout = &z->layout };
	size_t record = (size_t)z->layout.record;
	if (size < record)
		return secant_fail(err, SECANT_ERR_FORMAT, "laz: has %zu bytes, its first point takes %zu", size, record);
	secant_status s = laz_models_begin(&c->models, err);
	c->record = secant_calloc(record, 1);
	if (!s && !c->record)
		s = secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	if (s)
		return s;
	memcpy(c->record, p, record);
	return z->layout.layered ? laz_layered_begin(c, p + record, size - record, err)
							 : laz_pointwise_begin(c, p + record, size - record, err);
}

/* The next n points of a chunk to points at .. of `out`. */
static secant_status
chunk_decode(laz_chunk *c, const las_state *t, secant_cloud *out, int64_t at, int64_t n, secant_err *err)
{
	size_t record = (size_t)c->layout->record;
	uint8_t *slab = secant_calloc(SLAB, record);
	if (!slab)
		return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	bool layered = c->layout->layered;
	for (int64_t k = 0; k < n; k += SLAB) {
		int64_t m = n - k < SLAB ? n - k : SLAB;
		for (int64_t i = 0; i < m; i++) {
			if (c->done++ > 0) {
				if (layered)
					laz_layered_next(c);
				else
					laz_pointwise_next(c);
			}
			memcpy(slab + (size_t)i * record, c->record, record);
		}
		las_unpack(t, slab, out, at + k, m);
	}
	secant_free(slab);
	uint32_t over = layered ? laz_layered_over(c) : laz_pointwise_over(c);
	if (c->models.failed)
		return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	return over ? secant_fail(err, SECANT_ERR_FORMAT, "laz: a chunk ends %u bytes too early", over) : SECANT_OK;
}

typedef struct job {
	int64_t chunk, at, points;
	secant_err err;
} job;

/* Whole chunks that fit, several at a time. */
static secant_status
decode_whole(secant_cloud_reader *r, las_state *t, secant_cloud *out, int64_t room, int64_t *taken, secant_err *err)
{
	laz_reader *z = t->laz;
	job jobs[BATCH];
	int n = 0, threads = cloud_threads(r);
	(void)threads; /* unused without OpenMP */
	int64_t left = r->total - r->done;
	for (; n < BATCH && z->next < z->chunks; n++, z->next++) {
		int64_t points = z->chunk[z->next].points < left ? z->chunk[z->next].points : left;
		if (points > room || points == 0)
			break;
		jobs[n] = (job){ .chunk = z->next, .at = out->n + *taken, .points = points };
		*taken += points;
		room -= points;
		left -= points;
	}
#pragma omp parallel for num_threads(threads < n ? threads : n ? n : 1) if (n > 1) schedule(dynamic, 1)
	for (int i = 0; i < n; i++) {
		laz_chunk c;
		const place *p = &z->chunk[jobs[i].chunk];
		if (!chunk_begin(&c, z, r->data + p->at, (size_t)p->size, &jobs[i].err))
			(void)chunk_decode(&c, t, out, jobs[i].at, jobs[i].points, &jobs[i].err);
		chunk_end(&c);
	}
	for (int i = 0; i < n; i++)
		if (jobs[i].err.code)
			return cloud_fail(
				r->name, err, jobs[i].err.code, "chunk %lld: %s", (long long)jobs[i].chunk, jobs[i].err.msg);
	if (n)
		r->at = (size_t)(z->chunk[z->next - 1].at + z->chunk[z->next - 1].size);
	return SECANT_OK;
}

/* A piece of a chunk that is larger than the room. */
static secant_status
decode_part(secant_cloud_reader *r, las_state *t, secant_cloud *out, int64_t room, int64_t *taken, secant_err *err)
{
	laz_reader *z = t->laz;
	secant_err inner = { 0 };
	const place *p = &z->chunk[z->next];
	if (!z->open) {
		z->open = true;
		z->left = p->points;
		(void)chunk_begin(&z->part, z, r->data + p->at, (size_t)p->size, &inner);
	}
	int64_t n = z->left < room ? z->left : room;
	if (!inner.code)
		(void)chunk_decode(&z->part, t, out, out->n, n, &inner);
	z->left -= n;
	*taken = n;
	if (inner.code)
		return cloud_fail(r->name, err, inner.code, "chunk %lld: %s", (long long)z->next, inner.msg);
	if (z->left == 0) {
		chunk_end(&z->part);
		z->open = false;
		z->next++;
		r->at = (size_t)(p->at + p->size);
	}
	return SECANT_OK;
}

secant_status
laz_next(secant_cloud_reader *r, las_state *t, secant_cloud *out, int64_t max, secant_err *err)
{
	laz_reader *z = t->laz;
	int64_t taken = 0;
	while (!z->open && z->next < z->chunks && z->chunk[z->next].points == 0)
		z->next++;
	if (z->next >= z->chunks)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the LAZ chunks end at point %lld of %lld",
			(long long)r->done, (long long)r->total);
	secant_status s = z->open ? SECANT_OK : decode_whole(r, t, out, max, &taken, err);
	if (!s && taken == 0)
		s = decode_part(r, t, out, max, &taken, err);
	if (!s)
		out->n += taken;
	return s;
}

static bool
laz_sniff(const uint8_t *d, size_t n)
{
	return n >= 105 && !memcmp(d, "LASF", 4) && d[104] & 0xc0;
}

const cloud_format cloud_laz = {
	.name = "laz",
	.brief = "LASzip-compressed LAS, with a coder of its own",
	.extensions = "laz",
	.sniff = laz_sniff,
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
