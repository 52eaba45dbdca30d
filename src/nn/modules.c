/*
 * The modules that segmentation_models.pytorch's decoders share (its base/modules.py and base/heads.py): Conv2dReLU
 * with a choice of norm, scSE attention, the segmentation head.
 *
 * "inplace" is InPlaceABN of the package inplace_abn: a batch norm scaled by |weight| + eps with its activation inside,
 * which smp's string makes a relu and the package's own default a leaky one.
 */
#include "nn/decoder.h"
#include "base/json.h"
#include <string.h>

static const char *const norm_names[] = { "batchnorm", "identity", "instancenorm", "inplace", "layernorm", "true",
	"false", NULL };

static secant_status
norm_by_name(nn_norm_choice *c, const char *name, secant_err *err)
{
	*c = (nn_norm_choice){ .kind = NN_NORM_BATCH, .eps = 1e-5, .momentum = 0.1, .affine = true };
	if (!strcmp(name, "batchnorm") || !strcmp(name, "true"))
		return SECANT_OK;
	if (!strcmp(name, "identity") || !strcmp(name, "false"))
		return c->kind = NN_NORM_NONE, SECANT_OK;
	if (!strcmp(name, "inplace"))
		return c->kind = NN_NORM_INPLACE, SECANT_OK;
	if (!strcmp(name, "instancenorm"))
		return c->kind = NN_NORM_INSTANCE, c->affine = false, SECANT_OK;
	if (!strcmp(name, "layernorm"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"decoder-use-norm 'layernorm' normalises the width axis in segmentation_models.pytorch and fails there; "
			"use batchnorm or instancenorm");
	const char *near = secant_nearest(name, norm_names);
	return secant_fail(err, SECANT_ERR_ARG, "decoder-use-norm: no norm is named '%s'%s%s%s", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static secant_status
norm_setting(nn_norm_choice *c, const char *key, const json_t *v, secant_err *err)
{
	bool inplace = c->kind == NN_NORM_INPLACE;
	const char *word = json_string_value(v);
	if (!strcmp(key, "eps") && json_is_number(v))
		c->eps = json_number_value(v);
	else if (!strcmp(key, "momentum") && json_is_number(v))
		c->momentum = json_number_value(v);
	else if (!strcmp(key, "affine") && json_is_boolean(v) && (json_is_true(v) || c->kind == NN_NORM_INSTANCE))
		c->affine = json_is_true(v);
	else if (!strcmp(key, "affine") && json_is_boolean(v))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"decoder-use-norm: a batch norm without weights fails in segmentation_models.pytorch's start of weights; "
			"leave \"affine\" out");
	else if (!strcmp(key, "track_running_stats") && json_is_boolean(v)
		&& json_is_true(v) == (c->kind != NN_NORM_INSTANCE))
		return SECANT_OK; /* the default */
	else if (inplace && !strcmp(key, "activation_param") && json_is_number(v))
		c->slope = json_number_value(v);
	else if (inplace && !strcmp(key, "activation") && word && (!strcmp(word, "leaky_relu") || !strcmp(word, "relu")))
		c->slope = !strcmp(word, "relu") ? 0 : c->slope;
	else if (inplace && !strcmp(key, "activation") && word && !strcmp(word, "identity"))
		c->identity = true;
	else
		return secant_fail(err, SECANT_ERR_ARG,
			"decoder-use-norm: no setting \"%s\" of that type and value here; there are eps, momentum, affine%s", key,
			inplace ? ", activation (leaky_relu, relu, identity), activation_param" : "");
	return SECANT_OK;
}

secant_status
nn_norm_parse(nn_norm_choice *c, const char *text, secant_err *err)
{
	if (!text)
		return norm_by_name(c, "batchnorm", err);
	if (*text != '{' && *text != '"')
		return norm_by_name(c, text, err);
	json_t *j = base_json_parse(text, strlen(text), "decoder-use-norm", err);
	if (!j)
		return SECANT_ERR_ARG;
	const char *type = json_is_string(j) ? json_string_value(j) : json_string_value(json_object_get(j, "type"));
	secant_status status = type ? norm_by_name(c, type, err)
								: secant_fail(err, SECANT_ERR_ARG, "decoder-use-norm: the object has no \"type\"");
	const char *key;
	json_t *v;
	c->slope = json_is_object(j) && c->kind == NN_NORM_INPLACE ? 0.01 : 0;
	json_object_foreach (j, key, v) {
		if (status || !strcmp(key, "type"))
			continue;
		status = norm_setting(c, key, v, err);
	}
	json_decref(j);
	return status;
}

/* As a batch norm's, but batches are not counted. */
static nn_norm_states
inplace_states(nn_builder *n, int channels)
{
	secant_shape c = { 1, { channels } };
	nn_norm_states s = { .batches = -1 };
	s.weight = nn_state(n, "weight", &c, GRAPH_INIT_ONES);
	s.bias = nn_state(n, "bias", &c, GRAPH_INIT_ZEROS);
	s.mean = nn_statistic(n, "running_mean", &c, GRAPH_INIT_ZEROS);
	s.var = nn_statistic(n, "running_var", &c, GRAPH_INIT_ONES);
	return s;
}

void
nn_add_norm_states(nn_builder *n, const char *name, int channels, const nn_norm_choice *norm)
{
	size_t mark = nn_enter(n, name);
	secant_shape shape = { 1, { channels } };
	if (norm->kind == NN_NORM_BATCH)
		nn_batch_norm_states(n, channels);
	else if (norm->kind == NN_NORM_INPLACE)
		inplace_states(n, channels);
	else if (norm->kind == NN_NORM_INSTANCE && norm->affine) {
		nn_state(n, "weight", &shape, GRAPH_INIT_ONES);
		nn_state(n, "bias", &shape, GRAPH_INIT_ZEROS);
	}
	nn_leave(n, mark);
}

static graph_value
instance_norm(nn_builder *n, graph_value x, const nn_norm_choice *c)
{
	int channels = nn_channels(n, x);
	secant_shape shape = { 1, { channels } };
	graph_value w = c->affine ? nn_state(n, "weight", &shape, GRAPH_INIT_ONES) : -1;
	graph_value b = c->affine ? nn_state(n, "bias", &shape, GRAPH_INIT_ZEROS) : -1;
	return graph_apply(n->g, "group_norm", &(op_norm_attr){ .eps = c->eps, .groups = channels }, 3, x, w, b);
}

static graph_value
inplace_norm(nn_builder *n, graph_value x, const nn_norm_choice *c)
{
	nn_norm_states s = inplace_states(n, nn_channels(n, x));
	graph_value scale = graph_apply(n->g, "abs", NULL, 1, s.weight);
	scale = graph_apply(n->g, "add_scalar", &(op_number_attr){ c->eps, 0 }, 1, scale);
	return nn_batch_norm_of(n, x, s.mean, s.var, scale, s.bias, c->eps, c->momentum);
}

graph_value
nn_norm(nn_builder *n, const char *name, graph_value x, const nn_norm_choice *norm)
{
	size_t mark = nn_enter(n, name);
	if (norm->kind == NN_NORM_BATCH)
		x = nn_batch_norm(n, NULL, x, norm->eps, norm->momentum);
	else if (norm->kind == NN_NORM_INPLACE)
		x = inplace_norm(n, x, norm);
	else if (norm->kind == NN_NORM_INSTANCE)
		x = instance_norm(n, x, norm);
	nn_leave(n, mark);
	return x;
}

graph_value
nn_conv_relu(
	nn_builder *n, const char *name, graph_value x, int out, int kernel, int padding, const nn_norm_choice *norm)
{
	size_t mark = nn_enter(n, name);
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.padding = padding,
		.bias = norm->kind == NN_NORM_NONE,
		.init = GRAPH_INIT_KAIMING_UNIFORM };
	x = nn_norm(n, "1", nn_conv(n, "0", x, &c), norm);
	if (norm->slope > 0 && !norm->identity)
		x = graph_apply(n->g, "leaky_relu", &(op_number_attr){ norm->slope, 0 }, 1, x);
	else if (!norm->identity)
		x = nn_relu(n, x);
	nn_leave(n, mark);
	return x;
}

secant_status
nn_decoder_channels(int channels[6], const secant_ints *given, int depth, secant_err *err)
{
	static const int usual[] = { 256, 128, 64, 32, 16 };
	if (given->n && given->n != depth)
		return secant_fail(err, SECANT_ERR_ARG, "Model depth is %d, but you provide `decoder_channels` for %d blocks.",
			depth, given->n);
	for (int i = 0; i < depth; i++)
		channels[i] = given->n ? given->v[i] : usual[i];
	return SECANT_OK;
}

graph_value
nn_centre(nn_builder *n, graph_value x, const nn_norm_choice *norm)
{
	int channels = nn_channels(n, x);
	x = nn_conv_relu(n, "center.0", x, channels, 3, 1, norm);
	return nn_conv_relu(n, "center.1", x, channels, 3, 1, norm);
}

graph_value
nn_scse(nn_builder *n, const char *name, graph_value x, int channels)
{
	size_t mark = nn_enter(n, name), inner = nn_enter(n, "attention");
	nn_conv_spec squeeze = { .out = channels / 16, .kernel = 1, .bias = true, .init = GRAPH_INIT_KAIMING_UNIFORM };
	nn_conv_spec expand = { .out = channels, .kernel = 1, .bias = true, .init = GRAPH_INIT_KAIMING_UNIFORM };
	nn_conv_spec spatial = { .out = 1, .kernel = 1, .bias = true, .init = GRAPH_INIT_KAIMING_UNIFORM };
	graph_value w, b, y = -1;
	if (x < 0) {
		nn_conv_states(n, "cSE.1", channels, &squeeze, &w, &b);
		nn_conv_states(n, "cSE.3", channels / 16, &expand, &w, &b);
		nn_conv_states(n, "sSE.0", channels, &spatial, &w, &b);
	} else {
		graph_value c = nn_relu(n, nn_conv(n, "cSE.1", nn_global_pool(n, x, false), &squeeze));
		c = graph_apply(n->g, "sigmoid", NULL, 1, nn_conv(n, "cSE.3", c, &expand));
		graph_value s = graph_apply(n->g, "sigmoid", NULL, 1, nn_conv(n, "sSE.0", x, &spatial));
		y = graph_apply(
			n->g, "add", NULL, 2, graph_apply(n->g, "mul", NULL, 2, x, c), graph_apply(n->g, "mul", NULL, 2, x, s));
	}
	nn_leave(n, inner);
	nn_leave(n, mark);
	return y;
}

graph_value
nn_activation(nn_builder *n, graph_value x, const char *activation, secant_err *err)
{
	static const char *const names[] = { "identity", "sigmoid", "softmax2d", "softmax", "logsoftmax", "tanh", "clamp",
		NULL };
	if (!activation || !strcmp(activation, "identity"))
		return x;
	if (!strcmp(activation, "softmax2d") || !strcmp(activation, "softmax"))
		return graph_apply(n->g, "softmax", &(op_axis_attr){ -1 }, 1, x);
	if (!strcmp(activation, "logsoftmax"))
		return graph_apply(n->g, "log_softmax", &(op_axis_attr){ -1 }, 1, x);
	if (!strcmp(activation, "sigmoid") || !strcmp(activation, "tanh"))
		return graph_apply(n->g, activation, NULL, 1, x);
	if (!strcmp(activation, "clamp"))
		return graph_apply(n->g, "clamp", &(op_number_attr){ 0, 1 }, 1, x);
	const char *near = secant_nearest(activation, names);
	if (!strcmp(activation, "argmax") || !strcmp(activation, "argmax2d"))
		secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"activation %s: numbers of classes are no scores; leave the activation out, predict and eval take the "
			"largest",
			activation);
	else
		secant_fail(err, SECANT_ERR_ARG, "activation: none is named '%s'%s%s%s", activation,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return -1;
}

graph_value
nn_segmentation_head(
	nn_builder *n, graph_value x, int classes, int kernel, int upsampling, const char *activation, secant_err *err)
{
	return nn_head_from(n, x, classes, kernel, upsampling, GRAPH_INIT_XAVIER_UNIFORM, activation, err);
}

graph_value
nn_head_from(nn_builder *n, graph_value x, int classes, int kernel, int upsampling, graph_init init,
	const char *activation, secant_err *err)
{
	size_t mark = nn_enter(n, "segmentation_head");
	nn_conv_spec c = { .out = classes, .kernel = kernel, .padding = kernel / 2, .bias = true, .init = init };
	x = nn_conv(n, "0", x, &c);
	if (upsampling > 1)
		x = nn_enlarge(n, x, upsampling, OP_RESIZE_BILINEAR, true);
	x = nn_activation(n, x, activation, err);
	nn_leave(n, mark);
	return x;
}
