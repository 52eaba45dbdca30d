/*
 * Pictures as cameras, GIS and labelling tools write them: turned, placed on the earth in many ways, without data here
 * and there. Each test stands for a kind; tests/cases/pictures holds the inputs, whose answers are worked out by hand
 * (expected.txt). The networks: red1 takes red from 128 on for the object; red3 has class 0 below red 85, 2 from 171
 * on, 1 between.
 */
#include "../data.h"
#include "../run.h"
#include "base/file.h"
#include "base/mem.h"
#include <secant/codec.h>
#include <secant/palette.h>
#include <secant/tensorfile.h>

static char out[60000], dir[300];

static void
must_run(const char *line)
{
	int status = run_line(out, sizeof out, "C=$PWD/tests/cases; cd %s && %s", dir, line);
	if (status)
		fail_msg("%s: status %d: %s", line, status, out);
}

/* The command fails and says so. */
static void
must_fail(const char *line, const char *says)
{
	int status = run_line(out, sizeof out, "C=$PWD/tests/cases; cd %s && %s", dir, line);
	if (!status || !strstr(out, says))
		fail_msg("%s: status %d, '%s' lacks '%s'", line, status, out, says);
}

static void
says(const char *text)
{
	if (!strstr(out, text))
		fail_msg("'%s' lacks '%s'", out, text);
}

static secant_image
read_back(const char *name)
{
	char path[600];
	secant_image im;
	secant_err err = { 0 };
	secant_image_read_options how = { .palette_as_indices = true, .as_stored = true };
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (secant_image_read(&im, path, &how, &err))
		fail_msg("%s", err.msg);
	return im;
}

/* `top` rows without data, then left and right halves. */
static void
check_mask(const char *name, int width, int height, int top, int none, int left, int right)
{
	secant_image im = read_back(name);
	assert_int_equal(im.width, width);
	assert_int_equal(im.height, height);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			int got = ((uint8_t *)im.data)[y * width + x], want = y < top ? none : x < width / 2 ? left : right;
			if (got != want)
				fail_msg("%s: %d at (%d, %d), want %d", name, got, x, y, want);
		}
	secant_image_free(&im);
}

/* What stands for no data in a mask; -1: nothing. */
static int
declared(const char *name)
{
	secant_image im = read_back(name);
	double v;
	int is = secant_image_geo(&im) && secant_geo_nodata(secant_image_geo(&im), &v) ? (int)v : -1;
	secant_image_free(&im);
	return is;
}

/* ---- orientation ---- */

/* case png-exif-after-idat: a chunk that may stand behind the pixels */
static void
orientation_behind_the_pixels_of_a_png(void **state)
{
	must_run("$SECANT info $C/pictures/png-exif-after-idat/turned.png --json");
	says("\"exif_orientation\": 6");
	must_run("$SECANT predict red1.safetensors $C/pictures/png-exif-after-idat/turned.png --out png");
	secant_image im = read_back("png/turned.png");
	assert_true(im.width == 64 && im.height == 96);
	for (int i = 0; i < 64 * 96; i++)
		assert_int_equal(((uint8_t *)im.data)[i], i >= 64 * 48 ? 255 : 0);
	secant_image_free(&im);
}

/* case tiff-orientation-predict: a TIFF that is read by windows, whole and scaled */
static void
orientation_of_a_tiff_in_windows_and_scaled(void **state)
{
	must_run("$SECANT predict red1.safetensors $C/pictures/tiff-orientation-predict/turned.tif --out whole &&"
			 "$SECANT predict red1.safetensors $C/pictures/tiff-orientation-predict/turned.tif --out pieces --tile 32 "
			 "--overlap 8 &&"
			 "$SECANT predict red1.safetensors $C/pictures/tiff-orientation-predict/turned.tif --out scaled --resize "
			 "--size 96x64");
	static const char *const names[] = { "whole/turned.png", "pieces/turned.png", "scaled/turned.png" };
	for (int k = 0; k < 3; k++) {
		secant_image im = read_back(names[k]);
		assert_true(im.width == 64 && im.height == 96);
		for (int i = 0; i < 64 * 96; i++)
			assert_int_equal(((uint8_t *)im.data)[i], i >= 64 * 48 ? 255 : 0);
		secant_image_free(&im);
	}
}

