/*
 * Formats whose annotations are pictures of classes (masks.c says which): what their files share.
 *
 *     masks.c          the table of layouts and the descriptors
 *     masks_classes.c  class lists: names, values, colours, background
 *     masks_values.c   mask pictures to values
 *     masks_read.c     values to objects, or to a plane of classes
 *     masks_write.c    objects to mask pictures
 */
#ifndef ANN_MASKS_H
#define ANN_MASKS_H
#include "annotations/format.h"
#include <secant/tensor.h>

enum { MASKS, VOC_SEG, CITYSCAPES, CAMVID, ADE20K, MAPILLARY, KITTI_SEG };

typedef struct mask_layout {
	const char *name;
	struct {
		const char *list, *images, *masks, *instances;
	} place[8]; /* where to look; list "" none */
	const char *image_end, *mask_end,
		*instance_end; /* what follows the common stem, before the extension for pictures */
	bool zero_is_background; /* 0 is no class of its own: class i has value i + 1 */
	bool lists_in_files; /* lists are text files in list_folder, not folders */
	const char *list_folder, *meta;
	int fixed; /* the classes that the format fixes where no list says otherwise: CITY_IDS, ... */
	bool polygons; /* masks are JSON files of polygons (Cityscapes) */
} mask_layout;
/* Flag of a set: 0 is the value of the first class, whatever the layout says of it. */
enum { ANN_ZERO_IS_CLASS = 8 };
enum { NO_CLASSES, CITY_IDS, CITY_TRAIN_IDS, VOC_CLASSES, CAMVID_CLASSES };

extern const mask_layout ann_layouts[]; /* by the enum; ends at name NULL */
const mask_layout *ann_layout(const ann_set *s); /* of a set that was read from masks; NULL: another format */

/* --- class lists --- */

secant_status ann_mask_classes(
	ann_set *s, const char *root, const mask_layout *l, const secant_dataset_reading *o, secant_err *err);
/* Are the classes those of Cityscapes, by name? */
bool ann_city_names(const ann_set *s);
int ann_mask_background(const ann_set *s); /* the class that fills the rest, -1 none */
/* The value of every class in masks written in a layout, and that of what no object covers. */
void ann_mask_values(const ann_set *s, const mask_layout *l, int *value, int *background);
/* 0xRRGGBB of a class; `voc`: of VOC's palette where it has none of its own. class < 0: of the bare value. */
int32_t ann_mask_colour(const ann_set *s, int class, bool voc, int value);
secant_status ann_mask_write_classes(ann_set *s, ann_out *out, int which, secant_err *err);
/* One class list from memory. */
secant_status ann_mask_parse(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err);

/* --- pictures --- */

typedef struct ann_pixels {
	uint16_t *v; /* w x h; secant_free */
	int w, h, top; /* top: the value that is void, if no class has it; ANN_NO_VALUE is too */
	size_t bad; /* pixels + 1, of the first colour without class */
	uint8_t colour[3];
	bool plain; /* values, not colours */
	bool by_colour; /* indices were put where the class list has the palette's colours */
	bool indexed; /* with a palette: */
	int32_t palette[256]; /* 0xRRGGBB of the indices that pixels have, -1 */
} ann_pixels;
enum { ANN_NO_VALUE = 65535 }; /* what a file says to be no data */

/* Is 0 no class of its own? */
bool ann_mask_zero_is_background(const ann_set *s, const mask_layout *l);
/* A mask file as one value a pixel: numbers, or the classes of its colours. *m is zeroed on failure. */
secant_status ann_mask_pixels(
	const ann_set *s, const char *path, const mask_layout *l, ann_pixels *m, secant_err *err) SECANT_NODISCARD;

/* Where the class list has all colours of a mask's palette, but at other numbers, the colours decide: CVAT's
 * labelmap.txt is by colour, and its background may stand anywhere in it. Sets m->by_colour. */
void ann_mask_follow_colours(const ann_set *s, const mask_layout *l, ann_pixels *m);
int ann_mask_detect(const char *path, int which);
secant_status ann_mask_read(ann_set *s, const char *root, int which, const secant_dataset_reading *o,
	const secant_watch *watch, secant_err *err);
secant_status ann_mask_write(ann_set *s, ann_out *out, int which, secant_err *err);
/* How many grey values a mask has; 0 where it cannot be read. */
int ann_mask_values_of(const char *path);
/* "leftImg8bit/a_leftImg8bit.png" without extension and the layout's ending, in fresh memory. */
char *ann_mask_stem(const char *relative, const char *end);

/* The mask file of a picture as classes of the set, without objects in between: w x h values in fresh memory. The set
 * does not change. */
/* Cityscapes and its like: what of its label files a folder has (cityscapes.c). Fills *l; says which in a note. */
void ann_cityscapes_layout(ann_set *s, const char *root, mask_layout *l);
/* Mapillary's version: the one that the folder has, or that is asked for ("v2.0"). */
secant_status ann_mapillary_layout(
	ann_set *s, const char *root, const char *asked, mask_layout *l, secant_err *err) SECANT_NODISCARD;
/* One _polygons.json of Cityscapes for a picture. */
secant_status ann_cityscapes_polygons(ann_set *s, int image, const char *path, secant_err *err) SECANT_NODISCARD;
/* Instance maps hold class * 1000 + n, or the class alone: their classes. */
bool ann_cityscapes_instances(const char *path);
enum { ANN_PLANE_NONE = 0xfffe, ANN_PLANE_VOID = 0xffff };
secant_status ann_mask_plane(
	const ann_set *s, int image, uint16_t **plane, int *w, int *h, secant_err *err) SECANT_NODISCARD;
#endif
