/*
 * Optimisers by name: which kernel, with which settings. The formulas are in kernels/optimizer.h.
 */
#include "train/optimizer.h"
#include <math.h>
#include <string.h>
#include "kernels/optimizer.h"

/* One range of one update: n numbers from p, gradients g, slots v; all float, or double in a double store. */
typedef struct update {
	const secant_optimizer_options *o;
	double rate, momentum, decay, scale;
	int64_t step, n;
	bool f64;
	void *p, *v[TRAIN_OPTIMIZER_SLOTS];
	const void *g;
} update;

typedef struct train_optimizer_kind {
	const char *name, *brief;
	int (*slots)(const secant_optimizer_options *o);
	void (*run)(const update *u);
	double decay; /* unless the options say: torch.optim's */
	bool (*decays)(const exec_slot *slot); /* is weight decay for this parameter? NULL: by decay-norms */
} train_optimizer_kind;

static int
one(const secant_optimizer_options *o)
{
	return 1;
}

static void
sgd(const update *u)
{
	kernel_sgd_step s = {
		.rate = u->rate,
		.momentum = u->momentum >= 0 ? u->momentum : u->o->momentum,
		.dampening = u->o->dampening,
		.weight_decay = u->decay,
		.scale = u->scale,
		.nesterov = u->o->nesterov,
		.first = u->step == 1,
	};
	void *buffer = s.momentum != 0 ? u->v[0] : NULL;
	if (u->f64)
		kernel_optimizer_best()->sgd64(u->p, u->g, buffer, u->n, &s);
	else
		kernel_optimizer_best()->sgd(u->p, u->g, buffer, u->n, &s);
}

static double
beta2_of(const secant_optimizer_options *o, double usual)
{
	return o->beta2 > 0 ? o->beta2 : usual;
}

static int
adam_slots(const secant_optimizer_options *o)
{
	return o->amsgrad ? 3 : 2;
}

static void
adam_step(const update *u, bool decoupled)
{
	kernel_adam_step s = {
		.rate = u->rate,
		.beta1 = u->momentum >= 0 ? u->momentum : u->o->beta1,
		.beta2 = beta2_of(u->o, .999),
		.eps = u->o->eps,
		.weight_decay = u->decay,
		.scale = u->scale,
		.step = u->step,
		.decoupled = decoupled,
	};
	if (u->f64)
		kernel_optimizer_best()->adam64(u->p, u->g, u->v[0], u->v[1], u->v[2], u->n, &s);
	else
		kernel_optimizer_best()->adam(u->p, u->g, u->v[0], u->v[1], u->v[2], u->n, &s);
}

static void
adamw(const update *u)
{
	adam_step(u, true);
}
static void
adam(const update *u)
{
	adam_step(u, false);
}

/*
 * MindSpore's nn.Adam: its eps stands beside the root of the plain square, not of the corrected one,
 *
 *     w -= rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)
 *
 * which is PyTorch's with eps / sqrt(1 - beta2^t). Decay goes to what is called neither gamma nor beta.
 */
static void
adam_mindspore(const update *u)
{
	secant_optimizer_options o = *u->o;
	update v = *u;
	o.eps /= sqrt(1 - pow(beta2_of(u->o, .999), (double)u->step));
	v.o = &o;
	adam_step(&v, false);
}

static bool
decays_in_mindspore(const exec_slot *slot)
{
	return !strstr(slot->name, "gamma") && !strstr(slot->name, "beta");
}

/* Mean square, momentum, mean. */
static int
rmsprop_slots(const secant_optimizer_options *o)
{
	return o->centered ? 3 : 2;
}

static void
rmsprop(const update *u)
{
	kernel_rmsprop_step s = {
		.rate = u->rate,
		.alpha = u->o->alpha,
		.eps = u->o->eps,
		.weight_decay = u->decay,
		.momentum = u->momentum >= 0 ? u->momentum : u->o->momentum,
		.scale = u->scale,
	};
	void *moves = s.momentum != 0 ? u->v[1] : NULL;
	if (u->f64)
		kernel_optimizer_best()->rmsprop64(u->p, u->g, u->v[0], moves, u->v[2], u->n, &s);
	else
		kernel_optimizer_best()->rmsprop(u->p, u->g, u->v[0], moves, u->v[2], u->n, &s);
}