/* case train-tile-exif: samples cut from pictures of orientation 3 and 6 beside upright labels */
static void
orientation_in_tiles_of_samples(void **state)
{
	static const char *const sets[] = { "DATA --tile 32", "DATA", "DATA6 --tile 32", "DATA6" };
	for (int k = 0; k < 4; k++) {
		char line[300];
		snprintf(line, sizeof line,
			"$SECANT eval red1.safetensors $C/pictures/train-tile-exif/%s --split val --labels index --json", sets[k]);
		must_run(line);
		says("{\"iou\":1.0,");
	}
}

/* case tile-exif-jpeg: tiles of the upright picture lie where the upright mask does */
static void
orientation_in_data_tile(void **state)
{
	must_run(
		"$SECANT data tile $C/pictures/tile-exif-jpeg/DATA --size 32x32 --out upright && ls upright/images | wc -l");
	says("\n6\n");
	for (int k = 0; k < 6; k++) {
		char picture[80], mask[80];
		snprintf(picture, sizeof picture, "upright/images/p_%d_%d.png", k / 2 * 32, k % 2 * 32);
		snprintf(mask, sizeof mask, "upright/masks/p_%d_%d.png", k / 2 * 32, k % 2 * 32);
		secant_image im = read_back(picture), is = read_back(mask);
		for (int i = 0; i < 32 * 32; i++)
			assert_int_equal(((uint8_t *)is.data)[i], ((uint8_t *)im.data)[3 * i] > 127);
		secant_image_free(&im);
		secant_image_free(&is);
	}
	must_run("cat upright/tiles.json");
	says("\"full_width\": 64, \"full_height\": 96");
}

/* ---- no data ---- */

/* cases nodata-miniswhite, nodata-nbits4, nodata-zero-background, internal-mask-ignored: the value is compared as it is
 * stored; what has no data is neither the background nor the object, and declared */
static void
no_data_as_it_is_stored(void **state)
{
	static const char *const names[] = { "nodata-miniswhite/white", "nodata-miniswhite/black", "nodata-nbits4/four",
		"nodata-zero-background/scene", "internal-mask-ignored/scene" };
	for (int k = 0; k < 5; k++) {
		char line[400], mask[80];
		const char *stem = strchr(names[k], '/') + 1;
		snprintf(line, sizeof line,
			"$SECANT predict red1.safetensors $C/pictures/%s.tif --out none1 --format tif &&"
			"$SECANT predict red1.safetensors $C/pictures/%s.tif --out none2 --format tif --tile 32 --overlap 4 &&"
			"$SECANT predict red3.safetensors $C/pictures/%s.tif --out none3 --format tif",
			names[k], names[k], names[k]);
		must_run(line);
		for (int i = 1; i <= 3; i++) {
			snprintf(mask, sizeof mask, "none%d/%s.tif", i, stem);
			check_mask(mask, 96, 64, 20, i < 3 ? 127 : 255, 0, i < 3 ? 255 : 2);
			assert_int_equal(declared(mask), i < 3 ? 127 : 255);
		}
	}
}

/* A folder of one picture and a box in it, as COCO. */
static void
set_of(const char *folder, const char *copy)
{
	char line[900];
	snprintf(line, sizeof line,
		"rm -rf %s %s-tiles && mkdir -p %s/images && %s %s/images/a.tif && printf '%%s' "
		"'{\"images\":[{\"id\":1,\"file_name\":\"a.tif\",\"width\":96,\"height\":64}],\"categories\":[{\"id\":1,"
		"\"name\":\"c\"}],\"annotations\":[{\"id\":1,\"image_id\":1,\"category_id\":1,\"bbox\":[8,8,16,16],\"area\":"
		"256,"
		"\"iscrowd\":0}]}' > %s/annotations.json && $SECANT data tile %s --size 32 --out %s-tiles",
		folder, folder, folder, copy, folder, folder, folder, folder);
	must_run(line);
}

static const char *
tile_of(const char *set, const char *name)
{
	static char path[700];
	char line[300];
	snprintf(line, sizeof line, "find %s-tiles -name %s", set, name);
	must_run(line);
	out[strcspn(out, "\n")] = '\0';
	snprintf(path, sizeof path, "%.600s", out);
	return path;
}

