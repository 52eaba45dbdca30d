/*
 * Raw tensors through a network, in PyTorch's shapes: what comparisons with other programs stand on. See
 * secant_model_run.
 */
#include <math.h>
#include <secant/model.h>
#include <string.h>
#include "base/file.h"
#include "app/onnx.h"
#include "app/trial.h"

static const secant_opt run_rows[] = {
	SECANT_OPT(secant_run, loss, STR, "loss", NULL, 0, 0, "also the loss of `target`: 0.5*dice+0.5*bce"),
	SECANT_OPT(secant_run, gradients, BOOL, "gradients", "false", 0, 0,
		"one pass in training mode without dropout: the gradient of every parameter and the new statistics"),
	SECANT_OPT(secant_run, mode, STR, "mode", NULL, 0, 0,
		"of the loss: binary, multiclass, multilabel; by default from classes and target"),
	SECANT_OPT(secant_run, precision, STR, "precision", "f32", 0, 0,
		"f32, f64 (by the references, for comparisons), bf16, auto (bf16 where the CPU has AMX, else f32)"),
	SECANT_OPT(secant_run, threads, INT, "threads", "0", 0, 1024, "threads of computation; 0: all processors"),
	SECANT_OPT(secant_run, allow_reference, BOOL, "allow-reference", "false", 0, 0,
		"let operators without a fast implementation run slowly"),
	SECANT_OPT_END,
};
const secant_opts secant_run_options = { "run", sizeof(secant_run), run_rows };

/* ---- between PyTorch's order and ours ---- */

/* Place in N x C x ... of element i of N x ... x C. */
static int64_t
planar(const secant_shape *s, int64_t i)
{
	if (s->rank < 3)
		return i;
	int64_t channels = s->dim[s->rank - 1], inner = 1;
	for (int d = 1; d < s->rank - 1; d++)
		inner *= s->dim[d];
	int64_t c = i % channels, pixel = i / channels % inner, n = i / channels / inner;
	return (n * channels + c) * inner + pixel;
}

static void *
numbers_new(int64_t n, secant_err *err)
{
	void *p = base_alloc_aligned((size_t)n * sizeof(double));
	if (!p)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld numbers", (long long)n);
	return p;
}

/* A tensor in PyTorch's order as floats (doubles) of shape `to` in ours; `map` false: both orders are the same. */
static void *
take_reals(const secant_tensor *t, const secant_shape *to, bool map, bool f64, secant_err *err)
{
	int64_t n = secant_shape_count(to);
	void *p = numbers_new(n, err);
	for (int64_t i = 0; i < n && p; i++) {
		double v = secant_tensor_get(t, map ? planar(to, i) : i);
		if (f64)
			((double *)p)[i] = v;
		else
			((float *)p)[i] = (float)v;
	}
	return p;
}

static void *
take_classes(const secant_tensor *t, int classes, bool others, bool f64, secant_err *err)
{
	int64_t n = secant_shape_count(&t->shape);
	void *p = numbers_new(n, err);
	for (int64_t i = 0; i < n && p; i++) {
		double v = secant_tensor_get(t, i);
		if (v != floor(v) || fabs(v) > 1e9 || (!others && (v < 0 || v >= classes))) {
			secant_fail(err, SECANT_ERR_RANGE, "'target' holds %g at %lld, which is no class 0 to %d", v, (long long)i,
				classes - 1);
			secant_free(p);
			return NULL;
		}
		if (f64)
			((double *)p)[i] = v;
		else
			((int32_t *)p)[i] = (int32_t)v;
	}
	return p;
}

/* Adds numbers of ours under a name, in PyTorch's order. */
static secant_status
give(secant_tensors *out, const char *name, const secant_shape *shape, const void *from, bool map, bool f64,
	secant_err *err)
{
	secant_tensor t;
	secant_shape s = *shape;
	if (map && shape->rank > 2) {
		s.dim[1] = shape->dim[shape->rank - 1];
		for (int d = 2; d < shape->rank; d++)
			s.dim[d] = shape->dim[d - 1];
	}
	secant_status status = secant_tensor_new(&t, f64 ? SECANT_F64 : SECANT_F32, &s, err);
	if (status)
		return status;
	for (int64_t i = 0, n = secant_shape_count(shape); i < n && from; i++) {
		int64_t k = map ? planar(shape, i) : i;
		if (f64)
			((double *)t.data)[k] = ((const double *)from)[i];
		else
			((float *)t.data)[k] = ((const float *)from)[i];
	}
	if ((status = secant_tensors_add(out, name, &t, err)))
		secant_tensor_free(&t);
	return status;
}

