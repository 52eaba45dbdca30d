/* What bytes cost a network: classes of pixels that change, scores that move, IoU with the labels that is lost. */
#include <string.h>
#include "app/quantize.h"
#include "base/mem.h"
#include "data/labels.h"
#include "deploy/onnx_run.h"

/* Numbers of one channel of one picture. */
static int64_t
inner_of(const format_onnx_tensor *t)
{
	int64_t n = 1;
	for (int i = 2; i < t->rank; i++)
		n *= t->dim[i];
	return n;
}

/* The class of pixel i; of one class, whether it is there. */
static int
class_of(const app_quantizing *c, const format_onnx_tensor *t, int64_t i)
{
	const float *v = t->data;
	int64_t inner = c->source.rows_out ? 1 : inner_of(t), k = c->source.rows_out ? t->dim[t->rank - 1] : t->dim[1];
	if (t->rank == 3)
		k = 1;
	if (k == 1) {
		const char *act = json_string_value(json_object_get(json_object_get(c->settings, "network"), "activation"));
		return (double)v[i] > (act && !strcmp(act, "sigmoid") ? 0.5 : 0);
	}
	int64_t base = c->source.rows_out ? i * k : i / inner * k * inner + i % inner,
			step = c->source.rows_out ? 1 : inner;
	int best = 0;
	for (int64_t j = 1; j < k; j++)
		if (v[base + j * step] > v[base + best * step])
			best = (int)j;
	return best;
}

/* Sums that costs are made of; pixels of each class: both said it, either did, by the network (0) and by bytes (1). */
typedef struct tally {
	double scores, differences;
	int64_t pixels, changed, *both[2], *either[2];
} tally;

/* The class that labels say of pixel (y, x) of height x width scores; -1: none. */
static int
truth_at(const data_picture *t, int64_t y, int64_t x, int64_t height, int64_t width)
{
	uint16_t v = t->labels[(y * t->height / height) * t->width + x * t->width / width];
	return v == DATA_LABEL_IGNORE ? -1 : v;
}

static void
add_cost(const app_quantizing *c, int picture, const format_onnx_tensor *is, int classes, tally *to)
{
	const format_onnx_tensor *was = c->scores[picture];
	int64_t n = format_onnx_count(was),
			each = was->rank == 3 ? 1
		: c->source.rows_out      ? was->dim[was->rank - 1]
								  : was->dim[1];
	int64_t pixels = n / (each > 0 ? each : 1);
	int first = was->rank - 2 - (was->rank == 4 && c->source.rows_out);
	int64_t height = first > 0 ? was->dim[first] : 1, width = first > 0 ? was->dim[first + 1] : 1;
	for (int64_t i = 0; i < n; i++) {
		double a = ((const float *)was->data)[i], d = (double)((const float *)is->data)[i] - a;
		to->scores += a * a;
		to->differences += d * d;
	}
	for (int64_t i = 0; i < pixels; i++) {
		int said[2] = { class_of(c, was, i), class_of(c, is, i) };
		int label = c->truth && pixels == height * width
			? truth_at(&c->truth[picture], i / width, i % width, height, width)
			: -1;
		to->changed += said[0] != said[1];
		for (int k = 0; k < 2 && label >= 0 && label < classes && said[k] < classes; k++) {
			to->both[k][label] += said[k] == label;
			to->either[k][label]++;
			to->either[k][said[k]] += said[k] != label;
		}
	}
	to->pixels += pixels;
}

/* Mean IoU of the classes that labels or the network have; of one class, of what is there. */
static double
iou_of(const tally *t, int k, int classes, bool single)
{
	double sum = 0;
	int n = 0;
	for (int i = single; i < classes; i++)
		if (t->either[0][i]) {
			sum += t->either[k][i] ? (double)t->both[k][i] / (double)t->either[k][i] : 1;
			n++;
		}
	return n ? sum / n : 0;
}

/* A file of what is quantised by now, on the first pictures. */
static secant_status
try_file(app_quantizing *c, int pictures, int classes, tally *sums, secant_err *err)
{
	base_str bytes = { 0 };
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = c->o->threads };
	format_onnx_model *m = NULL;
	deploy_onnx_plans *p = NULL;
	format_onnx_info one = {
		.name = deploy_onnx_output_name(&c->source), .type = FORMAT_ONNX_FLOAT, .rank = -1, .kind = "tensor"
	};
	secant_status status = format_onnx_quantizing_write(&c->q, &bytes, err);
	if (!status && (m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, err))) {
		m->graph.out[0] = one;
		m->graph.n_out = 1;
		p = deploy_onnx_plans_new(m, &o, err);
	}
	status = status ? status : p ? SECANT_OK : err->code;
	for (int i = 0; i < pictures && i < c->pictures && i < APP_TRIALS && !status; i++) {
		format_onnx_tensor *out = NULL;
		if (!(status = deploy_onnx_plans_run(p, &c->picture[i], 1, &out, err)))
			add_cost(c, i, out, classes, sums);
		format_onnx_tensor_drop(out);
	}
	deploy_onnx_plans_free(p);
	format_onnx_close(m);
	base_str_free(&bytes);
	return status;
}

secant_status
app_quantizing_measure(app_quantizing *c, int pictures, app_cost *to, secant_err *err)
{
	bool single = c->classes < 2;
	int classes = single ? 2 : c->classes;
	int64_t *counts = secant_calloc(4 * (size_t)classes, sizeof *counts);
	if (!counts)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for counts");
	tally t = { .both = { counts, counts + classes }, .either = { counts + 2 * classes, counts + 3 * classes } };
	secant_status status = try_file(c, pictures, classes, &t, err);
	double was = iou_of(&t, 0, classes, single);
	*to = (app_cost){ t.pixels ? (double)t.changed / (double)t.pixels : 0, t.scores > 0 ? t.differences / t.scores : 0,
		was, was - iou_of(&t, 1, classes, single) };
	secant_free(counts);
	return status;
}

bool
app_quantizing_trusts_labels(const app_quantizing *c, const app_cost *k)
{
	return c->truth && k->iou > 0.2;
}

double
app_quantizing_loss(const app_quantizing *c, const app_cost *k)
{
	return app_quantizing_trusts_labels(c, k) ? k->lost : k->changed;
}
