/*
 * Pipelines of the shapes that applications of the SDK have: detection with a second network on what was found, text,
 * key points, tracking and drawing on video, several inputs and networks, elements of the application's own. Each is
 * written here as chains and made into JSON; the table says what the original answers, and why, with the section of the
 * reference of formats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <secant/base.h>
#include <secant/stream.h>

/*
 * Chains "a=appsrc > d=mxpi_imagedecoder cvProcessor=opencv > r; r=... > ...": an element is defined where it has a
 * factory, and named elsewhere, with a port "r:1"; a property is NAME=VALUE, a key beside props @NAME=VALUE. The word
 * stream_config is left out: deviceId is "0".
 */
static void
add_element(json_t *stream, const char *name, const char *factory, json_t **element)
{
	json_t *e = json_object_get(stream, name);
	if (!e) {
		e = json_object();
		json_object_set_new(stream, name, e);
	}
	if (factory)
		json_object_set_new(e, "factory", json_string(factory));
	*element = e;
}

static void
add_target(json_t *element, const char *target)
{
	json_t *next = json_object_get(element, "next");
	if (!next) {
		json_object_set_new(element, "next", json_string(target));
		return;
	}
	if (!json_is_array(next)) {
		json_t *list = json_pack("[O]", next);
		json_object_set_new(element, "next", list);
		next = list;
	}
	json_array_append_new(next, json_string(target));
}

/* One item of a chain: its words; the element it defines or names becomes *last. */
static void
add_item(json_t *stream, char *item, json_t **last)
{
	char *rest = NULL, *word = strtok_r(item, " \n\t", &rest), *factory = strchr(word, '='), target[100];
	json_t *element;
	if (factory)
		*factory++ = '\0';
	snprintf(target, sizeof target, "%s", word);
	if (*last)
		add_target(*last, target);
	word[strcspn(word, ":")] = '\0';
	add_element(stream, word, factory, &element);
	while ((word = strtok_r(NULL, " \n\t", &rest))) {
		bool beside = *word == '@';
		char *value = strchr(word, '=');
		json_t *props = json_object_get(element, "props");
		assert_non_null(value);
		*value++ = '\0';
		if (!beside && !props) {
			props = json_object();
			json_object_set_new(element, "props", props);
		}
		json_object_set_new(beside ? element : props, word + beside, json_string(value));
	}
	*last = element;
}

static char *
json_of(const char *chains)
{
	json_t *stream = json_pack("{s:{s:s}}", "stream_config", "deviceId", "0"), *all = json_pack("{s:o}", "s", stream);
	char *text = strdup(chains), *chain, *more = text;
	while ((chain = strsep(&more, ";"))) {
		json_t *last = NULL;
		char *item;
		while ((item = strsep(&chain, ">")))
			add_item(stream, item, &last);
	}
	free(text);
	text = json_dumps(all, 0);
	json_decref(all);
	return text;
}

#define DECODED "appsrc0=appsrc blocksize=409600 > dec=mxpi_imagedecoder"
#define SCALED(h, w) DECODED " > res=mxpi_imageresize dataSource=dec resizeHeight=" #h " resizeWidth=" #w
#define CPU_SCALED(h, w) \
	"appsrc0=appsrc > dec=mxpi_imagedecoder handleMethod=opencv > res=mxpi_imageresize handleMethod=opencv " \
	"parentName=dec resizeHeight=" #h " resizeWidth=" #w
#define YOLO \
	" > inf=mxpi_tensorinfer dataSource=res modelPath=y.om > obj=mxpi_objectpostprocessor dataSource=inf " \
	"postProcessConfigPath=y.cfg labelPath=y.names postProcessLibPath=libyolov3postprocess.so"
#define FOUND SCALED(416, 416) YOLO
#define CLASSES(from) \
	" > inf1=mxpi_tensorinfer dataSource=" from " modelPath=c.om > cls=mxpi_classpostprocessor " \
	"dataSource=inf1 postProcessConfigPath=c.cfg labelPath=c.names postProcessLibPath=libresnet50postprocess.so"
#define JSON_OF(key) " > ser=mxpi_dataserialize outputDataKeys=" key " > appsink0=appsink blocksize=4096000"
#define DUMPED(key) " > dmp=mxpi_dumpdata requiredMetaDataKeys=" key " > appsink0=appsink"
#define CAMERA \
	"cam=mxpi_rtspsrc rtspUrl=rtsp://host/a.264 channelId=0 > q=queue max-size-buffers=200 > " \
	"vid=mxpi_videodecoder inputVideoFormat=H264 outputImageFormat=YUV420SP_NV12 vdecChannelId=0"
