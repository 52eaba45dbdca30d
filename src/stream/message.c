/* Messages of streams: the table, and what is done with bytes by it. See message.h. */
#include "stream/message.h"
#include <stdlib.h>

#define MEMORY "MXPI_MEMORY_HOST|MXPI_MEMORY_DEVICE|MXPI_MEMORY_DVPP|MXPI_MEMORY_HOST_MALLOC|MXPI_MEMORY_HOST_NEW"
#define PIXELS "MXPI_DATA_TYPE_UINT8|MXPI_DATA_TYPE_FLOAT32"
#define HEADERS \
	{ \
		"headerVec", 1, STREAM_MESSAGE, true, "MxpiMetaHeader" \
	}
#define LIST(name, field, item) \
	{ \
		name, "MxpiDataType", \
		{ \
			{ \
				field, 1, STREAM_MESSAGE, true, item \
			} \
		} \
	}

/* clang-format off */
static const stream_message table[] = {
	{ "MxpiFrame", "MxpiDataType", { { "frameInfo", 1, STREAM_MESSAGE, false, "MxpiFrameInfo" },
		{ "visionList", 2, STREAM_MESSAGE, false, "MxpiVisionList" } } },
	{ "MxpiFrameInfo", "MxpiDataType", { { "channelId", 1, STREAM_UINT32 }, { "frameId", 2, STREAM_UINT32 }, { "isEos", 3, STREAM_BOOL } } },
	LIST("MxpiVisionList", "visionVec", "MxpiVision"),
	{ "MxpiVision", "MxpiDataType", { HEADERS, { "visionInfo", 2, STREAM_MESSAGE, false, "MxpiVisionInfo" },
		{ "visionData", 3, STREAM_MESSAGE, false, "MxpiVisionData" } } },
	{ "MxpiMetaHeader", "MxpiDataType", { { "parentName", 1, STREAM_STRING }, { "memberId", 2, STREAM_INT32 }, { "dataSource", 3, STREAM_STRING } } },
	{ "MxpiVisionInfo", "MxpiDataType", { { "format", 1, STREAM_UINT32 }, { "width", 2, STREAM_UINT32 }, { "height", 3, STREAM_UINT32 },
		{ "widthAligned", 4, STREAM_UINT32 }, { "heightAligned", 5, STREAM_UINT32 }, { "resizeType", 6, STREAM_UINT32 },
		{ "keepAspectRatioScaling", 7, STREAM_FLOAT }, { "preprocessInfo", 8, STREAM_MESSAGE, true, "MxpiVisionPreProcess" } } },
	{ "MxpiVisionPreProcess", "MxpiDataType", { { "widthSrc", 1, STREAM_UINT32 }, { "heightSrc", 2, STREAM_UINT32 }, { "cropLeft", 3, STREAM_UINT32 },
		{ "cropRight", 4, STREAM_UINT32 }, { "cropTop", 5, STREAM_UINT32 }, { "cropBottom", 6, STREAM_UINT32 }, { "pasteLeft", 7, STREAM_UINT32 },
		{ "pasteRight", 8, STREAM_UINT32 }, { "pasteTop", 9, STREAM_UINT32 }, { "pasteBottom", 10, STREAM_UINT32 },
		{ "interpolation", 11, STREAM_UINT32 }, { "elementName", 12, STREAM_STRING } } },
	{ "MxpiVisionData", "MxpiDataType", { { "dataPtr", 1, STREAM_UINT64 }, { "dataSize", 2, STREAM_INT32 }, { "deviceId", 3, STREAM_UINT32 },
		{ "memType", 4, STREAM_ENUM, false, MEMORY }, { "freeFunc", 5, STREAM_UINT64 }, { "dataStr", 6, STREAM_BYTES },
		{ "dataType", 7, STREAM_ENUM, false, PIXELS }, { "matPtr", 8, STREAM_UINT64 } } },
	LIST("MxpiObjectList", "objectVec", "MxpiObject"),
	{ "MxpiObject", "MxpiDataType", { HEADERS, { "x0", 2, STREAM_FLOAT }, { "y0", 3, STREAM_FLOAT }, { "x1", 4, STREAM_FLOAT }, { "y1", 5, STREAM_FLOAT },
		{ "classVec", 6, STREAM_MESSAGE, true, "MxpiClass" }, { "imageMask", 7, STREAM_MESSAGE, false, "MxpiImageMask" } } },
	LIST("MxpiImageMaskList", "imageMaskVec", "MxpiImageMask"),
	{ "MxpiImageMask", "MxpiDataType", { HEADERS, { "className", 2, STREAM_STRING, true }, { "shape", 3, STREAM_INT32, true },
		{ "dataType", 4, STREAM_INT32 }, { "dataStr", 5, STREAM_BYTES } } },
	LIST("MxpiClassList", "classVec", "MxpiClass"),
	{ "MxpiClass", "MxpiDataType", { HEADERS, { "classId", 2, STREAM_INT32 }, { "className", 3, STREAM_STRING }, { "confidence", 4, STREAM_FLOAT } } },
	LIST("MxpiAttributeList", "attributeVec", "MxpiAttribute"),
	{ "MxpiAttribute", "MxpiDataType", { HEADERS, { "attrId", 2, STREAM_INT32 }, { "attrName", 3, STREAM_STRING }, { "attrValue", 4, STREAM_STRING },
		{ "confidence", 5, STREAM_FLOAT } } },
	LIST("MxpiTrackLetList", "trackLetVec", "MxpiTrackLet"),
	{ "MxpiTrackLet", "MxpiDataType", { HEADERS, { "trackId", 2, STREAM_UINT32 }, { "age", 3, STREAM_UINT32 }, { "hits", 4, STREAM_UINT32 },
		{ "trackFlag", 5, STREAM_INT32 } } },
	LIST("MxpiTensorPackageList", "tensorPackageVec", "MxpiTensorPackage"),
	{ "MxpiTensorPackage", "MxpiDataType", { HEADERS, { "tensorVec", 2, STREAM_MESSAGE, true, "MxpiTensor" } } },
	{ "MxpiTensor", "MxpiDataType", { { "tensorDataPtr", 1, STREAM_UINT64 }, { "tensorDataSize", 2, STREAM_INT32 }, { "deviceId", 3, STREAM_UINT32 },
		{ "memType", 4, STREAM_ENUM, false, MEMORY }, { "freeFunc", 5, STREAM_UINT64 }, { "tensorShape", 6, STREAM_INT32, true },
		{ "dataStr", 7, STREAM_BYTES }, { "tensorDataType", 8, STREAM_INT32 } } },
	LIST("MxpiFeatureVectorList", "featureVec", "MxpiFeatureVector"),
	{ "MxpiFeatureVector", "MxpiDataType", { HEADERS, { "featureValues", 2, STREAM_FLOAT, true } } },
	LIST("MxpiPoseList", "poseVec", "MxpiPose"),
	{ "MxpiPose", "MxpiDataType", { HEADERS, { "keyPointVec", 2, STREAM_MESSAGE, true, "MxpiKeyPoint" }, { "score", 3, STREAM_FLOAT } } },
	{ "MxpiKeyPoint", "MxpiDataType", { { "x", 1, STREAM_FLOAT }, { "y", 2, STREAM_FLOAT }, { "name", 3, STREAM_INT32 }, { "score", 4, STREAM_FLOAT } } },
	LIST("MxpiKeyPointAndAngleList", "keyPointAndAngleVec", "MxpiKeyPointAndAngle"),
	{ "MxpiKeyPointAndAngle", "MxpiDataType", { HEADERS, { "keyPointsVec", 2, STREAM_FLOAT, true }, { "angleYaw", 3, STREAM_FLOAT },
		{ "anglePitch", 4, STREAM_FLOAT }, { "angleRoll", 5, STREAM_FLOAT } } },
	LIST("MxpiTextObjectList", "objectVec", "MxpiTextObject"),
	{ "MxpiTextObject", "MxpiDataType", { HEADERS, { "x0", 2, STREAM_FLOAT }, { "y0", 3, STREAM_FLOAT }, { "x1", 4, STREAM_FLOAT }, { "y1", 5, STREAM_FLOAT },
		{ "x2", 6, STREAM_FLOAT }, { "y2", 7, STREAM_FLOAT }, { "x3", 8, STREAM_FLOAT }, { "y3", 9, STREAM_FLOAT },
		{ "confidence", 10, STREAM_FLOAT }, { "text", 11, STREAM_STRING } } },
	LIST("MxpiTextsInfoList", "textsInfoVec", "MxpiTextsInfo"),
	{ "MxpiTextsInfo", "MxpiDataType", { HEADERS, { "text", 2, STREAM_STRING, true } } },
	LIST("MxpiCustomDataList", "dataVec", "MxpiCustomData"),
	{ "MxpiCustomData", "MxpiDataType", { HEADERS, { "map", 2, STREAM_MAP } } },
	{ "MxpiDumpData", "MxpiDumpData", { { "buffer", 1, STREAM_MESSAGE, false, "Buffer" }, { "metaData", 2, STREAM_MESSAGE, true, "MetaData" } } },
	{ "Buffer", "MxpiDumpData", { { "bufferData", 1, STREAM_BYTES } } },
	{ "MetaData", "MxpiDumpData", { { "key", 1, STREAM_STRING }, { "content", 2, STREAM_STRING }, { "protoDataType", 3, STREAM_STRING } } },
	{ "MxpiContentString", "MxpiInternalType", { { "content", 1, STREAM_STRING } } },
	{ "MxpiOsdInstancesList", "MxpiOSDType", { { "osdInstancesVec", 1, STREAM_MESSAGE, true, "MxpiOsdInstances" } } },
	{ "MxpiOsdInstances", "MxpiOSDType", { HEADERS, { "osdTextVec", 2, STREAM_MESSAGE, true, "MxpiOsdText" },
		{ "osdLineVec", 3, STREAM_MESSAGE, true, "MxpiOsdLine" }, { "osdRectVec", 4, STREAM_MESSAGE, true, "MxpiOsdRect" },
		{ "osdCircleVec", 5, STREAM_MESSAGE, true, "MxpiOsdCircle" } } },
	{ "MxpiOsdText", "MxpiOSDType", { HEADERS, { "text", 2, STREAM_STRING }, { "x0", 3, STREAM_INT32 }, { "y0", 4, STREAM_INT32 },
		{ "fontFace", 5, STREAM_INT32 }, { "fontScale", 6, STREAM_DOUBLE }, { "bottomLeftOrigin", 7, STREAM_BOOL },
		{ "osdParams", 8, STREAM_MESSAGE, false, "MxpiOsdParams" }, { "fixedArea", 9, STREAM_BOOL } } },
	{ "MxpiOsdLine", "MxpiOSDType", { HEADERS, { "x0", 2, STREAM_INT32 }, { "y0", 3, STREAM_INT32 }, { "x1", 4, STREAM_INT32 }, { "y1", 5, STREAM_INT32 },
		{ "osdParams", 6, STREAM_MESSAGE, false, "MxpiOsdParams" } } },
	{ "MxpiOsdRect", "MxpiOSDType", { HEADERS, { "x0", 2, STREAM_INT32 }, { "y0", 3, STREAM_INT32 }, { "x1", 4, STREAM_INT32 }, { "y1", 5, STREAM_INT32 },
		{ "osdParams", 6, STREAM_MESSAGE, false, "MxpiOsdParams" }, { "fixedArea", 7, STREAM_BOOL } } },
	{ "MxpiOsdCircle", "MxpiOSDType", { HEADERS, { "x0", 2, STREAM_INT32 }, { "y0", 3, STREAM_INT32 }, { "radius", 4, STREAM_INT32 },
		{ "osdParams", 5, STREAM_MESSAGE, false, "MxpiOsdParams" } } },
	{ "MxpiOsdParams", "MxpiOSDType", { { "scalorB", 1, STREAM_UINT32 }, { "scalorG", 2, STREAM_UINT32 }, { "scalorR", 3, STREAM_UINT32 },
		{ "thickness", 4, STREAM_INT32 }, { "lineType", 5, STREAM_INT32 }, { "shift", 6, STREAM_INT32 } } },
};
/* clang-format on */
enum { MESSAGES = sizeof table / sizeof table[0], DEEPEST = 16 };

