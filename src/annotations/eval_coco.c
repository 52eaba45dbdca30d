/*
 * COCO detection metrics, equal to pycocotools' cocoeval.py to the bit (Lin and Dollar). Same order of every sort and
 * sum: stable sorts, numpy's linspace and pairwise summation. The twelve numbers: AP, AP50, AP75, AP small, medium,
 * large, AR 1, 10, 100, small, medium, large.
 */
#include "annotations/judge.h"
#include <stdlib.h>

enum { T = 10, R = 101, A = 4, M = 3, MOST = 100 };
static const double areas[A][2] = { { 0, 1e10 }, { 0, 1024 }, { 1024, 9216 }, { 9216, 1e10 } };
static const int max_dets[M] = { 1, 10, 100 };

typedef struct truth {
	const ann_object *o;
	double box[4], area;
	int64_t id;
	bool crowd;
	ann_rle rle;
	double rle_box[4];
} truth;
/* What one picture gives for one class and area range: matches of its first 100 detections at each threshold. */
typedef struct cell {
	int n_dt, n_gt_counted, first;
	bool any;
} cell;

typedef struct judge {
	const ann_set *s;
	const ann_results *r;
	const secant_dataset_judging *o;
	int *image_order, *class_order; /* by id */
	uint32_t *gt_first, *gt, *dt_first, *dt; /* by (class, picture): objects, detections */
	double threshold[T], recall[R];
	double *precision, *recalls; /* [T][R][K][A][M], [T][K][A][M] */
	int pairs_capacity;
	double *iou;
	size_t iou_capacity;
	truth *truths;
	int truths_capacity;
	ann_rle *masks;
	int masks_capacity;
	/* of the class being judged: detections of all pictures, in their order */
	double *score;
	uint8_t *matched, *ignored;
	int n_scores, scores_capacity, *rank;
} judge;

/* numpy's pairwise summation. */
static double
pairwise(const double *a, size_t n)
{
	if (n < 8) {
		double s = -0.0;
		for (size_t i = 0; i < n; i++)
			s += a[i];
		return s;
	}
	if (n <= 128) {
		double r[8];
		size_t i;
		memcpy(r, a, sizeof r);
		for (i = 8; i < n - n % 8; i += 8)
			for (int k = 0; k < 8; k++)
				r[k] += a[i + (size_t)k];
		double s = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
		for (; i < n; i++)
			s += a[i];
		return s;
	}
	size_t half = n / 2;
	half -= half % 8;
	return pairwise(a, half) + pairwise(a + half, n - half);
}

/* Stable, by falling key: merge sort, as numpy's mergesort of the negated scores. NaN does not occur. */
static void
sort_falling(int *index, int *room, int n, const double *key)
{
	for (int width = 1; width < n; width *= 2) {
		for (int i = 0; i < n; i += 2 * width) {
			int a = i, b = i + width < n ? i + width : n, end_a = b, end_b = i + 2 * width < n ? i + 2 * width : n;
			for (int k = i; k < end_b; k++)
				room[k] = a < end_a && (b >= end_b || key[index[a]] >= key[index[b]]) ? index[a++] : index[b++];
		}
		memcpy(index, room, (size_t)n * sizeof *index);
	}
}

static double
box_iou(const double *d, const double *g, bool crowd)
{
	double ga = g[2] * g[3], da = d[2] * d[3];
	double w = fmin(d[2] + d[0], g[2] + g[0]) - fmax(d[0], g[0]);
	if (w <= 0)
		return 0;
	double h = fmin(d[3] + d[1], g[3] + g[1]) - fmax(d[1], g[1]);
	if (h <= 0)
		return 0;
	double i = w * h, u = crowd ? da : da + ga - i;
	return i / u;
}

typedef struct by_id {
	int64_t id;
	int at;
} by_id;

static int
rising(const void *a, const void *b)
{
	const by_id *p = a, *q = b;
	return p->id != q->id ? p->id > q->id ? 1 : -1 : p->at > q->at ? 1 : p->at < q->at ? -1 : 0;
}

static int *
order_of(const ann_set *s, bool images, secant_err *err)
{
	int n = images ? s->n_images : s->n_classes, *order = secant_calloc((size_t)n + 1, sizeof *order);
	by_id *v = secant_calloc((size_t)n + 1, sizeof *v);
	if (!order || !v) {
		secant_free(order), secant_free(v);
		(void)ann_nomem(err);
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		int64_t id = images ? s->images[i].id : s->classes[i].id;
		v[i] = (by_id){ id == ANN_NO_ID ? i + 1 : id, i };
	}
	qsort(v, (size_t)n, sizeof *v, rising);
	for (int i = 0; i < n; i++)
		order[i] = v[i].at;
	secant_free(v);
	return order;
}

