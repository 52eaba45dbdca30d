/* A program in the style of MindX SDK's samples: a picture through a stream, tensors through another, in C++. sample PICTURE */
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include "MxBase/DeviceManager/DeviceManager.h"
#include "MxBase/Log/Log.h"
#include "MxBase/MemoryHelper/MemoryHelper.h"
#include "MxBase/Tensor/TensorBase/TensorBase.h"
#include "MxStream/StreamManager/MxStreamManager.h"
#include "MxTools/PluginToolkit/MxpiDataTypeWrapper/MxpiDataTypeDeleter.h"

static const std::string config = R"({
  "s": { "appsrc0": { "factory": "appsrc", "next": "mxpi_imagedecoder0" },
    "mxpi_imagedecoder0": { "factory": "mxpi_imagedecoder", "props": { "cvProcessor": "opencv" }, "next": "mxpi_imageresize0" },
    "mxpi_imageresize0": { "factory": "mxpi_imageresize",
      "props": { "cvProcessor": "opencv", "resizeWidth": "40", "resizeHeight": "32" }, "next": "appsink0" },
    "appsink0": { "factory": "appsink" } },
  "t": { "appsrc0": { "factory": "appsrc", "next": "appsink0" }, "appsink0": { "factory": "appsink" } } })";

static int
check(bool right, const char *what)
{
	if (!right)
		std::cerr << "wrong: " << what << std::endl;
	return right ? 0 : 1;
}

/* Tensors whose memory is the program's: what is sent is what the pointer leads to, what comes can be read by one. */
static int
memory(MxStream::MxStreamManager &manager)
{
	float numbers[3] = { 1, 2, 3.5 };
	MxBase::DeviceContext context;
	int wrong = check(MxBase::DeviceManager::GetInstance()->SetDevice(context) == APP_ERR_OK, "SetDevice");
	MxBase::MemoryData from(numbers, sizeof numbers, MxBase::MemoryData::MEMORY_HOST_NEW);
	MxBase::MemoryData to(sizeof numbers, MxBase::MemoryData::MEMORY_DEVICE);
	wrong += check(MxBase::MemoryHelper::MxbsMallocAndCopy(to, from) == APP_ERR_OK, "MxbsMallocAndCopy");
	auto list = std::shared_ptr<MxTools::MxpiTensorPackageList>(
		new MxTools::MxpiTensorPackageList, MxTools::g_deleteFuncMxpiTensorPackageList);
	auto tensor = list->add_tensorpackagevec()->add_tensorvec();
	tensor->set_tensordataptr((uint64_t)to.ptrData);
	tensor->set_tensordatasize(int(to.size));
	tensor->set_tensordatatype(MxBase::TENSOR_DTYPE_FLOAT32);
	tensor->set_memtype(MxTools::MXPI_MEMORY_HOST_NEW);
	tensor->add_tensorshape(1);
	tensor->add_tensorshape(3);
	std::vector<MxStream::MxstProtobufIn> in{ { "appsrc0", list } };
	for (float changed = 3.5; changed < 5; changed++) { /* the same message again: the pointer counts, not what was sent */
		static_cast<float *>(to.ptrData)[2] = changed;
		wrong += check(manager.SendProtobuf("t", 0, in) == APP_ERR_OK, "SendProtobuf of a pointer");
		auto got = manager.GetProtobuf("t", 0, { "appsrc0" });
		if (check(got.size() == 1, "GetProtobuf of it"))
			return wrong + 1;
		auto back = std::static_pointer_cast<MxTools::MxpiTensorPackageList>(got[0].messagePtr);
		const auto &t = back->tensorpackagevec(0).tensorvec(0);
		MxBase::MemoryData memory((void *)t.tensordataptr(), size_t(t.tensordatasize()));
		MxBase::TensorBase one(memory, true, { 1, 3 }, MxBase::TensorDataType(t.tensordatatype()));
		wrong += check(one.GetSize() == 3 && one.GetByteSize() == 12, "its size");
		wrong += check(static_cast<float *>(one.GetBuffer())[2] == changed, "its last number");
	}
	MxBase::MemoryData none;
	wrong += check(MxBase::MemoryHelper::MxbsMallocAndCopy(to, none) == APP_ERR_COMM_INVALID_POINTER, "a copy of nothing");
	LogWarn << GetError(APP_ERR_COMM_OPEN_FAIL) << GetErrorInfo(APP_ERR_DVPP_CROP_FAIL, "x") << std::endl;
	return wrong;
}

