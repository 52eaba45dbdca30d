/*
 * Writing LAZ: compressor 2 for point formats 0 to 5, compressor 3 for 6 to 10, chunks of 50,000 points, the chunk
 * table behind them. Record descriptions and chunk layout are LASzip's (see laz.c); a chunk is encoded while its points
 * come, and goes to the file when it is full.
 */
#include "codec/cloud/laz_encode.h"
#include "codec/cloud/las_write.h"
#include <string.h>

enum { CHUNK_POINTS = 50000, LASZIP_MAJOR = 3, LASZIP_MINOR = 4, LASZIP_REVISION = 3 };

struct laz_writer {
	laz_layout layout;
	laz_chunk_writer w;
	int64_t points; /* in the open chunk */
	uint32_t *size; /* of chunks */
	int64_t chunks, room;
	uint64_t at; /* where the next chunk goes */
};

/* ---- layout ---- */

static void
add_item(laz_layout *l, laz_kind kind, int size, int version)
{
	if (size == 0)
		return;
	l->item[l->items++] = (laz_item){ .kind = kind, .size = size, .version = version, .offset = l->record };
	l->record += size;
}

static void
make_layout(laz_layout *l, int format, int extra)
{
	bool colour = las_has(format, 'c'), infrared = las_has(format, 'n'), wave = las_has(format, 'w');
	l->layered = format >= 6;
	if (l->layered) {
		add_item(l, LAZ_POINT14, 30, 3);
		add_item(l, infrared ? LAZ_RGBNIR14 : LAZ_RGB14, infrared ? 8 : colour ? 6 : 0, 3);
		add_item(l, LAZ_WAVEPACKET14, wave ? 29 : 0, 3);
		add_item(l, LAZ_BYTE14, extra, 3);
	} else {
		add_item(l, LAZ_POINT10, 20, 2);
		add_item(l, LAZ_GPSTIME11, las_has(format, 't') ? 8 : 0, 2);
		add_item(l, LAZ_RGB12, colour ? 6 : 0, 2);
		add_item(l, LAZ_WAVEPACKET13, wave ? 29 : 0, 1);
		add_item(l, LAZ_BYTE, extra, 2);
	}
}

secant_status
laz_create(secant_cloud_writer *w, las_writer *p, secant_err *err)
{
	laz_writer *z = p->laz = secant_calloc(1, sizeof *z);
	if (!z)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	int extra = p->record - las_record_size(p->format);
	make_layout(&z->layout, p->format, extra);
	if (z->layout.layered && extra) {
		z->w.byte = secant_calloc((size_t)extra, sizeof *z->w.byte);
		z->w.byte_changed = secant_calloc((size_t)extra, sizeof *z->w.byte_changed);
		if (!z->w.byte || !z->w.byte_changed)
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
		z->w.bytes = extra;
	}
	z->w.chunk.record = secant_calloc((size_t)p->record, 1);
	return z->w.chunk.record ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
}

void
laz_discard(laz_writer *z)
{
	if (!z)
		return;
	laz_models_end(&z->w.chunk.models);
	laz_encoder_free(&z->w.stream);
	for (int i = 0; i < LAZ_LAYERS + 3; i++)
		laz_encoder_free(&z->w.layer[i]);
	for (int i = 0; i < z->w.bytes; i++)
		laz_encoder_free(&z->w.byte[i]);
	secant_free(z->w.byte);
	secant_free(z->w.byte_changed);
	secant_free(z->w.chunk.record);
	secant_free(z->size);
	secant_free(z);
}

/* ---- the record ---- */

uint64_t
laz_record_size(const laz_writer *z)
{
	return 34 + 6 * (uint64_t)z->layout.items;
}

secant_status
laz_put_record(secant_cloud_writer *w, const las_writer *p, secant_err *err)
{
	const laz_layout *l = &p->laz->layout;
	uint8_t d[34 + 6 * LAZ_ITEMS] = { 0 };
	base_put_le(d, l->layered ? 3 : 2, 2);
	d[4] = LASZIP_MAJOR;
	d[5] = LASZIP_MINOR;
	base_put_le(d + 6, LASZIP_REVISION, 2);
	base_put_le(d + 12, CHUNK_POINTS, 4);
	memset(d + 16, 255, 16); /* special records: none */
	base_put_le(d + 32, (uint64_t)l->items, 2);
	for (int i = 0; i < l->items; i++) {
		base_put_le(d + 34 + 6 * i, (uint64_t)l->item[i].kind, 2);
		base_put_le(d + 36 + 6 * i, (uint64_t)l->item[i].size, 2);
		base_put_le(d + 38 + 6 * i, (uint64_t)l->item[i].version, 2);
	}
	secant_status s = las_put_record_head(w, "laszip encoded", 22204, "", laz_record_size(p->laz), false, err);
	return s ? s : base_writer_put(w->out, d, (size_t)laz_record_size(p->laz), err);
}

/* ---- chunks ---- */

/* The layers of the items in the file's order. */
static int
list_layers(laz_writer *z, laz_encoder **out, bool *kept)
{
	int n = 0;
	for (int i = 0; i < z->layout.items; i++) {
		laz_kind k = z->layout.item[i].kind;
		for (int j = 0; j < laz_layers_of(&z->layout.item[i]); j++) {
			int at = k == LAZ_POINT14 ? j : k == LAZ_WAVEPACKET14 ? LAZ_LAYERS + 2 : LAZ_LAYERS + j;
			out[n] = k == LAZ_BYTE14 ? &z->w.byte[j] : &z->w.layer[at];
			kept[n++] = k == LAZ_BYTE14 ? z->w.byte_changed[j] : z->w.changed[at];
		}
	}
	return n;
}

