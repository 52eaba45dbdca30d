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
static graph_value
rows_of(graph_net *g, graph_value v, bool per_image)
{
	const secant_shape *s = graph_shape(g, v);
	int64_t n = per_image ? s->dim[0] : 1;
	return graph_apply(
		g, "reshape", &(op_shape_attr){ { 2, { (int)n, n ? (int)(secant_shape_count(s) / n) : 0 } } }, 1, v);
}

/* The same with a row for each class: [N x] C x pixels. */
static graph_value
class_rows(graph_net *g, graph_value v, bool per_image)
{
	const secant_shape *s = graph_shape(g, v);
	int n = per_image ? (int)s->dim[0] : 1, c = (int)s->dim[s->rank - 1],
		pixels = n && c ? (int)(secant_shape_count(s) / n / c) : 0;
	v = graph_apply(g, "reshape", &(op_shape_attr){ { 3, { n, pixels, c } } }, 1, v);
	return graph_apply(g, "transpose", &(secant_ints){ 3, { 0, 2, 1 } }, 1, v);
}

static graph_value
without(graph_net *g, graph_value errors, graph_value mask)
{
	if (mask < 0)
		return errors;
	return graph_apply(
		g, "where", NULL, 3, nn_loss_two(g, "greater", mask, graph_scalar(g, 0.5)), errors, graph_scalar(g, -1e30));
}

static graph_value
hinge(graph_net *g, const lovasz *l, const nn_loss_input *in)
{
	graph_value mask = nn_loss_mask(g, in, &l->ignore),
				y = mask < 0 ? in->target : nn_loss_two(g, "mul", in->target, mask);
	graph_value sign = nn_loss_plus(g, nn_loss_scaled(g, y, 2), -1);
	graph_value errors = nn_loss_plus(g, nn_loss_scaled(g, nn_loss_two(g, "mul", in->logits, sign), -1), 1);
	graph_value loss = nn_loss_two(
		g, "lovasz", rows_of(g, without(g, errors, mask), l->per_image), rows_of(g, y, l->per_image));
	return nn_loss_over(g, "mean", loss, false);
}

static graph_value
softmax(graph_net *g, const lovasz *l, const nn_loss_input *in)
{
	graph_value p = graph_apply(g, "softmax", &(op_axis_attr){ -1 }, 1, in->logits),
				y = graph_apply(g, "one_hot", &(op_classes_attr){ in->classes }, 1, in->target);
	graph_value mask = nn_loss_mask_channels(g, in, nn_loss_mask(g, in, &l->ignore));
	if (mask >= 0)
		y = nn_loss_two(g, "mul", y, mask);
	graph_value errors = without(g, nn_loss_one(g, "abs", nn_loss_two(g, "sub", y, p)), mask);
	graph_value rows = class_rows(g, y, l->per_image),
				each = nn_loss_two(g, "lovasz", class_rows(g, errors, l->per_image), rows); /* pictures x classes */
	op_axes_attr last = { { 1, { 2 } }, false }, classes = { { 1, { 1 } }, false };
	graph_value present = nn_loss_one(
		g, "upcast", nn_loss_two(g, "greater", graph_apply(g, "sum", &last, 1, rows), graph_scalar(g, 0)));
	graph_value sum = graph_apply(g, "sum", &classes, 1, nn_loss_two(g, "mul", each, present));
	graph_value count = nn_loss_limited(g, graph_apply(g, "sum", &classes, 1, present), 1, 1e300);
	return nn_loss_over(g, "mean", nn_loss_two(g, "div", sum, count), false);
}

static graph_value
build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	return in->mode == BASE_MODE_MULTICLASS ? softmax(g, settings, in) : hinge(g, settings, in);
}

static const secant_opt rows[] = {
	SECANT_OPT(lovasz, per_image, BOOL, "per-image", "false", 0, 1, "of each picture, then the mean"),
	SECANT_OPT(lovasz, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"),
	SECANT_OPT_END,
};
static const secant_opts settings_table = { "lovasz", sizeof(lovasz), rows };

const nn_loss nn_loss_lovasz = {
	.name = "lovasz",
	.brief = "Lovasz extension of the Jaccard loss: follows IoU itself",
	.settings = &settings_table,
	.modes = NN_MODES_ALL,
	.build = build,
};
