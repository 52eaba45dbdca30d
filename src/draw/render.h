/* Drawing clouds: what the pieces share. render.c chooses colours and views, render_splat.c draws, render_text.c writes
 * titles and legends, render_gif.c, render_apng.c and render_page.c put pictures and clouds into files. */
#ifndef DRAW_RENDER_H
#define DRAW_RENDER_H
#include "base/file.h"
#include "base/mem.h"
#include <secant/render.h>

enum { RENDER_PANELS = 8, RENDER_LEGEND = 24 };

/* One line of a legend. */
typedef struct render_entry {
	char text[64];
	uint8_t rgb[3];
	int value;
} render_entry;

/* What one panel shows: a colour for each point, and what the colours mean. */
typedef struct render_panel {
	char title[64];
	uint8_t *rgb; /* n x 3, owned */
	render_entry entry[RENDER_LEGEND];
	int entries;
	bool classes; /* entries are classes, with their value */
	int32_t *value; /* of each point, owned; NULL unless classes */
} render_panel;

typedef struct render_scene {
	int64_t n;
	float *xyz; /* n x 3, around the middle, up axis z, the farthest point at distance 1; owned */
	render_panel panel[RENDER_PANELS];
	int panels;
} render_scene;

void render_scene_free(render_scene *s);

/* The camera of one picture. */
typedef struct render_camera {
	double right[3], up[3], forward[3], zoom;
} render_camera;
render_camera render_camera_at(double azimuth, double elevation, double zoom);

/* Draws the points into an RGB picture of width x height whose first pixel is `to` and whose rows are `stride` bytes
 * apart. */
secant_status render_splats(const render_scene *s, const render_panel *p, const render_camera *camera, double diameter,
	const uint8_t background[3], uint8_t *to, int width, int height, size_t stride, secant_err *err);

/* The title above and the legend below: how many rows of pixels they take, and putting them there. */
int render_title_height(const secant_view *v);
int render_legend_height(const secant_view *v, const render_panel *p, int width);
secant_status render_text(const secant_view *v, const render_panel *p, secant_image *im, int left, int width,
	int legend_top, secant_err *err);

/* Pictures of one turn into a file. frame(user, i) draws the i-th; all have one size. */
typedef secant_status (*render_frame)(void *user, int i, secant_image *out, secant_err *err);
secant_status render_gif(const char *path, int frames, double seconds, render_frame frame, void *user, secant_err *err);
secant_status render_apng(
	const char *path, int frames, double seconds, render_frame frame, void *user, secant_err *err);
secant_status render_page(const char *path, const render_scene *s, const secant_view *v, secant_err *err);
#endif