/* Counting sort of objects and detections by class and picture; order in the file is kept. */
static secant_status
group(judge *j, secant_err *err)
{
	const ann_set *s = j->s;
	size_t cells = (size_t)s->n_classes * (size_t)s->n_images;
	j->gt_first = secant_calloc(cells + 2, sizeof *j->gt_first);
	j->dt_first = secant_calloc(cells + 2, sizeof *j->dt_first);
	j->gt = secant_calloc((size_t)s->n_objects + 1, sizeof *j->gt);
	j->dt = secant_calloc((size_t)j->r->n + 1, sizeof *j->dt);
	if (!j->gt_first || !j->dt_first || !j->gt || !j->dt)
		return ann_nomem(err);
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < s->n_objects; i++) {
			const ann_object *o = &s->objects[i];
			if (o->class < 0 || o->flags & (ANN_NO_BOX | ANN_VOID))
				continue;
			size_t c = (size_t)o->class * (size_t)s->n_images + (size_t)o->image;
			if (pass)
				j->gt[j->gt_first[c + 1]++] = (uint32_t)i;
			else
				j->gt_first[c + 2]++;
		}
		for (int i = 0; i < j->r->n; i++) {
			if (j->r->v[i].class < 0)
				continue;
			size_t c = (size_t)j->r->v[i].class * (size_t)s->n_images + (size_t)j->r->v[i].image;
			if (pass)
				j->dt[j->dt_first[c + 1]++] = (uint32_t)i;
			else
				j->dt_first[c + 2]++;
		}
		for (size_t c = 0; !pass && c < cells; c++) {
			j->gt_first[c + 2] += j->gt_first[c + 1];
			j->dt_first[c + 2] += j->dt_first[c + 1];
		}
	}
	return SECANT_OK;
}

static secant_status
mask_of(const ann_set *s, const ann_set *shapes, uint32_t shape, const double *box, int image, ann_rle *rle,
	secant_err *err)
{
	const ann_image *im = &s->images[image];
	if (shape && ann_shape_kind(shapes, shape) == ANN_RLE)
		return ann_rle_shape(
			rle, shapes, shape, (uint32_t)shapes->shapes[shape + 1], (uint32_t)shapes->shapes[shape + 2], err);
	secant_status status = ann_need_size(s, im, "a mask", err);
	if (status)
		return status;
	if (shape)
		return ann_rle_shape(rle, shapes, shape, (uint32_t)im->height, (uint32_t)im->width, err);
	const double x0 = box[0], y0 = box[1], x1 = box[0] + box[2], y1 = box[1] + box[3],
				 xy[8] = { x0, y0, x0, y1, x1, y1, x1, y0 };
	return ann_rle_polygon(rle, xy, 4, (uint32_t)im->height, (uint32_t)im->width, err);
}

/* Ground truths of a cell, and the IoU of its first 100 detections (sorted) with each: iou[d * n_gt + g]. */
static secant_status
prepare(judge *j, const uint32_t *dt, const int *sorted, int n_dt, const uint32_t *gt, int n_gt, secant_err *err)
{
	const ann_set *s = j->s;
	bool masks = j->o->kind == 1;
	secant_status status = SECANT_OK;
	while (j->truths_capacity < n_gt)
		if (base_grow((void **)&j->truths, &j->truths_capacity, j->truths_capacity, sizeof *j->truths))
			return ann_nomem(err);
	if ((size_t)n_dt * (size_t)n_gt > j->iou_capacity) {
		size_t next = (size_t)n_dt * (size_t)n_gt * 2;
		double *p = base_realloc(j->iou, next, sizeof *p);
		if (!p)
			return ann_nomem(err);
		j->iou = p;
		j->iou_capacity = next;
	}
	for (int g = 0; g < n_gt; g++) {
		const ann_object *o = &s->objects[gt[g]];
		truth *t = &j->truths[g];
		*t = (truth){
			.o = o,
			.box = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) },
			.area = ann_area(s, o),
			.id = o->id == ANN_NO_ID ? (int64_t)gt[g] + 1 : o->id,
			.crowd = (o->flags & ANN_CROWD) != 0,
		};
		if (masks && !status) {
			status = mask_of(s, s, o->shape, t->box, o->image, &t->rle, err);
			if (!status)
				ann_rle_box(&t->rle, t->rle_box);
		}
	}
	for (int d = 0; d < n_dt && !status; d++) {
		const ann_detection *e = &j->r->v[dt[sorted[d]]];
		ann_rle rle = { 0 };
		double box[4];
		if (masks && n_gt) {
			status = mask_of(s, &j->r->shapes, e->shape, e->box, e->image, &rle, err);
			if (!status)
				ann_rle_box(&rle, box);
		}
		for (int g = 0; g < n_gt && !status; g++) {
			const truth *t = &j->truths[g];
			double v = box_iou(masks ? box : e->box, masks ? t->rle_box : t->box, t->crowd);
			j->iou[(size_t)d * (size_t)n_gt + (size_t)g] = masks && v > 0 ? ann_rle_iou(&rle, &t->rle, t->crowd) : v;
		}
		ann_rle_free(&rle);
	}
	for (int g = 0; masks && g < n_gt; g++)
		ann_rle_free(&j->truths[g].rle);
	return status;
}

