/*
 * Annotations that people bring and that no format here reads: each is refused by its name, with what makes one of them
 * that is read. Known by a file's ending and by words at its head.
 */
#include "annotations/find.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

enum { DEPTH = 4, LOOKS = 400 };

typedef struct foreign {
	const char *extensions, *name; /* name: of the file; NULL any */
	const char *words[4]; /* all of them stand at its head; none: the ending says it */
	const char *what, *way;
} foreign;

static const foreign foreigners[] = {
	{ "xml", "tracklet_labels.xml", { NULL }, "tracklets of KITTI's raw drives, which are boxes in space",
		"KITTI's object and tracking sets have boxes in pictures (label_2, label_02)" },
	{ "ndjson|json", NULL, { "\"data_row\"", "\"projects\"", NULL }, "Labelbox's export",
		"its Python package labelbox writes COCO of it" },
	{ "json", NULL, { "\"Labeled Data\"", "\"Label\"", NULL }, "Labelbox's old export",
		"its Python package labelbox writes COCO of it" },
	{ "manifest|jsonl|json", NULL, { "\"source-ref\"", "-metadata\"", NULL }, "a manifest of SageMaker Ground Truth",
		"write a row a box, filename,xmin,ymin,xmax,ymax,class, and read it as csv" },
	{ "json", NULL, { "\"box2d\"", "\"labels\"", NULL }, "BDD100K or Scalabel JSON",
		"`python -m scalabel.label.to_coco` writes COCO of it" },
	{ "json", NULL, { "\"poly2d\"", "\"labels\"", NULL }, "BDD100K or Scalabel JSON",
		"`python -m scalabel.label.to_coco` writes COCO of it" },
	{ "json", NULL, { "\"visitedFrames\"", "\"inputTags\"", NULL }, "VoTT of version 1",
		"VoTT 2 opens it, or its own export as VOC or YOLO" },
	{ "json", NULL, { "\"slots\"", "\"dataset\"", "\"annotations\"", NULL }, "Darwin JSON of V7",
		"`darwin convert coco FILES OUT` (darwin-py) writes COCO of it" },
	{ "json", NULL, { "\"samples\"", "\"_cls\"", NULL }, "fiftyone's own JSON",
		"dataset.export(dataset_type=fo.types.COCODetectionDataset) writes COCO of it" },
	{ "json", NULL, { "\"image_id\"", "\"category_id\"", "\"score\"", NULL }, "detections of a network (COCO results)",
		"`secant data eval DATA FILE` judges them against the annotations" },
	{ "json", NULL, { "\"bbox_mode\"", "\"file_name\"", NULL }, "dicts of detectron2",
		"detectron2.data.datasets.coco.convert_to_coco_json writes COCO of the registered set" },
	{ "jsonl", NULL, { "\"file_name\"", "\"objects\"", "\"bbox\"", NULL },
		"metadata of a picture folder of Hugging Face",
		"write a row a box, filename,xmin,ymin,xmax,ymax,class, and read it as csv" },
	{ "json", NULL, { "\"classes\"", "\"labels\"", "\"bounding_box\"", NULL }, "fiftyone's own detections",
		"dataset.export(dataset_type=fo.types.COCODetectionDataset) writes COCO of it" },
	{ "jsonl", NULL, { "\"suffix\"", "\"prefix\"", "\"image\"", NULL }, "questions and answers for a language model",
		"Roboflow exports the same set as COCO" },
	{ "txt", "_annotations.txt", { NULL }, "Keras YOLO's rows of boxes", "Roboflow exports the same set as COCO" },
	{ "csv", NULL, { "PolygonWKT", NULL }, "SpaceNet's polygons as text",
		"solaris.data.coco.geojson2coco writes COCO of its GeoJSON" },
	{ "geojson", NULL, { NULL }, "vector layers", "`gdal_rasterize` makes masks of them" },
	{ "txt", NULL, { "x: [[", "ornt:", NULL }, "Total-Text's polygons",
		"write the corners of its boxes, x1,y1,x2,y2,x3,y3,x4,y4,text, to gt_NAME.txt (icdar)" },
	{ "tfrecord|record", NULL, { NULL }, "TensorFlow's records", "the tool that wrote them writes COCO or VOC, too" },
	{ "parquet|arrow", NULL, { NULL }, "a table of Hugging Face's datasets",
		"its script saves the pictures and writes COCO: dataset.to_json, image.save" },
	{ "mat", NULL, { NULL }, "MATLAB files", "scipy.io.loadmat reads them: write masks as PNG or boxes as csv" },
	{ "h5|hdf5", NULL, { NULL }, "HDF5", "h5py reads it: write pictures and masks as PNG or TIFF" },
	{ "nii", NULL, { NULL }, "volumes of NIfTI", "nibabel reads them: write slices as PNG or TIFF" },
	{ "dcm", NULL, { NULL }, "DICOM", "pydicom reads it: write slices as PNG or TIFF" },
	{ "mdb|lmdb", NULL, { NULL }, "an LMDB database", "the tool that wrote it has the files it came from" },
};

