/*
 * mxpi_bufferstablizer: where nothing comes for a while, empty frames keep what is behind going, until something comes
 * again. What comes late, in whose place an empty one went, is dropped unless allowDelay says otherwise.
 */
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "tolerance", "10000", 1, 4294967295, "milliseconds a channel may be silent"),
	STREAM_PROP_NUMBER(UINT, "frequency", "100", 1, 4294967295, "milliseconds between buffers"),
	STREAM_PROP_NUMBER(UINT, "allowDelay", "0", 0, 1, "1: late ones are kept"),
	STREAM_PROP_END,
};

typedef struct pace {
	uint64_t ahead; /* empty frames that went in the place of others */
	double due; /* when the next empty one goes */
	uint32_t channel, frame;
} pace;

static void
run(stream_worker *w, stream_frame *const *in)
{
	pace *p = w->state;
	const stream_message *kind;
	stream_blob *blob;
	p->channel = stream_frame_way(in[0])->channel;
	p->frame = stream_frame_way(in[0])->frame;
	p->due = w->wait_until = secant_seconds() + (double)stream_prop_int(w, "tolerance") / 1000;
	if (p->ahead && stream_prop_int(w, "allowDelay") == 0) {
		p->ahead--;
		return;
	}
	char *key = w->upstream(w->host, 0);
	if (key && *key && stream_frame_get(in[0], key, &kind, &blob))
		stream_answer(w, in[0], kind, blob);
	else
		stream_send_all(w, in[0]);
	secant_free(key);
}

static void
flush(stream_worker *w)
{
	pace *p = w->state;
	double now = secant_seconds();
	if (p->due <= 0 || now < p->due || __atomic_load_n(&w->stopping, __ATOMIC_RELAXED))
		return; /* the stream ends, or is asked what it keeps: nothing */
	stream_frame *empty = stream_frame_new();
	if (empty) {
		base_str info = { 0 };
		stream_frame_way(empty)->channel = p->channel;
		stream_frame_way(empty)->frame = ++p->frame;
		stream_put_int(&info, 1, p->channel);
		stream_put_int(&info, 2, p->frame);
		(void)stream_frame_put(
			empty, "ReservedFrameInfo", stream_message_find("MxpiFrameInfo"), stream_blob_take(&info));
		base_str_free(&info);
		p->ahead++;
		stream_send_all(w, empty);
		stream_frame_drop(empty);
	}
	p->due = w->wait_until = now + (double)stream_prop_int(w, "frequency") / 1000;
}

static const stream_work work = { .state = sizeof(pace), .own_thread = true, .run = run, .flush = flush };

const stream_element_type stream_element_mxpi_bufferstablizer = {
	.name = "mxpi_bufferstablizer",
	.brief = "sends empty buffers where nothing comes for a while",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.work = &work,
};
