/*
 * Layers: each makes the states a PyTorch module of that kind has, under the module's key, and the node that uses them.
 */
#include "nn/nn.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t
nn_enter(nn_builder *n, const char *name)
{
	size_t mark = strlen(n->path);
	if (name)
		(void)snprintf(n->path + mark, sizeof n->path - mark, "%s%s", mark ? "." : "", name);
	return mark;
}

size_t
nn_enter_index(nn_builder *n, int index)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%d", index);
	return nn_enter(n, text);
}

void
nn_leave(nn_builder *n, size_t mark)
{
	n->path[mark] = 0;
}

graph_value
nn_declare_begin(nn_builder *n, int channels, nn_phase *phase)
{
	enum { SIDE = 32 };
	graph_value zero = graph_scalar(n->g, 0);
	*phase = n->phase;
	n->phase = NN_PHASE_EVAL;
	return graph_apply(n->g, "broadcast_to", &(op_shape_attr){ { 4, { 2, SIDE, SIDE, channels } } }, 1, zero);
}

void
nn_declare_end(nn_builder *n, nn_phase phase)
{
	n->phase = phase;
}

int
nn_channels(const nn_builder *n, graph_value x)
{
	const secant_shape *s = graph_shape(n->g, x);
	return s->rank ? (int)s->dim[s->rank - 1] : 0;
}

bool
nn_is_below(const char *name, const char *path)
{
	size_t k = strlen(path);
	return !strncmp(name, path, k) && (!name[k] || name[k] == '.' || (k && path[k - 1] == '.'));
}

static bool
is_frozen(const nn_builder *n, const char *key)
{
	for (int i = 0; n->freeze && i < n->freeze->n; i++)
		if (nn_is_below(key, n->freeze->v[i]))
			return true;
	return n->frozen;
}

static graph_value
state(nn_builder *n, const char *name, secant_dtype dtype, const secant_shape *shape, bool trainable, graph_init init)
{
	char key[300];
	(void)snprintf(key, sizeof key, "%s%s%s", n->path, *n->path ? "." : "", name);
	return graph_state(n->g, key, dtype, shape, trainable && !is_frozen(n, key), init);
}

graph_value
nn_state(nn_builder *n, const char *name, const secant_shape *shape, graph_init init)
{
	return state(n, name, SECANT_F32, shape, true, init);
}

graph_value
nn_statistic(nn_builder *n, const char *name, const secant_shape *shape, graph_init init)
{
	return state(n, name, SECANT_F32, shape, false, init);
}

void
nn_conv_states(nn_builder *n, const char *name, int in, const nn_conv_spec *c, graph_value *weight, graph_value *bias)
{
	size_t mark = nn_enter(n, name);
	int groups = c->groups ? c->groups : 1, width = c->kernel_w ? c->kernel_w : c->kernel;
	graph_init init = c->init ? c->init : GRAPH_INIT_DEFAULT; /* one that says nothing starts as PyTorch's do */
	*weight = nn_state(n, "weight", &(secant_shape){ 4, { c->out, in / groups, c->kernel, width } }, init);
	*bias = !c->bias
		? -1
		: nn_state(n, "bias", &(secant_shape){ 1, { c->out } }, init == GRAPH_INIT_DEFAULT ? init : GRAPH_INIT_ZEROS);
	graph_set_fan_in(n->g, *bias, (int64_t)in / groups * c->kernel * width);
	nn_leave(n, mark);
}

static bool
is_picture(const nn_builder *n, graph_value x)
{
	return x >= 0 && graph_value_at(n->g, x)->kind == GRAPH_VALUE_INPUT && nn_channels(n, x) != 3;
}

static op_conv_attr
conv_attr(const nn_builder *n, const nn_conv_spec *c)
{
	int rate = n->rate > 1 ? n->rate : 1, wide = c->kernel_w ? c->kernel_w : c->kernel;
	op_conv_attr a = op_conv(
		c->stride ? c->stride : 1, c->padding, c->dilation ? c->dilation : 1, c->groups ? c->groups : 1);
	if (c->kernel_w)
		a.padding = (secant_ints){ 2, { c->padding, c->padding_w } };
	if (c->more)
		a.padding = (secant_ints){ 4, { c->padding, c->padding, c->padding + c->more, c->padding + c->more } };
	if (rate > 1) {
		a.stride = (secant_ints){ 2, { 1, 1 } };
		a.dilation = (secant_ints){ 2, { rate, rate } };
		a.padding = (secant_ints){ 2, { c->kernel / 2 * rate, wide / 2 * rate } };
	}
	return a;
}

graph_value
nn_conv(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c)
{
	graph_value w, b;
	op_conv_attr a = conv_attr(n, c);
	nn_conv_spec spec = *c;
	if (is_picture(n, x) && !c->keeps_start)
		spec.init = GRAPH_INIT_DEFAULT;
	nn_conv_states(n, name, nn_channels(n, x), &spec, &w, &b);
	size_t mark = nn_enter(n, name);
	graph_scope(n->g, n->path);
	graph_value y = graph_apply(n->g, "conv2d", &a, 3, x, w, b);
	nn_leave(n, mark);
	return y;
}

