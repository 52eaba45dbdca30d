/*
 * SGD (Sutskever et al. 2013, as PyTorch writes it), Adam (Kingma, Ba 2015), AdamW (Loshchilov, Hutter 2019), AMSGrad
 * (Reddi et al. 2018), RMSprop (Hinton, lecture 6e, 2012; as PyTorch writes it), Lion (Chen et al. 2023).
 */
#include "kernels/optimizer.h"
#include <math.h>

/* One text for both types: `real` is float or double, `root` its square root. */
#define OPTIMIZERS(real, suffix, root) \
	KERNEL_INLINE void sgd_loop##suffix(real *restrict p, const real *restrict g, real *restrict v, int64_t n, \
		const kernel_sgd_step *o, bool moves, bool nesterov) \
	{ \
		real rate = (real)o->rate, decay = (real)o->weight_decay, scale = (real)o->scale; \
		real keep = o->first ? 0 : (real)o->momentum, take = o->first ? 1 : (real)(1 - o->dampening), \
			 momentum = (real)o->momentum; \
		for (int64_t i = 0; i < n; i++) { \
			real d = g[i] * scale + decay * p[i]; \
			if (moves) { \
				real u = keep * v[i] + take * d; \
				v[i] = u; \
				d = nesterov ? d + momentum * u : u; \
			} \
			p[i] -= rate * d; \
		} \
	} \
	static void sgd##suffix(real *p, const real *g, real *v, int64_t n, const kernel_sgd_step *o) \
	{ \
		if (!v) \
			sgd_loop##suffix(p, g, NULL, n, o, false, false); \
		else if (o->nesterov) \
			sgd_loop##suffix(p, g, v, n, o, true, true); \
		else \
			sgd_loop##suffix(p, g, v, n, o, true, false); \
	} \
	KERNEL_INLINE void adam_loop##suffix(real *restrict p, const real *restrict g, real *restrict m, real *restrict v, \
		real *restrict most, int64_t n, const kernel_adam_step *o, bool decoupled, bool amsgrad) \
	{ \
		real beta1 = (real)(1 - o->beta1), beta2 = (real)o->beta2, rest2 = (real)(1 - o->beta2), eps = (real)o->eps, \
			 scale = (real)o->scale; \
		real step = (real)(o->rate / (1 - pow(o->beta1, (double)o->step))), \
			 correction = (real)sqrt(1 - pow(o->beta2, (double)o->step)); \
		real shrink = (real)(1 - o->rate * o->weight_decay), decay = (real)o->weight_decay; \
		for (int64_t i = 0; i < n; i++) { \
			real w = p[i], d = g[i] * scale; \
			if (decoupled) \
				w *= shrink; \
			else \
				d += decay * w; \
			real a = m[i] + beta1 * (d - m[i]), b = v[i] * beta2 + rest2 * d * d, c = b; \
			m[i] = a; \
			v[i] = b; \
			if (amsgrad) { \
				c = most[i] > b ? most[i] : b; \
				most[i] = c; \
			} \
			p[i] = w - step * (a / (root(c) / correction + eps)); \
		} \
	} \
	static void adam##suffix( \
		real *p, const real *g, real *m, real *v, real *most, int64_t n, const kernel_adam_step *o) \
	{ \
		switch (o->decoupled | (most != NULL) << 1) { \
		case 0: adam_loop##suffix(p, g, m, v, NULL, n, o, false, false); break; \
		case 1: adam_loop##suffix(p, g, m, v, NULL, n, o, true, false); break; \
		case 2: adam_loop##suffix(p, g, m, v, most, n, o, false, true); break; \
		case 3: adam_loop##suffix(p, g, m, v, most, n, o, true, true); break; \
		} \
	} \
	KERNEL_INLINE void rmsprop_loop##suffix(real *restrict p, const real *restrict g, real *restrict s, \
		real *restrict v, real *restrict a, int64_t n, const kernel_rmsprop_step *o, bool moves, bool centered) \
	{ \
		real rate = (real)o->rate, alpha = (real)o->alpha, rest = (real)(1 - o->alpha), eps = (real)o->eps, \
			 decay = (real)o->weight_decay; \
		real momentum = (real)o->momentum, scale = (real)o->scale; \
		for (int64_t i = 0; i < n; i++) { \
			real d = g[i] * scale + decay * p[i], square = alpha * s[i] + rest * d * d, c = square; \
			s[i] = square; \
			if (centered) { \
				real mean = a[i] + rest * (d - a[i]); \
				a[i] = mean; \
				c = square - mean * mean; \
				c = c > 0 ? c : 0; \
			} \
			real u = d / (root(c) + eps); \
			if (moves) { \
				u += momentum * v[i]; \
				v[i] = u; \
			} \
			p[i] -= rate * u; \
		} \
	} \
	static void rmsprop##suffix( \
		real *p, const real *g, real *s, real *v, real *a, int64_t n, const kernel_rmsprop_step *o) \
	{ \
		switch ((v != NULL) | (a != NULL) << 1) { \
		case 0: rmsprop_loop##suffix(p, g, s, NULL, NULL, n, o, false, false); break; \
		case 1: rmsprop_loop##suffix(p, g, s, v, NULL, n, o, true, false); break; \
		case 2: rmsprop_loop##suffix(p, g, s, NULL, a, n, o, false, true); break; \
		case 3: rmsprop_loop##suffix(p, g, s, v, a, n, o, true, true); break; \
		} \
	} \
	static void lion##suffix( \
		real *restrict p, const real *restrict g, real *restrict m, int64_t n, const kernel_lion_step *o) \
	{ \
		real rate = (real)o->rate, keep1 = (real)o->beta1, take1 = (real)(1 - o->beta1), take2 = (real)(1 - o->beta2); \
		real shrink = (real)(1 - o->rate * o->weight_decay), scale = (real)o->scale; \
		for (int64_t i = 0; i < n; i++) { \
			real d = g[i] * scale, u = keep1 * m[i] + take1 * d; \
			p[i] = p[i] * shrink - (u > 0 ? rate : u < 0 ? -rate : 0); \
			m[i] += take2 * (d - m[i]); \
		} \
	}
OPTIMIZERS(float, , sqrtf)
OPTIMIZERS(double, 64, sqrt)

const kernel_optimizer_kernels KERNEL_TABLE(optimizer) = { .sgd = sgd,
	.sgd64 = sgd64,
	.adam = adam,
	.adam64 = adam64,
	.rmsprop = rmsprop,
	.rmsprop64 = rmsprop64,
	.lion = lion,
	.lion64 = lion64 };
