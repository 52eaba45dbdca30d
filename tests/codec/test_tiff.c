/* TIFF: everything libtiff can be asked to write, read back; georeference; wrong, cut and lying files. */
#include "pictures.h"
#include "codec/tiff.h"
#include <math.h>

/* How a file is written by libtiff itself. */
typedef struct kind {
	int bits, format, samples, photometric, compression;
	bool separate;
	int tile, rows; /* tile 0: strips of that many rows */
	const char *mode;
} kind;

enum { W = 37, H = 29 };

/* The i-th stored sample, as the integer that its bits are made of. */
static uint64_t
bits_of(const kind *k, size_t i)
{
	uint64_t v = (i * 2654435761u) >> 5;
	if (k->bits < 32)
		v &= (1u << k->bits) - 1;
	if (k->format == SAMPLEFORMAT_IEEEFP && k->bits == 32)
		memcpy(&v, &(float){ (float)(int32_t)v / 64 - 1000 }, 4), v &= UINT32_MAX;
	if (k->format == SAMPLEFORMAT_IEEEFP && k->bits == 64)
		memcpy(&v, &(double){ (double)(int32_t)v / 64 - 1000 }, 8);
	if (k->format == SAMPLEFORMAT_IEEEFP && k->bits == 16)
		v = v % 0x7c00; /* finite and positive */
	return v & (k->bits == 64 ? UINT64_MAX : (1ull << k->bits) - 1);
}

/* Its value as the picture should have it. */
static double
value_of(const kind *k, size_t i)
{
	uint64_t v = bits_of(k, i);
	double d;
	float f;
	uint16_t half = (uint16_t)v;
	secant_tensor one = { .dtype = SECANT_F16, .data = &half };
	if (k->format == SAMPLEFORMAT_IEEEFP)
		return k->bits == 16 ? secant_tensor_get(&one, 0)
			: k->bits == 32  ? (memcpy(&f, &v, 4), f)
							 : (memcpy(&d, &v, 8), (float)d);
	if (k->format == SAMPLEFORMAT_INT)
		return k->bits == 8 ? (int8_t)v : k->bits == 16 ? (int16_t)v : (float)(int32_t)v;
	d = k->bits < 8     ? (double)((v * 255 + ((1u << k->bits) - 1) / 2) / ((1u << k->bits) - 1))
		: k->bits >= 32 ? (float)v
						: (double)v;
	return k->photometric == PHOTOMETRIC_MINISWHITE ? (k->bits == 16 ? 65535 : 255) - d : d;
}

/* Puts the samples of a block of w x h pixels at (x, y) into `to`; outside the picture zeros. */
static void
fill(const kind *k, uint8_t *to, int x, int y, int w, int h, int plane)
{
	int n = k->separate ? 1 : k->samples;
	size_t row = ((size_t)w * (size_t)n * (size_t)k->bits + 7) / 8;
	memset(to, 0, row * (size_t)h);
	for (int r = 0; r < h && y + r < H; r++) {
		for (int c = 0; c < w && x + c < W; c++) {
			for (int s = 0; s < n; s++) {
				size_t i = ((size_t)(y + r) * W + (size_t)(x + c)) * (size_t)k->samples
					+ (size_t)(k->separate ? plane : s);
				uint64_t v = bits_of(k, i);
				uint8_t *p = to + (size_t)r * row;
				size_t at = (size_t)(c * n + s) * (size_t)k->bits;
				for (int b = 0; k->bits < 16 && b < k->bits; b++, at++)
					p[at / 8] |= (uint8_t)((v >> (k->bits - 1 - b) & 1) << (7 - at % 8));
				if (k->bits >= 16)
					memcpy(p + at / 8, &v, (size_t)k->bits / 8);
			}
		}
	}
}

