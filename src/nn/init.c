/*
 * Initialisation as PyTorch's and segmentation_models.pytorch's (not their random numbers):
 *
 *     default           uniform in +-1/sqrt(fan_in), weights and biases
 *     kaiming_uniform   uniform in +-sqrt(6/fan_in)                      (fan_in, relu: decoders)
 *     kaiming_normal_out, normal_out   normal, deviation sqrt(2/fan_out)  (torchvision's ResNets)
 *     kaiming_normal    normal, deviation sqrt(2/fan_in)                 (DenseNets)
 *     xavier_uniform    uniform in +-sqrt(6/(fan_in + fan_out))          (heads)
 *     faint, soft       1e-6 (scales of branches: ConvNeXt), 1e-5 (MobileNetV4, vision transformers)
 *     normal_001, normal_006  normal, deviation 0.01 or 0.06 (MindSpore's U-Nets)
 *     trunc_normal      normal, deviation 0.02 (transformers; the cut at two units, 100 deviations, never happens)
 */
#include "nn/init.h"
#include "base/rng.h"
#include <math.h>

void
nn_init_fill(graph_init rule, const secant_shape *shape, int64_t fan_in, uint64_t seed, uint32_t index,
	void (*set)(void *user, int64_t i, double v), void *user)
{
	int64_t n = secant_shape_count(shape), area = 1;
	for (int i = 2; i < shape->rank; i++)
		area *= shape->dim[i];
	if (!fan_in)
		fan_in = shape->rank > 1 ? shape->dim[1] * area : 1;
	int64_t fan_out = shape->rank > 0 ? shape->dim[0] * area : 1;
	double in = fan_in > 0 ? (double)fan_in : 1, out = fan_out > 0 ? (double)fan_out : 1, bound = 0, deviation = 0;
	switch (rule) {
	case GRAPH_INIT_ZEROS:
	case GRAPH_INIT_ONES:
	case GRAPH_INIT_FAINT:
	case GRAPH_INIT_SOFT: break;
	case GRAPH_INIT_DEFAULT: bound = 1 / sqrt(in); break;
	case GRAPH_INIT_KAIMING_UNIFORM: bound = sqrt(6 / in); break;
	case GRAPH_INIT_XAVIER_UNIFORM: bound = sqrt(6 / (in + out)); break;
	case GRAPH_INIT_KAIMING_NORMAL_OUT:
	case GRAPH_INIT_NORMAL_OUT: deviation = sqrt(2 / out); break;
	case GRAPH_INIT_KAIMING_NORMAL: deviation = sqrt(2 / in); break;
	case GRAPH_INIT_TRUNC_NORMAL: deviation = 0.02; break;
	case GRAPH_INIT_NORMAL_001: deviation = 0.01; break;
	case GRAPH_INIT_NORMAL_006: deviation = 0.06; break;
	}
	base_rng r = base_rng_make(seed, BASE_FOR_INIT, 0, index);
	for (int64_t i = 0; i < n; i++)
		set(user, i,
			rule == GRAPH_INIT_ONES        ? 1
				: rule == GRAPH_INIT_FAINT ? 1e-6
				: rule == GRAPH_INIT_SOFT  ? 1e-5
				: bound > 0                ? base_rng_range(&r, -bound, bound)
				: deviation > 0            ? deviation * base_rng_normal(&r)
										   : 0);
}