const stream_message *
stream_message_at(int i)
{
	return i >= 0 && i < MESSAGES ? &table[i] : NULL;
}

const stream_message *
stream_message_find(const char *name)
{
	if (!strncmp(name, "MxTools.", 8))
		name += 8;
	for (int i = 0; i < MESSAGES; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

const stream_field *
stream_message_field(const stream_message *m, int number)
{
	for (const stream_field *f = m->field; f < m->field + STREAM_FIELDS && f->name; f++)
		if (f->number == number)
			return f;
	return NULL;
}

const stream_field *
stream_message_items(const stream_message *m)
{
	const stream_field *f = &m->field[0];
	return f->type == STREAM_MESSAGE && f->many && strcmp(f->name, "headerVec") != 0 ? f : NULL;
}

/* ---- checking ---- */

static format_wire_type
wire_of(const stream_field *f)
{
	switch (f->type) {
	case STREAM_FLOAT: return FORMAT_WIRE_32;
	case STREAM_DOUBLE: return FORMAT_WIRE_64;
	case STREAM_STRING:
	case STREAM_BYTES:
	case STREAM_MESSAGE:
	case STREAM_MAP: return FORMAT_WIRE_BYTES;
	default: return FORMAT_WIRE_VARINT;
	}
}

/* Numbers one after the other in the bytes of a field. */
static bool
is_packed(const stream_field *f, format_wire w)
{
	uint64_t v;
	if (wire_of(f) == FORMAT_WIRE_32)
		return w.n % 4 == 0;
	if (wire_of(f) == FORMAT_WIRE_64)
		return w.n % 8 == 0;
	while (w.n)
		if (!format_wire_varint(&w, &v))
			return false;
	return true;
}

static bool
is_utf8(format_wire w)
{
	for (size_t i = 0; i < w.n;) {
		uint8_t c = w.p[i];
		int more = c < 0x80         ? 0
			: c >= 0xC2 && c < 0xE0 ? 1
			: c >= 0xE0 && c < 0xF0 ? 2
			: c >= 0xF0 && c < 0xF5 ? 3
									: -1;
		if (more < 0 || w.n - i <= (size_t)more)
			return false;
		for (int k = 1; k <= more; k++)
			if ((w.p[i + (size_t)k] & 0xC0) != 0x80)
				return false;
		if ((c == 0xE0 && w.p[i + 1] < 0xA0) || (c == 0xED && w.p[i + 1] > 0x9F) || (c == 0xF0 && w.p[i + 1] < 0x90)
			|| (c == 0xF4 && w.p[i + 1] > 0x8F))
			return false;
		i += (size_t)more + 1;
	}
	return true;
}

static bool
check(const stream_message *m, format_wire w, int depth)
{
	static const stream_message pair = { "", "", { { "key", 1, STREAM_STRING }, { "value", 2, STREAM_STRING } } };
	format_wire_field x;
	int got;
	if (depth > DEEPEST)
		return false;
	while ((got = format_wire_next(&w, &x)) > 0) {
		const stream_field *f = stream_message_field(m, x.number);
		if (!f)
			continue;
		if (x.type != wire_of(f)) {
			if (!f->many || x.type != FORMAT_WIRE_BYTES || !is_packed(f, x.bytes))
				return false;
		} else if (f->type == STREAM_STRING) {
			if (!is_utf8(x.bytes))
				return false;
		} else if (f->type == STREAM_MESSAGE || f->type == STREAM_MAP) {
			if (!check(f->type == STREAM_MAP ? &pair : stream_message_find(f->of), x.bytes, depth + 1))
				return false;
		}
	}
	return got == 0;
}

bool
stream_message_is(const stream_message *m, const void *bytes, size_t n)
{
	return check(m, (format_wire){ bytes, n }, 0);
}

/* ---- writing ---- */

void
stream_put_int(base_str *s, int number, int64_t v)
{
	if (v)
		format_wire_put_varint(s, number, (uint64_t)v);
}

void
stream_put_real(base_str *s, int number, double v)
{
	if (v != 0)
		format_wire_put_float(s, number, (float)v);
}

void
stream_put_text(base_str *s, int number, const char *text)
{
	if (text && *text)
		format_wire_put_text(s, number, text);
}

void
stream_put_message(base_str *s, int number, const base_str *m)
{
	if (m->failed)
		s->failed = true;
	format_wire_put_bytes(s, number, m->p ? m->p : "", m->n);
}

void
stream_put_packed(base_str *s, int number, const int64_t *v, int n)
{
	base_str numbers = { 0 };
	for (int i = 0; i < n; i++) {
		uint64_t u = (uint64_t)v[i];
		for (; u > 127; u >>= 7)
			base_str_addn(&numbers, &(char){ (char)(u | 128) }, 1);
		base_str_addn(&numbers, &(char){ (char)u }, 1);
	}
	if (n)
		stream_put_message(s, number, &numbers);
	base_str_free(&numbers);
}

void
stream_put_header(base_str *s, const char *key, int member)
{
	base_str h = { 0 };
	stream_put_int(&h, 2, member);
	stream_put_text(&h, 3, key);
	stream_put_message(s, 1, &h);
	base_str_free(&h);
}

bool
stream_take_ints(const format_wire_field *f, int64_t *v, int *n, int most)
{
	format_wire w = f->bytes;
	uint64_t u;
	if (f->type == FORMAT_WIRE_VARINT) {
		if (*n >= most)
			return false;
		v[(*n)++] = (int64_t)f->value;
		return true;
	}
	while (f->type == FORMAT_WIRE_BYTES && w.n) {
		if (*n >= most || !format_wire_varint(&w, &u))
			return false;
		v[(*n)++] = (int64_t)u;
	}
	return f->type == FORMAT_WIRE_BYTES;
}

float
stream_float_of(const format_wire_field *f)
{
	uint32_t bits = (uint32_t)f->value;
	float v;
	memcpy(&v, &bits, 4);
	return v;
}
