/* Compiled models in memory: opened for what they are for, and where that works run once on the pictures they name. */
#include <secant/session.h>
#include "base/mem.h"

enum { MOST = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run(secant_engine *e)
{
	secant_err err = { 0 };
	const secant_port *p = secant_engine_input(e, 0);
	int64_t n = p ? secant_shape_count(&p->shape) : -1;
	if (secant_engine_inputs(e) != 1 || n < 1 || n > MOST)
		return;
	secant_session *s = secant_engine_session(e, NULL, 0, &err);
	secant_tensor in = { 0 }, out[8] = { 0 };
	if (s && secant_session_outputs(s) <= 8 && !secant_tensor_new(&in, p->dtype, &p->shape, &err))
		(void)!secant_session_run(s, &in, out, &err);
	secant_tensor_free(&in);
	secant_session_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	secant_engine *e = secant_engine_open_memory(data, size, "fuzzed", NULL, &err);
	if (e)
		run(e);
	secant_engine_close(e);
	return 0;
}
