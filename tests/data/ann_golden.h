/* A small made-up set of ground truths (one with id 0, a crowd) and detections, and what pycocotools 2.0.11 says about them. */
#ifndef TESTS_ANN_GOLDEN_H
#define TESTS_ANN_GOLDEN_H
static const char golden_truth[] =
	"{\"images\":[{\"id\":3,\"file_name\":\"3.jpg\",\"width\":200,\"height\":150},{\"id\":1,\"file_name\":\"1.jpg\",\"width\":200,\"heig"
	"ht\":150},{\"id\":2,\"file_name\":\"2.jpg\",\"width\":200,\"height\":150},{\"id\":9,\"file_name\":\"9.jpg\",\"width\":200,\"height"
	"\":150}],\"categories\":[{\"id\":2,\"name\":\"b\"},{\"id\":1,\"name\":\"a\"}],\"annotations\":[{\"id\":0,\"image_id\":3,\"category_i"
	"d\":1,\"bbox\":[41,19,40,60],\"area\":2400,\"iscrowd\":1,\"segmentation\":{\"size\":[150,200],\"counts\":[6169,60,90,60,90,"
	"60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60"
	",90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,9"
	"0,60,17921]}},{\"id\":1,\"image_id\":3,\"category_id\":1,\"bbox\":[7,72,12,10],\"area\":120,\"iscrowd\":0,\"segmentation\":["
	"[7,72,19,72,19,82,7,82]]},{\"id\":2,\"image_id\":3,\"category_id\":2,\"bbox\":[53,18,70,10],\"area\":700,\"iscrowd\":0,\"se"
	"gmentation\":[[53,18,123,18,123,28,53,28]]},{\"id\":3,\"image_id\":3,\"category_id\":2,\"bbox\":[68,54,40,35],\"area\":14"
	"00,\"iscrowd\":0,\"segmentation\":[[68,54,108,54,108,89,68,89]]},{\"id\":4,\"image_id\":3,\"category_id\":1,\"bbox\":[101,"
	"23,70,10],\"area\":700,\"iscrowd\":0,\"segmentation\":[[101,23,171,23,171,33,101,33]]},{\"id\":5,\"image_id\":1,\"categor"
	"y_id\":1,\"bbox\":[19,62,40,10],\"area\":400,\"iscrowd\":0,\"segmentation\":[[19,62,59,62,59,72,19,72]]},{\"id\":6,\"image"
	"_id\":1,\"category_id\":2,\"bbox\":[89,85,12,10],\"area\":120,\"iscrowd\":0,\"segmentation\":[[89,85,101,85,101,95,89,95]"
	"]},{\"id\":7,\"image_id\":1,\"category_id\":1,\"bbox\":[63,7,12,35],\"area\":420,\"iscrowd\":0,\"segmentation\":[[63,7,75,7,"
	"75,42,63,42]]},{\"id\":8,\"image_id\":1,\"category_id\":2,\"bbox\":[70,35,12,35],\"area\":420,\"iscrowd\":0,\"segmentation\""
	":[[70,35,82,35,82,70,70,70]]},{\"id\":9,\"image_id\":1,\"category_id\":1,\"bbox\":[19,29,70,10],\"area\":700,\"iscrowd\":0"
	",\"segmentation\":[[19,29,89,29,89,39,19,39]]},{\"id\":10,\"image_id\":2,\"category_id\":2,\"bbox\":[83,86,70,10],\"area\""
	":700,\"iscrowd\":0,\"segmentation\":[[83,86,153,86,153,96,83,96]]},{\"id\":11,\"image_id\":2,\"category_id\":1,\"bbox\":[5"
	"6,20,12,35],\"area\":420,\"iscrowd\":0,\"segmentation\":[[56,20,68,20,68,55,56,55]]},{\"id\":12,\"image_id\":2,\"category"
	"_id\":1,\"bbox\":[77,46,40,10],\"area\":400,\"iscrowd\":0,\"segmentation\":[[77,46,117,46,117,56,77,56]]},{\"id\":13,\"ima"
	"ge_id\":2,\"category_id\":1,\"bbox\":[43,33,40,60],\"area\":2400,\"iscrowd\":0,\"segmentation\":[[43,33,83,33,83,93,43,93"
	"]]},{\"id\":14,\"image_id\":2,\"category_id\":1,\"bbox\":[67,46,12,60],\"area\":720,\"iscrowd\":0,\"segmentation\":[[67,46,7"
	"9,46,79,106,67,106]]},{\"id\":15,\"image_id\":9,\"category_id\":2,\"bbox\":[116,21,40,10],\"area\":400,\"iscrowd\":0,\"segm"
	"entation\":[[116,21,156,21,156,31,116,31]]},{\"id\":16,\"image_id\":9,\"category_id\":1,\"bbox\":[101,35,40,35],\"area\":"
	"1400,\"iscrowd\":0,\"segmentation\":[[101,35,141,35,141,70,101,70]]},{\"id\":17,\"image_id\":9,\"category_id\":1,\"bbox\":"
	"[29,60,12,35],\"area\":420,\"iscrowd\":0,\"segmentation\":[[29,60,41,60,41,95,29,95]]},{\"id\":18,\"image_id\":9,\"catego"
	"ry_id\":2,\"bbox\":[113,22,40,60],\"area\":2400,\"iscrowd\":1,\"segmentation\":{\"size\":[150,200],\"counts\":[16972,60,90,"
	"60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60"
	",90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,90,60,9"
	"0,60,90,60,7118]}},{\"id\":19,\"image_id\":9,\"category_id\":2,\"bbox\":[103,83,12,60],\"area\":720,\"iscrowd\":0,\"segment"
	"ation\":[[103,83,115,83,115,143,103,143]]}]}";
