/*
 * Optimisers with PyTorch's formulas (torch.optim), term by term:
 *
 *     sgd     g += decay p;  b = momentum b + (1 - dampening) g (first step: b = g);  p -= rate (nesterov ? g + momentum b : b)
 *     adam    g += decay p;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  p -= rate/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps)
 *     adamw   p -= rate decay p;  then as adam without decay in g              (Loshchilov, Hutter 2019)
 */
#include "train/optimizer.h"
#include <math.h>
#include <string.h>

typedef struct update {                          /* one range of one update */
	const secant_optimizer_options *o;
	double rate;
	int64_t step;                                /* from 1 */
	int64_t n;
} update;

typedef struct secant_optimizer_kind {
	const char *name, *brief;
	int slots;
	void (*f32)(const update *u, float *p, const float *g, float *a, float *b);
	void (*f64)(const update *u, double *p, const double *g, double *a, double *b);
} secant_optimizer_kind;

/* The same text for both number types. */
#define SGD(T, NAME) \
static void \
NAME(const update *u, T *restrict p, const T *restrict g, T *restrict buffer, T *restrict unused) \
{ \
	T rate = (T)u->rate, decay = (T)u->o->weight_decay, momentum = (T)u->o->momentum, keep = u->step == 1 ? 1 : (T)(1 - u->o->dampening); \
	bool nesterov = u->o->nesterov; \
	if (momentum == 0) { \
		for (int64_t i = 0; i < u->n; i++) \
			p[i] -= rate * (g[i] + decay * p[i]); \
		return; \
	} \
	T old = u->step == 1 ? 0 : momentum; \
	for (int64_t i = 0; i < u->n; i++) { \
		T d = g[i] + decay * p[i], v = old * buffer[i] + keep * d; \
		buffer[i] = v; \
		p[i] -= rate * (nesterov ? d + momentum * v : v); \
	} \
}
SGD(float, sgd_f32)
SGD(double, sgd_f64)

#define ADAM(T, NAME, ROOT, DECOUPLED) \
static void \
NAME(const update *u, T *restrict p, const T *restrict g, T *restrict m, T *restrict v) \
{ \
	T b1 = (T)u->o->beta1, b2 = (T)u->o->beta2, c1 = (T)(1 - u->o->beta1), c2 = (T)(1 - u->o->beta2), eps = (T)u->o->eps; \
	T size = (T)(u->rate / (1 - pow(u->o->beta1, (double)u->step))), root = (T)(1 / sqrt(1 - pow(u->o->beta2, (double)u->step))); \
	T decay = DECOUPLED ? 0 : (T)u->o->weight_decay, shrink = DECOUPLED ? (T)(1 - u->rate * u->o->weight_decay) : 1; \
	for (int64_t i = 0; i < u->n; i++) { \
		T d = g[i] + decay * p[i], a = b1 * m[i] + c1 * d, b = b2 * v[i] + c2 * d * d; \
		m[i] = a; \
		v[i] = b; \
		p[i] = shrink * p[i] - size * a / (ROOT(b) * root + eps); \
	} \
}
ADAM(float, adam_f32, sqrtf, false)
ADAM(double, adam_f64, sqrt, false)
ADAM(float, adamw_f32, sqrtf, true)
ADAM(double, adamw_f64, sqrt, true)

static const secant_optimizer_kind kinds[] = {
	{ "adamw", "Adam with decoupled weight decay", 2, adamw_f32, adamw_f64 },
	{ "adam", "Adam; weight decay is added to the gradient", 2, adam_f32, adam_f64 },
	{ "sgd", "stochastic gradient descent, momentum, nesterov", 1, sgd_f32, sgd_f64 },
	{ 0 }
};

static secant_entry
entry(int i)
{
	return i < (int)(sizeof kinds / sizeof *kinds) ? (secant_entry){ kinds[i].name, kinds[i].brief, NULL } : (secant_entry){ 0 };
}
const secant_kind secant_kind_optimizers = { "optimizers", "Optimisers", entry };

