/*
 * Networks as MindSpore's model zoo exports its U-Nets (export.py, UnetEval): input `x` of a fixed size, softmax N x H
 * x W x C and argmax N x H x W behind the logits; as ONNX or MindIR. See secant/model.h.
 */
#include <secant/model.h>
#include <secant/tensorfile.h>
#include <string.h>
#include "app/trial.h"
#include "base/file.h"
#include "formats/mindir/write.h"
#include "formats/onnx/write.h"
#include "model/colours.h"

/* The zoo's unet_medical is told about pictures that bring their border along. */
static secant_status
as_the_zoo_has_it(model_bundle *m, secant_err *err)
{
	if (strcmp(m->net.arch, "unet_medical") != 0)
		return SECANT_OK;
	return secant_opts_set(&secant_network_options, &m->net, "border", "none", err);
}

static secant_status
check(const model_bundle *m, const secant_export *o, bool onnx, secant_err *err)
{
	if (secant_network_kind_of(&m->net) != SECANT_NETWORK_PICTURES)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "networks of clouds have no such ending");
	if (m->mode != BASE_MODE_MULTICLASS && !(m->mode == BASE_MODE_BINARY && m->net.classes == 1))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"a network that ends in softmax and argmax wants classes that exclude each other; this one has %d that do "
			"not: "
			"export it as ONNX without --width and --height",
			m->net.classes);
	if (m->mode == BASE_MODE_BINARY && !onnx)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"one number for foreground has no such ending in MindIR: export .onnx (--framework=5 of atc)");
	if (m->net.activation && strcmp(m->net.activation, "identity") != 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the network has an activation (%s), softmax would be a second one", m->net.activation);
	if (o->width < 1 || o->height < 1)
		return secant_fail(err, SECANT_ERR_ARG, "--width and --height belong together");
	return SECANT_OK;
}

/* One number for foreground becomes two whose softmax is its sigmoid and the rest of it. */
static graph_value
classes_of(const model_bundle *m, graph_net *g, graph_value logits)
{
	secant_shape two = secant_shape_of(4, 1, 1, 1, 2);
	if (m->mode != BASE_MODE_BINARY)
		return logits;
	return graph_apply(g, "mul", NULL, 2, logits, graph_constant(g, SECANT_F32, &two, (const double[]){ -0.5, 0.5 }));
}

static secant_status
write_either(const model_bundle *m, const secant_export *o, bool onnx, base_str *bytes, secant_err *err)
{
	model_graph graph = { 0 };
	secant_tensors tensors = { 0 };
	secant_shape in = secant_shape_of(4, o->batch > 0 ? o->batch : 1, o->height, o->width, m->net.in_channels);
	secant_status s = model_build(m, NN_PHASE_EVAL, &in, &graph, err);
	graph_value logits = s ? -1 : classes_of(m, graph.g, graph.built.logits);
	if (!s && !(s = graph_check(graph.g, err)))
		s = model_tensors(m, &tensors, err);
	if (!s && onnx) {
		format_onnx_written how = { .opset = o->opset, .classified = true };
		static const char *const names[] = { "logits" };
		s = format_onnx_write(graph.g, &logits, names, 1, &tensors, &how, bytes, err);
	} else if (!s) {
		s = format_mindir_write(graph.g, logits, &tensors, bytes, err);
	}
	secant_tensors_free(&tensors);
	graph_free(graph.g);
	return s;
}

/* The zoo's networks take colours as OpenCV reads them; others are not turned, and must not seem so. */
static secant_status
turn_colours(model_bundle *m, const secant_export *o, secant_err *err)
{
	if (o->rgb || m->net.in_channels != 3 || model_turn_colours(m))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"only MindSpore's U-Nets are turned to blue, green, red: give --channel-order rgb, and rbuv_swap_switch: true "
		"in "
		"AIPP where pictures are OpenCV's");
}

secant_status
secant_model_export_ckpt(const char *model, const char *out, const secant_export *o, secant_err *err)
{
	secant_err own = { 0 };
	model_bundle m = { 0 };
	secant_tensors tensors = { 0 };
	if (!base_ext_is(out, "ckpt"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: MindSpore's checkpoint ends in .ckpt", out);
	if (app_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: the weights would replace the model they come from", out);
	if (!model_open(&m, model, false, &own)) {
		if (!o->rgb)
			model_turn_colours(&m);
		if (!model_tensors(&m, &tensors, &own))
			(void)!secant_tensors_write(&tensors, NULL, out, &own);
	}
	secant_tensors_free(&tensors);
	model_free(&m);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

secant_status
secant_model_export_classified(const char *model, const char *out, const secant_export *o, secant_err *err)
{
	secant_err own = { 0 };
	model_bundle m = { 0 };
	base_str bytes = { 0 };
	bool onnx = base_ext_is(out, "onnx");
	if (base_ext_is(out, "air"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s: AIR is written by MindSpore on its own accelerator alone, and no file of ours could be proven without "
			"it; "
			"export .mindir (--framework=1 of atc takes it too) or .onnx",
			out);
	if (!onnx && !base_ext_is(out, "mindir"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: a network ends in .onnx or .mindir", out);
	if (app_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: the network would replace the model it comes from", out);
	if (!model_open(&m, model, false, &own)) {
		if (!check(&m, o, onnx, &own) && !turn_colours(&m, o, &own) && !as_the_zoo_has_it(&m, &own)
			&& !write_either(&m, o, onnx, &bytes, &own))
			(void)!secant_file_write(out, bytes.p, bytes.n, &own);
		if (own.code)
			secant_err_prefix(&own, "%s", model);
	}
	base_str_free(&bytes);
	model_free(&m);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
