/*
 * What is drawn: panels (which attribute, which colours), the scene (points around their middle, up axis upwards), and
 * files by extension. Classes have the colours of secant_palette; measures go over cividis (Nunez, Anderton, Renslow
 * 2018), which colour-blind readers see as others do.
 */
#include "draw/render.h"
#include "tensor/columns.h"
#include <math.h>
#include <secant/codec.h>
#include <secant/palette.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const secant_opt view_rows[] = {
	SECANT_OPT_HEADING("View"),
	SECANT_OPT(secant_view, size, SIZE, "size", "600x800", 16, 8192, "height and width of a panel, in pixels"),
	SECANT_OPT(secant_view, panels, STR, "panels", NULL, 0, 0,
		"what to show side by side: label, prediction, error, colour, height, intensity, confidence or names of "
		"columns, comma-separated"),
	SECANT_OPT(
		secant_view, label, STR, "label-column", NULL, 0, 0, "column of the labels; found by its name if not given"),
	SECANT_OPT(secant_view, prediction, STR, "prediction-column", NULL, 0, 0,
		"column of the predictions; found by its name if not given"),
	SECANT_OPT(secant_view, classes, STR, "class-names", NULL, 0, 0,
		"names of the classes from 0 on, comma-separated, for the legend"),
	SECANT_OPT(secant_view, azimuth, REAL, "azimuth", "-60", -360, 360, "where the eye is: degrees around the up axis"),
	SECANT_OPT(secant_view, elevation, REAL, "elevation", "25", -90, 90, "where the eye is: degrees above the ground"),
	SECANT_OPT_CHOICE(
		secant_view, up, "up", "z", "x|y|z", "axis that points upwards: z in scans, y in ShapeNet and ModelNet"),
	SECANT_OPT(secant_view, zoom, REAL, "zoom", "1", 0.01, 1000, "1: all points are in the picture"),
	SECANT_OPT(secant_view, point_size, REAL, "point-size", "0", 0, 60,
		"diameter of a point in pixels; 0: by the number of points"),
	SECANT_OPT_CHOICE(secant_view, background, "background", "white", "white|black", "behind the points"),
	SECANT_OPT(secant_view, legend, BOOL, "legend", "true", 0, 0, "titles above and classes below the panels"),
	SECANT_OPT(secant_view, frames, INT, "frames", "48", 2, 1000, "gif, apng: pictures of one turn"),
	SECANT_OPT(secant_view, seconds, REAL, "seconds", "6", 0.1, 600, "gif, apng: how long a turn takes"),
	SECANT_OPT(secant_view, page_points, INT, "page-points", "1000000", 1, 20000000,
		"html: most points in the page; more are thinned"),
	SECANT_OPT(secant_view, title, STR, "title", NULL, 0, 0, "html: title of the page; the file's name if not given"),
	SECANT_OPT_END,
};
const secant_opts secant_view_options = { "view", sizeof(secant_view), view_rows };

/* ---- colours ---- */

/* Cividis at nine places. */
static const uint8_t ramp[9][3] = {
	{ 0, 34, 78 },
	{ 26, 56, 111 },
	{ 67, 78, 108 },
	{ 97, 100, 112 },
	{ 125, 124, 120 },
	{ 156, 149, 119 },
	{ 188, 175, 111 },
	{ 223, 204, 91 },
	{ 254, 232, 56 },
};
static const uint8_t right_colour[3] = { 200, 200, 200 }, wrong_colour[3] = { 213, 94, 0 };

static void
ramp_colour(double v, uint8_t rgb[3])
{
	v = v != v ? 0 : v < 0 ? 0 : v > 1 ? 1 : v;
	int i = v >= 1 ? 7 : (int)(v * 8);
	double t = v * 8 - i;
	for (int c = 0; c < 3; c++)
		rgb[c] = (uint8_t)(ramp[i][c] + t * (ramp[i + 1][c] - ramp[i][c]) + 0.5);
}

