/*
 * Areas as GeoJSON (RFC 7946). Coordinates are those of the picture's georeference. The RFC knows WGS 84 alone; for any
 * other system a member "crs" names it, as GeoJSON of 2008 had it and GDAL and QGIS read it. Without a georeference
 * they are pixels, with y downwards.
 */
#include "base/file.h"
#include "deploy/polygons.h"

typedef struct writing {
	base_writer *w;
	secant_err *err;
} writing;

static void
put_ring(const writing *o, const deploy_areas *a, const deploy_area_ring *r)
{
	for (size_t k = 0; k <= r->n; k++) {
		double xy[2];
		deploy_area_place(a, r, k, xy);
		base_writer_printf(o->w, o->err, "%s[%.15g,%.15g]", k ? "," : "[", xy[0], xy[1]);
	}
	base_writer_printf(o->w, o->err, "]");
}

static void
put_string(const writing *o, const char *text)
{
	base_writer_printf(o->w, o->err, "\"");
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		base_writer_printf(o->w, o->err, *p == '"' || *p == '\\' ? "\\%c" : *p < 0x20 ? "\\u%04x" : "%c", *p);
	base_writer_printf(o->w, o->err, "\"");
}

static void
put_area(const writing *o, const deploy_areas *a, const deploy_area *area)
{
	base_writer_printf(
		o->w, o->err, "{\"type\":\"Feature\",\"properties\":{\"class\":%d,\"value\":%d,", area->class, area->value);
	if (area->name) {
		base_writer_printf(o->w, o->err, "\"name\":");
		put_string(o, area->name);
		base_writer_printf(o->w, o->err, ",");
	}
	base_writer_printf(
		o->w, o->err, "\"pixels\":%lld},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[", (long long)area->pixels);
	for (size_t k = 0; k < area->n; k++) {
		base_writer_printf(o->w, o->err, k ? "," : "");
		put_ring(o, a, &area->rings[k]);
	}
	base_writer_printf(o->w, o->err, "]}}");
}

static secant_status
write(const deploy_areas *a, const char *path, secant_err *err)
{
	enum { WGS84 = 4326 };
	secant_err own = { 0 };
	writing o = { base_writer_open(path, err), &own };
	if (!o.w)
		return err ? err->code : SECANT_ERR_IO;
	base_writer_printf(o.w, &own, "{\"type\":\"FeatureCollection\",");
	if (a->epsg && a->epsg != WGS84)
		base_writer_printf(
			o.w, &own, "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::%d\"}},", a->epsg);
	base_writer_printf(o.w, &own, "\"features\":[");
	for (size_t i = 0; i < a->n_rings;) {
		deploy_area area = deploy_area_at(a, i);
		base_writer_printf(o.w, &own, i ? ",\n" : "\n");
		put_area(&o, a, &area);
		i += area.n;
	}
	base_writer_printf(o.w, &own, "\n]}\n");
	return base_writer_commit(o.w, err);
}

const deploy_vector deploy_vector_geojson = { .name = "GeoJSON", .extension = "geojson", .write = write };
