/*
 * lovasz: the Lovasz extension of the Jaccard loss (Berman, Triki, Blaschko 2018), segmentation_models.pytorch's
 * LovaszLoss. Binary and multilabel: hinge errors 1 - logit (2y - 1), all elements together; multiclass: errors |[y =
 * c] - p_c| of softmax for each class that occurs, averaged. per-image: for each picture, then averaged. Ignored pixels
 * sort last and count for nothing.
 */
#include "nn/loss_parts.h"

typedef struct lovasz {
	bool per_image;
	secant_ints ignore;
} lovasz;

/* N x ... x C as rows x everything else: rows 1, or N per image. */
static secant_value
rows_of(secant_graph *g, secant_value v, bool per_image)
{
	const secant_shape *s = secant_graph_shape(g, v);
	int64_t n = per_image ? s->dim[0] : 1;
	return secant_apply(
		g, "reshape", &(secant_shape_attr){ { 2, { (int)n, n ? (int)(secant_shape_count(s) / n) : 0 } } }, 1, v);
}

/* The same with a row for each class: [N x] C x pixels. */
static secant_value
class_rows(secant_graph *g, secant_value v, bool per_image)
{
	const secant_shape *s = secant_graph_shape(g, v);
	int n = per_image ? (int)s->dim[0] : 1, c = (int)s->dim[s->rank - 1],
		pixels = n && c ? (int)(secant_shape_count(s) / n / c) : 0;
	v = secant_apply(g, "reshape", &(secant_shape_attr){ { 3, { n, pixels, c } } }, 1, v);
	return secant_apply(g, "transpose", &(secant_ints){ 3, { 0, 2, 1 } }, 1, v);
}

static secant_value
without(secant_graph *g, secant_value errors, secant_value mask)
{
	if (mask < 0)
		return errors;
	return secant_apply(g, "where", NULL, 3, secant_loss_two(g, "greater", mask, secant_graph_scalar(g, 0.5)), errors,
		secant_graph_scalar(g, -1e30));
}

static secant_value
hinge(secant_graph *g, const lovasz *l, const secant_loss_input *in)
{
	secant_value mask = secant_loss_mask(g, in, &l->ignore),
				 y = mask < 0 ? in->target : secant_loss_two(g, "mul", in->target, mask);
	secant_value sign = secant_loss_plus(g, secant_loss_scaled(g, y, 2), -1);
	secant_value errors = secant_loss_plus(
		g, secant_loss_scaled(g, secant_loss_two(g, "mul", in->logits, sign), -1), 1);
	secant_value loss = secant_loss_two(
		g, "lovasz", rows_of(g, without(g, errors, mask), l->per_image), rows_of(g, y, l->per_image));
	return secant_loss_over(g, "mean", loss, false);
}

static secant_value
softmax(secant_graph *g, const lovasz *l, const secant_loss_input *in)
{
	secant_value p = secant_apply(g, "softmax", &(secant_axis_attr){ -1 }, 1, in->logits),
				 y = secant_apply(g, "one_hot", &(secant_classes_attr){ in->classes }, 1, in->target);
	secant_value mask = secant_loss_mask_channels(g, in, secant_loss_mask(g, in, &l->ignore));
	if (mask >= 0)
		y = secant_loss_two(g, "mul", y, mask);
	secant_value errors = without(g, secant_loss_one(g, "abs", secant_loss_two(g, "sub", y, p)), mask);
	secant_value rows = class_rows(g, y, l->per_image),
				 each = secant_loss_two(
					 g, "lovasz", class_rows(g, errors, l->per_image), rows); /* pictures x classes */
	secant_axes_attr last = { { 1, { 2 } }, false }, classes = { { 1, { 1 } }, false };
	secant_value present = secant_loss_one(
		g, "upcast", secant_loss_two(g, "greater", secant_apply(g, "sum", &last, 1, rows), secant_graph_scalar(g, 0)));
	secant_value sum = secant_apply(g, "sum", &classes, 1, secant_loss_two(g, "mul", each, present));
	secant_value count = secant_loss_limited(g, secant_apply(g, "sum", &classes, 1, present), 1, 1e300);
	return secant_loss_over(g, "mean", secant_loss_two(g, "div", sum, count), false);
}

static secant_value
build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	return in->mode == SECANT_MODE_MULTICLASS ? softmax(g, settings, in) : hinge(g, settings, in);
}

static const secant_opt rows[] = {
	SECANT_OPT(lovasz, per_image, BOOL, "per-image", "false", 0, 1, "of each picture, then the mean"),
	SECANT_OPT(lovasz, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"),
	SECANT_OPT_END,
};
static const secant_opts settings_table = { "lovasz", sizeof(lovasz), rows };

const secant_loss secant_loss_lovasz = {
	.name = "lovasz",
	.brief = "Lovasz extension of the Jaccard loss: follows IoU itself",
	.settings = &settings_table,
	.modes = SECANT_MODES_ALL,
	.build = build,
};
