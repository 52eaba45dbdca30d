/*
 * Pipelines as people write them: each variant of one small stream either runs and gives the same answer, or is refused
 * with the code that the original has for it. Rules are those of the reference, sections 2 and 3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <secant/manager.h>
#include "base/mem.h"

#define DECODE "'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'opencv'},'next':'r'}"
#define RESIZE \
	"'r':{'factory':'mxpi_imageresize','props':{'handleMethod':'opencv','resizeWidth':'40','resizeHeight':'36'},'" \
	"next':'u'}"
#define DUMP "'u':{'factory':'mxpi_dumpdata','props':{'requiredMetaDataKeys':'r'},'next':'appsink0'}"
#define SOURCE "'appsrc0':{'factory':'appsrc','props':{'blocksize':'409600'},'next':'d'}"
#define SINK "'appsink0':{'factory':'appsink','props':{'blocksize':'4096000'}}"
#define ALL SOURCE "," DECODE "," RESIZE "," DUMP "," SINK
#define CONFIG "'stream_config':{'deviceId':'0'},"

static const struct {
	const char *says;
	const char *text; /* ' stands for " */
	int code;
	const char *element; /* that is blamed; NULL: any */
} variants[] = {
	{ "as it should be", "{'s':{" CONFIG ALL "}}", 0, NULL },
	{ "without stream_config", "{'s':{" ALL "}}", 0, NULL },
	{ "elements in another order", "{'s':{" SINK "," DUMP "," DECODE "," RESIZE "," CONFIG SOURCE "}}", 0, NULL },
	{ "next as a list of one",
		"{'s':{" CONFIG "'appsrc0':{'factory':'appsrc','next':['d']}," DECODE "," RESIZE "," DUMP "," SINK "}}", 0,
		NULL },
	{ "next with a port", "{'s':{'appsrc0':{'factory':'appsrc','next':'d:0'}," DECODE "," RESIZE "," DUMP "," SINK "}}",
		0, NULL },
	{ "props before and after factory",
		"{'s':{" SOURCE "," DECODE ",'r':{'next':'u','props':{'resizeHeight':'36','resizeWidth':'40','cvProcessor':"
		"'opencv'},'factory':'mxpi_imageresize'}," DUMP "," SINK "}}",
		0, NULL },
	{ "lines that end as on Windows", "{\r\n\t's': {\r\n" ALL "\r\n}\r\n}\r\n", 0, NULL },
	{ "a byte order mark", "\xEF\xBB\xBF{'s':{" ALL "}}", 0, NULL },
	{ "blanks before and after", "\n \t\n{'s':{" ALL "}}\n\n", 0, NULL },
	{ "numbers as numbers",
		"{'s':{" SOURCE "," DECODE
		",'r':{'factory':'mxpi_imageresize','props':{'handleMethod':'opencv','resizeWidth':40,"
		"'resizeHeight':36},'next':'u'}," DUMP "," SINK "}}",
		0, NULL },
	{ "deviceId as a number", "{'s':{'stream_config':{'deviceId':0}," ALL "}}", 0, NULL },
	{ "a number in hexadecimal",
		"{'s':{" SOURCE "," DECODE
		",'r':{'factory':'mxpi_imageresize','props':{'handleMethod':'opencv','resizeWidth':'0x28',"
		"'resizeHeight':' 36'},'next':'u'}," DUMP "," SINK "}}",
		0, NULL },
	{ "a key twice: the last counts",
		"{'s':{" SOURCE "," DECODE
		",'r':{'factory':'mxpi_imageresize','props':{'handleMethod':'opencv','resizeWidth':'99',"
		"'resizeWidth':'40','resizeHeight':'36'},'next':'u'}," DUMP "," SINK "}}",
		0, NULL },
	{ "props that are empty",
		"{'s':{'appsrc0':{'factory':'appsrc','props':{},'next':'d'}," DECODE "," RESIZE "," DUMP
		",'appsink0':{'factory':'appsink',"
		"'props':{}}}}",
		0, NULL },
	{ "an appsink with another number",
		"{'s':{" SOURCE "," DECODE "," RESIZE
		",'u':{'factory':'mxpi_dumpdata','props':{'requiredMetaDataKeys':'r'},'next':"
		"'appsink7'},'appsink7':{'factory':'appsink'}}}",
		0, NULL },
	{ "queues between",
		"{'s':{'appsrc0':{'factory':'appsrc','next':'d'},'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'"
		"opencv'},'next':'q'},"
		"'q':{'factory':'queue','props':{'max-size-buffers':'50'},'next':'r'}," RESIZE "," DUMP "," SINK "}}",
		0, NULL },
	{ "deviceId at elements too",
		"{'s':{" CONFIG SOURCE
		",'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'opencv','deviceId':'0'},'next':'r'}," RESIZE
		"," DUMP "," SINK "}}",
		0, NULL },
	{ "two streams", "{'s':{" ALL "},'t':{" ALL "}}", 0, NULL },
	{ "a name with a blank and letters of other languages",
		"{'s':{'appsrc0':{'factory':'appsrc','next':'\xE8\xA7\xA3 d'},'\xE8\xA7\xA3 d':{'factory':"
		"'mxpi_imagedecoder','props':{'cvProcessor':'opencv'},'next':'r'}," RESIZE "," DUMP "," SINK "}}",
		0, NULL },
	{ "keys of GStreamer's own elements that nobody reads",
		"{'s':{'appsrc0':{'factory':'appsrc','note':'x','next':'d'}," DECODE "," RESIZE "," DUMP "," SINK "}}", 0,
		NULL },
	{ "properties that the manager sets",
		"{'s':{'appsrc0':{'factory':'appsrc','props':{'is-live':'true','block':'true'},'next':'d'}," DECODE "," RESIZE
		"," DUMP "," SINK "}}",
		0, NULL },
	{ "an escaped slash",
		"{'s':{" SOURCE ",'d':{'factory':'mxpi\\u005fimagedecoder','props':{'cvProcessor':'opencv'},'next':'r'}," RESIZE
		"," DUMP "," SINK "}}",
		0, NULL },

	{ "a trailing comma", "{'s':{" ALL ",}}", 6005, NULL },
	{ "a comma that is missing", "{'s':{" SOURCE DECODE "," RESIZE "," DUMP "," SINK "}}", 6005, NULL },
	{ "a comment", "{'s':{ # the source\n" ALL "}}", 6005, NULL },
	{ "a comment of C", "{'s':{ /* the source */ " ALL "}}", 6005, NULL },
	{ "a dictionary of Python", "{\"s\":{" ALL ",'x':None}}", 6005, NULL },
	{ "a brace too few", "{'s':{" ALL "}", 6005, NULL },
	{ "a brace too many", "{'s':{" ALL "}}}", 6005, NULL },
	{ "elements without a stream", "{" ALL "}", 6005, NULL },
	{ "a list of streams", "[{'s':{" ALL "}}]", 6005, NULL },
	{ "nothing", "", 1004, NULL },
	{ "no streams", "{}", 6005, NULL },
	{ "a stream of nothing", "{'s':{}}", 1004, NULL },
	{ "two blanks in a path",
		"{'s':{" SOURCE "," DECODE
		",'r':{'factory':'mxpi_tensorinfer','props':{'modelPath':'my  model.om'},'next':'u'}," DUMP "," SINK "}}",
		6005, NULL },
	{ "an unknown property",
		"{'s':{" SOURCE "," DECODE ",'r':{'factory':'mxpi_imageresize','props':{'width':'40'},'next':'u'}," DUMP
		"," SINK "}}",
		6015, "r" },
	{ "a property in another spelling",
		"{'s':{" SOURCE "," DECODE ",'r':{'factory':'mxpi_imageresize','props':{'ResizeWidth':'40'},'next':'u'}," DUMP
		"," SINK "}}",
		6015, "r" },
	{ "a number that is none",
		"{'s':{" SOURCE "," DECODE ",'r':{'factory':'mxpi_imageresize','props':{'resizeWidth':'40px'},'next':'u'}," DUMP
		"," SINK "}}",
		6015, "r" },
	{ "a number out of range",
		"{'s':{" SOURCE "," DECODE ",'r':{'factory':'mxpi_imageresize','props':{'resizeWidth':'9600'},'next':'u'}," DUMP
		"," SINK "}}",
		6015, "r" },
	{ "an unknown key of an element",
		"{'s':{" SOURCE ",'d':{'factory':'mxpi_imagedecoder','nexts':'r','next':'r'}," RESIZE "," DUMP "," SINK "}}",
		6015, "d" },
	{ "an unknown factory",
		"{'s':{" SOURCE ",'d':{'factory':'mxpi_imagedecode','next':'r'}," RESIZE "," DUMP "," SINK "}}", 6014, "d" },
	{ "a plugin of one's own",
		"{'s':{" SOURCE "," DECODE ",'r':{'factory':'mxpi_sampleplugin','next':'u'}," DUMP "," SINK "}}", 6014, "r" },
	{ "no factory", "{'s':{" SOURCE ",'d':{'next':'r'}," RESIZE "," DUMP "," SINK "}}", 6014, "d" },
	{ "a target that is not there",
		"{'s':{'appsrc0':{'factory':'appsrc','next':'e'}," DECODE "," RESIZE "," DUMP "," SINK "}}", 6006, NULL },
	{ "next is missing in the middle",
		"{'s':{" SOURCE ",'d':{'factory':'mxpi_imagedecoder'}," RESIZE "," DUMP "," SINK "}}", 6016, NULL },
	{ "next is an object",
		"{'s':{'appsrc0':{'factory':'appsrc','next':{'d':0}}," DECODE "," RESIZE "," DUMP "," SINK "}}", 6005, NULL },
	{ "an element that nothing leads to",
		"{'s':{" ALL ",'x':{'factory':'mxpi_imagedecoder','next':'y'},'y':{'factory':'fakesink'}}}", 6016, NULL },
	{ "a port that is left out",
		"{'s':{'appsrc0':{'factory':'appsrc','next':'d:1'}," DECODE "," RESIZE "," DUMP "," SINK "}}", 6006, NULL },
	{ "a sink of another name",
		"{'s':{" SOURCE "," DECODE "," RESIZE
		",'u':{'factory':'mxpi_dumpdata','next':'my_appsink'},'my_appsink':{'factory':'appsink'}}}",
		1001, NULL },
	{ "deviceId as text that is none", "{'s':{'stream_config':{'deviceId':'01'}," ALL "}}", 1004, NULL },
	{ "deviceId that is empty", "{'s':{'stream_config':{'deviceId':''}," ALL "}}", 1004, NULL },
	{ "deviceId that differs",
		"{'s':{'stream_config':{'deviceId':'1'}," SOURCE
		",'d':{'factory':'mxpi_imagedecoder','props':{'deviceId':'0'},'next':'r'}," RESIZE "," DUMP "," SINK "}}",
		6015, "d" },
	{ "props as a list",
		"{'s':{" SOURCE ",'d':{'factory':'mxpi_imagedecoder','props':[],'next':'r'}," RESIZE "," DUMP "," SINK "}}",
		6015, "d" },
	{ "a word that is none",
		"{'s':{" SOURCE ",'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'OpenCV'},'next':'r'}," RESIZE
		"," DUMP "," SINK "}}",
		6003, "d" },
	{ "a model that is not there",
		"{'s':{" SOURCE "," DECODE
		",'r':{'factory':'mxpi_tensorinfer','props':{'modelPath':'./models/unet.om'},'next':'u'}," DUMP "," SINK "}}",
		6003, "r" },
	{ "a link that media do not fit",
		"{'s':{'appsrc0':{'factory':'appsrc','next':'d'},'d':{'factory':'mxpi_imagedecoder','next':'e'},'e':{'factory':"
		"'mxpi_imagedecoder','next':'r'}," RESIZE "," DUMP "," SINK "}}",
		6006, NULL },
};

