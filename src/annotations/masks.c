/*
 * Formats whose annotations are pictures of classes. One table says where each keeps pictures, masks and instance
 * maps, and how its values are numbered; reading turns every class of a mask (every instance, where there is an
 * instance map) into one object with a run-length mask, writing paints objects in their order.
 *
 *     masks       images, masks: index or colour pictures; dataset_meta.json (label_map, segmentation_colors) where
 *                 there is one
 *     voc-seg     JPEGImages, SegmentationClass (palette; 255 void), SegmentationObject, ImageSets/Segmentation
 *     cityscapes  leftImg8bit/LIST/CITY, gtFine/LIST/CITY: _labelIds, _instanceIds (class * 1000 + n)
 *     camvid      LIST, LISTannot, label_colors.txt
 *     ade20k      images/training, annotations/training (0 other, then 1 to 150), objectInfo150.txt
 *     mapillary   training/images, training/labels or training/v1.2/labels, config.json or config_v1.2.json
 *     kitti-seg   training/image_2, training/semantic (ids of Cityscapes), training/instance (class * 256 + n)
 */
#include "annotations/masks.h"

const mask_layout ann_layouts[] = {
	{ "masks",
		{ { "", "images", "masks", NULL }, { "", "images", "labels", NULL },
			{ "train", "train/images", "train/masks", NULL }, { "val", "val/images", "val/masks", NULL },
			{ "train", "train/images", "train/labels", NULL }, { "val", "val/images", "val/labels", NULL },
			{ "test", "test/images", "test/masks", NULL }, { "test", "test/images", "test/labels", NULL } },
		"", "", "", true, true, "", "dataset_meta.json" },
	{ "voc-seg", { { "", "JPEGImages", "SegmentationClass", "SegmentationObject" } }, "", "", "", true, true,
		"ImageSets/Segmentation", "labelmap.txt", VOC_CLASSES, false },
	{ "cityscapes",
		{ { "train", "leftImg8bit/train", "gtFine/train", "gtFine/train" },
			{ "val", "leftImg8bit/val", "gtFine/val", "gtFine/val" },
			{ "test", "leftImg8bit/test", "gtFine/test", "gtFine/test" },
			{ "", "leftImg8bit/all", "gtFine/all", "gtFine/all" } },
		"_leftImg8bit", "_gtFine_labelIds", "_gtFine_instanceIds", false, false, NULL, "label_colors.txt", CITY_IDS,
		false },
	{ "camvid",
		{ { "train", "train", "trainannot", NULL }, { "val", "val", "valannot", NULL },
			{ "test", "test", "testannot", NULL }, { "", "all", "allannot", NULL } },
		"", "", "", false, false, NULL, "label_colors.txt", CAMVID_CLASSES, false },
	{ "ade20k",
		{ { "train", "images/training", "annotations/training", NULL },
			{ "val", "images/validation", "annotations/validation", NULL },
			{ "test", "images/testing", "annotations/testing", NULL }, { "", "images/all", "annotations/all", NULL } },
		"", "", "", true, false, NULL, "objectInfo150.txt" },
	{ "mapillary",
		{ { "train", "training/images", "training/labels", NULL },
			{ "val", "validation/images", "validation/labels", NULL },
			{ "test", "testing/images", "testing/labels", NULL },
			{ "train", "training/images", "training/v1.2/labels", "training/v1.2/instances" },
			{ "val", "validation/images", "validation/v1.2/labels", "validation/v1.2/instances" },
			{ "", "all/images", "all/labels", NULL }, { "train", "training/images", "training/v2.0/labels", NULL },
			{ "val", "validation/images", "validation/v2.0/labels", NULL } },
		"", "", "", false, false, NULL, "config.json", NO_CLASSES, false },
	{ "kitti-seg",
		{ { "train", "training/image_2", "training/semantic", "training/instance" },
			{ "test", "testing/image_2", "testing/semantic", "testing/instance" } },
		"", "", "", false, false, NULL, "label_colors.txt", CITY_IDS, false },
	{ NULL },
};

const mask_layout *
ann_layout(const ann_set *s)
{
	const mask_layout *l = ann_layouts;
	while (l->name && strcmp(l->name, ann_str(s, s->format)))
		l++;
	return l->name ? l : NULL;
}

#define HOLDS (ANN_HOLDS_MASK | ANN_HOLDS_RLE | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_VOID | ANN_HOLDS_QUAD)
#define LAYOUT(id, which, title, words, reason) \
	static int detect_##id(const char *p, const char **why) \
	{ \
		*why = reason; \
		return ann_mask_detect(p, which); \
	} \
	static secant_status read_##id( \
		ann_set *s, const char *p, const secant_dataset_reading *o, const secant_watch *w, secant_err *e) \
	{ \
		return ann_mask_read(s, p, which, o, w, e); \
	} \
	static secant_status write_##id(ann_set *s, ann_out *o, secant_err *e) { return ann_mask_write(s, o, which, e); } \
	const ann_format ann_format_##id = { .name = title, \
		.brief = words, \
		.plain = which == MASKS, \
		.palette_masks = which == VOC_SEG, \
		.holds = HOLDS, \
		.detect = detect_##id, \
		.read = read_##id, \
		.write = write_##id, \
		.parse = ann_mask_parse };
LAYOUT(masks, MASKS, "masks", "pictures and class masks in two folders", "it has images and masks")
LAYOUT(voc_seg, VOC_SEG, "voc-seg", "PASCAL VOC segmentation: palette masks", "it has SegmentationClass")
LAYOUT(cityscapes, CITYSCAPES, "cityscapes", "Cityscapes: leftImg8bit and gtFine", "it has leftImg8bit and gtFine")
LAYOUT(camvid, CAMVID, "camvid", "CamVid: train and trainannot, ...", "it has train and trainannot")
LAYOUT(ade20k, ADE20K, "ade20k", "ADE20K: images/training and annotations/training", "it has annotations/training")
LAYOUT(mapillary, MAPILLARY, "mapillary", "Mapillary Vistas and its like: training/images and training/labels",
	"it has training/labels")
LAYOUT(kitti_seg, KITTI_SEG, "kitti-seg", "KITTI semantic and instance segmentation: training/image_2 and semantic",
	"it has training/semantic")
