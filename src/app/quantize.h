/* What the parts of `secant quantize` share: scales from what was seen, and the model on calibration pictures. */
#ifndef APP_QUANTIZE_H
#define APP_QUANTIZE_H
#include <secant/model.h>
#include "data/samples.h"
#include "deploy/onnx_network.h"
#include "formats/onnx/quantize.h"
#include "prepare/normalize.h"

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

/* ---- one call of secant_model_quantize ---- */

enum { APP_TRIALS = 8 }; /* pictures that layers are measured with */

typedef struct app_quantizing {
	const secant_quantize *o;
	deploy_onnx_source source; /* how pictures go in, and which output counts */
	json_t *settings;
	format_onnx_model *m; /* what becomes the file */
	format_onnx_quantizing q;
	int equalised; /* pairs of layers */
	app_histogram *seen; /* of each quantity */
	format_onnx_tensor **picture; /* as the network takes them */
	int pictures;
	format_onnx_tensor **scores; /* of the first APP_TRIALS, by the network as it was */
	data_picture *truth; /* labels of the first APP_TRIALS; NULL: there are none */
	int channels, height, width, classes;
	float scale[PREPARE_NORMALIZE_CHANNELS], shift[PREPARE_NORMALIZE_CHANNELS];
	base_str said;
	const secant_logger *log;
} app_quantizing;

/* quantize_look.c: the network and how pictures go into it; the pictures, with labels where there are some; what is
 * seen of every quantity while they pass. */
secant_status app_quantizing_open(app_quantizing *c, const char *path, secant_err *err) SECANT_NODISCARD;
secant_status app_quantizing_read(app_quantizing *c, const char *data, secant_err *err) SECANT_NODISCARD;
secant_status app_quantizing_look(app_quantizing *c, secant_err *err) SECANT_NODISCARD;

/* quantize_cost.c. The share of pixels whose class changes, the mean square of what changes in scores as a share of
 * theirs, and where there are labels the IoU that is lost. */
typedef struct app_cost {
	double changed, squares, iou, lost; /* iou: of the network as it was */
} app_cost;
/* Of what is quantised by now, on the first `pictures`. */
secant_status app_quantizing_measure(app_quantizing *c, int pictures, app_cost *to, secant_err *err) SECANT_NODISCARD;
/* Do the labels say what the network was taught? Of others it loses nothing, whatever bytes do to it. */
bool app_quantizing_trusts_labels(const app_quantizing *c, const app_cost *k);
double app_quantizing_loss(const app_quantizing *c, const app_cost *k); /* what the user bounds */
#endif
