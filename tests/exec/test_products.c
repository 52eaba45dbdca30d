/*
 * Convolutions with their gradients, transposed convolutions and products of matrices: every implementation, oneDNN's
 * and our own, against the reference, at the cases of the operators and those below; with every activation and sum that
 * can be fused, in f32 and bf16, on one thread and three, with weights that are packed, repacked or given, and again on
 * two threads for every lesser instruction set. What no implementation takes is printed and counted; what must be taken
 * is a failure.
 */
#include "exec/native/tiles.h"
#include "trial.h"

typedef struct extra {
	const char *op;
	graph_op_case c;
} extra;

/* Beside the operators' own: small channel counts, padding on some sides only, strides beyond the kernel, every kind at
 * once; x of conv2d and its gradients N H W C, w O I kH kW. */
static const extra extras[] = {
	{ "conv2d", { "1 to 1 channel", "padding=1", "1x6x7x1 1x1x3x3 1" } },
	{ "conv2d", { "2 to 5 channels", "padding=1", "2x6x7x2 5x2x3x3 5" } },
	{ "conv2d", { "3 to 2 channels", "padding=2", "1x9x8x3 2x3x5x5" } },
	{ "conv2d", { "4 to 3 channels", "padding=1", "1x9x8x4 3x4x3x3 3" } },
	{ "conv2d", { "5 to 4 channels", "padding=1 stride=2", "1x9x8x5 4x5x3x3 4" } },
	{ "conv2d", { "16 to 1 channel, 5x5", "padding=2", "1x9x8x16 1x16x5x5" } },
	{ "conv2d", { "48 to 3 channels", "padding=1", "1x9x8x48 3x48x3x3 3" } },
	{ "conv2d", { "17 to 33 channels", "padding=1", "2x7x5x17 33x17x3x3 33" } },
	{ "conv2d", { "64 to 64 channels", "padding=1", "1x12x11x64 64x64x3x3 64" } },
	{ "conv2d", { "stride beyond the kernel", "stride=3", "1x10x11x8 16x8x2x2 16" } },
	{ "conv2d", { "stride beyond the kernel, 1x1", "stride=4", "1x10x11x16 16x16x1x1" } },
	{ "conv2d", { "padding at the top", "padding=2,0,0,0", "1x7x6x8 8x8x3x3 8" } },
	{ "conv2d", { "padding at the left", "padding=0,2,0,0", "1x7x6x16 16x16x3x3 16" } },
	{ "conv2d", { "padding at the right", "padding=0,0,0,2", "1x7x6x16 16x16x3x3 16" } },
	{ "conv2d", { "four paddings", "padding=0,1,2,3 stride=2", "1x9x8x16 32x16x4x4 32" } },
	{ "conv2d", { "padding beyond the kernel", "padding=4", "1x5x6x16 16x16x3x3" } },
	{ "conv2d", { "wide kernel", "padding=0,3", "1x5x14x8 8x8x1x7 8" } },
	{ "conv2d", { "tall kernel", "padding=3,0", "1x14x5x8 8x8x7x1 8" } },
	{ "conv2d", { "one row", "padding=1", "1x1x19x16 16x16x3x3 16" } },
	{ "conv2d", { "one column", "padding=1", "1x19x1x16 16x16x3x3 16" } },
	{ "conv2d", { "one pixel", "padding=1", "3x1x1x16 16x16x3x3 16" } },
	{ "conv2d", { "uneven dilation", "padding=2,3 dilation=2x3", "1x9x10x16 16x16x3x3 16" } },
	{ "conv2d", { "dilated, strided", "padding=4 dilation=4 stride=2", "1x13x12x16 16x16x3x3" } },
	{ "conv2d", { "dilated, grouped", "padding=2 dilation=2 groups=2", "1x9x8x32 32x16x3x3 32" } },
	{ "conv2d", { "3 groups of 1 to 2", "padding=1 groups=3", "1x7x8x3 6x1x3x3 6" } },
	{ "conv2d", { "2 groups of 5 to 3", "padding=1 groups=2", "1x7x8x10 6x5x3x3 6" } },
	{ "conv2d", { "depthwise, 1 channel a group, 5 channels", "padding=1 groups=5", "1x7x8x5 5x1x3x3 5" } },
	{ "conv2d", { "depthwise, 19 channels, stride 2", "padding=1 stride=2 groups=19", "2x9x8x19 19x1x3x3" } },
	{ "conv2d", { "depthwise, dilated", "padding=4 dilation=4 groups=32", "1x11x9x32 32x1x3x3 32" } },
	{ "conv2d", { "depthwise, dilated beyond the map", "padding=36 dilation=36 groups=80", "2x7x9x80 80x1x3x3 80" } },
	{ "conv2d", { "depthwise 5x5, dilated", "padding=4 dilation=2 groups=96", "1x9x8x96 96x1x5x5" } },
	{ "conv2d", { "depthwise, dilated, stride 2", "padding=3 dilation=3 stride=2 groups=64", "1x9x8x64 64x1x3x3 64" } },
	{ "conv2d", { "depthwise, one-sided padding", "padding=0,0,1,1 stride=2 groups=32", "1x8x8x32 32x1x3x3" } },
	{ "conv2d", { "depthwise 7x7", "padding=3 groups=16", "1x9x9x16 16x1x7x7 16" } },
	{ "conv2d", { "inner size 0 with bias", "", "1x2x3x0 4x0x1x1 4" } },
	{ "conv2d_grad_data", { "1 to 1 channel", "padding=1 size=6x7", "1x1x3x3 1x6x7x1" } },
	{ "conv2d_grad_data", { "2 to 5 channels", "padding=1 size=6x7", "5x2x3x3 2x6x7x5" } },
	{ "conv2d_grad_data", { "3 to 2 channels", "padding=2 size=9x8", "2x3x5x5 1x9x8x2" } },
	{ "conv2d_grad_data", { "64 to 64 channels", "padding=1 size=12x11", "64x64x3x3 1x12x11x64" } },
	{ "conv2d_grad_data", { "stride beyond the kernel", "stride=3 size=10x11", "16x8x2x2 1x3x4x16" } },
	{ "conv2d_grad_data", { "stride beyond the kernel, 1x1", "stride=4 size=10x11", "16x16x1x1 1x3x3x16" } },
	{ "conv2d_grad_data", { "four paddings", "padding=0,1,2,3 stride=2 size=9x8", "32x16x4x4 1x4x5x32" } },
	{ "conv2d_grad_data", { "wide kernel", "padding=0,3 size=5x14", "8x8x1x7 1x5x14x8" } },
	{ "conv2d_grad_data", { "one row", "padding=1 size=1x19", "16x16x3x3 1x1x19x16" } },
	{ "conv2d_grad_data", { "dilated, strided", "padding=4 dilation=4 stride=2 size=13x12", "16x16x3x3 1x7x6x16" } },
	{ "conv2d_grad_data", { "2 groups of 5 to 3", "padding=1 groups=2 size=7x8", "6x5x3x3 1x7x8x6" } },
	{ "conv2d_grad_data", { "depthwise, 19 channels", "padding=1 stride=2 groups=19 size=9x8", "19x1x3x3 2x5x4x19" } },
	{ "conv2d_grad_data", { "depthwise, dilated", "padding=2 dilation=2 groups=80 size=7x8", "80x1x3x3 2x7x8x80" } },
	{ "conv2d_grad_data",
		{ "depthwise, dilated beyond the map", "padding=12 dilation=12 groups=32 size=7x8", "32x1x3x3 1x7x8x32" } },
	{ "conv2d_grad_data",
		{ "depthwise 7x7, dilated", "padding=6,4 dilation=2 groups=16 size=9x13", "16x1x7x7 1x9x9x16" } },
	{ "conv2d_grad_data", { "depthwise, 5 channels", "padding=1 groups=5 size=7x8", "5x1x3x3 1x7x8x5" } },
	{ "conv2d_grad_weights", { "1 to 1 channel", "padding=1 size=3", "1x6x7x1 1x6x7x1" } },
	{ "conv2d_grad_weights", { "2 to 5 channels", "padding=1 size=3", "2x6x7x2 2x6x7x5" } },
	{ "conv2d_grad_weights", { "3 to 2 channels", "padding=2 size=5", "1x9x8x3 1x9x8x2" } },
	{ "conv2d_grad_weights", { "3 to 16 channels, 7x7 stride 2", "padding=3 stride=2 size=7", "2x15x13x3 2x8x7x16" } },
	{ "conv2d_grad_weights", { "64 to 64 channels", "padding=1 size=3", "1x12x11x64 1x12x11x64" } },
	{ "conv2d_grad_weights", { "wide picture", "padding=1 size=3", "1x3x301x16 1x3x301x16" } },
	{ "conv2d_grad_weights", { "wide picture, 32 channels", "padding=1 size=3", "2x4x259x32 2x4x259x16" } },
	{ "conv2d_grad_weights", { "stride beyond the kernel", "stride=3 size=2", "1x10x11x8 1x3x4x16" } },
	{ "conv2d_grad_weights", { "stride beyond the kernel, 1x1", "stride=4 size=1", "1x10x11x16 1x3x3x16" } },
	{ "conv2d_grad_weights", { "4 channels, 1x1 stride 2", "stride=2 size=1", "1x39x61x4 1x20x31x24" } },
	{ "conv2d_grad_weights", { "four paddings", "padding=0,1,2,3 stride=2 size=4", "1x9x8x16 1x4x5x32" } },
	{ "conv2d_grad_weights", { "wide kernel", "padding=0,3 size=1x7", "1x5x14x8 1x5x14x8" } },
	{ "conv2d_grad_weights", { "one row", "padding=1 size=3", "1x1x19x16 1x1x19x16" } },
	{ "conv2d_grad_weights", { "dilated, strided", "padding=4 dilation=4 stride=2 size=3", "1x13x12x16 1x7x6x16" } },
	{ "conv2d_grad_weights", { "many pictures, 48 channels", "padding=1 size=3", "5x4x4x48 5x4x4x40" } },
	{ "conv2d_grad_weights", { "small maps, many channels", "padding=1 size=3", "2x2x3x144 2x2x3x130" } },
	{ "conv2d_grad_weights", { "large map", "padding=1 size=3", "1x61x70x17 1x61x70x8" } },
	{ "conv2d_grad_weights", { "stride 2, 32 channels", "padding=1 stride=2 size=3", "2x9x12x32 2x5x6x48" } },
	{ "conv2d_grad_weights", { "stride 4x3, 5x5", "padding=2 stride=4x3 size=5", "2x11x14x16 2x3x5x16" } },
	{ "conv2d_grad_weights", { "7 channels, 5x5 stride 3", "padding=1 stride=3 size=5", "2x12x14x7 2x4x4x20" } },
	{ "conv2d_grad_weights", { "3 channels, padding beyond", "padding=4 size=3", "1x3x4x3 1x9x10x16" } },
	{ "conv2d_grad_weights", { "padding beyond the kernel", "padding=4 size=3", "1x5x6x16 1x11x12x16" } },
	{ "conv2d_grad_weights", { "no padding", "size=3", "1x9x8x16 1x7x6x16" } },
	{ "conv2d_grad_weights", { "dilated beyond the picture", "padding=8 dilation=8 size=3", "2x6x5x16 2x6x5x16" } },
	{ "conv2d_grad_weights", { "2 groups of 5 to 3", "padding=1 groups=2 size=3", "1x7x8x10 1x7x8x6" } },
	{ "conv2d_grad_weights", { "depthwise, 19 channels", "padding=1 stride=2 groups=19 size=3", "2x9x8x19 2x5x4x19" } },
	{ "conv2d_grad_weights", { "depthwise 5x5", "padding=2 groups=32 size=5", "2x9x11x32 2x9x11x32" } },
	{ "conv2d_grad_weights", { "depthwise 5x5, 40 channels", "padding=2 groups=40 size=5", "1x6x5x40 1x6x5x40" } },
	{ "conv2d_grad_weights",
		{ "depthwise 5x5, stride 2", "padding=2 stride=2 groups=19 size=5", "2x9x12x19 2x5x6x19" } },
	{ "conv2d_grad_weights",
		{ "depthwise 5x5, one-sided padding", "padding=1,1,2,2 stride=2 groups=16 size=5", "1x8x10x16 1x4x5x16" } },
	{ "conv2d_grad_weights", { "depthwise 7x7", "padding=3 groups=21 size=7", "2x9x10x21 2x9x10x21" } },
	{ "conv2d_grad_weights", { "depthwise 7x7, small maps", "padding=3 groups=32 size=7", "3x2x3x32 3x2x3x32" } },
	{ "conv2d_grad_weights",
		{ "depthwise 3x3, dilated", "padding=2 dilation=2 groups=21 size=3", "2x9x8x21 2x9x8x21" } },
	{ "conv2d_grad_weights",
		{ "depthwise 3x3, dilated beyond the map", "padding=12 dilation=12 groups=32 size=3", "2x9x8x32 2x9x8x32" } },
	{ "conv2d_grad_weights",
		{ "depthwise 7x7, dilated", "padding=6 dilation=2 groups=16 size=7", "1x9x13x16 1x9x13x16" } },
	/* few channels a group: rows of 12 or 8 pixels, of 4 more, and single ones; vectors of several groups */
	{ "conv2d", { "groups of 4, rows of 19", "padding=1 groups=8", "2x5x19x32 32x4x3x3 32" } },
	{ "conv2d", { "groups of 4, 12 of them", "padding=1 groups=12", "1x6x31x48 48x4x3x3" } },
	{ "conv2d", { "groups of 8, rows of 14", "padding=1 groups=4", "2x7x14x32 32x8x3x3 32" } },
	{ "conv2d", { "groups of 16", "padding=1 groups=3", "1x5x26x48 48x16x3x3 48" } },
	{ "conv2d", { "groups of 4, stride 2", "padding=1 stride=2 groups=8", "2x9x37x32 32x4x3x3 32" } },
	{ "conv2d", { "groups of 8, dilated", "padding=3 dilation=3 groups=4", "1x8x23x32 32x8x3x3 32" } },
	{ "conv2d", { "groups of 4, one-sided padding", "padding=0,2,1,0 groups=8", "1x6x18x32 32x4x3x3" } },
	{ "conv2d", { "groups of 4, maps of one and two columns", "padding=1 groups=8", "3x4x2x32 32x4x3x3 32" } },
	{ "conv2d", { "groups of 4, one column", "padding=1 groups=8", "1x7x1x32 32x4x3x3 32" } },
	{ "conv2d", { "groups of 8, dilated beyond the picture", "padding=9 dilation=9 groups=4", "1x5x6x32 32x8x3x3" } },
	{ "conv2d", { "groups of 4, sum and relu", "padding=1 groups=8 act=relu", "1x5x17x32 32x4x3x3 32 1x5x17x32" } },
	{ "conv2d", { "groups of 16, silu", "padding=1 groups=2 act=silu", "1x5x17x32 32x16x3x3 32" } },
	{ "conv2d_grad_data", { "groups of 4", "padding=1 groups=8 size=7x21", "32x4x3x3 2x7x21x32" } },
	{ "conv2d_grad_data", { "groups of 8, no padding", "groups=4 size=8x20", "32x8x3x3 1x6x18x32" } },
	{ "conv2d_grad_data",
		{ "groups of 16, dilated", "padding=2 dilation=2 groups=2 size=9x15", "32x16x3x3 1x9x15x32" } },
	{ "conv2d_grad_data", { "groups of 4, stride 2", "padding=1 stride=2 groups=8 size=9x13", "32x4x3x3 1x5x7x32" } },
	{ "conv2d_grad_data", { "groups of 4, uneven padding", "padding=2,1,0,1 groups=8 size=7x9", "32x4x3x3 1x7x9x32" } },
	{ "conv2d_grad_weights", { "groups of 4", "padding=1 groups=8 size=3", "2x7x19x32 2x7x19x32" } },
	{ "conv2d_grad_weights", { "groups of 8, stride 2", "padding=1 stride=2 groups=4 size=3", "2x9x13x32 2x5x7x32" } },
	/* tiles: rows of 16 pixels and a few more, narrow maps, several pictures at a time, places of several pixels */
	{ "conv2d", { "rows of a tile", "padding=1", "1x5x16x32 16x32x3x3 16" } },
	{ "conv2d", { "rows of two tiles and one pixel", "padding=1", "1x6x33x32 40x32x3x3 40" } },
	{ "conv2d", { "rows of 60, 24 to 24 channels", "padding=1", "1x4x60x24 24x24x3x3 24" } },
	{ "conv2d", { "rows of 60, 40 to 1 channel", "padding=1", "1x4x60x40 1x40x3x3 1" } },
	{ "conv2d", { "three pictures of 8x8", "padding=1", "3x8x8x64 33x64x3x3 33" } },
	{ "conv2d", { "five pictures of 4x5, stride 2", "padding=1 stride=2", "5x4x5x16 16x16x3x3 16" } },
	{ "conv2d", { "16 channels, 5 taps in a row", "padding=2", "1x6x48x16 16x16x5x5 16" } },
	{ "conv2d", { "10 channels, 7 taps in a row, stride 2", "padding=3 stride=2", "1x9x64x10 20x10x7x7 20" } },
	{ "conv2d", { "stride 2 in rows of 32", "padding=1 stride=2", "2x9x64x32 64x32x3x3 64" } },
	{ "conv2d", { "uneven stride", "padding=1,2 stride=3x1", "1x13x40x32 16x32x3x5 16" } },
	{ "conv2d", { "dilated rows", "padding=6 dilation=6", "1x14x48x32 32x32x3x3 32" } },
	{ "conv2d", { "dilated, few channels", "padding=2 dilation=2", "2x9x18x8 16x8x3x3 16" } },
	{ "conv2d", { "dilated and strided", "padding=2 dilation=2 stride=2", "1x11x40x32 16x32x3x3 16" } },
	{ "conv2d", { "one-sided padding in wide rows", "padding=0,2,1,0", "2x7x35x16 16x16x3x3 16" } },
	{ "conv2d", { "no padding", "", "2x6x50x32 16x32x3x3 16" } },
	{ "conv2d", { "more padding than filter", "padding=4", "1x5x20x32 16x32x3x3 16" } },
	{ "conv2d", { "tall filter", "padding=3,0", "2x9x17x32 16x32x7x1 16" } },
	{ "conv2d", { "larger than a slab", "padding=1,0", "1x60x90x96 2x96x3x1 2" } },
	{ "conv2d_grad_data", { "rows of two tiles and one pixel", "padding=1 size=6x33", "40x32x3x3 1x6x33x40" } },
	{ "conv2d_grad_data", { "no padding", "size=6x50", "32x32x3x3 2x4x48x32" } },
	{ "conv2d_grad_data", { "more padding than filter", "padding=4 size=5x20", "32x16x3x3 1x11x26x32" } },
	{ "conv2d_grad_data", { "dilated rows", "padding=6 dilation=6 size=14x48", "32x32x3x3 1x14x48x32" } },
	{ "conv2d_grad_data", { "three pictures of 8x8", "padding=1 size=8", "64x33x3x3 3x8x8x64" } },
	{ "conv2d_grad_data", { "uneven filter, one side", "padding=0,2,1,0 size=7x35", "16x24x2x4 2x7x34x16" } },
	{ "conv2d_grad_weights", { "depthwise 7x7, no padding", "groups=17 size=7", "1x8x12x17 1x2x6x17" } },
	{ "conv2d_grad_weights", { "depthwise, 5 channels", "padding=1 groups=5 size=3", "1x7x8x5 1x7x8x5" } },
	{ "conv_transpose2d", { "1 to 1 channel", "stride=2", "1x3x4x1 1x1x2x2 1" } },
	{ "conv_transpose2d", { "3 to 5 channels", "stride=2", "2x3x4x3 3x5x2x2 5" } },
	{ "conv_transpose2d", { "32 to 16 channels", "stride=2", "2x5x4x32 32x16x2x2 16" } },
	{ "conv_transpose2d", { "stride beyond the kernel", "stride=3", "1x3x4x16 16x8x2x2 8" } },
	{ "conv_transpose2d", { "one-sided padding", "stride=2 padding=0,0,1,1", "1x4x5x8 8x8x3x3 8" } },
	{ "conv_transpose2d", { "depthwise", "stride=2 padding=1 groups=16", "1x4x5x16 16x1x4x4 16" } },
	{ "conv_transpose2d",
		{ "dilated, strided, output padding", "stride=3 dilation=2 padding=2 output-padding=1",
			"1x4x5x16 16x16x3x3 16" } },
	{ "conv_transpose2d", { "uneven stride", "stride=2x1 padding=1,0", "1x4x5x16 16x16x3x2" } },
	{ "linear", { "1 to 1", "", "7x1 1x1 1" } },
	{ "linear", { "5 to 3", "", "7x5 3x5 3" } },
	{ "linear", { "many rows", "", "3x67x70 33x70 33" } },
	{ "linear", { "inner size 0 with bias", "", "5x0 3x0 3" } },
	{ "linear_grad_weights", { "1 to 1", "", "7x1 7x1" } },
	{ "linear_grad_weights", { "many rows", "", "3x67x70 3x67x33" } },
	{ "linear_max", { "3 to 70", "", "2x131x1x3 70x3 70" } },
	{ "matmul", { "1x1", "", "1x1 1x1" } },
	{ "matmul", { "one row", "", "1x70 70x33" } },
	{ "matmul", { "one column, b transposed", "transpose-b=true", "33x70 1x70" } },
	{ "matmul", { "odd sizes", "", "2x31x17 2x17x29" } },
	{ "matmul", { "odd sizes, a transposed", "transpose-a=true", "2x17x31 2x17x29" } },
	{ "matmul", { "odd sizes, both transposed", "transpose-a=true transpose-b=true", "3x17x31 3x29x17" } },
	{ "matmul", { "one b, odd sizes, b transposed", "transpose-b=true", "2x3x31x17 29x17" } },
};

