/* `secant data draw`: pictures with their annotations. */
#include "data.h"
#include <secant/codec.h>
#include <secant/samples.h>

typedef struct draw {
	replacing replacing;
	common common;
	secant_dataset_reading reading;
	secant_dataset_drawing drawing;
	secant_augment_sheet sheet;
	char *out, *picture, *split;
} draw;

static const secant_opt rows[] = {
	SECANT_OPT(draw, out, STR, "out", NULL, 1, 0, "the picture to write"),
	SECANT_OPT_TABLE(draw, replacing, &replacing_options),
	SECANT_OPT(
		draw, picture, STR, "picture", NULL, 1, 0, "draw this one (its name or stem); a contact sheet when not given"),
	SECANT_OPT(draw, split, STR, "split", NULL, 1, 0, "of this list only"),
	SECANT_OPT_TABLE(draw, drawing, &secant_dataset_drawing_options),
	SECANT_OPT_TABLE(draw, sheet, &secant_augment_sheet_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(draw, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(draw, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data draw", sizeof(draw), rows };

static int
say_done(const draw *o, const secant_image *im, secant_err *err)
{
	json_t *j = o->common.json ? json_pack("{s:s,s:i,s:i}", "out", o->out, "width", im->width, "height", im->height)
							   : NULL;
	return o->common.json ? tool_print_json(stdout, j, 0, err) : 0;
}

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	draw *o = object;
	secant_image im = { 0 };
	secant_watch watch = data_watch(&o->common);
	if (!o->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the picture to write");
	if (tool_may_write(o->out, &o->replacing, &o->common, err))
		return err->code;
	if (o->sheet.augment) {
		if (!secant_augment_sheet_draw(operands[0], o->split, &o->sheet, &im, err))
			(void)!(secant_image_write(&im, o->out, NULL, err) || say_done(o, &im, err));
		secant_image_free(&im);
		return 0;
	}
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d && o->split ? secant_dataset_select(d, o->split, err) : d ? 0 : -1, at = -1;
	if (!status && o->picture && (at = secant_dataset_find(d, o->picture)) < 0)
		status = secant_fail(err, SECANT_ERR_ARG, "--picture: there is no '%s' in %s", o->picture, operands[0]);
	if (!status)
		status = at >= 0 ? secant_dataset_draw(d, at, &o->drawing, &im, err)
						 : secant_dataset_sheet(d, &o->drawing, &watch, &im, err);
	if (!status)
		status = secant_image_write(&im, o->out, NULL, err);
	if (!status)
		status = say_done(o, &im, err);
	secant_image_free(&im);
	secant_dataset_free(d);
	return status;
}

const command data_draw = {
	.name = "draw",
	.brief = "draws annotations on pictures, or samples as augmentation makes them",
	.operands = "DATA --out PICTURE",
	.details = "One picture (--picture), or a contact sheet of some drawn by chance. Objects that are not to be judged "
			   "(crowd, difficult) have\n"
			   "dashed boxes.\n\n"
			   "With --augment, DATA is what train takes, and the sheet shows samples with their labels as the first "
			   "epochs will see them: with the\n"
			   "same --seed and --size they are the training's own.",
	.example = "secant data draw VOC --out sheet.png\nsecant data draw VOC --picture 000001 --out one.png\n"
			   "secant data draw cells --augment flip-h,rotate90,hue-saturation-value,shift-scale-rotate --size 64 "
			   "--out sheet.png",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
