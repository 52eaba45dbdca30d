/* JSON text: what parses is printed, and what is printed parses to the same value. */
#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	json_t *j = base_json_parse((const char *)data, size, "fuzz", &err);
	if (!j) {
		if (!err.code || !err.msg[0] || strchr(err.msg, '\n'))
			abort();
		return 0;
	}
	for (int indent = 0; indent < 3; indent += 2) {
		char *text = base_json_text(j, indent);
		json_t *back = text ? base_json_parse(text, strlen(text), "printed", NULL) : NULL;
		if (!json_equal(j, back))
			abort();
		json_decref(back);
		secant_free(text);
	}
	json_decref(j);
	return 0;
}
