/*
 * The georeference of a picture: the tags of GeoTIFF 1.1 (OGC 19-008) and GDAL's two, kept byte for byte so that what
 * is not understood survives. Understood are the affine transform, the EPSG code and the value for nodata. Coordinates
 * are never changed, with one exception: a window moves the origin.
 */
#include "codec/tiff.h"
#include <math.h>
#include <stdlib.h>
#include "base/number.h"

enum {
	PIXEL_SCALE = 33550,
	TIEPOINT = 33922,
	TRANSFORMATION = 34264,
	GEO_KEYS = 34735,
	GEO_DOUBLES = 34736,
	GEO_ASCII = 34737,
	GDAL_METADATA = 42112,
	GDAL_NODATA = 42113,
};
enum { RASTER_TYPE = 1025, PIXEL_IS_POINT = 2, GEOGRAPHIC = 2048, PROJECTED = 3072, USER_DEFINED = 32767 };

static const uint16_t ids[SECANT_GEO_TAGS] = { PIXEL_SCALE, TIEPOINT, TRANSFORMATION, GEO_KEYS, GEO_DOUBLES, GEO_ASCII,
	GDAL_METADATA, GDAL_NODATA };

void
secant_geo_free(secant_geo *geo)
{
	if (!geo)
		return;
	for (int i = 0; i < geo->n; i++)
		secant_free(geo->tag[i].data);
	secant_free(geo);
}

static void
free_meta(void *meta)
{
	secant_geo_free(meta);
}

const secant_geo *
secant_image_geo(const secant_image *im)
{
	return im->meta && im->meta_free == free_meta ? im->meta : NULL;
}

/* Appends a copy of a tag, with a zero byte behind it for text that has none. */
static secant_status
add(secant_geo *geo, uint16_t id, uint16_t type, uint32_t count, const void *data, secant_err *err)
{
	size_t bytes = (size_t)count * (size_t)TIFFDataWidth((TIFFDataType)type);
	void *copy = secant_calloc(bytes + 1, 1);
	if (!copy)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for tag %d", id);
	if (bytes)
		memcpy(copy, data, bytes);
	geo->tag[geo->n++] = (secant_geo_tag){ id, type, count, copy };
	return SECANT_OK;
}

static secant_geo *
copy(const secant_geo *geo, secant_err *err)
{
	secant_geo *to = secant_calloc(1, sizeof *to);
	secant_status s = to ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
	if (to) {
		to->colour = geo->colour;
		to->alpha = geo->alpha;
	}
	for (int i = 0; i < geo->n && !s; i++)
		s = add(to, geo->tag[i].id, geo->tag[i].type, geo->tag[i].count, geo->tag[i].data, err);
	if (!s)
		return to;
	secant_geo_free(to);
	return NULL;
}

secant_status
secant_image_set_geo(secant_image *im, const secant_geo *geo, secant_err *err)
{
	secant_geo *own = NULL;
	if (geo && !(own = copy(geo, err)))
		return SECANT_ERR_NOMEM;
	if (im->meta && im->meta_free)
		im->meta_free(im->meta);
	im->meta = own;
	im->meta_free = own ? free_meta : NULL;
	return SECANT_OK;
}

/* ---- files ---- */

/* libtiff hands out tags it does not know with a count of 32 bits, unless somebody in this process declared them with
 * one of 16. */
static bool
get_tag(TIFF *t, uint16_t id, uint16_t *type, uint32_t *count, void **data)
{
	uint16_t short_count = 0;
	const TIFFField *f = TIFFFindField(t, id, TIFF_ANY);
	if (!f || !TIFFFieldPassCount(f))
		return false;
	*type = (uint16_t)TIFFFieldDataType(f);
	if (TIFFFieldReadCount(f) == TIFF_VARIABLE2)
		return TIFFGetField(t, id, count, data) == 1;
	bool have = TIFFFieldReadCount(f) == TIFF_VARIABLE && TIFFGetField(t, id, &short_count, data) == 1;
	*count = short_count;
	return have;
}

secant_status
secant_geo_read(secant_geo **geo, TIFF *t, secant_err *err)
{
	/* types that libtiff keeps as they are in the file; rationals it would turn into floats */
	static const uint16_t kept[] = {
		TIFF_BYTE,
		TIFF_ASCII,
		TIFF_SHORT,
		TIFF_LONG,
		TIFF_SBYTE,
		TIFF_UNDEFINED,
		TIFF_SSHORT,
		TIFF_SLONG,
		TIFF_FLOAT,
		TIFF_DOUBLE,
		TIFF_LONG8,
		TIFF_SLONG8,
	};
	secant_geo all = { 0 };
	secant_status s = SECANT_OK;
	*geo = NULL;
	for (int i = 0; i < SECANT_GEO_TAGS && !s; i++) {
		uint16_t type = 0;
		uint32_t count = 0;
		void *data = NULL;
		if (!get_tag(t, ids[i], &type, &count, &data))
			continue;
		for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
			if (kept[k] == type)
				s = add(&all, ids[i], type, count, data, err);
	}
	if (!s && all.n) {
		if (!(*geo = secant_calloc(1, sizeof **geo)))
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
		else
			**geo = all;
	}
	for (int i = 0; i < all.n && s; i++)
		secant_free(all.tag[i].data);
	return s;
}

