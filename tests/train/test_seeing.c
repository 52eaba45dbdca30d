/*
 * What runs and evaluations show: charts and matrices as files and as elements of a page, the page that stands alone,
 * event files, the worst pictures.
 */
#include "train/training.h"
#include "draw/chart.h"
#include "train/events.h"
#include "judge/page.h"
#include <math.h>

static int
setup(void **state)
{
	discs(4, 3);
	secant_train_options o = tiny_options(in_root(root, "run"));
	train_expecting(&o, in_root(root, "data"), NULL, NULL);
	free_options(&o);
	return 0;
}

/* Contents of a file as a string; secant_free. */
static char *
text_of(const char *path)
{
	char *text;
	size_t size;
	secant_err err = { 0 };
	must(secant_file_read(&text, &size, path, 1 << 26, &err), &err);
	return text;
}

static int
times(const char *text, const char *what)
{
	int n = 0;
	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* ---- drawings ---- */

static const double epochs[] = { 1, 2, 3, 4 }, loss[] = { .9, .5, NAN, .3 }, rate[] = { 1e-2, 1e-3, 0, 1e-5 };

static draw_figure
two_charts(draw_chart chart[2], draw_series series[2])
{
	series[0] = (draw_series){ "loss", epochs, loss, 4, 0 };
	series[1] = (draw_series){ "rate", epochs, rate, 4, 0 };
	chart[0] = (draw_chart){
		.x_label = "epoch", .left_label = "loss", .series = &series[0], .n = 1, .mark = "best", .mark_x = 2
	};
	chart[1] = (draw_chart){ .x_label = "epoch", .left_label = "rate", .series = &series[1], .n = 1, .log_left = true };
	return (draw_figure){ "a title", chart, 2 };
}

static void
charts_are_png_or_svg(void **state)
{
	draw_chart chart[2];
	draw_series series[2];
	draw_figure f = two_charts(chart, series);
	secant_err err = { 0 };
	secant_image_info info;
	must(draw_figure_write(&f, in_root(root, "f.png"), &err), &err);
	must(secant_image_probe(in_root(root, "f.png"), &info, &err), &err);
	assert_int_equal(info.width, 1920);
	must(draw_chart_write(&chart[1], in_root(root, "c.svg"), &err), &err);
	char *text = text_of(in_root(root, "c.svg"));
	assert_non_null(strstr(text, "<svg"));
	secant_free(text);
	assert_int_equal(draw_figure_write(&f, in_root(root, "f.jpg"), &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "f.jpg: drawings are written as .png or .svg"));
	assert_false(secant_is_file(in_root(root, "f.jpg")));
}

/* Charts of nothing, of one value, of values that are no numbers. */
static void
charts_of_little(void **state)
{
	const double no[] = { NAN, INFINITY }, one[] = { 7, 7 };
	draw_series s[] = { { "none", epochs, no, 2, 0 }, { "one", epochs, one, 1, 1 }, { "no points", NULL, NULL, 0, 0 } };
	draw_chart c = { .title = "little", .series = s, .n = 3, .log_left = true, .log_x = true };
	secant_err err = { 0 };
	must(draw_chart_write(&c, in_root(root, "little.png"), &err), &err);
	must(draw_chart_write(&(draw_chart){ 0 }, in_root(root, "little.svg"), &err), &err);
}

/* Two drawings in one page share its space of ids. */
static void
ids_of_drawings_differ(void **state)
{
	draw_chart chart[2];
	draw_series series[2];
	draw_figure f = two_charts(chart, series);
	secant_err err = { 0 };
	char *svg = draw_figure_svg(&f, "one-", &err);
	assert_non_null(svg);
	assert_int_equal(strncmp(svg, "<svg", 4), 0);
	int ids = times(svg, " id=\""), links = times(svg, "href=\"#");
	assert_true(ids > 0 && links > 0);
	assert_int_equal(times(svg, " id=\"one-"), ids);
	assert_int_equal(times(svg, "href=\"#one-"), links);
	assert_int_equal(times(svg, "url(#"), times(svg, "url(#one-"));
	secant_free(svg);
}

static void
matrices(void **state)
{
	enum { MANY = 150 };
	static int64_t counts[MANY * MANY];
	const char *names[MANY];
	secant_err err = { 0 };
	secant_image_info info;
	for (int k = 0; k < MANY; k++) {
		names[k] = k % 3 ? "name" : "a name that is far too long for the margin of \xc3\xa4 matrix";
		for (int i = 0; i < MANY; i++)
			counts[k * MANY + i] = k == 5 ? 0 : (k * 7 + i * 3) % 11 + (k == i ? 4000000000 : 0);
	}
	for (int n = 1; n <= MANY; n += n < 20 ? 6 : 65) {
		must(draw_matrix_write(&(draw_matrix){ "m", counts, names, n }, in_root(root, "m.png"), &err), &err);
		must(secant_image_probe(in_root(root, "m.png"), &info, &err), &err);
		assert_true(info.width >= 840 && info.width < 2400);
	}
	names[0] = "half a character \xc3"; /* cut to a length: cairo would stop drawing there */
	must(draw_matrix_write(&(draw_matrix){ "m", counts, names, 2 }, in_root(root, "m.svg"), &err), &err);
}

/* ---- events ---- */

static uint32_t
unmasked(const uint8_t *p)
{
	uint32_t v = base_le32(p) - 0xa282ead8u;
	return v >> 17 | v << 15;
}

static void
events_are_records_with_checks(void **state)
{
	const char *path = in_root(root, "events");
	secant_err err = { 0 };
	assert_int_equal(train_crc32c("123456789", 9), 0xe3069283u); /* the check value of CRC-32C */
	const train_scalar v[] = { { "train/loss", .25 }, { "val/iou", NAN } };
	must(train_events_append(path, 1.5, 1, v, 2, &err), &err);
	must(train_events_append(path, 2.5, 300, v, 2, &err), &err);
	secant_bytes b = bytes_of(path);
	size_t at = 0;
	int n = 0;
	for (; at + 16 <= b.size; n++) {
		uint64_t size = base_le64(b.data + at);
		assert_true(size <= b.size - at - 16);
		assert_int_equal(unmasked(b.data + at + 8), train_crc32c(b.data + at, 8));
		assert_int_equal(unmasked(b.data + at + 12 + size), train_crc32c(b.data + at + 12, size));
		at += 16 + size;
	}
	assert_int_equal(at, b.size);
	assert_int_equal(n, 3); /* the version, and two events */
	/* the version: wall_time 1.5, file_version */
	assert_memory_equal(b.data + 12,
		"\x09\0\0\0\0\0\0\xf8\x3f\x1a\x0d"
		"brain.Event:2",
		24);
	/* the first event: time, step 1, summary { value { tag, 0.25 } }; what is no number is left out */
	assert_memory_equal(b.data + 16 + 24 + 12,
		"\x09\0\0\0\0\0\0\xf8\x3f\x10\x01\x2a\x13\x0a\x11\x0a\x0a"
		"train/loss"
		"\x15\0\0\x80\x3e",
		32);
	base_file_unmap(&b);
}

/* ---- pages ---- */

static void
pages_stand_alone(void **state)
{
	char *text = text_of(in_root(root, "run/report.html"));
	assert_int_equal(times(text, "<svg"), 2); /* curves, confusion */
	assert_int_equal(times(text, "src=\"data:image/png;base64,"), 3); /* every validation picture is among the worst */
	assert_int_equal(times(text, "src=\""), 3);
	assert_int_equal(times(text, "<script"), 0);
	assert_int_equal(times(text, "<link"), 0);
	assert_int_equal(times(text, "https://"), 0);
	assert_int_equal(
		times(text, "http://"), times(text, "=\"http://www.w3.org/")); /* names of XML, which nobody fetches */
	assert_non_null(strstr(text, "macro-imagewise"));
	assert_non_null(strstr(text, "&quot;learning-rate&quot;"));
	secant_free(text);
}

static void
text_of_others_is_escaped(void **state)
{
	judge_fact fact = { "name", "<script>alert(\"&\")</script>" };
	judge_page p = { .title = "<b>", .facts = &fact, .n_facts = 1, .settings = "</pre>" };
	secant_err err = { 0 };
	must(judge_page_write(&p, in_root(root, "p.html"), &err), &err);
	char *text = text_of(in_root(root, "p.html"));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<b>"));
	assert_int_equal(times(text, "</pre>"), 1);
	assert_non_null(strstr(text, "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"));
	secant_free(text);
}

/* ---- evaluations ---- */

static secant_eval_options
eval_options(void)
{
	secant_eval_options o;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_eval_options_table, &o, &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &o, "threads", "1", &err), &err);
	return o;
}

