/*
 * Optimisers by name: which kernel, with which settings. The formulas are in kernels/optimizer.h.
 */
#include "train/optimizer.h"
#include <math.h>
#include <string.h>
#include "kernels/optimizer.h"

/* One range of one update: n numbers from p, gradients g, slots a and b; all float, or double in a double store. */
typedef struct update { const secant_optimizer_options *o; double rate; int64_t step, n; bool f64; void *p, *a, *b; const void *g; } update;

typedef struct secant_optimizer_kind {
	const char *name, *brief;
	int slots;
	void (*run)(const update *u);
} secant_optimizer_kind;

static void
sgd(const update *u)
{
	secant_sgd_step s = { .rate = u->rate, .momentum = u->o->momentum, .dampening = u->o->dampening, .weight_decay = u->o->weight_decay, .scale = 1,
	                      .nesterov = u->o->nesterov, .first = u->step == 1 };
	void *buffer = u->o->momentum != 0 ? u->a : NULL;
	if (u->f64)
		secant_optimizer_best()->sgd64(u->p, u->g, buffer, u->n, &s);
	else
		secant_optimizer_best()->sgd(u->p, u->g, buffer, u->n, &s);
}

static void
adam_step(const update *u, bool decoupled)
{
	secant_adam_step s = { .rate = u->rate, .beta1 = u->o->beta1, .beta2 = u->o->beta2, .eps = u->o->eps, .weight_decay = u->o->weight_decay, .scale = 1,
	                       .step = u->step, .decoupled = decoupled };
	if (u->f64)
		secant_optimizer_best()->adam64(u->p, u->g, u->a, u->b, NULL, u->n, &s);
	else
		secant_optimizer_best()->adam(u->p, u->g, u->a, u->b, NULL, u->n, &s);
}

static void adamw(const update *u) { adam_step(u, true); }
static void adam(const update *u) { adam_step(u, false); }

static const secant_optimizer_kind kinds[] = {
	{ "adamw", "Adam with decoupled weight decay (Loshchilov, Hutter 2019)", 2, adamw },
	{ "adam", "Adam; weight decay is added to the gradient", 2, adam },
	{ "sgd", "stochastic gradient descent, momentum, nesterov", 1, sgd },
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
		update u = { &o->options, learning_rate, o->step, n - first < CHUNK ? n - first : CHUNK, o->store->f64, at(o->store->params, size, first),
		             at(o->slot[0], size, first), at(o->slot[1], size, first), at(o->grad, size, first) };
		o->kind->run(&u);
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