static blob
make(const kind *k)
{
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/a.tif", dir);
	TIFF *t = TIFFOpen(path, k->mode ? k->mode : "w");
	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, W);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, H);
	TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, k->bits);
	TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, k->format);
	TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, k->samples);
	TIFFSetField(t, TIFFTAG_PLANARCONFIG, k->separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, k->photometric);
	TIFFSetField(t, TIFFTAG_COMPRESSION, k->compression);
	if (k->photometric == PHOTOMETRIC_PALETTE) {
		uint16_t c[3][256];
		for (int i = 0; i < 256; i++)
			for (int ch = 0; ch < 3; ch++)
				c[ch][i] = (uint16_t)((i * 7 + ch) % 256 * 257);
		TIFFSetField(t, TIFFTAG_COLORMAP, c[0], c[1], c[2]);
	}
	uint8_t *block = calloc(64 * 64 * 64, 8);
	if (k->tile) {
		TIFFSetField(t, TIFFTAG_TILEWIDTH, k->tile);
		TIFFSetField(t, TIFFTAG_TILELENGTH, k->tile);
	} else {
		TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, k->rows);
	}
	for (int plane = 0; plane < (k->separate ? k->samples : 1); plane++) {
		for (int y = 0; y < H; y += k->tile ? k->tile : k->rows) {
			for (int x = 0; x < W; x += k->tile ? k->tile : W) {
				int w = k->tile ? k->tile : W, h = k->tile ? k->tile : k->rows < H - y ? k->rows : H - y;
				fill(k, block, x, y, w, h, plane);
				if (k->tile)
					assert_true(
						TIFFWriteEncodedTile(
							t, TIFFComputeTile(t, (uint32_t)x, (uint32_t)y, 0, (uint16_t)plane), block, TIFFTileSize(t))
						> 0);
				else
					assert_true(TIFFWriteEncodedStrip(t, TIFFComputeStrip(t, (uint32_t)y, (uint16_t)plane), block,
									TIFFVStripSize(t, (uint32_t)h))
						> 0);
			}
		}
	}
	free(block);
	TIFFClose(t);
	char *data;
	blob b;
	assert_int_equal(secant_file_read(&data, &b.n, path, 1 << 26, NULL), 0);
	b.p = malloc(b.n);
	memcpy(b.p, data, b.n);
	secant_free(data);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
	return b;
}

static double
pixel(const secant_image *im, size_t i)
{
	switch (im->dtype) {
	case SECANT_U8: return ((uint8_t *)im->data)[i];
	case SECANT_U16: return ((uint16_t *)im->data)[i];
	case SECANT_I16: return ((int16_t *)im->data)[i];
	default: return ((float *)im->data)[i];
	}
}

static void
reads_back(const kind *k)
{
	blob b = make(k);
	secant_image im = decoded(b, NULL);
	assert_true(im.width == W && im.height == H && im.channels == k->samples);
	for (size_t i = 0; i < (size_t)W * H * (size_t)k->samples; i++)
		if (pixel(&im, i) != value_of(k, i))
			fail_msg("bits %d format %d samples %d compression %d separate %d tile %d: value %zu is %g, expected %g",
				k->bits, k->format, k->samples, k->compression, k->separate, k->tile, i, pixel(&im, i), value_of(k, i));
	secant_image_free(&im);
	free(b.p);
}

static void
test_samples_and_layouts(void **state)
{
	static const struct {
		int bits, format;
	} samples[] = {
		{ 1, 1 },
		{ 2, 1 },
		{ 3, 1 },
		{ 4, 1 },
		{ 5, 1 },
		{ 6, 1 },
		{ 7, 1 },
		{ 8, 1 },
		{ 9, 1 },
		{ 10, 1 },
		{ 11, 1 },
		{ 12, 1 },
		{ 13, 1 },
		{ 14, 1 },
		{ 15, 1 },
		{ 16, 1 },
		{ 32, 1 },
		{ 64, 1 },
		{ 8, 2 },
		{ 16, 2 },
		{ 32, 2 },
		{ 16, 3 },
		{ 32, 3 },
		{ 64, 3 },
	};
	static const int counts[] = { 1, 3, 5 };
	for (size_t s = 0; s < sizeof samples / sizeof *samples; s++)
		for (int c = 0; c < 3; c++)
			for (int separate = 0; separate < 2; separate++)
				for (int layout = 0; layout < 3; layout++)
					reads_back(&(kind){ samples[s].bits, samples[s].format, counts[c], PHOTOMETRIC_MINISBLACK,
						COMPRESSION_NONE, separate, layout == 2 ? 16 : 0, layout == 0 ? 7 : H, NULL });
}

static void
test_compressions_and_containers(void **state)
{
	static const int all[] = { COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE, COMPRESSION_PACKBITS,
		COMPRESSION_LZMA, COMPRESSION_ZSTD };
	int tried = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (!TIFFIsCODECConfigured((uint16_t)all[i]))
			continue;
		tried++;
		reads_back(&(kind){ 16, 1, 4, PHOTOMETRIC_MINISBLACK, all[i], false, 16, 0, NULL });
		reads_back(&(kind){ 8, 1, 3, PHOTOMETRIC_RGB, all[i], true, 0, 5, NULL });
	}
	assert_true(tried >= 4);
	reads_back(&(kind){ 1, 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_CCITTFAX4, false, 0, H, NULL });
	reads_back(&(kind){ 8, 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_NONE, false, 0, 4, NULL });
	reads_back(&(kind){ 16, 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_NONE, false, 0, 4, NULL });
	static const char *const modes[] = { "wl", "wb", "wl8", "wb8" };
	for (int m = 0; m < 4; m++) {
		reads_back(&(kind){ 16, 1, 2, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, 0, 4, modes[m] });
		reads_back(&(kind){ 32, 3, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW, false, 32, 0, modes[m] });
	}
}

