/* mxpi_imagenormalize: shifts and scales the values of pictures. */
#include "stream/element.h"
#include <string.h>

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	double v[3];
	const char *alpha = stream_text(e, "alpha"), *beta = stream_text(e, "beta");
	*why = "three numbers with commas between are meant";
	*prop = "alpha";
	if (stream_reals(alpha, strlen(alpha), v, 3) != 3)
		return false;
	*prop = "beta";
	if (stream_reals(beta, strlen(beta), v, 3) != 3)
		return false;
	*why = "nothing can be divided by 0";
	return v[0] != 0 && v[1] != 0 && v[2] != 0;
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("alpha", "0,0,0", "taken off, three numbers: R,G,B"),
	STREAM_PROP_TEXT("beta", "1,1,1", "divided by, three numbers other than 0"),
	STREAM_PROP_WORDS("format", "auto", "RGB888|BGR888|auto", "order of the channels"),
	STREAM_PROP_WORDS("dataType", "auto", "UINT8|FLOAT32|auto", "type of the values"),
	STREAM_PROP_NUMBER(INT, "processType", "1", 0, 1, "1: (x - alpha)/beta, 0: between least and largest"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_imagenormalize = {
	.name = "mxpi_imagenormalize",
	.brief = "shifts and scales the values of pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
	.starts = starts,
};
