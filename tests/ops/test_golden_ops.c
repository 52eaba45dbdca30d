/*
 * Every operator case of the golden numbers (../golden/README.md, section 5): output, gradients and new running
 * statistics by our references, in double, against PyTorch's. Inputs stay in PyTorch's layout and are transposed in the
 * graph, so that their gradients come out in PyTorch's layout too. Losses and attention are composed as networks
 * compose them. A case without a mapping here fails.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "data.h"
#include "ops/interpret.h"
#include "ops/unary.h"
#include <math.h>

enum { MAX_INPUTS = 6, MAX_EXTRA = 2 };

typedef struct trial {
	const char *name, *op;
	json_t *attrs, *inputs;
	graph_net *g;
	int n;
	const char *key[MAX_INPUTS];
	graph_value in[MAX_INPUTS];
	graph_value extra[MAX_EXTRA]; /* new running mean and variance, of batch norm in training */
} trial;

/* ---- values by the rule ---- */

static uint64_t
mixed(const char *key, int64_t i)
{
	uint64_t z = base_fnv1a(key, strlen(key)) + (uint64_t)(i + 1) * 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static double
u(const char *key, int64_t i)
{
	return (double)(mixed(key, i) >> 40) * 0x1p-23 - 1;
}
static double
class_of(const char *key, int64_t i, uint64_t classes)
{
	return (double)((mixed(key, i) >> 33) % classes);
}

static void
fill(const trial *t, const char *key, double *v, int64_t n)
{
	json_t *rule = json_object_get(t->inputs, key), *classes = json_object_get(rule, "classes");
	bool ignores = !strcmp(key, "target") && json_object_get(t->inputs, "ignore");
	for (int64_t i = 0; i < n; i++) {
		v[i] = classes ? class_of(key, i, (uint64_t)json_integer_value(classes))
					   : json_number_value(json_object_get(rule, "shift"))
				+ json_number_value(json_object_get(rule, "scale")) * u(key, i);
		if (ignores && class_of("ignore", i, 5) == 0)
			v[i] = 255;
	}
}

/* ---- reading a case ---- */

static secant_shape
shape_of(const json_t *list)
{
	secant_shape s = { .rank = (int)json_array_size(list) };
	for (int i = 0; i < s.rank; i++)
		s.dim[i] = json_integer_value(json_array_get(list, (size_t)i));
	return s;
}

static graph_value
in(const trial *t, const char *key)
{
	for (int i = 0; i < t->n; i++)
		if (!strcmp(t->key[i], key))
			return t->in[i];
	return -1;
}

static double
number(const trial *t, const char *name)
{
	return json_number_value(json_object_get(t->attrs, name));
}
static bool
is_true(const trial *t, const char *name)
{
	return json_is_true(json_object_get(t->attrs, name));
}
static const char *
text(const trial *t, const char *name)
{
	return json_string_value(json_object_get(t->attrs, name));
}
static bool
text_is(const trial *t, const char *name, const char *v)
{
	return text(t, name) && !strcmp(text(t, name), v);
}

/* A list, or one number `repeat` times. */
static secant_ints
ints(const trial *t, const char *name, int repeat)
{
	json_t *j = json_object_get(t->attrs, name);
	secant_ints v = { .n = json_is_array(j) ? (int)json_array_size(j) : repeat };
	for (int i = 0; i < v.n; i++)
		v.v[i] = (int)json_integer_value(json_is_array(j) ? json_array_get(j, (size_t)i) : j);
	return v;
}

/* ---- small builders ---- */

static graph_value
one(const trial *t, const char *op, const void *attr, graph_value a)
{
	return graph_apply(t->g, op, attr, 1, a);
}

static graph_value
two(const trial *t, const char *op, const void *attr, graph_value a, graph_value b)
{
	return graph_apply(t->g, op, attr, 2, a, b);
}

static graph_value
times(const trial *t, double factor, graph_value v)
{
	return one(t, "mul_scalar", &(op_number_attr){ factor, 0 }, v);
}

static const secant_shape *
shape(const trial *t, graph_value v)
{
	return graph_shape(t->g, v);
}

/* Axis 1 goes to the end, or comes back from there. */
static graph_value
channels_last(const trial *t, graph_value v, bool back)
{
	op_transpose_attr a = { { .n = shape(t, v)->rank } };
	int last = a.perm.n - 1;
	if (last < 2)
		return v;
	for (int i = 0; i <= last; i++)
		a.perm.v[i] = back ? (i == 0 ? 0 : i == 1 ? last : i - 1) : i == 0 ? 0 : i == last ? 1 : i + 1;
	return one(t, "transpose", &a, v);
}

static graph_value
nhwc(const trial *t, const char *key)
{
	return channels_last(t, in(t, key), false);
}
static graph_value
nchw(const trial *t, graph_value v)
{
	return channels_last(t, v, true);
}

static graph_value
reshape(const trial *t, graph_value v, int rank, int a, int b, int c, int d)
{
	return one(t, "reshape", &(op_shape_attr){ { rank, { a, b, c, d } } }, v);
}

static graph_value
node_first(const graph_node *n)
{
	return n ? n->out[0] : -1;
}

static graph_value
reduced(const trial *t, const char *op, graph_value v)
{
	return one(t, op, NULL, v);
}

/* The named reduction of a loss. */
static graph_value
by_reduction(const trial *t, graph_value v)
{
	return text_is(t, "reduction", "none") ? v : reduced(t, text_is(t, "reduction", "sum") ? "sum" : "mean", v);
}

/* ---- one function for each kind of case ---- */

static op_conv_attr
conv_attr(const trial *t)
{
	op_conv_attr a = {
		.stride = ints(t, "stride", 2),
		.dilation = { 2, { 1, 1 } },
		.padding = ints(t, "padding", 2),
		.output_padding = ints(t, "output_padding", 2),
		.groups = 1,
	};
	if (json_object_get(t->attrs, "dilation"))
		a.dilation = ints(t, "dilation", 2);
	if (json_object_get(t->attrs, "groups"))
		a.groups = (int)number(t, "groups");
	return a;
}

static graph_value
convolution(trial *t)
{
	op_conv_attr a = conv_attr(t);
	return nchw(t, graph_apply(t->g, t->op, &a, 3, nhwc(t, "x"), in(t, "w"), in(t, "b")));
}

static graph_value
padded_convolution(trial *t)
{
	secant_ints p = ints(t, "pad", 4);
	op_conv_attr a = conv_attr(t);
	op_pad_attr pad = op_pad_hw(OP_PAD_CONSTANT, p.v[2], p.v[0], p.v[3], p.v[1]);
	return nchw(t, two(t, "conv2d", &a, one(t, "pad", &pad, nhwc(t, "x")), in(t, "w")));
}

/* N C L as N x 1 x L x C. */
static graph_value
convolution_1d(trial *t)
{
	secant_shape x = *shape(t, in(t, "x")), w = *shape(t, in(t, "w"));
	op_conv_attr a = op_conv(1, 0, 1, 1);
	a.stride.v[1] = (int)number(t, "stride");
	a.padding = (secant_ints){ 2, { 0, (int)number(t, "padding") } };
	graph_value wide = reshape(t, nhwc(t, "x"), 4, (int)x.dim[0], 1, (int)x.dim[2], (int)x.dim[1]);
	graph_value y = graph_apply(t->g, "conv2d", &a, 3, wide,
		reshape(t, in(t, "w"), 4, (int)w.dim[0], (int)w.dim[1], 1, (int)w.dim[2]), in(t, "b"));
	return nchw(t, reshape(t, y, 3, (int)x.dim[0], -1, (int)w.dim[0], 0));
}

static graph_value
pooling(trial *t)
{
	op_pool_attr a = {
		.kernel = ints(t, "kernel_size", 2),
		.stride = ints(t, "stride", 2),
		.padding = ints(t, "padding", 1),
		.ceil_mode = is_true(t, "ceil_mode"),
		.count_include_pad = is_true(t, "count_include_pad"),
	};
	return nchw(t, one(t, t->op, &a, nhwc(t, "x")));
}

static graph_value
adaptive_pooling(trial *t)
{
	return nchw(t, one(t, t->op, &(op_size_attr){ ints(t, "output_size", 2) }, nhwc(t, "x")));
}

static graph_value
interpolation(trial *t)
{
	static const char *const modes[] = { "nearest", "bilinear", "bicubic", "nearest-exact" };
	op_resize_attr a = { .align_corners = is_true(t, "align_corners"), .size = ints(t, "size", 2) };
	double factor = number(t, "scale_factor");
	for (int i = 0; i < 4; i++)
		if (text_is(t, "mode", modes[i]))
			a.mode = i;
	for (int i = 0; i < 2 && factor > 0; i++)
		a.size.v[i] = (int)floor((double)shape(t, in(t, "x"))->dim[2 + i] * factor);
	if (factor > 0)
		a.scale_h = a.scale_w = 1 / factor;
	if (text_is(t, "mode", "area"))
		return nchw(t, one(t, "adaptive_avg_pool2d", &(op_size_attr){ a.size }, nhwc(t, "x")));
	return nchw(t, one(t, "resize", &a, nhwc(t, "x")));
}

static graph_value
shuffling(trial *t)
{
	bool up = !strcmp(t->op, "pixel_shuffle");
	return nchw(t,
		one(t, t->op, &(op_factor_attr){ (int)number(t, up ? "upscale_factor" : "downscale_factor") }, nhwc(t, "x")));
}

static graph_value
batch_norm(trial *t)
{
	op_norm_attr a = { .eps = number(t, "eps"), .momentum = number(t, "momentum"), .groups = 1 };
	graph_value v[5] = { nhwc(t, "x"), in(t, "running_mean"), in(t, "running_var"), in(t, "w"), in(t, "b") };
	const graph_node *n = graph_make_node(t->g, is_true(t, "training") ? "batch_norm_train" : "batch_norm", &a, 5, v);
	if (n && is_true(t, "training")) {
		t->extra[0] = n->out[3];
		t->extra[1] = n->out[4];
	}
	return nchw(t, node_first(n));
}

static graph_value
layer_norm(trial *t)
{
	op_norm_attr a = { .eps = number(t, "eps") };
	bool first = !strcmp(t->op, "layer_norm over axis 1 of NCHW");
	graph_value y = graph_apply(t->g, "layer_norm", &a, 3, first ? nhwc(t, "x") : in(t, "x"), in(t, "w"), in(t, "b"));
	return first ? nchw(t, y) : y;
}

static graph_value
group_norm(trial *t)
{
	int instances = (int)shape(t, in(t, "x"))->dim[1];
	op_norm_attr a = { .eps = number(t, "eps"),
		.groups = strcmp(t->op, "group_norm") ? instances : (int)number(t, "num_groups") };
	return nchw(t, graph_apply(t->g, "group_norm", &a, 3, nhwc(t, "x"), in(t, "w"), in(t, "b")));
}

/* Functions of one number have one or two numbers under various names. */
static graph_value
unary(trial *t)
{
	static const char *const first[] = { "negative_slope", "alpha", "beta", "exponent", "min" },
							 *const second[] = { "threshold", "max" };
	op_number_attr a = { 0 };
	for (int i = 0; i < 5; i++)
		a.a += number(t, first[i]);
	for (int i = 0; i < 2; i++)
		a.b += number(t, second[i]);
	return one(t, text_is(t, "approximate", "tanh") ? "gelu_tanh" : t->op, &a, in(t, "x"));
}

static graph_value
prelu(trial *t)
{
	return nchw(t, two(t, "prelu", NULL, nhwc(t, "x"), in(t, "w")));
}
static graph_value
along_axis(trial *t)
{
	return one(t, t->op, &(op_axis_attr){ (int)number(t, "dim") }, in(t, "x"));
}
static graph_value
linear(trial *t)
{
	return graph_apply(t->g, "linear", NULL, 3, in(t, "x"), in(t, "w"), in(t, "b"));
}
static graph_value
binary(trial *t)
{
	return two(t, t->op, NULL, in(t, "x"), in(t, "w"));
}

static graph_value
matmul(trial *t)
{
	op_matmul_attr a = { strstr(t->op, "transpose(x)") != NULL, strstr(t->op, "transpose(w)") != NULL };
	return two(t, "matmul", &a, in(t, "x"), in(t, "w"));
}

static graph_value
attention(trial *t)
{
	graph_value scores = two(t, "matmul", &(op_matmul_attr){ false, true }, in(t, "q"), in(t, "k"));
	return two(t, "matmul", NULL, one(t, "softmax", NULL, times(t, 1 / sqrt(8), scores)), in(t, "v"));
}

static graph_value
normalize(trial *t)
{
	return one(t, "l2_normalize", &(op_l2_attr){ (int)number(t, "dim"), number(t, "eps") }, in(t, "x"));
}

/* The golden case is x where x > w, else 2 w. */
static graph_value
where(trial *t)
{
	graph_value x = in(t, "x"), w = in(t, "w");
	return graph_apply(t->g, "where", NULL, 3, two(t, "greater", NULL, x, w), x, times(t, 2, w));
}

static graph_value
concat(trial *t)
{
	return node_first(graph_make_node(t->g, "concat", &(op_axis_attr){ (int)number(t, "dim") }, t->n, t->in));
}

static graph_value
permute(trial *t)
{
	return one(t, "transpose", &(op_transpose_attr){ ints(t, "dims", 0) }, in(t, "x"));
}
static graph_value
expand(trial *t)
{
	return one(t, "broadcast_to", &(op_shape_attr){ ints(t, "size", 0) }, in(t, "x"));
}
static graph_value
take(trial *t)
{
	return two(t, "take", &(op_axis_attr){ (int)number(t, "dim") }, in(t, "x"), in(t, "idx"));
}
static graph_value
gather(trial *t)
{
	return two(t, "gather", &(op_axis_attr){ (int)number(t, "dim") }, in(t, "x"), in(t, "idx"));
}

static graph_value
slice(trial *t)
{
	const secant_shape *x = shape(t, in(t, "x"));
	secant_ints dims = ints(t, "dims", 0), start = ints(t, "start", 0), stop = ints(t, "stop", 0),
				step = ints(t, "step", 0);
	op_slice_attr a = { { .n = x->rank }, { .n = x->rank }, { .n = x->rank } };
	for (int i = 0; i < x->rank; i++) {
		a.stop.v[i] = (int)x->dim[i];
		a.step.v[i] = 1;
	}
	for (int i = 0; i < dims.n; i++) {
		a.start.v[dims.v[i]] = start.v[i];
		a.stop.v[dims.v[i]] = stop.v[i];
		a.step.v[dims.v[i]] = step.v[i];
	}
	return one(t, "slice", &a, in(t, "x"));
}

static graph_value
pad(trial *t)
{
	static const char *const modes[] = { "constant", "reflect", "replicate", "circular" };
	secant_ints p = ints(t, "pad", 0); /* left, right, top, bottom of NCHW */
	op_pad_attr a = {
		.before = { 4, { 0, 0, p.v[2], p.v[0] } },
		.after = { 4, { 0, 0, p.v[3], p.v[1] } },
		.value = number(t, "value"),
	};
	for (int i = 0; i < 4; i++)
		if (text_is(t, "mode", modes[i]))
			a.mode = i;
	return one(t, "pad", &a, in(t, "x"));
}

static graph_value
reduction(trial *t)
{
	op_axes_attr a = { ints(t, "dim", 1), is_true(t, "keepdim") };
	return one(t, !strcmp(t->op, "norm") ? "norm2" : t->op, &a, in(t, "x"));
}

static graph_value
variance(trial *t)
{
	return one(t, "var", &(op_var_attr){ ints(t, "dim", 1), false, (int)number(t, "correction") }, in(t, "x"));
}

static graph_value
maximum_of(trial *t)
{
	return one(t, "max_with_index", &(op_index_attr){ (int)number(t, "dim"), false }, in(t, "x"));
}

/* Losses over classes: labels outside the classes have weight 0 and count nowhere. */
static graph_value
cross_entropy(trial *t)
{
	graph_value logp = one(t, "log_softmax", NULL, nhwc(t, "x"));
	double ones[16], smoothing = number(t, "label_smoothing");
	secant_shape classes = { 1, { shape(t, in(t, "x"))->dim[1] } };
	for (int i = 0; i < 16; i++)
		ones[i] = 1;
	graph_value every = graph_constant(t->g, SECANT_F32, &classes, ones), cw = in(t, "cw") < 0 ? every : in(t, "cw");
	graph_value weight = two(t, "take", NULL, cw, in(t, "target")),
				there = two(t, "take", NULL, every, in(t, "target"));
	graph_value loss = two(t, "mul", NULL, weight, one(t, "neg", NULL, two(t, "pick", NULL, logp, in(t, "target"))));
	if (smoothing > 0) {
		op_axes_attr last = { { 1, { -1 } }, false };
		graph_value all = one(t, "neg", NULL, one(t, "sum", &last, two(t, "mul", NULL, logp, cw)));
		graph_value spread = times(t, smoothing / (double)classes.dim[0], two(t, "mul", NULL, there, all));
		loss = two(t, "add", NULL, times(t, 1 - smoothing, loss), spread);
	}
	if (!text_is(t, "reduction", "mean"))
		return by_reduction(t, loss);
	return two(t, "div", NULL, reduced(t, "sum", loss), reduced(t, "sum", weight));
}

static graph_value
nll_loss(trial *t)
{
	bool logits = strcmp(t->op, "nll_loss") != 0;
	graph_value logp = logits ? one(t, "log_softmax", NULL, nhwc(t, "x")) : in(t, "x");
	return one(t, "neg", NULL, by_reduction(t, two(t, "pick", NULL, logp, in(t, "target"))));
}

static graph_value
bce_with_logits(trial *t)
{
	graph_value target = in(t, "t") < 0 ? one(t, "upcast", NULL, in(t, "target")) : in(t, "t");
	return by_reduction(t, graph_apply(t->g, "bce_with_logits", NULL, 3, in(t, "x"), target, in(t, "pw")));
}

static graph_value
difference(trial *t)
{
	return two(t, "sub", NULL, in(t, "x"), in(t, "w"));
}
static graph_value
mse_loss(trial *t)
{
	return by_reduction(t, one(t, "square", NULL, difference(t)));
}
static graph_value
l1_loss(trial *t)
{
	return by_reduction(t, one(t, "abs", NULL, difference(t)));
}

static graph_value
smooth_l1_loss(trial *t)
{
	return by_reduction(t, two(t, "smooth_l1", &(op_number_attr){ number(t, "beta"), 0 }, in(t, "x"), in(t, "w")));
}

static graph_value
kl_div(trial *t)
{
	op_axis_attr along = { (int)number(t, "dim") };
	graph_value logq = one(t, "log_softmax", &along, in(t, "x")), logp = one(t, "log_softmax", &along, in(t, "w"));
	graph_value each = two(t, "mul", NULL, one(t, "softmax", &along, in(t, "w")), two(t, "sub", NULL, logp, logq));
	return times(t, 1 / (double)shape(t, in(t, "x"))->dim[0], reduced(t, "sum", each));
}

static const struct mapping {
	const char *op;
	graph_value (*build)(trial *t);
} mappings[] = {
	{ "conv2d", convolution },
	{ "pad + conv2d", padded_convolution },
	{ "conv1d", convolution_1d },
	{ "conv_transpose2d", convolution },
	{ "max_pool2d", pooling },
	{ "avg_pool2d", pooling },
	{ "adaptive_avg_pool2d", adaptive_pooling },
	{ "adaptive_max_pool2d", adaptive_pooling },
	{ "interpolate", interpolation },
	{ "pixel_shuffle", shuffling },
	{ "pixel_unshuffle", shuffling },
	{ "batch_norm", batch_norm },
	{ "layer_norm", layer_norm },
	{ "layer_norm over axis 1 of NCHW", layer_norm },
	{ "group_norm", group_norm },
	{ "instance_norm", group_norm },
	{ "prelu", prelu },
	{ "softmax", along_axis },
	{ "log_softmax", along_axis },
	{ "cumsum", along_axis },
	{ "linear", linear },
	{ "matmul", matmul },
	{ "matmul(transpose(x), w)", matmul },
	{ "matmul(x, transpose(w))", matmul },
	{ "scaled_dot_product_attention", attention },
	{ "add", binary },
	{ "mul", binary },
	{ "sub", binary },
	{ "div", binary },
	{ "maximum", binary },
	{ "minimum", binary },
	{ "normalize", normalize },
	{ "where", where },
	{ "concat", concat },
	{ "slice", slice },
	{ "permute", permute },
	{ "expand", expand },
	{ "index_select", take },
	{ "gather", gather },
	{ "pad", pad },
	{ "mean", reduction },
	{ "sum", reduction },
	{ "amax", reduction },
	{ "norm", reduction },
	{ "var", variance },
	{ "max", maximum_of },
	{ "cross_entropy", cross_entropy },
	{ "nll_loss(log_softmax)", nll_loss },
	{ "nll_loss", nll_loss },
	{ "bce_with_logits", bce_with_logits },
	{ "mse_loss", mse_loss },
	{ "l1_loss", l1_loss },
	{ "smooth_l1_loss", smooth_l1_loss },
	{ "kl_div(log_softmax(x), softmax(w))", kl_div },
};

static graph_value
build(trial *t)
{
	for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
		if (!strcmp(mappings[i].op, t->op))
			return mappings[i].build(t);
	if (op_unary_find(t->op) >= 0)
		return unary(t);
	fail_msg("%s: operator '%s' has no mapping", t->name, t->op);
	return -1;
}

/* ---- comparison ---- */

typedef struct golden {
	json_t *header;
	const uint8_t *data;
	size_t size;
} golden;

/* PyTorch's derivative of hardsigmoid is 1/6 rounded to float32, in double too. Ours is exact. */
static double
correction(const char *key)
{
	return strcmp(key, "act_hardsigmoid/dx") ? 1 : 1. / 6 / (double)(1.f / 6);
}

static double
compare(const trial *t, const golden *want, const char *what, const secant_shape *s, const double *got)
{
	char key[160], shape_text[96];
	snprintf(key, sizeof key, "%s/%s", t->name, what);
	json_t *entry = json_object_get(want->header, key), *at = json_object_get(entry, "data_offsets");
	secant_shape there = shape_of(json_object_get(entry, "shape"));
	if (!entry)
		fail_msg("%s: no golden numbers", key);
	if (!secant_shape_equal(&there, s))
		fail_msg("%s: the shape is %s", key, secant_shape_text(s, shape_text, sizeof shape_text));
	size_t begin = (size_t)json_integer_value(json_array_get(at, 0));
	int64_t n = secant_shape_count(s);
	double most = 0, off = 0;
	assert_true(begin + (size_t)n * 8 <= want->size);
	for (int64_t i = 0; i < n; i++) {
		double w;
		memcpy(&w, want->data + begin + 8 * (size_t)i, 8);
		w *= correction(key);
		most = fmax(most, fabs(w));
		if (!(fabs(w - got[i]) <= off))
			off = fabs(w - got[i]);
	}
	if (!(off <= 1e-11 * most))
		fail_msg("%s: off by %g, the largest value is %g", key, off, most);
	return most > 0 ? off / most : 0;
}

static void
add_inputs(trial *t)
{
	const char *key;
	json_t *rule;
	json_object_foreach (t->inputs, key, rule) {
		secant_shape s = shape_of(json_object_get(rule, "shape"));
		bool whole = json_object_get(rule, "classes") != NULL, state = !strncmp(key, "running", 7);
		if (!strcmp(key, "ignore"))
			continue;
		assert_true(t->n < MAX_INPUTS);
		t->key[t->n] = key;
		t->in[t->n] = state ? graph_state(t->g, key, SECANT_F32, &s, false, GRAPH_INIT_ZEROS)
							: graph_input(t->g, key, whole ? SECANT_I32 : SECANT_F32, &s);
		graph_track(t->g, t->in[t->n++]);
	}
}

static double
check_case(const char *name, json_t *c, const golden *want)
{
	trial t = { .name = name,
		.op = json_string_value(json_object_get(c, "op")),
		.attrs = json_object_get(c, "attrs"),
		.inputs = json_object_get(c, "inputs"),
		.g = graph_new(),
		.extra = { -1, -1 } };
	secant_err err = { 0 };
	graph_value of[MAX_INPUTS], d[MAX_INPUTS];
	json_t *asked = json_object_get(c, "gradients");
	int n = (int)json_array_size(asked);
	add_inputs(&t);
	graph_value y = build(&t);
	if (graph_check(t.g, &err))
		fail_msg("%s: %s", name, err.msg);
	secant_shape ys = *graph_shape(t.g, y);
	graph_value gy = graph_input(t.g, "gy", SECANT_F32, &ys);
	graph_value loss = one(&t, "sum", NULL, two(&t, "mul", NULL, y, gy));
	for (int i = 0; i < n; i++)
		of[i] = in(&t, json_string_value(json_array_get(asked, (size_t)i)));
	if (graph_gradients(t.g, loss, of, n, d, &err))
		fail_msg("%s: %s", name, err.msg);
	double **values = secant_calloc((size_t)graph_values(t.g), sizeof *values);
	void *memory = op_interpret_memory(t.g, values, &err);
	for (int i = 0; i < t.n; i++)
		fill(&t, t.key[i], values[t.in[i]], secant_shape_count(shape(&t, t.in[i])));
	for (int64_t i = 0; i < secant_shape_count(&ys); i++)
		values[gy][i] = u("gy", i);
	if (op_interpret(t.g, values, &err))
		fail_msg("%s: %s", name, err.msg);
	double worst = compare(&t, want, "y", &ys, values[y]);
	for (int i = 0; i < n; i++) {
		char what[32];
		snprintf(what, sizeof what, "d%s", json_string_value(json_array_get(asked, (size_t)i)));
		if (d[i] < 0)
			fail_msg("%s: no gradient %s", name, what);
		worst = fmax(worst, compare(&t, want, what, shape(&t, d[i]), values[d[i]]));
	}
	json_t *extra = json_object_get(c, "extra");
	for (int i = 0; i < (int)json_array_size(extra); i++) {
		if (t.extra[i] < 0)
			fail_msg("%s: extra output %d has no mapping", name, i);
		worst = fmax(worst,
			compare(&t, want, json_string_value(json_array_get(extra, (size_t)i)), shape(&t, t.extra[i]),
				values[t.extra[i]]));
	}
	secant_free(memory);
	secant_free(values);
	graph_free(t.g);
	return worst;
}

static const char *only;

static void
test_references_are_pytorch(void **state)
{
	const char *path = golden_path("ops/ops.json"), *name, *worst_name = "";
	secant_err err = { 0 };
	secant_bytes file;
	json_t *c;
	int cases = 0;
	double worst = 0;
	skip_without(path);
	json_t *all = base_json_read(path, &err);
	assert_non_null(all);
	assert_int_equal(base_file_map(&file, golden_path("ops/ops.safetensors"), &err), SECANT_OK);
	uint64_t header = 0;
	memcpy(&header, file.data, 8);
	assert_true(header < file.size - 8);
	golden want = {
		base_json_parse((const char *)file.data + 8, header, "ops.safetensors", &err),
		file.data + 8 + header,
		file.size - 8 - header,
	};
	assert_non_null(want.header);
	json_object_foreach (all, name, c) {
		if (only && strcmp(only, name))
			continue;
		double off = check_case(name, c, &want);
		worst_name = off > worst ? name : worst_name;
		worst = fmax(worst, off);
		cases++;
	}
	print_message("%d cases; the worst is %s, off by %.2g of its largest value\n", cases, worst_name, worst);
	if (!only)
		assert_int_equal(cases, 240);
	json_decref(want.header);
	json_decref(all);
	base_file_unmap(&file);
}

static void
test_values_follow_the_rule(void **state)
{
	/* the worked example of the README, before scaling */
	assert_float_equal(u("encoder.conv1.weight", 0), .9337559938430786, 1e-16);
	assert_float_equal(u("encoder.conv1.weight", 3), -.32491910457611084, 1e-16);
	const int bits[8] = { 1, 0, 1, 1, 0, 0, 1, 0 }, classes[8] = { 1, 2, 0, 1, 2, 3, 1, 3 };
	for (int i = 0; i < 8; i++) {
		assert_int_equal(mixed("target", i) >> 63, bits[i]);
		assert_int_equal((int)class_of("target", i, 4), classes[i]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_follow_the_rule),
		cmocka_unit_test(test_references_are_pytorch),
	};
	only = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests_name("golden operators", tests, NULL, NULL);
}