static void
lion(const update *u)
{
	kernel_lion_step s = { .rate = u->rate,
		.beta1 = u->momentum >= 0 ? u->momentum : u->o->beta1,
		.beta2 = beta2_of(u->o, .99),
		.weight_decay = u->decay,
		.scale = u->scale };
	if (u->f64)
		kernel_optimizer_best()->lion64(u->p, u->g, u->v[0], u->n, &s);
	else
		kernel_optimizer_best()->lion(u->p, u->g, u->v[0], u->n, &s);
}

static const train_optimizer_kind kinds[] = {
	{ "adamw", "Adam with decoupled weight decay (Loshchilov, Hutter 2019)", adam_slots, adamw, 1e-2, NULL },
	{ "adam", "Adam; weight decay is added to the gradient", adam_slots, adam, 0, NULL },
	{ "adam-mindspore",
		"MindSpore's Adam: weight decay (of all but gamma and beta) is added to the gradient, eps to the "
		"root before its correction",
		adam_slots, adam_mindspore, 0, decays_in_mindspore },
	{ "sgd", "stochastic gradient descent, momentum, nesterov", one, sgd, 0, NULL },
	{ "rmsprop", "divides by a running mean of squares (Hinton 2012)", rmsprop_slots, rmsprop, 0, NULL },
	{ "lion", "the sign of a momentum; wants a tenth of Adam's rate (Chen et al. 2023)", one, lion, 0, NULL },
	{ 0 },
};

static secant_entry
entry(int i)
{
	return i < (int)(sizeof kinds / sizeof *kinds) ? (secant_entry){ kinds[i].name, kinds[i].brief, NULL }
												   : (secant_entry){ 0 };
}
const base_kind base_kind_optimizers = { "optimizers", "Optimisers", entry };

/* ---- groups ---- */

enum { CHUNK = 1 << 16 };

/* The numbers of a slot with the gap behind it, which is zero and stays so. */
static int64_t
extent(const exec_store *s, int slot)
{
	for (int i = slot + 1; i < s->n; i++)
		if (s->slot[i].trainable)
			return s->slot[i].offset - s->slot[slot].offset;
	return s->params_count - s->slot[slot].offset;
}

secant_status
train_optimizer_train_only(train_optimizer *o, const bool *trained, secant_err *err)
{
	const exec_store *s = o->store;
	size_t most = (size_t)(s->params_count / CHUNK) + (size_t)s->n + 1;
	secant_free(o->chunk);
	secant_free(o->part);
	o->n_chunks = 0;
	o->chunk = secant_calloc(most, sizeof *o->chunk);
	o->part = secant_calloc(most, sizeof *o->part);
	if (!o->chunk || !o->part)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for groups of parameters");
	for (int i = 0; i < s->n; i++) {
		const exec_slot *slot = &s->slot[i];
		if (!slot->trainable || (trained && !trained[i]))
			continue;
		double rate = strncmp(slot->name, "encoder.", 8) ? 1 : o->options.encoder_rate;
		bool decays = o->kind->decays
			? o->kind->decays(slot)
			: o->options.decay_norms || slot->type.shape.rank > 1; /* norms, biases: vectors */
		int64_t first = slot->offset, left = extent(s, i);
		while (left > 0) {
			train_optimizer_chunk *c = o->n_chunks ? &o->chunk[o->n_chunks - 1] : NULL;
			bool goes_on = c && c->first + c->n == first && c->rate == rate && c->decays == decays && c->n < CHUNK;
			int64_t n = goes_on && left > CHUNK - c->n ? CHUNK - c->n : left > CHUNK ? CHUNK : left;
			if (goes_on)
				c->n += n;
			else
				o->chunk[o->n_chunks++] = (train_optimizer_chunk){ first, n, rate, decays };
			first += n, left -= n;
		}
	}
	return SECANT_OK;
}

/* ---- life ---- */

static secant_status
check(const secant_optimizer_options *o, secant_err *err)
{
	if (o->nesterov && (o->momentum <= 0 || o->dampening != 0))
		return secant_fail(err, SECANT_ERR_ARG, "nesterov wants a momentum above 0 and no dampening");
	if (o->weight_decay < 0 && o->weight_decay != -1)
		return secant_fail(err, SECANT_ERR_RANGE,
			"weight-decay is %g; 0 or more is wanted, or -1 for the optimizer's own", o->weight_decay);
	return SECANT_OK;
}

