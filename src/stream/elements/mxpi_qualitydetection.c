/* mxpi_qualitydetection: tells bad pictures. */
#include "base/json.h"
#include "stream/post/post.h"
#include "stream/quality.h"
#include <stdio.h>
#include <string.h>

enum { LEAST_KEPT = 2, KEPT = 20, MOST_KEPT = 10000, INTERVAL = 10, CHECKS = 11 };

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
	const stream_quality *q;
	double kept = KEPT, v;
	(void)number(config, "FRAME_LIST_LEN", &kept);
	*why = "FRAME_LIST_LEN is below 2";
	if (kept < LEAST_KEPT)
		return false;
	*why = "a FRAME_INTERVAL (10 where it is not given) is 0, or not below FRAME_LIST_LEN (20 where it is not given)";
	for (int i = 0; (q = stream_quality_at(i)); i++) {
		char key[64];
		snprintf(key, sizeof key, "%s_FRAME_INTERVAL", q->key);
		v = INTERVAL;
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

typedef struct detecting {
	stream_shots shots;
	int64_t seen;
	struct {
		bool on;
		int interval;
		double threshold;
	} check[CHECKS];
} detecting;

/* The same limits for a configuration that only the file knows. */
static bool
settings(detecting *s, stream_post *config)
{
	const stream_quality *q;
	int kept = stream_post_int(config, "FRAME_LIST_LEN", KEPT, LEAST_KEPT, MOST_KEPT);
	for (int i = 0; (q = stream_quality_at(i)) && i < CHECKS; i++) {
		char on[64], interval[64], threshold[64];
		bool shakes = q->bad == STREAM_QUALITY_MINUS;
		snprintf(on, sizeof on, "%s_SWITCH", q->key);
		snprintf(interval, sizeof interval, "%s_FRAME_INTERVAL", q->key);
		snprintf(threshold, sizeof threshold, "%s_THRESHOLD", q->key);
		s->check[i].on = stream_post_flag(config, on, false);
		s->check[i].interval = stream_post_int(config, interval, INTERVAL, 1, kept - 1);
		if (s->check[i].interval >= kept)
			stream_post_refuse(config, "%s is %d where it is not given, below FRAME_LIST_LEN %d is meant", interval,
				(int)INTERVAL, kept);
		s->check[i].threshold = (double)stream_post_real(
			config, threshold, (float)q->threshold, shakes ? 10 : -1e9F, shakes ? 100 : 1e9F);
	}
	return !config->failed && stream_shots_open(&s->shots, kept);
}

/* The content may also name a file, as in the original. */
static int
open(stream_worker *w, char *why, size_t size)
{
	stream_post config = { 0 };
	char *path = stream_prop_copy(w, "qualityDetectionConfigPath"),
		 *content = stream_prop_copy(w, "qualityDetectionConfigContent");
	bool given = content && *content, inside = given && content[strspn(content, " \t\r\n")] == '{';
	int code = path && content ? 0 : STREAM_NO_MEMORY;
	snprintf(why, size, "no memory");
	if (!code)
		code = stream_post_settings(&config, inside ? "" : given ? content : path, inside ? content : "", why, size);
	if (!code && !settings(w->state, &config)) {
		code = config.failed ? STREAM_INIT : STREAM_NO_MEMORY;
		snprintf(why, size, "%s", config.failed ? config.why : "no memory");
	}
	stream_post_close(&config);
	secant_free(path);
	secant_free(content);
	return code;
}

static void
close(stream_worker *w)
{
	detecting *s = w->state;
	stream_shots_close(&s->shots);
}

/* Makes the checks that are due, and adds what they say. The original writes into its log alone. */
static void
check(detecting *s, stream_worker *w, const char *key, int member, base_str *list)
{
	const stream_quality *q;
	for (int i = 0; (q = stream_quality_at(i)) && i < CHECKS; i++) {
		base_str item = { 0 };
		double threshold = s->check[i].threshold, v;
		if (!s->check[i].on || s->seen % s->check[i].interval
			|| !q->measure(&s->shots, s->check[i].interval, threshold, &v))
			continue;
		bool bad = stream_quality_is_bad(q, v, threshold);
		if (bad)
			stream_note(w, "%s: %s, %g (picture %lld)", q->key, q->what, v, (long long)s->seen);
		stream_put_header(&item, key, member);
		stream_put_int(&item, 2, i);
		stream_put_text(&item, 3, q->key);
		stream_put_text(&item, 4, bad ? q->what : "normal");
		stream_put_real(&item, 5, v);
		stream_put_message(list, 1, &item);
		base_str_free(&item);
	}
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	detecting *s = w->state;
	char key[300], why[300] = "";
	base_str found = { 0 };
	stream_picture p;
	int code = 0, got;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	for (int i = 0; !code && (got = stream_picture_next(&at, &p, why, sizeof why)) != 0; i++) {
		code = got < 0 ? STREAM_INVALID : stream_shots_add(&s->shots, &p, why, sizeof why);
		if (!code && s->shots.n == s->shots.most)
			check(s, w, key, i, &found);
		s->seen += !code;
	}
	stream_blob_drop(list);
	if (code)
		stream_cannot(w, in[0], code, "%s", why);
	else if (found.n)
		stream_answer(w, in[0], stream_message_find("MxpiAttributeList"), stream_blob_take(&found));
	else
		stream_send_all(w, in[0]);
	base_str_free(&found);
}

static const stream_work work = { .state = sizeof(detecting), .open = open, .run = run, .close = close };

const stream_element_type stream_element_mxpi_qualitydetection = {
	.name = "mxpi_qualitydetection",
	.brief = "tells bad pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_OBJECT },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
	.starts = starts,
	.work = &work,
};
