/* MindIR: what is read becomes ONNX that our own reader takes, what is not has a message. */
#include <stdlib.h>
#include <string.h>
#include "formats/mindir/mindir.h"
#include "formats/onnx/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	base_str onnx = { 0 };
	if (!format_mindir_detect(data, size))
		return 0;
	if (format_mindir_to_onnx(data, size, &onnx, &err)) {
		if (!err.code || !err.msg[0])
			abort();
	} else {
		/* names may be such that ONNX refuses them; it says why */
		format_onnx_model *m = format_onnx_decode((const uint8_t *)onnx.p, onnx.n, &err);
		if (!m && (!err.code || !err.msg[0]))
			abort();
		format_onnx_close(m);
	}
	base_str_free(&onnx);
	return 0;
}