/* GDAL's sparse files: blocks that were never written stand for nodata, or 0. */
static void
test_missing_blocks(void **state)
{
	for (int separate = 0; separate < 2; separate++)
		for (int nodata = 0; nodata < 2; nodata++) {
			char *dir = scratch_dir(), path[512], *data;
			snprintf(path, sizeof path, "%s/a.tif", dir);
			static const TIFFFieldInfo fields[] = { { 42113, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0,
				(char *)(uintptr_t) "Nodata" } };
			TIFF *t = TIFFOpen(path, "w");
			TIFFMergeFieldInfo(t, fields, 1);
			const int tags[][2] = {
				{ TIFFTAG_IMAGEWIDTH, 32 },
				{ TIFFTAG_IMAGELENGTH, 16 },
				{ TIFFTAG_BITSPERSAMPLE, 16 },
				{ TIFFTAG_SAMPLESPERPIXEL, 2 },
				{ TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT },
				{ TIFFTAG_PLANARCONFIG, separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG },
				{ TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK },
				{ TIFFTAG_TILEWIDTH, 16 },
				{ TIFFTAG_TILELENGTH, 16 },
			};
			for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
				TIFFSetField(t, (uint32_t)tags[i][0], tags[i][1]);
			if (nodata)
				TIFFSetField(t, 42113, "-9999");
			int16_t block[512];
			for (int i = 0; i < 512; i++)
				block[i] = 7;
			/* the right half of the picture: all of it, or its second band */
			assert_true(
				TIFFWriteEncodedTile(t, TIFFComputeTile(t, 16, 0, 0, (uint16_t)separate), block, TIFFTileSize(t)) > 0);
			TIFFClose(t);
			blob b;
			assert_int_equal(secant_file_read(&data, &b.n, path, 1 << 26, NULL), 0);
			b.p = (uint8_t *)data;
			secant_image im = decoded(b, NULL);
			for (size_t i = 0; i < 32 * 16 * 2; i++) {
				bool there = i / 2 % 32 >= 16 && (!separate || i % 2);
				assert_int_equal(((int16_t *)im.data)[i], there ? 7 : nodata ? -9999 : 0);
			}
			secant_image_free(&im);
			secant_free(data);
			assert_int_equal(base_remove_tree(dir, NULL), 0);
		}
}

static void
test_indices_as_stored(void **state)
{
	for (int bits = 1; bits <= 7; bits++) {
		kind k = { bits, 1, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, 0, 6, NULL };
		blob b = make(&k);
		secant_image im = decoded(b, &(secant_image_read_options){ .as_stored = true });
		for (size_t i = 0; i < W * H; i++)
			assert_int_equal(((uint8_t *)im.data)[i], bits_of(&k, i));
		secant_image_free(&im);
		free(b.p);
	}
}

static void
test_palettes(void **state)
{
	for (int bits = 1; bits <= 8; bits *= 2) {
		kind k = { bits, 1, 1, PHOTOMETRIC_PALETTE, COMPRESSION_NONE, false, bits == 8 ? 16 : 0, 6, NULL };
		blob b = make(&k);
		secant_image colour = decoded(b, NULL),
					 index = decoded(b, &(secant_image_read_options){ .palette_as_indices = true });
		assert_int_equal(colour.channels, 3);
		assert_int_equal(index.channels, 1);
		assert_int_equal(index.palette_count, 1 << bits);
		for (size_t i = 0; i < W * H; i++) {
			int v = (int)bits_of(&k, i);
			assert_int_equal(((uint8_t *)index.data)[i], v);
			for (int c = 0; c < 3; c++)
				assert_int_equal(((uint8_t *)colour.data)[i * 3 + (size_t)c], (v * 7 + c) % 256);
		}
		secant_image_info info;
		assert_int_equal(codec_image_probe_data(&info, b.p, b.n, "file", NULL), 0);
		assert_true(info.palette && info.bits == bits && info.channels == 3);
		round_trip(&colour, "tif", NULL);
		blob again = encoded(&index, "tif", NULL);
		secant_image back = decoded(again, &(secant_image_read_options){ .palette_as_indices = true });
		back.palette_count = index.palette_count; /* a TIFF has 256 colours or none */
		assert_same(&index, &back);
		secant_image_free(&back);
		secant_image_free(&colour);
		secant_image_free(&index);
		free(again.p);
		free(b.p);
	}
}

