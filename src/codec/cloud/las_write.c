/*
 * Writing LAS 1.2 to 1.4, and LAZ. A cloud that comes from LAS keeps its version and point format, with what its
 * columns need added; another goes to 1.4 and the smallest format of 6 to 8 that holds its attributes. Columns that the
 * format has no place for become extra bytes under their names. Colours are 16 bits (8-bit ones times 257). The label
 * goes to the class byte; formats 0 to 5 have 5 bits for it, and a larger class is an error, not a wrap. Returns that
 * nobody gave are 1 of 1.
 *
 * The grid: a source's own scale and offset when it has them; else the offset is the middle of the extent, rounded to
 * the step, and the step the smallest power of ten that lets the extent fit into 31 bits, but not finer than doubles of
 * this size resolve. A coordinate loses half a step at most.
 */
#include "codec/cloud/las_write.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
las_discard(void *state)
{
	las_writer *p = state;
	if (p) {
		secant_free(p->element);
		secant_free(p->dimension);
		laz_discard(p->laz);
	}
	secant_free(p);
}

/* ---- choosing ---- */

static bool
has_record(const secant_cloud *c, const char *user, int id)
{
	for (int i = 0; i < c->records; i++)
		if (!strcmp(c->record[i].user, user) && c->record[i].id == id)
			return true;
	return false;
}

bool
las_geotiff(const secant_cloud *c)
{
	return has_record(c, "LASF_Projection", 34735) && !has_record(c, "LASF_Projection", 2112);
}

/* The point format that is `format` with time, colour or infrared added, of the same generation. */
static int
grown(int format, bool time, bool colour, bool infrared)
{
	if (format >= 6)
		return format >= 9 ? (colour || infrared ? 10 : format) : infrared ? 8 : colour && format == 6 ? 7 : format;
	return format >= 4 ? (colour ? 5 : format) : format | (time ? 1 : 0) | (colour ? 2 : 0);
}

/* A class beyond 31 in a format of five bits: such a cloud goes to the other generation, unless its coordinate system
 * is one that those formats do not read. */
static bool
wants_more_classes(const secant_cloud_writer *w, int format)
{
	int label = las_column_for(&w->layout, "classification");
	return format < 6 && label >= 0 && w->survey.columns && w->survey.span[label].hi > 31 && !las_geotiff(&w->layout);
}

static secant_status
choose_format(secant_cloud_writer *w, las_writer *p, secant_err *err)
{
	static const int minors[] = { 0, 4, 3, 2 }, modern[] = { 6, 6, 7, 7, 9, 10 };
	const secant_cloud *c = &w->layout;
	const secant_cloud_las *k = &c->las;
	bool time = las_column_for(c, "gps_time") >= 0, colour = las_column_for(c, "red") >= 0,
		 infrared = las_column_for(c, "nir") >= 0, open = !w->opt.las_version && w->opt.las_format < 0;
	p->minor = minors[w->opt.las_version];
	p->format = w->opt.las_format;
	if (p->format < 0 && k->known && !(k->format > 5 && p->minor && p->minor < 4) && !(k->format > 3 && p->minor == 2))
		p->format = grown(k->format, time, colour, infrared);
	else if (p->format < 0)
		p->format = grown(p->minor == 0 || p->minor == 4 ? 6 : 0, time, colour, infrared);
	if (open && k->known && wants_more_classes(w, p->format)) {
		p->format = modern[p->format];
		secant_log(&w->opt.logger, SECANT_LOG_INFO, "%s: there are classes beyond 31: LAS 1.4, point format %d",
			w->name, p->format);
	}
	int least = p->format > 5 ? 4 : p->format > 3 ? 3 : 2;
	if (!p->minor)
		p->minor = !k->known ? 4 : k->minor < least ? least : k->minor > 4 ? 4 : k->minor;
	if (p->minor < least)
		return cloud_fail(w->name, err, SECANT_ERR_ARG, "--las-format: LAS 1.%d has formats 0 to %d, not %d", p->minor,
			p->minor == 2 ? 3 : 5, p->format);
	p->header = p->minor == 4 ? 375 : p->minor == 3 ? 235 : 227;
	p->record = las_record_size(p->format);
	p->fields = las_fields(p->format, p->field);
	if (open && k->known && (k->minor != p->minor || k->format != p->format))
		secant_log(&w->opt.logger, SECANT_LOG_INFO, "%s: LAS 1.%d, point format %d (the source is 1.%d, format %d)",
			w->name, p->minor, p->format, k->minor, k->format);
	return SECANT_OK;
}

