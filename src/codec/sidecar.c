/*
 * What lies beside a picture's file and belongs to it:
 *
 *   FILE.aux.xml           GDAL's and ArcGIS's: coordinate system, transform, ground control points, rational
 *                          polynomials, a value for "no data" of each band
 *   .tfw .jgw .pgw .wld    world files: six numbers, the transform of pixel centres (ESRI); also .tifw and upper case
 *   STEM.prj               the coordinate system of a world file's numbers (ESRI)
 *   STEM.RPB _RPC.TXT      rational polynomials of satellites' pictures (rpc.c)
 *   FILE.msk               a TIFF whose zeros are pixels without data (GDAL)
 *
 * As GDAL has it, .aux.xml goes before what the file itself says, a world file comes after it. What is there and is not
 * understood is a remark, never an error: pixels do not depend on it, but for the value for "no data".
 */
#include "codec/codec.h"
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/number.h"

enum { MOST_TEXT = 1 << 24, MOST_WORLD = 4096, MOST_BANDS = 4096, MOST_GCPS = 100000 };

static SECANT_PRINTF(2, 3) void remark(codec_sidecar *side, const char *fmt, ...)
{
	size_t n = strlen(side->remark);
	va_list ap;
	if (n + 4 > sizeof side->remark)
		return;
	if (n)
		n += (size_t)snprintf(side->remark + n, sizeof side->remark - n, "; ");
	va_start(ap, fmt);
	(void)vsnprintf(side->remark + n, sizeof side->remark - n, fmt, ap);
	va_end(ap);
}

/* ---- world files ---- */

/* Six numbers, blanks and line ends between them; a decimal comma where the office's locale had one. */
static bool
read_six(char *text, double v[6])
{
	int n = 0;
	char *rest;
	for (char *p = strtok_r(text, " \t\r\n", &rest); p; p = strtok_r(NULL, " \t\r\n", &rest)) {
		char *comma = strchr(p, ',');
		if (comma && !strchr(p, '.'))
			*comma = '.';
		if (n == 6 || !base_real_parse(*p == '+' ? p + 1 : p, &v[n]))
			return false;
		n++;
	}
	return n == 6;
}

static bool
try_world(codec_sidecar *side, const char *path)
{
	char *text = NULL;
	size_t n;
	double v[6];
	if (!secant_is_file(path))
		return false;
	if (secant_file_read(&text, &n, path, MOST_WORLD, NULL) || strlen(text) != n || !read_six(text, v)
		|| v[0] * v[3] == v[1] * v[2]) {
		remark(side, "%s is no world file (six numbers) and is not used", path);
	} else {
		side->placed = true;
		memcpy(side->t, (double[6]){ v[4] - 0.5 * (v[0] + v[2]), v[0], v[2], v[5] - 0.5 * (v[1] + v[3]), v[1], v[3] },
			sizeof side->t);
	}
	secant_free(text);
	return true;
}

/* The extensions that a picture of extension "tif" may have: tfw, tifw, wld, in lower and upper case. */
static void
find_world(codec_sidecar *side, const char *path)
{
	const char *ext = base_path_ext(path);
	size_t stem = strlen(path) - strlen(ext), n = strlen(ext);
	char names[3][24] = { "", "", "wld" };
	if (n > 16)
		return;
	if (n > 1)
		(void)snprintf(names[0], sizeof names[0], "%c%cw", ext[0], ext[n - 1]);
	if (n)
		(void)snprintf(names[1], sizeof names[1], "%sw", ext);
	for (int i = 0; i < 6; i++) {
		char name[24];
		const char *from = names[i / 2];
		size_t k = 0;
		for (; from[k]; k++)
			name[k] = (char)(i % 2 ? toupper((unsigned char)from[k]) : tolower((unsigned char)from[k]));
		name[k] = '\0';
		char *file = k ? base_format("%.*s%s%s", (int)stem, path, n ? "" : ".", name) : NULL;
		bool found = file && try_world(side, file);
		secant_free(file);
		if (found)
			return;
	}
}

/* ---- coordinate systems as text (WKT) ---- */

