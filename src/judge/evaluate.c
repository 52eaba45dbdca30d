/*
 * Evaluation: whole pictures (padded to what the network needs and cut back), counts summed over all of them. The loss
 * is computed for each picture by a small plan of its own and averaged over pictures.
 */
#include "judge/evaluate.h"
#include <string.h>
#include "judge/soft.h"
#include "model/model.h"

data_target_kind
judge_target_of(base_mode mode)
{
	return mode == BASE_MODE_BINARY    ? DATA_TARGET_BINARY
		: mode == BASE_MODE_MULTICLASS ? DATA_TARGET_INDEX
									   : DATA_TARGET_MULTILABEL;
}

/* The loss of one picture: a plan on logits and target of one size, made anew when the size changes. */
typedef struct loss_plan {
	graph_net *g;
	exec_store *store;
	exec_plan *plan;
	exec_context *context;
	int height, width;
	bool voids;
} loss_plan;

static void
loss_free(loss_plan *l)
{
	exec_context_free(l->context);
	exec_plan_free(l->plan);
	exec_store_free(l->store);
	graph_free(l->g);
	*l = (loss_plan){ .voids = l->voids };
}

static secant_status
loss_make(loss_plan *l, const judge_evaluation *e, int height, int width, secant_err *err)
{
	bool binary = e->mode == BASE_MODE_BINARY, index = e->mode == BASE_MODE_MULTICLASS;
	secant_shape logits = { 4, { 1, height, width, binary ? 1 : e->classes } }, target = logits;
	target.rank = index ? 3 : 4;
	loss_free(l);
	l->height = height, l->width = width;
	if (!(l->g = graph_new()))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the loss");
	nn_loss_input in = {
		.logits = graph_input(l->g, "logits", SECANT_F32, &logits),
		.target = graph_input(l->g, "target", index ? SECANT_I32 : SECANT_F32, &target),
		.mode = e->mode,
		.classes = e->classes,
		.has_ignore = e->ignore >= 0 || l->voids,
		.ignore = index ? e->ignore : -1,
	};
	graph_value loss = nn_loss_build(l->g, e->loss, &in, err);
	if (loss < 0 || !(l->store = exec_store_new(l->g, false, err)))
		return err ? err->code : SECANT_ERR_ARG;
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = e->threads };
	if (!(l->plan = exec_plan_new(l->g, l->store, &loss, 1, &o, err)) || !(l->context = exec_context_new(l->plan, err)))
		return err ? err->code : SECANT_ERR_NOMEM;
	return SECANT_OK;
}

/* `logits` and `target` dense at height x width. */
static secant_status
loss_of(loss_plan *l, const judge_evaluation *e, const float *logits, const void *target, int height, int width,
	double *sum, secant_err *err)
{
	secant_status status = SECANT_OK;
	if (!l->context || l->height != height || l->width != width)
		status = loss_make(l, e, height, width, err);
	if (status || (status = exec_context_set_input(l->context, "logits", logits, err))
		|| (status = exec_context_set_input(l->context, "target", target, err))
		|| (status = exec_context_run(l->context, err)))
		return status;
	*sum += (double)*(const float *)exec_context_output(l->context, 0);
	return SECANT_OK;
}

/* Cuts rows of `stride` down to `width`; both in elements of `size` bytes. Within one buffer this only moves forward.
 */
static void
cut(char *to, const char *from, int height, size_t width, size_t stride)
{
	for (int y = 0; y < height; y++)
		memmove(to + (size_t)y * width, from + (size_t)y * stride, width);
}

void
judge_own_part(const data_samples *s, int sample, int channels, size_t label, int stride, const float **v,
	const void **target, int *height, int *width)
{
	int h, w, top, left;
	data_samples_size(s, sample, &h, &w);
	data_samples_covered(s, sample, &top, &left);
	top = (int)((int64_t)top * *height / h), left = (int)((int64_t)left * *width / w); /* it may have been scaled */
	*v += ((int64_t)top * stride + left) * channels;
	*target = (const char *)*target + ((size_t)top * (size_t)stride + (size_t)left) * label;
	*height -= top, *width -= left;
}

