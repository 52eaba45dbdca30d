/* Stream pipelines: whatever the text, a check ends with a code and a message or with neither, and what is drawn is
 * SVG. */
#include <secant/options.h>
#include <secant/stream.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int strict = 0; strict < 2; strict++) {
		secant_err err = { 0 };
		secant_pipeline *p = secant_pipeline_parse((const char *)data, size, strict, &err);
		if (!p)
			abort();
		const secant_stream_fault *f = secant_pipeline_fault(p);
		if (!f->code != !*f->message || !*f->name || strchr(f->message, '\n'))
			abort();
		char *svg = secant_pipeline_svg(p, &err);
		if (!svg != (err.code != 0) || (svg && memcmp(svg, "<svg ", 5) != 0))
			abort();
		secant_free(svg);
		secant_pipeline_free(p);
	}
	return 0;
}