/* The EPSG code that the system itself has, of a compound one its horizontal part; 0: none. */
static int
wkt_epsg(const char *text, bool *geographic)
{
	static const char *const frames[] = { "COMPD_CS[", "COMPOUNDCRS[", "BOUNDCRS[", "SOURCECRS[" };
	int wanted = 1, depth = 0, code = 0;
	bool quoted = false;
	for (bool again = true; again;) {
		again = false;
		while (isspace((unsigned char)*text))
			text++;
		for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
			if (!strncasecmp(text, frames[i], strlen(frames[i]))) {
				text += strlen(frames[i]);
				if (strchr("Cc", *frames[i]) && *text == '"' && (text = strchr(text + 1, '"')))
					text += text[1] == ',' ? 2 : 1;
				again = text != NULL;
			}
		if (!text)
			return 0;
	}
	*geographic = !strncasecmp(text, "GEOG", 4) || !strncasecmp(text, "GEOD", 4);
	if (!*geographic && strncasecmp(text, "PROJ", 4))
		return 0;
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		bool authority = depth == wanted
			&& (!strncasecmp(p, "AUTHORITY[\"EPSG\",", 17) || !strncasecmp(p, "ID[\"EPSG\",", 10));
		if (authority && (p[-1] == ',' || isspace((unsigned char)p[-1]))) {
			const char *digits = strchr(p, ',') + 1;
			digits += *digits == '"';
			for (code = 0; base_is_digit(*digits) && code < 100000; digits++)
				code = code * 10 + *digits - '0';
		}
		depth += *p == '[' || *p == '(';
		depth -= *p == ']' || *p == ')';
		if (!depth && (*p == ']' || *p == ')'))
			break;
	}
	return code > 0 && code < 32767 ? code : 0;
}

/* ---- .aux.xml ---- */

/* A part of the text. */
typedef struct span {
	const char *p, *end;
} span;

/* The next element of a name from *at on: its attributes and its content. Elements of one name do not nest here. */
static bool
next_element(const char **at, const char *end, const char *name, span *attributes, span *content)
{
	size_t n = strlen(name);
	for (const char *p = *at; p + n + 2 <= end; p++) {
		if (*p != '<' || strncmp(p + 1, name, n) || !strchr(" \t\r\n/>", p[n + 1]))
			continue;
		const char *close = memchr(p, '>', (size_t)(end - p));
		if (!close)
			return false;
		*attributes = (span){ p + 1 + n, close };
		*content = (span){ close + 1, close + 1 };
		*at = close + 1;
		if (close[-1] == '/')
			return true;
		for (const char *q = close + 1; q + n + 3 <= end; q++)
			if (q[0] == '<' && q[1] == '/' && !strncmp(q + 2, name, n) && q[n + 2] == '>') {
				content->end = q;
				*at = q + n + 3;
				return true;
			}
		return false;
	}
	return false;
}