/* What libtiff converts: JPEG in YCbCr, CMYK, subsampled YCbCr. */
static void
test_other_colour_models(void **state)
{
	for (int tile = 0; tile <= 16; tile += 16) {
		kind k = { 8, 1, 4, PHOTOMETRIC_SEPARATED, COMPRESSION_NONE, false, tile, 5, NULL };
		blob b = make(&k);
		secant_image im = decoded(b, NULL);
		assert_int_equal(im.channels, 3);
		for (size_t i = 0; i < W * H; i++)
			for (size_t c = 0; c < 3; c++) {
				double want = (255.0 - (double)bits_of(&k, i * 4 + c)) * (255.0 - (double)bits_of(&k, i * 4 + 3)) / 255;
				assert_true(fabs(pixel(&im, i * 3 + c) - want) <= 1);
			}
		secant_image_free(&im);
		free(b.p);
	}
	kind k = { 8, 1, 3, PHOTOMETRIC_YCBCR, COMPRESSION_JPEG, false, 16, 0, NULL };
	if (TIFFIsCODECConfigured(COMPRESSION_JPEG)) {
		blob b = make(&k);
		secant_image im = decoded(b, NULL);
		assert_int_equal(im.channels, 3);
		secant_image_free(&im);
		free(b.p);
	}
}

static void
test_orientations(void **state)
{
	kind k = { 8, 1, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, 0, H, NULL };
	blob b = make(&k);
	secant_image stored = decoded(b, NULL);
	for (int o = 1; o <= 8; o++) {
		char *dir = scratch_dir(), path[512];
		snprintf(path, sizeof path, "%s/a.tif", dir);
		assert_int_equal(secant_file_write(path, b.p, b.n, NULL), 0);
		TIFF *t = TIFFOpen(path, "r+");
		TIFFSetField(t, TIFFTAG_ORIENTATION, o);
		TIFFRewriteDirectory(t);
		TIFFClose(t);
		secant_image im, want;
		secant_image_info info;
		assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
		assert_int_equal(secant_image_orient(&want, &stored, o, NULL), 0);
		assert_same(&im, &want);
		assert_int_equal(secant_image_probe(path, &info, NULL), 0);
		assert_int_equal(info.width, o > 4 ? H : W);
		secant_image_free(&im);
		secant_image_free(&want);
		assert_int_equal(base_remove_tree(dir, NULL), 0);
	}
	secant_image_free(&stored);
	free(b.p);
}

/* A value of Orientation or ResolutionUnit that the standard does not know, as scanners write 0. */
static void
test_bad_values_of_tags_that_move_no_pixel(void **state)
{
	static const uint16_t tags[] = { TIFFTAG_ORIENTATION, TIFFTAG_RESOLUTIONUNIT };
	kind k = { 8, 1, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, 0, H, NULL };
	blob b = make(&k);
	secant_image stored = decoded(b, NULL);
	for (int i = 0; i < 4; i++) {
		char *dir = scratch_dir(), path[512];
		snprintf(path, sizeof path, "%s/a.tif", dir);
		assert_int_equal(secant_file_write(path, b.p, b.n, NULL), 0);
		TIFF *t = TIFFOpen(path, "r+");
		TIFFSetField(t, tags[i % 2], 3);
		TIFFRewriteDirectory(t);
		TIFFClose(t);
		void *data;
		size_t size;
		assert_int_equal(secant_file_read((char **)&data, &size, path, 1 << 20, NULL), 0);
		uint8_t want[8] = { (uint8_t)tags[i % 2], (uint8_t)(tags[i % 2] >> 8), 3, 0, 1, 0, 0, 0 }, *at = NULL;
		for (uint8_t *p = data; p + 12 <= (uint8_t *)data + size; p++)
			at = memcmp(p, want, sizeof want) ? at : p;
		assert_non_null(at);
		at[8] = i < 2 ? 0 : 9;
		secant_image im = decoded((blob){ data, size }, NULL);
		assert_same(&im, &stored);
		secant_image_free(&im);
		secant_free(data);
		assert_int_equal(base_remove_tree(dir, NULL), 0);
	}
	secant_image_free(&stored);
	free(b.p);
}

