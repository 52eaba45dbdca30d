/*
 * Steps of optimisers over contiguous buffers, one pass over memory, in float and in double (a plain copy for runs in f64). PyTorch's
 * formulas in PyTorch's order (torch.optim, single-tensor form); the gradient is first multiplied by `scale` (clipping, accumulation).
 */
#ifndef SECANT_KERNELS_OPTIMIZER_H
#define SECANT_KERNELS_OPTIMIZER_H
#include "kernels/kernels.h"

/*     d = g + weight_decay p
 *     v = first ? d : momentum v + (1 - dampening) d          (where momentum is not 0)
 *     p -= rate (nesterov ? d + momentum v : v)               (rate d without momentum) */
typedef struct secant_sgd_step { double rate, momentum, dampening, weight_decay, scale; bool nesterov, first; } secant_sgd_step;

/*     decoupled (AdamW): p -= rate weight_decay p; else g += weight_decay p
 *     m += (1 - beta1) (g - m),  v = beta2 v + (1 - beta2) g g
 *     p -= rate / (1 - beta1^step) * m / (sqrt(v') / sqrt(1 - beta2^step) + eps);  v' = v, or with amsgrad the largest v so far */
typedef struct secant_adam_step { double rate, beta1, beta2, eps, weight_decay, scale; int64_t step; bool decoupled; } secant_adam_step;   /* step: 1, 2, ... */

typedef struct secant_optimizer_kernels {
	/* v: momentum buffer, NULL where momentum is 0. */
	void (*sgd)(float *p, const float *g, float *v, int64_t n, const secant_sgd_step *o);
	void (*sgd64)(double *p, const double *g, double *v, int64_t n, const secant_sgd_step *o);
	/* most: the largest v so far (amsgrad); NULL: plain. */
	void (*adam)(float *p, const float *g, float *m, float *v, float *most, int64_t n, const secant_adam_step *o);
	void (*adam64)(double *p, const double *g, double *m, double *v, double *most, int64_t n, const secant_adam_step *o);
} secant_optimizer_kernels;
SECANT_KERNELS(optimizer)
#endif
