/*
 * Views of a batch for `secant eval --tta`: mirrored and turned by the bits of deploy/predictor.h, run, turned back,
 * averaged. Predictions pad each view anew, here the padded batch is turned; where sizes need no padding the two are
 * the same.
 */
#include "judge/turns.h"
#include <string.h>
#include "deploy/predictor.h"

struct judge_turns {
	const deploy_deployed *d;
	secant_session **session; /* of each of `models` */
	int models;
	deploy_views views;
	deploy_floats input, sum;
};

judge_turns *
judge_turns_new(const deploy_deployed *d, int n, const char *text, secant_err *err)
{
	judge_turns *t = secant_calloc(1, sizeof *t);
	if (!t) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for views");
		return NULL;
	}
	t->d = d;
	secant_status status = deploy_views_parse(&t->views, text, err);
	if (!status && !(t->session = secant_calloc((size_t)n, sizeof(secant_session *))))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d models", n);
	for (; !status && t->models < n; t->models++)
		if (!(t->session[t->models] = deploy_deployed_session(&d[t->models], err)))
			status = SECANT_ERR_NOMEM;
	for (int i = 0; i < t->views.n && !status; i++)
		if (t->views.v[i].scale != 1 || t->views.v[i].high > 0)
			status = secant_fail(err, SECANT_ERR_UNSUPPORTED,
				"--tta %s: eval mirrors and turns; scale and stretch are for predict", text);
	if (!status)
		return t;
	judge_turns_free(t);
	return NULL;
}

void
judge_turns_free(judge_turns *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->models; i++)
		secant_session_free(t->session[i]);
	secant_free(t->session);
	secant_free(t->input.v);
	secant_free(t->sum.v);
	secant_free(t);
}

static secant_status
add_turn(judge_turns *t, unsigned turn, const secant_shape *in, const float *input, secant_err *err)
{
	int64_t n = in->dim[0], channels = in->dim[3], classes = t->d->classes;
	int h = (int)in->dim[1], w = (int)in->dim[2];
	int64_t pixels = (int64_t)h * w;
	secant_shape shape = *in;
	if (turn & DEPLOY_EXCHANGE)
		shape.dim[1] = w, shape.dim[2] = h;
	int vh = (int)shape.dim[1], vw = (int)shape.dim[2];
	float *to = t->input.v;
	for (int64_t i = 0; i < n; i++)
		for (int y = 0; y < vh; y++)
			for (int x = 0; x < vw; x++, to += channels)
				memcpy(to, input + (i * pixels + deploy_view_pixel(turn, y, x, h, w)) * channels,
					(size_t)channels * sizeof *to);
	secant_tensor view = { SECANT_F32, shape, t->input.v, NULL }, out = { 0 };
	for (int k = 0; k < t->models; k++) {
		secant_status status = secant_session_run(t->session[k], &view, &out, err);
		if (status)
			return status;
		const float *v = out.data;
		for (int64_t i = 0; i < n; i++)
			for (int y = 0; y < vh; y++)
				for (int x = 0; x < vw; x++, v += classes) {
					int64_t at = (i * pixels + deploy_view_pixel(turn, y, x, h, w)) * classes;
					for (int64_t c = 0; c < classes; c++)
						t->sum.v[at + c] += v[c];
				}
	}
	return SECANT_OK;
}

secant_status
judge_by_turns(void *turns, const secant_tensor *batch, secant_tensor *out, secant_err *err)
{
	judge_turns *t = turns;
	const secant_shape *in = &batch->shape;
	int64_t pixels = in->dim[0] * in->dim[1] * in->dim[2], n = pixels * t->d->classes;
	secant_status status = deploy_floats_reserve(&t->sum, (size_t)n, err);
	if (!status)
		memset(t->sum.v, 0, (size_t)n * sizeof(float));
	for (int i = 0; i < t->views.n && !status; i++)
		if (!(status = deploy_floats_reserve(&t->input, (size_t)(pixels * in->dim[3]), err)))
			status = add_turn(t, t->views.v[i].turn, in, batch->data, err);
	for (int64_t i = 0; i < n && !status; i++)
		t->sum.v[i] /= (float)(t->views.n * t->models);
	*out = (secant_tensor){ SECANT_F32, *in, t->sum.v, NULL };
	out->shape.dim[3] = t->d->classes;
	return status;
}
