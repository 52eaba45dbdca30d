/*
 * A picture's file as a source for prediction: by windows or whole, in the channels that the network wants, with 1 for
 * white. See predictor.h.
 */
#include "codec/codec.h"
#include "deploy/predictor.h"

/* The number that is white: as the option says, as in training, or by what the picture holds. */
static double
choose_white(deploy_opened *o, const secant_predictor *p, const codec_range *r)
{
	o->white = codec_white_of(&p->of->whites, r->dtype);
	if (!(o->white > 0))
		o->white = codec_white_guess(r, o->why);
	else if (!p->of->told_white)
		codec_white_doubt(r, o->white, o->why);
	return o->white;
}

/* A raster whose white is another number than its type's is opened anew, to be read with that. */
static secant_status
open_raster(
	deploy_opened *o, secant_predictor *p, const char *path, secant_image_read_options *how, int bits, secant_err *err)
{
	deploy_source *s = &o->source;
	codec_range r = { 0 };
	if (!(s->raster = secant_raster_open(path, how, err)))
		return err->code;
	const secant_raster_info *about = secant_raster_about(s->raster);
	s->width = about->width;
	s->height = about->height;
	if (about->dtype == SECANT_U8)
		return SECANT_OK;
	secant_status status = codec_range_raster(&r, s->raster, bits, err);
	if (status || !codec_white_matters(r.dtype, how->white = choose_white(o, p, &r)))
		return status;
	secant_raster_close(s->raster);
	p->rules.white = how->white;
	return (s->raster = secant_raster_open(path, how, err)) ? SECANT_OK : err->code;
}

static secant_status
read_whole(deploy_opened *o, secant_predictor *p, const char *path, const secant_image_read_options *how, int bits,
	secant_err *err)
{
	codec_range r = { 0 };
	secant_status status = secant_image_read(&o->image, path, how, err);
	if (status)
		return status;
	o->source.width = o->image.width;
	o->source.height = o->image.height;
	o->source.image = &o->image;
	if (o->image.dtype == SECANT_U8)
		return SECANT_OK;
	codec_range_picture(&r, &o->image, bits);
	double white = choose_white(o, p, &r);
	p->rules.white = codec_white_matters(r.dtype, white) ? white : 0;
	return codec_image_white(&o->image, secant_image_geo(&o->image), white, err);
}

secant_status
deploy_picture_open(deploy_opened *o, secant_predictor *p, const char *path, secant_err *err)
{
	secant_image_info info;
	secant_image_read_options how = { 0 };
	int wanted = p->model[0].in_channels;
	secant_status status = secant_image_probe(path, &info, err);
	p->rules.white = 0;
	if (status)
		return status;
	bool windows = codec_of(&info)->windows;
	o->source.bands = info.channels;
	bool more = info.channels > wanted || (info.channels == 2 && wanted == 3); /* of two, the first is repeated */
	o->unseen = windows && !info.alpha && more ? info.channels : 0;
	/* Rules may ask for bands that the network does not see (near infrared as the fourth of four). */
	if (info.channels != wanted && info.channels <= 4 && (wanted == 1 || wanted == 3) && !p->rules.n)
		how.channels = wanted;
	return windows && !p->options.resize ? open_raster(o, p, path, &how, info.bits, err)
										 : read_whole(o, p, path, &how, info.bits, err);
}

void
deploy_picture_close(deploy_opened *o)
{
	secant_raster_close(o->source.raster);
	secant_image_free(&o->image);
}
