/* `secant data eval`: how good are the detections of a result file? */
#include "data.h"

typedef struct eval {
	common common;
	secant_dataset_reading reading;
	secant_dataset_judging judging;
	char *split;
} eval;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(eval, judging, &secant_dataset_judging_options),
	SECANT_OPT(eval, split, STR, "split", NULL, 1, 0, "judge the pictures of this list only"),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(eval, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(eval, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data eval", sizeof(eval), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	eval *o = object;
	char *report = NULL;
	o->judging.format = o->common.json ? 1 : o->judging.format;
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d && o->split ? secant_dataset_select(d, o->split, err) : d ? 0 : -1;
	if (!status)
		status = secant_dataset_eval(d, operands[1], &o->judging, NULL, &report, err);
	if (report)
		tool_print(report);
	secant_free(report);
	secant_dataset_free(d);
	return status;
}

const command data_eval = {
	.name = "eval",
	.brief = "judges detections: COCO's twelve numbers, VOC's AP",
	.operands = "DATA RESULTS",
	.details = "RESULTS is a COCO result list (JSON: image_id, category_id, bbox or segmentation, score), or a folder "
			   "of VOC text files\n"
			   "that end in _CLASS.txt (picture score xmin ymin xmax ymax). The COCO numbers are those of pycocotools, "
			   "to the last bit.",
	.example = "secant data eval COCO detections.json --curves curves.png\nsecant data eval VOC results/Main --metric "
			   "voc10 --split val",
	.options = &options,
	.min_operands = 2,
	.max_operands = 2,
	.run = run,
};
