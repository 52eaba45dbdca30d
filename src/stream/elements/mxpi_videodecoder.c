/* mxpi_videodecoder: decodes H.264 and H.265, by elements of GStreamer (run/videodecoder.c). */
#include "stream/element.h"

STREAM_WORK_OF_GSTREAMER(stream_work_decoder);

static const stream_prop props[] = {
	STREAM_PROP_TEXT("inputVideoFormat", "H264", "H264 or H265"),
	STREAM_PROP_WORDS(
		"outputImageFormat", "YUV420SP_NV12", "YUV420SP_NV12|YUV420SP_NV21|RGB_888|BGR_888", "what comes out"),
	STREAM_PROP_NUMBER(UINT, "vdecChannelId", "0", 0, 255, "channel of the decoder"),
	STREAM_PROP_NUMBER(UINT, "outMode", "0", 0, 1, "what comes out when"),
	STREAM_PROP_NUMBER(UINT, "outPicWidthMax", "0", 0, 4096, "largest width, 0: not known"),
	STREAM_PROP_NUMBER(UINT, "outPicHeightMax", "0", 0, 4096, "largest height, 0: not known"),
	STREAM_PROP_NUMBER(UINT, "skipFrame", "0", 0, 100, "pictures left out between two"),
	STREAM_PROP_NUMBER(UINT, "vdecResizeWidth", "0", 0, 4096, "columns, 0: not scaled"),
	STREAM_PROP_NUMBER(UINT, "vdecResizeHeight", "0", 0, 4096, "rows, 0: not scaled"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_videodecoder = {
	.name = "mxpi_videodecoder",
	.brief = "decodes H.264 and H.265",
	.props = props,
	.sinks = { STREAM_MEDIA_H264 },
	.sources = { STREAM_MEDIA_YUV },
	.work = &stream_work_decoder,
};
