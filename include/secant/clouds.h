/*
 * Point clouds for training, evaluation and prediction, as options: where they lie, how labels are read, how points
 * become numbers.
 */
#ifndef SECANT_CLOUDS_H
#define SECANT_CLOUDS_H
#include <secant/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum secant_fit {
	SECANT_FIT_AUTO,
	SECANT_FIT_SPHERE,
	SECANT_FIT_BOX,
	SECANT_FIT_CENTRE,
	SECANT_FIT_BLOCK,
	SECANT_FIT_NONE
} secant_fit;

/* How a cloud's points become a network's input; stored in every model. */
typedef struct secant_cloud_recipe {
	char *features; /* "xyz", "xyz,normals", "xyz,colour,position", "xyz,intensity,return_number" */
	int fit; /* a secant_fit; auto: block with blocks, else sphere */
	int up; /* 0 x, 1 y, 2 z, 3 auto: settled when a training opens its data; where nobody did, y */
	double block; /* side of the square columns a scene is cut into, in its unit; 0: whole clouds */
	int points; /* of a sample */
} secant_cloud_recipe;

/* Where clouds and their labels are. */
typedef struct secant_cloud_source {
	char *layout; /* of the data set: a name of `secant list cloudsets`; NULL: by its contents */
	char *category; /* only this one */
	int test_area; /* S3DIS: this area is test and val, the others train */
	char *label_column; /* of labelled clouds; NULL: by role */
	char *label_values; /* value in the files of each class, comma-separated: 2,6,9; NULL: the class's index */
	bool label_others; /* with label_values: other values are left out instead of being an error */
	int mesh_points; /* drawn once on each mesh, by area */
} secant_cloud_source;

/* Clouds to train on. */
typedef struct secant_cloud_options {
	secant_cloud_recipe recipe;
	secant_cloud_source source;
	char *train_split, *validation_split;
	bool replace; /* points of a sample are drawn with replacement */
	bool random_start; /* any of the points comes first, where PointNet++ starts its sampling */
	int rotate; /* none up all */
	double jitter, jitter_clip; /* deviation of normal noise; clipped at this, 0: not */
	secant_reals scale; /* factor from .. to; one factor a sample */
	double shift; /* up to this along each axis */
	double point_dropout; /* up to this share of the points becomes the first point */
	int block_least; /* a training block holds at least so many points where that is possible */
} secant_cloud_options;

/* Clouds to be judged on. */
typedef struct secant_cloud_judging {
	secant_cloud_source source;
	char *protocol; /* NULL: by data and network; class, category, paper, scene */
	int votes; /* predictions of each point that are averaged */
	double block_overlap; /* of neighbouring blocks, as a share of their side */
	double turn; /* degrees by which clouds are turned around the up axis before they are judged */
	int resample; /* judge so many points of each cloud, drawn with replacement; 0: all, as they are */
	int least_points; /* classes with fewer points are listed, but left out of means */
} secant_cloud_judging;

SECANT_API extern const secant_opts secant_cloud_recipe_options;
SECANT_API extern const secant_opts secant_cloud_source_options;
SECANT_API extern const secant_opts secant_cloud_options_table;
SECANT_API extern const secant_opts secant_cloud_judging_options;

#ifdef __cplusplus
}
#endif
#endif
