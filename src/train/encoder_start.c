/*
 * --encoder-weights: finding what is named, and normalising pictures as they were for it. --normalize auto, the
 * default, means that; anything else stands, and a remark says what the weights are used to.
 */
#include "train/encoder_start.h"
#include <stdio.h>
#include <string.h>

typedef struct watcher {
	const secant_train_events *events;
	double said; /* seconds */
} watcher;

/* A line every few seconds: the bar of a training counts pictures. */
static void
tell_bytes(void *user, const char *name, int64_t now, int64_t total)
{
	watcher *w = user;
	double t = secant_seconds();
	if (t - w->said < 5)
		return;
	w->said = t;
	secant_log(&w->events->log, SECANT_LOG_INFO, "fetching weights %s: %.1f of %.1f MB", name, (double)now / 1e6,
		(double)total / 1e6);
}

static bool
ask_cancelled(void *user)
{
	const watcher *w = user;
	return w->events->cancelled && w->events->cancelled(w->events->user);
}

/* Numbers for three colours as those of a network with other channels: the mean of each half for all, as "imagenet" is
 * read for other channel counts. */
static void
for_channels(const char *normalize, int channels, char *text, size_t n)
{
	double m[3], s[3];
	if (channels == 3 || sscanf(normalize, "%lf,%lf,%lf/%lf,%lf,%lf", &m[0], &m[1], &m[2], &s[0], &s[1], &s[2]) != 6)
		(void)snprintf(text, n, "%s", normalize);
	else
		(void)snprintf(text, n, "%.9g/%.9g", (m[0] + m[1] + m[2]) / 3, (s[0] + s[1] + s[2]) / 3);
}

static secant_status
choose_normalize(train_trainer *s, const hub_found *found, secant_err *err)
{
	const char *now = s->o->data.normalize.normalize, *whose = s->o->encoder_weights;
	char text[256] = "imagenet";
	bool open = !now || !strcmp(now, "auto");
	if (found->normalize)
		for_channels(found->normalize, s->o->network.in_channels, text, sizeof text);
	if (found->normalize && open)
		secant_log(&s->events->log, SECANT_LOG_INFO,
			"pictures are normalised as for encoder weights %s: %s (--normalize says otherwise)", whose, text);
	else if (found->normalize && strcmp(now, text))
		secant_log(&s->events->log, SECANT_LOG_WARNING,
			"encoder weights %s were trained on pictures normalised by %s; --normalize %s stands", whose, text, now);
	else if (found->path && !found->normalize && open)
		secant_log(&s->events->log, SECANT_LOG_INFO,
			"nothing says how pictures were normalised for %s: imagenet is taken (--normalize says otherwise)", whose);
	return open ? train_trainer_set(s, "normalize", text, err) : SECANT_OK;
}

secant_status
train_find_encoder(train_trainer *s, hub_found *found, secant_err *err)
{
	watcher w = { s->events, secant_seconds() };
	const secant_weights_events e = {
		.log = s->events->log, .progress = tell_bytes, .cancelled = ask_cancelled, .user = &w
	};
	const secant_train_options *o = s->o;
	*found = (hub_found){ 0 };
	if (secant_network_kind_of(&o->network) != SECANT_NETWORK_PICTURES) {
		if (o->encoder_weights)
			return secant_fail(err, SECANT_ERR_ARG, "encoder-weights: %s has no encoder of pictures", o->network.arch);
		return SECANT_OK;
	}
	/* a run that goes on has its own weights; a look at the data needs none */
	if (o->encoder_weights && !o->resume && !o->check
		&& hub_resolve(found, o->network.encoder, o->encoder_weights, &e, err))
		return err ? err->code : SECANT_ERR_IO;
	return choose_normalize(s, found, err);
}
