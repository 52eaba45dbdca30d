/*
 * PointNet (Qi, Su, Mo, Guibas 2017): layers on each point, a maximum over all of them, layers on what it gives.
 * T-Nets are small PointNets that turn the coordinates (and, with feature-transform, 64 or 128 features) by a matrix:
 * points are rows, multiplied from the left.
 *
 *     pointnet-cls    PointNetCls of fxia22/pointnet.pytorch: a class for a cloud. With more than 3 channels as
 *                     yanx27's pointnet_cls:
 *                     only x, y, z are turned by the first T-Net, which sees all channels
 *     pointnet-dense  its PointNetDenseCls: a class for each point, from [global 1024, point 64]
 *     pointnet-sem    yanx27's pointnet_sem_seg: the same with the feature transform always on
 *     pointnet-part   yanx27's pointnet_part_seg: parts of objects whose category is known, from [global 2048,
 *                     category, five layers]
 *     pointnet-part-paper  the same as the authors' TensorFlow code has it: smaller T-Nets, relu before the maximum,
 *                          dropout, eps 1e-3
 *
 * Results are logits (the originals apply log-softmax: --activation logsoftmax). Keys are the originals'. The layer
 * of 1088 or 4944 channels is never fed a concatenation: what is one for the cloud is multiplied once.
 */
#include "nn/nn.h"
#include <stdio.h>

typedef struct tnet {
	int convs, conv[3], fcs, fc[2];
} tnet;
typedef struct pointnet {
	bool transform; /* the second T-Net is always there */
	bool relu_before_max;
	double dropout, eps;
	tnet first, second;
} pointnet;

typedef struct own {
	bool feature_transform;
	double dropout, transform_penalty;
	int penalty_form, init;
} own;

enum { PENALTY_NORM }; /* choices of transform-penalty-form; the other is the sum of squares */

static const secant_opt rows[] = {
	SECANT_OPT(own, feature_transform, BOOL, "feature-transform", "false", 0, 1,
		"pointnet-cls, pointnet-dense: the second T-Net, on 64 features"),
	SECANT_OPT(own, dropout, REAL, "dropout", "-1", -1, 0.99, "of the head; -1: as the original"),
	SECANT_OPT(own, transform_penalty, REAL, "transform-penalty", "0.001", 0, 1e6,
		"in training, this times the distance of the feature transform A from orthogonality is added to the loss"),
	SECANT_OPT_CHOICE(own, penalty_form, "transform-penalty-form", "norm", "norm|squares",
		"with D = A AT - I: mean of |D| (pointnet.pytorch), or half the sum of |D|^2 (the authors' code)"),
	SECANT_OPT_CHOICE(own, init, "transform-init", "default", "default|identity",
		"how T-Nets start: PyTorch's default, or as the identity (the authors' code)"),
	SECANT_OPT_END,
};
static const secant_opts options = { "pointnet", sizeof(own), rows };

/* ---- numbered modules: conv1, conv2, ... with bn1, bn2, ... ---- */

static const char *
numbered(char text[16], const char *stem, int i)
{
	(void)snprintf(text, 16, "%s%d", stem, i);
	return text;
}

/* States stem1, stem2, ... of `n_out` layers in a row. */
static void
declare(nn_builder *n, const char *stem, int in, int count, const int *out, bool fc)
{
	char name[16];
	for (int i = 0; i < count; i++) {
		if (fc)
			nn_linear_states(n, numbered(name, stem, i + 1), in, out[i], GRAPH_INIT_DEFAULT);
		else
			nn_pointwise_states(n, numbered(name, stem, i + 1), in, out[i], 1);
		in = out[i];
	}
}

static void
declare_norms(nn_builder *n, const char *stem, int first, int count, const int *channels)
{
	char name[16];
	for (int i = 0; i < count; i++) {
		size_t mark = nn_enter(n, numbered(name, stem, first + i));
		nn_batch_norm_states(n, channels[i]);
		nn_leave(n, mark);
	}
}