/* A coordinate system that the written version does not read is kept, and said. */
static void
say_system(const secant_cloud_writer *w, const las_writer *p)
{
	bool wkt = has_record(&w->layout, "LASF_Projection", 2112);
	if (p->format >= 6 && las_geotiff(&w->layout))
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: the coordinate system is in GeoTIFF keys, which programs do not read in point formats 6 to 10; "
			"formats "
			"0 to 5 have it (--las-format %d)",
			w->name, las_has(p->format, 'c') ? 3 : 1);
	if (p->minor < 4 && wkt && !has_record(&w->layout, "LASF_Projection", 34735))
		secant_log(&w->opt.logger, SECANT_LOG_WARNING,
			"%s: the coordinate system is WKT, which programs read in LAS 1.4 only (--las-version 1.4)", w->name);
	if (has_record(&w->layout, "LASF_Spec", 65535) && p->minor < 4)
		secant_log(
			&w->opt.logger, SECANT_LOG_WARNING, "%s: the waveforms are left behind: they are kept in LAS 1.4", w->name);
}

/* An intensity under another name whose numbers are none of 16 bits (decibels) stays an attribute of its own. */
static bool
unfit(const secant_cloud_writer *w, const char *field, int column)
{
	char plain[TENSOR_PLAIN_NAME];
	const struct secant_cloud_span *s = w->survey.columns ? &w->survey.span[column] : NULL;
	return s && !strcmp(field, "intensity") && (s->lo < 0 || s->hi > UINT16_MAX)
		&& strcmp(tensor_name_plain(w->layout.column[column].name, plain, sizeof plain), "intensity") != 0;
}

/* PDAL's ClassFlags is four fields in one number. Where the format has no place for one of them it stays an attribute,
 * too. */
static void
place_flags(const secant_cloud_writer *w, las_writer *p, bool *placed)
{
	static const char *const flags[] = { "synthetic", "key_point", "withheld", "overlap" };
	int column = tensor_cloud_listed(&w->layout, "classflags|classificationflags"), found = 0;
	for (int i = 0; i < p->fields && column >= 0; i++)
		for (int bit = 0; bit < 4; bit++)
			if (p->use[i].column < 0 && !strcmp(p->field[i].name, flags[bit])) {
				p->use[i].column = column;
				p->use[i].bit = bit + 1;
				found++;
			}
	if (found == 4)
		placed[column] = true;
}

/* Gives each column a place: a field, or extra bytes. */
static secant_status
place_columns(secant_cloud_writer *w, las_writer *p, secant_err *err)
{
	const secant_cloud *c = &w->layout;
	bool *placed = secant_calloc((size_t)c->columns, sizeof *placed);
	if (!placed)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	for (int i = 0; i < p->fields; i++) {
		las_use *u = &p->use[i];
		u->column = las_column_for(c, p->field[i].name);
		if (u->column >= 0 && (placed[u->column] || unfit(w, p->field[i].name, u->column)))
			u->column = -1;
		if (u->column >= 0)
			placed[u->column] = true;
		p->label = !strcmp(p->field[i].name, "classification") ? u->column : p->label;
		p->returns = !strcmp(p->field[i].name, "return_number") ? u->column : p->returns;
	}
	place_flags(w, p, placed);
	secant_status s = las_place_extras(w, p, placed, err);
	secant_free(placed);
	return s;
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
	base_put_le(p, bits, 8);
}

/* An index says where in its own file points lie: COPC's octree, LAStools' quadtree. */
static bool
is_index(const secant_cloud_record *k)
{
	return (!strcmp(k->user, "copc") && (k->id == 1 || k->id == 1000)) || (!strcmp(k->user, "LAStools") && k->id == 30);
}