/* What conv2d and linear may fuse: every activation of the option, with and without what is added. In bf16 weights are
 * rounded, an error of the sum, which tolerances see relative to the result: sums stay near where relu6 ends. */
/* Weights are small, so that no function that is bounded squeezes the rounding of a large argument into one of a small
 * result. */
static const extra fused[] = {
	{ "conv2d", { "3x3", "padding=1", "2x7x9x16 16x16x3x3@-0.1:0.1 16" } },
	{ "conv2d", { "3x3 and sum", "padding=1", "2x7x9x16 16x16x3x3@-0.1:0.1 16 2x7x9x16@-4:4" } },
	{ "conv2d", { "sum without bias", "padding=1", "2x7x9x16 16x16x3x3@-0.1:0.1 - 2x7x9x16@-4:4" } },
	{ "conv2d", { "32 channels and sum", "padding=1", "1x13x12x32 32x32x3x3@-0.1:0.1 32 1x13x12x32@-4:4" } },
	{ "conv2d", { "rows of 33, 40 channels and sum", "padding=1", "1x4x33x32 40x32x3x3@-0.1:0.1 40 1x4x33x40@-4:4" } },
	{ "conv2d", { "narrow, 24 channels and sum", "padding=1", "2x6x7x32 24x32x3x3@-0.1:0.1 - 2x6x7x24@-4:4" } },
	{ "conv2d", { "1x1 and sum", "", "1x5x6x32 16x32x1x1@-0.2:0.2 16 1x5x6x16@-4:4" } },
	{ "conv2d", { "3 to 5 channels and sum", "padding=1", "1x5x6x3 5x3x3x3@-0.2:0.2 5 1x5x6x5@-4:4" } },
	{ "conv2d", { "stride 2", "padding=1 stride=2", "1x9x8x16 32x16x3x3@-0.1:0.1 32" } },
	{ "conv2d", { "groups and sum", "padding=1 groups=4", "1x6x5x16 32x4x3x3@-0.2:0.2 32 1x6x5x32@-4:4" } },
	{ "conv2d", { "depthwise", "padding=1 groups=16", "2x6x5x16@-2:2 16x1x3x3@-0.3:0.3 16" } },
	{ "conv2d", { "depthwise and sum", "padding=1 groups=16", "2x6x5x16@-2:2 16x1x3x3@-0.3:0.3 16 2x6x5x16@-4:4" } },
	{ "conv2d", { "to 1 channel and sum", "padding=1", "1x16x16x16 1x16x3x3@-0.1:0.1 1 1x16x16x1@-4:4" } },
	{ "linear", { "matrix", "", "37x24 18x24@-0.2:0.2 18" } },
	{ "linear", { "without bias", "", "2x3x4x8 16x8@-0.3:0.3" } },
};

