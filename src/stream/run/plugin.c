/* libgstsecant.so: the elements for gst-inspect-1.0, gst-launch-1.0 and any program on GStreamer. */
#include <gst/gst.h>
#include <secant/manager.h>

static gboolean
plugin_init(GstPlugin *plugin)
{
	return secant_streams_register(plugin);
}

#define PACKAGE "secant"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, secant, "stream elements of MindX SDK on plain CPUs",
	plugin_init, SECANT_VERSION, GST_LICENSE_UNKNOWN, "secant", "secant")
