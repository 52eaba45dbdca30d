/*
 * MxStream::MxStreamManager of MindX SDK on secant: programs written for it compile as they are. All of it stands here,
 * on the C interface of libsecant-stream (secant/manager.h); messages are the program's own classes, which protoc
 * makes.
 *
 * Link with -lsecant-stream -lprotobuf. Unlike the original, GetProtobuf waits a minute at most, and streams may be
 * created and destroyed as often as one likes.
 */
#ifndef MX_STREAM_MANAGER_H
#define MX_STREAM_MANAGER_H
#include <cstring>
#include <secant/manager.h>
#include "MxStream/StreamManager/MxsmDataType.h"
#include "MxTools/PluginToolkit/MxpiDataTypeWrapper/MxpiDataTypeDeleter.h"

namespace MxStream
{
const uint32_t DELAY_TIME = 3000;

class MxStreamManager
{
  public:
	MxStreamManager() = default;
	MxStreamManager(const MxStreamManager &) = delete;
	MxStreamManager &operator=(const MxStreamManager &) = delete;
	~MxStreamManager() { secant_streams_free(streams); }

	APP_ERROR
	InitManager(const std::vector<std::string> & = {})
	{
		streams = streams ? streams : secant_streams_new();
		return streams ? APP_ERR_OK : APP_ERR_COMM_INIT_FAIL;
	}
	APP_ERROR
	CreateMultipleStreams(const std::string &config)
	{
		APP_ERROR code = InitManager();
		return code ? code : secant_streams_create(streams, config.data(), config.size(), nullptr);
	}
	APP_ERROR
	CreateMultipleStreamsFromFile(const std::string &path)
	{
		APP_ERROR code = InitManager();
		return code ? code : secant_streams_create_file(streams, path.c_str(), nullptr);
	}
	APP_ERROR
	StopStream(const std::string &stream) { return streams ? secant_streams_stop(streams, stream.c_str()) : -1; }
	APP_ERROR
	DestroyAllStreams() { return streams ? secant_streams_stop_all(streams) : -1; }

	APP_ERROR
	SendData(const std::string &stream, int plugin, MxstDataInput &in)
	{
		return SendBytes(stream, nullptr, plugin, in, nullptr);
	}
	APP_ERROR
	SendData(const std::string &stream, const std::string &element, MxstDataInput &in)
	{
		return SendBytes(stream, element.c_str(), 0, in, nullptr);
	}
	APP_ERROR
	SendData(const std::string &stream, const std::string &element, std::vector<MxstMetadataInput> &metadata,
		MxstBufferInput &in)
	{
		std::vector<MxstProtobufIn> messages;
		for (const MxstMetadataInput &m : metadata)
			messages.push_back({ m.dataSource, m.messagePtr });
		std::string frame = in.mxpiFrameInfo.SerializeAsString(), vision = in.mxpiVisionInfo.SerializeAsString();
		secant_stream_input given = secant_stream_input();
		given.data = in.dataPtr;
		given.size = in.dataPtr && in.dataSize > 0 ? size_t(in.dataSize) : 0;
		given.frame_info = frame.data();
		given.frame_info_size = frame.size();
		given.vision_info = vision.data();
		given.vision_info_size = vision.size();
		return SendMessages(stream, element.c_str(), 0, messages, given);
	}
	APP_ERROR
	SendProtobuf(const std::string &stream, int plugin, std::vector<MxstProtobufIn> &messages)
	{
		return SendMessages(stream, nullptr, plugin, messages, secant_stream_input());
	}
	APP_ERROR
	SendProtobuf(const std::string &stream, const std::string &element, std::vector<MxstProtobufIn> &messages)
	{
		return SendMessages(stream, element.c_str(), 0, messages, secant_stream_input());
	}
	APP_ERROR
	SendDataWithUniqueId(const std::string &stream, int plugin, MxstDataInput &in, uint64_t &id)
	{
		return SendBytes(stream, nullptr, plugin, in, &id);
	}
	APP_ERROR
	SendDataWithUniqueId(const std::string &stream, const std::string &element, MxstDataInput &in, uint64_t &id)
	{
		return SendBytes(stream, element.c_str(), 0, in, &id);
	}

