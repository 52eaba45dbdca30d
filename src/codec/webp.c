/*
 * WebP through libwebp: lossy and lossless, with and without alpha. Of EXIF the orientation is read. Animations are
 * not.
 */
#include "codec/codec.h"
#include <webp/decode.h>
#include <webp/encode.h>

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 12 && !memcmp(data, "RIFF", 4) && !memcmp(data + 8, "WEBP", 4);
}

static secant_status
fail_webp(VP8StatusCode code, secant_err *err)
{
	static const char *const what[] = {
		"nothing is wrong",
		"no memory",
		"a wrong parameter",
		"the data is damaged",
		"an unsupported feature",
		"the file ends too early",
		"the user stopped it",
		"the file ends too early",
	};
	return secant_fail(err, code == VP8_STATUS_OUT_OF_MEMORY ? SECANT_ERR_NOMEM : SECANT_ERR_FORMAT, "WebP: %s",
		(size_t)code < sizeof what / sizeof *what ? what[code] : "an unknown error");
}

/* Walks the chunks: name, u32 size, data, padding to 2. */
static int
orientation(const uint8_t *data, size_t size)
{
	int said = 1; /* by XMP, which goes after EXIF */
	for (size_t at = 12; size - at >= 8;) {
		uint32_t n = base_le32(data + at + 4);
		if (n > size - at - 8)
			break;
		if (!memcmp(data + at, "EXIF", 4)) {
			const uint8_t *p = data + at + 8;
			bool prefixed = n > 6 && !memcmp(p, "Exif\0\0", 6);
			int v = codec_exif_said(prefixed ? p + 6 : p, prefixed ? n - 6 : n);
			if (v)
				return v;
		}
		if (!memcmp(data + at, "XMP ", 4))
			said = codec_xmp_orientation(data + at + 8, n);
		at += 8 + n;
		at += n % 2 && at < size;
	}
	return said;
}

static secant_status
look(WebPBitstreamFeatures *f, const uint8_t *data, size_t size, secant_err *err)
{
	VP8StatusCode code = WebPGetFeatures(data, size, f);
	if (code != VP8_STATUS_OK)
		return fail_webp(code, err);
	if ((uint64_t)base_le32(data + 4) + 8 > size)
		return fail_webp(VP8_STATUS_NOT_ENOUGH_DATA, err);
	if (f->has_animation)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "WebP: animations are not read");
	return SECANT_OK;
}

static secant_status
probe(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err)
{
	WebPBitstreamFeatures f;
	secant_status s = look(&f, data, size, err);
	if (s)
		return s;
	info->width = f.width;
	info->height = f.height;
	info->channels = f.has_alpha ? 4 : 3;
	info->dtype = SECANT_U8;
	info->bits = 8;
	info->alpha = f.has_alpha;
	info->lossy = f.format == 1; /* 2 is lossless */
	info->orientation = orientation(data, size);
	return SECANT_OK;
}

static secant_status
decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err)
{
	WebPDecoderConfig config;
	if (!WebPInitDecoderConfig(&config))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "WebP: libwebp is of another version than it was built for");
	secant_status s = look(&config.input, data, size, err);
	if (s)
		return s;
	s = secant_image_new(im, config.input.width, config.input.height, config.input.has_alpha ? 4 : 3, SECANT_U8, err);
	if (s)
		return s;
	config.output.colorspace = im->channels == 4 ? MODE_RGBA : MODE_RGB;
	config.output.is_external_memory = 1;
	config.output.u.RGBA.rgba = im->data;
	config.output.u.RGBA.stride = im->width * im->channels; /* libwebp's sides end at 16383 */
	config.output.u.RGBA.size = secant_image_row_bytes(im) * (size_t)im->height;
	VP8StatusCode code = WebPDecode(data, size, &config);
	WebPFreeDecBuffer(&config.output);
	if (code == VP8_STATUS_OK)
		return SECANT_OK;
	secant_image_free(im);
	return fail_webp(code, err);
}

static int
write_out(const uint8_t *data, size_t size, const WebPPicture *p)
{
	return codec_sink_put(p->custom_ptr, data, size);
}

static secant_status
encode_picture(const secant_image *im, WebPPicture *p, const WebPConfig *config, secant_err *err)
{
	int ok = im->channels == 4 ? WebPPictureImportRGBA(p, im->data, im->width * 4)
							   : WebPPictureImportRGB(p, im->data, im->width * 3);
	ok = ok && WebPEncode(config, p);
	if (ok)
		return SECANT_OK;
	return secant_fail(err, p->error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ? SECANT_ERR_NOMEM : SECANT_ERR_UNSUPPORTED,
		"WebP: the encoder failed (error %d)", (int)p->error_code);
}

static secant_status
encode(const secant_image *im, codec_sink *out, const char *extension, const secant_image_write_options *o,
	secant_err *err)
{
	WebPConfig config;
	WebPPicture p;
	secant_image colour = { 0 };
	secant_status s = SECANT_OK;
	if (im->dtype != SECANT_U8 || im->channels > 4 || im->channels == 2)
		return codec_image_cannot(im, "WebP", "1, 3 or 4 channels of u8", err);
	if (im->width > WEBP_MAX_DIMENSION || im->height > WEBP_MAX_DIMENSION)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "WebP holds at most %d pixels a side, the picture is %dx%d",
			WEBP_MAX_DIMENSION, im->width, im->height);
	if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)(o->quality ? o->quality : 90)) || !WebPPictureInit(&p))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "WebP: libwebp is of another version than it was built for");
	config.lossless = config.exact = o->lossless;
	p.use_argb = o->lossless;
	p.width = im->width;
	p.height = im->height;
	p.writer = write_out;
	p.custom_ptr = out;
	if (im->channels == 1)
		s = secant_image_convert(&colour, im, 3, SECANT_U8, err);
	if (!s)
		s = encode_picture(colour.data ? &colour : im, &p, &config, err);
	WebPPictureFree(&p);
	secant_image_free(&colour);
	return s;
}

const codec_format codec_webp = {
	.name = "webp",
	.brief = "WebP, lossy and lossless",
	.extensions = "webp",
	.alpha = true,
	.lossy = true,
	.detect = detect,
	.probe = probe,
	.decode = decode,
	.encode = encode,
};
