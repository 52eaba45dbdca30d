/*
 * What lies beside a picture: world files in every spelling, .aux.xml, masks; and where pixels are on the earth when
 * the picture is turned upright.
 */
#include "pictures.h"
#include <math.h>
#include "codec/tiff.h"

static char dir[300], path[400];

static void
put(const char *name, const char *text)
{
	char file[500];
	snprintf(file, sizeof file, "%s/%s", dir, name);
	assert_int_equal(secant_file_write(file, text, strlen(text), NULL), 0);
}

static void
forget(const char *name)
{
	char file[500];
	snprintf(file, sizeof file, "%s/%s", dir, name);
	assert_int_equal(remove(file), 0);
}

static void
picture(const char *name)
{
	secant_image im = pattern(6, 4, 3, SECANT_U8);
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (secant_image_write(&im, path, NULL, &err))
		fail_msg("%s", err.msg);
	secant_image_free(&im);
}

static secant_image
again(void)
{
	secant_image im;
	secant_err err = { 0 };
	if (secant_image_read(&im, path, NULL, &err))
		fail_msg("%s", err.msg);
	return im;
}

static void
lies(const double want[6], int epsg)
{
	secant_image im = again();
	double t[6];
	assert_true(secant_geo_transform(secant_image_geo(&im), t));
	for (int i = 0; i < 6; i++)
		assert_true(fabs(t[i] - want[i]) < 1e-9);
	assert_int_equal(secant_geo_epsg(secant_image_geo(&im)), epsg);
	secant_image_free(&im);
}

/* Lines are x per column, y per column, x per row, y per row, and the centre of the first pixel. */
static void
test_world_files(void **state)
{
	static const char *const files[][2] = { { "a.tif", "a.tfw" }, { "a.tif", "a.TFW" }, { "a.tif", "a.tifw" },
		{ "a.tif", "a.wld" }, { "b.png", "b.pgw" }, { "b.png", "b.PNGW" }, { "c.jpg", "c.jgw" }, { "c.jpeg", "c.jgw" },
		{ "d.bmp", "d.bpw" } };
	static const double want[6] = { 100, 8, 3, 200, 3, -8 };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		picture(files[i][0]);
		put(files[i][1], "8.0\n3.0\n3\n-8\r\n105,5\n197.5\n");
		lies(want, 0);
		forget(files[i][1]);
	}
	picture("a.tif");
	put("a.tfw", "8\n3\n3\n");
	secant_image im = again();
	assert_non_null(strstr(secant_geo_remark(secant_image_geo(&im)), "a.tfw is no world file"));
	/* the file's own word goes first; where the two differ, that is said */
	static double scale[] = { 8, 8, 0 }, tie[] = { 0, 0, 0, 100, 200, 0 };
	secant_geo geo = { .n = 2, .tag = { { 33550, TIFF_DOUBLE, 3, scale }, { 33922, TIFF_DOUBLE, 6, tie } } };
	assert_int_equal(secant_image_set_geo(&im, &geo, NULL), 0);
	assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
	secant_image_free(&im);
	static const char *const texts[] = { "8\n0\n0\n-8\n104.1\n196\n", "8\n0\n0\n-8\n108\n196\n",
		"8.1\n0\n0\n-8\n104\n196\n" };
	for (int i = 0; i < 3; i++) {
		put("a.tfw", texts[i]);
		lies((double[6]){ 100, 8, 0, 200, 0, -8 }, 0);
		im = again();
		const char *said = secant_geo_remark(secant_image_geo(&im));
		assert_true(i ? said && strstr(said, "the world file beside it puts it elsewhere") : !said);
		secant_image_free(&im);
	}
	forget("a.tfw");
}

