/*
 * Every pair of architecture and encoder that segmentation_models.pytorch has: the state_dict's names, shapes and order
 * and the number of parameters are its own, and what it refuses is refused here with a reason (zoo_states.txt).
 */
#include "data.h"
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "nn/nn.h"

static secant_network
network(const char *arch, const char *encoder)
{
	secant_err err = { 0 };
	secant_network net;
	assert_int_equal(secant_opts_init(&secant_network_options, &net, &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_network_options, &net, "arch", arch, &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_network_options, &net, "encoder", encoder, &err), SECANT_OK);
	return net;
}

/* One line for each state, as the table's hashes were taken of. */
static char *
listing(const graph_net *g, int *entries, int64_t *parameters)
{
	base_str s = { 0 };
	*entries = 0, *parameters = 0;
	for (int i = 0; i < graph_values(g); i++) {
		const graph_value_info *v = graph_value_at(g, i);
		if (v->kind != GRAPH_VALUE_STATE)
			continue;
		base_str_addf(&s, "%s\t", v->name);
		for (int d = 0; d < v->type.shape.rank; d++)
			base_str_addf(&s, "%s%lld", d ? "," : "", (long long)v->type.shape.dim[d]);
		base_str_add(&s, "\n");
		++*entries;
		*parameters += v->trainable ? secant_shape_count(&v->type.shape) : 0;
	}
	return base_str_take(&s);
}

/* Says what is wrong with a pair and goes on: a family is mended at once, not pair by pair. */
static int
wrong(const char *arch, const char *encoder, const char *what)
{
	print_error("%s with %s: %s\n", arch, encoder, what);
	return 1;
}

static int
check_pair(const char *arch, const char *encoder, int entries, long long parameters, const char *sha)
{
	secant_err err = { 0 };
	secant_network net = network(arch, encoder);
	graph_net *g = graph_new();
	nn_builder nn = { .g = g, .phase = NN_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1 };
	nn_built built;
	const int fixed = nn_encoder_find(encoder)->side, side = fixed ? fixed : 128;
	graph_value x = graph_input(g, "input", SECANT_F32, &(secant_shape){ 4, { 1, side, side, 3 } });
	secant_status status = nn_network_build(&nn, &net, x, &built, &err);
	int faults = 0;
	if (!sha) {
		if (!status || strlen(err.msg) < 20)
			faults = wrong(arch, encoder, "is built, or refused without a reason; the original refuses it");
	} else if (status) {
		faults = wrong(arch, encoder, err.msg);
	} else {
		int n;
		int64_t count;
		char hex[65], *text = listing(g, &n, &count);
		base_sha256_hex(text, strlen(text), hex);
		if (n != entries || count != parameters || strcmp(hex, sha)) {
			char what[160];
			(void)snprintf(what, sizeof what, "%d states of %lld numbers, want %d of %lld; %s", n, (long long)count,
				entries, parameters, strcmp(hex, sha) ? "names, shapes or order differ" : "");
			faults = wrong(arch, encoder, what);
		}
		secant_free(text);
		const secant_shape *y = graph_shape(g, built.logits);
		if (y->rank != 4 || y->dim[1] != side || y->dim[2] != side || y->dim[3] != 1)
			faults += wrong(arch, encoder, "the logits have not the picture's size");
	}
	graph_free(g);
	secant_opts_free(&secant_network_options, &net);
	return faults;
}

static void
every_pair_has_the_originals_states(void **state)
{
	char line[400], arch[32], encoder[64], word[80], sha[80];
	int pairs = 0, faults = 0, entries;
	long long parameters;
	const char *path = "tests/nn/zoo_states.txt";
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	while (fgets(line, sizeof line, f)) {
		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%31s %63s %79s", arch, encoder, word), 3);
		if (!nn_architecture_find(arch))
			continue;
		if (!strcmp(word, "refused"))
			faults += check_pair(arch, encoder, 0, 0, NULL);
		else {
			assert_int_equal(sscanf(line, "%*s %*s %d %lld %79s", &entries, &parameters, sha), 3);
			faults += check_pair(arch, encoder, entries, parameters, sha);
		}
		pairs++;
	}
	(void)fclose(f);
	print_message("%d pairs\n", pairs);
	assert_int_equal(faults, 0);
	assert_true(pairs > 900);
}

