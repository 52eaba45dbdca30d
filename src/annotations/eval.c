/* Evaluation of result files: options, the report, and the picture of the curves. */
#include "annotations/judge.h"
#include "base/file.h"
#include <cairo.h>
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

static char *
report(const ann_set *s, const secant_dataset_judging *o, const double numbers[12], const ann_curve *c,
	double (*per_class)[2])
{
	base_str t = { 0 };
	int shown = o->metric ? 1 : 12;
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
		base_str_add(&t, "\n  ]\n}\n");
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
	return base_str_take(&t);
}

secant_status
ann_draw_curves(const ann_set *s, const ann_curve *c, const char *title, const char *path, secant_err *err)
{
	int shown = s->n_classes < 24 ? s->n_classes : 24;
	const double w = 900, h = 560, left = 60, top = 40, pw = 520, ph = 460;
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)w, (int)h);
	cairo_t *cr = cairo_create(surface);
	char text[64];
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, 13);
	cairo_set_line_width(cr, 1);
	for (int i = 0; i <= 10; i++) {
		double x = left + pw * i / 10, y = top + ph - ph * i / 10;
		cairo_set_source_rgb(cr, .88, .88, .88);
		cairo_move_to(cr, x, top), cairo_line_to(cr, x, top + ph), cairo_stroke(cr);
		cairo_move_to(cr, left, y), cairo_line_to(cr, left + pw, y), cairo_stroke(cr);
		cairo_set_source_rgb(cr, .2, .2, .2);
		snprintf(text, sizeof text, "%.1f", i / 10.0);
		cairo_move_to(cr, x - 9, top + ph + 18), cairo_show_text(cr, text);
		cairo_move_to(cr, left - 28, y + 4), cairo_show_text(cr, text);
	}
	cairo_move_to(cr, left + pw / 2 - 22, top + ph + 40), cairo_show_text(cr, "recall");
	cairo_move_to(cr, left, top - 14), cairo_show_text(cr, title);
	cairo_set_line_width(cr, 2);
	for (int i = 0; i < shown; i++) {
		uint8_t rgb[3];
		secant_palette(i, rgb);
		cairo_set_source_rgb(cr, rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0);
		for (int k = 0; k < c[i].n; k++)
			cairo_line_to(cr, left + pw * c[i].recall[k], top + ph - ph * c[i].precision[k]);
		cairo_stroke(cr);
		cairo_rectangle(cr, left + pw + 24, top + 19.0 * i, 14, 10), cairo_fill(cr);
		cairo_set_source_rgb(cr, .1, .1, .1);
		snprintf(text, sizeof text, "%.34s  %.3f", ann_str(s, s->classes[i].name), c[i].ap);
		cairo_move_to(cr, left + pw + 44, top + 19.0 * i + 10), cairo_show_text(cr, text);
	}
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	secant_image im;
	secant_status status = secant_image_new(&im, (int)w, (int)h, 3, SECANT_U8, err);
	const unsigned char *pixels = cairo_image_surface_get_data(surface);
	for (int y = 0; !status && pixels && y < (int)h; y++)
		for (int x = 0; x < (int)w; x++) {
			uint32_t v;
			memcpy(&v, pixels + (size_t)y * (size_t)cairo_image_surface_get_stride(surface) + 4 * (size_t)x, 4);
			uint8_t *to = (uint8_t *)im.data + 3 * ((size_t)y * (size_t)w + (size_t)x);
			to[0] = (uint8_t)(v >> 16), to[1] = (uint8_t)(v >> 8), to[2] = (uint8_t)v;
		}
	cairo_surface_destroy(surface);
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
	if (!status && text && !(*text = report(s, options, own, curves, per_class)))
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