/* ---- what was given ---- */

typedef struct given {
	const char *path;
	secant_tensors tensors;
	const secant_tensor *input, *target, *label_target;
	secant_shape shape; /* of the input, ours */
	bool f64;
	void *x, *y, *z; /* numbers of input, target, label_target */
	secant_tensor *more; /* of a network of several inputs: those after the first, in the network's order; owned */
	int n_more;
} given;

static void
given_free(given *v)
{
	secant_tensors_free(&v->tensors);
	secant_free(v->x);
	secant_free(v->y);
	secant_free(v->z);
	for (int i = 0; i < v->n_more; i++)
		secant_free(v->more[i].data);
	secant_free(v->more);
}

/* What is read: pictures N,C,H,W, or clouds N,C,P and, where the network is told it, the category of each. */
typedef struct wanted {
	bool cloud;
	int channels, inputs, categories;
	const char *name; /* of the input; a file may call it "input" whatever it is */
} wanted;

/* Clouds N,C,P as N x P x 1 x inputs, with the category of its cloud at every point. */
static secant_status
read_cloud(given *v, const wanted *w, secant_err *err)
{
	char text[96];
	const secant_shape *s = &v->input->shape;
	const secant_tensor *category = secant_tensors_find(&v->tensors, "category");
	if (s->rank != 3 || secant_shape_count(s) < 1)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "%s: 'input' is %s, want N,C,P", v->path, secant_shape_text(s, text, sizeof text));
	if (s->dim[1] != w->channels)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: 'input' is %s, the network wants %d numbers a point, not %lld",
			v->path, secant_shape_text(s, text, sizeof text), w->channels, (long long)s->dim[1]);
	if (w->inputs > w->channels && (!category || secant_shape_count(&category->shape) != s->dim[0]))
		return secant_fail(err, SECANT_ERR_SHAPE,
			"%s: the network wants a tensor 'category' with one number for each of %lld clouds", v->path,
			(long long)s->dim[0]);
	v->shape = secant_shape_of(4, s->dim[0], s->dim[2], 1, w->inputs);
	if (!(v->x = numbers_new(secant_shape_count(&v->shape), err)))
		return SECANT_ERR_NOMEM;
	for (int64_t n = 0, at = 0; n < s->dim[0]; n++) {
		double own = w->inputs > w->channels ? secant_tensor_get(category, n) : 0;
		if (own != floor(own) || own < 0 || (w->categories && own >= w->categories))
			return secant_fail(err, SECANT_ERR_RANGE, "%s: 'category' holds %g at %lld, which is no category 0 to %d",
				v->path, own, (long long)n, w->categories - 1);
		for (int64_t p = 0; p < s->dim[2]; p++)
			for (int c = 0; c < w->inputs; c++, at++) {
				double number = c < w->channels ? secant_tensor_get(v->input, (n * w->channels + c) * s->dim[2] + p)
												: own;
				if (v->f64)
					((double *)v->x)[at] = number;
				else
					((float *)v->x)[at] = (float)number;
			}
	}
	return SECANT_OK;
}

static secant_status
read_input(given *v, const wanted *w, secant_err *err)
{
	char text[96];
	secant_status status = secant_tensors_read(&v->tensors, NULL, v->path, err);
	if (status)
		return status;
	v->input = secant_tensors_find(&v->tensors, w->name);
	if (!v->input)
		v->input = secant_tensors_find(&v->tensors, "input");
	if (!v->input && v->tensors.n == 1)
		v->input = secant_tensors_find(&v->tensors, "array"); /* .npy has no names */
	if (!v->input)
		return secant_fail(err, SECANT_ERR_ARG, "%s: holds no tensor 'input'", v->path);
	const secant_shape *s = &v->input->shape;
	v->target = secant_tensors_find(&v->tensors, "target");
	v->label_target = secant_tensors_find(&v->tensors, "label_target");
	if (w->cloud)
		return read_cloud(v, w, err);
	if (s->rank != 4 || secant_shape_count(s) < 1)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "%s: 'input' is %s, want N,C,H,W", v->path, secant_shape_text(s, text, sizeof text));
	if (s->dim[1] != w->channels)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: 'input' is %s, the network wants %d channels, not %lld", v->path,
			secant_shape_text(s, text, sizeof text), w->channels, (long long)s->dim[1]);
	v->shape = secant_shape_of(4, s->dim[0], s->dim[2], s->dim[3], s->dim[1]);
	v->x = take_reals(v->input, &v->shape, true, v->f64, err);
	return v->x ? SECANT_OK : SECANT_ERR_NOMEM;
}

