import WardenMessages

/// The words for every number of the schema that a person may see, in Chinese (simplified).
enum ChineseWords {
    static func doorState(_ state: DoorState) -> StaticString {
        switch state {
        case .secured: "已锁闭"
        case .released: "已释放"
        case .open: "开"
        case .heldOpenWarning: "开门过久提醒"
        case .heldOpen: "长时间未关"
        case .forced: "强行开门"
        case .fireReleased: "火灾释放"
        case .trouble: "故障"
        case .unrecognised: "未知"
        }
    }

    static func doorEvent(_ kind: DoorEventKind) -> StaticString {
        switch kind {
        case .decision: "判定"
        case .released: "已释放"
        case .locked: "已上锁"
        case .opened: "已打开"
        case .closed: "已关闭"
        case .forced: "强行开门"
        case .heldOpenWarning: "开门过久提醒"
        case .heldOpen: "长时间未关"
        case .heldOpenEnded: "开门过久结束"
        case .grantedNotOpened: "已允许但未开门"
        case .contactFault: "门磁故障"
        case .contactRestored: "门磁恢复"
        case .tamper: "被拆动"
        case .tamperRestored: "拆动解除"
        case .exitRequestStuck: "出门按钮卡住"
        case .exitRequestRestored: "出门按钮恢复"
        case .fireReleased: "火灾释放"
        case .fireReset: "火灾复位"
        case .modeChanged: "模式改变"
        case .lockdownBegun: "开始封锁"
        case .lockdownEnded: "结束封锁"
        case .duress: "胁迫"
        case .guessing: "试探密码"
        case .guessingEnded: "试探结束"
        case .credentialBlocked: "凭证被锁"
        case .passage: "通过"
        case .areaFull: "区域已满"
        case .presenceTableFull: "在场表已满"
        case .leafSequence: "门扇顺序错误"
        case .emergencyExit: "紧急出口打开"
        case .emergencyExitEnded: "紧急出口关闭"
        case .floorsReleased: "楼层已释放"
        case .passbackReset: "反传复位"
        case .unrecognised: "已改变"
        }
    }

    static func alarmState(_ state: AlarmState) -> StaticString {
        switch state {
        case .normal: "正常"
        case .preAlarm: "预警"
        case .alarm: "报警"
        case .acknowledged: "已确认"
        case .silenced: "已消音"
        case .restored: "已恢复"
        case .trouble: "故障"
        case .bypassed: "已屏蔽"
        case .underTest: "测试中"
        case .unrecognised: "未知"
        }
    }

    /// `LifeSafety.AlarmCause` by its number.
    static func alarmCause(_ cause: UInt32) -> StaticString {
        switch cause {
        case 0: "无"
        case 1: "烟雾浓度"
        case 2: "定温"
        case 3: "温升过快"
        case 4: "累积暴露"
        case 5: "气体浓度"
        case 6: "复合火情"
        case 7: "浸水"
        case 8: "爆管"
        case 9: "持续流水"
        case 10: "夜间流水"
        case 11: "跌倒"
        case 12: "久卧不起"
        case 13: "未离开"
        case 14: "异常静止"
        case 15: "无用电"
        case 16: "呼救"
        case 17: "高于限值"
        case 18: "低于限值"
        case 19: "上升"
        case 20: "下降"
        case 21: "倾斜"
        case 22: "被移动"
        case 23: "激活状态"
        case 24: "未激活状态"
        case 25: "过多"
        case 26: "过少"
        case 27: "雷达跌倒"
        case 28: "未关严"
        case 29: "反向"
        default: "未知"
        }
    }

    /// `LifeSafety.TroubleReason` by its number.
    static func detectorTrouble(_ reason: UInt32) -> StaticString {
        switch reason {
        case 0: "无"
        case 1: "启动中"
        case 2: "缺失"
        case 3: "数据过时"
        case 4: "有故障"
        case 5: "超出范围"
        case 6: "断路"
        case 7: "短路"
        case 8: "已污染"
        case 9: "中毒失效"
        case 10: "自检失败"
        case 11: "无反馈"
        case 12: "时钟不可信"
        case 13: "未佩戴"
        case 14: "需要维护"
        default: "未知"
        }
    }

