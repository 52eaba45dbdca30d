/* mxpi_opencvcentercrop: cuts the middle out of pictures. */
#include "stream/picture.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = stream_int(e, "cropHeight") ? "cropWidth" : "cropHeight";
	*why = "it must be set, and not to 0";
	return stream_int(e, *prop) > 0;
}

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "cropHeight", "0", 0, 819200, "rows"),
	STREAM_PROP_NUMBER(UINT, "cropWidth", "0", 0, 819200, "columns"),
	STREAM_PROP_END,
};

static void
copy_middle(const stream_plane *from, uint8_t *to, int x, int y, int width, int height)
{
	size_t pixel = (size_t)from->channels * (from->f32 ? sizeof(float) : 1);
	for (int i = 0; i < height; i++)
		memcpy(to + (size_t)i * (size_t)width * pixel, from->p + (y + i) * from->pitch + (size_t)x * pixel,
			(size_t)width * pixel);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	enum { MOST = 4096 };
	char key[300], why[300] = "";
	int height = (int)stream_prop_int(w, "cropHeight"), width = (int)stream_prop_int(w, "cropWidth"), n = 0, got;
	stream_picture p;
	stream_plane plane;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	stream_made *made = secant_calloc(MOST, sizeof *made);
	while (made && n < MOST && (got = stream_picture_next(&at, &p, why, sizeof why)) > 0) {
		stream_step step = { { p.width, p.height },
			{ (p.width - width) / 2, (p.width - width) / 2 + width, (p.height - height) / 2,
				(p.height - height) / 2 + height },
			{ 0, width, 0, height }, 0 };
		if (width > p.width || height > p.height || !stream_picture_plane(&p, &plane)) {
			snprintf(why, sizeof why, "a picture of %dx%d, format %d, has no middle of %dx%d", p.width, p.height,
				p.format, width, height);
			break;
		}
		made[n] = (stream_made){
			.format = p.format, .width = width, .height = height, .f32 = p.f32, .parent = key, .member = n
		};
		stream_add_step(&made[n].steps, &p, &step, w->name);
		n++;
	}
	stream_blob *out = made && !*why ? stream_pictures_new(made, n) : NULL;
	at = (format_wire){ list->p, list->n };
	for (int i = 0; out && i < n && stream_picture_next(&at, &p, why, sizeof why) > 0; i++)
		if (stream_picture_plane(&p, &plane))
			copy_middle(&plane, made[i].to, (p.width - width) / 2, (p.height - height) / 2, width, height);
	for (int i = 0; made && i < n; i++)
		base_str_free(&made[i].steps);
	secant_free(made);
	stream_blob_drop(list);
	if (!out) {
		stream_cannot(
			w, in[0], *why ? STREAM_PICTURE_CONFIG : STREAM_NO_MEMORY, "%s", *why ? why : "no memory for pictures");
		return;
	}
	stream_frame_set_vision(in[0], w->name);
	stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_opencvcentercrop = {
	.name = "mxpi_opencvcentercrop",
	.brief = "cuts the middle out of pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB | STREAM_MEDIA_YUV },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_RGB },
	.keys = { "dataSource" },
	.starts = starts,
	.work = &work,
};
