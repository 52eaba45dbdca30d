/*
 * Networks: the option table, the registries of encoders and architectures, and the build from picture to logits.
 */
#include "nn/nn.h"
#include "base/json.h"
#include "base/registry.h"
#include <stdio.h>
#include <string.h>

static const secant_opt network_rows[] = {
	SECANT_OPT(secant_network, arch, STR, "arch", "unet", 0, 0, "architecture (secant list architectures)"),
	SECANT_OPT(secant_network, encoder, STR, "encoder", "resnet34", 0, 0, "encoder (secant list encoders)"),
	SECANT_OPT(secant_network, in_channels, INT, "in-channels", "3", 1, 16,
		"channels of the pictures; numbers of a point, x y z first"),
	SECANT_OPT(secant_network, classes, INT, "classes", "1", 1, 65535, "classes; 1 is foreground against background"),
	SECANT_OPT(secant_network, encoder_depth, INT, "encoder-depth", "0", 0, 5,
		"stages of the encoder; 0: the architecture's default"),
	SECANT_OPT(secant_network, decoder_channels, INTS, "decoder-channels", NULL, 1, 65535,
		"channels of the decoder's blocks, deepest first; default 256,128,64,32,16"),
	SECANT_OPT(
		secant_network, decoder_attention_type, STR, "decoder-attention-type", NULL, 0, 0, "scse, or none when absent"),
	SECANT_OPT(secant_network, decoder_interpolation, STR, "decoder-interpolation", "nearest", 0, 0,
		"how the decoder enlarges: nearest, bilinear, bicubic"),
	SECANT_OPT(secant_network, decoder_use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0,
		"batchnorm, identity, instancenorm, inplace, or a JSON object with \"type\""),
	SECANT_OPT(secant_network, activation, STR, "activation", NULL, 0, 0,
		"of the head: sigmoid, softmax2d, ...; absent: logits"),
	SECANT_OPT(secant_network, aux_params, JSON, "aux-params", NULL, 0, 0,
		"JSON object of a classification head: classes, pooling, dropout, activation"),
	SECANT_OPT(secant_network, feature_transform, BOOL, "feature-transform", "false", 0, 0,
		"pointnet-cls, pointnet-dense: the second T-Net, on 64 features"),
	SECANT_OPT(secant_network, categories, INT, "categories", "16", 1, 65535,
		"networks for parts of objects: how many kinds of objects there are"),
	SECANT_OPT(secant_network, dropout, REAL, "dropout", "-1", -1, 0.99,
		"networks for clouds: of the head; -1: as the original"),
	SECANT_OPT(secant_network, transform_penalty, REAL, "transform-penalty", "0.001", 0, 1e6,
		"in training, this times the distance of the feature transform A from orthogonality is added to the loss"),
	SECANT_OPT_CHOICE(secant_network, transform_penalty_form, "transform-penalty-form", "norm", "norm|squares",
		"with D = A AT - I: mean of |D| (pointnet.pytorch), or half the sum of |D|^2 (the authors' code)"),
	SECANT_OPT_CHOICE(secant_network, transform_init, "transform-init", "default", "default|identity",
		"how T-Nets start: PyTorch's default, or as the identity (the authors' code)"),
	SECANT_OPT_END,
};
const secant_opts secant_network_options = { "network", sizeof(secant_network), network_rows };

#define ENCODERS(family) extern const secant_encoder secant_encoders_##family[];
#include "nn/encoders.inc"
#undef ENCODERS
static const secant_encoder *const families[] = {
#define ENCODERS(family) secant_encoders_##family,
#include "nn/encoders.inc"
#undef ENCODERS
	NULL,
};
#define ARCHITECTURE(name) extern const secant_architecture secant_architecture_##name;
#include "nn/architectures.inc"
#undef ARCHITECTURE
static const secant_architecture *const architectures[] = {
#define ARCHITECTURE(name) &secant_architecture_##name,
#include "nn/architectures.inc"
#undef ARCHITECTURE
	NULL,
};

const secant_encoder *
secant_encoder_at(int i)
{
	for (const secant_encoder *const *family = families; *family; family++)
		for (const secant_encoder *e = *family; e->name; e++)
			if (i-- == 0)
				return e;
	return NULL;
}

const secant_architecture *
secant_architecture_at(int i)
{
	return i >= 0 && i < (int)(sizeof architectures / sizeof *architectures) ? architectures[i] : NULL;
}