secant_status
train_optimizer_new(train_optimizer *o, const secant_optimizer_options *options, exec_store *store, secant_err *err)
{
	char near[100];
	*o = (train_optimizer){ .options = *options, .store = store };
	for (int i = 0; kinds[i].name; i++)
		if (!strcmp(kinds[i].name, options->optimizer))
			o->kind = &kinds[i];
	if (!o->kind)
		return secant_fail(err, SECANT_ERR_ARG, "optimizer: none is named '%s'%s", options->optimizer,
			base_kind_near(&base_kind_optimizers, options->optimizer, near));
	secant_status status = check(options, err);
	if (status)
		return status;
	if (options->weight_decay < 0)
		o->options.weight_decay = o->kind->decay;
	bool ok = (o->grad = exec_store_buffer(store)) != NULL;
	for (int i = 0; ok && i < train_optimizer_slots(o); i++)
		ok = (o->slot[i] = exec_store_buffer(store)) != NULL;
	status = ok ? train_optimizer_train_only(o, NULL, err)
				: secant_fail(err, SECANT_ERR_NOMEM, "no memory for gradients and optimiser of %lld numbers",
					(long long)store->params_count);
	if (status)
		train_optimizer_free(o);
	return status;
}

void
train_optimizer_free(train_optimizer *o)
{
	secant_free(o->grad);
	secant_free(o->sum);
	for (int i = 0; i < TRAIN_OPTIMIZER_SLOTS; i++)
		secant_free(o->slot[i]);
	secant_free(o->chunk);
	secant_free(o->part);
	*o = (train_optimizer){ 0 };
}

int
train_optimizer_slots(const train_optimizer *o)
{
	return o->kind->slots(&o->options);
}

/* ---- steps ---- */

static void *
at(const train_optimizer *o, const void *p, int64_t i)
{
	return p ? (char *)(uintptr_t)p + (size_t)i * (o->store->f64 ? sizeof(double) : sizeof(float)) : NULL;
}

/* What the next update reads. */
static void *
gradient(const train_optimizer *o)
{
	return o->summed ? o->sum : o->grad;
}

static void
add_chunk(const train_optimizer *o, const train_optimizer_chunk *c, bool first)
{
	void *to = at(o, o->sum, c->first), *from = at(o, o->grad, c->first);
	if (first)
		memcpy(to, from, (size_t)c->n * (o->store->f64 ? sizeof(double) : sizeof(float)));
	else if (o->store->f64)
		for (int64_t i = 0; i < c->n; i++)
			((double *)to)[i] += ((const double *)from)[i];
	else
		for (int64_t i = 0; i < c->n; i++)
			((float *)to)[i] += ((const float *)from)[i];
}

secant_status
train_optimizer_accumulate(train_optimizer *o, int threads, secant_err *err)
{
	if (!o->sum && !(o->sum = exec_store_buffer(o->store)))
		return secant_fail(
			err, SECANT_ERR_NOMEM, "no memory for the sum of %lld gradients", (long long)o->store->params_count);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads)
#endif
	for (int c = 0; c < o->n_chunks; c++)
		add_chunk(o, &o->chunk[c], !o->summed);
	o->summed++;
	return SECANT_OK;
}

/* Cuts scale * g into -most..most. */
static void
clamp_chunk(const train_optimizer *o, const train_optimizer_chunk *c, double scale, double most)
{
	void *g = at(o, gradient(o), c->first);
	float limit = (float)most, by = (float)scale;
	if (o->store->f64)
		for (int64_t i = 0; i < c->n; i++) {
			double v = ((double *)g)[i] * scale;
			((double *)g)[i] = v > most ? most : v < -most ? -most : v;
		}
	else
		for (int64_t i = 0; i < c->n; i++) {
			float v = ((float *)g)[i] * by;
			((float *)g)[i] = v > limit ? limit : v < -limit ? -limit : v;
		}
}

static double
square_of(const train_optimizer *o, const train_optimizer_chunk *c)
{
	const void *g = at(o, gradient(o), c->first);
	double sum = 0;
	for (int64_t i = 0; i < c->n; i++) {
		double v = o->store->f64 ? ((const double *)g)[i] : (double)((const float *)g)[i];
		sum += v * v;
	}
	return sum;
}

double
train_optimizer_grad_norm(const train_optimizer *o, int threads)
{
	double sum = 0;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads)
#endif
	for (int c = 0; c < o->n_chunks; c++)
		o->part[c] = square_of(o, &o->chunk[c]);
	for (int c = 0; c < o->n_chunks; c++)
		sum += o->part[c];
	return sqrt(sum);
}

