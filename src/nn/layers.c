/*
 * Layers: each makes the states a PyTorch module of that kind has, under the module's key, and the node that uses them.
 */
#include "nn/nn.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t
secant_nn_enter(secant_nn *n, const char *name)
{
	size_t mark = strlen(n->path);
	if (name)
		(void)snprintf(n->path + mark, sizeof n->path - mark, "%s%s", mark ? "." : "", name);
	return mark;
}

size_t
secant_nn_enter_index(secant_nn *n, int index)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%d", index);
	return secant_nn_enter(n, text);
}

void
secant_nn_leave(secant_nn *n, size_t mark)
{
	n->path[mark] = 0;
}

secant_value
secant_nn_declare_begin(secant_nn *n, int channels, secant_phase *phase)
{
	enum { SIDE = 32 };
	secant_value zero = secant_graph_scalar(n->g, 0);
	*phase = n->phase;
	n->phase = SECANT_PHASE_EVAL;
	return secant_apply(n->g, "broadcast_to", &(secant_shape_attr){ { 4, { 2, SIDE, SIDE, channels } } }, 1, zero);
}

void
secant_nn_declare_end(secant_nn *n, secant_phase phase)
{
	n->phase = phase;
}

int
secant_nn_channels(const secant_nn *n, secant_value x)
{
	const secant_shape *s = secant_graph_shape(n->g, x);
	return s->rank ? (int)s->dim[s->rank - 1] : 0;
}

bool
secant_nn_is_below(const char *name, const char *path)
{
	size_t k = strlen(path);
	return !strncmp(name, path, k) && (!name[k] || name[k] == '.' || (k && path[k - 1] == '.'));
}

static bool
is_frozen(const secant_nn *n, const char *key)
{
	for (int i = 0; n->freeze && i < n->freeze->n; i++)
		if (secant_nn_is_below(key, n->freeze->v[i]))
			return true;
	return n->frozen;
}

static secant_value
state(secant_nn *n, const char *name, secant_dtype dtype, const secant_shape *shape, bool trainable, secant_init init)
{
	char key[300];
	(void)snprintf(key, sizeof key, "%s%s%s", n->path, *n->path ? "." : "", name);
	return secant_graph_state(n->g, key, dtype, shape, trainable && !is_frozen(n, key), init);
}

secant_value
secant_nn_state(secant_nn *n, const char *name, const secant_shape *shape, secant_init init)
{
	return state(n, name, SECANT_F32, shape, true, init);
}

void
secant_nn_conv_states(
	secant_nn *n, const char *name, int in, const secant_conv_spec *c, secant_value *weight, secant_value *bias)
{
	size_t mark = secant_nn_enter(n, name);
	int groups = c->groups ? c->groups : 1, width = c->kernel_w ? c->kernel_w : c->kernel;
	*weight = secant_nn_state(n, "weight", &(secant_shape){ 4, { c->out, in / groups, c->kernel, width } }, c->init);
	*bias = !c->bias ? -1
					 : secant_nn_state(n, "bias", &(secant_shape){ 1, { c->out } },
						 c->init == SECANT_INIT_DEFAULT ? c->init : SECANT_INIT_ZEROS);
	secant_graph_set_fan_in(n->g, *bias, (int64_t)in / groups * c->kernel * width);
	secant_nn_leave(n, mark);
}

static bool
is_picture(const secant_nn *n, secant_value x)
{
	return x >= 0 && secant_graph_value(n->g, x)->kind == SECANT_VALUE_INPUT && secant_nn_channels(n, x) != 3;
}