static void
test_aux_xml(void **state)
{
	static const double want[6] = { 100, 8, 0, 200, 0, 8 };
	double v;
	picture("e.png");
	put("e.png.aux.xml",
		"<PAMDataset>\n  <SRS>PROJCS[&quot;x&quot;,GEOGCS[&quot;y&quot;,AUTHORITY[&quot;EPSG&quot;,&quot;4258&quot;]],"
		"AUTHORITY[&quot;EPSG&quot;,&quot;25832&quot;]]</SRS>\n  <GeoTransform> 100, 8, 0, 2.0e+02, 0, "
		"8</GeoTransform>\n"
		"<PAMRasterBand band=\"1\"><NoDataValue>7</NoDataValue></PAMRasterBand><PAMRasterBand band=\"2\">"
		"<NoDataValue>8</NoDataValue></PAMRasterBand><PAMRasterBand band=\"3\"><NoDataValue>9</NoDataValue>"
		"</PAMRasterBand></PAMDataset>");
	put("e.pgw", "1\n0\n0\n-1\n0\n0\n"); /* GDAL's own word goes first */
	lies(want, 25832);
	secant_image im = again();
	assert_true(codec_geo_band_nodata(secant_image_geo(&im), 1, &v) && v == 8);
	memcpy(im.data, (uint8_t[]){ 7, 8, 9, 7, 7, 7 }, 6);
	assert_int_equal(secant_image_set_geo(&im, NULL, NULL), 0);
	assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
	secant_image_free(&im);
	im = again();
	assert_int_equal(im.voids[0], SECANT_VOID_VALUE); /* every band has its own value */
	assert_int_equal(im.voids[1], 0);
	secant_image_free(&im);
	put("e.png.aux.xml", "<PAMDataset><SRS>LOCAL_CS[&quot;site&quot;]</SRS></PAMDataset>");
	im = again();
	assert_non_null(strstr(secant_geo_remark(secant_image_geo(&im)), "e.png.aux.xml has no EPSG code and is not kept"));
	secant_image_free(&im);
	static const char *const damaged[] = { "", "<", "<SRS", "<GeoTransform>1,2",
		"<PAMRasterBand band=\"9999999999\"><NoDataValue>", "<GeoTransform>0,0,0,0,0,0</GeoTransform>",
		"<Metadata domain=\"RPC\"><MDI key=\"LINE_OFF\">1</MDI></Metadata>" };
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		put("e.png.aux.xml", damaged[i]);
		im = again();
		secant_image_free(&im);
	}
}

/* Twenty numbers of a polynomial, kind + i/100. */
static void
add_polynomial(base_str *t, bool rpb, const char *key, int kind)
{
	if (rpb)
		base_str_addf(t, "\t%s = (\n", key);
	for (int i = 0; i < 20; i++)
		if (rpb)
			base_str_addf(t, "\t\t\t%+.6E%s\n", kind + i / 100., i < 19 ? "," : ");");
		else
			base_str_addf(t, "%s_%d: %+.6E\n", key, i + 1, kind + i / 100.);
}

/* Satellites' polynomials, as the two companies write them: the numbers of GeoTIFF's tag, in its order. */
static void
test_rational_polynomials_as_text(void **state)
{
	static const char rpb[] = "satId = \"QB02\";\nBEGIN_GROUP = IMAGE\n\terrBias = 12.5;\n\terrRand = 0.25;\n"
							  "\tlineOffset = 45;\n\tsampOffset = +65;\n\tlatOffset = 48.5;\n\tlongOffset = -11.25;\n"
							  "\theightOffset = 500;\n\tlineScale = 50;\n\tsampScale = 70;\n\tlatScale = 0.05;\n"
							  "\tlongScale = 0.07;\n\theightScale = 501;\n",
					  lines[] = "LINE_OFF: 000045.00 pixels\nSAMP_OFF: +000065.00 pixels\nLAT_OFF: +48.5 degrees\n"
								"LONG_OFF: -011.25 degrees\nHEIGHT_OFF: +0500.000 meters\nLINE_SCALE: 50 pixels\n"
								"SAMP_SCALE: 70 pixels\nLAT_SCALE: +00.05 degrees\nLONG_SCALE: 0.07 degrees\n"
								"HEIGHT_SCALE: 0501.0 meters\r\n";
	static const char *const names[] = { "r.RPB", "r_RPC.TXT", "r_rpc.txt" },
							 *const keys[2][4] = { { "lineNumCoef", "lineDenCoef", "sampNumCoef", "sampDenCoef" },
								 { "LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF" } };
	picture("r.png");
	for (int k = 0; k < 3; k++) {
		base_str t = { 0 };
		base_str_add(&t, k ? lines : rpb);
		for (int i = 0; i < 4; i++)
			add_polynomial(&t, !k, keys[k > 0][i], i + 1);
		base_str_add(&t, k ? "" : "END_GROUP = IMAGE\nEND;\n");
		put(names[k], t.p);
		secant_image im = again();
		const secant_geo *geo = secant_image_geo(&im);
		assert_true(geo && geo->n == 1 && geo->tag[0].id == 50844 && geo->tag[0].count == 92 && !geo->remark);
		const double *v = geo->tag[0].data;
		double first[] = { k ? -1 : 12.5, k ? -1 : 0.25, 45, 65, 48.5, -11.25, 500, 50, 70, 0.05, 0.07, 501 };
		assert_memory_equal(v, first, sizeof first);
		for (int i = 0; i < 80; i++)
			assert_true(fabs(v[12 + i] - (1 + i / 20 + i % 20 / 100.)) < 1e-12);
		secant_image_free(&im);
		/* one number less: said, and not kept */
		*strstr(t.p, k ? "SAMP_DEN_COEFF_20" : "sampDenCoef") = '-';
		put(names[k], t.p);
		im = again();
		assert_non_null(strstr(secant_geo_remark(secant_image_geo(&im)), "are not complete and are not kept"));
		secant_image_free(&im);
		forget(names[k]);
		base_str_free(&t);
	}
}

