/*
 * Networks: the option table, the registries of encoders and architectures, and the build from picture to logits.
 */
#include "nn/nn.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/registry.h"
#include <stdio.h>
#include <string.h>

#define ENCODERS(family) extern const nn_encoder nn_encoders_##family[];
#include "nn/encoders.inc"
#undef ENCODERS
static const nn_encoder *const families[] = {
#define ENCODERS(family) nn_encoders_##family,
#include "nn/encoders.inc"
#undef ENCODERS
	NULL,
};
#define ARCHITECTURE(name) extern const nn_architecture nn_architecture_##name;
#include "nn/architectures.inc"
#undef ARCHITECTURE
static const nn_architecture *const architectures[] = {
#define ARCHITECTURE(name) &nn_architecture_##name,
#include "nn/architectures.inc"
#undef ARCHITECTURE
	NULL,
};

const nn_encoder *
nn_encoder_at(int i)
{
	for (const nn_encoder *const *family = families; *family; family++)
		for (const nn_encoder *e = *family; e->name; e++)
			if (i-- == 0)
				return e;
	return NULL;
}

const nn_architecture *
nn_architecture_at(int i)
{
	return i >= 0 && i < (int)(sizeof architectures / sizeof *architectures) ? architectures[i] : NULL;
}

static const nn_encoder *
encoder_called(const char *name)
{
	const nn_encoder *e;
	for (int i = 0; (e = nn_encoder_at(i)); i++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

/* segmentation_models.pytorch's names for encoders that it has from timm now; what stands for "timm-". */
static const struct {
	const char *begins, *now;
} retired[] = {
	{ "timm-regnet", "tu-" },
	{ "timm-res2", "tu-" },
	{ "timm-resnest", "tu-" },
	{ "timm-mobilenetv3", "tu-tf_" },
	{ "timm-gernet", "tu-" },
};

/* The name in use for a retired one, in `text`; `name` itself for any other. */
static const char *
name_now(const char *name, char text[96])
{
	for (size_t i = 0; i < sizeof retired / sizeof *retired; i++)
		if (!strncmp(name, retired[i].begins, strlen(retired[i].begins))
			&& snprintf(text, 96, "%s%s", retired[i].now, name + strlen("timm-")) < 96)
			return text;
	return name;
}

const nn_encoder *
nn_encoder_find(const char *name)
{
	char now[96], text[96];
	name = name_now(name, now);
	const nn_encoder *e = encoder_called(name);
	/* "tu-NAME.WEIGHTS": a name of timm with the weights it starts from */
	const char *dot = strchr(name, '.');
	if (e || strncmp(name, "tu-", 3) || !dot || dot - name >= (int)sizeof text || !dot[1])
		return e;
	(void)snprintf(text, sizeof text, "%.*s", (int)(dot - name), name);
	e = encoder_called(text);
	/* a vision transformer keeps its classifier: weights of other classes than ImageNet's 1000 have rows of their own
	 */
	return e && (!(e->facts & NN_ENCODER_TOKENS) || e->facts & NN_ENCODER_BARE || strstr(dot, "in1k")) ? e : NULL;
}

const nn_architecture *
nn_architecture_find(const char *name)
{
	for (const nn_architecture *const *a = architectures; *a; a++)
		if (!strcmp((*a)->name, name))
			return *a;
	return NULL;
}

/* Tables of the architectures' own options, each once: architectures of a family share one. */
static const secant_opts *
own_options(int i)
{
	const nn_architecture *a, *before;
	for (int k = 0; (a = nn_architecture_at(k)); k++) {
		bool first = a->options != NULL;
		for (int j = 0; j < k && first && (before = nn_architecture_at(j)); j++)
			first = before->options != a->options;
		if (first && i-- == 0)
			return a->options;
	}
	return NULL;
}

/* What a network with an encoder of its own says for one; and what the option has where nobody gave one. */
static const char no_encoder[] = "none", usual_encoder[] = "resnet34";

static const secant_opt network_rows[] = {
	SECANT_OPT(secant_network, arch, STR, "arch", "unet", 0, 0, "architecture (secant list architectures)"),
	SECANT_OPT(secant_network, encoder, STR, "encoder", "resnet34", 0, 0, "encoder (secant list encoders)"),
	SECANT_OPT(secant_network, in_channels, INT, "in-channels", "3", 1, 16,
		"channels of the pictures; numbers of a point, x y z first"),
	SECANT_OPT(secant_network, classes, INT, "classes", "0", 0, 65535,
		"classes; 1 is foreground against background; 0: as data or weights say, else 1"),
	SECANT_OPT(secant_network, encoder_depth, INT, "encoder-depth", "0", 0, 5,
		"stages of the encoder; 0: the architecture's default"),
	SECANT_OPT(secant_network, activation, STR, "activation", NULL, 0, 0,
		"of the head: sigmoid, softmax2d, ...; absent: logits"),
	SECANT_OPT(secant_network, aux_params, JSON, "aux-params", NULL, 0, 0,
		"JSON object of a classification head: classes, pooling, dropout, activation"),
	SECANT_OPT(secant_network, img_size, INT, "img-size", "0", 0, 4096,
		"height and width of the pictures, for encoders that are made for one size (ViT, Swin); 0: what its name says"),
	SECANT_OPT(secant_network, categories, INT, "categories", "16", 1, 65535,
		"networks for parts of objects: how many kinds of objects there are"),
	SECANT_OPT_VARIANT(secant_network, own, own_options),
	SECANT_OPT_END,
};
const secant_opts secant_network_options = { "network", sizeof(secant_network), network_rows };

/* The name that begins like `name`; else the nearest one; NULL: none is near. */
static const char *
meant(const char *name, const char *(*at)(int i))
{
	const char *names[512] = { 0 };
	for (int i = 0; i < 511 && (names[i] = at(i)); i++)
		if (*name && !strncmp(names[i], name, strlen(name)))
			return names[i];
	return secant_nearest(name, names);
}

static secant_status
unknown(const char *what, const char *name, const char *(*at)(int i), secant_err *err)
{
	bool encoder = !strcmp(what, "encoder");
	char text[96], timm[96];
	if (encoder ? nn_architecture_find(name) != NULL : nn_encoder_find(name) != NULL)
		return secant_fail(err, SECANT_ERR_ARG, "%s: '%s' is an %s: --%s %s", what, name,
			encoder ? "architecture" : "encoder", encoder ? "arch" : "encoder", name);
	/* Unet++, DeepLabV3+, MAnet: the paper's name or smp's class */
	char plain[96];
	size_t used = 0;
	for (const char *p = name; !encoder && *p && used + 5 < sizeof plain; p++) {
		if (*p == '+')
			memcpy(plain + used, "plus", 4), used += 4;
		else if (*p != '-' && *p != '_' && *p != ' ')
			plain[used++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	}
	plain[used] = '\0';
	if (!encoder && nn_architecture_find(plain))
		return secant_fail(err, SECANT_ERR_ARG,
			"%s: none is named '%s'; did you mean '%s'? (secant list architectures)", what, name, plain);
	/* a name of timm without smp's "tu-" */
	const char *near = encoder && snprintf(timm, sizeof timm, "tu-%s", name) < (int)sizeof timm && nn_encoder_find(timm)
		? timm
		: meant(encoder ? name_now(name, text) : name, at);
	return secant_fail(err, SECANT_ERR_ARG, "%s: none is named '%s'%s%s%s (secant list %s)", what, name,
		near                                      ? "; did you mean '"
			: encoder && !strncmp(name, "tu-", 3) ? "; not every encoder of timm is built here"
												  : "",
		near ? near : "", near ? "'?" : "", encoder ? "encoders" : "architectures");
}

static const char *
encoder_name(int i)
{
	const nn_encoder *e = nn_encoder_at(i);
	return e ? e->name : NULL;
}
static const char *
architecture_name(int i)
{
	const nn_architecture *a = nn_architecture_at(i);
	return a ? a->name : NULL;
}

/* What `net` says, looked up and filled in; free with done. */
static secant_status
blueprint_of(nn_blueprint *b, const secant_network *net, secant_err *err)
{
	*b = (nn_blueprint){ .net = net, .cloud = { -1, -1 }, .picture = -1 };
	if (!(b->arch = nn_architecture_find(net->arch)))
		return unknown("arch", net->arch, architecture_name, err);
	if (b->arch->whole && strcmp(net->encoder, no_encoder) && strcmp(net->encoder, usual_encoder))
		return secant_fail(
			err, SECANT_ERR_ARG, "encoder %s: %s has one of its own; leave --encoder out", net->encoder, net->arch);
	if (b->arch->kind == SECANT_NETWORK_PICTURES && !b->arch->whole && !(b->encoder = nn_encoder_find(net->encoder)))
		return unknown("encoder", net->encoder, encoder_name, err);
	b->depth = net->encoder_depth ? net->encoder_depth : b->arch->default_depth;
	b->classes = net->classes ? net->classes : 1;
	void *options = secant_calloc(1, b->arch->options->size + 1);
	if (!options)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a network");
	secant_status status = secant_opts_resolve(b->arch->options, own_options, net->own, options, err);
	if (status)
		secant_free(options);
	else
		b->options = options;
	return status;
}

static void
done(nn_blueprint *b)
{
	if (b->options)
		secant_opts_free(b->arch->options, (void *)(uintptr_t)b->options);
	secant_free((void *)(uintptr_t)b->options);
	b->options = NULL;
}

static nn_request
request_of(const nn_blueprint *b)
{
	const nn_architecture *a = b->arch;
	int side = b->encoder ? b->encoder->side : 0;
	nn_request q = { .depth = b->depth,
		.output_stride = a->output_stride ? a->output_stride(b->options) : 32,
		.in_channels = b->net->in_channels,
		.size = side && b->net->img_size ? b->net->img_size : side };
	if (a->request)
		a->request(b->options, &q);
	return q;
}

/* The one height and width of pictures; 0: others go, too. */
static int
side_of(const nn_blueprint *b)
{
	nn_request q = request_of(b);
	return q.dynamic ? 0 : q.size;
}

/* What height and width must divide by; where there is but one size, that. */
static int
stride_of(const nn_blueprint *b)
{
	int size = side_of(b), reassembled = 2 << b->depth; /* stride of the deepest map a transformer's decoder makes */
	if (size)
		return size;
	if (b->arch->tokens)
		return reassembled > b->encoder->patch ? reassembled : b->encoder->patch;
	int asked = b->arch->output_stride ? b->arch->output_stride(b->options) : 32, deepest = 1 << b->depth;
	return asked < deepest ? asked : deepest;
}

static bool
takes_any_size(const nn_blueprint *b)
{
	return b->arch->any_size && !(b->encoder && (b->encoder->side || b->encoder->facts & NN_ENCODER_EVEN));
}

/* Depth, stride and encoder fit each other. */
static secant_status
check_encoder(const nn_blueprint *b, secant_err *err)
{
	const nn_architecture *a = b->arch;
	const nn_encoder *e = b->encoder;
	int least = a->least_depth > 1 ? a->least_depth : 1, asked = a->output_stride ? a->output_stride(b->options) : 32;
	if (a->tokens && e->facts & NN_ENCODER_TIMM)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s is built here on plain vision transformers (tu-vit_..., tu-deit_...), not on %s", a->name, e->name);
	if (a->tokens && !(e->facts & NN_ENCODER_TOKENS))
		return secant_fail(err, SECANT_ERR_ARG,
			"Only Timm encoders are supported for DPT. %s wants a plain vision transformer (tu-vit_..., tu-deit_...), "
			"got "
			"%s",
			a->name, e->name);
	if (!a->tokens && e->facts & NN_ENCODER_TOKENS)
		return secant_fail(
			err, SECANT_ERR_ARG, "%s gives maps of one size, which %s cannot use; dpt can", e->name, a->name);
	if (b->net->img_size && !e->side)
		return secant_fail(err, SECANT_ERR_ARG,
			"img-size: %s takes pictures of any size; --size says how large training has them", e->name);
	int unit = e->patch ? e->patch : 32;
	if (b->net->img_size % unit)
		return secant_fail(err, SECANT_ERR_ARG, "img-size: %d is no multiple of %d", b->net->img_size, unit);
	if (b->depth < least)
		return secant_fail(err, SECANT_ERR_ARG, "Encoder depth for %s decoder cannot be less than %d, got %d.", a->name,
			least, b->depth);
	if (b->depth < e->least_depth)
		return secant_fail(err, SECANT_ERR_ARG, "encoder-depth %d: %s has no features below depth %d", b->depth,
			e->name, e->least_depth);
	if (asked != 8 && asked != 16 && asked != 32)
		return secant_fail(err, SECANT_ERR_ARG, "Output stride should be 16 or 8, got %d.", asked);
	if (asked < 32 && e->facts & NN_ENCODER_FIXED)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s asks for an output stride of %d, but encoder %s has no dilated mode (a ResNet, say, has)", a->name,
			asked, e->name);
	return SECANT_OK;
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	secant_status status = b->encoder ? check_encoder(b, err) : SECANT_OK;
	return status || !b->arch->check ? status : b->arch->check(b, err);
}

secant_status
secant_network_check(const secant_network *net, secant_err *err)
{
	nn_blueprint b;
	secant_status status = blueprint_of(&b, net, err);
	if (!status)
		status = check(&b, err);
	done(&b);
	return status;
}

secant_status
secant_network_complete(secant_network *net, secant_err *err)
{
	nn_blueprint b;
	secant_status status = blueprint_of(&b, net, err);
	char *own = status ? NULL : secant_opts_variant_text(b.arch->options, b.options),
		 *none = !status && b.arch->whole ? base_strdup(no_encoder) : NULL;
	if (!status && (!own || (b.arch->whole && !none))) {
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a network");
		secant_free(own);
	}
	if (!status) {
		if (none) {
			secant_free(net->encoder);
			net->encoder = none;
		}
		secant_free(net->own);
		net->own = own;
		net->classes = b.classes;
	}
	done(&b);
	return status;
}

secant_network_kind
secant_network_kind_of(const secant_network *net)
{
	const nn_architecture *arch = nn_architecture_find(net->arch);
	return arch ? arch->kind : SECANT_NETWORK_PICTURES;
}

int
secant_network_inputs(const secant_network *net)
{
	const nn_architecture *arch = nn_architecture_find(net->arch);
	return net->in_channels + (arch && arch->category);
}

secant_status
nn_network_sizes(const secant_network *net, nn_sizes *out, secant_err *err)
{
	nn_blueprint b;
	*out = (nn_sizes){ .multiple = 1, .least = 1 };
	secant_status status = blueprint_of(&b, net, err);
	if (!status && b.arch->kind == SECANT_NETWORK_PICTURES) {
		out->side = side_of(&b);
		out->multiple = takes_any_size(&b) ? 1 : stride_of(&b);
		out->least = b.arch->least_side ? b.arch->least_side(&b) : 1;
	}
	done(&b);
	return status;
}

static void
classification_head(nn_builder *n, const char *params, graph_value x, nn_built *out, secant_err *err)
{
	json_t *j = base_json_parse(params, strlen(params), "aux-params", err);
	if (!j)
		return;
	int classes = (int)json_integer_value(json_object_get(j, "classes"));
	const char *pooling = json_string_value(json_object_get(j, "pooling")),
			   *activation = json_string_value(json_object_get(j, "activation"));
	json_t *p = json_object_get(j, "dropout");
	double dropout = json_is_number(p) ? json_number_value(p) : p ? 0 : 0.2; /* null and false: none */
	const char *key, *strange = NULL;
	json_t *value;
	json_object_foreach (j, key, value)
		if (strcmp(key, "classes") && strcmp(key, "pooling") && strcmp(key, "activation") && strcmp(key, "dropout"))
			strange = key;
	if (strange)
		secant_fail(
			err, SECANT_ERR_ARG, "aux-params: no \"%s\"; there are classes, pooling, dropout, activation", strange);
	else if (p && !json_is_number(p) && !json_is_null(p) && !json_is_false(p))
		secant_fail(err, SECANT_ERR_ARG, "aux-params: dropout is a number from 0 to 1, or null");
	else if (!json_is_object(j) || classes < 1 || classes > 65535)
		secant_fail(err, SECANT_ERR_ARG, "aux-params: want an object with \"classes\" from 1 to 65535");
	else if (pooling && strcmp(pooling, "avg") && strcmp(pooling, "max"))
		secant_fail(err, SECANT_ERR_ARG, "aux-params: pooling '%s' is not avg or max", pooling);
	else if (dropout < 0 || dropout >= 1)
		secant_fail(err, SECANT_ERR_ARG, "aux-params: dropout %g is outside 0 to 1", dropout);
	else {
		size_t mark = nn_enter(n, "classification_head");
		op_axes_attr spatial = { { 2, { 1, 2 } }, false };
		graph_value v = graph_apply(n->g, pooling && !strcmp(pooling, "max") ? "amax" : "mean", &spatial, 1, x);
		v = nn_linear(n, "3", nn_dropout(n, v, dropout, false), classes, GRAPH_INIT_XAVIER_UNIFORM);
		out->label = nn_activation(n, v, activation, err);
		nn_leave(n, mark);
	}
	json_decref(j);
}

static secant_status
build_cloud(nn_builder *n, nn_blueprint *b, graph_value x, nn_built *out, secant_err *err)
{
	const nn_architecture *arch = b->arch;
	const secant_network *net = b->net;
	const secant_shape in = *graph_shape(n->g, x);
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
	b->cloud.points = x;
	if (arch->category) {
		/* the one-hot category, N x 1 x 1 x categories, from the last channel */
		double *numbers = base_arena_alloc(graph_arena(n->g), (size_t)net->categories * sizeof *numbers);
		if (!numbers)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a network");
		for (int i = 0; i < net->categories; i++)
			numbers[i] = i;
		graph_value which = graph_apply(
			n->g, "amax", &(op_axes_attr){ { 2, { 1, 2 } }, true }, 1, nn_channels_of(n, x, net->in_channels, inputs));
		graph_value each = graph_constant(n->g, SECANT_F32, &(secant_shape){ 1, { net->categories } }, numbers);
		b->cloud.category = graph_apply(n->g, "upcast", NULL, 1, graph_apply(n->g, "equal", NULL, 2, which, each));
		b->cloud.points = nn_channels_of(n, x, 0, net->in_channels);
	}
	arch->build(n, b, out, err);
	if (!err->code && net->activation)
		out->logits = nn_activation(n, out->logits, net->activation, err);
	return err->code;
}

static secant_status
check_size(const nn_blueprint *b, const secant_shape *in, secant_err *err)
{
	int multiple = takes_any_size(b) ? 1 : stride_of(b), least = b->arch->least_side ? b->arch->least_side(b) : 1;
	if (in->rank != 4 || in->dim[3] != b->net->in_channels)
		return secant_fail(err, SECANT_ERR_SHAPE, "the network wants %d channels, the input has %lld",
			b->net->in_channels, in->rank == 4 ? (long long)in->dim[3] : 0);
	if (in->dim[1] % multiple || in->dim[2] % multiple)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"Wrong input shape height=%lld, width=%lld. Expected image height and width divisible by %d. Consider pad "
			"your images to shape "
			"(%lld, %lld).",
			(long long)in->dim[1], (long long)in->dim[2], multiple,
			(long long)(in->dim[1] + multiple - 1) / multiple * multiple,
			(long long)(in->dim[2] + multiple - 1) / multiple * multiple);
	int size = side_of(b);
	if (size && (in->dim[1] != size || in->dim[2] != size))
		return secant_fail(err, SECANT_ERR_SHAPE, "%s%s%s is made for pictures of %dx%d (%s), the input is %lldx%lld",
			b->arch->name, b->encoder ? " with " : "", b->encoder ? b->encoder->name : "", size, size,
			b->encoder ? "img-size" : "inner-size", (long long)in->dim[1], (long long)in->dim[2]);
	if (in->dim[1] < least || in->dim[2] < least)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"%s with these options wants pictures of at least %dx%d, the input is %lldx%lld", b->arch->name, least,
			least, (long long)in->dim[1], (long long)in->dim[2]);
	return SECANT_OK;
}

