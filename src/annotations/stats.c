/*
 * Counting: pictures, objects and pixels of each class, sizes, shapes, places, colours, which classes meet. As a table
 * for the terminal, JSON, or a self-contained HTML page with pictures.
 */
#include "annotations/dataset.h"
#include "annotations/rle.h"
#include "base/base64.h"
#include "codec/white.h"
#include <secant/codec.h>
#include <secant/palette.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(secant_dataset_counting, format, "format", "text", "text|json|html", "of the report"),
	SECANT_OPT(secant_dataset_counting, colours, BOOL, "colours", "false", 1, 0,
		"decode the pictures for mean and deviation of their colours"),
	SECANT_OPT(secant_dataset_counting, white, STR, "white", "auto", 0, 0,
		"of --colours: the number that is white in pictures of more than 8 bits: auto (by what they hold), 10000 "
		"(reflectances), 4095, 1, ..., or by type u16=4095,f32=1"),
	SECANT_OPT(secant_dataset_counting, pixels, BOOL, "pixels", "true", 1, 0, "count pixels of classes"),
	SECANT_OPT(secant_dataset_counting, thumbnails, INT, "thumbnails", "12", 0, 200, "pictures shown in the HTML page"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_counting_options = { "counting", sizeof(secant_dataset_counting), rows };

enum { GRID = 24, BINS = 12, CHANNELS = 16 };

typedef struct class_count {
	int objects, pictures, crowd, difficult;
	double pixels, side_sum, side_min, side_max;
	int aspect[5];
} class_count;
typedef struct counts {
	class_count *class;
	int *meet; /* [class][class] pictures with both */
	int empty, sizes[BINS], heat_total, small, medium, large;
	double heat[GRID][GRID], mean[CHANNELS], deviation[CHANNELS];
	int width[2], height[2], channels;
	int64_t colour_pictures;
	codec_whites whites; /* in pictures of more than 8 bits */
	char white[600]; /* what was taken, where that is in doubt */
} counts;

static void
count_object(counts *c, const ann_set *s, const ann_object *o, const ann_image *im)
{
	class_count *k = &c->class[o->class];
	double w = ann_w(o), h = ann_h(o), area = w * h;
	k->objects++;
	k->crowd += (o->flags & ANN_CROWD) != 0;
	k->difficult += (o->flags & ANN_DIFFICULT) != 0;
	if (o->flags & ANN_NO_BOX || !(w > 0 && h > 0))
		return;
	double side = sqrt(area), aspect = w / h;
	k->side_min = k->side_sum == 0 || side < k->side_min ? side : k->side_min;
	k->side_max = side > k->side_max ? side : k->side_max;
	k->side_sum += side;
	k->aspect[aspect < 1 / 3.0 ? 0 : aspect < 2 / 3.0 ? 1 : aspect < 1.5 ? 2 : aspect < 3 ? 3 : 4]++;
	int bin = (int)floor(log2(fmax(1, side)));
	c->sizes[bin < BINS ? bin : BINS - 1]++;
	c->small += area < 1024, c->medium += area >= 1024 && area < 9216, c->large += area >= 9216;
	if (im->width <= 0 || im->height <= 0)
		return;
	double x = (ann_x0(o) + w / 2) / im->width * GRID, y = (ann_y0(o) + h / 2) / im->height * GRID;
	if (x >= 0 && y >= 0 && x < GRID && y < GRID) {
		c->heat[(int)y][(int)x]++;
		c->heat_total++;
	}
}

static void
count_picture(counts *c, const ann_set *s, int i, uint8_t *seen, bool pixels)
{
	const ann_image *im = &s->images[i];
	memset(seen, 0, (size_t)s->n_classes + 1);
	c->empty += s->first[i] == s->first[i + 1];
	c->width[0] = !c->width[0] || im->width < c->width[0] ? im->width : c->width[0];
	c->width[1] = im->width > c->width[1] ? im->width : c->width[1];
	c->height[0] = !c->height[0] || im->height < c->height[0] ? im->height : c->height[0];
	c->height[1] = im->height > c->height[1] ? im->height : c->height[1];
	for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		if (o->class < 0)
			continue;
		count_object(c, s, o, im);
		seen[o->class] = 1;
		if (pixels && !(o->flags & ANN_NO_BOX)) {
			ann_kind kind = ann_shape_kind(s, o->shape);
			c->class[o->class].pixels += kind && kind <= ANN_QUAD ? ann_shape_area(s, o->shape)
																  : fmax(0, ann_w(o) * ann_h(o));
		}
	}
	for (int a = 0; a < s->n_classes; a++) {
		c->class[a].pictures += seen[a];
		for (int b = 0; seen[a] && b < s->n_classes && s->n_classes <= 512; b++)
			c->meet[a * s->n_classes + b] += seen[b];
	}
}

