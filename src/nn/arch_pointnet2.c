/*
 * PointNet++ (Qi, Yi, Su, Guibas 2017) as yanx27/Pointnet_Pointnet2_pytorch builds it, keys and order of channels
 * included. Set abstraction: centres by farthest point sampling, the points of a ball around each, layers on [xyz -
 * centre, features], a maximum over the ball; with several scales (msg) the layers see [features, xyz - centre], and
 * the scales stand side by side. The last abstraction takes all points at once. Feature propagation: the three
 * nearest centres, weighted by inverse squared distance, behind the features of the finer level.
 *
 *     pointnet2-cls-ssg, -msg     a class for a cloud; channels behind x y z are features
 *     pointnet2-part-ssg, -msg    parts of objects of a known category; all channels are features
 *     pointnet2-sem-ssg, -msg     scenes; all channels are features (9 there: xyz of the block, colour, xyz of the
 *                                 room)
 *
 * Sampling starts at the first point (yanx27's at a random one: --random-start puts one there in training). Results
 * are logits.
 */
#include "nn/nn.h"
#include <stdio.h>

enum { LEVELS = 4, SCALES = 3, LAYERS = 3 };
typedef struct scale {
	double radius;
	int samples, mlp[LAYERS];
} scale;
typedef struct level {
	int centres, scales;
	scale scale[SCALES];
} level; /* centres 0: one group of all points */
typedef struct pointnet2 {
	bool msg; /* levels with centres carry the keys of several scales */
	int levels;
	level sa[LEVELS];
	int fp[LEVELS][LAYERS]; /* deepest first; 0 ends a row */
	bool all_features; /* x y z are features too */
	double dropout[2];
} pointnet2;

/* What is known of a level: where its points are, and what of them. */
typedef struct points {
	graph_value xyz, features;
} points;

static void
layer_states(nn_builder *n, const char *convs, const char *norms, int in, const int *mlp, int axes, bool conv)
{
	size_t mark = nn_enter(n, conv ? convs : norms);
	for (int i = 0; i < LAYERS && mlp[i]; i++) {
		size_t inner = nn_enter_index(n, i);
		if (conv)
			nn_pointwise_states(n, NULL, i ? mlp[i - 1] : in, mlp[i], axes);
		else
			nn_batch_norm_states(n, mlp[i]);
		nn_leave(n, inner);
	}
	nn_leave(n, mark);
}

/* Layers on the concatenation of two parts, of which either may be absent. */
static graph_value
layers(
	nn_builder *n, const char *convs, const char *norms, const graph_value *part, int parts, const int *mlp, int axes)
{
	graph_value x = -1;
	for (int i = 0; i < LAYERS && mlp[i]; i++) {
		size_t mark = nn_enter(n, convs), inner = nn_enter_index(n, i);
		x = i ? nn_pointwise(n, NULL, x, mlp[i], axes) : nn_pointwise_parts(n, NULL, parts, part, mlp[i], axes);
		nn_leave(n, inner);
		nn_leave(n, mark);
		mark = nn_enter(n, norms), inner = nn_enter_index(n, i);
		x = nn_relu(n, nn_batch_norm(n, NULL, x, 1e-5, 0.1));
		nn_leave(n, inner);
		nn_leave(n, mark);
	}
	return x;
}

static graph_value
max_of_group(nn_builder *n, graph_value x)
{
	return graph_apply(n->g, "max_with_index", &(op_index_attr){ .axis = 2, .keepdim = true }, 1, x);
}

/* One scale around centres: N x M x 1 x mlp. */
static graph_value
scale_of(nn_builder *n, const points *p, graph_value centres, const scale *s, const char *convs, const char *norms,
	bool features_first)
{
	op_ball_attr ball = { .radius = s->radius, .samples = s->samples };
	graph_value index = graph_apply(n->g, "ball_query", &ball, 2, p->xyz, centres);
	graph_value near = graph_apply(
		n->g, "sub", NULL, 2, graph_apply(n->g, "group_points", NULL, 2, p->xyz, index), centres);
	graph_value features = p->features < 0 ? -1 : graph_apply(n->g, "group_points", NULL, 2, p->features, index);
	graph_value part[] = { features_first ? features : near, features_first ? near : features };
	return max_of_group(n, layers(n, convs, norms, part, 2, s->mlp, 2));
}