/* conv `i`, its norm, relu. */
static graph_value
step(nn_builder *n, const char *conv, const char *norm, int i, graph_value x, int out, double eps, bool relu)
{
	char name[16];
	x = nn_pointwise(n, numbered(name, conv, i), x, out, 1);
	x = nn_batch_norm(n, numbered(name, norm, i), x, eps, 0.1);
	return relu ? nn_relu(n, x) : x;
}

/* ---- T-Nets ---- */

/* N x k x k: identity plus what the layers say of x. */
static graph_value
transform(nn_builder *n, const char *name, graph_value x, int k, const tnet *t, double eps, bool identity)
{
	char text[16];
	double *one = base_arena_alloc(graph_arena(n->g), (size_t)k * (size_t)k * sizeof *one);
	if (!one)
		return graph_fail(n->g, SECANT_ERR_NOMEM, "no memory for a T-Net");
	for (int i = 0; i < k * k; i++)
		one[i] = i % (k + 1) == 0;
	size_t mark = nn_enter(n, name);
	graph_init init = identity ? GRAPH_INIT_ZEROS : GRAPH_INIT_DEFAULT;
	declare(n, "conv", nn_channels(n, x), t->convs, t->conv, false);
	declare(n, "fc", t->conv[t->convs - 1], t->fcs, t->fc, true);
	nn_linear_states(n, numbered(text, "fc", t->fcs + 1), t->fc[t->fcs - 1], k * k, init);
	declare_norms(n, "bn", 1, t->convs, t->conv);
	declare_norms(n, "bn", 1 + t->convs, t->fcs, t->fc);
	for (int i = 0; i < t->convs; i++)
		x = step(n, "conv", "bn", i + 1, x, t->conv[i], eps, true);
	x = nn_flat(n, nn_max_of_points(n, x));
	for (int i = 0; i < t->fcs; i++) {
		x = nn_linear(n, numbered(text, "fc", i + 1), x, t->fc[i], GRAPH_INIT_DEFAULT);
		x = nn_relu(n, nn_batch_norm(n, numbered(text, "bn", t->convs + i + 1), x, eps, 0.1));
	}
	x = nn_linear(n, numbered(text, "fc", t->fcs + 1), x, k * k, init);
	nn_leave(n, mark);
	x = graph_apply(
		n->g, "add", NULL, 2, x, graph_constant(n->g, SECANT_F32, &(secant_shape){ 1, { (int64_t)k * k } }, one));
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 3, { -2, k, k } } }, 1, x);
}

/* x, y, z turned, the other channels as they are. */
static graph_value
turned(nn_builder *n, graph_value points, const pointnet *p, bool identity)
{
	graph_value matrix = transform(n, "stn", points, 3, &p->first, p->eps, identity);
	int channels = nn_channels(n, points);
	graph_value xyz = nn_transform_points(n, nn_channels_of(n, points, 0, 3), matrix);
	return channels == 3 ? xyz : nn_concat(n, 2, (graph_value[]){ xyz, nn_channels_of(n, points, 3, channels) });
}

/* How far from orthogonal the feature transform is, weighted, for the loss. */
static graph_value
penalty(nn_builder *n, const own *o, graph_value matrix)
{
	if (o->transform_penalty <= 0 || matrix < 0 || (n->phase != NN_PHASE_TRAIN && n->phase != NN_PHASE_TRAIN_SURE))
		return -1;
	int k = nn_channels(n, matrix);
	double *one = base_arena_alloc(graph_arena(n->g), (size_t)k * (size_t)k * sizeof *one);
	if (!one)
		return graph_fail(n->g, SECANT_ERR_NOMEM, "no memory for a penalty");
	for (int i = 0; i < k * k; i++)
		one[i] = i % (k + 1) == 0;
	graph_value a = graph_apply(n->g, "upcast", NULL, 1, matrix);
	graph_value square = graph_apply(
		n->g, "upcast", NULL, 1, graph_apply(n->g, "matmul", &(op_matmul_attr){ false, true }, 2, a, a));
	graph_value d = graph_apply(n->g, "sub", NULL, 2, square,
					graph_constant(n->g, SECANT_F32, &(secant_shape){ 2, { k, k } }, one)),
				sum;
	if (o->penalty_form == PENALTY_NORM)
		sum = graph_apply(
			n->g, "mean", NULL, 1, graph_apply(n->g, "norm2", &(op_axes_attr){ { 2, { 1, 2 } }, false }, 1, d));
	else
		sum = graph_apply(n->g, "sum", NULL, 1, graph_apply(n->g, "square", NULL, 1, d));
	double factor = o->transform_penalty * (o->penalty_form == PENALTY_NORM ? 1 : 0.5);
	return graph_apply(n->g, "mul_scalar", &(op_number_attr){ factor, 0 }, 1, sum);
}