/* What is white in pictures of a type, by the first of the set that have it; kept for the others. */
static double
white_of(counts *c, const ann_set *s, const char *path)
{
	enum { MOST = 16 };
	secant_image_info info, other;
	codec_range r = { 0 };
	char why[CODEC_WHITE_WHY] = "";
	if (secant_image_probe(path, &info, NULL) || info.dtype == SECANT_U8)
		return 0;
	double white = codec_white_of(&c->whites, info.dtype);
	for (int i = 0, seen = 0; !(white > 0) && i < s->n_images && seen < MOST; i++) {
		const char *one = s->images[i].path ? ann_str(s, s->images[i].path) : NULL;
		if (one && !secant_image_probe(one, &other, NULL) && other.dtype == info.dtype)
			seen += !codec_range_look(&r, one, NULL);
	}
	if (!(white > 0)) {
		codec_white_set(&c->whites, info.dtype, white = codec_white_guess(&r, why));
		(void)snprintf(c->white + strlen(c->white), sizeof c->white - strlen(c->white), "%s%s",
			*c->white && *why ? "; " : "", why);
	}
	return white;
}

/* A number of a picture, and what would be white there. */
static double
number_at(const secant_image *im, size_t i, double *white)
{
	*white = im->dtype == SECANT_U8 ? 255 : im->dtype == SECANT_F32 ? 1 : 65535;
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[i];
	case SECANT_U16: return ((const uint16_t *)im->data)[i];
	case SECANT_I16: return ((const int16_t *)im->data)[i];
	default: return (double)((const float *)im->data)[i];
	}
}

/* Adds the pixels that have data to sums of each channel, of white; how many there were. */
static double
add_pixels(const secant_image *im, double *sum, double *square)
{
	size_t pixels = (size_t)im->width * (size_t)im->height, channels = (size_t)im->channels;
	int used = im->channels < CHANNELS ? im->channels : CHANNELS;
	double n = 0, v[CHANNELS], a[CHANNELS] = { 0 }, b[CHANNELS] = { 0 }, white = 1;
	for (size_t q = 0; q < pixels; q++) {
		bool there = !im->voids || !im->voids[q];
		for (int k = 0; k < used && there; k++)
			there = isfinite(v[k] = number_at(im, q * channels + (size_t)k, &white));
		for (int k = 0; k < used && there; k++)
			a[k] += v[k], b[k] += v[k] * v[k];
		n += there;
	}
	for (int k = 0; k < used; k++)
		sum[k] += a[k] / white, square[k] += b[k] / (white * white);
	return n;
}

/* Mean and deviation over all pixels of all pictures that have data, values 0..1. */
static secant_status
count_colours(counts *c, const ann_set *s, const secant_watch *watch, secant_err *err)
{
	double sum[CHANNELS] = { 0 }, square[CHANNELS] = { 0 }, n = 0;
	for (int i = 0; i < s->n_images; i++) {
		secant_image im;
		const char *path = s->images[i].path ? ann_str(s, s->images[i].path) : NULL;
		secant_image_read_options read = { .white = path ? white_of(c, s, path) : 0 };
		if (!path || secant_image_read(&im, path, &read, NULL))
			continue;
		n += add_pixels(&im, sum, square);
		c->channels = im.channels > c->channels ? im.channels : c->channels;
		c->colour_pictures++;
		secant_image_free(&im);
		secant_status status = ann_call_watch(watch, err);
		if (status)
			return status;
	}
	for (int k = 0; k < CHANNELS && n > 0; k++) {
		c->mean[k] = sum[k] / n;
		c->deviation[k] = sqrt(fmax(0, square[k] / n - c->mean[k] * c->mean[k]));
	}
	return SECANT_OK;
}