static points
abstraction(nn_builder *n, int number, const points *p, const level *l, bool msg)
{
	char name[24], convs[SCALES][24] = { "mlp_convs" }, norms[SCALES][24] = { "mlp_bns" };
	int in = 3 + (p->features < 0 ? 0 : nn_channels(n, p->features));
	points out = { -1, -1 };
	graph_value each[SCALES];
	(void)snprintf(name, sizeof name, "sa%d", number);
	size_t mark = nn_enter(n, name);
	for (int i = 0; i < l->scales && msg; i++) {
		(void)snprintf(convs[i], sizeof convs[i], "conv_blocks.%d", i);
		(void)snprintf(norms[i], sizeof norms[i], "bn_blocks.%d", i);
	}
	for (int conv = 1; conv >= 0; conv--) /* a state_dict lists all convolutions first */
		for (int i = 0; i < l->scales; i++)
			layer_states(n, convs[i], norms[i], in, l->scale[i].mlp, 2, conv);
	if (l->centres) {
		graph_value chosen = graph_apply(
			n->g, "farthest_points", &(op_farthest_attr){ .count = l->centres }, 1, p->xyz);
		out.xyz = graph_apply(n->g, "group_points", NULL, 2, p->xyz, chosen);
		for (int i = 0; i < l->scales; i++)
			each[i] = scale_of(n, p, out.xyz, &l->scale[i], convs[i], norms[i], msg);
		out.features = nn_concat(n, l->scales, each);
	} else {
		out.features = nn_max_of_points(
			n, layers(n, convs[0], norms[0], (graph_value[]){ p->xyz, p->features }, 2, l->scale[0].mlp, 2));
	}
	nn_leave(n, mark);
	return out;
}

/* The coarse level's features at the fine level's points, behind `parts` of theirs (NULL: none). */
static graph_value
propagation(nn_builder *n, int number, const points *fine, const points *coarse, const graph_value *parts, int count,
	const int *mlp)
{
	char name[24];
	graph_value all[4], x = coarse->features;
	int in = nn_channels(n, x);
	if (coarse->xyz >= 0) { /* one group of all is the same everywhere: a part of N x 1 x 1 x C */
		const graph_node *nearest = graph_make_node(
			n->g, "three_nearest", NULL, 2, (graph_value[]){ fine->xyz, coarse->xyz });
		x = nearest ? graph_apply(n->g, "interpolate_points", NULL, 3, x, nearest->out[1], nearest->out[0]) : -1;
	}
	for (int i = 0; i < count; i++) {
		all[i] = parts[i];
		in += nn_channels(n, parts[i]);
	}
	all[count] = x;
	(void)snprintf(name, sizeof name, "fp%d", number);
	size_t mark = nn_enter(n, name);
	for (int conv = 1; conv >= 0; conv--)
		layer_states(n, "mlp_convs", "mlp_bns", in, mlp, 1, conv);
	x = layers(n, "mlp_convs", "mlp_bns", all, count + 1, mlp, 1);
	nn_leave(n, mark);
	return x;
}

/* The points as they come, and every level of them. */
static void
encode(nn_builder *n, const pointnet2 *p, graph_value x, points *at)
{
	int channels = nn_channels(n, x);
	at[0] = (points){ nn_channels_of(n, x, 0, 3),
		p->all_features    ? x
			: channels > 3 ? nn_channels_of(n, x, 3, channels)
						   : -1 };
	for (int i = 0; i < p->levels; i++)
		at[i + 1] = abstraction(n, i + 1, &at[i], &p->sa[i], p->msg && p->sa[i].centres);
}

typedef struct own {
	double dropout;
} own;

static const secant_opt rows[] = {
	SECANT_OPT(own, dropout, REAL, "dropout", "-1", -1, 0.99, "of the head; -1: as the original"),
	SECANT_OPT_END,
};
static const secant_opts options = { "pointnet2", sizeof(own), rows };

static double
dropout_of(const nn_blueprint *b, double original)
{
	const own *o = b->options;
	return o->dropout < 0 ? original : o->dropout;
}

static void
build_cls(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const int widths[] = { 512, 256 };
	const pointnet2 *p = b->arch->config;
	points at[LEVELS + 1];
	encode(n, p, b->cloud.points, at);
	graph_value x = nn_flat(n, at[p->levels].features);
	for (int i = 0; i < 2; i++) {
		x = nn_linear(n, i ? "fc2" : "fc1", x, widths[i], GRAPH_INIT_DEFAULT);
		x = nn_relu(n, nn_batch_norm(n, i ? "bn2" : "bn1", x, 1e-5, 0.1));
		x = nn_dropout(n, x, dropout_of(b, p->dropout[i]), false);
	}
	out->decoder = x;
	out->logits = nn_linear(n, "fc3", x, b->classes, GRAPH_INIT_DEFAULT);
}

