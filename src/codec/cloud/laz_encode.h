/*
 * The other direction of laz.h: an arithmetic encoder over the same models, and the items that both generations share.
 * What an encoder writes, the decoder of the same name reads.
 */
#ifndef CODEC_CLOUD_LAZ_ENCODE_H
#define CODEC_CLOUD_LAZ_ENCODE_H
#include "codec/cloud/laz_items.h"

/* Bytes that grow. After a failed allocation the encoder goes on without keeping anything, and counts as failed. */
typedef struct laz_encoder {
	uint8_t *out;
	size_t n, room;
	uint32_t base, length;
	bool failed;
} laz_encoder;

void laz_encoder_begin(laz_encoder *e); /* zeroed before its first use; keeps its room for the next chunk */
void laz_encoder_end(laz_encoder *e); /* the last bytes */
void laz_encoder_free(laz_encoder *e);

void laz_put_symbol(laz_encoder *e, laz_model *m, uint32_t symbol);
void laz_put_bit(laz_encoder *e, laz_bit *m, uint32_t bit);
void laz_put_raw_bits(laz_encoder *e, int n, uint32_t v);
void laz_put_raw_u32(laz_encoder *e, uint32_t v);
void laz_integer_encode(laz_encoder *e, laz_models *m, laz_integer *c, int32_t prediction, int32_t real, int context);
void laz_time_encode(laz_encoder *e, laz_models *m, laz_time *t, uint64_t time);
void laz_colour_encode(laz_encoder *e, laz_models *m, laz_colour *c, uint16_t last[3], const uint16_t now[3]);
void laz_wave_encode(laz_encoder *e, laz_models *m, laz_wave *w, uint8_t last[29], const uint8_t now[29]);

/* Encodes a chunk, record after record; c->record is the first. The bytes behind the first record go to `out`, after
 * the sizes of layers. */
typedef struct laz_chunk_writer laz_chunk_writer;
struct laz_chunk_writer {
	laz_chunk chunk;
	laz_encoder stream; /* of pointwise items */
	laz_encoder layer[LAZ_LAYERS + 3], *byte; /* of layered ones: POINT14's, colours, infrared, waves; extra bytes */
	bool changed[LAZ_LAYERS + 3], *byte_changed; /* a layer that never changes is left out */
	int bytes;
	void *state;
};
secant_status laz_pointwise_write_begin(laz_chunk_writer *w, secant_err *err);
void laz_pointwise_write(laz_chunk_writer *w, const uint8_t *record);
secant_status laz_layered_write_begin(laz_chunk_writer *w, secant_err *err);
void laz_layered_write(laz_chunk_writer *w, const uint8_t *record);
#endif