static void
eval_set(secant_eval_options *o, const char *name, const char *value)
{
	secant_err err = { 0 };
	must(secant_opts_set(&secant_eval_options_table, o, name, value, &err), &err);
}

static void
evaluations_draw(void **state)
{
	secant_eval_options o = eval_options();
	secant_scores s;
	secant_err err = { 0 };
	secant_image_info info;
	eval_set(&o, "save", in_root(root, "worst"));
	eval_set(&o, "report", in_root(root, "e.html"));
	eval_set(&o, "confusion", in_root(root, "e.png"));
	must(secant_evaluate(in_root(root, "run/last.safetensors"), in_root(root, "data"), &o, NULL, &s, &err), &err);
	assert_false(isnan(s.boundary_f1));
	must(secant_image_probe(in_root(root, "e.png"), &info, &err), &err);
	char *text = text_of(in_root(root, "e.html"));
	assert_int_equal(times(text, "<svg"), 1);
	assert_int_equal(times(text, "data:image/png"), 3);
	secant_free(text);
	base_names l = { 0 };
	must(base_dir_list(&l, in_root(root, "worst"), BASE_DIR_ALL, &err), &err);
	assert_int_equal(l.n, 4); /* three pictures, each beside label, prediction, errors; worst.txt */
	must(secant_image_probe(in_root(root, "worst/%s", l.v[0]), &info, &err), &err);
	assert_int_equal(info.width, 4 * 256 + 3 * 6);
	base_names_free(&l);
	/* worst first */
	text = text_of(in_root(root, "worst/worst.txt"));
	double first = atof(text), last = atof(strrchr(text, '\t') - 8);
	assert_true(first <= last);
	secant_free(text);
	secant_scores_free(&s);
	secant_opts_free(&secant_eval_options_table, &o);
}