/* The upright picture's pixel and the stored one that it came from are at one place. */
static void
test_turned_pictures_stay_where_they_are(void **state)
{
	enum { W = 6, H = 4 };
	static const double grid[6] = { 100, 8, 3, 200, 2, -7 };
	secant_geo geo = { .n = 1,
		.tag = { { 34264, TIFF_DOUBLE, 16, (double[16]){ 8, 3, 0, 100, 2, -7, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1 } } } };
	for (int orientation = 1; orientation <= 8; orientation++) {
		double t[6], at[2];
		secant_geo *turned = codec_geo_turned(&geo, orientation, W, H, NULL);
		assert_true(secant_geo_transform(turned, t));
		for (int x = 0; x <= 4; x += 2)
			for (int y = 0; y <= 4; y += 2) {
				codec_orient_point(orientation, W, H, x, y, at);
				assert_true(fabs(t[0] + x * t[1] + y * t[2] - (grid[0] + at[0] * grid[1] + at[1] * grid[2])) < 1e-9);
				assert_true(fabs(t[3] + x * t[4] + y * t[5] - (grid[3] + at[0] * grid[4] + at[1] * grid[5])) < 1e-9);
			}
		secant_geo_free(turned);
	}
}

/* The system of a world file's numbers stands in STEM.prj: with a code, by ESRI's names, or without any, which is said.
 */
static void
test_prj_beside_world_files(void **state)
{
	static const double there[6] = { 500000, 10, 0, 5800000, 0, -10 };
	picture("p.png");
	put("p.pgw", "10\n0\n0\n-10\n500005\n5799995\n");
	put("p.prj",
		"PROJCS[\"WGS 84 / UTM zone 33N\",GEOGCS[\"WGS 84\",AUTHORITY[\"EPSG\",\"4326\"]],UNIT[\"metre\",1],"
		"AUTHORITY[\"EPSG\",\"32633\"]]");
	lies(there, 32633);
	put("p.prj", "PROJCS[\"WGS_1984_UTM_Zone_19S\",GEOGCS[\"GCS_WGS_1984\"]]");
	lies(there, 32719);
	put("p.prj", "PROJCS[\"ETRS_1989_UTM_Zone_32N\",GEOGCS[\"GCS_ETRS_1989\"]]");
	lies(there, 25832);
	put("p.prj", "PROJCS[\"Local_Grid\",GEOGCS[\"GCS_Bessel_1841\"]]");
	lies(there, 0);
	secant_image im = again();
	assert_non_null(strstr(secant_geo_remark(secant_image_geo(&im)), "has no EPSG code and is not kept"));
	secant_image_free(&im);
	forget("p.pgw"), forget("p.prj"), forget("p.png");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_world_files),
		cmocka_unit_test(test_aux_xml),
		cmocka_unit_test(test_rational_polynomials_as_text),
		cmocka_unit_test(test_prj_beside_world_files),
		cmocka_unit_test(test_turned_pictures_stay_where_they_are),
	};
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return base_remove_tree(dir, NULL) ? 1 : failed;
}
