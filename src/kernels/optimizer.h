/*
 * Steps of optimisers over contiguous buffers, one pass over memory, in float and in double (a plain copy for runs in
 * f64). PyTorch's formulas in PyTorch's order (torch.optim, single-tensor form); the gradient is first multiplied by
 * `scale` (clipping, accumulation).
 */
#ifndef KERNEL_OPTIMIZER_H
#define KERNEL_OPTIMIZER_H
#include "kernels/kernels.h"

/*     d = g + weight_decay p
 *     v = first ? d : momentum v + (1 - dampening) d          (where momentum is not 0)
 *     p -= rate (nesterov ? d + momentum v : v)               (rate d without momentum) */
typedef struct kernel_sgd_step {
	double rate, momentum, dampening, weight_decay, scale;
	bool nesterov, first;
} kernel_sgd_step;

/*     decoupled (AdamW): p -= rate weight_decay p; else g += weight_decay p
 *     m += (1 - beta1) (g - m),  v = beta2 v + (1 - beta2) g g
 *     p -= rate / (1 - beta1^step) * m / (sqrt(v') / sqrt(1 - beta2^step) + eps);  v' = v, or with amsgrad the
 *     largest v so far */
typedef struct kernel_adam_step {
	double rate, beta1, beta2, eps, weight_decay, scale;
	int64_t step;
	bool decoupled;
} kernel_adam_step; /* step: 1, 2, ... */

/*     d = g + weight_decay p,  s = alpha s + (1 - alpha) d d
 *     centered: a += (1 - alpha) (d - a),  u = d / (sqrt(s - a a) + eps);  else u = d / (sqrt(s) + eps)
 *     momentum: v = momentum v + u, p -= rate v;  else p -= rate u */
typedef struct kernel_rmsprop_step {
	double rate, alpha, eps, weight_decay, momentum, scale;
} kernel_rmsprop_step;

/*     p -= rate weight_decay p,  p -= rate sign(beta1 m + (1 - beta1) g),  m += (1 - beta2) (g - m) */
typedef struct kernel_lion_step {
	double rate, beta1, beta2, weight_decay, scale;
} kernel_lion_step;

typedef struct kernel_optimizer_kernels {
	/* v: momentum buffer, NULL where momentum is 0. */
	void (*sgd)(float *p, const float *g, float *v, int64_t n, const kernel_sgd_step *o);
	void (*sgd64)(double *p, const double *g, double *v, int64_t n, const kernel_sgd_step *o);
	/* most: the largest v so far (amsgrad); NULL: plain. */
	void (*adam)(float *p, const float *g, float *m, float *v, float *most, int64_t n, const kernel_adam_step *o);
	void (*adam64)(
		double *p, const double *g, double *m, double *v, double *most, int64_t n, const kernel_adam_step *o);
	/* s: mean square; v: momentum, a: mean; NULL: without. */
	void (*rmsprop)(float *p, const float *g, float *s, float *v, float *a, int64_t n, const kernel_rmsprop_step *o);
	void (*rmsprop64)(
		double *p, const double *g, double *s, double *v, double *a, int64_t n, const kernel_rmsprop_step *o);
	void (*lion)(float *p, const float *g, float *m, int64_t n, const kernel_lion_step *o);
	void (*lion64)(double *p, const double *g, double *m, int64_t n, const kernel_lion_step *o);
} kernel_optimizer_kernels;
KERNEL_FAMILY(optimizer)
#endif