/* --- text
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
text(base_str *t, const ann_set *s, const counts *c)
{
	static const char *const shade = " .:-=+*#%@";
	double most = 0;
	base_str_addf(t, "%s: format %s, %d pictures (%d without objects), %d objects, %d classes\n", ann_str(s, s->root),
		ann_str(s, s->format), s->n_images, c->empty, s->n_objects, s->n_classes);
	base_str_addf(t, "pictures %d to %d wide, %d to %d high\n", c->width[0], c->width[1], c->height[0], c->height[1]);
	for (int i = 0; i < s->n_splits; i++) {
		int n = 0;
		for (int k = 0; k < s->n_images; k++)
			n += (int)(s->images[k].splits >> i & 1);
		base_str_addf(t, "list %s: %d pictures\n", ann_str(s, s->splits[i]), n);
	}
	base_str_addf(
		t, "\n%-26s %8s %9s %12s %9s %9s %9s\n", "class", "objects", "pictures", "pixels", "side min", "mean", "max");
	for (int i = 0; i < s->n_classes; i++) {
		const class_count *k = &c->class[i];
		base_str_addf(t, "%-26s %8d %9d %12.0f %9.1f %9.1f %9.1f\n", ann_str(s, s->classes[i].name), k->objects,
			k->pictures, k->pixels, k->side_min, k->objects ? k->side_sum / k->objects : 0, k->side_max);
	}
	base_str_addf(t, "\nsizes as COCO has them: %d small (below 32 x 32), %d medium, %d large (from 96 x 96)\n",
		c->small, c->medium, c->large);
	base_str_add(t, "side in pixels, powers of two: ");
	for (int i = 0; i < BINS; i++)
		if (c->sizes[i])
			base_str_addf(t, " %d-%d: %d ", 1 << i, (2 << i) - 1, c->sizes[i]);
	base_str_add(t, "\n\nwhere centres lie:\n");
	for (int y = 0; y < GRID; y++)
		for (int x = 0; x < GRID; x++)
			most = fmax(most, c->heat[y][x]);
	for (int y = 0; y < GRID; y += 2) {
		base_str_add(t, "  ");
		for (int x = 0; x < GRID; x++) {
			double v = most > 0 ? (c->heat[y][x] + c->heat[y + 1][x]) / (2 * most) : 0;
			base_str_addn(t, shade + (int)fmin(9, ceil(v * 9)), 1);
		}
		base_str_add(t, "\n");
	}
	if (*c->white)
		base_str_addf(t, "pictures: %s\n", c->white);
	if (c->colour_pictures)
		for (int k = 0; k < c->channels && k < CHANNELS; k++)
			base_str_addf(t, "channel %d: mean %.4f, deviation %.4f (of 1)\n", k, c->mean[k], c->deviation[k]);
}

/* --- JSON
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
put_text(base_str *t, const char *p)
{
	ann_json_string(t, p, strlen(p));
}

static void
json(base_str *t, const ann_set *s, const counts *c)
{
	base_str_add(t, "{\n  \"path\": ");
	put_text(t, ann_str(s, s->root));
	base_str_addf(t,
		",\n  \"format\": \"%s\",\n  \"pictures\": %d,\n  \"empty_pictures\": %d,\n  \"objects\": %d,\n  \"width\": "
		"[%d, %d],\n  \"height\": [%d, %d],\n"
		"  \"small\": %d, \"medium\": %d, \"large\": %d,\n  \"splits\": {",
		ann_str(s, s->format), s->n_images, c->empty, s->n_objects, c->width[0], c->width[1], c->height[0],
		c->height[1], c->small, c->medium, c->large);
	for (int i = 0; i < s->n_splits; i++) {
		int n = 0;
		for (int k = 0; k < s->n_images; k++)
			n += (int)(s->images[k].splits >> i & 1);
		base_str_add(t, i ? ", " : "");
		put_text(t, ann_str(s, s->splits[i]));
		base_str_addf(t, ": %d", n);
	}
	base_str_add(t, "},\n  \"classes\": [");
	for (int i = 0; i < s->n_classes; i++) {
		const class_count *k = &c->class[i];
		base_str_add(t, i ? ",\n    {\"name\": " : "\n    {\"name\": ");
		put_text(t, ann_str(s, s->classes[i].name));
		base_str_addf(t,
			", \"objects\": %d, \"pictures\": %d, \"crowd\": %d, \"difficult\": %d, \"pixels\": %.10g, \"side_min\": "
			"%.6g, \"side_mean\": %.6g, "
			"\"side_max\": %.6g, \"aspect\": [%d, %d, %d, %d, %d]}",
			k->objects, k->pictures, k->crowd, k->difficult, k->pixels, k->side_min,
			k->objects ? k->side_sum / k->objects : 0, k->side_max, k->aspect[0], k->aspect[1], k->aspect[2],
			k->aspect[3], k->aspect[4]);
	}
	base_str_add(t, "\n  ],\n  \"sides\": [");
	for (int i = 0; i < BINS; i++)
		base_str_addf(t, "%s%d", i ? ", " : "", c->sizes[i]);
	base_str_add(t, "],\n  \"heat\": [");
	for (int y = 0; y < GRID; y++) {
		base_str_add(t, y ? ",\n    [" : "\n    [");
		for (int x = 0; x < GRID; x++)
			base_str_addf(t, "%s%.0f", x ? ", " : "", c->heat[y][x]);
		base_str_add(t, "]");
	}
	base_str_add(t, "\n  ],\n  \"together\": [");
	for (int a = 0; a < s->n_classes && s->n_classes <= 512; a++) {
		base_str_add(t, a ? ",\n    [" : "\n    [");
		for (int b = 0; b < s->n_classes; b++)
			base_str_addf(t, "%s%d", b ? ", " : "", c->meet[a * s->n_classes + b]);
		base_str_add(t, "]");
	}
	base_str_add(t, "\n  ]");
	if (c->colour_pictures) {
		for (int pass = 0; pass < 2; pass++) {
			base_str_add(t, pass ? "],\n  \"deviation\": [" : ",\n  \"mean\": [");
			for (int k = 0; k < c->channels && k < CHANNELS; k++)
				base_str_addf(t, "%s%.8g", k ? ", " : "", pass ? c->deviation[k] : c->mean[k]);
		}
		base_str_add(t, "]");
		char whites[CODEC_WHITE_TEXT];
		if (*c->white)
			base_str_addf(t, ",\n  \"white\": \"%s\"", codec_whites_text(&c->whites, whites));
	}
	base_str_add(t, "\n}\n");
}

/* --- HTML
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
escaped(base_str *t, const char *p)
{
	ann_xml_text(t, p, strlen(p));
}

static void
thumbnails(base_str *t, const secant_dataset *d, int n)
{
	const ann_set *s = &d->set;
	secant_dataset_drawing drawing;
	secant_err ignored = { 0 };
	if (secant_opts_init(&secant_dataset_drawing_options, &drawing, &ignored))
		return;
	int step = n && s->n_images > n ? s->n_images / n : 1, shown = 0;
	for (int i = 0; i < s->n_images && shown < n; i += step) {
		secant_image im = { 0 }, small = { 0 };
		void *data = NULL;
		size_t size = 0;
		secant_err one = { 0 };
		if (!s->images[i].path || secant_dataset_draw(d, i, &drawing, &im, &one))
			continue;
		double scale = fmin(1, 280.0 / fmax(im.width, im.height));
		secant_image_write_options web = { .quality = 80 };
		if (!secant_image_resize(
				&small, &im, (int)fmax(1, im.width * scale), (int)fmax(1, im.height * scale), SECANT_FILTER_AREA, &one)
			&& !secant_image_encode(&small, "jpg", &data, &size, &web, &one)) {
			base_str_add(t, "<figure><img alt=\"\" src=\"data:image/jpeg;base64,");
			base_base64_encode(t, data, size);
			base_str_add(t, "\"><figcaption>");
			escaped(t, ann_str(s, s->images[i].name));
			base_str_add(t, "</figcaption></figure>\n");
			shown++;
		}
		secant_free(data);
		secant_image_free(&im);
		secant_image_free(&small);
	}
	secant_opts_free(&secant_dataset_drawing_options, &drawing);
}

static void
html(base_str *t, const secant_dataset *d, const counts *c, int pictures)
{
	const ann_set *s = &d->set;
	int most = 1;
	double hottest = 1;
	for (int i = 0; i < s->n_classes; i++)
		most = c->class[i].objects > most ? c->class[i].objects : most;
	for (int y = 0; y < GRID; y++)
		for (int x = 0; x < GRID; x++)
			hottest = fmax(hottest, c->heat[y][x]);
	base_str_add(t, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Data set ");
	escaped(t, ann_str(s, s->root));
	base_str_add(t,
		"</title><style>body{font:15px/1.45 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 "
		"1em;color:#1b1b1b;background:#fff}"
		"table{border-collapse:collapse}td,th{padding:.15em .6em;text-align:right;border-top:1px solid "
		"#ddd}td:first-child,th:first-child{text-align:left}"
		".bar{height:.8em;min-width:1px}figure{display:inline-block;margin:.4em;font-size:.8em}@media(prefers-color-"
		"scheme:dark){body{background:#181818;color:#e8e8e8}"
		"td,th{border-color:#444}}</style></head><body><h1>");
	escaped(t, ann_str(s, s->root));
	base_str_addf(t,
		"</h1><p>Format %s: %d pictures (%d without objects), %d to %d wide, %d to %d high; %d objects: %d small, %d "
		"medium, %d large.</p>\n"
		"<h2>Classes</h2><table><tr><th>class</th><th>objects</th><th></th><th>pictures</th><th>pixels</th><th>mean "
		"side</th></tr>\n",
		ann_str(s, s->format), s->n_images, c->empty, c->width[0], c->width[1], c->height[0], c->height[1],
		s->n_objects, c->small, c->medium, c->large);
	for (int i = 0; i < s->n_classes; i++) {
		uint8_t rgb[3];
		const class_count *k = &c->class[i];
		secant_palette(i, rgb);
		base_str_add(t, "<tr><td>");
		escaped(t, ann_str(s, s->classes[i].name));
		base_str_addf(t,
			"</td><td>%d</td><td style=\"text-align:left\"><div class=\"bar\" "
			"style=\"width:%.1fem;background:#%02x%02x%02x\"></div></td><td>%d</td><td>%.0f</td>"
			"<td>%.1f</td></tr>\n",
			k->objects, 16.0 * k->objects / most, rgb[0], rgb[1], rgb[2], k->pictures, k->pixels,
			k->objects ? k->side_sum / k->objects : 0);
	}
	base_str_addf(t,
		"</table>\n<h2>Where centres lie</h2><svg viewBox=\"0 0 %d %d\" width=\"320\" height=\"320\" role=\"img\" "
		"aria-label=\"heat map\">",
		GRID, GRID);
	for (int y = 0; y < GRID; y++)
		for (int x = 0; x < GRID; x++)
			base_str_addf(t,
				"<rect x=\"%d\" y=\"%d\" width=\"1.02\" height=\"1.02\" fill=\"#d55e00\" opacity=\"%.3f\"/>", x, y,
				c->heat[y][x] / hottest);
	base_str_add(t, "</svg>\n<h2>Classes that meet in a picture</h2><table><tr><th></th>");
	for (int b = 0; b < s->n_classes && s->n_classes <= 40; b++) {
		base_str_add(t, "<th>");
		escaped(t, ann_str(s, s->classes[b].name));
		base_str_add(t, "</th>");
	}
	base_str_add(t, "</tr>\n");
	for (int a = 0; a < s->n_classes && s->n_classes <= 40; a++) {
		base_str_add(t, "<tr><td>");
		escaped(t, ann_str(s, s->classes[a].name));
		base_str_add(t, "</td>");
		for (int b = 0; b < s->n_classes; b++)
			base_str_addf(t, "<td>%d</td>", c->meet[a * s->n_classes + b]);
		base_str_add(t, "</tr>\n");
	}
	base_str_add(t, "</table>\n<h2>Pictures</h2>\n");
	thumbnails(t, d, pictures);
	base_str_add(t, "</body></html>\n");
}

char *
secant_dataset_stats(
	const secant_dataset *d, const secant_dataset_counting *o, const secant_watch *watch, secant_err *err)
{
	const ann_set *s = &d->set;
	counts c = {
		.class = secant_calloc((size_t)s->n_classes + 1, sizeof *c.class),
		.meet = secant_calloc(
			s->n_classes <= 512 ? (size_t)s->n_classes * (size_t)s->n_classes + 1 : 1, sizeof *c.meet),
	};
	uint8_t *seen = secant_calloc((size_t)s->n_classes + 1, 1);
	secant_status status = c.class && c.meet && seen ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++)
		count_picture(&c, s, i, seen, o->pixels);
	if (!status && o->colours)
		status = codec_whites_parse(&c.whites, o->white, err);
	if (!status && o->colours)
		status = count_colours(&c, s, watch, err);
	base_str t = { 0 };
	if (!status && o->format == 1)
		json(&t, s, &c);
	else if (!status && o->format == 2)
		html(&t, d, &c, o->thumbnails);
	else if (!status)
		text(&t, s, &c);
	secant_free(c.class), secant_free(c.meet), secant_free(seen);
	char *report = base_str_take(&t);
	if (!report && !status)
		(void)ann_nomem(err);
	return status ? NULL : report;
}