/* What is said of a choice that does not go together; NULL: nothing. */
static void
expect(const char *arch, const char *encoder, int depth, const char *option, const char *value, const char *wanted)
{
	secant_err err = { 0 };
	secant_network net = network(arch, encoder);
	net.encoder_depth = depth;
	if (option)
		assert_int_equal(secant_opts_set(&secant_network_options, &net, option, value, &err), SECANT_OK);
	secant_status status = secant_network_check(&net, &err);
	if (!wanted && status)
		fail_msg("%s with %s: %s", arch, encoder, err.msg);
	if (wanted)
		assert_string_equal(err.msg, wanted);
	secant_opts_free(&secant_network_options, &net);
}

static void
choices_that_do_not_go_together_are_said(void **state)
{
	expect("unet", "vgg16", 0, NULL, NULL, NULL);
	expect("unet", "rensnet34", 0, NULL, NULL,
		"encoder: none is named 'rensnet34'; did you mean 'resnet34'? (secant list encoders)");
	expect("Unet++", "resnet34", 0, NULL, NULL,
		"arch: none is named 'Unet++'; did you mean 'unetplusplus'? (secant list architectures)");
	expect("DeepLabV3+", "resnet34", 0, NULL, NULL,
		"arch: none is named 'DeepLabV3+'; did you mean 'deeplabv3plus'? (secant list architectures)");
	expect("unet", "timm-resnest50d", 0, NULL, NULL, NULL);
	expect("unet", "timm-mobilenetv3_small_100", 0, NULL, NULL, NULL);
	expect("unet", "tu-convnext_tiny.fb_in22k_ft_in1k", 0, NULL, NULL, NULL);
	expect("unet", "timm-resnest50", 0, NULL, NULL,
		"encoder: none is named 'timm-resnest50'; did you mean 'tu-resnest50d'? (secant list encoders)");
	expect("unet", "convnext_tiny", 0, NULL, NULL,
		"encoder: none is named 'convnext_tiny'; did you mean 'tu-convnext_tiny'? (secant list encoders)");
	expect("unet", "tu-tresnet_xl_448_miil", 0, NULL, NULL,
		"encoder: none is named 'tu-tresnet_xl_448_miil'; not every encoder of timm is built here (secant list "
		"encoders)");
	expect("unet", "fpn", 0, NULL, NULL, "encoder: 'fpn' is an architecture: --arch fpn");
	expect("resnet18", "resnet18", 0, NULL, NULL, "arch: 'resnet18' is an encoder: --encoder resnet18");
	expect("unet", "tu-swin_tiny_patch4_window7_224.ms_in1k", 0, "img-size", "256", NULL);
	expect("unet", "tu-swin_tiny_patch4_window7_224", 0, "img-size", "72", "img-size: 72 is no multiple of 32");
	expect("unet", "resnet18", 0, "img-size", "64",
		"img-size: resnet18 takes pictures of any size; --size says how large training has them");
	expect("deeplabv3", "tu-swin_tiny_patch4_window7_224", 0, NULL, NULL,
		"deeplabv3 asks for an output stride of 8, but encoder tu-swin_tiny_patch4_window7_224 has no dilated mode (a "
		"ResNet, say, has)");
	expect("deeplabv3", "tu-hrnet_w18", 0, NULL, NULL,
		"deeplabv3 asks for an output stride of 8, but encoder tu-hrnet_w18 has no dilated mode (a ResNet, say, has)");
	expect("dpt", "tu-convnext_tiny", 0, NULL, NULL,
		"dpt is built here on plain vision transformers (tu-vit_..., tu-deit_...), not on tu-convnext_tiny");
	expect("unetplusplus", "mit_b0", 0, NULL, NULL, "UnetPlusPlus is not support encoder_name=mit_b0");
	expect("linknet", "mit_b2", 0, NULL, NULL, "Encoder `mit_b2` is not supported for Linknet");
	expect("fpn", "mit_b0", 4, NULL, NULL, "Encoder mit_b0 support only encoder_depth=5");
	expect("fpn", "tu-convnext_tiny", 5, NULL, NULL, NULL);
	expect("fpn", "tu-convnext_tiny", 4, NULL, NULL,
		"fpn reads features of stride 2 at encoder-depth 4, and encoder tu-convnext_tiny has none: encoder-depth 5 "
		"does "
		"without");
	expect("fpn", "resnet18", 2, NULL, NULL, "Encoder depth for fpn decoder cannot be less than 3, got 2.");
	expect("unet", "efficientnet-b0", 1, "decoder-channels", "16",
		"encoder-depth 1: efficientnet-b0 has no features below depth 2");
	expect("unet", "resnet18", 3, "decoder-channels", "64,32",
		"Model depth is 3, but you provide `decoder_channels` for 2 blocks.");
	expect(
		"deeplabv3", "resnet18", 0, "encoder-output-stride", "32", "DeeplabV3 support output stride 8 or 16, got 32.");
	expect("pan", "resnet18", 0, "encoder-output-stride", "8", "PAN support output stride 16 or 32, got 8");
	expect("deeplabv3", "densenet121", 0, NULL, NULL,
		"deeplabv3 asks for an output stride of 8, but encoder densenet121 has no dilated mode (a ResNet, say, has)");
	expect("fpn", "resnet18", 0, "decoder-attention-type", "scse",
		"--decoder-attention-type: fpn has no such option (unet has)");
	expect("unet", "resnet18", 3, "decoder-channels", "64,32,8", NULL);
	expect("unet", "resnet18", 0, "decoder-use-norm", "{\"type\": \"inplace\", \"activation\": \"relu\"}", NULL);
	expect("dpt", "tu-vit_small_patch32_224.augreg_in21k_ft_in1k", 0, "img-size", "96", NULL);
	expect("dpt", "tu-vit_small_patch32_224", 0, "img-size", "112", "img-size: 112 is no multiple of 32");
	expect("dpt", "tu-vit_base_patch16_224.mae", 0, NULL, NULL, NULL);
	expect("dpt", "tu-vit_base_patch16_siglip_224.webli", 0, NULL, NULL, NULL);
	expect("dpt", "tu-vit_base_patch16_224.bamboo", 0, NULL, NULL,
		"encoder: none is named 'tu-vit_base_patch16_224.bamboo'; did you mean 'tu-vit_base_patch16_224.dino'? (secant "
		"list encoders)");
	expect("unet", "tu-vit_tiny_patch16_224", 0, NULL, NULL,
		"tu-vit_tiny_patch16_224 gives maps of one size, which unet cannot use; dpt can");
}

