/* `secant show`: pictures of a cloud, turning pictures, and a page with a viewer. */
#include "command.h"
#include <secant/render.h>
#include <string.h>

typedef struct show {
	replacing replacing;
	common common;
	char *out, *prediction;
	secant_view view;
	secant_cloud_reading reading;
} show;

static const secant_opt show_rows[] = {
	SECANT_OPT(show, out, STR, "out", NULL, 0, 0,
		"file to write: .png or another picture, .gif or .apng that turn, .html with a viewer"),
	SECANT_OPT_TABLE(show, replacing, &replacing_options),
	SECANT_OPT(show, prediction, STR, "prediction", NULL, 0, 0,
		"another cloud of the same points, whose prediction (else label) is shown beside the label"),
	SECANT_OPT_TABLE(show, view, &secant_view_options),
	SECANT_OPT_TABLE(show, reading, &secant_cloud_read_options),
	SECANT_OPT_TABLE(show, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts show_options = { "show", sizeof(show), show_rows };

/* "cloud.las" becomes "cloud.png" in the current folder. */
static void
default_name(const char *path, char out[512])
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *dot = strrchr(name, '.');
	snprintf(out, 512, "%.*s.png", (int)(dot && dot > name ? dot - name : (long)strlen(name)), name);
}

static int
show_run(void *options, int n, const char *const *operands, secant_err *err)
{
	show *o = options;
	char name[512];
	secant_cloud c = { 0 }, other = { 0 };
	default_name(operands[0], name);
	const char *out = o->out ? o->out : name;
	secant_status s = tool_may_write(out, &o->replacing, &o->common, err);
	if (!s)
		s = secant_cloud_read(&c, operands[0], &o->reading, err);
	if (!s && o->prediction) {
		s = secant_cloud_read(&other, o->prediction, NULL, err);
		if (!s)
			s = secant_render_join(&c, &other, o->view.prediction, err);
	}
	if (!s)
		s = secant_render_write(&c, out, &o->view, err);
	if (!s && o->common.json)
		(void)tool_print_json(stdout, json_pack("{s:s, s:I}", "out", out, "points", (json_int_t)c.n), 0, err);
	else if (!s && !o->common.quiet)
		printf("%s: %lld points\n", out, (long long)c.n);
	secant_cloud_free(&c);
	secant_cloud_free(&other);
	return s;
}

const command command_show = {
	.name = "show",
	.brief = "draws a cloud: picture, turning picture, or a page with a viewer",
	.operands = "CLOUD [--out FILE]",
	.details = "The extension of --out says what is made. Without --panels, labels, predictions and errors are shown "
			   "side by side when the cloud\n"
			   "has them, else its colours or its height. In clouds of ShapeNet and ModelNet the y axis points "
			   "upwards: --up y.",
	.example = "secant show cloud.las\nsecant show labelled.ply --out cloud.html\nsecant show test.las --prediction "
			   "result.las --out compare.gif --size 400",
	.options = &show_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = show_run,
};
