/*
 * The georeference of a picture: the tags of GeoTIFF 1.1 (OGC 19-008), rational polynomials (RPC) and GDAL's two, kept
 * byte for byte so that what is not understood survives. Understood are the affine transform, the EPSG code and the
 * value for nodata. Coordinates are changed where pixels move: a window has another origin, an upright picture another
 * grid.
 */
#include "codec/tiff.h"
#include <math.h>
#include <stdio.h>
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
	RPC = 50844,
};
enum {
	MODEL_TYPE = 1024,
	RASTER_TYPE = 1025,
	PIXEL_IS_POINT = 2,
	GEOGRAPHIC = 2048,
	PROJECTED = 3072,
	USER_DEFINED = 32767
};
enum { RPC_NUMBERS = 92, RPC_LINE_OFF = 2, RPC_SAMP_OFF = 3 };

static const uint16_t ids[] = { PIXEL_SCALE, TIEPOINT, TRANSFORMATION, GEO_KEYS, GEO_DOUBLES, GEO_ASCII, GDAL_METADATA,
	GDAL_NODATA, RPC };
enum { IDS = sizeof ids / sizeof *ids };

void
secant_geo_free(secant_geo *geo)
{
	if (!geo)
		return;
	for (int i = 0; i < geo->n; i++)
		secant_free(geo->tag[i].data);
	secant_free(geo->nodata);
	secant_free(geo->remark);
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
	if (geo->n == CODEC_GEO_TAGS) {
		secant_free(copy);
		return secant_fail(err, SECANT_ERR_BUG, "more than %d tags of a georeference", CODEC_GEO_TAGS);
	}
	geo->tag[geo->n++] = (codec_geo_tag){ id, type, count, copy };
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
	if (!s && geo->remark && !(to->remark = base_strdup(geo->remark)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
	if (!s && geo->bands) {
		if (!(to->nodata = secant_calloc((size_t)geo->bands, sizeof *to->nodata)))
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
		else
			memcpy(to->nodata, geo->nodata, (size_t)(to->bands = geo->bands) * sizeof *to->nodata);
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
codec_geo_read(secant_geo **geo, TIFF *t, secant_err *err)
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
	for (int i = 0; i < IDS && !s; i++) {
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
codec_geo_write(const secant_geo *geo, TIFF *t, secant_err *err)
{
	static char name[] = "tag";
	for (int i = 0; geo && i < geo->n; i++) {
		const codec_geo_tag *tag = &geo->tag[i];
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

static const codec_geo_tag *
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
	const codec_geo_tag *tag = find(geo, GEO_KEYS, TIFF_SHORT, 4);
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
	const codec_geo_tag *tag = find(geo, GDAL_NODATA, TIFF_ASCII, 1);
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
	char *comma = strchr(text, ',');
	if (comma && !strpbrk(comma + 1, ",.") && strcspn(text, ".") == n)
		*comma = '.'; /* "-9999,0": a program that printed numbers as its country does */
	return base_real_parse(text, value);
}

bool
secant_geo_transform(const secant_geo *geo, double t[6])
{
	const codec_geo_tag *matrix = find(geo, TRANSFORMATION, TIFF_DOUBLE, 16),
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

bool
codec_geo_band_nodata(const secant_geo *geo, int band, double *value)
{
	if (!geo || !geo->bands)
		return secant_geo_nodata(geo, value);
	bool have = band >= 0 && band < geo->bands && geo->nodata[band].declared;
	*value = have ? geo->nodata[band].value : NAN;
	return have;
}

bool
secant_geo_is_loose(const secant_geo *geo)
{
	double t[6];
	return geo && !secant_geo_transform(geo, t)
		&& (find(geo, TIEPOINT, TIFF_DOUBLE, 6) || find(geo, RPC, TIFF_DOUBLE, RPC_NUMBERS));
}

const char *
codec_geo_loose_by(const secant_geo *geo)
{
	bool points = find(geo, TIEPOINT, TIFF_DOUBLE, 6) != NULL, rpc = find(geo, RPC, TIFF_DOUBLE, RPC_NUMBERS) != NULL;
	return points && rpc ? "ground control points and rational polynomials (RPC)"
		: points         ? "ground control points"
						 : "rational polynomials (RPC)";
}

const char *
secant_geo_remark(const secant_geo *geo)
{
	return geo ? geo->remark : NULL;
}

/* ---- changing ---- */

static void
drop(secant_geo *geo, uint16_t id)
{
	for (int i = 0; i < geo->n; i++)
		if (geo->tag[i].id == id) {
			secant_free(geo->tag[i].data);
			geo->tag[i--] = geo->tag[--geo->n]; /* their order means nothing */
		}
}

/* Adds to the remark. */
static secant_status
remark(secant_geo *geo, const char *text, secant_err *err)
{
	char *both = base_format("%s%s%s", geo->remark ? geo->remark : "", geo->remark ? "; " : "", text);
	secant_free(geo->remark);
	geo->remark = both;
	return both ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
}

secant_status
codec_geo_say(secant_geo **geo, const char *text, secant_err *err)
{
	if (!*geo && !(*geo = secant_calloc(1, sizeof **geo)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
	return remark(*geo, text, err);
}

secant_status
codec_geo_doubt_nodata(secant_geo *geo, secant_err *err)
{
	const codec_geo_tag *tag = find(geo, GDAL_NODATA, TIFF_ASCII, 1);
	double value;
	char text[120];
	if (!tag || secant_geo_nodata(geo, &value) || strspn(tag->data, " \n\r\t") == strlen(tag->data))
		return SECANT_OK;
	(void)snprintf(
		text, sizeof text, "its value for no data, '%.30s', is no number and is not used", (const char *)tag->data);
	return remark(geo, text, err);
}

enum { LOOKED_AT = 64 }; /* bands */

/* What GDAL's metadata says in `role` of band `band`: text up to its end, NULL: nothing. */
static const char *
said_of_band(const secant_geo *geo, const char *role, int band)
{
	const codec_geo_tag *tag = find(geo, GDAL_METADATA, TIFF_ASCII, 1);
	char sample[40], wanted[40];
	(void)snprintf(sample, sizeof sample, "sample=\"%d\"", band);
	(void)snprintf(wanted, sizeof wanted, "role=\"%s\"", role);
	for (const char *at = tag ? tag->data : ""; (at = strstr(at, "<Item"));) {
		const char *end = strchr(at, '>'), *own = strstr(at, sample), *use = strstr(at, wanted);
		if (!end)
			return NULL;
		if (own && use && own < end && use < end)
			return end + 1;
		at = end;
	}
	return NULL;
}

secant_status
codec_geo_doubt_colours(secant_geo *geo, int bands, secant_err *err)
{
	static const char *const names[] = { "Red<", "Green<", "Blue<" };
	int at[3] = { -1, -1, -1 };
	char text[160];
	for (int b = 0; geo && b < bands && b < LOOKED_AT; b++) {
		const char *said = said_of_band(geo, "colorinterp", b);
		for (int k = 0; k < 3 && said; k++)
			at[k] = at[k] < 0 && !strncmp(said, names[k], strlen(names[k])) ? b : at[k];
	}
	if (at[0] < 0 || at[1] < 0 || at[2] < 0 || (at[0] < at[1] && at[1] < at[2]))
		return SECANT_OK;
	(void)snprintf(text, sizeof text,
		"the file calls bands %d, %d, %d red, green, blue; bands are taken in the order in which they stand", at[0] + 1,
		at[1] + 1, at[2] + 1);
	return remark(geo, text, err);
}

bool
codec_geo_scale(const secant_geo *geo, int bands, double *factor, double *shift)
{
	static const char *const roles[] = { "scale", "offset" };
	double *const to[] = { factor, shift };
	*factor = 1, *shift = 0;
	for (int b = 0; b < bands && b < LOOKED_AT && *factor == 1 && *shift == 0; b++)
		for (int k = 0; k < 2; k++) {
			const char *said = said_of_band(geo, roles[k], b);
			char number[64] = "";
			if (said)
				(void)snprintf(number, sizeof number, "%.*s", (int)strcspn(said, "< \n"), said);
			if (said && !base_real_parse(number, to[k]))
				*to[k] = k ? 0 : 1;
		}
	return *factor != 1 || *shift != 0;
}

secant_status
codec_geo_set_nodata(secant_geo *geo, const double *value, secant_err *err)
{
	char text[40];
	drop(geo, GDAL_NODATA);
	secant_free(geo->nodata);
	geo->nodata = NULL;
	geo->bands = 0;
	if (!value)
		return SECANT_OK;
	if (isfinite(*value))
		(void)base_real_text(*value, text);
	else
		(void)snprintf(text, sizeof text, "%s", isnan(*value) ? "nan" : *value > 0 ? "inf" : "-inf");
	return add(geo, GDAL_NODATA, TIFF_ASCII, (uint32_t)strlen(text) + 1, text, err);
}

/* The transform, t as secant_geo_transform gives it: tie points and scales go. */
static secant_status
set_transform(secant_geo *geo, const double t[6], secant_err *err)
{
	double half = key(geo, RASTER_TYPE) == PIXEL_IS_POINT ? 0.5 : 0;
	double x = t[0] + half * (t[1] + t[2]), y = t[3] + half * (t[4] + t[5]);
	drop(geo, PIXEL_SCALE);
	drop(geo, TIEPOINT);
	drop(geo, TRANSFORMATION);
	if (t[2] == 0 && t[4] == 0 && t[1] > 0 && t[5] < 0) {
		secant_status s = add(geo, PIXEL_SCALE, TIFF_DOUBLE, 3, (double[3]){ t[1], -t[5], 0 }, err);
		return s ? s : add(geo, TIEPOINT, TIFF_DOUBLE, 6, (double[6]){ 0, 0, 0, x, y, 0 }, err);
	}
	return add(geo, TRANSFORMATION, TIFF_DOUBLE, 16,
		(double[16]){ t[1], t[2], 0, x, t[4], t[5], 0, y, 0, 0, 0, 0, 0, 0, 0, 1 }, err);
}

/* One item of GDAL's metadata: whether it speaks of one band, or of statistics of the pixels, or of how they lie in the
 * file. */
static bool
speaks_of_bands(const char *item, const char *end, bool statistics_only)
{
	const char *head = memchr(item, '>', (size_t)(end - item));
	size_t n = (size_t)((head ? head : end) - item);
	char text[512];
	n = n < sizeof text - 1 ? n : sizeof text - 1;
	memcpy(text, item, n);
	text[n] = '\0';
	bool statistics = strstr(text, "STATISTICS_") != NULL;
	return statistics
		|| (!statistics_only && (strstr(text, "sample=") || strstr(text, "role=") || strstr(text, "IMAGE_STRUCTURE")));
}

/* Takes items out of GDAL's metadata; all of it where nothing is left. */
static secant_status
filter_metadata(secant_geo *geo, bool statistics_only, secant_err *err)
{
	static const char begin[] = "<Item", end[] = "</Item>";
	const codec_geo_tag *tag = find(geo, GDAL_METADATA, TIFF_ASCII, 1);
	if (!tag)
		return SECANT_OK;
	base_str kept = { 0 };
	bool any = false;
	const char *at = tag->data;
	for (const char *item; (item = strstr(at, begin));) {
		const char *close = strstr(item, end), *empty = strstr(item, "/>"), *angle = strchr(item, '>');
		if (empty && angle && empty + 1 == angle)
			close = empty + 2;
		else if (close)
			close += sizeof end - 1;
		else
			break;
		base_str_addn(&kept, at, (size_t)(item - at));
		if (!speaks_of_bands(item, close, statistics_only)) {
			base_str_addn(&kept, item, (size_t)(close - item));
			any = true;
		}
		at = close;
	}
	base_str_add(&kept, at);
	secant_status s = kept.failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference") : SECANT_OK;
	if (!s)
		drop(geo, GDAL_METADATA);
	if (!s && any)
		s = add(geo, GDAL_METADATA, TIFF_ASCII, (uint32_t)kept.n + 1, kept.p, err);
	base_str_free(&kept);
	return s;
}

static secant_geo *
or_none(secant_geo *geo, secant_status s)
{
	if (!s)
		return geo;
	secant_geo_free(geo);
	return NULL;
}

secant_geo *
secant_geo_window(const secant_geo *geo, int x, int y, secant_err *err)
{
	secant_geo *to = copy(geo, err);
	if (!to)
		return NULL;
	const codec_geo_tag *matrix = find(to, TRANSFORMATION, TIFF_DOUBLE, 16), *tie = find(to, TIEPOINT, TIFF_DOUBLE, 6),
						*rpc = find(to, RPC, TIFF_DOUBLE, RPC_NUMBERS);
	if (matrix) {
		double *m = matrix->data;
		m[3] += x * m[0] + y * m[1];
		m[7] += x * m[4] + y * m[5];
	}
	for (uint32_t i = 0; tie && i + 6 <= tie->count; i += 6) {
		((double *)tie->data)[i] -= x;
		((double *)tie->data)[i + 1] -= y;
	}
	if (rpc) {
		((double *)rpc->data)[RPC_LINE_OFF] -= y;
		((double *)rpc->data)[RPC_SAMP_OFF] -= x;
	}
	return or_none(to, filter_metadata(to, true, err)); /* of all pixels, not of these */
}

secant_geo *
secant_geo_of_mask(const secant_geo *geo, const double *nodata, secant_err *err)
{
	secant_geo *to = geo ? copy(geo, err) : secant_calloc(1, sizeof *to);
	if (!to)
		return geo ? NULL : (secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference"), NULL);
	to->colour = to->alpha = false;
	secant_status s = filter_metadata(to, false, err);
	return or_none(to, s ? s : codec_geo_set_nodata(to, nodata, err));
}

/* Points of control move with the pixels, a transform is put together with the turn. */
secant_geo *
codec_geo_turned(const secant_geo *geo, int orientation, int width, int height, secant_err *err)
{
	double t[6], o[2], dx[2], dy[2];
	secant_geo *to = copy(geo, err);
	secant_status s = to ? SECANT_OK : SECANT_ERR_NOMEM;
	if (!to || orientation == 1)
		return to;
	codec_orient_point(orientation, width, height, 0, 0, o);
	codec_orient_point(orientation, width, height, 1, 0, dx);
	codec_orient_point(orientation, width, height, 0, 1, dy);
	const codec_geo_tag *tie = find(to, TIEPOINT, TIFF_DOUBLE, 6);
	if (secant_geo_transform(to, t)) {
		double xx = dx[0] - o[0], xy = dx[1] - o[1], yx = dy[0] - o[0], yy = dy[1] - o[1];
		s = set_transform(to,
			(double[6]){ t[0] + o[0] * t[1] + o[1] * t[2], xx * t[1] + xy * t[2], yx * t[1] + yy * t[2],
				t[3] + o[0] * t[4] + o[1] * t[5], xx * t[4] + xy * t[5], yx * t[4] + yy * t[5] },
			err);
	} else {
		for (uint32_t i = 0; tie && i + 6 <= tie->count; i += 6) {
			double *p = (double *)tie->data + i, x = p[0] - o[0], y = p[1] - o[1];
			p[0] = x * (dx[0] - o[0]) + y * (dx[1] - o[1]); /* the turn is its own transpose's inverse */
			p[1] = x * (dy[0] - o[0]) + y * (dy[1] - o[1]);
		}
	}
	if (!s && find(to, RPC, TIFF_DOUBLE, 1)) {
		drop(to, RPC);
		s = remark(to,
			"the rational polynomials (RPC) speak of the picture before it was turned upright and are not kept", err);
	}
	return or_none(to, s);
}

/* More than a tenth of a pixel in the corner, or as much in a thousand pixels. */
static bool
far_apart(const double a[6], const double b[6])
{
	double pixel = fabs(a[1]) + fabs(a[2]) + fabs(a[4]) + fabs(a[5]);
	for (int i = 0; i < 6; i++)
		if (!(fabs(a[i] - b[i]) <= pixel * (i % 3 ? 1e-4 : 0.1)))
			return true;
	return false;
}

secant_geo *
codec_geo_beside(secant_geo *geo, const codec_sidecar *side, secant_err *err)
{
	double t[6];
	if (!side || codec_sidecar_is_empty(side))
		return geo;
	if (!geo && !(geo = secant_calloc(1, sizeof *geo))) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
		return NULL;
	}
	secant_status s = SECANT_OK;
	bool loose = find(geo, TIEPOINT, TIFF_DOUBLE, 6) != NULL;
	if (side->epsg && (side->grid_first || !find(geo, GEO_KEYS, TIFF_SHORT, 4))) {
		uint16_t keys[] = { 1, 1, 0, 3, MODEL_TYPE, 0, 1, (uint16_t)(side->geographic ? 2 : 1), RASTER_TYPE, 0, 1, 1,
			(uint16_t)(side->geographic ? GEOGRAPHIC : PROJECTED), 0, 1, (uint16_t)side->epsg };
		bool own = secant_geo_transform(geo, t);
		drop(geo, GEO_KEYS);
		drop(geo, GEO_DOUBLES);
		drop(geo, GEO_ASCII);
		s = add(geo, GEO_KEYS, TIFF_SHORT, sizeof keys / sizeof *keys, keys, err);
		if (!s && own)
			s = set_transform(geo, t, err);
	}
	bool own = secant_geo_transform(geo, t);
	if (!s && side->placed && (side->grid_first || !(loose || own)))
		s = set_transform(geo, side->t, err);
	else if (!s && side->placed && own && far_apart(t, side->t))
		s = remark(geo, "the world file beside it puts it elsewhere than the file itself, and is not used", err);
	if (!s && side->gcps && !side->placed && !secant_geo_transform(geo, t)) {
		drop(geo, TIEPOINT);
		s = add(geo, TIEPOINT, TIFF_DOUBLE, (uint32_t)side->gcps * 6, side->gcp, err);
	}
	if (!s && side->rpc && !find(geo, RPC, TIFF_DOUBLE, RPC_NUMBERS))
		s = add(geo, RPC, TIFF_DOUBLE, RPC_NUMBERS, side->rpc, err);
	if (!s && side->bands) {
		bool same = true, nan = isnan(side->nodata[0].value);
		for (int i = 1; i < side->bands; i++)
			same &= side->nodata[i].declared == side->nodata[0].declared
				&& (side->nodata[i].value == side->nodata[0].value || (nan && isnan(side->nodata[i].value)));
		if (side->nodata[0].declared)
			s = codec_geo_set_nodata(geo, &side->nodata[0].value, err);
		if (!s && !same && !(geo->nodata = secant_calloc((size_t)side->bands, sizeof *geo->nodata)))
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a georeference");
		for (int i = 0; i < side->bands && !s && !same; i++) {
			geo->nodata[i].declared = side->nodata[i].declared;
			geo->nodata[i].value = side->nodata[i].value;
			geo->bands = side->bands;
		}
	}
	if (!s && *side->remark)
		s = remark(geo, side->remark, err);
	if (!s && (geo->n || geo->remark || geo->bands))
		return geo;
	secant_geo_free(geo);
	return NULL;
}
