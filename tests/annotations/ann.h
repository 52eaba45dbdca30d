/* Helpers of the annotation tests: small files, blank pictures, whole folders compared, and one sample text of every
 * format. */
#ifndef TESTS_ANN_H
#define TESTS_ANN_H
#include "data.h"
#include "base/file.h"
#include "base/mem.h"
#include "annotations/dataset.h"
#include <secant/codec.h>

/* Plain writing: thousands of small files need no flushing to disk here. */
static inline void
put_bytes(const char *folder, const char *name, const void *data, size_t n)
{
	secant_err err = { 0 };
	char *path = base_path_join(folder, name), *dir = base_path_dir(path);
	FILE *f = secant_make_dirs(dir, &err) ? NULL : fopen(path, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f))
		fail_msg("cannot write %s", path);
	secant_free(path), secant_free(dir);
}

static inline void
put(const char *folder, const char *name, const char *text)
{
	put_bytes(folder, name, text, strlen(text));
}

/* A picture of one grey; `value` makes pictures differ. */
static inline void
put_picture(const char *folder, const char *name, int w, int h, int value)
{
	secant_err err = { 0 };
	secant_image im;
	void *data = NULL;
	size_t n = 0;
	secant_image_write_options fast = { .compression = 1, .quality = 30 };
	if (secant_image_new(&im, w, h, 1, SECANT_U8, &err))
		fail_msg("%s", err.msg);
	memset(im.data, value & 255, (size_t)w * (size_t)h);
	((uint8_t *)im.data)[0] = (uint8_t)(value >> 8);
	if (secant_image_encode(&im, base_path_ext(name), &data, &n, &fast, &err))
		fail_msg("%s", err.msg);
	put_bytes(folder, name, data, n);
	secant_image_free(&im);
	secant_free(data);
}

/* A PNG of w x h values, of 16 bits where `wide`. */
static inline void
put_values(const char *folder, const char *name, int w, int h, const int *v, bool wide)
{
	secant_image im;
	secant_err err = { 0 };
	void *data = NULL;
	size_t n = 0;
	assert_int_equal(secant_image_new(&im, w, h, 1, wide ? SECANT_U16 : SECANT_U8, &err), 0);
	for (int i = 0; i < w * h; i++)
		if (wide)
			((uint16_t *)im.data)[i] = (uint16_t)v[i];
		else
			((uint8_t *)im.data)[i] = (uint8_t)v[i];
	assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
	put_bytes(folder, name, data, n);
	secant_image_free(&im);
	secant_free(data);
}

static inline char *
get(const char *folder, const char *name)
{
	secant_err err = { 0 };
	char *path = base_path_join(folder, name), *text = NULL;
	size_t n;
	if (secant_file_read(&text, &n, path, 1 << 28, &err))
		fail_msg("%s", err.msg);
	secant_free(path);
	return text;
}

static inline secant_dataset *
open_as(const char *path, const char *from)
{
	secant_err err = { 0 };
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err), 0);
	if (from)
		assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "from", from, &err), 0);
	secant_dataset *d = secant_dataset_open(path, &r, NULL, &err);
	if (!d)
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_dataset_reading_options, &r);
	return d;
}

/* Writes with options "name=value" (NULL ends); the status. */
static inline secant_status
write_as(secant_dataset *d, const char *to, const char *out, const char *const *set, char **report, secant_err *err)
{
	secant_dataset_writing w;
	assert_int_equal(secant_opts_init(&secant_dataset_writing_options, &w, err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, "to", to, err), 0);
	assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, "out", out, err), 0);
	for (; set && *set; set += 2)
		assert_int_equal(secant_opts_set(&secant_dataset_writing_options, &w, set[0], set[1], err), 0);
	secant_status status = secant_dataset_write(d, &w, NULL, report, err);
	secant_opts_free(&secant_dataset_writing_options, &w);
	return status;
}

static inline void
must_write(secant_dataset *d, const char *to, const char *out)
{
	secant_err err = { 0 };
	if (write_as(d, to, out, NULL, NULL, &err))
		fail_msg("%s: %s", to, err.msg);
}

static inline void
assert_same_tree(const char *a, const char *b)
{
	char command[2400];
	snprintf(command, sizeof command, "diff -r '%s' '%s' >/dev/null", a, b);
	assert_int_equal(system(command), 0);
}

static inline char *
at(const char *folder, const char *name)
{
	static char buffer[8][1024];
	static int turn;
	turn = (turn + 1) % 8;
	snprintf(buffer[turn], sizeof buffer[turn], "%s/%s", folder, name);
	return buffer[turn];
}

static inline void
remove_tree(const char *path)
{
	secant_err err = { 0 };
	assert_int_equal(base_remove_tree(path, &err), 0);
}