    /// `AccessControl.DecisionReason` by its number.
    static func decisionReason(_ reason: UInt32) -> StaticString {
        switch reason {
        case 0: "有效凭证"
        case 1: "延长时间"
        case 2: "受胁迫"
        case 3: "违反反传但放行"
        case 4: "双人"
        case 5: "有陪同"
        case 6: "首卡"
        case 7: "出门请求"
        case 8: "命令"
        case 9: "门常开"
        case 10: "火灾释放"
        case 11: "紧急出口打开"
        case 64: "需要密码"
        case 65: "需要第二人"
        case 66: "需要陪同"
        case 96: "未知凭证"
        case 97: "尚未生效"
        case 98: "已过期"
        case 99: "已停用"
        case 100: "已挂失"
        case 101: "已报失窃"
        case 102: "密码错误过多被锁"
        case 103: "次数用尽"
        case 104: "时钟不可信"
        case 110: "无权限"
        case 111: "不在时段内"
        case 112: "无楼层权限"
        case 120: "密码错误"
        case 121: "无密码"
        case 122: "输入密码超时"
        case 123: "尝试过多"
        case 124: "代码不被接受"
        case 130: "等待第二人超时"
        case 131: "同一人"
        case 132: "等待陪同超时"
        case 133: "不是陪同人"
        case 140: "门已锁定"
        case 141: "封锁"
        case 142: "互锁"
        case 143: "反传"
        case 144: "限时反传"
        case 145: "区域已满"
        case 146: "在场表已满"
        case 147: "读卡器被拆"
        case 150: "未知的门"
        case 151: "火灾进行中"
        case 152: "火灾原因未消除"
        case 153: "已是如此"
        default: "其他原因"
        }
    }

    static func troubleSource(_ source: TroubleSource) -> StaticString {
        switch source {
        case .sensor: "传感器"
        case .reader: "读卡器"
        case .line: "线路"
        case .bus: "总线"
        case .port: "串口"
        case .journal: "日志"
        case .clock: "时钟"
        case .detector: "探测器"
        case .point: "测点"
        case .unrecognised: "未知"
        }
    }

    static func troubleCode(_ source: TroubleSource, _ code: UInt32) -> StaticString {
        switch source {
        case .sensor: sensorFault(code)
        case .point: quality(code)
        case .detector: detectorTrouble(code)
        case .line, .port, .bus: "不见"
        case .reader: readerTrouble(code)
        case .clock: "不可信"
        case .journal: code == 19 ? "凭证未保存" : code == 20 ? "保存的凭证已损坏" : code == 21 ? "保存的凭证不适用" : "未写入"
        case .unrecognised: "未知"
        }
    }

    /// `Drivers.OfflineReason` by its number, and what the runtime adds to it from 16 on.
    static func readerTrouble(_ code: UInt32) -> StaticString {
        switch code {
        case 0: "无"
        case 1: "串口已关闭"
        case 2: "无应答"
        case 3: "乱发数据"
        case 4: "数据线0卡死"
        case 5: "数据线1卡死"
        case 6: "两条数据线卡死"
        case 7: "安全通道失败"
        case 8: "设备不符"
        case 16: "供电故障"
        default: "未知"
        }
    }

    /// `Drivers.SensorFault` by its number.
    static func sensorFault(_ fault: UInt32) -> StaticString {
        switch fault {
        case 1: "无应答"
        case 2: "超时"
        case 3: "总线错误"
        case 4: "总线缺失"
        case 5: "完成信号丢失"
        case 6: "器件不符"
        case 7: "配置不符"
        case 8: "意外复位"
        case 9: "校验和错误"
        case 10: "自检失败"
        case 11: "数值不变"
        case 12: "数值不可信"
        case 13: "始终未就绪"
        case 14: "器件自报"
        default: "未知"
        }
    }

