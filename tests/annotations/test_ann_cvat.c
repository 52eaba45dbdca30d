/* CVAT as it exports today: turned boxes, ellipses, cuboids, skeletons, videos with tracks, projects with subsets. */
#include "ann_describe.h"
#define CASE(name) "tests/annotations/cases/" name

static void
test_cases(void **state)
{
	assert_described("cvat-rotated-box", CASE("cvat-rotated-box/set"), NULL,
		"a.jpg 100x80: cat 45,20 10x40 quad (55,20)(55,60)(45,60)(45,20)", "cat");
	assert_described("cvat-subset-folders", CASE("cvat-subset-folders/set"), NULL,
		"Train/a.jpg 100x80 Train: cat 1,2 2x2 | Validation/a.jpg 100x80 Validation: cat 11,12 12x12", "cat");
	assert_described("cvat-video-frames", CASE("cvat-video-frames/set"), NULL,
		"frame_000000.PNG 100x80: cat 10,10 10x10 track_id=0 | frame_000001.PNG 100x80: | frame_000002.PNG 100x80:",
		"cat");
	assert_described("cvat-track-ellipse-cuboid", CASE("cvat-track-ellipse-cuboid/set"), NULL,
		"frame_000000.png 100x80: cat 10,20 0x0 points (10,20) track_id=0 coco.keypoints=[10, 20, 2] "
		"coco.num_keypoints=1 "
		"keypoint_names=[\"1\"]; cat 30,30 40x20 polygon "
		"(70,40)(69.829,41.305)(69.319,42.588)(68.478,43.827)(67.321,45)(65.867,46.088)"
		"(64.142,47.071)(62.175,47.934)... 48 track_id=1; cat 10,15 25x25 cuboid=[10, 20, 10, 40, 30, 20, 30, 40, 35, "
		"15, "
		"35, 35, 15, 15, 15, 35] track_id=2",
		"cat");
}

#define TOP "<?xml version=\"1.0\" encoding=\"utf-8\"?><annotations><version>1.1</version>"
#define VIDEO \
	TOP "<meta><task><size>5</size><original_size><width>100</width><height>80</height></original_size></task></meta>"

