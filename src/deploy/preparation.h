/*
 * From a picture of bytes to what a network takes, as operators (ops/picture.h): the planes of a camera, a window,
 * another size, channels in another order, colours by a matrix, the numbers, a border. In this order, which is AIPP's
 * (formats/aipp.h); what is not said does nothing. The one mechanism of predict, compiled models, streams and servers.
 */
#ifndef DEPLOY_PREPARATION_H
#define DEPLOY_PREPARATION_H
#include <secant/options.h>
#include "formats/aipp.h"
#include "graph/graph.h"

typedef enum deploy_picture_kind {
	DEPLOY_PICTURE, /* N x H x W x C */
	DEPLOY_PICTURE_NV12, /* N x 3H/2 x W x 1, as the three below: a plane Y, then the chroma */
	DEPLOY_PICTURE_NV21,
	DEPLOY_PICTURE_I420,
	DEPLOY_PICTURE_YV12
} deploy_picture_kind;

typedef struct deploy_preparation {
	int input; /* deploy_picture_kind */
	int channels; /* of a picture; 0: the network's */
	secant_ints source; /* H, W of what comes in; n 0: any */
	secant_ints crop; /* top, left, height, width */
	secant_ints centre; /* H, W of the middle */
	secant_ints size; /* H, W it is brought to; n 0: as it is */
	int filter, fit, fill; /* secant_filter, op_fit, a byte */
	secant_ints order; /* of channels */
	secant_ints matrix, before, after; /* of colours, in parts of 256 */
	char *normalize; /* as training says it (prepare/normalize.h); NULL: the numbers that follow */
	secant_reals mean, low, scale, shift; /* ((x - mean) - low) * scale + shift */
	secant_ints pad; /* top, left, bottom, right, after everything else */
	double pad_value;
} deploy_preparation;
extern const secant_opts deploy_preparation_options; /* its JSON: all of them, by these names */

/* The shape that the input has for a picture of h x w. */
secant_shape deploy_preparation_shape(const deploy_preparation *p, int batch, int64_t h, int64_t w, int channels);
/* The operators from `picture` (u8) to numbers with `channels` channels. *seen, nullable: the pixels that were looked
 * at, before they were brought to another size. Errors are the graph's. */
graph_value deploy_build_preparation(
	graph_net *g, const deploy_preparation *p, graph_value picture, int channels, graph_value *seen);
/* What a block of AIPP says, for a network whose input is h x w (0: whatever the block makes). Refuses what cannot be
 * said: parameters that come at run time. */
secant_status deploy_preparation_of_aipp(
	deploy_preparation *p, const format_aipp *a, int h, int w, int channels, secant_err *err) SECANT_NODISCARD;
#endif