static int taken, refused; /* cases times ways, of all implementations */

/* Products with nothing in them never reach an implementation: the executor makes them. */
static bool
is_empty(const graph_op_case *c)
{
	return strstr(c->in, "0x") == c->in || strstr(c->in, "x0 ") || strstr(c->in, " 0x");
}

/* A product that only f32 readers take gives f32 (graph/lower.c), unless it holds a sum. */
static bool
may_be_wide(const graph_op *op, const graph_op_case *c)
{
	int words = 1;
	for (const char *p = c->in; *p; p++)
		words += *p == ' ';
	return op->low_out & 1 && words < 4;
}

/* One implementation at one case, in one type, in every way; true if it takes it. */
static bool
run_ways(const graph_op *op, const graph_op_case *c, const exec_impl *impl, bool low)
{
	bool any = false, inner = getenv("SECANT_TEST_INNER") != NULL;
	for (int threads = inner ? 2 : 1; threads <= 3; threads += 2)
		for (int kind = 0; kind < 3; kind++) {
			way how = { strstr(op->name, "_bytes") ? SECANT_I8 : SECANT_I32, low, false, kind > 0, kind > 1, threads };
			for (int wide = 0; wide <= (low && may_be_wide(op, c)); wide++) {
				how.wide = wide;
				bool ran = run_case(op, c, impl, how);
				*(ran ? &taken : &refused) += 1;
				any |= ran;
				if (wide && !ran && any)
					fail_msg("%s/%s '%s': not with an f32 result", op->name, impl->name, c->label);
			}
		}
	return any;
}