static double
dropout_of(const own *o, const pointnet *p)
{
	return o->dropout < 0 ? p->dropout : o->dropout;
}

/* ---- the feature extractor of cls, dense and sem: `feat` ---- */

static graph_value
features(nn_builder *n, const own *o, const pointnet *p, graph_value points, graph_value *local, nn_built *out)
{
	static const int widths[] = { 64, 128, 1024 };
	bool identity = o->init == 1;
	size_t mark = nn_enter(n, "feat");
	graph_value x = turned(n, points, p, identity), matrix = -1;
	declare(n, "conv", nn_channels(n, points), 3, widths, false);
	declare_norms(n, "bn", 1, 3, widths);
	x = step(n, "conv", "bn", 1, x, widths[0], p->eps, true);
	if (p->transform || o->feature_transform) {
		matrix = transform(n, "fstn", x, widths[0], &p->second, p->eps, identity);
		x = nn_transform_points(n, x, matrix);
	}
	*local = x;
	x = step(n, "conv", "bn", 2, x, widths[1], p->eps, true);
	x = step(n, "conv", "bn", 3, x, widths[2], p->eps, false);
	nn_leave(n, mark);
	out->penalty = penalty(n, o, matrix);
	return nn_max_of_points(n, x);
}

static void
build_cls(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const int widths[] = { 512, 256 };
	const pointnet *p = b->arch->config;
	const own *o = b->options;
	graph_value local, x = nn_flat(n, features(n, o, p, b->cloud.points, &local, out));
	declare(n, "fc", 1024, 2, widths, true);
	nn_linear_states(n, "fc3", 256, b->classes, GRAPH_INIT_DEFAULT);
	declare_norms(n, "bn", 1, 2, widths);
	x = nn_linear(n, "fc1", x, 512, GRAPH_INIT_DEFAULT);
	x = nn_relu(n, nn_batch_norm(n, "bn1", x, p->eps, 0.1));
	x = nn_dropout(n, nn_linear(n, "fc2", x, 256, GRAPH_INIT_DEFAULT), dropout_of(o, p), false);
	out->decoder = x = nn_relu(n, nn_batch_norm(n, "bn2", x, p->eps, 0.1));
	out->logits = nn_linear(n, "fc3", x, b->classes, GRAPH_INIT_DEFAULT);
}

static void
build_dense(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const int widths[] = { 512, 256, 128, b->classes };
	const pointnet *p = b->arch->config;
	const own *o = b->options;
	graph_value local, global = features(n, o, p, b->cloud.points, &local, out);
	declare(n, "conv", 1088, 4, widths, false);
	declare_norms(n, "bn", 1, 3, widths);
	graph_value x = nn_pointwise_parts(n, "conv1", 2, (graph_value[]){ global, local }, 512, 1);
	x = nn_relu(n, nn_batch_norm(n, "bn1", x, p->eps, 0.1));
	x = step(n, "conv", "bn", 2, x, 256, p->eps, true);
	x = nn_dropout(n, x, dropout_of(o, p), false);
	out->decoder = x = step(n, "conv", "bn", 3, x, 128, p->eps, true);
	out->logits = nn_pointwise(n, "conv4", x, b->classes, 1);
}

