/* Types of MxStream::MxStreamManager, as programs written for MindX SDK know them. */
#ifndef MXSM_DATA_TYPE_H
#define MXSM_DATA_TYPE_H
#include <google/protobuf/message.h>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "MxBase/ErrorCode/ErrorCode.h"
#include "MxTools/Proto/MxpiDataType.pb.h"

namespace MxStream
{
struct CropRoiBox {
	float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};
struct MxstServiceInfo {
	int fragmentId = 0;
	std::string customParam;
	std::vector<CropRoiBox> roiBoxs;
};
struct MxstDataInput {
	MxstServiceInfo serviceInfo;
	int dataSize = 0;
	uint32_t *dataPtr = nullptr; /* the caller's */
};
/* What GetResult returns; the caller deletes it. */
struct MxstDataOutput {
	MxstDataOutput() = default;
	MxstDataOutput(const MxstDataOutput &) = delete;
	MxstDataOutput &operator=(const MxstDataOutput &) = delete;
	~MxstDataOutput() { std::free(dataPtr); }
	APP_ERROR errorCode = 0;
	int dataSize = 0;
	uint32_t *dataPtr = nullptr;
};
struct MxstBufferInput {
	MxTools::MxpiFrameInfo mxpiFrameInfo;
	MxTools::MxpiVisionInfo mxpiVisionInfo;
	int dataSize = 0;
	uint32_t *dataPtr = nullptr;
	void *reservedPtr = nullptr;
};
struct MxstBufferOutput {
	MxstBufferOutput() = default;
	MxstBufferOutput(const MxstBufferOutput &) = delete;
	MxstBufferOutput &operator=(const MxstBufferOutput &) = delete;
	~MxstBufferOutput() { std::free(dataPtr); }
	APP_ERROR errorCode = 0;
	std::string errorMsg;
	int dataSize = 0;
	uint32_t *dataPtr = nullptr;
	void *reservedPtr = nullptr;
	MxTools::MxpiFrameInfo mxpiFrameInfo;
};
struct MxstMetadataInput {
	std::string dataSource;
	std::shared_ptr<google::protobuf::Message> messagePtr;
	void *reservedPtr = nullptr;
};
struct MxstMetadataOutput {
	APP_ERROR errorCode = 0;
	std::string errorMsg, dataType;
	std::shared_ptr<google::protobuf::Message> dataPtr;
	void *reservedPtr = nullptr;
};
struct MxstBufferAndMetadataOutput {
	APP_ERROR errorCode = 0;
	std::string errorMsg;
	std::shared_ptr<MxstBufferOutput> bufferOutput;
	std::vector<MxstMetadataOutput> metadataVec;
	void *reservedPtr = nullptr;
};
struct MxstProtobufIn {
	std::string key;
	std::shared_ptr<google::protobuf::Message> messagePtr;
};
struct MxstProtobufOut {
	APP_ERROR errorCode = 0;
	std::string messageName; /* the key */
	std::shared_ptr<google::protobuf::Message> messagePtr;
};
} // namespace MxStream
#endif