static secant_status
choose_mode(const given *v, const secant_run *o, const model_bundle *m, base_mode *mode, secant_err *err)
{
	if (!v->target)
		return secant_fail(err, SECANT_ERR_ARG, "%s: holds no tensor 'target', which the loss wants", v->path);
	const secant_shape *t = &v->target->shape;
	bool planes = t->rank == 4 && t->dim[1] == m->net.classes && m->net.classes > 1;
	return model_mode_choose(o->mode ? o->mode : planes ? "multilabel" : NULL, m->net.classes, mode, err);
}

static secant_status
read_targets(given *v, const secant_run *o, const model_bundle *m, const app_trial *t, base_mode mode, secant_err *err)
{
	char a[96], b[96];
	const secant_shape *got = &v->target->shape, *want = &t->target;
	if (secant_network_kind_of(&m->net) != SECANT_NETWORK_PICTURES && mode == BASE_MODE_MULTICLASS) { /* N,P or N */
		if (got->dim[0] != want->dim[0] || got->rank != (want->rank == 3 ? 2 : 1)
			|| secant_shape_count(got) != secant_shape_count(want))
			return secant_fail(err, SECANT_ERR_SHAPE, "%s: 'target' is %s, want %s for logits %s (N,P,1,C or N,C)",
				v->path, secant_shape_text(got, a, sizeof a), want->rank == 3 ? "N,P" : "N",
				secant_shape_text(&t->logits, b, sizeof b));
		v->y = take_classes(v->target, m->net.classes, strstr(o->loss, "ignore"), v->f64, err);
		return v->y ? SECANT_OK : secant_err_prefix(err, "%s", v->path);
	}
	if (secant_network_kind_of(&m->net) != SECANT_NETWORK_PICTURES)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "a loss of clouds is multiclass, with at least 2 classes");
	bool rows = got->rank == 3 && got->dim[0] == want->dim[0] && got->dim[1] == want->dim[1]
		&& got->dim[2] == want->dim[2];
	bool planes = got->rank == 4 && got->dim[0] == want->dim[0] && got->dim[2] == want->dim[1]
		&& got->dim[3] == want->dim[2];
	planes &= got->rank == 4 && got->dim[1] == (mode == BASE_MODE_MULTICLASS ? 1 : want->dim[3]);
	if (!planes && !(rows && mode != BASE_MODE_MULTILABEL))
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: 'target' is %s, want %s for logits %s (N,H,W,C)", v->path,
			secant_shape_text(got, a, sizeof a),
			mode == BASE_MODE_BINARY           ? "N,1,H,W or N,H,W"
				: mode == BASE_MODE_MULTICLASS ? "N,H,W"
											   : "N,C,H,W",
			secant_shape_text(&t->logits, b, sizeof b));
	v->y = mode == BASE_MODE_MULTICLASS
		? take_classes(v->target, m->net.classes, strstr(o->loss, "ignore"), v->f64, err)
		: take_reals(v->target, want, true, v->f64, err);
	if (!v->y)
		return secant_err_prefix(err, "%s", v->path);
	if (t->label_target.rank < 0)
		return SECANT_OK;
	if (secant_shape_count(&v->label_target->shape) != secant_shape_count(&t->label_target))
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: 'label_target' is %s, want %s", v->path,
			secant_shape_text(&v->label_target->shape, a, sizeof a), secant_shape_text(&t->label_target, b, sizeof b));
	v->z = take_reals(v->label_target, &t->label_target, false, v->f64, err);
	return v->z ? SECANT_OK : SECANT_ERR_NOMEM;
}

/* ---- the two ways ---- */

/* Logits of points, N x P x 1 x C, are N,C,P in files. */
static secant_shape
logits_in_file(const secant_shape *s, bool cloud)
{
	return cloud && s->rank == 4 ? secant_shape_of(3, s->dim[0], s->dim[1], s->dim[3]) : *s;
}

/* A label is N x C however the network came to it. */
static secant_shape
flat(const secant_shape *label)
{
	return secant_shape_of(2, label->dim[0], secant_shape_count(label) / label->dim[0]);
}

/* The inputs after the first, by their names; four axes are N,C,H,W in files. `own` is how many the file's graph has:
 * what is behind those takes no part in its outputs, and any numbers do. */
