/*
 * How good pictures are, alone and beside those before them: what mxpi_qualitydetection tells. Measures are those of
 * MindX SDK's MxpiQualityDetection; grey is cv2.cvtColor's, borders are cv2's.
 */
#ifndef STREAM_QUALITY_H
#define STREAM_QUALITY_H
#include "stream/picture.h"

/* Grey pictures, the newest last. */
typedef struct stream_shots {
	int n, most, width, height; /* the size is that of all of them */
	uint8_t **grey;
	double cast; /* of the newest: how far its colours lean */
} stream_shots;

bool stream_shots_open(stream_shots *s, int most); /* false: no memory */
void stream_shots_close(stream_shots *s);
/* Takes a picture (RGB888, BGR888, NV12, NV21), of bytes; of another size than before, all before are forgotten.
 * 0, or a code with `why`. */
int stream_shots_add(stream_shots *s, const stream_picture *p, char *why, size_t size);

typedef struct stream_quality {
	const char *key; /* as configurations have it: BRIGHTNESS for BRIGHTNESS_SWITCH */
	const char *what; /* is wrong where it is */
	double threshold; /* where nothing is said */
	/* The measure of the newest picture, beside the one `interval` before; false: there is none. */
	bool (*measure)(const stream_shots *s, int interval, double threshold, double *v);
	enum {
		STREAM_QUALITY_ABOVE,
		STREAM_QUALITY_FROM,
		STREAM_QUALITY_BELOW,
		STREAM_QUALITY_TO,
		STREAM_QUALITY_MINUS
	} bad;
} stream_quality;
/* The checks in the order in which they are made; NULL after the last. */
const stream_quality *stream_quality_at(int i);
bool stream_quality_is_bad(const stream_quality *q, double v, double threshold);
#endif