	/* Of streams with one input: the original's page says the same of it. ids: 0. */
	APP_ERROR
	SendMultiDataWithUniqueId(
		const std::string &stream, std::vector<int> ids, std::vector<MxstDataInput> &in, uint64_t &id)
	{
		if (ids.empty() || ids.size() != in.size())
			return APP_ERR_STREAM_INVALID_CONFIG;
		for (size_t i = 0; i < ids.size(); i++)
			if (ids[i] != int(i))
				return APP_ERR_STREAM_INVALID_CONFIG;
		return ids.size() == 1 ? SendDataWithUniqueId(stream, 0, in[0], id) : APP_ERR_COMM_UNREALIZED;
	}
	std::vector<MxstDataOutput *>
	GetMultiResultWithUniqueId(const std::string &stream, uint64_t id, const uint32_t &msTimeOut = DELAY_TIME)
	{
		MxstDataOutput *one = GetResultWithUniqueId(stream, id, msTimeOut);
		if (one && one->errorCode != APP_ERR_STREAM_TRANS_MODE_NOT_MATCHED)
			return { one };
		delete one;
		return {};
	}
	std::vector<std::shared_ptr<MxstDataOutput>>
	GetMultiResultWithUniqueIdSP(const std::string &stream, uint64_t id, const uint32_t &msTimeOut = DELAY_TIME)
	{
		std::vector<std::shared_ptr<MxstDataOutput>> all;
		for (MxstDataOutput *one : GetMultiResultWithUniqueId(stream, id, msTimeOut))
			all.emplace_back(one);
		return all;
	}

	/* The caller deletes the result. */
	MxstDataOutput *
	GetResult(const std::string &stream, int plugin, const uint32_t &msTimeOut = DELAY_TIME)
	{
		return streams
			? Output(secant_streams_get(streams, stream.c_str(), nullptr, plugin, nullptr, 0, msTimeOut), true)
			: nullptr;
	}
	MxstDataOutput *
	GetResultWithUniqueId(const std::string &stream, uint64_t id, const uint32_t &msTimeOut = DELAY_TIME)
	{
		return streams ? Output(secant_streams_get_id(streams, stream.c_str(), int64_t(id), msTimeOut), false)
					   : nullptr;
	}
	std::shared_ptr<MxstDataOutput>
	GetResultSP(const std::string &stream, int plugin, const uint32_t &msTimeOut = DELAY_TIME)
	{
		return std::shared_ptr<MxstDataOutput>(GetResult(stream, plugin, msTimeOut));
	}
	std::shared_ptr<MxstDataOutput>
	GetResultWithUniqueIdSP(const std::string &stream, uint64_t id, const uint32_t &msTimeOut = DELAY_TIME)
	{
		return std::shared_ptr<MxstDataOutput>(GetResultWithUniqueId(stream, id, msTimeOut));
	}
	MxstBufferAndMetadataOutput
	GetResult(const std::string &stream, const std::string &element, const std::vector<std::string> &sources,
		const uint32_t &msTimeOut = DELAY_TIME)
	{
		MxstBufferAndMetadataOutput out;
		out.bufferOutput = std::make_shared<MxstBufferOutput>();
		secant_stream_result *r = Fetch(stream, element.c_str(), 0, sources, msTimeOut);
		out.errorCode = r ? secant_stream_result_code(r) : APP_ERR_STREAM_NOT_EXIST;
		if (r && !secant_stream_result_came(r) && out.errorCode == APP_ERR_STREAM_TIMEOUT)
			out.errorCode = APP_ERR_COMM_FAILURE;
		size_t size = 0;
		const void *data = r ? secant_stream_result_data(r, &size) : "";
		if (out.errorCode)
			out.errorMsg.assign(static_cast<const char *>(data), size);
		else
			Copy(data, size, out.bufferOutput->dataPtr, out.bufferOutput->dataSize);
		out.bufferOutput->errorCode = out.errorCode;
		out.bufferOutput->errorMsg = out.errorMsg;
		for (size_t i = 0; r && secant_stream_result_came(r) && i < sources.size(); i++) {
			MxstMetadataOutput m;
			m.dataPtr = Message(r, int(i), m.dataType);
			m.errorCode = m.dataPtr ? out.errorCode : APP_ERR_METADATA_KEY_NOEXIST;
			m.errorMsg = m.dataPtr ? "" : GetErrorInfo(m.errorCode);
			out.metadataVec.push_back(m);
		}
		secant_stream_result_free(r);
		return out;
	}
	std::vector<MxstProtobufOut>
	GetProtobuf(const std::string &stream, int plugin, const std::vector<std::string> &keys, uint32_t msTimeOut = 60000)
	{
		std::vector<MxstProtobufOut> out;
		secant_stream_result *r = keys.empty() ? nullptr : Fetch(stream, nullptr, plugin, keys, msTimeOut);
		APP_ERROR code = keys.empty() ? APP_ERR_COMM_INVALID_PARAM
			: r                       ? secant_stream_result_code(r)
									  : APP_ERR_STREAM_NOT_EXIST;
		if (!r || !secant_stream_result_came(r)) {
			MxstProtobufOut failed;
			failed.errorCode = code;
			failed.messageName = GetErrorInfo(code);
			out.push_back(failed);
		}
		for (size_t i = 0; r && secant_stream_result_came(r) && i < keys.size(); i++) {
			MxstProtobufOut one;
			std::string type;
			one.errorCode = code;
			one.messageName = keys[i];
			one.messagePtr = Message(r, int(i), type);
			if (one.messagePtr)
				out.push_back(one);
		}
		secant_stream_result_free(r);
		return out;
	}
	APP_ERROR
	SetElementProperty(
		const std::string &stream, const std::string &element, const std::string &property, const std::string &value)
	{
		return streams ? secant_streams_set(
				   streams, stream.c_str(), element.c_str(), property.c_str(), value.c_str(), false, nullptr)
					   : -1;
	}