/* Greedy matching at every threshold for one area range. Appends n_dt columns of T rows to matched and ignored. */
static int
match(judge *j, const uint32_t *dt, const int *sorted, int n_dt, int n_gt, int area, int *order, uint8_t *skip,
	uint8_t *taken, uint8_t *matched, uint8_t *ignored)
{
	int counted = 0, n = 0;
	for (int g = 0; g < n_gt; g++) {
		const truth *t = &j->truths[g];
		skip[g] = t->crowd || t->area < areas[area][0] || t->area > areas[area][1];
		counted += !skip[g];
	}
	for (int pass = 0; pass < 2; pass++) /* not ignored first, order kept */
		for (int g = 0; g < n_gt; g++)
			if (skip[g] == pass)
				order[n++] = g;
	for (int t = 0; t < T; t++) {
		memset(taken, 0, (size_t)n_gt);
		for (int d = 0; d < n_dt; d++) {
			const ann_detection *e = &j->r->v[dt[sorted[d]]];
			const double *iou = j->iou + (size_t)d * (size_t)n_gt;
			double best = fmin(j->threshold[t], 1 - 1e-10);
			int found = -1;
			for (int k = 0; k < n_gt; k++) {
				int g = order[k];
				if (taken[g] && !j->truths[g].crowd)
					continue;
				if (found >= 0 && !skip[found] && skip[g])
					break;
				if (iou[g] < best)
					continue;
				best = iou[g];
				found = g;
			}
			bool hit = false, out = false;
			if (found >= 0) {
				taken[found] = 1;
				out = skip[found];
				hit = !(j->o->compat_id0 && j->truths[found].id == 0);
			}
			if (!hit && (e->area < areas[area][0] || e->area > areas[area][1]))
				out = true;
			matched[(size_t)d * T + (size_t)t] = hit;
			ignored[(size_t)d * T + (size_t)t] = out;
		}
	}
	return counted;
}

static double *
at_precision(judge *j, int t, int r, int k, int a, int m)
{
	return &j->precision[((((size_t)t * R + (size_t)r) * (size_t)j->s->n_classes + (size_t)k) * A + (size_t)a) * M
		+ (size_t)m];
}

static double *
at_recall(judge *j, int t, int k, int a, int m)
{
	return &j->recalls[(((size_t)t * (size_t)j->s->n_classes + (size_t)k) * A + (size_t)a) * M + (size_t)m];
}

typedef struct column {
	double score;
	uint32_t at;
	int rank;
} column; /* at: row of matched and ignored; rank within its picture */