    /// `HardwareInterface.Quality` by its number.
    static func quality(_ quality: UInt32) -> StaticString {
        switch quality {
        case 0: "良好"
        case 1: "启动中"
        case 2: "数据过时"
        case 3: "超出范围"
        case 4: "有故障"
        case 5: "缺失"
        case 6: "强制"
        default: "未知"
        }
    }

    static func systemKind(_ kind: SystemKind) -> StaticString {
        switch kind {
        case .started: "已启动"
        case .stopping: "正在停止"
        case .clockSet: "时钟已设置"
        case .lostInputs: "输入丢失"
        case .unrecognised: "未知"
        }
    }

    static func commandKind(_ kind: CommandKind) -> StaticString {
        switch kind {
        case .none: "无"
        case .doorUnlock: "开门"
        case .doorLock: "锁门"
        case .doorFree: "门常开"
        case .doorLockdown: "封锁门"
        case .doorRestore: "恢复门"
        case .alarmAcknowledge: "确认报警"
        case .alarmSilence: "报警消音"
        case .alarmReset: "报警复位"
        case .fireReset: "火灾复位"
        case .fallCancel: "取消跌倒报警"
        case .alarmBypass: "屏蔽探测器"
        case .alarmRestore: "恢复探测器"
        case .walkTestBegin: "开始测试"
        case .walkTestEnd: "结束测试"
        case .walkTestBeginAll: "开始测试全部"
        case .walkTestEndAll: "结束测试全部"
        case .detectorHush: "暂时降低灵敏度"
        case .residentAway: "住户外出"
        case .residentReturned: "住户返回"
        case .detectorCleaned: "探测器已清洁"
        case .detectorServiced: "探测器已维护"
        case .readerInstall: "安装读卡器密钥"
        case .consoleLogin: "登录"
        case .consoleLogout: "退出登录"
        case .clockSet: "时钟已设置"
        case .credentialsChange: "凭证变更"
        case .logLevelSet: "日志级别设置"
        case .imageChange: "板级映像变更"
        case .imageStage: "映像已接收"
        case .imageApply: "应用映像"
        case .imageConfirm: "确认映像"
        case .imageRollBack: "映像回退"
        case .imageDrop: "丢弃映像"
        case .systemUpdate: "更新系统"
        case .recorderRead: "读取记录仪"
        case .readerFileSend: "向读卡器发送文件"
        case .pointForce: "强制点位"
        case .pointRelease: "解除强制点位"
        case .credentialEnrol: "登记凭证"
        case .recorderMark: "记录仪标记"
        case .boardRestart: "重启控制板程序"
        case .testAnswer: "调试测试结果"
        case .testReset: "清除调试测试结果"
        case .consoleOpen: "打开远程控制台"
        case .configSave: "保存设置"
        case .pointCalibrate: "校准测量值"
        case .pointUncalibrate: "取消校准"
        case .unrecognised: "未知"
        }
    }

    static func commandResult(_ result: CommandResult) -> StaticString {
        switch result {
        case .done: "完成"
        case .unknownCommand: "未知命令"
        case .unknownTarget: "未知对象"
        case .notPermitted: "无权限"
        case .tooLate: "已过时"
        case .refused: "被拒绝"
        case .busy: "忙"
        case .outOfRange: "超出范围"
        case .started: "已开始"
        case .safetyRelease: "关系到门的安全释放"
        case .unrecognised: "未知"
        }
    }

    static func namedKind(_ kind: NamedKind) -> StaticString {
        switch kind {
        case .door: "门"
        case .point: "测点"
        case .detector: "探测器"
        case .line: "线路"
        case .reader: "读卡器"
        case .sensor: "传感器"
        case .bus: "总线"
        case .port: "串口"
        case .effect: "联动"
        case .lift: "电梯"
        case .consoleUser: "控制台用户"
        case .group: "人员组"
        }
    }
}
