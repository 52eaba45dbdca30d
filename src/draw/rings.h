/*
 * Outlines of areas along the edges of pixels with fewer vertices: Douglas and Peucker between the corners that must
 * stay, alike from both sides of a border, so that neighbours keep sharing it.
 */
#ifndef DRAW_RINGS_H
#define DRAW_RINGS_H
#include <secant/tensor.h>

typedef struct draw_ring {
	const double *xy; /* n pairs, all of them corners of pixels */
	int n;
	bool *kept; /* of each vertex */
} draw_ring;

/* For a picture of w x h pixels with the number of a region each: (w + 1) x (h + 1) corners of pixels, 1 where three
 * regions meet, two touch crosswise, or the picture ends; secant_free. NULL: no memory. One byte more lies behind them,
 * for the caller. */
uint8_t *draw_junctions(const uint32_t *region, int w, int h);
/* Chooses vertices: those of `kept` stay, and so do others that lie further than the tolerance from the line without
 * them. False: no memory. */
bool draw_simplify(const draw_ring *r, double tolerance);
/* Are the kept vertices a ring with an area? */
bool draw_encloses(const draw_ring *r);
/* Kept lines that cross or touch other than at their ends: `stay` is called with each vertex that was dropped between
 * their ends. Equal lines of two rings are a border that they share. False: no memory. */
bool draw_untangle(const draw_ring *rings, int n, void (*stay)(void *user, const double *xy), void *user);
#endif