static void
evaluation_refuses(const char *name, const char *value, const char *message)
{
	secant_eval_options o = eval_options();
	secant_scores s;
	secant_err err = { 0 };
	eval_set(&o, name, value);
	assert_true(secant_evaluate(in_root(root, "run/last.safetensors"), in_root(root, "data"), &o, NULL, &s, &err) != 0);
	if (!strstr(err.msg, message))
		fail_msg("expected '%s', got '%s'", message, err.msg);
	secant_opts_free(&secant_eval_options_table, &o);
}

static void
wrong_wishes(void **state)
{
	evaluation_refuses("confusion", "matrix.jpg", "--confusion matrix.jpg: drawings are written as .png or .svg");
	evaluation_refuses("report", "report.pdf", "--report report.pdf: the report is an .html page");
	evaluation_refuses("class-weights", "1,2", "--class-weights has 2 numbers, the model has 1 classes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charts_are_png_or_svg),
		cmocka_unit_test(charts_of_little),
		cmocka_unit_test(ids_of_drawings_differ),
		cmocka_unit_test(matrices),
		cmocka_unit_test(events_are_records_with_checks),
		cmocka_unit_test(pages_stand_alone),
		cmocka_unit_test(text_of_others_is_escaped),
		cmocka_unit_test(evaluations_draw),
		cmocka_unit_test(wrong_wishes),
	};
	return cmocka_run_group_tests_name("seeing", tests, setup, teardown);
}