/* Sets that are known by a folder. */
static const struct {
	const char *folder, *what, *way;
} homes[] = {
	{ "PedMasks", "Penn-Fudan's masks, which number pedestrians",
		"call the folders images and masks, and say --classes 1 --label-threshold 1" },
	{ "CelebAMask-HQ-mask-anno", "CelebAMask-HQ, a mask for each part of a face",
		"paint the parts of a face with 1, 2, ... into one PNG, to masks/NAME.png beside images/NAME.jpg" },
	{ "imagesTr", "a data set of nnU-Net with volumes, or with a file for each channel",
		"write slices, or all channels of a picture, as PNG or TIFF to images, and labels to masks" },
};
enum { HOMES = sizeof homes / sizeof *homes };

/* Label Studio's brushes as pictures, task-1-annotation-2-by-3-tag-cat-0.png. */
static bool
is_brushes(const char *root)
{
	base_names names = { 0 };
	bool is = false;
	if (!base_dir_list(&names, root, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !is; i++)
			is = !strncmp(names.v[i], "task-", 5) && strstr(names.v[i], "-annotation-") && strstr(names.v[i], "-tag-");
	base_names_free(&names);
	return is;
}

/* Texts that an editor or a shell of Windows saved as "Unicode": nothing is found at their heads. */
static bool
is_wide(const char *path)
{
	unsigned char head[2] = { 0 };
	size_t got = 0;
	uint64_t whole;
	return base_ext_is(path, "json|xml|csv|txt|yaml|yml") && !base_file_head(path, head, 2, &got, &whole, NULL)
		&& got == 2 && ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff));
}

static bool
all_pictures(const char *folder)
{
	base_names names = { 0 };
	bool all = !base_dir_list(&names, folder, BASE_DIR_ALL, NULL) && names.n > 0;
	for (int i = 0; i < names.n && all; i++)
		all = base_ext_is(names.v[i], ANN_PICTURES);
	base_names_free(&names);
	return all;
}

/* Is a folder called after labels? Then it is no class. */
static bool
says_labels(const char *name)
{
	static const char *const words[] = { "label", "mask", "annot", "truth", "gt", "seg" };
	bool says = false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		says = says || strcasestr(name, words[i]);
	return says;
}

static bool
is_list(const char *name)
{
	static const char *const lists[] = { "train", "training", "val", "valid", "validation", "test", "testing" };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!strcasecmp(name, lists[i]))
			return true;
	return false;
}