/* Pages of widths[i], of which the first may call itself a preview; below: the larger one as its SubIFD. */
static void
write_pages(const char *path, const int *widths, int n, bool preview, bool below)
{
	TIFF *t = TIFFOpen(path, "w");
	assert_non_null(t);
	for (int i = 0; i < n; i++) {
		toff_t none = 0;
		uint8_t row[64] = { (uint8_t)i };
		TIFFSetField(t, TIFFTAG_IMAGEWIDTH, widths[i]);
		TIFFSetField(t, TIFFTAG_IMAGELENGTH, widths[i]);
		TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
		TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
		TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
		if (preview && !i)
			TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
		if (below && !i)
			TIFFSetField(t, TIFFTAG_SUBIFD, 1, &none);
		for (int y = 0; y < widths[i]; y++)
			TIFFWriteScanline(t, row, (uint32_t)y, 0);
		TIFFWriteDirectory(t);
	}
	TIFFClose(t);
}

static void
test_what_stands_beside_the_first_page(void **state)
{
	char *dir = scratch_dir(), path[512];
	secant_image im;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/a.tif", dir);
	write_pages(path, (int[]){ 8, 8, 4, 8 }, 4, false, false);
	assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
	assert_non_null(strstr(secant_geo_remark(secant_image_geo(&im)), "2 more pages of this size"));
	secant_image_free(&im);
	write_pages(path, (int[]){ 8, 4 }, 2, false, false);
	assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
	assert_null(secant_geo_remark(secant_image_geo(&im)));
	secant_image_free(&im);
	write_pages(path, (int[]){ 4, 8 }, 2, true, false);
	assert_int_not_equal(secant_image_read(&im, path, NULL, &err), 0);
	assert_non_null(strstr(err.msg, "the first page is a preview of 4x4; the picture of 8x8 is on another page"));
	strcat(path, "#1");
	assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
	assert_int_equal(im.width, 8);
	secant_image_free(&im);
	path[strlen(path) - 2] = '\0';
	write_pages(path, (int[]){ 4, 8 }, 2, true, true);
	err = (secant_err){ 0 };
	assert_int_not_equal(secant_image_read(&im, path, NULL, &err), 0);
	assert_non_null(strstr(err.msg, "lies below it (SubIFD"));
	write_pages(path, (int[]){ 8, 4 }, 2, true, false); /* overviews by themselves */
	assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
	secant_image_free(&im);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* What a file says of its bands and is not followed is said, and nothing where it changes nothing. */
static void
test_what_a_file_says_of_its_bands(void **state)
{
	static const char bgr[] = "<GDALMetadata><Item name=\"COLORINTERP\" sample=\"0\" role=\"colorinterp\">Blue</Item>"
							  "<Item name=\"COLORINTERP\" sample=\"1\" role=\"colorinterp\">Green</Item>"
							  "<Item name=\"COLORINTERP\" sample=\"2\" role=\"colorinterp\">Red</Item></GDALMetadata>",
					  rgb[] = "<GDALMetadata><Item sample=\"0\" role=\"colorinterp\">Red</Item>"
							  "<Item sample=\"1\" role=\"colorinterp\">Green</Item>"
							  "<Item sample=\"2\" role=\"colorinterp\">Blue</Item></GDALMetadata>";
	static const struct {
		const char *metadata, *said;
	} cases[] = {
		{ bgr, "the file calls bands 3, 2, 1 red, green, blue; bands are taken in the order in which they stand" },
		{ rgb, NULL },
		{ "<GDALMetadata><Item name=\"SCALE\" sample=\"0\" role=\"scale\">0.1</Item></GDALMetadata>", NULL },
		{ "<GDALMetadata><Item sample=\"0\" role=\"colorinterp\">Blue", NULL },
	};
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/a.tif", dir);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_image im = pattern(5, 4, 3, SECANT_U8);
		secant_geo geo = { .n = 1,
			.tag = { { 42112, TIFF_ASCII, (uint32_t)strlen(cases[i].metadata) + 1,
				(void *)(uintptr_t)cases[i].metadata } } };
		assert_int_equal(secant_image_set_geo(&im, &geo, NULL), 0);
		assert_int_equal(secant_image_write(&im, path, NULL, NULL), 0);
		secant_image_free(&im);
		assert_int_equal(secant_image_read(&im, path, NULL, NULL), 0);
		const char *said = secant_geo_remark(secant_image_geo(&im));
		if (!cases[i].said)
			assert_null(said);
		else if (!said || !strstr(said, cases[i].said))
			fail_msg("'%s' lacks '%s'", said ? said : "", cases[i].said);
		secant_image_free(&im);
	}
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* Scales and shifts of bands are told, and change no number. */
static void
test_scales_of_bands(void **state)
{
	static const struct {
		const char *metadata;
		double factor, shift;
	} cases[] = {
		{ "<Item name=\"OFFSET\" sample=\"0\" role=\"offset\">0</Item><Item sample=\"0\" role=\"scale\">0.0001</Item>",
			1e-4, 0 },
		{ "<Item sample=\"2\" role=\"offset\">-0.1</Item>", 1, -0.1 },
		{ "<Item sample=\"0\" role=\"offset\">0</Item><Item sample=\"0\" role=\"scale\">1</Item>", 1, 0 },
		{ "<Item sample=\"3\" role=\"scale\">2</Item>", 1, 0 }, /* of a band that is not there */
		{ "<Item sample=\"0\" role=\"scale\">two</Item>", 1, 0 },
		{ "<Item sample=\"0\" role=\"scale\">0.1", 0.1, 0 },
		{ "<Item sample=\"0\" role=\"scale\"", 1, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double factor, shift;
		secant_geo geo = { .n = 1,
			.tag = { { 42112, TIFF_ASCII, (uint32_t)strlen(cases[i].metadata) + 1,
				(void *)(uintptr_t)cases[i].metadata } } };
		assert_int_equal(codec_geo_scale(&geo, 3, &factor, &shift), cases[i].factor != 1 || cases[i].shift != 0);
		assert_true(factor == cases[i].factor && shift == cases[i].shift);
	}
	assert_false(codec_geo_scale(NULL, 3, &(double){ 0 }, &(double){ 0 }));
}

static void
test_round_trips(void **state)
{
	static const secant_dtype dtypes[] = { SECANT_U8, SECANT_U16, SECANT_I16, SECANT_F32 };
	for (int d = 0; d < 4; d++) {
		for (int c = 1; c <= 9; c++) {
			secant_image im = pattern(33, 21, c, dtypes[d]);
			round_trip(&im, "tif", NULL);
			round_trip(&im, "tiff", &(secant_image_write_options){ .compression = -1 });
			round_trip(&im, "tif", &(secant_image_write_options){ .tile = 16, .compression = 9 });
			secant_image_free(&im);
		}
	}
	secant_image im = pattern(1, 1, 4096, SECANT_F32);
	round_trip(&im, "tif", NULL);
	secant_image_free(&im);
}

/* ---- georeference ---- */

static const double scale[3] = { 0.5, 0.25, 0 }, tie[6] = { 0, 0, 0, 1000, 2000, 0 };
static const uint16_t keys[] = { 1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633 };
static const char ascii[] = "WGS 84 / UTM 33N|", metadata[] = "<GDALMetadata><Item name=\"a\">b</Item></GDALMetadata>";

static blob
make_geo(const uint16_t *geo_keys, int n_keys, const double *matrix, const char *nodata)
{
	secant_geo geo = { 0 };
	geo.n = 0;
	if (matrix) {
		geo.tag[geo.n++] = (codec_geo_tag){ 34264, TIFF_DOUBLE, 16, (void *)(uintptr_t)matrix };
	} else {
		geo.tag[geo.n++] = (codec_geo_tag){ 33550, TIFF_DOUBLE, 3, (void *)(uintptr_t)scale };
		geo.tag[geo.n++] = (codec_geo_tag){ 33922, TIFF_DOUBLE, 6, (void *)(uintptr_t)tie };
	}
	geo.tag[geo.n++] = (codec_geo_tag){ 34735, TIFF_SHORT, (uint32_t)n_keys, (void *)(uintptr_t)geo_keys };
	geo.tag[geo.n++] = (codec_geo_tag){ 34737, TIFF_ASCII, sizeof ascii, (void *)(uintptr_t)ascii };
	geo.tag[geo.n++] = (codec_geo_tag){ 42112, TIFF_ASCII, sizeof metadata, (void *)(uintptr_t)metadata };
	if (nodata)
		geo.tag[geo.n++] = (codec_geo_tag){ 42113, TIFF_ASCII, (uint32_t)strlen(nodata) + 1,
			(void *)(uintptr_t)nodata };
	secant_image im = pattern(9, 6, 5, SECANT_U16);
	assert_int_equal(secant_image_set_geo(&im, &geo, NULL), 0);
	blob b = encoded(&im, "tif", NULL);
	secant_image_free(&im);
	return b;
}

static void
assert_same_geo(const secant_geo *a, const secant_geo *b)
{
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->n, b->n);
	for (int i = 0; i < a->n; i++) {
		assert_int_equal(a->tag[i].id, b->tag[i].id);
		assert_int_equal(a->tag[i].type, b->tag[i].type);
		assert_int_equal(a->tag[i].count, b->tag[i].count);
		assert_memory_equal(
			a->tag[i].data, b->tag[i].data, a->tag[i].count * (size_t)TIFFDataWidth((TIFFDataType)a->tag[i].type));
	}
}

static void
test_georeference_is_carried(void **state)
{
	blob b = make_geo(keys, 16, NULL, "-9999");
	secant_image im = decoded(b, NULL);
	const secant_geo *geo = secant_image_geo(&im);
	double t[6], v;
	assert_non_null(geo);
	assert_int_equal(geo->n, 6);
	assert_int_equal(secant_geo_epsg(geo), 32633);
	assert_true(secant_geo_nodata(geo, &v) && v == -9999);
	assert_true(secant_geo_transform(geo, t));
	static const double want[6] = { 1000, 0.5, 0, 2000, 0, -0.25 };
	for (int i = 0; i < 6; i++)
		assert_float_equal(t[i], want[i], 0);
	blob again = encoded(&im, "tif", &(secant_image_write_options){ .tile = 16 });
	secant_image back = decoded(again, NULL);
	assert_same(&im, &back);
	assert_same_geo(geo, secant_image_geo(&back));
	secant_image_free(&back);
	free(again.p);
	/* a part keeps it, with another origin; a copy and a conversion too */
	assert_int_equal(secant_image_crop(&back, &im, 4, 2, 3, 3, NULL), 0);
	assert_true(secant_geo_transform(secant_image_geo(&back), t));
	assert_float_equal(t[0], 1002, 0);
	assert_float_equal(t[3], 1999.5, 0);
	secant_image_free(&back);
	assert_int_equal(secant_image_convert(&back, &im, 0, SECANT_F32, NULL), 0);
	assert_same_geo(geo, secant_image_geo(&back));
	secant_image_free(&back);
	assert_int_equal(secant_image_set_geo(&im, NULL, NULL), 0);
	assert_null(secant_image_geo(&im));
	secant_image_free(&im);
	free(b.p);
}

static void
test_transforms(void **state)
{
	static const double matrix[16] = { 2, 1, 0, 10, 3, -4, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1 };
	static const uint16_t point[] = { 1, 1, 0, 2, 1025, 0, 1, 2, 2048, 0, 1, 4326 };
	static const uint16_t user[] = { 1, 1, 0, 1, 3072, 0, 1, 32767 };
	double t[6], v;
	blob b = make_geo(point, 12, matrix, NULL);
	secant_image im = decoded(b, NULL);
	assert_true(secant_geo_transform(secant_image_geo(&im), t));
	static const double want[6] = { 10 - 1.5, 2, 1, 20 + 0.5, 3, -4 }; /* half a pixel: points are centres */
	for (int i = 0; i < 6; i++)
		assert_float_equal(t[i], want[i], 0);
	assert_int_equal(secant_geo_epsg(secant_image_geo(&im)), 4326);
	assert_false(secant_geo_nodata(secant_image_geo(&im), &v));
	secant_geo *moved = secant_geo_window(secant_image_geo(&im), 3, 5, NULL);
	assert_true(secant_geo_transform(moved, t));
	assert_float_equal(t[0], 8.5 + 3 * 2 + 5 * 1, 0);
	assert_float_equal(t[3], 20.5 + 3 * 3 - 5 * 4, 0);
	secant_geo_free(moved);
	secant_image_free(&im);
	free(b.p);
	b = make_geo(user, 8, NULL, " nan ");
	im = decoded(b, NULL);
	assert_int_equal(secant_geo_epsg(secant_image_geo(&im)), 0);
	assert_true(secant_geo_nodata(secant_image_geo(&im), &v) && isnan(v));
	secant_image_free(&im);
	free(b.p);
	b = make_geo(user, 3, NULL, "no number"); /* a key directory that is too short */
	im = decoded(b, NULL);
	assert_int_equal(secant_geo_epsg(secant_image_geo(&im)), 0);
	assert_false(secant_geo_nodata(secant_image_geo(&im), &v));
	secant_image_free(&im);
	free(b.p);
	assert_false(secant_geo_transform(NULL, t) || secant_geo_nodata(NULL, &v) || secant_geo_epsg(NULL));
}

/* ---- hostile files ---- */

static void
test_cut_changed_and_without_memory(void **state)
{
	blob b = make_geo(keys, 16, NULL, "0");
	for (size_t n = 0; n < b.n; n++) { /* the directory lies at the end, so nothing shorter is whole */
		secant_image im;
		uint8_t *exact = malloc(n ? n : 1);
		memcpy(exact, b.p, n);
		if (!secant_image_decode(&im, exact, n, "file", NULL, NULL))
			fail_msg("%zu of %zu bytes were accepted", n, b.n);
		free(exact);
	}
	survives_all_changes(b);
	survives_lack_of_memory(b, NULL);
	free(b.p);
	kind k = { 8, 1, 3, PHOTOMETRIC_RGB, COMPRESSION_NONE, true, 16, 0, NULL };
	b = make(&k);
	survives_lack_of_memory(b, NULL);
	free(b.p);
	secant_image im = pattern(5, 5, 2, SECANT_U16);
	encoder_survives_lack_of_memory(&im, "tif");
	secant_image_free(&im);
}

/* Finds the entry of a tag in a little-endian classic TIFF and sets its value. */
static void
patch(blob b, int tag, uint32_t value)
{
	size_t at = base_le32(b.p + 4);
	for (int i = 0; i < base_le16(b.p + at); i++) {
		uint8_t *e = b.p + at + 2 + i * 12;
		if (base_le16(e) == tag)
			base_put_le(e + 8, value, base_le16(e + 2) == TIFF_SHORT ? 2 : 4);
	}
}

static void
test_lying_headers(void **state)
{
	kind k = { 8, 1, 3, PHOTOMETRIC_RGB, COMPRESSION_NONE, false, 0, 5, "wl" };
	blob b = make(&k);
	patch(b, TIFFTAG_IMAGEWIDTH, 100000);
	patch(b, TIFFTAG_IMAGELENGTH, 100000);
	long count = base_mem_count();
	secant_err err = { 0 };
	secant_image im;
	assert_true(secant_image_decode(&im, b.p, b.n, "file", NULL, &err) != 0);
	assert_true(base_mem_count() - count < 20);
	free(b.p);
	k.tile = 16;
	b = make(&k);
	patch(b, TIFFTAG_TILEWIDTH, 65520);
	patch(b, TIFFTAG_TILELENGTH, 65520);
	refuses(b.p, b.n, SECANT_ERR_UNSUPPORTED, "TIFF: tiles or strips of 12878611200 bytes, at most 2^31 are read");
	free(b.p);
	k.tile = 0;
	b = make(&k);
	patch(b, TIFFTAG_BITSPERSAMPLE, 0);
	assert_true(secant_image_decode(&im, b.p, b.n, "file", NULL, NULL) != 0);
	free(b.p);
	b = make(&k);
	patch(b, TIFFTAG_SAMPLEFORMAT, 9);
	assert_true(secant_image_decode(&im, b.p, b.n, "file", NULL, NULL) != 0);
	free(b.p);
	refuses("II*\0\377\377\377\177", 8, SECANT_ERR_FORMAT, "TIFF: ");
}

static void
test_writer_refuses(void **state)
{
	secant_image im = pattern(3, 3, 1, SECANT_U8);
	void *data;
	size_t size;
	secant_err err = { 0 };
	im.channels = 5000;
	assert_int_equal(secant_image_encode(&im, "tif", &data, &size, NULL, &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "tiff: TIFF: a picture of 3x3 with 5000 bands cannot be written");
	im.channels = 1;
	im.dtype = SECANT_F64;
	err = (secant_err){ 0 };
	assert_int_equal(secant_image_encode(&im, "tif", &data, &size, NULL, &err), SECANT_ERR_ARG);
	im.dtype = SECANT_U8;
	secant_image_free(&im);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples_and_layouts),
		cmocka_unit_test(test_compressions_and_containers),
		cmocka_unit_test(test_missing_blocks),
		cmocka_unit_test(test_indices_as_stored),
		cmocka_unit_test(test_bad_values_of_tags_that_move_no_pixel),
		cmocka_unit_test(test_what_stands_beside_the_first_page),
		cmocka_unit_test(test_what_a_file_says_of_its_bands),
		cmocka_unit_test(test_scales_of_bands),
		cmocka_unit_test(test_palettes),
		cmocka_unit_test(test_other_colour_models),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_georeference_is_carried),
		cmocka_unit_test(test_transforms),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_lying_headers),
		cmocka_unit_test(test_writer_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