#define DRAWN \
	"osd=mxpi_opencvosd > q5=queue max-size-buffers=200 > enc=mxpi_videoencoder inputFormat=YUV420SP_NV12 " \
	"outputFormat=H264 fps=1 iFrameInterval=50 > q6=queue > appsink0=appsink @former=enc"

static const struct {
	const char *what, *chains;
	int code;
	const char *element, *property, *why;
} rows[] = {
	/* A network, and what comes out of it. */
	{ "tensors in, tensors out", "appsrc0=appsrc > i=mxpi_tensorinfer dataSource=appsrc0 modelPath=m.om" DUMPED("i"), 0,
		"", "", "5.1" },
	{ "tensors in, JSON out", "appsrc0=appsrc > i=mxpi_tensorinfer dataSource=appsrc0 modelPath=m.om" JSON_OF("i"), 0,
		"", "", "6.10, 12" },
	{ "port 0 said", "appsrc0=appsrc > i:0; i=mxpi_tensorinfer dataSource=appsrc0 modelPath=m.om" JSON_OF("i"), 0, "",
		"", "3.1" },
	{ "straight to the sink",
		"appsrc0=appsrc > i=mxpi_tensorinfer dataSource=appsrc0 modelPath=m.om waitingTime=2000 outputDeviceId=-1 > "
		"appsink0=appsink",
		0, "", "", "6.7" },
	{ "no key behind appsrc: tensorinfer takes it",
		"appsrc0=appsrc > i=mxpi_tensorinfer modelPath=m.om > appsink0=appsink", 0, "", "",
		"2.10: an empty key is no error of tensorinfer" },
	{ "two inputs",
		"appsrc0=appsrc > i:0; appsrc1=appsrc > i:1; i=mxpi_tensorinfer dataSource=appsrc0,appsrc1 "
		"modelPath=m.om" JSON_OF("i"),
		0, "", "", "6.10: as many keys as ports" },
	{ "three inputs",
		"appsrc0=appsrc > i:0; appsrc1=appsrc > i:1; appsrc2=appsrc > i:2; i=mxpi_tensorinfer "
		"dataSource=appsrc0,appsrc1,appsrc2 modelPath=m.om" JSON_OF("i"),
		0, "", "", "6.10" },
	{ "three keys, two inputs",
		"appsrc0=appsrc > i:0; appsrc1=appsrc > i:1; i=mxpi_tensorinfer "
		"dataSource=appsrc0,appsrc1,appsrc2 modelPath=m.om" JSON_OF("i"),
		6003, "i", "dataSource", "2.10: keys and ports differ in number" },
	{ "a hole in the ports",
		"appsrc0=appsrc > i:0; appsrc1=appsrc > i:2; i=mxpi_tensorinfer dataSource=appsrc0,appsrc1 "
		"modelPath=m.om" JSON_OF("i"),
		6006, "appsrc1", "next", "3.1: ports are contiguous" },
	{ "picture and its size as inputs",
		SCALED(768, 1280) " resizeType=Resizer_KeepAspectRatio_Fit > i:0; appsrc1=appsrc > i:1; i=mxpi_tensorinfer "
						  "dataSource=res,appsrc1 modelPath=m.om > o=mxpi_objectpostprocessor dataSource=i "
						  "postProcessLibPath=libmaskrcnnmindsporepost.so" JSON_OF("o"),
		0, "", "", "6.10: a picture and tensors" },
	{ "two networks, one after the other",
		SCALED(256, 256) " > a=mxpi_tensorinfer dataSource=res modelPath=a.om > b=mxpi_tensorinfer dataSource=res "
						 "modelPath=b.om > appsink0=appsink",
		0, "", "", "3.4: tensorinfer takes metadata/tensor" },
	/* Classification. */
	{ "centre of a picture",
		"appsrc1=appsrc > dec=mxpi_imagedecoder handleMethod=opencv > r=mxpi_imageresize "
		"handleMethod=opencv resizeType=Resizer_Stretch resizeHeight=256 resizeWidth=256 > "
		"cc=mxpi_opencvcentercrop dataSource=r cropHeight=224 cropWidth=224" CLASSES("cc") JSON_OF("cls"),
		0, "", "", "6.6" },
	{ "the part that the client says",
		CPU_SCALED(256, 256) " > cr:1; appsrc1=appsrc > cr:0; cr=mxpi_imagecrop dataSource=appsrc1 dataSourceImage=res "
							 "handleMethod=opencv" CLASSES("cr") JSON_OF("cls"),
		0, "", "", "6.6: boxes by port 0, the picture by port 1" },
	{ "modelinfer with a library of its own",
		DECODED
		" > r=mxpi_imageresize parentName=dec resizeHeight=256 resizeWidth=256 > m=mxpi_modelinfer parentName=r "
		"modelPath=d.om postProcessConfigPath=d.cfg labelPath=d.names "
		"postProcessLibPath=../../lib/libresnet50postprocessor.so" JSON_OF("m"),
		0, "", "", "6.7" },
	{ "modelinfer, both names of the key",
		SCALED(64, 64) " > m=mxpi_modelinfer parentName=res dataSource=res modelPath=d.om > appsink0=appsink", 6003,
		"m", "dataSource", "2.10: parentName and dataSource are both set" },
	{ "a crop of nothing",
		CPU_SCALED(256, 256) " > cc=mxpi_opencvcentercrop cropHeight=224" CLASSES("cc") JSON_OF("cls"), 6003, "cc",
		"cropWidth", "2.10: cropWidth is unset" },
	/* Detection. */
	{ "boxes", FOUND JSON_OF("obj"), 0, "", "", "6.7" },
	{ "boxes, no size said: the model's", DECODED " > res=mxpi_imageresize" YOLO JSON_OF("obj"), 0, "", "",
		"6.6: 0 is the size of the model behind" },
	{ "on the CPU, RGB, around",
		"appsrc0=appsrc > dec=mxpi_imagedecoder cvProcessor=opencv outputDataFormat=RGB > res=mxpi_imageresize "
		"cvProcessor=opencv resizeHeight=512 resizeWidth=512 resizeType=Resizer_KeepAspectRatio_Fit "
		"paddingType=Padding_Around paddingHeight=512 paddingWidth=512 RGBValue=0,0,0" YOLO " > appsink0=appsink",
		0, "", "", "6.6" },
	{ "queues between all",
		DECODED
		" > q0=queue max-size-buffers=50 > res=mxpi_imageresize parentName=dec resizeHeight=640 resizeWidth=640 > "
		"q1=queue max-size-buffers=50 > inf=mxpi_tensorinfer dataSource=res modelPath=s.om > "
		"obj=mxpi_objectpostprocessor dataSource=inf postProcessLibPath=libSsdMobilenetFpn_MindsporePost.so" JSON_OF(
			"obj"),
		0, "", "", "3.2: queues pass queries" },
	{ "boxes of tensors from the client",
		"appsrc0=appsrc > i=mxpi_tensorinfer dataSource=appsrc0 modelPath=s.om > o=mxpi_objectpostprocessor "
		"dataSource=i "
		"postProcessLibPath=libSsdMobilenetFpn_MindsporePost.so" JSON_OF("o"),
		0, "", "", "6.7" },
	{ "what was found, cut out, classified",
		FOUND " > cr=mxpi_imagecrop > r1=mxpi_imageresize" CLASSES("r1") JSON_OF("obj,cls"), 0, "", "",
		"4.3: each key is the element before" },
	{ "one class of what was found",
		FOUND
		" > dis=mxpi_distributor classIds=2|7 dataSource=obj > cr=mxpi_imagecrop dataSource=dis_0 dataSourceImage=dec "
		"resizeWidth=224 resizeHeight=224 leftExpandRatio=0.2 rightExpandRatio=0.2 upExpandRatio=0.2 "
		"downExpandRatio=0.2 resizeType=Resizer_Stretch" CLASSES("cr") " > appsink0=appsink",
		0, "", "", "6.5: one group for one port" },
	{ "one of two classes goes nowhere",
		FOUND
		" > dis=mxpi_distributor classIds=3,2|1|0 dataSource=obj > cr=mxpi_imagecrop dataSource=dis_0 resizeHeight=96 "
		"resizeWidth=96 > appsink0=appsink; dis > f=fakesink",
		0, "", "", "6.5" },
	{ "more classes than ports", FOUND " > dis=mxpi_distributor classIds=0,1 dataSource=obj > appsink0=appsink", 6003,
		"dis", "classIds", "2.10: groups and ports differ" },
	{ "an expansion above one", FOUND " > cr=mxpi_imagecrop dataSource=obj upExpandRatio=1.5 > appsink0=appsink", 6015,
		"cr", "upExpandRatio", "6.6: 0 to 1" },
	{ "padding of the cut",
		FOUND " > cr=mxpi_imagecrop dataSource=obj dataSourceImage=dec resizeHeight=256 resizeWidth=256 "
			  "RGBValue=0,0,0 paddingType=Padding_Around resizeType=Resizer_KeepAspectRatio_Fit > "
			  "appsink0=appsink",
		0, "", "", "6.6" },
	{ "features of what was found",
		FOUND " > cr=mxpi_imagecrop dataSource=obj resizeHeight=256 resizeWidth=128 > "
			  "i1=mxpi_tensorinfer dataSource=cr modelPath=f.om > appsink0=appsink",
		0, "", "", "3.4" },
	{ "faces: landmarks, alignment, attributes",
		FOUND " > cr=mxpi_imagecrop dataSource=obj resizeHeight=224 resizeWidth=224 > t=tee > q0=queue > "
			  "r1=mxpi_imageresize resizeHeight=96 resizeWidth=96 dataSource=cr > lm=mxpi_modelinfer dataSource=r1 "
			  "modelPath=l.om postProcessLibPath=libfacelandmarkpostprocessor.so > al:1; t > q1=queue > al:0; "
			  "al=mxpi_facealignment status=1 dataSourceImage=cr dataSourceKeyPoint=lm afterFaceAlignmentHeight=224 "
			  "afterFaceAlignmentWidth=224" CLASSES("al") JSON_OF("cls"),
		0, "", "", "3.4" },
	{ "thresholds as numbers of the configuration", FOUND " > sel=mxpi_objectselector > appsink0=appsink", 6003, "sel",
		"FirstDetectionFilter", "2.10: the filter is missing" },
	/* Segmentation. */
	{ "masks",
		CPU_SCALED(512, 512) " > i=mxpi_tensorinfer dataSource=res modelPath=d.om > p=mxpi_semanticsegpostprocessor "
							 "dataSource=i postProcessConfigPath=d.cfg labelPath=d.names "
							 "postProcessLibPath=libdeeplabv3post.so" JSON_OF("p"),
		0, "", "", "6.7" },
	{ "longest side, then padding",
		"appsrc0=appsrc > dec=mxpi_imagedecoder handleMethod=opencv > r0=mxpi_imageresize handleMethod=opencv "
		"resizeType=Resizer_KeepAspectRatio_Long scaleValue=512 > r1=mxpi_imageresize handleMethod=opencv "
		"resizeType=Resizer_OnlyPadding scaleValue=512 paddingType=Padding_RightDown paddingHeight=512 "
		"paddingWidth=512 "
		"paddingColorB=0 paddingColorG=0 paddingColorR=0 > i=mxpi_modelinfer dataSource=r1 modelPath=f.om > "
		"p=mxpi_semanticsegpostprocessor dataSource=i postProcessLibPath=libdeeplabv3post.so" JSON_OF("p"),
		0, "", "", "6.8" },
	{ "normalised, without scaling",
		"appsrc0=appsrc > dec=mxpi_imagedecoder handleMethod=opencv outputDataFormat=RGB > n=mxpi_imagenormalize "
		"alpha=103.53,116.28,123.675 beta=57.375,57.12,58.395 dataType=FLOAT32 format=BGR888 > i=mxpi_modelinfer "
		"dataSource=n modelPath=a.om > p=mxpi_semanticsegpostprocessor dataSource=i "
		"postProcessLibPath=libdeeplabv3post.so" JSON_OF("p"),
		0, "", "", "3.4: what normalize gives is anything" },
	{ "properties beside props",
		CPU_SCALED(512, 512) " > i=mxpi_tensorinfer modelPath=d.om > "
							 "p=mxpi_semanticsegpostprocessor dataSource=i "
							 "postProcessLibPath=libdeeplabv3post.so @labelPath=d.names" JSON_OF("p"),
		6015, "p", "labelPath", "2.3: only props, factory, next, nextMeta" },
	{ "a mask where boxes are cut",
		CPU_SCALED(512, 512) " > i=mxpi_tensorinfer modelPath=d.om > "
							 "p=mxpi_semanticsegpostprocessor dataSource=i "
							 "postProcessLibPath=libdeeplabv3post.so > c=mxpi_imagecrop > "
							 "appsink0=appsink",
		6006, "p", "next", "3.4: metadata/semanticseg does not go into imagecrop" },
	/* Text. */
	{ "a line of text",
		CPU_SCALED(32, 100) " > i=mxpi_tensorinfer dataSource=res modelPath=c.om outputHasBatchDim=0 > "
							"x=mxpi_textgenerationpostprocessor dataSource=i labelPath=c.names "
							"postProcessLibPath=libcrnnpostprocess.so" JSON_OF("x"),
		0, "", "", "6.7" },
	{ "places of text",
		CPU_SCALED(704, 1280) " > i=mxpi_tensorinfer dataSource=res modelPath=e.om > "
							  "x=mxpi_textobjectpostprocessor funcLanguage=c++ dataSource=i "
							  "postProcessLibPath=libeast.so" JSON_OF("x"),
		0, "", "", "6.7: the library is looked at when the stream runs" },
	{ "found, straightened, turned, read",
		"appsrc0=appsrc > q0=queue > dec=mxpi_imagedecoder cvProcessor=opencv > q1=queue > r0=mxpi_imageresize "
		"cvProcessor=opencv resizeType=Resizer_KeepAspectRatio_Fit parentName=dec > q2=queue > i0=mxpi_tensorinfer "
		"dataSource=r0 modelPath=det.om > q3=queue > t0=mxpi_textobjectpostprocessor postProcessLibPath=libDB.so > "
		"q4=queue > w=mxpi_warpperspective debugMode=false > q5=queue > ro=mxpi_rotation dataSourceWarp=w "
		"rotateCode=ROTATE_90_COUNTERCLOCKWISE rotCondition=GE criticalValue=1.5 > tee0=tee > q10=queue > "
		"r1=mxpi_imageresize cvProcessor=opencv resizeType=Resizer_PaddleOCR resizeHeight=48 resizeWidth=192 "
		"paddingType=Padding_RightDown paddingHeight=48 paddingWidth=192 paddingColorB=128 > i1=mxpi_tensorinfer "
		"dataSource=r1 modelPath=cls.om waitingTime=50 singleBatchInfer=0 > c=mxpi_classpostprocessor "
		"postProcessLibPath=libresnet50postprocess.so > ro1:1; tee0 > q11=queue > ro1:0; ro1=mxpi_rotation "
		"dataSourceClass=c rotateCode=ROTATE_180 rotCondition=GT criticalValue=0.9 > r2=mxpi_imageresize "
		"cvProcessor=opencv parentName=ro1 resizeType=Resizer_PaddleOCR resizeHeight=32 resizeWidth=320 > "
		"i2=mxpi_tensorinfer dataSource=r2 modelPath=rec.om > x=mxpi_textgenerationpostprocessor "
		"postProcessLibPath=libcrnnpostprocess.so" JSON_OF("t0,x"),
		0, "", "", "3.4: warpperspective gives anything, rotation takes image/rgb" },
	{ "a class and texts of one picture",
		"appsrc0=appsrc > dec=mxpi_imagedecoder cvProcessor=opencv > t=tee > q0=queue > res=mxpi_imageresize "
		"dataSource=dec "
		"resizeHeight=224 resizeWidth=224 cvProcessor=opencv" CLASSES(
			"res") " > q4=queue > syn:0; t > q1=queue > "
				   "r1=mxpi_imageresize cvProcessor=opencv dataSource=dec > i2=mxpi_tensorinfer dataSource=r1 "
				   "modelPath=x.om > "
				   "to=mxpi_textobjectpostprocessor postProcessLibPath=libDB.so > q5=queue > syn:1; "
				   "syn=mxpi_synchronize > q6=queue" JSON_OF("cls,to"),
		0, "", "", "6.5" },
	{ "a critical value above three",
		"appsrc0=appsrc > dec=mxpi_imagedecoder cvProcessor=opencv > ro=mxpi_rotation "
		"dataSourceWarp=dec criticalValue=3.5 > appsink0=appsink",
		6015, "ro", "criticalValue", "6.6: 0 to 3" },
	/* Key points. */
	{ "people in a picture",
		CPU_SCALED(368, 368) " > i=mxpi_tensorinfer modelPath=p.om > k=mxpi_keypointpostprocessor "
							 "dataSource=i postProcessLibPath=libopenposepostprocess.so" JSON_OF("k"),
		0, "", "", "6.7" },
	{ "two readers of one network",
		SCALED(800, 800) " > t=tee > q0=queue > i=mxpi_tensorinfer dataSource=res modelPath=c.om > t1=tee > q2=queue > "
						 "o=mxpi_objectpostprocessor dataSource=i postProcessLibPath=libyolov3postprocess.so > "
						 "d=mxpi_object2osdinstances fontFace=16 fontLineType=16 rectLineType=16 fontScale=0.5 "
						 "colorMap=128,128,255|200,200,200 > osd:1; t1 > q3=queue > k=mxpi_keypointpostprocessor "
						 "dataSource=i postProcessLibPath=libhigherhrnetpostprocess.so > syn:1; t > q1=queue > osd:0; "
						 "osd=mxpi_opencvosd dataSourceImage=res dataSourceOsd=d > syn:0; syn=mxpi_synchronize > "
						 "appsink0=appsink",
		0, "", "", "3.4" },
	{ "a font that is none", FOUND " > d=mxpi_object2osdinstances fontFace=9 > appsink0=appsink", 6003, "d", "fontFace",
		"2.10: 0 to 7 or 16" },
	/* Video. */
	{ "found in a video",
		CAMERA
		" > res=mxpi_imageresize dataSource=vid resizeHeight=416 resizeWidth=416" YOLO JSON_OF("obj,ReservedFrameInfo"),
		0, "", "", "3.4" },
	{ "found, followed, drawn",
		CAMERA " > t=tee > q1=queue > res=mxpi_imageresize resizeHeight=416 resizeWidth=416 "
			   "resizeType=Resizer_KeepAspectRatio_Fit > q3=queue" YOLO
			   " > mot=mxpi_motsimplesortV2 dataSourceDetection=obj > q4=queue > "
			   "d=mxpi_object2osdinstances dataSource=obj > osd:1; t > q2=queue > osd:0; " DRAWN,
		0, "", "", "2.8: other keys of an appsink are let pass" },
	{ "followed by number alone",
		CAMERA " > res=mxpi_imageresize resizeHeight=416 resizeWidth=416" YOLO " > mot=mxpi_motsimplesort "
			   "dataSourceDetection=obj trackThreshold=0.1 lostThreshold=10" JSON_OF("mot"),
		0, "", "", "6.7" },
	{ "lost for too long",
		CAMERA " > res=mxpi_imageresize resizeHeight=416 resizeWidth=416" YOLO
			   " > mot=mxpi_motsimplesortV2 lostThreshold=11 > appsink0=appsink",
		6015, "mot", "lostThreshold", "6.7: 0 to 10" },
	{ "several cameras in turn",
		"c0=mxpi_rtspsrc rtspUrl=rtsp://h/0 channelId=0 > v0=mxpi_videodecoder vdecChannelId=0 > s0=mxpi_skipframe "
		"frameNum=2 > p:0; c1=mxpi_rtspsrc rtspUrl=rtsp://h/1 channelId=1 > v1=mxpi_videodecoder vdecChannelId=1 > "
		"s1=mxpi_skipframe frameNum=2 > p:1; p=mxpi_parallel2serial dataSource=v0,v1 > res=mxpi_imageresize "
		"dataSource=p "
		"resizeHeight=416 resizeWidth=416 > q=queue max-size-buffers=500" YOLO
		" > dis=mxpi_distributor channelIds=0,1 > q1=queue > m0=mxpi_motsimplesort dataSourceDetection=obj > "
		"appsink0=appsink; dis > q2=queue > m1=mxpi_motsimplesort dataSourceDetection=obj > appsink1=appsink",
		0, "", "", "6.5: two groups, two ports" },
	{ "several cameras on one screen",
		"c0=mxpi_rtspsrc rtspUrl=rtsp://h/0 > v0=mxpi_videodecoder > r0=mxpi_imageresize resizeHeight=120 "
		"resizeWidth=160 > "
		"st:0; c1=mxpi_rtspsrc rtspUrl=rtsp://h/1 channelId=1 > v1=mxpi_videodecoder vdecChannelId=1 > "
		"r1=mxpi_imageresize resizeHeight=120 resizeWidth=160 > st:1; st=mxpi_channelimagesstitcher channelIds=0,1 "
		"outputWidth=1920 outputHeight=1080 > osd:0; st > cv:0; appsrc0=appsrc > m=mxpi_osdinstancemerger "
		"dataSourceList=appsrc0 > cv:1; cv=mxpi_channelosdcoordsconverter dataSourceStitchInfo=st_1 channelIds=0,1 "
		"enableFixedArea=1 > osd:1; osd=mxpi_opencvosd dataSourceImage=st_0 dataSourceOsd=cv > r10=mxpi_imageresize "
		"dataSource=osd resizeHeight=1080 resizeWidth=1920 > enc=mxpi_videoencoder dataSource=r10 > appsink0=appsink",
		0, "", "", "3.4" },
	{ "drawings from the client",
		DECODED " > r=mxpi_imageresize resizeHeight=512 resizeWidth=512 > osd:0; appsrc1=appsrc > "
				"m=mxpi_osdinstancemerger dataSourceList=appsrc1 > osd:1; osd=mxpi_opencvosd > "
				"e=mxpi_imageencoder > out=filesink blocksize=40960000 location=./testout.jpg",
		0, "", "", "2.8, 6.4" },
	{ "the same, the sink called as an appsink",
		DECODED " > e=mxpi_imageencoder > appsink0=filesink location=./testout.jpg", 0, "", "",
		"2.3: names are looked at, not what is behind them" },
	{ "classes followed",
		CAMERA " > res=mxpi_imageresize resizeHeight=416 resizeWidth=416" YOLO
			   " > dis=mxpi_distributor dataSource=obj classIds=0 > mot=mxpi_motsimplesort "
			   "dataSourceDetection=dis_0 > cr=mxpi_imagecrop dataSource=dis_0 dataSourceImage=vid "
			   "resizeHeight=192 resizeWidth=192 resizeType=Resizer_KeepAspectRatio_Fit "
			   "paddingType=Padding_RightDown" CLASSES("cr") JSON_OF("cls"),
		0, "", "", "3.4: motsimplesort gives anything" },
	{ "a bit rate that is none",
		"appsrc0=appsrc > e=mxpi_videoencoder dataSource=appsrc0 maxBitRate=30001 > "
		"appsink0=appsink",
		6015, "e", "maxBitRate", "6.6: 10 to 30000" },
	{ "pictures straight into the video decoder", DECODED " > v=mxpi_videodecoder > appsink0=appsink", 6006, "dec",
		"next", "3.4: video/x-h264 is taken" },
	/* Elements that an application brings along, which are nothing to this registry. */
	{ "an element of one's own",
		CPU_SCALED(350, 350) " > mxpi_plugin=mxpi_sampleplugin dataSource=res option=crop > "
							 "appsink0=appsink",
		6014, "mxpi_plugin", "factory", "2.3: not in the registry" },
	{ "one of another prefix",
		CAMERA " > res=mxpi_imageresize resizeHeight=480 resizeWidth=864 > i=mxpi_tensorinfer "
			   "dataSource=res outputHasBatchDim=0 modelPath=m.om > post=fairpostprocess > "
			   "appsink0=appsink",
		6014, "post", "factory", "2.3" },
	{ "one in the middle, a wrong property later",
		SCALED(96, 96) " resizeType=Resizer_Nothing > own=mxpi_ownplugin > appsink0=appsink", 6014, "own", "factory",
		"2.3: words are looked at when the stream starts" },
	{ "a wrong property before one",
		DECODED " > aaa=mxpi_imageresize resizeHeight=4097 > own=mxpi_ownplugin > appsink0=appsink", 6015, "aaa",
		"resizeHeight", "2.3: elements in the order of names" },
};

static void
test_each(void **state)
{
	int wrong = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		char *json = json_of(rows[i].chains);
		secant_pipeline *p = secant_pipeline_parse(json, strlen(json), true, &err);
		assert_non_null(p);
		const secant_stream_fault *f = secant_pipeline_fault(p);
		if (f->code != rows[i].code || strcmp(f->element, rows[i].element) != 0
			|| strcmp(f->property, rows[i].property) != 0) {
			print_error("%s: %d '%s' '%s' %s, expected %d '%s' '%s' (%s)\n", rows[i].what, f->code, f->element,
				f->property, f->message, rows[i].code, rows[i].element, rows[i].property, rows[i].why);
			wrong++;
		}
		secant_pipeline_free(p);
		free(json);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
