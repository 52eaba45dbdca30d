/*
 * The modules that segmentation_models.pytorch's decoders share (its base/modules.py and base/heads.py): Conv2dReLU
 * with a choice of norm, scSE attention, the segmentation head.
 */
#include "nn/decoder.h"
#include "base/json.h"
#include <string.h>

static const char *const norm_names[] = { "batchnorm", "identity", "instancenorm", "inplace", "layernorm", "true",
	"false", NULL };

static secant_status
norm_by_name(secant_norm_choice *c, const char *name, secant_err *err)
{
	*c = (secant_norm_choice){ SECANT_NORM_BATCH, 1e-5, 0.1, true };
	if (!strcmp(name, "batchnorm") || !strcmp(name, "true"))
		return SECANT_OK;
	if (!strcmp(name, "identity") || !strcmp(name, "false"))
		return c->kind = SECANT_NORM_NONE, SECANT_OK;
	if (!strcmp(name, "inplace"))
		return c->kind = SECANT_NORM_INPLACE, SECANT_OK;
	if (!strcmp(name, "instancenorm"))
		return c->kind = SECANT_NORM_INSTANCE, c->affine = false, SECANT_OK;
	if (!strcmp(name, "layernorm"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"decoder-use-norm 'layernorm' normalises the width axis in segmentation_models.pytorch and fails there; "
			"use batchnorm or instancenorm");
	const char *near = secant_nearest(name, norm_names);
	return secant_fail(err, SECANT_ERR_ARG, "decoder-use-norm: no norm is named '%s'%s%s%s", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

secant_status
secant_norm_parse(secant_norm_choice *c, const char *text, secant_err *err)
{
	if (!text)
		return norm_by_name(c, "batchnorm", err);
	if (*text != '{' && *text != '"')
		return norm_by_name(c, text, err);
	json_t *j = secant_json_parse(text, strlen(text), "decoder-use-norm", err);
	if (!j)
		return SECANT_ERR_ARG;
	const char *type = json_is_string(j) ? json_string_value(j) : json_string_value(json_object_get(j, "type"));
	secant_status status = type ? norm_by_name(c, type, err)
								: secant_fail(err, SECANT_ERR_ARG, "decoder-use-norm: the object has no \"type\"");
	const char *key;
	json_t *v;
	json_object_foreach (j, key, v) {
		if (status || !strcmp(key, "type"))
			continue;
		if (!strcmp(key, "eps") && json_is_number(v))
			c->eps = json_number_value(v);
		else if (!strcmp(key, "momentum") && json_is_number(v))
			c->momentum = json_number_value(v);
		else if (!strcmp(key, "affine") && json_is_boolean(v))
			c->affine = json_is_true(v);
		else
			status = secant_fail(err, SECANT_ERR_ARG,
				"decoder-use-norm: no setting \"%s\" of that type; there are eps, momentum, affine", key);
	}
	json_decref(j);
	return status;
}

void
secant_nn_norm_states(secant_nn *n, const char *name, int channels, const secant_norm_choice *norm)
{
	size_t mark = secant_nn_enter(n, name);
	secant_shape shape = { 1, { channels } };
	if (norm->kind == SECANT_NORM_BATCH || norm->kind == SECANT_NORM_INPLACE)
		secant_nn_batch_norm_states(n, channels);
	else if (norm->kind == SECANT_NORM_INSTANCE && norm->affine) {
		secant_nn_state(n, "weight", &shape, SECANT_INIT_ONES);
		secant_nn_state(n, "bias", &shape, SECANT_INIT_ZEROS);
	}
	secant_nn_leave(n, mark);
}

static secant_value
instance_norm(secant_nn *n, secant_value x, const secant_norm_choice *c)
{
	int channels = secant_nn_channels(n, x);
	secant_shape shape = { 1, { channels } };
	secant_value w = c->affine ? secant_nn_state(n, "weight", &shape, SECANT_INIT_ONES) : -1;
	secant_value b = c->affine ? secant_nn_state(n, "bias", &shape, SECANT_INIT_ZEROS) : -1;
	return secant_apply(n->g, "group_norm", &(secant_norm_attr){ .eps = c->eps, .groups = channels }, 3, x, w, b);
}

secant_value
secant_nn_norm(secant_nn *n, const char *name, secant_value x, const secant_norm_choice *norm)
{
	size_t mark = secant_nn_enter(n, name);
	if (norm->kind == SECANT_NORM_BATCH || norm->kind == SECANT_NORM_INPLACE)
		x = secant_nn_batch_norm(n, NULL, x, norm->eps, norm->momentum);
	else if (norm->kind == SECANT_NORM_INSTANCE)
		x = instance_norm(n, x, norm);
	secant_nn_leave(n, mark);
	return x;
}

secant_value
secant_nn_conv_relu(
	secant_nn *n, const char *name, secant_value x, int out, int kernel, int padding, const secant_norm_choice *norm)
{
	size_t mark = secant_nn_enter(n, name);
	secant_conv_spec c = { .out = out,
		.kernel = kernel,
		.padding = padding,
		.bias = norm->kind == SECANT_NORM_NONE,
		.init = SECANT_INIT_KAIMING_UNIFORM };
	x = secant_nn_relu(n, secant_nn_norm(n, "1", secant_nn_conv(n, "0", x, &c), norm));
	secant_nn_leave(n, mark);
	return x;
}

secant_status
secant_nn_decoder_channels(int channels[6], const secant_ints *given, int depth, secant_err *err)
{
	static const int usual[] = { 256, 128, 64, 32, 16 };
	if (given->n && given->n != depth)
		return secant_fail(err, SECANT_ERR_ARG, "Model depth is %d, but you provide `decoder_channels` for %d blocks.",
			depth, given->n);
	for (int i = 0; i < depth; i++)
		channels[i] = given->n ? given->v[i] : usual[i];
	return SECANT_OK;
}

secant_value
secant_nn_centre(secant_nn *n, secant_value x, const secant_norm_choice *norm)
{
	int channels = secant_nn_channels(n, x);
	x = secant_nn_conv_relu(n, "center.0", x, channels, 3, 1, norm);
	return secant_nn_conv_relu(n, "center.1", x, channels, 3, 1, norm);
}

secant_value
secant_nn_scse(secant_nn *n, const char *name, secant_value x, int channels)
{
	size_t mark = secant_nn_enter(n, name), inner = secant_nn_enter(n, "attention");
	secant_conv_spec squeeze = { .out = channels / 16, .kernel = 1, .bias = true, .init = SECANT_INIT_KAIMING_UNIFORM };
	secant_conv_spec expand = { .out = channels, .kernel = 1, .bias = true, .init = SECANT_INIT_KAIMING_UNIFORM };
	secant_conv_spec spatial = { .out = 1, .kernel = 1, .bias = true, .init = SECANT_INIT_KAIMING_UNIFORM };
	secant_value w, b, y = -1;
	if (x < 0) {
		secant_nn_conv_states(n, "cSE.1", channels, &squeeze, &w, &b);
		secant_nn_conv_states(n, "cSE.3", channels / 16, &expand, &w, &b);
		secant_nn_conv_states(n, "sSE.0", channels, &spatial, &w, &b);
	} else {
		secant_value c = secant_nn_relu(n, secant_nn_conv(n, "cSE.1", secant_nn_global_pool(n, x, false), &squeeze));
		c = secant_apply(n->g, "sigmoid", NULL, 1, secant_nn_conv(n, "cSE.3", c, &expand));
		secant_value s = secant_apply(n->g, "sigmoid", NULL, 1, secant_nn_conv(n, "sSE.0", x, &spatial));
		y = secant_apply(
			n->g, "add", NULL, 2, secant_apply(n->g, "mul", NULL, 2, x, c), secant_apply(n->g, "mul", NULL, 2, x, s));
	}
	secant_nn_leave(n, inner);
	secant_nn_leave(n, mark);
	return y;
}

secant_value
secant_nn_activation(secant_nn *n, secant_value x, const char *activation, secant_err *err)
{
	static const char *const names[] = { "identity", "sigmoid", "softmax2d", "softmax", "logsoftmax", "tanh", "clamp",
		NULL };
	if (!activation || !strcmp(activation, "identity"))
		return x;
	if (!strcmp(activation, "softmax2d") || !strcmp(activation, "softmax"))
		return secant_apply(n->g, "softmax", &(secant_axis_attr){ -1 }, 1, x);
	if (!strcmp(activation, "logsoftmax"))
		return secant_apply(n->g, "log_softmax", &(secant_axis_attr){ -1 }, 1, x);
	if (!strcmp(activation, "sigmoid") || !strcmp(activation, "tanh"))
		return secant_apply(n->g, activation, NULL, 1, x);
	if (!strcmp(activation, "clamp"))
		return secant_apply(n->g, "clamp", &(secant_number_attr){ 0, 1 }, 1, x);
	const char *near = secant_nearest(activation, names);
	secant_fail(err, SECANT_ERR_ARG, "activation: none is named '%s'%s%s%s", activation, near ? "; did you mean '" : "",
		near ? near : "", near ? "'?" : "");
	return -1;
}

secant_value
secant_nn_segmentation_head(
	secant_nn *n, secant_value x, int classes, int kernel, int upsampling, const char *activation, secant_err *err)
{
	return secant_nn_head_from(n, x, classes, kernel, upsampling, SECANT_INIT_XAVIER_UNIFORM, activation, err);
}

secant_value
secant_nn_head_from(secant_nn *n, secant_value x, int classes, int kernel, int upsampling, secant_init init,
	const char *activation, secant_err *err)
{
	size_t mark = secant_nn_enter(n, "segmentation_head");
	secant_conv_spec c = { .out = classes, .kernel = kernel, .padding = kernel / 2, .bias = true, .init = init };
	x = secant_nn_conv(n, "0", x, &c);
	if (upsampling > 1)
		x = secant_nn_enlarge(n, x, upsampling, SECANT_RESIZE_BILINEAR, true);
	x = secant_nn_activation(n, x, activation, err);
	secant_nn_leave(n, mark);
	return x;
}
