/*
 * Run-length masks as COCO has them: column-major runs 0, 1, 0, ... starting with zeros; compressed as text of base-32
 * groups. Gives the same numbers as cocoapi's maskApi.c (Dollar and Lin, 2015), with every length checked.
 */
#ifndef ANN_RLE_H
#define ANN_RLE_H
#include "annotations/model.h"

typedef struct ann_rle {
	uint32_t h, w;
	uint32_t *runs;
	size_t n;
} ann_rle; /* runs owned; ann_rle_free */

void ann_rle_free(ann_rle *r);
/* Text to runs. Errors: bytes that are no group, a text cut inside a number, runs below 0, a sum other than h * w, with
 * the position. */
secant_status ann_rle_decode(
	ann_rle *r, uint32_t h, uint32_t w, const char *text, size_t n, secant_err *err) SECANT_NODISCARD;
void ann_rle_encode(base_str *text, const uint32_t *runs, size_t n);
uint64_t ann_rle_area(const ann_rle *r);
void ann_rle_box(const ann_rle *r, double xywh[4]);
/* Intersection over union; with a crowd ground truth over the detection's area. Different sizes: -1. */
double ann_rle_iou(const ann_rle *d, const ann_rle *g, bool crowd);
secant_status ann_rle_union(
	ann_rle *to, const ann_rle *a, const ann_rle *b, secant_err *err) SECANT_NODISCARD; /* `to` fresh */
/* COCO's rasteriser of polygons: 5 times oversampled borders, not a scan-line fill. xy: n pairs. */
secant_status ann_rle_polygon(
	ann_rle *r, const double *xy, int n, uint32_t h, uint32_t w, secant_err *err) SECANT_NODISCARD;
/* The mask of any shape of the model on h x w pixels: all parts of polygons joined, RLE as it is (sizes must agree). */
secant_status ann_rle_shape(
	ann_rle *r, const ann_set *s, uint32_t shape, uint32_t h, uint32_t w, secant_err *err) SECANT_NODISCARD;
/* From and to pixels, row-major, `stride` bytes a row; nonzero is inside. */
secant_status ann_rle_from_pixels(
	ann_rle *r, const uint8_t *pixels, uint32_t h, uint32_t w, secant_err *err) SECANT_NODISCARD;
void ann_rle_paint(const ann_rle *r, uint8_t *pixels, uint8_t value);
/* The pixels of a run-length shape of the model within its extent xywh: 0 and 1, in fresh memory; an empty mask has w =
 * h = 0. */
secant_status ann_rle_cut(
	const ann_set *s, uint32_t shape, uint8_t **pixels, int xywh[4], secant_err *err) SECANT_NODISCARD;
/* Exact scan-line fill for training masks: pixel centres inside by the even-odd rule of each part, parts joined.
 * Adds to pixels (row-major h x w). */
secant_status ann_fill(const ann_set *s, uint32_t shape, uint32_t h, uint32_t w, uint8_t *pixels, uint8_t value,
	secant_err *err) SECANT_NODISCARD;
#endif