graph_value
nn_layer_norm(nn_builder *n, const char *name, graph_value x, double eps)
{
	size_t mark = nn_enter(n, name);
	secant_shape c = { 1, { nn_channels(n, x) } };
	graph_value w = nn_state(n, "weight", &c, GRAPH_INIT_ONES), b = nn_state(n, "bias", &c, GRAPH_INIT_ZEROS);
	graph_scope(n->g, n->path);
	x = graph_apply(n->g, "layer_norm", &(op_norm_attr){ .eps = eps, .groups = 1 }, 3, x, w, b);
	nn_leave(n, mark);
	return x;
}

graph_value
nn_group_norm(nn_builder *n, const char *name, graph_value x, int groups, double eps)
{
	size_t mark = nn_enter(n, name);
	secant_shape c = { 1, { nn_channels(n, x) } };
	graph_value w = nn_state(n, "weight", &c, GRAPH_INIT_ONES), b = nn_state(n, "bias", &c, GRAPH_INIT_ZEROS);
	graph_scope(n->g, n->path);
	x = graph_apply(n->g, "group_norm", &(op_norm_attr){ .eps = eps, .groups = groups }, 3, x, w, b);
	nn_leave(n, mark);
	return x;
}

/* N x H x W x C as N x heads x HW x C / heads. */
static graph_value
split_heads(nn_builder *n, graph_value x, int heads)
{
	op_shape_attr split = { { 4, { -2, -1, heads, nn_channels(n, x) / heads } } };
	x = graph_apply(n->g, "reshape", &split, 1, x);
	return graph_apply(n->g, "transpose", &(op_transpose_attr){ { 4, { 0, 2, 1, 3 } } }, 1, x);
}

/* scores: M times N x heads x A x B; mask: M x 1 x A x B */
static graph_value
masked(nn_builder *n, graph_value scores, graph_value mask)
{
	secant_shape s = *graph_shape(n->g, scores), m = *graph_shape(n->g, mask);
	int heads = (int)s.dim[1], a = (int)s.dim[2], b = (int)s.dim[3];
	op_shape_attr turns = { { 5, { -1, (int)m.dim[0], heads, a, b } } }, back = { { 4, { -1, heads, a, b } } };
	scores = graph_apply(n->g, "add", NULL, 2, graph_apply(n->g, "reshape", &turns, 1, scores), mask);
	return graph_apply(n->g, "reshape", &back, 1, scores);
}

graph_value
nn_attention(nn_builder *n, int heads, graph_value q, graph_value k, graph_value v, graph_value bias, graph_value mask)
{
	int c = nn_channels(n, q);
	op_matmul_attr transposed = { .transpose_b = true };
	graph_value like = q; /* scaled before the product: there are fewer queries than scores */
	q = graph_apply(n->g, "mul_scalar", &(op_number_attr){ 1 / sqrt((double)c / heads), 0 }, 1, q);
	graph_value scores = graph_apply(
		n->g, "matmul", &transposed, 2, split_heads(n, q, heads), split_heads(n, k, heads));
	if (bias >= 0)
		scores = graph_apply(n->g, "add", NULL, 2, scores, bias);
	if (mask >= 0)
		scores = masked(n, scores, mask);
	scores = graph_apply(n->g, "softmax", &(op_axis_attr){ -1 }, 1, scores);
	graph_value y = graph_apply(n->g, "matmul", NULL, 2, scores, split_heads(n, v, heads));
	y = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 4, { 0, 2, 1, 3 } } }, 1, y);
	op_shape_attr back = { { 4, { -2, OP_LIKE_AXIS(1), OP_LIKE_AXIS(2), c } } };
	return graph_apply(n->g, "reshape", &back, 2, y, like);
}

graph_value
nn_nothing(nn_builder *n, graph_value x)
{
	op_pool_attr pool = op_pooling(2, 2, 0);
	return nn_channels_of(n, graph_apply(n->g, "avg_pool2d", &pool, 1, x), 0, 0);
}

int
nn_divisible(double v, int by, double least)
{
	int n = (int)(v + by / 2.0) / by * by;
	n = n > by ? n : by;
	return n < least * v ? n + by : n;
}

const char *
nn_number(char text[16], int k)
{
	(void)snprintf(text, 16, "%d", k);
	return text;
}

static graph_value
scalar_input(nn_builder *n, graph_value *cache, const char *name, secant_dtype dtype)
{
	if (*cache < 0 && (*cache = graph_find(n->g, name)) < 0)
		*cache = graph_input(n->g, name, dtype, &(secant_shape){ 0 });
	return *cache;
}

static nn_norm_states
norm_states(nn_builder *n, int channels, graph_init scale)
{
	secant_shape c = { 1, { channels } };
	nn_norm_states s;
	s.weight = nn_state(n, "weight", &c, scale);
	s.bias = nn_state(n, "bias", &c, GRAPH_INIT_ZEROS);
	s.mean = state(n, "running_mean", SECANT_F32, &c, false, GRAPH_INIT_ZEROS);
	s.var = state(n, "running_var", SECANT_F32, &c, false, GRAPH_INIT_ONES);
	s.batches = state(n, "num_batches_tracked", SECANT_I64, &(secant_shape){ 0 }, false, GRAPH_INIT_ZEROS);
	return s;
}