/* A copy without entities; secant_free. NULL: no memory. */
static char *
plain(span s)
{
	static const struct {
		const char *entity;
		char is;
	} known[] = { { "&quot;", '"' }, { "&apos;", '\'' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' } };
	char *text = base_strndup(s.p, (size_t)(s.end - s.p)), *to = text;
	for (const char *p = text; p && *p;) {
		size_t k = 0;
		while (k < 5 && strncmp(p, known[k].entity, strlen(known[k].entity)))
			k++;
		*to++ = k < 5 ? known[k].is : *p;
		p += k < 5 ? strlen(known[k].entity) : 1;
	}
	if (text)
		*to = '\0';
	return text;
}

/* Up to n numbers with commas or blanks between them; how many there are. Words of GDAL's for what is none are numbers
 * too. */
static int
numbers(span s, double *v, int n)
{
	char *text = plain(s), *rest;
	int have = 0;
	for (char *p = text ? strtok_r(text, ", \t\r\n", &rest) : NULL; p && have < n;
		 p = strtok_r(NULL, ", \t\r\n", &rest)) {
		if (!strcasecmp(p, "nan") || !strcasecmp(p, "-nan"))
			v[have] = NAN;
		else if (!base_real_parse(*p == '+' ? p + 1 : p, &v[have]))
			break;
		have++;
	}
	secant_free(text);
	return have;
}

static bool
attribute(span attributes, const char *name, span *value)
{
	size_t n = strlen(name);
	for (const char *p = attributes.p; p + n + 2 < attributes.end; p++)
		if (isspace((unsigned char)*p) && !strncmp(p + 1, name, n) && p[n + 1] == '=' && strchr("\"'", p[n + 2])) {
			const char *end = memchr(p + n + 3, p[n + 2], (size_t)(attributes.end - p - (ptrdiff_t)n - 3));
			*value = (span){ p + n + 3, end ? end : attributes.end };
			return end != NULL;
		}
	return false;
}

static double
attribute_number(span attributes, const char *name)
{
	span value;
	double v = 0;
	return attribute(attributes, name, &value) && numbers(value, &v, 1) == 1 ? v : 0;
}

static void
read_system(codec_sidecar *side, span content, const char *path)
{
	char *text = plain(content);
	if (text && *text && !(side->epsg = wkt_epsg(text, &side->geographic)))
		remark(side, "the coordinate system of %s has no EPSG code and is not kept", path);
	secant_free(text);
}

static void
read_bands(codec_sidecar *side, const char *p, const char *end)
{
	span attributes, content, inner, value;
	for (const char *at = p; next_element(&at, end, "PAMRasterBand", &attributes, &content);) {
		double v, band = attribute_number(attributes, "band");
		const char *in = content.p;
		if (!next_element(&in, content.end, "NoDataValue", &inner, &value) || numbers(value, &v, 1) != 1
			|| !(band >= 1 && band <= MOST_BANDS))
			continue;
		int i = (int)band;
		if (i > side->bands) {
			void *grown = base_realloc(side->nodata, (size_t)i, sizeof *side->nodata);
			if (!grown)
				return;
			side->nodata = grown;
			memset(side->nodata + side->bands, 0, (size_t)(i - side->bands) * sizeof *side->nodata);
			side->bands = i;
		}
		side->nodata[i - 1].declared = true;
		side->nodata[i - 1].value = v;
	}
}

static void
read_gcps(codec_sidecar *side, span list)
{
	span attributes, content;
	for (const char *at = list.p; next_element(&at, list.end, "GCP", &attributes, &content);) {
		if (side->gcps == MOST_GCPS)
			return;
		double *grown = base_realloc(side->gcp, (size_t)side->gcps + 1, 6 * sizeof *grown);
		if (!grown)
			return;
		side->gcp = grown;
		static const char *const names[] = { "Pixel", "Line", "", "X", "Y", "Z" };
		for (int k = 0; k < 6; k++)
			grown[6 * side->gcps + k] = k == 2 ? 0 : attribute_number(attributes, names[k]);
		side->gcps++;
	}
}

/* Of the metadata of .aux.xml (rpc.c). */
static bool
from_metadata(const void *user, const char *key, int n, double *v)
{
	const span *metadata = user;
	span attributes, content, name;
	bool found = false;
	for (const char *p = metadata->p; next_element(&p, metadata->end, "MDI", &attributes, &content);)
		if (attribute(attributes, "key", &name) && (size_t)(name.end - name.p) == strlen(key)
			&& !strncmp(name.p, key, strlen(key)))
			found = numbers(content, v, n) == n;
	return found;
}

static void
take_rpc(codec_sidecar *side, double *rpc, const char *path)
{
	if (!rpc)
		remark(side, "the rational polynomials (RPC) of %s are not complete and are not kept", path);
	else if (side->rpc)
		secant_free(rpc);
	else
		side->rpc = rpc;
}

static void
read_aux(codec_sidecar *side, const char *text, const char *end, const char *path)
{
	span attributes, content, value;
	const char *at = text, *bands = strstr(text, "<PAMRasterBand");
	const char *head = bands ? bands : end; /* what speaks of the whole picture stands before the bands, or behind */
	if (next_element(&at, end, "SRS", &attributes, &content))
		read_system(side, content, path);
	at = text;
	if (next_element(&at, end, "GeoTransform", &attributes, &content)) {
		side->placed = side->grid_first = numbers(content, side->t, 6) == 6
			&& side->t[1] * side->t[5] != side->t[2] * side->t[4];
		if (!side->placed)
			remark(side, "the transform of %s is damaged and is not used", path);
	}
	at = text;
	if (next_element(&at, end, "GCPList", &attributes, &content)) {
		read_gcps(side, content);
		if (attribute(attributes, "Projection", &value) && !side->epsg)
			read_system(side, value, path);
	}
	for (at = text; next_element(&at, head, "Metadata", &attributes, &content);)
		if (attribute(attributes, "domain", &value) && value.end - value.p == 3 && !strncmp(value.p, "RPC", 3))
			take_rpc(side, codec_rpc_make(from_metadata, &content), path);
	read_bands(side, text, end);
	side->grid_first |= side->epsg != 0;
}

static void
try_aux(codec_sidecar *side, const char *path)
{
	char *aux = base_format("%s.aux.xml", path), *text = NULL;
	size_t n;
	secant_err err = { 0 };
	if (aux && secant_is_file(aux)) {
		if (secant_file_read(&text, &n, aux, MOST_TEXT, &err))
			remark(side, "%s", err.msg);
		else if (strlen(text) != n)
			remark(side, "%s is no text and is not used", aux);
		else
			read_aux(side, text, text + n, aux);
	}
	secant_free(text);
	secant_free(aux);
}

/* STEM.RPB, STEM_RPC.TXT: read; STEM.tab: only said. */
static void
find_stems(codec_sidecar *side, const char *path)
{
	static const char *const ends[] = { ".RPB", ".rpb", "_RPC.TXT", "_rpc.txt", "_RPC.txt", ".tab", ".TAB" };
	size_t stem = strlen(path) - strlen(base_path_ext(path)), n;
	stem -= stem && path[stem - 1] == '.';
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		bool table = strchr("tT", ends[i][1]) != NULL;
		char *file = (table ? side->placed : side->rpc != NULL) ? NULL
																: base_format("%.*s%s", (int)stem, path, ends[i]);
		char *text = NULL;
		if (file && secant_is_file(file) && table)
			remark(side, "%s is not read", file);
		else if (file && secant_is_file(file))
			take_rpc(side,
				!secant_file_read(&text, &n, file, MOST_TEXT, NULL) && strlen(text) == n ? codec_rpc_text(text) : NULL,
				file);
		secant_free(text);
		secant_free(file);
	}
}

/* ---- .prj ---- */

/* ESRI's text of a system has no code; the names that surveys use say it all the same. */
static int
esri_epsg(const char *text, bool *geographic)
{
	static const struct {
		const char *name;
		int north, south, zones; /* code of zone 0; south 0: there is none */
	} grids[] = {
		{ "WGS_1984_UTM_Zone_", 32600, 32700, 60 },
		{ "ETRS_1989_UTM_Zone_", 25800, 0, 38 },
		{ "NAD_1983_UTM_Zone_", 26900, 0, 23 },
		{ "ED_1950_UTM_Zone_", 23000, 0, 38 },
	};
	*geographic = false;
	if (strncasecmp(text, "PROJCS[\"", 8)) {
		*geographic = !strncasecmp(text, "GEOGCS[\"GCS_WGS_1984\"", 21);
		return *geographic ? 4326 : 0;
	}
	for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
		size_t n = strlen(grids[i].name);
		const char *p = text + 8;
		int zone = 0;
		if (strncasecmp(p, grids[i].name, n))
			continue;
		for (p += n; base_is_digit(*p) && zone < 100; p++)
			zone = zone * 10 + *p - '0';
		int from = *p == 'N' ? grids[i].north : *p == 'S' ? grids[i].south : 0;
		return from && zone > 0 && zone <= grids[i].zones && p[1] == '"' ? from + zone : 0;
	}
	return 0;
}

