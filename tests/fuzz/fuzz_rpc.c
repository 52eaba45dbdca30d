/* Rational polynomials as text: .RPB and _RPC.TXT. */
#include <stdint.h>
#include <string.h>
#include "base/mem.h"
#include "codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = base_strndup((const char *)data, size);
	double *v = text ? codec_rpc_text(text) : NULL;
	secant_free(v);
	secant_free(text);
	return 0;
}