static secant_status
build_pictures(nn_builder *n, nn_blueprint *b, graph_value x, nn_built *out, secant_err *err)
{
	nn_request request = request_of(b);
	if (check_size(b, graph_shape(n->g, x), err))
		return err->code;
	if (b->arch->whole) {
		if (b->net->aux_params)
			return secant_fail(
				err, SECANT_ERR_UNSUPPORTED, "aux-params: %s has no features for a classification head", b->arch->name);
		b->picture = x;
		b->arch->build(n, b, out, err);
		return err->code;
	}
	/* it costs a stage and only its own statistics learn of it: for comparisons alone */
	int rest = NN_FEATURES - 1 - b->depth;
	if (n->phase == NN_PHASE_TRAIN_SURE && b->encoder->facts & NN_ENCODER_EAGER)
		request.beyond = b->encoder->facts & NN_ENCODER_TIMM || rest < 1 ? rest : 1;
	size_t mark = nn_enter(n, "encoder");
	bool frozen = n->frozen;
	b->encoder->build(n, b->encoder, x, &request, out->feature);
	nn_leave(n, mark);
	n->frozen = frozen;
	for (int i = 0; i <= b->depth; i++) {
		const graph_value v = out->feature[i].value;
		out->feature[i].channels = v < 0 ? 0 : nn_channels(n, v);
		out->feature[i].stride = 1 << i < request.output_stride ? 1 << i : request.output_stride;
		if (b->encoder->patch && i)
			out->feature[i].stride = b->encoder->patch;
	}
	b->f = out->feature;
	b->arch->build(n, b, out, err);
	if (!err->code && b->net->aux_params)
		classification_head(n, b->net->aux_params, out->feature[b->depth].value, out, err);
	return err->code;
}

