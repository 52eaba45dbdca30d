/* Evaluation of result files: options, the report, and the picture of the curves. */
#include "annotations/judge.h"
#include "base/file.h"
#include "draw/paper.h"
#include <secant/codec.h>
#include <secant/palette.h>
#include <stdio.h>

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(secant_dataset_judging, metric, "metric", "coco", "coco|voc07|voc10",
		"COCO's twelve numbers, or VOC's AP by 11 points or by area"),
	SECANT_OPT_CHOICE(secant_dataset_judging, kind, "kind", "bbox", "bbox|segm", "coco: boxes or masks"),
	SECANT_OPT(secant_dataset_judging, iou, REAL, "iou", "0.5", 0, 1, "voc: overlap above which a detection is right"),
	SECANT_OPT(secant_dataset_judging, voc_plus_one, BOOL, "plus-one", "true", 1, 0,
		"voc: widths count both border pixels, as in the development kit"),
	SECANT_OPT(secant_dataset_judging, compat_id0, BOOL, "id0-compat", "true", 1, 0,
		"coco: a match with annotation id 0 counts as none, as in pycocotools"),
	SECANT_OPT(
		secant_dataset_judging, curves, STR, "curves", NULL, 1, 0, "picture of the precision-recall curves (IoU 0.5)"),
	SECANT_OPT_CHOICE(secant_dataset_judging, format, "format", "text", "text|json", "of the report"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_judging_options = { "judging", sizeof(secant_dataset_judging), rows };

static const char *const titles[12] = { "AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10",
	"AR100", "AR_small", "AR_medium", "AR_large" };

void
ann_curves_free(ann_curve *c, int n)
{
	for (int i = 0; c && i < n; i++)
		secant_free(c[i].recall), secant_free(c[i].precision);
	secant_free(c);
}

static void
put_number(base_str *t, double v)
{
	base_str_addf(t, "%.17g", v);
}

/* COCO's -1 says that there is nothing to judge. */
static void
put_share(base_str *t, const char *before, double v)
{
	if (v < 0)
		base_str_addf(t, "%s%8s", before, "-");
	else
		base_str_addf(t, "%s%8.4f", before, v);
}

/* What detections say about themselves: numbers of classes that the set has not, corners or shares instead of sizes in
 * pixels. They are judged as they stand; a low score then has a reason. */
enum { DOUBTS = 3 };
static int
doubt(const ann_set *s, const ann_results *r, char line[DOUBTS][200])
{
	int n = 0, beyond = 0, corners = 0, shares = 0, sized = 0;
	for (int i = 0; r->boxes && i < r->n; i++) {
		const double *b = r->v[i].box;
		double w = s->images[r->v[i].image].width, h = s->images[r->v[i].image].height;
		if (w < 8 || h < 8)
			continue;
		sized++;
		beyond += b[0] + b[2] > w + 1 || b[1] + b[3] > h + 1;
		corners += b[2] > b[0] && b[3] > b[1] && b[2] <= w + 1 && b[3] <= h + 1;
		shares += fmax(fmax(b[0], b[1]), fmax(b[2], b[3])) <= 1.001;
	}
	if (r->strange)
		(void)snprintf(line[n++], sizeof *line,
			"%d of %d detections have a category that the data set has not, the first is %lld: they were not judged",
			r->strange, r->n, (long long)r->first_strange);
	if (beyond > sized / 4 && corners == sized)
		(void)snprintf(line[n++], sizeof *line,
			"%d of %d boxes reach beyond their pictures: are the last two numbers corners, not width and height?",
			beyond, r->n);
	if (sized && shares == sized)
		(void)snprintf(
			line[n++], sizeof *line, "all boxes lie within 0 and 1: are they shares of pictures, not pixels?");
	return n;
}

static char *
report(const ann_set *s, const ann_results *r, const secant_dataset_judging *o, const double numbers[12],
	const ann_curve *c, double (*per_class)[2])
{
	base_str t = { 0 };
	char line[DOUBTS][200];
	int doubts = doubt(s, r, line), shown = o->metric ? 1 : 12;
	if (o->format == 1) {
		base_str_add(&t, "{");
		for (int i = 0; i < shown; i++) {
			base_str_addf(&t, "%s\n  \"%s\": ", i ? "," : "", o->metric ? "mAP" : titles[i]);
			put_number(&t, numbers[i]);
		}
		base_str_add(&t, ",\n  \"per_class\": [");
		for (int i = 0; i < s->n_classes; i++) {
			const char *name = ann_str(s, s->classes[i].name);
			base_str_addf(&t, "%s\n    {\"name\": ", i ? "," : "");
			ann_json_string(&t, name, strlen(name));
			base_str_addf(&t, ", \"objects\": %d, \"AP\": ", c[i].truths);
			put_number(&t, o->metric ? c[i].ap : per_class[i][0]);
			if (!o->metric) {
				base_str_add(&t, ", \"AP50\": ");
				put_number(&t, per_class[i][1]);
			}
			base_str_add(&t, "}");
		}
		base_str_add(&t, "\n  ],\n  \"remarks\": [");
		for (int i = 0; i < doubts; i++) {
			base_str_add(&t, i ? ", " : "");
			ann_json_string(&t, line[i], strlen(line[i]));
		}
		base_str_add(&t, "]\n}\n");
		return base_str_take(&t);
	}
	for (int i = 0; i < shown; i++) {
		base_str_addf(&t, "%-10s", o->metric ? "mAP" : titles[i]);
		put_share(&t, " ", numbers[i]);
		base_str_add(&t, "\n");
	}
	base_str_addf(&t, "\n%-28s %8s %8s%s\n", "class", "objects", "AP", o->metric ? "" : "     AP50");
	for (int i = 0; i < s->n_classes; i++) {
		base_str_addf(&t, "%-28s %8d", ann_str(s, s->classes[i].name), c[i].truths);
		put_share(&t, " ", o->metric ? c[i].ap : per_class[i][0]);
		if (!o->metric)
			put_share(&t, " ", per_class[i][1]);
		base_str_add(&t, "\n");
	}
	for (int i = 0; i < doubts; i++)
		base_str_addf(&t, "%s%s\n", i ? "" : "\n", line[i]);
	return base_str_take(&t);
}

secant_status
ann_draw_curves(const ann_set *s, const ann_curve *c, const char *title, const char *path, secant_err *err)
{
	int shown = s->n_classes < 24 ? s->n_classes : 24;
	const double w = 900, h = 560, left = 60, top = 40, pw = 520, ph = 460;
	char text[64];
	draw_paper *p = draw_paper_new((int)w, (int)h, err);
	if (!p)
		return SECANT_ERR_NOMEM;
	draw_paper_font(p, 13, false);
	draw_paper_pen(p, 1);
	for (int i = 0; i <= 10; i++) {
		double x = left + pw * i / 10, y = top + ph - ph * i / 10;
		draw_paper_grey(p, .88);
		draw_paper_path(p, (const double[]){ x, top, x, top + ph }, 2, false);
		draw_paper_stroke(p);
		draw_paper_path(p, (const double[]){ left, y, left + pw, y }, 2, false);
		draw_paper_stroke(p);
		draw_paper_grey(p, .2);
		snprintf(text, sizeof text, "%.1f", i / 10.0);
		draw_paper_text(p, x - 9, top + ph + 18, text);
		draw_paper_text(p, left - 28, y + 4, text);
	}
	draw_paper_text(p, left + pw / 2 - 22, top + ph + 40, "recall");
	draw_paper_text(p, left, top - 14, title);
	draw_paper_pen(p, 2);
	for (int i = 0; i < shown; i++) {
		uint8_t rgb[3];
		secant_palette(i, rgb);
		draw_paper_ink(p, rgb, 1);
		for (int k = 0; k < c[i].n; k++)
			draw_paper_to(p, left + pw * c[i].recall[k], top + ph - ph * c[i].precision[k]);
		draw_paper_stroke(p);
		draw_paper_fill_box(p, left + pw + 24, top + 19.0 * i, 14, 10);
		draw_paper_grey(p, .1);
		snprintf(text, sizeof text, "%.34s  %.3f", ann_str(s, s->classes[i].name), c[i].ap);
		draw_paper_text(p, left + pw + 44, top + 19.0 * i + 10, text);
	}
	secant_image im;
	secant_status status = draw_paper_take(p, &im, err);
	draw_paper_free(p);
	if (!status)
		status = secant_image_write(&im, path, NULL, err);
	secant_image_free(&im);
	return status;
}

secant_status
secant_dataset_eval(const secant_dataset *d, const char *results, const secant_dataset_judging *options,
	double numbers[12], char **text, secant_err *err)
{
	const ann_set *s = &d->set;
	ann_results r = { 0 };
	double own[12] = { 0 };
	if (text)
		*text = NULL;
	secant_status status = secant_is_dir(results) ? ann_results_voc(&r, s, results, err)
												  : ann_results_json(&r, s, results, err);
	ann_curve *curves = secant_calloc((size_t)s->n_classes + 1, sizeof *curves);
	double(*per_class)[2] = secant_calloc((size_t)s->n_classes + 1, sizeof *per_class);
	if (!status && (!curves || !per_class))
		status = ann_nomem(err);
	if (!status)
		status = options->metric ? ann_eval_voc(s, &r, options, own, curves, err)
								 : ann_eval_coco(s, &r, options, own, curves, per_class, err);
	if (!status && text && !(*text = report(s, &r, options, own, curves, per_class)))
		status = ann_nomem(err);
	if (!status && options->curves)
		status = ann_draw_curves(s, curves, "precision over recall, IoU 0.5", options->curves, err);
	if (!status && numbers)
		memcpy(numbers, own, sizeof own);
	if (status && text) {
		secant_free(*text);
		*text = NULL;
	}
	ann_curves_free(curves, s->n_classes);
	secant_free(per_class);
	ann_results_free(&r);
	return status;
}
