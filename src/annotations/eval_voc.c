/*
 * PASCAL VOC average precision, as the development kit has it: a detection belongs to the object it overlaps most; it
 * is right when the overlap is above the limit and the object was not found before; difficult objects count neither
 * way. voc07: mean of the best precision at recall 0, 0.1, ..., 1; voc10: exact area under the monotone curve.
 */
#include "annotations/judge.h"
#include <stdlib.h>

typedef struct ranked {
	double score;
	int at;
} ranked;

static int
falling(const void *a, const void *b)
{
	const ranked *p = a, *q = b;
	return p->score != q->score ? p->score < q->score ? 1 : -1 : p->at > q->at ? 1 : p->at < q->at ? -1 : 0;
}

static double
overlap(const double *d, const ann_object *o, double plus)
{
	double dx1 = d[0] + d[2], dy1 = d[1] + d[3], x0 = ann_x0(o), y0 = ann_y0(o), x1 = ann_x1(o), y1 = ann_y1(o);
	double w = fmin(dx1, x1) - fmax(d[0], x0) + plus, h = fmin(dy1, y1) - fmax(d[1], y0) + plus;
	if (w <= 0 || h <= 0)
		return 0;
	return w * h / ((dx1 - d[0] + plus) * (dy1 - d[1] + plus) + (x1 - x0 + plus) * (y1 - y0 + plus) - w * h);
}

static double
average(const double *rc, const double *pr, int n, bool by_points)
{
	double ap = 0;
	if (by_points) {
		for (int t = 0; t <= 10; t++) {
			double best = 0;
			for (int i = 0; i < n; i++)
				if (rc[i] >= t * 0.1)
					best = fmax(best, pr[i]);
			ap += best / 11;
		}
		return ap;
	}
	double envelope = 0, next = n ? rc[n - 1] : 0;
	for (int i = n - 1; i >= 0; i--) {
		envelope = fmax(envelope, pr[i]);
		double before = i ? rc[i - 1] : 0;
		ap += (next - before) * envelope;
		next = before;
	}
	return ap;
}

static secant_status
judge_class(const ann_set *s, const ann_results *r, const secant_dataset_judging *o, int class, ann_curve *curve,
	secant_err *err)
{
	int n = 0, truths = 0;
	double tp = 0, fp = 0, plus = o->voc_plus_one ? 1 : 0;
	ranked *list = secant_calloc((size_t)r->n + 1, sizeof *list);
	uint8_t *found = secant_calloc((size_t)s->n_objects + 1, 1);
	double *rc = secant_calloc((size_t)r->n + 1, sizeof *rc), *pr = secant_calloc((size_t)r->n + 1, sizeof *pr);
	curve->recall = rc;
	curve->precision = pr;
	if (!list || !found || !rc || !pr) {
		secant_free(list), secant_free(found);
		return ann_nomem(err);
	}
	for (int i = 0; i < r->n; i++)
		if (r->v[i].class == class)
			list[n++] = (ranked){ r->v[i].score, i };
	for (int i = 0; i < s->n_objects; i++)
		truths += s->objects[i].class == class
			&& !(s->objects[i].flags & (ANN_DIFFICULT | ANN_CROWD | ANN_NO_BOX | ANN_VOID));
	qsort(list, (size_t)n, sizeof *list, falling);
	for (int i = 0; i < n; i++) {
		const ann_detection *d = &r->v[list[i].at];
		double best = -1;
		uint32_t at = 0;
		for (uint32_t k = s->first[d->image]; k < s->first[d->image + 1]; k++) {
			const ann_object *g = &s->objects[s->order[k]];
			double v = g->class == class && !(g->flags & (ANN_NO_BOX | ANN_VOID)) ? overlap(d->box, g, plus) : -1;
			if (v > best)
				best = v, at = s->order[k];
		}
		if (best > o->iou && s->objects[at].flags & (ANN_DIFFICULT | ANN_CROWD))
			;
		else if (best > o->iou && !found[at]) {
			found[at] = 1;
			tp++;
		} else
			fp++;
		rc[i] = truths ? tp / truths : 0;
		pr[i] = tp + fp > 0 ? tp / (tp + fp) : 0;
	}
	curve->n = n;
	curve->truths = truths;
	curve->ap = truths ? average(rc, pr, n, o->metric == 1) : -1;
	secant_free(list), secant_free(found);
	return SECANT_OK;
}

secant_status
ann_eval_voc(const ann_set *s, const ann_results *r, const secant_dataset_judging *o, double *mean, ann_curve *curves,
	secant_err *err)
{
	double sum = 0;
	int n = 0;
	for (int c = 0; c < s->n_classes; c++) {
		secant_status status = judge_class(s, r, o, c, &curves[c], err);
		if (status)
			return status;
		if (curves[c].ap >= 0) {
			sum += curves[c].ap;
			n++;
		}
	}
	*mean = n ? sum / n : -1;
	return SECANT_OK;
}
