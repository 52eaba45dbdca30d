/* MxBase::DeviceManager of MindX SDK: one device, which is the CPU, always there. */
#ifndef DEVICE_MANAGER_H
#define DEVICE_MANAGER_H
#include <cstdint>
#include "MxBase/ErrorCode/ErrorCode.h"

namespace MxBase
{

struct DeviceContext {
	enum DeviceStatus { IDLE = 0, USING };
	int32_t devId = 0;
	DeviceStatus devStatus = IDLE;
};

class DeviceManager
{
  public:
	static DeviceManager *
	GetInstance()
	{
		static DeviceManager one;
		return &one;
	}
	APP_ERROR
	InitDevices(const std::string & = "") { return APP_ERR_OK; }
	APP_ERROR
	GetDevicesCount(uint32_t &n)
	{
		n = 1;
		return APP_ERR_OK;
	}
	APP_ERROR
	GetCurrentDevice(DeviceContext &to)
	{
		to = now_;
		return APP_ERR_OK;
	}
	APP_ERROR
	SetDevice(DeviceContext to)
	{
		now_ = to;
		return to.devId < 0 ? APP_ERR_COMM_INVALID_PARAM : APP_ERR_OK;
	}
	APP_ERROR
	DestroyDevices() { return APP_ERR_OK; }
	bool
	IsInitDevice()
	{
		return true;
	}
	static bool
	IsAscend310()
	{
		return false;
	}
	static bool
	IsAscend310B()
	{
		return false;
	}
	static bool
	IsAscend310P()
	{
		return false;
	}

  private:
	DeviceContext now_;
};

} // namespace MxBase
#endif