static secant_status
count_batch(const judge_evaluation *e, const data_samples *s, const data_batch *b, const float *logits, loss_plan *l,
	float *dense, char *dense_target, judge_counts *counts, secant_err *err)
{
	int channels = e->mode == BASE_MODE_BINARY ? 1 : e->classes;
	size_t pixel = (size_t)channels * sizeof(float), label = e->mode == BASE_MODE_MULTICLASS ? sizeof(int32_t) : pixel;
	for (int i = 0; i < b->n; i++) {
		int all_h = b->sizes[2 * i], all_w = b->sizes[2 * i + 1], h = all_h, w = all_w;
		const float *all = logits + (int64_t)i * b->height * b->width * channels, *v = all;
		const char *labels = (const char *)b->target + (size_t)i * (size_t)b->height * (size_t)b->width * label;
		const void *target = labels;
		judge_own_part(s, b->sample[i], channels, label, b->width, &v, &target, &h, &w);
		secant_status status = judge_counts_add(
			counts, v, target, h, w, b->width, judge_cut_of((double)e->threshold, e->activated), e->ignore, err);
		if (status)
			return status;
		judge_soft soft = {
			.mode = e->mode, .classes = channels, .activated = e->activated, .background = true, .ignore = e->ignore
		};
		double dice = judge_soft_dice(&soft, v, target, h, w, b->width);
		counts->soft_dice += dice;
		counts->soft_iou += judge_soft_iou(dice);
		if (e->seen)
			e->seen(e->user, b->sample[i], all, labels, all_h, all_w, b->width);
		if (!e->loss)
			continue;
		cut((char *)dense, (const char *)v, h, (size_t)w * pixel, (size_t)b->width * pixel);
		cut(dense_target, target, h, (size_t)w * label, (size_t)b->width * label);
		status = loss_of(l, e, dense, dense_target, h, w, &counts->loss, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}

/* Whole pictures go together only where all have one size. */
static int
batch_of(const judge_evaluation *e, const data_samples *s)
{
	int height, width, h, w;
	data_samples_size(s, 0, &height, &width);
	for (int i = 1; i < data_samples_count(s) && e->size.n != 2; i++) {
		data_samples_size(s, i, &h, &w);
		if (h != height || w != width)
			return 1;
	}
	return e->batch;
}

static secant_status
run_batch(judge_evaluation *e, const secant_shape *shape, const void *input, const void **logits, secant_err *err)
{
	secant_tensor in = { SECANT_F32, *shape, (void *)(uintptr_t)input, NULL }, out = { 0 };
	judge_run run = e->turns ? judge_by_turns : judge_by_session; /* each piece is turned, as predictions have it */
	void *user = e->turns ? (void *)e->turns : e->session;
	secant_status status = judge_pieces_run(&e->pieces, run, user, e->mode, e->activated, e->side, &in, &out, err);
	*logits = out.data;
	return status;
}

secant_status
judge_evaluate_samples(judge_evaluation *e, const data_samples *s, judge_counts *counts, secant_err *err)
{
	data_loader_options o = { .batch = batch_of(e, s),
		.size = e->size,
		.resize = e->size.n == 2,
		.threads = e->loader_threads,
		.multiple = e->side ? 1 : e->multiple, /* pieces lie where they fit */
		.least = e->side > e->least ? e->side : e->least };
	loss_plan l = { .voids = data_samples_have_voids(s) };
	counts->never = e->never;
	secant_err own = { 0 };
	float *dense = NULL;
	char *dense_target = NULL;
	size_t room = 0;
	bool end = false;
	data_loader *loader = data_loader_new(s, &o, &own);
	if (loader && !data_loader_start(loader, 0, 0, &own))
		while (!own.code) {
			data_batch b;
			const void *logits;
			if (data_loader_next(loader, &b, &end, &own) || end)
				break;
			secant_shape in = { 4, { b.n, b.height, b.width, 0 } };
			in.dim[3] = data_samples_channels(s);
			size_t want = (size_t)b.height * (size_t)b.width * (size_t)(e->classes + 1) * sizeof(float);
			if (e->loss && want > room) {
				secant_free(dense), secant_free(dense_target);
				dense = base_alloc_aligned(want), dense_target = base_alloc_aligned(want);
				room = want;
				if (!dense || !dense_target) {
					secant_fail(&own, SECANT_ERR_NOMEM, "no memory to evaluate a picture of %dx%d", b.height, b.width);
					break;
				}
			}
			if (!run_batch(e, &in, b.input, &logits, &own))
				(void)!count_batch(e, s, &b, logits, &l, dense, dense_target, counts, &own);
			if (!own.code && e->cancelled && e->cancelled(e->user))
				secant_fail(&own, SECANT_ERR_CANCELLED, "interrupted");
		}
	loss_free(&l);
	judge_pieces_free(&e->pieces);
	secant_free(dense);
	secant_free(dense_target);
	data_loader_free(loader);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
