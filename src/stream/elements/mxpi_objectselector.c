/* mxpi_objectselector: keeps the boxes that matter. */
#include "stream/element.h"
#include "base/json.h"
#include <string.h>

static bool
filter(const json_t *f, const char **why)
{
	static const char *const numbers[] = { "TopN", "BottomN", "MinArea", "MaxArea", "ConfThresh" };
	double v[5];
	*why = "it is not an object with Type, TopN, BottomN, MinArea, MaxArea and ConfThresh";
	const json_t *type = json_object_get(f, "Type");
	if (!json_is_string(type))
		return false;
	for (int i = 0; i < 5; i++) {
		const json_t *n = json_object_get(f, numbers[i]);
		if (!json_is_number(n))
			return false;
		v[i] = json_number_value(n);
	}
	*why = "its Type is not Area";
	if (strcmp(json_string_value(type), "Area") != 0)
		return false;
	*why = "TopN and BottomN are both given";
	if (v[0] != 0 && v[1] != 0)
		return false;
	*why = "MinArea is larger than MaxArea";
	return v[2] <= v[3];
}

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	const char *text = stream_text(e, "FirstDetectionFilter");
	*prop = "FirstDetectionFilter";
	json_t *f = json_loadb(text, strlen(text), 0, NULL);
	bool fine = filter(f, why);
	json_decref(f);
	return fine;
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("FirstDetectionFilter", "auto", "JSON object: Type, TopN, BottomN, MinArea, MaxArea, ConfThresh"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_objectselector = {
	.name = "mxpi_objectselector",
	.brief = "keeps the boxes that matter",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.starts = starts,
};