/* What building says of an option's value; NULL: nothing. */
static void
expect_built(const char *option, const char *value, const char *wanted)
{
	secant_err err = { 0 };
	secant_network net = network("unet", "resnet18");
	nn_built built;
	graph_net *g = graph_new();
	nn_builder nn = { .g = g, .phase = NN_PHASE_TRAIN_SURE, .momentum = -1, .counter = -1, .seed = -1 };
	assert_int_equal(secant_opts_set(&secant_network_options, &net, option, value, &err), SECANT_OK);
	graph_value x = graph_input(g, "input", SECANT_F32, &(secant_shape){ 4, { 2, 32, 32, 3 } });
	secant_status status = nn_network_build(&nn, &net, x, &built, &err);
	if (!wanted && status)
		fail_msg("%s %s: %s", option, value, err.msg);
	if (wanted && (!status || !strstr(err.msg, wanted)))
		fail_msg("%s %s: '%s' lacks '%s'", option, value, err.msg, wanted);
	graph_free(g);
	secant_opts_free(&secant_network_options, &net);
}

static void
values_that_the_original_fails_on_are_refused(void **state)
{
	expect_built("decoder-use-norm", "false", NULL);
	expect_built("decoder-use-norm", "{\"type\": \"batchnorm\", \"eps\": 1e-3, \"affine\": true}", NULL);
	expect_built("decoder-use-norm", "{\"type\": \"batchnorm\", \"affine\": false}", "without weights fails");
	expect_built("decoder-use-norm", "{\"type\": \"instancenorm\", \"track_running_stats\": true}", "no setting");
	expect_built("decoder-use-norm", "{\"type\": \"inplace\", \"activation\": \"elu\"}", "activation_param");
	expect_built("activation", "argmax2d", "numbers of classes are no scores");
	expect_built("aux-params", "{\"classes\": 2, \"dropout\": null}", NULL);
	expect_built("aux-params", "{\"classes\": 2, \"dropout\": \"half\"}", "dropout is a number");
	expect_built("aux-params", "{\"classes\": 2, \"drop\": 0.5}", "aux-params: no \"drop\"");
}

