/*
 * A contact sheet of augmented samples, to look at before training: a row for each picture, first as it is (cut or
 * scaled to the training size), then as the first epochs will have it. The samples come from the loader of training, so
 * that what is shown is what is learned from: same seed, same crops, same steps. Labels are tinted, with opaque
 * borders; what is ignored is hatched.
 */
#include <secant/codec.h>
#include <secant/palette.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/samples.h"
#include "draw/paper.h"

enum { GAP = 8, LEFT = 16, TITLE = 40, HEAD = 26, NAME = 24, LETTERS = 13, IGNORED = -1 };

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("Augmented samples"),
	SECANT_OPT(secant_augment_sheet, augment, JSON, "augment", NULL, 0, 0,
		"show samples of a training data set under these augmentations (as in train) instead of annotations"),
	SECANT_OPT(secant_augment_sheet, pictures, INT, "pictures", "4", 1, 100,
		"with --augment: how many pictures, spread over the list"),
	SECANT_OPT(secant_augment_sheet, views, INT, "views", "6", 1, 30, "with --augment: how many views of each"),
	SECANT_OPT(secant_augment_sheet, side, INT, "side", "200", 32, 1000, "with --augment: side of a cell, pixels"),
	SECANT_OPT(secant_augment_sheet, seed, INT, "seed", "0", 0, 1 << 30, "with --augment: that of the training"),
	SECANT_OPT(secant_augment_sheet, classes, INT, "classes", "1", 1, 65535, "with --augment: as in train"),
	SECANT_OPT(secant_augment_sheet, in_channels, INT, "in-channels", "3", 1, 16, "with --augment: as in train"),
	SECANT_OPT(secant_augment_sheet, size, SIZE, "size", NULL, 1, 65536, "with --augment: as in train"),
	SECANT_OPT(secant_augment_sheet, resize, BOOL, "resize", "false", 0, 0, "with --augment: as in train"),
	SECANT_OPT(secant_augment_sheet, tile, SIZE, "tile", NULL, 16, 65536, "with --augment: as in train"),
	SECANT_OPT(secant_augment_sheet, labels, STR, "label-format", "auto", 0, 0, "with --augment: --labels of train"),
	SECANT_OPT(secant_augment_sheet, ignore_index, INT, "ignore-index", "-1", -1, 65535, "with --augment: as in train"),
	SECANT_OPT(secant_augment_sheet, class_file, STR, "class-file", NULL, 0, 0, "with --augment: as in train"),
	SECANT_OPT_END,
};
const secant_opts secant_augment_sheet_options = { "data draw", sizeof(secant_augment_sheet), rows };

/* ---- one cell ---- */

static int
label_of(const secant_augment_sheet *o, const void *target, int64_t i)
{
	if (o->classes == 1) {
		float v = ((const float *)target)[i];
		return v < 0 ? IGNORED : v >= .5f;
	}
	int v = ((const int32_t *)target)[i];
	return v < 0 || v >= o->classes ? IGNORED : v;
}

/* Numbers of the loader with --normalize unit. */
static uint8_t
byte_of(float v)
{
	v = v * 255 + .5f;
	return (uint8_t)(v > 0 ? v < 255 ? v : 255 : 0);
}

static void
tint(const secant_augment_sheet *o, const data_batch *b, int x, int y, int thick, uint8_t *rgb)
{
	int64_t i = (int64_t)y * b->width + x;
	int label = label_of(o, b->target, i), left = x >= thick ? label_of(o, b->target, i - thick) : label,
		up = y >= thick ? label_of(o, b->target, i - (int64_t)thick * b->width) : label;
	int shown = label > 0 ? label : left > 0 && left != label ? left : up > 0 && up != label ? up : 0;
	uint8_t colour[3];
	if (label == IGNORED && (x / (4 * thick) + y / (4 * thick)) % 2) {
		memset(rgb, 128, 3);
		return;
	}
	if (shown < 1)
		return;
	bool border = left != label || up != label;
	secant_palette(shown, colour);
	for (int c = 0; c < 3; c++)
		rgb[c] = (uint8_t)(border ? colour[c] : (2 * rgb[c] + colour[c]) / 3);
}

static secant_status
cell_of(const secant_augment_sheet *o, const data_batch *b, secant_image *cell, secant_err *err)
{
	secant_image whole = { 0 };
	int channels = o->in_channels, longer = b->height > b->width ? b->height : b->width,
		thick = (longer + o->side - 1) / o->side;
	double scale = (double)o->side / longer;
	int h = (int)(b->height * scale), w = (int)(b->width * scale);
	secant_status status = secant_image_new(&whole, b->width, b->height, 3, SECANT_U8, err);
	for (int y = 0; y < b->height && !status; y++)
		for (int x = 0; x < b->width; x++) {
			int64_t i = (int64_t)y * b->width + x;
			uint8_t *rgb = (uint8_t *)whole.data + 3 * i;
			for (int c = 0; c < 3; c++)
				rgb[c] = byte_of(b->input[i * channels + (channels < 3 ? 0 : c)]);
			tint(o, b, x, y, thick, rgb);
		}
	if (!status)
		status = secant_image_resize(
			cell, &whole, w > 0 ? w : 1, h > 0 ? h : 1, scale < 1 ? SECANT_FILTER_AREA : SECANT_FILTER_NEAREST, err);
	secant_image_free(&whole);
	return status;
}

/* ---- the sheet ---- */

typedef struct sheet {
	const secant_augment_sheet *o;
	draw_paper *paper;
	int tall; /* of a cell, whose longer side is o->side */
} sheet;