/* Every implementation of the case; false if none takes it. */
static bool
run_product(const graph_op *op, const graph_op_case *c, bool low)
{
	bool any = false;
	for (const exec_impl *const *table = tables; *table; table++)
		for (const exec_impl *impl = *table; impl->op; impl++)
			if (!strcmp(impl->op, op->name))
				any |= run_ways(op, c, impl, low);
	if (!any)
		print_error("%s '%s': no implementation in %s\n", op->name, c->label, low ? "bf16" : "f32");
	return any;
}

static bool
has_low(void)
{
	return base_cpu_isa() >= BASE_ISA_AVX512;
}

static void
run_both(const graph_op *op, const graph_op_case *c, int *missing)
{
	const char *only = getenv("SECANT_TEST_OP");
	if (is_empty(c) || (only && strcmp(only, op->name)))
		return;
	*missing += !run_product(op, c, false);
	if (has_low() && (op->low_in | op->low_out))
		*missing += !run_product(op, c, true);
}

static void
test_own_cases(void **state)
{
	int missing = 0;
	exec_native_grain = 1; /* threads in the smallest case, too */
	for (int i = 0; graph_op_at(i); i++)
		for (const graph_op_case *c = graph_op_at(i)->cases; c && c->label && is_product(graph_op_at(i)); c++)
			run_both(graph_op_at(i), c, &missing);
	assert_int_equal(missing, 0);
}

