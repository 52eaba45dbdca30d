/*
 * mxpi_rtspsrc: receives video from a camera (run/rtsp.c). A bin of GStreamer in the original, so without the
 * properties of plugins; no media type is documented for it.
 */
#include "stream/element.h"

STREAM_WORK_OF_GSTREAMER(stream_work_rtsp);

static const stream_prop props[] = {
	STREAM_PROP_TEXT("rtspUrl", NULL, "address of the camera"),
	STREAM_PROP_NUMBER(UINT, "channelId", "0", 0, 4294967295, "number of the channel"),
	STREAM_PROP_NUMBER(ULONG, "timeout", "0", 0, INT64_MAX, "microseconds, 0: none"),
	STREAM_PROP_NUMBER(UINT, "fpsMode", "0", 0, 1, "1: prints pictures a second"),
	STREAM_PROP_NUMBER(UINT, "tlsValidationFlags", "0", 0, 4294967295, "which checks of the certificate"),
	STREAM_PROP_TEXT("tlsCertFilePathList", NULL, "CertCrt,CertKey,CaCert,Token[,Crl]"),
	STREAM_PROP_NATIVE(BOOL, "async-handling", "false", 0, 0, 0, "changes of state of its parts go unseen"),
	STREAM_PROP_NATIVE(BOOL, "message-forward", "false", 0, 0, 0, "passes on messages of its parts"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_rtspsrc = {
	.name = "mxpi_rtspsrc",
	.brief = "receives video from a camera",
	.base = STREAM_BASE_OBJECT,
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
	.work = &stream_work_rtsp,
};
