/*
 * RNN, GRU and LSTM: one loop over time, a cell each. X is T x N x I (layout 1: N x T x I); W, R, B as ONNX lays gates
 * out: GRU z r h, LSTM i o f c. See eval.h.
 */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

typedef struct rnn {
	onnx_call *c;
	int64_t time, batch, in, hidden;
	int gates, directions;
	bool by_batch; /* layout 1 */
	double *x, *w, *r, *b, *h, *cell, *p;
	int64_t *length;
	double clip;
	bool linear_before_reset, input_forget;
} rnn;

static double
activate(const char *name, double alpha, double beta, double x)
{
	if (!strcmp(name, "Sigmoid"))
		return 1 / (1 + exp(-x));
	if (!strcmp(name, "Tanh"))
		return tanh(x);
	if (!strcmp(name, "Relu"))
		return x > 0 ? x : 0;
	if (!strcmp(name, "Affine"))
		return alpha * x + beta;
	if (!strcmp(name, "LeakyRelu"))
		return x >= 0 ? x : alpha * x;
	if (!strcmp(name, "ThresholdedRelu"))
		return x > alpha ? x : 0;
	if (!strcmp(name, "ScaledTanh"))
		return alpha * tanh(beta * x);
	if (!strcmp(name, "HardSigmoid"))
		return fmax(0, fmin(1, alpha * x + beta));
	if (!strcmp(name, "Elu"))
		return x >= 0 ? x : alpha * expm1(x);
	if (!strcmp(name, "Softsign"))
		return x / (1 + fabs(x));
	return log1p(exp(x)); /* Softplus; names are checked before */
}

static bool
known_activation(const char *name)
{
	static const char *const all[] = { "Sigmoid", "Tanh", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu",
		"ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus" };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(all[i], name))
			return true;
	return false;
}

/* Activation k of a direction: name from the attribute, or the operator's default. */
static double
act(const rnn *r, int direction, int k, double x)
{
	static const char *const usual[3] = { "Sigmoid", "Tanh", "Tanh" };
	int per = r->gates == 1 ? 1 : r->gates == 3 ? 2 : 3, at = direction * per + k;
	const format_onnx_attr *a = onnx_attr(r->c, "activations"), *alpha = onnx_attr(r->c, "activation_alpha"),
						   *beta = onnx_attr(r->c, "activation_beta");
	const char *name = a && at < a->n_strings ? a->strings[at] : r->gates == 1 ? "Tanh" : usual[k];
	if (r->clip > 0)
		x = x > r->clip ? r->clip : x < -r->clip ? -r->clip : x;
	return activate(name,
		alpha && at < alpha->n_floats      ? alpha->floats[at]
			: !strcmp(name, "HardSigmoid") ? 0.2
			: !strcmp(name, "LeakyRelu")   ? 0.01
										   : 1,
		beta && at < beta->n_floats        ? beta->floats[at]
			: !strcmp(name, "HardSigmoid") ? 0.5
										   : 0,
		x);
}

/* Wx + Rh + b of gate g, unit u; separately, for GRU. */
static void
sums(const rnn *r, int d, int g, int64_t u, const double *x, const double *h, double *from_x, double *from_h)
{
	int64_t row = (d * r->gates + g) * r->hidden + u;
	double a = 0, b = 0;
	for (int64_t i = 0; i < r->in; i++)
		a += r->w[row * r->in + i] * x[i];
	for (int64_t i = 0; i < r->hidden; i++)
		b += r->r[row * r->hidden + i] * h[i];
	if (r->b) {
		a += r->b[(d * 2 * r->gates + g) * r->hidden + u];
		b += r->b[(d * 2 * r->gates + r->gates + g) * r->hidden + u];
	}
	*from_x = a;
	*from_h = b;
}

