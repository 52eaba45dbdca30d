/*
 * Polygons with fewer corners: a map of wavering regions, islands and thin bays is simplified; its polygons still cover
 * the picture once, enclose what they are of, and no two of their lines cross. The same as a GeoPackage, read by
 * SQLite.
 */
#include "asking.h"
#include <math.h>
#include "base/json.h"
#include "deploy/polygons.h"
#if __has_include(<sqlite3.h>)
#include <sqlite3.h>
#endif

enum { SIDE = 80 };

static void
make_three(void)
{
	static const float eye[12] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0 }, zero[3] = { 0 };
	tiny_write(&(tiny){ 4, 3, 1, 1, eye, zero, NULL, NULL, "[\"soil\", \"green\", \"roof\"]" },
		in_folder("three.safetensors"));
}

/* Three classes in wavering regions, with noise along the borders. */
static void
draw_map(secant_image *mask, int trial)
{
	base_rng g = base_rng_make(5, BASE_FOR_TEST, (uint64_t)trial, 0);
	double seed[9][2];
	assert_int_equal(secant_image_new(mask, SIDE, SIDE, 1, SECANT_U8, NULL), 0);
	for (int i = 0; i < 9; i++)
		for (int k = 0; k < 2; k++)
			seed[i][k] = base_rng_below(&g, SIDE);
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			double best = 1e9;
			for (int i = 0; i < 9; i++) {
				double d = hypot(x - seed[i][0] + 3 * sin(y / 2.), y - seed[i][1] + 3 * sin(x / 3.))
					+ (base_rng_below(&g, 3) == 0 ? 1 : 0);
				if (d < best)
					best = d, ((uint8_t *)mask->data)[y * SIDE + x] = (uint8_t)(i % 3);
			}
		}
}

typedef struct stroke {
	double a[2], b[2];
} stroke;

static double
side_of(const stroke *s, const double *p)
{
	return (s->b[0] - s->a[0]) * (p[1] - s->a[1]) - (s->b[1] - s->a[1]) * (p[0] - s->a[0]);
}

static bool
cross(const stroke *p, const stroke *q)
{
	return side_of(p, q->a) * side_of(p, q->b) < 0 && side_of(q, p->a) * side_of(q, p->b) < 0;
}

static int
strokes_of(const json_t *j, stroke *s, double *area)
{
	const json_t *f, *ring;
	size_t i, k;
	int n = 0;
	*area = 0;
	json_array_foreach (json_object_get(j, "features"), i, f)
		json_array_foreach (json_object_get(json_object_get(f, "geometry"), "coordinates"), k, ring) {
			double own = 0;
			for (size_t p = 0; p + 1 < json_array_size(ring); p++, n++) {
				for (int e = 0; e < 2; e++)
					for (int c = 0; c < 2; c++)
						(e ? s[n].b : s[n].a)[c] = json_number_value(
							json_array_get(json_array_get(ring, p + (size_t)e), (size_t)c));
				own += (s[n].a[0] * s[n].b[1] - s[n].b[0] * s[n].a[1]) / 2;
			}
			assert_true(k ? own < 0 : own > 0);
			*area += own;
		}
	return n;
}

static void
simplified_neighbours_share_borders_and_no_lines_cross(void **state)
{
	static stroke s[SIDE * SIDE * 8];
	secant_err err = { 0 };
	make_three();
	secant_predictor *p = open_one(in_folder("three.safetensors"), "");
	for (int trial = 0; trial < 6; trial++) {
		secant_image mask;
		int exact = 0;
		draw_map(&mask, trial);
		for (double tolerance = 0; tolerance < 5; tolerance += 1.25) {
			double area;
			if (deploy_polygons_write(p, &mask, NULL, tolerance, in_folder("a.geojson"), &err))
				fail_msg("%s", err.msg);
			json_t *j = base_json_read(in_folder("a.geojson"), &err);
			int n = strokes_of(j, s, &area);
			assert_true(fabs(area - SIDE * SIDE) < 1e-6);
			assert_true(tolerance == 0 || n < exact);
			for (int i = 0; i < n; i++)
				for (int k = i + 1; k < n; k++)
					if (cross(&s[i], &s[k]))
						fail_msg("trial %d, tolerance %g: (%g %g, %g %g) crosses (%g %g, %g %g)", trial, tolerance,
							s[i].a[0], s[i].a[1], s[i].b[0], s[i].b[1], s[k].a[0], s[k].a[1], s[k].b[0], s[k].b[1]);
			exact = tolerance == 0 ? n : exact;
			json_decref(j);
		}
		secant_image_free(&mask);
	}
	secant_predictor_close(p);
}

#if __has_include(<sqlite3.h>)
static int
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	int v = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return v;
}
#endif

static void
geopackages_hold_the_same_areas(void **state)
{
	secant_image mask;
	secant_err err = { 0 };
	make_three();
	secant_predictor *p = open_one(in_folder("three.safetensors"), "");
	draw_map(&mask, 1);
	secant_status s = deploy_polygons_write(p, &mask, NULL, 0, in_folder("a.gpkg"), &err);
	assert_int_equal(deploy_polygons_write(p, &mask, NULL, 0, in_folder("a.geojson"), NULL), 0);
	json_t *j = base_json_read(in_folder("a.geojson"), NULL);
	size_t features = json_array_size(json_object_get(j, "features"));
	json_decref(j);
#if __has_include(<sqlite3.h>)
	sqlite3 *db;
	if (s)
		fail_msg("%s", err.msg);
	assert_int_equal(sqlite3_open_v2(in_folder("a.gpkg"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(number(db, "PRAGMA application_id"), 0x47504B47); /* GPKG */
	assert_int_equal(number(db, "SELECT count(*) FROM areas"), features);
	assert_int_equal(number(db, "SELECT sum(pixels) FROM areas"), SIDE * SIDE);
	assert_int_equal(number(db, "SELECT count(*) FROM areas WHERE substr(geom, 1, 2) <> x'4750'"), 0);
	assert_int_equal(number(db, "SELECT srs_id FROM gpkg_contents"), -1);
	assert_int_equal(number(db, "SELECT max_x - min_x FROM gpkg_contents"), SIDE);
	sqlite3_close(db);
#else
	assert_int_equal(s, SECANT_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "--vector-format geojson"));
#endif
	secant_image_free(&mask);
	secant_predictor_close(p);
}

/* Options that do nothing by themselves are refused. */
static void
what_is_of_polygons_wants_polygons(void **state)
{
	secant_err err = { 0 };
	make_three();
	secant_image im = noise(8, 8, 4, SECANT_U8);
	assert_int_equal(secant_image_write(&im, in_folder("a.png"), NULL, &err), 0);
	secant_image_free(&im);
	secant_predictor *p = open_one(in_folder("three.safetensors"), "");
	secant_predict_output o = { .out = in_folder("out"), .simplify = 1 };
	assert_int_equal(secant_predictor_files(p, (const char *const[]){ in_folder("a.png") }, 1, &o, NULL, NULL, &err),
		SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "--simplify is of polygons: give --vector too"));
	secant_predictor_close(p);
}

int
main(void)
{
	make_folder(NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simplified_neighbours_share_borders_and_no_lines_cross),
		cmocka_unit_test(geopackages_hold_the_same_areas),
		cmocka_unit_test(what_is_of_polygons_wants_polygons),
	};
	return cmocka_run_group_tests(tests, NULL, drop_folder);
}
