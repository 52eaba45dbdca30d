/* What the parts of `secant quantize` share: scales from what was seen, and the model on calibration pictures. */
#ifndef APP_QUANTIZE_H
#define APP_QUANTIZE_H
#include <secant/model.h>
#include "deploy/onnx_network.h"
#include "formats/onnx/quantize.h"

enum { APP_BINS = 2048 };
typedef enum app_range_method {
	APP_RANGE_MINMAX,
	APP_RANGE_PERCENTILE,
	APP_RANGE_MSE,
	APP_RANGE_ENTROPY
} app_range_method;

/* Counts of numbers between low and high, in bins of one width. */
typedef struct app_histogram {
	double low, high;
	int64_t count[APP_BINS];
} app_histogram;
void app_histogram_add(app_histogram *h, const float *v, int64_t n); /* not a number: left out */
/* The range that 256 steps should cover, by a method. */
void app_histogram_range(const app_histogram *h, app_range_method how, double *low, double *high);
#endif
