/*
 * Masks as polygons: what writers of vector files are given. To add a file format: its file with a deploy_vector, a
 * line in vectors.inc, and its name in the values of the option vector-format.
 */
#ifndef DEPLOY_POLYGONS_H
#define DEPLOY_POLYGONS_H
#include "deploy/predictor.h"

typedef struct deploy_corner {
	int x, y;
} deploy_corner;
typedef struct deploy_area_ring {
	uint32_t area;
	bool hole;
	size_t start, n;
} deploy_area_ring;

typedef struct deploy_areas {
	const secant_predictor *p;
	const secant_image *mask;
	int width, height;
	uint32_t *label; /* of each pixel, 0: none; areas are numbered from 1 */
	uint32_t areas;
	int64_t *pixels; /* of each area */
	uint8_t *walked; /* the upper edge of a pixel is part of a ring already */
	uint8_t *stays; /* corners that no simplification may drop; NULL: nothing is simplified */
	deploy_corner *corners;
	size_t n_corners, corner_room;
	deploy_area_ring *rings; /* by area, the outer one first */
	size_t n_rings, ring_room;
	double t[6]; /* pixel to world, as secant_geo_transform has it */
	bool placed, flips; /* there is a world; y points up there */
	int epsg; /* of the world, 0: none */
} deploy_areas;

typedef struct deploy_area {
	const deploy_area_ring *rings;
	size_t n;
	int value, class;
	const char *name; /* NULL: none */
	int64_t pixels;
} deploy_area;
/* The area that begins with ring i; the next one begins with ring i + n. */
deploy_area deploy_area_at(const deploy_areas *a, size_t i);
/* Corner k of a ring in the world, 0 to n: the last is the first again. */
void deploy_area_place(const deploy_areas *a, const deploy_area_ring *r, size_t k, double xy[2]);

typedef struct deploy_vector {
	const char *name, *extension; /* name: as in a sentence */
	secant_status (*write)(const deploy_areas *a, const char *path, secant_err *err);
} deploy_vector;
const deploy_vector *deploy_vector_of(const char *path); /* by its extension; the first where there is no other */
extern const deploy_vector *const deploy_vectors[]; /* in the order of vectors.inc */
#endif