static void
build_part(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const int widths[] = { 64, 128, 128, 512, 2048 };
	const int heads[] = { 256, 256, 128, b->classes };
	const pointnet *p = b->arch->config;
	const own *o = b->options;
	bool identity = o->init == 1;
	graph_value each[5], matrix = -1, x = turned(n, b->cloud.points, p, identity);
	declare(n, "conv", nn_channels(n, b->cloud.points), 5, widths, false);
	declare_norms(n, "bn", 1, 5, widths);
	for (int i = 0; i < 5; i++) {
		if (i == 3) {
			matrix = transform(n, "fstn", x, 128, &p->second, p->eps, identity);
			x = nn_transform_points(n, x, matrix);
		}
		each[i] = x = step(n, "conv", "bn", i + 1, x, widths[i], p->eps, i < 4 || p->relu_before_max);
	}
	out->penalty = penalty(n, o, matrix);
	graph_value parts[] = { nn_max_of_points(n, x), b->cloud.category, each[0], each[1], each[2], each[3], each[4] };
	declare(n, "convs", 2048 + b->net->categories + 64 + 128 + 128 + 512 + 2048, 4, heads, false);
	declare_norms(n, "bns", 1, 3, heads);
	x = nn_pointwise_parts(n, "convs1", 7, parts, 256, 1);
	x = nn_dropout(n, nn_relu(n, nn_batch_norm(n, "bns1", x, p->eps, 0.1)), dropout_of(o, p), false);
	x = nn_dropout(n, step(n, "convs", "bns", 2, x, 256, p->eps, true), dropout_of(o, p), false);
	out->decoder = x = step(n, "convs", "bns", 3, x, 128, p->eps, true);
	out->logits = nn_pointwise(n, "convs4", x, b->classes, 1);
}

#define TNET \
	{ \
		3, { 64, 128, 1024 }, 2, { 512, 256 } \
	}
static const pointnet seed_cls = { false, false, 0.3, 1e-5, TNET, TNET },
					  seed_dense = { false, false, 0, 1e-5, TNET, TNET };
static const pointnet yanx27_sem = { true, false, 0, 1e-5, TNET, TNET },
					  yanx27_part = { true, false, 0, 1e-5, TNET, TNET };
static const pointnet paper_part = { true, true, 0.2, 1e-3, { 3, { 64, 128, 1024 }, 2, { 128, 128 } },
	{ 2, { 256, 1024 }, 2, { 512, 256 } } };

const nn_architecture nn_architecture_pointnet_cls = {
	.name = "pointnet-cls",
	.brief = "PointNet, a class for a cloud (pointnet.pytorch's PointNetCls)",
	.options = &options,
	.kind = SECANT_NETWORK_CLOUDS,
	.build = build_cls,
	.config = &seed_cls,
};
const nn_architecture nn_architecture_pointnet_dense = {
	.name = "pointnet-dense",
	.brief = "PointNet, a class for each point (pointnet.pytorch's PointNetDenseCls)",
	.options = &options,
	.kind = SECANT_NETWORK_POINTS,
	.build = build_dense,
	.config = &seed_dense,
};
const nn_architecture nn_architecture_pointnet_sem = {
	.name = "pointnet-sem",
	.brief = "PointNet for scenes, with feature transform (yanx27's pointnet_sem_seg; 9 channels there)",
	.options = &options,
	.kind = SECANT_NETWORK_POINTS,
	.build = build_dense,
	.config = &yanx27_sem,
};
const nn_architecture nn_architecture_pointnet_part = {
	.name = "pointnet-part",
	.brief = "PointNet for parts of objects of a known category (yanx27's pointnet_part_seg)",
	.options = &options,
	.kind = SECANT_NETWORK_POINTS,
	.category = true,
	.build = build_part,
	.config = &yanx27_part,
};
const nn_architecture nn_architecture_pointnet_part_paper = {
	.name = "pointnet-part-paper",
	.brief = "the same as in the authors' code: smaller T-Nets, relu before the maximum, dropout",
	.options = &options,
	.kind = SECANT_NETWORK_POINTS,
	.category = true,
	.build = build_part,
	.config = &paper_part,
};