/* Text cut to a width with dots. */
static void
put_text(const sheet *s, double x, double y, double width, const char *text)
{
	char shown[400];
	(void)snprintf(shown, sizeof shown, "%s", text);
	for (size_t n = strlen(shown); n > 4 && draw_paper_text_width(s->paper, shown) > width; n--)
		memcpy(shown + n - 4, "...", 4);
	draw_paper_text(s->paper, x, y, shown);
}

static secant_status
put_sample(const sheet *s, data_loader *l, uint32_t epoch, int sample, int column, int y, secant_err *err)
{
	data_batch b;
	secant_image cell = { 0 };
	bool end = false;
	secant_status status = data_loader_start(l, epoch, sample, err);
	if (!status)
		status = data_loader_next(l, &b, &end, err);
	if (!status && !end)
		status = cell_of(s->o, &b, &cell, err);
	if (!status && cell.data)
		draw_paper_picture(s->paper, &cell, LEFT + column * (s->o->side + GAP), y);
	secant_image_free(&cell);
	return status;
}

static secant_status
put_rows(
	const sheet *s, const data_samples *samples, int n, data_loader *plain, data_loader *augmented, secant_err *err)
{
	secant_status status = SECANT_OK;
	char text[64];
	draw_paper_font(s->paper, LETTERS, false);
	draw_paper_grey(s->paper, .2);
	for (int v = 0; v <= s->o->views; v++) {
		(void)snprintf(text, sizeof text, "epoch %d", v);
		put_text(s, LEFT + v * (s->o->side + GAP), TITLE + HEAD - 8, s->o->side, v ? text : "as it is");
	}
	for (int i = 0; i < n && !status; i++) {
		int sample = (int)((int64_t)i * data_samples_count(samples) / n), y = TITLE + HEAD + i * (s->tall + NAME);
		status = put_sample(s, plain, 0, sample, 0, y, err);
		for (int v = 0; v < s->o->views && !status; v++)
			status = put_sample(s, augmented, (uint32_t)v, sample, v + 1, y, err);
		draw_paper_grey(s->paper, .2);
		put_text(s, LEFT, y + s->tall + 15, s->o->views * (s->o->side + GAP),
			base_path_name(data_samples_image_path(samples, sample)));
	}
	return status;
}

static secant_status
draw_sheet(const secant_augment_sheet *o, const int size[2], const char *recipe, const data_samples *samples,
	data_loader *plain, data_loader *augmented, secant_image *out, secant_err *err)
{
	int tall = size[0] >= size[1] ? o->side : (int)((int64_t)o->side * size[0] / size[1]);
	int n = data_samples_count(samples) < o->pictures ? data_samples_count(samples) : o->pictures;
	int64_t width = 2 * LEFT + (int64_t)(o->views + 1) * (o->side + GAP) - GAP,
			height = TITLE + HEAD + (int64_t)n * (tall + NAME) + GAP;
	if (width > 32000 || height > 32000)
		return secant_fail(err, SECANT_ERR_RANGE,
			"a sheet of %lldx%lld pixels is too large: fewer --pictures or --views, or a smaller --side",
			(long long)height, (long long)width);
	sheet s = { .o = o, .paper = draw_paper_new((int)width, (int)height, err), .tall = tall };
	if (!s.paper)
		return SECANT_ERR_NOMEM;
	draw_paper_font(s.paper, 15, false);
	draw_paper_grey(s.paper, .1);
	put_text(&s, LEFT, 27, (double)width - 2 * LEFT, recipe);
	secant_status status = put_rows(&s, samples, n, plain, augmented, err);
	if (!status)
		status = draw_paper_take(s.paper, out, err);
	draw_paper_free(s.paper);
	return status;
}

secant_status
secant_augment_sheet_draw(
	const char *data, const char *split, const secant_augment_sheet *o, secant_image *out, secant_err *err)
{
	secant_data_options usual, d;
	secant_err own = { 0 };
	*out = (secant_image){ 0 };
	json_t *j = o->augment && *o->augment == '"' ? base_json_parse(o->augment, strlen(o->augment), "--augment", err)
												 : NULL;
	const char *recipe = j ? json_string_value(j) : o->augment;
	data_augmentation *a = data_augmentation_parse(recipe, &own);
	data_samples *samples = NULL;
	data_loader *plain = NULL, *augmented = NULL;
	if (a && !secant_opts_init(&secant_data_options_table, &usual, &own)) {
		d = usual;
		d.labels = o->labels, d.class_file = o->class_file, d.ignore_index = o->ignore_index, d.tile = o->tile,
		d.resize = o->resize;
		d.normalize.normalize = (char *)(uintptr_t) "unit";
		d.size = o->size;
		data_samples_request r = {
			.path = data,
			.split = split ? split : "train",
			.options = &d,
			.in_channels = o->in_channels,
			.classes = o->classes,
			.kind = o->classes == 1 ? DATA_TARGET_BINARY : DATA_TARGET_INDEX,
			.seed = (uint64_t)o->seed,
		};
		if ((samples = data_samples_open(&r, &own))) {
			if (d.size.n != 2)
				data_samples_size(samples, 0, &d.size.v[0], &d.size.v[1]), d.size.n = 2;
			data_loader_options lo = { .batch = 1,
				.size = d.size,
				.resize = o->resize,
				.center = true,
				.seed = (uint64_t)o->seed,
				.threads = 1,
				.multiple = 1 };
			plain = data_loader_new(samples, &lo, &own);
			lo.center = false;
			lo.augmentation = a;
			augmented = plain ? data_loader_new(samples, &lo, &own) : NULL;
		}
		if (augmented)
			(void)!draw_sheet(o, d.size.v, recipe, samples, plain, augmented, out, &own);
		secant_opts_free(&secant_data_options_table, &usual);
	}
	data_loader_free(plain);
	data_loader_free(augmented);
	data_samples_free(samples);
	data_augmentation_free(a);
	json_decref(j);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