int
main(int argc, char *argv[])
{
	MxStream::MxStreamManager manager;
	APP_ERROR ret = manager.InitManager();
	if (ret != APP_ERR_OK || argc < 2) {
		std::cerr << GetErrorInfo(ret) << "Failed to init Stream manager." << std::endl;
		return 1;
	}
	ret = manager.CreateMultipleStreams(config);
	if (ret != APP_ERR_OK) {
		std::cerr << GetErrorInfo(ret) << "Failed to create Stream." << std::endl;
		return 1;
	}
	std::ifstream file(argv[1], std::ios::binary);
	std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
	MxStream::MxstDataInput dataBuffer;
	dataBuffer.dataSize = int(bytes.size());
	dataBuffer.dataPtr = reinterpret_cast<uint32_t *>(&bytes[0]);
	int wrong = check(manager.SendData("s", 0, dataBuffer) == APP_ERR_OK, "SendData");
	std::vector<MxStream::MxstProtobufOut> got = manager.GetProtobuf("s", 0, { "mxpi_imageresize0" });
	wrong += check(got.size() == 1 && got[0].messagePtr != nullptr, "GetProtobuf");
	if (got.size() == 1 && got[0].messagePtr) {
		auto list = std::static_pointer_cast<MxTools::MxpiVisionList>(got[0].messagePtr);
		wrong += check(list->visionvec_size() == 1 && list->visionvec(0).visioninfo().width() == 40, "width of the picture");
		wrong += check(list->visionvec(0).visiondata().datastr().size() == 40 * 32 * 3, "bytes of the picture");
	}
	auto tensors = std::make_shared<MxTools::MxpiTensorPackageList>();
	auto tensor = tensors->add_tensorpackagevec()->add_tensorvec();
	tensor->add_tensorshape(4);
	tensor->set_datastr("abcd");
	tensor->set_tensordatatype(4);
	std::vector<MxStream::MxstProtobufIn> in{ { "appsrc0", tensors } };
	wrong += check(manager.SendProtobuf("t", "appsrc0", in) == APP_ERR_OK, "SendProtobuf");
	MxStream::MxstBufferAndMetadataOutput out = manager.GetResult("t", "appsink0", { "appsrc0", "none" });
	wrong += check(out.errorCode == 0 && out.metadataVec.size() == 2 && out.metadataVec[1].errorCode == 7011, "metadata");
	wrong += check(out.metadataVec[0].dataPtr && out.metadataVec[0].dataType == "MxTools.MxpiTensorPackageList", "its type");
	MxStream::MxstDataOutput *late = manager.GetResult("t", 0, 20);
	wrong += check(late && late->errorCode == APP_ERR_COMM_INNER, "a timeout");
	delete late;
	wrong += memory(manager);
	std::vector<MxStream::MxstDataInput> several(1, dataBuffer);
	uint64_t id = 0;
	wrong += check(manager.SendMultiDataWithUniqueId("s", { 0 }, several, id) == APP_ERR_STREAM_TRANS_MODE_NOT_MATCHED, "several");
	wrong += check(manager.SendMultiDataWithUniqueId("s", { 1 }, several, id) == APP_ERR_STREAM_INVALID_CONFIG, "other numbers");
	wrong += check(manager.GetMultiResultWithUniqueId("s", 0, 20).empty(), "several results in another mode");
	wrong += check(manager.SendDataWithUniqueId("t", 0, dataBuffer, id) == APP_ERR_STREAM_TRANS_MODE_NOT_MATCHED, "another mode");
	wrong += check(manager.DestroyAllStreams() == APP_ERR_OK, "DestroyAllStreams");
	return wrong;
}
