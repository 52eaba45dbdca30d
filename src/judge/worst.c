/* The worst pictures of an evaluation, and the search for a threshold on its way. See worst.h. */
#include "judge/worst.h"
#include <stdlib.h>
#include <secant/codec.h>
#include "base/file.h"

void
judge_collect(void *user, int sample, const float *outputs, const void *target, int height, int width, int stride)
{
	judge_collector *c = user;
	double score = judge_counts_picture(c->counts, c->counts->images - 1);
	judge_view view = {
		.samples = c->samples,
		.sample = sample,
		.mode = c->e->mode,
		.classes = c->e->classes,
		.ignore = c->e->ignore,
		.never = c->e->never,
		.background = c->background,
		.outputs = outputs,
		.target = target,
		.cut = judge_cut_of((double)c->e->threshold, c->e->activated),
		.height = height,
		.width = width,
		.stride = stride,
		.palette = (const uint8_t(*)[3])c->palette,
		.n_palette = c->n_palette,
	};
	if (c->thresholds) {
		int channels = c->e->mode == BASE_MODE_BINARY ? 1 : c->e->classes;
		judge_own_part(
			c->samples, sample, channels, (size_t)channels * sizeof(float), stride, &outputs, &target, &height, &width);
		judge_thresholds_add(c->thresholds, channels, outputs, c->e->activated, target, height, width, stride);
	}
	c->list[c->n++] = (judge_rank){ score, sample };
	if (!c->err.code)
		(void)!judge_cases_take(&c->cases, &view, score, &c->err);
}

static int
by_score(const void *a, const void *b)
{
	const judge_rank *x = a, *y = b;
	return x->score < y->score ? -1 : x->score > y->score ? 1 : x->sample - y->sample;
}

secant_status
judge_collector_write(const judge_collector *c, const char *folder, secant_err *err)
{
	char *path = base_path_join(folder, "worst.txt");
	secant_status status = path ? secant_make_dirs(folder, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	base_writer *w = status ? NULL : base_writer_open(path, err);
	qsort(c->list, (size_t)c->n, sizeof *c->list, by_score);
	if (!w)
		status = err ? err->code : SECANT_ERR_IO;
	for (int i = 0; i < c->n && !status; i++)
		status = base_writer_printf(
			w, err, "%.6f\t%s\n", c->list[i].score, data_samples_image_path(c->samples, c->list[i].sample));
	for (int i = 0; i < c->cases.n && !status; i++) {
		const judge_case *k = &c->cases.v[i];
		char *stem = base_path_stem(data_samples_image_path(c->samples, k->sample));
		char *file = stem ? base_format("%s/%02d-%.3f-%s.png", folder, i + 1, k->score, stem) : NULL;
		status = file ? secant_image_write(&k->sheet, file, NULL, err)
					  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		secant_free(stem), secant_free(file);
	}
	secant_free(path);
	if (status) {
		base_writer_abort(w);
		return status;
	}
	return base_writer_commit(w, err);
}

void
judge_collector_free(judge_collector *c)
{
	secant_free(c->list);
	secant_free(c->thresholds);
	secant_free(c->palette);
	judge_cases_free(&c->cases);
	*c = (judge_collector){ 0 };
}
