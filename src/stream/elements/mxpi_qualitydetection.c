/* mxpi_qualitydetection: tells bad pictures. */
#include "base/json.h"
#include "stream/element.h"
#include <stdio.h>
#include <string.h>

/* A number of the configuration, which has them as strings; false (and v as it was): it is not given, or is none. */
static bool
number(const json_t *config, const char *key, double *v)
{
	const json_t *given = json_object_get(config, key);
	const char *text = json_string_value(given);
	double read;
	if (json_is_number(given))
		read = json_number_value(given);
	else if (!text || stream_reals(text, strlen(text), &read, 1) != 1)
		return false;
	*v = read;
	return true;
}

/* MindX SDK, MxpiQualityDetection.cpp: at least 2 pictures are kept, intervals are shorter than that, shaking is 10 to
 * 100. 20 are kept and intervals are 10 where nothing is said. */
static bool
fits(const json_t *config, const char **why)
{
	static const char *const checks[] = { "BRIGHTNESS", "OCCLUSION", "BLUR", "NOISE", "COLOR_CAST", "STRIPE", "DARK",
		"VIDEO_FREEZE", "VIEW_SHAKE", "SCENE_MUTATION", "PTZ_MOVEMENT" };
	double kept = 20, v;
	(void)number(config, "FRAME_LIST_LEN", &kept);
	*why = "FRAME_LIST_LEN is below 2";
	if (kept < 2)
		return false;
	*why = "a FRAME_INTERVAL (10 where it is not given) is 0, or not below FRAME_LIST_LEN (20 where it is not given)";
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		char key[64];
		snprintf(key, sizeof key, "%s_FRAME_INTERVAL", checks[i]);
		v = 10;
		(void)number(config, key, &v);
		if (v < 1 || v >= kept)
			return false;
	}
	*why = "VIEW_SHAKE_THRESHOLD is outside of 10 to 100";
	return !number(config, "VIEW_SHAKE_THRESHOLD", &v) || (v >= 10 && v <= 100);
}

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	const char *text = stream_text(e, "qualityDetectionConfigContent");
	*prop = "qualityDetectionConfigContent";
	*why = "neither it nor qualityDetectionConfigPath is given";
	if (!*text && !*stream_text(e, "qualityDetectionConfigPath"))
		return false;
	json_t *config = json_loadb(text, strlen(text), 0, NULL);
	bool fine = !config || fits(config, why);
	json_decref(config);
	return fine;
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("qualityDetectionConfigContent", "", "JSON object of the checks"),
	STREAM_PROP_TEXT("qualityDetectionConfigPath", "", "file with that object"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_qualitydetection = {
	.name = "mxpi_qualitydetection",
	.brief = "tells bad pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_OBJECT },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
	.starts = starts,
	.instead = "look at the pictures of mxpi_imagedecoder behind the stream",
};
