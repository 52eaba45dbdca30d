/* Text of AIPP, and the parameters of dynamic AIPP. What is accepted is made into operators, for networks of one and of
 * three channels. */
#include <stdlib.h>
#include "deploy/preparation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
build(const format_aipp *a, int channels)
{
	deploy_preparation p;
	secant_err err = { 0 };
	if (deploy_preparation_of_aipp(&p, a, 0, 0, channels, &err))
		return;
	graph_net *g = graph_new();
	secant_shape shape = deploy_preparation_shape(&p, 1, 64, 64, channels);
	graph_value x = graph_input(g, "picture", SECANT_U8, &shape);
	graph_value y = deploy_build_preparation(g, &p, x, channels, NULL);
	if (!graph_check(g, &err) && graph_shape(g, y)->dim[3] != channels)
		abort();
	graph_free(g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	format_aipp blocks[FORMAT_AIPP_BLOCKS + 1];
	secant_err err = { 0 };
	int n;
	if (!format_aipp_parse(blocks, &n, (const char *)data, size, &err) && (n < 1 || n > FORMAT_AIPP_BLOCKS))
		abort();
	if (!format_aipp_of_parameters(&blocks[n], data, size, 1, NULL))
		n++;
	for (int i = 0; i < n; i++) {
		build(&blocks[i], 1);
		build(&blocks[i], 3);
	}
	return 0;
}
