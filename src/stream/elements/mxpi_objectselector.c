/* mxpi_objectselector: keeps the boxes that matter. */
#include <math.h>
#include <stdlib.h>
#include "base/json.h"
#include "stream/picture.h"

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
		v[i] = i < 4 ? trunc(json_number_value(n)) : json_number_value(n); /* the original keeps whole numbers */
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

/* Keeps n of the smallest boxes, or of the largest, those first. */
typedef struct selecting {
	int top, bottom;
	double least, most, confidence;
} selecting;

typedef struct candidate {
	format_wire item;
	int area, place;
} candidate;

static int
open(stream_worker *w, char *why, size_t size)
{
	selecting *s = w->state;
	char *text = stream_prop_copy(w, "FirstDetectionFilter");
	json_t *f = text ? json_loadb(text, strlen(text), 0, NULL) : NULL;
	s->top = stream_whole(json_number_value(json_object_get(f, "TopN")));
	s->bottom = stream_whole(json_number_value(json_object_get(f, "BottomN")));
	s->least = json_number_value(json_object_get(f, "MinArea"));
	s->most = json_number_value(json_object_get(f, "MaxArea"));
	s->confidence = json_number_value(json_object_get(f, "ConfThresh"));
	json_decref(f);
	secant_free(text);
	return 0;
}

static int
by_area(const void *a_, const void *b_)
{
	const candidate *a = a_, *b = b_;
	return a->area != b->area ? (a->area > b->area) - (a->area < b->area) : a->place - b->place;
}

/* The area is a whole number, its bounds do not count, 0 is no bound. */
static bool
is_wanted(const selecting *s, const stream_box *b, int area)
{
	return (s->least == 0 || area > s->least) && (s->most == 0 || area < s->most)
		&& (double)b->confidence >= s->confidence;
}

static candidate *
candidates_of(const selecting *s, const stream_blob *list, int *n)
{
	format_wire at = { list->p, list->n };
	stream_box b;
	candidate *v = NULL;
	int capacity = 0;
	*n = 0;
	while (stream_box_next(&at, &b) > 0) {
		int area = stream_whole((double)((b.x1 - b.x0) * (b.y1 - b.y0)));
		if (!is_wanted(s, &b, area))
			continue;
		if (base_grow((void **)&v, &capacity, *n, sizeof *v)) {
			secant_free(v);
			*n = -1;
			return NULL;
		}
		v[*n] = (candidate){ b.item, area, *n };
		++*n;
	}
	if (*n > 1)
		qsort(v, (size_t)*n, sizeof *v, by_area);
	return v;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	const selecting *s = w->state;
	char key[300];
	int n;
	base_str out = { 0 };
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want_or_pass(w, in[0], key, "MxpiObjectList");
	if (!list)
		return;
	candidate *v = candidates_of(s, list, &n);
	bool some = (s->top > 0 && s->top < n) || (s->bottom > 0 && s->bottom < n);
	int many = !some ? n : s->top > 0 ? s->top : s->bottom;
	for (int i = 0; i < many; i++) {
		const candidate *c = &v[some && s->top > 0 ? n - 1 - i : i];
		format_wire_put_bytes(&out, 1, c->item.p, c->item.n);
	}
	if (n < 0)
		stream_cannot(w, in[0], STREAM_NO_MEMORY, "no memory for boxes");
	else
		stream_answer(w, in[0], stream_message_find("MxpiObjectList"), stream_blob_take(&out));
	base_str_free(&out);
	secant_free(v);
	stream_blob_drop(list);
}

static const stream_work work = { .state = sizeof(selecting), .open = open, .run = run };

const stream_element_type stream_element_mxpi_objectselector = {
	.name = "mxpi_objectselector",
	.brief = "keeps the boxes that matter",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.starts = starts,
	.work = &work,
};