/* Tiles keep a value for no data, an index of a palette too, and say what they do not keep: a mask. */
static void
tiles_of_pictures_without_data_here_and_there(void **state)
{
	set_of("masked", "cp $C/pictures/internal-mask-ignored/scene.tif");
	says("tiles hold pixels that have no data by a mask, or a value, of their picture");

	/* index 0, which is white, is no data; index 1 is black, and data */
	static const uint8_t colours[3][3] = { { 255, 255, 255 }, { 0, 0, 0 }, { 0, 255, 0 } };
	secant_image im;
	secant_err err = { 0 };
	char path[600];
	assert_int_equal(secant_image_new(&im, 96, 64, 1, SECANT_U8, &err), 0);
	for (int i = 0; i < 96 * 64; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(i % 96 / 8 % 3);
	im.palette = secant_calloc(3, sizeof *im.palette);
	memcpy(im.palette, colours, sizeof colours);
	im.palette_count = 3;
	secant_geo *geo = secant_geo_of_mask(NULL, &(double){ 0 }, &err);
	assert_int_equal(secant_image_set_geo(&im, geo, &err), 0);
	secant_geo_free(geo);
	snprintf(path, sizeof path, "%s/palette.tif", dir);
	assert_int_equal(secant_image_write(&im, path, NULL, &err), 0);
	secant_image_free(&im);
	set_of("palette", "cp palette.tif");
	assert_null(strstr(out, "no data"));
	const char *tile = tile_of("palette", "a_0_32.tif");
	assert_int_equal(declared(tile), 0);
	im = read_back(tile);
	assert_true(
		im.channels == 1 && im.palette && im.palette_count >= 3 && !memcmp(im.palette, colours, sizeof colours));
	for (int i = 0; i < 32 * 32; i++)
		assert_int_equal(((uint8_t *)im.data)[i], (32 + i % 32) / 8 % 3);
	secant_image_free(&im);
}

/* ---- georeference ---- */

/* case mask-stale-band-metadata: nothing of the scene's bands */
/* The number for no data is text, with fewer digits than the floats have, or with a comma. */
static void
no_data_as_text_tells_it(void **state)
{
	static const char *const names[] = { "rounded", "comma" };
	for (int i = 0; i < 2; i++) {
		char line[300], mask[80];
		snprintf(line, sizeof line,
			"$SECANT predict red1.safetensors $C/pictures/nodata-text/%s.tif --out text --format tif --overwrite",
			names[i]);
		must_run(line);
		snprintf(mask, sizeof mask, "text/%s.tif", names[i]);
		check_mask(mask, 96, 64, 20, i ? 7 : 127, 0, 255);
	}
	must_run("$SECANT predict red1.safetensors $C/pictures/nodata-text/word.tif --out text --format tif");
	says("its value for no data, 'none', is no number and is not used");
}

static void
masks_say_nothing_of_the_bands_of_the_scene(void **state)
{
	must_run(
		"$SECANT predict red1.safetensors $C/pictures/mask-stale-band-metadata/scene.tif --out bands --format tif &&"
		"grep -c -a -e STATISTICS -e B04 -e reflectance bands/scene.tif || true");
	assert_string_equal(out, "0\n");
	check_mask("bands/scene.tif", 96, 64, 0, 0, 0, 255);
}

/* case mask-loses-rpc: the mask has the pixels of the scene, and so its polynomials */
static void
masks_keep_rational_polynomials(void **state)
{
	must_run("$SECANT predict red1.safetensors $C/pictures/mask-loses-rpc/rpc.tif --out rpc --format tif --vector");
	says("rational polynomials (RPC) alone: the polygons are in pixels");
	secant_image im = read_back("rpc/rpc.tif");
	assert_true(secant_geo_is_loose(secant_image_geo(&im)));
	secant_image_free(&im);
}

/* case geojson-user-defined-crs: a system that GeoJSON cannot name */
static void
polygons_in_a_system_without_a_code_are_said(void **state)
{
	must_run("$SECANT predict red1.safetensors $C/pictures/geojson-user-defined-crs/lcc.tif --out lcc --format tif "
			 "--vector --json");
	says("has no EPSG code, so GeoJSON cannot name it");
	says("\"notes\"");
}

/* case world-file-ignored: the transform lies beside the file */
static void
world_files_place_masks(void **state)
{
	double t[6];
	must_run("$SECANT predict red1.safetensors $C/pictures/world-file-ignored/ortho.tif --out world --format tif");
	secant_image im = read_back("world/ortho.tif");
	assert_true(secant_geo_transform(secant_image_geo(&im), t));
	assert_true(t[0] == 500000 && t[1] == 10 && t[2] == 0 && t[3] == 5800000 && t[4] == 0 && t[5] == -10);
	secant_image_free(&im);
	must_run("$SECANT predict red1.safetensors $C/pictures/world-file-ignored/ortho.tif --out world");
	says("the mask's format keeps no georeference; --format tif");
}

/* ---- labels ---- */

/* case palette-label-one-class: black and one dark colour is an object, whatever its brightness; of several colours
 * nobody knows which are meant */
static void
indexed_labels_of_one_class(void **state)
{
	must_run("$SECANT eval red1.safetensors $C/pictures/palette-label-one-class/DATA --split val --json");
	says("{\"iou\":1.0,");
	secant_image im = { 0 };
	secant_err err = { 0 };
	char path[400];
	uint8_t colours[3][3] = { { 0, 0, 0 }, { 64, 0, 0 }, { 200, 0, 0 } };
	must_run("mkdir -p VOC/val && cp -r $C/pictures/palette-label-one-class/DATA/val/images VOC/val && mkdir "
			 "VOC/val/labels");
	secant_image_read_options how = { .palette_as_indices = true };
	assert_int_equal(
		secant_image_read(&im, "tests/cases/pictures/palette-label-one-class/DATA/val/labels/p.png", &how, &err), 0);
	memcpy(im.palette, colours, im.palette_count < 3 ? 6 : 9);
	uint8_t(*three)[3] = secant_calloc(3, 3);
	memcpy(three, colours, 9);
	secant_free(im.palette);
	im.palette = three;
	im.palette_count = 3;
	((uint8_t *)im.data)[0] = 2;
	snprintf(path, sizeof path, "%s/VOC/val/labels/p.png", dir);
	assert_int_equal(secant_image_write(&im, path, NULL, &err), 0);
	secant_image_free(&im);
	must_fail(
		"$SECANT eval red1.safetensors VOC --split val", "--labels palette --classes 3 would make each index a class");
}

/* ---- weights ---- */

/* red1's tensors under other names: `prefix` before each, those of `also` too; `more` is one name of its own. */
static void
save_under(const char *file, const char *prefix, const char *also, const char *more)
{
	secant_tensors from, to = { 0 };
	secant_err err = { 0 };
	char path[400], name[400];
	assert_int_equal(secant_tensors_read(&from, NULL, "tests/cases/pictures/model/red1.pth", &err), 0);
	for (int k = 0; k < (also ? 2 : 1); k++)
		for (int i = 0; i < from.n; i++) {
			secant_tensor t = from.v[i].tensor;
			t.owner = NULL;
			snprintf(name, sizeof name, "%s%s", k ? also : prefix, from.v[i].name);
			assert_int_equal(secant_tensors_add(&to, name, &t, &err), 0);
		}
	float one = 1;
	secant_tensor extra = { SECANT_F32, secant_shape_of(1, 1), &one, NULL };
	if (more)
		assert_int_equal(secant_tensors_add(&to, more, &extra, &err), 0);
	snprintf(path, sizeof path, "%s/%s", dir, file);
	assert_int_equal(secant_tensors_write(&to, NULL, path, &err), 0);
	secant_tensors_free(&to);
	secant_tensors_free(&from);
}

static void
is_red1(const char *weights)
{
	char line[400];
	snprintf(line, sizeof line,
		"$SECANT import %s --encoder resnet18 --classes 1 --normalize unit --out taken.safetensors && $SECANT predict "
		"taken.safetensors $C/pictures/pth-negative-view/picture.png --out taken",
		weights);
	must_run(line);
	secant_image im = read_back("taken/picture.png");
	check_mask("taken/picture.png", im.width, im.height, 0, 0, 0, 255);
	secant_image_free(&im);
}

/* case pth-negative-view; case lightning-checkpoint-prefix and wrappers within wrappers */
static void
weights_in_what_held_the_network(void **state)
{
	is_red1("$C/pictures/pth-negative-view/negbit.pth");
	is_red1("$C/pictures/lightning-checkpoint-prefix/lightning.ckpt");
	save_under("chain.safetensors", "module.model.net.", NULL, NULL);
	is_red1("chain.safetensors");
	save_under("loss.safetensors", "segmenter.", NULL, "loss.pos_weight");
	is_red1("loss.safetensors");
	save_under("ema.safetensors", "ema_model.module.", "model.", "ema_model.n_averaged");
	is_red1("ema.safetensors");
	must_run("$SECANT import ema.safetensors --encoder resnet18 --normalize unit --out again.safetensors");
	says("the names begin with 'model.', what held the network; it is taken off");
	says("tensors beside it are not used: 'ema_model.module.");
	save_under("two.safetensors", "student.", "critic.", NULL);
	must_fail("$SECANT import two.safetensors --encoder resnet18 --out never.safetensors",
		"holds two networks that fit, below 'student.' and below 'critic.'");
}

/* What does not fit is said by three examples, and what would. */
static void
weights_of_another_network(void **state)
{
	must_fail("$SECANT import $C/pictures/model/red3.pth --encoder resnet34 --out never.safetensors",
		"the nearest by names and shapes is --arch unet --encoder resnet18 --classes 3 (152 of its 152 tensors fit)");
	save_under("mm.safetensors", "backbone.", NULL, "decode_head.conv_seg.weight");
	must_fail("$SECANT import mm.safetensors --encoder resnet34 --out never.safetensors",
		"by their names these are of MMSegmentation (backbone, decode_head)");
}

/* smp's save_pretrained: the network is in config.json, but for what the user says. */
static void
weights_with_their_description(void **state)
{
	must_run(
		"mkdir pre && cp $C/pictures/model/red3.pth pre/pytorch_model.bin && echo '{\"encoder_name\": \"resnet18\", "
		"\"classes\": 3, \"in_channels\": 3, \"decoder_channels\": [256, 128, 64, 32, 16], \"_model_class\": "
		"\"Unet\", \"encoder_weights\": \"imagenet\", \"activation\": null, \"aux_params\": null}' > "
		"pre/config.json && $SECANT import pre --normalize unit --out pre.safetensors");
	says("config.json: --encoder resnet18 --classes 3");
	must_fail("$SECANT import pre --classes 2 --out never.safetensors", "--classes 3");
}

/* ---- masks that explain themselves, and pipes ---- */

/* A mask of several classes is an indexed picture in the colours of its classes: the numbers stay the classes. */
static void
masks_of_several_classes_have_their_colours(void **state)
{
	must_run("$SECANT predict red3.safetensors $C/pictures/nodata-zero-background/scene.tif --out coloured &&"
			 "$SECANT predict red3.safetensors $C/pictures/nodata-zero-background/scene.tif --out coloured-tif "
			 "--format tif &&"
			 "$SECANT predict red3.safetensors $C/pictures/nodata-zero-background/scene.tif --out grey --palette=false "
			 "&&"
			 "$SECANT predict red1.safetensors $C/pictures/nodata-zero-background/scene.tif --out one");
	secant_image a = read_back("coloured/scene.png"), b = read_back("grey/scene.png"), c = read_back("one/scene.png"),
				 d = read_back("coloured-tif/scene.tif");
	assert_true(a.palette && a.palette_count == 256 && !b.palette && !c.palette && d.palette);
	assert_memory_equal(a.data, b.data, (size_t)a.width * (size_t)a.height);
	for (int k = 0; k < 3; k++) {
		uint8_t rgb[3];
		secant_palette(k, rgb);
		assert_memory_equal(a.palette[k], rgb, 3);
		assert_memory_equal(d.palette[k], rgb, 3);
	}
	assert_memory_equal(a.palette[255], "\0\0\0", 3);
	secant_image_free(&a), secant_image_free(&b), secant_image_free(&c), secant_image_free(&d);
}

static void
pictures_through_pipes(void **state)
{
	must_run("cp $C/pictures/nodata-zero-background/scene.tif s.tif &&"
			 "$SECANT predict red1.safetensors s.tif --out direct.png 2>/dev/null &&"
			 "cat s.tif | $SECANT predict red1.safetensors - --out - > piped.png && cmp direct.png piped.png &&"
			 "cat s.tif | $SECANT predict red1.safetensors - --out piped 2>/dev/null && cmp direct.png "
			 "piped/stdin.png &&"
			 "$SECANT predict red1.safetensors s.tif --out - --format tif > piped.tif && test -z \"$(ls -d "
			 "${TMPDIR:-/tmp}/secant-?????? 2>/dev/null | grep $$)\"");
	secant_image im = read_back("piped.tif");
	assert_non_null(secant_image_geo(&im));
	secant_image_free(&im);
	must_fail("$SECANT predict red1.safetensors - --out x < /dev/null", "standard input is empty");
	must_fail("cat s.tif | $SECANT predict red1.safetensors - - --out x", "can be one picture only");
	must_fail("$SECANT predict red1.safetensors s.tif s.tif --out - | cat; false", "the mask of one picture");
	must_fail("$SECANT predict red1.safetensors s.tif --overlay --out - | cat; false", "the mask of one picture");
	must_fail("echo no picture | $SECANT predict red1.safetensors - --out x", "stdin");
}

/* case palette-beside-grey: colours that came after the pixels are the picture's all the same */
static void
late_colours_of_a_tiff(void **state)
{
	must_run("$SECANT predict red1.safetensors $C/pictures/palette-beside-grey/late.tif --out late.png");
	check_mask("late.png", 16, 16, 0, 0, 0, 255);
	secant_image im;
	assert_int_equal(secant_image_read(&im, "tests/cases/pictures/palette-beside-grey/late.tif",
						 &(secant_image_read_options){ .palette_as_indices = true }, NULL),
		0);
	assert_true(im.channels == 1 && im.palette_count == 256 && ((uint8_t *)im.data)[0] == 1);
	secant_image_free(&im);
}

/* case bands-unseen: what the network leaves out is said */
static void
bands_that_the_network_does_not_see(void **state)
{
	must_run("$SECANT predict red1.safetensors $C/pictures/bands-unseen/two.tif --out two.png");
	says("it has 2 bands, of which the network sees the first: is that");
	check_mask("two.png", 16, 16, 0, 0, 0, 255);
	must_run("$SECANT predict red1.safetensors $C/pictures/bands-unseen/four.tif --out four.png");
	says("it has 4 bands, of which the network sees the first 3: is that");
	check_mask("four.png", 16, 16, 0, 0, 0, 255);
}

/* A file that is named and there is not replaced in silence. */
static void
a_named_file_needs_overwrite(void **state)
{
	must_run("cp $C/pictures/nodata-zero-background/scene.tif n.tif && echo mine > label.png");
	must_fail("$SECANT predict red1.safetensors n.tif --out label.png", "label.png is there already: --overwrite");
	must_run("test \"$(cat label.png)\" = mine && $SECANT predict red1.safetensors n.tif --out label.png --overwrite");
	secant_image im = read_back("label.png");
	secant_image_free(&im);
}

static int
begin(void **state)
{
	char *made = scratch_dir();
	snprintf(dir, sizeof dir, "%s", made);
	must_run("$SECANT import $C/pictures/model/red1.pth --encoder resnet18 --classes 1 --normalize unit --out "
			 "red1.safetensors &&"
			 "$SECANT import $C/pictures/model/red3.pth --encoder resnet18 --classes 3 --normalize unit --out "
			 "red3.safetensors");
	return 0;
}

static int
end(void **state)
{
	return base_remove_tree(dir, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orientation_behind_the_pixels_of_a_png),
		cmocka_unit_test(orientation_of_a_tiff_in_windows_and_scaled),
		cmocka_unit_test(orientation_in_tiles_of_samples),
		cmocka_unit_test(orientation_in_data_tile),
		cmocka_unit_test(no_data_as_it_is_stored),
		cmocka_unit_test(tiles_of_pictures_without_data_here_and_there),
		cmocka_unit_test(no_data_as_text_tells_it),
		cmocka_unit_test(masks_say_nothing_of_the_bands_of_the_scene),
		cmocka_unit_test(masks_keep_rational_polynomials),
		cmocka_unit_test(polygons_in_a_system_without_a_code_are_said),
		cmocka_unit_test(world_files_place_masks),
		cmocka_unit_test(indexed_labels_of_one_class),
		cmocka_unit_test(weights_in_what_held_the_network),
		cmocka_unit_test(weights_of_another_network),
		cmocka_unit_test(weights_with_their_description),
		cmocka_unit_test(masks_of_several_classes_have_their_colours),
		cmocka_unit_test(pictures_through_pipes),
		cmocka_unit_test(late_colours_of_a_tiff),
		cmocka_unit_test(bands_that_the_network_does_not_see),
		cmocka_unit_test(a_named_file_needs_overwrite),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
