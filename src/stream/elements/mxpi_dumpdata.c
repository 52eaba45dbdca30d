/* mxpi_dumpdata: dumps results. */
#include "base/base64.h"
#include "base/file.h"
#include <secant/files.h>
#include "stream/serialize.h"
#include "stream/worker.h"
#include <stdio.h>

static const stream_prop props[] = {
	STREAM_PROP_TEXT("filterMetaDataKeys", "", "keys to leave out, a list"),
	STREAM_PROP_TEXT("requiredMetaDataKeys", "", "keys to take, a list; empty: all"),
	STREAM_PROP_TEXT("location", "", "file to write; empty: into the buffer"),
	STREAM_PROP_TEXT("dumpMemoryData", "true", "true: with the data"),
	STREAM_PROP_END,
};

typedef struct dumping {
	int64_t written;
} dumping;

static bool
is_wanted(const char *key, const char *wanted, const char *left_out)
{
	if (*wanted)
		return stream_in_list(wanted, key);
	return strcmp(key, "MxstFrameExternalInfo") != 0 && !stream_in_list(left_out, key);
}

/* A message as text within a text. */
static void
print_entry(base_str *out, const char *key, const stream_message *kind, const stream_blob *b, bool memory)
{
	base_str content = { 0 };
	bool text = !kind || !strcmp(kind->name, "MxpiContentString");
	if (text)
		base_str_addn(&content, (const char *)b->p, b->n);
	else
		stream_message_print(&content, kind, b->p, b->n, memory ? NULL : "dataStr");
	if (content.n == 2 && !memcmp(content.p, "{}", 2))
		content.n = 0;
	base_str_add(out, "{\"key\":");
	stream_message_print_text(out, (const uint8_t *)key, strlen(key));
	base_str_add(out, ",\"content\":");
	stream_message_print_text(out, (const uint8_t *)content.p, content.n);
	base_str_addf(out, ",\"protoDataType\":\"%s\"}", text || !memory ? "" : kind->name);
	out->failed |= content.failed;
	base_str_free(&content);
}

static stream_blob *
dump(stream_worker *w, stream_frame *f)
{
	base_str out = { 0 };
	const char *key;
	const stream_message *kind;
	stream_blob *blob, *bytes = stream_frame_bytes(f);
	char vision[300];
	char *wanted = stream_prop_copy(w, "requiredMetaDataKeys"), *left_out = stream_prop_copy(w, "filterMetaDataKeys");
	bool memory = !stream_prop_is(w, "dumpMemoryData", "false"), first = true, told = false;
	stream_frame_vision(f, vision, sizeof vision);
	base_str_add(&out, "{\"buffer\":{\"bufferData\":\"");
	base_base64_encode(&out, bytes ? (const void *)bytes->p : "", bytes ? bytes->n : 0);
	base_str_add(&out, "\"},\"metaData\":[");
	for (int i = 0; wanted && left_out; i++) {
		bool more = stream_frame_at(f, i, &key, &kind, &blob);
		if (!told && (!more || strcmp(key, "ReservedVisionList") > 0)) { /* it stands among the keys, and is none */
			told = true;
			if (*vision && is_wanted("ReservedVisionList", wanted, left_out)) {
				stream_blob *text = stream_blob_of(vision, strlen(vision));
				base_str_add(&out, first ? "" : ",");
				first = false;
				if (text)
					print_entry(&out, "ReservedVisionList", NULL, text, memory);
				stream_blob_drop(text);
			}
		}
		if (!more)
			break;
		if (is_wanted(key, wanted, left_out)) {
			base_str_add(&out, first ? "" : ",");
			first = false;
			print_entry(&out, key, kind, blob, memory);
		}
		stream_blob_drop(blob);
	}
	base_str_add(&out, "]}");
	secant_free(wanted);
	secant_free(left_out);
	stream_blob *text = stream_blob_take(&out);
	base_str_free(&out);
	return text;
}

/* The dump in place of the buffer; of the messages nothing is left but how the frame finds back to its sender. */
static void
replace(stream_worker *w, stream_frame *f, stream_blob *text)
{
	stream_frame *made = stream_frame_new();
	if (!made) {
		stream_blob_drop(text);
		stream_cannot(w, f, STREAM_NO_MEMORY, "no memory for a dump");
		return;
	}
	*stream_frame_way(made) = *stream_frame_way(f);
	stream_frame_set_bytes(made, text);
	stream_send_all(w, made);
	stream_frame_drop(made);
}

static secant_status
make_folder(const char *path, secant_err *err)
{
	char *folder = base_path_dir(path);
	if (!folder)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	(void)!secant_make_dirs(folder, err);
	secant_free(folder);
	return err->code;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	dumping *s = w->state;
	char *place = stream_prop_copy(w, "location");
	secant_err err = { 0 };
	stream_blob *text = dump(w, in[0]);
	if (!text || !place) {
		stream_blob_drop(text);
		stream_cannot(w, in[0], STREAM_NO_MEMORY, "no memory for a dump");
	} else if (!*place)
		replace(w, in[0], text);
	else {
		char *path = s->written ? base_format("%s%lld", place, (long long)s->written) : base_strdup(place);
		s->written++;
		if (!path || make_folder(path, &err) || secant_file_write(path, text->p, text->n, &err))
			stream_cannot(w, in[0], STREAM_FAILURE, "%s", err.code ? err.msg : "no memory");
		else
			stream_send_all(w, in[0]);
		secant_free(path);
		stream_blob_drop(text);
	}
	secant_free(place);
}

static const stream_work work = { .state = sizeof(dumping), .run = run };

const stream_element_type stream_element_mxpi_dumpdata = {
	.name = "mxpi_dumpdata",
	.brief = "dumps results",
	.flags = STREAM_ELEMENT_TRANSPARENT,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.work = &work,
};