/* One annotation file of each format, small and rich. */
static const struct {
	const char *format, *text;
} ann_samples[] = {
	{ "nwpu", "\xef\xbb\xbf(563,478),(630,573),1 \r\n\r\n( 10 , 20 ) , ( 30.5, 40 ),10\n" },
	{ "voc",
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotation><!-- c "
		"--><folder>f</folder><filename>a.jpg</filename><source><database>x &amp; y</database></source>"
		"<size><width>100</width><height>80</height><depth>3</depth></size><segmented>0</segmented><object><name>cat</"
		"name><pose>Left</pose><truncated>1</truncated>"
		"<difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>30</xmax><ymax>40</ymax></"
		"bndbox><part><name>head</name><bndbox><xmin>5</xmin></bndbox></part>"
		"<part><name>tail</name></part><attributes><attribute><name>k</name><value>7</value></attribute></attributes></"
		"object></annotation>\n" },
	{ "coco",
		"{\"info\": {\"year\": 1}, \"images\": [{\"id\": 5, \"file_name\": \"a.jpg\", \"width\": 6, \"height\": 4, "
		"\"license\": 2}], \"categories\": [{\"id\": 3, \"name\": \"x\\u00e9\","
		" \"supercategory\": \"s\"}], \"annotations\": [{\"id\": 0, \"image_id\": 5, \"category_id\": 3, \"bbox\": "
		"[0.1, 0.2, 2.5, 1e0], \"area\": 2.5, \"iscrowd\": 0, \"segmentation\": "
		"[[0, 0, 2, 0, 2, 1]], \"attributes\": {\"a\": [1, null]}}, {\"id\": 9, \"image_id\": 5, \"category_id\": 3, "
		"\"bbox\": [0, 0, 6, 4], \"area\": 8, \"iscrowd\": 1, \"segmentation\": "
		"{\"size\": [4, 6], \"counts\": [8, 8, 8]}}, {\"image_id\": 5, \"category_id\": 3, \"segmentation\": "
		"{\"counts\": \"888\", \"size\": [4, 6]}}]}" },
	{ "yolo", "0 0.5 0.5 0.25 0.125\n1 0.1 0.2 0.05 0.1 0.9\n" },
	{ "yolo-seg", "0 0.1 0.1 0.9 0.1 0.5 0.9\n1 0.5 0.5 0.2 0.2\n" },
	{ "yolo-obb", "2 0.1 0.1 0.9 0.2 0.8 0.9 0.05 0.8\n" },
	{ "dota", "imagesource:GoogleEarth\ngsd:0.146\n10 10 50 12 48 40 9 38 storage tank 0\n1 1 5 1 5 5 1 5 ship 2\n" },
	{ "kitti",
		"Car 0.00 0 -1.57 599.41 156.40 629.75 189.25 2.85 2.63 12.34 0.47 1.49 69.44 -1.56\nDontCare -1 -1 -10 503.89 "
		"169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\n" },
	{ "csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax,note\n\"a,b.jpg\",100,80,cat,1,2,30,40,\"he said "
		"\"\"x\"\"\"\nc.jpg,10,10,,,,,,\n" },
	{ "labelme",
		"{\"version\": \"5\", \"flags\": {}, \"shapes\": [{\"label\": \"a\", \"points\": [[1, 2], [30, 4.5], [20, "
		"30]], \"group_id\": 3, \"shape_type\": \"polygon\", \"flags\": {\"x\": true}},"
		" {\"label\": \"b\", \"points\": [[1, 1], [9, 9]], \"shape_type\": \"rectangle\"}, {\"label\": \"c\", "
		"\"points\": [[50, 50], [60, 50]], \"shape_type\": \"circle\"}], \"imagePath\": \"a.jpg\","
		" \"imageData\": null, \"imageHeight\": 80, \"imageWidth\": 100}" },
	{ "cvat",
		"<?xml "
		"version=\"1.0\"?><annotations><version>1.1</version><meta><task><labels><label><name>a</name></label></"
		"labels></task></meta><image id=\"7\" name=\"a.jpg\" subset=\"train\" "
		"width=\"20\" height=\"10\"><box label=\"a\" occluded=\"1\" xtl=\"1.5\" ytl=\"2\" xbr=\"9\" ybr=\"8\" "
		"z_order=\"2\"><attribute name=\"k\">v</attribute></box><polygon label=\"b\" "
		"points=\"1,1;5,1;5,5\"/><mask label=\"a\" rle=\"1, 2, 1\" left=\"3\" top=\"4\" width=\"2\" height=\"2\"/><tag "
		"label=\"b\"/></image><track id=\"0\" label=\"a\"><box frame=\"1\" outside=\"0\" "
		"xtl=\"0\" ytl=\"0\" xbr=\"3\" ybr=\"3\"/></track></annotations>" },
	{ "masks",
		"{\"label_map\": {\"0\": \"void\", \"1\": \"road\"}, \"segmentation_colors\": [[0, 0, 0], [128, 64, 128]], "
		"\"background_label\": \"0\"}" },
	{ "voc-seg", "# c\nbackground:0,0,0::\ncat:64,0,0::\n" },
	{ "camvid", "64 128 64 Animal\n192 0 128 Archway\n" },
};
enum { ANN_SAMPLES = sizeof ann_samples / sizeof *ann_samples };

/* A set with one blank picture, as the unit parsers want it. */
static inline void
blank_set(ann_set *s)
{
	ann_init(s);
	assert_int_equal(ann_add_image(s, "blank.jpg", 9), 0);
	s->images[0].width = 100;
	s->images[0].height = 80;
}
#endif