/* What the gradients are multiplied by: the mean of a batch in parts, clipped by value, then by norm (PyTorch's
 * clip_grad_value_ and clip_grad_norm_). */
static double
scale_of(const train_optimizer *o, int threads)
{
	double scale = o->summed > 1 ? 1. / o->summed : 1;
	if (o->options.clip_value > 0) {
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads)
#endif
		for (int c = 0; c < o->n_chunks; c++)
			clamp_chunk(o, &o->chunk[c], scale, o->options.clip_value);
		scale = 1;
	}
	if (o->options.clip_norm > 0) {
		double by = o->options.clip_norm / (scale * train_optimizer_grad_norm(o, threads) + 1e-6);
		scale *= by < 1 ? by : 1;
	}
	return scale;
}

void
train_optimizer_update(train_optimizer *o, double learning_rate, double momentum, int threads)
{
	double scale = scale_of(o, threads);
	const void *grad = gradient(o);
	o->step++;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads)
#endif
	for (int i = 0; i < o->n_chunks; i++) {
		const train_optimizer_chunk *c = &o->chunk[i];
		update u = {
			.o = &o->options,
			.rate = learning_rate * c->rate,
			.momentum = momentum,
			.decay = c->decays ? o->options.weight_decay : 0,
			.scale = scale,
			.step = o->step,
			.n = c->n,
			.f64 = o->store->f64,
			.p = at(o, o->store->params, c->first),
			.g = at(o, grad, c->first),
		};
		for (int k = 0; k < TRAIN_OPTIMIZER_SLOTS; k++)
			u.v[k] = at(o, o->slot[k], c->first);
		o->kind->run(&u);
	}
	o->summed = 0;
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_optimizer_options, optimizer, STR, "optimizer", "adamw", 0, 0,
		"adamw, adam, adam-mindspore, sgd, rmsprop, lion (secant list optimizers)"),
	SECANT_OPT(secant_optimizer_options, learning_rate, REAL, "learning-rate", "1e-3", 0, 1000,
		"at the start, before the schedule"),
	SECANT_OPT(secant_optimizer_options, weight_decay, REAL, "weight-decay", "-1", -1, 1000,
		"pull of every parameter towards 0; -1: as PyTorch, adamw 1e-2, the others 0"),
	SECANT_OPT(secant_optimizer_options, momentum, REAL, "momentum", "0.9", 0, 1, "of sgd and rmsprop"),
	SECANT_OPT(secant_optimizer_options, dampening, REAL, "dampening", "0", 0, 1, "of sgd's momentum"),
	SECANT_OPT(secant_optimizer_options, nesterov, BOOL, "nesterov", "false", 0, 1, "sgd looks ahead"),
	SECANT_OPT(
		secant_optimizer_options, beta1, REAL, "beta1", "0.9", 0, 0.999999, "of adam's mean, of lion's direction"),
	SECANT_OPT(secant_optimizer_options, beta2, REAL, "beta2", "0", 0, 0.9999999,
		"of adam's square, of lion's momentum; 0: 0.999, lion 0.99"),
	SECANT_OPT(
		secant_optimizer_options, eps, REAL, "eps", "1e-8", 0, 1, "added to the denominator of adam and rmsprop"),
	SECANT_OPT(
		secant_optimizer_options, amsgrad, BOOL, "amsgrad", "false", 0, 1, "adam divides by the largest square so far"),
	SECANT_OPT(secant_optimizer_options, alpha, REAL, "alpha", "0.99", 0, 0.9999999, "of rmsprop's square"),
	SECANT_OPT(secant_optimizer_options, centered, BOOL, "centered", "false", 0, 1,
		"rmsprop divides by the deviation, not by the root of the square"),
	SECANT_OPT(secant_optimizer_options, encoder_rate, REAL, "encoder-rate", "1", 0, 1000,
		"the encoder's learning rate, as a factor"),
	SECANT_OPT(secant_optimizer_options, decay_norms, BOOL, "decay-norms", "true", 0, 1,
		"weight decay pulls norms and biases too"),
	SECANT_OPT(secant_optimizer_options, clip_norm, REAL, "clip-norm", "0", 0, 1e9,
		"largest norm of all gradients together; 0: any"),
	SECANT_OPT(
		secant_optimizer_options, clip_value, REAL, "clip-value", "0", 0, 1e9, "largest size of a gradient; 0: any"),
	SECANT_OPT_END,
};
const secant_opts train_optimizer_options_table = { "optimizer", sizeof(secant_optimizer_options), rows };