static secant_status
put_layered(secant_cloud_writer *w, laz_writer *z, uint64_t *bytes, secant_err *err)
{
	int most = LAZ_LAYERS + 3 + z->w.bytes, n;
	laz_encoder **layer = secant_calloc((size_t)most, sizeof *layer);
	bool *kept = secant_calloc((size_t)most, sizeof *kept);
	uint8_t *sizes = secant_calloc((size_t)most + 1, 4);
	secant_status s = layer && kept && sizes ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	n = s ? 0 : list_layers(z, layer, kept);
	if (!s)
		base_put_le(sizes, (uint64_t)z->points, 4);
	for (int i = 0; i < n; i++) {
		if (kept[i])
			laz_encoder_end(layer[i]);
		base_put_le(sizes + 4 + 4 * i, kept[i] ? layer[i]->n : 0, 4);
		if (layer[i]->failed)
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for a chunk", w->name);
	}
	if (!s)
		s = base_writer_put(w->out, sizes, 4 + 4 * (size_t)n, err);
	*bytes += 4 + 4 * (uint64_t)n;
	for (int i = 0; i < n && !s; i++) {
		if (!kept[i])
			continue;
		s = base_writer_put(w->out, layer[i]->out, layer[i]->n, err);
		*bytes += layer[i]->n;
	}
	secant_free(layer);
	secant_free(kept);
	secant_free(sizes);
	return s;
}

static secant_status
end_chunk(secant_cloud_writer *w, laz_writer *z, secant_err *err)
{
	if (!z->points)
		return SECANT_OK;
	uint64_t bytes = (uint64_t)z->layout.record;
	if (z->chunks == z->room) {
		uint32_t *more = base_realloc(z->size, (size_t)z->room * 2 + 16, sizeof *more);
		if (!more)
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
		z->size = more;
		z->room = z->room * 2 + 16;
	}
	secant_status s = base_writer_put(w->out, z->w.chunk.record, (size_t)z->layout.record, err);
	if (!s && z->layout.layered) {
		s = put_layered(w, z, &bytes, err);
	} else if (!s) {
		laz_encoder_end(&z->w.stream);
		bytes += z->w.stream.n;
		s = base_writer_put(w->out, z->w.stream.out, z->w.stream.n, err);
	}
	if (z->w.stream.failed || z->w.chunk.models.failed)
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for a chunk", w->name);
	if (!s && bytes > UINT32_MAX)
		s = cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED, "a chunk of %llu bytes", (unsigned long long)bytes);
	laz_models_end(&z->w.chunk.models);
	z->points = 0;
	z->size[z->chunks++] = (uint32_t)bytes;
	z->at += bytes;
	return s;
}

static secant_status
begin_chunk(laz_writer *z, const uint8_t *record, secant_err *err)
{
	z->w.chunk.layout = &z->layout;
	memcpy(z->w.chunk.record, record, (size_t)z->layout.record);
	secant_status s = laz_models_begin(&z->w.chunk.models, err);
	return s ? s : z->layout.layered ? laz_layered_write_begin(&z->w, err) : laz_pointwise_write_begin(&z->w, err);
}

/* Where the chunk table stands is known at the end. */
static secant_status
begin_points(secant_cloud_writer *w, const las_writer *p, secant_err *err)
{
	uint8_t later[8] = { 0 };
	if (p->laz->at)
		return SECANT_OK;
	p->laz->at = p->points_at + 8u;
	return base_writer_put(w->out, later, sizeof later, err);
}

secant_status
laz_put(secant_cloud_writer *w, las_writer *p, const uint8_t *records, size_t n, secant_err *err)
{
	laz_writer *z = p->laz;
	secant_status s = begin_points(w, p, err);
	for (size_t i = 0; !s && i < n; i++, records += z->layout.record) {
		if (z->points == 0)
			s = begin_chunk(z, records, err);
		else if (z->layout.layered)
			laz_layered_write(&z->w, records);
		else
			laz_pointwise_write(&z->w, records);
		if (!s && ++z->points == CHUNK_POINTS)
			s = end_chunk(w, z, err);
	}
	return s;
}

static secant_status
put_table(secant_cloud_writer *w, laz_writer *z, laz_encoder *e, secant_err *err)
{
	laz_models m;
	laz_integer sizes;
	uint8_t head[8] = { 0 };
	secant_status s = laz_models_begin(&m, err);
	laz_integer_begin(&sizes, 32);
	laz_encoder_begin(e);
	for (int64_t i = 0; !s && i < z->chunks; i++)
		laz_integer_encode(e, &m, &sizes, i ? (int32_t)z->size[i - 1] : 0, (int32_t)z->size[i], 1);
	laz_encoder_end(e);
	if (!s && (m.failed || e->failed))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for the chunk table", w->name);
	laz_models_end(&m);
	base_put_le(head + 4, (uint64_t)z->chunks, 4);
	if (!s)
		s = base_writer_put(w->out, head, sizeof head, err);
	return s ? s : base_writer_put(w->out, e->out, e->n, err);
}

secant_status
laz_finish(secant_cloud_writer *w, las_writer *p, uint64_t *end, secant_err *err)
{
	laz_writer *z = p->laz;
	laz_encoder e = { 0 };
	uint8_t place[8];
	secant_status s = begin_points(w, p, err);
	if (!s)
		s = end_chunk(w, z, err);
	if (!s)
		s = put_table(w, z, &e, err);
	*end = z->at + 8 + e.n;
	laz_encoder_free(&e);
	base_put_le(place, z->at, 8);
	if (!s)
		s = base_writer_seek(w->out, p->points_at, err);
	if (!s)
		s = base_writer_put(w->out, place, sizeof place, err);
	return s ? s : base_writer_seek(w->out, *end, err);
}
