/*
 * Areas as a GeoPackage (OGC 12-128r18, version 1.3): an SQLite file with one table "areas". Coordinates are those of
 * the picture's georeference, in the system of its EPSG code; without a code or a georeference they are of the system
 * -1, which the standard keeps for Cartesian coordinates that nobody named (pixels have y downwards).
 *
 * A geometry is a header ("GP", version, flags, system, envelope) and well-known binary: byte order, kind, and for each
 * ring its points.
 */
#include <math.h>
#include <string.h>
#include "base/file.h"
#include "deploy/polygons.h"

#ifdef SECANT_SQLITE
#include <sqlite3.h>

enum { CARTESIAN = -1, WGS84 = 4326 };

static const char *const tables[] = {
	"PRAGMA application_id = 1196444487", /* "GPKG" */
	"PRAGMA user_version = 10300",
	"CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, "
	"organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description "
	"TEXT)",
	"CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT "
	"UNIQUE, "
	"description TEXT DEFAULT '', "
	"last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, "
	"max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, "
	"CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))",
	"CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
	"geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, "
	"CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name), "
	"CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), "
	"CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))",
	"CREATE TABLE areas (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POLYGON, class INTEGER, value INTEGER, "
	"name TEXT, pixels INTEGER)",
	"INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', "
	"'undefined Cartesian coordinate reference system'), "
	"('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'), "
	"('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,"
	"298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,"
	"AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],"
	"AUTHORITY[\"EPSG\",\"4326\"]]', 'longitude and latitude in decimal degrees on the WGS 84 spheroid')",
};

static secant_status
failed(sqlite3 *db, const char *path, secant_err *err)
{
	return secant_fail(err, sqlite3_errcode(db) == SQLITE_NOMEM ? SECANT_ERR_NOMEM : SECANT_ERR_IO, "%s: SQLite: %s",
		path, sqlite3_errmsg(db));
}

static void
put_u32(base_str *s, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };
	base_str_addn(s, (const char *)b, sizeof b);
}

static void
put_f64(base_str *s, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	put_u32(s, (uint32_t)bits);
	put_u32(s, (uint32_t)(bits >> 32));
}

static void
stretch(double box[4], const double xy[2])
{
	box[0] = fmin(box[0], xy[0]), box[1] = fmax(box[1], xy[0]);
	box[2] = fmin(box[2], xy[1]), box[3] = fmax(box[3], xy[1]);
}

/* The geometry of an area; `extent` (least and most x, then y) grows by it. */
static void
put_geometry(base_str *s, const deploy_areas *a, const deploy_area *area, int srs, double extent[4])
{
	enum { LITTLE_ENDIAN_WITH_ENVELOPE = 1 | 1 << 1, POLYGON = 3 };
	double box[4] = { INFINITY, -INFINITY, INFINITY, -INFINITY }, xy[2];
	for (size_t k = 0; k < area->rings[0].n; k++) {
		deploy_area_place(a, &area->rings[0], k, xy);
		stretch(box, xy);
	}
	stretch(extent, (double[2]){ box[0], box[2] });
	stretch(extent, (double[2]){ box[1], box[3] });
	s->n = 0;
	base_str_addn(s, (const char[]){ 'G', 'P', 0, LITTLE_ENDIAN_WITH_ENVELOPE }, 4);
	put_u32(s, (uint32_t)srs);
	for (int i = 0; i < 4; i++)
		put_f64(s, box[i]);
	base_str_addn(s, (const char[]){ 1 }, 1);
	put_u32(s, POLYGON);
	put_u32(s, (uint32_t)area->n);
	for (size_t k = 0; k < area->n; k++) {
		put_u32(s, (uint32_t)area->rings[k].n + 1);
		for (size_t i = 0; i <= area->rings[k].n; i++) {
			deploy_area_place(a, &area->rings[k], i, xy);
			put_f64(s, xy[0]);
			put_f64(s, xy[1]);
		}
	}
}