static void
test_kinds(void **state)
{
	static const described row[] = {
		{ "a task export under another name",
			{ "train.xml",
				TOP
				"<image id=\"3\" name=\"a.png\" width=\"100\" height=\"80\"><tag label=\"day\"/></image></annotations>",
				"a.png", "@100x80" },
			NULL, "a.png 100x80: day", "day" },
		{ "a box turned by 45 degrees",
			{ "annotations.xml",
				TOP "<image name=\"a.png\" width=\"100\" height=\"80\"><box label=\"c\" xtl=\"30\" ytl=\"35\" "
					"xbr=\"70\" ybr=\"45\" "
					"rotation=\"45\"/></image></annotations>",
				"images/a.png", "@100x80" },
			NULL,
			"a.png 100x80: c 32.322,22.322 35.355x35.355 quad "
			"(39.393,22.322)(67.678,50.607)(60.607,57.678)(32.322,29.393)",
			"c" },
		{ "rotation 0 and 360 are none",
			{ "annotations.xml",
				TOP "<image name=\"a.png\" width=\"100\" height=\"80\"><box label=\"c\" xtl=\"1\" ytl=\"2\" xbr=\"3\" "
					"ybr=\"4\" "
					"rotation=\"0.00\"/><box label=\"c\" xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\" "
					"rotation=\"360\"/></image></annotations>",
				"images/a.png", "@100x80" },
			NULL, "a.png 100x80: c 1,2 2x2; c 1,2 2x2", "c" },
		{ "labels with a parent are points of a skeleton; a colour is the class's",
			{ "annotations.xml",
				TOP "<meta><project><labels><label><name>man</name><color>#ff0080</color><type>skeleton</type></"
					"label><label><name>1</name>"
					"<parent>man</parent></label></labels></project></meta><image name=\"a.png\" width=\"100\" "
					"height=\"80\"><skeleton "
					"label=\"man\"><points label=\"1\" outside=\"0\" occluded=\"1\" points=\"5.5,6\"/><points "
					"label=\"2\" outside=\"1\" "
					"points=\"0,0\"/><points label=\"3\" points=\"9,10\"/><attribute "
					"name=\"who\">me</attribute></skeleton></image></annotations>",
				"images/a.png", "@100x80" },
			NULL,
			"a.png 100x80: man 5.5,6 3.5x4 points (5.5,6)(9,10) who=\"me\" coco.keypoints=[5.5, 6, 1, 0, 0, 0, 9, 10, "
			"2] "
			"coco.num_keypoints=2 keypoint_names=[\"1\", \"2\", \"3\"]",
			"man" },
		{ "keyframes alone: boxes between them are interpolated, until they have left the view",
			{ "annotations.xml",
				VIDEO "<track id=\"7\" label=\"c\"><box frame=\"0\" outside=\"0\" keyframe=\"1\" xtl=\"0\" ytl=\"0\" "
					  "xbr=\"10\" ybr=\"10\"/><box "
					  "frame=\"2\" outside=\"0\" keyframe=\"1\" xtl=\"20\" ytl=\"10\" xbr=\"40\" ybr=\"20\"/><box "
					  "frame=\"4\" outside=\"1\" "
					  "keyframe=\"1\" xtl=\"20\" ytl=\"10\" xbr=\"40\" ybr=\"20\"/></track></annotations>" },
			NULL,
			"?frame_000000.PNG 100x80: c 0,0 10x10 track_id=7 | ?frame_000002.PNG 100x80: c 20,10 20x10 track_id=7 | "
			"?frame_000001.PNG "
			"100x80: c 10,5 15x10 track_id=7 | ?frame_000003.PNG 100x80: c 20,10 20x10 track_id=7 | ?frame_000004.PNG "
			"100x80:",
			"c" },
		{ "a track whose frames are all written is taken as it is",
			{ "annotations.xml",
				VIDEO
				"<track id=\"0\" label=\"c\"><box frame=\"0\" outside=\"0\" keyframe=\"1\" xtl=\"0\" ytl=\"0\" "
				"xbr=\"10\" ybr=\"10\"/><box "
				"frame=\"1\" outside=\"0\" occluded=\"1\" keyframe=\"0\" xtl=\"3\" ytl=\"0\" xbr=\"13\" "
				"ybr=\"10\"/><box frame=\"4\" "
				"outside=\"1\" keyframe=\"1\" xtl=\"3\" ytl=\"0\" xbr=\"13\" ybr=\"10\"/></track></annotations>" },
			NULL,
			"?frame_000000.PNG 100x80: c 0,0 10x10 track_id=0 | ?frame_000001.PNG 100x80: c 3,0 10x10 occluded=1 "
			"cvat.keyframe=0 "
			"track_id=0 | ?frame_000002.PNG 100x80: | ?frame_000003.PNG 100x80: | ?frame_000004.PNG 100x80:",
			"c" },
		{ "frames by their number whatever their extension",
			{ "annotations.xml",
				VIDEO "<track id=\"0\" label=\"c\"><box frame=\"1\" outside=\"0\" xtl=\"0\" ytl=\"0\" xbr=\"10\" "
					  "ybr=\"10\"/></track></annotations>",
				"images/frame_000001.jpg", "@100x80", "images/frame_000002.jpg", "@100x80" },
			NULL, "frame_000001.jpg 100x80: c 0,0 10x10 track_id=0 | frame_000002.jpg 100x80:", "c" },
		{ "pictures of a task that was no video, in the order of their names",
			{ "annotations.xml",
				TOP "<meta><task><size>2</size></task></meta><track id=\"0\" label=\"c\"><box frame=\"1\" "
					"outside=\"0\" xtl=\"0\" "
					"ytl=\"0\" xbr=\"10\" ybr=\"10\"/></track></annotations>",
				"images/left.png", "@100x80", "images/right.png", "@100x80" },
			NULL, "images/right.png 100x80: c 0,0 10x10 track_id=0 | images/left.png 100x80:", "c" },
		{ "tracks of two tasks, whose frames share numbers",
			{ "annotations.xml",
				VIDEO "<track id=\"0\" label=\"c\" task_id=\"1\"><box frame=\"0\" outside=\"0\" xtl=\"0\" ytl=\"0\" "
					  "xbr=\"10\" ybr=\"10\"/></track>"
					  "<track id=\"1\" label=\"c\" task_id=\"2\"><box frame=\"0\" outside=\"0\" xtl=\"0\" ytl=\"0\" "
					  "xbr=\"10\" ybr=\"10\"/></track></annotations>" },
			NULL, NULL, "several tasks|export each" },
		{ "a box without a side",
			{ "annotations.xml",
				TOP "<image name=\"a.png\" width=\"100\" height=\"80\"><box label=\"c\" xtl=\"1\" ytl=\"2\" "
					"xbr=\"3\"/></image></annotations>" },
			NULL, NULL, "annotations.xml:1|ybr" },
		{ "an ellipse without a radius",
			{ "annotations.xml",
				TOP "<image name=\"a.png\" width=\"100\" height=\"80\"><ellipse label=\"c\" cx=\"1\" cy=\"2\" "
					"rx=\"3\"/></image></annotations>" },
			NULL, NULL, "annotations.xml:1|ry" },
		{ "a run-length mask within its cut-out",
			{ "annotations.xml",
				TOP "<image name=\"a.png\" width=\"20\" height=\"10\"><mask label=\"c\" rle=\"1, 2, 1\" left=\"3\" "
					"top=\"4\" width=\"2\" "
					"height=\"2\"/></image></annotations>",
				"images/a.png", "@20x10" },
			NULL, "a.png 20x10: c 3,4 2x2 mask 2", "c" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_a_turned_box_comes_back(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_dataset *d = open_as(CASE("cvat-rotated-box/set"), NULL);
	must_write(d, "cvat", at(tmp, "out"));
	secant_dataset_free(d);
	char *xml = get(tmp, "out/annotations.xml");
	assert_non_null(strstr(xml, "xtl=\"30\" ytl=\"35\" xbr=\"70\" ybr=\"45\" rotation=\"90\""));
	secant_free(xml);
	assert_described(
		"again", at(tmp, "out"), NULL, "a.jpg 100x80: cat 45,20 10x40 quad (55,20)(55,60)(45,60)(45,20)", "cat");
	remove_tree(tmp);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_a_turned_box_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