static char *
text_of(const char *from)
{
	char *text = strdup(from);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return text;
}

static const char picture[] = "P6 4 2 255\n123456789012345678901234";

/* The stream does what it is there for. */
static void
check_runs(secant_streams *m, const char *says)
{
	size_t n;
	const secant_stream_input in = { .data = picture, .size = sizeof picture - 1 };
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &in, NULL), 0);
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, NULL, 0, 20000);
	const char *text = secant_stream_result_data(r, &n);
	if (secant_stream_result_code(r) || !strstr(text, "\\\"width\\\":40,\\\"height\\\":36"))
		print_message("%s: %d %.200s\n", says, secant_stream_result_code(r), text);
	assert_int_equal(secant_stream_result_code(r), 0);
	assert_non_null(strstr(text, "\\\"width\\\":40,\\\"height\\\":36"));
	secant_stream_result_free(r);
}

static void
test_each_variant(void **state)
{
	int wrong = 0;
	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
		secant_streams *m = secant_streams_new();
		secant_stream_fault f = { 0 };
		char *text = text_of(variants[i].text);
		int code = secant_streams_create(m, text, strlen(text), &f);
		bool blamed = !variants[i].element || !strcmp(f.element, variants[i].element);
		if (code != variants[i].code || !blamed || (code && !*f.message)) {
			print_message("%s: %d '%s' %s; expected %d '%s'\n", variants[i].says, code, f.element, f.message,
				variants[i].code, variants[i].element ? variants[i].element : "");
			wrong++;
		} else if (!code)
			check_runs(m, variants[i].says);
		free(text);
		secant_streams_free(m);
	}
	assert_int_equal(wrong, 0);
}

/* What went before a stream that is refused stays, and a name is there once. */
static void
test_several_streams_in_one_file(void **state)
{
	secant_streams *m = secant_streams_new();
	secant_stream_fault f;
	char *bad = text_of("{'a':{" ALL "},'b':{" ALL "},'c':{" SOURCE "}}"),
		 *again = text_of("{'d':{" ALL "},'a':{" ALL "}}");
	assert_int_equal(secant_streams_create(m, bad, strlen(bad), &f), 6006);
	for (int i = 0; i < 2; i++) {
		char *name = secant_streams_name(m, i);
		assert_string_equal(name, i ? "b" : "a");
		secant_free(name);
	}
	assert_null(secant_streams_name(m, 2));
	assert_int_equal(secant_streams_create(m, again, strlen(again), &f), 6001);
	free(bad);
	free(again);
	secant_streams_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_variant),
		cmocka_unit_test(test_several_streams_in_one_file) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