const secant_encoder *
secant_encoder_find(const char *name)
{
	const secant_encoder *e;
	for (int i = 0; (e = secant_encoder_at(i)); i++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

const secant_architecture *
secant_architecture_find(const char *name)
{
	for (const secant_architecture *const *a = architectures; *a; a++)
		if (!strcmp((*a)->name, name))
			return *a;
	return NULL;
}

static secant_status
unknown(const char *what, const char *name, const char *(*at)(int i), secant_err *err)
{
	const char *names[128] = { 0 }, *near;
	for (int i = 0; i < 127 && (names[i] = at(i)); i++)
		;
	near = secant_nearest(name, names);
	return secant_fail(err, SECANT_ERR_ARG, "%s: none is named '%s'%s%s%s (secant list %s)", what, name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
		!strcmp(what, "encoder") ? "encoders" : "architectures");
}

static const char *
encoder_name(int i)
{
	const secant_encoder *e = secant_encoder_at(i);
	return e ? e->name : NULL;
}
static const char *
architecture_name(int i)
{
	const secant_architecture *a = secant_architecture_at(i);
	return a ? a->name : NULL;
}

static int
depth_of(const secant_network *net, const secant_architecture *arch)
{
	return net->encoder_depth ? net->encoder_depth : arch->default_depth;
}

secant_network_kind
secant_network_kind_of(const secant_network *net)
{
	const secant_architecture *arch = secant_architecture_find(net->arch);
	return arch ? arch->kind : SECANT_NETWORK_PICTURES;
}

int
secant_network_inputs(const secant_network *net)
{
	const secant_architecture *arch = secant_architecture_find(net->arch);
	return net->in_channels + (arch && arch->category);
}

int
secant_network_multiple(const secant_network *net)
{
	const secant_architecture *arch = secant_architecture_find(net->arch);
	return !arch || arch->any_size || arch->kind != SECANT_NETWORK_PICTURES ? 1 : 1 << depth_of(net, arch);
}

static void
classification_head(secant_nn *n, const char *params, secant_value x, secant_built *out, secant_err *err)
{
	json_t *j = secant_json_parse(params, strlen(params), "aux-params", err);
	if (!j)
		return;
	int classes = (int)json_integer_value(json_object_get(j, "classes"));
	const char *pooling = json_string_value(json_object_get(j, "pooling")),
			   *activation = json_string_value(json_object_get(j, "activation"));
	json_t *p = json_object_get(j, "dropout");
	double dropout = json_is_number(p) ? json_number_value(p) : 0.2;
	if (!json_is_object(j) || classes < 1 || classes > 65535)
		secant_fail(err, SECANT_ERR_ARG, "aux-params: want an object with \"classes\" from 1 to 65535");
	else if (pooling && strcmp(pooling, "avg") && strcmp(pooling, "max"))
		secant_fail(err, SECANT_ERR_ARG, "aux-params: pooling '%s' is not avg or max", pooling);
	else if (dropout < 0 || dropout >= 1)
		secant_fail(err, SECANT_ERR_ARG, "aux-params: dropout %g is outside 0 to 1", dropout);
	else {
		size_t mark = secant_nn_enter(n, "classification_head");
		secant_axes_attr spatial = { { 2, { 1, 2 } }, false };
		secant_value v = secant_apply(n->g, pooling && !strcmp(pooling, "max") ? "amax" : "mean", &spatial, 1, x);
		v = secant_nn_linear(n, "3", secant_nn_dropout(n, v, dropout, false), classes, SECANT_INIT_XAVIER_UNIFORM);
		out->label = secant_nn_activation(n, v, activation, err);
		secant_nn_leave(n, mark);
	}
	json_decref(j);
}

static secant_status
build_cloud(secant_nn *n, const secant_architecture *arch, const secant_network *net, secant_value x, secant_built *out,
	secant_err *err)
{
	const secant_shape in = *secant_graph_shape(n->g, x);
	char text[96];
	int inputs = secant_network_inputs(net);
	if (in.rank != 4 || in.dim[2] != 1 || in.dim[3] != inputs)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s wants clouds of N x P x 1 x %d, the input is %s", arch->name,
			inputs, secant_shape_text(&in, text, sizeof text));
	if (net->in_channels < 3)
		return secant_fail(
			err, SECANT_ERR_ARG, "%s wants at least x, y, z: in-channels is %d", arch->name, net->in_channels);
	if (net->aux_params)
		return secant_fail(err, SECANT_ERR_ARG, "aux-params are for networks for pictures, not for %s", arch->name);
	secant_cloud_input cloud = { .points = x, .category = -1 };
	if (arch->category) {
		/* the one-hot category, N x 1 x 1 x categories, from the last channel */
		double *numbers = secant_arena_alloc(secant_graph_arena(n->g), (size_t)net->categories * sizeof *numbers);
		if (!numbers)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a network");
		for (int i = 0; i < net->categories; i++)
			numbers[i] = i;
		secant_value which = secant_apply(n->g, "amax", &(secant_axes_attr){ { 2, { 1, 2 } }, true }, 1,
			secant_nn_channels_of(n, x, net->in_channels, inputs));
		secant_value each = secant_graph_constant(n->g, SECANT_F32, &(secant_shape){ 1, { net->categories } }, numbers);
		cloud.category = secant_apply(n->g, "upcast", NULL, 1, secant_apply(n->g, "equal", NULL, 2, which, each));
		cloud.points = secant_nn_channels_of(n, x, 0, net->in_channels);
	}
	arch->build_cloud(n, net, arch, &cloud, out, err);
	if (!err->code && net->activation)
		out->logits = secant_nn_activation(n, out->logits, net->activation, err);
	return err->code ? err->code : secant_graph_check(n->g, err);
}

secant_status
secant_network_build(secant_nn *n, const secant_network *net, secant_value x, secant_built *out, secant_err *err)
{
	secant_err own = { 0 };
	err = err ? err : &own;
	*out = (secant_built){ -1, -1, -1, { -1, -1, -1, -1, -1, -1 }, -1 };
	const secant_architecture *arch = secant_architecture_find(net->arch);
	const secant_encoder *e = secant_encoder_find(net->encoder);
	if (!arch)
		return unknown("arch", net->arch, architecture_name, err);
	if (arch->kind != SECANT_NETWORK_PICTURES)
		return build_cloud(n, arch, net, x, out, err);
	if (!e)
		return unknown("encoder", net->encoder, encoder_name, err);
	int depth = depth_of(net, arch), multiple = secant_network_multiple(net);
	const secant_shape in = *secant_graph_shape(n->g, x);
	if (in.rank != 4 || in.dim[3] != net->in_channels)
		return secant_fail(err, SECANT_ERR_SHAPE, "the network wants %d channels, the input has %lld", net->in_channels,
			in.rank == 4 ? (long long)in.dim[3] : 0);
	if (in.dim[1] % multiple || in.dim[2] % multiple)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"Wrong input shape height=%lld, width=%lld. Expected image height and width divisible by %d. Consider pad "
			"your images to shape "
			"(%lld, %lld).",
			(long long)in.dim[1], (long long)in.dim[2], multiple,
			(long long)(in.dim[1] + multiple - 1) / multiple * multiple,
			(long long)(in.dim[2] + multiple - 1) / multiple * multiple);
	secant_network full = *net;
	if (!full.decoder_channels.n)
		full.decoder_channels = (secant_ints){ depth, { 256, 128, 64, 32, 16 } };
	if (full.decoder_channels.n != depth)
		return secant_fail(err, SECANT_ERR_ARG, "Model depth is %d, but you provide `decoder_channels` for %d blocks.",
			depth, full.decoder_channels.n);
	size_t mark = secant_nn_enter(n, "encoder");
	bool frozen = n->frozen;
	e->build(n, e, x, depth, out->feature);
	secant_nn_leave(n, mark);
	n->frozen = frozen;
	arch->build(n, &full, e, depth, out->feature, out, err);
	if (!err->code && net->aux_params)
		classification_head(n, net->aux_params, out->feature[depth], out, err);
	return err->code ? err->code : secant_graph_check(n->g, err);
}

static secant_entry
encoder_entry(int i)
{
	const secant_encoder *e = secant_encoder_at(i);
	return e ? (secant_entry){ e->name, e->brief, NULL } : (secant_entry){ 0 };
}
const secant_kind secant_kind_encoders = { "encoders", "Encoders", encoder_entry };

static secant_entry
architecture_entry(int i)
{
	const secant_architecture *a = secant_architecture_at(i);
	return a ? (secant_entry){ a->name, a->brief, NULL } : (secant_entry){ 0 };
}
const secant_kind secant_kind_architectures = { "architectures", "Architectures", architecture_entry };