static const char golden_detections[] =
	"[{\"image_id\":3,\"category_id\":1,\"bbox\":[39,21.25,37,58],\"score\":0.9},{\"image_id\":3,\"category_id\":1,\"bbox\":[39,1"
	"6,37,64],\"score\":0.55},{\"image_id\":3,\"category_id\":1,\"bbox\":[7,69,14,8],\"score\":0.8},{\"image_id\":3,\"category_i"
	"d\":2,\"bbox\":[53,18,67,14],\"score\":0.25},{\"image_id\":3,\"category_id\":2,\"bbox\":[51,20.25,67,10],\"score\":0.25},{\""
	"image_id\":3,\"category_id\":1,\"bbox\":[102.5,25.25,70,10],\"score\":0.3},{\"image_id\":3,\"category_id\":2,\"bbox\":[99,2"
	"5.25,70,8],\"score\":0.8},{\"image_id\":1,\"category_id\":1,\"bbox\":[20.5,62,42,10],\"score\":0.3},{\"image_id\":1,\"categ"
	"ory_id\":1,\"bbox\":[22,59,37,10],\"score\":0.55},{\"image_id\":1,\"category_id\":2,\"bbox\":[90.5,87.25,12,14],\"score\":0"
	".8},{\"image_id\":1,\"category_id\":2,\"bbox\":[92,85,9,14],\"score\":0.9},{\"image_id\":1,\"category_id\":1,\"bbox\":[66,4,"
	"9,35],\"score\":0.55},{\"image_id\":1,\"category_id\":2,\"bbox\":[73,32,9,33],\"score\":0.8},{\"image_id\":1,\"category_id\""
	":1,\"bbox\":[20.5,26,67,10],\"score\":0.3},{\"image_id\":1,\"category_id\":1,\"bbox\":[20.5,26,72,14],\"score\":0.3},{\"ima"
	"ge_id\":2,\"category_id\":2,\"bbox\":[86,86,70,10],\"score\":0.9},{\"image_id\":2,\"category_id\":2,\"bbox\":[86,83,67,8],\""
	"score\":0.8},{\"image_id\":2,\"category_id\":1,\"bbox\":[54,20,14,33],\"score\":0.9},{\"image_id\":2,\"category_id\":1,\"bbo"
	"x\":[59,17,14,35],\"score\":0.8},{\"image_id\":2,\"category_id\":1,\"bbox\":[78.5,43,37,8],\"score\":0.25},{\"image_id\":2,"
	"\"category_id\":2,\"bbox\":[65,48.25,12,64],\"score\":0.8},{\"image_id\":9,\"category_id\":2,\"bbox\":[116,18,40,14],\"scor"
	"e\":0.8},{\"image_id\":9,\"category_id\":2,\"bbox\":[119,21,42,8],\"score\":0.9},{\"image_id\":9,\"category_id\":1,\"bbox\":["
	"102.5,35,37,33],\"score\":0.9},{\"image_id\":9,\"category_id\":1,\"bbox\":[32,62.25,12,39],\"score\":0.9},{\"image_id\":9,"
	"\"category_id\":1,\"bbox\":[27,60,14,33],\"score\":0.55},{\"image_id\":9,\"category_id\":2,\"bbox\":[116,24.25,37,64],\"sco"
	"re\":0.8},{\"image_id\":9,\"category_id\":2,\"bbox\":[113,19,37,64],\"score\":0.55},{\"image_id\":9,\"category_id\":2,\"bbox"
	"\":[103,80,9,64],\"score\":0.25}]";
static const double golden_bbox[12] = {
	0.2539882738273827, 0.57890664066406639, 0.1707920792079208, 0.25433596931121677, 0.20198019801980194, -1,
	0.17987012987012987, 0.38181818181818183, 0.38181818181818183, 0.41111111111111109, 0.20000000000000001, -1 };
static const double golden_segm[12] = {
	0.25645468118240394, 0.60357071421427855, 0.1707920792079208, 0.25770702070207019, 0.20198019801980194, -1,
	0.17987012987012987, 0.38181818181818183, 0.38181818181818183, 0.41111111111111109, 0.20000000000000001, -1 };
#endif
