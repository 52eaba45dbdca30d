/*
 * A page of HTML that stands alone: figures as SVG elements, pictures as data, no scripts, nothing from elsewhere. Text
 * from data sets (class names, paths) is escaped.
 */
#include "judge/page.h"
#include <math.h>
#include <secant/codec.h>
#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"

enum { MOST_CLASSES = 60 }; /* of a matrix that is drawn */

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:1060px;margin:2em auto;padding:0 1em}"
	"h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #ddd}"
	"table{border-collapse:collapse;margin:.8em 0}td,th{padding:.25em .8em;text-align:right;border-bottom:1px solid "
	"#e4e4e4;font-variant-numeric:tabular-nums}"
	"td:first-child,th:first-child{text-align:left}svg,img{max-width:100%;height:auto}figure{margin:1em "
	"0}figcaption{color:#555;font-size:.9em}"
	"pre{background:#f6f6f6;padding:1em;overflow:auto;font-size:13px}.key{display:inline-block;width:.9em;height:.9em;"
	"margin:0 .3em 0 1em;vertical-align:-.1em}";

static void
put_number(base_str *s, double v)
{
	if (isnan(v))
		base_str_add(s, "<td>&ndash;</td>");
	else
		base_str_addf(s, "<td>%.4f</td>", v);
}

static void
put_facts(base_str *s, const judge_page *p)
{
	base_str_add(s, "<table>\n");
	for (int i = 0; i < p->n_facts; i++) {
		base_str_add(s, "<tr><td>");
		base_str_add_markup(s, p->facts[i].name);
		base_str_add(s, "</td><td>");
		base_str_add_markup(s, p->facts[i].text);
		base_str_add(s, "</td></tr>\n");
	}
	base_str_add(s, "</table>\n");
}

static secant_status
put_drawing(base_str *s, char *svg)
{
	if (!svg)
		return SECANT_ERR_NOMEM;
	base_str_add(s, "<figure>");
	base_str_add(s, svg);
	base_str_add(s, "</figure>\n");
	secant_free(svg);
	return SECANT_OK;
}

/* ---- scores ---- */

static void
put_scores(base_str *s, const secant_scores *c)
{
	const struct {
		const char *name;
		double value;
	} row[] = {
		{ "IoU", c->iou },
		{ "F1 (dice)", c->f1 },
		{ "precision", c->precision },
		{ "recall", c->recall },
		{ "accuracy", c->accuracy },
		{ "mean IoU", c->miou },
		{ "class accuracy", c->class_accuracy },
		{ "frequency-weighted accuracy", c->frequency_weighted_accuracy },
		{ "kappa", c->kappa },
		{ "boundary F1", c->boundary_f1 },
		{ "thresholded IoU", c->thresholded_iou },
		{ "loss", c->loss },
	};
	base_str_addf(s,
		"<h2>Scores</h2>\n<p>%lld pictures, %lld pixels; counts are summed over all of them and divided "
		"once.</p>\n<table>\n",
		(long long)c->images, (long long)c->pixels);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (!isnan(row[i].value)) {
			base_str_addf(s, "<tr><td>%s</td>", row[i].name);
			put_number(s, row[i].value);
			base_str_add(s, "</tr>\n");
		}
	base_str_add(s,
		"</table>\n<table>\n<tr><th>class</th><th>IoU</th><th>F1</th><th>precision</th><th>recall</th><th>specificity</"
		"th><th>boundary F1</th><th>pixels</th></tr>\n");
	for (int k = 0; k < c->classes; k++) {
		const secant_class_score *p = &c->per_class[k];
		base_str_add(s, "<tr><td>");
		base_str_add_markup(s, p->name);
		base_str_add(s, "</td>");
		const double v[] = { p->iou, p->f1, p->precision, p->recall, p->specificity, p->boundary_f1 };
		for (int i = 0; i < 6; i++)
			put_number(s, v[i]);
		base_str_addf(s, "<td>%lld</td></tr>\n", (long long)p->pixels);
	}
	base_str_add(s, "</table>\n<table>\n<tr><th>taken together</th>");
	for (int r = 0; r < SECANT_REDUCTIONS; r++)
		base_str_addf(s, "<th>%s</th>", secant_reduction_name(r));
	base_str_add(s, "</tr>\n");
	for (int i = 0; i < SECANT_METRICS; i++) {
		base_str_addf(s, "<tr><td>%s</td>", secant_metric_name(i));
		for (int r = 0; r < SECANT_REDUCTIONS; r++)
			put_number(s, c->reduced[i][r]);
		base_str_add(s, "</tr>\n");
	}
	base_str_add(s, "</table>\n");
}

