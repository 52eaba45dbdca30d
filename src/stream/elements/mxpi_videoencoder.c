/* mxpi_videoencoder: encodes H.264 and H.265, by elements of GStreamer (run/videoencoder.c). */
#include "stream/element.h"

STREAM_WORK_OF_GSTREAMER(stream_work_encoder);

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "vencChannelId", "0", 0, 127, "channel of the encoder"),
	STREAM_PROP_NUMBER(UINT, "iFrameInterval", "30", 1, 2000, "pictures from one whole picture to the next"),
	STREAM_PROP_NUMBER(UINT, "imageHeight", "1080", 128, 4096, "rows"),
	STREAM_PROP_NUMBER(UINT, "imageWidth", "1920", 128, 4096, "columns"),
	STREAM_PROP_NUMBER(UINT, "fps", "0", 0, 1, "1: prints pictures a second"),
	STREAM_PROP_NUMBER(UINT, "rcMode", "2", 0, 2, "how the rate is kept"),
	STREAM_PROP_NUMBER(UINT, "srcRate", "30", 1, 120, "pictures a second"),
	STREAM_PROP_NUMBER(UINT, "maxBitRate", "300", 10, 30000, "kbit a second"),
	STREAM_PROP_NUMBER(UINT, "ipProp", "70", 0, 100, "bits of a whole picture to those of others"),
	STREAM_PROP_WORDS("inputFormat", "YUV420SP_NV12", "YUV420SP_NV12|YUV420SP_NV21", "what comes in"),
	STREAM_PROP_WORDS("outputFormat", "H264", "H264|H265", "what goes out"),
	STREAM_PROP_NUMBER(UINT, "frameReleaseTimeOut", "5", 0, 10, "wait for the encoder"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_videoencoder = {
	.name = "mxpi_videoencoder",
	.brief = "encodes H.264 and H.265",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
	.work = &stream_work_encoder,
};