static secant_status
put_areas(sqlite3 *db, const deploy_areas *a, int srs, double extent[4], const char *path, secant_err *err)
{
	sqlite3_stmt *row = NULL;
	base_str blob = { 0 };
	secant_status status = SECANT_OK;
	if (sqlite3_prepare_v2(
			db, "INSERT INTO areas (geom, class, value, name, pixels) VALUES (?, ?, ?, ?, ?)", -1, &row, NULL))
		status = failed(db, path, err);
	for (size_t i = 0; !status && i < a->n_rings;) {
		deploy_area area = deploy_area_at(a, i);
		put_geometry(&blob, a, &area, srs, extent);
		if (blob.failed || blob.n > INT32_MAX)
			status = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for an area", path);
		else if (sqlite3_bind_blob(row, 1, blob.p, (int)blob.n, SQLITE_STATIC) || sqlite3_bind_int(row, 2, area.class)
			|| sqlite3_bind_int(row, 3, area.value) || sqlite3_bind_text(row, 4, area.name, -1, SQLITE_STATIC)
			|| sqlite3_bind_int64(row, 5, (sqlite3_int64)area.pixels) || sqlite3_step(row) != SQLITE_DONE
			|| sqlite3_reset(row))
			status = failed(db, path, err);
		i += area.n;
	}
	sqlite3_finalize(row);
	base_str_free(&blob);
	return status;
}

static secant_status
run(sqlite3 *db, const char *path, secant_err *err, char *sql)
{
	secant_status status = !sql                   ? secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path)
		: sqlite3_exec(db, sql, NULL, NULL, NULL) ? failed(db, path, err)
												  : SECANT_OK;
	sqlite3_free(sql);
	return status;
}

static secant_status
fill(sqlite3 *db, const deploy_areas *a, const char *path, secant_err *err)
{
	int srs = a->epsg ? a->epsg : CARTESIAN;
	double extent[4] = { INFINITY, -INFINITY, INFINITY, -INFINITY };
	secant_status status = SECANT_OK;
	for (size_t i = 0; !status && i < sizeof tables / sizeof *tables; i++)
		if (sqlite3_exec(db, tables[i], NULL, NULL, NULL))
			status = failed(db, path, err);
	if (!status && srs != CARTESIAN && srs != WGS84)
		status = run(db, path, err,
			sqlite3_mprintf("INSERT INTO gpkg_spatial_ref_sys VALUES ('EPSG:%d', %d, 'EPSG', %d, 'undefined', NULL)",
				srs, srs, srs));
	if (!status)
		status = put_areas(db, a, srs, extent, path, err);
	if (!status && a->n_rings)
		status = run(db, path, err,
			sqlite3_mprintf("INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, "
							"srs_id) VALUES ('areas', 'features', 'areas', %!.17g, %!.17g, %!.17g, %!.17g, %d)",
				extent[0], extent[2], extent[1], extent[3], srs));
	else if (!status)
		status = run(db, path, err,
			sqlite3_mprintf("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
							"VALUES ('areas', 'features', 'areas', %d)",
				srs));
	if (!status)
		status = run(db, path, err,
			sqlite3_mprintf("INSERT INTO gpkg_geometry_columns VALUES ('areas', 'geom', 'POLYGON', %d, 0, 0)", srs));
	return status;
}

/* Made in memory, so that the file comes into being as all others do: whole or not at all. */
static secant_status
write(const deploy_areas *a, const char *path, secant_err *err)
{
	sqlite3 *db = NULL;
	sqlite3_int64 size = 0;
	unsigned char *bytes = NULL;
	secant_status status = SECANT_OK;
	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL))
		status = db ? failed(db, path, err) : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for SQLite", path);
	if (!status && sqlite3_exec(db, "BEGIN", NULL, NULL, NULL))
		status = failed(db, path, err);
	if (!status)
		status = fill(db, a, path, err);
	if (!status && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL))
		status = failed(db, path, err);
	if (!status && !(bytes = sqlite3_serialize(db, "main", &size, 0)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for the file", path);
	if (!status)
		status = secant_file_write(path, bytes, (size_t)size, err);
	sqlite3_free(bytes);
	sqlite3_close(db);
	return status;
}
#else
static secant_status
write(const deploy_areas *a, const char *path, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"%s: this build is without libsqlite3, which writes GeoPackages; --vector-format geojson needs none", path);
}
#endif

const deploy_vector deploy_vector_gpkg = { .name = "a GeoPackage", .extension = "gpkg", .write = write };
