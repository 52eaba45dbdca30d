/*
 * The memory of LAZ's items, shared by the two directions: laz_pointwise.c and laz_layered.c decode with it,
 * laz_pointwise_write.c and laz_layered_write.c encode. Both must change it alike.
 */
#ifndef CODEC_CLOUD_LAZ_ITEMS_H
#define CODEC_CLOUD_LAZ_ITEMS_H
#include "codec/cloud/laz.h"

/* ---- point formats 0 to 5 ---- */

typedef struct laz_point10 {
	uint8_t last[20];
	uint16_t intensity[16];
	int32_t height[8];
	laz_median x[16], y[16];
	laz_model *changed, *flags[256], *class[256], *angle[2], *user[256];
	laz_integer of_intensity, of_source, of_x, of_y, of_z;
} laz_point10;

/* By number of returns and return number. */
extern const uint8_t laz_return_map10[8][8];
void laz_point10_begin(laz_point10 *p, const uint8_t *first);

/* ---- point formats 6 to 10 ---- */

enum { LAZ_CHANNELS = 4, LAZ_LAYERS = 9 };
enum {
	LAYER_XY,
	LAYER_Z,
	LAYER_CLASS,
	LAYER_FLAGS,
	LAYER_INTENSITY,
	LAYER_ANGLE,
	LAYER_USER,
	LAYER_SOURCE,
	LAYER_TIME
};

typedef struct laz_point14 {
	bool ready, time_changed;
	int32_t x, y, z;
	uint16_t intensity, source;
	int16_t angle;
	uint8_t r, n, class, flags, user;
	int32_t height[8];
	uint16_t last_intensity[8];
	laz_median median_x[12], median_y[12];
	laz_model *changed[8], *channel, *number[16], *returns[16], *returns_same_time, *classes[64], *flag[64], *users[64];
	laz_integer of_x, of_y, of_z, of_intensity, of_angle, of_source;
	laz_time time;
} laz_point14;

/* The other items, for each channel. */
typedef struct laz_colour14 {
	laz_colour colour;
	uint16_t infrared;
	laz_model *used, *diff[2];
} laz_colour14;
typedef struct laz_bytes14 {
	uint8_t *last;
	laz_model **diff;
} laz_bytes14;

/* What every channel remembers, and the channels that items are at. */
typedef struct laz_memory14 {
	int channel, other[LAZ_ITEMS]; /* of POINT14; of each other item */
	bool switched; /* at this point */
	laz_point14 point[LAZ_CHANNELS];
	laz_colour14 colour[LAZ_CHANNELS];
	laz_wave wave[LAZ_CHANNELS];
	laz_bytes14 bytes[LAZ_CHANNELS];
	bool colour_ready[LAZ_CHANNELS], wave_ready[LAZ_CHANNELS], bytes_ready[LAZ_CHANNELS]; /* the item has seen it */
} laz_memory14;

/* From a chunk's first record. */
secant_status laz_memory14_begin(laz_chunk *c, laz_memory14 *s, secant_err *err);
/* Makes a channel's memory from the last point of another. */
void laz_point14_open(laz_memory14 *s, int channel, const laz_point14 *from);
/* Which median and height a point goes by. */
int laz_median14(const laz_point14 *p, bool time);
int laz_level14(const laz_point14 *p);

/* Whose models an item uses for this point, and whose memory it predicts from and writes to. */
typedef struct laz_chosen {
	int models, memory, before;
	bool fresh;
} laz_chosen;
laz_chosen laz_follow(laz_memory14 *s, int item, int version, bool ready[LAZ_CHANNELS]);
/* The same for each kind of item, whose fresh models begin with what the channel before remembers. */
laz_chosen laz_follow_colour(laz_memory14 *s, int item, int version);
laz_chosen laz_follow_wave(laz_memory14 *s, int item, int version);
laz_chosen laz_follow_bytes(laz_memory14 *s, int item, int version, int n);
/* Layers that an item has. */
int laz_layers_of(const laz_item *item);
#endif
