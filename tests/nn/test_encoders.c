/*
 * The table of encoders: names are unique, the count of trainable parameters and the channels of every feature are
 * those of the graph, and features halve in size; how their first convolution starts.
 */
#include "nn/nn.h"
#include "data.h"

static int64_t
trainable(const secant_graph *g)
{
	int64_t n = 0;
	for (int i = 0; i < secant_graph_values(g); i++) {
		const secant_value_info *v = secant_graph_value(g, i);
		n += v->kind == SECANT_VALUE_STATE && v->trainable ? secant_shape_count(&v->type.shape) : 0;
	}
	return n;
}

static void
tables_are_true(void **state)
{
	for (int i = 0; secant_encoder_at(i); i++) {
		const secant_encoder *e = secant_encoder_at(i);
		if (e->facts & SECANT_ENCODER_TOKENS) /* tests/nn/test_zoo.c */
			continue;
		secant_nn n = {
			.g = secant_graph_new(), .phase = SECANT_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1
		};
		secant_shape s = { 4, { 1, 64, 96, 3 } };
		secant_stage f[SECANT_FEATURES];
		secant_err err = { 0 };
		assert_ptr_equal(secant_encoder_find(e->name), e);
		assert_true(e->brief && *e->brief);
		e->build(&n, e, secant_graph_input(n.g, "input", SECANT_F32, &s), &(secant_request){ 5, 32, 3 }, f);
		if (secant_graph_check(n.g, &err))
			fail_msg("%s: %s", e->name, err.msg);
		if (trainable(n.g) != e->parameters)
			fail_msg("%s: %lld trainable parameters, its row says %lld", e->name, (long long)trainable(n.g),
				(long long)e->parameters);
		for (int k = 1; k < SECANT_FEATURES; k++) {
			const secant_shape *y = secant_graph_shape(n.g, f[k].value); /* no channels: a stage that is not there */
			if (y->dim[3] != e->channels[k])
				fail_msg("%s: feature %d has %lld channels, its row says %d", e->name, k, (long long)y->dim[3],
					e->channels[k]);
			assert_true(y->dim[1] * 3 == y->dim[2] * 2);
		}
		secant_graph_free(n.g);
	}
}

/* How the first convolution of encoder e starts for pictures of so many channels. */
static secant_init
first_init(const secant_encoder *e, int channels)
{
	secant_nn n = { .g = secant_graph_new(), .phase = SECANT_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1 };
	secant_shape s = { 4, { 1, 64, 64, channels } };
	secant_stage f[SECANT_FEATURES];
	secant_init init = SECANT_INIT_ZEROS;
	e->build(&n, e, secant_graph_input(n.g, "input", SECANT_F32, &s), &(secant_request){ 5, 32, channels }, f);
	for (int i = 0; i < secant_graph_values(n.g) && init == SECANT_INIT_ZEROS; i++) {
		const secant_value_info *v = secant_graph_value(n.g, i);
		if (v->kind == SECANT_VALUE_STATE && v->type.shape.rank == 4)
			init = v->init;
	}
	secant_graph_free(n.g);
	return init;
}

/* segmentation_models.pytorch makes the first convolution anew where pictures are not RGB: as PyTorch does, not as the
 * encoder. */
static void
other_channels_start_as_pytorch_does(void **state)
{
	for (int i = 0; secant_encoder_at(i); i++) {
		if (secant_encoder_at(i)->facts & SECANT_ENCODER_TOKENS)
			continue;
		assert_int_equal(first_init(secant_encoder_at(i), 1), SECANT_INIT_DEFAULT);
		assert_int_equal(first_init(secant_encoder_at(i), 4), SECANT_INIT_DEFAULT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tables_are_true),
		cmocka_unit_test(other_channels_start_as_pytorch_does) };
	return cmocka_run_group_tests_name("encoders", tests, NULL, NULL);
}