static secant_status
put_matrix(base_str *s, const secant_scores *c, secant_err *err)
{
	if (!c->confusion || c->classes > MOST_CLASSES)
		return SECANT_OK;
	const char **names = secant_calloc((size_t)c->classes, sizeof *names);
	if (!names)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a page");
	for (int k = 0; k < c->classes; k++)
		names[k] = c->per_class[k].name;
	base_str_add(s, "<h2>Confusion</h2>\n");
	secant_status status = put_drawing(
		s, draw_matrix_svg(&(draw_matrix){ NULL, c->confusion, names, c->classes }, "m-", err));
	secant_free(names);
	return status;
}

/* ---- pictures ---- */

static secant_status
put_case(base_str *s, const judge_case *c, const data_samples *samples, secant_err *err)
{
	void *data;
	size_t size;
	secant_status status = secant_image_encode(&c->sheet, "png", &data, &size, NULL, err);
	if (status)
		return status;
	base_str_add(s, "<figure><img alt=\"picture, label, prediction, errors\" src=\"data:image/png;base64,");
	base_base64_encode(s, data, size);
	base_str_add(s, "\"><figcaption>");
	base_str_add_markup(s, base_path_name(data_samples_image_path(samples, c->sample)));
	base_str_addf(s, ": IoU %.4f</figcaption></figure>\n", c->score);
	secant_free(data);
	return SECANT_OK;
}

static secant_status
put_cases(base_str *s, const judge_page *p, secant_err *err)
{
	static const char *const what[] = { "found, not there", "missed", "another class" };
	secant_status status = SECANT_OK;
	if (!p->cases || !p->cases->n)
		return SECANT_OK;
	base_str_add(s, "<h2>Worst pictures</h2>\n<p>Picture, label, prediction, errors:");
	for (int i = 0; i < 3; i++)
		base_str_addf(s, "<span class=\"key\" style=\"background:#%02x%02x%02x\"></span>%s", judge_error_colours[i][0],
			judge_error_colours[i][1], judge_error_colours[i][2], what[i]);
	base_str_add(s, "</p>\n");
	for (int i = 0; i < p->cases->n && !status; i++)
		status = put_case(s, &p->cases->v[i], p->samples, err);
	return status;
}

secant_status
judge_page_write(const judge_page *p, const char *path, secant_err *err)
{
	base_str s = { 0 };
	secant_status status = SECANT_OK;
	base_str_add(&s,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		"content=\"width=device-width\">\n<title>");
	base_str_add_markup(&s, p->title);
	base_str_addf(&s, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>", style);
	base_str_add_markup(&s, p->title);
	base_str_add(&s, "</h1>\n");
	put_facts(&s, p);
	if (p->curves) {
		base_str_add(&s, "<h2>Curves</h2>\n");
		status = put_drawing(&s, draw_figure_svg(p->curves, "c-", err));
	}
	if (p->scores && !status) {
		put_scores(&s, p->scores);
		status = put_matrix(&s, p->scores, err);
	}
	if (!status)
		status = put_cases(&s, p, err);
	if (p->settings) {
		base_str_add(&s, "<h2>Settings</h2>\n<pre>");
		base_str_add_markup(&s, p->settings);
		base_str_add(&s, "</pre>\n");
	}
	base_str_addf(&s, "<p>secant %s</p>\n</body>\n</html>\n", secant_version());
	if (!status)
		status = s.failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for %s", path)
						  : secant_file_write(path, s.p, s.n, err);
	base_str_free(&s);
	return status;
}