  private:
	static void
	Copy(const void *data, size_t size, uint32_t *&to, int &n)
	{
		to = static_cast<uint32_t *>(std::malloc(size + 1));
		n = to ? int(size) : 0;
		if (to) {
			std::memcpy(to, data, size);
			reinterpret_cast<char *>(to)[size] = '\0';
		}
	}
	static MxstDataOutput *
	Output(secant_stream_result *r, bool plain)
	{
		if (!r)
			return nullptr;
		MxstDataOutput *out = new MxstDataOutput;
		size_t size;
		const void *data = secant_stream_result_data(r, &size);
		out->errorCode = secant_stream_result_code(r);
		if (plain && !secant_stream_result_came(r) && out->errorCode != APP_ERR_STREAM_NOT_EXIST)
			out->errorCode = APP_ERR_COMM_INNER;
		Copy(data, size, out->dataPtr, out->dataSize);
		secant_stream_result_free(r);
		return out;
	}
	/* A message of the program's own class, found by its name. */
	static std::shared_ptr<google::protobuf::Message>
	Message(secant_stream_result *r, int i, std::string &type)
	{
		secant_stream_message m;
		if (!secant_stream_result_message(r, i, &m, nullptr))
			return nullptr;
		type = std::string("MxTools.") + m.type;
		const google::protobuf::Descriptor *d =
			google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
		const google::protobuf::Message *like = d
			? google::protobuf::MessageFactory::generated_factory()->GetPrototype(d)
			: nullptr;
		std::shared_ptr<google::protobuf::Message> made(like ? like->New() : nullptr);
		if (!made || !made->ParseFromArray(m.data, int(m.size)))
			return nullptr;
		MxTools::SecantPoint(*made);
		return made;
	}
	/* As it travels: what dataPtr leads to as dataStr. The program's own message stays as it is. */
	static std::string
	Bytes(const google::protobuf::Message &message)
	{
		std::unique_ptr<google::protobuf::Message> copy(message.New());
		copy->CopyFrom(message);
		MxTools::SecantFetch(*copy);
		return copy->SerializeAsString();
	}
	secant_stream_result *
	Fetch(const std::string &stream, const char *element, int plugin, const std::vector<std::string> &keys, uint32_t ms)
	{
		std::vector<const char *> names;
		for (const std::string &key : keys)
			names.push_back(key.c_str());
		return streams
			? secant_streams_get(streams, stream.c_str(), element, plugin, names.data(), int(names.size()), ms)
			: nullptr;
	}
	APP_ERROR
	SendBytes(const std::string &stream, const char *element, int plugin, const MxstDataInput &in, uint64_t *id)
	{
		std::vector<secant_stream_box> boxes;
		for (const CropRoiBox &b : in.serviceInfo.roiBoxs)
			boxes.push_back({ b.x0, b.y0, b.x1, b.y1 });
		secant_stream_input given = secant_stream_input();
		given.data = in.dataPtr;
		given.size = in.dataPtr && in.dataSize > 0 ? size_t(in.dataSize) : 0;
		given.boxes = boxes.data();
		given.n_boxes = int(boxes.size());
		int64_t number = 0;
		APP_ERROR code = streams
			? secant_streams_send(streams, stream.c_str(), element, plugin, &given, id ? &number : nullptr)
			: -1;
		if (id && !code)
			*id = uint64_t(number);
		return code;
	}
	APP_ERROR
	SendMessages(const std::string &stream, const char *element, int plugin,
		const std::vector<MxstProtobufIn> &messages, secant_stream_input given)
	{
		std::vector<std::string> bytes, types;
		std::vector<secant_stream_message> list;
		for (const MxstProtobufIn &m : messages) {
			if (!m.messagePtr)
				return APP_ERR_COMM_INVALID_POINTER;
			bytes.push_back(Bytes(*m.messagePtr));
			types.push_back(m.messagePtr->GetTypeName());
		}
		for (size_t i = 0; i < messages.size(); i++)
			list.push_back({ messages[i].key.c_str(), types[i].c_str(), bytes[i].data(), bytes[i].size() });
		given.messages = list.data();
		given.n_messages = int(list.size());
		return streams ? secant_streams_send(streams, stream.c_str(), element, plugin, &given, nullptr) : -1;
	}

	secant_streams *streams = nullptr;
};
} // namespace MxStream
#endif
