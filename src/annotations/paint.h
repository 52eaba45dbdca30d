/* Objects as pixels: what secant_dataset_mask, the writers of mask formats and training share. */
#ifndef ANN_PAINT_H
#define ANN_PAINT_H
#include "annotations/format.h"

typedef enum ann_on_top { ANN_LATER_ON_TOP, ANN_SMALLER_ON_TOP, ANN_CLASS_ON_TOP } ann_on_top;
typedef struct ann_rect {
	int x0, y0, x1, y1;
} ann_rect; /* half-open */

static inline bool
ann_is_void(const ann_set *s, const ann_object *o)
{
	return o->flags & ANN_VOID || ann_void_class(s, o->class);
}

/* Sets the pixels of one object to 1: its shape, or its box when it has none or `boxes` says so. `layer` is height x
 * width of the picture. */
secant_status ann_paint(const ann_set *s, const ann_object *o, bool boxes, const ann_image *im, uint8_t *layer,
	secant_err *err) SECANT_NODISCARD;

/* Receives the objects one after the other, those on top last. `layer` is the whole picture, a byte a pixel: 1 inside
 * the object, 0 outside, and all 0 beyond `r`. */
typedef void (*ann_stamp)(void *user, const ann_object *o, const uint8_t *layer, ann_rect r);

/* Objects that have a place and a class (or are void). `boxes`: filled boxes also where there are shapes. The picture's
 * size must be known. */
secant_status ann_paint_objects(const ann_set *s, int image, bool boxes, ann_on_top on_top, ann_stamp stamp, void *user,
	secant_err *err) SECANT_NODISCARD;
#endif