static void
build_points(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const pointnet2 *p = b->arch->config;
	points at[LEVELS + 1];
	encode(n, p, b->cloud.points, at);
	for (int i = p->levels; i > 0; i--) {
		graph_value parts[3] = { at[i - 1].features };
		int count = 1;
		if (i == 1 && b->cloud.category >= 0)
			parts[0] = b->cloud.category, parts[1] = at[0].xyz, parts[2] = at[0].features, count = 3;
		else if (i == 1)
			count = 0; /* scenes: what the points were is not seen again */
		at[i - 1].features = propagation(n, i, &at[i - 1], &at[i], parts, count, p->fp[p->levels - i]);
	}
	graph_value x = nn_pointwise(n, "conv1", at[0].features, 128, 1);
	x = nn_relu(n, nn_batch_norm(n, "bn1", x, 1e-5, 0.1));
	out->decoder = x = nn_dropout(n, x, dropout_of(b, p->dropout[0]), false);
	out->logits = nn_pointwise(n, "conv2", x, b->classes, 1);
}

#define SSG(centres, radius, samples, a, b, c) \
	{ \
		centres, 1, \
		{ \
			{ \
				radius, samples, { a, b, c } \
			} \
		} \
	}
#define ALL SSG(0, 0, 0, 256, 512, 1024)
static const pointnet2 cls_ssg = { false, 3, { SSG(512, .2, 32, 64, 64, 128), SSG(128, .4, 64, 128, 128, 256), ALL },
	{ { 0 } }, false, { .4, .4 } };
static const pointnet2 cls_msg = {
	true,
	3,
	{ { 512, 3, { { .1, 16, { 32, 32, 64 } }, { .2, 32, { 64, 64, 128 } }, { .4, 128, { 64, 96, 128 } } } },
		{ 128, 3, { { .2, 32, { 64, 64, 128 } }, { .4, 64, { 128, 128, 256 } }, { .8, 128, { 128, 128, 256 } } } },
		ALL },
	{ { 0 } },
	false,
	{ .4, .5 },
};
static const pointnet2 part_ssg = {
	false,
	3,
	{ SSG(512, .2, 32, 64, 64, 128), SSG(128, .4, 64, 128, 128, 256), ALL },
	{ { 256, 256 }, { 256, 128 }, { 128, 128, 128 } },
	true,
	{ .5 },
};
static const pointnet2 part_msg = {
	true,
	3,
	{ { 512, 3, { { .1, 32, { 32, 32, 64 } }, { .2, 64, { 64, 64, 128 } }, { .4, 128, { 64, 96, 128 } } } },
		{ 128, 2, { { .4, 64, { 128, 128, 256 } }, { .8, 128, { 128, 196, 256 } } } }, ALL },
	{ { 256, 256 }, { 256, 128 }, { 128, 128 } },
	true,
	{ .5 },
};
static const pointnet2 sem_ssg = {
	false,
	4,
	{ SSG(1024, .1, 32, 32, 32, 64), SSG(256, .2, 32, 64, 64, 128), SSG(64, .4, 32, 128, 128, 256),
		SSG(16, .8, 32, 256, 256, 512) },
	{ { 256, 256 }, { 256, 256 }, { 256, 128 }, { 128, 128, 128 } },
	true,
	{ .5 },
};
static const pointnet2 sem_msg = {
	true,
	4,
	{ { 1024, 2, { { .05, 16, { 16, 16, 32 } }, { .1, 32, { 32, 32, 64 } } } },
		{ 256, 2, { { .1, 16, { 64, 64, 128 } }, { .2, 32, { 64, 96, 128 } } } },
		{ 64, 2, { { .2, 16, { 128, 196, 256 } }, { .4, 32, { 128, 196, 256 } } } },
		{ 16, 2, { { .4, 16, { 256, 256, 512 } }, { .8, 32, { 256, 384, 512 } } } } },
	{ { 256, 256 }, { 256, 256 }, { 256, 128 }, { 128, 128, 128 } },
	true,
	{ .5 },
};

#define POINTNET2(id, nam, text, what, cat, how) \
	const nn_architecture nn_architecture_pointnet2_##id = { \
		.name = nam, \
		.brief = text, \
		.kind = SECANT_NETWORK_##what, \
		.category = cat, \
		.build = how, \
		.options = &options, \
		.config = &id, \
	};
POINTNET2(cls_ssg, "pointnet2-cls-ssg", "PointNet++, a class for a cloud, one scale", CLOUDS, false, build_cls)
POINTNET2(cls_msg, "pointnet2-cls-msg", "PointNet++, a class for a cloud, several scales", CLOUDS, false, build_cls)
POINTNET2(part_ssg, "pointnet2-part-ssg", "PointNet++ for parts of objects of a known category, one scale", POINTS,
	true, build_points)
POINTNET2(part_msg, "pointnet2-part-msg", "PointNet++ for parts of objects of a known category, several scales", POINTS,
	true, build_points)
POINTNET2(sem_ssg, "pointnet2-sem-ssg", "PointNet++ for scenes, one scale", POINTS, false, build_points)
POINTNET2(sem_msg, "pointnet2-sem-msg", "PointNet++ for scenes, several scales", POINTS, false, build_points)