/* Precision and recall of one class and area range from all its detections, in the order of pictures. */
static secant_status
accumulate(judge *j, int k, int a, const column *all, int n_all, const uint8_t *matched, const uint8_t *ignored,
	int truths, ann_curve *curve, secant_err *err)
{
	int *index = secant_calloc((size_t)n_all + 1, sizeof *index),
		*room = secant_calloc((size_t)n_all + 1, sizeof *room);
	double *score = secant_calloc((size_t)n_all + 1, sizeof *score), *rc = secant_calloc((size_t)n_all + 1, sizeof *rc),
		   *pr = secant_calloc((size_t)n_all + 1, sizeof *pr);
	secant_status status = index && room && score && rc && pr ? SECANT_OK : ann_nomem(err);
	for (int m = 0; m < M && !status; m++) {
		int n = 0;
		for (int i = 0; i < n_all; i++)
			if (all[i].rank < max_dets[m])
				index[n++] = i;
		for (int i = 0; i < n_all; i++)
			score[i] = all[i].score;
		sort_falling(index, room, n, score);
		for (int t = 0; t < T; t++) {
			double tp = 0, fp = 0;
			for (int i = 0; i < n; i++) {
				size_t at = (size_t)all[index[i]].at * T + (size_t)t;
				tp += matched[at] && !ignored[at];
				fp += !matched[at] && !ignored[at];
				rc[i] = tp / truths;
				pr[i] = tp / (fp + tp + 0x1p-52);
			}
			*at_recall(j, t, k, a, m) = n ? rc[n - 1] : 0;
			for (int i = n - 1; i > 0; i--)
				if (pr[i] > pr[i - 1])
					pr[i - 1] = pr[i];
			for (int r = 0, i = 0; r < R; r++) {
				while (i < n && rc[i] < j->recall[r])
					i++;
				*at_precision(j, t, r, k, a, m) = i < n ? pr[i] : 0;
			}
			if (curve && t == 0 && a == 0 && m == M - 1) {
				curve->n = R;
				curve->recall = secant_calloc(R, sizeof *curve->recall);
				curve->precision = secant_calloc(R, sizeof *curve->precision);
				for (int r = 0; r < R && curve->recall && curve->precision; r++) {
					curve->recall[r] = j->recall[r];
					curve->precision[r] = *at_precision(j, t, r, k, a, m);
				}
				curve->truths = truths;
			}
		}
	}
	secant_free(index), secant_free(room), secant_free(score), secant_free(rc), secant_free(pr);
	return status;
}

/* One class: every picture is prepared once, and matched for the four area ranges. */
static secant_status
judge_class(judge *j, int k, ann_curve *curve, secant_err *err)
{
	const ann_set *s = j->s;
	int class = j->class_order[k], most_gt = 1, total = 0;
	const size_t base = (size_t) class * (size_t)s->n_images;
	for (int i = 0; i < s->n_images; i++) {
		int n_gt = (int)(j->gt_first[base + (size_t)i + 1] - j->gt_first[base + (size_t)i]),
			n_dt = (int)(j->dt_first[base + (size_t)i + 1] - j->dt_first[base + (size_t)i]);
		most_gt = n_gt > most_gt ? n_gt : most_gt;
		total += n_dt < MOST ? n_dt : MOST;
	}
	int longest = 1;
	for (int i = 0; i < s->n_images; i++) {
		int n_dt = (int)(j->dt_first[base + (size_t)i + 1] - j->dt_first[base + (size_t)i]);
		longest = n_dt > longest ? n_dt : longest;
	}
	uint8_t *flags[A][2] = { { 0 } }, *skip = secant_calloc((size_t)most_gt, 1),
			*taken = secant_calloc((size_t)most_gt, 1);
	int *order = secant_calloc((size_t)most_gt, sizeof *order),
		*sorted = secant_calloc((size_t)longest, sizeof *sorted), *room = secant_calloc((size_t)longest, sizeof *room);
	double *score = secant_calloc((size_t)longest, sizeof *score);
	column *all = secant_calloc((size_t)total + 1, sizeof *all);
	secant_status status = skip && taken && order && sorted && room && score && all ? SECANT_OK : ann_nomem(err);
	for (int a = 0; a < A; a++)
		for (int f = 0; f < 2; f++)
			if (!(flags[a][f] = secant_calloc((size_t)total * T + 1, 1)))
				status = ann_nomem(err);
	int n_all = 0, truths[A] = { 0 };
	for (int i = 0; i < s->n_images && !status; i++) {
		size_t c = base + (size_t)j->image_order[i];
		const uint32_t *gt = j->gt + j->gt_first[c], *dt = j->dt + j->dt_first[c];
		int n_gt = (int)(j->gt_first[c + 1] - j->gt_first[c]), n_dt = (int)(j->dt_first[c + 1] - j->dt_first[c]);
		if (!n_gt && !n_dt)
			continue;
		for (int d = 0; d < n_dt; d++) {
			sorted[d] = d;
			score[d] = j->r->v[dt[d]].score;
		}
		sort_falling(sorted, room, n_dt, score);
		n_dt = n_dt < MOST ? n_dt : MOST;
		status = prepare(j, dt, sorted, n_dt, gt, n_gt, err);
		for (int a = 0; a < A && !status; a++)
			truths[a] += match(j, dt, sorted, n_dt, n_gt, a, order, skip, taken, flags[a][0] + (size_t)n_all * T,
				flags[a][1] + (size_t)n_all * T);
		for (int d = 0; d < n_dt; d++, n_all++)
			all[n_all] = (column){ score[sorted[d]], (uint32_t)n_all, d };
	}
	for (int a = 0; a < A && !status; a++)
		if (truths[a])
			status = accumulate(j, k, a, all, n_all, flags[a][0], flags[a][1], truths[a], a ? NULL : curve, err);
	for (int a = 0; a < A; a++)
		secant_free(flags[a][0]), secant_free(flags[a][1]);
	secant_free(skip), secant_free(taken), secant_free(order), secant_free(sorted), secant_free(room),
		secant_free(score), secant_free(all);
	return status;
}

