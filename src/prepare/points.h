/*
 * From a cloud to a network's numbers: which columns, where the origin is, how large. Training and prediction share it;
 * what training varies (data/clouds) happens between prepare_points_gather and the batch.
 */
#ifndef PREPARE_POINTS_H
#define PREPARE_POINTS_H
#include <secant/cloud.h>
#include <secant/clouds.h>

enum { PREPARE_FEATURES_MOST = 8, PREPARE_POINT_CHANNELS = 16 };

typedef enum prepare_feature_kind {
	PREPARE_FEATURE_XYZ,
	PREPARE_FEATURE_NORMALS,
	PREPARE_FEATURE_COLOUR,
	PREPARE_FEATURE_INTENSITY,
	PREPARE_FEATURE_POSITION,
	PREPARE_FEATURE_COLUMN
} prepare_feature_kind;
typedef struct prepare_feature {
	prepare_feature_kind kind;
	int channel, count; /* of the network's input */
	int at; /* first number of `more`; -1: computed */
	char name[64]; /* of a column */
} prepare_feature;
/* What `features` of a recipe says. Points begin with x, y, z. */
typedef struct prepare_features {
	int n, channels, more; /* features; numbers of a point in the input; in prepare_points.more */
	int normals; /* channel where normals begin; -1: none */
	prepare_feature v[PREPARE_FEATURES_MOST];
} prepare_features;
secant_status prepare_features_parse(prepare_features *f, const char *text, secant_err *err) SECANT_NODISCARD;

/* A cloud's points, in memory, before they are moved to a unit size. */
typedef struct prepare_points {
	int64_t n;
	double origin[3]; /* subtracted from the coordinates */
	float lo[3], hi[3]; /* of xyz */
	float *xyz, *more; /* n x 3, n x features.more; owned */
	int32_t *label; /* class, -1: ignored; NULL: none; owned */
	int category; /* -1: none */
} prepare_points;

/* Takes the columns. A feature that the cloud has no column for is an error that lists what it has. `bad` (nullable)
 * receives the index of the first point with a coordinate or feature that is no finite number, -1: none. */
secant_status prepare_points_make(prepare_points *p, const prepare_features *f, const secant_cloud *c, int64_t *bad,
	secant_err *err) SECANT_NODISCARD;
void prepare_points_free(prepare_points *p);

/* Points index[0..n) as n x channels numbers, coordinates as they are. */
void prepare_points_gather(
	const prepare_features *f, const prepare_points *p, const int64_t *index, int64_t n, float *out);
/* Moves the coordinates of n gathered points to where the network wants them; `block`: low corner of the column, for
 * that fit; may be NULL. */
void prepare_points_fit(const secant_cloud_recipe *r, float *v, int64_t n, int channels, const float block[3]);
/* Rows of `channels` numbers become rows of `inputs`, in place: the same, or one more that holds the category. */
void prepare_points_widen(float *v, int64_t n, int channels, int inputs, int category);
/* What `auto` means for this recipe. */
secant_fit prepare_recipe_fit(const secant_cloud_recipe *r);
/* The two axes of the ground: u before v. */
void prepare_recipe_ground(const secant_cloud_recipe *r, int *u, int *v);

/*
 * Square columns over a scene: windows of `side` every `stride` along the two axes of the ground, the last of each axis
 * moved back inside, so that every point lies in one at least. Points are found through a grid.
 */
typedef struct prepare_blocks {
	const prepare_points *p;
	int axis[2];
	int64_t count[2]; /* windows along each axis */
	double side, stride, lo[2], hi[2];
	int64_t cells[2];
	double cell;
	int64_t *start, *index; /* of the grid: points of cell k are index[start[k] .. start[k + 1]) */
} prepare_blocks;
secant_status prepare_blocks_make(prepare_blocks *b, const prepare_points *p, const secant_cloud_recipe *r,
	double stride, secant_err *err) SECANT_NODISCARD;
void prepare_blocks_free(prepare_blocks *b);
/* Low corner of window k (0 .. count[0] * count[1] - 1) as x, y, z; the up axis is the lowest point of the cloud. */
void prepare_blocks_corner(const prepare_blocks *b, int64_t k, float corner[3]);
/* The points in the column from `corner` on, closed on all sides: at most `room` indices go to `out`; returns how many
 * there are. */
int64_t prepare_blocks_points(const prepare_blocks *b, const float corner[3], int64_t *out, int64_t room);
#endif