secant_status
secant_optimizer_new(secant_optimizer *o, const secant_optimizer_options *options, secant_store *store, secant_err *err)
{
	const char *names[16] = { 0 };
	*o = (secant_optimizer){ .options = *options, .store = store };
	for (int i = 0; kinds[i].name; i++) {
		names[i] = kinds[i].name;
		if (!strcmp(kinds[i].name, options->optimizer))
			o->kind = &kinds[i];
	}
	if (!o->kind) {
		const char *near = secant_nearest(options->optimizer, names);
		return secant_fail(err, SECANT_ERR_ARG, "optimizer: none is named '%s'%s%s%s", options->optimizer, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (options->nesterov && (options->momentum <= 0 || options->dampening != 0))
		return secant_fail(err, SECANT_ERR_ARG, "nesterov wants a momentum above 0 and no dampening");
	bool ok = (o->grad = secant_store_buffer(store)) != NULL;
	for (int i = 0; ok && i < o->kind->slots; i++)
		ok = (o->slot[i] = secant_store_buffer(store)) != NULL;
	if (ok)
		return SECANT_OK;
	secant_optimizer_free(o);
	return secant_fail(err, SECANT_ERR_NOMEM, "no memory for gradients and optimiser of %lld numbers", (long long)store->params_count);
}

void
secant_optimizer_free(secant_optimizer *o)
{
	secant_free(o->grad);
	for (int i = 0; i < SECANT_OPTIMIZER_SLOTS; i++)
		secant_free(o->slot[i]);
	*o = (secant_optimizer){ 0 };
}

int
secant_optimizer_slots(const secant_optimizer *o)
{
	return o->kind->slots;
}

static void *
at(void *p, size_t size, int64_t i)
{
	return p ? (char *)p + (size_t)i * size : NULL;
}

void
secant_optimizer_update(secant_optimizer *o, double learning_rate, int threads)
{
	enum { CHUNK = 1 << 16 };
	int64_t n = o->store->params_count, chunks = (n + CHUNK - 1) / CHUNK;
	size_t size = o->store->f64 ? sizeof(double) : sizeof(float);
	o->step++;
#ifdef _OPENMP
# pragma omp parallel for schedule(static) num_threads(threads)
#endif
	for (int64_t c = 0; c < chunks; c++) {
		int64_t first = c * CHUNK;
		update u = { &o->options, learning_rate, o->step, n - first < CHUNK ? n - first : CHUNK };
		void *p = at(o->store->params, size, first), *g = at(o->grad, size, first), *a = at(o->slot[0], size, first), *b = at(o->slot[1], size, first);
		if (o->store->f64)
			o->kind->f64(&u, p, g, a, b);
		else
			o->kind->f32(&u, p, g, a, b);
	}
	o->store->version++;
}

double
secant_optimizer_grad_norm(const secant_optimizer *o)
{
	double sum = 0;
	for (int64_t i = 0; i < o->store->params_count; i++) {
		double g = o->store->f64 ? ((const double *)o->grad)[i] : (double)((const float *)o->grad)[i];
		sum += g * g;
	}
	return sqrt(sum);
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_optimizer_options, optimizer, STR, "optimizer", "adamw", 0, 0, "adamw, adam, sgd (secant list optimizers)"),
	SECANT_OPT(secant_optimizer_options, learning_rate, REAL, "learning-rate", "1e-3", 0, 1000, "at the start, before the schedule"),
	SECANT_OPT(secant_optimizer_options, weight_decay, REAL, "weight-decay", "1e-2", 0, 1000, "pull of every parameter towards 0"),
	SECANT_OPT(secant_optimizer_options, momentum, REAL, "momentum", "0.9", 0, 1, "of sgd"),
	SECANT_OPT(secant_optimizer_options, dampening, REAL, "dampening", "0", 0, 1, "of sgd's momentum"),
	SECANT_OPT(secant_optimizer_options, nesterov, BOOL, "nesterov", "false", 0, 1, "sgd looks ahead"),
	SECANT_OPT(secant_optimizer_options, beta1, REAL, "beta1", "0.9", 0, 0.999999, "of adam's mean"),
	SECANT_OPT(secant_optimizer_options, beta2, REAL, "beta2", "0.999", 0, 0.9999999, "of adam's square"),
	SECANT_OPT(secant_optimizer_options, eps, REAL, "eps", "1e-8", 0, 1, "added to adam's denominator"),
	SECANT_OPT_END
};
const secant_opts secant_optimizer_options_table = { "optimizer", sizeof(secant_optimizer_options), rows };