/* InPlaceABN scales by |weight| + eps and counts no batches. */
static void
inplace_norms_are_those_of_their_package(void **state)
{
	secant_err err = { 0 };
	secant_network net = network("unet", "resnet18");
	nn_built built;
	graph_net *g = graph_new();
	nn_builder nn = { .g = g, .phase = NN_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1 };
	assert_int_equal(secant_opts_set(&secant_network_options, &net, "decoder-use-norm", "inplace", &err), SECANT_OK);
	graph_value x = graph_input(g, "input", SECANT_F32, &(secant_shape){ 4, { 1, 32, 32, 3 } });
	assert_int_equal(nn_network_build(&nn, &net, x, &built, &err), SECANT_OK);
	assert_true(graph_find(g, "encoder.bn1.num_batches_tracked") >= 0);
	assert_true(graph_find(g, "decoder.blocks.0.conv1.1.running_var") >= 0);
	assert_true(graph_find(g, "decoder.blocks.0.conv1.1.num_batches_tracked") < 0);
	int absolute = 0;
	for (int i = 0; i < graph_nodes(g); i++)
		absolute += !strcmp(graph_get_node(g, i)->op->name, "abs");
	assert_int_equal(absolute, 10);
	graph_free(g);
	secant_opts_free(&secant_network_options, &net);
}

/* A feature that is not there does not halve the picture, and fewer stages neither; pictures need not be RGB. */
static void
every_depth_gives_the_pictures_size(void **state)
{
	static const char *const encoders[] = { "tu-convnext_atto", "tu-convnextv2_atto", "tu-resnet18d", "timm-resnest14d",
		"tu-res2net50_26w_4s", "timm-regnety_002", "timm-gernet_s", "timm-mobilenetv3_small_075",
		"tu-efficientnetv2_rw_t", "tu-mobilenetv4_conv_small", "tu-hrnet_w18_small", NULL };
	for (int i = 0; encoders[i]; i++)
		for (int depth = 1; depth <= 5; depth++) {
			secant_err err = { 0 };
			secant_network net = network("unet", encoders[i]);
			nn_built built;
			graph_net *g = graph_new();
			nn_builder nn = { .g = g, .phase = NN_PHASE_TRAIN_SURE, .momentum = -1, .counter = -1, .seed = -1 };
			net.encoder_depth = depth;
			net.in_channels = depth == 3 ? 1 : 2 * depth;
			secant_shape in = { 4, { 2, 64, 96, net.in_channels } };
			graph_value x = graph_input(g, "input", SECANT_F32, &in);
			if (nn_network_build(&nn, &net, x, &built, &err))
				fail_msg("unet with %s, depth %d: %s", encoders[i], depth, err.msg);
			const secant_shape *y = graph_shape(g, built.logits);
			assert_true(y->dim[1] == 64 && y->dim[2] == 96 && y->dim[3] == 1);
			graph_free(g);
			secant_opts_free(&secant_network_options, &net);
		}
}

