/*
 * The rules of pipelines, one small pipeline each: the code, element and property of the first fault. A quotation mark
 * is written as ' here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "stream/stream.h"

typedef struct rule {
	const char *what, *text;
	int code;
	const char *element, *property;
} rule;

#define SINK "'appsink0':{'factory':'appsink'}"
#define SRC(next) "'appsrc0':{'factory':'appsrc','next':" next "}"
#define DECODER(props, next) "'dec':{'factory':'mxpi_imagedecoder','props':{" props "},'next':" next "}"
#define DUMP(next) "'dump':{'factory':'mxpi_dumpdata','next':" next "}"
#define S(body) "{'s':{" body "}}"
/* appsrc0 -> one element of that factory -> appsink0 */
#define ONE(factory, props) S(SRC("'x'") ",'x':{'factory':'" factory "','props':{" props "},'next':'appsink0'}," SINK)
/* the same with a decoder before it, which says a key */
#define AFTER(factory, props) \
	S(SRC("'dec'") "," DECODER("", "'x'") ",'x':{'factory':'" factory "','props':{" props "},'next':'appsink0'}" \
										  "," SINK)

/* clang-format off */
static const rule rules[] = {
	/* the text */
	{ "no JSON", "{'s':}", 6005, "", "" },
	{ "a trailing comma", "{'s':{'a':{},}}", 6005, "", "" },
	{ "a comment", "{/* */'s':{}}", 6005, "", "" },
	{ "an array", "[]", 6005, "", "" },
	{ "an empty object", "{}", 6005, "", "" },
	{ "two spaces in a row anywhere", S(SRC("'appsink0'") "," SINK ",'stream_config':{'x':'a  b'}"), 6005, "", "" },
	{ "the character 0x7F", S(SRC("'appsink0'") "," SINK ",'stream_config':{'x':'\x7f'}"), 6005, "", "" },
	{ "an escape in an object is not found", S(SRC("'appsink0'") "," SINK ",'stream_config':{'x':'a\\tb'}"), 0, "", "" },
	{ "a byte order mark", "\xEF\xBB\xBF" S(SRC("'appsink0'") "," SINK), 0, "", "" },
	{ "a key twice: the last counts", S("'appsrc0':{'factory':'nothing'}," SRC("'appsink0'") "," SINK), 0, "", "" },
	/* streams */
	{ "a stream that is no object", "{'s':1}", 1004, "", "" },
	{ "an empty stream", "{'s':{}}", 1004, "", "" },
	{ "streams in byte order of their names", "{'b':{},'a':{'x':1}}", 6005, "x", "" },
	{ "one bare stream", "{" SRC("'appsink0'") "," SINK "}", 6005, "factory", "" },
	/* elements */
	{ "a value that is no object", S("'a':'x'"), 6005, "a", "" },
	{ "a missing factory fails at creation", S("'a':{'next':'nowhere'}"), 6014, "a", "factory" },
	{ "a wrong property later wins over it", S("'a':{}," SRC("'z'") ",'z':{'factory':'queue','props':{'none':'1'}}"), 6015, "z", "none" },
	{ "stream_config needs none", S("'stream_config':{}," SRC("'appsink0'") "," SINK), 0, "", "" },
	{ "a factory that is no string", S("'a':{'factory':1}"), 6014, "a", "factory" },
	{ "an unknown factory", S("'a':{'factory':'mxpi_imagedecode'}"), 6014, "a", "factory" },
	{ "a factory that is built no more", S("'a':{'factory':'mxpi_nmsoverlapedroi'}"), 6014, "a", "factory" },
	{ "a control character in a factory", S("'a':{'factory':'queue\\n'}"), 6014, "a", "factory" },
	{ "another key of a plugin", S("'a':{'factory':'mxpi_dumpdata','location':'x'}"), 6015, "a", "location" },
	{ "another key of filesrc", S("'a':{'factory':'filesrc','location':'x'}"), 6015, "a", "location" },
	{ "another key of a native element", S("'appsrc0':{'factory':'appsrc','left':1,'next':'appsink0'}," SINK), 0, "", "" },
	/* properties */
	{ "props that are no object", S("'a':{'factory':'queue','props':[]}"), 6015, "a", "" },
	{ "an unknown property", ONE("mxpi_dumpdata", "'locaton':'x'"), 6015, "x", "locaton" },
	{ "one that is read only", S("'a':{'factory':'queue','props':{'current-level-bytes':'1'}}"), 6015, "a", "current-level-bytes" },
	{ "an array", ONE("mxpi_dumpdata", "'location':[]"), 6015, "x", "location" },
	{ "null", ONE("mxpi_dumpdata", "'location':null"), 6015, "x", "location" },
	{ "a control character in a value", ONE("mxpi_dumpdata", "'location':'a\\nb'"), 1004, "x", "location" },
	{ "properties in byte order", ONE("mxpi_skipframe", "'frameNum':'101','a\\t':'1'"), 1004, "x", "a\t" },
	{ "a number in range", ONE("mxpi_skipframe", "'frameNum':'100'"), 0, "", "" },
	{ "a number above", ONE("mxpi_skipframe", "'frameNum':'101'"), 6015, "x", "frameNum" },
	{ "hexadecimal, octal and leading blanks", ONE("mxpi_skipframe", "'frameNum':' 0x64'"), 0, "", "" },
	{ "octal 0144 is 100", ONE("mxpi_skipframe", "'frameNum':'0144'"), 0, "", "" },
	{ "octal 0145 is 101", ONE("mxpi_skipframe", "'frameNum':'0145'"), 6015, "x", "frameNum" },
	{ "something after a number", ONE("mxpi_skipframe", "'frameNum':'5 '"), 6015, "x", "frameNum" },
	{ "the empty string as a number", ONE("mxpi_skipframe", "'frameNum':''"), 6015, "x", "frameNum" },
	{ "a minus sign in an unsigned number", ONE("mxpi_skipframe", "'frameNum':'-0'"), 6015, "x", "frameNum" },
	{ "a signed number below", ONE("mxpi_dumpdata", "'deviceId':'-2'"), 6015, "x", "deviceId" },
	{ "a signed number at its limit", ONE("mxpi_dumpdata", "'deviceId':'-1'"), 0, "", "" },
	{ "more than 32 bits", ONE("mxpi_dumpdata", "'deviceId':'4294967296'"), 6015, "x", "deviceId" },
	{ "more than 64 bits", S("'appsrc0':{'factory':'appsrc','props':{'max-bytes':'18446744073709551616'}}"), 6015, "appsrc0", "max-bytes" },
	{ "64 bits are -1 for a signed property", S("'appsrc0':{'factory':'appsrc','props':{'min-latency':'18446744073709551615'},'next':'appsink0'}," SINK), 0, "", "" },
	{ "a real number above", AFTER("mxpi_imagecrop", "'leftExpandRatio':'1.01'"), 6015, "x", "leftExpandRatio" },
	{ "not a number", AFTER("mxpi_imagecrop", "'leftExpandRatio':'nan'"), 6015, "x", "leftExpandRatio" },
	{ "a boolean", S("'appsrc0':{'factory':'appsrc','props':{'is-live':'maybe'}}"), 6015, "appsrc0", "is-live" },
	{ "an enumeration by its nick", S(SRC("'q'") ",'q':{'factory':'queue','props':{'leaky':'upstream'},'next':'appsink0'}," SINK), 0, "", "" },
	{ "an enumeration beyond its numbers", S("'q':{'factory':'queue','props':{'leaky':'3'}}"), 6015, "q", "leaky" },
	{ "an object in a string property", ONE("mxpi_objectselector", "'FirstDetectionFilter':{'Type':'Area','TopN':1,'BottomN':0,'MinArea':0,'MaxArea':9,'ConfThresh':0.5}"), 0, "", "" },
	{ "an object in a number", ONE("mxpi_skipframe", "'frameNum':{}"), 6015, "x", "frameNum" },
	{ "caps are a text", S("'appsrc0':{'factory':'appsrc','props':{'caps':'video/x-h264, alignment=(string)au'},'next':'appsink0'}," SINK), 0, "", "" },
	{ "caps that begin with no media type", S("'appsrc0':{'factory':'appsrc','props':{'caps':'1,2'},'next':'appsink0'}," SINK), 6015, "appsrc0", "caps" },
	{ "what the manager sets is ignored", S("'appsrc0':{'factory':'appsrc','props':{'block':'true'},'next':'appsink0'}," SINK), 0, "", "" },
	/* next */
	{ "next that is a number", S("'appsrc0':{'factory':'appsrc','next':1}"), 6005, "appsrc0", "next" },
	{ "a target that is no string", S(SRC("[1]")), 6005, "appsrc0", "next" },
	{ "a target that is not there", S(SRC("'q'")), 6006, "appsrc0", "next" },
	{ "stream_config as a target", S("'stream_config':{}," SRC("'stream_config'") "," SINK), 6013, "appsrc0", "next" },
	{ "a second link of appsrc", S(SRC("['appsink0','appsink1']") "," SINK ",'appsink1':{'factory':'appsink'}"), 6006, "appsrc0", "next" },
	{ "the same target twice", S(SRC("'t'") ",'t':{'factory':'tee','next':['appsink0','appsink0']}," SINK), 6006, "t", "next" },
	{ "two links to one port", S(SRC("'t'") ",'t':{'factory':'tee','next':['p','p:0']},'p':{'factory':'mxpi_synchronize','next':'appsink0'}," SINK), 6006, "t", "next" },
	{ "ports from 0", S(SRC("'t'") ",'t':{'factory':'tee','next':['p:0','p:1']},'p':{'factory':'mxpi_synchronize','next':'appsink0'}," SINK), 0, "", "" },
	{ "a gap between ports", S(SRC("'t'") ",'t':{'factory':'tee','next':['p:0','p:2']},'p':{'factory':'mxpi_synchronize','next':'appsink0'}," SINK), 6006, "t", "next" },
	{ "a port that is no number", S(SRC("'appsink0:x'") "," SINK), 6006, "appsrc0", "next" },
	{ "text after a port", S(SRC("'appsink0:0x'") "," SINK), 0, "", "" },
	{ "two colons are a name", S(SRC("'appsink0:0:0'") "," SINK), 6006, "appsrc0", "next" },
	{ "media that do not fit", S(SRC("'x'") ",'x':{'factory':'mxpi_dataserialize','next':'y'},'y':{'factory':'mxpi_imageresize','next':'appsink0'}," SINK), 6006, "x", "next" },
	{ "media that do not fit behind a queue", S(SRC("'x'") ",'x':{'factory':'mxpi_dataserialize','next':'q'},'q':{'factory':'queue','next':'y'},'y':{'factory':'mxpi_imageresize','next':'appsink0'}," SINK), 6006, "x", "next" },
	{ "media behind two branches of a tee", S(SRC("'dec'") "," DECODER("", "'t'") ",'t':{'factory':'tee','next':['r','d']},'r':{'factory':'mxpi_imageresize','next':'appsink0'},'d':{'factory':'mxpi_imagedecoder','next':'appsink1'}," SINK ",'appsink1':{'factory':'appsink'}"), 6006, "t", "next" },
	/* creation */
	{ "a deviceId with a leading zero", S("'stream_config':{'deviceId':'00'}," SRC("'appsink0'") "," SINK), 1004, "stream_config", "deviceId" },
	{ "an empty deviceId", S("'stream_config':{'deviceId':''}," SRC("'appsink0'") "," SINK), 1004, "stream_config", "deviceId" },
	{ "deviceId null", S("'stream_config':{'deviceId':null}," SRC("'appsink0'") "," SINK), 1004, "stream_config", "deviceId" },
	{ "another deviceId of an element", S("'stream_config':{'deviceId':'1'}," SRC("'dump'") ",'dump':{'factory':'mxpi_dumpdata','props':{'deviceId':'0'},'next':'appsink0'}," SINK), 6015, "dump", "deviceId" },
	{ "the same deviceId", S("'stream_config':{'deviceId':'1'}," SRC("'dump'") ",'dump':{'factory':'mxpi_dumpdata','props':{'deviceId':'1'},'next':'appsink0'}," SINK), 0, "", "" },
	{ "appsink without a number", S(SRC("'appsinkx'") ",'appsinkx':{'factory':'appsink'}"), 1001, "appsinkx", "" },
	{ "appsink within a name", S(SRC("'my_appsink0'") ",'my_appsink0':{'factory':'appsink'}"), 1001, "my_appsink0", "" },
	{ "an appsink of another name", S(SRC("'sink0'") ",'sink0':{'factory':'appsink'}"), 0, "", "" },
	{ "text after the number of an appsink", S(SRC("'appsink0x'") ",'appsink0x':{'factory':'appsink'}"), 0, "", "" },
	{ "an element twice after stripping the port", S(SRC("'q'") ",'q':{'factory':'queue','next':'appsink0'},'q:0':{'factory':'queue'}," SINK), 6012, "q:0", "" },
	/* nextMeta */
	{ "nextMeta replaces dataSource", S(SRC("'dec'") "," "'dec':{'factory':'mxpi_imagedecoder','next':'x','nextMeta':'x'},'x':{'factory':'mxpi_imageresize','props':{'parentName':'dec'},'next':'appsink0'}," SINK), 6003, "x", "dataSource" },
	{ "nextMeta to nothing", S("'appsrc0':{'factory':'appsrc','next':'appsink0','nextMeta':'x'}," SINK), 1004, "appsrc0", "nextMeta" },
	{ "nextMeta that is no string", S("'appsrc0':{'factory':'appsrc','next':'appsink0','nextMeta':[1]}," SINK), 1004, "appsrc0", "nextMeta" },
	{ "nextMeta to what has no dataSource", S("'appsrc0':{'factory':'appsrc','next':'appsink0','nextMeta':'appsink0'}," SINK), 6015, "appsrc0", "nextMeta" },
	{ "nextMeta with and without ports", S("'appsrc0':{'factory':'appsrc','next':'dump','nextMeta':['dump','dump:1']}," DUMP("'appsink0'") "," SINK), 1004, "appsrc0", "nextMeta" },
	{ "nextMeta to a port beyond", S("'appsrc0':{'factory':'appsrc','next':'dump','nextMeta':'dump:1'}," DUMP("'appsink0'") "," SINK), 1004, "appsrc0", "nextMeta" },
	/* ports left open */
	{ "an element that nothing leads to", S(SRC("'appsink0'") "," SINK ",'q':{'factory':'queue'}"), 6016, "q", "" },
	{ "an element that leads nowhere", S(SRC("'q'") ",'q':{'factory':'queue'}"), 6016, "q", "" },
	{ "a tee may lead nowhere", S(SRC("'t'") ",'t':{'factory':'tee'}"), 0, "", "" },
	{ "a wrong link wins over an open port", S(SRC("'q:1'") ",'q':{'factory':'queue'}"), 6006, "appsrc0", "next" },
	/* what does not start */
	{ "no key behind appsrc", ONE("mxpi_imageresize", ""), 6003, "x", "dataSource" },
	{ "a key behind appsrc", ONE("mxpi_imageresize", "'dataSource':'appsrc0'"), 0, "", "" },
	{ "parentName is a key", ONE("mxpi_imageresize", "'parentName':'appsrc0'"), 0, "", "" },
	{ "both are not", ONE("mxpi_imageresize", "'parentName':'a','dataSource':'b'"), 6003, "x", "dataSource" },
	{ "a dump passes the question on", S(SRC("'dump'") "," DUMP("'x'") ",'x':{'factory':'mxpi_imageresize','next':'appsink0'}," SINK), 6003, "x", "dataSource" },
	{ "a word outside of its list", ONE("mxpi_imagedecoder", "'cvProcessor':'Opencv'"), 6003, "x", "cvProcessor" },
	{ "an unknown splitType falls back", AFTER("mxpi_roigenerator", "'splitType':'Tiles'"), 0, "", "" },
	{ "no model", ONE("mxpi_tensorinfer", ""), 6003, "x", "modelPath" },
	{ "an empty key of tensorinfer", ONE("mxpi_tensorinfer", "'modelPath':'m.om'"), 0, "", "" },
	{ "more keys than ports", ONE("mxpi_tensorinfer", "'modelPath':'m.om','dataSource':'a,b'"), 6003, "x", "dataSource" },
	{ "minDimension above maxDimension", AFTER("mxpi_imageresize", "'minDimension':'300'"), 6003, "x", "minDimension" },
	{ "a crop of no size", AFTER("mxpi_opencvcentercrop", "'cropHeight':'8'"), 6003, "x", "cropWidth" },
	{ "a crop of a size", AFTER("mxpi_opencvcentercrop", "'cropHeight':'8','cropWidth':'8'"), 0, "", "" },
	{ "two numbers as alpha", AFTER("mxpi_imagenormalize", "'alpha':'1,2'"), 6003, "x", "alpha" },
	{ "beta 0", AFTER("mxpi_imagenormalize", "'beta':'1, 0,1'"), 6003, "x", "beta" },
	{ "ids of a distributor", AFTER("mxpi_distributor", "'classIds':'1|2'"), 0, "", "" },
	{ "more groups than ports", AFTER("mxpi_distributor", "'classIds':'1,2'"), 6003, "x", "classIds" },
	{ "both kinds of ids", AFTER("mxpi_distributor", "'classIds':'1','channelIds':'1'"), 6003, "x", "classIds" },
	{ "tiles no larger than their overlap", AFTER("mxpi_roigenerator", "'overlapWidth':'512'"), 6003, "x", "overlapWidth" },
	{ "a custom box of three numbers", AFTER("mxpi_roigenerator", "'splitType':'Custom','cropRoi':'0,0,5'"), 6003, "x", "cropRoi" },
	{ "channels", ONE("mxpi_channelselector", "'channelIds':'0,31'"), 0, "", "" },
	{ "a channel beyond", ONE("mxpi_channelselector", "'channelIds':'0,32'"), 6003, "x", "channelIds" },
	{ "a channel twice", ONE("mxpi_channelselector", "'channelIds':'1,1'"), 6003, "x", "channelIds" },
	{ "a font there is not", ONE("mxpi_object2osdinstances", "'fontFace':'8'"), 6003, "x", "fontFace" },
	{ "a line type there is not", ONE("mxpi_object2osdinstances", "'rectLineType':'5'"), 6003, "x", "rectLineType" },
	{ "channels of a stitcher", ONE("mxpi_channelimagesstitcher", "'channelIds':'0,31'"), 0, "", "" },
	{ "a channel of a stitcher beyond", ONE("mxpi_channelimagesstitcher", "'channelIds':'-1'"), 6003, "x", "channelIds" },
	{ "a converter without drawings", ONE("mxpi_channelosdcoordsconverter", ""), 6003, "x", "" },
	{ "a crop takes every way to scale", AFTER("mxpi_imagecrop", "'resizeType':'Resizer_Rescale'"), 0, "", "" },
	{ "a crop takes no other word", AFTER("mxpi_imagecrop", "'resizeType':'Resizer_Other'"), 6003, "x", "resizeType" },
	{ "quality with a list of frames", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigContent':{'FRAME_LIST_LEN':'20','BLUR_FRAME_INTERVAL':'19'}"), 0, "", "" },
	{ "quality with one frame", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigContent':{'FRAME_LIST_LEN':'1'}"), 6003, "x", "qualityDetectionConfigContent" },
	{ "quality with an interval as long as the list", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigContent':{'FRAME_LIST_LEN':'20','DARK_FRAME_INTERVAL':'20'}"), 6003, "x", "qualityDetectionConfigContent" },
	{ "quality with an interval as long as the list is by default", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigContent':{'BLUR_FRAME_INTERVAL':'20'}"), 6003, "x", "qualityDetectionConfigContent" },
	{ "quality with a list no longer than intervals are by default", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigContent':{'FRAME_LIST_LEN':'10'}"), 6003, "x", "qualityDetectionConfigContent" },
	{ "quality without a configuration", AFTER("mxpi_qualitydetection", ""), 6003, "x", "qualityDetectionConfigContent" },
	{ "quality with a file", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigPath':'q.cfg'"), 0, "", "" },
	{ "quality with too little shaking", AFTER("mxpi_qualitydetection", "'qualityDetectionConfigContent':{'VIEW_SHAKE_THRESHOLD':'9'}"), 6003, "x", "qualityDetectionConfigContent" },
	{ "a position of text", ONE("mxpi_class2osdinstances", "'position':'RIGHT_TOP_IN'"), 0, "", "" },
	{ "a position there is not", ONE("mxpi_class2osdinstances", "'position':'RIGHT_TOP_OUT'"), 6003, "x", "position" },
	{ "a selector without a filter", ONE("mxpi_objectselector", ""), 6003, "x", "FirstDetectionFilter" },
	{ "a filter with both ends", ONE("mxpi_objectselector", "'FirstDetectionFilter':{'Type':'Area','TopN':1,'BottomN':1,'MinArea':0,'MaxArea':9,'ConfThresh':0}"), 6003, "x", "FirstDetectionFilter" },
	{ "areas are whole numbers", ONE("mxpi_objectselector", "'FirstDetectionFilter':{'Type':'Area','TopN':0,'BottomN':0,'MinArea':9.5,'MaxArea':9.2,'ConfThresh':0}"), 0, "", "" },
	{ "a format of decoded video there is not", S(SRC("'x'") ",'x':{'factory':'mxpi_videodecoder','props':{'outputImageFormat':'YUV400'},'next':'appsink0'}," SINK), 6003, "x", "outputImageFormat" },
	{ "decoded video as RGB", S(SRC("'x'") ",'x':{'factory':'mxpi_videodecoder','props':{'outputImageFormat':'RGB_888'},'next':'appsink0'}," SINK), 0, "", "" },
	{ "a configuration within the pipeline", S(SRC("'i'") ",'i':{'factory':'mxpi_tensorinfer','props':{'modelPath':'m'},'next':'x'},'x':{'factory':'mxpi_classpostprocessor','props':{'postProcessLibPath':'p','postProcessConfigContent':{'CLASS_NUM':'3'}},'next':'appsink0'}," SINK), 0, "", "" },
	{ "a configuration of numbers", S(SRC("'i'") ",'i':{'factory':'mxpi_tensorinfer','props':{'modelPath':'m'},'next':'x'},'x':{'factory':'mxpi_classpostprocessor','props':{'postProcessLibPath':'p','postProcessConfigContent':{'CLASS_NUM':3}},'next':'appsink0'}," SINK), 6003, "x", "postProcessConfigContent" },
	{ "a configuration that is none", S(SRC("'i'") ",'i':{'factory':'mxpi_tensorinfer','props':{'modelPath':'m'},'next':'x'},'x':{'factory':'mxpi_classpostprocessor','props':{'postProcessLibPath':'p','postProcessConfigContent':'CLASS_NUM=3'},'next':'appsink0'}," SINK), 6003, "x", "postProcessConfigContent" },
	{ "a post-processor without a library", ONE("mxpi_classpostprocessor", "'dataSource':'a'"), 6003, "x", "postProcessLibPath" },
	{ "Python without a class", ONE("mxpi_classpostprocessor", "'dataSource':'a','postProcessLibPath':'p','funcLanguage':'python'"), 6003, "x", "className" },
	{ "a file sink without a file", S(SRC("'f'") ",'f':{'factory':'filesink'}"), 6003, "f", "location" },
};
/* clang-format on */

/* The text with quotation marks; the caller frees. */
static char *
quoted(const char *text)
{
	char *copy = strdup(text);
	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static secant_pipeline *
parsed(const char *text, bool strict)
{
	secant_err err = { 0 };
	char *json = quoted(text);
	secant_pipeline *p = secant_pipeline_parse(json, strlen(json), strict, &err);
	free(json);
	assert_non_null(p);
	assert_int_equal(err.code, 0);
	return p;
}

static void
test_each_rule(void **state)
{
	int wrong = 0;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		const rule *r = &rules[i];
		secant_pipeline *p = parsed(r->text, true);
		const secant_stream_fault *f = secant_pipeline_fault(p);
		char property[300];
		snprintf(property, sizeof property, "%s", r->property);
		if (f->code != r->code || strcmp(f->element, r->element) != 0 || strcmp(f->property, property) != 0
			|| !f->code != !*f->message) {
			print_error("%s: %d '%s' '%s' %s, expected %d '%s' '%s'\n", r->what, f->code, f->element, f->property,
				f->message, r->code, r->element, r->property);
			wrong++;
		}
		secant_pipeline_free(p);
	}
	assert_int_equal(wrong, 0);
}

/* Beyond the original: numbers and booleans, with a remark; limits hold as for text. */
static void
test_plain_values(void **state)
{
	static const char text[] = ONE("mxpi_skipframe", "'frameNum':100,'status':true");
	secant_pipeline *p = parsed(text, false);
	assert_int_equal(secant_pipeline_fault(p)->code, 0);
	assert_non_null(strstr(secant_pipeline_remark(p, 0), "frameNum"));
	assert_non_null(strstr(secant_pipeline_remark(p, 1), "status"));
	assert_null(secant_pipeline_remark(p, 2));
	secant_pipeline_free(p);
	p = parsed(text, true);
	assert_int_equal(secant_pipeline_fault(p)->code, 6015);
	secant_pipeline_free(p);
	p = parsed(ONE("mxpi_skipframe", "'frameNum':101"), false);
	assert_int_equal(secant_pipeline_fault(p)->code, 6015);
	assert_string_equal(secant_pipeline_fault(p)->message, "101 is outside of 0 to 100");
	secant_pipeline_free(p);
	p = parsed(S("'stream_config':{'deviceId':0}," SRC("'appsink0'") "," SINK), false);
	assert_int_equal(secant_pipeline_fault(p)->code, 0);
	secant_pipeline_free(p);
}

static void
test_messages(void **state)
{
	secant_pipeline *p = parsed(ONE("mxpi_dumpdata", "'locaton':'x'"), false);
	const secant_stream_fault *f = secant_pipeline_fault(p);
	assert_string_equal(f->name, "ELEMENT_INVALID_PROPERTIES");
	assert_string_equal(f->stream, "s");
	assert_string_equal(f->message, "mxpi_dumpdata has no such property (nearest: location)");
	secant_pipeline_free(p);
	p = parsed("{'s':{\n'a':1,\n}}", false);
	assert_memory_equal(secant_pipeline_fault(p)->message, "line 3, column 1: ", 18);
	secant_pipeline_free(p);
}

/* 1 byte to 10 MiB - 1; 256 streams; 256 ports of one element. */
static void
test_limits(void **state)
{
	enum { SIZE = 10 << 20 };
	secant_err err = { 0 };
	char *text = malloc(SIZE);
	assert_non_null(text);
	memset(text, ' ', SIZE);
	secant_pipeline *p = secant_pipeline_parse(text, SIZE, false, &err);
	assert_int_equal(secant_pipeline_fault(p)->code, 1004);
	secant_pipeline_free(p);
	p = secant_pipeline_parse(text, SIZE - 1, false, &err);
	assert_int_equal(secant_pipeline_fault(p)->code, 6005);
	secant_pipeline_free(p);
	for (int streams = 256; streams <= 257; streams++) {
		int n = sprintf(text, "{");
		for (int i = 0; i < streams; i++)
			n += sprintf(text + n,
				"%s\"s%d\":{\"a\":{\"factory\":\"appsrc\",\"next\":\"b\"},\"b\":{\"factory\":\"fakesink\"}}",
				i ? "," : "", i);
		n += sprintf(text + n, "}");
		p = secant_pipeline_parse(text, (size_t)n, false, &err);
		assert_int_equal(secant_pipeline_fault(p)->code, streams == 256 ? 0 : 6005);
		secant_pipeline_free(p);
	}
	for (int ports = 256; ports <= 257; ports++) {
		int n = sprintf(
			text, "{\"s\":{\"a\":{\"factory\":\"appsrc\",\"next\":\"t\"},\"t\":{\"factory\":\"tee\",\"next\":[");
		for (int i = 0; i < ports; i++)
			n += sprintf(text + n, "%s\"f%d\"", i ? "," : "", i);
		n += sprintf(text + n, "]}");
		for (int i = 0; i < ports; i++)
			n += sprintf(text + n, ",\"f%d\":{\"factory\":\"fakesink\"}", i);
		n += sprintf(text + n, "}}");
		p = secant_pipeline_parse(text, (size_t)n, false, &err);
		assert_int_equal(secant_pipeline_fault(p)->code, ports == 256 ? 0 : 1004);
		secant_pipeline_free(p);
	}
	free(text);
}

/* Every default is what its own property takes, and names are there once. */
static void
test_the_tables(void **state)
{
	const stream_element_type *e;
	const stream_prop *p;
	for (int i = 0; (e = stream_element_at(i)); i++) {
		assert_ptr_equal(stream_element_find(e->name), e);
		for (int k = 0; (p = stream_element_prop(e, k)); k++) {
			char why[400] = "";
			stream_prop_value v;
			assert_ptr_equal(stream_element_find_prop(e, p->name), p);
			if (p->def && stream_prop_read(p, p->def, &v, why, sizeof why))
				fail_msg("%s: %s: %s", e->name, p->name, why);
			assert_true(p->help && *p->help);
		}
		for (int k = 0; k < STREAM_PORTS && e->keys[k]; k++)
			assert_non_null(stream_element_find_prop(e, e->keys[k]));
	}
}

/* Each number at its limits and one beyond, in every element. */
static void
test_ranges(void **state)
{
	const stream_element_type *e;
	const stream_prop *p;
	char text[40], why[400];
	stream_prop_value v;
	for (int i = 0; (e = stream_element_at(i)); i++)
		for (int k = 0; (p = stream_element_prop(e, k)); k++) {
			if (p->type < STREAM_PROP_INT || p->type > STREAM_PROP_REAL)
				continue;
			snprintf(text, sizeof text, "%lld", (long long)p->min);
			assert_null(stream_prop_read(p, text, &v, why, sizeof why));
			snprintf(text, sizeof text, "%lld", (long long)p->max);
			assert_null(stream_prop_read(p, text, &v, why, sizeof why));
			if (p->min > INT64_MIN) {
				snprintf(text, sizeof text, "%lld", (long long)p->min - 1);
				assert_non_null(stream_prop_read(p, text, &v, why, sizeof why));
			}
			if (p->max < INT64_MAX) {
				snprintf(text, sizeof text, "%lld", (long long)p->max + 1);
				if (p->type != STREAM_PROP_INT || p->max < INT32_MAX) /* 2147483648 wraps: the next test */
					assert_non_null(stream_prop_read(p, text, &v, why, sizeof why));
			}
		}
}

/* 32 bits are kept as they are: what is above the signed half turns negative, as in GStreamer. */
static void
test_32_bits(void **state)
{
	static const stream_prop p = { .name = "p", .type = STREAM_PROP_INT, .min = -1, .max = INT32_MAX };
	char why[400];
	stream_prop_value v;
	assert_null(stream_prop_read(&p, "4294967295", &v, why, sizeof why));
	assert_int_equal(v.i, -1);
	assert_non_null(stream_prop_read(&p, "2147483648", &v, why, sizeof why)); /* -2147483648 */
	assert_null(stream_prop_read(&p, "max", &v, why, sizeof why));
	assert_int_equal(v.i, INT32_MAX);
}

static void
test_drawing(void **state)
{
	secant_err err = { 0 };
	secant_pipeline *p = parsed("{'a<b':{" SRC("'q:0'") ",'q':{'factory':'queue','next':'appsink0'}," SINK "}}", false);
	char *svg = secant_pipeline_svg(p, &err);
	assert_non_null(svg);
	assert_memory_equal(svg, "<svg ", 5);
	assert_non_null(strstr(svg, ">a&lt;b</text>"));
	assert_non_null(strstr(svg, ">appsrc0</text>"));
	assert_null(strstr(svg, "class=\"fault\""));
	int boxes = 0, links = 0;
	for (const char *at = svg; (at = strstr(at, "rx=\"6\"")); at++)
		boxes++;
	for (const char *at = svg; (at = strstr(at, "url(#arrow)")); at++)
		links++;
	assert_int_equal(boxes, 3);
	assert_int_equal(links, 2);
	secant_free(svg);
	secant_pipeline_free(p);
	p = parsed(S(SRC("'q:1'") ",'q':{'factory':'queue','next':'q'}"), false); /* a ring, and refused */
	svg = secant_pipeline_svg(p, &err);
	assert_non_null(strstr(svg, "6006 STREAM_INVALID_LINK: appsrc0: "));
	secant_free(svg);
	secant_pipeline_free(p);
	p = parsed("{", false);
	assert_null(secant_pipeline_svg(p, &err));
	assert_int_equal(err.code, SECANT_ERR_FORMAT);
	secant_pipeline_free(p);
}

/* Without memory at any place: an error, and nothing is lost. */
static void
test_no_memory(void **state)
{
	char *json = quoted(AFTER("mxpi_imageresize", "'resizeWidth':32"));
	for (long at = 1;; at++) {
		secant_err err = { 0 };
		long before = base_mem_live();
		base_mem_fail_at(at);
		secant_pipeline *p = secant_pipeline_parse(json, strlen(json), false, &err);
		char *svg = p ? secant_pipeline_svg(p, &err) : NULL;
		base_mem_fail_at(0);
		bool done = svg != NULL;
		if (!done)
			assert_int_equal(err.code, SECANT_ERR_NOMEM);
		secant_free(svg);
		secant_pipeline_free(p);
		assert_int_equal(base_mem_live(), before);
		if (done)
			break;
	}
	free(json);
}

/* A path where a text is meant, as in the vendor's guide: what to call instead is said. */
static void
test_path_for_a_text(void **state)
{
	static const char path[] = "detection.pipeline", broken[] = "{\"s\":1.pipeline";
	secant_err err = { 0 };
	secant_pipeline *p = secant_pipeline_parse(path, strlen(path), false, &err);
	assert_int_equal(secant_pipeline_fault(p)->code, 6005);
	assert_non_null(strstr(secant_pipeline_fault(p)->message, "CreateMultipleStreamsFromFile"));
	secant_pipeline_free(p);
	p = secant_pipeline_parse(broken, strlen(broken), false, &err);
	assert_int_equal(secant_pipeline_fault(p)->code, 6005);
	assert_null(strstr(secant_pipeline_fault(p)->message, "CreateMultipleStreamsFromFile"));
	secant_pipeline_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_rule), cmocka_unit_test(test_plain_values),
		cmocka_unit_test(test_messages), cmocka_unit_test(test_limits), cmocka_unit_test(test_the_tables),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_32_bits), cmocka_unit_test(test_drawing),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_path_for_a_text) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
