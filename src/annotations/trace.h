/* Between masks and polygons, and from shapes to the simpler shapes that some formats want. */
#ifndef ANN_TRACE_H
#define ANN_TRACE_H
#include "annotations/rle.h"

typedef struct ann_ring {
	double *xy;
	int n, capacity;
} ann_ring; /* pairs; secant_free(xy) */
/* Traces a mask along pixel edges: one part for each 4-connected region, holes cut open by a seam of no width. A new
 * shape in `s`; `tolerance` > 0 drops vertices nearer than that to the line of their neighbours (Douglas and Peucker)
 * but for those of `stays` (nullable; draw_junctions), so that regions of one picture keep sharing their borders. The
 * byte behind the corners is set where a region would vanish or its lines would cross: corners were added, and all are
 * to be traced anew. 0 when empty or no memory. */
uint32_t ann_trace(ann_set *s, const ann_rle *r, double tolerance, uint8_t *stays, secant_err *err);
/* All parts of a shape as one ring, joined by seams of no width between nearest points; masks are traced, parts
 * that overlap are united by pixels and traced, and without shape the box's corners are taken. */
secant_status ann_one_ring(const ann_set *s, const ann_object *o, ann_ring *ring, secant_err *err) SECANT_NODISCARD;
/* Four corners: those of a quad or of a polygon of four points, of the smallest rectangle around anything else, or of
 * the box. */
secant_status ann_corners_of(const ann_set *s, const ann_object *o, double xy[8], secant_err *err) SECANT_NODISCARD;
#endif