/* Whether a record of the source goes to the file: extra bytes are described anew, waveforms stand behind the points of
 * LAS 1.4 alone, and an index would point to the places of another file. */
static bool
is_written(const las_writer *p, const secant_cloud_record *k)
{
	bool spec = !strcmp(k->user, "LASF_Spec");
	return !is_index(k) && !(spec && k->id == 4) && !(spec && k->id == 65535 && p->minor < 4);
}

/* Records of a LAS 1.4 source that stood behind the points go before them in others, when they fit. */
static bool
stands_before(const las_writer *p, const secant_cloud_record *k)
{
	return !(k->extended && p->minor >= 4);
}

static int
record_count(const las_writer *p, const secant_cloud *c, bool extended)
{
	int n = !extended ? (p->dimensions > 0) + (p->laz != NULL) : 0;
	for (int i = 0; i < c->records; i++)
		n += is_written(p, &c->record[i]) && stands_before(p, &c->record[i]) != extended;
	return n;
}

/* Bit 3 says that return numbers were made up (from LAS 1.3 on), bit 4 that the coordinate system is WKT: always so in
 * formats 6 to 10. */
static uint16_t
encoding_of(const secant_cloud_writer *w, const las_writer *p, bool waves)
{
	bool wkt = p->minor >= 4 && (p->format >= 6 || (w->layout.wkt && has_record(&w->layout, "LASF_Projection", 2112)));
	bool made = w->layout.las.made_returns && p->minor >= 3;
	return (uint16_t)(w->layout.gps_standard | waves << 1 | made << 3 | wkt << 4);
}

static void
put_origin(uint8_t *h, const secant_cloud_las *k)
{
	time_t now = time(NULL);
	struct tm day;
	memcpy(h + 26, "OTHER", 5);
	snprintf((char *)h + 58, 32, "secant %s", secant_version());
	if (k->known) {
		base_put_le(h + 4, k->source, 2);
		memcpy(h + 8, k->guid, sizeof k->guid);
		memset(h + 26, 0, 32);
		memcpy(h + 26, k->system, strnlen(k->system, 32));
		base_put_le(h + 90, k->day, 2);
		base_put_le(h + 92, k->year, 2);
	} else if (gmtime_r(&now, &day)) {
		base_put_le(h + 90, (uint64_t)day.tm_yday + 1, 2);
		base_put_le(h + 92, (uint64_t)day.tm_year + 1900, 2);
	}
}

static secant_status
put_header(secant_cloud_writer *w, las_writer *p, uint64_t evlr_at, uint64_t wave_at, secant_err *err)
{
	uint8_t h[375] = "LASF";
	bool legacy = p->format < 6 && (uint64_t)w->n <= UINT32_MAX;
	base_put_le(h + 6, encoding_of(w, p, wave_at > 0), 2);
	put_origin(h, &w->layout.las);
	h[24] = 1;
	h[25] = (uint8_t)p->minor;
	base_put_le(h + 94, (uint64_t)p->header, 2);
	base_put_le(h + 96, p->points_at, 4);
	base_put_le(h + 100, (uint64_t)record_count(p, &w->layout, false), 4);
	h[104] = (uint8_t)(p->format | (p->laz ? 0x80 : 0));
	base_put_le(h + 105, (uint64_t)p->record, 2);
	base_put_le(h + 107, legacy ? (uint64_t)w->n : 0, 4);
	for (int i = 0; i < 5 && legacy; i++)
		base_put_le(h + 111 + 4 * i, (uint64_t)p->by_return[i], 4);
	for (int k = 0; k < 3; k++) {
		put_double(h + 131 + 8 * k, p->scale[k]);
		put_double(h + 155 + 8 * k, p->offset[k]);
		put_double(h + 179 + 16 * k, w->n ? p->hi[k] : 0);
		put_double(h + 187 + 16 * k, w->n ? p->lo[k] : 0);
	}
	int extended = record_count(p, &w->layout, true);
	base_put_le(h + 227, wave_at, 8);
	base_put_le(h + 235, extended ? evlr_at : 0, 8);
	base_put_le(h + 243, (uint64_t)extended, 4);
	base_put_le(h + 247, (uint64_t)w->n, 8);
	for (int i = 0; i < 15; i++)
		base_put_le(h + 255 + 8 * i, (uint64_t)p->by_return[i], 8);
	return base_writer_put(w->out, h, (size_t)p->header, err);
}

