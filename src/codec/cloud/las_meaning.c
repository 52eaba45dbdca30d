/*
 * What records of LAS say about a cloud as a whole: names of classes (the standard's, ASPRS LAS 1.4 R16 table 17, or
 * the file's own lookup, a number and 15 letters each) and the coordinate system (WKT 2112, GeoTIFF keys 34735 to
 * 34737).
 */
#include "codec/cloud/las.h"
#include <stdio.h>
#include <string.h>

enum { LOOKUP = 16, NAME = 15, CLASSES = 256 };
enum {
	KEY_CITATION = 1026,
	KEY_GEOGRAPHIC = 2048,
	KEY_PROJECTED = 3072,
	KEY_PROJECTED_CITATION = 3073,
	USER_DEFINED = 32767
};

static const char *const standard[] = {
	"never classified",
	"unclassified",
	"ground",
	"low vegetation",
	"medium vegetation",
	"high vegetation",
	"building",
	"low noise",
	"model key point",
	"water",
	"rail",
	"road surface",
	"overlap",
	"wire guard",
	"wire conductor",
	"transmission tower",
	"wire connector",
	"bridge deck",
	"high noise",
	"overhead structure",
	"ignored ground",
	"snow",
	"temporal exclusion",
};

const char *
secant_las_class(int64_t class)
{
	return class >= 0 && class < (int64_t)(sizeof standard / sizeof *standard) ? standard[class] : NULL;
}

static secant_cloud_record *
record_of(const secant_cloud *c, const char *user, int id)
{
	for (int i = 0; i < c->records; i++)
		if (!strcmp(c->record[i].user, user) && c->record[i].id == id)
			return &c->record[i];
	return NULL;
}

/* ---- classes ---- */

bool
secant_cloud_class_name(const secant_cloud *c, int64_t value, char *out, size_t size, bool *listed)
{
	const secant_cloud_record *r = record_of(c, "LASF_Spec", 0);
	if (listed)
		*listed = r != NULL;
	for (uint64_t at = 0; r && at + LOOKUP <= r->size; at += LOOKUP) {
		if (r->data[at] != value || !r->data[at + 1])
			continue;
		snprintf(out, size, "%.15s", (const char *)r->data + at + 1);
		return true;
	}
	const char *name = c->las.known && !r ? secant_las_class(value) : NULL;
	if (name)
		snprintf(out, size, "%s", name);
	return name != NULL;
}

static secant_cloud_record *
lookup_for(secant_cloud *c)
{
	secant_cloud_record *r = record_of(c, "LASF_Spec", 0);
	if (r)
		return r;
	secant_cloud_record *grown = base_realloc(c->record, (size_t)c->records + 1, sizeof *grown);
	if (!grown)
		return NULL;
	c->record = grown;
	c->record[c->records] = (secant_cloud_record){ .user = "LASF_Spec", .description = "classification lookup" };
	return &c->record[c->records++];
}

secant_status
secant_cloud_name_classes(secant_cloud *c, const int64_t *value, const char *const *name, int n, secant_err *err)
{
	uint8_t *data = secant_calloc(CLASSES, LOOKUP);
	secant_cloud_record *r = data ? lookup_for(c) : NULL;
	if (!r) {
		secant_free(data);
		return secant_fail(err, SECANT_ERR_NOMEM, "cloud: no memory for names of classes");
	}
	uint64_t size = 0;
	for (int i = 0; i < n && size < (uint64_t)CLASSES * LOOKUP; i++) {
		if (value[i] < 0 || value[i] >= CLASSES)
			continue;
		data[size] = (uint8_t)value[i];
		memcpy(data + size + 1, name[i], strnlen(name[i], NAME));
		size += LOOKUP;
	}
	secant_free(r->data);
	r->data = data;
	r->size = size;
	return SECANT_OK;
}

/* ---- the coordinate system ---- */

/* PROJCS["WGS 84 / UTM zone 17N", ...: what stands between the first quotes. */
static bool
name_in_wkt(const secant_cloud_record *r, char *out, size_t size)
{
	const char *text = (const char *)r->data;
	const char *from = r->size ? memchr(text, '"', (size_t)r->size) : NULL;
	const char *to = from ? memchr(from + 1, '"', (size_t)r->size - (size_t)(from + 1 - text)) : NULL;
	if (to)
		snprintf(out, size, "%.*s", (int)(to - from - 1 < 200 ? to - from - 1 : 200), from + 1);
	return to != NULL;
}

static bool
text_of_key(const secant_cloud *c, const uint8_t *key, char *out, size_t size)
{
	const secant_cloud_record *ascii = record_of(c, "LASF_Projection", 34737);
	size_t n = base_le16(key + 4), at = base_le16(key + 6);
	if (!ascii || base_le16(key + 2) != 34737 || at > ascii->size || n > ascii->size - at)
		return false;
	const char *text = (const char *)ascii->data + at;
	const char *bar = memchr(text, '|', n);
	n = bar ? (size_t)(bar - text) : n;
	if (n)
		snprintf(out, size, "%.*s", (int)(n < 200 ? n : 200), text);
	return n > 0;
}

static bool
name_in_keys(const secant_cloud *c, const secant_cloud_record *r, char *out, size_t size)
{
	static const int order[] = { KEY_PROJECTED, KEY_GEOGRAPHIC, KEY_PROJECTED_CITATION, KEY_CITATION };
	for (int i = 0; i < 4; i++) {
		/* Keys of 8 bytes: id, where, count, value; a value in place has 0 as where. */
		for (uint64_t at = 8; at + 8 <= r->size; at += 8) {
			const uint8_t *key = r->data + at;
			int value = base_le16(key + 6);
			if (base_le16(key) != order[i])
				continue;
			if (i < 2 && !base_le16(key + 2) && value && value != USER_DEFINED) {
				snprintf(out, size, "EPSG:%d", value);
				return true;
			}
			if (i >= 2 && text_of_key(c, key, out, size))
				return true;
		}
	}
	return false;
}

bool
secant_cloud_system(const secant_cloud *c, char *out, size_t size)
{
	const secant_cloud_record *wkt = record_of(c, "LASF_Projection", 2112),
							  *keys = record_of(c, "LASF_Projection", 34735);
	return (wkt && name_in_wkt(wkt, out, size)) || (keys && name_in_keys(c, keys, out, size));
}