secant_status
secant_geo_write(const secant_geo *geo, TIFF *t, secant_err *err)
{
	static char name[] = "tag";
	for (int i = 0; geo && i < geo->n; i++) {
		const secant_geo_tag *tag = &geo->tag[i];
		const TIFFFieldInfo info = { tag->id, TIFF_VARIABLE2, TIFF_VARIABLE2, (TIFFDataType)tag->type, FIELD_CUSTOM, 1,
			1, name };
		if (!TIFFFindField(t, tag->id, TIFF_ANY) && TIFFMergeFieldInfo(t, &info, 1))
			return secant_fail(err, SECANT_ERR_NOMEM, "TIFF: tag %d cannot be declared", tag->id);
		const TIFFField *f = TIFFFindField(t, tag->id, TIFF_ANY);
		int ok = f && TIFFFieldWriteCount(f) == TIFF_VARIABLE2
			? TIFFSetField(t, tag->id, tag->count, tag->data)
			: tag->count <= UINT16_MAX && TIFFSetField(t, tag->id, (int)tag->count, tag->data);
		if (!ok)
			return secant_fail(err, SECANT_ERR_FORMAT, "TIFF: tag %d cannot be written", tag->id);
	}
	return SECANT_OK;
}

/* ---- what the tags say ---- */

static const secant_geo_tag *
find(const secant_geo *geo, uint16_t id, uint16_t type, uint32_t count)
{
	for (int i = 0; geo && i < geo->n; i++)
		if (geo->tag[i].id == id && geo->tag[i].type == type && geo->tag[i].count >= count)
			return &geo->tag[i];
	return NULL;
}

/* A key that is a number in the directory itself: entries are (key, where, count, value). 0 when there is none. */
static int
key(const secant_geo *geo, uint16_t id)
{
	const secant_geo_tag *tag = find(geo, GEO_KEYS, TIFF_SHORT, 4);
	const uint16_t *v = tag ? tag->data : NULL;
	for (uint32_t i = 4; tag && i + 4 <= tag->count; i += 4)
		if (v[i] == id && v[i + 1] == 0)
			return v[i + 3];
	return 0;
}

int
secant_geo_epsg(const secant_geo *geo)
{
	int projected = key(geo, PROJECTED), code = projected ? projected : key(geo, GEOGRAPHIC);
	return code == USER_DEFINED ? 0 : code;
}

bool
secant_geo_nodata(const secant_geo *geo, double *value)
{
	const secant_geo_tag *tag = find(geo, GDAL_NODATA, TIFF_ASCII, 1);
	char text[64];
	if (!tag)
		return false;
	const char *p = tag->data;
	while (*p == ' ')
		p++;
	size_t n = strcspn(p, " \n\r\t");
	if (n >= sizeof text)
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	static const struct {
		const char *word;
		double value;
	} words[] = { { "nan", NAN }, { "NaN", NAN }, { "-nan", NAN }, { "inf", INFINITY }, { "-inf", -INFINITY } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!strcmp(text, words[i].word)) {
			*value = words[i].value;
			return true;
		}
	}
	return secant_real_parse(text, value);
}

bool
secant_geo_transform(const secant_geo *geo, double t[6])
{
	const secant_geo_tag *matrix = find(geo, TRANSFORMATION, TIFF_DOUBLE, 16),
						 *scale = find(geo, PIXEL_SCALE, TIFF_DOUBLE, 2), *tie = find(geo, TIEPOINT, TIFF_DOUBLE, 6);
	if (matrix) {
		const double *m = matrix->data;
		memcpy(t, (double[6]){ m[3], m[0], m[1], m[7], m[4], m[5] }, 6 * sizeof *t);
	} else if (scale && tie) {
		const double *s = scale->data, *p = tie->data;
		memcpy(t, (double[6]){ p[3] - p[0] * s[0], s[0], 0, p[4] + p[1] * s[1], 0, -s[1] }, 6 * sizeof *t);
	} else {
		return false;
	}
	if (key(geo, RASTER_TYPE) == PIXEL_IS_POINT) { /* coordinates are those of pixel centres */
		t[0] -= 0.5 * (t[1] + t[2]);
		t[3] -= 0.5 * (t[4] + t[5]);
	}
	return true;
}

secant_geo *
secant_geo_window(const secant_geo *geo, int x, int y, secant_err *err)
{
	secant_geo *to = copy(geo, err);
	const secant_geo_tag *matrix = find(to, TRANSFORMATION, TIFF_DOUBLE, 16), *tie = find(to, TIEPOINT, TIFF_DOUBLE, 6);
	if (matrix) {
		double *m = matrix->data;
		m[3] += x * m[0] + y * m[1];
		m[7] += x * m[4] + y * m[5];
	}
	for (uint32_t i = 0; tie && i + 6 <= tie->count; i += 6) {
		((double *)tie->data)[i] -= x;
		((double *)tie->data)[i + 1] -= y;
	}
	return to;
}

secant_geo *
secant_geo_without_nodata(const secant_geo *geo, secant_err *err)
{
	secant_geo *to = copy(geo, err);
	for (int i = 0; to && i < to->n; i++)
		if (to->tag[i].id == GDAL_NODATA) {
			secant_free(to->tag[i].data);
			to->tag[i--] = to->tag[--to->n]; /* their order means nothing */
		}
	return to;
}