/* Sizes that a vision transformer takes: one, or with dynamic-img-size all multiples of what its decoder's deepest map
 * needs. */
static void
sizes_of_vision_transformers(void **state)
{
	static const struct {
		const char *encoder;
		int depth;
		const char *dynamic;
		int side, multiple;
	} cases[] = {
		{ "tu-vit_tiny_patch16_224", 0, "false", 224, 224 },
		{ "tu-vit_tiny_patch16_224", 0, "true", 0, 32 },
		{ "tu-vit_tiny_patch16_224", 3, "true", 0, 16 },
		{ "tu-vit_small_patch8_224", 2, "true", 0, 8 },
		{ "tu-vit_small_patch32_224", 2, "true", 0, 32 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_err err = { 0 };
		secant_network net = network("dpt", cases[i].encoder);
		nn_sizes sizes;
		net.encoder_depth = cases[i].depth;
		assert_int_equal(
			secant_opts_set(&secant_network_options, &net, "dynamic-img-size", cases[i].dynamic, &err), SECANT_OK);
		assert_int_equal(nn_network_sizes(&net, &sizes, &err), SECANT_OK);
		assert_int_equal(sizes.side, cases[i].side);
		assert_int_equal(sizes.multiple, cases[i].multiple);
		secant_opts_free(&secant_network_options, &net);
	}
}

/* Norms that learn statistics in one pass of that phase. */
static int
learning_norms(const char *encoder, nn_phase phase)
{
	secant_err err = { 0 };
	secant_network net = network("unet", encoder);
	graph_net *g = graph_new();
	nn_builder nn = { .g = g, .phase = phase, .momentum = -1, .counter = -1, .seed = -1 };
	nn_built built;
	int norms = 0;
	net.encoder_depth = 3;
	graph_value x = graph_input(g, "input", SECANT_F32, &(secant_shape){ 4, { 2, 64, 64, 3 } });
	if (nn_network_build(&nn, &net, x, &built, &err))
		fail_msg("%s: %s", encoder, err.msg);
	for (int i = 0; i < graph_nodes(g); i++)
		norms += !strcmp(graph_get_node(g, i)->op->name, "batch_norm_train");
	graph_free(g);
	secant_opts_free(&secant_network_options, &net);
	return norms;
}

/* Some encoders of the original run more than their depth asks for: only in comparisons with it do these here, too.
 * Counted there: norms of Unet at depth 3 whose num_batches_tracked is 1 after a step, and those with gradients. */
static void
stages_behind_the_depth_learn_statistics_as_the_originals(void **state)
{
	static const struct {
		const char *encoder;
		int sure, train;
	} rows[] = { { "efficientnet-b0", 33, 21 }, { "mobilenet_v2", 45, 24 }, { "resnet18", 16, 16 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(learning_norms(rows[i].encoder, NN_PHASE_TRAIN_SURE), rows[i].sure);
		assert_int_equal(learning_norms(rows[i].encoder, NN_PHASE_TRAIN), rows[i].train);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_has_the_originals_states),
		cmocka_unit_test(choices_that_do_not_go_together_are_said),
		cmocka_unit_test(values_that_the_original_fails_on_are_refused),
		cmocka_unit_test(inplace_norms_are_those_of_their_package),
		cmocka_unit_test(every_depth_gives_the_pictures_size),
		cmocka_unit_test(sizes_of_vision_transformers),
		cmocka_unit_test(stages_behind_the_depth_learn_statistics_as_the_originals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