/* One step of one sequence: next[hidden] from h[hidden]; scratch holds hidden numbers. */
static void
step(const rnn *r, int d, const double *x, const double *h, double *cell, double *next, double *scratch)
{
	double a, b;
	if (r->gates == 1)
		for (int64_t u = 0; u < r->hidden; u++) {
			sums(r, d, 0, u, x, h, &a, &b);
			next[u] = act(r, d, 0, a + b);
		}
	if (r->gates == 3) {
		double *reset = scratch;
		for (int64_t u = 0; u < r->hidden; u++) {
			sums(r, d, 1, u, x, h, &a, &b);
			reset[u] = act(r, d, 0, a + b);
			reset[r->hidden + u] = reset[u] * h[u];
		}
		for (int64_t u = 0; u < r->hidden; u++) {
			double z, c, e;
			sums(r, d, 0, u, x, h, &a, &b);
			z = act(r, d, 0, a + b);
			sums(r, d, 2, u, x, h, &a, &b);
			if (!r->linear_before_reset) /* R (r * h) + Rb */
				sums(r, d, 2, u, x, reset + r->hidden, &c, &b);
			e = act(r, d, 1, a + (r->linear_before_reset ? reset[u] * b : b));
			next[u] = (1 - z) * e + z * h[u];
		}
	}
	if (r->gates == 4)
		for (int64_t u = 0; u < r->hidden; u++) {
			double g[4];
			const double *p = r->p ? r->p + d * 3 * r->hidden : NULL;
			for (int k = 0; k < 4; k++) {
				sums(r, d, k, u, x, h, &a, &b);
				g[k] = a + b;
			}
			double in = act(r, d, 0, g[0] + (p ? p[u] * cell[u] : 0));
			double keep = r->input_forget ? 1 - in : act(r, d, 0, g[2] + (p ? p[2 * r->hidden + u] * cell[u] : 0));
			cell[u] = keep * cell[u] + in * act(r, d, 1, g[3]);
			next[u] = act(r, d, 0, g[1] + (p ? p[r->hidden + u] * cell[u] : 0)) * act(r, d, 2, cell[u]);
		}
}

static bool
has_count(onnx_call *c, int i, int64_t n)
{
	if (!onnx_has(c, i) || format_onnx_count(c->in[i]) == n)
		return true;
	onnx_fail(c, SECANT_ERR_SHAPE, "input %d has %lld numbers, not %lld", i, (long long)format_onnx_count(c->in[i]),
		(long long)n);
	return false;
}

static secant_status
prepare(onnx_call *c, rnn *r)
{
	const char *way = onnx_attr_text(c, "direction", "forward");
	onnx_tensor *x = onnx_in(c, 0), *w = onnx_in(c, 1), *rec = onnx_in(c, 2);
	if (!x || !w || !rec)
		return c->err->code;
	if (x->rank != 3 || w->rank != 3 || rec->rank != 3)
		return onnx_fail(c, SECANT_ERR_SHAPE, "X, W and R want 3 axes");
	*r = (rnn){ .c = c,
		.gates = *c->node->op == 'R' ? 1
			: *c->node->op == 'G'    ? 3
									 : 4,
		.directions = strcmp(way, "bidirectional") ? 1 : 2 };
	r->by_batch = onnx_attr_int(c, "layout", 0);
	r->time = x->dim[r->by_batch];
	r->batch = x->dim[!r->by_batch];
	r->in = x->dim[2];
	r->hidden = onnx_attr_int(c, "hidden_size", rec->dim[2]);
	r->clip = onnx_attr_real(c, "clip", 0);
	r->linear_before_reset = onnx_attr_int(c, "linear_before_reset", 0);
	r->input_forget = onnx_attr_int(c, "input_forget", 0);
	int64_t gh = r->gates * r->hidden, d = r->directions;
	if (r->hidden < 1 || r->hidden > 1 << 24 || r->in > 1 << 24 || !has_count(c, 1, d * gh * r->in)
		|| !has_count(c, 2, d * gh * r->hidden) || !has_count(c, 3, d * 2 * gh) || !has_count(c, 4, r->batch)
		|| !has_count(c, 5, d * r->batch * r->hidden) || !has_count(c, 6, d * r->batch * r->hidden)
		|| !has_count(c, 7, d * 3 * r->hidden))
		return c->err->code ? c->err->code
							: onnx_fail(c, SECANT_ERR_SHAPE, "a hidden size of %lld", (long long)r->hidden);
	const format_onnx_attr *a = onnx_attr(c, "activations");
	for (int i = 0; a && i < a->n_strings; i++)
		if (!known_activation(a->strings[i]))
			return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "activation '%.30s'", a->strings[i]);
	r->x = onnx_reals(c, 0);
	r->w = onnx_reals(c, 1);
	r->r = onnx_reals(c, 2);
	r->b = onnx_has(c, 3) ? onnx_reals(c, 3) : NULL;
	r->length = onnx_has(c, 4) ? onnx_ints(c, 4) : NULL;
	r->h = onnx_has(c, 5) ? onnx_reals(c, 5) : onnx_temp(c, d * r->batch * r->hidden, sizeof(double));
	r->cell = r->gates == 4 && onnx_has(c, 6) ? onnx_reals(c, 6)
											  : onnx_temp(c, d * r->batch * r->hidden, sizeof(double));
	r->p = r->gates == 4 && onnx_has(c, 7) ? onnx_reals(c, 7) : NULL;
	/* Layout 1 has states by batch first. */
	for (int which = 0; which < 2 && r->by_batch && d > 1 && !c->err->code; which++) {
		double *from = which ? r->cell : r->h, *to = onnx_temp(c, d * r->batch * r->hidden, sizeof *to);
		for (int64_t i = 0; to && i < d * r->batch * r->hidden; i++)
			to[(i / r->hidden % d * r->batch + i / r->hidden / d) * r->hidden + i % r->hidden] = from[i];
		*(which ? &r->cell : &r->h) = to;
	}
	return c->err->code;
}

