/*
 * From a cloud to a network's numbers: which columns, where the origin is, how large. Training and prediction share it;
 * what training varies (data/clouds) happens between secant_points_gather and the batch.
 */
#ifndef SECANT_PREPARE_POINTS_H
#define SECANT_PREPARE_POINTS_H
#include <secant/cloud.h>
#include <secant/clouds.h>

enum { SECANT_FEATURES_MOST = 8, SECANT_POINT_CHANNELS = 16 };

typedef enum secant_feature_kind {
	SECANT_FEATURE_XYZ,
	SECANT_FEATURE_NORMALS,
	SECANT_FEATURE_COLOUR,
	SECANT_FEATURE_INTENSITY,
	SECANT_FEATURE_POSITION,
	SECANT_FEATURE_COLUMN
} secant_feature_kind;
typedef struct secant_feature {
	secant_feature_kind kind;
	int channel, count; /* of the network's input */
	int at; /* first number of `more`; -1: computed */
	char name[64]; /* of a column */
} secant_feature;
/* What `features` of a recipe says. Points begin with x, y, z. */
typedef struct secant_features {
	int n, channels, more; /* features; numbers of a point in the input; in secant_points.more */
	int normals; /* channel where normals begin; -1: none */
	secant_feature v[SECANT_FEATURES_MOST];
} secant_features;
secant_status secant_features_parse(secant_features *f, const char *text, secant_err *err) SECANT_NODISCARD;

/* A cloud's points, in memory, before they are moved to a unit size. */
typedef struct secant_points {
	int64_t n;
	double origin[3]; /* subtracted from the coordinates */
	float lo[3], hi[3]; /* of xyz */
	float *xyz, *more; /* n x 3, n x features.more; owned */
	int32_t *label; /* class, -1: ignored; NULL: none; owned */
	int category; /* -1: none */
} secant_points;

/* Takes the columns. A feature that the cloud has no column for is an error that lists what it has. `bad` (nullable)
 * receives the index of the first point with a coordinate or feature that is no finite number, -1: none. */
secant_status secant_points_make(
	secant_points *p, const secant_features *f, const secant_cloud *c, int64_t *bad, secant_err *err) SECANT_NODISCARD;
void secant_points_free(secant_points *p);

/* Points index[0..n) as n x channels numbers, coordinates as they are. */
void secant_points_gather(
	const secant_features *f, const secant_points *p, const int64_t *index, int64_t n, float *out);
/* Moves the coordinates of n gathered points to where the network wants them; `block`: low corner of the column, for
 * that fit; may be NULL. */
void secant_points_fit(const secant_cloud_recipe *r, float *v, int64_t n, int channels, const float block[3]);
/* Rows of `channels` numbers become rows of `inputs`, in place: the same, or one more that holds the category. */
void secant_points_widen(float *v, int64_t n, int channels, int inputs, int category);
/* What `auto` means for this recipe. */
secant_fit secant_recipe_fit(const secant_cloud_recipe *r);
/* The two axes of the ground: u before v. */
void secant_recipe_ground(const secant_cloud_recipe *r, int *u, int *v);

/*
 * Square columns over a scene: windows of `side` every `stride` along the two axes of the ground, the last of each axis
 * moved back inside, so that every point lies in one at least. Points are found through a grid.
 */
typedef struct secant_blocks {
	const secant_points *p;
	int axis[2];
	int64_t count[2]; /* windows along each axis */
	double side, stride, lo[2], hi[2];
	int64_t cells[2];
	double cell;
	int64_t *start, *index; /* of the grid: points of cell k are index[start[k] .. start[k + 1]) */
} secant_blocks;
secant_status secant_blocks_make(secant_blocks *b, const secant_points *p, const secant_cloud_recipe *r, double stride,
	secant_err *err) SECANT_NODISCARD;
void secant_blocks_free(secant_blocks *b);
/* Low corner of window k (0 .. count[0] * count[1] - 1) as x, y, z; the up axis is the lowest point of the cloud. */
void secant_blocks_corner(const secant_blocks *b, int64_t k, float corner[3]);
/* The points in the column from `corner` on, closed on all sides: at most `room` indices go to `out`; returns how many
 * there are. */
int64_t secant_blocks_points(const secant_blocks *b, const float corner[3], int64_t *out, int64_t room);
#endif
