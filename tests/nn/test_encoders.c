/*
 * The table of encoders: names are unique, the count of trainable parameters and the channels of every feature are
 * those of the graph, and features halve in size; how their first convolution starts.
 */
#include "nn/nn.h"
#include "data.h"

static int64_t
trainable(const graph_net *g)
{
	int64_t n = 0;
	for (int i = 0; i < graph_values(g); i++) {
		const graph_value_info *v = graph_value_at(g, i);
		n += v->kind == GRAPH_VALUE_STATE && v->trainable ? secant_shape_count(&v->type.shape) : 0;
	}
	return n;
}

static void
tables_are_true(void **state)
{
	int zeros = 0;
	for (int i = 0; nn_encoder_at(i); i++) {
		const nn_encoder *e = nn_encoder_at(i);
		if (e->facts & NN_ENCODER_TOKENS) /* tests/nn/test_zoo.c */
			continue;
		nn_builder n = { .g = graph_new(), .phase = NN_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1 };
		secant_shape s = { 4, { 1, e->side ? e->side : 64, e->side ? e->side : 96, 3 } };
		nn_stage f[NN_FEATURES];
		secant_err err = { 0 };
		assert_ptr_equal(nn_encoder_find(e->name), e);
		assert_true(e->brief && *e->brief);
		e->build(&n, e, graph_input(n.g, "input", SECANT_F32, &s), &(nn_request){ 5, 32, 3 }, f);
		if (graph_check(n.g, &err))
			fail_msg("%s: %s", e->name, err.msg);
		if (trainable(n.g) != e->parameters)
			fail_msg("%s: %lld trainable parameters, its row says %lld", e->name, (long long)trainable(n.g),
				(long long)e->parameters);
		for (int k = 0; k < graph_values(n.g); k++) { /* weights of zeros would learn nothing */
			const graph_value_info *v = graph_value_at(n.g, k);
			bool weights = v->kind == GRAPH_VALUE_STATE && v->trainable && (v->type.shape.rank & 1) == 0;
			if (weights && v->type.shape.rank && v->init == GRAPH_INIT_ZEROS)
				print_error("%s: %s starts as zeros\n", e->name, v->name), zeros++;
		}
		for (int k = 1; k < NN_FEATURES; k++) {
			const secant_shape *y = graph_shape(n.g, f[k].value); /* no channels: a stage that is not there */
			if (y->dim[3] != e->channels[k])
				fail_msg("%s: feature %d has %lld channels, its row says %d", e->name, k, (long long)y->dim[3],
					e->channels[k]);
			assert_true(y->dim[1] * s.dim[2] == y->dim[2] * s.dim[1]);
		}
		graph_free(n.g);
	}
	assert_int_equal(zeros, 0);
}

/* How the first convolution of encoder e starts for pictures of so many channels. */
static graph_init
first_init(const nn_encoder *e, int channels)
{
	nn_builder n = { .g = graph_new(), .phase = NN_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1 };
	secant_shape s = { 4, { 1, 64, 64, channels } };
	nn_stage f[NN_FEATURES];
	graph_init init = GRAPH_INIT_ZEROS;
	e->build(&n, e, graph_input(n.g, "input", SECANT_F32, &s), &(nn_request){ 5, 32, channels }, f);
	for (int i = 0; i < graph_values(n.g) && init == GRAPH_INIT_ZEROS; i++) {
		const graph_value_info *v = graph_value_at(n.g, i);
		if (v->kind == GRAPH_VALUE_STATE && v->type.shape.rank == 4)
			init = v->init;
	}
	graph_free(n.g);
	return init;
}

/* segmentation_models.pytorch makes the first convolution anew where pictures are not RGB: as PyTorch does, not as the
 * encoder. */
static void
other_channels_start_as_pytorch_does(void **state)
{
	for (int i = 0; nn_encoder_at(i); i++) {
		if (nn_encoder_at(i)->facts & (NN_ENCODER_TOKENS | NN_ENCODER_TIMM))
			continue;
		assert_int_equal(first_init(nn_encoder_at(i), 1), GRAPH_INIT_DEFAULT);
		assert_int_equal(first_init(nn_encoder_at(i), 4), GRAPH_INIT_DEFAULT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tables_are_true),
		cmocka_unit_test(other_channels_start_as_pytorch_does) };
	return cmocka_run_group_tests_name("encoders", tests, NULL, NULL);
}
