/*
 * The base class of plugins of MindX SDK, on secant/element.h: a plugin that was written for it compiles against this
 * and the protobuf classes of MxTools/Proto, and its library lies in a folder of SECANT_ELEMENT_PATH.
 */
#ifndef MX_PLUGIN_BASE_H
#define MX_PLUGIN_BASE_H
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <secant/element.h>
#include <sstream>
#include <string>
#include <vector>
#include "MxBase/ErrorCode/ErrorCode.h"

namespace MxTools
{

/* What this library may call: handed over when the first of its elements starts. */
inline const secant_element_calls *&
SecantCalls()
{
	static const secant_element_calls *calls = nullptr;
	return calls;
}

struct MxpiBuffer {
	void *buffer; /* a GstBuffer */
	void *reservedData;
};

typedef enum { STRING = 0, INT, UINT, FLOAT, DOUBLE, LONG, ULONG } PropertyType;

template <class T> struct ElementProperty {
	PropertyType type;
	std::string name, nickName, desc;
	T defaultValue, min, max;
};

typedef enum { INPUT_PORT, OUTPUT_PORT } PortDirection;
typedef enum { STATIC, DYNAMICS } PortTypeDesc;

struct MxpiPortInfo {
	int portNum = 0;
	std::vector<std::vector<std::string>> portDesc;
	PortDirection direction = INPUT_PORT;
	std::vector<PortTypeDesc> types;
};

struct MxpiErrorInfo {
	APP_ERROR ret;
	std::string errorInfo;
};

class MxPluginBase
{
  public:
	MxPluginBase() = default;
	virtual ~MxPluginBase() = default;
	MxPluginBase(const MxPluginBase &) = delete;
	MxPluginBase &operator=(const MxPluginBase &) = delete;

	virtual APP_ERROR Init(std::map<std::string, std::shared_ptr<void>> &configParamMap) = 0;
	virtual APP_ERROR DeInit() = 0;
	virtual APP_ERROR Process(std::vector<MxpiBuffer *> &mxpiBuffer) = 0;

	/* Both take the buffer. */
	APP_ERROR
	SendData(int index, MxpiBuffer &mxpiBuffer)
	{
		if (index < 0 || size_t(index) >= srcPadNum_)
			return APP_ERR_COMM_INVALID_PARAM;
		SecantCalls()->send(host_, index, mxpiBuffer.buffer);
		SecantCalls()->drop(mxpiBuffer.buffer);
		delete &mxpiBuffer;
		return APP_ERR_OK;
	}
	APP_ERROR
	SendDataToAllPorts(MxpiBuffer &mxpiBuffer)
	{
		for (size_t i = 0; i < srcPadNum_; i++)
			SecantCalls()->send(host_, int(i), mxpiBuffer.buffer);
		SecantCalls()->drop(mxpiBuffer.buffer);
		delete &mxpiBuffer;
		return APP_ERR_OK;
	}
	APP_ERROR
	SendMxpiErrorInfo(
		MxpiBuffer &buffer, const std::string &pluginName, APP_ERROR errorCode, const std::string &errorText)
	{
		SecantCalls()->fail(buffer.buffer, pluginName.c_str(), errorCode, errorText.c_str());
		return SendDataToAllPorts(buffer);
	}
	void
	DestroyExtraBuffers(std::vector<MxpiBuffer *> &mxpiBuffer, size_t exceptPort)
	{
		for (size_t i = 0; i < mxpiBuffer.size(); i++)
			if (i != exceptPort && mxpiBuffer[i]) {
				SecantCalls()->drop(mxpiBuffer[i]->buffer);
				delete mxpiBuffer[i];
				mxpiBuffer[i] = nullptr;
			}
	}
	void
	ConfigParamLock()
	{
		lock_.lock();
	}
	void
	ConfigParamUnlock()
	{
		lock_.unlock();
	}

	static std::vector<std::shared_ptr<void>>
	DefineProperties()
	{
		return {};
	}
	static MxpiPortInfo
	DefineInputPorts()
	{
		return OnePort(INPUT_PORT);
	}
	static MxpiPortInfo
	DefineOutputPorts()
	{
		return OnePort(OUTPUT_PORT);
	}
	static void
	GenerateStaticInputPortsInfo(const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		Ports(INPUT_PORT, STATIC, desc, info);
	}
	static void
	GenerateStaticOutputPortsInfo(const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		Ports(OUTPUT_PORT, STATIC, desc, info);
	}
	static void
	GenerateDynamicInputPortsInfo(const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		Ports(INPUT_PORT, DYNAMICS, desc, info);
	}
	static void
	GenerateDynamicOutputPortsInfo(const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		Ports(OUTPUT_PORT, DYNAMICS, desc, info);
	}
	static void
	GenerateStaticPortsInfo(PortDirection way, const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		Ports(way, STATIC, desc, info);
	}
	static void
	GenerateDynamicPortsInfo(PortDirection way, const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		Ports(way, DYNAMICS, desc, info);
	}

	/* Of the element in its pipeline; known when Init runs. */
	std::string pluginName_, streamName_, elementName_, dataSource_ = "auto";
	size_t srcPadNum_ = 0, sinkPadNum_ = 0;
	int deviceId_ = 0, status_ = 0;
	std::vector<std::string> dataSourceKeys_, outputDataKeys_;
	bool useDevice_ = false;
	secant_element_host *host_ = nullptr; /* not of the SDK */

  protected:
	bool doPreErrorCheck_ = false, doPreMetaDataCheck_ = false; /* the host checks both */
	std::ostringstream errorInfo_;

  private:
	static MxpiPortInfo
	OnePort(PortDirection way)
	{
		MxpiPortInfo info;
		Ports(way, STATIC, { { "ANY" } }, info);
		return info;
	}
	static void
	Ports(PortDirection way, PortTypeDesc type, const std::vector<std::vector<std::string>> &desc, MxpiPortInfo &info)
	{
		info.direction = way;
		for (const auto &one : desc) {
			info.portDesc.push_back(one);
			info.types.push_back(type);
			info.portNum++;
		}
	}
	std::mutex lock_;
};

} // namespace MxTools
#endif