static secant_status
read_more(given *v, const exec_runner *r, int own, secant_err *err)
{
	int n = exec_runner_inputs(r) - 1;
	char got[96];
	secant_dtype reals = exec_runner_reals(r);
	if (!(v->more = secant_calloc((size_t)n + 1, sizeof *v->more)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for inputs");
	for (int i = 1; i <= n; i++, v->n_more++) {
		const secant_port *p = exec_runner_input(r, i);
		secant_tensor *to = &v->more[i - 1];
		*to = (secant_tensor){ reals, p->shape, NULL, NULL };
		to->shape.dim[0] = to->shape.rank ? v->shape.dim[0] : 0;
		if (i >= own)
			continue;
		const secant_tensor *from = secant_tensors_find(&v->tensors, p->name);
		if (!from)
			return secant_fail(
				err, SECANT_ERR_ARG, "%s: holds no tensor '%s', which the network reads", v->path, p->name);
		if (from->shape.rank != p->shape.rank || secant_shape_count(&from->shape) < 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "%s: '%s' is %s, want %d axes", v->path, p->name,
				secant_shape_text(&from->shape, got, sizeof got), p->shape.rank);
		to->shape = from->shape;
		bool planes = from->shape.rank == 4;
		if (planes)
			to->shape = secant_shape_of(
				4, from->shape.dim[0], from->shape.dim[2], from->shape.dim[3], from->shape.dim[1]);
		if (!(to->data = take_reals(from, &to->shape, planes, v->f64, err)))
			return SECANT_ERR_NOMEM;
	}
	return SECANT_OK;
}

/* One output as it is in files: logits of points and labels lose the axes that hold nothing. */
static secant_status
give_output(const char *name, const secant_tensor *t, bool cloud, bool f64, secant_tensors *out, secant_err *err)
{
	bool label = !strcmp(name, "label");
	secant_shape s = label ? flat(&t->shape) : logits_in_file(&t->shape, cloud);
	if (t->dtype == (f64 ? SECANT_F64 : SECANT_F32))
		return give(out, name, &s, t->data, !label, f64, err);
	secant_tensor copy; /* indices stay what they are */
	secant_status status = secant_tensor_convert(&copy, t, t->dtype, err);
	if (!status && (status = secant_tensors_add(out, name, &copy, err)))
		secant_tensor_free(&copy);
	return status;
}

/* All outputs of the file's graph: "probabilities", which opening adds, is the last where it is there. */
static secant_status
run_session(const deploy_deployed *d, given *v, bool cloud, secant_tensors *out, secant_err *err)
{
	deploy_ending ending = { d->mode, d->activated, d->parts };
	exec_runner *r = d->runner;
	int n = exec_runner_outputs(r) - d->ends, inputs = exec_runner_inputs(r);
	const char **name = secant_calloc((size_t)n + 1, sizeof *name);
	secant_tensor *in = secant_calloc((size_t)inputs + 1, sizeof *in),
				  *made = secant_calloc((size_t)n + 1, sizeof *made);
	secant_session *s = NULL;
	secant_status status = name && in && made ? read_more(v, r, deploy_ending_inputs(&ending, inputs), err)
											  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a run");
	for (int i = 0; i < n && !status; i++)
		name[i] = exec_runner_output(r, i)->name;
	if (!status && !(s = exec_session_new(r, name, n, err)))
		status = err->code;
	if (!status) {
		in[0] = (secant_tensor){ exec_runner_reals(r), v->shape, v->x, NULL };
		for (int i = 0; i < v->n_more; i++)
			in[i + 1] = v->more[i];
		status = secant_session_run(s, in, made, err);
	}
	for (int i = 0; i < n && !status; i++)
		status = give_output(name[i], &made[i], cloud, v->f64, out, err);
	secant_session_free(s);
	secant_free(name);
	secant_free(in);
	secant_free(made);
	return status;
}

static secant_status
run_plain(const char *model, given *v, const secant_run *o, secant_tensors *out, secant_err *err)
{
	deploy_deployed d;
	secant_status status = deploy_deployed_open(
		&d, model, o->precision, o->threads, o->allow_reference ? DEPLOY_ALLOW_REFERENCE : 0, err);
	if (status)
		return status;
	wanted w = { d.kind != SECANT_NETWORK_PICTURES, d.in_channels, d.inputs, d.categories,
		exec_runner_input(d.runner, 0)->name };
	v->f64 = d.precision == EXEC_PRECISION_F64;
	exec_runner_be_exact(d.runner); /* results are here to be compared with another program's */
	if (!(status = read_input(v, &w, err)))
		status = run_session(&d, v, w.cloud, out, err);
	deploy_deployed_close(&d);
	return status;
}

static secant_status
give_gradients(const model_bundle *m, const app_trial *t, bool f64, secant_tensors *out, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < m->store->n && !status; i++) {
		exec_slot *slot = &m->store->slot[i];
		if (slot->trainable) {
			char *name = base_format("grad:%s", slot->name);
			status = name ? give(out, name, &slot->type.shape,
						 t->step.at_grad[i] < 0 ? NULL : exec_context_output(t->step.context, t->step.at_grad[i]),
						 false, f64, err)
						  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a name");
			secant_free(name);
		} else {
			secant_tensor from = { f64 ? SECANT_F64 : slot->type.dtype, slot->type.shape, slot->data, NULL }, copy;
			if (!(status = secant_tensor_convert(
					  &copy, &from, slot->type.dtype == SECANT_I64 ? SECANT_I64 : from.dtype, err))
				&& (status = secant_tensors_add(out, slot->name, &copy, err)))
				secant_tensor_free(&copy);
		}
	}
	return status;
}

static secant_status
run_context(const given *v, app_trial *t, secant_err *err)
{
	secant_status status = exec_context_set_input(t->step.context, "input", v->x, err);
	if (!status && v->y)
		status = exec_context_set_input(t->step.context, "target", v->y, err);
	if (!status && v->z)
		status = exec_context_set_input(t->step.context, "label_target", v->z, err);
	return status ? status : train_step_gradients(&t->step, err);
}

static secant_status
run_with_loss(
	model_bundle *m, given *v, const secant_run *o, exec_precision precision, secant_tensors *out, secant_err *err)
{
	app_trial t = { 0 };
	app_trial_spec spec = {
		.phase = o->gradients ? NN_PHASE_TRAIN_SURE : NN_PHASE_EVAL, .loss = o->loss, .gradients = o->gradients
	};
	exec_plan_options plan = { .precision = precision,
		.threads = o->threads,
		.training = o->gradients,
		.allow_reference = o->allow_reference,
		.exact = true };
	wanted w = { secant_network_kind_of(&m->net) != SECANT_NETWORK_PICTURES, m->net.in_channels,
		secant_network_inputs(&m->net), m->net.categories, "input" };
	secant_status status = read_input(v, &w, err);
	secant_shape logits;
	if (status || (status = choose_mode(v, o, m, &spec.mode, err)))
		return status;
	spec.label = v->label_target && m->net.aux_params;
	if (!(status = app_trial_make(&t, m, &v->shape, &spec, &plan, err))
		&& !(status = read_targets(v, o, m, &t, spec.mode, err)) && !(status = run_context(v, &t, err))
		&& !(status = give(
				 out, "loss", &(secant_shape){ 0 }, exec_context_output(t.step.context, 0), false, v->f64, err)))
		logits = logits_in_file(&t.logits, w.cloud),
		status = give(out, "logits", &logits, exec_context_output(t.step.context, t.at_logits), true, v->f64, err);
	if (!status && t.at_label >= 0) {
		secant_shape label = flat(&t.label);
		status = give(out, "label", &label, exec_context_output(t.step.context, t.at_label), false, v->f64, err);
	}
	if (!status && o->gradients)
		status = give_gradients(m, &t, v->f64, out, err);
	app_trial_free(&t);
	return status;
}

secant_status
secant_model_run(const char *model, const char *in, const char *out, const secant_run *o, secant_err *err)
{
	secant_err own = { 0 };
	exec_precision precision;
	secant_tensors results = { 0 };
	given v = { .path = in };
	if (o->gradients && !o->loss)
		return secant_fail(err, SECANT_ERR_ARG, "--gradients wants --loss: gradients of what?");
	if (app_same_file(in, out) || app_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s would be replaced by the results", out);
	if (!base_ext_is(out, "safetensors|pth|pt|bin") && (o->loss || !base_ext_is(out, "npy")))
		return secant_fail(err, SECANT_ERR_ARG, "%s: results are written to .safetensors or .pth", out);
	if (deploy_is_onnx(model) && !o->loss) {
		(void)!app_onnx_run_file(model, in, o, &results, &own);
	} else if (!o->loss) {
		(void)!run_plain(model, &v, o, &results, &own);
	} else if (!exec_precision_choose(o->precision, &precision, &own)) {
		model_bundle m;
		v.f64 = precision == EXEC_PRECISION_F64;
		if (!model_open(&m, model, v.f64, &own)) {
			(void)!run_with_loss(&m, &v, o, precision, &results, &own);
			model_free(&m);
		}
	}
	if (!own.code)
		(void)!secant_tensors_write(&results, NULL, out, &own);
	secant_tensors_free(&results);
	given_free(&v);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