static bool
holds_called(const char *folder, const char *word)
{
	base_names names = { 0 };
	bool holds = false;
	if (!base_dir_list(&names, folder, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !holds; i++)
			holds = !strncasecmp(names.v[i], word, strlen(word));
	base_names_free(&names);
	return holds;
}

/* A folder for each sample, with image.png and mask.png in it (MindSpore's zoo). */
static bool
is_samples(const char *root)
{
	base_names names = { 0 };
	bool is = false;
	if (!base_dir_list(&names, root, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && i < 20 && !is; i++) {
			char *inner = base_path_join(root, names.v[i]);
			is = inner && holds_called(inner, "image.") && holds_called(inner, "mask");
			secant_free(inner);
		}
	base_names_free(&names);
	return is;
}

/* Two folders or more of pictures alone, there or in train: a picture's class is its folder. */
static bool
is_classes(const char *root)
{
	static const char *const places[] = { "", "train", "val", "test" };
	int folders = 0;
	for (size_t k = 0; k < sizeof places / sizeof *places && folders < 2; k++) {
		char *place = *places[k] ? base_path_join(root, places[k]) : base_strdup(root);
		base_names names = { 0 };
		folders = 0;
		if (place && secant_is_dir(place) && !base_dir_list(&names, place, BASE_DIR_ALL, NULL))
			for (int i = 0; i < names.n; i++) {
				char *inner = base_path_join(place, names.v[i]);
				bool pictures = inner && secant_is_dir(inner) && !says_labels(names.v[i]) && all_pictures(inner)
					&& !(k == 0 && is_list(names.v[i])); /* train with pictures beside their masks is no class */
				folders = pictures ? folders + 1 : INT16_MIN;
				secant_free(inner);
			}
		base_names_free(&names);
		secant_free(place);
	}
	return folders >= 2;
}

static int
count_files(const char *folder)
{
	base_names names = { 0 };
	int n = secant_is_dir(folder) && !base_dir_list(&names, folder, BASE_DIR_FILES, NULL) ? names.n : 0;
	base_names_free(&names);
	return n;
}

/* A folder for each picture with images/ and a mask for each object in masks/, there or one folder below (Data Science
 * Bowl 2018). */
static bool
is_folder_a_picture(const char *root, int depth)
{
	base_names names = { 0 };
	bool is = false;
	if (!base_dir_list(&names, root, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && i < 20 && !is; i++) {
			char *images = base_format("%s/%s/images", root, names.v[i]),
				 *masks = base_format("%s/%s/masks", root, names.v[i]);
			char *inner = base_path_join(root, names.v[i]);
			is = images && masks && count_files(images) == 1 && count_files(masks) > 0;
			is = is || (inner && depth > 0 && is_folder_a_picture(inner, depth - 1));
			secant_free(images), secant_free(masks), secant_free(inner);
		}
	base_names_free(&names);
	return is;
}

/* Pictures of two dates in folders of their own, and what changed between them, there or in train. */
static bool
is_change(const char *root)
{
	static const char *const dates[][2] = { { "A", "B" }, { "time1", "time2" }, { "Image1", "Image2" },
		{ "im1", "im2" }, { "T1", "T2" } };
	static const char *const places[] = { "", "train/" };
	bool is = false;
	for (size_t i = 0; !is && i < sizeof dates / sizeof *dates; i++)
		for (size_t k = 0; !is && k < sizeof places / sizeof *places; k++) {
			char *before = base_format("%s/%s%s", root, places[k], dates[i][0]),
				 *after = base_format("%s/%s%s", root, places[k], dates[i][1]);
			is = before && after && secant_is_dir(before) && secant_is_dir(after) && all_pictures(before)
				&& all_pictures(after);
			secant_free(before), secant_free(after);
		}
	return is;
}

static bool
is_of(const foreign *f, const char *path)
{
	if (!base_ext_is(path, f->extensions) || (f->name && strcmp(base_path_name(path), f->name)))
		return false;
	return !f->words[0] || ann_head_has(path, f->words);
}

const char *
ann_foreign(const char *path, const char **way)
{
	enum { KINDS = sizeof foreigners / sizeof *foreigners };
	base_names files = { 0 };
	char all[400] = "json|xml|csv|txt|yaml|yml";
	const char *what = NULL;
	for (int k = 0; k < KINDS; k++) {
		size_t n = strlen(all);
		(void)snprintf(all + n, sizeof all - n, "%s%s", n ? "|" : "", foreigners[k].extensions);
	}
	bool dir = secant_is_dir(path);
	if (dir && ann_walk(&files, path, all, DEPTH, NULL))
		return base_names_free(&files), NULL;
	for (int i = 0; !what && i < (dir ? files.n : 1) && i < LOOKS; i++) {
		char *file = dir ? base_path_join(path, files.v[i]) : base_strdup(path);
		if (file && is_wide(file))
			what = "texts in UTF-16", *way = "save them as UTF-8 (the editor's encoding, or iconv -f UTF-16 -t UTF-8)";
		for (int k = 0; file && !what && k < KINDS; k++)
			if (is_of(&foreigners[k], file))
				what = foreigners[k].what, *way = foreigners[k].way;
		secant_free(file);
	}
	base_names_free(&files);
	if (what || !dir)
		return what;
	char *masks = base_path_join(path, "SegmentationClass"), *pictures = base_path_join(path, "JPEGImages");
	if (masks && pictures && secant_is_dir(masks) && !secant_is_dir(pictures))
		what = "masks without pictures (SegmentationClass, no JPEGImages)",
		*way = "export them with pictures (CVAT: save images), or put the pictures in JPEGImages";
	else if (is_samples(path))
		what = "a folder for each sample with image.png and mask.png",
		*way = "train, eval and inspect read it; for other formats make it images/NAME.png and masks/NAME.png";
	else if (is_folder_a_picture(path, 1))
		what = "a folder for each picture with a mask for each object",
		*way = "train and eval join the masks as foreground; for objects paint the masks of a folder with 1, 2, ... "
			   "into one PNG, to masks/NAME.png beside images/NAME.png";
	else if (is_brushes(path))
		what = "brushes of Label Studio without their pictures", *way = "export JSON of the project, which is read";
	else if (is_change(path))
		what = "pictures of two dates (change detection)",
		*way =
			"stack the two of a place as bands of one TIFF (gdal_merge.py -separate -o images/x.tif A/x.png B/x.png), "
			"beside labels";
	else if (is_classes(path))
		what = "folders of classes (ImageNet's layout), whose labels have no place",
		*way = "segmentation wants masks, polygons or boxes: a labelling tool draws them";
	for (int i = 0; i < HOMES && !what; i++)
		if (ann_has_folder(path, (const char *const[]){ "", NULL }, (const char *const[]){ homes[i].folder, NULL }))
			what = homes[i].what, *way = homes[i].way;
	secant_free(masks), secant_free(pictures);
	return what;
}
