/*
 * The palette of secant/palette.h: 24 colours computed once by the rule written there (the test computes their
 * distances again), and tints and shades of them. It is for classes; measures such as height or error have ramps of
 * their own where they are drawn.
 */
#include <secant/palette.h>

static const uint8_t colours[SECANT_PALETTE_COUNT][3] = {
	{ 230, 159, 0 },
	{ 86, 180, 233 },
	{ 0, 158, 115 },
	{ 240, 228, 66 },
	{ 0, 114, 178 },
	{ 213, 94, 0 },
	{ 204, 121, 167 },
	{ 45, 45, 30 },
	{ 0, 0, 195 },
	{ 120, 75, 60 },
	{ 165, 225, 180 },
	{ 180, 0, 255 },
	{ 105, 0, 105 },
	{ 180, 180, 135 },
	{ 90, 90, 120 },
	{ 0, 240, 255 },
	{ 195, 255, 180 },
	{ 165, 120, 255 },
	{ 90, 15, 150 },
	{ 225, 195, 105 },
	{ 195, 30, 165 },
	{ 150, 195, 195 },
	{ 60, 210, 255 },
	{ 75, 0, 75 },
};

/* What a colour is mixed with on the second to fifth turn, and how much of it in per cent. */
static const struct {
	int towards, percent;
} turns[] = { { 0, 0 }, { 255, 40 }, { 0, 40 }, { 255, 65 }, { 0, 65 } };

void
secant_palette(int i, uint8_t rgb[3])
{
	if (i < 0) {
		rgb[0] = rgb[1] = rgb[2] = 128;
		return;
	}
	int turn = i / SECANT_PALETTE_COUNT % (int)(sizeof turns / sizeof *turns);
	for (int c = 0; c < 3; c++) {
		int own = colours[i % SECANT_PALETTE_COUNT][c];
		rgb[c] = (uint8_t)(own + (turns[turn].towards - own) * turns[turn].percent / 100);
	}
}
