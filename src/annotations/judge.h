/* What the two evaluations share: detections, and the report. */
#ifndef ANN_JUDGE_H
#define ANN_JUDGE_H
#include "annotations/dataset.h"
#include "annotations/rle.h"

typedef struct ann_detection {
	double box[4];
	double score, area;
	int32_t image, class;
	uint32_t shape;
} ann_detection; /* box: x, y, w, h */
typedef struct ann_results {
	ann_detection *v;
	int n, capacity;
	ann_set shapes;
	bool boxes; /* the first one has a box */
	int strange; /* detections of categories that the set has not, and the first of these */
	int64_t first_strange;
} ann_results;

secant_status ann_results_json(ann_results *r, const ann_set *s, const char *path, secant_err *err);
secant_status ann_results_voc(ann_results *r, const ann_set *s, const char *folder, secant_err *err);
void ann_results_free(ann_results *r);

/* One curve: precision at rising recall. */
typedef struct ann_curve {
	double *recall, *precision;
	int n;
	double ap;
	int truths;
} ann_curve;
void ann_curves_free(ann_curve *c, int n);
/* A picture of the curves with a legend: names and AP. */
secant_status ann_draw_curves(
	const ann_set *s, const ann_curve *c, const char *title, const char *path, secant_err *err);

secant_status ann_eval_coco(const ann_set *s, const ann_results *r, const secant_dataset_judging *o, double numbers[12],
	ann_curve *curves, double (*per_class)[2], secant_err *err);
secant_status ann_eval_voc(const ann_set *s, const ann_results *r, const secant_dataset_judging *o, double *mean,
	ann_curve *curves, secant_err *err);
#endif
