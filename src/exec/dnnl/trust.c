/*
 * What is known against implementations of oneDNN, as data. See trust.h.
 */
#include "exec/dnnl/trust.h"
#include <dnnl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NEVER = INT_MAX };

/* `op` and `impl` are patterns as in fnmatch; `from` is the first version that was run and found right. A version
 * between one found wrong and one found right counts as wrong. */
static const struct {
	const char *op; /* NULL: every operator */
	const char *impl;
	int from;
	const char *why;
} rows[] = {
	{ NULL, "*ref*", NEVER, "a scalar reference: right, but a 3 ms convolution took two minutes" },
	/*
	 * Weight gradients on AMX (bf16; Xeon of the Sapphire Rapids class, two threads). Seen with 2.6.3, all inputs 1, so
	 * that every sum is known, and unreadable pages around every operand; kernel 3x3, stride 1, padding 1:
	 *
	 *   pictures x height x width, channels                             result
	 *   1x96x256, 1x192x256, 1x224x256, 1x96x288, 1x128x384, 1x32x384,
	 *   1x64x512, 1x256x512; 16 to 16                                   wrong sums: one row of the picture too many
	 *   2x64x600 64 to 64, 4x512x512 32 to 16, 1x96x256 32 to 32        writes KW x IC x OC floats before the gradient
	 *   1x1024x1024 16 to 16                                            does not end
	 *   1x32x256, 1x64x256, 1x128x256, 1x160x256, 1x256x256; 16 to 16   right
	 *   widths below 229; other kernels, strides, dilation              right
	 *
	 * Of 500 shapes drawn at random 24 were at fault; of 1,000 forward convolutions and data gradients by
	 * implementations of the same name none. 3.2, which calls it jit:avx512_core_amx, chooses it for groups only, and
	 * wrote beside scratch memory: 1x59x251, 8 to 16 channels in 8 groups. So no version of it was ever found right.
	 */
	{ "conv2d_grad_weights*", "jit:avx512_core_amx*", NEVER,
		"in 2.6.3 it writes before its result and sums wrongly where pictures are 229 or more wide" },
	/* What 3.2 takes in its stead: right from 96x256 to 512x512, 16 to 64 channels, on two threads; but of 1x3x301, 16
	 * to 16, on three threads it gave results that are no numbers. */
	{ "conv2d_grad_weights*", "brgconv_bwd_w:avx512_core_amx*", NEVER,
		"in 3.2 it takes up what it never wrote where there are more threads than rows" },
	/*
	 * Data gradients of 1x1 in bf16 (AVX-512, two threads), 2.6.3: wrong sums where the output has an odd number of
	 * channels and pictures are large. Wrong: 16 to 19, 21 and 33, 32 to 21, 64 to 37, 40 to 5 channels at 300x301 and
	 * 511x509. Right: 16 or 40 output channels; 64x63, 129x131, 255x257, 400x401, 512x512. Its forward and weight
	 * gradient were right at all of these.
	 */
	{ "conv2d_grad_data", "jit_bf16_1x1:*", NEVER,
		"in 2.6.3 it sums wrongly where there is an odd number of output channels" },
	/* Dilated weight gradients in bf16 (AVX-512), 2.6.3: 17 to 32 channels, 5x5, 29x83 gave what stood in scratch
	 * before for the last input channel; plain ones were right at all sizes tried. */
	{ "conv2d_grad_weights dilated", "jit_bf16:avx512_core_bf16", NEVER,
		"in 2.6.3 it takes up what it never wrote where channels do not fill a block" },
	/* The same of kernels larger than the picture: 7x7 on 2x210, 128 to 4 channels, was no number. */
	{ "conv2d_grad_weights over", "jit_bf16:avx512_core_bf16", NEVER,
		"in 2.6.3 it takes up what it never wrote where the kernel is larger than the picture" },
	/* Strided weight gradients of 1x1, 2.6.3, two threads, stride 2, 1x130x200, f32 and bf16: with 1, 2, 3, 8, 9, 15
	 * input channels to 1, 8, 24, 64 it writes behind its scratch memory on AVX-512 (AVX2: with fewer than 8); with 16
	 * and more, whole blocks or not, it does not, nor at stride 1. */
	{ "conv2d_grad_weights thin", "jit*_1x1:*", NEVER,
		"in 2.6.3 it writes behind its scratch memory where input channels do not fill a block" },
};

/* Is the name in a list separated by commas? */
static bool
listed(const char *list, const char *name)
{
	size_t n = strlen(name);
	while (list && *list) {
		size_t word = strcspn(list, ",");
		if (word == n && !memcmp(list, name, n))
			return true;
		list += word + (list[word] == ',');
	}
	return false;
}

const char *
exec_dnnl_refused(const char *op, const char *impl, int version)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((!rows[i].op || !fnmatch(rows[i].op, op, 0)) && !fnmatch(rows[i].impl, impl, 0) && version < rows[i].from)
			return rows[i].why;
	return listed(getenv("SECANT_ONEDNN_WITHOUT"), impl) ? "SECANT_ONEDNN_WITHOUT names it" : NULL;
}

int
exec_dnnl_version(void)
{
	const dnnl_version_t *v = dnnl_version();
	return ONEDNN_VERSION(v->major, v->minor, v->patch);
}
