/* Text tables: what the four formats xyz, txt, pts and csv share (text.c, text_write.c). */
#ifndef CODEC_CLOUD_TEXT_H
#define CODEC_CLOUD_TEXT_H
#include "codec/cloud/format.h"

/* Makes ordinary text of what is not: other letters, line ends, brackets, decimal commas (text_dialect.c). */
secant_status cloud_text_plain(secant_cloud_reader *r, secant_err *err);
secant_status cloud_text_open(secant_cloud_reader *r, secant_err *err);
void cloud_text_close(void *state);
secant_status cloud_text_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err);
secant_status cloud_text_create(secant_cloud_writer *w, secant_err *err);
secant_status cloud_text_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err);
secant_status cloud_text_finish(secant_cloud_writer *w, secant_err *err);

/* Rows of a chunk as text into the writer; `types` says how each column is written (integers without point). */
secant_status cloud_put_rows(
	secant_cloud_writer *w, const secant_cloud *chunk, char separator, const secant_number *types, secant_err *err);
#endif