secant_status
nn_network_build(nn_builder *n, const secant_network *net, graph_value x, nn_built *out, secant_err *err)
{
	secant_err own = { 0 };
	nn_blueprint b;
	err = err ? err : &own;
	*out = (nn_built){ .logits = -1, .label = -1, .decoder = -1, .penalty = -1 };
	for (int i = 0; i < NN_FEATURES; i++)
		out->feature[i] = (nn_stage){ .value = -1, .prefix = -1 };
	secant_status status = blueprint_of(&b, net, err);
	if (!status)
		status = check(&b, err);
	if (!status)
		status = b.arch->kind == SECANT_NETWORK_PICTURES ? build_pictures(n, &b, x, out, err)
														 : build_cloud(n, &b, x, out, err);
	done(&b);
	return status ? status : graph_check(n->g, err);
}

static secant_entry
encoder_entry(int i)
{
	const nn_encoder *e = nn_encoder_at(i);
	return e ? (secant_entry){ e->name, e->brief, NULL } : (secant_entry){ 0 };
}
const base_kind base_kind_encoders = { "encoders", "Encoders", encoder_entry };

static secant_entry
architecture_entry(int i)
{
	const nn_architecture *a = nn_architecture_at(i);
	return a ? (secant_entry){ a->name, a->brief, NULL } : (secant_entry){ 0 };
}
const base_kind base_kind_architectures = { "architectures", "Architectures", architecture_entry };