/* ---- panels ---- */

static secant_status
panel_memory(const secant_cloud *c, render_panel *p, const char *title, secant_err *err)
{
	snprintf(p->title, sizeof p->title, "%s", title);
	p->rgb = secant_calloc((size_t)c->n, 3);
	return p->rgb ? SECANT_OK
				  : secant_fail(err, SECANT_ERR_NOMEM, "render: no memory for %lld points", (long long)c->n);
}

static void
class_name(const secant_cloud *c, const secant_view *v, int value, char out[64])
{
	char own[48];
	const char *p = v->classes;
	for (int i = 0; p && i < value; i++) {
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
	if (p && value >= 0 && *p && *p != ',')
		snprintf(out, 64, "%.*s", (int)(strcspn(p, ",") < 60 ? strcspn(p, ",") : 60), p);
	else if (!v->classes && secant_cloud_class_name(c, value, own, sizeof own, NULL))
		snprintf(out, 64, "%d %s", value, own);
	else
		snprintf(out, 64, "%d", value);
}

static int
by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

/* The distinct values as a legend, the smallest first. */
static secant_status
class_legend(const secant_cloud *c, const secant_view *v, render_panel *p, secant_err *err)
{
	int64_t n = c->n;
	int32_t *sorted = secant_calloc((size_t)n, sizeof *sorted);
	if (!sorted)
		return secant_fail(err, SECANT_ERR_NOMEM, "render: no memory for %lld points", (long long)n);
	if (n)
		memcpy(sorted, p->value, (size_t)n * sizeof *sorted);
	qsort(sorted, (size_t)n, sizeof *sorted, by_value);
	for (int64_t i = 0; i < n; i++) {
		if (i && sorted[i] == sorted[i - 1])
			continue;
		if (p->entries == RENDER_LEGEND) {
			snprintf(p->entry[RENDER_LEGEND - 1].text, sizeof p->entry[0].text, "...");
			break;
		}
		render_entry *e = &p->entry[p->entries++];
		e->value = sorted[i];
		secant_palette(e->value, e->rgb);
		class_name(c, v, e->value, e->text);
	}
	secant_free(sorted);
	return SECANT_OK;
}

static secant_status
class_panel(
	const secant_cloud *c, const secant_view *v, int column, const char *title, render_panel *p, secant_err *err)
{
	secant_status s = panel_memory(c, p, title, err);
	p->value = secant_calloc((size_t)c->n, sizeof *p->value);
	if (!s && !p->value)
		s = secant_fail(err, SECANT_ERR_NOMEM, "render: no memory for %lld points", (long long)c->n);
	if (!s)
		s = secant_cloud_integers(c, column, p->value, err);
	for (int64_t i = 0; !s && i < c->n; i++)
		secant_palette(p->value[i], p->rgb + 3 * i);
	p->classes = true;
	return s ? s : class_legend(c, v, p, err);
}

/* A label that is none of the classes that the file names is of a point that was left out (--label-others). */
static bool
is_judged(const secant_cloud *c, double label)
{
	char name[48];
	bool listed, named = secant_cloud_class_name(c, (int64_t)label, name, sizeof name, &listed);
	return label >= 0 && (named || !listed);
}

static secant_status
error_panel(const secant_cloud *c, int label, int prediction, render_panel *p, secant_err *err)
{
	int64_t wrong = 0, seen = 0;
	double last = -1;
	bool judged = false;
	secant_status s = panel_memory(c, p, "error", err);
	for (int64_t i = 0; !s && i < c->n; i++) {
		double a = secant_cloud_get(c, label, i), b = secant_cloud_get(c, prediction, i);
		if (a != last)
			judged = is_judged(c, last = a);
		if (!judged) {
			secant_palette(-1, p->rgb + 3 * i);
			continue;
		}
		seen++;
		wrong += a != b;
		memcpy(p->rgb + 3 * i, a == b ? right_colour : wrong_colour, 3);
	}
	snprintf(p->entry[0].text, sizeof p->entry[0].text, "right %.2f %%",
		seen ? 100.0 * (double)(seen - wrong) / (double)seen : 0);
	memcpy(p->entry[0].rgb, right_colour, 3);
	snprintf(
		p->entry[1].text, sizeof p->entry[1].text, "wrong %.2f %%", seen ? 100.0 * (double)wrong / (double)seen : 0);
	memcpy(p->entry[1].rgb, wrong_colour, 3);
	p->entries = 2;
	if (seen < c->n) {
		snprintf(p->entry[2].text, sizeof p->entry[2].text, "left out %lld", (long long)(c->n - seen));
		secant_palette(-1, p->entry[2].rgb);
		p->entries = 3;
	}
	return s;
}

/* A measure over the ramp, from its 1st to its 99th hundredth of the range by rank of a sample, so that outliers do not
 * flatten it. */
static void
useful_range(const secant_cloud *c, int column, double *lo, double *hi)
{
	enum { SAMPLE = 4096 };
	double v[SAMPLE];
	int n = 0;
	int64_t step = c->n / SAMPLE + 1;
	for (int64_t i = 0; i < c->n && n < SAMPLE; i += step) {
		double x = secant_cloud_get(c, column, i);
		if (isfinite(x))
			v[n++] = x;
	}
	for (int gap = n / 2; gap > 0; gap /= 2) /* Shell's sort */
		for (int i = gap; i < n; i++)
			for (int j = i - gap; j >= 0 && v[j] > v[j + gap]; j -= gap) {
				double t = v[j];
				v[j] = v[j + gap];
				v[j + gap] = t;
			}
	*lo = n ? v[n / 100] : 0;
	*hi = n ? v[n - 1 - n / 100] : 1;
}

static secant_status
measure_panel(const secant_cloud *c, int column, const char *title, render_panel *p, secant_err *err)
{
	double lo, hi;
	secant_status s = panel_memory(c, p, title, err);
	useful_range(c, column, &lo, &hi);
	for (int64_t i = 0; !s && i < c->n; i++)
		ramp_colour(hi > lo ? (secant_cloud_get(c, column, i) - lo) / (hi - lo) : 0.5, p->rgb + 3 * i);
	p->entries = hi > lo ? 3 : 1;
	for (int k = 0; k < p->entries; k++) {
		snprintf(p->entry[k].text, sizeof p->entry[k].text, "%.4g", lo + (hi - lo) * k / 2);
		ramp_colour(hi > lo ? k / 2.0 : 0.5, p->entry[k].rgb);
	}
	return s;
}

static secant_status
colour_panel(const secant_cloud *c, render_panel *p, secant_err *err)
{
	double range = secant_cloud_colour_range(c);
	if (range == 0)
		return secant_fail(err, SECANT_ERR_ARG, "render: the cloud has no columns red, green, blue");
	secant_status s = panel_memory(c, p, "colour", err);
	if (!s)
		secant_cloud_colours(c, range, p->rgb);
	return s;
}

/* ---- choosing ---- */

typedef struct columns {
	int label, prediction, up;
} columns;

static secant_status
find_column(const secant_cloud *c, const char *name, secant_cloud_role_name role, int *at, secant_err *err)
{
	*at = name ? secant_cloud_find(c, name) : secant_cloud_role(c, role);
	if (name && *at < 0)
		return secant_fail(err, SECANT_ERR_ARG, "render: there is no column '%s'", name);
	return SECANT_OK;
}

/* Whether a column has whole numbers only, which can be classes. */
static bool
is_whole(const secant_cloud *c, int column)
{
	if (c->column[column].type != SECANT_N_F32 && c->column[column].type != SECANT_N_F64)
		return true;
	for (int64_t i = 0; i < c->n; i++) {
		double v = secant_cloud_get(c, column, i);
		if (!(fabs(v) <= INT32_MAX) || v != nearbyint(v))
			return false;
	}
	return true;
}

/* One panel by its name: a fixed one, or any column; columns of few whole numbers count as classes. */
static secant_status
make_panel(
	const secant_cloud *c, const secant_view *v, const columns *k, const char *name, render_panel *p, secant_err *err)
{
	static const struct {
		const char *name;
		secant_cloud_role_name role;
	} measures[] = {
		{ "intensity", SECANT_ROLE_INTENSITY },
		{ "confidence", SECANT_ROLE_CONFIDENCE },
	};
	if (!strcmp(name, "label") && k->label >= 0)
		return class_panel(c, v, k->label, "label", p, err);
	if (!strcmp(name, "prediction") && k->prediction >= 0)
		return class_panel(c, v, k->prediction, "prediction", p, err);
	if (!strcmp(name, "error") && k->label >= 0 && k->prediction >= 0)
		return error_panel(c, k->label, k->prediction, p, err);
	if (!strcmp(name, "colour"))
		return colour_panel(c, p, err);
	if (!strcmp(name, "height"))
		return measure_panel(c, k->up, "height", p, err);
	int at = secant_cloud_find(c, name);
	for (size_t i = 0; at < 0 && i < sizeof measures / sizeof *measures; i++)
		if (!strcmp(name, measures[i].name))
			at = secant_cloud_role(c, measures[i].role);
	if (at < 0)
		return secant_fail(err, SECANT_ERR_ARG, "--panels: the cloud has nothing to show as '%s'", name);
	bool integer = c->column[at].type != SECANT_N_F32 && c->column[at].type != SECANT_N_F64;
	double lo = 0, hi = 0;
	(void)secant_cloud_range(c, at, &lo, &hi);
	return integer && hi - lo < 256 && secant_role_of(name) != SECANT_ROLE_INTENSITY
		? class_panel(c, v, at, name, p, err)
		: measure_panel(c, at, name, p, err);
}

/* Labels that are the same everywhere were never given: there is nothing to compare a prediction with. */
static const char *
default_panels(const secant_cloud *c, const columns *k)
{
	double lo, hi;
	if (k->label >= 0 && k->prediction >= 0)
		return secant_cloud_range(c, k->label, &lo, &hi) && lo < hi ? "label,prediction,error" : "prediction";
	return k->label >= 0                   ? "label"
		: k->prediction >= 0               ? "prediction"
		: secant_cloud_colour_range(c) > 0 ? "colour"
										   : "height";
}

static secant_status
make_panels(const secant_cloud *c, const secant_view *v, render_scene *s, secant_err *err)
{
	columns k = { .up = v->up };
	secant_status status = find_column(c, v->label, SECANT_ROLE_LABEL, &k.label, err);
	if (!status)
		status = find_column(c, v->prediction, SECANT_ROLE_PREDICTION, &k.prediction, err);
	if (!v->prediction)
		k.prediction = tensor_cloud_predictions(c);
	if (!v->label && k.label >= 0 && (k.label == k.prediction || (!v->panels && !is_whole(c, k.label))))
		k.label = -1;
	const char *p = v->panels ? v->panels : default_panels(c, &k);
	while (!status && *p) {
		char name[256];
		size_t n = strcspn(p, ",");
		snprintf(name, sizeof name, "%.*s", (int)(n < 255 ? n : 255), p);
		if (s->panels == RENDER_PANELS)
			return secant_fail(err, SECANT_ERR_RANGE, "--panels: more than %d panels", RENDER_PANELS);
		status = make_panel(c, v, &k, name, &s->panel[s->panels++], err);
		p += n + (p[n] == ',');
	}
	return status;
}

void
render_scene_free(render_scene *s)
{
	for (int i = 0; i < s->panels; i++) {
		secant_free(s->panel[i].rgb);
		secant_free(s->panel[i].value);
	}
	secant_free(s->xyz);
	*s = (render_scene){ 0 };
}

/* Points around the middle of their box, as far as 1 from it, the up axis third. Points that are not finite go far
 * away. */
static secant_status
make_points(const secant_cloud *c, const secant_view *v, render_scene *s, secant_err *err)
{
	double middle[3], reach = 0;
	s->n = c->n;
	s->xyz = secant_calloc((size_t)c->n, 3 * sizeof *s->xyz);
	if (!s->xyz)
		return secant_fail(err, SECANT_ERR_NOMEM, "render: no memory for %lld points", (long long)c->n);
	for (int k = 0; k < 3; k++) {
		double lo, hi;
		middle[k] = secant_cloud_range(c, k, &lo, &hi) ? lo / 2 + hi / 2 : 0;
	}
	secant_cloud_positions(c, middle, s->xyz);
	for (int64_t i = 0; i < c->n; i++) {
		float *p = s->xyz + 3 * i, turned[3];
		for (int k = 0; k < 3; k++)
			turned[k] = p[(v->up + 1 + k) % 3];
		memcpy(p, turned, sizeof turned);
		double d = sqrt((double)p[0] * (double)p[0] + (double)p[1] * (double)p[1] + (double)p[2] * (double)p[2]);
		if (isfinite(d))
			reach = fmax(reach, d);
	}
	for (int64_t i = 0; i < 3 * c->n; i++) {
		s->xyz[i] = (float)((double)s->xyz[i] / (reach > 0 ? reach : 1));
		if (!isfinite(s->xyz[i]))
			s->xyz[i] = -1e9f;
	}
	return SECANT_OK;
}

static secant_status
make_scene(const secant_cloud *c, const secant_view *v, render_scene *s, secant_err *err)
{
	*s = (render_scene){ 0 };
	secant_status status = c->columns < 3 ? secant_fail(err, SECANT_ERR_ARG, "render: the cloud has no columns x, y, z")
										  : make_points(c, v, s, err);
	if (!status)
		status = make_panels(c, v, s, err);
	if (status)
		render_scene_free(s);
	return status;
}

/* ---- pictures ---- */

static double
diameter_for(const secant_view *v, int64_t n)
{
	double area = (double)v->size.v[0] * (double)v->size.v[1];
	if (v->point_size > 0)
		return v->point_size;
	/* The discs together cover nine tenths of the picture: surfaces close, and edges stay sharp. */
	double d = 2 * sqrt(area * 0.9 / (M_PI * (double)(n > 0 ? n : 1)));
	return d < 1.2 ? 1.2 : d > 14 ? 14 : d;
}

static secant_status
draw_scene(const render_scene *s, const secant_view *v, double turn, secant_image *out, secant_err *err)
{
	int height = v->size.v[0], width = v->size.v[1], gap = s->panels > 1 ? 8 : 0, below = 0,
		above = render_title_height(v);
	uint8_t background[3];
	memset(background, v->background ? 0 : 255, sizeof background);
	for (int i = 0; i < s->panels; i++) {
		int h = render_legend_height(v, &s->panel[i], width);
		below = h > below ? h : below;
	}
	secant_status status = secant_image_new(
		out, s->panels * (width + gap) - gap, above + height + below, 3, SECANT_U8, err);
	if (status)
		return status;
	memset(out->data, background[0], (size_t)out->width * (size_t)out->height * 3);
	render_camera camera = render_camera_at(v->azimuth + turn, v->elevation, v->zoom);
	size_t stride = 3 * (size_t)out->width;
	for (int i = 0; !status && i < s->panels; i++) {
		int left = i * (width + gap);
		uint8_t *to = (uint8_t *)out->data + (size_t)above * stride + 3 * (size_t)left;
		status = render_splats(
			s, &s->panel[i], &camera, diameter_for(v, s->n), background, to, width, height, stride, err);
		if (!status && v->legend)
			status = render_text(v, &s->panel[i], out, left, width, above + height, err);
	}
	if (status)
		secant_image_free(out);
	return status;
}

/* The view given, or the defaults in *own. */
static const secant_view *
view_or_default(const secant_view *view, secant_view *own, secant_status *s, secant_err *err)
{
	*s = view ? SECANT_OK : secant_opts_init(&secant_view_options, own, err);
	return view ? view : own;
}

secant_status
secant_render(const secant_cloud *c, const secant_view *view, double turn, secant_image *out, secant_err *err)
{
	secant_view own = { 0 };
	secant_status s;
	const secant_view *v = view_or_default(view, &own, &s, err);
	render_scene scene = { 0 };
	*out = (secant_image){ 0 };
	if (!s)
		s = make_scene(c, v, &scene, err);
	if (!s)
		s = draw_scene(&scene, v, turn, out, err);
	render_scene_free(&scene);
	secant_opts_free(&secant_view_options, &own);
	return s;
}

typedef struct turning {
	const render_scene *scene;
	const secant_view *view;
} turning;

static secant_status
turned_frame(void *user, int i, secant_image *out, secant_err *err)
{
	const turning *t = user;
	return draw_scene(t->scene, t->view, 360.0 * i / t->view->frames, out, err);
}

static secant_status
write_picture(const char *path, const render_scene *scene, const secant_view *v, secant_err *err)
{
	secant_image im;
	secant_status s = draw_scene(scene, v, 0, &im, err);
	if (s)
		return s;
	s = secant_image_write(&im, path, NULL, err);
	secant_image_free(&im);
	return s;
}

secant_status
secant_render_write(const secant_cloud *c, const char *path, const secant_view *view, secant_err *err)
{
	secant_view own = { 0 };
	secant_err local = { 0 };
	secant_status s;
	const secant_view *v = view_or_default(view, &own, &s, &local);
	render_scene scene = { 0 };
	turning t = { &scene, v };
	if (!s)
		s = make_scene(c, v, &scene, &local);
	if (s)
		;
	else if (base_ext_is(path, "gif"))
		s = render_gif(path, v->frames, v->seconds, turned_frame, &t, &local);
	else if (base_ext_is(path, "apng"))
		s = render_apng(path, v->frames, v->seconds, turned_frame, &t, &local);
	else if (base_ext_is(path, "html|htm"))
		s = render_page(path, &scene, v, &local);
	else if (!secant_image_is_path(path))
		s = secant_fail(&local, SECANT_ERR_ARG,
			"%s: the extension '%s' is not one that a cloud is drawn to: png, jpg, tif, webp, bmp, gif, apng, html",
			path, base_path_ext(path));
	else
		s = write_picture(path, &scene, v, &local);
	render_scene_free(&scene);
	secant_opts_free(&secant_view_options, &own);
	return s ? secant_fail(err, s, "%s", local.msg) : SECANT_OK;
}

secant_status
secant_render_join(secant_cloud *c, const secant_cloud *other, const char *column, secant_err *err)
{
	int from = column ? secant_cloud_find(other, column) : tensor_cloud_predictions(other);
	if (from < 0 && !column)
		from = secant_cloud_role(other, SECANT_ROLE_LABEL);
	if (from < 0)
		return secant_fail(err, SECANT_ERR_ARG, "the prediction has no column '%s'", column ? column : "prediction");
	if (other->n != c->n)
		return secant_fail(err, SECANT_ERR_SHAPE, "the prediction has %lld points, the cloud %lld", (long long)other->n,
			(long long)c->n);
	int old = secant_cloud_find(c, "prediction");
	if (old >= 0)
		secant_cloud_remove(c, old);
	int at = secant_cloud_add(c, "prediction", other->column[from].type, err);
	if (at < 0)
		return (secant_status)at;
	if (c->n)
		memcpy(
			c->column[at].data, other->column[from].data, (size_t)c->n * secant_number_size(other->column[from].type));
	return SECANT_OK;
}
