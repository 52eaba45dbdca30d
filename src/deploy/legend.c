/* The legend of overlays: the colours and names of the classes that can be predicted. */
#include "draw/legend.h"
#include "base/mem.h"
#include "deploy/predictor.h"
#include <stdio.h>

secant_status
deploy_legend_draw(const secant_predictor *p, int width, secant_image *out, secant_err *err)
{
	int classes = p->model[0].classes, n = 0;
	draw_legend_entry *entry = secant_calloc((size_t)classes, sizeof *entry);
	if (!entry)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a legend");
	for (int class = 0; class < classes; class ++) {
		if (class == p->rules.never - 1)
			continue;
		const char *name = secant_predictor_class_name(p, class);
		char number[24];
		(void)snprintf(number, sizeof number, "class %d", class);
		draw_legend_name(&entry[n],
			name && *name                              ? name
				: p->model[0].mode == BASE_MODE_BINARY ? "foreground"
													   : number);
		secant_predictor_colour(p, class, entry[n++].rgb);
	}
	secant_status status = draw_legend(entry, n, width, out, err);
	secant_free(entry);
	return status;
}