/* Mean of the stored values above -1: over thresholds t0..t1, and one class or all (k -1). */
static double
mean(judge *j, bool recall, int t0, int t1, int k_only, int a, int m, double *room)
{
	size_t n = 0;
	for (int t = t0; t < t1; t++)
		for (int r = 0; r < (recall ? 1 : R); r++)
			for (int k = 0; k < j->s->n_classes; k++) {
				double v = recall ? *at_recall(j, t, k, a, m) : *at_precision(j, t, r, k, a, m);
				if (v > -1 && (k_only < 0 || k == k_only))
					room[n++] = v;
			}
	return n ? pairwise(room, n) / (double)n : -1;
}

secant_status
ann_eval_coco(const ann_set *s, const ann_results *r, const secant_dataset_judging *o, double numbers[12],
	ann_curve *curves, double (*per_class)[2], secant_err *err)
{
	judge j = { .s = s, .r = r, .o = o };
	size_t k = (size_t)s->n_classes, cells = (size_t)T * R * k * A * M;
	for (int i = 0; i < T; i++)
		j.threshold[i] = i * ((0.95 - 0.5) / 9) + 0.5;
	for (int i = 0; i < R; i++)
		j.recall[i] = i * 0.01;
	j.threshold[T - 1] = 0.95;
	j.recall[R - 1] = 1;
	if (k > 20000 || k * (size_t)s->n_images > (size_t)1 << 31)
		return secant_fail(err, SECANT_ERR_RANGE, "%d classes on %d pictures are too many to evaluate at once",
			s->n_classes, s->n_images);
	j.image_order = order_of(s, true, err);
	j.class_order = order_of(s, false, err);
	j.precision = secant_calloc(cells + 1, sizeof *j.precision);
	j.recalls = secant_calloc((size_t)T * k * A * M + 1, sizeof *j.recalls);
	double *room = secant_calloc((size_t)T * R * k + 1, sizeof *room);
	secant_status status = j.image_order && j.class_order && j.precision && j.recalls && room ? SECANT_OK
																							  : ann_nomem(err);
	for (size_t i = 0; !status && i < cells; i++)
		j.precision[i] = -1;
	for (size_t i = 0; !status && i < (size_t)T * k * A * M; i++)
		j.recalls[i] = -1;
	if (!status)
		status = group(&j, err);
	for (int i = 0; i < s->n_classes && !status; i++)
		status = judge_class(&j, i, curves ? &curves[j.class_order[i]] : NULL, err);
	if (!status) {
		static const int at[12][4] = {
			{ 0, -1, 0, 2 },
			{ 0, 0, 0, 2 },
			{ 0, 5, 0, 2 },
			{ 0, -1, 1, 2 },
			{ 0, -1, 2, 2 },
			{ 0, -1, 3, 2 },
			{ 1, -1, 0, 0 },
			{ 1, -1, 0, 1 },
			{ 1, -1, 0, 2 },
			{ 1, -1, 1, 2 },
			{ 1, -1, 2, 2 },
			{ 1, -1, 3, 2 },
		};
		for (int i = 0; i < 12; i++)
			numbers[i] = mean(&j, at[i][0], at[i][1] < 0 ? 0 : at[i][1], at[i][1] < 0 ? T : at[i][1] + 1, -1, at[i][2],
				at[i][3], room);
		for (int i = 0; i < s->n_classes; i++) {
			per_class[j.class_order[i]][0] = mean(&j, false, 0, T, i, 0, 2, room);
			per_class[j.class_order[i]][1] = mean(&j, false, 0, 1, i, 0, 2, room);
			if (curves)
				curves[j.class_order[i]].ap = per_class[j.class_order[i]][1];
		}
	}
	secant_free(j.image_order), secant_free(j.class_order), secant_free(j.precision), secant_free(j.recalls),
		secant_free(room);
	secant_free(j.gt_first), secant_free(j.gt), secant_free(j.dt_first), secant_free(j.dt), secant_free(j.iou),
		secant_free(j.truths);
	return status;
}