static secant_conv_attr
conv_attr(const secant_nn *n, const secant_conv_spec *c)
{
	int rate = n->rate > 1 ? n->rate : 1, wide = c->kernel_w ? c->kernel_w : c->kernel;
	secant_conv_attr a = secant_conv(
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

secant_value
secant_nn_conv(secant_nn *n, const char *name, secant_value x, const secant_conv_spec *c)
{
	secant_value w, b;
	secant_conv_attr a = conv_attr(n, c);
	secant_conv_spec spec = *c;
	if (is_picture(n, x))
		spec.init = SECANT_INIT_DEFAULT;
	secant_nn_conv_states(n, name, secant_nn_channels(n, x), &spec, &w, &b);
	size_t mark = secant_nn_enter(n, name);
	secant_graph_scope(n->g, n->path);
	secant_value y = secant_apply(n->g, "conv2d", &a, 3, x, w, b);
	secant_nn_leave(n, mark);
	return y;
}

secant_value
secant_nn_layer_norm(secant_nn *n, const char *name, secant_value x, double eps)
{
	size_t mark = secant_nn_enter(n, name);
	secant_shape c = { 1, { secant_nn_channels(n, x) } };
	secant_value w = secant_nn_state(n, "weight", &c, SECANT_INIT_ONES),
				 b = secant_nn_state(n, "bias", &c, SECANT_INIT_ZEROS);
	secant_graph_scope(n->g, n->path);
	x = secant_apply(n->g, "layer_norm", &(secant_norm_attr){ .eps = eps, .groups = 1 }, 3, x, w, b);
	secant_nn_leave(n, mark);
	return x;
}

secant_value
secant_nn_group_norm(secant_nn *n, const char *name, secant_value x, int groups, double eps)
{
	size_t mark = secant_nn_enter(n, name);
	secant_shape c = { 1, { secant_nn_channels(n, x) } };
	secant_value w = secant_nn_state(n, "weight", &c, SECANT_INIT_ONES),
				 b = secant_nn_state(n, "bias", &c, SECANT_INIT_ZEROS);
	secant_graph_scope(n->g, n->path);
	x = secant_apply(n->g, "group_norm", &(secant_norm_attr){ .eps = eps, .groups = groups }, 3, x, w, b);
	secant_nn_leave(n, mark);
	return x;
}

/* N x H x W x C as N x heads x HW x C / heads. */
static secant_value
split_heads(secant_nn *n, secant_value x, int heads)
{
	secant_shape_attr split = { { 4, { -2, -1, heads, secant_nn_channels(n, x) / heads } } };
	x = secant_apply(n->g, "reshape", &split, 1, x);
	return secant_apply(n->g, "transpose", &(secant_transpose_attr){ { 4, { 0, 2, 1, 3 } } }, 1, x);
}

secant_value
secant_nn_attention(secant_nn *n, int heads, secant_value q, secant_value k, secant_value v, secant_value bias)
{
	int c = secant_nn_channels(n, q);
	secant_matmul_attr transposed = { .transpose_b = true };
	double scale = 1 / sqrt((double)c / heads);
	secant_value scores = secant_apply(
		n->g, "matmul", &transposed, 2, split_heads(n, q, heads), split_heads(n, k, heads));
	scores = secant_apply(n->g, "mul_scalar", &(secant_number_attr){ scale, 0 }, 1, scores);
	if (bias >= 0)
		scores = secant_apply(n->g, "add", NULL, 2, scores, bias);
	scores = secant_apply(n->g, "softmax", &(secant_axis_attr){ -1 }, 1, scores);
	secant_value y = secant_apply(n->g, "matmul", NULL, 2, scores, split_heads(n, v, heads));
	y = secant_apply(n->g, "transpose", &(secant_transpose_attr){ { 4, { 0, 2, 1, 3 } } }, 1, y);
	secant_shape_attr back = { { 4, { -2, SECANT_LIKE_AXIS(1), SECANT_LIKE_AXIS(2), c } } };
	return secant_apply(n->g, "reshape", &back, 2, y, q);
}

secant_value
secant_nn_nothing(secant_nn *n, secant_value x)
{
	secant_pool_attr pool = secant_pooling(2, 2, 0);
	return secant_nn_channels_of(n, secant_apply(n->g, "avg_pool2d", &pool, 1, x), 0, 0);
}

int
secant_nn_divisible(double v, int by, double least)
{
	int n = (int)(v + by / 2.0) / by * by;
	n = n > by ? n : by;
	return n < least * v ? n + by : n;
}

const char *
secant_nn_number(char text[16], int k)
{
	(void)snprintf(text, 16, "%d", k);
	return text;
}

static secant_value
scalar_input(secant_nn *n, secant_value *cache, const char *name, secant_dtype dtype)
{
	if (*cache < 0 && (*cache = secant_graph_find(n->g, name)) < 0)
		*cache = secant_graph_input(n->g, name, dtype, &(secant_shape){ 0 });
	return *cache;
}

secant_norm_states
secant_nn_batch_norm_states(secant_nn *n, int channels)
{
	secant_shape c = { 1, { channels } };
	secant_norm_states s;
	s.weight = secant_nn_state(n, "weight", &c, SECANT_INIT_ONES);
	s.bias = secant_nn_state(n, "bias", &c, SECANT_INIT_ZEROS);
	s.mean = state(n, "running_mean", SECANT_F32, &c, false, SECANT_INIT_ZEROS);
	s.var = state(n, "running_var", SECANT_F32, &c, false, SECANT_INIT_ONES);
	s.batches = state(n, "num_batches_tracked", SECANT_I64, &(secant_shape){ 0 }, false, SECANT_INIT_ZEROS);
	return s;
}

secant_value
secant_nn_batch_norm(secant_nn *n, const char *name, secant_value x, double eps, double momentum)
{
	size_t mark = secant_nn_enter(n, name);
	secant_norm_attr a = { .eps = eps, .momentum = momentum, .groups = 1 };
	secant_norm_states s = secant_nn_batch_norm_states(n, secant_nn_channels(n, x));
	secant_value y;
	secant_graph_scope(n->g, n->path);
	if (n->phase == SECANT_PHASE_EVAL || is_frozen(n, n->path)) {
		y = secant_apply(n->g, "batch_norm", &a, 5, x, s.mean, s.var, s.weight, s.bias);
	} else {
		secant_value given = n->phase == SECANT_PHASE_RECALIBRATE
			? scalar_input(n, &n->momentum, "norm_momentum", SECANT_F32)
			: -1;
		y = secant_apply(n->g, "batch_norm_train", &a, 7, x, s.mean, s.var, s.weight, s.bias, -1, given);
		secant_apply(n->g, "count", NULL, 1, s.batches);
	}
	secant_nn_leave(n, mark);
	return y;
}

secant_value
secant_nn_linear(secant_nn *n, const char *name, secant_value x, int out, secant_init init)
{
	size_t mark = secant_nn_enter(n, name);
	int in = secant_nn_channels(n, x);
	secant_value w = secant_nn_state(n, "weight", &(secant_shape){ 2, { out, in } }, init);
	secant_value b = secant_nn_state(
		n, "bias", &(secant_shape){ 1, { out } }, init == SECANT_INIT_DEFAULT ? init : SECANT_INIT_ZEROS);
	secant_graph_set_fan_in(n->g, b, in);
	secant_graph_scope(n->g, n->path);
	secant_value y = secant_apply(n->g, "linear", NULL, 3, x, w, b);
	secant_nn_leave(n, mark);
	return y;
}

secant_value
secant_nn_relu(secant_nn *n, secant_value x)
{
	return secant_apply(n->g, "relu", NULL, 1, x);
}

static secant_value
dropped(secant_nn *n, secant_value x, double p, secant_drop what)
{
	if (n->phase != SECANT_PHASE_TRAIN || p <= 0)
		return x;
	secant_dropout_attr a = { .p = p, .id = n->dropouts++, .what = what };
	secant_value seed = scalar_input(n, &n->seed, "seed", SECANT_I64),
				 step = scalar_input(n, &n->counter, "step", SECANT_I64);
	return secant_apply(n->g, "dropout", &a, 3, x, seed, step);
}

secant_value
secant_nn_dropout(secant_nn *n, secant_value x, double p, bool channels)
{
	return dropped(n, x, p, channels ? SECANT_DROP_CHANNELS : SECANT_DROP_ELEMENTS);
}

secant_value
secant_nn_drop_path(secant_nn *n, secant_value x, double p)
{
	return dropped(n, x, p, SECANT_DROP_SAMPLES);
}

secant_value
secant_nn_resize_like(secant_nn *n, secant_value x, secant_value like, int mode, bool align_corners)
{
	return secant_apply(
		n->g, "resize", &(secant_resize_attr){ .mode = mode, .align_corners = align_corners }, 2, x, like);
}

secant_value
secant_nn_concat(secant_nn *n, int count, const secant_value *v)
{
	secant_value *there = secant_arena_alloc(secant_graph_arena(n->g), (size_t)count * sizeof *there + 1);
	int k = 0;
	if (!there)
		return secant_graph_fail(n->g, SECANT_ERR_NOMEM, "no memory for a network");
	for (int i = 0; i < count; i++)
		if (v[i] >= 0 && secant_nn_channels(n, v[i]) > 0)
			there[k++] = v[i];
	for (int i = 0; !k && i < count; i++)
		if (v[i] >= 0)
			return v[i];
	if (k < 2)
		return k ? there[0] : -1;
	const secant_node *node = secant_graph_node(n->g, "concat", &(secant_axis_attr){ -1 }, k, there);
	return node ? node->out[0] : -1;
}

secant_value
secant_nn_global_pool(secant_nn *n, secant_value x, bool max)
{
	return secant_apply(n->g, max ? "amax" : "mean", &(secant_axes_attr){ { 2, { 1, 2 } }, true }, 1, x);
}