secant_status
onnx_eval_recurrent(onnx_call *c)
{
	rnn r;
	if (prepare(c, &r)
		|| onnx_spend(c,
			(double)r.directions * (double)r.time * (double)r.batch * (double)(r.gates * r.hidden)
				* (double)(r.in + r.hidden)))
		return c->err->code;
	int64_t d = r.directions, n = r.batch, hid = r.hidden;
	double *y = onnx_temp(c, r.time * d * n * hid, sizeof *y), *next = onnx_temp(c, hid, sizeof *next),
		   *scratch = onnx_temp(c, 2 * hid, sizeof *scratch);
	if (!y || !next || !scratch)
		return c->err->code;
	bool reverse = !strcmp(onnx_attr_text(c, "direction", "forward"), "reverse");
	for (int k = 0; k < d; k++)
		for (int64_t b = 0; b < n; b++) {
			double *h = r.h + (k * n + b) * hid, *cell = r.cell + (k * n + b) * hid;
			int64_t length = r.length ? r.length[b] : r.time;
			length = length < 0 ? 0 : length > r.time ? r.time : length;
			for (int64_t s = 0; s < length; s++) {
				int64_t t = reverse || k ? length - 1 - s : s;
				step(&r, k, r.x + (r.by_batch ? b * r.time + t : t * n + b) * r.in, h, cell, next, scratch);
				memcpy(h, next, (size_t)hid * sizeof *h);
				int64_t at = r.by_batch ? (b * r.time + t) * d + k : (t * d + k) * n + b;
				memcpy(y + at * hid, next, (size_t)hid * sizeof *h);
			}
		}
	for (int which = 0; which < 2 && r.by_batch && d > 1; which++) {
		double *from = which ? r.cell : r.h, *to = onnx_temp(c, d * n * hid, sizeof *to);
		for (int64_t i = 0; to && i < d * n * hid; i++)
			to[(i / hid % n * d + i / hid / n) * hid + i % hid] = from[i];
		*(which ? &r.cell : &r.h) = to;
	}
	int type = c->in[0]->type;
	int64_t plain[4] = { r.time, d, n, hid }, batched[4] = { n, r.time, d, hid }, last[3] = { d, n, hid },
			last_batched[3] = { n, d, hid };
	if (c->err->code)
		return c->err->code;
	onnx_give_reals(c, 0, type, 4, r.by_batch ? batched : plain, y);
	onnx_give_reals(c, 1, type, 3, r.by_batch ? last_batched : last, r.h);
	return r.gates == 4 ? onnx_give_reals(c, 2, type, 3, r.by_batch ? last_batched : last, r.cell) : c->err->code;
}