secant_status
las_put_record_head(secant_cloud_writer *w, const char *user, uint16_t id, const char *description, uint64_t size,
	bool extended, secant_err *err)
{
	uint8_t h[LAS_EVLR] = { 0 };
	memcpy(h + 2, user, strnlen(user, 16));
	base_put_le(h + 18, id, 2);
	base_put_le(h + 20, size, extended ? 8 : 2);
	memcpy(h + (extended ? 28 : 22), description, strnlen(description, 32));
	return base_writer_put(w->out, h, extended ? LAS_EVLR : LAS_VLR, err);
}

static secant_status
put_records(secant_cloud_writer *w, const las_writer *p, bool before, secant_err *err)
{
	secant_status s = before && p->dimensions ? las_put_extra_record(w, p, err) : SECANT_OK;
	if (!s && before && p->laz)
		s = laz_put_record(w, p, err);
	for (int i = 0; !s && i < w->layout.records; i++) {
		const secant_cloud_record *k = &w->layout.record[i];
		if (!is_written(p, k) || stands_before(p, k) != before)
			continue;
		s = las_put_record_head(w, k->user, k->id, k->description, k->size, !before, err);
		if (!s)
			s = base_writer_put(w->out, k->data, (size_t)k->size, err);
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
	if (!s && !strcmp(w->format->name, "laz"))
		s = laz_create(w, p, err);
	if (!s)
		say_system(w, p);
	uint64_t at = (uint64_t)p->header + (p->dimensions ? LAS_VLR + (uint64_t)p->dimensions * LAS_EXTRA : 0)
		+ (p->laz ? LAS_VLR + laz_record_size(p->laz) : 0);
	for (int i = 0; !s && i < w->layout.records; i++) {
		const secant_cloud_record *k = &w->layout.record[i];
		if (is_index(k) && !k->extended)
			secant_log(&w->opt.logger, SECANT_LOG_INFO,
				"%s: the source's index (%s) is left out: it tells places in that file", w->name, k->user);
		if (!is_written(p, k) || !stands_before(p, k))
			continue;
		if (k->size > 65535)
			s = cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED,
				"the record %s/%u has %llu bytes, LAS before 1.4 holds 65535; write 1.4", k->user, k->id,
				(unsigned long long)k->size);
		at += LAS_VLR + k->size;
	}
	if (!s && at > UINT32_MAX)
		s = cloud_fail(w->name, err, SECANT_ERR_UNSUPPORTED, "the records before the points have %llu bytes",
			(unsigned long long)at);
	p->points_at = (uint32_t)at;
	if (!s)
		s = put_header(w, p, 0, 0, err);
	return s ? s : put_records(w, p, true, err);
}

secant_status
las_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	las_writer *p = w->state;
	secant_status s = p->grid ? SECANT_OK : choose_grid(w, p, chunk, err);
	return s ? s : las_put_points(w, p, chunk, err);
}

/* Where the waveforms will stand among the records behind the points; 0: there are none. */
static uint64_t
waves_at(const secant_cloud_writer *w, const las_writer *p, uint64_t at)
{
	for (int i = 0; i < w->layout.records; i++) {
		const secant_cloud_record *k = &w->layout.record[i];
		if (!is_written(p, k) || stands_before(p, k))
			continue;
		if (!strcmp(k->user, "LASF_Spec") && k->id == 65535)
			return at;
		at += LAS_EVLR + k->size;
	}
	return 0;
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
			w->name, err, SECANT_ERR_UNSUPPORTED, "%lld points; LAS before 1.4 holds %u", (long long)w->n, UINT32_MAX);
	if (!s && p->laz)
		s = laz_finish(w, p, &end, err);
	if (!s)
		s = put_records(w, p, false, err);
	if (!s)
		s = base_writer_seek(w->out, 0, err);
	if (!s)
		s = put_header(w, p, end, waves_at(w, p, end), err);
	if (!s)
		las_say_losses(w, p);
	return s;
}
