/* Models as ONNX. See secant/model.h. */
#include <secant/model.h>
#include <string.h>
#include "app/onnx.h"
#include "base/file.h"
#include "deploy/network.h"
#include "app/trial.h"
#include "formats/onnx/write.h"
#include "prepare/normalize.h"

static const secant_opt export_rows[] = {
	SECANT_OPT_HEADING("As ONNX"),
	SECANT_OPT(
		secant_export, opset, INT, "opset", "17", FORMAT_ONNX_WRITES_OLDEST, FORMAT_ONNX_WRITES_NEWEST, "operator set"),
	SECANT_OPT(secant_export, size, SIZE, "size", "256", 1, 1 << 16,
		"height and width of the pictures; of clouds the number of points"),
	SECANT_OPT(secant_export, dynamic, BOOL, "dynamic", "false", 0, 1,
		"any batch, height and width that the network can have"),
	SECANT_OPT(secant_export, half, BOOL, "half", "false", 0, 1,
		"weights and arithmetic in 16 bits: half the file; inputs and outputs stay 32 bits"),
	SECANT_OPT(secant_export, with_preprocessing, BOOL, "with-preprocessing", "false", 0, 1,
		"pictures come as uint8; normalisation is in the network"),
	SECANT_OPT(secant_export, with_activation, BOOL, "with-activation", "false", 0, 1,
		"probabilities come out instead of logits"),
	SECANT_OPT_HEADING("As MindSpore's zoo exports: .mindir, .onnx; input x, outputs softmax and argmax"),
	SECANT_OPT(secant_export, width, INT, "width", "0", 0, 1 << 16, "of the pictures"),
	SECANT_OPT(secant_export, height, INT, "height", "0", 0, 1 << 16, "of the pictures"),
	SECANT_OPT(secant_export, batch, INT, "batch", "1", 1, 4096, "pictures at a time"),
	SECANT_OPT_CHOICE(secant_export, rgb, "channel-order", "bgr", "bgr|rgb",
		"in which order colours come to it, and to a .ckpt of MindSpore's U-Nets: bgr as OpenCV reads and the zoo has "
		"it"),
	SECANT_OPT_END,
};
const secant_opts secant_export_options = { "export", sizeof(secant_export), export_rows };

enum { usual_side = 256 }; /* the default of --size */

static const char *
activation_of(const deploy_deployed *d)
{
	return d->activated ? NULL : d->mode == BASE_MODE_MULTICLASS ? "softmax" : "sigmoid";
}

static secant_status
write_onnx(
	const deploy_deployed *d, const secant_tensors *tensors, const secant_export *o, base_str *bytes, secant_err *err)
{
	static const char *const names[] = { "logits", "label" };
	graph_value outputs[2];
	secant_status s = SECANT_OK;
	secant_shape shape = secant_shape_of(4, 1, o->size.v[0], o->size.v[1], d->inputs);
	if (d->side && o->size.v[0] == usual_side && o->size.v[1] == usual_side)
		shape.dim[1] = shape.dim[2] = d->side; /* nobody said another */
	bool clouds = d->kind != SECANT_NETWORK_PICTURES;
	if (clouds) /* height is the number of points */
		shape = secant_shape_of(4, 1, o->size.v[0], 1, d->inputs);
	if (clouds && o->with_preprocessing)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "--with-preprocessing is for pictures: clouds are prepared by us");
	if (d->side && (shape.dim[1] != d->side || shape.dim[2] != d->side))
		return secant_fail(err, SECANT_ERR_ARG, "--size %dx%d: the network takes pictures of %dx%d and no others",
			o->size.v[0], o->size.v[1], d->side, d->side);
	if (!clouds && !d->side && (o->size.v[0] % d->multiple || o->size.v[1] % d->multiple))
		return secant_fail(err, SECANT_ERR_ARG, "--size %dx%d: height and width must divide by %d", o->size.v[0],
			o->size.v[1], d->multiple);
	char *settings = base_json_text(d->file.settings, 0),
		 *classes = base_json_text(json_object_get(d->file.settings, "class_names"), 0),
		 *palette = base_json_text(json_object_get(d->file.settings, "palette"), 0);
	const char *normalize = json_string_value(json_object_get(d->file.settings, "normalize"));
	const char *metadata[] = { "secant", settings ? settings : "{}", "class_names", classes ? classes : "[]", "palette",
		palette ? palette : "[]", "normalize",
		o->with_preprocessing ? "none"
			: normalize       ? normalize
							  : "",
		NULL };
	format_onnx_written how = { .opset = o->opset,
		.dynamic = o->dynamic,
		.half = o->half,
		.clouds = clouds,
		.activation = o->with_activation ? activation_of(d) : NULL,
		.metadata = metadata };
	if (o->with_preprocessing) {
		how.scale = d->scale;
		how.shift = d->shift;
	}
	if (d->onnx.m && o->dynamic)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "a network from ONNX is written for one size: leave --dynamic");
	graph_net *g = s ? NULL
		: d->onnx.m  ? deploy_onnx_graph_at(&d->onnx, &shape, NULL, NULL, false, err)
					 : format_graph_from_json(d->file.graph, &shape, 1, false, err);
	for (int i = 0; i < 2 && g; i++)
		outputs[i] = graph_find_output(g, names[i]);
	s = g ? format_onnx_write(g, outputs, names, 2, tensors, &how, bytes, err) : err->code;
	graph_free(g);
	secant_free(settings);
	secant_free(classes);
	secant_free(palette);
	return s;
}

/* The states of a network from ONNX, borrowed. */
static secant_status
store_tensors(const exec_store *store, secant_tensors *out, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < store->n && !status; i++) {
		const exec_slot *slot = &store->slot[i];
		secant_tensor t = { store->f64 ? SECANT_F64 : slot->type.dtype, slot->type.shape, slot->data, NULL };
		status = secant_tensors_add(out, slot->name, &t, err);
	}
	return status;
}

secant_status
secant_model_export_onnx(const char *model, const char *out, const secant_export *o, secant_err *err)
{
	secant_err own = { 0 };
	deploy_deployed d;
	secant_tensors tensors = { 0 };
	base_str bytes = { 0 };
	if (!base_ext_is(out, "onnx"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: an ONNX file ends in .onnx", out);
	if (app_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: the network would replace the model it comes from", out);
	if (deploy_deployed_open(&d, model, "f32", 1, DEPLOY_ALLOW_REFERENCE, err))
		return err ? err->code : SECANT_ERR_FORMAT;
	if (d.file.offline)
		secant_fail(&own, SECANT_ERR_ARG, "it is compiled: export the model it comes from");
	else if (d.onnx.m ? !store_tensors(d.store, &tensors, &own) : !secant_tensors_read(&tensors, NULL, model, &own))
		(void)!write_onnx(&d, &tensors, o, &bytes, &own);
	if (own.code)
		secant_err_prefix(&own, "%s", model);
	else
		(void)!secant_file_write(out, bytes.p, bytes.n, &own);
	base_str_free(&bytes);
	secant_tensors_free(&tensors);
	deploy_deployed_close(&d);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
