/* Candidates of detectors of MindSpore; see candidates.h. */
#include "stream/post/candidates.h"
#include <stdio.h>

enum { NUMBERS = 5 };

static bool
has(const stream_tensor *t, size_t want)
{
	size_t unit = stream_type_size(t->type);
	return unit && t->size / unit >= want;
}

int
stream_candidates_find(const stream_thresholds *limits, float overlap, int most, const stream_tensor *t, int n,
	stream_founds *f, char *why, size_t size)
{
	char text[200];
	bool boxes = n > 0 && t[0].rank == 3 && t[0].dim[2] == NUMBERS && t[0].dim[1] > 0 && t[0].dim[1] < 1 << 20
		&& (t[0].type == STREAM_T_F16 || t[0].type == STREAM_T_F32);
	size_t many = boxes ? (size_t)t[0].dim[1] : 0;
	if (n < 3 || !boxes || !has(&t[0], many * NUMBERS) || !has(&t[1], many) || !has(&t[2], many)
		|| t[1].type != STREAM_T_I32 || stream_type_size(t[2].type) != 1) {
		snprintf(why, size,
			"three tensors are wanted: boxes FLOAT16 1xNx5, classes INT32 1xN, flags BOOL 1xN; there are %d%s%s", n,
			n ? ", the first is " : "", n ? stream_tensor_text(&t[0], text, sizeof text) : "");
		return STREAM_INVALID;
	}
	for (size_t i = 0; i < many; i++) {
		int class_id = (int)stream_number_at(&t[1], i);
		float v[NUMBERS];
		if (!t[2].data[i] || class_id < 0 || class_id >= limits->classes)
			continue;
		for (size_t k = 0; k < NUMBERS; k++)
			v[k] = (float)stream_number_at(&t[0], i * NUMBERS + k);
		if (v[4] >= limits->separate[class_id])
			stream_founds_add(f, &(stream_found){ v[0], v[1], v[2], v[3], v[4], class_id, (int)i });
	}
	stream_founds_top(f, most);
	stream_founds_nms_larger(f, overlap);
	return 0;
}

int
stream_candidates_run(const stream_post *s, const stream_thresholds *limits, float overlap, int most,
	const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why, size_t size)
{
	stream_founds found = { 0 };
	int code = stream_candidates_find(limits, overlap, most, t, n, &found, why, size);
	return code ? code : stream_founds_put(s, &found, STREAM_UNIT_DONE, from, list, NULL, NULL, why, size);
}
