/* CVAT's XML (cvat.c): the reader's state, the shapes that pictures and tracks have, and the writer. */
#ifndef ANN_CVAT_H
#define ANN_CVAT_H
#include "annotations/attributes.h"
#include "annotations/xml_pull.h"

/* A shape of a track at a keyframe: what lies between two of them is interpolated. */
typedef struct cvat_keyframe {
	int frame, object; /* object -1: it has left the view */
	double box[4], rotation;
	bool is_box;
} cvat_keyframe;

typedef struct cvat_reader {
	ann_set *s;
	xml_pull x;
	const char *origin;
	double *xy;
	int capacity;
	int width, height, start, size; /* of a video: its frames */
	int step;
	int64_t task; /* that the tracks belong to, -1 not said */
	cvat_keyframe *key;
	int n_keys, keys_capacity;
	int filled, unfilled; /* shapes between keyframes that were interpolated, or could not be */
	double rotation; /* of the shape just read */
	secant_err *err;
	secant_status status;
} cvat_reader;

/* The first failure ends the reading. */
void ann_cvat_fail(cvat_reader *r, secant_status status);
double ann_cvat_number(cvat_reader *r, const char *key, double otherwise); /* an attribute */
bool ann_cvat_is_shape(ann_field tag);
/* One shape element, attributes still in r->x. `label` and the track's number come from the track, if any. Returns the
 * object's index, -1: none. */
int ann_cvat_shape(cvat_reader *r, ann_field tag, int image, const char *label, const char *track);
secant_status ann_cvat_write(ann_set *s, ann_out *out, secant_err *err) SECANT_NODISCARD;
#endif
