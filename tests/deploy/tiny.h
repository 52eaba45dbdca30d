/*
 * Model files for tests, made by hand: one convolution of a few weights, so that every result can be computed beside
 * it.
 */
#ifndef TESTS_DEPLOY_TINY_H
#define TESTS_DEPLOY_TINY_H
#include "data.h"
#include "base/file.h"
#include "base/mem.h"
#include "deploy/network.h"
#include "ops/ops.h"

/* logits = conv(x; weight [classes, channels, kernel, kernel], bias), same size, zeros around. */
typedef struct tiny {
	int channels, classes, kernel, multiple;
	const float *weight, *bias;
	const char *mode, *normalize, *names;
	int side; /* the one size it says it is for; 0: any */
} tiny;

static inline void
tiny_write(const tiny *t, const char *path)
{
	secant_err err = { 0 };
	graph_net *g = graph_new();
	secant_shape in = secant_shape_of(4, 1, 64, 64, t->channels),
				 w = secant_shape_of(4, t->classes, t->channels, t->kernel, t->kernel),
				 b = secant_shape_of(1, t->classes);
	graph_value x = graph_input(g, "input", SECANT_F32, &in);
	graph_value weight = graph_state(g, "head.weight", SECANT_F32, &w, true, GRAPH_INIT_ZEROS);
	graph_value bias = graph_state(g, "head.bias", SECANT_F32, &b, true, GRAPH_INIT_ZEROS);
	op_conv_attr attr = op_conv(1, t->kernel / 2, 1, 1);
	graph_value y = graph_apply(g, "conv2d", &attr, 3, x, weight, bias);
	graph_output(g, "logits", y);
	assert_int_equal(graph_check(g, &err), 0);
	format_model_file m = { 0 };
	m.graph = format_graph_to_json(g);
	m.settings = json_pack("{s:i,s:{s:i,s:i},s:s,s:s,s:i}", "version", 1, "network", "in-channels", t->channels,
		"classes", t->classes, "mode",
		t->mode               ? t->mode
			: t->classes == 1 ? "binary"
							  : "multiclass",
		"normalize", t->normalize ? t->normalize : "none", "multiple", t->multiple ? t->multiple : 1);
	if (t->side)
		json_object_update_new(m.settings, json_pack("{s:i,s:i}", "side", t->side, "least", t->side));
	if (t->names)
		json_object_set_new(m.settings, "class_names", json_loads(t->names, 0, NULL));
	secant_tensor tensors[] = { { SECANT_F32, w, (void *)(uintptr_t)t->weight, NULL },
		{ SECANT_F32, b, (void *)(uintptr_t)t->bias, NULL } };
	assert_int_equal(secant_tensors_add(&m.tensors, "head.weight", &tensors[0], &err), 0);
	assert_int_equal(secant_tensors_add(&m.tensors, "head.bias", &tensors[1], &err), 0);
	if (format_model_file_write(&m, path, &err))
		fail_msg("%s", err.msg);
	format_model_file_free(&m);
	graph_free(g);
}

/* One class: logits are a tenth of the red byte minus 100.5, so that a pixel is foreground from 101 on. Any size goes.
 */
static inline void
tiny_red(const char *path)
{
	tiny_write(&(tiny){ 3, 1, 1, 1, (float[]){ .1f, 0, 0 }, (float[]){ -10.05f }, NULL, NULL, NULL }, path);
}
#endif