static void
test_more_cases(void **state)
{
	int missing = 0;
	exec_native_grain = 1;
	for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
		run_both(graph_op_find(extras[i].op), &extras[i].c, &missing);
	assert_int_equal(missing, 0);
}

static const char *
choices_of_act(const graph_op *op)
{
	for (const secant_opt *row = op->attr->rows; row->name; row++)
		if (!strcmp(row->name, "act"))
			return row->values;
	fail_msg("%s has no option act", op->name);
	return NULL;
}

static void
test_fused_forms(void **state)
{
	int missing = 0;
	exec_native_grain = 1;
	for (size_t i = 0; i < sizeof fused / sizeof *fused; i++) {
		const graph_op *op = graph_op_find(fused[i].op);
		char acts[512], *save = NULL;
		snprintf(acts, sizeof acts, "%s", choices_of_act(op));
		for (char *act = strtok_r(acts, "|", &save); act; act = strtok_r(NULL, "|", &save)) {
			char attr[256], label[256];
			snprintf(attr, sizeof attr, "%s act=%s", fused[i].c.attr, act);
			snprintf(label, sizeof label, "%s, %s", fused[i].c.label, act);
			run_both(op, &(graph_op_case){ label, attr, fused[i].c.in }, &missing);
		}
	}
	assert_int_equal(missing, 0);
}

/* How much of all that ran. Printed, so that a build that skips more is seen. */
static void
test_counts(void **state)
{
	print_message("products: %d runs compared, %d refused by an implementation; %s\n", taken, refused,
		has_low() ? "f32 and bf16" : "bf16 skipped: oneDNN has none below AVX-512");
	assert_true(taken > 300 || getenv("SECANT_TEST_OP"));
}

int
main(void)
{
	exec_tiles_by_model = true; /* where there are no tiles, their model */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_cases),
		cmocka_unit_test(test_more_cases),
		cmocka_unit_test(test_fused_forms),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_other_instruction_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
