/* What `--json` prints, and log lines as JSON. */
#include "command.h"
#include <math.h>
#include <stdlib.h>

static bool printed; /* an object went to standard output */

bool
tool_json_printed(void)
{
	return printed;
}

int
tool_print_json(FILE *to, json_t *j, size_t flags, secant_err *err)
{
	char *text = j ? json_dumps(j, flags) : NULL;
	json_decref(j);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	fprintf(to, "%s\n", text);
	printed |= to == stdout;
	free(text);
	return 0;
}

json_t *
tool_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}