/* STEM.prj beside a world file: the system of its numbers (ESRI). */
static void
find_prj(codec_sidecar *side, const char *path)
{
	static const char *const ends[] = { ".prj", ".PRJ" };
	size_t stem = strlen(path) - strlen(base_path_ext(path)), n;
	stem -= stem && path[stem - 1] == '.';
	for (size_t i = 0; i < 2; i++) {
		char *file = base_format("%.*s%s", (int)stem, path, ends[i]), *text = NULL;
		if (file && secant_is_file(file)) {
			bool read = !secant_file_read(&text, &n, file, MOST_TEXT, NULL) && strlen(text) == n;
			side->epsg = read ? wkt_epsg(text, &side->geographic) : 0;
			if (read && !side->epsg)
				side->epsg = esri_epsg(text + strspn(text, " \t\r\n"), &side->geographic);
			if (!side->epsg)
				remark(side, "the coordinate system of %s has no EPSG code and is not kept", file);
			secant_free(text), secant_free(file);
			return;
		}
		secant_free(file);
	}
}

void
codec_sidecar_read(codec_sidecar *side, const char *path)
{
	*side = (codec_sidecar){ .epsg = 0 };
	if (!secant_is_file(path)) /* pipes have no neighbours */
		return;
	try_aux(side, path);
	if (!side->placed)
		find_world(side, path);
	if (side->placed && !side->epsg)
		find_prj(side, path);
	find_stems(side, path);
	char *mask = base_format("%s.msk", path);
	secant_err err = { 0 };
	if (mask && secant_is_file(mask)
		&& !(side->mask = secant_raster_open(mask, &(secant_image_read_options){ .ignore_orientation = true }, &err)))
		remark(side, "%s", err.msg);
	secant_free(mask);
}

void
codec_sidecar_free(codec_sidecar *side)
{
	if (!side)
		return;
	secant_free(side->nodata);
	secant_free(side->rpc);
	secant_free(side->gcp);
	secant_raster_close(side->mask);
	*side = (codec_sidecar){ .epsg = 0 };
}

bool
codec_sidecar_is_empty(const codec_sidecar *side)
{
	return !side->placed && !side->epsg && !side->bands && !side->rpc && !side->gcps && !side->mask && !*side->remark;
}

secant_status
codec_sidecar_apply(const codec_sidecar *side, secant_image *im, secant_err *err)
{
	secant_err own = { 0 };
	if (codec_sidecar_is_empty(side))
		return SECANT_OK;
	secant_geo *geo = codec_geo_beside(NULL, side, &own);
	secant_status s = own.code;
	if (!s && geo)
		s = secant_image_set_geo(im, geo, &own);
	if (!s)
		s = codec_image_mark_nodata(im, geo, &own);
	if (!s && side->mask)
		s = codec_image_mark_mask(im, side->mask, 0, 0, &own);
	secant_geo_free(geo);
	return s ? secant_fail(err, s, "%s", own.msg) : SECANT_OK;
}
