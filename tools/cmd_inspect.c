/*
 * `secant inspect DATA --pipeline FILE`: sends the pictures of a folder-per-sample data set through a stream, compares
 * the masks that come out with the labels, and writes pictures of both with a page of all.
 */
#include "command.h"
#include "streams_library.h"
#include <dirent.h>
#include <secant/codec.h>
#include <secant/files.h>
#include <stdlib.h>
#include <string.h>

typedef struct inspect {
	char *pipeline, *stream, *out;
	secant_reals box;
	int timeout;
	common common;
} inspect;

static const secant_opt inspect_rows[] = {
	SECANT_OPT(inspect, pipeline, STR, "pipeline", NULL, 0, 0, "the stream that pictures go through: FILE.pipeline"),
	SECANT_OPT(inspect, stream, STR, "stream", NULL, 0, 0, "which stream of the file; the first"),
	SECANT_OPT(inspect, box, REALS, "box", NULL, 0, 1e9,
		"x0,y0,x1,y1 that the caller sends with each picture; the label is cut to it"),
	SECANT_OPT(
		inspect, out, STR, "out", NULL, 0, 0, "folder for pictures and the page index.html; without it numbers only"),
	SECANT_OPT(inspect, timeout, INT, "timeout", "60000", 1, 86400000, "milliseconds to wait for each result"),
	SECANT_OPT_TABLE(inspect, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts inspect_options = { "inspect", sizeof(inspect), inspect_rows };

typedef struct score {
	double both, predicted, labelled; /* pixels of foreground */
} score;

typedef struct inspection {
	const inspect *o;
	const streams_library *lib;
	secant_streams *m;
	char *stream;
	FILE *page;
	json_t *rows;
	score all;
	double dice, iou; /* sums */
	int n;
} inspection;

static double
dice_of(const score *s)
{
	double sum = s->predicted + s->labelled;
	return sum > 0 ? 2 * s->both / sum : 1;
}

static double
iou_of(const score *s)
{
	double any = s->predicted + s->labelled - s->both;
	return any > 0 ? s->both / any : 1;
}

enum { PATH = 4500, MOST_MASKS = 65536 };

/* Pictures of a folder. */
typedef struct files {
	char (*v)[PATH];
	int n;
} files;

/* Those whose names begin with a word ("": any), and go on with a point where `whole`. False: no memory. */
static bool
list_files(files *f, const char *folder, const char *word, bool whole)
{
	DIR *d = opendir(folder);
	size_t n = strlen(word);
	bool fine = true;
	for (struct dirent *e; d && fine && f->n < MOST_MASKS && (e = readdir(d));) {
		if (strncmp(e->d_name, word, n) != 0 || (whole && e->d_name[n] != '.') || e->d_name[0] == '.'
			|| !secant_image_is_path(e->d_name))
			continue;
		char(*more)[PATH] = realloc(f->v, (size_t)(f->n + 1) * sizeof *more);
		fine = more != NULL;
		if (fine) {
			f->v = more;
			snprintf(f->v[f->n++], PATH, "%s/%s", folder, e->d_name);
		}
	}
	if (d)
		closedir(d);
	return fine;
}

/* A sample's picture (image.*, or what images holds alone) and its masks: mask*, or what masks holds. */
static bool
find_sample(files *picture, files *masks, const char *folder, secant_err *err)
{
	char inner[PATH];
	bool fine = list_files(picture, folder, "image", true) && list_files(masks, folder, "mask", false);
	snprintf(inner, sizeof inner, "%s/images", folder);
	if (fine && !picture->n) {
		fine = list_files(picture, inner, "", false);
		picture->n = picture->n == 1;
	}
	snprintf(inner, sizeof inner, "%s/masks", folder);
	if (fine && !masks->n)
		fine = list_files(masks, inner, "", false);
	if (!fine)
		secant_fail(err, SECANT_ERR_NOMEM, "%.300s: no memory for its names", folder);
	return fine && picture->n && masks->n;
}

/* The part of a picture under the box. */
static secant_status
cut(const inspection *p, secant_image *im, secant_err *err)
{
	secant_image part;
	if (!p->o->box.n)
		return SECANT_OK;
	int x0 = (int)p->o->box.v[0], y0 = (int)p->o->box.v[1];
	int x1 = (int)p->o->box.v[2] < im->width ? (int)p->o->box.v[2] : im->width;
	int y1 = (int)p->o->box.v[3] < im->height ? (int)p->o->box.v[3] : im->height;
	if (x1 <= x0 || y1 <= y0)
		return secant_fail(
			err, SECANT_ERR_RANGE, "--box has nothing in common with a picture of %dx%d", im->width, im->height);
	if (secant_image_crop(&part, im, x0, y0, x1 - x0, y1 - y0, err))
		return err->code;
	secant_image_free(im);
	*im = part;
	return SECANT_OK;
}

/* Of a label that is marked, and a mask, whose foreground is any class but 0. */
static score
compare(const secant_image *mask, const secant_image *label)
{
	score s = { 0 };
	size_t n = (size_t)mask->width * (size_t)mask->height;
	for (size_t i = 0; i < n; i++) {
		bool a = mask->dtype == SECANT_U16 ? ((const uint16_t *)mask->data)[i] != 0
										   : ((const uint8_t *)mask->data)[i] != 0;
		bool b = ((const uint8_t *)label->data)[i] != 0;
		s.both += a && b;
		s.predicted += a;
		s.labelled += b;
	}
	return s;
}

/* Input, label, prediction and error side by side: what is missing is red, what is too much is blue. */
static secant_status
draw(const char *path, const secant_image *input, const secant_image *label, const secant_image *mask, secant_err *err)
{
	secant_image out;
	int w = mask->width, h = mask->height;
	if (secant_image_new(&out, 4 * w + 12, h, 3, SECANT_U8, err))
		return err->code;
	uint8_t *to = out.data;
	memset(to, 255, (size_t)out.width * (size_t)h * 3);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			size_t at = (size_t)y * (size_t)w + (size_t)x;
			bool a = mask->dtype == SECANT_U16 ? ((const uint16_t *)mask->data)[at] != 0
											   : ((const uint8_t *)mask->data)[at] != 0;
			bool b = ((const uint8_t *)label->data)[at] != 0;
			uint8_t *row = to + (size_t)y * (size_t)out.width * 3;
			const uint8_t error[3] = { (uint8_t)(b ? 255 : 0), (uint8_t)(a && b ? 255 : 0), (uint8_t)(a ? 255 : 0) };
			memcpy(row + (size_t)x * 3, (const uint8_t *)input->data + at * 3, 3);
			memset(row + (size_t)(w + 4 + x) * 3, b ? 255 : 0, 3);
			memset(row + (size_t)(2 * w + 8 + x) * 3, a ? 255 : 0, 3);
			memcpy(row + (size_t)(3 * w + 12 + x) * 3, error, 3);
		}
	(void)!secant_image_write(&out, path, NULL, err);
	secant_image_free(&out);
	return err->code;
}

static void
write_page_row(inspection *p, const char *name, const score *s)
{
	fprintf(p->page, "<tr><td>");
	for (const char *c = name; *c; c++)
		fprintf(p->page, *c == '<' ? "&lt;" : *c == '&' ? "&amp;" : "%c", *c);
	fprintf(p->page, "</td><td>%.4f</td><td>%.4f</td><td><img src=\"%d.png\" loading=\"lazy\"></td></tr>\n", dice_of(s),
		iou_of(s), p->n);
}

static void
count_score(inspection *p, const char *name, const score *s)
{
	p->all.both += s->both;
	p->all.predicted += s->predicted;
	p->all.labelled += s->labelled;
	p->dice += dice_of(s);
	p->iou += iou_of(s);
	if (p->page)
		write_page_row(p, name, s);
	json_array_append_new(p->rows, json_pack("{s:s, s:f, s:f}", "name", name, "dice", dice_of(s), "iou", iou_of(s)));
	if (!p->o->common.json && !p->o->common.quiet)
		printf("%-30s dice %.4f  iou %.4f\n", name, dice_of(s), iou_of(s));
	p->n++;
}

/* The label at the mask's size, grey; the picture too, in colours. */
static secant_status
read_scaled(inspection *p, secant_image *to, const char *path, int channels, int w, int h, secant_err *err)
{
	secant_image im;
	secant_image_read_options how = { .channels = channels, .to_u8 = true };
	if (secant_image_read(&im, path, &how, err))
		return err->code;
	if (!cut(p, &im, err))
		(void)!secant_image_resize(to, &im, w, h, channels == 1 ? SECANT_FILTER_NEAREST : SECANT_FILTER_BILINEAR, err);
	secant_image_free(&im);
	return err->code;
}

/* What is foreground of a label is above half of its largest value. */
static void
mark_foreground(secant_image *label)
{
	size_t n = (size_t)label->width * (size_t)label->height;
	uint8_t *v = label->data;
	int most = 1;
	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	for (size_t i = 0; i < n; i++)
		v[i] = 2 * v[i] > most ? 255 : 0;
}

/* Foreground of any of a sample's masks, at the mask's size. */
static bool
read_label(inspection *p, secant_image *to, const files *masks, int w, int h, secant_err *err)
{
	for (int i = 0; i < masks->n; i++) {
		secant_image one;
		if (read_scaled(p, &one, masks->v[i], 1, w, h, err))
			break;
		mark_foreground(&one);
		for (size_t k = 0; i && k < (size_t)w * (size_t)h; k++)
			((uint8_t *)to->data)[k] |= ((const uint8_t *)one.data)[k];
		if (i)
			secant_image_free(&one);
		else
			*to = one;
	}
	return !err->code;
}

static void
judge(inspection *p, const char *name, const char *picture, const files *masks, const secant_stream_result *r,
	secant_err *err)
{
	secant_image mask, label = { 0 }, input = { 0 };
	char why[400], file[5000];
	if (!p->lib->stream_result_mask(r, 0, &mask, why, sizeof why)) {
		secant_fail(err, SECANT_ERR_FORMAT, "%.200s: %.250s", picture, why);
		return;
	}
	if (read_label(p, &label, masks, mask.width, mask.height, err)) {
		score s = compare(&mask, &label);
		if (p->page && !read_scaled(p, &input, picture, 3, mask.width, mask.height, err)) {
			snprintf(file, sizeof file, "%s/%d.png", p->o->out, p->n);
			(void)draw(file, &input, &label, &mask, err);
		}
		if (!err->code)
			count_score(p, name, &s);
	}
	secant_image_free(&mask);
	secant_image_free(&label);
	secant_image_free(&input);
}

static void
send_one(inspection *p, const char *name, const char *picture, const files *masks, secant_err *err)
{
	enum { MOST = 1 << 30 };
	char *bytes;
	size_t size;
	if (secant_file_read(&bytes, &size, picture, MOST, err))
		return;
	const double *v = p->o->box.v;
	secant_stream_box box = { 0 };
	if (p->o->box.n)
		box = (secant_stream_box){ (float)v[0], (float)v[1], (float)v[2], (float)v[3] };
	secant_stream_input in = { .data = bytes, .size = size, .boxes = &box, .n_boxes = p->o->box.n ? 1 : 0 };
	int code = p->lib->streams_send(p->m, p->stream, NULL, 0, &in, NULL);
	secant_free(bytes);
	if (code) {
		secant_fail(err, SECANT_ERR_ARG, "%.200s: the stream does not take it: error %d", picture, code);
		return;
	}
	secant_stream_result *r = p->lib->streams_get(p->m, p->stream, NULL, 0, NULL, 0, (uint32_t)p->o->timeout);
	if (r)
		judge(p, name, picture, masks, r, err);
	p->lib->stream_result_free(r);
}

static void
inspect_one(inspection *p, const char *data, const char *name, secant_err *err)
{
	char folder[2000];
	files pictures = { 0 }, masks = { 0 };
	snprintf(folder, sizeof folder, "%s/%s", data, name);
	if (find_sample(&pictures, &masks, folder, err))
		send_one(p, name, pictures.v[0], &masks, err);
	free(pictures.v);
	free(masks.v);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
inspect_all(inspection *p, const char *data, secant_err *err)
{
	struct dirent **names;
	int n = scandir(data, &names, NULL, by_name);
	if (n < 0)
		secant_fail(err, SECANT_ERR_IO, "%.300s: cannot be listed", data);
	for (int i = 0; i < n; i++) {
		if (!err->code && names[i]->d_name[0] != '.' && !tool_interrupted())
			inspect_one(p, data, names[i]->d_name, err);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (!err->code && !p->n)
		secant_fail(err, SECANT_ERR_FORMAT, "%.300s: no folders with image and mask in them", data);
}

static int
report(inspection *p, secant_err *err)
{
	double dice = p->dice / p->n, iou = p->iou / p->n;
	if (p->page)
		fprintf(p->page,
			"</table>\n<p>%d pictures: dice %.4f, IoU %.4f in the mean; over all pixels %.4f and %.4f.</p>\n", p->n,
			dice, iou, dice_of(&p->all), iou_of(&p->all));
	if (p->o->common.json)
		return tool_print_json(stdout,
			json_pack("{s:i, s:f, s:f, s:f, s:f, s:O}", "images", p->n, "dice", dice, "iou", iou, "dice_of_all_pixels",
				dice_of(&p->all), "iou_of_all_pixels", iou_of(&p->all), "pictures", p->rows),
			JSON_INDENT(2), err);
	printf("%d pictures: dice %.4f  iou %.4f in the mean; over all pixels %.4f  %.4f\n", p->n, dice, iou,
		dice_of(&p->all), iou_of(&p->all));
	return 0;
}

static FILE *
open_page(const char *folder, secant_err *err)
{
	char path[5000];
	if (secant_make_dirs(folder, err))
		return NULL;
	snprintf(path, sizeof path, "%s/index.html", folder);
	FILE *f = fopen(path, "w");
	if (!f)
		secant_fail(err, SECANT_ERR_IO, "%.300s: cannot be written", path);
	else
		fprintf(f,
			"<!doctype html><meta "
			"charset=\"utf-8\"><title>Inspection</title>\n<style>body{font-family:sans-serif}img{max-width:60em}"
			"td{vertical-align:top;padding:4px}</style>\n<h1>Inspection</h1>\n<p>Input, label, prediction, error: "
			"missed red, too much "
			"blue, right white.</p>\n<table><tr><th>picture</th><th>dice</th><th>IoU</th><th></th></tr>\n");
	return f;
}

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	const inspect *o = options;
	inspection p = { .o = o };
	secant_stream_fault f;
	if (!o->pipeline)
		return secant_fail(err, SECANT_ERR_ARG, "--pipeline FILE.pipeline says what pictures go through");
	if (o->box.n && o->box.n != 4)
		return secant_fail(err, SECANT_ERR_ARG, "--box: four numbers are meant, x0,y0,x1,y1");
	if (!(p.lib = streams_library_open(err)))
		return err->code;
	if (o->out && !(p.page = open_page(o->out, err)))
		return err->code;
	p.rows = json_array();
	if (!(p.m = p.lib->streams_new()))
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "GStreamer does not start");
	else if (p.lib->streams_create_file(p.m, o->pipeline, &f))
		secant_fail(err, SECANT_ERR_FORMAT, "%.150s: %d %s: %.60s %.60s: %.250s", o->pipeline, f.code, f.name,
			f.element, f.property, f.message);
	else if (!(p.stream = o->stream ? strdup(o->stream) : p.lib->streams_name(p.m, 0)))
		secant_fail(err, SECANT_ERR_ARG, "the pipeline has no stream");
	if (!err->code)
		inspect_all(&p, operands[0], err);
	if (!err->code)
		(void)report(&p, err);
	if (p.page)
		fclose(p.page);
	json_decref(p.rows);
	free(p.stream);
	if (p.m)
		p.lib->streams_free(p.m);
	return err->code;
}

const command command_inspect = {
	.name = "inspect",
	.brief = "compares what a stream makes of pictures with their labels",
	.operands = "DATA --pipeline FILE.pipeline",
	.details =
		"DATA holds a folder for each sample, with image.png and mask.png in it, or several masks (mask_0.png, or "
		"all in a folder masks),\nwhich are joined. Masks and labels are compared at the size of the mask that "
		"the stream gives; foreground is any class but 0.",
	.example = "secant inspect parts --pipeline inspection.pipeline --box 2200,1000,4000,2800 --out report",
	.options = &inspect_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
