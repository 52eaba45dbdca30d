/*
 * Dice and IoU on probabilities instead of classes, of each picture, as MindSpore's model zoo computes them
 * (official/cv/Unet, dice_coeff): all classes and pixels one vector p of probabilities and t of labels,
 *
 *     dice = 2 p.t / (p.p + t.t + 1e-6),     IoU = dice / (2 - dice)
 *
 * and the mean over pictures. Background counts as any class.
 */
#ifndef JUDGE_SOFT_H
#define JUDGE_SOFT_H
#include "nn/nn.h"

typedef struct judge_soft {
	base_mode mode;
	int classes; /* of the network: channels of its output */
	bool activated; /* outputs are probabilities */
	bool hard; /* the likeliest class counts as sure */
	bool background; /* class 0 is a class; else it is left out */
	int ignore; /* labels of this value (of one class: below 0) are left out */
} judge_soft;

/* Dice of one picture: outputs of height x stride x classes, the target in the loader's layout (one class: reals, else
 * i32; multilabel: reals). */
double judge_soft_dice(const judge_soft *s, const float *v, const void *target, int height, int width, int stride);
double judge_soft_iou(double dice);
#endif
