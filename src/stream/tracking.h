/*
 * Following boxes from picture to picture: mxpi_motsimplesort and mxpi_motsimplesortV2. Where each box will be is
 * foretold by a Kalman filter (centre, area and their speeds; the ratio of the sides stays: SORT, Bewley et al. 2016,
 * noises 0.01 and 0.1), boxes and tracks are matched so that the sum of their likenesses is largest. Rules and numbers
 * are those of MindX SDK (MxpiMotSimpleSort): likeness is the overlap, or with features their cosine too.
 */
#ifndef STREAM_TRACKING_H
#define STREAM_TRACKING_H
#include "stream/picture.h"

enum { STREAM_TRACK_NEW, STREAM_TRACK_FOLLOWED, STREAM_TRACK_LOST }; /* MxpiTrackLet.trackFlag */

/* A number and its speed, with how uncertain they are. */
typedef struct stream_moving {
	double x, speed, a, b, c; /* variances of both, and b their covariance */
} stream_moving;

typedef struct stream_place {
	double x, y, width, height;
} stream_place;

typedef struct stream_track_of {
	uint32_t id, age, hits;
	int flag, place; /* the number of its box */
	uint32_t lost; /* pictures */
	stream_moving centre[2], area, ratio; /* the ratio has no speed */
	stream_place at; /* where it is foretold to be, or was seen */
	float *feature;
	int n_feature;
} stream_track_of;

typedef struct stream_tracks {
	stream_track_of *v;
	int n, capacity;
	uint32_t last; /* the number that was given last */
} stream_tracks; /* an element's state, zeroed at first */

/* Tracks the boxes `detection` of a frame (with `feature`, not "", of `features`' frame: MxpiFeatureVectorList), and
 * sends it with its MxpiTrackLetList. A frame without boxes' or features' message goes on as it is. */
void stream_track(
	stream_worker *w, stream_frame *f, const char *detection, stream_frame *features, const char *feature);
void stream_tracks_close(stream_worker *w);

/* Which column each of `rows` gets (-1: none) so that the sum of gain[row * columns + column] is largest; false: no
 * memory. */
bool stream_assign(int *column, const int *gain, int rows, int columns);
#endif