nn_norm_states
nn_batch_norm_states(nn_builder *n, int channels)
{
	return norm_states(n, channels, GRAPH_INIT_ONES);
}

/* Does the norm under the path use what it has stored? */
static bool
uses_statistics(const nn_builder *n)
{
	return n->phase == NN_PHASE_EVAL || is_frozen(n, n->path);
}

graph_value
nn_batch_norm_of(nn_builder *n, graph_value x, graph_value mean, graph_value var, graph_value weight, graph_value bias,
	double eps, double momentum)
{
	op_norm_attr a = { .eps = eps, .momentum = momentum, .groups = 1 };
	graph_scope(n->g, n->path);
	if (uses_statistics(n))
		return graph_apply(n->g, "batch_norm", &a, 5, x, mean, var, weight, bias);
	graph_value given = n->phase == NN_PHASE_RECALIBRATE ? scalar_input(n, &n->momentum, "norm_momentum", SECANT_F32)
														 : -1;
	return graph_apply(n->g, "batch_norm_train", &a, 7, x, mean, var, weight, bias, -1, given);
}

static graph_value
batch_norm(nn_builder *n, const char *name, graph_value x, double eps, double momentum, graph_init scale)
{
	size_t mark = nn_enter(n, name);
	nn_norm_states s = norm_states(n, nn_channels(n, x), scale);
	x = nn_batch_norm_of(n, x, s.mean, s.var, s.weight, s.bias, eps, momentum);
	if (!uses_statistics(n))
		graph_apply(n->g, "count", NULL, 1, s.batches);
	nn_leave(n, mark);
	return x;
}

graph_value
nn_batch_norm(nn_builder *n, const char *name, graph_value x, double eps, double momentum)
{
	return batch_norm(n, name, x, eps, momentum, GRAPH_INIT_ONES);
}

graph_value
nn_batch_norm_silent(nn_builder *n, const char *name, graph_value x, double eps, double momentum)
{
	return batch_norm(n, name, x, eps, momentum, GRAPH_INIT_ZEROS);
}

graph_value
nn_linear(nn_builder *n, const char *name, graph_value x, int out, graph_init init)
{
	size_t mark = nn_enter(n, name);
	int in = nn_channels(n, x);
	graph_value w = nn_state(n, "weight", &(secant_shape){ 2, { out, in } }, init);
	graph_value b = nn_state(
		n, "bias", &(secant_shape){ 1, { out } }, init == GRAPH_INIT_DEFAULT ? init : GRAPH_INIT_ZEROS);
	graph_set_fan_in(n->g, b, in);
	graph_scope(n->g, n->path);
	graph_value y = graph_apply(n->g, "linear", NULL, 3, x, w, b);
	nn_leave(n, mark);
	return y;
}

graph_value
nn_relu(nn_builder *n, graph_value x)
{
	return graph_apply(n->g, "relu", NULL, 1, x);
}

static graph_value
dropped(nn_builder *n, graph_value x, double p, op_drop what)
{
	if (n->phase != NN_PHASE_TRAIN || p <= 0)
		return x;
	op_dropout_attr a = { .p = p, .id = n->dropouts++, .what = what };
	graph_value seed = scalar_input(n, &n->seed, "seed", SECANT_I64),
				step = scalar_input(n, &n->counter, "step", SECANT_I64);
	return graph_apply(n->g, "dropout", &a, 3, x, seed, step);
}

graph_value
nn_dropout(nn_builder *n, graph_value x, double p, bool channels)
{
	return dropped(n, x, p, channels ? OP_DROP_CHANNELS : OP_DROP_ELEMENTS);
}

graph_value
nn_drop_path(nn_builder *n, graph_value x, double p)
{
	return dropped(n, x, p, OP_DROP_SAMPLES);
}

graph_value
nn_resize_like(nn_builder *n, graph_value x, graph_value like, int mode, bool align_corners)
{
	return graph_apply(n->g, "resize", &(op_resize_attr){ .mode = mode, .align_corners = align_corners }, 2, x, like);
}

graph_value
nn_concat(nn_builder *n, int count, const graph_value *v)
{
	graph_value *there = base_arena_alloc(graph_arena(n->g), (size_t)count * sizeof *there + 1);
	int k = 0;
	if (!there)
		return graph_fail(n->g, SECANT_ERR_NOMEM, "no memory for a network");
	for (int i = 0; i < count; i++)
		if (v[i] >= 0 && nn_channels(n, v[i]) > 0)
			there[k++] = v[i];
	for (int i = 0; !k && i < count; i++)
		if (v[i] >= 0)
			return v[i];
	return op_build_concat(n->g, k, there, -1);
}

graph_value
nn_global_pool(nn_builder *n, graph_value x, bool max)
{
	return graph_apply(n->g, max ? "amax" : "mean", &(op_axes_attr){ { 2, { 1, 2 } }, true }, 1, x);
}
